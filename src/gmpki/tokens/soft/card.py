"""A device of the software token as a card in a virtual reader of PC/SC.

The reader is vsmartcard's vpcd, a driver of pcscd that listens on a port of this machine. This module connects to it
and passes every command to ``SKF_Transmit``: so commands of GM/T 0017 really run through the resource manager.

>>> from gmpki.tokens.soft.card import SoftCard
>>> with SoftCard("00a1") as card:  # doctest: +SKIP
...     card.start()  # the reader has a card in it until the context ends
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, number
from gmpki.errors import GmpkiError, StateError, TokenError, TokenNotFoundError, TokenRemovedError
from gmpki.tokens._opened import Closing
from gmpki.tokens.soft.paths import library_path

if TYPE_CHECKING:
    from gmpki.tokens.skf.functions import SKF
    from gmpki.tokens.skf.structures import DeviceHandle

__all__ = ["ATR", "VPCD_PORT", "SoftCard"]

VPCD_PORT: Final = 35963
"""Where vpcd listens for the card of its first reader; that of the second is the next port."""
ATR: Final = bytes.fromhex("3b80800101")
"""What the card says of itself when it is switched on: protocols T=0 and T=1, no more."""

_POWER_OFF, _POWER_ON, _RESET, _GET_ATR = 0x00, 0x01, 0x02, 0x04
_FAILED: Final = bytes.fromhex("6f00")
_CONNECT_TIMEOUT_S: Final = 5.0


class SoftCard(Closing):
    """A card in a virtual reader. One thread runs it: :meth:`run`, or the one that :meth:`start` makes.

    A reset closes what was open on the card and logs out, as it does on a real one.

    :param device: the serial number of the device; see :func:`~gmpki.tokens.soft.store.create_soft_device`.
    :param host: where vpcd listens; it has no authentication, so this should be the own machine.
    :param port: its port, 1 to 65535.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when port is outside.
    :raises TokenNotFoundError: when there is no such device, or no vpcd listens.
    :raises UnsupportedPlatform: when this installation came without the software token.
    """

    def __init__(self, device: str, *, host: str = "127.0.0.1", port: int = VPCD_PORT) -> None:
        from gmpki.tokens.skf.library import load

        as_text(device, "device")
        as_text(host, "host")
        number(port, 1, 65535, "port")
        self._device = device
        self._skf: SKF = load(library_path("skf"))
        if device not in self._skf.enum_dev(True):
            raise TokenNotFoundError(f"there is no software token {device!r}, or it is pulled out")
        self._handle: DeviceHandle | None = None
        try:
            self._socket = socket.create_connection((host, port), _CONNECT_TIMEOUT_S)
        except OSError as error:
            raise TokenNotFoundError(
                f"no virtual reader listens at {host}:{port} (pcscd with vpcd): {error.strerror or error}"
            ) from None
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._thread: threading.Thread | None = None
        self._is_open = True

    @property
    def device(self) -> str:
        """The serial number of the device."""
        return self._device

    def start(self) -> None:
        """Run the card in a thread of its own until it is closed.

        :raises StateError: when it runs already, or is closed.
        """
        if self._thread is not None or not self._is_open:
            raise StateError("the card runs already, or is closed")
        self._thread = threading.Thread(target=self.run, name=f"card {self._device}", daemon=True)
        self._thread.start()

    def run(self) -> None:
        """Answer the reader until it goes away, the device is pulled out, or the card is closed."""
        try:
            while (message := self._received()) is not None:
                if len(message) > 1:
                    self._send(self._answer(message))
                elif message[:1] == bytes((_GET_ATR,)):
                    self._send(ATR)
                elif message and message[0] in (_POWER_OFF, _POWER_ON, _RESET):
                    self._forget()
        except (OSError, TokenRemovedError):
            return
        finally:
            self._forget()
            # The reader sees the card go only when the connection ends.
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _answer(self, command: bytes) -> bytes:
        try:
            if self._handle is None:
                self._handle = self._skf.connect_dev(self._device)
            return self._skf.transmit(self._handle, command)
        except TokenRemovedError:
            raise
        except GmpkiError:  # a command that is none, or a device that somebody holds
            return _FAILED

    def _forget(self) -> None:
        """Switch off: disconnecting ends logins and all that was open."""
        handle, self._handle = self._handle, None
        if handle is not None:
            with contextlib.suppress(TokenError):
                self._skf.disconnect_dev(handle)

    # ---- messages: their length in two bytes, then they -----------------------------------
    def _received(self) -> bytes | None:
        head = self._exactly(2)
        return None if head is None else self._exactly(int.from_bytes(head, "big"))

    def _exactly(self, length: int) -> bytes | None:
        data = bytearray()
        while len(data) < length:
            # vpcd writes length and message apart and waits for the acknowledgement between them; without this, which
            # must be said again each time, that costs 40 ms a command.
            if hasattr(socket, "TCP_QUICKACK"):
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            part = self._socket.recv(length - len(data))
            if not part:
                return None
            data += part
        return bytes(data)

    def _send(self, message: bytes) -> None:
        self._socket.sendall(len(message).to_bytes(2, "big") + message)

    def close(self) -> None:
        """Take the card out of the reader; doing so twice is no error."""
        self._is_open = False
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self._socket.close()
        self._forget()

    def __repr__(self) -> str:
        return f"<SoftCard {self._device!r}{'' if self._is_open else ', closed'}>"
