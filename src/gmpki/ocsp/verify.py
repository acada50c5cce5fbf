"""Whether to believe an OCSP response: who answered, when, and about which certificate.

A response counts when all of this holds, and is refused otherwise:

- it answers for the certificate asked: serial number, hash of the issuer's name and hash of its key (RFC 6960 3.2 1);
- its answers for that certificate do not contradict each other, and none stands twice;
- no critical extension is unknown (RFC 5280 4.2);
- it repeats the nonce of the request, where one was sent (RFC 9654 2.1);
- it is fresh: thisUpdate and producedAt have come, nextUpdate has not (RFC 6960 3.2 5 and 6, 4.2.2.1);
- its signature holds (3.2 2), made by the key that issued the certificate or by a responder whose certificate that very
  key issued for OCSP signing (3.2 3 and 4, 4.2.2.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import as_bytes, member
from gmpki.asn1.quirks import QuirkLog
from gmpki.asn1.rfc5280.ext_crl import InvalidityDate
from gmpki.asn1.rfc6960 import CertStatusKind
from gmpki.errors import InvalidInputError, ValidationError
from gmpki.ocsp.authority import check_responder
from gmpki.ocsp.cert_ids import demand_issuer, identifies
from gmpki.ocsp.response import OCSPResponse
from gmpki.x509.certificate import Certificate
from gmpki.x509.extensions import Extensions
from gmpki.x509.names import names_match
from gmpki.x509.revocation import RevocationContext, RevocationResult, RevocationStatus

if TYPE_CHECKING:
    from datetime import datetime

    from typing_extensions import Buffer

    from gmpki.asn1.rfc6960 import SingleResponse
    from gmpki.oids import ObjectIdentifier
    from gmpki.x509.named_key import NamedKey

__all__ = ["DEFAULT_RESPONSES", "ResponsePolicy", "check_response", "verify_response"]

_UNDERSTOOD_IN_RESPONSE: Final = frozenset((oids.OCSP_NONCE, oids.OCSP_EXTENDED_REVOKE))
_UNDERSTOOD_IN_SINGLE: Final = frozenset(
    (oids.OCSP_CRL, oids.OCSP_ARCHIVE_CUTOFF, oids.CRL_REASON, oids.INVALIDITY_DATE)
)
_STATUSES: Final = {
    CertStatusKind.GOOD: RevocationStatus.GOOD,
    CertStatusKind.REVOKED: RevocationStatus.REVOKED,
    CertStatusKind.UNKNOWN: RevocationStatus.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class ResponsePolicy:
    """How fresh a response has to be. Immutable; thread-safe.

    :ivar clock_skew: how far the clocks of both sides may be apart.
    :ivar max_age: how long ago thisUpdate may be, whatever nextUpdate says; None sets no bound.
    :ivar max_age_without_next_update: the same for responses without nextUpdate, which are out of date at once by the
        letter of RFC 6960 4.2.2.1.
    :ivar require_nonce: refuse a response without a nonce where one was sent. Responders that sign in advance cannot
        repeat one. A nonce that is another one is refused in any case.
    """

    clock_skew: timedelta = timedelta(minutes=5)
    max_age: timedelta | None = None
    max_age_without_next_update: timedelta = timedelta(days=1)
    require_nonce: bool = True

    def __post_init__(self) -> None:
        """Check the fields.

        :raises InvalidTypeError: when one has the wrong type.
        :raises InvalidInputError: when a duration is negative or longer than 100 years.
        """
        for name in ("clock_skew", "max_age", "max_age_without_next_update"):
            value = getattr(self, name)
            if value is None and name == "max_age":
                continue
            member(value, timedelta, name)
            if not timedelta(0) <= value <= timedelta(days=36525):
                raise InvalidInputError(f"{name} must be 0 to 100 years")
        member(self.require_nonce, bool, "require_nonce")


DEFAULT_RESPONSES: Final = ResponsePolicy()
"""The policy where the caller gives no other."""


def verify_response(
    response: OCSPResponse,
    certificate: Certificate,
    issuer: NamedKey,
    context: RevocationContext,
    *,
    nonce: Buffer | None = None,
    policy: ResponsePolicy = DEFAULT_RESPONSES,
) -> RevocationResult:
    """Verify that a response says that a certificate is good; parameters and other errors as :func:`check_response`.

    :raises RevokedError: when it says that the certificate is revoked, on hold too.
    :raises RevocationUnknownError: when it says "unknown".
    """
    result = check_response(response, certificate, issuer, context, nonce=nonce, policy=policy)
    result.require_good(certificate)
    return result


def check_response(
    response: OCSPResponse,
    certificate: Certificate,
    issuer: NamedKey,
    context: RevocationContext,
    *,
    nonce: Buffer | None = None,
    policy: ResponsePolicy = DEFAULT_RESPONSES,
) -> RevocationResult:
    """Verify a response and return what it says about a certificate: good, revoked or unknown.

    :param certificate: who asks about one that was read leniently has those of responders read so too.
    :param issuer: whose key verified the certificate: a certificate that was validated, or a trust anchor.
    :param context: the time, which signatures are taken, and who validates the certificate of a delegated responder.
        Without a validator such a certificate has to carry id-pkix-ocsp-nocheck: nobody else would ask whether the
        responder itself was revoked.
    :param nonce: of the request that was sent; None when none was.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises ResponderError: when the responder did not answer.
    :raises ValidationError: when the response is not acceptable, with the reasons "ocsp-other-certificate",
        "ocsp-contradiction", "ocsp-critical-extension", "ocsp-nonce", "ocsp-not-yet-valid", "ocsp-expired",
        "ocsp-signature", "ocsp-responder" (it may not answer) or "ocsp-responder-unchecked" (its revocation).
    :standard: RFC 6960 3.2
    """
    member(response, OCSPResponse, "response")
    member(certificate, Certificate, "certificate")
    demand_issuer(issuer)
    member(context, RevocationContext, "context")
    member(policy, ResponsePolicy, "policy")
    if not names_match(certificate.issuer, issuer.subject):
        raise ValidationError(
            "ocsp-other-certificate", "the certificate names another issuer than the one given", certificate=certificate
        )
    try:
        answers = _answers_for(response, certificate, issuer)
        _check_critical(response.extensions, _UNDERSTOOD_IN_RESPONSE)
        _check_nonce(response.nonce, None if nonce is None else as_bytes(nonce, "nonce"), policy)
        for single in answers:
            _check_fresh(response.produced_at, single, context.at, policy)
        responder = check_responder(response, issuer, context, lenient=certificate.is_lenient)
    except ValidationError as error:
        if error.certificate is None:
            error.certificate = certificate
        raise
    # They say the same; the one that has to be renewed first says for how long.
    single = min(answers, key=lambda answer: answer.next_update or answer.this_update)
    invalidity = Extensions(single.extensions, quirks=QuirkLog()).find(InvalidityDate)
    return RevocationResult(
        _STATUSES[single.status.kind],
        "ocsp",
        single.status.revocation_reason,
        single.status.revocation_time,
        None if invalidity is None else invalidity.date,
        single.this_update,
        single.next_update,
        f"{responder.subject} answered {single.status.kind.value}",
    )


def _answers_for(response: OCSPResponse, certificate: Certificate, issuer: NamedKey) -> list[SingleResponse]:
    """Return the answers for a certificate: one, or several that say the same by CertIDs of several hashes.

    :raises ValidationError: when there is none, one stands twice, or they say different things.
    """
    found = [single for single in response.responses if identifies(single.cert_id, certificate, issuer)]
    if not found:
        raise ValidationError("ocsp-other-certificate", "the OCSP response does not answer for this certificate")
    if len({single.cert_id for single in found}) != len(found) or len({single.status for single in found}) != 1:
        raise ValidationError("ocsp-contradiction", "the OCSP response answers for this certificate more than once")
    for single in found:
        _check_critical(Extensions(single.extensions, quirks=QuirkLog()), _UNDERSTOOD_IN_SINGLE)
    return found


def _check_critical(extensions: Extensions, understood: frozenset[ObjectIdentifier]) -> None:
    unknown = extensions.unknown_critical(understood)
    if unknown:
        names = ", ".join(oid.name for oid in unknown)
        raise ValidationError("ocsp-critical-extension", f"the OCSP response has critical extensions unknown: {names}")


def _check_nonce(answered: bytes | None, asked: bytes | None, policy: ResponsePolicy) -> None:
    if asked is None:
        return
    if answered is None and policy.require_nonce:
        raise ValidationError("ocsp-nonce", "the OCSP response does not repeat the nonce of the request")
    if answered is not None and answered != asked:
        raise ValidationError("ocsp-nonce", "the OCSP response has another nonce than the request")


def _check_fresh(produced_at: datetime, single: SingleResponse, at: datetime, policy: ResponsePolicy) -> None:
    """Check the three times of a response, as differences: sums could leave the years that datetime has."""
    skew = policy.clock_skew
    for name, time in (("thisUpdate", single.this_update), ("producedAt", produced_at)):
        if time - at > skew:
            raise ValidationError("ocsp-not-yet-valid", f"{name} of the OCSP response is {time}, after {at}")
    age = at - single.this_update
    if single.next_update is not None:
        if single.next_update < single.this_update:
            raise ValidationError("ocsp-expired", "nextUpdate of the OCSP response is before its thisUpdate")
        if at - single.next_update > skew:
            raise ValidationError("ocsp-expired", f"the OCSP response was to be renewed at {single.next_update}")
    elif age > policy.max_age_without_next_update + skew:
        raise ValidationError("ocsp-expired", f"the OCSP response is of {single.this_update} and has no nextUpdate")
    if policy.max_age is not None and age > policy.max_age + skew:
        raise ValidationError("ocsp-expired", f"the OCSP response is of {single.this_update}: too old by the policy")
