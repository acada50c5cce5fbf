"""The tables of the guides that list what the code has: rules, reasons, quirks, profiles, states of keys, needs."""

from __future__ import annotations

import importlib.util
import re

import pytest

from docs.examples import GUIDES, ROOT
from gmpki.asn1.quirks import QuirkKind
from gmpki.protect import NEEDS, KeyState
from gmpki.x509.lint import rules
from gmpki.x509.path import REASONS
from gmpki.x509.profile import BUILTIN_PROFILES, load_profile

ROW = re.compile(r"^\| `([A-Za-z0-9-]+)` \|(.*)\|$", re.MULTILINE)


def rows(language: str, page: str) -> list[tuple[str, list[str]]]:
    """Return the rows of a page whose first cell is code: that, and the cells behind it."""
    text = (GUIDES[language] / page).read_text(encoding="utf-8")
    return [(match[1], [cell.strip() for cell in match[2].split("|")]) for match in ROW.finditer(text)]


@pytest.mark.parametrize("language", GUIDES)
def test_the_rules_of_the_linter(language: str) -> None:
    shown = [row for row in rows(language, "lint.md") if len(row[1]) == 3]
    assert shown == [
        (rule.id, [rule.severity.value, rule.clause.confidence, rule.title if language == "en" else rule.title_zh])
        for rule in rules()
    ]


@pytest.mark.parametrize("language", GUIDES)
def test_the_reasons_of_path_validation(language: str) -> None:
    shown = [row for row in rows(language, "path-validation.md") if row[0] in REASONS]
    assert [name for name, _ in shown] == list(REASONS)
    if language == "en":
        assert {name: cells[0] for name, cells in shown} == REASONS


@pytest.mark.parametrize("language", GUIDES)
def test_the_quirks(language: str) -> None:
    assert [name for name, _ in rows(language, "reading-modes.md")] == [kind.value for kind in QuirkKind]


@pytest.mark.parametrize("language", GUIDES)
def test_the_profiles(language: str) -> None:
    shown = dict(row for row in rows(language, "profiles.md") if row[0] in BUILTIN_PROFILES)
    assert tuple(shown) == BUILTIN_PROFILES
    for name, cells in shown.items():
        profile = load_profile(name)
        assert (("pair" in cells[0]) or ("双证书" in cells[0])) == profile.is_pair
        days = 1 if re.search("days|天", cells[1]) else 365
        usual, most = (int(number) * days for number in re.findall(r"\d+", cells[1]))
        assert (usual, most) == (profile.validity.default_days, profile.validity.max_days)


# The reasons of ValidationError that other pages list, and the modules that give them.
OTHERS = {"pairs.md": ("x509/pair.py", r"pair-[a-z]+"), "ocsp.md": ("ocsp", r"ocsp-[a-z-]+")}


@pytest.mark.parametrize("page", OTHERS)
@pytest.mark.parametrize("language", GUIDES)
def test_the_reasons_of_other_pages(language: str, page: str) -> None:
    where, pattern = OTHERS[page]
    source = ROOT / "src" / "gmpki" / where
    files = sorted(source.glob("*.py")) if source.is_dir() else [source]
    given = {match for file in files for match in re.findall(rf'"({pattern})"', file.read_text(encoding="utf-8"))}
    text = (GUIDES[language] / page).read_text(encoding="utf-8")
    listed = {
        match for line in text.splitlines() if line.startswith("| `") for match in re.findall(f"`({pattern})`", line)
    }
    assert listed == given


@pytest.mark.parametrize("language", GUIDES)
def test_the_states_of_keys(language: str) -> None:
    shown = [name for name, _ in rows(language, "key-rings.md")]
    assert shown == [state.value for state in KeyState]


# Pages whose first column lists the reasons of TamperedError or LoginError, and how the code gives them: the first word
# in quotes, or the two of a condition, behind one of these names.
GIVEN = {
    "records.md": ("records.py", r"TamperedError\(\s*|TableDifference\([^\"]*"),
    "audit-log.md": ("log_verify.py", r"_(?:find|lose|damage)\(\s*"),
    "login.md": ("login.py", r"(?:LoginError|_refuse)\(\s*"),
    "manifests.md": ("manifest_tree.py", r"TamperedError\(\s*"),
}


@pytest.mark.parametrize("page", GIVEN)
@pytest.mark.parametrize("language", GUIDES)
def test_the_reasons_of_protection(language: str, page: str) -> None:
    file, call = GIVEN[page]
    source = (ROOT / "src" / "gmpki" / "protect" / file).read_text(encoding="utf-8")
    found = re.findall(rf'(?:{call})"([a-z-]+)"(?: if [^"]+ else "([a-z-]+)")?', source)
    assert {name for name, _ in rows(language, page)} == {reason for pair in found for reason in pair if reason}


STRENGTHS = {"应": "shall", "宜": "should"}


@pytest.mark.parametrize("language", GUIDES)
def test_the_needs_of_gbt_39786(language: str) -> None:
    text = (GUIDES[language] / "needs.md").read_text(encoding="utf-8")
    cells = [
        line.strip("| ").split(" | ") for line in text.splitlines() if re.search(r"`gmpki\.[a-z0-9_.]+` \|$", line)
    ]
    shown = [(STRENGTHS.get(row[2], row[2]), tuple(re.findall(r"`([^`]+)`", row[5]))) for row in cells]
    assert shown == [(need.strength, need.modules) for need in NEEDS]
    for module in {module for need in NEEDS for module in need.modules}:
        assert importlib.util.find_spec(module) is not None
    if language == "en":
        assert [row[:5] for row in cells] == [
            [need.layer, need.subject, need.strength, need.contribution, need.left] for need in NEEDS
        ]


@pytest.mark.parametrize("language", GUIDES)
def test_the_needs_keep_their_reservations(language: str) -> None:
    """Whoever reads the table reads that it is no certificate, and how well the standard is known."""
    text = (GUIDES[language] / "needs.md").read_text(encoding="utf-8")
    before = text[: text.index("`gmpki.")]
    for phrase in {"zh": ("未取得商用密码产品认证", "可信度为 D"), "en": ("not a certified", "confidence D")}[language]:
        assert phrase in before
