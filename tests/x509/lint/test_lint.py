"""The linter as a whole: what we issue, certificates of others, hostile ones, wrong inputs."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki import oids
from gmpki.asn1 import der, gmt0015
from gmpki.asn1.quirks import Quirk, QuirkKind
from gmpki.asn1.rfc5280 import GeneralName, GeneralNameKind, SubjectAltName
from gmpki.errors import GmpkiError, InvalidInputError, InvalidTypeError
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.certificate import Certificate, load_certificate
from gmpki.x509.issuing import Addresses, Issuer, self_signed
from gmpki.x509.lint import CertificatePurpose, Finding, Severity, lint_certificate, lint_pair
from gmpki.x509.lint._encoding import COVERED
from gmpki.x509.names import build_name
from gmpki.x509.pair import CertificatePair
from gmpki.x509.profile import BUILTIN_PROFILES, load_profile
from x509.lint.lint_examples import certificate, extension, pair
from x509.lint.test_rules import BREAKS, CREDIT, RESIDENT, resident

AT = datetime(2026, 6, 1, tzinfo=timezone.utc)
ADDRESSES = Addresses(
    crl=("http://ca.example.cn/1.crl",),
    ocsp=("http://ca.example.cn/ocsp",),
    ca_issuers=("http://ca.example.cn/ca.cer",),
)
PURPOSES = {
    "root-ca": CertificatePurpose.CA,
    "subordinate-ca": CertificatePurpose.CA,
    "device": CertificatePurpose.TLS_SERVER,
    "e-seal-maker": CertificatePurpose.SIGNING,
    "time-stamp": CertificatePurpose.TSA,
    "ocsp-responder": CertificatePurpose.OCSP,
}


@lru_cache
def key(number: int) -> SM2PrivateKey:
    return SM2PrivateKey.from_bytes(number.to_bytes(32, "big"))


@lru_cache
def issuer() -> Issuer:
    subject = build_name(("C", "CN"), ("O", "示例市数字证书认证中心"), ("CN", "示例根"))
    return Issuer(self_signed(subject, key(31), "root-ca", at=AT), key(31), addresses=ADDRESSES)


def issued(profile: str) -> Certificate | CertificatePair:
    """Issue what a profile says, to an applicant who asks for nothing special."""
    rules = load_profile(profile)
    if profile == "root-ca":
        return issuer().certificate
    subject = build_name(("C", "CN"), ("O", "示例市社会保障局"), ("CN", "示例"))
    extra = [SubjectAltName((GeneralName.dns("www.example.cn"),))] if rules.extensions.subject_alt_name else []
    if profile == "personal":
        extra = []
    if rules.is_pair:
        return issuer().issue_pair((subject, key(32).public_key), key(33), profile, extensions=extra, at=AT).pair
    return issuer().issue((subject, key(32).public_key), profile, extensions=extra, at=AT)


def errors(findings: tuple[Finding, ...]) -> list[str]:
    return [str(finding) for finding in findings if finding.severity is Severity.ERROR]


@pytest.mark.parametrize("profile", BUILTIN_PROFILES)
def test_what_we_issue_has_no_errors(profile: str) -> None:
    made = issued(profile)
    if isinstance(made, CertificatePair):
        assert errors(lint_pair(made, at=AT)) == []
        singles = [made.signing, made.encryption]
    else:
        singles = [made]
    for single in singles:
        assert errors(lint_certificate(single, at=AT)) == []
        assert [f for f in lint_certificate(single, at=AT) if f.severity is Severity.WARNING] == []
    if not isinstance(made, CertificatePair):
        assert errors(lint_certificate(made, at=AT, purpose=PURPOSES[profile])) == []


def test_every_quirk_of_lenient_reading_is_reported(test_data: Path) -> None:
    files = sorted((test_data / "objects" / "certificate").iterdir())
    assert files
    met = 0
    for file in files:
        found = load_certificate(file.read_bytes(), lenient=True)
        findings = lint_certificate(found)
        met += len(found.quirks)
        for quirk in found.quirks:
            assert reported(quirk, findings), (file.name, quirk)
    assert met


# Which rule reports a kind of quirk that has no rule of the same name.
ELSEWHERE = {
    QuirkKind.NEGATIVE_SERIAL: "RFC5280-SERIAL-POSITIVE",
    QuirkKind.ZERO_SERIAL: "RFC5280-SERIAL-POSITIVE",
    QuirkKind.LONG_SERIAL: "RFC5280-SERIAL-LENGTH",
    QuirkKind.TIME_FORM: "RFC5280-TIME-FORM",
    QuirkKind.TEXT_ALPHABET: "RFC5280-NAME-ALPHABET",
    QuirkKind.VERSION: "RFC5280-VERSION",
    QuirkKind.ALGORITHM_MISMATCH: "RFC5280-SIGNATURE-ALGORITHM",
    QuirkKind.MALFORMED_EXTENSION: "RFC5280-EXTENSION-MALFORMED",
    QuirkKind.DUPLICATE_EXTENSION: "RFC5280-EXTENSION-DUPLICATE",
    QuirkKind.UNTYPED_VALUE: "GMT0015-ID-FORM",
    QuirkKind.IMPLICIT_TAG: "GMT0015-ID-FORM",
    QuirkKind.EXPLICIT_CURVE: "RFC5480-NAMED-CURVE",
    QuirkKind.RAW_SIGNATURE: "GMT0009-SIGNATURE-VALUE",
}


def reported(quirk: Quirk, findings: tuple[Finding, ...]) -> bool:
    wanted = ELSEWHERE.get(quirk.kind)
    if quirk.kind is QuirkKind.OID_SYNONYM and "subjectPublicKeyInfo" in quirk.path:
        wanted = "GMT0015-KEY-ALGORITHM"
    return any(f.id == wanted if wanted else f.text.startswith(quirk.kind.value) for f in findings)


def test_every_kind_of_quirk_has_its_rule() -> None:
    assert set(ELSEWHERE) < COVERED
    for rule, broken in BREAKS.items():
        made = broken[0]() if isinstance(broken, tuple) else broken()
        for single in made if isinstance(made, tuple) else (made,):
            findings = lint_certificate(single)
            for quirk in single.quirks:
                assert reported(quirk, findings), (rule, quirk)


def test_no_finding_shows_an_identity_number() -> None:
    numbers = [
        resident(RESIDENT),
        gmt0015.InsuranceNumber("123456789"),
        gmt0015.OrganizationCode(CREDIT[:-1] + "0"),
    ]
    subject = build_name(("C", "CN"), ("CN", RESIDENT))
    findings = lint_certificate(certificate(set=numbers, subject=subject))
    assert {"GMPKI-PERSONAL-DATA", "GMPKI-PERSONAL-DATA-NAME"} <= {finding.id for finding in findings}
    for finding in findings:
        assert not any(number in str(finding.to_dict()) for number in (RESIDENT, "123456789", CREDIT[:-1]))


def test_findings_as_text_and_data() -> None:
    finding = lint_certificate(certificate(serial=0))[0]
    assert finding.id == "RFC5280-SERIAL-POSITIVE"
    assert str(finding) == (
        "error: RFC5280-SERIAL-POSITIVE: the serial number is zero [RFC 5280 4.1.2.2, confidence A]"
    )
    data = finding.to_dict()
    assert (data["rule"], data["severity"], data["part"]) == (finding.id, "error", "certificate")
    assert data["title_zh"] == "序列号应为正整数"


def test_pairs_are_judged_as_such() -> None:
    assert lint_pair(pair()) == ()
    swapped = lint_pair(tuple(reversed(pair())))
    assert {finding.part for finding in swapped} == {"signing", "encryption", "pair"}
    without_usage = pair({"drop": [oids.KEY_USAGE]})
    assert {finding.part for finding in lint_pair(without_usage)} == {"signing"}


def test_findings_of_one_rule_are_bounded() -> None:
    hosts = SubjectAltName(tuple(GeneralName(GeneralNameKind.DNS_NAME, "a b") for _ in range(5000)))
    found = [finding for finding in lint_certificate(certificate(set=[hosts])) if finding.id == "RFC5280-SAN-DNS"]
    assert len(found) == 21
    assert "more than 20" in found[-1].text


def test_text_of_findings_is_fit_for_a_terminal() -> None:
    name = GeneralName(GeneralNameKind.DNS_NAME, "\x1b[2J" + "a" * 200)
    texts = [finding.text for finding in lint_certificate(certificate(set=[SubjectAltName((name,))]))]
    assert texts
    assert all(text.isprintable() and len(text) < 200 for text in texts)


@pytest.mark.parametrize("wrong", [None, b"", "certificate", 5, (1, 2)])
def test_wrong_inputs(wrong: Any) -> None:
    clean = certificate()
    for call in (
        lambda: lint_certificate(wrong),
        lambda: lint_pair(wrong),
        lambda: lint_pair((clean, wrong)),
        lambda: lint_pair((wrong, clean)),
    ):
        with pytest.raises(InvalidTypeError):
            call()
    if wrong is not None:
        with pytest.raises(InvalidTypeError):
            lint_certificate(clean, purpose=wrong)
        with pytest.raises(InvalidTypeError):
            lint_certificate(clean, at=wrong)


def test_times_have_a_zone() -> None:
    naive = AT.replace(tzinfo=None)
    for call in (lambda: lint_certificate(certificate(), at=naive), lambda: lint_pair(pair(), at=naive)):
        with pytest.raises(InvalidInputError):
            call()


KINDS = [oid for oid in oids.registered() if oid.startswith(("2.5.29.", "1.3.6.1.5.5.7.1.", "1.2.156.10260", "1.2.86"))]
tags = st.sampled_from([0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0C, 0x13, 0x30, 0x80, 0x81, 0x82, 0x86, 0xA0, 0xA1])
leaves = st.builds(der.encode, tags, st.binary(max_size=8))
trees = st.recursive(
    leaves,
    lambda inner: st.builds(lambda tag, parts: der.encode(tag, b"".join(parts)), tags, st.lists(inner, max_size=4)),
)


@given(oid=st.sampled_from(KINDS), content=st.binary(max_size=20) | trees, critical=st.booleans(), data=st.data())
def test_any_extension(oid: str, content: bytes, critical: bool, data: st.DataObject) -> None:
    purpose = data.draw(st.none() | st.sampled_from(CertificatePurpose))
    made = certificate(set=[extension(oid, content.hex(), critical=critical)])
    for finding in lint_certificate(made, at=AT, purpose=purpose):
        assert finding.text


@given(data=st.data())
def test_any_change(data: st.DataObject) -> None:
    changed = bytearray(certificate().der)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = Certificate.from_der(changed, lenient=True)
    except GmpkiError:
        return
    findings = lint_certificate(found)
    assert all(reported(quirk, findings) for quirk in found.quirks)
