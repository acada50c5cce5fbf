"""The linter: judges a certificate by GM/T 0015, RFC 5280 and what else speaks about certificates.

It validates nothing: no signature is verified and no path is built. A rule is about one thing, has a stable
identifier, names the clause it stands in, and says how well that clause is known here. Read a certificate leniently
to have everything reported that is wrong with it; strict reading refuses what the gravest rules are about.

>>> from datetime import datetime, timezone
>>> from gmpki.keys.sm2 import SM2PrivateKey
>>> from gmpki.x509.issuing import self_signed
>>> from gmpki.x509.names import build_name
>>> root = self_signed(build_name(("C", "CN"), ("O", "示例CA"), ("CN", "示例根")), SM2PrivateKey.generate(), "root-ca")
>>> [finding.id for finding in lint_certificate(root) if finding.severity is Severity.ERROR]
[]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki.errors import InvalidTypeError
from gmpki.x509.certificate import Certificate
from gmpki.x509.lint import (  # imported for the rules that they register, in the order of the listing
    _alternatives,
    _constraints,
    _encoding,
    _extensions,
    _fields,
    _identity,
    _keys,
    _names,
    _pairs,
    _pointers,
    _usages,
    _validity,
)
from gmpki.x509.lint._facts import CertificatePurpose, Facts
from gmpki.x509.lint._judging import apply, by_gravity
from gmpki.x509.lint._model import Clause, Finding, Rule, Scope, Severity, every_rule, rules_about
from gmpki.x509.lint._pairs import PairFacts
from gmpki.x509.pair import CertificatePair

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "CertificatePurpose",
    "Clause",
    "Finding",
    "Rule",
    "Scope",
    "Severity",
    "lint_certificate",
    "lint_pair",
    "rules",
]

_RULE_FILES: Final = (
    _encoding,
    _fields,
    _names,
    _validity,
    _keys,
    _extensions,
    _constraints,
    _alternatives,
    _pointers,
    _usages,
    _identity,
    _pairs,
)


def rules() -> tuple[Rule, ...]:
    """Return every rule, sorted by its identifier."""
    return tuple(sorted(every_rule(), key=lambda item: item.id))


def lint_certificate(
    certificate: Certificate,
    *,
    at: datetime | None = None,
    purpose: CertificatePurpose | None = None,
) -> tuple[Finding, ...]:
    """Judge a certificate by every rule that is about it; the gravest findings first.

    :param at: a time with a time zone: also say whether the certificate is valid then.
    :param purpose: what it is meant for; None to go by what it says about itself.
    :returns: at most 20 findings for each rule, and one more that says how it goes on.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when at has no time zone.
    """
    _inputs.member(certificate, Certificate, "certificate")
    if purpose is not None:
        _inputs.member(purpose, CertificatePurpose, "purpose")
    facts = Facts(certificate, at=_checked_time(at), purpose=purpose)
    return by_gravity(_judge_certificate(facts, "certificate"))


def lint_pair(
    pair: CertificatePair | tuple[Certificate, Certificate], *, at: datetime | None = None
) -> tuple[Finding, ...]:
    """Judge both certificates of a pair, and the two together; the gravest findings first.

    :param pair: the pair, or a signing and an encryption certificate that need not make one.
    :param at: as in :func:`lint_certificate`.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when at has no time zone.
    """
    signing, encryption = (pair.signing, pair.encryption) if isinstance(pair, CertificatePair) else _two(pair)
    at = _checked_time(at)
    facts = PairFacts(
        Facts(signing, at=at, purpose=CertificatePurpose.SIGNING),
        Facts(encryption, at=at, purpose=CertificatePurpose.ENCRYPTION),
    )
    found = [*_judge_certificate(facts.signing, "signing"), *_judge_certificate(facts.encryption, "encryption")]
    return by_gravity(found + apply(rules_about(Scope.PAIR), facts, "pair"))


def _two(pair: object) -> tuple[Certificate, Certificate]:
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise InvalidTypeError("a CertificatePair or two certificates expected")
    signing, encryption = pair
    _inputs.member(signing, Certificate, "the signing certificate")
    _inputs.member(encryption, Certificate, "the encryption certificate")
    return signing, encryption


def _checked_time(at: datetime | None) -> datetime | None:
    return None if at is None else _inputs.utc(at, "at")


def _judge_certificate(facts: Facts, part: str) -> list[Finding]:
    return apply(rules_about(facts.scope), facts, part)
