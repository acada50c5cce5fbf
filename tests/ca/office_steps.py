"""Every operation of an office, and things in every state, for the tests that try all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from ca import office as scenes
from ca.conftest import Clock
from ca.office import Scene
from gmpki.asn1.rfc5280 import ReasonCode, Validity
from gmpki.ca.registration.applications import Application
from gmpki.ca.registration.states import (
    ApplicationState,
    Operation,
    PairState,
)
from gmpki.ca.registration.wanted import Wanted

# Every operation with an application, by somebody who otherwise may.
STEPS: dict[Operation, Callable[[Scene, int], object]] = {
    Operation.AMEND: lambda scene, number: scene.office.amend(scene.clerk, number, scene.form()),
    Operation.PROOFREAD: lambda scene, number: scene.office.proofread(scene.colleague, number),
    Operation.APPROVE: lambda scene, number: scene.office.approve(scene.reviewer, number),
    Operation.REJECT: lambda scene, number: scene.office.reject(scene.reviewer, number, "原因"),
    Operation.WITHDRAW: lambda scene, number: scene.office.withdraw(scene.clerk, number),
    Operation.ISSUE: lambda scene, number: scene.office.issue(scene.issuer, number),
    Operation.DELIVER: lambda scene, number: scene.office.deliver(scene.issuer, number, receipt="张三"),
}
# Every operation with a pair.
ASKED: dict[Operation, Callable[[Scene, int], object]] = {
    Operation.RENEW: lambda scene, number: scene.office.renew(scene.clerk, number),
    Operation.REISSUE: lambda scene, number: scene.office.reissue(scene.clerk, number),
    Operation.CHANGE: lambda scene, number: scene.office.change(scene.clerk, number, scenes.SUBJECT),
    Operation.REPORT_LOSS: lambda scene, number: scene.office.report_loss(scene.clerk, number),
    Operation.LIFT_LOSS: lambda scene, number: scene.office.lift_loss(scene.issuer, number),
    Operation.SUSPEND: lambda scene, number: scene.office.suspend(scene.issuer, number),
    Operation.RESUME: lambda scene, number: scene.office.resume(scene.issuer, number),
    Operation.REVOKE: lambda scene, number: scene.office.revoke(scene.issuer, number, ReasonCode.SUPERSEDED),
    Operation.RECOVER: lambda scene, number: scene.office.recover(scene.clerk, number),
}


def bring(scene: Scene, state: ApplicationState) -> Application:
    """Return an application in a state."""
    office = scene.office
    found = office.apply(scene.clerk, scene.form())
    if state is ApplicationState.RETURNED:
        return office.send_back(scene.colleague, found.id, "?")
    if state is ApplicationState.ENTERED:
        return found
    if state is ApplicationState.WITHDRAWN:
        return office.withdraw(scene.clerk, found.id)
    found = office.proofread(scene.colleague, found.id)
    if state is ApplicationState.PROOFREAD:
        return found
    if state is ApplicationState.REJECTED:
        return office.reject(scene.reviewer, found.id, "原因")
    found = office.approve(scene.reviewer, found.id)
    if state is ApplicationState.APPROVED:
        return found
    issued = office.issue(scene.issuer, found.id)
    if state is ApplicationState.DELIVERED:
        return office.deliver(scene.issuer, found.id, receipt="张三").application
    if state is ApplicationState.CLOSED:
        assert issued.pair is not None
        office.revoke(scene.issuer, issued.pair.id, ReasonCode.SUPERSEDED)
    return office.application(scene.clerk, found.id)


def bring_pair(scene: Scene, state: PairState, clock: Clock) -> int:
    """Return a pair in a state, near enough to its expiry that it may be renewed where it may be."""
    validity = Validity(clock.at, clock.at + timedelta(days=50))
    pair = scene.issued(wanted=Wanted(validity=validity)).pair
    assert pair is not None
    office = scene.office
    if state is PairState.ACTIVE:
        office.deliver(scene.issuer, pair.application_id or 0, receipt="张三")
    elif state is PairState.LOST:
        office.report_loss(scene.clerk, pair.id)
    elif state is PairState.SUSPENDED:
        office.suspend(scene.issuer, pair.id)
    elif state is PairState.REVOKED:
        office.revoke(scene.issuer, pair.id, ReasonCode.SUPERSEDED)
    elif state is PairState.REPLACED:
        office.issue(scene.issuer, office.renew(scene.clerk, pair.id).application.id)
    elif state is PairState.EXPIRED:
        clock.at = pair.not_after + timedelta(seconds=1)
        assert office.expire() == 1
    return pair.id


def alone(scene: Scene, name: str) -> Scene:
    """Return the same office where one person tries to do everything."""
    return replace(scene, operators=dict.fromkeys(scenes.NAMES, scene.operators[name]))


def active(scene: Scene) -> int:
    """Return a pair that was issued and delivered."""
    pair = scene.delivered().pair
    assert pair is not None
    return pair.id
