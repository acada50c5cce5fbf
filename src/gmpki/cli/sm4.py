"""``gmpki sm4``: encrypt and decrypt files of any length.

With a key the output is: the iv, nonce or tweak (only when it was not given with ``--iv``), the ciphertext, the tag
(GCM and CCM). With a password it is the password file described in :mod:`gmpki.cli._password_file`.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, TypedDict

import click

from gmpki.cli import _gcm_stream, _io, _password_file
from gmpki.cli._files import INPUT, force_option, output_option
from gmpki.cli._forms import hex_option
from gmpki.cli._group import Group
from gmpki.cli._options import together
from gmpki.cli._output import Report, facts, json_option, refuse_json_beside_output
from gmpki.cli._secrets import SecretSource, secret_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Unpack

__all__ = ["command"]

TAG_LEN = _gcm_stream.TAG_LEN
MAX_WHOLE_LEN = 1 << 30  # for the modes that need the whole message in memory


@dataclass(frozen=True)
class ModeFacts:
    """What the command line has to know of a mode."""

    iv_len: int
    padded: bool = False  # works on whole blocks, so the padding has to be said
    authenticated: bool = False
    key_len: int = 16
    whole: bool = False  # cannot be computed piece by piece


MODES = {
    "gcm": ModeFacts(12, authenticated=True),
    "ccm": ModeFacts(12, authenticated=True, whole=True),
    "cbc": ModeFacts(16, padded=True),
    "ctr": ModeFacts(16),
    "cfb128": ModeFacts(16),
    "cfb8": ModeFacts(16),
    "ofb": ModeFacts(16),
    "bc": ModeFacts(16, padded=True),
    "ofbnlf": ModeFacts(16, padded=True),
    "ecb": ModeFacts(0, padded=True),
    "xts": ModeFacts(16, key_len=32, whole=True),
    "xts-gb": ModeFacts(16, key_len=32, whole=True),
    "hctr": ModeFacts(16, key_len=32, whole=True),
}


@dataclass(frozen=True)
class Job:
    """One call of the command, its options understood."""

    encrypt: bool
    mode: str
    padding: str | None
    iv: bytes | None
    associated_data: bytes
    source: str
    output: str
    force: bool


@click.group(name="sm4", cls=Group)
def command() -> None:
    """Encrypt and decrypt files with SM4 (GB/T 32907-2016).

    SM4 文件加密与解密。

    GCM, the default, also detects every change of the file. The other modes do not.
    """


class Options(TypedDict):
    """What both commands take, as click hands it over."""

    source: str
    output: str
    mode: str
    padding: str | None
    iv: str | None
    associated_data: str | None
    key: SecretSource
    with_password: bool
    password: SecretSource
    force: bool


crypt_options = together(
    click.argument("source", type=INPUT, metavar="[FILE]", default="-"),
    output_option,
    click.option("--mode", type=click.Choice(list(MODES)), default="gcm", show_default=True),
    click.option(
        "--padding", type=click.Choice(["pkcs7", "none"]), help="For cbc, bc, ofbnlf and ecb, without default."
    ),
    click.option(
        "--iv", metavar="HEX", help="The iv, nonce or tweak; without it, the first bytes of the encrypted file."
    ),
    click.option("--associated-data", metavar="HEX", help="For gcm and ccm: authenticated, not encrypted."),
    secret_options("key", "the key (32 hexadecimal digits; 64 for xts, xts-gb and hctr)"),
    click.option("--with-password", is_flag=True, help="Derive the key from a password (gcm only) and ask for it."),
    secret_options("password", "the password"),
    force_option,
    json_option,
)


@command.command(
    epilog="\b\nExamples:\n  gmpki sm4 encrypt --with-password --output report.sm4 report.pdf\n"
    "  gmpki sm4 encrypt --key-file key.hex --output report.sm4 report.pdf\n"
    "  gmpki sm4 encrypt --mode cbc --padding pkcs7 --key-env KEY --output report.cbc report.pdf",
)
@crypt_options
def encrypt(**options: Unpack[Options]) -> Report:
    """Encrypt FILE (standard input without one).

    用 SM4 加密文件；默认 GCM 模式，可用口令或 16 字节密钥。
    """
    return _run(_job(options, encrypt=True), options)


@command.command(
    epilog="\b\nExamples:\n  gmpki sm4 decrypt --with-password --output report.pdf report.sm4\n"
    "  gmpki sm4 decrypt --key-file key.hex --output report.pdf report.sm4\n"
    "  gmpki sm4 decrypt --mode cbc --padding pkcs7 --key-env KEY --output report.pdf report.cbc",
)
@crypt_options
def decrypt(**options: Unpack[Options]) -> Report:
    """Decrypt FILE (standard input without one). The output appears only when everything was in order.

    用 SM4 解密文件；校验全部通过后才产生输出。
    """
    return _run(_job(options, encrypt=False), options)


def _job(options: Options, *, encrypt: bool) -> Job:
    """Check that the options go together."""
    mode, padding = options["mode"], options["padding"]
    known = MODES[mode]
    refuse_json_beside_output(options["output"])
    if encrypt:
        _io.refuse_terminal(options["output"])
    if known.padded and padding is None:
        raise click.UsageError(f"--mode {mode} works on whole blocks: say --padding pkcs7 or --padding none")
    if not known.padded and padding is not None:
        raise click.UsageError(f"--mode {mode} takes no padding")
    if options["associated_data"] is not None and not known.authenticated:
        raise click.UsageError(f"--mode {mode} does not authenticate; --associated-data is for gcm and ccm")
    iv = None if options["iv"] is None else hex_option(options["iv"], "--iv")
    if iv is not None and len(iv) != known.iv_len:
        raise click.UsageError(f"--iv for --mode {mode} has {known.iv_len} bytes, not {len(iv)}")
    _io.refuse_existing(options["output"], force=options["force"])
    return Job(
        encrypt=encrypt,
        mode=mode,
        padding=padding,
        iv=iv,
        associated_data=hex_option(options["associated_data"] or "", "--associated-data"),
        source=options["source"],
        output=options["output"],
        force=options["force"],
    )


def _run(job: Job, options: Options) -> Report:
    with_password = options["with_password"] or options["password"].given
    secret = _password(job, options) if with_password else _key(job, options["key"])
    with _explained("password" if with_password else "key"), _open(job) as (source, sink):
        if with_password:
            (_password_file.encrypt if job.encrypt else _password_file.decrypt)(secret, source, sink)
        else:
            _under_key(job, secret, source, sink)
    done = ("加密", "encrypted") if job.encrypt else ("解密", "decrypted")
    mode = job.mode.upper() + (f", {job.padding}" if job.padding else "")
    lines = facts([(*done, _io.display_name(job.source)), ("输出", "output", job.output), ("模式", "mode", mode)])
    fields = {"operation": done[1], "mode": job.mode, "padding": job.padding, "output": job.output}
    return Report(fields, [] if job.output == "-" else lines)


def _password(job: Job, options: Options) -> bytes:
    if options["key"].given:
        raise click.UsageError("give a key or a password, not both")
    if job.mode != "gcm" or job.iv is not None or job.associated_data:
        raise click.UsageError("a password goes with --mode gcm, without --iv and --associated-data")
    return options["password"].read("口令 Password", confirm=job.encrypt)


def _key(job: Job, source: SecretSource) -> bytes:
    key_len = MODES[job.mode].key_len
    text = source.read(f"密钥 Key ({2 * key_len} hexadecimal digits)")
    key = hex_option(text.decode("ascii", "replace"), "the key")
    if len(key) != key_len:
        raise click.UsageError(f"a key for --mode {job.mode} has {key_len} bytes, not {len(key)}")
    return key


@contextlib.contextmanager
def _explained(secret: str) -> Iterator[None]:
    """Tell what a tag that does not hold mostly means; which of the two it is, nobody can know."""
    from gmpki.errors import InvalidTag

    try:
        yield
    except InvalidTag as error:
        error.args = (f"{error}: the {secret} is wrong, or the file was changed",)
        raise


@contextlib.contextmanager
def _open(job: Job) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    with (
        _io.open_input(job.source) as stream,
        contextlib.nullcontext(stream) if job.encrypt else _io.seekable(stream) as source,
        _io.create(job.output, private=not job.encrypt, force=job.force, withhold=not job.encrypt) as sink,
    ):
        yield source, sink


def _under_key(job: Job, key: bytes, source: IO[bytes], sink: IO[bytes]) -> None:
    iv, head = job.iv, b""
    if iv is None and job.encrypt:
        from gmpki.algorithms.rand import random_bytes

        iv = head = random_bytes(MODES[job.mode].iv_len)
    elif iv is None:
        iv = _gcm_stream.read_exactly(source, MODES[job.mode].iv_len)
    if MODES[job.mode].whole:
        sink.write(head + _at_once(job, key, iv, _whole(job, source)))
        return
    sink.write(head)
    if job.mode == "gcm":
        from gmpki.algorithms.sm4_aead import SM4GCM

        run = _gcm_stream.encrypt if job.encrypt else _gcm_stream.decrypt
        run(SM4GCM(key, tag_length=TAG_LEN), iv, job.associated_data, source, sink)
    else:
        _cipher(job, key, iv, source, sink)


def _at_once(job: Job, key: bytes, iv: bytes, message: bytes) -> bytes:
    """Do the modes that need the whole message. For XTS it is one data unit."""
    from gmpki.algorithms import sm4
    from gmpki.algorithms.sm4_aead import SM4CCM

    if job.mode == "ccm":
        aead = SM4CCM(key, tag_length=TAG_LEN)
        return (aead.encrypt if job.encrypt else aead.decrypt)(iv, message, job.associated_data)
    if job.mode == "hctr":
        return (sm4.encrypt_hctr if job.encrypt else sm4.decrypt_hctr)(key, iv, message)
    order = sm4.XTSOrder.GB if job.mode == "xts-gb" else sm4.XTSOrder.IEEE
    return (sm4.encrypt_xts if job.encrypt else sm4.decrypt_xts)(key, iv, message, order=order)


def _cipher(job: Job, key: bytes, iv: bytes, source: IO[bytes], sink: IO[bytes]) -> None:
    """Do the modes that hide but do not authenticate."""
    from gmpki.algorithms.sm4 import Mode, Padding, SM4Cipher

    padding = Padding.PKCS7 if job.padding == "pkcs7" else Padding.NONE
    cipher = SM4Cipher(key, Mode[job.mode.upper()], iv or None, padding=padding)
    context = cipher.encryptor() if job.encrypt else cipher.decryptor()
    for piece in _io.chunks(source, label="加密 encrypting" if job.encrypt else "解密 decrypting"):
        sink.write(context.update(piece))
    sink.write(context.finalize())


def _whole(job: Job, source: IO[bytes]) -> bytes:
    """Read a message that cannot be computed piece by piece."""
    message = source.read(MAX_WHOLE_LEN + 1)
    if len(message) > MAX_WHOLE_LEN:
        from gmpki.errors import LimitExceeded

        raise LimitExceeded(
            f"--mode {job.mode} takes at most {MAX_WHOLE_LEN} bytes here; --mode gcm takes longer messages"
        )
    return message
