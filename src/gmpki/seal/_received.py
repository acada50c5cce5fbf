"""Seals and their signatures as they came: strictly in DER or, leniently, in BER, with the bytes that were signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from gmpki._inputs import as_bytes, member
from gmpki.asn1._schema import Schema
from gmpki.asn1.ber import ber_to_der
from gmpki.asn1.der import MAX_DEPTH, Reader, Tag
from gmpki.asn1.quirks import QuirkLog
from gmpki.errors import DecodeError, LimitExceeded
from gmpki.x509._received import NEEDS_NORMALISING, first_inside

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Buffer

__all__ = ["MAX_LEN", "Received", "read_received"]

S = TypeVar("S", bound=Schema)

MAX_LEN: Final = 16 << 20
"""The longest seal or signature read, in bytes: one with a large picture has some hundreds of thousands."""


@dataclass(frozen=True, slots=True)
class Received(Generic[S]):
    """A structure as it was received.

    :ivar encoded: the exact bytes of all of it.
    :ivar first: the exact bytes of its first element, which is what is signed or begins it.
    :ivar log: what was met; the offsets count in the DER where the data was BER.
    """

    structure: S
    encoded: bytes
    first: bytes
    log: QuirkLog


def read_received(data: Buffer, kinds: Mapping[int, type[S]], what: str, *, lenient: bool) -> Received[S]:
    """Read a structure whose kind its second element tells.

    :param kinds: the structure for each tag of the second element.
    :param what: its name in messages.
    :raises InvalidTypeError: when data has no buffer, or lenient is no ``bool``.
    :raises DecodeError: when it is none of them.
    :raises LimitExceeded: when it is longer than 16 MiB.
    """
    member(lenient, bool, "lenient")
    encoded = as_bytes(data, what)
    if len(encoded) > MAX_LEN:
        raise LimitExceeded(f"{what} of {len(encoded)} bytes; at most {MAX_LEN} are read")
    log = QuirkLog(tolerant=lenient)
    try:
        structure, first = _read(encoded, kinds, what, log)
    except DecodeError as refused:
        if not lenient:
            raise
        return _read_ber(encoded, kinds, what, refused)
    return Received(structure, encoded, first, log)


def _read(encoded: bytes, kinds: Mapping[int, type[S]], what: str, log: QuirkLog) -> tuple[S, bytes]:
    """Read the structure; return it and the exact bytes of its first element."""
    look = Reader(encoded, name=what, max_size=MAX_LEN, quirks=QuirkLog(tolerant=log.tolerant))
    inside = look.sequence()
    first = inside.exact(Tag.SEQUENCE)
    tag = inside.peek()
    kind = None if tag is None else kinds.get(tag)
    if kind is None:
        raise inside.error(f"{what} of no layout that is known")
    return kind.from_der(encoded, max_depth=MAX_DEPTH, max_size=MAX_LEN, quirks=log), first


def _read_ber(encoded: bytes, kinds: Mapping[int, type[S]], what: str, refused: DecodeError) -> Received[S]:
    """Read the DER of BER; data that is not BER either is refused with the error that the first attempt gave."""
    try:
        normalised = ber_to_der(encoded, sort_sets=False, max_size=MAX_LEN)
    except DecodeError:
        raise refused from None
    if not any(quirk.kind in NEEDS_NORMALISING for quirk in normalised.quirks):
        raise refused
    log = QuirkLog()
    log.extend(normalised.quirks)
    structure, _ = _read(normalised.der, kinds, what, log)
    return Received(structure, encoded, first_inside(encoded), log)
