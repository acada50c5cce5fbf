"""Authenticated encryption with SM4: GCM and CCM.

>>> from gmpki.algorithms.sm4_aead import SM4GCM
>>> cipher = SM4GCM(bytes(16))
>>> sealed = cipher.encrypt(bytes(12), b"message", b"header")
>>> cipher.decrypt(bytes(12), sealed, b"header")
b'message'

:standard: GB/T 36624-2018; RFC 8998
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import number
from gmpki.algorithms import _quick
from gmpki.algorithms._call import apart, as_bytes, check, failure, fixed, lib, output, readable, taken, writable
from gmpki.algorithms._memory import NativeContext, NotCopied, secret_bytes, secret_maker
from gmpki.algorithms.sm4 import KEY_LEN
from gmpki.errors import InvalidInputError, InvalidTag, StateError

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["SM4CCM", "SM4GCM", "GCMDecryptor", "GCMEncryptor"]

GCM_TAG_LENGTHS: Final = (4, 8, 12, 13, 14, 15, 16)
CCM_TAG_LENGTHS: Final = (4, 6, 8, 10, 12, 14, 16)

_ENCRYPT: Final = 0
_DECRYPT: Final = 1

_new_gcm = secret_maker("gmpki_sm4_gcm_ctx")


def _opened(status: int, what: str) -> None:
    """Raise for a status of a decryption: a wrong tag is :class:`InvalidTag`."""
    if status == lib.GMPKI_ERR_DECRYPT:
        raise InvalidTag
    check(status, what=what)


class _OneShot(NotCopied):
    """What GCM and CCM share: a key, a tag length, and one call each way."""

    __slots__ = ("_key", "_quick_key", "_tag_length")

    _name: str
    _tag_lengths: tuple[int, ...]
    _nonce_lengths: range
    _nonce_text: str
    _native_encrypt: Any
    _native_decrypt: Any
    _quick_encrypt: Any
    _quick_decrypt: Any

    def __init__(self, key: Buffer, *, tag_length: int = 16) -> None:
        number(tag_length, min(self._tag_lengths), max(self._tag_lengths), "tag_length")
        if tag_length not in self._tag_lengths:
            raise InvalidInputError(f"tag_length must be one of {self._tag_lengths}, not {tag_length}")
        self._key = secret_bytes(fixed(key, KEY_LEN, "key"), KEY_LEN)
        self._quick_key = _quick.sm4_key(key)
        self._tag_length = tag_length

    def __repr__(self) -> str:
        return f"<{type(self).__name__} tag_length={self._tag_length}>"

    @property
    def tag_length(self) -> int:
        """The length of the tag in bytes."""
        return self._tag_length

    def encrypt(self, nonce: Buffer, data: Buffer, associated_data: Buffer | None = None) -> bytes:
        """Encrypt and authenticate one message; return the ciphertext with the tag behind it.

        :param nonce: never used before under this key: a second use gives the messages and the authentication away.
            GCM: 1 byte or more, 12 are right. CCM: 7 to 13 bytes.
        :param data: any number of bytes up to the mode's limit (GCM: 2^36 - 32; CCM: below
            2^(8 * (15 - nonce length))).
        :param associated_data: bytes that are authenticated and not encrypted.
        :raises InvalidTypeError: when an input is not a buffer.
        :raises InvalidInputError: when nonce or data has a length that the mode does not take.
        """
        result: bytes | None = self._quick_encrypt(self._quick_key, self._tag_length, nonce, data, associated_data)
        if result is not None:
            return result
        once = self._nonce(nonce)
        source = readable(data, "data")
        header = b"" if associated_data is None else readable(associated_data, "associated_data")
        length = len(source)
        out = output(length + self._tag_length)
        status = self._native_encrypt(
            out, out + length, self._tag_length, self._key, once, len(once), header, len(header), source, length
        )
        check(status, what=f"{self._name} encrypt")
        return taken(out, length + self._tag_length)

    def decrypt(self, nonce: Buffer, data: Buffer, associated_data: Buffer | None = None) -> bytes:
        """Check and decrypt one message; nothing of it is returned when the tag is wrong.

        :param nonce: the one that was used to encrypt.
        :param data: the ciphertext with the tag behind it.
        :param associated_data: what was given to :meth:`encrypt`.
        :raises InvalidTag: when ciphertext, tag, nonce, associated data or key is not the one that was used, or the
            data is too short to hold a tag.
        :raises InvalidTypeError: when an input is not a buffer.
        :raises InvalidInputError: when nonce or data has a length that the mode does not take.
        """
        result: bytes | None = self._quick_decrypt(self._quick_key, self._tag_length, nonce, data, associated_data)
        if result is not None:
            return result
        once = self._nonce(nonce)
        source = readable(data, "data")
        header = b"" if associated_data is None else readable(associated_data, "associated_data")
        length = len(source) - self._tag_length
        if length < 0:
            raise InvalidTag
        out = output(length)
        tag = source[length:] if type(source) is bytes else source + length
        status = self._native_decrypt(
            out, self._key, once, len(once), header, len(header), source, length, tag, self._tag_length
        )
        _opened(status, f"{self._name} decrypt")
        return taken(out, length, secret=True)

    def _nonce(self, nonce: Buffer) -> Any:
        once = readable(nonce, "nonce")
        if len(once) not in self._nonce_lengths:
            raise InvalidInputError(f"nonce must be {self._nonce_text} bytes long, not {len(once)}")
        return once


class SM4GCM(_OneShot):
    """SM4 in Galois/Counter Mode. Immutable; any thread may use it.

    :param key: 16 bytes, kept in memory that is overwritten when the object goes.
    :param tag_length: 16, or 4, 8, 12 to 15 where a protocol asks for it.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the key is not 16 bytes long, or for another tag length.
    :standard: GB/T 36624-2018 clause 11; RFC 8998
    """

    __slots__ = ()

    _name = "sm4-gcm"
    _tag_lengths = GCM_TAG_LENGTHS
    _nonce_lengths = range(1, sys.maxsize)
    _nonce_text = "at least 1 (12 are right)"
    _native_encrypt = lib.gmpki_sm4_gcm_encrypt
    _native_decrypt = lib.gmpki_sm4_gcm_decrypt
    _quick_encrypt = staticmethod(_quick.sm4_gcm_encrypt)
    _quick_decrypt = staticmethod(_quick.sm4_gcm_decrypt)

    def encryptor(self, nonce: Buffer) -> GCMEncryptor:
        """Return a context that encrypts a stream.

        :param nonce: at least 1 byte, 12 are right; never used before under this key.
        :raises InvalidTypeError: when it is not a buffer.
        :raises InvalidInputError: when it is empty.
        """
        return GCMEncryptor(self._start(_ENCRYPT, nonce), self._tag_length)

    def decryptor(self, nonce: Buffer, tag: Buffer) -> GCMDecryptor:
        """Return a context that decrypts a stream.

        :param nonce: the one that was used to encrypt.
        :param tag: ``tag_length`` bytes.
        :raises InvalidTypeError: when one of them is not a buffer.
        :raises InvalidInputError: when nonce is empty or tag has another length.
        """
        expected = as_bytes(fixed(tag, self._tag_length, "tag"))
        return GCMDecryptor(self._start(_DECRYPT, nonce), expected)

    def _start(self, direction: int, nonce: Buffer) -> Any:
        once = self._nonce(nonce)
        memory = _new_gcm()
        check(lib.gmpki_sm4_gcm_init(memory, direction, self._key, once, len(once)), what="sm4-gcm")
        return memory


class SM4CCM(_OneShot):
    """SM4 in Counter with CBC-MAC mode. Immutable; any thread may use it.

    :param key: 16 bytes, kept in memory that is overwritten when the object goes.
    :param tag_length: 16, or 4, 6, 8, 10, 12, 14 where a protocol asks for it.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the key is not 16 bytes long, or for another tag length.
    :standard: GB/T 36624-2018 clause 9; RFC 3610; RFC 8998
    """

    __slots__ = ()

    _name = "sm4-ccm"
    _tag_lengths = CCM_TAG_LENGTHS
    _nonce_lengths = range(7, 14)
    _nonce_text = "7 to 13"
    _native_encrypt = lib.gmpki_sm4_ccm_encrypt
    _native_decrypt = lib.gmpki_sm4_ccm_decrypt
    _quick_encrypt = staticmethod(_quick.sm4_ccm_encrypt)
    _quick_decrypt = staticmethod(_quick.sm4_ccm_decrypt)


class _GCMContext(NativeContext):
    """A running GCM. Per thread; its state is overwritten when it ends or goes."""

    __slots__ = ()

    _decrypting: bool

    def authenticate_additional_data(self, data: Buffer) -> None:
        """Add associated data, before the first byte of the message; may be called again.

        :param data: any number of bytes.
        :raises InvalidTypeError: when it is not a buffer.
        :raises StateError: after the first :meth:`update`, after the end, or when another thread is using this object.
        """
        header = readable(data, "data")
        memory = self._take()
        try:
            status = lib.gmpki_sm4_gcm_associate(memory, header, len(header))
        finally:
            self._give(memory)
        if status == lib.GMPKI_ERR_STATE:
            raise StateError("associated data must come before the first byte of the message")
        check(status, what="sm4-gcm associated data")

    def update(self, data: Buffer) -> bytes:
        """Process bytes and return as many.

        :param data: any number of bytes.
        :raises InvalidTypeError: when it is not a buffer.
        :raises LimitExceeded: past 2^36 - 32 bytes in all.
        :raises StateError: after the end, or when another thread is using this object.
        """
        source = readable(data, "data")
        out = output(len(source))
        self._process(out, source)
        return taken(out, len(source), secret=self._decrypting)

    def update_into(self, data: Buffer, out: Buffer) -> int:
        """Process bytes into a buffer of the caller and return how many were written: as many as came in.

        :param data: any number of bytes; may share memory with out.
        :param out: a writable buffer of at least ``len(data)`` bytes.
        :raises InvalidTypeError: when data is not a buffer or out not a writable one.
        :raises InvalidInputError: when out is too small; nothing is processed then.
        :raises LimitExceeded: past 2^36 - 32 bytes in all.
        :raises StateError: after the end, or when another thread is using this object.
        """
        target = writable(out, "out")
        source = apart(readable(data, "data"), target)
        if len(target) < len(source):
            raise InvalidInputError(f"out holds {len(target)} bytes, too few for {len(source)}")
        self._process(target, source)
        return len(source)

    def _process(self, out: Any, source: Any) -> None:
        memory = self._take()
        try:
            status = lib.gmpki_sm4_gcm_update(memory, out, source, len(source))
        finally:
            self._give(memory)
        if status:
            raise failure(status, "sm4-gcm update")


class GCMEncryptor(_GCMContext):
    """A running GCM encryption, made by :meth:`SM4GCM.encryptor`. Per thread."""

    __slots__ = ("_tag", "_tag_length")

    _decrypting = False

    def __init__(self, memory: Any, tag_length: int) -> None:
        super().__init__(memory)
        self._tag_length = tag_length
        self._tag: bytes | None = None

    def finalize(self) -> bytes:
        """End; the tag is in :attr:`tag` then. Returns ``b""``: everything has been written before.

        :raises StateError: after the first call, or when another thread is using this object.
        """
        out = output(self._tag_length)
        check(lib.gmpki_sm4_gcm_final(self._take_last(), out, self._tag_length), what="sm4-gcm finalize")
        self._tag = taken(out, self._tag_length)
        return b""

    @property
    def tag(self) -> bytes:
        """The tag, ``tag_length`` bytes.

        :raises StateError: before :meth:`finalize`.
        """
        if self._tag is None:
            raise StateError("the tag is known only after finalize()")
        return self._tag


class GCMDecryptor(_GCMContext):
    """A running GCM decryption, made by :meth:`SM4GCM.decryptor`. Per thread.

    What :meth:`update` returns is **not yet authenticated**: keep it back until :meth:`finalize` has returned.
    """

    __slots__ = ("_expected",)

    _decrypting = True

    def __init__(self, memory: Any, expected: bytes) -> None:
        super().__init__(memory)
        self._expected = expected

    def finalize(self) -> bytes:
        """End and check the tag. Returns ``b""``: everything has been written before.

        :raises InvalidTag: when ciphertext, tag, nonce, associated data or key is not the one that was used: throw away
            what :meth:`update` returned.
        :raises StateError: after the first call, or when another thread is using this object.
        """
        status = lib.gmpki_sm4_gcm_final_verify(self._take_last(), self._expected, len(self._expected))
        _opened(status, "sm4-gcm finalize")
        return b""
