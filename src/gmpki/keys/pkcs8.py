"""PKCS #8 files: a private key of any algorithm, plain or under a password, as DER or PEM.

:standard: RFC 5958; RFC 7468 10 and 11
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.asn1.rfc5958 import EncryptedPrivateKeyInfo, PrivateKeyInfo
from gmpki.errors import DecodeError, DecryptionError
from gmpki.keys import pbes2
from gmpki.keys.pem import write_pem

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.keys.pbes2 import EncryptionProfile

__all__ = ["ENCRYPTED_LABEL", "PLAIN_LABEL", "decode_encrypted", "encode", "encode_pem"]

PLAIN_LABEL: Final = "PRIVATE KEY"
ENCRYPTED_LABEL: Final = "ENCRYPTED PRIVATE KEY"


def encode(info: PrivateKeyInfo, password: Buffer | None, profile: EncryptionProfile, iterations: int) -> bytes:
    """Return the DER of a private key, encrypted unless password is None; errors as :func:`pbes2.encrypt`."""
    plain = info.to_der()
    if password is None:
        return plain
    algorithm, ciphertext = pbes2.encrypt(plain, password, profile=profile, iterations=iterations)
    return EncryptedPrivateKeyInfo(algorithm, ciphertext).to_der()


def encode_pem(info: PrivateKeyInfo, password: Buffer | None, profile: EncryptionProfile, iterations: int) -> bytes:
    """Return the same as PEM."""
    label = PLAIN_LABEL if password is None else ENCRYPTED_LABEL
    return write_pem(label, encode(info, password, profile, iterations))


def decode_encrypted(data: bytes, password: Buffer, *, max_iterations: int) -> PrivateKeyInfo:
    """Decrypt the DER of EncryptedPrivateKeyInfo; errors as :func:`pbes2.decrypt`.

    :raises DecryptionError: also when what comes out is no private key, as with a wrong password that by chance left
        the padding right.
    """
    encrypted = EncryptedPrivateKeyInfo.from_der(data)
    plain = pbes2.decrypt(encrypted.algorithm, encrypted.encrypted_data, password, max_iterations=max_iterations)
    try:
        return PrivateKeyInfo.from_der(plain)
    except DecodeError:
        raise DecryptionError from None
