"""How an authority makes its revocation lists: how often, for how long, in how many parts, where they are found.

>>> from gmpki.ca.revocation.rules import ListRules
>>> rules = ListRules(parts=2, addresses=("http://crl.example.cn/crl/ca-{generation}-{part}.crl",))
>>> rules.addresses_of(generation=1, part=2)
('http://crl.example.cn/crl/ca-1-2.crl',)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, member, number
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from gmpki.keys.interfaces import Signer
    from gmpki.x509.certificate import Certificate

__all__ = ["MAX_PARTS", "ListIssuer", "ListRules", "ListScope", "part_of"]

MAX_PARTS: Final = 4096
_HOUR: Final = 3600
_MAX_S: Final = 366 * 24 * _HOUR
# RFC 5280 6.3.3 is silent on who hears of a stolen key when; these three are not left until the next list is due.
_AT_ONCE: Final = frozenset((ReasonCode.KEY_COMPROMISE, ReasonCode.CA_COMPROMISE, ReasonCode.AA_COMPROMISE))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRules:
    """The rules. Immutable.

    :ivar every_s: a complete list is made this often, in seconds. 12 hours unless set: what was revoked is on a list
        within the 24 hours that buyers ask for, also when one list is missed.
    :ivar validity_s: from a list to its nextUpdate, in seconds; longer than ``every_s``, so that there is always a list
        that is still good while the next is made and carried about.
    :ivar delta_every_s: delta lists between the complete ones are made this often; 0 for none.
    :ivar delta_validity_s: from a delta list to its nextUpdate.
    :ivar parts: how many distribution points the lists are divided into, up to 4096; 0 for one list of all.
    :ivar addresses: where a list is found: URIs with ``{generation}`` and ``{part}`` in them.
    :ivar delta_addresses: the same of the delta lists.
    :ivar at_once: a revocation for one of these reasons has the next list made without delay.
    """

    every_s: int = 12 * _HOUR
    validity_s: int = 48 * _HOUR
    delta_every_s: int = 0
    delta_validity_s: int = 4 * _HOUR
    parts: int = 0
    addresses: tuple[str, ...] = ()
    delta_addresses: tuple[str, ...] = ()
    at_once: frozenset[ReasonCode] = _AT_ONCE

    def __post_init__(self) -> None:
        """Check the rules.

        :raises InvalidTypeError: when one has the wrong type.
        :raises InvalidInputError: when a time is out of bounds, a list ends before the next one is due, or lists that
            are divided, or of several keys, would have one address.
        """
        number(self.every_s, 1, _MAX_S, "every_s")
        number(self.validity_s, 1, _MAX_S, "validity_s")
        number(self.delta_every_s, 0, _MAX_S, "delta_every_s")
        number(self.delta_validity_s, 1, _MAX_S, "delta_validity_s")
        number(self.parts, 0, MAX_PARTS, "parts")
        member(self.at_once, frozenset, "at_once")
        if self.validity_s <= self.every_s:
            raise InvalidInputError("a list is good for longer than it takes until the next one")
        if self.delta_every_s and not self.delta_every_s < min(self.delta_validity_s, self.every_s):
            raise InvalidInputError("delta lists are made more often than complete ones, and are good until the next")
        for name in ("addresses", "delta_addresses"):
            member(getattr(self, name), tuple, name)
            for address in getattr(self, name):
                self._check_address(as_text(address, name))
        if self.parts and not self.addresses:
            raise InvalidInputError("lists that are divided are told apart by their addresses: there is none")

    def _check_address(self, address: str) -> None:
        try:
            address.format(generation=1, part=1)
        except (LookupError, ValueError, AttributeError):
            raise InvalidInputError("an address has no other place holders than {generation} and {part}") from None
        if "{generation}" not in address or (self.parts and "{part}" not in address):
            # Without this, a list that says nothing of a certificate could be shown in place of the one that does.
            raise InvalidInputError("the lists of each key, and each part, have an address of their own")

    def addresses_of(self, *, generation: int, part: int, is_delta: bool = False) -> tuple[str, ...]:
        """Return where a list is found."""
        templates = self.delta_addresses if is_delta else self.addresses
        return tuple(template.format(generation=generation, part=part) for template in templates)


@dataclass(frozen=True, slots=True)
class ListScope:
    """Which list it is: there is one that counts of each scope at any time. Immutable.

    :ivar generation_id: the row of the key that signs it.
    :ivar part: the distribution point, from 1; 0 for the list of all.
    """

    authority_id: int
    generation_id: int
    part: int = 0
    is_delta: bool = False


@dataclass(frozen=True, slots=True)
class ListIssuer:
    """Who signs the lists about what one key of an authority has issued. Immutable.

    :ivar authority: the name of the authority.
    :ivar generation: the number of the key.
    :ivar certificate: that of the key.
    """

    authority_id: int
    authority: str
    generation_id: int
    generation: int
    certificate: Certificate
    signer: Signer
    rules: ListRules

    def scope(self, part: int = 0, *, is_delta: bool = False) -> ListScope:
        """Return the scope of one of its lists."""
        return ListScope(self.authority_id, self.generation_id, part, is_delta)


def part_of(serial_number: int, parts: int) -> int:
    """Return which list a new certificate is on, of an authority whose lists are divided.

    :param parts: how many distribution points there are; 0 when there is one list of all.
    :returns: 1 to ``parts``, or 0 for the list of all.
    :raises InvalidTypeError: when an argument is no int.
    :raises InvalidInputError: when one is out of bounds.
    """
    number(serial_number, 0, (1 << 160) - 1, "a serial number")
    return serial_number % parts + 1 if number(parts, 0, MAX_PARTS, "parts") else 0
