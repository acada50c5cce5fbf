"""The device: its state, connections to it, its label, commands (GM/T 0016-2012 7.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf import samples

if TYPE_CHECKING:
    from gmpki.conformance.skf.bench import SKFBench

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.SKF, "device", "DEV", Words("The device", "设备管理"))

_STATE: Final = Clause(GMT_0016, "7.1.7")
_LABEL: Final = Clause(GMT_0016, "7.1.8")

_INIT: Final = (Permission.INIT,)

_PRESENT: Final = 1
_UNWRITTEN: Final = 0xFFFFFFFF  # no state of a device
_LONGEST_LABEL: Final = 31  # bytes


def _unknown_name(bench: SKFBench) -> str:
    """Return a name that no device has."""
    return f"no device {bench.shared.new_name()}"


# ---- found and connected -------------------------------------------------------------------


@GROUP.check(
    1,
    "A connected device is present",
    "已连接设备的状态为存在",
    clause=_STATE,
    functions=("SKF_GetDevState",),
)
def state_of_present(bench: SKFBench) -> None:
    """Ask for the state of the device under test: DEV_PRESENT_STATE, 1."""
    state = bench.skf.get_dev_state(bench.device_name)
    bench.expect(
        state == _PRESENT,
        f"the state of a device that is listed is {state}",
        f"已列出设备的状态为 {state}",
    )


@GROUP.check(
    2,
    "A device that nobody knows is not present",
    "未知设备的状态不为存在",
    clause=_STATE,
    functions=("SKF_GetDevState",),
)
def state_of_unknown(bench: SKFBench) -> None:
    """Ask for the state of a name that no device has: an error, or DEV_ABSENT_STATE or DEV_UNKNOW_STATE."""
    cell, state = bench.ulong(_UNWRITTEN)
    code = bench.supported("SKF_GetDevState", bench.text(_unknown_name(bench)), state)
    said = int(state[0])
    del cell
    bench.observe("code", code)
    if code == "SAR_OK":
        bench.observe("state", said)
        bench.expect(said != _PRESENT, "a device that does not exist is present", "不存在的设备被报告为存在")


@GROUP.check(
    3,
    "A device that nobody knows cannot be connected",
    "不能连接未知设备",
    clause=Clause(GMT_0016, "7.1.5"),
    functions=("SKF_ConnectDev",),
)
def connect_unknown(bench: SKFBench) -> None:
    """Connect to a name that no device has."""
    handle = bench.ffi.new("HANDLE *")
    bench.refuses(
        "a device that does not exist is connected",
        "连接了不存在的设备",
        "SKF_ConnectDev",
        bench.text(_unknown_name(bench)),
        handle,
    )


@GROUP.check(
    4,
    "A device can be connected twice, and the end of one connection is not that of the other",
    "设备可重复连接，断开其一不影响另一连接",
    clause=Clause(GMT_0016, "7.1.5", "B"),
    severity=Severity.RECOMMENDED,
    functions=("SKF_ConnectDev", "SKF_DisConnectDev"),
)
def two_connections(bench: SKFBench) -> None:
    """Connect twice, disconnect one, and ask the other for its description."""
    first = bench.device
    second = bench.skf.connect_dev(bench.device_name)
    bench.skf.disconnect_dev(second)
    bench.observe("different handles", first.value != second.value)
    if first.value == second.value:
        bench.deviate(
            "both connections have one handle: the first may be closed with the second",
            "两次连接返回同一句柄：断开其一可能同时断开另一连接",
            "connect once in a process and share the handle",
            "每个进程只连接一次并共享句柄",
        )
    bench.skf.get_dev_info(first)


@GROUP.check(
    5,
    "What the driver supports contains the device that is there",
    "驱动支持的设备列表包含当前设备",
    clause=Clause(GMT_0016, "7.1.4"),
    severity=Severity.INFORMATION,
    functions=("SKF_EnumDev",),
)
def listed(bench: SKFBench) -> None:
    """List the devices that are present and those that the driver supports, and tell whether ours is in both."""
    bench.observe("among those present", bench.device_name in bench.skf.enum_dev())
    bench.observe("among those supported", bench.device_name in bench.skf.enum_dev(False))


# ---- the label -----------------------------------------------------------------------------


@GROUP.check(
    30,
    "A label that was set is the device's label",
    "设置的标签即为设备标签",
    clause=_LABEL,
    functions=("SKF_SetLabel", "SKF_GetDevInfo"),
    needs=_INIT,
)
def label_set(bench: SKFBench) -> None:
    """Set a label and read it by the same connection and by another; then set the one from before."""
    samples.keep_label(bench)
    label = bench.shared.new_name()
    bench.skf.set_label(bench.device, label)
    for where, found in (("this", bench.info.label), ("another", bench.skf.get_dev_info(bench.connect()).label)):
        bench.expect(
            found == label,
            f"the label {label!r} was set, and {where} connection reads {found!r}",
            f"设置标签 {label!r} 后，{'本' if where == 'this' else '另一'}连接读到 {found!r}",
        )


@GROUP.check(
    31,
    "A label of 31 bytes is taken whole",
    "可设置 31 字节的标签",
    clause=_LABEL,
    functions=("SKF_SetLabel", "SKF_GetDevInfo"),
    needs=_INIT,
)
def longest_label(bench: SKFBench) -> None:
    """Set a label of 31 bytes, the longest below 32, and read it."""
    samples.keep_label(bench)
    label = bench.shared.new_name().ljust(_LONGEST_LABEL, "x")
    code = _set_label(bench, label)
    bench.expect(code == "SAR_OK", f"a label of 31 bytes is answered with {code}", f"31 字节的标签返回 {code}")
    found = bench.info.label
    bench.expect(
        found == label, f"of a label of 31 bytes {len(found)} are kept", f"31 字节的标签只保留了 {len(found)} 字节"
    )


def _set_label(bench: SKFBench, label: str) -> str:
    return bench.supported("SKF_SetLabel", bench.raw(bench.device), bench.text(label))


@GROUP.check(
    32,
    "A label of 32 bytes is refused",
    "拒绝 32 字节的标签",
    clause=_LABEL,
    functions=("SKF_SetLabel", "SKF_GetDevInfo"),
    needs=_INIT,
)
def label_too_long(bench: SKFBench) -> None:
    """Set a label of 32 bytes, which has no room for its end in the structure: refused, and the old one stays."""
    before = bench.info.label
    samples.keep_label(bench)
    code = _set_label(bench, bench.shared.new_name().ljust(_LONGEST_LABEL + 1, "x"))
    bench.observe("SKF_SetLabel", code)
    bench.expect(code != "SAR_OK", "a label of 32 bytes is accepted", "接受了 32 字节的标签")
    bench.expect(bench.info.label == before, "a label that was refused is kept", "被拒绝的标签仍被保存")


# ---- commands -------------------------------------------------------------------------------


@GROUP.check(
    40,
    "Whether SKF_Transmit passes commands",
    "SKF_Transmit 能否透传命令",
    clause=Clause(GMT_0016, "7.1.12"),
    severity=Severity.INFORMATION,
    functions=("SKF_Transmit",),
)
def transmit(bench: SKFBench) -> None:
    """Pass a command for 8 random bytes, as GM/T 0017 codes it, and tell the answer's length and last two bytes."""
    if not bench.has("SKF_Transmit"):
        bench.unsupported("the driver has no SKF_Transmit", "驱动没有 SKF_Transmit")
    answer = bench.skf.transmit(bench.device, bytes.fromhex("8050000000" + "0008"))
    bench.observe("answer", f"{len(answer)} bytes")
    bench.observe("status", answer[-2:].hex().upper())
