"""``gmpki key``: make, show and convert key files."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

import click

from gmpki.cli import _io, _keys
from gmpki.cli._files import INPUT, OUTPUT, force_option, output_option
from gmpki.cli._group import Group
from gmpki.cli._options import together
from gmpki.cli._output import Report, facts, json_option, refuse_json_beside_output, wants_json
from gmpki.cli._secrets import SecretSource, secret_options

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from gmpki.keys.loader import PrivateKey, PublicKey

__all__ = ["command"]

PROFILES = ("gm", "gmssl", "openssl", "aes")


@click.group(name="key", cls=Group)
def command() -> None:
    """Make, show and convert keys.

    生成、查看、转换密钥。
    """


class Writing(TypedDict):
    """The options that say how a key is written and where, as click hands them over."""

    encoding: str
    profile: str | None
    iterations: int | None
    no_password: bool
    output: str
    force: bool


writing_options = together(
    click.option("--encoding", type=click.Choice(["pem", "der"]), default="pem", show_default=True),
    click.option(
        "--profile",
        type=click.Choice(PROFILES),
        help="Who has to read the encrypted key: gm (as the standards have it), gmssl, openssl, or aes (programs "
        "without SM4).  [default: gm]",
    ),
    click.option("--iterations", type=click.IntRange(min=1), help="Iterations of PBKDF2."),
    click.option("--no-password", is_flag=True, help="Write the private key unencrypted."),
    output_option,
    force_option,
)


@dataclass(frozen=True)
class Protection:
    """How a private key is encrypted; ``password`` is None where it is written plain because that was said."""

    password: bytes | None
    profile: str
    iterations: int | None


def _protection(form: str, writing: Writing, password: SecretSource) -> Protection:
    """Check that the options go together, and get the password."""
    profile, iterations = writing["profile"], writing["iterations"]
    if writing["no_password"]:
        if password.given or profile is not None or iterations is not None:
            raise click.UsageError(f"--no-password goes without --{password.option}-..., --profile and --iterations")
        return Protection(None, "gm", None)
    if form == "sec1":
        raise click.UsageError("the SEC1 form is not encrypted: say --no-password, or take pkcs8")
    return Protection(password.read("新口令 New password", confirm=True), profile or "gm", iterations)


@command.command(
    epilog="\b\nExamples:\n  gmpki key generate --output key.pem --public-output pub.pem\n"
    "  gmpki key generate --password-env KEY_PASSWORD --profile openssl --output key.pem\n"
    "  gmpki key generate --no-password --output key.pem",
)
@click.option("--format", "form", type=click.Choice(["pkcs8", "sec1"]), default="pkcs8", show_default=True)
@click.option("--public-output", type=OUTPUT, metavar="FILE", help="Write the public key as well.")
@secret_options("password", "the password that will protect the key")
@writing_options
@json_option
def generate(*, form: str, public_output: str | None, password: SecretSource, **writing: Unpack[Writing]) -> Report:
    """Make an SM2 key pair. The private key is encrypted under a password unless --no-password is given.

    生成 SM2 密钥对；私钥默认以口令加密保存，文件权限 0600。
    """
    from gmpki.keys.sm2 import SM2PrivateKey

    output = writing["output"]
    if public_output == "-":
        raise click.UsageError("--public-output names a file; the public key is in the answer of --json as well")
    if public_output is not None and os.path.realpath(public_output) == os.path.realpath(output):
        raise click.UsageError("--output and --public-output name the same file")
    _refuse_der_as_text(writing)
    for path in (output, public_output):
        if path is not None:
            _io.refuse_existing(path, force=writing["force"])
    protection = _protection(form, writing, password)
    key = SM2PrivateKey.generate()
    data = _private_bytes(key, form, writing["encoding"], protection)
    with contextlib.ExitStack() as outputs:
        if public_output is not None:
            # Opened first and put in place last: no private key is left behind where the public one cannot be written.
            stream = outputs.enter_context(_io.create(public_output, force=writing["force"]))
            stream.write(_public_bytes(key.public_key, writing["encoding"]))
        fields, lines = _write(data, writing, private=True)
    lines.insert(0, ("已生成", "generated", "SM2"))
    if public_output is not None:
        lines.append(("公钥", "public key", public_output))
    fields |= {"algorithm": "SM2", "format": form, "encrypted": protection.password is not None}
    fields |= {"public_key": key.public_key.to_hex(), "public_output": public_output}
    return Report(fields, [] if output == "-" else facts(lines))


@command.command(
    epilog="\b\nExamples:\n  gmpki key show pub.pem\n  gmpki key show --password-env KEY_PASSWORD --json key.pem",
)
@click.argument("source", type=INPUT, metavar="FILE")
@secret_options("password", "the password of the key")
@json_option
def show(*, source: str, password: SecretSource) -> Report:
    """Tell what a key file holds. The private number itself is never shown.

    查看密钥文件的内容；不会显示私钥数值。
    """
    from gmpki.algorithms import sm3
    from gmpki.algorithms.sm2 import PointFormat
    from gmpki.errors import InvalidInputError
    from gmpki.keys.loader import identify_key, load_public_key
    from gmpki.keys.sm2 import SM2PublicKey

    data = _keys.read_key_file(source)
    try:
        file = identify_key(data)
    except InvalidInputError:
        file = identify_key(data, private=False)
    private = file.form.is_private
    public_key = _keys.load_private(data, password).public_key if private else load_public_key(data)
    fields: dict[str, Any] = {
        "kind": "private" if private else "public",
        "algorithm": _keys.algorithm_name(public_key),
        "form": str(file),
        "encrypted": file.is_encrypted,
        "sm3_of_public_key": sm3.digest(public_key.to_der()).hex(),
    }
    lines = [
        ("种类", "kind", "private key 私钥" if private else "public key 公钥"),
        ("算法", "algorithm", fields["algorithm"]),
        ("格式", "form", fields["form"]),
    ]
    if private:
        lines.append(("加密", "encrypted", "yes 是" if file.is_encrypted else "no 否"))
    if isinstance(public_key, SM2PublicKey):
        fields["public_key"] = public_key.to_hex()
        fields["public_key_compressed"] = public_key.to_hex(PointFormat.COMPRESSED)
        lines.append(("公钥", "public key", fields["public_key"]))
        lines.append(("压缩公钥", "compressed", fields["public_key_compressed"]))
    lines.append(("公钥摘要", "SM3 of public key", fields["sm3_of_public_key"]))
    return Report(fields, facts(lines))


@command.command(
    epilog="\b\nExamples:\n  gmpki key convert --to public --output pub.pem key.pem\n"
    "  gmpki key convert --profile openssl --output key-for-openssl.pem key.pem\n"
    "  gmpki key convert --to sec1 --no-password --encoding der --output key.der key.pem",
)
@click.argument("source", type=INPUT, metavar="FILE")
@click.option("--to", "form", type=click.Choice(["pkcs8", "sec1", "public"]), default="pkcs8", show_default=True)
@secret_options("password", "the password of the key that is read")
@secret_options("new-password", "the password that will protect the key")
@writing_options
@json_option
def convert(
    *, source: str, form: str, password: SecretSource, new_password: SecretSource, **writing: Unpack[Writing]
) -> Report:
    """Write a key in another form.

    PKCS#8 (encrypted, or plain with --no-password), SEC1, or the public key alone.

    转换密钥格式：PKCS#8（加密或明文）、SEC1、仅公钥；PEM 或 DER。
    """
    from gmpki.errors import InvalidInputError
    from gmpki.keys.loader import identify_key, load_public_key

    _refuse_der_as_text(writing)
    _io.refuse_existing(writing["output"], force=writing["force"])
    data = _keys.read_key_file(source)
    if form == "public":
        if writing["no_password"] or new_password.given or writing["profile"] or writing["iterations"]:
            raise click.UsageError("a public key is not encrypted: --to public goes without the options for that")
        try:
            identify_key(data)
        except InvalidInputError:
            public_key = load_public_key(data)
        else:
            public_key = _keys.load_private(data, password).public_key
        fields, lines = _write(_public_bytes(public_key, writing["encoding"]), writing, private=False)
        encrypted = False
    else:
        key = _keys.load_private(data, password)
        protection = _protection(form, writing, new_password)
        fields, lines = _write(_private_bytes(key, form, writing["encoding"], protection), writing, private=True)
        encrypted = protection.password is not None
    fields |= {"format": form, "encrypted": encrypted}
    lines.insert(0, ("已转换", "converted", _io.display_name(source)))
    return Report(fields, [] if writing["output"] == "-" else facts(lines))


def _private_bytes(key: PrivateKey, form: str, encoding: str, protection: Protection) -> bytes:
    from gmpki.errors import UnsupportedAlgorithm
    from gmpki.keys.pbes2 import DEFAULT_ITERATIONS, EncryptionProfile
    from gmpki.keys.sm2 import SM2PrivateKey

    if form == "sec1":
        if not isinstance(key, SM2PrivateKey):
            raise UnsupportedAlgorithm(f"--to sec1 is for SM2 keys; this one is of class {type(key).__name__}")
        return key.to_sec1_pem() if encoding == "pem" else key.to_sec1_der()
    write = key.to_pem if encoding == "pem" else key.to_der
    profile = EncryptionProfile[protection.profile.upper()]
    return write(protection.password, profile=profile, iterations=protection.iterations or DEFAULT_ITERATIONS)


def _public_bytes(key: PublicKey, encoding: str) -> bytes:
    return key.to_pem() if encoding == "pem" else key.to_der()


def _refuse_der_as_text(writing: Writing) -> None:
    if writing["encoding"] == "der":
        refuse_json_beside_output(writing["output"])
        _io.refuse_terminal(writing["output"])


def _write(data: bytes, writing: Writing, *, private: bool) -> tuple[dict[str, Any], list[tuple[str, str, str]]]:
    """Write a key; with ``--json`` and no file, put its PEM into the answer instead."""
    output = writing["output"]
    if output == "-" and wants_json():
        return {"output": output, "pem": data.decode("ascii")}, []
    _io.write_output(output, data, private=private, force=writing["force"])
    return {"output": output}, [("私钥", "private key", output) if private else ("公钥", "public key", output)]
