"""General names: as text, in lists, malformed, and made of wrong values."""

from __future__ import annotations

from typing import Any

import pytest

from asn1.rfc5280_samples import (
    GENERAL_NAMES,
)
from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import (
    GeneralName,
    GeneralNameKind,
    OtherName,
    encode_general_names,
    read_general_names,
)
from gmpki.errors import DecodeError, InvalidInputError

# ---- general names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shown"),
    list(
        zip(
            GENERAL_NAMES,
            [
                "DNS:example.cn",
                "email:zhang.san@example.cn",
                "URI:http://example.cn/a?b=c",
                "IP:10.0.0.1",
                "IP:10.0.0.0/8",
                "IP:fe80::1",
                "IP:fe80::/10",
                "DirName:CN=张三,O=示例,C=CN",
                "RID:1.2.156.10197",
                "othername:1.2.3.4:0C0178",
                "X400:A303020101",
                "EDI:A503020101",
            ],
            strict=True,
        )
    ),
)
def test_general_names_as_text(name: GeneralName, shown: str) -> None:
    assert str(name) == shown


def test_odd_general_names_as_text() -> None:
    assert str(GeneralName(GeneralNameKind.IP_ADDRESS, bytes.fromhex("0A000000FF00FF00"))) == "IP:10.0.0.0/255.0.255.0"
    assert str(GeneralName(GeneralNameKind.IP_ADDRESS, bytes.fromhex("0A00000000000000"))) == "IP:10.0.0.0/0"
    assert str(GeneralName(GeneralNameKind.IP_ADDRESS, b"abc")) == "IP:616263"
    assert str(GeneralName(GeneralNameKind.DNS_NAME, "a\nDNS:b")) == "DNS:a\\0ADNS:b"


def test_general_names_in_a_list() -> None:
    encoded = encode_general_names(GENERAL_NAMES)
    assert list(read_general_names(der.Reader(encoded))) == GENERAL_NAMES
    tagged = encode_general_names(GENERAL_NAMES, tag=0xA0)
    assert list(read_general_names(der.Reader(tagged), tag=0xA0)) == GENERAL_NAMES


MALFORMED = """
    8203C3A961 870101 870C000000000000000000000000 A400 A402300005 8800 A0020C00 A003060103 8900 A1020101 3000
    A00706012AA1020500 830101 1F8100 A90500 0C0161
"""


@pytest.mark.parametrize("encoded", MALFORMED.split())
def test_malformed_general_names(encoded: str) -> None:
    with pytest.raises(DecodeError):
        GeneralName.from_der(bytes.fromhex(encoded))


@pytest.mark.parametrize(
    ("make", "value"),
    [
        (GeneralName.dns, ""),
        (GeneralName.dns, "例子.cn"),
        (GeneralName.dns, "a b"),
        (GeneralName.dns, "a\x00b"),
        (GeneralName.dns, b"example.cn"),
        (GeneralName.email, "张@example.cn"),
        (GeneralName.uri, ""),
        (GeneralName.uri, None),
        (GeneralName.ip, "10.0.0"),
        (GeneralName.ip, "10.0.0.1/8"),
        (GeneralName.ip, ""),
        (GeneralName.ip, 1),
        (GeneralName.ip, "10.0.0.0/99999999999999999999"),
        (GeneralName.directory, "CN=x"),
        (GeneralName.registered_id, "1"),
        (GeneralName.registered_id, 5),
    ],
)
def test_general_names_of_wrong_values(make: Any, value: Any) -> None:
    with pytest.raises(InvalidInputError):
        make(value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (GeneralNameKind.DNS_NAME, b"a"),
        (GeneralNameKind.DNS_NAME, "é"),
        (GeneralNameKind.IP_ADDRESS, "10.0.0.1"),
        (GeneralNameKind.IP_ADDRESS, b"12345"),
        (GeneralNameKind.DIRECTORY_NAME, "CN=x"),
        (GeneralNameKind.REGISTERED_ID, b"1.2"),
        (GeneralNameKind.OTHER_NAME, b""),
        (GeneralNameKind.OTHER_NAME, OtherName(oids.find("x"), b"")),
        (GeneralNameKind.X400_ADDRESS, b"\x30\x00"),
        (GeneralNameKind.X400_ADDRESS, b""),
        (2, "a"),
    ],
)
def test_general_names_that_cannot_be_encoded(kind: Any, value: Any) -> None:
    with pytest.raises(InvalidInputError):
        GeneralName(kind, value).to_der()
