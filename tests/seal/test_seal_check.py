"""The checks on a seal: each thing that can be wrong with one fails its own check, for its own reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gmpki import oids
from gmpki.asn1 import der, gbt38540, gmt0031
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280 import Extension, ReasonCode
from gmpki.asn1.rfc5280.ext_keys import ExtendedKeyUsage
from gmpki.cms.report import CheckStatus
from gmpki.cms.trust import Trust
from gmpki.errors import (
    FetchError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    KeyMismatchError,
    PolicyError,
    SealError,
    ValidationError,
)
from gmpki.seal import (
    DocumentReport,
    Seal,
    SealCheck,
    SealLayout,
    SealState,
    SealStatus,
    SealTrust,
    Verdict,
    check_seal,
    verify_seal,
)
from gmpki.x509.crl_builder import Revocation
from gmpki.x509.path import PathPolicy, RevocationMode
from gmpki.x509.signatures import SignaturePolicy
from hostile import results
from seal import samples
from seal.der_tree import as_ber, parse, put, raw

NOW, DAY = samples.NOW, samples.DAY
BOTH = pytest.mark.parametrize("layout", samples.LAYOUTS, ids=lambda layout: layout.name)
ACCEPTED = frozenset({"seal-status", "maker-revocation"})


def report(seal: Seal | bytes, *, lenient: bool = False, at: datetime | None = None, **options: Any) -> DocumentReport:
    """Verify a seal with the trust of the samples."""
    return verify_seal(seal, samples.trust(**({"accept": ACCEPTED} | options)), lenient=lenient, at=at)


def failed(found: DocumentReport, name: SealCheck) -> Any:
    """Check that one check failed and no other one; return its error."""
    assert found.verdict is Verdict.INVALID
    (signature,) = found.signatures
    wrong = [check for check in signature.checks if check.status is CheckStatus.FAILED]
    assert [check.name for check in wrong] == [name], [str(check) for check in signature.checks]
    with pytest.raises(type(wrong[0].error)) as caught:  # type: ignore[arg-type]
        found.require()
    assert caught.value is wrong[0].error
    return wrong[0].error


def signed(layout: SealLayout, info: Any = None, *, by: samples.Person | None = None, **parts: Any) -> Seal:
    """Sign a seal with parts that the maker would not write.

    :param parts: ``value``: the value of the signature; ``algorithm``: what stands beside it; ``lenient``.
    """
    made = samples.seal(layout).structure
    info = info or made.info
    maker = by or samples.maker()
    algorithm = parts.get("algorithm", oids.SM2_WITH_SM3)
    encoded = info.to_der()
    if layout is SealLayout.GMT0031:
        tbs = gmt0031.SESeal.to_be_signed(encoded, maker.certificate.der, algorithm)
        value = parts.get("value") or maker.key.sign(tbs)
        sign_info = gmt0031.SESSignInfo(maker.certificate.der, algorithm, parts.get("bend", bytes)(value))
        structure: Any = gmt0031.SESeal(info, sign_info)
    else:
        value = parts.get("value") or maker.key.sign(encoded)
        structure = gbt38540.SESeal(info, maker.certificate.der, algorithm, parts.get("bend", bytes)(value))
    return Seal.from_der(structure.to_der(), lenient=parts.get("lenient", False))


def with_times(layout: SealLayout, **times: datetime) -> Seal:
    """Return a seal with whatever times, in whatever order."""
    info: Any = samples.seal(layout).structure.info
    return signed(layout, replace(info, properties=replace(info.properties, **times)))


# ---- in order -----------------------------------------------------------------------------
@BOTH
def test_in_order(layout: SealLayout) -> None:
    found = report(samples.seal(layout))
    found.require()
    assert found.verdict is Verdict.VALID
    assert (found.kind, found.digest) == ("seal", samples.seal(layout).digest())
    (signature,) = found.signatures
    assert [str(check) for check in signature.checks] == [
        f"structure: passed ({layout.value})",
        "seal-signature: passed (SM2-with-SM3)",
        "maker-usage: passed (keyUsage allows signatures)",
        "maker-chain: passed (valid when the seal was made)",
        "maker-revocation: not-checked (nobody was asked)",
        "seal-validity: passed (2026-02-28 to 2027-03-01)",
        "seal-status: not-checked (nobody was asked)",
    ]
    assert signature.maker_path is not None
    assert signature.maker_path.chain[0] == samples.maker().certificate
    assert (signature.quirks, signature.variants) == ((), ())
    # Bytes and what was read of them are judged alike.
    assert [str(check) for check in report(samples.seal(layout).der).signatures[0].checks] == [
        str(check) for check in signature.checks
    ]


def test_what_was_not_checked_is_never_valid() -> None:
    found = report(samples.seal(), accept=frozenset())
    assert found.verdict is Verdict.INCOMPLETE
    with pytest.raises(SealError, match="maker-revocation, seal-status") as caught:
        found.require()
    assert caught.value.reason == "not-checked"


def test_everything_is_checked() -> None:
    makers = samples.maker_trust(checkers=[samples.checker(samples.maker_root())])
    found = report(samples.seal(), accept=(), makers=makers, statuses=Register(SealState.IN_USE))
    assert found.verdict is Verdict.VALID
    assert found.signatures[0].check("maker-revocation").detail == "good"


def test_a_maker_with_rsa() -> None:
    assert report(samples.new_seal(SealLayout.GMT0031, by=samples.maker("rsa"))).verdict is Verdict.VALID


def test_nobody_is_trusted() -> None:
    found = verify_seal(samples.seal(), SealTrust(Trust.signature_only()), at=NOW)
    assert found.verdict is Verdict.INCOMPLETE
    for name in ("maker-chain", "maker-revocation"):
        assert found.signatures[0].check(name).status is CheckStatus.NOT_CHECKED


def test_makers_are_those_whom_signers_trust_unless_told() -> None:
    both = Trust([samples.root().certificate, samples.maker_root().certificate], at=NOW)
    assert verify_seal(samples.seal(), SealTrust(both, accept=ACCEPTED)).verdict is Verdict.VALID


# ---- structure ----------------------------------------------------------------------------
@pytest.mark.parametrize("lenient", [False, True])
def test_what_cannot_be_read(lenient: bool) -> None:
    for encoded in (b"", b"seal", samples.seal().der[:-1], samples.seal().der + b"\x00", bytes((16 << 20) + 1)):
        found = report(encoded, lenient=lenient)
        failed(found, SealCheck.STRUCTURE)
        assert found.signatures[0].seal is None


def test_what_only_lenient_reading_takes() -> None:
    encoded = as_ber(samples.seal().der)
    failed(report(encoded), SealCheck.STRUCTURE)
    assert report(encoded, lenient=True).verdict is Verdict.VALID


# ---- the maker's signature ----------------------------------------------------------------
@BOTH
def test_one_byte_of_what_is_signed(layout: SealLayout) -> None:
    """Every byte of picture, name, code and times: the seal is refused, or what it says cannot be read at all."""
    encoded = samples.seal(layout).der
    end = encoded.index(samples.seal(layout).structure.info.to_der()) + len(
        samples.seal(layout).structure.info.to_der()
    )
    reasons = set()
    for place in range(4, end, 5):
        data = bytearray(encoded)
        data[place] ^= 0x01
        found = report(bytes(data))
        assert found.verdict is Verdict.INVALID, place
        reasons |= {check.name for check in found.signatures[0].checks if check.status is CheckStatus.FAILED}
    assert {SealCheck.STRUCTURE, SealCheck.SEAL_SIGNATURE} <= reasons


@BOTH
def test_one_bit_of_the_signature(layout: SealLayout) -> None:
    seal = samples.seal(layout)
    for place in range(8, len(seal.signature), 3):
        value = bytearray(seal.signature)
        value[place] ^= 0x10
        # What two numbers are in DER is for the key to say; either way it does not hold.
        assert isinstance(
            failed(report(signed(layout, value=bytes(value))), SealCheck.SEAL_SIGNATURE), InvalidSignature
        )


@BOTH
def test_the_signature_of_another_seal(layout: SealLayout) -> None:
    other = samples.new_seal(layout, name="示例市公安局")
    assert isinstance(failed(report(signed(layout, value=other.signature)), SealCheck.SEAL_SIGNATURE), InvalidSignature)


def test_another_maker_beside_the_signature() -> None:
    """The maker's certificate is exchanged for one whose key did not sign."""
    other = samples.certified("另一制章中心", issuer=samples.maker_root(), serial_number=0x24)
    for layout in samples.LAYOUTS:
        exchanged = signed(layout, by=other, value=samples.seal(layout).signature)
        assert isinstance(failed(report(exchanged), SealCheck.SEAL_SIGNATURE), InvalidSignature)


def test_another_certificate_of_the_maker() -> None:
    """The maker signs his certificate along in the layout of 2014, and only there."""
    renewed = samples.certified("示例制章中心", issuer=samples.maker_root(), serial_number=0x25)
    assert renewed.certificate.public_key == samples.maker().certificate.public_key
    old = signed(SealLayout.GMT0031, by=renewed, value=samples.seal(SealLayout.GMT0031).signature)
    failed(report(old), SealCheck.SEAL_SIGNATURE)
    young = signed(SealLayout.GBT38540, by=renewed, value=samples.seal().signature)
    assert report(young).verdict is Verdict.VALID


@BOTH
def test_raw_signature(layout: SealLayout) -> None:
    failed(report(signed(layout, bend=raw)), SealCheck.SEAL_SIGNATURE)
    found = report(signed(layout, bend=raw, lenient=True))
    assert found.verdict is Verdict.VALID
    assert QuirkKind.RAW_SIGNATURE in [quirk.kind for quirk in found.signatures[0].quirks]
    taken = samples.maker_trust(signatures=SignaturePolicy(raw_sm2=True))
    assert report(signed(layout, bend=raw), makers=taken).verdict is Verdict.VALID


@BOTH
def test_the_kind_of_key_as_algorithm(layout: SealLayout) -> None:
    for algorithm in (oids.SM2, oids.EC_PUBLIC_KEY):
        failed(report(signed(layout, algorithm=algorithm)), SealCheck.SEAL_SIGNATURE)
        found = report(signed(layout, algorithm=algorithm, lenient=True))
        assert found.verdict is Verdict.VALID
        assert found.signatures[0].variants == (f"{algorithm.name} stands in the place of the signature algorithm",)


@BOTH
def test_the_synonym_of_the_algorithm(layout: SealLayout) -> None:
    found = report(signed(layout, algorithm=oids.SM2_SIGN))
    assert found.verdict is Verdict.VALID
    assert [quirk.kind for quirk in found.signatures[0].quirks] == [QuirkKind.OID_SYNONYM]


@BOTH
@pytest.mark.parametrize("lenient", [False, True])
def test_algorithms_of_other_keys(layout: SealLayout, lenient: bool) -> None:
    for algorithm in (oids.RSA_SHA256, oids.ECDSA_SHA256, oids.ED25519):
        error = failed(report(signed(layout, algorithm=algorithm, lenient=lenient)), SealCheck.SEAL_SIGNATURE)
        assert isinstance(error, KeyMismatchError)
    failed(report(signed(layout, algorithm=oids.find("1.2.3"), lenient=lenient)), SealCheck.SEAL_SIGNATURE)


def test_sha1_is_not_taken() -> None:
    maker = samples.maker("rsa")
    info = samples.seal(SealLayout.GMT0031).structure.info
    seal = signed(SealLayout.GMT0031, info, by=maker, algorithm=oids.RSA_SHA1)
    assert isinstance(failed(report(seal), SealCheck.SEAL_SIGNATURE), PolicyError)


@BOTH
def test_over_the_der_of_what_came_as_ber(layout: SealLayout) -> None:
    """The maker signed DER, and what came is BER: the seal holds, and the report says over which bytes."""
    found = report(as_ber(samples.seal(layout).der), lenient=True)
    assert found.verdict is Verdict.VALID
    assert found.signatures[0].variants == (
        "the maker's signature is over the DER of what the seal says, not over the bytes that came",
    )


@BOTH
def test_over_the_bytes_that_came(layout: SealLayout) -> None:
    """The maker signed the BER that came: no variant, and the DER of it would not hold."""
    came = Seal.from_der(as_ber(samples.seal(layout).der), lenient=True)
    value = samples.maker().key.sign(came.to_be_signed)
    place = (1, 2) if layout is SealLayout.GMT0031 else (3,)
    seal = Seal.from_der(as_ber(put(samples.seal(layout).der, place, der.encode_bit_string(value))), lenient=True)
    found = report(seal)
    assert found.verdict is Verdict.VALID
    assert found.signatures[0].variants == ()
    with pytest.raises(InvalidSignature):
        seal.maker_certificate.public_key.verify(value, seal.reencoded_to_be_signed)


def test_what_cannot_be_written_anew() -> None:
    """Text that only lenient reading takes has no DER: the signature counts over the bytes that came, or not at all."""
    encoded = samples.new_seal(list_digests=True).der
    bent = put(encoded, (0, 2, 3, 0, 0), der.encode(der.Tag.PRINTABLE_STRING, b"SM_3"))
    seal = Seal.from_der(bent, lenient=True)
    with pytest.raises(InvalidInputError):
        seal.reencoded_to_be_signed  # noqa: B018 - it is a property
    assert isinstance(failed(report(seal), SealCheck.SEAL_SIGNATURE), InvalidSignature)
    value = der.encode_bit_string(samples.maker().key.sign(seal.to_be_signed))
    assert report(put(bent, (3,), value), lenient=True).verdict is Verdict.VALID


# ---- the maker ----------------------------------------------------------------------------
@BOTH
def test_a_maker_whom_nobody_trusts(layout: SealLayout) -> None:
    error = failed(report(samples.new_seal(layout, by=samples.other_maker())), SealCheck.MAKER_CHAIN)
    assert isinstance(error, ValidationError)
    assert error.certificate is not None


@BOTH
def test_a_maker_whose_certificate_is_not_to_sign_with(layout: SealLayout) -> None:
    stamping = Extension(oids.EXTENDED_KEY_USAGE, True, ExtendedKeyUsage((oids.TIME_STAMPING,)).to_der())
    for reason, options in (
        ("key-usage", {"usage": samples.ENCRYPTION}),
        ("extended-key-usage", {"extensions": [stamping]}),
    ):
        maker = samples.certified("示例制章中心", issuer=samples.maker_root(), serial_number=0x26, **options)
        assert failed(report(signed(layout, by=maker)), SealCheck.MAKER_USAGE).reason == reason


@BOTH
@pytest.mark.parametrize("made", [NOW - 2 * DAY, NOW - 3000 * DAY])
def test_made_outside_the_validity_of_the_maker(layout: SealLayout, made: datetime) -> None:
    failed(report(with_times(layout, created_at=made)), SealCheck.MAKER_CHAIN)


@BOTH
def test_a_maker_who_has_expired_since(layout: SealLayout) -> None:
    years = {"valid_until": NOW + 5000 * DAY}
    assert report(samples.new_seal(layout, **years), at=NOW + 4000 * DAY).verdict is Verdict.VALID


@BOTH
def test_made_in_the_future(layout: SealLayout) -> None:
    seal = with_times(layout, created_at=NOW + timedelta(minutes=6))
    assert failed(report(seal), SealCheck.MAKER_CHAIN).reason == "made-in-future"
    assert report(with_times(layout, created_at=NOW + timedelta(minutes=4))).verdict is Verdict.VALID


def test_the_ends_of_time() -> None:
    early, late = NOW.replace(year=1, month=1, day=1, hour=0), NOW.replace(year=9999, month=12, day=31, hour=23)
    failed(report(with_times(SealLayout.GBT38540, created_at=early)), SealCheck.MAKER_CHAIN)
    assert failed(report(with_times(SealLayout.GBT38540, created_at=late)), SealCheck.MAKER_CHAIN).reason == (
        "made-in-future"
    )
    assert report(with_times(SealLayout.GBT38540, valid_from=early, valid_until=late)).verdict is Verdict.VALID


def revoked(reason: ReasonCode | None, at: datetime = NOW - DAY / 2, **options: Any) -> Trust:
    """Trust makers, of whom the usual one has been revoked."""
    entry = Revocation(samples.maker().certificate.serial_number, at, reason)
    return samples.maker_trust(checkers=[samples.checker(samples.maker_root(), entry)], **options)


@BOTH
@pytest.mark.parametrize(
    "reason", [ReasonCode.KEY_COMPROMISE, ReasonCode.PRIVILEGE_WITHDRAWN, ReasonCode.CA_COMPROMISE]
)
def test_a_maker_whose_key_was_stolen(layout: SealLayout, reason: ReasonCode) -> None:
    """Seals from before the revocation fall too: who has the key writes any time."""
    failed(report(samples.seal(layout), makers=revoked(reason)), SealCheck.MAKER_REVOCATION)


@BOTH
def test_a_maker_who_has_another_certificate_now(layout: SealLayout) -> None:
    spared = report(samples.seal(layout), makers=revoked(ReasonCode.SUPERSEDED))
    assert spared.verdict is Verdict.VALID
    late = with_times(layout, created_at=NOW - DAY / 4)
    failed(report(late, makers=revoked(ReasonCode.SUPERSEDED)), SealCheck.MAKER_REVOCATION)


def test_a_proof_that_the_seal_existed() -> None:
    makers = revoked(ReasonCode.KEY_COMPROMISE, NOW - DAY / 2)
    for proved, status in ((NOW - DAY, CheckStatus.PASSED), (NOW - DAY / 4, CheckStatus.FAILED)):
        found = {check.name: check for check in check_seal(samples.seal(), makers, existed_at=proved)}
        assert found[SealCheck.MAKER_REVOCATION].status is status


def test_lists_of_the_time_of_a_proof_years_later() -> None:
    """A list is good for weeks. With a proof it answers for its own time, unless somebody knows better today."""
    years = NOW + 700 * DAY
    old = samples.checker(samples.maker_root())
    stolen = Revocation(samples.maker().certificate.serial_number, NOW - DAY / 2, ReasonCode.KEY_COMPROMISE)
    newer = samples.checker(samples.maker_root(), stolen, at=years - DAY)
    for checkers, proved, status in (
        ([old], NOW + DAY, CheckStatus.PASSED),
        ([old], None, CheckStatus.FAILED),
        ([old], NOW + 60 * DAY, CheckStatus.FAILED),
        ([newer, old], NOW + DAY, CheckStatus.FAILED),
        ([newer, old], NOW - DAY, CheckStatus.PASSED),
    ):
        makers = samples.maker_trust(checkers=checkers, at=years)
        found = {check.name: check for check in check_seal(samples.seal(), makers, at=NOW, existed_at=proved)}
        assert found[SealCheck.MAKER_REVOCATION].status is status


def test_revocation_that_nobody_knows() -> None:
    makers = samples.maker_trust(checkers=[samples.checker(samples.root())])
    failed(report(samples.seal(), makers=makers), SealCheck.MAKER_REVOCATION)
    soft = PathPolicy(revocation=RevocationMode.SOFT)
    makers = samples.maker_trust(checkers=[samples.checker(samples.root())], policy=soft)
    assert report(samples.seal(), makers=makers).verdict is Verdict.VALID


# ---- period and status --------------------------------------------------------------------
@BOTH
def test_the_period_of_the_seal(layout: SealLayout) -> None:
    seal = samples.seal(layout)
    second = timedelta(seconds=1)
    for at, reason in (
        (seal.valid_from - second, "seal-not-yet-valid"),
        (seal.valid_from, ""),
        (seal.valid_until, ""),
        (seal.valid_until + second, "seal-expired"),
    ):
        found = report(seal, at=at)
        if reason:
            assert failed(found, SealCheck.SEAL_VALIDITY).reason == reason
        else:
            assert found.verdict is Verdict.VALID


@BOTH
def test_a_period_that_ends_before_it_begins(layout: SealLayout) -> None:
    failed(report(with_times(layout, valid_until=NOW - 2 * DAY)), SealCheck.SEAL_VALIDITY)


@dataclass
class Register:
    """Says one thing about every seal."""

    answer: Any
    since: datetime | None = NOW - DAY

    def status(self, seal: Seal, *, at: datetime | None = None) -> Any:
        assert isinstance(seal, Seal)
        assert at == NOW
        if isinstance(self.answer, Exception):
            raise self.answer
        return SealStatus(self.answer, self.since) if isinstance(self.answer, SealState) else self.answer


@pytest.mark.parametrize("state", [SealState.STOPPED, SealState.REVOKED, SealState.REPLACED])
def test_a_seal_out_of_use(state: SealState) -> None:
    for since in (None, NOW - DAY):
        found = report(samples.seal(), statuses=Register(state, since))
        refusal = failed(found, SealCheck.STATUS)
        assert refusal.reason == f"seal-{state.value}"
        assert "signature" not in str(refusal)  # nobody has signed anything with it yet


@pytest.mark.parametrize(
    "answer",
    [SealState.UNKNOWN, FetchError("no connection"), ValueError("broken"), None, "in-use"],
    ids=["unknown", "no connection", "broken", "none", "text"],
)
def test_a_register_that_does_not_know(answer: Any) -> None:
    found = report(samples.seal(), accept={"maker-revocation"}, statuses=Register(answer))
    assert found.verdict is Verdict.INCOMPLETE
    assert found.signatures[0].check("seal-status").status is CheckStatus.NOT_CHECKED


# ---- a time-stamp in the seal -------------------------------------------------------------
def test_a_time_stamp_in_the_seal_is_named() -> None:
    with_stamp, without = (Seal.from_der(samples.five_field(token).to_der()) for token in (b"token", None))
    assert report(without).verdict is Verdict.VALID
    assert report(with_stamp).verdict is Verdict.INCOMPLETE
    assert report(with_stamp, accept=ACCEPTED | {"time-stamp"}).verdict is Verdict.VALID


# ---- inputs -------------------------------------------------------------------------------
def test_inputs() -> None:
    seal, trust = samples.seal(), samples.trust()
    for wrong in (
        lambda: verify_seal("seal", trust),  # type: ignore[arg-type]
        lambda: verify_seal(seal, samples.maker_trust()),  # type: ignore[arg-type]
        lambda: verify_seal(seal, trust, name=b"name"),  # type: ignore[arg-type]
        lambda: verify_seal(seal, trust, lenient=1),  # type: ignore[arg-type]
        lambda: verify_seal(seal, trust, at="now"),  # type: ignore[arg-type]
        lambda: check_seal(seal.der, samples.maker_trust()),  # type: ignore[arg-type]
        lambda: check_seal(seal, trust),  # type: ignore[arg-type]
    ):
        with pytest.raises(InvalidTypeError):
            wrong()
    for at in ({"at": datetime(2026, 3, 1)}, {"existed_at": datetime(2026, 3, 1)}):
        with pytest.raises(InvalidInputError, match="no time zone"):
            check_seal(seal, samples.maker_trust(), **at)
    for found in results(verify_seal, (seal.der, trust)):
        assert found.verdict is Verdict.INVALID
    assert list(results(check_seal, (seal, samples.maker_trust()))) == []


# ---- seals of others ----------------------------------------------------------------------
@pytest.mark.parametrize("name", ["UserV1.esl", "UserV4.esl", "UserV5.esl"])
def test_seals_of_others(test_data: Path, name: str) -> None:
    encoded = (test_data / "seals" / name).read_bytes()
    seal = Seal.from_der(encoded)
    trust = SealTrust(Trust.signature_only(), accept={"maker-chain", "maker-revocation", "seal-status"})
    found = verify_seal(encoded, trust, at=seal.valid_from, name=name)
    assert found.verdict is Verdict.VALID
    assert found.name == name
    bent = bytearray(encoded)
    bent[bytes(encoded).index(b"IHDR") + 4] ^= 1
    failed(verify_seal(bent, trust, at=seal.valid_from), SealCheck.SEAL_SIGNATURE)
    failed(verify_seal(encoded, trust, at=seal.valid_until + DAY), SealCheck.SEAL_VALIDITY)
    assert len(parse(encoded).children) == (2 if name == "UserV1.esl" else 4)
