"""``gmpki cert root``: the certificate of a root."""

from __future__ import annotations

import click

from gmpki.cli import _io, _issuing, _keys
from gmpki.cli._files import INPUT, force_option, output_option
from gmpki.cli._output import Report, json_option
from gmpki.cli._secrets import SecretSource, secret_options

__all__ = ["command"]


@click.command(
    name="root",
    epilog="\b\nExamples:\n  gmpki cert root --key root.key --subject 'C=CN, O=示例CA, CN=示例根' --output root.pem\n"
    "  gmpki cert root --key root.key --key-password-env ROOT_PASSWORD --subject /C=CN/O=X/CN=X --days 3650",
)
@click.option(
    "--key", "-k", "key_file", type=INPUT, required=True, metavar=_keys.PRIVATE, help="The root's private key."
)
@secret_options("key-password", "the password of the key", of_token=True)
@click.option("--subject", required=True, metavar="NAME", help="The name of the root, such as 'C=CN, O=..., CN=...'.")
@click.option("--profile", default="root-ca", show_default=True, metavar="NAME")
@_issuing.days_option
@_issuing.serial_option
@_issuing.no_lint_option
@output_option
@force_option
@json_option
def command(
    *,
    key_file: str,
    key_password: SecretSource,
    subject: str,
    profile: str,
    days: int | None,
    serial: str | None,
    no_lint: bool,
    output: str,
    force: bool,
) -> Report:
    """Make the certificate of a root, signed with its own key.

    签发自签名根证书。
    """
    from gmpki.x509.issuing import self_signed
    from gmpki.x509.names import parse_name

    _io.refuse_existing(output, force=force)
    number = _issuing.serial_number(serial, "--serial")
    name = parse_name(subject)
    key = _keys.open_private_key(key_file, key_password)
    validity = _issuing.validity_of_days(days)
    check = _issuing.check(no_lint)
    certificate = self_signed(name, key, profile, validity=validity, serial_number=number, check=check)
    return _issuing.written(certificate, output, force=force)
