"""PINs: their counters, locks and logins (GM/T 0016-2012 8.2, by the commands of GM/T 0017-2012).

Everything happens in an application of the suite's own that is made for the check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0016, GMT_0027, ISO_7816_4
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.pcsc.recorded import word_name
from gmpki.conformance.registry import Group
from gmpki.errors import PinIncorrectError, PinLockedError
from gmpki.tokens.interfaces import PinRole
from gmpki.tokens.pcsc import status_words

if TYPE_CHECKING:
    from gmpki.conformance.pcsc.bench import OwnApplication, PCSCBench
    from gmpki.errors import TokenError

__all__ = ["GROUP"]

_PINS: Final = Clause(GMT_0016, "8.2", "B")
_WORDS: Final = Clause(ISO_7816_4, "7.5.6", "B")
_LOCKING: Final = (Permission.INIT, Permission.LOCK)
_INIT: Final = (Permission.INIT,)
_TRIES: Final = 3
_NEW_PIN: Final = b"27182818"
_OWNERS: Final = {PinRole.USER: Words("the user", "用户"), PinRole.ADMIN: Words("the administrator", "管理员")}

GROUP: Final = Group(Kind.PCSC, "pins", "PIN", Words("PINs and logins", "PIN 与登录"))


# ---- fixtures ----------------------------------------------------------------------------
def _verify(bench: PCSCBench, own: OwnApplication, pin: bytes, role: PinRole = PinRole.USER) -> TokenError | None:
    """Verify a PIN; return how it was refused, None when it was right."""
    return bench.refusal("VerifyPIN", bench.opened(own).login, pin, role)


def _left(bench: PCSCBench, own: OwnApplication, role: PinRole = PinRole.USER) -> int:
    """Return how many tries GetPINInfo says are left."""
    found = bench.opened(own).pin_info(role).tries_left
    return -1 if found is None else found


def _expect_right(bench: PCSCBench, refused: TokenError | None) -> None:
    bench.expect(
        refused is None,
        f"the right PIN is refused: {refused.code_name if refused else ''}",
        f"正确的 PIN 被拒绝：{refused.code_name if refused else ''}",
    )


def _spend(bench: PCSCBench, own: OwnApplication, role: PinRole = PinRole.USER) -> TokenError:
    """Verify a wrong PIN, which has to be refused, and return how."""
    refused = _verify(bench, own, own.pins.wrong, role)
    if refused is None:
        bench.fail("a wrong PIN logs in", "错误的 PIN 登录成功")
    return refused


def _lock(bench: PCSCBench, own: OwnApplication, role: PinRole = PinRole.USER) -> TokenError:
    """Verify wrong PINs as often as it takes to lock, and return how the last was refused."""
    for _ in range(_TRIES):
        refused = _spend(bench, own, role)
    return refused


# ---- counters ----------------------------------------------------------------------------
@GROUP.check(
    1,
    "The right PIN logs in, and a wrong one does not",
    "正确的 PIN 登录成功，错误的 PIN 登录失败",
    clause=_PINS,
    functions=("VerifyPIN",),
    severity=Severity.RECOMMENDED,
    needs=_LOCKING,
)
def right_and_wrong(bench: PCSCBench) -> None:
    """Verify a wrong PIN, then the right one, of the administrator and of the user."""
    own = bench.new_application(tries=_TRIES)
    for role, pin in ((PinRole.ADMIN, own.pins.admin), (PinRole.USER, own.pins.user)):
        _spend(bench, own, role)
        state = bench.login_state(bench.opened(own))
        bench.expect(not state, "after a wrong PIN the user is logged in", "输入错误 PIN 后用户处于登录状态")
        _expect_right(bench, _verify(bench, own, pin, role))


@GROUP.check(
    2,
    "A wrong PIN is answered with 63Cx, x being the tries left",
    "错误的 PIN 返回 63Cx，x 为剩余次数",
    clause=_WORDS,
    functions=("VerifyPIN",),
    severity=Severity.RECOMMENDED,
    needs=_LOCKING,
)
def word_counts(bench: PCSCBench) -> None:
    """Verify wrong PINs and compare the word with what is left; a card that says only that it was wrong deviates."""
    own = bench.new_application(tries=_TRIES)
    for left in range(_TRIES - 1, 0, -1):
        refused = _spend(bench, own)
        if not isinstance(refused, PinIncorrectError):
            bench.deviate(
                f"a wrong PIN is answered with {refused.code_name}",
                f"错误的 PIN 返回 {refused.code_name}",
                "ask GetPINInfo for the tries left",
                "用 GetPINInfo 查询剩余次数",
            )
        bench.expect(
            refused.tries_left == left,
            f"{left} tries are left, and the word says {refused.tries_left}",
            f"剩余 {left} 次，状态字却表示 {refused.tries_left} 次",
        )


@GROUP.check(
    3,
    "GetPINInfo counts each wrong PIN",
    "GetPINInfo 对每次错误的 PIN 计数",
    clause=_PINS,
    functions=("VerifyPIN", "GetPINInfo"),
    severity=Severity.RECOMMENDED,
    needs=_LOCKING,
)
def information_counts(bench: PCSCBench) -> None:
    """Ask before any try and after each wrong one."""
    own = bench.new_application(tries=_TRIES)
    for left in range(_TRIES, 0, -1):
        found = _left(bench, own)
        bench.expect(found == left, f"{found} tries are left instead of {left}", f"剩余 {found} 次，应为 {left} 次")
        _spend(bench, own)


@GROUP.check(
    4,
    "The right PIN gives the tries back",
    "正确的 PIN 恢复重试次数",
    clause=_PINS,
    functions=("VerifyPIN", "GetPINInfo"),
    severity=Severity.RECOMMENDED,
    needs=_LOCKING,
)
def tries_come_back(bench: PCSCBench) -> None:
    """Spend a try, log in, and ask."""
    own = bench.new_application(tries=_TRIES)
    _spend(bench, own)
    _expect_right(bench, _verify(bench, own, own.pins.user))
    found = _left(bench, own)
    bench.expect(found == _TRIES, f"then {found} of {_TRIES} tries are left", f"此后剩余 {found} 次，应为 {_TRIES} 次")


@GROUP.check(
    5,
    "Tries that were spent stay spent through a reset",
    "复位后已用的重试次数不恢复",
    clause=_PINS,
    functions=("VerifyPIN", "GetPINInfo"),
    severity=Severity.RECOMMENDED,
    needs=_LOCKING,
)
def count_survives_reset(bench: PCSCBench) -> None:
    """Spend a try, reset the card, and ask: otherwise pulling it out gives as many tries as one likes."""
    own = bench.new_application(tries=_TRIES)
    _spend(bench, own)
    left = _left(bench, own)
    bench.reset()
    found = _left(bench, own)
    bench.expect(
        found == left,
        f"{left} tries were left, and {found} after a reset",
        f"复位前剩余 {left} 次，复位后为 {found} 次",
    )


@GROUP.check(
    6,
    "User and administrator have counters of their own",
    "用户与管理员的重试次数分别计数",
    clause=_PINS,
    functions=("VerifyPIN", "GetPINInfo"),
    severity=Severity.RECOMMENDED,
    needs=_LOCKING,
)
def counted_apart(bench: PCSCBench) -> None:
    """Spend a try of each, and ask for the other's."""
    own = bench.new_application(tries=_TRIES)
    for role, other in ((PinRole.USER, PinRole.ADMIN), (PinRole.ADMIN, PinRole.USER)):
        before = _left(bench, own, other)
        _spend(bench, own, role)
        after = _left(bench, own, other)
        bench.expect(
            after == before,
            f"a wrong PIN of {_OWNERS[role].en} changes the tries of {_OWNERS[other].en}",
            f"{_OWNERS[role].zh}的错误 PIN 改变了{_OWNERS[other].zh}的剩余次数",
        )


# ---- locks -------------------------------------------------------------------------------
@GROUP.check(
    7,
    "The last wrong PIN locks, also for the right one",
    "重试次数用尽后锁定，正确的 PIN 也被拒绝",
    clause=_PINS,
    functions=("VerifyPIN", "GetPINInfo"),
    severity=Severity.RECOMMENDED,
    needs=_LOCKING,
)
def last_try_locks(bench: PCSCBench) -> None:
    """Verify wrong PINs until none is left, then the right one; of user and administrator."""
    own = bench.new_application(tries=_TRIES)
    for role, pin in ((PinRole.USER, own.pins.user), (PinRole.ADMIN, own.pins.admin)):
        _lock(bench, own, role)
        owner, left = _OWNERS[role], _left(bench, own, role)
        bench.expect(left == 0, f"{left} tries of {owner.en} are left", f"{owner.zh}仍剩余 {left} 次")
        refused = _verify(bench, own, pin, role)
        if refused is None:
            bench.fail(f"the locked PIN of {owner.en} logs in", f"{owner.zh} PIN 锁定后仍可登录")
        if not isinstance(refused, PinLockedError) and getattr(refused, "tries_left", None) != 0:
            bench.deviate(
                f"a locked PIN is answered with {refused.code_name}, and not SW 6983",
                f"PIN 锁定后返回 {refused.code_name}，而非 SW 6983",
                "ask GetPINInfo for the tries left: 0 means locked",
                "用 GetPINInfo 查询剩余次数，为 0 即锁定",
            )


@GROUP.check(
    8,
    "A locked PIN stays locked through a reset",
    "复位后 PIN 保持锁定",
    clause=_PINS,
    functions=("VerifyPIN",),
    severity=Severity.RECOMMENDED,
    needs=_LOCKING,
)
def lock_survives_reset(bench: PCSCBench) -> None:
    """Lock the user's PIN, reset the card, and verify the right one."""
    own = bench.new_application(tries=_TRIES)
    _lock(bench, own)
    bench.reset()
    refused = _verify(bench, own, own.pins.user)
    bench.expect(refused is not None, "the locked PIN logs in after a reset", "复位后已锁定的 PIN 又可登录")


@GROUP.check(
    9,
    "The administrator gives a locked user a new PIN",
    "管理员可为锁定的用户解锁",
    clause=_PINS,
    functions=("UnblockPIN", "VerifyPIN"),
    severity=Severity.RECOMMENDED,
    needs=_LOCKING,
)
def unblocking(bench: PCSCBench) -> None:
    """Lock the user's PIN, unblock it with a wrong PIN of the administrator, then with the right one, and log in."""
    own = bench.new_application(tries=_TRIES)
    _lock(bench, own)
    application = bench.opened(own)
    refused = bench.refusal("UnblockPIN", application.unblock_pin, own.pins.wrong, _NEW_PIN)
    bench.expect(refused is not None, "a wrong PIN of the administrator unblocks", "错误的管理员 PIN 可以解锁")
    application.unblock_pin(own.pins.admin, _NEW_PIN)
    _expect_right(bench, _verify(bench, own, _NEW_PIN))
    found = _left(bench, own)
    bench.expect(found == _TRIES, f"then {found} of {_TRIES} tries are left", f"此后剩余 {found} 次，应为 {_TRIES} 次")


# ---- changes -----------------------------------------------------------------------------
@GROUP.check(
    10,
    "A changed PIN takes the place of the old one",
    "修改 PIN 后旧 PIN 失效",
    clause=_PINS,
    functions=("ChangePIN", "VerifyPIN"),
    severity=Severity.RECOMMENDED,
    needs=_LOCKING,
)
def changing(bench: PCSCBench) -> None:
    """Change the user's PIN with a wrong old one, then with the right one; the new one logs in and the old does not."""
    own = bench.new_application(tries=_TRIES)
    application = bench.opened(own)
    refused = bench.refusal("ChangePIN", application.change_pin, own.pins.wrong, _NEW_PIN)
    bench.expect(refused is not None, "a wrong old PIN changes it", "旧 PIN 错误仍可修改")
    application.change_pin(own.pins.user, _NEW_PIN)
    bench.expect(_verify(bench, own, own.pins.user) is not None, "the old PIN still logs in", "旧 PIN 仍可登录")
    _expect_right(bench, _verify(bench, own, _NEW_PIN))


@GROUP.check(
    11,
    "A PIN of fewer than 6 bytes is refused",
    "长度小于 6 的 PIN 被拒绝",
    clause=Clause(GMT_0027, "9.2", "B"),
    functions=("ChangePIN",),
    severity=Severity.RECOMMENDED,
    needs=_INIT,
)
def short_pin(bench: PCSCBench) -> None:
    """Change the user's PIN to one of 5 digits."""
    own = bench.new_application()
    refused = bench.refusal("ChangePIN", bench.opened(own).change_pin, own.pins.user, b"31415")
    bench.expect(refused is not None, "a PIN of 5 digits is accepted", "接受了 5 位 PIN")


@GROUP.check(
    12,
    "What was sent to log in is worth nothing when it is sent again",
    "登录指令不能重放",
    clause=Clause(GMT_0027, "9.2", "B"),
    functions=("VerifyPIN", "ClearSecureState"),
    severity=Severity.RECOMMENDED,
    needs=_LOCKING,
)
def replay(bench: PCSCBench) -> None:
    """Log in, keep the command as somebody between reader and card would, log out, and send it again."""
    own = bench.new_application()
    application = bench.opened(own)
    with bench.card.overheard() as commands:
        application.login(own.pins.user)
    application.logout()
    status = bench.send(commands[-1]).status
    bench.observe("VerifyPIN", word_name(status))
    bench.expect(
        status != status_words.OK and not bench.login_state(application),
        "the command that logged in logs in again: whoever listens can use the card",
        "重放登录指令即可再次登录：窃听者可冒用卡片",
    )


# ---- logins ------------------------------------------------------------------------------
@GROUP.check(
    13,
    "ClearSecureState logs out",
    "ClearSecureState 清除登录状态",
    clause=_PINS,
    functions=("VerifyPIN", "ClearSecureState", "CreateContainer"),
    severity=Severity.RECOMMENDED,
    needs=_INIT,
)
def logging_out(bench: PCSCBench) -> None:
    """Log in, clear the state, and try to create a container."""
    own = bench.new_application()
    _log_in(bench, own)
    bench.call("ClearSecureState", bench.number_of(bench.opened(own)))
    bench.expect(not bench.login_state(bench.opened(own)), "the user is still logged in", "用户仍处于登录状态")


@GROUP.check(
    14,
    "A reset logs out",
    "复位清除登录状态",
    clause=_PINS,
    functions=("VerifyPIN", "CreateContainer"),
    severity=Severity.RECOMMENDED,
    needs=_INIT,
)
def reset_logs_out(bench: PCSCBench) -> None:
    """Log in, reset the card, and try to create a container."""
    own = bench.new_application()
    _log_in(bench, own)
    bench.reset()
    bench.expect(not bench.login_state(bench.opened(own)), "the login outlasts a reset", "复位后仍处于登录状态")


@GROUP.check(
    15,
    "A login is that of one application",
    "登录状态仅对本应用有效",
    clause=Clause(GMT_0016, "5.2", "B"),
    functions=("VerifyPIN", "CreateContainer"),
    severity=Severity.RECOMMENDED,
    needs=_INIT,
)
def login_of_one_application(bench: PCSCBench) -> None:
    """Log in to one application, and try to create a container in another."""
    own, other = bench.new_application(), bench.new_application()
    _log_in(bench, own)
    state = bench.login_state(bench.opened(other))
    bench.expect(not state, "it holds in another application too", "登录状态对其他应用也有效")


def _log_in(bench: PCSCBench, own: OwnApplication) -> None:
    application = bench.opened(own)
    with bench.scene():
        application.login(own.pins.user)
    if not bench.login_state(application):
        bench.not_run("a user who has logged in cannot create containers", "用户登录后无法创建容器")
