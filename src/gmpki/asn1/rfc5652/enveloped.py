"""EnvelopedData and its recipients, EncryptedData, DigestedData."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.asn1.rfc5652._shared import (
    MAX_RECIPIENTS,
    bounded_set,
    encode_certificates,
    encode_optional_octets,
    optional_octets,
    read_certificates,
    read_crls,
    read_version,
)
from gmpki.asn1.rfc5652.attributes import encode_attribute_octets, optional_attribute_octets
from gmpki.asn1.rfc5652.content import EncapsulatedContentInfo
from gmpki.asn1.rfc5652.signed import IssuerAndSerialNumber, encode_identifier, read_identifier
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader
    from gmpki.oids import ObjectIdentifier

__all__ = [
    "DigestedData",
    "EncryptedContentInfo",
    "EncryptedData",
    "EnvelopedData",
    "KeyTransRecipientInfo",
    "OriginatorInfo",
    "OtherRecipientInfo",
    "encode_originator",
    "encode_recipients",
    "read_originator",
    "read_recipients",
]

_ENCRYPTED: Final = der.Tag.context(0)
# From this length on, in bytes, a copy costs more than the message that a view keeps in memory.
_LONG: Final = 1 << 16
_ORIGINATOR: Final = der.Tag.context(0, constructed=True)
_UNPROTECTED: Final = der.Tag.context(1, constructed=True)
# The CHOICE RecipientInfo: [1] key agreement, [2] key encryption key, [3] password, [4] others (RFC 5652 6.2).
_OTHER_RECIPIENTS: Final = frozenset(der.Tag.context(number, constructed=True) for number in (1, 2, 3, 4))
# RFC 5652 6.1, 6.2.1, 7 and 8; GM/T 0010 writes 1 throughout.
_ENVELOPED_VERSIONS: Final = frozenset((0, 1, 2, 3, 4))
_RECIPIENT_VERSIONS: Final = frozenset((0, 1, 2))
_ENCRYPTED_VERSIONS: Final = frozenset((0, 1, 2))
_DIGESTED_VERSIONS: Final = frozenset((0, 2))


@dataclass(frozen=True, slots=True)
class OriginatorInfo(Schema):
    """``SEQUENCE { certs [0] IMPLICIT CertificateSet OPTIONAL, crls [1] IMPLICIT RevocationInfoChoices OPTIONAL }``.

    :ivar certificates: the exact DER of each, not looked into; crls likewise.
    :standard: RFC 5652 6.1
    """

    certificates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()

    @classmethod
    def read(cls, reader: Reader, name: str = "", *, tag: int = der.Tag.SEQUENCE) -> OriginatorInfo:
        """Read an OriginatorInfo."""
        with reader.sequence(name, tag=tag) as fields:
            return cls(read_certificates(fields), read_crls(fields))

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(encode_certificates(self.certificates, self.crls))


@dataclass(frozen=True, slots=True)
class KeyTransRecipientInfo(Schema):
    """``SEQUENCE { version, rid RecipientIdentifier, keyEncryptionAlgorithm, encryptedKey OCTET STRING }``.

    :ivar rid: an :class:`IssuerAndSerialNumber`, or the bytes of a subject key identifier.
    :standard: RFC 5652 6.2.1; RFC 2315 10.2; GM/T 0010
    """

    version: int
    rid: IssuerAndSerialNumber | bytes
    key_encryption_algorithm: AlgorithmIdentifier
    encrypted_key: bytes

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> KeyTransRecipientInfo:
        """Read a KeyTransRecipientInfo."""
        with reader.sequence(name) as fields:
            return cls(
                read_version(fields, _RECIPIENT_VERSIONS),
                read_identifier(fields, "rid"),
                AlgorithmIdentifier.read(fields, "keyEncryptionAlgorithm"),
                fields.octet_string("encryptedKey"),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            der.encode_integer(self.version),
            encode_identifier(self.rid, "rid"),
            der_of(self.key_encryption_algorithm, AlgorithmIdentifier, "key_encryption_algorithm"),
            der.encode_octet_string(self.encrypted_key),
        )


@dataclass(frozen=True, slots=True)
class OtherRecipientInfo(Schema):
    """A recipient by key agreement, key encryption key, password or another way, which are not opened here.

    :ivar der: its exact DER, which begins with ``[1]`` to ``[4]``.
    :standard: RFC 5652 6.2.2 to 6.2.5
    """

    der: bytes

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> OtherRecipientInfo:
        """Read it without looking inside."""
        tag = reader.peek()
        if tag is None or tag not in _OTHER_RECIPIENTS:
            raise reader.error("a RecipientInfo expected", name)
        return cls(reader.exact(tag, name))

    def to_der(self) -> bytes:
        """Return the DER.

        :raises InvalidTypeError: when it has no buffer.
        """
        return _inputs.as_bytes(self.der, "a recipient")


RecipientInfo = KeyTransRecipientInfo | OtherRecipientInfo


def _read_recipient(reader: Reader, name: str) -> RecipientInfo:
    if reader.next_is(der.Tag.SEQUENCE):
        return KeyTransRecipientInfo.read(reader, name)
    return OtherRecipientInfo.read(reader, name)


def read_recipients(reader: Reader, name: str = "recipientInfos") -> tuple[RecipientInfo, ...]:
    """Read ``SET SIZE (1..MAX) OF RecipientInfo``; an empty one is noted when reading is tolerant."""
    at = reader.offset
    found = bounded_set(reader, name, "recipientInfo", _read_recipient, MAX_RECIPIENTS)
    if not found:
        reader.tolerate(QuirkKind.EMPTY_SEQUENCE, "a message has at least one recipient", name, offset=at)
    return found


def encode_recipients(recipients: tuple[RecipientInfo, ...]) -> bytes:
    """Encode ``SET SIZE (1..MAX) OF RecipientInfo``.

    :raises InvalidTypeError: when one is no recipient.
    :raises InvalidInputError: when there is none.
    """
    encoded = [
        item.to_der() if isinstance(item, OtherRecipientInfo) else der_of(item, KeyTransRecipientInfo, "a recipient")
        for item in _inputs.iterated(recipients, "recipients")
    ]
    if not encoded:
        raise InvalidInputError("a message has at least one recipient")
    return der.encode_set_of(encoded)


@dataclass(frozen=True, slots=True)
class EncryptedContentInfo(Schema):
    """``SEQUENCE { contentType OBJECT IDENTIFIER, contentEncryptionAlgorithm, encryptedContent [0] IMPLICIT OCTET
    STRING OPTIONAL, sharedInfo1 [1] IMPLICIT OCTET STRING OPTIONAL, sharedInfo2 [2] IMPLICIT OCTET STRING OPTIONAL }``.

    The shared information belongs to GM/T 0010 alone, where two published implementations have it [B]; RFC 5652 ends
    with encryptedContent. Segments that BER cuts the strings into are joined.

    :ivar encrypted_content: None when it stands elsewhere; a read-only view of the message that was read when it is
        long, 64 KiB or more, in one piece.
    :standard: RFC 5652 6.1; RFC 2315 10.1; GM/T 0010
    """

    content_type: ObjectIdentifier
    content_encryption_algorithm: AlgorithmIdentifier
    encrypted_content: bytes | memoryview | None = None
    shared_info1: bytes | None = None
    shared_info2: bytes | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> EncryptedContentInfo:
        """Read an EncryptedContentInfo."""
        with reader.sequence(name) as fields:
            return cls(
                fields.oid("contentType"),
                AlgorithmIdentifier.read(fields, "contentEncryptionAlgorithm"),
                _read_content(fields),
                optional_octets(fields, 1, "sharedInfo1"),
                optional_octets(fields, 2, "sharedInfo2"),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            der.encode_oid(self.content_type),
            der_of(self.content_encryption_algorithm, AlgorithmIdentifier, "content_encryption_algorithm"),
            encode_optional_octets(self._octets, 0),
            encode_optional_octets(self.shared_info1, 1),
            encode_optional_octets(self.shared_info2, 2),
        )

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        """Pickle the bytes of a view."""
        algorithm = self.content_encryption_algorithm
        return EncryptedContentInfo, (self.content_type, algorithm, self._octets, self.shared_info1, self.shared_info2)

    @property
    def _octets(self) -> bytes | None:
        content = self.encrypted_content
        return None if content is None else _inputs.as_bytes(content, "encrypted_content")


def _read_content(fields: Reader) -> bytes | memoryview | None:
    if not fields.next_is(_ENCRYPTED):
        return optional_octets(fields, 0, "encryptedContent")
    content = fields.octets_in_place("encryptedContent", tag=_ENCRYPTED)
    return content if len(content) >= _LONG else bytes(content)


def read_originator(fields: Reader) -> OriginatorInfo | None:
    """Read ``originatorInfo [0] IMPLICIT OriginatorInfo OPTIONAL``."""
    return OriginatorInfo.read(fields, "originatorInfo", tag=_ORIGINATOR) if fields.next_is(_ORIGINATOR) else None


def encode_originator(originator: OriginatorInfo | None) -> bytes:
    """Encode the same field."""
    return b"" if originator is None else der.encode_implicit(0, der_of(originator, OriginatorInfo, "originator_info"))


@dataclass(frozen=True, slots=True)
class EnvelopedData(Schema):
    """``SEQUENCE { version, originatorInfo [0] IMPLICIT OriginatorInfo OPTIONAL, recipientInfos SET OF RecipientInfo,
    encryptedContentInfo, unprotectedAttrs [1] IMPLICIT SET OF Attribute OPTIONAL }``.

    :ivar unprotected_attributes: the contents octets of the set as they came, or None.
    :standard: RFC 5652 6.1; RFC 2315 10.1; GM/T 0010
    """

    version: int
    originator_info: OriginatorInfo | None
    recipient_infos: tuple[RecipientInfo, ...]
    encrypted_content_info: EncryptedContentInfo
    unprotected_attributes: bytes | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> EnvelopedData:
        """Read an EnvelopedData."""
        with reader.sequence(name) as fields:
            return cls(
                read_version(fields, _ENVELOPED_VERSIONS),
                read_originator(fields),
                read_recipients(fields),
                EncryptedContentInfo.read(fields, "encryptedContentInfo"),
                optional_attribute_octets(fields, "unprotectedAttrs", _UNPROTECTED),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when there is no recipient.
        """
        return der.encode_sequence(
            der.encode_integer(self.version),
            encode_originator(self.originator_info),
            encode_recipients(self.recipient_infos),
            der_of(self.encrypted_content_info, EncryptedContentInfo, "encrypted_content_info"),
            encode_attribute_octets(self.unprotected_attributes, _UNPROTECTED),
        )


@dataclass(frozen=True, slots=True)
class EncryptedData(Schema):
    """``SEQUENCE { version, encryptedContentInfo, unprotectedAttrs [1] IMPLICIT SET OF Attribute OPTIONAL }``.

    :ivar unprotected_attributes: the contents octets of the set as they came, or None.
    :standard: RFC 5652 8; RFC 2315 13; GM/T 0010
    """

    version: int
    encrypted_content_info: EncryptedContentInfo
    unprotected_attributes: bytes | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> EncryptedData:
        """Read an EncryptedData."""
        with reader.sequence(name) as fields:
            return cls(
                read_version(fields, _ENCRYPTED_VERSIONS),
                EncryptedContentInfo.read(fields, "encryptedContentInfo"),
                optional_attribute_octets(fields, "unprotectedAttrs", _UNPROTECTED),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            der.encode_integer(self.version),
            der_of(self.encrypted_content_info, EncryptedContentInfo, "encrypted_content_info"),
            encode_attribute_octets(self.unprotected_attributes, _UNPROTECTED),
        )


@dataclass(frozen=True, slots=True)
class DigestedData(Schema):
    """``SEQUENCE { version, digestAlgorithm, encapContentInfo, digest OCTET STRING }``.

    :standard: RFC 5652 7; RFC 2315 12
    """

    version: int
    digest_algorithm: AlgorithmIdentifier
    encap_content_info: EncapsulatedContentInfo
    digest: bytes

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> DigestedData:
        """Read a DigestedData."""
        with reader.sequence(name) as fields:
            return cls(
                read_version(fields, _DIGESTED_VERSIONS),
                AlgorithmIdentifier.read(fields, "digestAlgorithm"),
                EncapsulatedContentInfo.read(fields, "encapContentInfo"),
                fields.octet_string("digest"),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            der.encode_integer(self.version),
            der_of(self.digest_algorithm, AlgorithmIdentifier, "digest_algorithm"),
            der_of(self.encap_content_info, EncapsulatedContentInfo, "encap_content_info"),
            der.encode_octet_string(self.digest),
        )
