"""The authority: what it stamps, what it refuses and by which failure, and that no serial number comes twice."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gmpki import oids
from gmpki.asn1.rfc3161 import FailureInfo, MessageImprint, PKIStatus, TimeStampReq
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, Extension
from gmpki.asn1.rfc5280.ext_keys import ExtendedKeyUsage, KeyUsage, KeyUsages
from gmpki.asn1.rfc5652 import SignedData
from gmpki.cms.profiles import MessageProfile
from gmpki.errors import (
    InvalidInputError,
    InvalidTypeError,
    KeyMismatchError,
    ProfileError,
    StateError,
    TimestampRejected,
    UnsupportedAlgorithm,
)
from gmpki.tsa.authority import TimestampAuthority
from gmpki.tsa.clock import ReferenceClock, SteadyClock
from gmpki.tsa.imprint import STRONG_HASHES, Imprint
from gmpki.tsa.request import TimestampRequest
from gmpki.tsa.response import TimestampResponse, failure_names
from gmpki.tsa.serials import FileSerials
from gmpki.tsa.token import TimestampToken
from gmpki.tsa.verify import TokenVerifier
from tsa.scene import (
    ALGORITHMS,
    DATA,
    DAY,
    NOW,
    OTHER_POLICY,
    POLICY,
    SECOND,
    SIGNING,
    STAMPING,
    Counter,
    key,
    scene,
)

MICROSECOND = timedelta(microseconds=1)


def asked(authority: TimestampAuthority, request: bytes | TimestampRequest | None = None) -> TimestampResponse:
    request = TimestampRequest.of(DATA) if request is None else request
    encoded = request.to_der() if isinstance(request, TimestampRequest) else request
    return TimestampResponse.from_der(authority.answer(encoded))


def refused(authority: TimestampAuthority, failure: FailureInfo, request: Any = None) -> TimestampResponse:
    response = asked(authority, request)
    assert response.status is PKIStatus.REJECTION
    assert response.failures == failure
    assert response.text
    assert not response.is_granted
    with pytest.raises(TimestampRejected) as caught:
        _ = response.token
    assert caught.value.failures == failure_names(failure)
    return response


# ---- what is granted ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("hash_name", sorted(STRONG_HASHES))
def test_a_token(algorithm: str, hash_name: str) -> None:
    made = scene(algorithm)
    request = TimestampRequest.of(DATA, hash_name=hash_name, policy=OTHER_POLICY)
    response = asked(made.authority(accuracy=1.25 * SECOND), request)
    assert response.status is PKIStatus.GRANTED
    token = response.token
    assert token.profile is made.profile
    assert token.imprint == Imprint.of(DATA, hash_name)
    assert (token.policy, token.nonce, token.time) == (OTHER_POLICY, request.nonce, NOW)
    assert token.accuracy == 1.25 * SECOND
    assert token.authority_name is not None
    assert token.certificates == (made.tsa,)
    assert TokenVerifier(made.trust()).verify_response(response, request).certificate == made.tsa


@pytest.mark.parametrize("profile", [MessageProfile.GMT0010, MessageProfile.RFC5652])
def test_the_form_of_sm2_tokens(profile: MessageProfile) -> None:
    made = scene("sm2")
    token = asked(made.authority(profile=profile)).token
    outer = {MessageProfile.GMT0010: "1.2.156.10197.6.1.4.2.2", MessageProfile.RFC5652: "1.2.840.113549.1.7.2"}[profile]
    assert token.message.outer_content_type == outer
    assert token.message.content_type == oids.TST_INFO
    assert token.message.signed_data.version == (1 if profile is MessageProfile.GMT0010 else 3)
    assert TokenVerifier(made.trust()).verify(token, DATA).time == NOW


def test_the_usual_form() -> None:
    assert asked(scene("sm2").authority()).token.profile is MessageProfile.GMT0010
    assert asked(scene("rsa").authority()).token.profile is MessageProfile.RFC5652


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("old", [False, True])
def test_the_certificate_is_named(algorithm: str, old: bool) -> None:
    token = asked(scene(algorithm).authority(old_attribute=old)).token
    kinds = {attribute.type for attribute in token.signer.attributes()}
    assert kinds == {
        oids.CONTENT_TYPE,
        oids.MESSAGE_DIGEST,
        oids.SIGNING_CERTIFICATE if old else oids.SIGNING_CERTIFICATE_V2,
    }


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_certificates_go_along_when_they_are_wanted(algorithm: str) -> None:
    made = scene(algorithm)
    authority = made.authority(chain=[made.ca])
    assert set(asked(authority).token.certificates) == {made.tsa, made.ca}
    without = asked(authority, TimestampRequest.of(DATA, certificate=False)).token
    assert without.certificates == ()
    assert isinstance(without.message.signed_data, SignedData)
    assert TokenVerifier(made.trust(intermediates=[made.tsa])).verify(without, DATA).certificate == made.tsa


def test_what_the_request_leaves_out() -> None:
    token = asked(scene().authority(include_name=False), TimestampRequest.of(DATA, nonce=False)).token
    assert token.nonce is None
    assert token.policy == POLICY
    assert token.accuracy is None
    assert token.authority_name is None
    assert not token.ordering


def test_the_imprint_is_repeated_to_the_bit() -> None:
    for parameters in (None, b"\x05\x00"):
        imprint = MessageImprint(AlgorithmIdentifier(oids.SHA256, parameters), bytes(32))
        token = asked(scene().authority(), TimeStampReq(1, imprint).to_der()).token
        assert token.message_imprint == imprint


@pytest.mark.parametrize(("digits", "microsecond"), [(0, 0), (1, 900000), (3, 987000), (6, 987654)])
def test_fractions_of_a_second(digits: int, microsecond: int) -> None:
    clock = lambda: NOW.replace(microsecond=987654)  # noqa: E731
    token = asked(scene().authority(clock=clock, fraction_digits=digits)).token
    assert token.time == NOW.replace(microsecond=microsecond)


@pytest.mark.parametrize("accuracy", [MICROSECOND, 1001 * MICROSECOND, SECOND, 3.000001 * SECOND, DAY])
def test_accuracies(accuracy: timedelta) -> None:
    assert asked(scene().authority(accuracy=accuracy)).token.accuracy == accuracy


def test_a_token_without_a_request() -> None:
    made = scene()
    token = made.authority().stamp(DATA, hash_name="sha256", policy=OTHER_POLICY)
    stamp = TokenVerifier(made.trust()).verify(token, DATA)
    assert (stamp.policy, stamp.nonce) == (OTHER_POLICY, None)
    with pytest.raises(TimestampRejected) as caught:
        made.authority().stamp(DATA, policy="1.2.3")
    assert (caught.value.status, caught.value.failures) == ("rejection", ("unacceptedPolicy",))
    assert TimestampToken.from_der(made.authority().stamp(DATA, certificate=False)).certificates == ()


# ---- what is refused ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("data", [b"", b"text", b"\x30\x00", b"\x30\x80\x00\x00", bytes(100)])
def test_what_is_no_request(data: bytes) -> None:
    refused(scene().authority(), FailureInfo.BAD_DATA_FORMAT, data)


def test_another_version() -> None:
    structure = TimeStampReq(2, Imprint.of(DATA).to_structure())
    refused(scene().authority(), FailureInfo.BAD_DATA_FORMAT, structure.to_der())


def test_a_request_that_is_too_long() -> None:
    refused(scene().authority(), FailureInfo.BAD_REQUEST, bytes(1 << 20))


@pytest.mark.parametrize("algorithm", [oids.MD5, oids.SHA1, oids.SHA224, oids.HMAC_SM3, "1.2.3"])
def test_hashes_that_are_not_taken(algorithm: str) -> None:
    structure = TimeStampReq(1, MessageImprint(AlgorithmIdentifier(algorithm), bytes(20)))
    refused(scene().authority(), FailureInfo.BAD_ALG, structure.to_der())


def test_a_choice_of_hashes() -> None:
    authority = scene().authority(hash_names=["sm3"])
    assert asked(authority).is_granted
    refused(authority, FailureInfo.BAD_ALG, TimestampRequest.of(DATA, hash_name="sha256"))
    sha1 = TimeStampReq(1, MessageImprint(AlgorithmIdentifier(oids.SHA1), bytes(20))).to_der()
    assert asked(scene().authority(hash_names=["sha1"]), sha1).is_granted


@pytest.mark.parametrize("length", [0, 20, 31, 33])
def test_imprints_of_another_length(length: int) -> None:
    structure = TimeStampReq(1, MessageImprint(AlgorithmIdentifier(oids.SM3), bytes(length)))
    refused(scene().authority(), FailureInfo.BAD_DATA_FORMAT, structure.to_der())


def test_parameters_of_the_hash() -> None:
    structure = TimeStampReq(1, MessageImprint(AlgorithmIdentifier(oids.SM3, b"\x04\x00"), bytes(32)))
    refused(scene().authority(), FailureInfo.BAD_DATA_FORMAT, structure.to_der())


def test_policies_of_others() -> None:
    refused(scene().authority(), FailureInfo.UNACCEPTED_POLICY, TimestampRequest.of(DATA, policy="1.2.3.4"))


@pytest.mark.parametrize("critical", [True, False])
def test_extensions(critical: bool) -> None:
    request = TimestampRequest.of(DATA, extensions=[Extension(oids.find("1.2.3.4"), critical, b"\x05\x00")])
    refused(scene().authority(), FailureInfo.UNACCEPTED_EXTENSION, request)


def failing(*_: object) -> Any:
    raise OSError("no receiver")


class Refusing:
    def check(self, _now: datetime) -> None:
        raise StateError("the receiver has no signal")


class Broken:
    def check(self, _now: datetime) -> None:
        raise ZeroDivisionError


@pytest.mark.parametrize(
    "options",
    [
        {"clock": failing},
        {"clock": lambda: None},
        {"clock": lambda: NOW.replace(tzinfo=None)},
        {"checks": [Refusing()]},
        {"checks": [SteadyClock(), Broken()]},
        {"checks": [ReferenceClock(lambda: NOW + 2 * SECOND)]},
        {"checks": [ReferenceClock(failing)]},
    ],
)
def test_a_clock_that_is_not_right(options: dict[str, Any]) -> None:
    serials = Counter()
    refused(scene().authority(serials=serials, **options), FailureInfo.TIME_NOT_AVAILABLE)
    assert serials.following == 1  # no number is used up


def test_a_clock_that_is_set_back() -> None:
    seconds = [0.0]
    time = [NOW]
    check = SteadyClock(monotonic=lambda: seconds[0])
    authority = scene().authority(clock=lambda: time[0], checks=[check])
    assert asked(authority).is_granted
    seconds[0], time[0] = 10.0, NOW - 3600 * SECOND
    refused(authority, FailureInfo.TIME_NOT_AVAILABLE)
    time[0] = NOW + 10 * SECOND
    assert asked(authority).is_granted


@pytest.mark.parametrize("now", [NOW - 2 * DAY, NOW + 2000 * DAY])
def test_a_certificate_that_is_not_valid(now: datetime) -> None:
    refused(scene().authority(clock=lambda: now), FailureInfo.SYSTEM_FAILURE)


class NoNumbers:
    def __init__(self, value: Any = None) -> None:
        self.value = value

    def next(self) -> int:
        if self.value is None:
            raise StateError("disk full")
        return self.value  # type: ignore[no-any-return]


@pytest.mark.parametrize("value", [None, 0, -1, 1 << 159, "7", True])
def test_no_serial_number_no_token(value: Any) -> None:
    response = refused(scene().authority(serials=NoNumbers(value)), FailureInfo.SYSTEM_FAILURE)
    assert "disk" not in response.text


class BrokenSigner:
    def __init__(self) -> None:
        self.public_key = scene().tsa_key.public_key
        self.signature_algorithm = scene().tsa_key.signature_algorithm

    def sign(self, _message: bytes, **_options: object) -> bytes:
        raise StateError("the token was taken out")

    def sign_digest(self, _digest: bytes) -> bytes:
        raise StateError("the token was taken out")


def test_a_signer_that_fails() -> None:
    response = refused(scene().authority(signer=BrokenSigner()), FailureInfo.SYSTEM_FAILURE)
    assert "taken out" not in response.text


def test_a_request_of_another_type() -> None:
    for wrong in (None, 7, "text"):
        with pytest.raises(InvalidTypeError):
            scene().authority().answer(wrong)  # type: ignore[arg-type]


# ---- order and numbers ----------------------------------------------------------------------------------------------
def test_ordered_tokens() -> None:
    times = [NOW, NOW + MICROSECOND, NOW + MICROSECOND, NOW, NOW + 2 * MICROSECOND]
    left = iter(times)
    authority = scene().authority(ordering=True, fraction_digits=6, clock=lambda: next(left))
    first, second = (asked(authority).token for _ in range(2))
    assert first.ordering
    assert first.time < second.time
    refused(authority, FailureInfo.TIME_NOT_AVAILABLE)
    refused(authority, FailureInfo.TIME_NOT_AVAILABLE)
    assert asked(authority).token.time == times[-1]


def test_ordered_tokens_have_one_tick_each() -> None:
    times = iter([NOW, NOW + 900_000 * MICROSECOND, NOW + SECOND])
    authority = scene().authority(ordering=True, clock=lambda: next(times))
    assert asked(authority).is_granted
    refused(authority, FailureInfo.TIME_NOT_AVAILABLE)
    assert asked(authority).is_granted


def test_no_serial_number_twice(tmp_path: Path) -> None:
    serials = FileSerials.create(tmp_path / "serials")
    authorities = [scene().authority(serials=serials), scene().authority(serials=FileSerials(tmp_path / "serials"))]
    found: list[int] = []

    def ask(authority: TimestampAuthority) -> None:
        found.extend(asked(authority).token.serial_number for _ in range(10))

    threads = [threading.Thread(target=ask, args=(authorities[turn % 2],)) for turn in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == len(found) == 40


# ---- making an authority --------------------------------------------------------------------------------------------
NO_AUTHORITIES = {
    "no purpose": (SIGNING,),
    "another purpose": (
        SIGNING,
        Extension(oids.EXTENDED_KEY_USAGE, True, ExtendedKeyUsage((oids.OCSP_SIGNING,)).to_der()),
    ),
    "two purposes": (
        SIGNING,
        Extension(
            oids.EXTENDED_KEY_USAGE, True, ExtendedKeyUsage((oids.TIME_STAMPING, oids.EMAIL_PROTECTION)).to_der()
        ),
    ),
    "not critical": (SIGNING, ExtendedKeyUsage((oids.TIME_STAMPING,))),
    "a key for encryption": (KeyUsage(KeyUsages.KEY_ENCIPHERMENT), STAMPING),
}


@pytest.mark.parametrize("name", NO_AUTHORITIES)
def test_certificates_that_are_not_for_it(name: str) -> None:
    certificate = scene().another(*NO_AUTHORITIES[name])
    with pytest.raises(InvalidInputError, match="not one of a time-stamping authority"):
        scene().authority(certificate=certificate)


def test_the_key_of_somebody_else() -> None:
    with pytest.raises(KeyMismatchError):
        scene().authority(signer=key("sm2", "other"))


@pytest.mark.parametrize(
    "options",
    [
        {"policies": []},
        {"policies": ["policy"]},
        {"accuracy": timedelta(0)},
        {"accuracy": 2 * DAY},
        {"fraction_digits": 7},
        {"fraction_digits": -1},
        {"hash_names": []},
    ],
)
def test_values_out_of_bounds(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        scene().authority(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"policies": POLICY},
        {"policies": [7]},
        {"policies": None},
        {"accuracy": 1},
        {"fraction_digits": "3"},
        {"serials": object()},
        {"serials": None},
        {"signer": b"key"},
        {"certificate": b"certificate"},
        {"chain": [b"certificate"]},
        {"chain": 7},
        {"clock": NOW},
        {"checks": [lambda _now: None]},
        {"checks": 7},
        {"profile": "gmt0010"},
        {"user_id": "id"},
        {"hash_names": [7]},
    ],
)
def test_values_of_other_types(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidTypeError):
        scene().authority(**options)


def test_unknown_hashes() -> None:
    with pytest.raises(UnsupportedAlgorithm):
        scene().authority(hash_names=["sm3", "md5"])


def test_a_profile_without_such_signers() -> None:
    with pytest.raises(ProfileError, match="SM2 signers alone"):
        scene("rsa").authority(profile=MessageProfile.GMT0010)


def test_responses_made_by_hand() -> None:
    response = TimestampResponse.refused(FailureInfo.BAD_ALG | FailureInfo(1 << 3), "两行\n文字")
    assert failure_names(response.failures) == ("badAlg", "bit 3")
    assert response.text == "两行\n文字"
    with pytest.raises(InvalidInputError, match="token"):
        TimestampResponse.refused(FailureInfo(0), status=PKIStatus.GRANTED)
    waiting = TimestampResponse.refused(FailureInfo(0), status=PKIStatus.WAITING)
    with pytest.raises(TimestampRejected, match="answered waiting"):
        _ = waiting.token
    for wrong in (None, 2, "rejection"):
        with pytest.raises(InvalidTypeError):
            TimestampResponse.refused(FailureInfo(0), status=wrong)  # type: ignore[arg-type]
