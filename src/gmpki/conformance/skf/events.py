"""Checks of waiting for devices to be put in or pulled out: SKF_WaitForDevEvent and how it is cancelled.

Nothing is put in or pulled out meanwhile: what is checked is that the wait blocks, ends when it is told to, and is in
nobody's way.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.in_threads import run_at_once
from gmpki.conformance.model import Clause, Kind, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.errors import GmpkiError

if TYPE_CHECKING:
    from gmpki.conformance.skf.bench import SKFBench

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.SKF, "events", "EVT", Words("Events of devices", "设备插拔事件"))

_WAIT: Final = Clause(GMT_0016, "7.1.2")
_CANCEL: Final = Clause(GMT_0016, "7.1.3")
_BOTH: Final = ("SKF_WaitForDevEvent", "SKF_CancelWaitForDevEvent")
_NAME_LEN: Final = 1024
_BLOCKED_S: Final = 1.0  # a wait that goes on for so long blocks
_AT_ONCE_S: Final = 5.0
# A driver may tell at first of each device that is there.
_MOST_EVENTS: Final = 64
_RANDOM_LEN: Final = 8


class _Waiter:
    """A thread that waits for events until a wait ends otherwise.

    :ivar answer: the name of the code that ended it; None before.
    :ivar events: what was told meanwhile: names of devices.
    """

    def __init__(self, bench: SKFBench) -> None:
        self._bench = bench
        self._ended = threading.Event()
        self._error: GmpkiError | None = None
        self._is_cancelled = False
        self.answer: str | None = None
        self.events: list[str] = []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            while self.answer is None:
                self._wait()
        except GmpkiError as error:
            self._error = error
        self._ended.set()

    def _wait(self) -> None:
        bench = self._bench
        room = bench.ffi.new("char[]", _NAME_LEN)
        length, pointer = bench.ulong(_NAME_LEN)
        event, event_pointer = bench.ulong()
        answer = bench.answer("SKF_WaitForDevEvent", room, pointer, event_pointer)
        name = bench.ffi.string(room, _NAME_LEN).decode("utf-8", "replace")
        # Some answer SAR_OK to a wait that was cancelled, and name no device.
        if answer == "SAR_OK" and name and not self._is_cancelled and len(self.events) < _MOST_EVENTS:
            self.events.append(name)
            return
        self.answer = answer
        del length, event

    def has_ended(self, within_s: float) -> bool:
        """Tell whether it has ended, or ends within so many seconds; the check ends where the driver has no waiting."""
        ended = self._ended.wait(within_s)
        if self._error is not None:
            raise self._error
        if self.answer == self._bench.UNSUPPORTED:
            self._bench.unsupported("SKF_WaitForDevEvent is not supported", "不支持 SKF_WaitForDevEvent")
        return ended

    def cancel(self) -> str:
        """Cancel every wait of this process, and return the answer."""
        self._is_cancelled = True
        return self._bench.supported("SKF_CancelWaitForDevEvent")


def _waiting(bench: SKFBench) -> _Waiter:
    """Begin to wait, and return when the wait blocks; the check fails where it does not."""
    if not bench.has(*_BOTH):
        bench.unsupported("the driver has no waiting for events", "驱动没有等待设备事件的函数")
    with bench.scene():
        bench.skf.enum_dev()  # some drivers look for devices only when they are asked first
    bench.later(bench.answer, "SKF_CancelWaitForDevEvent")
    waiter = _Waiter(bench)
    bench.expect(
        not waiter.has_ended(_BLOCKED_S),
        f"SKF_WaitForDevEvent returned {waiter.answer}, though nothing has happened to a device",
        f"设备没有插拔，SKF_WaitForDevEvent 却返回 {waiter.answer}",
    )
    return waiter


def _end(bench: SKFBench, waiter: _Waiter) -> None:
    """Cancel a wait; the check fails unless it ends at once."""
    answer = waiter.cancel()
    bench.observe("SKF_CancelWaitForDevEvent", answer)
    bench.expect(
        answer == "SAR_OK",
        f"SKF_CancelWaitForDevEvent answered {answer}",
        f"SKF_CancelWaitForDevEvent 返回 {answer}",
    )
    bench.expect(
        waiter.has_ended(_AT_ONCE_S),
        f"SKF_WaitForDevEvent hangs: {_AT_ONCE_S:g} s after it was cancelled it has not returned",
        f"取消 {_AT_ONCE_S:g} 秒后 SKF_WaitForDevEvent 仍未返回",
    )


@GROUP.check(
    1,
    "SKF_WaitForDevEvent blocks while nothing happens",
    "没有设备插拔时 SKF_WaitForDevEvent 阻塞等待",
    clause=_WAIT,
    functions=_BOTH,
)
def blocks(bench: SKFBench) -> None:
    """Wait in a thread for a second: it does not return, but for events of devices that are there already."""
    waiter = _waiting(bench)
    bench.observe("events at first", len(waiter.events))
    waiter.cancel()


@GROUP.check(
    2,
    "SKF_CancelWaitForDevEvent ends the wait of another thread",
    "SKF_CancelWaitForDevEvent 使另一线程的等待立即返回",
    clause=_CANCEL,
    functions=_BOTH,
)
def cancelled(bench: SKFBench) -> None:
    """Wait in a thread, cancel in another: the wait returns within five seconds, by whatever code."""
    waiter = _waiting(bench)
    started = time.monotonic()
    _end(bench, waiter)
    bench.observe("the cancelled wait answers", waiter.answer)
    bench.observe("returned within", f"{time.monotonic() - started:.1f} s")


@GROUP.check(
    3,
    "After a wait was cancelled another one waits again",
    "等待被取消后可以再次等待",
    clause=_WAIT,
    functions=_BOTH,
)
def waits_again(bench: SKFBench) -> None:
    """Wait and cancel; wait again: the second wait blocks, and is cancelled as the first was."""
    _end(bench, _waiting(bench))
    _end(bench, _waiting(bench))


@GROUP.check(
    4,
    "Other threads use the device while one waits for events",
    "等待设备事件时其他线程可以使用设备",
    clause=Clause(GMT_0016, "7.1.2", "C"),
    functions=(*_BOTH, "SKF_GenRandom"),
    severity=Severity.RECOMMENDED,
)
def others_go_on(bench: SKFBench) -> None:
    """Wait in a thread; ask for random bytes in another one: they come within five seconds."""
    handle = bench.raw(bench.device)
    waiter = _waiting(bench)
    room = bench.buffer(_RANDOM_LEN)

    def use() -> str | None:
        answer = bench.answer("SKF_GenRandom", handle, room.pointer, _RANDOM_LEN)
        return None if answer == "SAR_OK" else f"SKF_GenRandom {answer}"

    try:
        run_at_once(bench, use, join_s=_AT_ONCE_S)
    finally:
        waiter.cancel()


@GROUP.check(
    5,
    "What SKF_CancelWaitForDevEvent does while nobody waits",
    "无人等待时 SKF_CancelWaitForDevEvent 的结果",
    clause=_CANCEL,
    functions=_BOTH,
    severity=Severity.INFORMATION,
)
def nobody_waits(bench: SKFBench) -> None:
    """Cancel without a wait, and tell the answer; whether the next wait is cancelled by it is told too."""
    bench.observe("SKF_CancelWaitForDevEvent", bench.supported("SKF_CancelWaitForDevEvent"))
    bench.later(bench.answer, "SKF_CancelWaitForDevEvent")
    waiter = _Waiter(bench)
    bench.observe("the next wait", waiter.answer if waiter.has_ended(_BLOCKED_S) else "waits")
