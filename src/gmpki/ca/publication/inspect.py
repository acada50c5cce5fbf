"""An inspection: what the store says, what the revocation lists say, and what lies at the publishers, compared."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from sqlalchemy import select

from gmpki._inputs import member
from gmpki.algorithms import sm3
from gmpki.ca.authority.authority import Authority
from gmpki.ca.interfaces import PublicationKind, Published, Publisher
from gmpki.ca.publication.against_log import compare_with_log
from gmpki.ca.publication.against_pairs import compare_with_pairs
from gmpki.ca.publication.queue import as_publishers, published_certificate, published_list
from gmpki.ca.revocation.lists import IssuedList, latest_list, read_list, told_by
from gmpki.ca.revocation.schedule import scopes_of
from gmpki.ca.revocation.status import COLUMNS, JOINED, revocation_of
from gmpki.ca.store.columns import seconds
from gmpki.ca.store.schema import authorities, certificates, due_publications, revocations
from gmpki.errors import GmpkiError, PublicationError, StoreError, TamperedError
from gmpki.protect.log_record import time_text
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl import CertificateRevocationList
from gmpki.x509.crl_verify import verify_crl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gmpki.ca.revocation.rules import ListIssuer
    from gmpki.ca.store.store import Store

__all__ = ["Finding", "Inspection", "inspect"]

_MAX_FINDINGS: Final = 1000
_PAGE_LEN: Final = 500


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be. Immutable.

    :ivar code: "tampered", what the store says contradicts itself, its tags or its audit log; "not-listed", revoked but
        not on the list; "listed", on the list but not revoked; "stale", older than what should be there, or out of
        date; "missing"; "differing"; "extra", nobody knows it; "unreachable"; "waiting", due at a publisher and not
        yet there, which is no fault by itself.
    :ivar place: "store", "lists" or the name of a publisher.
    :ivar what: what it is about, such as "certificate 5af0".
    """

    code: str
    place: str
    what: str
    message: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """What an inspection has found. Immutable.

    :ivar looked_at: how many certificates, entries of lists and published things were compared.
    :ivar findings: at most 1000 of them.
    :ivar counts: how many there are, by code.
    """

    authority: str
    at: datetime
    looked_at: dict[str, int]
    findings: tuple[Finding, ...]
    counts: dict[str, int]

    @property
    def is_clean(self) -> bool:
        """Whether everything is as it should be, but for what is still waiting."""
        return not any(count for code, count in self.counts.items() if code != "waiting")

    def to_json(self) -> str:
        """Return the report as JSON.

        :standard: RFC 8259; the time as in RFC 3339
        """
        return json.dumps({**asdict(self), "at": time_text(self.at)}, ensure_ascii=False, indent=1, sort_keys=True)

    def lines(self) -> Iterator[str]:
        """Yield the report in lines."""
        yield f"{self.authority}, {time_text(self.at)}: " + ("clean" if self.is_clean else "not clean")
        yield ", ".join(f"{what} {count}" for what, count in sorted(self.looked_at.items()))
        for each in self.findings:
            yield f"{each.code:11} {each.place}: {each.what}: {each.message}"
        if sum(self.counts.values()) > len(self.findings):
            yield f"... {sum(self.counts.values()) - len(self.findings)} more"


@runtime_checkable
class _Listing(Protocol):
    """A publisher that can say which certificates it has."""

    def serial_numbers(self, authority: str) -> Iterable[int]: ...


def inspect(store: Store, authority: Authority, publishers: Iterable[Publisher] = ()) -> Inspection:
    """Compare the store with its tags, its audit log, the pairs of registration offices, the latest revocation lists,
    and what lies at publishers.

    One list at a time is in memory, and nothing else that grows.

    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when two publishers have one name.
    :raises StoreError: when the database cannot be read.
    """
    member(authority, Authority, "authority")
    places = as_publishers(publishers)
    found = _Findings()
    _look_at_rows(store, authority, found)
    found.looked_at["entries of the audit log"] = compare_with_log(store, partial(found.add, "tampered", "store"))
    found.looked_at["pairs"] = compare_with_pairs(store, authority.id, authority.name, partial(_add_to_store, found))
    for issuer in authority.list_issuers():
        _look_at_lists(store, issuer, found)
    for publisher in places.values():
        _look_at_publisher(store, authority, publisher, found)
    return Inspection(authority.name, store.now(), dict(found.looked_at), tuple(found.kept), dict(found.counts))


@dataclass(slots=True)
class _Findings:
    kept: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    looked_at: Counter[str] = field(default_factory=Counter)

    def add(self, code: str, place: str, what: str, message: str) -> None:
        self.counts[code] += 1
        if len(self.kept) < _MAX_FINDINGS:
            self.kept.append(Finding(code, place, what, message))


def _add_to_store(found: _Findings, code: str, what: str, message: str) -> None:
    found.add(code, "store", what, message)


# ---- the store ------------------------------------------------------------------------------
def _look_at_rows(store: Store, authority: Authority, found: _Findings) -> None:
    """See that every row is as it was written, and says the same as its revocation."""
    last = 0
    while True:
        of_authority = (certificates.c.authority_id == authority.id, certificates.c.id > last)
        query = select(*COLUMNS).select_from(JOINED).where(*of_authority).order_by(certificates.c.id).limit(_PAGE_LEN)
        with store.reading() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            found.looked_at["certificates"] += 1
            try:
                revocation_of(store.protection, row)
            except TamperedError as error:
                found.add("tampered", "store", f"certificate {row.serial}", str(error))
        if len(rows) < _PAGE_LEN:
            return
        last = rows[-1].id


# ---- lists ----------------------------------------------------------------------------------
def _look_at_lists(store: Store, issuer: ListIssuer, found: _Findings) -> None:
    with store.reading() as connection:
        scopes = [scope for scope in scopes_of(connection, issuer) if not scope.is_delta]
        latest = {scope: latest_list(connection, scope) for scope in scopes}
    for scope, made in latest.items():
        what = f"list of key {issuer.generation}, part {scope.part}"
        if made is None:
            found.add("missing", "lists", what, "there is no list yet")
            continue
        try:
            _look_at_list(store, issuer, made, found)
        except StoreError:
            raise
        except GmpkiError as error:
            found.add("tampered", "lists", f"list {made.crl_number}", str(error))


def _look_at_list(store: Store, issuer: ListIssuer, made: IssuedList, found: _Findings) -> None:
    """Compare a list with the rows of which it tells."""
    what = f"list {made.crl_number}"
    with store.reading() as connection:
        content = b"".join(read_list(connection, made.id))
    if sm3.digest(content).hex() != made.digest:
        found.add("tampered", "lists", what, "its content is not what was written")
        return
    crl = CertificateRevocationList.from_der(content)
    verify_crl(crl, issuer.certificate, at=made.this_update)
    if store.now() > made.next_update:
        found.add("stale", "lists", what, f"it was good until {time_text(made.next_update)}")
    listed = {entry.serial_number for entry in crl}
    found.looked_at["entries"] += len(listed)
    this_update = seconds(made.this_update)
    with store.reading() as connection:
        columns = (revocations.c.serial, revocations.c.lifted_at, revocations.c.change_number, revocations.c.not_after)
        query = select(*columns).where(told_by(made.scope)).execution_options(yield_per=_PAGE_LEN)
        for row in connection.execute(query):
            serial = int(row.serial, 16)
            is_listed = serial in listed
            listed.discard(serial)
            if row.change_number > made.change_number:
                continue  # it changed since: for the next list
            if row.lifted_at is None and not is_listed and row.not_after >= this_update:
                found.add("not-listed", "lists", f"certificate {row.serial}", f"it is revoked, and not on {what}")
            if row.lifted_at is not None and is_listed:
                found.add("listed", "lists", f"certificate {row.serial}", f"it was resumed, and is on {what}")
    for serial in sorted(listed):
        found.add("listed", "lists", f"certificate {serial:x}", f"it is on {what}, and was never revoked")


# ---- publishers -----------------------------------------------------------------------------
def _look_at_publisher(store: Store, authority: Authority, publisher: Publisher, found: _Findings) -> None:
    try:
        _look_at_own(store, authority, publisher, found)
        _look_at_certificates(store, authority, publisher, found)
        if isinstance(publisher, _Listing):
            _look_for_extra(store, publisher.name, publisher.serial_numbers(authority.name), found)
    except PublicationError as error:
        found.add("unreachable", publisher.name, "publisher", str(error))


def _look_at_own(store: Store, authority: Authority, publisher: Publisher, found: _Findings) -> None:
    """See that the certificates of the authority itself, and its lists, are there."""
    for generation in authority.generations:
        if generation.certificate_der is not None:
            what = published_certificate(
                PublicationKind.AUTHORITY, authority.name, generation.number, generation.certificate
            )
            _compare(store, publisher, what, generation.id, found)
    for issuer in authority.list_issuers():
        with store.reading() as connection:
            made = [latest_list(connection, scope) for scope in scopes_of(connection, issuer)]
        for each in made:
            if each is not None:
                _compare(store, publisher, published_list(store, each), each.id, found)


def _look_at_certificates(store: Store, authority: Authority, publisher: Publisher, found: _Findings) -> None:
    """See that the certificates that others may read, and that have not expired, are there."""
    public = [name for name, profile in authority.settings.profile_set().items() if profile.published]
    numbers = {generation.id: generation.number for generation in authority.generations}
    issued = (certificates.c.state.not_in(("meant", "cancelled")), certificates.c.profile.in_(public))
    last = 0
    while True:
        wanted = (certificates.c.authority_id == authority.id, certificates.c.id > last, *issued)
        columns = (certificates.c.id, certificates.c.generation_id, certificates.c.content, certificates.c.not_after)
        with store.reading() as connection:
            query = select(*columns).where(*wanted).order_by(certificates.c.id).limit(_PAGE_LEN)
            rows = connection.execute(query).all()
        now = seconds(store.now())
        for row in rows:
            if row.not_after >= now:
                number, certificate = numbers[row.generation_id], Certificate.from_der(row.content, lenient=True)
                what = published_certificate(PublicationKind.CERTIFICATE, authority.name, number, certificate)
                _compare(store, publisher, what, row.id, found)
        if len(rows) < _PAGE_LEN:
            return
        last = rows[-1].id


def _compare(store: Store, publisher: Publisher, what: Published, object_id: int, found: _Findings) -> None:
    """Compare one thing with what lies at a publisher."""
    found.looked_at["published"] += 1
    there, expected = publisher.find(what), what.content
    if there == expected:
        return
    code, message = ("missing", "it is not there") if there is None else _difference(what, there, expected)
    row = due_publications.c
    due = (row.publisher == publisher.name, row.kind == what.kind, row.object_id == object_id)
    with store.reading() as connection:
        if connection.scalar(select(row.id).where(*due)) is not None:
            code, message = "waiting", f"it is due there: {message}"
    found.add(code, publisher.name, _shown(what), message)


def _difference(what: Published, there: bytes, expected: bytes) -> tuple[str, str]:
    if what.kind == PublicationKind.CRL:
        try:
            number = CertificateRevocationList.from_der(there).crl_number
            latest = CertificateRevocationList.from_der(expected).crl_number
        except GmpkiError:
            return "differing", "what is there is no revocation list"
        if number is not None and latest is not None and number < latest:
            return "stale", f"list {number} is there, and {latest} is the latest"
    return "differing", "something else is there"


def _shown(what: Published) -> str:
    if what.kind == PublicationKind.CRL:
        return f"{'delta ' if what.is_delta else ''}list of key {what.generation}, part {what.part}"
    serial = f"{what.certificate.serial_number:x}" if what.certificate is not None else "?"
    return f"{what.kind} {serial}"


def _look_for_extra(store: Store, place: str, serials: Iterable[int], found: _Findings) -> None:
    """See that what lies at a publisher was issued by an authority of this store."""
    some: list[str] = []
    for serial in serials:
        some.append(f"{serial:x}")
        if len(some) == _PAGE_LEN:
            _report_unknown(store, place, some, found)
            some.clear()
    _report_unknown(store, place, some, found)


def _report_unknown(store: Store, place: str, serials: list[str], found: _Findings) -> None:
    ids = select(authorities.c.id).scalar_subquery()
    known = (certificates.c.authority_id.in_(ids), certificates.c.serial.in_(serials))
    issued = certificates.c.state.not_in(("meant", "cancelled"))
    with store.reading() as connection:
        there = set(connection.scalars(select(certificates.c.serial).where(*known, issued)))
    for serial in serials:
        if serial not in there:
            found.add("extra", place, f"certificate {serial}", "no authority of this store has issued it")
