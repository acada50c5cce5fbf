"""``gmpki sm2``: sign, verify, encrypt and decrypt with SM2 keys in files and tokens."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _forms, _io, _keys
from gmpki.cli._files import INPUT, force_option, output_option
from gmpki.cli._group import Group
from gmpki.cli._output import Failure, Report, facts, json_option, refuse_json_beside_output, wants_json
from gmpki.cli._secrets import SecretSource, secret_options
from gmpki.cli._token import is_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.algorithms.sm2 import CiphertextFormat
    from gmpki.errors import InvalidSignature
    from gmpki.keys.sm2 import SM2PublicKey

__all__ = ["command"]

MAX_SIGNATURE_LEN = 1 << 12
MAX_DIAGNOSED_LEN = 1 << 28
MAX_PLAINTEXT_LEN = 1 << 26
# Base64 or hexadecimal text of the longest ciphertext.
MAX_CIPHERTEXT_LEN = 2 * (MAX_PLAINTEXT_LEN + 128) + 2
FORMATS = ("der", "c1c3c2", "c1c3c2-bare", "c1c3c2-compressed", "c1c2c3", "c1c2c3-bare")

source_argument = click.argument("source", type=INPUT, metavar="[FILE]", default="-")
form_option = click.option(
    "--form", type=click.Choice(_forms.FORMS), default="binary", show_default=True, help="How those bytes are written."
)
private_key_option = click.option(
    "--key", "-k", "key_file", type=INPUT, required=True, metavar=_keys.PRIVATE, help="The private key."
)
public_key_option = click.option(
    "--key", "-k", "key_file", type=INPUT, required=True, metavar="FILE", help="The public key."
)


def _user_id_options(command: Callable[..., int]) -> Callable[..., int]:
    command = click.option("--user-id-hex", metavar="HEX", help="The signer's user id as bytes.")(command)
    return click.option(
        "--user-id", metavar="TEXT", help='The signer\'s user id; "" is the empty one.  [default: 1234567812345678]'
    )(command)


def _user_id(text: str | None, hex_text: str | None) -> bytes:
    from gmpki.algorithms.sm2 import DEFAULT_USER_ID

    if text is not None and hex_text is not None:
        raise click.UsageError("give --user-id or --user-id-hex, not both")
    if hex_text is not None:
        return _forms.hex_option(hex_text, "--user-id-hex")
    return DEFAULT_USER_ID if text is None else text.encode("utf-8", "surrogateescape")


@click.group(name="sm2", cls=Group)
def command() -> None:
    """Sign, verify, encrypt and decrypt with SM2 (GB/T 32918-2016).

    SM2 签名、验签、加密、解密。
    """


@command.command(
    epilog="\b\nExamples:\n  gmpki sm2 sign --key key.pem --output report.sig report.pdf\n"
    "  gmpki sm2 sign --key key.pem --password-env KEY_PASSWORD --encoding raw --form hex report.pdf\n"
    "  gmpki sm2 sign --key key.pem --user-id ALICE123@YAHOO.COM --output report.sig report.pdf",
)
@source_argument
@private_key_option
@secret_options("password", "the password of the key", of_token=True)
@_user_id_options
@click.option("--encoding", type=click.Choice(["der", "raw"]), default="der", show_default=True, help="raw: r then s.")
@form_option
@click.option("--deterministic", is_flag=True, help="Nonce of RFC 6979: the same message gives the same signature.")
@click.option("--verify-after", is_flag=True, help="Verify the signature before it is released, against faults.")
@output_option
@force_option
@json_option
def sign(
    *,
    source: str,
    key_file: str,
    password: SecretSource,
    user_id: str | None,
    user_id_hex: str | None,
    encoding: str,
    form: str,
    deterministic: bool,
    verify_after: bool,
    output: str,
    force: bool,
) -> Report:
    """Sign FILE (standard input without one), of any length.

    用 SM2 私钥对文件签名。
    """
    from gmpki.algorithms.sm2 import SignatureEncoding

    signer = _user_id(user_id, user_id_hex)
    if form == "binary" and not wants_json():
        _io.refuse_terminal(output)
    _io.refuse_existing(output, force=force)
    if is_token(key_file):
        if deterministic:
            raise click.UsageError("--deterministic needs a key in a file: a token chooses its nonces itself")
        digest, signature = _signed_in_token(key_file, password, source, signer, encoding)
    else:
        key = _keys.read_private_key(key_file, password)
        digest = _digest(key.public_key, source, signer)
        signature = key.sign_digest(
            digest, encoding=SignatureEncoding[encoding.upper()], deterministic=deterministic, verify=verify_after
        )
    fields = {
        "digest": digest.hex(),
        "signature": signature.hex(),
        "encoding": encoding,
        "user_id": signer.hex(),
        "output": output,
    }
    if output != "-" or not wants_json():
        _io.write_output(output, _forms.encode(signature, form), force=force)
    lines = facts([("已签名", "signed", _io.display_name(source)), ("签名", "signature", output)])
    return Report(fields, [] if output == "-" else lines)


@command.command(
    epilog="\b\nExamples:\n  gmpki sm2 verify --key pub.pem --signature report.sig report.pdf\n"
    "  gmpki sm2 verify --key pub.pem --signature report.sig.hex --form hex report.pdf\n"
    "  gmpki sm2 verify --key pub.pem --signature report.sig --diagnose report.pdf",
)
@source_argument
@public_key_option
@click.option(
    "--signature", "signature_file", type=INPUT, required=True, metavar="FILE", help="The signature, DER or r then s."
)
@_user_id_options
@form_option
@click.option("--diagnose", is_flag=True, help="Where it does not hold, tell with what user id or encoding it would.")
@json_option
def verify(
    *,
    source: str,
    key_file: str,
    signature_file: str,
    user_id: str | None,
    user_id_hex: str | None,
    form: str,
    diagnose: bool,
) -> Report:
    """Verify the signature of FILE (standard input without one). Exit code 1 when it does not hold.

    用 SM2 公钥验证文件的签名；签名无效时退出码为 1。
    """
    if diagnose and source == "-":
        raise click.UsageError("--diagnose reads the file twice, which standard input does not allow")
    from gmpki.errors import InvalidSignature

    signer = _user_id(user_id, user_id_hex)
    key = _keys.read_public_key(key_file)
    text = _io.read_input(signature_file, max_len=MAX_SIGNATURE_LEN)
    signature = _forms.decode(text, form, "the signature")
    digest = _digest(key, source, signer)
    fields = {"digest": digest.hex(), "user_id": signer.hex()}
    try:
        key.verify_digest(signature, digest)
    except InvalidSignature as error:
        if not diagnose:
            raise
        return _diagnosis(key, signature, source, fields, error)
    return Report({"valid": True, **fields}, facts([("签名有效", "signature valid", _io.display_name(source))]))


def _diagnosis(
    key: SM2PublicKey, signature: bytes, source: str, fields: dict[str, str], error: InvalidSignature
) -> Report:
    """Answer that a signature does not hold, and add what it would hold for."""
    from gmpki.keys.diagnose import diagnose_signature

    found = diagnose_signature(key, signature, _io.read_input(source, max_len=MAX_DIAGNOSED_LEN))
    lines = facts([("诊断", "diagnosis", str(found))])
    fields_found = {"valid": False, **fields, "matched": list(found.matched), "tried": list(found.tried)}
    return Report(fields_found, lines, Failure(type(error).__name__, str(error)))


def _digest(key: SM2PublicKey, source: str, user_id: bytes) -> bytes:
    """Return e of a file, which is read piece by piece."""
    running = key.message_digest(user_id=user_id)
    with _io.open_input(source) as stream:
        for piece in _io.chunks(stream, label="摘要 hashing"):
            running.update(piece)
    return running.digest()


@command.command(
    epilog="\b\nExamples:\n  gmpki sm2 encrypt --key pub.pem --output key.sm2 key.bin\n"
    "  gmpki sm2 encrypt --key pub.pem --format c1c3c2 --form hex key.bin",
)
@source_argument
@public_key_option
@click.option("--format", "format_name", type=click.Choice(FORMATS), default="der", show_default=True)
@form_option
@output_option
@force_option
@json_option
def encrypt(*, source: str, key_file: str, format_name: str, form: str, output: str, force: bool) -> Report:
    """Encrypt FILE (standard input without one), at most 64 MiB. SM2 is for keys; files go with "gmpki sm4".

    用 SM2 公钥加密短数据（如对称密钥）；大文件请用 gmpki sm4。
    """
    refuse_json_beside_output(output)
    if form == "binary":
        _io.refuse_terminal(output)
    _io.refuse_existing(output, force=force)
    key = _keys.read_public_key(key_file)
    message = _io.read_input(source, max_len=MAX_PLAINTEXT_LEN)
    ciphertext = key.encrypt(message, fmt=_formats(format_name))
    _io.write_output(output, _forms.encode(ciphertext, form), force=force)
    lines = facts([("已加密", "encrypted", _io.display_name(source)), ("密文", "ciphertext", output)])
    return Report({"format": format_name, "output": output}, [] if output == "-" else lines)


@command.command(
    epilog="\b\nExamples:\n  gmpki sm2 decrypt --key key.pem --output key.bin key.sm2\n"
    "  gmpki sm2 decrypt --key key.pem --form hex --format auto-with-c1c2c3 --output key.bin key.hex",
)
@source_argument
@private_key_option
@secret_options("password", "the password of the key", of_token=True)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(("auto", "auto-with-c1c2c3", *FORMATS)),
    default="auto",
    show_default=True,
    help="What the ciphertext may be; auto tries all but the old C1C2C3 orders.",
)
@form_option
@output_option
@force_option
@json_option
def decrypt(
    *,
    source: str,
    key_file: str,
    password: SecretSource,
    format_name: str,
    form: str,
    output: str,
    force: bool,
) -> Report:
    """Decrypt FILE (standard input without one). The output appears only when everything was in order.

    用 SM2 私钥解密；校验通过后才产生输出。
    """
    refuse_json_beside_output(output)
    _io.refuse_existing(output, force=force)
    text = _io.read_input(source, max_len=MAX_CIPHERTEXT_LEN)
    ciphertext, formats = _forms.decode(text, form, "the ciphertext"), _formats(format_name)
    if is_token(key_file):
        message = _decrypted_in_token(key_file, password, ciphertext, formats)
    else:
        message = _keys.read_private_key(key_file, password).decrypt(ciphertext, formats=formats)
    _io.write_output(output, message, private=True, force=force)
    lines = facts([("已解密", "decrypted", _io.display_name(source)), ("明文", "plaintext", output)])
    return Report({"format": format_name, "output": output}, [] if output == "-" else lines)


def _formats(name: str) -> CiphertextFormat:
    """Return what ``--format`` names."""
    from gmpki.algorithms.sm2 import CiphertextFormat

    return CiphertextFormat[name.upper().replace("-", "_")]


# ---- keys in tokens ---------------------------------------------------------------------
def _signed_in_token(uri: str, pin: SecretSource, source: str, user_id: bytes, encoding: str) -> tuple[bytes, bytes]:
    """Return the digest of a file and its signature, which was verified before it came out."""
    from gmpki.algorithms.sm2 import parse_signature

    key = _sm2_in_token(uri, pin, "signing")
    digest = _digest(key.public_key, source, user_id)
    signature: bytes = key.sign_digest(digest)
    return digest, parse_signature(signature) if encoding == "raw" else signature


def _decrypted_in_token(uri: str, pin: SecretSource, ciphertext: bytes, formats: CiphertextFormat) -> bytes:
    """Decrypt in a token, which takes a ciphertext in its parts: every form that the bytes can have is tried."""
    from gmpki.algorithms.sm2 import CiphertextFormat
    from gmpki.errors import DecryptionError, InvalidInputError
    from gmpki.keys.ciphertext import SM2Ciphertext

    key = _sm2_in_token(uri, pin, "encryption")
    for name in FORMATS:
        form = CiphertextFormat[name.upper().replace("-", "_")]
        if form not in formats:
            continue
        with contextlib.suppress(InvalidInputError, DecryptionError):
            message: bytes = key.decrypt(SM2Ciphertext.from_bytes(ciphertext, form).to_bytes())
            return message
    raise DecryptionError


def _sm2_in_token(uri: str, pin: SecretSource, usage: str) -> Any:
    from gmpki.cli._token_key import open_token_key
    from gmpki.errors import KeyMismatchError
    from gmpki.keys.sm2 import SM2PublicKey

    key = open_token_key(uri, pin, usage).key
    if not isinstance(key.public_key, SM2PublicKey):
        raise KeyMismatchError(f"{uri} is no SM2 key but one of class {type(key.public_key).__name__}")
    return key
