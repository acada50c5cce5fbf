"""Who the other side claims to be, and whether a certificate says so: DNS names, addresses, e-mail addresses.

Only subjectAltName counts. The common name of the subject identifies nobody here: it is text for people.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from gmpki._inputs import as_text, member
from gmpki.asn1.rfc5280 import GeneralNameKind
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.x509.path.name_forms import address_text, dns_labels, mailbox_parts, wildcard_base

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.asn1.rfc5280 import GeneralName

__all__ = ["PeerName", "PeerNameKind"]


class PeerNameKind(str, Enum):
    """What kind of name a peer is called by."""

    DNS = "dns"
    IP = "ip"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class PeerName:
    """The name that a certificate has to carry. Made by :meth:`dns`, :meth:`ip` and :meth:`email`; immutable.

    >>> from gmpki.x509.path import PeerName
    >>> str(PeerName.dns("Seal.Example.cn"))
    'DNS:seal.example.cn'

    :ivar kind: what kind of name it is.
    :ivar value: the name: DNS names and hosts in lower case, addresses in their canonical form.
    """

    kind: PeerNameKind
    value: str

    def __post_init__(self) -> None:
        """Check the parts.

        :raises InvalidTypeError: when the kind is none, or the value is no ``str``.
        :raises InvalidInputError: when the value is no canonical name of its kind.
        """
        member(self.kind, PeerNameKind, "kind")
        if _canonical(self.kind, as_text(self.value, "the name of a peer")) != self.value:
            raise InvalidInputError(f"{self.value[:300]!r} is not a name as PeerName.{self.kind.value}() makes it")

    @classmethod
    def dns(cls, name: str) -> PeerName:
        """Take a DNS name. One dot at its end is left out; a name in other scripts is given in its ``xn--`` form.

        :raises InvalidTypeError: when it is no ``str``.
        :raises InvalidInputError: when it is no DNS name, a pattern with a star for instance.
        """
        return cls._made(PeerNameKind.DNS, as_text(name, "a DNS name"), "a DNS name")

    @classmethod
    def ip(cls, address: str | ipaddress.IPv4Address | ipaddress.IPv6Address) -> PeerName:
        """Take an IPv4 or IPv6 address.

        :raises InvalidTypeError: when it is neither ``str`` nor an address object.
        :raises InvalidInputError: when it is no address.
        """
        if isinstance(address, (ipaddress.IPv4Address, ipaddress.IPv6Address)):
            address = str(address)
        return cls._made(PeerNameKind.IP, as_text(address, "an IP address"), "an IP address")

    @classmethod
    def email(cls, address: str) -> PeerName:
        """Take an e-mail address, ``local@host``. Its local part is compared exactly, its host in any case.

        :raises InvalidTypeError: when it is no ``str``.
        :raises InvalidInputError: when it is no e-mail address.
        """
        return cls._made(PeerNameKind.EMAIL, as_text(address, "an e-mail address"), "an e-mail address")

    @classmethod
    def _made(cls, kind: PeerNameKind, value: str, what: str) -> PeerName:
        canonical = _canonical(kind, value)
        if canonical is None:
            raise InvalidInputError(f"{value[:300]!r} is not {what}")
        return cls(kind, canonical)

    def matches(self, names: Iterable[GeneralName]) -> bool:
        """Tell whether one of the names of a subjectAltName is this one.

        A star stands for exactly one label, the leftmost, and alone in it; behind it stand two labels at least. An
        address matches an iPAddress only, never a dNSName that looks like one.

        :raises InvalidTypeError: when names is not iterable.
        :standard: RFC 5280 4.2.1.6; RFC 9525 6.3 to 6.5
        """
        if not hasattr(names, "__iter__"):
            raise InvalidTypeError(f"names must be iterable, not {type(names).__name__}")
        matching = _MATCHES[self.kind]
        return any(matching(self.value, name) for name in names)

    def __str__(self) -> str:
        return f"{_SHOWN[self.kind]}:{self.value}"


_SHOWN = {PeerNameKind.DNS: "DNS", PeerNameKind.IP: "IP", PeerNameKind.EMAIL: "email"}


def _canonical(kind: PeerNameKind, value: str) -> str | None:
    if kind is PeerNameKind.DNS:
        labels = dns_labels(value.removesuffix("."))
        return None if labels is None else ".".join(labels)
    if kind is PeerNameKind.IP:
        try:
            return address_text(ipaddress.ip_address(value).packed) if "%" not in value else None
        except ValueError:
            return None
    mailbox = mailbox_parts(value)
    return None if mailbox is None else f"{mailbox[0]}@{'.'.join(mailbox[1])}"


def _dns_matches(wanted: str, name: GeneralName) -> bool:
    if name.kind is not GeneralNameKind.DNS_NAME or not isinstance(name.value, str):
        return False
    base = wildcard_base(name.value)
    if base is None:
        labels = dns_labels(name.value)
        return labels is not None and ".".join(labels) == wanted
    labels = dns_labels(base)
    return labels is not None and len(labels) >= 2 and wanted.partition(".")[2] == ".".join(labels)


def _ip_matches(wanted: str, name: GeneralName) -> bool:
    return (
        name.kind is GeneralNameKind.IP_ADDRESS and isinstance(name.value, bytes) and address_text(name.value) == wanted
    )


def _email_matches(wanted: str, name: GeneralName) -> bool:
    if name.kind is not GeneralNameKind.RFC822_NAME or not isinstance(name.value, str):
        return False
    return _canonical(PeerNameKind.EMAIL, name.value) == wanted


_MATCHES = {PeerNameKind.DNS: _dns_matches, PeerNameKind.IP: _ip_matches, PeerNameKind.EMAIL: _email_matches}
