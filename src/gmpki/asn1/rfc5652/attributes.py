"""The sets of attributes beside a signature or an encryption."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki import _inputs, oids
from gmpki.asn1 import der
from gmpki.asn1._schema import der_of
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280.ext_names import Attribute
from gmpki.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gmpki.asn1.der import Reader

__all__ = [
    "MAX_ATTRIBUTES",
    "Attributes",
    "encode_attribute_octets",
    "encode_attributes",
    "optional_attribute_octets",
    "read_attributes",
    "signing_attributes",
]

MAX_ATTRIBUTES: Final = 256
"""How many attributes a set has at most."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """A set of attributes, in the order of the encoding. Immutable; thread-safe.

    :standard: RFC 5652 5.3
    """

    items: tuple[Attribute, ...] = ()

    def __len__(self) -> int:
        """Return how many attributes there are."""
        return len(self.items)

    def __iter__(self) -> Iterator[Attribute]:
        """Go through the attributes."""
        return iter(self.items)

    def find(self, kind: str) -> bytes | None:
        """Return the DER of the one value of the attribute of a type; None when there is no such attribute.

        :param kind: the object identifier of the type.
        :raises DecodeError: when the attribute stands there twice, or has several values.
        """
        found: Attribute | None = None
        for item in self.items:
            if item.type == kind:
                if found is not None:
                    raise DecodeError(f"the attribute {item.type.name} stands there twice", path=("attributes",))
                found = item
        if found is None:
            return None
        if len(found.values) != 1:
            message = f"the attribute {found.type.name} has one value, this one has {len(found.values)}"
            raise DecodeError(message, path=("attributes",))
        return found.values[0]

    def find_all(self, kind: str) -> tuple[bytes, ...]:
        """Return the DER of every value of every attribute of a type."""
        return tuple([value for item in self.items if item.type == kind for value in item.values])


def read_attributes(reader: Reader, name: str, tag: int, *, signed: bool = False) -> tuple[bytes, Attributes]:
    """Read ``[n] IMPLICIT SET SIZE (1..MAX) OF Attribute``: the exact contents octets, and the attributes.

    :param signed: hold to what is asked of signed attributes: the order of DER, which the signature depends on, and
        no type twice (RFC 5652 5.3, 11). Both are noted when reading is tolerant.
    :raises DecodeError: when the set is not there, breaks a rule, is empty, or has more than 256 attributes.
    """
    at = reader.offset
    contents = reader.contents(tag, name)
    reader.go_back(at)
    items: list[Attribute] = []
    seen: set[str] = set()
    previous = b""
    with reader.set_of(name, tag=tag, any_order=signed) as fields:
        if fields.at_end():
            fields.tolerate(QuirkKind.EMPTY_SEQUENCE, "the SET is empty; at least one attribute expected", offset=at)
        while not fields.at_end():
            here = fields.offset
            if len(items) == MAX_ATTRIBUTES:
                raise fields.error(f"more than {MAX_ATTRIBUTES} attributes")
            item = Attribute.read(fields, "attribute")
            if signed:
                element = fields.since(here)
                if element < previous and not fields.tolerant:
                    raise fields.error("signed attributes are not in the order of DER", "attribute", offset=here)
                if element < previous:
                    fields.note(QuirkKind.SET_ORDER, offset=here)
                if item.type in seen:
                    message = f"the attribute {item.type.name} stands there twice"
                    fields.tolerate(QuirkKind.DUPLICATE_ATTRIBUTE, message, "attribute", offset=here)
                previous = element
                seen.add(item.type)
            items.append(item)
    return contents, Attributes(tuple(items))


def optional_attribute_octets(reader: Reader, name: str, tag: int, *, signed: bool = False) -> bytes | None:
    """Read ``[n] IMPLICIT SET OF Attribute OPTIONAL`` as :func:`read_attributes` does: its exact contents octets."""
    return read_attributes(reader, name, tag, signed=signed)[0] if reader.next_is(tag) else None


def encode_attribute_octets(octets: bytes | None, tag: int) -> bytes:
    """Encode the same field."""
    return b"" if octets is None else der.encode(tag, octets)


def encode_attributes(attributes: tuple[Attribute, ...]) -> bytes:
    """Encode the contents octets of a SET OF Attribute, sorted.

    :raises InvalidTypeError: when one is no :class:`~gmpki.asn1.rfc5280.Attribute`.
    :raises InvalidInputError: when one has no value.
    """
    listed = _inputs.iterated(attributes, "attributes")
    return b"".join(sorted([der_of(item, Attribute, "an attribute") for item in listed]))


def signing_attributes(content_type: str, message_digest: bytes) -> tuple[Attribute, Attribute]:
    """Make the two attributes that every set of signed attributes has (RFC 5652 11.1 and 11.2).

    :raises InvalidTypeError: when content_type is no ``str``, or message_digest has no buffer.
    :raises InvalidInputError: when content_type is no object identifier.
    """
    return (
        Attribute(oids.CONTENT_TYPE, (der.encode_oid(content_type),)),
        Attribute(oids.MESSAGE_DIGEST, (der.encode_octet_string(message_digest),)),
    )
