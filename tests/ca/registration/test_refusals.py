"""Who was refused something at an office stands in the audit log."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from ca import office as scenes
from ca import people
from ca.office import Scene
from ca.office_steps import ASKED, STEPS, active, alone
from certified import certify
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.operators.appointments import Appointment, appoint
from gmpki.ca.operators.operators import Operator
from gmpki.ca.operators.permissions import Permission
from gmpki.ca.registration.applications import Application
from gmpki.ca.registration.issuing import IssueAsked
from gmpki.ca.registration.office import RegistrationOffice
from gmpki.ca.registration.states import Operation
from gmpki.ca.store.audit_verify import verify_audit
from gmpki.ca.store.schema import audit
from gmpki.ca.store.store import Store
from gmpki.errors import InvalidTypeError, LifeCycleError, NotFoundError, NotPermittedError, StoreError
from gmpki.x509.names import build_name


@pytest.fixture
def scene(store: Store) -> Scene:
    return scenes.scene(store, is_foreign=True)


def refusals(scene: Scene) -> list[tuple[str, str, str, str]]:
    """Return who was refused what, asked for what, and why."""
    query = select(audit.c.actor, audit.c.subject, audit.c.line).where(audit.c.operation == "office.refused")
    with scene.store.reading() as connection:
        rows = connection.execute(query.order_by(audit.c.number)).all()
    said = [json.loads(row.line[row.line.index("{") : row.line.rindex("}") + 1]) for row in rows]
    return [(row.actor, row.subject, each["asked"], each["reason"]) for row, each in zip(rows, said, strict=True)]


def somebody_elsewhere(scene: Scene) -> Operator:
    """Appoint an operator of another region."""
    (region_id,) = people.add_regions(scene.store, "99")
    name = build_name(("CN", "stranger"))
    certificate = certify(name, scenes.key(200).public_key, name, scenes.key(200), serial_number=99)
    asked = Appointment("stranger", "stranger", certificate, frozenset({Permission.ENTRY}), region_id)
    with scene.store.transaction() as tx:
        return appoint(tx, scene.admin, asked)


def without_refusals(scene: Scene) -> list[tuple[str, str, str]]:
    return [entry for entry in scene.audited() if entry[0] != "office.refused"]


@pytest.mark.parametrize("operation", STEPS, ids=lambda each: each.value)
def test_with_an_application(scene: Scene, operation: Operation) -> None:
    application = scene.office.apply(scene.clerk, scene.form())
    before = scene.audited()
    with pytest.raises(NotPermittedError):
        STEPS[operation](alone(scene, "keeper"), application.id)
    asked = operation.value.replace("-", "_")
    assert refusals(scene) == [("keeper", f"application:{application.id}", asked, "permission")]
    assert without_refusals(scene) == before
    assert not verify_audit(scene.store).findings


@pytest.mark.parametrize("operation", ASKED, ids=lambda each: each.value)
def test_with_a_pair(scene: Scene, operation: Operation) -> None:
    pair_id = active(scene)
    with pytest.raises(NotPermittedError):
        ASKED[operation](alone(scene, "admin"), pair_id)
    asked = operation.value.replace("-", "_")
    assert refusals(scene) == [("admin", f"pair:{pair_id}", asked, "permission")]


OTHERS: dict[str, Callable[[Scene, Application], Any]] = {
    "register": lambda scene, _: scene.office.register(scene.keeper, people.person(9)),
    "apply": lambda scene, _: scene.office.apply(scene.keeper, scene.form()),
    "send_back": lambda scene, entered: scene.office.send_back(scene.keeper, entered.id, "?"),
    "carry_out": lambda scene, entered: scene.office.carry_out(operator=scene.admin, application_id=entered.id),
    "expire": lambda scene, _: scene.office.expire(scene.clerk),
}


@pytest.mark.parametrize("name", OTHERS)
def test_others(scene: Scene, name: str) -> None:
    entered = scene.office.apply(scene.clerk, scene.form())
    with pytest.raises(NotPermittedError):
        OTHERS[name](scene, entered)
    ((_, subject, asked, _),) = refusals(scene)
    assert asked == name
    assert subject in ("office", f"application:{entered.id}")


def test_reading(scene: Scene) -> None:
    entered = scene.office.apply(scene.clerk, scene.form())
    stranger = somebody_elsewhere(scene)
    with pytest.raises(NotPermittedError):
        scene.office.application(stranger, entered.id)
    with pytest.raises(NotPermittedError):
        scene.office.application_of_reference(stranger, entered.reference)
    assert refusals(scene) == [
        ("stranger", f"application:{entered.id}", "application", "region"),
        ("stranger", "office", "application_of_reference", "region"),
    ]


def test_their_own_entry(scene: Scene) -> None:
    entered = scene.office.apply(scene.colleague, scene.form())
    with pytest.raises(NotPermittedError):
        scene.office.proofread(scene.colleague, entered.id, key="k")
    assert refusals(scene) == [("colleague", f"application:{entered.id}", "proofread", "own-entry")]


def test_several_at_once(scene: Scene) -> None:
    approved = [scene.approved(request=scenes.request(number)) for number in range(2)]
    outcomes = scene.office.issue_many(scene.clerk, (IssueAsked(each.id) for each in approved))
    assert all(isinstance(each, NotPermittedError) for each in outcomes)
    assert refusals(scene) == [("clerk", f"application:{each.id}", "issue_many", "permission") for each in approved]


def test_other_errors_are_no_refusals(scene: Scene) -> None:
    entered = scene.office.apply(scene.clerk, scene.form())
    with pytest.raises(LifeCycleError):
        scene.office.issue(scene.issuer, entered.id)
    with pytest.raises(NotFoundError):
        scene.office.revoke(scene.issuer, 99, ReasonCode.SUPERSEDED)
    with pytest.raises(InvalidTypeError):
        scene.office.approve("reviewer", entered.id)  # type: ignore[arg-type]
    assert refusals(scene) == []


def test_refused_even_when_it_cannot_be_written_down(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    entered = scene.office.apply(scene.clerk, scene.form())

    def fails(*_: Any) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr("gmpki.ca.store.store.see_alive", fails)
    with pytest.raises(NotPermittedError) as caught:
        scene.office.approve(scene.clerk, entered.id)
    assert isinstance(caught.value.__cause__, StoreError)
    monkeypatch.undo()
    assert refusals(scene) == []


def test_methods_keep_what_they_say_of_themselves() -> None:
    assert list(inspect.signature(RegistrationOffice.issue).parameters)[:3] == ["self", "operator", "application_id"]
    assert (RegistrationOffice.issue.__doc__ or "").startswith("Have the certificates")
