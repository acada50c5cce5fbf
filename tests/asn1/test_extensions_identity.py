"""Identity extensions: every form that certificates in the field have is read, and one is written."""

from __future__ import annotations

import pytest

from gmpki.asn1 import der, gmt0015
from gmpki.asn1.gmt0015 import IdentifyCode, IdentifyCodeKind, OrganizationCode, TaxationNumber
from gmpki.asn1.quirks import QuirkKind, QuirkLog
from gmpki.errors import DecodeError, InvalidInputError

CODE = "91000000000000000X"
CARD = "11010119900307001X"


@pytest.mark.parametrize(
    "encoded",
    [
        der.encode_printable_string(CODE),
        der.encode_utf8_string(CODE),
        der.encode_ia5_string(CODE),
        der.encode_bmp_string(CODE),
        der.encode_visible_string(CODE),
        der.encode_explicit(0, der.encode_printable_string(CODE)),
        der.encode_explicit(2, der.encode_utf8_string(CODE)),
    ],
)
def test_typed_text(encoded: bytes) -> None:
    log = QuirkLog()
    assert OrganizationCode.from_der(encoded, quirks=log) == OrganizationCode(CODE)
    assert OrganizationCode.from_der(encoded) == OrganizationCode(CODE)
    assert log.quirks == ()


@pytest.mark.parametrize(
    ("encoded", "text", "quirk"),
    [
        (CODE.encode("ascii"), CODE, QuirkKind.UNTYPED_VALUE),
        ("张三".encode(), "张三", QuirkKind.UNTYPED_VALUE),
        (b"", "", QuirkKind.UNTYPED_VALUE),
        (b"0", "0", QuirkKind.UNTYPED_VALUE),
        (b"0\x0212", "0\x0212", QuirkKind.UNTYPED_VALUE),
        (b"\x05\x00", "", QuirkKind.UNTYPED_VALUE),
        (b"\x80\x0212", "12", QuirkKind.IMPLICIT_TAG),
        (b"\x81\x03" + "张".encode(), "张", QuirkKind.IMPLICIT_TAG),
    ],
)
@pytest.mark.parametrize("tolerant", [False, True])
def test_forms_that_are_noted_in_both_modes(encoded: bytes, text: str, quirk: QuirkKind, tolerant: bool) -> None:
    log = QuirkLog(tolerant=tolerant)
    assert TaxationNumber.from_der(encoded, quirks=log).value == text
    assert [found.kind for found in log.quirks] == [quirk]
    assert TaxationNumber.from_der(encoded).value == text


@pytest.mark.parametrize(
    "encoded",
    [
        b"\xff\xfe",  # no UTF-8
        "张三".encode("gbk"),
        b"\x13\x05abcd",  # ends early
        b"\x13\x02abcd",  # goes on
        b"\x13\x01@",  # not in the alphabet
        b"\xa0\x02\x05\x00",
        b"\xa0\x00",
        b"\xa0\x06\x13\x01a\x13\x01b",
        b"\x80\x01\xff",
        b"\x05\x01\x00",
        b"\x0c\x01\x80",
    ],
)
def test_refused(encoded: bytes) -> None:
    for kind in (TaxationNumber, IdentifyCode):
        with pytest.raises(DecodeError):
            kind.from_der(encoded)


@pytest.mark.parametrize(
    ("kind", "string"),
    [
        (IdentifyCodeKind.RESIDENT_ID, der.encode_printable_string(CARD)),
        (IdentifyCodeKind.MILITARY_ID, der.encode_utf8_string("军字第0001号")),
        (IdentifyCodeKind.PASSPORT, der.encode_printable_string("E00000001")),
    ],
)
def test_identify_code(kind: IdentifyCodeKind, string: bytes) -> None:
    explicit = der.encode_explicit(kind, string)
    value = IdentifyCode.from_der(explicit)
    assert value.kind is kind
    assert value.to_der() == explicit
    log = QuirkLog()
    assert IdentifyCode.from_der(der.encode_implicit(kind, string), quirks=log) == value
    assert [quirk.kind for quirk in log.quirks] == [QuirkKind.IMPLICIT_TAG]
    untagged = IdentifyCode.from_der(string)
    assert untagged == IdentifyCode(None, value.value)
    with pytest.raises(InvalidInputError):
        untagged.to_der()


def test_identify_code_of_another_kind() -> None:
    with pytest.raises(DecodeError):
        IdentifyCode.from_der(der.encode_explicit(3, der.encode_printable_string(CARD)))


def test_known_bytes() -> None:
    code = IdentifyCode(IdentifyCodeKind.RESIDENT_ID, CARD)
    assert code.to_der() == b"\xa0\x14\x13\x12" + CARD.encode()
    assert TaxationNumber("1").to_der() == b"\x13\x011"
    assert gmt0015.Passport2023("1").to_der() == b"\x0c\x011"


@pytest.mark.parametrize(
    "value",
    [
        TaxationNumber(""),
        TaxationNumber("税"),
        IdentifyCode(IdentifyCodeKind.RESIDENT_ID, "身份证"),
        IdentifyCode(IdentifyCodeKind.MILITARY_ID, ""),
        gmt0015.Passport2023("\ud800"),
    ],
)
def test_not_written(value: gmt0015.IdentityValue) -> None:
    with pytest.raises(InvalidInputError):
        value.to_der()


def test_limits() -> None:
    with pytest.raises(InvalidInputError):
        TaxationNumber.from_der(b"1" * 100, max_size=99)
    with pytest.raises(DecodeError, match="nested"):
        TaxationNumber.from_der(b"\xa0\x03\x13\x011", max_depth=0)
