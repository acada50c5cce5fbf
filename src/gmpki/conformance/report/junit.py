"""A report as JUnit XML, for whoever collects the results of tests in a build server.

What that form does not know is told in its terms: a deviation passed and says in its output what deviates; what is
unsupported or was not run is skipped, with the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import member
from gmpki.conformance.model import Outcome
from gmpki.conformance.report.document import Report
from gmpki.conformance.report.wording import OUTCOME, STATEMENT
from gmpki.errors import UnsupportedPlatform

if TYPE_CHECKING:
    from gmpki.conformance.model import Result, Words
    from gmpki.conformance.report.document import ReportedCheck

__all__ = ["write_junit"]

_LONGEST: Final = 4000  # characters of one text


def write_junit(report: Report) -> bytes:
    """Return a report as JUnit XML: one suite for each group of checks, one case for each check.

    :raises InvalidTypeError: when report is none.
    :raises UnsupportedPlatform: when junitparser, which the extra conformance brings, is not installed.
    """
    member(report, Report, "report")
    try:
        from junitparser import JUnitXml, TestSuite
    except ImportError:
        raise UnsupportedPlatform("JUnit XML needs junitparser: pip install 'gmpki[conformance]'") from None
    outcomes = report.outcomes
    suites: dict[str, Any] = {}
    for check in report.checks:
        if check.group not in suites:
            suite = suites[check.group] = TestSuite(_shown(check.group))
            suite.timestamp = report.started.replace(tzinfo=None).isoformat()
            for name, value in (
                ("statement", STATEMENT.en),
                ("driver", report.driver.name),
                ("driver-sha256", report.driver.sha256),
                ("verdict", report.verdict.value),
                *report.environment.items(),
            ):
                suite.add_property(_shown(name), _shown(value))
        suites[check.group].add_testcase(_case(check, outcomes[check.id], report.kind.value))
    document: Any = JUnitXml("gmpki conformance")
    for suite in suites.values():
        document.add_testsuite(suite)
    document.update_statistics()
    return bytes(document.tostring())


def _case(check: ReportedCheck, result: Result, kind: str) -> Any:
    from junitparser import Failure, Skipped
    from junitparser.xunit2 import TestCase

    case = TestCase(
        _shown(f"{check.id} {check.title.en}"), f"gmpki.conformance.{kind}.{_shown(check.group)}", result.duration_s
    )
    case.add_property("outcome", result.outcome.value)
    case.add_property("severity", check.severity.value)
    case.add_property("clause", _shown(check.clause.shown))
    for name, value in result.observed:
        case.add_property(_shown(f"observed-{name}"), _shown(value))
    message = "" if result.message is None else _shown(_both(result.message))
    if result.outcome is Outcome.FAILED:
        failure = Failure(message, check.severity.value)
        failure.text = "\n".join(_shown(f"{call.function}({call.arguments}) = {call.answer}") for call in result.calls)
        case.result = [failure]
    elif result.outcome in (Outcome.UNSUPPORTED, Outcome.NOT_RUN):
        case.result = [Skipped(f"{OUTCOME[result.outcome].en}: {message}" if message else OUTCOME[result.outcome].en)]
    elif result.outcome is Outcome.DEVIATION:
        workaround = "" if result.workaround is None else f"\nworkaround: {_shown(_both(result.workaround))}"
        case.system_out = f"deviation: {message}{workaround}"
    return case


def _both(words: Words) -> str:
    return f"{words.en} / {words.zh}"


def _shown(text: str) -> str:
    """Return text without the characters that XML cannot hold (XML 1.0 2.2), and not too long."""
    from gmpki.asn1.rfc5280._name_text import shown_text

    return shown_text(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")
