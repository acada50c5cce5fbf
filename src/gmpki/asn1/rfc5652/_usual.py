"""The short way through signed messages of the usual shape: one digest algorithm, a content of octets or none, signers
named by issuer and serial number, attributes with one value each.

It takes apart what is strict DER of that shape and draws no remark, and says None to everything else. Then the reader
goes its long way, field by field, and finds the error, the quirk, or the message of another shape. Whatever is decoded
here is decoded by the same functions as there.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from gmpki.asn1 import _content, der
from gmpki.asn1._content import ContentError
from gmpki.asn1.rfc5280 import algorithm
from gmpki.asn1.rfc5280._usual import MAX_REMEMBERED, split
from gmpki.asn1.rfc5280.ext_names import Attribute
from gmpki.errors import DecodeError

if TYPE_CHECKING:
    from gmpki.asn1.rfc5280.algorithm import AlgorithmIdentifier
    from gmpki.oids import ObjectIdentifier

__all__ = ["UsualMessage", "UsualSigner", "algorithms_cached", "read_usual", "read_usual_signer"]

_SEQUENCE: Final = der.Tag.SEQUENCE
_OCTET_STRING: Final = der.Tag.OCTET_STRING
_VERSION_1: Final = der.encode_integer(1)
_SIGNED: Final = der.Tag.context(0, constructed=True)
# The contents of these are looked at by who gives them a meaning, not when the element is stepped over.
_UNCHECKED: Final = frozenset((der.Tag.OCTET_STRING, der.Tag.UTC_TIME, der.Tag.GENERALIZED_TIME, der.Tag.UTF8_STRING))
_MOST_ATTRIBUTES: Final = 16
# Of certificates, of revocation lists, and of signers.
_MOST_ELEMENTS: Final = 64
_VERSION_3: Final = der.encode_integer(3)
_CONTENT: Final = der.Tag.context(0, constructed=True)
_CERTIFICATES: Final = der.Tag.context(0, constructed=True)
_CRLS: Final = der.Tag.context(1, constructed=True)


class UsualMessage(NamedTuple):
    """The fields of a SignedData of the usual shape, of version 1 or 3."""

    version: int
    digest_algorithms: tuple[AlgorithmIdentifier, ...]
    content_type: ObjectIdentifier
    content: bytes | None
    certificates: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    signers: tuple[UsualSigner, ...]


class UsualSigner(NamedTuple):
    """The fields of a SignerInfo of the usual shape, of version 1.

    :ivar identifier: a SEQUENCE that has not been looked into, short enough to be remembered.
    """

    identifier: bytes
    digest_algorithm: AlgorithmIdentifier
    signed_octets: bytes | None
    signed: tuple[Attribute, ...]
    signature_algorithm: AlgorithmIdentifier
    signature: bytes


def read_usual(element: bytes) -> UsualMessage | None:
    """Take a SignedData apart, if it has the usual shape.

    :param element: one SEQUENCE whose header has been checked.
    """
    parts = split(element)
    if parts is None or len(parts) < 4 or parts[0] not in (_VERSION_1, _VERSION_3) or parts[1][0] != der.Tag.SET:
        return None
    certificates: tuple[bytes, ...] | None = ()
    crls: tuple[bytes, ...] | None = ()
    at = 3
    if parts[at][0] == _CERTIFICATES:
        certificates = _set_of(parts[at])
        at += 1
    if at < len(parts) and parts[at][0] == _CRLS:
        crls = _set_of(parts[at])
        at += 1
    if certificates is None or crls is None or at != len(parts) - 1 or parts[at][0] != der.Tag.SET:
        return None
    signers = []
    for signer in _set_of(parts[at]) or ():
        found = read_usual_signer(signer)
        if found is None:
            return None
        signers.append(found)
    encapsulated = _content_of(parts[2])
    if encapsulated is None or not signers or len(parts[1]) > MAX_REMEMBERED:
        return None
    try:
        algorithms = algorithms_cached(parts[1])
    except DecodeError:
        return None
    return UsualMessage(parts[0][2], algorithms, *encapsulated, certificates, crls, tuple(signers))


def _set_of(element: bytes) -> tuple[bytes, ...] | None:
    """Return the elements of a set, which are sorted SEQUENCEs."""
    elements = split(element)
    if not elements or len(elements) > _MOST_ELEMENTS:
        return None
    previous = b""
    for inner in elements:
        if inner[0] != _SEQUENCE or inner < previous:
            return None
        previous = inner
    return tuple(elements)


def _content_of(element: bytes) -> tuple[ObjectIdentifier, bytes | None] | None:
    """Return the type of an EncapsulatedContentInfo, and what its OCTET STRING holds."""
    parts = split(element)
    if element[0] != _SEQUENCE or not parts or len(parts) > 2 or parts[0][0] != der.Tag.OID or parts[0][1] >= 0x80:
        return None
    content = None
    if len(parts) == 2:
        inner = split(parts[1])
        if parts[1][0] != _CONTENT or inner is None or len(inner) != 1 or inner[0][0] != der.Tag.OCTET_STRING:
            return None
        content = inner[0][_start(inner[0]) :]
    try:
        return _content.decode_oid(parts[0][2:]), content
    except ContentError:
        return None


def read_usual_signer(element: bytes) -> UsualSigner | None:
    """Take a SignerInfo without unsigned attributes apart, if it has the usual shape.

    :param element: one SEQUENCE whose header has been checked.
    """
    parts = split(element)
    if parts is None or len(parts) not in (5, 6) or parts[0] != _VERSION_1:
        return None
    sid, digest, signature_algorithm, signature = parts[1], parts[2], parts[-2], parts[-1]
    if signature[0] != _OCTET_STRING:
        return None
    for part in (sid, digest, signature_algorithm):
        if part[0] != _SEQUENCE or len(part) > MAX_REMEMBERED:
            return None
    octets = None
    signed: tuple[Attribute, ...] = ()
    if len(parts) == 6:
        octets = parts[3][_start(parts[3]) :]
        signed = (_attributes(octets) or ()) if parts[3][0] == _SIGNED else ()
        if not signed:
            return None
    try:
        hashed, signing = algorithm.read_cached(digest), algorithm.read_cached(signature_algorithm)
    except DecodeError:
        return None
    if hashed.has_unwanted_null or signing.has_unwanted_null:
        return None
    return UsualSigner(sid, hashed, octets, signed, signing, signature[_start(signature) :])


def _start(element: bytes) -> int:
    """Return where the contents of an element start whose header has been checked."""
    length = element[1]
    return 2 if length < 0x80 else 2 + (length & 0x7F)


def _attributes(octets: bytes) -> tuple[Attribute, ...] | None:
    """Take the contents octets of a set of attributes apart: sorted, no type twice, one short value each."""
    pos = 0
    end = len(octets)
    previous = b""
    found: list[Attribute] = []
    seen = set()
    while pos < end:
        if end - pos < 2 or octets[pos + 1] >= 0x80 or len(found) == _MOST_ATTRIBUTES:
            return None
        stop = pos + 2 + octets[pos + 1]
        element = octets[pos:stop]
        attribute = _attribute(element) if stop <= end and element >= previous else None
        if attribute is None or attribute.type in seen:
            return None
        seen.add(attribute.type)
        found.append(attribute)
        previous = element
        pos = stop
    return tuple(found)


def _attribute(element: bytes) -> Attribute | None:
    """Take an attribute apart; the length of the whole has been checked."""
    size = len(element)
    if size < 8 or element[0] != _SEQUENCE or element[2] != der.Tag.OID:
        return None
    values = 4 + element[3]
    if values + 4 > size or element[values] != der.Tag.SET or element[values + 1] != size - values - 2:
        return None
    value = element[values + 2 :]
    if value[1] != len(value) - 2:
        return None
    try:
        if value[0] == der.Tag.OID:
            _content.decode_oid(value[2:])
        elif value[0] not in _UNCHECKED:
            return None
        return Attribute(_content.decode_oid(element[4:values]), (value,))
    except ContentError:
        return None


@lru_cache(maxsize=64)
def algorithms_cached(encoded: bytes) -> tuple[AlgorithmIdentifier, ...]:
    """Decode exactly a SET OF one AlgorithmIdentifier about which there is nothing to remark, and remember it.

    :raises DecodeError: when it is anything else.
    """
    parts = split(encoded)
    if parts is None or len(parts) != 1:
        raise DecodeError("not one algorithm")
    found = algorithm.read_cached(parts[0])
    if found.has_unwanted_null:
        raise DecodeError("there is something to remark")
    return (found,)
