"""The search for a path from a certificate to a trust anchor.

Depth first, from the certificate upwards. What can be judged without a signature is judged before one is verified, and
everything is judged as soon as a certificate takes its place, so that a wrong way ends where it begins. Name and key
decide what an issuer is; key identifiers only say whom to try first. Three budgets end a search that somebody made
expensive.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki.errors import GmpkiError, InvalidSignature, RevokedError, ValidationError
from gmpki.x509.certificate import Certificate
from gmpki.x509.path import checks
from gmpki.x509.path.facts import Facts
from gmpki.x509.path.name_constraints import NameSpace
from gmpki.x509.path.policy import PROFILE_REASONS, AnchorRules, PathPolicy, PathProfile
from gmpki.x509.path.result import Departure, refusal
from gmpki.x509.path.rules import RFC5280_RULES, Place
from gmpki.x509.path.webpki_rules import WEBPKI_RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from gmpki.asn1.quirks import Quirk
    from gmpki.asn1.rfc5280 import SubjectPublicKeyInfo
    from gmpki.x509.named_key import TrustAnchor

__all__ = ["FoundPath", "Issuers", "Search"]

_RULES: Final = {
    (profile, place): tuple(rule for rule in rules if rule.places & place)
    for profile, rules in ((PathProfile.RFC5280, RFC5280_RULES), (PathProfile.WEBPKI, WEBPKI_RULES))
    for place in Place
}
# An honest certificate holds under one key; who makes more pays for their verification each time.
_MAX_HELD: Final = 8


@dataclass(frozen=True, slots=True)
class FoundPath:
    """A path in which every certificate has passed what concerns it, policies and revocation left out.

    :ivar chain: from the certificate that was asked about to the one that the anchor signed.
    """

    chain: tuple[Facts, ...]
    anchor: TrustAnchor
    quirks: tuple[tuple[Quirk, ...], ...]
    departures: tuple[Departure, ...]


@dataclass(eq=False, slots=True)
class _Anchor:
    """A trust anchor, with what its certificate says when that counts."""

    anchor: TrustAnchor
    facts: Facts | None


class Issuers:
    """The trust anchors and the other certificates that may be issuers, by name."""

    def __init__(
        self, anchors: Sequence[TrustAnchor], intermediates: Sequence[Facts], name_key: Callable[..., bytes]
    ) -> None:
        self._anchors: dict[bytes, list[_Anchor]] = {}
        self._intermediates: dict[bytes, list[Facts]] = {}
        for anchor in dict.fromkeys(anchors):
            facts = None if anchor.certificate is None else Facts.of(anchor.certificate)
            self._anchors.setdefault(name_key(anchor.subject), []).append(_Anchor(anchor, facts))
        for intermediate in intermediates:
            self._intermediates.setdefault(intermediate.subject_key, []).append(intermediate)

    def of(self, facts: Facts) -> Iterator[_Anchor | Facts]:
        """Give whoever has the name of a certificate's issuer: anchors first, then by key identifier, the youngest
        first.
        """
        yield from self._anchors.get(facts.issuer_key, ())
        candidates = self._intermediates.get(facts.issuer_key)
        if candidates and len(candidates) > 1:
            wanted = _identifier_wanted(facts)
            candidates = sorted(candidates, key=lambda candidate: _preference(candidate, wanted))
        yield from candidates or ()


def _identifier_wanted(facts: Facts) -> bytes | None:
    try:
        return None if facts.authority_key is None else facts.authority_key.key_identifier
    except ValidationError:
        return None


def _preference(candidate: Facts, wanted: bytes | None) -> tuple[int, float]:
    try:
        identifier = candidate.subject_key_identifier
    except ValidationError:
        identifier = None
    agrees = 1 if wanted is None or identifier is None else 2 * (identifier != wanted)
    return agrees, -candidate.certificate.not_before.timestamp()


@dataclass(eq=False, slots=True)
class _Budget:
    """What is left to spend."""

    candidates: int
    signatures: int
    comparisons: int

    def spend(self, what: str, amount: int = 1) -> None:
        left = getattr(self, what) - amount
        setattr(self, what, left)
        if left < 0:
            raise refusal("limit", f"the search for a path needs more {what} than the policy allows")


@dataclass(eq=False, slots=True)
class _Failure:
    """The failure that came nearest to a path, and how near: depth first, then how much it says."""

    error: ValidationError
    rank: tuple[int, int]


def _about_root(error: ValidationError, candidate: _Anchor | Facts) -> ValidationError:
    """Return the error for a candidate; for a self-signed one that is not trusted, say that instead of what ails it."""
    if isinstance(candidate, _Anchor) or error.reason not in PROFILE_REASONS or not candidate.is_self_issued:
        return error
    subject = str(candidate.certificate.subject)[:300]
    message = f"{subject!r} has issued its own certificate and is no trust anchor"
    return refusal("no-path", message, candidate.certificate)


_TELLS_LITTLE: Final = {"no-path": 0, "signature": 1, "algorithm": 1}


@dataclass(eq=False)
class Search:
    """One search. A context: used once, by one thread.

    :ivar accept: judges a path as a whole and returns when it is acceptable; raises ValidationError when not.
    """

    target: Facts
    issuers: Issuers
    policy: PathPolicy
    at: datetime
    accept: Callable[[FoundPath], None]
    _verified: dict[tuple[Facts, SubjectPublicKeyInfo], tuple[Quirk, ...] | ValidationError] = field(
        default_factory=dict
    )
    _judged: dict[tuple[Facts, Place], tuple[Departure, ...] | ValidationError] = field(default_factory=dict)

    def __post_init__(self) -> None:
        policy = self.policy
        self._budget = _Budget(policy.max_candidates, policy.max_signatures, policy.max_name_comparisons)
        self._chain = [self.target]
        # For each certificate of the chain but the last, what was met in its signature.
        self._links: list[tuple[Quirk, ...]] = []
        self._initial = NameSpace(policy.permitted, policy.excluded) if policy.permitted or policy.excluded else None
        self._best = _Failure(refusal("no-path", "no path has been found", self.target.certificate), (0, 0))

    def run(self) -> FoundPath:
        """Find a path that is acceptable as a whole.

        :raises ValidationError: the failure that came nearest to a path; "limit" when a budget ran out.
        """
        self._judge(self.target, Place.TARGET)
        if self._initial is not None:
            self._check_names(self._initial, [self.target])
        levels = [self.issuers.of(self.target)]
        while levels:
            candidate = next(levels[-1], None)
            if candidate is None:
                levels.pop()
                self._note_end(self._chain.pop())
                del self._links[-1:]
                continue
            self._budget.spend("candidates")
            try:
                if isinstance(candidate, _Anchor):
                    return self._arrive(candidate)
                quirks = self._step(candidate)
            except ValidationError as error:
                if error.reason == "limit" or self._is_hopeless(error):
                    raise
                self._note(_about_root(error, candidate))
            else:
                self._chain.append(candidate)
                self._links.append(quirks)
                levels.append(self.issuers.of(candidate))
        raise self._best.error

    def _is_hopeless(self, error: ValidationError) -> bool:
        """Tell whether no other way can help: the certificate itself is revoked."""
        return isinstance(error, RevokedError) and error.certificate is self.target.certificate

    def _note_end(self, last: Facts) -> None:
        issuer = str(last.certificate.issuer)[:300]
        message = f"no trust anchor or certificate of the issuer {issuer!r} leads further"
        self._note(refusal("no-path", message, last.certificate), len(self._chain) + 1)

    def _note(self, error: ValidationError, depth: int | None = None) -> None:
        rank = (len(self._chain) if depth is None else depth, _TELLS_LITTLE.get(error.reason, 2))
        if rank > self._best.rank:
            self._best = _Failure(error, rank)

    # ---- one certificate ------------------------------------------------------------------
    def _judge(self, facts: Facts, place: Place) -> tuple[Departure, ...]:
        """Judge a certificate in its place by all that it takes no other certificate for; once, whatever the path."""
        known = self._judged.get((facts, place))
        if known is None:
            try:
                known = self._judge_anew(facts, place)
            except ValidationError as error:
                known = error
            self._judged[facts, place] = known
        if isinstance(known, ValidationError):
            raise known
        return known

    def _judge_anew(self, facts: Facts, place: Place) -> tuple[Departure, ...]:
        policy = self.policy
        checks.check_validity(facts, self.at)
        checks.check_critical(facts, policy.understood)
        form_counts = place is not Place.ANCHOR or policy.anchor_rules is AnchorRules.CERTIFICATE
        if form_counts:
            checks.check_algorithms_agree(facts)
        if place is Place.TARGET:
            checks.check_request(facts, policy)
        else:
            checks.check_authority(facts, form_counts=form_counts)
            checks.check_nested_purposes(facts, policy.wanted_extended)
        return self._apply_rules(facts, place) if form_counts else ()

    def _apply_rules(self, facts: Facts, place: Place) -> tuple[Departure, ...]:
        rules = self.policy.profile, place
        if rules in facts.faultless:
            return ()
        departures = []
        for rule in _RULES[rules]:
            if rule.about and rule.about.isdisjoint(facts.present):
                continue
            problem = rule.problem(facts)
            if problem is None:
                continue
            if rule.reason not in self.policy.tolerated:
                raise refusal(rule.reason, problem, facts.certificate)
            departures.append(Departure(rule.reason, problem, facts.certificate))
        if not departures:
            facts.faultless.add(rules)
        return tuple(departures)

    # ---- one step -------------------------------------------------------------------------
    def _step(self, candidate: Facts) -> tuple[Quirk, ...]:
        """Check that a candidate may take the next place in the chain; return what was met in the signature it made."""
        if any(candidate.is_same(passed) for passed in self._chain):
            raise refusal("no-path", "the path would come to the same authority again", candidate.certificate)
        self._judge(candidate, Place.AUTHORITY)
        below = self._authorities_below()
        if below + (not candidate.is_self_issued) > self.policy.max_depth:
            raise refusal("depth", f"more than {self.policy.max_depth} intermediate authorities", candidate.certificate)
        if self._initial is not None and not candidate.is_self_issued:
            self._check_names(self._initial, [candidate])
        self._check_above(candidate, below)
        return self._verify(self._chain[-1], candidate.certificate)

    def _arrive(self, candidate: _Anchor) -> FoundPath:
        """Check that an anchor ends the chain, and that the path is acceptable."""
        departures: list[Departure] = []
        if candidate.facts is not None and self.policy.anchor_rules is not AnchorRules.NAME_AND_KEY:
            departures += self._judge(candidate.facts, Place.ANCHOR)
            self._check_above(candidate.facts, self._authorities_below())
        last_link = self._verify(self._chain[-1], candidate.anchor)
        for index, facts in enumerate(self._chain):
            departures += self._judge(facts, Place.AUTHORITY if index else Place.TARGET)
        quirks = tuple(
            (*facts.certificate.quirks, *link)
            for facts, link in zip(self._chain, [*self._links, last_link], strict=True)
        )
        path = FoundPath(tuple(self._chain), candidate.anchor, quirks, tuple(departures))
        self.accept(path)
        return path

    def _authorities_below(self) -> int:
        """Count the authorities in the chain that are not self-issued."""
        return sum(not facts.is_self_issued for facts in self._chain[1:])

    def _check_above(self, facts: Facts, below: int) -> None:
        """Check what an authority's certificate says about those below it."""
        checks.check_path_length(facts, below)
        if facts.name_space is not None:
            named = [f for index, f in enumerate(self._chain) if index == 0 or not f.is_self_issued]
            self._check_names(facts.name_space, named)

    def _check_names(self, space: NameSpace, certificates: Sequence[Facts]) -> None:
        """Check names of certificates, self-issued authorities being left out (RFC 5280 6.1.3 (b) and (c))."""
        for facts in certificates:
            self._budget.spend("comparisons", space.cost(facts.names))
            problem = space.violation(facts.names)
            if problem is not None:
                raise refusal("name-constraints", problem, facts.certificate)

    # ---- signatures -----------------------------------------------------------------------
    def _verify(self, facts: Facts, issuer: Certificate | TrustAnchor) -> tuple[Quirk, ...]:
        """Verify a signature; one certificate under one key only once."""
        key = issuer.public_key_info
        known = self._verified.get((facts, key))
        if known is None:
            self._budget.spend("signatures")
            known = self._verify_or_recall(facts, issuer)
            self._verified[facts, key] = known
        if isinstance(known, ValidationError):
            raise known
        return known

    def _verify_or_recall(self, facts: Facts, issuer: Certificate | TrustAnchor) -> tuple[Quirk, ...] | ValidationError:
        """Verify a signature that has not been seen to hold.

        That it holds follows from what was signed, the signature, the key and the policy, and from nothing else. The
        first two are the certificate's; the others are what it is looked up by. How the issuer was read decides which
        forms of a key are taken. What does not hold is not remembered: no error is given but for a signature that was
        verified just then.
        """
        source = issuer if isinstance(issuer, Certificate) else issuer.certificate
        lenient = source is not None and source.is_lenient
        looked_up = issuer.public_key_info, lenient, self.policy.signatures
        known: tuple[Quirk, ...] | ValidationError | None = facts.held.get(looked_up)
        if known is None:
            known = self._verify_anew(facts, issuer)
            if not isinstance(known, ValidationError) and len(facts.held) < _MAX_HELD:
                facts.held[looked_up] = known
        return known

    def _verify_anew(self, facts: Facts, issuer: Certificate | TrustAnchor) -> tuple[Quirk, ...] | ValidationError:
        certificate = facts.certificate
        try:
            return certificate.verify_signature(issuer, policy=self.policy.signatures)
        except InvalidSignature as error:
            return refusal("signature", f"the signature does not hold under the issuer's key: {error}", certificate)
        except GmpkiError as error:
            return refusal("algorithm", f"the signature cannot be verified: {error}", certificate)
