"""What is known of cards is read from TOML, and what is no profile is refused."""

from __future__ import annotations

import pytest

from gmpki.errors import InvalidInputError, InvalidTypeError, ProfileError
from gmpki.tokens.pcsc import CardProfile, PinForm, PinPadding
from gmpki.tokens.pcsc.command_table import COMMANDS

MINIMAL = 'format = 1\nname = "x"\npin_form = "sm2"\n'


@pytest.mark.parametrize("name", CardProfile.shipped_names())
def test_shipped_profiles_are_read(name: str) -> None:
    profile = CardProfile.shipped(name)
    assert profile.name == name
    assert not profile.confirmed_on_hardware
    assert profile.sources


def test_a_card_is_known_by_its_manufacturer() -> None:
    assert CardProfile.for_manufacturer("gmpki SOFTWARE TOKEN").name == "gmpki"
    assert CardProfile.for_manufacturer("").name == "gmt0017"
    assert CardProfile.for_manufacturer("示例制造商").name == "gmt0017"


def test_every_field_is_read() -> None:
    profile = CardProfile.from_toml(
        MINIMAL.replace("sm2", "sha1-challenge")
        + 'title = "X"\npin_padding = "marked"\nextended = false\nmax_data_len = 255\nsigning_flag = 0\n'
        'missing = ["EnumFiles"]\nmanufacturers = ["M"]\nsources = ["S"]\nnotes = ["N"]\nconfidence = "C"\n'
        'confirmed_on_hardware = true\n[commands]\nGetPINInfo = "0x15"\n[words]\n0x9412 = "full"\n'
    )
    assert profile == CardProfile(
        name="x",
        title="X",
        pin_form=PinForm.SHA1_CHALLENGE,
        pin_padding=PinPadding.MARKED,
        extended=False,
        max_data_len=255,
        signing_flag=0,
        commands={"GetPINInfo": 0x15},
        missing=("EnumFiles",),
        words={0x9412: "full"},
        manufacturers=("M",),
        sources=("S",),
        notes=("N",),
        confidence="C",
        confirmed_on_hardware=True,
    )


BROKEN = [
    "",
    "format = 2\n",
    "format = ",
    MINIMAL.replace("sm2", "plain"),
    MINIMAL + 'unknown = "1"\n',
    MINIMAL + "max_data_len = 15\n",
    MINIMAL + "signing_flag = 2\n",
    MINIMAL + 'extended = "yes"\n',
    MINIMAL + 'confidence = "E"\n',
    MINIMAL + 'missing = ["Reboot"]\n',
    MINIMAL + '[commands]\nReboot = "0x15"\n',
    MINIMAL + '[commands]\nGetPINInfo = "21"\n',
    MINIMAL + '[commands]\nGetPINInfo = "0x115"\n',
    MINIMAL + '[words]\n0x9412 = "broken"\n',
    MINIMAL + '[words]\n0x9412ff = "full"\n',
    MINIMAL + '[words]\n0x5000 = "full"\n',
    MINIMAL.replace('"x"', '"X Y"'),
    "#" * 70000,
]


@pytest.mark.parametrize("text", BROKEN, ids=[str(number) for number in range(len(BROKEN))])
def test_what_is_no_profile_is_refused(text: str) -> None:
    with pytest.raises(ProfileError):
        CardProfile.from_toml(text)


def test_wrong_types_and_names_are_refused() -> None:
    with pytest.raises(InvalidTypeError):
        CardProfile.from_toml(b"format = 1")  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        CardProfile(extended=1)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError):
        CardProfile.shipped("unknown")


def test_every_command_has_a_number_of_its_own() -> None:
    assert len({info.ins for info in COMMANDS.values()}) == len(COMMANDS)
    assert all(info.confidence in "BCD" and info.layout in ("C", "ours") for info in COMMANDS.values())
    assert all(info.secret for info in COMMANDS.values() if info.pin)
    assert len(COMMANDS) == 58  # as many as the software card has
