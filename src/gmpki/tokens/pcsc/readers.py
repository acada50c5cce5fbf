"""Readers of PC/SC and the cards in them, through pyscard."""

from __future__ import annotations

import contextlib
import importlib
import threading
from typing import TYPE_CHECKING, Any, Final, Protocol

from gmpki.errors import StateError, TokenError, TokenNotFoundError, TokenRemovedError, UnsupportedPlatform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

__all__ = ["CardTransport", "ReaderCard", "Readers"]

_POLL_MS: Final = 200


class CardTransport(Protocol):
    """What carries commands to a card."""

    generation: int
    """Counts how often the card was found to have forgotten everything."""

    def transmit(self, command: bytes) -> bytes:
        """Pass a command, return the answer."""

    def transaction(self) -> AbstractContextManager[None]:
        """Keep other programs off the card until the context ends."""

    def close(self) -> None:
        """Let the card go; doing so twice is no error."""


class Readers:
    """The resource manager of PC/SC and its readers. Thread-safe.

    :raises UnsupportedPlatform: when pyscard is not installed, or no resource manager runs.
    """

    def __init__(self) -> None:
        self._scard = _scard()
        status, self._context = self._scard.SCardEstablishContext(self._scard.SCARD_SCOPE_USER)
        if status != self._scard.SCARD_S_SUCCESS:
            raise UnsupportedPlatform(f"the resource manager of PC/SC cannot be reached: {self._message(status)}")
        self._is_open = True

    def names(self) -> tuple[str, ...]:
        """Return the names of the readers, with a card or without.

        :raises StateError: after close.
        :raises TokenError: when the resource manager fails.
        """
        self._use()
        scard = self._scard
        status, names = scard.SCardListReaders(self._context, [])
        if status == scard.SCARD_E_NO_READERS_AVAILABLE:
            return ()
        self._check("SCardListReaders", status)
        return tuple(names)

    def with_card(self) -> tuple[str, ...]:
        """Return the names of the readers that have a card in them; errors as :meth:`names`."""
        names = self.names()
        present = self._states(dict.fromkeys(names, 0), 0)
        return tuple(name for name in names if present.get(name, 0) & self._scard.SCARD_STATE_PRESENT)

    def changes(self, before: tuple[str, ...], stop: threading.Event) -> Iterator[tuple[str, bool] | None]:
        """Yield each reader with whether a card was put in; None each time that nothing more happened for a moment.

        :param before: the readers that had a card before.
        :param stop: ends it.
        :raises StateError: after close.
        :raises TokenError: when the resource manager fails.
        """
        present = set(before)
        while not stop.is_set():
            now = set(self.with_card())
            for name in sorted(present ^ now):
                yield name, name in now
            present = now
            yield None
            stop.wait(_POLL_MS / 1000)

    def connect(self, name: str) -> ReaderCard:
        """Connect to the card in a reader.

        :raises StateError: after close.
        :raises TokenNotFoundError: when there is no such reader, or no card in it.
        :raises TokenError: when the resource manager fails.
        """
        self._use()
        scard = self._scard
        protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        status, handle, protocol = scard.SCardConnect(self._context, name, scard.SCARD_SHARE_SHARED, protocols)
        if status in (scard.SCARD_E_NO_SMARTCARD, scard.SCARD_E_UNKNOWN_READER, scard.SCARD_W_REMOVED_CARD):
            raise TokenNotFoundError(f"there is no card in the reader {name!r}")
        self._check("SCardConnect", status)
        return ReaderCard(self, handle, protocol)

    def close(self) -> None:
        """Let the resource manager go; doing so twice is no error."""
        if self._is_open:
            self._is_open = False
            self._scard.SCardReleaseContext(self._context)

    def _use(self) -> None:
        if not self._is_open:
            raise StateError("the readers are closed")

    def _states(self, states: dict[str, int], timeout_ms: int) -> dict[str, int]:
        if not states:
            return {}
        scard = self._scard
        status, changed = scard.SCardGetStatusChange(self._context, timeout_ms, list(states.items()))
        if status == scard.SCARD_E_TIMEOUT:
            return states
        self._check("SCardGetStatusChange", status)
        return {name: state for name, state, _ in changed}

    def _message(self, status: int) -> str:
        return str(self._scard.SCardGetErrorMessage(status)).rstrip(".")

    def _check(self, function: str, status: int) -> None:
        if status != self._scard.SCARD_S_SUCCESS:
            raise TokenError(f"PC/SC fails: {self._message(status)}", function=function, code=status & 0xFFFFFFFF)


class ReaderCard:
    """The card in a reader. Not thread-safe. Made by :meth:`Readers.connect`.

    A card that another program reset is connected to again, and the call at which that is found fails: what was open
    on it is closed and nobody has logged in any more. No command is ever sent twice.
    """

    def __init__(self, readers: Readers, handle: Any, protocol: int) -> None:
        self._readers = readers
        self._scard = readers._scard
        self._handle = handle
        self._protocol = protocol
        self._is_open = True
        self.generation = 0

    @property
    def atr(self) -> bytes:
        """What the card said when it was switched on; errors as :meth:`transmit`."""
        if not self._is_open:
            raise StateError("the card is closed")
        status, _, _, _, atr = self._scard.SCardStatus(self._handle)
        self._expect("SCardStatus", status)
        return bytes(byte & 0xFF for byte in atr)

    def transmit(self, command: bytes) -> bytes:
        """Pass a command, return the answer.

        :raises StateError: after close.
        :raises TokenRemovedError: when the card was pulled out, or another program reset it.
        :raises TokenError: when the resource manager fails.
        """
        if not self._is_open:
            raise StateError("the card is closed")
        scard = self._scard
        header = scard.SCARD_PCI_T0 if self._protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1
        status, answer = scard.SCardTransmit(self._handle, header, list(command))
        self._expect("SCardTransmit", status)
        if not answer:  # what readers' drivers are met to answer for a card that has just gone
            raise TokenRemovedError("the card does not answer", function="SCardTransmit")
        return bytes(byte & 0xFF for byte in answer)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep other programs off the card until the context ends; errors as :meth:`transmit`."""
        if not self._is_open:
            raise StateError("the card is closed")
        self._expect("SCardBeginTransaction", self._scard.SCardBeginTransaction(self._handle))
        try:
            yield
        finally:
            # A card that is gone has no transaction to end.
            self._scard.SCardEndTransaction(self._handle, self._scard.SCARD_LEAVE_CARD)

    def close(self) -> None:
        """Let the card go and reset it, which logs out; doing so twice is no error."""
        if self._is_open:
            self._is_open = False
            self._scard.SCardDisconnect(self._handle, self._scard.SCARD_RESET_CARD)

    def _expect(self, function: str, status: int) -> None:
        scard = self._scard
        if status == scard.SCARD_S_SUCCESS:
            return
        if status == scard.SCARD_W_RESET_CARD:
            self.generation += 1
            status, self._protocol = scard.SCardReconnect(
                self._handle,
                scard.SCARD_SHARE_SHARED,
                scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1,
                scard.SCARD_LEAVE_CARD,
            )
            if status == scard.SCARD_S_SUCCESS:
                raise TokenRemovedError("another program reset the card: nobody has logged in any more")
        gone = (scard.SCARD_W_REMOVED_CARD, scard.SCARD_E_NO_SMARTCARD, scard.SCARD_E_READER_UNAVAILABLE)
        mute = (scard.SCARD_W_UNPOWERED_CARD, scard.SCARD_W_UNRESPONSIVE_CARD, scard.SCARD_E_NOT_TRANSACTED)
        if status in (*gone, *mute):
            raise TokenRemovedError("the card is gone", function=function, code=status & 0xFFFFFFFF)
        self._readers._check(function, status)


def _scard() -> Any:
    try:
        return importlib.import_module("smartcard.scard")
    except ImportError:
        raise UnsupportedPlatform("cards need pyscard, which is not installed: pip install gmpki[pcsc]") from None
