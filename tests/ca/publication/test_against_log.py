"""Rows that were put back to what they had been, or deleted, found by the audit log; pairs and their certificates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import Table, delete, select, update

from ca import office as scenes
from ca.authorities import ACTOR, NAME
from ca.conftest import Clock
from ca.office import Scene
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.interfaces import RevocationOrder
from gmpki.ca.operators.appointments import remove_operator, suspend_operator
from gmpki.ca.publication.against_log import compare_with_log
from gmpki.ca.publication.against_pairs import compare_with_pairs
from gmpki.ca.publication.inspect import inspect
from gmpki.ca.registration.attachments import add
from gmpki.ca.registration.pairs import Pair
from gmpki.ca.store.schema import (
    applications,
    attachments,
    audit,
    certificates,
    kmc_keys,
    operators,
    pairs,
    revocations,
)
from gmpki.ca.store.store import Store


@pytest.fixture
def scene(store: Store) -> Scene:
    return scenes.scene(store)


def rows(store: Store, table: Table) -> dict[Any, dict[str, Any]]:
    with store.reading() as connection:
        return {row["id"]: dict(row) for row in connection.execute(select(table)).mappings()}


def put_back(store: Store, before: dict[Table, dict[Any, dict[str, Any]]]) -> None:
    """Do what somebody can who may write in the database, and has a copy of it."""
    with store.transaction() as tx:
        for table, kept in before.items():
            now = set(tx.connection.scalars(select(table.c.id)))
            tx.connection.execute(delete(table).where(table.c.id.in_(now - kept.keys())))
            for number, row in kept.items():
                tx.connection.execute(update(table).where(table.c.id == number).values(row))


def contradictions(store: Store) -> list[str]:
    found: list[str] = []
    assert compare_with_log(store, lambda what, message: found.append(f"{what}: {message}")) > 0
    return found


def pair(scene: Scene) -> Pair:
    made = scene.delivered().pair
    assert made is not None
    return made


STEPS: dict[str, tuple[list[Table], Callable[[Scene], object], str]] = {
    "revoked": (
        [certificates, revocations, pairs, applications],
        lambda scene: scene.office.revoke(scene.issuer, 1, ReasonCode.KEY_COMPROMISE),
        "by the audit log revoked",
    ),
    "suspended": (
        [certificates, revocations, pairs],
        lambda scene: scene.office.suspend(scene.issuer, 1),
        "by the audit log revoked or suspended",
    ),
    "issued": ([certificates], lambda scene: scene.issued(request=scenes.request(3)), "it is gone"),
    "key": ([kmc_keys], lambda scene: scene.issued(request=scenes.request(3)), "it is gone"),
}


@pytest.mark.parametrize("step", ["revoked", "suspended", "issued", "key"])
def test_rows_that_were_put_back(scene: Scene, step: str) -> None:
    pair(scene)
    scene.keys.pool.fill()
    assert contradictions(scene.store) == []
    tables, act, message = STEPS[step]
    before = {table: rows(scene.store, table) for table in tables}
    act(scene)
    assert contradictions(scene.store) == []
    put_back(scene.store, before)
    found = contradictions(scene.store)
    assert found
    assert all(message in each for each in found if "certificate" in each)


def test_an_application_that_was_withdrawn(scene: Scene) -> None:
    approved = scene.approved()
    before = {applications: rows(scene.store, applications)}
    scene.office.withdraw(scene.clerk, approved.id)
    put_back(scene.store, before)
    assert contradictions(scene.store) == ["applications 1: it is approved, and by the audit log withdrawn"]


def test_a_hold_that_was_lifted_is_none(scene: Scene) -> None:
    made = pair(scene)
    scene.office.suspend(scene.issuer, made.id)
    scene.office.resume(scene.issuer, made.id)
    assert contradictions(scene.store) == []


def test_an_expired_pair(scene: Scene, clock: Clock) -> None:
    made = pair(scene)
    before = {pairs: rows(scene.store, pairs)}
    clock.at = made.not_after + timedelta(days=1)
    assert scene.office.expire() == 1
    assert contradictions(scene.store) == []
    put_back(scene.store, before)
    assert contradictions(scene.store) == [f"pairs {made.id}: it is active, and by the audit log expired"]


@pytest.mark.parametrize("end", [suspend_operator, remove_operator])
def test_an_operator_who_was_stopped(scene: Scene, end: Callable[..., None]) -> None:
    before = {operators: rows(scene.store, operators)}
    with scene.store.transaction() as tx:
        end(tx, scene.admin, "clerk")
    assert contradictions(scene.store) == []
    put_back(scene.store, before)
    assert contradictions(scene.store) == ["operator clerk: the audit log says something else of state"]


def test_an_operator_who_is_gone(scene: Scene) -> None:
    with scene.store.transaction() as tx:
        tx.connection.execute(delete(operators).where(operators.c.name == "clerk"))
    assert contradictions(scene.store) == ["operator clerk: the audit log has an appointment, and the row is gone"]


def test_a_log_that_was_changed_is_told(scene: Scene) -> None:
    pair(scene)
    with scene.store.transaction() as tx:
        tx.connection.execute(delete(audit).where(audit.c.operation == "certificate.meant"))
    assert any(each.startswith("audit log: ") for each in contradictions(scene.store))


def test_entries_of_others_are_passed_over(scene: Scene) -> None:
    with scene.store.transaction() as tx:
        tx.audit(ACTOR, "pair.expire", "pair:x")
        tx.audit(ACTOR, "certificate.revoked", "nothing")
        tx.audit(ACTOR, "kmc.allot", "keys:0")
        tx.audit(ACTOR, "operator.login", "operator:")
    assert contradictions(scene.store) == []


def test_another_file_in_the_place_of_an_attachment(scene: Scene) -> None:
    approved = scene.approved()
    with scene.store.transaction() as tx:
        add(tx, approved.id, "营业执照", "application/pdf", BytesIO(b"1"), actor=ACTOR)
    assert contradictions(scene.store) == []
    with scene.store.transaction() as tx:
        tx.connection.execute(update(attachments).values(digest="0" * 64))
    (found,) = contradictions(scene.store)
    assert found.endswith("of application 1: it is gone, or another file")


# ---- pairs ----------------------------------------------------------------------------------
def differences(scene: Scene) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    compare_with_pairs(scene.store, scene.authority.id, NAME, lambda code, what, _: found.append((code, what)))
    return found


def test_revoked_at_the_authority_alone(scene: Scene) -> None:
    made = pair(scene)
    assert differences(scene) == []
    order = RevocationOrder("x", NAME, made.serial_numbers, ReasonCode.KEY_COMPROMISE)
    scene.authority.revoke(order, actor=ACTOR)
    assert differences(scene) == [("differing", f"pair {made.id}")] * 2
    report = inspect(scene.store, scene.authority)
    assert not report.is_clean
    assert report.counts["differing"] == 2
    assert report.looked_at["pairs"] == 1


@pytest.mark.parametrize("what", ["suspend", "report_loss"])
def test_resumed_at_the_authority_alone(scene: Scene, what: str) -> None:
    made = pair(scene)
    getattr(scene.office, what)(scene.issuer, made.id)
    assert differences(scene) == []
    order = RevocationOrder("x", NAME, made.serial_numbers, ReasonCode.REMOVE_FROM_CRL)
    scene.authority.revoke(order, actor=ACTOR)
    assert differences(scene) == [("differing", f"pair {made.id}")] * 2


def test_certificates_that_are_gone(scene: Scene) -> None:
    made = pair(scene)
    with scene.store.transaction() as tx:
        tx.connection.execute(delete(certificates).where(certificates.c.serial == f"{made.serial_numbers[0]:x}"))
    assert differences(scene) == [("missing", f"pair {made.id}")]


def test_another_certificate(scene: Scene) -> None:
    made = pair(scene)
    with scene.store.transaction() as tx:
        tx.connection.execute(update(certificates).values(content=b"0"))
    assert differences(scene) == [("differing", f"pair {made.id}")] * 2


def test_a_pair_that_was_changed(scene: Scene) -> None:
    made = pair(scene)
    with scene.store.transaction() as tx:
        tx.connection.execute(update(pairs).values(state="revoked"))
    assert differences(scene) == [("tampered", f"pair {made.id}")]


def test_what_has_expired_is_let_be(scene: Scene, clock: Clock) -> None:
    made = pair(scene)
    order = RevocationOrder("x", NAME, made.serial_numbers, ReasonCode.KEY_COMPROMISE)
    scene.authority.revoke(order, actor=ACTOR)
    clock.at = made.not_after + timedelta(days=1)
    assert differences(scene) == []
