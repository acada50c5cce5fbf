"""What GM/T 0031-2014 and GB/T 38540-2020 share: the header and the picture of a seal, lists, extensions and times."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280 import Extension

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.asn1.der import Reader

__all__ = [
    "HEADER_ID",
    "MAX_EXTENSIONS",
    "MAX_LISTED",
    "TAGGED",
    "SESHeader",
    "SESPictureInfo",
    "encode_extension_datas",
    "encode_listed",
    "read_extension_datas",
    "read_listed",
    "read_seal_text",
    "read_seal_time",
]

HEADER_ID: Final = "ES"
"""What every header begins with."""
MAX_LISTED: Final = 4096
"""The most signers that one seal lists."""
MAX_EXTENSIONS: Final = 1024
"""The most elements of one ExtensionDatas."""
TAGGED: Final = der.Tag.context(0, constructed=True)
"""``[0] EXPLICIT``, which stands around extensions and time-stamps."""

_MAX_SIDE_MM: Final = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class SESHeader(Schema):
    """``SEQUENCE { ID IA5String ("ES"), version INTEGER, Vid IA5String }``.

    :ivar version: 1 for GM/T 0031-2014, whose text gives it as an example; 4 for GB/T 38540-2020.
    :ivar vendor_id: who made the software that makes the seal.
    :standard: GM/T 0031-2014; GB/T 38540-2020
    """

    id: str
    version: int
    vendor_id: str

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SESHeader:
        """Read a SES_Header."""
        with reader.sequence(name) as fields:
            at = fields.offset
            found = read_seal_text(fields, "ID", der.Tag.IA5_STRING)
            if found != HEADER_ID:
                fields.tolerate(QuirkKind.HEADER_ID, f"the header of a seal begins with {HEADER_ID}", "ID", offset=at)
            return cls(found, fields.integer("version", minimum=0), read_seal_text(fields, "Vid", der.Tag.IA5_STRING))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when a text is not ASCII.
        """
        return der.encode_sequence(
            der.encode_ia5_string(self.id), der.encode_integer(self.version), der.encode_ia5_string(self.vendor_id)
        )


@dataclass(frozen=True, slots=True)
class SESPictureInfo(Schema):
    """``SEQUENCE { type IA5String, data OCTET STRING, width INTEGER, height INTEGER }``.

    :ivar type: GIF, BMP, JPG, PNG and so on: the list of the standard is open.
    :ivar data: the file.
    :ivar width: in mm, as height.
    :standard: GM/T 0031-2014; GB/T 38540-2020
    """

    type: str
    data: bytes = field(repr=False)
    width: int
    height: int

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SESPictureInfo:
        """Read a SES_ESPictrueInfo, which is how the standard spells it."""
        with reader.sequence(name) as fields:
            return cls(
                read_seal_text(fields, "type", der.Tag.IA5_STRING),
                fields.octet_string("data"),
                fields.integer("width", minimum=0, maximum=_MAX_SIDE_MM),
                fields.integer("height", minimum=0, maximum=_MAX_SIDE_MM),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when the type is not ASCII.
        """
        return der.encode_sequence(
            der.encode_ia5_string(self.type),
            der.encode_octet_string(self.data),
            der.encode_integer(self.width),
            der.encode_integer(self.height),
        )


def read_extension_datas(fields: Reader, *, usually_tagged: bool, name: str = "extDatas") -> tuple[Extension, ...]:
    """Read ``ExtensionDatas OPTIONAL``, ``SEQUENCE SIZE (0..MAX) OF ExtData``, with the tag ``[0]`` or without.

    An ExtData is what RFC 5280 calls an Extension, but what its OCTET STRING holds need not be DER.

    :param usually_tagged: whether this place has the tag; the other form is noted.
    :raises DecodeError: when one is malformed, or there are more than 1024.
    """
    if not (fields.next_is(TAGGED) or fields.next_is(der.Tag.SEQUENCE)):
        return ()
    tagged = fields.next_is(TAGGED)
    if tagged is not usually_tagged:
        fields.note(QuirkKind.FIELD_TAGGING, name)
    if not tagged:
        return _read_extensions(fields, name)
    with fields.explicit(0, name) as wrapped:
        return _read_extensions(wrapped, "")


def _read_extensions(reader: Reader, name: str) -> tuple[Extension, ...]:
    found: list[Extension] = []
    seen: set[str] = set()
    with reader.sequence(name) as elements:
        while not elements.at_end():
            if len(found) == MAX_EXTENSIONS:
                raise elements.error(f"more than {MAX_EXTENSIONS} extensions")
            at = elements.offset
            extension = Extension.read(elements, "extData")
            if extension.extn_id in seen:
                message = f"the extension {extension.extn_id.name} is there twice"
                elements.tolerate(QuirkKind.DUPLICATE_EXTENSION, message, "extData", offset=at)
            seen.add(extension.extn_id)
            found.append(extension)
    return tuple(found)


def encode_extension_datas(extensions: Iterable[Extension], *, tagged: bool) -> bytes:
    """Encode ExtensionDatas; ``b""`` when there are none, because the list is then left out.

    :raises InvalidTypeError: when one is no :class:`~gmpki.asn1.rfc5280.Extension`.
    """
    parts = [der_of(one, Extension, "an extension") for one in _inputs.iterated(extensions, "extensions")]
    if not parts:
        return b""
    encoded = der.encode_sequence(*parts)
    return der.encode_explicit(0, encoded) if tagged else encoded


def read_listed(fields: Reader, name: str = "certList") -> tuple[bytes, ...]:
    """Read ``SEQUENCE OF OCTET STRING``, each with a certificate that is not looked into.

    A seal of one vendor's tests has text there instead [F]; tolerant reading keeps its bytes.

    :raises DecodeError: when an element is something else, or there are more than 4096.
    """
    found: list[bytes] = []
    with fields.sequence(name) as elements:
        while not elements.at_end():
            if len(found) == MAX_LISTED:
                raise elements.error(f"more than {MAX_LISTED} signers")
            if elements.next_is(der.Tag.IA5_STRING):
                elements.tolerate(QuirkKind.CERTIFICATE_AS_TEXT, "a certificate is an OCTET STRING", "cert")
                found.append(elements.contents(der.Tag.IA5_STRING, "cert"))
            else:
                found.append(elements.octet_string("cert"))
    return tuple(found)


def encode_listed(certificates: Iterable[bytes], name: str = "certificates") -> bytes:
    """Encode ``SEQUENCE OF OCTET STRING``.

    :raises InvalidTypeError: when one has no buffer.
    """
    return der.encode_sequence(
        *(der.encode_octet_string(_inputs.as_bytes(one, name)) for one in _inputs.iterated(certificates, name))
    )


def read_seal_time(fields: Reader, name: str, tag: int) -> datetime:
    """Read a time of a seal.

    :param tag: the type that the standard has there; tolerant reading takes the other one of the two as well.
    :raises DecodeError: when it is neither, or cannot be read.
    """
    other = der.Tag.GENERALIZED_TIME if tag == der.Tag.UTC_TIME else der.Tag.UTC_TIME
    if fields.next_is(other):
        expected = "UTCTime" if tag == der.Tag.UTC_TIME else "GeneralizedTime"
        fields.tolerate(QuirkKind.TIME_FORM, f"the times of this seal are {expected}", name)
        tag = other
    return fields.utc_time(name) if tag == der.Tag.UTC_TIME else fields.generalized_time(name)


_TEXTS: Final = {
    der.Tag.UTF8_STRING: ("UTF8String", der.Reader.utf8_string),
    der.Tag.PRINTABLE_STRING: ("PrintableString", der.Reader.printable_string),
    der.Tag.IA5_STRING: ("IA5String", der.Reader.ia5_string),
}


def read_seal_text(fields: Reader, name: str, tag: int) -> str:
    """Read a text of a seal.

    :param tag: the type that the standard has there; tolerant reading takes any other type of text as well.
    :raises DecodeError: when it is no text, or cannot be read.
    """
    expected, read = _TEXTS[tag]
    following = fields.peek()
    if following == tag or following not in der.STRING_TAGS:
        return read(fields, name)
    fields.tolerate(QuirkKind.TEXT_TYPE, f"{expected} is what this text is", name)
    return fields.any_string(name)
