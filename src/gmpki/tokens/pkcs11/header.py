"""Read ``pkcs11.h`` and its two parts, where the C interface is written, into declarations and numbers."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from gmpki.errors import DriverError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = ["C", "declared", "name_of", "numbers"]

# The order of inclusion.
_TYPES: Final = ("pkcs11_types.h", "pkcs11.h")
_VALUES: Final = "pkcs11_values.h"
# What a module's file shows by name; the interfaces only from 3.0 on. They are looked for when they are first used.
_EXPORTED: Final = (
    "CK_FN_GetFunctionList C_GetFunctionList;\n"
    "CK_FN_GetInterfaceList C_GetInterfaceList;\n"
    "CK_FN_GetInterface C_GetInterface;\n"
)

_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_CONDITIONAL: Final = re.compile(
    r"^#ifdef (?:__cplusplus|_WIN32|GMPKI_P11_MODULE)\n.*?^#endif[^\n]*$", re.DOTALL | re.M
)
_DIRECTIVE: Final = re.compile(r"^#.*$", re.MULTILINE)
_NUMBER: Final = re.compile(r"^#define (CK\w+)[ ]+(0x[0-9A-F]{8})UL$", re.MULTILINE)


@cache
def _text(name: str) -> str:
    from importlib.resources import files

    try:
        text = (files("gmpki") / "include" / "gmpki" / name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DriverError(f"the header {name}, which comes with gmpki, cannot be read: {error}") from None
    return _COMMENT.sub("", text)


@cache
def numbers() -> Mapping[str, int]:
    """Return the numbers that the header defines, by name.

    :raises DriverError: when the installation lacks the header.
    """
    return {name: int(value, 16) for name, value in _NUMBER.findall(_text(_VALUES))}


@cache
def declared() -> Any:
    """Return a ``cffi.FFI`` that knows the types, structures and function lists.

    :raises DriverError: when the installation lacks the header.
    """
    import sys

    from cffi import FFI

    text = "".join(_DIRECTIVE.sub("", _CONDITIONAL.sub("", _text(name))) for name in _TYPES)
    ffi = FFI()
    # 2.40, 2.1: structures are packed to one byte on Windows, and natural elsewhere.
    ffi.cdef(text + _EXPORTED, pack=1 if sys.platform == "win32" else None)
    return ffi


def name_of(prefix: str, value: int) -> str | None:
    """Return the standard's name of a number, such as "CKR_PIN_LOCKED" for the prefix "CKR_"; None where it has none.

    :raises DriverError: when the installation lacks the header.
    """
    return _names(prefix).get(value)


@cache
def _names(prefix: str) -> Mapping[int, str]:
    return {value: name for name, value in numbers().items() if name.startswith(prefix)}


class _Numbers:
    """The header's numbers as attributes: ``C.CKA_LABEL``."""

    __slots__ = ()

    def __getattr__(self, name: str) -> int:
        # Whoever looks objects over asks for names that are no numbers.
        value = numbers().get(name) if name.startswith("CK") else None
        if value is None:
            raise AttributeError(f"pkcs11_values.h has no {name}")
        return value


C: Final = _Numbers()
