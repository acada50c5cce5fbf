"""The frame of every message, and of the content that a signature or a digest is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema
from gmpki.asn1.rfc5652._shared import any_element

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader
    from gmpki.oids import ObjectIdentifier

__all__ = ["ContentInfo", "EncapsulatedContentInfo"]

_CONTENT: Final = der.Tag.context(0, constructed=True)


@dataclass(frozen=True, slots=True)
class ContentInfo(Schema):
    """``SEQUENCE { contentType OBJECT IDENTIFIER, content [0] EXPLICIT ANY DEFINED BY contentType OPTIONAL }``.

    :ivar content: the exact DER of what ``[0]`` wraps, which is not looked into; None when it is absent, which PKCS #7
        allows and RFC 5652 does not.
    :standard: RFC 5652 3; RFC 2315 7
    """

    content_type: ObjectIdentifier
    content: bytes | None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> ContentInfo:
        """Read a ContentInfo."""
        content = None
        with reader.sequence(name) as fields:
            content_type = fields.oid("contentType")
            if not fields.at_end():
                with fields.explicit(0, "content") as wrapped:
                    content = any_element(wrapped, "")
        return cls(content_type, content)

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the content has no buffer.
        :raises InvalidInputError: when the type is no object identifier.
        """
        content = b"" if self.content is None else der.encode(_CONTENT, self.content)
        return der.encode_sequence(der.encode_oid(self.content_type), content)


@dataclass(frozen=True, slots=True)
class EncapsulatedContentInfo(Schema):
    """``SEQUENCE { eContentType OBJECT IDENTIFIER, eContent [0] EXPLICIT OCTET STRING OPTIONAL }``.

    :ivar content: what the OCTET STRING holds; None when the content stands elsewhere. When ``is_octet_string`` is
        False, as PKCS #7 version 1.5 has it for other types than data, the exact DER of the element there.
    :standard: RFC 5652 5.2; RFC 2315 7; GM/T 0010
    """

    content_type: ObjectIdentifier
    content: bytes | None = None
    is_octet_string: bool = True

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> EncapsulatedContentInfo:
        """Read an EncapsulatedContentInfo."""
        content = None
        octets = True
        with reader.sequence(name) as fields:
            content_type = fields.oid("eContentType")
            if not fields.at_end():
                with fields.explicit(0, "eContent") as wrapped:
                    octets = wrapped.next_is(der.Tag.OCTET_STRING)
                    content = wrapped.octet_string() if octets else any_element(wrapped, "")
        return cls(content_type, content, octets)

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the content has no buffer, or is_octet_string is no ``bool``.
        :raises InvalidInputError: when the type is no object identifier.
        """
        _inputs.member(self.is_octet_string, bool, "is_octet_string")
        content = b""
        if self.content is not None:
            element = der.encode_octet_string(self.content) if self.is_octet_string else self.content
            content = der.encode(_CONTENT, element)
        return der.encode_sequence(der.encode_oid(self.content_type), content)

    @property
    def digested_octets(self) -> bytes | None:
        """What a digest of the content is over: its contents octets, without tag and length (RFC 5652 5.4)."""
        if self.content is None or self.is_octet_string:
            return self.content
        return der.Reader(self.content).contents(self.content[0])
