"""Many inputs in one call: cut into parts, so that memory stays bounded, and handed to C as arrays of pointers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from gmpki._inputs import iterated, iterator
from gmpki.algorithms._call import ffi, readable
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from typing_extensions import Buffer

__all__ = ["PART", "Pointers", "parts", "pointers", "same_number"]

T = TypeVar("T")

#: So many items go to the C core at once.
PART: Final = 1024

_POINTERS = ffi.typeof("uint8_t *[]")
_LENGTHS = ffi.typeof("size_t[]")


class Pointers(NamedTuple):
    """Buffers as C takes them. The arrays hold as long as the views do."""

    array: Any
    lengths: Any
    views: list[Any]


def parts(values: Iterable[T], name: str, most: int = PART) -> Iterator[tuple[T, ...]]:
    """Yield what an iterable holds in tuples of at most ``most``; none for an empty one.

    :raises InvalidTypeError: when it is no iterable.
    """
    if isinstance(values, (list, tuple)):
        yield from (tuple(values[start : start + most]) for start in range(0, len(values), most))
        return
    rest = iterator(values, name)
    while part := iterated(rest, name, most=most):
        yield part


def pointers(items: Sequence[Buffer], name: str, start: int = 0) -> Pointers:
    """Return buffers as C takes them.

    :param start: the number of the first one, for messages.
    :raises InvalidTypeError: for what has no buffer.
    :raises InvalidInputError: for a buffer that is not C-contiguous or was released.
    """
    views = []
    for i, item in enumerate(items):
        view = ffi.from_buffer(item) if type(item) is bytes else readable(item, f"{name}[{start + i}]")
        views.append(view)
    array = ffi.new(_POINTERS, [ffi.cast("uint8_t *", view) for view in views])
    return Pointers(array, ffi.new(_LENGTHS, [len(view) for view in views]), views)


def same_number(first: Sequence[object], second: Sequence[object], first_name: str, second_name: str) -> None:
    """Check that two parts are as long as each other.

    :raises InvalidInputError: when they are not.
    """
    if len(first) != len(second):
        raise InvalidInputError(
            f"there must be as many {second_name} as {first_name}; one of them ends before the other"
        )
