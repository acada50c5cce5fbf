"""``gmpki pdf sign``: seals and signatures into PDF files, one or many, in one step or, for keys that live elsewhere,
in two.
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
    from gmpki.seal.pdf._places import AnyStamp
    from gmpki.seal.seal import SealPicture

__all__ = ["MAX_PDF_LEN", "Options", "command"]

# The values of gmpki.seal.pdf.PDFProfile for signatures without a seal; a test compares them.
PROFILES = ("cms", "cades", "gm-cms")
MAX_PDF_LEN = 1 << 29
MAX_PREPARED_LEN = MAX_PDF_LEN + (1 << 25)
MAX_SIGNATURE_LEN = 1 << 12
MAX_PICTURE_LEN = 1 << 26


class Options(TypedDict):
    """What the command takes, as click hands it over."""

    sources: tuple[str, ...]
    signing: SignerChoice
    profile: str
    places: tuple[str, ...]
    keywords: tuple[str, ...]
    occurrence: int
    field: str | None
    straddle: float | None
    edge: str
    picture: str | None
    picture_mm: str | None
    reason: str
    location: str
    new_field: str | None
    protect_all: bool
    prepare: bool
    finish: str | None
    signature: str | None
    output: str | None
    output_dir: str | None
    force: bool


PLACES = together(
    click.option("--keyword", "keywords", metavar="TEXT", multiple=True, help="Onto the middle of a word."),
    click.option(
        "--occurrence", type=int, default=1, show_default=True, metavar="N", help="Which one; -1 is the last one."
    ),
    click.option("--field", metavar="NAME", help="Into a signature field that is there."),
)
WORDS = together(
    click.option(
        "--profile",
        type=click.Choice(PROFILES),
        default="cms",
        show_default=True,
        help="The form of a signature without a seal.",
    ),
    click.option("--picture", type=INPUT, metavar="FILE", help="Show this PNG or SVG.  [default: that of the seal]"),
    click.option("--picture-mm", metavar="W[,H]", help="How wide and high it is."),
    click.option("--reason", default="", metavar="TEXT", help="Why it is signed."),
    click.option("--location", default="", metavar="TEXT", help="Where it is signed."),
    click.option(
        "--new-field", metavar="NAME", help="The name of the new signature field.  [default: Seal1 and so on]"
    ),
    click.option("--protect-all", is_flag=True, help="Nothing but validation data may come after this signature."),
)
STEPS = together(
    click.option("--prepare", is_flag=True, help="Make everything but the signature, without the key."),
    click.option("--finish", type=INPUT, metavar="FILE", help="Put a signature into what --prepare made."),
    click.option("--signature", type=INPUT, metavar="FILE", help="For --finish: DER, or r, s."),
)


@click.command(
    name="sign",
    epilog="\b\nExamples:\n"
    "  gmpki pdf sign --seal org.esl --key zhangsan.key --certificate zhangsan.pem --at 1,120,200 "
    "--output sealed.pdf contract.pdf\n"
    "  gmpki pdf sign --seal org.esl --key zhangsan.key --certificate zhangsan.pem --keyword 盖章处 --straddle 120 "
    "--output-dir sealed a.pdf b.pdf c.pdf\n"
    "  gmpki pdf sign --key zhangsan.key --certificate zhangsan.pem --output signed.pdf contract.pdf\n"
    "  gmpki pdf sign --prepare --seal org.esl --certificate zhangsan.pem --at 1,120,200 --output contract.prep "
    "contract.pdf\n"
    "  gmpki pdf sign --finish contract.prep --signature value.bin --output sealed.pdf",
)
@click.argument("sources", type=INPUT, metavar="FILE...", nargs=-1)
@seal_signer_options
@place_options
@PLACES
@WORDS
@STEPS
@batch_output_options
@force_option
@json_option
def command(**options: Unpack[Options]) -> Report:
    """Seal FILE, or several, or sign them without a seal. What is there stays as it is; a signature comes at the end.

    Without a place the signature is not visible. With a key in another place: --prepare, let the key sign, --finish.

    为 PDF 签章（按页与毫米、关键字、签名域定位，可加骑缝章）或仅作数字签名；支持批量；密钥在别处时分两步。
    """
    if options["finish"] is not None:
        return _finish(options, options["finish"])
    if options["signature"] is not None:
        raise click.UsageError("--signature goes with --finish")
    sources = options["sources"]
    if not sources:
        raise click.UsageError("name the files to sign")
    prepare = options["prepare"]
    signing = options["signing"]
    if prepare and len(sources) != 1:
        raise click.UsageError("--prepare takes one file")
    if prepare is not (signing.key_file is None):
        raise click.UsageError("--prepare takes no --key" if prepare else "signing needs --key, or --prepare")
    stamps = _stamps(options)
    outputs = targets(sources, options["output"], options["output_dir"], force=options["force"])
    signer = _signer(options)
    picture = _picture(options, signer)
    if stamps and picture is None:
        raise click.UsageError("there is a place and nothing to show: --seal or --picture")
    make = _Maker(options, signer, stamps, picture)
    return make_each(sources, outputs, make, "签章 sealing")


class _Maker:
    """Signs one file after the other."""

    def __init__(
        self, options: Options, signer: DocumentSigner, stamps: list[AnyStamp], picture: SealPicture | None
    ) -> None:
        from gmpki.seal.pdf import SignatureTexts

        self._options = options
        self._signer: Any = signer
        self._wishes: dict[str, Any] = {
            "stamps": stamps,
            "picture": picture,
            "texts": SignatureTexts(reason=options["reason"], location=options["location"]),
            "field_name": options["new_field"],
            "protect_all": options["protect_all"],
        }

    def __call__(self, source: str, output: str) -> tuple[dict[str, Any], list[tuple[str, str, str]]]:
        from gmpki.seal.pdf import prepare_pdf, sign_pdf

        signer = replace(self._signer, document_name=os.path.basename(source))
        fields: dict[str, Any] = {
            "file": source,
            "kind": signer.kind,
            "seal_id": None if signer.seal is None else signer.seal.seal_id,
            "signer": _cms.shown_certificate(signer.certificate),
            "output": output,
        }
        data = _io.read_input(source, max_len=MAX_PDF_LEN)
        prepare = self._options["prepare"]
        if prepare:
            prepared = prepare_pdf(data, signer, **self._wishes)
            made = prepared.to_bytes()
            fields |= {"to_be_signed": prepared.to_be_signed.hex(), "digest": prepared.digest.hex()}
        else:
            made = sign_pdf(data, signer, **self._wishes)
        _io.write_output(output, made, private=prepare, force=self._options["force"])
        word = ("已准备", "prepared") if prepare else ("已签章", "sealed") if signer.seal else ("已签名", "signed")
        rows = [(*word, _io.display_name(source)), ("签章人", "signer", fields["signer"]["subject"])]
        if signer.seal is not None:
            rows.append(("印章", "seal", f"{signer.seal.name} ({signer.seal.seal_id})"))
        if prepare:
            rows.append(("待签摘要", "digest to sign", fields["digest"]))
        return fields, [*rows, ("输出", "output", output)]


def _signer(options: Options) -> DocumentSigner:
    """Return who signs; without a seal, with messages of the form that was asked for."""
    from gmpki.seal.digital import DigitalSigner
    from gmpki.seal.pdf import PDFProfile, cms_signer

    signer = options["signing"].signer()
    if not isinstance(signer, DigitalSigner) or options["profile"] == "gm-cms":
        return signer
    return cms_signer(
        signer.signer,
        signer.certificate,
        profile=PDFProfile(options["profile"]),
        timestamp=signer.timestamp,
        log=signer.log,
    )


def _stamps(options: Options) -> list[AnyStamp]:
    """Return where the seal goes, the field that is there first."""
    from gmpki.seal.pdf import FieldStamp, KeywordStamp

    found: list[AnyStamp] = [] if options["field"] is None else [FieldStamp(options["field"])]
    found += [KeywordStamp(word, options["occurrence"]) for word in options["keywords"]]
    found += stamps_of(options["places"], options["straddle"], options["edge"])
    return found


def _picture(options: Options, signer: DocumentSigner) -> SealPicture | None:
    """Return what is shown: a picture that was named, or that of the seal."""
    if options["picture"] is None:
        if options["picture_mm"] is not None:
            raise click.UsageError("--picture-mm goes with --picture")
        return None if signer.seal is None else signer.seal.picture
    if options["picture_mm"] is None:
        raise click.UsageError("--picture needs --picture-mm: how wide and high it is")
    from gmpki.seal.picture import import_picture

    width, _, height = options["picture_mm"].partition(",")
    try:
        wide, high = int(width), int(height or width)
    except ValueError:
        raise click.UsageError("--picture-mm takes one or two whole lengths in mm, such as 40 or 60,20") from None
    data = _io.read_input(options["picture"], max_len=MAX_PICTURE_LEN)
    return import_picture(data, width_mm=wide, height_mm=high)


def _finish(options: Options, path: str) -> Report:
    from gmpki.seal.pdf import PreparedPDF

    if options["sources"] or options["prepare"] or options["signature"] is None:
        raise click.UsageError("--finish takes --signature, and neither FILE nor --prepare")
    (output,) = targets(["-"], options["output"], None, force=options["force"])
    prepared = PreparedPDF.from_bytes(_io.read_input(path, max_len=MAX_PREPARED_LEN))
    value = _io.read_input(options["signature"], max_len=MAX_SIGNATURE_LEN)
    _io.write_output(output, prepared.finish(value, options["signing"].stamp()), force=options["force"])
    signer = _cms.shown_certificate(prepared.certificate)
    rows = [("签章人", "signer", signer["subject"]), ("输出", "output", output)]
    return Report({"signer": signer, "output": output}, [] if output == "-" else facts(rows))
