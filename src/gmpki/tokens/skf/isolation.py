"""A driver in a process of its own: when it crashes or hangs, this process gets an error.

The next call after that starts the process again. What the driver knew is gone then: devices must be connected again,
and a handle from before raises DriverCrashedError, without starting anything. PINs and keys pass through a pipe to the
process, as copies in Python's memory.
"""

from __future__ import annotations

import contextlib
import functools
import json
import subprocess
import sys
import threading
import time
import weakref
from concurrent.futures import Future
from concurrent.futures import TimeoutError as _FutureTimeout  # not yet the built-in one in Python 3.10
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import member
from gmpki.errors import (
    DriverCrashedError,
    DriverError,
    GmpkiError,
    InvalidInputError,
    StateError,
    TokenTimeoutError,
    UnsupportedPlatform,
)
from gmpki.tokens.skf import calls, header
from gmpki.tokens.skf.answer_types import LOADED, is_answer_of, is_of
from gmpki.tokens.skf.driver_profile import DriverProfile
from gmpki.tokens.skf.functions import SKF, method_name
from gmpki.tokens.skf.layouts import Layout
from gmpki.tokens.skf.library import path_text
from gmpki.tokens.skf.messages import decode, encode, error_of, read_message, write_message
from gmpki.tokens.skf.structures import Handle

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable

__all__ = ["IsolatedSKF", "load_isolated"]

_MAX_TIMEOUT_S: Final = 86400
_MAX_LOCK_MS: Final = 0xFFFFFFFF
_PIPE_LEN: Final = 4096  # that a pipe holds at least
_END_S: Final = 2.0  # that the process gets to end by itself
# The path of Python's modules is that of this process; without the current directory, unless that is in it.
_START: Final = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from gmpki.tokens.skf.isolated_child import main; main()"
)


class _Child:
    """One process, its pipes, and the calls that wait for an answer."""

    def __init__(self, session: int) -> None:
        if not sys.executable:
            raise UnsupportedPlatform("a driver gets a process of its own by Python's program, which is not known here")
        self.session = session
        self.profile = DriverProfile()
        self._end_reason = ""
        self._waiting: dict[int, tuple[str, Future[Any]]] = {}
        self._lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._count = 0
        command = [sys.executable, "-c", _START, json.dumps(sys.path)]
        try:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603
        except OSError as error:
            raise DriverError(f"no process for the driver can be started: {error}") from None
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def has_ended(self) -> bool:
        """Whether no more calls are answered."""
        return bool(self._end_reason)

    def call(self, name: str, arguments: tuple[Any, ...], named: dict[str, Any], timeout_s: float | None) -> Any:
        """Send a call and wait for its answer.

        :raises GmpkiError: what the call raised there.
        :raises DriverCrashedError: when the process ended.
        :raises TokenTimeoutError: when the time is over; the process is ended.
        """
        future: Future[Any] = Future()
        with self._lock:
            if self.has_ended:
                raise self._crashed(name)
            self._count += 1
            own = self._count
            message = encode((own, name, arguments, tuple(named.items())), self.session)
            self._waiting[own] = (name, future)
        too_late = f"{_shown(name)} took too long"
        began = time.monotonic()
        self._send(message, timeout_s, too_late)
        try:
            answer = future.result(timeout_s)
        except (_FutureTimeout, DriverCrashedError):
            if timeout_s is None or time.monotonic() - began < timeout_s:
                raise
            self.kill(too_late)
            raise TokenTimeoutError(
                f"the driver did not answer within {timeout_s} s, and its process was ended", function=_shown(name)
            ) from None
        if not (is_of(LOADED, answer) if name == "load" else is_answer_of(name, answer)):
            self.kill(f"{_shown(name)} was answered with what it does not return")
            raise DriverError("the process of the driver sends what this does not return", function=_shown(name))
        return answer

    def _send(self, message: bytes, timeout_s: float | None, too_late: str) -> None:
        """Write a message. A process that does not read what no pipe holds is ended when the time is over.

        Shorter messages block only behind other calls, whose time ends before.
        """
        watchdog: threading.Timer | None = None
        if timeout_s is not None and len(message) > _PIPE_LEN:
            watchdog = threading.Timer(timeout_s, self.kill, (too_late,))
            watchdog.daemon = True
            watchdog.start()
        # The end of the process is noticed where answers are read; a pipe that was closed then is a ValueError.
        with self._write_lock, contextlib.suppress(OSError, ValueError):
            write_message(self._process.stdin, message)  # type: ignore[arg-type]
        if watchdog is not None:
            watchdog.cancel()

    def _listen(self) -> None:
        """Hand out answers until the process ends, then tell who still waits."""
        reason = ""
        try:
            while (message := read_message(self._process.stdout)) is not None:  # type: ignore[arg-type]
                self._answered(message)
        except (OSError, ValueError):
            pass
        except GmpkiError as error:
            reason = str(error)
        self._process.kill()
        code = self._process.wait()
        how = f"signal {-code}" if code < 0 else f"code {code}"
        self._process.stdout.close()  # type: ignore[union-attr]
        self._close_input()
        with self._lock:
            self._end_reason = self._end_reason or reason or f"it ended with {how}"
            waiting, self._waiting = self._waiting, {}
        for name, future in waiting.values():
            future.set_exception(self._crashed(name))

    def _answered(self, message: bytes) -> None:
        parts = decode(message, self.session)
        if not isinstance(parts, tuple) or len(parts) != 4:
            raise DriverError("the process of the driver sends what is no answer")
        own, failed, answer, profile = parts
        # Before the caller is taken from those who wait: what is wrong here ends the process, and all of them hear it.
        error = error_of(answer) if failed else None
        if profile is not None:
            self.profile = DriverProfile.from_toml(profile)
        with self._lock:
            _, future = self._waiting.pop(own, ("", None))
        if future is None:
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(answer)

    def _crashed(self, name: str) -> DriverCrashedError:
        return DriverCrashedError(f"the process of the driver is gone: {self._end_reason}", function=_shown(name))

    def _close_input(self) -> None:
        with self._write_lock, contextlib.suppress(OSError):  # what could not be sent any more
            self._process.stdin.close()  # type: ignore[union-attr]

    def kill(self, reason: str) -> None:
        """End the process."""
        with self._lock:
            self._end_reason = self._end_reason or reason
        self._process.kill()

    def end(self) -> None:
        """Let the process end, and end it if it does not."""
        with self._lock:
            self._end_reason = self._end_reason or "it was closed"
        self._close_input()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._listener.join()


class IsolatedSKF(SKF):
    """A driver in a process of its own, with the methods of :class:`SKF`. Thread-safe.

    Made by :func:`load_isolated`.
    """

    def __init__(self, path: str, profile: DriverProfile, timeout_s: float) -> None:
        # What SKF keeps is in the other process; here are only its answers.
        self._path = path
        self._given_profile = profile
        self._timeout_s = timeout_s
        self._closed = False
        self._start_lock = threading.Lock()
        self._child: _Child | None = None
        self._ended: set[int] = set()  # the sessions of processes before
        self._missing: tuple[str, ...] = ()
        self._symbols: dict[str, str] = {}
        self._started()

    def _started(self, name: str = "load", handles: Iterable[Handle] = ()) -> _Child:
        """Return the process, a new one when the last has ended.

        :param name: what is to be called; handles: what it is called with.
        :raises StateError: after close.
        :raises DriverCrashedError: when a handle is one of a process that has ended.
        """
        with self._start_lock:
            if self._closed:
                raise StateError("the driver was closed")
            if self._child is not None and self._child.has_ended:
                self._ended.add(self._child.session)
            if any(handle.session in self._ended for handle in handles):
                raise DriverCrashedError(
                    "the process of the driver that this was opened in is gone; connect again", function=_shown(name)
                )
            if self._child is None or self._child.has_ended:
                child = _Child(calls.new_session())
                try:
                    loaded = child.call("load", (self._path, self._given_profile.to_toml()), {}, self._timeout_s)
                except BaseException:
                    child.kill("its driver was not loaded")
                    raise
                self._missing, self._symbols = loaded[0], dict(loaded[1])
                self._child, self.session = child, child.session
                # Whoever forgets to close leaves no process behind.
                weakref.finalize(self, child.kill, "nobody uses it any more")
            return self._child

    @property
    def path(self) -> str:
        """The path of the driver."""
        return self._path

    @property
    def profile(self) -> DriverProfile:
        """What is known of the driver, with what was found out."""
        return self._given_profile if self._child is None else self._child.profile

    @property
    def layout(self) -> Layout:
        """The layout that the driver is called by."""
        return self.profile.layout or Layout()

    @property
    def missing(self) -> tuple[str, ...]:
        """Which of the 78 common functions the driver does not export, or lacks as its profile says."""
        return self._missing

    @property
    def symbols(self) -> dict[str, str]:
        """The symbol under which each function that the driver has was found."""
        return dict(self._symbols)

    def close(self) -> None:
        """End the process; doing so twice is no error."""
        with self._start_lock:
            self._closed = True
            child, self._child = self._child, None
        if child is not None:
            child.end()

    def _remote(self, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        timeout: float | None = self._timeout_s
        if name == "wait_for_dev_event":
            timeout = None
        elif name == "lock_dev":
            wait_ms = named.get("timeout_ms", arguments[1] if len(arguments) > 1 else None)
            if wait_ms is None:
                timeout = None
            elif type(wait_ms) is int and 0 <= wait_ms <= _MAX_LOCK_MS:  # another one is refused there
                timeout = self._timeout_s + wait_ms / 1000
        handles = [value for value in (*arguments, *named.values()) if isinstance(value, Handle)]
        return self._started(name, handles).call(name, arguments, named, timeout)


def _forwarding(name: str) -> Callable[..., Any]:
    @functools.wraps(getattr(SKF, name))
    def forward(self: IsolatedSKF, *arguments: Any, **named: Any) -> Any:
        return self._remote(name, arguments, named)

    return forward


for _function in header.functions():
    setattr(IsolatedSKF, method_name(_function), _forwarding(method_name(_function)))


def _shown(name: str) -> str:
    """Return the function of C for a method."""
    return next((function for function in header.functions() if method_name(function) == name), name)


def load_isolated(
    path: str | os.PathLike[str], profile: DriverProfile | None = None, *, timeout_s: float = 120
) -> IsolatedSKF:
    """Load a driver into a process of its own; parameters and errors as :func:`gmpki.tokens.skf.library.load`.

    Every call may raise :class:`~gmpki.errors.DriverCrashedError` when the process ended during it, or before it and
    after the handle was given, and :class:`~gmpki.errors.TokenTimeoutError` when it took too long.

    :param timeout_s: what one call may take, in seconds, up to a day. Waiting for events and for the lock is not
        limited.
    :raises UnsupportedPlatform: when Python's program is not known, which it takes to start a process.
    """
    if isinstance(timeout_s, bool) or not isinstance(timeout_s, (int, float)) or not 0 < timeout_s <= _MAX_TIMEOUT_S:
        raise InvalidInputError(f"timeout_s must be a number above 0, at most {_MAX_TIMEOUT_S}")
    if profile is not None:
        member(profile, DriverProfile, "profile")
    return IsolatedSKF(path_text(path), profile or DriverProfile(), timeout_s)
