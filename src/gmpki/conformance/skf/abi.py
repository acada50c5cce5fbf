"""The binary interface: functions, the width of numbers, layouts of structures (GM/T 0016-2012 table 1, clause 7)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from gmpki.algorithms import sm4
from gmpki.conformance.clauses import DRAFT, GBT_33560, GMT_0016
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.known_keys import KEY, known_key
from gmpki.conformance.skf.samples import holds, new_file
from gmpki.conformance.skf.session_probe import demand_sm4
from gmpki.conformance.skf.sm2_blobs import on_curve, pair_of, point_blob
from gmpki.tokens.interfaces import Rights
from gmpki.tokens.skf import header
from gmpki.tokens.skf.layouts import Layout
from gmpki.tokens.skf.probe import Findings, examine_device

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.conformance.skf.bench import Guarded, SKFBench

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.SKF, "abi", "ABI", Words("The binary interface", "二进制接口"))

_ULONG: Final = Clause(GMT_0016, "table 1")
_WRITE: Final = (Permission.WRITE,)

_UNTOUCHED: Final = b"\xa5"
_CELL_LEN: Final = 16  # of memory for a ULONG: twice what the widest driver writes
_WIDTH: Final = 4  # of ULONG in the standard
_SM3_LEN: Final = 32
_KEY_LEN: Final = 16
_CIPHER_MEMBER_LEN: Final = 1  # what the structure itself has of the ciphertext
_FILE_LEN: Final = 100


# ---- functions -----------------------------------------------------------------------------


@GROUP.check(
    1,
    "The driver exports the 71 functions of the standard",
    "驱动导出标准规定的全部 71 个函数",
    clause=Clause(GMT_0016, "7"),
    functions=[name for name, function in header.functions().items() if function.clause],
)
def standard_functions(bench: SKFBench) -> None:
    """Look up each function; SKF_DisConnectDev may have the spelling of table 16 too."""
    missing = [name for name in bench.shared.library.missing if header.functions()[name].clause]
    bench.expect(
        not missing,
        f"{len(missing)} functions of the standard are not exported: {', '.join(missing)}",
        f"未导出标准规定的 {len(missing)} 个函数：{', '.join(missing)}",
    )


@GROUP.check(
    2,
    "The driver exports the 7 functions that the draft of 2009 had beside them",
    "驱动导出 2009 年草案另有的 7 个函数",
    clause=DRAFT,
    functions=[name for name, function in header.functions().items() if function.common and not function.clause],
    severity=Severity.RECOMMENDED,
)
def draft_functions(bench: SKFBench) -> None:
    """Look up the functions that every known driver header declares and the edition of 2012 leaves out."""
    missing = [name for name in bench.shared.library.missing if not header.functions()[name].clause]
    if missing:
        bench.unsupported(f"not exported: {', '.join(missing)}", f"未导出：{', '.join(missing)}")


@GROUP.check(
    3,
    "How SKF_DisConnectDev is spelled",
    "SKF_DisConnectDev 的拼写",
    clause=Clause(GMT_0016, "7.1.6"),
    functions=("SKF_DisConnectDev",),
    severity=Severity.INFORMATION,
)
def disconnect_spelling(bench: SKFBench) -> None:
    """Tell under which of the standard's two spellings the function was found."""
    bench.observe("symbol", bench.skf.symbols.get("SKF_DisConnectDev", "none"))


# ---- the width of numbers ------------------------------------------------------------------


def _cell(bench: SKFBench, value: int | None = None) -> tuple[Guarded, Any]:
    """Return memory for a ULONG, and the pointer to it; None leaves it as no driver would write it."""
    memory = bench.buffer(_CELL_LEN, _UNTOUCHED[0])
    if value is not None:
        bench.ffi.memmove(memory.pointer, value.to_bytes(_WIDTH, sys.byteorder), _WIDTH)
    return memory, bench.ffi.cast("ULONG *", memory.pointer)


def _expect_32_bits(bench: SKFBench, function: str, memory: Guarded, what: Words) -> None:
    """Judge what a driver wrote to such memory."""
    written = memory.bytes()
    bench.expect(
        written[:_WIDTH] != _UNTOUCHED * _WIDTH,
        f"{function} does not write {what.en}",
        f"{function} 未写入{what.zh}",
    )
    bench.expect(
        written[8:] == _UNTOUCHED * 8 and not memory.overrun,
        f"{function} writes more than 8 bytes for {what.en}",
        f"{function} 为{what.zh}写入了 8 个以上的字节",
    )
    if written[_WIDTH:8] == _UNTOUCHED * _WIDTH:
        return
    layout = bench.skf.layout.name
    bench.deviate(
        f"{function} writes {what.en} as 8 bytes; ULONG has 4",
        f"{function} 以 8 个字节写入{what.zh}；ULONG 应为 4 个字节",
        f"call the driver by the layout {layout}, with 8 zeroed bytes for every number it writes",
        f"按布局 {layout} 调用该驱动，为其写入的每个数值准备 8 个清零的字节",
    )


@GROUP.check(
    4,
    "ULONG has 32 bits: the length that SKF_EnumDev writes",
    "ULONG 为 32 位：SKF_EnumDev 写入的长度",
    clause=_ULONG,
    functions=("SKF_EnumDev",),
)
def enum_dev_width(bench: SKFBench) -> None:
    """Ask for the length with memory of which every byte is known, and see how many bytes were written."""
    memory, pointer = _cell(bench)
    bench.demand("SKF_EnumDev", 1, bench.ffi.NULL, pointer)
    _expect_32_bits(bench, "SKF_EnumDev", memory, Words("the length", "长度"))


@GROUP.check(
    5,
    "ULONG has 32 bits: what the functions of devices and digests write",
    "ULONG 为 32 位：设备与摘要函数写入的数值",
    clause=_ULONG,
    functions=("SKF_GetDevState", "SKF_EnumApplication", "SKF_DigestFinal"),
)
def device_width(bench: SKFBench) -> None:
    """Likewise the state of the device, the length of the list of applications, and that of a digest."""
    device = bench.raw(bench.device)
    memory, pointer = _cell(bench)
    bench.demand("SKF_GetDevState", bench.text(bench.device_name), pointer)
    _expect_32_bits(bench, "SKF_GetDevState", memory, Words("the state", "状态"))
    memory, pointer = _cell(bench)
    bench.demand("SKF_EnumApplication", device, bench.ffi.NULL, pointer)
    _expect_32_bits(bench, "SKF_EnumApplication", memory, Words("the length", "长度"))
    digest = bench.skf.digest_init(bench.device, bench.constant("SGD_SM3"))
    bench.later(bench.skf.close_handle, digest)
    bench.skf.digest_update(digest, b"abc")
    # The upper half belongs to the capacity where ULONG is wider, and has to say nothing more there.
    memory, pointer = _cell(bench)
    bench.ffi.memmove(memory.pointer, _SM3_LEN.to_bytes(8, sys.byteorder), bench.skf.layout.ulong_len)
    bench.demand("SKF_DigestFinal", bench.raw(digest), bench.buffer(_SM3_LEN).pointer, pointer)
    _expect_32_bits(bench, "SKF_DigestFinal", memory, Words("the length", "长度"))


@GROUP.check(
    6,
    "ULONG has 32 bits: what the functions of applications write",
    "ULONG 为 32 位：应用函数写入的数值",
    clause=_ULONG,
    functions=("SKF_GetPINInfo", "SKF_EnumFiles", "SKF_EnumContainer"),
    precondition=Words("an application", "有一个应用"),
)
def application_width(bench: SKFBench) -> None:
    """Likewise both counts of a PIN, and the lengths of the lists of files and containers."""
    application = bench.raw(bench.application)
    most, most_at = _cell(bench)
    left, left_at = _cell(bench)
    _default, default_at = _cell(bench)
    user = bench.constant("USER_TYPE")
    bench.demand("SKF_GetPINInfo", application, user, most_at, left_at, bench.ffi.cast("BOOL *", default_at))
    _expect_32_bits(bench, "SKF_GetPINInfo", most, Words("the most tries", "最大重试次数"))
    _expect_32_bits(bench, "SKF_GetPINInfo", left, Words("the tries left", "剩余重试次数"))
    for function in ("SKF_EnumFiles", "SKF_EnumContainer"):
        memory, pointer = _cell(bench)
        bench.demand(function, application, bench.ffi.NULL, pointer)
        _expect_32_bits(bench, function, memory, Words("the length", "长度"))


@GROUP.check(
    7,
    "BOOL has 32 bits: whether a PIN is the default",
    "BOOL 为 32 位：PIN 是否为默认值",
    clause=Clause(GBT_33560, "table 5", "B"),
    functions=("SKF_GetPINInfo",),
    severity=Severity.RECOMMENDED,
    precondition=Words("an application", "有一个应用"),
)
def bool_width(bench: SKFBench) -> None:
    """Look at the flag that SKF_GetPINInfo writes; GM/T 0016-2012 does not say how wide it is."""
    cells = [_cell(bench) for _ in range(3)]
    pointers = [pointer for _memory, pointer in cells]
    pointers[2] = bench.ffi.cast("BOOL *", pointers[2])
    bench.demand("SKF_GetPINInfo", bench.raw(bench.application), bench.constant("USER_TYPE"), *pointers)
    _expect_32_bits(bench, "SKF_GetPINInfo", cells[2][0], Words("the flag", "标志"))


# ---- structures ----------------------------------------------------------------------------


@GROUP.check(
    8,
    "DEVINFO stands in memory as its definition says",
    "DEVINFO 按其定义排列在内存中",
    clause=Clause(GMT_0016, "7.1.9"),
    functions=("SKF_GetDevInfo",),
)
def devinfo_layout(bench: SKFBench) -> None:
    """Read what SKF_GetDevInfo writes by each layout that drivers have, and see in which one its numbers make sense."""
    width = bench.skf.layout.ulong_len
    unknown = Findings(Layout(width), width_known=True, packing_known=False)
    found = examine_device(bench.shared.library, unknown, bench.device.value)
    bench.expect(
        found.packing_known,
        "DEVINFO makes sense in no layout: its algorithms or its sizes are impossible",
        "DEVINFO 按任何布局都不合理：算法标识或空间大小不可能",
    )
    bench.observe("layout", found.layout.name)


@GROUP.check(
    9,
    "Structures have no gaps",
    "结构体成员之间无填充",
    clause=Clause(GMT_0016, "", "B"),
    functions=("SKF_GetDevInfo",),
    severity=Severity.RECOMMENDED,
)
def packing(bench: SKFBench) -> None:
    """Tell the packing that DEVINFO has; the standard is silent, and most drivers align to one byte."""
    layout = bench.skf.layout
    if not layout.packed:
        bench.deviate(
            "DEVINFO has gaps: the driver was built with natural alignment",
            "DEVINFO 成员之间有填充：驱动按自然对齐编译",
            f"call the driver by the layout {layout.name}",
            f"按布局 {layout.name} 调用该驱动",
        )


def _exact(bench: SKFBench, structure: str, extra_len: int = 0) -> tuple[Guarded, Any]:
    """Return memory of just the size of a structure, between guards, and the pointer to it."""
    memory = bench.buffer(bench.skf.layout.size(structure) + extra_len)
    return memory, bench.ffi.cast(f"{structure} *", memory.pointer)


def _expect_inside(bench: SKFBench, function: str, structure: str, memory: Guarded) -> None:
    bench.expect(
        not memory.overrun,
        f"{function} writes outside {structure}",
        f"{function} 的写入超出 {structure}",
    )


@GROUP.check(
    10,
    "SKF_GetDevInfo writes nothing behind DEVINFO",
    "SKF_GetDevInfo 不写入 DEVINFO 之外",
    clause=Clause(GMT_0016, "7.1.9"),
    functions=("SKF_GetDevInfo",),
)
def devinfo_size(bench: SKFBench) -> None:
    """Have DEVINFO written to memory of just its size, between bytes that have to stay."""
    memory, info = _exact(bench, "DEVINFO")
    bench.demand("SKF_GetDevInfo", bench.raw(bench.device), info)
    _expect_inside(bench, "SKF_GetDevInfo", "DEVINFO", memory)


@GROUP.check(
    11,
    "BLOCKCIPHERPARAM is taken by value, field by field",
    "BLOCKCIPHERPARAM 按值传递，各成员均被正确读取",
    clause=Clause(GMT_0016, "7.6.19"),
    functions=("SKF_EncryptInit", "SKF_Encrypt"),
    precondition=Words(
        "SM4, and SKF_SetSymmKey or the permission to write", "支持 SM4，且有 SKF_SetSymmKey 或允许写入"
    ),
)
def cipher_param(bench: SKFBench) -> None:
    """Encrypt by CBC with an IV and with padding, and compare: both stand in the structure on the stack."""
    key = known_key(bench, "SGD_SM4_CBC")
    iv, message = bytes(range(0x40, 0x50)), b"one block, padded"[:16]
    param = bench.ffi.new("BLOCKCIPHERPARAM *")
    bench.ffi.memmove(param.IV, iv, len(iv))
    param.IVLen, param.PaddingType = len(iv), 1
    bench.demand("SKF_EncryptInit", bench.raw(key), param[0])
    written = bench.skf.encrypt(key, message)
    padded = sm4.encrypt(KEY, message, sm4.Mode.CBC, iv, padding=sm4.Padding.PKCS7)
    if written == padded:
        return
    mistakes = (
        (padded[:16], "PaddingType is not read", "未读取 PaddingType"),
        (sm4.encrypt(KEY, message, sm4.Mode.CBC, bytes(16), padding=sm4.Padding.PKCS7), "IV is not read", "未读取 IV"),
    )
    for wrong, en, zh in mistakes:
        bench.expect(written != wrong, f"the ciphertext is what comes when {en}", f"密文表明{zh}")
    bench.fail("the ciphertext is another than software makes", "密文与软件结果不一致")


def _written(bench: SKFBench, structure: str, function: str, call: Callable[[Any], None], extra_len: int = 0) -> Any:
    """Have a structure written to memory of just its size, and return the pointer to it."""
    memory, at = _exact(bench, structure, extra_len)
    call(at)
    _expect_inside(bench, function, structure, memory)
    bench.later(memory.bytes, 0)  # what is pointed to lives as long as the check
    return at


@GROUP.check(
    12,
    "ECCPUBLICKEYBLOB has 132 bytes, the coordinates at 4 and 68",
    "ECCPUBLICKEYBLOB 为 132 字节，坐标位于偏移 4 与 68",
    clause=Clause(GMT_0016, "7.6.8"),
    functions=("SKF_GenECCKeyPair", "SKF_ExportPublicKey"),
    needs=_WRITE,
)
def public_key_blob(bench: SKFBench) -> None:
    """Make a pair into memory of just the size; what stands there is a point, and what is exported has that size."""
    container = bench.raw(bench.new_container())

    def generate(at: Any) -> None:
        # Drivers of the draft have the other number.
        if bench.answer("SKF_GenECCKeyPair", container, bench.constant("SGD_SM2_1"), at) != "SAR_OK":
            bench.demand("SKF_GenECCKeyPair", container, bench.constant("SGD_SM2_1_DRAFT"), at)

    def export(at: Any) -> None:
        cell, length = bench.ulong()
        bench.demand("SKF_ExportPublicKey", container, 1, bench.ffi.NULL, length)
        size = bench.skf.layout.size("ECCPUBLICKEYBLOB")
        # More may be asked for than is written: the structure is what counts.
        bench.expect(
            length[0] >= size,
            f"{length[0]} bytes are asked for, and the structure has {size}",
            f"所需长度报告为 {length[0]} 字节，而结构为 {size} 字节",
        )
        length[0] = size
        bench.demand("SKF_ExportPublicKey", container, 1, bench.ffi.cast("BYTE *", at), length)
        bench.expect(
            length[0] == size,
            f"the exported structure has {length[0]} bytes, not {size}",
            f"导出的结构为 {length[0]} 字节，而非 {size} 字节",
        )
        del cell

    for function, call in (("SKF_GenECCKeyPair", generate), ("SKF_ExportPublicKey", export)):
        at = _written(bench, "ECCPUBLICKEYBLOB", function, call)
        bench.expect(
            at.BitLen == 256 and on_curve(pair_of(bench, at.XCoordinate, at.YCoordinate)),
            f"{function} writes no public key of 256 bits where ECCPUBLICKEYBLOB has it",
            f"{function} 未在 ECCPUBLICKEYBLOB 规定的位置写入 256 位公钥",
        )


@GROUP.check(
    13,
    "ECCSIGNATUREBLOB has 128 bytes, r and s in 64 each",
    "ECCSIGNATUREBLOB 为 128 字节，r 与 s 各占 64 字节",
    clause=Clause(GMT_0016, "7.6.10"),
    functions=("SKF_ECCSignData",),
    needs=_WRITE,
)
def signature_blob(bench: SKFBench) -> None:
    """Sign into memory of just the size; what stands there is the signature."""
    container, point = bench.signing_container()
    e = bytes(range(32))

    def sign(at: Any) -> None:
        bench.demand("SKF_ECCSignData", bench.raw(container), bench.data(e), len(e), at)

    at = _written(bench, "ECCSIGNATUREBLOB", "SKF_ECCSignData", sign)
    bench.expect(
        holds(point, e, pair_of(bench, at.r, at.s)),
        "no signature stands where ECCSIGNATUREBLOB has it",
        "ECCSIGNATUREBLOB 规定的位置上没有有效签名",
    )


@GROUP.check(
    14,
    "ECCCIPHERBLOB has 164 bytes before the ciphertext, and nothing behind it",
    "ECCCIPHERBLOB 在密文之前为 164 字节，密文之后不再写入",
    clause=Clause(GMT_0016, "7.6.12"),
    functions=("SKF_ECCExportSessionKey",),
    needs=_WRITE,
)
def cipher_blob(bench: SKFBench) -> None:
    """Export a session key into memory of just the size, with the room for the ciphertext in CipherLen."""
    container, point = bench.signing_container()
    recipient = point_blob(bench, point)

    def export(at: Any) -> None:
        at.CipherLen = _KEY_LEN
        handle = bench.ffi.new("HANDLE *")
        number = bench.constant("SGD_SM4_ECB")
        bench.demand("SKF_ECCExportSessionKey", bench.raw(container), number, recipient.at, at, handle)
        bench.later(bench.answer, "SKF_CloseHandle", handle[0])

    demand_sm4(bench)
    at = _written(bench, "ECCCIPHERBLOB", "SKF_ECCExportSessionKey", export, _KEY_LEN - _CIPHER_MEMBER_LEN)
    bench.expect(
        at.CipherLen == _KEY_LEN and on_curve(pair_of(bench, at.XCoordinate, at.YCoordinate)),
        "no ciphertext of a key of 16 bytes stands where ECCCIPHERBLOB has it",
        "ECCCIPHERBLOB 规定的位置上没有 16 字节密钥的密文",
    )


@GROUP.check(
    15,
    "FILEATTRIBUTE has 44 bytes, the size of the file at 32",
    "FILEATTRIBUTE 为 44 字节，文件大小位于偏移 32",
    clause=Clause(GMT_0016, "7.4.5"),
    functions=("SKF_GetFileInfo",),
    needs=_WRITE,
)
def file_attribute(bench: SKFBench) -> None:
    """Have the attributes of a file written to memory of just the size; what stands there is what it was made with."""
    name = new_file(bench, _FILE_LEN)

    def describe(at: Any) -> None:
        bench.demand("SKF_GetFileInfo", bench.raw(bench.application), bench.text(name), at)

    at = _written(bench, "FILEATTRIBUTE", "SKF_GetFileInfo", describe)
    shown = bytes(bench.ffi.buffer(at.FileName)).split(b"\0", 1)[0]
    bench.expect(
        (shown, at.FileSize, at.ReadRights, at.WriteRights) == (name.encode(), _FILE_LEN, Rights.USER, Rights.USER),
        "name, size and rights do not stand where FILEATTRIBUTE has them",
        "文件名、大小和权限不在 FILEATTRIBUTE 规定的位置",
    )
