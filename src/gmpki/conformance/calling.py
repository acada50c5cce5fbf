"""What a check is given that calls a C interface as it is: whatever the interface, functions answer with codes."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any, ClassVar, Final

from gmpki.conformance.bench import Bench

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["CallingBench", "Guarded"]

_GUARD: Final = b"\xa5" * 64


class Guarded:
    """Memory for an output, between bytes that nobody may write to.

    :ivar pointer: to the first byte.
    """

    def __init__(self, ffi: Any, byte: str, length: int, fill: int) -> None:
        """Take memory.

        :param byte: the name of the interface's type for bytes; length: how many; fill: what stands there at first.
        """
        self._ffi = ffi
        self._length = length
        # With its length given: from bytes alone CFFI makes an array with one more, as of a text.
        self._memory = ffi.new(f"{byte}[]", 2 * len(_GUARD) + length)
        ffi.memmove(self._memory, _GUARD + bytes([fill]) * length + _GUARD, 2 * len(_GUARD) + length)
        self.pointer = self._memory + len(_GUARD)

    def bytes(self, length: int | None = None) -> bytes:
        """Return what stands there; length bytes of it where that is given."""
        return bytes(self._ffi.buffer(self.pointer, self._length if length is None else min(length, self._length)))

    @property
    def overrun(self) -> bool:
        """Whether something was written before or behind it."""
        whole = bytes(self._ffi.buffer(self._memory))
        return whole[: len(_GUARD)] != _GUARD or whole[-len(_GUARD) :] != _GUARD


class CallingBench(Bench):
    """What a check of a C interface is given. The names of codes are those of the standard."""

    OK: ClassVar[str]
    """What a function answers that has done its work."""
    UNSUPPORTED: ClassVar[str]
    """What a function answers that the driver has in name only."""
    BYTE: ClassVar[str]
    """The type of a byte."""

    @property
    @abc.abstractmethod
    def ffi(self) -> Any:
        """CFFI with the types of the interface."""

    @abc.abstractmethod
    def answer(self, function: str, *arguments: Any) -> str:
        """Call a function with arguments as C takes them, and return the name of its code.

        :raises TokenUnsupportedError: when the driver does not have it.
        """

    def supported(self, function: str, *arguments: Any) -> str:
        """Call a function as :meth:`answer`; the check ends as unsupported where the driver says so of the function."""
        answer = self.answer(function, *arguments)
        self.end_if_unsupported(function, answer)
        return answer

    def demand(self, function: str, *arguments: Any) -> None:
        """Call a function that has to succeed; the check fails where it does not."""
        answer = self.supported(function, *arguments)
        self.expect(answer == self.OK, f"{function} answered {answer}", f"{function} 返回 {answer}")

    def accepts(self, allowed: Collection[str], en: str, zh: str, function: str, *arguments: Any) -> str:
        """Call a function, fail unless the name of its code is among those allowed, and tell which it was.

        :param en: what it means when another comes; zh: the same in Chinese.
        """
        answer = self.answer(function, *arguments)
        self.end_if_unsupported(function, answer, allowed)
        self.observe(function, answer)
        self.expect(answer in allowed, f"{en}: {function} answered {answer}", f"{zh}：{function} 返回 {answer}")
        return answer

    def refuses(self, en: str, zh: str, function: str, *arguments: Any) -> str:
        """Call a function that has to refuse, by whatever code, and tell which it was.

        :param en: what it means when it does not; zh: the same in Chinese.
        """
        answer = self.supported(function, *arguments)
        self.observe(function, answer)
        self.expect(answer != self.OK, en, zh)
        return answer

    def end_if_unsupported(self, function: str, answer: str, allowed: Collection[str] = ()) -> None:
        """End the check as unsupported where an answer says so, and is not among those allowed."""
        if answer == self.UNSUPPORTED and answer not in allowed:
            self.unsupported(f"{function} answered {answer}", f"{function} 返回 {answer}")

    def buffer(self, length: int, fill: int = 0xA5) -> Guarded:
        """Return memory for an output, in bytes, that shows when more was written."""
        return Guarded(self.ffi, self.BYTE, length, fill)
