"""``gmpki cert``: show certificates here; verify, judge and issue them in modules that load when they are asked for."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import click

from gmpki.cli import _io, _output
from gmpki.cli._files import INPUT
from gmpki.cli._group import Group
from gmpki.cli._hints import naming_lenient
from gmpki.cli._output import Report, json_option

if TYPE_CHECKING:
    from gmpki.x509.certificate import Certificate

__all__ = ["command"]

# name -> (module, one line in English, one line in Chinese), as in gmpki.cli.main.
LATER: dict[str, tuple[str, str, str]] = {
    "verify": ("cert_verify", "Validate a certificate and its path", "验证证书及证书链"),
    "lint": ("cert_lint", "Judge a certificate by the standards", "按标准检查证书"),
    "root": ("cert_root", "Make the certificate of a root", "签发自签名根证书"),
    "issue": ("cert_issue", "Issue a single certificate", "签发单张证书"),
    "pair": ("cert_pair", "Issue and check pairs, open their key deliveries", "签发、检查双证书，取出加密密钥"),
    "profiles": ("cert_profiles", "List and print certificate profiles", "列出、打印证书模板"),
}
SHOW = ("Show everything that certificates say", "查看证书的全部内容")


class CertificateGroup(Group):
    """The commands about certificates; each module is imported when its command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return [*super().list_commands(ctx), *LATER]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or None when there is none of that name."""
        if cmd_name not in LATER:
            return super().get_command(ctx, cmd_name)
        module = importlib.import_module(f"gmpki.cli.{LATER[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            rows = [("show", SHOW[1], SHOW[0])]
            rows += [(name, chinese, english) for name, (_, english, chinese) in LATER.items()]
            for line in _output.columns(rows, indent=formatter.current_indent):
                formatter.write(line + "\n")


@click.group(name="cert", cls=CertificateGroup)
def command() -> None:
    """Show, verify, judge and issue certificates.

    查看、验证、检查、签发证书。
    """


@command.command(
    epilog="\b\nExamples:\n  gmpki cert show certificate.pem\n  gmpki cert show --lenient --json old.der",
)
@click.argument("source", type=INPUT, metavar="[FILE]", default="-")
@click.option("--lenient", is_flag=True, help="Read what departs from the standards too, and name each departure.")
@json_option
def show(*, source: str, lenient: bool) -> Report:
    """Show every certificate in FILE (standard input without one): PEM, DER or bare base64.

    Identity numbers in extensions are shown: the output is as confidential as the certificate. No signature is
    verified and nothing is validated; "gmpki cert verify" does that.

    查看证书的全部内容（含身份标识扩展）；只解析，不验证。
    """
    from gmpki.x509.describe import describe
    from gmpki.x509.text import to_text

    certificates = _read(source, lenient=lenient)
    fields = {"certificates": [describe(certificate) for certificate in certificates]}
    return Report(fields, [line for certificate in certificates for line in to_text(certificate).splitlines()])


def _read(source: str, *, lenient: bool) -> tuple[Certificate, ...]:
    from gmpki.x509._armour import MAX_FILE_LEN
    from gmpki.x509.certificate import load_certificates

    data = _io.read_input(source, max_len=MAX_FILE_LEN)
    with naming_lenient(lenient=lenient):
        return load_certificates(data, lenient=lenient)
