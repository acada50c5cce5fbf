"""SM2 ciphertexts as values: from one form to another without a key.

Products write the parts of a ciphertext in different orders, with and without 04, raw or in DER.
:meth:`SM2PrivateKey.decrypt <gmpki.keys.sm2.SM2PrivateKey.decrypt>` reads them all; what goes to another product, or to
a token, must have the one form that is read there:

>>> from gmpki.keys.ciphertext import SM2Ciphertext
>>> from gmpki.keys.sm2 import CiphertextFormat, SM2PrivateKey
>>> key = SM2PrivateKey.generate()
>>> old = key.public_key.encrypt(b"secret", fmt=CiphertextFormat.C1C2C3)
>>> new = SM2Ciphertext.from_bytes(old, CiphertextFormat.C1C2C3).to_bytes(CiphertextFormat.DER)
>>> key.decrypt(new)
b'secret'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, member
from gmpki.algorithms.sm2 import CiphertextFormat, CurvePoint, PointFormat
from gmpki.asn1.gmt0009 import SM2Cipher
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["SM2Ciphertext"]

_NUMBER_LEN: Final = 32
_C3_LEN: Final = 32

# How each raw form writes its point.
_POINTS: Final = {
    CiphertextFormat.C1C3C2: PointFormat.UNCOMPRESSED,
    CiphertextFormat.C1C3C2_BARE: PointFormat.BARE,
    CiphertextFormat.C1C2C3: PointFormat.UNCOMPRESSED,
    CiphertextFormat.C1C2C3_BARE: PointFormat.BARE,
    CiphertextFormat.C1C3C2_COMPRESSED: PointFormat.COMPRESSED,
}
_C3_LAST: Final = (CiphertextFormat.C1C2C3, CiphertextFormat.C1C2C3_BARE)


@dataclass(frozen=True, slots=True)
class SM2Ciphertext:
    """The parts of a ciphertext. Immutable; thread-safe. Made by :meth:`from_bytes`.

    :ivar c1: the ephemeral point, checked to be on the curve.
    :ivar c3: 32 bytes: the hash that tells whether a decryption is right.
    :ivar c2: the encrypted message, as long as the message.
    :standard: GB/T 32918.4-2016 6.1; GB/T 35276-2017 7.2
    """

    c1: CurvePoint
    c3: bytes
    c2: bytes

    @classmethod
    def from_bytes(cls, ciphertext: Buffer, fmt: CiphertextFormat) -> SM2Ciphertext:
        """Take a ciphertext apart. Nothing but the point can be checked without the key.

        :param fmt: the one form that it has; the bytes do not tell, see
            :func:`gmpki.keys.diagnose.describe_ciphertext`.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when it is too short for its form, or fmt is not a single form.
        :raises InvalidPointError: when C1 is not a point on the curve.
        :raises DecodeError: when it should be DER and is not.
        """
        data = as_bytes(ciphertext, "the ciphertext")
        if _single(fmt) is CiphertextFormat.DER:
            parts = SM2Cipher.from_der(data)
            point = b"".join(number.to_bytes(_NUMBER_LEN, "big") for number in (parts.x, parts.y))
            c3, c2 = parts.hash, parts.cipher_text
        else:
            start = int(_POINTS[fmt])
            if len(data) <= start + _C3_LEN:
                raise InvalidInputError(
                    f"a ciphertext {fmt.name} has at least {start + _C3_LEN + 1} bytes, this one has {len(data)}"
                )
            point, rest = data[:start], data[start:]
            c2, c3 = (rest[:-_C3_LEN], rest[-_C3_LEN:]) if fmt in _C3_LAST else (rest[_C3_LEN:], rest[:_C3_LEN])
        if not c2:
            raise InvalidInputError("the ciphertext has an empty C2; SM2 encrypts at least 1 byte")
        return cls(CurvePoint.from_bytes(point), c3, c2)

    def to_structure(self) -> SM2Cipher:
        """Return the structure of the form DER, for messages that hold one."""
        bare = self.c1.to_bytes(PointFormat.BARE)
        x, y = (int.from_bytes(half, "big") for half in (bare[:_NUMBER_LEN], bare[_NUMBER_LEN:]))
        return SM2Cipher(x, y, self.c3, self.c2)

    def to_bytes(self, fmt: CiphertextFormat = CiphertextFormat.DER) -> bytes:
        """Put the ciphertext together.

        :param fmt: the form to write.
        :raises InvalidTypeError: when fmt is no CiphertextFormat.
        :raises InvalidInputError: when it is not a single form.
        """
        if _single(fmt) is CiphertextFormat.DER:
            return self.to_structure().to_der()
        behind = self.c2 + self.c3 if fmt in _C3_LAST else self.c3 + self.c2
        return self.c1.to_bytes(_POINTS[fmt]) + behind


def _single(fmt: CiphertextFormat) -> CiphertextFormat:
    member(fmt, CiphertextFormat, "fmt")
    if fmt is not CiphertextFormat.DER and fmt not in _POINTS:
        raise InvalidInputError(f"fmt must be one CiphertextFormat, not {fmt!r}")
    return fmt
