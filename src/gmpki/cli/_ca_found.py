"""Founding an authority in a directory: keys, database, root and authority below it, services, the first operators.

Everything is made in a directory of its own inside the one that was named, and takes its place when all of it is there;
``ca.toml`` comes last, so that a directory with that file is whole.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gmpki.ca.authority.authority import Authority
from gmpki.ca.authority.settings import AuthoritySettings
from gmpki.ca.authority.signer import AuthoritySigner
from gmpki.ca.interfaces import Actor, Order
from gmpki.ca.kmc.centre import KeyManagementCentre
from gmpki.ca.kmc.pool import PoolLevel
from gmpki.ca.operators.appointments import Appointment, appoint_first
from gmpki.ca.operators.permissions import Permission
from gmpki.ca.operators.regions import add_region
from gmpki.ca.publication.tree import tree_addresses
from gmpki.ca.store.columns import digest_text
from gmpki.ca.store.store import Store
from gmpki.cli import _io
from gmpki.cli._ca import FOUNDER, CAPlace, OpenCA
from gmpki.cli._ca_settings import FILE_NAME, CASettings, KeyCentrePlace, KeyPlace, PublisherPlace
from gmpki.cli._token import is_token
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.protect.keys import KeyRing
from gmpki.x509.names import build_name
from gmpki.x509.request import RequestBuilder, load_request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gmpki.asn1.rfc5280 import Name
    from gmpki.keys.interfaces import Signer
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.request import CertificateRequest

__all__ = [
    "FoundingPlan",
    "OperatorPlan",
    "certify",
    "finish_requested",
    "found",
    "move_all",
    "next_key_name",
    "operator_certificate",
    "operator_subject",
    "own_key",
    "write_key",
]

ACTOR = Actor(FOUNDER)
ITERATIONS: int | None = None  # of PBKDF2 for what is made here; None is what the formats have by default
MAX_REQUEST_LEN = 1 << 20
PUBLISHER = "directory"
REQUEST = "request.csr"
CERTIFICATES, KEYS, OPERATORS = "certificates", "keys", "operators"
TEMPORARY = ".gmpki-init-"
# A certificate to log in with and nothing else, so that no key-management centre is needed for it.
OPERATOR_PROFILE = """format = 1
name = "operator"
title = "Operator of the authority"
title_zh = "操作员证书"
issues = "certificate"
published = false

[validity]
default_days = 730
max_days = 1095

[subject_key]
algorithms = ["SM2", "RSA", "ECDSA"]

[subject]
required = ["C", "O", "CN"]
optional = ["ST", "L", "OU", "serialNumber"]

[operator]
extensions = ["certificatePolicies"]

[extensions.basicConstraints]
critical = true
ca = false

[extensions.keyUsage]
critical = true
usages = ["digitalSignature"]

[extensions.extKeyUsage]
critical = false
purposes = ["clientAuth"]

[extensions.subjectKeyIdentifier]
method = "sha1"

[extensions.authorityKeyIdentifier]

[extensions.cRLDistributionPoints]
required = false

[extensions.authorityInfoAccess]
required = false
"""


@dataclass(frozen=True)
class OperatorPlan:
    """One of the first operators.

    :ivar request: a file with the request of who has a key already; "" makes one.
    """

    name: str
    permissions: frozenset[Permission]
    request: str = ""

    @property
    def title(self) -> str:
        """What people call them, until somebody writes something better."""
        return "、".join(each.title_zh for each in Permission if each in self.permissions)


@dataclass(frozen=True)
class FoundingPlan:
    """What is to be founded.

    :ivar name: of the authority; ``root_name`` that of the root above it.
    :ivar is_requested: have it certified elsewhere, by a root that is not here.
    :ivar key: its key, where that is there already: a file, or the URI of a token; "" makes one. ``root_key`` likewise.
    :ivar base_url: where the published files are found; "" says nothing of it in certificates. ``ocsp_url`` likewise.
    :ivar spare_keys: how many encryption keys are made beforehand; None founds no key-management centre.
    :ivar operator_password: of the keys that are made for operators.
    """

    organisation: str
    name: str
    root_name: str
    subject: Name
    root_subject: Name
    is_requested: bool
    key: str
    root_key: str
    database: str
    base_url: str
    ocsp_url: str
    is_production: bool
    software_signers: tuple[str, ...]
    allow_local_operators: bool
    spare_keys: int | None
    regions: tuple[tuple[str, str], ...]
    operators: tuple[OperatorPlan, ...]
    operator_password: bytes


# ---- founding -------------------------------------------------------------------------------
def found(place: CAPlace, plan: FoundingPlan) -> list[str]:
    """Found everything; return the names of what was made, as seen from the directory.

    :raises FileExistsError: when something of a name that is needed is there already; nothing is changed then.
    :raises GmpkiError: when something cannot be made; nothing is left then, but in a database elsewhere.
    """
    os.makedirs(place.folder, mode=0o700, exist_ok=True)
    for name in (FILE_NAME, KEYS, CERTIFICATES, OPERATORS, REQUEST, CASettings.ring, "ca.db"):
        _io.refuse_existing(place.path(name), force=False)
    folder = tempfile.mkdtemp(prefix=TEMPORARY, dir=place.folder)
    try:
        _make(replace(place, folder=folder), plan)
        return move_all(folder, place.folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make(place: CAPlace, plan: FoundingPlan) -> None:
    for name in (KEYS, CERTIFICATES, OPERATORS):
        os.mkdir(place.path(name), 0o700)
    ring = KeyRing.generate()
    ring.save(place.path(CASettings.ring), _password(place), iterations=ITERATIONS)
    settings = CASettings(
        database=plan.database,
        authority=plan.name,
        allow_local_operators=plan.allow_local_operators,
        publishers={PUBLISHER: PublisherPlace(directory="public")},
        audit=KeyPlace(f"{KEYS}/audit.pem"),
    )
    own_key(place, f"{KEYS}/audit.pem")
    if plan.spare_keys is not None:
        low = min(KeyCentrePlace.low, plan.spare_keys)
        centre = KeyCentrePlace(f"{KEYS}/key-centre.pem", low, max(1, plan.spare_keys))
        settings = replace(settings, key_centre=centre)
    with Store.create(place.database_url(settings), ring) as store:
        _found_in(place, plan, settings, store)
    if not plan.is_requested:
        settings = replace(settings, ocsp=KeyPlace(f"{KEYS}/ocsp.pem", f"{CERTIFICATES}/ocsp.pem"))
    _io.write_output(place.path(FILE_NAME), settings.to_toml().encode("utf-8"))


def _found_in(place: CAPlace, plan: FoundingPlan, settings: CASettings, store: Store) -> None:
    keys = None if settings.key_centre is None else _key_centre(place, settings.key_centre, store)
    try:
        with store.transaction() as tx:
            for code, title in plan.regions:
                add_region(tx, ACTOR, code=code, title=title)
        signer = _signer(place, plan.key, plan.name)
        own: dict[str, Any] = {"actor": ACTOR, "title": plan.organisation, "key_centre": keys}
        own["settings"] = _settings(plan, plan.name)
        if plan.is_requested:
            authority = Authority.request_subordinate(store, plan.name, plan.subject, signer, **own)
            if authority.request is not None:
                _io.write_output(place.path(REQUEST), authority.request.to_pem())
            return
        root_signer = _signer(place, plan.root_key, plan.root_name)
        root = Authority.create(
            store,
            plan.root_name,
            plan.root_subject,
            root_signer,
            actor=ACTOR,
            title=f"{plan.organisation} {plan.root_name}",
            settings=_settings(plan, plan.root_name),
        )
        authority = Authority.create_subordinate(store, plan.name, plan.subject, signer, parent=root, **own)
        for each in (root, authority):
            _write_certificate(place, each.name, each.certificate)
        _finish(place, authority, plan.operators, plan.operator_password)
    finally:
        if keys is not None:
            keys.close()


def _finish(place: CAPlace, authority: Authority, operators: Sequence[OperatorPlan], operator_password: bytes) -> None:
    """Make what an authority needs besides its own certificate: an OCSP responder's, and the first operators' ones."""
    key = own_key(place, f"{KEYS}/ocsp.pem")
    certificate = certify(authority, key, "OCSP", "ocsp-responder", actor=ACTOR)
    _write_certificate(place, "ocsp", certificate)
    appointments = [
        Appointment(
            each.name,
            each.title,
            _operator_certificate(place, authority, each, operator_password),
            each.permissions,
        )
        for each in operators
    ]
    with authority.store.transaction() as tx:
        appoint_first(tx, appointments)


def finish_requested(ca: OpenCA, operators: Sequence[OperatorPlan], operator_password: bytes) -> None:
    """Do the same in a directory whose authority was certified elsewhere, and write where its services are."""
    place, name = ca.place, ca.settings.authority
    authority = ca.authority(signs=True, keys=True)
    _write_certificate(place, name, authority.certificate)
    _finish(place, authority, operators, operator_password)
    settings = replace(ca.settings, ocsp=KeyPlace(f"{KEYS}/ocsp.pem", f"{CERTIFICATES}/ocsp.pem"))
    _io.write_output(place.path(FILE_NAME), settings.to_toml().encode("utf-8"), force=True)


def move_all(folder: str, target: str) -> list[str]:
    """Move everything to its place, ``ca.toml`` last; return the names."""
    names = sorted(os.listdir(folder), key=lambda name: (name == FILE_NAME, name))
    for name in names:
        os.rename(os.path.join(folder, name), os.path.join(target, name))
    return names


# ---- pieces ---------------------------------------------------------------------------------
def _password(place: CAPlace) -> bytes:
    return place.password.read("CA 目录新口令 New password of the directory of the authority", confirm=True)


def write_key(path: str, password: bytes) -> SM2PrivateKey:
    """Make a key, and write it under a password."""
    key = SM2PrivateKey.generate()
    options: dict[str, Any] = {} if ITERATIONS is None else {"iterations": ITERATIONS}
    _io.write_output(path, key.to_pem(password, **options), private=True)
    return key


def own_key(place: CAPlace, name: str) -> SM2PrivateKey:
    """Make a key of the directory, and write it under its password."""
    return write_key(place.path(name), _password(place))


def next_key_name(place: CAPlace, authority: Authority) -> str:
    """Return how the file of an authority's next key is called: its number, and another one where an earlier attempt
    has left a file.
    """
    number = len(authority.generations) + 1
    while os.path.lexists(place.path(f"{KEYS}/{authority.name}-{number}.pem")):
        number += 1
    return f"{KEYS}/{authority.name}-{number}.pem"


def _signer(place: CAPlace, given: str, name: str) -> AuthoritySigner:
    if not given:
        file = f"{KEYS}/{name}-1.pem"
        return AuthoritySigner(own_key(place, file), None, file)
    return place.signer(given if is_token(given) else os.path.abspath(given))


def _settings(plan: FoundingPlan, name: str) -> AuthoritySettings:
    given: dict[str, Any] = {"publishers": (PUBLISHER,), "is_production": plan.is_production}
    if plan.base_url:
        addresses = tree_addresses(plan.base_url, name)
        given |= {"crl_uris": addresses.crl_uris, "ca_issuers_uris": addresses.ca_issuers_uris}
    if plan.ocsp_url and name == plan.name:
        given["ocsp_uris"] = (plan.ocsp_url,)
    if name == plan.name:
        given["own_profiles"] = (OPERATOR_PROFILE,)
    return AuthoritySettings(software_signers=plan.software_signers, **given)


def _key_centre(place: CAPlace, settings: KeyCentrePlace, store: Store) -> KeyManagementCentre:
    opener = own_key(place, settings.key)
    levels = {"SM2": PoolLevel(settings.low, settings.full)}
    keys = KeyManagementCentre.create(store, opener.public_key, actor=ACTOR, levels=levels)
    keys.pool.fill("SM2", settings.full, actor=ACTOR)
    return keys


def certify(authority: Authority, key: Signer, name: str, profile: str, *, actor: Actor) -> Certificate:
    """Have a certificate issued for a key of the authority's own services."""
    organisation = _organisation(authority)
    subject = build_name(("C", "CN"), ("O", organisation), ("CN", f"{organisation} {name}"))
    return certify_request(authority, RequestBuilder().subject(subject).sign(key), subject, profile, actor=actor)


def certify_request(
    authority: Authority, request: CertificateRequest, subject: Name, profile: str, *, actor: Actor
) -> Certificate:
    """Have a certificate issued for a request: of a pair the signing one."""
    today = authority.store.now().date().isoformat()
    order = Order(f"{profile} {digest_text(request.der)} {today}", authority.name, profile, request, subject=subject)
    return authority.issue(order, actor=actor).signing


def _operator_certificate(place: CAPlace, authority: Authority, plan: OperatorPlan, password: bytes) -> Certificate:
    if plan.request:
        request = load_request(_io.read_input(plan.request, max_len=MAX_REQUEST_LEN))
    else:
        key = write_key(place.path(f"{OPERATORS}/{plan.name}.key"), password)
        request = RequestBuilder().subject(operator_subject(authority, plan.name)).sign(key)
    certificate = operator_certificate(authority, request, plan.name, actor=ACTOR)
    _io.write_output(place.path(f"{OPERATORS}/{plan.name}.pem"), certificate.to_pem())
    return certificate


def operator_subject(authority: Authority, name: str) -> Name:
    """Return the subject of an operator's certificate."""
    return build_name(("C", "CN"), ("O", _organisation(authority)), ("CN", name))


def _organisation(authority: Authority) -> str:
    return authority.certificate.subject.get("O") or authority.name


def operator_certificate(authority: Authority, request: CertificateRequest, name: str, *, actor: Actor) -> Certificate:
    """Have the certificate issued that an operator logs in with; where the authority has no profile for that, a
    person's.
    """
    subject = operator_subject(authority, name)
    profile = "operator" if "operator" in authority.settings.profile_set() else "personal"
    return certify_request(authority, request, subject, profile, actor=actor)


def _write_certificate(place: CAPlace, name: str, certificate: Certificate) -> None:
    _io.write_output(place.path(f"{CERTIFICATES}/{name}.pem"), certificate.to_pem())
