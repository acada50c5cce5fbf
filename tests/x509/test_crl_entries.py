"""The fast reader of entries lets nothing through that the slow one refuses, and says the same about what both take."""

from __future__ import annotations

import calendar
import contextlib
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gmpki.asn1 import der
from gmpki.asn1.quirks import QuirkLog
from gmpki.asn1.rfc5280 import CertificateIssuer, GeneralName, ReasonCode
from gmpki.errors import DecodeError, GmpkiError
from gmpki.x509 import crl_entries
from gmpki.x509.crl import CertificateRevocationList, RevokedCertificate, load_crl
from gmpki.x509.crl_builder import MAX_NUMBER, Revocation
from gmpki.x509.crl_entries import EntryTable
from gmpki.x509.extensions import make
from x509.crl_world import NOW, Authority, name

ROOT = Authority()
TIME = der.encode_time(NOW)
REASON = bytes.fromhex("300A0603551D1504030A0101")
INVALIDITY = bytes.fromhex("30180603551D18041118 0F") + b"20260101000000Z"


def never(_data: bytes, _pos: int, _end: int) -> None:
    """Match nothing, in place of the usual shapes."""


def table(data: bytes, *, fast: bool = True, tolerant: bool = False) -> tuple[list[RevokedCertificate], EntryTable]:
    with pytest.MonkeyPatch.context() as patch:
        if not fast:
            patch.setattr(crl_entries, "_match", never)
        made = EntryTable(data, 0, len(data), ROOT.name, QuirkLog(tolerant=tolerant))
        return list(made), made


def verdict(data: bytes, **mode: Any) -> Any:
    """Return the entries, or the error's text."""
    try:
        return table(data, **mode)[0]
    except DecodeError as error:
        return str(error)


def element(tag: int, content: bytes) -> bytes:
    return der.encode(tag, content)


def entry(serial: bytes = b"\x05", time: bytes = TIME, extensions: bytes = b"") -> bytes:
    return element(0x30, element(2, serial) + time + (element(0x30, extensions) if extensions else b""))


# ---- both readers ---------------------------------------------------------------------------------------------------
SERIALS = st.one_of(st.binary(max_size=24), st.integers(1, MAX_NUMBER).map(lambda n: der.encode_integer(n)[2:]))
DIGITS = st.text("0123456789", min_size=12, max_size=12).map(lambda text: f"{text}Z".encode())
PLAUSIBLE = st.datetimes(datetime(1950, 1, 1), datetime(2049, 12, 31)).map(
    lambda t: t.strftime("%y%m%d%H%M%SZ").encode()
)
TIMES = st.one_of(
    DIGITS.map(lambda t: element(0x17, t)),
    PLAUSIBLE.map(lambda t: element(0x17, t)),
    PLAUSIBLE.map(lambda t: element(0x18, b"20" + t)),
    st.just(TIME),
)
REASONS = st.integers(0, 255).map(lambda code: REASON[:-1] + bytes((code,)))
DATES = st.one_of(PLAUSIBLE, DIGITS).flatmap(
    lambda t: st.sampled_from([b"18", b"19", b"20", b"21"]).map(lambda century: INVALIDITY[:11] + century + t)
)
EXTENSIONS = st.lists(st.one_of(REASONS, DATES, st.just(REASON), st.just(INVALIDITY)), max_size=3).map(b"".join)
ENTRIES = st.lists(st.builds(entry, SERIALS, TIMES, EXTENSIONS), min_size=1, max_size=4).map(b"".join)


@st.composite
def mutated(draw: Any) -> bytes:
    """Entries with a few bytes changed, left out or put in."""
    data = bytearray(draw(ENTRIES))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(data) - 1))
        match draw(st.integers(0, 2)):
            case 0:
                data[place] = draw(st.integers(0, 255))
            case 1 if len(data) > 1:
                del data[place]
            case _:
                data.insert(place, draw(st.integers(0, 255)))
    return bytes(data)


@given(st.one_of(ENTRIES, mutated(), st.binary(max_size=60)))
@example(entry(b"\x80" + bytes(19)))
@example(entry(b"\x00\x80" + bytes(19)))
@example(entry(b"\x00" + b"\x7f" * 19))
@example(entry(extensions=REASON + REASON))
@example(entry(extensions=INVALIDITY + INVALIDITY))
@example(entry(extensions=INVALIDITY + REASON) + entry(extensions=REASON + INVALIDITY))
@example(entry(time=element(0x17, b"000229000000Z")))
@example(entry(time=element(0x17, b"500229000000Z")))
def test_both_readers_agree(data: bytes) -> None:
    for tolerant in (False, True):
        assert verdict(data, tolerant=tolerant) == verdict(data, fast=False, tolerant=tolerant)


@pytest.mark.parametrize("year", [*range(50, 100), *range(50)])
def test_every_day_of_a_century(year: int) -> None:
    """The days that the pattern lets through are those of the calendar, whose leap years it has by digits."""
    full = (1900 if year >= 50 else 2000) + year
    for month in range(14):
        for day in (0, 1, 9, 10, 19, 20, 28, 29, 30, 31, 32, 39):
            time = f"{year:02d}{month:02d}{day:02d}235959Z".encode()
            good = 1 <= month <= 12 and 1 <= day <= calendar.monthrange(full, month)[1]
            for data in (
                entry(time=element(0x17, time)),
                entry(extensions=INVALIDITY[:11] + str(full // 100).encode() + time),
            ):
                matched = crl_entries._match(data, 0, len(data))
                assert (matched is not None and matched.end() == len(data)) == good, time


@pytest.mark.parametrize("length", range(1, 21))
def test_usual_shapes_are_read_fast(length: int) -> None:
    """What lists have in practice does not go to the slow reader."""
    for first in (b"\x01", b"\x7f", b"\x00\x80"):
        if len(first) > length:
            continue
        serial = first + bytes(length - len(first))
        for extensions in (b"", REASON, INVALIDITY, REASON + INVALIDITY, INVALIDITY + REASON):
            data = entry(serial, extensions=extensions)
            matched = crl_entries._match(data, 0, len(data))
            assert matched is not None
            assert matched.end() == len(data)
            assert crl_entries._match(data, 0, len(data) - 1) is None


@pytest.mark.parametrize("code", range(256))
def test_reasons(code: int) -> None:
    found = verdict(entry(extensions=REASON[:-1] + bytes((code,))))
    if code in set(ReasonCode):
        assert found[0].reason is ReasonCode(code)
    else:
        assert "malformed" in found


# ---- look-up --------------------------------------------------------------------------------------------------------
@given(st.sets(st.integers(1, MAX_NUMBER), min_size=1, max_size=50), st.sets(st.integers(1, MAX_NUMBER), max_size=50))
def test_what_is_there_is_found_and_nothing_else(there: set[int], others: set[int]) -> None:
    data = b"".join(entry(der.encode_integer(number)[2:]) for number in there)
    entries, made = table(data)
    assert made.count == len(there)
    assert {found.serial_number for found in entries} == there
    for number in there | others:
        found = made.find(number, ROOT.name)
        assert (found.serial_number if found is not None else None) == (number if number in there else None)


def test_equal_hashes_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crl_entries, "_MASK", 0)  # every key is the same
    data = b"".join(entry(bytes((n,))) for n in range(1, 100))
    made = EntryTable(data, 0, len(data), ROOT.name, QuirkLog(tolerant=False))
    for number in range(1, 100):
        found = made.find(number, ROOT.name)
        assert found is not None
        assert found.serial_number == number
    assert made.find(100, ROOT.name) is None


def test_equal_hashes_of_different_issuers_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crl_entries, "_MASK", 0)
    other = name("甲")
    named = make(CertificateIssuer((GeneralName.directory(other),))).to_der()
    data = entry(b"\x05") + entry(b"\x05", extensions=REASON + named)
    made = EntryTable(data, 0, len(data), ROOT.name, QuirkLog(tolerant=False))
    reasons = [getattr(made.find(5, issuer), "reason", "none") for issuer in (ROOT.name, other, name("乙"))]
    assert reasons == [None, ReasonCode.KEY_COMPROMISE, "none"]


@pytest.mark.once
def test_a_long_list_is_small_in_memory() -> None:
    import tracemalloc

    data = b"".join(entry(der.encode_integer((1 << 126) + 77 * n)[2:], extensions=REASON) for n in range(50_000))
    tracemalloc.start()
    made = EntryTable(data, 0, len(data), ROOT.name, QuirkLog(tolerant=False))
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert made.count == 50_000
    assert kept < 50_000 * 9 + 100_000  # the patterns are made once


# ---- whole lists from anywhere --------------------------------------------------------------------------------------
def sample() -> bytes:
    builder = ROOT.builder(
        Revocation(5, NOW, ReasonCode.KEY_COMPROMISE, NOW),
        Revocation(1 << 100, NOW),
        Revocation(77, datetime(2051, 1, 1, tzinfo=timezone.utc)),
    )
    return builder.sign(ROOT.key).der


SAMPLE = sample()


def use(crl: CertificateRevocationList) -> Iterator[Any]:
    """Do everything that can be done with a list."""
    yield crl.version, crl.issuer, crl.this_update, crl.next_update, crl.extensions, crl.quirks, repr(crl)
    for read in (
        lambda: crl.crl_number,
        lambda: crl.delta_base,
        lambda: crl.issuing_distribution_point,
        lambda: crl.authority_key_identifier,
        lambda: crl.is_indirect,
        lambda: crl.verify_signature(ROOT.certificate),
    ):
        with contextlib.suppress(GmpkiError):
            yield read()
    entries = list(crl)
    assert len(entries) == len(crl)
    for found in entries:
        assert crl.find(found.serial_number, found.issuer) is not None


@st.composite
def changed(draw: Any) -> bytes:
    data = bytearray(SAMPLE)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data) - 1))
        end = place + draw(st.integers(0, 3))
        data[place:end] = draw(st.binary(max_size=3))
    return bytes(data)


@given(st.one_of(changed(), st.binary(max_size=80)), st.booleans())
def test_arbitrary_lists_raise_only_our_errors(data: bytes, lenient: bool) -> None:
    try:
        crl = load_crl(data, lenient=lenient)
    except GmpkiError:
        return
    assert list(use(crl))


@pytest.mark.once
@pytest.mark.parametrize("lenient", [False, True])
def test_every_byte_changed(lenient: bool) -> None:
    """Each byte of a list, set to a few values: it is refused with an error of ours, or can be used."""
    read = 0
    for place in range(len(SAMPLE)):
        for value in (0x00, 0x80, 0xFF, SAMPLE[place] ^ 1):
            try:
                crl = CertificateRevocationList.from_der(
                    SAMPLE[:place] + bytes((value,)) + SAMPLE[place + 1 :], lenient=lenient
                )
            except GmpkiError:
                continue
            read += 1
            assert list(use(crl))
    assert read > 100  # the bytes of names, key identifiers and the signature may be anything


@pytest.mark.parametrize("lenient", [False, True])
def test_every_prefix_is_refused(lenient: bool) -> None:
    for length in range(len(SAMPLE)):
        with pytest.raises(GmpkiError):
            CertificateRevocationList.from_der(SAMPLE[:length], lenient=lenient)
