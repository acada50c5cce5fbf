"""The settings of an authority, which its database keeps as JSON."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field, fields
from functools import partial
from typing import Any, Final

from gmpki._inputs import as_text, member, number
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.revocation.rules import ListRules
from gmpki.errors import InvalidInputError, InvalidTypeError, ProfileError
from gmpki.x509.preparing import Addresses
from gmpki.x509.profile import BUILTIN_PROFILES, Profile, load_profile

__all__ = ["SOFTWARE_KEY", "AuthoritySettings"]

SOFTWARE_KEY: Final = "software-key"
"""What stands in :attr:`AuthoritySettings.software_signers` for keys that are in no token at all."""

GENERATION: Final = "{generation}"
_MAX_LEN: Final = 1 << 20
_MAX_LEASE_S: Final = 86_400
_PUBLISHER: Final = re.compile(r"[a-z0-9-]{1,64}")
_TUPLES: Final = (
    "crl_uris",
    "delta_uris",
    "ocsp_uris",
    "ca_issuers_uris",
    "profiles",
    "own_profiles",
    "publishers",
    "software_signers",
)


@dataclass(frozen=True, slots=True)
class AuthoritySettings:
    """What an authority does as its operator wants it. Immutable.

    :ivar lists: how often its revocation lists are made, and how long they are good.
    :ivar crl_uris: where they are found. ``{generation}`` in it stands for the number of the key that signs them, and
        ``{part}`` for that of the distribution point; the first is always needed, the second where there are parts.
    :ivar delta_uris: the same of the delta lists.
    :ivar crl_parts: how many distribution points share the revocations; 0 is one list.
    :ivar ocsp_uris: where its responder is found; ``{generation}`` as before, if it is wanted.
    :ivar ca_issuers_uris: where its own certificate is found; the same.
    :ivar profiles: the names of the ready profiles that it issues under.
    :ivar own_profiles: the texts of further ones (TOML).
    :ivar publishers: the names of the places where certificates and lists are published.
    :ivar is_production: that its certificates are meant seriously: its key then is in hardware, with the exceptions of
        the next field.
    :ivar software_signers: the names of software tokens that may hold the key nevertheless, as
        :attr:`DeviceInfo.name <gmpki.tokens.interfaces.DeviceInfo.name>` has them; "software-key" for keys in no token.
    :ivar lease_s: after how many seconds an order that was begun and not finished is given up.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when a value is impossible.
    :raises ProfileError: when a text is no profile, or two have one name.
    """

    lists: ListRules = field(default_factory=ListRules)
    crl_uris: tuple[str, ...] = ()
    delta_uris: tuple[str, ...] = ()
    crl_parts: int = 0
    ocsp_uris: tuple[str, ...] = ()
    ca_issuers_uris: tuple[str, ...] = ()
    profiles: tuple[str, ...] = BUILTIN_PROFILES
    own_profiles: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    is_production: bool = False
    software_signers: tuple[str, ...] = ()
    lease_s: int = 600

    def __post_init__(self) -> None:
        member(self.lists, ListRules, "lists")
        for name in _TUPLES:
            values = getattr(self, name)
            member(values, tuple, name)
            for value in values:
                as_text(value, f"a member of {name}")
        member(self.is_production, bool, "is_production")
        for uri in (*self.crl_uris, *self.delta_uris):
            if GENERATION not in uri:
                # Else a list of one key, which says nothing of a certificate under another, passes for the right one.
                raise InvalidInputError(f"the lists of each key have an address of their own: {GENERATION} in it")
        self.addresses(1)
        self.delta_addresses(1)
        if self.crl_parts and not self.crl_uris:
            raise InvalidInputError("lists that are divided are told apart by their addresses: there are none")
        number(self.lease_s, 10, _MAX_LEASE_S, "lease_s")
        for name in self.publishers:
            if not _PUBLISHER.fullmatch(name):
                raise InvalidInputError("the name of a publisher is 1 to 64 lower-case letters, digits and hyphens")
        if len(set(self.publishers)) != len(self.publishers):
            raise InvalidInputError("a publisher is named twice")
        self.profile_set()

    def addresses(self, generation: int) -> Addresses:
        """Return where what belongs to certificates under one key is found.

        :raises InvalidInputError: when an address is no URI.
        """
        of = partial(_filled, generation)
        return Addresses(of(self.crl_uris), of(self.ocsp_uris), of(self.ca_issuers_uris), crl_parts=self.crl_parts)

    def delta_addresses(self, generation: int) -> Addresses:
        """Return where the delta lists of one key are found.

        :raises InvalidInputError: when an address is no URI.
        """
        return Addresses(_filled(generation, self.delta_uris), crl_parts=self.crl_parts)

    def profile_set(self) -> dict[str, Profile]:
        """Return the profiles by their names.

        :raises InvalidInputError: when there is no ready profile of a name.
        :raises ProfileError: when a text is no profile, or two have one name.
        """
        for name in self.profiles:
            if name not in BUILTIN_PROFILES:
                raise InvalidInputError(f"there is no ready profile {name[:80]!r}; put its text into own_profiles")
        found: dict[str, Profile] = {}
        for profile in (
            *(load_profile(name) for name in self.profiles),
            *(Profile.from_toml(text, what=f"own profile {at}") for at, text in enumerate(self.own_profiles, 1)),
        ):
            if profile.name in found:
                raise ProfileError(f"two profiles are called {profile.name}")
            found[profile.name] = profile
        return found

    def to_json(self) -> str:
        """Return the settings as JSON with sorted names."""
        said = asdict(self)
        said["lists"]["at_once"] = sorted(int(reason) for reason in self.lists.at_once)
        return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> AuthoritySettings:
        """Read settings; what is not said is as by default.

        :param text: one JSON object, at most 1 MiB.
        :raises InvalidTypeError: when text is no ``str``, or a value has the wrong type.
        :raises InvalidInputError: when it is no such object, or a name or value is impossible.
        :raises ProfileError: when a text is no profile, or two have one name.
        """
        if len(as_text(text, "the settings")) > _MAX_LEN:
            raise InvalidInputError(f"settings have at most {_MAX_LEN} characters")
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            raise InvalidInputError("the settings are no JSON") from None
        values = _values(found, cls, "settings")
        if "lists" in values:
            lists = _values(values["lists"], ListRules, "rules of lists")
            if "at_once" in lists:
                lists["at_once"] = _reasons(lists["at_once"])
            values["lists"] = ListRules(**lists)
        return cls(**values)


def _filled(generation: int, templates: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(template.replace(GENERATION, str(generation)) for template in templates)


def _values(found: object, kind: type, what: str) -> dict[str, Any]:
    """Return what an object of JSON says about the fields of a class."""
    if not isinstance(found, dict):
        raise InvalidTypeError(f"the {what} are no JSON object")
    known = {each.name for each in fields(kind)}
    for name in found:
        if name not in known:
            raise InvalidInputError(f"the {what} have no {name[:80]!r}; there are {', '.join(sorted(known))}")
    return {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}


def _reasons(found: object) -> frozenset[ReasonCode]:
    if not isinstance(found, tuple):
        raise InvalidTypeError("at_once is a list of the numbers of reasons")
    for value in found:
        number(value, 0, 10, "a reason")
    try:
        return frozenset(ReasonCode(value) for value in found)
    except ValueError:
        raise InvalidInputError("at_once: 7 is no reason (RFC 5280 5.3.1)") from None
