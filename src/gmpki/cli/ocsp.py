"""``gmpki ocsp``: ask whether certificates were revoked, read and judge the answers, and answer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _forms, _io, _keys
from gmpki.cli._fetch import fetcher
from gmpki.cli._files import INPUT, force_option, output_option
from gmpki.cli._group import Group
from gmpki.cli._hints import naming_lenient
from gmpki.cli._names import show_name
from gmpki.cli._options import together
from gmpki.cli._output import Failure, Report, check_output, facts, json_option
from gmpki.cli._secrets import SecretSource, secret_options
from gmpki.cli._serial_numbers import parse_serial_number, show_serial_number
from gmpki.cli._times import parse_time, show_time

if TYPE_CHECKING:
    from gmpki.ocsp.checker import Fetch
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.revocation import RevocationContext, RevocationResult

__all__ = ["command"]

HASHES = ("sm3", "sha1", "sha256", "sha384", "sha512")
MAX_FILE_LEN = 1 << 20

issuer_option = click.option(
    "--issuer", "issuer_file", type=INPUT, required=True, metavar="FILE", help="The certificate of the issuer."
)
hash_option = click.option(
    "--hash",
    "hash_name",
    type=click.Choice(HASHES),
    help="Of the names of certificates.  [default: sm3; sha1 if not SM2]",
)


@click.group(name="ocsp", cls=Group)
def command() -> None:
    """Ask whether certificates were revoked, and answer (OCSP, RFC 6960).

    在线证书状态协议：生成请求、查看、验证响应、应答。
    """


@command.command(
    epilog="\b\nExamples:\n  gmpki ocsp request --issuer ca.pem --output req.der user.pem\n"
    "  gmpki ocsp request --issuer ca.pem --serial 1f2e3d --hash sha1 --no-nonce --output req.der",
)
@click.argument("sources", type=INPUT, metavar="[CERTIFICATE]...", nargs=-1)
@issuer_option
@click.option("--serial", "serials", multiple=True, metavar="HEX", help="A serial number instead of a certificate.")
@hash_option
@click.option("--nonce/--no-nonce", default=True, show_default=True, help="Tie the answer to this request.")
@click.option("--nonce-hex", metavar="HEX", help="This nonce, 1 to 128 bytes, in place of 32 random ones.")
@output_option
@force_option
@json_option
def request(
    *,
    sources: tuple[str, ...],
    issuer_file: str,
    serials: tuple[str, ...],
    hash_name: str | None,
    nonce: bool,
    nonce_hex: str | None,
    output: str,
    force: bool,
) -> Report:
    """Make a request about one or more certificates of an issuer.

    生成 OCSP 请求，可一次查询多张证书。
    """
    from gmpki.cli._ocsp_show import describe_request
    from gmpki.ocsp.cert_ids import usual_hash_name
    from gmpki.ocsp.request_builder import OCSPRequestBuilder

    if not sources and not serials:
        raise click.UsageError("name a certificate, or a serial number with --serial")
    if nonce_hex is not None and not nonce:
        raise click.UsageError("--nonce-hex does not go with --no-nonce")
    check_output(output, binary=True, force=force)
    issuer = _certificate(issuer_file)
    hash_name = hash_name or usual_hash_name(issuer)
    builder = OCSPRequestBuilder()
    for source in sources:
        builder = builder.add(_certificate(source), issuer, hash_name)
    for serial in serials:
        builder = builder.add(parse_serial_number(serial, "--serial"), issuer, hash_name)
    if nonce:
        builder = builder.nonce(None if nonce_hex is None else _forms.hex_option(nonce_hex, "--nonce-hex"))
    made = builder.build()
    _io.write_output(output, made.to_der(), force=force)
    count = str(len(made.requests))
    lines = facts([("已生成", "certificates asked about", count), ("请求", "request", output)])
    return Report({**describe_request(made), "output": output}, [] if output == "-" else lines)


@command.command(epilog="\b\nExamples:\n  gmpki ocsp show req.der\n  gmpki ocsp show --json resp.der")
@click.argument("source", type=INPUT, metavar="[FILE]", default="-")
@click.option("--lenient", is_flag=True, help="Read what departs from DER too, and name each departure.")
@json_option
def show(*, source: str, lenient: bool) -> Report:
    """Show what a request or a response in FILE (standard input without one) says. Nothing is verified.

    查看 OCSP 请求或响应的内容；只解析，不验证。
    """
    from gmpki.cli._ocsp_show import describe_request, describe_response, lines_of
    from gmpki.ocsp.request import OCSPRequest
    from gmpki.ocsp.response import OCSPResponse

    data = _io.read_input(source, max_len=MAX_FILE_LEN)
    is_response = _is_response(data, _io.display_name(source))
    with naming_lenient(lenient=lenient):
        if is_response:
            fields = describe_response(OCSPResponse.from_der(data, lenient=lenient))
        else:
            fields = describe_request(OCSPRequest.from_der(data, lenient=lenient))
    return Report(fields, lines_of(fields))


def _is_response(data: bytes, name: str) -> bool:
    """Tell a response, which begins with its status, from a request.

    :raises InvalidInputError: it is not even a sequence.
    """
    from gmpki.asn1.der import Reader, Tag
    from gmpki.asn1.quirks import QuirkLog
    from gmpki.errors import DecodeError, InvalidInputError

    try:
        return Reader(data, quirks=QuirkLog(tolerant=True)).sequence().next_is(Tag.ENUMERATED)
    except DecodeError:
        raise InvalidInputError(f"{name}: expected an OCSP request or response in DER") from None


verify_options = together(
    click.option("--response", "response_file", type=INPUT, metavar="FILE", help="The response."),
    click.option("--request", "request_file", type=INPUT, metavar="FILE", help="The request, for its nonce."),
    click.option("--fetch", is_flag=True, help="Ask the responder that the certificate names."),
    click.option("--url", metavar="URL", help="Ask this responder."),
    click.option("--timeout", "timeout_s", type=click.FloatRange(0.1, 600), default=10.0, show_default=True),
    click.option("--nonce/--no-nonce", default=True, show_default=True, help="Ask for a nonce, and for its return."),
    click.option("--at", "at_text", metavar="TIME", help="2026-03-01T08:00:00Z instead of now."),
    click.option("--max-age", "max_age_s", type=click.IntRange(0, 10**9), metavar="SECONDS", help="Not older."),
    click.option("--empty-user-id", is_flag=True, help="Accept SM2 signatures with the empty user id too."),
    click.option("--responder-unchecked", is_flag=True, help="Accept a responder that may itself be revoked."),
)


@command.command(
    epilog="\b\nExamples:\n  gmpki ocsp verify --issuer ca.pem --response resp.der --request req.der user.pem\n"
    "  gmpki ocsp verify --issuer ca.pem --fetch user.pem\n"
    "  gmpki ocsp verify --issuer ca.pem --response resp.der --at 2026-03-01T08:00:00Z --json user.pem",
)
@click.argument("source", type=INPUT, metavar="CERTIFICATE")
@issuer_option
@verify_options
@hash_option
@json_option
def verify(
    *,
    source: str,
    issuer_file: str,
    response_file: str | None,
    request_file: str | None,
    fetch: bool,
    url: str | None,
    timeout_s: float,
    nonce: bool,
    at_text: str | None,
    max_age_s: int | None,
    empty_user_id: bool,
    responder_unchecked: bool,
    hash_name: str | None,
) -> Report:
    """Verify that CERTIFICATE is not revoked, by a response in a file or by asking its responder.

    The signature, who answered, freshness, and which certificate the answer is about are checked; the certificates
    themselves are not ("gmpki cert verify" does that). Exit code 1 for revoked, unknown, and answers not acceptable.

    验证 OCSP 响应：签名、响应者授权、时效、是否针对该证书；已撤销或未知均返回 1。
    """
    from gmpki.ocsp.verify import ResponsePolicy

    asks = fetch or url is not None
    if asks is (response_file is not None):
        raise click.UsageError("give --response, or --fetch or --url to ask the responder")
    if request_file is not None and response_file is None:
        raise click.UsageError("--request goes with --response")
    certificate, issuer = _certificate(source), _certificate(issuer_file)
    context = _context(at_text, empty_user_id=empty_user_id, unchecked=responder_unchecked)
    policy = ResponsePolicy(max_age=None if max_age_s is None else timedelta(seconds=max_age_s), require_nonce=nonce)
    if response_file is None:
        from gmpki.ocsp.checker import OCSPChecker

        urls = None if url is None else (url,)
        checker = OCSPChecker(fetch=_fetcher(timeout_s), urls=urls, hash_name=hash_name, nonce=nonce, policy=policy)
        result = checker.check(certificate, issuer, context)
    else:
        from gmpki.ocsp.request import OCSPRequest
        from gmpki.ocsp.response import OCSPResponse
        from gmpki.ocsp.verify import check_response

        response = OCSPResponse.from_der(_io.read_input(response_file, max_len=MAX_FILE_LEN))
        sent = None
        if request_file is not None:
            sent = OCSPRequest.from_der(_io.read_input(request_file, max_len=MAX_FILE_LEN)).nonce
        result = check_response(response, certificate, issuer, context, nonce=sent, policy=policy)
    return _report(result, certificate)


def _report(result: RevocationResult, certificate: Certificate) -> Report:
    from gmpki.cli._ocsp_show import lines_of
    from gmpki.errors import ValidationError
    from gmpki.x509._spelling import spelling

    fields: dict[str, Any] = {
        "status": result.status.value,
        "subject": show_name(certificate.subject),
        "serial_number": show_serial_number(certificate.serial_number),
        "revoked_at": show_time(result.revoked_at),
        "reason": None if result.reason is None else spelling(result.reason.name),
        "this_update": show_time(result.this_update),
        "next_update": show_time(result.next_update),
        "detail": result.detail,
    }
    failure = None
    try:
        result.require_good(certificate)
    except ValidationError as error:
        failure = Failure.of(error)
    return Report(fields, lines_of(fields), failure)


@command.command(
    epilog="\b\nExamples:\n"
    "  gmpki ocsp respond --issuer ca.pem --key ca.key --crl ca.crl --output resp.der req.der\n"
    "  gmpki ocsp respond --issuer ca.pem --certificate ocsp.pem --key ocsp.key --crl ca.crl --output resp.der req.der",
)
@click.argument("source", type=INPUT, metavar="[REQUEST]", default="-")
@issuer_option
@click.option("--key", "-k", "key_file", type=INPUT, required=True, metavar=_keys.PRIVATE, help="The key that signs.")
@secret_options("password", "the password of the key", of_token=True)
@click.option("--certificate", "certificate_file", type=INPUT, metavar="FILE", help="Of a delegated responder.")
@click.option("--crl", "crl_file", type=INPUT, required=True, metavar="FILE", help="What is revoked.")
@click.option(
    "--validity",
    "validity_s",
    type=click.IntRange(1, 366 * 86400),
    default=3600,
    show_default=True,
    metavar="SECONDS",
    help="Where the CRL has no next update.",
)
@click.option("--by-key", is_flag=True, help="Name the responder by the SHA-1 of its key.")
@click.option("--empty-user-id", is_flag=True, help="Sign SM2 with the empty user id, as OpenSSL 3.0 wants it.")
@output_option
@force_option
@json_option
def respond(
    *,
    source: str,
    issuer_file: str,
    key_file: str,
    password: SecretSource,
    certificate_file: str | None,
    crl_file: str,
    validity_s: int,
    by_key: bool,
    empty_user_id: bool,
    output: str,
    force: bool,
) -> Report:
    """Answer a request (standard input without one) with what a revocation list of the issuer says.

    Numbers that are not on the list are "good", whether such certificates exist or not. A request that cannot be
    answered gets a response that says why, and exit code 1.

    依据 CRL 应答 OCSP 请求；不在列表中的序列号答复 good。
    """
    from gmpki.cli._ocsp_show import answer_report
    from gmpki.ocsp.responder import CRLStatusSource, OCSPResponder

    check_output(output, binary=True, force=force)
    issuer = _certificate(issuer_file)
    responder = OCSPResponder(
        issuer,
        _keys.open_private_key(key_file, password),
        CRLStatusSource(_crl(crl_file, issuer, empty_user_id=empty_user_id)),
        certificate=None if certificate_file is None else _certificate(certificate_file),
        validity=timedelta(seconds=validity_s),
        by_key=by_key,
        user_id=b"" if empty_user_id else None,
    )
    encoded = responder.answer(_io.read_input(source, max_len=MAX_FILE_LEN))
    return answer_report(encoded, output, force=force)


# ---- inputs ---------------------------------------------------------------------------------------------------------
def _certificate(path: str) -> Certificate:
    from gmpki.x509.certificate import load_certificate

    return load_certificate(_io.read_input(path, max_len=MAX_FILE_LEN))


def _crl(path: str, issuer: Certificate, *, empty_user_id: bool) -> Any:
    """Read a revocation list that the issuer signed.

    :raises InvalidInputError: it is the list of somebody else.
    :raises InvalidSignature: the issuer did not sign it.
    """
    from gmpki.errors import InvalidInputError
    from gmpki.x509._armour import MAX_FILE_LEN as MAX_CRL_LEN
    from gmpki.x509.crl import load_crl
    from gmpki.x509.names import names_match

    crl = load_crl(_io.read_input(path, max_len=MAX_CRL_LEN))
    if not names_match(crl.issuer, issuer.subject):
        raise InvalidInputError(f"{_io.display_name(path)} is the list of {crl.issuer}, not of {issuer.subject}")
    crl.verify_signature(issuer, policy=_signatures(empty_user_id=empty_user_id))
    return crl


def _signatures(*, empty_user_id: bool) -> Any:
    from gmpki.x509.signatures import STANDARD_SIGNATURES, SignaturePolicy

    return SignaturePolicy(user_ids=(None, b"")) if empty_user_id else STANDARD_SIGNATURES


def _context(at_text: str | None, *, empty_user_id: bool, unchecked: bool) -> RevocationContext:
    from gmpki.x509.revocation import RevocationContext

    at = parse_time(at_text, "--at")

    def accept(_signer: Certificate, /, *, certificates: object = ()) -> None:  # noqa: ARG001 - as the protocol has it
        return None

    return RevocationContext(at, _signatures(empty_user_id=empty_user_id), accept if unchecked else None)


def _fetcher(timeout_s: float) -> Fetch:
    return fetcher("asking a responder", timeout_s=timeout_s).ocsp
