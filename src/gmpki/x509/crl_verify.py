"""One revocation list by itself: who signed it, whether that key may sign lists, and whether the list is up to date."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from gmpki._inputs import member
from gmpki.asn1.rfc5280 import KeyUsages
from gmpki.errors import ValidationError
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl import CertificateRevocationList
from gmpki.x509.named_key import NamedKey, TrustAnchor
from gmpki.x509.names import names_match
from gmpki.x509.revocation import RevocationContext
from gmpki.x509.signatures import STANDARD_SIGNATURES, SignaturePolicy

if TYPE_CHECKING:
    from gmpki.asn1.quirks import Quirk

__all__ = ["certificate_of", "out_of_date", "unfit_signer", "verify_crl"]

_NO_TIME: Final = timedelta(0)


def verify_crl(
    crl: CertificateRevocationList,
    issuer: NamedKey,
    *,
    at: datetime,
    policy: SignaturePolicy = STANDARD_SIGNATURES,
) -> tuple[Quirk, ...]:
    """Verify a list by itself: its issuer, the key usage of the issuer, its signature and its times.

    The issuer is not validated, and what the list is about is not looked at: for the status of a certificate there is
    :class:`~gmpki.x509.crl_checker.CRLChecker`.

    :param issuer: the certificate of the issuer, or a trust anchor.
    :param at: for which time, with a time zone.
    :returns: what was accepted that is not as the standards say, by the policy's leave.
    :raises ValidationError: when the list is by somebody else ("crl-issuer"), its issuer must not sign lists
        ("crl-signer"), or it is out of date or from the future ("crl-time").
    :raises InvalidSignature: when the signature does not hold.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when at has no time zone.
    :raises GmpkiError: as :meth:`CertificateRevocationList.verify_signature`, when the issuer's key cannot be used.
    """
    member(crl, CertificateRevocationList, "crl")
    if not isinstance(issuer, (Certificate, TrustAnchor)):
        member(issuer, NamedKey, "issuer")
    context = RevocationContext(at, policy)
    # The names first: a list of somebody else has a signature that does not hold, which says less.
    if not names_match(crl.issuer, issuer.subject):
        raise ValidationError("crl-issuer", f"the list is by {crl.issuer}, not by {issuer.subject}")
    quirks = crl.verify_signature(issuer, policy=policy)
    for reason, problem in (("crl-signer", unfit_signer(issuer)), ("crl-time", out_of_date(crl, context.at))):
        if problem is not None:
            raise ValidationError(reason, f"the list cannot be used: {problem}", certificate=certificate_of(issuer))
    return quirks


def out_of_date(
    crl: CertificateRevocationList, at: datetime, *, skew: timedelta = _NO_TIME, max_age: timedelta | None = None
) -> str | None:
    """Tell why a list is too new or too old for a time, or return None.

    :param skew: by how much clocks may differ.
    :param max_age: the longest time since the list was issued; without one the list has to say when the next comes.
    :standard: RFC 5280 6.3.3 (a)
    """
    if crl.this_update - at > skew:
        return "it was issued after the time in question"
    if crl.next_update is None:
        if max_age is None:
            return "it does not say until when it is good"
    elif at - crl.next_update > skew:
        return f"it is out of date since {crl.next_update:%Y-%m-%d %H:%M:%S}"
    if max_age is not None and at - crl.this_update - skew > max_age:
        return "it is older than allowed"
    return None


def unfit_signer(signer: NamedKey) -> str | None:
    """Tell why the certificate of a key forbids to sign lists with it, or return None.

    :raises DecodeError: when the key usage is malformed, which only lenient reading lets in.
    :standard: RFC 5280 6.3.3 (f)
    """
    certificate = certificate_of(signer)
    usage = certificate.key_usage if certificate is not None else None
    if usage is not None and KeyUsages.CRL_SIGN not in usage:
        return "the key usage of its signer has no cRLSign"
    return None


def certificate_of(key: NamedKey) -> Certificate | None:
    """Return the certificate that a named key is, or a trust anchor was taken from."""
    found = key if isinstance(key, Certificate) else getattr(key, "certificate", None)
    return found if isinstance(found, Certificate) else None
