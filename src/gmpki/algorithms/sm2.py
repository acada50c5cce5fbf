"""SM2: keys, digests, signatures, encryption, key exchange, each in the file of its part of the standard.

Numbers and points are bytes, big endian and of fixed width: 32 for a number, 64 for a point (x, then y).

:standard: GB/T 32918.1-5; GB/T 35276-2017
"""

from __future__ import annotations

from gmpki.algorithms.sm2_batch import (
    generate_batch,
    sign_batch,
    sign_digest_batch,
    verify_batch,
    verify_digest_batch,
)
from gmpki.algorithms.sm2_encrypt import (
    MAX_PLAINTEXT_LEN,
    CiphertextFormat,
    decrypt,
    encrypt,
)
from gmpki.algorithms.sm2_exchange import MAX_SHARED_KEY_LEN, Role, ecdh, exchange
from gmpki.algorithms.sm2_keys import SCALAR_LEN, CurvePoint, PointFormat, PrivateScalar
from gmpki.algorithms.sm2_sign import (
    DEFAULT_USER_ID,
    DIGEST_LEN,
    MAX_USER_ID_LEN,
    SIGNATURE_LEN,
    MessageDigest,
    SignatureEncoding,
    digest,
    parse_signature,
    sign,
    sign_digest,
    signature_from_der,
    signature_to_der,
    verify,
    verify_digest,
    za,
)

__all__ = [
    "DEFAULT_USER_ID",
    "DIGEST_LEN",
    "MAX_PLAINTEXT_LEN",
    "MAX_SHARED_KEY_LEN",
    "MAX_USER_ID_LEN",
    "SCALAR_LEN",
    "SIGNATURE_LEN",
    "CiphertextFormat",
    "CurvePoint",
    "MessageDigest",
    "PointFormat",
    "PrivateScalar",
    "Role",
    "SignatureEncoding",
    "decrypt",
    "digest",
    "ecdh",
    "encrypt",
    "exchange",
    "generate_batch",
    "parse_signature",
    "sign",
    "sign_batch",
    "sign_digest",
    "sign_digest_batch",
    "signature_from_der",
    "signature_to_der",
    "verify",
    "verify_batch",
    "verify_digest",
    "verify_digest_batch",
    "za",
]
