"""``gmpki seal show``."""

from __future__ import annotations

import click

from gmpki.cli import _io
from gmpki.cli._files import INPUT, OUTPUT, force_option
from gmpki.cli._output import Report, json_option, refuse_json_beside_output
from gmpki.cli._seal_report import shown_facts
from gmpki.cli._seal_shown import describe_seal, seal_rows
from gmpki.cli._seal_signer import read_seal

__all__ = ["command"]


@click.command(
    name="show",
    epilog="\b\nExamples:\n  gmpki seal show org.esl\n  gmpki seal show --picture-output org.png --json org.esl",
)
@click.argument("source", type=INPUT, metavar="[FILE]", default="-")
@click.option("--picture-output", type=OUTPUT, metavar="FILE", help="Write its picture to this file.")
@click.option("--lenient", is_flag=True, help="Read what departs from the standards in form, and name it.")
@force_option
@json_option
def command(*, source: str, picture_output: str | None, lenient: bool, force: bool) -> Report:
    """Show what the seal in FILE (standard input without one) says. Nothing is verified.

    查看电子印章的内容，可导出印模；只解析，不验证。
    """
    if picture_output is not None:
        refuse_json_beside_output(picture_output, "--picture-output")
        _io.refuse_terminal(picture_output)
        _io.refuse_existing(picture_output, force=force)
    seal = read_seal(source, lenient=lenient)
    if picture_output is not None:
        _io.write_output(picture_output, seal.picture.data, force=force)
    fields = {**describe_seal(seal), "picture_output": picture_output}
    return Report(fields, [] if picture_output == "-" else shown_facts(seal_rows(seal)))
