"""What a child may say, and when.

The driver under test is in the process that speaks. One that damages that process, or speaks in its place, could say
what came of checks that never ran, ask for permissions in the journal, or name another driver: it is heard no further.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gmpki.conformance.identity import Identity
from gmpki.conformance.report.room import read_outcome
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["CHECKING", "IDENTIFYING", "REMOVING", "Hearing"]

_ALWAYS: Final = frozenset({"done", "bug", "unusable"})
CHECKING: Final = _ALWAYS | {"begin", "result", "made", "removed", "key_refused"}
"""What a child says that runs checks."""
IDENTIFYING: Final = _ALWAYS | {"identity", "refused"}
"""What a child says that identifies what is tested."""
REMOVING: Final = _ALWAYS | {"removed", "key_refused"}
"""What a child says that removes what another has left."""

_MAX_NAME_LEN: Final = 200
_MAX_NOTES: Final = 5000  # of things made and removed, by one child


class Hearing:
    """Judges the messages of one child. Of one thread.

    :ivar running: the id of the check that runs.
    """

    def __init__(self, checks: Collection[str], may_say: Collection[str] = CHECKING) -> None:
        """Begin.

        :param checks: ids of those that the child was asked for.
        """
        self._pending = set(checks)
        self._may_say = may_say
        self._notes = 0
        self.running: str | None = None

    def take(self, told: Mapping[str, Any]) -> None:
        """Take note of a message.

        :raises InvalidInputError: when it is none that is due.
        """
        said = [name for name in told if name != "rows"]
        if len(said) != 1 or said[0] not in self._may_say or ("rows" in told and said != ["result"]):
            raise InvalidInputError("this is nothing that the child has to say")
        name, value = said[0], told[said[0]]
        if name == "begin":
            self._begin(value)
        elif name == "result":
            result, _ = read_outcome(told)
            if self.running is None or result.check != self.running:
                raise InvalidInputError("this is the result of another check than the one that runs")
            self.running = None
        elif name in ("made", "removed"):
            self._note(value)
        elif name == "identity":
            Identity.from_json(value)
        elif not isinstance(value, bool if name in ("done", "key_refused") else str):
            raise InvalidInputError("this has another type")

    def _begin(self, check: Any) -> None:
        if not isinstance(check, str) or self.running is not None or check not in self._pending:
            raise InvalidInputError("this check is not due")
        self._pending.remove(check)
        self.running = check

    def _note(self, name: Any) -> None:
        self._notes += 1
        if not isinstance(name, str) or not 0 < len(name) <= _MAX_NAME_LEN or self._notes > _MAX_NOTES:
            raise InvalidInputError("this is no name of something that the suite makes")
