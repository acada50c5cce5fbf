"""The tokens in the field: which there are, who has them, and in what state.

Every step is an entry of the audit log whose subject is ``medium:`` and the serial number; :func:`history` reads them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select, update

from gmpki._inputs import as_text, member, number
from gmpki.ca.store.columns import from_seconds, row_id
from gmpki.ca.store.schema import audit, media
from gmpki.errors import ConflictError, InvalidInputError, LifeCycleError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Row, Select

    from gmpki.ca.interfaces import Actor
    from gmpki.ca.store.store import Transaction

__all__ = ["STEPS", "Medium", "MediumState", "MediumStep", "NewMedium", "find", "history", "move", "read", "register"]

_CHUNK: Final = 500
_MAX_LIMIT: Final = 10_000


class MediumState(Enum):
    """What a token is."""

    STOCK = "stock"
    """在库"""
    ISSUED = "issued"
    """已发放"""
    LOST = "lost"
    """已丢失"""
    DAMAGED = "damaged"
    """已损坏"""
    RETURNED = "returned"
    """已回收"""


STEPS: Final[Mapping[MediumState, frozenset[MediumState]]] = MappingProxyType(
    {
        MediumState.STOCK: frozenset({MediumState.ISSUED, MediumState.LOST, MediumState.DAMAGED}),
        MediumState.ISSUED: frozenset({MediumState.LOST, MediumState.DAMAGED, MediumState.RETURNED}),
        # It was found again.
        MediumState.LOST: frozenset({MediumState.ISSUED, MediumState.RETURNED, MediumState.DAMAGED}),
        MediumState.DAMAGED: frozenset({MediumState.RETURNED}),
        MediumState.RETURNED: frozenset({MediumState.STOCK, MediumState.DAMAGED}),
    }
)
"""Which state may follow which."""


@dataclass(frozen=True, slots=True)
class NewMedium:
    """A token that comes into stock. Immutable.

    :ivar serial: 1 to 64 printable ASCII characters without blanks.
    :ivar kind: such as "ukey": 1 to 24 such characters.
    :ivar maker: up to 64 characters.
    :ivar region_id: where it lies; None for the centre.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when a text is empty, too long or not printable.
    """

    serial: str
    kind: str = "ukey"
    maker: str = ""
    region_id: int | None = None

    def __post_init__(self) -> None:
        for name, most in (("serial", 64), ("kind", 24)):
            text = as_text(getattr(self, name), name)
            if not 1 <= len(text) <= most or not text.isascii() or not text.isprintable() or " " in text:
                raise InvalidInputError(f"{name} is 1 to {most} printable ASCII characters without blanks")
        if len(as_text(self.maker, "maker")) > 64 or not self.maker.isprintable():
            raise InvalidInputError("maker is up to 64 printable characters")
        if self.region_id is not None:
            row_id(self.region_id, "region_id")


@dataclass(frozen=True, slots=True)
class Medium:
    """A token as the database has it. Immutable.

    :ivar applicant_id: who has it; None when nobody does.
    :ivar pair_id: whose keys are in it, likewise.
    """

    serial: str
    kind: str
    maker: str
    state: MediumState
    applicant_id: int | None
    pair_id: int | None
    region_id: int | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class MediumStep:
    """What was done with a token, by whom and when. Immutable."""

    at: datetime
    operation: str
    actor: str


def register(tx: Transaction, new: Iterable[NewMedium], *, actor: Actor) -> int:
    """Take tokens into stock, all of a list or none; return how many.

    :raises InvalidTypeError: when something in the list is no :class:`NewMedium`.
    :raises ConflictError: "duplicate" when one of them is there already, or stands twice in the list.
    :raises StoreError: when there is no such region.
    """
    count = 0
    seen: set[str] = set()
    for chunk in _chunks(new):
        serials = [each.serial for each in chunk]
        taken = tx.connection.scalars(select(media.c.serial).where(media.c.serial.in_(serials))).all()
        twice = [serial for serial in serials if serial in seen] or taken
        if twice or len(set(serials)) < len(serials):
            raise ConflictError("duplicate", f"a token is registered already or stands twice: {[*twice, *serials][0]}")
        seen.update(serials)
        rows = [
            {
                "serial": each.serial,
                "kind": each.kind,
                "maker": each.maker,
                "state": MediumState.STOCK.value,
                "region_id": each.region_id,
                "changed_at": tx.at,
            }
            for each in chunk
        ]
        tx.connection.execute(insert(media), rows)
        for each in chunk:
            tx.audit(actor, "medium.register", _subject(each.serial), kind=each.kind, region=each.region_id)
        count += len(chunk)
    return count


def _chunks(new: Iterable[NewMedium]) -> Iterable[list[NewMedium]]:
    chunk: list[NewMedium] = []
    for each in new:
        member(each, NewMedium, "a new token")
        chunk.append(each)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def move(
    tx: Transaction,
    serial: str,
    state: MediumState,
    *,
    actor: Actor,
    applicant_id: int | None = None,
    pair_id: int | None = None,
    region_id: int | None = None,
    reason: str = "",
) -> Medium:
    """Bring a token into another state.

    :param applicant_id: who gets it: for ISSUED, which needs it unless they had it before.
    :param pair_id: whose keys are in it: for ISSUED.
    :param region_id: where it is from now on; None leaves it where it is.
    :param reason: goes into the audit log.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises NotFoundError: when there is no such token.
    :raises LifeCycleError: when the state cannot follow the one that it is in.
    :raises InvalidInputError: when a token is issued to nobody.
    :raises StoreError: when there is no such applicant or region.
    """
    member(state, MediumState, "state")
    before = _of_row(tx.connection.execute(_query(serial).with_for_update()).first(), serial)
    if state not in STEPS[before.state]:
        raise LifeCycleError(
            state.value, before.state.value, f"a token that is {before.state.value} cannot become {state.value}"
        )
    owner, pair = before.applicant_id, before.pair_id
    if state is MediumState.ISSUED:
        owner = applicant_id if applicant_id is not None else owner
        pair = pair_id if pair_id is not None else pair
        if owner is None:
            raise InvalidInputError("a token is issued to somebody: applicant_id is missing")
    elif state in (MediumState.STOCK, MediumState.RETURNED):
        owner = pair = None
    place = region_id if region_id is not None else before.region_id
    values = {"state": state.value, "applicant_id": owner, "pair_id": pair, "region_id": place, "changed_at": tx.at}
    unchanged = (media.c.serial == serial) & (media.c.state == before.state.value)
    if tx.connection.execute(update(media).where(unchanged).values(values)).rowcount != 1:
        raise ConflictError("changed", f"somebody else has changed the token {serial} in the meantime")
    tx.audit(actor, f"medium.{state.value}", _subject(serial), applicant=owner, pair=pair, reason=reason or None)
    return Medium(serial, before.kind, before.maker, state, owner, pair, place, tx.now)


def read(connection: Connection, serial: str) -> Medium:
    """Return a token.

    :raises InvalidTypeError: when the serial number is not text.
    :raises NotFoundError: when there is none of this number.
    """
    return _of_row(connection.execute(_query(serial)).first(), serial)


def find(
    connection: Connection,
    *,
    state: MediumState | None = None,
    regions: Collection[int] | None = None,
    applicant_id: int | None = None,
    after: str = "",
    limit: int = 100,
) -> tuple[Medium, ...]:
    """Return tokens in the order of their serial numbers.

    :param regions: only those that lie there; None for all.
    :param after: only serial numbers behind this one: the last of the page before.
    :param limit: 1 to 10,000 at once.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when limit is out of range.
    """
    number(limit, 1, _MAX_LIMIT, "limit")
    query = select(media).where(media.c.serial > as_text(after, "after"))
    if state is not None:
        member(state, MediumState, "state")
        query = query.where(media.c.state == state.value)
    if regions is not None:
        query = query.where(media.c.region_id.in_(sorted(regions)))
    if applicant_id is not None:
        query = query.where(media.c.applicant_id == applicant_id)
    rows = connection.execute(query.order_by(media.c.serial).limit(limit))
    return tuple(_of_row(row, row.serial) for row in rows)


def history(connection: Connection, serial: str) -> tuple[MediumStep, ...]:
    """Return what was done with a token, the oldest first.

    :raises InvalidTypeError: when the serial number is not text.
    """
    subject = _subject(as_text(serial, "serial"))
    query = select(audit.c.at, audit.c.operation, audit.c.actor).where(audit.c.subject == subject)
    rows = connection.execute(query.order_by(audit.c.number))
    return tuple(MediumStep(from_seconds(row.at), row.operation, row.actor) for row in rows)


def _query(serial: str) -> Select[tuple[object, ...]]:
    return select(media).where(media.c.serial == as_text(serial, "serial"))


def _of_row(row: Row[tuple[object, ...]] | None, serial: str) -> Medium:
    if row is None:
        raise NotFoundError(f"there is no token {serial[:64]!r}")
    return Medium(
        row.serial,
        row.kind,
        row.maker,
        MediumState(row.state),
        row.applicant_id,
        row.pair_id,
        row.region_id,
        from_seconds(row.changed_at),
    )


def _subject(serial: str) -> str:
    return f"medium:{serial}"
