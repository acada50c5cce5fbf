"""Key pairs and certificates in containers (GM/T 0016-2012 7.5 and 7.6, by the commands of GM/T 0017-2012)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.samples import certificate_for
from gmpki.keys.envelope import KeyEnvelope
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.tokens.interfaces import KeyUsage
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from gmpki.conformance.pcsc.bench import PCSCBench

__all__ = ["GROUP"]

_PAIRS: Final = Clause(GMT_0016, "7.6", "B")
_CERTIFICATES: Final = Clause(GMT_0016, "7.5", "B")
_WRITE: Final = (Permission.WRITE,)
_BITS: Final = (256).to_bytes(4, "big")
_LOGIN: Final = (0x6982, 0x6985)
_LARGE_LEN: Final = 2048

GROUP: Final = Group(Kind.PCSC, "keys", "KEY", Words("Key pairs and certificates", "密钥对与证书"))


# ---- pairs -------------------------------------------------------------------------------
@GROUP.check(
    1,
    "A pair that is made is the one that is exported",
    "生成的公钥与导出的公钥一致",
    clause=_PAIRS,
    functions=("GenECCKeyPair", "ExportPublicKey"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def made_and_exported(bench: PCSCBench) -> None:
    """Make a pair in two containers: GenECCKeyPair answers what ExportPublicKey does, and the pairs differ."""
    keys = []
    for _ in range(2):
        container = bench.new_container()
        made = bench.call("GenECCKeyPair", bench.numbers_of(container) + _BITS, le=-1)
        exported = bench.call("ExportPublicKey", bench.numbers_of(container), p1=bench.p1(KeyUsage.SIGNING), le=-1)
        bench.expect(made == exported, "GenECCKeyPair and ExportPublicKey answer two keys", "生成与导出的公钥不同")
        keys.append(container.public_key())
    bench.expect(keys[0] != keys[1], "two containers have one pair", "两个容器的密钥对相同")


@GROUP.check(
    2,
    "Nobody makes a pair without login",
    "未登录不能生成密钥对",
    clause=_PAIRS,
    functions=("GenECCKeyPair",),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def making_needs_login(bench: PCSCBench) -> None:
    """Log out, and make a pair."""
    container = bench.new_container()
    bench.logout()
    data = bench.numbers_of(container) + _BITS
    status = bench.refuses("anybody makes a pair", "任何人都可生成密钥对", "GenECCKeyPair", data, le=-1)
    bench.expect_word(status, _LOGIN, "a command without login")


@GROUP.check(
    3,
    "An empty container has no public key",
    "空容器不能导出公钥",
    clause=_PAIRS,
    functions=("ExportPublicKey",),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def no_key(bench: PCSCBench) -> None:
    """Export both public keys of a new container."""
    container = bench.new_container()
    for usage in KeyUsage:
        data = bench.numbers_of(container)
        bench.refuses(
            "an empty container has a public key",
            "空容器导出了公钥",
            "ExportPublicKey",
            data,
            p1=bench.p1(usage),
            le=-1,
        )


@GROUP.check(
    4,
    "An encryption pair is imported, and the signing pair stays",
    "导入加密密钥对后可导出且签名密钥不变",
    clause=_PAIRS,
    functions=("ImportECCKeyPair", "ExportPublicKey"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def importing(bench: PCSCBench) -> None:
    """Import a pair that was made here, encrypted to the container's signing key, and export both public keys."""
    container, signing_key = bench.signing_container()
    key = SM2PrivateKey.generate()
    container.import_encryption_key(KeyEnvelope.seal(key, signing_key))
    found = container.public_key(KeyUsage.ENCRYPTION)
    bench.expect(found == key.public_key, "the encryption pair is another", "加密密钥对不符")
    bench.expect(container.public_key() == signing_key, "the signing pair is another", "签名密钥对改变")


@GROUP.check(
    5,
    "A pair for another container is refused",
    "为其他容器加密的密钥对被拒绝",
    clause=_PAIRS,
    functions=("ImportECCKeyPair",),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def envelope_for_another(bench: PCSCBench) -> None:
    """Import a pair that is encrypted to another key, and one whose public key is not that of the private one."""
    container, signing_key = bench.signing_container()
    stranger, key = SM2PrivateKey.generate(), SM2PrivateKey.generate()
    right = KeyEnvelope.seal(key, signing_key)
    for envelope, en, zh in (
        (KeyEnvelope.seal(key, stranger.public_key), "a pair encrypted to another key", "以其他公钥加密的密钥对"),
        (replace(right, public_key=stranger.public_key), "a public key that is not the pair's", "公私钥不匹配的密钥对"),
    ):
        refused = bench.is_refused("ImportECCKeyPair", container.import_encryption_key, envelope)
        bench.expect(refused, f"{en} is imported", f"接受了{zh}")


# ---- certificates ------------------------------------------------------------------------
@GROUP.check(
    6,
    "Both certificates come back byte for byte, each from its own place",
    "签名证书与加密证书逐字节原样导出且不互换",
    clause=_CERTIFICATES,
    functions=("ImportCertificate", "ExportCertificate"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def both_certificates(bench: PCSCBench) -> None:
    """Import two certificates of different lengths, reset the card, and export both."""
    dual = bench.dual_container()
    name, kept = dual.container.name, {}
    for usage, key, least_len in (
        (KeyUsage.SIGNING, dual.signing_key, 0),
        (KeyUsage.ENCRYPTION, dual.encryption_key.public_key, _LARGE_LEN),
    ):
        kept[usage] = certificate_for(key, least_len=least_len)
        dual.container.import_certificate(Certificate.from_der(kept[usage]), usage)
    bench.reset()
    container = bench.application.container(name)
    found = {usage: container.certificate_bytes(usage) for usage in kept}
    swapped = found[KeyUsage.SIGNING] == kept[KeyUsage.ENCRYPTION]
    bench.expect(not swapped, "the certificates are swapped", "签名证书与加密证书互换")
    for usage, words in (
        (KeyUsage.SIGNING, Words("signing", "签名")),
        (KeyUsage.ENCRYPTION, Words("encryption", "加密")),
    ):
        bench.expect(
            found[usage] == kept[usage],
            f"the {words.en} certificate comes back changed: {len(found[usage] or b'')} bytes of {len(kept[usage])}",
            f"导出的{words.zh}证书与导入的不一致：{len(found[usage] or b'')} 字节，应为 {len(kept[usage])} 字节",
        )


@GROUP.check(
    7,
    "Where there is no certificate none is exported",
    "未导入证书时不能导出证书",
    clause=_CERTIFICATES,
    functions=("ExportCertificate",),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def missing_certificate(bench: PCSCBench) -> None:
    """Export the certificates of a container that has a pair only."""
    container, _key = bench.signing_container()
    for usage in KeyUsage:
        status, found = bench.exchange("ExportCertificate", bench.numbers_of(container), p1=bench.p1(usage), le=-1)
        bench.expect(not found, f"{len(found)} bytes that nobody imported", f"导出了未曾导入的 {len(found)} 字节")
        bench.observe("ExportCertificate", f"SW {status:04X}")
