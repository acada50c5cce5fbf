"""What is known of a driver: its layout, its numbering of SM2, how it spells functions; read from and written to TOML.

>>> from gmpki.tokens.skf.driver_profile import DriverProfile
>>> profile = DriverProfile.shipped("westone")
>>> profile.layout.name, profile.confirmed_on_hardware
('u64-natural', False)
>>> DriverProfile.from_toml(profile.to_toml()) == profile
True
"""

from __future__ import annotations

import enum
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, iterated, member
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
from gmpki.tokens.skf import header, sar
from gmpki.tokens.skf.layouts import LAYOUTS, Layout

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["DeviceAuthForm", "DriverProfile", "EnvelopeForm", "Quirk", "SM2Numbering"]

_FORMAT: Final = 1
_SYMBOL: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_@]{0,99}")
_CODE: Final = re.compile(r"0x[0-9A-Fa-f]{8}")
_ENCODINGS: Final = ("utf-8", "gb18030")
_ALIGNMENTS: Final = ("right", "left")


class SM2Numbering(enum.Enum):
    """Which identifiers a driver has for signing, exchange and encryption with SM2."""

    STANDARD = "standard"
    """0x20200, 0x20400, 0x20800: GM/T 0006 and GB/T 33560-2017."""
    DRAFT = "draft"
    """0x20100, 0x20200, 0x20400: the drafts of 2009 and 2010."""


class EnvelopeForm(enum.Enum):
    """What stands before the private key in ENVELOPEDKEYBLOB's field of 64 bytes."""

    FIELD = "field"
    """The zeros before it, encrypted with it, where the envelope brings them."""
    NUMBER = "number"
    """Zeros in clear: only the 32 bytes of the number are encrypted."""


class DeviceAuthForm(enum.Enum):
    """How a client answers the device's challenge."""

    STANDARD = "standard"
    """8 random bytes, filled with zeros to a block, one block encrypted: GM/T 0016-2012 8.2.3."""
    RANDOM_16 = "random-16"
    """16 random bytes, one block encrypted (one public client, confidence C)."""
    PADDED = "padded"
    """8 random bytes, filled with zeros to a block, then PKCS#5 padding: two blocks (one public client; C)."""


class Quirk(enum.Enum):
    """What is done differently for a driver."""

    ONE_CALL_AT_A_TIME = "one-call-at-a-time"
    """Calls run one at a time in the whole driver, not only on one device."""
    NO_SIZE_QUERY = "no-size-query"
    """A NULL buffer is not passed; a large one is."""


@dataclass(frozen=True, slots=True)
class DriverProfile:
    """What is known of a driver. Immutable.

    :ivar name: short, in small letters, digits and "-".
    :ivar layout: None finds it out when the driver is loaded.
    :ivar sm2_numbering: None finds it out when a key pair is made.
    :ivar encoding: of names: "utf-8" as in the standard, or "gb18030".
    :ivar rsa_alignment: where an RSA number of less than 2048 bits stands in its field: "right" or "left". Both are
        read (confidence C).
    :ivar spelling: the name in the standard of each function that the driver exports under another.
    :ivar codes: the standard's name of the meaning of each code that the driver uses in its own way.
    :ivar missing: functions that it is known to lack or to refuse.
    :ivar sources: where all this is from.
    :ivar confidence: "A" to "D": from read in a standard and seen in two products to not verified.
    :ivar confirmed_on_hardware: whether somebody has tried it with a device.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when one has a value that is not possible.
    """

    name: str = "unknown"
    title: str = ""
    layout: Layout | None = None
    sm2_numbering: SM2Numbering | None = None
    envelope: EnvelopeForm = EnvelopeForm.FIELD
    device_auth: DeviceAuthForm = DeviceAuthForm.STANDARD
    encoding: str = "utf-8"
    rsa_alignment: str = "right"
    spelling: Mapping[str, str] = field(default_factory=dict, hash=False)
    codes: Mapping[int, str] = field(default_factory=dict, hash=False)
    quirks: frozenset[Quirk] = frozenset()
    missing: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    confidence: str = "D"
    confirmed_on_hardware: bool = False

    def __post_init__(self) -> None:
        for name in ("name", "title", "encoding", "rsa_alignment", "confidence"):
            check_line(getattr(self, name), name)
        check_name(self.name, "profile")
        for optional, kind in ((self.layout, Layout), (self.sm2_numbering, SM2Numbering)):
            if optional is not None:
                member(optional, kind, kind.__name__)
        member(self.envelope, EnvelopeForm, "envelope")
        member(self.device_auth, DeviceAuthForm, "device_auth")
        member(self.confirmed_on_hardware, bool, "confirmed_on_hardware")
        member(self.quirks, frozenset, "quirks")
        for quirk in self.quirks:
            member(quirk, Quirk, "a quirk")
        _one_of(self.encoding, _ENCODINGS, "encoding")
        _one_of(self.rsa_alignment, _ALIGNMENTS, "rsa_alignment")
        _one_of(self.confidence, CONFIDENCE, "confidence")
        for name in ("missing", "sources", "notes"):
            member(getattr(self, name), tuple, name)
            for text in iterated(getattr(self, name), name):
                check_line(text, name)
        self._check_tables()

    def _check_tables(self) -> None:
        member(self.spelling, dict, "spelling")
        member(self.codes, dict, "codes")
        for function, symbol in self.spelling.items():
            _one_of(as_text(function, "a function"), header.functions(), "a function")
            if not _SYMBOL.fullmatch(as_text(symbol, "a symbol")):
                raise InvalidInputError("a symbol has letters, digits, '_' and '@'")
        for function in self.missing:
            _one_of(function, header.functions(), "a function")
        for code, name in self.codes.items():
            if type(code) is not int or not 0 < code <= 0xFFFFFFFF:
                raise InvalidInputError("a code is a number of 32 bits other than 0")
            if not sar.code_of(as_text(name, "the name of a code")):
                raise InvalidInputError("the name of a code is one of the SAR_ names other than SAR_OK")

    # ---- TOML ---------------------------------------------------------------------------
    @classmethod
    def shipped(cls, name: str) -> DriverProfile:
        """Return a profile that comes with gmpki.

        :raises InvalidTypeError: when name is no text.
        :raises InvalidInputError: when there is none of this name.
        """
        _one_of(as_text(name, "name"), cls.shipped_names(), "driver profile")
        return cls.from_toml(shipped_text("skf", name))

    @staticmethod
    def shipped_names() -> tuple[str, ...]:
        """Return the names of the profiles that come with gmpki."""
        return shipped_names("skf")

    @classmethod
    def from_toml(cls, text: str) -> DriverProfile:
        """Read a profile.

        :param text: at most 65536 characters.
        :raises InvalidTypeError: when text is no text.
        :raises ProfileError: when it is no TOML or holds what a profile does not; the message names line and key.
        """
        table = read_profile(text, "the driver profile")
        table.number("format", _FORMAT, _FORMAT)
        layouts = {layout.name: layout for layout in LAYOUTS}
        numberings = {numbering.value: numbering for numbering in SM2Numbering}
        envelopes = {form.value: form for form in EnvelopeForm}
        forms = {form.value: form for form in DeviceAuthForm}
        quirks = {quirk.value: quirk for quirk in Quirk}
        with errors_of("the driver profile"):
            profile = cls(
                name=table.text("name"),
                title=table.text("title", "", max_len=MAX_LINE_LEN),
                layout=layouts[table.choice("layout", layouts)] if table.has("layout") else None,
                sm2_numbering=(
                    numberings[table.choice("sm2_numbering", numberings)] if table.has("sm2_numbering") else None
                ),
                envelope=envelopes[table.choice("envelope", envelopes, "field")],
                device_auth=forms[table.choice("device_auth", forms, "standard")],
                encoding=table.choice("encoding", _ENCODINGS, "utf-8"),
                rsa_alignment=table.choice("rsa_alignment", _ALIGNMENTS, "right"),
                quirks=frozenset(quirks[_known(name, quirks)] for name in table.items("quirks", str)),
                missing=table.items("missing", str, max_items=200),
                sources=table.items("sources", str),
                notes=table.items("notes", str),
                confidence=table.choice("confidence", CONFIDENCE, "D"),
                confirmed_on_hardware=table.boolean("confirmed_on_hardware", False),
                spelling=inner_texts(table, "spelling"),
                codes={_code(code): name for code, name in inner_texts(table, "codes").items()},
            )
        table.end()
        return profile

    def to_toml(self) -> str:
        """Return the profile as TOML."""
        lines = [f"format = {_FORMAT}", f"name = {_quoted(self.name)}", f"title = {_quoted(self.title)}"]
        if self.layout is not None:
            lines.append(f"layout = {_quoted(self.layout.name)}")
        if self.sm2_numbering is not None:
            lines.append(f"sm2_numbering = {_quoted(self.sm2_numbering.value)}")
        texts = {
            "envelope": self.envelope.value,
            "device_auth": self.device_auth.value,
            "encoding": self.encoding,
            "rsa_alignment": self.rsa_alignment,
            "confidence": self.confidence,
        }
        lines += [f"{key} = {_quoted(text)}" for key, text in texts.items()]
        lines.append(f"confirmed_on_hardware = {'true' if self.confirmed_on_hardware else 'false'}")
        lists: dict[str, Collection[str]] = {
            "quirks": sorted(quirk.value for quirk in self.quirks),
            "missing": self.missing,
            "sources": self.sources,
            "notes": self.notes,
        }
        for key, items in lists.items():
            lines += [f"{key} = [", *(f"    {_quoted(item)}," for item in items), "]"] if items else []
        if self.spelling:
            lines += ["", "[spelling]", *(f"{name} = {_quoted(symbol)}" for name, symbol in self.spelling.items())]
        if self.codes:
            lines += ["", "[codes]", *(f"0x{code:08X} = {_quoted(name)}" for code, name in self.codes.items())]
        return "\n".join(lines) + "\n"


def _one_of(value: str, known: Collection[str], name: str) -> None:
    if value not in known:
        shown = f"; known: {', '.join(known)}" if len(known) < 20 else ""
        raise InvalidInputError(f"{name}: {value[:100]!r} is not known{shown}")


def _known(name: str, known: Collection[str]) -> str:
    _one_of(name, known, "quirks")
    return name


def _code(text: str) -> int:
    if not _CODE.fullmatch(text):
        raise InvalidInputError("a code is written as 0x and 8 hex digits")
    return int(text, 16)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
