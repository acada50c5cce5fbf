"""Calls into the C core: statuses become exceptions, buffers become pointers.

``bytes`` go to C as they are, which CFFI does without a copy; every other buffer goes through ``ffi.from_buffer``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gmpki import errors
from gmpki._inputs import not_a_buffer
from gmpki._native import ffi, lib

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = [
    "MAX_REQUEST_LEN",
    "apart",
    "as_bytes",
    "check",
    "equal",
    "failure",
    "ffi",
    "fixed",
    "lib",
    "new_digest",
    "new_length",
    "output",
    "readable",
    "taken",
    "writable",
]

#: The longest output, in bytes, that a function makes on request rather than from an input of that length.
MAX_REQUEST_LEN: Final = 1 << 30

_BYTES = ffi.typeof("uint8_t[]")
_DIGEST = ffi.typeof("uint8_t[32]")
_LENGTH = ffi.typeof("size_t *")
_new_output = ffi.new_allocator(should_clear_after_alloc=False)

# Output buffers that wait for the next call: new memory for each costs more than most of what is computed into it. A
# call takes one off the list, so that neither another thread nor a signal handler in this one can share it. The system
# gives a buffer memory only as far as it was ever used.
_SCRATCH_LEN: Final = (1 << 20) + 256  # a mebibyte, and what padding, tags and formats add to it
_SCRATCH_KEPT: Final = 8
_scratch: list[Any] = []

_EXCEPTIONS: Final[dict[int, type[errors.GmpkiError]]] = {
    lib.GMPKI_ERR_ARGUMENT: errors.InvalidInputError,
    lib.GMPKI_ERR_LENGTH: errors.InvalidInputError,
    lib.GMPKI_ERR_BUFFER: errors.InvalidInputError,
    lib.GMPKI_ERR_STATE: errors.StateError,
    lib.GMPKI_ERR_LIMIT: errors.LimitExceeded,
    lib.GMPKI_ERR_POINT: errors.InvalidPointError,
    lib.GMPKI_ERR_SCALAR: errors.InvalidScalarError,
    lib.GMPKI_ERR_ENCODING: errors.DecodeError,
    lib.GMPKI_ERR_SIGNATURE: errors.InvalidSignature,
    lib.GMPKI_ERR_PADDING: errors.InvalidInputError,
    lib.GMPKI_ERR_RANDOM: errors.RandomSourceError,
    lib.GMPKI_ERR_SELFTEST: errors.SelfTestError,
    lib.GMPKI_ERR_BACKEND: errors.BackendError,
    lib.GMPKI_ERR_FAULT: errors.FaultDetected,
    lib.GMPKI_ERR_UNSUPPORTED: errors.UnsupportedPlatform,
}


def failure(status: int, what: str) -> errors.GmpkiError:
    """Return the exception for a status that is not ``GMPKI_OK``; ``what`` names the operation."""
    if status == lib.GMPKI_ERR_DECRYPT:
        return errors.DecryptionError()
    exception = _EXCEPTIONS.get(status, errors.GmpkiError)
    text: str = ffi.string(lib.gmpki_status_text(status)).decode()
    return exception(f"{what}: {text}")


def check(status: int, *, what: str) -> None:
    """Raise the exception for a status unless it is ``GMPKI_OK``; ``what`` names the operation."""
    if status:
        raise failure(status, what)


def readable(data: Buffer, name: str) -> Any:
    """Return what CFFI takes for a ``const uint8_t *``: ``bytes`` unchanged, another buffer as a view of it.

    :raises InvalidTypeError: for ``str``, ``int``, ``None`` and whatever else has no buffer.
    :raises InvalidInputError: for a buffer that is not C-contiguous or was released.
    """
    if type(data) is bytes:
        return data
    try:
        return ffi.from_buffer(_BYTES, data)
    except TypeError:
        raise not_a_buffer(data, name) from None
    except (BufferError, ValueError) as error:
        raise errors.InvalidInputError(f"{name} must be a contiguous buffer: {error}") from None


def writable(out: Buffer, name: str) -> Any:
    """Return what CFFI takes for an ``uint8_t *`` over a writable buffer.

    :raises InvalidTypeError: for what has no buffer, or one that is read only.
    :raises InvalidInputError: for a buffer that is not C-contiguous or was released.
    """
    try:
        return ffi.from_buffer(_BYTES, out, require_writable=True)
    except (TypeError, BufferError, ValueError):
        readable(out, name)  # says what is wrong with one that cannot even be read
        raise errors.InvalidTypeError(
            f"{name} must be a writable buffer; this {type(out).__name__} is read only"
        ) from None


def apart(source: Any, target: Any) -> Any:
    """Return the source of a call that writes to ``target``, or a copy of it where the two share memory."""
    if type(source) is bytes:
        return source
    source_start, target_start = int(ffi.cast("uintptr_t", source)), int(ffi.cast("uintptr_t", target))
    if source_start + len(source) <= target_start or target_start + len(target) <= source_start:
        return source
    return as_bytes(source)


def as_bytes(view: Any) -> bytes:
    """Return what :func:`readable` returned as ``bytes``."""
    if type(view) is bytes:
        return view
    data: bytes = ffi.buffer(view)[:]
    return data


def fixed(data: Buffer, length: int, name: str) -> Any:
    """Return :func:`readable` data of exactly ``length`` bytes.

    :raises InvalidTypeError: for what has no buffer.
    :raises InvalidInputError: for another length.
    """
    if type(data) is bytes and len(data) == length:
        return data
    view = readable(data, name)
    if len(view) != length:
        raise errors.InvalidInputError(f"{name} must be {length} bytes long, not {len(view)}")
    return view


def equal(a: Any, b: Any, length: int) -> bool:
    """Return whether two buffers of that length agree, in a time that depends on the length only."""
    result = ffi.new("int *")
    check(lib.gmpki_equal(result, a, b, length), what="compare")
    agree: bool = result[0] == 1
    return agree


def output(length: int) -> Any:
    """Return memory for an output of ``length`` bytes. It is not cleared; :func:`taken` follows, once.

    :raises LimitExceeded: when there is not that much memory.
    """
    if length <= _SCRATCH_LEN:
        try:
            return _scratch.pop()
        except IndexError:
            length = _SCRATCH_LEN
    try:
        return _new_output(_BYTES, length)
    except (MemoryError, OverflowError):
        raise errors.LimitExceeded(f"there is no memory for {length} bytes of output") from None


def new_digest() -> Any:
    """Return new memory of 32 bytes."""
    return ffi.new(_DIGEST)


def new_length() -> Any:
    """Return a place for one ``size_t``."""
    return ffi.new(_LENGTH)


def taken(out: Any, length: int, *, secret: bool = False) -> bytes:
    """Return the first ``length`` bytes of an output; a secret one is overwritten where it was."""
    result: bytes = ffi.buffer(out, length)[:]
    if secret:
        lib.gmpki_cleanse(out, length)
    if len(out) == _SCRATCH_LEN and len(_scratch) < _SCRATCH_KEPT:
        _scratch.append(out)
    return result
