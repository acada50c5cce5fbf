"""Messages under a session key of the token, by the driver's calls as they are, and the same by our own SM4."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki.algorithms import sm4
from gmpki.conformance.model import Words
from gmpki.conformance.skf.known_keys import KEY, known_key
from gmpki.conformance.skf.session_probe import demand_sm4
from gmpki.errors import TokenError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from gmpki.conformance.skf.bench import SKFBench
    from gmpki.tokens.skf.structures import KeyHandle

__all__ = [
    "CBC",
    "CFB",
    "DECRYPT_PIECES",
    "ECB",
    "ENCRYPT_PIECES",
    "IV",
    "MODES",
    "OFB",
    "PADDED_MODES",
    "PKCS5",
    "SM4_CLAIMED",
    "WHOLE",
    "CipherMode",
    "Run",
    "claimed",
    "cut",
    "demand_claimed",
    "mistake_in_cipher",
    "padding_of",
    "passing_key",
    "plaintext",
    "software",
]

WHOLE: Final = ("SKF_EncryptInit", "SKF_Encrypt", "SKF_DecryptInit", "SKF_Decrypt")
ENCRYPT_PIECES: Final = ("SKF_EncryptInit", "SKF_EncryptUpdate", "SKF_EncryptFinal")
DECRYPT_PIECES: Final = ("SKF_DecryptInit", "SKF_DecryptUpdate", "SKF_DecryptFinal")
SM4_CLAIMED: Final = Words("AlgSymCap claims SM4 and the mode", "AlgSymCap 声明 SM4 及相应模式")
"""The precondition of what takes a mode."""

IV: Final = bytes(range(0x30, 0x40))
PKCS5: Final = 1
"""PaddingType for PKCS#5; 0 is none."""

_MODE_BITS: Final = 0xFF
_SPARE_LEN: Final = 2 * sm4.BLOCK_LEN


@dataclass(frozen=True, slots=True)
class CipherMode:
    """A mode of SM4. Immutable.

    :ivar name: such as "CBC"; software: the same in our SM4.
    :ivar feedback_bits: what FeedBitLen says.
    """

    name: str
    software: sm4.Mode
    feedback_bits: int = 0

    @property
    def identifier(self) -> str:
        """The name of its identifier, such as "SGD_SM4_CBC"."""
        return f"SGD_SM4_{self.name}"

    @property
    def iv(self) -> bytes:
        """The IV that checks give; empty where there is none."""
        return b"" if self.software is sm4.Mode.ECB else IV


# FeedBitLen counts bits (GM/T 0016-2012 table 11); whole blocks are fed back.
ECB: Final = CipherMode("ECB", sm4.Mode.ECB)
CBC: Final = CipherMode("CBC", sm4.Mode.CBC)
CFB: Final = CipherMode("CFB", sm4.Mode.CFB128, 128)
OFB: Final = CipherMode("OFB", sm4.Mode.OFB, 128)
MODES: Final = (ECB, CBC, CFB, OFB)
PADDED_MODES: Final = (ECB, CBC)
"""Those that take whole blocks only, or padding."""


def demand_claimed(bench: SKFBench, mode: CipherMode) -> None:
    """End the check as unsupported unless the device claims SM4 and a mode."""
    demand_sm4(bench)
    if not bench.info.alg_sym_cap & bench.constant(mode.identifier) & _MODE_BITS:
        bench.unsupported(f"the device does not claim {mode.identifier}", f"设备未声明支持 {mode.identifier}")


def claimed(bench: SKFBench, modes: Iterable[CipherMode] = MODES) -> tuple[CipherMode, ...]:
    """Return those of some modes that the device claims; where it claims none the check ends as unsupported."""
    demand_sm4(bench)
    capabilities = bench.info.alg_sym_cap
    found = tuple(mode for mode in modes if capabilities & bench.constant(mode.identifier) & _MODE_BITS)
    if not found:
        bench.unsupported("the device claims none of the modes of SM4", "设备未声明支持 SM4 的任何相应模式")
    return found


@contextmanager
def passing_key(bench: SKFBench, mode: CipherMode, value: bytes = KEY) -> Iterator[KeyHandle]:
    """Give a session key for a mode and close it afterwards: there are tokens with room for one."""
    key = known_key(bench, mode.identifier, value, close=False)
    try:
        yield key
    finally:
        with suppress(TokenError):
            bench.skf.close_handle(key)


def plaintext(length: int) -> bytes:
    """Return a message, in bytes, no two blocks of which are the same."""
    return bytes((at * 7 + (at >> 4)) & 0xFF for at in range(length))


def cut(data: bytes, lengths: Iterable[int]) -> Iterator[bytes]:
    """Yield data in pieces of these lengths; what remains is one more."""
    at = 0
    for length in lengths:
        if at < len(data):
            yield data[at : at + length]
            at += length
    if at < len(data):
        yield data[at:]


def padding_of(padding: int) -> sm4.Padding:
    """Return a PaddingType as our SM4 has it."""
    return sm4.Padding.PKCS7 if padding == PKCS5 else sm4.Padding.NONE


def software(mode: CipherMode, data: bytes, *, padding: int = 0, iv: bytes | None = None, key: bytes = KEY) -> bytes:
    """Return what our own SM4 makes of a message."""
    start = mode.iv if iv is None else iv
    return sm4.encrypt(key, data, mode.software, start or None, padding=padding_of(padding))


class Run:
    """A message on its way through the token. An answer that refuses ends the check as failed, unless it is asked for.

    :ivar verb: "Encrypt" or "Decrypt", which the names of the functions begin with.
    """

    def __init__(self, bench: SKFBench, key: KeyHandle, mode: CipherMode, *, decrypting: bool = False) -> None:
        self._bench = bench
        self._key = bench.raw(key)
        self._mode = mode
        self.verb = "Decrypt" if decrypting else "Encrypt"

    # ---- answers ------------------------------------------------------------------------
    def init_answer(
        self, *, padding: int = 0, iv: bytes | None = None, iv_len: int | None = None, feedback_bits: int | None = None
    ) -> str:
        """Begin, and return the answer.

        :param iv: None is the mode's own; iv_len: what IVLen says, None is its length.
        :param feedback_bits: what FeedBitLen says, None is the mode's own.
        """
        start = self._mode.iv if iv is None else iv
        param = self._bench.ffi.new("BLOCKCIPHERPARAM *")
        self._bench.ffi.memmove(param.IV, start, len(start))
        param.IVLen = len(start) if iv_len is None else iv_len
        param.PaddingType = padding
        param.FeedBitLen = self._mode.feedback_bits if feedback_bits is None else feedback_bits
        return self._bench.answer(f"SKF_{self.verb}Init", self._key, param[0])

    def answer(self, step: str, data: bytes | None = None) -> tuple[str, bytes]:
        """Take a step, and return the answer and what came out.

        :param step: "", "Update" or "Final"; the last takes no data.
        """
        bench, function = self._bench, f"SKF_{self.verb}{step}"
        given: tuple[Any, ...] = () if data is None else (bench.data(data), len(data))
        capacity = len(data or b"") + _SPARE_LEN
        out, (_cell, length) = bench.buffer(capacity, 0), bench.ulong(capacity)
        answer = bench.answer(function, self._key, *given, out.pointer, length)
        self._end_if_unsupported(function, answer)
        if answer != "SAR_OK":
            return answer, b""
        said = int(length[0])
        bench.expect(
            said <= capacity and not out.overrun,
            f"{function} wrote {said} bytes into a buffer of {capacity}",
            f"{function} 向 {capacity} 字节的缓冲区写入 {said} 字节",
        )
        return answer, out.bytes(said)

    # ---- what has to succeed ------------------------------------------------------------
    def begin(self, *, padding: int = 0, iv: bytes | None = None) -> Run:
        """Begin."""
        self._demand("Init", self.init_answer(padding=padding, iv=iv))
        return self

    def update(self, data: bytes) -> bytes:
        """Return what comes out for the next piece."""
        return self._taken("Update", data)

    def final(self) -> bytes:
        """Return what was held back."""
        return self._taken("Final", None)

    def whole(self, data: bytes) -> bytes:
        """Return what comes out for a message in one call."""
        return self._taken("", data)

    def pieces(self, data: bytes, lengths: Iterable[int]) -> bytes:
        """Return what comes out for a message in pieces of these lengths, and what remains of it."""
        return b"".join([self.update(piece) for piece in cut(data, lengths)]) + self.final()

    def _taken(self, step: str, data: bytes | None) -> bytes:
        answer, out = self.answer(step, data)
        self._demand(step, answer, None if data is None else len(data))
        return out

    def _demand(self, step: str, answer: str, length: int | None = None) -> None:
        if answer == "SAR_OK":
            return
        function, name = f"SKF_{self.verb}{step}", self._mode.name
        self._end_if_unsupported(function, answer)
        en, zh = ("", "") if length is None else (f" of {length} bytes", f"，{length} 字节")
        self._bench.fail(f"{function}{en} answered {answer}, {name}", f"{function} 返回 {answer}（{name}{zh}）")

    def _end_if_unsupported(self, function: str, answer: str) -> None:
        if answer == "SAR_NOTSUPPORTYETERR":
            name = self._mode.name
            self._bench.unsupported(f"{function} answered {answer}, {name}", f"{function} 返回 {answer}（{name}）")


# ---- what went wrong ---------------------------------------------------------------------
def mistake_in_cipher(mode: CipherMode, data: bytes, found: bytes) -> Words:
    """Return what is wrong with a ciphertext of whole blocks, which is made again as careless drivers do."""
    for made, words in _mistakes(mode, data):
        if found == made:
            return words
    if len(found) != len(data):
        return Words(f"{len(found)} bytes come out of {len(data)}", f"输入 {len(data)} 字节，输出 {len(found)} 字节")
    return Words("no known mistake explains it", "原因不明")


def _mistakes(mode: CipherMode, data: bytes) -> Iterator[tuple[bytes, Words]]:
    iv, right = mode.iv, mode.software
    yield data, Words("it comes out as it went in", "输出与输入相同，未加密")
    for other in (sm4.Mode.ECB, sm4.Mode.CBC, sm4.Mode.CFB128, sm4.Mode.CFB8, sm4.Mode.OFB, sm4.Mode.CTR):
        if other is not right:
            made = sm4.encrypt(KEY, data, other, None if other is sm4.Mode.ECB else iv or bytes(16))
            yield made, Words(f"it is {other.name}", f"实际为 {other.name} 模式")
    yield _by_words(KEY, data, mode), Words("the bytes of each word of the key are reversed", "密钥各字的字节序颠倒")
    yield software(mode, data, key=KEY[::-1]), Words("the key is reversed", "密钥字节序颠倒")
    yield software(mode, data, key=bytes(16)), Words("the key is all zeros", "密钥全零")
    yield sm4.decrypt(KEY, data, right, iv or None), Words("it decrypts where it should encrypt", "应加密却执行了解密")
    if right in (sm4.Mode.ECB, sm4.Mode.CBC):
        yield (
            software(mode, data, padding=PKCS5),
            Words("padding is added though none is asked for", "未要求填充却添加了填充"),
        )
    if iv:
        yield software(mode, data, iv=bytes(16)), Words("the IV is ignored", "忽略了 IV")
        yield software(mode, data, iv=iv[::-1]), Words("the IV is reversed", "IV 字节序颠倒")
        blocks = (software(mode, block) for block in cut(data, [16] * (len(data) // 16)))
        yield (
            b"".join(blocks),
            Words("each block begins with the IV: nothing is chained", "每个分组都从 IV 开始，未链接"),
        )


def _by_words(key: bytes, data: bytes, mode: CipherMode) -> bytes:
    swapped = b"".join(key[at : at + 4][::-1] for at in range(0, len(key), 4))
    return software(mode, data, key=swapped)
