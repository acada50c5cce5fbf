"""The public keys of objects: from attributes to SubjectPublicKeyInfo, and the attributes that new pairs are asked for.

:standard: PKCS #11 2.40 current mechanisms 2.1.2, 2.3.3
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier, SubjectPublicKeyInfo
from gmpki.errors import DecodeError, InvalidInputError, TokenUnsupportedError
from gmpki.keys import ec_forms
from gmpki.tokens.interfaces import TokenKeyType
from gmpki.tokens.pkcs11.attributes import as_number
from gmpki.tokens.pkcs11.header import C

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gmpki.tokens.pkcs11.attributes import AttributeValue
    from gmpki.tokens.pkcs11.mechanism_map import MechanismMap

__all__ = ["key_type", "new_pair", "public_key_attributes", "public_key_info", "sm2_point_attributes"]

_COORDINATE_LEN: Final = 32
_UNCOMPRESSED: Final = 0x04
_RSA_KEY: Final = AlgorithmIdentifier(oids.RSA_ENCRYPTION, NULL)
_RSA_EXPONENT: Final = b"\x01\x00\x01"
_RSA_BITS: Final = {TokenKeyType.RSA_1024: 1024, TokenKeyType.RSA_2048: 2048}


def public_key_attributes(numbers: MechanismMap) -> tuple[int, ...]:
    """Return the attributes that :func:`public_key_info` reads."""
    own = tuple(numbers.attributes[name] for name in ("x", "y") if name in numbers.attributes)
    return (C.CKA_KEY_TYPE, C.CKA_MODULUS, C.CKA_PUBLIC_EXPONENT, C.CKA_EC_PARAMS, C.CKA_EC_POINT, *own)


def public_key_info(values: Mapping[int, bytes], numbers: MechanismMap) -> SubjectPublicKeyInfo | None:
    """Return the public key that an object's attributes tell; None where they do not, as of many private keys."""
    kind = as_number(values.get(C.CKA_KEY_TYPE))
    if kind == C.CKK_RSA:
        return _rsa(values.get(C.CKA_MODULUS), values.get(C.CKA_PUBLIC_EXPONENT))
    parameters, point = values.get(C.CKA_EC_PARAMS), _point(values.get(C.CKA_EC_POINT))
    # Whatever a module calls the type of its keys: the curve says what they are.
    if parameters == ec_forms.SM2_PARAMETERS or (kind is not None and kind == numbers.key_types.get("sm2")):
        point = _own_point(values, numbers) or point
        return None if point is None else ec_forms.sm2_public_info(point)
    if kind == C.CKK_EC and parameters and point:
        return SubjectPublicKeyInfo(AlgorithmIdentifier(oids.EC_PUBLIC_KEY, parameters), point)
    return None


def key_type(info: SubjectPublicKeyInfo) -> TokenKeyType:
    """Return what kind of key a public key is.

    :raises TokenUnsupportedError: when it is none of those that have a name, an RSA key of 3072 bits for instance.
    """
    try:
        if ec_forms.curve_of(info.algorithm, allow_explicit=True) == oids.SM2:
            return TokenKeyType.SM2
    except InvalidInputError:
        raise TokenUnsupportedError("the token has a key on a curve that it does not name") from None
    if info.algorithm.algorithm == oids.EC_PUBLIC_KEY:
        return TokenKeyType.EC
    bits = _rsa_bits(info)
    for named, size in _RSA_BITS.items():
        if bits == size:
            return named
    raise TokenUnsupportedError(f"an RSA key of {bits} bits; those of 1024 and 2048 have names here")


def new_pair(kind: TokenKeyType, numbers: MechanismMap) -> tuple[int, dict[int, AttributeValue]]:
    """Return the mechanism that makes a pair, and what the template of its public key says of the kind.

    :raises TokenUnsupportedError: for SM2 where the token has no mechanism for it.
    """
    if kind in _RSA_BITS:
        return C.CKM_RSA_PKCS_KEY_PAIR_GEN, {
            C.CKA_KEY_TYPE: C.CKK_RSA,
            C.CKA_MODULUS_BITS: _RSA_BITS[kind],
            C.CKA_PUBLIC_EXPONENT: _RSA_EXPONENT,
        }
    if kind is TokenKeyType.EC:
        parameters = ec_forms.encoded_curve(oids.P256)
        return C.CKM_EC_KEY_PAIR_GEN, {C.CKA_KEY_TYPE: C.CKK_EC, C.CKA_EC_PARAMS: parameters}
    mechanism = numbers.mechanisms.get("sm2-key-pair-gen")
    if mechanism is None:
        raise TokenUnsupportedError(f"the token makes no SM2 pairs, by the mechanism map {numbers.name!r}")
    attributes: dict[int, AttributeValue] = {C.CKA_KEY_TYPE: numbers.key_types.get("sm2", C.CKK_EC)}
    if not numbers.attributes:
        attributes[C.CKA_EC_PARAMS] = ec_forms.SM2_PARAMETERS
    return mechanism, attributes


def sm2_point_attributes(point: bytes, numbers: MechanismMap) -> dict[int, AttributeValue]:
    """Return what the template of a public key with this SM2 point says of it.

    :param point: 65 bytes: 04, x, y.
    """
    own = numbers.attributes
    if own:
        x, y = point[1 : 1 + _COORDINATE_LEN], point[1 + _COORDINATE_LEN :]
        return {own["x"]: x, own["y"]: y, own["bits"]: 8 * _COORDINATE_LEN}
    return {C.CKA_EC_PARAMS: ec_forms.SM2_PARAMETERS, C.CKA_EC_POINT: der.encode_octet_string(point)}


def _rsa(modulus: bytes | None, exponent: bytes | None) -> SubjectPublicKeyInfo | None:
    if not modulus or not exponent:
        return None
    integers = (der.encode_integer(int.from_bytes(value, "big")) for value in (modulus, exponent))
    return SubjectPublicKeyInfo(_RSA_KEY, der.encode_sequence(*integers))


def _rsa_bits(info: SubjectPublicKeyInfo) -> int:
    try:
        reader = der.Reader(info.subject_public_key)
        with reader.sequence("RSAPublicKey") as fields:
            modulus = fields.integer("modulus", minimum=1)
            fields.integer("publicExponent", minimum=1)
        reader.end()
    except DecodeError:
        raise TokenUnsupportedError("the token has a key of a kind that has no name here") from None
    return modulus.bit_length()


def _point(value: bytes | None) -> bytes | None:
    """Return a point as certificates have it; the standard wraps it in an OCTET STRING, some modules do not."""
    if not value:
        return None
    try:
        reader = der.Reader(value)
        point = reader.octet_string()
        reader.end()
    except DecodeError:
        # Without the 04 in front too: x, y alone.
        return value if len(value) % 2 else bytes((_UNCOMPRESSED,)) + value
    return point


def _own_point(values: Mapping[int, bytes], numbers: MechanismMap) -> bytes | None:
    coordinates = [values.get(numbers.attributes[name], b"") for name in ("x", "y") if numbers.attributes]
    # Right-aligned where a field is wider, as in the structures of GM/T 0016.
    if not coordinates or any(len(value) < _COORDINATE_LEN or any(value[:-_COORDINATE_LEN]) for value in coordinates):
        return None
    return bytes((_UNCOMPRESSED,)) + b"".join(value[-_COORDINATE_LEN:] for value in coordinates)
