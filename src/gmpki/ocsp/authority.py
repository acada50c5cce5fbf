"""Who may answer for the certificates of an issuer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.asn1.rfc5280.ext_keys import KeyUsages
from gmpki.errors import GmpkiError, ValidationError
from gmpki.ocsp.cert_ids import key_hash
from gmpki.x509.certificate import Certificate
from gmpki.x509.names import names_match

if TYPE_CHECKING:
    from gmpki.asn1.rfc6960 import ResponderID
    from gmpki.ocsp.response import OCSPResponse
    from gmpki.x509.named_key import NamedKey
    from gmpki.x509.revocation import RevocationContext

__all__ = ["check_responder", "delegation_problem"]

# What is known of a responder's certificate without a validated path; policies are of no concern to a responder.
_UNDERSTOOD: Final = frozenset(
    (
        oids.KEY_USAGE,
        oids.EXTENDED_KEY_USAGE,
        oids.BASIC_CONSTRAINTS,
        oids.SUBJECT_ALT_NAME,
        oids.CERTIFICATE_POLICIES,
        oids.OCSP_NO_CHECK,
    )
)
# A responder identifies itself; more certificates that fit are somebody's game, and each costs two signatures.
_MAX_CANDIDATES: Final = 4


def check_responder(
    response: OCSPResponse, issuer: NamedKey, context: RevocationContext, *, lenient: bool = False
) -> NamedKey:
    """Verify the signature of a response, made by who may answer for an issuer; return who that is.

    :param lenient: how the certificates that came along are read.
    :raises ValidationError: when nobody is found who may answer and whose signature it is.
    :standard: RFC 6960 4.2.2.2 cases 2 and 3; case 1, a responder the client was told of, is not taken
    """
    failure: ValidationError | None = None
    if is_meant(response.responder_id, issuer):
        try:
            response.verify_signature(issuer, policy=context.signatures)
        except GmpkiError as error:
            failure = _bad_signature(error)
        else:
            return issuer
    for certificate in _candidates(response, lenient=lenient):
        failure = _why_not(response, certificate, issuer, context)
        if failure is None:
            return certificate
    if failure is not None:
        raise failure
    raise ValidationError(
        "ocsp-responder", "the OCSP response is of neither the issuer nor a responder whose certificate came along"
    )


def is_meant(identity: ResponderID, key: NamedKey) -> bool:
    """Tell whether a ResponderID names a certificate or trust anchor."""
    if identity.name is not None:
        return names_match(identity.name, key.subject)
    return identity.key_hash == key_hash(key)


def _candidates(response: OCSPResponse, *, lenient: bool) -> list[Certificate]:
    """Return the certificates that came along and fit the ResponderID; what is no certificate is passed over."""
    found: list[Certificate] = []
    for encoded in response.certificates_der:
        try:
            certificate = Certificate.from_der(encoded, lenient=lenient)
        except GmpkiError:
            continue
        if is_meant(response.responder_id, certificate) and certificate not in found:
            found.append(certificate)
    return found[:_MAX_CANDIDATES]


def _why_not(
    response: OCSPResponse, certificate: Certificate, issuer: NamedKey, context: RevocationContext
) -> ValidationError | None:
    try:
        _check_delegated(response, certificate, issuer, context)
    except ValidationError as error:
        return error
    return None


def _check_delegated(
    response: OCSPResponse, certificate: Certificate, issuer: NamedKey, context: RevocationContext
) -> None:
    """Check that the issuer's key certified a responder for OCSP signing, and that the responder signed.

    :raises ValidationError: when it is not so.
    """
    problem = delegation_problem(certificate, issuer)
    if problem is None and not certificate.not_before <= context.at <= certificate.not_after:
        problem = f"its certificate is valid from {certificate.not_before} to {certificate.not_after}"
    if problem is not None:
        raise ValidationError(
            "ocsp-responder", f"the OCSP responder may not answer: {problem}", certificate=certificate
        )
    try:
        certificate.verify_signature(issuer, policy=context.signatures)
    except GmpkiError as error:
        raise ValidationError(
            "ocsp-responder",
            f"the issuer of the certificate did not sign that of the OCSP responder: {error}",
            certificate=certificate,
        ) from None
    try:
        response.verify_signature(certificate, policy=context.signatures)
    except GmpkiError as error:
        raise _bad_signature(error) from None
    if context.validate_signer is not None:
        context.validate_signer(certificate)
    elif oids.OCSP_NO_CHECK not in certificate.extensions:
        raise ValidationError(
            "ocsp-responder-unchecked",
            "whether the OCSP responder itself was revoked is open: its certificate has no id-pkix-ocsp-nocheck, and"
            " the context no validate_signer",
            certificate=certificate,
        )


def delegation_problem(certificate: Certificate, issuer: NamedKey) -> str | None:
    """Say why an issuer's certificate for somebody does not let them answer in its place; None when it does.

    Signatures, validity and revocation are not looked at.

    :standard: RFC 6960 4.2.2.2
    """
    if not names_match(certificate.issuer, issuer.subject):
        return "its certificate is of another issuer"
    usage = certificate.extended_key_usage
    if usage is None or oids.OCSP_SIGNING not in usage.purposes:
        # anyExtendedKeyUsage is not enough: the standard asks for this very purpose.
        return "its certificate is not for OCSP signing"
    key_usage = certificate.key_usage
    if key_usage is not None and not key_usage & (KeyUsages.DIGITAL_SIGNATURE | KeyUsages.NON_REPUDIATION):
        return "its key is not for signatures"
    unknown = certificate.extensions.unknown_critical(_UNDERSTOOD)
    if unknown:
        return f"its certificate has critical extensions unknown: {', '.join(oid.name for oid in unknown)}"
    return None


def _bad_signature(error: GmpkiError) -> ValidationError:
    return ValidationError("ocsp-signature", f"the signature of the OCSP response does not hold: {error}")
