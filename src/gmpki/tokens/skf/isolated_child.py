"""The process that runs a driver for another one: takes calls from a pipe, answers them, ends with the pipe."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Any, Final

from gmpki.errors import DriverError, GmpkiError
from gmpki.tokens.skf import header
from gmpki.tokens.skf.driver_profile import DriverProfile
from gmpki.tokens.skf.functions import method_name
from gmpki.tokens.skf.library import load
from gmpki.tokens.skf.messages import decode, encode, error_fields, read_message, write_message

if TYPE_CHECKING:
    from typing import BinaryIO

    from gmpki.tokens.skf.functions import SKF

__all__ = ["main"]

_NO_SESSION: Final = 0


class _Server:
    """Answers calls; each has a thread, because some wait for others."""

    def __init__(self, answers: BinaryIO) -> None:
        self._answers = answers
        self._lock = threading.Lock()
        self._skf: SKF | None = None
        self._sent_profile = ""

    def serve(self, message: bytes) -> None:
        """Answer one call."""
        number, answer, failed = 0, None, False
        session = _NO_SESSION if self._skf is None else self._skf.session
        try:
            number, name, arguments, named = decode(message, session)
            answer = self._done(name, arguments, dict(named))
            session = _NO_SESSION if self._skf is None else self._skf.session
        except GmpkiError as error:
            answer, failed = error_fields(error), True
        except Exception as error:  # noqa: BLE001 - the caller's process must hear of it, whatever it is
            unexpected = DriverError(f"the process of the driver failed: {type(error).__name__}: {error}")
            answer, failed = error_fields(unexpected), True
        with self._lock:
            write_message(self._answers, encode((number, failed, answer, self._changed_profile()), session))

    def _done(self, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        if name == "load":
            path, profile = arguments
            self._skf = load(path, DriverProfile.from_toml(profile))
            return self._skf.missing, tuple(self._skf.symbols.items())
        if self._skf is None or name not in {method_name(function) for function in header.functions()}:
            raise DriverError("no such call")
        return getattr(self._skf, name)(*arguments, **named)

    def _changed_profile(self) -> str | None:
        """Return the profile when the caller has not seen it yet."""
        shown = "" if self._skf is None else self._skf.profile.to_toml()
        if shown == self._sent_profile:
            return None
        self._sent_profile = shown
        return shown


def main() -> None:
    """Serve the calls that come by standard input, and answer them by standard output, until the end of the input."""
    # Ctrl-C in a terminal reaches both processes; this one ends with the other.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Drivers print and read: what they get are not the pipes.
    calls, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    server = _Server(answers)
    while (message := read_message(calls)) is not None:
        threading.Thread(target=server.serve, args=(message,), daemon=True).start()
    # A driver's code for the end of the process may crash or hang.
    os._exit(0)
