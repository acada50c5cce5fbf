"""Certification requests (RFC 2986, PKCS #10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280 import Name, SubjectPublicKeyInfo
from gmpki.asn1.rfc5280.ext_names import Attribute

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader

__all__ = ["CertificationRequestInfo"]

_ATTRIBUTES: Final = der.Tag.context(0, constructed=True)
_MAX_VERSION: Final = 2


@dataclass(frozen=True, slots=True)
class CertificationRequestInfo(Schema):
    """``SEQUENCE { version (0), subject Name, subjectPKInfo SubjectPublicKeyInfo, attributes [0] Attributes }``.

    :ivar version: 1, as people count; the encoding has 0. Tolerant reading takes 2 and 3 as well.
    :ivar attributes: in the order of the encoding. An absent field, which several programs write in place of an empty
        set, is read as empty and noted; it is always written.
    :standard: RFC 2986 4.1; GM/T 0092-2020
    """

    version: int
    subject: Name
    subject_public_key_info: SubjectPublicKeyInfo
    attributes: tuple[Attribute, ...] = ()

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> CertificationRequestInfo:
        """Read a CertificationRequestInfo."""
        with reader.sequence(name) as fields:
            at = fields.offset
            version = fields.integer("version", minimum=0, maximum=_MAX_VERSION)
            if version:
                fields.tolerate(
                    QuirkKind.VERSION, f"the version of a request is 0, not {version}", "version", offset=at
                )
            subject = Name.read(fields, "subject")
            key = SubjectPublicKeyInfo.read(fields, "subjectPKInfo")
            attributes = []
            if fields.next_is(_ATTRIBUTES):
                with fields.set_of("attributes", tag=_ATTRIBUTES) as items:
                    while not items.at_end():
                        attributes.append(Attribute.read(items, "attribute"))
            else:
                fields.note(QuirkKind.ABSENT_ATTRIBUTES, "attributes")
        return cls(version + 1, subject, key, tuple(attributes))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidInputError: when the version is not 1, or a field cannot be encoded.
        """
        _inputs.number(self.version, 1, 1, "the version of a request")
        attributes = [der_of(attribute, Attribute, "an attribute") for attribute in self.attributes]
        return der.encode_sequence(
            der.encode_integer(0),
            der_of(self.subject, Name, "subject"),
            der_of(self.subject_public_key_info, SubjectPublicKeyInfo, "subject_public_key_info"),
            der.encode_set_of(attributes, tag=_ATTRIBUTES),
        )
