"""Extensions about certificate policies (RFC 5280 4.2.1.4, 4.2.1.5, 4.2.1.11, 4.2.1.14)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from gmpki import _inputs, oids
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280._extension_value import (
    ExtensionValue,
    check_items,
    encode_count,
    encode_sequence_of,
    has_items,
    read_sequence_of,
)
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader
    from gmpki.oids import ObjectIdentifier

__all__ = [
    "CertificatePolicies",
    "DisplayText",
    "InhibitAnyPolicy",
    "NoticeReference",
    "PolicyConstraints",
    "PolicyInformation",
    "PolicyMapping",
    "PolicyMappings",
    "PolicyQualifierInfo",
    "UserNotice",
]

_MAX_DISPLAY_TEXT: Final = 200  # characters, RFC 5280 4.2.1.4
_REQUIRE_EXPLICIT: Final = der.Tag.context(0)
_INHIBIT_MAPPING: Final = der.Tag.context(1)


class DisplayText(str):
    """Text of a user notice that remembers its string type; equal to plain text.

    ``CHOICE { ia5String IA5String, visibleString VisibleString, bmpString BMPString, utf8String UTF8String }``, 1 to
    200 characters; longer text is read too.

    :ivar tag: the identifier octet of the string type.
    :standard: RFC 5280 4.2.1.4
    """

    __slots__ = ("tag",)
    tag: int

    def __new__(cls, text: str, tag: int = der.Tag.UTF8_STRING) -> DisplayText:
        """Make text of a string type; UTF8String unless told.

        :raises InvalidTypeError: when the text is no ``str``, or the tag no ``int``.
        """
        self = super().__new__(cls, _inputs.as_text(text, "a DisplayText"))
        self.tag = _inputs.number(tag, 0, 0xFF, "an identifier octet")
        return self

    def __reduce__(self) -> tuple[type[DisplayText], tuple[str, int]]:
        return DisplayText, (str.__str__(self), self.tag)

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> DisplayText:
        """Read a DisplayText.

        :raises DecodeError: when the next element is none of the four string types.
        """
        tag = reader.peek()
        if tag == der.Tag.UTF8_STRING:
            return cls(reader.utf8_string(name))
        if tag == der.Tag.VISIBLE_STRING:
            return cls(reader.visible_string(name), der.Tag.VISIBLE_STRING)
        if tag == der.Tag.BMP_STRING:
            return cls(reader.bmp_string(name), der.Tag.BMP_STRING)
        return cls(reader.ia5_string(name), der.Tag.IA5_STRING)


def _encode_display_text(text: str, name: str) -> bytes:
    """Encode text as UTF8String, or as IA5String where it says so; RFC 5280 4.2.1.4 forbids the other two types."""
    text = _inputs.as_text(text, name)
    if not 1 <= len(text) <= _MAX_DISPLAY_TEXT:
        raise InvalidInputError(f"{name} must have 1 to {_MAX_DISPLAY_TEXT} characters, not {len(text)}")
    tag = text.tag if isinstance(text, DisplayText) else der.Tag.UTF8_STRING
    if tag == der.Tag.UTF8_STRING:
        return der.encode_utf8_string(text)
    if tag == der.Tag.IA5_STRING:
        return der.encode_ia5_string(text)
    raise InvalidInputError(f"{name} must be a UTF8String or an IA5String")


@dataclass(frozen=True, slots=True)
class NoticeReference(Schema):
    """``SEQUENCE { organization DisplayText, noticeNumbers SEQUENCE OF INTEGER }``.

    :standard: RFC 5280 4.2.1.4
    """

    organization: str
    notice_numbers: tuple[int, ...]

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> NoticeReference:
        """Read a NoticeReference."""
        numbers = []
        with reader.sequence(name) as fields:
            organization = DisplayText.read(fields, "organization")
            with fields.sequence("noticeNumbers") as items:
                while not items.at_end():
                    numbers.append(items.integer("noticeNumber"))
        return cls(organization, tuple(numbers))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when the organization has not 1 to 200 characters of UTF8String or IA5String, or
            there is no number.
        """
        check_items(self.notice_numbers, "notice_numbers")
        numbers = [der.encode_integer(number) for number in self.notice_numbers]
        return der.encode_sequence(
            _encode_display_text(self.organization, "organization"), der.encode_sequence(*numbers)
        )


@dataclass(frozen=True, slots=True)
class UserNotice(Schema):
    """``SEQUENCE { noticeRef NoticeReference OPTIONAL, explicitText DisplayText OPTIONAL }``.

    :standard: RFC 5280 4.2.1.4
    """

    notice_ref: NoticeReference | None = None
    explicit_text: str | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> UserNotice:
        """Read a UserNotice."""
        notice_ref = explicit_text = None
        with reader.sequence(name) as fields:
            if fields.next_is(der.Tag.SEQUENCE):
                notice_ref = NoticeReference.read(fields, "noticeRef")
            if not fields.at_end():
                explicit_text = DisplayText.read(fields, "explicitText")
        return cls(notice_ref, explicit_text)

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when the text has not 1 to 200 characters of UTF8String or IA5String.
        """
        notice_ref, explicit_text = self.notice_ref, self.explicit_text
        return der.encode_sequence(
            b"" if notice_ref is None else der_of(notice_ref, NoticeReference, "notice_ref"),
            b"" if explicit_text is None else _encode_display_text(explicit_text, "explicit_text"),
        )


@dataclass(frozen=True, slots=True)
class PolicyQualifierInfo(Schema):
    """``SEQUENCE { policyQualifierId OBJECT IDENTIFIER, qualifier ANY DEFINED BY policyQualifierId }``.

    :ivar qualifier: the address of a practice statement as ``str`` for id-qt-cps, a :class:`UserNotice` for
        id-qt-unotice, and the exact DER of any other.
    :standard: RFC 5280 4.2.1.4
    """

    policy_qualifier_id: ObjectIdentifier
    qualifier: str | UserNotice | bytes

    @classmethod
    def cps(cls, uri: str) -> PolicyQualifierInfo:
        """Make the qualifier that points to a certification practice statement."""
        return cls(oids.QT_CPS, uri)

    @classmethod
    def notice(cls, notice: UserNotice) -> PolicyQualifierInfo:
        """Make the qualifier that shows a notice to who relies on the certificate."""
        return cls(oids.QT_UNOTICE, notice)

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> PolicyQualifierInfo:
        """Read a PolicyQualifierInfo."""
        qualifier: str | UserNotice | bytes
        with reader.sequence(name) as fields:
            kind = fields.oid("policyQualifierId")
            if kind == oids.QT_CPS:
                qualifier = fields.ia5_string("cPSuri")
            elif kind == oids.QT_UNOTICE:
                qualifier = UserNotice.read(fields, "userNotice")
            else:
                qualifier = fields.raw_element("qualifier")
        return cls(kind, qualifier)

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the qualifier is not what its identifier asks for.
        :raises InvalidInputError: when the address is not ASCII, or a notice has not 1 to 200 characters.
        """
        if self.policy_qualifier_id == oids.QT_CPS:
            qualifier = der.encode_ia5_string(_inputs.as_text(self.qualifier, "qualifier"))  # type: ignore[arg-type]
        elif self.policy_qualifier_id == oids.QT_UNOTICE:
            qualifier = der_of(self.qualifier, UserNotice, "qualifier")  # type: ignore[arg-type]
        else:
            qualifier = _inputs.as_bytes(self.qualifier, "qualifier")  # type: ignore[arg-type]
        return der.encode_sequence(der.encode_oid(self.policy_qualifier_id), qualifier)


@dataclass(frozen=True, slots=True)
class PolicyInformation(Schema):
    """``SEQUENCE { policyIdentifier OBJECT IDENTIFIER, policyQualifiers SEQUENCE SIZE (1..MAX) OF PolicyQualifierInfo
    OPTIONAL }``.

    :ivar policy_qualifiers: empty when absent.
    :standard: RFC 5280 4.2.1.4
    """

    policy_identifier: ObjectIdentifier
    policy_qualifiers: tuple[PolicyQualifierInfo, ...] = ()

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> PolicyInformation:
        """Read a PolicyInformation."""
        qualifiers: tuple[PolicyQualifierInfo, ...] = ()
        with reader.sequence(name) as fields:
            identifier = fields.oid("policyIdentifier")
            if not fields.at_end():
                qualifiers = read_sequence_of(
                    fields, "policyQualifiers", "policyQualifierInfo", PolicyQualifierInfo.read
                )
        return cls(identifier, qualifiers)

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when a qualifier cannot be encoded.
        """
        qualifiers = b""
        if has_items(self.policy_qualifiers, "policy_qualifiers"):
            qualifiers = encode_sequence_of(self.policy_qualifiers, PolicyQualifierInfo, "policy_qualifiers")
        return der.encode_sequence(der.encode_oid(self.policy_identifier), qualifiers)


@dataclass(frozen=True, slots=True)
class CertificatePolicies(ExtensionValue):
    """``SEQUENCE SIZE (1..MAX) OF PolicyInformation``.

    :standard: RFC 5280 4.2.1.4
    """

    OID: ClassVar[ObjectIdentifier] = oids.CERTIFICATE_POLICIES

    policies: tuple[PolicyInformation, ...]

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> CertificatePolicies:
        """Read a CertificatePolicies."""
        return cls(read_sequence_of(reader, name, "policyInformation", PolicyInformation.read))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the policies are no tuple of :class:`PolicyInformation`.
        :raises InvalidInputError: when there is none, or one stands twice.
        """
        encoded = encode_sequence_of(self.policies, PolicyInformation, "policies")
        if len({policy.policy_identifier for policy in self.policies}) != len(self.policies):
            raise InvalidInputError("a policy stands twice in policies")
        return encoded


@dataclass(frozen=True, slots=True)
class PolicyMapping(Schema):
    """``SEQUENCE { issuerDomainPolicy OBJECT IDENTIFIER, subjectDomainPolicy OBJECT IDENTIFIER }``.

    :standard: RFC 5280 4.2.1.5
    """

    issuer_domain_policy: ObjectIdentifier
    subject_domain_policy: ObjectIdentifier

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> PolicyMapping:
        """Read one mapping."""
        with reader.sequence(name) as fields:
            return cls(fields.oid("issuerDomainPolicy"), fields.oid("subjectDomainPolicy"))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a policy is no object identifier.
        :raises InvalidInputError: when one of them is anyPolicy, which cannot be mapped.
        """
        if oids.ANY_POLICY in (self.issuer_domain_policy, self.subject_domain_policy):
            raise InvalidInputError("anyPolicy can be mapped neither to nor from")
        return der.encode_sequence(
            der.encode_oid(self.issuer_domain_policy), der.encode_oid(self.subject_domain_policy)
        )


@dataclass(frozen=True, slots=True)
class PolicyMappings(ExtensionValue):
    """``SEQUENCE SIZE (1..MAX) OF`` :class:`PolicyMapping`.

    :standard: RFC 5280 4.2.1.5
    """

    OID: ClassVar[ObjectIdentifier] = oids.POLICY_MAPPINGS
    CRITICAL: ClassVar[bool] = True

    mappings: tuple[PolicyMapping, ...]

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> PolicyMappings:
        """Read a PolicyMappings."""
        return cls(read_sequence_of(reader, name, "mapping", PolicyMapping.read))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the mappings are no tuple of :class:`PolicyMapping`.
        :raises InvalidInputError: when there is none, or one has anyPolicy.
        """
        return encode_sequence_of(self.mappings, PolicyMapping, "mappings")


@dataclass(frozen=True, slots=True)
class PolicyConstraints(ExtensionValue):
    """``SEQUENCE { requireExplicitPolicy [0] INTEGER (0..MAX) OPTIONAL, inhibitPolicyMapping [1] INTEGER (0..MAX)
    OPTIONAL }``, tags implicit. One of them is there.

    :standard: RFC 5280 4.2.1.11
    """

    OID: ClassVar[ObjectIdentifier] = oids.POLICY_CONSTRAINTS
    CRITICAL: ClassVar[bool] = True
    FIXED: ClassVar[bool] = True

    require_explicit_policy: int | None = None
    inhibit_policy_mapping: int | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> PolicyConstraints:
        """Read a PolicyConstraints."""
        require = inhibit = None
        with reader.sequence(name) as fields:
            if fields.at_end():
                fields.tolerate(QuirkKind.EMPTY_SEQUENCE, "one of the two constraints expected, but nothing is there")
            if fields.next_is(_REQUIRE_EXPLICIT):
                require = fields.integer("requireExplicitPolicy", tag=_REQUIRE_EXPLICIT, minimum=0)
            if fields.next_is(_INHIBIT_MAPPING):
                inhibit = fields.integer("inhibitPolicyMapping", tag=_INHIBIT_MAPPING, minimum=0)
        return cls(require, inhibit)

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a number is no ``int``.
        :raises InvalidInputError: when both are absent, or one is negative.
        """
        require, inhibit = self.require_explicit_policy, self.inhibit_policy_mapping
        if require is None and inhibit is None:
            raise InvalidInputError("a PolicyConstraints needs one of its two numbers")
        return der.encode_sequence(
            b"" if require is None else encode_count(require, "require_explicit_policy", tag=_REQUIRE_EXPLICIT),
            b"" if inhibit is None else encode_count(inhibit, "inhibit_policy_mapping", tag=_INHIBIT_MAPPING),
        )


@dataclass(frozen=True, slots=True)
class InhibitAnyPolicy(ExtensionValue):
    """``INTEGER (0..MAX)``: how many more certificates anyPolicy counts in.

    :standard: RFC 5280 4.2.1.14
    """

    OID: ClassVar[ObjectIdentifier] = oids.INHIBIT_ANY_POLICY
    CRITICAL: ClassVar[bool] = True
    FIXED: ClassVar[bool] = True

    skip_certs: int

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> InhibitAnyPolicy:
        """Read an InhibitAnyPolicy."""
        return cls(reader.integer(name, minimum=0))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the number is no ``int``.
        :raises InvalidInputError: when it is negative.
        """
        return encode_count(self.skip_certs, "skip_certs")
