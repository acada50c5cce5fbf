"""PKCS #8 as RFC 5958 has it: private keys, plain and encrypted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.rfc5280 import AlgorithmIdentifier

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader

__all__ = ["EncryptedPrivateKeyInfo", "PrivateKeyInfo"]


@dataclass(frozen=True, slots=True)
class PrivateKeyInfo(Schema):
    """``SEQUENCE { version INTEGER, privateKeyAlgorithm AlgorithmIdentifier, privateKey OCTET STRING, attributes [0]
    SET OF Attribute OPTIONAL, publicKey [1] BIT STRING OPTIONAL }``, tags implicit.

    The version is 0, or 1 when publicKey is there.

    :ivar private_key: what the OCTET STRING holds. Secret; not shown by ``repr``.
    :ivar attributes: the exact DER of the field, its tag included; None when absent.
    :ivar public_key: the bytes of the BIT STRING; None when absent.
    :standard: RFC 5958 2 (OneAsymmetricKey); version 0 is the PrivateKeyInfo of RFC 5208 5
    """

    algorithm: AlgorithmIdentifier
    private_key: bytes = field(repr=False)
    attributes: bytes | None = None
    public_key: bytes | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> PrivateKeyInfo:
        """Read a PrivateKeyInfo or OneAsymmetricKey."""
        attributes = public_key = None
        with reader.sequence(name) as fields:
            version = fields.integer("version", minimum=0, maximum=1)
            algorithm = AlgorithmIdentifier.read(fields, "privateKeyAlgorithm")
            private_key = fields.octet_string("privateKey")
            if fields.next_is(der.Tag.context(0, constructed=True)):
                attributes = fields.raw_element("attributes")
            if version == 1 and fields.next_is(der.Tag.context(1)):
                public_key = fields.bit_string_bytes("publicKey", tag=der.Tag.context(1))
        return cls(algorithm, private_key, attributes, public_key)

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        point = b"" if self.public_key is None else der.encode_bit_string(self.public_key)
        return der.encode_sequence(
            der.encode_integer(0 if self.public_key is None else 1),
            der_of(self.algorithm, AlgorithmIdentifier, "algorithm"),
            der.encode_octet_string(self.private_key),
            b"" if self.attributes is None else self.attributes,
            der.encode_implicit(1, point),
        )


@dataclass(frozen=True, slots=True)
class EncryptedPrivateKeyInfo(Schema):
    """``SEQUENCE { encryptionAlgorithm AlgorithmIdentifier, encryptedData OCTET STRING }``.

    :standard: RFC 5958 3
    """

    algorithm: AlgorithmIdentifier
    encrypted_data: bytes

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> EncryptedPrivateKeyInfo:
        """Read an EncryptedPrivateKeyInfo."""
        with reader.sequence(name) as fields:
            return cls(
                AlgorithmIdentifier.read(fields, "encryptionAlgorithm"),
                fields.octet_string("encryptedData"),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            der_of(self.algorithm, AlgorithmIdentifier, "algorithm"), der.encode_octet_string(self.encrypted_data)
        )
