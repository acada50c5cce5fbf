"""Every reason for which a signature with a seal does not count is told apart from the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

import hostile
from gmpki import oids
from gmpki.asn1 import der, gbt38540, gmt0031
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.cms.trust import Trust
from gmpki.errors import GmpkiError, InvalidInputError, InvalidSignature, InvalidTypeError, SealError, TimestampError
from gmpki.keys.sm2 import SignatureEncoding
from gmpki.seal import (
    DigitalSigner,
    Seal,
    SealLayout,
    SealSignature,
    SealSigner,
    SealTrust,
    Verdict,
    check_seal_signature,
    verify_seal_signature,
)
from gmpki.tsa import TokenVerifier
from gmpki.tsa.imprint import Imprint
from gmpki.x509.crl_builder import Revocation
from seal import samples
from seal.forging import changed, forge, late_stamp, listing, resealed
from seal.judging import GBT, OLD, in_state, judged, reasons, signed, status
from seal.samples import DAY, DIGEST, NOW, UNASKED, Person

LAYOUTS = samples.LAYOUTS
layouts = pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)


# ---- what is in order ---------------------------------------------------------------------------
@layouts
@pytest.mark.parametrize("stamped", [False, True], ids=["claimed", "stamped"])
def test_in_order(layout: SealLayout, stamped: bool) -> None:
    report = judged(signed(layout, stamped=stamped), index=3, name="sign")
    assert reasons(report) == {}
    assert report.verdict(UNASKED) is Verdict.VALID
    assert report.verdict() is Verdict.INCOMPLETE
    assert (report.index, report.name, report.kind, report.layout) == (3, "sign", "seal", layout.value)
    assert report.claimed_time == NOW
    assert report.seal == samples.seal(layout)
    assert report.signer_certificate == samples.signer().certificate
    assert report.signer_path is not None
    assert report.maker_path is not None
    assert status(report, "time-stamp") == ("passed" if stamped else "not-checked")
    # A time-stamp that is signed along proves no time by which the signature existed.
    assert report.signed_at == (NOW if stamped and layout is GBT else None)
    assert len(report.timestamps) == stamped
    assert report.quirks == report.variants == ()


def test_the_checks_stand_in_their_order() -> None:
    names = [check.name.value for check in judged(signed()).checks]
    assert names == [
        *("structure", "digest", "signature", "signer-usage", "signer-chain", "signer-revocation"),
        *("signer-listed", "time", "time-stamp", "seal-signature", "maker-usage", "maker-chain"),
        *("maker-revocation", "seal-validity", "seal-status"),
    ]


def test_everybody_was_asked() -> None:
    crl = samples.checker(samples.root())
    makers = samples.maker_trust(checkers=[samples.checker(samples.maker_root())])
    trust = samples.trust(signers=samples.signer_trust(checkers=[crl]), makers=makers, statuses=in_state())
    report = verify_seal_signature(signed(stamped=True), DIGEST, trust, name="x")
    assert report.verdict is Verdict.VALID
    assert report.kind == "seal-signature"
    report.require()


def test_a_verdict_goes_by_what_is_accepted() -> None:
    trust = samples.trust(accept=UNASKED)
    assert verify_seal_signature(SealSignature.from_der(signed()), DIGEST, trust).verdict is Verdict.VALID
    bare = verify_seal_signature(signed(), DIGEST, samples.trust())
    assert bare.verdict is Verdict.INCOMPLETE
    with pytest.raises(SealError) as caught:
        bare.require()
    assert caught.value.reason == "not-checked"


def test_rsa() -> None:
    person = samples.signer(algorithm="rsa")
    signer = SealSigner(samples.seal(OLD), person.key, person.certificate, clock=lambda: NOW)
    signature = signer.sign(DIGEST, samples.PROPERTY_INFO)
    assert signature.digest_name == signer.digest_name == "sha256"
    assert judged(signature).verdict(UNASKED) is Verdict.VALID


def test_rsa_with_sha1_is_refused() -> None:
    person = samples.signer(algorithm="rsa")
    structure = SealSignature.from_der(forge(samples.seal(OLD), person)).structure
    assert isinstance(structure, gmt0031.SESSignature)
    weak = replace(structure, tbs=replace(structure.tbs, signature_algorithm=oids.RSA_SHA1), tbs_der=b"")
    assert SealSignature.from_der(weak.to_der()).digest_name == "sha1"
    assert reasons(judged(weak.to_der())) == {"signature": "PolicyError"}


def test_signatures_alone() -> None:
    report = judged(signed(), SealTrust(Trust.signature_only()))
    assert reasons(report) == {}
    assert status(report, "signer-chain") == status(report, "maker-chain") == "not-checked"
    assert report.verdict() is Verdict.INCOMPLETE


# ---- document, signature, signer ----------------------------------------------------------------
@layouts
def test_another_document(layout: SealLayout) -> None:
    assert reasons(judged(signed(layout), digest=bytes(32))) == {"digest": "changed"}
    assert reasons(judged(signed(layout), digest=b"")) == {"digest": "changed"}


@layouts
def test_another_signature(layout: SealLayout) -> None:
    value = samples.signer().key.sign(b"something else")
    report = judged(changed(signed(layout), signature=value))
    assert reasons(report) == {"signature": "InvalidSignature"}
    assert isinstance(report.check("signature").error, InvalidSignature)


@layouts
def test_signer_not_listed(layout: SealLayout) -> None:
    report = judged(forge(samples.seal(layout), samples.other_signer()))
    assert reasons(report) == {"signer-listed": "signer-not-listed"}


def test_signer_listed_by_digest() -> None:
    seal = samples.new_seal(list_digests=True)
    report = judged(forge(seal, samples.signer()))
    assert reasons(report) == {}
    assert report.check("signer-listed").detail == "by the digest of his certificate"
    assert reasons(judged(forge(seal, samples.other_signer()))) == {"signer-listed": "signer-not-listed"}


@layouts
def test_another_certificate_for_the_same_key_is_not_listed(layout: SealLayout) -> None:
    renewed = samples.certified("张三", issuer=samples.root(), serial_number=99)
    assert reasons(judged(forge(samples.seal(layout), renewed))) == {"signer-listed": "signer-not-listed"}


def test_the_certificate_of_somebody_else_who_is_listed() -> None:
    seal = samples.new_seal(signers=[samples.signer().certificate, samples.other_signer().certificate])
    data = forge(seal, samples.other_signer(), certificate=samples.signer().certificate)
    assert reasons(judged(data)) == {"signature": "InvalidSignature"}


def special(layout: SealLayout, **options: Any) -> tuple[Seal, Person]:
    """Return a seal with a signer whose certificate is made with options, such as no maker would list."""
    person = samples.certified("王五", **({"issuer": samples.root(), "serial_number": 0x51} | options))
    return listing(samples.seal(layout), person.certificate), person


@layouts
def test_a_certificate_for_encryption(layout: SealLayout) -> None:
    seal, person = special(layout, usage=samples.ENCRYPTION)
    assert reasons(judged(forge(seal, person))) == {"signer-usage": "key-usage"}


@layouts
def test_signer_of_another_authority(layout: SealLayout) -> None:
    seal, person = special(layout, issuer=samples.maker_root())
    assert reasons(judged(forge(seal, person))) == {"signer-chain": "no-path"}


# ---- the seal -----------------------------------------------------------------------------------
@layouts
def test_wrong_maker(layout: SealLayout) -> None:
    seal = samples.new_seal(layout, by=samples.other_maker())
    assert reasons(judged(forge(seal, samples.signer()))) == {"maker-chain": "no-path"}


@layouts
def test_seal_that_its_maker_did_not_sign(layout: SealLayout) -> None:
    seal = resealed(layout, signature=samples.maker().key.sign(b"another seal"))
    assert reasons(judged(forge(seal, samples.signer()))) == {"seal-signature": "InvalidSignature"}


@layouts
def test_maker_revoked(layout: SealLayout) -> None:
    revoked = Revocation(samples.maker().certificate.serial_number, NOW - timedelta(hours=1), ReasonCode.KEY_COMPROMISE)
    checker = samples.checker(samples.maker_root(), revoked)
    trust = samples.trust(makers=samples.maker_trust(checkers=[checker]))
    assert reasons(judged(signed(layout), trust)) == {"maker-revocation": "revoked"}


# ---- time ---------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Late:
    """A time that the signer writes, and what it breaks."""

    at: datetime
    broken: dict[str, str]


TIMES = {
    "before the certificate": Late(
        NOW - 30 * DAY,
        {
            "signer-chain": "not-yet-valid",
            "time": "signed-before-certificate",
            "seal-validity": "seal-not-yet-valid",
        },
    ),
    "after the seal": Late(NOW + 400 * DAY, {"time": "signed-after-seal", "seal-validity": "seal-expired"}),
    "after the certificate": Late(
        NOW + 1500 * DAY,
        {"signer-chain": "expired", "time": "signed-after-certificate", "seal-validity": "seal-expired"},
    ),
}


@layouts
@pytest.mark.parametrize("case", TIMES.values(), ids=TIMES)
def test_clock_outside_validity(layout: SealLayout, case: Late) -> None:
    data = forge(samples.seal(layout), samples.signer(), time=case.at)
    assert reasons(judged(data, now=NOW + 2000 * DAY)) == case.broken


@layouts
def test_before_the_seal(layout: SealLayout) -> None:
    seal = samples.new_seal(layout, valid_from=NOW + DAY)
    assert reasons(judged(forge(seal, samples.signer()), now=NOW + 2 * DAY)) == {
        "time": "signed-before-seal",
        "seal-validity": "seal-not-yet-valid",
    }


@layouts
def test_in_the_future(layout: SealLayout) -> None:
    data = forge(samples.seal(layout), samples.signer(), time=NOW + DAY)
    assert reasons(judged(data)) == {"time": "signed-in-future"}
    soon = forge(samples.seal(layout), samples.signer(), time=NOW + timedelta(minutes=4))
    assert reasons(judged(soon)) == {}


@layouts
def test_what_expired_since_was_valid_then(layout: SealLayout) -> None:
    report = judged(signed(layout), now=NOW + 2000 * DAY)
    assert reasons(report) == {}
    assert report.check("signer-chain").detail == "valid at the time that the signer says"


def test_the_time_is_the_one_of_the_trust() -> None:
    data = forge(samples.seal(), samples.signer(), time=NOW + DAY)
    assert reasons(judged(data, samples.trust(at=NOW + 2 * DAY))) == {}


# ---- time-stamps ----------------------------------------------------------------------------------
def test_stamp_over_other_bytes() -> None:
    token = samples.timestamp(b"another signature")
    assert reasons(judged(changed(signed(), time_stamp=token))) == {"time-stamp": "imprint"}


def test_stamp_of_nobody_who_is_trusted() -> None:
    stranger = TokenVerifier(Trust([samples.maker_root().certificate], at=NOW))
    report = judged(signed(stamped=True), samples.trust(timestamps=stranger))
    assert reasons(report) == {"time-stamp": "no-path"}
    assert report.signed_at is None


def test_stamp_whose_authority_nobody_looks_at() -> None:
    anybody = TokenVerifier(Trust.signature_only())
    report = judged(signed(stamped=True), samples.trust(timestamps=anybody))
    assert status(report, "time-stamp") == "not-checked"
    assert (report.signed_at, len(report.timestamps)) == (None, 1)


def test_stamp_that_nobody_verifies() -> None:
    report = judged(signed(stamped=True), samples.trust(timestamps=None))
    assert status(report, "time-stamp") == "not-checked"
    assert (report.signed_at, report.timestamps) == (None, ())


def test_stamp_that_is_none() -> None:
    for token in (b"", b"no token", b"\x30\x00", samples.signer().certificate.der):
        assert list(reasons(judged(changed(signed(), time_stamp=token)))) == ["time-stamp"]


def test_signed_after_the_stamp() -> None:
    data = forge(samples.seal(), samples.signer(), time=NOW + DAY, stamp=samples.timestamp)
    assert reasons(judged(data, samples.trust(at=NOW + 2 * DAY))) == {"time": "signed-after-stamp"}


def test_a_stamp_of_later_does_not_help_a_certificate_that_had_expired() -> None:
    late = NOW + 1500 * DAY
    seal = samples.new_seal(valid_until=NOW + 5000 * DAY)
    data = forge(seal, samples.signer(), stamp=lambda value: late_stamp(value, late))
    assert reasons(judged(data, samples.trust(at=late + DAY))) == {"signer-chain": "expired"}


# In the layout of GM/T 0031-2014 the token stands inside what is signed.
def test_signed_stamp_over_the_digest_itself() -> None:
    token = samples.authority().stamp(Imprint("sm3", DIGEST))
    report = judged(forge(samples.seal(OLD), samples.signer(), time_info=token))
    assert reasons(report) == {}
    assert (status(report, "time-stamp"), report.claimed_time, report.signed_at) == ("passed", NOW, None)


def test_signed_stamp_over_something_else() -> None:
    token = samples.timestamp(b"something else")
    data = forge(samples.seal(OLD), samples.signer(), time_info=token)
    assert reasons(judged(data)) == {"time-stamp": "imprint"}


def test_signed_stamp_that_is_a_message_and_no_token() -> None:
    message = DigitalSigner(samples.signer().key, samples.signer().certificate).sign_document(DIGEST, "x")
    data = forge(samples.seal(OLD), samples.signer(), time_info=message)
    report = judged(data)
    assert reasons(report) == {"time-stamp": "content-type"}
    assert (report.claimed_time, status(report, "time")) == (None, "not-checked")


def test_signed_stamp_by_a_verifier_of_ones_own() -> None:
    """What is no TokenVerifier is asked about bytes alone, and its refusal stands."""
    refusal = TimestampError("imprint", "over other data")
    report = judged(signed(OLD, stamped=True), samples.trust(timestamps=Mock(**{"verify.side_effect": refusal})))
    assert reasons(report) == {"time-stamp": "imprint"}


def test_signed_stamp_that_nobody_verifies_is_the_word_of_the_signer() -> None:
    report = judged(signed(OLD, stamped=True), samples.trust(timestamps=None))
    assert (reasons(report), report.claimed_time) == ({}, NOW)
    assert status(report, "time-stamp") == "not-checked"


# ---- changed bytes ------------------------------------------------------------------------------------
@pytest.mark.once
@pytest.mark.parametrize("lenient", [False, True], ids=["strict", "lenient"])
@layouts
def test_no_changed_byte_stays_unnoticed(layout: SealLayout, lenient: bool) -> None:
    data = signed(layout)
    trust = samples.trust()
    unnoticed = []
    for place in range(0, len(data), 11):
        other = bytearray(data)
        other[place] ^= 1 << place % 8
        report = judged(bytes(other), trust, lenient=lenient)
        if report.verdict(UNASKED | {"time"}) is not Verdict.INVALID:
            unnoticed.append(place)
    assert unnoticed == []


@layouts
def test_no_cut_is_read(layout: SealLayout) -> None:
    data = signed(layout)
    for end in range(0, len(data), 97):
        for lenient in (False, True):
            report = judged(data[:end], lenient=lenient)
            assert list(reasons(report)) == ["structure"]
    assert list(reasons(judged(data + b"\0"))) == ["structure"]


# ---- departures -----------------------------------------------------------------------------------------
@layouts
def test_raw_signature(layout: SealLayout) -> None:
    key = samples.signer().key
    data = forge(samples.seal(layout), samples.signer(), sign=lambda tbs: key.sign(tbs, encoding=SignatureEncoding.RAW))
    assert reasons(judged(data)) == {"signature": "InvalidSignature"}
    report = judged(data, lenient=True)
    assert reasons(report) == {}
    assert [quirk.kind for quirk in report.quirks] == [QuirkKind.RAW_SIGNATURE]


def test_signed_with_certificate_and_algorithm() -> None:
    """What guideline C0119 is reported to have signed."""
    person, seal = samples.signer(), samples.seal()

    def sign(tbs: bytes) -> bytes:
        structure = gbt38540.TBSSign.from_der(tbs)
        return person.key.sign(structure.with_signer(person.certificate.der, person.key.signature_algorithm.algorithm))

    data = forge(seal, person, sign=sign)
    assert reasons(judged(data)) == {"signature": "InvalidSignature"}
    report = judged(data, lenient=True)
    assert reasons(report) == {}
    assert len(report.variants) == 1
    assert "C0119" in report.variants[0]


def test_signed_as_der_and_sent_as_ber() -> None:
    """The outer length of TBS_Sign is written with a byte too many: the value of the signature is over the DER."""
    person, seal = samples.signer(), samples.seal()
    data = forge(seal, person)
    structure = SealSignature.from_der(data).structure
    tbs = structure.tbs_der
    assert tbs[1] == 0x82
    long = tbs[:1] + b"\x83\x00" + tbs[2:]
    sent = der.encode_sequence(
        long,
        der.encode_octet_string(person.certificate.der),
        der.encode_oid(person.key.signature_algorithm.algorithm),
        der.encode_bit_string(structure.signature),
    )
    assert list(reasons(judged(sent))) == ["structure"]
    report = judged(sent, lenient=True)
    assert reasons(report) == {}
    assert report.variants == ("the signature is over the DER of what came in other bytes",)


def test_version_that_is_not_the_seals() -> None:
    report = judged(forge(samples.seal(), samples.signer(), version=7))
    assert reasons(report) == {}
    assert [quirk.kind for quirk in report.quirks] == [QuirkKind.VERSION]


def test_time_as_text() -> None:
    data = forge(samples.seal(OLD), samples.signer(), time_info=b"2026-03-01 16:00:00")
    assert list(reasons(judged(data))) == ["structure"]
    report = judged(data, lenient=True)
    assert (reasons(report), report.claimed_time) == ({}, NOW)
    nonsense = judged(forge(samples.seal(OLD), samples.signer(), time_info=b"yesterday"), lenient=True)
    assert (status(nonsense, "time"), nonsense.claimed_time) == ("not-checked", None)
    assert "yesterday" in nonsense.check("time").detail


# ---- outside files, and arguments -------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["SignedValueV4.dat", "SignedValueV5.dat"])
def test_outside_files(test_data: Path, name: str) -> None:
    path = test_data / "seals" / name
    if not path.is_file():
        pytest.skip(f"outside test data: {name} not present")
    data = path.read_bytes()
    report = judged(data, SealTrust(Trust.signature_only()), digest=bytes(32))
    assert {status(report, name) for name in ("digest", "signature", "signer-listed", "seal-signature")} == {"passed"}
    five = name == "SignedValueV5.dat"
    assert report.layout == (SealLayout.FIVE_FIELD if five else GBT).value
    # The certificate of the second one had expired when its signer says that he signed.
    assert reasons(report) == ({"time": "signed-after-certificate"} if five else {})
    assert reasons(judged(data, SealTrust(Trust.signature_only())))["digest"] == "changed"


def test_arguments() -> None:
    data, trust = signed(), samples.trust()
    for report in hostile.results(check_seal_signature, (data, DIGEST, trust)):
        assert report.verdict(UNASKED) is not Verdict.VALID
    for option in ("now", "lenient", "name"):
        calls: Callable[[Any], Any] = lambda value, option=option: judged(data, **{option: value})  # noqa: E731
        for _ in hostile.results(calls, (None,)):
            pass
    with pytest.raises(InvalidInputError):
        judged(data, now=datetime(2026, 3, 1))
    with pytest.raises(InvalidTypeError):
        check_seal_signature(data, DIGEST, Trust.signature_only())  # type: ignore[arg-type]


def test_an_error_of_the_verifier_of_stamps_is_the_check_that_failed() -> None:
    broken = Mock(**{"verify.side_effect": GmpkiError("out of order")})
    babbling = Mock(**{"verify.return_value": "yesterday"})
    for verifier in (broken, babbling):
        report = judged(signed(stamped=True), samples.trust(timestamps=verifier))
        assert list(reasons(report)) == ["time-stamp"]
