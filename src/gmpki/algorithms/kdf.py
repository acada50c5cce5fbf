"""Key derivation on SM3.

:standard: GB/T 32918.4-2016 5.4.3 (KDF); RFC 8018 5.2 and GM/T 0091-2020 (PBKDF2); RFC 5869 (HKDF)
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from gmpki._inputs import number
from gmpki.algorithms._batch import parts, pointers, same_number
from gmpki.algorithms._call import MAX_REQUEST_LEN, check, lib, new_digest, output, readable, taken
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

__all__ = [
    "MAX_HKDF_LEN",
    "MAX_ITERATIONS",
    "MAX_REQUEST_LEN",
    "hkdf",
    "hkdf_expand",
    "hkdf_extract",
    "pbkdf2",
    "pbkdf2_batch",
    "sm3_kdf",
]

# So many passwords at once: several rounds of what lanes there are, so that none of them is idle for long.
_PASSWORDS: Final = 256
# So many bytes of keys at once, unless one key alone is longer.
_KEYS_LEN: Final = 1 << 20

_PRK_LEN = 32
MAX_HKDF_LEN: Final = 255 * 32
MAX_ITERATIONS: Final = (1 << 32) - 1


def sm3_kdf(z: Buffer, length: int) -> bytes:
    """Derive a key with the key derivation function of SM2.

    :param z: the shared secret, any number of bytes.
    :param length: bytes to derive, 1 to 2^30.
    :raises InvalidTypeError: when z is not a buffer or length not an ``int``.
    :raises InvalidInputError: when length is outside.
    :standard: GB/T 32918.4-2016 5.4.3
    """
    secret = readable(z, "z")
    out = output(number(length, 1, MAX_REQUEST_LEN, "length"))
    check(lib.gmpki_sm3_kdf(out, length, secret, len(secret)), what="sm3 kdf")
    return taken(out, length, secret=True)


def pbkdf2(password: Buffer, salt: Buffer, iterations: int, length: int) -> bytes:
    """Derive a key from a password with PBKDF2-HMAC-SM3.

    :param password: the password's bytes, any number; text is encoded by the caller.
    :param salt: any number of bytes; 16 random ones are right.
    :param iterations: 1 to 2^32 - 1; each costs two SM3 compressions for every 32 bytes of length.
    :param length: bytes to derive, 1 to 2^30.
    :raises InvalidTypeError: when password or salt is not a buffer, iterations or length not an ``int``.
    :raises InvalidInputError: when iterations or length is outside.
    :standard: RFC 8018 5.2; GM/T 0091-2020
    """
    secret = readable(password, "password")
    salted = readable(salt, "salt")
    number(iterations, 1, MAX_ITERATIONS, "iterations")
    out = output(number(length, 1, MAX_REQUEST_LEN, "length"))
    check(lib.gmpki_sm3_pbkdf2(out, length, secret, len(secret), salted, len(salted), iterations), what="pbkdf2")
    return taken(out, length, secret=True)


def pbkdf2_batch(passwords: Iterable[Buffer], salts: Iterable[Buffer], iterations: int, length: int) -> list[bytes]:
    """Derive keys from many passwords with PBKDF2-HMAC-SM3, several at a time, in their order.

    :param passwords: the bytes of each, any number.
    :param salts: as many as there are passwords, each of any number of bytes; 16 random ones are right.
    :param iterations: 1 to 2^32 - 1, for all of them.
    :param length: bytes to derive for each, 1 to 2^30.
    :raises InvalidTypeError: when passwords or salts cannot be iterated or holds what is not a buffer, or iterations or
        length is not an ``int``.
    :raises InvalidInputError: when iterations or length is outside, or there are not as many salts as passwords.
    :standard: RFC 8018 5.2; GM/T 0091-2020
    """
    number(iterations, 1, MAX_ITERATIONS, "iterations")
    most = max(1, min(_PASSWORDS, _KEYS_LEN // number(length, 1, MAX_REQUEST_LEN, "length")))
    keys: list[bytes] = []
    for some, salted in zip_longest(parts(passwords, "passwords", most), parts(salts, "salts", most), fillvalue=()):
        same_number(some, salted, "passwords", "salts")
        secrets, public = pointers(some, "passwords", len(keys)), pointers(salted, "salts", len(keys))
        out, total = output(length * len(some)), length * len(some)
        status = lib.gmpki_sm3_pbkdf2_batch(
            out, length, secrets.array, secrets.lengths, public.array, public.lengths, iterations, len(some)
        )
        check(status, what="pbkdf2 batch")
        derived = taken(out, total, secret=True)
        keys += [derived[start : start + length] for start in range(0, total, length)]
    return keys


def hkdf_extract(salt: Buffer, key_material: Buffer) -> bytes:
    """Concentrate key material into a 32-byte pseudorandom key.

    :param salt: any number of bytes; empty means 32 zero bytes.
    :param key_material: any number of bytes.
    :raises InvalidTypeError: when one of them is not a buffer.
    :standard: RFC 5869 2.2, with HMAC-SM3
    """
    salted = readable(salt, "salt")
    secret = readable(key_material, "key_material")
    out = new_digest()
    check(lib.gmpki_sm3_hkdf_extract(out, salted, len(salted), secret, len(secret)), what="hkdf extract")
    return taken(out, _PRK_LEN, secret=True)


def hkdf_expand(prk: Buffer, info: Buffer, length: int) -> bytes:
    """Expand a pseudorandom key into a key for one purpose.

    :param prk: at least 32 bytes, from :func:`hkdf_extract`.
    :param info: what the key is for, any number of bytes.
    :param length: bytes to derive, 1 to 8160.
    :raises InvalidTypeError: when prk or info is not a buffer, length not an ``int``.
    :raises InvalidInputError: when prk is too short or length outside.
    :standard: RFC 5869 2.3, with HMAC-SM3
    """
    secret = readable(prk, "prk")
    purpose = readable(info, "info")
    if len(secret) < _PRK_LEN:
        raise InvalidInputError(f"prk must be at least {_PRK_LEN} bytes long, not {len(secret)}")
    out = output(number(length, 1, MAX_HKDF_LEN, "length"))
    check(lib.gmpki_sm3_hkdf_expand(out, length, secret, len(secret), purpose, len(purpose)), what="hkdf expand")
    return taken(out, length, secret=True)


def hkdf(key_material: Buffer, length: int, *, salt: Buffer = b"", info: Buffer = b"") -> bytes:
    """Derive a key with HKDF-SM3: extract, then expand.

    :param key_material: the shared secret, any number of bytes.
    :param length: bytes to derive, 1 to 8160.
    :param salt: any number of bytes; empty means 32 zero bytes.
    :param info: what the key is for, any number of bytes.
    :raises InvalidTypeError: when an input is not a buffer, or length not an ``int``.
    :raises InvalidInputError: when length is outside.
    :standard: RFC 5869, with HMAC-SM3
    """
    number(length, 1, MAX_HKDF_LEN, "length")
    return hkdf_expand(hkdf_extract(salt, key_material), info, length)
