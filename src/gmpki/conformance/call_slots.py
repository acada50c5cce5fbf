"""Which calls of the driver run just now: memory that a child shares, so that a crash or a hang leaves its place there.

>>> from gmpki.conformance.call_slots import CallSlots, slots_file
>>> with slots_file() as descriptor, CallSlots(descriptor) as slots:
...     slots.begin("SKF_EnumDev")
...     during = slots.running()
...     slots.end()
...     during, slots.running()
(('SKF_EnumDev',), ())
"""

from __future__ import annotations

import contextlib
import mmap
import os
import tempfile
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Self

__all__ = ["CallSlots", "slots_file"]

_COUNT: Final = 64  # of threads that have called the driver; the next one shares the slot of the first
_LEN: Final = 64
# The first byte of a slot is the length of the name while the function runs; the last one is it also afterwards.
_ROOM: Final = _LEN - 2
_PRINTABLE: Final = frozenset(range(0x20, 0x7F))


@contextlib.contextmanager
def slots_file() -> Iterator[int]:
    """Give the descriptor of a file without a name, in which slots have room."""
    with tempfile.TemporaryFile() as file:
        file.truncate(_COUNT * _LEN)
        yield file.fileno()


class CallSlots:
    """The functions that were called and have not returned. Thread-safe: each thread writes to a slot of its own.

    Whoever calls writes, in less than a microsecond and without a system call; another process reads, also after the
    writer was killed. What it reads, a driver may have written: the file is read as a file, for memory of which the
    driver has taken the file away would end the process that looks at it.
    """

    def __init__(self, descriptor: int) -> None:
        """Share a file.

        :param descriptor: of a file of :func:`slots_file`, which stays open for as long as this is used.
        """
        self._descriptor = descriptor
        self._memory = mmap.mmap(descriptor, _COUNT * _LEN)
        self._starts: dict[int, int] = {}

    def begin(self, function: str) -> None:
        """Write down the function that this thread is about to call."""
        thread = threading.get_ident()
        start = self._starts.get(thread)
        if start is None:
            start = self._starts[thread] = len(self._starts) % _COUNT * _LEN
        name = function.encode(errors="replace")[:_ROOM]
        self._memory[start + 1 : start + 1 + len(name)] = name
        self._memory[start] = self._memory[start + _LEN - 1] = len(name)

    def end(self) -> None:
        """Write down that it has returned."""
        start = self._starts.get(threading.get_ident())
        if start is not None:
            self._memory[start] = 0

    def running(self) -> tuple[str, ...]:
        """Return the functions that have not returned, sorted; what no function is called is left out."""
        content = os.pread(self._descriptor, _COUNT * _LEN, 0)
        slots = (content[start : start + _LEN] for start in range(0, len(content), _LEN))
        return tuple(sorted({_name(slot, slot[0]) for slot in slots} - {""}))

    @property
    def last(self) -> str:
        """The function called last by the thread that called first; empty when there is none."""
        slot = os.pread(self._descriptor, _LEN, 0)
        return _name(slot, slot[-1]) if len(slot) == _LEN else ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._memory.close()


def _name(slot: bytes, length: int) -> str:
    """Return the name that stands in a slot; empty when it is none of a function."""
    name = slot[1 : 1 + min(length, _ROOM)]
    return name.decode() if _PRINTABLE.issuperset(name) else ""
