"""The session protocol over PC/SC: the readers as a driver.

>>> from gmpki.tokens.pcsc.driver import PCSCDriver
>>> with PCSCDriver() as driver:  # doctest: +SKIP
...     with driver.open() as device, device.application("A") as application:
...         application.login("12345678")
...         application.container("con1").signing_key.sign(b"message")
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, member
from gmpki.algorithms.policy import DEFAULT_POLICY, AlgorithmPolicy
from gmpki.errors import InvalidInputError, InvalidTypeError, TokenNotFoundError
from gmpki.tokens._opened import Opened
from gmpki.tokens.interfaces import Ability, DeviceEvent, EventKind
from gmpki.tokens.pcsc.card_profile import CardProfile
from gmpki.tokens.pcsc.device import PCSCDevice
from gmpki.tokens.pcsc.log import ApduLog
from gmpki.tokens.pcsc.readers import Readers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.tokens.pcsc.readers import CardTransport

__all__ = ["PCSCDriver"]


class PCSCDriver(Opened):
    """The readers of PC/SC and the cards in them; a :class:`~gmpki.tokens.interfaces.TokenDriver`. Thread-safe.

    A device is called as its reader is.

    :ivar policy: decides about RSA keys of tokens.
    :ivar profile: what is known of the cards; None asks each card who made it.
    :param log: is told every command and answer, secrets masked.
    :raises InvalidTypeError: when an input has the wrong type.
    """

    _WHAT = "driver"
    kind: Final = "pcsc"

    def __init__(
        self,
        *,
        profile: CardProfile | None = None,
        policy: AlgorithmPolicy = DEFAULT_POLICY,
        log: ApduLog | None = None,
    ) -> None:
        member(policy, AlgorithmPolicy, "policy")
        if profile is not None:
            member(profile, CardProfile, "profile")
        if log is not None:
            member(log, ApduLog, "log")
        super().__init__(None)
        self._found: Readers | None = None
        self.profile = profile
        self.policy = policy
        self.log = log
        self._stops: set[threading.Event] = set()

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do: report events."""
        return frozenset({Ability.EVENTS})

    @property
    def _readers(self) -> Readers:
        """The readers, looked for when they are first wanted."""
        with self._lock:
            self._use()
            if self._found is None:
                self._found = Readers()
            return self._found

    def devices(self) -> tuple[str, ...]:
        """Return the names of the readers that have a card in them.

        :raises UnsupportedPlatform: when pyscard is not installed, or no resource manager runs.
        :raises StateError: after close.
        :raises TokenError: when PC/SC fails.
        """
        return self._readers.with_card()

    def open(self, name: str | None = None) -> PCSCDevice:
        """Connect to the card in a reader.

        :param name: of the reader; None is the only one with a card.
        :raises InvalidTypeError: when name is not ``str``.
        :raises TokenNotFoundError: when there is none of this name, or None does not say which.
        :raises UnsupportedPlatform: see :meth:`devices`.
        :raises StateError: after close.
        :raises TokenError: when the card or PC/SC fails.
        """
        if name is not None:
            as_text(name, "the name of a reader")
        present = self.devices()
        if name is None:
            if len(present) != 1:
                there = f"{len(present)} readers have a card; one must be named" if present else "no reader has a card"
                raise TokenNotFoundError(there)
            name = present[0]
        elif name not in present:
            raise TokenNotFoundError(f"no card is in the reader {name!r}; cards are in {', '.join(present) or 'none'}")
        return self.open_card(self._readers.connect(name), name)

    def open_card(self, transport: CardTransport, name: str) -> PCSCDevice:
        """Take a card that something else than a reader leads to.

        :param transport: carries commands; it is closed with the device, or when the card does not answer.
        :raises TokenError: when the card fails.
        """
        try:
            return PCSCDevice(self, transport, as_text(name, "the name of a card"))
        except BaseException:
            transport.close()
            raise

    def events(self, *, timeout_s: float | None = None) -> Iterator[DeviceEvent]:
        """Yield cards put in and pulled out from now on, until the time is over or :meth:`cancel_events`.

        :param timeout_s: seconds; None is no end.
        :raises InvalidTypeError: when timeout_s is no number.
        :raises InvalidInputError: when it is negative or no time.
        :raises StateError: after close.
        :raises TokenError: when PC/SC fails.
        """
        if timeout_s is not None:
            if isinstance(timeout_s, bool) or not isinstance(timeout_s, int | float):
                raise InvalidTypeError(f"timeout_s must be a number, not {type(timeout_s).__name__}")
            if not 0 <= timeout_s <= threading.TIMEOUT_MAX:
                raise InvalidInputError("timeout_s must be a time of 0 seconds or more")
        readers, present = self._readers, self.devices()
        stop = threading.Event()
        with self._lock:
            self._stops.add(stop)
        end = None if timeout_s is None else time.monotonic() + timeout_s
        return self._events(readers.changes(present, stop), stop, end)

    def _events(
        self, changes: Iterator[tuple[str, bool] | None], stop: threading.Event, end: float | None
    ) -> Iterator[DeviceEvent]:
        try:
            for change in changes:
                if change is not None:
                    name, inserted = change
                    yield DeviceEvent(name, EventKind.INSERTED if inserted else EventKind.REMOVED)
                elif end is not None and time.monotonic() >= end:
                    return
        finally:
            with self._lock:
                self._stops.discard(stop)

    def cancel_events(self) -> None:
        """End every iterator of events of this driver."""
        with self._lock:
            stops = tuple(self._stops)
        for stop in stops:
            stop.set()

    def close(self) -> None:
        """End the waiting for events, close every device, then the driver; doing so twice is no error."""
        self.cancel_events()
        super().close()

    def _give_back(self) -> None:
        if self._found is not None:
            self._found.close()

    def __repr__(self) -> str:
        return f"<PCSCDriver{'' if self._is_open else ', closed'}>"
