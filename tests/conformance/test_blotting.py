"""Secrets taken out of what drivers print."""

from __future__ import annotations

import pytest

from gmpki.conformance import Kind, Target
from gmpki.conformance.blotting import Blotter

PIN = b"31415926"
KEY = bytes(range(0xF0, 0x100))
TARGET = Target(Kind.SKF, "driver.so", user_pin=PIN, admin_pin="口令".encode(), device_key=KEY)


@pytest.mark.parametrize(
    "shown",
    [
        "31415926",
        PIN.hex(),
        PIN.hex(" "),
        PIN.hex(":").upper(),
        "0x33, 0x31, 0x34, 0x31, 0x35, 0x39, 0x32, 0x36",
        "\\x33\\x31\\x34\\x31\\x35\\x39\\x32\\x36",
        "33 31 34 31\n35 39 32 36",
        "3\x001\x004\x001\x005\x009\x002\x006\x00",
        "口令",
        "口令".encode().hex(),
        KEY.hex(),
        KEY.hex("-").upper(),
        KEY.decode("latin-1"),
    ],
    ids=range(13),
)
def test_secrets_are_blotted_out(shown: str) -> None:
    said = Blotter.of(TARGET).blotted(f"before {shown} after")
    assert said.replace("\0", "").replace("0x***", "***").replace("\\x***", "***") == "before *** after"


def test_what_is_no_secret_stays() -> None:
    text = "SKF_VerifyPIN 3141592 0x0A000025 口 令"
    assert Blotter.of(TARGET).blotted(text) == text
    assert Blotter.of(Target(Kind.SKF, "driver.so", user_pin=b"")).blotted(text) == text


def test_what_it_knows_does_not_show() -> None:
    assert "31415926" not in repr(Blotter.of(TARGET))
    assert "31415926" not in str(vars(type(Blotter.of(TARGET))))


def test_one_that_begins_with_another() -> None:
    assert Blotter([b"1234", b"12345678"]).blotted("12345678 1234") == "*** ***"
