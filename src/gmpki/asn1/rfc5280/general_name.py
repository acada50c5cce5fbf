"""GeneralName: the nine ways in which extensions name somebody or something."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from gmpki import _inputs
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280._name_text import shown_text
from gmpki.asn1.rfc5280.name import Name
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.oids import ObjectIdentifier, find

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.asn1.der import Reader

__all__ = ["GeneralName", "GeneralNameKind", "OtherName", "encode_general_names", "read_general_names"]


class GeneralNameKind(IntEnum):
    """Which of the nine; the value is the tag number."""

    OTHER_NAME = 0
    RFC822_NAME = 1
    DNS_NAME = 2
    X400_ADDRESS = 3
    DIRECTORY_NAME = 4
    EDI_PARTY_NAME = 5
    URI = 6
    IP_ADDRESS = 7
    REGISTERED_ID = 8


_K = GeneralNameKind
_CONSTRUCTED: Final = frozenset((_K.OTHER_NAME, _K.X400_ADDRESS, _K.DIRECTORY_NAME, _K.EDI_PARTY_NAME))
_TEXTS: Final = frozenset((_K.RFC822_NAME, _K.DNS_NAME, _K.URI))
_RAW: Final = frozenset((_K.X400_ADDRESS, _K.EDI_PARTY_NAME))
_KINDS: Final = {der.Tag.context(kind, constructed=kind in _CONSTRUCTED): kind for kind in _K}
_TAGS: Final = {kind: tag for tag, kind in _KINDS.items()}
_FIELD_NAMES: Final = {
    _K.OTHER_NAME: "otherName",
    _K.RFC822_NAME: "rfc822Name",
    _K.DNS_NAME: "dNSName",
    _K.X400_ADDRESS: "x400Address",
    _K.DIRECTORY_NAME: "directoryName",
    _K.EDI_PARTY_NAME: "ediPartyName",
    _K.URI: "uniformResourceIdentifier",
    _K.IP_ADDRESS: "iPAddress",
    _K.REGISTERED_ID: "registeredID",
}
_PREFIXES: Final = {
    _K.OTHER_NAME: "othername",
    _K.RFC822_NAME: "email",
    _K.DNS_NAME: "DNS",
    _K.X400_ADDRESS: "X400",
    _K.DIRECTORY_NAME: "DirName",
    _K.EDI_PARTY_NAME: "EDI",
    _K.URI: "URI",
    _K.IP_ADDRESS: "IP",
    _K.REGISTERED_ID: "RID",
}
# An address of IPv4 or IPv6, or one with its mask in name constraints (RFC 5280 4.2.1.6 and 4.2.1.10).
_ADDRESS_LENS: Final = (4, 8, 16, 32)


@dataclass(frozen=True, slots=True)
class OtherName:
    """A name of a kind that an object identifier says.

    :ivar value_der: the exact DER of the value.
    """

    type_id: ObjectIdentifier
    value_der: bytes


Value: TypeAlias = str | bytes | Name | ObjectIdentifier | OtherName


@dataclass(frozen=True, slots=True)
class GeneralName(Schema):
    """One name, of one of nine kinds. Make it with :meth:`dns`, :meth:`email`, :meth:`uri`, :meth:`ip` and so on.

    :ivar value: ``str`` for e-mail, DNS and URI; ``bytes`` of 4 or 16, with a mask 8 or 32, for an address;
        :class:`Name`, ``ObjectIdentifier`` or :class:`OtherName` for those kinds; the exact DER, header included, for
        X.400 and EDI names.
    :standard: RFC 5280 4.2.1.6
    """

    kind: GeneralNameKind
    value: Value

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> GeneralName:
        """Read a GeneralName."""
        tag = reader.peek()
        kind = _KINDS.get(tag) if tag is not None else None
        if tag is None or kind is None:
            # What else stands here is checked for its own sake before it is refused.
            reader.raw_element(name)
            raise reader.error("not one of the nine kinds of GeneralName", name)
        field = f"{name}.{_FIELD_NAMES[kind]}" if name else _FIELD_NAMES[kind]
        if kind in _TEXTS:
            return cls(kind, reader.ia5_string(field, tag=tag))
        if kind is _K.IP_ADDRESS:
            at = reader.offset
            address = reader.octet_string(field, tag=tag)
            if len(address) not in _ADDRESS_LENS:
                raise reader.error(f"an address of {len(address)} bytes; 4, 8, 16 or 32 expected", field, offset=at)
            return cls(kind, address)
        if kind is _K.DIRECTORY_NAME:
            with reader.inside(tag, field) as inner:
                return cls(kind, Name.read(inner))
        if kind is _K.REGISTERED_ID:
            return cls(kind, reader.oid(field, tag=tag))
        if kind is _K.OTHER_NAME:
            with reader.sequence(field, tag=tag) as fields:
                type_id = fields.oid("type-id")
                with fields.explicit(0, "value") as wrapped:
                    return cls(kind, OtherName(type_id, wrapped.raw_element()))
        return cls(kind, reader.raw_element(field))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the value is not of the type that its kind has.
        :raises InvalidInputError: when it cannot be encoded.
        """
        if not isinstance(self.kind, GeneralNameKind):
            raise InvalidTypeError(f"a kind of GeneralName expected, not {type(self.kind).__name__}")
        tag = _TAGS[self.kind]
        value = self.value
        if self.kind in _TEXTS and isinstance(value, str):
            return der.encode_ia5_string(value, tag=tag)
        if self.kind is _K.IP_ADDRESS and isinstance(value, bytes):
            if len(value) not in _ADDRESS_LENS:
                raise InvalidInputError(f"an address has 4, 8, 16 or 32 bytes, not {len(value)}")
            return der.encode_octet_string(value, tag=tag)
        if self.kind is _K.DIRECTORY_NAME and isinstance(value, Name):
            return der.encode(tag, value.to_der())
        if self.kind is _K.REGISTERED_ID and isinstance(value, str):
            return der.encode_oid(value, tag=tag)
        if self.kind is _K.OTHER_NAME and isinstance(value, OtherName):
            return der.encode(tag, der.encode_oid(value.type_id) + der.encode_explicit(0, value.value_der))
        if self.kind in _RAW and isinstance(value, bytes):
            if value[:1] != bytes((tag,)):
                raise InvalidInputError(f"an encoded {_FIELD_NAMES[self.kind]} begins with {tag:02X}")
            return value
        raise InvalidTypeError(f"a {_FIELD_NAMES[self.kind]} cannot hold {type(value).__name__}")

    # ---- making one -----------------------------------------------------------------------
    @classmethod
    def _text(cls, kind: GeneralNameKind, text: str, what: str) -> GeneralName:
        value = _inputs.as_text(text, what)
        if not value or not value.isascii() or not value.isprintable():
            raise InvalidInputError(f"{what} is ASCII text without control characters, and not empty: {value[:80]!r}")
        return cls(kind, value)

    @classmethod
    def dns(cls, host: str) -> GeneralName:
        """Make a dNSName; an internationalised host is given in its ``xn--`` form.

        :raises InvalidTypeError: when host is no ``str``.
        :raises InvalidInputError: when it is empty, not ASCII, or holds a space or control character.
        """
        name = cls._text(_K.DNS_NAME, host, "a DNS name")
        if " " in host:
            raise InvalidInputError(f"a DNS name has no spaces: {host[:80]!r}")
        return name

    @classmethod
    def email(cls, address: str) -> GeneralName:
        """Make an rfc822Name.

        :raises InvalidTypeError: when address is no ``str``.
        :raises InvalidInputError: when it is empty or not printable ASCII.
        """
        return cls._text(_K.RFC822_NAME, address, "an e-mail address")

    @classmethod
    def uri(cls, uri: str) -> GeneralName:
        """Make a uniformResourceIdentifier.

        :raises InvalidTypeError: when uri is no ``str``.
        :raises InvalidInputError: when it is empty or not printable ASCII.
        """
        return cls._text(_K.URI, uri, "a URI")

    @classmethod
    def ip(cls, address: str) -> GeneralName:
        """Make an iPAddress of ``"10.0.0.1"`` or ``"fe80::1"``; with a mask, ``"10.0.0.0/8"``, for name constraints.

        :raises InvalidTypeError: when address is no ``str``.
        :raises InvalidInputError: when it is no address, or bits are set that its mask leaves out.
        """
        import ipaddress  # here: it costs as much as all the rest of this module

        text = _inputs.as_text(address, "an IP address")
        try:
            if "/" in text:
                network = ipaddress.ip_network(text)
                return cls(_K.IP_ADDRESS, network.network_address.packed + network.netmask.packed)
            return cls(_K.IP_ADDRESS, ipaddress.ip_address(text).packed)
        except ValueError:
            raise InvalidInputError(f"not an IP address: {text[:80]!r}") from None

    @classmethod
    def directory(cls, name: Name) -> GeneralName:
        """Make a directoryName.

        :raises InvalidTypeError: when name is no :class:`Name`.
        """
        _inputs.member(name, Name, "a directory name")
        return cls(_K.DIRECTORY_NAME, name)

    @classmethod
    def registered_id(cls, dotted: str) -> GeneralName:
        """Make a registeredID of an object identifier.

        :raises InvalidTypeError: when dotted is no ``str``.
        :raises InvalidInputError: when it is no object identifier.
        """
        der.encode_oid(dotted)
        return cls(_K.REGISTERED_ID, find(dotted))

    @classmethod
    def other(cls, dotted: str, value_der: bytes) -> GeneralName:
        """Make an otherName of the object identifier of its kind, and the DER of its value.

        :raises InvalidTypeError: when dotted is no ``str`` or value_der has no buffer.
        :raises DecodeError: when value_der is not one DER element.
        :raises InvalidInputError: when dotted is no object identifier.
        """
        der.encode_oid(dotted)
        with der.Reader(value_der, name="otherName.value") as reader:
            value = reader.raw_element()
        return cls(_K.OTHER_NAME, OtherName(find(dotted), value))

    def __str__(self) -> str:
        """Return ``DNS:example.cn``, ``IP:10.0.0.0/8``, ``DirName:CN=...`` and the like."""
        value = self.value
        if isinstance(value, OtherName):
            shown = f"{str.__str__(value.type_id)}:{value.value_der.hex().upper()}"
        elif isinstance(value, bytes):
            shown = _shown_address(value) if self.kind is _K.IP_ADDRESS else value.hex().upper()
        elif isinstance(value, ObjectIdentifier):
            shown = str.__str__(value)
        else:
            shown = shown_text(str(value))
        return f"{_PREFIXES[self.kind]}:{shown}"


def _shown_address(packed: bytes) -> str:
    import ipaddress  # as above

    if len(packed) not in _ADDRESS_LENS:
        return packed.hex().upper()
    half = packed if len(packed) in (4, 16) else packed[: len(packed) // 2]
    address = str(ipaddress.ip_address(half))
    if half is packed:
        return address
    mask = packed[len(half) :]
    inverted = int.from_bytes(mask, "big") ^ ((1 << 8 * len(mask)) - 1)
    if inverted & (inverted + 1):  # ones and zeros mixed: no prefix length says that
        return f"{address}/{ipaddress.ip_address(mask)}"
    return f"{address}/{8 * len(mask) - inverted.bit_length()}"


def read_general_names(reader: Reader, name: str = "", *, tag: int = der.Tag.SEQUENCE) -> tuple[GeneralName, ...]:
    """Read ``SEQUENCE SIZE (1..MAX) OF GeneralName``.

    :raises DecodeError: when it is not there or malformed; an empty one is noted when reading is tolerant.
    """
    at = reader.offset
    found = []
    with reader.sequence(name, tag=tag) as names:
        while not names.at_end():
            found.append(GeneralName.read(names))
    if not found:
        reader.tolerate(QuirkKind.EMPTY_SEQUENCE, "a list of names is never empty", name, offset=at)
    return tuple(found)


def encode_general_names(names: Iterable[GeneralName], *, tag: int = der.Tag.SEQUENCE) -> bytes:
    """Encode ``SEQUENCE SIZE (1..MAX) OF GeneralName``.

    :raises InvalidTypeError: when one is no :class:`GeneralName`.
    :raises InvalidInputError: when there is none, or one cannot be encoded.
    """
    parts = [der_of(name, GeneralName, "a name") for name in _inputs.iterated(names, "names")]
    if not parts:
        raise InvalidInputError("a list of names is never empty")
    return der.encode(tag, b"".join(parts))
