"""Appointing operators: who becomes one, with which permissions, where; who is suspended or removed.

The first ones are there before anybody can log in, made by whoever sets up the authority. All others are appointed by
an administrator, in the administrator's own regions; nobody changes what is written of themselves, so that there is
always one administrator left and nobody gives permissions to themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import select

from gmpki._inputs import iterated, member
from gmpki.ca.interfaces import SYSTEM, Actor
from gmpki.ca.operators._texts import title_text
from gmpki.ca.operators.operators import ROWS, Operator, OperatorState, demand, operator_named
from gmpki.ca.operators.permissions import Permission, check_permissions, permissions_text
from gmpki.ca.operators.regions import point_of, region_of
from gmpki.ca.store.columns import certificate_digest
from gmpki.ca.store.schema import audit_head, operators
from gmpki.errors import ConflictError, InvalidInputError, LifeCycleError, NotFoundError, NotPermittedError
from gmpki.protect import canonical
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Row

    from gmpki.ca.store.store import Transaction

__all__ = [
    "Appointment",
    "appoint",
    "appoint_first",
    "change_appointment",
    "remove_operator",
    "resume_operator",
    "suspend_operator",
]

_NAME_LEN: Final = 64


@dataclass(frozen=True, slots=True)
class Appointment:
    """What is written of an operator. Immutable.

    :ivar name: what applications and the audit log call them, 1 to 64 printable characters in NFC, at no time given to
        anybody else.
    :ivar title: what people call them, 1 to 255 printable characters in NFC.
    :ivar certificate: what they log in with; nobody else does.
    :ivar permissions: as :func:`~gmpki.ca.operators.permissions.check_permissions` allows them.
    :ivar region_id: where they work; None for everywhere.
    :ivar point_id: the issuing point where they work. Its region is then theirs, and ``region_id`` that one or None.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when a field is not as said above.
    """

    name: str
    title: str
    certificate: Certificate
    permissions: frozenset[Permission]
    region_id: int | None = None
    point_id: int | None = None

    def __post_init__(self) -> None:
        if len(canonical.label(self.name, "name")) > _NAME_LEN:
            raise InvalidInputError(f"the name of an operator has at most {_NAME_LEN} characters")
        title_text(self.title)
        member(self.certificate, Certificate, "certificate")
        object.__setattr__(self, "permissions", check_permissions(self.permissions, is_remote=False))


def appoint_first(tx: Transaction, appointments: Iterable[Appointment]) -> list[Operator]:
    """Appoint the operators with whom an authority begins.

    :raises InvalidInputError: when none of them may administer everywhere.
    :raises ConflictError: with the reason "duplicate" when there are operators already, or two have the same name or
        certificate.

    The other errors are those of :func:`appoint`.
    """
    listed = iterated(appointments, "appointments")
    for appointment in listed:
        member(appointment, Appointment, "an appointment")
    # Whoever else begins at the same time waits here.
    tx.connection.execute(select(audit_head.c.number).with_for_update()).all()
    if tx.connection.execute(select(operators.c.id).limit(1)).first() is not None:
        raise ConflictError("duplicate", "there are operators already: an administrator appoints the others")
    if not any(
        Permission.ADMINISTRATION in each.permissions and each.region_id is None and each.point_id is None
        for each in listed
    ):
        raise InvalidInputError("one of the first operators has to have the permission administration everywhere")
    return [_insert(tx, SYSTEM, each, _values(tx, each)) for each in listed]


def appoint(tx: Transaction, by: Operator, appointment: Appointment) -> Operator:
    """Appoint an operator.

    :param by: an administrator of the region, or of everywhere.
    :raises NotPermittedError: when they may not, as :func:`~gmpki.ca.operators.operators.demand` says.
    :raises NotFoundError: when there is no such region or issuing point.
    :raises InvalidInputError: when the point lies in another region, or is a remote one where such permissions are not
        given.
    :raises ConflictError: with the reason "duplicate" when the name, the certificate or its key is somebody's, or was.
    :raises TamperedError: when a row that has to be read is not as it was written.
    :raises InvalidTypeError: when an argument has the wrong type.
    """
    member(by, Operator, "by")
    member(appointment, Appointment, "appointment")
    values = _values(tx, appointment)
    _lock(tx, by.name, appointment.name)
    _demand(tx, by, values["region_id"])
    return _insert(tx, by.actor, appointment, values)


def change_appointment(tx: Transaction, by: Operator, appointment: Appointment) -> Operator:
    """Write something else of an operator: title, permissions, place, or a new certificate.

    Whoever is logged in with the old certificate is refused from then on.

    :param appointment: what holds from now on; the name is that of an operator.
    :raises NotPermittedError: also with the reason "own-record" when it is that of ``by``.
    :raises LifeCycleError: when the operator was removed.
    :raises NotFoundError: also when there is no such operator.

    The other errors are those of :func:`appoint`.
    """
    member(appointment, Appointment, "appointment")
    row = _own_region(tx, by, appointment.name)
    if row.state == OperatorState.REMOVED.value:
        raise LifeCycleError("change", row.state, "the operator was removed")
    values = _values(tx, appointment)
    _demand(tx, by, values["region_id"])
    _refuse_key_of_another(tx, appointment)
    with tx.savepoint():
        ROWS.change(tx, row._mapping, **values)
    tx.audit(by.actor, "operator.change", f"operator:{row.name}", **_told(values))
    return operator_named(tx.connection, tx.protection, row.name)


def suspend_operator(tx: Transaction, by: Operator, name: str, *, reason: str | None = None) -> None:
    """Refuse an operator everything until :func:`resume_operator`.

    :raises LifeCycleError: when the operator is not active.

    The other errors are those of :func:`change_appointment`.
    """
    _set_state(tx, by, name, _SUSPEND, reason)


def resume_operator(tx: Transaction, by: Operator, name: str, *, reason: str | None = None) -> None:
    """End a suspension.

    :raises LifeCycleError: when the operator is not suspended.

    The other errors are those of :func:`change_appointment`.
    """
    _set_state(tx, by, name, _RESUME, reason)


def remove_operator(tx: Transaction, by: Operator, name: str, *, reason: str | None = None) -> None:
    """End an appointment for good; what they did stays under their name.

    :raises LifeCycleError: when the operator was removed before.

    The other errors are those of :func:`change_appointment`.
    """
    _set_state(tx, by, name, _REMOVE, reason)


class _Step(NamedTuple):
    """What becomes of an operator of whom something is written."""

    operation: str
    before: tuple[OperatorState, ...]
    after: OperatorState


_SUSPEND: Final = _Step("suspend", (OperatorState.ACTIVE,), OperatorState.SUSPENDED)
_RESUME: Final = _Step("resume", (OperatorState.SUSPENDED,), OperatorState.ACTIVE)
_REMOVE: Final = _Step("remove", (OperatorState.ACTIVE, OperatorState.SUSPENDED), OperatorState.REMOVED)


def _set_state(tx: Transaction, by: Operator, name: str, step: _Step, reason: str | None) -> None:
    if reason is not None:
        title_text(reason)
    row = _own_region(tx, by, name)
    if row.state not in [state.value for state in step.before]:
        raise LifeCycleError(step.operation, row.state, f"{step.operation} is not for an operator who is {row.state}")
    ROWS.change(tx, row._mapping, state=step.after.value)
    tx.audit(by.actor, f"operator.{step.operation}", f"operator:{row.name}", reason=reason)


def _own_region(tx: Transaction, by: Operator, name: str) -> Row[Any]:
    """Return the row of another operator in a region of the administrator's."""
    member(by, Operator, "by")
    rows = _lock(tx, by.name, canonical.label(name, "name"))
    if name == by.name:
        raise NotPermittedError("own-record", "nobody changes what is written of themselves")
    row = rows.get(name)
    if row is None:
        _demand(tx, by, by.region_id)
        raise NotFoundError("there is no such operator")
    ROWS.verify(tx.protection, row._mapping)
    _demand(tx, by, row.region_id)
    return row


def _lock(tx: Transaction, *names: str) -> dict[str, Row[Any]]:
    """Read rows of operators and keep others from changing them; in one order, so that two do not wait for each other.

    Without it, two administrators could suspend each other at the same time.
    """
    query = select(operators).where(operators.c.name.in_(names)).order_by(operators.c.id).with_for_update()
    return {row.name: row for row in tx.connection.execute(query)}


def _demand(tx: Transaction, by: Operator, region_id: int | None) -> None:
    demand(by, Permission.ADMINISTRATION, region_id=region_id, connection=tx.connection, protection=tx.protection)


def _values(tx: Transaction, appointment: Appointment) -> dict[str, Any]:
    """Return the columns of an appointment, after looking up where it is."""
    region_id, is_remote = appointment.region_id, False
    if appointment.point_id is not None:
        point = point_of(tx.connection, tx.protection, appointment.point_id)
        if region_id not in (None, point.region_id):
            raise InvalidInputError("the issuing point lies in another region")
        region_id, is_remote = point.region_id, point.is_remote
    elif region_id is not None:
        region_of(tx.connection, tx.protection, region_id)
    permissions = check_permissions(appointment.permissions, is_remote=is_remote)
    return {
        "title": appointment.title,
        "certificate_digest": certificate_digest(appointment.certificate),
        "certificate": appointment.certificate.to_der(),
        "permissions": permissions_text(permissions),
        "region_id": region_id,
        "point_id": appointment.point_id,
    }


def _refuse_key_of_another(tx: Transaction, appointment: Appointment) -> None:
    """See that nobody works under two names, each with a certificate for one key: so they would check themselves."""
    # Whoever appoints at the same time waits here.
    tx.connection.execute(select(audit_head.c.number).with_for_update()).all()
    others = select(operators.c.certificate).where(operators.c.name != appointment.name)
    key = appointment.certificate.public_key_info.to_der()
    # There are some hundreds of them at most.
    for certificate in tx.connection.scalars(others):
        if Certificate.from_der(certificate, lenient=True).public_key_info.to_der() == key:
            raise ConflictError("duplicate", "the key of this certificate is that of another operator")


def _insert(tx: Transaction, actor: Actor, appointment: Appointment, values: dict[str, Any]) -> Operator:
    _refuse_key_of_another(tx, appointment)
    row = {**values, "name": appointment.name, "state": OperatorState.ACTIVE.value, "created_at": tx.at}
    with tx.savepoint():
        ROWS.add(tx, row)
    tx.audit(actor, "operator.appoint", f"operator:{appointment.name}", **_told(values))
    return operator_named(tx.connection, tx.protection, appointment.name)


def _told(values: dict[str, Any]) -> dict[str, str | int | None]:
    """Return what the audit log says of an appointment."""
    return {
        "title": values["title"],
        "permissions": values["permissions"],
        "region": values["region_id"],
        "point": values["point_id"],
        "certificate": values["certificate_digest"],
    }
