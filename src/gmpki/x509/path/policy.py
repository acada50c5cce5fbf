"""What a caller asks of a path, and what a search may cost."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum
from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki.asn1 import der
from gmpki.asn1.rfc5280.ext_keys import KeyUsages
from gmpki.asn1.rfc5280.ext_names import GeneralSubtree
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.x509.path.peer_name import PeerName
from gmpki.x509.path.policies import ANY_POLICY
from gmpki.x509.path.purposes import Purpose
from gmpki.x509.path.result import REASONS
from gmpki.x509.path.revocation import RevocationMode
from gmpki.x509.signatures import STANDARD_SIGNATURES, SignaturePolicy

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FIELD_DEPARTURES", "PROFILE_REASONS", "AnchorRules", "PathPolicy", "PathProfile"]


class PathProfile(str, Enum):
    """Which rules about the form of certificates hold besides those of the path."""

    RFC5280 = "rfc5280"
    """What RFC 5280 section 4 demands of conforming authorities."""
    WEBPKI = "webpki"
    """For servers on the public web: besides, what the Baseline Requirements of the CA/Browser Forum demand."""


class AnchorRules(str, Enum):
    """What of a trust anchor's certificate counts besides its name and key. Anchors without one have no more."""

    NAME_AND_KEY = "name-and-key"
    """Nothing, as RFC 5280 6.1.1 (d) has it: not even the end of its validity."""
    CONSTRAINTS = "constraints"
    """Its validity, that it is no end entity's, its path length, keyUsage, extKeyUsage, name constraints and critical
    extensions; certificate policies do not count. Its form does not either: the national root has a basicConstraints
    that is not critical."""
    CERTIFICATE = "certificate"
    """All that, and the rules of the profile, as for any certificate of an authority."""


PROFILE_REASONS: Final = frozenset(
    {
        "version",
        "serial-number",
        "issuer-name",
        "subject-name",
        "criticality",
        "authority-key-identifier",
        "subject-key-identifier",
        "key-usage-form",
        "policy-form",
        "subject-alt-name",
        "basic-constraints",
        "name-constraints-form",
        "common-name",
        "key",
        "signature-algorithm",
        "webpki-extension",
    }
)
"""The reasons that are about form. A policy may tolerate them; those of the path itself it may not."""

FIELD_DEPARTURES: Final = frozenset(
    {"serial-number", "criticality", "authority-key-identifier", "subject-key-identifier", "key-usage-form"}
    | {"basic-constraints", "subject-alt-name", "policy-form"}
)
"""The departures that certificates of Chinese authorities in use show, or are of the same weight; for lenient use."""

_NO_USAGE: Final = KeyUsages(0)
_ANY: Final = frozenset({ANY_POLICY})


@dataclass(frozen=True)
class PathPolicy:
    """What a path has to be, and what may be spent on finding it. Immutable; any thread may use it.

    >>> from gmpki.x509.path import PathPolicy, PeerName, Purpose
    >>> policy = PathPolicy(peer_names=(PeerName.dns("seal.example.cn"),), purpose=Purpose.TLCP_SERVER_SIGNING)

    :ivar profile: rules about the form of certificates.
    :ivar max_depth: how many intermediate authorities may stand between certificate and anchor, self-issued
        certificates not counted; 0 to 255.
    :ivar max_candidates: how many candidates for the place of an issuer are looked at.
    :ivar max_signatures: how many signatures of certificates are verified.
    :ivar max_name_comparisons: how many names are compared with constrained subtrees.
    :ivar key_usage: bits that keyUsage must have, when it is there.
    :ivar extended_key_usage: purposes that extKeyUsage must have, when it is there. One that an authority above has
        must hold them as well.
    :ivar purpose: what the certificate is for; see :class:`Purpose`.
    :ivar peer_names: names of which subjectAltName must hold every one.
    :ivar initial_policies: user-initial-policy-set of RFC 5280 6.1.1 (c).
    :ivar require_explicit_policy: initial-explicit-policy.
    :ivar inhibit_policy_mapping: initial-policy-mapping-inhibit.
    :ivar inhibit_any_policy: initial-any-policy-inhibit.
    :ivar permitted: initial-permitted-subtrees; a form of name without a subtree is not constrained.
    :ivar excluded: initial-excluded-subtrees.
    :ivar revocation: how much has to be known about revocation; None stands for HARD with checkers, NONE without.
    :ivar signatures: which signatures are taken.
    :ivar anchor_rules: what of a trust anchor's certificate counts.
    :ivar tolerated: reasons of :data:`PROFILE_REASONS` that are noted in the result instead of refused.
    :ivar understood: object identifiers of critical extensions that the caller itself takes care of.
    """

    profile: PathProfile = PathProfile.RFC5280
    max_depth: int = 8
    max_candidates: int = 1000
    max_signatures: int = 100
    max_name_comparisons: int = 1 << 18
    key_usage: KeyUsages = _NO_USAGE
    extended_key_usage: tuple[str, ...] = ()
    purpose: Purpose | None = None
    peer_names: tuple[PeerName, ...] = ()
    initial_policies: frozenset[str] = _ANY
    require_explicit_policy: bool = False
    inhibit_policy_mapping: bool = False
    inhibit_any_policy: bool = False
    permitted: tuple[GeneralSubtree, ...] = ()
    excluded: tuple[GeneralSubtree, ...] = ()
    revocation: RevocationMode | None = None
    signatures: SignaturePolicy = STANDARD_SIGNATURES
    anchor_rules: AnchorRules = AnchorRules.CONSTRAINTS
    tolerated: frozenset[str] = frozenset()
    understood: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Check every field.

        :raises InvalidTypeError: when one has the wrong type.
        :raises InvalidInputError: when a number is out of range, a reason cannot be tolerated, an object identifier
            is none, or no initial policy is given.
        """
        for field in fields(self):
            _CHECKS[field.name](getattr(self, field.name), field.name)
        if not self.initial_policies:
            raise InvalidInputError("initial_policies is empty: no path could hold; anyPolicy in it stands for any")
        for reason in self.tolerated - PROFILE_REASONS:
            known = "is about the path itself" if reason in REASONS else "is no reason"
            raise InvalidInputError(f"{reason!r} cannot be tolerated: it {known}")

    @property
    def wanted_extended(self) -> tuple[str, ...]:
        """The purposes that an extKeyUsage of an authority above must hold."""
        nested = self.purpose.nested if self.purpose is not None else None
        return self.extended_key_usage if nested is None else (*self.extended_key_usage, nested)


def _numbers(low: int, high: int) -> Callable[[object, str], None]:
    def check(value: object, name: str) -> None:
        _inputs.number(value, low, high, name)  # type: ignore[arg-type]

    return check


def _one(kind: type, *, or_none: bool = False) -> Callable[[object, str], None]:
    def check(value: object, name: str) -> None:
        if not (or_none and value is None):
            _inputs.member(value, kind, name)

    return check


def _all(container: type, kind: type) -> Callable[[object, str], None]:
    def check(value: object, name: str) -> None:
        if not isinstance(value, container):
            raise InvalidTypeError(f"{name} must be a {container.__name__}, not {type(value).__name__}")
        for item in value:  # type: ignore[attr-defined]
            _inputs.member(item, kind, f"each of {name}")

    return check


def _identifiers(container: type) -> Callable[[object, str], None]:
    check_type = _all(container, str)

    def check(value: object, name: str) -> None:
        check_type(value, name)
        for dotted in value:  # type: ignore[attr-defined]
            der.encode_oid(dotted)

    return check


_LARGEST: Final = 1 << 31

_CHECKS: Final[dict[str, Callable[[object, str], None]]] = {
    "profile": _one(PathProfile),
    "max_depth": _numbers(0, 255),
    "max_candidates": _numbers(1, _LARGEST),
    "max_signatures": _numbers(1, _LARGEST),
    "max_name_comparisons": _numbers(0, _LARGEST),
    "key_usage": _one(KeyUsages),
    "extended_key_usage": _identifiers(tuple),
    "purpose": _one(Purpose, or_none=True),
    "peer_names": _all(tuple, PeerName),
    "initial_policies": _identifiers(frozenset),
    "require_explicit_policy": _one(bool),
    "inhibit_policy_mapping": _one(bool),
    "inhibit_any_policy": _one(bool),
    "permitted": _all(tuple, GeneralSubtree),
    "excluded": _all(tuple, GeneralSubtree),
    "revocation": _one(RevocationMode, or_none=True),
    "signatures": _one(SignaturePolicy),
    "anchor_rules": _one(AnchorRules),
    "tolerated": _all(frozenset, str),
    "understood": _identifiers(frozenset),
}
