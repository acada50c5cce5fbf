"""``gmpki log``: logs that show every change: begin, append, seal, go on in a new file, verify."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io, _keys
from gmpki.cli._files import INPUT, OUTPUT
from gmpki.cli._group import Group
from gmpki.cli._options import together
from gmpki.cli._output import Failure, Report, facts, json_option, refuse_json_beside_output
from gmpki.cli._secrets import SecretSource, secret_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.keys.interfaces import PublicKey
    from gmpki.protect.keys import KeyRing
    from gmpki.protect.log import AppendLog
    from gmpki.protect.log_seal import Checkpoint
    from gmpki.protect.log_verify import LogReport
    from gmpki.x509.certificate import Certificate

__all__ = ["command", "report_of_log"]

MAX_CHECKPOINT_LEN = 4096

log_argument = click.argument("path", type=INPUT, metavar="LOG")
keys_options = together(
    click.option("--keys", "ring", type=INPUT, required=True, metavar="FILE", help="The key ring, for the MACs."),
    secret_options("password", "the password of the key ring"),
    click.option(
        "--unwrap-key", type=INPUT, metavar="FILE", help="The SM2 key that opens the ring, in place of a password."
    ),
)
signer_options = together(
    click.option("--key", "-k", "key_file", type=INPUT, metavar=_keys.PRIVATE, help="The key that seals."),
    secret_options("key-password", "the password of the key that seals", of_token=True),
)
checkpoint_option = click.option(
    "--checkpoint",
    type=OUTPUT,
    metavar="FILE",
    help="Write up to where the log has come, to be kept elsewhere.",
)


@click.group(name="log", cls=Group)
def command() -> None:
    """Keep a log that shows every change: chained with HMAC-SM3, sealed by signatures.

    防篡改日志：HMAC-SM3 链接，签名封存，任何改动、删除、插入、调序、截断均可发现并定位。
    """


# ---- what the commands share ------------------------------------------------------------------------------------
def read_ring(path: str, password: SecretSource, unwrap_key: str | None) -> KeyRing:
    """Open a key ring with its password, or with an SM2 key that asks for its own password where it has one."""
    from gmpki.errors import DecryptionError, InvalidInputError
    from gmpki.protect.keys import KeyRing

    protection = (
        password.read("密钥环口令 Password of the key ring")
        if unwrap_key is None
        else _keys.read_private_key(unwrap_key, password)
    )
    try:
        return KeyRing.load(path, protection)
    except DecryptionError as error:
        wrong = "password is wrong" if unwrap_key is None else "ring is not for this key"
        error.args = (f"{_io.display_name(path)}: the {wrong}, or the file is damaged",)
        raise
    except InvalidInputError as error:
        error.args = (f"{_io.display_name(path)}: {error}",)
        raise


@contextlib.contextmanager
def opened(
    path: str, keys: tuple[str, SecretSource, str | None], signer: tuple[str | None, SecretSource], **rules: Any
) -> Iterator[AppendLog]:
    """Open a log to write to it."""
    from gmpki.protect.log import AppendLog, LogRules

    key = load_signer(*signer)
    with AppendLog.open(path, read_ring(*keys), signer=key, rules=LogRules(**rules)) as log:
        yield log


def load_signer(key_file: str | None, password: SecretSource) -> Any:
    """Load the key that seals; None where none was named."""
    return None if key_file is None else _keys.open_private_key(key_file, password)


def _check_checkpoint(output: str | None) -> None:
    """Refuse, before anything is written, a checkpoint on standard output beside the answer for a program."""
    if output is not None:
        refuse_json_beside_output(output, "--checkpoint")


def told(path: str, checkpoint: Checkpoint, output: str | None, *rows: tuple[str, str, str], **fields: Any) -> Report:
    """Report up to where a log has come, and write that to a file where one was named."""
    if output is not None:
        _io.write_output(output, f"{checkpoint}\n".encode("ascii"), force=True)
    lines = facts([("日志", "log", path), *rows, ("检查点", "checkpoint", str(checkpoint))])
    return Report({"log": path, **fields, **shown_checkpoint(checkpoint)}, [] if output == "-" else lines)


def shown_checkpoint(checkpoint: Checkpoint | None) -> dict[str, Any]:
    """Return what stands for a checkpoint in answers."""
    return {"checkpoint": None if checkpoint is None else str(checkpoint)}


# ---- commands ---------------------------------------------------------------------------------------------------
@command.command(
    epilog="\b\nExamples:\n  gmpki log new --keys new.ring --new-keys --password-env PASSWORD new.log\n"
    "  gmpki log new --keys audit.ring --password-env PASSWORD --checkpoint new.kept second.log",
)
@log_argument
@keys_options
@click.option("--new-keys", is_flag=True, help="Make the key ring too, under the password.")
@checkpoint_option
@json_option
def new(
    *, path: str, ring: str, password: SecretSource, unwrap_key: str | None, new_keys: bool, checkpoint: str | None
) -> Report:
    """Begin a log in a new file.

    新建日志；--new-keys 同时生成密钥环。
    """
    from gmpki.protect.keys import KeyRing
    from gmpki.protect.log import AppendLog

    _check_checkpoint(checkpoint)
    if new_keys:
        if unwrap_key is not None:
            raise click.UsageError("--new-keys makes a ring under a password, which --unwrap-key does not open")
        _io.refuse_existing(path, force=False)
        _io.refuse_existing(ring, force=False)
        keys = KeyRing.generate()
        keys.save(ring, password.read("密钥环新口令 New password of the key ring", confirm=True))
    else:
        keys = read_ring(ring, password, unwrap_key)
    with AppendLog.create(path, keys) as log:
        return told(path, log.checkpoint, checkpoint, ("密钥", "key", keys.primary_id.hex()), key=keys.primary_id.hex())


@command.command(
    epilog="\b\nExamples:\n"
    "  gmpki log append --keys audit.ring --password-env PASSWORD audit.log 'login user=zhangsan'\n"
    "  tail -n 5 events.txt | gmpki log append --keys audit.ring --password-env PASSWORD --key signing.key audit.log",
)
@log_argument
@click.argument("texts", metavar="[ENTRY]...", nargs=-1)
@keys_options
@signer_options
@click.option("--seal-every", type=click.IntRange(1, 10**9), default=1000, show_default=True, metavar="RECORDS")
@click.option(
    "--seal-after", "seal_after_s", type=click.IntRange(1, 10**9), default=3600, show_default=True, metavar="SECONDS"
)
@checkpoint_option
@json_option
def append(
    *,
    path: str,
    texts: tuple[str, ...],
    ring: str,
    password: SecretSource,
    unwrap_key: str | None,
    key_file: str | None,
    key_password: SecretSource,
    seal_every: int,
    seal_after_s: int,
    checkpoint: str | None,
) -> Report:
    """Append each ENTRY, or without one each line of standard input, until it ends.

    An entry is on the disk before the next is read. With --key, seals are written when they are due.

    追加日志条目；未给出条目时逐行读取标准输入。
    """
    from datetime import timedelta

    _check_checkpoint(checkpoint)
    rules = {"seal_every": seal_every, "seal_after": timedelta(seconds=seal_after_s)}
    if not texts:
        _io.claim_standard_input()
    count = 0
    with opened(path, (ring, password, unwrap_key), (key_file, key_password), **rules) as log:
        for entry in (os.fsencode(text) for text in texts) if texts else _lines():
            log.append(entry)
            count += 1
        return told(path, log.checkpoint, checkpoint, ("已追加", "entries appended", str(count)), appended=count)


def _lines() -> Iterator[bytes]:
    """Yield the lines of standard input without their ends."""
    from gmpki.protect.log_record import MAX_ENTRY_LEN

    while line := sys.stdin.buffer.readline(MAX_ENTRY_LEN + 2):
        yield line.removesuffix(b"\n")


@command.command(
    epilog="\b\nExamples:\n"
    "  gmpki log seal --keys audit.ring --password-env PASSWORD --key signing.key --checkpoint audit.kept audit.log",
)
@log_argument
@keys_options
@signer_options
@checkpoint_option
@json_option
def seal(
    *,
    path: str,
    ring: str,
    password: SecretSource,
    unwrap_key: str | None,
    key_file: str | None,
    key_password: SecretSource,
    checkpoint: str | None,
) -> Report:
    """Write a seal: a signature over everything before it.

    Keep the checkpoint where the keeper of the log cannot change it: it alone shows that a log was cut off.

    立即封存日志；检查点请另行保管，日志被截断只能据此发现。
    """
    if key_file is None:
        raise click.UsageError("to seal takes the key that seals: --key FILE")
    _check_checkpoint(checkpoint)
    with opened(path, (ring, password, unwrap_key), (key_file, key_password)) as log:
        return told(path, log.seal(), checkpoint)


@command.command(
    epilog="\b\nExamples:\n  gmpki log rotate --keys audit.ring --password-env PASSWORD --key signing.key audit.log",
)
@log_argument
@keys_options
@signer_options
@checkpoint_option
@json_option
def rotate(
    *,
    path: str,
    ring: str,
    password: SecretSource,
    unwrap_key: str | None,
    key_file: str | None,
    key_password: SecretSource,
    checkpoint: str | None,
) -> Report:
    """End the file, with a seal where --key is given, and go on in a new one under the primary key of the ring.

    结束当前日志文件并另起新文件，新旧文件相互衔接。
    """
    from gmpki.protect.log_file import part_name

    _check_checkpoint(checkpoint)
    with opened(path, (ring, password, unwrap_key), (key_file, key_password)) as log:
        ended = part_name(path, log.part)
        return told(path, log.rotate(), checkpoint, ("旧文件", "ended file", ended), ended=ended, part=log.part)


@command.command(
    epilog="\b\nExamples:\n  gmpki log verify --certificate signing.pem audit.log\n"
    "  gmpki log verify --keys audit.ring --password-env PASSWORD --expect audit.kept audit.log",
)
@click.argument("paths", type=INPUT, metavar="LOG...", nargs=-1, required=True)
@click.option("--keys", "ring", type=INPUT, metavar="FILE", help="The key ring, to verify the MACs.")
@secret_options("password", "the password of the key ring")
@click.option(
    "--unwrap-key", type=INPUT, metavar="FILE", help="The SM2 key that opens the ring, in place of a password."
)
@click.option(
    "--certificate",
    "certificates",
    type=INPUT,
    metavar="FILE",
    multiple=True,
    help="Of who may seal, trusted as it is. May be given several times, and so may the next.",
)
@click.option("--public-key", "public_keys", type=INPUT, metavar="FILE", multiple=True, help="The same as a bare key.")
@click.option("--expect", type=INPUT, metavar="FILE", help="A checkpoint that was kept elsewhere.")
@json_option
def verify(
    *,
    paths: tuple[str, ...],
    ring: str | None,
    password: SecretSource,
    unwrap_key: str | None,
    certificates: tuple[str, ...],
    public_keys: tuple[str, ...],
    expect: str | None,
) -> Report:
    """Verify a log with all its files, or the files that are named, the oldest first.

    With --keys every change is found and its record told. Without, as an auditor does it, everything before the last
    seal is. That a log was cut off behind a record shows only with --expect.

    验证日志：有密钥时定位每处改动；仅有公钥时验证到最后一次封存；是否被截断须用 --expect 对照检查点。
    """
    from gmpki.protect.log_seal import Checkpoint
    from gmpki.protect.log_verify import verify_log

    if ring is None and not certificates and not public_keys:
        raise click.UsageError("give --keys, or --certificate or --public-key of who may seal, or both")
    keys = None if ring is None else read_ring(ring, password, unwrap_key)
    signers: list[Certificate | PublicKey] = [_certificate(path) for path in certificates]
    signers += [_public_key(path) for path in public_keys]
    expected = None
    if expect is not None:
        text = _io.read_input(expect, max_len=MAX_CHECKPOINT_LEN).decode("utf-8", "replace")
        expected = Checkpoint.from_text(text)
    with _io.progress("验证 verifying") as tell:
        report = verify_log(
            paths[0] if len(paths) == 1 else paths,
            keys=keys,
            signers=signers,
            expected=expected,
            collect=True,
            progress=tell,
        )
    return report_of_log(paths[0], report, expected=expected, signers=bool(signers))


def report_of_log(path: str, report: LogReport, *, expected: Checkpoint | None, signers: bool) -> Report:
    """Return the answer about a log."""
    fields: dict[str, Any] = {
        "log": path,
        "id": report.log_id.hex(),
        "first": report.first,
        "last": report.last,
        "entries": report.entries,
        "seals": report.seals,
        "sealed_through": report.sealed_through,
        "unsealed": report.unsealed,
        "mended": list(report.mends),
        "macs_verified": report.macs_verified,
        "compared_with_checkpoint": expected is not None,
        **shown_checkpoint(report.checkpoint),
        "findings": [
            {name: getattr(finding, name) for name in ("reason", "place", "file", "line", "message")}
            for finding in report.findings
        ],
        "finding_count": report.finding_count,
    }
    sealed = f"{report.sealed_through or '-'} ({report.seals})"
    if not signers:
        sealed = "未核对签名 not checked: neither --certificate nor --public-key"
    behind = "HMAC" if report.macs_verified else "无保护 nothing that was verified"
    rows = [
        ("日志", "log", f"{path} {report.log_id.hex()}"),
        ("记录", "records", f"{report.first}-{report.last}"),
        ("条目", "entries", str(report.entries)),
        ("封存", "sealed through record", sealed),
        ("其后", "records behind that", f"{report.unsealed}, {behind}"),
        ("截断", "cut off", "已对照检查点 compared" if expected else "未对照检查点 not known: no --expect"),
    ]
    if report.mends:
        rows.append(("修补", "torn lines mended", ", ".join(str(number) for number in report.mends)))
    rows += [("发现", finding.reason, str(finding)) for finding in report.findings]
    if report.ok:
        whole = report.macs_verified or not report.unsealed
        rows.append(("结果", "result", "OK 完整" if whole else "OK 至封存处完整 up to the seal"))
        return Report(fields, facts(rows))
    first = report.findings[0]
    more = f" (and {report.finding_count - 1} more)" if report.finding_count > 1 else ""
    return Report(fields, facts(rows), Failure("TamperedError", f"{first}{more}", first.reason))


def _certificate(path: str) -> Certificate:
    from gmpki.x509.certificate import load_certificate

    return load_certificate(_keys.read_key_file(path))


def _public_key(path: str) -> PublicKey:
    from gmpki.keys.loader import load_public_key

    return load_public_key(_keys.read_key_file(path))
