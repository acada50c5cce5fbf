"""What stands between an application and a signature: what was accepted, and the bytes that are about to be signed.

An authority that keeps a record of everything it signs writes the bytes down first:

>>> from gmpki.keys.sm2 import SM2PrivateKey
>>> from gmpki.x509.issuing import Issuer, self_signed
>>> from gmpki.x509.names import build_name
>>> root_key, owner_key, encryption_key = (SM2PrivateKey.generate() for _ in range(3))
>>> root = self_signed(build_name(("C", "CN"), ("O", "示例CA"), ("CN", "示例根")), root_key, "root-ca")
>>> issuer = Issuer(root, root_key)
>>> owner = build_name(("C", "CN"), ("O", "示例市社会保障局"), ("CN", "示例市社会保障局"))
>>> accepted = issuer.accept((owner, owner_key.public_key), "organisation")
>>> prepared = issuer.prepare(accepted, encryption_key=encryption_key.public_key)
>>> [each.role.value for each in prepared]
['signing', 'encryption']
>>> issuer.sign(prepared[0]).subject == owner
True
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import as_bytes, member, number
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, GeneralName, Name, Validity
from gmpki.asn1.rfc5280.ext_keys import AuthorityKeyIdentifier
from gmpki.errors import (
    DecodeError,
    FaultDetected,
    GmpkiError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    KeyMismatchError,
    ValidationError,
)
from gmpki.keys.interfaces import PublicKey, Signer
from gmpki.keys.many import sign_many, signs_at_once
from gmpki.keys.sm2_public import SM2PublicKey
from gmpki.x509 import _application
from gmpki.x509._signed import verify_each
from gmpki.x509.certificate import Certificate
from gmpki.x509.certificate_builder import CertificateBuilder, key_identifier, random_serial_number
from gmpki.x509.named_key import key_info_of, public_key_of
from gmpki.x509.profile import Profile, Role, load_profile
from gmpki.x509.signatures import SignaturePolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeAlias

    from gmpki.asn1.rfc5280 import Extension
    from gmpki.asn1.rfc5280._extension_value import ExtensionValue
    from gmpki.keys.loader import PublicKey as LoadedKey
    from gmpki.x509._draft import Draft
    from gmpki.x509.request import CertificateRequest

    Check: TypeAlias = Callable[[bytes], object]
    Added: TypeAlias = Iterable[ExtensionValue | Extension]

__all__ = ["Accepted", "Addresses", "Asked", "ReadCheck", "ToBeSigned"]

PART: Final = "{part}"
"""Stands in the address of a revocation list for the number of its distribution point."""

_MAX_CRL_PARTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where what belongs to an authority's certificates is found: URIs.

    :ivar crl: of its revocation list; several are places of the same list.
    :ivar ocsp: of its OCSP responder.
    :ivar ca_issuers: of its own certificate.
    :ivar crl_parts: how many distribution points share the revocations; ``{part}`` in each of the addresses then stands
        for the number of one. 0 is one list, and no such number.
    :raises InvalidTypeError: when a field is no tuple of ``str``, or crl_parts no ``int``.
    :raises InvalidInputError: when a URI is none, or has no ``{part}`` where there are parts, or one where there are
        none; or when there are more than 10,000 parts.
    """

    crl: tuple[str, ...] = ()
    ocsp: tuple[str, ...] = ()
    ca_issuers: tuple[str, ...] = ()
    crl_parts: int = 0

    def __post_init__(self) -> None:
        number(self.crl_parts, 0, _MAX_CRL_PARTS, "crl_parts")
        for name in ("crl", "ocsp", "ca_issuers"):
            uris = getattr(self, name)
            member(uris, tuple, name)
            for uri in uris:
                if not _application.is_uri(GeneralName.uri(uri)):
                    raise InvalidInputError(f"{name}: not a URI with a scheme: {uri[:80]!r}")
                if name == "crl" and (PART in uri) is not (self.crl_parts > 0):
                    raise InvalidInputError(f"crl: {PART} stands in the address of one list of several, and only there")

    def part_of(self, serial_number: int) -> int:
        """Return the number of the distribution point that a certificate belongs to, from 1; 0 where there is one
        list.

        :raises InvalidTypeError: when the serial number is no ``int``.
        :raises InvalidInputError: when it is negative, or longer than 20 octets.
        """
        number(serial_number, 0, (1 << 160) - 1, "serial_number")
        return serial_number % self.crl_parts + 1 if self.crl_parts else 0

    def crl_of(self, part: int) -> tuple[str, ...]:
        """Return the addresses of one list.

        :raises InvalidTypeError: when part is no ``int``.
        :raises InvalidInputError: when there is no such part.
        """
        number(part, 1 if self.crl_parts else 0, self.crl_parts, "part")
        return tuple(uri.replace(PART, str(part)) for uri in self.crl) if self.crl_parts else self.crl


@dataclass(frozen=True, slots=True)
class Asked:
    """One of many applications for :meth:`Issuer.accept_many <gmpki.x509.issuing.Issuer.accept_many>`. Immutable.

    The fields are the parameters of :meth:`Issuer.issue <gmpki.x509.issuing.Issuer.issue>`.
    """

    request: CertificateRequest | tuple[Name, PublicKey]
    profile: Profile | str
    subject: Name | None = None
    validity: Validity | None = None
    extensions: Added = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """An application that an :class:`~gmpki.x509.issuing.Issuer` and a profile allow. Immutable.

    :ivar profile: under which it was accepted.
    :ivar public_key: the key that the applicant proved to have: the signing key of a pair.
    """

    profile: Profile
    public_key: LoadedKey
    _draft: Draft = field(repr=False)

    @property
    def subject(self) -> Name:
        """The subject that the certificates will have."""
        return self._draft.subject

    @property
    def validity(self) -> Validity:
        """The validity that they will have."""
        return self._draft.validity


@dataclass(frozen=True, slots=True)
class ToBeSigned:
    """A certificate that only lacks its signature. Immutable.

    :ivar role: which one of those that the profile gives.
    :ivar der: the DER of the TBSCertificate.
    :ivar algorithm: of the signature that it wants.
    """

    role: Role
    serial_number: int
    subject: Name
    validity: Validity
    public_key: LoadedKey
    algorithm: AlgorithmIdentifier
    der: bytes = field(repr=False)
    _unsigned: Certificate = field(repr=False, compare=False)


class ReadCheck(ABC):
    """A check of what will be signed that need not read it: it is given the certificate, with the signature of nothing.

    Called with the DER of a TBSCertificate, as any check, it does the same.
    """

    @abstractmethod
    def __call__(self, tbs: bytes) -> None:
        """Judge the DER of a TBSCertificate."""

    @abstractmethod
    def judge(self, certificate: Certificate) -> None:
        """Judge what was read of it."""


# ---- making and signing them --------------------------------------------------------------
def prepare(
    draft: Draft, role: Role, public_key: LoadedKey, serial_number: int | None, *, signer: Signer, check: Check | None
) -> ToBeSigned:
    """Return the bytes to sign, after the caller's check of them."""
    serial = random_serial_number() if serial_number is None else serial_number
    algorithm = signer.signature_algorithm
    tbs = draft.to_be_signed(role, public_key, serial, algorithm)
    unsigned = _checked(tbs, algorithm, public_key, check)
    return ToBeSigned(role, serial, draft.subject, draft.validity, public_key, algorithm, tbs, unsigned)


def _checked(tbs: bytes, algorithm: AlgorithmIdentifier, public_key: LoadedKey, check: Check | None) -> Certificate:
    """Have what will be signed checked, and return how it is read."""
    if check is not None and not isinstance(check, ReadCheck):
        check(tbs)
    try:
        unsigned = Certificate._unsigned(tbs, algorithm, public_key)
    except DecodeError:
        if isinstance(check, ReadCheck):
            check(tbs)
        raise
    if isinstance(check, ReadCheck):
        check.judge(unsigned)
    return unsigned


def sign(prepared: ToBeSigned, signer: Signer, user_id: bytes | None) -> Certificate:
    """Sign, and verify what was signed: a certificate with a wrong signature leaves no authority."""
    signature = as_bytes(signer.sign(prepared.der, user_id=user_id), "the signature")
    certificate = prepared._unsigned._signed_with(signature)
    try:
        certificate.verify_signature(signer.public_key, policy=SignaturePolicy(user_ids=(user_id,)))
    except InvalidSignature:
        raise _fault() from None
    return certificate


def sign_each(
    groups: Sequence[Sequence[ToBeSigned]], signer: Signer, user_id: bytes | None
) -> list[tuple[Certificate, ...] | GmpkiError]:
    """Sign certificates in groups, and verify them, as :func:`sign` does; for each group what was made, or the error
    with which its first certificate failed.
    """
    if signs_at_once(signer):
        with suppress(GmpkiError):  # what it is about is told of each below
            return _signed_at_once(groups, signer, user_id)
    return [_signed_in_turn(group, signer, user_id) for group in groups]


def _signed_in_turn(
    group: Sequence[ToBeSigned], signer: Signer, user_id: bytes | None
) -> tuple[Certificate, ...] | GmpkiError:
    try:
        return tuple(sign(each, signer, user_id) for each in group)
    except GmpkiError as error:
        return error


def _signed_at_once(
    groups: Sequence[Sequence[ToBeSigned]], signer: Signer, user_id: bytes | None
) -> list[tuple[Certificate, ...] | GmpkiError]:
    prepared = [each for group in groups for each in group]
    signatures = sign_many(signer, [each.der for each in prepared], user_id=user_id)
    signed = [each._unsigned._signed_with(value) for each, value in zip(prepared, signatures, strict=True)]
    key, policy = signer.public_key, SignaturePolicy(user_ids=(user_id,))
    made = iter(zip(signed, verify_each([(each, key) for each in signed], policy), strict=True))
    results: list[tuple[Certificate, ...] | GmpkiError] = []
    for group in groups:
        its = [next(made) for _ in group]
        errors = [verdict for _, verdict in its if isinstance(verdict, GmpkiError)]
        if errors:
            results.append(_fault() if isinstance(errors[0], InvalidSignature) else errors[0])
        else:
            results.append(tuple(certificate for certificate, _ in its))
    return results


def _fault() -> FaultDetected:
    return FaultDetected("the signature of a new certificate does not hold; it was not issued")


def prepare_link(
    certificate: Certificate, issuer: Certificate, signer: Signer, serial_number: int | None, *, check: Check | None
) -> ToBeSigned:
    """Make the certificate that says with the issuer's key what another one says of the same name.

    RFC 4210 4.4: "old with new" is valid as long as the old key was to be, "new with old" from the beginning of the new
    key to the end of the old one. Both times are what the two certificates have in common at the end, and the beginning
    of the key that is certified.
    """
    member(certificate, Certificate, "certificate")
    if not certificate.is_ca:
        raise ValidationError("not-a-ca", "only the keys of an authority are joined", certificate=certificate)
    if certificate.subject.to_der() != issuer.subject.to_der():
        raise InvalidInputError("the two keys to be joined belong to different names")
    if certificate.public_key_info == issuer.public_key_info:
        raise KeyMismatchError("both certificates have one key: there is nothing to join")
    validity = Validity(certificate.not_before, min(certificate.not_after, issuer.not_after))
    serial = random_serial_number() if serial_number is None else serial_number
    builder = (
        CertificateBuilder()
        .subject(certificate.subject)
        .issuer(issuer.subject)
        .serial_number(serial)
        .validity(validity.not_before, validity.not_after)
        .public_key(certificate.public_key_info)
        .add_extension(AuthorityKeyIdentifier(_key_identifier_of(issuer)))
    )
    for extension in certificate.extensions:
        if extension.extn_id != oids.AUTHORITY_KEY_IDENTIFIER:
            builder = builder.add_extension(extension)
    algorithm = signer.signature_algorithm
    tbs = builder.to_be_signed(algorithm)
    key = certificate.public_key
    unsigned = _checked(tbs, algorithm, key, check)
    return ToBeSigned(Role.ONLY, serial, certificate.subject, validity, key, algorithm, tbs, unsigned)


def _key_identifier_of(certificate: Certificate) -> bytes:
    known = certificate.subject_key_identifier
    return key_identifier(certificate.public_key_info) if known is None else known


# ---- inputs -------------------------------------------------------------------------------
def profile_of(profile: Profile | str) -> Profile:
    """Return the rules."""
    rules = load_profile(profile) if isinstance(profile, str) else profile
    member(rules, Profile, "profile")
    return rules


def demand_kind(rules: Profile, *, pair: bool) -> None:
    """Refuse a profile that issues pairs where one certificate is wanted, and the other way round."""
    if rules.is_pair and not pair:
        raise InvalidInputError(f"the profile {rules.name} issues pairs, no single certificates")
    if pair and not rules.is_pair:
        raise InvalidInputError(f"the profile {rules.name} issues single certificates, no pairs")


def check_signer(signer: Signer, check: Check | None) -> None:
    """Check the types of both."""
    member(signer, Signer, "signer")
    if check is not None and not callable(check):
        raise InvalidTypeError(f"check must be callable, not {type(check).__name__}")


def loaded(key: object, what: str) -> LoadedKey:
    """Return a public key as gmpki's own object, wherever it came from, under the usual policy.

    :raises InvalidTypeError: when it is none.
    """
    if not isinstance(key, (SM2PublicKey, PublicKey)):
        raise InvalidTypeError(f"{what} must be a public key, not {type(key).__name__}")
    if type(key) is SM2PublicKey:
        return key  # no policy is about these
    return public_key_of(key_info_of(key))
