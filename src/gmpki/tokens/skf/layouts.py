"""The layouts that drivers give the interface: how wide ULONG is, and whether structures have gaps.

>>> from gmpki.tokens.skf.layouts import Layout
>>> Layout().name
'u32-packed'
>>> Layout(ulong_len=8, packed=False).size("DEVINFO")
328

:standard: GM/T 0016-2012 table 1, which gives ULONG 32 bits and is silent about packing
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import as_text
from gmpki.errors import InvalidInputError, InvalidTypeError, UnsupportedPlatform
from gmpki.tokens.skf import header

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LAYOUTS", "Layout"]

_WIDTHS: Final = (4, 8)


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout. Immutable.

    :ivar ulong_len: bytes of ULONG, 4 as in the standard or 8.
    :ivar packed: whether structures have no gaps, which is how most drivers are built.
    :ivar mixed: whether the numbers in key blobs and in FILEATTRIBUTE have 4 bytes although ULONG has 8 (one product
        line, confidence C).
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when ulong_len is neither 4 nor 8, or a mixed layout has not 8.
    """

    ulong_len: int = 4
    packed: bool = True
    mixed: bool = False

    def __post_init__(self) -> None:
        if type(self.packed) is not bool or type(self.mixed) is not bool or type(self.ulong_len) is not int:
            raise InvalidTypeError("a layout has an int and two bools")
        if self.ulong_len not in _WIDTHS:
            raise InvalidInputError("ulong_len must be 4 or 8")
        if self.mixed and self.ulong_len != 8:
            raise InvalidInputError("a mixed layout has a ULONG of 8 bytes")

    @property
    def name(self) -> str:
        """Such as "u32-packed", "u64-natural", "u64-mixed-packed"."""
        return f"u{8 * self.ulong_len}{'-mixed' if self.mixed else ''}-{'packed' if self.packed else 'natural'}"

    @classmethod
    def named(cls, name: str) -> Layout:
        """Return the layout of a name.

        :raises InvalidTypeError: when name is no text.
        :raises InvalidInputError: when there is none of this name.
        """
        for layout in LAYOUTS:
            if layout.name == as_text(name, "name"):
                return layout
        raise InvalidInputError(f"a layout is one of {', '.join(layout.name for layout in LAYOUTS)}")

    @property
    def blob_ulong_len(self) -> int:
        """How many bytes the numbers in key blobs and FILEATTRIBUTE have."""
        return 4 if self.mixed else self.ulong_len

    def size(self, structure: str) -> int:
        """Return the size of a structure in bytes.

        :raises InvalidInputError: when skf.h has none of this name.
        :raises UnsupportedPlatform: when cffi is not installed.
        """
        if as_text(structure, "structure") not in header.structures():
            raise InvalidInputError(f"skf.h has no structure {structure[:100]!r}")
        return int(self.ffi().sizeof(structure))

    def ffi(self) -> Any:
        """Return the CFFI of this layout, with every function declared under its standard name.

        :raises UnsupportedPlatform: when cffi is not installed.
        """
        return _ffi(self, False)

    def stdcall_ffi(self) -> Any:
        """Return the CFFI of this layout for drivers of 32-bit Windows, whose functions clean the stack.

        :raises UnsupportedPlatform: when cffi is not installed.
        """
        return _ffi(self, True)


LAYOUTS: Final = (
    Layout(4, True),
    Layout(8, True),
    Layout(4, False),
    Layout(8, False),
    Layout(8, True, mixed=True),
    Layout(8, False, mixed=True),
)
"""Every layout known, the standard's likeliest reading first."""


def _pointer_types() -> Iterator[str]:
    """Yield a type for the pointer to each function, for those found at an address or under another name."""
    for function in header.functions().values():
        yield function.declaration.replace(f"DEVAPI {function.name}(", f"(DEVAPI *{function.name}_t)(", 1)


@cache
def _ffi(layout: Layout, stdcall: bool) -> Any:
    try:
        from cffi import FFI
    except ImportError:
        raise UnsupportedPlatform("SKF drivers are called through cffi, which is not installed") from None
    types = header.declarations(ulong_len=layout.ulong_len, blob_ulong_len=layout.blob_ulong_len, packed=layout.packed)
    pointers = "".join(f"typedef {pointer}\n" for pointer in _pointer_types())
    convention = "__stdcall" if stdcall else ""
    ffi = FFI()
    ffi.cdef(types, packed=layout.packed)
    ffi.cdef(pointers.replace("DEVAPI", convention))
    return ffi
