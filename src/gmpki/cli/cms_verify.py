"""``gmpki cms verify``: signed messages of any size."""

from __future__ import annotations

import contextlib
from typing import IO, TYPE_CHECKING, Any

import click

from gmpki.cli import _cms, _io
from gmpki.cli._files import INPUT, OUTPUT, force_option
from gmpki.cli._hints import naming_lenient
from gmpki.cli._output import Failure, Report, facts, json_option, refuse_json_beside_output
from gmpki.cli._times import parse_time
from gmpki.cli._trust import timestamps_of, trust_of, trust_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gmpki.cms.report import VerifiedMessage

__all__ = ["command", "report_of_message"]


@click.command(
    name="verify",
    epilog="\b\nExamples:\n  gmpki cms verify --anchor root.pem --intermediate sub.pem --output report.txt report.p7m\n"
    "  gmpki cms verify --anchor root.pem --intermediate sub.pem --content report.pdf report.p7s\n"
    "  gmpki cms verify --signature-only --json report.p7m",
)
@click.argument("source", type=INPUT, metavar="[FILE]", default="-")
@click.option("--content", "content_file", type=INPUT, metavar="FILE", help="The content of a detached message.")
@click.option("--output", "-o", type=OUTPUT, metavar="FILE", help="Where the content of the message goes.")
@trust_options
@click.option(
    "--tsa-anchor",
    "tsa_anchors",
    help="Certificates that are trusted for time-stamps; a revocation in --crl or --ocsp counts for these too. May be "
    "given several times.",
    **_cms.FILES,
)
@click.option(
    "--lenient",
    is_flag=True,
    help="Accept what messages in the field show, and name each departure.",
)
@force_option
@json_option
def command(
    *,
    source: str,
    content_file: str | None,
    output: str | None,
    anchors: tuple[str, ...],
    intermediates: tuple[str, ...],
    crls: tuple[str, ...],
    responses: tuple[str, ...],
    signature_only: bool,
    at_text: str | None,
    tsa_anchors: tuple[str, ...],
    lenient: bool,
    force: bool,
) -> Report:
    """Verify the signed message FILE (standard input without one): DER, BER, PEM or base64.

    Every signer is judged: digest, signature, usage of the certificate, time-stamp, chain, revocation. Exit code 1,
    and no output, unless everything holds for all of them. --intermediate also takes the certificates of signers whose
    message does not carry them. With --signature-only nobody knows whose keys made the signatures.

    验证签名消息：逐个签名者检查摘要、签名、用途、时间戳、证书链、撤销状态；全部通过后才输出原文。
    """
    from gmpki.cms.stream_verify import verify_stream

    if output is not None:
        refuse_json_beside_output(output)
        _io.refuse_existing(output, force=force)
    at = None if at_text is None else parse_time(at_text, "--at")
    trust = trust_of(anchors, intermediates, crls, responses, at, signature_only=signature_only, lenient=lenient)
    timestamps = timestamps_of(tsa_anchors, intermediates, crls, responses, at, lenient=lenient)
    with (
        naming_lenient(lenient=lenient),
        _naming_content(),
        _cms.message_source(source) as message,
        _opened(content_file) as content,
        _io.progress("验证 verifying") as tell,
    ):

        def run(sink: IO[bytes] | None) -> VerifiedMessage:
            return verify_stream(
                message,
                trust,
                content=content,
                sink=sink,
                lenient=lenient,
                collect=True,
                timestamps=timestamps,
                progress=tell,
            )

        found = run(None) if output is None else _written(run, output, force=force)
    return report_of_message(found, source, output)


@contextlib.contextmanager
def _naming_content() -> Iterator[None]:
    """Say of a detached message in the block which option brings its content."""
    from gmpki.errors import MessageError

    try:
        yield
    except MessageError as error:
        if error.reason == "content-missing":
            error.args = ("the message is detached: --content FILE brings its content",)
        raise


def _opened(path: str | None) -> contextlib.AbstractContextManager[IO[bytes] | None]:
    return contextlib.nullcontext() if path is None else _io.open_input(path)


def _written(run: Callable[[IO[bytes]], VerifiedMessage], output: str, *, force: bool) -> VerifiedMessage:
    """Write the content while it is verified; it appears only when everything was in order."""
    from gmpki.errors import GmpkiError

    found: VerifiedMessage | None = None
    try:
        with _io.create(output, force=force, withhold=True) as sink:
            found = run(sink)
            found.require()
    except GmpkiError:
        if found is None:
            raise
    return found


def report_of_message(found: VerifiedMessage, source: str, output: str | None) -> Report:
    """Return the answer about a message."""
    from gmpki.cli._cms_report import describe, lines_of
    from gmpki.errors import GmpkiError

    failure = None
    try:
        found.require()
    except GmpkiError as error:
        failure = Failure.of(error)
    fields: dict[str, Any] = {**describe(found), "output": output if failure is None else None}
    if output == "-":
        return Report(fields, [], failure)
    word = ("验证通过", "verified") if failure is None else ("未通过", "not verified")
    rows = [(*word, _io.display_name(source))]
    if output is not None and failure is None:
        rows.append(("内容", "content", output))
    return Report(fields, [*facts(rows), *lines_of(found)], failure)
