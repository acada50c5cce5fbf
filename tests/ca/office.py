"""A registration office for tests: its people, an applicant, an authority of somebody else that issues for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ca import authorities, people
from certified import NOW, certify
from gmpki.asn1.rfc5280 import Name, ReasonCode
from gmpki.ca.interfaces import Actor, AllottedKey, Issued, IssuerBackend, KeyCentre, Order, RevocationOrder
from gmpki.ca.operators.appointments import Appointment, appoint_first
from gmpki.ca.operators.operators import Operator
from gmpki.ca.operators.permissions import Permission
from gmpki.ca.registration.applications import Application, ApplicationForm
from gmpki.ca.registration.carrying import Outcome
from gmpki.ca.registration.office import RegistrationOffice
from gmpki.ca.registration.settings import OfficeSettings
from gmpki.ca.store.store import Store, Transaction
from gmpki.errors import ConflictError, IssuerRefusedError, NotFoundError
from gmpki.keys.envelope import KeyEnvelope
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.issuing import Issuer, self_signed
from gmpki.x509.names import build_name
from gmpki.x509.request import CertificateRequest, RequestBuilder

AUTHORITY = authorities.NAME
SUBJECT = build_name(("C", "CN"), ("O", "示例市社会保障局"), ("CN", "张三"))
NAMES = ("clerk", "colleague", "reviewer", "issuer", "keeper", "admin")


@cache
def key(number: int) -> SM2PrivateKey:
    """Return one of several keys, made once in a process."""
    return SM2PrivateKey.generate()


@cache
def request(number: int = 0, subject: Name = SUBJECT) -> CertificateRequest:
    """Return a request of one of the keys."""
    return RequestBuilder().subject(subject).sign(key(number))


@dataclass
class ForeignAuthority:
    """An authority of somebody else, in memory, with the key centre behind it.

    :ivar fails: raised instead of an answer, once.
    """

    now: Callable[[], Any]
    answers: dict[str, tuple[object, Issued]] = field(default_factory=dict)
    revoked: dict[int, ReasonCode] = field(default_factory=dict)
    keys: dict[int, SM2PrivateKey] = field(default_factory=dict)
    retired: list[int] = field(default_factory=list)
    orders: list[Order | RevocationOrder] = field(default_factory=list)
    fails: Exception | None = None

    completes_within = False

    def __post_init__(self) -> None:
        signer = key(-1)
        root = self_signed(build_name(("C", "CN"), ("O", "示例"), ("CN", "示例根")), signer, "root-ca", at=NOW)
        self._issuer = Issuer(root, signer)

    def issue(
        self, order: Order, *, actor: Actor, complete: Callable[[Transaction, Issued], None] | None = None
    ) -> Issued:
        del actor, complete
        self._may_fail()
        if order.key in self.answers:
            asked, issued = self.answers[order.key]
            if asked != order:
                raise ConflictError("key-reused", "another order")
            return issued
        self.orders.append(order)
        encryption_key = SM2PrivateKey.generate()
        if order.encryption_key is not None:
            encryption_key = self.keys[order.encryption_key]
        made = self._issuer.issue_pair(
            order.request,
            encryption_key,
            order.profile,
            subject=order.subject,
            validity=order.validity,
            extensions=order.extensions,
            at=self.now(),
        )
        self.keys[made.pair.encryption.serial_number] = encryption_key
        self.revoked.update(dict.fromkeys(order.replaces, order.replaces_reason))
        issued = Issued(made.pair.signing, made.pair.encryption, made.delivery)
        self.answers[order.key] = (order, issued)
        return issued

    def revoke(
        self, order: RevocationOrder, *, actor: Actor, complete: Callable[[Transaction], None] | None = None
    ) -> None:
        del actor, complete
        self._may_fail()
        self.orders.append(order)
        self.revoked.update(dict.fromkeys(order.serial_numbers, order.reason))

    def allot(self, wanted: Any) -> list[AllottedKey]:
        raise IssuerRefusedError("no", f"the authority asks for these {len(wanted)}")

    def recover(self, authority: str, serial_number: int, owner: Any) -> AllottedKey:
        self._may_fail()
        if authority != AUTHORITY or serial_number not in self.keys:
            raise NotFoundError("no such key")
        found = self.keys[serial_number]
        return AllottedKey(found.public_key, KeyEnvelope.seal(found, owner).to_der())

    def retire(self, authority: str, serial_numbers: Any) -> None:
        self._may_fail()
        assert authority == AUTHORITY
        self.retired += serial_numbers

    def _may_fail(self) -> None:
        fails, self.fails = self.fails, None
        if fails is not None:
            raise fails


@dataclass
class Scene:
    """An office at work."""

    store: Store
    office: RegistrationOffice
    authority: Any
    keys: Any
    operators: dict[str, Operator]
    applicant_id: int

    def __getattr__(self, name: str) -> Operator:
        try:
            return self.operators[name]
        except KeyError:
            raise AttributeError(name) from None

    def form(self, **more: Any) -> ApplicationForm:
        """Return a form for the applicant."""
        values = {
            "applicant_id": self.applicant_id,
            "authority": AUTHORITY,
            "profile": "personal",
            "request": request(),
        }
        return ApplicationForm(**{**values, **more})

    def approved(self, **more: Any) -> Application:
        """Return an application that was entered, proofread and approved."""
        application = self.office.apply(self.clerk, self.form(**more))
        return self.reviewed(application.id)

    def reviewed(self, application_id: int) -> Application:
        """Proofread and approve an application."""
        self.office.proofread(self.colleague, application_id)
        return self.office.approve(self.reviewer, application_id)

    def issued(self, **more: Any) -> Outcome:
        """Return what was issued for a new application."""
        return self.office.issue(self.issuer, self.approved(**more).id)

    def delivered(self, **more: Any) -> Outcome:
        """Return what was issued and delivered."""
        return self.office.deliver(self.issuer, self.issued(**more).application.id, receipt="张三")

    def audited(self) -> list[tuple[str, str, str]]:
        """Return operation, actor and subject of all entries of the audit log."""
        from sqlalchemy import select

        from gmpki.ca.store.schema import audit

        with self.store.reading() as connection:
            rows = connection.execute(select(audit.c.operation, audit.c.actor, audit.c.subject).order_by("number"))
            return [tuple(row) for row in rows]


def appoint(store: Store, region_id: int) -> dict[str, Operator]:
    """Appoint an operator for each permission that an office needs."""
    permissions = {
        "clerk": {Permission.ENTRY},
        "colleague": {Permission.ENTRY, Permission.PROOFREADING},
        "reviewer": {Permission.ENTRY, Permission.PROOFREADING, Permission.REVIEW},
        "issuer": {Permission.ENTRY, Permission.ISSUING},
        "keeper": {Permission.RECOVERY},
        "admin": {Permission.ADMINISTRATION},
    }
    root = build_name(("CN", "操作员"))
    appointments = [
        Appointment(
            name,
            name,
            certify(build_name(("CN", name)), key(100 + index).public_key, root, key(-1), serial_number=index + 1),
            frozenset(held),
            None if name == "admin" else region_id,
        )
        for index, (name, held) in enumerate(permissions.items())
    ]
    with store.transaction() as tx:
        return {each.name: each for each in appoint_first(tx, appointments)}


def scene(store: Store, *, settings: OfficeSettings | None = None, is_foreign: bool = False) -> Scene:
    """Open an office in an empty store.

    :param is_foreign: its authority is somebody else's; otherwise it is one of gmpki in the same store.
    """
    (region_id,) = people.add_regions(store)
    backend: Any
    keys: Any
    if is_foreign:
        backend = keys = ForeignAuthority(store.now)
        assert isinstance(backend, IssuerBackend)
        assert isinstance(keys, KeyCentre)
    else:
        made = authorities.found(store)
        backend, keys = made.authority, made.centre
    office = RegistrationOffice(store, backend, keys=keys, settings=settings)
    return Scene(store, office, backend, keys, appoint(store, region_id), people.register(store, people.person()))
