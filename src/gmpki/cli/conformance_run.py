"""``gmpki conformance run``: a driver checked, and a report written."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io
from gmpki.cli._conformance import LIMITS_NAME, MAX_LIMITS_LEN, kept_limits, limits_of, select_option, spread
from gmpki.cli._conformance_progress import Progress
from gmpki.cli._conformance_signing import SigningOptions, report_signer, signing_options
from gmpki.cli._conformance_target import (
    TargetOptions,
    is_chosen,
    soft_token,
    target_options,
    target_under_test,
    with_secrets,
)
from gmpki.cli._conformance_told import failure_of, report_fields, report_lines
from gmpki.cli._files import OUTPUT
from gmpki.cli._options import together
from gmpki.cli._output import Report, json_option, tell, visible, wants_json
from gmpki.cli._token import confirm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Unpack

    from gmpki.cli._conformance_signing import ReportSigner
    from gmpki.conformance import Options as Thoroughness
    from gmpki.conformance import Permission, Plan, Target
    from gmpki.conformance import Report as RunReport
    from gmpki.tokens.limits import LimitProfile

__all__ = ["Options", "command"]

# Of gmpki.tokens.limits and gmpki.conformance.Options; a test compares them.
LIMITS = ("tender", "gmt0027")
LEAST_SAMPLES, MOST_SAMPLES = 20, 10_000
MOST_COUNT = 1_000_000
PERMISSIONS = ("write", "lock", "init")  # the values of gmpki.conformance.Permission


class Options(TargetOptions, SigningOptions):
    """What the command takes, as click hands it over."""

    profile: str | None
    patterns: tuple[str, ...]
    allow_write: bool
    allow_lock: bool
    allow_init: bool
    random_samples: int | None
    count: int | None
    report: str | None
    resume: bool
    accept_change: bool
    plan: bool
    yes: bool
    quiet: bool


RUN_OPTIONS = together(
    click.option(
        "--profile",
        metavar="tender|gmt0027|FILE",
        help="The limits of latency; a file holds one table.  [default: tender]",
    ),
    select_option,
    click.option("--allow-write", is_flag=True, help="Make keys, containers and files, and remove them."),
    click.option("--allow-lock", is_flag=True, help="Give wrong PINs, which may lock one."),
    click.option("--allow-init", is_flag=True, help="Create applications of the suite's own, and delete them."),
    click.option(
        "--random-samples",
        type=click.IntRange(LEAST_SAMPLES, MOST_SAMPLES),
        metavar="N",
        help="Samples of 20,000 bits for the tests of randomness.  [default: 20]",
    ),
    click.option(
        "--count", type=click.IntRange(1, MOST_COUNT), metavar="N", help="How often latency is measured.  [default: 20]"
    ),
    click.option("--report", type=OUTPUT, metavar="DIR", help="Where the report goes, and what --resume needs."),
    click.option("--resume", is_flag=True, help="Go on with the run in DIR that was stopped or cut off."),
    click.option("--accept-change", is_flag=True, help="Resume with another driver, selection or permission."),
)
TALK_OPTIONS = together(
    click.option("--plan", is_flag=True, help="Say what would be done, and do nothing."),
    click.option("--yes", is_flag=True, help="Do not ask whether what is permitted is to be done."),
    click.option("--quiet", "-q", is_flag=True, help="Say only what came of it."),
)


@click.command(
    name="run",
    epilog="\b\nExamples:\n  gmpki conformance run --soft --select buffers --plan\n"
    "  gmpki conformance run --skf /opt/vendor/libskf.so --report acceptance\n"
    "  gmpki conformance run --skf /opt/vendor/libskf.so --allow-write --allow-lock --allow-init --report acceptance\n"
    "  gmpki conformance run --pkcs11 /opt/vendor/libp11.so --pin-env USER_PIN --allow-write --sign zhangsan.key "
    "--certificate zhangsan.pem --report acceptance\n"
    "  gmpki conformance run --skf /opt/vendor/libskf.so --resume --report acceptance",
)
@target_options
@RUN_OPTIONS
@signing_options
@TALK_OPTIONS
@json_option
def command(**options: Unpack[Options]) -> Report:
    """Check a driver, and write a report of it: report.json, report.xml for JUnit, report.html for a buyer.

    Without permissions it only reads. It tells beforehand what it will do, and on a terminal asks before it does more
    than read. A driver that crashes or hangs is a finding; the run goes on. Ctrl-C stops after the check that runs.

    Exit code 0: every required check ran, none failed or is unsupported, and the limits of latency are kept. 1: not so;
    an incomplete run is no pass, and without permissions every run is incomplete. With --select only the checks that
    were chosen count, and each has to have a verdict; 0 is no verdict on the token. 2: options that make no sense.

    检测驱动并生成报告。默认只读；运行前说明将做什么；可用 Ctrl-C 中止，用 --resume 继续。退出码 0：必须项均已运行，没有
    未通过或不支持的，时延符合指标；1：其余情况，结论不完整时也是。用了 --select 时只看所选检测项，0 不是对令牌的
    结论。2：命令行有误。
    """
    _check_usage(options)
    with soft_token(options["soft"]):
        job = _resumed(options, _folder(options)) if options["resume"] else _begun(options)
        foreseen = job.plan()
        if options["plan"]:
            return Report(_plan_fields(foreseen), _plan_lines(foreseen))
        signer = report_signer(options)
        _announce(foreseen, options)
        job = replace(job, target=with_secrets(job.target, options, job.permissions))
        with _saying_how_to_go_on(options):
            found = job.run(options, foreseen)
    with _saying_how_to_go_on(options):  # the token that signs is none of the run's
        return _written(found, options, signer)


def _check_usage(options: Options) -> None:
    """Refuse options that do not fit together, and outputs that cannot be written, before anything is done.

    :raises click.UsageError: when they do not, or the folder holds another run.
    :raises FileExistsError: when the folder holds a report.
    :raises UnsupportedPlatform: when the library for the page is missing.
    """
    if options["report"] == "-":
        raise click.UsageError("--report names a folder")
    if options["soft"] == "pkcs11" and not options["allow_init"]:
        raise click.UsageError("--soft pkcs11 needs --allow-init: the new token has to be initialised")
    if options["accept_change"] and not options["resume"]:
        raise click.UsageError("--accept-change goes with --resume")
    if options["report"] is None:
        for name, given in (("resume", options["resume"]), ("sign", options["sign"])):
            if given:
                raise click.UsageError(f"--{name} needs --report DIR")
    elif options["resume"]:
        _check_resumable(options)
    else:
        _check_folder(options["report"])


def _check_resumable(options: Options) -> None:
    if options["soft"] is not None:
        raise click.UsageError("a run with --soft cannot be resumed: its token is gone")
    given = [name for name in ("profile", "random_samples", "count") if options.get(name) is not None]
    if given:
        raise click.UsageError(f"--{given[0].replace('_', '-')} is that of the run that is resumed")


def _check_folder(folder: str) -> None:
    from gmpki.conformance.journal import JOURNAL_NAME
    from gmpki.conformance.report.files import JUNIT_NAME, PAGE_NAME
    from gmpki.conformance.report.signing import REPORT_NAME, SIGNATURE_NAME
    from gmpki.errors import UnsupportedPlatform

    if find_spec("jinja2") is None:
        raise UnsupportedPlatform("libraries are missing; pip install 'gmpki[conformance]' brings them")
    if os.path.lexists(os.path.join(folder, JOURNAL_NAME)):
        raise click.UsageError(f"{folder} holds another run: --resume goes on with it, or name another folder")
    for name in (REPORT_NAME, JUNIT_NAME, PAGE_NAME, SIGNATURE_NAME, LIMITS_NAME):
        _io.refuse_existing(os.path.join(folder, name), force=False)


def _folder(options: Options) -> str:
    assert options["report"] is not None  # noqa: S101 - the usage was checked
    return options["report"]


# ---- what is to be done -----------------------------------------------------------------
@dataclass(frozen=True)
class _Job:
    """What a run is to do.

    :ivar limits: a table of the user's own; None is the one that the options name.
    :ivar limits_file: the bytes that it came from, to be kept for a run that is resumed.
    """

    target: Target
    permissions: frozenset[Permission]
    select: tuple[str, ...]
    thoroughness: Thoroughness
    limits: LimitProfile | None = None
    limits_file: bytes | None = None

    def plan(self) -> Plan:
        """Return what it will do."""
        from gmpki.conformance import plan

        return plan(self.target, self.permissions, self.select, self.thoroughness)

    def run(self, options: Options, foreseen: Plan) -> RunReport:
        """Do it, or go on with it."""
        from gmpki.conformance import resume, run

        folder = options["report"]
        if self.limits_file is not None and folder is not None:
            os.makedirs(folder, exist_ok=True)
            _io.write_output(os.path.join(folder, LIMITS_NAME), self.limits_file)
        silent = options["quiet"] or (wants_json() and not sys.stderr.isatty())
        with Progress(foreseen, quiet=silent) as progress:
            if options["resume"]:
                return resume(
                    _folder(options),
                    self.target,
                    permissions=self.permissions,
                    select=self.select,
                    limits=self.limits,
                    progress=progress,
                    accept_change=options["accept_change"],
                )
            return run(
                self.target,
                permissions=self.permissions,
                select=self.select,
                options=self.thoroughness,
                limits=self.limits,
                report_dir=folder,
                progress=progress,
            )


def _permissions(options: Options) -> frozenset[Permission]:
    from gmpki.conformance import Permission

    given: Any = options
    return frozenset(Permission(name) for name in PERMISSIONS if given[f"allow_{name}"])


def _begun(options: Options) -> _Job:
    """Return what the command line asks for."""
    from gmpki.conformance import Options as Thoroughness

    profile = options["profile"] or LIMITS[0]
    limits = content = None
    if profile not in LIMITS:
        content = _io.read_input(profile, max_len=MAX_LIMITS_LEN)
        limits = limits_of(content, profile)
        profile = "gmt0027"  # what the checks themselves hold against the standard's limits
    usual = Thoroughness()
    thoroughness = Thoroughness(
        random_samples=options["random_samples"] or usual.random_samples,
        latency_count=options["count"] or usual.latency_count,
        limits=profile,
    )
    return _Job(target_under_test(options), _permissions(options), options["patterns"], thoroughness, limits, content)


def _resumed(options: Options, folder: str) -> _Job:
    """Return what a run is to do that is resumed: what it began with, and what the command line says otherwise."""
    from gmpki.conformance.journal import Journal

    with Journal.resume(folder) as journal:
        order = journal.order
    return _Job(
        target_under_test(options) if is_chosen(options) else order.target,
        _permissions(options) or order.permissions,
        options["patterns"] or order.select,
        order.options,
        kept_limits(folder),
    )


# ---- before it --------------------------------------------------------------------------
def _announce(foreseen: Plan, options: Options) -> None:
    """Say what will be done; where a person is there, ask whether what is more than reading is to be done.

    :raises Declined: when the answer is no.
    """
    asks = bool(_permissions(options)) and not options["yes"] and sys.stdin.isatty()
    if not wants_json() and (asks or not options["quiet"]):
        tell(Report({}, [*_plan_lines(foreseen), ""]))
    elif asks:
        click.echo("\n".join(_plan_lines(foreseen)), err=True)
    if asks:
        confirm("将按上述内容操作令牌  this will be done to the token", yes=False)


def _plan_lines(foreseen: Plan) -> list[str]:
    return [text for line in foreseen.lines for text in spread(line)]


def _plan_fields(foreseen: Plan) -> dict[str, Any]:
    return {
        "lines": [line.to_json() for line in foreseen.lines],
        "to_run": [check.id for check in foreseen.to_run],
        "not_permitted": [check.id for check in foreseen.not_permitted],
        "duration_s": foreseen.duration_s,
    }


# ---- after it ---------------------------------------------------------------------------
def _written(found: RunReport, options: Options, signer: ReportSigner | None) -> Report:
    """Write the files of a report, sign it, and return the answer."""
    from gmpki.conformance.report import write_files
    from gmpki.conformance.report.signing import SIGNATURE_NAME

    folder = options["report"]
    files: list[str] = []
    signed_by = None
    if folder is not None:
        files = [os.fspath(path) for path in write_files(found, folder, force=options["resume"])]
        signature = os.path.join(folder, SIGNATURE_NAME)
        if os.path.lexists(signature):  # of what the run had come to before it was resumed
            os.unlink(signature)
        if signer is not None and found.is_complete:
            signed_by = _sign(signer, files[0], signature)
            files.append(signature)
    fields = {**report_fields(found), "report": folder, "files": files, "signed_by": signed_by}
    lines = report_lines(found, _file_rows(files, signed_by))
    if not found.is_complete:
        lines += _how_to_go_on(options)
    return Report(fields, lines, failure_of(found))


def _sign(signer: ReportSigner, source: str, target: str) -> str:
    """Sign a file, and return who did."""
    from gmpki.cli._names import show_name
    from gmpki.conformance.report.json_form import MAX_LEN

    message, certificate = signer.sign(_io.read_input(source, max_len=MAX_LEN))
    _io.write_output(target, message)
    return show_name(certificate.subject)


def _file_rows(files: list[str], signed_by: str | None) -> list[tuple[str, str, str]]:
    if not files:
        return [("报告", "report", "未保存 not kept: --report DIR keeps it")]
    rows = [("报告" if not number else "", "report" if not number else "", path) for number, path in enumerate(files)]
    return rows if signed_by is None else [*rows, ("签名者", "signed by", signed_by)]


@contextlib.contextmanager
def _saying_how_to_go_on(options: Options) -> Iterator[None]:
    """Say it of a run that ends here by an error, or by the second Ctrl-C, where its journal is kept."""
    from gmpki.conformance.journal import JOURNAL_NAME
    from gmpki.errors import ConflictError

    try:
        yield
    except ConflictError:  # it says what is in the way of going on
        raise
    except (Exception, KeyboardInterrupt):
        command = None if wants_json() else _resuming_command(options)
        if command is not None and os.path.lexists(os.path.join(_folder(options), JOURNAL_NAME)):
            with contextlib.suppress(OSError):
                click.echo(visible(f"继续 go on: {command}"), err=True)
        raise


def _how_to_go_on(options: Options) -> list[str]:
    """Return what is said of a run that was stopped."""
    lines = ["运行在结束前中止  the run was stopped before its end"]
    if options["sign"] is not None:
        lines.append("未签名：完成后再签  not signed: that is done when it is complete")
    command = _resuming_command(options)
    return lines if command is None else [*lines, f"继续 go on: {command}"]


def _resuming_command(options: Options) -> str | None:
    """Return the command that goes on with a run; a journal keeps no PIN, so that these options are needed again.

    None where nothing was kept.
    """
    if options["report"] is None or options["soft"] is not None:
        return None
    words = ["gmpki", "conformance", "run", "--resume", "--report", options["report"]]
    key = options["device_key"]
    for option, given in (
        ("pin-file", options["pin_file"]),
        ("pin-env", options["pin_env"]),
        ("admin-pin-env", options["admin_pin_env"]),
        ("device-key-env", key.environment),
        ("device-key-file", key.file),
    ):
        words += [] if given is None else [f"--{option}", given]
    return shlex.join(words)
