"""Which bytes a signature covers when a structure did not come in DER.

:func:`read_received` reads a signed structure strictly, or leniently: then in place as far as a tolerant reader can,
and otherwise through the BER normaliser, keeping the bytes that came beside the normalised ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from gmpki.asn1._schema import Schema
from gmpki.asn1.ber import ber_to_der
from gmpki.asn1.der import MAX_DEPTH, Reader
from gmpki.asn1.quirks import QuirkKind, QuirkLog
from gmpki.asn1.rfc5280 import SignedStructure, read_signed
from gmpki.errors import DecodeError

__all__ = ["NEEDS_NORMALISING", "Received", "first_inside", "read_inside", "read_received"]

S = TypeVar("S", bound=Schema)

# What a reader of DER cannot take in place.
NEEDS_NORMALISING: Final = frozenset({QuirkKind.INDEFINITE_LENGTH, QuirkKind.CONSTRUCTED_STRING})
_CONSTRUCTED: Final = 0x20
_INDEFINITE: Final = 0x80


@dataclass(frozen=True, slots=True)
class Received(Generic[S]):
    """A signed structure as it was received.

    :ivar signed: the frame; its ``tbs_der`` has the bytes that came.
    :ivar normalised_tbs: the DER of the same where those were BER, else None.
    :ivar log: what was met; the offsets count in the DER where the data was BER.
    """

    signed: SignedStructure
    tbs: S
    normalised_tbs: bytes | None
    log: QuirkLog


def read_received(data: bytes, kind: type[S], tbs_name: str, *, lenient: bool, max_len: int) -> Received[S]:
    """Read a signed structure of a kind.

    :param lenient: take what departs from DER as well.
    :raises DecodeError: when it is not one.
    :raises LimitExceeded: when it is longer than max_len bytes.
    """
    log = QuirkLog(tolerant=lenient)
    try:
        signed, tbs = _read(data, kind, tbs_name, log, max_len)
    except DecodeError as error:
        if not lenient:
            raise
        return _read_ber(data, kind, tbs_name, max_len, error)
    return Received(signed, tbs, None, log)


def read_inside(signed: SignedStructure, kind: type[S]) -> Received[S] | None:
    """Return what :func:`read_received` finds in a frame that was just signed; only what is signed is read.

    None when there is something to say about that, an error or a quirk: the whole must be read to tell its place.
    """
    log = QuirkLog(tolerant=False)
    try:
        tbs = kind.from_der(signed.tbs_der, max_depth=MAX_DEPTH - 1, quirks=log)
    except DecodeError:
        return None
    return None if len(log) else Received(signed, tbs, None, log)


def _read(data: bytes, kind: type[S], tbs_name: str, log: QuirkLog, max_len: int) -> tuple[SignedStructure, S]:
    reader = Reader(data, max_size=max_len, quirks=log)
    found = read_signed(reader, kind, "", tbs_name)
    reader.end()
    return found


def _read_ber(data: bytes, kind: type[S], tbs_name: str, max_len: int, refused: DecodeError) -> Received[S]:
    """Read the DER of BER; data that is not BER either is refused with the error that the first attempt gave."""
    try:
        # Sets keep the order they came in: if it is wrong, then whoever signed it so got it wrong too.
        normalised = ber_to_der(data, sort_sets=False, max_size=max_len)
    except DecodeError:
        raise refused from None
    if not any(quirk.kind in NEEDS_NORMALISING for quirk in normalised.quirks):
        raise refused
    log = QuirkLog()
    log.extend(normalised.quirks)
    signed, tbs = _read(normalised.der, kind, tbs_name, log, max_len)
    as_it_came = SignedStructure(first_inside(data), signed.signature_algorithm, signed.signature)
    return Received(as_it_came, tbs, signed.tbs_der, log)


def first_inside(data: bytes) -> bytes:
    """Return the first element inside the outermost one, of BER that has been read before."""
    start, _ = _header(data, 0)
    pos = start
    open_ends: list[int] = []
    while True:
        if open_ends and open_ends[-1] < 0 and data[pos : pos + 2] == b"\x00\x00":
            pos += 2
            open_ends.pop()
        elif open_ends and pos == open_ends[-1]:
            open_ends.pop()
        else:
            contents, end = _header(data, pos)
            # Only what may hold an indefinite length has to be entered.
            if data[pos] & _CONSTRUCTED:
                open_ends.append(end)
                pos = contents
            else:
                pos = end
        if not open_ends:
            return data[start:pos]


def _header(data: bytes, pos: int) -> tuple[int, int]:
    """Return where the contents start, and where they end or -1 for the indefinite form."""
    length = data[pos + 1]
    start = pos + 2
    if length == _INDEFINITE:
        return start, -1
    if length > _INDEFINITE:
        octets = length & 0x7F
        start += octets
        length = int.from_bytes(data[pos + 2 : start], "big")
    return start, start + length
