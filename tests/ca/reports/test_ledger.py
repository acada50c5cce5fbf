"""The ledger of applications, and what was late."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, insert

from ca import people
from certified import NOW
from gmpki.ca.registration.states import ApplicationState, Operation
from gmpki.ca.reports import ledger as ledgers
from gmpki.ca.reports.ledger import ledger
from gmpki.ca.reports.service_levels import Clock, Delay, ServiceLevels, delays
from gmpki.ca.reports.workdays import WorkCalendar
from gmpki.ca.store import schema
from gmpki.ca.store.store import Store, Transaction
from gmpki.errors import InvalidInputError, InvalidTypeError

DAY_S = 86400
START = int(NOW.timestamp())  # a Sunday, 16:00 in China


@pytest.fixture
def applicant(store: Store) -> int:
    people.add_regions(store, "44", "4403")
    return people.register(store, people.person())


def test_start_is_a_sunday() -> None:
    assert NOW.weekday() == 6


def rows(store: Store, **asked: Any) -> list[ledgers.LedgerRow]:
    period = {"since": NOW - timedelta(days=1), "until": NOW + timedelta(days=999), **asked}
    with store.reading() as connection:
        return list(ledger(connection, **period))


def test_ledger(store: Store, applicant: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledgers, "_PAGE", 3)
    with store.transaction() as tx:
        for at in range(10):
            people.add_application(
                tx, applicant, f"A{at}", entered_at=START + at // 4 * 60, region_id=at % 2 + 1, decision="材料齐全"
            )
    found = rows(store)
    assert [row.reference for row in found] == [f"A{at}" for at in range(10)]
    assert found[0].entered_at == NOW
    assert found[0].state is ApplicationState.ENTERED
    assert found[0].operation is Operation.APPLY
    assert found[0].contact_name == "李四"
    assert found[0].decision == "材料齐全"
    assert found[0].reviewed_at is None
    assert [row.reference for row in rows(store, regions=[2])] == ["A1", "A3", "A5", "A7", "A9"]
    assert rows(store, regions=[]) == []
    assert [row.reference for row in rows(store, since=NOW + timedelta(seconds=60))] == [
        f"A{at}" for at in range(4, 10)
    ]
    assert [row.reference for row in rows(store, until=NOW + timedelta(seconds=60))] == [f"A{at}" for at in range(4)]


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"since": NOW.replace(tzinfo=None)}, InvalidInputError),
        ({"until": 5}, InvalidTypeError),
        ({"regions": ["1"]}, InvalidTypeError),
    ],
    ids=range(3),
)
def test_ledger_refused(store: Store, asked: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        rows(store, **asked)


# ---- service levels -------------------------------------------------------------------------
def late(store: Store, now: datetime, levels: ServiceLevels | None = None, **more: Any) -> list[Delay]:
    asked = {"since": NOW - timedelta(days=30), **more}
    with store.reading() as connection:
        return list(delays(connection, ServiceLevels() if levels is None else levels, now=now, **asked))


# Three working days after the Sunday end with Wednesday, at 16:00 in UTC.
DUE = NOW.replace(hour=16) + timedelta(days=3)


@pytest.mark.parametrize("state", ApplicationState)
def test_unanswered(store: Store, applicant: int, state: ApplicationState) -> None:
    open_states = (ApplicationState.ENTERED, ApplicationState.RETURNED, ApplicationState.PROOFREAD)
    with store.transaction() as tx:
        people.add_application(tx, applicant, "A1", state=state.value)
    expected = [Delay(Clock.ANSWER, "A1", 1, NOW, DUE, None, True)] if state in open_states else []
    assert late(store, DUE + timedelta(seconds=1)) == expected
    assert [each.is_late for each in late(store, DUE)] == [False] * len(expected)
    assert len(late(store, DUE - timedelta(days=1))) == len(expected)
    assert late(store, DUE - timedelta(days=1, seconds=1)) == []
    assert late(store, DUE, soon=timedelta(0), regions=[2]) == []


@pytest.mark.parametrize(("over_s", "is_late"), [(-1, False), (0, False), (1, True), (DAY_S, True)])
def test_answered(store: Store, applicant: int, over_s: int, is_late: bool) -> None:
    done = DUE + timedelta(seconds=over_s)
    with store.transaction() as tx:
        people.add_application(tx, applicant, "A1", state="rejected", reviewed_at=int(done.timestamp()))
    found = late(store, DUE + timedelta(days=20))
    assert found == ([Delay(Clock.ANSWER, "A1", 1, NOW, DUE, done, True)] if is_late else [])
    assert late(store, DUE + timedelta(days=20), since=NOW + timedelta(seconds=1)) == []


def test_holidays_count(store: Store, applicant: int) -> None:
    with store.transaction() as tx:
        people.add_application(tx, applicant, "A1")
    monday = NOW.date() + timedelta(days=1)
    levels = ServiceLevels(calendar=WorkCalendar(holidays={monday}))
    assert late(store, DUE + timedelta(seconds=1), levels)[0].due_at == DUE + timedelta(days=1)
    assert late(store, DUE + timedelta(seconds=1), ServiceLevels(answer_days=9)) == []


def test_undelivered_and_delivered_late(store: Store, applicant: int) -> None:
    reviewed = {"entered_at": START, "reviewed_at": START}
    with store.transaction() as tx:
        people.add_application(tx, applicant, "A1", state="issued", **reviewed)
        people.add_application(tx, applicant, "A2", state="delivered", delivered_at=START + 30 * DAY_S, **reviewed)
        people.add_application(tx, applicant, "A3", state="delivered", delivered_at=START + 2 * DAY_S, **reviewed)
        people.add_application(tx, applicant, "A4", state="closed", **reviewed)
    found = late(store, NOW + timedelta(days=40))
    assert [(each.clock, each.subject, each.done_at is None) for each in found] == [
        (Clock.DELIVERY, "A1", True),
        (Clock.DELIVERY, "A2", False),
    ]


def test_revocations(store: Store, applicant: int) -> None:
    with store.transaction() as tx:
        _defaults(tx, schema.authorities, {"name": "示例"})
        _defaults(tx, schema.generations, {"authority_id": 1})
        people.add_pair(tx, applicant, 0xA0, region_id=2)
        for serial, published in (("a0", None), ("b0", DAY_S), ("c0", DAY_S + 1)):
            ids = {"authority_id": 1, "generation_id": 1, "serial": serial}
            certificate = _defaults(tx, schema.certificates, ids)
            times = {"requested_at": START, "published_at": None if published is None else START + published}
            _defaults(tx, schema.revocations, {**ids, "certificate_id": certificate, **times})
    found = late(store, NOW + timedelta(seconds=DAY_S + 1))
    assert [(each.subject, each.region_id, each.done_at is None) for each in found] == [
        ("a0", 2, True),
        ("c0", None, False),
    ]
    assert [each.subject for each in late(store, NOW + timedelta(seconds=DAY_S + 1), regions=[2])] == ["a0"]
    assert late(store, NOW + timedelta(seconds=DAY_S), ServiceLevels(revocation_s=3 * DAY_S)) == []


def _defaults(tx: Transaction, table: Table, values: dict[str, Any]) -> int:
    """Insert a row of which only some columns matter."""
    row = dict(values)
    for column in table.columns:
        if column.name not in row and not column.nullable and column.name != "id":
            row[column.name] = {int: 0, str: "", bytes: b"", bool: False}[column.type.python_type]
    return int(tx.connection.execute(insert(table), row).inserted_primary_key[0])


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"answer_days": 0}, InvalidInputError),
        ({"delivery_days": 367}, InvalidInputError),
        ({"revocation_s": 0}, InvalidInputError),
        ({"answer_days": 1.5}, InvalidTypeError),
        ({"calendar": None}, InvalidTypeError),
    ],
    ids=range(5),
)
def test_levels_refused(arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        ServiceLevels(**arguments)


def test_delays_refused(store: Store) -> None:
    for soon in (timedelta(-1), timedelta(days=400)):
        with pytest.raises(InvalidInputError):
            late(store, NOW, soon=soon)
    with pytest.raises(InvalidTypeError):
        late(store, NOW, soon=5)
