"""Checks of SM2 by the numbers that the token's maker has given it: mistakes are named as what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.algorithms import sm3
from gmpki.algorithms.sm2 import CiphertextFormat, Role
from gmpki.conformance.clauses import GBT_32918_1, GBT_32918_2, GBT_32918_3, GBT_32918_4, GBT_35276
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.pkcs11.sm2_pairs import FORM_WORDS, SM2Pair, ciphertext_form, readings
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.sm2_mistakes import digests_signed, holds, random_number_repeats, swapped
from gmpki.errors import GmpkiError
from gmpki.keys.envelope import KeyEnvelope
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.tokens.pkcs11.attributes import Mechanism
from gmpki.tokens.pkcs11.header import C
from gmpki.tokens.pkcs11.public_keys import public_key_attributes, public_key_info, sm2_point_attributes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.conformance.pkcs11.bench import OpenSession, P11Bench
    from gmpki.keys.sm2 import SM2PublicKey
    from gmpki.tokens.pkcs11.attributes import AttributeValue
    from gmpki.tokens.pkcs11.mechanism_map import MechanismMap

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.PKCS11, "sm2", "SM2", Words("SM2", "SM2"))

_SIGNATURE: Final = Clause(GBT_32918_2, "6.1", "A")
_ENCRYPTION: Final = Clause(GBT_32918_4, "6.1, 7.1", "A")
_WRITE: Final = (Permission.WRITE,)
_MESSAGE: Final = b"a message that a token signs"
_RECOMMENDED: Final = Severity.RECOMMENDED
_MECHANISMS_OF_FORM: Final = {"raw": "sm2-sign", "DER": "sm2-sign-der"}


def _signer(bench: P11Bench) -> tuple[str, int]:
    """Return the form and the number of the first mechanism that signs e."""
    for form, name in _MECHANISMS_OF_FORM.items():
        if name in bench.numbers.mechanisms:
            return form, bench.numbers.mechanisms[name]
    return _MECHANISMS_OF_FORM["raw"], bench.number("sm2-sign")


_SWAPPED: Final = Words("r and s are swapped", "r 与 s 互换")


def _explained(
    key: SM2PublicKey, signature: bytes, digests: Iterator[tuple[bytes, Words]]
) -> tuple[str, bytes, tuple[Words, ...]] | None:
    """Return the form of a signature, its r || s, and the mistakes that explain it; None when none do."""
    for candidate, name in digests:
        for form, pair in readings(signature):
            for numbers, order in ((pair, Words("", "")), (swapped(pair), _SWAPPED)):
                if holds(key, candidate, numbers):
                    return form, numbers, tuple(words for words in (name, order) if words.en)
    return None


def _judge(
    bench: P11Bench, key: SM2PublicKey, signature: bytes, form: str, digests: Iterator[tuple[bytes, Words]]
) -> bytes:
    """Return r || s of a signature that holds; else fail and name the mistake, or tell in which form it is.

    :param digests: what may have been signed and what that is called; first what should have been.
    """
    found = _explained(key, signature, digests)
    if found is None:
        bench.fail(
            f"the signature of {len(signature)} bytes does not hold, and no known mistake explains it",
            f"{len(signature)} 字节的签名无效，且不属于已知错误",
        )
    told, numbers, mistakes = found
    if mistakes:
        bench.fail("; ".join(words.en for words in mistakes), "；".join(words.zh for words in mistakes))
    if told != form:
        _deviate_form(bench, told, form)
    return numbers


def _deviate_form(bench: P11Bench, found: str, form: str) -> None:
    bench.deviate(
        f"the signature is {FORM_WORDS[found].en}, not {FORM_WORDS[form].en}",
        f"签名为{FORM_WORDS[found].zh}，而非{FORM_WORDS[form].zh}",
        "the client reads both forms",
        "客户端两种形式都能读取",
    )


def _message_digests(key: SM2PublicKey, message: bytes) -> Iterator[tuple[bytes, Words]]:
    """Yield what a token that hashes may have signed instead of e; first e itself."""
    e = key.digest(message)
    yield e, Words("", "")
    yield (
        sm3.digest(message),
        Words("Z is left out: the plain hash of the message is signed", "未加 Z：签的是消息的普通杂凑"),
    )
    yield key.digest(message, user_id=b""), Words("Z is made of an empty ID", "Z 由空 ID 计算")
    yield sm3.digest(e), Words("the digest is hashed once more", "对摘要又做了一次杂凑")
    yield key.digest(sm3.digest(message)), Words("the message is hashed before Z is added", "先对消息杂凑再加 Z")


# ---- pairs ----------------------------------------------------------------------------------
@GROUP.check(
    1,
    "An SM2 pair is on the curve, its point in an OCTET STRING",
    "SM2 公钥在曲线上，点包在 OCTET STRING 中",
    clause=Clause(GBT_32918_1, "6.2", "A"),
    functions=("C_GenerateKeyPair", "C_GetAttributeValue"),
    severity=_RECOMMENDED,
    needs=_WRITE,
)
def pairs(bench: P11Bench) -> None:
    """Make two pairs: two points of the curve, with the private keys kept inside."""
    session = bench.user_session()
    first, second = SM2Pair(bench, session), SM2Pair(bench, session)
    bench.expect(first.key != second.key, "two pairs are the same", "两个密钥对相同")
    secret = bench.numbers.attributes.get("private", C.CKA_VALUE)
    for pair in (first, second):
        bench.expect(
            bench.value(session, pair.private, secret) is None,
            "the private key is given out",
            "私钥可以读出",
        )
    point = first.point
    if point is None:
        bench.observe("public key", "as coordinates")
    elif point[:2] != b"\x04\x41":
        bench.deviate(
            f"CKA_EC_POINT has {len(point)} bytes, without the OCTET STRING around the point",
            f"CKA_EC_POINT 为 {len(point)} 字节，点外没有 OCTET STRING",
            "the client takes both",
            "客户端两种都接受",
        )


# ---- signatures -----------------------------------------------------------------------------
@GROUP.check(
    2,
    "A signature over e holds",
    "对摘要 e 的签名有效",
    clause=_SIGNATURE,
    functions=("C_SignInit", "C_Sign"),
    severity=_RECOMMENDED,
    needs=_WRITE,
)
def sign_digest(bench: P11Bench) -> None:
    """Sign eight digests, also one of zeros: each signature holds in software, and none has the nonce of another."""
    session, (form, number) = bench.user_session(), _signer(bench)
    pair = SM2Pair(bench, session)
    digests = [bytes(32), *(pair.key.digest(_MESSAGE + bytes([i])) for i in range(7))]
    signed = []
    for e in digests:
        signature = session.sign(Mechanism(number), pair.private, e)
        signed.append((e, _judge(bench, pair.key, signature, form, digests_signed(pair.key, e))))
    bench.expect(
        not random_number_repeats(signed),
        "two signatures have one nonce: the private key can be computed from them",
        "两个签名使用了相同的随机数：可由此算出私钥",
    )


@GROUP.check(
    3,
    "A signature over a message is over Z and the message",
    "对消息的签名包含 Z",
    clause=Clause(GBT_32918_2, "5.5, 6.1", "A"),
    functions=("C_SignInit", "C_Sign", "C_SignUpdate", "C_SignFinal"),
    severity=_RECOMMENDED,
    needs=_WRITE,
)
def sign_message(bench: P11Bench) -> None:
    """Sign a message by each mechanism that hashes, without a parameter: with Z of the ID 1234567812345678."""
    session = bench.user_session()
    names = {"sm2-sm3-sign": "raw", "sm2-sm3-sign-der": "DER"}
    listed = {name: form for name, form in names.items() if name in bench.numbers.mechanisms}
    if not listed:
        bench.number("sm2-sm3-sign")
    pair = SM2Pair(bench, session)
    for name, form in listed.items():
        signature = session.sign(Mechanism(bench.number(name)), pair.private, _MESSAGE)
        _judge(bench, pair.key, signature, form, _message_digests(pair.key, _MESSAGE))
    bench.observe("mechanisms", " ".join(listed))


@GROUP.check(
    4,
    "Whether the parameter of a signature is the ID of the signer",
    "签名机制参数是否为签名者 ID",
    clause=Clause(GBT_32918_2, "5.5", "D"),
    functions=("C_SignInit", "C_Sign"),
    severity=Severity.INFORMATION,
    needs=_WRITE,
)
def user_ids(bench: P11Bench) -> None:
    """Sign with the parameter ALICE: no standard says what it means; which ID the signature has is told."""
    session, number = bench.user_session(), bench.number("sm2-sm3-sign")
    pair = SM2Pair(bench, session)
    try:
        signature = session.sign(Mechanism(number, b"ALICE"), pair.private, _MESSAGE)
    except GmpkiError:
        bench.observe("ID", "the parameter is refused")
        return
    for name, identity in (("of the parameter", b"ALICE"), ("1234567812345678", None)):
        e = pair.key.digest(_MESSAGE, user_id=identity)
        if any(holds(pair.key, e, numbers) for _, numbers in readings(signature)):
            bench.observe("ID", name)
            return
    bench.fail("the signature holds with neither ID", "签名与两种 ID 均不符")


@GROUP.check(
    5,
    "The token verifies signatures of software, and refuses wrong ones",
    "令牌能验证软件的签名并拒绝错误签名",
    clause=Clause(GBT_32918_2, "7.1", "A"),
    functions=("C_CreateObject", "C_VerifyInit", "C_Verify"),
    severity=_RECOMMENDED,
    needs=_WRITE,
)
def verify(bench: P11Bench) -> None:
    """Bring a public key in and verify: a right signature, r and s swapped, a bit changed, another digest, zeros."""
    session, (form, number) = bench.user_session(), _signer(bench)
    key = SM2PrivateKey.generate()
    handle = _public_object(bench, session, key.public_key)
    e = key.public_key.digest(_MESSAGE)
    good = _encoded(key, e, form)
    wrong = ("CKR_SIGNATURE_INVALID", "CKR_SIGNATURE_LEN_RANGE")
    cases = [
        (e, good, (bench.OK,), "the signature is right", "签名正确"),
        (sm3.digest(e), good, wrong, "it is of another digest", "摘要不同"),
        (e, good[:-1] + bytes((good[-1] ^ 1,)), wrong, "a bit is wrong", "有一比特错误"),
        (e, good[:-1], wrong, "a byte is missing", "缺少一字节"),
    ]
    if form == "raw":
        cases += [
            (e, swapped(good), wrong, "r and s are swapped", "r 与 s 互换"),
            (e, bytes(64), wrong, "r and s are zero", "r、s 为零"),
        ]
    for digest, signature, allowed, en, zh in cases:
        bench.demand("C_VerifyInit", session.handle, bench.mechanism(number), handle)
        given = (bench.data(digest), len(digest), bench.data(signature), len(signature))
        bench.accepts(allowed, en, zh, "C_Verify", session.handle, *given)


def _encoded(key: SM2PrivateKey, e: bytes, form: str) -> bytes:
    from gmpki.algorithms.sm2 import SignatureEncoding

    return key.sign_digest(e, encoding=SignatureEncoding.DER if form == "DER" else SignatureEncoding.RAW)


def _public_object(bench: P11Bench, session: OpenSession, key: SM2PublicKey) -> int:
    """Bring a public key into the token as an object of the session."""
    attributes: dict[int, AttributeValue] = {
        C.CKA_CLASS: C.CKO_PUBLIC_KEY,
        C.CKA_KEY_TYPE: bench.numbers.key_types.get("sm2", C.CKK_EC),
        C.CKA_TOKEN: False,
        C.CKA_LABEL: bench.shared.new_name(),
        C.CKA_VERIFY: True,
        C.CKA_ENCRYPT: True,
        **sm2_point_attributes(key.to_bytes(), bench.numbers),
    }
    with bench.scene():
        return session.create_object(attributes)


# ---- encryption -----------------------------------------------------------------------------
_CIPHERTEXTS: Final = {"sm2-encrypt": CiphertextFormat.C1C3C2, "sm2-encrypt-der": CiphertextFormat.DER}


def _listed_ciphertexts(bench: P11Bench) -> dict[int, CiphertextFormat]:
    found = {
        bench.numbers.mechanisms[name]: form for name, form in _CIPHERTEXTS.items() if name in bench.numbers.mechanisms
    }
    if not found:
        bench.number("sm2-encrypt")
    return found


@GROUP.check(
    6,
    "Software decrypts what the token has encrypted",
    "软件能解密令牌加密的数据",
    clause=_ENCRYPTION,
    functions=("C_CreateObject", "C_EncryptInit", "C_Encrypt"),
    severity=_RECOMMENDED,
    needs=_WRITE,
)
def encrypt(bench: P11Bench) -> None:
    """Bring a public key in and encrypt 1, 16 and 100 bytes by each form that is listed; tell which form comes out."""
    session, key = bench.user_session(), SM2PrivateKey.generate()
    mechanisms = _listed_ciphertexts(bench)
    handle = _public_object(bench, session, key.public_key)
    for number, expected in mechanisms.items():
        for length in (1, 16, 100):
            message = bytes(range(1, length + 1))
            ciphertext = session.encrypt(Mechanism(number), handle, message)
            form = ciphertext_form(key, ciphertext, message)
            if form is None:
                bench.fail(
                    f"no form of SM2 gives the {length} bytes back: a wrong KDF, or C3 over something else",
                    f"任何 SM2 密文形式都不能还原 {length} 字节：KDF 错误或 C3 计算对象错误",
                )
            if form is not expected:
                bench.deviate(
                    f"the ciphertext is {form.name}, not {expected.name}",
                    f"密文为 {form.name}，应为 {expected.name}",
                    "the client reads every form",
                    "客户端能读取各种形式",
                )


@GROUP.check(
    7,
    "The token decrypts what software has encrypted, and refuses what was changed",
    "令牌能解密软件加密的数据并拒绝被改动的密文",
    clause=_ENCRYPTION,
    functions=("C_DecryptInit", "C_Decrypt"),
    severity=_RECOMMENDED,
    needs=_WRITE,
)
def decrypt(bench: P11Bench) -> None:
    """Decrypt 1, 16 and 100 bytes in each form that is listed; then with a bit of C2 and one of C3 changed."""
    session = bench.user_session()
    mechanisms = _listed_ciphertexts(bench)
    pair = SM2Pair(bench, session)
    for number, form in mechanisms.items():
        for length in (1, 16, 100):
            message = bytes(range(1, length + 1))
            ciphertext = pair.key.encrypt(message, fmt=form)
            found = session.decrypt(Mechanism(number), pair.private, ciphertext)
            bench.expect(found == message, f"{form.name}: another message comes out", f"{form.name}：解密结果不同")
        for place in (-1, -101):
            changed = bytearray(ciphertext)
            changed[place] ^= 1
            room, size = bench.buffer(256), bench.ulong(256)
            bench.demand("C_DecryptInit", session.handle, bench.mechanism(number), pair.private)
            given = (session.handle, bench.data(bytes(changed)), len(changed), room.pointer, size)
            bench.refuses(
                f"{form.name}: a changed ciphertext is decrypted, C3 is not looked at",
                f"{form.name}：被改动的密文仍被解密，未校验 C3",
                "C_Decrypt",
                *given,
            )


# ---- exchange and enveloped keys ------------------------------------------------------------
class _Place:
    """Where the private key of a pair is: what the client's key exchange asks for."""

    def __init__(self, session: OpenSession, numbers: MechanismMap, handle: int) -> None:
        self.session = session
        self.numbers = numbers
        self.place = "the pair of this check"
        self._handle = handle

    def private_key(self) -> int:
        return self._handle


@GROUP.check(
    8,
    "The key exchange gives the key that software gets",
    "密钥交换结果与软件一致",
    clause=Clause(GBT_32918_3, "6.1", "A"),
    functions=("C_DeriveKey", "C_GenerateKeyPair"),
    severity=_RECOMMENDED,
    needs=_WRITE,
)
def key_exchange(bench: P11Bench) -> None:
    """Agree on 16 and 48 bytes with software, as either side, with different IDs."""
    from gmpki.tokens.pkcs11.keys import TokenKeyExchange

    bench.number("sm2-exchange")
    session, peer = bench.user_session(), SM2PrivateKey.generate()
    pair = SM2Pair(bench, session, {C.CKA_DERIVE: True})
    where = _Place(session, bench.numbers, pair.private)
    for role, other, length in ((Role.INITIATOR, Role.RESPONDER, 16), (Role.RESPONDER, Role.INITIATOR, 48)):
        inside = TokenKeyExchange(where, role, b"ALICE")
        outside = peer.exchange(other, user_id=b"BOB")
        ours = inside.agree(peer.public_key.to_bytes(), outside.ephemeral, length, peer_user_id=b"BOB")
        theirs = outside.agree(pair.key.to_bytes(), inside.ephemeral, length, peer_user_id=b"ALICE")
        bench.expect(
            ours.key == theirs.key,
            f"as {role.name} the token gets another key",
            f"作为 {role.name} 时令牌得到的密钥不同",
        )


@GROUP.check(
    9,
    "An encryption pair comes in enveloped, and works",
    "加密密钥对可经数字信封导入并可用",
    clause=Clause(GBT_35276, "", "A"),
    functions=("C_UnwrapKey", "C_DecryptInit", "C_Decrypt"),
    severity=_RECOMMENDED,
    needs=_WRITE,
)
def enveloped_key(bench: P11Bench) -> None:
    """Unwrap the DER of SM2EnvelopedKey by a signing pair, decrypt with the key; one for another key is refused."""
    number = bench.number("sm2-enveloped-key")
    session, key = bench.user_session(), SM2PrivateKey.generate()
    pair = SM2Pair(bench, session, {C.CKA_UNWRAP: True})
    template: dict[int, AttributeValue] = {
        C.CKA_CLASS: C.CKO_PRIVATE_KEY,
        C.CKA_KEY_TYPE: bench.numbers.key_types.get("sm2", C.CKK_EC),
        C.CKA_TOKEN: True,
        C.CKA_PRIVATE: True,
        C.CKA_LABEL: bench.token_name(),
        C.CKA_DECRYPT: True,
    }
    handle = session.unwrap_key(Mechanism(number), pair.private, KeyEnvelope.seal(key, pair.key).to_der(), template)
    values = session.attributes(handle, *public_key_attributes(bench.numbers))
    info = public_key_info(values, bench.numbers)
    bench.expect(
        info is None or info.subject_public_key == key.public_key.to_bytes(),
        "the token shows another public key than that of the envelope",
        "令牌显示的公钥与信封中的不同",
    )
    number_of, form = next(iter(_listed_ciphertexts(bench).items()))
    found = session.decrypt(Mechanism(number_of), handle, key.public_key.encrypt(b"secret", fmt=form))
    bench.expect(found == b"secret", "the imported key is another one", "导入的密钥不正确")
    stranger = SM2PrivateKey.generate().public_key
    other = KeyEnvelope.seal(SM2PrivateKey.generate(), stranger).to_der()
    array = bench.template({**template, C.CKA_LABEL: bench.token_name()})
    arguments = (session.handle, bench.mechanism(number), pair.private, bench.data(other), len(other))
    bench.refuses(
        "an envelope for another key is taken",
        "为他人密钥制作的信封被接受",
        "C_UnwrapKey",
        *arguments,
        array.array,
        array.count,
        bench.ulong(),
    )
