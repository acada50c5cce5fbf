"""SM2's structures as checks need them: read field by field, laid out right or wrong on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gmpki.algorithms.sm2 import CurvePoint, PointFormat
from gmpki.conformance.model import Words
from gmpki.errors import InvalidPointError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.conformance.skf.bench import Guarded, SKFBench
    from gmpki.keys.ciphertext import SM2Ciphertext
    from gmpki.keys.envelope import KeyEnvelope

__all__ = [
    "FIELD_LEN",
    "FORMS",
    "NUMBER_LEN",
    "ORDER",
    "RIGHT",
    "Blob",
    "CipherParts",
    "Form",
    "bytes_of",
    "cipher_blob",
    "cipher_len",
    "cipher_parts",
    "envelope_blob",
    "field_of",
    "number_of",
    "off_curve",
    "on_curve",
    "pair_of",
    "point_blob",
    "point_of",
    "private_blob",
    "room",
    "signature_blob",
]

FIELD_LEN: Final = 64
NUMBER_LEN: Final = 32
_BITS: Final = 256

ORDER: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
"""n, the order of the curve's group (GB/T 32918.5-2017)."""


def number_of(data: bytes) -> int:
    """Return big-endian bytes as a number."""
    return int.from_bytes(data, "big")


def bytes_of(number: int) -> bytes:
    """Return a number as 32 bytes, big-endian."""
    return number.to_bytes(NUMBER_LEN, "big")


# ---- how a number can stand in its field -------------------------------------------------
@dataclass(frozen=True, slots=True)
class Form:
    """A way to write a number of 32 bytes into its field of 64. Immutable.

    :ivar words: what is wrong with it.
    :ivar write: makes the field; read: takes the number from one.
    """

    words: Words
    write: Callable[[bytes], bytes]
    read: Callable[[bytes], bytes]


RIGHT: Final = Form(
    Words("right-aligned, big-endian", "右对齐，大端序"),
    lambda number: number.rjust(FIELD_LEN, b"\0"),
    lambda field: field[-NUMBER_LEN:],
)
"""As the standard has it: an integer of 64 bytes, big-endian, so that zeros come first."""

FORMS: Final = (
    RIGHT,
    Form(
        Words(
            "left-aligned: the value stands in the first 32 bytes of its field of 64",
            "左对齐：数值位于 64 字节字段的前 32 字节",
        ),
        lambda number: number.ljust(FIELD_LEN, b"\0"),
        lambda field: field[:NUMBER_LEN],
    ),
    Form(
        Words("little-endian in the last 32 bytes of its field", "字节序颠倒：小端序，位于字段后 32 字节"),
        lambda number: number[::-1].rjust(FIELD_LEN, b"\0"),
        lambda field: field[-NUMBER_LEN:][::-1],
    ),
    Form(
        Words("little-endian in the first 32 bytes of its field", "字节序颠倒：小端序，位于字段前 32 字节"),
        lambda number: number[::-1].ljust(FIELD_LEN, b"\0"),
        lambda field: field[:NUMBER_LEN][::-1],
    ),
)
"""The right one first, then those that careless drivers have."""


# ---- memory ------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Blob:
    """A structure in memory of its own.

    :ivar at: the pointer to it, which a driver gets.
    """

    memory: Guarded
    at: Any


def room(bench: SKFBench, structure: str, extra_len: int = 0) -> Blob:
    """Return a zeroed structure.

    :param extra_len: bytes behind it, for the end of one that goes on.
    """
    memory = bench.buffer(int(bench.ffi.sizeof(structure)) + extra_len, 0)
    return Blob(memory, bench.ffi.cast(f"{structure} *", memory.pointer))


def field_of(bench: SKFBench, field: Any) -> bytes:
    """Return the bytes of an array of a structure."""
    return bytes(bench.ffi.buffer(field))


def _put(bench: SKFBench, field: Any, content: bytes) -> None:
    bench.ffi.memmove(field, content, len(content))


def pair_of(bench: SKFBench, first: Any, second: Any, form: Form = RIGHT) -> bytes:
    """Return two numbers that stand in fields of a structure, 64 bytes."""
    return form.read(field_of(bench, first)) + form.read(field_of(bench, second))


def _put_pair(bench: SKFBench, first: Any, second: Any, pair: bytes, form: Form) -> None:
    _put(bench, first, form.write(pair[:NUMBER_LEN]))
    _put(bench, second, form.write(pair[NUMBER_LEN:]))


# ---- points ------------------------------------------------------------------------------
def point_blob(bench: SKFBench, point: bytes, form: Form = RIGHT) -> Blob:
    """Return the ECCPUBLICKEYBLOB of x || y; whether it is a point is not looked at."""
    blob = room(bench, "ECCPUBLICKEYBLOB")
    blob.at.BitLen = _BITS
    _put_pair(bench, blob.at.XCoordinate, blob.at.YCoordinate, point, form)
    return blob


def point_of(bench: SKFBench, blob: Blob, form: Form = RIGHT) -> bytes:
    """Return x || y of an ECCPUBLICKEYBLOB as it stands there."""
    return pair_of(bench, blob.at.XCoordinate, blob.at.YCoordinate, form)


def on_curve(point: bytes) -> bool:
    """Tell whether x || y is a point of the curve."""
    try:
        CurvePoint.from_bytes(point)
    except InvalidPointError:
        return False
    return True


def off_curve(point: bytes) -> bytes:
    """Return coordinates near those of a point that are none of the curve."""
    for last in range(256):
        moved = point[:-1] + bytes([last])
        if not on_curve(moved):
            return moved
    raise AssertionError("two of 256 neighbours at most have the same x")


def private_blob(bench: SKFBench, d: bytes) -> Blob:
    """Return the ECCPRIVATEKEYBLOB of a private key of 32 bytes, made for the check alone."""
    blob = room(bench, "ECCPRIVATEKEYBLOB")
    blob.at.BitLen = _BITS
    _put(bench, blob.at.PrivateKey, RIGHT.write(d))
    return blob


# ---- signatures --------------------------------------------------------------------------
def signature_blob(bench: SKFBench, signature: bytes, form: Form = RIGHT) -> Blob:
    """Return the ECCSIGNATUREBLOB of r || s."""
    blob = room(bench, "ECCSIGNATUREBLOB")
    _put_pair(bench, blob.at.r, blob.at.s, signature, form)
    return blob


# ---- ciphertexts -------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class CipherParts:
    """A ciphertext whose C1 need not be a point. Immutable."""

    c1: bytes
    c3: bytes
    c2: bytes

    @classmethod
    def of(cls, ciphertext: SM2Ciphertext) -> CipherParts:
        """Return the parts of a good one."""
        return cls(ciphertext.c1.to_bytes(PointFormat.BARE), ciphertext.c3, ciphertext.c2)


def cipher_blob(bench: SKFBench, parts: CipherParts) -> Blob:
    """Return the ECCCIPHERBLOB of a ciphertext."""
    blob = room(bench, "ECCCIPHERBLOB", len(parts.c2))
    _set_cipher(bench, blob.at, parts)
    return blob


def _set_cipher(bench: SKFBench, target: Any, parts: CipherParts) -> None:
    _put_pair(bench, target.XCoordinate, target.YCoordinate, parts.c1, RIGHT)
    _put(bench, target.HASH, parts.c3)
    target.CipherLen = len(parts.c2)
    # The array has one element in C, and goes on behind the structure.
    _put(bench, bench.ffi.addressof(target, "Cipher"), parts.c2)


def cipher_len(bench: SKFBench, parts: CipherParts) -> int:
    """Return the length in bytes of the ECCCIPHERBLOB of a ciphertext, which ends with its last byte."""
    return int(bench.ffi.offsetof("ECCCIPHERBLOB", "Cipher")) + len(parts.c2)


def cipher_parts(bench: SKFBench, blob: Blob, length: int, form: Form = RIGHT) -> CipherParts:
    """Return what stands in an ECCCIPHERBLOB.

    :param length: bytes of C2.
    """
    c2 = bytes(bench.ffi.buffer(bench.ffi.addressof(blob.at, "Cipher"), length))
    c1 = pair_of(bench, blob.at.XCoordinate, blob.at.YCoordinate, form)
    return CipherParts(c1, field_of(bench, blob.at.HASH), c2)


# ---- key pairs from outside --------------------------------------------------------------
def envelope_blob(
    bench: SKFBench,
    envelope: KeyEnvelope,
    *,
    version: int = 1,
    algorithm: str = "SGD_SM4_ECB",
    whole_field: bool = True,
) -> Blob:
    """Return the ENVELOPEDKEYBLOB of a key pair.

    :param algorithm: the name of ulSymmAlgID.
    :param whole_field: encrypt the zeros before the key too, as the standard has it; False leaves them as they are.
    """
    parts = CipherParts.of(envelope.encrypted_key)
    blob = room(bench, "ENVELOPEDKEYBLOB", len(parts.c2))
    blob.at.Version = version
    blob.at.ulSymmAlgID = bench.constant(algorithm)
    blob.at.ulBits = _BITS
    zeros = envelope.encrypted_zeros if whole_field else None
    _put(bench, blob.at.cbEncryptedPriKey, (zeros or bytes(NUMBER_LEN)) + envelope.encrypted_private_key)
    blob.at.PubKey.BitLen = _BITS
    point = envelope.public_key.to_bytes(PointFormat.BARE)
    _put_pair(bench, blob.at.PubKey.XCoordinate, blob.at.PubKey.YCoordinate, point, RIGHT)
    _set_cipher(bench, blob.at.ECCCipherBlob, parts)
    return blob
