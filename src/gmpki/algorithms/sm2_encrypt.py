"""SM2 encryption.

The formats in use differ in the order of their parts, in a prefix, and in DER or not, and nothing in a ciphertext says
which it is. :func:`decrypt` therefore tries every one that the bytes can be; the hash C3 inside decides.

:standard: GB/T 32918.4-2016; GB/T 35276-2017 7.2 (DER)
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from gmpki._inputs import member
from gmpki.algorithms._call import check, lib, new_length, output, readable, taken
from gmpki.algorithms.sm2_keys import CurvePoint, PrivateScalar
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["MAX_PLAINTEXT_LEN", "CiphertextFormat", "decrypt", "encrypt"]

MAX_PLAINTEXT_LEN: Final = 1 << 26
_MAX_OVERHEAD: Final = 128


class CiphertextFormat(enum.IntFlag):
    """The forms of a ciphertext; several together tell :func:`decrypt` what to try."""

    DER = 1
    """SEQUENCE { x INTEGER, y INTEGER, C3 OCTET STRING, C2 OCTET STRING } (GB/T 35276-2017 7.2)."""
    C1C3C2 = 2
    """04, x, y, C3, C2: the order of the standard."""
    C1C3C2_BARE = 4
    """x, y, C3, C2."""
    C1C2C3 = 8
    """04, x, y, C2, C3: the order of the draft of 2010."""
    C1C2C3_BARE = 16
    """x, y, C2, C3."""
    C1C3C2_COMPRESSED = 32
    """02 or 03, x, C3, C2."""
    AUTO = DER | C1C3C2 | C1C3C2_BARE | C1C3C2_COMPRESSED
    """Every form in the order of the standard."""
    AUTO_WITH_C1C2C3 = AUTO | C1C2C3 | C1C2C3_BARE
    """Every form, the order of 2010 included."""


_ALL: Final = int(CiphertextFormat.AUTO_WITH_C1C2C3)


def _checked(formats: CiphertextFormat, name: str, *, single: bool) -> int:
    """Return a format, or a set of formats, as the number that C takes."""
    member(formats, CiphertextFormat, name)
    value = int(formats)
    if value <= 0 or value & ~_ALL or (single and value & (value - 1)):
        wanted = "one CiphertextFormat" if single else "one CiphertextFormat or several joined by |"
        raise InvalidInputError(f"{name} must be {wanted}, not {formats!r}")
    return value


def encrypt(point: CurvePoint, message: Buffer, fmt: CiphertextFormat = CiphertextFormat.DER) -> bytes:
    """Encrypt a message to a public key.

    :param point: the receiver's public key.
    :param message: 1 byte to 64 MiB; the standard defines nothing for an empty one.
    :param fmt: the form of the ciphertext.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when message is empty or too long, or fmt not a single format.
    :raises RandomSourceError: when the random source fails.
    :standard: GB/T 32918.4-2016 6.1
    """
    member(point, CurvePoint, "point")
    form = _checked(fmt, "fmt", single=True)
    data = readable(message, "message")
    if not 1 <= len(data) <= MAX_PLAINTEXT_LEN:
        raise InvalidInputError(f"message must be 1 to {MAX_PLAINTEXT_LEN} bytes long, not {len(data)}")
    size = len(data) + _MAX_OVERHEAD
    out = output(size)
    length = new_length()
    check(lib.gmpki_sm2_encrypt(point._native, out, size, length, data, len(data), form), what="sm2 encrypt")
    return taken(out, length[0])


def decrypt(scalar: PrivateScalar, ciphertext: Buffer, formats: CiphertextFormat = CiphertextFormat.AUTO) -> bytes:
    """Decrypt a ciphertext, trying every allowed form that it can structurally be.

    :param scalar: the receiver's private key.
    :param ciphertext: what :func:`encrypt` made, or another product.
    :param formats: the forms to try.
    :raises DecryptionError: when none of them gives a message whose C3 agrees: one error for every cause, malformed,
        truncated, changed or for another key.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when formats names none, or one that does not exist.
    :standard: GB/T 32918.4-2016 7.1
    """
    member(scalar, PrivateScalar, "scalar")
    allowed = _checked(formats, "formats", single=False)
    data = readable(ciphertext, "ciphertext")
    size = len(data)
    out = output(size)
    length = new_length()
    check(lib.gmpki_sm2_decrypt(scalar._native, out, size, length, data, size, allowed), what="sm2 decrypt")
    return taken(out, length[0], secret=True)
