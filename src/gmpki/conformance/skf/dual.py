"""The two pairs of a container: the encryption pair comes from outside, enciphered to the signing key (GM/T 0016-2012
5.2, 7.6.9).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gmpki.algorithms import rand, sm4
from gmpki.algorithms.sm2 import PointFormat
from gmpki.conformance.clauses import GBT_32918_4, GMT_0016
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.certificates import expect_certificate
from gmpki.conformance.skf.samples import certificate, wrapped_key
from gmpki.conformance.skf.session_probe import SM4_ID, demand_sm4, encrypted, encrypts_as
from gmpki.conformance.skf.sm2_blobs import CipherParts, cipher_blob, cipher_len, envelope_blob
from gmpki.keys.envelope import KeyEnvelope
from gmpki.keys.sm2 import SM2PrivateKey, SM2PublicKey

if TYPE_CHECKING:
    from gmpki.conformance.skf.bench import SKFBench
    from gmpki.conformance.skf.sm2_blobs import Blob
    from gmpki.tokens.skf.structures import ContainerHandle

__all__ = ["GROUP"]

_IMPORT: Final = Clause(GMT_0016, "7.6.9")
_SESSION_KEY: Final = Clause(GMT_0016, "7.6.18")
_PAIR: Final = ("SKF_GenECCKeyPair", "SKF_ImportECCKeyPair", "SKF_ExportPublicKey")
_CERTIFICATES: Final = ("SKF_ImportCertificate", "SKF_ExportCertificate")

GROUP: Final = Group(Kind.SKF, "dual", "DUAL", Words("Dual key pairs", "双密钥对"))


# ---- fixtures ----------------------------------------------------------------------------
def _answer(bench: SKFBench, container: ContainerHandle, blob: Blob) -> str:
    """Return what the driver says to an encryption pair."""
    return bench.supported("SKF_ImportECCKeyPair", bench.raw(container), blob.at)


def _sealed(point: bytes) -> tuple[SM2PrivateKey, KeyEnvelope]:
    """Return a new pair, and it enciphered to a signing key x || y."""
    key = SM2PrivateKey.generate()
    return key, KeyEnvelope.seal(key, SM2PublicKey.from_bytes(point))


def _expect_refused(bench: SKFBench, container: ContainerHandle, blob: Blob, what: Words) -> None:
    answer = _answer(bench, container, blob)
    bench.observe("SKF_ImportECCKeyPair", answer)
    bench.expect(answer != "SAR_OK", f"a pair is imported {what.en}", f"导入了{what.zh}")


def _is_known(bench: SKFBench, container: ContainerHandle, key: SM2PrivateKey) -> bool:
    """Tell whether a container's encryption pair is the one given."""
    return bench.skf.export_public_key(container, False) == key.public_key.to_bytes(PointFormat.BARE)


# ---- the flow ----------------------------------------------------------------------------
@GROUP.check(
    1,
    "A container takes both pairs and both certificates in the order of an issuance",
    "按签发流程完成双密钥对与双证书的写入",
    clause=Clause(GMT_0016, "5.2"),
    functions=(*_PAIR, *_CERTIFICATES),
    needs=(Permission.WRITE,),
)
def issuance(bench: SKFBench) -> None:
    """Do all that an issuance does: make the signing pair, export it, import its certificate, import the encryption
    pair, export that, import its certificate, and read both certificates back.
    """
    container, point = bench.signing_container()
    bench.expect(bench.skf.export_public_key(container, True) == point, "another signing key", "签名公钥不一致")
    signing_certificate = certificate(point)
    bench.skf.import_certificate(container, True, signing_certificate)
    key, envelope = _sealed(point)
    bench.skf.import_ecc_key_pair(container, envelope)
    bench.expect(_is_known(bench, container, key), "another encryption key", "加密公钥不一致")
    encryption_certificate = certificate(key.public_key.to_bytes())
    bench.skf.import_certificate(container, False, encryption_certificate)
    expect_certificate(bench, container, True, signing_certificate)
    expect_certificate(bench, container, False, encryption_certificate)


# ---- the encryption pair -----------------------------------------------------------------
@GROUP.check(
    2,
    "The imported pair is the container's encryption pair",
    "导入后导出的加密公钥即为所导入的公钥",
    clause=_IMPORT,
    functions=_PAIR,
    needs=(Permission.WRITE,),
)
def imported_public_key(bench: SKFBench) -> None:
    """Import a pair whose field of 64 bytes is enciphered as a whole, and export both public keys."""
    container, point = bench.signing_container()
    key, envelope = _sealed(point)
    answer = _answer(bench, container, envelope_blob(bench, envelope))
    bench.expect(answer == "SAR_OK", f"the standard's form is refused: {answer}", f"标准格式被拒绝：{answer}")
    found = bench.skf.export_public_key(container, False)
    bench.expect(found != point, "it exports the signing key for both", "签名与加密公钥相同")
    bench.expect(found == key.public_key.to_bytes(PointFormat.BARE), "it is another key", "加密公钥不一致")
    bench.expect(bench.skf.export_public_key(container, True) == point, "the signing key changed", "签名公钥被改变")


@GROUP.check(
    3,
    "The imported private key opens what is enciphered to its public key",
    "导入的加密私钥可解开以其公钥加密的会话密钥",
    clause=_SESSION_KEY,
    functions=("SKF_ImportECCKeyPair", "SKF_ImportSessionKey"),
    needs=(Permission.WRITE,),
)
def imported_private_key(bench: SKFBench) -> None:
    """Encipher an SM4 key outside, import it, and compare what it encrypts with what software encrypts."""
    demand_sm4(bench)
    dual = bench.dual_container()
    value = rand.random_bytes(sm4.KEY_LEN)
    wrapped = wrapped_key(dual.encryption_key.public_key, value)
    key = bench.skf.import_session_key(dual.container, bench.constant(SM4_ID), wrapped)
    bench.expect(encrypts_as(value, encrypted(bench, key)), "it gives another key", "得到的会话密钥不一致")


@GROUP.check(
    4,
    "The signing private key opens no session key",
    "不得以签名私钥解开会话密钥",
    clause=_SESSION_KEY,
    functions=("SKF_ImportSessionKey",),
    needs=(Permission.WRITE,),
)
def signing_key_does_not_decrypt(bench: SKFBench) -> None:
    """Encipher a key to the signing key of a container with both pairs, and import it as a session key."""
    dual = bench.dual_container()
    parts = CipherParts.of(wrapped_key(SM2PublicKey.from_bytes(dual.signing_point), rand.random_bytes(sm4.KEY_LEN)))
    blob, handle = cipher_blob(bench, parts), bench.ffi.new("HANDLE *")
    data, length = bench.ffi.cast("BYTE *", blob.at), cipher_len(bench, parts)
    arguments = (bench.raw(dual.container), bench.constant(SM4_ID), data, length, handle)
    bench.refuses("it decrypts with the signing key", "误用签名私钥解密", "SKF_ImportSessionKey", *arguments)


@GROUP.check(
    5,
    "A pair of which only the 32 bytes of the number are enciphered is taken too",
    "仅加密 32 字节私钥（置于字段后半）的格式也被接受",
    clause=Clause(GMT_0016, "7.6.9", "B"),
    functions=_PAIR,
    severity=Severity.RECOMMENDED,
    needs=(Permission.WRITE,),
)
def number_only(bench: SKFBench) -> None:
    """Import a pair as most key centres write it: bytes 32 to 63 of the field enciphered, zeros before them."""
    container, point = bench.signing_container()
    key, envelope = _sealed(point)
    answer = _answer(bench, container, envelope_blob(bench, envelope, whole_field=False))
    if answer != "SAR_OK":
        bench.deviate(
            f"only the standard's form is taken, with all 64 bytes enciphered: {answer}",
            f"仅接受 64 字节全部加密的格式：{answer}",
            "the client enciphers the whole field",
            "客户端加密整个 64 字节字段",
        )
    bench.expect(_is_known(bench, container, key), "another key is exported", "导出的加密公钥不一致")


@GROUP.check(
    6,
    "A pair enciphered to another container's key is refused",
    "以其他容器签名公钥加密的密钥对被拒绝",
    clause=_IMPORT,
    functions=("SKF_ImportECCKeyPair",),
    needs=(Permission.WRITE,),
)
def wrong_container(bench: SKFBench) -> None:
    """Import into one container what is enciphered to another's signing key."""
    container, _point = bench.signing_container()
    _other, other_point = bench.signing_container()
    _key, envelope = _sealed(other_point)
    what = Words("that is enciphered to another container's key", "以其他容器公钥加密的密钥对")
    _expect_refused(bench, container, envelope_blob(bench, envelope), what)


@GROUP.check(
    7,
    "A pair whose halves do not belong together is refused",
    "私钥与公钥不匹配的密钥对被拒绝",
    clause=Clause(GMT_0016, "7.6.9", "B"),
    functions=("SKF_ImportECCKeyPair",),
    severity=Severity.RECOMMENDED,
    needs=(Permission.WRITE,),
)
def halves_of_two_pairs(bench: SKFBench) -> None:
    """Import the private key of one pair with the public key of another."""
    container, point = bench.signing_container()
    _key, envelope = _sealed(point)
    mixed = replace(envelope, public_key=SM2PrivateKey.generate().public_key)
    what = Words("whose public key is not that of the private key", "公私钥不匹配的密钥对")
    _expect_refused(bench, container, envelope_blob(bench, mixed), what)


@GROUP.check(
    8,
    "Another version of the structure than 1 is refused",
    "版本号不为 1 的结构被拒绝",
    clause=_IMPORT,
    functions=("SKF_ImportECCKeyPair",),
    severity=Severity.RECOMMENDED,
    needs=(Permission.WRITE,),
)
def other_version(bench: SKFBench) -> None:
    """Import a good pair in a structure that says it is of version 2."""
    container, point = bench.signing_container()
    _key, envelope = _sealed(point)
    what = Words("from a structure of version 2", "版本号为 2 的结构")
    _expect_refused(bench, container, envelope_blob(bench, envelope, version=2), what)


@GROUP.check(
    9,
    "Another mode than ECB is refused",
    "非 ECB 模式的算法标识被拒绝",
    clause=_IMPORT,
    functions=("SKF_ImportECCKeyPair",),
    severity=Severity.RECOMMENDED,
    needs=(Permission.WRITE,),
)
def other_mode(bench: SKFBench) -> None:
    """Import a good pair in a structure that names SM4 with CBC, for which it has no IV."""
    container, point = bench.signing_container()
    _key, envelope = _sealed(point)
    what = Words("that is said to be enciphered with CBC", "标为 CBC 模式的密钥对")
    _expect_refused(bench, container, envelope_blob(bench, envelope, algorithm="SGD_SM4_CBC"), what)


@GROUP.check(
    10,
    "A damaged envelope is refused: C2 or C3 of the enciphered key",
    "数字信封损坏（C2 或 C3）时被拒绝",
    clause=Clause(GBT_32918_4, "7.1"),
    functions=("SKF_ImportECCKeyPair",),
    needs=(Permission.WRITE,),
)
def damaged_envelope(bench: SKFBench) -> None:
    """Import a pair with one bit changed in C2, and with one bit changed in C3, of its enciphered key."""
    container, point = bench.signing_container()
    _key, envelope = _sealed(point)
    wrapped = envelope.encrypted_key
    for name, damaged in (
        ("C2", replace(wrapped, c2=_flipped(wrapped.c2))),
        ("C3", replace(wrapped, c3=_flipped(wrapped.c3))),
    ):
        blob = envelope_blob(bench, replace(envelope, encrypted_key=damaged))
        _expect_refused(bench, container, blob, Words(f"with {name} damaged", f"{name} 损坏的密钥对"))


def _flipped(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]


@GROUP.check(
    11,
    "A damaged private key is refused",
    "私钥密文损坏时被拒绝",
    clause=Clause(GMT_0016, "7.6.9", "B"),
    functions=("SKF_ImportECCKeyPair",),
    severity=Severity.RECOMMENDED,
    needs=(Permission.WRITE,),
)
def damaged_private_key(bench: SKFBench) -> None:
    """Import a pair with one bit changed in the enciphered private key: only the public key can show it."""
    container, point = bench.signing_container()
    _key, envelope = _sealed(point)
    damaged = replace(envelope, encrypted_private_key=_flipped(envelope.encrypted_private_key))
    what = Words("with its private key damaged", "私钥密文损坏的密钥对")
    _expect_refused(bench, container, envelope_blob(bench, damaged), what)


@GROUP.check(
    12,
    "Without a signing pair there is nothing to decrypt an encryption pair with",
    "没有签名密钥对的容器不能导入加密密钥对",
    clause=_IMPORT,
    functions=("SKF_ImportECCKeyPair",),
    needs=(Permission.WRITE,),
)
def no_signing_pair(bench: SKFBench) -> None:
    """Import a pair into an empty container."""
    container = bench.new_container()
    _key, envelope = _sealed(SM2PrivateKey.generate().public_key.to_bytes())
    what = Words("into a container without a signing pair", "无签名密钥对容器的加密密钥对")
    _expect_refused(bench, container, envelope_blob(bench, envelope), what)


@GROUP.check(
    13,
    "A refused import leaves the encryption pair that was there",
    "导入被拒绝时原有加密密钥对保持不变",
    clause=Clause(GMT_0016, "7.6.9", "B"),
    functions=_PAIR,
    severity=Severity.RECOMMENDED,
    needs=(Permission.WRITE,),
)
def refused_import_changes_nothing(bench: SKFBench) -> None:
    """Import a damaged pair into a container with both pairs, then export the encryption key."""
    dual = bench.dual_container()
    _key, envelope = _sealed(dual.signing_point)
    damaged = replace(envelope, encrypted_key=replace(envelope.encrypted_key, c3=bytes(32)))
    _expect_refused(bench, dual.container, envelope_blob(bench, damaged), Words("with C3 damaged", "C3 损坏的密钥对"))
    bench.expect(_is_known(bench, dual.container, dual.encryption_key), "the pair is gone", "原有密钥对丢失")


@GROUP.check(
    14,
    "What a second encryption pair in a container does",
    "在同一容器中再次导入加密密钥对的行为",
    clause=Clause(GMT_0016, "7.6.9", "B"),
    functions=_PAIR,
    severity=Severity.INFORMATION,
    needs=(Permission.WRITE,),
)
def second_import(bench: SKFBench) -> None:
    """Import a second pair: it replaces the first or is refused, and what is exported is the pair that holds."""
    dual = bench.dual_container()
    key, envelope = _sealed(dual.signing_point)
    answer = _answer(bench, dual.container, envelope_blob(bench, envelope))
    bench.observe("second import", answer)
    holds = key if answer == "SAR_OK" else dual.encryption_key
    bench.expect(_is_known(bench, dual.container, holds), "another key is exported", "导出的加密公钥不一致")
