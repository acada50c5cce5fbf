"""The grammar of written names: RFC 4514 section 3, with quotes and spaces as older programs write them."""

from __future__ import annotations

from typing import Final, NamedTuple

from gmpki.asn1 import der
from gmpki.errors import InvalidInputError

__all__ = ["Part", "parse_rdns"]

_HEX: Final = frozenset("0123456789abcdefABCDEF")
_TYPE: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.")


class Part(NamedTuple):
    """One attribute as it was written: its text, or the DER of its value when that was given in hexadecimal."""

    type_name: str
    text: str
    encoded: bytes | None
    position: int


def parse_rdns(text: str) -> list[list[Part]]:
    """Split a written name into its sets of attributes, in the order written; nothing but spaces is no set at all.

    :raises InvalidInputError: when it is not of the grammar, with the character counted from 0.
    """
    separator = "/" if text.startswith("/") else ","
    position = 1 if separator == "/" else 0
    if not text[position:].strip(" "):
        return []
    rdns: list[list[Part]] = [[]]
    while True:
        part, position = _part(text, position, separator)
        rdns[-1].append(part)
        if position == len(text):
            return rdns
        if text[position] == separator:
            rdns.append([])
        position += 1


def _error(message: str, position: int) -> InvalidInputError:
    return InvalidInputError(f"{message} at character {position} of the name")


def _skip_spaces(text: str, position: int) -> int:
    while position < len(text) and text[position] == " ":
        position += 1
    return position


def _part(text: str, position: int, separator: str) -> tuple[Part, int]:
    """Read ``TYPE=value`` at a position; return it and where the separator after it stands."""
    position = _skip_spaces(text, position)
    start = position
    while position < len(text) and text[position] in _TYPE:
        position += 1
    type_name = text[start:position]
    position = _skip_spaces(text, position)
    if not type_name or position == len(text) or text[position] != "=":
        hint = "; a slash inside a value is written \\/" if separator == "/" and start > 1 else ""
        raise _error(f"a type and an equals sign, such as CN=, expected{hint}", start)
    position = _skip_spaces(text, position + 1)
    if position < len(text) and text[position] == "#":
        encoded, position = _hexadecimal(text, position + 1)
        value = ""
    elif position < len(text) and text[position] == '"':
        value, position = _quoted(text, position)
        encoded = None
    else:
        value, position = _plain(text, position, separator)
        encoded = None
    position = _skip_spaces(text, position)
    if position < len(text) and text[position] not in (separator, "+"):
        raise _error(f"{separator} or + expected", position)
    return Part(type_name, value, encoded, start), position


def _hexadecimal(text: str, position: int) -> tuple[bytes, int]:
    start = position
    while position < len(text) and text[position] in _HEX:
        position += 1
    if position == start or (position - start) % 2:
        raise _error("pairs of hexadecimal digits expected after #", start)
    try:
        with der.Reader(bytes.fromhex(text[start:position])) as reader:
            return reader.raw_element(), position
    except InvalidInputError as error:
        raise _error(f"the value in hexadecimal is not one DER element: {error}", start) from None


def _quoted(text: str, position: int) -> tuple[str, int]:
    start = position
    collected = bytearray()
    position += 1
    while position < len(text) and text[position] != '"':
        position = _character(text, position, collected)
    if position == len(text):
        raise _error("the quotation mark has no end", start)
    return _decoded(collected, start), position + 1


def _plain(text: str, position: int, separator: str) -> tuple[str, int]:
    start = position
    collected = bytearray()
    kept = 0  # spaces behind this point belong to the text around the value, unless they are escaped
    while position < len(text) and text[position] not in (separator, "+"):
        character = text[position]
        if character in '";<>' and separator == ",":
            raise _error(f"{character} in a value is written \\{character},", position)
        position = _character(text, position, collected)
        if character != " ":
            kept = len(collected)
    return _decoded(collected[:kept], start), position


def _character(text: str, position: int, collected: bytearray) -> int:
    """Append one character, which may be escaped, in UTF-8; return where the next one stands."""
    character = text[position]
    if character == "\\":
        escaped = text[position + 1 : position + 3]
        if len(escaped) == 2 and _HEX.issuperset(escaped):
            collected.append(int(escaped, 16))
            return position + 3
        if not escaped or escaped[0].isalnum():
            raise _error("a backslash is followed by a special character or two hexadecimal digits", position)
        character = escaped[0]
        position += 1
    try:
        collected += character.encode("utf-8")
    except UnicodeEncodeError:
        raise _error("half of a surrogate pair", position) from None
    return position + 1


def _decoded(collected: bytes | bytearray, start: int) -> str:
    try:
        return collected.decode("utf-8")
    except UnicodeDecodeError:
        raise _error("the escaped bytes of this value are not UTF-8", start) from None
