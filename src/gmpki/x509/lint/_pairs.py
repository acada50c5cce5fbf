"""Rules about the two certificates of one holder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gmpki import oids
from gmpki.asn1.rfc5280.ext_keys import KeyUsages
from gmpki.x509.lint._facts import usage_names
from gmpki.x509.lint._model import GMT0015, Scope, Severity, rule
from gmpki.x509.names import names_match
from gmpki.x509.profile import ENCRYPTION_USAGES, SIGNING_USAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.x509.lint._facts import Facts

__all__ = ["PairFacts"]

_DUAL: Final = GMT0015.at("dual certificates")


class PairFacts(NamedTuple):
    """A pair as its rules see it."""

    signing: Facts
    encryption: Facts


@rule(
    "GMT0015-PAIR-SUBJECT",
    Severity.ERROR,
    _DUAL,
    "Both certificates have the same subject",
    "双证书主体名称相同",
    scope=Scope.PAIR,
    why="They are one holder's.",
)
def _subjects(pair: PairFacts) -> Iterator[str]:
    one, other = pair.signing.certificate.subject, pair.encryption.certificate.subject
    if not names_match(one, other):
        yield "the subjects are different"


@rule(
    "GMT0015-PAIR-SUBJECT-BYTES",
    Severity.NOTICE,
    _DUAL,
    "Both subjects are encoded alike",
    "双证书主体名称编码相同",
    scope=Scope.PAIR,
    why="Software that compares bytes does not find the one from the other.",
)
def _subject_bytes(pair: PairFacts) -> Iterator[str]:
    one, other = pair.signing.certificate.subject, pair.encryption.certificate.subject
    if one != other and names_match(one, other):
        yield "the subjects are the same name in different encodings"


@rule(
    "GMT0015-PAIR-ISSUER",
    Severity.ERROR,
    _DUAL,
    "Both certificates have the same issuer",
    "双证书由同一CA颁发",
    scope=Scope.PAIR,
    why="Name and key of it.",
)
def _issuers(pair: PairFacts) -> Iterator[str]:
    if not names_match(pair.signing.certificate.issuer, pair.encryption.certificate.issuer):
        yield "the issuers are different"
    elif None not in (keys := {pair.signing.authority_key, pair.encryption.authority_key}) and len(keys) > 1:
        yield "the issuers have one name and different keys"


@rule(
    "GMT0015-PAIR-SERIAL",
    Severity.ERROR,
    _DUAL,
    "The certificates have different serial numbers",
    "双证书序列号不同",
    scope=Scope.PAIR,
    why="An issuer gives each number once.",
)
def _serials(pair: PairFacts) -> Iterator[str]:
    if pair.signing.certificate.serial_number == pair.encryption.certificate.serial_number:
        yield "both have the same serial number"


@rule(
    "GMT0015-PAIR-KEY",
    Severity.ERROR,
    _DUAL,
    "The certificates have different keys",
    "双证书公钥不同",
    scope=Scope.PAIR,
    why="The encryption key is kept by a key-management centre: whoever has it could sign.",
)
def _keys(pair: PairFacts) -> Iterator[str]:
    one, other = pair.signing.certificate.public_key_info, pair.encryption.certificate.public_key_info
    if one.subject_public_key == other.subject_public_key:
        yield "both have the same key"


@rule(
    "GMT0015-PAIR-ALGORITHM",
    Severity.WARNING,
    _DUAL,
    "Both keys are of one algorithm",
    "双证书公钥算法相同",
    scope=Scope.PAIR,
    why="Software takes both from one device.",
)
def _algorithms(pair: PairFacts) -> Iterator[str]:
    one, other = pair.signing.certificate.public_key_info, pair.encryption.certificate.public_key_info
    if one.algorithm != other.algorithm:
        yield f"one key is {one.algorithm.shown}, the other {other.algorithm.shown} or on another curve"


@rule(
    "GMT0015-PAIR-SWAPPED",
    Severity.ERROR,
    _DUAL,
    "The first certificate signs and the second encrypts",
    "签名证书在前，加密证书在后",
    scope=Scope.PAIR,
    why="TLCP sends the signing certificate first (GB/T 38636-2020).",
)
def _swapped(pair: PairFacts) -> Iterator[str]:
    first, second = (facts.usages or KeyUsages(0) for facts in pair)
    if first & ENCRYPTION_USAGES and second & SIGNING_USAGES and not first & SIGNING_USAGES:
        yield "the two stand in each other's place"


@rule(
    "GMT0015-PAIR-USAGE",
    Severity.ERROR,
    _DUAL,
    "The usages of the two have nothing in common",
    "双证书密钥用法互不重叠",
    scope=Scope.PAIR,
    why="What both may do, software does with either.",
)
def _overlapping(pair: PairFacts) -> Iterator[str]:
    both = (pair.signing.usages or KeyUsages(0)) & (pair.encryption.usages or KeyUsages(0))
    if both:
        yield f"both have {usage_names(both)}"


@rule(
    "GMT0015-PAIR-VALIDITY",
    Severity.ERROR,
    _DUAL,
    "There is a time at which both are valid",
    "双证书有效期有重叠",
    scope=Scope.PAIR,
    why="Otherwise they are no pair at any time.",
)
def _validities(pair: PairFacts) -> Iterator[str]:
    one, other = pair.signing.certificate, pair.encryption.certificate
    if one.not_after < other.not_before or other.not_after < one.not_before:
        yield "one ends before the other begins"


@rule(
    "GMT0015-PAIR-PERIOD",
    Severity.NOTICE,
    _DUAL,
    "Both are valid for the same time",
    "双证书有效期相同",
    scope=Scope.PAIR,
    why="A pair is renewed together.",
)
def _periods(pair: PairFacts) -> Iterator[str]:
    one, other = pair.signing.certificate, pair.encryption.certificate
    if (one.not_before, one.not_after) != (other.not_before, other.not_after):
        yield "the two have different validities"


@rule(
    "GMT0015-PAIR-NAMES",
    Severity.WARNING,
    _DUAL,
    "Both have the same alternative names",
    "双证书主体可选替换名称相同",
    scope=Scope.PAIR,
    why="A client of TLCP looks for the host in either.",
)
def _alternatives(pair: PairFacts) -> Iterator[str]:
    if set(pair.signing.alternatives) != set(pair.encryption.alternatives):
        yield "the alternative names are different"


@rule(
    "GMT0015-PAIR-IDENTITY",
    Severity.WARNING,
    _DUAL,
    "Both name the same identity numbers",
    "双证书身份标识一致",
    scope=Scope.PAIR,
    why="They are one holder's.",
)
def _identities(pair: PairFacts) -> Iterator[str]:
    one, other = (dict(facts.identities) for facts in pair)
    for oid in sorted(set(one) & set(other)):
        if one[oid] != other[oid]:
            yield f"{oids.find(oid).name} is different"


@rule(
    "GMT0015-PAIR-PURPOSES",
    Severity.WARNING,
    _DUAL,
    "Both have the same purposes",
    "双证书扩展密钥用法相同",
    scope=Scope.PAIR,
    why="A server needs both for the handshake.",
)
def _purposes(pair: PairFacts) -> Iterator[str]:
    if set(pair.signing.purposes) != set(pair.encryption.purposes):
        yield "extKeyUsage is different"
