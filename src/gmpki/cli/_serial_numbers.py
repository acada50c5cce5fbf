"""Serial numbers on the command line: written in one way by every command, and read back as any of them writes them."""

from __future__ import annotations

import re

import click

__all__ = ["parse_serial_number", "show_serial_number"]

DIGITS = re.compile(r"(-?)(?:0[xX])?([0-9A-Fa-f]+)")
MAX_DIGITS = 256


def parse_serial_number(text: str, option: str, *, max_digits: int = MAX_DIGITS) -> int:
    """Read hexadecimal digits, with or without colons between them.

    :param max_digits: how many there may be; a certificate that follows the rules has 40 at most.
    :raises click.UsageError: when they are none, or too many.
    """
    found = DIGITS.fullmatch(text.strip().replace(":", ""))
    if found is None:
        raise click.UsageError(f"{option} takes a serial number in hexadecimal digits, not {text[:80]!r}")
    sign, digits = found.groups()
    if len(digits) > max_digits:
        raise click.UsageError(f"{option} takes at most {max_digits} hexadecimal digits, not {len(digits)}")
    return int(sign + digits, 16)


def show_serial_number(number: int) -> str:
    """Write a serial number as ``gmpki cert show --json`` does: hexadecimal digits, an even number of them."""
    from gmpki.x509.describe import hex_number

    return hex_number(number)
