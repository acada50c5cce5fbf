"""What is revoked: every move between the states, and what is refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from ca.authorities import ACTOR, Authorities, found, order, serials
from ca.conftest import Clock
from certified import NOW
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.interfaces import Issued
from gmpki.ca.revocation.entries import revoke
from gmpki.ca.store.schema import certificates, revocations
from gmpki.ca.store.store import Store
from gmpki.errors import InvalidInputError, InvalidTypeError, LifeCycleError, NotFoundError, TamperedError

HOLD, LIFT = ReasonCode.CERTIFICATE_HOLD, ReasonCode.REMOVE_FROM_CRL
DAY = 86_400


@pytest.fixture
def made(store: Store) -> Authorities:
    return found(store)


@pytest.fixture
def issued(made: Authorities) -> Issued:
    return made.authority.issue(order(1), actor=ACTOR)


def change(made: Authorities, issued: Issued, reason: ReasonCode, **asked: Any) -> None:
    with made.store.transaction() as tx:
        revoke(tx, made.authority.id, serials(issued), reason=reason, **asked)


def states(made: Authorities) -> set[str]:
    with made.store.reading() as connection:
        of_pair = certificates.c.authority_id == made.authority.id
        return set(connection.scalars(select(certificates.c.state).where(of_pair)))


def rows(made: Authorities) -> list[Any]:
    with made.store.reading() as connection:
        return list(connection.execute(select(revocations).order_by(revocations.c.id)))


# Every state of a certificate, every operation, and the state that follows.
WAYS = {"valid": (), "suspended": (HOLD,), "revoked": (ReasonCode.SUPERSEDED,), "resumed": (HOLD, LIFT)}
LEADS = {
    ("valid", HOLD): "suspended",
    ("valid", ReasonCode.KEY_COMPROMISE): "revoked",
    ("suspended", LIFT): "valid",
    ("suspended", ReasonCode.KEY_COMPROMISE): "revoked",
    ("resumed", HOLD): "suspended",
    ("resumed", ReasonCode.KEY_COMPROMISE): "revoked",
}


@pytest.mark.parametrize("reason", [HOLD, LIFT, ReasonCode.KEY_COMPROMISE], ids=lambda reason: reason.name)
@pytest.mark.parametrize("state", WAYS)
def test_every_move(made: Authorities, issued: Issued, state: str, reason: ReasonCode) -> None:
    for step in WAYS[state]:
        change(made, issued, step)
    before, written = states(made), rows(made)
    after = LEADS.get((state, reason))
    if after is not None:
        change(made, issued, reason)
        assert states(made) == {after}
        assert len(rows(made)) == 2
        return
    with pytest.raises(LifeCycleError) as caught:
        change(made, issued, reason)
    assert caught.value.state == {"resumed": "valid"}.get(state, state)
    assert (states(made), rows(made)) == (before, written)


@pytest.mark.parametrize("reason", [HOLD, LIFT, ReasonCode.SUPERSEDED], ids=lambda reason: reason.name)
def test_what_has_expired_is_left_alone(made: Authorities, issued: Issued, clock: Clock, reason: ReasonCode) -> None:
    change(made, issued, HOLD)
    clock.at = issued.signing.not_after + timedelta(seconds=1)
    with pytest.raises(LifeCycleError) as caught:
        change(made, issued, reason)
    assert caught.value.state == "expired"


def test_revoked_out_of_a_suspension_keeps_its_date(made: Authorities, issued: Issued, clock: Clock) -> None:
    change(made, issued, HOLD)
    clock.move(days=1)
    change(made, issued, ReasonCode.KEY_COMPROMISE)
    assert {(row.revoked_at, row.reason) for row in rows(made)} == {(int(NOW.timestamp()), 1)}


def test_revoked_after_a_suspension_was_lifted_has_a_new_date(made: Authorities, issued: Issued, clock: Clock) -> None:
    change(made, issued, HOLD)
    change(made, issued, LIFT)
    clock.move(days=1)
    change(made, issued, ReasonCode.KEY_COMPROMISE)
    assert {(row.revoked_at, row.lifted_at) for row in rows(made)} == {(int(NOW.timestamp()) + DAY, None)}


def test_changes_are_numbered_in_their_order(made: Authorities, issued: Issued) -> None:
    change(made, issued, HOLD)
    assert [row.change_number for row in rows(made)] == [1, 2]
    change(made, issued, LIFT)
    assert [row.change_number for row in rows(made)] == [3, 4]


def test_what_was_asked_is_written(made: Authorities, issued: Issued) -> None:
    asked, compromised = NOW - timedelta(hours=2), NOW - timedelta(days=3)
    change(made, issued, ReasonCode.KEY_COMPROMISE, requested_at=asked, invalidity_date=compromised)
    assert {(row.requested_at, row.invalidity_at) for row in rows(made)} == {
        (int(asked.timestamp()), int(compromised.timestamp()))
    }
    assert {row.part for row in rows(made)} == {serial % 4 + 1 for serial in serials(issued)}


def test_one_that_is_given_twice_counts_once(made: Authorities, issued: Issued) -> None:
    with made.store.transaction() as tx:
        revoke(tx, made.authority.id, serials(issued) * 2, reason=HOLD)
    assert len(rows(made)) == 2


def test_all_or_none(made: Authorities, issued: Issued) -> None:
    with pytest.raises(NotFoundError), made.store.transaction() as tx:
        revoke(tx, made.authority.id, (*serials(issued), 12345), reason=HOLD)
    assert states(made) == {"valid"}
    assert rows(made) == []


def test_certificates_of_another_authority(made: Authorities, issued: Issued) -> None:
    for authority in (made.root.id, 999):
        with pytest.raises(NotFoundError), made.store.transaction() as tx:
            revoke(tx, authority, serials(issued), reason=HOLD)


@pytest.mark.parametrize("state", ["meant", "cancelled"])
def test_what_was_never_issued(made: Authorities, issued: Issued, state: str) -> None:
    del issued
    with made.store.transaction() as tx:
        # A certificate that is only meant, as the first commit leaves it.
        from gmpki.ca.store.certificates import MeantCertificate, cancel_meant, find, insert_meant

        meant = MeantCertificate(
            None, made.authority.id, 2, 77, "only", "device", 1, "CN=x", "k", NOW, NOW + timedelta(days=9), b"tbs"
        )
        insert_meant(tx, [meant])
        if state == "cancelled":
            cancel_meant(tx, find(tx.connection, tx.protection, made.authority.id, [77], lock=True).values())
    with pytest.raises(NotFoundError), made.store.transaction() as tx:
        revoke(tx, made.authority.id, [77], reason=ReasonCode.SUPERSEDED)


@pytest.mark.parametrize("name", ["invalidity_date", "requested_at"])
def test_times_in_the_future(made: Authorities, issued: Issued, name: str) -> None:
    with pytest.raises(InvalidInputError, match="future"):
        change(made, issued, ReasonCode.SUPERSEDED, **{name: NOW + timedelta(seconds=1)})
    with pytest.raises(InvalidInputError, match="time zone"):
        change(made, issued, ReasonCode.SUPERSEDED, **{name: datetime(2025, 1, 1)})


def test_resuming_has_no_invalidity_date(made: Authorities, issued: Issued) -> None:
    change(made, issued, HOLD)
    with pytest.raises(InvalidInputError):
        change(made, issued, LIFT, invalidity_date=NOW)


@pytest.mark.parametrize(("reason", "numbers"), [(1, (5,)), (None, (5,)), (HOLD, ("5",)), (HOLD, 5), (HOLD, None)])
def test_types(made: Authorities, reason: Any, numbers: Any) -> None:
    with pytest.raises(InvalidTypeError), made.store.transaction() as tx:
        revoke(tx, made.authority.id, numbers, reason=reason)


@pytest.mark.parametrize(
    "column",
    ["part", "revoked_at", "reason", "invalidity_at", "not_after", "lifted_at", "change_number", "requested_at"],
)
def test_a_row_that_somebody_changed(made: Authorities, issued: Issued, column: str) -> None:
    change(made, issued, HOLD)
    with made.store.transaction() as tx:
        tx.connection.execute(text(f"UPDATE revocations SET {column} = 4242"))
    with pytest.raises(TamperedError):
        change(made, issued, LIFT)


def test_a_suspension_whose_row_is_gone(made: Authorities, issued: Issued) -> None:
    change(made, issued, HOLD)
    with made.store.transaction() as tx:
        tx.connection.execute(text("DELETE FROM revocations"))
    with pytest.raises(TamperedError) as caught:
        change(made, issued, LIFT)
    assert caught.value.reason == "removed"


def test_many_at_once(made: Authorities) -> None:
    pairs = [made.authority.issue(order(number), actor=ACTOR) for number in range(3)]
    numbers = [serial for issued in pairs for serial in serials(issued)]
    with made.store.transaction() as tx:
        revoke(tx, made.authority.id, iter(numbers), reason=ReasonCode.CESSATION_OF_OPERATION)
    with made.store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(revocations)) == 6
