"""An SKF driver whose calls are recorded."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from gmpki.tokens.skf import header, sar
from gmpki.tokens.skf.library import Library

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gmpki.conformance.recording import Recorder
    from gmpki.tokens.skf.layouts import Layout

__all__ = ["RecordedLibrary", "answer_name"]

# Parameters whose text may be shown: names, never a PIN.
_NAMES: Final = frozenset({"szName", "szDevName", "szAppName", "szContainerName", "szFileName", "szLabel"})
_MAX_NAME_LEN: Final = 40


class RecordedLibrary(Library):
    """A loaded driver that tells a recorder each call. Thread-safe as the recorder is."""

    def __init__(self, path: str, spelling: Mapping[str, str], recorder: Recorder) -> None:
        super().__init__(path, spelling)
        self._recorder = recorder

    def call(self, layout: Layout, function: str, arguments: tuple[Any, ...]) -> int:
        """Call a function and return its code; errors as :meth:`gmpki.tokens.skf.library.Library.call`."""
        self._recorder.calling(function)
        code = super().call(layout, function, arguments)
        if not self._recorder.keeps_arguments:
            self._recorder.called(function, "", answer_name(code))
            return code
        ffi = self.ffi(layout)
        shown = ", ".join(
            f"{name}={_shown(ffi, name, value)}" for name, value in zip(_parameters(function), arguments, strict=True)
        )
        self._recorder.called(function, shown, answer_name(code))
        return code


def answer_name(code: int) -> str:
    """Return the name of a code, such as "SAR_OK"; of one that the standard does not have its number."""
    return sar.name_of(code) or f"0x{code:08X}"


@cache
def _parameters(function: str) -> tuple[str, ...]:
    """Return the names of a function's parameters."""
    return tuple(part.split()[-1].lstrip("*") for part in header.functions()[function].parameters)


def _shown(ffi: Any, name: str, value: Any) -> str:
    """Return an argument as a report shows it: a number, a name, or only that there is a buffer."""
    if isinstance(value, int):
        return str(value) if value < 0x100 else f"0x{value:X}"
    if not isinstance(value, ffi.CData):
        return type(value).__name__
    kind = ffi.typeof(value)
    if kind.kind == "struct":
        return str(kind.cname)
    if kind.kind == "pointer" and value == ffi.NULL:
        return "NULL"
    if kind.cname == "void *":
        return "handle"
    if kind.kind == "array" and kind.item.cname == "char" and name in _NAMES:
        return repr(ffi.string(value, _MAX_NAME_LEN).decode("utf-8", "backslashreplace"))
    return str(kind.cname)
