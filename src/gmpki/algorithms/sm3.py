"""The SM3 hash and HMAC on it, shaped like ``hashlib`` and ``hmac``.

>>> from gmpki.algorithms.sm3 import sm3
>>> sm3(b"abc").hexdigest()
'66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0'

:standard: GB/T 32905-2016 (SM3), GB/T 15852.2-2012 (HMAC)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from gmpki.algorithms import _quick
from gmpki.algorithms._batch import parts, pointers
from gmpki.algorithms._call import check, failure, ffi, lib, new_digest, output, readable, taken
from gmpki.algorithms._digest import RunningDigest, RunningMAC
from gmpki.algorithms._memory import NativeContext, secret_maker

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

__all__ = ["BLOCK_LEN", "DIGEST_LEN", "HMACSM3", "SM3", "digest", "hmac", "hmac_batch", "new", "sm3", "sm3_batch"]

DIGEST_LEN = 32
BLOCK_LEN = 64

_CONTEXT = ffi.typeof("gmpki_sm3_ctx *")
_native_hash = lib.gmpki_sm3_hash
_native_hmac = lib.gmpki_sm3_hmac
_quick_sm3 = _quick.sm3
_quick_hmac = _quick.hmac


class SM3(RunningDigest):
    """A running SM3 hash, shaped like ``hashlib``'s objects. Per thread.

    It serves wherever ``hashlib`` takes a constructor: ``hmac.new(key, data, sm3)``,
    ``hashlib.file_digest(file, sm3)``.

    :param data: first bytes to hash, any number.
    :param usedforsecurity: accepted as ``hashlib`` does, without effect.
    :raises InvalidTypeError: when data is not a buffer, for instance ``str``.
    :standard: GB/T 32905-2016
    """

    __slots__ = ()

    name = "sm3"
    digest_size = DIGEST_LEN
    block_size = BLOCK_LEN

    _native_copy: ClassVar[Any] = lib.gmpki_sm3_copy
    _native_update: ClassVar[Any] = lib.gmpki_sm3_update
    _native_final: ClassVar[Any] = lib.gmpki_sm3_final

    @staticmethod
    def _new() -> Any:
        return ffi.new(_CONTEXT)

    def __init__(self, data: Buffer = b"", *, usedforsecurity: bool = True) -> None:  # noqa: ARG002 - hashlib's
        if type(data) is not bytes:
            data = readable(data, "data")
        memory = ffi.new(_CONTEXT)
        status = lib.gmpki_sm3_init(memory)
        if status == 0 and data:
            status = lib.gmpki_sm3_update(memory, data, len(data))  # type: ignore[arg-type]
        if status:
            raise failure(status, "sm3")
        self._slot = [memory]


sm3 = SM3
new = SM3


class HMACSM3(RunningMAC):
    """A running HMAC-SM3. Per thread; the key and what comes of it are overwritten when the object goes.

    :param key: the secret key, any number of bytes; 32 random ones are right.
    :param data: first bytes to authenticate.
    :raises InvalidTypeError: when one of them is not a buffer, for instance ``str``.
    :standard: GB/T 15852.2-2012; RFC 2104
    """

    __slots__ = ()

    name = "hmac-sm3"
    digest_size = DIGEST_LEN
    block_size = BLOCK_LEN

    _new: ClassVar[Any] = staticmethod(secret_maker("gmpki_sm3_hmac_ctx"))
    _native_copy: ClassVar[Any] = lib.gmpki_sm3_hmac_copy
    _native_update: ClassVar[Any] = lib.gmpki_sm3_hmac_update
    _native_final: ClassVar[Any] = lib.gmpki_sm3_hmac_final

    def __init__(self, key: Buffer, data: Buffer = b"") -> None:
        secret = readable(key, "key")
        memory = self._new()
        check(lib.gmpki_sm3_hmac_init(memory, secret, len(secret)), what="hmac-sm3")
        NativeContext.__init__(self, memory)
        self.update(data)


def _new_scratch() -> tuple[Any, Any]:
    memory = new_digest()
    return memory, ffi.buffer(memory)


# Buffers for digests that wait for the next call, each with the view that reads it; as in _call, a call has one alone.
_scratch: list[tuple[Any, Any]] = []


def digest(data: Buffer) -> bytes:
    """Hash one message and return the 32-byte digest.

    :param data: any number of bytes.
    :raises InvalidTypeError: when it is not a buffer, for instance ``str``.
    :standard: GB/T 32905-2016
    """
    quick = _quick_sm3(data)
    if quick is not None:
        return quick
    if type(data) is not bytes:
        data = readable(data, "data")
    try:
        scratch = _scratch.pop()
    except IndexError:
        scratch = _new_scratch()
    out, view = scratch
    status = _native_hash(out, data, len(data))  # type: ignore[arg-type]
    result: bytes = view[:]
    _scratch.append(scratch)
    if status:
        raise failure(status, "sm3")
    return result


def hmac(key: Buffer, data: Buffer) -> bytes:
    """Authenticate one message and return the 32-byte HMAC-SM3.

    :param key: the secret key, any number of bytes; 32 random ones are right.
    :param data: any number of bytes.
    :raises InvalidTypeError: when one of them is not a buffer, for instance ``str``.
    :standard: GB/T 15852.2-2012; RFC 2104
    """
    quick = _quick_hmac(key, data)
    if quick is not None:
        return quick
    if type(key) is not bytes:
        key = readable(key, "key")
    if type(data) is not bytes:
        data = readable(data, "data")
    try:
        scratch = _scratch.pop()
    except IndexError:
        scratch = _new_scratch()
    out, view = scratch
    status = _native_hmac(out, key, len(key), data, len(data))  # type: ignore[arg-type]
    result: bytes = view[:]
    _scratch.append(scratch)
    if status:
        raise failure(status, "hmac-sm3")
    return result


def sm3_batch(messages: Iterable[Buffer]) -> list[bytes]:
    """Hash many messages, several at a time, and return the 32-byte digests in their order.

    Where the processor has the means this takes a fraction of the time of one :func:`digest` after the other. Messages
    of any lengths may stand side by side; those of about one length are the fastest.

    :param messages: any number of buffers, each of any number of bytes; an iterator is read in parts.
    :raises InvalidTypeError: when messages cannot be iterated, or one of them is not a buffer.
    :standard: GB/T 32905-2016
    """
    digests: list[bytes] = []
    for part in parts(messages, "messages"):
        quick = _quick.sm3_batch(part, b"")
        digests += _sm3_part(part, len(digests)) if quick is None else quick
    return digests


def _sm3_part(messages: tuple[Buffer, ...], start: int) -> list[bytes]:
    given = pointers(messages, "messages", start)
    out = output(DIGEST_LEN * len(messages))
    status = lib.gmpki_sm3_batch(out, ffi.NULL, given.array, given.lengths, len(messages))
    check(status, what="sm3 batch")
    return _cut(taken(out, DIGEST_LEN * len(messages)))


def hmac_batch(key: Buffer, messages: Iterable[Buffer]) -> list[bytes]:
    """Authenticate many messages under one key, several at a time, and return the 32-byte HMAC-SM3 in their order.

    :param key: the secret key, any number of bytes; 32 random ones are right.
    :param messages: any number of buffers, each of any number of bytes; an iterator is read in parts.
    :raises InvalidTypeError: when key or one of the messages is not a buffer, or messages cannot be iterated.
    :standard: GB/T 15852.2-2012; RFC 2104
    """
    secret = readable(key, "key")
    macs: list[bytes] = []
    for part in parts(messages, "messages"):
        quick = _quick.hmac_batch(part, secret)
        macs += _hmac_part(secret, part, len(macs)) if quick is None else quick
    return macs


def _hmac_part(key: Any, messages: tuple[Buffer, ...], start: int) -> list[bytes]:
    given = pointers(messages, "messages", start)
    out = output(DIGEST_LEN * len(messages))
    status = lib.gmpki_sm3_hmac_batch(out, key, len(key), given.array, given.lengths, len(messages))
    check(status, what="hmac-sm3 batch")
    return _cut(taken(out, DIGEST_LEN * len(messages), secret=True))


def _cut(digests: bytes) -> list[bytes]:
    return [digests[start : start + DIGEST_LEN] for start in range(0, len(digests), DIGEST_LEN)]
