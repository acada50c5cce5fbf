"""Distinguished names: attributes, sets of attributes, and the sequence of those that is a Name."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.quirks import QuirkKind, QuirkLog
from gmpki.asn1.rfc5280._attribute_types import attribute_type
from gmpki.asn1.rfc5280._name_text import rfc4514
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError
from gmpki.oids import ObjectIdentifier

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader

__all__ = ["AttributeTypeAndValue", "Name"]

# Values that are longer, in bytes, are decoded each time: a thousand of them would fill the memory.
_REMEMBERED_LEN: Final = 256


@dataclass(frozen=True, slots=True)
class AttributeTypeAndValue(Schema):
    """``SEQUENCE { type OBJECT IDENTIFIER, value ANY DEFINED BY type }``.

    :ivar value: the exact DER of the value, header included.
    :standard: RFC 5280 4.1.2.4
    """

    type: ObjectIdentifier
    value: bytes

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> AttributeTypeAndValue:
        """Read an AttributeTypeAndValue, and check that a value which is a string holds what its type allows."""
        with reader.sequence(name) as fields:
            kind = fields.oid("type")
            at = fields.offset
            if fields.peek() in der.STRING_TAGS:
                fields.any_string("value")
                value = fields.since(at)
            else:
                value = fields.raw_element("value")
        return cls(kind, value)

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(der.encode_oid(self.type), self.value)

    @property
    def text(self) -> str | None:
        """The value as text, whichever string type it has; None when it is no string.

        Bytes that the string type does not allow, which only tolerant reading lets in, appear in hexadecimal.
        """
        return _remembered_text(self.value) if len(self.value) <= _REMEMBERED_LEN else _text(self.value)


def _text(value: bytes) -> str | None:
    if not value or value[0] not in der.STRING_TAGS:
        return None
    try:
        return der.Reader(value, quirks=QuirkLog()).any_string()
    except DecodeError:
        return None


_remembered_text = lru_cache(maxsize=1024)(_text)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Name(Schema):
    """``SEQUENCE OF SET SIZE (1..MAX) OF AttributeTypeAndValue``, in the order of the encoding. Equal by its bytes.

    ``str()`` gives the text of RFC 4514, which has the last set first. A name that was read keeps its exact bytes.

    :ivar rdns: the relative distinguished names, each with one attribute or, rarely, more.
    :standard: RFC 5280 4.1.2.4
    """

    rdns: tuple[tuple[AttributeTypeAndValue, ...], ...] = ()
    _der: bytes = field(init=False, default=b"")

    def __post_init__(self) -> None:
        """Encode the name, and bring the attributes of each set into the order of the encoding.

        :raises InvalidTypeError: when rdns is no tuple of tuples of AttributeTypeAndValue with values of ``bytes``.
        :raises InvalidInputError: when a set or a value is empty, or an attribute cannot be encoded.
        """
        if not isinstance(self.rdns, tuple) or not all(isinstance(rdn, tuple) for rdn in self.rdns):
            raise InvalidTypeError("a Name takes a tuple of tuples of AttributeTypeAndValue")
        if not all(self.rdns):
            raise InvalidInputError("a relative distinguished name has at least one attribute")
        rdns = []
        encoded = []
        for rdn in self.rdns:
            pairs = [(_encoded(attribute), attribute) for attribute in rdn]
            if len(pairs) > 1:  # nearly all have one attribute, which has no order
                pairs.sort(key=lambda pair: pair[0])
            encoded.append(der.encode(der.Tag.SET, b"".join([element for element, _ in pairs])))
            rdns.append(tuple([attribute for _, attribute in pairs]))
        object.__setattr__(self, "rdns", tuple(rdns))
        object.__setattr__(self, "_der", der.encode_sequence(*encoded))

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> Name:
        """Read a Name."""
        return reader.through_cache(der.Tag.SEQUENCE, name, read_cached, cls._read_here)

    @classmethod
    def _read_here(cls, reader: Reader, name: str) -> Name:
        at = reader.offset
        with reader.sequence(name) as sets:
            rdns = sets.all_through_cache(der.Tag.SET, "rdn", _cached_rdn, _read_rdn, _RDN_DEPTH)
        self = object.__new__(cls)
        object.__setattr__(self, "rdns", tuple(rdns))
        object.__setattr__(self, "_der", reader.since(at))
        return self

    def to_der(self) -> bytes:
        """Return the encoding: the exact bytes of a name that was read."""
        return self._der

    def __eq__(self, other: object) -> bool:
        """Compare the encodings; ``names_match`` in :mod:`gmpki.x509.names` compares as RFC 5280 7.1 does."""
        return self._der == other._der if isinstance(other, Name) else NotImplemented

    def __hash__(self) -> int:
        """Hash the encoding."""
        return hash(self._der)

    def __reduce__(self) -> tuple[object, tuple[bytes]]:
        """Pickle the encoding."""
        return _restore, (self._der,)

    @property
    def is_empty(self) -> bool:
        """Tell whether the name has no attributes at all."""
        return not self.rdns

    @property
    def attributes(self) -> tuple[AttributeTypeAndValue, ...]:
        """Every attribute, in the order of the encoding."""
        return tuple(attribute for rdn in self.rdns for attribute in rdn)

    def get(self, kind: str) -> str | None:
        """Return the text of the first attribute of a type; None when there is none, or its value is no string.

        :param kind: such as ``"CN"`` or ``"2.5.4.3"``.
        :raises InvalidTypeError: when kind is no ``str``.
        :raises InvalidInputError: when it is no attribute type.
        """
        wanted = attribute_type(kind)
        return next((attribute.text for rdn in self.rdns for attribute in rdn if attribute.type == wanted), None)

    def get_all(self, kind: str) -> tuple[str, ...]:
        """Return the texts of all attributes of a type but values that are no strings; the rest as :meth:`get`."""
        wanted = attribute_type(kind)
        texts = (attribute.text for rdn in self.rdns for attribute in rdn if attribute.type == wanted)
        return tuple(text for text in texts if text is not None)

    def __str__(self) -> str:
        """Return the text of RFC 4514."""
        return rfc4514(self.rdns)

    def __repr__(self) -> str:
        return f"<Name {self}>"


def _encoded(attribute: AttributeTypeAndValue) -> bytes:
    """Encode an attribute whose value nobody can change afterwards."""
    encoded = der_of(attribute, AttributeTypeAndValue, "an attribute")
    _inputs.member(attribute.value, bytes, "the value of an attribute")
    if not attribute.value:
        raise InvalidInputError("the value of an attribute is one DER element, this one is empty")
    return encoded


def _read_rdn(sets: Reader, name: str) -> tuple[AttributeTypeAndValue, ...]:
    at = sets.offset
    with sets.set_of(name) as attributes:
        if attributes.at_end():
            sets.tolerate(QuirkKind.EMPTY_SEQUENCE, "a relative distinguished name is never empty", name, offset=at)
        rdn = []
        while not attributes.at_end():
            rdn.append(AttributeTypeAndValue.read(attributes, "attribute"))
    return tuple(rdn)


# The names of issuers, and the country, province and organisation in the names of subjects, repeat. The second are
# looked up inside names that are new to the first cache, one level down.
_RDN_DEPTH: Final = der.CACHED_DEPTH - 1


@lru_cache(maxsize=1024)
def _cached_rdn(encoded: bytes) -> tuple[AttributeTypeAndValue, ...]:
    return _read_rdn(der.Reader(encoded, max_depth=_RDN_DEPTH), "rdn")


@lru_cache(maxsize=512)
def read_cached(encoded: bytes) -> Name:
    """Decode exactly a Name, strictly, and remember it.

    :raises DecodeError: when it is not one.
    """
    return Name._read_here(der.Reader(encoded, max_depth=der.CACHED_DEPTH), "")


def _restore(encoded: bytes) -> Name:
    return Name.from_der(encoded, quirks=QuirkLog())
