"""URIs that name a token, an application in it, a container there, or one key.

>>> from gmpki.tokens.uri import parse_uri
>>> uri = parse_uri("skf:lib=/opt/vendor/libskf.so;dev=UKEY-1;app=%E7%AD%BE%E7%AB%A0;con=con1;usage=signing")
>>> uri.application, uri.usage.value
('签章', 'signing')
>>> str(parse_uri("soft:dev=00a1;app=A"))
'soft:dev=00a1;app=A'
>>> parse_uri("pkcs11:token=A;object=con1?module-path=/usr/lib/softhsm/libsofthsm2.so").token
'A'

Characters that mean something in a URI are written as ``%`` and two hexadecimal digits, the rest of UTF-8 may be. PINs
do not stand in URIs, which end up in logs and lists of processes: ``pin-source`` says where one is.

:standard: RFC 7512 for ``pkcs11:``; ``skf:``, ``soft:`` and ``pcsc:`` are of this package and follow its form
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import quote

from gmpki._inputs import as_text, member
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.tokens.interfaces import KeyUsage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["PCSCUri", "PKCS11Uri", "SKFUri", "TokenUri", "parse_uri"]

MAX_URI_LEN: Final = 4096

# What RFC 7512 2.3 lets stand as it is beside letters, digits and "-._~", in the path and behind the question mark.
_PATH_SAFE: Final = ":[]@!$'()*+,=/"
_QUERY_SAFE: Final = _PATH_SAFE + "?|"
_ESCAPE: Final = re.compile(rb"%([0-9A-Fa-f]{2})")
_ATTRIBUTE_NAME: Final = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class SKFUri:
    """A place behind an SKF driver. Immutable. What is None was not named.

    :ivar library: the path of the driver; None is the software token of this package, written ``soft:``.
    :ivar device: its name, as the driver lists it.
    :ivar usage: which of the container's pairs.
    :ivar isolated: run the driver in a process of its own.
    :ivar profile: a driver profile, in place of one found by trying: the name of one that comes with gmpki, or the path
        of a file, which has a "/" or ends with ".toml".
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when a field is empty, or there is a usage without a container.
    """

    library: str | None = None
    device: str | None = None
    application: str | None = None
    container: str | None = None
    usage: KeyUsage | None = None
    isolated: bool = False
    profile: str | None = None

    def __post_init__(self) -> None:
        _check_texts(self, "library", "device", "application", "container", "profile")
        _check_usage(self.usage, self.container)
        member(self.isolated, bool, "isolated")

    def __str__(self) -> str:
        attributes = {
            "lib": self.library,
            "dev": self.device,
            "app": self.application,
            "con": self.container,
            "usage": None if self.usage is None else self.usage.value,
            "isolated": "yes" if self.isolated else None,
            "profile": self.profile,
        }
        return _joined("soft" if self.library is None else "skf", attributes)


@dataclass(frozen=True, slots=True)
class PCSCUri:
    """A place on a card in a reader of PC/SC. Immutable. What is None was not named; fields and errors as
    :class:`SKFUri`.

    :ivar reader: the name of the reader.
    """

    reader: str | None = None
    application: str | None = None
    container: str | None = None
    usage: KeyUsage | None = None
    profile: str | None = None

    def __post_init__(self) -> None:
        _check_texts(self, "reader", "application", "container", "profile")
        _check_usage(self.usage, self.container)

    def __str__(self) -> str:
        attributes = {
            "reader": self.reader,
            "app": self.application,
            "con": self.container,
            "usage": None if self.usage is None else self.usage.value,
            "profile": self.profile,
        }
        return _joined("pcsc", attributes)


@dataclass(frozen=True, slots=True)
class PKCS11Uri:
    """Objects behind a PKCS#11 module. Immutable. What is None was not named.

    :ivar token: the label of the token; likewise ``manufacturer``, ``serial`` and ``model`` of it.
    :ivar object: the label of the objects: CKA_LABEL.
    :ivar id: their CKA_ID.
    :ivar type: "private", "public", "cert", "secret-key" or "data".
    :ivar slot_id: the number of the slot.
    :ivar library_manufacturer: of the module; likewise the next two, and those of the slot.
    :ivar module_path: the path of the module.
    :ivar module_name: its name, as p11-kit has it configured.
    :ivar pin_source: where the PIN is, for :func:`~gmpki.tokens.pins.pin_from_source`.
    :ivar pin_value: the PIN itself, which :func:`parse_uri` only takes when told. It is neither shown nor written.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when a field is empty, or has a value that it cannot have.
    :standard: RFC 7512 2.3
    """

    token: str | None = None
    manufacturer: str | None = None
    serial: str | None = None
    model: str | None = None
    object: str | None = None
    id: bytes | None = None
    type: str | None = None
    slot_id: int | None = None
    slot_manufacturer: str | None = None
    slot_description: str | None = None
    library_manufacturer: str | None = None
    library_description: str | None = None
    library_version: str | None = None
    module_path: str | None = None
    module_name: str | None = None
    pin_source: str | None = None
    pin_value: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        _check_texts(self, *(name for name in _PKCS11_FIELDS if name not in ("id", "slot_id")))
        if self.id is not None:
            member(self.id, bytes, "id")
            if not self.id:
                raise InvalidInputError("id must not be empty")
        if self.type is not None and self.type not in _OBJECT_TYPES:
            raise InvalidInputError(f"type must be one of {', '.join(_OBJECT_TYPES)}, not {self.type!r}")
        if self.slot_id is not None and not (type(self.slot_id) is int and 0 <= self.slot_id < 1 << 64):
            raise InvalidInputError("slot_id must be a number of 0 to 2^64 - 1")
        if self.pin_source is not None and self.pin_value is not None:
            raise InvalidInputError("a URI has pin-source or pin-value, not both")

    def __str__(self) -> str:
        values: dict[str, str | bytes | None] = {}
        for name, attribute in _PKCS11_FIELDS.items():
            value = getattr(self, name)
            values[attribute] = str(value) if name == "slot_id" and value is not None else value
        del values["pin-value"]
        query = {name: values.pop(name) for name in _PKCS11_QUERY if name in values}
        tail = "&".join(f"{name}={_escaped(value, _QUERY_SAFE)}" for name, value in query.items() if value is not None)
        return _joined("pkcs11", values) + (f"?{tail}" if tail else "")


TokenUri: TypeAlias = SKFUri | PKCS11Uri | PCSCUri

_OBJECT_TYPES: Final = ("private", "public", "cert", "secret-key", "data")
_PKCS11_QUERY: Final = ("module-path", "module-name", "pin-source", "pin-value")
_PKCS11_FIELDS: Final = {name: name.replace("_", "-") for name in PKCS11Uri.__slots__}

_SKF_FIELDS: Final = {
    "lib": "library",
    "dev": "device",
    "app": "application",
    "con": "container",
    "usage": "usage",
    "isolated": "isolated",
    "profile": "profile",
}
_PCSC_FIELDS: Final = {
    "reader": "reader",
    "app": "application",
    "con": "container",
    "usage": "usage",
    "profile": "profile",
}


def parse_uri(text: str, *, allow_pin_value: bool = False) -> TokenUri:
    """Read a URI. An attribute that is not known is refused: it would narrow what is meant, and be passed over.

    :param text: at most 4096 characters, beginning with ``skf:``, ``soft:``, ``pkcs11:`` or ``pcsc:``.
    :param allow_pin_value: take ``pin-value``, a PIN in the URI itself.
    :raises InvalidTypeError: when it is not ``str``.
    :raises InvalidInputError: when it is none of these, or malformed, or has a PIN that was not allowed.
    """
    as_text(text, "the URI")
    if len(text) > MAX_URI_LEN:
        raise InvalidInputError(f"a URI has at most {MAX_URI_LEN} characters, not {len(text)}")
    scheme, colon, rest = text.partition(":")
    if colon:
        kind = scheme.lower()
        if kind == "pkcs11":
            return _pkcs11(rest, allow_pin_value=allow_pin_value)
        if kind in ("skf", "soft"):
            return _skf(rest, software=kind == "soft")
        if kind == "pcsc":
            return PCSCUri(**_own_fields(_attributes(rest, ";"), _PCSC_FIELDS))  # type: ignore[arg-type]
    raise InvalidInputError("a URI of a token begins with skf:, soft:, pkcs11: or pcsc:")


# ---- each scheme ----------------------------------------------------------------------------
def _skf(rest: str, *, software: bool) -> SKFUri:
    fields = {name: value for name, value in _SKF_FIELDS.items() if not software or name != "lib"}
    uri = SKFUri(**_own_fields(_attributes(rest, ";"), fields))  # type: ignore[arg-type]
    if uri.library is None and not software:
        raise InvalidInputError("an skf: URI names the driver (lib=); the software token of gmpki is soft:")
    return uri


def _pkcs11(rest: str, *, allow_pin_value: bool) -> PKCS11Uri:
    path, _, query = rest.partition("?")
    path_attributes, query_attributes = _attributes(path, ";"), _attributes(query, "&")
    fields: dict[str, object] = {}
    for name, attribute in _PKCS11_FIELDS.items():
        found = (query_attributes if attribute in _PKCS11_QUERY else path_attributes).pop(attribute, None)
        if found is not None:
            fields[name] = found if name == "id" else _decoded(found, attribute)
    for left in (path_attributes, query_attributes):
        for attribute in left:
            raise InvalidInputError(f"a pkcs11: URI has no attribute {attribute!r} in this place")
    if "pin_value" in fields and not allow_pin_value:
        raise InvalidInputError("the URI holds a PIN (pin-value); secrets do not stand in URIs, pin-source names one")
    if "slot_id" in fields:
        fields["slot_id"] = _slot_number(str(fields["slot_id"]))
    return PKCS11Uri(**fields)  # type: ignore[arg-type]


# ---- what the schemes share -----------------------------------------------------------------
def _attributes(text: str, separator: str) -> dict[str, bytes]:
    """Return the attributes of a part, their escapes resolved."""
    found: dict[str, bytes] = {}
    for attribute in text.split(separator) if text else ():
        name, equals, value = attribute.partition("=")
        if not equals or _ATTRIBUTE_NAME.fullmatch(name) is None:
            raise InvalidInputError("a part of the URI is not of the form name=value, the name in lower case")
        if name in found:
            raise InvalidInputError(f"the attribute {name!r} stands twice in the URI")
        found[name] = _resolved(value, name)
    return found


def _resolved(value: str, name: str) -> bytes:
    try:
        encoded = value.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidInputError(f"the attribute {name!r} is not text of UTF-8") from None
    if encoded.count(b"%") != len(_ESCAPE.findall(encoded)):
        raise InvalidInputError(f"the attribute {name!r} has a % without two hexadecimal digits behind it")
    return _ESCAPE.sub(lambda match: bytes((int(match[1], 16),)), encoded)


def _decoded(value: bytes, name: str) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidInputError(f"the attribute {name!r} is not text of UTF-8") from None


def _own_fields(attributes: Mapping[str, bytes], names: Mapping[str, str]) -> dict[str, object]:
    """Return the fields of a class of this package's own schemes."""
    fields: dict[str, object] = {}
    for attribute, encoded in attributes.items():
        if attribute not in names:
            raise InvalidInputError(f"a URI of this kind has {', '.join(names)}, not {attribute!r}")
        value: object = _decoded(encoded, attribute)
        if attribute == "usage":
            value = _choice(value, {usage.value: usage for usage in KeyUsage}, attribute)
        elif attribute == "isolated":
            value = _choice(value, {"yes": True, "no": False}, attribute)
        fields[names[attribute]] = value
    return fields


def _choice(value: object, choices: Mapping[str, object], name: str) -> object:
    if value not in choices:
        raise InvalidInputError(f"{name} must be one of {', '.join(choices)}, not {value!r}")
    return choices[str(value)]


def _slot_number(text: str) -> int:
    if re.fullmatch(r"[0-9]{1,20}", text) is None:
        raise InvalidInputError("slot-id must be a number in decimal digits")
    return int(text)


def _joined(scheme: str, attributes: Mapping[str, str | bytes | None]) -> str:
    parts = (f"{name}={_escaped(value, _PATH_SAFE)}" for name, value in attributes.items() if value is not None)
    return f"{scheme}:{';'.join(parts)}"


def _escaped(value: str | bytes, safe: str) -> str:
    # An identifier of bytes is escaped throughout: as text it would mean nothing (RFC 7512 2.3).
    return "".join(f"%{byte:02X}" for byte in value) if isinstance(value, bytes) else quote(value, safe=safe)


def _check_texts(uri: object, *names: str) -> None:
    """Check that fields are None or text that a C string can hold."""
    for name in names:
        value = getattr(uri, name)
        if value is None:
            continue
        if not isinstance(value, str):
            raise InvalidTypeError(f"{name} must be str, not {type(value).__name__}")
        if not value or "\0" in value or _has_surrogates(value):
            raise InvalidInputError(f"{name} must be text of UTF-8, not empty and without NUL")


def _has_surrogates(value: Iterable[str]) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in value)


def _check_usage(usage: KeyUsage | None, container: str | None) -> None:
    if usage is None:
        return
    member(usage, KeyUsage, "usage")
    if container is None:
        raise InvalidInputError("a usage is named with its container (con=)")
