"""Opening files that bring keys, for the commands that do."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import click

from gmpki.cli import _io, _keys
from gmpki.cli._files import INPUT
from gmpki.cli._options import together
from gmpki.cli._secrets import SecretSource, secret_options

if TYPE_CHECKING:
    from gmpki.keystore import OpenedKey

__all__ = ["Opening", "open_source", "source_options"]

MAX_FILE_LEN = 1 << 22


class Opening(TypedDict):
    """The options that say what is opened and with what, as click hands them over."""

    source: str
    password: SecretSource
    empty_password: bool
    signing_key: str | None
    signing_password: SecretSource
    pair_files: tuple[str, ...]
    allow_no_mac: bool
    lenient: bool


source_options = together(
    click.argument("source", type=INPUT, metavar="FILE"),
    secret_options("password", "the password of the file"),
    click.option("--empty-password", "empty_password", is_flag=True, help="The password of the file is empty."),
    click.option("--signing-key", type=INPUT, metavar="FILE", help="The signing key that a key was encrypted to."),
    secret_options("signing-password", "the password of the signing key"),
    click.option(
        "--pair", "pair_files", type=INPUT, multiple=True, metavar="FILE", help="The certificates of that key's owner."
    ),
    click.option("--allow-no-mac", is_flag=True, help="Take a PKCS #12 file whose integrity nothing protects."),
    click.option("--lenient", is_flag=True, help="Read certificates that depart from the standards too."),
)


def open_source(options: Opening) -> OpenedKey:
    """Open the file, and ask for its password only when something in it is under one.

    :raises click.UsageError: options that do not go together.
    :raises GmpkiError: as :func:`~gmpki.keystore.open.open_key`.
    """
    from gmpki.errors import DecryptionError
    from gmpki.keystore import needs_password, open_key
    from gmpki.x509.pair import load_pair

    if options["empty_password"] and options["password"].given:
        raise click.UsageError("--empty-password goes without --password-...")
    data = _io.read_input(options["source"], max_len=MAX_FILE_LEN)
    signing_key = None
    if options["signing_key"] is not None:
        signing_key = _keys.read_private_key(options["signing_key"], options["signing_password"])
    files = [_io.read_input(path, max_len=MAX_FILE_LEN) for path in options["pair_files"]]
    secret = None
    if options["empty_password"]:
        secret = b""
    elif needs_password(data):
        secret = options["password"].read("文件口令 Password of the file")
    try:
        return open_key(
            data,
            secret,
            signing_key=signing_key,
            pair=load_pair(*files) if files else None,
            allow_no_mac=options["allow_no_mac"],
            lenient=options["lenient"],
        )
    except DecryptionError as error:
        error.args = ("the file cannot be decrypted: the password or the key is the wrong one, or it was changed",)
        raise
