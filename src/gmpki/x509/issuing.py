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
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, iterated, member
from gmpki.asn1.rfc5280 import Name, Validity
from gmpki.asn1.rfc5280.ext_keys import KeyUsages
from gmpki.errors import (
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    KeyMismatchError,
    ProfileError,
    ValidationError,
)
from gmpki.keys._immutable import Immutable
from gmpki.keys.interfaces import Decryptor, PublicKey, Signer
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509 import _application
from gmpki.x509._common import Common
from gmpki.x509._draft import Applicant, Draft
from gmpki.x509.certificate import Certificate
from gmpki.x509.delivery import EnvelopeDelivery, KeyDelivery
from gmpki.x509.names import names_match
from gmpki.x509.pair import CertificatePair
from gmpki.x509.preparing import (
    Accepted,
    Addresses,
    Asked,
    ToBeSigned,
    check_signer,
    demand_kind,
    loaded,
    prepare,
    prepare_link,
    profile_of,
    sign,
    sign_each,
)
from gmpki.x509.profile import Profile, Role
from gmpki.x509.request import CertificateRequest, verify_requests
from gmpki.x509.signatures import STANDARD_SIGNATURES, SignaturePolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from typing import TypeAlias

    from typing_extensions import Buffer

    from gmpki.asn1.quirks import Quirk
    from gmpki.asn1.rfc5280 import Extension
    from gmpki.asn1.rfc5280._extension_value import ExtensionValue
    from gmpki.keys.loader import PublicKey as LoadedKey

    Check: TypeAlias = Callable[[bytes], object]
    Added: TypeAlias = Iterable[ExtensionValue | Extension]

__all__ = ["Addresses", "IssuedPair", "Issuer", "issue_pair", "prepare_self_signed", "self_signed"]

_ENVELOPE: Final = EnvelopeDelivery()
_MAX_COMMONS: Final = 64


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

    __slots__ = ("_addresses", "_certificate", "_check", "_commons", "_requests", "_signer", "_user_id")
    _addresses: Addresses
    _certificate: Certificate
    _check: Check | None
    _commons: dict[int, Common]
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
        check_signer(signer, check)
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
            "commons": {},
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
        rules = profile_of(profile)
        demand_kind(rules, pair=False)
        accepted = self.accept(request, rules, subject=subject, validity=validity, extensions=extensions, at=at)
        return self.sign(self.prepare(accepted, serial_numbers=(serial_number,))[0])

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
        rules = profile_of(profile)
        demand_kind(rules, pair=True)
        private_key, public_key = _encryption_key(encryption_key, delivery)
        accepted = self.accept(request, rules, subject=subject, validity=validity, extensions=extensions, at=at)
        if delivery is not None:
            delivery.check(private_key, accepted.public_key)
        serial_numbers = (signing_serial_number, encryption_serial_number)
        signing, encryption = self.prepare(accepted, encryption_key=public_key, serial_numbers=serial_numbers)
        pair = CertificatePair(self.sign(signing), self.sign(encryption))
        return IssuedPair(pair, None if delivery is None else delivery.deliver(private_key, pair))

    # ---- step by step -------------------------------------------------------------------
    def accept(
        self,
        request: CertificateRequest | tuple[Name, PublicKey],
        profile: Profile | str,
        *,
        subject: Name | None = None,
        validity: Validity | None = None,
        extensions: Added = (),
        at: datetime | None = None,
    ) -> Accepted:
        """Check an application against a profile: the first of three steps, of which :meth:`prepare` is the next.

        The parameters are those of :meth:`issue`.

        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when a value cannot be in a certificate.
        :raises InvalidSignature: when the signature of the request does not hold.
        :raises ProfileError: when the profile does not allow what is asked for, or the name is the issuer's own.
        :raises KeyMismatchError: when the key is the issuer's own.
        :raises GmpkiError: when a key is not supported.
        """
        return self._accepted(Asked(request, profile, subject, validity, extensions), at, None)

    def accept_many(self, asked: Iterable[Asked], *, at: datetime | None = None) -> list[Accepted | GmpkiError]:
        """Check many applications as :meth:`accept` does, with the signatures of the requests verified several at a
        time where the processor can; return for each what was accepted, or the error that :meth:`accept` raises.

        :raises InvalidTypeError: when what is asked is none of :class:`~gmpki.x509.preparing.Asked`.
        """
        every = iterated(asked, "asked")
        for each in every:
            member(each, Asked, "an application")
        places = [place for place, each in enumerate(every) if isinstance(each.request, CertificateRequest)]
        requests: list[CertificateRequest] = [every[place].request for place in places]  # type: ignore[misc]
        proven = verify_requests(requests, policy=self._requests)
        verdicts = dict(zip(places, proven, strict=True))
        return [self._accepted_or_not(each, at, verdicts.get(place)) for place, each in enumerate(every)]

    def prepare(
        self,
        accepted: Accepted,
        *,
        encryption_key: PublicKey | None = None,
        serial_numbers: Sequence[int | None] | None = None,
    ) -> tuple[ToBeSigned, ...]:
        """Make what will be signed of an application that :meth:`accept` of this issuer accepted.

        :param encryption_key: the other key of a pair; None when the profile issues no pair.
        :param serial_numbers: one for each certificate, first that of the signing certificate; None is a random one.
        :returns: the signing and the encryption certificate, or the only one; each passed the issuer's check.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when there is an encryption key and no pair or the other way round, or the serial
            numbers are too many, too few, twice the same or not such as certificates have.
        :raises ProfileError: when the profile does not take the encryption key.
        :raises KeyMismatchError: when the encryption key is the signing key or the issuer's own.
        :raises GmpkiError: what the check raises, and when the key is not supported.
        """
        member(accepted, Accepted, "accepted")
        demand_kind(accepted.profile, pair=encryption_key is not None)
        keys = [accepted.public_key]
        if encryption_key is not None:
            keys.append(self._other_key(encryption_key, accepted))
        wanted = [None] * len(keys) if serial_numbers is None else list(iterated(serial_numbers, "serial_numbers"))
        if len(wanted) != len(keys):
            raise InvalidInputError(f"{len(keys)} serial numbers are needed, not {len(wanted)}")
        if len(wanted) == 2 and wanted[0] is not None and wanted[0] == wanted[1]:
            raise InvalidInputError("the two certificates of a pair have different serial numbers")
        roles = accepted.profile.roles
        draft, signer, check = accepted._draft, self._signer, self._check
        return tuple(
            prepare(draft, *each, signer=signer, check=check) for each in zip(roles, keys, wanted, strict=True)
        )

    def prepare_link(self, certificate: Certificate, *, serial_number: int | None = None) -> ToBeSigned:
        """Make a certificate that joins two keys of one root: what the other key's certificate says, signed with this
        one. It is valid as long as both are.

        :param certificate: the root's certificate with its other key; "old with new" and "new with old" differ in which
            of the two this is.
        :param serial_number: None is a random one.
        :raises InvalidTypeError: when certificate is none.
        :raises ValidationError: with the reason "not-a-ca" when it is not one that issues certificates.
        :raises InvalidInputError: when it has another name, or was over before this key's began.
        :raises KeyMismatchError: when both keys are one.
        :raises GmpkiError: what the check raises, and when the key is not supported.
        :standard: RFC 4210 4.4
        """
        return prepare_link(certificate, self._certificate, self._signer, serial_number, check=self._check)

    def sign(self, prepared: ToBeSigned) -> Certificate:
        """Sign what :meth:`prepare` or :meth:`prepare_link` of this issuer made, and verify the signature.

        :raises InvalidTypeError: when prepared is nothing of that kind.
        :raises FaultDetected: when the signature that was made does not hold.
        :raises GmpkiError: what the signer raises.
        """
        member(prepared, ToBeSigned, "prepared")
        return sign(prepared, self._signer, self._user_id)

    def sign_many(self, prepared: Iterable[Iterable[ToBeSigned]]) -> list[tuple[Certificate, ...] | GmpkiError]:
        """Sign the certificates of many applications as :meth:`sign` does; return for each application its
        certificates, or the error with which its first one failed.

        A key in memory signs several at a time where the processor can, any other one after the other.

        :param prepared: what :meth:`prepare` made of each.
        :raises InvalidTypeError: when something in it was not prepared.
        """
        groups = [iterated(group, "what was prepared") for group in iterated(prepared, "prepared")]
        for group in groups:
            for each in group:
                member(each, ToBeSigned, "prepared")
        return sign_each(groups, self._signer, self._user_id)

    # ---- steps --------------------------------------------------------------------------
    def _accepted_or_not(
        self, asked: Asked, at: datetime | None, proven: tuple[Quirk, ...] | GmpkiError | None
    ) -> Accepted | GmpkiError:
        try:
            return self._accepted(asked, at, proven)
        except GmpkiError as error:
            return error

    def _accepted(self, asked: Asked, at: datetime | None, proven: tuple[Quirk, ...] | GmpkiError | None) -> Accepted:
        """Check an application.

        :param proven: what came of verifying the signature of the request; None when that was not done yet.
        """
        rules = profile_of(asked.profile)
        applicant = self._applicant(asked.request, asked.subject, proven)
        draft = self._draft(applicant, rules, asked.validity, asked.extensions, at)
        return Accepted(rules, applicant.public_key, draft)

    def _applicant(
        self,
        request: CertificateRequest | tuple[Name, PublicKey],
        subject: Name | None,
        proven: tuple[Quirk, ...] | GmpkiError | None,
    ) -> Applicant:
        if isinstance(request, CertificateRequest):
            if isinstance(proven, GmpkiError):
                raise proven
            if proven is None:
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
        return Draft(applicant, self._common(profile), asked=asked, added=added, at=_application.now(at))

    def _common(self, profile: Profile) -> Common:
        """Return what the certificates under a profile share; it is kept as long as there are few profiles."""
        known = self._commons.get(id(profile))
        if known is not None and known.profile is profile:
            return known
        made = Common(profile, self._certificate, self._addresses)
        if len(self._commons) >= _MAX_COMMONS:
            self._commons.clear()
        self._commons[id(profile)] = made
        return made

    def _other_key(self, encryption_key: PublicKey, accepted: Accepted) -> LoadedKey:
        key = loaded(encryption_key, "the encryption key")
        encoded = key.to_der()
        if encoded == self._signer.public_key.to_der():
            raise KeyMismatchError("the encryption key is the issuer's own")
        if encoded == accepted.public_key.to_der():
            raise KeyMismatchError("the encryption key is the signing key; the two keys of a pair are never one")
        _application.check_key(key, accepted.profile)
        return key


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
    prepared = prepare_self_signed(
        subject,
        signer,
        profile,
        validity=validity,
        serial_number=serial_number,
        extensions=extensions,
        check=check,
        at=at,
    )
    return sign(prepared, signer, None if user_id is None else as_bytes(user_id, "user_id"))


def prepare_self_signed(
    subject: Name,
    signer: Signer,
    profile: Profile | str = "root-ca",
    *,
    validity: Validity | None = None,
    serial_number: int | None = None,
    extensions: Added = (),
    check: Check | None = None,
    at: datetime | None = None,
) -> ToBeSigned:
    """Make the certificate of a root, without its signature; parameters and errors as :func:`self_signed`."""
    rules = profile_of(profile)
    demand_kind(rules, pair=False)
    if not rules.is_ca:
        raise InvalidInputError(
            f"the profile {rules.name} is not one of authorities: only a root signs its own certificate"
        )
    check_signer(signer, check)
    applicant = _named((subject, signer.public_key))
    moment = _application.now(at)
    draft = Draft(applicant, Common(rules, None, Addresses()), asked=validity, added=extensions, at=moment)
    return prepare(draft, Role.ONLY, applicant.public_key, serial_number, signer=signer, check=check)


# ---- inputs -------------------------------------------------------------------------------
def _named(named: tuple[Name, PublicKey]) -> Applicant:
    if not isinstance(named, tuple) or len(named) != 2:
        raise InvalidTypeError("the applicant is a CertificateRequest, or a tuple of a Name and a public key")
    subject, public_key = named
    member(subject, Name, "subject")
    return Applicant(subject, loaded(public_key, "the applicant's key"))


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
        return key, loaded(key.public_key, "the public part of the encryption key")
    public_key = loaded(key, "the encryption key")
    if delivery is not None:
        raise InvalidInputError("a public key alone cannot be delivered: the centre that has the private key does it")
    return None, public_key
