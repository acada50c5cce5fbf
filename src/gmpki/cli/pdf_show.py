"""``gmpki pdf show``: what a PDF file says of its signatures, its pages as pictures, the pictures of its seals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io
from gmpki.cli._cms import shown_certificate
from gmpki.cli._files import INPUT, OUTPUT, force_option
from gmpki.cli._output import Report, check_output, json_option
from gmpki.cli._seal_report import shown_facts
from gmpki.cli._times import show_time
from gmpki.cli.pdf_sign import MAX_PDF_LEN

if TYPE_CHECKING:
    from gmpki.seal.pdf import ListedSignature, PDFListing

__all__ = ["command"]

MAX_ROWS = 1000  # of places that a person is shown
KINDS = {
    "seal-signature": ("电子签章", "seal"),
    "time-stamp": ("文档时间戳", "time-stamp"),
}
SIGNATURE = ("数字签名", "signature")
TEXTS = {"name": "名称", "reason": "原因", "location": "地点", "contact": "联系方式"}

Row = tuple[str, str, str]


@click.command(
    name="show",
    epilog="\b\nExamples:\n  gmpki pdf show contract.pdf\n"
    "  gmpki pdf show --page 1 --output page.png contract.pdf\n"
    "  gmpki pdf show --seal 1 --output seal.png contract.pdf",
)
@click.argument("source", type=INPUT, metavar="[FILE]", default="-")
@click.option("--page", type=click.IntRange(1), metavar="N", help="Draw a page, counted from 1, to --output, as PNG.")
@click.option("--dpi", type=click.IntRange(18, 600), metavar="N", help="Dots per inch of --page.  [default: 150]")
@click.option("--seal", type=click.IntRange(1), metavar="N", help="Take out the picture of a seal, to --output.")
@click.option("--output", "-o", type=OUTPUT, metavar="FILE", help="Where the picture goes; - is standard output.")
@force_option
@json_option
def command(
    *, source: str, page: int | None, dpi: int | None, seal: int | None, output: str | None, force: bool
) -> Report:
    """Show the signatures of the PDF file FILE (standard input without one). Nothing is verified.

    With --page a page is drawn as readers show it, with its seals, whether their signatures hold or not. With --seal
    the picture of one of them is taken out: as it is in the seal, or as the page shows it where there is no seal.

    查看 PDF 文件中的签章与签名，可绘制页面、导出印模；只解析，不验证。
    """
    from gmpki.seal.pdf import extract_pictures, list_pdf

    if page is not None and seal is not None:
        raise click.UsageError("--page and --seal go to one output: give one of them")
    if (page is None and seal is None) is not (output is None):
        raise click.UsageError("--output goes with --page or --seal")
    if page is None and dpi is not None:
        raise click.UsageError("--dpi is about --page")
    if output is not None:
        check_output(output, binary=True, force=force)
    data = _io.read_input(source, max_len=MAX_PDF_LEN)
    listing = list_pdf(data)
    if page is not None:
        if page > len(listing.pages):
            raise click.UsageError(f"the document has {len(listing.pages)} pages; --page {page} is none")
        _io.write_output(str(output), _drawn(data, page, dpi or 150), force=force)
    elif seal is not None:
        pictures = extract_pictures(data)
        if seal > len(pictures):
            raise click.UsageError(f"the document has {len(pictures)} pictures of signatures; --seal {seal} is none")
        _io.write_output(str(output), pictures[seal - 1].data, force=force)
    fields = {**_describe(listing), "output": output}
    return Report(fields, [] if output == "-" else shown_facts(_rows(listing, _io.display_name(source), output)))


def _drawn(data: bytes, page: int, dpi: int) -> bytes:
    from gmpki.seal.pdf import draw_page

    return draw_page(data, page, dpi=dpi)


def _describe(listing: PDFListing) -> dict[str, Any]:
    return {
        "pages": [{"width_mm": width, "height_mm": height} for width, height in listing.pages],
        "revisions": listing.revisions,
        "signatures": [_signature(one) for one in listing.signatures],
        "empty_fields": list(listing.empty_fields),
    }


def _signature(one: ListedSignature) -> dict[str, Any]:
    from gmpki.seal.report_json import placement_as_dict

    seal = None if one.signature is None else one.signature.seal
    return {
        "name": one.name,
        "filter": one.filter,
        "sub_filter": one.sub_filter,
        "kind": one.kind.value,
        "revision": one.revision or None,
        "layout": None if one.signature is None else one.signature.layout.value,
        "seal": None if seal is None else {"id": seal.seal_id, "name": seal.name, "vendor": seal.vendor_id},
        "certificate": None if one.certificate is None else shown_certificate(one.certificate),
        "claimed_time": show_time(one.claimed_time),
        "texts": dict(one.texts),
        "placements": [placement_as_dict(place) for place in one.placements],
        "problem": one.problem or None,
    }


def _rows(listing: PDFListing, name: str, output: str | None) -> list[Row]:
    sizes = list(dict.fromkeys(f"{width:g} x {height:g} mm" for width, height in listing.pages))
    more = f" and {len(sizes) - 3} more" if len(sizes) > 3 else ""
    rows = [
        ("文档", "document", name),
        ("页数", "pages", f"{len(listing.pages)} ({', '.join(sizes[:3])}{more})"),
        ("修订版", "revisions", str(listing.revisions)),
    ]
    if output is not None:
        rows.append(("图片", "picture", output))
    if not listing.signatures:
        rows.append(("签章", "signatures", "没有 none"))
    for number, one in enumerate(listing.signatures, start=1):
        rows += [(*KINDS.get(one.kind.value, SIGNATURE), f"{number}: {one.name}"), *_signature_rows(one, listing)]
    rows += [("空白签名域", "empty field", field) for field in listing.empty_fields]
    return rows


def _signature_rows(one: ListedSignature, listing: PDFListing) -> list[Row]:
    from gmpki.seal.report_text import place_text

    rows: list[Row] = [("  类型", "  type", f"{one.filter} {one.sub_filter}".strip())]
    if one.revision:
        rows.append(("  覆盖", "  covers", f"第 {one.revision} 版，共 {listing.revisions} 版 revision {one.revision}"))
    if one.signature is not None:
        seal = one.signature.seal
        rows.append(("  格式", "  layout", one.signature.layout.value))
        rows.append(("  印章", "  seal", f"{seal.name} ({seal.seal_id})"))
    if one.certificate is not None:
        signer = shown_certificate(one.certificate)
        rows.append(("  签章人", "  signer", f"{signer['subject']} ({signer['serial_number']})"))
    if one.claimed_time is not None:
        rows.append(("  声称时间", "  claimed time", str(show_time(one.claimed_time))))
    rows += [(f"  {TEXTS[word]}", f"  {word}", text) for word, text in one.texts]
    rows += [("  位置", "  place", place_text(place)) for place in one.placements[:MAX_ROWS]]
    if one.problem:
        rows.append(("  问题", "  problem", one.problem))
    return rows
