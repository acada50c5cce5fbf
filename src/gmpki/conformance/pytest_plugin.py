"""The suite as tests of pytest: ``pytest --pyargs gmpki.conformance --skf-library PATH``.

Each check is a test of its id. What the token lacks and what was not run is skipped, with the reason; a deviation
passes, with a note among the properties of the test, which JUnit reports show.

pytest reads the options of its command line before it looks into packages, so that this has to be known to it as a
plugin. Whoever does not use it pays for this one file, which imports nothing of weight.
"""

from __future__ import annotations

import os
import traceback
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gmpki.conformance.model import Result
    from gmpki.conformance.registry import Check
    from gmpki.conformance.runner import Run
    from gmpki.conformance.target import Target

__all__ = [
    "CheckItem",
    "DriverUnderTest",
    "pytest_addoption",
    "pytest_collect_file",
    "pytest_report_collectionfinish",
    "pytest_sessionfinish",
]

_PERMISSIONS: Final = ("write", "lock", "init")
_LIBRARIES: Final = {"skf": "skf_library", "pkcs11": "pkcs11_library", "pcsc": "pcsc_reader"}
_NOTHING_GIVEN: Final = pytest.StashKey[bool]()
_HINT: Final = (
    "gmpki.conformance: no driver to test; give --skf-library PATH, --pkcs11-library PATH or --pcsc-reader NAME"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the suite."""
    group = parser.getgroup("gmpki conformance", "checks of a token's driver (--pyargs gmpki.conformance)")
    add = group.addoption
    add("--skf-library", metavar="PATH", help="the SKF driver to test")
    add("--pkcs11-library", metavar="PATH", help="the PKCS #11 module to test")
    add("--pcsc-reader", metavar="NAME", help="the reader whose token to test over PC/SC")
    add("--conformance-device", metavar="NAME", help="the device or token to test, where there are several")
    add("--conformance-application", metavar="NAME", help="the application to work in, where none may be created")
    add("--pin-file", metavar="FILE", help="TOML with user_pin, admin_pin and device_key")
    add("--conformance-select", metavar="PATTERN", action="append", default=[], help="checks, groups or a severity")
    what = {"write": "make and remove keys and files", "lock": "give wrong PINs", "init": "create applications"}
    for name in _PERMISSIONS:
        add(f"--allow-{name}", action="store_true", help=f"let the checks {what[name]}")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> DriverUnderTest | None:
    """Take this file for the one that holds the checks."""
    if file_path.name == os.path.basename(__file__) and os.path.samefile(file_path, __file__):
        return DriverUnderTest.from_parent(parent, path=file_path)
    return None


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """Say why there are no checks, where this file was asked for and no driver was given."""
    return [_HINT] if config.stash.get(_NOTHING_GIVEN, False) else []


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop a run that pytest did not go on with, so that the token is left as it was found."""
    for node in session.stash.get(_RUNNING, ()):
        node.stop()


class DriverUnderTest(pytest.File):
    """The checks of one interface on one token."""

    def collect(self) -> Iterator[CheckItem]:
        """Give the checks that were chosen.

        :raises CollectError: for more than one driver, a file of PINs that is none, or a pattern that chooses nothing.
        """
        from gmpki.conformance.registry import selected
        from gmpki.errors import GmpkiError

        target = self._target()
        if target is None:
            self.config.stash[_NOTHING_GIVEN] = True
            return
        if hasattr(self.config, "workerinput"):
            raise self.CollectError("gmpki.conformance: the checks of a token run one at a time, not under xdist")
        try:
            checks = selected(target.kind, self.config.getoption("conformance_select"))
        except GmpkiError as error:
            raise self.CollectError(f"gmpki.conformance: {error}") from None
        self.running = _Running(target, self)
        self.session.stash.setdefault(_RUNNING, []).append(self.running)
        for check in checks:
            yield CheckItem.from_parent(self, name=check.id, check=check)

    def _target(self) -> Target | None:
        from gmpki.conformance.model import Kind
        from gmpki.conformance.pin_file import read_pin_file
        from gmpki.conformance.target import Target
        from gmpki.errors import GmpkiError

        option = self.config.getoption
        given = {kind: option(name) for kind, name in _LIBRARIES.items() if option(name) is not None}
        if len(given) > 1:
            raise self.CollectError("gmpki.conformance: one driver at a time is tested")
        for kind, path in given.items():
            device, application = option("conformance_device"), option("conformance_application")
            try:
                target = Target(Kind(kind), path, device=device, application=application)
                return read_pin_file(option("pin_file"), target) if option("pin_file") else target
            except (GmpkiError, OSError) as error:
                raise self.CollectError(f"gmpki.conformance: {error}") from None
        return None


class _Running:
    """The run behind the tests, which goes on as far as they ask."""

    def __init__(self, target: Target, file: DriverUnderTest) -> None:
        self._target = target
        self._file = file
        self._run: Run | None = None
        self._results: Iterator[Result] = iter(())
        self._ahead: Result | None = None
        self._seen: dict[str, Result] = {}

    def result(self, check: Check) -> Result | None:
        """Return what came of a check; None when the run ended before it."""
        if self._run is None:
            self._start()
        # One further than asked: what happens after a check may be told as a worse result of it.
        while check.id not in self._seen or (self._ahead is not None and self._ahead.check == check.id):
            if self._ahead is not None:
                self._seen[self._ahead.check] = self._ahead
            following = next(self._results, None)
            if self._ahead is None and following is None:
                break
            self._ahead = following
        return self._seen.get(check.id)

    def _start(self) -> None:
        from datetime import datetime, timezone

        from gmpki.conformance.journal import Journal, Order
        from gmpki.conformance.model import Permission
        from gmpki.conformance.runner import Run
        from gmpki.conformance.target import Options

        # What -k and the like have left of them.
        wanted = tuple(item.name for item in self._file.session.items if item.parent is self._file)
        option = self._file.config.getoption
        permissions = frozenset(Permission(name) for name in _PERMISSIONS if option(f"allow_{name}"))
        order = Order(self._target, permissions, wanted, Options(), datetime.now(timezone.utc))
        self._run = Run(self._target, Journal(order))
        self._results = self._run.results()

    def stop(self) -> None:
        """Let the run end in good order."""
        if self._run is not None:
            self._run.stop.set()
            for _ in self._results:
                pass


_RUNNING: Final = pytest.StashKey[list[_Running]]()


class CheckFailed(Exception):
    """A check has failed."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.check)
        self.result = result


class CheckItem(pytest.Item):
    """One check."""

    def __init__(self, *, check: Check, **named: Any) -> None:
        super().__init__(**named)
        self.check = check

    def runtest(self) -> None:
        """Run the check.

        :raises CheckFailed: when the token fails it.
        """
        from gmpki.asn1.rfc5280._name_text import shown_text
        from gmpki.conformance.model import Outcome

        assert isinstance(self.parent, DriverUnderTest)  # noqa: S101 - for the type checker
        result = self.parent.running.result(self.check)
        if result is None:
            pytest.skip("the run was stopped before it")
        self.user_properties.extend(result.observed)
        if result.outcome is Outcome.FAILED:
            raise CheckFailed(result)
        message = "" if result.message is None else result.message.en
        if result.outcome is Outcome.DEVIATION:
            self.user_properties.append(("deviation", message))
            if result.workaround is not None:
                self.user_properties.append(("workaround", result.workaround.en))
        elif result.outcome is not Outcome.PASSED:
            pytest.skip(shown_text(message) or result.outcome.value)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ARG002 - pytest's
        """Show what was wrong and the calls that led there, without a place in this file.

        Of anything else than a failed check there is no view of variables, whatever the command line wants: PINs are
        among them.
        """
        from gmpki.asn1.rfc5280._name_text import shown_text

        if not isinstance(excinfo.value, CheckFailed):
            return "".join(traceback.format_exception(excinfo.type, excinfo.value, excinfo.tb))
        check, result = self.check, excinfo.value.result
        lines = [f"{check.id} {check.title.en} / {check.title.zh}", f"{check.clause.shown}, {check.severity.value}"]
        if result.message is not None:
            lines += [result.message.en, result.message.zh]
        lines += [f"{name}: {value}" for name, value in result.observed]
        lines += [
            f"    {call.function}({call.arguments}) -> {call.answer or 'did not return'}" for call in result.calls
        ]
        return "\n".join(map(shown_text, lines))

    def reportinfo(self) -> tuple[Path, None, str]:
        """Say where it stands, and its title."""
        return self.path, None, f"{self.check.id} {self.check.title.en}"
