"""What GM/T 0010-2012 has beside RFC 5652: its message types, SignedAndEnvelopedData and KeyAgreementInfo.

The text of the standard was not read; what is here agrees in two published implementations or more [B].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki import _inputs, oids
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, SubjectPublicKeyInfo
from gmpki.asn1.rfc5652._shared import (
    MAX_SIGNERS,
    bounded_set,
    encode_certificates,
    encode_set,
    read_algorithms,
    read_certificates,
    read_crls,
    read_version,
)
from gmpki.asn1.rfc5652.enveloped import EncryptedContentInfo, RecipientInfo, encode_recipients, read_recipients
from gmpki.asn1.rfc5652.signed import SignerInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gmpki.asn1.der import Reader
    from gmpki.oids import ObjectIdentifier

__all__ = ["GM_OF", "PKCS_OF", "KeyAgreementInfo", "SignedAndEnvelopedData"]

GM_OF: Final[Mapping[str, ObjectIdentifier]] = {
    oids.DATA: oids.GM_DATA,
    oids.SIGNED_DATA: oids.GM_SIGNED_DATA,
    oids.ENVELOPED_DATA: oids.GM_ENVELOPED_DATA,
    oids.SIGNED_AND_ENVELOPED_DATA: oids.GM_SIGNED_AND_ENVELOPED_DATA,
    oids.ENCRYPTED_DATA: oids.GM_ENCRYPTED_DATA,
}
"""The type of GM/T 0010 for each type of PKCS #7 that it has; DigestedData has none."""
PKCS_OF: Final[Mapping[str, ObjectIdentifier]] = {gm: oids.find(pkcs) for pkcs, gm in GM_OF.items()}
"""The type of PKCS #7 for each type of GM/T 0010 that it has; KeyAgreementInfo has none."""

_VERSIONS: Final = frozenset((1,))


@dataclass(frozen=True, slots=True)
class SignedAndEnvelopedData(Schema):
    """``SEQUENCE { version (1), recipientInfos SET OF RecipientInfo, digestAlgorithms SET OF AlgorithmIdentifier,
    encryptedContentInfo, certificates [0] IMPLICIT OPTIONAL, crls [1] IMPLICIT OPTIONAL, signerInfos SET OF
    SignerInfo }``.

    :ivar certificates: the exact DER of each, not looked into; crls likewise.
    :standard: GM/T 0010 [B]; RFC 2315 11.1
    """

    version: int
    recipient_infos: tuple[RecipientInfo, ...]
    digest_algorithms: tuple[AlgorithmIdentifier, ...]
    encrypted_content_info: EncryptedContentInfo
    certificates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    signer_infos: tuple[SignerInfo, ...] = ()

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SignedAndEnvelopedData:
        """Read a SignedAndEnvelopedData."""
        with reader.sequence(name) as fields:
            return cls(
                read_version(fields, _VERSIONS),
                read_recipients(fields),
                read_algorithms(fields),
                EncryptedContentInfo.read(fields, "encryptedContentInfo"),
                read_certificates(fields),
                read_crls(fields),
                bounded_set(fields, "signerInfos", "signerInfo", SignerInfo.read, MAX_SIGNERS),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when there is no recipient.
        """
        return der.encode_sequence(
            der.encode_integer(self.version),
            encode_recipients(self.recipient_infos),
            encode_set(self.digest_algorithms, AlgorithmIdentifier, "a digest algorithm"),
            der_of(self.encrypted_content_info, EncryptedContentInfo, "encrypted_content_info"),
            encode_certificates(self.certificates, self.crls),
            encode_set(self.signer_infos, SignerInfo, "a signer"),
        )


@dataclass(frozen=True, slots=True)
class KeyAgreementInfo(Schema):
    """``SEQUENCE { version (1), tempPublicKeyR SM2PublicKey, userCertificate Certificate, userID OCTET STRING }``.

    :ivar temporary_public_key: the point that the BIT STRING holds, 65 bytes from 04. One implementation writes a
        SubjectPublicKeyInfo there [C]: its point is taken, and the form noted.
    :ivar user_certificate: the exact DER, not looked into.
    :standard: GM/T 0010 [B]
    """

    version: int
    temporary_public_key: bytes
    user_certificate: bytes
    user_id: bytes

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> KeyAgreementInfo:
        """Read a KeyAgreementInfo."""
        with reader.sequence(name) as fields:
            version = read_version(fields, _VERSIONS)
            if fields.next_is(der.Tag.SEQUENCE):
                fields.note(QuirkKind.WRAPPED_KEY, "tempPublicKeyR")
                key = SubjectPublicKeyInfo.read(fields, "tempPublicKeyR").subject_public_key
            else:
                key = fields.bit_string_bytes("tempPublicKeyR")
            certificate = fields.exact(der.Tag.SEQUENCE, "userCertificate")
            return cls(version, key, certificate, fields.octet_string("userID"))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        """
        return der.encode_sequence(
            der.encode_integer(self.version),
            der.encode_bit_string(self.temporary_public_key),
            _inputs.as_bytes(self.user_certificate, "user_certificate"),
            der.encode_octet_string(self.user_id),
        )
