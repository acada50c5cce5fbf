"""The tables of the guides about seals beside what the code has: checks, verdicts, kinds of files, reasons."""

from __future__ import annotations

import ast
import re

import pytest

from docs.examples import GUIDES, ROOT
from docs.test_tables import rows
from gmpki.cli._recognise import FileKind
from gmpki.seal.grants import _REFUSALS
from gmpki.seal.report import CHECK_TEXTS, Verdict
from gmpki.seal.status import SealState

SOURCE = ROOT / "src" / "gmpki"

# What stands in the code in the place of a reason that is computed, and what it may come to.
OUT_OF_USE = [state.value for state in SealState if state not in (SealState.IN_USE, SealState.UNKNOWN)]
COMPUTED = {
    "reason": {*_REFUSALS, "changed", "not-allowed"},
    "bad[0].problem": {"changed", "missing", "damaged"},
    "f'signed-{side}-{reason}'": {
        f"signed-{side}-{what}" for side in ("before", "after") for what in ("certificate", "seal")
    },
    "f'seal-{status.state.value}'": {f"seal-{state}" for state in OUT_OF_USE},
    "_REASONS[found.state]": {*(f"seal-{state}" for state in OUT_OF_USE), "unknown-seal"},
}


def reasons_given() -> set[str]:
    """Return every reason that a SealError may have."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "SealError":
                reason = node.args[0]
                found |= {reason.value} if isinstance(reason, ast.Constant) else COMPUTED[ast.unparse(reason)]
    return found


@pytest.mark.parametrize("language", GUIDES)
def test_the_checks(language: str) -> None:
    names = {check.value for check in CHECK_TEXTS}
    shown = [(name, cells[0]) for name, cells in rows(language, "verifying-seals.md") if name in names]
    assert shown == [(check.value, texts[language == "en"]) for check, texts in CHECK_TEXTS.items()]


@pytest.mark.parametrize("language", GUIDES)
def test_the_verdicts_and_kinds(language: str) -> None:
    shown = [name for name, _ in rows(language, "verifying-seals.md")]
    assert shown[: len(Verdict)] == [verdict.value for verdict in Verdict]
    assert [name for name in shown if name in set(FileKind)] == [kind.value for kind in FileKind]


@pytest.mark.parametrize("language", GUIDES)
def test_the_reasons(language: str) -> None:
    text = (GUIDES[language] / "errors.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE)
    assert set(listed) == reasons_given()
    assert len(listed) == len(set(listed))
