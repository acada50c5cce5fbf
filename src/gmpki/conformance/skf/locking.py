"""Checks of the exclusive use of a device: SKF_LockDev and SKF_UnlockDev, between two processes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.model import Clause, Kind, Severity, Words
from gmpki.conformance.registry import Group

if TYPE_CHECKING:
    from gmpki.conformance.skf.bench import SKFBench
    from gmpki.conformance.skf.second_process import SecondBench, SecondProcess
    from gmpki.tokens.skf.structures import DeviceHandle

__all__ = ["GROUP", "lock", "lock_device"]

GROUP: Final = Group(Kind.SKF, "locking", "LOCK", Words("Exclusive use of the device", "设备独占"))

_LOCK: Final = Clause(GMT_0016, "7.1.10")
_UNLOCK: Final = Clause(GMT_0016, "7.1.11")
_BOTH: Final = ("SKF_LockDev", "SKF_UnlockDev")
_SHORT_MS: Final = 500
_LONG_MS: Final = 10_000
_HELD_S: Final = 1.0  # for so long a lock is held before it is given back
_LATE_S: Final = 5.0  # a device at work answers later than its time-out, and not by so much
_WAIT_S: Final = 12.0
_RANDOM_LEN: Final = 8


def lock(bench: SKFBench, device: DeviceHandle | None = None, timeout_ms: int = _LONG_MS) -> str:
    """Call SKF_LockDev; what is still locked is given back when the check ends."""
    handle = bench.raw(device or bench.device)
    bench.later(bench.answer, "SKF_UnlockDev", handle)
    return bench.supported("SKF_LockDev", handle, timeout_ms)


def _demand_lock(bench: SKFBench) -> None:
    """Lock the device for this process; without that there is nothing to check."""
    answer = lock(bench)
    bench.expect(
        answer == "SAR_OK",
        f"SKF_LockDev answered {answer} for a device that nobody has locked",
        f"设备未被锁定时 SKF_LockDev 返回 {answer}",
    )


def _unlock(bench: SKFBench) -> None:
    bench.demand("SKF_UnlockDev", bench.raw(bench.device))


# ---- in a second process -------------------------------------------------------------------


def lock_device(bench: SecondBench, timeout_ms: int) -> None:
    """Connect and say so; when told, lock and say the answer and how long that took; keep the lock until told."""
    device = bench.device
    bench.say("connected")
    bench.told()
    started = time.monotonic()
    answer = lock(bench, device, timeout_ms)
    bench.say([answer, time.monotonic() - started])
    bench.told()


def unlock_device(bench: SecondBench) -> str:
    """Connect and say so; when told, unlock what another process has locked, and return the answer."""
    device = bench.device
    bench.say("connected")
    bench.told()
    return bench.supported("SKF_UnlockDev", bench.raw(device))


def use_device(bench: SecondBench) -> None:
    """Connect and say so; when told, ask for random bytes and say the answer and when it came."""
    device = bench.device
    bench.say("connected")
    bench.told()
    room = bench.buffer(_RANDOM_LEN)
    answer = bench.answer("SKF_GenRandom", bench.raw(device), room.pointer, _RANDOM_LEN)
    bench.say([answer, time.monotonic()])


def _locked_there(other: SecondProcess) -> tuple[str, float]:
    """Let the second process lock; return the answer and how long it took, in seconds."""
    other.tell("lock")
    answer, took_s = other.heard(_WAIT_S)
    return str(answer), float(took_s)


# ---- the checks ----------------------------------------------------------------------------


@GROUP.check(
    1,
    "A device is locked, used and unlocked, and then free for others",
    "设备可锁定、使用、解锁，解锁后他人可用",
    clause=_UNLOCK,
    functions=_BOTH,
)
def lock_use_unlock(bench: SKFBench) -> None:
    """Lock, ask for random bytes, unlock: a second process then locks within its time-out."""
    with bench.second_process(lock_device, timeout_ms=_LONG_MS // 4) as other:
        other.heard()
        _demand_lock(bench)
        room = bench.buffer(_RANDOM_LEN)
        answer = bench.answer("SKF_GenRandom", bench.raw(bench.device), room.pointer, _RANDOM_LEN)
        bench.expect(
            answer == "SAR_OK",
            f"whoever has locked the device cannot use it: SKF_GenRandom answered {answer}",
            f"锁定设备者自身无法使用设备：SKF_GenRandom 返回 {answer}",
        )
        _unlock(bench)
        answer, _ = _locked_there(other)
        bench.expect(
            answer == "SAR_OK",
            f"the device stays locked after SKF_UnlockDev: another process gets {answer}",
            f"SKF_UnlockDev 之后设备仍被锁定：另一进程得到 {answer}",
        )


@GROUP.check(
    2,
    "While a device is locked, another process does not use it",
    "设备锁定期间另一进程不能使用",
    clause=_LOCK,
    functions=_BOTH,
)
def excludes_others(bench: SKFBench) -> None:
    """Lock; a second process that is connected asks for random bytes: it waits or is refused until the lock is gone."""
    with bench.second_process(use_device) as other:
        other.heard()
        _demand_lock(bench)
        other.tell("use")
        time.sleep(_HELD_S)
        # The clock of both processes is the system's.
        released = time.monotonic()
        _unlock(bench)
        answer, ended = other.heard(_WAIT_S)
        waited = float(ended) >= released
        bench.observe("while locked", "waits" if waited else answer)
        bench.expect(
            waited or answer != "SAR_OK",
            "another process used the device while it was locked: SKF_LockDev does nothing",
            "设备锁定期间另一进程仍可使用：SKF_LockDev 不起作用",
        )


@GROUP.check(
    3,
    "While a device is locked, another process cannot lock it",
    "设备锁定期间另一进程不能再锁定",
    clause=_LOCK,
    functions=_BOTH,
)
def locks_once(bench: SKFBench) -> None:
    """Lock; a second process that locks with half a second of time-out is refused. The code is told."""
    with bench.second_process(lock_device, timeout_ms=_SHORT_MS) as other:
        other.heard()
        _demand_lock(bench)
        answer, _ = _locked_there(other)
        bench.observe("SKF_LockDev after the time-out", answer)
        bench.expect(answer != "SAR_OK", "two processes have locked the device at once", "两个进程同时锁定了设备")


@GROUP.check(
    4,
    "A lock that is not to be had is waited for as long as the time-out says",
    "无法获得锁时，等待时间与超时参数一致",
    clause=_LOCK,
    functions=_BOTH,
)
def waits_for_the_time_out(bench: SKFBench) -> None:
    """Lock; a second process asks with half a second of time-out, and is not answered before it, nor long after it."""
    with bench.second_process(lock_device, timeout_ms=_SHORT_MS) as other:
        other.heard()
        _demand_lock(bench)
        answer, took_s = _locked_there(other)
        bench.observe("waited", f"{took_s:.2f} s of {_SHORT_MS / 1000:g} s")
        # A quarter is left to clocks that tick seldom.
        bench.expect(
            answer != "SAR_OK" and took_s >= 0.75 * _SHORT_MS / 1000,
            f"{answer} came after {took_s:.2f} s: the time-out of {_SHORT_MS} ms was not waited for",
            f"{took_s:.2f} 秒后返回 {answer}：未等待 {_SHORT_MS} 毫秒的超时时间",
        )
        bench.expect(
            took_s <= _SHORT_MS / 1000 + _LATE_S,
            f"the answer took {took_s:.1f} s, with a time-out of {_SHORT_MS} ms: its unit may be mistaken",
            f"超时为 {_SHORT_MS} 毫秒，却等待了 {took_s:.1f} 秒：可能弄错了时间单位",
        )


@GROUP.check(
    5,
    "Who waits for a lock gets it when it is given back",
    "等待锁者在他人解锁后获得锁",
    clause=_LOCK,
    functions=_BOTH,
)
def waits_for_the_lock(bench: SKFBench) -> None:
    """Lock for a second, while a second process asks with ten seconds of time-out: it is given the device in time."""
    with bench.second_process(lock_device, timeout_ms=_LONG_MS) as other:
        other.heard()
        _demand_lock(bench)
        other.tell("lock")
        time.sleep(_HELD_S)
        _unlock(bench)
        answer, took_s = other.heard(_WAIT_S)
        bench.expect(
            answer == "SAR_OK",
            f"SKF_LockDev answered {answer} after {took_s:.2f} s, though the device was free in time",
            f"设备已及时解锁，SKF_LockDev 却在 {took_s:.2f} 秒后返回 {answer}",
        )


@GROUP.check(
    6,
    "SKF_DisConnectDev unlocks what was locked by the connection",
    "SKF_DisConnectDev 自动解锁",
    clause=Clause(GMT_0016, "7.1.6"),
    functions=("SKF_LockDev", "SKF_DisConnectDev"),
)
def disconnecting_unlocks(bench: SKFBench) -> None:
    """Lock and disconnect without unlocking: a second process locks at once."""
    with bench.second_process(lock_device, timeout_ms=_LONG_MS // 4) as other:
        other.heard()
        with bench.scene():
            own = bench.skf.connect_dev(bench.device_name)
        answer = bench.supported("SKF_LockDev", bench.raw(own), _LONG_MS)
        bench.expect(answer == "SAR_OK", f"SKF_LockDev answered {answer}", f"SKF_LockDev 返回 {answer}")
        bench.skf.disconnect_dev(own)
        answer, _ = _locked_there(other)
        bench.expect(
            answer == "SAR_OK",
            f"the device stays locked after SKF_DisConnectDev: another process gets {answer}",
            f"SKF_DisConnectDev 之后设备仍被锁定：另一进程得到 {answer}",
        )


@GROUP.check(
    7,
    "Nobody unlocks what another process has locked",
    "不能解锁其他进程锁定的设备",
    clause=Clause(GMT_0016, "7.1.11", "B"),
    functions=_BOTH,
    severity=Severity.RECOMMENDED,
)
def owner_unlocks(bench: SKFBench) -> None:
    """Lock; a second process that is connected unlocks, and is refused."""
    with bench.second_process(unlock_device) as other:
        other.heard()
        _demand_lock(bench)
        other.tell("unlock")
        answer = other.result(_WAIT_S)
    bench.observe("SKF_UnlockDev of another process", answer)
    bench.expect(
        answer != "SAR_OK",
        "another process may unlock the device: the lock protects nobody",
        "另一进程可以解锁设备：锁定不起保护作用",
    )


@GROUP.check(
    8,
    "What locking twice and unlocking too often are answered with",
    "重复锁定与多次解锁的返回值",
    clause=_LOCK,
    functions=_BOTH,
    severity=Severity.INFORMATION,
)
def repeated(bench: SKFBench) -> None:
    """Unlock without a lock; lock twice by one connection; unlock twice. The standard leaves the answers open."""
    handle = bench.raw(bench.device)
    bench.observe("SKF_UnlockDev without a lock", bench.supported("SKF_UnlockDev", handle))
    _demand_lock(bench)
    bench.observe("SKF_LockDev again", bench.answer("SKF_LockDev", handle, _SHORT_MS))
    bench.observe("SKF_UnlockDev", bench.answer("SKF_UnlockDev", handle))
    bench.observe("SKF_UnlockDev again", bench.answer("SKF_UnlockDev", handle))


@GROUP.check(
    9,
    "Whether a lock keeps other connections of the same process away",
    "锁定对同一进程的其他连接是否有效",
    clause=_LOCK,
    functions=_BOTH,
    severity=Severity.INFORMATION,
)
def other_connection(bench: SKFBench) -> None:
    """Lock by one connection; another one of this process locks with half a second of time-out."""
    with bench.scene():
        second = bench.connect()
    _demand_lock(bench)
    bench.observe("SKF_LockDev by another connection", lock(bench, second, _SHORT_MS))
