"""How an authority makes its revocation lists: how often, for how long, and who signs them.

>>> from gmpki.ca.revocation.rules import ListRules
>>> ListRules(period_s=6 * 3600, validity_s=24 * 3600, delta_period_s=1800).has_deltas
True
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, member, number
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.errors import InvalidInputError
from gmpki.x509.certificate import Certificate
from gmpki.x509.preparing import Addresses

if TYPE_CHECKING:
    from gmpki.keys.interfaces import Signer

__all__ = ["ListIssuer", "ListRules", "ListScope"]

_HOUR: Final = 3600
_MAX_S: Final = 366 * 24 * _HOUR
_MAX_ID: Final = (1 << 63) - 1
_AT_ONCE: Final = frozenset((ReasonCode.KEY_COMPROMISE, ReasonCode.CA_COMPROMISE, ReasonCode.AA_COMPROMISE))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRules:
    """When lists are made, and how long they are good. Immutable. All times are in seconds.

    :ivar period_s: a complete list is made this often. 12 hours unless set: what was revoked is on a list within the 24
        hours that buyers ask for, also when one list is missed.
    :ivar validity_s: from a list to its nextUpdate; longer than ``period_s`` by the time that it takes to make the next
        and carry it about.
    :ivar delta_period_s: delta lists between the complete ones are made this often; 0 for none.
    :ivar delta_validity_s: from a delta list to its nextUpdate.
    :ivar at_once: a revocation for one of these reasons has a list made without delay.
    """

    period_s: int = 12 * _HOUR
    validity_s: int = 48 * _HOUR
    delta_period_s: int = 0
    delta_validity_s: int = 4 * _HOUR
    at_once: frozenset[ReasonCode] = _AT_ONCE

    def __post_init__(self) -> None:
        """Check the rules.

        :raises InvalidTypeError: when one has the wrong type.
        :raises InvalidInputError: when a time is out of bounds, or a list ends before the next one is due.
        """
        number(self.period_s, 1, _MAX_S, "period_s")
        number(self.validity_s, 1, _MAX_S, "validity_s")
        number(self.delta_period_s, 0, _MAX_S, "delta_period_s")
        number(self.delta_validity_s, 1, _MAX_S, "delta_validity_s")
        member(self.at_once, frozenset, "at_once")
        for reason in self.at_once:
            member(reason, ReasonCode, "a reason")
        if self.validity_s < self.period_s:
            raise InvalidInputError("validity_s is shorter than period_s: there would be times without a list")
        if self.has_deltas and self.delta_validity_s < self.delta_period_s:
            raise InvalidInputError("delta_validity_s is shorter than delta_period_s")
        if self.has_deltas and self.delta_period_s >= self.period_s:
            raise InvalidInputError("delta lists are made more often than complete ones")

    @property
    def has_deltas(self) -> bool:
        """Whether delta lists are made."""
        return self.delta_period_s > 0


@dataclass(frozen=True, slots=True)
class ListScope:
    """Which list it is; of each scope one list at a time is the latest. Immutable.

    :ivar generation_id: the row of the key that signs it.
    :ivar part: the distribution point, from 1; 0 for the list of all certificates of the authority.
    """

    authority_id: int
    generation_id: int
    part: int = 0
    is_delta: bool = False


@dataclass(frozen=True, slots=True)
class ListIssuer:
    """Who signs lists: one key of an authority. Immutable; as thread-safe as its signer.

    :ivar authority: the name of the authority.
    :ivar generation: the number of the key.
    :ivar certificate: that of the key.
    :ivar addresses: where the lists of this key are found, and how many parts there are.
    :ivar delta_addresses: the same of its delta lists.
    """

    authority_id: int
    authority: str
    generation_id: int
    generation: int
    certificate: Certificate
    signer: Signer
    rules: ListRules = field(default_factory=ListRules)
    addresses: Addresses = field(default_factory=Addresses)
    delta_addresses: Addresses = field(default_factory=Addresses)

    def __post_init__(self) -> None:
        """Check the types.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when lists that are divided have no addresses to tell them apart by.
        """
        for name in ("authority_id", "generation_id", "generation"):
            number(getattr(self, name), 0, _MAX_ID, name)
        as_text(self.authority, "authority")
        member(self.certificate, Certificate, "certificate")
        member(self.rules, ListRules, "rules")
        for each in (self.addresses, self.delta_addresses):
            member(each, Addresses, "addresses")
            if each.crl and each.crl_parts != self.addresses.crl_parts:
                raise InvalidInputError("delta lists are divided as the complete ones are")
        if self.addresses.crl_parts and not self.addresses.crl:
            raise InvalidInputError("lists that are divided are told apart by their addresses: there are none")

    def scope(self, part: int = 0, *, is_delta: bool = False) -> ListScope:
        """Return the scope of one of its lists."""
        return ListScope(self.authority_id, self.generation_id, part, is_delta)
