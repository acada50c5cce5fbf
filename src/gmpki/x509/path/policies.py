"""Certificate policies along a path: RFC 5280 6.1 with the graph of RFC 9618, whose size is that of the certificates.

The tree that RFC 5280 describes can grow exponentially with the length of the path. The graph has at most one node for
each policy and depth, and gives the same answers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["ANY_POLICY", "PolicyFacts", "PolicyProcessing"]

ANY_POLICY: Final = "2.5.29.32.0"


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """What one certificate says about policies.

    :ivar self_issued: whether its subject is its issuer.
    :ivar policies: the object identifiers of certificatePolicies, None when the extension is absent.
    :ivar mappings: pairs of issuerDomainPolicy and subjectDomainPolicy.
    :ivar require_explicit_policy: of policyConstraints, None when absent.
    :ivar inhibit_policy_mapping: of policyConstraints, None when absent.
    :ivar inhibit_any_policy: skipCerts of inhibitAnyPolicy, None when absent.
    """

    self_issued: bool = False
    policies: tuple[str, ...] | None = None
    mappings: tuple[tuple[str, str], ...] = ()
    require_explicit_policy: int | None = None
    inhibit_policy_mapping: int | None = None
    inhibit_any_policy: int | None = None


@dataclass(eq=False, slots=True)
class _Node:
    """A policy that holds up to a depth.

    :ivar valid_policy: the policy.
    :ivar expected: what would satisfy it in the next certificate.
    :ivar parents: the nodes one depth above that led to it.
    :ivar children: how many nodes one depth below it leads to.
    """

    valid_policy: str
    expected: set[str]
    parents: list[_Node]
    children: int = 0


@dataclass(eq=False, slots=True)
class _Graph:
    """The valid_policy_graph: for each depth, its nodes by policy. No depth at all stands for NULL."""

    depths: list[dict[str, _Node]] = field(default_factory=list)

    @classmethod
    def initial(cls) -> _Graph:
        """Return the graph of 6.1.2 (a): anyPolicy at depth 0."""
        return cls([{ANY_POLICY: _Node(ANY_POLICY, {ANY_POLICY}, [])}])

    @property
    def is_null(self) -> bool:
        return not self.depths

    def add(self, policy: str, parents: list[_Node], expected: Iterable[str]) -> None:
        """Add a node to the last depth."""
        self.depths[-1][policy] = _Node(policy, set(expected), parents)
        for parent in parents:
            parent.children += 1

    def prune(self) -> None:
        """Delete the nodes above the last depth that lead nowhere, and the graph with its last node.

        Each node is deleted once, and each edge is followed once for that.
        """
        for depth in range(len(self.depths) - 2, -1, -1):
            for node in [node for node in self.depths[depth].values() if not node.children]:
                self.delete(depth, node.valid_policy)
        if not all(self.depths):
            self.depths.clear()

    def delete(self, depth: int, policy: str) -> None:
        """Delete a node without children."""
        for parent in self.depths[depth].pop(policy).parents:
            parent.children -= 1


class PolicyProcessing:
    """The policy part of validating one path. A context: give it the certificates in order, from the anchor down.

    :param count: how many certificates there are, without the anchor.
    :param explicit: initial-explicit-policy.
    :param inhibit_mapping: initial-policy-mapping-inhibit.
    :param inhibit_any: initial-any-policy-inhibit.
    :standard: RFC 5280 6.1.2 (a), (d) to (f), as RFC 9618 5 changes it
    """

    def __init__(self, count: int, *, explicit: bool, inhibit_mapping: bool, inhibit_any: bool) -> None:
        self._graph = _Graph.initial()
        self._left = count
        self._explicit = 0 if explicit else count + 1
        self._inhibit_any = 0 if inhibit_any else count + 1
        self._mapping = 0 if inhibit_mapping else count + 1

    def take(self, facts: PolicyFacts) -> bool:
        """Process the next certificate; tell whether the path may go on.

        :standard: RFC 5280 6.1.3 (d) to (f), 6.1.4 (a), (b), (h) to (j)
        """
        self._left -= 1
        final = self._left == 0
        if facts.policies is None:
            self._graph.depths.clear()
        elif not self._graph.is_null:
            self._add_policies(facts.policies, any_counts=self._inhibit_any > 0 or (not final and facts.self_issued))
        if self._explicit == 0 and self._graph.is_null:
            return False
        if not final:
            if any(ANY_POLICY in mapping for mapping in facts.mappings):
                return False
            self._map(facts.mappings)
            self._count_down(facts)
        elif facts.require_explicit_policy == 0:
            self._explicit = 0  # 6.1.5 (b)
        return True

    def _add_policies(self, policies: Sequence[str], *, any_counts: bool) -> None:
        """Add one depth for what a certificate asserts (6.1.3 (d))."""
        above = self._graph.depths[-1]
        expecting: dict[str, list[_Node]] = {}
        for node in above.values():
            for policy in node.expected:
                expecting.setdefault(policy, []).append(node)
        self._graph.depths.append({})
        for policy in dict.fromkeys(policies):
            if policy == ANY_POLICY:
                continue
            if policy in expecting:
                self._graph.add(policy, expecting[policy], {policy})
            elif ANY_POLICY in above:
                self._graph.add(policy, [above[ANY_POLICY]], {policy})
        if any_counts and ANY_POLICY in policies:
            for policy, parents in expecting.items():
                if policy not in self._graph.depths[-1]:
                    self._graph.add(policy, parents, {policy})
        self._graph.prune()

    def _map(self, mappings: Sequence[tuple[str, str]]) -> None:
        """Apply policyMappings (6.1.4 (b))."""
        if self._graph.is_null:
            return
        targets: dict[str, set[str]] = {}
        for issuer_domain, subject_domain in mappings:
            targets.setdefault(issuer_domain, set()).add(subject_domain)
        depth = self._graph.depths[-1]
        any_above = self._graph.depths[-2].get(ANY_POLICY)
        has_any = ANY_POLICY in depth
        for policy, expected in targets.items():
            if self._mapping == 0:
                if policy in depth:
                    self._graph.delete(len(self._graph.depths) - 1, policy)
            elif policy in depth:
                depth[policy].expected = expected
            elif has_any and any_above is not None:
                self._graph.add(policy, [any_above], expected)
        self._graph.prune()

    def _count_down(self, facts: PolicyFacts) -> None:
        """Come one certificate nearer to where the constraints begin to hold (6.1.4 (h) to (j))."""
        if not facts.self_issued:
            self._explicit = max(0, self._explicit - 1)
            self._mapping = max(0, self._mapping - 1)
            self._inhibit_any = max(0, self._inhibit_any - 1)
        if facts.require_explicit_policy is not None:
            self._explicit = min(self._explicit, facts.require_explicit_policy)
        if facts.inhibit_policy_mapping is not None:
            self._mapping = min(self._mapping, facts.inhibit_policy_mapping)
        if facts.inhibit_any_policy is not None:
            self._inhibit_any = min(self._inhibit_any, facts.inhibit_any_policy)

    def finish(self, wanted: frozenset[str]) -> frozenset[str] | None:
        """Return the user_constrained_policy_set; None when the path fails because it is empty and must not be.

        :param wanted: user-initial-policy-set; with anyPolicy in it, whatever the authorities say.
        :standard: RFC 5280 6.1.5 (a) and (g) as in RFC 9618 5.5
        """
        self._explicit = max(0, self._explicit - 1)
        asserted = self._authority_constrained()
        if ANY_POLICY not in wanted:
            asserted = wanted if ANY_POLICY in asserted else asserted & wanted
        return asserted if asserted or self._explicit > 0 else None

    def _authority_constrained(self) -> frozenset[str]:
        if self._graph.is_null:
            return frozenset()
        found = {
            policy
            for depth in self._graph.depths[1:]
            for policy, node in depth.items()
            if policy != ANY_POLICY and len(node.parents) == 1 and node.parents[0].valid_policy == ANY_POLICY
        }
        if ANY_POLICY in self._graph.depths[-1]:
            found.add(ANY_POLICY)
        return frozenset(found)
