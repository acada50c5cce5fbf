"""``gmpki ofd sign``: seals and signatures into OFD documents, one or many, in one step or, for keys that live
elsewhere, in two.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypedDict

import click

from gmpki.cli import _cms, _io
from gmpki.cli._batch import batch_output_options, make_each, targets
from gmpki.cli._files import INPUT, force_option
from gmpki.cli._options import together
from gmpki.cli._output import Report, facts, json_option
from gmpki.cli._seal_signer import SignerChoice, seal_signer_options
from gmpki.cli._stamps import place_options, stamps_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from gmpki.seal.interfaces import DocumentSigner
    from gmpki.seal.ofd.stamps import AnyStamp

__all__ = ["Options", "command"]

# The length that gmpki.seal.ofd.DEFAULT_LIMITS lets a package have; a test compares them.
MAX_OFD_LEN = 256 << 20
MAX_PREPARED_LEN = MAX_OFD_LEN + (1 << 25)
MAX_SIGNATURE_LEN = 1 << 12
MAX_TOKEN_LEN = 1 << 20


class Options(TypedDict):
    """What the command takes, as click hands it over."""

    sources: tuple[str, ...]
    signing: SignerChoice
    places: tuple[str, ...]
    straddle: float | None
    edge: str
    protect_all: bool
    prepare: bool
    finish: str | None
    signature: str | None
    timestamp: str | None
    output: str | None
    output_dir: str | None
    force: bool


STEPS = together(
    click.option("--prepare", is_flag=True, help="Make everything but the signature, without the key."),
    click.option("--finish", type=INPUT, metavar="FILE", help="Put a signature into what --prepare made."),
    click.option("--signature", type=INPUT, metavar="FILE", help="For --finish: DER, or r, s."),
    click.option(
        "--timestamp",
        type=INPUT,
        metavar="FILE",
        help="For --finish: a time-stamp over the signature's DER, or the response with it.",
    ),
)


@click.command(
    name="sign",
    epilog="\b\nExamples:\n"
    "  gmpki ofd sign --seal org.esl --key zhangsan.key --certificate zhangsan.pem --at 1,120,200 "
    "--output sealed.ofd contract.ofd\n"
    "  gmpki ofd sign --seal org.esl --key zhangsan.key --certificate zhangsan.pem --at -1,120,200 --straddle 120 "
    "--output-dir sealed a.ofd b.ofd c.ofd\n"
    "  gmpki ofd sign --key zhangsan.key --certificate zhangsan.pem --output signed.ofd contract.ofd\n"
    "  gmpki ofd sign --prepare --seal org.esl --certificate zhangsan.pem --at 1,120,200 --output contract.prep "
    "contract.ofd\n"
    "  gmpki ofd sign --finish contract.prep --signature value.bin --output sealed.ofd",
)
@click.argument("sources", type=INPUT, metavar="FILE...", nargs=-1)
@seal_signer_options
@place_options
@click.option("--protect-all", is_flag=True, help="Let no further signature follow this one.")
@STEPS
@batch_output_options
@force_option
@json_option
def command(**options: Unpack[Options]) -> Report:
    """Seal FILE, or several, or sign them without a seal. Files in a document that are there keep their bytes.

    Without a place the signature is not visible. With a key in another place: --prepare, let the key sign, --finish.

    为 OFD 签章（按页与毫米定位，可加骑缝章）或仅作数字签名；支持批量；密钥在别处时分两步。
    """
    if options["finish"] is not None:
        return _finish(options, options["finish"])
    if options["signature"] is not None or options["timestamp"] is not None:
        raise click.UsageError("--signature and --timestamp go with --finish")
    sources, prepare, signing = options["sources"], options["prepare"], options["signing"]
    if not sources:
        raise click.UsageError("name the files to sign")
    if prepare and len(sources) != 1:
        raise click.UsageError("--prepare takes one file")
    if prepare is not (signing.key_file is None):
        raise click.UsageError("--prepare takes no --key" if prepare else "signing needs --key, or --prepare")
    stamps = stamps_of(options["places"], options["straddle"], options["edge"])
    if stamps and signing.seal_file is None:
        raise click.UsageError("there is a place and nothing to show there: --seal")
    outputs = targets(sources, options["output"], options["output_dir"], force=options["force"])
    return make_each(sources, outputs, _Maker(options, signing.signer(), stamps), "签章 sealing")


class _Maker:
    """Signs one file after the other."""

    def __init__(self, options: Options, signer: DocumentSigner, stamps: list[AnyStamp]) -> None:
        self._prepare, self._force = options["prepare"], options["force"]
        self._signer: Any = signer
        self._wishes: dict[str, Any] = {"stamps": stamps, "protect_all": options["protect_all"]}

    def __call__(self, source: str, output: str) -> tuple[dict[str, Any], list[tuple[str, str, str]]]:
        from gmpki.seal.ofd import prepare_ofd, sign_ofd

        signer = replace(self._signer, document_name=os.path.basename(source))
        fields: dict[str, Any] = {
            "file": source,
            "kind": signer.kind,
            "seal_id": None if signer.seal is None else signer.seal.seal_id,
            "signer": _cms.shown_certificate(signer.certificate),
            "output": output,
        }
        data = _io.read_input(source, max_len=MAX_OFD_LEN)
        if self._prepare:
            prepared = prepare_ofd(data, signer, **self._wishes)
            made = prepared.to_bytes()
            fields |= {"to_be_signed": prepared.to_be_signed.hex(), "digest": prepared.digest.hex()}
        else:
            made = sign_ofd(data, signer, **self._wishes)
        _io.write_output(output, made, private=self._prepare, force=self._force)
        done = ("已签章", "sealed") if signer.seal else ("已签名", "signed")
        word = ("已准备", "prepared") if self._prepare else done
        rows = [(*word, _io.display_name(source)), ("签章人", "signer", fields["signer"]["subject"])]
        if signer.seal is not None:
            rows.append(("印章", "seal", f"{signer.seal.name} ({signer.seal.seal_id})"))
        if self._prepare:
            rows.append(("待签摘要", "digest to sign", fields["digest"]))
        return fields, [*rows, ("输出", "output", output)]


def _finish(options: Options, path: str) -> Report:
    from gmpki.seal.ofd import PreparedOFD

    if options["sources"] or options["prepare"] or options["signature"] is None:
        raise click.UsageError("--finish takes --signature, and neither FILE nor --prepare")
    if options["timestamp"] is not None and options["signing"].stamp_command is not None:
        raise click.UsageError("--timestamp does not go with --stamp-command")
    (output,) = targets(["-"], options["output"], None, force=options["force"])
    prepared = PreparedOFD.from_bytes(_io.read_input(path, max_len=MAX_PREPARED_LEN))
    value = _io.read_input(options["signature"], max_len=MAX_SIGNATURE_LEN)
    token = options["signing"].stamp() if options["timestamp"] is None else _token(options["timestamp"])
    _io.write_output(output, prepared.finish(value, token), force=options["force"])
    signer = _cms.shown_certificate(prepared.certificate)
    rows = [("签章人", "signer", signer["subject"]), ("输出", "output", output)]
    return Report({"signer": signer, "output": output}, [] if output == "-" else facts(rows))


def _token(path: str) -> bytes:
    from gmpki.cli._tsa import read_response_or_token, token_of

    found = read_response_or_token(_io.read_input(path, max_len=MAX_TOKEN_LEN), lenient=False)
    return token_of(found).to_der()
