"""``gmpki ofd sign``: seals and signatures into OFD documents, one or many, in one step or, for keys that live
elsewhere, in two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gmpki.cli._batch import batch_output_options, jobs_option
from gmpki.cli._container_sign import Container, StepOptions, check_steps, finish, sign_each, step_options
from gmpki.cli._files import INPUT, force_option
from gmpki.cli._output import Report, json_option
from gmpki.cli._seal_signer import SignerChoice, seal_signer_options
from gmpki.cli._stamps import place_options, stamps_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["Options", "command"]

# The length that gmpki.seal.ofd.DEFAULT_LIMITS lets a package have; a test compares them.
MAX_OFD_LEN = 256 << 20


class Options(StepOptions):
    """What the command takes, as click hands it over."""

    places: tuple[str, ...]
    straddle: float | None
    edge: str
    protect_all: bool


@click.command(
    name="sign",
    epilog="\b\nExamples:\n"
    "  gmpki ofd sign --seal org.esl --key zhangsan.key --certificate zhangsan.pem --at 1,120,200 "
    "--output sealed.ofd contract.ofd\n"
    "  gmpki ofd sign --seal org.esl --key zhangsan.key --certificate zhangsan.pem --at -1,120,200 --straddle 120 "
    "--output-dir sealed --jobs 2 a.ofd b.ofd c.ofd\n"
    "  gmpki ofd sign --key zhangsan.key --certificate zhangsan.pem --output signed.ofd contract.ofd\n"
    "  gmpki ofd sign --prepare --seal org.esl --certificate zhangsan.pem --at 1,120,200 --output contract.prep "
    "contract.ofd\n"
    "  gmpki ofd sign --finish contract.prep --signature value.bin --output sealed.ofd",
)
@click.argument("sources", type=INPUT, metavar="FILE...", nargs=-1)
@seal_signer_options
@place_options
@click.option("--protect-all", is_flag=True, help="Let no further signature follow this one.")
@step_options
@batch_output_options
@jobs_option
@force_option
@json_option
def command(**options: Unpack[Options]) -> Report:
    """Seal FILE, or several, or sign them without a seal. Files in a document that are there keep their bytes.

    Without a place the signature is not visible. With a key in another place: --prepare, let the key sign, --finish.

    为 OFD 签章（按页与毫米定位，可加骑缝章）或仅作数字签名；支持批量；密钥在别处时分两步。
    """
    from gmpki.seal.ofd import PreparedOFD, prepare_ofd, sign_ofd

    container = Container(sign_ofd, prepare_ofd, PreparedOFD, MAX_OFD_LEN)
    if options["finish"] is not None:
        return finish(options, container, options["finish"])
    check_steps(options)
    stamps = stamps_of(options["places"], options["straddle"], options["edge"])
    if stamps and options["signing"].seal_file is None:
        raise click.UsageError("there is a place and nothing to show there: --seal")
    wishes = {"stamps": stamps, "protect_all": options["protect_all"]}
    return sign_each(options, container, wishes, SignerChoice.signer)
