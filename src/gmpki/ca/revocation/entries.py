"""What is revoked: one row for each certificate that ever was, and what may become of it.

========= ========= ========= ======================================================
from      operation to        asked for with the reason
========= ========= ========= ======================================================
valid     suspend   suspended ``CERTIFICATE_HOLD``
suspended resume    valid     ``REMOVE_FROM_CRL``
valid     revoke    revoked   any other
suspended revoke    revoked   any other
========= ========= ========= ======================================================

Revoked is final, and so is expired. A certificate that is revoked out of a suspension keeps the date on which it was
suspended, so that nothing signed meanwhile becomes valid by it; one whose suspension was lifted gets a new date.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import bindparam, func, insert, select, update

from gmpki._inputs import iterated, member
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.store.certificates import CertificateRow, CertificateState, demand, set_state
from gmpki.ca.store.columns import row_id, seconds, serial_text
from gmpki.ca.store.schema import authorities, revocations
from gmpki.errors import InvalidInputError, LifeCycleError, NotFoundError, TamperedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Row

    from gmpki.ca.store.protection import Protection
    from gmpki.ca.store.store import Transaction

__all__ = ["VERIFIED", "KnownRevocation", "revoke", "take_over", "verified_columns", "verify_columns"]

# How many values a query names at once; databases have limits of a few thousand.
_IN_ONE_QUERY: Final = 500


class _Change(NamedTuple):
    """An operation, and the states between which it leads."""

    name: str
    before: tuple[CertificateState, ...]
    after: CertificateState


_SUSPEND: Final = _Change("suspend", (CertificateState.VALID,), CertificateState.SUSPENDED)
_RESUME: Final = _Change("resume", (CertificateState.SUSPENDED,), CertificateState.VALID)
_REVOKE: Final = _Change("revoke", (CertificateState.VALID, CertificateState.SUSPENDED), CertificateState.REVOKED)
_CHANGES: Final = {ReasonCode.CERTIFICATE_HOLD: _SUSPEND, ReasonCode.REMOVE_FROM_CRL: _RESUME}


def revoke(
    tx: Transaction,
    authority_id: int,
    serials: Iterable[int],
    *,
    reason: ReasonCode,
    invalidity_date: datetime | None = None,
    requested_at: datetime | None = None,
) -> None:
    """Revoke certificates of an authority, suspend or resume them: all of them or none.

    The entry in the audit log is the caller's, who knows on whose behalf it is done.

    :param serials: their serial numbers; one given twice counts once.
    :param reason: why; ``CERTIFICATE_HOLD`` suspends, ``REMOVE_FROM_CRL`` resumes.
    :param invalidity_date: since when the key is known or suspected to be in wrong hands.
    :param requested_at: when it was asked for; None is now. What is published late is counted from here.
    :raises NotFoundError: when there is no such authority, or it has issued no certificate of such a number.
    :raises LifeCycleError: when the state of one does not allow it; ``state`` is that state, or "expired".
    :raises TamperedError: when a row is not as it was written.
    :raises InvalidInputError: when a time has no time zone or lies in the future, or there is an invalidity date for
        what is resumed.
    :raises InvalidTypeError: when an argument has the wrong type.
    :standard: RFC 5280 5.3.1 (the reasons), 5.3.2 (the invalidity date)
    """
    member(reason, ReasonCode, "reason")
    change = _CHANGES.get(reason, _REVOKE)
    if change is _RESUME and invalidity_date is not None:
        raise InvalidInputError("a certificate that is resumed has no invalidity date")
    invalidity_at = _past(tx, invalidity_date, "invalidity_date")
    asked_at = _past(tx, requested_at, "requested_at")
    wanted = list(dict.fromkeys(iterated(serials, "serials")))
    # Whoever changes revocations of this authority, or numbers a list of it, does so behind the other: the changes that
    # a list includes are all those up to a number.
    next_change = _take_turn(tx, authority_id)
    rows = demand(tx, authority_id, wanted, change.name)
    for row in rows:
        _check(change, row, tx.at)
    asked = {
        "reason": int(reason),
        "invalidity_at": invalidity_at,
        "requested_at": tx.at if asked_at is None else asked_at,
    }
    _write(tx, rows, change, asked, next_change)
    for row in rows:
        set_state(tx, row, change.after)


class KnownRevocation(NamedTuple):
    """A revocation that an authority made before it came into this database.

    :ivar row: as read in this transaction with ``lock``.
    :ivar revoked_at: when, in seconds since 1970, as ``invalidity_at``.
    """

    row: CertificateRow
    revoked_at: int
    reason: ReasonCode
    invalidity_at: int | None = None


def take_over(tx: Transaction, authority_id: int, known: Sequence[KnownRevocation]) -> None:
    """Write revocations and suspensions that were made elsewhere, with their own dates; also of what has expired.

    The entry in the audit log is the caller's.

    :raises NotFoundError: when there is no such authority.
    :raises LifeCycleError: when a certificate is revoked already, or suspended and to be suspended again.
    :raises InvalidInputError: when a time lies in the future, or the reason is ``REMOVE_FROM_CRL``.
    :raises TamperedError: when a row is not as it was written.
    :standard: RFC 5280 5.1.2.6 (the date of a revocation), 5.3.1, 5.3.2
    """
    next_change = _take_turn(tx, authority_id)
    for number_of_change, each in enumerate(known, next_change):
        change = _CHANGES.get(each.reason, _REVOKE)
        if change is _RESUME:
            raise InvalidInputError("what was resumed is not revoked")
        if max(each.revoked_at, each.invalidity_at or 0) > tx.at:
            raise InvalidInputError(f"the certificate {each.row.serial:x} was revoked in the future")
        if each.row.state not in change.before:
            state = each.row.state.value
            raise LifeCycleError(change.name, state, f"{change.name}: the certificate {each.row.serial:x} is {state}")
        asked = {"reason": int(each.reason), "invalidity_at": each.invalidity_at, "requested_at": tx.at}
        _write(tx, [each.row], change, asked, number_of_change, revoked_at=each.revoked_at)
        set_state(tx, each.row, change.after)


def _past(tx: Transaction, at: datetime | None, name: str) -> int | None:
    if at is None:
        return None
    if seconds(at) > tx.at:
        raise InvalidInputError(f"{name} lies in the future")
    return seconds(at)


def _take_turn(tx: Transaction, authority_id: int) -> int:
    """Wait for others, and return the number of the next change."""
    query = select(authorities.c.id).where(authorities.c.id == row_id(authority_id, "authority_id"))
    if tx.connection.scalar(query.with_for_update()) is None:
        raise NotFoundError("there is no such authority")
    latest = select(func.max(revocations.c.change_number)).where(revocations.c.authority_id == authority_id)
    return int(tx.connection.scalar(latest) or 0) + 1


def _check(change: _Change, row: CertificateRow, at: int) -> None:
    is_expired = row.not_after < at
    if is_expired or row.state not in change.before:
        state = "expired" if is_expired else row.state.value
        raise LifeCycleError(change.name, state, f"{change.name}: the certificate {row.serial:x} is {state}")


# ---- rows -----------------------------------------------------------------------------------
_TAGGED: Final = (
    "authority_id",
    "generation_id",
    "part",
    "serial",
    "revoked_at",
    "reason",
    "invalidity_at",
    "not_after",
    "lifted_at",
    "change_number",
    "requested_at",
)
VERIFIED: Final = ("tag", "certificate_id", *_TAGGED)
"""The columns that :func:`verified_columns` has to know."""


def _tag(tx: Transaction, row: Mapping[str, Any]) -> bytes:
    tagger = tx.protection.tagger(revocations.name)
    return tagger.tag({name: row[name] for name in _TAGGED}, row=row["certificate_id"])


def verify_columns(protection: Protection, columns: Mapping[str, Any]) -> None:
    """See that a row of revocations is as it was written.

    :param columns: by their names.
    :raises TamperedError: when it is not.
    """
    tagger = protection.tagger(revocations.name)
    tagger.verify(columns["tag"], {name: columns[name] for name in _TAGGED}, row=columns["certificate_id"])


def verified_columns(protection: Protection, rows: Sequence[Row[Any]]) -> dict[str, Sequence[Any]]:
    """Return the columns of many rows of revocations by their names, after seeing that all are as they were written.

    :param rows: one or more, with the columns :data:`VERIFIED`.
    :raises TamperedError: when one is not.
    """
    columns: dict[str, Sequence[Any]] = dict(zip(VERIFIED, zip(*rows, strict=True), strict=True))
    tags, certificate_ids, *protected = columns.values()
    protection.verify_rows(revocations.name, _TAGGED, tags, certificate_ids, protected)
    return columns


def _write(
    tx: Transaction,
    rows: Sequence[CertificateRow],
    change: _Change,
    asked: dict[str, Any],
    first: int,
    *,
    revoked_at: int | None = None,
) -> None:
    """Write what is new about certificates, into the row that one has or into a new one.

    :param first: the number of the first change.
    :param revoked_at: None is now.
    """
    at = tx.at if revoked_at is None else revoked_at
    before = _rows_before(tx, [row.id for row in rows])
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for number_of_change, row in enumerate(rows, first):
        entry = _entry(at, row, before.get(row.id), change, asked) | {"change_number": number_of_change}
        entry["tag"] = _tag(tx, entry)
        (changed if row.id in before else new).append(entry)
    if new:
        tx.connection.execute(insert(revocations), new)
    if changed:
        tx.connection.execute(
            update(revocations).where(revocations.c.certificate_id == bindparam("its_certificate")),
            [{"its_certificate": entry.pop("certificate_id")} | entry for entry in changed],
        )


def _rows_before(tx: Transaction, certificate_ids: Sequence[int]) -> dict[int, Row[Any]]:
    """Read and lock the rows that certificates have already."""
    found = {}
    for at in range(0, len(certificate_ids), _IN_ONE_QUERY):
        some = certificate_ids[at : at + _IN_ONE_QUERY]
        query = select(revocations).where(revocations.c.certificate_id.in_(some)).with_for_update()
        for row in tx.connection.execute(query):
            verify_columns(tx.protection, row._asdict())
            found[row.certificate_id] = row
    return found


def _entry(
    at: int, row: CertificateRow, before: Row[Any] | None, change: _Change, asked: dict[str, Any]
) -> dict[str, Any]:
    """Return the row of revocations that a certificate has after a change at a time, without its number and tag."""
    same: dict[str, Any] = {
        "certificate_id": row.id,
        "authority_id": row.authority_id,
        "generation_id": row.generation_id,
        "part": row.part,
        "serial": serial_text(row.serial),
        "not_after": row.not_after,
        "published_at": None,
    }
    if change is _RESUME:
        if before is None:
            raise TamperedError("removed", "how a certificate was suspended is not written", place=row.id)
        kept = {name: before._mapping[name] for name in ("revoked_at", "reason", "invalidity_at")}
        return same | kept | {"lifted_at": at, "requested_at": asked["requested_at"]}
    held_since = before.revoked_at if before is not None and before.lifted_at is None else None
    return same | asked | {"revoked_at": at if held_since is None else held_since, "lifted_at": None}
