"""A child process and what it tells, seen by the run that started it: messages, what was printed, how it ended.

The child leads a process group of its own, so that what a check or a driver starts ends with it, and Ctrl-C in a
terminal does not reach it.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gmpki.conformance.blotting import Blotter
from gmpki.conformance.call_slots import CallSlots, slots_file
from gmpki.conformance.wire import line, message
from gmpki.errors import DriverError, UnsupportedPlatform

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from typing_extensions import Self

    from gmpki.conformance.wire import Task

__all__ = ["ChildProcess", "Ending"]

_OUTPUT_LEN: Final = 4096  # of what the driver printed last
_MESSAGE_LEN: Final = 1 << 20
_DRAIN_S: Final = 1.0  # that a process which has ended gets for what it still had to say
_CHUNK_LEN: Final = 65536
# The path of Python's modules is that of this process; without the current directory, unless that is in it.
_START: Final = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from gmpki.conformance.child import main; main()"
)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a child ended. Immutable.

    :ivar code: its exit code, or the negative number of a signal.
    :ivar functions: of the driver, that it had called and that had not returned.
    :ivar last: the function that it had called last, returned or not; empty when there was none.
    :ivar output: the last of what it printed, secrets blotted out.
    """

    code: int
    functions: tuple[str, ...]
    output: str
    last: str = ""

    @property
    def signal_name(self) -> str | None:
        """The signal that ended it, such as "SIGSEGV"; None when it ended by itself."""
        if self.code >= 0:
            return None
        try:
            return signal.Signals(-self.code).name
        except ValueError:
            return f"signal {-self.code}"


class ChildProcess:
    """A child with its task. A context of one thread, whose end ends the child.

    :raises UnsupportedPlatform: when Python's program is not known.
    :raises DriverError: when no process can be started.
    """

    def __init__(self, task: Callable[[int], Task]) -> None:
        """Start a child.

        :param task: returns what it is to do, given the descriptor of its slots.
        """
        if not sys.executable:
            raise UnsupportedPlatform("checks run in a process of Python's program, which is not known here")
        self._messages: queue.Queue[dict[str, Any]] = queue.Queue()
        self._output = bytearray()
        with contextlib.ExitStack() as stack:
            descriptor = stack.enter_context(slots_file())
            self._slots = stack.enter_context(CallSlots(descriptor))
            given = task(descriptor)
            self._blotter = Blotter.of(given.target)
            self._process = self._started(descriptor)
            self._resources = stack.pop_all()
        self._threads = [
            threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._keep_output, args=(self._process.stderr,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        self._tell(line(given.to_json()))

    @staticmethod
    def _started(descriptor: int) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        command = [sys.executable, "-c", _START, json.dumps(sys.path)]
        try:
            return subprocess.Popen(  # noqa: S603
                command, stdin=pipe, stdout=pipe, stderr=pipe, pass_fds=(descriptor,), start_new_session=True
            )
        except OSError as error:
            raise DriverError(f"no process for the driver can be started: {error}") from None

    # ---- what it says -------------------------------------------------------------------
    def message(self, wait_s: float) -> dict[str, Any] | None:
        """Return the next message; None when none came in time."""
        with contextlib.suppress(queue.Empty):
            return self._messages.get(timeout=wait_s)
        return None

    @property
    def has_ended(self) -> bool:
        """Whether it has ended and everything that it said was fetched."""
        if not self._has_exited(wait=False):
            return False
        self.kill()  # what it has started may hold the pipe open
        self._threads[0].join(_DRAIN_S)
        return self._messages.empty()

    def _has_exited(self, *, wait: bool) -> bool:
        """Tell whether it has exited, without taking notice: until then its number is nobody else's."""
        flags = os.WEXITED | os.WNOWAIT | (0 if wait else os.WNOHANG)
        return self._process.returncode is not None or os.waitid(os.P_PID, self._process.pid, flags) is not None

    @property
    def functions(self) -> tuple[str, ...]:
        """The functions of the driver in which it is."""
        return self._slots.running()

    def _listen(self, stream: BinaryIO) -> None:
        # A pipe that is closed meanwhile is a ValueError, and so is what is no message: whoever sends that has been
        # damaged, nobody knows how far.
        text = b""
        with contextlib.suppress(OSError, ValueError):
            while text := stream.readline(_MESSAGE_LEN):
                self._messages.put(message(text))
        if text:
            self.kill()

    def _keep_output(self, stream: BinaryIO) -> None:
        with contextlib.suppress(OSError, ValueError):
            while piece := os.read(stream.fileno(), _CHUNK_LEN):
                # Some more than is shown: half a secret, at the place of the cut, would not be known for one.
                self._output = (self._output + piece)[-2 * _OUTPUT_LEN :]

    # ---- how it ends --------------------------------------------------------------------
    def stop(self) -> None:
        """Ask it to end after the check that runs."""
        self._tell(line({"stop": True}))

    def kill(self) -> None:
        """End it now, with all that it has started."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def ending(self) -> Ending:
        """Wait for its end and return how it ended."""
        self._has_exited(wait=True)
        self.kill()
        code = self._process.wait()
        self._threads[1].join(_DRAIN_S)
        text = self.blotted(bytes(self._output).decode("utf-8", "backslashreplace"))[-_OUTPUT_LEN:]
        shown = "".join(char if char.isprintable() or char == "\n" else " " for char in text)
        return Ending(code, self._slots.running(), shown.strip(), self._slots.last)

    def blotted(self, text: str) -> str:
        """Return a text without what is secret of the target."""
        return self._blotter.blotted(text)

    def note(self) -> None:
        """Tell it that what it is about to make is noted."""
        self._tell(line({"noted": True}))

    def _tell(self, text: bytes) -> None:
        # That it has ended is noticed where its messages are read.
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(text)  # type: ignore[union-attr]
            self._process.stdin.flush()  # type: ignore[union-attr]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join(_DRAIN_S)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr]
        self._resources.close()
