"""Signed messages between an authority and a key-management centre: who speaks, signing, verifying.

Each side is known to the other by its certificate, configured beforehand. The signature is over the DER of ksRequest or
ksRespond, with SM2 as DER inside the OCTET STRING.

:standard: GM/T 0014, whose text was not read (confidence B)
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import member
from gmpki.algorithms import sm3
from gmpki.asn1 import der
from gmpki.asn1.gmt0014 import CARequest, EntName, KMRespond
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, GeneralName, GeneralNameKind
from gmpki.cms.signer_spec import SignerSpec
from gmpki.errors import InvalidSignature, KeyMismatchError, UnsupportedAlgorithm
from gmpki.keys.interfaces import Signer
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from datetime import datetime

    from gmpki.asn1.gmt0014 import KSRequest, KSRespond

__all__ = [
    "MAX_MESSAGE_LEN",
    "MEDIA_TYPE",
    "ErrorNumber",
    "Party",
    "entity_name",
    "is_fresh",
    "key_type",
    "kind_of",
    "sign_request",
    "sign_respond",
    "verify_signed",
]

MAX_MESSAGE_LEN: Final = 4 << 20
"""The longest message taken, in bytes."""
MEDIA_TYPE: Final = "application/octet-stream"
"""No other is known for these messages."""
_SM3: Final = AlgorithmIdentifier(oids.SM3)
_SM2_BITS: Final = 256
_SM2_KEY: Final = AlgorithmIdentifier(oids.SM2)
_SM2_CURVE: Final = der.encode_oid(oids.SM2)


class ErrorNumber(IntEnum):
    """Why a centre refuses. These numbers are of gmpki: those of the standard were not read."""

    MALFORMED = 1
    UNKNOWN_AUTHORITY = 2
    SIGNATURE = 3
    TIME = 4
    TASK_REUSED = 5
    NOT_FOUND = 6
    UNSUPPORTED = 7
    CONFLICT = 8
    POOL_EMPTY = 9
    INTERNAL = 99


class Party:
    """One side of the conversation: its private key and its certificate. Immutable; as thread-safe as the key.

    :raises InvalidTypeError: when an argument has the wrong type.
    :raises KeyMismatchError: when the key is not that of the certificate.
    """

    __slots__ = ("certificate", "signer")

    def __init__(self, signer: Signer, certificate: Certificate) -> None:
        member(signer, Signer, "signer")
        member(certificate, Certificate, "certificate")
        if signer.public_key.to_der() != certificate.public_key.to_der():
            raise KeyMismatchError("the private key is not that of the certificate")
        self.signer = signer
        self.certificate = certificate

    @property
    def name(self) -> EntName:
        """How the messages name it."""
        return entity_name(self.certificate)

    @property
    def spec(self) -> SignerSpec:
        """How it signs private keys."""
        return SignerSpec(self.signer, self.certificate, attributes=False)


def entity_name(certificate: Certificate) -> EntName:
    """Return how messages name the holder of a certificate.

    :standard: GM/T 0014 [B]; what the digest of the key is over is not known for certain [D]
    """
    name = GeneralName(GeneralNameKind.DIRECTORY_NAME, certificate.subject)
    return EntName(_SM3, name, sm3.digest(certificate.public_key_info.to_der()), certificate.serial_number)


def sign_request(request: KSRequest, party: Party) -> bytes:
    """Return the DER of a signed request; errors are those of the signer."""
    content = request.to_der()
    return CARequest(content, party.signer.signature_algorithm, party.signer.sign(content)).to_der()


def sign_respond(respond: KSRespond, party: Party) -> bytes:
    """Return the DER of a signed answer; errors are those of the signer."""
    content = respond.to_der()
    return KMRespond(content, party.signer.signature_algorithm, party.signer.sign(content)).to_der()


def verify_signed(message: CARequest | KMRespond, certificate: Certificate) -> None:
    """Verify the signature of a message.

    :raises InvalidSignature: when it does not hold, or is of another algorithm than the key of the certificate has.
    """
    key = certificate.public_key
    if message.signature_algorithm.algorithm != key.signature_algorithm.algorithm:
        raise InvalidSignature(f"a signature of {message.signature_algorithm.shown}, which is not that of the key")
    key.verify(message.signature, message.content)


def is_fresh(at: datetime, now: datetime, window_s: int) -> bool:
    """Tell whether a message was made within so many seconds of now, before or after.

    :param at: when it was made.
    :param window_s: in seconds.
    """
    return abs((now - at).total_seconds()) <= window_s


def key_type(kind: str) -> tuple[AlgorithmIdentifier, int]:
    """Return how messages call a kind of key, and its length in bits.

    :param kind: "SM2", or "RSA" with its length in bits.
    """
    if kind == "SM2":
        return _SM2_KEY, _SM2_BITS
    return AlgorithmIdentifier(oids.RSA_ENCRYPTION), int(kind[4:])


def kind_of(algorithm: AlgorithmIdentifier, key_len: int) -> str:
    """Return the kind of key that a message asks for.

    An SM2 key is called by the curve alone, or as in SubjectPublicKeyInfo with the curve as parameters; which of them
    the standard has is not known.

    :raises UnsupportedAlgorithm: when it is none that is kept.
    """
    is_sm2 = algorithm.algorithm == oids.SM2 or (
        algorithm.algorithm == oids.EC_PUBLIC_KEY and algorithm.parameters == _SM2_CURVE
    )
    if is_sm2 and key_len == _SM2_BITS:
        return "SM2"
    if algorithm.algorithm == oids.RSA_ENCRYPTION and key_len in (2048, 3072, 4096):
        return f"RSA-{key_len}"
    raise UnsupportedAlgorithm(f"no keys of {algorithm.shown} with {key_len} bits are kept")
