"""``gmpki seal sign``: a signature beside a file of any kind."""

from __future__ import annotations

import mimetypes
import os
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _cms, _io
from gmpki.cli._container_sign import check_to_be_signed
from gmpki.cli._files import INPUT, OUTPUT, force_option, output_option
from gmpki.cli._output import Report, check_output, json_option
from gmpki.cli._seal_report import shown_facts
from gmpki.cli._seal_signer import SignerChoice, seal_signer_options

if TYPE_CHECKING:
    from gmpki.seal.interfaces import DocumentSigner

__all__ = ["command"]

MAX_PREPARED_LEN = 32 << 20
MAX_SIGNATURE_LEN = 1 << 12


@click.command(
    name="sign",
    epilog="\b\nExamples:\n"
    "  gmpki seal sign --seal org.esl --key zhangsan.key --certificate zhangsan.pem --output form.html.seal form.html\n"
    "  gmpki seal sign --prepare --seal org.esl --certificate zhangsan.pem --output form.prep form.html\n"
    "  gmpki seal sign --finish form.prep --signature value.bin --output form.html.seal",
)
@click.argument("source", type=INPUT, metavar="[FILE]", required=False)
@seal_signer_options
@click.option("--media-type", metavar="TEXT", help="What kind of file it is.  [default: by its name]")
@click.option("--prepare", is_flag=True, help="Make everything but the signature, without the key.")
@click.option("--to-be-signed", type=OUTPUT, metavar="FILE", help="For --prepare: write the bytes to sign there.")
@click.option("--finish", type=INPUT, metavar="FILE", help="Put a signature into what --prepare made.")
@click.option("--signature", type=INPUT, metavar="FILE", help="For --finish: DER, or r, s.")
@output_option
@force_option
@json_option
def command(
    *,
    source: str | None,
    signing: SignerChoice,
    media_type: str | None,
    prepare: bool,
    to_be_signed: str | None,
    finish: str | None,
    signature: str | None,
    output: str,
    force: bool,
) -> Report:
    """Sign FILE with a seal, or without one, and write what belongs beside it. FILE stays as it is.

    Its readers show no seal: where people are to see it, make PDF or OFD of the file, and seal that.

    为任意格式文件生成外附签章；原文件不变，也不显示印章。需要显示印章时请先转换为 PDF 或 OFD。
    """
    check_output(output, binary=True, force=force)
    if finish is not None:
        if source is not None or prepare or to_be_signed is not None or signature is None:
            raise click.UsageError("--finish takes --signature, and neither FILE nor --prepare")
        return _finish(finish, signature, signing, output, force=force)
    if source in (None, "-") or signature is not None:
        raise click.UsageError("name the FILE to sign; --signature goes with --finish")
    if prepare is not (signing.key_file is None):
        raise click.UsageError("--prepare takes no --key" if prepare else "signing needs --key, or --prepare")
    if to_be_signed is not None:
        check_to_be_signed(to_be_signed, prepare=prepare, force=force)
    name = os.path.basename(str(source))
    signer = signing.signer(name)
    return _sign(str(source), name, signer, media_type, output, prepare=prepare, to_be_signed=to_be_signed, force=force)


def _sign(
    source: str,
    name: str,
    signer: DocumentSigner,
    media_type: str | None,
    output: str,
    *,
    prepare: bool,
    to_be_signed: str | None,
    force: bool,
) -> Report:
    from gmpki.seal.detached import OCTETS, prepare_file, seal_file

    kind = media_type or mimetypes.guess_type(name)[0] or OCTETS
    fields: dict[str, Any] = {
        "file": source,
        "media_type": kind,
        "kind": signer.kind,
        "seal_id": None if signer.seal is None else signer.seal.seal_id,
        "signer": _cms.shown_certificate(signer.certificate),
        "output": output,
    }
    with _io.open_input(source) as content:
        if prepare:
            prepared = prepare_file(content, signer, name=name, media_type=kind)
            made = prepared.to_bytes()
            fields |= {"to_be_signed": prepared.to_be_signed.hex(), "digest": prepared.digest.hex()}
            if to_be_signed is not None:
                _io.write_output(to_be_signed, prepared.to_be_signed, force=force)
        else:
            made = seal_file(content, signer, name=name, media_type=kind)
    _io.write_output(output, made, private=prepare, force=force)
    word = ("已准备", "prepared") if prepare else ("已签章", "signed")
    rows = [(*word, source), ("签章人", "signer", fields["signer"]["subject"])]
    if signer.seal is not None:
        rows.append(("印章", "seal", f"{signer.seal.name} ({signer.seal.seal_id})"))
    if prepare:
        rows.append(("待签摘要", "digest to sign", fields["digest"]))
    return Report(fields, [] if output == "-" else shown_facts([*rows, ("输出", "output", output)]))


def _finish(path: str, signature: str, signing: SignerChoice, output: str, *, force: bool) -> Report:
    from gmpki.seal.detached import PreparedFile

    prepared = PreparedFile.from_bytes(_io.read_input(path, max_len=MAX_PREPARED_LEN))
    value = _io.read_input(signature, max_len=MAX_SIGNATURE_LEN)
    _io.write_output(output, prepared.finish(value, signing.stamp()), force=force)
    rows = [("已签章", "signed", prepared.file.name), ("输出", "output", output)]
    return Report({"file": prepared.file.name, "output": output}, [] if output == "-" else shown_facts(rows))
