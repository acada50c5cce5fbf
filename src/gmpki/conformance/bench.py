"""What every check is given, whatever the interface: words for what it expects, and how it ends."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from gmpki.conformance.model import Outcome, Result, Words
from gmpki.errors import DriverCrashedError, GmpkiError, TokenError, TokenUnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeVar

    from gmpki.conformance.model import LatencyRow
    from gmpki.conformance.recording import Recorder
    from gmpki.conformance.registry import Check
    from gmpki.conformance.target import Options

    T = TypeVar("T")

__all__ = ["Bench", "CheckEnded", "run_check"]


class CheckEnded(Exception):
    """A check has its outcome before its end."""

    def __init__(self, outcome: Outcome, message: Words, workaround: Words | None = None) -> None:
        super().__init__(message.en)
        self.outcome = outcome
        self.message = message
        self.workaround = workaround


class Bench:
    """What a check is given. For one check, in one thread unless the check has more of its own.

    :ivar options: how thorough the run is.
    """

    def __init__(self, recorder: Recorder, options: Options) -> None:
        self.recorder = recorder
        self.options = options
        self._observed: list[tuple[str, str]] = []
        self._ending: list[tuple[Callable[..., object], tuple[Any, ...]]] = []

    # ---- how a check ends ---------------------------------------------------------------
    def expect(self, condition: object, en: str, zh: str) -> None:
        """End the check as failed unless something is so.

        :param en: what was wrong, when it is not so; zh: the same in Chinese.
        """
        if not condition:
            self.fail(en, zh)

    def fail(self, en: str, zh: str) -> NoReturn:
        """End the check as failed."""
        raise CheckEnded(Outcome.FAILED, Words(en, zh))

    def deviate(self, en: str, zh: str, workaround_en: str, workaround_zh: str) -> NoReturn:
        """End the check as a deviation that clients can cope with, and say how."""
        raise CheckEnded(Outcome.DEVIATION, Words(en, zh), Words(workaround_en, workaround_zh))

    def unsupported(self, en: str, zh: str) -> NoReturn:
        """End the check because the token does not have what it is about."""
        raise CheckEnded(Outcome.UNSUPPORTED, Words(en, zh))

    def not_run(self, en: str, zh: str) -> NoReturn:
        """End the check because what it rests on is not there; nothing is said of the token."""
        raise CheckEnded(Outcome.NOT_RUN, Words(en, zh))

    def observe(self, name: str, value: object) -> None:
        """Tell what the driver does where several things are right."""
        self._observed.append((name, str(value)))

    def measured(self, row: LatencyRow) -> None:
        """Hand over how long an operation took, for the report's table."""
        self.recorder.rows.append(row)

    @property
    def observed(self) -> tuple[tuple[str, str], ...]:
        """What was told, each once, in its order."""
        return tuple(dict.fromkeys(self._observed))

    # ---- the scene ----------------------------------------------------------------------
    @contextmanager
    def scene(self) -> Iterator[None]:
        """Say that what is done now is not what the check is about: an error there leaves it without a verdict."""
        try:
            yield
        except TokenUnsupportedError:
            raise
        except GmpkiError as error:
            shown = _shown(error)
            raise CheckEnded(
                Outcome.NOT_RUN, Words(f"the scene could not be set: {shown}", f"无法准备检测环境：{shown}")
            ) from None

    def later(self, call: Callable[..., object], *arguments: Any) -> None:
        """Do something when the check ends, whatever comes of it; last first, errors of the token ignored."""
        self._ending.append((call, arguments))

    def close(self) -> None:
        """Do what was left for the end."""
        while self._ending:
            call, arguments = self._ending.pop()
            try:
                call(*arguments)
            except DriverCrashedError:
                raise
            except GmpkiError:
                pass


def _shown(error: GmpkiError) -> str:
    """Return an error as a report shows it: the function and its answer, where the token gave one."""
    if isinstance(error, TokenError) and error.function:
        return f"{error.function}: {error.code_name or error}"
    return str(error)


def run_check(check: Check, make: Callable[[], Bench], recorder: Recorder) -> Result:
    """Run one check and return what came of it. A bug of the suite is not caught.

    :param make: returns the bench of this check.
    """
    recorder.begin()
    started = time.perf_counter()
    outcome, message, workaround = Outcome.PASSED, None, None
    bench, calls = None, recorder.calls
    try:
        bench = make()
        try:
            check.run(bench)
        finally:
            calls = recorder.calls  # what follows only tidies up
            bench.close()
    except CheckEnded as end:
        outcome, message, workaround = end.outcome, end.message, end.workaround
    except TokenUnsupportedError as error:
        shown = _shown(error)
        outcome, message = Outcome.UNSUPPORTED, Words(f"not supported: {shown}", f"不支持：{shown}")
    except GmpkiError as error:
        shown = _shown(error)
        outcome, message = Outcome.FAILED, Words(f"refused: {shown}", f"被拒绝：{shown}")
    return Result(
        check=check.id,
        outcome=outcome,
        message=message,
        workaround=workaround,
        observed=bench.observed if bench is not None else (),
        calls=() if outcome is Outcome.PASSED else calls,
        call_count=recorder.count,
        duration_s=time.perf_counter() - started,
        functions=tuple(sorted(recorder.functions)),
    )
