"""The file that PINs and the device key come from.

It is TOML with up to three lines, each of which may be left out::

    user_pin = "12345678"
    admin_pin = "87654321"
    device_key = "31323334353637383132333435363738"

>>> from gmpki.conformance.pin_file import with_pins
>>> from gmpki.conformance import Kind, Target
>>> with_pins(Target(Kind.SKF, "driver.so"), 'user_pin = "12345678"').user_pin
b'12345678'
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, Final

from gmpki._files import as_path
from gmpki._inputs import as_text, member
from gmpki.conformance.target import Target
from gmpki.errors import ProfileError
from gmpki.tokens._profile_files import read_profile

__all__ = ["read_pin_file", "with_pins"]

_WHAT: Final = "the file with the PINs"
_MAX_LEN: Final = 4096
_KEYS: Final = {"user_pin": str.encode, "admin_pin": str.encode, "device_key": bytes.fromhex}


def read_pin_file(path: str | os.PathLike[str], target: Target) -> Target:
    """Return a target with what a file of PINs says.

    :raises InvalidTypeError: when path is no path.
    :raises InvalidInputError: when it is no name of a file, or the device key has not 16 bytes.
    :raises ProfileError: when the file is too long, no UTF-8 or no TOML, or holds something else.
    :raises OSError: when it cannot be read.
    """
    with open(as_path(path), "rb") as stream:
        content = stream.read(_MAX_LEN + 1)
    if len(content) > _MAX_LEN:
        raise ProfileError(f"{_WHAT} has at most {_MAX_LEN} bytes")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise ProfileError(f"{_WHAT} is not in UTF-8") from None
    return with_pins(target, text)


def with_pins(target: Target, text: str) -> Target:
    """Return a target with what the text of a file of PINs says.

    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the device key has not 16 bytes.
    :raises ProfileError: when it is no TOML or holds something else; the message does not repeat what.
    """
    member(target, Target, "target")
    as_text(text, "text")
    found: dict[str, Any] = {}
    try:
        table = read_profile(text, _WHAT)
        for name, convert in _KEYS.items():
            if table.has(name):
                found[name] = convert(table.text(name))
        table.end()
    except ValueError:
        # What is wrong with it is not told: that could be a PIN without quotation marks.
        raise ProfileError(f"{_WHAT} has lines of user_pin, admin_pin and device_key, each a text in quotes") from None
    return replace(target, **found)
