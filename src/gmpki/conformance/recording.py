"""Record the calls that a check makes, without what is secret in them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from gmpki.conformance.model import Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.conformance.model import LatencyRow, Result

__all__ = ["Recorder"]

_KEPT: Final = 40  # calls; enough to see what led to a failure
_MAX_LEN: Final = 300  # of one call's arguments


class Recorder:
    """Keeps the last calls of a check. Used by several threads at once where a check has them.

    :ivar functions: those called since :meth:`begin`.
    :ivar count: how many calls there were since then.
    :ivar rows: what the check measured.
    :ivar keeps_arguments: whether calls are to be described; not while they are measured.
    """

    def __init__(
        self, before: Callable[[str], None] = lambda _: None, after: Callable[[], None] = lambda: None
    ) -> None:
        """Begin.

        :param before: told the function before each call: should the driver crash, it is known where.
        :param after: told, in the same thread, that it has returned.
        """
        self._before = before
        self._after = after
        self._calls: deque[Call] = deque(maxlen=_KEPT)
        self.functions: set[str] = set()
        self.count = 0
        self.rows: list[LatencyRow] = []
        self.keeps_arguments = True

    def begin(self) -> None:
        """Forget the calls of the check before."""
        self._calls.clear()
        self.functions.clear()
        self.count = 0
        self.rows.clear()

    def calling(self, function: str) -> None:
        """Note that a call begins."""
        self.count += 1
        self.functions.add(function)
        self._before(function)

    def called(self, function: str, arguments: str, answer: str) -> None:
        """Note how a call ended."""
        self._after()
        self._calls.append(Call(function, arguments[:_MAX_LEN], answer))

    def adopt(self, result: Result, where: str) -> None:
        """Note the calls that were made for the check elsewhere, such as in a second process."""
        self.functions.update(result.functions)
        self.count += result.call_count
        for call in result.calls:
            self._calls.append(Call(call.function, f"[{where}] {call.arguments}"[:_MAX_LEN], call.answer))

    @property
    def calls(self) -> tuple[Call, ...]:
        """The last calls, the oldest first."""
        return tuple(self._calls)
