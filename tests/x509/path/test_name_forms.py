"""What is a DNS name, a mailbox, a URI, an address."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.x509.path.name_forms import (
    address_text,
    dns_labels,
    is_absolute_uri,
    mailbox_parts,
    uri_host,
    wildcard_base,
)

LONG = "a" * 63


@pytest.mark.parametrize(
    "name",
    ["a", "a.b", "example.cn", "xn--fiqs8s", "1.cn", "0-0.example", f"{LONG}.cn", "EXAMPLE.CN", "3com.com", "a.b1"],
)
def test_dns_names(name: str) -> None:
    assert dns_labels(name) == tuple(name.lower().split("."))


@pytest.mark.parametrize(
    "name",
    [
        "", " ", ".", "a.", ".a", "a..b", "-a.cn", "a-.cn", "a_b.cn", "_dmarc.cn", "a b.cn", "*.cn", "a.*.cn", "ba*.cn",
        f"{LONG}a.cn", ".".join(["a" * 49] * 5 + ["toolong"]), "例子.cn", "ａ.cn", "a\0.cn", "a.cn\n", "a,b", "1.2.3.4",
        "example.1", "::1", "user@host", "a.cn/path", "a.cn.", "\u212a.cn",
    ],
)  # fmt: skip
def test_what_is_no_dns_name(name: str) -> None:
    assert dns_labels(name) is None


def test_the_longest_dns_name() -> None:
    name = ".".join([LONG, LONG, LONG, "a" * 61])
    assert len(name) == 253
    assert dns_labels(name) is not None
    assert dns_labels(f"{name}a") is None


@given(st.text(max_size=300))
def test_any_text_is_answered(text: str) -> None:
    labels = dns_labels(text)
    assert labels is None or ".".join(labels) == text.lower()
    mailbox = mailbox_parts(text)
    assert mailbox is None or text.lower() == f"{mailbox[0].lower()}@{'.'.join(mailbox[1])}"
    assert uri_host(text) is None or is_absolute_uri(text)


def test_wildcard_base() -> None:
    assert wildcard_base("*.example.cn") == "example.cn"
    assert wildcard_base("a.example.cn") is None
    assert wildcard_base("a*.example.cn") is None
    assert wildcard_base("*") is None
    assert wildcard_base("**.cn") is None
    assert wildcard_base("*.*.cn") == "*.cn"


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("a@b.cn", ("a", ("b", "cn"))),
        ("First.Last@B.cn", ("First.Last", ("b", "cn"))),
        ("*@example.com", ("*", ("example", "com"))),
        ("user*@example.com", ("user*", ("example", "com"))),
        ("o'neil+x@example.com", ("o'neil+x", ("example", "com"))),
    ],
)
def test_mailboxes(address: str, parts: tuple[str, tuple[str, ...]]) -> None:
    assert mailbox_parts(address) == parts


@pytest.mark.parametrize(
    "address",
    ["", "@", "a@", "@b.cn", "a", "a@b@c.cn", ".a@b.cn", "a.@b.cn", "a..b@c.cn", '"a b"@c.cn', "a b@c.cn",
     "a@[1.2.3.4]", "a@b_c.cn", "a@b.cn.", "张三@b.cn", "a\0@b.cn", f"{'a' * 65}@b.cn", "a@.b.cn", "a@*.b.cn"],
)  # fmt: skip
def test_what_is_no_mailbox(address: str) -> None:
    assert mailbox_parts(address) is None


@pytest.mark.parametrize(
    ("uri", "host"),
    [
        ("http://example.cn", ("example", "cn")),
        ("HTTPS://Example.CN/path?q#f", ("example", "cn")),
        ("ldap://user:secret@example.cn:389/x", ("example", "cn")),
        ("http://example.cn:", ("example", "cn")),
        ("x+y.z-1://a?b@c", ("a",)),
        ("http://a@b@example.cn/", ("example", "cn")),
    ],
)
def test_hosts_of_uris(uri: str, host: tuple[str, ...]) -> None:
    assert uri_host(uri) == host


@pytest.mark.parametrize(
    "uri",
    ["", "example.cn", "//example.cn", "http:", "http:/example.cn", "mailto:a@b.cn", "urn:x:y", "http://", "http:///x",
     "http://[::1]/", "http://1.2.3.4/", "http://exa mple.cn", "http://example.cn:8o/", "1http://example.cn",
     "http://example.cn\\@evil.cn", "http://例子.cn", "http://example.cn\n", "http://example.cn:80:80/"],
)  # fmt: skip
def test_uris_without_a_host_name(uri: str) -> None:
    assert uri_host(uri) is None


@pytest.mark.parametrize(
    ("uri", "absolute"),
    [("http://x", True), ("urn:x", True), ("x", False), ("//x", False), ("", False), ("http:", False), ("a b:c", False),
     ("http://x y", False), ("http://\x7f", False)],
)  # fmt: skip
def test_absolute_uris(uri: str, absolute: bool) -> None:
    assert is_absolute_uri(uri) is absolute


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("2001:DB8::8A2E:370:7334", "2001:db8::8a2e:370:7334"),
        ("::", "::"),
        ("::ffff:192.0.2.1", "::ffff:c000:201"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
    ],
)
def test_addresses(address: str, text: str) -> None:
    assert address_text(ipaddress.ip_address(address).packed) == text


@pytest.mark.parametrize("size", [0, 1, 3, 5, 8, 15, 17, 32])
def test_addresses_of_other_lengths(size: int) -> None:
    assert address_text(bytes(size)) is None


@given(st.binary(min_size=16, max_size=16))
def test_address_text_reads_back(address: bytes) -> None:
    text = address_text(address)
    assert text is not None
    assert ipaddress.ip_address(text).packed == address
    assert text == text.lower()
