"""``gmpki cms show``: everything that a message says."""

from __future__ import annotations

import click

from gmpki.cli import _io
from gmpki.cli._files import INPUT
from gmpki.cli._hints import naming_lenient
from gmpki.cli._output import Report, json_option

__all__ = ["command"]


@click.command(
    "show",
    epilog="\b\nExamples:\n  gmpki cms show contract.p7m\n  gmpki cms show --lenient --json old.p7b",
)
@click.argument("source", type=INPUT, metavar="[FILE]", default="-")
@click.option("--lenient", is_flag=True, help="Read what departs from the standards too, and name each departure.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    metavar="NUMBER",
    help="How many certificates, signers, recipients and entries of lists are shown.",
)
@json_option
def command(*, source: str, lenient: bool, limit: int) -> Report:
    """Show everything in the message FILE (standard input without one): DER, BER, PEM or bare base64.

    Signers, recipients, attributes, time-stamps, certificates and revocation lists are shown; of the content only its
    length and its hashes. Nothing is verified or decrypted: "gmpki cms verify" and "gmpki cms decrypt" do that.

    查看消息的全部内容（签名者、接收者、属性、时间戳、证书）；只解析，不验证、不解密。
    """
    from gmpki.cms.describe import describe
    from gmpki.cms.message import MAX_MESSAGE_LEN, read_message
    from gmpki.cms.text import to_text

    data = _io.read_input(source, max_len=MAX_MESSAGE_LEN)
    with naming_lenient(lenient=lenient):
        message = read_message(data, lenient=lenient)
    return Report(describe(message, limit=limit), to_text(message, limit=limit).splitlines())
