"""Names as people write them: string types, the three written forms, refusals, and comparison."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.quirks import QuirkLog
from gmpki.asn1.rfc5280 import AttributeTypeAndValue, Name
from gmpki.asn1.rfc5280 import name as name_module
from gmpki.errors import GmpkiError, InvalidInputError, InvalidTypeError
from gmpki.x509 import _name_match
from gmpki.x509.names import (
    SHORT_NAMES,
    attribute_type,
    build_name,
    format_name,
    is_subordinate,
    name_key,
    names_match,
    parse_name,
)

NAME = build_name(("C", "CN"), ("ST", "示例省"), ("O", "示例市社会保障局"), ("CN", "张三"))


def tag_of(name: Name) -> int:
    return name.attributes[0].value[0]


def one(kind: str, value: bytes) -> Name:
    return Name(((AttributeTypeAndValue(attribute_type(kind), value),),))


# ---- building -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "text", "tag"),
    [
        ("C", "CN", der.Tag.PRINTABLE_STRING),
        ("CN", "Zhang San", der.Tag.PRINTABLE_STRING),
        ("CN", "张三", der.Tag.UTF8_STRING),
        ("CN", "*.example.cn", der.Tag.UTF8_STRING),
        ("O", "A&B", der.Tag.UTF8_STRING),
        ("emailAddress", "a@example.cn", der.Tag.IA5_STRING),
        ("DC", "example", der.Tag.IA5_STRING),
        ("serialNumber", "110000", der.Tag.PRINTABLE_STRING),
        ("2.5.4.46", "q", der.Tag.PRINTABLE_STRING),
        ("1.2.3.4", "x", der.Tag.PRINTABLE_STRING),
    ],
)
def test_string_types(kind: str, text: str, tag: int) -> None:
    name = build_name((kind, text))
    assert tag_of(name) == tag
    assert name.attributes[0].text == text
    assert Name.from_der(name.to_der()) == name


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("C", "CHN"),
        ("C", "中国"),
        ("C", "C1"),
        ("C", ""),
        ("CN", ""),
        ("CN", "x" * 65),
        ("CN", "张" * 65),
        ("O", "x" * 65),
        ("L", "x" * 129),
        ("emailAddress", "张三@example.cn"),
        ("emailAddress", "a" * 256),
        ("serialNumber", "张三"),
        ("serialNumber", "a_b"),
        ("DC", "例子"),
        ("CN", "\ud800"),
        ("2.5.4.16", "somewhere"),
        ("2.5.4.45", "01"),
        ("XYZ", "a"),
        ("", "a"),
        ("1", "a"),
        ("3.2.1", "a"),
        ("1.2.", "a"),
    ],
)
def test_values_that_are_refused(kind: str, text: str) -> None:
    with pytest.raises(InvalidInputError):
        build_name((kind, text))


def test_lengths_count_characters_and_may_be_lifted() -> None:
    assert build_name(("CN", "张" * 64)).get(oids.COMMON_NAME) == "张" * 64
    assert build_name(("CN", "张" * 65), allow_long=True).get(oids.COMMON_NAME) == "张" * 65
    with pytest.raises(InvalidInputError):
        build_name(("C", "CHN"), allow_long=True)


@pytest.mark.parametrize(
    "wrong", [None, 5, "CN", b"CN", ("CN",), ("CN", 1), (1, "x"), ["CN", "x"], [("CN", "x"), 1], {}]
)
def test_parts_of_wrong_types(wrong: Any) -> None:
    with pytest.raises(InvalidTypeError):
        build_name(wrong)


def test_sets_of_several_attributes() -> None:
    name = build_name(("C", "CN"), [("CN", "张三"), ("serialNumber", "1")])
    assert [len(rdn) for rdn in name.rdns] == [1, 2]
    assert name == build_name(("C", "CN"), [("serialNumber", "1"), ("CN", "张三")])
    assert name == build_name(("C", "CN"), (("serialNumber", "1"), ("CN", "张三")))
    assert build_name() == Name()
    with pytest.raises(InvalidInputError):
        build_name([])


def test_attribute_types() -> None:
    assert attribute_type("cn") is attribute_type("commonName") is attribute_type("2.5.4.3") is oids.COMMON_NAME
    assert attribute_type("OID.2.5.4.3") == oids.COMMON_NAME
    assert attribute_type("E") is attribute_type("email") is oids.EMAIL_ADDRESS
    assert attribute_type(oids.TITLE) is oids.TITLE
    assert SHORT_NAMES["CN"] is oids.COMMON_NAME
    for short, oid in SHORT_NAMES.items():
        assert attribute_type(short) is attribute_type(oid.name) is oid
        assert oid.name != oid
    with pytest.raises(InvalidTypeError):
        attribute_type(None)  # type: ignore[arg-type]


# ---- reading ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "CN=张三,O=示例市社会保障局,ST=示例省,C=CN",
        "C=CN, ST=示例省, O=示例市社会保障局, CN=张三",
        "C = CN, ST = 示例省, O = 示例市社会保障局, CN = 张三",
        "/C=CN/ST=示例省/O=示例市社会保障局/CN=张三",
        '/C=CN/ST=示例省/O="示例市社会保障局"/CN=张三',
        "c=CN,st=示例省,o=示例市社会保障局,cn=\\E5\\BC\\A0三",
        "countryName=CN,stateOrProvinceName=示例省,organizationName=示例市社会保障局,commonName=张三",
        "2.5.4.3=#0C06E5BCA0E4B889,O=示例市社会保障局,ST=示例省,C=#1302434E",
    ],
)
def test_written_forms(text: str) -> None:
    assert parse_name(text) == NAME


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("CN=a\\,b", "a,b"),
        ('CN="a,b"', "a,b"),
        ('CN="a\\"b"', 'a"b'),
        ("CN=\\ a\\ ", " a "),
        ("CN=  a  ", "a"),
        ("CN=a  b", "a  b"),
        ("CN=\\#1", "#1"),
        ("CN=a=b", "a=b"),
        ("CN=a\\2Cb", "a,b"),
        ("/CN=http:\\/\\/example.cn", "http://example.cn"),
        ("/CN=a,b", "a,b"),
        ("CN=a\\\\", "a\\"),
    ],
)
def test_written_values(text: str, value: str) -> None:
    assert parse_name(text).get(oids.COMMON_NAME) == value


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("CN", 0),
        ("=x", 0),
        ("CN=x,", 5),
        ("CN=x,,O=y", 5),
        ("CN=x+", 5),
        ("CN=x;O=y", 4),
        ("CN=a<b", 4),
        ("CN=a\\", 4),
        ("CN=a\\q", 4),
        ("CN=a\\FF", 3),
        ('CN="abc', 3),
        ('CN="a"b', 6),
        ("CN=#", 4),
        ("CN=#0", 4),
        ("CN=#0C", 4),
        ("CN=#0C0161FF", 4),
        ("CN=#0C0161x", 10),
        ("O=x,C=CHN", 4),
        ("O=x,QQ=1", 4),
        ("/C=CN/x/CN=y", 6),
        ("/CN=", 1),
        ("//CN=x", 1),
        ("CN=\ud800", 3),
        ("CN=", 0),
    ],
)
def test_errors_say_where(text: str, place: int) -> None:
    with pytest.raises(InvalidInputError, match=rf"character {place}\b"):
        parse_name(text)


def test_empty_text_is_the_empty_name() -> None:
    assert parse_name("") == parse_name("  ") == parse_name("/") == Name()


def test_order_of_written_names() -> None:
    written = "O=a,CN=b"
    assert parse_name(written) == build_name(("O", "a"), ("CN", "b"))
    assert parse_name(written, order="rfc4514") == build_name(("CN", "b"), ("O", "a"))
    assert parse_name("DC=example,DC=cn") == build_name(("DC", "cn"), ("DC", "example"))
    assert parse_name("DC=cn,DC=example", order="as-encoded") == build_name(("DC", "cn"), ("DC", "example"))
    assert parse_name("/CN=b/O=a", order="rfc4514") == build_name(("CN", "b"), ("O", "a"))
    with pytest.raises(InvalidInputError):
        parse_name(written, order="reverse")
    with pytest.raises(InvalidInputError):
        format_name(NAME, "auto")
    for wrong in (None, b"CN=x", 1):
        with pytest.raises(InvalidTypeError):
            parse_name(wrong)  # type: ignore[arg-type]
        with pytest.raises(InvalidTypeError):
            format_name(wrong)  # type: ignore[arg-type]


def test_names_as_text() -> None:
    assert format_name(NAME) == str(NAME)
    assert format_name(NAME, "as-encoded") == "C=CN, ST=示例省, O=示例市社会保障局, CN=张三"
    assert format_name(build_name(("1.2.3.4", "x, y")), "as-encoded") == "1.2.3.4=x\\, y"
    assert format_name(one("1.2.3.4", b"\x05\x00"), "as-encoded") == "1.2.3.4=#0500"


values = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
pairs = st.tuples(st.sampled_from(["CN", "O", "OU", "L", "1.2.3.4", "T"]), values)
names = st.lists(st.lists(pairs, min_size=1, max_size=3), max_size=4).map(lambda rdns: build_name(*rdns))


@given(name=names)
def test_text_reads_back(name: Name) -> None:
    assert parse_name(str(name), order="rfc4514") == name
    assert parse_name(format_name(name, "as-encoded"), order="as-encoded") == name


@given(text=st.text(max_size=30) | st.text(alphabet='CNO=,+"\\#/ 0aF;', max_size=20))
def test_any_text(text: str) -> None:
    try:
        name = parse_name(text)
    except GmpkiError:
        return
    assert Name.from_der(name.to_der()) == name


# ---- comparison ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("O=Example,C=CN", "o=EXAMPLE,c=cn"),
        ("CN=a  b", "CN=A B"),
        ('CN=" a b "', "CN=a b"),
        ("CN=Ａｂｃ", "CN=abc"),
        ("CN=Straße", "CN=STRASSE"),
        ("CN=a\\C2\\ADb", "CN=ab"),
        ("CN=a\\E3\\80\\80b", "CN=a b"),
        ("CN=㎒", "CN=mhz"),
        ("CN=é", "CN=e\u0301"),
        ("CN=x+O=y", "O=Y+CN=X"),
    ],
)
def test_names_that_match(first: str, second: str) -> None:
    a, b = parse_name(first), parse_name(second)
    assert a != b
    assert names_match(a, b)
    assert name_key(a) == name_key(b)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("CN=a", "CN=b"),
        ("CN=a", "O=a"),
        ("CN=ab", "CN=a b"),
        ("CN=a,O=b", "O=b,OU=a"),
        ("CN=a", "CN=a,O=b"),
        ("CN=a+O=b", "CN=a,O=b"),
        ("CN=张三", "CN=张三丰"),
        ("CN=\\EF\\BF\\BD", "CN=\\EE\\80\\80"),
        ("CN=a,CN=b", "CN=b,CN=a"),
    ],
)
def test_names_that_do_not_match(first: str, second: str) -> None:
    a, b = parse_name(first, order="as-encoded"), parse_name(second, order="as-encoded")
    assert not names_match(a, b)
    assert name_key(a) != name_key(b)


def test_string_types_do_not_matter() -> None:
    encodings = [
        der.encode_printable_string("Example"),
        der.encode_utf8_string("EXAMPLE"),
        der.encode_bmp_string("example"),
        der.encode_teletex_string("Example"),
        der.encode_universal_string("Example"),
    ]
    found = [one("O", encoding) for encoding in encodings]
    assert len({name_key(name) for name in found}) == 1
    assert len(set(found)) == len(found)


def test_what_is_no_text_counts_by_its_bytes() -> None:
    number, other = one("CN", b"\x02\x01\x01"), one("CN", b"\x02\x01\x02")
    assert names_match(number, number)
    assert not names_match(number, other)
    private, again = one("CN", der.encode_utf8_string("\ue000")), one("CN", der.encode_bmp_string("\ue000"))
    assert names_match(private, private)
    assert not names_match(private, again)
    # Bytes that are no UTF-8 are not taken for the text that shows them.
    broken = Name.from_der(one("CN", b"\x0c\x01\xff").to_der(), quirks=QuirkLog())
    assert broken.get("2.5.4.3") == "\\xff"
    assert not names_match(broken, one("CN", der.encode_utf8_string("\\xff")))


def test_subordinates() -> None:
    base = build_name(("C", "cn"), ("ST", "示例省"))
    assert is_subordinate(NAME, base)
    assert is_subordinate(NAME, NAME)
    assert is_subordinate(NAME, Name())
    assert not is_subordinate(base, NAME)
    assert not is_subordinate(NAME, build_name(("ST", "示例省")))
    assert not is_subordinate(NAME, build_name(("C", "CN"), ("ST", "示例")))
    for wrong in (None, "C=CN", b""):
        with pytest.raises(InvalidTypeError):
            is_subordinate(NAME, wrong)  # type: ignore[arg-type]
        with pytest.raises(InvalidTypeError):
            names_match(wrong, NAME)  # type: ignore[arg-type]
        with pytest.raises(InvalidTypeError):
            name_key(wrong)  # type: ignore[arg-type]


@given(first=names, second=names)
def test_keys_are_equal_exactly_when_names_match(first: Name, second: Name) -> None:
    assert names_match(first, second) == (name_key(first) == name_key(second))
    assert names_match(first, first)


def test_long_names_are_not_remembered() -> None:
    """What hostile certificates hold does not stay in the memory of the process."""
    long = one("CN", der.encode_utf8_string("x" * 5000))
    caches = (name_module._remembered_text, _name_match._remembered_keys, _name_match._remembered_key)
    before = [cache.cache_info().currsize for cache in caches]
    assert names_match(long, one("CN", der.encode_printable_string("X" * 5000)))
    assert long.get("2.5.4.3") == "x" * 5000
    assert Name.from_der(long.to_der()) is not Name.from_der(long.to_der())
    assert [cache.cache_info().currsize for cache in caches] == before
