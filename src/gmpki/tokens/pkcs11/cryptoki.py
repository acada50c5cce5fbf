"""A PKCS #11 module as Python calls it: loaded, asked for slots and tokens, and opened into sessions.

Each call releases the interpreter's lock, and one call of a module runs at a time: not every module that promises to
lock does. The C interface stands in ``pkcs11.h``; the errors stand in :mod:`gmpki.tokens.pkcs11.answers`.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki._files import as_path
from gmpki._inputs import as_text as require_text
from gmpki._inputs import number
from gmpki.errors import DriverError, InvalidInputError, InvalidTypeError, StateError, UnsupportedPlatform
from gmpki.tokens.pkcs11 import answers
from gmpki.tokens.pkcs11.attributes import as_text
from gmpki.tokens.pkcs11.header import C, declared

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from gmpki.tokens.pkcs11.session import Session

__all__ = ["MechanismInfo", "Module", "ModuleInfo", "SlotInfo", "TokenInfo", "load"]

# More than any module has; a count beyond comes from one that does not keep to its interface.
_MAX_COUNT: Final = 4096
_LABEL_LEN: Final = 32


@dataclass(frozen=True, slots=True)
class ModuleInfo:
    """What a module says of itself. Immutable."""

    cryptoki_version: str
    manufacturer: str
    description: str
    library_version: str


@dataclass(frozen=True, slots=True)
class SlotInfo:
    """What a module says of a slot. Immutable.

    :ivar flags: CKF_TOKEN_PRESENT, CKF_REMOVABLE_DEVICE, CKF_HW_SLOT.
    """

    slot: int
    description: str
    manufacturer: str
    flags: int


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """What a module says of a token. Immutable.

    :ivar flags: CKF_TOKEN_INITIALIZED, CKF_USER_PIN_LOCKED and the like.
    :ivar total_len: bytes of public memory, or None where the module does not say; likewise free_len.
    """

    slot: int
    label: str
    manufacturer: str
    model: str
    serial: str
    flags: int
    min_pin_len: int
    max_pin_len: int
    total_len: int | None
    free_len: int | None
    hardware_version: str
    firmware_version: str

    @property
    def is_initialized(self) -> bool:
        """Whether the token has been initialised."""
        return bool(self.flags & C.CKF_TOKEN_INITIALIZED)


@dataclass(frozen=True, slots=True)
class MechanismInfo:
    """What a token says of a mechanism. Immutable.

    :ivar flags: CKF_SIGN, CKF_GENERATE_KEY_PAIR and the like.
    """

    min_key_size: int
    max_key_size: int
    flags: int


class Module:
    """A loaded module. Thread-safe. Made by :func:`load`; each load needs one :meth:`close`.

    :ivar path: the file it was loaded from.
    """

    def __init__(self, path: str) -> None:
        """Load and initialise a module; :func:`load` does so once for each file."""
        self.path = path
        self.ffi = declared()
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._uses = 0
        self._library = _open_library(path)
        self._list = self._function_list()
        self._is_ours = self._initialize()

    # ---- calls --------------------------------------------------------------------------
    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep other threads out for calls that belong together."""
        with self._lock:
            yield

    def answer(self, function: str, *arguments: Any) -> int:
        """Call a function; return its answer.

        :raises StateError: after close, or in another process than the one that loaded the module.
        :raises TokenUnsupportedError: when the module lacks the function.
        :raises InvalidTypeError: when an argument is none that C has, or does not fit there.
        """
        with self._lock:
            if self._uses <= 0:
                raise StateError("the module is closed")
            if os.getpid() != self._pid:
                raise StateError("the module was loaded by another process; load it again after a fork")
            pointer = getattr(self._list, function)
            if pointer == self.ffi.NULL:
                raise answers.refusal(function, C.CKR_FUNCTION_NOT_SUPPORTED)
            try:
                return int(pointer(*arguments))
            except (TypeError, OverflowError):
                raise InvalidTypeError(f"{function}: an argument has the wrong type, or is too large") from None

    def call(self, function: str, *arguments: Any) -> None:
        """Call a function; raise what its answer means.

        :raises TokenError: of the subclass that fits, see :func:`gmpki.tokens.pkcs11.answers.check`.
        """
        answers.check(function, self.answer(function, *arguments))

    def _function_list(self) -> Any:
        try:
            get_list = self._library.C_GetFunctionList
        except AttributeError:
            raise DriverError(f"{self.path} is no PKCS #11 module: it has no C_GetFunctionList") from None
        cell = self.ffi.new("CK_FUNCTION_LIST **")
        answers.check("C_GetFunctionList", int(get_list(cell)))
        if cell[0] == self.ffi.NULL:
            raise DriverError(f"{self.path}: C_GetFunctionList gives no list")
        return cell[0]

    def _initialize(self) -> bool:
        """Initialise the module; tell whether it is ours to finalise."""
        arguments = self.ffi.new("CK_C_INITIALIZE_ARGS *", {"flags": C.CKF_OS_LOCKING_OK})
        answer = int(self._list.C_Initialize(arguments))
        if answer in (C.CKR_CANT_LOCK, C.CKR_ARGUMENTS_BAD):
            # A module for one thread at a time, which is how it is used here anyway.
            answer = int(self._list.C_Initialize(self.ffi.NULL))
        if answer == C.CKR_CRYPTOKI_ALREADY_INITIALIZED:
            return False
        answers.check("C_Initialize", answer)
        return True

    def close(self) -> None:
        """Give the module back; the last one who does ends every session that gmpki opened in it.

        Once more than it was loaded is no error.
        """
        with _registry_lock, self._lock:
            self._uses = max(0, self._uses - 1)
            if self._uses == 0 and _loaded.get(self.path) is self:
                del _loaded[self.path]
                if self._is_ours and os.getpid() == self._pid:
                    # Whatever it answers: nothing can be done about it any more.
                    self._list.C_Finalize(self.ffi.NULL)

    # ---- what there is ------------------------------------------------------------------
    @property
    def info(self) -> ModuleInfo:
        """What the module says of itself."""
        found = self.ffi.new("CK_INFO *")
        self.call("C_GetInfo", found)
        return ModuleInfo(
            _version(found.cryptokiVersion),
            self._text(found.manufacturerID),
            self._text(found.libraryDescription),
            _version(found.libraryVersion),
        )

    def slots(self, *, with_token: bool = True) -> tuple[int, ...]:
        """Return the numbers of the slots, of those only that hold a token unless told otherwise."""
        return self._counted("C_GetSlotList", "CK_SLOT_ID[]", int(with_token))

    def slot_info(self, slot: int) -> SlotInfo:
        """Return what the module says of a slot."""
        found = self.ffi.new("CK_SLOT_INFO *")
        self.call("C_GetSlotInfo", self._slot(slot), found)
        description, manufacturer = self._text(found.slotDescription), self._text(found.manufacturerID)
        return SlotInfo(slot, description, manufacturer, int(found.flags))

    def token_info(self, slot: int) -> TokenInfo:
        """Return what the module says of the token in a slot.

        :raises TokenRemovedError: when there is none.
        """
        found = self.ffi.new("CK_TOKEN_INFO *")
        self.call("C_GetTokenInfo", self._slot(slot), found)
        return TokenInfo(
            slot=slot,
            label=self._text(found.label),
            manufacturer=self._text(found.manufacturerID),
            model=self._text(found.model),
            serial=self._text(found.serialNumber),
            flags=int(found.flags),
            min_pin_len=int(found.ulMinPinLen),
            max_pin_len=int(found.ulMaxPinLen),
            total_len=self._told(found.ulTotalPublicMemory),
            free_len=self._told(found.ulFreePublicMemory),
            hardware_version=_version(found.hardwareVersion),
            firmware_version=_version(found.firmwareVersion),
        )

    def mechanisms(self, slot: int) -> tuple[int, ...]:
        """Return the numbers of the mechanisms of the token in a slot."""
        return self._counted("C_GetMechanismList", "CK_MECHANISM_TYPE[]", self._slot(slot))

    def mechanism_info(self, slot: int, mechanism: int) -> MechanismInfo:
        """Return what a token says of a mechanism.

        :raises TokenUnsupportedError: when it does not have it.
        """
        found = self.ffi.new("CK_MECHANISM_INFO *")
        self.call("C_GetMechanismInfo", self._slot(slot), mechanism, found)
        return MechanismInfo(int(found.ulMinKeySize), int(found.ulMaxKeySize), int(found.flags))

    def init_token(self, slot: int, so_pin: bytes | bytearray, label: str) -> None:
        """Initialise the token in a slot: everything on it is lost, and its label and its administrator's PIN are set.

        :param label: at most 32 bytes in UTF-8.
        :raises InvalidInputError: when the label is longer.
        :raises PinIncorrectError: when the token is initialised already and has another administrator's PIN.
        :raises TokenError: for any other answer.
        """
        padded = require_text(label, "label").encode("utf-8", "surrogatepass")
        if not 0 < len(padded) <= _LABEL_LEN:
            raise InvalidInputError(f"a token's label has 1 to {_LABEL_LEN} bytes, not {len(padded)}")
        with pin_buffer(self, so_pin) as (pin, length):
            text = self.ffi.new("CK_UTF8CHAR[]", padded.ljust(_LABEL_LEN))
            self.call("C_InitToken", self._slot(slot), pin, length, text)

    def open_session(self, slot: int) -> Session:
        """Open a session that may write.

        :raises TokenRemovedError: when the slot holds no token.
        """
        from gmpki.tokens.pkcs11.session import Session

        handle = self.ffi.new("CK_SESSION_HANDLE *")
        flags = C.CKF_SERIAL_SESSION | C.CKF_RW_SESSION
        self.call("C_OpenSession", self._slot(slot), flags, self.ffi.NULL, self.ffi.NULL, handle)
        return Session(self, slot, int(handle[0]))

    def _counted(self, function: str, array_type: str, first: int) -> tuple[int, ...]:
        count = self.ffi.new("CK_ULONG *")
        with self._lock:
            self.call(function, first, self.ffi.NULL, count)
            for _ in range(3):  # the list may grow between the two calls
                if count[0] > _MAX_COUNT:
                    raise DriverError(f"the module claims {count[0]} entries", function=function)
                room = int(count[0])
                array = self.ffi.new(array_type, max(1, room))
                answer = self.answer(function, first, array, count)
                if answer != C.CKR_BUFFER_TOO_SMALL:
                    break
        answers.check(function, answer)
        if count[0] > room:
            raise DriverError(f"the module claims to have written {count[0]} entries into {room}", function=function)
        return tuple(int(value) for value in array[0 : count[0]])

    def _text(self, field: Any) -> str:
        return as_text(bytes(self.ffi.buffer(field)))

    @property
    def unavailable(self) -> int:
        """CK_UNAVAILABLE_INFORMATION, which is as wide as CK_ULONG."""
        return (1 << 8 * int(self.ffi.sizeof("CK_ULONG"))) - 1

    def _told(self, value: int) -> int | None:
        return None if value in (self.unavailable, C.CK_EFFECTIVELY_INFINITE) else int(value)

    def _slot(self, slot: int) -> int:
        return number(slot, 0, self.unavailable, "slot")

    def __repr__(self) -> str:
        return f"<Module {self.path!r}>"


_registry_lock: Final = threading.Lock()
_loaded: Final[dict[str, Module]] = {}
# Never unloaded: threads that a module started may still run in it.
_libraries: Final[dict[str, Any]] = {}


def load(path: str | os.PathLike[str]) -> Module:
    """Load a module, or return the one that this process has loaded from the same file.

    :param path: of a shared library; loading runs code in it, so it must be one that is trusted.
    :raises InvalidTypeError: when it is no path.
    :raises InvalidInputError: when it is no name that a file can have.
    :raises DriverError: when it cannot be loaded, or is no PKCS #11 module.
    :raises TokenError: when the module refuses to be initialised.
    :raises UnsupportedPlatform: when cffi is missing.
    """
    real = os.path.realpath(as_path(path))
    with _registry_lock:
        module = _loaded.get(real)
        if module is None or module._pid != os.getpid():
            module = Module(real)
            _loaded[real] = module
        module._uses += 1
        return module


@contextmanager
def pin_buffer(module: Module, pin: bytes | bytearray) -> Iterator[tuple[Any, int]]:
    """Give a PIN in C for a call, and overwrite it after.

    :raises InvalidTypeError: when it is neither ``bytes`` nor ``bytearray``.
    """
    if not isinstance(pin, bytes | bytearray):
        raise InvalidTypeError(f"a PIN is bytes or bytearray here, not {type(pin).__name__}")
    buffer = module.ffi.new("CK_UTF8CHAR[]", max(1, len(pin)))
    module.ffi.memmove(buffer, pin, len(pin))
    try:
        yield buffer, len(pin)
    finally:
        view = module.ffi.buffer(buffer)
        view[:] = bytes(len(view))


def _open_library(path: str) -> Any:
    try:
        ffi = declared()
    except ImportError:
        raise UnsupportedPlatform("PKCS #11 needs the package cffi") from None
    if path not in _libraries:
        try:
            _libraries[path] = ffi.dlopen(path)
        except OSError as error:
            # What cffi appends is about another way to find libraries, which was not asked for.
            reason = str(error).partition(".  Additionally, ")[0].removeprefix(f"cannot load library {path!r}: ")
            raise DriverError(f"the module {path!r} cannot be loaded: {reason}") from None
    return _libraries[path]


def _version(version: Any) -> str:
    return f"{version.major}.{version.minor}"
