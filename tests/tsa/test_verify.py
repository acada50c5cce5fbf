"""Verifying tokens: what is believed, and each thing that is not by an error of its own."""

from __future__ import annotations

import pickle
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc3161 import Accuracy, MessageImprint, PKIStatus, PKIStatusInfo, TimeStampResp
from gmpki.asn1.rfc5035 import ESSCertID, ESSCertIDv2, IssuerSerial, SigningCertificate, SigningCertificateV2
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, Extension, GeneralName
from gmpki.asn1.rfc5280.ext_crl import ReasonCode
from gmpki.asn1.rfc5280.ext_keys import ExtendedKeyUsage, KeyUsage, KeyUsages
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
    RevocationUnknownError,
    RevokedError,
    TimestampError,
    TimestampRejected,
    UnsupportedAlgorithm,
    ValidationError,
)
from gmpki.tsa.imprint import HASH_NAMES, Imprint
from gmpki.tsa.request import TimestampRequest
from gmpki.tsa.response import FailureInfo, TimestampResponse
from gmpki.tsa.signing_certificate import signing_certificate
from gmpki.tsa.token import MAX_TOKEN_LEN, TimestampToken
from gmpki.tsa.verify import TokenPolicy, TokenVerifier, VerifiedTimestamp
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl import CertificateRevocationList
from gmpki.x509.crl_builder import CRLBuilder, Revocation
from gmpki.x509.crl_checker import CRLChecker
from gmpki.x509.names import build_name
from gmpki.x509.path.policy import PathPolicy
from gmpki.x509.path.revocation import RevocationMode
from gmpki.x509.revocation import RevocationContext, RevocationResult, RevocationStatus
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
    purposes,
    scene,
)


def verifier(made: Scene, policy: TokenPolicy | None = None, *, lenient: bool = False, **trust: Any) -> TokenVerifier:
    if "policy_" in trust:
        trust["policy"] = trust.pop("policy_")
    return TokenVerifier(made.trust(**trust), policy=policy or TokenPolicy(), lenient=lenient)


def refused(reason: str, token: bytes, policy: TokenPolicy | None = None, data: Any = DATA, **trust: Any) -> None:
    with pytest.raises(TimestampError) as caught:
        verifier(scene(), policy, **trust).verify(token, data)
    assert caught.value.reason == reason


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


# ---- the attribute --------------------------------------------------------------------------------------------------
def v2(*identifiers: ESSCertIDv2) -> Attribute:
    return Attribute(oids.SIGNING_CERTIFICATE_V2, (SigningCertificateV2(identifiers).to_der(),))


def issued_as(name: Any = ROOT, number: int = 8) -> IssuerSerial:
    return IssuerSerial((GeneralName.directory(name),), number)


def sm3_of(certificate: Certificate) -> bytes:
    return Imprint.of(certificate.der).digest


SM3 = AlgorithmIdentifier(oids.SM3)
WRONG_ATTRIBUTES = {
    "another certificate": lambda made: [signing_certificate(made.ca)],
    "another certificate, old": lambda made: [signing_certificate(made.ca, old=True)],
    "one right, one wrong": lambda made: [signing_certificate(made.tsa), signing_certificate(made.ca, old=True)],
    "the signer second": lambda made: [v2(ESSCertIDv2(SM3, sm3_of(made.ca)), ESSCertIDv2(SM3, sm3_of(made.tsa)))],
    "another issuer": lambda made: [v2(ESSCertIDv2(SM3, sm3_of(made.tsa), issued_as(TSA)))],
    "another number": lambda made: [v2(ESSCertIDv2(SM3, sm3_of(made.tsa), issued_as(number=9)))],
    "no directory name": lambda made: [
        v2(ESSCertIDv2(SM3, sm3_of(made.tsa), IssuerSerial((GeneralName.dns("a"),), 8)))
    ],
    "short hash": lambda made: [v2(ESSCertIDv2(SM3, sm3_of(made.tsa)[:31]))],
    "SM3 named SHA-256": lambda made: [v2(ESSCertIDv2(AlgorithmIdentifier(oids.SHA256), sm3_of(made.tsa)))],
    "malformed": lambda _: [Attribute(oids.SIGNING_CERTIFICATE_V2, (der.encode_null(),))],
    "no certificate": lambda _: [Attribute(oids.SIGNING_CERTIFICATE_V2, (der.encode_sequence(der.encode_sequence()),))],
    "two values": lambda made: [
        Attribute(oids.SIGNING_CERTIFICATE_V2, (*signing_certificate(made.tsa).values, der.encode_sequence()))
    ],
}


@pytest.mark.parametrize("name", WRONG_ATTRIBUTES)
@pytest.mark.parametrize("lenient", [False, True])
def test_wrong_attributes(name: str, lenient: bool) -> None:
    token = scene().token(attributes=WRONG_ATTRIBUTES[name](scene()))
    with pytest.raises(MessageError) as caught:
        verifier(scene(), lenient=lenient).verify(token, DATA)
    assert caught.value.reason == "signing-certificate"


def test_an_attribute_with_an_unknown_hash() -> None:
    unknown = ESSCertIDv2(AlgorithmIdentifier(oids.find("1.2.3")), sm3_of(scene().tsa))
    with pytest.raises(UnsupportedAlgorithm):
        verifier(scene()).verify(scene().token(attributes=[v2(unknown)]), DATA)


def test_right_attributes() -> None:
    for identifier in (
        ESSCertIDv2(SM3, sm3_of(scene().tsa)),
        ESSCertIDv2(SM3, sm3_of(scene().tsa), issued_as()),
        ESSCertIDv2(AlgorithmIdentifier(oids.SHA256), Imprint.of(scene().tsa.der, "sha256").digest),
        ESSCertIDv2(AlgorithmIdentifier(oids.SHA512), Imprint.of(scene().tsa.der, "sha512").digest),
    ):
        assert verifier(scene()).verify(scene().token(attributes=[v2(identifier)]), DATA).time == NOW


def test_sm3_in_the_old_attribute_is_for_lenient_reading() -> None:
    value = SigningCertificate((ESSCertID(sm3_of(scene().tsa)),)).to_der()
    token = scene().token(attributes=[Attribute(oids.SIGNING_CERTIFICATE, (value,))])
    with pytest.raises(MessageError, match="20 bytes"):
        verifier(scene()).verify(token, DATA)
    assert verifier(scene(), lenient=True).verify(token, DATA).time == NOW


# ---- the certificate of the authority -------------------------------------------------------------------------------
WRONG_PURPOSES = {
    "no purpose": (SIGNING,),
    "another purpose": (SIGNING, purposes(oids.OCSP_SIGNING)),
    "two purposes": (SIGNING, purposes(oids.TIME_STAMPING, oids.EMAIL_PROTECTION)),
    "any purpose": (SIGNING, purposes(oids.ANY_EXTENDED_KEY_USAGE)),
    "not critical": (SIGNING, ExtendedKeyUsage((oids.TIME_STAMPING,))),
}


@pytest.mark.parametrize("name", WRONG_PURPOSES)
def test_certificates_that_are_not_for_it(name: str) -> None:
    other = scene().another(*WRONG_PURPOSES[name])
    with pytest.raises(ValidationError) as caught:
        verifier(scene()).verify(scene().token(certificate=other), DATA)
    assert caught.value.reason == "extended-key-usage"


def test_certificates_of_other_usage() -> None:
    other = scene().another(KeyUsage(KeyUsages.DIGITAL_SIGNATURE | KeyUsages.KEY_AGREEMENT), STAMPING)
    assert verifier(scene()).verify(scene().token(certificate=other), DATA).certificate == other
    other = scene().another(STAMPING)
    assert verifier(scene()).verify(scene().token(certificate=other), DATA).certificate == other


@pytest.mark.parametrize(
    ("begin", "end", "reason"),
    [(NOW - 5 * DAY, NOW - DAY, "expired"), (NOW + DAY, NOW + 5 * DAY, "not-yet-valid")],
)
def test_certificates_not_valid_at_the_time_of_the_token(begin: datetime, end: datetime, reason: str) -> None:
    other = scene().another(SIGNING, STAMPING, not_before=begin, not_after=end)
    with pytest.raises(ValidationError) as caught:
        verifier(scene()).verify(scene().token(certificate=other), DATA)
    assert caught.value.reason == reason


def test_certificates_that_expired_since() -> None:
    other = scene().another(SIGNING, STAMPING, not_after=NOW + DAY)
    token = scene().token(certificate=other)
    assert verifier(scene(), at=NOW + 100 * DAY).verify(token, DATA).certificate == other


def test_anchors_of_others() -> None:
    stranger = certify(ROOT, key("sm2", "stranger").public_key, ROOT, key("sm2", "stranger"))
    with pytest.raises(ValidationError):
        verifier(scene(), anchors=[stranger]).verify(scene().token(), DATA)


# ---- revocation -----------------------------------------------------------------------------------------------------
def crl(made: Scene, *entries: Revocation, at: datetime = NOW) -> CertificateRevocationList:
    builder = CRLBuilder(issuer=ROOT, this_update=at, next_update=at + 30 * DAY, number=1, entries=list(entries))
    return builder.sign(made.ca_key)


def revoked(reason: ReasonCode | None, on: datetime) -> Revocation:
    return Revocation(8, on) if reason is None else Revocation(8, on, reason)


def test_not_revoked() -> None:
    found = verifier(scene(), checkers=[CRLChecker([crl(scene())])]).verify(scene().token(), DATA)
    assert found.path is not None
    assert [result.status for result in found.path.revocation] == [RevocationStatus.GOOD]


def test_the_list_of_a_later_day() -> None:
    later = NOW + 50 * DAY
    checkers = [CRLChecker([crl(scene(), at=later)])]
    assert verifier(scene(), checkers=checkers, at=later + DAY).verify(scene().token(), DATA).time == NOW


def test_nobody_knows() -> None:
    with pytest.raises(RevocationUnknownError):
        verifier(scene(), checkers=[CRLChecker([])]).verify(scene().token(), DATA)
    soft = PathPolicy(revocation=RevocationMode.SOFT)
    assert verifier(scene(), checkers=[CRLChecker([])], policy_=soft).verify(scene().token(), DATA).time == NOW
    with pytest.raises(InvalidInputError, match="no checkers"):
        verifier(scene(), policy_=PathPolicy(revocation=RevocationMode.HARD)).verify(scene().token(), DATA)


HARMLESS = (
    ReasonCode.UNSPECIFIED,
    ReasonCode.AFFILIATION_CHANGED,
    ReasonCode.SUPERSEDED,
    ReasonCode.CESSATION_OF_OPERATION,
)
HARMFUL = (None, ReasonCode.KEY_COMPROMISE, ReasonCode.CA_COMPROMISE, ReasonCode.CERTIFICATE_HOLD)


@pytest.mark.parametrize("reason", HARMFUL)
@pytest.mark.parametrize("days", [-1, 1])
def test_revoked_with_its_tokens(reason: ReasonCode | None, days: int) -> None:
    later = NOW + 10 * DAY
    checkers = [CRLChecker([crl(scene(), revoked(reason, NOW + days * DAY), at=later)])]
    with pytest.raises(RevokedError):
        verifier(scene(), checkers=checkers, at=later).verify(scene().token(), DATA)


@pytest.mark.parametrize("reason", [reason for reason in HARMLESS if reason is not ReasonCode.UNSPECIFIED])
def test_taken_out_of_use(reason: ReasonCode) -> None:
    later = NOW + 10 * DAY
    checkers = [CRLChecker([crl(scene(), revoked(reason, NOW + DAY), at=later)])]
    found = verifier(scene(), checkers=checkers, at=later).verify(scene().token(), DATA)
    assert found.path is not None
    assert "leaves this signature standing" in found.path.revocation[0].detail
    for when in (NOW, NOW + DAY, NOW + 2 * DAY):
        late = scene().token(scene().info(gen_time=when + DAY))
        with pytest.raises(RevokedError):
            verifier(scene(), checkers=checkers, at=later).verify(late, DATA)


class Raising:
    """A checker that raises instead of answering."""

    def __init__(self, reason: ReasonCode) -> None:
        self.reason = reason

    def check(self, certificate: Certificate, _issuer: object, _context: RevocationContext) -> RevocationResult:
        raise RevokedError("gone", revoked_at=NOW + DAY, revocation_reason=self.reason, certificate=certificate)


def test_a_checker_that_raises() -> None:
    later = NOW + 10 * DAY
    harmless = verifier(scene(), checkers=[Raising(ReasonCode.SUPERSEDED)], at=later)
    assert harmless.verify(scene().token(), DATA).time == NOW
    with pytest.raises(RevokedError):
        verifier(scene(), checkers=[Raising(ReasonCode.KEY_COMPROMISE)], at=later).verify(scene().token(), DATA)


def test_after_the_end_of_the_certificate_old_lists_count() -> None:
    """Lists of a later day need not name what has expired."""
    other = scene().another(SIGNING, STAMPING, not_after=NOW + 5 * DAY)
    token = scene().token(certificate=other)
    late = NOW + 100 * DAY
    kept = CRLChecker([crl(scene(), at=NOW + 4 * DAY)])
    assert verifier(scene(), checkers=[kept], at=late).verify(token, DATA).time == NOW
    with pytest.raises(RevocationUnknownError):
        verifier(scene(), checkers=[CRLChecker([crl(scene(), at=late)])], at=late).verify(token, DATA)


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


# ---- responses ------------------------------------------------------------------------------------------------------
def response(token: bytes | None = None, status: PKIStatus = PKIStatus.GRANTED) -> bytes:
    return TimeStampResp(PKIStatusInfo(status), scene().token() if token is None else token).to_der()


REQUEST = TimestampRequest.of(DATA, nonce=5, policy=POLICY)


@pytest.mark.parametrize("status", [PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS])
def test_a_response(status: PKIStatus) -> None:
    encoded = response(scene().token(scene().info(nonce=5)), status)
    for given in (encoded, TimestampResponse.from_der(encoded)):
        assert verifier(scene()).verify_response(given, REQUEST).nonce == 5
    assert pickle.loads(pickle.dumps(TimestampResponse.from_der(encoded))).to_der() == encoded


@pytest.mark.parametrize(
    ("reason", "changed"),
    [
        ("nonce", {"nonce": 6}),
        ("nonce", {"nonce": None}),
        ("policy", {"nonce": 5, "policy": oids.find(OTHER_POLICY)}),
        ("imprint", {"nonce": 5, "message_imprint": Imprint.of(b"other").to_structure()}),
        ("imprint", {"nonce": 5, "message_imprint": Imprint.of(DATA, "sha256").to_structure()}),
    ],
)
def test_responses_to_other_requests(reason: str, changed: dict[str, Any]) -> None:
    with pytest.raises(TimestampError) as caught:
        verifier(scene()).verify_response(response(scene().token(scene().info(**changed))), REQUEST)
    assert caught.value.reason == reason


def test_a_nonce_that_nobody_asked_for() -> None:
    token = scene().token(scene().info(nonce=5))
    with pytest.raises(TimestampError) as caught:
        verifier(scene()).verify_response(response(token), TimestampRequest.of(DATA, nonce=False))
    assert caught.value.reason == "nonce"


def test_a_refusal() -> None:
    refusal = TimestampResponse.refused(FailureInfo.BAD_ALG, "no such hash")
    with pytest.raises(TimestampRejected, match=r"rejection \(badAlg\): no such hash"):
        verifier(scene()).verify_response(refusal, REQUEST)


GOOD_RESPONSE = response()
NO_RESPONSES = {
    "empty": b"",
    "text": b"reply",
    "token alone": scene().token(),
    "truncated": GOOD_RESPONSE[:-1],
    "longer": GOOD_RESPONSE + b"\0",
    "granted without token": der.encode_sequence(der.encode_sequence(der.encode_integer(0))),
    "rejected with token": der.encode_sequence(der.encode_sequence(der.encode_integer(2)), scene().token()),
    "status 6": der.encode_sequence(der.encode_sequence(der.encode_integer(6))),
    "negative status": der.encode_sequence(der.encode_sequence(der.encode_integer(-1))),
    "no status": der.encode_sequence(),
    "two tokens": der.encode_sequence(der.encode_sequence(der.encode_integer(0)), scene().token(), scene().token()),
    "token is no message": der.encode_sequence(der.encode_sequence(der.encode_integer(0)), der.encode_sequence()),
}


@pytest.mark.parametrize("name", NO_RESPONSES)
def test_what_is_no_response(name: str) -> None:
    with pytest.raises(DecodeError):
        TimestampResponse.from_der(NO_RESPONSES[name])


# ---- inputs ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("wrong", [None, 7, "text"])
def test_other_types(wrong: Any) -> None:
    checked = verifier(scene())
    for call in (
        lambda: checked.verify(wrong, DATA),
        lambda: checked.verify(scene().token(), wrong),
        lambda: checked.verify_response(wrong, REQUEST),
        lambda: checked.verify_response(response(), wrong),
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
