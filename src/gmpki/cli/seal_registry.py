"""``gmpki seal record``, ``stop``, ``resume``, ``replace``, ``revoke`` and ``list``: the life of seals."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli._files import INPUT
from gmpki.cli._options import together
from gmpki.cli._output import Report, json_option
from gmpki.cli._seal_report import shown_facts
from gmpki.cli._seal_shown import STAGES, describe_grant, describe_record, grant_rows, record_rows
from gmpki.cli._seal_signer import open_grants, open_registry, read_seal
from gmpki.cli._times import parse_time

if TYPE_CHECKING:
    from gmpki.asn1.rfc5280 import ReasonCode
    from gmpki.seal.life import SealRecord

__all__ = ["list_seals", "record", "replace", "resume", "revoke", "stop"]

DIGEST = re.compile(r"[0-9a-fA-F]{64}")
# Names of gmpki.asn1.rfc5280.ReasonCode that fit seals.
REASONS = (
    "unspecified",
    "key-compromise",
    "affiliation-changed",
    "superseded",
    "cessation-of-operation",
    "certificate-hold",
    "privilege-withdrawn",
)

registry_option = click.option("--registry", type=INPUT, required=True, metavar="DIRECTORY", help="The registry.")
by_option = click.option("--by", required=True, metavar="NAME", help="Who does it.")
why_option = click.option("--why", default="", metavar="TEXT", help="Why, in your words.")
step_options = together(registry_option, by_option, why_option)
seal_argument = click.argument("seal", metavar="SEAL")


def named(text: str) -> str | bytes:
    """Return what a registry takes for a seal: its esID, or its digest."""
    return bytes.fromhex(text) if DIGEST.fullmatch(text) else text


def told(record: SealRecord) -> Report:
    """Return what a command answers about one record."""
    return Report(describe_record(record), shown_facts(record_rows(record)))


def reason_code(name: str) -> ReasonCode:
    """Return the code of a reason."""
    from gmpki.asn1.rfc5280 import ReasonCode

    return ReasonCode[name.upper().replace("-", "_")]


@click.command(
    epilog="\b\nExamples:\n"
    "  gmpki seal record --registry new-seals --create-registry --by 备案员07 --number 2026-000123 org.esl\n"
    "  gmpki seal record --registry seals --by 备案员07 --number 2026-000124 second.esl",
)
@click.argument("source", type=INPUT, metavar="SEALFILE")
@step_options
@click.option("--create-registry", is_flag=True, help="Make the registry; it must not exist.")
@click.option("--number", "record_number", default="", metavar="TEXT", help="The number under which it is on file.")
@click.option("--holder", metavar="TEXT", help="Whose it is.  [default: the name in the seal]")
@click.option("--lenient", is_flag=True, help="Read a seal that departs from the standards in form.")
@json_option
def record(
    *,
    source: str,
    registry: str,
    by: str,
    why: str,
    create_registry: bool,
    record_number: str,
    holder: str | None,
    lenient: bool,
) -> Report:
    """Put the seal in SEALFILE on file, which brings it into use.

    A seal that the registry does not know yet, one that was made elsewhere for instance, is taken up first.

    印章备案：登记后即可使用；尚未登记的印章先行登记。
    """
    from gmpki.errors import SealError

    seal = read_seal(source, lenient=lenient)
    opened = open_registry(registry, create=create_registry)
    try:
        opened.record(seal)
    except SealError as error:
        if error.reason != "unknown-seal":
            raise
        opened.make(seal, by=by, why=why, holder=holder)
    return told(opened.file(seal, by=by, why=why, record_number=record_number))


@click.command(
    epilog="\b\nExamples:\n  gmpki seal stop --registry seals --by 李四 --why 保管人变更 31010000000001",
)
@seal_argument
@step_options
@click.option("--reason", type=click.Choice(REASONS), default="certificate-hold", show_default=True)
@json_option
def stop(*, seal: str, registry: str, by: str, why: str, reason: str) -> Report:
    """Take SEAL (its id, or its SM3 digest in hexadecimal digits) out of use until it is resumed.

    停用印章，可恢复。
    """
    return told(open_registry(registry).stop(named(seal), by=by, why=why, reason=reason_code(reason)))


@click.command(epilog="\b\nExamples:\n  gmpki seal resume --registry seals --by 李四 31010000000003")
@seal_argument
@step_options
@json_option
def resume(*, seal: str, registry: str, by: str, why: str) -> Report:
    """Take SEAL, which was stopped, into use again.

    恢复使用已停用的印章。
    """
    return told(open_registry(registry).resume(named(seal), by=by, why=why))


@click.command(
    epilog="\b\nExamples:\n"
    "  gmpki seal replace --registry seals --by 备案员07 --why 到期更换 --number 2026-000125 31010000000001 next.esl",
)
@seal_argument
@click.argument("source", type=INPUT, metavar="SEALFILE")
@step_options
@click.option("--number", "record_number", default="", metavar="TEXT", help="The number of the new seal on file.")
@click.option("--reason", type=click.Choice(REASONS), default="superseded", show_default=True)
@json_option
def replace(*, seal: str, source: str, registry: str, by: str, why: str, record_number: str, reason: str) -> Report:
    """Put the seal in SEALFILE in the place of SEAL: it is put on file and in use, the old one no longer.

    更换印章：新印章备案启用，旧印章停止使用。
    """
    successor = read_seal(source)
    opened = open_registry(registry)
    return told(
        opened.replace(named(seal), successor, by=by, why=why, reason=reason_code(reason), record_number=record_number)
    )


@click.command(
    epilog="\b\nExamples:\n"
    "  gmpki seal revoke --registry seals --by 李四 --why 遗失 --reason key-compromise 31010000000001\n"
    "  gmpki seal revoke --registry seals --by 李四 --why 调岗 --grant 5066a054fc164d24",
)
@click.argument("seal", metavar="[SEAL]", required=False)
@step_options
@click.option("--reason", type=click.Choice(REASONS), help="[default: unspecified]")
@click.option("--since", metavar="TIME", help="From when on it counts as revoked.  [default: now]")
@click.option("--grant", "grant_id", metavar="ID", help="Take this grant back, in place of a seal.")
@json_option
def revoke(
    *,
    seal: str | None,
    registry: str,
    by: str,
    why: str,
    reason: str | None,
    since: str | None,
    grant_id: str | None,
) -> Report:
    """Take SEAL out of use for good; or, with --grant, take back what somebody was granted.

    撤销印章（不可恢复），或用 --grant 撤回授权。
    """
    if (seal is None) is (grant_id is None):
        raise click.UsageError("name the seal, or --grant")
    if grant_id is not None:
        if reason is not None or since is not None:
            raise click.UsageError("--reason and --since go with a seal")
        grant = open_grants(registry).revoke(grant_id, by=by, why=why)
        return Report(describe_grant(grant), shown_facts(grant_rows(grant)))
    at = None if since is None else parse_time(since, "--since")
    code = reason_code(reason or "unspecified")
    return told(open_registry(registry).revoke(named(seal or ""), by=by, why=why, reason=code, since=at))


@click.command(
    name="list",
    epilog="\b\nExamples:\n  gmpki seal list --registry seals\n"
    "  gmpki seal list --registry seals --stage in-use --holder 社会保障局 --since 2026-01-01 --json",
)
@registry_option
@click.option("--id", "seal_id", metavar="TEXT", help="Those of this seal id.")
@click.option("--holder", metavar="TEXT", help="Those in whose holder this text stands.")
@click.option("--name", metavar="TEXT", help="Those in whose name this text stands.")
@click.option("--stage", type=click.Choice(tuple(STAGES)), help="Those that stand there.")
@click.option("--since", metavar="TIME", help="Those with a step at that time or later.")
@click.option("--until", metavar="TIME", help="Those with a step before that time.")
@json_option
def list_seals(
    *,
    registry: str,
    seal_id: str | None,
    holder: str | None,
    name: str | None,
    stage: str | None,
    since: str | None,
    until: str | None,
) -> Report:
    """List the seals of a registry that fit everything that is asked for, with every step of their lives.

    按编码、持有者、名称、状态、时间段查询印章及其全部变更。
    """
    from gmpki.seal.life import SealStage

    found = open_registry(registry).find(
        seal_id=seal_id,
        holder=holder,
        name=name,
        stage=None if stage is None else SealStage(stage),
        since=None if since is None else parse_time(since, "--since"),
        until=None if until is None else parse_time(until, "--until"),
    )
    rows = [row for one in found for row in record_rows(one)]
    fields: dict[str, Any] = {"seals": [describe_record(one) for one in found]}
    return Report(fields, shown_facts([*rows, ("共计", "found", str(len(found)))]))
