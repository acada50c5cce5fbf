"""``gmpki ofd show``: what an OFD document says of itself, its pages as pictures, the pictures of its seals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io
from gmpki.cli._cms import shown_certificate
from gmpki.cli._files import INPUT, OUTPUT, force_option
from gmpki.cli._output import Report, check_output, json_option
from gmpki.cli._seal_report import shown_facts

if TYPE_CHECKING:
    from gmpki.seal.ofd import ListedSignature, OFDListing

__all__ = ["command"]

MAX_OFD_LEN = 256 << 20
MAX_ROWS = 1000  # of pages or places that a person is shown

Row = tuple[str, str, str]


@click.command(
    name="show",
    epilog="\b\nExamples:\n  gmpki ofd show contract.ofd\n"
    "  gmpki ofd show --page 1 --output page.png contract.ofd\n"
    "  gmpki ofd show --page 1 --svg --output page.svg contract.ofd\n"
    "  gmpki ofd show --seal 1 --output seal.png contract.ofd",
)
@click.argument("source", type=INPUT, metavar="[FILE]", default="-")
@click.option("--page", type=click.IntRange(1), metavar="N", help="Draw a page, counted from 1, to --output.")
@click.option("--dpi", type=click.IntRange(18, 1200), metavar="N", help="Dots per inch of --page.  [default: 150]")
@click.option("--svg", is_flag=True, help="Draw --page as SVG.")
@click.option("--seal", type=click.IntRange(1), metavar="N", help="Take out the picture of a seal, to --output.")
@click.option("--output", "-o", type=OUTPUT, metavar="FILE", help="Where the picture goes; - is standard output.")
@force_option
@json_option
def command(
    *,
    source: str,
    page: int | None,
    dpi: int | None,
    svg: bool,
    seal: int | None,
    output: str | None,
    force: bool,
) -> Report:
    """Show the pages and signatures of the OFD document FILE (standard input without one). Nothing is verified.

    With --page a page is drawn with its stamps, whether their signatures hold or not. With --seal the picture of one of
    the seals is taken out, as it is in the seal.

    查看 OFD 文档的页面与签章，可绘制页面、导出印模；只解析，不验证。
    """
    from gmpki.seal.ofd import extract_seals, list_ofd

    _check_options(page, dpi, svg=svg, seal=seal, output=output)
    if output is not None:
        check_output(output, binary=True, force=force)
    data = _io.read_input(source, max_len=MAX_OFD_LEN)
    if page is not None:
        _io.write_output(str(output), _drawn(data, page, dpi or 150, svg=svg), force=force)
    elif seal is not None:
        seals = extract_seals(data)
        if seal > len(seals):
            raise click.UsageError(f"the document has {len(seals)} seals that can be read; --seal {seal} is none")
        _io.write_output(str(output), seals[seal - 1].picture.data, force=force)
    listing = list_ofd(data)
    fields = {**_describe(listing), "output": output}
    return Report(fields, [] if output == "-" else shown_facts(_rows(listing, _io.display_name(source), output)))


def _check_options(page: int | None, dpi: int | None, *, svg: bool, seal: int | None, output: str | None) -> None:
    if page is not None and seal is not None:
        raise click.UsageError("--page and --seal go to one output: give one of them")
    if (page is None and seal is None) is not (output is None):
        raise click.UsageError("--output goes with --page or --seal")
    if page is None and (svg or dpi is not None):
        raise click.UsageError("--dpi and --svg are about --page")
    if svg and dpi is not None:
        raise click.UsageError("SVG has no dots: --dpi has no place there")


def _drawn(data: bytes, page: int, dpi: int, *, svg: bool) -> bytes:
    from gmpki.seal.ofd import PageRenderer

    renderer = PageRenderer(data)
    return renderer.svg(page).encode() if svg else renderer.png(page, dpi=dpi)


def _describe(listing: OFDListing) -> dict[str, Any]:
    return {
        "pages": [{"width_mm": width, "height_mm": height} for width, height in listing.pages],
        "files": len(listing.files),
        "signatures": [_signature(one) for one in listing.signatures],
    }


def _signature(one: ListedSignature) -> dict[str, Any]:
    from gmpki.seal.report_json import placement_as_dict

    seal = None if one.signature is None else one.signature.seal
    return {
        "name": one.name,
        "id": one.id,
        "type": one.type,
        "layout": None if one.signature is None else one.signature.layout.value,
        "seal": None if seal is None else {"id": seal.seal_id, "name": seal.name, "vendor": seal.vendor_id},
        "certificate": None if one.signature is None else shown_certificate(one.signature.signer_certificate),
        "provider": None if one.provider is None else one.provider.name,
        "time": one.time_text,
        "protected": list(one.protected),
        "placements": [placement_as_dict(place) for place in one.placements],
        "problem": one.problem or None,
    }


def _rows(listing: OFDListing, name: str, output: str | None) -> list[Row]:
    rows = [
        ("文档", "document", name),
        ("页数", "pages", _page_text(listing)),
        ("文件", "files", str(len(listing.files))),
    ]
    if output is not None:
        rows.append(("图片", "picture", output))
    if not listing.signatures:
        rows.append(("签章", "signatures", "没有 none"))
    for number, one in enumerate(listing.signatures, start=1):
        kind = ("电子签章", "seal") if one.type == "Seal" else ("数字签名", "signature")
        rows += [(*kind, f"{number}: {one.name}"), *_signature_rows(one)]
    return rows


def _signature_rows(one: ListedSignature) -> list[Row]:
    from gmpki.seal.report_text import place_text

    rows: list[Row] = []
    if one.signature is not None:
        seal, signer = one.signature.seal, shown_certificate(one.signature.signer_certificate)
        rows += [
            ("  格式", "  layout", one.signature.layout.value),
            ("  印章", "  seal", f"{seal.name} ({seal.seal_id})"),
            ("  签章人", "  signer", f"{signer['subject']} ({signer['serial_number']})"),
        ]
    if one.time_text:
        rows.append(("  声称时间", "  claimed time", one.time_text))
    if one.provider is not None and one.provider.name:
        rows.append(("  程序", "  program", f"{one.provider.name} {one.provider.version}".strip()))
    if one.protected:
        rows.append(("  保护文件", "  protects", f"{len(one.protected)} 个文件 files"))
    rows += [("  位置", "  place", place_text(place)) for place in one.placements[:MAX_ROWS]]
    if one.problem:
        rows.append(("  无法读取", "  unreadable", one.problem))
    return rows


def _page_text(listing: OFDListing) -> str:
    sizes = list(dict.fromkeys(f"{width:g} x {height:g} mm" for width, height in listing.pages))
    more = f" and {len(sizes) - 3} more" if len(sizes) > 3 else ""
    return f"{len(listing.pages)} ({', '.join(sizes[:3])}{more})"
