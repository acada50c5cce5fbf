"""Locked PINs and logins: what locks and for whom, and how long a login lasts (GM/T 0016-2012 7.2.6, 7.2.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0016, GMT_0027
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.pin_calls import (
    ADMIN_TRIES,
    OWNERS,
    USER_TRIES,
    is_user_in,
    lock,
    log_in,
    new_application,
    opened_anew,
    tries_left,
    verify,
)
from gmpki.tokens.interfaces import PinRole

if TYPE_CHECKING:
    from gmpki.conformance.skf.bench import SKFBench

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.SKF, "pin_locks", "PIN", Words("Locked PINs and logins", "PIN 锁定与登录"))

_VERIFY: Final = Clause(GMT_0016, "7.2.6")

_INIT: Final = (Permission.INIT,)
_LOCKING: Final = (Permission.INIT, Permission.LOCK)
_WRITE: Final = (Permission.WRITE,)


# ---- locks ---------------------------------------------------------------------------------


@GROUP.check(
    20,
    "The last wrong PIN locks",
    "重试次数用尽后 PIN 锁定",
    clause=_VERIFY,
    functions=("SKF_VerifyPIN", "SKF_GetPINInfo"),
    needs=_LOCKING,
)
def last_try_locks(bench: SKFBench) -> None:
    """Verify wrong PINs until no try is left; the last is refused by either code for PINs, with 0."""
    own = new_application(bench)
    for role, tries in ((PinRole.USER, USER_TRIES), (PinRole.ADMIN, ADMIN_TRIES)):
        for _ in range(tries):
            answer = verify(bench, own.handle, role, own.pins.wrong)
        left, owner = tries_left(bench, own.handle, role), OWNERS[role]
        bench.observe("code", answer.name)
        bench.expect(
            left == 0,
            f"after {tries} wrong PINs of {owner.en}, of {tries} allowed, {left} tries are left",
            f"{owner.zh}输入 {tries} 次错误 PIN（最大次数）后仍剩余 {left} 次",
        )
        bench.expect(
            not answer.is_ok and answer.count in (0, None),
            f"the last wrong PIN is answered with {answer.name} and {answer.shown_count} tries left",
            f"最后一次错误 PIN 返回 {answer.name}，剩余次数 {answer.shown_count}",
        )


@GROUP.check(
    21,
    "A locked PIN is refused, also the right one",
    "PIN 锁定后正确的 PIN 也被拒绝",
    clause=_VERIFY,
    functions=("SKF_VerifyPIN",),
    needs=_LOCKING,
)
def right_pin_after_lock(bench: SKFBench) -> None:
    """Lock both PINs, then verify the right ones: SAR_PIN_LOCKED."""
    own = new_application(bench)
    for role, pin in ((PinRole.USER, own.pins.user), (PinRole.ADMIN, own.pins.admin)):
        lock(bench, own, role)
        answer, owner = verify(bench, own.handle, role, pin), OWNERS[role]
        bench.expect(
            not answer.is_ok,
            f"the locked PIN of {owner.en} logs in",
            f"{owner.zh} PIN 锁定后仍可登录",
        )
        if answer.name != "SAR_PIN_LOCKED":
            bench.deviate(
                f"a locked PIN is answered with {answer.name}",
                f"PIN 锁定后返回 {answer.name}",
                "ask SKF_GetPINInfo for the tries left: 0 means locked",
                "用 SKF_GetPINInfo 查询剩余次数，为 0 即锁定",
            )


@GROUP.check(
    22,
    "A locked PIN stays locked when the device is connected anew",
    "重新连接设备后 PIN 保持锁定",
    clause=_VERIFY,
    functions=("SKF_VerifyPIN", "SKF_GetPINInfo", "SKF_DisConnectDev", "SKF_ConnectDev"),
    needs=_LOCKING,
)
def lock_survives_reconnect(bench: SKFBench) -> None:
    """Lock the user's PIN, close everything, connect and open again, and verify the right PIN."""
    own = new_application(bench)
    lock(bench, own, PinRole.USER)
    application = opened_anew(bench, own)
    answer = verify(bench, application, PinRole.USER, own.pins.user)
    bench.expect(
        not answer.is_ok,
        "the locked PIN logs in again after connecting anew",
        "重新连接后已锁定的 PIN 又可登录",
    )


# ---- the login -----------------------------------------------------------------------------


@GROUP.check(
    30,
    "SKF_ClearSecureState logs out",
    "SKF_ClearSecureState 清除登录状态",
    clause=Clause(GMT_0016, "7.2.8"),
    functions=("SKF_ClearSecureState", "SKF_VerifyPIN", "SKF_CreateContainer"),
    needs=_INIT + _WRITE,
)
def clear_secure_state(bench: SKFBench) -> None:
    """Log the user in, clear the state, and try to create a container."""
    own = new_application(bench)
    log_in(bench, own, PinRole.USER)
    if not is_user_in(bench, own.handle):
        bench.not_run("the user cannot create containers", "用户登录后无法创建容器")
    bench.demand("SKF_ClearSecureState", bench.raw(own.handle))
    bench.expect(
        not is_user_in(bench, own.handle),
        "the user can still create containers after SKF_ClearSecureState",
        "SKF_ClearSecureState 之后仍可创建容器",
    )


@GROUP.check(
    31,
    "What a wrong PIN does to a login",
    "登录后输入错误 PIN 对登录状态的影响",
    clause=_VERIFY,
    severity=Severity.INFORMATION,
    functions=("SKF_VerifyPIN",),
    needs=_LOCKING + _WRITE,
)
def wrong_pin_while_in(bench: SKFBench) -> None:
    """Log the user in, verify a wrong PIN, and tell whether the user is still logged in."""
    own = new_application(bench)
    log_in(bench, own, PinRole.USER)
    verify(bench, own.handle, PinRole.USER, own.pins.wrong)
    bench.observe("login kept", is_user_in(bench, own.handle))


@GROUP.check(
    32,
    "Whether both can be logged in at a time",
    "用户与管理员能否同时处于登录状态",
    clause=_VERIFY,
    severity=Severity.INFORMATION,
    functions=("SKF_VerifyPIN",),
    needs=_INIT + _WRITE,
)
def both_in(bench: SKFBench) -> None:
    """Log the user in, then the administrator, and tell whether the user still is."""
    own = new_application(bench)
    log_in(bench, own, PinRole.USER)
    bench.observe("administrator", verify(bench, own.handle, PinRole.ADMIN, own.pins.admin).name)
    bench.observe("user's login kept", is_user_in(bench, own.handle))


@GROUP.check(
    33,
    "Whether the login is left after a signature",
    "签名之后登录状态是否保留",
    clause=Clause(GMT_0027, "9.2"),
    severity=Severity.INFORMATION,
    functions=("SKF_VerifyPIN", "SKF_ECCSignData"),
    needs=_INIT + _WRITE,
)
def login_outlasts_signature(bench: SKFBench) -> None:
    """Log in, sign, and tell whether the login is left: the standard wants it dropped after each such operation."""
    own = new_application(bench)
    container, _ = bench.signing_container(own)
    log_in(bench, own, PinRole.USER)
    with bench.scene():
        bench.skf.ecc_sign_data(container, bytes(range(32)))
    bench.observe("user logged in after a signature", is_user_in(bench, own.handle))
