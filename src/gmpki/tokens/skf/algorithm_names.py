"""The algorithm identifiers of SKF under the names that people read, and back; the numbers stand in skf.h.

The identifier of a block cipher is the cipher's in the upper bits and a mode in the lowest eight.

:standard: GM/T 0016-2012 and GB/T 33560-2017 (SM1, SSF33, SM4, hashes). DES, 3DES and AES have numbers of the software
    token's own; those of makers (confidence C) pass as numbers.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text
from gmpki.errors import InvalidInputError, UnsupportedAlgorithm
from gmpki.tokens.skf import header

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["cipher_id", "cipher_name", "names_of"]

_MODES: Final = {"ECB": 0x01, "CBC": 0x02, "CFB": 0x04, "OFB": 0x08, "MAC": 0x10}
_STANDARD: Final = ("SM1", "SSF33", "SM4")
_SOFT: Final = ("DES", "3DES-112", "3DES-168", "AES-128", "AES-192", "AES-256")
# What the capability fields join; the families of SM2 and SM9 have their own bits above those of their uses.
_ASYMMETRIC: Final = {"RSA": 0x10000, "SM2": 0x20000, "SM9": 0x40000}
_HASHES: Final = {"SM3": "SGD_SM3", "SHA1": "SGD_SHA1", "SHA256": "SGD_SHA256"}
_NUMBER: Final = re.compile(r"0x[0-9a-fA-F]{1,8}")


@cache
def _ciphers() -> Mapping[str, int]:
    """Return the identifier of each cipher with each mode, by name."""
    numbers = header.constants()
    found = {f"{cipher}-{mode}": numbers[f"SGD_{cipher}_{mode}"] for cipher in _STANDARD for mode in _MODES}
    for cipher in _SOFT:
        base = numbers[f"SGD_SOFT_{cipher.replace('-', '_')}"]
        found.update({f"{cipher}-{mode}": base | bit for mode, bit in _MODES.items()})
    return found


def names_of(symmetric: int, asymmetric: int, hashes: int) -> frozenset[str]:
    """Return the names of what the three capability fields of DEVINFO say.

    The fields join identifiers bit by bit, so a device with two ciphers and two modes seems to have all four
    combinations; and makers' own identifiers are not told from those of the standard.
    """
    numbers = header.constants()
    found = {
        name
        for name, identifier in _ciphers().items()
        if name.startswith(_STANDARD) and symmetric & identifier == identifier
    }
    found.update(name for name, bits in _ASYMMETRIC.items() if asymmetric & bits)
    found.update(name for name, constant in _HASHES.items() if hashes & numbers[constant])
    return frozenset(found)


def cipher_name(identifier: int) -> str:
    """Return a name such as "SM4-ECB", or the number in hexadecimal digits for what has none."""
    for name, known in _ciphers().items():
        if identifier == known:
            return name
    return f"0x{identifier:08x}"


def cipher_id(name: str) -> int:
    """Return the identifier of a block cipher with its mode.

    :param name: such as "SM4-CBC" or "AES-128-ECB", or a maker's own identifier such as "0x00000801".
    :raises InvalidTypeError: when it is not ``str``.
    :raises InvalidInputError: when it is the number 0.
    :raises UnsupportedAlgorithm: when it is no such name.
    """
    if _NUMBER.fullmatch(as_text(name, "the name of a cipher")):
        value = int(name, 16)
        if value == 0:
            raise InvalidInputError("0 identifies no cipher")
        return value
    found = _ciphers().get(name.upper())
    if found is None:
        known = ", ".join((*_STANDARD, *_SOFT))
        raise UnsupportedAlgorithm(f"a cipher is one of {known} with one of {', '.join(_MODES)}, such as SM4-CBC")
    return found
