"""AuthEnvelopedData: encrypted and authenticated at once (RFC 5083)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.rfc5652._shared import read_version
from gmpki.asn1.rfc5652.attributes import encode_attribute_octets, optional_attribute_octets
from gmpki.asn1.rfc5652.enveloped import (
    EncryptedContentInfo,
    OriginatorInfo,
    RecipientInfo,
    encode_originator,
    encode_recipients,
    read_originator,
    read_recipients,
)

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader

__all__ = ["AuthEnvelopedData"]

_AUTHENTICATED: Final = der.Tag.context(1, constructed=True)
_UNAUTHENTICATED: Final = der.Tag.context(2, constructed=True)
_VERSIONS: Final = frozenset((0,))


@dataclass(frozen=True, slots=True)
class AuthEnvelopedData(Schema):
    """``SEQUENCE { version (0), originatorInfo [0] IMPLICIT OriginatorInfo OPTIONAL, recipientInfos SET OF
    RecipientInfo, authEncryptedContentInfo EncryptedContentInfo, authAttrs [1] IMPLICIT SET OF Attribute OPTIONAL, mac
    OCTET STRING, unauthAttrs [2] IMPLICIT SET OF Attribute OPTIONAL }``.

    :ivar authenticated_attributes: the contents octets of the set exactly as they came, or None; the others likewise.
    :ivar mac: the tag of the cipher.
    :standard: RFC 5083 2.1
    """

    version: int
    originator_info: OriginatorInfo | None
    recipient_infos: tuple[RecipientInfo, ...]
    encrypted_content_info: EncryptedContentInfo
    authenticated_attributes: bytes | None
    mac: bytes
    unauthenticated_attributes: bytes | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> AuthEnvelopedData:
        """Read an AuthEnvelopedData."""
        with reader.sequence(name) as fields:
            return cls(
                read_version(fields, _VERSIONS),
                read_originator(fields),
                read_recipients(fields),
                EncryptedContentInfo.read(fields, "authEncryptedContentInfo"),
                optional_attribute_octets(fields, "authAttrs", _AUTHENTICATED, signed=True),
                fields.octet_string("mac"),
                optional_attribute_octets(fields, "unauthAttrs", _UNAUTHENTICATED),
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
            encode_attribute_octets(self.authenticated_attributes, _AUTHENTICATED),
            der.encode_octet_string(self.mac),
            encode_attribute_octets(self.unauthenticated_attributes, _UNAUTHENTICATED),
        )

    @property
    def associated_data(self) -> bytes:
        """What the tag is over beside the content: the authenticated attributes as a SET OF (RFC 5083 2.2)."""
        return encode_attribute_octets(self.authenticated_attributes, der.Tag.SET)
