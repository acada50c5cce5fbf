"""URIs of tokens: read, written, and refused when they are ambiguous."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.tokens.interfaces import KeyUsage
from gmpki.tokens.uri import MAX_URI_LEN, PCSCUri, PKCS11Uri, SKFUri, parse_uri

ROUND_TRIPS = {
    "skf:lib=/opt/v/libskf.so;dev=UKEY-1;app=A;con=c1;usage=encryption;isolated=yes;profile=feitian": SKFUri(
        "/opt/v/libskf.so", "UKEY-1", "A", "c1", KeyUsage.ENCRYPTION, isolated=True, profile="feitian"
    ),
    "skf:lib=C:%5Cvendor%5Cskf.dll": SKFUri("C:\\vendor\\skf.dll"),
    "soft:dev=00a1;app=%E7%AD%BE%E7%AB%A0;con=a%3Bb%25": SKFUri(None, "00a1", "签章", "a;b%"),
    "soft:": SKFUri(),
    "soft:dev=00a1;con=c1": SKFUri(None, "00a1", container="c1"),
    "pcsc:con=c1;usage=signing": PCSCUri(container="c1", usage=KeyUsage.SIGNING),
    "pcsc:reader=Virtual%20PCD%2000%2000;app=A;con=c1": PCSCUri("Virtual PCD 00 00", "A", "c1"),
    "pkcs11:token=A;serial=00a1;object=con1;id=%01%FF;type=private;slot-id=3?module-path=/usr/lib/p11.so": PKCS11Uri(
        token="A",
        serial="00a1",
        object="con1",
        id=b"\x01\xff",
        type="private",
        slot_id=3,
        module_path="/usr/lib/p11.so",
    ),
    "pkcs11:manufacturer=a%26b?module-name=x&pin-source=env:PIN": PKCS11Uri(
        manufacturer="a&b", module_name="x", pin_source="env:PIN"
    ),
    "pkcs11:": PKCS11Uri(),
}


@pytest.mark.parametrize("text", ROUND_TRIPS)
def test_round_trip(text: str) -> None:
    assert parse_uri(text) == ROUND_TRIPS[text]
    assert parse_uri(str(ROUND_TRIPS[text])) == ROUND_TRIPS[text]


@pytest.mark.parametrize("text", [text for text in ROUND_TRIPS if "manufacturer" not in text])
def test_written_as_read(text: str) -> None:
    assert str(ROUND_TRIPS[text]) == text


def test_text_that_is_not_escaped_is_read() -> None:
    uri = parse_uri("SOFT:app=签章;con=a b")
    assert isinstance(uri, SKFUri)
    assert (uri.application, uri.container) == ("签章", "a b")


REFUSED = [
    "",
    "skf",
    "http://example.cn/",
    "skf:dev=x",
    "skf:lib=",
    "soft:lib=/x",
    "soft:dev",
    "soft:dev=x;dev=y",
    "soft:dev=x;",
    "soft:;dev=x",
    "soft:Dev=x",
    "soft:dev=%",
    "soft:dev=%4",
    "soft:dev=%zz",
    "soft:dev=%FF",
    "soft:dev=a%00b",
    "soft:dev=\ud800",
    "soft:usage=signing",
    "soft:app=A;usage=signing",
    "soft:app=A;con=c1;usage=both",
    "soft:isolated=maybe",
    "soft:pin=12345678",
    "pcsc:dev=x",
    "pcsc:reader=x;app=A;usage=signing",
    "pkcs11:token=A;token=B",
    "pkcs11:colour=red",
    "pkcs11:module-path=/x",
    "pkcs11:?token=A",
    "pkcs11:token=A?pin-value=1234",
    "pkcs11:type=keypair",
    "pkcs11:id=",
    "pkcs11:slot-id=-1",
    "pkcs11:slot-id=%D9%A3",
    "pkcs11:slot-id=99999999999999999999",
    "pkcs11:token=%FF",
    "soft:dev=" + "x" * MAX_URI_LEN,
]


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        parse_uri(text)


def test_a_pin_in_a_uri_is_taken_only_when_told_and_never_shown() -> None:
    text = "pkcs11:token=A?pin-value=87651234"
    with pytest.raises(InvalidInputError) as caught:
        parse_uri(text)
    uri = parse_uri(text, allow_pin_value=True)
    assert isinstance(uri, PKCS11Uri)
    assert uri.pin_value == "87651234"
    assert all("87651234" not in shown for shown in (str(uri), repr(uri), str(caught.value)))
    with pytest.raises(InvalidInputError):
        parse_uri(text + "&pin-source=env:PIN", allow_pin_value=True)


@pytest.mark.parametrize("value", [None, b"soft:", 1])
def test_not_text(value: object) -> None:
    with pytest.raises(InvalidTypeError):
        parse_uri(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "fields",
    [
        {"library": b"/x"},
        {"device": ""},
        {"application": "a\0"},
        {"container": ""},
        {"isolated": "yes"},
        {"application": "A", "container": "c", "usage": "signing"},
    ],
    ids=range(6),
)
def test_fields_are_checked(fields: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        SKFUri(**fields)  # type: ignore[arg-type]


@given(st.text(min_size=1, max_size=40).filter(lambda text: "\0" not in text and text.isprintable()))
def test_every_name_survives(name: str) -> None:
    for uri in (SKFUri(name, name, name, name), PKCS11Uri(token=name, object=name, module_path=name)):
        assert parse_uri(str(uri)) == uri


@given(st.text(max_size=60))
def test_whatever_comes_is_read_or_refused(rest: str) -> None:
    for scheme in ("skf:", "soft:", "pkcs11:", "pcsc:", ""):
        try:
            uri = parse_uri(scheme + rest)
        except InvalidInputError:
            continue
        assert parse_uri(str(uri)) == uri
