"""A name with its public key: what verifies a signature that someone of that name made."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from gmpki._inputs import member
from gmpki.algorithms.policy import DEFAULT_POLICY, AlgorithmPolicy
from gmpki.asn1.rfc5280 import Name, SubjectPublicKeyInfo
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.keys._hashed import HashedPublicKey
from gmpki.keys.interfaces import PublicKey as KeyProtocol
from gmpki.keys.loader import load_public_key_info
from gmpki.keys.sm2_public import SM2PublicKey

if TYPE_CHECKING:
    from gmpki.keys.loader import PublicKey
    from gmpki.x509.certificate import Certificate

__all__ = ["NamedKey", "TrustAnchor", "key_info_of", "public_key_of"]


@runtime_checkable
class NamedKey(Protocol):
    """A name with its public key, such as the certificate of an authority or a trust anchor."""

    @property
    def subject(self) -> Name:
        """Whose key it is."""

    @property
    def public_key_info(self) -> SubjectPublicKeyInfo:
        """The key as certificates have it."""

    @property
    def public_key(self) -> PublicKey:
        """The key itself.

        :raises GmpkiError: as :func:`~gmpki.keys.loader.load_public_key_info`.
        """


@dataclass(frozen=True, slots=True)
class TrustAnchor:
    """A name and key that are trusted without proof. Immutable; thread-safe.

    :ivar certificate: the certificate they were taken from; None when there was none.
    :standard: RFC 5280 6.1.1 (d)
    """

    subject: Name
    public_key_info: SubjectPublicKeyInfo
    certificate: Certificate | None = None

    def __post_init__(self) -> None:
        """Check the fields.

        :raises InvalidTypeError: when one has the wrong type.
        :raises InvalidInputError: when the certificate has another name or key: nobody could tell which is trusted.
        """
        member(self.subject, Name, "subject")
        member(self.public_key_info, SubjectPublicKeyInfo, "public_key_info")
        if self.certificate is None:
            return
        from gmpki.x509.certificate import Certificate

        member(self.certificate, Certificate, "certificate")
        if (self.subject, self.public_key_info) != (self.certificate.subject, self.certificate.public_key_info):
            raise InvalidInputError(
                "the name and the key of a trust anchor are those of its certificate, if it has one"
            )

    @classmethod
    def of(cls, certificate: Certificate) -> TrustAnchor:
        """Take the name and the key of a certificate, most often a self-signed one.

        :raises InvalidTypeError: when it is no Certificate.
        """
        from gmpki.x509.certificate import Certificate

        member(certificate, Certificate, "certificate")
        return cls(certificate.subject, certificate.public_key_info, certificate)

    @property
    def public_key(self) -> PublicKey:
        """The key itself; errors as :func:`~gmpki.keys.loader.load_public_key_info`."""
        if self.certificate is not None:
            return self.certificate.public_key
        return public_key_of(self.public_key_info)


def public_key_of(
    info: SubjectPublicKeyInfo, *, policy: AlgorithmPolicy = DEFAULT_POLICY, allow_explicit_curve: bool = False
) -> PublicKey:
    """Load a public key, or return the one that was loaded from the same structure before.

    The certificates of one authority, and all that it signed, bring the same key again and again; to check that a
    point is on its curve, and for other algorithms to set up the library below, costs more than to look it up. Keys
    are immutable. Parameters and errors are those of :func:`~gmpki.keys.loader.load_public_key_info`.
    """
    member(info, SubjectPublicKeyInfo, "info")
    member(policy, AlgorithmPolicy, "policy")
    return _loaded(info, policy, bool(allow_explicit_curve))


@lru_cache(maxsize=256)
def _loaded(info: SubjectPublicKeyInfo, policy: AlgorithmPolicy, allow_explicit_curve: bool) -> PublicKey:
    return load_public_key_info(info, policy=policy, allow_explicit_curve=allow_explicit_curve)


def key_info_of(public_key: KeyProtocol | SubjectPublicKeyInfo, name: str = "public_key") -> SubjectPublicKeyInfo:
    """Return the structure of a public key, wherever the key lives.

    :raises InvalidTypeError: when it is neither a public key nor such a structure.
    :raises DecodeError: when what a foreign key object calls its DER is none.
    """
    if isinstance(public_key, SubjectPublicKeyInfo):
        return public_key
    # The classes are asked first: what a protocol asks for takes ten times as long to find out.
    if isinstance(public_key, (SM2PublicKey, HashedPublicKey)):
        return _info_of(public_key.to_der())
    if not isinstance(public_key, KeyProtocol):
        raise InvalidTypeError(
            f"{name} must be a public key or a SubjectPublicKeyInfo, not {type(public_key).__name__}"
        )
    return SubjectPublicKeyInfo.from_der(public_key.to_der())


@lru_cache(maxsize=64)
def _info_of(encoded: bytes) -> SubjectPublicKeyInfo:
    return SubjectPublicKeyInfo.from_der(encoded)
