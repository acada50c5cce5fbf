"""Profiles of drivers: what is shipped, what is read, what is refused; and what probing writes into them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.errors import InvalidInputError, InvalidTypeError, ProfileError
from gmpki.tokens.skf import load
from gmpki.tokens.skf.driver_profile import DeviceAuthForm, DriverProfile, EnvelopeForm, Quirk, SM2Numbering
from gmpki.tokens.skf.layouts import LAYOUTS, Layout
from tokens.skf.mock_drivers import Build

MINIMAL = 'format = 1\nname = "own"\n'


@pytest.mark.parametrize("name", DriverProfile.shipped_names())
def test_shipped(name: str) -> None:
    profile = DriverProfile.shipped(name)
    assert profile.name == name
    assert profile.sources
    assert not profile.confirmed_on_hardware
    if name not in ("gmpki", "standard"):
        assert "Unconfirmed on hardware." in profile.notes
    assert DriverProfile.from_toml(profile.to_toml()) == profile


def test_families_are_there() -> None:
    assert {"standard", "feitian", "haitai", "longmai", "westone"} <= set(DriverProfile.shipped_names())


def test_every_field_comes_back() -> None:
    profile = DriverProfile(
        name="own-1",
        title='quotes " and \\ and 中文',
        layout=Layout(8, False),
        sm2_numbering=SM2Numbering.DRAFT,
        envelope=EnvelopeForm.NUMBER,
        device_auth=DeviceAuthForm.PADDED,
        encoding="gb18030",
        rsa_alignment="left",
        spelling={"SKF_Digest": "SKF_digest"},
        codes={0x0A000033: "SAR_CONTAINER_EXISTS"},
        quirks=frozenset(Quirk),
        missing=("SKF_Transmit",),
        sources=("somewhere",),
        notes=("one", "two"),
        confidence="B",
        confirmed_on_hardware=True,
    )
    assert DriverProfile.from_toml(profile.to_toml()) == profile


@pytest.mark.parametrize(
    "text",
    [
        "",
        "format = 2\nname = 'own'",
        "format = 1",
        "no toml",
        MINIMAL + "unknown = 1",
        MINIMAL + 'layout = "u16"',
        MINIMAL + "layout = 4",
        MINIMAL + 'sm2_numbering = "old"',
        MINIMAL + 'envelope = "left"',
        MINIMAL + 'device_auth = "none"',
        MINIMAL + 'encoding = "latin-1"',
        MINIMAL + 'rsa_alignment = "middle"',
        MINIMAL + 'confidence = "E"',
        MINIMAL + "confirmed_on_hardware = 1",
        MINIMAL + 'quirks = ["magic"]',
        MINIMAL + 'missing = ["SKF_Nothing"]',
        MINIMAL + '[spelling]\nSKF_Nothing = "x"',
        MINIMAL + '[spelling]\nSKF_Digest = "a b"',
        MINIMAL + '[codes]\n0x0A000033 = "SAR_NOTHING"',
        MINIMAL + '[codes]\n0x0A000033 = "SAR_OK"',
        MINIMAL + '[codes]\n0x33 = "SAR_FAIL"',
        MINIMAL + '[codes]\n0x00000000 = "SAR_FAIL"',
        'format = 1\nname = "Own Name"',
        MINIMAL + f'title = "{"x" * 400}"',
        MINIMAL + " " * 70000,
    ],
    ids=range(25),
)
def test_what_is_no_profile(text: str) -> None:
    with pytest.raises(ProfileError):
        DriverProfile.from_toml(text)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(ProfileError):
        DriverProfile.from_toml(text)


@pytest.mark.parametrize(
    "fields",
    [
        {"layout": "u32-packed"},
        {"sm2_numbering": "draft"},
        {"envelope": "field"},
        {"quirks": {Quirk.NO_SIZE_QUERY}},
        {"quirks": frozenset({"no-size-query"})},
        {"missing": ["SKF_Digest"]},
        {"missing": (1,)},
        {"spelling": ()},
        {"codes": None},
        {"name": b"own"},
        {"confirmed_on_hardware": 1},
    ],
    ids=range(11),
)
def test_wrong_types(fields: dict[str, object]) -> None:
    with pytest.raises(InvalidTypeError):
        DriverProfile(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "nosuch", "../standard", "standard.toml", "\0"])
def test_no_such_profile(name: str) -> None:
    with pytest.raises(InvalidInputError):
        DriverProfile.shipped(name)


# ---- probing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS[:4], ids=lambda layout: layout.name)
def test_layout_is_found_out(mock: Build, layout: Layout) -> None:
    profile = load(mock(layout)).profile
    assert profile.layout == layout
    assert profile.notes == (
        "width of ULONG: seen in what SKF_EnumDev wrote",
        "packing: seen in what SKF_GetDevInfo wrote",
    )
    again = DriverProfile.from_toml(profile.to_toml())
    assert load(mock(layout), again).profile == again


@pytest.mark.parametrize("layout", LAYOUTS[:4], ids=lambda layout: layout.name)
def test_packing_waits_for_a_device(mock: Build, layout: Layout) -> None:
    skf = load(mock(layout, "NO_DEVICE"))
    assert skf.layout == Layout(layout.ulong_len, packed=True)
    assert "packing: assumed: no device told" in skf.profile.notes
    device = skf.connect_dev("MOCK1")
    assert skf.layout == layout
    assert "packing: seen in what SKF_GetDevInfo wrote" in skf.profile.notes
    assert skf.get_dev_info(device).total_space == 65536


def test_without_a_size_query_the_width_shows_all_the_same(mock: Build) -> None:
    assert load(mock(Layout(8, False), "NO_SIZE_QUERY")).layout.ulong_len == 8


def test_a_profile_is_believed(mock: Build) -> None:
    skf = load(mock(), DriverProfile(layout=Layout(4, False)))
    assert skf.layout == Layout(4, False)
    assert skf.profile.notes == ()
