"""``gmpki csr``: make, show and verify certification requests (PKCS #10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gmpki.cli import _forms, _io, _keys
from gmpki.cli._alternative_names import alternative_name, san_option
from gmpki.cli._files import INPUT, force_option, output_option
from gmpki.cli._group import Group
from gmpki.cli._hints import naming_lenient, naming_option
from gmpki.cli._names import show_name
from gmpki.cli._output import Report, facts, json_option, refuse_json_beside_output, wants_json
from gmpki.cli._secrets import SecretSource, secret_options

if TYPE_CHECKING:
    from gmpki.asn1.rfc5280 import Extension
    from gmpki.oids import ObjectIdentifier
    from gmpki.x509.extensions import ExtensionValue
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
@click.option("--key", "-k", "key_file", type=INPUT, required=True, metavar="FILE", help="The private key.")
@secret_options("password", "the password of the key")
@click.option(
    "--subject", required=True, metavar="NAME", help="Who asks, such as 'C=CN, O=..., CN=...'; \"\" is empty."
)
@san_option
@click.option("--key-usage", metavar="LIST", help="digitalSignature and others, between commas.")
@click.option("--extended-key-usage", metavar="LIST", help="serverAuth and others, or numbers, between commas.")
@click.option("--extension", "plain", multiple=True, metavar="OID=HEX", help="Another extension, its DER given.")
@click.option("--critical-extension", "critical", multiple=True, metavar="OID=HEX", help="The same, made critical.")
@secret_options("challenge-password", "the password to revoke the certificate with")
@click.option(
    "--challenge-pkcs9/--challenge-gm",
    "pkcs9",
    default=None,
    help="The identifier of the challenge password: of PKCS #9 or GM/T 0092.  [default: GM/T 0092 for SM2 keys]",
)
@click.option("--encoding", type=click.Choice(["pem", "der"]), default="pem", show_default=True)
@output_option
@force_option
@json_option
def new(
    *,
    key_file: str,
    password: SecretSource,
    subject: str,
    san: tuple[str, ...],
    key_usage: str | None,
    extended_key_usage: str | None,
    plain: tuple[str, ...],
    critical: tuple[str, ...],
    challenge_password: SecretSource,
    pkcs9: bool | None,
    encoding: str,
    output: str,
    force: bool,
) -> Report:
    """Make a request for the key in a file: SM2, RSA, ECDSA or Ed25519.

    用私钥生成证书请求（PKCS#10）；支持主题、备用名、扩展、挑战口令。
    """
    from gmpki.x509.names import parse_name
    from gmpki.x509.request import RequestBuilder

    if encoding == "der":
        refuse_json_beside_output(output)
        _io.refuse_terminal(output)
    _io.refuse_existing(output, force=force)
    builder = RequestBuilder().subject(parse_name(subject))
    for value in _extensions(san, key_usage, extended_key_usage):
        builder = builder.add_extension(value)
    for texts, is_critical in ((plain, False), (critical, True)):
        for text in texts:
            builder = builder.add_extension(_extension(text, is_critical=is_critical))
    if challenge_password.given:
        secret = challenge_password.read("挑战口令 Challenge password")
        builder = builder.challenge_password(_text(secret), pkcs9=pkcs9)
    elif pkcs9 is not None:
        raise click.UsageError("--challenge-pkcs9 and --challenge-gm go with a challenge password")
    request = builder.sign(_keys.load_private(_keys.read_key_file(key_file), password))
    fields = {"subject": show_name(request.subject), "algorithm": request.signature_algorithm.algorithm.name}
    fields["output"] = output
    if output == "-" and wants_json():
        return Report({**fields, "pem": request.to_pem().decode("ascii")})
    _io.write_output(output, request.to_pem() if encoding == "pem" else request.der, force=force)
    lines = facts([("已生成", "generated", fields["subject"]), ("证书请求", "request", output)])
    return Report(fields, [] if output == "-" else lines)


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


def _text(secret: bytes) -> str:
    try:
        return secret.decode("utf-8")
    except UnicodeDecodeError:
        raise click.UsageError("the challenge password is no UTF-8 text") from None


# ---- extensions from options ------------------------------------------------------------
def _extensions(san: tuple[str, ...], key_usage: str | None, extended_key_usage: str | None) -> list[ExtensionValue]:
    from gmpki.asn1.rfc5280 import ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName
    from gmpki.x509._spelling import KEY_USAGES

    values: list[ExtensionValue] = []
    if key_usage is not None:
        usages = KeyUsages(0)
        for name in _items(key_usage):
            if name not in KEY_USAGES:
                raise click.UsageError(f"--key-usage takes {', '.join(KEY_USAGES)}, not {name!r}")
            usages |= KEY_USAGES[name]
        values.append(KeyUsage(usages))
    if extended_key_usage is not None:
        values.append(ExtendedKeyUsage(tuple(_purpose(name) for name in _items(extended_key_usage))))
    if san:
        values.append(SubjectAltName(tuple(alternative_name(text) for text in san)))
    return values


def _items(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def _purpose(name: str) -> ObjectIdentifier:
    """Return a purpose given by its name, or any object identifier."""
    from gmpki import oids

    for oid in oids.registered():
        if name in (oid.name, oid):
            return oid
    if not name[:1].isdigit():
        raise click.UsageError(f"--extended-key-usage takes names such as serverAuth or numbers, not {name!r}")
    return oids.find(name)


def _extension(text: str, *, is_critical: bool) -> Extension:
    from gmpki import oids
    from gmpki.asn1.rfc5280 import Extension

    dotted, _, value = text.partition("=")
    option = "--critical-extension" if is_critical else "--extension"
    return Extension(oids.find(dotted.strip()), is_critical, _forms.hex_option(value, option))
