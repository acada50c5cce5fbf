"""What the processes of the tests of batches do. It imports little: each process does it anew."""

from __future__ import annotations

import functools
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gmpki.errors import DecodeError, SealError


def work(number: int) -> tuple[int, int]:
    """Return the number and the process; fail, or end, at some."""
    if number == 3:
        raise SealError("not-granted", "three is not granted", certificate=lambda: 3)
    if number == 5:
        raise FileNotFoundError(2, "No such file or directory", "five.pdf")
    if number == 7:
        raise DecodeError("seven", offset=7, path=("a", "b"))
    if number == 9:
        os._exit(9)
    if number == 11:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 13:
        raise ZeroDivisionError("a fault in the work")
    time.sleep(0.02 * (number % 3))
    return number, os.getpid()


def open_worker() -> Callable[[int], tuple[int, int]]:
    return work


def open_counted(directory: str) -> Callable[[int], int]:
    Path(directory, str(os.getpid())).touch(exist_ok=False)
    return lambda number: number + 1


def open_never() -> Callable[[int], int]:
    raise SealError("not-granted", "nobody may")


def open_dead() -> Callable[[int], int]:
    os._exit(4)


def slow(number: int, path: str) -> int:
    """Begin to write, and remove what was begun when asked to end."""
    if number == 0:
        return 0
    Path(path).touch()
    try:
        time.sleep(60)
    finally:
        Path(path).unlink()
    return number


def open_slow(path: str) -> Callable[[int], int]:
    return functools.partial(slow, path=path)


def open_unreturnable() -> Callable[[int], Any]:
    return lambda number: (lambda: number) if number == 1 else number
