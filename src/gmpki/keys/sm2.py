"""SM2 keys in software.

>>> from gmpki.keys.sm2 import SM2PrivateKey
>>> key = SM2PrivateKey.generate()
>>> signature = key.sign(b"message")
>>> key.public_key.verify(signature, b"message")
>>> key.decrypt(key.public_key.encrypt(b"secret"))
b'secret'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._inputs import iterator, member
from gmpki.algorithms import sm2
from gmpki.algorithms.sm2 import (
    DEFAULT_USER_ID,
    CiphertextFormat,
    PointFormat,
    PrivateScalar,
    Role,
    SignatureEncoding,
)
from gmpki.asn1.rfc5915 import ECPrivateKey
from gmpki.errors import InvalidTypeError
from gmpki.keys import ec_forms, pem
from gmpki.keys._private import PrivateKeyBase
from gmpki.keys.pbes2 import EncryptionProfile
from gmpki.keys.sm2_exchange import SM2AgreedKey, SM2KeyExchange
from gmpki.keys.sm2_public import SIGNATURE_ALGORITHM, SM2PublicKey, effective_user_id, unhex, verify_batch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

    from gmpki.asn1.rfc5280 import AlgorithmIdentifier
    from gmpki.asn1.rfc5958 import PrivateKeyInfo

__all__ = [
    "DEFAULT_USER_ID",
    "CiphertextFormat",
    "EncryptionProfile",
    "PointFormat",
    "Role",
    "SM2AgreedKey",
    "SM2KeyExchange",
    "SM2PrivateKey",
    "SM2PublicKey",
    "SignatureEncoding",
    "verify_batch",
]

_DER = SignatureEncoding.DER


class SM2PrivateKey(PrivateKeyBase):
    """An SM2 private key with its public key. Immutable; thread-safe. It can be neither pickled nor copied.

    The number lives in memory of the C core that is overwritten when the object goes. The bytes that
    :meth:`from_bytes` is given and the ``to_`` methods return are Python's, and cannot be.

    :standard: GB/T 32918.1-2016 6.1
    """

    __slots__ = ("_public", "_scalar")
    _scalar: PrivateScalar
    _public: SM2PublicKey

    def __init__(self, scalar: PrivateScalar) -> None:
        """Wrap a scalar; :meth:`generate` makes one, :meth:`from_bytes` and :meth:`from_hex` decode one.

        :raises InvalidTypeError: when scalar is no :class:`~gmpki.algorithms.sm2.PrivateScalar`.
        """
        if not isinstance(scalar, PrivateScalar):
            raise InvalidTypeError(
                f"an SM2PrivateKey is made by generate, from_bytes or from_hex, not from {type(scalar).__name__}"
            )
        object.__setattr__(self, "_scalar", scalar)
        object.__setattr__(self, "_public", SM2PublicKey(scalar.point))

    @classmethod
    def generate(cls) -> SM2PrivateKey:
        """Make a new key from the operating system's random source.

        :raises RandomSourceError: when the source fails.
        """
        return cls(PrivateScalar.generate())

    @classmethod
    def generate_batch(cls, count: int) -> list[SM2PrivateKey]:
        """Make many new keys, several at a time where the processor can.

        :param count: how many, 0 to 2^20.
        :raises InvalidTypeError: when it is not an ``int``.
        :raises InvalidInputError: when it is outside.
        :raises RandomSourceError: when the random source fails.
        """
        return [cls(scalar) for scalar in sm2.generate_batch(count)]

    @classmethod
    def from_bytes(cls, d: Buffer) -> SM2PrivateKey:
        """Take a private key of 32 bytes, big endian.

        :raises InvalidTypeError: when it is not a buffer; text goes to :meth:`from_hex`.
        :raises InvalidInputError: when it has another length.
        :raises InvalidScalarError: when it is outside [1, n-2].
        """
        return cls(PrivateScalar.from_bytes(d))

    @classmethod
    def from_hex(cls, text: str) -> SM2PrivateKey:
        """Take a private key of 64 hexadecimal digits.

        :raises InvalidTypeError: when it is not ``str``.
        :raises InvalidInputError: when it is not hexadecimal, or of another length.
        :raises InvalidScalarError: when it is outside [1, n-2].
        """
        return cls(PrivateScalar.from_bytes(unhex(text, "private key")))

    @property
    def public_key(self) -> SM2PublicKey:
        """The public key of the pair."""
        return self._public

    @property
    def signature_algorithm(self) -> AlgorithmIdentifier:
        """SM2-with-SM3, parameters absent."""
        return SIGNATURE_ALGORITHM

    # ---- use ----------------------------------------------------------------------------
    def sign(
        self,
        message: Buffer,
        *,
        user_id: Buffer | None = None,
        encoding: SignatureEncoding = SignatureEncoding.DER,
        deterministic: bool = False,
        verify: bool = False,
    ) -> bytes:
        """Sign a message.

        :param user_id: the signer's id, 0 to 8191 bytes; None is ``1234567812345678``.
        :param encoding: DER of at most 72 bytes, or RAW, r, s as 64 bytes.
        :param deterministic: take the nonce from RFC 6979 with HMAC-SM3; otherwise from the key, e and fresh random
            bytes.
        :param verify: verify the signature before it is returned, against hardware faults.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the user id is too long.
        :raises RandomSourceError: when the random source fails.
        :raises FaultDetected: when verify is set and the signature does not hold.
        :standard: GB/T 32918.2-2016 6.1
        """
        if type(encoding) is not SignatureEncoding:
            member(encoding, SignatureEncoding, "encoding")
        raw = sm2.sign(self._scalar, message, effective_user_id(user_id), deterministic=deterministic, verify=verify)
        return sm2.signature_to_der(raw) if encoding is _DER else raw

    def sign_digest(
        self,
        digest: Buffer,
        *,
        encoding: SignatureEncoding = SignatureEncoding.DER,
        deterministic: bool = False,
        verify: bool = False,
    ) -> bytes:
        """Sign e, the 32 bytes that :meth:`SM2PublicKey.digest` returns; never a message or its plain hash.

        Parameters and errors are those of :meth:`sign`.

        :raises InvalidInputError: when digest is not 32 bytes.
        :standard: GB/T 32918.2-2016 6.1 A3 to A7
        """
        if type(encoding) is not SignatureEncoding:
            member(encoding, SignatureEncoding, "encoding")
        raw = sm2.sign_digest(self._scalar, digest, deterministic=deterministic, verify=verify)
        return sm2.signature_to_der(raw) if encoding is _DER else raw

    def sign_batch(
        self,
        messages: Iterable[Buffer],
        *,
        user_id: Buffer | None = None,
        encoding: SignatureEncoding = SignatureEncoding.DER,
        deterministic: bool = False,
        verify: bool = False,
    ) -> list[bytes]:
        """Sign many messages, several at a time where the processor can, and return the signatures in their order.

        Parameters and errors are those of :meth:`sign`; when one is raised, no signature is returned.

        :param messages: any number of buffers; an iterator is read in parts.
        :raises InvalidTypeError: when messages cannot be iterated, or an input has the wrong type.
        :standard: GB/T 32918.2-2016 6.1
        """
        if type(encoding) is not SignatureEncoding:
            member(encoding, SignatureEncoding, "encoding")
        items = ((self._scalar, message) for message in iterator(messages, "messages"))
        raws = sm2.sign_batch(items, effective_user_id(user_id), deterministic=deterministic, verify=verify)
        return [sm2.signature_to_der(raw) for raw in raws] if encoding is _DER else raws

    def decrypt(self, ciphertext: Buffer, *, formats: CiphertextFormat = CiphertextFormat.AUTO) -> bytes:
        """Decrypt a message. Every form that the bytes can have is tried; the hash C3 inside them decides.

        :param formats: what to try: DER, and C1 C3 C2 with 04, without it, or compressed; the order C1 C2 C3 of 2010
            only when asked, with ``CiphertextFormat.AUTO_WITH_C1C2C3``.
        :raises DecryptionError: when none of them gives a message, for whatever cause;
            :func:`gmpki.keys.diagnose.describe_ciphertext` tells what the bytes look like.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when formats is none.
        :standard: GB/T 32918.4-2016 7.1
        """
        return sm2.decrypt(self._scalar, ciphertext, formats)

    def exchange(self, role: Role, *, user_id: Buffer | None = None) -> SM2KeyExchange:
        """Begin a key exchange on one of its sides.

        :param role: who speaks first is ``Role.INITIATOR``.
        :param user_id: the own id, 0 to 8191 bytes; None is ``1234567812345678``.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the user id is too long.
        :raises RandomSourceError: when the random source fails.
        :standard: GB/T 32918.3-2016 6.1
        """
        return SM2KeyExchange(self._scalar, role, effective_user_id(user_id))

    def ecdh(self, peer: SM2PublicKey) -> bytes:
        """Return the point d * peer, 64 bytes (x, y), for protocols that derive keys themselves.

        :raises InvalidTypeError: when peer is no SM2PublicKey.
        """
        if not isinstance(peer, SM2PublicKey):
            raise InvalidTypeError(f"peer must be an SM2PublicKey, not {type(peer).__name__}")
        return sm2.ecdh(self._scalar, peer._point)

    # ---- encodings ----------------------------------------------------------------------
    def to_bytes(self) -> bytes:
        """Return the private key: 32 bytes, big endian. Secret."""
        return self._scalar.to_bytes()

    def to_sec1_der(self) -> bytes:
        """Return the DER of ECPrivateKey (RFC 5915) with the curve's name and the public key, not encrypted."""
        return ECPrivateKey(self.to_bytes(), ec_forms.SM2_PARAMETERS, self._public.to_bytes()).to_der()

    def to_sec1_pem(self, *, parameters: bool = False) -> bytes:
        """Return the same as PEM, ``EC PRIVATE KEY``.

        :param parameters: put an ``EC PARAMETERS`` block in front, as ``openssl ecparam -genkey`` does.
        """
        front = pem.write_pem("EC PARAMETERS", ec_forms.SM2_PARAMETERS) if parameters else b""
        return front + pem.write_pem("EC PRIVATE KEY", self.to_sec1_der())

    def _info(self) -> PrivateKeyInfo:
        return ec_forms.sm2_private_info(self.to_bytes(), self._public.to_bytes())

    def __repr__(self) -> str:
        return f"<SM2PrivateKey of {self._public!r}>"
