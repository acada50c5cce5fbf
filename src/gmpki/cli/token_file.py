"""``gmpki token file``: files in applications, with the rights of GM/T 0016."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io
from gmpki.cli._files import INPUT, force_option, output_option
from gmpki.cli._group import Group
from gmpki.cli._output import Report, check_output, columns, facts, json_option
from gmpki.cli._token import Pin, Place, application_of, confirm, pin_options, place_options, user_in

if TYPE_CHECKING:
    from gmpki.tokens.interfaces import Application, FileInfo, Rights

__all__ = ["command"]

MAX_FILE_LEN = 1 << 20
RIGHTS = ("user", "admin", "anyone", "never")

name_option = click.option("--name", "-n", required=True, metavar="NAME", help="The name of the file in the token.")


@click.group(name="file", cls=Group)
def command() -> None:
    """Write, read, list and delete files of an application.

    令牌应用中文件的写入、读取、列出、删除。
    """


@command.command(
    epilog="\b\nExamples:\n  gmpki token file put 'soft:dev=00a1;app=GMPKI-TEST' --name memo --input notes.txt "
    "--pin-env USER_PIN\n"
    "  gmpki token file put 'soft:dev=00a1;app=GMPKI-TEST' --name chain --input chain.pem --read-by anyone "
    "--pin-env USER_PIN",
)
@place_options(container=False)
@pin_options()
@name_option
@click.option("--input", "-i", "source", type=INPUT, default="-", metavar="FILE", help="What goes into it.")
@click.option("--read-by", type=click.Choice(RIGHTS), default="user", show_default=True, help="Who may read it.")
@click.option("--write-by", type=click.Choice(RIGHTS), default="user", show_default=True, help="Who may write it.")
@click.option("--replace", is_flag=True, help="Delete a file of this name first; its rights are those given here.")
@json_option
def put(*, place: Place, pin: Pin, name: str, source: str, read_by: str, write_by: str, replace: bool) -> Report:
    """Create a file of the size of the input, and write it.

    在应用中创建并写入文件。
    """
    from gmpki.tokens.interfaces import Rights

    data = _io.read_input(source, max_len=MAX_FILE_LEN)
    if not data:
        raise click.UsageError("the input is empty, and tokens have no empty files")
    with application_of(place) as application:
        user_in(application, place, pin)
        if replace and name in application.files():
            application.delete_file(name)
        rights = {"read_rights": Rights[read_by.upper()], "write_rights": Rights[write_by.upper()]}
        application.create_file(name, len(data), **rights)
        application.write_file(name, data)
        fields = _fields(application.file_info(name))
    return Report({"file": fields}, facts([("已写入", "written", name), ("大小", "size", f"{len(data)} B")]))


@command.command(
    epilog="\b\nExamples:\n  gmpki token file get 'soft:dev=00a1;app=GMPKI-TEST' --name notes --output notes.out "
    "--pin-env USER_PIN",
)
@place_options(container=False)
@pin_options()
@name_option
@output_option
@force_option
@json_option
def get(*, place: Place, pin: Pin, name: str, output: str, force: bool) -> Report:
    """Read a file. The PIN is only asked for when not everybody may read it.

    读取文件；任何人可读的文件无需 PIN。
    """
    check_output(output, binary=True, force=force)
    with application_of(place) as application:
        info = application.file_info(name)
        _log_in(application, place, pin, info.read_rights)
        data = application.read_file(name)
    _io.write_output(output, data, private=True, force=force)
    rows = [("已读取", "read", name), ("大小", "size", f"{len(data)} B"), ("输出", "output", output)]
    return Report({"file": _fields(info), "output": output}, [] if output == "-" else facts(rows))


@command.command(name="list", epilog="\b\nExamples:\n  gmpki token file list 'soft:dev=00a1;app=GMPKI-TEST'")
@place_options(container=False)
@json_option
def list_files(*, place: Place) -> Report:
    """List the files of an application, their sizes, and who may read and write each.

    列出应用中的文件。
    """
    with application_of(place) as application:
        found = [_fields(application.file_info(name)) for name in application.files()]
        if not found:
            return Report({"files": []}, facts([("没有文件", "no file", application.name)]))
    rows = [(one["name"], f"{one['size']} B", one["read_by"], one["write_by"]) for one in found]
    return Report({"files": found}, columns([("文件 file", "大小 size", "可读 read by", "可写 written by"), *rows]))


@command.command(
    epilog="\b\nExamples:\n  gmpki token file rm --yes 'soft:dev=00a1;app=GMPKI-TEST' --name old --pin-env USER_PIN",
)
@place_options(container=False)
@pin_options()
@name_option
@json_option
def rm(*, place: Place, pin: Pin, name: str) -> Report:
    """Delete a file.

    删除文件。
    """
    confirm(f"the file {name} is lost", yes=pin.yes)
    with application_of(place) as application:
        user_in(application, place, pin)
        application.delete_file(name)
    return Report({"name": name}, facts([("已删除", "deleted", name)]))


def _log_in(application: Application, place: Place, pin: Pin, rights: Rights) -> None:
    """Log in who may do something; nobody where everybody may."""
    from gmpki.tokens.interfaces import PinRole, Rights

    if rights == Rights.ANYONE:
        return
    if rights & Rights.ADMIN and not rights & Rights.USER:
        application.login(pin, PinRole.ADMIN)
    else:
        user_in(application, place, pin)


def _fields(info: FileInfo) -> dict[str, Any]:
    return {
        "name": info.name,
        "size": info.size,
        "read_by": _names(info.read_rights),
        "write_by": _names(info.write_rights),
    }


def _names(rights: Rights) -> str:
    from gmpki.tokens.interfaces import Rights

    if rights in (Rights.ANYONE, Rights.NEVER):
        return "anyone" if rights else "never"
    return "+".join(one.name.lower() for one in (Rights.ADMIN, Rights.USER) if rights & one and one.name is not None)
