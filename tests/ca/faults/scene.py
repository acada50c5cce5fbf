"""An authority with everything that belongs to it, in one store, as each run finds it; and what it must not lose."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from ca import office, people
from ca.office import AUTHORITY, Scene
from certified import NOW
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.authority.authority import Authority
from gmpki.ca.authority.settings import AuthoritySettings
from gmpki.ca.interfaces import SYSTEM, Issued, Order, RevocationOrder
from gmpki.ca.kmc.centre import KeyManagementCentre
from gmpki.ca.operators.operators import Operator
from gmpki.ca.publication.directory import DirectoryPublisher
from gmpki.ca.registration.office import RegistrationOffice
from gmpki.ca.revocation.lists import issue_list, read_list
from gmpki.ca.store.audit_verify import verify_audit
from gmpki.ca.store.columns import serial_number
from gmpki.ca.store.schema import answered, certificates, crls, issues, kmc_keys, pairs, revocations
from gmpki.ca.store.store import Store
from gmpki.errors import GmpkiError
from gmpki.protect.keys import KeyRing
from gmpki.x509.crl import CertificateRevocationList
from gmpki.x509.names import build_name

RING = KeyRing.generate(created=NOW)
CA_KEY, KMC_KEY, AUDIT_KEY, NEXT_CA_KEY = -1, -2, -3, -4
PUBLISHER = "directory"


# Made in the first process, so that whoever asks again asks for the same.
request = cache(office.request)
for number in range(60):
    request(number)
for number in (CA_KEY, KMC_KEY, AUDIT_KEY, NEXT_CA_KEY):
    office.key(number)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Handed:
    """What left the process, and therefore must be in the store."""

    certificates: dict[str, str] = field(default_factory=dict)  # serial: DER
    revoked: set[str] = field(default_factory=set)
    lists: dict[int, str] = field(default_factory=dict)  # number: digest
    answers: dict[str, str] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    orders: dict[str, str] = field(default_factory=dict)  # key of the order: serials
    twice: list[str] = field(default_factory=list)

    def take(self, line: bytes) -> None:
        """Note what a process handed out; one number on two things is a loss."""
        kind, name, value = json.loads(line)
        if kind in ("revoked", "keys"):
            getattr(self, kind).add(name)
            return
        known = getattr(self, kind).setdefault(int(name) if kind == "lists" else name, value)
        if known != value:
            self.twice.append(f"{kind} {name} was handed out with two contents")


@dataclass
class Work:
    """An open store with its authority, key-management centre and office, in one process.

    :ivar tell: takes what is handed out, as a line.
    """

    store: Store
    authority: Authority
    centre: KeyManagementCentre
    desk: Scene
    folder: Path
    clock: Clock
    tell: Callable[[bytes], object]

    def hand(self, kind: str, name: str, value: str = "") -> None:
        """Tell what leaves the process."""
        self.tell(json.dumps([kind, name, value]).encode() + b"\n")

    def hand_issued(self, key: str, issued: Issued) -> None:
        """Tell of certificates that leave the process."""
        self.hand("orders", key, f"{issued.signing.serial_number:x}")
        for certificate in (issued.signing, issued.encryption):
            if certificate is not None:
                self.hand("certificates", f"{certificate.serial_number:x}", certificate.to_der().hex())

    def hand_pair(self, pair: Any) -> None:
        """Tell of a pair that the office issued."""
        self.hand_issued(f"pair {pair.id}", Issued(pair.signing, pair.encryption))

    def order(self, key: str, number: int, **more: Any) -> Order:
        """Return an order for a pair."""
        return Order(key, AUTHORITY, "personal", request(number), **more)

    def revocation(self, key: str, serials: tuple[int, ...], reason: ReasonCode) -> RevocationOrder:
        """Return an order to revoke, suspend or resume."""
        return RevocationOrder(key, AUTHORITY, serials, reason)

    def publisher(self) -> DirectoryPublisher:
        """Return where certificates and lists go."""
        return DirectoryPublisher(self.folder, name=PUBLISHER)

    def serials(self, key: str) -> tuple[int, ...]:
        """Return the numbers that an order was given."""
        query = select(certificates.c.serial).join(issues).where(issues.c.order_key == key)
        with self.store.reading() as connection:
            return tuple(serial_number(each) for each in connection.scalars(query))

    def is_encryption(self, serial: int) -> bool:
        """Return whether a certificate is for encryption."""
        query = select(certificates.c.role).where(certificates.c.serial == f"{serial:x}")
        with self.store.reading() as connection:
            return connection.scalar(query) == "encryption"

    def pair_id(self) -> int:
        """Return the pair that the office issued first."""
        with self.store.reading() as connection:
            found = connection.scalar(select(pairs.c.id).order_by(pairs.c.id))
        assert found is not None
        return int(found)

    def list_made(self, *, is_delta: bool = False) -> None:
        """Make a revocation list, and hand it out."""
        issuer = self.authority.list_issuers()[-1]
        made = issue_list(self.store, issuer, is_delta=is_delta, publishers=(PUBLISHER,))
        assert made is not None
        self.hand("lists", str(made.crl_number), made.digest)


def _desk(
    store: Store, authority: Authority, centre: KeyManagementCentre, operators: dict[str, Operator], applicant_id: int
) -> Scene:
    desk = RegistrationOffice(store, authority, keys=centre)
    return Scene(store, desk, authority, centre, operators, applicant_id)


def build(url: str, folder: Path) -> Scene:
    """Make the store that all runs begin with."""
    clock = Clock()
    with Store.create(url, RING, clock=clock) as store:
        centre = KeyManagementCentre.create(store, office.key(KMC_KEY).public_key)
        centre.pool.fill("SM2", 12)
        name = build_name(("C", "CN"), ("O", "示例"), ("CN", "示例根"))
        settings = AuthoritySettings(publishers=(PUBLISHER,))
        authority = Authority.create(
            store, AUTHORITY, name, office.key(CA_KEY), actor=SYSTEM, settings=settings, key_centre=centre
        )
        (region_id,) = people.add_regions(store)
        operators = office.appoint(store, region_id)
        desk = _desk(store, authority, centre, operators, people.register(store, people.person()))
        work = Work(store, authority, centre, desk, folder, clock, len)
        for number, key in enumerate(("first", "held", "revoked")):
            authority.issue(work.order(key, number), actor=SYSTEM)
        for key, reason in (("held", ReasonCode.CERTIFICATE_HOLD), ("revoked", ReasonCode.SUPERSEDED)):
            authority.revoke(work.revocation(f"{key}-revoked", work.serials(key), reason), actor=SYSTEM)
        work.list_made()
        desk.delivered(request=request(7))
        desk.approved(request=request(8))
        return desk


# A store stays, without connections, for the next run at the same place: SQLAlchemy has its statements compiled then,
# also in the processes that are forked.
_known: dict[str, tuple[Store, Clock]] = {}


@contextmanager
def opened(url: str, desk: Scene, folder: Path, tell: Callable[[bytes], object]) -> Iterator[Work]:
    """Open the store as a process does when it starts: what was begun and never finished is given up."""
    if url not in _known:
        clock = Clock()
        _known[url] = Store.open(url, RING, clock=clock), clock
    store, clock = _known[url]
    clock.at = NOW
    try:
        centre = KeyManagementCentre.open(store, office.key(KMC_KEY))
        authority = Authority.open(store, AUTHORITY, office.key(CA_KEY), key_centre=centre)
        if len(authority.generations) > 1:
            keys = [office.key(CA_KEY), office.key(NEXT_CA_KEY)]
            authority = Authority.open(store, AUTHORITY, keys, key_centre=centre)
        own = _desk(store, authority, centre, desk.operators, desk.applicant_id)
        yield Work(store, authority, centre, own, folder, clock, tell)
    finally:
        store.engine.dispose()


def losses(work: Work, handed: Handed) -> list[str]:
    """Return what is not as it must be, after a process was cut off and another one has started."""
    found = list(handed.twice)
    try:
        verify_audit(work.store)
    except GmpkiError as error:
        found.append(f"the audit log: {error}")
    with work.store.reading() as connection:
        if work.store.engine.dialect.name == "sqlite":
            said = connection.scalars(text("PRAGMA integrity_check")).all()
            found += [] if said == ["ok"] else [f"the file: {said}"]
        rows = {row.serial: row for row in connection.execute(select(certificates))}
        open_issues = connection.scalars(select(issues.c.order_key).where(issues.c.state == "meant")).all()
        numbers = {row.crl_number: row.digest for row in connection.execute(select(crls))}
        kept = {row.idempotency_key: row.answer for row in connection.execute(select(answered))}
        keys = {row.public_key_id: row for row in connection.execute(select(kmc_keys))}
        changes = connection.scalars(select(revocations.c.serial).where(revocations.c.lifted_at.is_(None))).all()
    found += [f"the order {key} is neither finished nor cancelled" for key in open_issues]
    for serial, der in handed.certificates.items():
        row = rows.get(serial)
        if row is None or row.state in ("meant", "cancelled") or row.content.hex() != der:
            found.append(f"the certificate {serial} was handed out and is not in the store")
    found += [
        f"the revocation of {serial} is lost"
        for serial in handed.revoked
        if serial not in rows or rows[serial].state not in ("revoked", "suspended")
    ]
    found += [f"list {each} is lost" for each, digest in handed.lists.items() if numbers.get(each) != digest]
    found += [f"the answer {key} is lost" for key, answer in handed.answers.items() if kept.get(key) != answer]
    found += [f"the key {key} is lost" for key in handed.keys if key not in keys]
    for row in rows.values():
        if row.role == "encryption" and row.state != "cancelled" and row.public_key_id not in keys:
            found.append(f"the key of the certificate {row.serial} is lost")
        if (row.state in ("revoked", "suspended")) != (row.serial in changes):
            found.append(f"the certificate {row.serial} is {row.state} and its revocation says otherwise")
    return found


def entry_losses(work: Work) -> list[str]:
    """Make the next lists, and see that no entry was dropped and no number used twice."""
    with work.store.reading() as connection:
        states = {row.serial: row.state for row in connection.execute(select(certificates))}
        numbers = connection.scalars(select(crls.c.crl_number)).all()
    listed: set[str] = set()
    found: list[str] = []
    for issuer in work.authority.list_issuers():
        made = issue_list(work.store, issuer)
        assert made is not None
        with work.store.reading() as connection:
            told = CertificateRevocationList.from_der(b"".join(read_list(connection, made.id)))
        listed |= {f"{entry.serial_number:x}" for entry in told}
        if made.crl_number <= max(numbers):
            found.append(f"the list number {made.crl_number} was used before")
    wanted = {serial for serial, state in states.items() if state in ("revoked", "suspended")}
    found += [f"the certificate {serial} is not on the next list" for serial in wanted - listed]
    found += [f"the certificate {serial} is on the next list" for serial in listed - wanted]
    return found
