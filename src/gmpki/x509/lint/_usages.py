"""Rules about keyUsage and extKeyUsage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.asn1.rfc5280.ext_keys import KeyUsages
from gmpki.x509.lint._facts import usage_names
from gmpki.x509.lint._model import GMT0015, RFC5280, Document, Scope, Severity, rule
from gmpki.x509.profile import CA_USAGES, ENCRYPTION_USAGES, SIGNING_USAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.x509.lint._facts import Facts

__all__: list[str] = []

_RFC3161: Final = Document("RFC 3161", "2001", "A")
_RFC6960: Final = Document("RFC 6960", "2013", "A")
_ONLY: Final = KeyUsages.ENCIPHER_ONLY | KeyUsages.DECIPHER_ONLY

# For each purpose the usages of which a certificate that has keyUsage needs at least one (RFC 5280 4.2.1.12).
_CONSISTENT: Final = {
    oids.SERVER_AUTH: KeyUsages.DIGITAL_SIGNATURE | KeyUsages.KEY_ENCIPHERMENT | KeyUsages.KEY_AGREEMENT,
    oids.CLIENT_AUTH: KeyUsages.DIGITAL_SIGNATURE | KeyUsages.KEY_AGREEMENT,
    oids.CODE_SIGNING: KeyUsages.DIGITAL_SIGNATURE,
    oids.EMAIL_PROTECTION: SIGNING_USAGES | KeyUsages.KEY_ENCIPHERMENT | KeyUsages.KEY_AGREEMENT,
    oids.TIME_STAMPING: SIGNING_USAGES,
    oids.OCSP_SIGNING: SIGNING_USAGES,
}


def _has(facts: Facts, usages: KeyUsages) -> KeyUsages:
    return (facts.usages or KeyUsages(0)) & usages


@rule(
    "RFC5280-KU-CA",
    Severity.ERROR,
    RFC5280.at("4.2.1.3"),
    "The certificate of an authority has keyUsage",
    "CA证书含密钥用法扩展",
    scope=Scope.CA,
    why="It validates signatures on other certificates.",
)
def _usage_of_authority(facts: Facts) -> Iterator[str]:
    if not facts.has(oids.KEY_USAGE):
        yield "there is no keyUsage"


@rule(
    "GMT0015-KU-PRESENT",
    Severity.WARNING,
    GMT0015.at("keyUsage"),
    "The certificate of an end entity has keyUsage",
    "用户证书含密钥用法扩展",
    scope=Scope.END_ENTITY,
    why="It tells the two certificates of a pair apart.",
)
def _usage_of_user(facts: Facts) -> Iterator[str]:
    if not facts.has(oids.KEY_USAGE):
        yield "there is no keyUsage: nothing tells a signing from an encryption certificate"


@rule(
    "RFC5280-KU-EMPTY",
    Severity.ERROR,
    RFC5280.at("4.2.1.3"),
    "keyUsage has at least one bit",
    "密钥用法至少含一项",
    why="A key for nothing.",
)
def _usage_empty(facts: Facts) -> Iterator[str]:
    if facts.usages is not None and not facts.usages:
        yield "no bit of keyUsage is set"


@rule(
    "RFC5280-KU-ONLY",
    Severity.WARNING,
    RFC5280.at("4.2.1.3"),
    "encipherOnly and decipherOnly stand beside keyAgreement",
    "encipherOnly、decipherOnly与keyAgreement同用",
    why="Alone they mean nothing.",
)
def _usage_only(facts: Facts) -> Iterator[str]:
    if _has(facts, _ONLY) and not _has(facts, KeyUsages.KEY_AGREEMENT):
        yield f"keyUsage has {usage_names(_has(facts, _ONLY))} without key agreement"


@rule(
    "GMT0015-KU-CA-BITS",
    Severity.WARNING,
    GMT0015.at("keyUsage"),
    "An authority signs certificates and revocation lists",
    "CA证书用法为证书签名与CRL签名",
    scope=Scope.CA,
    why="Without both, another key has to sign its lists.",
)
def _authority_bits(facts: Facts) -> Iterator[str]:
    if facts.usages is not None and _has(facts, CA_USAGES) != CA_USAGES:
        yield f"keyUsage lacks {usage_names(CA_USAGES & ~facts.usages)}"


@rule(
    "GMT0015-KU-CA-ENCRYPTION",
    Severity.WARNING,
    GMT0015.at("keyUsage"),
    "The key of an authority does not encrypt",
    "CA密钥不用于加密",
    scope=Scope.CA,
    why="A key that signs certificates is used for nothing of the kind.",
)
def _authority_encrypts(facts: Facts) -> Iterator[str]:
    if _has(facts, ENCRYPTION_USAGES):
        yield f"keyUsage of an authority has {usage_names(_has(facts, ENCRYPTION_USAGES))}"


@rule(
    "RFC5280-KU-CERT-SIGN",
    Severity.ERROR,
    RFC5280.at("4.2.1.3"),
    "Only an authority signs certificates",
    "仅CA证书可含证书签名用法",
    why="With keyCertSign, cA of basicConstraints is TRUE.",
)
def _certificate_signing(facts: Facts) -> Iterator[str]:
    if _has(facts, KeyUsages.KEY_CERT_SIGN) and not facts.says_ca:
        yield "keyUsage has keyCertSign, but basicConstraints does not say that this is an authority"


@rule(
    "GMT0015-KU-MIXED",
    Severity.WARNING,
    GMT0015.at("dual certificates"),
    "One certificate signs or encrypts, not both",
    "签名与加密用法不混用",
    scope=Scope.END_ENTITY,
    why=(
        "An encryption key is kept by a key-management centre, a signing key by its owner alone; both in one key exist."
    ),
)
def _mixed(facts: Facts) -> Iterator[str]:
    if facts.is_sm2 and _has(facts, SIGNING_USAGES) and _has(facts, ENCRYPTION_USAGES):
        yield f"keyUsage has {usage_names(facts.usages or KeyUsages(0))}"


@rule(
    "GMT0015-KU-SIGNING",
    Severity.ERROR,
    GMT0015.at("dual certificates"),
    "A signing certificate has digitalSignature",
    "签名证书含数字签名用法",
    scope=Scope.SIGNING,
    why="Every verifier looks for it.",
)
def _signing_bits(facts: Facts) -> Iterator[str]:
    if facts.usages is not None and not _has(facts, KeyUsages.DIGITAL_SIGNATURE):
        yield "keyUsage of a signing certificate lacks digital signature"


@rule(
    "GMT0015-KU-PAIR-SIGN",
    Severity.ERROR,
    GMT0015.at("dual certificates"),
    "A signing certificate has no other usages",
    "签名证书不含加密、证书签名等用法",
    scope=Scope.SIGNING,
    why="Peers refuse it otherwise.",
)
def _signing_foreign(facts: Facts) -> Iterator[str]:
    foreign = _has(facts, ENCRYPTION_USAGES | CA_USAGES)
    if foreign:
        yield f"keyUsage of a signing certificate has {usage_names(foreign)}"


@rule(
    "GMT0015-KU-ENCRYPTION",
    Severity.ERROR,
    GMT0015.at("dual certificates"),
    "An encryption certificate has keyEncipherment, dataEncipherment or keyAgreement",
    "加密证书含密钥加密、数据加密或密钥协商用法",
    scope=Scope.ENCRYPTION,
    why="Peers of TLCP look for the first or the second.",
)
def _encryption_bits(facts: Facts) -> Iterator[str]:
    if facts.usages is not None and not _has(facts, ENCRYPTION_USAGES):
        yield "keyUsage of an encryption certificate has no usage of encryption"


@rule(
    "GMT0015-KU-PAIR-ENC",
    Severity.ERROR,
    GMT0015.at("dual certificates"),
    "An encryption certificate does not sign",
    "加密证书不含签名用法",
    scope=Scope.ENCRYPTION,
    why="Its key is kept by others too, so what it signs proves nothing.",
)
def _encryption_foreign(facts: Facts) -> Iterator[str]:
    foreign = _has(facts, SIGNING_USAGES | CA_USAGES)
    if foreign:
        yield f"keyUsage of an encryption certificate has {usage_names(foreign)}"


@rule(
    "RFC5280-EKU-KU",
    Severity.ERROR,
    RFC5280.at("4.2.1.12"),
    "Purposes and usages agree",
    "扩展密钥用法与密钥用法一致",
    scope=Scope.END_ENTITY,
    why="A key may be used only where both allow it. In a TLCP pair the encryption certificate is a server's too.",
)
def _purposes_agree(facts: Facts) -> Iterator[str]:
    if facts.usages is None:
        return
    for purpose in facts.purposes:
        wanted = _CONSISTENT.get(purpose)
        if purpose in (oids.SERVER_AUTH, oids.CLIENT_AUTH) and Scope.ENCRYPTION in facts.scope:
            wanted = ENCRYPTION_USAGES
        if wanted is not None and not facts.usages & wanted:
            yield f"{purpose.name} needs {usage_names(wanted)}; keyUsage has {usage_names(facts.usages) or 'nothing'}"


@rule(
    "RFC5280-EKU-ANY",
    Severity.WARNING,
    RFC5280.at("4.2.1.12"),
    "extKeyUsage with anyExtendedKeyUsage is not critical",
    "含任意用途时扩展密钥用法不设为关键",
    why="Critical and for any purpose contradict each other.",
)
def _any_purpose(facts: Facts) -> Iterator[str]:
    if oids.ANY_EXTENDED_KEY_USAGE in facts.purposes and facts.is_critical(oids.EXTENDED_KEY_USAGE):
        yield "extKeyUsage is critical and allows any purpose"


@rule(
    "RFC3161-EKU-TSA",
    Severity.ERROR,
    _RFC3161.at("2.3"),
    "A time-stamping certificate has timeStamping alone, and critical",
    "时间戳证书的扩展密钥用法仅含时间戳且为关键",
    scope=Scope.TSA,
    why="Verifiers of time-stamps refuse others.",
)
def _time_stamping(facts: Facts) -> Iterator[str]:
    if facts.purposes != (oids.TIME_STAMPING,):
        yield "extKeyUsage does not have timeStamping alone"
    elif not facts.is_critical(oids.EXTENDED_KEY_USAGE):
        yield "extKeyUsage is not critical"


@rule(
    "RFC6960-EKU-OCSP",
    Severity.ERROR,
    _RFC6960.at("4.2.2.2"),
    "The certificate of a responder has OCSPSigning",
    "OCSP响应者证书含OCSP签名用途",
    scope=Scope.OCSP,
    why="anyExtendedKeyUsage does not count.",
)
def _ocsp_purpose(facts: Facts) -> Iterator[str]:
    if oids.OCSP_SIGNING not in facts.purposes:
        yield "extKeyUsage lacks OCSPSigning"


@rule(
    "RFC6960-NO-CHECK",
    Severity.NOTICE,
    _RFC6960.at("4.2.2.2.1"),
    "The certificate of a responder says how its own revocation is checked",
    "OCSP响应者证书说明自身撤销检查方式",
    scope=Scope.OCSP,
    why="With id-pkix-ocsp-nocheck nobody asks; else its lists or its own responder are named.",
)
def _no_check(facts: Facts) -> Iterator[str]:
    if not any(
        facts.has(oid) for oid in (oids.OCSP_NO_CHECK, oids.CRL_DISTRIBUTION_POINTS, oids.AUTHORITY_INFO_ACCESS)
    ):
        yield "neither id-pkix-ocsp-nocheck nor a place to ask about its revocation is there"


@rule(
    "RFC6960-NO-CHECK-SCOPE",
    Severity.WARNING,
    _RFC6960.at("4.2.2.2.1"),
    "Only certificates of responders have id-pkix-ocsp-nocheck",
    "仅OCSP响应者证书可含免查扩展",
    why="In others it means nothing, and some software takes it for more.",
)
def _no_check_elsewhere(facts: Facts) -> Iterator[str]:
    if facts.has(oids.OCSP_NO_CHECK) and oids.OCSP_SIGNING not in facts.purposes:
        yield "id-pkix-ocsp-nocheck in a certificate of no responder"


@rule(
    "RFC5280-EKU-TLS",
    Severity.ERROR,
    RFC5280.at("4.2.1.12"),
    "The certificate of a server has serverAuth, where it lists purposes",
    "服务器证书的扩展密钥用法含服务器身份验证",
    scope=Scope.TLS_SERVER,
    why="Without the extension every purpose is allowed.",
)
def _server_purpose(facts: Facts) -> Iterator[str]:
    listed = facts.purposes
    if listed and oids.SERVER_AUTH not in listed and oids.ANY_EXTENDED_KEY_USAGE not in listed:
        yield "extKeyUsage lacks serverAuth"
