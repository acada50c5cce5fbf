"""The core of a time-stamping authority: it answers the bytes of requests with the bytes of responses.

It opens no sockets. Serial numbers come from a :class:`~gmpki.tsa.serials.SerialSource`, the time from a clock that
:class:`~gmpki.tsa.clock.ClockCheck` judges before each time-stamp, the signature from any
:class:`~gmpki.keys.interfaces.Signer`.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from threading import Lock
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import as_bytes, as_text, function, iterated, member, number, utc
from gmpki.asn1 import der
from gmpki.asn1.rfc3161 import Accuracy, FailureInfo, PKIStatus, PKIStatusInfo, TimeStampResp, TSTInfo
from gmpki.asn1.rfc5280 import GeneralName
from gmpki.cms.profiles import MessageProfile
from gmpki.errors import (
    DecodeError,
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    KeyMismatchError,
    LimitExceeded,
    TimestampRejected,
    UnsupportedAlgorithm,
)
from gmpki.keys.signature_algorithms import SM2_SIGNATURES
from gmpki.tsa._signing import TokenForm, sign_token
from gmpki.tsa.clock import ClockCheck
from gmpki.tsa.imprint import HASH_NAMES, STRONG_HASHES, Imprint
from gmpki.tsa.request import TimestampRequest
from gmpki.tsa.response import TimestampResponse, failure_names
from gmpki.tsa.serials import MAX_SERIAL_BITS, SerialSource
from gmpki.x509._building import demand_signer
from gmpki.x509.certificate import Certificate
from gmpki.x509.path.facts import Facts
from gmpki.x509.path.purposes import Purpose, purpose_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from typing_extensions import Buffer

    from gmpki.keys.interfaces import Signer
    from gmpki.oids import ObjectIdentifier

__all__ = ["TimestampAuthority"]

_MICROSECOND: Final = timedelta(microseconds=1)
_MAX_ACCURACY: Final = timedelta(days=1)


class _Refusal(Exception):
    """There will be no token; internal."""

    def __init__(self, failure: FailureInfo, text: str) -> None:
        super().__init__(text)
        self.failure = failure
        self.text = text


class TimestampAuthority:
    """Makes time-stamps. Thread-safe if its signer, serial source and checks are.

    :standard: RFC 3161 2; GM/T 0033-2014
    """

    def __init__(
        self,
        signer: Signer,
        certificate: Certificate,
        serials: SerialSource,
        policies: Iterable[str],
        *,
        chain: Iterable[Certificate] = (),
        accuracy: timedelta | None = None,
        fraction_digits: int = 0,
        ordering: bool = False,
        hash_names: Iterable[str] = STRONG_HASHES,
        checks: Iterable[ClockCheck] = (),
        clock: Callable[[], datetime] | None = None,
        include_name: bool = True,
        profile: MessageProfile | None = None,
        old_attribute: bool = False,
        user_id: bytes | None = None,
    ) -> None:
        """Make an authority.

        :param signer: its key.
        :param certificate: of that key: extKeyUsage is critical and holds timeStamping alone (RFC 3161 2.3).
        :param serials: where serial numbers come from.
        :param policies: the policies under which it makes time-stamps, object identifiers; the first one where the
            request names none.
        :param chain: certificates that go along with the authority's own, when the client wants that.
        :param accuracy: how far its time may be from the real one, whole microseconds up to a day; None says nothing.
        :param fraction_digits: of a second, 0 to 6; what is below is cut off.
        :param ordering: say that the times of any two tokens tell their order. It is true only where this one object
            makes all tokens of the authority; there is one token for each time that the digits tell apart, and whoever
            asks for a second one is told that there is no time.
        :param hash_names: the hashes of imprints that are taken.
        :param checks: who tells whether the clock is right; when one raises, there is no time-stamp.
        :param clock: returns the time, with a time zone; None is that of the system.
        :param include_name: put the subject of the certificate into the token.
        :param profile: the form of the token; None is that of GM/T 0010 for SM2 keys, as GM/T 0033 has it, and that of
            RFC 5652 for others. Clients that know nothing of GM/T 0010 want the latter for SM2 too.
        :param old_attribute: name the certificate by its SHA-1 (signingCertificate), as GM/T 0033-2014 and RFC 3161
            have it, not by its SM3 or SHA-256 (signingCertificateV2, RFC 5816).
        :param user_id: of SM2 signatures; None is the default id.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the certificate is not for time-stamping alone; when a policy is no object
            identifier or there is none; when a number or duration is out of bounds, or no hash is taken.
        :raises UnsupportedAlgorithm: when there is no such hash.
        :raises ProfileError: when the profile has no such signers: that of GM/T 0010 has SM2 alone.
        :raises KeyMismatchError: when the signer is not the owner of the certificate.
        """
        demand_signer(signer)
        member(certificate, Certificate, "certificate")
        problem = purpose_problem(Facts(certificate), Purpose.TIME_STAMPING)
        if problem is not None:
            raise InvalidInputError(f"this certificate is not one of a time-stamping authority: {problem[1]}")
        if signer.public_key.to_der() != certificate.public_key.to_der():
            raise KeyMismatchError("the signer has another key than the certificate of the authority")
        member(serials, SerialSource, "serials")
        if clock is not None:
            function(clock, "clock")
        if profile is None:
            is_sm2 = signer.signature_algorithm.algorithm in SM2_SIGNATURES
            profile = MessageProfile.GMT0010 if is_sm2 else MessageProfile.RFC5652
        self._form = TokenForm(
            signer,
            certificate,
            iterated(chain, "chain"),
            profile=profile,
            old_attribute=bool(old_attribute),
            user_id=None if user_id is None else as_bytes(user_id, "user_id"),
        )
        self._serials = serials
        self._policies = _policies(policies)
        self._accuracy = None if accuracy is None else _accuracy(accuracy)
        self._tick_us = 10 ** (6 - number(fraction_digits, 0, 6, "fraction_digits"))
        self._ordering = bool(ordering)
        self._hash_names = _hash_names(hash_names)
        self._checks = _checks(checks)
        self._clock = clock if clock is not None else _system_time
        self._name = GeneralName.directory(certificate.subject) if include_name else None
        self._lock = Lock()
        self._last: datetime | None = None

    # ---- answering ----------------------------------------------------------------------
    def answer(self, request: Buffer) -> bytes:
        """Answer a request.

        :param request: its DER; what is no request is answered badDataFormat.
        :returns: the DER of the response: a token, or one of the failures of RFC 3161 2.4.2.
        :raises InvalidTypeError: when request has no buffer.
        """
        try:
            token = self._token_for(as_bytes(request, "a time-stamp request"))
        except _Refusal as refusal:
            return TimestampResponse.refused(refusal.failure, refusal.text).to_der()
        return TimeStampResp(PKIStatusInfo(PKIStatus.GRANTED), token).to_der()

    def stamp(
        self, data: Buffer | Imprint, *, hash_name: str = "sm3", policy: str | None = None, certificate: bool = True
    ) -> bytes:
        """Make a token without a request, for a program that has its authority inside.

        :param data: what is stamped, or its imprint.
        :param hash_name: the hash of the imprint that is made of data.
        :param policy: one of those of the authority; None is its first.
        :param certificate: let the certificates of the authority go along.
        :returns: the DER of the token.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises TimestampRejected: when there is none, for what a client would be told too.
        :raises UnsupportedAlgorithm: when there is no such hash.
        """
        request = TimestampRequest.of(data, hash_name=hash_name, policy=policy, nonce=False, certificate=certificate)
        try:
            return self._token_for(request.to_der())
        except _Refusal as refusal:
            raise TimestampRejected("rejection", failure_names(refusal.failure), refusal.text) from None

    def _token_for(self, encoded: bytes) -> bytes:
        """Make the token that a request asks for.

        :raises _Refusal: when there is none.
        """
        try:
            request = TimestampRequest.from_der(encoded)
        except LimitExceeded:
            raise _Refusal(FailureInfo.BAD_REQUEST, "the request is too long") from None
        except DecodeError:
            raise _Refusal(FailureInfo.BAD_DATA_FORMAT, "this is no request for a time-stamp") from None
        self._check_imprint(request)
        policy = self._policy(request)
        if len(request.extensions):
            raise _Refusal(FailureInfo.UNACCEPTED_EXTENSION, "no extension is known here")
        with self._lock:
            # One after the other, so that the order of times is that of serial numbers.
            time = self._time()
            serial_number = self._serial_number()
        info = TSTInfo(
            1,
            policy,
            request.message_imprint,  # as it came: clients may compare it to the bit
            serial_number,
            time,
            self._accuracy,
            self._ordering,
            request.nonce,
            self._name,
        )
        try:
            return sign_token(info, self._form, certificates=request.certificate_wanted)
        except GmpkiError:
            # The signer does not work. Why is none of the client's business.
            raise _Refusal(FailureInfo.SYSTEM_FAILURE, "the request cannot be handled now") from None

    def _check_imprint(self, request: TimestampRequest) -> None:
        try:
            imprint = request.imprint
        except UnsupportedAlgorithm:
            raise _Refusal(FailureInfo.BAD_ALG, "the hash of the imprint is not known") from None
        except DecodeError:
            raise _Refusal(FailureInfo.BAD_DATA_FORMAT, "the imprint does not fit its hash") from None
        if imprint.hash_name not in self._hash_names:
            raise _Refusal(FailureInfo.BAD_ALG, f"the hash {imprint.hash_name} is not taken")

    def _policy(self, request: TimestampRequest) -> ObjectIdentifier:
        wanted = request.policy
        if wanted is None:
            return self._policies[0]
        if wanted not in self._policies:
            raise _Refusal(FailureInfo.UNACCEPTED_POLICY, "the policy is not one of this authority")
        return wanted

    def _time(self) -> datetime:
        """Return the time of the next token.

        :raises _Refusal: when there is none that can be answered for.
        """
        try:
            now = utc(self._clock(), "the time of the clock")
            for check in self._checks:
                check.check(now)
        except Exception:  # noqa: BLE001 - whatever a clock or check meets, the time is not known
            raise _Refusal(FailureInfo.TIME_NOT_AVAILABLE, "the clock is not right at the moment") from None
        certificate = self._form.certificate
        if not certificate.not_before <= now <= certificate.not_after:
            raise _Refusal(FailureInfo.SYSTEM_FAILURE, "the certificate of the authority is not valid now")
        now = now.replace(microsecond=now.microsecond - now.microsecond % self._tick_us)
        if self._ordering and self._last is not None and now <= self._last:
            raise _Refusal(FailureInfo.TIME_NOT_AVAILABLE, "there was a token for this time already")
        self._last = now
        return now

    def _serial_number(self) -> int:
        try:
            return number(self._serials.next(), 1, (1 << MAX_SERIAL_BITS) - 1, "a serial number")
        except GmpkiError:
            raise _Refusal(FailureInfo.SYSTEM_FAILURE, "the request cannot be handled now") from None


def _system_time() -> datetime:
    return datetime.now(timezone.utc)


def _policies(policies: Iterable[str]) -> tuple[ObjectIdentifier, ...]:
    if isinstance(policies, str):
        raise InvalidTypeError("policies must be a sequence of object identifiers, not one of them")
    found = tuple(oids.find(as_text(policy, "a policy")) for policy in iterated(policies, "policies"))
    if not found:
        raise InvalidInputError("an authority has at least one policy")
    for policy in found:
        der.encode_oid(policy)  # refuses what is none
    return found


def _hash_names(names: Iterable[str]) -> frozenset[str]:
    found = frozenset(as_text(name, "a hash") for name in iterated(names, "hash_names"))
    unknown = found - frozenset(HASH_NAMES)
    if unknown:
        raise UnsupportedAlgorithm(f"imprints are made with {', '.join(HASH_NAMES)}, not with {sorted(unknown)[0]!r}")
    if not found:
        raise InvalidInputError("an authority takes at least one hash")
    return found


def _checks(checks: Iterable[ClockCheck]) -> tuple[ClockCheck, ...]:
    found = iterated(checks, "checks")
    for check in found:
        member(check, ClockCheck, "a check")
    return found


def _accuracy(value: timedelta) -> Accuracy:
    member(value, timedelta, "accuracy")
    if not timedelta(0) < value <= _MAX_ACCURACY:
        raise InvalidInputError("accuracy must be above zero and at most a day")
    seconds, micros = divmod(value // _MICROSECOND, 10**6)
    return Accuracy(seconds, micros // 1000, micros % 1000)
