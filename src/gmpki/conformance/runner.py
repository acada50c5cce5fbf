"""Run the suite on a token: group by group in children, with a journal, to a report.

>>> from gmpki.conformance import Kind, Permission, Target, run                          # doctest: +SKIP
>>> target = Target(Kind.SKF, "/usr/lib/libgm3000.so")                                    # doctest: +SKIP
>>> report = run(target, permissions={Permission.WRITE}, report_dir="acceptance")         # doctest: +SKIP
>>> report.verdict.value                                                                  # doctest: +SKIP
'passed'
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from dataclasses import replace
from datetime import datetime, timezone
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import function, iterated, member
from gmpki.conformance.group_run import GroupRun, Hand, remove_left, unusable
from gmpki.conformance.hearing import IDENTIFYING
from gmpki.conformance.identity import Identity, driver_file, environment
from gmpki.conformance.journal import Journal, Order
from gmpki.conformance.model import Outcome, Permission, Result, Words
from gmpki.conformance.planning import lacking
from gmpki.conformance.registry import checks as all_checks
from gmpki.conformance.registry import selected
from gmpki.conformance.report.document import Report, ReportedCheck
from gmpki.conformance.target import Options, Target
from gmpki.conformance.wire import Task
from gmpki.errors import ConflictError, TokenNotFoundError
from gmpki.tokens.limits import LimitProfile, limit_profile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gmpki.conformance.model import LatencyRow
    from gmpki.conformance.process import Ending
    from gmpki.conformance.registry import Check

    # Told after each check: how many have a result, how many get one, the check, its result.
    Progress = Callable[[int, int, Check, Result], None]

__all__ = ["Run", "resume", "run"]

_STOPPED: Final = Words("the run was stopped before its end", "运行在结束前被中止")


class Run:
    """A run, step by step. Of one thread; :attr:`stop` may be set from everywhere.

    :ivar checks: those that were chosen, in their order.
    :ivar stop: when it is set, the run ends after the check that runs.
    """

    def __init__(self, target: Target, journal: Journal, stop: threading.Event | None = None) -> None:
        """Begin.

        :param target: that of the journal's order, with its PINs.
        :raises InvalidInputError: when a pattern of the order chooses nothing.
        """
        self._target = target
        self._journal = journal
        self._permissions = journal.order.permissions
        self.checks = selected(target.kind, journal.order.select)
        self.stop = threading.Event() if stop is None else stop
        self._accepts_change = False

    def accept_change(self) -> None:
        """Go on although another driver was tested before the run was resumed."""
        self._accepts_change = True

    def _task(self, slots: int, *, checks: tuple[str, ...] = (), remove: tuple[str, ...] = ()) -> Task:
        options, is_key_refused = self._journal.order.options, self._journal.is_key_refused
        return Task(self._target, self._permissions, options, slots, checks, remove, is_key_refused)

    def results(self) -> Iterator[Result]:
        """Give what came of each check; what happens after a check may bring another result of it.

        :raises TokenNotFoundError: when there is no token, or the target does not say which of several.
        :raises ConflictError: when another driver was tested before the run was resumed.
        :raises OSError: when the journal cannot be written.
        :raises StateError: when the suite has a mistake.
        """
        pending: list[Check] = []
        for check in self.checks:
            found = self._journal.results.get(check.id)
            if why := lacking(check, self._permissions):
                yield Result(check.id, Outcome.NOT_RUN, message=why)
            elif found is not None and found.outcome.is_verdict:
                yield found
            else:
                pending.append(check)
        if self.stop.is_set():
            return
        remove_left(self._journal, self._task)
        if not pending:
            return
        if (useless := self._identify()) is not None:
            yield from self._group(pending).given_up(*useless)
            return
        for _, checks in groupby(pending, key=lambda check: check.group):
            yield from self._group(list(checks)).results()

    def _group(self, checks: list[Check]) -> GroupRun:
        return GroupRun(checks, self._journal, self._task, self.stop)

    def _identify(self) -> tuple[Words, Ending | None] | None:
        """Note what is tested; return what is to be said of every check when that fails."""
        hand = Hand(self._task, self.stop, {}, IDENTIFYING)
        with contextlib.closing(hand.messages()) as messages:
            for told in messages:
                if "unusable" in told:
                    return unusable(told["unusable"]), None
                if "refused" in told:
                    raise TokenNotFoundError(told["refused"])
                self._note_identity(told)
        return None if hand.fate is None else (hand.fate, hand.ending)

    def _note_identity(self, told: dict[str, Any]) -> None:
        before, now = self._journal.identity, Identity.from_json(told["identity"])
        if os.path.dirname(self._target.path):
            # Which file it is, is not asked of the process that the driver is in.
            now = replace(now, driver=driver_file(self._target))
        if before is not None and before.driver != now.driver and not self._accepts_change:
            raise ConflictError("driver", "this is another driver than the one that the run began with")
        if now != before:
            self._journal.add({"identity": now.to_json()})

    def _latency(self) -> Iterable[LatencyRow]:
        """Return what was measured; of an operation that was measured twice the first."""
        found: dict[tuple[str, str], LatencyRow] = {}
        for check in self.checks:
            for row in self._journal.rows.get(check.id, ()):
                found.setdefault((row.algorithm, row.operation), row)
        return found.values()

    def report(self, limits: LimitProfile | None = None) -> Report:
        """Return the report of what was done so far.

        :param limits: that latency is judged by; None: the table that the options name.
        :raises InvalidInputError: when the options name none.
        """
        journal, order = self._journal, self._journal.order
        results = {check.id: journal.results.get(check.id) for check in self.checks}
        for check in self.checks:
            if why := lacking(check, self._permissions):
                results[check.id] = Result(check.id, Outcome.NOT_RUN, message=why)
        reached = tuple(result for result in results.values() if result is not None)
        is_complete = len(reached) == len(self.checks)
        identity = journal.identity or Identity(driver_file(self._target))
        return Report(
            kind=self._target.kind,
            driver=identity.driver,
            started=order.started,
            ended=max(order.started, datetime.now(timezone.utc)),
            checks=tuple(ReportedCheck.of(check) for check in all_checks(self._target.kind)),
            results=reached,
            device=dict(identity.device),
            driver_profile=dict(identity.driver_profile),
            permissions=self._permissions,
            limits=limits or limit_profile(order.options.limits),
            selection=order.select,
            environment=environment() | ({"left_behind": ", ".join(journal.made)} if journal.made else {}),
            latency=tuple(self._latency()),
            is_complete=is_complete,
            incomplete_why=None if is_complete else _STOPPED,
        )


def run(
    target: Target,
    *,
    permissions: Iterable[Permission] = (),
    select: Iterable[str] = (),
    options: Options | None = None,
    limits: LimitProfile | None = None,
    report_dir: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> Report:
    """Run the suite on a token and return the report. SIGINT and SIGTERM stop it after the check that runs.

    :param permissions: what may be done to the token beyond reading.
    :param select: which checks, as :func:`gmpki.conformance.registry.selected` has it; none: all.
    :param limits: a table of latency limits of the caller's; None: the one that the options name.
    :param report_dir: where the journal is kept, by which the run can be resumed; None keeps none.
    :param progress: called after each check, with the numbers of those that have a result and of all, the check and its
        result.
    :param stop: ends the run after the check that runs, when it is set.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when a pattern chooses nothing, or the options name no table of limits.
    :raises ConflictError: when report_dir holds the journal of another run.
    :raises TokenNotFoundError: when there is no token, or the target does not say which of several.
    :raises UnsupportedPlatform: when no process can be started here.
    :raises DriverError: when a process cannot be started.
    :raises OSError: when the journal cannot be written.
    :raises StateError: when the suite has a mistake: please report what it says.
    """
    member(target, Target, "target")
    order = _order(target, permissions, select, options or Options())
    selected(target.kind, order.select)  # before anything is written
    table = limit_profile(order.options.limits) if limits is None else limits
    member(table, LimitProfile, "limits")
    journal = Journal(order) if report_dir is None else Journal.create(report_dir, order)
    with journal:
        return _done(Run(target, journal, stop), table, progress)


def resume(
    report_dir: str | os.PathLike[str],
    target: Target | None = None,
    *,
    permissions: Iterable[Permission] | None = None,
    select: Iterable[str] | None = None,
    limits: LimitProfile | None = None,
    progress: Progress | None = None,
    stop: threading.Event | None = None,
    accept_change: bool = False,
) -> Report:
    """Go on with a run that was stopped or cut off: run what has no verdict yet, and return the report of all.

    Parameters and errors are those of :func:`run`, and:

    :param target: what is tested, with its PINs, which a journal does not keep; None: as the run began, without PINs.
    :param permissions: None: those that the run began with; likewise select.
    :param accept_change: take another driver, token, permissions or selection than the run began with.
    :raises NotFoundError: when the folder holds no journal.
    :raises ConflictError: when another process works on the run, or something is not as it began.
    """
    with Journal.resume(report_dir) as journal:
        began = journal.order
        now = _order(
            target or began.target,
            began.permissions if permissions is None else permissions,
            began.select if select is None else select,
            began.options,
        )
        now = replace(now, started=began.started)
        if now != began:
            if not accept_change:
                raise ConflictError("run", "the run began with another target, other permissions or another selection")
            journal.add({"order": now.to_json()})
        running = Run(target or began.target, journal, stop)
        if accept_change:
            running.accept_change()
        return _done(running, limits or limit_profile(began.options.limits), progress)


def _order(target: Target, permissions: Iterable[Permission], select: Iterable[str], options: Options) -> Order:
    given = iterated(permissions, "permissions")
    for permission in given:
        member(permission, Permission, "a permission")
    member(options, Options, "options")
    bare = replace(target, user_pin=None, admin_pin=None, device_key=None)
    return Order(bare, frozenset(given), iterated(select, "select"), options, datetime.now(timezone.utc))


def _done(running: Run, limits: LimitProfile, progress: Progress | None) -> Report:
    if progress is not None:
        function(progress, "progress")
    by_id = {check.id: check for check in running.checks}
    settled: set[str] = set()
    with _stopping(running.stop):
        for result in running.results():
            settled.add(result.check)
            if progress is not None:
                progress(len(settled), len(by_id), by_id[result.check], result)
    return running.report(limits)


@contextlib.contextmanager
def _stopping(stop: threading.Event) -> Iterator[None]:
    """Let SIGINT and SIGTERM stop the run; a second SIGINT interrupts it as everywhere."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def asked(number: int, _: object) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
