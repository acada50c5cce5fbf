"""Padding, and messages of any length, in the modes of SM4 (GM/T 0016-2012 6.4, 7.6.20 to 7.6.26)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.algorithms import sm4
from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.model import Clause, Kind, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.cipher_calls import (
    CFB,
    DECRYPT_PIECES,
    ENCRYPT_PIECES,
    OFB,
    PADDED_MODES,
    PKCS5,
    SM4_CLAIMED,
    WHOLE,
    CipherMode,
    Run,
    claimed,
    passing_key,
    plaintext,
    software,
)

if TYPE_CHECKING:
    from gmpki.conformance.skf.bench import SKFBench

__all__ = ["GROUP"]

_PADDING: Final = Clause(GMT_0016, "6.4", "B")

_BLOCK: Final = sm4.BLOCK_LEN

_WRONG_ENDS: Final = (bytes(16), bytes([17]) * 16, bytes(12) + b"\x04\x04\x05\x04", bytes(12) + b"\x04\x05\x04\x04")

GROUP: Final = Group(Kind.SKF, "cipher_padding", "SYM", Words("Padding and lengths of messages", "填充与消息长度"))


# ---- padding -----------------------------------------------------------------------------
@GROUP.check(
    11,
    "PKCS#5 padding is added: 1 to 16 bytes, a whole block after whole blocks",
    "按 PKCS#5 填充：1 至 16 字节，整分组后再加一个分组",
    clause=_PADDING,
    functions=("SKF_EncryptInit", "SKF_Encrypt"),
    precondition=SM4_CLAIMED,
)
def padding_added(bench: SKFBench) -> None:
    """Encrypt messages of 1 to 33 bytes with PaddingType 1, in ECB and CBC."""
    for mode in claimed(bench, PADDED_MODES):
        with passing_key(bench, mode) as key:
            for length in (1, 8, 15, 16, 17, 31, 32, 33):
                data = plaintext(length)
                found = Run(bench, key, mode).begin(padding=PKCS5).whole(data)
                _expect_padded(bench, mode, data, found)


def _expect_padded(bench: SKFBench, mode: CipherMode, data: bytes, found: bytes) -> None:
    if found == software(mode, data, padding=PKCS5):
        return
    length, missing = len(data), -len(data) % _BLOCK
    mistake = Words("another padding", "填充错误")
    if found == software(mode, data + bytes(missing)):
        mistake = Words("filled up with zeros", "以零填充")
        if not missing:
            mistake = Words("no block of padding follows whole blocks", "整分组后未追加填充分组")
    bench.fail(f"{length} bytes in {mode.name}: {mistake.en}", f"{mode.name}，{length} 字节：{mistake.zh}")


@GROUP.check(
    12,
    "PKCS#5 padding is removed",
    "解密时去除 PKCS#5 填充",
    clause=_PADDING,
    functions=("SKF_DecryptInit", "SKF_Decrypt"),
    precondition=SM4_CLAIMED,
)
def padding_removed(bench: SKFBench) -> None:
    """Decrypt padded messages of 1 to 33 bytes with PaddingType 1, in ECB and CBC."""
    for mode in claimed(bench, PADDED_MODES):
        with passing_key(bench, mode) as key:
            for length in (1, 8, 15, 16, 17, 31, 32, 33):
                data = plaintext(length)
                given = software(mode, data, padding=PKCS5)
                found = Run(bench, key, mode, decrypting=True).begin(padding=PKCS5).whole(given)
                left = found != data and found[:length] == data
                bench.expect(not left, f"padding is left behind {length} bytes", f"{length} 字节消息后的填充未去除")
                bench.expect(found == data, f"{length} bytes come out wrong", f"{length} 字节消息解密错误")


@GROUP.check(
    13,
    "Padding goes through pieces too: Final gives what was held back",
    "分段处理同样支持填充：Final 输出缓存的数据",
    clause=Clause(GMT_0016, "7.6.22"),
    functions=(*ENCRYPT_PIECES, *DECRYPT_PIECES),
    precondition=SM4_CLAIMED,
)
def padding_in_pieces(bench: SKFBench) -> None:
    """Encrypt and decrypt 32 bytes and 37 with padding, in pieces of which all but the last are whole blocks."""
    for mode in claimed(bench, PADDED_MODES):
        with passing_key(bench, mode) as key:
            for length in (32, 37):
                data = plaintext(length)
                wanted = software(mode, data, padding=PKCS5)
                found = Run(bench, key, mode).begin(padding=PKCS5).pieces(data, (16, 16))
                missing = found != wanted and wanted.startswith(found)
                bench.expect(not missing, f"the end of {length} bytes is lost", f"{length} 字节消息的尾部丢失")
                bench.expect(found == wanted, f"{length} bytes come out wrong", f"{length} 字节分段加密错误")
                run = Run(bench, key, mode, decrypting=True).begin(padding=PKCS5)
                bench.expect(
                    run.pieces(wanted, (16, 16)) == data,
                    f"{length} bytes are decrypted wrong in pieces",
                    f"{length} 字节分段解密错误",
                )


@GROUP.check(
    14,
    "Wrong padding is refused",
    "填充错误时拒绝解密",
    clause=Clause(GMT_0016, "7.6.24", "B"),
    functions=("SKF_DecryptInit", "SKF_Decrypt"),
    severity=Severity.RECOMMENDED,
    precondition=SM4_CLAIMED,
)
def wrong_padding(bench: SKFBench) -> None:
    """Decrypt blocks that end with 0, with 17, and with a padding one byte of which is another."""
    mode = claimed(bench, PADDED_MODES)[0]
    with passing_key(bench, mode) as key:
        for end in _WRONG_ENDS:
            given = software(mode, plaintext(_BLOCK) + end)
            answer, _out = Run(bench, key, mode, decrypting=True).begin(padding=PKCS5).answer("", given)
            shown = end[-3:].hex(" ")
            bench.observe(f"ends with {shown}", answer)
            bench.expect(answer != "SAR_OK", f"padding that ends with {shown} is taken", f"接受了以 {shown} 结尾的填充")


# ---- lengths -----------------------------------------------------------------------------
def _expect_refused(bench: SKFBench, *, decrypting: bool) -> None:
    for mode in claimed(bench, PADDED_MODES):
        with passing_key(bench, mode) as key:
            for length in (1, 15, 17):
                run = Run(bench, key, mode, decrypting=decrypting).begin()
                answer, out = run.answer("", plaintext(length))
                bench.observe(f"{length} bytes", answer)
                if answer != "SAR_OK":
                    continue
                en, zh = f"{length} bytes come out as {len(out)} in {mode.name}", f"{mode.name}，{length} 字节"
                if out == software(mode, plaintext(length) + bytes(-length % _BLOCK)):
                    bench.fail(f"{en}: filled up with zeros", f"{zh}：以零填充后加密")
                bench.fail(f"{en}, though they are no whole blocks", f"{zh}：非整分组数据未被拒绝")


@GROUP.check(
    15,
    "Without padding only whole blocks are encrypted",
    "无填充时仅可加密整分组数据",
    clause=Clause(GMT_0016, "7.6.20", "B"),
    functions=("SKF_EncryptInit", "SKF_Encrypt"),
    precondition=SM4_CLAIMED,
)
def encrypt_no_blocks(bench: SKFBench) -> None:
    """Encrypt 1, 15 and 17 bytes in ECB and CBC with PaddingType 0."""
    _expect_refused(bench, decrypting=False)


@GROUP.check(
    16,
    "Only whole blocks are decrypted",
    "仅可解密整分组数据",
    clause=Clause(GMT_0016, "7.6.24", "B"),
    functions=("SKF_DecryptInit", "SKF_Decrypt"),
    precondition=SM4_CLAIMED,
)
def decrypt_no_blocks(bench: SKFBench) -> None:
    """Decrypt 1, 15 and 17 bytes in ECB and CBC with PaddingType 0."""
    _expect_refused(bench, decrypting=True)


@GROUP.check(
    17,
    "In pieces too, bytes that fill no block are not lost in silence",
    "分段处理时不足一个分组的数据不被悄然丢弃",
    clause=Clause(GMT_0016, "7.6.22", "B"),
    functions=ENCRYPT_PIECES,
    severity=Severity.RECOMMENDED,
    precondition=SM4_CLAIMED,
)
def rest_in_pieces(bench: SKFBench) -> None:
    """Update with 20 bytes without padding, and finish: one of the two calls refuses."""
    for mode in claimed(bench, PADDED_MODES):
        with passing_key(bench, mode) as key:
            run = Run(bench, key, mode).begin()
            answer, _out = run.answer("Update", plaintext(20))
            if answer == "SAR_OK":
                answer, _out = run.answer("Final")
            bench.observe(mode.name, answer)
            bench.expect(
                answer != "SAR_OK", f"4 bytes of 20 are lost in {mode.name}", f"{mode.name}：20 字节丢失 4 字节"
            )


@GROUP.check(
    18,
    "CFB and OFB take messages of any length",
    "CFB 与 OFB 可处理任意长度的消息",
    clause=Clause(GMT_0016, "7.6.20", "B"),
    functions=WHOLE,
    severity=Severity.RECOMMENDED,
    precondition=SM4_CLAIMED,
)
def stream_lengths(bench: SKFBench) -> None:
    """Encrypt and decrypt 1, 15, 17 and 255 bytes in CFB and OFB."""
    for mode in claimed(bench, (CFB, OFB)):
        with passing_key(bench, mode) as key:
            for length in (1, 15, 17, 255):
                data = plaintext(length)
                wanted = software(mode, data)
                answer, found = Run(bench, key, mode).begin().answer("", data)
                if answer != "SAR_OK":
                    bench.deviate(
                        f"{mode.name} refuses {length} bytes: {answer}",
                        f"{mode.name} 拒绝 {length} 字节：{answer}",
                        "fill the message up and drop what is too much",
                        "补足整分组后截去多余部分",
                    )
                bench.expect(
                    found == wanted, f"{mode.name} of {length} bytes is wrong", f"{mode.name}，{length} 字节错误"
                )
                back = Run(bench, key, mode, decrypting=True).begin().whole(wanted)
                bench.expect(
                    back == data, f"{mode.name} decrypts {length} bytes wrong", f"{mode.name} 解密 {length} 字节错误"
                )


@GROUP.check(
    19,
    "What becomes of an empty message",
    "空消息的处理方式",
    clause=Clause(GMT_0016, "7.6.20", "B"),
    functions=("SKF_EncryptInit", "SKF_Encrypt"),
    severity=Severity.INFORMATION,
    precondition=SM4_CLAIMED,
)
def empty_message(bench: SKFBench) -> None:
    """Encrypt nothing without padding and with it; with it, a whole block of padding is right where it is taken."""
    for mode in claimed(bench, PADDED_MODES):
        with passing_key(bench, mode) as key:
            answer, found = Run(bench, key, mode).begin().answer("", b"")
            bench.observe(f"{mode.name} without padding", f"{answer}, {len(found)} bytes")
            answer, found = Run(bench, key, mode).begin(padding=PKCS5).answer("", b"")
            bench.observe(f"{mode.name} with padding", f"{answer}, {len(found)} bytes")
            right = answer != "SAR_OK" or found == software(mode, b"", padding=PKCS5)
            bench.expect(right, f"nothing is padded wrong in {mode.name}", f"{mode.name}：空消息填充错误")
