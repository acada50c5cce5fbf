"""``gmpki token pin``: PINs shown, verified, changed, unblocked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gmpki.cli._group import Group
from gmpki.cli._output import Report, facts, json_option
from gmpki.cli._token import Pin, Place, application_of, device_of, pin_options, place_options
from gmpki.cli._token_show import pin_fields, pin_text

if TYPE_CHECKING:
    from gmpki.tokens.interfaces import Application, Device, PinRole

__all__ = ["command"]

NAMES = {"user": ("用户 PIN", "user PIN"), "admin": ("管理员 PIN", "administrator's PIN")}

role_option = click.option(
    "--role", type=click.Choice(list(NAMES)), default="user", show_default=True, help="Whose PIN it is."
)


@click.group(name="pin", cls=Group)
def command() -> None:
    """Show, verify, change and unblock PINs. A PIN that was wrong is not asked for again.

    PIN 的查看、验证、修改、解锁；PIN 错误后不会自动重试。
    """


@command.command(epilog="\b\nExamples:\n  gmpki token pin info 'soft:dev=00a1;app=GMPKI-TEST'")
@place_options(container=False)
@json_option
def info(*, place: Place) -> Report:
    """Show how many tries are left of each PIN. No try is spent.

    查看 PIN 剩余次数；不消耗次数。
    """
    from gmpki.tokens.interfaces import PinRole

    with application_of(place) as application:
        found = [pin_fields(application.pin_info(role)) for role in (PinRole.USER, PinRole.ADMIN)]
    rows = [("应用", "application", application.name)]
    rows += [(*NAMES[one["role"]], pin_text(one)) for one in found]
    return Report({"application": application.name, "pins": found}, facts(rows))


@command.command(
    epilog="\b\nExamples:\n  gmpki token pin verify 'soft:dev=00a1;app=GMPKI-TEST' --pin-env USER_PIN\n"
    "  gmpki token pin verify --role admin 'soft:dev=00a1;app=GMPKI-TEST' --pin-env ADMIN_PIN",
)
@place_options(container=False)
@pin_options(what="the PIN")
@role_option
@json_option
def verify(*, place: Place, pin: Pin, role: str) -> Report:
    """Check a PIN. A wrong one spends a try: exit code 1, and the tries left.

    验证 PIN；错误会消耗一次尝试。
    """
    with application_of(place) as application:
        application.login(pin, _role(role))
        application.logout()
        return _told(application, role, ("PIN 正确", "PIN correct"))


@command.command(
    epilog="\b\nExamples:\n  gmpki token pin change 'soft:dev=00a1;app=GMPKI-TEST' --pin-env USER_PIN "
    "--new-pin-env NEW_PIN",
)
@place_options(container=False)
@pin_options(what="the present PIN")
@pin_options("new-pin", "the new PIN", asks=False)
@role_option
@json_option
def change(*, place: Place, pin: Pin, new_pin: Pin, role: str) -> Report:
    """Change a PIN.

    修改 PIN。
    """
    with device_of(place) as device:
        application = device.application(place.own_application)
        old = _asked(pin, device, application, _role(role))
        application.change_pin(old, new_pin.new("新 PIN New PIN"), _role(role))
        return _told(application, role, ("已修改", "changed"))


@command.command(
    epilog="\b\nExamples:\n  gmpki token pin unblock 'soft:dev=00a1;app=GMPKI-TEST' --admin-pin-env ADMIN_PIN "
    "--new-pin-env NEW_PIN",
)
@place_options(container=False)
@pin_options("admin-pin", "the PIN of the administrator")
@pin_options("new-pin", "the new PIN of the user", asks=False)
@json_option
def unblock(*, place: Place, admin_pin: Pin, new_pin: Pin) -> Report:
    """Give a user whose PIN is locked, or forgotten, a new one, with the administrator's PIN.

    用管理员 PIN 解锁并重设用户 PIN。
    """
    with device_of(place) as device:
        application = device.application(place.own_application)
        admin = _asked(admin_pin, device, application, _role("admin"))
        application.unblock_pin(admin, new_pin.new("新用户 PIN New PIN of the user"))
        return _told(application, "user", ("已解锁", "unblocked"))


def _role(name: str) -> PinRole:
    from gmpki.tokens.interfaces import PinRole

    return PinRole[name.upper()]


def _asked(pin: Pin, device: Device, application: Application, role: PinRole) -> bytes:
    """Return the PIN that is there, before the new one is asked for."""
    from gmpki.tokens.interfaces import PinRequest

    return pin(PinRequest(role, device.name, application.name, application.pin_info(role).tries_left))


def _told(application: Application, role: str, done: tuple[str, str]) -> Report:
    fields: dict[str, Any] = {"application": application.name, "pin": pin_fields(application.pin_info(_role(role)))}
    rows = [(*done, NAMES[role][1]), ("应用", "application", application.name)]
    rows.append((*NAMES[role], pin_text(fields["pin"])))
    return Report(fields, facts(rows))
