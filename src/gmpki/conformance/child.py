"""The process that runs the checks of one group: takes its task by standard input, tells by standard output.

A driver may crash it, end it or hang in it: the process that started it (:mod:`gmpki.conformance.process`) notices.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import resource
import signal
import threading
import traceback
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from gmpki.conformance.bench import run_check
from gmpki.conformance.call_slots import CallSlots
from gmpki.conformance.model import Kind
from gmpki.conformance.recording import Recorder
from gmpki.conformance.registry import checks
from gmpki.conformance.wire import Task, line
from gmpki.conformance.wire import message as read_message
from gmpki.errors import GmpkiError, StateError, TokenError, TokenNotFoundError, UnsupportedPlatform

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    Send = Callable[..., None]

__all__ = ["main"]

_SCENES: Final = {
    Kind.SKF: ("gmpki.conformance.skf.scene", "SKFScene"),
    Kind.PKCS11: ("gmpki.conformance.pkcs11.scene", "P11Scene"),
    Kind.PCSC: ("gmpki.conformance.pcsc.scene", "PCSCScene"),
}
_KEYED: Final = (Kind.SKF, Kind.PCSC)  # the interfaces that have device authentication
_NOTED_S: Final = 60.0  # to note something on the disk
_ORPHAN_S: Final = 30.0  # that the running check gets when the process that asked for it is gone


def main() -> None:
    """Do the task that comes by standard input."""
    # Ctrl-C in a terminal reaches both processes; the other one says when this one is to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Drivers print and read: what they get are not the pipes.
    orders, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    # What lies in the memory of this process are PINs: a driver that crashes must not leave them in a file.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    lock = threading.Lock()

    def send(**message: Any) -> None:
        # Where nobody listens any more, what is under way is tidied up all the same.
        with lock, contextlib.suppress(OSError):
            answers.write(line(message))
            answers.flush()

    task = Task.from_json(read_message(orders.readline()))
    stopping = threading.Event()
    notes = _Notes(send)
    threading.Thread(target=_listen, args=(orders, stopping, notes), daemon=True).start()
    try:
        with CallSlots(task.slots) as slots:
            _do(task, slots, stopping, send, notes)
        send(done=True)
    except Exception:  # noqa: BLE001 - whatever it is, it is a mistake of the suite, and is told as such
        send(bug=traceback.format_exc())
    # A driver's code for the end of the process may crash or hang, which is not what was to be checked.
    os._exit(0)


class _Notes:
    """Tells what is about to be made, and waits until it is noted: what is made then is known, whoever dies."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._lock = threading.Lock()
        self._noted = threading.Semaphore(0)
        self._is_alone = False

    def made(self, name: str) -> None:
        """Tell of something that is about to be made.

        :raises StateError: when nobody notes it.
        """
        with self._lock:
            self._send(made=name)
            if self._is_alone or not self._noted.acquire(timeout=_NOTED_S) or self._is_alone:
                raise StateError("nobody notes what is made: nothing more is")

    def noted(self) -> None:
        """Let who waits go on."""
        self._noted.release()

    def alone(self) -> None:
        """Let who waits know that nobody notes anything any more."""
        self._is_alone = True
        self._noted.release()


def _listen(orders: BinaryIO, stopping: threading.Event, notes: _Notes) -> None:
    """Wait for the order to stop, or for the end of who gives orders."""
    while text := orders.readline():
        if "noted" in read_message(text):
            notes.noted()
        else:
            stopping.set()
    notes.alone()
    stopping.set()
    threading.Event().wait(_ORPHAN_S)
    os._exit(1)


def _do(task: Task, slots: CallSlots, stopping: threading.Event, send: Send, notes: _Notes) -> None:
    """Load the driver and do the task."""
    recorder = Recorder(slots.begin, slots.end)
    module, name = _SCENES[task.target.kind]
    make = getattr(importlib.import_module(module), name)
    keyed: dict[str, Any] = {"is_key_refused": task.is_key_refused, "on_key_refused": lambda: send(key_refused=True)}
    try:
        scene = make(
            task.target,
            task.permissions,
            task.options,
            recorder,
            on_made=notes.made,
            on_removed=lambda name: send(removed=name),
            **(keyed if task.target.kind in _KEYED else {}),
        )
    except (TokenError, UnsupportedPlatform) as error:
        send(unusable=str(error))
        return
    with scene:
        if task.remove:
            for name in task.remove:
                with contextlib.suppress(GmpkiError):
                    scene.remove_application(name)
        elif task.checks:
            _run_checks(task, scene, recorder, stopping, send)
        else:
            _identify(scene, send)


def _run_checks(task: Task, scene: Any, recorder: Recorder, stopping: threading.Event, send: Send) -> None:
    known = {check.id: check for check in checks(task.target.kind)}
    for identifier in task.checks:
        if stopping.is_set():
            return
        send(begin=identifier)
        result = run_check(known[identifier], scene.bench, recorder)
        send(result=result.to_json(), rows=[asdict(row) for row in recorder.rows])


def _identify(scene: Any, send: Send) -> None:
    from gmpki.conformance.identity import identity

    try:
        found = identity(scene)
    except TokenNotFoundError as error:
        send(refused=str(error))
        return
    send(identity=found.to_json())
