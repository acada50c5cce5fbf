"""Evidence: verified offline, years later, layer by layer; and what is wrong with each layer by its own error."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from gmpki import oids
from gmpki.asn1.rfc5280 import BasicConstraints
from gmpki.asn1.rfc5280.ext_crl import ReasonCode
from gmpki.asn1.rfc5280.ext_keys import KeyUsage, KeyUsages
from gmpki.asn1.rfc5652 import Attribute, SignedData, encode_attributes
from gmpki.asn1.rfc6960 import CertStatus, ResponseStatus
from gmpki.cms.amending import attach_attributes
from gmpki.cms.report import CheckStatus
from gmpki.cms.signed import SignedMessage
from gmpki.cms.signer_spec import SignerSpec
from gmpki.cms.signing import sign
from gmpki.cms.trust import Trust
from gmpki.errors import (
    DecodeError,
    GmpkiError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    MessageError,
    RevokedError,
    StateError,
    TimestampError,
    ValidationError,
)
from gmpki.ocsp.cert_ids import cert_id
from gmpki.ocsp.response import OCSPResponse
from gmpki.ocsp.response_builder import OCSPResponseBuilder
from gmpki.tsa.authority import TimestampAuthority
from gmpki.tsa.evidence import Evidence
from gmpki.tsa.evidence_check import EvidenceReport, verify_evidence
from gmpki.tsa.imprint import Imprint
from gmpki.tsa.validation_data import ValidationData
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl_builder import CRLBuilder, Revocation
from gmpki.x509.crl_checker import CRLChecker
from gmpki.x509.path.policy import PathPolicy
from gmpki.x509.path.purposes import Purpose
from gmpki.x509.path.revocation import RevocationMode
from tsa.scene import (
    ALGORITHMS,
    DATA,
    DAY,
    NOW,
    POLICY,
    ROOT,
    SIGNING,
    STAMPING,
    TSA,
    Counter,
    certify,
    key,
)
from tsa.world import (
    NEW_TSA,
    SIGNER,
    YEAR,
    authority,
    crl,
    fresh,
    kept,
    renewed,
    signed,
    signer_certificate,
    twice,
    world,
)


def judge(
    evidence: Evidence, at: datetime, *, collect: bool = False, algorithm: str = "sm2", **options: Any
) -> EvidenceReport:
    return verify_evidence(evidence, Trust(anchors=[world(algorithm).ca], at=at, **options), collect=collect)


def refused(reason: str, evidence: Evidence, at: datetime, **options: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        judge(evidence, at, **options)
    assert caught.value.reason == reason


# ---- what holds -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("detached", [False, True])
@pytest.mark.parametrize("days", [2, 10, 3000])
def test_from_the_first_day_on(algorithm: str, detached: bool, days: int) -> None:
    """The certificate of the signer ends after one year, that of the authority after three."""
    content = DATA if detached else None
    evidence = Evidence.from_der(fresh(algorithm, detached=detached).to_der(), content=content)
    report = judge(evidence, NOW + days * DAY, algorithm=algorithm)
    assert report.ok
    assert report.content == DATA
    assert report.signed_at == NOW
    assert report.signer_certificate == signer_certificate(algorithm)
    assert report.path is not None
    assert [step.name for step in report.steps] == ["signature-time-stamp 1", "signer", "signer-path"]
    assert all(step.status is CheckStatus.PASSED for step in report.steps)
    assert "not revoked as of 2026-03-02 08:00:00 UTC" in str(report.steps[0])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("detached", [False, True])
def test_renewed_once(algorithm: str, detached: bool) -> None:
    made = renewed(algorithm, detached=detached).with_stamp_data(kept(NOW + 2 * YEAR + DAY, algorithm=algorithm))
    evidence = Evidence.from_der(made.to_der(), content=DATA if detached else None)
    report = judge(evidence, NOW + 20 * YEAR, algorithm=algorithm)
    assert report.ok
    assert [step.name for step in report.steps][:2] == ["archive-time-stamp 1", "signature-time-stamp 1"]
    assert [stamp.time for stamp in report.archive_timestamps] == [NOW + 2 * YEAR]
    assert report.signed_at == NOW


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_renewed_twice(algorithm: str) -> None:
    evidence = Evidence.from_der(twice(algorithm).to_der())
    report = judge(evidence, NOW + 30 * YEAR, algorithm=algorithm)
    assert [step.name for step in report.steps] == [
        "archive-time-stamp 2",
        "archive-time-stamp 1",
        "signature-time-stamp 1",
        "signer",
        "signer-path",
    ]
    assert [stamp.time for stamp in report.archive_timestamps] == [NOW + 2 * YEAR, NOW + 4 * YEAR]
    assert "over everything, with 1 older archive time-stamps" in report.steps[0].detail
    assert repr(evidence) == "<Evidence, 1 time-stamps, 2 archive time-stamps>"


def test_responses_in_place_of_lists() -> None:
    made = world()

    def answered(certificate: Certificate, at: datetime) -> OCSPResponse:
        builder = OCSPResponseBuilder().responder(made.ca).produced_at(at)
        builder = builder.add(cert_id(certificate, made.ca), CertStatus.good(), at, at + DAY)
        return builder.sign(made.ca_key)

    evidence = Evidence.from_der(signed()).stamped(authority(NOW).stamp)
    evidence = evidence.with_data(ValidationData(responses=(answered(signer_certificate(), NOW + DAY),)))
    evidence = evidence.with_stamp_data(ValidationData(responses=(answered(made.tsa, NOW + DAY),)))
    assert [len(found.responses) for found in evidence.data.responses] == [1]
    assert judge(Evidence.from_der(evidence.to_der()), NOW + 10 * YEAR).ok


def test_one_of_several_signers() -> None:
    made = world()
    other = certify(SIGNER, key("sm2", "second").public_key, ROOT, made.ca_key, SIGNING, serial_number=78)
    specs = [SignerSpec(key("sm2", "signer"), signer_certificate()), SignerSpec(key("sm2", "second"), other)]
    for index in (0, 1):
        evidence = Evidence.from_der(sign(DATA, specs), signer=index)
        sid = evidence.signer.sid
        evidence = evidence.stamped(authority(NOW).stamp)
        evidence = evidence.with_data(kept(NOW + DAY)).with_stamp_data(kept(NOW + DAY))
        evidence = evidence.renewed(authority(NOW + YEAR).stamp).with_stamp_data(kept(NOW + YEAR + DAY))
        assert evidence.signer.sid == sid
        assert judge(Evidence.from_der(evidence.to_der(), signer=evidence.index), NOW + 9 * YEAR).ok


def test_who_can_still_tell_is_asked() -> None:
    """Without anything that is kept, the checkers of today decide."""
    evidence = Evidence.from_der(signed()).stamped(authority(NOW).stamp)
    today = NOW + 20 * DAY
    refused("revocation-unknown", evidence, today)
    assert judge(evidence, today, checkers=[CRLChecker([crl(today)])]).ok
    assert judge(evidence, today, policy=PathPolicy(revocation=RevocationMode.NONE)).ok


# ---- revocation -----------------------------------------------------------------------------------------------------
def revoked(number: int, on: datetime, reason: ReasonCode = ReasonCode.KEY_COMPROMISE) -> Revocation:
    return Revocation(number, on, reason)


@pytest.mark.parametrize("reason", [ReasonCode.KEY_COMPROMISE, ReasonCode.SUPERSEDED])
def test_a_signer_revoked_after_the_time_stamp(reason: ReasonCode) -> None:
    evidence = Evidence.from_der(signed()).stamped(authority(NOW).stamp).with_stamp_data(kept(NOW + DAY))
    after = evidence.with_data(kept(NOW + 5 * DAY, revoked(77, NOW + 2 * DAY, reason)))
    assert judge(after, NOW + 10 * DAY).ok
    for on in (NOW - DAY, NOW):
        before = evidence.with_data(kept(NOW + 5 * DAY, revoked(77, on, reason)))
        with pytest.raises(RevokedError):
            judge(before, NOW + 10 * DAY)


def test_a_key_that_was_stolen_before_it_was_revoked() -> None:
    evidence = Evidence.from_der(signed()).stamped(authority(NOW).stamp).with_stamp_data(kept(NOW + DAY))
    entry = Revocation(77, NOW + 2 * DAY, ReasonCode.KEY_COMPROMISE, NOW - DAY)
    with pytest.raises(RevokedError):
        judge(evidence.with_data(kept(NOW + 5 * DAY, entry)), NOW + 10 * DAY)


@pytest.mark.parametrize("published", [NOW - 2 * DAY, NOW + 3 * DAY])
def test_an_old_list_that_is_kept_does_not_hide_what_the_verifier_knows(published: datetime) -> None:
    """A thief signs after the revocation and keeps the last list from before it, which is in date still."""
    evidence = Evidence.from_der(signed()).stamped(authority(NOW).stamp).with_stamp_data(kept(NOW + DAY))
    evidence = evidence.with_data(kept(NOW - 5 * DAY))
    assert judge(evidence, NOW + 4 * DAY).ok
    newer = CRLChecker([crl(published, revoked(77, NOW - 2 * DAY))])
    with pytest.raises(RevokedError):
        judge(evidence, NOW + 4 * DAY, checkers=[newer])


def test_an_authority_whose_key_was_stolen() -> None:
    """Its tokens are void, but for those that a newer time-stamp covers since before."""
    stolen = NOW + 2 * YEAR + 100 * DAY
    today = stolen + 10 * DAY
    checkers = [CRLChecker([crl(today, revoked(8, stolen))])]
    with pytest.raises(RevokedError):
        judge(fresh(), today, checkers=checkers)
    other = world().another(SIGNING, STAMPING, subject=NEW_TSA, serial_number=19, not_after=NOW + 9 * YEAR)
    renewing = TimestampAuthority(world().tsa_key, other, Counter(), [POLICY], clock=lambda: stolen - DAY)
    assert judge(fresh().renewed(renewing.stamp), today, checkers=checkers).ok
    late = TimestampAuthority(world().tsa_key, other, Counter(), [POLICY], clock=lambda: stolen + DAY)
    known = kept(stolen + DAY, revoked(8, stolen))
    with pytest.raises(RevokedError):
        judge(fresh().with_stamp_data(known).renewed(late.stamp), today, checkers=checkers)


# ---- what does not hold ---------------------------------------------------------------------------------------------
def test_no_time_stamp() -> None:
    refused("no-time-stamp", Evidence.from_der(signed()).with_data(kept(NOW + DAY)), NOW + 2 * DAY)


def test_nothing_known_about_the_authority() -> None:
    evidence = Evidence.from_der(signed()).stamped(authority(NOW).stamp).with_data(kept(NOW + DAY))
    refused("revocation-unknown", evidence, NOW + 10 * YEAR)
    refused("revocation-unknown", renewed(), NOW + 10 * YEAR)


def test_a_certificate_that_had_ended_before_it_was_renewed() -> None:
    later = NOW + 10 * YEAR
    evidence = fresh().renewed(authority(later).stamp).with_stamp_data(kept(later + DAY))
    assert judge(evidence, later + YEAR).ok  # what was kept at the time tells enough
    late = authority(NOW + 4 * YEAR).stamp
    assert judge(fresh().renewed(late).with_stamp_data(kept(NOW + 4 * YEAR)), NOW + 5 * YEAR).ok


def test_data_newer_than_the_time_stamp_over_it() -> None:
    """Somebody puts a list of a later day into what is covered already."""
    evidence = fresh().with_data(kept(NOW + 3 * YEAR))
    evidence = evidence.renewed(authority(NOW + 2 * YEAR).stamp).with_stamp_data(kept(NOW + 2 * YEAR + DAY))
    refused("later-data", evidence, NOW + 9 * YEAR)
    refused("later-data", fresh(), NOW)


def test_a_time_stamp_of_the_future() -> None:
    refused("future", fresh(), NOW - YEAR)
    refused("future", twice(), NOW + 3 * YEAR)


def test_another_anchor() -> None:
    stranger = certify(ROOT, key("sm2", "stranger").public_key, ROOT, key("sm2", "stranger"))
    with pytest.raises(ValidationError):
        verify_evidence(fresh(), Trust(anchors=[stranger], at=NOW + DAY))
    with pytest.raises(InvalidInputError, match="anchors"):
        verify_evidence(fresh(), Trust.signature_only())


def test_authorities_under_another_root() -> None:
    other_key = key("sm2", "other root")
    usage = (BasicConstraints(ca=True), KeyUsage(KeyUsages.KEY_CERT_SIGN | KeyUsages.CRL_SIGN))
    other_root = certify(TSA, other_key.public_key, TSA, other_key, *usage)
    tsa = world().another(SIGNING, STAMPING, subject=NEW_TSA, issuer=TSA, signer=other_key)
    stamping = TimestampAuthority(world().tsa_key, tsa, Counter(), [POLICY], clock=lambda: NOW)
    listed = CRLBuilder(issuer=TSA, this_update=NOW + DAY, next_update=NOW + 9 * DAY, number=1).sign(other_key)
    evidence = Evidence.from_der(signed()).stamped(stamping.stamp).with_data(kept(NOW + DAY))
    evidence = evidence.with_stamp_data(ValidationData(crls=(listed,)))
    trust = Trust(anchors=[world().ca], at=NOW + 2 * DAY, policy=PathPolicy(purpose=Purpose.SIGNING))
    assert verify_evidence(evidence, trust, authorities=Trust(anchors=[other_root])).ok
    for wrong in (None, trust):
        with pytest.raises(ValidationError):
            verify_evidence(evidence, trust, authorities=wrong)
    with pytest.raises(InvalidInputError, match="anchors"):
        verify_evidence(evidence, trust, authorities=Trust.signature_only())


def test_another_content() -> None:
    evidence = Evidence.from_der(renewed(detached=True).to_der(), content=DATA + b"!")
    refused("imprint", evidence, NOW + 2 * YEAR + DAY)
    evidence = Evidence.from_der(fresh(detached=True).to_der(), content=DATA + b"!")
    with pytest.raises(InvalidSignature, match="not the one that was signed"):
        judge(evidence, NOW + 2 * DAY)


def amended(evidence: Evidence, change: Callable[[SignedData], SignedData]) -> Evidence:
    message = SignedMessage.of(evidence.message.outer_content_type, change(evidence.message.signed_data))
    return Evidence.from_der(message)


def without(data: SignedData, kind: str) -> SignedData:
    info = data.signer_infos[0]
    left = tuple(attribute for attribute in info.other_attributes() if attribute.type != kind)
    return replace(data, signer_infos=(replace(info, unsigned_attributes=encode_attributes(left)),))


def more_certificates(data: SignedData) -> SignedData:
    return replace(data, certificates=(*data.certificates, world().ca.der))


def more_lists(data: SignedData) -> SignedData:
    return replace(data, crls=(*data.crls, crl(NOW).der))


CHANGES = {
    "a certificate more": more_certificates,
    "a list more": more_lists,
    "values removed": lambda data: without(data, oids.REVOCATION_VALUES),
    "certificates removed": lambda data: without(data, oids.CERTIFICATE_VALUES),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changes_under_an_archive_time_stamp(name: str) -> None:
    evidence = renewed().with_stamp_data(kept(NOW + 2 * YEAR + DAY))
    assert judge(evidence, NOW + 9 * YEAR).ok
    refused("imprint", amended(evidence, CHANGES[name]), NOW + 9 * YEAR)


def test_an_attribute_more_under_an_archive_time_stamp() -> None:
    evidence = renewed().with_stamp_data(kept(NOW + 2 * YEAR + DAY))
    added = Attribute(oids.find("1.2.3.4"), (b"\x05\x00",))
    refused("imprint", Evidence.from_der(attach_attributes(evidence.message, [added])), NOW + 9 * YEAR)


def test_an_older_archive_time_stamp_removed() -> None:
    made = twice()
    newest = Attribute(oids.ARCHIVE_TIME_STAMP, (made.archive_timestamps[1].to_der(),))
    left = Evidence.from_der(attach_attributes(made.message, [newest], replacing=True))
    refused("imprint", left, NOW + 9 * YEAR)
    # Without the newest one the older one still says what it said; its authority has ended since.
    oldest = Attribute(oids.ARCHIVE_TIME_STAMP, (made.archive_timestamps[0].to_der(),))
    assert judge(Evidence.from_der(attach_attributes(made.message, [oldest], replacing=True)), NOW + 9 * YEAR).ok


def test_time_stamps_over_other_signatures() -> None:
    other = Evidence.from_der(sign(b"other", SignerSpec(key("sm2", "signer"), signer_certificate())))
    token = other.stamped(authority(NOW).stamp).timestamps[0].to_der()
    added = Attribute(oids.TIME_STAMP_TOKEN, (token,))
    evidence = Evidence.from_der(attach_attributes(fresh().message, [added]))
    refused("imprint", evidence, NOW + 2 * DAY)


def test_malformed_values() -> None:
    for kind in (oids.CERTIFICATE_VALUES, oids.REVOCATION_VALUES):
        broken = attach_attributes(fresh().message, [Attribute(kind, (b"\x04\x00",))], replacing=True)
        with pytest.raises(DecodeError):
            judge(Evidence.from_der(broken), NOW + 2 * DAY)
        double = attach_attributes(fresh().message, [Attribute(kind, (b"\x30\x00",))])
        with pytest.raises(DecodeError):
            judge(Evidence.from_der(double), NOW + 2 * DAY)
    for kind in (oids.TIME_STAMP_TOKEN, oids.ARCHIVE_TIME_STAMP):
        with pytest.raises(GmpkiError):
            Evidence.from_der(attach_attributes(fresh().message, [Attribute(kind, (b"\x30\x00",))]))


# ---- reports --------------------------------------------------------------------------------------------------------
def test_a_report_of_what_failed() -> None:
    report = judge(Evidence.from_der(signed()), NOW + DAY, collect=True)
    assert not report.ok
    assert [(step.name, step.status) for step in report.steps] == [
        ("signature-time-stamp", CheckStatus.FAILED),
        ("signer", CheckStatus.PASSED),
        ("signer-path", CheckStatus.NOT_CHECKED),
    ]
    assert isinstance(report.steps[0].error, TimestampError)
    with pytest.raises(TimestampError, match="no time-stamp"):
        _ = report.content
    refused_report = judge(amended(renewed(), more_lists), NOW + 9 * YEAR, collect=True)
    assert "over other data" in str(refused_report.steps[0])
    assert refused_report.archive_timestamps == ()


def test_a_report_in_which_nothing_raised() -> None:
    report = EvidenceReport((), None, None, None, (), ())
    assert not report.ok
    with pytest.raises(MessageError) as caught:
        report.require()
    assert caught.value.reason == "not-verified"


# ---- building -------------------------------------------------------------------------------------------------------
def test_order_of_building() -> None:
    bare = Evidence.from_der(signed())
    with pytest.raises(StateError, match="no time-stamp yet"):
        bare.renewed(authority(NOW).stamp)
    with pytest.raises(StateError, match="no time-stamp yet"):
        bare.with_stamp_data(kept(NOW))
    for late in (lambda: renewed().with_data(kept(NOW)), lambda: renewed().stamped(authority(NOW).stamp)):
        with pytest.raises(StateError, match="covers everything"):
            late()
    with pytest.raises(TimestampError) as caught:
        renewed().renewed(authority(NOW + YEAR).stamp)
    assert caught.value.reason == "order"


def test_a_stamp_over_something_else() -> None:
    def wrong(_imprint: Imprint) -> bytes:
        return authority(NOW).stamp(b"other")

    for call in (lambda: Evidence.from_der(signed()).stamped(wrong), lambda: fresh().renewed(wrong)):
        with pytest.raises(TimestampError) as caught:
            call()
        assert caught.value.reason == "imprint"


def test_messages_that_are_none() -> None:
    with pytest.raises(MessageError):
        Evidence.from_der(signed(), content=DATA)
    with pytest.raises(MessageError):
        Evidence.from_der(signed(detached=True))
    with pytest.raises(InvalidInputError):
        Evidence.from_der(signed(), signer=1)
    with pytest.raises(InvalidInputError):
        Evidence()
    nobody = SignedMessage.of(oids.GM_SIGNED_DATA, _without_signers())
    with pytest.raises(MessageError) as caught:
        Evidence.from_der(nobody)
    assert caught.value.reason == "no-signers"


def _without_signers() -> SignedData:
    data = SignedMessage.from_der(signed()).signed_data
    return SignedData(data.version, (), data.encap_content_info)


@pytest.mark.parametrize("wrong", [None, 7, "text"])
def test_other_types(wrong: Any) -> None:
    for call in (
        lambda: Evidence.from_der(wrong),
        lambda: Evidence.from_der(signed(), signer=wrong if wrong != 7 else "7"),  # type: ignore[arg-type]
        lambda: fresh().with_data(wrong),
        lambda: fresh().with_stamp_data(wrong),
        lambda: Evidence.from_der(signed()).stamped(wrong),
        lambda: fresh().renewed(wrong),
        lambda: fresh().renewed(lambda _: wrong),
        lambda: verify_evidence(wrong, Trust(anchors=[world().ca])),
        lambda: verify_evidence(fresh(), wrong),
        lambda: verify_evidence(fresh(), Trust(anchors=[world().ca]), authorities=wrong or 0),
        lambda: verify_evidence(fresh(), Trust(anchors=[world().ca]), policy=wrong),
        lambda: verify_evidence(fresh(), Trust(anchors=[world().ca]), collect=wrong),
        lambda: ValidationData(certificates=wrong),
        lambda: ValidationData(crls=[wrong]),  # type: ignore[arg-type, list-item]
        lambda: ValidationData().merged(wrong),
    ):
        with pytest.raises(InvalidTypeError):
            call()


def test_values_as_data() -> None:
    data = kept(NOW)
    assert data.merged(data) == data
    assert ValidationData().to_attributes() == ()
    assert ValidationData().known_at is None
    assert data.known_at == NOW
    assert pickle.loads(pickle.dumps(data)) == data
    with pytest.raises(InvalidInputError, match="proves nothing"):
        ValidationData(responses=(OCSPResponse.of_status(ResponseStatus.TRY_LATER),))
