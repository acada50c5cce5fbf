"""``gmpki cert``: show certificates here; verify, judge and issue them in modules that load when they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gmpki.cli import _io
from gmpki.cli._files import INPUT
from gmpki.cli._group import LaterGroup
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
OWN = {"show": ("Show everything that certificates say", "查看证书的全部内容")}


@click.group(name="cert", cls=LaterGroup, own=OWN, later=LATER)
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
    """Show every certificate in FILE (standard input without one): PEM, DER, bare base64 or a bundle (.p7b).

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
    from gmpki.cms.certificates import load_certificates
    from gmpki.x509._armour import MAX_FILE_LEN

    data = _io.read_input(source, max_len=MAX_FILE_LEN)
    with naming_lenient(lenient=lenient):
        return load_certificates(data, lenient=lenient)
