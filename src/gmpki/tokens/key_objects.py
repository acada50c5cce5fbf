"""Keys in tokens as the keys that everything above works with.

What is public is done here: a message becomes a digest, a signature gets its encoding, a ciphertext is taken apart. A
driver adds the private operations, by a subclass of :class:`KeyOperations`. What a token signs is verified before it is
given out: drivers are met that hash a digest once more, or swap r and s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import as_bytes, as_text, member
from gmpki.algorithms.sm2 import DEFAULT_USER_ID, CiphertextFormat, Role
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.errors import (
    DecryptionError,
    FaultDetected,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    KeyMismatchError,
    TokenError,
    TokenUnsupportedError,
    UnsupportedAlgorithm,
)
from gmpki.keys._hashed import HashedPublicKey
from gmpki.keys._immutable import Secret
from gmpki.keys.ciphertext import SM2Ciphertext
from gmpki.keys.sm2_public import SM2PublicKey

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.keys.ecdsa import ECDSAPublicKey
    from gmpki.keys.interfaces import KeyExchange
    from gmpki.keys.rsa import RSAPublicKey

    PairPublicKey = SM2PublicKey | RSAPublicKey | ECDSAPublicKey

__all__ = ["KeyOperations", "TokenDecryptor", "TokenKeyAgreer", "TokenSigner"]

_SM2_DIGEST_LEN: Final = 32
_MAX_USER_ID_LEN: Final = 8191
# What DigestInfo names, and the digest's length. For SM3 OpenSSL, which verifies here and elsewhere, writes the object
# identifier of the signature and not that of the hash, and refuses the other; no standard that was read decides it.
_HASHES: Final = {
    "sha1": (oids.SHA1, 20),
    "sha256": (oids.SHA256, 32),
    "sha384": (oids.SHA384, 48),
    "sha512": (oids.SHA512, 64),
    "sm3": (oids.RSA_WITH_SM3, 32),
}


class KeyOperations:
    """What a driver does with the private key of one pair. A driver overrides what its token can.

    Each method answers with bytes, or raises a :class:`~gmpki.errors.TokenError`.
    """

    @property
    def place(self) -> str:
        """Where the key is, for messages, such as "container con1 of application A"."""
        return "a token"

    def sign_sm2(self, digest: bytes) -> bytes:
        """Return r, s, 64 bytes, over e of 32 bytes."""
        raise self._lacking("SM2 signatures", digest)

    def sign_rsa(self, digest_info: bytes) -> bytes:
        """Return the signature of PKCS #1 v1.5 over a DigestInfo, which the token pads (RFC 8017 9.2)."""
        raise self._lacking("RSA signatures", digest_info)

    def sign_ecdsa(self, digest: bytes) -> bytes:
        """Return r, s, each as wide as the curve's order, over a digest."""
        raise self._lacking("ECDSA signatures", digest)

    def decrypt_sm2(self, ciphertext: SM2Ciphertext) -> bytes:
        """Return the message."""
        raise self._lacking("SM2 decryption", ciphertext)

    def decrypt_rsa(self, ciphertext: bytes) -> bytes:
        """Return the message, its padding of PKCS #1 v1.5 taken off."""
        raise self._lacking("RSA decryption", ciphertext)

    def exchange(self, role: Role, user_id: bytes) -> KeyExchange:
        """Begin an SM2 key exchange."""
        raise self._lacking("the SM2 key exchange", role, user_id)

    def _lacking(self, what: str, *_: object) -> TokenUnsupportedError:
        return TokenUnsupportedError(f"the driver has no {what.removeprefix('the ')} with the key in {self.place}")


class _TokenKey(Secret):
    """A pair whose private key stays in a token. Immutable; thread-safe as the driver is. It cannot be copied."""

    __slots__ = ("__weakref__", "_operations", "_public")
    _operations: KeyOperations
    _public: PairPublicKey

    def __init__(self, public_key: PairPublicKey, operations: KeyOperations) -> None:
        """Put together the public key of a pair and what a driver does with the private key.

        :raises InvalidTypeError: when an input has the wrong type.
        """
        if not isinstance(public_key, (SM2PublicKey, HashedPublicKey)):
            raise InvalidTypeError(f"public_key must be an SM2, RSA or EC key, not {type(public_key).__name__}")
        member(operations, KeyOperations, "operations")
        object.__setattr__(self, "_public", public_key)
        object.__setattr__(self, "_operations", operations)

    @property
    def public_key(self) -> PairPublicKey:
        """The public key of the pair."""
        return self._public

    @property
    def place(self) -> str:
        """Where the key is, such as "container con1 of application A"."""
        return self._operations.place

    def __repr__(self) -> str:
        return f"<{type(self).__name__} in {self.place}: {self._public!r}>"


class TokenSigner(_TokenKey):
    """A signing key in a token; a :class:`~gmpki.keys.interfaces.Signer`.

    It signs with SM2, with RSA and PKCS #1 v1.5, and with ECDSA.
    """

    __slots__ = ()

    @property
    def signature_algorithm(self) -> AlgorithmIdentifier:
        """The algorithm of the signatures made."""
        return self._public.signature_algorithm

    def using(self, *, hash_name: str) -> TokenSigner:
        """Return the same key with another hash.

        :param hash_name: sha256, sha384 or sha512; with RSA also sm3, and sha1 where the policy allows it.
        :raises UnsupportedAlgorithm: when there is none of this name, and for SM2, which goes with SM3 alone.
        :raises PolicyError: when the policy refuses it.
        :raises InvalidTypeError: when it is not ``str``.
        """
        as_text(hash_name, "hash_name")
        if isinstance(self._public, SM2PublicKey):
            if hash_name != "sm3":
                raise UnsupportedAlgorithm(f"SM2 signs with sm3, not with {hash_name!r}")
            return self
        return TokenSigner(self._public.using(hash_name=hash_name), self._operations)

    def sign(self, message: Buffer, *, user_id: Buffer | None = None) -> bytes:
        """Sign a message; return the signature in the encoding of certificates and messages.

        :param user_id: the signer's id, for SM2 only, 0 to 8191 bytes; None is ``1234567812345678``.
        :raises InvalidTypeError: when an input is not a buffer.
        :raises InvalidInputError: when the user id is too long, or given for another algorithm.
        :raises LoginRequiredError: unless the user has logged in.
        :raises TokenError: when the token refuses or fails, as :mod:`gmpki.tokens.interfaces` lists.
        :raises FaultDetected: when the token's signature does not hold.
        """
        return self.sign_digest(self._public.digest(message, user_id=user_id))

    def sign_digest(self, digest: Buffer) -> bytes:
        """Sign what the public key's ``digest`` made: e of 32 bytes for SM2; errors as :meth:`sign`.

        :raises InvalidInputError: when it has another length than such a digest.
        """
        value = as_bytes(digest, "the digest")
        signature = self._signed(value)
        try:
            self._public.verify_digest(signature, value)
            return self._public.standard_signature(signature)
        except InvalidSignature:
            raise FaultDetected(f"the signature made in {self.place} does not hold; it was not given out") from None

    def _signed(self, digest: bytes) -> bytes:
        public = self._public
        if isinstance(public, SM2PublicKey):
            _expect_len(digest, _SM2_DIGEST_LEN)
            return as_bytes(self._operations.sign_sm2(digest), "what the token answers")
        hash_oid, hash_len = _HASHES[public.hash_name]
        _expect_len(digest, hash_len)
        if _is_rsa(public):
            if public.signature_algorithm.algorithm == oids.RSA_PSS:
                raise TokenUnsupportedError("keys in tokens sign with PKCS #1 v1.5, not with RSASSA-PSS")
            return as_bytes(self._operations.sign_rsa(digest_info(hash_oid, digest)), "what the token answers")
        return as_bytes(self._operations.sign_ecdsa(digest), "what the token answers")


class TokenDecryptor(_TokenKey):
    """An encryption key in a token; a :class:`~gmpki.keys.interfaces.Decryptor`."""

    __slots__ = ()

    def decrypt(self, ciphertext: Buffer) -> bytes:
        """Decrypt a short message, such as a key. RSA has the padding of PKCS #1 v1.5.

        An answer of the token that tells something else than "wrong" is raised as it is: that nobody has logged in,
        that the token is gone. Any other is the one error that gives an attacker nothing. How a token answers wrong
        padding of RSA, and how fast, is its own; who lets strangers try must not show them the difference.

        :param ciphertext: of SM2 the DER of GB/T 35276; others are brought into that form by
            :class:`~gmpki.keys.ciphertext.SM2Ciphertext`.
        :raises DecryptionError: when it cannot be decrypted, for whatever cause.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises LoginRequiredError: unless the user has logged in.
        :raises TokenUnsupportedError: when the driver gives no plaintext out, or the key is one for signatures alone.
        :raises TokenError: of its other subclasses, as :mod:`gmpki.tokens.interfaces` lists.
        """
        data = as_bytes(ciphertext, "the ciphertext")
        try:
            if isinstance(self._public, SM2PublicKey):
                return as_bytes(self._operations.decrypt_sm2(_parts(data)), "what the token answers")
            if _is_rsa(self._public):
                return as_bytes(self._operations.decrypt_rsa(data), "what the token answers")
        except TokenError as error:
            if type(error) is TokenError:
                raise DecryptionError from None
            raise
        raise TokenUnsupportedError(f"the key in {self.place} signs with ECDSA and decrypts nothing")


class TokenKeyAgreer(_TokenKey):
    """A key in a token that takes part in the SM2 key exchange; a :class:`~gmpki.keys.interfaces.KeyAgreer`."""

    __slots__ = ()

    def __init__(self, public_key: PairPublicKey, operations: KeyOperations) -> None:
        """Put together the parts, as of every key.

        :raises InvalidTypeError: when an input has the wrong type.
        :raises KeyMismatchError: when it is no SM2 key.
        """
        super().__init__(public_key, operations)
        if not isinstance(public_key, SM2PublicKey):
            raise KeyMismatchError("only SM2 keys take part in the SM2 key exchange")

    def exchange(self, role: Role, *, user_id: Buffer | None = None) -> KeyExchange:
        """Begin a key exchange on one of its sides.

        :param user_id: the own id, 0 to 8191 bytes; None is ``1234567812345678``.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the user id is too long.
        :raises TokenError: when the token refuses or fails, as :mod:`gmpki.tokens.interfaces` lists.
        """
        member(role, Role, "role")
        identity = DEFAULT_USER_ID if user_id is None else as_bytes(user_id, "user_id")
        if len(identity) > _MAX_USER_ID_LEN:
            raise InvalidInputError(f"a user id has at most {_MAX_USER_ID_LEN} bytes, not {len(identity)}")
        return self._operations.exchange(role, identity)


def digest_info(hash_oid: oids.ObjectIdentifier, digest: bytes) -> bytes:
    """Return the DER of DigestInfo (RFC 8017 9.2), which is what tokens pad and sign with RSA."""
    return der.encode_sequence(AlgorithmIdentifier(hash_oid, NULL).to_der(), der.encode_octet_string(digest))


def _parts(ciphertext: bytes) -> SM2Ciphertext:
    """Take an SM2 ciphertext apart; one that is malformed cannot be decrypted, and that is all that is said."""
    try:
        return SM2Ciphertext.from_bytes(ciphertext, CiphertextFormat.DER)
    except InvalidInputError:
        raise DecryptionError from None


def _is_rsa(public_key: PairPublicKey) -> bool:
    from gmpki.keys.rsa import RSAPublicKey

    return isinstance(public_key, RSAPublicKey)


def _expect_len(digest: bytes, length: int) -> None:
    if len(digest) != length:
        raise InvalidInputError(f"the digest must be {length} bytes long, not {len(digest)}")
