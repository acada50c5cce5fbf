"""The file that PINs and the device key come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from gmpki.conformance import Kind, Target
from gmpki.conformance.pin_file import read_pin_file, with_pins
from gmpki.errors import InvalidInputError, InvalidTypeError, ProfileError

TARGET = Target(Kind.SKF, "driver.so", user_pin=b"before", admin_pin=b"before")


def test_all_three() -> None:
    target = with_pins(TARGET, f'user_pin = "口令"\nadmin_pin = "87654321"\ndevice_key = "{bytes(range(16)).hex()}"\n')
    assert target.user_pin == "口令".encode()
    assert target.admin_pin == b"87654321"
    assert target.device_key == bytes(range(16))


def test_what_is_not_said_stays(tmp_path: Path) -> None:
    path = tmp_path / "pins.toml"
    path.write_text('user_pin = "12345678"\n')
    target = read_pin_file(path, TARGET)
    assert (target.user_pin, target.admin_pin, target.device_key) == (b"12345678", b"before", None)


@pytest.mark.parametrize(
    "text",
    [
        "user_pin = 31415926",
        "user_pin = 31415926abc",
        "31415926",
        'user_pin = "31415926',
        'pin = "31415926"',
        'user_pin = "31415926"\nuser_pin = "31415926"',
        '[user_pin]\nvalue = "31415926"',
        'device_key = "31415926 no hexadecimal"',
        'user_pin = """31415926\n"""',
    ],
)
def test_no_message_repeats_what_stands_there(text: str) -> None:
    with pytest.raises(ProfileError) as raised:
        with_pins(TARGET, text)
    assert "31415926" not in str(raised.value)
    assert raised.value.__suppress_context__


def test_a_device_key_of_another_length() -> None:
    with pytest.raises(InvalidInputError, match="16 bytes"):
        with_pins(TARGET, 'device_key = "00112233"')


@pytest.mark.parametrize("content", [b"#" * 5000, b"\xff"], ids=["long", "no-text"])
def test_no_such_file_content(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "pins.toml"
    path.write_bytes(content)
    with pytest.raises(ProfileError):
        read_pin_file(path, TARGET)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_pin_file(tmp_path / "none.toml", TARGET)


def test_wrong_types() -> None:
    with pytest.raises(InvalidTypeError):
        with_pins(TARGET, b"")  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        with_pins("driver.so", "")  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        read_pin_file(5, TARGET)  # type: ignore[arg-type]
