"""The DER reader on good data."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.der import Reader, Tag
from gmpki.errors import InvalidInputError


def reader(hex_text: str) -> Reader:
    return Reader(bytes.fromhex(hex_text))


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ("020100", 0),
        ("02017F", 127),
        ("02020080", 128),
        ("020180", -128),
        ("0202FF7F", -129),
        ("0201FF", -1),
        ("0209008000000000000000", 2**63),
    ],
)
def test_integer(data: str, value: int) -> None:
    assert reader(data).integer() == value
    assert der.encode_integer(value) == bytes.fromhex(data)


def test_enumerated() -> None:
    assert der.encode_enumerated(6) == bytes.fromhex("0A0106")
    assert reader("0A0106").enumerated() == 6


def test_integer_of_1000_bytes() -> None:
    value = 3**5000
    assert Reader(der.encode_integer(value)).integer(minimum=0) == value


@pytest.mark.parametrize(
    ("dotted", "data"),
    [
        ("1.2.156.10197.1.301", "06082A811CCF5501822D"),
        ("1.2.156.10197.1.501", "06082A811CCF55018375"),
        ("1.2.840.10045.2.1", "06072A8648CE3D0201"),
        ("0.0", "060100"),
        ("0.39", "060127"),
        ("1.0", "060128"),
        ("1.39", "06014F"),
        ("2.0", "060150"),
        ("2.999.3", "0603883703"),
        ("2.48.1", "0603810001"),
        ("1.3.6.1.4.1.340282366920938463463374607431768211455", "06182B0601040183FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF7F"),
    ],
)
def test_object_identifier(dotted: str, data: str) -> None:
    assert reader(data).oid() == dotted
    assert der.encode_oid(dotted) == bytes.fromhex(data)


def test_object_identifier_has_its_names() -> None:
    found = reader("06082A811CCF5501822D").oid()
    assert found is oids.SM2
    assert (found.name, found.name_zh) == ("SM2", "SM2椭圆曲线公钥密码算法")
    assert reader("0603883703").oid().name == "2.999.3"


def test_strings() -> None:
    assert Reader(der.encode_utf8_string("国密 SM2 😀")).utf8_string() == "国密 SM2 😀"
    assert Reader(der.encode_printable_string("A z'()+,-./:=?9")).printable_string() == "A z'()+,-./:=?9"
    assert Reader(der.encode_numeric_string("12 34")).numeric_string() == "12 34"
    assert Reader(der.encode_ia5_string("a@b.cn\x00")).ia5_string() == "a@b.cn\x00"
    assert Reader(der.encode_bmp_string("国A")).bmp_string() == "国A"


def test_times() -> None:
    at = datetime(2026, 11, 21, 18, 0, 59, tzinfo=timezone.utc)
    assert Reader(der.encode_utc_time(at)).utc_time() == at
    assert Reader(der.encode_generalized_time(at)).generalized_time() == at
    assert reader("170D" + b"500101000000Z".hex()).utc_time().year == 1950
    assert reader("170D" + b"491231235959Z".hex()).utc_time().year == 2049
    assert reader("180F" + b"99991231235959Z".hex()).generalized_time().year == 9999


def test_bit_string() -> None:
    assert reader("03020460").bit_string() == der.BitString(b"\x60", 4)
    assert reader("030100").bit_string() == der.BitString(b"", 0)
    assert reader("030300AABB").bit_string_bytes() == b"\xaa\xbb"


def test_defaults() -> None:
    assert reader("020105").boolean_default_false() is False
    assert reader("0101FF").boolean_default_false() is True
    assert reader("").integer_default(7) == 7
    assert reader("020105").integer_default(7) == 5


def test_implicit_and_explicit() -> None:
    implicit = der.encode_implicit(1, der.encode_integer(5))
    assert implicit == bytes.fromhex("810105")
    assert Reader(implicit).integer(tag=Tag.context(1)) == 5
    constructed = der.encode_implicit(0, der.encode_sequence(der.encode_null()))
    with Reader(constructed).sequence(tag=Tag.context(0, constructed=True)) as fields:
        fields.null()
    with Reader(der.encode_explicit(2, der.encode_boolean(True))).explicit(2) as inner:
        assert inner.boolean() is True
    assert der.encode_explicit(2, b"") == der.encode_implicit(2, b"") == b""


def test_set_of_is_sorted_when_written() -> None:
    parts = [der.encode_integer(300), der.encode_integer(2), der.encode_null(), der.encode_integer(1)]
    data = der.encode_set_of(parts)
    assert data == bytes.fromhex("310C" + "020101" + "020102" + "0202012C" + "0500")
    with Reader(data).set_of() as members:
        assert [members.integer(), members.integer(), members.integer()] == [1, 2, 300]
        members.null()


def test_set_of_in_any_order_on_request() -> None:
    with reader("3106020102020101").set_of(any_order=True) as members:
        assert [members.integer(), members.integer()] == [2, 1]


def test_raw_element_is_the_exact_slice() -> None:
    inner = der.encode_sequence(der.encode_octet_string(bytes(200)), der.encode_sequence(), der.encode_null())
    source = Reader(der.encode_sequence(inner, der.encode_null())).sequence()
    assert source.raw_element() == inner
    source.null()
    source.end()


def test_since_gives_the_bytes_of_what_was_read() -> None:
    first, second = der.encode_integer(1), der.encode_sequence(der.encode_null())
    source = Reader(first + second)
    source.integer()
    start = source.offset
    source.sequence().null()
    assert source.since(start) == second


def test_peek() -> None:
    source = reader("0500")
    assert (source.peek(), source.next_is(Tag.NULL), source.next_is(Tag.OID)) == (5, True, False)
    source.null()
    assert (source.peek(), source.at_end(), source.next_is(Tag.NULL)) == (None, True, False)


@pytest.mark.parametrize("length", [0, 1, 127, 128, 255, 256, 65535, 65536, 2**20])
def test_lengths(length: int) -> None:
    content = bytes(length)
    data = der.encode_octet_string(content)
    assert Reader(data).octet_string() == content
    assert Reader(data).raw_element() == data


@pytest.mark.parametrize(
    "write",
    [
        lambda: der.encode_printable_string("a@b"),
        lambda: der.encode_numeric_string("1a"),
        lambda: der.encode_ia5_string("é"),
        lambda: der.encode_bmp_string("😀"),
        lambda: der.encode_utf8_string("\ud800"),
        lambda: der.encode_utf8_string(b"bytes"),
        lambda: der.encode_bit_string(b"\x01", 1),
        lambda: der.encode_bit_string(b"", 1),
        lambda: der.encode_bit_string(b"\x00", 8),
        lambda: der.encode_integer(1.5),
        lambda: der.encode_integer(True),
        lambda: der.encode_oid("1"),
        lambda: der.encode_oid("3.1"),
        lambda: der.encode_oid("1.40"),
        lambda: der.encode_oid("1.02"),
        lambda: der.encode_oid("1.-2"),
        lambda: der.encode_oid("1.٣"),
        lambda: der.encode_oid("1..2"),
        lambda: der.encode_oid("2." + "9" * 5000),
        lambda: der.encode_oid("1.2" + ".3" * 200),
        lambda: der.encode_utc_time(datetime(2050, 1, 1, tzinfo=timezone.utc)),
        lambda: der.encode_utc_time(datetime(1949, 12, 31, tzinfo=timezone.utc)),
        lambda: der.encode_utc_time(datetime(2026, 1, 1)),
        lambda: der.encode_time(datetime(2026, 1, 1, microsecond=1, tzinfo=timezone.utc)),
        lambda: der.encode_time("2026-01-01"),
        lambda: der.encode_time(datetime.min.replace(tzinfo=timezone(timedelta(hours=8)))),
        lambda: der.encode_implicit(0, b"\x1f\x81\x01"),
        lambda: Tag.context(31),
    ],
)
def test_what_cannot_be_written_is_refused(write: object) -> None:
    with pytest.raises(InvalidInputError):
        write()  # type: ignore[operator]


def test_time_is_chosen_by_year() -> None:
    assert der.encode_time(datetime(2049, 12, 31, 23, 59, 59, tzinfo=timezone.utc))[0] == Tag.UTC_TIME
    assert der.encode_time(datetime(2050, 1, 1, tzinfo=timezone.utc))[0] == Tag.GENERALIZED_TIME
    assert der.encode_time(datetime(1949, 1, 1, tzinfo=timezone.utc)) == bytes.fromhex("180F") + b"19490101000000Z"
    assert der.encode_generalized_time(datetime(7, 1, 1, tzinfo=timezone.utc))[2:] == b"00070101000000Z"
