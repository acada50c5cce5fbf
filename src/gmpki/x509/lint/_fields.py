"""Rules about version, serial number, signature and unique identifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.asn1.gmt0009 import SM2Signature
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280.certificate import MAX_SERIAL_LEN
from gmpki.errors import DecodeError
from gmpki.x509.lint._model import CABF, GMT0009, GMT0015, HERE, RFC5280, Document, Scope, Severity, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.x509.lint._facts import Facts

__all__: list[str] = []

_RFC6962: Final = Document("RFC 6962", "2013", "A")
_WEAK_SIGNATURES: Final = frozenset((oids.RSA_MD5, oids.RSA_SHA1, oids.ECDSA_SHA1, oids.DSA_SHA1))
_LONG_ENOUGH_BITS: Final = 57  # seven whole octets: of 64 random bits, 1 in 128 numbers is shorter
# The order of the curve's base point (GB/T 32918.5-2017 annex A).
_SM2_ORDER: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123


@rule(
    "RFC5280-VERSION",
    Severity.ERROR,
    RFC5280.at("4.1.2.1"),
    "A certificate with extensions is of version 3",
    "含扩展项的证书版本应为v3",
    why="Only version 3 has extensions, only 2 and 3 have unique identifiers.",
)
def _version(facts: Facts) -> Iterator[str]:
    certificate = facts.certificate
    if len(certificate.extensions) and certificate.version != 3:
        yield f"version {certificate.version} with extensions"
    elif facts.quirks(QuirkKind.VERSION):
        yield f"version {certificate.version} with a field that it does not have"


@rule(
    "GMT0015-VERSION",
    Severity.WARNING,
    GMT0015.at("basic fields"),
    "A certificate is of version 3",
    "证书版本应为v3",
    why="Without extensions nobody can tell what the key is for.",
)
def _version_three(facts: Facts) -> Iterator[str]:
    if facts.certificate.version != 3:
        yield f"version {facts.certificate.version}: nothing says what the key is for"


@rule(
    "RFC5280-SERIAL-POSITIVE",
    Severity.ERROR,
    RFC5280.at("4.1.2.2"),
    "Serial numbers are positive",
    "序列号应为正整数",
    why="Zero and negative numbers break software that stores them.",
)
def _serial_positive(facts: Facts) -> Iterator[str]:
    number = facts.certificate.serial_number
    if number <= 0:
        yield "the serial number is zero" if number == 0 else "the serial number is negative"


@rule(
    "RFC5280-SERIAL-LENGTH",
    Severity.ERROR,
    RFC5280.at("4.1.2.2"),
    "Serial numbers have at most 20 octets",
    "序列号不超过20字节",
    why="Count the octet that keeps the sign positive too.",
)
def _serial_length(facts: Facts) -> Iterator[str]:
    octets = facts.certificate.serial_number.bit_length() // 8 + 1
    if octets > MAX_SERIAL_LEN:
        yield f"the serial number has {octets} octets"


@rule(
    "CABF-SERIAL-ENTROPY",
    Severity.NOTICE,
    CABF.at("7.1"),
    "Serial numbers have at least 64 random bits",
    "序列号含至少64位随机数",
    why="What is short cannot be random; a root signs itself, so nobody gains by guessing its number.",
)
def _serial_entropy(facts: Facts) -> Iterator[str]:
    bits = facts.certificate.serial_number.bit_length()
    if bits < _LONG_ENOUGH_BITS and not facts.is_self_issued:
        yield f"the serial number has {bits} bit{'s' * (bits != 1)}: it can be guessed"


@rule(
    "RFC5280-SIGNATURE-ALGORITHM",
    Severity.ERROR,
    RFC5280.at("4.1.1.2"),
    "The algorithm inside is the one beside the signature",
    "签名算法内外一致",
    why="The one outside is not signed: only their agreement protects it.",
)
def _algorithms_agree(facts: Facts) -> Iterator[str]:
    if facts.quirks(QuirkKind.ALGORITHM_MISMATCH):
        yield f"beside the signature stands {facts.certificate.signature_algorithm.shown}, inside another"


@rule(
    "GMT0015-SIGNATURE-SM3",
    Severity.INFO,
    GMT0015.at("basic fields"),
    "The signature is SM2 with SM3",
    "签名算法为基于SM3的SM2签名",
    why="Certificates of commercial cryptography are signed with SM2; others are no error.",
)
def _signature_sm3(facts: Facts) -> Iterator[str]:
    algorithm = facts.certificate.signature_algorithm
    if algorithm.algorithm not in (oids.SM2_WITH_SM3, oids.SM2_SIGN):
        yield f"signed with {algorithm.shown}"


@rule(
    "GMT0015-SM2-KEY-SIGNATURE",
    Severity.WARNING,
    GMT0015.at("basic fields"),
    "A self-issued SM2 certificate is signed with SM2",
    "SM2自签证书用SM2签名",
    why="The algorithm belongs to the key that signs; ECDSA over an SM2 key has been seen.",
)
def _sm2_key_signature(facts: Facts) -> Iterator[str]:
    algorithm = facts.certificate.signature_algorithm
    if facts.is_sm2 and facts.is_self_issued and algorithm.algorithm not in (oids.SM2_WITH_SM3, oids.SM2_SIGN):
        yield f"an SM2 key, but the signature is {algorithm.shown}"


@rule(
    "GMPKI-SIGNATURE-WEAK",
    Severity.ERROR,
    HERE.at("algorithm policy"),
    "The signature is not over MD5 or SHA-1",
    "签名不使用MD5或SHA-1",
    why="Collisions have been found for both; nobody relies on the signature that a root makes on itself.",
)
def _signature_weak(facts: Facts) -> Iterator[str]:
    algorithm = facts.certificate.signature_algorithm
    if algorithm.algorithm in _WEAK_SIGNATURES and not facts.is_self_issued:
        yield f"signed with {algorithm.shown}"


@rule(
    "GMT0009-SIGNATURE-VALUE",
    Severity.ERROR,
    GMT0009.at("signature data"),
    "An SM2 signature is the DER of r and s, each from 1 to n-1",
    "SM2签名值为r、s的DER编码",
    why="The 64 bytes of r and s one after the other are the form of devices, not of certificates.",
)
def _signature_value(facts: Facts) -> Iterator[str]:
    certificate = facts.certificate
    if certificate.signature_algorithm.algorithm not in (oids.SM2_WITH_SM3, oids.SM2_SIGN):
        return
    try:
        value = SM2Signature.from_der(certificate.signature)
    except DecodeError as error:
        raw = "r and s without DER" if len(certificate.signature) == 64 else f"not the DER of r and s: {error}"
        yield f"the signature is {raw}"
        return
    if not (0 < value.r < _SM2_ORDER and 0 < value.s < _SM2_ORDER):
        yield "r or s is outside 1 to n-1: no key made this signature"


@rule(
    "RFC5280-UNIQUE-ID",
    Severity.ERROR,
    RFC5280.at("4.1.2.8"),
    "There are no issuerUniqueID and subjectUniqueID",
    "不应包含颁发者、主体唯一标识符",
    why="Names are not used again, so nothing needs them.",
)
def _unique_identifiers(facts: Facts) -> Iterator[str]:
    for name, value in (
        ("issuerUniqueID", facts.certificate.issuer_unique_id),
        ("subjectUniqueID", facts.certificate.subject_unique_id),
    ):
        if value is not None:
            yield f"{name} is there"


@rule(
    "RFC6962-PRECERTIFICATE",
    Severity.ERROR,
    _RFC6962.at("3.1"),
    "A certificate for use has no poison extension",
    "正式证书不含预证书标记",
    scope=Scope.CERTIFICATE,
    why="What has it was made for logs only.",
)
def _precertificate(facts: Facts) -> Iterator[str]:
    if facts.has(oids.CT_POISON):
        yield "this is a precertificate"
