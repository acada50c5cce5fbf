"""Rules about identity extensions and personal data. No finding ever shows an identity number."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.asn1.gmt0015 import IdentifyCode, IdentifyCodeKind, IdentityValue, ResidentIdentity2023
from gmpki.asn1.quirks import QuirkKind
from gmpki.x509.lint._model import GMT0015, HERE, Document, Scope, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.x509.lint._facts import Facts

__all__: list[str] = []

_GB11643: Final = Document("GB 11643", "1999", "D")
_GB32100: Final = Document("GB 32100", "2015", "D")
_PERSONAL: Final = frozenset(
    (
        oids.IDENTIFY_CODE,
        oids.INSURANCE_NUMBER,
        oids.RESIDENT_IDENTITY_2023,
        oids.PASSPORT_2023,
        oids.LEGACY_PERSONAL_IDENTITY,
    )
)
_UNRESOLVED: Final = frozenset((oids.SOCIAL_CREDIT_CODE_2023, oids.SOCIAL_CREDIT_CODE_2023_LONG))
_OLD_ARC: Final = "1.2.86.11.7."
_RESIDENT: Final = re.compile(r"[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]")
_RESIDENT_INSIDE: Final = re.compile(rf"(?<!\d){_RESIDENT.pattern}(?![\dXx])")
# A prefix that says which document the number is of stands before it in some certificates.
_PREFIX: Final = re.compile(r"^(?:SF|sf|0@)")
_CREDIT_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT: Final = re.compile(rf"[{_CREDIT_ALPHABET}]{{18}}")
_CREDIT_CODES: Final = _UNRESOLVED | {oids.ORGANIZATION_CODE, oids.LEGACY_ORGANIZATION_CODE}


def _resident_check(number: str) -> str:
    """Return the check character of the first 17 digits of a resident identity number (ISO 7064, MOD 11-2)."""
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(number[:17]))
    return "0123456789X"[(12 - total) % 11]


def _credit_check(code: str) -> str:
    """Return the check character of the first 17 characters of a unified social credit code."""
    total = sum(_CREDIT_ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(code[:17]))
    return _CREDIT_ALPHABET[-total % 31]


def _text(value: IdentityValue | None) -> str:
    return _PREFIX.sub("", getattr(value, "value", "") or "")


@rule(
    "GMT0015-ID-CRITICAL",
    Severity.ERROR,
    GMT0015.at("identity extensions"),
    "Identity extensions are not critical",
    "身份标识扩展为非关键",
    why="Software that does not know them must not refuse the certificate.",
)
def _critical(facts: Facts) -> Iterator[str]:
    for oid, _ in facts.identities:
        if facts.is_critical(oid):
            yield f"{oid.name} is critical"


@rule(
    "GMT0015-ID-EMPTY",
    Severity.WARNING,
    GMT0015.at("identity extensions"),
    "Identity extensions hold something",
    "身份标识扩展不为空",
    why="NULL and empty strings have been seen.",
)
def _empty(facts: Facts) -> Iterator[str]:
    for oid, value in facts.identities:
        if value is not None and not _text(value):
            yield f"{oid.name} is empty"


@rule(
    "GMT0015-ID-FORM",
    Severity.WARNING,
    GMT0015.at("identity extensions"),
    "Identity extensions hold a character string with its type",
    "身份标识扩展内容为带类型的字符串",
    why="Text without a type, NULL, and tags in place of the type have been seen; readers have to guess.",
)
def _form(facts: Facts) -> Iterator[str]:
    for quirk in facts.quirks(QuirkKind.UNTYPED_VALUE, QuirkKind.IMPLICIT_TAG):
        yield f"{quirk.kind.value} at {quirk.path}"


@rule(
    "GMT0015-ID-KIND",
    Severity.NOTICE,
    GMT0015.at("identity extensions", "C"),
    "identifyCode says of which document the number is",
    "个人身份标识码说明证件类型",
    why="The tag of the CHOICE does; the tagging itself was not read in the standard.",
)
def _kind(facts: Facts) -> Iterator[str]:
    for _, value in facts.identities:
        if isinstance(value, IdentifyCode) and value.kind is None and value.value:
            yield "identifyCode has no tag: of which document the number is, nobody can tell"


@rule(
    "GMT0015-ID-CA",
    Severity.WARNING,
    GMT0015.at("identity extensions"),
    "The certificate of an authority has no personal identity number",
    "CA证书不含个人身份标识",
    scope=Scope.CA,
    why="It is published everywhere.",
)
def _of_authority(facts: Facts) -> Iterator[str]:
    for oid, _ in facts.identities:
        if oid in _PERSONAL:
            yield f"{oid.name} in the certificate of an authority"


@rule(
    "GMT0015-ID-OLD",
    Severity.NOTICE,
    GMT0015.at("identity extensions", "C"),
    "Identity extensions are those of GM/T 0015",
    "身份标识扩展采用GM/T 0015的OID",
    why="Those under 1.2.86.11.7 are older, and few programs know them.",
)
def _old(facts: Facts) -> Iterator[str]:
    for oid, _ in facts.identities:
        if oid.startswith(_OLD_ARC):
            yield f"{oid.name} ({str.__str__(oid)})"


@rule(
    "GMT0015-ID-UNRESOLVED",
    Severity.NOTICE,
    GMT0015.at("identity extensions, 2023", "C"),
    "The identifier of the unified social credit code is known",
    "统一社会信用代码扩展的OID未确认",
    why="Two numbers are in use, and the 2023 edition could not be read.",
)
def _unresolved(facts: Facts) -> Iterator[str]:
    for oid, _ in facts.identities:
        if oid in _UNRESOLVED:
            yield f"which identifier the 2023 edition assigns is not certain; this is {str.__str__(oid)}"


@rule(
    "GB11643-CHECK-DIGIT",
    Severity.WARNING,
    _GB11643.at("check digit"),
    "Resident identity numbers have 18 characters and the right check digit",
    "居民身份证号码为18位且校验码正确",
    why="A wrong digit is a wrong person.",
)
def _resident_number(facts: Facts) -> Iterator[str]:
    for oid, value in facts.identities:
        resident = isinstance(value, ResidentIdentity2023) or (
            isinstance(value, IdentifyCode) and value.kind is IdentifyCodeKind.RESIDENT_ID
        )
        text = _text(value)
        if not resident or not text:
            continue
        if not _RESIDENT.fullmatch(text):
            yield f"{oid.name} is no resident identity number of 18 characters"
        elif text[17].upper() != _resident_check(text):
            yield f"the check digit of {oid.name} is wrong"


@rule(
    "GB32100-CHECK-DIGIT",
    Severity.WARNING,
    _GB32100.at("check character"),
    "Unified social credit codes have the right check character",
    "统一社会信用代码校验码正确",
    why="Organisation codes of 8 and 1 characters, which stand in the same place, are let pass.",
)
def _credit_code(facts: Facts) -> Iterator[str]:
    for oid, value in facts.identities:
        text = _text(value)
        if oid not in _CREDIT_CODES or len(text) != 18:
            continue
        if not _CREDIT.fullmatch(text) or text[17] != _credit_check(text):
            yield f"{oid.name} has 18 characters, but is no unified social credit code"


@rule(
    "GMPKI-PERSONAL-DATA",
    Severity.NOTICE,
    HERE.at("personal data"),
    "A certificate that others can read has no personal identity number",
    "公开的证书不含个人身份标识",
    why="Certificates are sent with every signature; who signs for the public makes the number public.",
)
def _personal_data(facts: Facts) -> Iterator[str]:
    for oid, value in facts.identities:
        if oid in _PERSONAL and value is not None and _text(value):
            yield f"{oid.name} holds personal data: do not publish this certificate"


@rule(
    "GMPKI-PERSONAL-DATA-NAME",
    Severity.WARNING,
    HERE.at("personal data"),
    "The subject's name has no resident identity number",
    "主体名称中不含居民身份证号码",
    why="Names are shown, logged and searched for.",
)
def _personal_name(facts: Facts) -> Iterator[str]:
    for attribute in facts.attributes:
        for found in _RESIDENT_INSIDE.finditer(attribute.text or ""):
            if found[0][17].upper() == _resident_check(found[0]):
                yield f"{attribute.type.name} holds a resident identity number"


@rule(
    "GMPKI-PERSONAL-DATA-SERVER",
    Severity.ERROR,
    HERE.at("personal data"),
    "The certificate of a server has no personal identity number",
    "服务器证书不含个人身份标识",
    scope=Scope.TLS_SERVER,
    why="Everybody who connects gets it.",
)
def _personal_server(facts: Facts) -> Iterator[str]:
    for oid, _ in facts.identities:
        if oid in _PERSONAL:
            yield f"{oid.name} in the certificate of a server"
