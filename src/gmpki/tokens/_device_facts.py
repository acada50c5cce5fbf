"""What holds of every device of GM/T 0016 and GM/T 0017, whether a driver or a reader leads to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["DEVICE_KEY_LEN", "FACTORY_KEY", "SOFT_MANUFACTURER", "checked_device_key"]

SOFT_MANUFACTURER: Final = "gmpki SOFTWARE TOKEN"
"""Who made the device, in the words of our software token."""

DEVICE_KEY_LEN: Final = 16
"""Bytes of the device authentication key, and of a block of its cipher."""

FACTORY_KEY: Final = b"1234567812345678"
"""The device key that products are delivered with (confidence B); GM/T 0027-2014 9.2 wants it changed at issue."""


def checked_device_key(key: Buffer) -> bytes:
    """Return a device key as bytes.

    :raises InvalidTypeError: when it is not a buffer.
    :raises InvalidInputError: when it has not 16 bytes.
    """
    value = as_bytes(key, "the device key")
    if len(value) != DEVICE_KEY_LEN:
        raise InvalidInputError(f"the device key must be {DEVICE_KEY_LEN} bytes long, not {len(value)}")
    return value
