"""RC2 in CBC: for reading the certificates in PKCS #12 files of older products, never for writing.

Neither the C core nor every OpenSSL has it, so it stands here in Python, for a few kilobytes at a time.

:standard: RFC 2268
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, number
from gmpki.errors import DecryptionError, InvalidInputError, LimitExceeded

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["BLOCK_LEN", "MAX_DATA_LEN", "decrypt_cbc_vartime"]

BLOCK_LEN: Final = 8
MAX_DATA_LEN: Final = 1 << 18
"""The longest message, in bytes: about two seconds of work."""

_MAX_KEY_LEN: Final = 128
_WORD: Final = 0xFFFF
# PITABLE, 256 different bytes made of the digits of pi (RFC 2268 section 2).
_PI: Final = bytes.fromhex(
    "d978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2"
    "179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82"
    "54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626"
    "6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7"
    "08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec"
    "c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731"
    "2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9"
    "0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad"
)
# By how many bits each word of a block is rotated in a mixing round (RFC 2268 section 3.1).
_ROTATIONS: Final = (1, 2, 3, 5)


def decrypt_cbc_vartime(key: Buffer, effective_bits: int, iv: Buffer, data: Buffer) -> bytes:
    """Decrypt one message of RC2 in CBC with PKCS#7 padding; nothing is returned when its padding is wrong.

    :param key: 1 to 128 bytes.
    :param effective_bits: how many bits of the key count, 1 to 1024.
    :param iv: 8 bytes.
    :param data: a whole number of blocks, at least one, at most 262,144 bytes.
    :raises DecryptionError: when length or padding is wrong.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when key, iv or effective_bits is outside.
    :raises LimitExceeded: when data is too long.
    :standard: RFC 2268; RFC 5652 6.3 (padding)
    """
    secret, previous, ciphertext = as_bytes(key, "key"), as_bytes(iv, "iv"), as_bytes(data, "data")
    if not 1 <= len(secret) <= _MAX_KEY_LEN:
        raise InvalidInputError(f"key must be 1 to {_MAX_KEY_LEN} bytes long, not {len(secret)}")
    number(effective_bits, 1, 8 * _MAX_KEY_LEN, "effective_bits")
    if len(previous) != BLOCK_LEN:
        raise InvalidInputError(f"iv must be {BLOCK_LEN} bytes long, not {len(previous)}")
    if len(ciphertext) > MAX_DATA_LEN:
        raise LimitExceeded(f"{len(ciphertext)} bytes under RC2; at most {MAX_DATA_LEN} are decrypted")
    if not ciphertext or len(ciphertext) % BLOCK_LEN:
        raise DecryptionError
    words = _expand(secret, effective_bits)
    plain = bytearray()
    for start in range(0, len(ciphertext), BLOCK_LEN):
        block = ciphertext[start : start + BLOCK_LEN]
        plain += bytes(a ^ b for a, b in zip(_decrypt_block(words, block), previous, strict=True))
        previous = block
    padding = plain[-1]
    if not 1 <= padding <= BLOCK_LEN or plain[-padding:] != bytes((padding,)) * padding:
        raise DecryptionError
    return bytes(plain[:-padding])


def _expand(key: bytes, effective_bits: int) -> tuple[int, ...]:
    """Return the 64 words of the expanded key (RFC 2268 section 2)."""
    table = bytearray(key)
    for position in range(len(key), _MAX_KEY_LEN):
        table.append(_PI[(table[-1] + table[position - len(key)]) & 0xFF])
    length = (effective_bits + 7) // 8
    mask = 0xFF >> (8 * length - effective_bits)
    first = _MAX_KEY_LEN - length
    table[first] = _PI[table[first] & mask]
    for position in range(first - 1, -1, -1):
        table[position] = _PI[table[position + 1] ^ table[position + length]]
    return tuple(int.from_bytes(table[i : i + 2], "little") for i in range(0, _MAX_KEY_LEN, 2))


def _decrypt_block(words: tuple[int, ...], block: bytes) -> bytes:
    """Undo 5 mixing rounds, a mashing round, 6 mixing rounds, a mashing round and 5 mixing rounds (section 3)."""
    r = [int.from_bytes(block[i : i + 2], "little") for i in range(0, BLOCK_LEN, 2)]
    position = len(words)
    for last, rounds in enumerate((5, 6, 5)):
        for _ in range(rounds):
            for i in (3, 2, 1, 0):
                position -= 1
                turned = _ROTATIONS[i]
                value = (r[i] >> turned | r[i] << (16 - turned)) & _WORD
                mixed = (r[i - 1] & r[i - 2]) + (~r[i - 1] & r[i - 3])
                r[i] = (value - words[position] - mixed) & _WORD
        if last < 2:
            for i in (3, 2, 1, 0):
                r[i] = (r[i] - words[r[i - 1] & 63]) & _WORD
    return b"".join(word.to_bytes(2, "little") for word in r)
