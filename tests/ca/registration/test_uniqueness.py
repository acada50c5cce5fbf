"""One free certificate for each number; what somebody has already is told."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update

from ca import people
from gmpki.ca.registration import uniqueness
from gmpki.ca.registration.states import ApplicationState, PairState
from gmpki.ca.store import schema
from gmpki.ca.store.store import Store
from gmpki.errors import ConflictError, InvalidInputError, InvalidTypeError, NotFoundError


@pytest.fixture
def applicant(store: Store) -> int:
    people.add_regions(store)
    return people.register(store, people.person())


TAKES = {PairState.ISSUED, PairState.ACTIVE, PairState.LOST, PairState.SUSPENDED}
ASKS = {ApplicationState.ENTERED, ApplicationState.RETURNED, ApplicationState.PROOFREAD, ApplicationState.APPROVED}


@pytest.mark.parametrize("state", PairState)
def test_free_pairs(store: Store, applicant: int, state: PairState) -> None:
    with store.transaction() as tx:
        uniqueness.demand_free(tx, applicant)
        people.add_pair(tx, applicant, 1, state="active", is_free=False)
        uniqueness.demand_free(tx, applicant)
        people.add_pair(tx, applicant, 3, state=state.value, is_free=True)
        if state not in TAKES:
            uniqueness.demand_free(tx, applicant)
            return
        with pytest.raises(ConflictError, match="pair 2") as caught:
            uniqueness.demand_free(tx, applicant)
        assert caught.value.reason == "free-taken"


@pytest.mark.parametrize("state", ApplicationState)
def test_free_applications(store: Store, applicant: int, state: ApplicationState) -> None:
    with store.transaction() as tx:
        own = people.add_application(tx, applicant, "A1", state=state.value, is_free=True)
        uniqueness.demand_free(tx, applicant, besides_application=own)
        if state not in ASKS:
            uniqueness.demand_free(tx, applicant)
            return
        with pytest.raises(ConflictError, match="application 1"):
            uniqueness.demand_free(tx, applicant)
        # An application to renew a pair is none for a new one.
        tx.connection.execute(update(schema.applications).values(pair_id=1))
        uniqueness.demand_free(tx, applicant)


def test_an_organisation_under_two_numbers(store: Store) -> None:
    people.add_regions(store)
    first = people.register(store, people.organization())
    number = people.Identity(people.IdentityKind.ORGANIZATION_CODE, "600037341")
    kind = people.ApplicantKind.ORGANIZATION
    second = people.register(store, people.Applicant(kind, "示例局", number, 1, credit_code=people.CREDIT_CODE))
    employee = people.register(store, people.person(credit_code=people.CREDIT_CODE))
    with store.transaction() as tx:
        people.add_pair(tx, first, 1, is_free=True)
        with pytest.raises(ConflictError):
            uniqueness.demand_free(tx, second)
        uniqueness.demand_free(tx, employee)


def test_existing(store: Store, applicant: int) -> None:
    other = people.register(store, people.person(2))
    with store.transaction() as tx:
        people.add_pair(tx, applicant, 1)
        people.add_pair(tx, applicant, 3, state="revoked")
        people.add_pair(tx, applicant, 5, business_kind="税务", profile="server")
        people.add_application(tx, applicant, "A1")
        people.add_application(tx, applicant, "A2", state="rejected")
        people.add_pair(tx, other, 7)
    with store.reading() as connection:
        found = uniqueness.existing(connection, applicant)
        assert [(each.kind, each.id) for each in found] == [("pair", 3), ("pair", 1), ("application", 1)]
        assert found[0].until is not None
        assert found[2].state is ApplicationState.ENTERED
        assert found[2].until is None
        assert [each.id for each in uniqueness.existing(connection, applicant, business_kind="税务")] == [3]
        assert [each.id for each in uniqueness.existing(connection, applicant, profile="person")] == [1, 1]
        assert uniqueness.existing(connection, 99) == ()


def test_at_most_a_hundred(store: Store, applicant: int) -> None:
    with store.transaction() as tx:
        for place in range(120):
            people.add_pair(tx, applicant, 1 + 2 * place)
        people.add_application(tx, applicant, "A1")
    with store.reading() as connection:
        assert len(uniqueness.existing(connection, applicant)) == 100


def test_refused(store: Store) -> None:
    with store.transaction() as tx:
        with pytest.raises(NotFoundError):
            uniqueness.demand_free(tx, 1)
        with pytest.raises(InvalidTypeError):
            uniqueness.demand_free(tx, "1")  # type: ignore[arg-type]
        with pytest.raises(InvalidInputError):
            uniqueness.existing(tx.connection, 0)


@pytest.mark.once
def test_two_processes_at_once(postgresql_store: Store) -> None:
    """Of two that want the free certificate, or register a number, one gets it."""
    people.add_regions(postgresql_store)
    applicant = people.register(postgresql_store, people.person())
    barrier = threading.Barrier(2)

    def ask(at: int) -> str:
        barrier.wait()
        try:
            with postgresql_store.transaction() as tx:
                uniqueness.demand_free(tx, applicant)
                people.add_application(tx, applicant, f"A{at}", is_free=True)
        except ConflictError as error:
            return error.reason
        return "taken"

    def enter(_: int) -> str:
        barrier.wait()
        try:
            people.register(postgresql_store, people.person(2))
        except ConflictError as error:
            return error.reason
        return "entered"

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(ask, range(2))) == ["free-taken", "taken"]
        assert sorted(threads.map(enter, range(2))) == ["duplicate", "entered"]
