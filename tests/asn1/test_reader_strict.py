"""The negative suite of the DER reader: what breaks a rule of X.690 is refused, with the place and the reason."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from gmpki.asn1 import der
from gmpki.asn1.der import Reader, Tag
from gmpki.errors import DecodeError, GmpkiError, InvalidInputError, InvalidTypeError, LimitExceeded

Read = Callable[[Reader], object]

# (what it is, the data in hex, the method that reads it, words of the message)
BAD = [
    # lengths, X.690 8.1.3 and 10.1
    ("length 81 below 128", "02810101", Reader.integer, "length is not minimal"),
    ("length 82 below 256", "0482007F" + "00" * 127, Reader.octet_string, "length is not minimal"),
    ("length with leading zero", "048200FF" + "00" * 255, Reader.octet_string, "length is not minimal"),
    ("length of five bytes", "04850000000001FF", Reader.octet_string, "at most 4"),
    ("reserved length FF", "04FF01", Reader.octet_string, "at most 4"),
    ("indefinite sequence", "30800201010000", Reader.sequence, "indefinite"),
    ("indefinite octet string", "2480040101" + "0000", Reader.raw_element, "indefinite"),
    ("length of 2^31 with short data", "04848000000001", Reader.octet_string, "where 1 are left"),
    ("length of 2^32 - 1", "0484FFFFFFFF00", Reader.octet_string, "where 1 are left"),
    ("header only tag", "02", Reader.integer, "inside the header"),
    ("header cut in its length", "048201", Reader.octet_string, "inside the header"),
    ("nothing", "", Reader.integer, "nothing is left"),
    ("nothing for an element", "", Reader.raw_element, "nothing is left"),
    # tags, X.690 8.1.2
    ("high tag number", "1F8101", Reader.raw_element, "above 30"),
    ("high tag where another is wanted", "BF8101", Reader.integer, "above 30"),
    ("other class", "420101", Reader.integer, "[APPLICATION 2] found"),
    ("context class", "820101", Reader.integer, "[2] found"),
    ("constructed integer", "2203020101", Reader.integer, "INTEGER (constructed) found"),
    ("primitive sequence", "1003020101", Reader.sequence, "SEQUENCE (primitive) found"),
    ("primitive sequence inside", "30051003020101", Reader.raw_element, "SEQUENCE (primitive) is not allowed"),
    ("constructed octet string", "2403040100", Reader.octet_string, "OCTET STRING (constructed) found"),
    ("constructed octet string inside", "30052403040100", Reader.raw_element, "is not allowed in DER"),
    ("end of contents inside", "30020000", Reader.raw_element, "end-of-contents"),
    # BOOLEAN, 8.2 and 11.1
    ("TRUE as 01", "010101", Reader.boolean, "00 or FF"),
    ("TRUE as 80", "010180", Reader.boolean, "00 or FF"),
    ("empty boolean", "0100", Reader.boolean, "has 0"),
    ("boolean of two bytes", "0102FFFF", Reader.boolean, "has 2"),
    ("TRUE as 01 inside", "3003010101", Reader.raw_element, "00 or FF"),
    ("encoded default FALSE", "010100", Reader.boolean_default_false, "default value FALSE"),
    # INTEGER, 8.3
    ("empty integer", "0200", Reader.integer, "empty"),
    ("empty integer inside", "30020200", Reader.raw_element, "empty"),
    ("zero in two bytes", "02020000", Reader.integer, "not minimal"),
    ("leading 00", "0202007F", Reader.integer, "not minimal"),
    ("leading FF", "0202FF80", Reader.integer, "not minimal"),
    ("leading 00 inside", "30040202007F", Reader.raw_element, "not minimal"),
    ("negative where unsigned", "0201FF", lambda r: r.integer(minimum=0), "negative"),
    ("too large", "02020100", lambda r: r.integer(maximum=255), "too large"),
    ("too small", "020102", lambda r: r.integer(minimum=3), "too small"),
    ("encoded default 1", "020101", lambda r: r.integer_default(1), "default value 1"),
    ("leading 00 of an enumerated", "0A020001", Reader.enumerated, "not minimal"),
    # BIT STRING, 8.6 and 11.2
    ("empty bit string", "0300", Reader.bit_string, "empty"),
    ("eight unused bits", "030208FF", Reader.bit_string, "0 to 7"),
    ("unused bits of nothing", "030101", Reader.bit_string, "empty BIT STRING"),
    ("unused bits set", "03020301", Reader.bit_string, "unused bits"),
    ("unused bits set inside", "300403020301", Reader.raw_element, "unused bits"),
    ("bits where bytes are wanted", "030201FE", Reader.bit_string_bytes, "whole bytes"),
    # OCTET STRING and NULL
    ("octet string of another size", "0402AABB", lambda r: r.octet_string(size=3), "3 bytes expected, 2 found"),
    ("NULL with contents", "050100", Reader.null, "has 1"),
    ("NULL with contents inside", "3003050100", Reader.raw_element, "has 1"),
    # OBJECT IDENTIFIER, 8.19
    ("empty identifier", "0600", Reader.oid, "empty"),
    ("number padded with 80", "06032A8001", Reader.oid, "padded"),
    ("first number padded with 80", "0602802A", Reader.oid, "padded"),
    ("cut in a number", "06022A81", Reader.oid, "middle of a number"),
    ("cut in a number, inside", "300406022A81", Reader.raw_element, "middle of a number"),
    ("identifier of 129 bytes", "068181" + "01" * 129, Reader.oid, "at most 128"),
    # character strings
    ("bad UTF-8", "0C02C328", Reader.utf8_string, "not UTF-8"),
    ("overlong UTF-8", "0C02C080", Reader.utf8_string, "not UTF-8"),
    ("surrogate in UTF-8", "0C03EDA080", Reader.utf8_string, "not UTF-8"),
    ("cut UTF-8", "0C02E4B8", Reader.utf8_string, "not UTF-8"),
    ("at sign in PrintableString", "130140", Reader.printable_string, "40 at position 0"),
    ("asterisk in PrintableString", "1302412A", Reader.printable_string, "2A at position 1"),
    ("letter in NumericString", "12023141", Reader.numeric_string, "41 at position 1"),
    ("eighth bit in IA5String", "160241FF", Reader.ia5_string, "FF at position 1"),
    ("odd BMPString", "1E0100", Reader.bmp_string, "even number"),
    ("surrogates in BMPString", "1E04D83DDE00", Reader.bmp_string, "surrogates"),
    ("lone surrogate in BMPString", "1E02D83D", Reader.bmp_string, "surrogates"),
    # times, 11.7 and 11.8
    ("UTCTime without Z", "170C" + b"240101000000".hex(), Reader.utc_time, "form"),
    ("UTCTime without seconds", "170B" + b"2401010000Z".hex(), Reader.utc_time, "form"),
    ("UTCTime with offset", "1711" + b"240101000000+0800".hex(), Reader.utc_time, "form"),
    ("UTCTime with a sign", "170D" + b"24+101000000Z".hex(), Reader.utc_time, "form"),
    ("UTCTime, 30 February", "170D" + b"240230000000Z".hex(), Reader.utc_time, "no such time"),
    ("UTCTime, second 60", "170D" + b"240101000060Z".hex(), Reader.utc_time, "no such time"),
    ("UTCTime, hour 24", "170D" + b"240101240000Z".hex(), Reader.utc_time, "no such time"),
    ("GeneralizedTime with fraction", "1811" + b"20240101000000.5Z".hex(), Reader.generalized_time, "form"),
    ("GeneralizedTime without Z", "180E" + b"20240101000000".hex(), Reader.generalized_time, "form"),
    ("GeneralizedTime, month 13", "180F" + b"20241301000000Z".hex(), Reader.generalized_time, "no such time"),
    ("GeneralizedTime, year 0", "180F" + b"00000101000000Z".hex(), Reader.generalized_time, "no such time"),
    ("GeneralizedTime, 29 February 2023", "180F" + b"20230229000000Z".hex(), Reader.generalized_time, "no such time"),
    # SET OF, 11.6
    ("set out of order", "3106020102020101", Reader.set_of, "order"),
    ("set, longer first", "3107020200800201" + "7F", Reader.set_of, "order"),
    ("set with a cut element", "3103020201", Reader.set_of, "where 1 are left"),
]


@pytest.mark.parametrize(("data", "read", "words"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_bad_element_is_refused(data: str, read: Read, words: str) -> None:
    with pytest.raises(DecodeError, match=re.escape(words)):
        read(Reader(bytes.fromhex(data)))


def test_trailing_bytes_are_refused() -> None:
    reader = Reader(bytes.fromhex("02010100"))
    reader.integer()
    with pytest.raises(DecodeError, match="1 bytes too many") as caught:
        reader.end()
    assert caught.value.offset == 3


def test_trailing_bytes_inside_are_refused_at_the_end_of_a_with_statement() -> None:
    reader = Reader(bytes.fromhex("3006020101020102"))
    with pytest.raises(DecodeError, match="3 bytes too many") as caught, reader.sequence("outer") as fields:
        fields.integer("first")
    assert (caught.value.offset, caught.value.path) == (5, ("outer",))


def test_an_error_inside_a_with_statement_is_not_hidden_by_what_is_left() -> None:
    with pytest.raises(ZeroDivisionError), Reader(bytes.fromhex("3003020101")).sequence():
        raise ZeroDivisionError


def test_error_has_absolute_offset_and_path() -> None:
    data = der.encode_sequence(der.encode_sequence(der.encode_integer(5), b"\x02\x02\x00\x01"))
    reader = Reader(data, name="message")
    inner = reader.sequence("outer").sequence("inner")
    assert inner.integer("first") == 5
    with pytest.raises(DecodeError) as caught:
        inner.integer("second")
    assert caught.value.offset == 7
    assert caught.value.path == ("message", "outer", "inner", "second")
    assert "message.outer.inner.second at byte 7" in str(caught.value)


def test_offset_inside_an_octet_string_is_absolute() -> None:
    reader = Reader(der.encode_octet_string(der.encode_sequence(b"\x01\x01\x01")))
    key = reader.inside(Tag.OCTET_STRING, "value").sequence("key")
    with pytest.raises(DecodeError) as caught:
        key.boolean("flag")
    assert (caught.value.offset, caught.value.path) == (4, ("value", "key", "flag"))


# ---- depth and size ---------------------------------------------------------------------
def nested(depth: int) -> bytes:
    data = b""
    for _ in range(depth):
        data = der.encode_sequence(data)
    return data


def walk(reader: Reader) -> None:
    inner = reader
    while not inner.at_end():
        inner = inner.sequence()


@pytest.mark.parametrize("read", [walk, Reader.raw_element], ids=["readers", "raw element"])
def test_depth_is_bounded(read: Read) -> None:
    read(Reader(nested(der.MAX_DEPTH)))
    with pytest.raises(DecodeError, match="nested too deeply"):
        read(Reader(nested(der.MAX_DEPTH + 1)))
    read(Reader(nested(der.MAX_DEPTH + 1), max_depth=der.MAX_DEPTH + 1))
    with pytest.raises(DecodeError, match="nested too deeply"):
        read(Reader(nested(4000)))


def test_depth_of_a_raw_element_counts_what_is_around_it() -> None:
    reader = Reader(nested(5), max_depth=4).sequence().sequence()
    with pytest.raises(DecodeError, match="nested too deeply"):
        reader.raw_element()


def test_size_is_bounded() -> None:
    data = der.encode_octet_string(bytes(100))
    Reader(data, max_size=len(data))
    with pytest.raises(LimitExceeded, match=r"102 bytes of ASN\.1; at most 101"):
        Reader(data, max_size=len(data) - 1)


@pytest.mark.parametrize("value", ["0500", 5, None, [5, 0]])
def test_only_buffers_are_read(value: object) -> None:
    with pytest.raises(InvalidTypeError):
        Reader(value)  # type: ignore[arg-type]


def test_buffer_must_be_contiguous() -> None:
    with pytest.raises(InvalidInputError, match="contiguous"):
        Reader(memoryview(bytes(8))[::2])


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer_is_read(kind: type) -> None:
    assert Reader(kind(b"\x04\x01a")).octet_string() == b"a"


# ---- truncation -------------------------------------------------------------------------
SAMPLE = der.encode_sequence(
    der.encode_integer(2**200),
    der.encode_set_of([der.encode_oid("1.2.156.10197.1.501"), der.encode_utf8_string("国密")]),
    der.encode_explicit(3, der.encode_bit_string(b"\xf0", 4)),
    der.encode_octet_string(bytes(150)),
)


def read_sample(reader: Reader) -> None:
    with reader.sequence("sample") as fields:
        fields.integer("number")
        with fields.set_of("set") as members:
            members.oid()
            members.utf8_string()
        with fields.explicit(3, "bits") as bits:
            bits.bit_string()
        fields.octet_string("rest")
    reader.end()


@pytest.mark.parametrize("read", [read_sample, Reader.raw_element], ids=["fields", "raw element"])
def test_every_truncation_is_refused(read: Read) -> None:
    read(Reader(SAMPLE))
    for length in range(len(SAMPLE)):
        with pytest.raises(DecodeError):
            read(Reader(SAMPLE[:length]))


def test_every_truncation_that_mends_the_outer_length_is_refused() -> None:
    body = SAMPLE[3:]
    for length in range(len(body)):
        with pytest.raises(DecodeError):
            read_sample(Reader(der.encode_sequence(body[:length])))


def test_errors_are_in_the_tree() -> None:
    assert issubclass(DecodeError, GmpkiError)
    assert issubclass(DecodeError, ValueError)
