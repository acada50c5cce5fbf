"""``gmpki seal verify``: seals, and files with a signature beside them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import click

from gmpki.cli import _io
from gmpki.cli._files import INPUT
from gmpki.cli._hints import naming_lenient
from gmpki.cli._output import Report, json_option
from gmpki.cli._seal import TrustChoice, seal_trust_options
from gmpki.cli._verify_each import Found, HTMLChoice, html_options, verify_each

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.seal.trust import SealTrust

__all__ = ["command"]

MAX_LEN = 32 << 20


@click.command(
    name="verify",
    epilog="\b\nExamples:\n"
    "  gmpki seal verify --anchor maker-root.pem --registry seals --accept maker-revocation org.esl\n"
    "  gmpki seal verify --anchor root.pem --maker-anchor maker-root.pem --crl root.crl --crl maker.crl "
    "--registry seals --accept time-stamp --content form.html form.html.seal",
)
@click.argument("sources", type=INPUT, metavar="FILE...", nargs=-1, required=True)
@click.option("--content", "content_file", type=INPUT, metavar="FILE", help="What a signature beside a file is about.")
@seal_trust_options
@html_options
@json_option
def command(*, sources: tuple[str, ...], content_file: str | None, trusting: TrustChoice, html: HTMLChoice) -> Report:
    """Verify seals; or, with --content, the signature that "gmpki seal sign" put beside a file.

    Exit code 1 unless everything holds and everything was checked that --accept does not name. For a seal alone,
    --anchor are the authorities of its maker, unless --maker-anchor is given.

    验证电子印章；用 --content 指明原文件时验证外附签章。
    """
    if content_file is not None and len(sources) != 1:
        raise click.UsageError("--content goes with one signature")
    return verify_each(sources, functools.partial(_open_verifier, content_file), trusting, html)


def _open_verifier(content_file: str | None, trusting: TrustChoice) -> Callable[[str], Found]:
    trust = trusting.trust()
    return lambda source: _verified(source, content_file, trust, trusting)


def _verified(source: str, content_file: str | None, trust: SealTrust, trusting: TrustChoice) -> Found:
    from gmpki.seal.detached import verify_detached
    from gmpki.seal.seal_check import verify_seal

    data = _io.read_input(source, max_len=MAX_LEN)
    name = _io.display_name(source)
    if content_file is None:
        if _is_detached(data):
            raise click.UsageError(f"{name} is a signature beside a file: --content names the file")
        return verify_seal(data, trust, at=trusting.at, lenient=trusting.lenient, name=name), data
    with _io.open_input(content_file) as content, naming_lenient(lenient=trusting.lenient):
        shown = _io.display_name(content_file)
        return verify_detached(data, content, trust, now=trusting.at, lenient=trusting.lenient, name=shown), data


def _is_detached(data: bytes) -> bool:
    from gmpki.asn1.sealed_file import DetachedSignature
    from gmpki.errors import InvalidInputError

    try:
        DetachedSignature.from_der(data, max_size=MAX_LEN)
    except InvalidInputError:
        return False
    return True
