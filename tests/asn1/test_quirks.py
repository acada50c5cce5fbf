"""Tolerant reading: what it accepts is named with its place, and strict reading refuses every bit of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.asn1 import der
from gmpki.asn1.der import BitString, Reader
from gmpki.asn1.quirks import MAX_QUIRKS, Quirk, QuirkKind, QuirkLog
from gmpki.errors import DecodeError


def when(*fields: int) -> datetime:
    return datetime(*fields, tzinfo=timezone.utc)  # type: ignore[arg-type,misc]


# What is read, with which method, what it means, and the quirk.
CASES: list[tuple[str, Callable[[Reader], object], object, QuirkKind]] = [
    ("01017F", Reader.boolean, True, QuirkKind.BOOLEAN),
    ("010100", Reader.boolean_default_false, False, QuirkKind.EXPLICIT_DEFAULT),
    ("020103", lambda r: r.integer_default(3), 3, QuirkKind.EXPLICIT_DEFAULT),
    ("02020001", Reader.integer, 1, QuirkKind.INTEGER),
    ("0202FF80", Reader.integer, -128, QuirkKind.INTEGER),
    ("0A020001", Reader.enumerated, 1, QuirkKind.INTEGER),
    ("0281020101", Reader.integer, 257, QuirkKind.LONG_LENGTH),
    ("04820003616263", Reader.octet_string, b"abc", QuirkKind.LONG_LENGTH),
    ("030207FF", Reader.bit_string, BitString(b"\x80", 7), QuirkKind.UNUSED_BITS),
    ("030205C0", Reader.named_bits, 0b11, QuirkKind.NAMED_BITS),
    ("030200C0", Reader.named_bits, 0b11, QuirkKind.NAMED_BITS),
    ("03020000", Reader.named_bits, 0, QuirkKind.NAMED_BITS),
    ("3106020102020101", lambda r: r.set_of().integer(), 2, QuirkKind.SET_ORDER),
    ("13032A2E62", Reader.printable_string, "*.b", QuirkKind.TEXT_ALPHABET),
    ("1203313261", Reader.numeric_string, "12a", QuirkKind.TEXT_ALPHABET),
    ("1606E5BCA0E4B889", Reader.ia5_string, "张三", QuirkKind.TEXT_ALPHABET),
    ("1A020A41", Reader.visible_string, "\nA", QuirkKind.TEXT_ALPHABET),
    ("0C02C4E3", Reader.utf8_string, "\\xc4\\xe3", QuirkKind.TEXT_ALPHABET),
    ("0C02C4E3", Reader.any_string, "\\xc4\\xe3", QuirkKind.TEXT_ALPHABET),
    ("1E04D83DDE00", Reader.bmp_string, "\U0001f600", QuirkKind.TEXT_ALPHABET),
    ("170B323430313032303330345A", Reader.utc_time, when(2024, 1, 2, 3, 4), QuirkKind.TIME_FORM),
    ("1711323430313032303330343035" + "2B30383030", Reader.time, when(2024, 1, 1, 19, 4, 5), QuirkKind.TIME_FORM),
    ("1711323430313032303330343035" + "2D30313330", Reader.utc_time, when(2024, 1, 2, 4, 34, 5), QuirkKind.TIME_FORM),
    ("180F32303234303130323033303430355A", Reader.time, when(2024, 1, 2, 3, 4, 5), QuirkKind.TIME_FORM),
    ("1811" + b"20510102030405.6Z".hex(), Reader.time, when(2051, 1, 2, 3, 4, 5), QuirkKind.TIME_FORM),
    ("180E" + b"20510102030405".hex(), Reader.generalized_time, when(2051, 1, 2, 3, 4, 5), QuirkKind.TIME_FORM),
]
IDS = [case[0] for case in CASES]


@pytest.mark.parametrize(
    ("data", "read", "value", "kind"), CASES, ids=lambda part: part if isinstance(part, str) else ""
)
def test_tolerated_and_named(data: str, read: Callable[[Reader], object], value: object, kind: QuirkKind) -> None:
    log = QuirkLog()
    assert read(Reader(bytes.fromhex(data), name="outer", quirks=log)) == value
    assert [(quirk.kind, quirk.times) for quirk in log.quirks] == [(kind, 1)]
    assert log.quirks[0].path.startswith("outer")


@pytest.mark.parametrize(
    ("data", "read", "value", "kind"), CASES, ids=lambda part: part if isinstance(part, str) else ""
)
@pytest.mark.parametrize("log", [None, QuirkLog(tolerant=False)], ids=["no log", "strict log"])
def test_refused_when_strict(
    data: str, read: Callable[[Reader], object], value: object, kind: QuirkKind, log: QuirkLog | None
) -> None:
    assert value is not None
    assert kind in QuirkKind
    with pytest.raises(DecodeError):
        read(Reader(bytes.fromhex(data), quirks=log))
    assert log is None or log.quirks == ()


# What has no meaning is refused in both modes.
@pytest.mark.parametrize(
    ("data", "read"),
    [
        ("0100", Reader.boolean),
        ("01020000", Reader.boolean),
        ("0200", Reader.integer),
        ("0300", Reader.bit_string),
        ("03020801", Reader.bit_string),
        ("030101", Reader.bit_string),
        ("0309" + "00" * 9 + "01", Reader.null),
        ("050100", Reader.null),
        ("0600", Reader.oid),
        ("060280" + "01", Reader.oid),
        ("1E03004100", Reader.bmp_string),
        ("1C0300004100", Reader.universal_string),
        ("1C040000D800", Reader.universal_string),
        ("170100", Reader.utc_time),
        ("170D3234303133323033303430355A", Reader.utc_time),
        ("170D3234303231333233303430355A".replace("3234303231", "3234313331"), Reader.utc_time),
        ("1711323430313032303330343035" + "2B39393939", Reader.generalized_time),
        ("1813" + b"00010101000000+2400".hex(), Reader.generalized_time),
        ("1812" + b"205101020304.5Z   ".hex(), Reader.generalized_time),
        ("0C03616263", Reader.time),
        ("", Reader.time),
        ("", Reader.any_string),
        ("0201FF", Reader.any_string),
        ("0480616200", Reader.octet_string),
        ("030A00" + "FF" * 9, Reader.named_bits),
    ],
)
def test_refused_in_both_modes(data: str, read: Callable[[Reader], object]) -> None:
    for log in (None, QuirkLog()):
        with pytest.raises(DecodeError):
            read(Reader(bytes.fromhex(data), quirks=log))


def test_clean_data_leaves_no_quirk() -> None:
    log = QuirkLog()
    reader = Reader(bytes.fromhex("0101FF" + "020101" + "03020081" + "030100" + "0C0161"), quirks=log)
    assert reader.boolean() is True
    assert reader.integer() == 1
    assert reader.named_bits() == 0b10000001
    assert reader.named_bits() == 0
    assert reader.any_string() == "a"
    assert log.quirks == ()
    assert bool(log)
    assert len(log) == 0


def test_inner_readers_share_the_log_and_say_where() -> None:
    data = der.encode_sequence(der.encode_sequence(bytes.fromhex("010100"), bytes.fromhex("0202007F")))
    log = QuirkLog()
    reader = Reader(data, name="tbsCertificate", quirks=log)
    with reader.sequence("extensions") as outer, outer.sequence("basicConstraints") as inner:
        inner.boolean_default_false("cA")
        inner.integer("pathLen")
    assert log.quirks == (
        Quirk(QuirkKind.EXPLICIT_DEFAULT, 4, 1, "tbsCertificate.extensions.basicConstraints.cA"),
        Quirk(QuirkKind.INTEGER, 7, 1, "tbsCertificate.extensions.basicConstraints.pathLen"),
    )
    assert str(log.quirks[0]) == "explicit-default at tbsCertificate.extensions.basicConstraints.cA (byte 4)"


def test_raw_element_tolerates_inside() -> None:
    data = der.encode_sequence(bytes.fromhex("01017F"), bytes.fromhex("02020001"))
    log = QuirkLog()
    assert Reader(data, quirks=log).raw_element("value") == data
    assert {quirk.kind for quirk in log.quirks} == {QuirkKind.BOOLEAN, QuirkKind.INTEGER}
    with pytest.raises(DecodeError):
        Reader(data).raw_element("value")


def test_note_is_taken_in_both_modes_and_forgotten_without_a_log() -> None:
    for log in (QuirkLog(), QuirkLog(tolerant=False)):
        Reader(b"\x05\x00", quirks=log).note(QuirkKind.NULL_PARAMETERS, "parameters")
        assert log.quirks == (Quirk(QuirkKind.NULL_PARAMETERS, 0, 1, "parameters"),)
    Reader(b"\x05\x00").note(QuirkKind.NULL_PARAMETERS, "parameters")


def test_log_counts_and_is_bounded() -> None:
    log = QuirkLog()
    for _ in range(3):
        log.note(QuirkKind.BOOLEAN, 7, "a")
    assert log.quirks == (Quirk(QuirkKind.BOOLEAN, 7, 3, "a"),)
    assert str(log.quirks[0]) == "boolean at a (byte 7), 3 times"
    for number in range(MAX_QUIRKS + 5):
        log.note(QuirkKind.INTEGER, 0, str(number))
    assert len(log) == MAX_QUIRKS
    assert log.dropped == 6


def test_log_extends_with_a_path() -> None:
    inner = QuirkLog()
    inner.note(QuirkKind.NAMED_BITS, 2, "keyUsage")
    inner.note(QuirkKind.BOOLEAN, 3)
    log = QuirkLog()
    log.extend(inner.quirks, "extensions")
    log.extend(inner.quirks)
    assert [str(quirk) for quirk in log.quirks] == [
        "named-bits at extensions.keyUsage",
        "boolean at extensions",
        "named-bits at keyUsage (byte 2)",
        "boolean (byte 3)",
    ]


@given(value=st.integers(0, 2**64 - 1))
def test_named_bits_round_trip(value: int) -> None:
    encoded = der.encode_named_bits(value)
    assert Reader(encoded).named_bits() == value


@given(data=st.binary(max_size=40), tolerant=st.booleans())
def test_tolerant_reading_never_fails_otherwise(data: bytes, tolerant: bool) -> None:
    readers = (Reader.time, Reader.any_string, Reader.named_bits, Reader.boolean, Reader.integer, Reader.bit_string)
    for tag in (0x01, 0x02, 0x03, 0x0C, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1A, 0x1C, 0x1E):
        for read in readers:
            log = QuirkLog(tolerant=tolerant)
            try:
                read(Reader(der.encode(tag, data), quirks=log))
            except DecodeError:
                continue
            assert tolerant or not log.quirks


@given(data=st.binary(max_size=40))
def test_strict_takes_a_part_of_what_tolerant_takes(data: bytes) -> None:
    for tag, read in ((0x17, Reader.time), (0x18, Reader.time), (0x03, Reader.named_bits), (0x13, Reader.any_string)):
        encoded = der.encode(tag, data)
        try:
            strict = read(Reader(encoded))
        except DecodeError:
            continue
        log = QuirkLog()
        assert read(Reader(encoded, quirks=log)) == strict
        assert log.quirks == ()


def test_fraction_of_a_second_on_request() -> None:
    encoded = der.encode(der.Tag.GENERALIZED_TIME, b"20240102030405.25Z")
    assert Reader(encoded).generalized_time(fraction=True) == when(2024, 1, 2, 3, 4, 5).replace(microsecond=250000)
    for wrong in (b"20240102030405.250Z", b"20240102030405.Z", b"20240102030405.2", b"20240102030405,2Z"):
        with pytest.raises(DecodeError):
            Reader(der.encode(der.Tag.GENERALIZED_TIME, wrong)).generalized_time(fraction=True)
    with pytest.raises(DecodeError):
        Reader(encoded).generalized_time()
