"""``gmpki csr``: make, show and verify certification requests (PKCS #10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gmpki.cli import _io, _keys, _request
from gmpki.cli._files import INPUT, force_option, output_option
from gmpki.cli._group import Group
from gmpki.cli._hints import naming_lenient, naming_option
from gmpki.cli._names import show_name
from gmpki.cli._output import Report, facts, json_option
from gmpki.cli._secrets import SecretSource, secret_options

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from gmpki.x509.request import CertificateRequest

__all__ = ["command"]

source_argument = click.argument("source", type=INPUT, metavar="[FILE]", default="-")
lenient_option = click.option(
    "--lenient", is_flag=True, help="Accept what departs from the standards too, and name each departure."
)


@click.group(name="csr", cls=Group)
def command() -> None:
    """Make, show and verify certificate requests.

    生成、查看、验证证书请求。
    """


@command.command(
    epilog="\b\nExamples:\n  gmpki csr new --key key.pem --subject 'C=CN, O=示例局, CN=张三' --output req.pem\n"
    "  gmpki csr new --key key.pem --subject /C=CN/CN=www.example.cn --san DNS:www.example.cn --output req.pem\n"
    "  gmpki csr new --key key.pem --subject CN=x --challenge-password-env REVOKE --encoding der --output req.der",
)
@click.option("--key", "-k", "key_file", type=INPUT, required=True, metavar=_keys.PRIVATE, help="The private key.")
@secret_options("password", "the password of the key", of_token=True)
@_request.request_options
@output_option
@force_option
@json_option
def new(
    *,
    key_file: str,
    password: SecretSource,
    output: str,
    force: bool,
    **options: Unpack[_request.Wishes],
) -> Report:
    """Make a request for a key in a file or a token: SM2, RSA, ECDSA or Ed25519.

    用文件或令牌中的私钥生成证书请求（PKCS#10）；支持主题、备用名、扩展、挑战口令。
    """
    _request.check_output(options["encoding"], output, force=force)
    builder = _request.builder_of(options)
    request = builder.sign(_keys.open_private_key(key_file, password))
    return _request.written(request, options["encoding"], output, force=force)


@command.command(epilog="\b\nExamples:\n  gmpki csr show req.pem\n  gmpki csr show --lenient --json cfca.csr")
@source_argument
@lenient_option
@json_option
def show(*, source: str, lenient: bool) -> Report:
    """Show everything that the request in FILE (standard input without one) says. Nothing is verified.

    查看证书请求的全部内容；只解析，不验证。
    """
    from gmpki.x509.describe import describe
    from gmpki.x509.text import to_text

    request = _read(source, lenient=lenient)
    return Report({"request": describe(request)}, to_text(request).splitlines())


@command.command(epilog="\b\nExamples:\n  gmpki csr verify req.pem\n  gmpki csr verify --lenient openssl.csr")
@source_argument
@lenient_option
@json_option
def verify(*, source: str, lenient: bool) -> Report:
    """Verify the signature of the request in FILE with the key in it. Exit code 1 when it does not hold.

    With --lenient also SM2 signatures made with the empty user id, as OpenSSL 3 makes them unless told otherwise,
    without Z, or written as 64 raw bytes.

    用请求中的公钥验证其签名；签名无效时退出码为 1。
    """
    from gmpki.x509.signatures import LENIENT_SIGNATURES, STANDARD_SIGNATURES

    request = _read(source, lenient=lenient)
    with naming_option("--lenient", LENIENT_SIGNATURES, request.verify_signature):
        quirks = request.verify_signature(policy=LENIENT_SIGNATURES if lenient else STANDARD_SIGNATURES)
    found = list(dict.fromkeys(str(quirk) for quirk in (*request.quirks, *quirks)))
    subject = show_name(request.subject)
    fields = {"valid": True, "subject": subject, "quirks": found}
    lines = [("签名有效", "signature valid", subject)]
    lines += [("与标准不符", "departure", text) for text in found]
    return Report(fields, facts(lines))


def _read(source: str, *, lenient: bool) -> CertificateRequest:
    from gmpki.x509._armour import MAX_FILE_LEN
    from gmpki.x509.request import load_request

    data = _io.read_input(source, max_len=MAX_FILE_LEN)
    with naming_lenient(lenient=lenient):
        return load_request(data, lenient=lenient)
