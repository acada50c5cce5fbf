"""A PKCS #11 module whose calls are recorded."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from gmpki.errors import InvalidTypeError
from gmpki.tokens.pkcs11 import answers
from gmpki.tokens.pkcs11.cryptoki import Module
from gmpki.tokens.pkcs11.header import C, name_of

if TYPE_CHECKING:
    from gmpki.conformance.recording import Recorder

__all__ = ["RecordedModule", "answer_name"]

# What a number means, by the function and the place of the argument.
_PREFIXES: Final = {("C_Login", 1): "CKU_", ("C_GetMechanismInfo", 1): "CKM_"}


class RecordedModule(Module):
    """A loaded module that tells a recorder each call. Its calls take no lock: what it promises of threads is tested.

    One to a process at a time; made without :func:`gmpki.tokens.pkcs11.cryptoki.load`, which keeps modules for others.
    """

    def __init__(self, path: str, recorder: Recorder) -> None:
        """Load and initialise a module.

        :raises DriverError: when it cannot be loaded, or is no PKCS #11 module.
        :raises TokenError: when it refuses to be initialised.
        :raises UnsupportedPlatform: when cffi is missing.
        """
        self._recorder = recorder
        super().__init__(path)

    def _initialize(self) -> bool:
        self._recorder.calling("C_Initialize")
        try:
            return super()._initialize()
        finally:
            self._recorder.called("C_Initialize", "", "")

    @property
    def library(self) -> Any:
        """What the module's file exports."""
        return self._library

    @property
    def functions(self) -> Any:
        """The module's CK_FUNCTION_LIST."""
        return self._list

    def answer(self, function: str, *arguments: Any) -> int:
        """Call a function of the list; return its answer.

        :raises TokenUnsupportedError: when the module lacks the function.
        :raises InvalidTypeError: when an argument is none that C has, or does not fit there.
        """
        pointer = getattr(self._list, function)
        if pointer == self.ffi.NULL:
            raise answers.refusal(function, C.CKR_FUNCTION_NOT_SUPPORTED)
        return self.answer_at(pointer, function, *arguments)

    def answer_at(self, pointer: Any, function: str, *arguments: Any) -> int:
        """Call a function by its address, under a name for the record.

        :raises InvalidTypeError: when an argument is none that C has, or does not fit there.
        """
        self._recorder.calling(function)
        try:
            code = int(pointer(*arguments))
        except (TypeError, OverflowError):
            self._recorder.called(function, "", "not called")
            raise InvalidTypeError(f"{function}: an argument has the wrong type, or is too large") from None
        described = enumerate(arguments) if self._recorder.keeps_arguments else ()
        shown = ", ".join(_shown(self.ffi, function, place, value) for place, value in described)
        self._recorder.called(function, shown, answer_name(code))
        return code

    def close(self) -> None:
        """Finalise the module."""
        self.answer("C_Finalize", self.ffi.NULL)


def answer_name(code: int) -> str:
    """Return the name of an answer, such as "CKR_OK"; of one that the standard does not have its number."""
    return name_of("CKR_", code) or f"0x{code:08X}"


def _shown(ffi: Any, function: str, place: int, value: Any) -> str:
    """Return an argument as a report shows it: a number, or only what there is."""
    if isinstance(value, int):
        prefix = _PREFIXES.get((function, place))
        name = name_of(prefix, value) if prefix else None
        return name or (str(value) if value < 0x100 else f"0x{value:X}")
    if not isinstance(value, ffi.CData):
        return type(value).__name__
    kind = ffi.typeof(value)
    if kind.kind == "pointer" and value == ffi.NULL:
        return "NULL"
    if kind.kind in ("pointer", "array") and kind.item.cname == "CK_MECHANISM":
        return _mechanism(int(value[0].mechanism))
    if kind.kind in ("pointer", "array") and kind.item.cname == "CK_ATTRIBUTE":
        return _types(value) if kind.kind == "array" else "CK_ATTRIBUTE *"
    return str(kind.cname)


def _types(array: Any) -> str:
    """Return which attributes a template has; never their values."""
    return "{" + ", ".join(_attribute(int(entry.type)) for entry in array) + "}"


@cache
def _mechanism(number: int) -> str:
    return name_of("CKM_", number) or f"mechanism 0x{number:X}"


@cache
def _attribute(number: int) -> str:
    return name_of("CKA_", number) or f"0x{number:X}"
