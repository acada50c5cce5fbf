"""The two certificates of one holder: one to sign with, one to be sent encrypted messages.

The signing key never leaves its owner; the encryption key is made and kept by a key-management centre. What must not be
mixed up is checked once, when the pair is put together; whoever holds a :class:`CertificatePair` need not ask again.

:standard: GB/T 20518-2018 and GM/T 0015-2023, whose texts could not be read in full (confidence B for the usages)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from gmpki._inputs import as_bytes, iterated, member
from gmpki.errors import (
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    KeyMismatchError,
    LimitExceeded,
    ValidationError,
)
from gmpki.x509.certificate import Certificate, load_certificates
from gmpki.x509.names import names_match
from gmpki.x509.profile import CA_USAGES, ENCRYPTION_USAGES, SIGNING_USAGES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from typing_extensions import Buffer

    from gmpki.asn1.rfc5280 import Name

__all__ = ["MAX_CERTIFICATES", "CertificatePair", "load_pair"]

MAX_CERTIFICATES: Final = 64
"""The most certificates among which a pair is looked for."""

_MAX_SOURCE_LEN: Final = 1 << 22

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class CertificatePair:
    """A signing and an encryption certificate that belong together. Immutable; thread-safe.

    Whether they are valid, now or at all, is for the path validation to say.

    :raises InvalidTypeError: when one is no Certificate.
    :raises DecodeError: when an extension that tells is malformed.
    :raises ValidationError: when they do not belong together. Its reason is "pair-swapped" when each stands in the
        other's place, "pair-usage" when the usages of one do not fit its place or the two overlap, "pair-subject",
        "pair-issuer" and "pair-serial" when these are not as they should be, "pair-key" when both have the same key,
        "pair-validity" when there is no time at which both are valid.
    """

    signing: Certificate
    encryption: Certificate

    def __post_init__(self) -> None:
        for name in ("signing", "encryption"):
            member(getattr(self, name), Certificate, name)
        _check_usages(self.signing, self.encryption)
        _check_names(self.signing, self.encryption)
        if _same_key(self.signing, self.encryption):
            raise _refused("pair-key", "both certificates have the same key; the two keys of a pair are never one")
        begin, end = self.not_before, self.not_after
        if begin > end:
            raise _refused("pair-validity", f"one certificate begins, {begin}, after the other has ended, {end}")

    @classmethod
    def from_certificates(cls, certificates: Iterable[Certificate]) -> CertificatePair:
        """Find the pair in some certificates, such as those of a file: by their usages, in whatever order they come.

        Certificates of authorities are passed over, and so is a certificate that comes twice.

        :raises InvalidTypeError: when one is no Certificate.
        :raises InvalidInputError: when there is not exactly one signing and one encryption certificate.
        :raises LimitExceeded: for more than 64 certificates.
        :raises DecodeError: when an extension that tells is malformed.
        :raises ValidationError: when they do not belong together; as the constructor.
        """
        signing: list[Certificate] = []
        encryption: list[Certificate] = []
        neither = 0
        for certificate in _distinct(certificates):
            if certificate.is_ca:
                continue
            role = _role_of(certificate)
            if role is None:
                neither += 1
            else:
                (signing if role else encryption).append(certificate)
        if len(signing) == len(encryption) == 1:
            return cls(signing[0], encryption[0])
        hint = f", and {neither} whose keyUsage says neither or both" if neither else ""
        raise InvalidInputError(
            f"a pair is one signing and one encryption certificate; here are {len(signing)} and {len(encryption)}{hint}"
        )

    @property
    def subject(self) -> Name:
        """Whose certificates they are."""
        return self.signing.subject

    @property
    def issuer(self) -> Name:
        """Who issued both."""
        return self.signing.issuer

    @property
    def not_before(self) -> datetime:
        """Since when both are valid."""
        return max(self.signing.not_before, self.encryption.not_before)

    @property
    def not_after(self) -> datetime:
        """Until when both are valid."""
        return min(self.signing.not_after, self.encryption.not_after)

    def to_pem(self) -> bytes:
        """Return both as PEM, the signing certificate first."""
        return self.signing.to_pem() + self.encryption.to_pem()

    def match_keys(self, keys: Iterable[K]) -> tuple[K | None, K | None]:
        """Tell which private key belongs to which certificate.

        :param keys: one or two private keys, or their tokens', each with a ``public_key``.
        :returns: the signing key and the encryption key; None for one that was not given.
        :raises InvalidTypeError: when one is no such key.
        :raises InvalidInputError: when there is none, or there are more than two.
        :raises KeyMismatchError: when one belongs to neither certificate, or both to the same.
        :raises GmpkiError: when the public key of a certificate cannot be loaded, as
            :attr:`Certificate.public_key <gmpki.x509.certificate.Certificate.public_key>`.
        """
        places = {self.signing.public_key.to_der(): 0, self.encryption.public_key.to_der(): 1}
        found: list[K | None] = [None, None]
        for count, key in enumerate(iterated(keys, "keys", most=len(found) + 1), 1):
            if count > len(found):
                raise InvalidInputError("a pair has two private keys; more were given")
            place = places.get(_encoded_public_key(key))
            if place is None:
                raise KeyMismatchError(f"the private key number {count} belongs to neither certificate of the pair")
            if found[place] is not None:
                raise KeyMismatchError(f"both private keys are that of the {('signing', 'encryption')[place]} one")
            found[place] = key
        if found == [None, None]:
            raise InvalidInputError("no private key was given")
        return found[0], found[1]


def load_pair(*sources: Buffer, lenient: bool = False) -> CertificatePair:
    """Load a pair from one file with both certificates, or from one each, in whatever order.

    :param sources: PEM, DER or bare base64; certificates of authorities among them are passed over.
    :param lenient: read certificates that break rules of DER.
    :raises InvalidTypeError: when a source is not a buffer.
    :raises InvalidInputError: when there is no certificate, or not exactly one signing and one encryption certificate.
    :raises LimitExceeded: for more than 64 certificates, or a source of more than 4 MiB.
    :raises DecodeError: when a certificate is malformed.
    :raises ValidationError: when the two do not belong together; as :class:`CertificatePair`.
    """
    if not sources:
        raise InvalidInputError("a pair is loaded from at least one source")
    certificates: list[Certificate] = []
    for source in sources:
        data = as_bytes(source, "a source")
        if len(data) > _MAX_SOURCE_LEN:
            raise LimitExceeded(f"a file of a pair has at most {_MAX_SOURCE_LEN} bytes, not {len(data)}")
        certificates += load_certificates(data, lenient=lenient)
    return CertificatePair.from_certificates(certificates)


# ---- which certificate is which -----------------------------------------------------------
def _role_of(certificate: Certificate) -> bool | None:
    """Return True for a signing certificate, False for an encryption certificate, None for what is neither or both."""
    usages = certificate.key_usage
    if usages is None:
        return None
    signs, encrypts = bool(usages & SIGNING_USAGES), bool(usages & ENCRYPTION_USAGES)
    return None if signs == encrypts else signs


def _check_usages(signing: Certificate, encryption: Certificate) -> None:
    if _role_of(signing) is False and _role_of(encryption) is True:
        raise _refused(
            "pair-swapped", "the two stand in each other's place: what was given to sign with has usages of encryption"
        )
    for name, certificate, wanted, foreign in (
        ("signing", signing, SIGNING_USAGES, ENCRYPTION_USAGES),
        ("encryption", encryption, ENCRYPTION_USAGES, SIGNING_USAGES),
    ):
        usages = certificate.key_usage
        if usages is None:
            raise _refused(
                "pair-usage", f"the {name} certificate has no keyUsage: what it is for is unknown", certificate
            )
        if usages & CA_USAGES or certificate.is_ca:
            raise _refused("pair-usage", f"the {name} certificate is one of an authority", certificate)
        if not usages & wanted:
            raise _refused("pair-usage", f"the {name} certificate has no usage for {name}", certificate)
        if usages & foreign:
            raise _refused(
                "pair-usage",
                f"the {name} certificate has usages of both kinds: it is a single one, not of a pair",
                certificate,
            )


def _check_names(signing: Certificate, encryption: Certificate) -> None:
    if not names_match(signing.subject, encryption.subject):
        raise _refused(
            "pair-subject", f"the two have different subjects: {signing.subject} signs, {encryption.subject} decrypts"
        )
    if not names_match(signing.issuer, encryption.issuer):
        raise _refused("pair-issuer", f"the two have different issuers: {signing.issuer} and {encryption.issuer}")
    keys = [
        identifier.key_identifier
        for identifier in (signing.authority_key_identifier, encryption.authority_key_identifier)
        if identifier is not None and identifier.key_identifier is not None
    ]
    if len(set(keys)) > 1:
        raise _refused("pair-issuer", "the two name different keys of their issuer: two issuers with one name")
    if signing.serial_number == encryption.serial_number:
        raise _refused(
            "pair-serial", f"both have the serial number {signing.serial_number:x}: one issuer gives each only once"
        )


def _same_key(one: Certificate, other: Certificate) -> bool:
    """Tell whether two certificates have one key, also where it is written in two ways."""
    if one.public_key_info.subject_public_key == other.public_key_info.subject_public_key:
        return True
    try:
        return one.public_key == other.public_key
    except GmpkiError:
        return False  # a key that cannot be read here, and its bytes differ


def _refused(reason: str, message: str, certificate: Certificate | None = None) -> ValidationError:
    return ValidationError(reason, message, certificate=certificate)


# ---- inputs -------------------------------------------------------------------------------
def _distinct(certificates: Iterable[Certificate]) -> list[Certificate]:
    found: dict[bytes, Certificate] = {}
    taken = iterated(certificates, "certificates", most=MAX_CERTIFICATES + 1)
    if len(taken) > MAX_CERTIFICATES:
        raise LimitExceeded(f"a pair is looked for among at most {MAX_CERTIFICATES} certificates")
    for certificate in taken:
        member(certificate, Certificate, "a certificate")
        found.setdefault(certificate.der, certificate)
    return list(found.values())


def _encoded_public_key(key: object) -> bytes:
    """Return the SubjectPublicKeyInfo of a private key."""
    encode = getattr(getattr(key, "public_key", None), "to_der", None)
    if not callable(encode):
        raise InvalidTypeError(f"a private key with its public key expected, not {type(key).__name__}")
    encoded: bytes = encode()
    return encoded
