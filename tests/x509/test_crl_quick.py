"""The scan of revocation lists in C: a list reads the same with it as with the regular expression."""

from __future__ import annotations

import random
import sys
from array import array
from typing import Any

import pytest

from gmpki.algorithms import _quick
from gmpki.asn1.quirks import QuirkLog
from gmpki.errors import DecodeError
from gmpki.x509 import crl_entries
from gmpki.x509.names import build_name

ISSUER = build_name(("CN", "An Issuer"))
OWNER = hash(b"an issuer")
REASON = bytes.fromhex("300a0603551d1504030a01")
INVALIDITY = bytes.fromhex("30180603551d180411180f")


def extensions(contents: bytes) -> bytes:
    return b"\x30" + bytes([len(contents)]) + contents if contents else b""


def entry(serial: bytes, time: bytes = b"260131235959Z", contents: bytes = b"") -> bytes:
    body = b"\x02" + bytes([len(serial)]) + serial + b"\x17" + bytes([len(time)]) + time + extensions(contents)
    return b"\x30" + bytes([len(body)]) + body


def reason(number: int) -> bytes:
    return REASON + bytes([number])


def invalid_since(time: bytes) -> bytes:
    return INVALIDITY + time


SINCE = invalid_since(b"20260228000000Z")
SHAPES = {
    "plain": entry(b"\x01"),
    "long": entry(b"\x7f" + b"\xaa" * 19),
    "padded": entry(b"\x00\x80\x01"),
    "reason": entry(b"\x11\x22", contents=reason(1)),
    "since": entry(b"\x11\x22", contents=SINCE),
    "both": entry(b"\x11\x22\x33", contents=reason(1) + SINCE),
    "reversed": entry(b"\x11\x22\x33", contents=SINCE + reason(10)),
}


def through_expression(data: bytes, start: int, end: int) -> tuple[list[int], int]:
    """Scan as the expression does, which stops where the length of serial numbers changes, as far as it goes."""
    keys: list[int] = []
    pos = start
    while pos < end:
        first = pos
        for found in crl_entries._matches(data, pos, end):
            if found.end() == pos or found.end() - pos - 2 != data[pos + 1]:
                break
            keys.append((hash(found[1]) ^ OWNER) & crl_entries._MASK | pos)
            pos = found.end()
        if pos == first:
            break
    return keys, pos


def through_c(data: bytes, start: int, end: int) -> tuple[list[int], int]:
    keys, pos = array("Q"), start
    while True:
        scanned = _quick.crl_scan(data, pos, end, OWNER)
        assert scanned is not None
        keys.frombytes(scanned[0])
        if scanned[1] == pos:
            return list(keys), pos
        pos = scanned[1]


def agree(data: bytes, start: int = 0, end: int | None = None) -> int:
    stop = len(data) if end is None else end
    keys, pos = through_c(data, start, stop)
    expected, place = through_expression(data, start, stop)
    if pos > place:
        # The expression takes extensions behind the end of an entry with it and then gives up; the entry was sound.
        assert keys[: len(expected)] == expected
        fast = outcome(data, start, stop)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(_quick, "crl_scan", _quick._declined)
            assert outcome(data, start, stop) == fast
    else:
        assert (keys, pos) == (expected, place)
    return len(keys)


def outcome(data: bytes, start: int, end: int) -> object:
    """Read a whole list of entries, by whichever way there is, and return its index or what is wrong with it."""
    try:
        table = crl_entries.EntryTable(data, start, end, ISSUER, QuirkLog(tolerant=False))
    except DecodeError as error:
        return str(error)
    return list(table._index)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_every_octet_has_the_same_values(shape: bytes) -> None:
    assert agree(shape) == 1
    taken = 0
    for i in range(len(shape)):
        for value in range(256):
            taken += agree(shape[:i] + bytes([value]) + shape[i + 1 :])
    assert 0 < taken < 256 * len(shape)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_every_end_and_every_start(shape: bytes) -> None:
    data = shape + shape + shape
    for end in range(len(data) + 1):
        assert agree(data, 0, end) == end // len(shape)
        agree(data, end)


@pytest.mark.parametrize("month", range(14))
def test_every_day_of_the_calendar(month: int) -> None:
    for year in (0, 4, 10, 20, 23, 24, 49, 50, 52, 90, 96, 99):
        for day in range(33):
            time = b"%02d%02d%02d120000Z" % (year, month, day)
            plain = agree(entry(b"\x01", time))
            dates = [invalid_since(century + time) for century in (b"19", b"20", b"18", b"21")]
            assert [agree(entry(b"\x01", contents=date)) for date in dates] == [
                plain and year >= 50,
                plain and year < 50,
                0,
                0,
            ]


def test_every_hour_minute_and_second() -> None:
    taken = [[agree(entry(b"\x01", f % n)) for n in range(100)] for f in (b"260101%02d0000Z", b"26010100%02d00Z")]
    assert [sum(one) for one in taken] == [24, 60]
    assert sum(agree(entry(b"\x01", b"2601010000%02dZ" % n)) for n in range(100)) == 60


def test_serial_numbers() -> None:
    for serial in (b"", b"\x00", b"\x00\x7f", b"\x80", b"\xff" * 20, b"\x01" * 21, b"\x00" + b"\x80" * 20):
        assert agree(entry(serial)) == 0
    for serial in (b"\x01", b"\x7f", b"\x00\x80", b"\x01\x00", b"\x00" + b"\xff" * 19, b"\x01" * 20):
        assert agree(entry(serial)) == 1


def test_extensions() -> None:
    assert [agree(entry(b"\x01", contents=reason(n))) for n in range(12)] == [1] * 7 + [0] + [1] * 3 + [0]
    for contents in (reason(1) * 2, SINCE * 2, reason(1) + SINCE + reason(1), reason(1)[:-1], SINCE + b"\x00"):
        assert agree(entry(b"\x01", contents=contents)) == 0
    for tail in (b"\x30", b"\x30\x00", b"\x05\x00", b"\x30\x0c"):
        whole = bytearray(SHAPES["plain"] + tail)
        whole[1] += len(tail)
        assert agree(bytes(whole)) == 0


def test_many_entries_with_damage_here_and_there() -> None:
    source = random.Random(1)
    shapes = list(SHAPES.values())
    for _ in range(300):
        data = bytearray(b"".join(source.choices(shapes, k=40)))
        if source.random() < 0.8:
            data[source.randrange(len(data))] = source.randrange(256)
        agree(bytes(data))


def test_more_than_one_call_takes() -> None:
    data = b"".join(entry(n.to_bytes(4, "big")) for n in range(1 << 24, (1 << 24) + 9000))
    assert agree(data) == 9000


def test_keys_are_put_in_order() -> None:
    source = random.Random(2)
    for count in (0, 1, 2, 1000):
        numbers = [
            source.choice((0, (1 << 64) - 1, source.getrandbits(64), source.getrandbits(8))) for _ in range(count)
        ]
        assert list(crl_entries._in_order(array("Q", numbers))) == sorted(numbers)
        assert _quick.sorted_numbers(array("Q", numbers).tobytes()) == array("Q", sorted(numbers)).tobytes()


def test_without_the_module_a_list_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"".join(SHAPES.values()) * 20
    fast = array("Q")
    pos = crl_entries._scan(data, 0, len(data), OWNER, fast)
    monkeypatch.setattr(_quick, "crl_scan", _quick._declined)
    monkeypatch.setattr(_quick, "sorted_numbers", _quick._declined)
    slow, place = array("Q"), 0
    while place < len(data):
        place = crl_entries._scan(data, place, len(data), OWNER, slow)
    assert pos == len(data)
    assert fast == slow
    assert crl_entries._in_order(slow) == array("Q", sorted(slow))


OTHERS: list[Any] = [None, "text", bytearray(64), memoryview(bytes(64)), 1.0]


@pytest.mark.parametrize("other", OTHERS, ids=lambda value: type(value).__name__)
def test_what_is_not_plain_is_declined(other: Any) -> None:
    data = SHAPES["plain"]
    assert _quick.crl_scan(other, 0, 0, 0) is None
    assert _quick.crl_scan(data, other, 1, 0) is None
    assert _quick.crl_scan(data, 0, other, 0) is None
    assert _quick.crl_scan(data, 0, 1, other) is None
    assert _quick.sorted_numbers(other) is None


def test_places_outside_are_declined() -> None:
    data = SHAPES["plain"]
    for start, end in ((-1, 5), (0, -1), (5, 4), (0, len(data) + 1), (1 << 70, 1 << 71), (0, 1 << 70)):
        assert _quick.crl_scan(data, start, end, 0) is None
    assert _quick.crl_scan(data, len(data), len(data), 0) == (b"", len(data))
    assert _quick.crl_scan(b"", 0, 0, 0) == (b"", 0)
    assert _quick.sorted_numbers(bytes(7)) is None
    assert _quick.crl_scan() is None  # type: ignore[call-arg]


def test_nothing_keeps_references() -> None:
    data = SHAPES["both"] * 3
    before = sys.getrefcount(data)
    for _ in range(100):
        _quick.crl_scan(data, 0, len(data), OWNER)
        _quick.crl_scan(data, 0, -1, OWNER)
        _quick.sorted_numbers(data)
    assert sys.getrefcount(data) == before
