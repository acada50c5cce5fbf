"""The SM4 block cipher in its modes of operation: one call for a whole message, contexts for a stream.

None of these modes authenticates: whoever can change the ciphertext changes the plaintext. Prefer
:class:`gmpki.algorithms.sm4_aead.SM4GCM`.

:standard: GB/T 32907-2016 (SM4), GB/T 17964-2021 (modes), IEEE 1619 (XTS)
"""

from __future__ import annotations

import enum
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import iterator, member
from gmpki.algorithms import _quick
from gmpki.algorithms._call import (
    apart,
    as_bytes,
    check,
    failure,
    ffi,
    fixed,
    lib,
    new_length,
    output,
    readable,
    taken,
    writable,
)
from gmpki.algorithms._memory import NativeContext, NotCopied, secret_bytes, secret_maker
from gmpki.errors import DecryptionError, GmpkiError, InvalidInputError, InvalidTypeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

__all__ = [
    "BLOCK_LEN",
    "KEY_LEN",
    "CipherContext",
    "Mode",
    "Padding",
    "SM4Cipher",
    "XTSOrder",
    "cbc_encrypt_batch",
    "decrypt",
    "decrypt_hctr",
    "decrypt_xts",
    "encrypt",
    "encrypt_hctr",
    "encrypt_xts",
]

KEY_LEN: Final = 16
BLOCK_LEN: Final = 16
DOUBLE_KEY_LEN: Final = 32
MAX_XTS_LEN: Final = 1 << 24
MAX_TWEAK_LEN: Final = 1 << 24
MAX_HCTR_LEN: Final = (1 << 32) - 1

_ENCRYPT: Final = 0
_DECRYPT: Final = 1


class Mode(enum.IntEnum):
    """A mode of operation that streams.

    The text of GB/T 17964-2021 was not at hand. BC and OFBNLF, and beside this class the XTS order GB and HCTR, follow
    published implementations and the standard's examples that they carry: confidence B.

    :standard: GB/T 17964-2021
    """

    ECB = 0
    """Each block by itself; no iv. Equal blocks stay equal: for single blocks and for building modes."""
    CBC = 1
    CFB128 = 2
    CFB8 = 3
    OFB = 4
    CTR = 5
    """Counter; the iv is the first counter block, counted up as one big-endian number."""
    BC = 6
    """Block chaining."""
    OFBNLF = 7
    """Output feedback with a nonlinear function."""


class Padding(enum.IntEnum):
    """What is done about a message that is not a whole number of blocks."""

    NONE = 0
    """Nothing is added; ECB, CBC, BC and OFBNLF then take whole blocks only."""
    PKCS7 = 1
    """1 to 16 bytes are added, as in RFC 5652 6.3; for ECB, CBC, BC and OFBNLF."""


class XTSOrder(enum.IntEnum):
    """How XTS reads its tweak as a polynomial. The two give different ciphertexts."""

    IEEE = 0
    """IEEE 1619: the first byte holds the lowest powers, its bit 0 the lowest."""
    GB = 1
    """GB/T 17964-2021: bit 7 of the first byte is the lowest power, as in GHASH."""


# What every call asks, without a look-up in an enumeration: before Python 3.12 one costs as much as a block does.
_ECB: Final = Mode.ECB
_UNPADDED: Final = Padding.NONE
_WHOLE_BLOCKS: Final = tuple(mode.name in ("ECB", "CBC", "BC", "OFBNLF") for mode in Mode)

_CONTEXT = ffi.typeof("gmpki_sm4_ctx *")
_new_context = secret_maker("gmpki_sm4_ctx")
_KEY_SIZE: Final[int] = ffi.sizeof("gmpki_sm4_key")
_quick_crypt = _quick.sm4_crypt
_native_init = lib.gmpki_sm4_init
_native_update = lib.gmpki_sm4_update
_native_final = lib.gmpki_sm4_final


def _checked_iv(mode: Mode, iv: Buffer | None, padding: Padding) -> Any:
    """Return the iv as C takes it, after checking that mode, iv and padding go together."""
    if type(mode) is not Mode:
        member(mode, Mode, "mode")
    if type(padding) is not Padding:
        member(padding, Padding, "padding")
    if padding is not _UNPADDED and not _WHOLE_BLOCKS[mode]:
        raise InvalidInputError(f"{mode.name} works on any length and takes Padding.NONE only, not {padding.name}")
    if mode is _ECB:
        if iv is not None:
            raise InvalidInputError("ECB takes no iv")
        return b""
    if iv is None:
        raise InvalidInputError(f"{mode.name} needs an iv of {BLOCK_LEN} bytes")
    return fixed(iv, BLOCK_LEN, "iv")


def _final_failure(status: int, decrypting: bool, padding: Padding) -> GmpkiError:
    """Return the exception for a failed end. Behind padding, every cause is the same :class:`DecryptionError`."""
    if status != lib.GMPKI_ERR_PADDING:
        return failure(status, "sm4 finalize")
    if decrypting and padding is Padding.PKCS7:
        return DecryptionError()
    return InvalidInputError(
        f"the data is not a whole number of {BLOCK_LEN}-byte blocks, and padding is off (Padding.PKCS7 would add it)"
    )


class CipherContext(NativeContext):
    """A running encryption or decryption. Per thread; its state is overwritten when it ends or goes.

    Made by :meth:`SM4Cipher.encryptor` and :meth:`SM4Cipher.decryptor`.
    """

    __slots__ = ("_decrypting", "_padding")

    def __init__(self, memory: Any, *, decrypting: bool, padding: Padding) -> None:
        super().__init__((memory, new_length()))  # whoever takes the context has the place for lengths alone too
        self._decrypting = decrypting
        self._padding = padding

    def update(self, data: Buffer) -> bytes:
        """Process bytes and return what is ready: up to 15 bytes more or up to 16 bytes less than came in.

        :param data: any number of bytes.
        :raises InvalidTypeError: when it is not a buffer, for instance ``str``.
        :raises LimitExceeded: past 2^64 - 1 bytes in all; nothing is processed then.
        :raises StateError: after :meth:`finalize`, or when another thread is using this object.
        """
        source = readable(data, "data")
        out = output(len(source) + BLOCK_LEN)
        written = self._process(out, len(source) + BLOCK_LEN, source)
        return taken(out, written, secret=self._decrypting)

    def update_into(self, data: Buffer, out: Buffer) -> int:
        """Process bytes into a buffer of the caller and return how many were written.

        :param data: any number of bytes; may share memory with out.
        :param out: a writable buffer; ``len(data) + 15`` bytes always suffice.
        :raises InvalidTypeError: when data is not a buffer or out not a writable one.
        :raises InvalidInputError: when out is too small; nothing is processed then.
        :raises LimitExceeded: past 2^64 - 1 bytes in all; nothing is processed then.
        :raises StateError: after :meth:`finalize`, or when another thread is using this object.
        """
        target = writable(out, "out")
        source = apart(readable(data, "data"), target)
        return self._process(target, len(target), source)

    def _process(self, out: Any, out_size: int, source: Any) -> int:
        context = self._take()
        try:
            memory, length = context
            status = _native_update(memory, out, out_size, length, source, len(source))
            written: int = length[0]
        finally:
            self._give(context)
        if status == lib.GMPKI_ERR_BUFFER:
            raise InvalidInputError(
                f"out holds {out_size} bytes, too few for this update of {len(source)}; "
                f"{len(source) + BLOCK_LEN - 1} always suffice"
            )
        if status:
            raise failure(status, "sm4 update")
        return written

    def finalize(self) -> bytes:
        """End, and return the last 0 to 16 bytes.

        :raises InvalidInputError: when whole blocks were needed and padding is off.
        :raises DecryptionError: when the padding is wrong. Do not let an attacker see the difference from any later
            failure: with an unauthenticated mode it is an oracle.
        :raises StateError: after the first call, or when another thread is using this object.
        """
        out = output(BLOCK_LEN)
        memory, length = self._take_last()
        status = lib.gmpki_sm4_final(memory, out, BLOCK_LEN, length)
        if status:
            raise _final_failure(status, self._decrypting, self._padding)
        return taken(out, length[0], secret=self._decrypting)


class SM4Cipher(NotCopied):
    """A key with a mode, an iv and a padding, from which contexts are made. Immutable; any thread may use it.

    An iv must not be used for a second message under the same key: with CTR and OFB that gives both messages away.

    :param key: 16 bytes, kept in memory that is overwritten when the object goes.
    :param mode: the mode of operation.
    :param iv: 16 bytes; ``None`` for ECB.
    :param padding: whether to pad; never chosen for the caller.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when a length is wrong, or mode, iv and padding do not go together.
    :standard: GB/T 17964-2021
    """

    __slots__ = ("_iv", "_key", "_mode", "_padding")

    def __init__(self, key: Buffer, mode: Mode, iv: Buffer | None = None, *, padding: Padding = Padding.NONE) -> None:
        checked_iv = _checked_iv(mode, iv, padding)
        self._key = secret_bytes(fixed(key, KEY_LEN, "key"), KEY_LEN)
        self._iv = as_bytes(checked_iv)
        self._mode = mode
        self._padding = padding

    def __repr__(self) -> str:
        return f"<SM4Cipher {self._mode.name} padding={self._padding.name}>"

    def encryptor(self) -> CipherContext:
        """Return a context that encrypts.

        :raises SelfTestError: when the module is in its error state.
        """
        return self._context(_ENCRYPT)

    def decryptor(self) -> CipherContext:
        """Return a context that decrypts.

        :raises SelfTestError: when the module is in its error state.
        """
        return self._context(_DECRYPT)

    def _context(self, direction: int) -> CipherContext:
        memory = _new_context()
        status = lib.gmpki_sm4_init(memory, self._mode, direction, self._padding, self._key, self._iv, len(self._iv))
        check(status, what=f"sm4 {self._mode.name}")
        return CipherContext(memory, decrypting=direction == _DECRYPT, padding=self._padding)


def encrypt(
    key: Buffer, data: Buffer, mode: Mode, iv: Buffer | None = None, *, padding: Padding = Padding.NONE
) -> bytes:
    """Encrypt one message.

    :param key: 16 bytes.
    :param data: any number of bytes; without padding whole blocks in ECB, CBC, BC and OFBNLF.
    :param mode: the mode of operation.
    :param iv: 16 bytes, never used before under this key; ``None`` for ECB.
    :param padding: whether to pad; never chosen for the caller.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when a length is wrong, or mode, iv and padding do not go together.
    :standard: GB/T 17964-2021
    """
    if type(mode) is Mode and type(padding) is Padding:
        result = _quick_crypt(_ENCRYPT, key, data, mode, iv, padding)
        if result is not None:
            return result
    return _whole(_ENCRYPT, key, data, mode, iv, padding=padding)


def decrypt(
    key: Buffer, data: Buffer, mode: Mode, iv: Buffer | None = None, *, padding: Padding = Padding.NONE
) -> bytes:
    """Decrypt one message; nothing of it is returned when its padding is wrong.

    :param key: 16 bytes.
    :param data: any number of bytes; whole blocks in ECB, CBC, BC and OFBNLF.
    :param mode: the mode of operation.
    :param iv: the 16 bytes that were used to encrypt; ``None`` for ECB.
    :param padding: whether the message was padded.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when a length is wrong, or mode, iv and padding do not go together.
    :raises DecryptionError: when the message is padded, and its length or padding is wrong.
    :standard: GB/T 17964-2021
    """
    if type(mode) is Mode and type(padding) is Padding:
        result = _quick_crypt(_DECRYPT, key, data, mode, iv, padding)
        if result is not None:
            return result
    return _whole(_DECRYPT, key, data, mode, iv, padding=padding)


# Contexts of one-shot calls, cleansed and each with a place for a length, that wait for the next; as in _call, a call
# takes one off the list and so has it alone.
_spare: list[tuple[Any, Any]] = []


def _whole(direction: int, key: Buffer, data: Buffer, mode: Mode, iv: Buffer | None, *, padding: Padding) -> bytes:
    checked_iv = _checked_iv(mode, iv, padding)
    secret = fixed(key, KEY_LEN, "key")
    source = readable(data, "data")
    size = len(source) + BLOCK_LEN
    out = output(size)
    try:
        spare = _spare.pop()
    except IndexError:
        spare = ffi.new(_CONTEXT), new_length()
    memory, length = spare
    status = _native_init(memory, mode, direction, padding, secret, checked_iv, len(checked_iv))
    if status == 0:
        status = _native_update(memory, out, size, length, source, len(source))
    if status:
        lib.gmpki_sm4_clear(memory)
        raise failure(status, f"sm4 {mode.name}")
    written: int = length[0]
    status = _native_final(memory, out + written, size - written, length)  # cleanses the context, come what may
    last: int = length[0]
    _spare.append(spare)
    if status:
        lib.gmpki_cleanse(out, written)
        raise _final_failure(status, direction == _DECRYPT, padding)
    return taken(out, written + last, secret=direction == _DECRYPT)


# How many streams are encrypted at once: at least enough for all lanes, more while they are short.
_STREAMS: Final = 16
_MANY_STREAMS: Final = 256
_STREAMS_LEN: Final = 1 << 24

_KEYS = ffi.typeof("gmpki_sm4_key[]")
_KEY_POINTERS = ffi.typeof("gmpki_sm4_key *[]")
_POINTERS = ffi.typeof("uint8_t *[]")
_LENGTHS = ffi.typeof("size_t[]")


def cbc_encrypt_batch(
    items: Iterable[tuple[Buffer, Buffer, Buffer]], *, padding: Padding = Padding.NONE
) -> list[bytes]:
    """Encrypt many messages with CBC, several at a time, and return the ciphertexts in their order.

    One message in CBC is a chain, in which each block waits for the one before. Many are as many chains, and where the
    processor has the means 16 of them take little longer than one.

    :param items: a key of 16 bytes, an iv of 16 and a message for each; all may differ. Messages of about one length
        are the fastest.
    :param padding: whether to pad; without, each message must be whole blocks.
    :raises InvalidTypeError: when items cannot be iterated, or an input has the wrong type.
    :raises InvalidInputError: when a length is wrong.
    :standard: GB/T 17964-2021
    """
    if type(padding) is not Padding:
        member(padding, Padding, "padding")
    found: list[bytes] = []
    part: list[tuple[Any, Any, Any]] = []
    total = 0
    for item in iterator(items, "items"):
        if type(item) is not tuple or len(item) != 3:
            raise InvalidTypeError("an item must be a tuple of a key, an iv and a message")
        key, iv, message = item
        data = readable(message, "the message of an item")
        if padding is _UNPADDED and len(data) % BLOCK_LEN:
            raise _final_failure(lib.GMPKI_ERR_PADDING, False, padding)
        part.append((fixed(key, KEY_LEN, "the key of an item"), fixed(iv, BLOCK_LEN, "the iv of an item"), data))
        total += len(data) + BLOCK_LEN
        if len(part) == _MANY_STREAMS or (len(part) >= _STREAMS and total >= _STREAMS_LEN):
            found += _streams(part, padding)
            part, total = [], 0
    return found + _streams(part, padding) if part else found


def _streams(part: list[tuple[Any, Any, Any]], padding: Padding) -> list[bytes]:
    """Encrypt messages side by side, in one piece of memory that first holds what is padded."""
    lengths = [len(data) for _, _, data in part]
    if padding is not _UNPADDED:
        lengths = [length - length % BLOCK_LEN + BLOCK_LEN for length in lengths]
    count, total = len(part), sum(lengths)
    keys = ffi.gc(ffi.new(_KEYS, count), lambda memory: lib.gmpki_cleanse(memory, count * _KEY_SIZE))
    key_places, previous = [], None
    for i, (key, _, _) in enumerate(part):
        if key is not previous:  # many messages under one key expand it once
            check(lib.gmpki_sm4_key_init(keys + i, key), what="sm4 key")
            expanded, previous = keys + i, key
        key_places.append(expanded)
    out = output(total)
    places, start = [], 0
    for (_, _, data), length in zip(part, lengths, strict=True):
        place, filling = out + start, length - len(data)
        ffi.memmove(place, data, len(data))
        if filling:
            ffi.memmove(place + len(data), bytes([filling]) * filling, filling)
        places.append(place)
        start += length
    pointers, ivs = ffi.new(_POINTERS, places), b"".join([as_bytes(iv) for _, iv, _ in part])
    key_pointers = ffi.new(_KEY_POINTERS, key_places)
    status = lib.gmpki_sm4_cbc_encrypt_batch(key_pointers, pointers, ivs, pointers, ffi.new(_LENGTHS, lengths), count)
    if status:
        lib.gmpki_cleanse(out, total)
        raise failure(status, "sm4 CBC batch")
    ciphertext = taken(out, total)
    ends = list(accumulate(lengths))
    return [ciphertext[end - length : end] for length, end in zip(lengths, ends, strict=True)]


def encrypt_xts(key: Buffer, tweak: Buffer, data: Buffer, *, order: XTSOrder = XTSOrder.IEEE) -> bytes:
    """Encrypt one data unit (a sector, a page) with XTS; the result is as long as the data.

    :param key: 32 bytes: the data key, then a different tweak key.
    :param tweak: 16 bytes: the place of the data unit.
    :param data: 16 bytes to 16 MiB.
    :param order: how the tweak is read.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when a length is wrong, or the two halves of the key are equal.
    :standard: GB/T 17964-2021; IEEE 1619
    """
    return _xts(_ENCRYPT, key, tweak, data, order)


def decrypt_xts(key: Buffer, tweak: Buffer, data: Buffer, *, order: XTSOrder = XTSOrder.IEEE) -> bytes:
    """Decrypt one data unit of :func:`encrypt_xts`.

    :param key: 32 bytes: the data key, then the tweak key.
    :param tweak: 16 bytes: the place of the data unit.
    :param data: 16 bytes to 16 MiB.
    :param order: how the tweak is read.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when a length is wrong.
    :standard: GB/T 17964-2021; IEEE 1619
    """
    return _xts(_DECRYPT, key, tweak, data, order)


def _xts(direction: int, key: Buffer, tweak: Buffer, data: Buffer, order: XTSOrder) -> bytes:
    if type(order) is XTSOrder:
        result = _quick.sm4_xts(direction, key, tweak, data, order)
        if result is not None:
            return result
    member(order, XTSOrder, "order")
    secret = fixed(key, DOUBLE_KEY_LEN, "key")
    place = fixed(tweak, BLOCK_LEN, "tweak")
    source = _ranged(data, MAX_XTS_LEN)
    out = output(len(source))
    status = lib.gmpki_sm4_xts(out, direction, order, secret, place, source, len(source))
    if status == lib.GMPKI_ERR_ARGUMENT:
        raise InvalidInputError("the data key and the tweak key, halves of the XTS key, must differ")
    check(status, what="sm4 xts")
    return taken(out, len(source), secret=direction == _DECRYPT)


def encrypt_hctr(key: Buffer, tweak: Buffer, data: Buffer) -> bytes:
    """Encrypt one message with HCTR: the result is as long, and every bit of it depends on every bit of the message.

    :param key: 32 bytes: the block cipher's key, then the hash key.
    :param tweak: 0 bytes to 16 MiB: the context of the message, not secret.
    :param data: 16 bytes to 4 GiB - 1.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when a length is wrong.
    :standard: GB/T 17964-2021
    """
    return _hctr(_ENCRYPT, key, tweak, data)


def decrypt_hctr(key: Buffer, tweak: Buffer, data: Buffer) -> bytes:
    """Decrypt one message of :func:`encrypt_hctr`.

    :param key: 32 bytes: the block cipher's key, then the hash key.
    :param tweak: 0 bytes to 16 MiB: the context of the message, not secret.
    :param data: 16 bytes to 4 GiB - 1.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when a length is wrong.
    :standard: GB/T 17964-2021
    """
    return _hctr(_DECRYPT, key, tweak, data)


def _hctr(direction: int, key: Buffer, tweak: Buffer, data: Buffer) -> bytes:
    secret = fixed(key, DOUBLE_KEY_LEN, "key")
    place = readable(tweak, "tweak")
    if len(place) > MAX_TWEAK_LEN:
        raise InvalidInputError(f"tweak must be at most {MAX_TWEAK_LEN} bytes long, not {len(place)}")
    source = _ranged(data, MAX_HCTR_LEN)
    out = output(len(source))
    status = lib.gmpki_sm4_hctr(out, direction, secret, place, len(place), source, len(source))
    check(status, what="sm4 hctr")
    return taken(out, len(source), secret=direction == _DECRYPT)


def _ranged(data: Buffer, limit: int) -> Any:
    source = readable(data, "data")
    if not BLOCK_LEN <= len(source) <= limit:
        raise InvalidInputError(f"data must be {BLOCK_LEN} to {limit} bytes long, not {len(source)}")
    return source
