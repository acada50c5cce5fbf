"""``gmpki token app`` and ``gmpki token init``: applications, and devices taken into use."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli._group import Group
from gmpki.cli._hints import naming_tries
from gmpki.cli._options import together
from gmpki.cli._output import Report, columns, facts, json_option
from gmpki.cli._secrets import SecretSource, secret_options
from gmpki.cli._token import Pin, Place, confirm, device_of, pin_options, place_options, yes_option
from gmpki.cli._token_show import device_fields, device_rows, pin_fields, pin_text, read_device_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.tokens.interfaces import Device

__all__ = ["command", "init"]

device_key_options = secret_options("device-key", "the device key, 32 hexadecimal digits,")
RIGHTS = ("user", "admin", "anyone", "never")
new_application_options = together(
    pin_options("admin-pin", "the PIN of the administrator", asks=False),
    pin_options("pin", "the PIN of the user", asks=False),
    click.option(
        "--pin-tries",
        type=click.IntRange(1, 255),
        default=10,
        show_default=True,
        metavar="N",
        help="Wrong tries until a PIN locks. Devices often take at most 10, the software token at most 15.",
    ),
    click.option(
        "--files-by",
        type=click.Choice(RIGHTS),
        default="user",
        show_default=True,
        help="Who may create and delete files.",
    ),
)


@click.group(name="app", cls=Group)
def command() -> None:
    """List, create and delete applications, each with PINs, containers and files of its own.

    应用的列出、创建、删除。
    """


@command.command(name="list", epilog="\b\nExamples:\n  gmpki token app list soft:dev=00a1")
@place_options(application=False, container=False)
@json_option
def list_applications(*, place: Place) -> Report:
    """List the applications of a device, and the tries left of their PINs.

    列出设备中的应用及 PIN 剩余次数。
    """
    from gmpki.tokens.interfaces import PinRole

    found: list[dict[str, Any]] = []
    with device_of(place) as device:
        for name in device.applications():
            application = device.application(name)
            pins = [pin_fields(application.pin_info(role)) for role in (PinRole.USER, PinRole.ADMIN)]
            found.append({"name": name, "pins": pins, "containers": len(application.containers())})
        if not found:
            return Report({"applications": []}, facts([("没有应用", "no application", device.name)]))
    rows = [(one["name"], str(one["containers"]), *map(pin_text, one["pins"])) for one in found]
    title = ("应用 application", "容器 containers", "用户 PIN user PIN", "管理员 PIN administrator's PIN")
    return Report({"applications": found}, columns([title, *rows]))


@command.command(
    epilog="\b\nExamples:\n  gmpki token app create 'soft:dev=00a1;app=NEW' --admin-pin-env ADMIN_PIN "
    "--pin-env USER_PIN",
)
@place_options(container=False)
@device_key_options
@new_application_options
@json_option
def create(*, place: Place, device_key: SecretSource, **options: Any) -> Report:
    """Create the application that the URI, or --app, names, with its two PINs.

    The device is authenticated to with its key; without one, the key that products are delivered with. Through
    PKCS #11 it is an empty token that is initialised.

    创建应用，并设置管理员 PIN 与用户 PIN。
    """
    name = _new_name(place)
    with _empty_place(place) as device:
        _authenticate(device, device_key)
        fields = _create(device, name, **options)
    return Report(fields, facts([("已创建", "created", name), ("设备", "device", fields["device"])]))


@command.command(
    epilog="\b\nExamples:\n  gmpki token app delete --yes 'soft:dev=00a1;app=OLD'",
)
@place_options(container=False)
@device_key_options
@yes_option
@json_option
def delete(*, place: Place, device_key: SecretSource, yes: bool) -> Report:
    """Delete the application that the URI, or --app, names, with all keys, certificates and files in it.

    删除应用及其全部密钥、证书与文件。
    """
    name = _new_name(place)
    confirm(f"every key and file in the application {name} is lost", yes=yes)
    with device_of(place) as device:
        _authenticate(device, device_key)
        device.delete_application(name)
    return Report({"application": name}, facts([("已删除", "deleted", name)]))


@click.command(
    name="init",
    epilog="\b\nExamples:\n  gmpki token init 'soft:dev=00a1;app=NEW' --label 张三 --admin-pin-env ADMIN_PIN "
    "--pin-env USER_PIN\n"
    "  gmpki token init soft:dev=00a1 --new-device-key-env DEVICE_KEY",
)
@place_options(container=False)
@device_key_options
@secret_options("new-device-key", "the new device key, 32 hexadecimal digits,")
@click.option("--label", metavar="TEXT", help="The device's new label.")
@new_application_options
@json_option
def init(
    *,
    place: Place,
    device_key: SecretSource,
    new_device_key: SecretSource,
    label: str | None,
    **options: Any,
) -> Report:
    """Take a device into use: another device key, a label, the application that the URI, or --app, names.

    What was not asked for stays as it is. GM/T 0027-2014 9.2 wants the device key changed that products are delivered
    with. Nothing that is there is deleted.

    初始化设备：更换设备认证密钥、设置标签、创建应用；已有内容不受影响。
    """
    new_key = read_device_key(new_device_key)
    name = place.uri_application
    if name is None and label is None and new_key is None:
        raise click.UsageError("nothing to do: name an application (app= or --app), --label, or --new-device-key-...")
    with _empty_place(place) if name is not None else device_of(place) as device:
        if name is not None or new_key is not None:
            _authenticate(device, device_key)
        if label is not None:
            device.set_label(label)
        fields = {} if name is None else _create(device, name, **options)
        if new_key is not None:
            device.change_device_key(new_key)
        told = device_fields(device.info)
    rows = device_rows(told)
    if name is not None:
        rows.append(("已创建应用", "application created", name))
    if new_key is not None:
        rows.append(("已更换", "changed", "设备认证密钥 the device key"))
    return Report({**fields, "device": told, "device_key_changed": new_key is not None}, facts(rows))


# ---- what the commands share ------------------------------------------------------------
def _new_name(place: Place) -> str:
    name = place.uri_application
    if name is None:
        raise click.UsageError("name the application: app= in the URI, or --app")
    return name


@contextlib.contextmanager
def _empty_place(place: Place) -> Iterator[Device]:
    """Open the device that an application is to be created in; behind PKCS #11 the slot of an empty token."""
    from gmpki.errors import TokenNotFoundError
    from gmpki.tokens.opening import open_driver
    from gmpki.tokens.uri import PKCS11Uri

    uri = place.uri
    if not isinstance(uri, PKCS11Uri):
        with device_of(place) as device:
            yield device
        return
    driver: Any = open_driver(uri)
    try:
        wanted = {"serial": uri.serial, "manufacturer": uri.manufacturer, "model": uri.model, "slot": uri.slot_id}
        empty = [
            token.slot
            for token in driver.tokens().values()
            if not token.is_initialized and all(value in (None, getattr(token, name)) for name, value in wanted.items())
        ]
        if len(empty) != 1:
            raise TokenNotFoundError(f"{len(empty) or 'no'} tokens that are empty have the attributes of the URI")
        yield driver.open_slot(empty[0])
    finally:
        driver.close()


def _authenticate(device: Device, source: SecretSource) -> None:
    """Authenticate to a device that wants it."""
    from gmpki.tokens.interfaces import Ability

    key = read_device_key(source)
    if key is not None or Ability.DEVICE_AUTHENTICATION in device.abilities:
        device.authenticate(key)


def _create(device: Device, name: str, *, admin_pin: Pin, pin: Pin, pin_tries: int, files_by: str) -> dict[str, Any]:
    from gmpki.tokens.interfaces import Rights

    with naming_tries(pin_tries):
        application = device.create_application(
            name,
            admin_pin=admin_pin.new("新管理员 PIN New PIN of the administrator"),
            user_pin=pin.new("新用户 PIN New PIN of the user"),
            admin_tries=pin_tries,
            user_tries=pin_tries,
            create_file_rights=Rights[files_by.upper()],
        )
    return {"application": application.name, "device": device.name}
