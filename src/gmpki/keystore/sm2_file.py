"""CFCA's ".sm2" file: an SM2 key under a password, and its certificate.

The key that encrypts is one run of the key derivation function of SM2 over the password, with neither salt nor
iterations: whoever has such a file tries millions of passwords a second. Take the key out and keep it otherwise.

What is here agrees with one published implementation, whose sample of CFCA's opens [C].
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import as_bytes, member
from gmpki.algorithms import kdf, sm4
from gmpki.asn1.ber import ber_to_der
from gmpki.asn1.cfca import CFCAKeyFile
from gmpki.errors import DecryptionError, InvalidInputError, LimitExceeded, UnsupportedAlgorithm
from gmpki.keys import pem
from gmpki.keys.pbes2 import password_bytes
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.keystore._armour import unwrap
from gmpki.keystore.pkcs12 import KeyEntry
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["LABEL", "read_sm2_file", "write_sm2_file"]

LABEL: Final = "CFCA KEY"
"""The PEM label that the published implementation gives it [C]."""

_MAX_LEN: Final = 1 << 21
_SCALAR_LEN: Final = 32
_BLOCK_LEN: Final = 16


def read_sm2_file(data: Buffer, password: Buffer, *, lenient: bool = False) -> KeyEntry:
    """Read a file: base64, DER or PEM. That the key is the one of the certificate is the only proof that it is right.

    :param lenient: read a certificate that breaks rules of DER.
    :raises InvalidTypeError: when data or password is not a buffer.
    :raises InvalidInputError: when it is neither base64 nor DER, or the password is empty.
    :raises DecodeError: when it is malformed.
    :raises UnsupportedAlgorithm: when the key is encrypted with something else than SM4, or the public key in the
        certificate is not read.
    :raises DecryptionError: when the password is wrong, or key and certificate do not belong together.
    :raises LimitExceeded: when it is longer than 2 MiB.
    """
    raw, secret = as_bytes(data, "a .sm2 file"), _password(password)
    if len(raw) > _MAX_LEN:
        raise LimitExceeded(f"a .sm2 file of {len(raw)} bytes; at most {_MAX_LEN} are read")
    file = CFCAKeyFile.from_der(_encoded(raw))
    if file.algorithm not in (oids.SM4, oids.SM4_CBC):
        raise UnsupportedAlgorithm(f"the key is encrypted with {file.algorithm.name}; SM4 in CBC is read")
    certificate = Certificate.from_der(file.certificate, lenient=lenient)
    public_key = certificate.public_key
    key, iv = _key_and_iv(secret)
    scalar = sm4.decrypt(key, file.encrypted_key, sm4.Mode.CBC, iv, padding=sm4.Padding.PKCS7)
    # Zeros in front of the number are left out.
    if not 1 <= len(scalar) <= _SCALAR_LEN:
        raise DecryptionError
    try:
        private_key = SM2PrivateKey.from_bytes(scalar.rjust(_SCALAR_LEN, b"\x00"))
    except InvalidInputError:
        raise DecryptionError from None
    if private_key.public_key != public_key:
        raise DecryptionError
    return KeyEntry(private_key, certificate)


def write_sm2_file(entry: KeyEntry, password: Buffer) -> bytes:
    """Return a file for CFCA's software: base64 without line ends. See above how weak it is.

    :param entry: an SM2 key with its certificate; names are not kept.
    :param password: at least 1 byte.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the certificate is missing or the password empty.
    :raises UnsupportedAlgorithm: when it is no SM2 key.
    """
    member(entry, KeyEntry, "entry")
    if not isinstance(entry.private_key, SM2PrivateKey):
        raise UnsupportedAlgorithm(f"a .sm2 file holds an SM2 key, not one of class {type(entry.private_key).__name__}")
    if entry.certificate is None:
        raise InvalidInputError("a .sm2 file holds the certificate of the key too")
    key, iv = _key_and_iv(_password(password))
    scalar = entry.private_key.to_bytes()
    encrypted = sm4.encrypt(key, scalar, sm4.Mode.CBC, iv, padding=sm4.Padding.PKCS7)
    return base64.b64encode(CFCAKeyFile(oids.SM4, encrypted, entry.certificate.der).to_der())


def _password(password: Buffer) -> bytes:
    secret = password_bytes(password)
    if not secret:
        raise InvalidInputError("the password of a .sm2 file is not empty")
    return secret


def _encoded(raw: bytes) -> bytes:
    if pem.is_pem(raw):
        blocks = [block.data for block in pem.read_pem(raw) if block.label == LABEL]
        if len(blocks) != 1:
            raise InvalidInputError(f"the PEM file has {len(blocks)} blocks {LABEL!r}; one expected")
        return blocks[0]
    encoded, _ = unwrap(raw)
    if not encoded:
        raise InvalidInputError("expected a .sm2 file as base64 or DER")
    return ber_to_der(encoded, max_size=_MAX_LEN).der


def _key_and_iv(password: bytes) -> tuple[bytes, bytes]:
    derived = kdf.sm3_kdf(password, 2 * _BLOCK_LEN)
    return derived[_BLOCK_LEN:], derived[:_BLOCK_LEN]
