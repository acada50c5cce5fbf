"""AES-CBC and AES-GCM through ``cryptography``: for keys and messages of other products.

:standard: FIPS 197; NIST SP 800-38A and 800-38D; RFC 5652 6.3 (padding)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes
from gmpki.algorithms._foreign import foreign
from gmpki.errors import DecryptionError, InvalidInputError, InvalidTag, LimitExceeded, StateError

if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import Buffer

__all__ = [
    "BLOCK_LEN",
    "KEY_LENGTHS",
    "Decryption",
    "Encryption",
    "cbc_decryptor",
    "cbc_encryptor",
    "decrypt_cbc",
    "encrypt_cbc",
    "gcm_decryptor",
    "gcm_encryptor",
]

BLOCK_LEN: Final = 16
KEY_LENGTHS: Final = (16, 24, 32)
GCM_TAG_LENGTHS: Final = (12, 13, 14, 15, 16)
_MAX_NONCE_LEN: Final = 128


class _Running:
    """A running encryption or decryption. A context: one thread at a time."""

    __slots__ = ("_finished", "_steps")

    def __init__(self, *steps: Any) -> None:
        self._steps = steps
        self._finished = False

    def update(self, data: Buffer) -> bytes:
        """Process bytes and return what is ready.

        :raises InvalidTypeError: when it is not a buffer.
        :raises LimitExceeded: past what one key and nonce allow.
        :raises StateError: after :meth:`finalize`.
        """
        if self._finished:
            raise StateError("this context was finished; make a new one")
        # An oversized message is the one thing that a step refuses before its end.
        try:
            out = as_bytes(data, "data")
            for step in self._steps:
                out = step.update(out)
        except (ValueError, OverflowError) as error:
            if isinstance(error, InvalidInputError):
                raise
            raise LimitExceeded(f"more than AES takes in one message: {error}") from None
        return out

    def _finish(self) -> bytes:
        """End every step, each with what the one before it had left; errors are those of ``cryptography``."""
        if self._finished:
            raise StateError("this context was finished; make a new one")
        self._finished = True
        rest = b""
        for step in self._steps:
            rest = (step.update(rest) if rest else b"") + step.finalize()
        return rest


class Encryption(_Running):
    """A running encryption. A context: one thread at a time."""

    __slots__ = ()

    def finalize(self) -> bytes:
        """End, and return the last bytes.

        :raises StateError: after the first call.
        """
        return self._finish()

    @property
    def tag(self) -> bytes:
        """The 16 bytes of the tag of GCM.

        :raises StateError: before :meth:`finalize`, and for CBC, which has none.
        """
        last = self._steps[-1]
        if not self._finished or not hasattr(last, "tag"):
            raise StateError("the tag of GCM is known after finalize(); CBC has none")
        tag: bytes = last.tag
        return tag


class Decryption(_Running):
    """A running decryption. A context: one thread at a time.

    What :meth:`update` returns of GCM is **not yet authenticated**: keep it back until :meth:`finalize` has returned.
    """

    __slots__ = ()

    def finalize(self) -> bytes:
        """End, check the padding or the tag, and return the last bytes.

        :raises DecryptionError: when the padding is wrong; InvalidTag when the tag is.
        :raises StateError: after the first call.
        """
        from cryptography.exceptions import InvalidTag as WrongTag

        try:
            return self._finish()
        except WrongTag:
            raise InvalidTag from None
        except ValueError:
            raise DecryptionError from None


def cbc_encryptor(key: Buffer, iv: Buffer) -> Encryption:
    """Return a context that encrypts with AES-CBC and PKCS#7 padding; inputs and errors as :func:`encrypt_cbc`."""
    from cryptography.hazmat.primitives.padding import PKCS7

    return Encryption(PKCS7(8 * BLOCK_LEN).padder(), _cipher(key, iv).encryptor())


def cbc_decryptor(key: Buffer, iv: Buffer) -> Decryption:
    """Return a context that decrypts AES-CBC with PKCS#7 padding; inputs and errors as :func:`decrypt_cbc`."""
    from cryptography.hazmat.primitives.padding import PKCS7

    return Decryption(_cipher(key, iv).decryptor(), PKCS7(8 * BLOCK_LEN).unpadder())


def gcm_encryptor(key: Buffer, nonce: Buffer, associated_data: Buffer = b"") -> Encryption:
    """Return a context that encrypts with AES-GCM.

    :param key: 16, 24 or 32 bytes.
    :param nonce: 8 to 128 bytes, 12 are right; never used before under this key.
    :param associated_data: bytes that are authenticated and not encrypted.
    :raises InvalidTypeError: when an input is not a buffer.
    :raises InvalidInputError: when key or nonce has another length.
    :standard: NIST SP 800-38D
    """
    context = _gcm(key, nonce, None).encryptor()
    context.authenticate_additional_data(as_bytes(associated_data, "associated_data"))
    return Encryption(context)


def gcm_decryptor(key: Buffer, nonce: Buffer, tag: Buffer, associated_data: Buffer = b"") -> Decryption:
    """Return a context that decrypts AES-GCM; inputs and errors as :func:`gcm_encryptor`.

    :param tag: 12 to 16 bytes.
    :raises InvalidInputError: when it has another length.
    """
    expected = as_bytes(tag, "tag")
    if len(expected) not in GCM_TAG_LENGTHS:
        raise InvalidInputError(f"tag must be 12 to 16 bytes long, not {len(expected)}")
    context = _gcm(key, nonce, expected).decryptor()
    context.authenticate_additional_data(as_bytes(associated_data, "associated_data"))
    return Decryption(context)


def encrypt_cbc(key: Buffer, iv: Buffer, data: Buffer) -> bytes:
    """Encrypt one message with AES-CBC and PKCS#7 padding.

    :param key: 16, 24 or 32 bytes.
    :param iv: 16 bytes, unforeseeable.
    :param data: any number of bytes.
    :raises InvalidTypeError: when an input is not a buffer.
    :raises InvalidInputError: when key or iv has the wrong length.
    """
    from cryptography.hazmat.primitives.padding import PKCS7

    cipher = _cipher(key, iv)
    padder = PKCS7(8 * BLOCK_LEN).padder()
    padded = padder.update(as_bytes(data, "data")) + padder.finalize()
    context = cipher.encryptor()
    ciphertext: bytes = context.update(padded) + context.finalize()
    return ciphertext


def decrypt_cbc(key: Buffer, iv: Buffer, data: Buffer) -> bytes:
    """Decrypt one message of AES-CBC with PKCS#7 padding; nothing of it is returned when its padding is wrong.

    :param key: 16, 24 or 32 bytes.
    :param iv: 16 bytes.
    :param data: a whole number of blocks, at least one.
    :raises DecryptionError: when length or padding is wrong.
    :raises InvalidTypeError: when an input is not a buffer.
    :raises InvalidInputError: when key or iv has the wrong length.
    """
    from cryptography.hazmat.primitives.padding import PKCS7

    context = _cipher(key, iv).decryptor()
    ciphertext = as_bytes(data, "data")
    unpadder = PKCS7(8 * BLOCK_LEN).unpadder()
    try:
        padded = context.update(ciphertext) + context.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        raise DecryptionError from None


def _secret(key: Buffer) -> bytes:
    secret = as_bytes(key, "key")
    if len(secret) not in KEY_LENGTHS:
        raise InvalidInputError(f"key must be 16, 24 or 32 bytes long, not {len(secret)}")
    return secret


def _gcm(key: Buffer, nonce: Buffer, tag: bytes | None) -> Any:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import GCM

    secret, once = _secret(key), as_bytes(nonce, "nonce")
    if not 8 <= len(once) <= _MAX_NONCE_LEN:
        raise InvalidInputError(f"nonce must be 8 to {_MAX_NONCE_LEN} bytes long, not {len(once)}")
    with foreign("AES-GCM"):
        return Cipher(AES(secret), GCM(once, tag, min(GCM_TAG_LENGTHS)))


def _cipher(key: Buffer, iv: Buffer) -> Any:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    secret, start = _secret(key), as_bytes(iv, "iv")
    if len(start) != BLOCK_LEN:
        raise InvalidInputError(f"iv must be {BLOCK_LEN} bytes long, not {len(start)}")
    with foreign("AES-CBC"):
        return Cipher(AES(secret), CBC(start))
