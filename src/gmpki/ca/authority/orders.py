"""The rows of ``issues``: which orders were begun, by whom, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, func, insert, select, update

from gmpki.algorithms import sm3
from gmpki.asn1.rfc5280 import Validity
from gmpki.ca.store.schema import issues
from gmpki.errors import ConflictError
from gmpki.protect import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection

    from gmpki.ca.interfaces import Order
    from gmpki.ca.store.store import Transaction

__all__ = ["IssueRow", "IssueState", "order_digest"]

_IN_ONE_QUERY: Final = 500


class IssueState(Enum):
    """What became of an order."""

    MEANT = "meant"
    ISSUED = "issued"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class IssueRow:
    """A row of ``issues``. Immutable.

    :ivar attempt: 1, and one more each time that the order is tried again.
    :ivar delivery: the encryption key in its envelope. Of a cancelled order: one that is still in use at the
        key-management centre, and has to be retired there.
    """

    order_key: str
    attempt: int
    request_digest: str
    authority_id: int
    generation_id: int
    profile: str
    worker: str
    meant_at: int
    state: IssueState = IssueState.MEANT
    delivery: bytes | None = field(repr=False, default=None)
    id: int = 0


def order_digest(order: Order) -> str:
    """Return what tells an order from another one with the same key: SM3 over everything that it asks for."""
    validity = order.validity
    asked = (
        "gmpki order 1",
        order.authority,
        order.profile,
        order.request.der,
        None if order.subject is None else order.subject.to_der(),
        None if validity is None else Validity(validity.not_before, validity.not_after).to_der(),
        tuple(extension.to_der() for extension in order.extensions),
        None if order.encryption_key is None else f"{order.encryption_key:x}",
        tuple(f"{serial:x}" for serial in order.replaces),
        int(order.replaces_reason),
    )
    return sm3.digest(canonical.encode(asked)).hex()


def latest(connection: Connection, keys: Iterable[str], *, lock: bool = False) -> dict[str, IssueRow]:
    """Read the last attempt at each order that was ever begun."""
    found: dict[str, IssueRow] = {}
    for some in _chunks(sorted(set(keys))):
        query = select(issues).where(issues.c.order_key.in_(some)).order_by(issues.c.order_key, issues.c.attempt)
        for row in connection.execute(query.with_for_update() if lock else query).all():
            found[row.order_key] = _from(row._asdict())
    return found


def lock(connection: Connection, issue_ids: Iterable[int]) -> dict[int, IssueRow]:
    """Read orders; nobody else changes them before the transaction ends."""
    found = {}
    for some in _chunks(sorted(set(issue_ids))):
        query = select(issues).where(issues.c.id.in_(some)).order_by(issues.c.id).with_for_update()
        for row in connection.execute(query).all():
            found[row.id] = _from(row._asdict())
    return found


def begun(connection: Connection, authority_id: int) -> list[IssueRow]:
    """Read all orders of an authority that are begun and not finished."""
    query = select(issues).where(issues.c.state == IssueState.MEANT.value, issues.c.authority_id == authority_id)
    return [_from(row._asdict()) for row in connection.execute(query.order_by(issues.c.id)).all()]


def to_retire(connection: Connection, authority_id: int, *, most: int) -> list[IssueRow]:
    """Read cancelled orders whose encryption key is still in use at the key-management centre."""
    query = select(issues).where(
        issues.c.state == IssueState.CANCELLED.value,
        issues.c.authority_id == authority_id,
        issues.c.delivery.is_not(None),
    )
    return [_from(row._asdict()) for row in connection.execute(query.order_by(issues.c.id).limit(most)).all()]


def write(tx: Transaction, rows: Sequence[IssueRow]) -> list[IssueRow]:
    """Write orders that are begun; return them with their numbers.

    :raises StoreError: when somebody else has begun one of them in this moment.
    """
    values = [
        {
            "order_key": row.order_key,
            "attempt": row.attempt,
            "request_digest": row.request_digest,
            "authority_id": row.authority_id,
            "generation_id": row.generation_id,
            "profile": row.profile,
            "state": IssueState.MEANT.value,
            "worker": row.worker,
            "delivery": row.delivery,
            "meant_at": row.meant_at,
        }
        for row in rows
    ]
    if not values:
        return []
    tx.connection.execute(insert(issues), values)
    numbers: dict[str, int] = {}
    for some in _chunks(sorted(row.order_key for row in rows)):
        query = select(issues.c.order_key, func.max(issues.c.id)).where(issues.c.order_key.in_(some))
        numbers.update((key, number) for key, number in tx.connection.execute(query.group_by(issues.c.order_key)).all())
    return [replace(row, id=numbers[row.order_key]) for row in rows]


def set_state(tx: Transaction, issue_ids: Iterable[int], state: IssueState) -> None:
    """Move orders that were locked in this transaction."""
    issued_at = tx.at if state is IssueState.ISSUED else None
    values = [{"issue": each, "new_state": state.value, "new_issued_at": issued_at} for each in issue_ids]
    if values:
        change = update(issues).where(issues.c.id == bindparam("issue"))
        new = change.values(state=bindparam("new_state"), issued_at=bindparam("new_issued_at"))
        tx.connection.execute(new, values)


def forget_deliveries(tx: Transaction, issue_ids: Iterable[int]) -> None:
    """Erase the envelopes of cancelled orders."""
    for some in _chunks(sorted(issue_ids)):
        cancelled = issues.c.state == IssueState.CANCELLED.value
        tx.connection.execute(update(issues).where(issues.c.id.in_(some), cancelled).values(delivery=None))


def demand_same(row: IssueRow, digest: str) -> None:
    """Refuse an order under the key of another one.

    :raises ConflictError: with the reason "key-reused".
    """
    if row.request_digest != digest:
        raise ConflictError("key-reused", "the key of this order belongs to another order")


def _from(row: dict[str, object]) -> IssueRow:
    values = {name: row[name] for name in IssueRow.__slots__}
    return IssueRow(**{**values, "state": IssueState(row["state"])})  # type: ignore[arg-type]


def _chunks(values: Sequence[int] | Sequence[str]) -> Iterator[Sequence[int] | Sequence[str]]:
    for begin in range(0, len(values), _IN_ONE_QUERY):
        yield values[begin : begin + _IN_ONE_QUERY]
