"""The checks of one group, run in a child; when the driver takes that along, what remains is run in another.

A crash, an end of the process and a hang are what came of the check that ran, with the function in which it happened.
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from gmpki.conformance.hearing import CHECKING, REMOVING, Hearing
from gmpki.conformance.model import Call, Outcome, Result, Words
from gmpki.conformance.process import ChildProcess
from gmpki.errors import InvalidInputError, StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence

    from gmpki.conformance.journal import Journal
    from gmpki.conformance.process import Ending
    from gmpki.conformance.registry import Check
    from gmpki.conformance.wire import Task

    # Makes the task of a child, given the descriptor of its slots, and by name what it is to do.
    MakeTask = Callable[..., Task]

__all__ = ["GroupRun", "Hand", "remove_left"]

_POLL_S: Final = 0.1
_SCENE_S: Final = 120.0  # to load the driver, and to remove what was made
_GRACE_S: Final = 20.0  # to end the running check, when a run is stopped
_DAMAGED: Final = Words(
    "the driver damaged the process that checks it, or answered in its place", "驱动破坏了检测进程，或冒充检测进程应答"
)
_GIVEN_UP: Final = Words(
    "the driver was not usable any more: see the check that failed", "驱动已无法使用：见失败的检测项"
)


class Hand:
    """A child at work. Of one thread.

    :ivar is_done: whether the child came to the end of its task.
    :ivar fate: what the driver has done to the child, None when nothing; ending: how the child ended.
    """

    def __init__(
        self,
        task: Callable[[int], Task],
        stop: threading.Event,
        timeouts_s: Mapping[str, float],
        may_say: Collection[str] = CHECKING,
    ) -> None:
        """Begin.

        :param stop: when it is set, the child ends after the check that runs.
        :param timeouts_s: what each check may take, by its id.
        :param may_say: which messages are due, as :mod:`gmpki.conformance.hearing` has them.
        """
        self._task = task
        self._stop = stop
        self._timeouts_s = timeouts_s
        self._hearing = Hearing(timeouts_s, may_say)
        self.is_done = False
        self.fate: Words | None = None
        self.ending: Ending | None = None

    @property
    def running(self) -> str | None:
        """The id of the check that runs."""
        return self._hearing.running

    def messages(self) -> Generator[dict[str, Any]]:
        """Give what the child tells, until it has ended.

        Whoever asks for the next message has kept what the last one tells: then the child hears that it is noted.

        :raises StateError: when the suite has a mistake.
        """
        was_asked = was_late = is_damaged = False
        deadline = time.monotonic() + _SCENE_S
        with ChildProcess(self._task) as child:
            while not self.is_done and not child.has_ended:
                told = child.message(_POLL_S)
                if told is not None and not is_damaged:
                    try:
                        self._hearing.take(told)
                    except InvalidInputError:
                        is_damaged = True
                        child.kill()
                        continue
                    deadline = self._deadline(told, deadline, child)
                    if "begin" not in told and "done" not in told:
                        yield told
                    if "made" in told:
                        child.note()
                if self._stop.is_set():
                    if not was_asked:
                        child.stop()
                    grace = time.monotonic() + _GRACE_S
                    deadline, was_asked = min(deadline, grace) if was_asked else grace, True
                # Only when it has nothing to say: whoever takes the results may have let it wait.
                if told is None and time.monotonic() > deadline and not was_late:
                    was_late = True
                    child.kill()
            if self.is_done:
                child.kill()  # which has nothing more to do
            self.ending = child.ending()
        # What was ended because the run is stopped says nothing of the driver.
        if is_damaged:
            self.fate = _DAMAGED
        elif not self.is_done and not (was_late and was_asked):
            self.fate = _fate(self.ending, was_late=was_late)

    def _deadline(self, told: Mapping[str, Any], before: float, child: ChildProcess) -> float:
        """Note what a message says of the child, and return until when the next one may take."""
        if "bug" in told:
            raise StateError(f"the suite has a mistake, in {self.running or 'no check'}:\n{child.blotted(told['bug'])}")
        self.is_done = "done" in told
        if self.running is None:
            return time.monotonic() + _SCENE_S
        # What a check makes while it runs gives it no more time.
        return time.monotonic() + self._timeouts_s[self.running] if "begin" in told else before


class GroupRun:
    """The checks of one group, of which each gets a result unless the run is stopped."""

    def __init__(self, checks: Sequence[Check], journal: Journal, task: MakeTask, stop: threading.Event) -> None:
        self._pending = list(checks)
        self._journal = journal
        self._task = task
        self._stop = stop

    def results(self) -> Iterator[Result]:
        """Run the checks and give what came of each; what happens after a check may bring another result of it.

        :raises StateError: when the suite has a mistake.
        """
        while self._pending and not self._stop.is_set():
            before = frozenset(self._journal.made)
            yield from self._by_one_child()
            remove_left(self._journal, self._task, but=before)

    def _by_one_child(self) -> Iterator[Result]:
        checks = tuple(check.id for check in self._pending)
        timeouts_s = {check.id: check.timeout_s for check in self._pending}
        hand = Hand(lambda slots: self._task(slots, checks=checks), self._stop, timeouts_s)
        last: str | None = None
        with contextlib.closing(hand.messages()) as messages:
            for told in messages:
                if "unusable" in told:
                    yield from self.given_up(unusable(told["unusable"]))
                    return
                self._journal.add(told)
                if "result" in told:
                    result = Result.from_json(told["result"])
                    last = result.check
                    self._settle(last)
                    yield result
        if hand.fate is None:
            if last is None and not self._stop.is_set():
                raise StateError("a child of the run has done nothing")
        elif hand.running is not None:
            yield self._failed(hand.running, hand.fate, hand.ending)
        elif last is not None:
            fate = Words(f"after the check {hand.fate.en}", f"检测项结束后，{hand.fate.zh}")
            yield self._failed(last, fate, hand.ending)
        else:
            yield from self.given_up(hand.fate, hand.ending)

    def given_up(self, words: Words, ending: Ending | None = None) -> Iterator[Result]:
        """Give one finding, on the first check, and no verdict on the others."""
        yield self._failed(self._pending[0].id, words, ending)
        while self._pending:
            result = Result(self._pending[0].id, Outcome.NOT_RUN, message=_GIVEN_UP)
            self._journal.add({"result": result.to_json()})
            self._settle(result.check)
            yield result

    def _failed(self, check: str, words: Words, ending: Ending | None) -> Result:
        functions = () if ending is None else ending.functions
        result = Result(
            check=check,
            outcome=Outcome.FAILED,
            message=words,
            observed=(("output", ending.output),) if ending is not None and ending.output else (),
            calls=tuple(Call(function) for function in functions),
            call_count=len(functions),
            functions=functions,
        )
        self._journal.add({"result": result.to_json()})
        self._settle(check)
        return result

    def _settle(self, check: str) -> None:
        self._pending = [other for other in self._pending if other.id != check]


def unusable(why: str) -> Words:
    """Say that a driver cannot even be loaded."""
    return Words(f"the driver cannot be used: {why}", f"驱动无法使用：{why}")


def remove_left(journal: Journal, task: MakeTask, *, but: Collection[str] = ()) -> None:
    """Remove the applications that the journal says were made and not removed. One that resists stays noted.

    :param but: those that resisted before: each try takes an authentication, which a device may count.
    :raises StateError: when the suite has a mistake.
    """
    names = tuple(name for name in reversed(journal.made) if name not in but)  # what was made last goes first
    if not names:
        return
    # An order to stop does not interrupt it: it is part of stopping.
    hand = Hand(lambda slots: task(slots, remove=names), threading.Event(), {}, REMOVING)
    for told in hand.messages():
        if "removed" in told or "key_refused" in told:
            journal.add(told)


def _fate(ending: Ending, *, was_late: bool) -> Words:
    functions = " / ".join(ending.functions)
    where_en, where_zh = (f" in {functions}", f"（在 {functions} 中）") if functions else ("", "")
    if not functions and ending.last:
        # Memory that a driver has damaged, and threads of its own, show later.
        where_en, where_zh = f" after {ending.last}", f"（在 {ending.last} 返回之后）"
    if was_late:
        return Words(f"the driver did not return in time{where_en}", f"驱动未按时返回{where_zh}")
    if ending.signal_name is not None:
        return Words(f"the driver crashed{where_en}: {ending.signal_name}", f"驱动崩溃{where_zh}：{ending.signal_name}")
    return Words(
        f"the driver ended the process{where_en}, with code {ending.code}",
        f"驱动结束了进程{where_zh}，退出码 {ending.code}",
    )
