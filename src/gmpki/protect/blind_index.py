"""Finding rows by the exact value of an encrypted column: a keyed hash in a column of its own.

>>> from gmpki.protect import BlindIndex, KeyRing
>>> index = BlindIndex(KeyRing.generate(), "employee", "id_card")
>>> stored = index.token("110101199003070000")        # goes into a column beside the encrypted one
>>> stored in index.candidates("110101199003070000")  # WHERE id_card_index IN (...)
True

**What it gives away**, to everybody who reads the table: which rows have equal values, and how often each value
occurs. Where there are few values (sexes, districts, grades), or some are far more frequent than others, that gives
the values themselves away. It belongs on columns whose values are nearly all different, such as numbers of identity
cards, and nowhere else. Who has the ring's key can also try out values; a keyed hash cannot prevent that.

A token has 30 bytes: the header of every stored object, with ``GMPI`` (:mod:`gmpki.protect._stored`), then the first
16 bytes of HMAC-SM3 over the canonical encoding (:mod:`gmpki.protect.canonical`) of the list ``gmpki index 1``,
table, column, value. Two values share a token with a chance of 2^-128; compare the decrypted values all the same. The
key is the ring's for the use 4, purpose ``index``, and does nothing else. Tables and columns have tokens of their own,
so that nobody can join two of them. After a rotation of the ring :meth:`BlindIndex.candidates` gives a token for each
key; :meth:`BlindIndex.is_current` tells which rows need a new one.

Values are compared as they are: bring them into one form first (capital X, no blanks).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, member
from gmpki.algorithms import sm3
from gmpki.protect import canonical
from gmpki.protect._stored import Kind, read_header, write_header
from gmpki.protect.keys import KeyRing, KeyState, KeyUse

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.protect.canonical import Scalar

__all__ = ["TOKEN_LEN", "BlindIndex"]

TOKEN_LEN: Final = 30
_HASH_LEN: Final = 16
_PURPOSE: Final = "index"
_LABEL: Final = "gmpki index 1"


class BlindIndex:
    """Makes the tokens of one column. Immutable; thread-safe.

    :param table: the name of the table, 1 to 255 printable characters; it becomes part of every token.
    :param column: the name of the column, likewise.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when a name is empty, too long or not printable text in NFC.
    """

    __slots__ = ("_column", "_ring", "_table")

    def __init__(self, ring: KeyRing, table: str, column: str) -> None:
        member(ring, KeyRing, "ring")
        self._ring = ring
        self._table = canonical.label(table, "table")
        self._column = canonical.label(column, "column")

    def token(self, value: Scalar) -> bytes:
        """Return the token of a value under the primary key: 30 bytes.

        :raises InvalidTypeError: when the value has no canonical encoding.
        :raises InvalidInputError: when it is text that is not in NFC, a time without a time zone or the like.
        :raises LimitExceeded: when it is longer than 16 MiB.
        """
        return self._token(value, self._ring.primary_id)

    def candidates(self, value: Scalar) -> tuple[bytes, ...]:
        """Return the tokens that a value may have in the table, one for each key of the ring that is not destroyed;
        errors as :meth:`token`.
        """
        usable = [key.key_id for key in self._ring.keys if key.state is not KeyState.DESTROYED]
        return tuple(self._token(value, key_id) for key_id in usable)

    def is_current(self, token: Buffer) -> bool:
        """Tell whether a token was made under the key that is primary now.

        :raises InvalidTypeError: when it is not a buffer.
        :raises DecodeError: when it is no token.
        :raises UnsupportedAlgorithm: when it has a version or algorithm that is not known here.
        """
        return read_header(as_bytes(token, "token"), Kind.INDEX, "the token") == self._ring.primary_id

    def _token(self, value: Scalar, key_id: bytes) -> bytes:
        key = self._ring.derive(KeyUse.INDEX, _PURPOSE, key_id)
        data = canonical.encode((_LABEL, self._table, self._column, value))
        return write_header(Kind.INDEX, key_id) + sm3.hmac(key, data)[:_HASH_LEN]
