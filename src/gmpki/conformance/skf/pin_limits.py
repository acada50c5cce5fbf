"""What PINs may be, and how many tries they get (GM/T 0027-2014 9.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0016, GMT_0027
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.scene import Pins
from gmpki.conformance.skf.application_calls import create_application
from gmpki.conformance.skf.pin_calls import (
    OWNERS,
    SHORT_PIN,
    SHORTEST_PIN,
    change,
    log_in,
    pin_of,
    unblock,
    verify,
)
from gmpki.tokens.interfaces import PinRole

if TYPE_CHECKING:
    from gmpki.conformance.skf.bench import SKFBench
    from gmpki.tokens.skf.structures import ApplicationHandle

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.SKF, "pin_limits", "PINL", Words("What PINs may be", "PIN 的限制"))

_LENGTH: Final = Clause(GMT_0027, "9.2")

_INIT: Final = (Permission.INIT,)
_LOCKING: Final = (Permission.INIT, Permission.LOCK)

_MOST_TRIES: Final = 10
_LONG_LENGTHS: Final = (16, 32, 64, 255)  # bytes


@GROUP.check(
    1,
    "PINs of 6 bytes are taken",
    "接受 6 字节的 PIN",
    clause=_LENGTH,
    functions=("SKF_CreateApplication", "SKF_VerifyPIN"),
    needs=_INIT,
)
def shortest_pin(bench: SKFBench) -> None:
    """Create an application with PINs of 6 bytes, and log the user in."""
    bench.authenticate()
    answer, name = create_application(bench, pins=Pins(SHORTEST_PIN[::-1], SHORTEST_PIN))
    bench.expect(answer == "SAR_OK", f"PINs of 6 bytes are answered with {answer}", f"6 字节的 PIN 返回 {answer}")
    bench.skf.verify_pin(bench.skf.open_application(bench.device, name), PinRole.USER, SHORTEST_PIN)


@GROUP.check(
    2,
    "No application is created with a user's PIN of less than 6 bytes",
    "用户 PIN 少于 6 字节时不能创建应用",
    clause=_LENGTH,
    functions=("SKF_CreateApplication",),
    needs=_INIT,
)
def short_user_pin(bench: SKFBench) -> None:
    """Create an application with a user's PIN of 5 bytes; SAR_PIN_LEN_RANGE is the code for it."""
    bench.authenticate()
    answer, _ = create_application(bench, pins=Pins(Pins.new().admin, SHORT_PIN))
    bench.observe("SKF_CreateApplication", answer)
    bench.expect(answer != "SAR_OK", "a user's PIN of 5 bytes is taken", "接受了 5 字节的用户 PIN")


@GROUP.check(
    3,
    "No application is created with an administrator's PIN of less than 6 bytes",
    "管理员 PIN 少于 6 字节时不能创建应用",
    clause=_LENGTH,
    functions=("SKF_CreateApplication",),
    needs=_INIT,
)
def short_admin_pin(bench: SKFBench) -> None:
    """Create an application with an administrator's PIN of 5 bytes; SAR_PIN_LEN_RANGE is the code for it."""
    bench.authenticate()
    answer, _ = create_application(bench, pins=Pins(SHORT_PIN, Pins.new().user))
    bench.observe("SKF_CreateApplication", answer)
    bench.expect(answer != "SAR_OK", "an administrator's PIN of 5 bytes is taken", "接受了 5 字节的管理员 PIN")


@GROUP.check(
    4,
    "A long PIN is refused or taken whole when an application is created",
    "创建应用时过长的 PIN 被拒绝或被完整接受",
    clause=Clause(GMT_0016, "7.3.2", "D"),
    severity=Severity.RECOMMENDED,
    functions=("SKF_CreateApplication", "SKF_VerifyPIN"),
    needs=_LOCKING,
)
def long_pin_of_creation(bench: SKFBench) -> None:
    """Create an application with a user's PIN of 64 bytes: one that is taken does not log in without its last byte."""
    bench.authenticate()
    pin = b"64".ljust(64, b"7")
    answer, name = create_application(bench, pins=Pins(Pins.new().admin, pin))
    bench.observe("SKF_CreateApplication", answer)
    if answer != "SAR_OK":
        return
    _expect_whole(bench, bench.skf.open_application(bench.device, name), pin)


def _expect_whole(bench: SKFBench, application: ApplicationHandle, pin: bytes) -> None:
    """Fail unless the user's PIN, which was taken, logs in, and does not without its last byte."""
    length = len(pin)
    bench.expect(
        not verify(bench, application, PinRole.USER, pin[:-1]).is_ok,
        f"of a PIN of {length} bytes the last is not compared: it was cut off",
        f"{length} 字节的 PIN 未比较最后一个字节：PIN 被截断",
    )
    answer = verify(bench, application, PinRole.USER, pin)
    bench.expect(
        answer.is_ok,
        f"a PIN of {length} bytes was taken, and is answered with {answer.name}: another was kept",
        f"{length} 字节的 PIN 已被接受，但验证时返回 {answer.name}：保存的不是该 PIN",
    )


@GROUP.check(
    10,
    "A PIN can be changed to one of 6 bytes",
    "PIN 可修改为 6 字节",
    clause=_LENGTH,
    functions=("SKF_ChangePIN", "SKF_VerifyPIN"),
    needs=_INIT,
)
def change_to_shortest(bench: SKFBench) -> None:
    """Change the user's PIN and the administrator's to 6 bytes, and log in with them."""
    own = bench.new_application()
    for role, owner in OWNERS.items():
        old = pin_of(own, role)
        log_in(bench, own, role)
        answer = change(bench, own.handle, role, old, SHORTEST_PIN)
        bench.expect(
            answer.is_ok,
            f"the change of the PIN of {owner.en} to 6 bytes is answered with {answer.name}",
            f"将{owner.zh} PIN 修改为 6 字节时返回 {answer.name}",
        )
        bench.skf.verify_pin(own.handle, role, SHORTEST_PIN)


@GROUP.check(
    11,
    "No PIN is changed to one of less than 6 bytes",
    "不能将 PIN 修改为少于 6 字节",
    clause=_LENGTH,
    functions=("SKF_ChangePIN", "SKF_VerifyPIN"),
    needs=_INIT,
)
def change_to_short(bench: SKFBench) -> None:
    """Change the user's PIN and the administrator's to 5 bytes: refused, and the old ones hold."""
    own = bench.new_application()
    for role, owner in OWNERS.items():
        old = pin_of(own, role)
        log_in(bench, own, role)
        answer = change(bench, own.handle, role, old, SHORT_PIN)
        bench.observe("SKF_ChangePIN", answer.name)
        bench.expect(
            not answer.is_ok,
            f"the PIN of {owner.en} is changed to 5 bytes",
            f"{owner.zh} PIN 被修改为 5 字节",
        )
        bench.skf.verify_pin(own.handle, role, old)


@GROUP.check(
    12,
    "No PIN is unblocked to one of less than 6 bytes",
    "解锁时不能设置少于 6 字节的 PIN",
    clause=_LENGTH,
    functions=("SKF_UnblockPIN", "SKF_VerifyPIN"),
    needs=_INIT,
)
def unblock_to_short(bench: SKFBench) -> None:
    """Set a user's PIN of 5 bytes with the administrator's: refused, and the old one holds."""
    own = bench.new_application()
    answer = unblock(bench, own.handle, own.pins.admin, SHORT_PIN)
    bench.observe("SKF_UnblockPIN", answer.name)
    bench.expect(not answer.is_ok, "a user's PIN of 5 bytes is set", "设置了 5 字节的用户 PIN")
    bench.skf.verify_pin(own.handle, PinRole.USER, own.pins.user)


@GROUP.check(
    20,
    "A long PIN is refused or taken whole",
    "过长的 PIN 被拒绝或被完整接受",
    clause=Clause(GMT_0016, "7.2.4", "D"),
    severity=Severity.RECOMMENDED,
    functions=("SKF_ChangePIN", "SKF_VerifyPIN"),
    needs=_LOCKING,
)
def long_pins(bench: SKFBench) -> None:
    """Change the PIN to 16, 32, 64 and 255 bytes: one that is taken logs in, and not without its last byte."""
    own = bench.new_application()
    pin, longest = own.pins.user, len(own.pins.user)
    for length in _LONG_LENGTHS:
        new = (b"%d" % length).ljust(length, b"7")
        with bench.scene():
            bench.skf.verify_pin(own.handle, PinRole.USER, pin)
        answer = change(bench, own.handle, PinRole.USER, pin, new)
        if not answer.is_ok:
            bench.observe(f"{length} bytes", answer.name)
            continue
        _expect_whole(bench, own.handle, new)
        pin, longest = new, length
    bench.observe("longest that was taken", longest)


@GROUP.check(
    30,
    "What the device makes of more than 10 tries",
    "设备如何处理大于 10 的重试次数",
    clause=_LENGTH,
    severity=Severity.INFORMATION,
    functions=("SKF_CreateApplication", "SKF_GetPINInfo"),
    needs=_INIT,
)
def many_tries(bench: SKFBench) -> None:
    """Create an application with 15 tries, where no more than 10 may be, and tell how many it has."""
    bench.authenticate()
    answer, name = create_application(bench, tries=15)
    bench.observe("SKF_CreateApplication", answer)
    if answer == "SAR_OK":
        application = bench.skf.open_application(bench.device, name)
        bench.observe("tries", bench.skf.get_pin_info(application, PinRole.USER).max_tries)


@GROUP.check(
    31,
    "The PINs of the application in use lock after at most 10 wrong ones",
    "所用应用的 PIN 最多输错 10 次即锁定",
    clause=_LENGTH,
    severity=Severity.RECOMMENDED,
    functions=("SKF_GetPINInfo",),
)
def at_most_ten(bench: SKFBench) -> None:
    """Ask for the tries and the default flag in the application that was named, or else in that of the suite."""
    with bench.scene():
        named = bench.shared.target.application
        application = bench.application if named is None else bench.skf.open_application(bench.device, named)
    for role, owner in OWNERS.items():
        state = bench.skf.get_pin_info(application, role)
        bench.observe(f"default PIN of {owner.en}", state.is_default)
        bench.expect(
            state.max_tries <= _MOST_TRIES,
            f"{owner.en} has {state.max_tries} tries",
            f"{owner.zh}的最大重试次数为 {state.max_tries}",
        )
