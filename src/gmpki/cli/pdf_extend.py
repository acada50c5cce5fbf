"""``gmpki pdf extend``: what makes the signatures of PDF files last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io
from gmpki.cli._batch import batch_output_options, make_each, targets
from gmpki.cli._cms import FILES
from gmpki.cli._files import INPUT, force_option
from gmpki.cli._output import Report, json_option
from gmpki.cli._seal_signer import stamp_options, stamp_source
from gmpki.cli._trust import MAX_RESPONSE_LEN, load_certificates, read_file
from gmpki.cli.pdf_sign import MAX_PDF_LEN

if TYPE_CHECKING:
    from gmpki.tsa.validation_data import ValidationData

__all__ = ["command"]


@click.command(
    name="extend",
    epilog="\b\nExamples:\n"
    "  gmpki pdf extend --along sub.pem --along root.pem --crl sub.crl --output lasting.pdf sealed.pdf\n"
    "  gmpki pdf extend --along sub.pem --crl sub.crl --stamp-command 'curl -s --data-binary @- -H "
    "Content-Type:application/timestamp-query http://tsa.example.cn/' --stamp-anchor tsa-root.pem --output-dir "
    "lasting a.pdf b.pdf",
)
@click.argument("sources", type=INPUT, metavar="FILE...", nargs=-1, required=True)
@click.option("--along", help="Certificates of signers' and makers' chains.", **FILES)
@click.option("--crl", "crls", help="Revocation lists.", **FILES)
@click.option("--ocsp", "responses", help="OCSP responses, DER.", **FILES)
@stamp_options
@batch_output_options
@force_option
@json_option
def command(
    *,
    sources: tuple[str, ...],
    along: tuple[str, ...],
    crls: tuple[str, ...],
    responses: tuple[str, ...],
    stamp_command: str | None,
    stamp_anchors: tuple[str, ...],
    output: str | None,
    output_dir: str | None,
    force: bool,
) -> Report:
    """Embed certificates, revocation lists and OCSP responses into FILE, and then a time-stamp over all of it.

    Do it while the certificates are valid, and again before that of the time-stamp expires.

    在 PDF 中嵌入证书链、撤销信息与文档时间戳，使签章在证书到期后仍可验证。
    """
    outputs = targets(sources, output, output_dir, force=force)
    validation = _validation(along, crls, responses)
    stamp = stamp_source(stamp_command, stamp_anchors)
    if validation.is_empty and stamp is None:
        raise click.UsageError("name what is to be embedded: --along, --crl, --ocsp or --stamp-command")

    def make(source: str, target: str) -> tuple[dict[str, Any], list[tuple[str, str, str]]]:
        from gmpki.seal.pdf import add_document_timestamp, add_validation_data

        data = _io.read_input(source, max_len=MAX_PDF_LEN)
        if not validation.is_empty:
            data = add_validation_data(data, validation)
        if stamp is not None:
            data = add_document_timestamp(data, stamp)
        _io.write_output(target, data, force=force)
        fields = {
            "file": source,
            "certificates": len(validation.certificates),
            "crls": len(validation.crls),
            "ocsp_responses": len(validation.responses),
            "time_stamp": stamp is not None,
            "output": target,
        }
        return fields, [("已嵌入", "embedded", _io.display_name(source)), ("输出", "output", target)]

    return make_each(sources, outputs, make, "嵌入 embedding")


def _validation(along: tuple[str, ...], crls: tuple[str, ...], responses: tuple[str, ...]) -> ValidationData:
    from gmpki.ocsp.response import OCSPResponse
    from gmpki.tsa.validation_data import ValidationData
    from gmpki.x509.crl import MAX_CRL_LEN, load_crl

    return ValidationData(
        tuple(load_certificates(along)),
        tuple(read_file(path, load_crl, max_len=MAX_CRL_LEN, lenient=False) for path in crls),
        tuple(read_file(path, OCSPResponse.from_der, max_len=MAX_RESPONSE_LEN, lenient=False) for path in responses),
    )
