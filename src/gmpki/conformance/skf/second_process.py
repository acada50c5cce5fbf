"""A second process on the same device: what another program sees there, and what it keeps away.

A check names a function of the suite and its arguments. The function runs in a process of its own, which loads the
driver anew and gives it a bench on the same device and application. PINs go by the pipe, never in a command line. The
process belongs to the process group of the one that started it, and ends with it.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import queue
import subprocess
import sys
import threading
import traceback
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

from gmpki.conformance.bench import CheckEnded, run_check
from gmpki.conformance.group_run import unusable
from gmpki.conformance.model import Clause, Kind, Outcome, Permission, Result, Severity, Words
from gmpki.conformance.process import Ending
from gmpki.conformance.recording import Recorder
from gmpki.conformance.registry import Check
from gmpki.conformance.skf.bench import SKFBench
from gmpki.conformance.skf.scene import SKFScene
from gmpki.conformance.wire import line, message, options_from_json, target_from_json, target_to_json
from gmpki.errors import DriverError, GmpkiError, TokenError, UnsupportedPlatform

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from typing_extensions import Self

__all__ = ["SecondBench", "SecondProcess", "main"]

# The path of Python's modules is that of this process; without the current directory, unless that is in it.
_START: Final = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from gmpki.conformance.skf.second_process import main; main()"
)
_WAIT_S: Final = 60.0  # less than a check gets, so that what took so long can be named
_MESSAGE_LEN: Final = 1 << 20
_SHOWN: Final = "second process"


class SecondProcess:
    """A function of the suite in a second process. A context of one thread, whose end ends the process."""

    def __init__(self, bench: SKFBench, function: Callable[..., object], arguments: dict[str, Any]) -> None:
        """Start it.

        :param function: of a module of the suite, by its name; it is given a :class:`SecondBench` and the arguments.
        :param arguments: as JSON has them.
        :raises UnsupportedPlatform: when Python's program is not known.
        :raises DriverError: when no process can be started.
        """
        if not sys.executable:
            raise UnsupportedPlatform("this check runs Python's program, which is not known here")
        self._bench = bench
        self._messages: queue.Queue[dict[str, Any] | None] = queue.Queue()
        command = [sys.executable, "-c", _START, json.dumps(sys.path)]
        try:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603
        except OSError as error:
            raise DriverError(f"no second process can be started: {error}") from None
        self._thread = threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True)
        self._thread.start()
        self._send(_task(bench, function, arguments))

    def tell(self, value: Any) -> None:
        """Send something, as JSON has it, to the function there."""
        self._send({"told": value})

    def heard(self, wait_s: float = _WAIT_S) -> Any:
        """Return the next thing that the function there says; the check ends as it does when it ends before that.

        :raises CheckEnded: as failed when nothing comes in time, or the driver ends the process.
        """
        return self._next("said", wait_s)

    def result(self, wait_s: float = _WAIT_S) -> Any:
        """Return what the function there returns; what it has said and nobody heard is skipped.

        :raises CheckEnded: with its outcome, when it ends otherwise; as failed when it takes longer, or when the driver
            ends the process.
        """
        return self._next("returned", wait_s)

    def _next(self, wanted: str, wait_s: float) -> Any:
        while True:
            try:
                answer = self._messages.get(timeout=wait_s)
            except queue.Empty:
                self._bench.fail(
                    f"the second process did not answer in {wait_s:g} s", f"第二个进程在 {wait_s:g} 秒内没有应答"
                )
            if answer is None:
                code = self._process.wait()
                shown = Ending(code, (), "").signal_name or code
                self._bench.fail(f"the driver ended the second process ({shown})", f"驱动使第二个进程终止（{shown}）")
            if "bug" in answer:
                raise RuntimeError(answer["bug"])
            if "result" in answer:
                self._adopt(Result.from_json(answer["result"]))
            if wanted in answer:
                return answer[wanted]

    def _adopt(self, result: Result) -> None:
        """Note what was called and observed there; end as it ended."""
        self._bench.recorder.adopt(result, _SHOWN)
        for name, value in result.observed:
            self._bench.observe(name, value)
        if result.outcome is not Outcome.PASSED:
            shown = result.message or Words("", "")
            found = Words(f"in a second process: {shown.en}", f"在第二个进程中：{shown.zh}")
            raise CheckEnded(result.outcome, found, result.workaround)

    def _listen(self, stream: BinaryIO) -> None:
        # A pipe that is closed meanwhile is a ValueError.
        with contextlib.suppress(OSError, ValueError, GmpkiError):
            while text := stream.readline(_MESSAGE_LEN):
                self._messages.put(message(text))
        self._messages.put(None)

    def _send(self, value: dict[str, Any]) -> None:
        # That it has ended is noticed where its messages are read.
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(line(value))  # type: ignore[union-attr]
            self._process.stdin.flush()  # type: ignore[union-attr]

    def kill(self) -> None:
        """End it now, as a program that crashes with the device in use; ending it twice is no error."""
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._thread.join()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr]


def _task(bench: SKFBench, function: Callable[..., object], arguments: dict[str, Any]) -> dict[str, Any]:
    """Return what is sent first. The application is that of the bench where it was opened already."""
    target = replace(bench.shared.target, device=bench.device_name, driver_profile=bench.skf.profile)
    if bench.has_opened:
        target = replace(
            target, application=bench.application_name, user_pin=bench.pins.user, admin_pin=bench.pins.admin
        )
    permissions = bench.shared.permissions - {Permission.INIT}  # it makes no application of its own
    return {
        "target": target_to_json(target, secrets=True),
        "permissions": sorted(permission.value for permission in permissions),
        "options": asdict(bench.options),
        "module": function.__module__,
        "function": function.__name__,
        "arguments": arguments,
    }


# ---- in the second process -----------------------------------------------------------------


class SecondBench(SKFBench):
    """What a function in the second process is given: a bench, and a line to the first process."""

    def __init__(self, shared: SKFScene, orders: BinaryIO, answers: BinaryIO) -> None:
        super().__init__(shared)
        self._orders = orders
        self._answers = answers

    def say(self, value: Any) -> None:
        """Send something, as JSON has it, to the check."""
        self._answers.write(line({"said": value}))
        self._answers.flush()

    def told(self) -> Any:
        """Return the next thing that the check tells; None when there is no more check."""
        text = self._orders.readline()
        return message(text)["told"] if text else None


def main() -> None:
    """Do what comes by standard input, and answer by standard output."""
    # Drivers print and read: what they get are not the pipes.
    orders, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    try:
        given = _done(message(orders.readline()), orders, answers)
    except Exception:  # noqa: BLE001 - whatever it is, it is a mistake of the suite, and is told as such
        given = {"bug": traceback.format_exc()}
    answers.write(line(given))
    answers.flush()
    # A driver's code for the end of the process may crash or hang, which is not what was to be checked.
    os._exit(0)


def _done(task: dict[str, Any], orders: BinaryIO, answers: BinaryIO) -> dict[str, Any]:
    """Call the function and return what came of it."""
    returned: list[Any] = []
    function = getattr(importlib.import_module(task["module"]), task["function"])
    recorder = Recorder()
    permissions = [Permission(name) for name in task["permissions"]]
    try:
        scene = SKFScene(target_from_json(task["target"]), permissions, options_from_json(task["options"]), recorder)
    except (TokenError, UnsupportedPlatform) as error:
        # A driver for one process at a time says nothing of the rule that is checked.
        return {"result": Result(task["function"], Outcome.NOT_RUN, message=unusable(str(error))).to_json()}
    with scene:
        as_check = Check(
            id=task["function"],
            group="",
            kind=Kind.SKF,
            title=Words(_SHOWN, _SHOWN),
            clause=Clause(""),
            severity=Severity.INFORMATION,
            permissions=frozenset(),
            functions=(),
            description="",
            run=lambda bench: returned.append(function(bench, **task["arguments"])),
        )
        result = run_check(as_check, lambda: SecondBench(scene, orders, answers), recorder)
    given: dict[str, Any] = {"result": result.to_json()}
    return given | {"returned": returned[0]} if returned else given
