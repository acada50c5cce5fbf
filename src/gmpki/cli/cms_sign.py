"""``gmpki cms sign``: files of any size signed, in one step or, for keys that live elsewhere, in two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

import click

from gmpki.cli import _cms, _cms_two_phase, _io
from gmpki.cli._files import INPUT, force_option, output_option
from gmpki.cli._options import together
from gmpki.cli._output import Report, check_output, facts, json_option
from gmpki.cli._secrets import SecretSource, secret_options
from gmpki.cli._times import now
from gmpki.cli._trust import load_certificates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Unpack

    from gmpki.x509.certificate import Certificate

__all__ = ["Options", "command"]

DIGESTS = ("sm3", "sha256", "sha384", "sha512")


class Options(TypedDict):
    """What the command takes, as click hands it over."""

    source: str
    keys: tuple[str, ...]
    certificates: tuple[str, ...]
    password: SecretSource
    along: tuple[str, ...]
    without_certificates: bool
    crls: tuple[str, ...]
    profile: str
    detached: bool
    attributes: bool
    time: bool
    by_key: bool
    digest: str | None
    prepare: bool
    finish: str | None
    signatures: tuple[str, ...]
    timestamp: str | None
    output: str
    pem: bool
    force: bool


OPTIONS = together(
    click.option("--key", "-k", "keys", help="A signer's key, or PKCS #12. Several sign side by side.", **_cms.KEYS),
    click.option("--certificate", "certificates", help="The signers' certificates.", **_cms.FILES),
    secret_options("password", "the password of the keys", of_token=True),
    click.option("--along", help="Certificates of authorities that go along.", **_cms.FILES),
    click.option("--without-certificates", is_flag=True, help="Leave the signers' certificates out."),
    click.option("--crl", "crls", help="Revocation lists that go along.", **_cms.FILES),
    _cms.profile_option,
    click.option("--detached", is_flag=True, help="Leave the content out of the message."),
    click.option(
        "--attributes/--no-attributes", default=True, show_default=True, help="Sign attributes, or the content itself."
    ),
    click.option("--time/--no-time", default=True, show_default=True, help="Claim the time, which proves nothing."),
    click.option("--by-key", is_flag=True, help="Name signers by their key identifiers; not in gmt0010."),
    click.option("--digest", type=click.Choice(DIGESTS), help="[default: that of the key]"),
    click.option("--prepare", is_flag=True, help="Make everything but the signatures, without keys."),
    click.option("--finish", type=INPUT, metavar="FILE", help="Put signatures into what --prepare made."),
    click.option("--signature", "signatures", help="For --finish: each signature, DER or r, s.", **_cms.FILES),
    click.option(
        "--timestamp",
        type=INPUT,
        metavar="FILE",
        help="Put this time-stamp, or the response with it, into the signed message FILE.",
    ),
    output_option,
    _cms.pem_option,
    force_option,
)


@click.command(
    name="sign",
    epilog="\b\nExamples:\n"
    "  gmpki cms sign --key signing.key --certificate signing.pem --along sub.pem --output report.p7m report.pdf\n"
    "  gmpki cms sign --key signing.key --certificate signing.pem --detached --pem --output report.p7s report.pdf\n"
    "  gmpki cms sign --prepare --no-time --certificate signing.pem --detached --output report.prep report.pdf\n"
    "  gmpki cms sign --finish report.prep --signature signature.bin --output report.p7s\n"
    "  gmpki cms sign --timestamp contract.tst --output stamped.p7m contract.p7m",
)
@click.argument("source", type=INPUT, metavar="[FILE]", default="-")
@OPTIONS
@json_option
def command(**options: Unpack[Options]) -> Report:
    """Sign FILE (standard input without one).

    A file is read twice and the message is DER; what comes through a pipe is read once, and the message has elements
    of indefinite length. With a key in another place: --prepare, let the key sign, --finish.

    对文件签名（内嵌或分离），可多人并签；密钥在别处时分两步：--prepare 取得待签数据，--finish 填入签名。
    """
    steps = [name for name in ("prepare", "finish", "timestamp") if options[name]]
    if len(steps) > 1:
        raise click.UsageError(f"--{steps[0]} does not go with --{steps[1]}")
    if options["signatures"] and options["finish"] is None:
        raise click.UsageError("--signature goes with --finish")
    needs_keys = not steps
    if bool(options["keys"]) is not needs_keys:
        raise click.UsageError("signing needs --key" if needs_keys else f"--{steps[0]} takes no --key")
    if options["prepare"] and not options["certificates"]:
        raise click.UsageError("--prepare needs the signers' certificates with --certificate")
    check_output(options["output"], binary=not options["pem"], force=options["force"])
    if options["prepare"]:
        return _cms_two_phase.prepare(options)
    if options["finish"] is not None:
        return _cms_two_phase.finish(options)
    if options["timestamp"] is not None:
        return _cms_two_phase.stamp(options, options["timestamp"])
    return _sign(options)


def _sign(options: Options) -> Report:
    from gmpki.cms.signer_spec import SignerSpec
    from gmpki.cms.stream_sign import sign_stream
    from gmpki.x509.profile import SIGNING_USAGES

    certificates = load_certificates(options["certificates"])
    found = _cms.load_keys(options["keys"], options["password"], certificates, usages=SIGNING_USAGES)
    wishes = _cms_two_phase.wishes(options, now() if options["time"] and options["attributes"] else None)
    specs = [SignerSpec(key, certificate, **wishes) for key, certificate in found]
    with (
        _io.open_input(options["source"]) as content,
        _cms.created(options["output"], pem=options["pem"], force=options["force"]) as sink,
        _io.progress("签名 signing") as tell,
    ):
        sign_stream(content, sink, specs, detached=options["detached"], progress=tell, **_cms_two_phase.around(options))
    return _signed(options, [certificate for _, certificate in found])


def _signed(options: Options, signers: Sequence[Certificate]) -> Report:
    shown = [_cms.shown_certificate(one) for one in signers]
    output = options["output"]
    fields: dict[str, Any] = {
        "profile": options["profile"],
        "detached": options["detached"],
        "signers": shown,
        "output": output,
    }
    rows = [("已签名", "signed", _io.display_name(options["source"]))]
    rows += [("签名者", "signer", f"{one['subject']} ({one['serial_number']})") for one in shown]
    rows.append(("消息", "message", output))
    return Report(fields, [] if output == "-" else facts(rows))
