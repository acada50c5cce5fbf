"""Path validation: from a certificate to a trust anchor, or the reason why not.

>>> from gmpki.x509.path import validate_path
>>> validate_path(certificate, anchors=[root], intermediates=[sub_ca])  # doctest: +SKIP
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Final

from gmpki import _inputs, oids
from gmpki.asn1.rfc5280.ext_keys import KeyUsages
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.x509.certificate import Certificate
from gmpki.x509.named_key import TrustAnchor
from gmpki.x509.names import name_key
from gmpki.x509.path.build import FoundPath, Issuers, Search
from gmpki.x509.path.facts import Facts
from gmpki.x509.path.policies import ANY_POLICY, PolicyProcessing
from gmpki.x509.path.policy import PathPolicy, PathProfile
from gmpki.x509.path.result import ValidatedPath, refusal
from gmpki.x509.path.revocation import RevocationMode, ask, require
from gmpki.x509.revocation import RevocationContext

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gmpki.x509.named_key import NamedKey
    from gmpki.x509.revocation import RevocationChecker, RevocationResult

__all__ = ["DEFAULT_PATH_POLICY", "validate_path"]

DEFAULT_PATH_POLICY: Final = PathPolicy()
"""RFC 5280, no special wishes."""


def validate_path(
    certificate: Certificate,
    *,
    anchors: Iterable[Certificate | TrustAnchor],
    intermediates: Iterable[Certificate] = (),
    policy: PathPolicy = DEFAULT_PATH_POLICY,
    checkers: Iterable[RevocationChecker] = (),
    at: datetime | None = None,
) -> ValidatedPath:
    """Find a path from a certificate to a trust anchor, and validate it.

    No socket is opened: what is missing is missing, and revocation is asked about only through the checkers. A
    trust anchor is a name with a key; a certificate that has both is trusted as that, whoever signed it.

    :param anchors: who is trusted; certificates stand for the name and the key in them, and say more as
        ``policy.anchor_rules`` has it.
    :param intermediates: certificates that may stand between, in any order, none of them trusted.
    :param checkers: who can tell about revocation, in the order in which they are asked.
    :param at: the time for which the path has to be valid, with a time zone; parts of seconds do not count. None for
        now.
    :raises ValidationError: when there is no acceptable path; ``reason`` is one of :data:`REASONS`, ``certificate``
        the one concerned. Of several failures, the one nearest to an anchor.
    :raises RevokedError: when a certificate of the path is revoked; reason "revoked".
    :raises RevocationUnknownError: when that is unknown and has to be known; reason "revocation-unknown".
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when ``at`` has no time zone, or revocation has to be known and there are no checkers.
    :standard: RFC 5280 6.1, with the policy graph of RFC 9618
    """
    _inputs.member(certificate, Certificate, "certificate")
    _inputs.member(policy, PathPolicy, "policy")
    task = _Task(
        tuple(_anchor(anchor) for anchor in _inputs.iterated(anchors, "anchors")),
        tuple(_facts(intermediates)),
        policy,
        _inputs.iterated(checkers, "checkers"),
        _inputs.utc_seconds(datetime.now(timezone.utc) if at is None else at, "at"),
    )
    for checker in task.checkers:
        if not callable(getattr(checker, "check", None)):
            raise InvalidTypeError(f"a checker has a method check, which {type(checker).__name__} has not")
    if policy.revocation in (RevocationMode.HARD, RevocationMode.SOFT) and not task.checkers:
        raise InvalidInputError(f"revocation mode {policy.revocation.value}, but no checkers are given")
    return task.validate(certificate)


@dataclass(frozen=True, slots=True)
class _Task:
    """Everything that one validation goes by besides the certificate."""

    anchors: tuple[TrustAnchor, ...]
    intermediates: tuple[Facts, ...]
    policy: PathPolicy
    checkers: tuple[RevocationChecker, ...]
    at: datetime
    signers_too: bool = True

    def validate(self, certificate: Certificate) -> ValidatedPath:
        """Search for a path."""
        outcome: list[tuple[frozenset[str], tuple[RevocationResult, ...]]] = []

        def accept(path: FoundPath) -> None:
            policies = _policies(path, self.policy)
            outcome.append((policies, self._revocation(path)))

        issuers = Issuers(self.anchors, self.intermediates, name_key)
        path = Search(Facts.of(certificate), issuers, self.policy, self.at, accept).run()
        policies, revocation = outcome[-1]
        chain = tuple(facts.certificate for facts in path.chain)
        return ValidatedPath(chain, path.anchor, policies, revocation, path.quirks, path.departures)

    def _revocation(self, path: FoundPath) -> tuple[RevocationResult, ...]:
        """Ask about each certificate of a path, from the anchor down: what a revoked authority signed proves nothing.

        A revocation is told before what is unknown further up.
        """
        mode = self.policy.revocation
        if mode is None:
            mode = RevocationMode.HARD if self.checkers else RevocationMode.NONE
        if mode is RevocationMode.NONE:
            return ()
        signer = partial(self._validate_signer, path.anchor) if self.signers_too else None
        context = RevocationContext(self.at, self.policy.signatures, signer)
        certificates = [facts.certificate for facts in path.chain]
        issuers: list[NamedKey] = [*certificates[1:], path.anchor]
        results = []
        for certificate, issuer in zip(reversed(certificates), reversed(issuers), strict=True):
            result = ask(self.checkers, certificate, issuer, context)
            require(result, certificate, RevocationMode.SOFT)
            results.append(result)
        results.reverse()
        for certificate, result in zip(certificates, results, strict=True):
            require(result, certificate, mode)
        return tuple(results)

    def _validate_signer(
        self, anchor: TrustAnchor, signer: Certificate, /, *, certificates: Sequence[Certificate] = ()
    ) -> None:
        """Validate the certificate of who signed a list or an answer, to the anchor of the path.

        Its own revocation is looked at as far as that goes without validating a further signer, and not at all where
        its issuer says that this is not needed.

        :standard: RFC 5280 6.3.3 (f); RFC 6960 4.2.2.2 and 4.2.2.2.1
        """
        _inputs.member(signer, Certificate, "signer")
        without_check = oids.OCSP_NO_CHECK in signer.extensions
        mode = RevocationMode.SOFT if self.checkers and not without_check else RevocationMode.NONE
        nested = replace(
            self,
            anchors=(anchor,),
            intermediates=(*self.intermediates, *_facts(certificates)),
            policy=_without_wishes(self.policy, mode),
            signers_too=False,
        )
        nested.validate(signer)


def _without_wishes(policy: PathPolicy, mode: RevocationMode) -> PathPolicy:
    """Leave what concerns the form of certificates and the cost of the search, and nothing about the peer."""
    return replace(
        policy,
        profile=PathProfile.RFC5280,
        key_usage=KeyUsages(0),
        extended_key_usage=(),
        purpose=None,
        peer_names=(),
        initial_policies=frozenset({ANY_POLICY}),
        require_explicit_policy=False,
        permitted=(),
        excluded=(),
        revocation=mode,
    )


def _policies(path: FoundPath, policy: PathPolicy) -> frozenset[str]:
    """Process the policies of a path from its anchor down.

    :raises ValidationError: "policies" when none that is acceptable holds, and one must.
    :standard: RFC 5280 6.1.2 to 6.1.5
    """
    processing = PolicyProcessing(
        len(path.chain),
        explicit=policy.require_explicit_policy,
        inhibit_mapping=policy.inhibit_policy_mapping,
        inhibit_any=policy.inhibit_any_policy,
    )
    for facts in reversed(path.chain):
        if not processing.take(facts.policy_facts):
            message = "no certificate policy holds down to here, or anyPolicy is mapped"
            raise refusal("policies", message, facts.certificate)
    held = processing.finish(policy.initial_policies)
    if held is None:
        raise refusal("policies", "no certificate policy that the caller accepts holds", path.chain[0].certificate)
    return held


def _anchor(anchor: object) -> TrustAnchor:
    if isinstance(anchor, Certificate):
        return TrustAnchor.of(anchor)
    if not isinstance(anchor, TrustAnchor):
        raise InvalidTypeError(f"an anchor is a Certificate or a TrustAnchor, not {type(anchor).__name__}")
    return anchor


def _facts(certificates: Iterable[Certificate]) -> list[Facts]:
    found: dict[Certificate, Facts] = {}
    for certificate in _inputs.iterated(certificates, "intermediates"):
        _inputs.member(certificate, Certificate, "an intermediate")
        if certificate not in found:
            found[certificate] = Facts.of(certificate)
    return list(found.values())
