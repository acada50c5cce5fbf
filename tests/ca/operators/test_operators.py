"""The demand that an operator may do something: every permission with every operation, everywhere."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from sqlalchemy import text

from ca import authorities
from ca.operators.staff import EVERYTHING, Staff, appointment, certificate_of
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.operators.appointments import (
    Appointment,
    appoint,
    change_appointment,
    remove_operator,
    resume_operator,
    suspend_operator,
)
from gmpki.ca.operators.operators import (
    Operator,
    OperatorState,
    demand,
    operator_named,
    operator_of_certificate,
    operators_of,
)
from gmpki.ca.operators.permissions import OPERATIONS, REMOTE_PERMISSIONS, Permission, permission_for
from gmpki.ca.store.columns import certificate_digest
from gmpki.ca.store.store import Store
from gmpki.errors import InvalidInputError, NotFoundError, NotPermittedError, TamperedError


def asked(staff: Staff, operator: Operator, permission: Permission, region_id: int | None) -> str:
    """Return the reason of a refusal, "" when there is none."""
    with staff.store.reading() as connection:
        try:
            demand(operator, permission, region_id=region_id, connection=connection, protection=staff.store.protection)
        except NotPermittedError as error:
            return error.reason
    return ""


# ---- who may do what ------------------------------------------------------------------------
@pytest.mark.parametrize("held", Permission)
def test_each_operation_with_each_permission(staff: Staff, held: Permission) -> None:
    operator = staff.appoint("clerk", held)
    for operation in OPERATIONS:
        needed = permission_for(operation)
        refusal = "" if needed is held else "permission"
        assert asked(staff, operator, needed, staff.city.id) == refusal, operation


def test_where(staff: Staff) -> None:
    for name, place, allowed in (
        ("everywhere", None, {None, staff.city.id, staff.district.id, staff.street.id, staff.elsewhere.id}),
        ("city", staff.city.id, {staff.city.id, staff.district.id, staff.street.id}),
        ("district", staff.district.id, {staff.district.id, staff.street.id}),
        ("street", staff.street.id, {staff.street.id}),
    ):
        operator = staff.appoint(name, Permission.REVIEW, region_id=place)
        for region_id in (None, staff.city.id, staff.district.id, staff.street.id, staff.elsewhere.id):
            refusal = "" if region_id in allowed else "region"
            assert asked(staff, operator, Permission.REVIEW, region_id) == refusal, (name, region_id)


def test_an_operator_of_an_issuing_point_works_in_its_region(staff: Staff) -> None:
    operator = staff.appoint("clerk", Permission.ENTRY, Permission.REVIEW, point_id=staff.counter.id)
    assert (operator.region_id, operator.is_remote) == (staff.district.id, False)
    assert asked(staff, operator, Permission.REVIEW, staff.street.id) == ""
    assert asked(staff, operator, Permission.ENTRY, staff.city.id) == "region"


def test_a_remote_point_decides_nothing(staff: Staff) -> None:
    operator = staff.appoint("clerk", *REMOTE_PERMISSIONS, point_id=staff.remote.id)
    assert operator.is_remote
    for permission in Permission:
        allowed = permission in REMOTE_PERMISSIONS
        assert asked(staff, operator, permission, staff.district.id) == ("" if allowed else "permission")


def test_a_remote_point_that_got_more_from_somebody_with_the_keys(staff: Staff) -> None:
    operator = staff.appoint("clerk", Permission.ENTRY, point_id=staff.remote.id)
    with staff.store.transaction() as tx:
        row = tx.connection.execute(text("SELECT * FROM operators WHERE name = 'clerk'")).one()._asdict()
        names = ("name", "title", "certificate_digest", "permissions", "region_id", "point_id", "state", "created_at")
        record = {name: row[name] for name in names} | {"permissions": "entry review"}
        tag = tx.protection.tagger("operators").tag(record, operator.id)
        change = "UPDATE operators SET permissions = 'entry review', tag = :tag WHERE name = 'clerk'"
        tx.connection.execute(text(change), {"tag": tag})
    assert asked(staff, operator, Permission.REVIEW, staff.district.id) == "remote"


# ---- what has changed since the login -------------------------------------------------------
def test_a_suspension_counts_at_once(staff: Staff) -> None:
    operator = staff.appoint("clerk", Permission.ENTRY)
    for change, refusal in ((suspend_operator, "state"), (resume_operator, ""), (remove_operator, "state")):
        with staff.store.transaction() as tx:
            change(tx, staff.boss, "clerk")
        assert asked(staff, operator, Permission.ENTRY, staff.city.id) == refusal


def test_a_permission_that_was_taken_away_counts_at_once(staff: Staff) -> None:
    operator = staff.appoint("clerk", Permission.ENTRY, Permission.REVIEW)
    with staff.store.transaction() as tx:
        change_appointment(tx, staff.boss, appointment("clerk", Permission.ENTRY))
    assert asked(staff, operator, Permission.REVIEW, staff.city.id) == "permission"
    assert asked(staff, operator, Permission.ENTRY, staff.city.id) == ""


def test_a_new_certificate_ends_what_began_with_the_old_one(staff: Staff) -> None:
    operator = staff.appoint("clerk", Permission.ENTRY)
    with staff.store.transaction() as tx:
        change_appointment(tx, staff.boss, appointment("clerk", Permission.ENTRY, serial_number=2))
    assert asked(staff, operator, Permission.ENTRY, staff.city.id) == "state"


def test_what_a_program_writes_into_an_operator_gives_it_nothing(staff: Staff) -> None:
    operator = dataclasses.replace(
        staff.appoint("clerk", Permission.ENTRY, region_id=staff.street.id), permissions=EVERYTHING, region_id=None
    )
    assert asked(staff, operator, Permission.REVIEW, staff.street.id) == "permission"
    assert asked(staff, operator, Permission.ENTRY, staff.city.id) == "region"
    assert asked(staff, dataclasses.replace(operator, id=staff.boss.id), Permission.ADMINISTRATION, None) == "state"


def test_an_operator_who_was_never_there(staff: Staff) -> None:
    with pytest.raises(NotFoundError):
        asked(staff, dataclasses.replace(staff.boss, id=99), Permission.ADMINISTRATION, None)


# ---- tampering ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "change",
    [
        "permissions = 'administration entry'",
        "state = 'active', title = 'another'",
        "region_id = NULL",
        "point_id = 1",
        "name = 'clerk2'",
        "certificate_digest = substr(certificate_digest, 2) || '0'",
        "created_at = created_at - 1",
        "tag = (SELECT tag FROM operators WHERE name = 'boss')",
        "tag = x''",
        "tag = x'00112233'",
    ],
)
def test_a_row_that_was_changed_is_refused(staff: Staff, change: str) -> None:
    operator = staff.appoint("clerk", Permission.ENTRY, region_id=staff.district.id)
    with staff.store.engine.begin() as connection:
        connection.execute(text(f"UPDATE operators SET {change} WHERE name = 'clerk'"))
    with pytest.raises(TamperedError) as caught:
        asked(staff, operator, Permission.ENTRY, staff.district.id)
    assert caught.value.place == str(operator.id)
    with staff.store.reading() as connection, pytest.raises(TamperedError):
        operators_of(connection, staff.store.protection)


def test_rows_that_were_exchanged(staff: Staff) -> None:
    operator = staff.appoint("clerk", Permission.ENTRY)
    with staff.store.engine.begin() as connection:
        for old, new in ((staff.boss.id, 90), (operator.id, staff.boss.id), (90, operator.id)):
            connection.execute(text("UPDATE operators SET id = :new WHERE id = :old"), {"old": old, "new": new})
    with pytest.raises(TamperedError):
        asked(staff, operator, Permission.ENTRY, staff.city.id)


# ---- finding --------------------------------------------------------------------------------
def test_finding(staff: Staff) -> None:
    operator = staff.appoint("clerk", Permission.ENTRY, region_id=staff.street.id)
    staff.appoint("reviewer", Permission.REVIEW, region_id=staff.city.id)
    protection = staff.store.protection
    with staff.store.transaction() as tx:
        suspend_operator(tx, staff.boss, "reviewer")
    with staff.store.reading() as connection:
        assert operator_named(connection, protection, "clerk") == operator
        digest = certificate_digest(certificate_of("clerk"))
        assert operator_of_certificate(connection, protection, digest) == operator

        def names(**options: Any) -> list[str]:
            return [found.name for found in operators_of(connection, protection, **options)]

        assert names() == ["boss", "clerk", "reviewer"]
        assert names(region_id=staff.city.id) == ["clerk", "reviewer"]
        assert names(region_id=staff.district.id) == ["clerk"]
        assert names(permission=Permission.REVIEW) == ["reviewer"]
        assert names(state=OperatorState.ACTIVE) == ["boss", "clerk"]
        with pytest.raises(NotFoundError):
            names(region_id=99)
        with pytest.raises(NotFoundError):
            operator_named(connection, protection, "nobody")
        with pytest.raises(NotFoundError):
            operator_of_certificate(connection, protection, "00" * 32)


@pytest.mark.parametrize("options", [{"permission": "review"}, {"state": "active"}, {"region_id": "1"}])
def test_arguments_of_the_wrong_type(staff: Staff, options: dict[str, Any]) -> None:
    with staff.store.reading() as connection, pytest.raises(InvalidInputError):
        operators_of(connection, staff.store.protection, **options)


def test_who_an_operator_is_in_the_audit_log(staff: Staff) -> None:
    assert (staff.boss.actor.name, staff.boss.actor.certificate_digest) == ("boss", staff.boss.certificate_digest)


# ---- the operator's certificate -------------------------------------------------------------
def test_a_certificate_that_was_revoked_since_the_login(store: Store) -> None:
    made = authorities.found(store)
    staff = Staff(store)
    issued = made.authority.issue(authorities.order(1), actor=authorities.ACTOR)
    wanted = Appointment("clerk", "录入员", issued.signing, frozenset({Permission.ENTRY}))
    with store.transaction() as tx:
        clerk = appoint(tx, staff.boss, wanted)
    assert asked(staff, clerk, Permission.ENTRY, None) == ""
    order = dataclasses.replace(authorities.revocation(issued, ReasonCode.CERTIFICATE_HOLD), key="0")
    made.authority.revoke(order, actor=authorities.ACTOR)
    assert asked(staff, clerk, Permission.ENTRY, None) == "state"
    order = dataclasses.replace(authorities.revocation(issued, ReasonCode.REMOVE_FROM_CRL), key="1")
    made.authority.revoke(order, actor=authorities.ACTOR)
    assert asked(staff, clerk, Permission.ENTRY, None) == ""
    order = dataclasses.replace(authorities.revocation(issued, ReasonCode.KEY_COMPROMISE), key="2")
    made.authority.revoke(order, actor=authorities.ACTOR)
    assert asked(staff, clerk, Permission.ENTRY, None) == "state"
    other = made.authority.issue(authorities.order(2), actor=authorities.ACTOR)
    with store.transaction() as tx:
        change_appointment(tx, staff.boss, dataclasses.replace(wanted, certificate=other.signing))
    with store.reading() as connection:
        clerk = operator_named(connection, store.protection, "clerk")
    assert asked(staff, clerk, Permission.ENTRY, None) == ""


@pytest.mark.parametrize("content", [b"", b"0", certificate_of("boss").der], ids=["none", "no certificate", "another"])
def test_another_certificate_in_the_row(staff: Staff, content: bytes) -> None:
    clerk = staff.appoint("clerk", Permission.ENTRY)
    with staff.store.transaction() as tx:
        named = text("UPDATE operators SET certificate = :content WHERE name = 'clerk'")
        tx.connection.execute(named, {"content": content})
    with pytest.raises(TamperedError):
        asked(staff, clerk, Permission.ENTRY, None)
