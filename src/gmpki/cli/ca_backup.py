"""``gmpki ca backup`` and ``gmpki ca restore``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from gmpki.cli import _io
from gmpki.cli._ca import CAPlace, ca_options, counting, require_library, scheduled_option, yes_option
from gmpki.cli._ca_settings import read_settings
from gmpki.cli._files import INPUT, OUTPUT
from gmpki.cli._output import Report, facts, json_option
from gmpki.cli._times import show_time
from gmpki.cli._token import confirm

if TYPE_CHECKING:
    from gmpki.ca.store.backup import Backup

__all__ = ["backup", "restore"]


@click.command(
    name="backup",
    epilog="\b\nExamples:\n  gmpki ca backup --password-env CA_PASSWORD --as administrator --output ca.backup\n"
    "  gmpki ca backup --password-env CA_PASSWORD --verify ca.backup",
)
@click.option("--output", "-o", type=OUTPUT, metavar="FILE", help="The file to write; it is not there yet.")
@click.option("--verify", type=INPUT, metavar="FILE", help="Verify a backup that is there, and write nothing.")
@ca_options()
@scheduled_option
@json_option
def backup(*, place: CAPlace, output: str | None, verify: str | None, scheduled: bool) -> Report:
    """Write all of the database to a file, as it is at one moment, and read it back to verify it.

    Keys and key ring are not in it: keep them too, elsewhere. Names and certificates in it need
    no password to be read.

    备份数据库并验证；密钥文件与密钥环须另行保存。
    """
    if (output is None) is (verify is None):
        raise click.UsageError("give --output FILE to write a backup, or --verify FILE to verify one")
    require_library()
    from gmpki.ca.store.backup import back_up, verify_backup

    if output is None:
        assert verify is not None  # noqa: S101 - one of the two
        found = verify_backup(verify, place.read_ring(read_settings(place.folder)))
        return _told(found, verify, ("完好", "whole"))
    if output == "-":
        raise click.UsageError("a backup goes to a file, which is verified when it is written")
    _io.refuse_existing(output, force=False)
    with place.open() as ca:
        ca.acting("backup", scheduled=scheduled)
        back_up(ca.store, output)
        found = verify_backup(output, ca.store.protection.ring)
    return _told(found, output, ("已备份", "written and verified"))


@click.command(
    name="restore",
    epilog="\b\nExamples:\n  gmpki ca restore --yes --password-env CA_PASSWORD ca.backup",
)
@click.argument("backup", type=INPUT, metavar="FILE")
@yes_option
@ca_options(acts=False)
@json_option
def restore(*, place: CAPlace, backup: str, yes: bool) -> Report:
    """Fill the database that ca.toml names, which is empty or not there, from a backup.

    What was issued or revoked after the backup is not in it: revoke again what was.  Whoever has the password of the
    directory may do it: who the operators are stands in the backup.

    从备份恢复到空数据库；备份之后的签发与撤销不在其中。
    """
    require_library()
    from gmpki.ca.interfaces import Actor
    from gmpki.ca.store.backup import restore as fill
    from gmpki.ca.store.backup import verify_backup
    from gmpki.cli._ca import FOUNDER

    settings = read_settings(place.folder)
    ring = place.read_ring(settings)
    found = verify_backup(backup, ring)
    confirm(f"what was done after {show_time(found.at)} is lost in {settings.database}", yes=yes)
    with counting("恢复 restore") as tell:
        total = sum(found.rows.values())
        fill(
            backup,
            place.database_url(settings),
            ring,
            actor=Actor(FOUNDER),
            progress=lambda done: tell(done, total),
        ).close()
    return _told(found, os.path.join(place.folder, "ca.toml"), ("已恢复", "restored"))


def _told(found: Backup, path: str, done: tuple[str, str]) -> Report:
    rows = sum(found.rows.values())
    fields = {"path": path, "at": show_time(found.at), "revision": found.revision, "rows": rows, "tables": found.rows}
    lines = [(*done, path), ("时间", "made", show_time(found.at) or ""), ("行数", "rows", str(rows))]
    return Report(fields, facts(lines))
