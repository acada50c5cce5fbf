"""``gmpki tsa``: ask for time-stamps, make them, read and judge them."""

from __future__ import annotations

import errno
import os
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from gmpki.cli import _forms, _io, _keys
from gmpki.cli._fetch import fetcher
from gmpki.cli._files import INPUT, OUTPUT, force_option, output_option
from gmpki.cli._group import Group
from gmpki.cli._hints import naming_lenient
from gmpki.cli._issuing import load_one_certificate
from gmpki.cli._options import together
from gmpki.cli._output import Failure, Report, check_output, facts, json_option, refuse_json_beside_output
from gmpki.cli._secrets import SecretSource, secret_options
from gmpki.cli._times import parse_time
from gmpki.cli._trust import load_certificates, trust_of, trust_options
from gmpki.cli._trust_folder import TRUST_VARIABLE, open_folder
from gmpki.cli._tsa import read_response_or_token, signature_in, token_of

if TYPE_CHECKING:
    from gmpki.tsa.imprint import Imprint
    from gmpki.tsa.request import TimestampRequest
    from gmpki.tsa.serials import FileSerials
    from gmpki.tsa.verify import TokenPolicy

__all__ = ["command"]

HASHES = ("sm3", "sha256", "sha384", "sha512")
MAX_FILE_LEN = 1 << 22
MAX_SECONDS = 100 * 366 * 86400

hash_option = click.option(
    "--hash", "hash_name", type=click.Choice(HASHES), default="sm3", show_default=True, help="Of the imprint."
)
digest_option = click.option("--digest", metavar="HEX", help="This digest in place of a file.")
lenient_option = click.option("--lenient", is_flag=True, help="Read what departs from DER, and name it.")


@click.group(name="tsa", cls=Group)
def command() -> None:
    """Ask for time-stamps, make them, and verify them (RFC 3161, GM/T 0033).

    时间戳：生成申请、签发、验证、查看。
    """


@command.command(
    epilog="\b\nExamples:\n  gmpki tsa request --output req.tsq report.pdf\n"
    "  gmpki tsa request --hash sha256 --policy 1.2.156.99999.1 --output other.tsq report.pdf\n"
    "  gmpki tsa request --of-signature --output signature.tsq report.p7m\n"
    "  gmpki tsa request --fetch resp.tsr --url http://tsa.example.cn/ report.pdf\n"
    '  curl -H "Content-Type: application/timestamp-query" --data-binary @req.tsq -o resp.tsr http://tsa.example.cn/',
)
@click.argument("source", type=INPUT, metavar="[FILE]", default="-")
@digest_option
@hash_option
@click.option("--of-signature", is_flag=True, help="FILE is a signed message: stamp its first signature.")
@click.option("--policy", metavar="OID", help="Under which policy the time-stamp is to be made.")
@click.option("--nonce/--no-nonce", default=True, show_default=True, help="Tie the answer to this request.")
@click.option("--cert/--no-cert", default=True, show_default=True, help="Ask for the authority's certificate.")
@click.option(
    "--fetch", "reply", type=OUTPUT, metavar="FILE", help="Send the request to a service, and keep its answer here."
)
@click.option("--url", metavar="URL", help="The service.  [default: that of the settings of the trust folder]")
@click.option(
    "--trust-folder",
    type=INPUT,
    metavar="DIRECTORY",
    envvar=TRUST_VARIABLE,
    help=f'Whose settings name the service (see "gmpki trust set").  [default: the one that {TRUST_VARIABLE} names]',
)
@click.option("--timeout", "timeout_s", type=click.FloatRange(0.1, 600), default=10.0, show_default=True)
@output_option
@force_option
@json_option
def request(
    *,
    source: str,
    digest: str | None,
    of_signature: bool,
    hash_name: str,
    policy: str | None,
    nonce: bool,
    cert: bool,
    reply: str | None,
    url: str | None,
    trust_folder: str | None,
    timeout_s: float,
    output: str,
    force: bool,
) -> Report:
    """Make a request for a time-stamp over FILE (standard input without one), of any length.

    With --fetch it is sent, and the answer kept once its signature, imprint and nonce were checked; whom it is from
    "gmpki tsa verify" tells. The request itself is kept only where --output names a file.

    What "gmpki cms sign --timestamp" puts into a signed message is over its signature: --of-signature asks for that.

    生成时间戳申请；文件长度不限。--of-signature 为签名消息中的签名申请时间戳。
    """
    from gmpki.cli._tsa_show import describe_request, lines_of
    from gmpki.tsa.request import TimestampRequest

    asked = None if reply is None else _service(url, trust_folder)
    if reply is None:
        check_output(output, binary=True, force=force)
    else:
        check_output(reply, binary=True, force=force)
        _io.refuse_existing(output, force=force)
        if not cert:
            raise click.UsageError("--fetch checks the answer, for which --no-cert leaves out the certificate")
    if of_signature:
        if digest is not None:
            raise click.UsageError("--of-signature needs the message, not --digest")
        imprint = _imprint_of_signature(source, hash_name)
    else:
        if digest is not None and source != "-":
            raise click.UsageError("--digest stands in the place of FILE")
        imprint = _imprint(source, digest, hash_name)
    _known_policies(policy)
    made = TimestampRequest.of(imprint, policy=policy, nonce=nonce, certificate=cert)
    fields = {**describe_request(made), "output": output}
    rows = [("申请", "request", output)]
    if reply is None or output != "-":
        _io.write_output(output, made.to_der(), force=force)
    if reply is not None and asked is not None:
        _io.write_output(reply, _fetched(made, asked, timeout_s), force=force)
        fields |= {"url": asked, "reply": reply}
        rows = [*(rows if output != "-" else []), ("服务", "service", asked), ("时间戳", "time-stamp", reply)]
    lines = [*lines_of(fields), *facts(rows)]
    return Report(fields, [] if "-" in (reply or output,) else lines)


def _service(url: str | None, trust_folder: str | None) -> str:
    """Return the address of the time-stamp service.

    :raises click.UsageError: when nothing names one.
    """
    found = url
    if found is None and trust_folder is not None:
        found = open_folder(trust_folder).settings.timestamp_url
    if found is None:
        raise click.UsageError("--fetch needs --url, or a trust folder whose settings name a time-stamp service")
    return found


def _fetched(made: TimestampRequest, url: str, timeout_s: float) -> bytes:
    """Send a request, and return the answer after it was checked, but for the chain."""
    from gmpki.cms.trust import Trust
    from gmpki.tsa.response import TimestampResponse
    from gmpki.tsa.verify import TokenVerifier

    answer = fetcher("asking a time-stamp service", timeout_s=timeout_s).timestamp(url, made.to_der())
    TokenVerifier(Trust.signature_only()).verify_response(TimestampResponse.from_der(answer), made)
    return answer


reply_options = together(
    click.option(
        "--key", "-k", "key_file", type=INPUT, required=True, metavar=_keys.PRIVATE, help="The authority's key."
    ),
    secret_options("password", "the password of the key", of_token=True),
    click.option("--certificate", "certificate_file", type=INPUT, required=True, metavar="FILE", help="Of that key."),
    click.option("--chain", "chain_files", type=INPUT, metavar="FILE", multiple=True, help="Others that go along."),
    click.option(
        "--serials",
        "serials_file",
        type=OUTPUT,
        required=True,
        metavar="FILE",
        help="Where serial numbers are counted.",
    ),
    click.option("--create-serials", is_flag=True, help="Make that file; it must not exist."),
    click.option("--policy", "policies", metavar="OID", multiple=True, required=True, help="First the usual one."),
    click.option(
        "--accuracy", "accuracy_s", type=click.FloatRange(1e-6, 86400), metavar="SECONDS", help="Of its time."
    ),
    click.option("--digits", type=click.IntRange(0, 6), default=0, show_default=True, help="Of fractions of a second."),
    click.option(
        "--form",
        type=click.Choice(["gmt0010", "rfc5652"]),
        help="Identifiers of the token.  [default: gmt0010 for SM2, rfc5652 for RSA]",
    ),
)


@command.command(
    epilog="\b\nExamples:\n"
    "  gmpki tsa reply --key tsa.key --certificate tsa.pem --serials tsa.serials --create-serials "
    "--policy 1.2.156.99999.1 --output resp.tsr req.tsq\n"
    "  gmpki tsa reply --key tsa.key --certificate tsa.pem --serials tsa.serials --policy 1.2.156.99999.1 --accuracy 1 "
    "--chain sub.pem --output second.tsr req.tsq",
)
@click.argument("source", type=INPUT, metavar="[REQUEST]", default="-")
@reply_options
@output_option
@force_option
@json_option
def reply(
    *,
    source: str,
    key_file: str,
    password: SecretSource,
    certificate_file: str,
    chain_files: tuple[str, ...],
    serials_file: str,
    create_serials: bool,
    policies: tuple[str, ...],
    accuracy_s: float | None,
    digits: int,
    form: str | None,
    output: str,
    force: bool,
) -> Report:
    """Answer a request (standard input without one) with a time-stamp of this machine's clock.

    No serial number is used twice, whatever happens to the process; a service runs one of these for each authority.
    A request that is refused gets a response that says why, and exit code 1.

    签发时间戳；序列号绝不重复；时间取自本机时钟。
    """
    from gmpki.cli._tsa_show import describe_response, lines_of
    from gmpki.cms.profiles import MessageProfile
    from gmpki.tsa.authority import TimestampAuthority
    from gmpki.tsa.response import TimestampResponse

    check_output(output, binary=True, force=force)
    _known_policies(*policies)
    authority = TimestampAuthority(
        _keys.open_private_key(key_file, password),
        load_one_certificate(certificate_file),
        _serials(serials_file, create=create_serials),
        policies,
        chain=load_certificates(chain_files),
        accuracy=None if accuracy_s is None else timedelta(seconds=accuracy_s),
        fraction_digits=digits,
        profile=None if form is None else MessageProfile(form),
    )
    encoded = authority.answer(_io.read_input(source, max_len=MAX_FILE_LEN))
    _io.write_output(output, encoded, force=force)
    response = TimestampResponse.from_der(encoded)
    fields = describe_response(response)
    failure = None if response.rejection is None else Failure.of(response.rejection)
    lines = [*lines_of(fields), *facts([("响应", "response", output)])]
    return Report({**fields, "output": output}, [] if output == "-" else lines, failure)


verify_options = together(
    click.option("--response", "response_file", type=INPUT, required=True, metavar="FILE", help="Or a token alone."),
    click.option("--request", "request_file", type=INPUT, metavar="FILE", help="The request, in place of FILE."),
    digest_option,
    click.option("--policy", "policies", metavar="OID", multiple=True, help="A policy that is taken.  [default: any]"),
    click.option(
        "--max-accuracy", "max_accuracy_s", type=click.FloatRange(0, MAX_SECONDS), metavar="SECONDS", help="Not worse."
    ),
    click.option("--sha1", is_flag=True, help="Take imprints of SHA-1 too."),
    click.option(
        "--token-output", type=OUTPUT, metavar="FILE", help="Write the token, once it is verified, to this file."
    ),
)


@command.command(
    epilog="\b\nExamples:\n"
    "  gmpki tsa verify --anchor root.pem --intermediate sub.pem --response resp.tsr report.pdf\n"
    "  gmpki tsa verify --anchor root.pem --intermediate sub.pem --crl root.crl --crl sub.crl --response resp.tsr "
    "--request req.tsq --token-output report.tst\n"
    "  gmpki tsa verify --anchor root.pem --intermediate sub.pem --response abc.tst --json "
    "--digest 66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
)
@click.argument("source", type=INPUT, metavar="[FILE]", required=False)
@verify_options
@hash_option
@trust_options
@lenient_option
@force_option
@json_option
def verify(
    *,
    source: str | None,
    response_file: str,
    request_file: str | None,
    digest: str | None,
    policies: tuple[str, ...],
    max_accuracy_s: float | None,
    sha1: bool,
    token_output: str | None,
    hash_name: str,
    anchors: tuple[str, ...],
    intermediates: tuple[str, ...],
    crls: tuple[str, ...],
    responses: tuple[str, ...],
    signature_only: bool,
    at_text: str | None,
    lenient: bool,
    force: bool,
) -> Report:
    """Verify a time-stamp over FILE, over the data of a request, or over a digest.

    Imprint, signature, the certificate of the authority, its path and, with --crl or --ocsp, revocation are checked;
    with --request the nonce and the policy as well. Exit code 1 with the reason when anything is not in order.

    验证时间戳：数据摘要、签名、时间戳证书及证书链、撤销状态。
    """
    from gmpki.cli._tsa_show import describe_stamp, lines_of
    from gmpki.errors import ValidationError
    from gmpki.tsa.request import TimestampRequest
    from gmpki.tsa.verify import TokenVerifier

    if sum(given is not None for given in (source, request_file, digest)) != 1:
        raise click.UsageError("give the file that was stamped, or --request, or --digest")
    if token_output is not None:
        refuse_json_beside_output(token_output, "--token-output")
        _io.refuse_terminal(token_output)
        _io.refuse_existing(token_output, force=force)
    at = None if at_text is None else parse_time(at_text, "--at")
    trust = trust_of(anchors, intermediates, crls, responses, at, signature_only=signature_only, lenient=lenient)
    verifier = TokenVerifier(trust, policy=_token_policy(policies, max_accuracy_s, sha1=sha1), lenient=lenient)
    data = _io.read_input(response_file, max_len=MAX_FILE_LEN)
    with naming_lenient(lenient=lenient):
        found = read_response_or_token(data, lenient=lenient)
    token = token_of(found)
    try:
        if request_file is not None:
            sent = TimestampRequest.from_der(_io.read_input(request_file, max_len=MAX_FILE_LEN), lenient=lenient)
            stamp = verifier.verify_response(token, sent)
        elif digest is not None:
            stamp = verifier.verify(token, _imprint("-", digest, hash_name))
        else:
            stamp = verifier.verify(token, _imprint(source or "-", None, token.imprint.hash_name))
    except ValidationError as error:
        return Report({"valid": False, "reason": error.reason}, [], Failure.of(error))
    if token_output is not None:
        _io.write_output(token_output, token.to_der(), force=force)
    fields = {**describe_stamp(stamp), "output": token_output}
    lines = [*facts([("时间戳有效", "time-stamp valid", fields["time"])]), *lines_of(fields)]
    return Report(fields, [] if fields["output"] == "-" else lines)


@command.command(epilog="\b\nExamples:\n  gmpki tsa show req.tsq\n  gmpki tsa show --json resp.tsr")
@click.argument("source", type=INPUT, metavar="[FILE]", default="-")
@lenient_option
@json_option
def show(*, source: str, lenient: bool) -> Report:
    """Show what a request, response or token in FILE (standard input without one) says. Nothing is verified.

    查看时间戳申请、响应或时间戳的内容；只解析，不验证。
    """
    from gmpki.asn1.der import Reader, Tag
    from gmpki.asn1.quirks import QuirkLog
    from gmpki.cli._tsa_show import describe_request, describe_response, describe_token, lines_of
    from gmpki.errors import DecodeError
    from gmpki.tsa.request import TimestampRequest
    from gmpki.tsa.response import TimestampResponse

    data = _io.read_input(source, max_len=MAX_FILE_LEN)
    try:
        is_request = Reader(data, quirks=QuirkLog()).sequence().next_is(Tag.INTEGER)
    except DecodeError:
        is_request = False
    with naming_lenient(lenient=lenient):
        if is_request:
            fields = describe_request(TimestampRequest.from_der(data, lenient=lenient))
        else:
            found = read_response_or_token(data, lenient=lenient)
            fields = describe_response(found) if isinstance(found, TimestampResponse) else describe_token(found)
    return Report(fields, lines_of(fields))


# ---- inputs ---------------------------------------------------------------------------------------------------------
def _imprint(source: str, digest: str | None, hash_name: str) -> Imprint:
    """Return the imprint of a file, however long, or a digest that was given."""
    from gmpki.tsa.imprint import Imprint

    if digest is not None:
        return Imprint(hash_name, _forms.hex_option(digest, "--digest"))
    with _io.open_input(source) as stream:
        return Imprint.of_pieces(_io.chunks(stream, label="摘要 hashing"), hash_name)


def _imprint_of_signature(source: str, hash_name: str) -> Imprint:
    """Return the imprint of the first signature of a signed message, however long its content."""
    from gmpki.tsa.imprint import Imprint

    return Imprint.of(signature_in(source), hash_name)


def _known_policies(*policies: str | None) -> None:
    """Refuse what is no object identifier.

    :raises click.UsageError: one is none.
    """
    from gmpki.asn1.der import encode_oid
    from gmpki.errors import InvalidInputError

    try:
        for policy in policies:
            encode_oid("0.0" if policy is None else policy)
    except InvalidInputError as error:
        raise click.UsageError(f"--policy: {error}") from None


def _serials(path: str, *, create: bool) -> FileSerials:
    from gmpki.tsa.serials import FileSerials

    if create:
        return FileSerials.create(path)
    if not os.path.exists(path):
        raise FileNotFoundError(errno.ENOENT, "there is no such file; --create-serials makes it", path)
    return FileSerials(path)


def _token_policy(policies: tuple[str, ...], max_accuracy_s: float | None, *, sha1: bool) -> TokenPolicy:
    from gmpki.tsa.imprint import HASH_NAMES, STRONG_HASHES
    from gmpki.tsa.verify import TokenPolicy

    return TokenPolicy(
        hash_names=frozenset(HASH_NAMES) if sha1 else STRONG_HASHES,
        policies=frozenset(policies) or None,
        max_accuracy=None if max_accuracy_s is None else timedelta(seconds=max_accuracy_s),
    )
