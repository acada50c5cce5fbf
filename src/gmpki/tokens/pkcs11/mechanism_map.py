"""Which numbers a module has for SM2, SM3 and SM4, for which PKCS #11 has none: presets, files, and finding out.

>>> from gmpki.tokens.pkcs11.mechanism_map import MechanismMap
>>> ours = MechanismMap.shipped("gmpki")
>>> hex(ours.mechanisms["sm2-sign"])
'0xc0474d02'
>>> MechanismMap.probe(ours.mechanisms.values()).name
'gmpki'
>>> MechanismMap.from_toml(ours.to_toml()) == ours
True
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, iterated, member
from gmpki.errors import InvalidInputError
from gmpki.tokens._profile_files import (
    CONFIDENCE,
    MAX_LINE_LEN,
    check_line,
    check_name,
    errors_of,
    read_profile,
    shipped_text,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from gmpki.x509._toml_table import Table

__all__ = ["MECHANISMS", "SHIPPED", "MechanismMap"]

MECHANISMS: Final = {
    "sm2-key-pair-gen": "a pair, without parameter",
    "sm2-sign": "e to r, s in 64 bytes",
    "sm2-sign-der": "e to DER",
    "sm2-sm3-sign": "a message, hashed with ZA in the token, to r, s in 64 bytes",
    "sm2-sm3-sign-der": "the same to DER",
    "sm2-encrypt": "04, x, y, C3, C2",
    "sm2-encrypt-der": "the same as DER",
    "sm2-exchange": "C_DeriveKey with CK_GMPKI_SM2_EXCHANGE_PARAMS",
    "sm2-enveloped-key": "C_UnwrapKey of the DER of SM2EnvelopedKey",
    "sm3": "the digest",
    "sm3-hmac": "HMAC",
    "sm3-rsa-sign": "PKCS #1 v1.5 with SM3",
    "sm4-key-gen": "a key of 16 bytes",
    "sm4-ecb": "whole blocks",
    "sm4-ecb-pad": "any length",
    "sm4-cbc": "whole blocks, the iv as parameter",
    "sm4-cbc-pad": "any length, the iv as parameter",
    "sm4-cfb": "any length, the iv as parameter",
    "sm4-ofb": "any length, the iv as parameter",
    "sm4-ctr": "any length, the counter block as parameter",
    "sm4-mac": "the last block of CBC",
    "sm1-ecb": "whole blocks",
    "sm1-cbc": "whole blocks, the iv as parameter",
}
"""The names of mechanisms in a map, and what each does."""

SHIPPED: Final = ("gmpki", "haitai", "westone", "swpkcs11", "ibm-ep11", "smw", "standard")
"""The presets, in the order in which :meth:`MechanismMap.probe` prefers them."""

_KEY_TYPES: Final = ("sm2", "sm4", "sm1")
_ATTRIBUTES: Final = ("x", "y", "private", "bits")
_MAX_NUMBER: Final = 0xFFFFFFFF
_FITS: Final = 0.5


@dataclass(frozen=True, slots=True)
class MechanismMap:
    """The numbers of a family of modules. Immutable.

    :ivar mechanisms: by names of :data:`MECHANISMS`.
    :ivar key_types: "sm2", "sm4" and "sm1"; a module without an own type for SM2 keys has them as CKK_EC on that curve.
    :ivar attributes: "x", "y", "private" and "bits", where a family keeps the numbers of an SM2 key apart in attributes
        of its own; empty for those that have CKA_EC_PARAMS, CKA_EC_POINT and CKA_VALUE.
    :ivar source: where the numbers are from.
    :ivar confidence: "A" to "D": from written by its maker and used, to not verified.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when a name is not known, a number has more than 32 bits, or attributes are not all
        there or none.
    """

    name: str
    mechanisms: Mapping[str, int] = field(default_factory=dict, hash=False)
    key_types: Mapping[str, int] = field(default_factory=dict, hash=False)
    attributes: Mapping[str, int] = field(default_factory=dict, hash=False)
    source: str = ""
    confidence: str = "D"
    note: str = ""

    def __post_init__(self) -> None:
        for name in ("name", "source", "confidence", "note"):
            check_line(getattr(self, name), name)
        check_name(self.name, "map")
        if self.confidence not in CONFIDENCE:
            raise InvalidInputError(f"confidence is one of {', '.join(CONFIDENCE)}")
        _check_numbers(self.mechanisms, MECHANISMS, "mechanisms")
        _check_numbers(self.key_types, _KEY_TYPES, "key_types")
        _check_numbers(self.attributes, _ATTRIBUTES, "attributes")
        if self.attributes and set(self.attributes) != set(_ATTRIBUTES):
            raise InvalidInputError(f"attributes are all of {', '.join(_ATTRIBUTES)}, or none")

    # ---- finding out --------------------------------------------------------------------
    @staticmethod
    def probe(offered: Iterable[int]) -> MechanismMap:
        """Return the preset that fits the mechanisms which a token lists best; "standard" when none does.

        A preset fits when the token lists half of its numbers or more; of several, the one with the most.

        :param offered: the numbers that C_GetMechanismList gives.
        :raises InvalidTypeError: when it is no sequence.
        """
        listed = set(iterated(offered, "offered"))
        presets = [MechanismMap.shipped(name) for name in SHIPPED]
        shares = [
            (len(listed & numbers) / len(numbers) if numbers else 0.0, len(listed & numbers))
            for numbers in (set(preset.mechanisms.values()) for preset in presets)
        ]
        best = max(range(len(presets)), key=shares.__getitem__)
        return presets[best] if shares[best][0] >= _FITS else presets[SHIPPED.index("standard")]

    def offered(self, listed: Collection[int]) -> MechanismMap:
        """Return the map with only the mechanisms that a token lists."""
        kept = {name: number for name, number in self.mechanisms.items() if number in listed}
        return MechanismMap(self.name, kept, self.key_types, self.attributes, self.source, self.confidence, self.note)

    # ---- TOML ---------------------------------------------------------------------------
    @classmethod
    def shipped(cls, name: str) -> MechanismMap:
        """Return a preset of :data:`SHIPPED`.

        :raises InvalidTypeError: when name is no text.
        :raises InvalidInputError: when there is none of this name.
        """
        if as_text(name, "name") not in SHIPPED:
            raise InvalidInputError(f"there is no mechanism map {name[:80]!r}; there are {', '.join(SHIPPED)}")
        return _shipped(name)

    @classmethod
    def from_toml(cls, text: str) -> MechanismMap:
        """Read a map.

        :param text: at most 65536 characters.
        :raises InvalidTypeError: when text is no text.
        :raises ProfileError: when it is no TOML or holds what a map does not; the message names line and key.
        """
        table = read_profile(text, "the mechanism map")
        with errors_of("the mechanism map"):
            found = cls(
                name=table.text("name"),
                mechanisms=_numbers(table, "mechanisms", MECHANISMS),
                key_types=_numbers(table, "key_types", _KEY_TYPES),
                attributes=_numbers(table, "attributes", _ATTRIBUTES),
                source=table.text("source", "", max_len=MAX_LINE_LEN),
                confidence=table.choice("confidence", CONFIDENCE, "D"),
                note=table.text("note", "", max_len=MAX_LINE_LEN),
            )
        table.end()
        return found

    def to_toml(self) -> str:
        """Return the map as TOML."""
        texts = {"name": self.name, "source": self.source, "confidence": self.confidence, "note": self.note}
        lines = [f"{key} = {json.dumps(text, ensure_ascii=False)}" for key, text in texts.items()]
        for name in ("key_types", "mechanisms", "attributes"):
            numbers: Mapping[str, int] = getattr(self, name)
            if numbers:
                lines += ["", f"[{name}]", *(f"{key} = 0x{number:08X}" for key, number in numbers.items())]
        return "\n".join(lines) + "\n"


@cache
def _shipped(name: str) -> MechanismMap:
    return MechanismMap.from_toml(shipped_text("pkcs11", name))


def _check_numbers(numbers: Mapping[str, int], known: Collection[str], what: str) -> None:
    member(numbers, dict, what)
    for name, number in numbers.items():
        if as_text(name, f"a name in {what}") not in known:
            raise InvalidInputError(f"{what} has no {name[:80]!r}; known: {', '.join(known)}")
        if type(number) is not int or not 0 <= number <= _MAX_NUMBER:
            raise InvalidInputError(f"{what}: {name} is a number of 32 bits")


def _numbers(table: Table, key: str, known: Collection[str]) -> dict[str, int]:
    inner = table.table(key)
    if inner is None:
        return {}
    found = {name: inner.number(name, 0, _MAX_NUMBER) for name in known if inner.has(name)}
    inner.end(known)
    return found
