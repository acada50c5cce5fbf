"""Calls of the functions that take a PIN, as the checks of PINs need them: the code and the count that came with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gmpki.conformance.model import Words
from gmpki.tokens.interfaces import PinRole

if TYPE_CHECKING:
    from gmpki.conformance.skf.bench import OwnApplication, SKFBench
    from gmpki.tokens.skf.structures import ApplicationHandle

__all__ = [
    "ADMIN_TRIES",
    "OWNERS",
    "SHORTEST_PIN",
    "SHORT_PIN",
    "USER_TRIES",
    "PinAnswer",
    "change",
    "is_user_in",
    "lock",
    "log_in",
    "new_application",
    "opened_anew",
    "pin_of",
    "spend",
    "tries_left",
    "unblock",
    "verify",
]

OWNERS: Final = {PinRole.USER: Words("the user", "用户"), PinRole.ADMIN: Words("the administrator", "管理员")}

SHORTEST_PIN: Final = b"204816"
SHORT_PIN: Final = SHORTEST_PIN[:5]  # of 5 bytes, where 6 is the least

# Of the applications that the checks of PINs make: not the same, so that counts mixed up are seen.
ADMIN_TRIES: Final = 5
USER_TRIES: Final = 4

# What the count is set to before a call: no token counts so far.
_UNWRITTEN: Final = 0x5A5A


@dataclass(frozen=True, slots=True)
class PinAnswer:
    """What a function that takes a PIN answered. Immutable.

    :ivar name: of the code, such as "SAR_PIN_INCORRECT".
    :ivar count: the tries left as the function says; None when it says nothing of them.
    """

    name: str
    count: int | None

    @property
    def is_ok(self) -> bool:
        """Whether the function did what it was asked for."""
        return self.name == "SAR_OK"

    @property
    def shown_count(self) -> str:
        """The tries left as a text."""
        return "(nothing)" if self.count is None else str(self.count)


def verify(bench: SKFBench, application: ApplicationHandle, role: int, pin: bytes) -> PinAnswer:
    """Call SKF_VerifyPIN; role may be a number that the standard does not have."""
    return _counted(bench, "SKF_VerifyPIN", bench.raw(application), int(role), bench.text(pin))


def change(bench: SKFBench, application: ApplicationHandle, role: int, old: bytes, new: bytes) -> PinAnswer:
    """Call SKF_ChangePIN; role as in :func:`verify`."""
    return _counted(bench, "SKF_ChangePIN", bench.raw(application), int(role), bench.text(old), bench.text(new))


def unblock(bench: SKFBench, application: ApplicationHandle, admin_pin: bytes, new_user_pin: bytes) -> PinAnswer:
    """Call SKF_UnblockPIN."""
    texts = (bench.text(admin_pin), bench.text(new_user_pin))
    return _counted(bench, "SKF_UnblockPIN", bench.raw(application), *texts)


def _counted(bench: SKFBench, function: str, *arguments: Any) -> PinAnswer:
    cell, count = bench.ulong(_UNWRITTEN)
    name = bench.supported(function, *arguments, count)
    said = int(count[0])
    del cell
    return PinAnswer(name, None if said == _UNWRITTEN else said)


def new_application(bench: SKFBench) -> OwnApplication:
    """Create an application with as many tries as stand above, until the end of the check."""
    return bench.new_application(admin_tries=ADMIN_TRIES, user_tries=USER_TRIES)


def pin_of(own: OwnApplication, role: PinRole) -> bytes:
    """Return the PIN of an application's user or administrator, as it was created."""
    return own.pins.user if role is PinRole.USER else own.pins.admin


def log_in(bench: SKFBench, own: OwnApplication, role: PinRole) -> None:
    """Log in by that PIN; without a verdict where that fails."""
    with bench.scene():
        bench.skf.verify_pin(own.handle, role, pin_of(own, role))


def tries_left(bench: SKFBench, application: ApplicationHandle, role: PinRole) -> int:
    """Return how many tries a PIN has left, by SKF_GetPINInfo."""
    return bench.skf.get_pin_info(application, role).tries_left


def spend(bench: SKFBench, own: OwnApplication, role: PinRole) -> int:
    """Give a wrong PIN once and return how many tries are left; without a verdict where it does not count."""
    before = tries_left(bench, own.handle, role)
    verify(bench, own.handle, role, own.pins.wrong)
    left = tries_left(bench, own.handle, role)
    if left >= before:
        bench.not_run("the token does not count a wrong PIN", "设备未对错误 PIN 计数")
    return left


def lock(bench: SKFBench, own: OwnApplication, role: PinRole) -> None:
    """Lock a PIN by wrong ones; without a verdict where that does not lock it."""
    while spend(bench, own, role):
        pass


def is_user_in(bench: SKFBench, application: ApplicationHandle) -> bool:
    """Tell whether the user has logged in: only then a container can be created, which is deleted at once."""
    name = bench.shared.new_name()
    handle = bench.ffi.new("HANDLE *")
    answer = bench.supported("SKF_CreateContainer", bench.raw(application), bench.text(name), handle)
    if answer != "SAR_OK":
        return False
    bench.answer("SKF_CloseContainer", handle[0])
    bench.answer("SKF_DeleteContainer", bench.raw(application), bench.text(name))
    return True


def opened_anew(bench: SKFBench, own: OwnApplication) -> ApplicationHandle:
    """Close an application and its device, and open it by a new connection."""
    with bench.scene():
        bench.skf.close_application(own.handle)
        bench.reconnect()
        return bench.skf.open_application(bench.device, own.name)
