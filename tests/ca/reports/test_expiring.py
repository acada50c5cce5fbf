"""What will expire, and reminders of it that come once for each threshold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from ca import people
from gmpki.ca.registration.states import PairState
from gmpki.ca.reports import expiring as module
from gmpki.ca.reports.expiring import Reminder, ReminderPolicy, expiring, remind
from gmpki.ca.store import schema
from gmpki.ca.store.store import Store
from gmpki.errors import InvalidInputError, InvalidTypeError

DAY_S = 86400


@pytest.fixture
def applicant(store: Store) -> int:
    people.add_regions(store, "44", "4403")
    return people.register(store, people.person())


def add(store: Store, applicant: int, *days: float, **more: Any) -> None:
    with store.transaction() as tx:
        taken = tx.connection.scalar(select(schema.pairs.c.id).order_by(schema.pairs.c.id.desc()).limit(1)) or 0
        for at, each in enumerate(days):
            people.add_pair(tx, applicant, 2 * (taken + at) + 2, not_after=tx.at + int(each * DAY_S), **more)


class Sender:
    """Collects what was to be sent; fails for what is in ``broken``."""

    def __init__(self, *broken: str) -> None:
        self.broken = set(broken)
        self.keys: list[str] = []
        self.reminders: list[Reminder] = []

    def __call__(self, reminder: Reminder) -> None:
        self.keys.append(reminder.key)
        self.reminders.append(reminder)
        if reminder.key in self.broken:
            raise OSError("no connection to 13800138000")


def sent(store: Store, policy: ReminderPolicy | None = None) -> list[str]:
    sender = Sender()
    run = remind(store, sender, policy)
    assert run.sent == len(sender.keys)
    assert run.failed == ()
    return sorted(sender.keys)


# ---- the list -------------------------------------------------------------------------------
def test_the_list(store: Store, applicant: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAGE", 2)
    add(store, applicant, 5, 5, 5, 90, 91, -1, 1)
    add(store, applicant, 2, state="revoked")
    add(store, applicant, 3, region_id=2)
    with store.reading() as connection:
        found = list(expiring(connection, now=store.now()))
        assert [(row.pair_id, row.days_left) for row in found] == [(7, 1), (9, 3), (1, 5), (2, 5), (3, 5), (4, 90)]
        assert found[0].name == "张三"
        assert [row.pair_id for row in expiring(connection, now=store.now(), within=timedelta(days=1))] == [7]
        assert [row.pair_id for row in expiring(connection, now=store.now(), regions=[2])] == [9]
        assert [row.pair_id for row in expiring(connection, now=store.now(), states=[PairState.REVOKED])] == [8]
        assert list(expiring(connection, now=store.now(), states=[])) == []


def test_the_list_refused(store: Store) -> None:
    with store.reading() as connection:
        with pytest.raises(InvalidInputError):
            expiring(connection, now=store.now(), within=timedelta(-1))
        with pytest.raises(InvalidInputError):
            expiring(connection, now=store.now().replace(tzinfo=None))
        with pytest.raises(InvalidTypeError):
            expiring(connection, now=store.now(), within=5)  # type: ignore[arg-type]
        with pytest.raises(InvalidTypeError):
            expiring(connection, now=store.now(), states=["active"])  # type: ignore[list-item]


# ---- reminders ------------------------------------------------------------------------------
def test_each_threshold_once(store: Store, applicant: int, clock: Any) -> None:
    add(store, applicant, 95)
    seen = []
    for _ in range(100):
        seen.append(sent(store))
        clock.move(days=1)
    assert [(day, keys) for day, keys in enumerate(seen) if keys] == [
        (5, ["pair:1:90"]),
        (65, ["pair:1:30"]),
        (85, ["pair:1:10"]),
    ]


@pytest.mark.parametrize(
    ("days", "threshold"),
    [(0, 10), (1, 10), (10, 10), (10.001, 30), (30, 30), (30.001, 90), (90, 90), (90.001, None), (-0.001, None)],
)
def test_which_threshold(store: Store, applicant: int, days: float, threshold: int | None) -> None:
    add(store, applicant, days)
    assert sent(store) == ([] if threshold is None else [f"pair:1:{threshold}"])
    assert sent(store) == []


@pytest.mark.parametrize("state", PairState)
def test_only_what_is_in_use(store: Store, applicant: int, state: PairState) -> None:
    add(store, applicant, 5, state=state.value)
    assert bool(sent(store)) == (state in (PairState.ISSUED, PairState.ACTIVE))
    assert sent(store, ReminderPolicy(states=[state])) == (
        [] if state in (PairState.ISSUED, PairState.ACTIVE) else ["pair:1:10"]
    )


def test_the_contact_is_told(store: Store, applicant: int) -> None:
    add(store, applicant, 5, 20)
    sender = Sender()
    remind(store, sender, ReminderPolicy((7,)))
    (reminder,) = sender.reminders
    assert reminder.contact == people.person().contact
    assert (reminder.threshold_days, reminder.pair.days_left, reminder.pair.name) == (7, 5, "张三")


def test_more_than_a_batch(store: Store, applicant: int) -> None:
    add(store, applicant, *([5] * 120))
    assert len(sent(store)) == 120


def test_what_fails_comes_again(store: Store, applicant: int, clock: Any) -> None:
    add(store, applicant, 5, 6, 7)
    sender = Sender("pair:2:10")
    run = remind(store, sender)
    assert run.sent == 2
    assert [(each.key, each.problem) for each in run.failed] == [("pair:2:10", "OSError")]
    assert len(sender.keys) == 3
    clock.move(seconds=1)
    assert sent(store) == ["pair:2:10"]
    assert sent(store) == []
    with store.reading() as connection:
        lines = " ".join(connection.scalars(select(schema.audit.c.line)))
    assert "OSError" in lines
    assert "13800138000" not in lines


def test_a_row_that_was_changed_stops_only_its_own(store: Store, applicant: int) -> None:
    other = people.register(store, people.person(2))
    add(store, applicant, 5)
    add(store, other, 5)
    with store.transaction() as tx:
        tx.connection.execute(update(schema.applicants).where(schema.applicants.c.id == applicant).values(name="王五"))
    sender = Sender()
    run = remind(store, sender)
    assert sender.keys == ["pair:2:10"]
    assert [each.problem for each in run.failed] == ["TamperedError"]


class Killed(BaseException):
    """As when the process ends here."""


def test_a_process_that_died(store: Store, applicant: int, clock: Any) -> None:
    add(store, applicant, 5, 5)

    def die(_: Reminder) -> None:
        raise Killed

    with pytest.raises(Killed):
        remind(store, die)
    # Its claims are respected as long as it may still be at work.
    clock.move(seconds=600)
    assert sent(store) == []
    clock.move(seconds=1)
    assert sent(store) == ["pair:1:10", "pair:2:10"]
    assert sent(store) == []


def test_two_at_once(file_store: Store, file_url: str, ring: Any, clock: Any) -> None:
    people.add_regions(file_store)
    applicant = people.register(file_store, people.person())
    add(file_store, applicant, *([5] * 70))
    both: list[str] = []
    with Store.open(file_url, ring, clock=clock) as other:

        def first(reminder: Reminder) -> None:
            both.append(reminder.key)
            if len(both) == 1:
                remind(other, lambda each: both.append(each.key))

        remind(file_store, first)
    assert sorted(both) == sorted(f"pair:{at + 1}:10" for at in range(70))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"thresholds_days": ()}, InvalidInputError),
        ({"thresholds_days": (0,)}, InvalidInputError),
        ({"thresholds_days": (10, 10)}, InvalidInputError),
        ({"thresholds_days": range(1, 40)}, InvalidInputError),
        ({"lease_s": 0}, InvalidInputError),
        ({"thresholds_days": ("10",)}, InvalidTypeError),
        ({"thresholds_days": 10}, InvalidTypeError),
        ({"states": ("active",)}, InvalidTypeError),
    ],
    ids=range(8),
)
def test_policies_refused(arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        ReminderPolicy(**arguments)


@pytest.mark.parametrize("send", [None, "send"])
def test_no_function(store: Store, send: Callable[[Reminder], object]) -> None:
    with pytest.raises(InvalidTypeError):
        remind(store, send)
