"""Certificate policies along a path: RFC 5280 6.1 with the graph of RFC 9618."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.x509.path.policies import ANY_POLICY, PolicyFacts, PolicyProcessing

ANY = ANY_POLICY
GOLD, SILVER, BRONZE, RED = "1.2.3.1", "1.2.3.2", "1.2.3.3", "1.2.3.4"
EVERYTHING = frozenset({ANY})


def facts(*policies: str, **more: Any) -> PolicyFacts:
    return PolicyFacts(policies=policies or None, **more)


def outcome(
    *path: PolicyFacts,
    wanted: frozenset[str] = EVERYTHING,
    explicit: bool = False,
    inhibit_mapping: bool = False,
    inhibit_any: bool = False,
) -> frozenset[str] | None:
    """Process a path from its anchor down; None when it fails."""
    processing = PolicyProcessing(
        len(path), explicit=explicit, inhibit_mapping=inhibit_mapping, inhibit_any=inhibit_any
    )
    for certificate in path:
        if not processing.take(certificate):
            return None
    return processing.finish(wanted)


def test_a_policy_asserted_by_all_holds() -> None:
    assert outcome(facts(GOLD), facts(GOLD), facts(GOLD)) == {GOLD}
    assert outcome(facts(GOLD, SILVER), facts(SILVER), facts(SILVER, GOLD)) == {SILVER}
    assert outcome(facts(GOLD), facts(SILVER)) == frozenset()


def test_without_the_extension_no_policy_holds() -> None:
    assert outcome(facts(GOLD), facts(), facts(GOLD)) == frozenset()
    assert outcome(facts(), explicit=True) is None


def test_an_explicit_policy_may_be_required_by_the_caller() -> None:
    assert outcome(facts(GOLD), facts(GOLD), explicit=True) == {GOLD}
    assert outcome(facts(GOLD), facts(SILVER), explicit=True) is None
    assert outcome(facts(GOLD), facts(GOLD), explicit=True, wanted=frozenset({SILVER})) is None
    assert outcome(facts(GOLD), facts(GOLD), explicit=True, wanted=frozenset({SILVER, GOLD})) == {GOLD}
    assert outcome(facts(GOLD), facts(GOLD), wanted=frozenset({SILVER})) == frozenset()


def test_any_policy_stands_for_all() -> None:
    assert outcome(facts(ANY), facts(GOLD)) == {GOLD}
    assert outcome(facts(GOLD), facts(ANY)) == {GOLD}
    assert outcome(facts(ANY), facts(ANY)) == {ANY}
    assert outcome(facts(ANY), facts(ANY), wanted=frozenset({RED}), explicit=True) == {RED}
    assert outcome(facts(ANY, GOLD), facts(ANY)) == {ANY, GOLD}


def test_any_policy_may_be_inhibited() -> None:
    assert outcome(facts(ANY), facts(GOLD), inhibit_any=True) == frozenset()
    assert outcome(facts(ANY), facts(GOLD), inhibit_any=True, explicit=True) is None
    assert outcome(facts(GOLD, inhibit_any_policy=0), facts(ANY), explicit=True) is None
    assert outcome(facts(GOLD, inhibit_any_policy=1), facts(ANY), explicit=True) == {GOLD}
    assert outcome(facts(GOLD, inhibit_any_policy=1), facts(ANY), facts(ANY), explicit=True) is None
    assert (
        outcome(facts(GOLD, inhibit_any_policy=5), facts(ANY, inhibit_any_policy=0), facts(ANY), explicit=True) is None
    )


def test_a_self_issued_certificate_in_the_middle_may_use_any_policy() -> None:
    path = (facts(GOLD, inhibit_any_policy=0), facts(ANY, self_issued=True), facts(GOLD))
    assert outcome(*path, explicit=True) == {GOLD}
    assert outcome(facts(GOLD, inhibit_any_policy=0), facts(ANY, self_issued=True), explicit=True) is None


def test_require_explicit_policy_counts_certificates() -> None:
    def path(skip: int) -> tuple[PolicyFacts, ...]:
        return facts(GOLD, require_explicit_policy=skip), facts(GOLD), facts()

    assert outcome(*path(0)) is None
    assert outcome(*path(1)) is None
    assert outcome(*path(2)) is None
    assert outcome(*path(3)) == frozenset()
    # Self-issued certificates do not count.
    near = (facts(GOLD, require_explicit_policy=2), facts(GOLD, self_issued=True), facts())
    assert outcome(*near) == frozenset()
    distant = (facts(GOLD, require_explicit_policy=2), facts(GOLD, self_issued=True), facts(GOLD), facts())
    assert outcome(*distant) is None


def test_the_last_certificate_may_require_an_explicit_policy() -> None:
    assert outcome(facts(GOLD), facts(SILVER, require_explicit_policy=0)) is None
    assert outcome(facts(GOLD), facts(GOLD, require_explicit_policy=0)) == {GOLD}
    assert outcome(facts(GOLD), facts(SILVER, require_explicit_policy=1)) == frozenset()
    assert outcome(facts(GOLD), facts(GOLD, require_explicit_policy=0), wanted=frozenset({RED})) is None


def test_policies_are_mapped() -> None:
    mapping = facts(GOLD, mappings=((GOLD, SILVER),))
    assert outcome(mapping, facts(SILVER), explicit=True) == {GOLD}
    assert outcome(mapping, facts(GOLD), explicit=True) is None
    assert outcome(mapping, facts(ANY), explicit=True) == {GOLD}
    twice = (mapping, facts(SILVER, mappings=((SILVER, BRONZE),)), facts(BRONZE))
    assert outcome(*twice, explicit=True) == {GOLD}


def test_mapping_to_several_and_from_several() -> None:
    assert outcome(facts(GOLD, mappings=((GOLD, SILVER), (GOLD, BRONZE))), facts(BRONZE)) == {GOLD}
    both = facts(GOLD, SILVER, mappings=((GOLD, RED), (SILVER, RED)))
    assert outcome(both, facts(RED)) == {GOLD, SILVER}


def test_a_policy_that_was_not_asserted_is_mapped_from_any_policy() -> None:
    assert outcome(facts(ANY, mappings=((GOLD, SILVER),)), facts(SILVER), explicit=True) == {GOLD}
    assert outcome(facts(RED, mappings=((GOLD, SILVER),)), facts(SILVER), explicit=True) is None


def test_mapping_may_be_inhibited() -> None:
    path = (facts(GOLD, mappings=((GOLD, SILVER),)), facts(SILVER))
    assert outcome(*path, inhibit_mapping=True, explicit=True) is None
    assert outcome(*path, inhibit_mapping=True) == frozenset()
    kept = (facts(GOLD, RED, mappings=((GOLD, SILVER),)), facts(RED))
    assert outcome(*kept, inhibit_mapping=True, explicit=True) == {RED}
    later = (facts(GOLD, inhibit_policy_mapping=0), facts(GOLD, mappings=((GOLD, SILVER),)), facts(SILVER))
    assert outcome(*later, explicit=True) is None
    allowed = (facts(GOLD, inhibit_policy_mapping=1), *later[1:])
    assert outcome(*allowed, explicit=True) == {GOLD}


@pytest.mark.parametrize("mapping", [(ANY, GOLD), (GOLD, ANY)])
def test_any_policy_is_never_mapped(mapping: tuple[str, str]) -> None:
    assert outcome(facts(GOLD, mappings=(mapping,)), facts(GOLD)) is None


def test_the_last_certificate_maps_nothing() -> None:
    assert outcome(facts(GOLD, mappings=((GOLD, SILVER), (ANY, RED)))) == {GOLD}


def test_a_policy_that_is_repeated_counts_once() -> None:
    assert outcome(facts(GOLD, GOLD), facts(GOLD)) == {GOLD}


def test_the_graph_does_not_grow_exponentially() -> None:
    """Every certificate maps each of 30 policies to all 30: the tree of RFC 5280 would have 30 ** 20 leaves."""
    policies = tuple(f"1.2.3.{index}" for index in range(30))
    mappings = tuple((one, other) for one in policies for other in policies)
    path = [PolicyFacts(policies=policies, mappings=mappings)] * 20
    begin = time.monotonic()
    assert outcome(*path, explicit=True) == set(policies)
    assert time.monotonic() - begin < 10


Node = tuple[str, frozenset[str]]


def by_the_tree(path: list[PolicyFacts], wanted: frozenset[str], explicit: bool, inhibit_any: bool) -> Any:
    """Process the policies of a path without constraints and mappings as sets, in the simplest way."""
    valid: set[str] | None = {ANY}
    for index, certificate in enumerate(path):
        if certificate.policies is None or valid is None:
            valid = None
            continue
        asserted = set(certificate.policies)
        final = index == len(path) - 1
        any_counts = ANY in asserted and (not inhibit_any or (certificate.self_issued and not final))
        stated = asserted - {ANY}
        kept = stated if ANY in valid else stated & valid
        valid = kept | (valid if any_counts else set()) or None
    held = frozenset(valid or ())
    if ANY not in wanted:
        held = wanted if ANY in held else held & wanted
    return None if explicit and not held else held


certificates = st.builds(
    PolicyFacts,
    self_issued=st.booleans(),
    policies=st.none() | st.lists(st.sampled_from([ANY, GOLD, SILVER, RED]), min_size=1, max_size=4).map(tuple),
)


@given(
    st.lists(certificates, min_size=1, max_size=5),
    st.frozensets(st.sampled_from([ANY, GOLD, RED]), min_size=1),
    st.booleans(),
    st.booleans(),
)
def test_without_mappings_the_graph_is_an_intersection(
    path: list[PolicyFacts], wanted: frozenset[str], explicit: bool, inhibit_any: bool
) -> None:
    got = outcome(*path, wanted=wanted, explicit=explicit, inhibit_any=inhibit_any)
    expected = by_the_tree(path, wanted, explicit, inhibit_any)
    assert (got is None) == (expected is None)
    if got is not None and ANY not in got:
        assert got == expected
