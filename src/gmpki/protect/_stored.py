"""What everything begins with that is stored under a key of a ring: 14 bytes that name format, algorithm and key.

====== ====== ==========================================================================================
offset length what
====== ====== ==========================================================================================
0      4      the kind of object, four letters of ASCII: a member of :class:`Kind`
4      1      the version of that kind's format: 1
5      1      the algorithms: 1 = HMAC-SM3 for tags, and SM4-GCM under keys derived with HKDF-SM3 for the rest
6      8      the id of the key in the ring
====== ====== ==========================================================================================

A format that changes gets another version, other algorithms another number; nothing is tried out.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from gmpki.algorithms import kdf
from gmpki.algorithms.sm4_aead import SM4GCM
from gmpki.errors import DecodeError, UnsupportedAlgorithm

__all__ = ["HEADER_LEN", "KEY_ID_LEN", "Kind", "derived_cipher", "read_header", "write_header"]

KEY_ID_LEN: Final = 8
HEADER_LEN: Final = 14
_VERSION: Final = 1
_SM4_SM3: Final = 1


class Kind(Enum):
    """The kinds of stored objects."""

    FIELD = b"GMPF"
    FILE = b"GMPL"
    RECORD_TAG = b"GMPR"
    TABLE_SEAL = b"GMPT"
    INDEX = b"GMPI"


def derived_cipher(key: bytes, info: bytes) -> tuple[SM4GCM, bytes]:
    """Return SM4-GCM under a key of its own, and the nonce of 12 bytes that comes with it, for one message.

    :standard: RFC 5869 2.3 (HKDF-Expand) over HMAC-SM3
    """
    derived = kdf.hkdf_expand(key, info, 28)
    return SM4GCM(derived[:16]), derived[16:]


def write_header(kind: Kind, key_id: bytes) -> bytes:
    """Return the header."""
    return kind.value + bytes((_VERSION, _SM4_SM3)) + key_id


def read_header(data: bytes, kind: Kind, what: str) -> bytes:
    """Return the id of the key.

    :param data: the object, or its first bytes.
    :param what: how it is called in messages.
    :raises DecodeError: when it is too short for a header, or of another kind.
    :raises UnsupportedAlgorithm: when it has a version or algorithm that is not known here.
    """
    if data[:4] != kind.value:
        found = next(
            (f": it is {other.name.lower().replace('_', ' ')}" for other in Kind if other.value == data[:4]), ""
        )
        raise DecodeError(f"{what} does not begin with {kind.value.decode()}{found}", offset=0)
    if len(data) < HEADER_LEN:
        raise DecodeError(f"{what} has {len(data)} bytes, fewer than its header", offset=len(data))
    if data[4] != _VERSION:
        raise UnsupportedAlgorithm(f"{what} has the format version {data[4]}; version {_VERSION} is read")
    if data[5] != _SM4_SM3:
        raise UnsupportedAlgorithm(f"{what} has the algorithm {data[5]}; {_SM4_SM3} (SM4 and SM3) is read")
    return data[6:HEADER_LEN]
