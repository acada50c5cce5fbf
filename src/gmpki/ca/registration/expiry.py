"""The end of pairs whose time has run out: they become expired, and their encryption keys retire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from gmpki.ca.registration import escrow, pairs
from gmpki.ca.registration.carrying import close_undelivered
from gmpki.ca.registration.states import TRANSITIONS, Operation, PairState
from gmpki.ca.store.paging import is_behind
from gmpki.ca.store.schema import pairs as table
from gmpki.errors import TamperedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import RowMapping

    from gmpki.ca.interfaces import Actor
    from gmpki.ca.registration._desk import Desk
    from gmpki.ca.registration.pairs import Pair

__all__ = ["expire"]

_PAGE: Final = 200
_RUNNING: Final = tuple(state.value for state in PairState if (Operation.EXPIRE, state) in TRANSITIONS)


def expire(desk: Desk, actor: Actor, progress: Callable[[int], None] | None) -> int:
    """Write down which pairs have expired; return how many there were since the last time.

    Errors are those of :meth:`RegistrationOffice.expire <gmpki.ca.registration.office.RegistrationOffice.expire>`.
    """
    done = 0
    last = (0, 0)
    problem: TamperedError | None = None
    now = desk.store.now()
    while page := _page(desk, int(now.timestamp()), last):
        last = (page[-1]["not_after"], page[-1]["id"])
        checked = [_checked(desk, row) for row in page]
        done += _end(desk, actor, [each for each in checked if isinstance(each, _Ending)])
        # Told when all others are done.
        problem = next((each for each in (problem, *checked) if isinstance(each, TamperedError)), None)
        if progress is not None:
            progress(done)
    if problem is not None:
        raise problem
    return done


def _page(desk: Desk, at: int, last: tuple[int, int]) -> Sequence[RowMapping]:
    behind = is_behind(table.c.not_after, table.c.id, *last)
    query = select(table).where(table.c.state.in_(_RUNNING), table.c.not_after < at, behind)
    with desk.store.reading() as connection:
        found = connection.execute(query.order_by(table.c.not_after, table.c.id).limit(_PAGE))
        return found.mappings().all()


@dataclass(frozen=True, slots=True)
class _Ending:
    """A pair that is about to end."""

    pair: Pair
    key_serial: int | None


def _checked(desk: Desk, row: RowMapping) -> _Ending | TamperedError:
    """Return a pair with the key that ends with it, or what is wrong with their rows."""
    try:
        pair = pairs.of_row(pairs.ROWS.verify(desk.store.protection, row))
        if desk.keys is None:
            return _Ending(pair, None)
        with desk.store.reading() as connection:
            return _Ending(pair, escrow.ended_key(connection, desk.store.protection, pair))
    except TamperedError as error:
        return error


def _end(desk: Desk, actor: Actor, ending: Sequence[_Ending]) -> int:
    """End the pairs of one page; their keys first, for a second time does them no harm."""
    for authority in sorted({each.pair.authority for each in ending}):
        keys = [each.key_serial for each in ending if each.pair.authority == authority]
        serials = [serial for serial in keys if serial is not None]
        if desk.keys is not None and serials:
            desk.keys.retire(authority, serials)
    done = 0
    with desk.store.transaction() as tx:
        for each in ending:
            row = pairs.ROWS.lock(tx, each.pair.id)
            if row["state"] not in _RUNNING:  # revoked since
                continue
            pairs.move(tx, row, Operation.EXPIRE)
            tx.audit(actor, "pair.expire", each.pair.subject)
            close_undelivered(tx, each.pair.application_id)
            done += 1
    return done
