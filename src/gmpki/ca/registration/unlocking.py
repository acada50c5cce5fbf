"""Unlocking the user PIN of a UKey, with what the office has to know and to write down about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gmpki.ca.registration import pairs
from gmpki.ca.registration._desk import Once
from gmpki.ca.registration.states import Operation, transition
from gmpki.errors import ConflictError, GmpkiError, InvalidInputError, InvalidTypeError

if TYPE_CHECKING:
    from gmpki.ca.operators.operators import Operator
    from gmpki.ca.registration._desk import Desk
    from gmpki.tokens.interfaces import Device, PinSource

__all__ = ["Unlocking", "unlock"]


@dataclass(frozen=True, slots=True)
class Unlocking:
    """A UKey at hand whose user PIN is to be set again. Immutable.

    :ivar device: the opened token.
    :ivar admin_pin: of its application.
    :ivar new_user_pin: what the user PIN becomes.
    :ivar application: the name of the application on it; None the only one there is.
    """

    device: Device
    admin_pin: str | bytes | bytearray | PinSource = field(repr=False)
    new_user_pin: str | bytes | bytearray = field(repr=False)
    application: str | None = None


def unlock(desk: Desk, operator: Operator, pair_id: int, unlocking: Unlocking, key: str | None) -> None:
    """Set the user PIN of the token of a pair, and write down that it was asked for and what came of it.

    Errors are those of :meth:`RegistrationOffice.unlock <gmpki.ca.registration.office.RegistrationOffice.unlock>`.
    """
    if not callable(getattr(type(unlocking.device), "application", None)):
        raise InvalidTypeError(f"device must be one of a token, not {type(unlocking.device).__name__}")
    serial = unlocking.device.info.serial_number
    once = Once(key, Operation.UNLOCK, operator, pair_id, serial)
    with desk.store.transaction() as tx:
        _, pair = pairs.lock(tx, pair_id)
        desk.permit(tx.connection, operator, Operation.UNLOCK.value, pair.region_id)
        if once.answer(tx) is not None:
            return
        transition(Operation.UNLOCK, pairs.state_at(pair, tx.now))
        if pair.token_serial is None:
            raise InvalidInputError("of this pair it is not known which token has it")
        if pair.token_serial != serial:
            raise ConflictError("other-token", f"this is the token {serial[:64]!r}, and the pair is in another one")
        tx.audit(operator.actor, "pair.unlock", pair.subject, token=serial, result="begun")
    problem: GmpkiError | None = None
    try:
        with unlocking.device.application(unlocking.application) as application:
            application.unblock_pin(unlocking.admin_pin, unlocking.new_user_pin)
    except GmpkiError as error:
        problem = error
    with desk.store.transaction() as tx:
        result = "done" if problem is None else type(problem).__name__
        tx.audit(operator.actor, "pair.unlock", pair.subject, token=serial, result=result)
        if problem is None:
            once.keep(tx, pair_id)
    if problem is not None:
        raise problem
