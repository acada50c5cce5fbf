"""Run the suite on every token at hand: the software token behind SKF, PKCS #11 and PC/SC, and SoftHSM.

Usage: ``python tests/conformance/run_conformance.py [--only WORD]``. The reports, as a buyer gets them, are in
build/conformance/. On the software token every required check has to pass; what SoftHSM does otherwise is told: it is
what a module of a stranger is, without SM2.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "native" / "tools")]

from conformance.trials import EVERY_PERMISSION  # noqa: E402
from figures import Figures  # noqa: E402
from gmpki.conformance import Kind, Outcome, Report, Severity, Target, run  # noqa: E402
from gmpki.conformance.report import write_files  # noqa: E402
from gmpki.tokens.skf import header  # noqa: E402
from gmpki.tokens.soft import SoftSettings, create_soft_device, library_path  # noqa: E402
from tokens.checks import Absent  # noqa: E402
from tokens.driver_checks import SOFTHSM  # noqa: E402
from tokens.pcsc.reader import virtual_reader  # noqa: E402

REPORTS = ROOT / "build" / "conformance"
SERIAL = "00c8"


@dataclass(frozen=True)
class Token:
    """A token to run the suite on.

    :ivar place: gives what to test, while it is there.
    :ivar is_ours: whether every required check has to pass.
    """

    name: str
    place: Callable[[], contextlib.AbstractContextManager[Target]]
    is_ours: bool = True


@contextlib.contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    os.environ[name] = value
    try:
        yield
    finally:
        del os.environ[name]


@contextlib.contextmanager
def soft_device() -> Iterator[None]:
    """Give a new device of the software token, the only one."""
    with tempfile.TemporaryDirectory() as folder, _environment("GMPKI_SOFTTOKEN_DIR", folder):
        create_soft_device(SoftSettings(serial=SERIAL, pin_iterations=1), root=folder)
        yield


@contextlib.contextmanager
def skf() -> Iterator[Target]:
    """Give the software token behind SKF."""
    with soft_device():
        yield Target(Kind.SKF, library_path("skf"))


@contextlib.contextmanager
def pkcs11() -> Iterator[Target]:
    """Give the software token behind PKCS #11."""
    with soft_device():
        yield Target(Kind.PKCS11, library_path("pkcs11"))


@contextlib.contextmanager
def pcsc() -> Iterator[Target]:
    """Give the software token as a card in a virtual reader."""
    with soft_device(), virtual_reader(SERIAL):
        yield Target(Kind.PCSC, "")


@contextlib.contextmanager
def softhsm() -> Iterator[Target]:
    """Give SoftHSM with a token that is not initialised."""
    module = next((path for path in SOFTHSM if Path(path).is_file()), None)
    if module is None:
        raise Absent("peer program: softhsm2 not found")
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "softhsm2.conf"
        (Path(folder) / "tokens").mkdir()
        settings.write_text(
            f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n", encoding="ascii"
        )
        with _environment("SOFTHSM2_CONF", str(settings)):
            yield Target(Kind.PKCS11, module)


TOKENS = (
    Token("skf", skf),
    Token("pkcs11", pkcs11),
    Token("pcsc", pcsc),
    Token("softhsm", softhsm, is_ours=False),
)


def functions_called(report: Report) -> int:
    """Return how many of the functions that every SKF driver header declares were called."""
    called = {name for result in report.results for name in result.functions}
    return sum(function.common and name in called for name, function in header.functions().items())


def tell(token: Token, report: Report, figures: Figures, elapsed_s: float) -> None:
    """Print what came of a token; what is wrong of one of ours makes the run fall short."""
    severities = {check.id: check.severity for check in report.checks}
    counts = Counter(result.outcome.value for result in report.results)
    # How fast the machine is at this moment says nothing of the suite.
    late = {check.id for check in report.checks if check.group == "latency"}
    for result in report.results:
        if result.outcome is Outcome.PASSED:
            continue
        is_required = severities[result.check] is Severity.REQUIRED
        said = result.message.en if result.message else ""
        print(f"  {result.check:14} {severities[result.check].value:12} {result.outcome.value:12} {said}")
        if token.is_ours and result.check not in late and (is_required or result.outcome is Outcome.FAILED):
            figures.short(f"{token.name}: {result.check}: {result.outcome.value}: {said}")
    if not report.is_complete:
        figures.short(f"{token.name}: the run is not complete")
    shown = ", ".join(f"{number} {outcome}" for outcome, number in counts.most_common())
    print(f"{token.name}: {report.verdict.value}: {len(report.results)} checks: {shown}; {elapsed_s:.0f} s", flush=True)


def main() -> int:
    """Run the suite on each token."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--only", default="", help="the tokens whose names have this word in them")
    wanted = arguments.parse_args().only
    figures = Figures("conformance")
    total, passed, functions = 0, 0, 0
    for token in TOKENS:
        if wanted not in token.name:
            continue
        started = time.monotonic()
        try:
            with token.place() as target:
                report = run(target, permissions=EVERY_PERMISSION)
        except Absent as absent:
            figures.skip(str(absent))
            continue
        write_files(report, REPORTS / token.name, force=True)
        tell(token, report, figures, time.monotonic() - started)
        total += len(report.results)
        passed += sum(result.outcome is Outcome.PASSED for result in report.results)
        if report.kind is Kind.SKF:
            functions = functions_called(report)
    if not wanted:
        figures.count("checks", passed)
        figures.count("functions", functions)
    return figures.finish(f"{total} checks run, {passed} passed, {functions}/78 functions of SKF called")


if __name__ == "__main__":
    sys.exit(main())
