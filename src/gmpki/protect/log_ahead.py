"""Looking ahead in a log: the digests and MACs of the next lines, computed side by side.

A line is judged after the one before it, but its digest and its MAC depend on nothing else. Nothing is decided here:
what was computed of a line is taken when that line is judged, and of any other it is computed then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from gmpki.algorithms import sm3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from gmpki.protect.log_record import LogKey

__all__ = ["Ahead", "in_blocks"]

T = TypeVar("T")

_MOST: Final = 256
_MOST_BYTES: Final = 1 << 17


class Ahead:
    """What was computed of the next lines. A context."""

    def __init__(self) -> None:
        self._key: LogKey | None = None
        self._heads: dict[bytes, bytes] = {}
        self._macs: dict[bytes, bytes] = {}

    def compute(self, lines: Sequence[bytes], key: LogKey | None) -> None:
        """Compute the digests of lines and, where there is a key, their MACs; what there was before goes."""
        self._key = key
        self._heads = dict(zip(lines, sm3.sm3_batch(lines), strict=True))
        self._macs = {} if key is None else dict(zip(lines, key.macs_of_lines(lines), strict=True))

    def head(self, line: bytes) -> bytes | None:
        """Return the digest of a line; None when it was not computed."""
        return self._heads.get(line)

    def mac(self, line: bytes, key: LogKey) -> bytes | None:
        """Return the MAC that a line has under a key; None when it was not computed."""
        return self._macs.get(line) if key is self._key else None


def in_blocks(values: Iterable[T], length_of: Callable[[T], int]) -> Iterator[list[T]]:
    """Yield values in blocks of at most 256, or of one more than fit into 128 KiB.

    The first comes alone: with the first line of a log, the key becomes known.

    :param length_of: tells the length of a value in bytes.
    """
    block: list[T] = []
    most, length = 1, 0
    for value in values:
        block.append(value)
        length += length_of(value)
        if len(block) == most or length > _MOST_BYTES:
            yield block
            block, length, most = [], 0, _MOST
    if block:
        yield block
