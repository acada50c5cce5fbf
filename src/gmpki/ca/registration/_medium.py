"""The token that a pair is delivered on, where the register of media knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki.ca.registration import media
from gmpki.ca.registration.media import MediumState
from gmpki.ca.registration.states import Operation
from gmpki.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from gmpki.ca.interfaces import Actor
    from gmpki.ca.registration.pairs import Pair
    from gmpki.ca.store.store import Transaction

__all__ = ["hand_out", "is_with", "note"]

_STEPS = {
    Operation.REPORT_LOSS: (MediumState.ISSUED, MediumState.LOST),
    Operation.LIFT_LOSS: (MediumState.LOST, MediumState.ISSUED),
}


def is_with(connection: Connection, serial: str | None, applicant_id: int) -> bool:
    """Tell whether a token has been handed out to an applicant, or is one that nobody keeps a register of.

    :raises ConflictError: with the reason "token-taken", when somebody else has it.
    """
    if serial is None:
        return True
    try:
        found = media.read(connection, serial)
    except NotFoundError:
        return True
    if found.applicant_id is not None and found.applicant_id != applicant_id:
        raise ConflictError("token-taken", f"the token {serial} has been handed out to somebody else")
    return found.state is MediumState.ISSUED


def hand_out(tx: Transaction, actor: Actor, serial: str | None, applicant_id: int, pair_id: int) -> None:
    """Write down that a token goes to an applicant.

    :raises ConflictError: as :func:`is_with`.
    :raises LifeCycleError: when it is damaged, or has come back and was not put into stock.
    """
    if serial is not None and not is_with(tx.connection, serial, applicant_id):
        media.move(tx, serial, MediumState.ISSUED, actor=actor, applicant_id=applicant_id, pair_id=pair_id)


def note(tx: Transaction, actor: Actor, operation: Operation, pair: Pair) -> None:
    """Write down that a token is missing, or was found."""
    if operation not in _STEPS or pair.token_serial is None:
        return
    before, after = _STEPS[operation]
    try:
        found = media.read(tx.connection, pair.token_serial)
    except NotFoundError:
        return
    if found.state is before and found.applicant_id == pair.applicant_id:
        media.move(tx, pair.token_serial, after, actor=actor)
