"""``gmpki token set-label`` and ``gmpki token random``."""

from __future__ import annotations

import click

from gmpki.cli import _forms, _io
from gmpki.cli._files import force_option, output_option
from gmpki.cli._output import Report, facts, json_option, wants_json
from gmpki.cli._token import Place, device_of, place_options

__all__ = ["random", "set_label"]

MAX_RANDOM_LEN = 1 << 20
PIECE_LEN = 4096  # drivers are met that take no longer requests


@click.command(
    name="set-label",
    epilog="\b\nExamples:\n  gmpki token set-label --label 张三 soft:dev=00a1",
)
@place_options(application=False, container=False)
@click.option("--label", required=True, metavar="TEXT", help="At most 31 bytes of UTF-8.")
@json_option
def set_label(*, place: Place, label: str) -> Report:
    """Give a device a label.

    设置设备标签。
    """
    with device_of(place) as device:
        device.set_label(label)
        fields = {"device": device.name, "label": device.info.label}
    return Report(fields, facts([("设备", "device", fields["device"]), ("标签", "label", fields["label"])]))


@click.command(
    name="random",
    epilog="\b\nExamples:\n  gmpki token random soft:dev=00a1\n"
    "  gmpki token random --length 1024 --form binary --output random.bin soft:dev=00a1",
)
@place_options(application=False, container=False)
@click.option(
    "--length",
    "-n",
    type=click.IntRange(1, MAX_RANDOM_LEN),
    default=32,
    show_default=True,
    metavar="N",
    help="How many bytes.",
)
@click.option("--form", type=click.Choice(_forms.FORMS), default="hex", show_default=True, help="How they are written.")
@output_option
@force_option
@json_option
def random(*, place: Place, length: int, form: str, output: str, force: bool) -> Report:
    """Give random bytes that the token made.

    由令牌产生随机数。
    """
    if place.text is not None and place.text.isdecimal():
        raise click.UsageError(f"{place.text} is not the URI of a token; --length {place.text} asks for as many bytes")
    if form == "binary" and not wants_json():
        _io.refuse_terminal(output)
    _io.refuse_existing(output, force=force)
    with device_of(place) as device, _io.progress("随机数 random") as tell:
        data = bytearray()
        while len(data) < length:
            data += device.random(min(PIECE_LEN, length - len(data)))
            tell(len(data), length)
    fields = {"length": length, "output": output}
    if output == "-" and wants_json():
        return Report({**fields, "random": data.hex()})
    _io.write_output(output, _forms.encode(bytes(data), form), force=force)
    return Report(fields, [] if output == "-" else facts([("随机数", "random bytes", output)]))
