"""The rules about the form of certificates, each broken in turn, where it holds and where it does not."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gmpki.x509.path
from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import (
    AccessDescription,
    AuthorityInfoAccess,
    AuthorityKeyIdentifier,
    BasicConstraints,
    CRLDistributionPoints,
    DistributionPoint,
    Extension,
    FreshestCRL,
    GeneralName,
    GeneralNameKind,
    GeneralSubtree,
    InhibitAnyPolicy,
    KeyUsage,
    KeyUsages,
    Name,
    NameConstraints,
    PolicyConstraints,
    SubjectAltName,
    SubjectKeyIdentifier,
)
from gmpki.x509.certificate import Certificate
from gmpki.x509.path import FIELD_DEPARTURES, PROFILE_REASONS, REASONS, AnchorRules
from gmpki.x509.path.rules import RFC5280_RULES, Place
from gmpki.x509.path.webpki_rules import WEBPKI_RULES
from x509.path.paths import ROOT, SIGN, SUB, USER, extension, issue, refused, root, sub, user, validate

GOLD = oids.find("1.2.156.99999.1")
POLICY = der.encode_sequence(der.encode_oid(GOLD))
MAPPED_ANY = der.encode_sequence(der.encode_oid(oids.ANY_POLICY), der.encode_oid(GOLD))
TREE = (GeneralSubtree(GeneralName.dns("example.cn")),)
INFO = AuthorityInfoAccess((AccessDescription(oids.AD_OCSP, GeneralName.uri("http://ocsp.example.cn")),))
POINT = DistributionPoint.uri("http://crl.example.cn/a.crl")


def raw_names(*names: tuple[GeneralNameKind, str]) -> Extension:
    """Make a subjectAltName that holds any text."""
    encoded = [der.encode_ia5_string(text, tag=der.Tag.context(kind)) for kind, text in names]
    return Extension(oids.SUBJECT_ALT_NAME, False, der.encode_sequence(*encoded))


def raw_sequence(oid: Any, *parts: bytes) -> Extension:
    """Make an extension that holds a SEQUENCE of anything."""
    return Extension(oid, False, der.encode_sequence(*parts))


def dns(text: str) -> Extension:
    return raw_names((GeneralNameKind.DNS_NAME, text))


# What is wrong: the reason, a name for it, and what makes a certificate so; sorted by where the rule holds.
Flaw = dict[str, Any]
ANYWHERE: list[tuple[str, str, Flaw]] = [
    ("criticality", "critical authorityKeyIdentifier", {"more": [extension(AuthorityKeyIdentifier(b"1"), True)]}),
    ("criticality", "critical subjectKeyIdentifier", {"more": [extension(SubjectKeyIdentifier(b"1"), True)]}),
    ("criticality", "critical freshestCRL", {"more": [extension(FreshestCRL((POINT,)), True)]}),
    ("policy-form", "a policy twice", {"more": [raw_sequence(oids.CERTIFICATE_POLICIES, POLICY, POLICY)]}),
    ("policy-form", "policyConstraints not critical", {"more": [extension(PolicyConstraints(9), False)]}),
    ("policy-form", "inhibitAnyPolicy not critical", {"more": [extension(InhibitAnyPolicy(9), False)]}),
    ("policy-form", "policyConstraints empty", {"more": [Extension(oids.POLICY_CONSTRAINTS, True, b"\x30\0")],
                                                "lenient": True}),
]  # fmt: skip
NAMED: list[tuple[str, str, Flaw]] = [
    ("subject-alt-name", f"malformed name {text!r}", {"more": [raw_names((kind, text))]})
    for kind, text in [
        (GeneralNameKind.DNS_NAME, ".example.cn"),
        (GeneralNameKind.DNS_NAME, "example.cn."),
        (GeneralNameKind.DNS_NAME, ""),
        (GeneralNameKind.DNS_NAME, " "),
        (GeneralNameKind.DNS_NAME, "a_b.example.cn"),
        (GeneralNameKind.DNS_NAME, "8.8.8.8"),
        (GeneralNameKind.DNS_NAME, "ba*.example.cn"),
        (GeneralNameKind.DNS_NAME, "a.*.example.cn"),
        (GeneralNameKind.DNS_NAME, "*"),
        (GeneralNameKind.RFC822_NAME, "a@b@example.cn"),
        (GeneralNameKind.RFC822_NAME, "example.cn"),
        (GeneralNameKind.URI, "example.cn/path"),
        (GeneralNameKind.URI, "//example.cn/path"),
    ]
]
BELOW: list[tuple[str, str, Flaw]] = [
    *NAMED,
    ("serial-number", "zero", {"serial": 0, "lenient": True}),
    ("serial-number", "negative", {"serial": -1, "lenient": True}),
    ("serial-number", "21 octets", {"serial": 1 << 160, "lenient": True}),
    ("serial-number", "20 octets and a sign", {"serial": 1 << 159, "lenient": True}),
    ("authority-key-identifier", "absent", {"without": (AuthorityKeyIdentifier,)}),
    ("subject-alt-name", "empty", {"more": [Extension(oids.SUBJECT_ALT_NAME, False, b"\x30\0")], "lenient": True}),
]  # fmt: skip
NAMELESS_KEY: tuple[str, str, Flaw] = (
    "authority-key-identifier", "no identifier", {"more": [AuthorityKeyIdentifier(None, (GeneralName.dns("a"),), 1)]}
)  # fmt: skip
# In an authority's certificate, section 6 has stricter words for these.
TARGET: list[tuple[str, str, Flaw]] = [
    ("version", "extensions in version 1", {"version": 1, "lenient": True}),
    ("version", "extensions in version 2", {"version": 2, "lenient": True}),
    ("key-usage-form", "no bit", {"more": [Extension(oids.KEY_USAGE, True, b"\x03\x01\x00")], "lenient": True}),
    ("subject-name", "none at all", {"subject_name": Name()}),
    ("subject-alt-name", "not critical beside an empty subject", {"subject_name": Name(), "more": [dns("a.cn")]}),
    ("key-usage-form", "keyCertSign without cA", {"usage": SIGN | KeyUsages.KEY_CERT_SIGN}),
    ("basic-constraints", "path length without cA", {
        "more": [Extension(oids.BASIC_CONSTRAINTS, True, bytes.fromhex("3003020100"))]}),
    ("name-constraints-form", "in an end entity", {"more": [NameConstraints(permitted=TREE)]}),
    ("name-constraints-form", "there, not critical", {"more": [extension(NameConstraints(permitted=TREE), False)]}),
    ("policy-form", "anyPolicy mapped", {"more": [raw_sequence(oids.POLICY_MAPPINGS, MAPPED_ANY)], "lenient": True}),
]  # fmt: skip
ISSUERS: list[tuple[str, str, Flaw]] = [
    ("subject-key-identifier", "absent", {"without": (SubjectKeyIdentifier,)}),
    ("basic-constraints", "not critical", {"more": [extension(BasicConstraints(True), False)]}),
    ("name-constraints-form", "not critical", {"more": [extension(NameConstraints(permitted=TREE), False)]}),
    ("name-constraints-form", "empty", {"more": [Extension(oids.NAME_CONSTRAINTS, True, b"\x30\0")], "lenient": True}),
]  # fmt: skip


def make(flaw: Flaw, subject: Any, issuer: Any, **defaults: Any) -> Certificate:
    changes = {**defaults, **flaw}
    return issue(subject, issuer, *changes.pop("more", ()), **changes)


def each(*groups: list[tuple[str, str, Flaw]]) -> Any:
    cases = [case for group in groups for case in group]
    return pytest.mark.parametrize(("reason", "what", "flaw"), cases, ids=[f"{r}: {w}" for r, w, _ in cases])


def judge(certificate: Certificate, reason: str, run: Callable[..., Any], *arguments: Any, **options: Any) -> None:
    """Check that a flaw is refused, and noted when it is tolerated."""
    assert refused(reason, *arguments, **options).certificate == certificate
    found = run(*arguments, **options, tolerated=frozenset({reason}))
    assert {departure.reason for departure in found.departures} == {reason}
    assert {departure.certificate for departure in found.departures} == {certificate}
    assert all(departure.message for departure in found.departures)


@each(ANYWHERE, BELOW, TARGET, [NAMELESS_KEY])
def test_what_is_wrong_with_the_certificate_itself(reason: str, what: str, flaw: Flaw) -> None:
    certificate = make(flaw, USER, SUB)
    judge(certificate, reason, validate, certificate, sub())


@each(ANYWHERE, BELOW, ISSUERS, [NAMELESS_KEY])
def test_what_is_wrong_with_an_authority(reason: str, what: str, flaw: Flaw) -> None:
    certificate = make(flaw, SUB, ROOT, ca=True)
    judge(certificate, reason, validate, issue(USER, SUB, hosts=("user.example.cn",)), certificate)


@each(ANYWHERE, ISSUERS, [NAMELESS_KEY])
def test_what_is_wrong_with_an_anchor(reason: str, what: str, flaw: Flaw) -> None:
    certificate = make(flaw, ROOT, ROOT, ca=True)
    options: dict[str, Any] = {"anchors": [certificate]}
    assert validate(user(), sub(), **options).departures == ()
    judge(certificate, reason, validate, user(), sub(), **options, anchor_rules=AnchorRules.CERTIFICATE)


@each(BELOW)
def test_what_does_not_matter_in_an_anchor(reason: str, what: str, flaw: Flaw) -> None:
    certificate = make(flaw, ROOT, ROOT, ca=True)
    assert validate(user(), sub(), anchors=[certificate], anchor_rules=AnchorRules.CERTIFICATE).departures == ()


def test_empty_names() -> None:
    from x509.path.paths import Party

    refused("issuer-name", issue(USER, SUB, issuer_name=Name()), sub())
    nameless = issue(SUB, ROOT, ca=True, subject_name=Name())
    leaf = issue(USER, SUB, issuer_name=Name())
    refused("issuer-name", leaf, nameless)
    tolerant = frozenset({"issuer-name"})
    assert refused("subject-name", leaf, nameless, tolerated=tolerant).certificate == nameless
    assert refused("subject-name", nameless).certificate == nameless
    anchor = issue(Party("x"), Party("x"), ca=True, subject_name=Name(), issuer_name=Name(), signer=SUB.key)
    assert anchor.subject.is_empty


def test_an_empty_subject_beside_a_critical_subject_alt_name() -> None:
    good = issue(USER, SUB, extension(SubjectAltName((GeneralName.dns("a.cn"),)), True), subject_name=Name())
    assert validate(good, sub()).departures == ()


def test_a_self_signed_certificate_needs_no_authority_key_identifier() -> None:
    assert AuthorityKeyIdentifier not in root().extensions
    assert validate(root(), anchor_rules=AnchorRules.CERTIFICATE).departures == ()


def test_an_anchor_that_is_not_self_issued_needs_one() -> None:
    anchor = issue(SUB, ROOT, ca=True, without=(AuthorityKeyIdentifier,))
    assert validate(user(), anchors=[anchor]).departures == ()
    refused("authority-key-identifier", user(), anchors=[anchor], anchor_rules=AnchorRules.CERTIFICATE)


def test_unique_identifiers() -> None:
    old = issue(USER, SUB, version=1, issuer_unique_id=b"1", lenient=True, without=(KeyUsage,))
    refused("version", old, sub())
    assert validate(issue(USER, SUB, version=3, issuer_unique_id=b"1"), sub()).departures == ()


@pytest.mark.parametrize("text", ["a.cn", "*.a.cn", "localhost", "xn--fiqs8s.cn", "*.cn"])
def test_good_names(text: str) -> None:
    assert validate(issue(USER, SUB, dns(text)), sub()).departures == ()


def test_several_flaws_are_all_noted_when_they_are_tolerated() -> None:
    leaf = issue(USER, SUB, extension(SubjectKeyIdentifier(b"1"), True), without=(AuthorityKeyIdentifier,))
    above = issue(SUB, ROOT, extension(BasicConstraints(True), False), ca=True)
    found = validate(leaf, above, tolerated=FIELD_DEPARTURES)
    assert {(d.reason, d.certificate) for d in found.departures} == {
        ("criticality", leaf),
        ("authority-key-identifier", leaf),
        ("basic-constraints", above),
    }
    refused("authority-key-identifier", leaf, above, tolerated=frozenset({"criticality", "basic-constraints"}))


def test_what_a_conforming_certificate_may_have() -> None:
    leaf = issue(USER, SUB, INFO, CRLDistributionPoints((POINT,)), FreshestCRL((POINT,)), hosts=("a.cn",))
    assert validate(leaf, sub(), anchor_rules=AnchorRules.CERTIFICATE).departures == ()


# ---- the lists themselves --------------------------------------------------------------------
def test_every_rule_has_a_known_reason_and_its_clause() -> None:
    for rule in (*RFC5280_RULES, *WEBPKI_RULES):
        assert rule.reason in PROFILE_REASONS
        document = rule.problem.__doc__ or ""
        assert document.startswith(("RFC 5280 4.", "BR ")), rule.problem.__name__
        assert rule.places & (Place.TARGET | Place.AUTHORITY | Place.ANCHOR)


def test_every_rule_is_in_a_list() -> None:
    listed = {rule.problem.__name__ for rule in (*RFC5280_RULES, *WEBPKI_RULES)}
    folder = Path(gmpki.x509.path.__file__).parent
    written = set()
    for module in ("rules.py", "webpki_rules.py"):
        for node in ast.parse((folder / module).read_text(encoding="utf-8")).body:
            arguments = [a.arg for a in node.args.args] if isinstance(node, ast.FunctionDef) else []
            if isinstance(node, ast.FunctionDef) and arguments == ["facts"]:
                written.add(node.name)
    assert written == listed


def test_every_reason_that_is_raised_is_documented_and_the_other_way_round() -> None:
    folder = Path(gmpki.x509.path.__file__).parent
    raised = {rule.reason for rule in (*RFC5280_RULES, *WEBPKI_RULES)} | {"revoked", "revocation-unknown"}
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "refusal":
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    raised.add(first.value)
            if isinstance(node, ast.Tuple) and path.name == "purposes.py" and len(node.elts) == 2:
                first = node.elts[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    raised.add(first.value)
    assert raised == set(REASONS)


def test_nothing_about_the_path_itself_is_tolerated() -> None:
    assert set(REASONS) > PROFILE_REASONS
    assert FIELD_DEPARTURES < PROFILE_REASONS
    assert not PROFILE_REASONS & {"signature", "expired", "revoked", "not-a-ca", "key-usage", "limit", "policies"}
