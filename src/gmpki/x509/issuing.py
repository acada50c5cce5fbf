"""Issuing certificates: what an applicant asks for, what a profile allows, what an authority signs.

>>> from gmpki.keys.sm2 import SM2PrivateKey
>>> from gmpki.x509.issuing import Issuer, self_signed
>>> from gmpki.x509.names import build_name
>>> root_key, owner_key, encryption_key = (SM2PrivateKey.generate() for _ in range(3))
>>> root = self_signed(build_name(("C", "CN"), ("O", "示例CA"), ("CN", "示例根")), root_key, "root-ca")
>>> owner = build_name(("C", "CN"), ("O", "示例市社会保障局"), ("CN", "示例市社会保障局"))
>>> issued = Issuer(root, root_key).issue_pair((owner, owner_key.public_key), encryption_key, "organisation")
>>> issued.pair.encryption.public_key == encryption_key.public_key
True

Serial numbers are random and independent of each other: which two certificates make a pair is for the caller's store to
know, as it is for it to see that no number comes twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from gmpki._inputs import as_bytes, member
from gmpki.asn1.rfc5280 import GeneralName, Name, Validity
from gmpki.asn1.rfc5280.ext_keys import KeyUsages
from gmpki.errors import (
    FaultDetected,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    KeyMismatchError,
    ProfileError,
    ValidationError,
)
from gmpki.keys._immutable import Immutable
from gmpki.keys.interfaces import Decryptor, PublicKey, Signer
from gmpki.keys.sm2 import SM2PrivateKey, SM2PublicKey
from gmpki.x509 import _application
from gmpki.x509._draft import Applicant, Draft
from gmpki.x509.certificate import Certificate
from gmpki.x509.certificate_builder import CertificateBuilder
from gmpki.x509.delivery import EnvelopeDelivery, KeyDelivery
from gmpki.x509.named_key import key_info_of, public_key_of
from gmpki.x509.names import names_match
from gmpki.x509.pair import CertificatePair
from gmpki.x509.profile import Profile, Role, load_profile
from gmpki.x509.request import CertificateRequest
from gmpki.x509.signatures import STANDARD_SIGNATURES, SignaturePolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from typing_extensions import Buffer

    from gmpki.asn1.rfc5280 import Extension
    from gmpki.asn1.rfc5280._extension_value import ExtensionValue
    from gmpki.keys.loader import PublicKey as LoadedKey

    Check: TypeAlias = Callable[[bytes], object]
    Added: TypeAlias = Iterable[ExtensionValue | Extension]

__all__ = ["Addresses", "IssuedPair", "Issuer", "issue_pair", "self_signed"]

_ENVELOPE: Final = EnvelopeDelivery()


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where what belongs to an authority's certificates is found: URIs.

    :ivar crl: of its revocation list; several are places of the same list.
    :ivar ocsp: of its OCSP responder.
    :ivar ca_issuers: of its own certificate.
    :raises InvalidTypeError: when a field is no tuple of ``str``.
    :raises InvalidInputError: when a URI is none.
    """

    crl: tuple[str, ...] = ()
    ocsp: tuple[str, ...] = ()
    ca_issuers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("crl", "ocsp", "ca_issuers"):
            uris = getattr(self, name)
            member(uris, tuple, name)
            for uri in uris:
                if not _application.is_uri(GeneralName.uri(uri)):
                    raise InvalidInputError(f"{name}: not a URI with a scheme: {uri[:80]!r}")


@dataclass(frozen=True, slots=True)
class IssuedPair:
    """What one issue of a pair gives.

    :ivar delivery: what goes to the owner with the certificates, made by the :class:`~gmpki.x509.delivery.KeyDelivery`;
        None when somebody else delivers the key.
    """

    pair: CertificatePair
    delivery: bytes | None


class Issuer(Immutable):
    """An authority that issues certificates. Immutable; as thread-safe as its signer.

    :param certificate: its certificate.
    :param signer: its private key, in software or in a token.
    :param addresses: where its revocation list, its responder and its certificate are found.
    :param check: called with the DER of every TBSCertificate before anything is signed; what it raises stops the
        issue. A linter stands here.
    :param user_id: the id that SM2 signatures are made with; None is the default that every verifier expects.
    :param requests: which signatures of requests are accepted.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises KeyMismatchError: when the signer's key is not that of the certificate.
    :raises ValidationError: with the reason "not-a-ca" when the certificate is not one that issues certificates.
    :raises DecodeError: when an extension of the certificate that tells is malformed.
    :raises GmpkiError: when the key of the certificate cannot be loaded, as
        :attr:`Certificate.public_key <gmpki.x509.certificate.Certificate.public_key>`.
    """

    __slots__ = ("_addresses", "_certificate", "_check", "_requests", "_signer", "_user_id")
    _addresses: Addresses
    _certificate: Certificate
    _check: Check | None
    _requests: SignaturePolicy
    _signer: Signer
    _user_id: bytes | None

    def __init__(
        self,
        certificate: Certificate,
        signer: Signer,
        *,
        addresses: Addresses | None = None,
        check: Check | None = None,
        user_id: Buffer | None = None,
        requests: SignaturePolicy = STANDARD_SIGNATURES,
    ) -> None:
        member(certificate, Certificate, "certificate")
        _check_signer(signer, check)
        member(requests, SignaturePolicy, "requests")
        if addresses is not None:
            member(addresses, Addresses, "addresses")
        usages = certificate.key_usage
        if not certificate.is_ca or (usages is not None and not usages & KeyUsages.KEY_CERT_SIGN):
            raise ValidationError(
                "not-a-ca", f"the certificate of {certificate.subject} is not one that issues", certificate=certificate
            )
        if certificate.public_key.to_der() != signer.public_key.to_der():
            raise KeyMismatchError("the signer's key is not that of the issuer's certificate")
        values = {
            "certificate": certificate,
            "signer": signer,
            "addresses": addresses if addresses is not None else Addresses(),
            "check": check,
            "user_id": None if user_id is None else as_bytes(user_id, "user_id"),
            "requests": requests,
        }
        for name, value in values.items():
            object.__setattr__(self, f"_{name}", value)

    @property
    def certificate(self) -> Certificate:
        """Its certificate."""
        return self._certificate

    def issue(
        self,
        request: CertificateRequest | tuple[Name, PublicKey],
        profile: Profile | str,
        *,
        subject: Name | None = None,
        validity: Validity | None = None,
        serial_number: int | None = None,
        extensions: Added = (),
        at: datetime | None = None,
    ) -> Certificate:
        """Issue one certificate.

        :param request: a request, whose signature proves that the applicant has the key, or a name and a key of which
            the caller knows that.
        :param profile: what it may be; one that issues no pair, or the name of a ready one.
        :param subject: in place of the request's.
        :param validity: in place of the profile's usual one.
        :param serial_number: in place of a random one.
        :param extensions: what the profile lets be added, such as subjectAltName, which replaces the request's.
        :param at: the time of issue; None is now.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the profile issues pairs, or a value cannot be in a certificate.
        :raises InvalidSignature: when the signature of the request does not hold.
        :raises ProfileError: when the profile does not allow what is asked for, or the name is the issuer's own.
        :raises KeyMismatchError: when the key is the issuer's own.
        :raises FaultDetected: when the signature that was made does not hold.
        :raises GmpkiError: what the check and the signer raise, and when a key is not supported.
        """
        rules = _profile(profile, pair=False)
        applicant = self._applicant(request, subject)
        draft = self._draft(applicant, rules, validity, extensions, at)
        return self._sign(self._to_be_signed(draft.of(Role.ONLY, applicant.public_key, serial_number)))

    def issue_pair(
        self,
        request: CertificateRequest | tuple[Name, PublicKey],
        encryption_key: Signer | Decryptor | PublicKey | None,
        profile: Profile | str,
        *,
        subject: Name | None = None,
        validity: Validity | None = None,
        signing_serial_number: int | None = None,
        encryption_serial_number: int | None = None,
        extensions: Added = (),
        delivery: KeyDelivery | None = _ENVELOPE,
        at: datetime | None = None,
    ) -> IssuedPair:
        """Issue the two certificates of a holder, and make what brings the encryption key to them.

        Everything is checked before anything is signed.

        :param request: as in :meth:`issue`; its key is the signing key.
        :param encryption_key: the private key that the key-management centre made; or its public key alone, when the
            centre delivers the key itself and delivery is None; or None, and an SM2 key is made, which nobody but the
            owner then has: no centre can restore it.
        :param delivery: how the key reaches its owner; None when that is the caller's business.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the profile issues no pairs, a value cannot be in a certificate, both serial
            numbers are one, or there is a delivery and nothing to deliver, or the other way round.
        :raises InvalidSignature: when the signature of the request does not hold.
        :raises ProfileError: when the profile does not allow what is asked for, or the name is the issuer's own.
        :raises KeyMismatchError: when two of the three keys are one.
        :raises UnsupportedAlgorithm: when the delivery cannot deliver keys of this kind.
        :raises FaultDetected: when a signature that was made does not hold.
        :raises GmpkiError: what the check, the signer and the delivery raise, and when a key is not supported.

        The other parameters are those of :meth:`issue`.
        """
        rules = _profile(profile, pair=True)
        applicant = self._applicant(request, subject)
        private_key, public_key = _encryption_key(encryption_key, delivery)
        if public_key.to_der() == self._signer.public_key.to_der():
            raise KeyMismatchError("the encryption key is the issuer's own")
        if public_key.to_der() == applicant.public_key.to_der():
            raise KeyMismatchError("the encryption key is the signing key; the two keys of a pair are never one")
        if signing_serial_number is not None and signing_serial_number == encryption_serial_number:
            raise InvalidInputError("the two certificates of a pair have different serial numbers")
        _application.check_key(public_key, rules)
        if delivery is not None:
            delivery.check(private_key, applicant.public_key)
        draft = self._draft(applicant, rules, validity, extensions, at)
        wanted = (
            (Role.SIGNING, applicant.public_key, signing_serial_number),
            (Role.ENCRYPTION, public_key, encryption_serial_number),
        )
        signing, encryption = [self._to_be_signed(draft.of(*which)) for which in wanted]
        pair = CertificatePair(self._sign(signing), self._sign(encryption))
        return IssuedPair(pair, None if delivery is None else delivery.deliver(private_key, pair))

    # ---- steps --------------------------------------------------------------------------
    def _applicant(self, request: CertificateRequest | tuple[Name, PublicKey], subject: Name | None) -> Applicant:
        if isinstance(request, CertificateRequest):
            request.verify_signature(policy=self._requests)
            applicant = Applicant(request.subject, request.public_key, tuple(request.extensions))
        else:
            applicant = _named(request)
        if subject is not None:
            member(subject, Name, "subject")
            applicant = replace(applicant, subject=subject)
        if applicant.public_key.to_der() == self._signer.public_key.to_der():
            raise KeyMismatchError("the applicant's key is the issuer's own")
        # Under that name others would take the applicant for the issuer: path lengths and name constraints do not
        # count for what is self-issued (RFC 5280 6.1.4), and revocation lists belong to names.
        if names_match(applicant.subject, self._certificate.subject):
            raise ProfileError("the applicant's name is the issuer's own; nobody else is certified under it")
        return applicant

    def _draft(
        self, applicant: Applicant, profile: Profile, asked: Validity | None, added: Added, at: datetime | None
    ) -> Draft:
        constraints = self._certificate.basic_constraints
        if profile.is_ca and constraints is not None and constraints.path_len == 0:
            raise ProfileError("the issuer's certificate lets no further authority stand below it (path length 0)")
        moment = _application.now(at)
        return Draft(
            applicant, profile, self._certificate, addresses=self._addresses, asked=asked, added=added, at=moment
        )

    def _to_be_signed(self, builder: CertificateBuilder) -> bytes:
        return _to_be_signed(builder, self._signer, self._check)

    def _sign(self, tbs: bytes) -> Certificate:
        return _sign(tbs, self._signer, self._user_id)


def issue_pair(
    request: CertificateRequest | tuple[Name, PublicKey],
    encryption_key: Signer | Decryptor | PublicKey | None,
    profile: Profile | str,
    *,
    issuer: Issuer,
    delivery: KeyDelivery | None = _ENVELOPE,
    validity: Validity | None = None,
    extensions: Added = (),
) -> IssuedPair:
    """Issue the two certificates of a holder; :meth:`Issuer.issue_pair` says more and takes more.

    :raises InvalidTypeError: when issuer is no Issuer. The other errors are those of the method.
    """
    member(issuer, Issuer, "issuer")
    return issuer.issue_pair(
        request, encryption_key, profile, delivery=delivery, validity=validity, extensions=extensions
    )


def self_signed(
    subject: Name,
    signer: Signer,
    profile: Profile | str = "root-ca",
    *,
    validity: Validity | None = None,
    serial_number: int | None = None,
    extensions: Added = (),
    check: Check | None = None,
    user_id: Buffer | None = None,
    at: datetime | None = None,
) -> Certificate:
    """Issue the certificate of a root, signed with its own key.

    :param subject: the name of the root, which is its issuer too.
    :param signer: its private key.
    :param profile: one of authorities, or the name of a ready one.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the profile is not one of authorities, or a value cannot be in a certificate.
    :raises ProfileError: when the profile does not allow what is asked for.
    :raises FaultDetected: when the signature that was made does not hold.
    :raises GmpkiError: what the check and the signer raise.

    The other parameters are those of :class:`Issuer` and :meth:`Issuer.issue`.
    """
    rules = _profile(profile, pair=False)
    if not rules.is_ca:
        raise InvalidInputError(
            f"the profile {rules.name} is not one of authorities: only a root signs its own certificate"
        )
    _check_signer(signer, check)
    applicant = _named((subject, signer.public_key))
    moment = _application.now(at)
    draft = Draft(applicant, rules, None, addresses=Addresses(), asked=validity, added=extensions, at=moment)
    builder = draft.of(Role.ONLY, applicant.public_key, serial_number)
    identity = None if user_id is None else as_bytes(user_id, "user_id")
    return _sign(_to_be_signed(builder, signer, check), signer, identity)


# ---- inputs -------------------------------------------------------------------------------
def _profile(profile: Profile | str, *, pair: bool) -> Profile:
    """Return the rules, which issue a pair or do not, as is wanted."""
    rules = load_profile(profile) if isinstance(profile, str) else profile
    member(rules, Profile, "profile")
    if rules.is_pair and not pair:
        raise InvalidInputError(f"the profile {rules.name} issues pairs, no single certificates")
    if pair and not rules.is_pair:
        raise InvalidInputError(f"the profile {rules.name} issues single certificates, no pairs")
    return rules


def _check_signer(signer: Signer, check: Check | None) -> None:
    member(signer, Signer, "signer")
    if check is not None and not callable(check):
        raise InvalidTypeError(f"check must be callable, not {type(check).__name__}")


def _named(named: tuple[Name, PublicKey]) -> Applicant:
    if not isinstance(named, tuple) or len(named) != 2:
        raise InvalidTypeError("the applicant is a CertificateRequest, or a tuple of a Name and a public key")
    subject, public_key = named
    member(subject, Name, "subject")
    return Applicant(subject, _loaded(public_key, "the applicant's key"))


def _loaded(key: object, what: str) -> LoadedKey:
    """Return a public key as gmpki's own object, wherever it came from, under the usual policy.

    :raises InvalidTypeError: when it is none.
    """
    if not isinstance(key, (SM2PublicKey, PublicKey)):
        raise InvalidTypeError(f"{what} must be a public key, not {type(key).__name__}")
    return public_key_of(key_info_of(key))


def _encryption_key(
    key: Signer | Decryptor | PublicKey | None, delivery: KeyDelivery | None
) -> tuple[object, LoadedKey]:
    """Return the private key, as far as there is one, and the public key."""
    if delivery is not None:
        member(delivery, KeyDelivery, "delivery")
    if key is None:
        if delivery is None:
            raise InvalidInputError("an encryption key that is made here needs a delivery: it is kept nowhere else")
        key = SM2PrivateKey.generate()
    if isinstance(key, (Signer, Decryptor)):
        return key, _loaded(key.public_key, "the public part of the encryption key")
    public_key = _loaded(key, "the encryption key")
    if delivery is not None:
        raise InvalidInputError("a public key alone cannot be delivered: the centre that has the private key does it")
    return None, public_key


# ---- signing ------------------------------------------------------------------------------
def _to_be_signed(builder: CertificateBuilder, signer: Signer, check: Check | None) -> bytes:
    """Return the bytes to sign, after the caller's check of them."""
    tbs = builder.to_be_signed(signer.signature_algorithm)
    if check is not None:
        check(tbs)
    return tbs


def _sign(tbs: bytes, signer: Signer, user_id: bytes | None) -> Certificate:
    """Sign, and verify what was signed: a certificate with a wrong signature leaves no authority."""
    signature = signer.sign(tbs, user_id=user_id)
    certificate = CertificateBuilder.finish(tbs, signer.signature_algorithm, signature)
    try:
        certificate.verify_signature(signer.public_key, policy=SignaturePolicy(user_ids=(user_id,)))
    except InvalidSignature:
        raise FaultDetected("the signature of a new certificate does not hold; it was not issued") from None
    return certificate
