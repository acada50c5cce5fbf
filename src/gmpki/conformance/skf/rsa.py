"""RSA where the device claims it (GM/T 0016-2012 7.6.3 to 7.6.7; RFC 8017)."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Final

from gmpki.algorithms import rand, sm3, sm4
from gmpki.conformance.clauses import DRAFT, GMT_0016
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.recorded import answer_name
from gmpki.conformance.skf.rsa_numbers import (
    EXPONENT,
    SoftwareKey,
    encrypted,
    mistake_in_signature,
    padded,
    signature_block,
    unpadded,
)
from gmpki.conformance.skf.session_probe import SM4_ID, demand_sm4, encrypts_as
from gmpki.conformance.skf.session_probe import encrypted as encrypted_by
from gmpki.errors import DecryptionError, InvalidSignature, TokenError, TokenUnsupportedError
from gmpki.tokens.skf.structures import RsaPrivateKey, RsaPublicKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.conformance.skf.bench import SKFBench
    from gmpki.tokens.skf.structures import ContainerHandle

__all__ = ["GROUP"]

_GENERATE: Final = Clause(GMT_0016, "7.6.3")
_IMPORT: Final = Clause(GMT_0016, "7.6.4")
_SIGN: Final = Clause(GMT_0016, "7.6.5")
_VERIFY: Final = Clause(GMT_0016, "7.6.6")
_EXPORT: Final = Clause(GMT_0016, "7.6.7")
_WRITE: Final = (Permission.WRITE,)
_PRECONDITION: Final = Words("AlgAsymCap claims SGD_RSA", "AlgAsymCap 声明 SGD_RSA")
_TIMEOUT_S: Final = 300.0

_BITS: Final = 2048
_SMALL_BITS: Final = 1024
_PADDING_LEN: Final = 11
_RSA_CONTAINER: Final = 1
_SMALL_PRIMES: Final = tuple(n for n in range(3, 2000, 2) if all(n % d for d in range(3, math.isqrt(n) + 1, 2)))

_MESSAGE: Final = b"gmpki conformance: what is signed"
_SHA256_HEAD: Final = bytes.fromhex("3031300d060960864801650304020105000420")  # RFC 8017 9.2, note 1
_DIGEST_INFO: Final = _SHA256_HEAD + hashlib.sha256(_MESSAGE).digest()

GROUP: Final = Group(Kind.SKF, "rsa", "RSA", Words("RSA", "RSA 算法"))


# ---- fixtures ----------------------------------------------------------------------------
def _demand_rsa(bench: SKFBench) -> None:
    if not bench.info.alg_asym_cap & bench.constant("SGD_RSA"):
        bench.unsupported("the device does not claim RSA", "设备未声明支持 RSA")


def _pair(bench: SKFBench, bits: int = _BITS) -> tuple[ContainerHandle, RsaPublicKey]:
    """Make a pair in a container of its own, until the end of the check."""
    _demand_rsa(bench)
    container = bench.new_container()
    with bench.scene():
        return container, bench.skf.gen_rsa_key_pair(container, bits)


def _software_key(bench: SKFBench, bits: int = _BITS) -> SoftwareKey:
    _demand_rsa(bench)
    with bench.scene():
        return SoftwareKey.generate(bits)


def _answer(call: Callable[..., object], *arguments: object) -> str:
    """Return the name of the code of a call that may well refuse; a verdict has no name of its own."""
    try:
        call(*arguments)
    except TokenUnsupportedError:
        raise
    except (InvalidSignature, DecryptionError):
        return "refused"
    except TokenError as error:
        return "refused" if error.code is None else answer_name(error.code)
    return "SAR_OK"


# ---- key pairs ---------------------------------------------------------------------------
def _expect_good_key(bench: SKFBench, key: RsaPublicKey, bits: int) -> None:
    """Fail unless a public key is what was asked for, and not obviously weak."""
    n = int.from_bytes(key.modulus, "big")
    bench.expect(key.bits == bits, f"BitLen is {key.bits} instead of {bits}", f"BitLen 为 {key.bits}，应为 {bits}")
    real = n.bit_length()
    bench.expect(real == bits, f"the modulus has {real} bits instead of {bits}", f"模数为 {real} 比特，应为 {bits}")
    bench.observe("exponent", key.exponent)
    bench.expect(
        key.exponent == EXPONENT, f"the exponent is {key.exponent}, not 65537", f"公钥指数为 {key.exponent}，应为 65537"
    )
    small = next((p for p in (2, *_SMALL_PRIMES) if n % p == 0), None)
    bench.expect(small is None, f"the modulus is divisible by {small}", f"模数可被 {small} 整除")


@GROUP.check(
    1,
    "A pair of 2048 bits is generated, with the exponent 65537",
    "可生成 2048 位密钥对，公钥指数为 65537",
    clause=_GENERATE,
    functions=("SKF_GenRSAKeyPair", "SKF_ExportPublicKey", "SKF_GetContainerType"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    precondition=_PRECONDITION,
    timeout_s=_TIMEOUT_S,
)
def generate(bench: SKFBench) -> None:
    """Generate a pair, look at its numbers, export the public key again, and ask for the type of the container."""
    _demand_rsa(bench)
    container = bench.new_container()
    key = bench.skf.gen_rsa_key_pair(container, _BITS)
    _expect_good_key(bench, key, _BITS)
    exported = bench.skf.export_public_key(container, True)
    bench.expect(exported == key, "another public key is exported", "导出的公钥与生成的不一致")
    kind = bench.skf.get_container_type(container)
    bench.expect(kind == _RSA_CONTAINER, f"the container's type is {kind}, not 1", f"容器类型为 {kind}，应为 1")


@GROUP.check(
    2,
    "Whether pairs of 1024 bits are generated",
    "是否可生成 1024 位密钥对",
    clause=_GENERATE,
    functions=("SKF_GenRSAKeyPair",),
    severity=Severity.INFORMATION,
    needs=_WRITE,
    precondition=_PRECONDITION,
    timeout_s=_TIMEOUT_S,
)
def generate_small(bench: SKFBench) -> None:
    """Generate a pair of 1024 bits, which is too short by now; where it is made it is what was asked for."""
    _demand_rsa(bench)
    container = bench.new_container()
    made: list[RsaPublicKey] = []
    answer = _answer(lambda: made.append(bench.skf.gen_rsa_key_pair(container, _SMALL_BITS)))
    bench.observe("1024 bits", answer)
    for key in made:
        _expect_good_key(bench, key, _SMALL_BITS)


@GROUP.check(
    3,
    "Two pairs have no prime in common",
    "两次生成的密钥对没有公因子",
    clause=_GENERATE,
    functions=("SKF_GenRSAKeyPair",),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    precondition=_PRECONDITION,
    timeout_s=_TIMEOUT_S,
)
def no_common_prime(bench: SKFBench) -> None:
    """Generate two pairs of 2048 bits and compute the greatest common divisor of the moduli."""
    first, second = (int.from_bytes(_pair(bench)[1].modulus, "big") for _ in range(2))
    bench.expect(first != second, "the same pair comes twice", "两次生成的密钥对相同")
    bench.expect(math.gcd(first, second) == 1, "two pairs share a prime", "两个模数有公因子")


@GROUP.check(
    4,
    "Lengths that are no RSA key's are refused",
    "拒绝不合理的密钥长度",
    clause=_GENERATE,
    functions=("SKF_GenRSAKeyPair",),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    precondition=_PRECONDITION,
    timeout_s=_TIMEOUT_S,
)
def wrong_lengths(bench: SKFBench) -> None:
    """Generate pairs of 0, 8, 1001 bits, and of 8192, which RSAPUBLICKEYBLOB cannot hold."""
    _demand_rsa(bench)
    container, blob = bench.new_container(), bench.buffer(8192, 0)
    for bits in (0, 8, 1001, 8192):
        at = bench.ffi.cast("RSAPUBLICKEYBLOB *", blob.pointer)
        answer = bench.answer("SKF_GenRSAKeyPair", bench.raw(container), bits, at)
        bench.observe(f"{bits} bits", answer)
        bench.expect(answer != "SAR_OK", f"a pair of {bits} bits is made", f"生成了 {bits} 位密钥对")


# ---- signatures --------------------------------------------------------------------------
@GROUP.check(
    5,
    "A signature is PKCS#1 v1.5 over what is given, not hashed again",
    "签名为 PKCS#1 v1.5 格式，不再对数据做杂凑",
    clause=_SIGN,
    functions=("SKF_RSASignData", "SKF_RSAVerify"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    precondition=_PRECONDITION,
    timeout_s=_TIMEOUT_S,
)
def sign(bench: SKFBench) -> None:
    """Sign a DigestInfo, look into the signature with the public key, and have the token verify it."""
    container, key = _pair(bench)
    signature = bench.skf.rsa_sign_data(container, _DIGEST_INFO)
    length, whole = len(signature), len(key.modulus)
    bench.expect(length == whole, f"it has {length} bytes instead of {whole}", f"签名为 {length} 字节，应为 {whole}")
    _expect_signature(bench, key, _DIGEST_INFO, signature)
    answer = _answer(bench.skf.rsa_verify, bench.device, key, _DIGEST_INFO, signature)
    bench.expect(answer == "SAR_OK", "the token refuses its own signature", "令牌验证自身签名失败")


def _expect_signature(bench: SKFBench, key: RsaPublicKey, data: bytes, signature: bytes) -> None:
    digests = [
        (made(data), Words(f"data is hashed by {name} once more", f"又做了一次 {name} 杂凑")) for name, made in _HASHES
    ]
    mistake = mistake_in_signature(signature_block(key, signature), data, digests)
    if mistake is not None:
        bench.fail(f"the signature of {len(data)} bytes: {mistake.en}", f"{len(data)} 字节的签名：{mistake.zh}")


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


_HASHES: Final[tuple[tuple[str, Callable[[bytes], bytes]], ...]] = (
    ("SM3", sm3.digest),
    ("SHA-1", _sha1),
    ("SHA-256", _sha256),
)


@GROUP.check(
    6,
    "Up to 11 bytes less than the modulus are signed, and no more",
    "可签名的数据最长为模长减 11 字节",
    clause=_SIGN,
    functions=("SKF_RSASignData",),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    precondition=_PRECONDITION,
    timeout_s=_TIMEOUT_S,
)
def sign_lengths(bench: SKFBench) -> None:
    """Sign 16 bytes, 36 as TLS once did, and 245; then 246, which leave too little padding."""
    container, key = _pair(bench)
    most = len(key.modulus) - _PADDING_LEN
    for length in (16, 36, most):
        data = bytes(at * 5 % 253 + 1 for at in range(length))
        _expect_signature(bench, key, data, bench.skf.rsa_sign_data(container, data))
    answer = _answer(bench.skf.rsa_sign_data, container, bytes([1]) * (most + 1))
    bench.observe(f"{most + 1} bytes", answer)
    bench.expect(answer != "SAR_OK", f"{most + 1} bytes are signed", f"对 {most + 1} 字节进行了签名")


@GROUP.check(
    7,
    "The token verifies what software signs, and refuses what is altered",
    "令牌可验证软件的签名，并拒绝被改动的签名",
    clause=_VERIFY,
    functions=("SKF_RSAVerify",),
    severity=Severity.RECOMMENDED,
    precondition=_PRECONDITION,
)
def verify(bench: SKFBench) -> None:
    """Verify a signature made by software; then other data, another signature, another key, another padding."""
    key, stranger = _software_key(bench), _software_key(bench)
    signature = key.sign(_DIGEST_INFO)
    answer = _answer(bench.skf.rsa_verify, bench.device, key.public, _DIGEST_INFO, signature)
    bench.expect(answer == "SAR_OK", f"software's signature is refused: {answer}", f"拒绝软件的签名：{answer}")
    block = padded(_DIGEST_INFO, len(signature))
    altered = (
        ("other data", "数据被改动", key, _flipped(_DIGEST_INFO), signature),
        ("another signature", "签名被改动", key, _DIGEST_INFO, _flipped(signature)),
        ("another key", "公钥不符", stranger, _DIGEST_INFO, signature),
        ("a block of encryption", "填充为加密填充", key, _DIGEST_INFO, key.raw(b"\0\2" + block[2:])),
        ("a block without its FF", "填充缺少 FF", key, _DIGEST_INFO, key.raw(_DIGEST_INFO.rjust(len(block), b"\0"))),
        ("zeros", "签名全零", key, _DIGEST_INFO, bytes(len(signature))),
    )
    for en, zh, used, data, given in altered:
        answer = _answer(bench.skf.rsa_verify, bench.device, used.public, data, given)
        bench.observe(en, answer)
        bench.expect(answer != "SAR_OK", f"it verifies: {en}", f"验签通过：{zh}")


def _flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


# ---- the encryption pair -----------------------------------------------------------------
def _imported(bench: SKFBench) -> tuple[ContainerHandle, SoftwareKey]:
    """Import an encryption pair of 2048 bits made here into a container with a signing pair."""
    demand_sm4(bench)
    container, signing = _pair(bench)
    key = _software_key(bench)
    value = rand.random_bytes(sm4.KEY_LEN)
    wrapped = encrypted(signing, value)
    number, form = bench.constant(SM4_ID), "PKCS#5"
    data = sm4.encrypt(value, key.pkcs1, sm4.Mode.ECB, padding=sm4.Padding.PKCS7)
    answer = _answer(bench.skf.import_rsa_key_pair, container, number, wrapped, data)
    if answer != "SAR_OK":
        # The standard does not say what makes the key a whole number of blocks.
        form, whole = "zeros", key.pkcs1 + bytes(-len(key.pkcs1) % sm4.BLOCK_LEN)
        data = sm4.encrypt(value, whole, sm4.Mode.ECB)
        answer = _answer(bench.skf.import_rsa_key_pair, container, number, wrapped, data)
    bench.expect(answer == "SAR_OK", f"SKF_ImportRSAKeyPair answered {answer}", f"SKF_ImportRSAKeyPair 返回 {answer}")
    bench.observe("the key is filled up with", form)
    return container, key


@GROUP.check(
    8,
    "An encryption pair from outside is imported, and its public key exported",
    "可导入外部生成的加密密钥对并导出其公钥",
    clause=_IMPORT,
    functions=("SKF_ImportRSAKeyPair", "SKF_ExportPublicKey"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    precondition=_PRECONDITION,
    timeout_s=_TIMEOUT_S,
)
def import_pair(bench: SKFBench) -> None:
    """Import a pair under a session key under the signing key; the signing pair stays what it was."""
    container, key = _imported(bench)
    found = bench.skf.export_public_key(container, False)
    bench.expect(found == key.public, "another public key is exported", "导出的加密公钥不一致")
    bench.expect(
        bench.skf.export_public_key(container, True) != key.public, "it replaced the signing pair", "签名密钥对被覆盖"
    )


@GROUP.check(
    9,
    "A session key is imported with the imported pair, and a damaged one is not",
    "可用导入的密钥对导入会话密钥，损坏的会话密钥被拒绝",
    clause=Clause(GMT_0016, "7.6.18"),
    functions=("SKF_ImportRSAKeyPair", "SKF_ImportSessionKey", "SKF_EncryptInit", "SKF_Encrypt"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    precondition=_PRECONDITION,
    timeout_s=_TIMEOUT_S,
)
def import_session_key(bench: SKFBench) -> None:
    """Import a key encrypted to the imported pair by PKCS#1 v1.5, compare what it encrypts; then a wrong padding."""
    container, key = _imported(bench)
    value, number = rand.random_bytes(sm4.KEY_LEN), bench.constant(SM4_ID)
    handle = bench.skf.import_session_key(container, number, encrypted(key.public, value))
    bench.expect(encrypts_as(value, encrypted_by(bench, handle)), "another key is imported", "导入的密钥不一致")
    wrong = signature_block(key.public, padded(value, len(key.public.modulus)))
    answer = _answer(bench.skf.import_session_key, container, number, wrong)
    bench.observe("wrong padding", answer)
    bench.expect(answer != "SAR_OK", "a block of a signature is taken for a session key", "接受了填充错误的会话密钥")


@GROUP.check(
    10,
    "Software opens the session key that the token exports, and encrypts the same with it",
    "软件可解开令牌导出的会话密钥，且加密结果一致",
    clause=_EXPORT,
    functions=("SKF_RSAExportSessionKey", "SKF_EncryptInit", "SKF_Encrypt"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    precondition=_PRECONDITION,
    timeout_s=_TIMEOUT_S,
)
def export_session_key(bench: SKFBench) -> None:
    """Have two session keys made for a public key from outside, open them, and encrypt by both sides."""
    demand_sm4(bench)
    container, _key = _pair(bench)
    receiver = _software_key(bench)
    seen = set()
    for _ in range(2):
        wrapped, handle = bench.skf.rsa_export_session_key(container, bench.constant(SM4_ID), receiver.public)
        found = encrypted_by(bench, handle)
        length, whole = len(wrapped), len(receiver.public.modulus)
        bench.expect(length == whole, f"it has {length} bytes instead of {whole}", f"长度为 {length}，应为 {whole}")
        block = receiver.raw(wrapped)
        value = unpadded(block)
        bare = not any(block[: -sm4.KEY_LEN])
        bench.expect(not bare, "the session key is encrypted without padding", "会话密钥未填充即加密")
        if value is None:
            bench.fail("the padding is not that of PKCS#1 v1.5", "填充不符合 PKCS#1 v1.5")
        length = len(value)
        bench.expect(length == sm4.KEY_LEN, f"it holds {length} bytes", f"其中为 {length} 字节")
        bench.expect(
            encrypts_as(value, found), "another key is exported than it encrypts with", "导出的密钥与使用的不一致"
        )
        seen.add(value)
    bench.expect(len(seen) == 2, "the same session key comes twice", "会话密钥重复")


# ---- keys from outside -------------------------------------------------------------------
@GROUP.check(
    11,
    "SKF_ExtRSAPubKeyOperation is the bare public operation",
    "SKF_ExtRSAPubKeyOperation 为公钥裸运算",
    clause=DRAFT,
    functions=("SKF_ExtRSAPubKeyOperation",),
    severity=Severity.RECOMMENDED,
    precondition=_PRECONDITION,
)
def external_public(bench: SKFBench) -> None:
    """Raise a block to the public exponent, and compare with software; then a number larger than the modulus."""
    key = _software_key(bench).public
    block = b"\0\2" + bytes(at * 7 % 255 + 1 for at in range(len(key.modulus) - 2))
    found = bench.skf.ext_rsa_pub_key_operation(bench.device, key, block)
    bench.expect(found == signature_block(key, block), "it is not m^e mod n", "结果不是 m^e mod n")
    answer = _answer(bench.skf.ext_rsa_pub_key_operation, bench.device, key, b"\xff" * len(block))
    bench.observe("a number beyond the modulus", answer)


@GROUP.check(
    12,
    "SKF_ExtRSAPriKeyOperation is the bare private operation",
    "SKF_ExtRSAPriKeyOperation 为私钥裸运算",
    clause=DRAFT,
    functions=("SKF_ExtRSAPriKeyOperation",),
    severity=Severity.RECOMMENDED,
    precondition=_PRECONDITION,
)
def external_private(bench: SKFBench) -> None:
    """Raise a block to the private exponent of a key made here, and compare with software."""
    key = _software_key(bench)
    block = padded(_DIGEST_INFO, len(key.public.modulus))
    found = bench.skf.ext_rsa_pri_key_operation(bench.device, key.private, block)
    bench.expect(found == key.raw(block), "it is not m^d mod n", "结果不是 m^d mod n")


@GROUP.check(
    13,
    "The numbers of a pair from SKF_GenExtRSAKey belong together",
    "SKF_GenExtRSAKey 生成的密钥各参数一致",
    clause=DRAFT,
    functions=("SKF_GenExtRSAKey",),
    severity=Severity.RECOMMENDED,
    precondition=_PRECONDITION,
    timeout_s=_TIMEOUT_S,
)
def generate_external(bench: SKFBench) -> None:
    """Generate a pair of 2048 bits that leaves the device, and do the arithmetic."""
    _demand_rsa(bench)
    key = bench.skf.gen_ext_rsa_key(bench.device, _BITS)
    _expect_good_key(bench, key.public_key, _BITS)
    _expect_consistent(bench, key)


def _expect_consistent(bench: SKFBench, key: RsaPrivateKey) -> None:
    n, d, p, q, dp, dq, inverse = (
        int.from_bytes(value, "big")
        for value in (
            key.modulus,
            key.private_exponent,
            key.prime1,
            key.prime2,
            key.prime1_exponent,
            key.prime2_exponent,
            key.coefficient,
        )
    )
    bench.expect(p * q == n and 1 < p < n, "the primes do not make the modulus", "素数之积不等于模数")
    lcm = math.lcm(p - 1, q - 1)
    bench.expect(key.exponent * d % lcm == 1, "the exponents do not belong together", "公私钥指数不匹配")
    right = (dp, dq, inverse) == (d % (p - 1), d % (q - 1), pow(q, -1, p))
    bench.expect(right, "the numbers for the Chinese remainder theorem are wrong", "中国剩余定理参数错误")
