"""Which certificates and which reasons a revocation list is about: steps (b) to (d) of RFC 5280 6.3.3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from gmpki.asn1.rfc5280 import (
    CRLDistributionPoints,
    DistributionPoint,
    DistributionPointName,
    FreshestCRL,
    GeneralName,
    GeneralNameKind,
    Name,
    ReasonFlags,
)
from gmpki.x509.names import name_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gmpki.asn1.rfc5280 import IssuingDistributionPoint
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.crl import CertificateRevocationList

    NameKey: TypeAlias = tuple[GeneralNameKind, object]

__all__ = [
    "ALL_REASONS",
    "MAX_POINTS",
    "covered_reasons",
    "distribution_points",
    "listed_uris",
    "out_of_scope",
    "possible_issuers",
    "same_scope",
]

# Bit 0 is not used; unspecified is a reason that every list covers. Plain numbers, for which the operators are quick.
ALL_REASONS: Final = sum(int(flag) for flag in ReasonFlags if flag is not ReasonFlags.UNUSED)
MAX_POINTS: Final = 16
"""How many distribution points of a certificate are looked at."""


def distribution_points(certificate: Certificate) -> Iterator[DistributionPoint]:
    """Yield where a certificate says that lists are, and last the point that stands for all others of its issuer.

    :raises DecodeError: when the extension is malformed.
    :standard: RFC 5280 6.3.3, its last paragraph
    """
    found = certificate.extensions.find(CRLDistributionPoints)
    if found is not None:
        yield from found.points[:MAX_POINTS]
    yield DistributionPoint(DistributionPointName((GeneralName.directory(certificate.issuer),)))


def possible_issuers(point: DistributionPoint, certificate: Certificate) -> tuple[Name, ...]:
    """Return the names under which the lists of a distribution point are signed."""
    if point.crl_issuer:
        return tuple(_directory_names(point.crl_issuer))
    return (certificate.issuer,)


def out_of_scope(
    crl: CertificateRevocationList, scope: IssuingDistributionPoint | None, point: DistributionPoint, of: Certificate
) -> str | None:
    """Tell why a complete list does not answer for a certificate at a distribution point, or return None if it does.

    :param scope: the issuing distribution point of the list.
    :raises DecodeError: when an extension of the certificate is malformed.
    :standard: RFC 5280 6.3.3 (b)
    """
    # Most often it is the very same name.
    if point.crl_issuer or crl.issuer != of.issuer:
        issuers = {name_key(name) for name in possible_issuers(point, of)}
        if name_key(crl.issuer) not in issuers:
            return "it is the list of another issuer"
    if point.crl_issuer and (scope is None or not scope.indirect_crl):
        return "it is not indirect, as the list of another issuer than the certificate's has to be"
    if scope is None:
        return None
    if scope.distribution_point is not None:
        here = set(_name_keys(scope.distribution_point, crl.issuer))
        if here.isdisjoint(_point_keys(point, of)):
            return "it is for another distribution point"
    if scope.only_contains_user_certs and of.is_ca:
        return "it has certificates of users only"
    if scope.only_contains_ca_certs and not of.is_ca:
        return "it has certificates of authorities only"
    if scope.only_contains_attribute_certs:
        return "it has attribute certificates only"
    return None


def covered_reasons(scope: IssuingDistributionPoint | None, point: DistributionPoint) -> int:
    """Return the reasons, as bits of ReasonFlags, for which a list can say that a certificate was not revoked.

    :standard: RFC 5280 6.3.3 (d)
    """
    covered = ALL_REASONS
    if scope is not None and scope.only_some_reasons is not None:
        covered &= int(scope.only_some_reasons)
    if point.reasons is not None:
        covered &= int(point.reasons)
    return covered


def same_scope(delta: CertificateRevocationList, complete: CertificateRevocationList) -> bool:
    """Tell whether a delta list and a complete list are about the same certificates.

    :raises DecodeError: when an extension of one of them is malformed.
    :standard: RFC 5280 6.3.3 (c)
    """
    return (
        name_key(delta.issuer) == name_key(complete.issuer)
        and delta.issuing_distribution_point == complete.issuing_distribution_point
        and delta.authority_key_identifier == complete.authority_key_identifier
    )


def listed_uris(*points: CRLDistributionPoints | FreshestCRL | DistributionPoint | None) -> Iterator[str]:
    """Yield the URIs of distribution points in their order."""
    for item in points:
        if item is None:
            continue
        for point in (item,) if isinstance(item, DistributionPoint) else item.points[:MAX_POINTS]:
            if point.distribution_point is not None:
                for name in point.distribution_point.full_name:
                    if name.kind is GeneralNameKind.URI and isinstance(name.value, str):
                        yield name.value


# ---- names ----------------------------------------------------------------------------------------------------------
def _directory_names(names: Iterable[GeneralName]) -> Iterator[Name]:
    return (name.value for name in names if isinstance(name.value, Name))


def _key(name: GeneralName) -> NameKey:
    """Return what is equal for names that match: URIs and the like octet by octet, directory names by RFC 5280 7.1."""
    return name.kind, name_key(name.value) if isinstance(name.value, Name) else name.value


def _point_keys(point: DistributionPoint, certificate: Certificate) -> Iterator[NameKey]:
    """Yield the names of a distribution point or, where it has none, those of who signs its lists."""
    if point.distribution_point is None:
        return (_key(name) for name in point.crl_issuer)
    issuers = possible_issuers(point, certificate)
    # RFC 5280 4.2.1.13: a relative name has exactly one name that it adds to.
    return _name_keys(point.distribution_point, issuers[0] if len(issuers) == 1 else None)


def _name_keys(name: DistributionPointName, issuer: Name | None) -> Iterator[NameKey]:
    """Yield what the names of a distribution point are compared by; a relative one is added to the issuer's."""
    for full in name.full_name:
        yield _key(full)
    if name.relative_name and issuer is not None:
        yield GeneralNameKind.DIRECTORY_NAME, name_key(Name((*issuer.rdns, name.relative_name)))
