"""What every SKF function is called by: locks, conversions from and to C, sizes found out, codes made errors."""

from __future__ import annotations

import itertools
import threading
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final, TypeVar

from gmpki._inputs import as_bytes, as_text, member, number
from gmpki.errors import DriverError, InvalidInputError, StateError
from gmpki.tokens.skf import sar
from gmpki.tokens.skf.driver_profile import Quirk
from gmpki.tokens.skf.layouts import Layout
from gmpki.tokens.skf.structures import (
    AgreementHandle,
    DigestHandle,
    Handle,
    KeyHandle,
    MacHandle,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from typing_extensions import Buffer, Self

    from gmpki.tokens.skf.driver_profile import DriverProfile
    from gmpki.tokens.skf.library import Library
    from gmpki.tokens.skf.probe import Findings

__all__ = ["MAX_DATA_LEN", "Calls", "new_session"]

H = TypeVar("H", bound=Handle)

MAX_DATA_LEN: Final = 16 * 1024 * 1024  # of one input or output
_MAX_TEXT_LEN: Final = 4096
# Behind every buffer that a driver writes to: one built for a wider layout stays inside.
_SLACK_LEN: Final = 64
_LARGE_LEN: Final = 65536  # what a driver gets that takes no size query
_SIZE_ATTEMPTS: Final = 3  # a list may grow between the query and the call
_MAX_NAMES: Final = 4096  # of a list; no token has as many of anything
_MAX_ODD_NAMES: Final = 1000
_MAX_ULONG: Final = 0xFFFFFFFF

_SESSIONS: Final = itertools.count(1)


def new_session() -> int:
    """Return a number that no handle carries yet."""
    return next(_SESSIONS)


class Calls:
    """A loaded driver, without its functions. Thread-safe: the calls on one device run one at a time.

    :ivar session: what its handles carry.
    """

    def __init__(self, library: Library, profile: DriverProfile, findings: Findings | None = None) -> None:
        self._library = library
        self._profile = profile
        self._findings = findings
        self._locks: dict[str, threading.RLock] = {}
        self._odd_names: dict[str, bytes] = {}
        self._closed = False
        self.session = new_session()

    # ---- what it is ---------------------------------------------------------------------
    @property
    def path(self) -> str:
        """The path of the driver."""
        return self._library.path

    @property
    def profile(self) -> DriverProfile:
        """What is known of the driver, with what was found out."""
        return self._profile

    @property
    def layout(self) -> Layout:
        """The layout that the driver is called by."""
        return self._profile.layout or Layout()

    @property
    def missing(self) -> tuple[str, ...]:
        """Which of the 78 common functions the driver does not export, or lacks as its profile says."""
        return tuple(dict.fromkeys((*self._library.missing, *self._profile.missing)))

    @property
    def symbols(self) -> dict[str, str]:
        """The symbol under which each function that the driver has was found."""
        return dict(self._library.symbols)

    def close(self) -> None:
        """Take no more calls; doing so twice is no error. The library stays loaded."""
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- calling ------------------------------------------------------------------------
    @property
    def _ffi(self) -> Any:
        return self._library.ffi(self.layout)

    def _lock_of(self, device: str | None) -> AbstractContextManager[Any]:
        """Return the lock for calls on a device; "" for those on none, None for those that may wait for others."""
        if device is None:
            return nullcontext()
        if Quirk.ONE_CALL_AT_A_TIME in self._profile.quirks:
            device = ""
        return self._locks.setdefault(device, threading.RLock())

    def _code(self, device: str | None, function: str, *arguments: Any) -> int:
        """Call a function and return its code.

        :raises StateError: after close.
        :raises TokenUnsupportedError: when the driver does not have it.
        """
        with self._lock_of(device):
            if self._closed:
                raise StateError("the driver was closed")
            return self._library.call(self.layout, function, arguments)

    def _error(self, function: str, code: int, *, tries_left: int | None = None) -> Exception:
        return sar.error(function, code, self._profile.codes, tries_left=tries_left)

    def _call(self, device: str | None, function: str, *arguments: Any) -> None:
        """Call a function.

        :raises TokenError: for every code but SAR_OK, as sar.py says.
        """
        code = self._code(device, function, *arguments)
        if code != sar.OK:
            raise self._error(function, code)

    def _on(self, handle: H, kind: type[H], function: str, *arguments: Any) -> None:
        """Call a function whose first argument is a handle; errors as :meth:`_call` and :meth:`_handle`."""
        value = self._handle(handle, kind)
        self._call(handle.device, function, value, *arguments)

    def _judged(self, device: str, function: str, verdict: Exception, *arguments: Any) -> None:
        """Call a function that judges data; verdict is the error for a code that may say it is not good."""
        code = self._code(device, function, *arguments)
        if code != sar.OK:
            raise verdict if sar.is_verdict(code, self._profile.codes) else self._error(function, code)

    def _output(
        self,
        device: str,
        function: str,
        *before: Any,
        capacity: int | None = None,
        after: tuple[Any, ...] = (),
        verdict: Exception | None = None,
    ) -> bytes:
        """Call a function that fills a buffer, and return what it wrote.

        :param before: its arguments before the buffer; after: those behind the length.
        :param capacity: how large the buffer is at first; None asks the driver, where calling twice is harmless.
        :param verdict: as :meth:`_judged`.
        """
        ffi = self._ffi
        cell = ffi.new("uint64_t *")
        length = ffi.cast("ULONG *", cell)
        if capacity is None and Quirk.NO_SIZE_QUERY in self._profile.quirks:
            capacity = _LARGE_LEN
        with self._lock_of(device):
            if capacity is None:
                self._call(device, function, *before, ffi.NULL, length, *after)
                capacity = int(length[0])
            for _ in range(_SIZE_ATTEMPTS):
                if capacity > MAX_DATA_LEN:
                    raise self._broken(function, f"it wants a buffer of {capacity} bytes")
                buffer = ffi.new("BYTE[]", capacity + _SLACK_LEN)
                cell[0] = 0
                length[0] = capacity
                code = self._code(device, function, *before, buffer, length, *after)
                if self._named(code) == "SAR_BUFFER_TOO_SMALL" and length[0] > capacity:
                    capacity = int(length[0])
                    continue
                if code != sar.OK:
                    spoken = verdict is not None and sar.is_verdict(code, self._profile.codes)
                    raise verdict if spoken and verdict is not None else self._error(function, code)
                if length[0] > capacity:
                    raise self._broken(function, f"it wrote {length[0]} bytes into a buffer of {capacity}")
                return bytes(ffi.buffer(buffer, int(length[0])))
        raise self._broken(function, "the size that it wants keeps growing")

    def _named(self, code: int) -> str | None:
        return sar.name_of(code, self._profile.codes)

    def _broken(self, function: str, how: str) -> DriverError:
        return DriverError(f"the driver breaks its interface: {how}", function=function)

    # ---- numbers and handles ------------------------------------------------------------
    def _number_out(self) -> tuple[Any, Any]:
        """Return a cell for a ULONG or BOOL, wide enough for any driver, and the pointer to pass."""
        cell = self._ffi.new("uint64_t *")
        return cell, self._ffi.cast("ULONG *", cell)

    def _handle(self, handle: H, kind: type[H]) -> Any:
        """Return a handle as it is passed.

        :raises InvalidTypeError: when it is not one of this kind.
        :raises InvalidInputError: when it is one of another driver.
        """
        member(handle, kind, "the handle")
        if handle.session != self.session:
            raise InvalidInputError("the handle is not one of this driver")
        return self._ffi.cast("HANDLE", handle.value)

    def _new_handle(self, kind: type[H], cell: Any, device: str) -> H:
        return kind(int(self._ffi.cast("uintptr_t", cell[0])), device, self.session)

    def _closable(self, handle: Handle) -> Any:
        if not isinstance(handle, (KeyHandle, DigestHandle, MacHandle, AgreementHandle)):
            raise InvalidInputError("SKF_CloseHandle closes a session key, a digest, a MAC or an agreement")
        return self._handle(handle, type(handle))

    def _ulong(self, value: int, name: str, high: int = _MAX_ULONG) -> int:
        return number(value, 0, high, name)

    def _flag(self, value: bool, name: str) -> int:
        member(value, bool, name)
        return int(value)

    # ---- bytes and text -----------------------------------------------------------------
    def _input(self, data: Buffer, name: str, *, most: int = MAX_DATA_LEN) -> tuple[Any, int]:
        """Return a copy of bytes for the driver, which the interface does not keep from writing, and their length."""
        content = as_bytes(data, name)
        if len(content) > most:
            raise InvalidInputError(f"{name} has {len(content)} bytes; at most {most} are taken")
        return self._ffi.new("BYTE[]", content + b"\0"), len(content)

    @contextmanager
    def _secret(self, data: Buffer, name: str) -> Iterator[tuple[Any, int]]:
        """Give a copy of secret bytes for the driver, with zeros behind, and overwrite it afterwards.

        The zeros end a string; and a driver that takes more than it was given reads no memory of others.
        """
        content = as_bytes(data, name)
        if len(content) > _MAX_TEXT_LEN:
            raise InvalidInputError(f"{name} is longer than {_MAX_TEXT_LEN} bytes")
        copy = self._ffi.new("BYTE[]", len(content) + _SLACK_LEN)
        self._ffi.memmove(copy, content, len(content))
        try:
            yield copy, len(content)
        finally:
            self._ffi.memmove(copy, bytes(len(content)), len(content))

    @contextmanager
    def _pin(self, pin: str | Buffer, name: str) -> Iterator[Any]:
        """Give a PIN as a C string, and overwrite it afterwards.

        :raises InvalidInputError: when it holds NUL, at which the driver would end it.
        """
        content = self._encoded(pin, name) if isinstance(pin, str) else as_bytes(pin, name)
        if b"\0" in content:
            raise InvalidInputError(f"{name} holds NUL")
        with self._secret(content, name) as (copy, _):
            yield self._ffi.cast("LPSTR", copy)

    def _string(self, text: str, name: str, *, most: int = _MAX_TEXT_LEN) -> Any:
        """Return text as a C string.

        :param most: bytes.
        :raises InvalidInputError: when it is longer, holds NUL or cannot be encoded.
        """
        content = self._odd_names.get(as_text(text, name)) or self._encoded(text, name)
        if b"\0" in content or len(content) > most:
            raise InvalidInputError(f"{name} holds NUL or is longer than {most} bytes")
        return self._ffi.new("char[]", content)

    def _encoded(self, text: str, name: str) -> bytes:
        try:
            return text.encode(self._profile.encoding)
        except UnicodeEncodeError:
            raise InvalidInputError(f"{name} cannot be written in {self._profile.encoding}") from None

    def _decoded(self, raw: bytes) -> str:
        """Return a name of the driver as text; one in another encoding is shown escaped and found again by that."""
        try:
            return raw.decode(self._profile.encoding)
        except UnicodeDecodeError:
            shown = raw.decode("ascii", "backslashreplace")
            if len(self._odd_names) < _MAX_ODD_NAMES:
                self._odd_names[shown] = raw
            return shown

    def _name_list(self, device: str, function: str, *before: Any) -> tuple[str, ...]:
        """Call a function that lists names, and return them: each ends with NUL, the list with one more or its length.

        :raises DriverError: when there are more than any token has.
        """
        raw = self._output(device, function, *before)
        names = raw.split(b"\0\0", 1)[0].split(b"\0", _MAX_NAMES)
        if len(names) > _MAX_NAMES:
            raise self._broken(function, f"it lists more than {_MAX_NAMES} names")
        return tuple(self._decoded(name) for name in names if name)
