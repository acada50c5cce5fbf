"""A responder: it answers the bytes of requests with the bytes of responses. It opens no sockets and keeps no files.

What is known about certificates comes from a :class:`StatusSource`; the key that signs is any
:class:`~gmpki.keys.interfaces.Signer`.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from threading import Lock
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from gmpki import oids
from gmpki._inputs import as_bytes, member, number, utc_seconds
from gmpki.asn1.rfc5280.ext_crl import InvalidityDate, ReasonCode
from gmpki.asn1.rfc6960 import MAX_REQUESTS, CertID, CertStatus, CrlID, ExtendedRevoke, ResponseStatus
from gmpki.errors import GmpkiError, InvalidInputError, InvalidTypeError, KeyMismatchError
from gmpki.ocsp.authority import delegation_problem
from gmpki.ocsp.cert_ids import demand_issuer, identifies
from gmpki.ocsp.request import OCSPRequest
from gmpki.ocsp.response import OCSPResponse
from gmpki.ocsp.response_builder import OCSPResponseBuilder
from gmpki.x509._building import demand_signer
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl import CertificateRevocationList
from gmpki.x509.crl_sources import KnownList

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer

    from gmpki.asn1.rfc5280._extension_value import ExtensionValue
    from gmpki.keys.interfaces import Signer
    from gmpki.x509.named_key import NamedKey

__all__ = ["CRLStatusSource", "KnownStatus", "OCSPResponder", "StatusSource"]

_UNDERSTOOD: Final = frozenset(
    (oids.OCSP_NONCE, oids.OCSP_RESPONSE_TYPES, oids.OCSP_SERVICE_LOCATOR, oids.OCSP_PREFERRED_SIGNATURES)
)
# What is said of certificates that were never issued (RFC 6960 2.2 and 4.4.8).
_NEVER_ISSUED: Final = CertStatus.revoked(datetime(1970, 1, 1, tzinfo=timezone.utc), ReasonCode.CERTIFICATE_HOLD)


@dataclass(frozen=True, slots=True)
class KnownStatus:
    """What a source knows about one certificate.

    :ivar status: good or revoked, or unknown where the source wants to say just that.
    :ivar this_update: when that was known to be right; None is the time of the answer.
    :ivar next_update: when there will be newer information; None leaves it to the responder.
    :ivar extensions: for the single response, such as InvalidityDate or CrlID.
    """

    status: CertStatus
    this_update: datetime | None = None
    next_update: datetime | None = None
    extensions: tuple[ExtensionValue, ...] = ()


@runtime_checkable
class StatusSource(Protocol):
    """Where the status of the certificates of one issuer stands: a database, a revocation list."""

    def status(self, serial_number: int) -> KnownStatus | None:
        """Return what is known about the certificate of a serial number; None when none of that number was issued.

        :raises GmpkiError: when it cannot tell now; the responder then answers internalError.
        """


class CRLStatusSource:
    """The status of certificates by a revocation list. Thread-safe.

    A list does not say which certificates were issued: a number that is not on it is "good", be there such a
    certificate or not. Whether the list is authentic and complete is for who makes this to check.
    """

    def __init__(self, crl: CertificateRevocationList) -> None:
        """Take a list.

        :raises InvalidTypeError: when it is none.
        :raises InvalidInputError: when it does not say who is good: a delta list, one about some reasons or about
            attribute certificates only, or one with a critical extension, of its own or of an entry, that is not
            understood.
        """
        member(crl, CertificateRevocationList, "crl")
        known = KnownList.of(crl)
        scope, problem = known.scope, known.problem
        if known.delta_base is not None:
            problem = "it is a delta list"
        elif scope is not None and (scope.only_some_reasons is not None or scope.only_contains_attribute_certs):
            problem = "it is about some reasons, or about attribute certificates, only"
        if problem is not None:
            raise InvalidInputError(f"this list does not say which certificates are good: {problem}")
        self._crl = crl
        self._reference = CrlID(crl_num=known.number, crl_time=crl.this_update)

    def status(self, serial_number: int) -> KnownStatus:
        """Return what the list says about a serial number."""
        entry = self._crl.find(serial_number)
        extensions: tuple[ExtensionValue, ...] = (self._reference,)
        status = CertStatus.good()
        if entry is not None:
            status = CertStatus.revoked(entry.revocation_date, entry.reason)
            if entry.invalidity_date is not None:
                extensions = (*extensions, InvalidityDate(entry.invalidity_date))
        return KnownStatus(status, self._crl.this_update, self._crl.next_update, extensions)


class OCSPResponder:
    """Answers requests about the certificates of one issuer. Thread-safe if its source and signer are.

    Answers come in the hash in which they are asked: SM3, SHA-1, SHA-2. A request of which nothing is about this issuer
    is answered "unauthorized", a single question about somebody else's certificate "unknown".
    """

    def __init__(
        self,
        issuer: NamedKey,
        signer: Signer,
        source: StatusSource,
        *,
        certificate: Certificate | None = None,
        validity: timedelta = timedelta(hours=1),
        by_key: bool = False,
        repeat_nonce: bool = True,
        extended_revoke: bool = False,
        check_requestor: Callable[[OCSPRequest], None] | None = None,
        max_certificates: int = 100,
        cache_len: int = 0,
        user_id: bytes | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """Make a responder.

        :param issuer: who issued the certificates.
        :param signer: the key of the issuer, or that of the delegated responder.
        :param source: what is known about the certificates.
        :param certificate: of the delegated responder, issued by the issuer for OCSP signing; it goes along with each
            response. None when the issuer answers itself.
        :param validity: from the answer to nextUpdate, where the source does not say; 1 second to 366 days.
        :param by_key: the responder names itself by the SHA-1 of its key, not by its name.
        :param repeat_nonce: repeat the nonce of a request; without it, answers can be given more than once.
        :param extended_revoke: answer "revoked" for numbers that were never issued, not "unknown" (RFC 6960 4.4.8).
        :param check_requestor: looks at each request and raises GmpkiError when it must not be answered; a request that
            is not signed is then answered "sigRequired", one that it refuses "unauthorized".
        :param max_certificates: how many a request may ask about, 1 to 1024; one for more is "malformedRequest".
        :param cache_len: how many answers without a nonce are kept and given again during the first half of their
            validity, 0 to 10^6; a revocation meanwhile is not seen before, unless :meth:`forget` is called.
        :param user_id: of SM2 signatures; None is the default id, ``b""`` the only one that OpenSSL 3.0 verifies.
        :param clock: returns the time, with a time zone; None is that of the system.
        :raises InvalidInputError: when the certificate does not let its owner answer for this issuer; when a number or
            duration is out of bounds.
        :raises KeyMismatchError: when the signer is neither the issuer nor the owner of the certificate.
        :raises InvalidTypeError: when an input has the wrong type.
        """
        demand_issuer(issuer)
        demand_signer(signer)
        if not isinstance(source, StatusSource):
            raise InvalidTypeError(f"source must be a StatusSource, not {type(source).__name__}")
        for function in (check_requestor, clock):
            if function is not None and not callable(function):
                raise InvalidTypeError(f"a function expected, not {type(function).__name__}")
        if certificate is not None:
            member(certificate, Certificate, "certificate")
            problem = delegation_problem(certificate, issuer)
            if problem is not None:
                raise InvalidInputError(f"this responder may not answer: {problem}")
        self._identity: NamedKey = issuer if certificate is None else certificate
        if signer.public_key.to_der() != self._identity.public_key.to_der():
            whose = "issuer" if certificate is None else "responder's certificate"
            raise KeyMismatchError(f"the signer has another key than the {whose}")
        member(validity, timedelta, "validity")
        if not timedelta(seconds=1) <= validity <= timedelta(days=366):
            raise InvalidInputError("validity must be 1 second to 366 days")
        self._issuer = issuer
        self._signer = signer
        self._source = source
        self._validity = timedelta(seconds=int(validity.total_seconds()))
        # What every response begins with; a builder does not change.
        begun = OCSPResponseBuilder().responder(self._identity, by_key=bool(by_key))
        self._begun = begun.certificates(() if certificate is None else (certificate,))
        self._repeat_nonce = bool(repeat_nonce)
        self._extended_revoke = bool(extended_revoke)
        self._check_requestor = check_requestor
        self._max_certificates = number(max_certificates, 1, MAX_REQUESTS, "max_certificates")
        self._user_id = None if user_id is None else as_bytes(user_id, "user_id")
        self._clock = clock if clock is not None else _system_time
        self._cache = _Cache(number(cache_len, 0, 10**6, "cache_len"))

    def answer(self, request: Buffer) -> bytes:
        """Answer a request.

        :param request: its DER; what is no request is answered "malformedRequest".
        :returns: the DER of the response.
        :raises InvalidTypeError: when request has no buffer, or the clock returns no time.
        :raises InvalidInputError: when the clock returns a time without a time zone.
        """
        try:
            parsed = OCSPRequest.from_der(request)
        except GmpkiError as error:
            if isinstance(error, TypeError):
                raise
            return _refusal(ResponseStatus.MALFORMED_REQUEST)
        refused = self._refused(parsed)
        if refused is not None:
            return _refusal(refused)
        now = self._now()
        key = parsed.cert_ids[0].to_der() if self._is_repeatable(parsed) else b""
        kept = self._cache.get(key, now) if key else None
        if kept is not None:
            return kept
        era = self._cache.era
        try:
            response, keep_until = self._response(parsed, now)
        except GmpkiError:
            # The source or the signer does not work. Why is none of the client's business.
            return _refusal(ResponseStatus.INTERNAL_ERROR)
        if key:
            self._cache.put(key, response, keep_until, era)
        return response

    def _now(self) -> datetime:
        return utc_seconds(self._clock(), "what the clock returns")

    def forget(self) -> None:
        """Forget the answers that are kept, because something was revoked."""
        self._cache.clear()

    # ---- what is not answered -----------------------------------------------------------
    def _refused(self, request: OCSPRequest) -> ResponseStatus | None:
        """Return why a request is not answered, None when it is."""
        try:
            types = request.acceptable_responses
        except GmpkiError:
            return ResponseStatus.MALFORMED_REQUEST
        extensions = [request.extensions, *request.single_extensions]
        if (
            len(request.requests) > self._max_certificates
            or any(each.unknown_critical(_UNDERSTOOD) for each in extensions)
            or (types is not None and oids.OCSP_BASIC not in types)
        ):
            return ResponseStatus.MALFORMED_REQUEST
        if self._check_requestor is not None:
            if not request.is_signed:
                return ResponseStatus.SIG_REQUIRED
            try:
                self._check_requestor(request)
            except GmpkiError:
                return ResponseStatus.UNAUTHORIZED
        if not any(self._is_ours(identifier) for identifier in request.cert_ids):
            return ResponseStatus.UNAUTHORIZED
        return None

    def _is_ours(self, identifier: CertID) -> bool:
        return identifies(identifier, identifier.serial_number, self._issuer)

    def _is_repeatable(self, request: OCSPRequest) -> bool:
        asks_alike = len(request.requests) == 1 and (request.nonce is None or not self._repeat_nonce)
        return asks_alike and self._cache.size > 0

    # ---- what is answered ---------------------------------------------------------------
    def _response(self, request: OCSPRequest, now: datetime) -> tuple[bytes, datetime]:
        """Return a response, and until when it may be given again."""
        builder = self._begun.produced_at(now)
        keep_until = now + self._validity / 2
        # Whoever asks the same twice gets one answer: a response with two would be refused.
        for identifier in dict.fromkeys(request.cert_ids):
            known = self._known(identifier)
            this_update = known.this_update or now
            next_update = known.next_update or now + self._validity
            if next_update <= now:
                # The source is out of date; its information stays what it was, and nobody takes it for new.
                keep_until = now
            keep_until = min(keep_until, now + (next_update - now) / 2)
            builder = builder.add(identifier, known.status, this_update, next_update, extensions=known.extensions)
        if request.nonce is not None and self._repeat_nonce:
            builder = builder.nonce(request.nonce)
        if self._extended_revoke:
            builder = builder.add_extension(ExtendedRevoke())
        return builder.sign_der(self._signer, user_id=self._user_id), keep_until

    def _known(self, identifier: CertID) -> KnownStatus:
        if not self._is_ours(identifier):
            return KnownStatus(CertStatus.unknown())
        known = self._source.status(identifier.serial_number)
        if known is None:
            return KnownStatus(_NEVER_ISSUED if self._extended_revoke else CertStatus.unknown())
        member(known, KnownStatus, "what the source knows")
        return known


class _Cache:
    """Answers that can be given again, the latest ones used. Thread-safe.

    :ivar era: how often everything was dropped.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.era = 0
        self._lock = Lock()
        self._kept: OrderedDict[bytes, tuple[bytes, datetime]] = OrderedDict()

    def get(self, key: bytes, now: datetime) -> bytes | None:
        """Return what is kept and still good."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept[1] <= now:
                return None
            self._kept.move_to_end(key)
            return kept[0]

    def put(self, key: bytes, response: bytes, until: datetime, era: int) -> None:
        """Keep a response, and drop the one not used for longest when there is no room.

        :param era: when the source was asked. What it said before everything was dropped may no longer be so.
        """
        with self._lock:
            if era != self.era:
                return
            self._kept[key] = response, until
            self._kept.move_to_end(key)
            if len(self._kept) > self.size:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._kept.clear()
            self.era += 1


def _refusal(status: ResponseStatus) -> bytes:
    return OCSPResponse.of_status(status).to_der()


def _system_time() -> datetime:
    return datetime.now(timezone.utc)
