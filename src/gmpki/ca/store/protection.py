"""What keeps the database honest and private: encrypted columns, indexes over them, tags of rows."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from gmpki.errors import GmpkiError, TamperedError
from gmpki.protect import canonical
from gmpki.protect.blind_index import BlindIndex
from gmpki.protect.fields import FieldCipher
from gmpki.protect.record_blocks import BlockVerifier
from gmpki.protect.records import RecordTagger

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gmpki.protect.canonical import RowId, Value
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
        self.block = lru_cache(maxsize=None)(self._block)

    def _cipher(self, table: str, column: str) -> FieldCipher:
        return FieldCipher(self.ring, table, column)

    def _index(self, table: str, column: str) -> BlindIndex:
        return BlindIndex(self.ring, table, column)

    def _tagger(self, table: str) -> RecordTagger:
        return RecordTagger(self.ring, table)

    def _block(self, table: str, names: tuple[str, ...]) -> BlockVerifier:
        return BlockVerifier(self.ring, table, names)

    def verify_row(self, table: str, tag: object, record: Mapping[str, Value], row: RowId) -> None:
        """Verify the tag of a row that was read. Whatever is wrong with it, a tag of a key that the ring has not or
        columns that were never tagged included, is one thing to who reads: the row is not as gmpki wrote it.

        :raises TamperedError: when it is not; ``place`` is the row.
        """
        try:
            self.tagger(table).verify(tag, record, row)  # type: ignore[arg-type]
        except TamperedError:
            raise
        except GmpkiError as error:
            place = canonical.shown_row(row)
            message = f"the row {place} of {table} is not as it was written: {error}"
            raise TamperedError("changed", message, place=place) from error

    def verify_rows(
        self,
        table: str,
        names: tuple[str, ...],
        tags: Sequence[object],
        rows: Sequence[RowId],
        columns: Sequence[Sequence[Value]],
    ) -> None:
        """Verify the tags of many rows that were read, as :meth:`verify_row` does that of one.

        :param names: of the columns.
        :raises TamperedError: when one is not as gmpki wrote it.
        """
        try:
            self.block(table, names).verify(tags, rows, columns)  # type: ignore[arg-type]
        except TamperedError:
            raise
        except GmpkiError as error:
            raise TamperedError("changed", f"a row of {table} is not as it was written: {error}") from error
