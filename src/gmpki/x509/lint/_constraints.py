"""Rules about policies and name constraints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki import oids
from gmpki.asn1.rfc5280.ext_names import NameConstraints
from gmpki.asn1.rfc5280.ext_policies import CertificatePolicies, PolicyMappings, UserNotice
from gmpki.asn1.rfc5280.general_name import GeneralNameKind
from gmpki.x509.lint._model import RFC5280, Document, Scope, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.asn1.rfc5280 import GeneralName
    from gmpki.x509.lint._facts import Facts

__all__: list[str] = []

_RFC6818 = Document("RFC 6818", "2013", "A")
_MAX_NOTICE = 200
_FOR_AUTHORITIES = (oids.NAME_CONSTRAINTS, oids.POLICY_CONSTRAINTS, oids.POLICY_MAPPINGS, oids.INHIBIT_ANY_POLICY)


@rule(
    "RFC5280-CONSTRAINTS-CA",
    Severity.ERROR,
    RFC5280.at("4.2.1.10"),
    "Only authorities have constraints on what they issue",
    "名称限制、策略限制、策略映射仅用于CA证书",
    scope=Scope.END_ENTITY,
    why="In the certificate of an end entity they constrain nothing.",
)
def _constraints_of_user(facts: Facts) -> Iterator[str]:
    for oid in _FOR_AUTHORITIES:
        if facts.has(oid):
            yield f"{oid.name} in the certificate of an end entity"


@rule(
    "RFC5280-NC-ADDRESS",
    Severity.ERROR,
    RFC5280.at("4.2.1.10"),
    "Addresses in name constraints have a mask that is a prefix",
    "名称限制中的IP地址掩码连续",
    why="As CIDR notation has it (RFC 4632).",
)
def _address_masks(facts: Facts) -> Iterator[str]:
    found = facts.value(NameConstraints)
    for subtree in (*found.permitted, *found.excluded) if found is not None else ():
        if subtree.base.kind is GeneralNameKind.IP_ADDRESS and not _is_range(subtree.base):
            yield f"{subtree.base} is no range of addresses"


def _is_range(name: GeneralName) -> bool:
    value = name.value
    if not isinstance(value, bytes) or len(value) not in (8, 32):
        return False
    mask = value[len(value) // 2 :]
    inverted = int.from_bytes(mask, "big") ^ ((1 << 8 * len(mask)) - 1)
    return not inverted & (inverted + 1)


@rule(
    "RFC5280-NC-DNS",
    Severity.WARNING,
    RFC5280.at("4.2.1.10"),
    "DNS names in name constraints have no wildcard and no leading dot",
    "名称限制中的域名不含通配符、不以点开头",
    why="A domain covers all names below it as it is; a leading dot is the form of URIs.",
)
def _dns_constraints(facts: Facts) -> Iterator[str]:
    found = facts.value(NameConstraints)
    for subtree in (*found.permitted, *found.excluded) if found is not None else ():
        if subtree.base.kind is GeneralNameKind.DNS_NAME and str(subtree.base.value).startswith((".", "*")):
            yield f"{subtree.base} covers nothing"


@rule(
    "RFC5280-CP-DUPLICATE",
    Severity.ERROR,
    RFC5280.at("4.2.1.4"),
    "No policy stands twice",
    "证书策略不重复",
    why="Policies are a set.",
)
def _policy_twice(facts: Facts) -> Iterator[str]:
    found = facts.value(CertificatePolicies)
    seen: set[str] = set()
    for policy in found.policies if found is not None else ():
        if policy.policy_identifier in seen:
            yield f"the policy {policy.policy_identifier.name} stands twice"
        seen.add(policy.policy_identifier)


@rule(
    "RFC6818-CP-NOTICE",
    Severity.WARNING,
    _RFC6818.at("3"),
    "Notices of policies have at most 200 characters",
    "策略通告不超过200字符",
    why="explicitText is SIZE (1..200).",
)
def _policy_notice(facts: Facts) -> Iterator[str]:
    found = facts.value(CertificatePolicies)
    for policy in found.policies if found is not None else ():
        for qualifier in policy.policy_qualifiers:
            notice = qualifier.qualifier
            if isinstance(notice, UserNotice) and len(notice.explicit_text or "") > _MAX_NOTICE:
                yield f"a notice of {len(notice.explicit_text or '')} characters"


@rule(
    "RFC5280-CP-CA",
    Severity.INFO,
    RFC5280.at("4.2.1.4"),
    "An authority that is no root says under which policies it issues",
    "非根CA证书含证书策略",
    scope=Scope.CA,
    why="Without the extension no path through it is valid for any policy.",
)
def _policies_of_authority(facts: Facts) -> Iterator[str]:
    if not facts.is_self_issued and not facts.has(oids.CERTIFICATE_POLICIES):
        yield "there is no certificatePolicies: no path through this authority has a policy"


@rule(
    "RFC5280-PM-ANY",
    Severity.ERROR,
    RFC5280.at("4.2.1.5"),
    "No policy is mapped to or from anyPolicy",
    "策略映射不涉及任意策略",
    why="It would make all policies one.",
)
def _mapped_any(facts: Facts) -> Iterator[str]:
    found = facts.value(PolicyMappings)
    for mapping in found.mappings if found is not None else ():
        if oids.ANY_POLICY in (mapping.issuer_domain_policy, mapping.subject_domain_policy):
            yield "anyPolicy is mapped"


@rule(
    "RFC5280-PM-ISSUER",
    Severity.WARNING,
    RFC5280.at("4.2.1.5"),
    "Policies that are mapped stand in certificatePolicies",
    "被映射的策略列入证书策略",
    scope=Scope.CA,
    why="Other mappings have no effect.",
)
def _mapped_listed(facts: Facts) -> Iterator[str]:
    found = facts.value(PolicyMappings)
    policies = facts.value(CertificatePolicies)
    listed = {policy.policy_identifier for policy in policies.policies} if policies is not None else set()
    for mapping in found.mappings if found is not None else ():
        if mapping.issuer_domain_policy not in listed and oids.ANY_POLICY not in listed:
            yield f"the policy {mapping.issuer_domain_policy.name} is mapped, but not listed"
