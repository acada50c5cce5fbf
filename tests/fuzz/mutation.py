"""Mutations that keep ASN.1 in shape: the tree of elements is changed, and the lengths around it are put right.

Random bytes rarely get past the outermost length. Here one element of a valid object is removed, repeated, moved,
retagged, emptied or replaced, by one of another object too; every few times a length is left wrong on purpose.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import lru_cache

__all__ = ["Node", "mutate", "parse"]

MAX_NODES = 4000
TAGS = (1, 2, 3, 4, 5, 6, 10, 12, 19, 22, 23, 24, 30, 48, 49, 0x80, 0x81, 0x82, 0x86, 0xA0, 0xA1, 0xA3, 0x24, 0x1F)
CONTENTS = (b"", b"\x00", b"\xff", b"\x80", b"\x00\x80", b"\x7f" * 20, b"\xff" * 33, b"\x55\x1d\x13", b"\x07\x80")


@dataclass
class Node:
    """One element: its tag byte, and its children or its content. ``prefix`` stands before children of a string."""

    tag: int
    content: bytes = b""
    children: list[Node] = field(default_factory=list)
    prefix: bytes = b""

    def encode(self, rng: random.Random) -> bytes:
        """Encode the element; rarely with a length that is wrong, long or indefinite."""
        inner = self.prefix + b"".join(child.encode(rng) for child in self.children) if self.children else self.content
        length = len(inner)
        chance = rng.random()
        if chance > 0.002:
            return bytes((self.tag,)) + encode_length(length) + inner
        if chance < 0.0005:
            return bytes((self.tag,)) + b"\x80" + inner + b"\x00\x00"
        if chance < 0.001:
            return bytes((self.tag, 0x84)) + length.to_bytes(4, "big") + inner
        return bytes((self.tag,)) + encode_length(max(0, length + rng.choice((-1, 1, 300, 1 << 31)))) + inner


def encode_length(length: int) -> bytes:
    """Encode a length as DER."""
    if length < 0x80:
        return bytes((length,))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def parse(data: bytes, budget: list[int] | None = None, depth: int = 0) -> list[Node] | None:
    """Return the elements of data, or None where it is no sequence of elements."""
    budget = [MAX_NODES] if budget is None else budget
    nodes, pos = [], 0
    while pos < len(data):
        budget[0] -= 1
        if budget[0] < 0 or pos + 2 > len(data) or depth > 40:
            return None
        tag, length = data[pos], data[pos + 1]
        pos += 2
        if length & 0x80:
            count = length & 0x7F
            if count == 0 or count > 4 or pos + count > len(data):
                return None
            length = int.from_bytes(data[pos : pos + count], "big")
            pos += count
        if pos + length > len(data):
            return None
        content = data[pos : pos + length]
        pos += length
        nodes.append(node_of(tag, content, budget, depth))
    return nodes


def node_of(tag: int, content: bytes, budget: list[int], depth: int) -> Node:
    """Return one element, with its children where it has some, inside strings too."""
    prefix = b""
    if tag == 3 and content[:1] == b"\x00":
        prefix = b"\x00"
    if tag & 0x20 or tag in (3, 4):
        children = parse(content[len(prefix) :], budget, depth + 1)
        if children:
            return Node(tag, b"", children, prefix)
    return Node(tag, content)


def every(nodes: list[Node]) -> list[tuple[list[Node], int]]:
    """Return where every element stands: the list that holds it, and its place there."""
    found, waiting = [], [nodes]
    while waiting:
        holder = waiting.pop()
        for place, node in enumerate(holder):
            found.append((holder, place))
            if node.children:
                waiting.append(node.children)
    return found


def copy(node: Node) -> Node:
    """Return an element of its own with the same contents."""
    return Node(node.tag, node.content, [copy(child) for child in node.children], node.prefix)


def change_content(node: Node, rng: random.Random) -> None:
    """Change the content of a leaf: a byte, a number near a bound, or a known awkward one."""
    way = rng.randrange(4)
    if way == 0 and node.content:
        at = rng.randrange(len(node.content))
        node.content = node.content[:at] + bytes((rng.randrange(256),)) + node.content[at + 1 :]
    elif way == 1:
        node.content = rng.choice(CONTENTS)
    elif way == 2:
        node.content = bytes((rng.randrange(256),)) * rng.choice((1, 1, 1, 2, 8, 200))
    else:
        node.content = node.content + node.content[:4]


def change(nodes: list[Node], donors: list[tuple[list[Node], int]], rng: random.Random) -> None:
    """Make one change somewhere in the tree."""
    places = every(nodes)
    if not places:
        return
    holder, place = rng.choice(places)
    node = holder[place]
    # Most of what parsers decide hangs on the contents of leaves.
    way = rng.randrange(16)
    if way == 0 and len(places) > 1:
        del holder[place]
    elif way == 1:
        holder.insert(place, copy(node))
    elif way == 2:
        other = rng.randrange(len(holder))
        holder[place], holder[other] = holder[other], holder[place]
    elif way == 3:
        node.tag = rng.choice(TAGS)
    elif way == 4 and donors:
        source, at = rng.choice(donors)
        holder[place] = copy(source[at])
    elif way == 5 and node.children:
        node.children = [] if rng.random() < 0.5 else [Node(node.tag, b"", node.children, node.prefix)]
    elif not node.children:
        change_content(node, rng)


@lru_cache(maxsize=256)
def donor_places(data: bytes) -> list[tuple[list[Node], int]]:
    """Return where every element of a donor stands; what is taken from there is copied."""
    return every(parse(data) or [])


def mutate(data: bytes, donor: bytes, rng: random.Random, max_size: int) -> bytes | None:
    """Return data with a few changes of its tree, or None where it has no tree or became too long."""
    nodes = parse(data)
    if not nodes:
        return None
    donors = donor_places(donor)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 4, 8))):
        change(nodes, donors, rng)
    made = b"".join(node.encode(rng) for node in nodes)
    return made if len(made) <= max_size else None
