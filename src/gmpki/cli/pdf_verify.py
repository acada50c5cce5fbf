"""``gmpki pdf verify``: the seals and signatures of PDF files, one or many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gmpki.cli import _io
from gmpki.cli._batch import jobs_option
from gmpki.cli._files import INPUT
from gmpki.cli._output import Report, json_option
from gmpki.cli._seal import TrustChoice, seal_trust_options
from gmpki.cli._verify_each import Found, HTMLChoice, html_options, verify_each
from gmpki.cli.pdf_sign import MAX_PDF_LEN

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["command", "open_verifier"]


@click.command(
    name="verify",
    epilog="\b\nExamples:\n"
    "  gmpki pdf verify --anchor root.pem --maker-anchor maker-root.pem --crl root.crl --crl maker.crl "
    "--tsa-anchor tsa-root.pem --registry seals --html report.html contract.pdf\n"
    "  gmpki pdf verify --signature-only --accept signer-chain --accept signer-revocation --accept maker-chain "
    "--accept maker-revocation --accept time-stamp --accept seal-status contract.pdf",
)
@click.argument("sources", type=INPUT, metavar="FILE...", nargs=-1, required=True)
@seal_trust_options
@html_options
@jobs_option
@json_option
def command(*, sources: tuple[str, ...], trusting: TrustChoice, html: HTMLChoice, jobs: int) -> Report:
    """Verify every seal and signature of PDF files.

    Each signature is judged: what it covers, what came after it, its value, the signer, the seal and its maker. After a
    signature only further ones, time-stamps and validation data may come; any other change is named. Exit code 1
    unless everything holds and everything was checked that --accept does not name.

    验证 PDF 文件的签章与签名：逐个检查覆盖范围、签章后的变更、签名值、签章人、印章与制章人。
    """
    return verify_each(sources, open_verifier, trusting, html, jobs=jobs)


def open_verifier(trusting: TrustChoice) -> Callable[[str], Found]:
    """Return what verifies one file."""
    from gmpki.seal.pdf import verify_pdf

    trust = trusting.trust()

    def verify(source: str) -> Found:
        data = _io.read_input(source, max_len=MAX_PDF_LEN)
        name = _io.display_name(source)
        return verify_pdf(data, trust, lenient=trusting.lenient, now=trusting.at, name=name), data

    return verify
