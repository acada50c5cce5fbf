"""Runs the path validation suites: x509-limbo, the same signed anew with SM2, and our own cases on dual certificates.

Usage: ``python tests/limbo/run_limbo.py [--suite FILE] [--list] [PATTERN ...]``. With patterns only cases whose id
matches one are run, and no floor is asked for; ``--list`` also shows why each case was refused. The last line is the
figure: ``limbo: agreed/run agreed, bad accepts; SM2: ...; own: ...``.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "native" / "tools")]

from conftest import outside_data  # noqa: E402
from figures import Figures  # noqa: E402
from limbo.harness import Case, Outcome, judge, not_applicable, run  # noqa: E402
from limbo.resign import resigned  # noqa: E402

SUITE = "x509-limbo/limbo-part.json"
OWN = ROOT / "vectors" / "limbo"


def load(path: Path) -> list[Case]:
    """Read a file in limbo's form."""
    cases: list[Case] = json.loads(path.read_text(encoding="utf-8"))["testcases"]
    return cases


def report(name: str, outcome: Outcome) -> None:
    """Print what was left out, and every disagreement."""
    for case_id, reason in outcome.left_out.items():
        print(f"{name}: not applicable: {case_id}: {reason}")
    for case, verdict in outcome.disagreements:
        said = "accepted" if verdict.accepted else f"refused ({verdict.reason}: {verdict.message})"
        print(f"{name}: DISAGREES: {case['id']}: {case['expected_result']} expected, {said}")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", type=Path, default=outside_data() / SUITE, help="a file in limbo's form")
    parser.add_argument("--list", action="store_true", help="also show why cases were refused")
    parser.add_argument("patterns", nargs="*", metavar="PATTERN", help="ids; * stands for any characters")
    options = parser.parse_args(arguments)

    def chosen(cases: list[Case]) -> list[Case]:
        wanted = options.patterns or ["*"]
        return [case for case in cases if any(fnmatch.fnmatchcase(case["id"], pattern) for pattern in wanted)]

    figures = Figures("limbo")
    suites: dict[str, tuple[list[Case], dict[str, str]]] = {}
    if options.suite.is_file():
        cases = chosen(load(options.suite))
        suites["limbo"] = (cases, not_applicable("limbo"))
        suites["SM2"] = (resigned(cases), not_applicable("sm2"))
    else:
        figures.skip(f"outside test data: {options.suite.name} not present (GMPKI_TEST_DATA)")
    suites["own"] = ([case for path in sorted(OWN.glob("*.json")) for case in chosen(load(path))], {})
    shown = []
    for name, (cases, left_out) in suites.items():
        if options.list:
            for case in cases:
                verdict = judge(case)
                print(f"{name}: {case['id']}: {verdict.as_expected} {verdict.reason} {verdict.message}")
        outcome = run(cases, left_out=left_out)
        report(name, outcome)
        shown.append(str(outcome) if name == "limbo" else f"{name}: {outcome}")
        if not options.patterns:
            figures.count(name, outcome.agreed)
    return figures.finish("; ".join(shown))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
