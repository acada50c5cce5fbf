"""``gmpki seal make``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from gmpki.cli import _cms, _io, _keys
from gmpki.cli._files import INPUT, force_option, output_option
from gmpki.cli._issuing import load_one_certificate
from gmpki.cli._options import together
from gmpki.cli._output import Report, check_output, json_option
from gmpki.cli._seal_report import shown_facts
from gmpki.cli._seal_shown import describe_seal, seal_rows
from gmpki.cli._secrets import SecretSource, secret_options
from gmpki.cli._times import parse_last_second, parse_time

if TYPE_CHECKING:
    from gmpki.seal.seal import SealPicture

__all__ = ["command"]

MAX_PICTURE_LEN = 8 << 20
LAYOUTS = {"gbt38540": "GBT38540", "gmt0031": "GMT0031"}
TYPES = {"organisation": 1, "person": 2}

seal_options = together(
    click.option("--id", "seal_id", required=True, metavar="TEXT", help="The code of the seal (esID), ASCII."),
    click.option("--name", required=True, metavar="TEXT", help="Of whom or what the seal is."),
    click.option(
        "--type",
        "seal_type",
        default="organisation",
        show_default=True,
        metavar="TYPE",
        help='"organisation", "person" or the number that your business gives it.',
    ),
    click.option("--picture", "picture_file", type=INPUT, required=True, metavar="FILE", help="PNG, SVG or another."),
    click.option("--width", "width_mm", type=click.IntRange(1, 1000), required=True, metavar="MM", help="Of the seal."),
    click.option("--height", "height_mm", type=click.IntRange(1, 1000), metavar="MM", help="[default: the width]"),
    click.option("--any-size", is_flag=True, help="Take a size that is not customary for the type."),
    click.option(
        "--signer",
        "signer_files",
        required=True,
        help="Certificates of those who may use it. May be given several times.",
        **_cms.FILES,
    ),
    click.option("--list-digests", is_flag=True, help="List digests in place of the signers' certificates."),
    click.option("--from", "begin", metavar="TIME", help="The first second of its validity.  [default: now]"),
    click.option("--until", "end", required=True, metavar="TIME", help="Its last second; of a day alone, its end."),
    click.option("--vendor", "vendor_id", default="gmpki", show_default=True, metavar="TEXT", help="ASCII."),
    click.option("--layout", type=click.Choice(tuple(LAYOUTS)), default="gbt38540", show_default=True),
    click.option("--key", "-k", "key_file", type=INPUT, required=True, metavar=_keys.PRIVATE, help="The maker's key."),
    secret_options("password", "the password of the key", of_token=True),
    click.option("--certificate", "certificate_file", type=INPUT, required=True, metavar="FILE", help="Of that key."),
    click.option("--registry", type=INPUT, metavar="DIRECTORY", help="Take the seal up there."),
    click.option("--by", metavar="NAME", help="Who does it, for --registry."),
)


@click.command(
    name="make",
    epilog="\b\nExamples:\n"
    "  gmpki seal make --id 31010000000001 --name 示例市社会保障局 --picture seal.png --width 42 --signer zhangsan.pem "
    "--until 2036-12-31 --key maker.key --certificate maker.pem --output my.esl",
)
@seal_options
@output_option
@force_option
@json_option
def command(
    *,
    seal_id: str,
    name: str,
    seal_type: str,
    picture_file: str,
    width_mm: int,
    height_mm: int | None,
    any_size: bool,
    signer_files: tuple[str, ...],
    list_digests: bool,
    begin: str | None,
    end: str,
    vendor_id: str,
    layout: str,
    key_file: str,
    password: SecretSource,
    certificate_file: str,
    registry: str | None,
    by: str | None,
    output: str,
    force: bool,
) -> Report:
    """Make a seal and sign it with the key of its maker.

    The picture is taken as it is; "gmpki seal picture" draws, imports and checks pictures.

    制作电子印章；制章人对印章数据签名；印模须为该类型印章的惯用尺寸。
    """
    from gmpki.cli._seal_signer import open_registry
    from gmpki.cli._trust import load_certificates
    from gmpki.seal.layouts import SealLayout
    from gmpki.seal.making import SealSpec, make_seal
    from gmpki.seal.picture.sizes import check_size

    check_output(output, binary=True, force=force)
    if (registry is None) is not (by is None):
        raise click.UsageError("--registry and --by go together")
    kind, picture = _type(seal_type), _picture(picture_file, width_mm, height_mm or width_mm)
    if not any_size:
        check_size(kind, picture.width_mm, picture.height_mm)
    known = None if registry is None else open_registry(registry)
    spec = SealSpec(
        seal_id,
        name,
        picture,
        load_certificates(signer_files),
        parse_time(begin, "--from"),
        parse_last_second(end, "--until"),
        seal_type=kind,
        vendor_id=vendor_id,
        list_digests=list_digests,
    )
    key = _keys.open_private_key(key_file, password)
    seal = make_seal(spec, key, load_one_certificate(certificate_file), layout=SealLayout[LAYOUTS[layout]])
    if known is not None and by is not None:
        known.make(seal, by=by)
    _io.write_output(output, seal.der, force=force)
    fields = {**describe_seal(seal), "output": output}
    rows = [*seal_rows(seal), ("印章", "seal", output)]
    return Report(fields, [] if output == "-" else shown_facts(rows))


def _picture(path: str, width_mm: int, height_mm: int) -> SealPicture:
    """Read a picture; what kind of file it is, it says itself."""
    from gmpki.seal.seal import SealPicture

    data = _io.read_input(path, max_len=MAX_PICTURE_LEN)
    found = SealPicture("", data, width_mm, height_mm).kind
    if not found:
        raise click.UsageError(f"{os.path.basename(path)} is no picture that is known: PNG, JPEG, GIF, BMP, SVG or OFD")
    return SealPicture(found.upper() if found != "ofd" else found, data, width_mm, height_mm)


def _type(text: str) -> int:
    if text in TYPES:
        return TYPES[text]
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise click.UsageError(f'--type takes "organisation", "person" or a number, not {text[:40]!r}')
    return int(text)
