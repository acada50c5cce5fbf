"""Values that no function wants, and the rule that what comes back for them is an error of gmpki."""

from __future__ import annotations

import array
from collections.abc import Callable, Iterator
from typing import Any

from gmpki.errors import GmpkiError

_RELEASED = memoryview(bytes(64))
_RELEASED.release()

VALUES: list[Any] = [
    None,
    True,
    -1,
    2**64,
    1 << 40_000,
    -1 << 40_000,
    1.5,
    "text",
    "\ud800",
    "9" * 5000,
    b"",
    b"0" * 64,
    b"\xff" * 300,
    bytearray(16),
    memoryview(bytes(64))[::2],
    _RELEASED,
    memoryview(bytes(4)).cast("B", (2, 2)),
    array.array("d", [1.0]),
    [],
    ["text"],
    {},
    object(),
    int,
]


def results(call: Callable[..., Any], arguments: tuple[Any, ...]) -> Iterator[Any]:
    """Put every value in place of every argument; yield what the calls return that take it.

    Only errors of gmpki may be raised, and each has a message.
    """
    for place in range(len(arguments)):
        for value in VALUES:
            changed = [*arguments[:place], value, *arguments[place + 1 :]]
            try:
                result = call(*changed)
            except GmpkiError as error:
                assert str(error)  # noqa: PT017 - most values are refused, a few are taken
            else:
                yield result
