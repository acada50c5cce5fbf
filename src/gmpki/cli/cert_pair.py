"""``gmpki cert pair``: issue the two certificates of a holder, check that two belong together, take the key out."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io, _issuing, _keys
from gmpki.cli._files import INPUT, OUTPUT, force_option
from gmpki.cli._group import Group
from gmpki.cli._names import show_name
from gmpki.cli._output import Report, facts, json_option, wants_json
from gmpki.cli._secrets import SecretSource, secret_options
from gmpki.cli._serial_numbers import show_serial_number
from gmpki.cli._times import show_time

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from gmpki.keys.sm2 import SM2PrivateKey
    from gmpki.x509.delivery import KeyDelivery
    from gmpki.x509.pair import CertificatePair

__all__ = ["command"]

MAX_FILE_LEN = 1 << 22
# form of a delivery -> the name of its file
DELIVERIES = {"envelope": "encryption-key.der", "response": "response.der", "skf": "encryption-key.skf"}
SIGNING, ENCRYPTION = "signing.pem", "encryption.pem"


@click.group(name="pair", cls=Group)
def command() -> None:
    """Issue and check pairs of certificates, open what brings their encryption key.

    签发、检查双证书，取出加密密钥。
    """


# ---- issue ------------------------------------------------------------------------------
@command.command(
    epilog="\b\nExamples:\n  gmpki cert pair issue --ca ca.pem --ca-key ca.key --request owner.csr "
    "--profile organisation --output pair\n"
    "  gmpki cert pair issue --ca ca.pem --ca-key ca.key --request www.csr --profile device "
    "--encryption-key kmc.key --delivery response --output pair",
)
@_issuing.authority_options
@_issuing.application_options
@_issuing.profile_option
@click.option(
    "--encryption-key",
    type=INPUT,
    metavar="FILE",
    help="The private key that the key centre made.  [default: a new one, which is then kept nowhere else]",
)
@secret_options("encryption-password", "the password of that key")
@click.option(
    "--delivery",
    "form",
    type=click.Choice(list(DELIVERIES)),
    default="envelope",
    show_default=True,
    help="How the key travels: SM2EnvelopedKey, CSRResponse, or the block that a token imports.",
)
@click.option("--signing-serial", metavar="HEX", help="The serial number of the one.  [default: a random one]")
@click.option("--encryption-serial", metavar="HEX", help="The serial number of the other.  [default: a random one]")
@click.option("--output", "-o", required=True, metavar="DIRECTORY", help="Where the three files go.")
@force_option
@json_option
def issue(
    *,
    profile: str,
    encryption_key: str | None,
    encryption_password: SecretSource,
    form: str,
    signing_serial: str | None,
    encryption_serial: str | None,
    output: str,
    force: bool,
    **options: Unpack[_issuing.Issue],
) -> Report:
    """Issue the signing and the encryption certificate of an applicant.

    DIRECTORY then has signing.pem, encryption.pem, and the encryption key, which only the owner of the signing key can
    take out: "gmpki cert pair open". Which two serial numbers make a pair is in the answer and for you to keep.

    签发双证书，并为签名密钥持有者加密加密密钥。
    """
    names = (SIGNING, ENCRYPTION, DELIVERIES[form])
    paths = [os.path.join(output, name) for name in names]
    if os.path.exists(output) and not os.path.isdir(output):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), output)
    for path in paths:
        _io.refuse_existing(path, force=force)
    numbers = [
        _issuing.serial_number(signing_serial, "--signing-serial"),
        _issuing.serial_number(encryption_serial, "--encryption-serial"),
    ]
    request = _issuing.load_one_request(options["request"])
    subject, extensions = _issuing.applied_subject(options), _issuing.added_extensions(options)
    key = None if encryption_key is None else _keys.read_private_key(encryption_key, encryption_password)
    with _issuing.issuing_to(request):
        issued = _issuing.issuer_of(options).issue_pair(
            request,
            key,
            profile,
            subject=subject,
            validity=_issuing.applied_validity(options),
            signing_serial_number=numbers[0],
            encryption_serial_number=numbers[1],
            extensions=extensions,
            delivery=_delivery(form),
        )
    pair = issued.pair
    os.makedirs(output, exist_ok=True)
    with contextlib.ExitStack() as outputs:
        # All are opened before the first takes its place, and none does when one cannot be written.
        streams = [outputs.enter_context(_io.create(path, force=force)) for path in paths]
        for stream, data in zip(
            streams, (pair.signing.to_pem(), pair.encryption.to_pem(), issued.delivery), strict=True
        ):
            stream.write(data or b"")
    fields = {**_pair_fields(pair), "delivery": form, "files": paths}
    places = zip(("签名证书", "加密证书", "加密密钥"), ("signing", "encryption", "encryption key"), paths, strict=True)
    return Report(fields, facts([*_pair_facts(pair), *places]))


def _delivery(form: str) -> KeyDelivery:
    from gmpki.x509.delivery import CSRResponseDelivery, EnvelopeDelivery, SKFBlobDelivery

    ready: dict[str, KeyDelivery] = {
        "envelope": EnvelopeDelivery(),
        "response": CSRResponseDelivery(),
        "skf": SKFBlobDelivery(),
    }
    return ready[form]


def _pair_fields(pair: CertificatePair) -> dict[str, Any]:
    return {
        "subject": show_name(pair.subject),
        "issuer": show_name(pair.issuer),
        "not_before": show_time(pair.not_before),
        "not_after": show_time(pair.not_after),
        "signing_serial_number": show_serial_number(pair.signing.serial_number),
        "encryption_serial_number": show_serial_number(pair.encryption.serial_number),
    }


def _pair_facts(pair: CertificatePair) -> list[tuple[str, str, str]]:
    return [
        ("主体", "subject", show_name(pair.subject)),
        ("颁发者", "issuer", show_name(pair.issuer)),
        ("有效期", "valid", f"{show_time(pair.not_before)} - {show_time(pair.not_after)}"),
        ("签名证书序列号", "signing serial", show_serial_number(pair.signing.serial_number)),
        ("加密证书序列号", "encryption serial", show_serial_number(pair.encryption.serial_number)),
    ]


# ---- check ------------------------------------------------------------------------------
@command.command(
    epilog="\b\nExamples:\n  gmpki cert pair check signing.pem encryption.pem\n"
    "  gmpki cert pair check both.pem --key one.key --key other.key --password-env KEY_PASSWORD",
)
@click.argument("sources", type=INPUT, metavar="FILE...", nargs=-1, required=True)
@click.option("--key", "-k", "keys", type=INPUT, multiple=True, metavar="FILE", help="A private key; twice at most.")
@secret_options("password", "the password of the keys")
@click.option("--lenient", is_flag=True, help="Read certificates that depart from the standards too.")
@json_option
def check(*, sources: tuple[str, ...], keys: tuple[str, ...], password: SecretSource, lenient: bool) -> Report:
    """Check that two certificates make a pair, and tell which is which; with keys, which belongs to which.

    Whether they are valid, "gmpki cert verify" tells.

    检查两张证书是否为一对双证书，并辨认私钥归属。
    """
    pair = _load_pair(sources, lenient=lenient)
    fields, lines = _pair_fields(pair), _pair_facts(pair)
    if keys:
        loaded = [_keys.load_private(_keys.read_key_file(path), password) for path in keys]
        matched = pair.match_keys(loaded)
        for name, chinese, key in zip(("signing", "encryption"), ("签名私钥", "加密私钥"), matched, strict=True):
            path = None if key is None else keys[next(n for n, one in enumerate(loaded) if one is key)]
            fields[f"{name}_key"] = path
            if path is not None:
                lines.append((chinese, f"{name} key", path))
    return Report(fields, facts([*lines, ("结果", "result", "a pair 双证书匹配")]))


def _load_pair(sources: tuple[str, ...], *, lenient: bool = False) -> CertificatePair:
    from gmpki.x509.pair import load_pair

    return load_pair(*(_io.read_input(path, max_len=MAX_FILE_LEN) for path in sources), lenient=lenient)


# ---- open -------------------------------------------------------------------------------
@command.command(
    name="open",
    epilog="\b\nExamples:\n  gmpki cert pair open --key signing.key --output encryption.key pair/encryption-key.der\n"
    "  gmpki cert pair open --key signing.key --certificates pair.pem --output encryption.key pair/response.der",
)
@click.argument("source", type=INPUT, metavar="FILE")
@click.option("--key", "-k", "key_file", type=INPUT, required=True, metavar="FILE", help="The signing key.")
@secret_options("password", "the password of the signing key")
@click.option(
    "--pair", "pair_files", type=INPUT, multiple=True, metavar="FILE", help="The certificates, to check with."
)
@click.option("--certificates", type=OUTPUT, metavar="FILE", help="Where the certificates of a response go.")
@secret_options("new-password", "the password that will protect the encryption key")
@click.option("--no-password", is_flag=True, help="Write the encryption key unencrypted.")
@click.option("--output", "-o", type=OUTPUT, required=True, metavar="FILE", help="Where the encryption key goes.")
@force_option
@json_option
def open_(
    *,
    source: str,
    key_file: str,
    password: SecretSource,
    pair_files: tuple[str, ...],
    certificates: str | None,
    new_password: SecretSource,
    no_password: bool,
    output: str,
    force: bool,
) -> Report:
    """Take the encryption key out of what was delivered with a pair: SM2EnvelopedKey, CSRResponse or a token's block.

    It is checked against its public key, and against the certificate where there is one, and written encrypted under a
    new password unless --no-password is given.

    用签名私钥取出加密私钥；默认以新口令加密保存。
    """
    from gmpki.x509.delivery import open_delivery

    if no_password and new_password.given:
        raise click.UsageError("--no-password goes without --new-password-...")
    for path in (output, certificates):
        if path is not None:
            _io.refuse_existing(path, force=force)
    pair = _load_pair(pair_files) if pair_files else None
    data = _io.read_input(source, max_len=MAX_FILE_LEN)
    opened = open_delivery(data, _keys.read_private_key(key_file, password), pair=pair)
    if certificates is not None and opened.pair is None:
        raise click.UsageError("--certificates needs a response: a bare envelope brings no certificates")
    secret = None if no_password else new_password.read("新口令 New password", confirm=True)
    with contextlib.ExitStack() as outputs:
        if certificates is not None and opened.pair is not None:
            # Opened first and put in place last, as keys are made elsewhere.
            outputs.enter_context(_io.create(certificates, force=force)).write(opened.pair.to_pem())
        fields = _write_key(opened.encryption_key, secret, output, force=force)
    fields["subject"] = None if opened.pair is None else show_name(opened.pair.subject)
    lines = [("已取出", "taken out of", _io.display_name(source)), ("加密私钥", "private key", output)]
    return Report(fields, [] if output == "-" else facts(lines))


def _write_key(key: SM2PrivateKey, password: bytes | None, output: str, *, force: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {"public_key": key.public_key.to_hex(), "encrypted": password is not None}
    fields["output"] = output
    if output == "-" and wants_json():
        fields["pem"] = key.to_pem(password).decode("ascii")
    else:
        _io.write_output(output, key.to_pem(password), private=True, force=force)
    return fields
