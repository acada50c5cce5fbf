"""``gmpki verify``: files of whatever kind."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import click

from gmpki.cli._files import INPUT
from gmpki.cli._output import Failure, Report, json_option
from gmpki.cli._recognise import KIND_WORDS, FileKind
from gmpki.cli._seal import TrustChoice, seal_trust_options
from gmpki.cli._seal_report import answer, report_of, shown_facts
from gmpki.cli._verify_each import HTMLChoice, html_options, verify_each

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gmpki.cli._verify_each import Found
    from gmpki.seal.report import DocumentReport

__all__ = ["command"]


@click.command(
    name="verify",
    epilog="\b\nExamples:\n"
    "  gmpki verify --anchor root.pem --maker-anchor maker-root.pem --crl root.crl --crl maker.crl "
    "--tsa-anchor tsa-root.pem --registry seals --html report.html contract.ofd\n"
    "  gmpki verify --anchor root.pem --maker-anchor maker-root.pem --crl root.crl --crl maker.crl "
    "--tsa-anchor tsa-root.pem --registry seals contract.ofd contract.pdf zhangsan.pem\n"
    "  gmpki verify --anchor root.pem --maker-anchor maker-root.pem --crl root.crl --crl maker.crl --registry seals "
    "--accept time-stamp --content form.html form.html.seal",
)
@click.argument("sources", type=INPUT, metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--content",
    "content_file",
    type=INPUT,
    metavar="FILE",
    help="What a signature or a time-stamp that stands by itself is about; of a manifest, the directory.",
)
@seal_trust_options
@html_options
@json_option
def command(*, sources: tuple[str, ...], content_file: str | None, trusting: TrustChoice, html: HTMLChoice) -> Report:
    """Verify FILE, whatever it is; that is told by its content and not by its name.

    Certificates, requests, revocation lists, signed messages, manifests, time-stamps, seals, signatures with a seal,
    sealed OFD and PDF documents, files with a signature beside them, logs. Exit code 1 unless everything holds, for
    every file. Of several files each gets one line; --json has the whole answer.

    按内容自动识别并验证：证书、证书请求、撤销列表、签名消息、清单、时间戳、印章、签章、OFD、PDF、外附签章、日志。
    """
    if content_file is not None and len(sources) != 1:
        raise click.UsageError("--content goes with one file")
    return verify_each(sources, functools.partial(_open_verifier, content_file), trusting, html, tell=_told)


def _open_verifier(content_file: str | None, trusting: TrustChoice) -> Callable[[str], Found]:
    from gmpki.cli._verify_kinds import AnyVerifier

    return AnyVerifier(trusting, content_file)


def _told(found: Sequence[tuple[str, DocumentReport | Report | Exception]]) -> Report:
    """Return the whole answer about one file; about several, a line for each."""
    whole = answer(found)
    if len(found) == 1:
        return whole
    rows = [_line(name, one) for name, one in found]
    sum_ = f"{whole.fields['valid']} / {len(found)}"
    lines = shown_facts([*rows, ("有效", "valid", sum_)])
    failure = whole.failure and Failure(whole.failure.type, whole.failure.message.replace("documents", "files"))
    return Report(whole.fields, lines, failure)


def _line(name: str, one: DocumentReport | Report | Exception) -> tuple[str, str, str]:
    if isinstance(one, Exception):
        return "无法验证", "unreadable", f"{name}: {Failure.of(one).message}"
    report = one if isinstance(one, Report) else report_of(one)
    kind = KIND_WORDS[FileKind(report.fields["kind"])]
    if report.failure is None:
        return "有效", "valid", f"{name}: {kind}"
    is_open = report.failure.reason == "not-checked"
    label = ("检查不完整", "incomplete") if is_open else ("无效", "invalid")
    return (*label, f"{name}: {kind}: {report.failure.message}")
