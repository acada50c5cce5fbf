"""Messages: signed, enveloped, encrypted, digested data (RFC 5652, and PKCS #7 version 1.5, RFC 2315, before it).

``content`` the frame; ``attributes`` the sets beside signatures; ``signed`` and ``enveloped`` the kinds of message.
GM/T 0010 has the same structures with versions and object identifiers of its own. Certificates and revocation lists
stay the DER that came; signed attributes stay the exact octets that came.
"""

from gmpki.asn1.rfc5280.ext_names import Attribute
from gmpki.asn1.rfc5652._shared import (
    MAX_ALGORITHMS,
    MAX_CERTIFICATES,
    MAX_CRLS,
    MAX_RECIPIENTS,
    MAX_SEGMENTS,
    MAX_SIGNERS,
)
from gmpki.asn1.rfc5652.attributes import (
    MAX_ATTRIBUTES,
    Attributes,
    encode_attributes,
    read_attributes,
    signing_attributes,
)
from gmpki.asn1.rfc5652.content import ContentInfo, EncapsulatedContentInfo
from gmpki.asn1.rfc5652.enveloped import (
    DigestedData,
    EncryptedContentInfo,
    EncryptedData,
    EnvelopedData,
    KeyTransRecipientInfo,
    OriginatorInfo,
    OtherRecipientInfo,
    RecipientInfo,
)
from gmpki.asn1.rfc5652.signed import IssuerAndSerialNumber, SignedData, SignerInfo

__all__ = [
    "MAX_ALGORITHMS",
    "MAX_ATTRIBUTES",
    "MAX_CERTIFICATES",
    "MAX_CRLS",
    "MAX_RECIPIENTS",
    "MAX_SEGMENTS",
    "MAX_SIGNERS",
    "Attribute",
    "Attributes",
    "ContentInfo",
    "DigestedData",
    "EncapsulatedContentInfo",
    "EncryptedContentInfo",
    "EncryptedData",
    "EnvelopedData",
    "IssuerAndSerialNumber",
    "KeyTransRecipientInfo",
    "OriginatorInfo",
    "OtherRecipientInfo",
    "RecipientInfo",
    "SignedData",
    "SignerInfo",
    "encode_attributes",
    "read_attributes",
    "signing_attributes",
]
