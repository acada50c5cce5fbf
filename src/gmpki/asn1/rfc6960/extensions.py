"""Contents of the extensions of requests and responses (RFC 6960 4.4; the nonce: RFC 9654 2.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from gmpki import oids
from gmpki._inputs import as_bytes
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, Name
from gmpki.asn1.rfc5280._extension_value import (
    ExtensionValue,
    check_items,
    encode_count,
    encode_sequence_of,
    read_sequence_of,
)
from gmpki.asn1.rfc5280.ext_points import AccessDescription
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from datetime import datetime

    from gmpki.asn1.der import Reader
    from gmpki.oids import ObjectIdentifier

__all__ = [
    "MAX_NONCE_LEN",
    "AcceptableResponses",
    "ArchiveCutoff",
    "CrlID",
    "ExtendedRevoke",
    "Nonce",
    "PreferredSignatureAlgorithm",
    "PreferredSignatureAlgorithms",
    "ServiceLocator",
]

MAX_NONCE_LEN: Final = 128
"""The longest nonce, in bytes (RFC 9654 2.1)."""


@dataclass(frozen=True, slots=True)
class Nonce(ExtensionValue):
    """``OCTET STRING (SIZE (1..128))``: ties a response to the request it answers.

    :standard: RFC 9654 2.1
    """

    OID: ClassVar[ObjectIdentifier] = oids.OCSP_NONCE

    value: bytes

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> Nonce:
        """Read a Nonce."""
        at = reader.offset
        value = reader.octet_string(name)
        if not 1 <= len(value) <= MAX_NONCE_LEN:
            raise reader.error(f"a nonce has 1 to {MAX_NONCE_LEN} bytes, this one has {len(value)}", name, offset=at)
        return cls(value)

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the value has no buffer.
        :raises InvalidInputError: when it has not 1 to 128 bytes.
        """
        value = as_bytes(self.value, "a nonce")
        if not 1 <= len(value) <= MAX_NONCE_LEN:
            raise InvalidInputError(f"a nonce has 1 to {MAX_NONCE_LEN} bytes, not {len(value)}")
        return der.encode_octet_string(value)


@dataclass(frozen=True, slots=True)
class CrlID(ExtensionValue):
    """``SEQUENCE { crlUrl [0] EXPLICIT IA5String OPTIONAL, crlNum [1] EXPLICIT INTEGER OPTIONAL, crlTime [2] EXPLICIT
    GeneralizedTime OPTIONAL }``: the revocation list that an answer rests on.

    :standard: RFC 6960 4.4.2
    """

    OID: ClassVar[ObjectIdentifier] = oids.OCSP_CRL

    crl_url: str | None = None
    crl_num: int | None = None
    crl_time: datetime | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> CrlID:
        """Read a CrlID."""
        url = number = time = None
        with reader.sequence(name) as fields:
            if fields.next_is(der.Tag.context(0, constructed=True)):
                with fields.explicit(0, "crlUrl") as wrapped:
                    url = wrapped.ia5_string()
            if fields.next_is(der.Tag.context(1, constructed=True)):
                with fields.explicit(1, "crlNum") as wrapped:
                    number = wrapped.integer(minimum=0)
            if fields.next_is(der.Tag.context(2, constructed=True)):
                with fields.explicit(2, "crlTime") as wrapped:
                    time = wrapped.generalized_time()
        return cls(url, number, time)

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidInputError: when the address is not ASCII, the number negative, or the time has no time zone.
        """
        return der.encode_sequence(
            b"" if self.crl_url is None else der.encode_explicit(0, der.encode_ia5_string(self.crl_url)),
            b"" if self.crl_num is None else der.encode_explicit(1, encode_count(self.crl_num, "crl_num")),
            b"" if self.crl_time is None else der.encode_explicit(2, der.encode_generalized_time(self.crl_time)),
        )


@dataclass(frozen=True, slots=True)
class AcceptableResponses(ExtensionValue):
    """``SEQUENCE OF OBJECT IDENTIFIER``: the types of response that a client understands.

    :standard: RFC 6960 4.4.3
    """

    OID: ClassVar[ObjectIdentifier] = oids.OCSP_RESPONSE_TYPES

    types: tuple[ObjectIdentifier, ...]

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> AcceptableResponses:
        """Read an AcceptableResponses."""
        return cls(read_sequence_of(reader, name, "type", lambda element, item: element.oid(item)))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidInputError: when it is empty, or an element is no object identifier.
        """
        check_items(self.types, "types")
        return der.encode_sequence(*map(der.encode_oid, self.types))


@dataclass(frozen=True, slots=True)
class ArchiveCutoff(ExtensionValue):
    """``GeneralizedTime``: how far back in time the responder knows of revocations.

    :standard: RFC 6960 4.4.4
    """

    OID: ClassVar[ObjectIdentifier] = oids.OCSP_ARCHIVE_CUTOFF

    time: datetime

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> ArchiveCutoff:
        """Read an ArchiveCutoff."""
        return cls(reader.generalized_time(name))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidInputError: when the time has no time zone, or a fraction of a second.
        """
        return der.encode_generalized_time(self.time)


@dataclass(frozen=True, slots=True)
class ServiceLocator(ExtensionValue):
    """``SEQUENCE { issuer Name, locator AuthorityInfoAccessSyntax OPTIONAL }``: whom a responder may pass a request to.

    :ivar locator: as in the certificate asked about; empty when it is absent there.
    :standard: RFC 6960 4.4.6
    """

    OID: ClassVar[ObjectIdentifier] = oids.OCSP_SERVICE_LOCATOR

    issuer: Name
    locator: tuple[AccessDescription, ...] = ()

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> ServiceLocator:
        """Read a ServiceLocator."""
        locator: tuple[AccessDescription, ...] = ()
        with reader.sequence(name) as fields:
            issuer = Name.read(fields, "issuer")
            if not fields.at_end():
                locator = read_sequence_of(fields, "locator", "accessDescription", AccessDescription.read)
        return cls(issuer, locator)

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        locator = encode_sequence_of(self.locator, AccessDescription, "locator") if self.locator else b""
        return der.encode_sequence(der_of(self.issuer, Name, "issuer"), locator)


@dataclass(frozen=True, slots=True)
class PreferredSignatureAlgorithm(Schema):
    """``SEQUENCE { sigIdentifier AlgorithmIdentifier, certIdentifier AlgorithmIdentifier OPTIONAL }``.

    :ivar key: the algorithm of the responder's key, where the client cares about it.
    :standard: RFC 6960 4.4.7.1
    """

    signature: AlgorithmIdentifier
    key: AlgorithmIdentifier | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> PreferredSignatureAlgorithm:
        """Read a PreferredSignatureAlgorithm."""
        with reader.sequence(name) as fields:
            signature = AlgorithmIdentifier.read(fields, "sigIdentifier")
            return cls(signature, None if fields.at_end() else AlgorithmIdentifier.read(fields, "certIdentifier"))

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            der_of(self.signature, AlgorithmIdentifier, "signature"),
            b"" if self.key is None else der_of(self.key, AlgorithmIdentifier, "key"),
        )


@dataclass(frozen=True, slots=True)
class PreferredSignatureAlgorithms(ExtensionValue):
    """``SEQUENCE OF PreferredSignatureAlgorithm``, the most preferred one first.

    :standard: RFC 6960 4.4.7.1
    """

    OID: ClassVar[ObjectIdentifier] = oids.OCSP_PREFERRED_SIGNATURES

    algorithms: tuple[PreferredSignatureAlgorithm, ...]

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> PreferredSignatureAlgorithms:
        """Read a PreferredSignatureAlgorithms."""
        return cls(read_sequence_of(reader, name, "algorithm", PreferredSignatureAlgorithm.read))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidInputError: when it is empty.
        """
        return encode_sequence_of(self.algorithms, PreferredSignatureAlgorithm, "algorithms")


@dataclass(frozen=True, slots=True)
class ExtendedRevoke(ExtensionValue):
    """``NULL``: the responder says "revoked" of certificates that were never issued.

    :standard: RFC 6960 4.4.8
    """

    OID: ClassVar[ObjectIdentifier] = oids.OCSP_EXTENDED_REVOKE

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> ExtendedRevoke:
        """Read an ExtendedRevoke."""
        reader.null(name)
        return cls()

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_null()
