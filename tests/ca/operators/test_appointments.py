"""Appointing, changing, suspending and removing operators."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import text

from ca.operators.staff import Staff, appointment, certificate_of
from gmpki.ca.operators.appointments import (
    Appointment,
    appoint,
    appoint_first,
    change_appointment,
    remove_operator,
    resume_operator,
    suspend_operator,
)
from gmpki.ca.operators.operators import OperatorState, operator_named, operators_of
from gmpki.ca.operators.permissions import Permission
from gmpki.ca.store.audit_rows import find_entries
from gmpki.ca.store.audit_verify import verify_audit
from gmpki.ca.store.store import Store
from gmpki.errors import (
    ConflictError,
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    LifeCycleError,
    NotFoundError,
    NotPermittedError,
)

ADMINISTRATION = Permission.ADMINISTRATION
CHANGES = [suspend_operator, resume_operator, remove_operator]


# ---- the first ones -------------------------------------------------------------------------
def test_the_first_ones(store: Store) -> None:
    with store.transaction() as tx:
        first = appoint_first(tx, [appointment("a", ADMINISTRATION), appointment("b", Permission.AUDIT)])
    assert [operator.name for operator in first] == ["a", "b"]
    assert [found.operation for found in find_entries(store)] == ["operator.appoint", "operator.appoint"]


@pytest.mark.parametrize(
    "listed",
    [
        [],
        [appointment("a", Permission.AUDIT)],
        [appointment("a", Permission.ENTRY), appointment("b", Permission.AUDIT)],
    ],
    ids=["nobody", "an auditor", "no administrator"],
)
def test_without_an_administrator_nothing_begins(store: Store, listed: list[Appointment]) -> None:
    with store.transaction() as tx, pytest.raises(InvalidInputError, match="administration"):
        appoint_first(tx, listed)
    with store.reading() as connection:
        assert operators_of(connection, store.protection) == []


def test_the_first_ones_are_appointed_once(staff: Staff) -> None:
    with staff.store.transaction() as tx, pytest.raises(ConflictError):
        appoint_first(tx, [appointment("second", ADMINISTRATION)])


@pytest.mark.parametrize("listed", [["a"], 7])
def test_first_ones_that_are_none(store: Store, listed: Any) -> None:
    with store.transaction() as tx, pytest.raises(InvalidTypeError):
        appoint_first(tx, listed)


# ---- what an appointment says ---------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"name": ""}, InvalidInputError),
        ({"name": "x" * 65}, InvalidInputError),
        ({"name": "a\nb"}, InvalidInputError),
        ({"name": "e\u0301"}, InvalidInputError),
        ({"name": 7}, InvalidTypeError),
        ({"title": ""}, InvalidInputError),
        ({"certificate": b"der"}, InvalidTypeError),
        ({"permissions": frozenset()}, InvalidInputError),
        ({"permissions": ["entry"]}, InvalidTypeError),
        ({"permissions": [Permission.AUDIT, ADMINISTRATION]}, InvalidInputError),
    ],
    ids=lambda value: str(ascii(value))[:30],
)
def test_appointments_that_are_none(changes: dict[str, Any], error: type[Exception]) -> None:
    values: dict[str, Any] = {"name": "a", "title": "甲", "certificate": certificate_of("a")}
    with pytest.raises(error):
        Appointment(**values | {"permissions": {Permission.ENTRY}} | changes)


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ({"region_id": 99}, NotFoundError),
        ({"point_id": 99}, NotFoundError),
        ({"point_id": 1, "region_id": 1}, InvalidInputError),  # the point lies in region 2
        ({"point_id": 2}, InvalidInputError),  # remote
        ({"region_id": 0}, InvalidInputError),
        ({"point_id": "1"}, InvalidTypeError),
    ],
)
def test_places_that_are_none(staff: Staff, place: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        staff.appoint("clerk", Permission.REVIEW, **place)


@pytest.mark.parametrize("other", [appointment("clerk", Permission.ENTRY, serial_number=2), None])
def test_a_name_and_a_certificate_are_taken_for_good(staff: Staff, other: Appointment | None) -> None:
    staff.appoint("clerk", Permission.ENTRY)
    with staff.store.transaction() as tx:
        remove_operator(tx, staff.boss, "clerk")
    if other is None:
        other = Appointment("another", "乙", certificate_of("clerk"), frozenset({Permission.ENTRY}))
    with staff.store.transaction() as tx, pytest.raises(ConflictError) as caught:
        appoint(tx, staff.boss, other)
    assert caught.value.reason == "duplicate"


# ---- who may appoint ------------------------------------------------------------------------
@pytest.mark.parametrize("held", [each for each in Permission if each is not ADMINISTRATION])
def test_only_administrators_appoint(staff: Staff, held: Permission) -> None:
    clerk = staff.appoint("clerk", held)
    staff.appoint("other", Permission.ENTRY)
    with staff.store.transaction() as tx:
        for call in (
            lambda: appoint(tx, clerk, appointment("third", Permission.ENTRY)),
            lambda: change_appointment(tx, clerk, appointment("other", Permission.REVIEW)),
            *(lambda change=change: change(tx, clerk, "other") for change in CHANGES),
            lambda: suspend_operator(tx, clerk, "nobody"),
        ):
            with pytest.raises(NotPermittedError) as caught:
                call()
            assert caught.value.reason == "permission"


def test_an_administrator_of_a_region_appoints_there(staff: Staff) -> None:
    local = staff.appoint("local", ADMINISTRATION, region_id=staff.district.id)
    staff.appoint("far", Permission.ENTRY, region_id=staff.elsewhere.id)
    staff.appoint("near", Permission.ENTRY, region_id=staff.street.id)
    with staff.store.transaction() as tx:
        assert appoint(tx, local, appointment("a", ADMINISTRATION, region_id=staff.street.id)).region_id
        suspend_operator(tx, local, "near")
        for call in (
            lambda: appoint(tx, local, appointment("b", Permission.ENTRY)),
            lambda: appoint(tx, local, appointment("b", Permission.ENTRY, region_id=staff.city.id)),
            lambda: change_appointment(tx, local, appointment("a", Permission.ENTRY)),
            lambda: change_appointment(tx, local, appointment("far", Permission.ENTRY, region_id=staff.street.id)),
            lambda: suspend_operator(tx, local, "far"),
            lambda: remove_operator(tx, local, "boss"),
        ):
            with pytest.raises(NotPermittedError) as caught:
                call()
            assert caught.value.reason == "region"


def test_nobody_changes_what_is_written_of_themselves(staff: Staff) -> None:
    with staff.store.transaction() as tx:
        for call in (
            lambda: change_appointment(tx, staff.boss, appointment("boss", *Permission)),
            lambda: change_appointment(tx, staff.boss, appointment("boss", ADMINISTRATION, Permission.REVIEW)),
            *(lambda change=change: change(tx, staff.boss, "boss") for change in CHANGES),
        ):
            with pytest.raises((NotPermittedError, InvalidInputError)):
                call()
    with staff.store.reading() as connection:
        assert operator_named(connection, staff.store.protection, "boss") == staff.boss


def test_a_suspended_administrator_appoints_nobody(staff: Staff) -> None:
    other = staff.appoint("other", ADMINISTRATION)
    with staff.store.transaction() as tx:
        suspend_operator(tx, staff.boss, "other", reason="休假")
        with pytest.raises(NotPermittedError) as caught:
            suspend_operator(tx, other, "boss")
        assert caught.value.reason == "state"


# ---- changing -------------------------------------------------------------------------------
def test_what_may_be_changed(staff: Staff) -> None:
    staff.appoint("clerk", Permission.ENTRY)
    new = appointment("clerk", Permission.REVIEW, serial_number=2, region_id=staff.city.id)
    with staff.store.transaction() as tx:
        changed = change_appointment(tx, staff.boss, new)
    assert (changed.permissions, changed.region_id) == ({Permission.REVIEW}, staff.city.id)
    with staff.store.reading() as connection:
        assert operator_named(connection, staff.store.protection, "clerk") == changed
    (entry,) = find_entries(staff.store, operation="operator.change")
    assert (entry.actor, entry.subject, entry.details["permissions"]) == ("boss", "operator:clerk", "review")


def test_a_change_into_what_is_taken(staff: Staff) -> None:
    staff.appoint("clerk", Permission.ENTRY)
    taken = Appointment("clerk", "甲", certificate_of("boss"), frozenset({Permission.ENTRY}))
    with staff.store.transaction() as tx, pytest.raises(ConflictError):
        change_appointment(tx, staff.boss, taken)


def test_a_change_of_nobody(staff: Staff) -> None:
    with staff.store.transaction() as tx, pytest.raises(NotFoundError):
        change_appointment(tx, staff.boss, appointment("nobody", Permission.ENTRY))


# ---- states ---------------------------------------------------------------------------------
BEFORE: dict[OperatorState, list[Any]] = {
    OperatorState.ACTIVE: [],
    OperatorState.SUSPENDED: [suspend_operator],
    OperatorState.REMOVED: [remove_operator],
}
LEGAL = {
    (OperatorState.ACTIVE, suspend_operator): OperatorState.SUSPENDED,
    (OperatorState.ACTIVE, remove_operator): OperatorState.REMOVED,
    (OperatorState.SUSPENDED, resume_operator): OperatorState.ACTIVE,
    (OperatorState.SUSPENDED, remove_operator): OperatorState.REMOVED,
}


@pytest.mark.parametrize("state", OperatorState)
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_every_state_with_every_change(staff: Staff, state: OperatorState, change: Any) -> None:
    staff.appoint("clerk", Permission.ENTRY)
    after = LEGAL.get((state, change))
    with staff.store.transaction() as tx:
        for earlier in BEFORE[state]:
            earlier(tx, staff.boss, "clerk")
        if after is None:
            with pytest.raises(LifeCycleError) as caught:
                change(tx, staff.boss, "clerk")
            assert caught.value.state == state.value
        else:
            change(tx, staff.boss, "clerk", reason="说明")
        assert operator_named(tx.connection, tx.protection, "clerk").state is (after or state)
    assert verify_audit(staff.store).ok


def test_who_was_removed_is_not_changed(staff: Staff) -> None:
    staff.appoint("clerk", Permission.ENTRY)
    with staff.store.transaction() as tx:
        remove_operator(tx, staff.boss, "clerk")
        with pytest.raises(LifeCycleError):
            change_appointment(tx, staff.boss, appointment("clerk", Permission.ENTRY))


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize(("name", "error"), [("nobody", NotFoundError), ("", InvalidInputError), (7, InvalidTypeError)])
def test_changes_of_nobody(staff: Staff, change: Any, name: Any, error: type[Exception]) -> None:
    with staff.store.transaction() as tx, pytest.raises(error):
        change(tx, staff.boss, name)


@pytest.mark.parametrize("reason", ["", "x" * 256, "a\nb"])
def test_reasons_that_are_none(staff: Staff, reason: str) -> None:
    staff.appoint("clerk", Permission.ENTRY)
    with staff.store.transaction() as tx, pytest.raises(InvalidInputError):
        suspend_operator(tx, staff.boss, "clerk", reason=reason)


# ---- one person, one name -------------------------------------------------------------------
def test_the_key_of_another_operator(staff: Staff) -> None:
    # Whoever had one key under two names could proofread what they have entered.
    staff.appoint("clerk", Permission.ENTRY)
    second = Appointment("second", "第二个", certificate_of("clerk", 2), frozenset({Permission.PROOFREADING}))
    with staff.store.transaction() as tx, pytest.raises(ConflictError) as caught:
        appoint(tx, staff.boss, second)
    assert caught.value.reason == "duplicate"


def test_the_key_of_an_operator_who_was_removed(staff: Staff) -> None:
    staff.appoint("clerk", Permission.ENTRY)
    with staff.store.transaction() as tx:
        remove_operator(tx, staff.boss, "clerk")
    again = Appointment("again", "又来", certificate_of("clerk", 2), frozenset({Permission.PROOFREADING}))
    with staff.store.transaction() as tx, pytest.raises(ConflictError):
        appoint(tx, staff.boss, again)


def test_the_key_of_another_operator_by_a_change(staff: Staff) -> None:
    staff.appoint("clerk", Permission.ENTRY)
    staff.appoint("second", Permission.PROOFREADING)
    changed = Appointment("second", "第二个", certificate_of("clerk", 2), frozenset({Permission.PROOFREADING}))
    with staff.store.transaction() as tx, pytest.raises(ConflictError):
        change_appointment(tx, staff.boss, changed)


def test_a_new_certificate_for_the_own_key(staff: Staff) -> None:
    staff.appoint("clerk", Permission.ENTRY)
    with staff.store.transaction() as tx:
        change_appointment(tx, staff.boss, appointment("clerk", Permission.ENTRY, serial_number=2))


@pytest.mark.once
def test_two_administrators_who_suspend_each_other_on_postgresql(postgresql_store: Store) -> None:
    staff = Staff(postgresql_store)
    other = staff.appoint("other", ADMINISTRATION)
    refused: list[GmpkiError] = []
    ready = threading.Barrier(2)

    def suspend(by: Any, name: str) -> None:
        ready.wait()
        try:
            with staff.store.transaction() as tx:
                suspend_operator(tx, by, name)
        except GmpkiError as error:
            refused.append(error)

    threads = [
        threading.Thread(target=suspend, args=(by, name)) for by, name in ((staff.boss, "other"), (other, "boss"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(error) for error in refused] == [NotPermittedError]
    with staff.store.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM operators WHERE state = 'active'")) == 1
