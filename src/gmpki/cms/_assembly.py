"""Elements put together in one step: a content of many bytes is copied once, however deep it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.asn1 import der
from gmpki.asn1.ber_writer import definite_header

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.asn1.rfc5280 import AlgorithmIdentifier

__all__ = ["content_info", "element", "encrypted_content_info"]

_CONTENT: Final = der.Tag.context(0, constructed=True)
_ENCRYPTED: Final = der.Tag.context(0)


def element(tag: int, parts: Iterable[bytes]) -> list[bytes]:
    """Return the header of an element in front of its contents, which stay in parts."""
    contents = [part for part in parts if part]
    return [definite_header(tag, sum(map(len, contents))), *contents]


def content_info(content_type: str, parts: Iterable[bytes]) -> bytes:
    """Encode ContentInfo around a SEQUENCE whose fields are given in parts (RFC 5652 3)."""
    content = element(_CONTENT, element(der.Tag.SEQUENCE, parts))
    return b"".join(element(der.Tag.SEQUENCE, (der.encode_oid(content_type), *content)))


def encrypted_content_info(content_type: str, algorithm: AlgorithmIdentifier, ciphertext: bytes) -> list[bytes]:
    """Return the parts of EncryptedContentInfo (RFC 5652 6.1)."""
    fields = (der.encode_oid(content_type), algorithm.to_der(), *element(_ENCRYPTED, (ciphertext,)))
    return element(der.Tag.SEQUENCE, fields)
