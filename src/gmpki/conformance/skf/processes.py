"""Checks of two programs that use one device: what one does to the other, and what is left when one dies."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf import samples
from gmpki.conformance.skf.locking import lock, lock_device
from gmpki.tokens.interfaces import PinRole

if TYPE_CHECKING:
    from gmpki.conformance.skf.bench import SKFBench
    from gmpki.conformance.skf.second_process import SecondBench
    from gmpki.tokens.skf.structures import ContainerHandle

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.SKF, "processes", "PROC", Words("Several processes", "多进程"))

_RECOMMENDED: Final = Severity.RECOMMENDED
_WRITE: Final = (Permission.WRITE,)
_DIGEST: Final = bytes(range(32))
_SIGNATURES: Final = 10
_LOCK_MS: Final = 5000
_WAIT_S: Final = 20.0


def _sign(bench: SKFBench, container: ContainerHandle) -> str:
    """Sign by SKF_ECCSignData and return the answer."""
    blob = bench.ffi.new("ECCSIGNATUREBLOB *")
    return bench.answer("SKF_ECCSignData", bench.raw(container), bench.data(_DIGEST), len(_DIGEST), blob)


# ---- in a second process -------------------------------------------------------------------


def ask_for_random(bench: SecondBench) -> str:
    """Connect, and return random bytes in hexadecimal digits."""
    return bench.skf.gen_random(bench.connect(), 32).hex()


def sign_without_login(bench: SecondBench, name: str) -> str:
    """Open a container and sign without logging in; return the answer. Nobody is logged out."""
    with bench.scene():
        application = bench.skf.open_application(bench.device, bench.application_name)
        return _sign(bench, bench.skf.open_container(application, name))


def log_out(bench: SecondBench) -> None:
    """Call SKF_ClearSecureState for the application."""
    with bench.scene():
        application = bench.skf.open_application(bench.device, bench.application_name)
        bench.skf.clear_secure_state(application)


def sign_often(bench: SecondBench, name: str) -> list[str]:
    """Log in and say so; when told, sign different digests; return digests and signatures in hexadecimal digits."""
    bench.login()
    with bench.scene():
        container = bench.skf.open_container(bench.application, name)
    bench.say("logged in")
    bench.told()
    return _signatures(bench, container)


def _signatures(bench: SKFBench, container: ContainerHandle) -> list[str]:
    made = []
    for _ in range(_SIGNATURES):
        digest = secrets.token_bytes(32)
        made += [digest.hex(), bench.skf.ecc_sign_data(container, digest).hex()]
    return made


def stay_logged_in(bench: SecondBench) -> None:
    """Log in, begin a digest, say so, and stay until told."""
    bench.login()
    bench.skf.digest_init(bench.device, bench.constant("SGD_SM3"))
    bench.say("logged in")
    bench.told()


def delete_container(bench: SecondBench, name: str) -> None:
    """Log in and delete a container."""
    bench.login()
    with bench.scene():
        bench.skf.delete_container(bench.application, name)


# ---- the checks ----------------------------------------------------------------------------


@GROUP.check(
    1,
    "Two processes are connected to one device",
    "两个进程同时连接同一设备",
    clause=Clause(GMT_0016, "7.1.10", "B"),
    functions=("SKF_ConnectDev", "SKF_GenRandom"),
    severity=_RECOMMENDED,
)
def both_connected(bench: SKFBench) -> None:
    """Connect; a second process connects and asks for random bytes; ask here, too. Without a lock both are served."""
    device = bench.device
    with bench.second_process(ask_for_random) as other:
        there = other.result()
    here = bench.skf.gen_random(device, 32).hex()
    bench.expect(here != there, "both processes get the same random bytes", "两个进程得到相同的随机数")


@GROUP.check(
    2,
    "Two processes sign at once with one key",
    "两个进程同时使用同一密钥签名",
    clause=Clause(GMT_0016, "7.1.10", "B"),
    functions=("SKF_VerifyPIN", "SKF_ECCSignData"),
    severity=_RECOMMENDED,
    needs=_WRITE,
)
def both_sign(bench: SKFBench) -> None:
    """Log in here and in a second process, and sign ten digests in each at once: every signature holds in software."""
    container, point = bench.signing_container()
    with bench.second_process(sign_often, name=bench.name_of(container)) as other:
        other.heard(_WAIT_S)
        bench.login()
        other.tell("sign")
        made = _signatures(bench, container)
        made += other.result(_WAIT_S)
    for digest, signature in zip(made[::2], made[1::2], strict=True):
        bench.expect(
            samples.holds(point, bytes.fromhex(digest), bytes.fromhex(signature)),
            "a signature made while another process signed does not hold",
            "另一进程同时签名时产生的签名验证不通过",
        )


@GROUP.check(
    3,
    "Whether a login holds for other processes",
    "登录状态对其他进程是否有效",
    clause=Clause(GMT_0016, "5.2", "C"),
    functions=("SKF_VerifyPIN", "SKF_ECCSignData", "SKF_ClearSecureState"),
    severity=Severity.INFORMATION,
    needs=_WRITE,
)
def login_elsewhere(bench: SKFBench) -> None:
    """Log in here; a second process signs without a login, and a third one logs out: what that means here is told."""
    container, _ = bench.signing_container()
    with bench.second_process(sign_without_login, name=bench.name_of(container)) as other:
        bench.observe("signing in another process that has not logged in", other.result())
    with bench.second_process(log_out) as other:
        other.result()
    bench.observe("signing here after another process has logged out", _sign(bench, container))


@GROUP.check(
    4,
    "A process that is killed while it is logged in leaves a device that works",
    "已登录的进程被终止后设备仍可正常使用",
    clause=Clause(GMT_0016, "5.2", "C"),
    functions=("SKF_VerifyPIN", "SKF_ECCSignData"),
    severity=_RECOMMENDED,
    needs=_WRITE,
)
def killed_logged_in(bench: SKFBench) -> None:
    """Kill a second process that has logged in: here a login and a signature work. Whether its login stays is told."""
    container, point = bench.signing_container()
    bench.logout()
    with bench.second_process(stay_logged_in) as other:
        other.heard(_WAIT_S)
        other.kill()
    bench.observe("signing without a login after the process has died", _sign(bench, container))
    bench.skf.verify_pin(bench.application, PinRole.USER, bench.pins.user)
    bench.expect(
        samples.holds(point, _DIGEST, bench.skf.ecc_sign_data(container, _DIGEST)),
        "a signature made after another process has died does not hold",
        "另一进程终止后产生的签名验证不通过",
    )


@GROUP.check(
    5,
    "A process that is killed leaves no lock behind",
    "进程被终止后不遗留设备锁",
    clause=Clause(GMT_0016, "7.1.10", "C"),
    functions=("SKF_LockDev",),
    severity=_RECOMMENDED,
)
def killed_with_lock(bench: SKFBench) -> None:
    """Kill a second process that has locked the device: here it is locked within five seconds."""
    device = bench.device
    with bench.second_process(lock_device, timeout_ms=_LOCK_MS) as other:
        other.heard()
        other.tell("lock")
        answer, _ = other.heard(_WAIT_S)
        if answer != "SAR_OK":
            bench.not_run(f"the second process got {answer} for its lock", f"第二个进程加锁返回 {answer}")
        other.kill()
    started = time.monotonic()
    answer = lock(bench, device, _LOCK_MS)
    bench.observe("locked after", f"{time.monotonic() - started:.1f} s")
    bench.expect(
        answer == "SAR_OK",
        f"the lock of a process that has died holds on: {answer}",
        f"已终止进程的锁仍未释放：{answer}",
    )


@GROUP.check(
    6,
    "A container that another process has deleted is gone here, too",
    "其他进程删除的容器在本进程也不可再用",
    clause=Clause(GMT_0016, "7.5.3", "C"),
    functions=("SKF_DeleteContainer", "SKF_ECCSignData"),
    severity=_RECOMMENDED,
    needs=_WRITE,
)
def deleted_elsewhere(bench: SKFBench) -> None:
    """Open a container; a second process deletes it: signing by the handle from before is refused."""
    container, _ = bench.signing_container()
    with bench.second_process(delete_container, name=bench.name_of(container)) as other:
        other.result(_WAIT_S)
    bench.login()
    answer = _sign(bench, container)
    bench.observe("SKF_ECCSignData", answer)
    bench.expect(
        answer != "SAR_OK",
        "a key whose container another process has deleted still signs",
        "其他进程已删除容器，其中的密钥仍可签名",
    )
