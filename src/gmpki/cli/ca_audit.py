"""``gmpki ca audit``: the audit log listed, verified, sealed, exported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io
from gmpki.cli._ca import CAPlace, OpenCA, ca_options, counting, scheduled_option
from gmpki.cli._files import INPUT, OUTPUT, force_option
from gmpki.cli._group import Group
from gmpki.cli._output import Report, columns, facts, json_option, refuse_json_beside_output
from gmpki.cli._times import parse_time, show_time
from gmpki.cli.log import report_of_log

if TYPE_CHECKING:
    from gmpki.keys.interfaces import PublicKey
    from gmpki.protect.log_seal import Checkpoint

__all__ = ["command"]

MAX_CHECKPOINT_LEN = 4096

checkpoint_option = click.option(
    "--checkpoint",
    type=OUTPUT,
    metavar="FILE",
    help="Write up to where the log has come, to be kept elsewhere.",
)


@click.group(name="audit", cls=Group)
def command() -> None:
    """List, verify, seal and export the audit log: every operation, who, what, when.

    审计日志：查询、验证、封存、导出。
    """


@command.command(
    name="list",
    epilog="\b\nExamples:\n  gmpki ca audit list --password-env CA_PASSWORD --as auditor\n"
    "  gmpki ca audit list --operation operator.appoint --most 5 --password-env CA_PASSWORD --as auditor --json",
)
@click.option("--operation", metavar="NAME", help="Only this one, such as pair.revoke.")
@click.option("--by", metavar="NAME", help="Only what this operator did.")
@click.option("--subject", metavar="NAME", help="Only what was done to this, such as pair:17.")
@click.option("--since", metavar="TIME", help="Not before 2026-03-01T08:00:00Z.")
@click.option("--until", metavar="TIME", help="Before this time.")
@click.option("--before", type=click.IntRange(min=1), metavar="N", help="Before this entry, to go on.")
@click.option("--most", type=click.IntRange(1, 10_000), default=50, show_default=True, help="So many entries.")
@ca_options()
@json_option
def list_entries(*, place: CAPlace, by: str | None, since: str | None, until: str | None, **said: Any) -> Report:
    """List entries, the newest first.

    查询审计记录（新的在前）。
    """
    said |= {
        "since": None if since is None else parse_time(since, "--since"),
        "until": None if until is None else parse_time(until, "--until"),
    }
    with place.open() as ca:
        from gmpki.ca.store.audit_rows import find_entries

        ca.acting("audit-list")
        found = find_entries(ca.store, actor=by, **said)
    entries = [
        {
            "number": each.number,
            "at": show_time(each.at),
            "operation": each.operation,
            "by": each.actor,
            "subject": each.subject,
            "details": dict(each.details),
        }
        for each in found
    ]
    rows = [
        (
            str(each.number),
            show_time(each.at) or "",
            each.operation,
            each.actor,
            each.subject,
            " ".join(f"{name}={value}" for name, value in each.details.items()),
        )
        for each in found
    ]
    title = ("编号 number", "时间 at", "操作 operation", "操作者 by", "对象 subject", "详情 details")
    lines = columns([title, *rows]) if rows else facts([("没有记录", "there is no such entry", "")])
    return Report({"entries": entries}, lines)


@command.command(
    epilog="\b\nExamples:\n  gmpki ca audit verify --password-env CA_PASSWORD --as auditor\n"
    "  gmpki ca audit seal --checkpoint audit.kept --password-env CA_PASSWORD --as auditor\n"
    "  gmpki ca audit verify --expected audit.kept --password-env CA_PASSWORD --as auditor",
)
@click.option("--expected", type=INPUT, metavar="FILE", help="A checkpoint that was kept elsewhere.")
@ca_options()
@json_option
def verify(*, place: CAPlace, expected: str | None) -> Report:
    """Verify the whole log: exit code 1, and where, when anything of it is not as it was written.

    验证审计日志，定位任何改动。
    """
    kept = None if expected is None else _checkpoint(expected)
    with place.open() as ca:
        from gmpki.ca.store.audit_verify import verify_audit

        ca.acting("audit-verify")
        signers = _signers(ca)
        with counting("验证 verify") as tell:
            found = verify_audit(ca.store, signers=signers, expected=kept, collect=True, progress=tell)
    return report_of_log("audit", found, expected=kept, signers=bool(signers))


@command.command(
    epilog="\b\nExamples:\n  gmpki ca audit seal --scheduled --password-env CA_PASSWORD\n"
    "  gmpki ca audit seal --checkpoint audit.kept --force --password-env CA_PASSWORD --as auditor",
)
@checkpoint_option
@force_option
@ca_options()
@scheduled_option
@json_option
def seal(*, place: CAPlace, checkpoint: str | None, force: bool, scheduled: bool) -> Report:
    """Sign the log so far with the audit key of the authority.

    以审计密钥封存审计日志。
    """
    if checkpoint is not None:
        refuse_json_beside_output(checkpoint, "--checkpoint")
        _io.refuse_existing(checkpoint, force=force)
    with place.open() as ca:
        from gmpki.ca.store.audit_seal import seal_audit

        ca.acting("audit-seal", scheduled=scheduled)
        sealed = seal_audit(ca.store, ca.audit_signer)
    if checkpoint is not None:
        _io.write_output(checkpoint, f"{sealed}\n".encode("ascii"), force=force)
    return Report({"checkpoint": str(sealed)}, facts([("已封存", "sealed", str(sealed))]))


@command.command(
    epilog="\b\nExamples:\n  gmpki ca audit export --output audit.log --password-env CA_PASSWORD --as auditor",
)
@click.option("--output", "-o", type=OUTPUT, required=True, metavar="FILE", help="The file; it is not there yet.")
@ca_options()
@json_option
def export(*, place: CAPlace, output: str) -> Report:
    """Write the log to a file that "gmpki log verify" reads, and verify it on the way.

    导出审计日志并验证。
    """
    if output == "-":
        raise click.UsageError("the log goes to a file; its earlier parts stand beside it")
    _io.refuse_existing(output, force=False)
    with place.open() as ca:
        from gmpki.ca.store.audit_export import export_audit

        actor = ca.acting("audit-export")
        signers = _signers(ca)
        with counting("导出 export") as tell:
            found = export_audit(ca.store, output, actor=actor, signers=signers, progress=tell)
    return report_of_log(output, found, expected=None, signers=bool(signers))


def _signers(ca: OpenCA) -> list[PublicKey]:
    """Return who may seal: the audit key."""
    return [] if ca.settings.audit is None else [ca.audit_signer.public_key]


def _checkpoint(path: str) -> Checkpoint:
    from gmpki.protect.log_seal import Checkpoint

    return Checkpoint.from_text(_io.read_input(path, max_len=MAX_CHECKPOINT_LEN).decode("ascii", "replace").strip())
