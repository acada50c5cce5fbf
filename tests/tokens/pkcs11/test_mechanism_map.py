"""Presets of numbers, files with others, and which one fits a token."""

from __future__ import annotations

from typing import Any

import pytest

import hostile
from gmpki.errors import InvalidInputError, InvalidTypeError, ProfileError
from gmpki.tokens.pkcs11.header import C, numbers
from gmpki.tokens.pkcs11.mechanism_map import MECHANISMS, SHIPPED, MechanismMap


@pytest.mark.parametrize("name", SHIPPED)
def test_presets(name: str) -> None:
    preset = MechanismMap.shipped(name)
    assert preset.name == name
    assert preset.source
    assert preset.confidence == "A" or "unconfirmed on hardware" in preset.note
    assert MechanismMap.from_toml(preset.to_toml()) == preset
    assert MechanismMap.probe(preset.mechanisms.values()) == preset


def test_ours_is_the_header() -> None:
    ours = MechanismMap.shipped("gmpki")
    header = {value for name, value in numbers().items() if name.startswith("CKM_GMPKI_")} - {C.CKM_GMPKI_BASE}
    assert set(ours.mechanisms.values()) == header
    assert ours.key_types == {"sm2": C.CKK_GMPKI_SM2, "sm4": C.CKK_GMPKI_SM4}


@pytest.mark.parametrize("offered", [(), (C.CKM_RSA_PKCS, C.CKM_ECDSA), (0xC0474D02,), ("text", None)])
def test_too_little_fits_nothing(offered: tuple[Any, ...]) -> None:
    assert MechanismMap.probe(offered).name == "standard"


def test_the_best_of_several_is_found() -> None:
    both = [number for name in ("gmpki", "haitai") for number in MechanismMap.shipped(name).mechanisms.values()]
    assert MechanismMap.probe(both).name == "gmpki"
    some = [*both[:5], *MechanismMap.shipped("haitai").mechanisms.values()]
    assert MechanismMap.probe(some).name == "haitai"


def test_only_what_a_token_lists_is_kept() -> None:
    ours = MechanismMap.shipped("gmpki").offered({C.CKM_GMPKI_SM2, C.CKM_RSA_PKCS})
    assert dict(ours.mechanisms) == {"sm2-sign": C.CKM_GMPKI_SM2}
    assert ours.key_types == MechanismMap.shipped("gmpki").key_types


@pytest.mark.parametrize("name", ["", "none", "../gmpki", "gmpki.toml", "GMPKI"])
def test_no_such_preset(name: str) -> None:
    with pytest.raises(InvalidInputError, match="no mechanism map"):
        MechanismMap.shipped(name)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "name"),
        ("name = 1", "name"),
        ("name = 'A B'", "small letters"),
        ("name = 'a'\nconfidence = 'E'", "confidence"),
        ("name = 'a'\nother = 1", "other"),
        ("name = 'a'\n[mechanisms]\nsm5-ecb = 1", "sm5-ecb"),
        ("name = 'a'\n[mechanisms]\nsm3 = -1", "sm3"),
        ("name = 'a'\n[mechanisms]\nsm3 = 4294967296", "sm3"),
        ("name = 'a'\n[mechanisms]\nsm3 = '1'", "sm3"),
        ("name = 'a'\nmechanisms = 1", "mechanisms"),
        ("name = 'a'\n[attributes]\nx = 1", "all of"),
        ("name = 'a'\n[key_types]\nrsa = 1", "rsa"),
        ("name = 'a", "no TOML"),
        ("x" * 70_000, "at most"),
    ],
)
def test_what_is_no_map(text: str, problem: str) -> None:
    with pytest.raises(ProfileError, match=problem):
        MechanismMap.from_toml(text)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "a", "mechanisms": {"none": 1}},
        {"name": "a", "mechanisms": {"sm3": True}},
        {"name": "a", "mechanisms": {1: 1}},
        {"name": "a", "mechanisms": []},
        {"name": "a", "source": "two\nlines"},
        {"name": "a", "note": "n" * 301},
        {"name": "-"},
        {"name": None},
    ],
)
def test_what_no_map_is_made_of(fields: dict[str, Any]) -> None:
    with pytest.raises((InvalidInputError, InvalidTypeError)):
        MechanismMap(**fields)


def test_hostile_values_are_refused() -> None:
    for call in (MechanismMap, MechanismMap.from_toml, MechanismMap.shipped, MechanismMap.probe):
        for result in hostile.results(call, ("a",)):  # type: ignore[arg-type]
            assert isinstance(result, MechanismMap)


def test_every_name_is_explained() -> None:
    for name in SHIPPED:
        assert MechanismMap.shipped(name).mechanisms.keys() <= MECHANISMS.keys()
