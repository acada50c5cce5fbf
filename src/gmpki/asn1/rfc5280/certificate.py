"""What is signed in a certificate: TBSCertificate and its Validity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280._usual import read_usual
from gmpki.asn1.rfc5280.algorithm import AlgorithmIdentifier, SubjectPublicKeyInfo
from gmpki.asn1.rfc5280.extension import Extension, encode_extensions, read_extensions
from gmpki.asn1.rfc5280.name import Name

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader

__all__ = ["MAX_SERIAL_LEN", "TBSCertificate", "Validity", "read_serial_number"]

# RFC 5280 4.1.2.2: at most 20 octets, the sign included.
MAX_SERIAL_LEN: Final = 20
_VERSION: Final = der.Tag.context(0, constructed=True)
_ISSUER_UNIQUE_ID: Final = der.Tag.context(1)
_SUBJECT_UNIQUE_ID: Final = der.Tag.context(2)
_EXTENSIONS: Final = der.Tag.context(3, constructed=True)


def read_serial_number(reader: Reader, name: str = "serialNumber") -> int:
    """Read a CertificateSerialNumber: positive, at most 20 octets; others are noted when reading is tolerant.

    :raises DecodeError: when there is none, or strict reading meets such a one.
    :standard: RFC 5280 4.1.2.2
    """
    at = reader.offset
    value = reader.integer(name)
    if value <= 0:
        kind = QuirkKind.NEGATIVE_SERIAL if value else QuirkKind.ZERO_SERIAL
        reader.tolerate(kind, "a serial number is positive", name, offset=at)
    if value.bit_length() >= 8 * MAX_SERIAL_LEN:
        length = value.bit_length() // 8 + 1
        message = f"a serial number of {length} bytes; at most {MAX_SERIAL_LEN} are allowed"
        reader.tolerate(QuirkKind.LONG_SERIAL, message, name, offset=at)
    return value


@dataclass(frozen=True, slots=True)
class Validity(Schema):
    """``SEQUENCE { notBefore Time, notAfter Time }``, both in UTC with whole seconds.

    :standard: RFC 5280 4.1.2.5
    """

    not_before: datetime
    not_after: datetime

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> Validity:
        """Read a Validity."""
        with reader.sequence(name) as fields:
            return cls(fields.time("notBefore"), fields.time("notAfter"))

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(der.encode_time(self.not_before), der.encode_time(self.not_after))


@dataclass(frozen=True, slots=True)
class TBSCertificate(Schema):
    """What the issuer of a certificate signs.

    :ivar version: 1, 2 or 3, as people count; the encoding has one less.
    :ivar issuer_unique_id: the whole bytes of the BIT STRING, or None; subject_unique_id likewise.
    :ivar extensions: in the order of the encoding, empty when there are none.
    :standard: RFC 5280 4.1
    """

    version: int
    serial_number: int
    signature: AlgorithmIdentifier
    issuer: Name
    validity: Validity
    subject: Name
    subject_public_key_info: SubjectPublicKeyInfo
    issuer_unique_id: bytes | None = None
    subject_unique_id: bytes | None = None
    extensions: tuple[Extension, ...] = ()

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> TBSCertificate:
        """Read a TBSCertificate; the contents of extensions are not looked at."""
        usual = _read_usual(reader, name)
        if usual is not None:
            return usual
        with reader.sequence(name) as fields:
            version = _read_version(fields)
            serial_number = read_serial_number(fields)
            signature = AlgorithmIdentifier.read(fields, "signature")
            issuer = Name.read(fields, "issuer")
            validity = Validity.read(fields, "validity")
            subject = Name.read(fields, "subject")
            key = SubjectPublicKeyInfo.read(fields, "subjectPublicKeyInfo")
            issuer_id = subject_id = None
            extensions: tuple[Extension, ...] = ()
            if not fields.at_end():
                issuer_id = _read_unique_id(fields, _ISSUER_UNIQUE_ID, "issuerUniqueID", version)
                subject_id = _read_unique_id(fields, _SUBJECT_UNIQUE_ID, "subjectUniqueID", version)
                if fields.next_is(_EXTENSIONS):
                    if version != 3:
                        fields.tolerate(QuirkKind.VERSION, f"extensions in version {version}", "extensions")
                    with fields.explicit(3) as wrapped:
                        extensions = read_extensions(wrapped)
        return cls(version, serial_number, signature, issuer, validity, subject, key, issuer_id, subject_id, extensions)

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidInputError: when the version is not 1 to 3, or a field cannot be encoded.
        """
        version = _inputs.number(self.version, 1, 3, "the version of a certificate")
        return der.encode_sequence(
            der.encode_explicit(0, der.encode_integer(version - 1)) if version > 1 else b"",
            der.encode_integer(self.serial_number),
            der_of(self.signature, AlgorithmIdentifier, "signature"),
            der_of(self.issuer, Name, "issuer"),
            der_of(self.validity, Validity, "validity"),
            der_of(self.subject, Name, "subject"),
            der_of(self.subject_public_key_info, SubjectPublicKeyInfo, "subject_public_key_info"),
            _encode_unique_id(self.issuer_unique_id, _ISSUER_UNIQUE_ID),
            _encode_unique_id(self.subject_unique_id, _SUBJECT_UNIQUE_ID),
            der.encode_explicit(3, encode_extensions(self.extensions)),
        )


def _read_usual(reader: Reader, name: str) -> TBSCertificate | None:
    """Read a certificate of the usual shape the short way, or leave the reader where it stands."""
    if reader.tolerant or not reader.next_is(der.Tag.SEQUENCE) or not reader.may_nest(der.CACHED_DEPTH + 1):
        return None
    at = reader.offset
    encoded = reader.exact(der.Tag.SEQUENCE, name)
    found = read_usual(encoded)
    if found is None or found.key_algorithm.has_unwanted_null:
        reader.go_back(at)
        return None
    if found.signature.has_unwanted_null:
        place = encoded.index(found.signature.to_der())
        reader.note(QuirkKind.NULL_PARAMETERS, f"{name}.signature" if name else "signature", offset=at + place)
    return TBSCertificate(
        3,
        found.serial_number,
        found.signature,
        found.issuer,
        Validity(found.not_before, found.not_after),
        found.subject,
        SubjectPublicKeyInfo(found.key_algorithm, found.subject_public_key),
        extensions=found.extensions,
    )


def _read_version(fields: Reader) -> int:
    at = fields.offset
    if not fields.next_is(_VERSION):
        return 1
    with fields.explicit(0) as wrapped:
        version = wrapped.integer("version", minimum=0, maximum=2)
    if version == 0:
        fields.tolerate(QuirkKind.EXPLICIT_DEFAULT, "version 1 is left out in DER", "version", offset=at)
    return version + 1


def _read_unique_id(fields: Reader, tag: int, name: str, version: int) -> bytes | None:
    if not fields.next_is(tag):
        return None
    if version == 1:
        fields.tolerate(QuirkKind.VERSION, f"{name} in version 1", name)
    return fields.bit_string_bytes(name, tag=tag)


def _encode_unique_id(value: bytes | None, tag: int) -> bytes:
    return b"" if value is None else der.encode_bit_string(value, tag=tag)
