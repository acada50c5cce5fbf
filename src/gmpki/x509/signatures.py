"""Signatures of certificates, requests, revocation lists, OCSP responses and messages, verified one way for all.

The algorithm is that of the key. What stands beside the signature must agree with it and says no more than which hash
was used, because whoever forges a signature also writes its algorithm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from gmpki._inputs import as_bytes, member
from gmpki.algorithms import sm3
from gmpki.algorithms.policy import DEFAULT_POLICY, AlgorithmPolicy
from gmpki.algorithms.sm2 import DEFAULT_USER_ID
from gmpki.asn1.der import Reader, Tag
from gmpki.asn1.quirks import Quirk, QuirkKind, QuirkLog
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, SubjectPublicKeyInfo
from gmpki.errors import (
    DecodeError,
    GmpkiError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    UnsupportedAlgorithm,
)
from gmpki.keys._hashed import HashedPublicKey
from gmpki.keys.signature_algorithms import SM2_SIGNATURES, is_oid_synonym, key_for
from gmpki.keys.sm2_public import SM2PublicKey, verify_batch
from gmpki.x509.named_key import public_key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from typing_extensions import Buffer

    from gmpki.keys.interfaces import PublicKey
    from gmpki.x509.named_key import NamedKey

__all__ = [
    "LENIENT_SIGNATURES",
    "STANDARD_SIGNATURES",
    "DigestSource",
    "SignaturePolicy",
    "holding_at_once",
    "verify_by",
    "verify_digests",
    "verify_signed",
]

_RAW_LEN: Final = 64
# Each id costs one verification of a signature that does not hold.
_MAX_USER_IDS: Final = 8


@dataclass(frozen=True)
class SignaturePolicy:
    """Which signatures are accepted. Immutable; thread-safe.

    :ivar user_ids: the signer's ids for SM2 that are tried, in this order; None is the default ``1234567812345678``,
        b"" the empty id that OpenSSL 3 signs with when it is told nothing. 1 to 8.
    :ivar without_za: also accept SM2 signatures of the plain SM3 digest, made without Z.
    :ivar raw_sm2: also accept SM2 signatures of 64 bytes r, s in place of DER.
    :ivar loose_integers: also accept SM2 signatures as BER, with r or s padded, or without the leading zero byte that
        says they are positive.
    :ivar explicit_curve: also take keys of sm2p256v1 with the parameters of the curve written out.
    :ivar algorithms: decides about hashes and sizes of keys.
    """

    user_ids: tuple[bytes | None, ...] = (None,)
    without_za: bool = False
    raw_sm2: bool = False
    loose_integers: bool = False
    explicit_curve: bool = False
    algorithms: AlgorithmPolicy = DEFAULT_POLICY

    def __post_init__(self) -> None:
        """Check the fields.

        :raises InvalidTypeError: when one has the wrong type.
        :raises InvalidInputError: when there is no user id, or there are more than 8.
        """
        if not isinstance(self.user_ids, tuple) or not all(u is None or isinstance(u, bytes) for u in self.user_ids):
            raise InvalidTypeError("user_ids must be a tuple of bytes and None")
        if not 1 <= len(self.user_ids) <= _MAX_USER_IDS:
            raise InvalidInputError(f"user_ids has 1 to {_MAX_USER_IDS} ids, not {len(self.user_ids)}")
        for name in ("without_za", "raw_sm2", "loose_integers", "explicit_curve"):
            member(getattr(self, name), bool, name)
        member(self.algorithms, AlgorithmPolicy, "algorithms")


STANDARD_SIGNATURES: Final = SignaturePolicy()
"""What the standards say: the default user id, strict DER."""

LENIENT_SIGNATURES: Final = SignaturePolicy(
    (None, b""), without_za=True, raw_sm2=True, loose_integers=True, explicit_curve=True
)
"""Also what is met in the field: the empty user id, no Z, raw signatures or BER, explicit curve parameters."""


def verify_by(
    issuer: NamedKey | PublicKey,
    algorithm: AlgorithmIdentifier,
    signature: Buffer,
    tbs_der: Buffer,
    policy: SignaturePolicy = STANDARD_SIGNATURES,
) -> tuple[Quirk, ...]:
    """Verify a signature with a key, or with the key of a certificate or trust anchor.

    Names are not compared, and neither is looked at what the key may be used for.

    :raises InvalidTypeError: when issuer is neither, or another input has the wrong type.
    :raises GmpkiError: as :func:`~gmpki.keys.loader.load_public_key_info`, when the issuer's key cannot be loaded.

    The rest is as in :func:`verify_signed`.
    """
    member(policy, SignaturePolicy, "policy")
    return verify_signed(_key_of(issuer, policy), algorithm, signature, tbs_der, policy)


def _key_of(issuer: NamedKey | PublicKey, policy: SignaturePolicy) -> PublicKey:
    """Return a key as it is, and that of a certificate or trust anchor as the policy has it loaded."""
    # Asking the protocol itself would load the key, whatever the policy says about it.
    info = getattr(issuer, "public_key_info", None)
    if not isinstance(info, SubjectPublicKeyInfo):
        return issuer  # type: ignore[return-value]
    usual = policy.algorithms is DEFAULT_POLICY or policy.algorithms == DEFAULT_POLICY
    if usual and not policy.explicit_curve:
        return issuer.public_key  # type: ignore[union-attr]
    return public_key_of(info, policy=policy.algorithms, allow_explicit_curve=policy.explicit_curve)


def holding_at_once(
    signed: Sequence[tuple[NamedKey | PublicKey, AlgorithmIdentifier, bytes, bytes]],
    policy: SignaturePolicy = STANDARD_SIGNATURES,
) -> list[tuple[Quirk, ...] | None]:
    """Verify many signatures, several at a time where the processor can; tell what :func:`verify_by` returns for each.

    None is no verdict: this signature does not hold, or in another way than most. :func:`verify_by` says which.

    :param signed: issuer, algorithm, signature and what was signed, as :func:`verify_by` takes them.
    :raises InvalidTypeError: when policy is none.
    """
    member(policy, SignaturePolicy, "policy")
    found: list[tuple[Quirk, ...] | None] = [None] * len(signed)
    user_id = policy.user_ids[0]
    usual = []
    for place, (issuer, algorithm, signature, tbs_der) in enumerate(signed):
        try:
            key, encoded, kinds = _prepared(_key_of(issuer, policy), algorithm, signature, policy)
        except GmpkiError:
            continue
        # Only 64 bytes can be raw; the policy decides about these.
        if isinstance(key, SM2PublicKey) and len(encoded) != _RAW_LEN:
            usual.append((place, (key, encoded, tbs_der), kinds))
    try:
        verdicts = verify_batch([item for _, item, _ in usual], user_id=user_id)
    except GmpkiError:
        return found
    for (place, _, kinds), error in zip(usual, verdicts, strict=True):
        if error is None:
            found[place] = tuple(Quirk(kind, -1, 1, "signature") for kind in kinds + _id_quirks(user_id))
    return found


def verify_signed(
    public_key: PublicKey,
    algorithm: AlgorithmIdentifier,
    signature: Buffer,
    tbs_der: Buffer,
    policy: SignaturePolicy = STANDARD_SIGNATURES,
) -> tuple[Quirk, ...]:
    """Verify the signature of a structure.

    :param public_key: the key that should have made it.
    :param algorithm: the algorithm that stands beside the signature.
    :param tbs_der: the exact bytes that were signed, as they were received.
    :returns: what was met and accepted that is not as the standards say.
    :raises InvalidSignature: when the signature does not hold, or is in no encoding that the policy accepts.
    :raises KeyMismatchError: when the algorithm is not one of the key.
    :raises UnsupportedAlgorithm: when it is not known.
    :raises DecodeError: when its parameters are malformed.
    :raises PolicyError: when the policy refuses the hash or the key.
    :raises InvalidTypeError: when an input has the wrong type.
    :standard: RFC 5280 4.1.1.3; GM/T 0009-2012 10 (the default user id)
    """
    tbs_der = as_bytes(tbs_der, "what was signed")
    key, signature, kinds = _prepared(public_key, algorithm, signature, policy)
    if algorithm.algorithm in SM2_SIGNATURES:
        kinds += _verify_sm2(
            key,
            signature,
            policy,
            lambda encoded, user_id: key.verify(encoded, tbs_der, user_id=user_id),
            lambda encoded: key.verify_digest(encoded, sm3.digest(tbs_der)),
        )
    else:
        key.verify(signature, tbs_der)
    return tuple(Quirk(kind, -1, 1, "signature") for kind in kinds)


class DigestSource(Protocol):
    """Digests of something that was signed and that need not be in memory as a whole."""

    def hash(self, name: str) -> bytes:
        """Return its hash, named as in ``hashlib``."""

    def sm3_after(self, prefix: bytes) -> bytes:
        """Return the SM3 hash of the prefix and what follows it."""


def verify_digests(
    public_key: PublicKey,
    algorithm: AlgorithmIdentifier,
    signature: Buffer,
    digests: DigestSource,
    policy: SignaturePolicy = STANDARD_SIGNATURES,
) -> tuple[Quirk, ...]:
    """Verify a signature by the digests of what was signed; the rest as :func:`verify_signed`.

    :raises UnsupportedAlgorithm: when the algorithm is not known, or signs no digest, as Ed25519.
    """
    key, signature, kinds = _prepared(public_key, algorithm, signature, policy)
    if isinstance(key, SM2PublicKey):
        kinds += _verify_sm2(
            key,
            signature,
            policy,
            lambda encoded, user_id: key.verify_digest(encoded, digests.sm3_after(key.za(user_id=user_id))),
            lambda encoded: key.verify_digest(encoded, digests.hash("sm3")),
        )
    elif isinstance(key, HashedPublicKey):
        key.verify_digest(signature, digests.hash(key.hash_name))
    else:
        raise UnsupportedAlgorithm(f"{algorithm.shown} signs whole messages, not their digests")
    return tuple(Quirk(kind, -1, 1, "signature") for kind in kinds)


def _prepared(
    public_key: PublicKey, algorithm: AlgorithmIdentifier, signature: Buffer, policy: SignaturePolicy
) -> tuple[PublicKey, bytes, list[QuirkKind]]:
    """Return the key as it verifies, the signature, and what is unusual about the algorithm."""
    member(policy, SignaturePolicy, "policy")
    key = key_for(public_key, algorithm, policy.algorithms)
    signature = as_bytes(signature, "the signature")
    # Tokens give r, s of fixed width, and the keys understand them; certificates have DER.
    if algorithm.algorithm not in SM2_SIGNATURES and key.standard_signature(signature) != signature:
        raise InvalidSignature(f"the signature is not in the encoding of {algorithm.shown}: {len(signature)} bytes")
    return key, signature, [QuirkKind.OID_SYNONYM] if is_oid_synonym(algorithm) else []


def _verify_sm2(
    key: PublicKey,
    signature: bytes,
    policy: SignaturePolicy,
    verify: Callable[[bytes, bytes | None], object],
    verify_plain: Callable[[bytes], object],
) -> list[QuirkKind]:
    """Try what the policy allows; return the departures of what held.

    :param verify: verifies a signature by a user id.
    :param verify_plain: verifies a signature of the digest without Z.
    """
    kinds = []
    # Only 64 bytes can be raw; DER of that length, which short numbers give, stays as it is.
    if len(signature) == _RAW_LEN and key.standard_signature(signature) != signature:
        if not policy.raw_sm2:
            raise InvalidSignature("the SM2 signature is 64 raw bytes r, s where DER belongs")
        kinds.append(QuirkKind.RAW_SIGNATURE)
    elif policy.loose_integers and not _is_encoded(key, signature):
        loose = _loose_integers(signature)
        if loose is not None:
            signature = loose
            kinds.append(QuirkKind.INTEGER)
    for user_id in policy.user_ids:
        if _holds(verify, signature, user_id):
            return kinds + _id_quirks(user_id)
    if policy.without_za and _holds(verify_plain, signature):
        return [*kinds, QuirkKind.WITHOUT_ZA]
    # What is in no encoding at all gets the error that says so.
    key.standard_signature(signature)
    tried = [_shown_id(user_id) for user_id in policy.user_ids] + ["no Z"] * policy.without_za
    raise InvalidSignature(
        f"the SM2 signature does not hold; tried with {', '.join(tried)}; "
        "gmpki.keys.diagnose.diagnose_signature tells what else may have been signed"
    )


def _is_encoded(key: PublicKey, signature: bytes) -> bool:
    return _holds(key.standard_signature, signature)


def _loose_integers(signature: bytes) -> bytes | None:
    """Return r, s as 64 bytes of what is SEQUENCE { INTEGER, INTEGER } to a tolerant eye, both taken as positive."""
    reader = Reader(signature, quirks=QuirkLog())
    try:
        with reader.sequence() as fields:
            numbers = [fields.octet_string(name, tag=Tag.INTEGER).lstrip(b"\0") for name in ("r", "s")]
        reader.end()
    except DecodeError:
        return None
    if any(len(number) > _RAW_LEN // 2 for number in numbers):
        return None
    return b"".join(number.rjust(_RAW_LEN // 2, b"\0") for number in numbers)


def _holds(verify: Callable[..., object], *parts: bytes | None) -> bool:
    try:
        verify(*parts)
    except InvalidSignature:
        return False
    return True


def _id_quirks(user_id: bytes | None) -> list[QuirkKind]:
    if user_id is None or user_id == DEFAULT_USER_ID:
        return []
    return [QuirkKind.OTHER_USER_ID if user_id else QuirkKind.EMPTY_USER_ID]


def _shown_id(user_id: bytes | None) -> str:
    if user_id is None:
        return f"the user id {DEFAULT_USER_ID.decode()}"
    return f"the user id {user_id!r}" if user_id else "the empty user id"
