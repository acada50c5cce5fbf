"""``gmpki seal grant`` and ``gmpki seal grants``: who may use which seal."""

from __future__ import annotations

import click

from gmpki.cli._files import INPUT
from gmpki.cli._issuing import load_one_certificate
from gmpki.cli._output import Report, json_option
from gmpki.cli._seal_report import shown_facts
from gmpki.cli._seal_shown import describe_grant, grant_rows
from gmpki.cli._seal_signer import open_grants, open_registry
from gmpki.cli._times import parse_last_second, parse_time
from gmpki.cli.seal_registry import named, registry_option, step_options

__all__ = ["command", "list_grants"]


@click.command(
    name="grant",
    epilog="\b\nExamples:\n"
    "  gmpki seal grant --registry seals --by 李四 --certificate zhangsan.pem --purpose 合同 --from 2026-03-01 "
    "--until 2036-12-31 --limit 100 31010000000001\n"
    "  gmpki seal grant --registry seals --by 李四 --certificate zhangsan.pem --purpose '*' --from 2026-03-01 "
    "--until 2036-12-31 31010000000001",
)
@click.argument("seal", metavar="SEAL")
@step_options
@click.option(
    "--certificate",
    "certificate_file",
    type=INPUT,
    required=True,
    metavar="FILE",
    help="Of the person. The grant is to his key: a renewed certificate needs no new one.",
)
@click.option("--purpose", "purposes", required=True, multiple=True, metavar="TEXT", help="For what; * for everything.")
@click.option("--from", "begin", metavar="TIME", help="The first second.  [default: now]")
@click.option("--until", "end", required=True, metavar="TIME", help="Its last second; of a day alone, its end.")
@click.option("--limit", type=click.IntRange(1, 10**9), metavar="NUMBER", help="How many times.  [default: any number]")
@json_option
def command(
    *,
    seal: str,
    registry: str,
    by: str,
    why: str,
    certificate_file: str,
    purposes: tuple[str, ...],
    begin: str | None,
    end: str,
    limit: int | None,
) -> Report:
    """Let the person of a certificate use SEAL, which the registry knows.

    授权：何人、何章、何用途、何期限、几次；每次用章前检查。
    """
    record = open_registry(registry).record(named(seal))
    grant = open_grants(registry).grant(
        record.seal_id,
        load_one_certificate(certificate_file),
        purposes=purposes,
        valid_from=parse_time(begin, "--from"),
        valid_until=parse_last_second(end, "--until"),
        limit=limit,
        by=by,
        why=why,
    )
    return Report(describe_grant(grant), shown_facts(grant_rows(grant)))


@click.command(
    name="grants",
    epilog="\b\nExamples:\n  gmpki seal grants --registry seals\n"
    "  gmpki seal grants --registry seals --certificate zhangsan.pem --json 31010000000001",
)
@click.argument("seal", metavar="[SEAL]", required=False)
@registry_option
@click.option("--certificate", "certificate_file", type=INPUT, metavar="FILE", help="Those of this person.")
@json_option
def list_grants(*, seal: str | None, registry: str, certificate_file: str | None) -> Report:
    """List the grants, those for SEAL or of a person alone where they are named.

    查询用章授权。
    """
    person = None if certificate_file is None else load_one_certificate(certificate_file)
    seal_id = None if seal is None else open_registry(registry).record(named(seal)).seal_id
    found = open_grants(registry).find(seal=seal_id, person=person)
    rows = [row for one in found for row in grant_rows(one)]
    fields = {"grants": [describe_grant(one) for one in found]}
    return Report(fields, shown_facts([*rows, ("共计", "found", str(len(found)))]))
