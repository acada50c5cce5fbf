"""Memory that belongs to the C core: overwritten when it is released, used by one thread at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from gmpki.algorithms._call import ffi, lib
from gmpki.errors import InvalidTypeError, StateError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["NativeContext", "NotCopied", "secret_bytes", "secret_maker"]


def secret_maker(type_name: str) -> Callable[[], Any]:
    """Return a function that makes structures of a C type, zeroed, each overwritten when it is released."""
    pointer = ffi.typeof(f"{type_name} *")
    size: int = ffi.sizeof(type_name)
    cleanse = lib.gmpki_cleanse

    def release(memory: Any) -> None:
        cleanse(memory, size)

    def make() -> Any:
        return ffi.gc(ffi.new(pointer), release)

    return make


def secret_bytes(data: Any, length: int) -> Any:
    """Return a copy of secret bytes in memory of C that is overwritten when it is released."""
    cleanse = lib.gmpki_cleanse
    memory = ffi.gc(ffi.new(f"uint8_t[{length}]"), lambda memory: cleanse(memory, length))
    ffi.memmove(memory, data, length)
    return memory


class NotCopied:
    """An object that holds native memory or a secret: the copy and pickle modules refuse it."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise InvalidTypeError(f"{type(self).__name__} holds native memory and can be neither pickled nor copied so")


# The slot of every context that was finished.
_FINISHED: list[Any] = []


class NativeContext(NotCopied):
    """A running computation in the C core. Per thread.

    C contexts have no lock, and CFFI releases the interpreter's. So each call takes the context out of its slot and
    puts it back: a second thread that comes meanwhile finds the slot empty and gets :class:`StateError`, never torn
    memory.
    """

    __slots__ = ("_slot",)

    def __init__(self, memory: Any) -> None:
        self._slot = [memory]

    def _take(self) -> Any:
        """Take the context for one call; :meth:`_give` must follow."""
        try:
            return self._slot.pop()
        except IndexError:
            raise self._unavailable() from None

    def _give(self, memory: Any) -> None:
        self._slot.append(memory)

    def _take_last(self) -> Any:
        """Take the context for good."""
        memory = self._take()
        self._slot = _FINISHED
        return memory

    def _unavailable(self) -> StateError:
        name = type(self).__name__
        if self._slot is _FINISHED:
            return StateError(f"this {name} was finished; make a new one")
        return StateError(f"this {name} is in use by another thread; a context belongs to one thread at a time")
