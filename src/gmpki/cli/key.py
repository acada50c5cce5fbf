"""``gmpki key``: make, show and convert key files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gmpki.cli import _io
from gmpki.cli._output import Report, json_option
from gmpki.cli._secrets import SecretSource, secret_options

if TYPE_CHECKING:
    from collections.abc import Callable


__all__ = ["command"]

PROFILES = ("gm", "gmssl", "openssl")


@click.group(name="key")
def command() -> None:
    """Make, show and convert keys.

    生成、查看、转换密钥。
    """


def _protection_options(password: str) -> Callable[[Callable[..., Report]], Callable[..., Report]]:
    """The options that say how a private key is written."""

    def decorate(function: Callable[..., Report]) -> Callable[..., Report]:
        for option in reversed(
            (
                click.option("--encoding", type=click.Choice(["pem", "der"]), default="pem", show_default=True),
                click.option(
                    "--profile",
                    type=click.Choice(PROFILES),
                    help="Who has to read the encrypted key: gm (the standard's way), gmssl or openssl.  [default: gm]",
                ),
                click.option("--iterations", type=click.IntRange(min=1), help="Iterations of PBKDF2."),
                secret_options(password, "the password that will protect the key"),
                click.option("--no-password", is_flag=True, help="Write the private key unencrypted."),
                click.option(
                    "--output", "-o", default="-", metavar="FILE", help="Where it goes; - is standard output."
                ),
                click.option("--force", is_flag=True, help="Replace output files that exist."),
            )
        ):
            function = option(function)
        return function

    return decorate


@command.command(
    epilog="\b\nExamples:\n  gmpki key generate --output key.pem --public-output pub.pem\n"
    "  gmpki key generate --password-env KEY_PASSWORD --profile openssl --output key.pem\n"
    "  gmpki key generate --no-password --output key.pem",
)
@click.option("--public-output", metavar="FILE", help="Write the public key as well.")
@click.option("--format", "form", type=click.Choice(["pkcs8", "sec1"]), default="pkcs8", show_default=True)
@_protection_options("password")
@json_option
def generate(
    *,
    public_output: str | None,
    form: str,
    encoding: str,
    profile: str | None,
    iterations: int | None,
    password: SecretSource,
    no_password: bool,
    output: str,
    force: bool,
) -> Report:
    """Make an SM2 key pair. The private key is encrypted under a password unless --no-password is given.

    生成 SM2 密钥对；私钥默认以口令加密保存，文件权限 0600。
    """
    from gmpki.keys.sm2 import SM2PrivateKey

    for path in (output, public_output):
        if path is not None:
            _io.refuse_existing(path, force=force)
    secret = _protection(form, profile, iterations, password, no_password=no_password)
    key = SM2PrivateKey.generate()
    data = _private_bytes(key, form, encoding, profile, iterations, secret)
    if public_output is not None:
        _io.write_output(public_output, _public_bytes(key.public_key, encoding), force=force)
    fields = {"algorithm": "sm2", "encrypted": secret is not None, "public_output": public_output}
    return _written(data, fields, key.public_key, encoding, output, force=force, private=True)


@command.command(
    epilog="\b\nExamples:\n  gmpki key show pub.pem\n  gmpki key show --password-env KEY_PASSWORD --json key.pem",
)
@click.argument("source", metavar="FILE")
@secret_options("password", "the password of the key")
@json_option
def show(*, source: str, password: SecretSource) -> Report:
    """Tell what a key file holds. The private number itself is never shown.

    查看密钥文件的内容；不会显示私钥数值。
    """
    return Report({})


@command.command(
    epilog="\b\nExamples:\n  gmpki key convert --to public --output pub.pem key.pem\n"
    "  gmpki key convert --profile openssl --output key-for-openssl.pem key.pem\n"
    "  gmpki key convert --to sec1 --no-password --encoding der --output key.der key.pem",
)
@click.argument("source", metavar="FILE")
@click.option("--to", "form", type=click.Choice(["pkcs8", "sec1", "public"]), default="pkcs8", show_default=True)
@secret_options("password", "the password of the key that is read")
@_protection_options("new-password")
@json_option
def convert(
    *,
    source: str,
    form: str,
    password: SecretSource,
    encoding: str,
    profile: str | None,
    iterations: int | None,
    new_password: SecretSource,
    no_password: bool,
    output: str,
    force: bool,
) -> Report:
    """Write a key in another form: PKCS#8 (encrypted, or plain with --no-password), SEC1, or the public key alone.

    转换密钥格式：PKCS#8（加密或明文）、SEC1、仅公钥；PEM 或 DER。
    """
    _io.refuse_existing(output, force=force)
    return Report({})


def _protection(
    form: str, profile: str | None, iterations: int | None, password: SecretSource, *, no_password: bool
) -> bytes | None:
    """Return the password a private key will be written with, None where it goes out plain because that was said."""
    if no_password and (password.given or profile or iterations):
        raise click.UsageError("--no-password goes with no password, --profile or --iterations")
    if no_password:
        return None
    if form == "sec1":
        raise click.UsageError("the SEC1 form is not encrypted: say --no-password, or use PKCS#8")
    return password.read("新口令 New password", confirm=True)
