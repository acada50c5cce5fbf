"""Verifying time-stamps: that a token is over certain data, and that an authority one trusts made it.

>>> from gmpki.cms import Trust
>>> from gmpki.tsa import TokenVerifier
>>> TokenVerifier(Trust(anchors=[root])).verify(token, b"contract").time  # doctest: +SKIP
datetime.datetime(2026, 3, 1, 8, 0, tzinfo=datetime.timezone.utc)
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import as_bytes, iterated, member, utc_seconds
from gmpki.asn1.rfc5280 import Name
from gmpki.asn1.rfc5280.ext_names import SubjectAltName
from gmpki.cms.report import CheckName, CheckStatus
from gmpki.cms.timestamps import StampedTime
from gmpki.cms.trust import Trust
from gmpki.cms.verification import verify as verify_message
from gmpki.errors import InvalidInputError, InvalidTypeError, TimestampError, UnsupportedAlgorithm
from gmpki.tsa.imprint import HASH_NAMES, STRONG_HASHES, Imprint
from gmpki.tsa.request import TimestampRequest
from gmpki.tsa.response import TimestampResponse
from gmpki.tsa.token import TimestampToken
from gmpki.x509.certificate import Certificate
from gmpki.x509.names import names_match
from gmpki.x509.path.past import PastSignature, validate_past
from gmpki.x509.path.purposes import Purpose

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.asn1.quirks import Quirk
    from gmpki.x509.path.result import ValidatedPath

__all__ = ["DEFAULT_TOKENS", "MAX_CLOCK_SKEW", "TokenPolicy", "TokenVerifier", "VerifiedTimestamp"]

MAX_CLOCK_SKEW: Final = timedelta(days=36525)
"""The most that a policy may say about clocks and accuracies: a century."""


@dataclass(frozen=True, slots=True)
class TokenPolicy:
    """Which tokens are taken. Immutable; thread-safe.

    :ivar hash_names: the hashes of imprints.
    :ivar policies: the policies of authorities, object identifiers; None takes any.
    :ivar max_accuracy: refuse tokens that may be further from the real time, or do not say; None takes any.
    :ivar clock_skew: how far a token may be ahead of the time of the verification.
    :ivar require_certificate_attribute: refuse tokens whose signed attributes do not name the authority's certificate,
        as RFC 3161 2.4.2 has it.
    :ivar require_ordering: refuse tokens that do not say that their times tell the order.
    :ivar understood: object identifiers of critical extensions of tokens that the caller himself takes care of.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when no hash is taken, or a duration is negative or longer than 100 years.
    :raises UnsupportedAlgorithm: when a hash is not known.
    """

    hash_names: frozenset[str] = STRONG_HASHES
    policies: frozenset[str] | None = None
    max_accuracy: timedelta | None = None
    clock_skew: timedelta = timedelta(minutes=5)
    require_certificate_attribute: bool = True
    require_ordering: bool = False
    understood: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for name in ("hash_names", "policies", "understood"):
            value = getattr(self, name)
            if value is None and name == "policies":
                continue
            if isinstance(value, str):
                raise InvalidTypeError(f"{name} must be a set of names, not one of them")
            found = frozenset(iterated(value, name))
            for text in found:
                member(text, str, f"an element of {name}")
            object.__setattr__(self, name, found)
        for name in ("max_accuracy", "clock_skew"):
            value = getattr(self, name)
            if value is None and name == "max_accuracy":
                continue
            member(value, timedelta, name)
            if not timedelta(0) <= value <= MAX_CLOCK_SKEW:
                raise InvalidInputError(f"{name} must be 0 to 100 years")
        for name in ("require_certificate_attribute", "require_ordering"):
            member(getattr(self, name), bool, name)
        if not self.hash_names:
            raise InvalidInputError("a policy takes at least one hash")
        unknown = sorted(self.hash_names - frozenset(HASH_NAMES))
        if unknown:
            raise UnsupportedAlgorithm(f"imprints have {', '.join(HASH_NAMES)}, not {unknown[0]!r}")


DEFAULT_TOKENS: Final = TokenPolicy()
"""What the standards say, and no SHA-1."""


@dataclass(frozen=True, slots=True)
class VerifiedTimestamp(StampedTime):
    """What a verified token proves. Immutable; thread-safe.

    :ivar imprint: what was stamped.
    :ivar ordering: whether the times of any two tokens of this authority tell their order.
    :ivar nonce: the number that the request had; None when it had none.
    :ivar path: from the certificate of the authority to the trust anchor; None when only the signature was looked at.
    :ivar quirks: what departs from the standards and was accepted.
    """

    imprint: Imprint | None = None
    ordering: bool = False
    nonce: int | None = None
    path: ValidatedPath | None = None
    quirks: tuple[Quirk, ...] = field(default=(), repr=False)

    def is_before(self, other: VerifiedTimestamp) -> bool | None:
        """Tell whether this token was made before another one; None when their times do not tell.

        Of tokens of one authority that promises the order, the times alone decide. Of others, the times have to be
        further apart than both accuracies together.

        :raises InvalidTypeError: when other is none.
        :standard: RFC 3161 2.4.2 (ordering)
        """
        member(other, VerifiedTimestamp, "other")
        ordered = self.ordering and other.ordering and self._is_of_the_authority_of(other)
        if ordered and self.time != other.time:
            return self.time < other.time
        if self.accuracy is None or other.accuracy is None:
            return None
        if self.latest < other.earliest:
            return True
        return False if other.latest < self.earliest else None

    def _is_of_the_authority_of(self, other: VerifiedTimestamp) -> bool:
        return self.certificate is not None and self.certificate == other.certificate


class TokenVerifier:
    """Verifies tokens; the :class:`~gmpki.cms.timestamps.TimestampVerifier` of messages and seals. Thread-safe if the
    checkers in its trust are.

    The path of the authority's certificate has to be valid at the time of the token. Revocation counts at the time of
    the verification: a key that was stolen since can make tokens with any time. Only a revocation for a reason that
    leaves the key in its owner's hands spares the tokens made before it (RFC 3161 4).
    """

    __slots__ = ("_lenient", "_policy", "_trust")

    def __init__(self, trust: Trust, *, policy: TokenPolicy = DEFAULT_TOKENS, lenient: bool = False) -> None:
        """Make a verifier.

        :param trust: whom to trust; its ``at`` is the time of the verification. With ``Trust.signature_only()`` nobody
            looks at who the authority is, and the time is what anybody wrote.
        :param lenient: read tokens with the departures of products in the field.
        :raises InvalidTypeError: when an input has the wrong type.
        """
        member(trust, Trust, "trust")
        member(policy, TokenPolicy, "policy")
        member(lenient, bool, "lenient")
        self._trust = trust
        self._policy = policy
        self._lenient = lenient

    def verify(self, token: TimestampToken | Buffer, imprinted: Buffer | Imprint) -> VerifiedTimestamp:
        """Verify that a token is over certain bytes, and that an authority one trusts made it.

        :param token: one that was read, or the bytes of one.
        :param imprinted: the bytes that were stamped, such as the value of a signature, or their imprint.
        :raises TimestampError: when it is over other data ("imprint"), or by a hash that is not taken ("hash"); when
            its policy ("policy"), accuracy ("accuracy"), ordering ("ordering") or time ("future") is not acceptable;
            when it is no token ("content-type", "signers"), has critical extensions unknown ("critical-extension"),
            does not name the authority's certificate in its attributes ("signing-certificate"), or names an authority
            that is not the certificate's ("authority-name").
        :raises InvalidSignature: when its signature does not hold.
        :raises MessageError: when it is not acceptable as a signed message: "signing-certificate" when its attributes
            name another certificate than the one that goes with it.
        :raises ValidationError: when the authority's certificate is not acceptable: "extended-key-usage" when it is
            not for time-stamping alone, and all that path validation raises.
        :raises RevokedError: when it is revoked, in a way that takes this token with it.
        :raises DecodeError: when it is malformed.
        :raises UnsupportedAlgorithm: when an algorithm is not known.
        :raises GmpkiError: another error as :func:`gmpki.cms.verify` raises it.
        :raises InvalidTypeError: when an input has the wrong type.
        :standard: RFC 3161 2.4.2, 2.3; GM/T 0033-2014
        """
        wanted = imprinted if isinstance(imprinted, Imprint) else as_bytes(imprinted, "what was stamped")
        read = self._read(token)
        imprint = self._check_imprint(read, wanted)
        at = self._check_claims(read)
        certificate = self._check_signature(read)
        _check_name(read, certificate)
        path = self._check_path(read, certificate, at)
        return VerifiedTimestamp(
            read.time,
            read.accuracy,
            read.policy,
            certificate,
            read.serial_number,
            read.to_der(),
            imprint,
            read.ordering,
            read.nonce,
            path,
            read.quirks,
            is_trusted=path is not None,
        )

    def verify_response(
        self, response: TimestampResponse | TimestampToken | Buffer, request: TimestampRequest
    ) -> VerifiedTimestamp:
        """Verify that a response grants what a request asked for.

        :param response: one that was read, the bytes of one, or the token out of it.

        :raises TimestampRejected: when the authority gives no token.
        :raises TimestampError: when the token does not repeat the nonce ("nonce") or is under another policy than the
            one that was asked for ("policy"); and as :meth:`verify`.
        :raises GmpkiError: another error as :meth:`verify` raises it.
        :raises InvalidTypeError: when an input has the wrong type.
        :standard: RFC 3161 2.2, 2.4.2
        """
        member(request, TimestampRequest, "request")
        if not isinstance(response, (TimestampResponse, TimestampToken)):
            response = TimestampResponse.from_der(response, lenient=self._lenient)
        token = response if isinstance(response, TimestampToken) else response.token
        wanted = request.imprint
        if not token.imprint.matches(wanted):
            raise TimestampError("imprint", "the time-stamp is over other data than the request")
        if token.nonce != request.nonce:
            what = "has no nonce" if token.nonce is None else "has another nonce than the request"
            raise TimestampError("nonce", f"the time-stamp {what}")
        if request.policy is not None and token.policy != request.policy:
            raise TimestampError("policy", f"the policy {request.policy} was asked for, {token.policy} was given")
        return self.verify(token, wanted)

    # ---- steps --------------------------------------------------------------------------
    def _read(self, token: TimestampToken | Buffer) -> TimestampToken:
        return token if isinstance(token, TimestampToken) else TimestampToken.from_der(token, lenient=self._lenient)

    def _check_imprint(self, token: TimestampToken, wanted: bytes | Imprint) -> Imprint:
        imprint = token.imprint
        if imprint.hash_name not in self._policy.hash_names:
            raise TimestampError("hash", f"the imprint is of {imprint.hash_name}, which the policy does not take")
        if not imprint.matches(wanted):
            raise TimestampError("imprint", "the time-stamp is over other data")
        return imprint

    def _check_claims(self, token: TimestampToken) -> datetime:
        """Check what the token says against the policy; return the time of the verification."""
        policy = self._policy
        if policy.policies is not None and token.policy not in policy.policies:
            raise TimestampError("policy", f"the policy {token.policy} of the authority is not one that is taken")
        if policy.max_accuracy is not None and (token.accuracy is None or token.accuracy > policy.max_accuracy):
            said = "does not say how accurate it is" if token.accuracy is None else f"is accurate to {token.accuracy}"
            raise TimestampError("accuracy", f"the time-stamp {said}; at most {policy.max_accuracy} is taken")
        if policy.require_ordering and not token.ordering:
            raise TimestampError("ordering", "the authority does not promise that its times tell the order")
        unknown = token.extensions.unknown_critical(frozenset(oids.find(oid) for oid in policy.understood))
        if unknown:
            names = ", ".join(oid.name for oid in unknown)
            raise TimestampError("critical-extension", f"the time-stamp has critical extensions unknown: {names}")
        at = self._trust.at or utc_seconds(datetime.now(timezone.utc), "now")
        if token.time - at > policy.clock_skew:
            raise TimestampError("future", f"the time-stamp is of {token.time}, and it is {at} now")
        return at

    def _check_signature(self, token: TimestampToken) -> Certificate:
        """Verify the signature; return the certificate of the key that made it."""
        only = Trust.signature_only(self._known_certificates(), signatures=self._trust.signatures)
        signer = verify_message(token.message, only, collect=True).signers[0]
        for name in (CheckName.CERTIFICATE, CheckName.DIGEST, CheckName.SIGNATURE):
            check = signer.check(name)
            if check.error is not None:
                raise check.error
            if check.status is not CheckStatus.PASSED:
                raise TimestampError("signature", f"the {name.value} of the time-stamp was not checked: {check.detail}")
        certificate = signer.signer_certificate
        if certificate is None:
            raise TimestampError("signature", "the certificate of the authority is not known")
        # That they name this certificate, where they name one, was checked with the signature.
        named = {oids.SIGNING_CERTIFICATE, oids.SIGNING_CERTIFICATE_V2}.intersection(signer.signed_attributes)
        if self._policy.require_certificate_attribute and not named:
            raise TimestampError(
                "signing-certificate", "the signed attributes of the time-stamp do not name the authority's certificate"
            )
        return certificate

    def _check_path(self, token: TimestampToken, certificate: Certificate, at: datetime) -> ValidatedPath | None:
        if not self._trust.checks_chain:
            return None
        return validate_past(
            certificate,
            PastSignature(token.time, at),
            replace(self._trust.policy, purpose=Purpose.TIME_STAMPING),
            anchors=self._trust.anchors,
            intermediates=(*self._trust.intermediates, *token.certificates),
            checkers=self._trust.checkers,
        )

    def _known_certificates(self) -> tuple[Certificate, ...]:
        """Return the certificates that the verifier has himself: a token need not bring that of its authority."""
        anchors = (anchor for anchor in self._trust.anchors if isinstance(anchor, Certificate))
        return (*self._trust.intermediates, *anchors)


def _check_name(token: TimestampToken, certificate: Certificate) -> None:
    """Check that the name that the authority gives itself is one of its certificate.

    :raises TimestampError: "authority-name" when it is not.
    :standard: RFC 3161 2.4.2 (tsa)
    """
    name = token.authority_name
    if name is None:
        return
    if isinstance(name.value, Name) and names_match(name.value, certificate.subject):
        return
    other = certificate.extensions.find(SubjectAltName)
    if other is None or name not in other.names:
        raise TimestampError("authority-name", "the time-stamp names another authority than its certificate")
