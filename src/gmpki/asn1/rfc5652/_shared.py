"""What all messages share: bounded sets, elements that are not looked into, strings in segments, versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from gmpki import _inputs
from gmpki.asn1 import der
from gmpki.asn1._cursor import CONSTRUCTED_TYPES
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.asn1.rfc5652._usual import algorithms_cached

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gmpki.asn1.der import Reader

__all__ = [
    "MAX_ALGORITHMS",
    "MAX_CERTIFICATES",
    "MAX_CRLS",
    "MAX_RECIPIENTS",
    "MAX_SEGMENTS",
    "MAX_SIGNERS",
    "any_element",
    "bounded_set",
    "encode_certificates",
    "encode_optional_octets",
    "encode_set",
    "optional_octets",
    "read_algorithms",
    "read_certificates",
    "read_crls",
    "read_octets",
    "read_version",
]

T = TypeVar("T")

MAX_CERTIFICATES: Final = 4096
"""How many certificates a message carries at most: a national trust list has some hundreds."""
MAX_CRLS: Final = 1024
"""How many revocation lists a message carries at most."""
MAX_SIGNERS: Final = 1024
"""How many signers a message has at most."""
MAX_RECIPIENTS: Final = 4096
"""How many recipients a message has at most."""
MAX_ALGORITHMS: Final = 64
"""How many digest algorithms a message names at most."""
MAX_SEGMENTS: Final = 1_000_000
"""How many segments a string under an IMPLICIT tag has at most."""

_CERTIFICATES: Final = der.Tag.context(0, constructed=True)
_CRLS: Final = der.Tag.context(1, constructed=True)
# CertificateChoices: certificate, [0] to [3] (RFC 5652 10.2.2); RevocationInfoChoice: crl, [1] (10.2.1).
_CERTIFICATE_TAGS: Final = frozenset((der.Tag.SEQUENCE, *(der.Tag.context(n, constructed=True) for n in range(4))))
_CRL_TAGS: Final = frozenset((der.Tag.SEQUENCE, der.Tag.context(1, constructed=True)))
# The largest version in any document here is 5, of SignedData.
_MAX_VERSION: Final = 5


def read_version(reader: Reader, known: frozenset[int], name: str = "version") -> int:
    """Read the version of a structure: one that the documents know, or when reading is tolerant another up to 5."""
    at = reader.offset
    version = reader.integer(name, minimum=0, maximum=_MAX_VERSION)
    if version not in known:
        expected = ", ".join(map(str, sorted(known)))
        message = f"version {version} is unknown here; the known ones are {expected}"
        reader.tolerate(QuirkKind.VERSION, message, name, offset=at)
    return version


def any_element(reader: Reader, name: str) -> bytes:
    """Step over one element of any type and return its exact bytes; what is inside is not looked at."""
    tag = reader.peek()
    if tag is None or tag == 0 or tag & 0x1F == 0x1F or (tag & 0xE0 == 0x20 and tag not in CONSTRUCTED_TYPES):
        return reader.raw_element(name)  # which says what is wrong with it
    return reader.exact(tag, name)


def bounded_set(
    reader: Reader, name: str, item: str, read: Callable[[Reader, str], T], most: int, *, tag: int = der.Tag.SET
) -> tuple[T, ...]:
    """Read a SET OF with a bound on its elements.

    :param item: the field name of one element.
    """
    found: list[T] = []
    with reader.set_of(name, tag=tag) as elements:
        while not elements.at_end():
            if len(found) == most:
                raise elements.error(f"more than {most} elements")
            found.append(read(elements, item))
    return tuple(found)


def _choice(tags: frozenset[int], what: str) -> Callable[[Reader, str], bytes]:
    def read(reader: Reader, name: str) -> bytes:
        tag = reader.peek()
        if tag is None or tag not in tags:
            raise reader.error(f"{what} expected", name)
        return reader.exact(tag, name)

    return read


_certificate = _choice(_CERTIFICATE_TAGS, "a certificate")
_crl = _choice(_CRL_TAGS, "a revocation list")


def read_certificates(reader: Reader) -> tuple[bytes, ...]:
    """Read ``certificates [0] IMPLICIT CertificateSet OPTIONAL``: the exact DER of each, not looked into."""
    if not reader.next_is(_CERTIFICATES):
        return ()
    return bounded_set(reader, "certificates", "certificate", _certificate, MAX_CERTIFICATES, tag=_CERTIFICATES)


def read_crls(reader: Reader) -> tuple[bytes, ...]:
    """Read ``crls [1] IMPLICIT RevocationInfoChoices OPTIONAL``: the exact DER of each, not looked into."""
    if not reader.next_is(_CRLS):
        return ()
    return bounded_set(reader, "crls", "crl", _crl, MAX_CRLS, tag=_CRLS)


def encode_certificates(certificates: Iterable[bytes], crls: Iterable[bytes]) -> bytes:
    """Encode both fields, each left out when it is empty."""
    return _unless_empty(certificates, _CERTIFICATES) + _unless_empty(crls, _CRLS)


def _unless_empty(elements: Iterable[bytes], tag: int) -> bytes:
    if elements == ():
        return b""
    encoded = der.encode_set_of(elements, tag=tag)
    return encoded if len(encoded) > 2 else b""  # a header without contents


def read_algorithms(reader: Reader, name: str = "digestAlgorithms") -> tuple[AlgorithmIdentifier, ...]:
    """Read ``SET OF AlgorithmIdentifier``."""
    return reader.through_cache(der.Tag.SET, name, algorithms_cached, _read_algorithms)


def _read_algorithms(reader: Reader, name: str) -> tuple[AlgorithmIdentifier, ...]:
    return bounded_set(reader, name, "algorithm", AlgorithmIdentifier.read, MAX_ALGORITHMS)


def encode_set(items: Iterable[Schema], kind: type[Schema], name: str) -> bytes:
    """Encode ``SET OF`` a structure."""
    listed = items if type(items) is tuple else _inputs.iterated(items, name)
    return der.encode_set_of([der_of(item, kind, name) for item in listed])


def read_octets(reader: Reader, number: int, name: str) -> bytes:
    """Read ``[number] IMPLICIT OCTET STRING``, which BER may cut into segments: those are joined and noted."""
    if reader.next_is(der.Tag.context(number)):
        return reader.octet_string(name, tag=der.Tag.context(number))
    at = reader.offset
    inner = reader.inside(der.Tag.context(number, constructed=True), name)
    reader.tolerate(QuirkKind.CONSTRUCTED_STRING, "an OCTET STRING in segments is BER, not DER", name, offset=at)
    segments: list[bytes] = []
    with inner:
        while not inner.at_end():
            if len(segments) == MAX_SEGMENTS:
                raise inner.error(f"more than {MAX_SEGMENTS} segments")
            segments.append(inner.octet_string("segment"))
    return b"".join(segments)


def optional_octets(reader: Reader, number: int, name: str) -> bytes | None:
    """Read ``[number] IMPLICIT OCTET STRING OPTIONAL`` as :func:`read_octets` does."""
    tag = reader.peek()
    if tag is None or tag not in (der.Tag.context(number), der.Tag.context(number, constructed=True)):
        return None
    return read_octets(reader, number, name)


def encode_optional_octets(value: bytes | None, number: int) -> bytes:
    """Encode ``[number] IMPLICIT OCTET STRING OPTIONAL``."""
    return b"" if value is None else der.encode_octet_string(value, tag=der.Tag.context(number))
