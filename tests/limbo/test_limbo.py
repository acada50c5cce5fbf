"""The path validation suites: x509-limbo where it is present, the same signed with SM2, and our own cases."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gmpki.asn1 import der
from gmpki.errors import GmpkiError
from gmpki.x509.certificate import load_certificate
from gmpki.x509.path import REASONS, PathProfile
from limbo import run_limbo
from limbo.harness import Case, judge, not_applicable, policy_of, run
from limbo.resign import SM2_WITH_SM3, Resigner, der_to_pem, elements, pem_to_der, resigned
from vector_files import VECTORS, use_generators

OWN = json.loads((VECTORS / "limbo" / "dual_certificates.json").read_text(encoding="utf-8"))["testcases"]


@pytest.fixture(scope="session")
def suite(test_data: Path) -> list[Case]:
    """Give the cases of x509-limbo, or skip."""
    path = test_data / run_limbo.SUITE
    if not path.is_file():
        pytest.skip("outside test data: x509-limbo not present")
    return run_limbo.load(path)


# ---- our own cases ---------------------------------------------------------------------------
@pytest.mark.parametrize("case", OWN, ids=[case["id"] for case in OWN])
def test_own_case(case: Case) -> None:
    verdict = judge(case)
    assert verdict.as_expected == case["expected_result"], verdict


# What the refused cases of each group may be refused for.
REFUSED_FOR = {
    "signing": {"key-usage", "key-usage-form"},
    "encryption": {"key-usage"},
    "tlcp": {"key-usage", "extended-key-usage", "peer-name"},
    "usage": {"key-usage", "extended-key-usage"},
    "chain": {"key-usage", "not-a-ca", "path-length", "signature", "extended-key-usage"},
    "signature": {"signature", "algorithm", "DecodeError"},
    "time": {"expired", "not-yet-valid"},
    "revocation": {"revoked", "revocation-unknown"},
}


def test_own_cases_are_refused_for_what_they_are_about() -> None:
    found = defaultdict(set)
    for case in OWN:
        if case["expected_result"] == "FAILURE":
            found[case["id"].split("::")[1]].add(judge(case).reason)
    assert dict(found) == REFUSED_FOR


def test_there_are_many_of_both_kinds() -> None:
    results = [case["expected_result"] for case in OWN]
    assert len(results) >= 60
    assert min(results.count("SUCCESS"), results.count("FAILURE")) >= 30


@pytest.mark.parametrize("case", [c for c in OWN if c["expected_result"] == "SUCCESS"], ids=lambda case: case["id"])
def test_a_good_case_with_another_root_is_refused(case: Case) -> None:
    strangers = next(c for c in OWN if c["id"] == "gmpki::chain::anchor-namesake")["trusted_certs"]
    verdict = judge({**case, "trusted_certs": strangers})
    assert not verdict.accepted
    assert verdict.reason in {"signature", "no-path"}


# ---- x509-limbo ------------------------------------------------------------------------------
def test_limbo(suite: list[Case], record_property: Any) -> None:
    outcome = run(suite, left_out=not_applicable("limbo"))
    record_property("limbo", str(outcome))
    print(f"limbo: {outcome}")
    assert outcome.bad_accepts == []
    assert outcome.agreed >= 0.95 * outcome.run
    assert [case["id"] for case, _ in outcome.disagreements] == []


def test_limbo_with_sm2(suite: list[Case], record_property: Any) -> None:
    outcome = run(resigned(suite), left_out=not_applicable("sm2"))
    record_property("limbo with SM2", str(outcome))
    assert outcome.bad_accepts == []
    assert [case["id"] for case, _ in outcome.disagreements] == []
    assert len(outcome.left_out) <= 0.06 * len(suite)


def test_cases_with_sm2_are_refused_for_the_same_reason(suite: list[Case]) -> None:
    left_out = not_applicable("sm2")
    outcome = run(suite, left_out=left_out)
    differences = []
    for case, new in zip(suite, resigned(suite), strict=True):
        if case["id"] in outcome.left_out:
            continue
        was, now = judge(case), judge(new)
        if was.reason != now.reason:
            differences.append((case["id"], was.reason, now.reason))
    assert differences == []


def test_what_is_left_out_is_in_the_suite_and_has_a_reason(suite: list[Case]) -> None:
    import fnmatch

    for section in ("limbo", "sm2"):
        for ids, reason in not_applicable(section).items():
            assert len(reason) > 20
            assert [case for case in suite if fnmatch.fnmatchcase(case["id"], ids)], ids


def test_the_profile_is_that_of_the_namespace() -> None:
    case = OWN[0]
    assert policy_of(case).profile is PathProfile.RFC5280
    assert policy_of({**case, "id": "webpki::san::x"}).profile is PathProfile.WEBPKI
    assert policy_of({**case, "id": "rfc5280::webpki::x"}).profile is PathProfile.RFC5280


def test_the_harness_notices_wrong_verdicts() -> None:
    good, bad = (next(c for c in OWN if c["expected_result"] == result) for result in ("SUCCESS", "FAILURE"))
    swapped = [{**good, "expected_result": "FAILURE"}, {**bad, "expected_result": "SUCCESS"}, good, bad]
    outcome = run(swapped)
    assert (outcome.agreed, outcome.run, len(outcome.bad_accepts)) == (2, 4, 1)
    assert run(swapped, left_out={"gmpki::signing::*": "for the test"}).run == 0
    assert judge(bad).reason in REASONS


# ---- signing anew ----------------------------------------------------------------------------
@cache
def new_case() -> tuple[Case, Case]:
    case = next(c for c in OWN if c["id"] == "gmpki::revocation::signing-revoked")
    return case, Resigner(case).run()


def test_signing_anew_changes_keys_and_signatures_only() -> None:
    case, new = new_case()
    for old, fresh in zip([*case["trusted_certs"], case["peer_certificate"]],
                          [*new["trusted_certs"], new["peer_certificate"]], strict=True):  # fmt: skip
        before, after = load_certificate(old.encode()), load_certificate(fresh.encode())
        assert before.public_key_info != after.public_key_info
        assert (before.subject, before.issuer, before.serial_number) == (
            after.subject,
            after.issuer,
            after.serial_number,
        )
        assert tuple(before.extensions) == tuple(after.extensions)
        assert (before.not_before, before.not_after) == (after.not_before, after.not_after)
    assert judge(new).reason == judge(case).reason == "revoked"


def test_signatures_made_anew_are_confirmed_by_the_reference() -> None:
    use_generators()
    from reference import sm2

    case, new = new_case()
    root = load_certificate(new["trusted_certs"][0].encode())
    point = root.public_key_info.subject_public_key
    public = int.from_bytes(point[1:33], "big"), int.from_bytes(point[33:], "big")
    for text in (new["trusted_certs"][0], new["peer_certificate"], new["crls"][0]):
        tbs, algorithm, signature = elements(pem_to_der(text))
        assert algorithm == SM2_WITH_SM3
        with der.Reader(der.Reader(signature).bit_string_bytes()).sequence() as numbers:
            r, s = numbers.integer("r"), numbers.integer("s")
        assert sm2.verify(public, sm2.digest(public, sm2.DEFAULT_USER_ID, tbs), r, s)
    assert case != new


def test_what_did_not_verify_does_not_verify_anew() -> None:
    for name in ("gmpki::chain::namesake", "gmpki::revocation::list-forged", "gmpki::signature::altered"):
        case = next(c for c in OWN if c["id"] == name)
        assert not judge(Resigner(case).run()).accepted


def test_a_mismatch_of_algorithms_is_kept() -> None:
    case = next(c for c in OWN if c["id"] == "gmpki::signature::null-outside")
    with pytest.raises(GmpkiError):
        load_certificate(Resigner(case).run()["peer_certificate"].encode())


def test_pem() -> None:
    assert pem_to_der(der_to_pem("X", bytes(range(100)))) == bytes(range(100))
