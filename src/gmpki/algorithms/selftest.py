"""Self-tests on demand: the known answers of every algorithm on every backend, and the integrity of the library.

The known answers of an algorithm also run by themselves when it is first used. A failure puts the module into its error
state for the life of the process: every call raises :class:`gmpki.errors.SelfTestError` from then on.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from gmpki.algorithms import backends
from gmpki.algorithms._call import check, lib
from gmpki.errors import BackendError, GmpkiError, SelfTestError, UnsupportedPlatform

__all__ = ["SelfTestReport", "SelfTestResult", "Status", "run", "selftest"]


Status = Literal["passed", "failed", "unsupported"]
"""How a self-test ended; ``unsupported``, where this processor or platform cannot run it, is no failure."""


class SelfTestResult(NamedTuple):
    """One self-test."""

    name: str
    status: Status
    detail: str


class SelfTestReport(NamedTuple):
    """All self-tests, in the order in which they ran."""

    results: tuple[SelfTestResult, ...]

    @property
    def passed(self) -> bool:
        """Whether none failed."""
        return all(result.status != "failed" for result in self.results)


def run() -> SelfTestReport:
    """Run every self-test and report; a failure is in the report, and raises nothing here."""
    results = [_integrity()]
    for algorithm in backends.ALGORITHMS:
        results.extend(
            _known_answers(algorithm, backend.name)
            if backend.available
            else SelfTestResult(f"{algorithm}/{backend.name}", "unsupported", "this processor cannot run it")
            for backend in backends.available(algorithm)
        )
    return SelfTestReport(tuple(results))


def selftest() -> SelfTestReport:
    """Run every self-test and return the report.

    :raises SelfTestError: when one fails; the message names it.
    """
    report = run()
    if not report.passed:
        failed = [f"{result.name} ({result.detail})" for result in report.results if result.status == "failed"]
        raise SelfTestError(f"self-test failed: {', '.join(failed)}")
    return report


def _integrity() -> SelfTestResult:
    name = "integrity"
    try:
        check(lib.gmpki_selftest_integrity(), what=name)
    except UnsupportedPlatform as error:
        return SelfTestResult(name, "unsupported", str(error))
    except GmpkiError as error:
        return SelfTestResult(name, "failed", str(error))
    return SelfTestResult(name, "passed", "the loaded code is what was built")


def _known_answers(algorithm: str, backend: str) -> SelfTestResult:
    name = f"{algorithm}/{backend}"
    try:
        with backends.forced(algorithm, backend):
            check(lib.gmpki_selftest_run(backends.number_of(algorithm)), what=name)
    except (BackendError, SelfTestError) as error:
        return SelfTestResult(name, "failed", str(error))
    return SelfTestResult(name, "passed", "known answers agree")
