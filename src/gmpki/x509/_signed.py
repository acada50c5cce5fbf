"""What certificates and requests have in common: exact bytes, a signature, a public key, quirks.

An object of these classes keeps the bytes it was read from. Nothing is ever encoded again: a signature is verified
over the bytes that came, and ``to_der`` returns them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Final, Generic, TypeVar

from gmpki import oids
from gmpki._inputs import as_bytes, member
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema
from gmpki.asn1.gmt0009 import SM2Signature
from gmpki.asn1.quirks import Quirk, QuirkKind, QuirkLog
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, SubjectPublicKeyInfo
from gmpki.errors import DecodeError, GmpkiError, InvalidInputError, InvalidSignature, LimitExceeded
from gmpki.keys import ec_forms, pem
from gmpki.keys._immutable import Immutable
from gmpki.keys.signature_algorithms import SM2_SIGNATURES, is_oid_synonym
from gmpki.x509._received import Received, read_received
from gmpki.x509.named_key import public_key_of
from gmpki.x509.signatures import SignaturePolicy, holding_at_once, verify_by

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from typing_extensions import Buffer, Self

    from gmpki.keys.interfaces import PublicKey as PublicKeyProtocol
    from gmpki.keys.loader import PublicKey
    from gmpki.x509.named_key import NamedKey

__all__ = ["SignedObject", "note_algorithm", "note_key", "verify_each"]

S = TypeVar("S", bound=Schema)

_RAW_SM2_LEN: Final = 64
# RFC 4055 5.
_WANTS_NULL: Final = frozenset({oids.RSA_SHA1, oids.RSA_SHA256, oids.RSA_SHA384, oids.RSA_SHA512, oids.RSA_WITH_SM3})


class SignedObject(Immutable, ABC, Generic[S]):
    """A signed structure with a public key inside. Immutable; thread-safe. Equal by its bytes; it can be pickled."""

    __slots__ = ("_der", "_lenient", "_public_key", "_quirks", "_received")
    _der: bytes
    _lenient: bool
    _quirks: tuple[Quirk, ...]
    _received: Received[S]
    _public_key: PublicKey

    # What subclasses say about themselves.
    _WHAT: ClassVar[str]
    _LABEL: ClassVar[str]
    _MAX_LEN: ClassVar[int]
    _TBS_NAME: ClassVar[str]

    @classmethod
    def _read(cls, data: Buffer, kind: type[S], *, lenient: bool) -> Self:
        """Read the frame and what is signed, and note what concerns algorithms, keys and signatures."""
        member(lenient, bool, "lenient")
        encoded = as_bytes(data, f"a {cls._WHAT}")
        if len(encoded) > cls._MAX_LEN:
            raise LimitExceeded(f"a {cls._WHAT} of {len(encoded)} bytes; at most {cls._MAX_LEN} are read")
        received = read_received(encoded, kind, cls._TBS_NAME, lenient=lenient, max_len=cls._MAX_LEN)
        return cls._of(encoded, received, lenient=lenient)

    @classmethod
    def _of(cls, encoded: bytes, received: Received[S], *, lenient: bool) -> Self:
        """Make an object of what was read from its encoding."""
        signed = received.signed
        note_algorithm(received.log, signed.signature_algorithm, "signatureAlgorithm")
        if lenient and _is_raw_sm2(signed.signature_algorithm, signed.signature):
            received.log.note(QuirkKind.RAW_SIGNATURE, path="signature")
        self = cls.__new__(cls)
        object.__setattr__(self, "_der", encoded)
        object.__setattr__(self, "_lenient", lenient)
        object.__setattr__(self, "_received", received)
        return self

    @property
    def der(self) -> bytes:
        """The exact bytes it was read from."""
        return self._der

    def to_der(self) -> bytes:
        """Return the exact bytes it was read from."""
        return self._der

    def to_pem(self) -> bytes:
        """Return the same as PEM."""
        return pem.write_pem(self._LABEL, self._der)

    @property
    def tbs_der(self) -> bytes:
        """The exact bytes that are signed."""
        return self._received.signed.tbs_der

    @property
    def signature_algorithm(self) -> AlgorithmIdentifier:
        """The algorithm that stands beside the signature."""
        return self._received.signed.signature_algorithm

    @property
    def signature(self) -> bytes:
        """The signature, as it stands there."""
        return self._received.signed.signature

    @property
    def quirks(self) -> tuple[Quirk, ...]:
        """What was met and accepted that is not as the standards say, in the order it was met."""
        return self._quirks

    @property
    def is_lenient(self) -> bool:
        """Tell whether it was read leniently."""
        return self._lenient

    def _load_public_key(self, info: SubjectPublicKeyInfo) -> PublicKey:
        key: PublicKey | None = getattr(self, "_public_key", None)
        if key is None:
            key = public_key_of(info, allow_explicit_curve=self._lenient)
            object.__setattr__(self, "_public_key", key)
        return key

    def _verify(self, issuer: NamedKey | PublicKeyProtocol, policy: SignaturePolicy) -> tuple[Quirk, ...]:
        """Verify the signature over the bytes that came or, where those were BER, over their DER."""
        signed = self._received.signed
        normalised = self._received.normalised_tbs
        try:
            return verify_by(issuer, signed.signature_algorithm, signed.signature, signed.tbs_der, policy)
        except InvalidSignature:
            if normalised is None:
                raise
        quirks = verify_by(issuer, signed.signature_algorithm, signed.signature, normalised, policy)
        return (*quirks, Quirk(QuirkKind.NORMALISED, -1, 1, "signature"))

    def __eq__(self, other: object) -> bool:
        return self._der == other._der if isinstance(other, type(self)) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._der)

    def __reduce__(self) -> tuple[object, tuple[type[Self], bytes, bool]]:
        return _restore, (type(self), self._der, self._lenient)

    @classmethod
    @abstractmethod
    def from_der(cls, data: Buffer, *, lenient: bool = False) -> Self:
        """Read one from DER; subclasses say more."""

    @classmethod
    def from_pem(cls, data: Buffer, *, lenient: bool = False) -> Self:
        """Read one from a PEM file that holds one; other blocks are passed over. Parameters as :meth:`from_der`.

        :raises InvalidInputError: when it holds none, or more than one.
        :raises DecodeError: when the PEM is broken, or as :meth:`from_der` does.
        :raises InvalidTypeError: when data is not a buffer.
        :raises LimitExceeded: when it is too long.
        """
        blocks = [block.data for block in pem.read_pem(data) if block.label == cls._LABEL]
        if len(blocks) != 1:
            raise InvalidInputError(f"the file has {len(blocks)} PEM blocks {cls._LABEL!r}, not one")
        return cls.from_der(blocks[0], lenient=lenient)


def _restore(kind: type[SignedObject[S]], data: bytes, lenient: bool) -> SignedObject[S]:
    return kind.from_der(data, lenient=lenient)


def verify_each(
    signed: Sequence[tuple[SignedObject[Any], NamedKey | PublicKeyProtocol]], policy: SignaturePolicy
) -> list[tuple[Quirk, ...] | GmpkiError]:
    """Verify many objects, each with the key of its issuer, several at a time where the processor can.

    :returns: for each what its ``verify_signature`` returns, or the error that it raises.
    """
    frames = [(issuer, each._received.signed) for each, issuer in signed]
    held = holding_at_once(
        [(issuer, frame.signature_algorithm, frame.signature, frame.tbs_der) for issuer, frame in frames], policy
    )
    return [
        _verified(each, issuer, policy) if quirks is None else quirks
        for (each, issuer), quirks in zip(signed, held, strict=True)
    ]


def _verified(
    each: SignedObject[Any], issuer: NamedKey | PublicKeyProtocol, policy: SignaturePolicy
) -> tuple[Quirk, ...] | GmpkiError:
    try:
        return each._verify(issuer, policy)
    except GmpkiError as error:
        return error


def note_algorithm(log: QuirkLog, algorithm: AlgorithmIdentifier, path: str) -> None:
    """Note what a signature algorithm has that the standards write otherwise, and that is accepted everywhere.

    NULL where nothing should be has been noted where the identifier was read.
    """
    if algorithm.parameters is None and algorithm.algorithm in _WANTS_NULL:
        log.note(QuirkKind.MISSING_PARAMETERS, path=path)
    if is_oid_synonym(algorithm):
        log.note(QuirkKind.OID_SYNONYM, path=path)


def note_key(log: QuirkLog, info: SubjectPublicKeyInfo, path: str) -> None:
    """Note what the algorithm of a public key has that the standards write otherwise."""
    algorithm = info.algorithm
    if algorithm.algorithm in ec_forms.SM2_KEY_SYNONYMS:
        log.note(QuirkKind.OID_SYNONYM, path=path)
    parameters = algorithm.parameters
    if algorithm.algorithm == oids.EC_PUBLIC_KEY and parameters is not None and parameters[0] == der.Tag.SEQUENCE:
        log.note(QuirkKind.EXPLICIT_CURVE, path=path)


def _is_raw_sm2(algorithm: AlgorithmIdentifier, signature: bytes) -> bool:
    if len(signature) != _RAW_SM2_LEN or algorithm.algorithm not in SM2_SIGNATURES:
        return False
    try:
        SM2Signature.from_der(signature)
    except DecodeError:
        return True
    return False
