"""Rules about the time in which a certificate is valid."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from gmpki.asn1.quirks import QuirkKind
from gmpki.x509.lint._model import CABF, HERE, RFC5280, Scope, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.x509.lint._facts import Facts

__all__: list[str] = []

_SECOND: Final = timedelta(seconds=1)
_LONGEST_END_ENTITY: Final = timedelta(days=10 * 366)
_LONGEST_TLS: Final = timedelta(days=398)
_LAST_YEAR: Final = 9999


@rule(
    "RFC5280-VALIDITY-ORDER",
    Severity.ERROR,
    RFC5280.at("4.1.2.5"),
    "The validity ends after it begins",
    "有效期终止时间晚于起始时间",
    why="Otherwise the certificate is never valid.",
)
def _order(facts: Facts) -> Iterator[str]:
    certificate = facts.certificate
    if certificate.not_after < certificate.not_before:
        yield f"it begins {certificate.not_before:%Y-%m-%d} and ends {certificate.not_after:%Y-%m-%d}"


@rule(
    "RFC5280-TIME-FORM",
    Severity.ERROR,
    RFC5280.at("4.1.2.5"),
    "Times are UTCTime until 2049 and GeneralizedTime after, with seconds and Z",
    "2049年及以前用UTCTime，之后用GeneralizedTime",
    why="One form for each time, so that all software reads the same.",
)
def _form(facts: Facts) -> Iterator[str]:
    for quirk in facts.quirks(QuirkKind.TIME_FORM):
        yield f"another form of time at {quirk.path}"


@rule(
    "RFC5280-VALIDITY-AT",
    Severity.WARNING,
    RFC5280.at("6.1.3 (a) (2)"),
    "The certificate is valid at the time asked about",
    "证书在所查时间有效",
    why="Only where a time was given.",
)
def _valid_then(facts: Facts) -> Iterator[str]:
    certificate = facts.certificate
    if facts.at is None:
        return
    if facts.at < certificate.not_before:
        yield f"not valid before {certificate.not_before:%Y-%m-%d %H:%M:%SZ}"
    elif facts.at > certificate.not_after:
        yield f"expired on {certificate.not_after:%Y-%m-%d %H:%M:%SZ}"


@rule(
    "RFC5280-VALIDITY-ENDLESS",
    Severity.NOTICE,
    RFC5280.at("4.1.2.5"),
    "The validity has an end",
    "有效期有终止时间",
    why="The last second of the year 9999 says that there is none.",
)
def _endless(facts: Facts) -> Iterator[str]:
    if facts.certificate.not_after.year == _LAST_YEAR:
        yield "it ends in the year 9999: never"


@rule(
    "GMPKI-VALIDITY-LONG",
    Severity.WARNING,
    HERE.at("profiles"),
    "A certificate of an end entity is valid for at most ten years",
    "用户证书有效期不超过十年",
    scope=Scope.END_ENTITY,
    why="Keys, names and algorithms do not stay right for longer.",
)
def _long_validity(facts: Facts) -> Iterator[str]:
    length = facts.certificate.not_after - facts.certificate.not_before
    if length > _LONGEST_END_ENTITY:
        yield f"valid for {length.days} days"


@rule(
    "CABF-VALIDITY-TLS",
    Severity.INFO,
    CABF.at("6.3.2"),
    "A certificate of a public web server is valid for at most 398 days",
    "公网服务器证书有效期不超过398天",
    scope=Scope.TLS_SERVER,
    why="Browsers refuse longer ones of public authorities.",
)
def _tls_validity(facts: Facts) -> Iterator[str]:
    length = facts.certificate.not_after - facts.certificate.not_before + _SECOND
    if length > _LONGEST_TLS:
        yield f"valid for {length.days} days"
