"""Documents signed without a seal: every form is verified, every departure named, every reason told apart."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock
from zipfile import ZipFile

import pytest

import hostile
from gmpki import oids
from gmpki.algorithms import sm2, sm3
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.cms import MessageProfile, SignerSpec, sign
from gmpki.cms.report import CheckStatus
from gmpki.cms.trust import Trust
from gmpki.errors import (
    FaultDetected,
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    KeyMismatchError,
    ProfileError,
    StateError,
    TimestampError,
    UnsupportedAlgorithm,
)
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.ed25519 import Ed25519PrivateKey
from gmpki.seal import (
    DigitalForm,
    DigitalSigner,
    DocumentSigner,
    SealTrust,
    SignatureReport,
    Verdict,
    check_digital_signature,
)
from gmpki.x509.crl_builder import Revocation
from seal import samples
from seal.samples import DAY, NOW, UNASKED

DOCUMENT = b"<ofd:Signature/>"
DIGEST = sm3.digest(DOCUMENT)
WITHOUT_TIME = UNASKED | {"time"}
forms = pytest.mark.parametrize("form", DigitalForm, ids=lambda form: form.name)


def signer(form: DigitalForm = DigitalForm.DIGEST, *, algorithm: str = "sm2", **options: Any) -> DigitalSigner:
    """Return 张三, his clock at NOW unless told."""
    person = samples.signer() if algorithm == "sm2" else samples.signer(algorithm=algorithm)
    parts = {"signer": person.key, "certificate": person.certificate, "form": form, "clock": lambda: NOW}
    return DigitalSigner(**(parts | options))


def message(content: bytes = DIGEST, **options: Any) -> bytes:
    """Sign a content, in any way that somebody might."""
    person = samples.signer()
    spec = {name: options.pop(name) for name in tuple(options) if name in SignerSpec.__dataclass_fields__}
    return sign(content, SignerSpec(person.key, person.certificate, **spec), **options)


def judged(data: Any, trust: SealTrust | None = None, *, digest: bytes = DIGEST, **options: Any) -> SignatureReport:
    return check_digital_signature(data, digest, trust or samples.trust(), **options)


def reasons(report: SignatureReport) -> dict[str, str]:
    return {
        check.name.value: getattr(check.error, "reason", type(check.error).__name__)
        for check in report.checks
        if check.status is CheckStatus.FAILED
    }


# ---- what is in order -------------------------------------------------------------------------------
@forms
@pytest.mark.parametrize("algorithm", ["sm2", "rsa"])
@pytest.mark.parametrize("stamped", [False, True], ids=["claimed", "stamped"])
def test_in_order(form: DigitalForm, algorithm: str, stamped: bool) -> None:
    one = signer(form, algorithm=algorithm, timestamp=samples.timestamp if stamped else None)
    assert isinstance(one, DocumentSigner)
    assert (one.kind, one.seal) == ("signature", None)
    digest = DIGEST if one.digest_name == "sm3" else hashlib.new(one.digest_name, DOCUMENT).digest()
    data = one.sign_document(digest, "x")
    assert len(data) < one.estimated_len
    for content in (None, DOCUMENT):
        report = judged(data, digest=digest, content=content, index=2, name="field")
        assert reasons(report) == {}
        assert report.verdict(WITHOUT_TIME) is Verdict.VALID
        assert (report.index, report.name, report.kind, report.layout) == (2, "field", "signature", "CMS")
        assert report.seal is None
        assert report.signer_path is not None
        assert report.signed_at == (NOW if stamped else None)
        assert report.claimed_time == (NOW if form is DigitalForm.DETACHED else None)
        assert report.check("time").status.value == ("passed" if stamped or report.claimed_time else "not-checked")
    # A container that digests by SM3 whatever the key: the document tells the other digest.
    if form is DigitalForm.DETACHED:
        assert reasons(judged(data, content=DOCUMENT)) == {}


def test_claimed_time_of_the_document() -> None:
    data = signer().sign_document(DIGEST, "x")
    report = judged(data, claimed_time=NOW)
    assert report.claimed_time == NOW
    assert report.verdict(UNASKED) is Verdict.VALID
    assert reasons(judged(data, claimed_time=NOW + DAY)) == {"time": "signed-in-future"}
    assert reasons(judged(data, claimed_time=NOW - 5 * DAY)) == {
        "signer-chain": "not-yet-valid",
        "time": "signed-before-certificate",
    }


@pytest.mark.parametrize("profile", [MessageProfile.GMT0010, MessageProfile.RFC5652], ids=lambda p: p.name)
def test_profiles(profile: MessageProfile) -> None:
    data = signer(profile=profile).sign_document(DIGEST, "x")
    assert reasons(judged(data)) == {}


def test_without_signing_time() -> None:
    report = judged(signer(DigitalForm.DETACHED, signing_time=False).sign_document(DIGEST, "x"))
    assert report.claimed_time is None


# ---- what is wrong ------------------------------------------------------------------------------------
@forms
def test_another_document(form: DigitalForm) -> None:
    data = signer(form).sign_document(DIGEST, "x")
    assert "digest" in reasons(judged(data, digest=bytes(32)))
    assert "digest" in reasons(judged(data, digest=sm3.digest(b"x"), content=b"x"))
    # The document is not the one whose digest the container computed.
    assert "digest" in reasons(judged(data, content=b"another")) or form is DigitalForm.DIGEST


@forms
def test_another_signature(form: DigitalForm) -> None:
    other = samples.other_signer()
    data = signer(form).sign_document(DIGEST, "x")
    forged = DigitalSigner(other.key, other.certificate, form=form, clock=lambda: NOW).sign_document(DIGEST, "x")
    exchanged = forged.replace(other.certificate.der, samples.signer().certificate.der)
    assert {"signature", "structure"} & reasons(judged(exchanged)).keys()
    broken = bytearray(data)
    broken[-1] ^= 1
    assert reasons(judged(bytes(broken))) == {"signature": "InvalidSignature"}


@forms
def test_no_changed_byte_stays_unnoticed(form: DigitalForm) -> None:
    data, trust = signer(form).sign_document(DIGEST, "x"), samples.trust()
    unnoticed = []
    for place in range(0, len(data), 3):
        other = bytearray(data)
        other[place] ^= 1 << place % 8
        if judged(bytes(other), trust).verdict(WITHOUT_TIME) is not Verdict.INVALID:
            unnoticed.append(place)
    # Of a message with signed attributes neither its version nor its other identifiers are signed; nothing else.
    assert len(unnoticed) <= 3


def test_signer_of_another_authority() -> None:
    maker = samples.maker()
    data = DigitalSigner(maker.key, maker.certificate).sign_document(DIGEST, "x")
    assert reasons(judged(data)) == {"signer-chain": "no-path"}


def test_certificate_for_encryption() -> None:
    person = samples.certified("王五", issuer=samples.root(), usage=samples.ENCRYPTION, serial_number=0x71)
    with pytest.raises(ProfileError):
        DigitalSigner(person.key, person.certificate)


@pytest.mark.parametrize("stamped", [False, True], ids=["claimed", "stamped"])
def test_signer_revoked_later(stamped: bool) -> None:
    revoked = Revocation(samples.signer().certificate.serial_number, NOW + DAY, ReasonCode.KEY_COMPROMISE)
    checker = samples.checker(samples.root(), revoked, at=NOW + 2 * DAY)
    trust = samples.trust(at=NOW + 2 * DAY, signers=samples.signer_trust(at=NOW + 2 * DAY, checkers=[checker]))
    one = signer(DigitalForm.DETACHED, timestamp=samples.timestamp if stamped else None)
    report = judged(one.sign_document(DIGEST, "x"), trust)
    assert reasons(report) == ({} if stamped else {"signer-revocation": "revoked"})


def test_stamp_over_other_bytes() -> None:
    from gmpki.cms.amending import attach_timestamp

    data = attach_timestamp(signer().sign_document(DIGEST, "x"), samples.timestamp(b"other"))
    assert reasons(judged(data)) == {"time-stamp": "imprint"}
    assert judged(data, samples.trust(timestamps=None)).check("time-stamp").status.value == "not-checked"


def test_two_signers() -> None:
    first, second = samples.signer(), samples.other_signer()
    data = sign(DIGEST, [SignerSpec(one.key, one.certificate) for one in (first, second)])
    assert reasons(judged(data)) == {"structure": "signers"}


@forms
def test_hash_that_is_not_known(form: DigitalForm) -> None:
    data = signer(form).sign_document(DIGEST, "x")
    sm3_oid, other = der.encode_oid(oids.SM3), der.encode_oid("1.2.156.10197.1.499")
    assert reasons(judged(data.replace(sm3_oid, other)))["digest"] == "UnsupportedAlgorithm"


def test_digest_of_another_length() -> None:
    data = signer(DigitalForm.DETACHED).sign_document(DIGEST, "x")
    assert reasons(judged(data, digest=bytes(20))).keys() >= {"digest"}


def test_bare_signature_among_certificates_with_other_keys() -> None:
    rsa, own = samples.signer(algorithm="rsa").certificate, samples.signer()
    known = samples.trust(signers=samples.signer_trust(intermediates=[rsa, own.certificate]))
    assert judged(own.key.sign(DIGEST), known, lenient=True).signer_certificate == own.certificate


def test_certificate_left_out() -> None:
    data = message(attributes=False, include_signer_certificates=False)
    assert reasons(judged(data)) == {"signature": "signer-missing", "signer-usage": "signer-missing"}
    known = samples.trust(signers=samples.signer_trust(intermediates=[samples.signer().certificate]))
    assert reasons(judged(data, known)) == {}


# ---- forms of the field ---------------------------------------------------------------------------------
def test_digest_with_attributes() -> None:
    assert reasons(judged(message(attributes=True))) == {}


def test_the_document_in_the_message() -> None:
    report = judged(message(DOCUMENT))
    assert (reasons(report), len(report.variants)) == ({}, 1)
    assert reasons(judged(message(DOCUMENT), digest=bytes(32)))["digest"] == "changed"


def test_text_of_the_digest() -> None:
    for text in (base64.b64encode(DIGEST), base64.encodebytes(DIGEST)):
        assert reasons(judged(message(text))) == {"digest": "changed"}
        report = judged(message(text), lenient=True)
        assert (reasons(report), len(report.variants)) == ({}, 1)
    for text in (base64.b64encode(bytes(32)), b"no base64!"):
        assert reasons(judged(message(text), lenient=True)) == {"digest": "changed"}


def test_detached_without_attributes() -> None:
    over_document = message(DOCUMENT, detached=True, attributes=False)
    assert reasons(judged(over_document, content=DOCUMENT)) == {}
    assert set(reasons(judged(over_document))) == {"signature"}
    over_digest = message(DIGEST, detached=True, attributes=False)
    assert set(reasons(judged(over_digest))) == {"signature"}
    report = judged(over_digest, lenient=True)
    assert (reasons(report), len(report.variants)) == ({}, 1)
    assert set(reasons(judged(over_digest, lenient=True, digest=bytes(32)))) == {"signature"}


def test_bare_signature() -> None:
    key, certificate = samples.signer().key, samples.signer().certificate
    known = samples.trust(signers=samples.signer_trust(intermediates=[samples.other_signer().certificate, certificate]))
    for value in (key.sign(DIGEST), key.sign(DOCUMENT), key.sign_digest(DIGEST)):
        assert list(reasons(judged(value, known, content=DOCUMENT))) == ["structure"]
        report = judged(value, known, content=DOCUMENT, lenient=True)
        assert (reasons(report), report.signer_certificate, report.layout) == ({}, certificate, "SM2")
        assert len(report.variants) == 1
        assert report.verdict(WITHOUT_TIME) is Verdict.VALID
    for value, trust in ((key.sign(b"other"), known), (key.sign(DIGEST), samples.trust())):
        report = judged(value, trust, lenient=True)
        assert (reasons(report), report.signer_certificate) == ({}, None)
        assert report.check("signature").status is CheckStatus.NOT_CHECKED
        assert report.verdict(WITHOUT_TIME | {"signer-chain"}) is Verdict.INCOMPLETE


def test_outside_file(test_data: Path) -> None:
    path = test_data / "seals" / "DigitalSign.ofd"
    if not path.is_file():
        pytest.skip("outside test data: DigitalSign.ofd not present")
    with ZipFile(path) as package:
        names = package.namelist()
        value = package.read(next(name for name in names if name.endswith("SignedValue.dat")))
        signed = package.read(next(name for name in names if name.endswith("Signature.xml")))
    report = judged(value, SealTrust(Trust.signature_only()), digest=sm3.digest(signed), lenient=True)
    assert report.check("structure").status is CheckStatus.PASSED
    assert report.verdict() is Verdict.INCOMPLETE


# ---- signers -----------------------------------------------------------------------------------------------
def test_keys() -> None:
    other = samples.other_signer()
    with pytest.raises(KeyMismatchError):
        signer(signer=other.key)
    key = Ed25519PrivateKey.generate()
    name, root = samples.signer().certificate.subject, samples.root()
    certificate = samples.certify(name, key.public_key, samples.PERSON_ROOT, root.key, samples.SIGNING, serial_number=5)
    for form in DigitalForm:
        with pytest.raises(UnsupportedAlgorithm):
            DigitalSigner(key, certificate, form=form)
    p256 = ECDSAPrivateKey.generate()
    certificate = samples.certify(
        name, p256.public_key, samples.PERSON_ROOT, root.key, samples.SIGNING, serial_number=6
    )
    one = DigitalSigner(p256, certificate)
    assert (one.digest_name, one.profile) == ("sha256", MessageProfile.RFC5652)
    assert reasons(judged(one.sign_document(DIGEST, "x"))) == {}
    with pytest.raises(ProfileError):
        DigitalSigner(p256, certificate, profile=MessageProfile.GMT0010)


def test_faulty_key() -> None:
    real = samples.signer().key
    key = SimpleNamespace(
        public_key=real.public_key,
        signature_algorithm=real.signature_algorithm,
        sign=real.sign,
        sign_digest=Mock(),
    )
    one = signer(signer=key)
    for answer in (b"", bytes(64), real.sign(b"other")):
        key.sign_digest.return_value = answer
        with pytest.raises(FaultDetected):
            one.sign_document(DIGEST, "x")
    key.sign_digest.return_value = "text"
    with pytest.raises(InvalidTypeError):
        one.sign_document(DIGEST, "x")
    key.sign_digest.side_effect = lambda digest: sm2.parse_signature(real.sign_digest(digest))
    assert reasons(judged(one.sign_document(DIGEST, "x"))) == {}


def test_stamp_that_was_not_asked_for() -> None:
    token = samples.timestamp(b"other")
    with pytest.raises(TimestampError) as caught:
        signer(timestamp=Mock(return_value=token)).sign_document(DIGEST, "x")
    assert caught.value.reason == "imprint"


def test_log_of_uses() -> None:
    log = Mock()
    one = signer(log=log, document_name="合同.pdf")
    one.sign_document(DIGEST, "x")
    one.prepare_document(DIGEST, "x")
    first, second = (call.args[0] for call in log.record.call_args_list)
    assert (first.action, first.name, first.seal_id, first.digest) == ("sign", "合同.pdf", "", DIGEST)
    assert second.action == "prepare"
    log.record.side_effect = StateError("full")
    with pytest.raises(StateError, match="full"):
        one.sign_document(DIGEST, "x")


def test_arguments_of_signers() -> None:
    with pytest.raises(StateError):
        signer(signer=None).sign_document(DIGEST, "x")
    for digest in (b"", bytes(31), bytes(64)):
        with pytest.raises(InvalidInputError, match="32 bytes"):
            signer().sign_document(digest, "x")
    with pytest.raises(InvalidInputError, match="time zone"):
        signer(clock=lambda: NOW.replace(tzinfo=None)).sign_document(DIGEST, "x")
    for name in ("form", "profile", "certificates", "signed_attributes", "signing_time", "clock", "log"):
        for one in hostile.results(lambda value, name=name: signer(**{name: value}), (None,)):
            assert one.digest_name == "sm3"
    for _ in hostile.results(signer().sign_document, (DIGEST, "x")):
        pass
    attribute = Mock()
    with pytest.raises(GmpkiError):
        signer(signed_attributes=[attribute])


def test_arguments_of_verification() -> None:
    data, trust = signer().sign_document(DIGEST, "x"), samples.trust()
    for report in hostile.results(check_digital_signature, (data, DIGEST, trust)):
        assert report.verdict(WITHOUT_TIME) is not Verdict.VALID
    for option in ("content", "claimed_time", "now", "lenient", "name"):
        for _ in hostile.results(lambda value, option=option: judged(data, **{option: value}), (None,)):
            pass
    for end in range(0, len(data), 53):
        for lenient in (False, True):
            assert list(reasons(judged(data[:end], lenient=lenient))) == ["structure"]
    late = judged(data, now=NOW + timedelta(days=5000))
    assert reasons(late) == {"signer-chain": "expired"}
