"""SM2 of a card against our own: signatures both ways, encryption (GB/T 32918, by the commands of GM/T 0017-2012)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.algorithms import sm3
from gmpki.algorithms.sm2 import CiphertextFormat, PointFormat, SignatureEncoding
from gmpki.conformance.clauses import GBT_32918_2, GBT_32918_4, GMT_0016, GMT_0017
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.pcsc.recorded import word_name
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.sm2_mistakes import digests_signed, holds, random_number_repeats, swapped
from gmpki.errors import DecryptionError
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.tokens.pcsc import status_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.conformance.pcsc.bench import PCSCBench
    from gmpki.keys.sm2 import SM2PublicKey
    from gmpki.tokens.pcsc.container import PCSCContainer

__all__ = ["GROUP"]

_SIGN: Final = Clause(GBT_32918_2, "6.1", "B")
_VERIFY: Final = Clause(GBT_32918_2, "7.1", "B")
_ENCRYPT: Final = Clause(GBT_32918_4, "6.1", "B")
_WRITE: Final = (Permission.WRITE,)
_DIGEST_INPUT: Final = 2  # P1 of ECCSignData: what comes is e
_NUMBER_LEN: Final = 32
_SIGNATURE_LEN: Final = 64
_MESSAGE: Final = b"gmpki conformance: what is signed"
_SIGNATURES: Final = 32
_LOGIN: Final = (0x6982, 0x6985)

GROUP: Final = Group(Kind.PCSC, "signatures", "SIGN", Words("SM2 signatures and encryption", "SM2 签名与加密"))


# ---- fixtures ----------------------------------------------------------------------------
def _signed(bench: PCSCBench, container: PCSCContainer, digest: bytes) -> bytes:
    """Return r || s of a digest: the last 64 bytes of the answer; what stands before them is not known for sure."""
    answer = bench.call("ECCSignData", bench.numbers_of(container) + digest, p1=_DIGEST_INPUT, le=4 + _SIGNATURE_LEN)
    bench.expect(
        len(answer) in (_SIGNATURE_LEN, 4 + _SIGNATURE_LEN),
        f"the signature has {len(answer)} bytes",
        f"签名响应为 {len(answer)} 字节",
    )
    return answer[-_SIGNATURE_LEN:]


def _readings(signature: bytes) -> Iterator[tuple[bytes, Words]]:
    """Yield a signature as it is, and as cards are known to bend it."""
    r, s = signature[:_NUMBER_LEN], signature[_NUMBER_LEN:]
    yield signature, Words("", "")
    yield swapped(signature), Words("r and s are swapped", "r 与 s 互换")
    yield r[::-1] + s[::-1], Words("r and s are little-endian", "r 与 s 为小端序")


def _expect_signature(bench: PCSCBench, key: SM2PublicKey, e: bytes, signature: bytes) -> None:
    """Fail unless a signature holds, and name the mistake."""
    for reading, form in _readings(signature):
        for digest, what in digests_signed(key, e):
            if holds(key, digest, reading):
                found = [words for words in (form, what) if words.en]
                en, zh = "; ".join(one.en for one in found), "；".join(one.zh for one in found)
                bench.expect(not found, f"the signature does not hold: {en}", f"签名验证不通过：{zh}")
                return
    bench.fail("the signature does not hold, and no known mistake explains it", "签名验证不通过，原因不明")


def _by_software(key: SM2PrivateKey, digest: bytes) -> bytes:
    return key.sign_digest(digest, encoding=SignatureEncoding.RAW)


def _verified(bench: PCSCBench, key: SM2PublicKey, e: bytes, signature: bytes) -> int:
    """Return the word by which ECCVerify answers."""
    status, _ = bench.exchange("ECCVerify", key.to_bytes(PointFormat.BARE) + e + signature)
    if status in (0x6D00, 0x6E00):
        bench.unsupported(f"ECCVerify is answered with {word_name(status)}", f"ECCVerify 返回 {word_name(status)}")
    return status


# ---- signing -----------------------------------------------------------------------------
@GROUP.check(
    1,
    "A signature of the card is verified by software over e = SM3(Z || M)",
    "软件可验证卡片对 e = SM3(Z‖M) 的签名",
    clause=_SIGN,
    functions=("ECCSignData",),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def signature_holds(bench: PCSCBench) -> None:
    """Sign a digest in the card, and verify it outside."""
    container, key = bench.signing_container()
    e = key.digest(_MESSAGE)
    _expect_signature(bench, key, e, _signed(bench, container, e))


@GROUP.check(
    2,
    "Signatures hold each time, with new random numbers",
    "多次签名均有效且使用新的随机数",
    clause=_SIGN,
    functions=("ECCSignData",),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def many_signatures(bench: PCSCBench) -> None:
    """Sign 32 digests, verify all, and look for two from one random number: they would give the key away."""
    container, key = bench.signing_container()
    made = []
    for at in range(_SIGNATURES):
        e = sm3.digest(bytes((at,)))
        made.append((e, _signed(bench, container, e)))
        _expect_signature(bench, key, *made[-1])
    bench.expect(
        not random_number_repeats(made),
        "two digests are signed with the same random number: the private key can be computed",
        "两个不同摘要的签名使用了相同随机数：可由此推算私钥",
    )


@GROUP.check(
    3,
    "Nobody signs without login",
    "未登录不能签名",
    clause=Clause(GMT_0016, "7.6.10", "B"),
    functions=("ECCSignData", "ClearSecureState"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def signing_needs_login(bench: PCSCBench) -> None:
    """Make a pair, log out, and sign."""
    container, _key = bench.signing_container()
    bench.logout()
    data = bench.numbers_of(container) + bytes(range(_NUMBER_LEN))
    status = bench.refuses("it signs for whoever asks", "未登录也可签名", "ECCSignData", data, p1=_DIGEST_INPUT, le=68)
    bench.expect_word(status, _LOGIN, "signing without login")


@GROUP.check(
    4,
    "Without a signing pair nothing is signed",
    "没有签名密钥对时不能签名",
    clause=Clause(GMT_0016, "7.6.10", "B"),
    functions=("ECCSignData",),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def signing_needs_key(bench: PCSCBench) -> None:
    """Sign in an empty container."""
    data = bench.numbers_of(bench.new_container()) + bytes(range(_NUMBER_LEN))
    bench.refuses("an empty container signs", "空容器可以签名", "ECCSignData", data, p1=_DIGEST_INPUT, le=68)


@GROUP.check(
    5,
    "What happens to digests of other lengths than 32 bytes",
    "签名输入长度不为 32 字节时的行为",
    clause=Clause(GMT_0017, "9", "C"),
    functions=("ECCSignData",),
    severity=Severity.INFORMATION,
    needs=_WRITE,
)
def other_lengths(bench: PCSCBench) -> None:
    """Sign 0, 31, 33 and 64 bytes, and tell the answers."""
    container, _key = bench.signing_container()
    for length in (0, 31, 33, 64):
        data = bench.numbers_of(container) + bytes(range(length))
        status, _ = bench.exchange("ECCSignData", data, p1=_DIGEST_INPUT, le=68)
        bench.observe(f"{length} bytes", word_name(status))


@GROUP.check(
    6,
    "The card signs with the signing key, also beside an encryption pair",
    "导入加密密钥对后仍以签名密钥签名",
    clause=Clause(GMT_0016, "5.2", "B"),
    functions=("ECCSignData", "ImportECCKeyPair"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def signing_key_signs(bench: PCSCBench) -> None:
    """Import an encryption pair, sign, and verify with both public keys."""
    dual = bench.dual_container()
    e = dual.signing_key.digest(_MESSAGE)
    signature = _signed(bench, dual.container, e)
    wrong = holds(dual.encryption_key.public_key, e, signature)
    bench.expect(not wrong, "it signs with the encryption key", "误用加密密钥签名")
    _expect_signature(bench, dual.signing_key, e, signature)


# ---- verifying ---------------------------------------------------------------------------
@GROUP.check(
    7,
    "The card verifies signatures of software",
    "卡片可验证软件产生的签名",
    clause=_VERIFY,
    functions=("ECCVerify",),
    severity=Severity.RECOMMENDED,
)
def verifies(bench: PCSCBench) -> None:
    """Sign four digests here, and give them to ECCVerify."""
    key = SM2PrivateKey.generate()
    for at in range(4):
        e = key.public_key.digest(bytes((at,)))
        status = _verified(bench, key.public_key, e, _by_software(key, e))
        if status == status_words.OK:
            continue
        hashed = _verified(bench, key.public_key, e, _by_software(key, sm3.digest(e)))
        bench.expect(hashed != status_words.OK, "the digest is hashed once more", "对摘要又做了一次杂凑")
        bench.fail(f"a right signature is answered with {word_name(status)}", f"正确的签名返回 {word_name(status)}")


@GROUP.check(
    8,
    "The card refuses signatures that do not hold",
    "卡片拒绝无效的签名",
    clause=_VERIFY,
    functions=("ECCVerify",),
    severity=Severity.RECOMMENDED,
)
def refuses_wrong(bench: PCSCBench) -> None:
    """Change a bit of r, of s, of the digest; swap r and s; take another key; take zeros for either number."""
    key, stranger = SM2PrivateKey.generate(), SM2PrivateKey.generate().public_key
    e = key.public_key.digest(_MESSAGE)
    right = _by_software(key, e)
    if _verified(bench, key.public_key, e, right) != status_words.OK:
        bench.not_run("the card does not take a signature that holds", "卡片不接受有效的签名")
    zeros, last = bytes(_NUMBER_LEN), right[:-1] + bytes((right[-1] ^ 1,))
    first = bytes((right[0] ^ 1,)) + right[1:]
    cases = (
        (key.public_key, e, first, Words("with a wrong bit in r", "r 有错误比特")),
        (key.public_key, e, last, Words("with a wrong bit in s", "s 有错误比特")),
        (key.public_key, sm3.digest(e), right, Words("of another digest", "其他摘要")),
        (key.public_key, e, swapped(right), Words("with r and s swapped", "r 与 s 互换")),
        (stranger, e, right, Words("of another key", "其他密钥")),
        (key.public_key, e, zeros + right[_NUMBER_LEN:], Words("with r = 0", "r 为零")),
        (key.public_key, e, right[:_NUMBER_LEN] + zeros, Words("with s = 0", "s 为零")),
    )
    for public_key, digest, signature, words in cases:
        status = _verified(bench, public_key, digest, signature)
        bench.observe("ECCVerify", word_name(status))
        bench.expect(status != status_words.OK, f"a signature {words.en} holds", f"接受了无效签名：{words.zh}")


# ---- encryption --------------------------------------------------------------------------
@GROUP.check(
    9,
    "What the card encrypts is decrypted by software",
    "软件可解密卡片加密的数据",
    clause=_ENCRYPT,
    functions=("ExtECCEncrypt",),
    severity=Severity.RECOMMENDED,
)
def encrypts(bench: PCSCBench) -> None:
    """Encrypt 1, 16, 32 and 96 bytes to a key that was made here, and decrypt them here."""
    key = SM2PrivateKey.generate()
    for length in (1, 16, 32, 96):
        message = bytes(at + 1 for at in range(length))
        found = bench.call("ExtECCEncrypt", key.public_key.to_bytes(PointFormat.BARE) + message, le=-1)
        if _decrypted(key, found, CiphertextFormat.C1C3C2_BARE) == message:
            continue
        old = _decrypted(key, found, CiphertextFormat.C1C2C3_BARE) == message
        bench.expect(not old, "C2 and C3 stand in the order C1 C2 C3 of 2010", "采用了 2010 年的 C1C2C3 次序")
        bench.fail(f"{length} bytes cannot be decrypted", f"{length} 字节的密文无法解密")


def _decrypted(key: SM2PrivateKey, ciphertext: bytes, form: CiphertextFormat) -> bytes | None:
    try:
        return key.decrypt(ciphertext, formats=form)
    except DecryptionError:
        return None
