"""What the commands about messages share: certificates with their keys, options, outputs."""

from __future__ import annotations

import contextlib
import os
from typing import IO, TYPE_CHECKING, Any

import click

from gmpki.cli import _io, _keys
from gmpki.cli._files import INPUT
from gmpki.cli._names import show_name
from gmpki.cli._serial_numbers import show_serial_number
from gmpki.cli._token import is_token
from gmpki.cli._trust import read_certificates

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gmpki.asn1.ber_writer import Sink
    from gmpki.asn1.rfc5280.ext_keys import KeyUsages
    from gmpki.cli._secrets import SecretSource
    from gmpki.keys.loader import PrivateKey
    from gmpki.x509.certificate import Certificate

__all__ = [
    "FILES",
    "KEYS",
    "PROFILES",
    "created",
    "load_keys",
    "message_source",
    "pem_option",
    "profile_option",
    "shown_certificate",
    "usable_certificates",
]

FILES: dict[str, Any] = {"type": INPUT, "metavar": "FILE", "multiple": True}
KEYS: dict[str, Any] = {**FILES, "metavar": _keys.PRIVATE}
# The values of gmpki.cms.MessageProfile, written out so that --help imports nothing; a test compares them.
PROFILES = ("gmt0010", "rfc5652", "cfca")

profile_option = click.option(
    "--profile",
    type=click.Choice(PROFILES),
    default="gmt0010",
    show_default=True,
    help="Whose identifiers are written.",
)
pem_option = click.option("--pem", is_flag=True, help="Write PEM in place of DER.")


def usable_certificates(path: str, usages: KeyUsages) -> list[Certificate]:
    """Load those certificates of a file whose keyUsage, where they have one, allows one of some usages."""
    found = read_certificates(path, lenient=False)
    return [one for one in found if one.key_usage is None or one.key_usage & usages]


def load_keys(
    paths: Sequence[str], password: SecretSource, certificates: Sequence[Certificate], *, usages: KeyUsages
) -> list[tuple[PrivateKey, Certificate]]:
    """Load the private keys of some files of any kind, PKCS #12 too, or in tokens, and find the certificate of each.

    :param password: of the files, or the PIN of the tokens.
    :param usages: of a file with several keys those count whose certificates have one of these; of a container the pair
        that is for these.
    :raises InvalidInputError: a file has no private key, or none that counts.
    :raises KeyMismatchError: a key belongs to none of the certificates, given or in its file.
    """
    from gmpki.errors import DecryptionError, InvalidInputError
    from gmpki.keystore import needs_password, open_key

    found = []
    for path in paths:
        if is_token(path):
            found.append(_in_token(path, password, certificates, usages))
            continue
        data = _keys.read_key_file(path)
        secret = password.read(_keys.password_prompt(path)) if needs_password(data) else None
        try:
            opened = open_key(data, secret)
        except DecryptionError as error:
            error.args = (f"{_io.display_name(path)}: the password is wrong, or the file is damaged",)
            raise
        known = [*certificates, *(entry.certificate for entry in opened.certificates)]
        owned = [(entry.private_key, _owner(entry.private_key, known, path)) for entry in opened.keys]
        if len(owned) > 1:
            owned = [one for one in owned if one[1].key_usage is None or one[1].key_usage & usages]
        if not owned:
            raise InvalidInputError(f"{_io.display_name(path)} has no private key for this")
        found += owned
    return found


def _in_token(
    uri: str, pin: SecretSource, certificates: Sequence[Certificate], usages: KeyUsages
) -> tuple[PrivateKey, Certificate]:
    from gmpki.cli._token_key import open_token_key
    from gmpki.x509.profile import SIGNING_USAGES

    opened = open_token_key(uri, pin, "signing" if usages & SIGNING_USAGES else "encryption")
    kept = () if opened.certificate is None else (opened.certificate,)
    return opened.key, _owner(opened.key, [*certificates, *kept], uri)


def _owner(key: PrivateKey, certificates: Iterable[Certificate], path: str) -> Certificate:
    """Return the certificate that belongs to a private key."""
    from gmpki.errors import KeyMismatchError

    public = key.public_key.to_der()
    for certificate in certificates:
        if certificate.public_key.to_der() == public:
            return certificate
    raise KeyMismatchError(f"{_io.display_name(path)}: no certificate of this key is there or in --certificate")


@contextlib.contextmanager
def message_source(path: str) -> Iterator[IO[bytes]]:
    """Open a message: DER, BER, PEM or base64; what cannot be sought is copied first.

    :raises InvalidInputError: it is none of these, which is not worth looking at more leniently.
    """
    from gmpki.cms.pem_stream import decoded
    from gmpki.errors import InvalidInputError

    with _io.open_input(path) as file, decoded(file) as stream:
        begin = stream.read(1)
        if begin != b"\x30":
            came = "something that is none of these" if begin else "an empty file"
            raise InvalidInputError(f"{_io.display_name(path)}: expected a message as PEM, DER or base64; came {came}")
        stream.seek(-1, os.SEEK_CUR)
        yield stream


@contextlib.contextmanager
def created(output: str, *, pem: bool, force: bool) -> Iterator[Sink]:
    """Open the output for a message."""
    from gmpki.cms.pem_stream import PEMWriter

    with _io.create(output, force=force) as file:
        if not pem:
            yield file
            return
        with PEMWriter(file) as writer:
            yield writer


def shown_certificate(certificate: Certificate) -> dict[str, str]:
    """Return what stands for a certificate in answers."""
    return {"subject": show_name(certificate.subject), "serial_number": show_serial_number(certificate.serial_number)}
