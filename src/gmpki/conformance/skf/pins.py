"""PINs: what a wrong one does, and how tries are counted (GM/T 0016-2012 7.2.5, 7.2.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.pin_calls import (
    ADMIN_TRIES,
    OWNERS,
    USER_TRIES,
    change,
    is_user_in,
    new_application,
    opened_anew,
    spend,
    tries_left,
    verify,
)
from gmpki.tokens.interfaces import PinRole

if TYPE_CHECKING:
    from gmpki.conformance.skf.bench import SKFBench

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.SKF, "pins", "PIN", Words("PINs and their counters", "PIN 与重试计数"))

_VERIFY: Final = Clause(GMT_0016, "7.2.6")
_INFO: Final = Clause(GMT_0016, "7.2.5")

_INIT: Final = (Permission.INIT,)
_LOCKING: Final = (Permission.INIT, Permission.LOCK)
_WRITE: Final = (Permission.WRITE,)

_NO_ROLE: Final = (2, 0x10, 0xFFFFFFFF)


# ---- right and wrong PINs ------------------------------------------------------------------


@GROUP.check(
    1,
    "The right PIN logs in",
    "正确的 PIN 可以登录",
    clause=_VERIFY,
    functions=("SKF_VerifyPIN",),
)
def right_pin(bench: SKFBench) -> None:
    """Verify the user's PIN, then the administrator's, where they are known."""
    application, pins = bench.application, bench.pins
    known = [(role, pin) for role, pin in ((PinRole.USER, pins.user), (PinRole.ADMIN, pins.admin)) if pin]
    if not known:
        bench.not_run("it takes a PIN of the application", "需要该应用的 PIN")
    for role, pin in known:
        bench.skf.verify_pin(application, role, pin)


@GROUP.check(
    2,
    "A wrong PIN is refused with SAR_PIN_INCORRECT",
    "错误的 PIN 被拒绝并返回 SAR_PIN_INCORRECT",
    clause=_VERIFY,
    functions=("SKF_VerifyPIN",),
    needs=_LOCKING,
)
def wrong_pin(bench: SKFBench) -> None:
    """Verify a wrong PIN of the user and of the administrator, once each."""
    own = new_application(bench)
    for role, owner in OWNERS.items():
        answer = verify(bench, own.handle, role, own.pins.wrong)
        bench.expect(not answer.is_ok, f"a wrong PIN logs in {owner.en}", f"错误的 PIN 使{owner.zh}登录成功")
        if answer.name != "SAR_PIN_INCORRECT":
            bench.deviate(
                f"a wrong PIN is answered with {answer.name}",
                f"错误的 PIN 返回 {answer.name}",
                "take any refusal of SKF_VerifyPIN for a wrong PIN and ask SKF_GetPINInfo for the tries left",
                "将 SKF_VerifyPIN 的任何拒绝视为 PIN 错误，并用 SKF_GetPINInfo 查询剩余次数",
            )


@GROUP.check(
    3,
    "A wrong PIN gives no right",
    "错误的 PIN 不产生任何权限",
    clause=_VERIFY,
    functions=("SKF_VerifyPIN", "SKF_CreateContainer"),
    needs=_LOCKING + _WRITE,
)
def wrong_pin_gives_nothing(bench: SKFBench) -> None:
    """Verify a wrong PIN of the user, then try to create a container, which takes the user's login."""
    own = new_application(bench)
    if is_user_in(bench, own.handle):
        bench.not_run("containers can be created without any login", "无需登录即可创建容器")
    verify(bench, own.handle, PinRole.USER, own.pins.wrong)
    bench.expect(
        not is_user_in(bench, own.handle),
        "after a wrong PIN the user can create containers",
        "PIN 错误之后仍可创建容器",
    )


@GROUP.check(
    4,
    "A PIN type that the standard does not have is refused",
    "标准未定义的 PIN 类型被拒绝",
    clause=_VERIFY,
    functions=("SKF_VerifyPIN", "SKF_GetPINInfo", "SKF_ChangePIN"),
    needs=_INIT,
)
def unknown_type(bench: SKFBench) -> None:
    """Verify, ask for and change PINs of the types 2, 16 and 0xFFFFFFFF; SAR_USER_TYPE_INVALID is the code for it."""
    own = new_application(bench)
    pin = own.pins.user
    for role in _NO_ROLE:
        cells = [bench.ulong() for _ in range(3)]
        info = bench.supported(
            "SKF_GetPINInfo",
            bench.raw(own.handle),
            role,
            cells[0][1],
            cells[1][1],
            bench.ffi.cast("BOOL *", cells[2][0]),
        )
        answers = {
            "SKF_VerifyPIN": verify(bench, own.handle, role, pin).name,
            "SKF_GetPINInfo": info,
            "SKF_ChangePIN": change(bench, own.handle, role, pin, pin).name,
        }
        for function, answer in answers.items():
            bench.observe(function, answer)
            bench.expect(
                answer != "SAR_OK",
                f"{function} takes the PIN type {role}",
                f"{function} 接受 PIN 类型 {role}",
            )


@GROUP.check(
    5,
    "An empty PIN is wrong",
    "空 PIN 不正确",
    clause=_VERIFY,
    functions=("SKF_VerifyPIN",),
    needs=_LOCKING,
)
def empty_pin(bench: SKFBench) -> None:
    """Verify an empty PIN of the user and of the administrator; tell whether it counts."""
    own = new_application(bench)
    for role, owner in OWNERS.items():
        before = tries_left(bench, own.handle, role)
        answer = verify(bench, own.handle, role, b"")
        bench.expect(not answer.is_ok, f"an empty PIN logs in {owner.en}", f"空 PIN 使{owner.zh}登录成功")
        bench.observe("code", answer.name)
        bench.observe("counted", tries_left(bench, own.handle, role) < before)


@GROUP.check(
    6,
    "All bytes of a PIN are compared",
    "PIN 的全部字节均参与比较",
    clause=_VERIFY,
    functions=("SKF_VerifyPIN",),
    needs=_LOCKING,
)
def whole_pin(bench: SKFBench) -> None:
    """Verify the user's PIN without its last byte, and with one more."""
    own = new_application(bench)
    pin = own.pins.user
    bench.expect(
        not verify(bench, own.handle, PinRole.USER, pin[:-1]).is_ok,
        "the PIN without its last byte is taken",
        "缺少最后一个字节的 PIN 被接受",
    )
    bench.expect(
        not verify(bench, own.handle, PinRole.USER, pin + b"0").is_ok,
        "the PIN with one more byte is taken: only its beginning is compared",
        "多出一个字节的 PIN 被接受：只比较了开头部分",
    )


# ---- counting ------------------------------------------------------------------------------


@GROUP.check(
    10,
    "SKF_GetPINInfo tells the tries that the application was created with",
    "SKF_GetPINInfo 返回创建应用时设定的重试次数",
    clause=_INFO,
    functions=("SKF_GetPINInfo", "SKF_CreateApplication"),
    needs=_INIT,
)
def tries_of_creation(bench: SKFBench) -> None:
    """Create an application with 5 tries for the administrator and 4 for the user; nobody has to log in to ask."""
    own = new_application(bench)
    for role, set_to in ((PinRole.ADMIN, ADMIN_TRIES), (PinRole.USER, USER_TRIES)):
        state, owner = bench.skf.get_pin_info(own.handle, role), OWNERS[role]
        bench.expect(
            state.max_tries == set_to and state.tries_left == set_to,
            f"{owner.en} was given {set_to} tries; of {state.max_tries} there are {state.tries_left} left",
            f"{owner.zh}设定为 {set_to} 次，实际最大 {state.max_tries} 次，剩余 {state.tries_left} 次",
        )
        bench.observe(f"default PIN of {owner.en}", state.is_default)


@GROUP.check(
    11,
    "Every wrong PIN takes one try",
    "每次输入错误的 PIN 减少一次重试机会",
    clause=_VERIFY,
    functions=("SKF_VerifyPIN", "SKF_GetPINInfo"),
    needs=_LOCKING,
)
def wrong_pin_counts(bench: SKFBench) -> None:
    """Verify two wrong PINs of the user and of the administrator, and ask after each."""
    own = new_application(bench)
    for role, owner in OWNERS.items():
        for _ in range(2):
            before = tries_left(bench, own.handle, role)
            verify(bench, own.handle, role, own.pins.wrong)
            after = tries_left(bench, own.handle, role)
            bench.expect(
                after != before,
                f"a wrong PIN of {owner.en} is not counted",
                f"{owner.zh}的错误 PIN 未被计数",
            )
            bench.expect(
                after == before - 1,
                f"a wrong PIN of {owner.en} changes the tries left from {before} to {after}",
                f"{owner.zh}输入一次错误 PIN 后，剩余次数由 {before} 变为 {after}",
            )


@GROUP.check(
    12,
    "SKF_VerifyPIN returns the tries left",
    "SKF_VerifyPIN 返回剩余重试次数",
    clause=_VERIFY,
    functions=("SKF_VerifyPIN", "SKF_GetPINInfo"),
    needs=_LOCKING,
)
def count_returned(bench: SKFBench) -> None:
    """Verify two wrong PINs; the count that comes with the code is that of SKF_GetPINInfo."""
    own = new_application(bench)
    for role in PinRole:
        for _ in range(2):
            answer = verify(bench, own.handle, role, own.pins.wrong)
            left = tries_left(bench, own.handle, role)
            bench.expect(
                answer.count == left,
                f"SKF_VerifyPIN says {answer.shown_count} tries are left, SKF_GetPINInfo {left}",
                f"SKF_VerifyPIN 返回剩余 {answer.shown_count} 次，SKF_GetPINInfo 返回 {left} 次",
            )


@GROUP.check(
    13,
    "The right PIN gives all tries back",
    "输入正确的 PIN 后重试次数恢复",
    clause=Clause(GMT_0016, "7.2.6", "B"),
    severity=Severity.RECOMMENDED,
    functions=("SKF_VerifyPIN", "SKF_GetPINInfo"),
    needs=_LOCKING,
)
def right_pin_resets(bench: SKFBench) -> None:
    """Spend a try, then verify the right PIN."""
    own = new_application(bench)
    spend(bench, own, PinRole.USER)
    bench.skf.verify_pin(own.handle, PinRole.USER, own.pins.user)
    left = tries_left(bench, own.handle, PinRole.USER)
    bench.expect(
        left == USER_TRIES,
        f"after the right PIN {left} of {USER_TRIES} tries are left",
        f"输入正确的 PIN 之后剩余 {left} 次，应为 {USER_TRIES} 次",
    )


@GROUP.check(
    14,
    "The tries of the user and of the administrator are counted apart",
    "用户 PIN 与管理员 PIN 分别计数",
    clause=_INFO,
    functions=("SKF_VerifyPIN", "SKF_GetPINInfo"),
    needs=_LOCKING,
)
def roles_apart(bench: SKFBench) -> None:
    """Spend a try of each; the other has as many as before."""
    own = new_application(bench)
    for role, other in ((PinRole.USER, PinRole.ADMIN), (PinRole.ADMIN, PinRole.USER)):
        before = tries_left(bench, own.handle, other)
        spend(bench, own, role)
        after = tries_left(bench, own.handle, other)
        bench.expect(
            after == before,
            f"a wrong PIN of {OWNERS[role].en} changes the tries of {OWNERS[other].en} from {before} to {after}",
            f"{OWNERS[role].zh}的错误 PIN 使{OWNERS[other].zh}的剩余次数由 {before} 变为 {after}",
        )


@GROUP.check(
    15,
    "Applications count the tries of their PINs apart",
    "各应用的 PIN 分别计数",
    clause=Clause(GMT_0016, "5.2"),
    functions=("SKF_VerifyPIN", "SKF_GetPINInfo"),
    needs=_LOCKING,
)
def applications_apart(bench: SKFBench) -> None:
    """Spend a try of the user in one application; the user of the suite's other one has as many as before."""
    own, other = new_application(bench), bench.application
    before = tries_left(bench, other, PinRole.USER)
    spend(bench, own, PinRole.USER)
    left = tries_left(bench, other, PinRole.USER)
    bench.expect(
        left == before,
        f"a wrong PIN in one application leaves {left} of {before} tries in another",
        f"在一个应用中输入错误 PIN 后，另一应用剩余 {left} 次，应为 {before} 次",
    )


@GROUP.check(
    16,
    "Tries that were spent stay spent when the device is connected anew",
    "重新连接设备后已用的重试次数不恢复",
    clause=_VERIFY,
    functions=("SKF_VerifyPIN", "SKF_GetPINInfo", "SKF_DisConnectDev", "SKF_ConnectDev"),
    needs=_LOCKING,
)
def count_survives_reconnect(bench: SKFBench) -> None:
    """Spend a try, close everything, connect and open again, and ask."""
    own = new_application(bench)
    left = spend(bench, own, PinRole.USER)
    found = tries_left(bench, opened_anew(bench, own), PinRole.USER)
    bench.expect(
        found == left,
        f"{left} tries were left, and {found} after connecting anew",
        f"断开前剩余 {left} 次，重新连接后为 {found} 次",
    )


@GROUP.check(
    17,
    "Tries that were spent stay spent for another process",
    "另一进程中已用的重试次数不恢复",
    clause=_VERIFY,
    functions=("SKF_VerifyPIN", "SKF_GetPINInfo"),
    needs=_LOCKING,
)
def count_survives_process(bench: SKFBench) -> None:
    """Spend a try, and let a second process ask: the count is the token's, not the driver's."""
    own = new_application(bench)
    left = spend(bench, own, PinRole.USER)
    with bench.second_process(user_tries_left, name=own.name) as other:
        found = other.result()
    bench.expect(
        found == left,
        f"{left} tries are left here, and {found} in another process: the driver counts, not the token",
        f"本进程剩余 {left} 次，另一进程为 {found} 次：计数在驱动而不在设备中",
    )


def user_tries_left(bench: SKFBench, name: str) -> int:
    """Return how many tries the user of an application has left, for a check in another process."""
    with bench.scene():
        application = bench.skf.open_application(bench.device, name)
    return tries_left(bench, application, PinRole.USER)
