"""The tables of the guides about making seals and sealing documents, beside what the code has."""

from __future__ import annotations

import inspect
import re

import pytest

from docs.examples import GUIDES
from docs.test_message_tables import below
from docs.test_tables import rows
from gmpki.asn1 import der
from gmpki.cli import seal_picture
from gmpki.errors import InvalidInputError
from gmpki.seal import SealLayout, SealStage, SealState
from gmpki.seal import pdf as seal_pdf
from gmpki.seal import picture as seal_pictures
from gmpki.seal.grants import _REFUSALS
from gmpki.seal.life import TRANSITIONS
from gmpki.seal.pdf.profiles import PROFILES, ContentsKind
from gmpki.seal.picture.sizes import ORGANISATION, PERSON, check_size
from gmpki.seal.use_check import _REASONS

LAYOUT = re.compile(r"^\| `([^`]+)` \| (.*) \|$", re.MULTILINE)
TIMES = {"UTCTime": der.Tag.UTC_TIME, "GeneralizedTime": der.Tag.GENERALIZED_TIME}


@pytest.mark.parametrize("language", GUIDES)
def test_the_layouts(language: str) -> None:
    text = (GUIDES[language] / "seals.md").read_text(encoding="utf-8")
    shown = [row for row in LAYOUT.findall(text) if row[0] in list(SealLayout)]
    assert [name for name, _ in shown] == [layout.value for layout in SealLayout]
    for name, cells in shown:
        rules = SealLayout(name).rules
        made, times, listed, stamp = cells.split(" | ")
        assert made.startswith(("yes", "是")) == rules.is_made
        assert TIMES[times] == rules.time_tag
        assert bool(re.search("digests|摘要", listed)) == rules.takes_digests
        assert bool(re.search("inside what is signed|被签名的内容之内", stamp)) == rules.stamp_is_signed


@pytest.mark.parametrize("language", GUIDES)
def test_the_stages(language: str) -> None:
    shown = [row for row in rows(language, "seals.md") if row[0] in list(SealStage)]
    assert [name for name, _ in shown] == [stage.value for stage in SealStage]
    for name, (_, steps) in shown:
        allowed = {action.value for (stage, action) in TRANSITIONS if stage is SealStage(name)}
        assert set(re.findall("[a-z]+", steps)) == allowed


@pytest.mark.parametrize("language", GUIDES)
def test_the_refusals(language: str) -> None:
    """One for each reason that is given before a seal is used."""
    of_signers = {f"signed-{side}-{what}" for side in ("before", "after") for what in ("certificate", "seal")}
    given = {*_REASONS.values(), *_REFUSALS, "not-granted", "signer-not-listed", *of_signers}
    assert below(language, "seals.md", "Grants", "授权") == given
    assert set(_REASONS) == set(SealState) - {SealState.IN_USE}


# ---- pictures -------------------------------------------------------------------------------
IMPRESSION = re.compile(r"^\| `([a-z]+)` \| `(draw_[a-z_]+)` \| \D*(\d+) mm", re.MULTILINE)


@pytest.mark.parametrize("language", GUIDES)
def test_the_impressions(language: str) -> None:
    text = (GUIDES[language] / "seal-pictures.md").read_text(encoding="utf-8")
    found = IMPRESSION.findall(text)
    assert {kind: float(size) for kind, _, size in found} == seal_picture.SIZES
    for kind, function, size in found:
        parameters = inspect.signature(getattr(seal_pictures, function)).parameters
        side = parameters["side_mm" if kind == "square" else "diameter_mm"]
        assert side.default == float(size)


@pytest.mark.parametrize("language", GUIDES)
def test_the_sizes(language: str) -> None:
    """Exactly those that are shown are customary, of all that could be."""
    shown = {name: cells[0] for name, cells in rows(language, "seal-pictures.md") if name in seal_picture.TYPES}
    assert list(shown) == list(seal_picture.TYPES)
    round_text, oval_text = re.split("[;；]", shown["organisation"])
    ovals = {(int(across), int(down)) for across, down in re.findall(r"(\d+) × (\d+)", oval_text)}
    customary = {(int(size), int(size)) for size in re.findall(r"\d+", round_text)} | ovals
    low, high = map(int, re.findall(r"\d+", shown["person"]))
    for width in range(1, 101):
        for height in {width, *(down for across, down in ovals if across == width)}:
            assert is_customary(ORGANISATION, width, height) == ((width, height) in customary)
            assert is_customary(PERSON, width, height) == (low <= min(width, height) and max(width, height) <= high)


def is_customary(seal_type: int, width: int, height: int) -> bool:
    try:
        check_size(seal_type, width, height)
    except InvalidInputError:
        return False
    return True


# ---- PDF ------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", GUIDES)
def test_the_forms_of_signatures_in_pdf(language: str) -> None:
    shown = {name: cells for name, cells in rows(language, "sealing-pdf.md") if len(cells) == 3}
    written = {profile.value: row for profile, row in PROFILES.items() if row.contents is not ContentsKind.UNKNOWN}
    assert set(shown) == set(written)
    for name, (sub_filter, _, source) in shown.items():
        assert sub_filter == f"`{written[name].sub_filter}`"
        assert bool(re.search("confidence C|可信度 C", source)) == ("[C]" in written[name].source)


@pytest.mark.parametrize("language", GUIDES)
def test_the_places_in_pdf(language: str) -> None:
    text = (GUIDES[language] / "sealing-pdf.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\| `(\w+Stamp|Stamp)\(([\w, ]+)\)` \|", text, re.MULTILINE)
    assert {name for name, _ in shown} == {name for name in seal_pdf.__all__ if name.endswith("Stamp")}
    for name, parameters in shown:
        needed = [
            parameter.name
            for parameter in inspect.signature(getattr(seal_pdf, name)).parameters.values()
            if parameter.default is inspect.Parameter.empty
        ]
        assert parameters.split(", ") == needed
