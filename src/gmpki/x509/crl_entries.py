"""The entries of a revocation list: checked one by one, found by serial number, objects only when somebody asks.

Nearly every entry in the world has one of five shapes. A regular expression describes them octet by octet, with every
rule that holds for them, and runs over a hundred thousand entries in a tenth of a second. What it does not match goes
to the reader of :mod:`gmpki.asn1.rfc5280`, which decides. So nothing is let through that the slow reader would refuse.

The index is one sorted array of 64-bit numbers: 32 bits of a hash of issuer and serial number, then the offset of the
entry. Python seeds that hash anew in each process, so that nobody can prepare a list in which many entries share one.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, TypeVar

from gmpki.algorithms import _quick
from gmpki.asn1 import _content
from gmpki.asn1.der import Reader
from gmpki.asn1.quirks import QuirkLog
from gmpki.asn1.rfc5280 import (
    CertificateIssuer,
    CRLReason,
    Extension,
    HoldInstruction,
    InvalidityDate,
    Name,
    ReasonCode,
)
from gmpki.asn1.rfc5280 import RevokedCertificate as EntryFields
from gmpki.x509.extensions import Extensions, ExtensionValue
from gmpki.x509.names import name_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from gmpki.oids import ObjectIdentifier

    Matcher: TypeAlias = Callable[[bytes, int, int], Iterator[re.Match[bytes]]]

__all__ = ["EntryTable", "RevokedCertificate"]

V = TypeVar("V", bound=ExtensionValue)

# Offsets have the lower 32 bits of the index: lists are at most 64 MiB long.
_OFFSET: Final = (1 << 32) - 1
_MASK: Final = ((1 << 32) - 1) << 32
_PATH: Final = "tbsCertList.revokedCertificates"
# A hold instruction only says what else to do with a certificate on hold, which counts as revoked anyway.
_UNDERSTOOD: Final = frozenset((CRLReason.OID, InvalidityDate.OID, CertificateIssuer.OID, HoldInstruction.OID))


@dataclass(frozen=True, slots=True)
class RevokedCertificate:
    """One entry of a revocation list. Immutable.

    :ivar serial_number: of the certificate that was revoked.
    :ivar revocation_date: when, in UTC.
    :ivar issuer: who issued that certificate: the issuer of the list unless the list is indirect.
    :ivar reason: why; ``None`` when the entry does not say.
    :ivar invalidity_date: since when the key is known or suspected to be in wrong hands, in UTC; ``None`` likewise.
    :ivar extensions: all extensions of the entry.
    :standard: RFC 5280 5.1.2.6 and 5.3
    """

    serial_number: int
    revocation_date: datetime
    issuer: Name
    reason: ReasonCode | None = None
    invalidity_date: datetime | None = None
    extensions: Extensions = field(default=Extensions(), repr=False)


# ---- the usual shapes -----------------------------------------------------------------------------------------------
_DAY: Final = (
    rb"(?:(?:0[13578]|1[02])(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)(?:0[1-9]|[12]\d|30)|02(?:0[1-9]|1\d|2[0-8]))"
)
# Of the years 1950 to 2049 that two digits can mean, those divisible by four are leap years, 2000 among them.
_LEAP_DAY: Final = rb"(?:[02468][048]|[13579][26])0229"
_TIME: Final = rb"(?:\d\d" + _DAY + rb"|" + _LEAP_DAY + rb")(?:[01]\d|2[0-3])[0-5]\d[0-5]\dZ"
_REASON: Final = rb"\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01[\x00-\x06\x08-\x0a]"
# As a GeneralizedTime of the years 1950 to 2049.
_CENTURY: Final = rb"(?:19(?=[5-9])|20(?=[0-4]))"
_INVALIDITY: Final = rb"\x30\x18\x06\x03\x55\x1d\x18\x04\x11\x18\x0f" + _CENTURY + _TIME
_MAX_USUAL_SERIAL_LEN: Final = 20
_MIN_USUAL_LEN: Final = 20
_TIME_GROUP: Final = 2


def _usual_shape(serial_len: int) -> Matcher:
    """Make what matches whole entries, one after another, whose serial numbers have a given length, positive, minimal.

    Where there is none it matches nothing at all, and so never searches further on. Group 1 is the serial number, 2
    the time, a third the extensions one after the other: a reason, an invalidity date, or both in either order. Only
    the length octet of the entry is left to check.
    """
    if not 1 <= serial_len <= _MAX_USUAL_SERIAL_LEN:
        serial = rb"(?!)"  # never
    elif serial_len == 1:
        serial = rb"[\x01-\x7f]"
    else:
        serial = rb"[\x01-\x7f].{%d}|\x00[\x80-\xff].{%d}" % (serial_len - 1, serial_len - 2)
    both = _REASON + _INVALIDITY + rb"|" + _INVALIDITY + _REASON
    extensions = rb"\x30(?:\x0c(" + _REASON + rb")|\x1a(" + _INVALIDITY + rb")|\x26(" + both + rb"))"
    pattern = rb"\x30.\x02" + re.escape(bytes((serial_len,))) + rb"(" + serial + rb")\x17\x0d(" + _TIME + rb")"
    return re.compile(pattern + rb"(?:" + extensions + rb")?|", re.DOTALL).finditer


_matchers: list[Matcher | None] = [None] * 256


def _matches(data: bytes, pos: int, end: int) -> Iterator[re.Match[bytes]]:
    """Match the entries from pos up to ``end`` as long as they have the usual shape that the first of them has.

    A match counts when it is not empty and as long as the length octet of the entry says; none after another does.
    """
    if end - pos < _MIN_USUAL_LEN:
        return iter(())
    serial_len = data[pos + 3]
    matcher = _matchers[serial_len]
    if matcher is None:
        matcher = _matchers[serial_len] = _usual_shape(serial_len)
    return matcher(data, pos, end)


def _scan(data: bytes, pos: int, end: int, owner: int, keys: array[int]) -> int:
    """Put the entries of usual shapes from pos up to ``end`` into the index; return where they end.

    ``bindings/quick_crl.c`` does many at once, as a rule for rule translation of the expression; without it the
    expression does.
    """
    scanned = _quick.crl_scan(data, pos, end, owner)
    if scanned is not None:
        keys.frombytes(scanned[0])
        return scanned[1]
    for found in _matches(data, pos, end):
        stop = found.end()
        if stop == pos or stop - pos - 2 != data[pos + 1]:
            break
        keys.append((hash(found[1]) ^ owner) & _MASK | pos)
        pos = stop
    return pos


def _in_order(keys: array[int]) -> array[int]:
    quick = _quick.sorted_numbers(keys.tobytes())
    return array("Q", sorted(keys) if quick is None else quick)


def _match(data: bytes, pos: int, end: int) -> re.Match[bytes] | None:
    """Match the one entry at pos, if it has one of the usual shapes and ends at ``end`` at the latest."""
    found = next(_matches(data, pos, end), None)
    return found if found and found[0] and found.end() - pos - 2 == data[pos + 1] else None


@lru_cache(maxsize=256)  # many entries have the same reason
def _usual_extensions(encoded: bytes) -> _Contents:
    reader = Reader(encoded)
    found = []
    while not reader.at_end():
        found.append(Extension.read(reader))
    return _contents(tuple(found), reader, QuirkLog(tolerant=False))


# ---- all others -----------------------------------------------------------------------------------------------------
class _Contents(NamedTuple):
    """The extensions of one entry, and what those say that we understand."""

    extensions: Extensions = Extensions()
    reason: ReasonCode | None = None
    invalidity_date: datetime | None = None
    issuer: Name | None = None


_NOTHING: Final = _Contents()


def _contents(encoded: tuple[Extension, ...], reader: Reader, log: QuirkLog) -> _Contents:
    """Decode the extensions of an entry.

    :raises DecodeError: when one is there twice or malformed, and the log does not tolerate that.
    """
    extensions = Extensions(encoded, quirks=log, path=f"{_PATH}.crlEntryExtensions")
    reason = _sound(extensions, CRLReason)
    date = _sound(extensions, InvalidityDate)
    issuer = _sound(extensions, CertificateIssuer)
    names = []
    if issuer is not None:
        names = [general.value for general in issuer.names if isinstance(general.value, Name)]
    # RFC 5280 5.3.3 would allow several. Without any nothing can be said about an entry of nobody.
    if len(names) != 1 and CertificateIssuer in extensions:
        raise reader.error(f"one directory name expected in certificateIssuer, {len(names)} found")
    return _Contents(
        extensions,
        None if reason is None else reason.reason,
        None if date is None else date.date,
        names[0] if names else None,
    )


def _sound(extensions: Extensions, kind: type[V]) -> V | None:
    return None if extensions.problem(kind.OID) else extensions.find(kind)


class _EntryReader(Reader):
    """A reader that goes where the scan met an entry of an unusual shape."""

    __slots__ = ()

    def go_to(self, offset: int, end: int) -> None:
        """Stand at the start of an entry; nothing at ``end`` or behind it is read."""
        self._pos, self._end = offset, end


# ---- the table ------------------------------------------------------------------------------------------------------
class EntryTable:
    """All entries of one list: how many there are, and where. Thread-safe once it is made."""

    __slots__ = ("_data", "_end", "_index", "_issuer", "_lenient", "_owner", "_start", "_turns", "count", "critical")

    def __init__(self, data: bytes, start: int, end: int, issuer: Name, log: QuirkLog) -> None:
        """Check every entry, and note where it is.

        :param data: what holds the contents of revokedCertificates, from start up to end.
        :param issuer: of the list.
        :param log: takes what is not as it should be; a strict one refuses that.
        :ivar count: how many entries there are.
        :ivar critical: the critical extensions of entries that are not understood: who meets one must not use the
            list (RFC 5280 5.3).
        :raises DecodeError: when an entry breaks a rule.
        """
        self._data, self._start, self._end = data, start, end
        self._issuer = issuer
        self._owner = owner = _owner(issuer)
        self._lenient = log.tolerant
        # Where an indirect list turns to another issuer: the offsets of the entries that name one.
        self._turns = array("Q")
        critical: set[ObjectIdentifier] = set()
        keys = array("Q")
        reader = self._reader(log)
        pos = start
        while pos < end:
            first = pos
            pos = _scan(data, pos, end, owner, keys)
            if pos > first:
                continue
            reader.go_to(pos, end)
            entry, contents = _read(reader, log)
            critical.update(contents.extensions.unknown_critical(_UNDERSTOOD))
            if contents.issuer is not None:
                owner = _owner(contents.issuer)
                self._turns.append(pos)
            keys.append((hash(_content.encode_integer(entry.serial_number)) ^ owner) & _MASK | pos)
            pos = reader.offset
        self._index = _in_order(keys)
        self.count = len(keys)
        self.critical = frozenset(critical)

    @property
    def has_issuers(self) -> bool:
        """Tell whether an entry names the issuer of its certificate, as those of indirect lists do."""
        return bool(self._turns)

    def find(self, serial_number: int, issuer: Name) -> RevokedCertificate | None:
        """Return the entry of a certificate.

        Where a list, against the rules, has several, one that says revoked comes before one that removes.
        """
        index = self._index
        owner = self._owner if issuer is self._issuer else _owner(issuer)
        key = (hash(_content.encode_integer(serial_number)) ^ owner) & _MASK
        removal = None
        for place in range(bisect_left(index, key), len(index)):
            if index[place] & _MASK != key:
                break
            entry, _ = self._at(index[place] & _OFFSET)
            if entry.serial_number == serial_number and _same(entry.issuer, issuer):
                if entry.reason is not ReasonCode.REMOVE_FROM_CRL:
                    return entry
                removal = removal or entry
        return removal

    def __iter__(self) -> Iterator[RevokedCertificate]:
        """Yield the entries in the order of the list."""
        pos = self._start
        while pos < self._end:
            entry, pos = self._at(pos)
            yield entry

    def _at(self, pos: int) -> tuple[RevokedCertificate, int]:
        """Return the entry at an offset, and where the next one is."""
        found = _match(self._data, pos, self._end)
        if found is not None:
            serial_number = int.from_bytes(found[1], "big")
            date = _content.decode_utc_time(found[2])
            last = found.lastindex or 0
            contents = _usual_extensions(found[last]) if last > _TIME_GROUP else _NOTHING
            end = found.end()
        else:
            log = QuirkLog(tolerant=self._lenient)
            reader = self._reader(log)
            reader.go_to(pos, self._end)
            entry, contents = _read(reader, log)
            serial_number, date, end = entry.serial_number, entry.revocation_date, reader.offset
        issuer = contents.issuer or self._issuer_at(pos)
        revoked = RevokedCertificate(
            serial_number, date, issuer, contents.reason, contents.invalidity_date, contents.extensions
        )
        return revoked, end

    def _issuer_at(self, pos: int) -> Name:
        """Return the issuer of the last entry up to pos that names one (RFC 5280 5.3.3)."""
        turn = bisect_right(self._turns, pos)
        return self._at(self._turns[turn - 1])[0].issuer if turn else self._issuer

    def _reader(self, log: QuirkLog) -> _EntryReader:
        data = self._data
        return _EntryReader(data, name=_PATH, max_size=len(data), quirks=log)


def _read(reader: _EntryReader, log: QuirkLog) -> tuple[EntryFields, _Contents]:
    entry = EntryFields.read(reader)
    return entry, _contents(entry.extensions, reader, log) if entry.extensions else _NOTHING


def _same(one: Name, other: Name) -> bool:
    return one is other or name_key(one) == name_key(other)


def _owner(issuer: Name) -> int:
    """Return what the name of an issuer adds to the hash of its serial numbers."""
    return hash(name_key(issuer))
