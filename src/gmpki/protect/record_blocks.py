"""Tags of many rows verified at once: what :class:`~gmpki.protect.records.RecordTagger` does, for long tables.

Rows come by columns, as ``zip(*rows)`` makes them of what a database returns:

>>> from gmpki.protect import KeyRing, RecordTagger
>>> from gmpki.protect.record_blocks import BlockVerifier
>>> ring = KeyRing.generate()
>>> tagger = RecordTagger(ring, "grants")
>>> tags = [tagger.tag({"user": user, "level": 1}, row=row) for row, user in ((7, "zhangsan"), (8, "lisi"))]
>>> block = BlockVerifier(ring, "grants", ("level", "user"))
>>> block.verify(tags, (7, 8), ((1, 1), ("zhangsan", "lisi")))
>>> block.verify(tags, (7, 8), ((1, 2), ("zhangsan", "lisi")))
Traceback (most recent call last):
gmpki.errors.TamperedError: the record 8 of grants is not as it was tagged

All rows of a block have the same names in their encoding, and many of them the same values: the encoding of a record
is made once with gaps in it, and each different value of a column is encoded once. A block that does not hold as a
whole is gone through row by row, so that what is accepted, and which error is raised, is what the tagger says.
"""

from __future__ import annotations

import re
from hmac import compare_digest
from itertools import repeat
from operator import add
from typing import TYPE_CHECKING, Final
from uuid import UUID

from gmpki._inputs import iterated
from gmpki.algorithms import sm3
from gmpki.algorithms.rand import random_bytes
from gmpki.errors import GmpkiError, InvalidInputError
from gmpki.protect import canonical
from gmpki.protect._stored import HEADER_LEN
from gmpki.protect.records import TAG_LEN, RecordTagger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from typing_extensions import Buffer

    from gmpki.protect.canonical import RowId, Value
    from gmpki.protect.keys import KeyRing

__all__ = ["BlockVerifier"]

# Values of these types are equal only when their encodings are; True is equal to 1, and 1.0 is.
_PLAIN: Final = frozenset((int, str, type(None)))


class BlockVerifier:
    """Verifies the tags of one table's rows in blocks. Immutable; thread-safe.

    :param ring: verifies with the key that a tag names.
    :param table: the name of the table, as :class:`~gmpki.protect.records.RecordTagger` has it.
    :param names: of the columns that are protected, in the order in which their values will come.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when a name stands twice, the table's is empty, too long or not printable, or text is not
        in NFC.
    """

    __slots__ = ("_encodings", "_names", "_order", "_tagger")

    def __init__(self, ring: KeyRing, table: str, names: Iterable[str]) -> None:
        self._tagger = RecordTagger(ring, table)
        self._names = tuple(iterated(names, "names"))
        # What the encoding looks like is asked of who makes it: a record of values that stand nowhere else.
        marks = [UUID(bytes=random_bytes(16)) for _ in range(len(self._names) + 1)]
        record = dict(zip(self._names, marks[1:], strict=True))
        if len(record) != len(self._names):
            raise InvalidInputError("the name of a column stands twice")
        encoded = self._tagger.encoded(record, marks[0])
        places = {canonical.encode(mark): place for place, mark in enumerate(marks)}
        pieces = re.split(b"(%b)" % b"|".join(map(re.escape, places)), encoded)
        self._order = tuple(places[mark] for mark in pieces[1::2])
        self._encodings: Callable[[tuple[bytes, ...]], bytes] = b"%b".join(
            piece.replace(b"%", b"%%") for piece in pieces[::2]
        ).__mod__

    def verify(self, tags: Sequence[Buffer | None], rows: Sequence[RowId], columns: Sequence[Sequence[Value]]) -> None:
        """Verify the tags of rows.

        :param tags: what stands in the rows; None is a row without one.
        :param rows: the primary key of each.
        :param columns: the values of each column, in the order of the names; as many as there are rows.
        :raises InvalidInputError: when these are not of one length, or there is another number of columns than names.
        :raises GmpkiError: what :meth:`~gmpki.protect.records.RecordTagger.verify` raises for the first row that is
            refused.
        """
        if len(columns) != len(self._names) or {len(tags), len(rows), *map(len, columns)} != {len(tags)}:
            raise InvalidInputError("a block has a value of each column, a tag and a key for each row")
        if self._holds(tags, rows, columns):
            return
        for tag, row, *values in zip(tags, rows, *columns, strict=True):
            self._tagger.verify(tag, dict(zip(self._names, values, strict=True)), row)

    def _holds(self, tags: Sequence[Buffer | None], rows: Sequence[RowId], columns: Sequence[Sequence[Value]]) -> bool:
        """Tell whether all tags are seen to be right at once; if not, some may be wrong, or just be unusual."""
        given = (rows, *columns)
        if set(map(type, tags)) != {bytes} or set(map(len, tags)) != {TAG_LEN}:  # type: ignore[arg-type]
            return False
        if any(not _PLAIN.issuperset(map(type, values)) for values in given):
            return False
        heads = [tag[:HEADER_LEN] for tag in tags]  # type: ignore[index]
        try:
            keys = {head: self._tagger.key_of(head) for head in set(heads)}
            encoded = [_encoded(values) for values in given]
        except GmpkiError:
            return False
        records = map(self._encodings, zip(*(encoded[place] for place in self._order), strict=True))
        authenticated = map(add, heads, records)
        if len(keys) == 1:
            macs: Iterable[bytes] = sm3.hmac_batch(keys[heads[0]], authenticated)
        else:
            macs = map(sm3.hmac, map(keys.__getitem__, heads), authenticated)
        return compare_digest(b"".join(map(add, heads, macs)), b"".join(tags))  # type: ignore[arg-type]


def _encoded(values: Sequence[Value]) -> Iterable[bytes]:
    """Return the encodings of the values of a column."""
    different = set(values)
    if len(different) == 1:
        return repeat(canonical.encode(values[0]), len(values))
    if 2 * len(different) > len(values):
        return canonical.encode_all(values)
    encodings = dict(zip(different, canonical.encode_all(tuple(different)), strict=True))
    return map(encodings.__getitem__, values)
