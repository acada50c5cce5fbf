"""Who was refused something is in the audit log as well: in a transaction of its own, for that of the operation is
rolled back.
"""

from __future__ import annotations

import functools
import inspect
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from gmpki.ca.operators.operators import Operator
from gmpki.errors import GmpkiError, NotPermittedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gmpki.ca.registration._desk import Desk
    from gmpki.ca.store.store import Transaction

__all__ = ["note_refusal", "refusals_noted"]

T = TypeVar("T")

_REFUSED: Final = "office.refused"
_OFFICE: Final = "office"


def note_refusal(tx: Transaction, operator: Operator, asked: str, subject: str, refused: NotPermittedError) -> None:
    """Write down that an operator was refused something.

    :param asked: the name of the method of the office.
    :param subject: what it was asked for.
    """
    tx.audit(operator.actor, _REFUSED, subject, asked=asked, reason=refused.reason)


def refusals_noted(office: type[T]) -> type[T]:
    """Have every public method of an office that takes an operator write down whom it refuses.

    A method that is added later is among them without anybody thinking of it.
    """
    for name, method in list(vars(office).items()):
        if isinstance(method, FunctionType) and not name.startswith("_"):
            signature = inspect.signature(method)
            if "operator" in signature.parameters:
                setattr(office, name, _noted(name, method, signature))
    return office


def _noted(name: str, method: Callable[..., Any], signature: inspect.Signature) -> Callable[..., Any]:
    @functools.wraps(method)
    def asked(office: Any, *arguments: Any, **named: Any) -> Any:
        try:
            return method(office, *arguments, **named)
        except NotPermittedError as refused:
            _write(office._desk, name, signature.bind(office, *arguments, **named).arguments, refused)
            raise

    return asked


def _write(desk: Desk, name: str, given: Mapping[str, Any], refused: NotPermittedError) -> None:
    operator = given.get("operator")
    if not isinstance(operator, Operator):
        return
    subject = next(
        (f"{kind}:{given[f'{kind}_id']}" for kind in ("application", "pair", "applicant") if f"{kind}_id" in given),
        _OFFICE,
    )
    try:
        with desk.store.transaction() as tx:
            note_refusal(tx, operator, name, subject, refused)
    except GmpkiError as problem:
        raise refused from problem  # refused it is, whether or not that can be written down
