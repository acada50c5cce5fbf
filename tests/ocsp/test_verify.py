"""Which responses are believed: every rule, and what breaks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

import hostile
from gmpki import oids
from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.asn1 import rfc6960
from gmpki.asn1.rfc5280 import Extension, SignedStructure
from gmpki.asn1.rfc5280.ext_crl import InvalidityDate, ReasonCode
from gmpki.asn1.rfc5280.ext_keys import ExtendedKeyUsage, KeyUsage, KeyUsages
from gmpki.asn1.rfc6960 import CertStatus, CrlID, ResponseStatus
from gmpki.errors import (
    InvalidInputError,
    InvalidTypeError,
    ResponderError,
    RevocationUnknownError,
    RevokedError,
    ValidationError,
)
from gmpki.ocsp.cert_ids import HASH_NAMES, cert_id
from gmpki.ocsp.response import OCSPResponse
from gmpki.ocsp.response_builder import OCSPResponseBuilder
from gmpki.ocsp.verify import ResponsePolicy, check_response, verify_response
from gmpki.x509.certificate import Certificate
from gmpki.x509.certificate_builder import CertificateBuilder
from gmpki.x509.named_key import TrustAnchor
from gmpki.x509.names import build_name
from gmpki.x509.revocation import RevocationContext, RevocationResult, RevocationStatus
from gmpki.x509.signatures import SignaturePolicy
from ocsp.scene import ALGORITHMS, DAY, NO_CHECK, NOW, ROOT, SIGNING, USAGE, Scene, certify, key, scene

SECOND = timedelta(seconds=1)
UNKNOWN = Extension(oids.find("1.2.3.4"), True, b"\x05\x00")


def check(response: OCSPResponse, made: Scene | None = None, *, at: datetime = NOW, **options: Any) -> RevocationResult:
    made = scene() if made is None else made
    validator = options.pop("validate_signer", None)
    signatures = options.pop("signatures", SignaturePolicy())
    context = RevocationContext(at, signatures, validator)
    return check_response(response, options.pop("certificate", made.leaf), made.ca, context, **options)


def refused(response: OCSPResponse, reason: str, made: Scene | None = None, **options: Any) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        check(response, made, **options)
    assert caught.value.reason == reason, caught.value
    return caught.value


# ---- what is believed ---------------------------------------------------------------------
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("hash_name", HASH_NAMES)
def test_good(algorithm: str, hash_name: str) -> None:
    made = scene(algorithm)
    response = made.builder(identifier=made.identifier(hash_name)).sign(made.ca_key)
    result = check(OCSPResponse.from_der(response.to_der()), made)
    assert result.status is RevocationStatus.GOOD
    assert (result.source, result.this_update, result.next_update) == ("ocsp", NOW, NOW + DAY)
    assert (result.reason, result.revoked_at, result.invalidity_date) == (None, None, None)
    assert "示例根" in result.detail


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("by_key", [False, True])
def test_delegated_responder(algorithm: str, by_key: bool) -> None:
    made = scene(algorithm)
    builder = made.builder().responder(made.responder, by_key=by_key).certificates([made.responder])
    response = builder.sign(made.responder_key)
    assert check(response, made).status is RevocationStatus.GOOD
    # Its certificate has to come along.
    refused(made.builder().responder(made.responder, by_key=by_key).sign(made.responder_key), "ocsp-responder", made)


def test_the_issuer_may_be_a_trust_anchor_or_named_by_its_key() -> None:
    made = scene()
    response = made.builder().responder(made.ca, by_key=True).sign(made.ca_key)
    context = RevocationContext(NOW)
    assert check_response(response, made.leaf, TrustAnchor.of(made.ca), context).status is RevocationStatus.GOOD


@pytest.mark.parametrize("reason", [None, *[r for r in ReasonCode if r is not ReasonCode.REMOVE_FROM_CRL]])
def test_revoked(reason: ReasonCode | None) -> None:
    made = scene()
    date = NOW - 20 * DAY
    extensions = [InvalidityDate(date), CrlID(crl_num=3)]
    response = made.builder(CertStatus.revoked(NOW - DAY, reason), extensions=extensions).sign(made.ca_key)
    result = check(response)
    assert (result.status, result.reason) == (RevocationStatus.REVOKED, reason)
    assert (result.revoked_at, result.invalidity_date) == (NOW - DAY, date)
    with pytest.raises(RevokedError) as caught:
        verify_response(response, made.leaf, made.ca, RevocationContext(NOW))
    assert caught.value.certificate == made.leaf
    assert (caught.value.revoked_at, caught.value.revocation_reason) == (NOW - DAY, reason)


def test_remove_from_crl_is_never_good() -> None:
    # Nobody should send it, and our builder does not; who does said "revoked" all the same.
    made = scene()
    status = CertStatus.revoked(NOW, ReasonCode.REMOVE_FROM_CRL)
    with pytest.raises(InvalidInputError, match="removeFromCRL"):
        made.builder(status)
    data = made.good().to_der()
    single = rfc6960.SingleResponse(made.identifier(), status, NOW, NOW + DAY)
    tbs = rfc6960.ResponseData(rfc6960.ResponderID(name=ROOT), NOW, (single,)).to_der()
    response = OCSPResponseBuilder.finish(tbs, made.ca_key.signature_algorithm, made.ca_key.sign(tbs))
    assert response.to_der() != data
    assert check(response).status is RevocationStatus.REVOKED


def test_unknown_is_not_good() -> None:
    made = scene()
    response = made.builder(CertStatus.unknown()).sign(made.ca_key)
    assert check(response).status is RevocationStatus.UNKNOWN
    with pytest.raises(RevocationUnknownError):
        verify_response(response, made.leaf, made.ca, RevocationContext(NOW))


@pytest.mark.parametrize("status", [status for status in ResponseStatus if status is not ResponseStatus.SUCCESSFUL])
def test_no_answer(status: ResponseStatus) -> None:
    with pytest.raises(ResponderError) as caught:
        check(OCSPResponse.of_status(status))
    assert caught.value.status == status.standard_name


def test_verify_returns_the_result() -> None:
    made = scene()
    result = verify_response(made.good(), made.leaf, made.ca, RevocationContext(NOW))
    assert result.status is RevocationStatus.GOOD


# ---- about which certificate --------------------------------------------------------------
def test_answer_for_another_serial_number() -> None:
    made = scene()
    response = made.builder(identifier=cert_id(0x78, made.ca)).sign(made.ca_key)
    error = refused(response, "ocsp-other-certificate")
    assert error.certificate == made.leaf


@pytest.mark.parametrize("field", ["issuer_name_hash", "issuer_key_hash"])
@pytest.mark.parametrize("hash_name", HASH_NAMES)
def test_answer_for_another_issuer(field: str, hash_name: str) -> None:
    made = scene()
    identifier = made.identifier(hash_name)
    changed = bytes([getattr(identifier, field)[0] ^ 1]) + getattr(identifier, field)[1:]
    for value in (changed, b"", getattr(identifier, field)[:-1]):
        response = made.builder(identifier=replace(identifier, **{field: value})).sign(made.ca_key)
        refused(response, "ocsp-other-certificate")


def test_hash_under_another_name() -> None:
    made = scene()
    identifier = made.identifier("sha256")
    renamed = replace(identifier, hash_algorithm=made.identifier("sm3").hash_algorithm)
    refused(made.builder(identifier=renamed).sign(made.ca_key), "ocsp-other-certificate")
    nameless = replace(identifier, hash_algorithm=replace(identifier.hash_algorithm, algorithm=oids.find("1.2.3")))
    refused(made.builder(identifier=nameless).sign(made.ca_key), "ocsp-other-certificate")


def test_issuer_of_another_name() -> None:
    made = scene()
    stranger = certify(build_name(("CN", "else")), made.ca_key.public_key, ROOT, made.ca_key)
    with pytest.raises(ValidationError) as caught:
        check_response(made.good(), made.leaf, stranger, RevocationContext(NOW))
    assert caught.value.reason == "ocsp-other-certificate"


def test_no_answer_at_all() -> None:
    made = scene()
    tbs = rfc6960.ResponseData(rfc6960.ResponderID(name=ROOT), NOW, ()).to_der()
    response = OCSPResponseBuilder.finish(tbs, made.ca_key.signature_algorithm, made.ca_key.sign(tbs))
    refused(response, "ocsp-other-certificate")


def several(*singles: rfc6960.SingleResponse) -> OCSPResponse:
    """Sign answers that the builder would not put together."""
    signer = scene().ca_key
    tbs = rfc6960.ResponseData(rfc6960.ResponderID(name=ROOT), NOW, singles).to_der()
    return OCSPResponseBuilder.finish(tbs, signer.signature_algorithm, signer.sign(tbs))


def single(hash_name: str = "sm3", status: CertStatus | None = None, **options: Any) -> rfc6960.SingleResponse:
    options = {"this_update": NOW, "next_update": NOW + DAY} | options
    return rfc6960.SingleResponse(scene().identifier(hash_name), status or CertStatus.good(), **options)


def test_contradictions() -> None:
    revoked = CertStatus.revoked(NOW)
    refused(several(single(), single()), "ocsp-contradiction")
    refused(several(single(), single(status=revoked)), "ocsp-contradiction")
    refused(several(single(), single("sha1", revoked)), "ocsp-contradiction")
    refused(several(single(), single("sha1", CertStatus.unknown())), "ocsp-contradiction")
    revoked_before = CertStatus.revoked(NOW - DAY)
    refused(several(single(status=revoked), single("sha1", revoked_before)), "ocsp-contradiction")
    assert check(several(single(), single("sha1"))).status is RevocationStatus.GOOD
    assert check(several(single(), single("sha1"), single("sha256"))).status is RevocationStatus.GOOD


def test_of_two_answers_the_one_that_ends_first_says_for_how_long() -> None:
    short, long = single("sha1", next_update=NOW + SECOND), single(this_update=NOW - SECOND)
    for response in (several(long, short), several(short, long)):
        assert check(response).next_update == NOW + SECOND


def test_of_two_answers_both_are_fresh() -> None:
    old = {"this_update": NOW - 3 * DAY, "next_update": NOW - 2 * DAY}
    refused(several(single(), single("sha1", **old)), "ocsp-expired")
    refused(several(single("sha1", **old), single()), "ocsp-expired")
    future = {"this_update": NOW + DAY, "next_update": NOW + 2 * DAY}
    refused(several(single(), single("sha1", **future)), "ocsp-not-yet-valid")


# ---- extensions and nonce -----------------------------------------------------------------
def test_unknown_critical_extensions() -> None:
    made = scene()
    refused(made.builder().add_extension(UNKNOWN).sign(made.ca_key), "ocsp-critical-extension")
    refused(made.builder(extensions=[UNKNOWN]).sign(made.ca_key), "ocsp-critical-extension")
    harmless = replace(UNKNOWN, critical=False)
    response = made.builder(extensions=[harmless]).add_extension(harmless).sign(made.ca_key)
    assert check(response).status is RevocationStatus.GOOD


def test_extensions_that_are_understood_may_be_critical() -> None:
    made = scene()
    builder = made.builder(extensions=[Extension(oids.OCSP_CRL, True, CrlID(crl_num=1).to_der())])
    builder = builder.add_extension(rfc6960.ExtendedRevoke(), critical=True)
    assert check(builder.sign(made.ca_key)).status is RevocationStatus.GOOD


def test_nonce() -> None:
    made = scene()
    nonce = bytes(range(32))
    with_it = made.builder().nonce(nonce).sign(made.ca_key)
    assert check(with_it, nonce=nonce).status is RevocationStatus.GOOD
    assert check(with_it, nonce=memoryview(nonce)).status is RevocationStatus.GOOD
    assert check(with_it).status is RevocationStatus.GOOD
    relaxed = ResponsePolicy(require_nonce=False)
    for other in (b"", nonce[:-1], nonce + b"\x00", bytes(32)):
        refused(with_it, "ocsp-nonce", nonce=other)
        refused(with_it, "ocsp-nonce", nonce=other, policy=relaxed)
    refused(made.good(), "ocsp-nonce", nonce=nonce)
    assert check(made.good(), nonce=nonce, policy=relaxed).status is RevocationStatus.GOOD


# ---- time ---------------------------------------------------------------------------------
SKEW = timedelta(minutes=5)


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (NOW - SKEW, None),
        (NOW - SKEW - SECOND, "ocsp-not-yet-valid"),
        (NOW + DAY + SKEW, None),
        (NOW + DAY + SKEW + SECOND, "ocsp-expired"),
        (datetime.min.replace(tzinfo=timezone.utc), "ocsp-not-yet-valid"),
        (datetime.max.replace(tzinfo=timezone.utc), "ocsp-expired"),
    ],
)
def test_window(at: datetime, reason: str | None) -> None:
    if reason is None:
        assert check(scene().good(), at=at).status is RevocationStatus.GOOD
    else:
        refused(scene().good(), reason, at=at)


def test_times_in_other_zones() -> None:
    at = NOW.astimezone(timezone(timedelta(hours=8)))
    assert check(scene().good(), at=at).status is RevocationStatus.GOOD


def test_produced_in_the_future() -> None:
    made = scene()
    response = made.builder().produced_at(NOW + SKEW + SECOND).sign(made.ca_key)
    refused(response, "ocsp-not-yet-valid")


def test_next_update_before_this_update() -> None:
    refused(several(single(this_update=NOW, next_update=NOW - SECOND)), "ocsp-expired")


def test_without_next_update() -> None:
    made = scene()
    response = made.builder(next_update=None).sign(made.ca_key)
    assert check(response, at=NOW + DAY).status is RevocationStatus.GOOD
    refused(response, "ocsp-expired", at=NOW + DAY + SKEW + SECOND)
    strict = ResponsePolicy(max_age_without_next_update=timedelta(0), clock_skew=timedelta(0))
    assert check(response, policy=strict).status is RevocationStatus.GOOD
    refused(response, "ocsp-expired", at=NOW + SECOND, policy=strict)


def test_max_age() -> None:
    policy = ResponsePolicy(max_age=timedelta(hours=1), clock_skew=timedelta(0))
    assert check(scene().good(), at=NOW + timedelta(hours=1), policy=policy).status is RevocationStatus.GOOD
    refused(scene().good(), "ocsp-expired", at=NOW + timedelta(hours=1, seconds=1), policy=policy)


@pytest.mark.parametrize("field", ["clock_skew", "max_age", "max_age_without_next_update"])
@pytest.mark.parametrize("value", [-SECOND, timedelta.max])
def test_policies_that_are_none(field: str, value: timedelta) -> None:
    with pytest.raises(InvalidInputError, match=field):
        ResponsePolicy(**{field: value})  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        ResponsePolicy(**{field: 300})  # type: ignore[arg-type]


# ---- signature ----------------------------------------------------------------------------
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_changed_response(algorithm: str) -> None:
    made = scene(algorithm)
    response = made.builder(CertStatus.unknown()).sign(made.ca_key)
    # "unknown" becomes "good", everything else stays.
    changed = response.to_der().replace(b"\x82\x00\x18", b"\x80\x00\x18")
    assert changed != response.to_der()
    refused(OCSPResponse.from_der(changed), "ocsp-signature", made)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_signature_of_somebody_else(algorithm: str) -> None:
    made = scene(algorithm)
    refused(made.builder().sign(key(algorithm, "stranger")), "ocsp-signature", made)
    for signature in (b"", b"\x30\x00", bytes(64), made.good().signature[:-1]):
        tbs = made.good().tbs_der
        forged = OCSPResponseBuilder.finish(tbs, made.ca_key.signature_algorithm, signature)
        refused(forged, "ocsp-signature", made)


def test_algorithm_of_another_key() -> None:
    made = scene("sm2")
    other = scene("ecdsa")
    good = made.good()
    forged = OCSPResponseBuilder.finish(good.tbs_der, other.ca_key.signature_algorithm, good.signature)
    refused(forged, "ocsp-signature")


def test_user_ids() -> None:
    made = scene()
    response = made.builder().sign(made.ca_key, user_id=b"")
    refused(response, "ocsp-signature")
    assert check(response, signatures=SignaturePolicy(user_ids=(None, b""))).status is RevocationStatus.GOOD


def test_user_ids_of_delegated_responders() -> None:
    """The id counts for the responder's certificate and for its answer, each by itself."""
    made = scene()
    empty_id = {"signatures": SignaturePolicy(user_ids=(b"",))}
    both = {"signatures": SignaturePolicy(user_ids=(None, b""))}
    certificate = made.delegated(SIGNING, NO_CHECK, user_id=b"")
    builder = made.builder().responder(certificate)
    for certified, signed in ((b"", None), (None, b""), (b"", b"")):
        certificate = made.delegated(SIGNING, NO_CHECK, user_id=certified)
        response = builder.certificates([certificate]).sign(made.responder_key, user_id=signed)
        reason = "ocsp-responder" if certified == b"" else "ocsp-signature"
        refused(response, reason)
        assert check(response, **both).status is RevocationStatus.GOOD
        if certified == signed:
            assert check(response, **empty_id).status is RevocationStatus.GOOD


def test_sha1_names_certificates_but_signs_nothing() -> None:
    made = scene("rsa")
    weak = made.ca_key.using(hash_name="sha256")
    response = made.builder(identifier=made.identifier("sha1")).sign(weak)
    assert check(response, made).status is RevocationStatus.GOOD
    from gmpki.keys.loader import load_private_key

    signer = load_private_key(made.ca_key.to_der(), policy=DEFAULT_POLICY.allowing("sha1-signature"))
    response = made.builder().sign(signer.using(hash_name="sha1"))  # type: ignore[union-attr]
    refused(response, "ocsp-signature", made)


# ---- who may answer -----------------------------------------------------------------------
def test_responder_certified_by_somebody_else() -> None:
    """The name of the issuer is not enough: its key must have signed the responder's certificate."""
    made = scene()
    stranger = key("sm2", "stranger")
    fake = made.delegated(SIGNING, NO_CHECK, signer=stranger)
    refused(made.by_responder(fake), "ocsp-responder")
    elsewhere = made.delegated(SIGNING, NO_CHECK, issuer=build_name(("CN", "else")))
    refused(made.by_responder(elsewhere), "ocsp-responder")


def test_a_chain_to_the_issuer_is_not_enough() -> None:
    """A sub-authority of the issuer may not answer for the issuer's certificates, however valid its responder is."""
    made = scene()
    sub_key = key("sm2", "sub")
    sub = certify(build_name(("CN", "sub")), sub_key.public_key, ROOT, made.ca_key)
    responder = made.delegated(SIGNING, NO_CHECK, issuer=sub.subject, signer=sub_key)
    refused(made.by_responder(responder, sub), "ocsp-responder", validate_signer=lambda *_, **__: None)


@pytest.mark.parametrize(
    "extensions",
    [
        (NO_CHECK,),
        (ExtendedKeyUsage((oids.ANY_EXTENDED_KEY_USAGE,)), NO_CHECK),
        (ExtendedKeyUsage((oids.find("1.3.6.1.5.5.7.3.1"),)), NO_CHECK),
        (SIGNING, NO_CHECK, KeyUsage(KeyUsages.KEY_ENCIPHERMENT | KeyUsages.KEY_AGREEMENT)),
        (SIGNING, NO_CHECK, KeyUsage(KeyUsages.KEY_CERT_SIGN | KeyUsages.CRL_SIGN)),
        (SIGNING, NO_CHECK, UNKNOWN),
    ],
    ids=["no purpose", "any purpose", "another purpose", "encryption key", "certificates only", "unknown critical"],
)
def test_certificates_that_let_nobody_answer(extensions: tuple[Any, ...]) -> None:
    made = scene()
    certificate = made.delegated(*extensions)
    error = refused(made.by_responder(certificate), "ocsp-responder", validate_signer=lambda *_, **__: None)
    assert error.certificate == certificate


@pytest.mark.parametrize("usage", [KeyUsages.DIGITAL_SIGNATURE, KeyUsages.NON_REPUDIATION])
def test_key_usages_that_sign(usage: KeyUsages) -> None:
    made = scene()
    assert check(made.by_responder(made.delegated(SIGNING, NO_CHECK, KeyUsage(usage)))).source == "ocsp"


@pytest.mark.parametrize(("first", "last"), [(NOW + SECOND, NOW + DAY), (NOW - 9 * DAY, NOW - SECOND)])
def test_responder_out_of_its_validity(first: datetime, last: datetime) -> None:
    made = scene()
    certificate = made.delegated(SIGNING, NO_CHECK, not_before=first, not_after=last)
    refused(made.by_responder(certificate), "ocsp-responder")
    border = made.delegated(SIGNING, NO_CHECK, not_before=NOW, not_after=NOW)
    assert check(made.by_responder(border)).status is RevocationStatus.GOOD


def test_end_entity_answers_for_itself() -> None:
    made = scene()
    own = certify(
        build_name(("CN", "张三")), made.responder_key.public_key, ROOT, made.ca_key, USAGE, serial_number=0x77
    )
    refused(made.by_responder(own), "ocsp-responder", certificate=own)


def test_responder_named_otherwise() -> None:
    made = scene()
    response = made.builder().responder(made.ca).certificates([made.responder]).sign(made.responder_key)
    refused(response, "ocsp-signature")
    response = made.builder().responder(made.responder).certificates([made.responder]).sign(made.ca_key)
    refused(response, "ocsp-signature")


def test_responder_without_no_check() -> None:
    made = scene()
    certificate = made.delegated(SIGNING, USAGE)
    response = made.by_responder(certificate)
    error = refused(response, "ocsp-responder-unchecked")
    assert error.certificate == certificate
    asked: list[Certificate] = []

    def validate(signer: Certificate, /, *, certificates: Any = ()) -> None:
        asked.append(signer)

    assert check(response, validate_signer=validate).status is RevocationStatus.GOOD
    assert asked == [certificate]


def test_validator_that_refuses() -> None:
    made = scene()

    def validate(signer: Certificate, /, *, certificates: Any = ()) -> None:
        raise ValidationError("expired", "too old", certificate=signer)

    error = refused(made.by_responder(), "expired", validate_signer=validate)
    assert error.certificate == made.responder
    assert (
        check(made.good(), validate_signer=validate).status is RevocationStatus.GOOD
    )  # the issuer needs no validation


def test_certificates_that_are_none_and_too_many_candidates() -> None:
    made = scene()
    good = made.by_responder()
    structure = rfc6960.OCSPResponse.from_der(good.to_der())
    assert structure.response is not None
    basic = rfc6960.BasicOCSPResponse.from_der(structure.response)

    def with_certificates(*certificates: bytes) -> OCSPResponse:
        signature = replace(basic.signature, certificates=certificates)
        inner = replace(basic, signature=signature).to_der()
        return OCSPResponse.from_der(replace(structure, response=inner).to_der())

    right = made.responder.to_der()
    assert check(with_certificates(b"\x30\x00", right)).status is RevocationStatus.GOOD
    assert check(with_certificates(right, right)).status is RevocationStatus.GOOD
    others = [made.delegated(SIGNING, NO_CHECK, signer=key("sm2", "stranger"), serial_number=n + 20) for n in range(5)]
    refused(with_certificates(*(other.to_der() for other in others), right), "ocsp-responder")
    refused(with_certificates(b"\x30\x00"), "ocsp-responder")
    assert check(with_certificates(*[others[0].to_der()] * 9, right)).status is RevocationStatus.GOOD


def test_responder_that_takes_liberties_with_der() -> None:
    made = scene()
    written_default = Extension(oids.BASIC_CONSTRAINTS, False, bytes.fromhex("3003010100"))
    builder = CertificateBuilder().subject(build_name(("CN", "OCSP"))).issuer(ROOT).serial_number(30)
    builder = builder.validity(NOW, NOW + DAY).public_key(made.responder_key.public_key)
    for extension in (SIGNING, NO_CHECK, written_default):
        builder = builder.add_extension(extension)
    algorithm = made.ca_key.signature_algorithm
    tbs = builder.to_be_signed(algorithm)
    encoded = SignedStructure(tbs, algorithm, made.ca_key.sign(tbs)).to_der()
    responder = Certificate.from_der(encoded, lenient=True)
    response = made.by_responder(responder)
    refused(response, "ocsp-responder")
    leaf = Certificate.from_der(made.leaf.to_der(), lenient=True)
    assert check(response, certificate=leaf).status is RevocationStatus.GOOD


# ---- inputs -------------------------------------------------------------------------------
def test_hostile_values() -> None:
    made = scene()
    good = made.good()
    calls: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
        (check_response, (good, made.leaf, made.ca, RevocationContext(NOW))),
        (lambda nonce: check(good, nonce=nonce), (b"",)),
        (lambda policy: check(good, policy=policy), (ResponsePolicy(),)),
        (ResponsePolicy, (SKEW, None, DAY, True)),
    ]
    for call, arguments in calls:
        for result in hostile.results(call, arguments):
            assert isinstance(result, (RevocationResult, ResponsePolicy))
