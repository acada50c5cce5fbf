"""Two who do the same thing at the same time, on a database of many nodes: one of them is the one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import and_, func, select

from ca import office as scenes
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.publication.inspect import inspect
from gmpki.ca.registration.states import ApplicationState, PairState
from gmpki.ca.store import schema
from gmpki.ca.store.store import Store
from gmpki.errors import ConflictError, GmpkiError, LifeCycleError

pytestmark = pytest.mark.once


def together(*steps: Callable[[], object]) -> list[object]:
    """Do several things at once; return what each gave or raised."""
    gate = threading.Barrier(len(steps))

    def run(step: Callable[[], object]) -> object:
        gate.wait()
        try:
            return step()
        except GmpkiError as error:
            return error

    with ThreadPoolExecutor(len(steps)) as threads:
        return list(threads.map(run, steps))


@pytest.mark.parametrize("kind", ["file_store", "postgresql_store"])
def test_one_wins(request: pytest.FixtureRequest, kind: str) -> None:
    store: Store = request.getfixturevalue(kind)
    scene = scenes.scene(store)
    office = scene.office

    entered = office.apply(scene.clerk, scene.form())
    office.proofread(scene.colleague, entered.id)
    found = together(
        lambda: office.approve(scene.reviewer, entered.id), lambda: office.reject(scene.reviewer, entered.id, "原因")
    )
    assert sum(isinstance(each, (LifeCycleError, ConflictError)) for each in found) == 1

    approved = scene.approved(request=scenes.request(1))
    found = together(*[lambda: office.issue(scene.issuer, approved.id, key="k")] * 3)
    assert any(not isinstance(each, GmpkiError) for each in found)
    issued = office.issue(scene.issuer, approved.id, key="k").pair
    assert issued is not None

    asked = [lambda: office.reissue(scene.clerk, issued.id, request=scenes.request(2))] * 3
    found = together(*asked)
    assert sum(not isinstance(each, GmpkiError) for each in found) == 1
    assert {each.reason for each in found if isinstance(each, ConflictError)} == {"open-application"}

    found = together(
        lambda: office.revoke(scene.issuer, issued.id, ReasonCode.KEY_COMPROMISE, key="r"),
        lambda: office.revoke(scene.issuer, issued.id, ReasonCode.KEY_COMPROMISE, key="r"),
        lambda: office.suspend(scene.issuer, issued.id),
    )
    office.revoke(scene.issuer, issued.id, ReasonCode.KEY_COMPROMISE, key="r")
    assert office.pair(scene.clerk, issued.id).state is PairState.REVOKED

    with store.reading() as connection:
        states = connection.scalars(select(schema.certificates.c.state).where(schema.certificates.c.role != "only"))
        assert set(states) <= {"revoked", "cancelled"}
        assert connection.scalar(select(func.count()).select_from(schema.pairs)) == 1
    assert office.application(scene.clerk, approved.id).state is ApplicationState.CLOSED


@pytest.mark.parametrize("kind", ["file_store", "postgresql_store"])
def test_revoked_while_another_is_issued_in_its_place(request: pytest.FixtureRequest, kind: str) -> None:
    store: Store = request.getfixturevalue(kind)
    scene = scenes.scene(store)
    pair = scene.delivered().pair
    assert pair is not None
    asked = scene.office.reissue(scene.clerk, pair.id, request=scenes.request(2))
    scene.reviewed(asked.application.id)
    together(
        lambda: scene.office.issue(scene.issuer, asked.application.id),
        lambda: scene.office.revoke(scene.issuer, pair.id, ReasonCode.KEY_COMPROMISE),
        lambda: scene.office.withdraw(scene.clerk, asked.application.id),
    )
    scene.office.settle()
    # Whoever won: pairs, certificates, keys and the audit log say the same.
    found = inspect(store, scene.authority)
    assert [each for each in found.findings if each.place == "store"] == []
    with store.reading() as connection:
        in_use = set(connection.scalars(select(schema.kmc_keys.c.serial).where(schema.kmc_keys.c.state == "in-use")))
        valid = and_(
            schema.certificates.c.role == "encryption", schema.certificates.c.state.in_(["valid", "suspended"])
        )
        assert in_use == set(connection.scalars(select(schema.certificates.c.serial).where(valid)))
