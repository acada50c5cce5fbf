"""The tables of the guides about verifying seals and about errors beside what the code has: checks, kinds, reasons."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from docs.examples import GUIDES, ROOT
from docs.test_tables import ROW
from gmpki.cli._recognise import FileKind
from gmpki.cli._verify_kinds import _WITH_CONTENT
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


@cache
def reasons_given() -> set[str]:
    """Return every reason that a SealError may have."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "SealError":
                reason = node.args[0]
                found |= {reason.value} if isinstance(reason, ast.Constant) else COMPUTED[ast.unparse(reason)]
    return found


# The tables of errors that an authority has are compared elsewhere.
OF_AUTHORITIES = re.compile(r"`(?:ConflictError|NotPermittedError)`[^|]*\n\n(?:\|.*\n)+")


def below(language: str, *headings: str) -> list[tuple[str, list[str]]]:
    """Return the rows below a heading of the page about verification."""
    text = (GUIDES[language] / "verifying-seals.md").read_text(encoding="utf-8")
    (section,) = (part for part in text.split("\n## ") if part.split("\n")[0] in headings)
    return [(match[1], [cell.strip() for cell in match[2].split("|")]) for match in ROW.finditer(section)]


@pytest.mark.parametrize("language", GUIDES)
def test_the_checks(language: str) -> None:
    shown = [(name, cells[0]) for name, cells in below(language, "检查项", "The checks")]
    assert shown == [(check.value, texts[language == "en"]) for check, texts in CHECK_TEXTS.items()]


@pytest.mark.parametrize("language", GUIDES)
def test_the_verdicts(language: str) -> None:
    assert [name for name, _ in below(language, "# 验章", "# Verifying seals")] == [
        verdict.value for verdict in Verdict
    ]


@pytest.mark.parametrize("language", GUIDES)
def test_the_kinds_of_files(language: str) -> None:
    shown = below(language, "命令行", "In the shell")
    assert [name for name, _ in shown] == [kind.value for kind in FileKind]
    assert {name for name, cells in shown if "`--content`" in cells[1]} == {kind.value for kind in _WITH_CONTENT}


@pytest.mark.once
@pytest.mark.parametrize("language", GUIDES)
def test_the_reasons(language: str) -> None:
    text = (GUIDES[language] / "errors.md").read_text(encoding="utf-8")
    text = OF_AUTHORITIES.sub("", text)
    listed = re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE)
    assert set(listed) == reasons_given()
    assert len(listed) == len(set(listed))
