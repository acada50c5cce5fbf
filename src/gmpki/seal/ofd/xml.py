"""The XML of OFD, read without anything that reaches beyond the bytes: no DTD, no entities, no network, no depth.

Elements are those of lxml. They are looked for by their local name in the namespace of their parent: producers choose
prefixes freely, and older drafts had another namespace.

:standard: GB/T 33190-2016 (namespace, UTF-8); XML 1.0
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from gmpki.errors import DecodeError, LimitExceeded
from gmpki.seal._extras import extra

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "MAX_DEPTH",
    "NAMESPACE",
    "Element",
    "attribute",
    "child",
    "children",
    "elements",
    "local_name",
    "numbers",
    "parse",
    "text_of",
]

Element: TypeAlias = Any  # of lxml, which brings no types

NAMESPACE: Final = "http://www.ofdspec.org/2016"
# Drafts of the standard, and producers that leave the namespace out.
_NAMESPACES: Final = (NAMESPACE, "http://www.ofdspec.org", "")

MAX_DEPTH: Final = 64
"""How deep elements may stand in one another; pages of the field need some ten."""
_MAX_ELEMENTS: Final = 2_000_000
_MAX_ATTRIBUTES: Final = 100  # of one element; the standard defines some twenty
_DECLARATION: Final = re.compile(rb"\A(?:\xef\xbb\xbf)?<\?xml\s")
_MAX_DECLARATION_LEN: Final = 256
_DECLARED: Final = re.compile(rb"encoding\s*=\s*[\"']([^\"']*)[\"']")
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_MAX_NUMBERS: Final = 1_000_000


def parse(data: bytes, *, name: str = "", max_len: int = 32 << 20) -> Element:
    """Return the root element.

    :param name: of the file, for messages.
    :raises DecodeError: when it is not well-formed, not UTF-8, has a DTD, or a root outside the namespace of OFD.
    :raises LimitExceeded: when it is longer than ``max_len`` bytes, or has more elements, attributes or depth than any
        document needs.
    :raises UnsupportedPlatform: when lxml is not installed.
    """
    where = name or "the XML"
    if len(data) > max_len:
        raise LimitExceeded(f"{where} has {len(data)} bytes; {max_len} are taken")
    # Each element costs memory many times its text, so it is counted before it is made.
    if data.count(b"<") > _MAX_ELEMENTS:
        raise LimitExceeded(f"{where} has more than {_MAX_ELEMENTS} elements")
    _check_encoding(data, where)
    # In UTF-8 these bytes are these characters; a parser never gets to see a DTD, whatever it would do with it.
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise DecodeError(f"{where} has a DTD")
    etree = extra("lxml.etree")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DecodeError(f"{where} is not well-formed: {str(error)[:200]}") from None
    if root.getroottree().docinfo.doctype:
        raise DecodeError(f"{where} has a DTD")
    _check_shape(root, where)
    namespace = root.tag[1:].partition("}")[0] if root.tag.startswith("{") else ""
    if namespace not in _NAMESPACES:
        raise DecodeError(f"the root of {where} is not in the namespace of OFD")
    return root


def _check_encoding(data: bytes, where: str) -> None:
    if _DECLARATION.match(data):
        # What it declares binds other readers, so it has to be seen whole.
        end = data.find(b"?>", 0, _MAX_DECLARATION_LEN)
        declared = _DECLARED.search(data, 0, max(end, 0))
        if end < 0 or (declared and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii")):
            raise DecodeError(f"{where} is not declared as UTF-8, or not in {_MAX_DECLARATION_LEN} bytes")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DecodeError(f"{where} is not UTF-8", offset=error.start) from None


def _check_shape(root: Element, where: str) -> None:
    """Check depth and attributes, so that whoever walks the tree need not."""
    depth = 0
    level = [root]
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise LimitExceeded(f"{where} is deeper than {MAX_DEPTH} elements")
        if any(len(element.attrib) > _MAX_ATTRIBUTES for element in level):
            raise LimitExceeded(f"an element of {where} has more than {_MAX_ATTRIBUTES} attributes")
        level = [inner for element in level for inner in element]


def local_name(element: Element) -> str:
    """Return the name of an element without its namespace."""
    tag: str = element.tag
    return tag.rpartition("}")[2]


def elements(parent: Element) -> Iterator[Element]:
    """Yield the child elements that stand in the namespace of their parent."""
    prefix = parent.tag[: parent.tag.rfind("}") + 1]
    for inner in parent:
        if isinstance(inner.tag, str) and inner.tag[: inner.tag.rfind("}") + 1] == prefix:
            yield inner


def children(parent: Element, name: str) -> list[Element]:
    """Return the child elements of a name, in their order."""
    prefix = parent.tag[: parent.tag.rfind("}") + 1]
    found: list[Element] = parent.findall(prefix + name)
    return found


def child(parent: Element, name: str) -> Element | None:
    """Return the child element of a name, or None.

    :raises DecodeError: when there are several: readers would choose differently.
    """
    found = children(parent, name)
    if len(found) > 1:
        raise DecodeError(f"{local_name(parent)} has {len(found)} elements {name}")
    return found[0] if found else None


def text_of(element: Element | None, name: str = "") -> str:
    """Return the text of an element without white space around it; "" for None.

    :param name: of a child whose text is meant.
    :raises DecodeError: when the element has elements inside, or there are several of that name.
    """
    if element is not None and name:
        element = child(element, name)
    if element is None:
        return ""
    if len(element):
        raise DecodeError(f"{local_name(element)} has elements where text should be")
    return (element.text or "").strip()


def attribute(element: Element, name: str, default: str = "") -> str:
    """Return an attribute without white space around it, or a default."""
    value: str = element.get(name, default)
    return value.strip()


def numbers(text: str, *, count: int | None = None, name: str = "a value") -> tuple[float, ...]:
    """Return the numbers of a text, separated by white space.

    :param count: how many there have to be.
    :raises DecodeError: when one is no finite decimal number, or there are not so many.
    :raises LimitExceeded: when there are more than a million.
    """
    parts = text.split()
    if len(parts) > _MAX_NUMBERS:
        raise LimitExceeded(f"{name} has more than {_MAX_NUMBERS} numbers")
    if count is not None and len(parts) != count:
        raise DecodeError(f"{name} should have {count} numbers, not {len(parts)}")
    if not all(len(part) <= 64 and _NUMBER.fullmatch(part) for part in parts):
        raise DecodeError(f"{name} has something that is no number")
    values = tuple(float(part) for part in parts)
    if not all(math.isfinite(value) for value in values):
        raise DecodeError(f"{name} has a number out of range")
    return values
