"""Parameters of what rests on passwords in PKCS #5 (RFC 8018): PBKDF2, PBES2, PBMAC1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader

__all__ = ["PBES2Params", "PBKDF2Params", "PBMAC1Params"]

# Above any honest value, and small enough that arithmetic on them is free.
_MAX_COUNT = 2**63 - 1
_DEFAULT_PRF = AlgorithmIdentifier(oids.HMAC_SHA1, NULL)


@dataclass(frozen=True, slots=True)
class PBKDF2Params(Schema):
    """``SEQUENCE { salt CHOICE { specified OCTET STRING, otherSource AlgorithmIdentifier }, iterationCount INTEGER
    (1..MAX), keyLength INTEGER (1..MAX) OPTIONAL, prf AlgorithmIdentifier DEFAULT hmacWithSHA1 }``.

    A salt from another source is refused: no source was ever defined. An encoded default prf breaks X.690 11.5 and is
    read all the same: Java's own provider writes the prf into every key file, HMAC-SHA1 included, and to refuse it
    would refuse those keys. :attr:`encodes_default_prf` tells.

    :ivar key_length: in bytes; None when absent.
    :ivar prf: None when absent, which means HMAC-SHA1.
    :standard: RFC 8018 A.2
    """

    salt: bytes
    iteration_count: int
    key_length: int | None = None
    prf: AlgorithmIdentifier | None = None

    @property
    def encodes_default_prf(self) -> bool:
        """Tell whether the prf stands there although it is the default, algid-hmacWithSHA1, which DER leaves out."""
        return self.prf == _DEFAULT_PRF

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> PBKDF2Params:
        """Read PBKDF2-params."""
        key_length = prf = None
        with reader.sequence(name) as fields:
            salt = fields.octet_string("salt")
            iteration_count = fields.integer("iterationCount", minimum=1, maximum=_MAX_COUNT)
            if fields.next_is(der.Tag.INTEGER):
                key_length = fields.integer("keyLength", minimum=1, maximum=_MAX_COUNT)
            if not fields.at_end():
                prf = AlgorithmIdentifier.read(fields, "prf")
        return cls(salt, iteration_count, key_length, prf)

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            der.encode_octet_string(self.salt),
            der.encode_integer(self.iteration_count),
            b"" if self.key_length is None else der.encode_integer(self.key_length),
            b"" if self.prf is None else der_of(self.prf, AlgorithmIdentifier, "prf"),
        )


@dataclass(frozen=True, slots=True)
class PBES2Params(Schema):
    """``SEQUENCE { keyDerivationFunc AlgorithmIdentifier, encryptionScheme AlgorithmIdentifier }``.

    :standard: RFC 8018 A.4
    """

    key_derivation: AlgorithmIdentifier
    encryption: AlgorithmIdentifier

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> PBES2Params:
        """Read PBES2-params."""
        with reader.sequence(name) as fields:
            return cls(
                AlgorithmIdentifier.read(fields, "keyDerivationFunc"),
                AlgorithmIdentifier.read(fields, "encryptionScheme"),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            der_of(self.key_derivation, AlgorithmIdentifier, "key_derivation"),
            der_of(self.encryption, AlgorithmIdentifier, "encryption"),
        )


@dataclass(frozen=True, slots=True)
class PBMAC1Params(Schema):
    """``SEQUENCE { keyDerivationFunc AlgorithmIdentifier, messageAuthScheme AlgorithmIdentifier }``.

    :standard: RFC 8018 A.5
    """

    key_derivation: AlgorithmIdentifier
    message_authentication: AlgorithmIdentifier

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> PBMAC1Params:
        """Read PBMAC1-params."""
        with reader.sequence(name) as fields:
            return cls(
                AlgorithmIdentifier.read(fields, "keyDerivationFunc"),
                AlgorithmIdentifier.read(fields, "messageAuthScheme"),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            der_of(self.key_derivation, AlgorithmIdentifier, "key_derivation"),
            der_of(self.message_authentication, AlgorithmIdentifier, "message_authentication"),
        )
