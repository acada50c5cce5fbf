"""MACs: the last block of CBC encryption (GM/T 0016-2012 7.6.31 to 7.6.34)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.algorithms import sm4
from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.model import Clause, Kind, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.cipher_calls import CBC, IV, Run, cut, demand_claimed, plaintext
from gmpki.conformance.skf.known_keys import KEY, known_key

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from gmpki.conformance.skf.bench import SKFBench
    from gmpki.tokens.skf.structures import KeyHandle

__all__ = ["GROUP"]

_INIT: Final = Clause(GMT_0016, "7.6.31")
_UPDATE: Final = ("SKF_MacInit", "SKF_MacUpdate", "SKF_MacFinal")
_BLOCK: Final = 16
_ZEROS: Final = bytes(_BLOCK)
# Keys for MACs have an identifier of their own; drivers are met that take keys for CBC, and those only.
_IDENTIFIERS: Final = ("SGD_SM4_MAC", "SGD_SM4_CBC", "SGD_SM4_ECB")

GROUP: Final = Group(Kind.SKF, "macs", "MAC", Words("Message authentication codes", "消息鉴别码"))


# ---- fixtures ----------------------------------------------------------------------------
def _param(bench: SKFBench, iv: bytes, iv_len: int | None = None) -> Any:
    param = bench.ffi.new("BLOCKCIPHERPARAM *")
    bench.ffi.memmove(param.IV, iv, len(iv))
    param.IVLen = len(iv) if iv_len is None else iv_len
    return param


def _key(bench: SKFBench) -> KeyHandle:
    """Return a session key of which the driver makes MACs, until the end of the check."""
    for identifier in _IDENTIFIERS:
        key = known_key(bench, identifier)
        answer, handle = _init(bench, key, IV)
        if answer == "SAR_OK":
            break
    bench.end_if_unsupported("SKF_MacInit", answer)
    bench.expect(answer == "SAR_OK", f"SKF_MacInit answered {answer}", f"SKF_MacInit 返回 {answer}")
    bench.demand("SKF_CloseHandle", handle)
    bench.observe("a key for", identifier)
    return key


def _init(bench: SKFBench, key: KeyHandle, iv: bytes, iv_len: int | None = None) -> tuple[str, Any]:
    """Return the answer of SKF_MacInit and the MAC as C takes it."""
    cell = bench.ffi.new("HANDLE *")
    answer = bench.answer("SKF_MacInit", bench.raw(key), _param(bench, iv, iv_len), cell)
    return answer, cell[0]


def _begun(bench: SKFBench, key: KeyHandle, iv: bytes = IV) -> Any:
    """Begin a MAC, until the end of the check, and return it as C takes it."""
    answer, handle = _init(bench, key, iv)
    bench.expect(answer == "SAR_OK", f"SKF_MacInit answered {answer}", f"SKF_MacInit 返回 {answer}")
    bench.later(bench.code, "SKF_CloseHandle", handle)
    return handle


def _answer(bench: SKFBench, function: str, mac: Any, data: bytes | None = None) -> tuple[str, bytes]:
    """Return the answer of SKF_Mac or SKF_MacFinal and the MAC."""
    given: tuple[Any, ...] = () if data is None else (bench.data(data), len(data))
    out, (_cell, length) = bench.buffer(4 * _BLOCK, 0), bench.ulong(4 * _BLOCK)
    answer = bench.supported(function, mac, *given, out.pointer, length)
    return answer, out.bytes(int(length[0])) if answer == "SAR_OK" else b""


def _updated(bench: SKFBench, mac: Any, data: bytes) -> str:
    """Return the answer of SKF_MacUpdate."""
    return bench.supported("SKF_MacUpdate", mac, bench.data(data), len(data))


def _taken(bench: SKFBench, function: str, mac: Any, data: bytes | None = None) -> bytes:
    answer, found = _answer(bench, function, mac, data)
    bench.expect(answer == "SAR_OK", f"{function} answered {answer}", f"{function} 返回 {answer}")
    return found


def _in_pieces(bench: SKFBench, mac: Any, data: bytes, lengths: Iterable[int]) -> bytes:
    for piece in cut(data, lengths):
        bench.demand("SKF_MacUpdate", mac, bench.data(piece), len(piece))
    return _taken(bench, "SKF_MacFinal", mac)


def _ours(data: bytes, iv: bytes = IV) -> bytes:
    return sm4.encrypt(KEY, data, sm4.Mode.CBC, iv)[-_BLOCK:]


def _expect_mac(bench: SKFBench, found: bytes, data: bytes, iv: bytes = IV) -> None:
    """Fail unless it is the last block of CBC; name what it is instead."""
    if found == _ours(data, iv):
        return
    last = sm4.encrypt(KEY, data[-_BLOCK:], sm4.Mode.ECB)
    padded = sm4.encrypt(KEY, data, sm4.Mode.CBC, iv, padding=sm4.Padding.PKCS7)[-_BLOCK:]
    mistakes = (
        (_ours(data, _ZEROS), Words("the IV is ignored", "忽略了 IV")),
        (_ours(data[:_BLOCK], iv), Words("only the first block is taken", "仅处理了第一个分组")),
        (last, Words("only the last block is encrypted", "仅加密了最后一个分组")),
        (_ours(data[-_BLOCK:], iv), Words("the blocks before the last are lost", "丢失了最后分组之前的数据")),
        (padded, Words("padding is added", "添加了填充")),
        (_ours(data + _ZEROS, iv), Words("a block of zeros is added", "追加了全零分组")),
        (_ours(data, iv)[: len(found)], Words(f"it has {len(found)} bytes instead of 16", f"长度为 {len(found)} 字节")),
    )
    for made, words in mistakes:
        if found == made:
            bench.fail(f"the MAC of {len(data)} bytes: {words.en}", f"{len(data)} 字节的 MAC：{words.zh}")
    bench.fail(f"the MAC of {len(data)} bytes is wrong", f"{len(data)} 字节的 MAC 错误")


# ---- what it is --------------------------------------------------------------------------
@GROUP.check(
    1,
    "A MAC is the last block of CBC encryption",
    "MAC 为 CBC 加密结果的最后一个分组",
    clause=_INIT,
    functions=("SKF_MacInit", "SKF_Mac"),
)
def known_answers(bench: SKFBench) -> None:
    """Make MACs of one block, two, and seven, with an IV of zeros and with another."""
    key = _key(bench)
    for iv in (_ZEROS, IV):
        for blocks in (1, 2, 7):
            data = plaintext(blocks * _BLOCK)
            _expect_mac(bench, _taken(bench, "SKF_Mac", _begun(bench, key, iv), data), data, iv)


@GROUP.check(
    2,
    "In pieces of whole blocks a MAC is the same",
    "按整分组分段计算，MAC 不变",
    clause=Clause(GMT_0016, "7.6.33"),
    functions=_UPDATE,
)
def pieces(bench: SKFBench) -> None:
    """Make the MAC of seven blocks in pieces of one, two and three blocks."""
    key, data = _key(bench), plaintext(7 * _BLOCK)
    for lengths in ((16,) * 7, (32, 48, 32)):
        _expect_mac(bench, _in_pieces(bench, _begun(bench, key), data, lengths), data)


@GROUP.check(
    3,
    "A MAC takes pieces of any length",
    "MAC 接受任意长度的分段",
    clause=Clause(GMT_0016, "7.6.33", "B"),
    functions=_UPDATE,
    severity=Severity.RECOMMENDED,
)
def odd_pieces(bench: SKFBench) -> None:
    """Make the MAC of seven blocks in pieces of 1, 15, 17 and 33 bytes."""
    key, data = _key(bench), plaintext(7 * _BLOCK)
    for lengths in ((1,) * 16, (15, 17), (33, 31)):
        mac = _begun(bench, key)
        for piece in cut(data, lengths):
            answer = _updated(bench, mac, piece)
            if answer != "SAR_OK" and len(piece) % _BLOCK:
                bench.deviate(
                    f"SKF_MacUpdate refuses {len(piece)} bytes: {answer}",
                    f"SKF_MacUpdate 拒绝 {len(piece)} 字节：{answer}",
                    "give it whole blocks",
                    "每次传入整分组数据",
                )
            bench.expect(answer == "SAR_OK", f"SKF_MacUpdate answered {answer}", f"SKF_MacUpdate 返回 {answer}")
        _expect_mac(bench, _taken(bench, "SKF_MacFinal", mac), data)


@GROUP.check(
    4,
    "What is no whole number of blocks has no MAC: nothing is padded",
    "数据不是整分组时拒绝计算 MAC，不自行填充",
    clause=_INIT,
    functions=("SKF_MacInit", "SKF_Mac"),
)
def no_blocks(bench: SKFBench) -> None:
    """Ask for the MAC of 1, 15, 17 and 31 bytes."""
    key = _key(bench)
    for length in (1, 15, 17, 31):
        data = plaintext(length)
        answer, found = _answer(bench, "SKF_Mac", _begun(bench, key), data)
        bench.observe(f"{length} bytes", answer)
        if answer != "SAR_OK":
            continue
        en, zh = f"{length} bytes have a MAC", f"为 {length} 字节计算了 MAC"
        if found == _ours(data + bytes(-length % _BLOCK)):
            bench.fail(f"{en}: they are filled up with zeros", f"{zh}：以零填充")
        if found == sm4.encrypt(KEY, data, sm4.Mode.CBC, IV, padding=sm4.Padding.PKCS7)[-_BLOCK:]:
            bench.fail(f"{en}: PKCS#5 padding is added", f"{zh}：添加了 PKCS#5 填充")
        bench.fail(en, zh)


@GROUP.check(
    5,
    "In pieces too, what is no whole number of blocks has no MAC",
    "分段计算时总长不是整分组同样被拒绝",
    clause=Clause(GMT_0016, "7.6.34"),
    functions=_UPDATE,
)
def no_blocks_in_pieces(bench: SKFBench) -> None:
    """Update with 20 bytes and finish: one of the two calls refuses."""
    mac, data = _begun(bench, _key(bench)), plaintext(20)
    answer = _updated(bench, mac, data)
    if answer == "SAR_OK":
        answer, _found = _answer(bench, "SKF_MacFinal", mac)
    bench.observe("20 bytes", answer)
    bench.expect(answer != "SAR_OK", "20 bytes have a MAC", "为 20 字节计算了 MAC")


# ---- sizes and states --------------------------------------------------------------------
def _expect_size(bench: SKFBench, function: str, *arguments: Any) -> None:
    _cell, length = bench.ulong()
    bench.demand(function, *arguments, bench.ffi.NULL, length)
    said = int(length[0])
    bench.expect(said == _BLOCK, f"{function} asks for {said} bytes", f"{function} 所报长度为 {said}")


@GROUP.check(
    7,
    "A MAC is given once",
    "MacFinal 之后不再给出 MAC",
    clause=Clause(GMT_0016, "7.6.34", "B"),
    functions=_UPDATE,
    severity=Severity.RECOMMENDED,
)
def final_twice(bench: SKFBench) -> None:
    """Finish a MAC twice: the second time is refused."""
    mac = _begun(bench, _key(bench))
    _in_pieces(bench, mac, plaintext(_BLOCK), ())
    answer, _found = _answer(bench, "SKF_MacFinal", mac)
    bench.observe("SKF_MacFinal", answer)
    bench.expect(answer != "SAR_OK", "SKF_MacFinal works twice", "SKF_MacFinal 可重复调用")


@GROUP.check(
    8,
    "What the MAC of nothing is",
    "空消息的 MAC",
    clause=Clause(GMT_0016, "7.6.34", "B"),
    functions=("SKF_MacInit", "SKF_MacFinal"),
    severity=Severity.INFORMATION,
)
def mac_of_nothing(bench: SKFBench) -> None:
    """Finish a MAC without data, and tell the answer."""
    answer, found = _answer(bench, "SKF_MacFinal", _begun(bench, _key(bench)))
    shown = {_ZEROS: "zeros", IV: "the IV"}.get(found, f"{len(found)} bytes")
    bench.observe("nothing", f"{answer}, {shown}" if answer == "SAR_OK" else answer)


@GROUP.check(
    9,
    "An IV that is no block is refused",
    "IV 长度不等于分组长度时被拒绝",
    clause=Clause(GMT_0016, "6.4", "B"),
    functions=("SKF_MacInit",),
    severity=Severity.RECOMMENDED,
)
def iv_lengths(bench: SKFBench) -> None:
    """Begin with IVLen 8, 15, 17 and 33; and tell what IVLen 0 does."""
    key = _key(bench)
    for length in (0, 8, 15, 17, 33):
        answer, handle = _init(bench, key, IV, length)
        bench.observe(f"IVLen {length}", answer)
        if answer == "SAR_OK":
            bench.later(bench.code, "SKF_CloseHandle", handle)
        bench.expect(not length or answer != "SAR_OK", f"IVLen {length} is taken", f"接受了 IVLen {length}")


# ---- beside others -----------------------------------------------------------------------
@GROUP.check(
    10,
    "Two MACs under one key do not mix",
    "同一密钥的两个 MAC 互不影响",
    clause=Clause(GMT_0016, "7.6.31", "B"),
    functions=_UPDATE,
    severity=Severity.RECOMMENDED,
)
def two_at_once(bench: SKFBench) -> None:
    """Feed two MACs with different IVs by turns."""
    key, data = _key(bench), plaintext(4 * _BLOCK)
    macs = {iv: _begun(bench, key, iv) for iv in (IV, _ZEROS)}
    for piece in cut(data, (16, 16)):
        for mac in macs.values():
            bench.demand("SKF_MacUpdate", mac, bench.data(piece), len(piece))
    for iv, mac in macs.items():
        bench.expect(_taken(bench, "SKF_MacFinal", mac) == _ours(data, iv), "they mix", "两个 MAC 相互影响")


@GROUP.check(
    11,
    "A MAC leaves an encryption under the same key as it was",
    "计算 MAC 不影响同一密钥正在进行的加密",
    clause=Clause(GMT_0016, "7.6.31", "B"),
    functions=("SKF_EncryptInit", "SKF_EncryptUpdate", "SKF_EncryptFinal", "SKF_MacInit", "SKF_Mac"),
    severity=Severity.RECOMMENDED,
    precondition=Words(
        "AlgSymCap claims CBC, and MacInit takes keys for it", "AlgSymCap 声明 CBC，且 MacInit 接受其密钥"
    ),
)
def beside_encryption(bench: SKFBench) -> None:
    """Encrypt the first half of a message, make a MAC, encrypt the second half."""
    demand_claimed(bench, CBC)
    key = known_key(bench, CBC.identifier)
    data = plaintext(4 * _BLOCK)
    run = Run(bench, key, CBC).begin()
    found = run.update(data[: 2 * _BLOCK])
    answer, mac = _init(bench, key, _ZEROS)
    bench.observe("SKF_MacInit", answer)
    if answer != "SAR_OK":
        bench.not_run(f"a key for CBC makes no MAC: {answer}", f"CBC 密钥不能用于 MAC：{answer}")
    bench.later(bench.code, "SKF_CloseHandle", mac)
    _expect_mac(bench, _taken(bench, "SKF_Mac", mac, data), data, _ZEROS)
    found += run.update(data[2 * _BLOCK :]) + run.final()
    bench.expect(
        found == sm4.encrypt(KEY, data, sm4.Mode.CBC, IV), "it changes the ciphertext", "加密结果被 MAC 计算改变"
    )
