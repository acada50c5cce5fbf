"""The container of a file's detached signature, with a seal or without.

It is of this project; no standard has one. A file of any kind stays as it is, and this stands beside it::

    DetachedSignature ::= SEQUENCE {
        version      INTEGER (1),
        file         FileInfo,
        kind         INTEGER { seal (0), signature (1) },
        signature    OCTET STRING }

    FileInfo ::= SEQUENCE {
        name         UTF8String,
        size         INTEGER,          -- in bytes
        mediaType    IA5String,
        imprint      MessageImprint }  -- of RFC 3161: the hash of the file's bytes, and its value

What is signed in the place of a document is the DER of FileInfo: SES_Signature of GM/T 0031 or GB/T 38540 has the
digest of that as its dataHash, and "gmpki detached file" as its propertyInfo; a signature without a seal is SignedData
over that digest, as OFD has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.rfc3161 import MessageImprint

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader

__all__ = ["MAX_FILE_LEN", "PROPERTY_INFO", "DetachedSignature", "FileInfo", "SignatureKind"]

PROPERTY_INFO: Final = "gmpki detached file"
"""What a seal signature in such a container says that it protects."""
MAX_FILE_LEN: Final = (1 << 63) - 1
"""The longest file, in bytes."""
_VERSION: Final = 1


class SignatureKind(IntEnum):
    """What the signature is."""

    SEAL = 0
    """SES_Signature of GM/T 0031 or GB/T 38540."""
    SIGNATURE = 1
    """SignedData of GM/T 0010 (GB/T 35275)."""


@dataclass(frozen=True, slots=True)
class FileInfo(Schema):
    """``SEQUENCE { name UTF8String, size INTEGER, mediaType IA5String, imprint MessageImprint }``.

    :ivar size: in bytes.
    """

    name: str
    size: int
    media_type: str
    imprint: MessageImprint

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> FileInfo:
        """Read a FileInfo."""
        with reader.sequence(name) as fields:
            return cls(
                fields.utf8_string("name"),
                fields.integer("size", minimum=0, maximum=MAX_FILE_LEN),
                fields.ia5_string("mediaType"),
                MessageImprint.read(fields, "imprint"),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when a text has characters that its type does not have.
        """
        return der.encode_sequence(
            der.encode_utf8_string(self.name),
            der.encode_integer(self.size),
            der.encode_ia5_string(self.media_type),
            der_of(self.imprint, MessageImprint, "imprint"),
        )


@dataclass(frozen=True, slots=True)
class DetachedSignature(Schema):
    """``SEQUENCE { version INTEGER (1), file FileInfo, kind INTEGER, signature OCTET STRING }``."""

    file: FileInfo
    kind: SignatureKind
    signature: bytes

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> DetachedSignature:
        """Read a DetachedSignature."""
        with reader.sequence(name) as fields:
            fields.integer("version", minimum=_VERSION, maximum=_VERSION)
            file = FileInfo.read(fields, "file")
            kind = fields.integer("kind", minimum=min(SignatureKind), maximum=max(SignatureKind))
            return cls(file, SignatureKind(kind), fields.octet_string("signature"))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        """
        _inputs.member(self.kind, SignatureKind, "kind")
        return der.encode_sequence(
            der.encode_integer(_VERSION),
            der_of(self.file, FileInfo, "file"),
            der.encode_integer(int(self.kind)),
            der.encode_octet_string(self.signature),
        )
