"""When a session key encrypts and when it does not: begun, ended, with wrong parameters, beside another key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.cipher_calls import (
    CBC,
    ECB,
    ENCRYPT_PIECES,
    IV,
    PADDED_MODES,
    PKCS5,
    SM4_CLAIMED,
    Run,
    claimed,
    demand_claimed,
    passing_key,
    plaintext,
    software,
)
from gmpki.conformance.skf.known_keys import KEY, known_key
from gmpki.tokens.skf.structures import BlockCipherParam

if TYPE_CHECKING:
    from gmpki.conformance.skf.bench import SKFBench
    from gmpki.tokens.skf.structures import KeyHandle

__all__ = ["GROUP"]

_PARAMETERS: Final = Clause(GMT_0016, "6.4", "B")
_OTHER_KEY: Final = bytes(range(0xF0, 0xE0, -1))
_OTHER_IV: Final = bytes(range(0x70, 0x80))
_BLOCK: Final = 16
_UNKNOWN_PADDING: Final = 2
# What nobody computes but their makers' hardware, by their bits in AlgSymCap.
_SECRET_CIPHERS: Final = {"SM1": 0x100, "SSF33": 0x200}

GROUP: Final = Group(Kind.SKF, "cipher_states", "SYMS", Words("States of symmetric encryption", "对称运算的状态与参数"))


# ---- begun and ended ---------------------------------------------------------------------
@GROUP.check(
    1,
    "A new Init begins a new message",
    "重新初始化后开始新的消息",
    clause=Clause(GMT_0016, "7.6.19"),
    functions=("SKF_EncryptInit", "SKF_Encrypt"),
    precondition=SM4_CLAIMED,
)
def init_begins(bench: SKFBench) -> None:
    """Encrypt two messages under one key, the second with another IV: it does not hang on the first."""
    demand_claimed(bench, CBC)
    data = plaintext(3 * _BLOCK)
    with passing_key(bench, CBC) as key:
        first = Run(bench, key, CBC).begin().whole(data)
        found = Run(bench, key, CBC).begin(iv=_OTHER_IV).whole(data)
    bench.expect(found != software(CBC, data), "the second IV is ignored", "忽略了第二次给出的 IV")
    goes_on = found == software(CBC, data, iv=first[-_BLOCK:])
    bench.expect(not goes_on, "the first message goes on", "第二条消息沿用第一条消息的状态")
    bench.expect(found == software(CBC, data, iv=_OTHER_IV), "the second message comes out wrong", "第二条消息加密错误")


@GROUP.check(
    2,
    "A new Init drops a message that was not ended",
    "重新初始化丢弃未完成的消息",
    clause=Clause(GMT_0016, "7.6.19", "B"),
    functions=("SKF_EncryptInit", "SKF_EncryptUpdate", "SKF_Encrypt"),
    severity=Severity.RECOMMENDED,
    precondition=SM4_CLAIMED,
)
def init_resets(bench: SKFBench) -> None:
    """Begin a padded message, update with two blocks, begin anew without padding, and encrypt another."""
    demand_claimed(bench, CBC)
    data = plaintext(3 * _BLOCK)
    with passing_key(bench, CBC) as key:
        Run(bench, key, CBC).begin(padding=PKCS5).update(plaintext(2 * _BLOCK))
        found = Run(bench, key, CBC).begin(iv=_OTHER_IV).whole(data)
    bench.expect(
        found == software(CBC, data, iv=_OTHER_IV), "what was begun before goes on", "先前未完成的运算仍在继续"
    )


def _expect_not_begun(bench: SKFBench, *, decrypting: bool) -> None:
    demand_claimed(bench, ECB)
    with passing_key(bench, ECB) as key:
        run = Run(bench, key, ECB, decrypting=decrypting)
        for step, data in (("", plaintext(_BLOCK)), ("Update", plaintext(_BLOCK)), ("Final", None)):
            function = f"SKF_{run.verb}{step}"
            answer, _out = run.answer(step, data)
            bench.observe(function, answer)
            # Final of nothing may well be nothing.
            if step != "Final":
                bench.expect(answer != "SAR_OK", f"{function} works without Init", f"未初始化时 {function} 仍执行")


@GROUP.check(
    3,
    "Nothing is encrypted before SKF_EncryptInit",
    "未调用 SKF_EncryptInit 时拒绝加密",
    clause=Clause(GMT_0016, "7.6.20", "B"),
    functions=("SKF_Encrypt", "SKF_EncryptUpdate", "SKF_EncryptFinal"),
    precondition=SM4_CLAIMED,
)
def encrypt_without_init(bench: SKFBench) -> None:
    """Encrypt a block with a new session key: SAR_NOTINITIALIZEERR or another refusal."""
    _expect_not_begun(bench, decrypting=False)


@GROUP.check(
    4,
    "Nothing is decrypted before SKF_DecryptInit",
    "未调用 SKF_DecryptInit 时拒绝解密",
    clause=Clause(GMT_0016, "7.6.24", "B"),
    functions=("SKF_Decrypt", "SKF_DecryptUpdate", "SKF_DecryptFinal"),
    precondition=SM4_CLAIMED,
)
def decrypt_without_init(bench: SKFBench) -> None:
    """Decrypt a block with a new session key: SAR_NOTINITIALIZEERR or another refusal."""
    _expect_not_begun(bench, decrypting=True)


@GROUP.check(
    5,
    "After Final a message needs another Init",
    "Final 之后须重新初始化",
    clause=Clause(GMT_0016, "7.6.22", "B"),
    functions=ENCRYPT_PIECES,
    severity=Severity.RECOMMENDED,
    precondition=SM4_CLAIMED,
)
def after_final(bench: SKFBench) -> None:
    """Encrypt a message to its end, and update once more."""
    demand_claimed(bench, CBC)
    with passing_key(bench, CBC) as key:
        run = Run(bench, key, CBC).begin()
        run.pieces(plaintext(2 * _BLOCK), ())
        answer, out = run.answer("Update", plaintext(_BLOCK))
    bench.observe("SKF_EncryptUpdate", answer)
    if answer == "SAR_OK":
        again = out == software(CBC, plaintext(_BLOCK))
        en, zh = ("with the same IV", "，重复使用同一 IV") if again else ("", "")
        bench.fail(f"a second message is encrypted without Init {en}".rstrip(), f"未重新初始化即可加密第二条消息{zh}")


@GROUP.check(
    6,
    "Whether one key encrypts and decrypts at once",
    "同一密钥能否同时加密与解密",
    clause=Clause(GMT_0016, "7.6.19", "B"),
    functions=(*ENCRYPT_PIECES, "SKF_DecryptInit", "SKF_DecryptUpdate", "SKF_DecryptFinal"),
    severity=Severity.INFORMATION,
    precondition=SM4_CLAIMED,
)
def both_at_once(bench: SKFBench) -> None:
    """Encrypt and decrypt a message by turns under one key, and tell whether both come out right."""
    demand_claimed(bench, CBC)
    data = plaintext(2 * _BLOCK)
    other = software(CBC, data)
    with passing_key(bench, CBC) as key:
        there = Run(bench, key, CBC).begin()
        back = Run(bench, key, CBC, decrypting=True).begin()
        found = {there: b"", back: b""}
        for at in range(0, len(data), _BLOCK):
            found[there] += there.answer("Update", data[at : at + _BLOCK])[1]
            found[back] += back.answer("Update", other[at : at + _BLOCK])[1]
        for run in found:
            found[run] += run.answer("Final")[1]
    right = (found[there], found[back]) == (other, data)
    bench.observe("encrypts and decrypts at once", "yes" if right else "no")


# ---- parameters --------------------------------------------------------------------------
@GROUP.check(
    7,
    "An IV that is no block is refused",
    "IV 长度不等于分组长度时被拒绝",
    clause=_PARAMETERS,
    functions=("SKF_EncryptInit",),
    severity=Severity.RECOMMENDED,
    precondition=SM4_CLAIMED,
)
def iv_lengths(bench: SKFBench) -> None:
    """Begin CBC with IVLen 8, 15, 17, 32 and 33, which is more than the structure holds."""
    demand_claimed(bench, CBC)
    with passing_key(bench, CBC) as key:
        run = Run(bench, key, CBC)
        for length in (8, 15, 17, 32, 33):
            answer = run.init_answer(iv_len=length)
            bench.observe(f"IVLen {length}", answer)
            bench.expect(answer != "SAR_OK", f"IVLen {length} is taken", f"接受了 IVLen {length}")


@GROUP.check(
    8,
    "What CBC does without an IV, and ECB with one",
    "CBC 无 IV、ECB 有 IV 时的行为",
    clause=_PARAMETERS,
    functions=("SKF_EncryptInit",),
    severity=Severity.INFORMATION,
    precondition=SM4_CLAIMED,
)
def iv_elsewhere(bench: SKFBench) -> None:
    """Begin CBC with IVLen 0, and ECB with IVLen 16, and tell the answers."""
    for mode, iv_len in zip(PADDED_MODES, (_BLOCK, 0), strict=True):
        if mode in claimed(bench, PADDED_MODES):
            with passing_key(bench, mode) as key:
                bench.observe(f"{mode.name}, IVLen {iv_len}", Run(bench, key, mode).init_answer(iv=IV, iv_len=iv_len))


@GROUP.check(
    9,
    "An unknown PaddingType is refused",
    "未知的 PaddingType 被拒绝",
    clause=_PARAMETERS,
    functions=("SKF_EncryptInit", "SKF_Encrypt"),
    severity=Severity.RECOMMENDED,
    precondition=SM4_CLAIMED,
)
def unknown_padding(bench: SKFBench) -> None:
    """Begin with PaddingType 2, and encrypt a block where that is taken."""
    mode = claimed(bench, PADDED_MODES)[0]
    with passing_key(bench, mode) as key:
        run = Run(bench, key, mode)
        answer = run.init_answer(padding=_UNKNOWN_PADDING)
        bench.observe("SKF_EncryptInit", answer)
        if answer == "SAR_OK":
            answer, _out = run.answer("", plaintext(_BLOCK))
            bench.observe("SKF_Encrypt", answer)
    bench.expect(answer != "SAR_OK", "PaddingType 2 is taken", "接受了 PaddingType 2")


@GROUP.check(
    10,
    "Whether input and output may be the same memory",
    "输入与输出缓冲区能否相同",
    clause=Clause(GMT_0016, "7.6.20", "B"),
    functions=("SKF_EncryptInit", "SKF_Encrypt"),
    severity=Severity.INFORMATION,
    precondition=SM4_CLAIMED,
)
def in_place(bench: SKFBench) -> None:
    """Encrypt 128 bytes where they stand, and tell whether that is right."""
    mode = claimed(bench, PADDED_MODES)[-1]
    data = plaintext(8 * _BLOCK)
    with passing_key(bench, mode) as key:
        Run(bench, key, mode).begin()
        memory, (_cell, length) = bench.buffer(len(data) + _BLOCK), bench.ulong(len(data) + _BLOCK)
        bench.ffi.memmove(memory.pointer, data, len(data))
        answer = bench.answer("SKF_Encrypt", bench.raw(key), memory.pointer, len(data), memory.pointer, length)
    right = answer == "SAR_OK" and memory.bytes(int(length[0])) == software(mode, data)
    bench.observe("in place", "right" if right else f"wrong ({answer})")


# ---- beside another key ------------------------------------------------------------------
@GROUP.check(
    11,
    "Two session keys at once do not mix",
    "两个会话密钥同时使用互不影响",
    clause=Clause(GMT_0016, "5.2", "B"),
    functions=ENCRYPT_PIECES,
    severity=Severity.RECOMMENDED,
    precondition=SM4_CLAIMED,
)
def two_keys(bench: SKFBench) -> None:
    """Encrypt a message under each of two keys, a piece of the one and a piece of the other by turns."""
    demand_claimed(bench, CBC)
    data = plaintext(4 * _BLOCK)
    values = (KEY, _OTHER_KEY)
    keys = [known_key(bench, CBC.identifier, value) for value in values]
    runs = [Run(bench, key, CBC).begin(iv=iv) for key, iv in zip(keys, (IV, _OTHER_IV), strict=True)]
    found = [b"", b""]
    for at in range(0, len(data), _BLOCK):
        for index, run in enumerate(runs):
            found[index] += run.update(data[at : at + _BLOCK])
    for index, (run, value, iv) in enumerate(zip(runs, values, (IV, _OTHER_IV), strict=True)):
        wanted = software(CBC, data, iv=iv, key=value)
        right = found[index] + run.final() == wanted
        bench.expect(right, f"key {index + 1} of 2 encrypts wrong beside the other", f"第 {index + 1} 个密钥的结果错误")


@GROUP.check(
    12,
    "Another key does not give the message back",
    "用其他密钥不能解密出原文",
    clause=Clause(GMT_0016, "7.6.24", "B"),
    functions=("SKF_EncryptInit", "SKF_Encrypt", "SKF_DecryptInit", "SKF_Decrypt"),
    severity=Severity.RECOMMENDED,
    precondition=SM4_CLAIMED,
)
def wrong_key(bench: SKFBench) -> None:
    """Encrypt with one session key and decrypt with another that is there at the same time."""
    mode = claimed(bench, PADDED_MODES)[0]
    data = plaintext(4 * _BLOCK)
    first = known_key(bench, mode.identifier)
    second = known_key(bench, mode.identifier, _OTHER_KEY)
    given = Run(bench, first, mode).begin(padding=PKCS5).whole(data)
    answer, found = Run(bench, second, mode, decrypting=True).begin(padding=PKCS5).answer("", given)
    bench.observe("SKF_Decrypt", answer)
    bench.expect(data[:_BLOCK] not in found, "the other key decrypts it", "其他密钥也能解密")


@GROUP.check(
    13,
    "Ciphers whose algorithm is not public give back what they take, each key its own",
    "未公开的分组密码（SM1、SSF33）可加解密还原，且不同密钥结果不同",
    clause=Clause(GMT_0016, "7.6.20"),
    functions=("SKF_EncryptInit", "SKF_Encrypt", "SKF_DecryptInit", "SKF_Decrypt"),
    severity=Severity.RECOMMENDED,
    precondition=Words("AlgSymCap claims SM1 or SSF33", "AlgSymCap 声明 SM1 或 SSF33"),
)
def secret_ciphers(bench: SKFBench) -> None:
    """Encrypt and decrypt by SM1 and SSF33 in ECB and CBC, each under two keys; nobody else computes them."""
    capabilities = bench.info.alg_sym_cap
    found = [name for name, bit in _SECRET_CIPHERS.items() if capabilities & bit]
    if not found:
        bench.unsupported("the device claims neither SM1 nor SSF33", "设备未声明支持 SM1 或 SSF33")
    for name in found:
        for mode, iv in (("ECB", b""), ("CBC", IV)):
            _expect_round_trip(bench, f"SGD_{name}_{mode}", BlockCipherParam(iv))


def _expect_round_trip(bench: SKFBench, identifier: str, param: BlockCipherParam) -> None:
    data, seen = plaintext(4 * _BLOCK), set()
    for value in (KEY, _OTHER_KEY):
        key = _secret_key(bench, identifier, value)
        try:
            bench.skf.encrypt_init(key, param)
            encrypted = bench.skf.encrypt(key, data)
            bench.skf.decrypt_init(key, param)
            back = bench.skf.decrypt(key, encrypted)
        finally:
            bench.skf.close_handle(key)
        bench.expect(encrypted != data, f"{identifier} does not encrypt", f"{identifier} 未加密")
        bench.expect(back == data, f"{identifier} does not give the message back", f"{identifier} 解密后不能还原")
        seen.add(encrypted)
    bench.expect(len(seen) == 2, f"{identifier} is the same under two keys", f"{identifier} 不同密钥结果相同")


def _secret_key(bench: SKFBench, identifier: str, value: bytes) -> KeyHandle:
    """Return a session key: of this value where the driver takes one in clear, otherwise a random one."""
    number = bench.constant(identifier)
    if bench.has("SKF_SetSymmKey"):
        return bench.skf.set_symm_key(bench.device, value, number)
    if Permission.WRITE not in bench.shared.permissions:
        bench.not_run("it takes --allow-write to make a session key", "生成会话密钥需要 --allow-write")
    container, point = bench.signing_container()
    return bench.skf.ecc_export_session_key(container, number, point)[1]
