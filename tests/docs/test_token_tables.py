"""The tables of the guides about tokens beside what the code has: abilities, settings, profiles, numbers, limits."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

import gmpki
from docs.examples import GUIDES
from docs.test_tables import rows
from gmpki.errors import GmpkiError, InvalidInputError, TokenError
from gmpki.tokens.interfaces import Ability
from gmpki.tokens.limits import Limit, Verdict, limit_profile, limit_profile_names
from gmpki.tokens.pcsc import CardProfile
from gmpki.tokens.pcsc.command_table import COMMANDS
from gmpki.tokens.pkcs11.mechanism_map import SHIPPED, MechanismMap
from gmpki.tokens.skf import DriverProfile
from gmpki.tokens.skf.layouts import LAYOUTS
from gmpki.tokens.soft import SoftSettings, library_path

FOUND_OUT = ("found out", "探测")


def text_of(language: str, page: str) -> str:
    return (GUIDES[language] / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("language", GUIDES)
def test_the_abilities(language: str) -> None:
    shown = [name for name, cells in rows(language, "tokens.md") if len(cells) == 2]
    assert sorted(shown) == sorted(ability.value for ability in Ability)


# ---- the software token ---------------------------------------------------------------------
@pytest.mark.parametrize("language", GUIDES)
def test_the_settings(language: str) -> None:
    lines = re.findall(r"^\| `([a-z_]+)` \|(.*)\|(.*)\|$", text_of(language, "soft-token.md"), re.MULTILINE)
    shown = {name: possible.strip() for name, _, possible in lines}
    fields = [field.name for field in dataclasses.fields(SoftSettings)]
    assert [name for name in shown if name in fields] == fields
    for name, possible in shown.items():
        match = re.match(r"(\d+) (?:to|至) (\d+)", possible)
        if match and name not in ("serial", "label"):  # of these it is the length
            low, high = int(match[1]), int(match[2])
            for value in (low, high):
                SoftSettings(**{name: value})
            for value in (low - 1, high + 1):
                with pytest.raises(InvalidInputError):
                    SoftSettings(**{name: value})


@pytest.mark.parametrize("language", GUIDES)
def test_the_libraries(language: str) -> None:
    page = text_of(language, "soft-token.md")
    named = re.findall(r"^\| `(lib/\w+\.so)` \|.*`(include/gmpki/\w+\.h)` \|$", page, re.MULTILINE)
    paths = [Path(library_path(kind)) for kind in ("skf", "pkcs11")]
    assert [library for library, _ in named] == [f"{path.parent.name}/{path.name}" for path in paths]
    assert all(Path(gmpki.__path__[0], header).is_file() for _, header in named)


# ---- SKF ------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", GUIDES)
def test_the_layouts(language: str) -> None:
    names = {layout.name: layout for layout in LAYOUTS}
    shown = {name: cells for name, cells in rows(language, "skf-drivers.md") if name in names}
    assert set(shown) == set(names)
    for name, (width, gaps, info, envelope) in shown.items():
        layout = names[name]
        assert (int(width[0]), len(width) > 1) == (layout.ulong_len, layout.mixed)
        assert (gaps in ("packed", "紧凑")) == layout.packed
        assert [int(info), int(envelope)] == [layout.size(kind) for kind in ("DEVINFO", "ENVELOPEDKEYBLOB")]


@pytest.mark.parametrize("language", GUIDES)
def test_the_driver_profiles(language: str) -> None:
    shown = {name: cells for name, cells in rows(language, "skf-drivers.md") if len(cells) == 3}
    assert tuple(shown) == DriverProfile.shipped_names()
    for name, (layout, numbering, confidence) in shown.items():
        profile = DriverProfile.shipped(name)
        assert layout == profile.layout.name if profile.layout else layout in FOUND_OUT
        assert numbering == profile.sm2_numbering.value if profile.sm2_numbering else numbering in FOUND_OUT
        assert confidence == profile.confidence
        assert not profile.confirmed_on_hardware  # the page says so of all


# ---- PKCS #11 -------------------------------------------------------------------------------
@pytest.mark.parametrize("language", GUIDES)
def test_the_mechanism_maps(language: str) -> None:
    shown = {name: cells[1] for name, cells in rows(language, "pkcs11.md") if name in SHIPPED}
    assert tuple(shown) == SHIPPED
    assert shown == {name: MechanismMap.shipped(name).confidence for name in SHIPPED}


@pytest.mark.parametrize("language", GUIDES)
def test_the_numbers_of_the_module(language: str) -> None:
    shown = re.findall(r"^\| `(CK[KM]_GMPKI_\w+)` \| (0x[0-9A-F]+) \|", text_of(language, "pkcs11.md"), re.MULTILINE)
    header = Path(gmpki.__path__[0], "include", "gmpki", "pkcs11_values.h").read_text(encoding="utf-8")
    defined = re.findall(r"^#define (CK[KM]_GMPKI_(?!BASE)\w+) (0x[0-9A-F]+)UL$", header, re.MULTILINE)
    assert shown == defined


# ---- PC/SC ----------------------------------------------------------------------------------
@pytest.mark.parametrize("language", GUIDES)
def test_the_commands_of_cards(language: str) -> None:
    shown = {name: cells for name, cells in rows(language, "pcsc.md") if len(cells) == 3}
    expected = {name: [f"0x{info.ins:02X}", info.confidence, info.layout] for name, info in COMMANDS.items()}
    assert shown == expected


@pytest.mark.parametrize("language", GUIDES)
def test_the_card_profiles(language: str) -> None:
    shown = {name: cells for name, cells in rows(language, "pcsc.md") if len(cells) == 2}
    assert tuple(shown) == CardProfile.shipped_names()
    for name, (form, confidence) in shown.items():
        profile = CardProfile.shipped(name)
        assert form.startswith(f"`{profile.pin_form.value}`")
        assert confidence == profile.confidence


# ---- limits ---------------------------------------------------------------------------------
@pytest.mark.parametrize("language", GUIDES)
def test_the_limits(language: str) -> None:
    shown = re.findall(r"^\| ([A-Z0-9-]+) ([a-z]+) \|(.*)\|$", text_of(language, "token-limits.md"), re.MULTILINE)
    names = limit_profile_names()
    for column, name in enumerate(names):
        limits = {(limit.algorithm, limit.operation): limit for limit in limit_profile(name).limits}
        assert limits.keys() <= {(algorithm.lower(), operation) for algorithm, operation, _ in shown}
        for algorithm, operation, cells in shown:
            limit: Limit | None = limits.get((algorithm.lower(), operation))
            assert cells.split("|")[column].strip() == ("" if limit is None else limit.shown)


@pytest.mark.parametrize("language", GUIDES)
def test_the_verdicts(language: str) -> None:
    assert [name for name, _ in rows(language, "token-limits.md")] == [verdict.value for verdict in Verdict]


# ---- errors ---------------------------------------------------------------------------------
def children(kind: type[GmpkiError]) -> set[str]:
    return {kind.__name__}.union(*(children(below) for below in kind.__subclasses__()))


@pytest.mark.parametrize("language", GUIDES)
def test_the_errors(language: str) -> None:
    tree = text_of(language, "errors.md").split("```text\n")[1].split("```")[0]
    shown = re.findall(r"^[│├└─ ]*(\w+Error|\w+)\b", tree, re.MULTILINE)
    assert children(TokenError) <= set(shown)
    assert len(shown) == len(set(shown))
