"""Checking certificates for revocation by OCSP: with responses that are there, and with those that are fetched."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final, TypeAlias

from gmpki import oids
from gmpki._inputs import as_text, function, iterated, member
from gmpki.asn1.rfc5280 import GeneralNameKind
from gmpki.asn1.rfc5280.ext_points import AuthorityInfoAccess
from gmpki.errors import GmpkiError
from gmpki.ocsp.cert_ids import usual_hash_name
from gmpki.ocsp.request_builder import OCSPRequestBuilder
from gmpki.ocsp.response import OCSPResponse
from gmpki.ocsp.verify import DEFAULT_RESPONSES, ResponsePolicy, check_response
from gmpki.x509.certificate import Certificate
from gmpki.x509.revocation import RevocationContext, RevocationResult, RevocationStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from typing_extensions import Buffer

    from gmpki.x509.named_key import NamedKey

    Fetch: TypeAlias = Callable[[str, bytes], Buffer]

__all__ = ["OCSPChecker", "responder_urls"]

# Each one that is tried costs up to nine verifications of signatures.
_MAX_TRIED: Final = 8
_MAX_URLS: Final = 3


def responder_urls(certificate: Certificate) -> tuple[str, ...]:
    """Return where a certificate says that its status can be asked for over HTTP, in the order it says.

    :raises DecodeError: when authorityInfoAccess is malformed.
    :standard: RFC 5280 4.2.2.1; RFC 6960 3.1
    """
    access = certificate.extensions.find(AuthorityInfoAccess)
    locations = () if access is None else access.locations(oids.AD_OCSP)
    urls = (location.value for location in locations if location.kind is GeneralNameKind.URI)
    return tuple(url for url in urls if isinstance(url, str) and url.lower().startswith(("http://", "https://")))


class OCSPChecker:
    """A :class:`~gmpki.x509.revocation.RevocationChecker` that asks OCSP responders. Thread-safe if its fetch is.

    Responses that are given, for instance stapled to a TLS handshake or stored with a signature, are tried first. Only
    when none of them tells is a responder asked. Of several acceptable responses the newest counts; of two of the same
    second the one that says revoked.
    """

    def __init__(
        self,
        responses: Iterable[OCSPResponse] = (),
        *,
        fetch: Fetch | None = None,
        urls: Sequence[str] | None = None,
        hash_name: str | None = None,
        nonce: bool = True,
        policy: ResponsePolicy = DEFAULT_RESPONSES,
    ) -> None:
        """Make a checker.

        :param responses: any number of responses; at most 8 about one serial number are tried.
        :param fetch: sends the DER of a request to an address and returns that of the response, or raises GmpkiError
            or OSError; with None no responder is asked. :meth:`gmpki.fetch.Fetcher.ocsp` is one.
        :param urls: the responders that are asked in place of those that the certificate names, at most 3.
        :param hash_name: the hash of CertIDs; None is SM3 for issuers with SM2 keys and SHA-1 for others.
        :param nonce: send a nonce, which the policy may require the responder to repeat.
        :param policy: how fresh responses have to be.
        :raises InvalidTypeError: when an input has the wrong type.
        """
        self._responses: dict[int, list[OCSPResponse]] = {}
        for response in iterated(responses, "responses"):
            member(response, OCSPResponse, "a response")
            self._index(response)
        if fetch is not None:
            function(fetch, "fetch")
        member(nonce, bool, "nonce")
        member(policy, ResponsePolicy, "policy")
        self._fetch = fetch
        self._urls = None if urls is None else tuple(as_text(url, "an address") for url in iterated(urls, "urls"))
        self._hash_name = None if hash_name is None else as_text(hash_name, "hash_name")
        self._nonce = nonce
        self._policy = policy

    def _index(self, response: OCSPResponse) -> None:
        """Remember a response by the serial numbers it is about; one that is no answer is about none."""
        try:
            serial_numbers = {single.cert_id.serial_number for single in response.responses}
        except GmpkiError:
            return
        for serial_number in serial_numbers:
            self._responses.setdefault(serial_number, []).append(response)

    def check(self, certificate: Certificate, issuer: NamedKey, context: RevocationContext) -> RevocationResult:
        """Find out whether a certificate has been revoked.

        Responses and responders that are broken, out of date or not authorised give UNKNOWN with the reason in
        ``detail``; they are no errors.

        :param issuer: whose key verified the certificate: a certificate that was validated, or a trust anchor.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises UnsupportedAlgorithm: when the checker was given a hash that CertIDs are not made with.
        """
        member(certificate, Certificate, "certificate")
        member(context, RevocationContext, "context")
        inquiry = _Inquiry(certificate, issuer, context, self._policy)
        for response in self._responses.get(certificate.serial_number, ())[:_MAX_TRIED]:
            inquiry.take(response, None)
        if not inquiry.is_decided and self._fetch is not None:
            self._ask(self._fetch, inquiry)
        return inquiry.result()

    def _ask(self, fetch: Fetch, inquiry: _Inquiry) -> None:
        """Ask one responder after the other until one of them tells."""
        hash_name = self._hash_name or usual_hash_name(inquiry.issuer)
        builder = OCSPRequestBuilder().add(inquiry.certificate, inquiry.issuer, hash_name)
        urls = self._urls
        if urls is None:
            try:
                urls = responder_urls(inquiry.certificate)
            except GmpkiError as error:
                inquiry.problems.append(str(error))
                return
        for url in urls[:_MAX_URLS]:
            request = (builder.nonce() if self._nonce else builder).build()
            try:
                answer = fetch(url, request.to_der())
                response = OCSPResponse.from_der(answer, lenient=inquiry.certificate.is_lenient)
            except (GmpkiError, OSError) as error:
                inquiry.problems.append(f"{url}: {error}")
                continue
            inquiry.take(response, request.nonce)
            if inquiry.is_decided:
                return


@dataclass(slots=True)
class _Inquiry:
    """One question, and what was found so far."""

    certificate: Certificate
    issuer: NamedKey
    context: RevocationContext
    policy: ResponsePolicy
    results: list[RevocationResult] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def take(self, response: OCSPResponse, nonce: bytes | None) -> None:
        """Add what a response says to the results, or why it does not count to the problems."""
        try:
            self.results.append(
                check_response(response, self.certificate, self.issuer, self.context, nonce=nonce, policy=self.policy)
            )
        except GmpkiError as error:
            self.problems.append(str(error))

    @property
    def is_decided(self) -> bool:
        """Whether somebody said good or revoked."""
        return any(result.status is not RevocationStatus.UNKNOWN for result in self.results)

    def result(self) -> RevocationResult:
        """Return what counts of all that was found."""
        if self.results:
            return max(self.results, key=_newest)
        detail = "; ".join(self.problems) or "there is no OCSP response, and nobody to ask"
        return RevocationResult(RevocationStatus.UNKNOWN, "ocsp", detail=detail)


_WEIGHT: Final = {RevocationStatus.UNKNOWN: 0, RevocationStatus.GOOD: 1, RevocationStatus.REVOKED: 2}
_EVER: Final = datetime.min.replace(tzinfo=timezone.utc)


def _newest(result: RevocationResult) -> tuple[bool, datetime, int]:
    """Order results: an answer before "unknown", a newer before an older one, revoked before good."""
    known = result.status is not RevocationStatus.UNKNOWN
    return known, result.this_update or _EVER, _WEIGHT[result.status]
