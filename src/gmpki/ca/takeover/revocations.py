"""What was revoked before an authority was taken over: out of its lists, and out of tables about its certificates.

A list counts when it is complete and one of the authority's keys has signed it. Of the lists of one scope only the
newest does; lists of several scopes add to each other. A certificate is revoked when any of these say so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.store.columns import seconds
from gmpki.errors import GmpkiError, InvalidInputError
from gmpki.protect.log_record import time_text
from gmpki.x509.names import names_match

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from gmpki.ca.authority.rows import Generation
    from gmpki.ca.takeover.index import IndexEntry
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.crl import CertificateRevocationList

__all__ = ["Revocations", "Revoked", "collect"]


@dataclass(frozen=True, slots=True)
class Revoked:
    """That a certificate was revoked or suspended. Immutable.

    :ivar at: in seconds since 1970, as ``invalidity_at``.
    :ivar generation: the key whose list says so; None where a table does.
    """

    at: int
    reason: ReasonCode
    invalidity_at: int | None
    place: str
    generation: Generation | None = None

    @property
    def is_hold(self) -> bool:
        """Whether it can be resumed."""
        return self.reason is ReasonCode.CERTIFICATE_HOLD


@dataclass(slots=True)
class Revocations:
    """What is known about revocations.

    :ivar by_serial: by serial number.
    :ivar crl_number: the greatest number of a list.
    :ivar lists: how many lists count.
    :ivar notes: what was wrong or odd with lists and tables.
    """

    by_serial: dict[int, Revoked] = field(default_factory=dict)
    crl_number: int = 0
    lists: int = 0
    notes: list[str] = field(default_factory=list)


def collect(
    crls: Iterable[tuple[str, CertificateRevocationList]],
    entries: Mapping[int, IndexEntry],
    generations: Sequence[Generation],
    now: datetime,
) -> Revocations:
    """Collect what lists and tables say.

    What cannot be used, a list of somebody else for instance, is told in the notes and raises nothing.
    """
    found = Revocations()
    newest: dict[tuple[int, bytes], tuple[str, CertificateRevocationList, Generation]] = {}
    for place, crl in crls:
        try:
            generation = _checked(crl, generations, now)
            number = crl.crl_number or 0
            point = crl.issuing_distribution_point
        except GmpkiError as error:
            found.notes.append(f"{place}: the list does not count: {error}")
            continue
        found.crl_number = max(found.crl_number, number)
        scope = (generation.id, b"" if point is None else point.to_der())
        before = newest.get(scope)
        if before is None or before[1].this_update < crl.this_update:
            newest[scope] = (place, crl, generation)
    found.lists = len(newest)
    for place, crl, generation in newest.values():
        if crl.next_update is not None and crl.next_update < now:
            found.notes.append(
                f"{place}: the list was good until {time_text(crl.next_update)}; what was revoked since is unknown"
            )
        for entry in crl:
            reason = entry.reason if entry.reason is not None else ReasonCode.UNSPECIFIED
            invalidity = None if entry.invalidity_date is None else seconds(entry.invalidity_date)
            revoked = Revoked(seconds(entry.revocation_date), reason, invalidity, place, generation)
            _take(found, entry.serial_number, revoked)
    for told in entries.values():
        if told.status in ("revoked", "suspended"):
            _take(found, told.serial, _of_entry(told, now))
    return found


def _checked(crl: CertificateRevocationList, generations: Sequence[Generation], now: datetime) -> Generation:
    """Return the key that has signed a list.

    :raises InvalidInputError: when the list does not count.
    """
    if crl.delta_base is not None:
        raise InvalidInputError("it is a delta list; give the complete one")
    if crl.is_indirect:
        raise InvalidInputError("it tells of certificates of other authorities too")
    if crl.this_update > now:
        raise InvalidInputError(f"it was made in the future, {time_text(crl.this_update)}")
    for generation in reversed(generations):
        certificate = generation.certificate
        if names_match(crl.issuer, certificate.subject) and _has_signed(certificate, crl):
            return generation
    raise InvalidInputError("no key of this authority has signed it")


def _has_signed(certificate: Certificate, crl: CertificateRevocationList) -> bool:
    try:
        crl.verify_signature(certificate)
    except GmpkiError:
        return False
    return True


def _of_entry(entry: IndexEntry, now: datetime) -> Revoked:
    reason = entry.reason if entry.reason is not None else ReasonCode.UNSPECIFIED
    if entry.status == "suspended":
        reason = ReasonCode.CERTIFICATE_HOLD
    at = now if entry.revoked_at is None else entry.revoked_at
    invalidity = None if entry.invalidity_date is None else seconds(entry.invalidity_date)
    return Revoked(seconds(at), reason, invalidity, entry.place)


def _take(found: Revocations, serial: int, new: Revoked) -> None:
    """Take in one; what is final comes before what can be resumed, and an earlier date before a later one."""
    if new.reason is ReasonCode.REMOVE_FROM_CRL:
        return
    known = found.by_serial.get(serial)
    if known is None or (new.is_hold, new.at) < (known.is_hold, known.at):
        found.by_serial[serial] = new
