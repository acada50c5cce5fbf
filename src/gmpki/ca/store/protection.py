"""What keeps the database honest and discreet: encrypted columns, indexes over them, tags of rows."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from gmpki.protect.blind_index import BlindIndex
from gmpki.protect.fields import FieldCipher
from gmpki.protect.records import RecordTagger

if TYPE_CHECKING:
    from gmpki.protect.keys import KeyRing

__all__ = ["Protection"]


class Protection:
    """Ciphers, indexes and taggers of the tables, made when they are first used. Thread-safe.

    :param ring: whose keys they use.
    """

    def __init__(self, ring: KeyRing) -> None:
        self.ring = ring
        self.cipher = lru_cache(maxsize=None)(self._cipher)
        self.index = lru_cache(maxsize=None)(self._index)
        self.tagger = lru_cache(maxsize=None)(self._tagger)

    def _cipher(self, table: str, column: str) -> FieldCipher:
        return FieldCipher(self.ring, table, column)

    def _index(self, table: str, column: str) -> BlindIndex:
        return BlindIndex(self.ring, table, column)

    def _tagger(self, table: str) -> RecordTagger:
        return RecordTagger(self.ring, table)
