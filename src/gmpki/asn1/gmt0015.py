"""Identity extensions of GM/T 0015, both editions, and the older ones that authorities use for the same facts.

The text of neither edition could be read. The 2012 identifiers and types are what independent implementations agree
on (confidence B); for those of the 2023 edition, for the tags of IdentifyCode and for the older identifiers there are
single sources (confidence C). What certificates in the field hold differs more than a standard would allow, so
reading takes every form that was met, in both reading modes, and notes the odd ones: any string type, under a context
tag or not, NULL for nothing, and bare text without a type. Writing produces one form.

All of them are personal data or identify an organisation. They are not critical.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

from gmpki import _inputs, oids
from gmpki.asn1 import der
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280._extension_value import ExtensionValue
from gmpki.errors import DecodeError, InvalidInputError

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.asn1.der import Reader
    from gmpki.asn1.quirks import QuirkLog
    from gmpki.oids import ObjectIdentifier

__all__ = [
    "ICRegistrationNumber",
    "IdentifyCode",
    "IdentifyCodeKind",
    "IdentityText",
    "InsuranceNumber",
    "LegacyBusinessRegistration",
    "LegacyIdentity2",
    "LegacyOrganizationCode",
    "LegacyPersonalIdentity",
    "LegacyTaxationNumber",
    "OrganizationCode",
    "Passport2023",
    "ResidentIdentity2023",
    "SHECAUniqueID",
    "SHECAUniqueID205",
    "SocialCreditCode2023",
    "SocialCreditCode2023Long",
    "TaxationNumber",
    "ZJCAUserName",
]

I = TypeVar("I", bound="IdentityValue")  # noqa: E741 - the letter of its bound, as everywhere
T = TypeVar("T", bound="IdentityText")

# Identifier octets that begin a typed value: character strings, NULL, and the context tags 0 to 2 in both forms. None
# of them begins text in UTF-8 that has no control characters, so the first byte tells typed values from bare text.
_STRING_TAGS: Final = frozenset(
    (
        der.Tag.UTF8_STRING,
        der.Tag.NUMERIC_STRING,
        der.Tag.PRINTABLE_STRING,
        der.Tag.TELETEX_STRING,
        der.Tag.IA5_STRING,
        der.Tag.VISIBLE_STRING,
        der.Tag.UNIVERSAL_STRING,
        der.Tag.BMP_STRING,
    )
)
_EXPLICIT_TAGS: Final = {der.Tag.context(number, constructed=True): number for number in range(3)}
_IMPLICIT_TAGS: Final = {der.Tag.context(number): number for number in range(3)}
_TYPED: Final = frozenset((*_STRING_TAGS, der.Tag.NULL, *_EXPLICIT_TAGS, *_IMPLICIT_TAGS))


class IdentityValue(ExtensionValue):
    """What all identity extensions share: the forms of text that are read."""

    __slots__ = ()

    @classmethod
    @abstractmethod
    def _make(cls: type[I], _number: int | None, text: str) -> I:
        """Make the value; the number is that of a context tag around it, or None."""

    @classmethod
    def read(cls: type[I], reader: Reader, name: str = "") -> I:
        """Read a typed value: a character string, one under a context tag, or NULL for the empty text."""
        tag = reader.peek()
        if tag in _EXPLICIT_TAGS:
            number = _EXPLICIT_TAGS[tag]
            with reader.explicit(number, name) as inner:
                return cls._make(number, inner.any_string("value"))
        if tag in _IMPLICIT_TAGS:
            reader.note(QuirkKind.IMPLICIT_TAG, name)
            return cls._make(_IMPLICIT_TAGS[tag], reader.utf8_string(name, tag=tag))
        if tag == der.Tag.NULL:
            reader.note(QuirkKind.UNTYPED_VALUE, name)
            reader.null(name)
            return cls._make(None, "")
        return cls._make(None, reader.any_string(name))

    @classmethod
    def from_der(
        cls: type[I],
        data: Buffer,
        *,
        quirks: QuirkLog | None = None,
        max_depth: int = der.MAX_DEPTH,
        max_size: int = der.MAX_SIZE,
    ) -> I:
        """Decode what an identity extension holds: a typed value, or bare text in UTF-8, which is noted.

        :param quirks: takes note of odd forms.
        :param max_depth: how many constructed elements may contain each other.
        :param max_size: the longest data taken, in bytes.
        :raises InvalidTypeError: when data has no buffer, or a bound is no ``int``.
        :raises DecodeError: when it is neither a typed value nor text in UTF-8.
        :raises LimitExceeded: when it is longer than max_size.
        """
        reader = der.Reader(data, name=cls.__name__, quirks=quirks, max_depth=max_depth, max_size=max_size)
        if reader.peek() in _TYPED:
            value = cls.read(reader)
            reader.end()
            return value
        try:
            text = _inputs.as_bytes(data, "ASN.1 data").decode("utf-8")
        except UnicodeDecodeError:
            raise DecodeError("neither a character string nor text in UTF-8", offset=0, path=(cls.__name__,)) from None
        reader.note(QuirkKind.UNTYPED_VALUE, "")
        return cls._make(None, text)


class IdentifyCodeKind(IntEnum):
    """Which document an :class:`IdentifyCode` numbers: the context tags of its CHOICE."""

    RESIDENT_ID = 0
    MILITARY_ID = 1
    PASSPORT = 2


@dataclass(frozen=True, slots=True)
class IdentifyCode(IdentityValue):
    """``CHOICE { residenterCardNumber [0] PrintableString, militaryOfficerCardNumber [1] UTF8String, passportNumber
    [2] PrintableString }``: the number of a person's document.

    The tags are written explicit, which is what the one implementation does that was seen (confidence C).

    :ivar kind: which document; None when the certificate does not say.
    :standard: GM/T 0015-2012, identity extensions
    """

    OID: ClassVar[ObjectIdentifier] = oids.IDENTIFY_CODE

    kind: IdentifyCodeKind | None
    value: str

    @classmethod
    def _make(cls, _number: int | None, text: str) -> IdentifyCode:
        return cls(None if _number is None else IdentifyCodeKind(_number), text)

    def to_der(self) -> bytes:
        """Encode the value as DER.

        :raises InvalidTypeError: when the kind is no :class:`IdentifyCodeKind`, or the value no ``str``.
        :raises InvalidInputError: when the value is empty, or not in the alphabet of its type.
        """
        _inputs.member(self.kind, IdentifyCodeKind, "kind")
        utf8 = self.kind is IdentifyCodeKind.MILITARY_ID
        return der.encode_explicit(int(self.kind or 0), _encode_text(self.value, utf8=utf8))


def _encode_text(value: str, *, utf8: bool) -> bytes:
    if not _inputs.as_text(value, "value"):
        raise InvalidInputError("value must not be empty")
    return der.encode_utf8_string(value) if utf8 else der.encode_printable_string(value)


@dataclass(frozen=True, slots=True)
class IdentityText(IdentityValue):
    """One number or code as a character string.

    :cvar UTF8: written as UTF8String; otherwise as PrintableString.
    """

    UTF8: ClassVar[bool] = False

    value: str

    @classmethod
    def _make(cls: type[T], _number: int | None, text: str) -> T:
        return cls(text)

    def to_der(self) -> bytes:
        """Encode the value as DER.

        :raises InvalidTypeError: when the value is no ``str``.
        :raises InvalidInputError: when it is empty, or not in the alphabet of its type.
        """
        return _encode_text(self.value, utf8=self.UTF8)


class InsuranceNumber(IdentityText):
    """``PrintableString``: a person's social insurance number.

    :standard: GM/T 0015-2012, identity extensions
    """

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.INSURANCE_NUMBER


class ICRegistrationNumber(IdentityText):
    """``PrintableString``: an enterprise's number in the register of industry and commerce.

    :standard: GM/T 0015-2012, identity extensions
    """

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.IC_REGISTRATION_NUMBER


class OrganizationCode(IdentityText):
    """``PrintableString``: an organisation's code; today usually the unified social credit code.

    :standard: GM/T 0015-2012, identity extensions
    """

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.ORGANIZATION_CODE


class TaxationNumber(IdentityText):
    """``PrintableString``: an enterprise's tax number.

    :standard: GM/T 0015-2012, identity extensions
    """

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.TAXATION_NUMBER


class ResidentIdentity2023(IdentityText):
    """``PrintableString``: the number of a resident's identity card, as the 2023 edition has it (confidence C).

    :standard: GM/T 0015-2023, identity extensions
    """

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.RESIDENT_IDENTITY_2023


class Passport2023(IdentityText):
    """``UTF8String``: the number of a passport, as the 2023 edition has it (confidence C).

    :standard: GM/T 0015-2023, identity extensions
    """

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.PASSPORT_2023
    UTF8: ClassVar[bool] = True


class SocialCreditCode2023(IdentityText):
    """``PrintableString``: the unified social credit code of the 2023 edition (confidence C).

    This is the identifier that its one public implementation documents; see :class:`SocialCreditCode2023Long`.

    :standard: GM/T 0015-2023, identity extensions
    """

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.SOCIAL_CREDIT_CODE_2023


class SocialCreditCode2023Long(IdentityText):
    """``PrintableString``: as :class:`SocialCreditCode2023`, under the identifier that the implementation writes.

    :standard: GM/T 0015-2023, identity extensions
    """

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.SOCIAL_CREDIT_CODE_2023_LONG


class LegacyPersonalIdentity(IdentityText):
    """``UTF8String``: a person's identity number under an older identifier (confidence C)."""

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.LEGACY_PERSONAL_IDENTITY
    UTF8: ClassVar[bool] = True


class LegacyIdentity2(IdentityText):
    """``UTF8String``: an identity, of whom or what is not documented, under an older identifier (confidence C)."""

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.LEGACY_IDENTITY_2
    UTF8: ClassVar[bool] = True


class LegacyBusinessRegistration(IdentityText):
    """``UTF8String``: an enterprise's registration number under an older identifier (confidence C)."""

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.LEGACY_BUSINESS_REGISTRATION
    UTF8: ClassVar[bool] = True


class LegacyOrganizationCode(IdentityText):
    """``UTF8String``: an organisation's code under an older identifier (confidence C)."""

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.LEGACY_ORGANIZATION_CODE
    UTF8: ClassVar[bool] = True


class LegacyTaxationNumber(IdentityText):
    """``UTF8String``: an enterprise's tax number under an older identifier (confidence C)."""

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.LEGACY_TAXATION_NUMBER
    UTF8: ClassVar[bool] = True


class SHECAUniqueID(IdentityText):
    """``UTF8String``: the unique identity of a holder at one authority (confidence C)."""

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.SHECA_UNIQUE_ID
    UTF8: ClassVar[bool] = True


class SHECAUniqueID205(IdentityText):
    """``UTF8String``: as :class:`SHECAUniqueID`, under another identifier (confidence C)."""

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.SHECA_UNIQUE_ID_205
    UTF8: ClassVar[bool] = True


class ZJCAUserName(IdentityText):
    """``UTF8String``: the name of a holder at one authority (confidence C)."""

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.ZJCA_USER_NAME
    UTF8: ClassVar[bool] = True
