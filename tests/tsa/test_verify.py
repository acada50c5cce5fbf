"""Verifying tokens: what is believed, and each thing that is not by an error of its own."""

from __future__ import annotations

import pickle
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc3161 import Accuracy, MessageImprint
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, Extension, GeneralName
from gmpki.asn1.rfc5280.ext_names import SubjectAltName
from gmpki.asn1.rfc5652 import Attribute, ContentInfo, EncapsulatedContentInfo, SignedData
from gmpki.cms.profiles import MessageProfile
from gmpki.cms.signer_spec import SignerSpec
from gmpki.cms.signing import sign
from gmpki.cms.timestamps import StampedTime, TimestampVerifier
from gmpki.cms.trust import Trust
from gmpki.errors import (
    DecodeError,
    GmpkiError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    LimitExceeded,
    MessageError,
    TimestampError,
    UnsupportedAlgorithm,
    ValidationError,
)
from gmpki.tsa.imprint import HASH_NAMES, Imprint
from gmpki.tsa.request import TimestampRequest
from gmpki.tsa.response import TimestampResponse
from gmpki.tsa.signing_certificate import signing_certificate
from gmpki.tsa.token import MAX_TOKEN_LEN, TimestampToken
from gmpki.tsa.verify import TokenPolicy, TokenVerifier, VerifiedTimestamp
from gmpki.x509.names import build_name
from tsa.scene import (
    ALGORITHMS,
    DATA,
    DAY,
    NOW,
    OTHER_POLICY,
    POLICY,
    ROOT,
    SECOND,
    SIGNING,
    STAMPING,
    TSA,
    Scene,
    certify,
    key,
    refused,
    scene,
    verifier,
)


# ---- what is believed -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("of", ["data", "buffer", "imprint"])
def test_a_token(algorithm: str, of: str) -> None:
    made = scene(algorithm)
    token = made.token(made.info(accuracy=Accuracy(2, 500), nonce=3, ordering=True))
    data = {"data": DATA, "buffer": memoryview(DATA), "imprint": Imprint.of(DATA)}[of]
    found = verifier(made).verify(token, data)  # type: ignore[arg-type]
    assert found.time == NOW
    assert found.accuracy == timedelta(seconds=2.5)
    assert (found.earliest, found.latest) == (NOW - timedelta(seconds=2.5), NOW + timedelta(seconds=2.5))
    assert (found.policy, found.serial_number, found.nonce, found.ordering) == (POLICY, 7, 3, True)
    assert found.certificate == made.tsa
    assert found.token == token
    assert found.imprint == Imprint.of(DATA)
    assert found.path is not None
    assert [certificate.subject for certificate in found.path.chain] == [TSA]
    assert found.quirks == ()


def test_it_is_what_messages_ask_for() -> None:
    assert isinstance(verifier(scene()), TimestampVerifier)
    assert isinstance(verifier(scene()).verify(scene().token(), DATA), StampedTime)


@pytest.mark.parametrize("profile", [MessageProfile.GMT0010, MessageProfile.RFC5652])
def test_both_families_of_identifiers(profile: MessageProfile) -> None:
    token = TimestampToken.from_der(scene().token(profile=profile))
    assert token.profile is profile
    assert verifier(scene()).verify(token, DATA).time == NOW


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("old", [False, True])
def test_both_attributes(algorithm: str, old: bool) -> None:
    made = scene(algorithm)
    token = made.token(attributes=[signing_certificate(made.tsa, old=old)])
    assert verifier(made).verify(token, DATA).time == NOW
    both = made.token(attributes=[signing_certificate(made.tsa, old=True), signing_certificate(made.tsa)])
    assert verifier(made).verify(both, DATA).time == NOW


def test_signatures_alone() -> None:
    found = TokenVerifier(Trust.signature_only()).verify(scene().token(), DATA)
    assert found.path is None
    assert found.certificate == scene().tsa


def test_no_certificate_in_the_token() -> None:
    token = scene().token(include_signer_certificates=False)
    assert verifier(scene(), intermediates=[scene().tsa]).verify(token, DATA).certificate == scene().tsa
    only = TokenVerifier(Trust.signature_only([scene().tsa]))
    assert only.verify(token, DATA).certificate == scene().tsa
    with pytest.raises(MessageError) as caught:
        verifier(scene()).verify(token, DATA)
    assert caught.value.reason == "signer-missing"


def test_other_attributes_do_no_harm() -> None:
    other = Attribute(oids.find("1.2.3.4"), (der.encode_null(),))
    token = scene().token(attributes=[signing_certificate(scene().tsa), other])
    assert verifier(scene()).verify(token, DATA).time == NOW
    spec = SignerSpec(
        scene().tsa_key,
        scene().tsa,
        signed_attributes=(signing_certificate(scene().tsa),),
        unsigned_attributes=(other,),
        signing_time=NOW - 50 * DAY,
    )
    token = sign(scene().info().to_der(), spec, content_type=oids.TST_INFO)
    assert verifier(scene()).verify(token, DATA).time == NOW


def test_framing_of_ber() -> None:
    token = scene().token()
    info = ContentInfo.from_der(token)
    assert info.content is not None
    framed = b"\x30\x80" + der.encode_oid(info.content_type) + b"\xa0\x80" + info.content + bytes(4)
    found = verifier(scene()).verify(framed, DATA)
    assert found.token == framed
    assert [quirk.kind.value for quirk in found.quirks] == ["indefinite-length"]


def test_times_with_a_fraction() -> None:
    time = NOW.replace(microsecond=123456)
    assert verifier(scene()).verify(scene().token(scene().info(gen_time=time)), DATA).time == time


def test_the_authority_names_itself() -> None:
    for name in (GeneralName.directory(TSA), GeneralName.directory(build_name(("C", "cn"), *_rest(TSA)))):
        assert verifier(scene()).verify(scene().token(scene().info(tsa=name)), DATA).time == NOW
    other = scene().another(SIGNING, STAMPING, SubjectAltName((GeneralName.dns("tsa.example.cn"),)))
    token = scene().token(scene().info(tsa=GeneralName.dns("tsa.example.cn")), certificate=other)
    assert verifier(scene()).verify(token, DATA).time == NOW


def _rest(_name: object) -> tuple[tuple[str, str], ...]:
    return ("O", "示例时间戳服务中心"), ("CN", "示例时间戳")


# ---- the token over other data --------------------------------------------------------------------------------------
@pytest.mark.parametrize("data", [b"", DATA + b"\0", DATA[:-1], b"another contract"])
def test_other_data(data: bytes) -> None:
    refused("imprint", scene().token(), data=data)
    refused("imprint", scene().token(), data=Imprint.of(data))


def test_the_same_digest_of_another_hash() -> None:
    refused("imprint", scene().token(), data=Imprint("sha256", Imprint.of(DATA).digest))


def test_an_imprint_of_another_length() -> None:
    short = MessageImprint(AlgorithmIdentifier(oids.SM3), Imprint.of(DATA).digest[:-1])
    with pytest.raises(DecodeError, match="32 bytes"):
        verifier(scene()).verify(scene().token(scene().info(message_imprint=short)), DATA)


def test_hashes() -> None:
    sha1 = MessageImprint(AlgorithmIdentifier(oids.SHA1), Imprint.of(DATA, "sha1").digest)
    token = scene().token(scene().info(message_imprint=sha1))
    refused("hash", token)
    assert verifier(scene(), TokenPolicy(hash_names=frozenset(HASH_NAMES))).verify(token, DATA).time == NOW
    refused("hash", scene().token(), TokenPolicy(hash_names=frozenset({"sha256"})))
    md5 = MessageImprint(AlgorithmIdentifier(oids.MD5), bytes(16))
    with pytest.raises(UnsupportedAlgorithm):
        verifier(scene()).verify(scene().token(scene().info(message_imprint=md5)), DATA)


# ---- what the token says --------------------------------------------------------------------------------------------
def test_policies() -> None:
    wanted = TokenPolicy(policies=frozenset({OTHER_POLICY}))
    refused("policy", scene().token(), wanted)
    token = scene().token(scene().info(policy=oids.find(OTHER_POLICY)))
    assert verifier(scene(), wanted).verify(token, DATA).policy == OTHER_POLICY


def test_accuracies() -> None:
    wanted = TokenPolicy(max_accuracy=SECOND)
    refused("accuracy", scene().token(), wanted)
    refused("accuracy", scene().token(scene().info(accuracy=Accuracy(1, 0, 1))), wanted)
    token = scene().token(scene().info(accuracy=Accuracy(0, 999, 999)))
    assert verifier(scene(), wanted).verify(token, DATA).time == NOW


def test_an_accuracy_without_end() -> None:
    token = scene().token(scene().info(accuracy=Accuracy(1 << 200)))
    with pytest.raises(DecodeError, match="100 years"):
        verifier(scene()).verify(token, DATA)


def test_an_accuracy_beyond_the_calendar() -> None:
    found = verifier(scene()).verify(scene().token(scene().info(accuracy=Accuracy(99 * 366 * 86400))), DATA)
    early = VerifiedTimestamp(datetime(50, 1, 1, tzinfo=timezone.utc), found.accuracy)
    late = VerifiedTimestamp(datetime(9999, 1, 1, tzinfo=timezone.utc), found.accuracy)
    assert early.earliest.year == 1
    assert late.latest.year == 9999


def test_promised_order() -> None:
    wanted = TokenPolicy(require_ordering=True)
    refused("ordering", scene().token(), wanted)
    assert verifier(scene(), wanted).verify(scene().token(scene().info(ordering=True)), DATA).ordering


def test_extensions() -> None:
    critical = Extension(oids.find("1.2.3.4"), True, b"\x05\x00")
    token = scene().token(scene().info(extensions=(critical,)))
    refused("critical-extension", token)
    assert verifier(scene(), TokenPolicy(understood=frozenset({"1.2.3.4"}))).verify(token, DATA).time == NOW
    harmless = Extension(oids.find("1.2.3.4"), False, b"\x05\x00")
    assert verifier(scene()).verify(scene().token(scene().info(extensions=(harmless,))), DATA).time == NOW


@pytest.mark.parametrize("ahead", [301 * SECOND, DAY])
def test_tokens_of_the_future(ahead: timedelta) -> None:
    refused("future", scene().token(scene().info(gen_time=NOW + ahead)))
    generous = TokenPolicy(clock_skew=ahead)
    assert verifier(scene(), generous).verify(scene().token(scene().info(gen_time=NOW + ahead)), DATA).time > NOW


def test_names_of_others() -> None:
    for name in (GeneralName.directory(ROOT), GeneralName.dns("tsa.example.cn"), GeneralName.uri("http://example.cn")):
        refused("authority-name", scene().token(scene().info(tsa=name)))


# ---- signature, signers, form ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_changed_signature(algorithm: str) -> None:
    made = scene(algorithm)
    token = made.token()
    signature = TimestampToken.from_der(token).signer.signature
    changed = bytearray(token)
    changed[token.rindex(signature) + len(signature) - 3] ^= 1
    with pytest.raises(InvalidSignature):
        verifier(made).verify(changed, DATA)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_contents_of_another_token(algorithm: str) -> None:
    """A serial number, a time: any change of what was signed."""
    made = scene(algorithm)
    read = TimestampToken.from_der(made.token())
    data = read.message.signed_data
    for info in (made.info(serial_number=8), made.info(gen_time=NOW - DAY), made.info(policy=oids.find(OTHER_POLICY))):
        inner = EncapsulatedContentInfo(oids.TST_INFO, info.to_der())
        swapped = SignedData(
            data.version, data.digest_algorithms, inner, data.certificates, data.crls, data.signer_infos
        )
        encoded = ContentInfo(read.message.outer_content_type, swapped.to_der()).to_der()
        with pytest.raises(InvalidSignature, match="not the one that was signed"):
            verifier(made).verify(encoded, DATA)


def test_the_key_of_somebody_else() -> None:
    mallory = certify(TSA, key("sm2", "mallory").public_key, ROOT, key("sm2", "mallory"), SIGNING, STAMPING)
    token = scene().token(certificate=mallory, signer=key("sm2", "mallory"))
    with pytest.raises(ValidationError) as caught:
        verifier(scene()).verify(token, DATA)
    assert not isinstance(caught.value, TimestampError)
    assert TokenVerifier(Trust.signature_only()).verify(token, DATA).certificate == mallory


def test_another_certificate_of_the_same_key() -> None:
    """The attribute names the one that signed: another one with the same number does not take its place."""
    other = scene().another(SIGNING, STAMPING, serial_number=8, not_after=NOW + 5 * DAY)
    token = scene().token(attributes=[signing_certificate(scene().tsa)], certificate=other)
    with pytest.raises(MessageError) as caught:
        verifier(scene()).verify(token, DATA)
    assert caught.value.reason == "signing-certificate"


def test_no_attribute_names_the_certificate() -> None:
    token = scene().token(attributes=[])
    refused("signing-certificate", token)
    lax = TokenPolicy(require_certificate_attribute=False)
    assert verifier(scene(), lax).verify(token, DATA).time == NOW


def two_signers(made: Scene) -> bytes:
    other_key = key("sm2", "second")
    other = certify(TSA, other_key.public_key, ROOT, made.ca_key, SIGNING, STAMPING, serial_number=20)
    specs = [SignerSpec(made.tsa_key, made.tsa), SignerSpec(other_key, other)]
    return sign(made.info().to_der(), specs, content_type=oids.TST_INFO)


def without_signers(made: Scene) -> bytes:
    inner = EncapsulatedContentInfo(oids.TST_INFO, made.info().to_der())
    return ContentInfo(oids.GM_SIGNED_DATA, SignedData(1, (), inner).to_der()).to_der()


def test_several_signers_or_none() -> None:
    refused("signers", two_signers(scene()))
    refused("signers", without_signers(scene()))


def test_other_contents() -> None:
    refused("content-type", scene().token(content_type=None))
    refused("content-type", scene().token(content_type="1.2.840.113549.1.9.16.1.5"))
    refused("content-type", scene().token(detached=True))


def test_messages_of_other_kinds() -> None:
    encoded = ContentInfo(oids.GM_DATA, der.encode_octet_string(b"data")).to_der()
    with pytest.raises(MessageError) as caught:
        verifier(scene()).verify(encoded, DATA)
    assert caught.value.reason == "not-signed"


GOOD_INFO = scene().info().to_der()
NO_INFOS = {
    "empty": b"",
    "empty sequence": der.encode_sequence(),
    "truncated": GOOD_INFO[:-1],
    "longer": GOOD_INFO + b"\0",
    "version 2": scene().info(version=2).to_der(),
    "accuracy of 1000 ms": GOOD_INFO[:1]
    + bytes((GOOD_INFO[1] + 6,))
    + GOOD_INFO[2:]
    + der.encode_sequence(der.encode_integer(1000, tag=0x80)),
    "time without Z": GOOD_INFO[:-1] + b"+",
    "ordering FALSE": GOOD_INFO[:1] + bytes((GOOD_INFO[1] + 3,)) + GOOD_INFO[2:] + der.encode_boolean(False),
}


@pytest.mark.parametrize("name", NO_INFOS)
def test_contents_that_are_none(name: str) -> None:
    with pytest.raises(DecodeError):
        verifier(scene()).verify(scene().token(NO_INFOS[name]), DATA)


def test_every_truncation() -> None:
    token = scene().token()
    for length in range(0, len(token), 7):
        with pytest.raises(GmpkiError):
            verifier(scene()).verify(token[:length], DATA)


def test_a_token_that_is_too_long() -> None:
    with pytest.raises(LimitExceeded):
        TimestampToken.from_der(bytes(MAX_TOKEN_LEN + 1))


# ---- order ----------------------------------------------------------------------------------------------------------
def stamped(seconds: float, accuracy: Accuracy | None = None, *, ordering: bool = False) -> VerifiedTimestamp:
    info = scene().info(gen_time=NOW + seconds * SECOND, accuracy=accuracy, ordering=ordering)
    return verifier(scene(), at=NOW + DAY).verify(scene().token(info), DATA)


def test_order_by_promise() -> None:
    first, second = stamped(0, ordering=True), stamped(0.001, ordering=True)
    assert first.is_before(second) is True
    assert second.is_before(first) is False
    assert first.is_before(first) is None
    assert first.is_before(stamped(10)) is None


def test_order_by_accuracy() -> None:
    first, second = stamped(0, Accuracy(1)), stamped(3, Accuracy(1))
    assert first.is_before(second) is True
    assert second.is_before(first) is False
    assert first.is_before(stamped(1.5, Accuracy(1))) is None
    assert first.is_before(stamped(2, Accuracy(1))) is None
    assert first.is_before(stamped(100)) is None
    with pytest.raises(InvalidTypeError):
        first.is_before(NOW)  # type: ignore[arg-type]


# ---- inputs ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("wrong", [None, 7, "text"])
def test_other_types(wrong: Any) -> None:
    checked = verifier(scene())
    for call in (
        lambda: checked.verify(wrong, DATA),
        lambda: checked.verify(scene().token(), wrong),
        lambda: checked.verify_response(wrong, TimestampRequest.of(DATA)),
        lambda: checked.verify_response(scene().read(), wrong),
        lambda: TokenVerifier(wrong),
        lambda: TokenVerifier(scene().trust(), policy=wrong),
        lambda: TokenVerifier(scene().trust(), lenient=wrong),
        lambda: TimestampToken.from_der(wrong),
        lambda: TimestampResponse.from_der(wrong),
        lambda: signing_certificate(wrong),
    ):
        with pytest.raises(InvalidTypeError):
            call()


@pytest.mark.parametrize(
    "options",
    [
        {"hash_names": frozenset()},
        {"max_accuracy": -SECOND},
        {"clock_skew": timedelta(days=40000)},
    ],
)
def test_policies_out_of_bounds(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        TokenPolicy(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"hash_names": "sm3"},
        {"hash_names": [3]},
        {"hash_names": None},
        {"policies": "1.2.3"},
        {"policies": 3},
        {"understood": None},
        {"max_accuracy": 1},
        {"clock_skew": None},
        {"require_certificate_attribute": 1},
        {"require_ordering": None},
    ],
)
def test_policies_of_other_types(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidTypeError):
        TokenPolicy(**options)


def test_policies_with_unknown_hashes() -> None:
    with pytest.raises(UnsupportedAlgorithm):
        TokenPolicy(hash_names=frozenset({"sm3", "md5"}))


def test_a_token_as_a_value() -> None:
    token = TimestampToken.from_der(scene().token())
    assert pickle.loads(pickle.dumps(token)) == token
    assert len({token, TimestampToken.from_der(token.to_der())}) == 1
    assert "2026-03-01T08:00:00" in repr(token)
    with pytest.raises(InvalidInputError):
        TimestampToken()
    with pytest.raises(InvalidInputError):
        TimestampResponse()
