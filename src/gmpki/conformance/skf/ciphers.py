"""SM4 in its modes, whole and in pieces, against known answers (GM/T 0016-2012 7.6.19 to 7.6.26; GB/T 32907-2016)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.algorithms import sm4
from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.model import Clause, Kind, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.cipher_calls import (
    CBC,
    CFB,
    DECRYPT_PIECES,
    ECB,
    ENCRYPT_PIECES,
    OFB,
    PADDED_MODES,
    SM4_CLAIMED,
    WHOLE,
    CipherMode,
    Run,
    claimed,
    cut,
    demand_claimed,
    mistake_in_cipher,
    passing_key,
    plaintext,
    software,
)
from gmpki.conformance.skf.known_keys import KEY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.conformance.skf.bench import SKFBench

__all__ = ["GROUP"]

_ENCRYPT: Final = Clause(GMT_0016, "7.6.20")

_BLOCK: Final = sm4.BLOCK_LEN
_OTHER_KEY: Final = bytes(range(0xF0, 0xE0, -1))
_KNOWN: Final = bytes.fromhex("681edf34d206965e86b3e94f536e4246")  # GB/T 32907-2016 A.1: the key under itself
_CFB8: Final = CipherMode("CFB", sm4.Mode.CFB8, 8)

# Pieces of whole blocks, and of all others around them.
_WHOLE_BLOCKS: Final = ((16, 16, 32, 16), (48, 16), (16,) * 9)
_ODD_PIECES: Final = ((1,) * 48, (15,) * 4, (17,) * 4, (31, 1, 33), (255, 1), (1, 255))

_MOST_AT_ONCE: Final = 65536
_LEAST_AT_ONCE: Final = 1024

GROUP: Final = Group(Kind.SKF, "ciphers", "SYM", Words("Symmetric encryption", "对称加密解密"))


# ---- known answers -----------------------------------------------------------------------
def _known_answer(bench: SKFBench, mode: CipherMode) -> None:
    """Encrypt and decrypt one block and several, under two keys, and compare with software."""
    for value in (KEY, _OTHER_KEY):
        with passing_key(bench, mode, value) as key:
            for length in (7 * _BLOCK, _BLOCK):
                data = KEY if length == _BLOCK else plaintext(length)
                wanted = software(mode, data, key=value)
                found = Run(bench, key, mode).begin().whole(data)
                if found != wanted:
                    mistake = mistake_in_cipher(mode, data, found) if value == KEY else Words("another key", "密钥不同")
                    bench.fail(f"{mode.name} is wrong: {mistake.en}", f"{mode.name} 加密结果错误：{mistake.zh}")
                back = Run(bench, key, mode, decrypting=True).begin().whole(wanted)
                bench.expect(back == data, f"{mode.name} decrypts wrong", f"{mode.name} 解密结果错误")


@GROUP.check(1, "SM4 in ECB is right", "SM4-ECB 计算正确", clause=_ENCRYPT, functions=WHOLE, precondition=SM4_CLAIMED)
def ecb(bench: SKFBench) -> None:
    """Encrypt the example of GB/T 32907-2016 and seven blocks, under two keys, and decrypt them again."""
    demand_claimed(bench, ECB)
    with passing_key(bench, ECB) as key:
        found = Run(bench, key, ECB).begin().whole(KEY)
        if found != _KNOWN:
            mistake = mistake_in_cipher(ECB, KEY, found)
            bench.fail(f"the standard's example is wrong: {mistake.en}", f"标准示例结果错误：{mistake.zh}")
    _known_answer(bench, ECB)


@GROUP.check(2, "SM4 in CBC is right", "SM4-CBC 计算正确", clause=_ENCRYPT, functions=WHOLE, precondition=SM4_CLAIMED)
def cbc(bench: SKFBench) -> None:
    """Encrypt one block and seven with an IV, under two keys, and decrypt them again."""
    demand_claimed(bench, CBC)
    _known_answer(bench, CBC)


@GROUP.check(
    3,
    "SM4 in CFB is right, with FeedBitLen 128",
    "SM4-CFB 计算正确（FeedBitLen 为 128）",
    clause=_ENCRYPT,
    functions=WHOLE,
    severity=Severity.RECOMMENDED,
    precondition=SM4_CLAIMED,
)
def cfb(bench: SKFBench) -> None:
    """Encrypt one block and seven with 128 bits fed back, under two keys, and decrypt them again."""
    _known_feedback(bench, CFB)


@GROUP.check(
    4,
    "SM4 in OFB is right, with FeedBitLen 128",
    "SM4-OFB 计算正确（FeedBitLen 为 128）",
    clause=_ENCRYPT,
    functions=WHOLE,
    severity=Severity.RECOMMENDED,
    precondition=SM4_CLAIMED,
)
def ofb(bench: SKFBench) -> None:
    """Encrypt one block and seven with 128 bits fed back, under two keys, and decrypt them again."""
    _known_feedback(bench, OFB)


def _known_feedback(bench: SKFBench, mode: CipherMode) -> None:
    """Check a mode that feeds back; a driver whose FeedBitLen does not count bits deviates."""
    demand_claimed(bench, mode)
    with passing_key(bench, mode) as key:
        run = Run(bench, key, mode)
        answer = run.init_answer()
        others = () if answer == "SAR_OK" else (_BLOCK, 0)
        works = next((bits for bits in others if run.init_answer(feedback_bits=bits) == "SAR_OK"), None)
    if works is not None:
        bench.deviate(
            f"FeedBitLen 128 is refused: {answer}; {works} is taken",
            f"拒绝 FeedBitLen 128：{answer}；接受 {works}",
            f"set feedback_bits to {works} for this driver",
            f"对该驱动将 feedback_bits 设为 {works}",
        )
    _known_answer(bench, mode)


@GROUP.check(
    5,
    "CFB with 8 bits fed back is right where the driver takes it",
    "支持 8 比特反馈时 CFB 计算正确",
    clause=Clause(GMT_0016, "6.4"),
    functions=("SKF_EncryptInit", "SKF_Encrypt"),
    severity=Severity.INFORMATION,
    precondition=SM4_CLAIMED,
)
def cfb8(bench: SKFBench) -> None:
    """Begin CFB with FeedBitLen 8; where that is taken, the ciphertext is that of CFB-8."""
    demand_claimed(bench, CFB)
    with passing_key(bench, _CFB8) as key:
        answer = Run(bench, key, _CFB8).init_answer()
        bench.observe("FeedBitLen 8", answer)
    if answer == "SAR_OK":
        _known_answer(bench, _CFB8)


# ---- pieces ------------------------------------------------------------------------------
def _compare_pieces(bench: SKFBench, cuts: Iterable[tuple[int, ...]], *, decrypting: bool) -> None:
    """Fail unless a message comes out the same however it is cut; pieces that are refused are a deviation."""
    for mode in claimed(bench):
        with passing_key(bench, mode) as key:
            for lengths in cuts:
                _compare_cut(bench, Run(bench, key, mode, decrypting=decrypting), mode, lengths)


def _compare_cut(bench: SKFBench, run: Run, mode: CipherMode, lengths: tuple[int, ...]) -> None:
    data = plaintext(-(-sum(lengths) // _BLOCK) * _BLOCK)
    given, wanted = data, software(mode, data)
    if run.verb == "Decrypt":
        given, wanted = wanted, given
    run.begin()
    out = []
    for piece in cut(given, lengths):
        answer, part = run.answer("Update", piece)
        function, size = f"SKF_{run.verb}Update", len(piece)
        if answer != "SAR_OK" and size % _BLOCK:
            bench.deviate(
                f"{function} refuses {size} bytes in {mode.name}: {answer}",
                f"{mode.name} 模式下 {function} 拒绝 {size} 字节：{answer}",
                "give it whole blocks, and all bytes that remain with the last piece",
                "每次传入整分组数据",
            )
        bench.expect(
            answer == "SAR_OK",
            f"{function} of {size} bytes answered {answer} in {mode.name}",
            f"{mode.name} 模式下 {function} 处理 {size} 字节返回 {answer}",
        )
        out.append(part)
    out.append(run.final())
    shown = ", ".join(str(length) for length in lengths[:4]) + (", ..." if len(lengths) > 4 else "")
    bench.expect(
        b"".join(out) == wanted,
        f"{mode.name} is another in pieces of {shown} bytes",
        f"{mode.name} 按 {shown} 字节分段时结果错误",
    )


@GROUP.check(
    6,
    "A message encrypted in pieces of whole blocks is the same",
    "按整分组分段加密，结果不变",
    clause=Clause(GMT_0016, "7.6.21"),
    functions=ENCRYPT_PIECES,
    precondition=SM4_CLAIMED,
)
def encrypt_blocks(bench: SKFBench) -> None:
    """Encrypt messages of up to nine blocks by SKF_EncryptUpdate and SKF_EncryptFinal, in every mode claimed."""
    _compare_pieces(bench, _WHOLE_BLOCKS, decrypting=False)


@GROUP.check(
    7,
    "A message decrypted in pieces of whole blocks is the same",
    "按整分组分段解密，结果不变",
    clause=Clause(GMT_0016, "7.6.25"),
    functions=DECRYPT_PIECES,
    precondition=SM4_CLAIMED,
)
def decrypt_blocks(bench: SKFBench) -> None:
    """Decrypt messages of up to nine blocks by SKF_DecryptUpdate and SKF_DecryptFinal, in every mode claimed."""
    _compare_pieces(bench, _WHOLE_BLOCKS, decrypting=True)


@GROUP.check(
    8,
    "Encryption takes pieces of any length",
    "分段加密接受任意长度的分段",
    clause=Clause(GMT_0016, "7.6.21", "B"),
    functions=ENCRYPT_PIECES,
    severity=Severity.RECOMMENDED,
    precondition=SM4_CLAIMED,
)
def encrypt_odd_pieces(bench: SKFBench) -> None:
    """Encrypt in pieces of 1, 15, 17, 31, 33 and 255 bytes, in every mode claimed."""
    _compare_pieces(bench, _ODD_PIECES, decrypting=False)


@GROUP.check(
    9,
    "Decryption takes pieces of any length",
    "分段解密接受任意长度的分段",
    clause=Clause(GMT_0016, "7.6.25", "B"),
    functions=DECRYPT_PIECES,
    severity=Severity.RECOMMENDED,
    precondition=SM4_CLAIMED,
)
def decrypt_odd_pieces(bench: SKFBench) -> None:
    """Decrypt in pieces of 1, 15, 17, 31, 33 and 255 bytes, in every mode claimed."""
    _compare_pieces(bench, _ODD_PIECES, decrypting=True)


@GROUP.check(
    10,
    "As much is encrypted at once as MaxBufferSize says",
    "可一次加密 MaxBufferSize 声明的数据量",
    clause=Clause(GMT_0016, "7.1.9"),
    functions=("SKF_GetDevInfo", *WHOLE, "SKF_EncryptUpdate", "SKF_EncryptFinal"),
    precondition=SM4_CLAIMED,
)
def max_buffer_size(bench: SKFBench) -> None:
    """Encrypt and decrypt MaxBufferSize bytes, at most 65536, in one call, and twice as many by two updates."""
    said = bench.info.max_buffer_size
    most = min(said, _MOST_AT_ONCE) // _BLOCK * _BLOCK
    bench.observe("MaxBufferSize", said)
    if not most:
        most = _LEAST_AT_ONCE
        bench.observe("tried", most)
    data = plaintext(2 * most)
    for mode in claimed(bench, PADDED_MODES):
        wanted = software(mode, data)
        with passing_key(bench, mode) as key:
            found = Run(bench, key, mode).begin().whole(data[:most])
            bench.expect(found == wanted[:most], f"{most} bytes come out wrong", f"一次加密 {most} 字节结果错误")
            back = Run(bench, key, mode, decrypting=True).begin().whole(found)
            bench.expect(back == data[:most], f"{most} bytes are decrypted wrong", f"一次解密 {most} 字节结果错误")
            found = Run(bench, key, mode).begin().pieces(data, (most, most))
            bench.expect(found == wanted, f"{2 * most} bytes come out wrong", f"分两次加密 {2 * most} 字节结果错误")
