"""Names of peers against subjectAltName."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.asn1.rfc5280 import GeneralName, GeneralNameKind
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.x509.path import PeerName, PeerNameKind

labels = st.from_regex(r"[a-z]([a-z0-9]|-(?=[a-z0-9])){0,10}", fullmatch=True)
hosts = st.lists(labels, min_size=1, max_size=5).map(".".join)


def raw(kind: GeneralNameKind, value: Any) -> GeneralName:
    """Give a name as a certificate may hold it, whatever is in it."""
    return GeneralName(kind, value)


def dns(text: str) -> GeneralName:
    return raw(GeneralNameKind.DNS_NAME, text)


@pytest.mark.parametrize(
    ("wanted", "found", "matches"),
    [
        ("example.cn", "example.cn", True),
        ("EXAMPLE.cn", "Example.CN", True),
        ("example.cn.", "example.cn", True),
        ("localhost", "localhost", True),
        ("a.example.cn", "*.example.cn", True),
        ("a.example.cn", "*.EXAMPLE.CN", True),
        ("xn--fiqs8s.example.cn", "*.example.cn", True),
        ("example.cn", "*.example.cn", False),
        ("a.b.example.cn", "*.example.cn", False),
        ("example.cn", "*.cn", False),
        ("a.example.cn", "*", False),
        ("a.example.cn", "*.*.cn", False),
        ("a.example.cn", "a.*.cn", False),
        ("baz.example.cn", "ba*.example.cn", False),
        ("baz.example.cn", "*z.example.cn", False),
        ("baz.example.cn", "**.example.cn", False),
        ("example.cn", "example.cn.", False),
        ("example.cn", ".example.cn", False),
        ("a.example.cn", ".example.cn", False),
        ("a.example.cn", "*.example.cn.", False),
        ("example.cn", "example.cn\0.evil.cn", False),
        ("example.cn", "example.com", False),
        ("notexample.cn", "example.cn", False),
        ("example.cn", "", False),
        ("a.example.cn", "*.", False),
        ("xn--bliss-1b3c148a.example.com", "xn--*-1b3c148a.example.com", False),
    ],
)
def test_dns(wanted: str, found: str, matches: bool) -> None:
    assert PeerName.dns(wanted).matches([dns(found)]) is matches


def test_any_of_several_names_is_enough() -> None:
    assert PeerName.dns("b.cn").matches([dns("a.cn"), dns("b.cn")])
    assert not PeerName.dns("c.cn").matches([dns("a.cn"), dns("b.cn")])
    assert not PeerName.dns("c.cn").matches([])


@pytest.mark.parametrize(
    "name",
    [
        raw(GeneralNameKind.URI, "example.cn"),
        raw(GeneralNameKind.RFC822_NAME, "example.cn"),
        raw(GeneralNameKind.IP_ADDRESS, b"example.cn"),
        raw(GeneralNameKind.OTHER_NAME, "example.cn"),
        raw(GeneralNameKind.DNS_NAME, b"example.cn"),
    ],
)
def test_only_a_dns_name_is_one(name: GeneralName) -> None:
    assert not PeerName.dns("example.cn").matches([name])


def test_addresses() -> None:
    address = PeerName.ip("192.0.2.1")
    assert address.matches([GeneralName.ip("192.0.2.1")])
    assert not address.matches([GeneralName.ip("192.0.2.2")])
    assert not address.matches([dns("192.0.2.1")])
    assert not address.matches([GeneralName.ip("192.0.2.0/24")])
    assert not address.matches([GeneralName.ip("::ffff:192.0.2.1")])
    assert PeerName.ip("2001:DB8:0::1").matches([GeneralName.ip("2001:db8::1")])
    assert PeerName.ip(ipaddress.ip_address("::1")) == PeerName.ip("0:0:0:0:0:0:0:1")


def test_a_dns_name_that_looks_like_an_address_is_none() -> None:
    with pytest.raises(InvalidInputError):
        PeerName.dns("192.0.2.1")


@pytest.mark.parametrize(
    ("wanted", "found", "matches"),
    [
        ("a@example.cn", "a@EXAMPLE.cn", True),
        ("a@example.cn", "A@example.cn", False),
        ("a@example.cn", "b@example.cn", False),
        ("a@example.cn", "a@sub.example.cn", False),
        ("a@example.cn", "example.cn", False),
        ("a@example.cn", "x@a@example.cn", False),
        ("a@example.cn", "*@example.cn", False),
        ("*@example.cn", "*@example.cn", True),
    ],
)
def test_e_mail(wanted: str, found: str, matches: bool) -> None:
    assert PeerName.email(wanted).matches([raw(GeneralNameKind.RFC822_NAME, found)]) is matches


@pytest.mark.parametrize("name", ["", "*.example.cn", "a..b", "例子.cn", "a_b.cn", "1.2.3.4", "a\0b", "a.cn.."])
def test_bad_dns_names(name: str) -> None:
    with pytest.raises(InvalidInputError):
        PeerName.dns(name)


@pytest.mark.parametrize("address", ["", "1.2.3", "1.2.3.4/8", "fe80::1%eth0", "::g", "example.cn", "01.2.3.4"])
def test_bad_addresses(address: str) -> None:
    with pytest.raises(InvalidInputError):
        PeerName.ip(address)


@pytest.mark.parametrize("address", ["", "a", "a@", "@b.cn", "a@b@c.cn", "a b@c.cn"])
def test_bad_e_mail_addresses(address: str) -> None:
    with pytest.raises(InvalidInputError):
        PeerName.email(address)


@pytest.mark.parametrize("make", [PeerName.dns, PeerName.ip, PeerName.email])
@pytest.mark.parametrize("value", [None, 1, b"example.cn", ["a"]])
def test_wrong_types(make: Any, value: Any) -> None:
    with pytest.raises(InvalidTypeError):
        make(value)


def test_what_is_not_canonical_is_not_made_directly() -> None:
    for kind, value in [("dns", "EXAMPLE.cn"), ("ip", "0:0::1"), ("email", "a@B.cn"), ("dns", "a b")]:
        with pytest.raises(InvalidInputError):
            PeerName(PeerNameKind(kind), value)
    with pytest.raises(InvalidTypeError):
        PeerName("dns", "example.cn")  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        PeerName.dns("example.cn").matches(None)  # type: ignore[arg-type]


def test_how_names_are_shown() -> None:
    shown = [str(PeerName.dns("A.cn")), str(PeerName.ip("::1")), str(PeerName.email("a@B.cn"))]
    assert shown == ["DNS:a.cn", "IP:::1", "email:a@b.cn"]


@given(hosts.filter(lambda host: not host.isdecimal()))
def test_a_name_matches_itself_in_any_case(host: str) -> None:
    assert PeerName.dns(host).matches([dns(host.upper())])
    assert not PeerName.dns(host).matches([dns(f"x.{host}"), dns(f"{host}.x"), dns(f"*.{host}")])


@given(labels, hosts)
def test_a_star_stands_for_one_label(label: str, host: str) -> None:
    wide_enough = "." in host
    assert PeerName.dns(f"{label}.{host}").matches([dns(f"*.{host}")]) is wide_enough
    assert not PeerName.dns(f"y.{label}.{host}").matches([dns(f"*.{host}")])


@given(hosts, st.text(max_size=60))
def test_arbitrary_text_matches_only_what_it_is(host: str, text: str) -> None:
    if PeerName.dns(host).matches([dns(text)]):
        assert text.lower() == host or (text.startswith("*.") and host.partition(".")[2] == text[2:].lower())
