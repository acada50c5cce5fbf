"""``gmpki pdf verify``: the seals and signatures of PDF files, one or many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gmpki.cli import _io
from gmpki.cli._batch import each
from gmpki.cli._files import INPUT
from gmpki.cli._output import Report, json_option
from gmpki.cli._seal import TrustChoice, seal_trust_options
from gmpki.cli.pdf_sign import MAX_PDF_LEN

if TYPE_CHECKING:
    from gmpki.seal.report import DocumentReport

__all__ = ["command"]


@click.command(
    name="verify",
    epilog="\b\nExamples:\n"
    "  gmpki pdf verify --anchor root.pem --maker-anchor maker-root.pem --crl root.crl --crl maker.crl "
    "--tsa-anchor tsa-root.pem --registry seals contract.pdf\n"
    "  gmpki pdf verify --signature-only --accept signer-chain --accept signer-revocation --accept maker-chain "
    "--accept maker-revocation --accept time-stamp --accept seal-status contract.pdf",
)
@click.argument("sources", type=INPUT, metavar="FILE...", nargs=-1, required=True)
@seal_trust_options
@json_option
def command(*, sources: tuple[str, ...], trusting: TrustChoice) -> Report:
    """Verify every seal and signature of PDF files.

    Each signature is judged: what it covers, what came after it, its value, the signer, the seal and its maker. After a
    signature only further ones, time-stamps and validation data may come; any other change is named. Exit code 1
    unless everything holds and everything was checked that --accept does not name.

    验证 PDF 文件的签章与签名：逐个检查覆盖范围、签章后的变更、签名值、签章人、印章与制章人。
    """
    from gmpki.errors import GmpkiError
    from gmpki.seal.pdf import verify_pdf

    trust = trusting.trust()
    found: list[tuple[str, DocumentReport | Exception]] = []
    for source in each(sources, "验证 verifying"):
        name = _io.display_name(source)
        try:
            data = _io.read_input(source, max_len=MAX_PDF_LEN)
            found.append((name, verify_pdf(data, trust, lenient=trusting.lenient, now=trusting.at, name=name)))
        except (GmpkiError, OSError) as error:
            found.append((name, error))
    return trusting.answer(found)
