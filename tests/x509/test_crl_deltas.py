"""Delta lists: applied to the complete list they belong to, and to no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import (
    AuthorityKeyIdentifier,
    DistributionPoint,
    Extension,
    FreshestCRL,
    IssuingDistributionPoint,
    ReasonCode,
)
from gmpki.oids import find
from gmpki.x509.crl import CertificateRevocationList, load_crl
from gmpki.x509.crl_checker import CRLChecker
from gmpki.x509.revocation import RevocationContext, RevocationResult, RevocationStatus
from x509.crl_world import CONTEXT, DAY, NOW, Authority, Fetcher, revoked

ROOT = Authority()
LEAF = ROOT.issue("张三", 5)
DELTA_URI = "http://crl.example.cn/delta.crl"
HOLD, REMOVE = ReasonCode.CERTIFICATE_HOLD, ReasonCode.REMOVE_FROM_CRL
GOOD, REVOKED, UNKNOWN = RevocationStatus.GOOD, RevocationStatus.REVOKED, RevocationStatus.UNKNOWN
HOUR = timedelta(hours=1)


def complete(*entries: Any, number: int = 10, **changes: Any) -> CertificateRevocationList:
    return ROOT.crl(*entries, number=number, **changes)


def delta(*entries: Any, number: int = 12, base: int = 10, **changes: Any) -> CertificateRevocationList:
    return ROOT.crl(*entries, **{"number": number, "delta_base": base, "this_update": NOW - HOUR} | changes)


def ask(*crls: CertificateRevocationList, **options: Any) -> RevocationResult:
    certificate = options.pop("certificate", LEAF)
    context = options.pop("context", CONTEXT)
    return CRLChecker(crls, **options).check(certificate, ROOT.certificate, context)


# ---- applied --------------------------------------------------------------------------------------------------------
def test_a_delta_list_adds() -> None:
    result = ask(complete(), delta(revoked(5, ReasonCode.SUPERSEDED)))
    assert (result.status, result.reason, result.this_update) == (REVOKED, ReasonCode.SUPERSEDED, NOW - HOUR)
    assert "delta list" in result.detail


def test_a_delta_list_takes_off_hold() -> None:
    assert ask(complete(revoked(5, HOLD))).status is REVOKED
    result = ask(complete(revoked(5, HOLD)), delta(revoked(5, REMOVE)))
    assert result.status is GOOD
    assert (result.this_update, result.next_update) == (NOW - DAY, NOW + DAY)


def test_a_delta_list_changes_the_reason() -> None:
    result = ask(complete(revoked(5, HOLD)), delta(revoked(5, ReasonCode.KEY_COMPROMISE)))
    assert (result.status, result.reason) == (REVOKED, ReasonCode.KEY_COMPROMISE)


def test_what_a_delta_list_does_not_name_is_as_the_complete_list_says() -> None:
    assert ask(complete(), delta(revoked(6))).status is GOOD
    assert ask(complete(revoked(5)), delta(revoked(6))).status is REVOKED


def test_a_revocation_in_a_delta_list_counts_more_than_a_removal_there() -> None:
    assert ask(complete(revoked(5, HOLD)), delta(revoked(5, REMOVE), revoked(5))).status is REVOKED


def test_the_latest_delta_list_is_applied() -> None:
    old = delta(revoked(5, HOLD), number=11, this_update=NOW - 2 * HOUR)
    new = delta(revoked(5, REMOVE), number=12)
    assert ask(complete(), old, new).status is ask(complete(), new, old).status is GOOD


def test_a_complete_list_may_be_later_than_the_base() -> None:
    assert ask(complete(number=11), delta(revoked(5), base=10)).status is REVOKED


def test_a_delta_list_alone_says_nothing() -> None:
    assert ask(delta()).status is UNKNOWN
    assert ask(delta(revoked(5))).status is UNKNOWN


# ---- not applied ----------------------------------------------------------------------------------------------------
def left_out(applied: CertificateRevocationList, *, to: CertificateRevocationList | None = None) -> None:
    """Check that a delta list which would revoke is left out."""
    result = ask(to or complete(), applied)
    assert result.status is GOOD
    assert result.this_update == NOW - DAY


def test_a_delta_list_to_a_later_base() -> None:
    left_out(delta(revoked(5), base=11))


@pytest.mark.parametrize("number", [12, 13])
def test_a_complete_list_that_is_as_new(number: int) -> None:
    left_out(delta(revoked(5), number=12), to=complete(number=number))


def test_a_delta_list_out_of_date() -> None:
    left_out(delta(revoked(5), next_update=NOW - HOUR / 2))
    left_out(delta(revoked(5), this_update=NOW + HOUR))
    context = RevocationContext(NOW + 2 * HOUR)
    assert ask(
        complete(revoked(5, HOLD)), delta(revoked(5, REMOVE), next_update=NOW + HOUR), context=context
    ).status is (REVOKED)


def test_a_forged_delta_list() -> None:
    builder = replace(ROOT.builder(revoked(5, REMOVE)), number=12, delta_base=10, this_update=NOW - HOUR)
    forged = builder.sign(Authority("别人").key)
    assert ask(complete(revoked(5, HOLD)), forged).status is REVOKED
    left_out(replace(builder, entries=[revoked(5)]).sign(Authority("别人").key))


@pytest.mark.parametrize(
    ("of_delta", "of_complete"),
    [
        (IssuingDistributionPoint(only_contains_user_certs=True), None),
        (None, IssuingDistributionPoint(only_contains_user_certs=True)),
        (IssuingDistributionPoint(indirect_crl=True), IssuingDistributionPoint(only_contains_user_certs=True)),
    ],
)
def test_a_delta_list_of_another_scope(of_delta: Any, of_complete: Any) -> None:
    left_out(
        delta(revoked(5), issuing_distribution_point=of_delta),
        to=complete(issuing_distribution_point=of_complete),
    )


def test_a_delta_list_of_the_same_scope() -> None:
    scope = IssuingDistributionPoint(only_contains_user_certs=True)
    lists = (complete(issuing_distribution_point=scope), delta(revoked(5), issuing_distribution_point=scope))
    assert ask(*lists).status is REVOKED


def test_a_delta_list_that_names_another_key() -> None:
    left_out(delta(revoked(5), authority_key_identifier=AuthorityKeyIdentifier(b"another key")))
    left_out(delta(revoked(5), authority_key_identifier=None))


def test_lists_without_numbers_do_not_go_together() -> None:
    fields = der.Reader(complete().tbs_der).sequence()
    parts = []
    while not fields.at_end():
        parts.append(fields.raw_element())
    kept = [e.to_der() for e in complete().extensions if e.extn_id != "2.5.29.20"]
    tbs = der.encode_sequence(*parts[:-1], der.encode_explicit(0, der.encode_sequence(*kept)))
    crl = load_crl(der.encode_sequence(tbs, parts[1], der.encode_bit_string(ROOT.key.sign(tbs))))
    assert crl.crl_number is None
    left_out(delta(revoked(5)), to=crl)


def test_a_delta_list_with_something_critical() -> None:
    extensions = (Extension(find("1.2.3.4"), True, b"\x05\x00"),)
    left_out(delta(revoked(5), extensions=extensions))
    assert ask(complete(revoked(5, HOLD)), delta(revoked(5, REMOVE), extensions=extensions)).status is REVOKED


# ---- fetched --------------------------------------------------------------------------------------------------------
FRESHEST = FreshestCRL((DistributionPoint.uri(DELTA_URI),))


def test_delta_lists_are_fetched_from_where_the_list_says() -> None:
    fetch = Fetcher({DELTA_URI: delta(revoked(5))})
    assert ask(complete(), fetch=fetch).status is GOOD
    assert fetch.asked == []
    assert ask(complete(freshest_crl=FRESHEST), fetch=fetch).status is REVOKED
    assert fetch.asked == [DELTA_URI]


def test_delta_lists_are_fetched_from_where_the_certificate_says() -> None:
    certificate = ROOT.issue("李四", 5, FRESHEST)
    fetch = Fetcher({DELTA_URI: delta(revoked(5))})
    assert ask(complete(), certificate=certificate, fetch=fetch).status is REVOKED


@pytest.mark.parametrize("answer", [OSError("gone"), b"rubbish", complete(revoked(5)), delta(revoked(5), base=11)])
def test_without_a_delta_list_the_complete_list_decides(answer: Any) -> None:
    fetch = Fetcher({DELTA_URI: answer})
    assert ask(complete(freshest_crl=FRESHEST), fetch=fetch).status is GOOD
    assert fetch.asked == [DELTA_URI]


def test_a_complete_list_is_not_a_delta_list() -> None:
    uri = "http://crl.example.cn/root.crl"
    certificate = ROOT.issue("李四", 6, points=(DistributionPoint.uri(uri),))
    fetch = Fetcher({uri: delta(revoked(6))})
    result = ask(certificate=certificate, fetch=fetch)
    assert result.status is UNKNOWN
    assert "of the other kind" in result.detail
