"""Revocation lists, made from the store: complete ones and deltas, of all certificates or of one distribution point.

A list is made in two commits. The first takes its number, which no other list will have, and writes what it is going to
be; the second writes the list. Between them the entries stream out of the database into a file, and the list is signed;
memory does not grow with its length. A list that is never finished leaves its number unused.

Which entries are on a list:

- The list of part 0 has no issuing distribution point, so whoever reads it takes it for the list of everything that
  goes by the name of its issuer. It names all certificates of the authority, whichever of its keys signed them.
- The lists of the parts 1, 2, ... have an issuing distribution point with their address, and name the certificates of
  their part and key.
- What has expired stays until it was on one complete list that was made after it expired (RFC 5280 3.3).
- A delta list names what changed since its base, the latest complete list of the same scope: suspensions that were
  lifted as ``removeFromCRL``.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import compress, repeat
from typing import IO, TYPE_CHECKING, Any, Final

from sqlalchemy import and_, delete, func, insert, or_, select, true, update

from gmpki._inputs import member, number
from gmpki.algorithms import sm3
from gmpki.asn1.rfc5280 import DistributionPoint, FreshestCRL, IssuingDistributionPoint, ReasonCode
from gmpki.ca.interfaces import SYSTEM, Actor, PublicationKind
from gmpki.ca.revocation.entries import VERIFIED, verified_columns
from gmpki.ca.revocation.rules import ListIssuer, ListScope
from gmpki.ca.store.columns import from_seconds, seconds
from gmpki.ca.store.due import make_due
from gmpki.ca.store.schema import authorities, crl_pieces, crls, revocations
from gmpki.errors import NotFoundError, StateError
from gmpki.x509.crl_builder import CRLBuilder
from gmpki.x509.crl_encoding import EncodedBlock, encode_block

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Row

    from gmpki.ca.store.store import Store, Transaction

__all__ = [
    "IssuedList",
    "continue_numbers",
    "drop_contents",
    "in_scope",
    "issue_list",
    "latest_list",
    "mark_published",
    "read_list",
    "told_by",
]

_PIECE_LEN: Final = 1 << 20
# Small enough for what is made of a block to stay in the processor's caches.
_IN_ONE_BLOCK: Final = 500
_READ: Final = tuple(revocations.c[name] for name in VERIFIED)
# Who has not finished a list after this time will not, and what it meant is given up.
_LEASE_S: Final = 3600
# Of the column; far below it lies what an authority reaches that counts.
_MAX_NUMBER: Final = (1 << 63) - (1 << 32)
_REMOVED: Final = int(ReasonCode.REMOVE_FROM_CRL)


@dataclass(frozen=True, slots=True)
class IssuedList:
    """What is known of a list that was made. Immutable.

    :ivar id: its row.
    :ivar crl_number: as the extension cRLNumber has it.
    :ivar base_number: of a delta list, the number of the complete one that it builds upon.
    :ivar change_number: it says everything that was changed up to this one.
    :ivar entries: how many it has.
    :ivar length: of its DER in bytes.
    :ivar digest: SM3 of its DER in hexadecimal digits.
    """

    id: int
    scope: ListScope
    crl_number: int
    base_number: int | None
    change_number: int
    this_update: datetime
    next_update: datetime
    entries: int
    length: int
    digest: str

    @classmethod
    def of_row(cls, row: Row[Any]) -> IssuedList:
        """Return what a row of ``crls`` says."""
        return cls(
            row.id,
            ListScope(row.authority_id, row.generation_id, row.part, row.base_number is not None),
            row.crl_number,
            row.base_number,
            row.change_number,
            from_seconds(row.this_update),
            from_seconds(row.next_update),
            row.entries,
            row.length,
            row.digest,
        )


# ---- reading --------------------------------------------------------------------------------
def latest_list(connection: Connection, scope: ListScope) -> IssuedList | None:
    """Return the list of a scope that counts now; None when there was none yet."""
    query = select(crls).where(in_scope(scope), crls.c.state == "issued").order_by(crls.c.crl_number.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else IssuedList.of_row(row)


def read_list(connection: Connection, crl_id: int) -> Iterator[bytes]:
    """Yield the DER of a list, piece by piece.

    :raises NotFoundError: when its content is not, or no longer, in the store.
    """
    query = select(crl_pieces.c.piece).where(crl_pieces.c.crl_id == crl_id)
    at = 0
    while (piece := connection.scalar(query.where(crl_pieces.c.number == at))) is not None:
        yield bytes(piece)
        at += 1
    if at == 0:
        raise NotFoundError(f"the content of the revocation list in row {crl_id} is not in the store")


def in_scope(scope: ListScope) -> ColumnElement[bool]:
    """Return the condition of the rows of ``crls`` that are lists of a scope."""
    return and_(
        crls.c.authority_id == scope.authority_id,
        crls.c.generation_id == scope.generation_id,
        crls.c.part == scope.part,
        crls.c.base_number.is_not(None) if scope.is_delta else crls.c.base_number.is_(None),
    )


# ---- making ---------------------------------------------------------------------------------
def issue_list(
    store: Store,
    issuer: ListIssuer,
    part: int = 0,
    *,
    is_delta: bool = False,
    actor: Actor = SYSTEM,
    publishers: Sequence[str] = (),
    wanted: Callable[[Connection, datetime], bool] | None = None,
) -> IssuedList | None:
    """Make a revocation list and keep it in the store.

    :param part: the distribution point, 0 for the list of all.
    :param is_delta: a delta to the latest complete list.
    :param publishers: the names of those that are to have it.
    :param wanted: asked at the time of the first commit whether it is still to be made; two schedules that look at one
        store then make it once.
    :returns: what was made; None when it was no longer wanted.
    :raises StateError: when there is no complete list for a delta to build upon, the certificate of the key has
        expired, or this process was so slow that the list was given up.
    :raises InvalidInputError: when there is no such part.
    :raises TamperedError: when a row is not as it was written.
    :raises StoreError: when the database does not do it.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises GmpkiError: what the signer raises.
    :standard: RFC 5280 5
    """
    member(issuer, ListIssuer, "issuer")
    number(part, 0, issuer.addresses.crl_parts, "part")
    scope = issuer.scope(part, is_delta=bool(is_delta))
    plan = _begin(store, issuer, scope, actor, wanted)
    if plan is None:
        return None
    with tempfile.TemporaryFile() as file:
        entries = _builder(store, issuer, plan).write(file, issuer.signer)
        with store.transaction() as tx:
            made = _finish(tx, plan, file, entries)
            _announce(tx, made, publishers)
            subject = f"{issuer.authority}:{made.crl_number}"
            tx.audit(actor, "crl.issued", subject, entries=entries, digest=made.digest)
    return made


@dataclass(slots=True)
class _Plan:
    """A list that is meant: what was written in the first commit."""

    id: int
    scope: ListScope
    crl_number: int
    change_number: int
    this_update: datetime
    next_update: datetime
    latest: IssuedList | None

    @property
    def base_number(self) -> int | None:
        return self.latest.crl_number if self.scope.is_delta and self.latest is not None else None


def _begin(
    store: Store,
    issuer: ListIssuer,
    scope: ListScope,
    actor: Actor,
    wanted: Callable[[Connection, datetime], bool] | None,
) -> _Plan | None:
    """Take a number, in the first commit."""
    with store.transaction() as tx:
        crl_number = _take_number(tx, scope.authority_id)
        if wanted is not None and not wanted(tx.connection, tx.now):
            return None
        latest = latest_list(tx.connection, replace(scope, is_delta=False))
        if scope.is_delta and latest is None:
            raise StateError("a delta list builds upon a complete one, and there is none yet")
        # A clock that was set back makes no list older than the one before.
        this_update = tx.now if latest is None else max(tx.now, latest.this_update)
        validity_s = issuer.rules.delta_validity_s if scope.is_delta else issuer.rules.validity_s
        next_update = min(this_update + timedelta(seconds=validity_s), issuer.certificate.not_after)
        if next_update <= this_update:
            raise StateError("the certificate of the key that signs the list has expired")
        newest = select(func.max(revocations.c.change_number)).where(revocations.c.authority_id == scope.authority_id)
        plan = _Plan(0, scope, crl_number, tx.connection.scalar(newest) or 0, this_update, next_update, latest)
        given_up = and_(in_scope(scope), crls.c.state == "meant", crls.c.this_update < tx.at - _LEASE_S)
        tx.connection.execute(update(crls).where(given_up).values(state="cancelled"))
        written = tx.connection.execute(insert(crls).values(_row_of(plan)))
        plan.id = written.inserted_primary_key[0]  # type: ignore[index]
        tx.audit(actor, "crl.meant", f"{issuer.authority}:{crl_number}", part=scope.part, base=plan.base_number)
    return plan


def _take_number(tx: Transaction, authority_id: int) -> int:
    """Take the next number of a list. From here until the commit nobody revokes for this authority: see entries."""
    held = select(authorities.c.last_crl_number).where(authorities.c.id == authority_id).with_for_update()
    last = tx.connection.scalar(held)
    if last is None:
        raise NotFoundError("there is no such authority")
    used = tx.connection.scalar(select(func.max(crls.c.crl_number)).where(crls.c.authority_id == authority_id))
    taken = max(int(last), used or 0) + 1
    changed = update(authorities).where(authorities.c.id == authority_id).values(last_crl_number=taken)
    tx.connection.execute(changed)
    return taken


def continue_numbers(tx: Transaction, authority_id: int, last: int) -> None:
    """Have the numbers of lists go on above one that was given elsewhere, before the authority was taken over.

    :raises InvalidTypeError: when it is no int.
    :raises InvalidInputError: when it is negative, or too great for the column.
    """
    lower = (authorities.c.id == authority_id, authorities.c.last_crl_number < number(last, 0, _MAX_NUMBER, "last"))
    tx.connection.execute(update(authorities).where(*lower).values(last_crl_number=last))


def _row_of(plan: _Plan) -> dict[str, Any]:
    return {
        "authority_id": plan.scope.authority_id,
        "generation_id": plan.scope.generation_id,
        "part": plan.scope.part,
        "crl_number": plan.crl_number,
        "base_number": plan.base_number,
        "change_number": plan.change_number,
        "this_update": seconds(plan.this_update),
        "next_update": seconds(plan.next_update),
        "entries": 0,
        "state": "meant",
    }


def _finish(tx: Transaction, plan: _Plan, file: IO[bytes], entries: int) -> IssuedList:
    """Keep a list, in the second commit."""
    digest, length, at = sm3.SM3(), 0, 0
    file.seek(0)
    while piece := file.read(_PIECE_LEN):
        digest.update(piece)
        length += len(piece)
        tx.connection.execute(insert(crl_pieces), [{"crl_id": plan.id, "number": at, "piece": piece}])
        at += 1
    values = {"state": "issued", "entries": entries, "length": length, "digest": digest.digest().hex()}
    mine = update(crls).where(crls.c.id == plan.id, crls.c.state == "meant").values(**values)
    if tx.connection.execute(mine).rowcount != 1:
        raise StateError(f"the list {plan.crl_number} was given up: it took longer than {_LEASE_S} s")
    return IssuedList.of_row(tx.connection.execute(select(crls).where(crls.c.id == plan.id)).one())


def _announce(tx: Transaction, made: IssuedList, publishers: Sequence[str]) -> None:
    if not make_due(tx, publishers, PublicationKind.CRL, [made.id]):
        mark_published(tx, made)


def mark_published(tx: Transaction, what: IssuedList) -> None:
    """Write down that the revocations of a list's own part and key are known to everybody."""
    tx.connection.execute(
        update(revocations)
        .where(
            revocations.c.authority_id == what.scope.authority_id,
            revocations.c.generation_id == what.scope.generation_id,
            revocations.c.part == what.scope.part,
            revocations.c.published_at.is_(None),
            revocations.c.change_number <= what.change_number,
        )
        .values(published_at=tx.at)
    )


def drop_contents(store: Store, *, ended_before: datetime, actor: Actor = SYSTEM) -> int:
    """Remove the contents of lists that are no longer good; their rows with number and digest stay.

    :param ended_before: those whose nextUpdate was before this time, except for the latest of each scope.
    :returns: how many.
    :raises InvalidInputError: when the time has no time zone.
    :raises StoreError: when the database does not do it.
    """
    with store.transaction() as tx:
        newer = crls.alias()
        has_newer = (
            select(newer.c.id)
            .where(
                newer.c.authority_id == crls.c.authority_id,
                newer.c.generation_id == crls.c.generation_id,
                newer.c.part == crls.c.part,
                newer.c.base_number.is_(None) == crls.c.base_number.is_(None),
                newer.c.state == "issued",
                newer.c.crl_number > crls.c.crl_number,
            )
            .exists()
        )
        kept = select(crl_pieces.c.crl_id).where(crl_pieces.c.crl_id == crls.c.id, crl_pieces.c.number == 0).exists()
        query = select(crls.c.id).where(crls.c.next_update < min(seconds(ended_before), tx.at), has_newer, kept)
        old = list(tx.connection.scalars(query))
        for each in old:
            tx.connection.execute(delete(crl_pieces).where(crl_pieces.c.crl_id == each))
        if old:
            tx.audit(actor, "crl.drop", "lists", count=len(old))
    return len(old)


# ---- contents -------------------------------------------------------------------------------
def _builder(store: Store, issuer: ListIssuer, plan: _Plan) -> CRLBuilder:
    builder = CRLBuilder.for_issuer(
        issuer.certificate,
        this_update=plan.this_update,
        next_update=plan.next_update,
        number=plan.crl_number,
        entries=_entries(store, plan),
    )
    part, deltas = plan.scope.part, issuer.delta_addresses
    point = freshest = None
    if part:
        point = IssuingDistributionPoint(DistributionPoint.uri(*issuer.addresses.crl_of(part)).distribution_point)
    if not plan.scope.is_delta and issuer.rules.has_deltas and deltas.crl and bool(part) == bool(deltas.crl_parts):
        freshest = FreshestCRL((DistributionPoint.uri(*deltas.crl_of(part)),))
    return replace(builder, delta_base=plan.base_number, issuing_distribution_point=point, freshest_crl=freshest)


def _entries(store: Store, plan: _Plan) -> Iterator[EncodedBlock]:
    """Yield the entries of a list out of one state of the store."""
    is_delta = plan.scope.is_delta
    with store.reading() as connection:
        query = select(*_READ).where(told_by(plan.scope), _asked(plan))
        rows = connection.execute(query.execution_options(yield_per=_IN_ONE_BLOCK))
        for some in rows.partitions():
            # What was resumed is read as well: that it was is believed only of a row that is as it was written.
            columns = verified_columns(store.protection, some)
            yield encode_block(_named(columns, is_delta), is_delta=is_delta)


def _asked(plan: _Plan) -> ColumnElement[bool]:
    """Return the condition of the rows that a list may have to name."""
    columns, before = revocations.c, plan.latest
    if before is None:
        return true()
    if plan.scope.is_delta:
        return columns.change_number > before.change_number
    # What was changed after the latest list was begun was not on it, and has yet to be on one.
    return or_(columns.not_after >= seconds(before.this_update), columns.change_number > before.change_number)


def _named(columns: Mapping[str, Sequence[Any]], is_delta: bool) -> Iterable[tuple[int, int, int, int | None]]:
    """Return the entries that rows make, which come by columns, as :func:`encode_block` takes them."""
    serials = map(int, columns["serial"], repeat(16))
    entries = zip(serials, columns["revoked_at"], columns["reason"], columns["invalidity_at"], strict=True)
    lifted = columns["lifted_at"]
    if not is_delta:
        return compress(entries, [at is None for at in lifted])
    return (
        entry if at is None else (entry[0], entry[1], _REMOVED, None) for entry, at in zip(entries, lifted, strict=True)
    )


def told_by(scope: ListScope) -> ColumnElement[bool]:
    """Return the condition of the rows of ``revocations`` that lists of a scope are about."""
    of_authority = revocations.c.authority_id == scope.authority_id
    if scope.part == 0:
        return of_authority
    return and_(of_authority, revocations.c.generation_id == scope.generation_id, revocations.c.part == scope.part)
