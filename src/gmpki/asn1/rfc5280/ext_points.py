"""Extensions that say where to look: revocation lists and services (RFC 5280 4.2.1.13, 4.2.1.15, 4.2.2, 5.2.5)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280._extension_value import (
    ExtensionValue,
    encode_flags,
    encode_sequence_of,
    has_items,
    read_sequence_of,
)
from gmpki.asn1.rfc5280.general_name import GeneralName, encode_general_names, read_general_names
from gmpki.asn1.rfc5280.name import AttributeTypeAndValue
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader
    from gmpki.oids import ObjectIdentifier

__all__ = [
    "AccessDescription",
    "AuthorityInfoAccess",
    "CRLDistributionPoints",
    "DistributionPoint",
    "DistributionPointName",
    "FreshestCRL",
    "IssuingDistributionPoint",
    "ReasonFlags",
    "SubjectInfoAccess",
]

A = TypeVar("A", bound="AccessDescriptions")
P = TypeVar("P", bound="DistributionPoints")

_FULL_NAME: Final = der.Tag.context(0, constructed=True)
_RELATIVE_NAME: Final = der.Tag.context(1, constructed=True)
_POINT_NAME: Final = der.Tag.context(0, constructed=True)
_REASONS: Final = der.Tag.context(1)
_CRL_ISSUER: Final = der.Tag.context(2, constructed=True)
_ONLY_USER: Final = der.Tag.context(1)
_ONLY_CA: Final = der.Tag.context(2)
_ONLY_REASONS: Final = der.Tag.context(3)
_INDIRECT: Final = der.Tag.context(4)
_ONLY_ATTRIBUTE: Final = der.Tag.context(5)


class ReasonFlags(IntFlag):
    """The reasons a revocation list covers; bit n of the standard is ``1 << n``.

    :standard: RFC 5280 4.2.1.13
    """

    UNUSED = 1 << 0
    KEY_COMPROMISE = 1 << 1
    CA_COMPROMISE = 1 << 2
    AFFILIATION_CHANGED = 1 << 3
    SUPERSEDED = 1 << 4
    CESSATION_OF_OPERATION = 1 << 5
    CERTIFICATE_HOLD = 1 << 6
    PRIVILEGE_WITHDRAWN = 1 << 7
    AA_COMPROMISE = 1 << 8


_ALL_REASONS: Final = 0x1FF


def _read_reasons(reader: Reader, name: str, tag: int) -> ReasonFlags | None:
    if not reader.next_is(tag):
        return None
    return ReasonFlags(reader.named_bits(name, tag=tag) & _ALL_REASONS)


def _encode_reasons(reasons: ReasonFlags | None, number: int, name: str) -> bytes:
    if reasons is None:
        return b""
    return der.encode_implicit(number, encode_flags(reasons, ReasonFlags, _ALL_REASONS, name))


@dataclass(frozen=True, slots=True)
class DistributionPointName(Schema):
    """``CHOICE { fullName [0] GeneralNames, nameRelativeToCRLIssuer [1] RelativeDistinguishedName }``, tags implicit.

    :ivar full_name: empty for the other alternative.
    :ivar relative_name: what is added to the issuer's name; empty for the other alternative.
    :standard: RFC 5280 4.2.1.13
    """

    full_name: tuple[GeneralName, ...] = ()
    relative_name: tuple[AttributeTypeAndValue, ...] = ()

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> DistributionPointName:
        """Read a DistributionPointName."""
        before = f"{name}." if name else ""
        if reader.next_is(_FULL_NAME):
            return cls(read_general_names(reader, f"{before}fullName", tag=_FULL_NAME))
        attributes = []
        with reader.set_of(f"{before}nameRelativeToCRLIssuer", tag=_RELATIVE_NAME) as items:
            if items.at_end():
                raise items.error("the SET is empty; at least one attribute expected")
            while not items.at_end():
                attributes.append(AttributeTypeAndValue.read(items, "attribute"))
        return cls((), tuple(attributes))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field is no tuple of what belongs there.
        :raises InvalidInputError: when not exactly one of the fields is filled.
        """
        is_full = has_items(self.full_name, "full_name")
        if is_full == has_items(self.relative_name, "relative_name"):
            raise InvalidInputError("a DistributionPointName needs either full_name or relative_name")
        if is_full:
            return der.encode_implicit(0, encode_general_names(self.full_name))
        attributes = [der_of(item, AttributeTypeAndValue, "relative_name") for item in self.relative_name]
        return der.encode_set_of(attributes, tag=_RELATIVE_NAME)


def _read_point_name(reader: Reader) -> DistributionPointName | None:
    # The field is [0] with IMPLICIT TAGS, but it is a CHOICE, which X.680 31.2.7 always tags explicitly.
    if not reader.next_is(_POINT_NAME):
        return None
    with reader.explicit(0, "distributionPoint") as inner:
        return DistributionPointName.read(inner)


def _encode_point_name(name: DistributionPointName | None) -> bytes:
    if name is None:
        return b""
    return der.encode_explicit(0, der_of(name, DistributionPointName, "distribution_point"))


@dataclass(frozen=True, slots=True)
class DistributionPoint(Schema):
    """``SEQUENCE { distributionPoint [0] DistributionPointName OPTIONAL, reasons [1] ReasonFlags OPTIONAL, cRLIssuer
    [2] GeneralNames OPTIONAL }``, tags implicit. The first or the last field is there.

    :ivar reasons: the reasons that the list covers; None for all.
    :ivar crl_issuer: who signs the list, when it is not the issuer of the certificate; empty when absent.
    :standard: RFC 5280 4.2.1.13
    """

    distribution_point: DistributionPointName | None = None
    reasons: ReasonFlags | None = None
    crl_issuer: tuple[GeneralName, ...] = ()

    @classmethod
    def uri(cls, *addresses: str) -> DistributionPoint:
        """Make the point of a complete list at one or several addresses.

        :raises InvalidTypeError: when an address is no ``str``.
        :raises InvalidInputError: when it is not ASCII.
        """
        return cls(DistributionPointName(tuple(GeneralName.uri(address) for address in addresses)))

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> DistributionPoint:
        """Read a DistributionPoint."""
        crl_issuer: tuple[GeneralName, ...] = ()
        with reader.sequence(name) as fields:
            point = _read_point_name(fields)
            reasons = _read_reasons(fields, "reasons", _REASONS)
            if fields.next_is(_CRL_ISSUER):
                crl_issuer = read_general_names(fields, "cRLIssuer", tag=_CRL_ISSUER)
            if point is None and not crl_issuer:
                raise fields.error("distributionPoint or cRLIssuer expected, neither is there")
        return cls(point, reasons, crl_issuer)

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when distribution_point and crl_issuer are both absent, or no reason is set.
        """
        has_issuer = has_items(self.crl_issuer, "crl_issuer")
        if self.distribution_point is None and not has_issuer:
            raise InvalidInputError("a DistributionPoint needs distribution_point or crl_issuer")
        return der.encode_sequence(
            _encode_point_name(self.distribution_point),
            _encode_reasons(self.reasons, 1, "reasons"),
            der.encode_implicit(2, encode_general_names(self.crl_issuer)) if has_issuer else b"",
        )


@dataclass(frozen=True, slots=True)
class DistributionPoints(ExtensionValue):
    """``CRLDistributionPoints ::= SEQUENCE SIZE (1..MAX) OF DistributionPoint``, which two extensions hold.

    :standard: RFC 5280 4.2.1.13
    """

    points: tuple[DistributionPoint, ...]

    @classmethod
    def read(cls: type[P], reader: Reader, name: str = "") -> P:
        """Read the points."""
        return cls(read_sequence_of(reader, name, "distributionPoint", DistributionPoint.read))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the points are no tuple of :class:`DistributionPoint`.
        :raises InvalidInputError: when there is none, or one is not complete.
        """
        return encode_sequence_of(self.points, DistributionPoint, "points")


class CRLDistributionPoints(DistributionPoints):
    """Where the revocation lists are.

    :standard: RFC 5280 4.2.1.13
    """

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.CRL_DISTRIBUTION_POINTS


class FreshestCRL(DistributionPoints):
    """Where the delta lists are; in certificates and in lists.

    :standard: RFC 5280 4.2.1.15 and 5.2.6
    """

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.FRESHEST_CRL
    FIXED: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class AccessDescription(Schema):
    """``SEQUENCE { accessMethod OBJECT IDENTIFIER, accessLocation GeneralName }``.

    :standard: RFC 5280 4.2.2.1
    """

    method: ObjectIdentifier
    location: GeneralName

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> AccessDescription:
        """Read an AccessDescription."""
        with reader.sequence(name) as fields:
            return cls(fields.oid("accessMethod"), GeneralName.read(fields, "accessLocation"))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        """
        return der.encode_sequence(der.encode_oid(self.method), der_of(self.location, GeneralName, "location"))


@dataclass(frozen=True, slots=True)
class AccessDescriptions(ExtensionValue):
    """``SEQUENCE SIZE (1..MAX) OF AccessDescription``, which two extensions hold.

    :standard: RFC 5280 4.2.2
    """

    descriptions: tuple[AccessDescription, ...]

    @classmethod
    def read(cls: type[A], reader: Reader, name: str = "") -> A:
        """Read the descriptions."""
        return cls(read_sequence_of(reader, name, "accessDescription", AccessDescription.read))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the descriptions are no tuple of :class:`AccessDescription`.
        :raises InvalidInputError: when there is none.
        """
        return encode_sequence_of(self.descriptions, AccessDescription, "descriptions")

    def locations(self, method: str) -> tuple[GeneralName, ...]:
        """Return the locations of one method, in order."""
        return tuple(item.location for item in self.descriptions if item.method == method)


class AuthorityInfoAccess(AccessDescriptions):
    """Services of the issuer: OCSP, and where its certificates are.

    :standard: RFC 5280 4.2.2.1
    """

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.AUTHORITY_INFO_ACCESS
    FIXED: ClassVar[bool] = True


class SubjectInfoAccess(AccessDescriptions):
    """Services of the subject: where an authority publishes, or a time-stamp service.

    :standard: RFC 5280 4.2.2.2
    """

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.SUBJECT_INFO_ACCESS
    FIXED: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class IssuingDistributionPoint(ExtensionValue):
    """``SEQUENCE { distributionPoint [0] DistributionPointName OPTIONAL, onlyContainsUserCerts [1] BOOLEAN DEFAULT
    FALSE, onlyContainsCACerts [2] BOOLEAN DEFAULT FALSE, onlySomeReasons [3] ReasonFlags OPTIONAL, indirectCRL [4]
    BOOLEAN DEFAULT FALSE, onlyContainsAttributeCerts [5] BOOLEAN DEFAULT FALSE }``, tags implicit.

    An empty one is not written, and at most one ``only_contains_`` field is True.

    :ivar only_some_reasons: the reasons that the list covers; None for all.
    :standard: RFC 5280 5.2.5
    """

    OID: ClassVar[ObjectIdentifier] = oids.ISSUING_DISTRIBUTION_POINT
    CRITICAL: ClassVar[bool] = True
    FIXED: ClassVar[bool] = True

    distribution_point: DistributionPointName | None = None
    only_contains_user_certs: bool = False
    only_contains_ca_certs: bool = False
    only_some_reasons: ReasonFlags | None = None
    indirect_crl: bool = False
    only_contains_attribute_certs: bool = False

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> IssuingDistributionPoint:
        """Read an IssuingDistributionPoint."""
        with reader.sequence(name) as fields:
            if fields.at_end():
                fields.tolerate(QuirkKind.EMPTY_SEQUENCE, "an IssuingDistributionPoint says something; this is empty")
            return cls(
                _read_point_name(fields),
                fields.boolean_default_false("onlyContainsUserCerts", tag=_ONLY_USER),
                fields.boolean_default_false("onlyContainsCACerts", tag=_ONLY_CA),
                _read_reasons(fields, "onlySomeReasons", _ONLY_REASONS),
                fields.boolean_default_false("indirectCRL", tag=_INDIRECT),
                fields.boolean_default_false("onlyContainsAttributeCerts", tag=_ONLY_ATTRIBUTE),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when nothing is set, or more than one ``only_contains_`` field.
        """
        flags = (
            der.encode_boolean(self.only_contains_user_certs, tag=_ONLY_USER),
            der.encode_boolean(self.only_contains_ca_certs, tag=_ONLY_CA),
            der.encode_boolean(self.indirect_crl, tag=_INDIRECT),
            der.encode_boolean(self.only_contains_attribute_certs, tag=_ONLY_ATTRIBUTE),
        )
        user, ca, indirect, attribute = (flag if flag[-1] else b"" for flag in flags)
        if bool(user) + bool(ca) + bool(attribute) > 1:
            raise InvalidInputError("at most one of the only_contains_ fields may be True")
        content = (
            _encode_point_name(self.distribution_point),
            user,
            ca,
            _encode_reasons(self.only_some_reasons, 3, "only_some_reasons"),
            indirect,
            attribute,
        )
        if not any(content):
            raise InvalidInputError("an IssuingDistributionPoint with nothing set is left out")
        return der.encode_sequence(*content)
