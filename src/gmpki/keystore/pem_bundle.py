"""PEM files with several keys and certificates, the keys plain or under one password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.asn1.rfc5958 import EncryptedPrivateKeyInfo
from gmpki.errors import InvalidInputError, LimitExceeded
from gmpki.keys import pem
from gmpki.keys.key_file import KeyForm, private_keys_of, refuse_legacy_encryption
from gmpki.keys.loader import load_key_file, load_private_key
from gmpki.keystore import pbe
from gmpki.keystore.pkcs12 import MAX_KEYS
from gmpki.keystore.pkcs12_reader import decrypt_key
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from gmpki.algorithms.policy import AlgorithmPolicy
    from gmpki.keys.key_file import KeyFile
    from gmpki.keys.loader import PrivateKey
    from gmpki.keystore._unlocking import Unlocking

__all__ = ["load_key", "read_bundle"]

_CERTIFICATES: Final = ("CERTIFICATE", "X509 CERTIFICATE")
_MAX_CERTIFICATES: Final = 1024


def read_bundle(
    raw: bytes, unlocking: Unlocking, *, lenient: bool, policy: AlgorithmPolicy
) -> tuple[list[PrivateKey], list[Certificate], list[str]]:
    """Return the keys and certificates of a PEM file, and one line about each form that keys have.

    :raises InvalidInputError: when there is neither, or a password is missing.
    :raises LimitExceeded: for more than 64 keys or 1024 certificates, or too much work.
    :raises DecodeError: when it is malformed; more errors as :func:`load_key`.
    """
    blocks = pem.read_pem(raw)
    files = private_keys_of(blocks)
    encoded = [block.data for block in blocks if block.label in _CERTIFICATES]
    if len(files) > MAX_KEYS or len(encoded) > _MAX_CERTIFICATES:
        raise LimitExceeded(f"at most {MAX_KEYS} keys and {_MAX_CERTIFICATES} certificates are read from one file")
    if not files and not encoded:
        labels = ", ".join(repr(block.label) for block in blocks[:8])
        raise InvalidInputError(f"the PEM file has neither a private key nor a certificate; it has {labels}")
    certificates = [Certificate.from_der(one, lenient=lenient) for one in encoded]
    forms: dict[str, None] = {}
    keys = []
    for file in files:
        key, form = load_key(file, unlocking, policy=policy)
        keys.append(key)
        forms[form] = None
    return keys, certificates, list(forms)


def load_key(file: KeyFile, unlocking: Unlocking, *, policy: AlgorithmPolicy) -> tuple[PrivateKey, str]:
    """Load a private key that may be encrypted in any scheme, and tell its form.

    :raises InvalidInputError: when it is encrypted and there is no password.
    :raises DecryptionError: when the password is wrong.
    :raises UnsupportedAlgorithm: when the algorithm, the curve or the encryption is not read.
    :raises LimitExceeded: when it asks for too much work.
    :raises DecodeError: when it is malformed.
    :raises InvalidScalarError: when an SM2 key is outside [1, n-2].
    :raises KeyMismatchError: when the public key in the file is not that of the private key.
    :raises PolicyError: when the policy refuses the key.
    """
    refuse_legacy_encryption(file)
    if file.form is not KeyForm.PKCS8_ENCRYPTED:
        return load_key_file(file, policy=policy), file.form.value
    if not unlocking.is_given:
        raise InvalidInputError(f"the key is encrypted ({file}): give its password")
    encrypted = EncryptedPrivateKeyInfo.from_der(file.der)
    form = f"{file.form.value}, {pbe.describe(encrypted.algorithm)}"
    return load_private_key(decrypt_key(encrypted, unlocking), policy=policy), form
