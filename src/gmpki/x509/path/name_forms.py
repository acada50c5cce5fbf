"""The forms of names in certificates that are plain text or plain bytes: what is a DNS name, a mailbox, a URI, an
address, and how two of them compare.

Every function takes any text whatever and answers; nothing here raises for a name that is malformed.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final

__all__ = ["WILDCARD", "address_text", "dns_labels", "is_absolute_uri", "mailbox_parts", "uri_host", "wildcard_base"]

WILDCARD: Final = "*."

_LONGEST_DNS_NAME: Final = 253
_LONGEST_LABEL: Final = 63
_LONGEST_LOCAL_PART: Final = 64
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.ASCII)
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII)
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.+)", re.ASCII | re.DOTALL)
_NO_URI: Final = re.compile(r'[^!-~]|[<>"\\^`{|}]')


def dns_labels(name: str) -> tuple[str, ...] | None:
    """Split a DNS name into its labels in lower case; return None for what is none.

    A name has one label at least, each of letters, digits and inner hyphens, 1 to 63 of them, 253 characters in all;
    the last label has a letter, so that an address is no name. The empty name, a trailing dot, an underscore and
    characters outside ASCII are refused.

    >>> dns_labels("WWW.Example.CN")
    ('www', 'example', 'cn')
    >>> dns_labels("192.0.2.1") is None
    True

    :standard: RFC 5280 4.2.1.6; RFC 1034 3.5 as modified by RFC 1123 2.1
    """
    if not 0 < len(name) <= _LONGEST_DNS_NAME or not name.isascii():
        return None
    labels = tuple(name.lower().split("."))
    if any(len(label) > _LONGEST_LABEL or _LABEL.fullmatch(label) is None for label in labels):
        return None
    return None if labels[-1].isdecimal() else labels


def wildcard_base(name: str) -> str | None:
    """Return what stands behind ``*.`` at the front of a name; None when it does not begin so.

    A star anywhere else makes the rest no DNS name.

    :standard: RFC 6125 6.4.3; RFC 9525 6.3
    """
    return name[len(WILDCARD) :] if name.startswith(WILDCARD) else None


def mailbox_parts(address: str) -> tuple[str, tuple[str, ...]] | None:
    """Split an e-mail address into its local part and the labels of its host; return None for what is none.

    The local part is taken as it is: upper and lower case differ there, and a star is a star. Quoted local parts and
    hosts that are addresses in brackets are not taken.

    :standard: RFC 5280 4.2.1.6 and 7.5; RFC 5321 4.1.2 (Dot-string)
    """
    local, at, host = address.rpartition("@")
    if not at or len(local) > _LONGEST_LOCAL_PART or _ATOMS.fullmatch(local) is None:
        return None
    labels = dns_labels(host)
    return None if labels is None else (local, labels)


def is_absolute_uri(uri: str) -> bool:
    """Tell whether a text has the outer form of a URI: a scheme, and something behind it, of the characters of one.

    :standard: RFC 5280 4.2.1.6; RFC 3986 3
    """
    return _SCHEME.fullmatch(uri) is not None and _NO_URI.search(uri) is None


def uri_host(uri: str) -> tuple[str, ...] | None:
    """Return the labels of the host that a URI names; None when it names none, or an address.

    :standard: RFC 5280 4.2.1.10 (uniformResourceIdentifier); RFC 3986 3.2
    """
    match = _SCHEME.fullmatch(uri)
    if match is None or not match[2].startswith("//") or not is_absolute_uri(uri):
        return None
    authority = re.split(r"[/?#]", match[2][2:], maxsplit=1)[0]
    host, colon, port = authority.rpartition("@")[2].partition(":")
    if colon and not (port == "" or (port.isascii() and port.isdecimal())):
        return None
    return dns_labels(host)


def address_text(address: bytes) -> str | None:
    """Write an address of 4 or 16 bytes as text, IPv6 in the one canonical form; None for another length.

    :standard: RFC 3986 3.2.2 for IPv4; RFC 5952 4 for IPv6
    """
    if len(address) == 4:
        return str(ipaddress.IPv4Address(address))
    if len(address) != 16:
        return None
    # Interpreters differ in how they write an address that holds one of IPv4; the hexadecimal form is the same in all.
    return ipaddress.IPv6Address(address).compressed if not _holds_ipv4(address) else _hexadecimal(address)


def _holds_ipv4(address: bytes) -> bool:
    return address[:12] == b"\0" * 10 + b"\xff\xff"


def _hexadecimal(address: bytes) -> str:
    return f"::ffff:{int.from_bytes(address[12:14], 'big'):x}:{int.from_bytes(address[14:], 'big'):x}"
