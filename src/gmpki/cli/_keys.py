"""Key files as the commands read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki.cli import _io

if TYPE_CHECKING:
    from gmpki.cli._secrets import SecretSource
    from gmpki.keys.loader import PrivateKey, PublicKey
    from gmpki.keys.sm2 import SM2PrivateKey, SM2PublicKey

__all__ = ["algorithm_name", "load_private", "password_prompt", "read_key_file", "read_private_key", "read_public_key"]

MAX_KEY_FILE_LEN = 1 << 20


def read_key_file(path: str) -> bytes:
    """Read a key file, which is small."""
    return _io.read_input(path, max_len=MAX_KEY_FILE_LEN)


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
    """Load an SM2 private key.

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
