"""Rules about the encoding: every departure that lenient reading met becomes a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.asn1.quirks import QuirkKind
from gmpki.x509.lint._model import GMT0015, HERE, RFC5280, Clause, Document, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.asn1.quirks import Quirk
    from gmpki.x509.lint._facts import Facts

__all__ = ["COVERED"]

_X690: Final = Document("X.690", "2021", "A")

# kind: identifier, severity, clause, title, title in Chinese
_KINDS: Final[dict[QuirkKind, tuple[str, Severity, Clause, str, str]]] = {
    QuirkKind.INDEFINITE_LENGTH: (
        "X690-INDEFINITE-LENGTH",
        Severity.ERROR,
        _X690.at("10.1"),
        "Lengths are definite",
        "长度为定长形式",
    ),
    QuirkKind.LONG_LENGTH: (
        "X690-LONG-LENGTH",
        Severity.ERROR,
        _X690.at("10.1"),
        "Lengths have the fewest octets",
        "长度编码最短",
    ),
    QuirkKind.CONSTRUCTED_STRING: (
        "X690-CONSTRUCTED-STRING",
        Severity.ERROR,
        _X690.at("10.2"),
        "Strings are in one piece",
        "字符串不分段",
    ),
    QuirkKind.BOOLEAN: (
        "X690-BOOLEAN",
        Severity.ERROR,
        _X690.at("11.1"),
        "TRUE is FF",
        "布尔值TRUE编码为FF",
    ),
    QuirkKind.INTEGER: (
        "X690-INTEGER",
        Severity.ERROR,
        _X690.at("8.3.2"),
        "Integers have the fewest octets",
        "整数编码最短",
    ),
    QuirkKind.UNUSED_BITS: (
        "X690-UNUSED-BITS",
        Severity.ERROR,
        _X690.at("11.2.1"),
        "Unused bits are zero",
        "位串未用位为零",
    ),
    QuirkKind.NAMED_BITS: (
        "X690-NAMED-BITS",
        Severity.ERROR,
        _X690.at("11.2.2"),
        "Named bits have no zeros at their end",
        "命名位串末尾无零位",
    ),
    QuirkKind.EXPLICIT_DEFAULT: (
        "X690-EXPLICIT-DEFAULT",
        Severity.ERROR,
        _X690.at("11.5"),
        "Default values are left out",
        "默认值不编码",
    ),
    QuirkKind.SET_ORDER: (
        "X690-SET-ORDER",
        Severity.ERROR,
        _X690.at("11.6"),
        "Sets are sorted",
        "集合元素按编码排序",
    ),
    QuirkKind.EMPTY_SEQUENCE: (
        "RFC5280-EMPTY-SEQUENCE",
        Severity.ERROR,
        RFC5280.at("A.1"),
        "Lists of SIZE (1..MAX) are not empty",
        "SIZE (1..MAX) 的列表不为空",
    ),
    QuirkKind.NULL_PARAMETERS: (
        "GMT0015-NULL-PARAMETERS",
        Severity.NOTICE,
        GMT0015.at("signature"),
        "The algorithm has no parameters",
        "签名算法参数为空（不编码）",
    ),
    QuirkKind.MISSING_PARAMETERS: (
        "RFC8017-NULL-PARAMETERS",
        Severity.WARNING,
        Document("RFC 8017", "2016", "A").at("A.2.4"),
        "An RSA signature has the parameters NULL",
        "RSA签名算法参数为NULL",
    ),
    QuirkKind.OID_SYNONYM: (
        "GMT0015-OID-SYNONYM",
        Severity.WARNING,
        GMT0015.at("signature"),
        "Algorithms have their usual identifiers",
        "算法标识采用标准OID",
    ),
}


def _register(kind: QuirkKind, row: tuple[str, Severity, Clause, str, str]) -> None:
    @rule(*row, why="Software that expects the one form of the standard refuses others, or reads something else.")
    def check(facts: Facts) -> Iterator[str]:
        found = facts.quirks(kind)
        for quirk in found:
            if not _is_said_elsewhere(quirk, found):
                yield str(quirk)


def _is_said_elsewhere(quirk: Quirk, found: list[Quirk]) -> bool:
    """Tell whether another finding says the same.

    The algorithm of a signature stands in a certificate twice, and that of an SM2 key has a rule of its own.
    """
    if quirk.path == "signatureAlgorithm":
        return any(other.path == "tbsCertificate.signature" for other in found)
    return quirk.kind is QuirkKind.OID_SYNONYM and quirk.path == "tbsCertificate.subjectPublicKeyInfo.algorithm"


for _kind, _row in _KINDS.items():
    _register(_kind, _row)

COVERED: Final = frozenset(_KINDS) | {
    QuirkKind.NEGATIVE_SERIAL,
    QuirkKind.ZERO_SERIAL,
    QuirkKind.LONG_SERIAL,
    QuirkKind.TIME_FORM,
    QuirkKind.TEXT_ALPHABET,
    QuirkKind.VERSION,
    QuirkKind.IMPLICIT_TAG,
    QuirkKind.ALGORITHM_MISMATCH,
    QuirkKind.MALFORMED_EXTENSION,
    QuirkKind.DUPLICATE_EXTENSION,
    QuirkKind.UNTYPED_VALUE,
    QuirkKind.EXPLICIT_CURVE,
    QuirkKind.RAW_SIGNATURE,
}
"""The kinds of quirk that a rule here or elsewhere reports; the one below reports the rest."""


@rule(
    "GMPKI-OTHER-QUIRK",
    Severity.WARNING,
    HERE.at("lenient reading"),
    "Lenient reading meets nothing else",
    "宽松解析未遇到其他问题",
    why="Whatever is new among the quirks is not lost.",
)
def _others(facts: Facts) -> Iterator[str]:
    for quirk in facts.certificate.quirks:
        if quirk.kind not in COVERED:
            yield str(quirk)
