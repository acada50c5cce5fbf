"""The objects of a PDF file, read strictly and with their places.

Signatures are checked against the very bytes of the file, so this reader tells where a string stands, refuses what two
programs may read differently (a key twice in a dictionary, a stream of another length than it says) and has bounds
against hostile input. It repairs nothing.

Names are :class:`Name`, strings ``bytes`` (those in hexadecimal :class:`HexString`), numbers ``int`` or
:class:`Real`, references :class:`Reference`; ``None`` is null.

:standard: ISO 32000-1 7.2 and 7.3
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from gmpki.errors import DecodeError, LimitExceeded

__all__ = [
    "WHITE",
    "HexString",
    "Name",
    "Real",
    "Reference",
    "Stream",
    "read_value",
    "references",
    "same",
    "shown",
    "skip_white",
]

MAX_DEPTH: Final = 64
"""How deep arrays and dictionaries may lie in each other."""
MAX_NUMBER_LEN: Final = 32
MAX_NAME_LEN: Final = 1024
MAX_OBJECT_NUMBER: Final = 8_388_607
"""The largest object number, of ISO 32000-1 annex C."""

WHITE: Final = b"\x00\t\n\x0c\r "
# A comment runs to the end of its line: the look-ahead leaves one way to match it, whatever it consists of.
_SKIP: Final = re.compile(rb"[\x00\t\n\x0c\r ]*(?:%[^\r\n]*(?![^\r\n])[\x00\t\n\x0c\r ]*)*")
_REGULAR: Final = rb"[^\x00\t\n\x0c\r ()<>\[\]{}/%]"
# What most of a file consists of. A reference comes before a number, which it begins with.
_TOKEN: Final = re.compile(
    rb"[\x00\t\n\x0c\r ]*(?:"
    rb"/(" + _REGULAR + rb"*)"
    rb"|(\d{1,10})[\x00\t\n\x0c\r ]+(\d{1,5})[\x00\t\n\x0c\r ]+R(?!" + _REGULAR + rb")"
    rb"|([+-]?\d{1,32})(?!" + _REGULAR + rb")"
    rb"|(<<)|(>>)|(\[)|(\])"
    rb")"
)
_NAME, _REFERENCE, _INTEGER, _OPEN_DICTIONARY, _CLOSE_DICTIONARY, _OPEN_ARRAY = 1, 3, 4, 5, 6, 7
_WORD: Final = re.compile(_REGULAR + rb"+")
_REAL: Final = re.compile(rb"[+-]?(?:\d+\.\d*|\.\d+)\Z")
_HEX: Final = re.compile(rb"<([0-9A-Fa-f\x00\t\n\x0c\r ]*)>")
_ESCAPED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_SPECIAL: Final = re.compile(rb"[()\\]")
_STRING_ESCAPE: Final = re.compile(rb"\\([nrtbf()\\]|[0-7]{1,3}|\r\n|\r|\n|)|\r\n?")
_ESCAPES: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


class Name(str):
    """A name, without its slash."""

    __slots__ = ()


class Real(float):
    """A number with a point, which is never the same as an integer."""

    __slots__ = ()


class HexString(bytes):
    """A string that stands in hexadecimal in the file.

    :ivar start: where its ``<`` stands.
    :ivar end: behind its ``>``.
    """

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reference:
    """The name of an indirect object. Immutable."""

    number: int
    generation: int

    def __str__(self) -> str:
        return f"{self.number} {self.generation} R"


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream: its dictionary, and where its bytes lie in the file. Immutable."""

    dictionary: dict[str, Any]
    start: int
    end: int


def skip_white(data: bytes, at: int) -> int:
    """Return where the next byte stands that is neither white space nor a comment."""
    found = _SKIP.match(data, at)
    return at if found is None else found.end()


def read_value(data: bytes, at: int) -> tuple[Any, int]:
    """Read a value that is not a stream.

    :returns: the value, and where it ends.
    :raises DecodeError: when there is none, or it is malformed, or a dictionary has a key twice.
    :raises LimitExceeded: when it lies too deep, or a name or a number is too long.
    """
    # What is open: an array with None, or a dictionary with the key whose value comes next, or with None.
    stack: list[tuple[list[Any] | dict[str, Any], Name | None]] = []
    value: Any
    while True:
        found = _TOKEN.match(data, at)
        if found is None:
            at = skip_white(data, at)
            found = _TOKEN.match(data, at)  # behind a comment
        if found is None:
            value, at = _other(data, at)
        else:
            kind, at = found.lastindex, found.end()
            if kind == _NAME:
                value = _name(found[_NAME], at)
            elif kind == _REFERENCE:
                value = _reference(int(found[_REFERENCE - 1]), int(found[_REFERENCE]))
            elif kind == _INTEGER:
                value = int(found[_INTEGER])
            elif kind in (_OPEN_DICTIONARY, _OPEN_ARRAY):
                if len(stack) == MAX_DEPTH:
                    raise LimitExceeded(f"arrays and dictionaries lie more than {MAX_DEPTH} deep in each other")
                stack.append(({} if kind == _OPEN_DICTIONARY else [], None))
                continue
            else:
                value = _closed(stack, dict if kind == _CLOSE_DICTIONARY else list, at)
        if not stack:
            return value, at
        _place(stack, value, at)


def _place(stack: list[tuple[list[Any] | dict[str, Any], Name | None]], value: Any, at: int) -> None:
    """Put a value into what is open: as an element, a key, or what a key has.

    :raises DecodeError: when it can be no key.
    """
    container, key = stack[-1]
    if isinstance(container, list):
        container.append(value)
    elif key is not None:
        container[key] = value
        stack[-1] = (container, None)
    elif isinstance(value, Name) and value not in container:
        stack[-1] = (container, value)
    else:
        said = f"the key {shown(value)} twice" if isinstance(value, Name) else "a key that is no name"
        raise DecodeError(f"a dictionary has {said}", offset=at)


def _closed(stack: list[tuple[list[Any] | dict[str, Any], Name | None]], kind: type, at: int) -> Any:
    """Take what is closed from the stack."""
    if not stack or not isinstance(stack[-1][0], kind) or stack[-1][1] is not None:
        raise DecodeError("an array or a dictionary ends where none can", offset=at)
    container = stack.pop()[0]
    if isinstance(container, dict) and None in container.values():
        # A value that is null is the same as none: ISO 32000-1 7.3.7.
        return {key: value for key, value in container.items() if value is not None}
    return container


def _reference(number: int, generation: int) -> Reference:
    if number > MAX_OBJECT_NUMBER:
        raise LimitExceeded(f"object {number}: numbers of objects go to {MAX_OBJECT_NUMBER}")
    return Reference(number, generation)


def _name(encoded: bytes, at: int) -> Name:
    if len(encoded) > MAX_NAME_LEN:
        raise LimitExceeded(f"a name of {len(encoded)} bytes, at byte {at}")
    if b"#" in encoded:
        encoded = _ESCAPED.sub(lambda escape: bytes.fromhex(escape[1].decode()), encoded)
    # Bytes that are no UTF-8 stay told apart; nothing is done with them but to compare them.
    return Name(encoded.decode("utf-8", "surrogateescape"))


def _other(data: bytes, at: int) -> tuple[Any, int]:
    """Read a string, or a word: a number with a point, true, false, null."""
    first = data[at : at + 1]
    if first == b"(":
        return _literal_string(data, at)
    if first == b"<" and data[at + 1 : at + 2] != b"<":
        return _hex_string(data, at)
    return _word(data, at)


def _word(data: bytes, at: int) -> tuple[Any, int]:
    """Read a number with a point, true, false or null."""
    found = _WORD.match(data, at)
    if found is None:
        raise DecodeError("a value is expected", offset=at)
    word = found[0]
    if word in (b"true", b"false"):
        return word == b"true", found.end()
    if word == b"null":
        return None, found.end()
    if len(word) <= MAX_NUMBER_LEN and _REAL.match(word):
        return Real(word), found.end()
    raise DecodeError(f"{word[:16]!r} is no value", offset=at)


def _hex_string(data: bytes, at: int) -> tuple[HexString, int]:
    found = _HEX.match(data, at)
    if found is None:
        raise DecodeError("a string in hexadecimal is malformed", offset=at)
    digits = found[1].translate(None, WHITE)
    value = HexString(bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode()))
    value.start, value.end = found.span()
    return value, found.end()


def _literal_string(data: bytes, at: int) -> tuple[bytes, int]:
    open_ones = 0
    position = at
    while True:
        found = _SPECIAL.search(data, position)
        if found is None:
            raise DecodeError("a string does not end", offset=at)
        position = found.end()
        if found[0] == b"\\":
            position += 1
            continue
        open_ones += 1 if found[0] == b"(" else -1
        if not open_ones:
            break
    return _STRING_ESCAPE.sub(_unescaped, data[at + 1 : position - 1]), position


def _unescaped(escape: re.Match[bytes]) -> bytes:
    what = escape[1]
    if what is None:  # an end of line, which is a line feed however it is written
        return b"\n"
    if what[:1].isdigit():
        return bytes((int(what, 8) & 0xFF,))
    if what[:1] in b"\r\n":  # a line that goes on; or a backslash before anything else, which means nothing
        return b""
    return _ESCAPES.get(what, what)


def shown(name: object) -> str:
    """Return a name or another short text for messages: printable, and not long."""
    text = str(name)[:64]
    return text if text.isprintable() else ascii(text)[1:-1]


def references(value: Any) -> set[int]:
    """Return the numbers of the objects that a value refers to."""
    found: set[int] = set()
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, Reference):
            found.add(item.number)
        elif isinstance(item, list):
            pending.extend(item)
        elif isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, Stream):
            pending.append(item.dictionary)
    return found


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same; true is not 1, and 1 is not 1.0."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bytes) and isinstance(other, bytes):
        return one == other
    return type(one) is type(other) and bool(one == other)
