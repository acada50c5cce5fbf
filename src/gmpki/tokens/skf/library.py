"""Load a driver: a shared library with SKF functions, each of which may be missing.

>>> from gmpki.tokens.skf import load
>>> load("no-such-driver.so")
Traceback (most recent call last):
    ...
gmpki.errors.DriverError: the driver 'no-such-driver.so' cannot be loaded: ...
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import member
from gmpki.errors import DriverError, InvalidInputError, InvalidTypeError, TokenUnsupportedError
from gmpki.tokens.skf import header, windows
from gmpki.tokens.skf.driver_profile import DriverProfile
from gmpki.tokens.skf.layouts import Layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gmpki.tokens.skf.functions import SKF

__all__ = ["Library", "load", "path_text"]

_CODE_MASK: Final = 0xFFFFFFFF


def path_text(path: str | os.PathLike[str]) -> str:
    """Return a driver's path as text.

    :raises InvalidTypeError: when it is neither text nor a path.
    :raises InvalidInputError: when it is empty or holds NUL.
    """
    text = os.fspath(path) if isinstance(path, os.PathLike) else path
    if not isinstance(text, str):
        raise InvalidTypeError(f"the path of a driver must be str or a path, not {type(path).__name__}")
    if not text or "\0" in text:
        raise InvalidInputError("the path of a driver is empty or holds NUL")
    return text


class Library:
    """A loaded driver and the addresses of its functions. Thread-safe. It stays loaded: drivers may run threads.

    :ivar symbols: the symbol under which each function was found.
    :raises DriverError: when it cannot be loaded or has no SKF function.
    """

    def __init__(self, path: str, spelling: Mapping[str, str]) -> None:
        import ctypes

        self.path = path
        self._stdcall = windows.uses_stdcall()
        try:
            self._opened = windows.open_library(path)
        except (OSError, ValueError) as error:
            raise DriverError(f"the driver {path!r} cannot be loaded: {error}") from None
        self.symbols: dict[str, str] = {}
        self._addresses: dict[str, int] = {}
        for function in header.functions().values():
            for symbol in windows.symbol_names(function, spelling.get(function.name), stdcall=self._stdcall):
                try:
                    pointer = self._opened[symbol]
                except AttributeError:
                    continue
                self.symbols[function.name] = symbol
                self._addresses[function.name] = ctypes.cast(pointer, ctypes.c_void_p).value or 0
                break
        if not self.symbols:
            raise DriverError(f"the library {path!r} is no SKF driver: it has none of the functions")
        self._pointers: dict[tuple[Layout, str], Any] = {}

    @property
    def missing(self) -> tuple[str, ...]:
        """Which of the 78 common functions it does not have."""
        return tuple(name for name, function in header.functions().items() if function.common and not self.has(name))

    def has(self, function: str) -> bool:
        """Tell whether it has a function."""
        return bool(self._addresses.get(function))

    def ffi(self, layout: Layout) -> Any:
        """Return the CFFI to call it by."""
        return layout.stdcall_ffi() if self._stdcall else layout.ffi()

    def call(self, layout: Layout, function: str, arguments: tuple[Any, ...]) -> int:
        """Call a function and return its code; other threads of Python go on meanwhile.

        :raises TokenUnsupportedError: when the driver does not have it.
        """
        pointer = self._pointers.get((layout, function))
        if pointer is None:
            if not self.has(function):
                raise TokenUnsupportedError(
                    "the driver does not have this function",
                    function=function,
                    code=header.constants()["SAR_NOTSUPPORTYETERR"],
                    code_name="SAR_NOTSUPPORTYETERR",
                )
            pointer = self.ffi(layout).cast(f"{function}_t", self._addresses[function])
            self._pointers[layout, function] = pointer
        # A driver that answers 32 bits may leave anything in the upper half of a wider result.
        return int(pointer(*arguments)) & _CODE_MASK


def load(path: str | os.PathLike[str], profile: DriverProfile | None = None) -> SKF:
    """Load a driver into this process, and find out what its profile does not say.

    The code of the driver runs with all rights of this process, and when it crashes, so does the process:
    :func:`gmpki.tokens.skf.isolation.load_isolated` keeps it apart. Finding out calls ``SKF_EnumDev``, and where a
    device is present, ``SKF_ConnectDev``, ``SKF_GetDevInfo`` and ``SKF_DisConnectDev``.

    :param path: of the shared library; a bare name is looked for where the system looks for libraries.
    :param profile: what is known of the driver; None: nothing.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when path is empty or holds NUL.
    :raises DriverError: when it cannot be loaded or has no SKF function.
    :raises UnsupportedPlatform: when cffi is not installed.
    """
    from gmpki.tokens.skf.functions import SKF
    from gmpki.tokens.skf.probe import settled

    if profile is not None:
        member(profile, DriverProfile, "profile")
    known = profile or DriverProfile()
    library = Library(path_text(path), known.spelling)
    return SKF(library, *settled(library, known))
