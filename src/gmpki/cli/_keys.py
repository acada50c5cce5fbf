"""Key files as the commands read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gmpki.cli import _io
from gmpki.cli._token import is_token

if TYPE_CHECKING:
    from gmpki.cli._secrets import SecretSource
    from gmpki.keys.loader import PrivateKey, PublicKey
    from gmpki.keys.sm2 import SM2PrivateKey, SM2PublicKey

__all__ = [
    "PRIVATE",
    "algorithm_name",
    "load_private",
    "open_private_key",
    "password_prompt",
    "read_key_file",
    "read_private_key",
    "read_public_key",
]

MAX_KEY_FILE_LEN = 1 << 20
PRIVATE = "FILE|URI"  # what stands for a private key: a file, or the URI of a token


def read_key_file(path: str) -> bytes:
    """Read a key file, which is small.

    :raises click.UsageError: it is the URI of a token, where this needs a file.
    """
    if is_token(path):
        raise click.UsageError("this needs a key in a file: what is in a token does not come out")
    return _io.read_input(path, max_len=MAX_KEY_FILE_LEN)


def open_private_key(name: str, password: SecretSource, *, several: bool = False) -> PrivateKey:
    """Open a private key that signs: of any kind in a file, or in a token that a URI names.

    One in a token satisfies the same protocols, and its private number cannot be had.

    :param password: of the file when it is encrypted, or the PIN of the token.
    :param several: whether the command takes several keys, and has to say which is meant.
    """
    if is_token(name):
        from gmpki.cli._token_key import open_token_key

        key: PrivateKey = open_token_key(name, password, "signing").key
        return key
    return load_private(read_key_file(name), password, name if several else None)


def load_private(data: bytes, password: SecretSource, path: str | None = None) -> PrivateKey:
    """Load a private key of any kind; ask for its password only when it is encrypted.

    :param path: to say which key is meant, where a command takes several.
    """
    from gmpki.errors import DecryptionError
    from gmpki.keys.loader import is_encrypted, load_private_key

    if not is_encrypted(data):
        return load_private_key(data)
    secret = password.read(password_prompt(path))
    try:
        return load_private_key(data, secret)
    except DecryptionError as error:
        of = "" if path is None else f" in {_io.display_name(path)}"
        error.args = (f"the private key{of} cannot be decrypted: the password is wrong, or the file is damaged",)
        raise


def password_prompt(path: str | None) -> str:
    """Return what asks for the password of a private key, and says of which where a command takes several."""
    of = "" if path is None else f" {_io.display_name(path)}"
    return f"私钥口令 Password of the private key{of}"


def read_private_key(path: str, password: SecretSource) -> SM2PrivateKey:
    """Load an SM2 private key from a file.

    :raises KeyMismatchError: the file holds a key of another kind.
    """
    from gmpki.errors import KeyMismatchError
    from gmpki.keys.sm2 import SM2PrivateKey

    key = load_private(read_key_file(path), password)
    if not isinstance(key, SM2PrivateKey):
        raise KeyMismatchError(f"{_io.display_name(path)} holds no SM2 key but one of class {type(key).__name__}")
    return key


def read_public_key(path: str) -> SM2PublicKey:
    """Load an SM2 public key.

    :raises KeyMismatchError: the file holds a key of another kind.
    """
    from gmpki.errors import KeyMismatchError
    from gmpki.keys.loader import load_public_key
    from gmpki.keys.sm2 import SM2PublicKey

    key = load_public_key(read_key_file(path))
    if not isinstance(key, SM2PublicKey):
        raise KeyMismatchError(f"{_io.display_name(path)} holds no SM2 key but one of class {type(key).__name__}")
    return key


def algorithm_name(key: PublicKey) -> str:
    """Return a name such as "SM2", "RSA 2048", "ECDSA P-256" or "Ed25519"."""
    from gmpki.keys.sm2 import SM2PublicKey

    if isinstance(key, SM2PublicKey):
        return "SM2"
    from gmpki.keys.ecdsa import ECDSAPublicKey
    from gmpki.keys.rsa import RSAPublicKey

    if isinstance(key, RSAPublicKey):
        return f"RSA {key.bits}"
    return f"ECDSA {key.curve}" if isinstance(key, ECDSAPublicKey) else "Ed25519"
