"""Rules about the names of issuer and subject."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280.general_name import GeneralNameKind
from gmpki.x509.lint._facts import shown
from gmpki.x509.lint._model import GMT0015, HERE, RFC5280, Scope, Severity, rule
from gmpki.x509.names import COUNTRIES, IA5_ONLY, NO_STRINGS, PRINTABLE_ONLY, UPPER_BOUNDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.asn1.rfc5280 import AttributeTypeAndValue
    from gmpki.x509.lint._facts import Facts

__all__: list[str] = []

_DIRECTORY_STRINGS: Final = (der.Tag.PRINTABLE_STRING, der.Tag.UTF8_STRING)
_OLD_STRINGS: Final = (der.Tag.TELETEX_STRING, der.Tag.UNIVERSAL_STRING, der.Tag.BMP_STRING)
# What people write from the largest unit to the smallest.
_ORDER: Final = {
    kind: place
    for place, kind in enumerate(
        (oids.COUNTRY_NAME, oids.STATE_OR_PROVINCE_NAME, oids.LOCALITY_NAME, oids.ORGANIZATION_NAME)
    )
}
_INVISIBLE: Final = ("Cc", "Cf", "Co", "Cn")


def _tag(attribute: AttributeTypeAndValue) -> int:
    return attribute.value[0]


@rule(
    "RFC5280-ISSUER-EMPTY",
    Severity.ERROR,
    RFC5280.at("4.1.2.4"),
    "The issuer has a name",
    "颁发者名称不为空",
    why="Without one no chain can be built.",
)
def _issuer_empty(facts: Facts) -> Iterator[str]:
    if facts.certificate.issuer.is_empty:
        yield "the issuer's name is empty"


@rule(
    "RFC5280-SUBJECT-EMPTY-CA",
    Severity.ERROR,
    RFC5280.at("4.1.2.6"),
    "The subject of an authority has a name",
    "CA证书主体名称不为空",
    scope=Scope.CA,
    why="It is the issuer of others.",
)
def _subject_of_authority(facts: Facts) -> Iterator[str]:
    if facts.certificate.subject.is_empty:
        yield "the subject's name is empty"


@rule(
    "RFC5280-SUBJECT-EMPTY-SAN",
    Severity.ERROR,
    RFC5280.at("4.1.2.6"),
    "An empty subject has a critical subjectAltName",
    "主体名称为空时须含关键的主体可选替换名称",
    scope=Scope.END_ENTITY,
    why="Somebody must be named somewhere.",
)
def _subject_empty(facts: Facts) -> Iterator[str]:
    if facts.certificate.subject.is_empty and not facts.is_critical(oids.SUBJECT_ALT_NAME):
        there = "is not critical" if facts.has(oids.SUBJECT_ALT_NAME) else "is not there"
        yield f"the subject's name is empty, and subjectAltName {there}"


@rule(
    "RFC5280-NAME-COUNTRY",
    Severity.ERROR,
    RFC5280.at("A.1"),
    "A country is two letters in a PrintableString",
    "国家为两个字母的PrintableString",
    why="X520countryName is PrintableString (SIZE (2)).",
)
def _country(facts: Facts) -> Iterator[str]:
    for where, attribute in facts.names:
        if attribute.type in COUNTRIES:
            text = attribute.text
            if _tag(attribute) != der.Tag.PRINTABLE_STRING:
                yield f"the country of the {where} is no PrintableString"
            elif text is None or len(text) != 2 or not (text.isascii() and text.isalpha()):
                yield f"the country of the {where} is {shown(text)}"


@rule(
    "RFC5280-NAME-PRINTABLE",
    Severity.ERROR,
    RFC5280.at("A.1"),
    "Serial numbers and DN qualifiers are PrintableStrings",
    "serialNumber、dnQualifier为PrintableString",
    why="These types have no other choice.",
)
def _printable(facts: Facts) -> Iterator[str]:
    for where, attribute in facts.names:
        if attribute.type in PRINTABLE_ONLY and _tag(attribute) != der.Tag.PRINTABLE_STRING:
            yield f"{attribute.type.name} of the {where} is no PrintableString"


@rule(
    "RFC5280-NAME-IA5",
    Severity.ERROR,
    RFC5280.at("A.1"),
    "E-mail addresses and domain components are IA5Strings",
    "电子邮件、域名成分为IA5String",
    why="These types have no other choice.",
)
def _ia5(facts: Facts) -> Iterator[str]:
    for where, attribute in facts.names:
        if attribute.type in IA5_ONLY and _tag(attribute) != der.Tag.IA5_STRING:
            yield f"{attribute.type.name} of the {where} is no IA5String"


@rule(
    "RFC5280-NAME-STRING-TYPE",
    Severity.WARNING,
    RFC5280.at("4.1.2.4"),
    "Other attributes are PrintableStrings or UTF8Strings",
    "其他属性为PrintableString或UTF8String",
    why="The older types are for subjects that had them before 2004.",
)
def _string_type(facts: Facts) -> Iterator[str]:
    for where, attribute in facts.names:
        if _tag(attribute) in _OLD_STRINGS:
            yield f"{attribute.type.name} of the {where} is of an old string type"
        elif (
            UPPER_BOUNDS.get(attribute.type)
            and attribute.type not in IA5_ONLY
            and _tag(attribute) not in _DIRECTORY_STRINGS
        ):
            yield f"{attribute.type.name} of the {where} is no DirectoryString"


@rule(
    "RFC5280-NAME-LENGTH",
    Severity.ERROR,
    RFC5280.at("A.1"),
    "Values are not longer than their upper bounds",
    "属性值不超过长度上限",
    why="Bounds count characters.",
)
def _length(facts: Facts) -> Iterator[str]:
    for where, attribute in facts.names:
        bound = UPPER_BOUNDS.get(attribute.type)
        text = attribute.text
        if bound is not None and text is not None and len(text) > bound:
            yield f"{attribute.type.name} of the {where} has {len(text)} characters; at most {bound} are allowed"


@rule(
    "RFC5280-NAME-VALUE-EMPTY",
    Severity.ERROR,
    RFC5280.at("A.1"),
    "No value is empty",
    "属性值不为空",
    why="DirectoryString is SIZE (1..MAX).",
)
def _value_empty(facts: Facts) -> Iterator[str]:
    for where, attribute in facts.names:
        if attribute.text == "":
            yield f"{attribute.type.name} of the {where} is empty"


@rule(
    "RFC5280-NAME-ALPHABET",
    Severity.ERROR,
    RFC5280.at("A.1"),
    "Strings hold only characters of their type",
    "字符串仅含其类型允许的字符",
    why="PrintableString has no * @ & _, IA5String is ASCII, UTF8String is UTF-8.",
)
def _alphabet(facts: Facts) -> Iterator[str]:
    for quirk in facts.quirks(QuirkKind.TEXT_ALPHABET):
        yield f"characters outside the string type at {quirk.path}"


@rule(
    "X520-NAME-NO-STRING",
    Severity.WARNING,
    HERE.at("names", "D"),
    "Postal addresses and unique identifiers have their own types",
    "邮政地址、唯一标识符应采用各自类型",
    why="One is a list of strings, the other a BIT STRING; a string in their place has been seen.",
)
def _no_string(facts: Facts) -> Iterator[str]:
    for where, attribute in facts.names:
        if attribute.type in NO_STRINGS and attribute.text is not None:
            yield f"{attribute.type.name} of the {where} is a string and should be {NO_STRINGS[attribute.type]}"


@rule(
    "GMPKI-NAME-SPACES",
    Severity.NOTICE,
    HERE.at("names"),
    "Values have no spaces at their ends",
    "属性值首尾无空格",
    why="Comparison passes over them, people do not see them.",
)
def _spaces(facts: Facts) -> Iterator[str]:
    for where, attribute in facts.names:
        text = attribute.text
        if text and text != text.strip():
            yield f"{attribute.type.name} of the {where} begins or ends with a space"


@rule(
    "GMPKI-NAME-INVISIBLE",
    Severity.WARNING,
    HERE.at("names"),
    "Values have no invisible characters",
    "属性值无不可见字符",
    why="They make two names look alike, or turn the direction of writing.",
)
def _invisible(facts: Facts) -> Iterator[str]:
    for where, attribute in facts.names:
        text = attribute.text or ""
        if any(unicodedata.category(character) in _INVISIBLE for character in text):
            yield f"{attribute.type.name} of the {where} has invisible characters: {shown(text)}"


@rule(
    "GMT0015-NAME-COUNTRY",
    Severity.NOTICE,
    GMT0015.at("subject"),
    "The subject names its country",
    "主体名称含国家",
    why="Names of the national tree begin with it; domain components stand in for it elsewhere.",
)
def _has_country(facts: Facts) -> Iterator[str]:
    kinds = {attribute.type for attribute in facts.attributes}
    if kinds and not kinds & {oids.COUNTRY_NAME, oids.DOMAIN_COMPONENT} and Scope.TLS_SERVER not in facts.scope:
        yield "the subject has no country"


@rule(
    "GMT0015-NAME-COMMON-NAME",
    Severity.WARNING,
    GMT0015.at("subject", "C"),
    "The subject has a common name, or an alternative one",
    "主体含通用名或可选替换名称",
    why="Software shows it to people.",
)
def _has_common_name(facts: Facts) -> Iterator[str]:
    if facts.attributes and not facts.alternatives and facts.certificate.subject.get(oids.COMMON_NAME) is None:
        yield "the subject has no common name"


@rule(
    "GMPKI-NAME-ORDER",
    Severity.NOTICE,
    HERE.at("names", "D"),
    "Names go from the country to the smallest unit",
    "名称按国家、省、市、机构的顺序排列",
    why="The order of an RFC 4514 text put into a certificate as it stands is the wrong way round.",
)
def _name_order(facts: Facts) -> Iterator[str]:
    for where, name in (("issuer", facts.certificate.issuer), ("subject", facts.certificate.subject)):
        places = [_ORDER[attribute.type] for attribute in name.attributes if attribute.type in _ORDER]
        if places != sorted(places):
            yield f"the {where} does not go from the largest unit to the smallest"


@rule(
    "GMPKI-NAME-MULTIVALUED",
    Severity.NOTICE,
    HERE.at("names"),
    "Each part of a name has one attribute",
    "每个RDN只含一个属性",
    why="It is allowed, and much software shows or compares it wrongly.",
)
def _multivalued(facts: Facts) -> Iterator[str]:
    for where, name in (("issuer", facts.certificate.issuer), ("subject", facts.certificate.subject)):
        if any(len(rdn) > 1 for rdn in name.rdns):
            yield f"the {where} has a part with several attributes"


@rule(
    "GMPKI-NAME-REPEATED",
    Severity.NOTICE,
    HERE.at("names"),
    "The subject has one country, organisation and common name",
    "国家、机构、通用名各只出现一次",
    why="Software reads the first or the last of several.",
)
def _repeated(facts: Facts) -> Iterator[str]:
    for kind in (oids.COUNTRY_NAME, oids.ORGANIZATION_NAME, oids.COMMON_NAME):
        count = sum(attribute.type == kind for attribute in facts.attributes)
        if count > 1:
            yield f"{kind.name} stands {count} times in the subject"


@rule(
    "RFC5280-NAME-EMAIL",
    Severity.WARNING,
    RFC5280.at("4.1.2.6"),
    "An e-mail address of the subject stands in subjectAltName too",
    "主体中的电子邮件同时列入主体可选替换名称",
    why="In the name itself it is a thing of the past.",
)
def _email_in_subject(facts: Facts) -> Iterator[str]:
    listed = {text.lower() for text in facts.alternative_texts(GeneralNameKind.RFC822_NAME)}
    for text in facts.certificate.subject.get_all(oids.EMAIL_ADDRESS):
        if text.lower() not in listed:
            yield "an e-mail address of the subject is not in subjectAltName"
