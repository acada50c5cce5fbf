"""What is known of a kind of card, and what nobody has confirmed: numbers of commands, forms of PINs, status words.

>>> from gmpki.tokens.pcsc.card_profile import CardProfile
>>> CardProfile.shipped("gmpki").pin_form.value
'sm2'
>>> CardProfile.shipped("gmt0017").confidence
'C'
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, iterated, member, number
from gmpki.errors import InvalidInputError
from gmpki.tokens._profile_files import (
    CONFIDENCE,
    MAX_LINE_LEN,
    check_line,
    check_name,
    errors_of,
    inner_texts,
    read_profile,
    shipped_names,
    shipped_text,
)
from gmpki.tokens.pcsc.command_table import COMMANDS
from gmpki.tokens.pcsc.status_words import MEANINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gmpki.x509._toml_table import Table

__all__ = ["CardProfile", "PinForm", "PinPadding"]

_FORMAT: Final = 1
_BYTE: Final = re.compile(r"0x[0-9A-Fa-f]{2}")
_WORD: Final = re.compile(r"0x[0-9A-Fa-f]{4}")


class PinForm(enum.Enum):
    """How a PIN reaches the card."""

    SM2 = "sm2"
    """Encrypted to a key that the card gives out, with the card's challenge: the software card's own form."""
    SHA1_CHALLENGE = "sha1-challenge"
    """The challenge encrypted with SM4 under the first 16 bytes of SHA-1 of the PIN (confidence C). Only VerifyPIN has
    this form; how the others are protected no source says."""


class PinPadding(enum.Enum):
    """What follows the challenge of 8 bytes to the block of 16 in the form SHA1_CHALLENGE (confidence D)."""

    ZEROS = "zeros"
    MARKED = "marked"
    """80, then zeros."""


@dataclass(frozen=True, slots=True)
class CardProfile:
    """What is known of a kind of card. Immutable.

    :ivar name: short, in small letters, digits and "-".
    :ivar pin_form: how PINs reach it.
    :ivar pin_padding: in the form SHA1_CHALLENGE.
    :ivar extended: whether it takes commands of the extended form; else long data are chained.
    :ivar max_data_len: of one command, 16 to 65,535 bytes.
    :ivar signing_flag: P1 of the commands that ask for the signing pair; 0 or 1. The other pair has the other value.
    :ivar commands: the number of each command that has another than :data:`~.command_table.COMMANDS` says.
    :ivar missing: commands that it does not have.
    :ivar words: the meaning of each status word that has another than the common one.
    :ivar manufacturers: what GetDevInfo says of cards of this kind.
    :ivar sources: where all this is from.
    :ivar confidence: "A" to "D".
    :ivar confirmed_on_hardware: whether somebody has tried it with a card.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when one has a value that is not possible.
    """

    name: str = "unknown"
    title: str = ""
    pin_form: PinForm = PinForm.SHA1_CHALLENGE
    pin_padding: PinPadding = PinPadding.ZEROS
    extended: bool = True
    max_data_len: int = 4096
    signing_flag: int = 1
    commands: Mapping[str, int] = field(default_factory=dict, hash=False)
    missing: tuple[str, ...] = ()
    words: Mapping[int, str] = field(default_factory=dict, hash=False)
    manufacturers: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    confidence: str = "D"
    confirmed_on_hardware: bool = False

    def __post_init__(self) -> None:
        check_name(self.name, "profile")
        check_line(self.title, "title")
        member(self.pin_form, PinForm, "pin_form")
        member(self.pin_padding, PinPadding, "pin_padding")
        member(self.extended, bool, "extended")
        member(self.confirmed_on_hardware, bool, "confirmed_on_hardware")
        number(self.max_data_len, 16, 65535, "max_data_len")
        number(self.signing_flag, 0, 1, "signing_flag")
        if as_text(self.confidence, "confidence") not in CONFIDENCE:
            raise InvalidInputError(f"confidence is one of {', '.join(CONFIDENCE)}")
        for name in ("missing", "manufacturers", "sources", "notes"):
            member(getattr(self, name), tuple, name)
            for text in iterated(getattr(self, name), name):
                check_line(text, name)
        member(self.commands, dict, "commands")
        member(self.words, dict, "words")
        for command in (*self.commands, *self.missing):
            if as_text(command, "a command") not in COMMANDS:
                raise InvalidInputError(f"{command[:100]!r} is no command")
        for ins in self.commands.values():
            number(ins, 0, 0xFF, "the number of a command")
        for word, meaning in self.words.items():
            number(word, 0x6001, 0x9FFF, "a status word")
            if as_text(meaning, "a meaning") not in MEANINGS:
                raise InvalidInputError(f"a status word means one of {', '.join(MEANINGS)}")

    @classmethod
    def shipped(cls, name: str) -> CardProfile:
        """Return a profile that comes with gmpki.

        :raises InvalidTypeError: when name is no text.
        :raises InvalidInputError: when there is none of this name.
        """
        if as_text(name, "name") not in cls.shipped_names():
            raise InvalidInputError(f"there are the card profiles {', '.join(cls.shipped_names())}, not {name[:100]!r}")
        return cls.from_toml(shipped_text("pcsc", name))

    @staticmethod
    def shipped_names() -> tuple[str, ...]:
        """Return the names of the profiles that come with gmpki."""
        return shipped_names("pcsc")

    @classmethod
    def for_manufacturer(cls, manufacturer: str) -> CardProfile:
        """Return the profile of the cards of a manufacturer, that of the digested sources where there is none."""
        for name in cls.shipped_names():
            profile = cls.shipped(name)
            if manufacturer in profile.manufacturers:
                return profile
        return cls.shipped("gmt0017")

    @classmethod
    def from_toml(cls, text: str) -> CardProfile:
        """Read a profile.

        :param text: at most 65536 characters.
        :raises InvalidTypeError: when text is no text.
        :raises ProfileError: when it is no TOML or holds what a profile does not; the message names line and key.
        """
        table = read_profile(text, "the card profile")
        table.number("format", _FORMAT, _FORMAT)
        forms = {form.value: form for form in PinForm}
        paddings = {padding.value: padding for padding in PinPadding}
        with errors_of("the card profile"):
            profile = cls(
                name=table.text("name"),
                title=table.text("title", "", max_len=MAX_LINE_LEN),
                pin_form=forms[table.choice("pin_form", forms)],
                pin_padding=paddings[table.choice("pin_padding", paddings, "zeros")],
                extended=table.boolean("extended", True),
                max_data_len=table.number("max_data_len", 16, 65535, 4096),
                signing_flag=table.number("signing_flag", 0, 1, 1),
                commands=_numbers(table, "commands", _BYTE),
                missing=table.items("missing", str, max_items=200),
                words={word: meaning for meaning, word in _words(table)},
                manufacturers=table.items("manufacturers", str),
                sources=table.items("sources", str),
                notes=table.items("notes", str),
                confidence=table.choice("confidence", CONFIDENCE, "D"),
                confirmed_on_hardware=table.boolean("confirmed_on_hardware", False),
            )
        table.end()
        return profile


def _numbers(table: Table, key: str, form: re.Pattern[str]) -> dict[str, int]:
    return {name: _hex(text, form) for name, text in inner_texts(table, key).items()}


def _words(table: Table) -> list[tuple[str, int]]:
    return [(meaning, _hex(word, _WORD)) for word, meaning in inner_texts(table, "words").items()]


def _hex(text: str, form: re.Pattern[str]) -> int:
    if not form.fullmatch(text):
        raise InvalidInputError("a number of a command is written as 0x and 2 hex digits, a status word with 4")
    return int(text, 16)
