"""SM2 keys as SubjectPublicKeyInfo, PKCS #8 and SEC 1 have them: numbers and points in, structures out, and back.

:standard: GM/T 0009-2012 7.1 and GB/T 35276-2017 7.1 (keys); RFC 5480 (SubjectPublicKeyInfo); RFC 5915 (SEC 1 form)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, SubjectPublicKeyInfo
from gmpki.asn1.rfc5915 import ECPrivateKey
from gmpki.asn1.rfc5958 import PrivateKeyInfo
from gmpki.asn1.sec1 import SpecifiedECDomain
from gmpki.errors import DecodeError, InvalidInputError, PolicyError, UnsupportedAlgorithm

if TYPE_CHECKING:
    from gmpki.oids import ObjectIdentifier

__all__ = [
    "SM2_KEY",
    "SM2_KEY_SYNONYMS",
    "SM2_PARAMETERS",
    "curve_of",
    "encoded_curve",
    "named_curve",
    "scalar_bytes",
    "sm2_private_info",
    "sm2_public_info",
]

SCALAR_LEN: Final = 32
SM2_PARAMETERS: Final = der.encode_oid(oids.SM2)
SM2_KEY: Final = AlgorithmIdentifier(oids.EC_PUBLIC_KEY, SM2_PARAMETERS)

# sm2p256v1 (GB/T 32918.5-2017 clause 2), to compare explicit parameters with.
_P: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_B: Final = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_N: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_GX: Final = bytes.fromhex("32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7")
_GY: Final = bytes.fromhex("BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0")
# Gy is even, so 02 is the form of the compressed generator.
_BASES: Final = (b"\x04" + _GX + _GY, b"\x02" + _GX)

# Algorithm identifiers under which SM2 keys are met in place of id-ecPublicKey, then with no parameters or the curve.
SM2_KEY_SYNONYMS: Final = (oids.SM2, oids.SM2_SIGN, oids.SM2_ENCRYPT)


def named_curve(parameters: bytes, *, allow_explicit: bool) -> ObjectIdentifier:
    """Return the name of the curve in the DER of ECParameters.

    :param allow_explicit: take parameters written out in full when every value is that of sm2p256v1.
    :raises PolicyError: when they are written out and allow_explicit is False.
    :raises UnsupportedAlgorithm: when they are written out and of another curve.
    :raises DecodeError: when they are neither.
    """
    reader = der.Reader(parameters, name="ECParameters")
    if reader.next_is(der.Tag.OID):
        curve = reader.oid()
        reader.end()
        return curve
    if not reader.next_is(der.Tag.SEQUENCE):
        raise DecodeError("the key does not say which curve it is on")
    if not allow_explicit:
        raise PolicyError(
            "the key has its curve parameters written out instead of the curve's name; "
            "allow_explicit_curve=True accepts those of sm2p256v1"
        )
    domain = SpecifiedECDomain.from_der(parameters)
    wanted = {
        "prime": domain.prime == _P,
        "a": int.from_bytes(domain.a, "big") == _P - 3,
        "b": int.from_bytes(domain.b, "big") == _B,
        "base": domain.base in _BASES,
        "order": domain.order == _N,
        "cofactor": domain.cofactor in (None, 1),
    }
    different = [name for name, same in wanted.items() if not same]
    if different:
        raise UnsupportedAlgorithm(f"the explicit curve parameters are not sm2p256v1: {', '.join(different)} differ")
    return oids.SM2


def curve_of(algorithm: AlgorithmIdentifier, *, allow_explicit: bool) -> ObjectIdentifier | None:
    """Return the curve of an elliptic-curve key's algorithm identifier, or None when it is no such key.

    :raises PolicyError: see :func:`named_curve`.
    :raises UnsupportedAlgorithm: see :func:`named_curve`.
    :raises DecodeError: when the curve is not said.
    """
    if algorithm.algorithm in SM2_KEY_SYNONYMS and algorithm.has_no_parameters:
        return oids.SM2
    if algorithm.algorithm != oids.EC_PUBLIC_KEY and algorithm.algorithm not in SM2_KEY_SYNONYMS:
        return None
    if algorithm.has_no_parameters or algorithm.parameters is None:
        raise DecodeError("the key does not say which curve it is on")
    return named_curve(algorithm.parameters, allow_explicit=allow_explicit)


def encoded_curve(curve: ObjectIdentifier) -> bytes:
    """Return the DER of a curve's name."""
    return der.encode_oid(curve)


def scalar_bytes(private_key: bytes) -> bytes:
    """Return the 32 bytes of a scalar as files have it.

    The standard has 32 bytes; writers that drop leading zeros, or put one in front, exist and are understood.

    :raises InvalidInputError: when it is longer.
    """
    significant = private_key.lstrip(b"\x00")
    if not private_key or len(private_key) > SCALAR_LEN + 1 or len(significant) > SCALAR_LEN:
        raise InvalidInputError(f"an SM2 private key has {SCALAR_LEN} bytes, this one has {len(private_key)}")
    return significant.rjust(SCALAR_LEN, b"\x00")


def sm2_public_info(point: bytes) -> SubjectPublicKeyInfo:
    """Return the SubjectPublicKeyInfo of a point of 65 bytes."""
    return SubjectPublicKeyInfo(SM2_KEY, point)


def sm2_private_info(scalar: bytes, point: bytes) -> PrivateKeyInfo:
    """Return the PKCS #8 structure of a scalar of 32 bytes and its point of 65.

    The curve stands once, outside, as other implementations have it; the public key stands inside.
    """
    return PrivateKeyInfo(SM2_KEY, ECPrivateKey(scalar, None, point).to_der())
