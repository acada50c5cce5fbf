"""Rules about where revocation lists, responders and certificates of issuers are found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.asn1.rfc5280.ext_points import AuthorityInfoAccess, CRLDistributionPoints, FreshestCRL
from gmpki.asn1.rfc5280.general_name import GeneralNameKind
from gmpki.x509.lint._facts import shown
from gmpki.x509.lint._model import GMT0015, RFC5280, Scope, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.asn1.rfc5280 import DistributionPoint
    from gmpki.x509.lint._facts import Facts

__all__: list[str] = []

_FETCHED: Final = ("http://", "https://", "ldap://", "ldaps://", "ftp://")


def _points(facts: Facts) -> list[tuple[str, DistributionPoint]]:
    found = [
        (value.OID.name, value) for value in (facts.value(CRLDistributionPoints), facts.value(FreshestCRL)) if value
    ]
    return [(name, point) for name, value in found for point in value.points]


@rule(
    "GMT0015-REVOCATION",
    Severity.NOTICE,
    GMT0015.at("cRLDistributionPoints"),
    "The certificate says where its revocation is found",
    "含CRL分布点或OCSP地址",
    why="A list or a responder; a root has none, and the certificate of a responder may say that nobody should ask.",
)
def _revocation(facts: Facts) -> Iterator[str]:
    places = (oids.CRL_DISTRIBUTION_POINTS, oids.AUTHORITY_INFO_ACCESS, oids.OCSP_NO_CHECK, oids.NO_REV_AVAIL)
    if not facts.is_self_issued and not any(facts.has(oid) for oid in places):
        yield "neither a revocation list nor a responder is named"


@rule(
    "RFC5280-CDP-ALL-REASONS",
    Severity.WARNING,
    RFC5280.at("4.2.1.13"),
    "One distribution point covers all reasons",
    "至少一个CRL分布点覆盖全部撤销原因",
    why="Software that looks at one list then misses nothing.",
)
def _point_covers(facts: Facts) -> Iterator[str]:
    found = facts.value(CRLDistributionPoints)
    if found is not None and found.points and all(point.reasons is not None for point in found.points):
        yield "every distribution point is for some reasons only"


@rule(
    "RFC5280-CDP-URI",
    Severity.WARNING,
    RFC5280.at("4.2.1.13"),
    "Distribution points have addresses that can be fetched",
    "CRL分布点地址可以访问",
    why="HTTP or LDAP; names of directories alone need a directory that everybody shares.",
)
def _point_addresses(facts: Facts) -> Iterator[str]:
    for name, point in _points(facts):
        place = point.distribution_point
        if place is None:
            continue
        uris = [str(entry.value) for entry in place.full_name if entry.kind is GeneralNameKind.URI]
        if not uris:
            yield f"a point of {name} has no URI"
        for uri in uris:
            if not uri.lower().startswith(_FETCHED):
                yield f"{name}: {shown(uri)} cannot be fetched"


@rule(
    "RFC5280-AIA-URI",
    Severity.WARNING,
    RFC5280.at("4.2.2.1"),
    "authorityInfoAccess has addresses that can be fetched",
    "颁发机构信息访问地址可以访问",
    why="HTTP or LDAP.",
)
def _access_addresses(facts: Facts) -> Iterator[str]:
    found = facts.value(AuthorityInfoAccess)
    for description in found.descriptions if found is not None else ():
        location = description.location
        if location.kind is not GeneralNameKind.URI or not str(location.value).lower().startswith(_FETCHED):
            yield f"{description.method.name}: {shown(location)} cannot be fetched"


@rule(
    "RFC5280-AIA-HTTPS",
    Severity.INFO,
    RFC5280.at("8"),
    "Lists, responders and certificates are fetched without TLS",
    "CRL、OCSP等地址不使用HTTPS",
    why="They are signed already, and to validate the server one would need them: a circle.",
)
def _without_tls(facts: Facts) -> Iterator[str]:
    found = facts.value(AuthorityInfoAccess)
    locations = [description.location for description in found.descriptions] if found is not None else []
    for _, point in _points(facts):
        if point.distribution_point is not None:
            locations += point.distribution_point.full_name
    for location in locations:
        if location.kind is GeneralNameKind.URI and str(location.value).lower().startswith(("https://", "ldaps://")):
            yield f"{shown(location.value)} needs TLS"


@rule(
    "RFC5280-AIA-ISSUER",
    Severity.INFO,
    RFC5280.at("4.2.2.1"),
    "The certificate says where that of its issuer is found",
    "含颁发者证书地址",
    scope=Scope.END_ENTITY,
    why="Software that lacks one of the chain can fetch it.",
)
def _issuer_place(facts: Facts) -> Iterator[str]:
    found = facts.value(AuthorityInfoAccess)
    methods = {description.method for description in found.descriptions} if found is not None else set()
    if not facts.is_self_issued and oids.AD_CA_ISSUERS not in methods:
        yield "authorityInfoAccess has no caIssuers"
