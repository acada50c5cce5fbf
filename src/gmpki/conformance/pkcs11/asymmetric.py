"""Checks of RSA and ECDSA: pairs made in the token, signed there and verified by software, and the other way round."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from gmpki.conformance.clauses import PKCS11, PKCS11_MECHANISMS
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.pkcs11.mechanisms import expect_lengths
from gmpki.conformance.pkcs11.sm2_pairs import SM2Pair
from gmpki.conformance.registry import Group
from gmpki.errors import GmpkiError
from gmpki.tokens.pkcs11.attributes import Mechanism, as_number
from gmpki.tokens.pkcs11.header import C

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from gmpki.conformance.pkcs11.bench import OpenSession, P11Bench
    from gmpki.tokens.pkcs11.attributes import AttributeValue

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.PKCS11, "asymmetric", "ASY", Words("RSA and ECDSA", "RSA 与 ECDSA"))

_WRITE: Final = (Permission.WRITE,)
_BITS: Final = 2048
_EXPONENT: Final = b"\x01\x00\x01"
_MESSAGE: Final = b"signed in a token, verified outside of it"
_MGF1_SHA256: Final = 2  # CKG_MGF1_SHA256
_MGF1_SHA1: Final = 1
_DATA_SPECIFIED: Final = 1  # CKZ_DATA_SPECIFIED
_P256: Final = bytes.fromhex("06082a8648ce3d030107")
_SIZES: Final = ("CKA_PRIVATE_EXPONENT", "CKA_PRIME_1", "CKA_PRIME_2", "CKA_EXPONENT_1", "CKA_EXPONENT_2")
_WRONG: Final = ("CKR_SIGNATURE_INVALID", "CKR_SIGNATURE_LEN_RANGE")
# PKCS #1 (RFC 8017 9.2): DigestInfo of SHA-256, before the digest.
_SHA256_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")


class RSA:
    """A pair made in the token for this check.

    :ivar public, private: the handles; key: the public key in software; length: bytes of the modulus.
    """

    def __init__(self, bench: P11Bench, session: OpenSession) -> None:
        """Make the pair, and read its public key from the token."""
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

        bench.demand_mechanism(C.CKM_RSA_PKCS_KEY_PAIR_GEN)
        template: dict[int, AttributeValue] = {C.CKA_MODULUS_BITS: _BITS, C.CKA_PUBLIC_EXPONENT: _EXPONENT}
        self.public, self.private = bench.pair(session, C.CKM_RSA_PKCS_KEY_PAIR_GEN, template)
        with bench.scene():
            values = session.attributes(self.public, C.CKA_MODULUS, C.CKA_PUBLIC_EXPONENT)
        self.modulus = int.from_bytes(values.get(C.CKA_MODULUS, b""), "big")
        self.exponent = int.from_bytes(values.get(C.CKA_PUBLIC_EXPONENT, b""), "big")
        bench.expect(
            self.modulus.bit_length() == _BITS and self.exponent == 65537,
            f"asked for {_BITS} bits and the exponent 65537, it made {self.modulus.bit_length()} and {self.exponent}",
            f"要求 {_BITS} 位、指数 65537，实际为 {self.modulus.bit_length()} 位、指数 {self.exponent}",
        )
        self.length = _BITS // 8
        self.key: RSAPublicKey = RSAPublicNumbers(self.exponent, self.modulus).public_key()


def _holds(key: Any, *arguments: Any) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(*arguments)
    except InvalidSignature:
        return False
    return True


@GROUP.check(
    1,
    "An RSA pair is as it was asked for, and its private key stays in",
    "RSA 密钥对符合要求，私钥不可读出",
    clause=Clause(PKCS11_MECHANISMS, "2.1", "B"),
    functions=("C_GenerateKeyPair", "C_GetAttributeValue"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    timeout_s=300,
)
def rsa_pair(bench: P11Bench) -> None:
    """Make a pair of 2048 bits with the exponent 65537; ask the private key for its modulus and its secret parts."""
    session = bench.user_session()
    pair = RSA(bench, session)
    values = session.attributes(pair.private, C.CKA_MODULUS, *(getattr(C, name) for name in _SIZES))
    out = [name for name in _SIZES if getattr(C, name) in values]
    bench.expect(not out, f"the private key gives out {', '.join(out)}", f"私钥泄露 {', '.join(out)}")
    modulus = int.from_bytes(values.get(C.CKA_MODULUS, b""), "big")
    bench.expect(modulus == pair.modulus, "the two keys have different moduli", "公私钥模数不同")
    kind = as_number(bench.value(session, pair.private, C.CKA_KEY_TYPE))
    bench.expect(kind == C.CKK_RSA, "the private key is of another type", "私钥类型不符")


@GROUP.check(
    2,
    "RSA signatures of the token hold in software",
    "令牌的 RSA 签名可由软件验证",
    clause=Clause(PKCS11_MECHANISMS, "2.1.6, 2.1.14, 2.1.15", "B"),
    functions=("C_SignInit", "C_Sign", "C_SignUpdate", "C_SignFinal"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    timeout_s=300,
)
def rsa_signatures(bench: P11Bench) -> None:
    """Sign a message by CKM_SHA256_RSA_PKCS, its DigestInfo by CKM_RSA_PKCS, and by PSS; and once in parts."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    session = bench.user_session()
    pair = RSA(bench, session)
    tried = []
    v15, sha256 = padding.PKCS1v15(), hashes.SHA256()
    digest = hashlib.sha256(_MESSAGE).digest()
    if C.CKM_SHA256_RSA_PKCS in bench.listed:
        tried.append("CKM_SHA256_RSA_PKCS")
        signature = session.sign(Mechanism(C.CKM_SHA256_RSA_PKCS), pair.private, _MESSAGE)
        bench.expect(
            not _holds(pair.key, signature, digest, v15, sha256),
            "CKM_SHA256_RSA_PKCS hashes twice",
            "CKM_SHA256_RSA_PKCS 做了两次杂凑",
        )
        _expect_signature(bench, _holds(pair.key, signature, _MESSAGE, v15, sha256), tried[-1])
        bench.demand("C_SignInit", session.handle, bench.mechanism(C.CKM_SHA256_RSA_PKCS), pair.private)
        for part in (_MESSAGE[:5], _MESSAGE[5:]):
            bench.demand("C_SignUpdate", session.handle, bench.data(part), len(part))
        parts = bench.output("C_SignFinal", session.handle)
        bench.expect(parts == signature, "signed in parts it is another one", "分段签名结果不同")
    if C.CKM_RSA_PKCS in bench.listed:
        tried.append("CKM_RSA_PKCS")
        signature = session.sign(Mechanism(C.CKM_RSA_PKCS), pair.private, _SHA256_INFO + digest)
        _expect_signature(bench, _holds(pair.key, signature, _MESSAGE, v15, sha256), tried[-1])
    if C.CKM_SHA256_RSA_PKCS_PSS in bench.listed:
        tried.append("CKM_SHA256_RSA_PKCS_PSS")
        pss = padding.PSS(padding.MGF1(sha256), 32)
        signature = session.sign(_pss(bench), pair.private, _MESSAGE)
        _expect_signature(bench, _holds(pair.key, signature, _MESSAGE, pss, sha256), tried[-1])
    if not tried:
        bench.unsupported("the token lists no RSA signature with SHA-256", "令牌未列出 SHA-256 的 RSA 签名")
    bench.observe("mechanisms", " ".join(tried))


def _pss(bench: P11Bench) -> Mechanism:
    values = {"hashAlg": C.CKM_SHA256, "mgf": _MGF1_SHA256, "sLen": 32}
    structure = bench.ffi.new("CK_RSA_PKCS_PSS_PARAMS *", values)
    return Mechanism(C.CKM_SHA256_RSA_PKCS_PSS, bytes(bench.ffi.buffer(structure)))


def _expect_signature(bench: P11Bench, holds: object, name: str) -> None:
    bench.expect(holds, f"the signature by {name} does not hold", f"{name} 的签名无效")


@GROUP.check(
    3,
    "The token verifies RSA signatures, and refuses wrong ones",
    "令牌能验证 RSA 签名并拒绝错误签名",
    clause=Clause(PKCS11, "5.12", "B"),
    functions=("C_VerifyInit", "C_Verify"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    timeout_s=300,
)
def rsa_verification(bench: P11Bench) -> None:
    """Verify a signature of the token, one with a bit changed, one of another message, and one a byte short."""
    bench.demand_mechanism(C.CKM_SHA256_RSA_PKCS)
    session = bench.user_session()
    pair = RSA(bench, session)
    mechanism = Mechanism(C.CKM_SHA256_RSA_PKCS)
    good = session.sign(mechanism, pair.private, _MESSAGE)
    changed = good[:-1] + bytes((good[-1] ^ 1,))
    for message, signature, allowed, en, zh in (
        (_MESSAGE, good, (bench.OK,), "the signature is right", "签名正确"),
        (_MESSAGE, changed, _WRONG[:1], "a bit of the signature is wrong", "签名有一比特错误"),
        (_MESSAGE + b"!", good, _WRONG[:1], "it is of another message", "消息不同"),
        (_MESSAGE, good[:-1], _WRONG, "a byte of the signature is missing", "签名缺少一字节"),
    ):
        bench.demand("C_VerifyInit", session.handle, bench.mechanism(mechanism.number), pair.public)
        given = (bench.data(message), len(message), bench.data(signature), len(signature))
        bench.accepts(allowed, en, zh, "C_Verify", session.handle, *given)


@GROUP.check(
    4,
    "The token decrypts what software has encrypted with RSA",
    "令牌能解密软件用 RSA 加密的数据",
    clause=Clause(PKCS11_MECHANISMS, "2.1.6, 2.1.8", "B"),
    functions=("C_DecryptInit", "C_Decrypt", "C_EncryptInit", "C_Encrypt"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    timeout_s=300,
)
def rsa_decryption(bench: P11Bench) -> None:
    """Decrypt by PKCS #1 v1.5 and by OAEP with SHA-1; encrypt in the token and decrypt again; then change a bit."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    session = bench.user_session()
    pair = RSA(bench, session)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303 - the one that tokens have
    cases = (
        (Mechanism(C.CKM_RSA_PKCS), padding.PKCS1v15(), "PKCS #1 v1.5"),
        (_oaep(bench), oaep, "OAEP"),
    )
    tried = []
    for mechanism, pad, name in cases:
        if mechanism.number not in bench.listed:
            continue
        if not bench.module.mechanism_info(bench.slot, mechanism.number).flags & C.CKF_DECRYPT:
            continue
        tried.append(name)
        found = session.decrypt(mechanism, pair.private, pair.key.encrypt(b"secret", pad))
        bench.expect(found == b"secret", f"{name}: another message comes out", f"{name}：解密结果不同")
        own = session.encrypt(mechanism, pair.public, b"secret")
        bench.expect(
            session.decrypt(mechanism, pair.private, own) == b"secret",
            f"{name}: what it encrypts it does not decrypt",
            f"{name}：不能解密自己的密文",
        )
        bench.expect(
            _decrypted(session, mechanism, pair, own[:-1] + bytes((own[-1] ^ 1,))) != b"secret",
            f"{name}: a changed ciphertext gives the message",
            f"{name}：被改动的密文仍解出明文",
        )
    if not tried:
        bench.unsupported("the token lists no RSA decryption", "令牌未列出 RSA 解密")
    bench.observe("paddings", ", ".join(tried))


def _oaep(bench: P11Bench) -> Mechanism:
    values = {"hashAlg": C.CKM_SHA_1, "mgf": _MGF1_SHA1, "source": _DATA_SPECIFIED}
    structure = bench.ffi.new("CK_RSA_PKCS_OAEP_PARAMS *", values)
    return Mechanism(C.CKM_RSA_PKCS_OAEP, bytes(bench.ffi.buffer(structure)))


def _decrypted(session: OpenSession, mechanism: Mechanism, pair: RSA, ciphertext: bytes) -> bytes | None:
    """Return what comes out; None when the token refuses."""
    try:
        return session.decrypt(mechanism, pair.private, ciphertext)
    except GmpkiError:
        return None


@GROUP.check(
    5,
    "Asking for the length of a signature leaves the operation as it is",
    "查询签名长度不影响运算状态",
    clause=Clause(PKCS11, "5.2, 5.11", "B"),
    functions=("C_SignInit", "C_Sign"),
    needs=_WRITE,
    timeout_s=300,
)
def signature_lengths(bench: P11Bench) -> None:
    """Sign by the first of SM2, RSA and HMAC that is listed: ask for the length, give too little, then enough."""
    session = bench.user_session()
    number = bench.numbers.mechanisms.get("sm2-sign")
    if number is not None and "sm2-key-pair-gen" in bench.numbers.mechanisms:
        key = SM2Pair(bench, session).private
        expected, data = 64, hashlib.sha256(_MESSAGE).digest()
    elif C.CKM_SHA256_HMAC in bench.listed:
        number, expected, data = C.CKM_SHA256_HMAC, 32, _MESSAGE
        key = bench.key(session, C.CKK_GENERIC_SECRET, bytes(32))
    else:
        bench.demand_mechanism(C.CKM_RSA_PKCS)
        pair = RSA(bench, session)
        number, expected, data, key = C.CKM_RSA_PKCS, pair.length, _MESSAGE, pair.private
    bench.demand("C_SignInit", session.handle, bench.mechanism(number), key)
    expect_lengths(bench, "C_Sign", expected, session.handle, bench.data(data), len(data))
    room, length = bench.buffer(512), bench.ulong(512)
    words = ("the signature was given", "签名已给出")
    call = ("C_Sign", session.handle, bench.data(data), len(data), room.pointer, length)
    bench.accepts(("CKR_OPERATION_NOT_INITIALIZED",), *words, *call)


@GROUP.check(
    6,
    "ECDSA signatures are r, s, and hold in software",
    "ECDSA 签名为 r、s 拼接，且可由软件验证",
    clause=Clause(PKCS11_MECHANISMS, "2.3.1", "B"),
    functions=("C_GenerateKeyPair", "C_SignInit", "C_Sign"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def ecdsa(bench: P11Bench) -> None:
    """Make a pair on P-256 and sign a digest: 64 bytes that hold. CKA_EC_POINT is an OCTET STRING in DER."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, utils

    bench.demand_mechanism(C.CKM_ECDSA)
    bench.demand_mechanism(C.CKM_EC_KEY_PAIR_GEN)
    session = bench.user_session()
    public, private = bench.pair(session, C.CKM_EC_KEY_PAIR_GEN, {C.CKA_EC_PARAMS: _P256, C.CKA_ENCRYPT: False})
    point = bench.value(session, public, C.CKA_EC_POINT) or b""
    bench.observe("CKA_EC_POINT", f"{len(point)} bytes")
    is_wrapped = point[:3] == b"\x04\x41\x04" and len(point) == 67
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point[2:] if is_wrapped else point)
    digest = hashlib.sha256(_MESSAGE).digest()
    signature = session.sign(Mechanism(C.CKM_ECDSA), private, digest)
    bench.expect(
        len(signature) == 64,
        f"the signature has {len(signature)} bytes{', and is DER' if signature[:1] == b'0' else ''}",
        f"签名为 {len(signature)} 字节{'，是 DER 编码' if signature[:1] == b'0' else ''}",
    )
    halves = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    encoded = utils.encode_dss_signature(*halves)
    algorithm = ec.ECDSA(utils.Prehashed(hashes.SHA256()))
    _expect_signature(bench, _holds(key, encoded, digest, algorithm), "CKM_ECDSA")
    if not is_wrapped:
        bench.deviate(
            "CKA_EC_POINT is the point without the OCTET STRING around it",
            "CKA_EC_POINT 为裸点，未包在 OCTET STRING 中",
            "the client takes both",
            "客户端两种都接受",
        )
