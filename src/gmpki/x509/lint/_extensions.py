"""Rules about extensions as such: well formed, once, critical or not, known, and those about keys and constraints."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.algorithms import sm3
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280.ext_keys import AuthorityKeyIdentifier, KeyUsages, PrivateKeyUsagePeriod
from gmpki.x509.extensions import known_type
from gmpki.x509.lint._model import GMT0015, HERE, RFC5280, Clause, Document, Scope, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.oids import ObjectIdentifier
    from gmpki.x509.lint._facts import Facts

__all__: list[str] = []

_RFC7633: Final = Document("RFC 7633", "2015", "A")
_NETSCAPE: Final = "2.16.840.1.113730.1."


@rule(
    "RFC5280-EXTENSION-MALFORMED",
    Severity.ERROR,
    RFC5280.at("4.2"),
    "Extensions hold what their kind asks for",
    "扩展项内容符合其定义",
    why="One that cannot be read is as if it were unknown.",
)
def _malformed(facts: Facts) -> Iterator[str]:
    for extension in facts.certificate.extensions:
        problem = facts.certificate.extensions.problem(extension.extn_id)
        if problem is not None and "twice" not in problem:
            yield problem


@rule(
    "RFC5280-EXTENSION-DUPLICATE",
    Severity.ERROR,
    RFC5280.at("4.2"),
    "No extension stands twice",
    "同一扩展项不重复出现",
    why="Software takes the first or the last.",
)
def _duplicate(facts: Facts) -> Iterator[str]:
    for quirk in facts.quirks(QuirkKind.DUPLICATE_EXTENSION):
        yield f"{quirk.path.rpartition('.')[2]} stands {quirk.times + 1} times"


@rule(
    "RFC5280-EXTENSION-CRITICAL-UNKNOWN",
    Severity.WARNING,
    RFC5280.at("4.2"),
    "Critical extensions are those that everybody knows",
    "关键扩展项应为通用扩展项",
    why="Software that does not know a critical extension must refuse the certificate.",
)
def _unknown_critical(facts: Facts) -> Iterator[str]:
    for extension in facts.certificate.extensions:
        if extension.critical and known_type(extension.extn_id) is None:
            yield f"the extension {extension.extn_id.name} is critical and not known here"


@rule(
    "GMPKI-EXTENSION-UNKNOWN",
    Severity.INFO,
    HERE.at("extensions"),
    "Extensions are known",
    "扩展项已知",
    why="Nothing is said about the contents of others.",
)
def _unknown(facts: Facts) -> Iterator[str]:
    for extension in facts.certificate.extensions:
        if not extension.critical and known_type(extension.extn_id) is None:
            yield f"the extension {extension.extn_id.name} is not known here"


# ---- critical or not ------------------------------------------------------------------------------------------------
_MUST: Final = Severity.ERROR
_SHOULD: Final = Severity.WARNING
_CRITICALITY: Final[tuple[tuple[str, ObjectIdentifier, bool, Severity, Clause], ...]] = (
    ("AKI", oids.AUTHORITY_KEY_IDENTIFIER, False, _MUST, RFC5280.at("4.2.1.1")),
    ("SKI", oids.SUBJECT_KEY_IDENTIFIER, False, _MUST, RFC5280.at("4.2.1.2")),
    ("KU", oids.KEY_USAGE, True, _SHOULD, RFC5280.at("4.2.1.3")),
    ("PM", oids.POLICY_MAPPINGS, True, _SHOULD, RFC5280.at("4.2.1.5")),
    ("IAN", oids.ISSUER_ALT_NAME, False, _SHOULD, RFC5280.at("4.2.1.7")),
    ("SDA", oids.SUBJECT_DIRECTORY_ATTRIBUTES, False, _MUST, RFC5280.at("4.2.1.8")),
    ("NC", oids.NAME_CONSTRAINTS, True, _MUST, RFC5280.at("4.2.1.10")),
    ("PC", oids.POLICY_CONSTRAINTS, True, _MUST, RFC5280.at("4.2.1.11")),
    ("CDP", oids.CRL_DISTRIBUTION_POINTS, False, _SHOULD, RFC5280.at("4.2.1.13")),
    ("IAP", oids.INHIBIT_ANY_POLICY, True, _MUST, RFC5280.at("4.2.1.14")),
    ("FRESHEST", oids.FRESHEST_CRL, False, _MUST, RFC5280.at("4.2.1.15")),
    ("AIA", oids.AUTHORITY_INFO_ACCESS, False, _MUST, RFC5280.at("4.2.2.1")),
    ("SIA", oids.SUBJECT_INFO_ACCESS, False, _MUST, RFC5280.at("4.2.2.2")),
    ("TLS-FEATURE", oids.TLS_FEATURE, False, _SHOULD, _RFC7633.at("4.1")),
)


def _register_criticality(short: str, oid: ObjectIdentifier, wanted: bool, severity: Severity, clause: Clause) -> None:
    prefix = clause.document.replace(" ", "")
    word, word_zh = ("critical", "为关键") if wanted else ("not critical", "为非关键")
    title = f"{oid.name} is {word}"

    why = (
        "Software that passes over it would take the certificate for more than it is."
        if wanted
        else "Software that does not know it loses nothing, and must not refuse the certificate."
    )

    @rule(f"{prefix}-{short}-CRITICAL", severity, clause, title, f"{oid.name_zh}扩展{word_zh}", why=why)
    def criticality(facts: Facts) -> Iterator[str]:
        if facts.has(oid) and facts.is_critical(oid) != wanted:
            yield f"{oid.name} is {'not critical' if wanted else 'critical'}"


for _row in _CRITICALITY:
    _register_criticality(*_row)


# ---- basic constraints ----------------------------------------------------------------------------------------------
@rule(
    "RFC5280-BC-CRITICAL",
    Severity.ERROR,
    RFC5280.at("4.2.1.9"),
    "basicConstraints of an authority is critical",
    "CA证书的基本约束扩展为关键",
    scope=Scope.CA,
    why="Old roots have it otherwise, the national one too, and nobody asks it of a trust anchor.",
)
def _constraints_critical(facts: Facts) -> Iterator[str]:
    if facts.has(oids.BASIC_CONSTRAINTS) and not facts.is_critical(oids.BASIC_CONSTRAINTS):
        yield "basicConstraints of an authority is not critical"


@rule(
    "RFC5280-BC-CA",
    Severity.ERROR,
    RFC5280.at("4.2.1.9"),
    "basicConstraints says that an authority is one",
    "CA证书含基本约束且cA为TRUE",
    scope=Scope.CA,
    why="Otherwise nothing that it issues is valid.",
)
def _constraints_authority(facts: Facts) -> Iterator[str]:
    if not facts.says_ca:
        there = "says that it is none" if facts.has(oids.BASIC_CONSTRAINTS) else "is not there"
        yield f"meant for an authority, but basicConstraints {there}"


@rule(
    "RFC5280-BC-USER",
    Severity.ERROR,
    RFC5280.at("4.2.1.9"),
    "basicConstraints of an end entity does not say that it is an authority",
    "用户证书的基本约束cA不为TRUE",
    scope=Scope.END_ENTITY,
    why="It could issue certificates.",
)
def _constraints_user(facts: Facts) -> Iterator[str]:
    if facts.says_ca:
        yield "meant for an end entity, but basicConstraints says that it is an authority"


@rule(
    "RFC5280-BC-PATH-LEN",
    Severity.ERROR,
    RFC5280.at("4.2.1.9"),
    "Only an authority that signs certificates has pathLenConstraint",
    "仅签发证书的CA可含路径长度限制",
    why="It limits the authorities below.",
)
def _path_len(facts: Facts) -> Iterator[str]:
    constraints = facts.constraints
    if constraints is None or constraints.path_len is None:
        return
    if not constraints.ca:
        yield "pathLenConstraint without cA"
    elif facts.usages is not None and not facts.usages & KeyUsages.KEY_CERT_SIGN:
        yield "pathLenConstraint, but keyUsage has no keyCertSign"


# ---- key identifiers ------------------------------------------------------------------------------------------------
@rule(
    "RFC5280-AKI-PRESENT",
    Severity.ERROR,
    RFC5280.at("4.2.1.1"),
    "authorityKeyIdentifier names the issuer's key",
    "含颁发机构密钥标识符",
    why="A self-signed certificate may leave it out.",
)
def _authority_key(facts: Facts) -> Iterator[str]:
    if facts.is_self_issued:
        return
    if not facts.has(oids.AUTHORITY_KEY_IDENTIFIER):
        yield "there is no authorityKeyIdentifier"
    elif facts.value(AuthorityKeyIdentifier) is not None and facts.authority_key is None:
        yield "authorityKeyIdentifier has no keyIdentifier"


@rule(
    "RFC5280-AKI-SELF",
    Severity.WARNING,
    RFC5280.at("4.2.1.1"),
    "A root names its own key as that of its issuer",
    "自签根证书的颁发机构密钥标识符等于主体密钥标识符",
    scope=Scope.CA,
    why="A self-issued certificate with another key is a link between two keys, and no root.",
)
def _authority_self(facts: Facts) -> Iterator[str]:
    own, issuers = facts.subject_key, facts.authority_key
    if facts.is_self_issued and own is not None and issuers is not None and own != issuers:
        yield "self-issued, but the key identifiers of issuer and subject differ"


@rule(
    "RFC5280-SKI-CA",
    Severity.ERROR,
    RFC5280.at("4.2.1.2"),
    "The certificate of an authority has subjectKeyIdentifier",
    "CA证书含主体密钥标识符",
    scope=Scope.CA,
    why="What it issues refers to it.",
)
def _subject_key_of_authority(facts: Facts) -> Iterator[str]:
    if not facts.has(oids.SUBJECT_KEY_IDENTIFIER):
        yield "there is no subjectKeyIdentifier"


@rule(
    "RFC5280-SKI-USER",
    Severity.WARNING,
    RFC5280.at("4.2.1.2"),
    "The certificate of an end entity has subjectKeyIdentifier",
    "用户证书含主体密钥标识符",
    scope=Scope.END_ENTITY,
    why="Messages refer to it.",
)
def _subject_key_of_user(facts: Facts) -> Iterator[str]:
    if not facts.has(oids.SUBJECT_KEY_IDENTIFIER):
        yield "there is no subjectKeyIdentifier"


@rule(
    "RFC5280-SKI-EMPTY",
    Severity.ERROR,
    RFC5280.at("4.2.1.2"),
    "subjectKeyIdentifier identifies something",
    "主体密钥标识符不为空",
    why="No bytes are the same for all keys.",
)
def _subject_key_empty(facts: Facts) -> Iterator[str]:
    if facts.subject_key == b"":
        yield "subjectKeyIdentifier is empty"


@rule(
    "RFC5280-SKI-METHOD",
    Severity.INFO,
    RFC5280.at("4.2.1.2"),
    "subjectKeyIdentifier is a known hash of the key",
    "主体密钥标识符为公钥的杂凑值",
    why="Any bytes that tell keys apart are allowed.",
)
def _subject_key_method(facts: Facts) -> Iterator[str]:
    found = facts.subject_key
    if not found:
        return
    key = facts.certificate.public_key_info
    hashes = [
        digest
        for data in (key.subject_public_key, key.to_der())
        for digest in (
            hashlib.sha1(data, usedforsecurity=False).digest(),
            sm3.digest(data),
            hashlib.sha256(data).digest(),
        )
    ]
    short = bytes((0x40 | hashes[0][-8] & 0x0F,)) + hashes[0][-7:]
    if found != short and not any(digest.startswith(found) and len(found) >= 8 for digest in hashes):
        yield "subjectKeyIdentifier is not SHA-1, SHA-256 or SM3 of the key"


# ---- others ---------------------------------------------------------------------------------------------------------
@rule(
    "RFC3280-PRIVATE-KEY-PERIOD",
    Severity.NOTICE,
    Document("RFC 3280", "2002", "A").at("4.2.1.4"),
    "The validity of the key is that of the certificate",
    "不使用私钥使用期扩展",
    why="The extension was given up in 2008; most software passes over it.",
)
def _private_key_period(facts: Facts) -> Iterator[str]:
    found = facts.value(PrivateKeyUsagePeriod)
    if found is None:
        return
    if found.not_before is not None and found.not_after is not None and found.not_after < found.not_before:
        yield "privateKeyUsagePeriod ends before it begins"
    else:
        yield "privateKeyUsagePeriod is there"


@rule(
    "GMT0015-NETSCAPE",
    Severity.NOTICE,
    GMT0015.at("extensions", "C"),
    "There are no extensions of Netscape",
    "不含Netscape扩展",
    why="keyUsage and extKeyUsage say the same in ways that software understands.",
)
def _netscape(facts: Facts) -> Iterator[str]:
    for extension in facts.certificate.extensions:
        if extension.extn_id.startswith(_NETSCAPE):
            yield f"{extension.extn_id.name} is there"
