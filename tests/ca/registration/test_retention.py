"""Registration data are kept ten years and more, and deleted only then."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from ca import people
from gmpki.ca.registration import attachments, media, retention
from gmpki.ca.registration.media import MediumState, NewMedium
from gmpki.ca.store import schema
from gmpki.ca.store.store import Store
from gmpki.errors import InvalidInputError, InvalidTypeError, NotFoundError, StateError

DAY_S = 86400
TEN_YEARS = timedelta(seconds=retention.end_of_retention(0))


@pytest.fixture
def applicant(store: Store) -> int:
    people.add_regions(store)
    return people.register(store, people.person())


def kept_until(store: Store, applicant_id: int, **more: Any) -> Any:
    with store.reading() as connection:
        return retention.kept_until(connection, applicant_id, **more)


def test_ten_years_are_never_less(store: Store, applicant: int) -> None:
    until = kept_until(store, applicant)
    began = store.now()
    assert until.replace(year=began.year) >= began
    assert until - began == TEN_YEARS
    assert kept_until(store, applicant, years=20) - began == 2 * TEN_YEARS


@pytest.mark.parametrize("what", ["application", "closed", "promised", "pair", "changed"])
def test_the_last_thing_that_happened_counts(store: Store, applicant: int, clock: Any, what: str) -> None:
    clock.move(days=500)
    with store.transaction() as tx:
        begins = tx.at + 7 * DAY_S
        if what == "application":
            people.add_application(tx, applicant, "A1", entered_at=begins)
        elif what == "closed":
            people.add_application(tx, applicant, "A1", closed_at=begins)
        elif what == "promised":
            people.add_application(tx, applicant, "A1", retain_until=retention.end_of_retention(begins))
        elif what == "pair":
            people.add_pair(tx, applicant, 1, not_after=begins)
        else:
            people.add_pair(tx, applicant, 1, not_after=tx.at, changed_at=begins)
    assert kept_until(store, applicant) == clock.at + timedelta(days=7) + TEN_YEARS


def test_purge(store: Store, applicant: int, clock: Any, tmp_path: Any) -> None:
    other = people.register(store, people.person(2))
    path = tmp_path / "a"
    path.write_bytes(b"x")
    with store.transaction() as tx:
        for owner, serial in ((applicant, 1), (other, 3)):
            application = people.add_application(tx, owner, f"A{serial}")
            pair = people.add_pair(tx, owner, serial, application_id=application)
            attachments.add(tx, application, "附件", "text/plain", path, actor=people.CLERK)
            tx.connection.execute(
                schema.reminders.insert(), {"pair_id": pair, "threshold_days": 10, "state": "done", "at": tx.at}
            )
            media.register(tx, [NewMedium(f"K{serial}")], actor=people.CLERK)
            media.move(tx, f"K{serial}", MediumState.ISSUED, applicant_id=owner, pair_id=pair, actor=people.CLERK)
    until = kept_until(store, applicant)
    clock.at = until
    with pytest.raises(StateError, match=f"{until:%Y-%m-%d}"), store.transaction() as tx:
        retention.purge(tx, applicant, actor=people.CLERK)
    with store.reading() as connection:
        assert retention.due(connection, clock.at) == ()
    clock.move(seconds=1)
    with store.reading() as connection:
        assert retention.due(connection, clock.at) == (applicant, other)
        assert retention.due(connection, clock.at, limit=1) == (applicant,)
        assert retention.due(connection, clock.at, after=applicant) == (other,)
        assert retention.due(connection, clock.at, years=11) == ()
    with pytest.raises(StateError), store.transaction() as tx:
        retention.purge(tx, applicant, 11, actor=people.CLERK)
    with store.transaction() as tx:
        retention.purge(tx, applicant, actor=people.CLERK)
    with store.reading() as connection:
        for table in (schema.applicants, schema.applications, schema.attachments, schema.pairs, schema.reminders):
            assert connection.scalar(select(func.count()).select_from(table)) == 1, table.name
        assert media.read(connection, "K1").applicant_id is None
        assert media.read(connection, "K3").applicant_id == other
        said = connection.scalars(select(schema.audit.c.subject).where(schema.audit.c.operation == "applicant.purge"))
        assert said.all() == [f"applicant:{applicant}"]


def test_due_pages_over_those_that_have_to_stay(store: Store, clock: Any) -> None:
    people.add_regions(store)
    ids = [people.register(store, people.person(serial)) for serial in range(6)]
    with store.transaction() as tx:
        for each in ids[:5]:
            people.add_pair(tx, each, 2 * each)
    clock.at += TEN_YEARS + timedelta(days=1)
    with store.reading() as connection:
        assert retention.due(connection, clock.at, limit=2) == (ids[5],)


def test_refused(store: Store, applicant: int) -> None:
    with store.transaction() as tx, pytest.raises(NotFoundError):
        retention.purge(tx, 99, actor=people.CLERK)
    with store.reading() as connection:
        with pytest.raises(NotFoundError):
            retention.kept_until(connection, 99)
        for years in (9, 0, -1, 1001):
            with pytest.raises(InvalidInputError):
                retention.kept_until(connection, applicant, years)
        with pytest.raises(InvalidTypeError):
            retention.kept_until(connection, applicant, 10.5)  # type: ignore[arg-type]
        with pytest.raises(InvalidInputError):
            retention.due(connection, store.now(), limit=0)
        with pytest.raises(InvalidInputError):
            retention.due(connection, store.now().replace(tzinfo=None))
