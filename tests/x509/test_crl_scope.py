"""Which certificates a list is about: distribution points, kinds of certificates, reasons, indirect lists."""

from __future__ import annotations

from typing import Any

import pytest

from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import (
    AttributeTypeAndValue,
    DistributionPoint,
    DistributionPointName,
    GeneralName,
    IssuingDistributionPoint,
    KeyUsages,
    Name,
    ReasonCode,
    ReasonFlags,
)
from gmpki.errors import ValidationError
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl import CertificateRevocationList, load_crl
from gmpki.x509.crl_checker import CRLChecker
from gmpki.x509.crl_scope import ALL_REASONS, MAX_POINTS, covered_reasons, distribution_points, listed_uris
from gmpki.x509.names import build_name
from gmpki.x509.revocation import RevocationContext, RevocationResult, RevocationStatus
from x509.crl_world import CONTEXT, NOW, Authority, Fetcher, name, revoked

ROOT = Authority()
GOOD, REVOKED, UNKNOWN = RevocationStatus.GOOD, RevocationStatus.REVOKED, RevocationStatus.UNKNOWN
URI, OTHER = "http://crl.example.cn/1.crl", "http://crl.example.cn/2.crl"


def uris(*addresses: str) -> DistributionPointName:
    return DistributionPointName(tuple(GeneralName.uri(address) for address in addresses))


def relative(label: str) -> DistributionPointName:
    return DistributionPointName(relative_name=build_name(("CN", label)).rdns[0])


def scoped(*entries: Any, authority: Authority = ROOT, **scope: Any) -> CertificateRevocationList:
    return authority.crl(*entries, issuing_distribution_point=IssuingDistributionPoint(**scope))


def leaf(*points: DistributionPoint, serial_number: int = 5, ca: bool = False) -> Certificate:
    return ROOT.issue("张三", serial_number, points=points, ca=ca)


def ask(
    certificate: Certificate, *crls: CertificateRevocationList, context: RevocationContext = CONTEXT, **options: Any
) -> RevocationResult:
    return CRLChecker(crls, **options).check(certificate, ROOT.certificate, context)


# ---- distribution points --------------------------------------------------------------------------------------------
LONG = build_name(("C", "CN"), ("O", "示例市测试机构"), ("CN", "示例根"), ("CN", "一号"))


@pytest.mark.parametrize(
    ("named", "pointed", "expected"),
    [
        (uris(URI), uris(URI), GOOD),
        (uris(URI), uris(OTHER, URI), GOOD),
        (uris(OTHER, URI), uris(URI), GOOD),
        (uris(URI), uris(OTHER), UNKNOWN),
        (uris(URI), uris(URI.upper()), UNKNOWN),
        (uris(URI), uris(URI + "/"), UNKNOWN),
        (uris(URI), None, UNKNOWN),
        (relative("一号"), relative("一号"), GOOD),
        (relative("一号"), relative("二号"), UNKNOWN),
        (relative("一号"), uris(URI), UNKNOWN),
        (relative("一号"), DistributionPointName((GeneralName.directory(LONG),)), GOOD),
        (DistributionPointName((GeneralName.directory(LONG),)), relative("一号"), GOOD),
        (DistributionPointName((GeneralName.directory(name("甲")),)), relative("一号"), UNKNOWN),
        # A list for the point that stands for all of its issuer's certificates.
        (DistributionPointName((GeneralName.directory(ROOT.name),)), None, GOOD),
        (DistributionPointName((GeneralName.directory(ROOT.name),)), uris(URI), GOOD),
        (DistributionPointName((GeneralName.dns("crl.example.cn"),)), uris("crl.example.cn"), UNKNOWN),
    ],
)
def test_names_of_points(
    named: DistributionPointName, pointed: DistributionPointName | None, expected: RevocationStatus
) -> None:
    certificate = leaf(DistributionPoint(pointed)) if pointed is not None else leaf()
    result = ask(certificate, scoped(distribution_point=named))
    assert result.status is expected
    assert expected is GOOD or "another distribution point" in result.detail
    # A list of another point does not revoke either: its entries are about other certificates.
    assert ask(certificate, scoped(revoked(5), distribution_point=named)).status is (
        REVOKED if expected is GOOD else UNKNOWN
    )


def test_a_list_without_a_point_is_for_all() -> None:
    assert ask(leaf(DistributionPoint(uris(URI))), ROOT.crl()).status is GOOD
    assert ask(leaf(DistributionPoint(uris(URI))), scoped(only_contains_user_certs=True)).status is GOOD


def test_directory_names_are_compared_as_names() -> None:
    named = DistributionPointName((GeneralName.directory(build_name(("C", "cn"), ("CN", "Point  One"))),))
    pointed = DistributionPointName((GeneralName.directory(build_name(("C", "CN"), ("CN", "point one "))),))
    assert ask(leaf(DistributionPoint(pointed)), scoped(distribution_point=named)).status is GOOD


def test_the_right_list_is_found_among_many() -> None:
    points = [f"http://crl.example.cn/{n}.crl" for n in range(40)]
    lists = [scoped(revoked(n), distribution_point=uris(point)) for n, point in enumerate(points, start=1)]
    assert ask(leaf(DistributionPoint(uris(points[4]))), *lists).status is REVOKED
    assert ask(leaf(DistributionPoint(uris(points[39]))), *lists).status is GOOD
    assert ask(leaf(), *lists).status is UNKNOWN


def test_points_are_bounded() -> None:
    points = [DistributionPoint.uri(f"http://crl.example.cn/{n}.crl") for n in range(MAX_POINTS + 5)]
    certificate = leaf(*points)
    assert len(list(distribution_points(certificate))) == MAX_POINTS + 1
    fetch = Fetcher({})
    ask(certificate, fetch=fetch, max_fetches=100)
    assert len(fetch.asked) == MAX_POINTS


def test_only_uris_are_fetched() -> None:
    point = DistributionPoint(
        DistributionPointName((GeneralName.dns("example.cn"), GeneralName.uri(URI), GeneralName.directory(LONG)))
    )
    assert list(listed_uris(point, None, DistributionPoint(relative("一号")), DistributionPoint.uri(OTHER))) == [
        URI,
        OTHER,
    ]


# ---- kinds of certificates ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("scope", "ca", "expected"),
    [
        ({"only_contains_user_certs": True}, False, GOOD),
        ({"only_contains_user_certs": True}, True, UNKNOWN),
        ({"only_contains_ca_certs": True}, True, GOOD),
        ({"only_contains_ca_certs": True}, False, UNKNOWN),
        ({"only_contains_attribute_certs": True}, False, UNKNOWN),
        ({"only_contains_attribute_certs": True}, True, UNKNOWN),
    ],
)
def test_kinds_of_certificates(scope: dict[str, bool], ca: bool, expected: RevocationStatus) -> None:
    certificate = leaf(ca=ca)
    assert ask(certificate, scoped(**scope)).status is expected
    assert ask(certificate, scoped(revoked(5), **scope)).status is (REVOKED if expected is GOOD else UNKNOWN)


def test_both_kinds_in_two_lists() -> None:
    lists = [scoped(only_contains_user_certs=True), scoped(revoked(5), only_contains_ca_certs=True)]
    assert ask(leaf(), *lists).status is GOOD
    assert ask(leaf(ca=True), *lists).status is REVOKED


# ---- reasons --------------------------------------------------------------------------------------------------------
KEYS = ReasonFlags.KEY_COMPROMISE | ReasonFlags.CA_COMPROMISE
REST = ALL_REASONS & ~KEYS


def test_all_reasons_are_the_named_ones() -> None:
    assert ALL_REASONS == 0x1FE
    assert covered_reasons(None, DistributionPoint(uris(URI))) == ALL_REASONS
    both = covered_reasons(IssuingDistributionPoint(only_some_reasons=KEYS), DistributionPoint(uris(URI), REST | KEYS))
    assert both == KEYS


def test_lists_for_some_reasons_do_not_make_good() -> None:
    result = ask(leaf(), scoped(only_some_reasons=KEYS))
    assert result.status is UNKNOWN
    assert "superseded" in result.detail
    assert "key_compromise" not in result.detail
    assert result.this_update is not None


def test_lists_for_some_reasons_revoke() -> None:
    assert ask(leaf(), scoped(revoked(5, ReasonCode.KEY_COMPROMISE), only_some_reasons=KEYS)).status is REVOKED


def test_reasons_are_gathered_over_lists() -> None:
    keys = scoped(only_some_reasons=KEYS)
    assert ask(leaf(), keys, scoped(only_some_reasons=REST)).status is GOOD
    assert ask(leaf(), keys, scoped(revoked(5), only_some_reasons=REST)).status is REVOKED
    assert ask(leaf(), keys, scoped(only_some_reasons=REST & ~ReasonFlags.SUPERSEDED)).status is UNKNOWN
    assert ask(leaf(), keys, ROOT.crl()).status is GOOD


def test_the_reasons_of_a_point_limit_its_list() -> None:
    """The point says that its list covers some reasons; nothing says where the others are."""
    points = [DistributionPoint(uris(URI), KEYS), DistributionPoint(uris(OTHER), REST)]
    first, second = (scoped(distribution_point=uris(u)) for u in (URI, OTHER))
    assert ask(leaf(points[0]), first).status is UNKNOWN
    assert ask(leaf(*points), first, second).status is GOOD
    assert ask(leaf(*points), first).status is UNKNOWN
    assert ask(leaf(*points), first, scoped(revoked(5), distribution_point=uris(OTHER))).status is REVOKED


def test_both_points_are_fetched() -> None:
    points = [DistributionPoint(uris(URI), KEYS), DistributionPoint(uris(OTHER), REST)]
    lists = {u: scoped(distribution_point=uris(u)) for u in (URI, OTHER)}
    fetch = Fetcher(dict(lists))
    assert ask(leaf(*points), fetch=fetch).status is GOOD
    assert fetch.asked == [URI, OTHER]
    fetch = Fetcher({URI: lists[URI]})
    assert ask(leaf(*points), fetch=fetch).status is UNKNOWN


# ---- indirect lists -------------------------------------------------------------------------------------------------
SIGNER = Authority("示例撤销服务")
SIGNER_CERTIFICATE = ROOT.issue(SIGNER.label, 90, public_key=SIGNER.key.public_key, usage=KeyUsages.CRL_SIGN)


def accept(_signer: Certificate, /, *, certificates: Any = ()) -> None:
    assert certificates


def refuse(_signer: Certificate, /, *, certificates: Any = ()) -> None:
    raise ValidationError("no-path", f"no path among {len(certificates)}")


TRUSTING = RevocationContext(NOW, validate_signer=accept)
OPTIONS: dict[str, Any] = {"signers": [SIGNER_CERTIFICATE], "context": TRUSTING}
BY_SIGNER = DistributionPoint(None, None, (GeneralName.directory(SIGNER.name),))
POINTED = leaf(BY_SIGNER)


def indirect(*entries: Any, authority: Authority = SIGNER, **scope: Any) -> CertificateRevocationList:
    return scoped(*entries, authority=authority, indirect_crl=True, **scope)


def test_an_indirect_list_answers_for_the_issuer_that_names_it() -> None:
    assert ask(POINTED, indirect(), **OPTIONS).status is GOOD
    assert ask(POINTED, indirect(revoked(5, certificate_issuer=ROOT.name)), **OPTIONS).status is REVOKED


def test_the_issuer_of_an_entry_counts() -> None:
    """The same serial number of the list's own issuer, or of a third, is another certificate."""
    assert ask(POINTED, indirect(revoked(5)), **OPTIONS).status is GOOD
    assert ask(POINTED, indirect(revoked(5, certificate_issuer=name("甲"))), **OPTIONS).status is GOOD
    carried = [revoked(4, certificate_issuer=ROOT.name), revoked(5, certificate_issuer=ROOT.name)]
    assert ask(POINTED, indirect(*carried), **OPTIONS).status is REVOKED


def test_an_indirect_list_needs_the_word_of_the_certificate() -> None:
    """A certificate that names no other issuer of lists does not take lists from one."""
    for certificate in (leaf(), leaf(DistributionPoint(uris(URI)))):
        assert ask(certificate, indirect(), **OPTIONS).status is UNKNOWN
        assert ask(certificate, indirect(revoked(5, certificate_issuer=ROOT.name)), **OPTIONS).status is UNKNOWN


def test_a_fetched_list_of_another_issuer_needs_that_word_too() -> None:
    """Whoever answers at the address of a list may be a signer that is valid, for other certificates."""
    for crl in (indirect(), SIGNER.crl(), indirect(distribution_point=uris(URI))):
        fetch = Fetcher({URI: crl})
        result = ask(leaf(DistributionPoint(uris(URI))), fetch=fetch, **OPTIONS)
        assert fetch.asked == [URI]
        assert result.status is UNKNOWN
        assert "list of another issuer" in result.detail
    word = DistributionPoint(uris(URI), None, BY_SIGNER.crl_issuer)
    assert ask(leaf(word), fetch=Fetcher({URI: indirect()}), **OPTIONS).status is GOOD


def test_issuers_of_entries_in_a_list_that_is_not_indirect() -> None:
    """Lenient reading lets such a list in; nobody can say whose certificates it means."""
    data = indirect(revoked(5, certificate_issuer=name("甲")), authority=ROOT)
    fields = der.Reader(data.tbs_der).sequence()
    parts = []
    while not fields.at_end():
        parts.append(fields.raw_element())
    kept = [e.to_der() for e in data.extensions if e.extn_id != IssuingDistributionPoint.OID]
    tbs = der.encode_sequence(*parts[:-1], der.encode_explicit(0, der.encode_sequence(*kept)))
    crl = load_crl(der.encode_sequence(tbs, parts[1], der.encode_bit_string(ROOT.key.sign(tbs))), lenient=True)
    assert crl.names_issuers
    result = ask(leaf(), crl)
    assert result.status is UNKNOWN
    assert "not indirect" in result.detail


def test_the_list_of_another_issuer_is_indirect() -> None:
    for crl in (SIGNER.crl(), scoped(authority=SIGNER, only_contains_user_certs=True)):
        result = ask(POINTED, crl, **OPTIONS)
        assert result.status is UNKNOWN
        assert "not indirect" in result.detail


def test_another_issuer_than_the_one_named() -> None:
    third = Authority("甲")
    certificate = ROOT.issue(third.label, 91, public_key=third.key.public_key, usage=KeyUsages.CRL_SIGN)
    result = ask(POINTED, indirect(authority=third), context=TRUSTING, signers=[certificate])
    assert result.status is UNKNOWN


def test_the_signer_of_an_indirect_list_is_validated() -> None:
    for context in (CONTEXT, RevocationContext(NOW, validate_signer=refuse)):
        assert ask(POINTED, indirect(), signers=[SIGNER_CERTIFICATE], context=context).status is UNKNOWN
    result = ask(POINTED, indirect(), context=TRUSTING)
    assert result.status is UNKNOWN
    assert "no certificate of its signer" in result.detail


def test_an_indirect_list_may_be_that_of_the_issuer_itself() -> None:
    other = revoked(5, certificate_issuer=name("甲"))
    assert ask(leaf(), indirect(other, authority=ROOT)).status is GOOD
    assert ask(leaf(), indirect(revoked(5), other, authority=ROOT)).status is REVOKED


@pytest.mark.parametrize(
    ("named", "pointed", "expected"),
    [
        (uris(URI), uris(URI), GOOD),
        (uris(URI), uris(OTHER), UNKNOWN),
        # RFC 5280 6.3.3 (b) (2) (i): without a name of the point, its issuer's name is that.
        (DistributionPointName((GeneralName.directory(SIGNER.name),)), None, GOOD),
        (uris(URI), None, UNKNOWN),
        # A relative name is added to the name of who signs the list, not of who issued the certificate.
        (relative("一号"), relative("一号"), GOOD),
        (DistributionPointName((GeneralName.directory(LONG),)), relative("一号"), UNKNOWN),
    ],
)
def test_points_of_indirect_lists(
    named: DistributionPointName, pointed: DistributionPointName | None, expected: RevocationStatus
) -> None:
    certificate = leaf(DistributionPoint(pointed, None, BY_SIGNER.crl_issuer))
    assert ask(certificate, indirect(distribution_point=named), **OPTIONS).status is expected


def test_a_relative_name_has_one_base() -> None:
    """With two issuers of lists nobody knows to which name it is added."""
    issuers = (GeneralName.directory(SIGNER.name), GeneralName.directory(name("甲")))
    certificate = leaf(DistributionPoint(relative("一号"), None, issuers))
    assert ask(certificate, indirect(distribution_point=relative("一号")), **OPTIONS).status is UNKNOWN
    assert ask(certificate, indirect(), **OPTIONS).status is GOOD


def test_an_issuer_that_has_no_directory_name() -> None:
    certificate = leaf(DistributionPoint(None, None, (GeneralName.uri(URI),)))
    assert ask(certificate, indirect(), **OPTIONS).status is UNKNOWN


def test_a_certificate_that_names_its_own_issuer() -> None:
    """Then, too, RFC 5280 6.3.3 (b) (1) asks for an indirect list; a list for all certificates answers all the same."""
    certificate = leaf(DistributionPoint(uris(URI), None, (GeneralName.directory(ROOT.name),)))
    assert ask(certificate, indirect(authority=ROOT, distribution_point=uris(URI))).status is GOOD
    assert ask(certificate, scoped(distribution_point=uris(URI))).status is UNKNOWN
    assert ask(certificate, ROOT.crl()).status is GOOD


def test_names_with_attributes_of_any_kind() -> None:
    """Values that are no strings are compared by their bytes."""
    odd = AttributeTypeAndValue(ROOT.name.rdns[0][0].type, b"\x02\x01\x05")
    named = DistributionPointName((GeneralName.directory(Name((*ROOT.name.rdns, (odd,)))),))
    pointed = DistributionPointName(relative_name=(odd,))
    assert ask(leaf(DistributionPoint(pointed)), scoped(distribution_point=named)).status is GOOD
