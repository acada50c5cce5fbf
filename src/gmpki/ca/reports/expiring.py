"""Pairs that will expire, and reminders of it to whoever handles the matter.

    def send(reminder: Reminder) -> None:
        ...  # a message to reminder.contact

    remind(store, send, ReminderPolicy())

Each threshold of a pair is called for once. It is written down as claimed before the call and as done after it: what
was claimed by a process that died in between is called for again when the lease is over. So a call may come twice in
that one case, with the same ``key``; none is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, insert, or_, select, update

from gmpki._inputs import function, iterated, member, number
from gmpki.ca.interfaces import SYSTEM
from gmpki.ca.registration import applicants as register
from gmpki.ca.registration.states import PairState, named
from gmpki.ca.reports._rows import region_ids
from gmpki.ca.store.columns import from_seconds, seconds, serial_number
from gmpki.ca.store.paging import in_pages
from gmpki.ca.store.schema import applicants, pairs, reminders
from gmpki.ca.store.store import Store
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Row

    from gmpki.ca.registration.applicants import Contact
    from gmpki.ca.store.store import Transaction

__all__ = ["ExpiringPair", "FailedReminder", "Reminder", "ReminderPolicy", "ReminderRun", "expiring", "remind"]

_DAY_S: Final = 86400
_PAGE: Final = 500
# So few that they are sent before their lease is over.
_BATCH: Final = 50
_CLAIMED: Final = "claimed"
_DONE: Final = "done"
_FAILED: Final = "failed"
_IN_USE: Final = (PairState.ISSUED, PairState.ACTIVE)
_ORDER: Final = (pairs.c.not_after, pairs.c.id)


@dataclass(frozen=True, slots=True)
class ReminderPolicy:
    """When to remind of what. Immutable.

    :ivar thresholds_days: how many days before the end; three months, one month and ten days. A pair that has passed
        several of them is reminded of the last one only.
    :ivar states: of the pairs that are reminded of.
    :ivar lease_s: after which time a claim counts as one of a process that died, in seconds.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when there is no threshold, more than 32, one twice, or a number is out of range.
    """

    thresholds_days: Collection[int] = (90, 30, 10)
    states: Collection[PairState] = _IN_USE
    lease_s: int = 600

    def __post_init__(self) -> None:
        days = iterated(self.thresholds_days, "thresholds_days", most=33)
        for each in days:
            number(each, 1, 3660, "a threshold in days")
        if not 1 <= len(set(days)) == len(days) <= 32:
            raise InvalidInputError("thresholds_days are 1 to 32 different numbers")
        object.__setattr__(self, "thresholds_days", tuple(sorted(days)))
        states = iterated(self.states, "states", most=len(PairState) + 1)
        for state in states:
            member(state, PairState, "a state")
        object.__setattr__(self, "states", states)
        number(self.lease_s, 1, _DAY_S, "lease_s")

    def windows(self) -> tuple[tuple[int, int], ...]:
        """Return for each threshold which days before the end are its own: above the first number, up to the second."""
        days = tuple(self.thresholds_days)
        return tuple(zip((0, *days), days))  # noqa: B905 - the last threshold begins no window


@dataclass(frozen=True, slots=True)
class ExpiringPair:
    """A pair that will expire. Immutable.

    :ivar days_left: whole days from now.
    """

    pair_id: int
    applicant_id: int
    name: str
    contact_name: str | None
    authority: str
    profile: str
    state: PairState
    subject: str
    signing_serial: int
    token_serial: str | None
    region_id: int
    not_after: datetime
    days_left: int


@dataclass(frozen=True, slots=True)
class Reminder:
    """What is to be said to whom. Immutable.

    :ivar key: the same whenever this reminder comes, and no other's.
    :ivar threshold_days: which threshold was passed.
    :ivar contact: None when the applicant has named nobody.
    """

    key: str
    threshold_days: int
    pair: ExpiringPair
    contact: Contact | None


@dataclass(frozen=True, slots=True)
class FailedReminder:
    """A reminder for which the callback raised something; it comes again with the next run. Immutable.

    :ivar problem: the class of what was raised. Its text may hold an address and is not kept.
    """

    key: str
    problem: str


@dataclass(frozen=True, slots=True)
class ReminderRun:
    """What a run did. Immutable."""

    sent: int
    failed: tuple[FailedReminder, ...]


def expiring(
    connection: Connection,
    *,
    now: datetime,
    within: timedelta = timedelta(days=90),
    states: Collection[PairState] = _IN_USE,
    regions: Collection[int] | None = None,
) -> Iterator[ExpiringPair]:
    """Give the pairs that expire within a time, the first to expire first; memory does not grow with their number.

    :param within: zero to ten years.
    :param states: of the pairs.
    :param regions: only those of these regions; None for all.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when a time has no time zone, or within is out of range.
    """
    member(within, timedelta, "within")
    if not timedelta(0) <= within <= timedelta(days=3660):
        raise InvalidInputError("within is zero to 3660 days")
    begin = seconds(now)
    query = _pairs(states).where(pairs.c.not_after <= begin + int(within.total_seconds()))
    places = region_ids(regions)
    if places is not None:
        query = query.where(pairs.c.region_id.in_(places))
    return (_of_row(row, begin) for row in in_pages(connection, query, _ORDER, begin, _PAGE))


def remind(store: Store, send: Callable[[Reminder], object], policy: ReminderPolicy | None = None) -> ReminderRun:
    """Call a function for each threshold that a pair has passed and that was not yet called for.

    :param send: is called outside of any transaction. When it raises an ``Exception``, or the row of the applicant is
        not as it was written, the reminder stays due and is among those that failed.
    :param policy: None for three months, one month and ten days.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises StoreError: when the database cannot be read or written.
    """
    member(store, Store, "store")
    function(send, "send")
    policy = ReminderPolicy() if policy is None else policy
    member(policy, ReminderPolicy, "policy")
    started = seconds(store.now())
    sent = 0
    failed: list[FailedReminder] = []
    for window in policy.windows():
        while (claimed := _claimed(store, policy, window, started)) is not None:
            for pair in claimed:
                key = f"pair:{pair.pair_id}:{window[1]}"
                problem = _called(store, send, key, window[1], pair)
                with store.transaction() as tx:
                    _finish(tx, pair.pair_id, window[1], problem)
                if problem is None:
                    sent += 1
                else:
                    failed.append(FailedReminder(key, problem))
    return ReminderRun(sent, tuple(failed))


def _called(
    store: Store, send: Callable[[Reminder], object], key: str, threshold: int, pair: ExpiringPair
) -> str | None:
    try:
        with store.reading() as connection:
            found = register.read(connection, store.protection, pair.applicant_id)
        send(Reminder(key, threshold, pair, found.applicant.contact))
    except Exception as error:  # noqa: BLE001 - one reminder that fails must not stop the others
        return type(error).__name__
    return None


def _claimed(store: Store, policy: ReminderPolicy, window: tuple[int, int], started: int) -> list[ExpiringPair] | None:
    with store.transaction() as tx:
        return _claim(tx, policy, window, started)


def _claim(tx: Transaction, policy: ReminderPolicy, window: tuple[int, int], started: int) -> list[ExpiringPair] | None:
    least, threshold = window
    begin = tx.at
    own = and_(reminders.c.pair_id == pairs.c.id, reminders.c.threshold_days == threshold)
    due = or_(
        reminders.c.pair_id.is_(None),
        and_(reminders.c.state == _FAILED, reminders.c.at < started),
        and_(reminders.c.state == _CLAIMED, reminders.c.at < begin - policy.lease_s),
    )
    first = pairs.c.not_after > begin + least * _DAY_S if least else pairs.c.not_after >= begin
    query = _pairs(policy.states).where(first, pairs.c.not_after <= begin + threshold * _DAY_S)
    wanted = query.outerjoin(reminders, own).where(due).order_by(*_ORDER).limit(_BATCH)
    found = {row.id: row for row in tx.connection.execute(wanted)}
    if not found:
        return None
    # Another process may want the same: who has locked the pairs decides, and looks again.
    locked = select(pairs.c.id).where(pairs.c.id.in_(sorted(found))).order_by(pairs.c.id).with_for_update()
    tx.connection.execute(locked).all()
    still = {row.id: row for row in tx.connection.execute(wanted.where(pairs.c.id.in_(sorted(found))))}
    written = reminders.c.pair_id.in_(sorted(still)) & (reminders.c.threshold_days == threshold)
    known = set(tx.connection.scalars(select(reminders.c.pair_id).where(written)))
    values = {"state": _CLAIMED, "at": begin}
    tx.connection.execute(update(reminders).where(written).values(values))
    new = [{"pair_id": each, "threshold_days": threshold, **values} for each in still if each not in known]
    if new:
        tx.connection.execute(insert(reminders), new)
    if still:
        tx.audit(SYSTEM, "reminder.claim", f"threshold:{threshold}", pairs=len(still))
    return [_of_row(row, begin) for row in still.values()]


def _finish(tx: Transaction, pair_id: int, threshold: int, problem: str | None) -> None:
    own = and_(
        reminders.c.pair_id == pair_id,
        reminders.c.threshold_days == threshold,
        reminders.c.state == _CLAIMED,
    )
    values = {"state": _DONE if problem is None else _FAILED, "at": tx.at}
    tx.connection.execute(update(reminders).where(own).values(values))
    tx.audit(SYSTEM, "reminder.send", f"pair:{pair_id}", threshold=threshold, problem=problem)


def _pairs(states: Collection[PairState]) -> Any:
    chosen = iterated(states, "states", most=len(PairState) + 1)
    for each in chosen:
        member(each, PairState, "a state")
    columns = (
        pairs.c.id,
        pairs.c.applicant_id,
        applicants.c.name,
        applicants.c.contact_name,
        pairs.c.authority,
        pairs.c.profile,
        pairs.c.state,
        pairs.c.subject,
        pairs.c.signing_serial,
        pairs.c.token_serial,
        pairs.c.region_id,
        pairs.c.not_after,
    )
    query = select(*columns).join_from(pairs, applicants, pairs.c.applicant_id == applicants.c.id)
    return query.where(pairs.c.state.in_([each.value for each in chosen]))


def _of_row(row: Row[Any], now: int) -> ExpiringPair:
    return ExpiringPair(
        row.id,
        row.applicant_id,
        row.name,
        row.contact_name,
        row.authority,
        row.profile,
        named(PairState, row.state),
        row.subject,
        serial_number(row.signing_serial),
        row.token_serial,
        row.region_id,
        from_seconds(row.not_after),
        (row.not_after - now) // _DAY_S,
    )
