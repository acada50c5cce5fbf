"""``gmpki seal picture``: pictures for seals: drawn, taken over from a file, taken from a scan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io
from gmpki.cli._files import INPUT, force_option, output_option
from gmpki.cli._group import Group
from gmpki.cli._options import together
from gmpki.cli._output import Report, check_output, facts, json_option

if TYPE_CHECKING:
    from gmpki.seal.picture import Font, Impression

__all__ = ["command"]

MAX_FILE_LEN = 64 << 20
DPI = click.IntRange(72, 2400)
TYPES = {"organisation": 1, "person": 2}
SIZES = {"round": 42.0, "special": 40.0, "square": 20.0}  # millimetres, where none is given

dpi_option = click.option("--dpi", type=DPI, default=600, show_default=True, help="Dots per inch of the PNG.")
size_options = together(
    click.option("--width", "width_mm", type=click.IntRange(1, 100), required=True, metavar="MM", help="Of the ink."),
    click.option("--height", "height_mm", type=click.IntRange(1, 100), metavar="MM", help="[default: the width]"),
    dpi_option,
)


@click.group(name="picture", cls=Group)
def command() -> None:
    """Draw, import and extract the pictures of seals. They are red on nothing, in true size.

    印模：生成常用样式、导入图片、从扫描件提取。
    """


@command.command(
    name="draw",
    epilog="\b\nExamples:\n"
    "  gmpki seal picture draw --code 1101010000018 --output round.png 示例市社会保障局\n"
    "  gmpki seal picture draw --kind special --purpose 合同专用章 --form svg --output special.svg "
    "示例科技（北京）有限公司\n"
    "  gmpki seal picture draw --kind square --output name.png 张三",
)
@click.argument("name")
@click.option(
    "--kind", type=click.Choice(tuple(SIZES)), default="round", show_default=True, help="Which impression it is."
)
@click.option("--purpose", default="", metavar="TEXT", help="Below the star: of a special seal, or a department.")
@click.option("--code", default="", metavar="TEXT", help="Along the lower arc, usually 13 figures.")
@click.option("--size", "size_mm", type=float, metavar="MM", help="Across.  [default: round 42, special 40, square 20]")
@click.option("--star/--no-star", default=True, show_default=True, help="In the middle of a special seal.")
@click.option("--ending", metavar="TEXT", help="After the name of a person.  [default: 印 or 之印]")
@click.option("--white", is_flag=True, help="The name of a person white on red.")
@click.option("--font", "font_file", type=INPUT, metavar="FILE", help="[default: a song style that is installed]")
@click.option("--family", metavar="TEXT", help="Which face, where that file has several.")
@click.option("--form", type=click.Choice(("png", "svg")), default="png", show_default=True, help="Of the result.")
@click.option(
    "--licensed-maker",
    is_flag=True,
    help="You state that you are licensed to make seals and make this one for its holder: no mark 样章 across it.",
)
@dpi_option
@output_option
@force_option
@json_option
def draw(*, output: str, form: str, force: bool, **wanted: Any) -> Report:
    """Draw a customary impression with NAME on it: the round seal of an organisation, a seal for one purpose, or the
    square of a person. It carries the mark 样章 (specimen).

    生成常用印模：圆形公章、专用章、方形名章。默认带“样章”标记；仅持证制章单位可声明去除。
    """
    check_output(output, binary=form == "png", force=force)
    made = _drawn(**wanted)
    _io.write_output(output, made.svg.encode() if form == "svg" else made.png, force=force)
    marked = not wanted["licensed_maker"]
    fields = {
        "output": output,
        "width_mm": made.width_mm,
        "height_mm": made.height_mm,
        "dpi": made.dpi,
        "marked": marked,
    }
    rows = [
        ("印模", "picture", output),
        ("尺寸", "size", f"{made.width_mm:g} x {made.height_mm:g} mm"),
        ("样章标记", "specimen mark", "有 yes" if marked else "无 no"),
    ]
    return Report(fields, [] if output == "-" else facts(rows))


def _drawn(**wanted: Any) -> Impression:
    from gmpki.seal.picture import draw_name_seal, draw_round_seal, draw_special_seal

    kind, name, purpose = wanted["kind"], wanted["name"], wanted["purpose"]
    _refuse_others(kind, wanted)
    size = wanted["size_mm"] if wanted["size_mm"] is not None else SIZES[kind]
    font = _font(wanted["font_file"], wanted["family"])
    licensed, dpi, code = wanted["licensed_maker"], wanted["dpi"], wanted["code"]
    if kind == "round":
        return draw_round_seal(
            name, diameter_mm=size, code=code, department=purpose, font=font, licensed_maker=licensed, dpi=dpi
        )
    if kind == "special":
        return draw_special_seal(
            name, purpose, diameter_mm=size, code=code, star=wanted["star"], font=font, licensed_maker=licensed, dpi=dpi
        )
    return draw_name_seal(
        name,
        side_mm=size,
        ending=wanted["ending"],
        white=wanted["white"],
        font=font,
        licensed_maker=licensed,
        dpi=dpi,
    )


def _refuse_others(kind: str, wanted: dict[str, Any]) -> None:
    """Refuse options that mean nothing for a kind of impression."""
    if kind == "special" and not wanted["purpose"]:
        raise click.UsageError("--kind special needs --purpose TEXT")
    unused = {"round": ("ending", "white"), "special": ("ending", "white"), "square": ("purpose", "code")}[kind]
    for name in unused:
        if wanted[name]:
            raise click.UsageError(f"--{name} means nothing for --kind {kind}")
    if kind != "special" and not wanted["star"]:
        raise click.UsageError("--no-star is for --kind special")


def _font(file: str | None, family: str | None) -> Font | None:
    from gmpki.seal.picture import load_font

    if file is None:
        if family is not None:
            raise click.UsageError("--family chooses a face of --font FILE")
        return None
    return load_font(file, family)


@command.command(
    name="import",
    epilog="\b\nExamples:\n  gmpki seal picture import --width 42 --type organisation --output seal.png drawing.svg\n"
    "  gmpki seal picture import --width 20 --type person --output name.png name-300dpi.png",
)
@click.argument("source", type=INPUT, metavar="[FILE]", default="-")
@size_options
@click.option("--type", "seal_type", type=click.Choice(tuple(TYPES)), help="Check the size for this type of seal.")
@click.option("--trim/--no-trim", default=True, show_default=True, help="Cut off margins without ink.")
@output_option
@force_option
@json_option
def import_(
    *,
    source: str,
    width_mm: int,
    height_mm: int | None,
    seal_type: str | None,
    trim: bool,
    dpi: int,
    output: str,
    force: bool,
) -> Report:
    """Check the picture of a seal in FILE (SVG, PNG, JPEG, BMP, GIF, TIFF), and make a transparent PNG of true size.

    导入印模图片：核对尺寸，去除底色，输出透明 PNG。
    """
    from gmpki.seal.picture import import_picture

    check_output(output, binary=True, force=force)
    data = _io.read_input(source, max_len=MAX_FILE_LEN)
    made = import_picture(
        data,
        width_mm=width_mm,
        height_mm=width_mm if height_mm is None else height_mm,
        seal_type=None if seal_type is None else TYPES[seal_type],
        dpi=dpi,
        trim=trim,
    )
    _io.write_output(output, made.data, force=force)
    fields = {"output": output, "width_mm": made.width_mm, "height_mm": made.height_mm}
    rows = [("印模", "picture", output), ("尺寸", "size", f"{made.width_mm} x {made.height_mm} mm")]
    return Report(fields, [] if output == "-" else facts(rows))


@command.command(
    name="extract",
    epilog="\b\nExamples:\n  gmpki seal picture extract --width 42 --output seal.png scan.jpg\n"
    "  gmpki seal picture extract --width 42 --region 300,100,780,600 --no-straighten --output seal.png scan.jpg",
)
@click.argument("source", type=INPUT, metavar="[SCAN]", default="-")
@size_options
@click.option("--region", metavar="LEFT,UPPER,RIGHT,LOWER", help="Look only here, in pixels of the scan.")
@click.option("--straighten/--no-straighten", default=True, show_default=True, help="Turn the imprint upright.")
@output_option
@force_option
@json_option
def extract(
    *,
    source: str,
    width_mm: int,
    height_mm: int | None,
    region: str | None,
    straighten: bool,
    dpi: int,
    output: str,
    force: bool,
) -> Report:
    """Take the red imprint of a seal from the scan of a form: found, straightened, without paper and print.

    从扫描件提取红色印模：定位、摆正、去除纸张与文字，输出透明 PNG。
    """
    from gmpki.seal.picture import extract_impression

    check_output(output, binary=True, force=force)
    area = None if region is None else _region(region)
    data = _io.read_input(source, max_len=MAX_FILE_LEN)
    made = extract_impression(data, width_mm=width_mm, height_mm=height_mm, region=area, straighten=straighten, dpi=dpi)
    _io.write_output(output, made.png, force=force)
    fields = {
        "output": output,
        "shape": made.shape,
        "turned_degrees": made.turned_degrees,
        "box": list(made.box),
        "scan_dpi": made.scan_dpi,
        "restored": made.restored,
    }
    rows = [
        ("印模", "picture", output),
        ("形状", "shape", {"round": "圆形 round", "square": "方形 square"}[made.shape]),
        ("旋转", "turned", f"{made.turned_degrees:g}°"),
        ("扫描分辨率", "scanned at", f"{made.scan_dpi:g} dpi"),
        ("文字下补全", "restored under print", f"{made.restored:.1%}"),
    ]
    return Report(fields, [] if output == "-" else facts(rows))


def _region(text: str) -> tuple[int, int, int, int]:
    try:
        left, top, right, bottom = (int(word) for word in text.split(","))
    except ValueError:
        raise click.UsageError("--region takes four whole numbers: LEFT,UPPER,RIGHT,LOWER") from None
    return left, top, right, bottom
