"""What loading a driver takes on Windows: its own folder for the libraries it needs, and the names of stdcall.

The C side of it, a driver built for Windows and a program that calls it by ``skf.h``, is tested under Wine.
"""

from __future__ import annotations

import struct
import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from gmpki.tokens.skf.header import Function

__all__ = ["open_library", "symbol_names", "uses_stdcall"]

# LoadLibraryExW: look for what a library needs in its own folder first.
_LOAD_WITH_ALTERED_SEARCH_PATH: Final = 0x8


def uses_stdcall(platform: str = sys.platform, pointer_len: int = struct.calcsize("P")) -> bool:
    """Tell whether the functions of a driver clean the stack: on 32-bit Windows only.

    :param pointer_len: bytes of a pointer.
    """
    return platform == "win32" and pointer_len == 4


def open_library(path: str) -> Any:
    """Load a library by ctypes.

    :raises OSError: when it cannot be loaded.
    """
    import ctypes
    import ntpath

    if sys.platform == "win32":
        # The flag has no defined effect on a relative path.
        flag = _LOAD_WITH_ALTERED_SEARCH_PATH if ntpath.isabs(path) else 0
        return ctypes.CDLL(path, winmode=flag)
    return ctypes.CDLL(path)


def symbol_names(function: Function, spelled: str | None = None, *, stdcall: bool = False) -> tuple[str, ...]:
    """Return the symbols under which a driver may export a function, in the order to look.

    :param spelled: how the driver's profile says that it spells it.
    :param stdcall: whether compilers may have decorated the name with the size of its parameters.
    """
    names = [spelled] if spelled else []
    names.append(function.name)
    if function.name == "SKF_DisConnectDev":
        # Table 16 of GM/T 0016-2012 has a second spelling.
        names.append("SKF_DisconnectDev")
    if stdcall:
        names += [f"_{name}@{function.stack_len}" for name in list(names)]
    return tuple(dict.fromkeys(names))
