"""Calls into ``cryptography``: its hashes by name, its exceptions as ours. It is imported when it is first needed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gmpki._inputs import as_bytes, as_text
from gmpki.errors import DecodeError, InvalidInputError, InvalidSignature, InvalidTypeError, UnsupportedAlgorithm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.hazmat.primitives.hashes import HashAlgorithm
    from typing_extensions import Buffer

__all__ = ["foreign", "hash_algorithm", "load_private_der", "load_public_der"]

_HASH_CLASSES = {
    "sm3": "SM3",
    "md5": "MD5",
    "sha1": "SHA1",
    "sha224": "SHA224",
    "sha256": "SHA256",
    "sha384": "SHA384",
    "sha512": "SHA512",
    "sha3_224": "SHA3_224",
    "sha3_256": "SHA3_256",
    "sha3_384": "SHA3_384",
    "sha3_512": "SHA3_512",
}

# ``cryptography`` answers with an InternalError, and a text about itself, where OpenSSL refuses a key in an
# unforeseen place, such as an Ed25519 key of 31 bytes.
_REFUSED = "OpenSSL refuses it"


def hash_algorithm(name: str) -> HashAlgorithm:
    """Return the hash of that name.

    :raises InvalidTypeError: when name is not ``str``.
    :raises UnsupportedAlgorithm: when there is none of that name.
    """
    from cryptography.hazmat.primitives import hashes

    if as_text(name, "hash_name") not in _HASH_CLASSES:
        raise UnsupportedAlgorithm(f"the hash must be one of {', '.join(_HASH_CLASSES)}, not {name!r}")
    algorithm: HashAlgorithm = getattr(hashes, _HASH_CLASSES[name])()
    return algorithm


@contextmanager
def foreign(what: str) -> Iterator[None]:
    """Turn the exceptions of ``cryptography`` inside a ``with`` block into ours; ``what`` names the operation."""
    from cryptography import exceptions

    try:
        yield
    except exceptions.InvalidSignature:
        raise InvalidSignature(f"{what}: the signature does not hold") from None
    except exceptions.UnsupportedAlgorithm as error:
        raise UnsupportedAlgorithm(f"{what}: {error}") from None
    except TypeError as error:
        raise InvalidTypeError(f"{what}: {error}") from None
    except (ValueError, OverflowError) as error:
        raise InvalidInputError(f"{what}: {error}") from None
    except exceptions.InternalError:
        raise InvalidInputError(f"{what}: {_REFUSED}") from None


def load_private_der(der: Buffer, kind: type, what: str) -> Any:
    """Return the private key of an unencrypted PKCS#8 structure.

    :raises DecodeError: when it holds no key, or one of another kind.
    :raises InvalidTypeError: when der is not a buffer.
    """
    from cryptography.exceptions import InternalError
    from cryptography.exceptions import UnsupportedAlgorithm as Unsupported
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    data = as_bytes(der, "der")
    try:
        key = load_der_private_key(data, None)
    except (ValueError, TypeError, Unsupported) as error:
        raise DecodeError(f"not {what} in DER: {error}") from None
    except InternalError:
        raise DecodeError(f"not {what} in DER: {_REFUSED}") from None
    if not isinstance(key, kind):
        raise DecodeError(f"expected {what}, found another kind of key")
    return key


def load_public_der(der: Buffer, kind: type, what: str) -> Any:
    """Return the public key of a SubjectPublicKeyInfo.

    :raises DecodeError: when it holds no key, or one of another kind.
    :raises InvalidTypeError: when der is not a buffer.
    """
    from cryptography.exceptions import InternalError
    from cryptography.exceptions import UnsupportedAlgorithm as Unsupported
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    data = as_bytes(der, "der")
    try:
        key = load_der_public_key(data)
    except (ValueError, Unsupported) as error:
        raise DecodeError(f"not {what} in DER: {error}") from None
    except InternalError:
        raise DecodeError(f"not {what} in DER: {_REFUSED}") from None
    if not isinstance(key, kind):
        raise DecodeError(f"expected {what}, found another kind of key")
    return key
