"""Attributes of objects and parameters of mechanisms, between Python and C."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from gmpki._inputs import as_bytes, number
from gmpki.errors import InvalidInputError, InvalidTypeError

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

__all__ = ["AttributeValue", "Built", "Mechanism", "ParameterStructure", "Template", "as_bool", "as_number", "as_text"]

if TYPE_CHECKING:
    # A truth value, a CK_ULONG, text in UTF-8, or bytes as they are.
    AttributeValue: TypeAlias = bool | int | str | bytes | bytearray
else:
    AttributeValue = object


_MAX_NUMBER: Final = 0xFFFFFFFF
_ULONG_LENGTHS: Final = (4, 8)


@dataclass(frozen=True, slots=True)
class Built:
    """A structure in C with whatever its pointers lead to, which must live as long."""

    pointer: Any
    length: int
    kept: tuple[Any, ...] = ()


class ParameterStructure(Protocol):
    """The parameter of a mechanism that is a structure with pointers."""

    def build(self, ffi: Any) -> Built:
        """Return it in C."""


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A mechanism with its parameter. Immutable.

    :ivar parameter: None hands over NULL; b"" a pointer to nothing, which some mechanisms tell apart.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when the number has more than 32 bits.
    """

    number: int
    parameter: bytes | ParameterStructure | None = None

    def __post_init__(self) -> None:
        number(self.number, 0, _MAX_NUMBER, "the number of a mechanism")
        if not (self.parameter is None or isinstance(self.parameter, bytes) or hasattr(self.parameter, "build")):
            raise InvalidTypeError(f"a parameter is bytes or a structure, not {type(self.parameter).__name__}")

    def build(self, ffi: Any) -> Built:
        """Return a CK_MECHANISM."""
        structure = ffi.new("CK_MECHANISM *")
        structure.mechanism = self.number
        if self.parameter is None:
            return Built(structure, ffi.sizeof("CK_MECHANISM"))
        if isinstance(self.parameter, bytes):
            # from_buffer of b"" could be NULL; an array of at least one byte is not.
            data = ffi.new("CK_BYTE[]", max(1, len(self.parameter)))
            ffi.memmove(data, self.parameter, len(self.parameter))
            inner = Built(data, len(self.parameter))
        else:
            inner = self.parameter.build(ffi)
        structure.pParameter = inner.pointer
        structure.ulParameterLen = inner.length
        return Built(structure, ffi.sizeof("CK_MECHANISM"), (inner,))


class Template:
    """An array of CK_ATTRIBUTE. A context: its values, which may be secret, are overwritten when it ends."""

    __slots__ = ("_buffers", "_ffi", "array", "count")

    def __init__(self, ffi: Any, attributes: Mapping[int, AttributeValue]) -> None:
        """Encode attributes by number.

        :raises InvalidTypeError: when it is no mapping of numbers to values.
        :raises InvalidInputError: when a number does not fit CK_ULONG, or text is not Unicode.
        """
        if not isinstance(attributes, Mapping):
            raise InvalidTypeError(f"attributes are a mapping of numbers to values, not {type(attributes).__name__}")
        self._ffi = ffi
        self._buffers: list[Any] = []
        self.count = len(attributes)
        self.array = ffi.new("CK_ATTRIBUTE[]", max(1, self.count))
        for entry, (kind, value) in zip(self.array, attributes.items(), strict=False):
            data = _encoded(value, ffi.sizeof("CK_ULONG"))
            buffer = ffi.new("CK_BYTE[]", max(1, len(data)))
            ffi.memmove(buffer, data, len(data))
            self._buffers.append(buffer)
            entry.type = number(kind, 0, _MAX_NUMBER, "the number of an attribute")
            entry.pValue = buffer
            entry.ulValueLen = len(data)

    def __enter__(self) -> Template:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for buffer in self._buffers:
            view = self._ffi.buffer(buffer)
            view[:] = bytes(len(view))


def _encoded(value: AttributeValue, ulong_len: int) -> bytes | bytearray:
    if isinstance(value, bool):  # before int, which it is too
        return bytes((value,))
    if isinstance(value, int):
        try:
            return value.to_bytes(ulong_len, sys.byteorder)
        except OverflowError:
            raise InvalidInputError(f"an attribute's number must fit {ulong_len} bytes") from None
    if isinstance(value, str):
        try:
            return value.encode("utf-8")
        except UnicodeEncodeError:
            raise InvalidInputError("an attribute's text is not Unicode") from None
    return as_bytes(value, "an attribute's value")


def as_number(value: bytes | None) -> int | None:
    """Return a CK_ULONG; None for an attribute that is missing or no number."""
    if value is None or len(value) not in _ULONG_LENGTHS:
        return None
    return int.from_bytes(value, sys.byteorder)


def as_bool(value: bytes | None) -> bool:
    """Return a truth value; False for an attribute that is missing."""
    return value is not None and any(value)


def as_text(value: bytes | None) -> str:
    """Return text, without the blanks and zeros that fill it up; what is not UTF-8 in it is replaced."""
    return "" if value is None else value.decode("utf-8", "replace").rstrip("\x00 ")
