"""Which certificate is the signer's, and whether it is one to sign with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.errors import GmpkiError, MessageError, ValidationError
from gmpki.x509.certificate import Certificate
from gmpki.x509.named_key import public_key_of
from gmpki.x509.profile import SIGNING_USAGES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.asn1.rfc5652 import IssuerAndSerialNumber
    from gmpki.cms.trust import Trust
    from gmpki.keys.interfaces import PublicKey
    from gmpki.x509.signatures import SignaturePolicy

__all__ = ["check_usage", "find_certificate", "is_named", "verifying_key"]

_SIGNING: Final = int(SIGNING_USAGES)
_OF_AUTHORITIES: Final = frozenset((oids.TIME_STAMPING, oids.OCSP_SIGNING))


def find_certificate(
    sid: IssuerAndSerialNumber | bytes, certificates: Iterable[Certificate], trust: Trust
) -> Certificate:
    """Find the one certificate that a signer names, among those of the message and of the verifier.

    Names are compared byte for byte: a signer copies the name from his certificate.

    :raises MessageError: "signer-missing" when there is none, "signer-ambiguous" when there are several.
    :standard: RFC 5652 5.3
    """
    found: dict[bytes, Certificate] = {}
    anchors = [anchor for anchor in trust.anchors if isinstance(anchor, Certificate)]
    for certificate in (*certificates, *trust.intermediates, *anchors):
        if is_named(certificate, sid):
            found[certificate.der] = certificate
    if not found:
        raise MessageError("signer-missing", f"no certificate of the signer is at hand: {_shown(sid)}")
    if len(found) > 1:
        raise MessageError("signer-ambiguous", f"{len(found)} certificates are the one that is named: {_shown(sid)}")
    return next(iter(found.values()))


def is_named(certificate: Certificate, sid: IssuerAndSerialNumber | bytes) -> bool:
    """Tell whether a certificate is the one that a signer names."""
    if isinstance(sid, bytes):
        try:
            return certificate.subject_key_identifier == sid
        except GmpkiError:  # a malformed extension, which only lenient reading lets in, names nobody
            return False
    return certificate.serial_number == sid.serial_number and certificate.issuer == sid.issuer


def _shown(sid: IssuerAndSerialNumber | bytes) -> str:
    if isinstance(sid, bytes):
        return f"key identifier {sid[:32].hex()}"
    return f"serial number {sid.serial_number:x} of {sid.issuer}"


def verifying_key(certificate: Certificate, policy: SignaturePolicy) -> PublicKey:
    """Return the public key of a certificate, by the policy's leave.

    :raises GmpkiError: as :func:`~gmpki.keys.loader.load_public_key_info`, when it cannot be loaded.
    """
    usual = policy.algorithms is DEFAULT_POLICY or policy.algorithms == DEFAULT_POLICY
    if usual and not policy.explicit_curve:
        return certificate.public_key
    return public_key_of(
        certificate.public_key_info, policy=policy.algorithms, allow_explicit_curve=policy.explicit_curve
    )


def check_usage(certificate: Certificate, content_type: str | None) -> tuple[bool, str]:
    """Check that a certificate is one to sign with: of a pair, the signing one. Return True and what was found.

    Certificates for documents have many extended key usages, or none. But those of authorities that sign answers to
    anybody who asks are for these alone.

    :param content_type: of what was signed; None for a counter-signature.
    :raises ValidationError: "key-usage" when it is not; "extended-key-usage" when it is for time-stamps or OCSP alone.
    :raises DecodeError: when keyUsage or extKeyUsage is malformed.

    :standard: RFC 5280 4.2.1.3 and 4.2.1.12; the usages of a pair as in :mod:`gmpki.x509.pair`
    """
    extended = certificate.extended_key_usage
    if extended is not None and content_type != oids.TST_INFO and _OF_AUTHORITIES.issuperset(extended.purposes):
        names = ", ".join(purpose.name for purpose in extended.purposes)
        raise ValidationError(
            "extended-key-usage",
            f"the certificate is not one to sign messages with: its extKeyUsage holds {names} alone",
            certificate=certificate,
        )
    usages = certificate.key_usage
    if usages is None:
        return True, "the certificate says nothing about its use"
    if not int(usages) & _SIGNING:
        raise ValidationError(
            "key-usage",
            "the certificate is not one to sign with: its keyUsage has neither digitalSignature nor nonRepudiation; "
            "of a pair, it is the one for encryption",
            certificate=certificate,
        )
    return True, "keyUsage allows signatures"
