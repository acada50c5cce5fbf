"""Extensions about names and the place in a path (RFC 5280 4.2.1.6 to 4.2.1.10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

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
from gmpki.asn1.rfc5280.general_name import GeneralName, GeneralNameKind, encode_general_names, read_general_names
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader
    from gmpki.oids import ObjectIdentifier

__all__ = [
    "Attribute",
    "BasicConstraints",
    "GeneralSubtree",
    "IssuerAltName",
    "NameConstraints",
    "SubjectAltName",
    "SubjectDirectoryAttributes",
]

N = TypeVar("N", bound="AlternativeNames")

_PERMITTED: Final = der.Tag.context(0, constructed=True)
_EXCLUDED: Final = der.Tag.context(1, constructed=True)
_MINIMUM: Final = der.Tag.context(0)
_MAXIMUM: Final = der.Tag.context(1)
_HOST_LENGTHS: Final = (4, 16)  # bytes, RFC 5280 4.2.1.6
_SUBNET_LENGTHS: Final = (8, 32)  # bytes, RFC 5280 4.2.1.10: address and mask


def _wrong_address(name: GeneralName, lengths: tuple[int, int]) -> str:
    """Return what is wrong with an IP address that may have these lengths; empty when nothing is."""
    if name.kind is GeneralNameKind.IP_ADDRESS and len(name.value) not in lengths:  # type: ignore[arg-type]
        return f"an IP address has {lengths[0]} or {lengths[1]} bytes here, this one has {len(name.value)}"  # type: ignore[arg-type]
    return ""


@dataclass(frozen=True, slots=True)
class AlternativeNames(ExtensionValue):
    """``GeneralNames``, which are never empty: what the extensions with other names of one party share.

    :standard: RFC 5280 4.2.1.6
    """

    names: tuple[GeneralName, ...]

    @classmethod
    def read(cls: type[N], reader: Reader, name: str = "") -> N:
        """Read the names."""
        at = reader.offset
        names = read_general_names(reader, name)
        for item in names:
            wrong = _wrong_address(item, _HOST_LENGTHS)
            if wrong:
                raise reader.error(wrong, name, offset=at)
        return cls(names)

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the names are no tuple of :class:`GeneralName`.
        :raises InvalidInputError: when there is none, or one is a subnet.
        """
        check_items(self.names, "names")
        encoded = encode_general_names(self.names)
        for item in self.names:
            wrong = _wrong_address(item, _HOST_LENGTHS)
            if wrong:
                raise InvalidInputError(wrong)
        return encoded


class SubjectAltName(AlternativeNames):
    """Other names of the subject. Critical when the subject's Name is empty, which the caller must say.

    :standard: RFC 5280 4.2.1.6
    """

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.SUBJECT_ALT_NAME


class IssuerAltName(AlternativeNames):
    """Other names of the issuer.

    :standard: RFC 5280 4.2.1.7
    """

    __slots__ = ()
    OID: ClassVar[ObjectIdentifier] = oids.ISSUER_ALT_NAME


@dataclass(frozen=True, slots=True)
class Attribute(Schema):
    """``SEQUENCE { type OBJECT IDENTIFIER, values SET SIZE (1..MAX) OF ANY }``.

    :ivar values: the exact DER of each value.
    :standard: RFC 5280 A.1
    """

    type: ObjectIdentifier
    values: tuple[bytes, ...]

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> Attribute:
        """Read an Attribute."""
        values = []
        with reader.sequence(name) as fields:
            kind = fields.oid("type")
            if not fields.next_is(der.Tag.SET) and not fields.at_end():
                # Requests of CFCA's software leave the SET out.
                fields.tolerate(QuirkKind.UNWRAPPED_VALUE, "a SET of values expected", "values")
                return cls(kind, (fields.raw_element("values"),))
            with fields.set_of("values") as items:
                if items.at_end():
                    items.tolerate(QuirkKind.EMPTY_SEQUENCE, "the SET is empty; at least one value expected")
                while not items.at_end():
                    values.append(items.raw_element("value"))
        return cls(kind, tuple(values))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the type is no object identifier, or the values are no tuple of bytes.
        :raises InvalidInputError: when there is no value.
        """
        check_items(self.values, "values")
        return der.encode_sequence(der.encode_oid(self.type), der.encode_set_of(self.values))


@dataclass(frozen=True, slots=True)
class SubjectDirectoryAttributes(ExtensionValue):
    """``SEQUENCE SIZE (1..MAX) OF Attribute``.

    :standard: RFC 5280 4.2.1.8
    """

    OID: ClassVar[ObjectIdentifier] = oids.SUBJECT_DIRECTORY_ATTRIBUTES
    FIXED: ClassVar[bool] = True

    attributes: tuple[Attribute, ...]

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SubjectDirectoryAttributes:
        """Read a SubjectDirectoryAttributes."""
        return cls(read_sequence_of(reader, name, "attribute", Attribute.read))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the attributes are no tuple of :class:`Attribute`.
        :raises InvalidInputError: when there is none, or one has no value.
        """
        return encode_sequence_of(self.attributes, Attribute, "attributes")


@dataclass(frozen=True, slots=True)
class BasicConstraints(ExtensionValue):
    """``SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER (0..MAX) OPTIONAL }``.

    Critical in certificates of authorities, which is what is made by default; in other certificates the caller may
    say otherwise.

    :ivar path_len: how many more authorities may follow; None when there is no limit.
    :standard: RFC 5280 4.2.1.9
    """

    OID: ClassVar[ObjectIdentifier] = oids.BASIC_CONSTRAINTS
    CRITICAL: ClassVar[bool] = True

    ca: bool = False
    path_len: int | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> BasicConstraints:
        """Read a BasicConstraints; a path length without cA, which nobody should issue, is read too."""
        with reader.sequence(name) as fields:
            ca = fields.boolean_default_false("cA")
            path_len = None if fields.at_end() else fields.integer("pathLenConstraint", minimum=0)
        return cls(ca, path_len)

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when ca is no ``bool``, or path_len no ``int``.
        :raises InvalidInputError: when path_len is negative, or given for what is no authority.
        """
        if self.path_len is not None and self.ca is False:
            raise InvalidInputError("path_len is given, but ca is False")
        ca = der.encode_boolean(self.ca)
        return der.encode_sequence(
            ca if self.ca else b"", b"" if self.path_len is None else encode_count(self.path_len, "path_len")
        )


@dataclass(frozen=True, slots=True)
class GeneralSubtree(Schema):
    """``SEQUENCE { base GeneralName, minimum [0] INTEGER DEFAULT 0, maximum [1] INTEGER OPTIONAL }``, tags implicit.

    RFC 5280 gives the two numbers no use: a minimum is 0 and a maximum absent, and others are refused.

    :standard: RFC 5280 4.2.1.10
    """

    base: GeneralName

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> GeneralSubtree:
        """Read a GeneralSubtree."""
        with reader.sequence(name) as fields:
            at = fields.offset
            base = GeneralName.read(fields, "base")
            wrong = _wrong_address(base, _SUBNET_LENGTHS)
            if wrong:
                raise fields.error(wrong, "base", offset=at)
            at = fields.offset
            if fields.integer_default(0, "minimum", tag=_MINIMUM) != 0:
                raise fields.error("the minimum of a subtree is 0", "minimum", offset=at)
            if fields.next_is(_MAXIMUM):
                raise fields.error("a subtree has no maximum", "maximum")
        return cls(base)

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the base is no :class:`GeneralName`.
        :raises InvalidInputError: when it is an IP address without a mask.
        """
        _inputs.member(self.base, GeneralName, "base")
        wrong = _wrong_address(self.base, _SUBNET_LENGTHS)
        if wrong:
            raise InvalidInputError(wrong)
        return der.encode_sequence(der_of(self.base, GeneralName, "base"))


@dataclass(frozen=True, slots=True)
class NameConstraints(ExtensionValue):
    """``SEQUENCE { permittedSubtrees [0] GeneralSubtrees OPTIONAL, excludedSubtrees [1] GeneralSubtrees OPTIONAL }``,
    tags implicit; ``GeneralSubtrees ::= SEQUENCE SIZE (1..MAX) OF GeneralSubtree``.

    One of the two is there.

    :ivar permitted: empty when absent.
    :ivar excluded: empty when absent.
    :standard: RFC 5280 4.2.1.10
    """

    OID: ClassVar[ObjectIdentifier] = oids.NAME_CONSTRAINTS
    CRITICAL: ClassVar[bool] = True
    FIXED: ClassVar[bool] = True

    permitted: tuple[GeneralSubtree, ...] = ()
    excluded: tuple[GeneralSubtree, ...] = ()

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> NameConstraints:
        """Read a NameConstraints."""
        permitted: tuple[GeneralSubtree, ...] = ()
        excluded: tuple[GeneralSubtree, ...] = ()
        with reader.sequence(name) as fields:
            if fields.at_end():
                fields.tolerate(QuirkKind.EMPTY_SEQUENCE, "permitted or excluded subtrees expected, nothing is there")
            if fields.next_is(_PERMITTED):
                permitted = _read_subtrees(fields, "permittedSubtrees", _PERMITTED)
            if fields.next_is(_EXCLUDED):
                excluded = _read_subtrees(fields, "excludedSubtrees", _EXCLUDED)
        return cls(permitted, excluded)

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the subtrees are no tuples of :class:`GeneralSubtree`.
        :raises InvalidInputError: when there is none at all, or one is an IP address without a mask.
        """
        has_permitted, has_excluded = has_items(self.permitted, "permitted"), has_items(self.excluded, "excluded")
        if not has_permitted and not has_excluded:
            raise InvalidInputError("a NameConstraints needs permitted or excluded subtrees")
        permitted = excluded = b""
        if has_permitted:
            permitted = der.encode_implicit(0, encode_sequence_of(self.permitted, GeneralSubtree, "permitted"))
        if has_excluded:
            excluded = der.encode_implicit(1, encode_sequence_of(self.excluded, GeneralSubtree, "excluded"))
        return der.encode_sequence(permitted, excluded)


def _read_subtrees(reader: Reader, name: str, tag: int) -> tuple[GeneralSubtree, ...]:
    """Read GeneralSubtrees. An empty list is refused in both reading modes: to drop a constraint would not be safe."""
    at = reader.offset
    subtrees = read_sequence_of(reader, name, "subtree", GeneralSubtree.read, tag=tag)
    if not subtrees:
        raise reader.error("a list of subtrees is never empty", name, offset=at)
    return subtrees
