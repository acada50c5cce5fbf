"""``gmpki token soft``: devices of the software token made, listed, reset, pulled out, put in, deleted."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli._group import Group
from gmpki.cli._options import together
from gmpki.cli._output import Report, columns, facts, json_option
from gmpki.cli._secrets import SecretSource, secret_options
from gmpki.cli._token import confirm, yes_option
from gmpki.cli._token_show import read_device_key

if TYPE_CHECKING:
    from gmpki.tokens.soft import SoftDevice, SoftSettings

__all__ = ["command"]

# Of gmpki.tokens.soft, written out so that --help imports nothing; a test compares them.
PROFILES = ("ukey-128k", "ukey-64k")
VPCD_PORT = 35963

name_argument = click.argument("name", metavar="SERIAL")
settings_options = together(
    click.option("--label", metavar="TEXT", help="Its label.  [default: SOFTWARE TOKEN]"),
    click.option(
        "--profile", type=click.Choice(PROFILES), default=PROFILES[0], show_default=True, help="How large it is."
    ),
    click.option("--pin-cost-ms", type=int, metavar="N", help="How long trying a PIN takes.  [default: 100]"),
    click.option("--pin-iterations", type=int, metavar="N", help="The same, as rounds of PBKDF2."),
    click.option("--pin-tries", type=int, metavar="N", help="Wrong tries until a PIN locks.  [default: 10]"),
    click.option("--max-applications", type=int, metavar="N", help="[default: as the profile says]"),
    click.option(
        "--max-containers", type=int, metavar="N", help="In each application.  [default: as the profile says]"
    ),
    secret_options("device-key", "the device key, 32 hexadecimal digits,"),
)


@click.group(name="soft", cls=Group)
def command() -> None:
    """Make and manage devices of the software token, which is for development, tests and acceptance runs.

    It is no certified hardware, and says so in its label. Its devices are in $GMPKI_SOFTTOKEN_DIR, else in the folder
    gmpki/tokens of the user's data.

    软令牌管理：用于开发、测试与验收，并非经认证的硬件。
    """


@command.command(
    epilog="\b\nExamples:\n  gmpki token soft init 00a1\n"
    "  gmpki token soft init --profile ukey-64k --label 测试 --pin-tries 5",
)
@click.argument("name", metavar="[SERIAL]", required=False)
@settings_options
@json_option
def init(*, name: str | None, **options: Any) -> Report:
    """Make a device, and answer with its URI. SERIAL, else a random number, is its name.

    创建软令牌设备。
    """
    from gmpki.tokens.soft import create_soft_device

    return _told(create_soft_device(_settings(name, options)), ("已创建", "made"))


@command.command(name="list", epilog="\b\nExamples:\n  gmpki token soft list\n  gmpki token soft list --json")
@json_option
def list_devices() -> Report:
    """List the devices, those too that are pulled out.

    列出软令牌设备。
    """
    from gmpki.tokens.soft import list_soft_devices, store_root

    found = [_fields(device) for device in list_soft_devices()]
    rows = [(one["uri"], "已插入 present" if one["present"] else "已拔出 pulled out", one["folder"]) for one in found]
    lines = columns([("URI", "状态 state", "目录 folder"), *rows]) if rows else []
    root = store_root()
    return Report(
        {"root": root, "devices": found}, lines or facts([("没有软令牌", "there is no software token", root)])
    )


@command.command(
    epilog="\b\nExamples:\n  gmpki token soft reset --yes 00a1\n  gmpki token soft reset --yes --label 新 00a1"
)
@name_argument
@settings_options
@yes_option
@json_option
def reset(*, name: str, yes: bool, **options: Any) -> Report:
    """Make the device SERIAL anew: all its applications, keys and files are lost.

    重置软令牌设备，清除其全部内容。
    """
    from gmpki.tokens.soft import reset_soft_device

    confirm(f"everything in the software token {name} is lost", yes=yes)
    return _told(reset_soft_device(name, _settings(None, options)), ("已重置", "reset"))


@command.command(epilog="\b\nExamples:\n  gmpki token soft remove 00a1")
@name_argument
@json_option
def remove(*, name: str) -> Report:
    """Pull the device SERIAL out: drivers report the event, and every use of it ends. Nothing is lost.

    模拟拔出设备（内容不变）。
    """
    from gmpki.tokens.soft import pull_out

    pull_out(name)
    return _told(_device(name), ("已拔出", "pulled out"))


@command.command(epilog="\b\nExamples:\n  gmpki token soft insert 00a1")
@name_argument
@json_option
def insert(*, name: str) -> Report:
    """Put the device SERIAL back in.

    模拟插入设备。
    """
    from gmpki.tokens.soft import put_in

    put_in(name)
    return _told(_device(name), ("已插入", "put in"))


@command.command(epilog="\b\nExamples:\n  gmpki token soft delete --yes 00a1")
@name_argument
@yes_option
@json_option
def delete(*, name: str, yes: bool) -> Report:
    """Delete the device SERIAL with all that is in it.

    删除软令牌设备及其全部内容。
    """
    from gmpki.tokens.soft import delete_soft_device

    confirm(f"the software token {name} and everything in it is lost", yes=yes)
    delete_soft_device(name)
    return Report({"name": name}, facts([("已删除", "deleted", name)]))


@command.command(epilog="\b\nExamples:\n  gmpki token soft card --seconds 60 00a1")
@name_argument
@click.option("--port", type=click.IntRange(1, 65535), default=VPCD_PORT, show_default=True, help="Where vpcd listens.")
@click.option("--seconds", type=click.FloatRange(min=0), metavar="N", help="So long.  [default: until Ctrl-C]")
@json_option
def card(*, name: str, port: int, seconds: float | None) -> Report:
    """Put the device SERIAL as a card into the virtual reader of pcscd (vsmartcard-vpcd), so that pcsc: URIs reach it.

    将软令牌作为卡片插入 pcscd 的虚拟读卡器（vpcd）。
    """
    import threading

    from gmpki.tokens.soft.card import SoftCard

    with SoftCard(name, port=port) as inserted:
        click.echo(f"gmpki: 卡片已插入 card {name} is in the reader", err=True)
        if seconds is not None:
            timer = threading.Timer(seconds, inserted.close)
            timer.daemon = True
            timer.start()
        with contextlib.suppress(KeyboardInterrupt):
            inserted.run()
    return Report({"name": name, "port": port}, facts([("已取出", "taken out", name)]))


def _settings(name: str | None, options: dict[str, Any]) -> SoftSettings:
    from gmpki.tokens.soft import SoftSettings

    key: SecretSource = options.pop("device_key")
    return SoftSettings(serial=name, device_key=read_device_key(key), **options)


def _device(name: str) -> SoftDevice:
    from gmpki.tokens.soft import list_soft_devices

    return next(device for device in list_soft_devices() if device.name == name)


def _fields(device: SoftDevice) -> dict[str, Any]:
    from gmpki.tokens.uri import SKFUri

    uri = str(SKFUri(device=device.name))
    return {"uri": uri, "name": device.name, "present": device.is_present, "folder": device.folder}


def _told(device: SoftDevice, done: tuple[str, str]) -> Report:
    fields = _fields(device)
    return Report(fields, facts([(*done, fields["uri"]), ("目录", "folder", fields["folder"])]))
