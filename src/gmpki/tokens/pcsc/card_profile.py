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
from gmpki.errors import InvalidInputError, InvalidTypeError, ProfileError
from gmpki.tokens.pcsc.command_table import COMMANDS
from gmpki.tokens.pcsc.status_words import MEANINGS
from gmpki.x509._toml_table import Table, read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CardProfile", "PinForm", "PinPadding"]

_FORMAT: Final = 1
_MAX_TEXT_LEN: Final = 65536
_MAX_LINE_LEN: Final = 300
_CONFIDENCE: Final = ("A", "B", "C", "D")
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
        if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,63}", as_text(self.name, "name")):
            raise InvalidInputError("the name of a profile has 1 to 64 small letters, digits, '.' and '-'")
        _line(self.title, "title")
        member(self.pin_form, PinForm, "pin_form")
        member(self.pin_padding, PinPadding, "pin_padding")
        member(self.extended, bool, "extended")
        member(self.confirmed_on_hardware, bool, "confirmed_on_hardware")
        number(self.max_data_len, 16, 65535, "max_data_len")
        number(self.signing_flag, 0, 1, "signing_flag")
        if as_text(self.confidence, "confidence") not in _CONFIDENCE:
            raise InvalidInputError(f"confidence is one of {', '.join(_CONFIDENCE)}")
        for name in ("missing", "manufacturers", "sources", "notes"):
            member(getattr(self, name), tuple, name)
            for text in iterated(getattr(self, name), name):
                _line(text, name)
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
        from importlib.resources import files

        if as_text(name, "name") not in cls.shipped_names():
            raise InvalidInputError(f"there are the card profiles {', '.join(cls.shipped_names())}, not {name[:100]!r}")
        return cls.from_toml((files("gmpki.data") / "pcsc" / f"{name}.toml").read_text(encoding="utf-8"))

    @staticmethod
    def shipped_names() -> tuple[str, ...]:
        """Return the names of the profiles that come with gmpki."""
        from importlib.resources import files

        listed = (files("gmpki.data") / "pcsc").iterdir()
        return tuple(sorted(path.name.removesuffix(".toml") for path in listed if path.name.endswith(".toml")))

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
        if len(as_text(text, "text")) > _MAX_TEXT_LEN:
            raise ProfileError(f"a profile has at most {_MAX_TEXT_LEN} characters")
        table = read_toml(text, "the card profile")
        table.number("format", _FORMAT, _FORMAT)
        forms = {form.value: form for form in PinForm}
        paddings = {padding.value: padding for padding in PinPadding}
        try:
            profile = cls(
                name=table.text("name"),
                title=table.text("title", "", max_len=_MAX_LINE_LEN),
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
                confidence=table.choice("confidence", _CONFIDENCE, "D"),
                confirmed_on_hardware=table.boolean("confirmed_on_hardware", False),
            )
        except (InvalidInputError, InvalidTypeError) as error:
            if isinstance(error, ProfileError):
                raise
            raise ProfileError(f"the card profile: {error}") from None
        table.end()
        return profile


def _line(value: str, name: str) -> None:
    if len(as_text(value, name)) > _MAX_LINE_LEN or not value.isprintable():
        raise InvalidInputError(f"{name}: one line of at most {_MAX_LINE_LEN} characters expected")


def _texts(table: Table, key: str) -> dict[str, str]:
    inner = table.table(key)
    return {} if inner is None else inner.texts()


def _numbers(table: Table, key: str, form: re.Pattern[str]) -> dict[str, int]:
    return {name: _hex(text, form) for name, text in _texts(table, key).items()}


def _words(table: Table) -> list[tuple[str, int]]:
    return [(meaning, _hex(word, _WORD)) for word, meaning in _texts(table, "words").items()]


def _hex(text: str, form: re.Pattern[str]) -> int:
    if not form.fullmatch(text):
        raise InvalidInputError("a number of a command is written as 0x and 2 hex digits, a status word with 4")
    return int(text, 16)
