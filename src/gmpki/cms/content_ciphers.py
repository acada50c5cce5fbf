"""The ciphers that encrypt the content of a message, whole or in pieces.

:class:`CipherParameters` are a cipher with its IV or nonce, as they stand in a message. They encrypt and decrypt with a
key; what decrypts fails in one way only, whatever the cause.

>>> from gmpki.cms.content_ciphers import CipherParameters, ContentCipher
>>> parameters = CipherParameters.new(ContentCipher.SM4_GCM)
>>> key = parameters.cipher.generate_key()
>>> ciphertext, tag = parameters.encrypt(key, b"content")
>>> CipherParameters.read(parameters.algorithm).decrypt(key, ciphertext, tag)
b'content'

:standard: RFC 5652 6.3 (padding); RFC 5084 (GCM); RFC 3565 (AES-CBC); GM/T 0010-2012 (SM4-CBC, confidence B)
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from gmpki import oids
from gmpki._inputs import as_bytes, member
from gmpki.algorithms import sm4
from gmpki.algorithms.rand import random_bytes
from gmpki.algorithms.sm4_aead import SM4GCM, GCMEncryptor
from gmpki.asn1 import der
from gmpki.asn1.rfc5084 import GCMParameters
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.cms.variants import Variant
from gmpki.errors import DecodeError, DecryptionError, InvalidInputError, UnsupportedAlgorithm

if TYPE_CHECKING:
    from typing import Protocol

    from typing_extensions import Buffer

    from gmpki.algorithms import aes
    from gmpki.oids import ObjectIdentifier

    class _Context(Protocol):
        def update(self, data: Buffer) -> bytes: ...

        def finalize(self) -> bytes: ...


__all__ = ["CipherParameters", "ContentCipher", "ContentDecryptor", "ContentEncryptor"]

_BLOCK_LEN: Final = 16
_NONCE_LEN: Final = 12
_NONCE_LENGTHS: Final = range(8, 129)
_TAG_LEN: Final = 16


class _Kind(NamedTuple):
    oid: ObjectIdentifier
    key_len: int
    is_authenticated: bool


class ContentCipher(Enum):
    """A cipher for the content of messages. The ones with GCM authenticate too, and need AuthEnvelopedData."""

    SM4_CBC = _Kind(oids.SM4_CBC, 16, False)
    SM4_GCM = _Kind(oids.SM4_GCM, 16, True)
    AES128_CBC = _Kind(oids.AES128_CBC, 16, False)
    AES192_CBC = _Kind(oids.AES192_CBC, 24, False)
    AES256_CBC = _Kind(oids.AES256_CBC, 32, False)
    AES128_GCM = _Kind(oids.AES128_GCM, 16, True)
    AES192_GCM = _Kind(oids.AES192_GCM, 24, True)
    AES256_GCM = _Kind(oids.AES256_GCM, 32, True)

    @property
    def oid(self) -> ObjectIdentifier:
        """The identifier that is written."""
        return self.value.oid

    @property
    def key_len(self) -> int:
        """The length of the key in bytes."""
        return self.value.key_len

    @property
    def is_authenticated(self) -> bool:
        """Tell whether changes of the ciphertext are found."""
        return self.value.is_authenticated

    @property
    def is_sm4(self) -> bool:
        """Tell whether it is one of SM4, the only ones that GM/T 0010 has."""
        return self in (ContentCipher.SM4_CBC, ContentCipher.SM4_GCM)

    def generate_key(self) -> bytes:
        """Return a new key.

        :raises RandomSourceError: when the random source fails.
        """
        return random_bytes(self.key_len)


_BY_OID: Final = {cipher.oid: cipher for cipher in ContentCipher} | {oids.SM4: ContentCipher.SM4_CBC}
# What is known and not done, with the reason why.
_IN_HARDWARE: Final = {
    oids.SM1: "SM1, whose description is not public: only hardware has it",
    oids.SSF33: "SSF33, whose description is not public: only hardware has it",
}


@dataclass(frozen=True, slots=True)
class CipherParameters:
    """A cipher with its IV or nonce. Immutable; thread-safe. Made by :meth:`new` and :meth:`read`.

    :ivar cipher: which one.
    :ivar iv: the IV of 16 bytes, or the nonce of GCM.
    :ivar tag_len: the length of the tag in bytes; 0 without GCM.
    :ivar algorithm: the same as it stands in a message.
    :ivar variant: what is unusual about :attr:`algorithm`, or None.
    """

    cipher: ContentCipher
    iv: bytes
    tag_len: int
    algorithm: AlgorithmIdentifier
    variant: Variant | None = None

    @classmethod
    def new(cls, cipher: ContentCipher, *, identifier: ObjectIdentifier | None = None) -> CipherParameters:
        """Make a new IV of 16 bytes, or a nonce of 12.

        :param identifier: written in the place of the cipher's own; CFCA has SM4 without a mode for SM4-CBC.
        :raises InvalidTypeError: when cipher is no ContentCipher.
        :raises InvalidInputError: when the identifier is not one of this cipher.
        :raises RandomSourceError: when the random source fails.
        """
        member(cipher, ContentCipher, "cipher")
        written = cipher.oid if identifier is None else identifier
        if _BY_OID.get(written) is not cipher:
            raise InvalidInputError(f"{written} is no identifier of {cipher.name}")
        if cipher.is_authenticated:
            iv = random_bytes(_NONCE_LEN)
            return cls(cipher, iv, _TAG_LEN, AlgorithmIdentifier(written, GCMParameters(iv, _TAG_LEN).to_der()))
        iv = random_bytes(_BLOCK_LEN)
        return cls(cipher, iv, 0, AlgorithmIdentifier(written, der.encode_octet_string(iv)))

    @classmethod
    def read(cls, algorithm: AlgorithmIdentifier) -> CipherParameters:
        """Take what stands in a message. SM4 without a mode is SM4-CBC when there is an IV (confidence C).

        :raises InvalidTypeError: when it is no AlgorithmIdentifier.
        :raises UnsupportedAlgorithm: when the cipher is not done: SM1 and SSF33, which only hardware has, ECB, which
            does not hide which blocks are equal, and what is not known.
        :raises DecodeError: when the parameters are malformed, or an IV, nonce or tag length is none that is taken.
        """
        member(algorithm, AlgorithmIdentifier, "algorithm")
        cipher = _BY_OID.get(algorithm.algorithm)
        if cipher is None or (algorithm.algorithm == oids.SM4 and algorithm.has_no_parameters):
            raise _unsupported(algorithm)
        if algorithm.parameters is None:
            raise DecodeError(f"{algorithm.shown} without parameters", path=("contentEncryptionAlgorithm",))
        if cipher.is_authenticated:
            gcm = GCMParameters.from_der(algorithm.parameters)
            if len(gcm.nonce) not in _NONCE_LENGTHS:
                raise DecodeError(
                    f"a nonce of {len(gcm.nonce)} bytes; {_NONCE_LENGTHS[0]} to {_NONCE_LENGTHS[-1]} are read",
                    path=("contentEncryptionAlgorithm", "parameters"),
                )
            return cls(cipher, gcm.nonce, gcm.tag_len, algorithm)
        reader = der.Reader(algorithm.parameters, name="contentEncryptionAlgorithm")
        iv = reader.octet_string("parameters", size=_BLOCK_LEN)
        reader.end()
        variant = Variant.CIPHER_WITHOUT_MODE if algorithm.algorithm == oids.SM4 else None
        return cls(cipher, iv, 0, algorithm, variant)

    # ---- in pieces ------------------------------------------------------------------------
    def encryptor(self, key: Buffer, associated_data: Buffer = b"") -> ContentEncryptor:
        """Return a context that encrypts; parameters that were used once must not be used for another message.

        :param associated_data: what GCM authenticates beside the content; empty without GCM.
        :raises InvalidTypeError: when an input is not a buffer.
        :raises InvalidInputError: when the key has a wrong length, or there is associated data without GCM.
        """
        secret, beside = self._inputs(key, associated_data)
        context: sm4.CipherContext | GCMEncryptor | aes.Encryption
        if self.cipher is ContentCipher.SM4_CBC:
            context = sm4.SM4Cipher(secret, sm4.Mode.CBC, self.iv, padding=sm4.Padding.PKCS7).encryptor()
        elif self.cipher is ContentCipher.SM4_GCM:
            context = SM4GCM(secret, tag_length=self.tag_len).encryptor(self.iv)
            context.authenticate_additional_data(beside)
        else:
            from gmpki.algorithms import aes

            if self.cipher.is_authenticated:
                context = aes.gcm_encryptor(secret, self.iv, beside)
            else:
                context = aes.cbc_encryptor(secret, self.iv)
        return ContentEncryptor(context, self.tag_len)

    def decryptor(
        self, key: Buffer, tag: Buffer | None = None, associated_data: Buffer = b"", *, doomed: bool = False
    ) -> ContentDecryptor:
        """Return a context that decrypts.

        :param tag: of GCM; None without.
        :param doomed: the key is known to be none: everything is done as with another, and the end fails.
        :raises InvalidTypeError: when an input is not a buffer.
        :raises InvalidInputError: when key or tag has a wrong length, or there is a tag or associated data without
            GCM.
        """
        secret, beside = self._inputs(key, associated_data)
        expected = self._checked_tag(tag)
        context: _Context
        if self.cipher is ContentCipher.SM4_CBC:
            context = sm4.SM4Cipher(secret, sm4.Mode.CBC, self.iv, padding=sm4.Padding.PKCS7).decryptor()
        elif self.cipher is ContentCipher.SM4_GCM:
            sm4_context = SM4GCM(secret, tag_length=self.tag_len).decryptor(self.iv, expected)
            sm4_context.authenticate_additional_data(beside)
            context = sm4_context
        else:
            from gmpki.algorithms import aes

            if self.cipher.is_authenticated:
                context = aes.gcm_decryptor(secret, self.iv, expected, beside)
            else:
                context = aes.cbc_decryptor(secret, self.iv)
        return ContentDecryptor(context, doomed=doomed)

    def encrypted_len(self, content_len: int) -> int:
        """Return how long a content of so many bytes becomes, a tag not counted: CBC pads it (RFC 5652 6.3)."""
        if self.cipher.is_authenticated:
            return content_len
        return content_len + _BLOCK_LEN - content_len % _BLOCK_LEN

    # ---- whole ------------------------------------------------------------------------------
    def encrypt(self, key: Buffer, content: Buffer, associated_data: Buffer = b"") -> tuple[bytes, bytes | None]:
        """Encrypt a content; return the ciphertext, and the tag of GCM or None.

        Parameters and errors are those of :meth:`encryptor`.

        :raises LimitExceeded: when the content is longer than the cipher takes.
        """
        if self.cipher is ContentCipher.SM4_CBC:  # in one call, which costs one copy less
            secret, _ = self._inputs(key, associated_data)
            return sm4.encrypt(secret, content, sm4.Mode.CBC, self.iv, padding=sm4.Padding.PKCS7), None
        context = self.encryptor(key, associated_data)
        ciphertext = context.update(content)
        rest = context.finalize()
        return ciphertext + rest if rest else ciphertext, context.tag if self.tag_len else None

    def decrypt(
        self,
        key: Buffer,
        ciphertext: Buffer,
        tag: Buffer | None = None,
        associated_data: Buffer = b"",
        *,
        doomed: bool = False,
    ) -> bytes:
        """Decrypt a content; nothing of it is returned when something is wrong.

        Parameters and errors are those of :meth:`decryptor`.

        :raises DecryptionError: when it cannot be decrypted, for whatever cause.
        """
        if self.cipher is ContentCipher.SM4_CBC and tag is None:
            secret, _ = self._inputs(key, associated_data)
            content = sm4.decrypt(secret, ciphertext, sm4.Mode.CBC, self.iv, padding=sm4.Padding.PKCS7)
            if doomed:
                raise DecryptionError
            return content
        context = self.decryptor(key, tag, associated_data, doomed=doomed)
        content = context.update(ciphertext)
        rest = context.finalize()
        return content + rest if rest else content

    # ---- inputs -----------------------------------------------------------------------------
    def _inputs(self, key: Buffer, associated_data: Buffer) -> tuple[bytes, bytes]:
        secret, beside = as_bytes(key, "the key"), as_bytes(associated_data, "associated_data")
        if len(secret) != self.cipher.key_len:
            raise InvalidInputError(f"a key of {self.cipher.name} has {self.cipher.key_len} bytes, not {len(secret)}")
        if beside and not self.cipher.is_authenticated:
            raise InvalidInputError(f"{self.cipher.name} authenticates nothing, and takes no associated data")
        return secret, beside

    def _checked_tag(self, tag: Buffer | None) -> bytes:
        expected = b"" if tag is None else as_bytes(tag, "the tag")
        if len(expected) != self.tag_len:
            raise InvalidInputError(f"a tag of {self.tag_len} bytes goes with these parameters, not {len(expected)}")
        return expected


class ContentEncryptor:
    """A running encryption of a content. A context: one thread at a time."""

    __slots__ = ("_context", "_tag_len")

    def __init__(self, context: sm4.CipherContext | GCMEncryptor | aes.Encryption, tag_len: int) -> None:
        self._context = context
        self._tag_len = tag_len

    def update(self, data: Buffer) -> bytes:
        """Encrypt a piece of any length and return what is ready.

        :raises InvalidTypeError: when it is not a buffer.
        :raises LimitExceeded: when the cipher takes no more.
        :raises StateError: after :meth:`finalize`, or when another thread is using this object.
        """
        return self._context.update(data)

    def finalize(self) -> bytes:
        """End, and return the last bytes.

        :raises StateError: after the first call, or when another thread is using this object.
        """
        return self._context.finalize()

    @property
    def tag(self) -> bytes | None:
        """The tag of GCM; None for a cipher that has none.

        :raises StateError: before :meth:`finalize`.
        """
        if not self._tag_len or isinstance(self._context, sm4.CipherContext):
            return None
        return self._context.tag[: self._tag_len]


class ContentDecryptor:
    """A running decryption of a content. A context: one thread at a time.

    What :meth:`update` returns is **not yet known to be right**: keep it back until :meth:`finalize` has returned.
    """

    __slots__ = ("_context", "_doomed")

    def __init__(self, context: _Context, *, doomed: bool = False) -> None:
        self._context = context
        self._doomed = doomed

    def update(self, data: Buffer) -> bytes:
        """Decrypt a piece of any length and return what is ready.

        :raises InvalidTypeError: when it is not a buffer.
        :raises LimitExceeded: when the cipher takes no more.
        :raises StateError: after :meth:`finalize`, or when another thread is using this object.
        """
        return self._context.update(data)

    def finalize(self) -> bytes:
        """End, and return the last bytes.

        :raises DecryptionError: when key, padding, tag or length is wrong; always the same one.
        :raises StateError: after the first call, or when another thread is using this object.
        """
        try:
            rest = self._context.finalize()
        except DecryptionError:  # InvalidTag among them, which would tell which check it was
            raise DecryptionError from None
        if self._doomed:
            raise DecryptionError
        return rest


def _unsupported(algorithm: AlgorithmIdentifier) -> UnsupportedAlgorithm:
    for arc, reason in _IN_HARDWARE.items():
        if algorithm.algorithm == arc or algorithm.algorithm.startswith(f"{arc}."):
            return UnsupportedAlgorithm(
                f"the content is encrypted with {algorithm.shown}, which is {reason}; the token or the machine "
                "that holds the key must open it"
            )
    if algorithm.algorithm in (oids.SM4, oids.SM4_ECB):
        return UnsupportedAlgorithm(
            f"the content is encrypted with {algorithm.shown} without an IV, which is ECB: equal blocks stay equal, "
            "and it is not read"
        )
    done = ", ".join(cipher.name for cipher in ContentCipher)
    return UnsupportedAlgorithm(f"the content is encrypted with {algorithm.shown}; {done} are read")
