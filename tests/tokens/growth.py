"""Whether memory and descriptors of this process and its children grow with the number of operations.

A leak shows as growth in proportion to the number of operations. What Python and the C library keep once does not, so
the second half of the operations is what is looked at. In a process that freed much before, a leak fills that memory
first and the resident memory stands still: what is allocated is looked at too, and the greater growth counts.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Growth", "growth_of"]

_PAGE_LEN = os.sysconf("SC_PAGE_SIZE")
# Pages that the allocators take or give back for reasons of their own; a leak of 32 bytes in each of 10,000 operations
# is more.
_NOISE_LEN = 256 * 1024
_SMALL_OBJECT_LEN = 64  # on average; Python counts them without their lengths


@dataclass(frozen=True)
class Growth:
    """What was measured.

    :ivar memory_len: by how many bytes the memory grew in the second half.
    :ivar descriptors: by how many the open descriptors grew from the beginning to the end.
    """

    operations: int
    memory_len: int
    descriptors: int

    @property
    def is_none(self) -> bool:
        """Whether nothing grew."""
        return self.memory_len <= _NOISE_LEN and self.descriptors == 0

    def __str__(self) -> str:
        return f"{self.operations} operations: memory {self.memory_len:+} bytes, descriptors {self.descriptors:+}"


def growth_of(operation: Callable[[], object], operations: int = 10_000) -> Growth:
    """Do an operation many times and return what has grown."""
    operation()
    processes = _processes()
    descriptors = _descriptors(processes)
    for _ in range(operations // 2):
        operation()
    resident, allocated = _resident_len(processes), _allocated_len()
    for _ in range(operations - operations // 2):
        operation()
    grown = max(_resident_len(processes) - resident, _allocated_len() - allocated)
    return Growth(operations, grown, _descriptors(processes) - descriptors)


def _processes() -> list[Path]:
    """Return this process and its children, in which isolated drivers run."""
    children = [pid for one in Path("/proc/self/task").glob("*/children") for pid in one.read_text().split()]
    return [Path("/proc/self"), *(Path("/proc") / pid for pid in children)]


class _Allocated(ctypes.Structure):
    """``struct mallinfo2`` of the GNU C library: ten sizes, of which ``hblkhd`` and ``uordblks`` are in use."""

    _fields_ = [
        *((name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd")),
        *((name, ctypes.c_size_t) for name in ("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")),
    ]


def _allocated_len() -> int:
    """Return what this process has allocated: from the C library, and small objects from Python."""
    gc.collect()
    ask = ctypes.CDLL(None).mallinfo2
    ask.restype = _Allocated
    answer = ask()
    return int(answer.uordblks + answer.hblkhd) + _SMALL_OBJECT_LEN * sys.getallocatedblocks()


def _resident_len(processes: list[Path]) -> int:
    gc.collect()
    return sum(int((one / "statm").read_text().split()[1]) for one in processes) * _PAGE_LEN


def _descriptors(processes: list[Path]) -> int:
    return sum(len(os.listdir(one / "fd")) for one in processes)
