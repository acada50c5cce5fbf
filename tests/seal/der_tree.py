"""DER taken apart and put together again with one element changed: every lie about the form of a structure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from gmpki.asn1 import der

_CONSTRUCTED = 0x20
INDEFINITE = 0x80
"""The length octet of the indefinite form."""


@dataclass(frozen=True)
class Node:
    """One element."""

    tag: int
    content: bytes = b""
    children: tuple[Node, ...] = field(default=())

    @property
    def is_constructed(self) -> bool:
        """Tell whether it consists of elements."""
        return bool(self.tag & _CONSTRUCTED)

    def encode(self) -> bytes:
        """Encode the element."""
        content = b"".join(child.encode() for child in self.children) if self.is_constructed else self.content
        return der.encode(self.tag, content)


def parse(encoded: bytes) -> Node:
    """Take an element apart."""
    reader = der.Reader(encoded)
    tag = reader.peek()
    assert tag is not None
    node = _read(reader, tag)
    reader.end()
    return node


def _read(reader: der.Reader, tag: int) -> Node:
    if not tag & _CONSTRUCTED:
        return Node(tag, reader.contents(tag))
    children = []
    inside = reader.inside(tag)
    while (following := inside.peek()) is not None:
        children.append(_read(inside, following))
    return Node(tag, children=tuple(children))


def paths(node: Node, path: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """Return where elements stand, the outermost one first, which stands at ()."""
    yield path
    for index, child in enumerate(node.children):
        yield from paths(child, (*path, index))


def changed(node: Node, path: tuple[int, ...], change: Callable[[Node], tuple[Node, ...]]) -> Node:
    """Return the tree with an element replaced by none, one or several."""
    if not path:
        (only,) = change(node)
        return only
    index, *rest = path
    before, child, after = node.children[:index], node.children[index], node.children[index + 1 :]
    new = (changed(child, tuple(rest), change),) if rest else change(child)
    return replace(node, children=(*before, *new, *after))


def put(encoded: bytes, path: tuple[int, ...], *new: bytes) -> bytes:
    """Return an encoding with the element at a place replaced by others."""
    return changed(parse(encoded), path, lambda _: tuple(parse(each) for each in new)).encode()


def other_tag(node: Node) -> tuple[Node, ...]:
    """Replace the tag by that of a PRIVATE type, which stands nowhere."""
    return (replace(node, tag=0xC0 | (node.tag & _CONSTRUCTED) | 0x1D),)


def removed(_: Node) -> tuple[Node, ...]:
    """Leave the element out."""
    return ()


def twice(node: Node) -> tuple[Node, ...]:
    """Put the element there twice."""
    return node, node


def longer(node: Node) -> tuple[Node, ...]:
    """Put one element more into one that is constructed, and NULL in the place of another."""
    if node.is_constructed:
        return (replace(node, children=(*node.children, Node(der.Tag.NULL))),)
    return (Node(der.Tag.NULL),)


CHANGES: tuple[Callable[[Node], tuple[Node, ...]], ...] = (other_tag, removed, twice, longer)


# ---- other encodings of the same ------------------------------------------------------------
def as_ber(encoded: bytes) -> bytes:
    """Return an element, and the first one inside, with indefinite lengths."""
    tree = parse(encoded)
    inner = b"".join(child.encode() for child in tree.children[0].children)
    first = bytes((tree.children[0].tag, INDEFINITE)) + inner + bytes(2)
    rest = b"".join(child.encode() for child in tree.children[1:])
    return bytes((tree.tag, INDEFINITE)) + first + rest + bytes(2)


def raw(signature: bytes) -> bytes:
    """Return r, s as 64 bytes, as tokens give them."""
    r, s = (node.content.lstrip(b"\0").rjust(32, b"\0") for node in parse(signature).children)
    return r + s
