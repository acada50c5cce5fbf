"""When a list answers for a certificate: its age, its signature, what is critical in it, and where it comes from."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

import hostile
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import (
    CRLDistributionPoints,
    DistributionPoint,
    Extension,
    KeyUsages,
    ReasonCode,
)
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError, ValidationError
from gmpki.oids import find
from gmpki.x509.certificate import Certificate
from gmpki.x509.certificate_builder import CertificateBuilder
from gmpki.x509.crl import CertificateRevocationList, load_crl
from gmpki.x509.crl_builder import Revocation
from gmpki.x509.crl_checker import CRLChecker
from gmpki.x509.named_key import TrustAnchor
from gmpki.x509.revocation import RevocationContext, RevocationResult, RevocationStatus
from gmpki.x509.signatures import LENIENT_SIGNATURES
from x509.crl_world import CONTEXT, DAY, NOW, Authority, Fetcher, revoked

ROOT = Authority()
LEAF = ROOT.issue("张三", 5)
URI = "http://crl.example.cn/root.crl"
POINTED = ROOT.issue("李四", 6, points=(DistributionPoint.uri(URI),))
GOOD, REVOKED, UNKNOWN = RevocationStatus.GOOD, RevocationStatus.REVOKED, RevocationStatus.UNKNOWN


def ask(
    *crls: CertificateRevocationList,
    certificate: Certificate = LEAF,
    issuer: Any = ROOT.certificate,
    context: RevocationContext = CONTEXT,
    **options: Any,
) -> RevocationResult:
    return CRLChecker(crls, **options).check(certificate, issuer, context)


def unknown(*crls: CertificateRevocationList, because: str, **more: Any) -> None:
    result = ask(*crls, **more)
    assert result.status is UNKNOWN
    assert because in result.detail, result.detail
    assert result.revoked_at is None


# ---- answers --------------------------------------------------------------------------------------------------------
def test_a_certificate_that_is_not_on_the_list_is_good() -> None:
    crl = ROOT.crl(revoked(7))
    result = ask(crl)
    assert (result.status, result.source, result.reason, result.revoked_at) == (GOOD, "crl", None, None)
    assert (result.this_update, result.next_update) == (crl.this_update, crl.next_update)
    assert "not on the list" in result.detail


def test_a_certificate_that_is_on_the_list_is_revoked() -> None:
    result = ask(ROOT.crl(revoked(7), revoked(5, ReasonCode.KEY_COMPROMISE, invalidity_date=NOW - 30 * DAY)))
    assert (result.status, result.reason) == (REVOKED, ReasonCode.KEY_COMPROMISE)
    assert (result.revoked_at, result.invalidity_date) == (NOW - 10 * DAY, NOW - 30 * DAY)


@pytest.mark.parametrize("reason", [None, *(r for r in ReasonCode if r is not ReasonCode.REMOVE_FROM_CRL)])
def test_every_reason_is_a_revocation(reason: ReasonCode | None) -> None:
    result = ask(ROOT.crl(revoked(5, reason)))
    assert result.status is REVOKED
    assert result.reason is (None if reason is ReasonCode.UNSPECIFIED else reason)


def test_a_removal_in_a_complete_list_is_a_revocation() -> None:
    """The code has a meaning in delta lists only; who writes it elsewhere does not make a certificate good."""
    delta = ROOT.crl(revoked(5, ReasonCode.REMOVE_FROM_CRL), delta_base=1)
    entry = der.encode_sequence(*[e for e in _fields(delta) if e[0] == 0x30][-1:])
    assert ReasonCode.REMOVE_FROM_CRL.to_bytes(1, "big") in entry
    crl = _signed(_without_delta_indicator(delta))
    assert crl.delta_base is None
    assert ask(crl).status is REVOKED


def _fields(crl: CertificateRevocationList) -> list[bytes]:
    reader = der.Reader(crl.tbs_der).sequence()
    found = []
    while not reader.at_end():
        found.append(reader.raw_element())
    return found


def _without_delta_indicator(crl: CertificateRevocationList) -> bytes:
    kept = [e.to_der() for e in crl.extensions if e.extn_id != "2.5.29.27"]
    return der.encode_sequence(*_fields(crl)[:-1], der.encode_explicit(0, der.encode_sequence(*kept)))


def _signed(tbs: bytes) -> CertificateRevocationList:
    algorithm = ROOT.key.signature_algorithm.to_der()
    return load_crl(der.encode_sequence(tbs, algorithm, der.encode_bit_string(ROOT.key.sign(tbs))))


def test_trust_anchors_are_issuers() -> None:
    for anchor in (TrustAnchor.of(ROOT.certificate), TrustAnchor(ROOT.name, ROOT.certificate.public_key_info)):
        assert ask(ROOT.crl(), issuer=anchor).status is GOOD
        assert ask(ROOT.crl(revoked(5)), issuer=anchor).status is REVOKED


def test_without_lists_nothing_is_known() -> None:
    unknown(because="there is no revocation list of the issuer")
    unknown(Authority("别人").crl(), because="there is no revocation list of the issuer")


def test_the_latest_list_decides() -> None:
    old = ROOT.crl(revoked(5, ReasonCode.CERTIFICATE_HOLD), this_update=NOW - 3 * DAY, number=9)
    new = ROOT.crl(number=10)
    assert ask(old, new).status is ask(new, old).status is GOOD
    assert ask(ROOT.crl(revoked(5), number=11), ROOT.crl(number=10)).status is REVOKED


def test_a_list_that_is_wrong_does_not_hide_one_that_is_right() -> None:
    forged = replace(ROOT.builder(), this_update=NOW, number=99).sign(Authority("别人").key)
    assert ask(forged, ROOT.crl(revoked(5))).status is REVOKED
    assert ask(forged, ROOT.crl()).status is GOOD


# ---- age ------------------------------------------------------------------------------------------------------------
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("at", "expected", "because"),
    [
        (NOW - DAY - timedelta(seconds=1), UNKNOWN, "after the time in question"),
        (NOW - DAY, GOOD, ""),
        (NOW + DAY, GOOD, ""),
        (NOW + DAY + timedelta(seconds=1), UNKNOWN, "out of date since 2026-06-16 12:00:00"),
        (datetime.min.replace(tzinfo=timezone.utc), UNKNOWN, "after the time in question"),
        (datetime.max.replace(tzinfo=timezone.utc), UNKNOWN, "out of date"),
    ],
)
def test_lists_are_good_between_their_times(at: datetime, expected: RevocationStatus, because: str) -> None:
    result = ask(ROOT.crl(), context=RevocationContext(at))
    assert result.status is expected
    assert because in result.detail


def test_a_revocation_on_an_old_list_is_not_known_either() -> None:
    unknown(ROOT.crl(revoked(5)), because="out of date", context=RevocationContext(NOW + 2 * DAY))


def test_clocks_may_differ() -> None:
    for at in (NOW - DAY - MINUTE, NOW + DAY + MINUTE):
        context = RevocationContext(at)
        assert ask(ROOT.crl(), context=context, clock_skew=MINUTE).status is GOOD
        assert ask(ROOT.crl(), context=context, clock_skew=MINUTE / 2).status is UNKNOWN


def test_lists_can_be_too_old_for_the_caller() -> None:
    assert ask(ROOT.crl(), max_age=DAY).status is GOOD
    unknown(ROOT.crl(), because="older than allowed", max_age=DAY - MINUTE)
    assert ask(ROOT.crl(), max_age=DAY - MINUTE, clock_skew=MINUTE).status is GOOD


def test_lists_without_next_update_need_an_age() -> None:
    fields = _fields(ROOT.crl())
    crl = _signed(der.encode_sequence(*fields[:4], *fields[5:]))
    assert crl.next_update is None
    unknown(crl, because="does not say until when")
    assert ask(crl, max_age=DAY).status is GOOD
    unknown(crl, because="older", max_age=MINUTE)


# ---- what is critical -----------------------------------------------------------------------------------------------
PRIVATE = Extension(find("1.2.3.4.5"), True, b"\x05\x00")


def test_unknown_critical_extensions() -> None:
    unknown(ROOT.crl(extensions=(PRIVATE,)), because="critical extension 1.2.3.4.5")
    assert ask(ROOT.crl(extensions=(replace(PRIVATE, critical=False),))).status is GOOD


@pytest.mark.parametrize("serial_number", [5, 7])
def test_unknown_critical_extensions_of_entries(serial_number: int) -> None:
    """One of them makes the list useless for every certificate, not only for that of its entry."""
    fields = _fields(ROOT.crl(Revocation(serial_number, NOW)))
    entry = der.Reader(fields[5]).sequence().raw_element()
    with_extension = der.encode_sequence(entry[2:], der.encode_sequence(PRIVATE.to_der()))
    crl = _signed(der.encode_sequence(*fields[:5], der.encode_sequence(with_extension), *fields[6:]))
    assert crl.find(serial_number) is not None
    unknown(crl, because="critical extension 1.2.3.4.5")


def test_broken_extensions_that_lenient_reading_lets_in() -> None:
    for oid in ("2.5.29.20", "2.5.29.27", "2.5.29.28", "2.5.29.35", "2.5.29.46"):
        broken = Extension(find(oid), False, b"\x05\x00")
        kept = [e.to_der() for e in ROOT.crl().extensions if e.extn_id != oid] + [broken.to_der()]
        fields = _fields(ROOT.crl())
        tbs = der.encode_sequence(*fields[:-1], der.encode_explicit(0, der.encode_sequence(*kept)))
        signed = der.encode_sequence(tbs, fields[1], der.encode_bit_string(ROOT.key.sign(tbs)))
        with pytest.raises(DecodeError):
            load_crl(signed)
        unknown(load_crl(signed, lenient=True), because="malformed")


def test_a_certificate_whose_points_are_broken() -> None:
    broken = Extension(CRLDistributionPoints.OID, False, b"\x05\x00")
    builder = CertificateBuilder().subject(LEAF.subject).issuer(ROOT.name).serial_number(5)
    builder = builder.validity(NOW, NOW + DAY).public_key(LEAF.public_key).add_extension(broken)
    tbs = builder.to_be_signed(ROOT.key.signature_algorithm)
    signature = der.encode_bit_string(ROOT.key.sign(tbs))
    signed = der.encode_sequence(tbs, ROOT.key.signature_algorithm.to_der(), signature)
    unknown(ROOT.crl(), because="malformed", certificate=Certificate.from_der(signed, lenient=True))


def test_lists_without_a_number() -> None:
    fields = _fields(ROOT.crl())
    crl = _signed(der.encode_sequence(*fields[:-1]))
    assert ask(crl).status is GOOD
    unknown(crl, because="no cRLNumber", require_number=True)
    assert ask(ROOT.crl(), require_number=True).status is GOOD


# ---- signatures -----------------------------------------------------------------------------------------------------
def test_a_forged_list_says_nothing() -> None:
    unknown(ROOT.builder(revoked(5)).sign(Authority("别人").key), because="does not hold")
    crl = ROOT.crl(revoked(7))
    changed = load_crl(crl.der.replace(b"\x02\x01\x07", b"\x02\x01\x09"))
    unknown(changed, because="does not hold")


def test_the_policy_of_signatures_is_the_contexts() -> None:
    crl = ROOT.builder().sign(ROOT.key, user_id=b"")
    unknown(crl, because="does not hold")
    checker = CRLChecker([crl])
    context = RevocationContext(NOW, LENIENT_SIGNATURES)
    assert checker.check(LEAF, ROOT.certificate, context).status is GOOD
    # What one policy let through is not remembered for another.
    assert checker.check(LEAF, ROOT.certificate, CONTEXT).status is UNKNOWN


@pytest.mark.parametrize("usage", [KeyUsages.KEY_CERT_SIGN, KeyUsages.DIGITAL_SIGNATURE])
def test_the_key_usage_of_the_issuer_has_crl_sign(usage: KeyUsages) -> None:
    issuer = Authority(usage=usage).certificate
    unknown(ROOT.crl(), because="no cRLSign", issuer=issuer)
    unknown(ROOT.crl(), because="no cRLSign", issuer=TrustAnchor.of(issuer))
    assert ask(ROOT.crl(), issuer=Authority(usage=None).certificate).status is GOOD


class Validator:
    """Accepts or refuses signers, and notes whom it was asked about."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.asked: list[Certificate] = []
        self.others: list[Certificate] = []

    def __call__(self, signer: Certificate, /, *, certificates: Any = ()) -> None:
        self.asked.append(signer)
        self.others = list(certificates)
        if self.error is not None:
            raise self.error


DELEGATE = Authority(key_label="另一把密钥")  # the same name, another key
DELEGATE_CERTIFICATE = ROOT.issue(ROOT.label, 77, public_key=DELEGATE.key.public_key, usage=KeyUsages.CRL_SIGN)


def test_another_key_of_the_issuer_signs_when_its_certificate_is_valid() -> None:
    crl = DELEGATE.crl(revoked(5))
    accept = Validator()
    context = RevocationContext(NOW, validate_signer=accept)
    result = ask(crl, context=context, signers=[LEAF, DELEGATE_CERTIFICATE])
    assert result.status is REVOKED
    assert accept.asked == [DELEGATE_CERTIFICATE]
    assert accept.others == [LEAF, DELEGATE_CERTIFICATE]


def test_another_key_does_not_sign_without_that() -> None:
    crl = DELEGATE.crl()
    unknown(crl, because="does not hold")
    unknown(crl, because="cannot be validated", signers=[DELEGATE_CERTIFICATE])
    refuse = Validator(ValidationError("expired", "it has expired"))
    context = RevocationContext(NOW, validate_signer=refuse)
    unknown(crl, because="is not valid: it has expired", signers=[DELEGATE_CERTIFICATE], context=context)
    assert refuse.asked == [DELEGATE_CERTIFICATE]


def test_the_key_usage_of_a_signer_is_looked_at_before_its_path() -> None:
    wrong = ROOT.issue(ROOT.label, 78, public_key=DELEGATE.key.public_key, usage=KeyUsages.DIGITAL_SIGNATURE)
    accept = Validator()
    context = RevocationContext(NOW, validate_signer=accept)
    unknown(DELEGATE.crl(), because="no cRLSign", signers=[wrong], context=context)
    assert accept.asked == []


def test_signers_of_other_names_are_not_asked() -> None:
    other = ROOT.issue("别人", 79, public_key=DELEGATE.key.public_key, usage=KeyUsages.CRL_SIGN)
    accept = Validator()
    unknown(
        DELEGATE.crl(), because="does not hold", signers=[other], context=RevocationContext(NOW, validate_signer=accept)
    )
    assert accept.asked == []


def test_the_key_identifier_says_with_whom_to_begin() -> None:
    """With one signature allowed, the signer that the list names is the one that is tried."""
    crl = DELEGATE.crl()
    context = RevocationContext(NOW, validate_signer=Validator())
    assert ask(crl, signers=[DELEGATE_CERTIFICATE], context=context, max_signatures=1).status is GOOD
    assert ask(ROOT.crl(), signers=[DELEGATE_CERTIFICATE], context=context, max_signatures=1).status is GOOD
    without = replace(DELEGATE.builder(), authority_key_identifier=None).sign(DELEGATE.key)
    unknown(without, because="no more signatures", signers=[DELEGATE_CERTIFICATE], context=context, max_signatures=1)
    assert ask(without, signers=[DELEGATE_CERTIFICATE], context=context).status is GOOD


def test_signatures_are_bounded() -> None:
    other = Authority("别人").key
    forged = [replace(ROOT.builder(), number=n, this_update=NOW).sign(other) for n in range(20, 60)]
    unknown(*forged, ROOT.crl(), because="does not hold")
    assert ask(*forged, ROOT.crl(), max_signatures=41).status is GOOD
    unknown(ROOT.crl(), because="no more signatures", max_signatures=0)


def test_signatures_that_hold_are_verified_once(monkeypatch: pytest.MonkeyPatch) -> None:
    checker = CRLChecker([ROOT.crl()])
    assert checker.check(LEAF, ROOT.certificate, CONTEXT).status is GOOD

    def fail(*_: Any, **__: Any) -> None:
        pytest.fail("verified again")

    monkeypatch.setattr(CertificateRevocationList, "verify_signature", fail)
    assert checker.check(POINTED, ROOT.certificate, CONTEXT).status is GOOD


def test_that_a_signature_held_does_not_keep_a_list_in_memory() -> None:
    """A service that fetches lists for years does not keep them all."""
    checker = CRLChecker(fetch=Fetcher({URI: ROOT.crl()}))
    assert checker.check(POINTED, ROOT.certificate, CONTEXT).status is GOOD
    verified = [weakref.ref(crl) for crl in checker._verified]
    assert [crl() is None for crl in verified] == [False]
    checker._sources._fetched.clear()
    gc.collect()
    assert [crl() for crl in verified] == [None]


OTHERS = Authority("别人").crl(revoked(7))


# ---- fetching -------------------------------------------------------------------------------------------------------
def test_lists_are_fetched_from_where_the_certificate_says() -> None:
    fetch = Fetcher({URI: ROOT.crl(revoked(6))})
    assert ask(certificate=POINTED, fetch=fetch).status is REVOKED
    assert fetch.asked == [URI]
    assert ask(certificate=LEAF, fetch=fetch).status is UNKNOWN
    assert fetch.asked == [URI]


def test_pem_can_be_fetched() -> None:
    assert ask(certificate=POINTED, fetch=Fetcher({URI: ROOT.crl().to_pem()})).status is GOOD


def test_nothing_is_fetched_that_is_there() -> None:
    fetch = Fetcher({})
    assert ask(ROOT.crl(), certificate=POINTED, fetch=fetch).status is GOOD
    assert fetch.asked == []


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("answer", "because"),
    [
        (OSError("connection refused"), "connection refused"),
        (ValueError("x" * 10_000), "ValueError"),
        (Unspeakable(), "Unspeakable"),
        (RecursionError(), "RecursionError"),
        (b"", "InvalidInputError"),
        (b"<html>not found</html>", "InvalidInputError"),
        (b"0\x80" + b"\xff" * 40, "DecodeError"),
        (ROOT.certificate.der, "DecodeError"),
        (ROOT.crl().der[:-1], "DecodeError"),
        (None, "InvalidTypeError"),
        ("text", "InvalidTypeError"),
        (5, "InvalidTypeError"),
    ],
)
def test_what_is_fetched_may_be_anything(answer: Any, because: str) -> None:
    result = ask(certificate=POINTED, fetch=Fetcher({URI: answer}))
    assert result.status is UNKNOWN
    assert because in result.detail
    assert len(result.detail) < 1000


def test_an_interrupt_is_one() -> None:
    with pytest.raises(KeyboardInterrupt):
        ask(certificate=POINTED, fetch=Fetcher({URI: KeyboardInterrupt()}))


def test_fetched_lists_have_a_size() -> None:
    crl = ROOT.crl(revoked(7))
    fetch = Fetcher({URI: crl})
    assert ask(certificate=POINTED, fetch=fetch, max_fetch_len=len(crl.der)).status is GOOD
    unknown(certificate=POINTED, because="at most", fetch=fetch, max_fetch_len=len(crl.der) - 1)


def test_the_next_address_is_tried() -> None:
    uris = [f"http://crl.example.cn/{n}.crl" for n in range(5)]
    fetch = Fetcher({uris[1]: b"rubbish", uris[2]: ROOT.builder().sign(DELEGATE.key), uris[3]: ROOT.crl()})
    certificate = ROOT.issue("赵六", 8, points=(DistributionPoint.uri(*uris[:2]), DistributionPoint.uri(*uris[2:])))
    assert ask(certificate=certificate, fetch=fetch).status is GOOD
    assert fetch.asked == uris[:4]


def test_fetches_are_bounded() -> None:
    uris = [f"http://crl.example.cn/{n}.crl" for n in range(12)]
    certificate = ROOT.issue("赵六", 8, points=(DistributionPoint.uri(*uris),))
    fetch = Fetcher({uris[11]: ROOT.crl()})
    assert ask(certificate=certificate, fetch=fetch).status is UNKNOWN
    assert fetch.asked == uris[:8]
    assert ask(certificate=certificate, fetch=fetch, max_fetches=12).status is GOOD
    unknown(certificate=POINTED, because="no more lists", fetch=fetch, max_fetches=0)


def test_fetched_lists_are_kept_until_they_are_out_of_date() -> None:
    fetch = Fetcher({URI: ROOT.crl()})
    checker = CRLChecker(fetch=fetch)
    for _ in range(3):
        assert checker.check(POINTED, ROOT.certificate, CONTEXT).status is GOOD
    assert fetch.asked == [URI]
    fetch.lists[URI] = ROOT.crl(revoked(6), this_update=NOW + DAY, next_update=NOW + 3 * DAY)
    later = RevocationContext(NOW + 2 * DAY)
    assert checker.check(POINTED, ROOT.certificate, later).status is REVOKED
    assert fetch.asked == [URI, URI]


def test_a_forged_list_is_not_kept() -> None:
    fetch = Fetcher({URI: ROOT.builder().sign(DELEGATE.key)})
    checker = CRLChecker(fetch=fetch)
    assert checker.check(POINTED, ROOT.certificate, CONTEXT).status is UNKNOWN
    fetch.lists[URI] = ROOT.crl(revoked(6))
    assert checker.check(POINTED, ROOT.certificate, CONTEXT).status is REVOKED


def test_entries_of_a_forged_list_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """They may be millions of the kind that takes long."""

    def fail(*_: Any) -> None:
        pytest.fail("entries were read")

    forged = ROOT.builder(revoked(7)).sign(DELEGATE.key)
    monkeypatch.setattr(CertificateRevocationList, "_read_entries", fail)
    unknown(certificate=POINTED, because="no key is known", fetch=Fetcher({URI: forged}))
    unknown(certificate=POINTED, because="no key is known", fetch=Fetcher({URI: OTHERS}))


def test_fetched_lists_are_read_leniently_when_asked() -> None:
    fields = _fields(ROOT.crl())
    tbs = der.encode_sequence(*fields[:5], b"\x30\x00", *fields[5:])
    data = der.encode_sequence(tbs, fields[1], der.encode_bit_string(ROOT.key.sign(tbs)))
    unknown(certificate=POINTED, because="DecodeError", fetch=Fetcher({URI: data}))
    assert ask(certificate=POINTED, fetch=Fetcher({URI: data}), lenient=True).status is GOOD


# ---- inputs ---------------------------------------------------------------------------------------------------------
def test_the_checker_takes_what_it_needs() -> None:
    for options in (
        {"crls": [ROOT.certificate]},
        {"crls": 5},
        {"signers": [ROOT.crl()]},
        {"signers": None},
        {"fetch": URI},
        {"max_age": 5},
        {"clock_skew": None},
        {"lenient": 1},
        {"require_number": "yes"},
        {"max_signatures": "5"},
        {"max_fetches": 1.0},
        {"max_fetch_len": None},
    ):
        with pytest.raises(InvalidTypeError):
            CRLChecker(**options)  # type: ignore[arg-type]
    for options in (
        {"max_age": -DAY},
        {"clock_skew": -DAY},
        {"max_signatures": -1},
        {"max_fetches": -1},
        {"max_fetch_len": 1 << 40},
    ):
        with pytest.raises(InvalidInputError):
            CRLChecker(**options)  # type: ignore[arg-type]


def test_hostile_values() -> None:
    checker = CRLChecker([ROOT.crl()])
    assert not list(hostile.results(checker.check, (LEAF, ROOT.certificate, CONTEXT)))
