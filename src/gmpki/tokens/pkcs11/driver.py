"""A PKCS #11 module as a driver of tokens.

>>> from gmpki.tokens.pkcs11 import PKCS11Driver
>>> driver = PKCS11Driver("/usr/lib/softhsm/libsofthsm2.so")  # doctest: +SKIP
>>> with driver.open("A").application() as application:  # doctest: +SKIP
...     application.login("12345678")
...     signature = application.container("con1").signing_key.sign(b"message")
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, member, number
from gmpki.algorithms.policy import DEFAULT_POLICY, AlgorithmPolicy
from gmpki.errors import InvalidInputError, InvalidTypeError, StateError, TokenNotFoundError, TokenRemovedError
from gmpki.tokens._opened import Closing
from gmpki.tokens.interfaces import Ability, DeviceEvent, EventKind
from gmpki.tokens.pkcs11.cryptoki import load
from gmpki.tokens.pkcs11.device import ALWAYS, PKCS11Device
from gmpki.tokens.pkcs11.mechanism_map import MechanismMap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.tokens.pkcs11.cryptoki import Module, TokenInfo

__all__ = ["PKCS11Driver"]

_POLL_S: Final = 0.2
_MAX_SLOT: Final = (1 << 64) - 1


class PKCS11Driver(Closing):
    """A module and its tokens. Thread-safe."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        mechanism_map: MechanismMap | None = None,
        policy: AlgorithmPolicy = DEFAULT_POLICY,
    ) -> None:
        """Load a module.

        :param path: of a shared library that is trusted: loading runs code in it.
        :param mechanism_map: the numbers for SM2, SM3 and SM4; None finds a preset that fits for each token.
        :param policy: decides about RSA keys of 1024 bits and small curves.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when path is no name that a file can have.
        :raises DriverError: when it cannot be loaded, or is no PKCS #11 module.
        :raises UnsupportedPlatform: when cffi is missing.
        """
        if mechanism_map is not None:
            member(mechanism_map, MechanismMap, "mechanism_map")
        member(policy, AlgorithmPolicy, "policy")
        self._map = mechanism_map
        self._policy = policy
        self._module: Module | None = load(path)
        self._devices: list[PKCS11Device] = []
        self._cancelled = threading.Event()

    @property
    def kind(self) -> str:
        """The scheme of its URIs."""
        return "pkcs11"

    @property
    def abilities(self) -> frozenset[Ability]:
        """What its tokens can do, or may be able to."""
        return ALWAYS | {Ability.AGREEMENT, Ability.IMPORT_KEY_PAIR}

    @property
    def module(self) -> Module:
        """The module.

        :raises StateError: after close.
        """
        if self._module is None:
            raise StateError("the driver is closed")
        return self._module

    def tokens(self) -> dict[str, TokenInfo]:
        """Return the tokens that are there, by the names of their devices.

        A token's name is its label, with "@" and its serial number where several have that label; one that is not
        initialised is called by its slot.
        """
        found = [token for token in map(self._token, self.module.slots()) if token is not None]
        labels = Counter(token.label for token in found if token.is_initialized)
        names: dict[str, TokenInfo] = {}
        for token in found:
            name = f"slot {token.slot}"
            if token.is_initialized and token.label:
                name = token.label if labels[token.label] == 1 else f"{token.label}@{token.serial}"
            names[name if name not in names else f"slot {token.slot}"] = token
        return names

    def _token(self, slot: int) -> TokenInfo | None:
        try:
            return self.module.token_info(slot)
        except TokenRemovedError:  # pulled out since the slots were listed
            return None

    def devices(self) -> tuple[str, ...]:
        """Return the names of the tokens that are there, as :meth:`tokens` makes them."""
        return tuple(self.tokens())

    def open(self, name: str | None = None) -> PKCS11Device:
        """Open a token.

        :param name: one of :meth:`devices`, or a label and serial number with "@" between; None is the only token
            there is, of several the only one that is initialised.
        :raises InvalidTypeError: when the name is no text.
        :raises TokenNotFoundError: when there is none of this name, or None does not say which.
        """
        tokens = self.tokens()
        if name is None:
            ready = {known: token for known, token in tokens.items() if token.is_initialized} or tokens
            if len(ready) != 1:
                raise TokenNotFoundError(f"say which token: there are {', '.join(ready) or 'none'}")
            return self._opened(*ready.popitem())
        full = {f"{token.label}@{token.serial}": token for token in tokens.values()}
        chosen = tokens.get(as_text(name, "name")) or full.get(name)
        if chosen is None:
            raise TokenNotFoundError(f"there is no token {name[:80]!r}; there are {', '.join(tokens) or 'none'}")
        return self._opened(name, chosen)

    def open_slot(self, slot: int) -> PKCS11Device:
        """Open the token in a slot.

        :raises InvalidTypeError: when the slot is not an ``int``.
        :raises InvalidInputError: when it is no number of 64 bits.
        :raises TokenNotFoundError: when that slot holds none.
        """
        number(slot, 0, _MAX_SLOT, "slot")
        for name, token in self.tokens().items():
            if token.slot == slot:
                return self._opened(name, token)
        raise TokenNotFoundError("there is no token in that slot")

    def _opened(self, name: str, token: TokenInfo) -> PKCS11Device:
        device = PKCS11Device(self.module, token.slot, name, self._map, self._policy)
        self._devices.append(device)
        return device

    # ---- events -------------------------------------------------------------------------
    def events(self, *, timeout_s: float | None = None) -> Iterator[DeviceEvent]:
        """Yield what happens to tokens until the time is over, or :meth:`cancel_events` is called.

        The slots are looked at five times a second: many modules have no C_WaitForSlotEvent, or one that cannot be
        ended.

        :param timeout_s: seconds; None for ever.
        :raises InvalidTypeError: when it is no number.
        :raises InvalidInputError: when it is negative.
        """
        if timeout_s is not None:
            if isinstance(timeout_s, bool) or not isinstance(timeout_s, (int, float)):
                raise InvalidTypeError(f"timeout_s must be a number, not {type(timeout_s).__name__}")
            if not timeout_s >= 0:
                raise InvalidInputError("timeout_s must not be negative")
        self._cancelled.clear()
        return self._watch(set(self.devices()), timeout_s)

    def _watch(self, before: set[str], timeout_s: float | None) -> Iterator[DeviceEvent]:
        end = None if timeout_s is None else time.monotonic() + timeout_s
        while end is None or time.monotonic() < end:
            if self._cancelled.wait(_POLL_S if end is None else max(0.0, min(_POLL_S, end - time.monotonic()))):
                return
            now = set(self.devices())
            for name in sorted(before - now):
                yield DeviceEvent(name, EventKind.REMOVED)
            for name in sorted(now - before):
                yield DeviceEvent(name, EventKind.INSERTED)
            before = now

    def cancel_events(self) -> None:
        """End the waiting for events of this driver."""
        self._cancelled.set()

    def close(self) -> None:
        """Close every device, then the driver; doing so twice is no error."""
        self.cancel_events()
        while self._devices:
            self._devices.pop().close()
        module, self._module = self._module, None
        if module is not None:
            module.close()

    def __repr__(self) -> str:
        return f"<PKCS11Driver {self._module!r}>"
