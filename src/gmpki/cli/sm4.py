"""``gmpki sm4``: encrypt and decrypt files of any length.

With a key the output is: the iv or nonce (only when it was not given with ``--iv``), the ciphertext, the tag (GCM and
CCM). With a password it is the password file described in :mod:`gmpki.cli._password_file`.
"""

from __future__ import annotations

import contextlib
import functools
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, TypedDict

import click

from gmpki.cli import _gcm_stream, _io, _password_file
from gmpki.cli._forms import hex_option
from gmpki.cli._group import Group
from gmpki.cli._output import Report, facts, json_option, refuse_json_beside_output
from gmpki.cli._secrets import SecretSource, secret_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import Unpack

__all__ = ["command"]

KEY_LEN = 16
TAG_LEN = _gcm_stream.TAG_LEN
MAX_CCM_LEN = 1 << 30  # CCM needs the whole message in memory


@dataclass(frozen=True)
class ModeFacts:
    """What the command line has to know of a mode."""

    iv_len: int
    padded: bool = False  # works on whole blocks, so the padding has to be said
    authenticated: bool = False


MODES = {
    "gcm": ModeFacts(12, authenticated=True),
    "ccm": ModeFacts(12, authenticated=True),
    "cbc": ModeFacts(16, padded=True),
    "ctr": ModeFacts(16),
    "cfb128": ModeFacts(16),
    "cfb8": ModeFacts(16),
    "ofb": ModeFacts(16),
    "bc": ModeFacts(16, padded=True),
    "ofbnlf": ModeFacts(16, padded=True),
    "ecb": ModeFacts(0, padded=True),
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


OPTIONS = (
    click.argument("source", metavar="[FILE]", default="-"),
    click.option("--output", "-o", default="-", metavar="FILE", help="Where the result goes; - is standard output."),
    click.option("--mode", type=click.Choice(list(MODES)), default="gcm", show_default=True),
    click.option(
        "--padding", type=click.Choice(["pkcs7", "none"]), help="For cbc, bc, ofbnlf and ecb, without default."
    ),
    click.option("--iv", metavar="HEX", help="The iv or nonce; without it, the first bytes of the encrypted file."),
    click.option("--associated-data", metavar="HEX", help="For gcm and ccm: authenticated, not encrypted."),
    secret_options("key", "the key (32 hexadecimal digits)"),
    click.option("--with-password", is_flag=True, help="Derive the key from a password (gcm only) and ask for it."),
    secret_options("password", "the password"),
    click.option("--force", is_flag=True, help="Replace an output file that exists."),
    json_option,
)


def _options(function: Callable[..., Report]) -> Callable[..., Any]:
    """Add what both commands take."""
    return functools.reduce(lambda inner, decorate: decorate(inner), reversed(OPTIONS), function)


@command.command(
    epilog="\b\nExamples:\n  gmpki sm4 encrypt --with-password --output report.sm4 report.pdf\n"
    "  gmpki sm4 encrypt --key-file key.hex --output report.sm4 report.pdf\n"
    "  gmpki sm4 encrypt --mode cbc --padding pkcs7 --key-env KEY --output report.cbc report.pdf",
)
@_options
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
@_options
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
    secret = _password(job, options) if with_password else _key(options["key"])
    with _open(job) as (source, sink):
        if with_password:
            (_password_file.encrypt if job.encrypt else _password_file.decrypt)(secret, source, sink)
        else:
            (_encrypt if job.encrypt else _decrypt)(job, secret, source, sink)
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


def _key(source: SecretSource) -> bytes:
    text = source.read("密钥 Key (32 hexadecimal digits)")
    key = hex_option(text.decode("ascii", "replace"), "the key")
    if len(key) != KEY_LEN:
        raise click.UsageError(f"an SM4 key has {KEY_LEN} bytes, not {len(key)}")
    return key


@contextlib.contextmanager
def _open(job: Job) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    with (
        _io.open_input(job.source) as stream,
        contextlib.nullcontext(stream) if job.encrypt else _io.seekable(stream) as source,
        _io.create(job.output, private=not job.encrypt, force=job.force, withhold=not job.encrypt) as sink,
    ):
        yield source, sink


def _encrypt(job: Job, key: bytes, source: IO[bytes], sink: IO[bytes]) -> None:
    from gmpki.algorithms.rand import random_bytes
    from gmpki.algorithms.sm4_aead import SM4CCM, SM4GCM

    iv = job.iv
    if iv is None:
        iv = random_bytes(MODES[job.mode].iv_len)
        sink.write(iv)
    if job.mode == "gcm":
        _gcm_stream.encrypt(SM4GCM(key, tag_length=TAG_LEN), iv, job.associated_data, source, sink)
    elif job.mode == "ccm":
        sink.write(SM4CCM(key, tag_length=TAG_LEN).encrypt(iv, _whole(source), job.associated_data))
    else:
        _cipher(job, key, iv, source, sink)


def _decrypt(job: Job, key: bytes, source: IO[bytes], sink: IO[bytes]) -> None:
    from gmpki.algorithms.sm4_aead import SM4CCM, SM4GCM

    iv = job.iv
    if iv is None:
        iv = _gcm_stream.read_exactly(source, MODES[job.mode].iv_len)
    if job.mode == "gcm":
        _gcm_stream.decrypt(SM4GCM(key, tag_length=TAG_LEN), iv, job.associated_data, source, sink)
    elif job.mode == "ccm":
        sink.write(SM4CCM(key, tag_length=TAG_LEN).decrypt(iv, _whole(source), job.associated_data))
    else:
        _cipher(job, key, iv, source, sink)


def _cipher(job: Job, key: bytes, iv: bytes, source: IO[bytes], sink: IO[bytes]) -> None:
    """Do the modes that hide but do not authenticate."""
    from gmpki.algorithms.sm4 import Mode, Padding, SM4Cipher

    padding = Padding.PKCS7 if job.padding == "pkcs7" else Padding.NONE
    cipher = SM4Cipher(key, Mode[job.mode.upper()], iv or None, padding=padding)
    context = cipher.encryptor() if job.encrypt else cipher.decryptor()
    for piece in _io.chunks(source, label="加密 encrypting" if job.encrypt else "解密 decrypting"):
        sink.write(context.update(piece))
    sink.write(context.finalize())


def _whole(source: IO[bytes]) -> bytes:
    """Read a message for CCM, which cannot be computed piece by piece without knowing its length first."""
    message = source.read(MAX_CCM_LEN + 1)
    if len(message) > MAX_CCM_LEN:
        from gmpki.errors import LimitExceeded

        raise LimitExceeded(f"--mode ccm takes at most {MAX_CCM_LEN} bytes here; --mode gcm takes longer messages")
    return message
