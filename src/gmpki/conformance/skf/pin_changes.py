"""PINs changed and unblocked: what holds afterwards, and whose tries it takes (GM/T 0016-2012 7.2.4, 7.2.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.pin_calls import (
    OWNERS,
    USER_TRIES,
    change,
    is_user_in,
    lock,
    log_in,
    new_application,
    pin_of,
    tries_left,
    unblock,
    verify,
)
from gmpki.tokens.interfaces import PinRole

if TYPE_CHECKING:
    from gmpki.conformance.skf.bench import OwnApplication, SKFBench

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.SKF, "pin_changes", "PINC", Words("PINs changed and unblocked", "PIN 的修改与解锁"))

_CHANGE: Final = Clause(GMT_0016, "7.2.4")
_UNBLOCK: Final = Clause(GMT_0016, "7.2.7")

_INIT: Final = (Permission.INIT,)
_LOCKING: Final = (Permission.INIT, Permission.LOCK)


def _other_pin(own: OwnApplication) -> bytes:
    """Return a PIN to change to: none of those of the application, nor the wrong one that is tried there."""
    taken = (own.pins.user, own.pins.admin, own.pins.wrong)
    return next(pin for pin in (b"58203917", b"91746205", b"36018452", b"77240196") if pin not in taken)


# ---- changed -------------------------------------------------------------------------------


@GROUP.check(
    1,
    "A changed PIN logs in",
    "修改后的新 PIN 可以登录",
    clause=_CHANGE,
    functions=("SKF_ChangePIN", "SKF_VerifyPIN"),
    needs=_INIT,
)
def new_pin_holds(bench: SKFBench) -> None:
    """Change the user's PIN and the administrator's, and verify the new ones."""
    own = new_application(bench)
    for role, owner in OWNERS.items():
        new = _other_pin(own)
        log_in(bench, own, role)
        changed = change(bench, own.handle, role, pin_of(own, role), new)
        bench.expect(
            changed.is_ok,
            f"the change of the PIN of {owner.en} is answered with {changed.name}",
            f"修改{owner.zh} PIN 返回 {changed.name}",
        )
        answer = verify(bench, own.handle, role, new)
        bench.expect(
            answer.is_ok,
            f"the new PIN of {owner.en} is answered with {answer.name}",
            f"{owner.zh}的新 PIN 返回 {answer.name}",
        )


@GROUP.check(
    2,
    "The PIN before the change is wrong",
    "修改前的旧 PIN 失效",
    clause=_CHANGE,
    functions=("SKF_ChangePIN", "SKF_VerifyPIN"),
    needs=_LOCKING,
)
def old_pin_fails(bench: SKFBench) -> None:
    """Change the user's PIN and the administrator's, and verify the old ones."""
    own = new_application(bench)
    for role, owner in OWNERS.items():
        with bench.scene():
            bench.skf.change_pin(own.handle, role, pin_of(own, role), _other_pin(own))
        bench.expect(
            not verify(bench, own.handle, role, pin_of(own, role)).is_ok,
            f"the old PIN of {owner.en} still logs in",
            f"{owner.zh}的旧 PIN 仍可登录",
        )


@GROUP.check(
    3,
    "A change with a wrong old PIN is refused",
    "旧 PIN 错误时拒绝修改",
    clause=_CHANGE,
    functions=("SKF_ChangePIN", "SKF_VerifyPIN"),
    needs=_LOCKING,
)
def wrong_old_pin(bench: SKFBench) -> None:
    """Change both PINs with a wrong old one, then verify the right ones."""
    own = new_application(bench)
    for role, owner in OWNERS.items():
        log_in(bench, own, role)
        changed = change(bench, own.handle, role, own.pins.wrong, _other_pin(own))
        bench.observe("SKF_ChangePIN", changed.name)
        bench.expect(
            not changed.is_ok,
            f"the PIN of {owner.en} is changed with a wrong old one",
            f"旧 PIN 错误仍修改了{owner.zh} PIN",
        )
        answer = verify(bench, own.handle, role, pin_of(own, role))
        bench.expect(
            answer.is_ok,
            f"after the change was refused the PIN of {owner.en} is answered with {answer.name}",
            f"修改被拒绝后，{owner.zh}的原 PIN 返回 {answer.name}",
        )


@GROUP.check(
    4,
    "A wrong old PIN takes one try, and the count is returned",
    "修改时旧 PIN 错误减少一次重试机会并返回剩余次数",
    clause=_CHANGE,
    functions=("SKF_ChangePIN", "SKF_GetPINInfo"),
    needs=_LOCKING,
)
def wrong_old_pin_counts(bench: SKFBench) -> None:
    """Change both PINs with a wrong old one, and compare the count with that of SKF_GetPINInfo."""
    own = new_application(bench)
    for role, owner in OWNERS.items():
        log_in(bench, own, role)
        before = tries_left(bench, own.handle, role)
        answer = change(bench, own.handle, role, own.pins.wrong, _other_pin(own))
        left = tries_left(bench, own.handle, role)
        bench.expect(
            left == before - 1,
            f"a wrong old PIN of {owner.en} changes the tries left from {before} to {left}",
            f"{owner.zh}旧 PIN 错误后剩余次数由 {before} 变为 {left}",
        )
        bench.expect(
            answer.count == left,
            f"SKF_ChangePIN says {answer.count} tries are left, SKF_GetPINInfo {left}",
            f"SKF_ChangePIN 返回剩余 {answer.count} 次，SKF_GetPINInfo 返回 {left} 次",
        )


@GROUP.check(
    5,
    "A locked PIN cannot be changed",
    "锁定的 PIN 不能修改",
    clause=_CHANGE,
    functions=("SKF_ChangePIN",),
    needs=_LOCKING,
)
def change_when_locked(bench: SKFBench) -> None:
    """Lock both PINs, then change them with the right old ones."""
    own = new_application(bench)
    for role, owner in OWNERS.items():
        lock(bench, own, role)
        answer = change(bench, own.handle, role, pin_of(own, role), _other_pin(own))
        bench.observe("SKF_ChangePIN", answer.name)
        bench.expect(
            not answer.is_ok,
            f"the locked PIN of {owner.en} is changed",
            f"{owner.zh} PIN 锁定后仍可修改",
        )


@GROUP.check(
    6,
    "A changed PIN is no default PIN",
    "修改后的 PIN 不再标记为默认 PIN",
    clause=Clause(GMT_0016, "7.2.5", "B"),
    severity=Severity.RECOMMENDED,
    functions=("SKF_GetPINInfo", "SKF_ChangePIN"),
    needs=_INIT,
)
def not_default(bench: SKFBench) -> None:
    """Change the user's PIN and the administrator's; the flag of SKF_GetPINInfo is off."""
    own = new_application(bench)
    for role, owner in OWNERS.items():
        bench.observe("default before", bench.skf.get_pin_info(own.handle, role).is_default)
        with bench.scene():
            bench.skf.change_pin(own.handle, role, pin_of(own, role), _other_pin(own))
        bench.expect(
            not bench.skf.get_pin_info(own.handle, role).is_default,
            f"the changed PIN of {owner.en} counts as default",
            f"{owner.zh}的 PIN 修改后仍标记为默认 PIN",
        )


@GROUP.check(
    7,
    "Whether a PIN is changed without a login, and what that does to the login",
    "未登录能否修改 PIN 及其对登录状态的影响",
    clause=Clause(GMT_0016, "8.2.2"),
    severity=Severity.INFORMATION,
    functions=("SKF_ChangePIN",),
    needs=(Permission.INIT, Permission.WRITE),
)
def change_and_login(bench: SKFBench) -> None:
    """Change the user's PIN without a login, then with one, and tell what came of it."""
    own = new_application(bench)
    current, other = own.pins.user, _other_pin(own)
    answer = change(bench, own.handle, PinRole.USER, current, other)
    bench.observe("without a login", answer.name)
    bench.observe("changing logs in", is_user_in(bench, own.handle))
    if answer.is_ok:
        current, other = other, current
    with bench.scene():
        bench.skf.verify_pin(own.handle, PinRole.USER, current)
    bench.observe("with a login", change(bench, own.handle, PinRole.USER, current, other).name)
    bench.observe("login kept", is_user_in(bench, own.handle))


# ---- unblocked -----------------------------------------------------------------------------


@GROUP.check(
    20,
    "SKF_UnblockPIN gives the user's tries back",
    "SKF_UnblockPIN 恢复用户 PIN 的重试次数",
    clause=_UNBLOCK,
    functions=("SKF_UnblockPIN", "SKF_GetPINInfo"),
    needs=_LOCKING,
)
def unblock_restores(bench: SKFBench) -> None:
    """Lock the user's PIN, set a new one with the administrator's, and ask for the tries."""
    own = new_application(bench)
    lock(bench, own, PinRole.USER)
    answer = unblock(bench, own.handle, own.pins.admin, _other_pin(own))
    bench.expect(answer.is_ok, f"SKF_UnblockPIN answered {answer.name}", f"SKF_UnblockPIN 返回 {answer.name}")
    left = tries_left(bench, own.handle, PinRole.USER)
    bench.expect(
        left == USER_TRIES,
        f"after SKF_UnblockPIN {left} of {USER_TRIES} tries are left",
        f"SKF_UnblockPIN 之后剩余 {left} 次，应为 {USER_TRIES} 次",
    )


@GROUP.check(
    21,
    "SKF_UnblockPIN sets the new PIN",
    "SKF_UnblockPIN 设置新的用户 PIN",
    clause=_UNBLOCK,
    functions=("SKF_UnblockPIN", "SKF_VerifyPIN"),
    needs=_LOCKING,
)
def unblock_sets(bench: SKFBench) -> None:
    """Lock the user's PIN, set a new one: it logs in, and the old one does not."""
    own, new = _unblocked(bench)
    bench.expect(
        not verify(bench, own.handle, PinRole.USER, own.pins.user).is_ok,
        "the PIN from before SKF_UnblockPIN still logs in",
        "SKF_UnblockPIN 之前的旧 PIN 仍可登录",
    )
    answer = verify(bench, own.handle, PinRole.USER, new)
    bench.expect(
        answer.is_ok,
        f"the PIN that SKF_UnblockPIN set is answered with {answer.name}",
        f"SKF_UnblockPIN 设置的 PIN 返回 {answer.name}",
    )


def _unblocked(bench: SKFBench) -> tuple[OwnApplication, bytes]:
    """Create an application whose user was locked and unblocked; return it and the new PIN."""
    own = new_application(bench)
    new = _other_pin(own)
    lock(bench, own, PinRole.USER)
    with bench.scene():
        bench.skf.unblock_pin(own.handle, own.pins.admin, new)
    if not tries_left(bench, own.handle, PinRole.USER):
        bench.not_run("SKF_UnblockPIN leaves the PIN locked", "SKF_UnblockPIN 之后 PIN 仍锁定")
    return own, new


@GROUP.check(
    22,
    "SKF_UnblockPIN takes the right PIN of the administrator",
    "SKF_UnblockPIN 要求正确的管理员 PIN",
    clause=_UNBLOCK,
    functions=("SKF_UnblockPIN", "SKF_GetPINInfo"),
    needs=_LOCKING,
)
def unblock_needs_admin(bench: SKFBench) -> None:
    """Lock the user's PIN, unblock with a wrong administrator's: refused, and the user's stays locked."""
    own = new_application(bench)
    lock(bench, own, PinRole.USER)
    answer = unblock(bench, own.handle, own.pins.wrong, _other_pin(own))
    bench.observe("SKF_UnblockPIN", answer.name)
    bench.expect(
        not answer.is_ok and not tries_left(bench, own.handle, PinRole.USER),
        "the user's PIN is unblocked with a wrong PIN of the administrator",
        "使用错误的管理员 PIN 解锁了用户 PIN",
    )


@GROUP.check(
    23,
    "A wrong PIN in SKF_UnblockPIN takes one of the administrator's tries, and that count is returned",
    "SKF_UnblockPIN 中管理员 PIN 错误减少管理员的重试次数并返回该次数",
    clause=_UNBLOCK,
    functions=("SKF_UnblockPIN", "SKF_GetPINInfo"),
    needs=_LOCKING,
)
def unblock_counts(bench: SKFBench) -> None:
    """Lock the user's PIN, unblock with a wrong administrator's, and compare with SKF_GetPINInfo."""
    own = new_application(bench)
    lock(bench, own, PinRole.USER)
    before = tries_left(bench, own.handle, PinRole.ADMIN)
    answer = unblock(bench, own.handle, own.pins.wrong, _other_pin(own))
    left = tries_left(bench, own.handle, PinRole.ADMIN)
    bench.expect(
        left == before - 1,
        f"the administrator had {before} tries and has {left} after a wrong PIN",
        f"管理员 PIN 错误后剩余次数由 {before} 变为 {left}",
    )
    user_left = tries_left(bench, own.handle, PinRole.USER)
    bench.expect(
        answer.count == left,
        f"SKF_UnblockPIN returns {answer.count}; the administrator has {left} tries left, the user {user_left}",
        f"SKF_UnblockPIN 返回 {answer.count}；管理员剩余 {left} 次，用户剩余 {user_left} 次",
    )


@GROUP.check(
    24,
    "A locked administrator unblocks nobody",
    "管理员 PIN 锁定后不能解锁用户 PIN",
    clause=_UNBLOCK,
    functions=("SKF_UnblockPIN",),
    needs=_LOCKING,
)
def unblock_when_admin_locked(bench: SKFBench) -> None:
    """Lock the administrator's PIN, then unblock the user's with the right one."""
    own = new_application(bench)
    lock(bench, own, PinRole.ADMIN)
    answer = unblock(bench, own.handle, own.pins.admin, _other_pin(own))
    bench.observe("SKF_UnblockPIN", answer.name)
    bench.expect(
        not answer.is_ok,
        "SKF_UnblockPIN takes the administrator's PIN, which is locked",
        "管理员 PIN 已锁定，SKF_UnblockPIN 仍接受",
    )


@GROUP.check(
    25,
    "Who is logged in after SKF_UnblockPIN",
    "SKF_UnblockPIN 之后的登录状态",
    clause=_UNBLOCK,
    severity=Severity.INFORMATION,
    functions=("SKF_UnblockPIN",),
    needs=(Permission.INIT, Permission.WRITE),
)
def login_after_unblock(bench: SKFBench) -> None:
    """Unblock without a login, and with the user's; tell whether the user is logged in afterwards."""
    own = new_application(bench)
    other = _other_pin(own)
    with bench.scene():
        bench.skf.unblock_pin(own.handle, own.pins.admin, other)
    bench.observe("user logged in, nobody before", is_user_in(bench, own.handle))
    with bench.scene():
        bench.skf.verify_pin(own.handle, PinRole.USER, other)
        bench.skf.unblock_pin(own.handle, own.pins.admin, own.pins.user)
    bench.observe("user logged in, the user before", is_user_in(bench, own.handle))
