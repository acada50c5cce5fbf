"""``gmpki p12 extract``: keys and certificates out of one file into files of their own."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING

import click

from gmpki.cli import _io, _opening
from gmpki.cli._files import force_option
from gmpki.cli._output import Report, facts, json_option
from gmpki.cli._secrets import SecretSource, secret_options

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from gmpki.keys.loader import PrivateKey
    from gmpki.keystore import OpenedKey
    from gmpki.x509.certificate import Certificate

__all__ = ["command"]

CHAIN = "chain.pem"


@click.command(
    name="extract",
    epilog="\b\nExamples:\n  gmpki p12 extract --output pair pair.p12\n"
    "  gmpki p12 extract --no-password --password-env P12_PASSWORD --output keys www.p12\n"
    "  gmpki p12 extract --certificates-only --output . browser.p12",
)
@_opening.source_options
@click.option("--certificates-only", is_flag=True, help="Leave the private keys where they are.")
@secret_options("new-password", "the password that will protect the keys")
@click.option("--no-password", is_flag=True, help="Write the keys unencrypted.")
@click.option("--output", "-o", required=True, metavar="DIRECTORY", help="Where the files go.")
@force_option
@json_option
def command(
    *,
    certificates_only: bool,
    new_password: SecretSource,
    no_password: bool,
    output: str,
    force: bool,
    **options: Unpack[_opening.Opening],
) -> Report:
    """Take the keys and certificates out of a file: PKCS #12 and all else that "gmpki p12 show" reads.

    DIRECTORY then has, of one pair, signing.key, signing.pem, encryption.key, encryption.pem; of other keys key-1.key
    and key-1.pem and so on; and the certificates of nobody's key in chain.pem. Keys are readable for their owner only,
    and encrypted under a new password unless --no-password is given. Nothing is written unless all is.

    导出私钥（0600，默认以新口令加密）与证书。
    """
    if no_password and new_password.given:
        raise click.UsageError("--no-password goes without --new-password-...")
    if certificates_only and (no_password or new_password.given):
        raise click.UsageError("--certificates-only writes no key: it goes without the options for passwords of keys")
    if os.path.exists(output) and not os.path.isdir(output):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), output)
    opened = _opening.open_source(options)
    keys, certificates = _named(opened)
    if certificates_only:
        keys = {}
    paths = [os.path.join(output, name) for name in (*keys, *certificates)]
    for path in paths:
        _io.refuse_existing(path, force=force)
    secret = None
    if keys and not no_password:
        secret = new_password.read("新口令 New password", confirm=True)
    contents = [(key.to_pem(secret), True) for key in keys.values()]
    contents += [(b"".join(one.to_pem() for one in held), False) for held in certificates.values()]
    os.makedirs(output, exist_ok=True)
    with contextlib.ExitStack() as outputs:
        # All are opened before the first takes its place, and none does when one cannot be written.
        streams = [
            outputs.enter_context(_io.create(path, private=private, force=force))
            for path, (_, private) in zip(paths, contents, strict=True)
        ]
        for stream, (data, _) in zip(streams, contents, strict=True):
            stream.write(data)
    fields = {"found": opened.found, "encrypted": secret is not None, "files": paths}
    written = [("已写入", "written", path) for path in paths]
    return Report(fields, facts([("格式", "found", opened.found), *written]))


def _named(opened: OpenedKey) -> tuple[dict[str, PrivateKey], dict[str, list[Certificate]]]:
    """Return what goes into which file."""
    keys: dict[str, PrivateKey] = {}
    certificates: dict[str, list[Certificate]] = {}
    left = [entry.certificate for entry in opened.certificates]
    others = list(opened.keys)
    pairs = opened.pairs
    if len(pairs) == 1:
        pair = pairs[0]
        for name, certificate, key in (
            ("signing", pair.pair.signing, pair.signing_key),
            ("encryption", pair.pair.encryption, pair.encryption_key),
        ):
            certificates[f"{name}.pem"] = [certificate]
            left = [one for one in left if one != certificate]
            if key is not None:
                keys[f"{name}.key"] = key
                others = [entry for entry in others if entry.private_key.public_key != key.public_key]
    for number, entry in enumerate(others, 1):
        keys[f"key-{number}.key"] = entry.private_key
        if entry.certificate in left:
            certificates[f"key-{number}.pem"] = [entry.certificate]
            left.remove(entry.certificate)
    if left:
        certificates[CHAIN] = left
    return keys, certificates
