"""Signed attributes: those that every signer has, written and judged.

A signer with signed attributes signs their encoding and nothing else. What ties the signature to the content are two
of them, contentType and messageDigest; a message in which they are missing, doubled or of another form is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import iterated, member, utc
from gmpki.asn1 import der
from gmpki.asn1.quirks import QuirkLog
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.asn1.rfc5652 import Attribute, signing_attributes
from gmpki.errors import DecodeError, InvalidInputError, MessageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.asn1.rfc5652 import SignerInfo
    from gmpki.oids import ObjectIdentifier

__all__ = [
    "MAX_ATTRIBUTES",
    "ReadAttributes",
    "build_signed",
    "check_algorithm_protection",
    "check_extra",
    "message_digest_attribute",
    "read_signed",
    "signing_time_attribute",
]

MAX_ATTRIBUTES: Final = 64
"""The most attributes that a signer has: each of them is looked at."""

# Who signs does not choose these himself, and two of them are made of the signature.
_OWN: Final = frozenset((oids.CONTENT_TYPE, oids.MESSAGE_DIGEST, oids.SIGNING_TIME))
_UNSIGNED_ONLY: Final = frozenset((oids.COUNTERSIGNATURE, oids.TIME_STAMP_TOKEN))
_LONG: Final = 0x80  # the length from which on a header has more than two octets
_PROTECTED_SIGNATURE: Final = der.Tag.context(1, constructed=True)
_SINGLE: Final = frozenset((oids.CONTENT_TYPE, oids.MESSAGE_DIGEST, oids.SIGNING_TIME))


@lru_cache(maxsize=64)
def content_type_attribute(content_type: str) -> bytes:
    """Encode the contentType attribute (RFC 5652 11.1)."""
    return signing_attributes(content_type, b"")[0].to_der()


@lru_cache(maxsize=8)
def _digest_header(digest_len: int) -> bytes:
    """Return the encoding of messageDigest up to the digest itself."""
    whole = signing_attributes(oids.DATA, bytes(digest_len))[1].to_der()
    return whole[:-digest_len]


def message_digest_attribute(digest: bytes) -> bytes:
    """Encode the messageDigest attribute (RFC 5652 11.2)."""
    return _digest_header(len(digest)) + digest


@lru_cache(maxsize=64)
def signing_time_attribute(time: datetime) -> bytes:
    """Encode the signingTime attribute: UTCTime until 2049 (RFC 5652 11.3)."""
    return Attribute(oids.SIGNING_TIME, (der.encode_time(time),)).to_der()


def check_extra(attributes: Iterable[Attribute], *, signed: bool) -> tuple[Attribute, ...]:
    """Check attributes that a caller wants a signer to have.

    :raises InvalidTypeError: when they cannot be iterated, or one is no Attribute.
    :raises InvalidInputError: when one is made by the signing itself, belongs on the other side of the signature, or
        stands there twice; when one cannot be encoded.
    """
    found = iterated(attributes, "attributes", most=MAX_ATTRIBUTES + 1)
    if len(found) > MAX_ATTRIBUTES:
        raise InvalidInputError(f"a signer has at most {MAX_ATTRIBUTES} attributes")
    kinds = set()
    for attribute in found:
        member(attribute, Attribute, "an attribute")
        attribute.to_der()
        if attribute.type in _OWN or (signed and attribute.type in _UNSIGNED_ONLY):
            raise InvalidInputError(f"the attribute {attribute.type.name} is not for the caller to set here")
        if attribute.type in kinds:
            raise InvalidInputError(f"the attribute {attribute.type.name} is there twice")
        kinds.add(attribute.type)
    return found


def build_signed(
    content_type: str | None, digest: bytes, signing_time: datetime | None, extra: tuple[Attribute, ...]
) -> bytes:
    """Encode signed attributes in the order of DER; return the contents octets of the SET.

    :param content_type: None in a counter-signature, which has none (RFC 5652 11.4).
    """
    parts = [message_digest_attribute(digest)]
    if content_type is not None:
        parts.append(content_type_attribute(content_type))
    if signing_time is not None:
        parts.append(signing_time_attribute(signing_time))
    parts += [attribute.to_der() for attribute in extra]
    parts.sort()
    return b"".join(parts)


@dataclass(frozen=True, slots=True)
class ReadAttributes:
    """What the signed attributes of a signer say.

    :ivar content_type: None in a counter-signature.
    :ivar signing_time: what the signer claims, in UTC; None when it is not there, or lenient reading cannot read it.
    """

    attributes: tuple[Attribute, ...]
    content_type: ObjectIdentifier | None
    message_digest: bytes
    signing_time: datetime | None
    _by_type: dict[str, Attribute] = field(repr=False, compare=False)

    def get(self, kind: str) -> Attribute | None:
        """Return the attribute of a type, of which there is at most one; None when there is none."""
        return self._by_type.get(kind)


def read_signed(attributes: tuple[Attribute, ...], *, lenient: bool, countersignature: bool = False) -> ReadAttributes:
    """Judge the signed attributes of a signer.

    :raises MessageError: when a type stands there twice ("attribute-twice"); when contentType or messageDigest is
        missing ("attribute-missing") or malformed ("attribute-malformed"), has another number of values than one
        ("attribute-values"), or stands where it must not ("attribute-place").
    :standard: RFC 5652 5.3, 11.1 to 11.4
    """
    if len(attributes) > MAX_ATTRIBUTES:
        raise MessageError("attribute-count", f"a signer with more than {MAX_ATTRIBUTES} signed attributes")
    found: dict[str, Attribute] = {}
    for attribute in attributes:
        if attribute.type in found:
            raise MessageError("attribute-twice", f"the signed attribute {attribute.type.name} is there twice")
        if attribute.type in _SINGLE and len(attribute.values) != 1:
            raise MessageError(
                "attribute-values", f"the attribute {attribute.type.name} has one value, not {len(attribute.values)}"
            )
        if attribute.type in _UNSIGNED_ONLY:
            raise MessageError("attribute-place", f"the attribute {attribute.type.name} must not be signed")
        found[attribute.type] = attribute
    digest = _value(found, oids.MESSAGE_DIGEST)
    content_type = None if countersignature else _value(found, oids.CONTENT_TYPE)
    if countersignature and oids.CONTENT_TYPE in found:
        raise MessageError("attribute-place", "a counter-signature has no attribute contentType")
    return ReadAttributes(
        attributes,
        None if content_type is None else _read_oid(content_type),
        _read_octets(digest),
        _signing_time(found.get(oids.SIGNING_TIME), lenient=lenient),
        found,
    )


def _value(found: dict[str, Attribute], kind: ObjectIdentifier) -> bytes:
    attribute = found.get(kind)
    if attribute is None:
        raise MessageError("attribute-missing", f"the signed attributes have no {kind.name}")
    return attribute.values[0]


def _read_oid(value: bytes) -> ObjectIdentifier:
    try:
        return _cached_oid(value)
    except DecodeError as error:
        raise MessageError("attribute-malformed", f"the attribute contentType is malformed: {error}") from None


@lru_cache(maxsize=64)
def _cached_oid(value: bytes) -> ObjectIdentifier:
    reader = der.Reader(value, name="contentType")
    found = reader.oid()
    reader.end()
    return found


def _read_octets(value: bytes) -> bytes:
    contents = len(value) - 2
    if 0 <= contents < _LONG and value[0] == der.Tag.OCTET_STRING and value[1] == contents:  # nearly always
        return value[2:]
    try:
        reader = der.Reader(value, name="messageDigest")
        found = reader.octet_string()
        reader.end()
    except DecodeError as error:
        raise MessageError("attribute-malformed", f"the attribute messageDigest is malformed: {error}") from None
    return found


def _signing_time(attribute: Attribute | None, *, lenient: bool) -> datetime | None:
    """Return what the signer claims. It proves nothing, so lenient reading passes over what cannot be read."""
    if attribute is None:
        return None
    try:
        reader = der.Reader(attribute.values[0], name="signingTime", quirks=QuirkLog() if lenient else None)
        time = reader.time()
        reader.end()
    except DecodeError as error:
        if lenient:
            return None
        raise MessageError("attribute-malformed", f"the attribute signingTime is malformed: {error}") from None
    return utc(time, "signingTime")


def check_algorithm_protection(attributes: ReadAttributes, info: SignerInfo) -> None:
    """Compare the algorithms that were signed along, if they were, with those beside the signature.

    :raises MessageError: "algorithm-protection" when they are others, or the attribute is malformed.
    :standard: RFC 6211 2 and 4
    """
    attribute = attributes.get(oids.ALGORITHM_PROTECTION)
    if attribute is None:
        return
    try:
        if len(attribute.values) != 1:
            raise DecodeError(f"it has one value, not {len(attribute.values)}")
        reader = der.Reader(attribute.values[0], name="algorithmProtection")
        with reader.sequence() as fields:
            digest = AlgorithmIdentifier.read(fields, "digestAlgorithm")
            signature = der.encode(der.Tag.SEQUENCE, fields.contents(_PROTECTED_SIGNATURE, "signatureAlgorithm"))
        reader.end()
        protected = AlgorithmIdentifier.from_der(signature)
    except DecodeError as error:
        raise MessageError("algorithm-protection", f"the attribute algorithmProtection is malformed: {error}") from None
    for said, found in ((digest, info.digest_algorithm), (protected, info.signature_algorithm)):
        if said.algorithm != found.algorithm or (
            said != found and not (said.has_no_parameters and found.has_no_parameters)
        ):
            raise MessageError(
                "algorithm-protection", f"the signer signed the algorithm {said.shown}, and beside it is {found.shown}"
            )
