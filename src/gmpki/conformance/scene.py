"""What the checks of one group share, whatever the interface: what was asked for, and what is to be removed again."""

from __future__ import annotations

import abc
import contextlib
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki.errors import GmpkiError, InvalidInputError
from gmpki.tokens._opened import Closing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from gmpki.conformance.model import Permission
    from gmpki.conformance.recording import Recorder
    from gmpki.conformance.target import Options, Target

__all__ = ["OWN_NAME", "Pins", "Scene"]

OWN_NAME: Final = "GMPKI-"
"""What the names of the suite's own applications, containers, files and objects begin with."""

_WRONG_PINS: Final = (b"73501924", b"40927713", b"18264095")


@dataclass(frozen=True, slots=True)
class Pins:
    """The PINs of an application, or of a token. Immutable.

    :ivar admin: the administrator's, or security officer's; empty where it is not known, likewise user.
    """

    admin: bytes = field(repr=False)
    user: bytes = field(repr=False)

    @classmethod
    def new(cls) -> Pins:
        """Return PINs that nobody else has: 8 digits, for some tokens take no others."""
        return cls(*(b"%08d" % secrets.randbelow(10**8) for _ in range(2)))

    @property
    def wrong(self) -> bytes:
        """One that is neither."""
        return next(pin for pin in _WRONG_PINS if pin not in (self.admin, self.user))


class Scene(Closing):
    """A driver with a token, for the checks of a group. A context of one thread: its end removes what it made."""

    def __init__(
        self,
        target: Target,
        permissions: Collection[Permission],
        options: Options,
        recorder: Recorder,
        *,
        on_made: Callable[[str], None],
        on_removed: Callable[[str], None],
    ) -> None:
        """Note what was asked for.

        :param on_made: told the name of what the suite makes before it is there; on_removed: when it is gone.
        """
        self.target = target
        self.permissions = frozenset(permissions)
        self.options = options
        self.recorder = recorder
        self._on_made = on_made
        self._on_removed = on_removed
        self._made: list[str] = []

    @property
    def given_pins(self) -> Pins:
        """The PINs that the target names."""
        return Pins(self.target.admin_pin or b"", self.target.user_pin or b"")

    @staticmethod
    def is_own_name(name: str) -> bool:
        """Tell whether something, by its name, is what the suite made."""
        return name.startswith(OWN_NAME)

    @staticmethod
    def new_name() -> str:
        """Return a name that nothing has: 14 characters, for drivers are met that take 21."""
        return f"{OWN_NAME}{secrets.token_hex(4)}"

    def made(self, name: str) -> None:
        """Note that something of this name is about to be made."""
        self._made.append(name)
        self._on_made(name)

    def remove_application(self, name: str) -> None:
        """Remove an application of the suite, over PKCS #11 its objects; what is gone already is no error.

        :raises InvalidInputError: when its name is none that the suite gives.
        :raises TokenError: when the token refuses.
        """
        if not self.is_own_name(name):
            raise InvalidInputError("only what the suite has made is removed")
        self._remove(name)
        if name in self._made:
            self._made.remove(name)
        self._on_removed(name)

    @abc.abstractmethod
    def _remove(self, name: str) -> None:
        """Remove what has this name from the token."""

    def close(self) -> None:
        """Remove what was made. What cannot be removed stays noted as made."""
        for name in reversed(tuple(self._made)):
            with contextlib.suppress(GmpkiError):
                self.remove_application(name)
