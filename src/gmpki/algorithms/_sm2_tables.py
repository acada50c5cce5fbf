"""Tables of public keys that verify often: with one, a verification takes less than half of its time.

A certificate authority's key verifies every certificate that it issued; most other keys verify once. So a key gets its
table when it verifies for the :data:`_WORTH`-th time: whatever comes after, that costs at most twice what the best
decision would have. Tables belong to the key's value and not to an object, and the ones that were used last are kept:
memory is bounded, however many keys there are. Everything here is public.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from gmpki.algorithms._call import ffi, lib

if TYPE_CHECKING:
    from gmpki.algorithms.sm2_keys import CurvePoint

__all__ = ["table_of"]

_TABLE = ffi.typeof("gmpki_sm2_verify_table *")

#: A table pays for itself after so many verifications: 439,000 cycles for it, 30,000 in place of 105,000 with it.
_WORTH: Final = 6
#: So many tables are kept, of less than 96 KiB each.
_KEPT: Final = 64
#: For so many other keys it is known how often they verified.
_COUNTED: Final = 4096

# Each operation on these is one step for other threads: OrderedDict is written in C, and bytes compare without Python
# code. What two threads do between steps costs a table made twice or a count lost, and nothing else.
_tables: OrderedDict[bytes, Any] = OrderedDict()
_counts: OrderedDict[bytes, int] = OrderedDict()


def table_of(point: CurvePoint) -> Any | None:
    """Return the table of a key that verifies now, or ``None`` where it has none yet."""
    key = point._bare
    table = _tables.get(key)
    if table is not None:
        try:  # noqa: SIM105 - every call comes here, and a context manager costs more than all the rest
            _tables.move_to_end(key)
        except KeyError:
            pass  # dropped by another thread meanwhile; it serves this call all the same
        return table
    count = _counts.pop(key, 0) + 1
    if count >= _WORTH:
        return _made(key, point)
    _counts[key] = count
    if len(_counts) > _COUNTED:
        _drop_oldest(_counts)
    return None


def _made(key: bytes, point: CurvePoint) -> Any | None:
    table = ffi.new(_TABLE)
    if lib.gmpki_sm2_verify_table_make(table, point._native):
        return None  # the call without a table says what is wrong
    _tables[key] = table
    if len(_tables) > _KEPT:
        _drop_oldest(_tables)
    return table


def _drop_oldest(kept: OrderedDict[bytes, Any]) -> None:
    with suppress(KeyError):  # another thread dropped the last one
        kept.popitem(last=False)
