"""Recovery for a court: two approvers, once, and every step written down."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from ca.kmc.kmc_scene import AUTHORITY, OPENER, OTHER, OWNER, operators, several
from gmpki.algorithms import sm3
from gmpki.ca.kmc.centre import KeyManagementCentre
from gmpki.ca.kmc.recovery import JudicialRecovery, RecoveryState
from gmpki.ca.operators.operators import Operator
from gmpki.ca.publication.against_log import compare_with_log
from gmpki.ca.store.schema import audit, kmc_recoveries
from gmpki.ca.store.schema import operators as operator_rows
from gmpki.ca.store.store import Store
from gmpki.errors import (
    DecryptionError,
    InvalidInputError,
    InvalidTypeError,
    LifeCycleError,
    NotFoundError,
    NotPermittedError,
    TamperedError,
    UnsupportedAlgorithm,
)
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.envelope import KeyEnvelope

DOCUMENT = sm3.digest("调取证据通知书".encode())
COURT = OTHER


class Scene:
    """A centre with keys in use, and its operators."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.centre = KeyManagementCentre.create(store, OPENER.public_key)
        self.keys = self.centre.allot(several(3))
        self.people = operators(store)

    @property
    def judicial(self) -> JudicialRecovery:
        return self.centre.judicial

    def request(self, by: str = "judge", serial: int = 2, **more: Any) -> int:
        fields = {"reason": "案件", "document": DOCUMENT, "recipient": COURT.public_key} | more
        return self.judicial.request(self.people[by], AUTHORITY, serial, **fields)

    def approved(self) -> int:
        number = self.request()
        assert self.judicial.approve(self.people["first"], number) is RecoveryState.ONCE_APPROVED
        assert self.judicial.approve(self.people["second"], number) is RecoveryState.APPROVED
        return number


@pytest.fixture
def scene(store: Store) -> Scene:
    return Scene(store)


def test_the_whole_way(scene: Scene) -> None:
    number = scene.approved()
    recovered = scene.judicial.carry_out(scene.people["judge"], number)
    key = KeyEnvelope.from_der(recovered.delivery).open(COURT)
    assert key.public_key == scene.keys[1].public_key
    with pytest.raises(DecryptionError):
        KeyEnvelope.from_der(recovered.delivery).open(OWNER)
    found = scene.judicial.get(number)
    assert (found.state, found.approvers, found.requested_by) == (RecoveryState.DONE, ("first", "second"), "judge")
    assert found.document_digest == DOCUMENT.hex()
    assert found.done_at is not None
    with scene.store.reading() as connection:
        entries = connection.execute(
            select(audit.c.operation, audit.c.actor)
            .where(audit.c.subject == f"recovery:{number}")
            .order_by(audit.c.number)
        ).all()
    assert [tuple(entry) for entry in entries] == [
        ("kmc.judicial-request", "judge"),
        ("kmc.judicial-approve", "first"),
        ("kmc.judicial-approve", "second"),
        ("kmc.judicial-carry-out", "judge"),
    ]


def test_a_key_of_the_history(scene: Scene) -> None:
    scene.centre.retire(AUTHORITY, [2])
    number = scene.approved()
    recovered = scene.judicial.carry_out(scene.people["first"], number)
    assert KeyEnvelope.from_der(recovered.delivery).open(COURT).public_key == scene.keys[1].public_key


def test_once_only(scene: Scene) -> None:
    number = scene.approved()
    scene.judicial.carry_out(scene.people["judge"], number)
    with pytest.raises(LifeCycleError) as caught:
        scene.judicial.carry_out(scene.people["judge"], number)
    assert caught.value.state == "done"


@pytest.mark.parametrize("approvals", [[], ["first"]], ids=str)
def test_too_few_approvals(scene: Scene, approvals: list[str]) -> None:
    number = scene.request()
    for name in approvals:
        scene.judicial.approve(scene.people[name], number)
    with pytest.raises(LifeCycleError):
        scene.judicial.carry_out(scene.people["judge"], number)


def test_nobody_approves_their_own_request_or_twice(scene: Scene) -> None:
    number = scene.request()
    with pytest.raises(NotPermittedError) as caught:
        scene.judicial.approve(scene.people["judge"], number)
    assert caught.value.reason == "own-entry"
    scene.judicial.approve(scene.people["first"], number)
    for name in ("first", "judge"):
        with pytest.raises(NotPermittedError):
            scene.judicial.approve(scene.people[name], number)
    assert scene.judicial.get(number).state is RecoveryState.ONCE_APPROVED


@pytest.mark.parametrize("name", ["admin", "issuer"])
def test_without_the_permission(scene: Scene, name: str) -> None:
    number = scene.approved()
    waiting = scene.request()
    somebody = scene.people[name]
    for use in (
        lambda: scene.request(by=name),
        lambda: scene.judicial.approve(somebody, waiting),
        lambda: scene.judicial.refuse(somebody, waiting),
        lambda: scene.judicial.carry_out(somebody, number),
    ):
        with pytest.raises(NotPermittedError) as caught:
            use()
        assert caught.value.reason == "permission"
    assert scene.judicial.get(number).state is RecoveryState.APPROVED


def test_suspended_meanwhile(scene: Scene) -> None:
    from gmpki.ca.operators.appointments import suspend_operator

    number = scene.request()
    with scene.store.transaction() as tx:
        suspend_operator(tx, scene.people["admin"], "first")
    with pytest.raises(NotPermittedError):
        scene.judicial.approve(scene.people["first"], number)


def test_another_who_has_the_name(scene: Scene) -> None:
    number = scene.request()
    for changes in ({"certificate_digest": "0" * 64}, {"name": "first"}):
        with pytest.raises(NotPermittedError):
            scene.judicial.approve(replace(scene.people["second"], **changes), number)


def test_a_permission_written_past_the_program(scene: Scene) -> None:
    number = scene.request()
    with scene.store.transaction() as tx:
        tx.connection.execute(
            update(operator_rows).where(operator_rows.c.name == "issuer").values(permissions="recovery")
        )
    with pytest.raises(TamperedError):
        scene.judicial.approve(scene.people["issuer"], number)


# ---- refused ------------------------------------------------------------------------------
@pytest.mark.parametrize("approvals", [[], ["first"], ["first", "second"]], ids=str)
def test_refused(scene: Scene, approvals: list[str]) -> None:
    number = scene.request()
    for name in approvals:
        scene.judicial.approve(scene.people[name], number)
    scene.judicial.refuse(scene.people["first"], number)
    assert scene.judicial.get(number).state is RecoveryState.REFUSED
    for use in (
        lambda: scene.judicial.approve(scene.people["second"], number),
        lambda: scene.judicial.carry_out(scene.people["judge"], number),
        lambda: scene.judicial.refuse(scene.people["second"], number),
    ):
        with pytest.raises(LifeCycleError):
            use()


@pytest.mark.parametrize("operation", ["approve", "refuse"])
def test_after_the_end(scene: Scene, operation: str) -> None:
    number = scene.approved()
    scene.judicial.carry_out(scene.people["judge"], number)
    with pytest.raises(LifeCycleError):
        getattr(scene.judicial, operation)(scene.people["second"], number)


def test_an_owners_recovery_is_no_request(scene: Scene) -> None:
    scene.centre.recover(AUTHORITY, 1, OWNER.public_key)
    with scene.store.reading() as connection:
        number = connection.scalar(select(kmc_recoveries.c.id))
    assert scene.judicial.get(number).kind == "owner"
    for use in (
        lambda: scene.judicial.approve(scene.people["first"], number),
        lambda: scene.judicial.carry_out(scene.people["first"], number),
    ):
        with pytest.raises(LifeCycleError):
            use()


# ---- inputs and rows ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"reason": ""}, InvalidInputError),
        ({"reason": "x" * 1001}, InvalidInputError),
        ({"reason": "a\x00b"}, InvalidInputError),
        ({"reason": "\ud800"}, InvalidInputError),
        ({"reason": "a\u0301"}, InvalidInputError),
        ({"reason": None}, InvalidTypeError),
        ({"document": bytes(31)}, InvalidInputError),
        ({"document": "digest"}, InvalidTypeError),
        ({"recipient": None}, InvalidTypeError),
        ({"recipient": ECDSAPrivateKey.generate().public_key}, UnsupportedAlgorithm),
        ({"serial": 99}, NotFoundError),
        ({"serial": -1}, InvalidInputError),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value.__name__,
)
def test_no_request(scene: Scene, changes: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        scene.request(**changes)


@pytest.mark.parametrize("operation", ["approve", "refuse", "carry_out"])
@pytest.mark.parametrize(
    ("number", "error"),
    [(99, NotFoundError), (0, InvalidInputError), (1 << 64, InvalidInputError), ("1", InvalidTypeError)],
)
def test_no_such_request(scene: Scene, operation: str, number: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        getattr(scene.judicial, operation)(scene.people["first"], number)


@pytest.mark.parametrize("operation", ["approve", "refuse", "carry_out"])
def test_nobody(scene: Scene, operation: str) -> None:
    nobody: Operator = None  # type: ignore[assignment]
    with pytest.raises(InvalidTypeError):
        getattr(scene.judicial, operation)(nobody, scene.approved())


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("state", "approved"),
        ("key_id", 1),
        ("kind", "owner"),
        ("reason", "别的"),
        ("document_digest", "0" * 64),
        ("recipient_key", OWNER.public_key.to_der()),
        ("requested_by", "second"),
        ("requested_at", 1),
        ("first_approver", "second"),
        ("second_approver", "second"),
        ("done_at", 1),
        ("tag", b""),
    ],
)
def test_a_changed_row(scene: Scene, column: str, value: Any) -> None:
    number = scene.request()
    scene.judicial.approve(scene.people["first"], number)
    with scene.store.transaction() as tx:
        tx.connection.execute(update(kmc_recoveries).where(kmc_recoveries.c.id == number).values({column: value}))
    for use in (
        lambda: scene.judicial.get(number),
        lambda: scene.judicial.approve(scene.people["second"], number),
        lambda: scene.judicial.carry_out(scene.people["judge"], number),
        lambda: scene.judicial.refuse(scene.people["judge"], number),
    ):
        with pytest.raises((TamperedError, InvalidInputError)):
            use()


def test_a_row_in_the_place_of_another(scene: Scene) -> None:
    """An approval is of one request: its row does not count as another."""
    approved, waiting = scene.approved(), scene.request(serial=3)
    with scene.store.transaction() as tx:
        row = tx.connection.execute(select(kmc_recoveries).where(kmc_recoveries.c.id == approved)).one()
        values = {name: value for name, value in row._mapping.items() if name != "id"}
        tx.connection.execute(update(kmc_recoveries).where(kmc_recoveries.c.id == waiting).values(**values))
    with pytest.raises(TamperedError):
        scene.judicial.carry_out(scene.people["judge"], waiting)


def test_a_request_that_was_put_back_is_told_by_the_log(scene: Scene) -> None:
    # Its tag holds, so it could be carried out once more: the inspection finds it out.
    number = scene.approved()
    its = kmc_recoveries.c.id == number
    with scene.store.reading() as connection:
        before = dict(connection.execute(select(kmc_recoveries).where(its)).mappings().one())
    scene.judicial.carry_out(scene.people["judge"], number)
    found: list[tuple[str, str]] = []
    compare_with_log(scene.store, lambda what, message: found.append((what, message)))
    assert found == []
    with scene.store.transaction() as tx:
        tx.connection.execute(update(kmc_recoveries).where(its).values(before))
    compare_with_log(scene.store, lambda what, message: found.append((what, message)))
    assert found == [(f"kmc_recoveries {number}", "it is approved, and by the audit log done")]
