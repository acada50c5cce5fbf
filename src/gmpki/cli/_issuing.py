"""What commands that issue certificates share: their options, and the objects that these stand for."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypedDict

import click

from gmpki.cli import _io, _keys
from gmpki.cli._alternative_names import alternative_name, san_option
from gmpki.cli._files import INPUT
from gmpki.cli._hints import naming_option
from gmpki.cli._names import show_name
from gmpki.cli._options import together
from gmpki.cli._output import Report, facts, wants_json
from gmpki.cli._secrets import SecretSource, secret_options
from gmpki.cli._serial_numbers import parse_serial_number, show_serial_number
from gmpki.cli._times import now, show_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gmpki.asn1.rfc5280 import Name, Validity
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.extensions import ExtensionValue
    from gmpki.x509.issuing import Addresses, Issuer
    from gmpki.x509.request import CertificateRequest

__all__ = [
    "Application",
    "Authority",
    "Issue",
    "added_extensions",
    "application_options",
    "applied_subject",
    "applied_validity",
    "authority_options",
    "certificate_facts",
    "certificate_fields",
    "check",
    "days_option",
    "identity_extension",
    "issuer_of",
    "issuing_to",
    "load_one_certificate",
    "load_one_request",
    "no_lint_option",
    "profile_option",
    "serial_number",
    "serial_option",
    "validity_of_days",
    "written",
]

MAX_FILE_LEN = 1 << 22
MAX_SERIAL_DIGITS = 40  # 20 bytes
# The standard's, and the empty one of OpenSSL 3.
OPENSSL_USER_IDS = (None, b"")

days_option = click.option(
    "--days", type=click.IntRange(1, 36525), help="Valid from now for so long.  [default: as the profile says]"
)

profile_option = click.option(
    "--profile", required=True, metavar="NAME", help="A name of gmpki cert profiles, or an own file NAME.toml."
)
serial_option = click.option("--serial", metavar="HEX", help="The serial number.  [default: a random one]")

no_lint_option = click.option(
    "--no-lint", is_flag=True, help="Sign also what the linter (gmpki cert lint) finds errors in."
)


class Authority(TypedDict):
    """The options that say who issues, as click hands them over."""

    ca: str
    ca_key: str
    ca_password: SecretSource
    crl_uri: tuple[str, ...]
    ocsp_uri: tuple[str, ...]
    ca_issuers_uri: tuple[str, ...]
    openssl_request: bool
    no_lint: bool


class Application(TypedDict):
    """The options that say for whom, as click hands them over."""

    request: str
    subject: str | None
    san: tuple[str, ...]
    identity: tuple[str, ...]
    days: int | None


class Issue(Application, Authority):
    """Both."""


authority_options = together(
    click.option("--ca", type=INPUT, required=True, metavar="FILE", help="The certificate of the authority."),
    click.option("--ca-key", type=INPUT, required=True, metavar=_keys.PRIVATE, help="Its private key."),
    secret_options("ca-password", "the password of the authority's key", of_token=True),
    click.option("--crl-uri", multiple=True, metavar="URI", help="Where its revocation list is."),
    click.option("--ocsp-uri", multiple=True, metavar="URI", help="Where its OCSP responder is."),
    click.option("--ca-issuers-uri", multiple=True, metavar="URI", help="Where its certificate is."),
    click.option(
        "--openssl-request",
        is_flag=True,
        help="Also take SM2 requests signed with the empty user id, as OpenSSL 3 signs them.",
    ),
    no_lint_option,
)
application_options = together(
    click.option("--request", "-r", type=INPUT, required=True, metavar="FILE", help="The applicant's request."),
    click.option("--subject", metavar="NAME", help="The subject, in place of the request's."),
    san_option,
    click.option(
        "--identity", multiple=True, metavar="KIND=NUMBER", help="An identity extension, such as organizationCode=..."
    ),
    days_option,
)


# ---- what the options stand for ---------------------------------------------------------
def load_one_certificate(path: str) -> Certificate:
    """Load the one certificate of a file."""
    from gmpki.x509.certificate import load_certificate

    return load_certificate(_io.read_input(path, max_len=MAX_FILE_LEN))


def load_one_request(path: str) -> CertificateRequest:
    """Load the one request of a file."""
    from gmpki.x509.request import load_request

    return load_request(_io.read_input(path, max_len=MAX_FILE_LEN))


@contextlib.contextmanager
def issuing_to(request: CertificateRequest) -> Iterator[None]:
    """Say of a request whose signature does not hold in the block that --openssl-request takes it, if that is so."""
    from gmpki.x509.signatures import SignaturePolicy

    with naming_option("--openssl-request", SignaturePolicy(OPENSSL_USER_IDS), request.verify_signature):
        yield


def issuer_of(options: Authority) -> Issuer:
    """Return the authority that the options name."""
    from gmpki.x509.issuing import Issuer
    from gmpki.x509.signatures import STANDARD_SIGNATURES, SignaturePolicy

    certificate = load_one_certificate(options["ca"])
    key = _keys.open_private_key(options["ca_key"], options["ca_password"])
    requests = SignaturePolicy(OPENSSL_USER_IDS) if options["openssl_request"] else STANDARD_SIGNATURES
    return Issuer(certificate, key, addresses=_addresses(options), check=check(options["no_lint"]), requests=requests)


def check(no_lint: bool) -> Callable[[bytes], None] | None:
    """Return what judges certificates before they are signed."""
    from gmpki.x509.prelint import lint_check

    return None if no_lint else lint_check()


def _addresses(options: Authority) -> Addresses:
    from gmpki.x509.issuing import Addresses

    return Addresses(options["crl_uri"], options["ocsp_uri"], options["ca_issuers_uri"])


def applied_subject(options: Application) -> Name | None:
    """Return the subject given in place of the request's."""
    from gmpki.x509.names import parse_name

    return None if options["subject"] is None else parse_name(options["subject"])


def applied_validity(options: Application) -> Validity | None:
    """Return the validity asked for."""
    return validity_of_days(options["days"])


def validity_of_days(days: int | None) -> Validity | None:
    """Return the validity of so many days from now; None for the profile's own."""
    from gmpki.asn1.rfc5280 import Validity

    if days is None:
        return None
    begin = now()
    return Validity(begin, begin + timedelta(days=days))


def added_extensions(options: Application) -> list[ExtensionValue]:
    """Return the extensions that the options add."""
    from gmpki.asn1.rfc5280.ext_names import SubjectAltName

    values: list[ExtensionValue] = []
    if options["san"]:
        values.append(SubjectAltName(tuple(alternative_name(text) for text in options["san"])))
    return values + [identity_extension(text, "--identity") for text in options["identity"]]


def identity_extension(text: str, option: str) -> ExtensionValue:
    """Return the identity extension that KIND=NUMBER says.

    :raises click.UsageError: when its kind is not known.
    """
    from gmpki import oids
    from gmpki.asn1.gmt0015 import IdentifyCode, IdentifyCodeKind, IdentityText
    from gmpki.x509.extensions import known_type

    name, _, value = text.partition("=")
    if name == oids.IDENTIFY_CODE.name:
        return IdentifyCode(IdentifyCodeKind.RESIDENT_ID, value)
    kinds = {oid.name: known_type(oid) for oid in oids.registered() if oid.startswith(("1.2.156.10260.", "1.2.86.11."))}
    kind = kinds.get(name)
    if kind is None or not issubclass(kind, IdentityText):
        known = ", ".join(name for name, kind in kinds.items() if kind is not None)
        raise click.UsageError(f"{option} takes KIND=NUMBER with one of {known}, not {text[:80]!r}")
    return kind(value)


def serial_number(text: str | None, option: str) -> int | None:
    """Return a serial number given in hexadecimal digits."""
    return None if text is None else parse_serial_number(text, option, max_digits=MAX_SERIAL_DIGITS)


# ---- what is answered -------------------------------------------------------------------
def certificate_fields(certificate: Certificate) -> dict[str, Any]:
    """Return what a program is told about a new certificate."""
    return {
        "subject": show_name(certificate.subject),
        "issuer": show_name(certificate.issuer),
        "serial_number": show_serial_number(certificate.serial_number),
        "not_before": show_time(certificate.not_before),
        "not_after": show_time(certificate.not_after),
    }


def certificate_facts(certificate: Certificate) -> list[tuple[str, str, str]]:
    """Return what a person is told about a new certificate."""
    return [
        ("主体", "subject", show_name(certificate.subject)),
        ("颁发者", "issuer", show_name(certificate.issuer)),
        ("序列号", "serial number", show_serial_number(certificate.serial_number)),
        ("有效期", "valid", f"{show_time(certificate.not_before)} - {show_time(certificate.not_after)}"),
    ]


def written(certificate: Certificate, output: str, *, force: bool) -> Report:
    """Write a certificate, and tell of it; with ``--json`` and no file, put it into the answer instead."""
    fields = {**certificate_fields(certificate), "output": output}
    if output == "-" and wants_json():
        return Report({**fields, "pem": certificate.to_pem().decode("ascii")})
    _io.write_output(output, certificate.to_pem(), force=force)
    lines = facts([*certificate_facts(certificate), ("证书", "certificate", output)])
    return Report(fields, [] if output == "-" else lines)
