"""Encryption of single values of a database, each bound to its table, its column and its row.

>>> from gmpki.protect import FieldCipher, KeyRing
>>> cipher = FieldCipher(KeyRing.generate(), "employee", "id_card")
>>> stored = cipher.encrypt_text("110101199003070000", row=42)
>>> cipher.decrypt_text(stored, row=42)
'110101199003070000'
>>> cipher.decrypt_text(stored, row=43)
Traceback (most recent call last):
gmpki.errors.InvalidTag: the authentication tag does not hold

A stored value:

====== ====== ==========================================================================================
offset length what
====== ====== ==========================================================================================
0      14     the header of every stored object, with ``GMPF``: :mod:`gmpki.protect._stored`
14     24     the salt: random
38     n      the value, encrypted with SM4-GCM: as long as the value
38+n   16     the tag
====== ====== ==========================================================================================

For columns of text it is written in base64 (RFC 4648 4, with padding, no other form is read), and then begins with
``R01QR``. 54 bytes are added to a value, in base64 about a third more.

**Keys and nonces.** No two values share a key. Key (16 bytes) and nonce (12) of GCM are
``HKDF-Expand(k, salt, 28)`` with k the ring's key for fields (purpose ``field``), and the salt has 192 random bits. A
nonce repeats only with a salt: among q values under one key of the ring the chance is below q^2 / 2^193, for 2^48
values 2^-97, where random nonces of 96 bits under one key reach the limit of 2^-32 after 2^32 values (NIST SP 800-38D
8.3). So there is nothing to count, no state to lose in a restored virtual machine, and no bound that an application
could reach: at a million values a second 2^48 take nine years, and rotation ends a key's use long before. It costs
some microseconds a value. The salt is drawn inside, and nobody can give one. One value has at most 16 MiB, far below
GCM's 2^36 - 32 bytes.

**Associated data** are the 38 bytes in front, then the canonical encoding (:mod:`gmpki.protect.canonical`) of the
list: ``gmpki field 1``, ``text`` or ``bytes``, table, column, then the parts of the row's identity as a list. A value
that was moved to another row, column or table, or is read as another type, does not decrypt. What this cannot see: an
old value of the same row and column that was put back, and rows that were removed; see :mod:`gmpki.protect.records`
and its table seals.

**What is left to see**: the length of a value, which values are None, and which key was used. Encrypting one value
twice gives different bytes. Encryption that does not (deterministic, "searchable") is not offered: who reads the
table would count equal values and guess them from their frequency, which for sexes, districts and surnames gives
most of them away. To find rows by an exact value there is :class:`~gmpki.protect.blind_index.BlindIndex`, which gives
away the same in a column of its own, and says so.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, as_text, member
from gmpki.algorithms.rand import random_bytes
from gmpki.algorithms.sm4_aead import SM4GCM
from gmpki.errors import DecodeError, DecryptionError, InvalidInputError, LimitExceeded
from gmpki.keys.pem import strict_base64
from gmpki.protect import canonical
from gmpki.protect._stored import HEADER_LEN, Kind, derived_cipher, read_header, write_header
from gmpki.protect.keys import KeyRing, KeyUse

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.protect.canonical import RowId

__all__ = ["MAX_VALUE_LEN", "OVERHEAD_LEN", "FieldCipher", "looks_encrypted"]

MAX_VALUE_LEN: Final = 1 << 24
_SALT_LEN: Final = 24
_TAG_LEN: Final = 16
_FRONT_LEN: Final = HEADER_LEN + _SALT_LEN
OVERHEAD_LEN: Final = _FRONT_LEN + _TAG_LEN
_PURPOSE: Final = "field"
_LABEL: Final = "gmpki field 1"
# 54 bytes more, then four characters for every three bytes.
_MAX_TEXT_LEN: Final = (MAX_VALUE_LEN + OVERHEAD_LEN + 2) // 3 * 4
# What the base64 of every stored value begins with: the 30 bits of its first five letters are within GMPF.
_TEXT_START: Final = "R01QR"
_BYTES: Final = "bytes"
_TEXT: Final = "text"


class FieldCipher:
    """Encrypts and decrypts the values of one column. Immutable; thread-safe.

    :param ring: encrypts with its primary key, decrypts with the one that a value names.
    :param table: the name of the table: 1 to 255 printable characters. It becomes part of every value: after a
        rename give the old name on.
    :param column: the name of the column, likewise.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when a name is empty, too long or not printable text in NFC.
    """

    __slots__ = ("_column", "_keys", "_ring", "_table")

    def __init__(self, ring: KeyRing, table: str, column: str) -> None:
        member(ring, KeyRing, "ring")
        self._ring = ring
        self._table = canonical.label(table, "table")
        self._column = canonical.label(column, "column")
        self._keys: dict[bytes, bytes] = {}

    @property
    def ring(self) -> KeyRing:
        """The key ring."""
        return self._ring

    def __repr__(self) -> str:
        return f"<FieldCipher of {self._table}.{self._column}>"

    # ---- bytes --------------------------------------------------------------------------
    def encrypt(self, value: Buffer, row: RowId) -> bytes:
        """Encrypt bytes for one row.

        :param value: at most 16 MiB.
        :param row: the primary key of the row; 7 and "7" are two rows.
        :raises InvalidTypeError: when value is not a buffer, or row of another type.
        :raises InvalidInputError: when row has no parts, or text that is not in NFC.
        :raises LimitExceeded: when value is too long.
        :raises RandomSourceError: when the random source fails.
        """
        return self._seal(as_bytes(value, "value", text_hint="use encrypt_text"), row, _BYTES)

    def decrypt(self, stored: Buffer, row: RowId) -> bytes:
        """Decrypt bytes of one row.

        :raises InvalidTag: when value, row, column, table or type is not what was encrypted.
        :raises DecodeError: when stored is no encrypted field, plaintext for instance.
        :raises UnsupportedAlgorithm: when it has a version or algorithm that is not known here.
        :raises UnknownKeyError: when the ring does not hold its key.
        :raises InvalidTypeError: when stored is not a buffer, or row of another type.
        :raises InvalidInputError: when row has no parts, or text that is not in NFC.
        """
        return self._open(as_bytes(stored, "a stored field", text_hint="use decrypt_text"), row, _BYTES)

    # ---- text ---------------------------------------------------------------------------
    def encrypt_text(self, value: str, row: RowId) -> str:
        """Encrypt text for one row; return base64. Errors as :meth:`encrypt`, and:

        :raises InvalidTypeError: when value is not ``str``.
        :raises InvalidInputError: when it holds half a surrogate pair.
        """  # noqa: D415 - the list belongs to the sentence
        try:
            plain = as_text(value, "value").encode("utf-8")
        except UnicodeEncodeError:
            raise InvalidInputError("value has half a surrogate pair, which UTF-8 cannot hold") from None
        return base64.b64encode(self._seal(plain, row, _TEXT)).decode("ascii")

    def decrypt_text(self, stored: str, row: RowId) -> str:
        """Decrypt text of one row. Errors as :meth:`decrypt`, and:

        :raises InvalidTypeError: when stored is not ``str``.
        :raises DecodeError: when it is no base64.
        """  # noqa: D415 - the list belongs to the sentence
        try:
            return self._open(_from_text(as_text(stored, "a stored field")), row, _TEXT).decode("utf-8")
        except UnicodeDecodeError:
            raise DecryptionError from None

    def is_current(self, stored: Buffer | str) -> bool:
        """Tell whether a value names the key that is primary now, without decrypting it.

        :raises InvalidTypeError: when it is neither ``str`` nor a buffer.
        :raises DecodeError: when it is no encrypted field.
        :raises UnsupportedAlgorithm: when it has a version or algorithm that is not known here.
        """
        raw = _from_text(stored) if isinstance(stored, str) else as_bytes(stored, "a stored field")
        return read_header(raw, Kind.FIELD, "the stored field") == self._ring.primary_id

    # ---- both ---------------------------------------------------------------------------
    def _seal(self, plain: bytes, row: RowId, kind: str) -> bytes:
        if len(plain) > MAX_VALUE_LEN:
            raise LimitExceeded(f"a value of {len(plain)} bytes; at most {MAX_VALUE_LEN} are encrypted")
        key_id = self._ring.primary_id
        front = write_header(Kind.FIELD, key_id) + random_bytes(_SALT_LEN)
        cipher, nonce = self._cipher(key_id, front[HEADER_LEN:])
        return front + cipher.encrypt(nonce, plain, front + self._context(row, kind))

    def _open(self, stored: bytes, row: RowId, kind: str) -> bytes:
        key_id = read_header(stored, Kind.FIELD, "the stored field")
        if len(stored) < OVERHEAD_LEN:
            raise DecodeError(f"a stored field has at least {OVERHEAD_LEN} bytes, this one {len(stored)}")
        front = stored[:_FRONT_LEN]
        cipher, nonce = self._cipher(key_id, front[HEADER_LEN:])
        return cipher.decrypt(nonce, stored[_FRONT_LEN:], front + self._context(row, kind))

    def _cipher(self, key_id: bytes, salt: bytes) -> tuple[SM4GCM, bytes]:
        key = self._keys.get(key_id)
        if key is None:
            key = self._keys[key_id] = self._ring.derive(KeyUse.FIELD, _PURPOSE, key_id)
        return derived_cipher(key, salt)

    def _context(self, row: RowId, kind: str) -> bytes:
        return canonical.encode((_LABEL, kind, self._table, self._column, canonical.row_parts(row)))


def looks_encrypted(stored: Buffer | str) -> bool:
    """Tell whether a value begins as encrypted fields do; only decrypting tells whether it is one.

    :raises InvalidTypeError: when it is neither ``str`` nor a buffer.
    """
    if isinstance(stored, str):
        return stored.startswith(_TEXT_START)
    return as_bytes(stored, "a stored field").startswith(Kind.FIELD.value)


def _from_text(stored: str) -> bytes:
    if len(stored) > _MAX_TEXT_LEN:
        raise DecodeError(f"a stored field of {len(stored)} characters; at most {_MAX_TEXT_LEN} are read")
    raw = strict_base64(stored.encode("utf-8", "surrogatepass"))
    if raw is None:
        raise DecodeError("the stored field is no base64")
    return raw
