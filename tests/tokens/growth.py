"""Whether memory and descriptors of this process and its children grow with the number of operations.

A leak shows as growth in proportion to the number of operations. What Python and the C library keep once does not, so
the second half of the operations is what is looked at.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Growth", "growth_of"]

_PAGE_LEN = os.sysconf("SC_PAGE_SIZE")
# Pages that the allocators take or give back for reasons of their own; a leak of 32 bytes in each of 10,000 operations
# is more.
_NOISE_LEN = 256 * 1024


@dataclass(frozen=True)
class Growth:
    """What was measured.

    :ivar memory_len: by how many bytes the resident memory grew in the second half.
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
    memory = _memory_len(processes)
    for _ in range(operations - operations // 2):
        operation()
    return Growth(operations, _memory_len(processes) - memory, _descriptors(processes) - descriptors)


def _processes() -> list[Path]:
    """Return this process and its children, in which isolated drivers run."""
    children = [pid for one in Path("/proc/self/task").glob("*/children") for pid in one.read_text().split()]
    return [Path("/proc/self"), *(Path("/proc") / pid for pid in children)]


def _memory_len(processes: list[Path]) -> int:
    gc.collect()
    return sum(int((one / "statm").read_text().split()[1]) for one in processes) * _PAGE_LEN


def _descriptors(processes: list[Path]) -> int:
    return sum(len(os.listdir(one / "fd")) for one in processes)
