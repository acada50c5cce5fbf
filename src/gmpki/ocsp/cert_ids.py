"""Which certificate is meant: CertIDs made and compared.

The hashes in a CertID only name an issuer; nothing is signed with them, so SHA-1 is as good as any here.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import as_text, member
from gmpki.algorithms import sm3
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier, Name, SubjectPublicKeyInfo
from gmpki.asn1.rfc6960 import CertID
from gmpki.errors import InvalidTypeError, UnsupportedAlgorithm
from gmpki.x509.certificate_builder import key_identifier

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.oids import ObjectIdentifier
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.named_key import NamedKey

__all__ = ["HASH_NAMES", "cert_id", "demand_issuer", "hash_name_of", "identifies", "key_hash", "usual_hash_name"]


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


# SM3 without parameters, as everywhere; the SHA family with NULL, as RFC 5754 2 lets both and most clients write it.
_HASHES: Final[dict[str, tuple[AlgorithmIdentifier, Callable[[bytes], bytes]]]] = {
    "sm3": (AlgorithmIdentifier(oids.SM3), sm3.digest),
    "sha1": (AlgorithmIdentifier(oids.SHA1, NULL), _sha1),
    "sha256": (AlgorithmIdentifier(oids.SHA256, NULL), lambda data: hashlib.sha256(data).digest()),
    "sha384": (AlgorithmIdentifier(oids.SHA384, NULL), lambda data: hashlib.sha384(data).digest()),
    "sha512": (AlgorithmIdentifier(oids.SHA512, NULL), lambda data: hashlib.sha512(data).digest()),
}
HASH_NAMES: Final = tuple(_HASHES)
"""The hashes that CertIDs are made and understood with, as ``hashlib`` names them."""

_NAMES: Final[dict[ObjectIdentifier, str]] = {algorithm.algorithm: name for name, (algorithm, _) in _HASHES.items()} | {
    oids.SM3_HASH: "sm3"
}


def cert_id(certificate: Certificate | int, issuer: NamedKey, hash_name: str = "sm3") -> CertID:
    """Return the CertID of a certificate.

    :param certificate: the certificate, whose issuer field is hashed, or its serial number alone.
    :param issuer: whose key issued it: the issuer's certificate or a trust anchor.
    :param hash_name: one of :data:`HASH_NAMES`.
    :raises InvalidTypeError: when certificate is neither, issuer is none, or hash_name no ``str``.
    :raises UnsupportedAlgorithm: when there is no such hash.
    :standard: RFC 6960 4.1.1
    """
    if as_text(hash_name, "hash_name") not in _HASHES:
        raise UnsupportedAlgorithm(f"CertIDs are made with {', '.join(HASH_NAMES)}, not with {hash_name!r}")
    name, serial_number = _name_and_number(certificate, issuer)
    name_hash, key_hashed = _hashes(hash_name, name.to_der(), issuer.public_key_info.subject_public_key)
    return CertID(_HASHES[hash_name][0], name_hash, key_hashed, serial_number)


# A responder is asked about one issuer all day.
@lru_cache(maxsize=256)
def _hashes(hash_name: str, name: bytes, key: bytes) -> tuple[bytes, bytes]:
    """Return the hashes of an issuer's name and key."""
    digest = _HASHES[hash_name][1]
    return digest(name), digest(key)


def demand_issuer(issuer: NamedKey) -> None:
    """Check that somebody has a name and a key, without loading the key.

    :raises InvalidTypeError: when it is no :class:`~gmpki.x509.named_key.NamedKey`.
    """
    name, key = getattr(issuer, "subject", None), getattr(issuer, "public_key_info", None)
    if not isinstance(name, Name) or not isinstance(key, SubjectPublicKeyInfo):
        raise InvalidTypeError(f"an issuer is a certificate or a trust anchor, not {type(issuer).__name__}")


def _name_and_number(certificate: Certificate | int, issuer: NamedKey) -> tuple[Name, int]:
    demand_issuer(issuer)
    if type(certificate) is int:
        return issuer.subject, certificate
    name, serial_number = getattr(certificate, "issuer", None), getattr(certificate, "serial_number", None)
    if not isinstance(name, Name) or not isinstance(serial_number, int):
        raise InvalidTypeError(f"a CertID is made of a certificate or an int, not of {type(certificate).__name__}")
    return name, serial_number


def hash_name_of(identifier: CertID) -> str | None:
    """Return the name of the hash of a CertID, None for one that is not in :data:`HASH_NAMES`.

    :raises InvalidTypeError: when it is no :class:`~gmpki.asn1.rfc6960.CertID`.
    """
    member(identifier, CertID, "identifier")
    if not identifier.hash_algorithm.has_no_parameters:
        return None
    return _NAMES.get(identifier.hash_algorithm.algorithm)


def identifies(identifier: CertID, certificate: Certificate | int, issuer: NamedKey) -> bool:
    """Tell whether a CertID names a certificate: serial number, hash of the issuer's name and hash of its key agree.

    :param certificate: the certificate, or its serial number alone.
    :raises InvalidTypeError: when certificate is neither, or another input has the wrong type.
    """
    name, serial_number = _name_and_number(certificate, issuer)
    hash_name = hash_name_of(identifier)
    if identifier.serial_number != serial_number or hash_name is None:
        return False
    expected = _hashes(hash_name, name.to_der(), issuer.public_key_info.subject_public_key)
    return (identifier.issuer_name_hash, identifier.issuer_key_hash) == expected


def usual_hash_name(issuer: NamedKey) -> str:
    """Return the hash that responders of an issuer most likely understand: SM3 for SM2 keys, SHA-1 for others.

    SHA-1 is what RFC 5019 2.1.1 asks of clients.

    :raises InvalidTypeError: when issuer is none.
    """
    demand_issuer(issuer)
    algorithm = issuer.public_key_info.algorithm
    return "sm3" if oids.SM2 in (algorithm.algorithm, algorithm.parameters_oid) else "sha1"


def key_hash(key: NamedKey) -> bytes:
    """Return the hash that identifies a responder by its key: SHA-1 of the subjectPublicKey, 20 bytes.

    :raises InvalidTypeError: when key is no certificate or trust anchor.
    :standard: RFC 6960 4.2.1 (KeyHash)
    """
    demand_issuer(key)
    return key_identifier(key.public_key_info)
