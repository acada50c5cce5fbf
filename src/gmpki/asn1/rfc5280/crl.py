"""What is signed in a revocation list: its head, and one entry."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280.algorithm import AlgorithmIdentifier
from gmpki.asn1.rfc5280.certificate import read_serial_number
from gmpki.asn1.rfc5280.extension import Extension, encode_extensions, read_extensions
from gmpki.asn1.rfc5280.name import Name

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader

__all__ = ["RevokedCertificate", "TBSCertListHead"]

_EXTENSIONS: Final = der.Tag.context(0, constructed=True)


@dataclass(frozen=True, slots=True)
class RevokedCertificate(Schema):
    """``SEQUENCE { userCertificate INTEGER, revocationDate Time, crlEntryExtensions Extensions OPTIONAL }``.

    :standard: RFC 5280 5.1.2.6
    """

    serial_number: int
    revocation_date: datetime
    extensions: tuple[Extension, ...] = ()

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> RevokedCertificate:
        """Read an entry; the contents of extensions are not looked at."""
        with reader.sequence(name) as fields:
            return cls(
                read_serial_number(fields, "userCertificate"),
                fields.time("revocationDate"),
                () if fields.at_end() else read_extensions(fields, "crlEntryExtensions"),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            der.encode_integer(self.serial_number),
            der.encode_time(self.revocation_date),
            encode_extensions(self.extensions),
        )


@dataclass(frozen=True, slots=True)
class TBSCertListHead(Schema):
    """What the issuer of a revocation list signs, with the entries as one piece of bytes.

    :ivar version: 1 or 2, as people count.
    :ivar next_update: None when the list does not say.
    :ivar revoked: the contents of revokedCertificates: the encoded entries one after the other, not looked at.
    :ivar extensions: in the order of the encoding, empty when there are none.
    :ivar revoked_offset: where that piece begins in the data that was read.
    :standard: RFC 5280 5.1
    """

    version: int
    signature: AlgorithmIdentifier
    issuer: Name
    this_update: datetime
    next_update: datetime | None
    revoked: bytes = b""
    extensions: tuple[Extension, ...] = ()
    revoked_offset: int = field(default=0, compare=False)

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> TBSCertListHead:
        """Read a TBSCertList; neither the entries nor the contents of extensions are looked at."""
        with reader.sequence(name) as fields:
            version = 1
            if fields.next_is(der.Tag.INTEGER):
                version = fields.integer("version", minimum=1, maximum=1) + 1
            signature = AlgorithmIdentifier.read(fields, "signature")
            issuer = Name.read(fields, "issuer")
            this_update = fields.time("thisUpdate")
            has_next = fields.peek() in (der.Tag.UTC_TIME, der.Tag.GENERALIZED_TIME)
            next_update = fields.time("nextUpdate") if has_next else None
            revoked = _read_revoked(fields) if fields.next_is(der.Tag.SEQUENCE) else b""
            revoked_offset = fields.offset - len(revoked)
            extensions: tuple[Extension, ...] = ()
            if fields.next_is(_EXTENSIONS):
                if version != 2:
                    fields.tolerate(QuirkKind.VERSION, "extensions in version 1", "crlExtensions")
                with fields.explicit(0) as wrapped:
                    extensions = read_extensions(wrapped, "crlExtensions")
        return cls(version, signature, issuer, this_update, next_update, revoked, extensions, revoked_offset)

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidInputError: when the version is not 1 or 2, or a field cannot be encoded.
        """
        version = _inputs.number(self.version, 1, 2, "the version of a revocation list")
        return der.encode_sequence(
            der.encode_integer(1) if version == 2 else b"",
            der_of(self.signature, AlgorithmIdentifier, "signature"),
            der_of(self.issuer, Name, "issuer"),
            der.encode_time(self.this_update),
            b"" if self.next_update is None else der.encode_time(self.next_update),
            der.encode(der.Tag.SEQUENCE, self.revoked) if self.revoked else b"",
            der.encode_explicit(0, encode_extensions(self.extensions)),
        )


def _read_revoked(fields: Reader) -> bytes:
    at = fields.offset
    revoked = fields.contents(der.Tag.SEQUENCE, "revokedCertificates")
    if not revoked:
        message = "a list without entries leaves revokedCertificates out"
        fields.tolerate(QuirkKind.EMPTY_SEQUENCE, message, "revokedCertificates", offset=at)
    return revoked
