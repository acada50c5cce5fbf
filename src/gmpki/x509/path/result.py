"""What path validation answers: a path that holds, or one reason out of a fixed list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki.errors import ValidationError

if TYPE_CHECKING:
    from gmpki.asn1.quirks import Quirk
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.named_key import TrustAnchor
    from gmpki.x509.revocation import RevocationResult

__all__ = ["REASONS", "Departure", "ValidatedPath", "refusal"]

REASONS: Final = {
    # The search for a path.
    "no-path": "no certificate or trust anchor of the issuer's name leads further",
    "limit": "the search needed more work than the policy allows",
    "depth": "more intermediate authorities than the policy allows",
    "malformed": "an extension that is needed cannot be decoded, or stands there twice (RFC 5280 4.2)",
    # RFC 5280 6.1: what every path is judged by.
    "signature": "the signature does not hold under the issuer's key (6.1.3 (a)(1))",
    "algorithm": "the algorithm or the key is not supported, refused by policy, or does not belong to the other",
    "not-yet-valid": "the time is before notBefore (6.1.3 (a)(2))",
    "expired": "the time is after notAfter (6.1.3 (a)(2))",
    "revoked": "the certificate has been revoked (6.1.3 (a)(3))",
    "revocation-unknown": "whether it was revoked is unknown, and the policy wants to know (6.1.3 (a)(3))",
    "name-constraints": "a name is not in the name space of an authority above (6.1.3 (b), (c))",
    "policies": "no acceptable certificate policy holds along the path (6.1.3 (f), 6.1.4 (a), 6.1.5)",
    "not-a-ca": "an issuer is no authority: version 3 with basicConstraints and cA TRUE needed (6.1.4 (k))",
    "path-length": "more authorities below than pathLenConstraint allows (6.1.4 (l), (m))",
    "key-usage": "keyUsage does not allow the use: keyCertSign of an issuer, or what the caller asks (6.1.4 (n))",
    "critical-extension": "a critical extension that is not understood (6.1.4 (o), 6.1.5 (f))",
    # What the caller asks of the certificate itself.
    "extended-key-usage": "extKeyUsage does not allow the purpose that the caller asks for (4.2.1.12)",
    "peer-name": "subjectAltName does not hold the name that the caller asks for (RFC 9525 6)",
    # RFC 5280 4: what conforming authorities issue. A policy may tolerate these.
    "version": "the fields or extensions need another version (4.1.2.1)",
    "serial-number": "the serial number is not positive or has more than 20 octets (4.1.2.2)",
    "issuer-name": "the issuer's name is empty (4.1.2.4)",
    "subject-name": "an authority's name is empty, or a subject has no name at all (4.1.2.6)",
    "criticality": "an extension that must not be critical is so (4.2.1.1, 4.2.1.2, 4.2.1.8, 4.2.1.15, 4.2.2)",
    "authority-key-identifier": "authorityKeyIdentifier is absent or incomplete (4.2.1.1)",
    "subject-key-identifier": "an authority has no subjectKeyIdentifier (4.2.1.2)",
    "key-usage-form": "keyUsage is empty, or at odds with basicConstraints (4.2.1.3, 4.2.1.9)",
    "policy-form": "a policy extension is not critical, empty, repeated or in the wrong certificate (4.2.1.4, 4.2.1.5, "
    "4.2.1.11, 4.2.1.14)",
    "subject-alt-name": "subjectAltName is not critical beside an empty subject, or holds a malformed name (4.2.1.6)",
    "basic-constraints": "basicConstraints is not critical in an authority's certificate, or has a path length for "
    "what is none (4.2.1.9)",
    "name-constraints-form": "nameConstraints is not critical, or not in an authority's certificate (4.2.1.10)",
    # The Baseline Requirements of the CA/Browser Forum, for the profile "webpki". A policy may tolerate these.
    "common-name": "the common name is no copy of one name in subjectAltName (BR 7.1.4.3)",
    "key": "a key of a kind, curve or size that is not allowed (BR 6.1.5, 7.1.3.1)",
    "signature-algorithm": "a signature algorithm that is not allowed (BR 7.1.3.2)",
    "webpki-extension": "an extension has a form or place that is not allowed (BR 7.1.2)",
}
"""Every code of ``ValidationError.reason`` that this package raises, and what it means."""


@dataclass(frozen=True, slots=True)
class Departure:
    """A rule of the profile that a certificate breaks, and that the policy tolerates.

    :ivar reason: a code of :data:`REASONS`.
    :ivar message: one sentence.
    """

    reason: str
    message: str
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class ValidatedPath:
    """A path that holds. Immutable.

    :ivar chain: the certificates, the one that was asked about first, the one that the anchor signed last.
    :ivar anchor: the trust anchor, which is no part of the chain.
    :ivar policies: the certificate policies that hold along the path and that the caller accepts, as object
        identifiers; anyPolicy among them stands for any. Empty when no policy needs to hold.
    :ivar revocation: what was found out about each certificate of the chain, in the same order; empty when nobody
        was asked.
    :ivar quirks: for each certificate of the chain, what was met and accepted that is not as the standards say.
    :ivar departures: the rules of the profile that were broken and tolerated.
    """

    chain: tuple[Certificate, ...]
    anchor: TrustAnchor
    policies: frozenset[str] = frozenset()
    revocation: tuple[RevocationResult, ...] = ()
    quirks: tuple[tuple[Quirk, ...], ...] = ()
    departures: tuple[Departure, ...] = ()

    @property
    def certificate(self) -> Certificate:
        """The certificate that was asked about."""
        return self.chain[0]


def refusal(reason: str, message: str, certificate: Certificate | None = None) -> ValidationError:
    """Return the error for one of :data:`REASONS`."""
    return ValidationError(reason, message, certificate=certificate)
