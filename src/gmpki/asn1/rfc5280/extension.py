"""The frame of an extension: which it is, whether it is critical, and its contents as bytes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from gmpki import _inputs
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.quirks import QuirkKind
from gmpki.oids import ObjectIdentifier

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.asn1.der import Reader

__all__ = ["Extension", "encode_extensions", "read_extensions"]


@dataclass(frozen=True, slots=True)
class Extension(Schema):
    """``SEQUENCE { extnID OBJECT IDENTIFIER, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }``.

    :ivar extn_value: what the OCTET STRING holds, by the standard one DER element.
    :raises InvalidTypeError: when extn_value has no buffer.
    :standard: RFC 5280 4.1
    """

    extn_id: ObjectIdentifier
    critical: bool
    extn_value: bytes

    def __post_init__(self) -> None:
        if type(self.extn_value) is not bytes:
            object.__setattr__(self, "extn_value", _inputs.as_bytes(self.extn_value, "the contents of an extension"))

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> Extension:
        """Read an Extension; its contents are not looked at."""
        return reader.through_cache(der.Tag.SEQUENCE, name, read_cached, _read_here)

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            der.encode_oid(self.extn_id),
            der.encode_boolean(self.critical) if self.critical is not False else b"",
            der.encode_octet_string(self.extn_value),
        )


def _read_here(reader: Reader, name: str) -> Extension:
    with reader.sequence(name) as fields:
        return Extension(
            fields.oid("extnID"), fields.boolean_default_false("critical"), fields.octet_string("extnValue")
        )


# Most extensions of an issuer's certificates are the same in all of them.
@lru_cache(maxsize=1024)
def read_cached(encoded: bytes) -> Extension:
    """Decode exactly an Extension, strictly, and remember it.

    :raises DecodeError: when it is not one.
    """
    return _read_here(der.Reader(encoded, max_depth=der.CACHED_DEPTH), "")


def read_extensions(reader: Reader, name: str = "extensions", *, tag: int = der.Tag.SEQUENCE) -> tuple[Extension, ...]:
    """Read ``SEQUENCE SIZE (1..MAX) OF Extension``.

    :raises DecodeError: when there is none, or one is malformed; reading tolerantly, an empty list is noted.
    """
    at = reader.offset
    with reader.sequence(name, tag=tag) as fields:
        found = fields.all_through_cache(der.Tag.SEQUENCE, "extension", read_cached, _read_here)
    if not found:
        reader.tolerate(QuirkKind.EMPTY_SEQUENCE, "a list of extensions is never empty", name, offset=at)
    return tuple(found)


def encode_extensions(extensions: Iterable[Extension]) -> bytes:
    """Encode ``SEQUENCE OF Extension``; ``b""`` when there are none, because the list is then left out.

    :raises InvalidTypeError: when one is no :class:`Extension`.
    """
    listed = _inputs.iterated(extensions, "extensions")
    parts = [der_of(extension, Extension, "an extension") for extension in listed]
    return der.encode_sequence(*parts) if parts else b""
