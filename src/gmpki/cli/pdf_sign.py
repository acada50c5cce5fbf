"""``gmpki pdf sign``: seals and signatures into PDF files, one or many, in one step or, for keys that live elsewhere,
in two.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import click

from gmpki.cli import _io
from gmpki.cli._batch import batch_output_options, jobs_option
from gmpki.cli._container_sign import Container, StepOptions, check_steps, finish, sign_each, step_options
from gmpki.cli._files import INPUT, force_option
from gmpki.cli._options import together
from gmpki.cli._output import Report, json_option
from gmpki.cli._seal_signer import seal_signer_options
from gmpki.cli._stamps import place_options, stamps_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from gmpki.cli._seal_signer import SignerChoice
    from gmpki.seal.interfaces import DocumentSigner
    from gmpki.seal.pdf._places import AnyStamp
    from gmpki.seal.seal import SealPicture

__all__ = ["MAX_PDF_LEN", "Options", "command"]

# The values of gmpki.seal.pdf.PDFProfile for signatures without a seal; a test compares them.
PROFILES = ("cms", "cades", "gm-cms")
MAX_PDF_LEN = 1 << 29
MAX_PICTURE_LEN = 1 << 26


class Options(StepOptions):
    """What the command takes, as click hands it over."""

    profile: str
    places: tuple[str, ...]
    straddle: float | None
    edge: str
    keywords: tuple[str, ...]
    occurrence: int
    field: str | None
    picture: str | None
    picture_mm: str | None
    reason: str
    location: str
    new_field: str | None
    protect_all: bool


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


@click.command(
    name="sign",
    epilog="\b\nExamples:\n"
    "  gmpki pdf sign --seal org.esl --key zhangsan.key --certificate zhangsan.pem --at 1,120,200 "
    "--output sealed.pdf contract.pdf\n"
    "  gmpki pdf sign --seal org.esl --key zhangsan.key --certificate zhangsan.pem --keyword 盖章处 --straddle 120 "
    "--output-dir sealed --jobs 2 a.pdf b.pdf c.pdf\n"
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
@step_options
@batch_output_options
@jobs_option
@force_option
@json_option
def command(**options: Unpack[Options]) -> Report:
    """Seal FILE, or several, or sign them without a seal. What is there stays as it is; a signature comes at the end.

    Without a place the signature is not visible. With a key in another place: --prepare, let the key sign, --finish.

    为 PDF 签章（按页与毫米、关键字、签名域定位，可加骑缝章）或仅作数字签名；支持批量；密钥在别处时分两步。
    """
    from gmpki.seal.pdf import PreparedPDF, SignatureTexts, prepare_pdf, sign_pdf

    container = Container(sign_pdf, prepare_pdf, PreparedPDF, MAX_PDF_LEN)
    if options["finish"] is not None:
        return finish(options, container, options["finish"])
    check_steps(options)
    stamps = _stamps(options)
    if stamps and options["signing"].seal_file is None and options["picture"] is None:
        raise click.UsageError("there is a place and nothing to show: --seal or --picture")
    wishes = {
        "stamps": stamps,
        "picture": _picture(options),
        "texts": SignatureTexts(reason=options["reason"], location=options["location"]),
        "field_name": options["new_field"],
        "protect_all": options["protect_all"],
    }
    return sign_each(options, container, wishes, functools.partial(_signer, options["profile"]))


def _signer(profile: str, choice: SignerChoice) -> DocumentSigner:
    """Return who signs; without a seal, with messages of the form that was asked for."""
    from gmpki.seal.digital import DigitalSigner
    from gmpki.seal.pdf import PDFProfile, cms_signer

    signer = choice.signer()
    if not isinstance(signer, DigitalSigner) or profile == "gm-cms":
        return signer
    return cms_signer(
        signer.signer,
        signer.certificate,
        profile=PDFProfile(profile),
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


def _picture(options: Options) -> SealPicture | None:
    """Return the picture that was named; None is that of the seal."""
    if options["picture"] is None:
        if options["picture_mm"] is not None:
            raise click.UsageError("--picture-mm goes with --picture")
        return None
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
