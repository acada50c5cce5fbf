"""What RFC 5280 section 6 asks of single certificates, and what the caller asks of the first: one check each.

Each function returns when the certificate passes and raises ValidationError with its reason when it does not. None of
them needs a signature, so that all can come before the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280.ext_keys import KeyUsages
from gmpki.x509.path.facts import PROCESSED
from gmpki.x509.path.purposes import allows, purpose_problem, usage_problem
from gmpki.x509.path.result import refusal

if TYPE_CHECKING:
    from datetime import datetime

    from gmpki.x509.path.facts import Facts
    from gmpki.x509.path.policy import PathPolicy

__all__ = [
    "check_algorithms_agree",
    "check_authority",
    "check_critical",
    "check_nested_purposes",
    "check_path_length",
    "check_request",
    "check_validity",
]


def check_validity(facts: Facts, at: datetime) -> None:
    """Check that a time lies in the validity period, both ends included.

    :param at: in whole seconds, like the ends.
    :standard: RFC 5280 6.1.3 (a)(2), 4.1.2.5
    """
    certificate = facts.certificate
    if at < certificate.not_before:
        begin = f"{certificate.not_before:%Y-%m-%d %H:%M:%S}"
        raise refusal("not-yet-valid", f"the certificate is valid from {begin} UTC on", certificate)
    if at > certificate.not_after:
        end = f"{certificate.not_after:%Y-%m-%d %H:%M:%S}"
        raise refusal("expired", f"the certificate was valid until {end} UTC", certificate)


def check_critical(facts: Facts, understood: frozenset[str]) -> None:
    """Check that every critical extension is one that is processed, and that what is processed can be decoded.

    :standard: RFC 5280 6.1.4 (o), 6.1.5 (f)
    """
    facts.check_decodable()
    unknown = [oid for oid in facts.certificate.extensions.unknown_critical(PROCESSED) if oid not in understood]
    if unknown:
        raise refusal(
            "critical-extension", f"the critical extension {unknown[0].name} is not understood", facts.certificate
        )


def check_algorithms_agree(facts: Facts) -> None:
    """Check that the signature algorithm inside is the one outside, which only lenient reading leaves open.

    :standard: RFC 5280 4.1.1.2
    """
    if any(quirk.kind is QuirkKind.ALGORITHM_MISMATCH for quirk in facts.certificate.quirks):
        message = "the signature algorithm inside the certificate is not the one beside the signature"
        raise refusal("algorithm", message, facts.certificate)


def check_authority(facts: Facts, *, form_counts: bool = True) -> None:
    """Check that a certificate may issue others.

    :param form_counts: whether version 3 and a basicConstraints are needed; trust anchors may be older than both.
    :standard: RFC 5280 6.1.4 (k) and (n), 4.2.1.9, 4.2.1.3
    """
    certificate = facts.certificate
    if form_counts and certificate.version != 3:
        raise refusal("not-a-ca", f"an issuer with a certificate of version {certificate.version}", certificate)
    constraints = facts.basic_constraints
    if constraints is None and form_counts:
        raise refusal("not-a-ca", "an issuer without basicConstraints", certificate)
    if constraints is not None and not constraints.ca:
        raise refusal("not-a-ca", "an issuer whose basicConstraints has cA FALSE", certificate)
    usage = facts.key_usage
    if usage is not None and KeyUsages.KEY_CERT_SIGN not in usage:
        raise refusal("key-usage", "an issuer whose keyUsage lacks keyCertSign", certificate)


def check_path_length(facts: Facts, below: int) -> None:
    """Check pathLenConstraint.

    :param below: how many authorities follow that are not self-issued; the first certificate of the chain is none.
    :standard: RFC 5280 6.1.4 (l) and (m), 4.2.1.9
    """
    constraints = facts.basic_constraints
    limit = None if constraints is None else constraints.path_len
    if limit is not None and below > limit:
        raise refusal("path-length", f"{below} authorities follow where {limit} may", facts.certificate)


def check_nested_purposes(facts: Facts, wanted: tuple[str, ...]) -> None:
    """Check that an authority with extKeyUsage may issue for the purposes asked for.

    RFC 5280 says nothing about the extension in certificates of authorities; this is what implementations agree on.
    """
    found = facts.extended_key_usage
    if found is None:
        return
    for purpose in wanted:
        if not allows(found, purpose):
            raise refusal(
                "extended-key-usage", "an issuer whose extKeyUsage lacks the purpose asked for", facts.certificate
            )


def check_request(facts: Facts, policy: PathPolicy) -> None:
    """Check what the caller asks of the certificate: usage, purpose, names.

    :standard: RFC 5280 4.2.1.3, 4.2.1.6, 4.2.1.12; RFC 9525 6
    """
    problem = usage_problem(facts, policy.key_usage, policy.extended_key_usage)
    if problem is None and policy.purpose is not None:
        problem = purpose_problem(facts, policy.purpose)
    if problem is not None:
        raise refusal(*problem, facts.certificate)
    for wanted in policy.peer_names:
        if facts.alternative_names is None:
            raise refusal("peer-name", f"there is no subjectAltName to hold {wanted}", facts.certificate)
        if not wanted.matches(facts.alternative_names):
            raise refusal("peer-name", f"subjectAltName does not hold {wanted}", facts.certificate)
