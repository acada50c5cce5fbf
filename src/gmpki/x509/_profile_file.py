"""Reads a profile from TOML, table by table, and checks that its rules go together."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import GeneralNameKind
from gmpki.asn1.rfc5280.ext_keys import KeyUsages
from gmpki.errors import InvalidInputError, ProfileError
from gmpki.x509._spelling import KEY_USAGES
from gmpki.x509._toml_table import Table, read_toml
from gmpki.x509.names import attribute_type
from gmpki.x509.profile import (
    CA_USAGES,
    ENCRYPTION_USAGES,
    SIGNING_USAGES,
    AlternativeNamesRule,
    ConstraintsRule,
    ExtensionRules,
    PoliciesRule,
    Profile,
    PurposesRule,
    Role,
    SubjectRules,
    UsageRule,
    ValidityRules,
)

if TYPE_CHECKING:
    from gmpki.oids import ObjectIdentifier

__all__ = ["read_profile"]

_FORMAT: Final = 1
_ALGORITHMS: Final = ("SM2", "RSA", "ECDSA", "Ed25519")
_MAX_DAYS: Final = 36525
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_DOTTED: Final = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]{0,38})){1,20}")

_ENCIPHERMENT: Final = KeyUsages.KEY_ENCIPHERMENT | KeyUsages.DATA_ENCIPHERMENT
# What keys of some kinds cannot do. RSA keys agree on nothing; the others encrypt nothing, but SM2 does both.
_IMPOSSIBLE: Final = (
    ("RSA", KeyUsages.KEY_AGREEMENT, "RFC 3279 2.3.1"),
    ("ECDSA", _ENCIPHERMENT, "RFC 5480 3"),
    ("Ed25519", _ENCIPHERMENT | KeyUsages.KEY_AGREEMENT, "RFC 8410 5"),
)
_NAME_KINDS: Final = {
    "email": GeneralNameKind.RFC822_NAME,
    "dns": GeneralNameKind.DNS_NAME,
    "uri": GeneralNameKind.URI,
    "ip": GeneralNameKind.IP_ADDRESS,
    "directory": GeneralNameKind.DIRECTORY_NAME,
}
_KEYS: Final = (
    "format",
    "name",
    "title",
    "title_zh",
    "issues",
    "published",
    "validity",
    "subject_key",
    "subject",
    "request",
    "operator",
    "extensions",
)
_EXTENSION_TABLES: Final = (
    "basicConstraints",
    "keyUsage",
    "extKeyUsage",
    "subjectKeyIdentifier",
    "authorityKeyIdentifier",
    "certificatePolicies",
    "subjectAltName",
    "cRLDistributionPoints",
    "authorityInfoAccess",
    "ocspNoCheck",
    "identity",
)
# Where the object identifiers of extensions, of identity extensions and of purposes begin.
_EXTENSIONS: Final = ("2.5.29.", "1.3.6.1.5.5.7.1.", "1.2.156.10260.4.", "1.2.86.11.7.")
_IDENTITY: Final = ("1.2.156.10260.4.", "1.2.86.11.7.")
_PURPOSES: Final = ("1.3.6.1.5.5.7.3.",)
# Numbers of documents and insurances of persons; numbers of organisations are public.
_PERSONAL: Final = frozenset(
    (
        oids.IDENTIFY_CODE,
        oids.INSURANCE_NUMBER,
        oids.RESIDENT_IDENTITY_2023,
        oids.PASSPORT_2023,
        oids.LEGACY_PERSONAL_IDENTITY,
        oids.LEGACY_IDENTITY_2,
    )
)
# What a profile itself decides: nobody adds it to a certificate, neither an applicant nor an operator.
_DECIDED: Final = (
    oids.BASIC_CONSTRAINTS,
    oids.KEY_USAGE,
    oids.EXTENDED_KEY_USAGE,
    oids.SUBJECT_KEY_IDENTIFIER,
    oids.AUTHORITY_KEY_IDENTIFIER,
)


def read_profile(text: str, what: str) -> Profile:
    """Read and check a profile.

    :raises ProfileError: when it is none; the message names the line and the key.
    """
    table = read_toml(text, what)
    table.number("format", _FORMAT, _FORMAT)
    name = table.text("name")
    if not _NAME.fullmatch(name):
        table.fail("lower-case letters, digits and hyphens expected, 64 at most", "name")
    is_pair = table.choice("issues", ("certificate", "pair")) == "pair"
    published = table.boolean("published", True)
    request = table.table("request")
    operator = table.table("operator")
    algorithms = _algorithms(_needed(table, "subject_key"))
    extensions = _needed(table, "extensions")
    profile = Profile(
        name=name,
        title=table.text("title"),
        title_zh=table.text("title_zh", ""),
        is_pair=is_pair,
        published=published,
        validity=_validity(_needed(table, "validity")),
        algorithms=algorithms,
        subject=_subject(_needed(table, "subject")),
        extensions=_extensions(extensions, algorithms, is_pair=is_pair, published=published),
        from_request=_additional(request) if request is not None else (),
        refuse_unlisted=request is not None and request.choice("unlisted", ("ignore", "refuse"), "ignore") == "refuse",
        from_operator=_additional(operator) if operator is not None else (),
    )
    if request is not None:
        request.end(("extensions", "unlisted"))
    if operator is not None:
        operator.end(("extensions",))
    table.end(_KEYS)
    return profile


def _needed(table: Table, key: str) -> Table:
    inner = table.table(key)
    if inner is None:
        table.fail(f"the table [{key}] must be there")
    return inner


def _validity(table: Table) -> ValidityRules:
    max_days = table.number("max_days", 1, _MAX_DAYS)
    rules = ValidityRules(
        default_days=table.number("default_days", 1, max_days),
        max_days=max_days,
        backdate_minutes=table.number("backdate_minutes", 0, 24 * 60, 5),
        clip=table.choice("beyond_issuer", ("refuse", "clip"), "refuse") == "clip",
    )
    table.end(("default_days", "max_days", "backdate_minutes", "beyond_issuer"))
    return rules


def _algorithms(table: Table) -> tuple[str, ...]:
    def known(name: str) -> str:
        if name not in _ALGORITHMS:
            raise ProfileError(f"{', '.join(_ALGORITHMS)} are known, not {name!r}")
        return name

    algorithms = table.items("algorithms", known)
    if not algorithms:
        table.fail("at least one kind of key expected", "algorithms")
    table.end(("algorithms",))
    return algorithms


def _subject(table: Table) -> SubjectRules:
    required, optional = (table.items(key, _attribute) for key in ("required", "optional"))
    twice = [kind.name for kind in optional if kind in required]
    if twice:
        table.fail(f"{', '.join(twice)} cannot be both required and optional", "optional")
    fixed: list[tuple[ObjectIdentifier, str]] = []
    inner = table.table("fixed")
    if inner is not None:
        for key, value in inner.texts().items():
            try:
                kind = _attribute(key)
            except ProfileError as error:
                inner.fail(str(error), key)
            if kind not in required and kind not in optional:
                inner.fail("fixes the value of an attribute that is neither required nor optional", key)
            fixed.append((kind, value))
    table.end(("required", "optional", "fixed"))
    return SubjectRules(required, optional, tuple(fixed))


def _additional(table: Table) -> tuple[ObjectIdentifier, ...]:
    """Read the extensions that somebody may add to what the profile says."""

    def allowed(name: str) -> ObjectIdentifier:
        kind = _extension(name)
        if kind in _DECIDED:
            raise ProfileError(f"{name} is what the profile itself decides, in [extensions.{name}]")
        if kind.startswith(_IDENTITY):
            # Who issues gives them one by one; what a request asks for is whatever its maker likes.
            raise ProfileError(f"{name} is an identity extension; those are listed in [extensions.identity]")
        return kind

    return table.items("extensions", allowed)


# ---- extensions ---------------------------------------------------------------------------
def _extensions(table: Table, algorithms: tuple[str, ...], *, is_pair: bool, published: bool) -> ExtensionRules:
    constraints = _constraints(table.table("basicConstraints"))
    usage_table = _needed(table, "keyUsage")
    purposes = _purposes(table.table("extKeyUsage"))
    alternative = _alternative_names(table.table("subjectAltName"))
    rules = ExtensionRules(
        key_usage=_key_usage(usage_table, is_pair=is_pair, is_ca=constraints is not None and constraints.ca),
        basic_constraints=constraints,
        extended_key_usage=purposes,
        certificate_policies=_policies(table.table("certificatePolicies")),
        subject_alt_name=alternative,
        key_identifier=_key_identifier(table.table("subjectKeyIdentifier")),
        authority_key_identifier=_present(table.table("authorityKeyIdentifier")),
        crl_distribution_points=_addresses(table.table("cRLDistributionPoints")),
        authority_info_access=_addresses(table.table("authorityInfoAccess")),
        ocsp_no_check=_present(table.table("ocspNoCheck")),
        identity=_identity(table.table("identity"), published=published),
    )
    if constraints is not None and constraints.ca:
        if is_pair:
            table.fail("a certification authority has one certificate, not a pair", "basicConstraints")
        if rules.key_identifier is None:
            # RFC 5280 4.2.1.2
            table.fail("the certificate of an authority has a subjectKeyIdentifier")
        if rules.identity:
            table.fail("the certificate of an authority has no identity extensions", "identity")
    for algorithm, impossible, clause in _IMPOSSIBLE:
        if algorithm in algorithms and any(usages & impossible for _, usages in rules.key_usage.usages):
            names = ", ".join(name for name, usage in KEY_USAGES.items() if usage & impossible)
            table.fail(f"keys of {algorithm} have no usage {names} ({clause})", "keyUsage")
    if purposes is not None and oids.SERVER_AUTH in purposes.purposes:
        kinds = alternative.kinds if alternative is not None else ()
        if GeneralNameKind.DNS_NAME not in kinds and GeneralNameKind.IP_ADDRESS not in kinds:
            table.fail("serverAuth needs a subjectAltName of the kind dns or ip", "extKeyUsage")
    table.end(_EXTENSION_TABLES)
    return rules


def _constraints(table: Table | None) -> ConstraintsRule | None:
    if table is None:
        return None
    rule = ConstraintsRule(table.boolean("critical"), table.boolean("ca"), table.optional_number("path_len", 0, 100))
    if rule.ca and not rule.critical:
        table.fail("must be critical in the certificate of an authority (RFC 5280 4.2.1.9)", "critical")
    if rule.path_len is not None and not rule.ca:
        table.fail("belongs to authorities only, where ca = true", "path_len")
    table.end(("critical", "ca", "path_len"))
    return rule


def _key_usage(table: Table, *, is_pair: bool, is_ca: bool) -> UsageRule:
    roles = (Role.SIGNING, Role.ENCRYPTION) if is_pair else (Role.ONLY,)
    critical = table.boolean("critical")
    mixed = table.boolean("mixed", False)
    found = []
    for role in roles:
        usages = KeyUsages(0)
        for usage in table.items(role.value, _usage):
            usages |= usage
        if not usages:
            table.fail("at least one usage expected", role.value)
        found.append((role, usages))
    if is_pair:
        _check_pair(table, dict(found), mixed=mixed)
    else:
        _check_single(table, found[0][1], is_ca=is_ca, mixed=mixed)
    table.end(("critical", "mixed", *(role.value for role in roles)))
    return UsageRule(critical, tuple(found))


def _check_pair(table: Table, usages: dict[Role, KeyUsages], *, mixed: bool) -> None:
    if mixed:
        table.fail("the two certificates of a pair never mix usages", "mixed")
    one_way = KeyUsages.ENCIPHER_ONLY | KeyUsages.DECIPHER_ONLY
    for role, allowed in ((Role.SIGNING, SIGNING_USAGES), (Role.ENCRYPTION, ENCRYPTION_USAGES | one_way)):
        if usages[role] & ~allowed:
            names = ", ".join(name for name, usage in KEY_USAGES.items() if usage & allowed)
            table.fail(f"the {role.value} certificate of a pair has no other usages than {names}", role.value)


def _check_single(table: Table, usages: KeyUsages, *, is_ca: bool, mixed: bool) -> None:
    key = Role.ONLY.value
    if bool(usages & KeyUsages.KEY_CERT_SIGN) != is_ca:
        table.fail("keyCertSign goes with basicConstraints ca = true, and neither without the other", key)
    if usages & ENCRYPTION_USAGES and usages & (SIGNING_USAGES | CA_USAGES) and not mixed:
        table.fail("signing and encryption are mixed in one certificate; mixed = true says that this is meant", key)


def _purposes(table: Table | None) -> PurposesRule | None:
    if table is None:
        return None
    rule = PurposesRule(table.boolean("critical"), table.items("purposes", _purpose))
    if not rule.purposes:
        table.fail("at least one purpose expected", "purposes")
    if oids.TIME_STAMPING in rule.purposes and (len(rule.purposes) > 1 or not rule.critical):
        table.fail("timeStamping stands alone, in a critical extension (RFC 3161 2.3)", "purposes")
    table.end(("critical", "purposes"))
    return rule


def _policies(table: Table | None) -> PoliciesRule | None:
    if table is None:
        return None
    rule = PoliciesRule(table.boolean("critical", False), table.items("policies", _dotted))
    if not rule.policies:
        table.fail("at least one policy expected", "policies")
    table.end(("critical", "policies"))
    return rule


def _alternative_names(table: Table | None) -> AlternativeNamesRule | None:
    if table is None:
        return None

    def kind(name: str) -> GeneralNameKind:
        if name not in _NAME_KINDS:
            raise ProfileError(f"{', '.join(_NAME_KINDS)} are known, not {name!r}")
        return _NAME_KINDS[name]

    rule = AlternativeNamesRule(
        table.items("kinds", kind), table.boolean("required"), table.boolean("wildcards", False)
    )
    if not rule.kinds:
        table.fail("at least one kind of name expected", "kinds")
    table.end(("kinds", "required", "wildcards"))
    return rule


def _key_identifier(table: Table | None) -> str | None:
    if table is None:
        return None
    method = table.choice("method", ("sha1", "sm3"), "sha1")
    table.end(("method",))
    return method


def _addresses(table: Table | None) -> bool | None:
    if table is None:
        return None
    required = table.boolean("required", False)
    table.end(("required",))
    return required


def _present(table: Table | None) -> bool:
    if table is not None:
        table.end()
    return table is not None


def _identity(table: Table | None, *, published: bool) -> tuple[ObjectIdentifier, ...]:
    if table is None:
        return ()
    kinds = table.items("kinds", _identity_kind)
    personal = [kind.name for kind in kinds if kind in _PERSONAL]
    if published and personal:
        table.fail(f"{', '.join(personal)} is personal data, and the certificates are published", "kinds")
    table.end(("kinds",))
    return kinds


# ---- names of things ----------------------------------------------------------------------
def _dotted(text: str) -> ObjectIdentifier:
    """Take a dotted object identifier."""
    if not _DOTTED.fullmatch(text):
        raise ProfileError(f"an object identifier such as 1.2.156.1 expected, not {text[:80]!r}")
    try:
        der.encode_oid(text)
    except InvalidInputError as error:
        raise ProfileError(str(error)) from None
    return oids.find(text)


def _attribute(text: str) -> ObjectIdentifier:
    """Take a type of attribute by its short name or its number."""
    try:
        return attribute_type(text)
    except InvalidInputError as error:
        raise ProfileError(str(error)) from None


def _usage(text: str) -> KeyUsages:
    if text not in KEY_USAGES:
        raise ProfileError(f"{', '.join(KEY_USAGES)} are known, not {text[:80]!r}")
    return KEY_USAGES[text]


@lru_cache(maxsize=8)
def _registered(arcs: tuple[str, ...]) -> dict[str, ObjectIdentifier]:
    """Return the registered identifiers of some arcs by their names."""
    return {kind.name: kind for kind in oids.registered() if kind.startswith(arcs)}


def _named(text: str, arcs: tuple[str, ...], what: str) -> ObjectIdentifier:
    """Take an object identifier by its name in the registry, or by its number."""
    known = _registered(arcs).get(text)
    if known is not None:
        return known
    if not _DOTTED.fullmatch(text):
        raise ProfileError(f"no {what} is called {text[:80]!r}; its object identifier may stand there instead")
    return _dotted(text)


def _extension(text: str) -> ObjectIdentifier:
    return _named(text, _EXTENSIONS, "extension")


def _identity_kind(text: str) -> ObjectIdentifier:
    kind = _registered(_IDENTITY).get(text)
    if kind is None:
        raise ProfileError(
            f"no identity extension is called {text[:80]!r}; there are {', '.join(_registered(_IDENTITY))}"
        )
    return kind


def _purpose(text: str) -> ObjectIdentifier:
    return _named(text, _PURPOSES, "purpose")
