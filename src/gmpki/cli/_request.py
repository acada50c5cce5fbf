"""What commands that make certification requests share: what goes into the request, and how it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import click

from gmpki.cli import _forms, _io
from gmpki.cli._alternative_names import alternative_name, san_option
from gmpki.cli._names import show_name
from gmpki.cli._options import together
from gmpki.cli._output import Report, facts, refuse_json_beside_output, wants_json
from gmpki.cli._secrets import SecretSource, secret_options

if TYPE_CHECKING:
    from gmpki.asn1.rfc5280 import Extension
    from gmpki.oids import ObjectIdentifier
    from gmpki.x509.extensions import ExtensionValue
    from gmpki.x509.request import CertificateRequest, RequestBuilder

__all__ = ["Wishes", "builder_of", "check_output", "request_options", "written"]


class Wishes(TypedDict):
    """The options that say what goes into a request, as click hands them over."""

    subject: str
    san: tuple[str, ...]
    key_usage: str | None
    extended_key_usage: str | None
    plain: tuple[str, ...]
    critical: tuple[str, ...]
    challenge_password: SecretSource
    pkcs9: bool | None
    encoding: str


request_options = together(
    click.option(
        "--subject", required=True, metavar="NAME", help="Who asks, such as 'C=CN, O=..., CN=...'; \"\" is empty."
    ),
    san_option,
    click.option("--key-usage", metavar="LIST", help="digitalSignature and others, between commas."),
    click.option("--extended-key-usage", metavar="LIST", help="serverAuth and others, or numbers, between commas."),
    click.option("--extension", "plain", multiple=True, metavar="OID=HEX", help="Another extension, its DER given."),
    click.option("--critical-extension", "critical", multiple=True, metavar="OID=HEX", help="The same, made critical."),
    secret_options("challenge-password", "the password to revoke the certificate with"),
    click.option(
        "--challenge-pkcs9/--challenge-gm",
        "pkcs9",
        default=None,
        help="The identifier of the challenge password: of PKCS #9 or GM/T 0092.  [default: GM/T 0092 for SM2 keys]",
    ),
    click.option("--encoding", type=click.Choice(["pem", "der"]), default="pem", show_default=True),
)


def check_output(encoding: str, output: str, *, force: bool) -> None:
    """Refuse an output early that cannot be written.

    :raises click.UsageError: standard output is asked for two things, or would take a terminal binary data.
    :raises FileExistsError: the file exists.
    """
    if encoding == "der":
        refuse_json_beside_output(output)
        _io.refuse_terminal(output)
    _io.refuse_existing(output, force=force)


def builder_of(options: Wishes) -> RequestBuilder:
    """Return the request that the options describe, to be signed."""
    from gmpki.x509.names import parse_name
    from gmpki.x509.request import RequestBuilder

    builder = RequestBuilder().subject(parse_name(options["subject"]))
    for value in _extensions(options["san"], options["key_usage"], options["extended_key_usage"]):
        builder = builder.add_extension(value)
    for texts, is_critical in ((options["plain"], False), (options["critical"], True)):
        for text in texts:
            builder = builder.add_extension(_extension(text, is_critical=is_critical))
    if options["challenge_password"].given:
        secret = options["challenge_password"].read("挑战口令 Challenge password")
        builder = builder.challenge_password(_text(secret), pkcs9=options["pkcs9"])
    elif options["pkcs9"] is not None:
        raise click.UsageError("--challenge-pkcs9 and --challenge-gm go with a challenge password")
    return builder


def written(request: CertificateRequest, encoding: str, output: str, *, force: bool) -> Report:
    """Write a request, and tell of it; with ``--json`` and no file, put it into the answer instead."""
    fields = {"subject": show_name(request.subject), "algorithm": request.signature_algorithm.algorithm.name}
    fields["output"] = output
    if output == "-" and wants_json():
        return Report({**fields, "pem": request.to_pem().decode("ascii")})
    _io.write_output(output, request.to_pem() if encoding == "pem" else request.der, force=force)
    lines = facts([("已生成", "generated", fields["subject"]), ("证书请求", "request", output)])
    return Report(fields, [] if output == "-" else lines)


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
