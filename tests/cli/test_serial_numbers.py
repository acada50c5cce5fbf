"""Serial numbers: every command writes them alike, and reads what any of them wrote."""

from __future__ import annotations

import click
import pytest

from gmpki.cli._serial_numbers import parse_serial_number, show_serial_number


@pytest.mark.parametrize(("number", "text"), [(5, "05"), (0xABC, "0ABC"), (0xABCD, "ABCD"), (0, "00"), (-5, "-05")])
def test_written_and_read_back(number: int, text: str) -> None:
    assert show_serial_number(number) == text
    assert parse_serial_number(text, "--serial") == number


@pytest.mark.parametrize("text", ["0a:bc", " ABC ", "0xabc", "0X0ABC", "000abc"])
def test_what_people_and_programs_write(text: str) -> None:
    assert parse_serial_number(text, "--serial") == 0xABC


@pytest.mark.parametrize("text", ["", " ", "xyz", "0x", "1_0", "5 5", "-", "--5", "+5", "0x-5", "５", "5\x00"])
def test_what_is_none(text: str) -> None:
    with pytest.raises(click.UsageError, match="--serial takes a serial number in hexadecimal"):
        parse_serial_number(text, "--serial")


def test_lengths() -> None:
    assert parse_serial_number("F" * 256, "--serial") == (1 << 1024) - 1
    with pytest.raises(click.UsageError, match="at most 256"):
        parse_serial_number("F" * 257, "--serial")
    with pytest.raises(click.UsageError, match="at most 40"):
        parse_serial_number("F" * 41, "--serial", max_digits=40)
