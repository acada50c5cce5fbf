"""Checks of SM3 and SM4 by the numbers that the token's maker has given them, against our own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gmpki.algorithms import sm3, sm4
from gmpki.conformance.clauses import GBT_15852_1, GBT_17964, GBT_32905, GBT_32907, PKCS11
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.pkcs11.mechanisms import in_parts
from gmpki.conformance.registry import Group
from gmpki.tokens.pkcs11.attributes import Mechanism

if TYPE_CHECKING:
    from gmpki.conformance.pkcs11.bench import OpenSession, P11Bench

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.PKCS11, "sm", "SM", Words("SM3 and SM4", "SM3 与 SM4"))

_SM3: Final = Clause(GBT_32905, "", "A")
_SM4: Final = Clause(GBT_32907, "", "A")
_MODES: Final = Clause(GBT_17964, "", "B")
_WRITE: Final = (Permission.WRITE,)
_MESSAGE: Final = bytes(i * 11 % 256 for i in range(320))
_IV: Final = bytes(range(0x50, 0x60))
# GB/T 32905-2016 annex A: two messages and their digests.
_EXAMPLES: Final = (
    (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
    (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
)
# GB/T 32907-2016 annex A, example 1: the key is the plaintext.
_KEY: Final = bytes.fromhex("0123456789abcdeffedcba9876543210")
_BLOCK: Final = bytes.fromhex("681edf34d206965e86b3e94f536e4246")
_NAMES: Final = {
    "sm4-ecb": sm4.Mode.ECB,
    "sm4-ecb-pad": sm4.Mode.ECB,
    "sm4-cbc": sm4.Mode.CBC,
    "sm4-cbc-pad": sm4.Mode.CBC,
    "sm4-cfb": sm4.Mode.CFB128,
    "sm4-ofb": sm4.Mode.OFB,
    "sm4-ctr": sm4.Mode.CTR,
}


@GROUP.check(
    1,
    "SM3 gives the digests of the standard",
    "SM3 结果与标准示例一致",
    clause=_SM3,
    functions=("C_DigestInit", "C_Digest"),
    severity=Severity.RECOMMENDED,
)
def sm3_examples(bench: P11Bench) -> None:
    """Digest the two examples of annex A, and messages of 0 to 320 bytes around the ends of blocks."""
    session, mechanism = bench.session(), Mechanism(bench.number("sm3"))
    for message, expected in _EXAMPLES:
        found = session.digest(mechanism, message)
        bench.expect(
            found == bytes.fromhex(expected),
            f"the digest of {len(message)} bytes is not that of annex A",
            f"{len(message)} 字节的摘要与附录 A 不符",
        )
    for length in (0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 320):
        found = session.digest(mechanism, _MESSAGE[:length])
        words = (f"the digest of {length} bytes is wrong", f"{length} 字节的摘要错误")
        bench.expect(found == sm3.digest(_MESSAGE[:length]), *words)


@GROUP.check(
    2,
    "HMAC with SM3 is right, and a wrong one is refused",
    "SM3 的 HMAC 正确，错误的被拒绝",
    clause=_SM3,
    functions=("C_SignInit", "C_Sign", "C_VerifyInit", "C_Verify"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def sm3_hmac(bench: P11Bench) -> None:
    """Make HMACs by keys of 16 and 80 bytes; verify one, and one with a bit changed."""
    from gmpki.tokens.pkcs11.header import C

    number = bench.number("sm3-hmac")
    session = bench.user_session()
    for key in (bytes(range(16)), bytes(range(80))):
        handle = bench.key(session, C.CKK_GENERIC_SECRET, key)
        expected = sm3.hmac(key, _MESSAGE)
        found = session.sign(Mechanism(number), handle, _MESSAGE)
        words = (f"wrong with a key of {len(key)} bytes", f"密钥为 {len(key)} 字节时错误")
        bench.expect(found == expected, *words)
    changed = bytes((expected[0] ^ 1,)) + expected[1:]
    for mac, answer, en, zh in (
        (expected, bench.OK, "it is right", "HMAC 正确"),
        (changed, "CKR_SIGNATURE_INVALID", "a bit is wrong", "有一比特错误"),
    ):
        bench.demand("C_VerifyInit", session.handle, bench.mechanism(number), handle)
        given = (bench.data(_MESSAGE), len(_MESSAGE), bench.data(mac), len(mac))
        bench.accepts((answer,), en, zh, "C_Verify", session.handle, *given)


@GROUP.check(
    3,
    "SM4 gives the block of the standard",
    "SM4 结果与标准示例一致",
    clause=_SM4,
    functions=("C_EncryptInit", "C_Encrypt", "C_DecryptInit", "C_Decrypt"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def sm4_example(bench: P11Bench) -> None:
    """Encrypt and decrypt the block of annex A, example 1."""
    session, mechanism = bench.user_session(), Mechanism(bench.number("sm4-ecb"))
    key = _sm4_key(bench, session)
    found = session.encrypt(mechanism, key, _KEY)
    if found == _BLOCK[::-1]:
        bench.fail("the bytes of the block are reversed", "分组字节序颠倒")
    bench.expect(found == _BLOCK, "the block is not that of annex A", "密文分组与附录 A 不符")
    bench.expect(session.decrypt(mechanism, key, _BLOCK) == _KEY, "it does not decrypt to it", "解密结果不符")


def _sm4_key(bench: P11Bench, session: OpenSession) -> int:
    kind = bench.numbers.key_types.get("sm4")
    if kind is None:
        bench.unsupported("the map has no type for SM4 keys", "映射表没有 SM4 密钥类型")
    return bench.key(session, kind, _KEY)


def _listed_modes(bench: P11Bench) -> list[tuple[str, Mechanism, bytes, bytes]]:
    """Return of each mode that is listed its name, mechanism, a message and the ciphertext in software."""
    found = []
    for name, mode in _NAMES.items():
        number = bench.numbers.mechanisms.get(name)
        if number is None:
            continue
        message = _MESSAGE[:165] if name.endswith("-pad") or mode > sm4.Mode.CBC else _MESSAGE[:160]
        padding = sm4.Padding.PKCS7 if name.endswith("-pad") else sm4.Padding.NONE
        iv = None if mode is sm4.Mode.ECB else _IV
        expected = sm4.encrypt(_KEY, message, mode=mode, iv=iv, padding=padding)
        found.append((name, Mechanism(number, iv), message, expected))
    if not found:
        bench.unsupported("the token lists no mode of SM4", "令牌未列出 SM4 模式")
    return found


@GROUP.check(
    4,
    "Each mode of SM4 is right both ways",
    "SM4 各模式双向正确",
    clause=_MODES,
    functions=("C_EncryptInit", "C_Encrypt", "C_DecryptInit", "C_Decrypt"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def sm4_modes(bench: P11Bench) -> None:
    """Encrypt 160 bytes, or 165 where the mode takes them, by each listed mode; decrypt what software encrypted."""
    session = bench.user_session()
    key = _sm4_key(bench, session)
    for name, mechanism, message, expected in _listed_modes(bench):
        found = session.encrypt(mechanism, key, message)
        if found != expected:
            bench.fail(f"{name}: {_mode_mistake(found, message)}", f"{name}：密文错误")
        words = (f"{name}: another message comes out", f"{name}：解密结果不同")
        bench.expect(session.decrypt(mechanism, key, expected) == message, *words)
    bench.observe("modes", " ".join(name for name, *_ in _listed_modes(bench)))


def _mode_mistake(found: bytes, message: bytes) -> str:
    """Name the mistake in a ciphertext, where it can be told apart."""
    whole = message[: len(message) // 16 * 16]
    if found[: len(whole)] == sm4.encrypt(_KEY, whole, mode=sm4.Mode.ECB, padding=sm4.Padding.NONE):
        return "the blocks are not chained: it is ECB"
    if found[:16] == sm4.encrypt(_KEY, message[:16], mode=sm4.Mode.CBC, iv=bytes(16), padding=sm4.Padding.NONE):
        return "the initial vector is ignored"
    return "wrong ciphertext"


@GROUP.check(
    5,
    "SM4 in parts is as in one call",
    "SM4 分段与整体结果一致",
    clause=Clause(PKCS11, "5.8, 5.9", "B"),
    functions=("C_EncryptUpdate", "C_EncryptFinal", "C_DecryptUpdate", "C_DecryptFinal"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def sm4_parts(bench: P11Bench) -> None:
    """Encrypt and decrypt by each mode in parts of 1, 15, 16, 33 bytes and the rest, then of 16 bytes each."""
    session = bench.user_session()
    key = _sm4_key(bench, session)
    for name, mechanism, message, expected in _listed_modes(bench):
        for function, source, target in (("Encrypt", message, expected), ("Decrypt", expected, message)):
            for lengths in ((1, 15, 16, 33), (16,) * 9):
                built: Any = mechanism.build(bench.ffi)
                bench.demand(f"C_{function}Init", session.handle, built.pointer, key)
                pieces = [
                    bench.output(f"C_{function}Update", session.handle, bench.data(part), len(part))
                    for part in in_parts(source, *lengths)
                ]
                pieces.append(bench.output(f"C_{function}Final", session.handle))
                words = (f"{name}: C_{function}Update gives another result", f"{name}：C_{function}Update 结果不同")
                bench.expect(b"".join(pieces) == target, *words)


@GROUP.check(
    6,
    "The MAC of SM4 is the last block of CBC",
    "SM4 MAC 为 CBC 的最后一个分组",
    clause=Clause(GBT_15852_1, "", "D"),
    functions=("C_SignInit", "C_Sign"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def sm4_macs(bench: P11Bench) -> None:
    """Make the MAC of 16 and of 160 bytes with an initial vector of zeros."""
    number = bench.number("sm4-mac")
    session = bench.user_session()
    key = _sm4_key(bench, session)
    for length in (16, 160):
        found = session.sign(Mechanism(number, bytes(16)), key, _MESSAGE[:length])
        whole = sm4.encrypt(_KEY, _MESSAGE[:length], mode=sm4.Mode.CBC, iv=bytes(16), padding=sm4.Padding.NONE)
        bench.expect(
            found in (whole[-16:], whole[-16:][:8], whole[-16:][:4]),
            f"the MAC of {length} bytes is wrong",
            f"{length} 字节的 MAC 错误",
        )
        bench.observe("bytes", len(found))
