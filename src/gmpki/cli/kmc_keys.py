"""``gmpki kmc status``, ``refill``, ``recover`` and ``serve``: the keys of a centre."""

from __future__ import annotations

from typing import Any

import click

from gmpki.cli import _io, _keys
from gmpki.cli._ca import CAPlace, ca_options, counting, read_certificate, scheduled_option
from gmpki.cli._files import INPUT, force_option, output_option
from gmpki.cli._kmc import counts
from gmpki.cli._output import Report, check_output, columns, facts, json_option
from gmpki.cli._serial_numbers import parse_serial_number, show_serial_number
from gmpki.cli._serving import serve as serve_application
from gmpki.cli._serving import serving_options

__all__ = ["recover", "refill", "serve", "status"]

# Of gmpki.ca.kmc.kinds, written out so that --help imports nothing; a test compares them.
KINDS = ("SM2", "RSA-2048", "RSA-3072", "RSA-4096")
STATES = ("spare", "in-use", "history")


@click.command(name="status", epilog="\b\nExamples:\n  gmpki kmc status --password-env CA_PASSWORD")
@ca_options(acts=False)
@json_option
def status(*, place: CAPlace) -> Report:
    """Count the keys by kind and state. Nothing is unlocked for that.

    查看各类密钥的数量。
    """
    with place.open() as ca:
        found = counts(ca)
        centre = ca.settings.key_centre
    spare = found.get("SM2", {}).get("spare", 0)
    fields: dict[str, Any] = {"keys": found, "centre": centre is not None}
    if centre is not None:
        fields |= {"low": centre.low, "full": centre.full, "refill": not centre.address and spare < centre.low}
    rows = [(kind, *(str(states.get(state, 0)) for state in STATES)) for kind, states in found.items()]
    lines = columns([("种类 kind", "备用 spare", "在用 in use", "历史 history"), *rows])
    if fields.get("refill"):
        lines += facts([("低于下限", "below the low-water mark", "gmpki kmc refill")])
    return Report(fields, lines)


@click.command(
    name="refill",
    epilog="\b\nExamples:\n  gmpki kmc refill --scheduled --password-env CA_PASSWORD\n"
    "  gmpki kmc refill --full 6 --password-env CA_PASSWORD --as administrator",
)
@click.option("--kind", type=click.Choice(KINDS), default="SM2", show_default=True)
@click.option(
    "--full", type=click.IntRange(1, 10_000_000), metavar="N", help="Up to so many.  [default: as ca.toml says]"
)
@ca_options(shares=True)
@scheduled_option
@json_option
def refill(*, place: CAPlace, kind: str, full: int | None, scheduled: bool) -> Report:
    """Make spare keys until there are enough.

    补充备用密钥。
    """
    with place.open() as ca:
        actor = ca.acting("key-centre", scheduled=scheduled)
        with counting("备用密钥 spare keys") as tell:
            made = ca.local_key_centre.pool.fill(kind, full, progress=tell, actor=actor)
        spare = counts(ca).get(kind, {}).get("spare", 0)
    rows = [("已生成", "made", str(made)), ("备用", "spare", f"{kind} {spare}")]
    return Report({"kind": kind, "made": made, "spare": spare}, facts(rows))


@click.command(
    name="recover",
    epilog="\b\nExamples:\n  gmpki kmc recover --serial 1234abcd --owner new-signing.pem --password-env CA_PASSWORD "
    "--as recovery --output key.der",
)
@click.option("--authority", metavar="NAME", help="Whose certificate it is.  [default: that of ca.toml]")
@click.option("--serial", required=True, metavar="HEX", help="The number of the encryption certificate.")
@click.option("--owner", type=INPUT, required=True, metavar="FILE", help="The owner's signing certificate of now.")
@ca_options(shares=True)
@output_option
@force_option
@json_option
def recover(*, place: CAPlace, authority: str | None, serial: str, owner: str, output: str, force: bool) -> Report:
    """Give the private key of an encryption certificate out again, enveloped for the owner's signing key.

    That the signing certificate is the owner's is for you to have made sure. Where the certificates were issued by an
    office, "gmpki ca recover" does the same with its rules.

    为用户恢复加密私钥，以其签名公钥封装。
    """
    check_output(output, binary=True, force=force)
    number = parse_serial_number(serial, "--serial", max_digits=40)
    key = read_certificate(owner).public_key
    with place.open() as ca:
        ca.acting("recover")
        name = authority or ca.settings.authority
        found = ca.local_key_centre.recover(name, number, key)
    if found.delivery is not None:
        _io.write_output(output, found.delivery, force=force)
    fields = {"authority": name, "serial_number": show_serial_number(number), "output": output}
    rows = [("已恢复", "recovered", f"{name} {show_serial_number(number)}"), ("封装", "envelope", output)]
    return Report(fields, [] if output == "-" else facts(rows))


@click.command(
    name="serve",
    epilog="\b\nExamples:\n  gmpki kmc serve --key ca/keys/ocsp.pem --certificate ca/certificates/ocsp.pem "
    "--authority ca=ca/certificates/ca.pem --port 8090 --password-env CA_PASSWORD",
)
@click.option(
    "--key",
    "-k",
    "key_file",
    type=INPUT,
    metavar=_keys.PRIVATE,
    help="What signs.  [default: [key_service] of ca.toml]",
)
@click.option("--certificate", type=INPUT, metavar="FILE", help="Its certificate.")
@click.option(
    "--authority",
    "authorities",
    multiple=True,
    required=True,
    metavar="NAME=FILE",
    help="Who may ask, and the certificate that its messages are signed with. Several times.",
)
@serving_options
@ca_options(acts=False, shares=True)
@json_option
def serve(
    *,
    place: CAPlace,
    key_file: str | None,
    certificate: str | None,
    authorities: tuple[str, ...],
    host: str,
    port: int,
) -> Report:
    """Answer signed messages of authorities over HTTP until the process is told to end (GM/T 0014).

    TLS with certificates of both sides is set up in front of this.

    以 HTTP 为各认证机构提供密钥服务。
    """
    import os

    from gmpki.cli._ca_settings import KeyPlace

    if (key_file is None) is not (certificate is None):
        raise click.UsageError("--key and --certificate go together")
    known = {}
    for text in authorities:
        name, equals, path = text.partition("=")
        if not name or not equals or not path:
            raise click.UsageError(f"--authority takes NAME=FILE, not {text[:80]!r}")
        known[name] = read_certificate(path)
    with place.open() as ca:
        from gmpki.ca.kmc.answering import KeyManagementService
        from gmpki.cli._token import is_token
        from gmpki.services.kmc import create_app

        own = ca.settings.key_service
        if key_file is not None and certificate is not None:
            named = key_file if is_token(key_file) else os.path.abspath(key_file)
            own = KeyPlace(named, os.path.abspath(certificate))
        service = KeyManagementService(ca.local_key_centre, ca.party(own), known)
        serve_application(create_app(service), host, port)
    return Report({"host": host, "port": port}, facts([("已停止", "stopped", f"{host}:{port}")]))
