"""Rules about alternative names, and the names of servers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.asn1.rfc5280.ext_names import IssuerAltName
from gmpki.asn1.rfc5280.general_name import GeneralNameKind
from gmpki.x509.lint._facts import shown
from gmpki.x509.lint._model import RFC5280, Document, Scope, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.x509.lint._facts import Facts

__all__: list[str] = []

_RFC6125: Final = Document("RFC 6125", "2011", "A")
_RFC9110: Final = Document("RFC 9110", "2022", "A")
_LABEL: Final = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.")
_MAILBOX: Final = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@]+")
_HOST: Final = re.compile(r"(?:\*\.)?(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}")
_MAX_DNS_LEN: Final = 253


def _is_host(text: str) -> bool:
    return 0 < len(text) <= _MAX_DNS_LEN and all(_LABEL.fullmatch(label) for label in text.split("."))


@rule(
    "RFC5280-SAN-DNS",
    Severity.ERROR,
    RFC5280.at("4.2.1.6"),
    "DNS names are hosts: labels of letters, digits and hyphens",
    "域名仅由字母、数字、连字符组成的标签构成",
    why="A wildcard may stand for the first label; underscores are common and let pass.",
)
def _dns_names(facts: Facts) -> Iterator[str]:
    for text in facts.alternative_texts(GeneralNameKind.DNS_NAME):
        # Other places of a wildcard are for the rule about wildcards.
        if not _is_host(text.removeprefix("*.")) and (text.startswith("*.") or "*" not in text):
            yield f"{shown(text)} is no host"


@rule(
    "RFC6125-WILDCARD",
    Severity.WARNING,
    _RFC6125.at("6.4.3"),
    "A wildcard is the whole first label, with two labels behind it",
    "通配符仅作为完整的最左标签，其后至少两级域名",
    why="Others are refused, or match too much.",
)
def _wildcards(facts: Facts) -> Iterator[str]:
    for text in facts.alternative_texts(GeneralNameKind.DNS_NAME):
        if "*" in text and (not text.startswith("*.") or "*" in text[1:] or text.count(".") < 2):
            yield f"the wildcard of {shown(text)}"


@rule(
    "RFC5280-SAN-EMAIL",
    Severity.ERROR,
    RFC5280.at("4.2.1.6"),
    "E-mail addresses are mailboxes",
    "电子邮件格式为 用户@域名",
    why="No phrase before and no brackets around them.",
)
def _email_names(facts: Facts) -> Iterator[str]:
    for text in facts.alternative_texts(GeneralNameKind.RFC822_NAME):
        if not _MAILBOX.fullmatch(text):
            yield f"{shown(text)} is no mailbox"


@rule(
    "RFC5280-SAN-URI",
    Severity.ERROR,
    RFC5280.at("4.2.1.6"),
    "URIs are absolute",
    "URI为绝对形式",
    why="A relative one has nothing to be relative to.",
)
def _uri_names(facts: Facts) -> Iterator[str]:
    for text in facts.alternative_texts(GeneralNameKind.URI):
        if not _SCHEME.match(text):
            yield f"{shown(text)} has no scheme"


@rule(
    "RFC5280-SAN-CRITICAL",
    Severity.WARNING,
    RFC5280.at("4.2.1.6"),
    "subjectAltName beside a subject is not critical",
    "主体名称不为空时主体可选替换名称为非关键",
    why="It adds to the name and does not replace it.",
)
def _alternative_critical(facts: Facts) -> Iterator[str]:
    if facts.is_critical(oids.SUBJECT_ALT_NAME) and not facts.certificate.subject.is_empty:
        yield "subjectAltName is critical beside a subject"


@rule(
    "RFC5280-SAN-DIRECTORY",
    Severity.WARNING,
    RFC5280.at("4.2.1.6"),
    "Names of directories are not empty",
    "目录名称不为空",
    why="They name nobody.",
)
def _directory_names(facts: Facts) -> Iterator[str]:
    issuers = facts.value(IssuerAltName)
    for name in (*facts.alternatives, *(issuers.names if issuers is not None else ())):
        if name.kind is GeneralNameKind.DIRECTORY_NAME and str(name.value) == "":
            yield "an empty directory name"


@rule(
    "RFC9110-TLS-SAN",
    Severity.ERROR,
    _RFC9110.at("4.3.4"),
    "The certificate of a server names its hosts in subjectAltName",
    "服务器证书在主体可选替换名称中列出域名或IP",
    scope=Scope.TLS_SERVER,
    why="Clients do not look at the common name.",
)
def _server_names(facts: Facts) -> Iterator[str]:
    if not any(name.kind in (GeneralNameKind.DNS_NAME, GeneralNameKind.IP_ADDRESS) for name in facts.alternatives):
        yield "subjectAltName has neither a DNS name nor an address"


@rule(
    "RFC6125-TLS-COMMON-NAME",
    Severity.NOTICE,
    _RFC6125.at("6.4.4"),
    "A host in the common name stands in subjectAltName too",
    "通用名中的域名同时列入主体可选替换名称",
    scope=Scope.TLS_SERVER,
    why="Old clients and new ones then see the same.",
)
def _common_name_listed(facts: Facts) -> Iterator[str]:
    listed = {text.lower() for text in facts.alternative_texts(GeneralNameKind.DNS_NAME)}
    for text in facts.certificate.subject.get_all(oids.COMMON_NAME):
        if _HOST.fullmatch(text) and text.lower() not in listed:
            yield f"{shown(text)} is not in subjectAltName"
