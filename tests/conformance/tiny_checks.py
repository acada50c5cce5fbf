"""Two small groups of checks for the tests of runs, in place of those of the suite. Children import this too."""

from __future__ import annotations

import os
import signal
import sys
import time
from types import ModuleType
from typing import Any

from gmpki.conformance import registry
from gmpki.conformance.model import Clause, Kind, LatencyRow, Permission, Severity, Words
from gmpki.conformance.registry import Group

CLAUSE = Clause("GM/T 0016-2012", "7.1")
HANG_S = 1.5

MISCHIEF = Group(Kind.SKF, "mischief", "TINY", Words("mischief", "恶作剧"))
AFTER = Group(Kind.SKF, "after", "TINYB", Words("after", "之后"))


@MISCHIEF.check(1, "It can be called", "可以调用", clause=CLAUSE, functions=("SKF_EnumDev",))
def good(bench: Any) -> None:
    """List the devices."""
    assert bench.skf.enum_dev() == ("TINY",)
    bench.observe("devices", 1)
    bench.measured(LatencyRow("sm2", "sign", 1, 0.001, 0.001, 0.001, 0.001))


@MISCHIEF.check(2, "NULL is refused", "拒绝空指针", clause=CLAUSE, functions=("SKF_SetLabel",))
def crash(bench: Any) -> None:
    """Give a null label."""
    bench.code("SKF_SetLabel", bench.raw(bench.device), bench.ffi.NULL)


@MISCHIEF.check(3, "A lock returns", "锁定会返回", clause=CLAUSE, functions=("SKF_LockDev",), timeout_s=HANG_S)
def hang(bench: Any) -> None:
    """Lock the device."""
    bench.code("SKF_LockDev", bench.raw(bench.device), 0)


@MISCHIEF.check(4, "An unlock returns", "解锁会返回", clause=CLAUSE, functions=("SKF_UnlockDev",))
def ends(bench: Any) -> None:
    """Unlock the device."""
    bench.code("SKF_UnlockDev", bench.raw(bench.device))


@MISCHIEF.check(5, "It prints nothing", "不输出文字", clause=CLAUSE, functions=("SKF_GetDevState",))
def prints(bench: Any) -> None:
    """Ask for the state of the device."""
    assert bench.skf.get_dev_state("TINY") == 1


@MISCHIEF.check(
    6, "A label can be written", "可写标签", clause=CLAUSE, functions=("SKF_SetLabel",), needs=(Permission.WRITE,)
)
def writes(bench: Any) -> None:
    """Write a label."""
    bench.skf.set_label(bench.device, "label")


@MISCHIEF.check(7, "PINs are locked", "口令锁定", clause=CLAUSE, functions=(), needs=(Permission.LOCK, Permission.INIT))
def locks(bench: Any) -> None:
    """Do nothing."""


@AFTER.check(1, "It fails", "不通过", clause=CLAUSE, functions=(), severity=Severity.RECOMMENDED)
def fails(bench: Any) -> None:
    """Fail."""
    bench.fail("it was to fail", "本应失败")


@AFTER.check(2, "It is not there", "不支持", clause=CLAUSE, functions=("SKF_Transmit",), severity=Severity.INFORMATION)
def lacks(bench: Any) -> None:
    """Call what the driver lacks."""
    bench.skf.transmit(bench.device, b"")


@AFTER.check(3, "It deviates", "偏离", clause=CLAUSE, functions=(), severity=Severity.INFORMATION)
def deviates(bench: Any) -> None:
    """Deviate."""
    bench.deviate("it does", "如此", "look away", "忽略")


@AFTER.check(4, "It takes its time", "较慢", clause=CLAUSE, functions=(), severity=Severity.INFORMATION)
def slow(bench: Any) -> None:
    """Wait, as long as the test wants."""
    time.sleep(float(os.environ.get("TINY_SLOW_S", "0")))


@AFTER.check(5, "It leaves a process", "遗留进程", clause=CLAUSE, functions=(), severity=Severity.INFORMATION)
def leaves(bench: Any) -> None:
    """Let the driver leave a process behind, then crash."""
    bench.skf.cancel_wait_for_dev_event()
    bench.code("SKF_SetLabel", bench.raw(bench.device), bench.ffi.NULL)


@AFTER.check(6, "It is a mistake", "错误", clause=CLAUSE, functions=(), severity=Severity.INFORMATION)
def mistaken(bench: Any) -> None:
    """Be wrong, where the test wants it."""
    if os.environ.get("TINY_BUG"):
        raise ZeroDivisionError("a bug of the suite")


@AFTER.check(7, "It dies", "终止", clause=CLAUSE, functions=(), severity=Severity.INFORMATION, needs=(Permission.INIT,))
def dies(bench: Any) -> None:
    """Create an application, then end the process before it is removed."""
    bench.new_application()
    os.kill(os.getpid(), signal.SIGKILL)


def install() -> None:
    """Put the groups in the place of the suite's, in this process."""
    for group in (MISCHIEF, AFTER):
        module = ModuleType(f"gmpki.conformance.skf.{group.name}")
        module.GROUP = group  # type: ignore[attr-defined]
        sys.modules[module.__name__] = module
    registry._GROUPS[Kind.SKF] = (MISCHIEF.name, AFTER.name)
