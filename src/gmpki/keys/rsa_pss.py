"""The parameters of RSASSA-PSS, and RSA keys that are certified for that scheme alone.

:standard: RFC 8017 A.2.3; RFC 4055 1.2 and 3.1
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from gmpki import oids
from gmpki._inputs import member
from gmpki.algorithms.policy import DEFAULT_POLICY, AlgorithmPolicy
from gmpki.algorithms.rsa import EncryptionPadding, PublicHandle, SignaturePadding
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier, SubjectPublicKeyInfo
from gmpki.asn1.rfc8017 import RSASSAPSSParams
from gmpki.errors import DecodeError, KeyMismatchError
from gmpki.keys._mgf1 import one_hash
from gmpki.keys.rsa import RSAPublicKey

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["PSSUse", "RSAPSSPublicKey", "read_pss"]

_RSA: Final = AlgorithmIdentifier(oids.RSA_ENCRYPTION, NULL)


class PSSUse(NamedTuple):
    """How RSASSA-PSS is used: the hash, as ``hashlib`` names it, and the length of the salt in bytes."""

    hash_name: str
    salt_len: int


def read_pss(parameters: bytes) -> PSSUse:
    """Read the parameters of RSASSA-PSS, which must name one hash for the message and for MGF1.

    :raises DecodeError: when they are malformed.
    :raises UnsupportedAlgorithm: when they name another mask generation function, two hashes, or one not done.
    :standard: RFC 4055 3.1
    """
    read = RSASSAPSSParams.from_der(parameters)
    hash_name = one_hash("RSASSA-PSS", read.hash_algorithm, read.mask_gen_algorithm)
    if read.trailer_field != 1:
        raise DecodeError(f"the trailer field of RSASSA-PSS is 1, not {read.trailer_field}")
    return PSSUse(hash_name, read.salt_length)


class RSAPSSPublicKey(RSAPublicKey):
    """An RSA public key under id-RSASSA-PSS: it verifies signatures of that scheme and does nothing else.

    Immutable; thread-safe. Equal keys compare equal; the key under rsaEncryption is another.
    """

    __slots__ = ("_allowed", "_info")
    _info: SubjectPublicKeyInfo
    _allowed: PSSUse | None

    def __init__(
        self,
        info: SubjectPublicKeyInfo,
        *,
        hash_name: str | None = None,
        salt_len: int | None = None,
        policy: AlgorithmPolicy = DEFAULT_POLICY,
    ) -> None:
        """Load a key; :func:`~gmpki.keys.loader.load_public_key_info` does it too.

        :param info: the key, its algorithm id-RSASSA-PSS. Parameters there allow one hash, and salts of at least one
            length; without them every hash is allowed.
        :param hash_name: the hash of signatures; None is the one that is allowed, or sha256.
        :param salt_len: the one length in bytes that salts may have; None takes any that are allowed.
        :raises KeyMismatchError: when the key does not allow that hash, or salts that short.
        :raises DecodeError: when the key or its parameters are malformed.
        :raises UnsupportedAlgorithm: when the parameters name what is not done.
        :raises PolicyError: when the policy refuses the hash or the size of the key.
        :raises InvalidTypeError: when an input has the wrong type.
        """
        member(info, SubjectPublicKeyInfo, "info")
        parameters = info.algorithm.parameters
        allowed = None if parameters is None else read_pss(parameters)
        if allowed is not None:
            if hash_name not in (None, allowed.hash_name):
                raise KeyMismatchError(f"the key is for signatures with {allowed.hash_name}, not with {hash_name}")
            if salt_len is not None and salt_len < allowed.salt_len:
                raise KeyMismatchError(f"the key is for salts of {allowed.salt_len} bytes or more, not {salt_len}")
            hash_name = allowed.hash_name
        handle = PublicHandle.from_der(SubjectPublicKeyInfo(_RSA, info.subject_public_key).to_der())
        super().__init__(
            handle, hash_name=hash_name or "sha256", padding=SignaturePadding.PSS, salt_len=salt_len, policy=policy
        )
        object.__setattr__(self, "_info", info)
        object.__setattr__(self, "_allowed", allowed)

    def using(
        self,
        *,
        hash_name: str | None = None,
        padding: SignaturePadding | None = None,
        salt_len: int | None = None,
        policy: AlgorithmPolicy | None = None,
    ) -> RSAPSSPublicKey:
        """Return the same key with another hash, length of salts or policy; errors as the constructor.

        :raises KeyMismatchError: when padding is another than PSS.
        """
        if padding not in (None, SignaturePadding.PSS):
            raise KeyMismatchError("the key is for signatures with RSASSA-PSS alone")
        policy = self._policy if policy is None else policy
        return RSAPSSPublicKey(self._info, hash_name=hash_name, salt_len=salt_len, policy=policy)

    def encrypt(
        self,
        message: Buffer,  # noqa: ARG002 - the parent has them
        *,
        padding: EncryptionPadding = EncryptionPadding.OAEP,  # noqa: ARG002
        hash_name: str = "sha256",  # noqa: ARG002
    ) -> bytes:
        """Refuse: the key is for signatures.

        :raises KeyMismatchError: always.
        """
        raise KeyMismatchError("the key is for signatures with RSASSA-PSS alone, not for encryption")

    def to_der(self) -> bytes:
        """Return the DER of SubjectPublicKeyInfo."""
        return self._info.to_der()

    def __reduce__(self) -> tuple[object, tuple[SubjectPublicKeyInfo]]:  # type: ignore[override]
        make = partial(RSAPSSPublicKey, hash_name=self._hash_name, salt_len=self._salt_len, policy=self._policy)
        return make, (self._info,)
