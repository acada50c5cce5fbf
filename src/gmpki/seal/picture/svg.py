"""Drawings of others (SVG): read with bounds, refused when they are more than shapes.

What is let through is a list of what may stand in a drawing of a seal, not a list of what may not. Nothing is fetched,
nothing runs, no text depends on the fonts that are installed, and nothing small unfolds into something large.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from gmpki.errors import DecodeError, LimitExceeded
from gmpki.seal._extras import extra

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Drawing", "is_svg"]

_NAMESPACE: Final = "http://www.w3.org/2000/svg"
_MAX_LEN: Final = 4 << 20  # bytes
_MAX_DEPTH: Final = 40
# After everything that is used again is written out; each may fill the whole sheet, which takes milliseconds.
_MAX_ELEMENTS: Final = 3_000
_LAYER: Final = 150  # elements: what one costs that is drawn on a sheet of its own first
_LAYERED: Final = re.compile(r"(?:^|[;{\s])(?:mask|clip-path|opacity)\s*:(?!\s*(?:none|1(?:\.0*)?)\s*(?:[;}]|$))")
_HEAD_LEN: Final = 4096  # bytes in which the root element is looked for

_SHAPES: Final = frozenset({"path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "use"})
_FRAMES: Final = frozenset({"svg", "g", "defs", "symbol", "clipPath", "mask"})
_PAINT: Final = frozenset({"linearGradient", "radialGradient", "stop"})
_WORDS: Final = frozenset({"title", "desc", "metadata"})  # nothing of these is shown; they are left out
_ATTRIBUTES: Final = frozenset(
    (
        *("id", "class", "style", "d", "points", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry"),
        *("fx", "fy", "offset", "width", "height", "viewBox", "transform", "overflow", "display", "visibility"),
        *("fill", "fill-rule", "fill-opacity", "opacity", "color", "stop-color", "stop-opacity", "paint-order"),
        *("stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-opacity"),
        *("clip-path", "clip-rule", "clipPathUnits", "mask", "mask-type", "maskUnits", "maskContentUnits"),
        *("gradientUnits", "gradientTransform", "spreadMethod"),
    )
)
_HREF: Final = frozenset({"href", "{http://www.w3.org/1999/xlink}href"})
_REFERENCE: Final = re.compile(r"#[\w.:-]+")
# What a value may call: a colour, a transformation, or a part of the same drawing.
_CALLS: Final = frozenset(
    {"rgb", "rgba", "hsl", "hsla", "matrix", "translate", "scale", "rotate", "skewX", "skewY", "url"}
)
_CALL: Final = re.compile(r"([A-Za-z-]+)\s*\(([^)]*)\)?")
# The document type of SVG itself, which drawing programs write; it brings nothing along.
_DOCTYPE: Final = re.compile(rb"<!DOCTYPE\s+svg\s+PUBLIC\s+\"[^\"<>]{0,100}\"\s+\"[^\"<>]{0,200}\"\s*>")
# Renderers spend time on each dash; seals have none.
_NO_DASHES: Final = re.compile(r"stroke-dasharray\s*:\s*none")


def is_svg(data: bytes) -> bool:
    """Tell whether data looks like an SVG drawing and not like pixels."""
    head = data[:_HEAD_LEN].lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith(b"<") and b"svg" in head


class Drawing:
    """A drawing that may be rendered.

    :ivar ratio: its width / height.
    :raises DecodeError: when it is no SVG in UTF-8, has a document type of its own, or holds what is no shape: text,
        pictures, scripts, styles from outside, filters, animations, links out of the file.
    :raises LimitExceeded: when it has more than 4 MiB, 40 levels or 3000 elements.
    :raises UnsupportedPlatform: when lxml is not installed.
    """

    def __init__(self, data: bytes) -> None:
        if len(data) > _MAX_LEN:
            raise LimitExceeded(f"a drawing of {len(data)} bytes; at most {_MAX_LEN} are read")
        self._root = _parse(data)
        if _local(self._root.tag) != "svg":
            raise DecodeError("the drawing is no SVG")
        self._box = _box(self._root)
        _check(self._root)
        _check_uses(self._root)
        self.ratio = self._box[2] / self._box[3]

    def text(self, width: int, height: int, part: tuple[float, float, float, float] = (0, 0, 1, 1)) -> str:
        """Return the drawing with its size stated in pixels.

        :param part: which part of it: left, upper, right and lower edge in shares of the whole.
        """
        left, top, across, down = self._box
        shown = (
            left + part[0] * across,
            top + part[1] * down,
            (part[2] - part[0]) * across,
            (part[3] - part[1]) * down,
        )
        self._root.set("viewBox", " ".join(f"{value:.9g}" for value in shown))
        self._root.set("width", str(width))
        self._root.set("height", str(height))
        self._root.set("preserveAspectRatio", "none")
        text: str = extra("lxml.etree").tostring(self._root, encoding="unicode")
        return text


def _parse(data: bytes) -> Any:
    etree = extra("lxml.etree")
    plain = _DOCTYPE.sub(b"", data, count=1)
    # In UTF-8 these bytes are these characters: the parser gets to see no document type.
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise DecodeError("a drawing with a document type of its own, which may hold entities")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        plain.decode("utf-8")
        return etree.fromstring(plain, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DecodeError(f"the drawing is no XML in UTF-8: {str(error)[:100]}") from None


def _local(tag: object) -> str:
    """Return the name of an SVG element; empty for others."""
    text = tag if isinstance(tag, str) else ""
    return text.removeprefix(f"{{{_NAMESPACE}}}") if text.startswith(f"{{{_NAMESPACE}}}") else ""


def _box(root: Any) -> tuple[float, float, float, float]:
    """Return what the drawing shows of its plane: its viewBox, or its width and height."""
    try:
        if "viewBox" in root.attrib:
            numbers = [float(word) for word in re.split(r"[\s,]+", root.get("viewBox").strip())]
        else:
            sizes = [re.fullmatch(r"\s*([\d.]+)\s*([a-z]*)\s*", root.get(name, "")) for name in ("width", "height")]
            numbers = [0.0, 0.0, *(float(size[1]) for size in sizes if size)]
        left, top, width, height = numbers
    except ValueError:
        raise DecodeError("the drawing states no size") from None
    if not (1e-3 <= width <= 1e6 and 1e-3 <= height <= 1e6 and abs(left) <= 1e6 and abs(top) <= 1e6):
        raise DecodeError("the drawing states a size that cannot be")
    return left, top, width, height


def _check(root: Any) -> None:
    """Check every element and attribute, and take out what shows nothing."""
    level, depth = [root], 0
    count = 0
    while level:
        depth += 1
        count += len(level)
        if depth > _MAX_DEPTH:
            raise LimitExceeded(f"a drawing of more than {_MAX_DEPTH} levels")
        if count > _MAX_ELEMENTS:
            raise LimitExceeded(f"a drawing of more than {_MAX_ELEMENTS} elements")
        following = []
        for element in level:
            for child in list(element):
                name = _local(child.tag)
                if not name or name in _WORDS:  # notes of drawing programs, and entities
                    element.remove(child)
                elif name == "style":
                    _check_value("".join(child.itertext()))
                elif name in _SHAPES or name in _FRAMES or name in _PAINT:
                    following.append(child)
                else:
                    raise DecodeError(f"the drawing holds <{name[:40]}>, which is no shape; convert text to outlines")
            _check_attributes(element)
        level = following


def _check_attributes(element: Any) -> None:
    """Check the attributes that are known, and take out the others."""
    for name, value in list(element.attrib.items()):
        if name in _HREF:
            if not _REFERENCE.fullmatch(value):
                raise DecodeError("the drawing refers to something outside itself")
        elif name.startswith("on"):
            raise DecodeError(f"the drawing has a script in {name[:40]}")
        elif name not in _ATTRIBUTES:
            del element.attrib[name]
        elif name not in ("d", "points", "id"):
            _check_value(value)


def _check_value(value: str) -> None:
    if "@" in value or "\\" in value:
        raise DecodeError("the drawing has a style whose meaning is not plain")
    if "dasharray" in _NO_DASHES.sub("", value):
        raise DecodeError("the drawing has dashed lines")
    for call in _CALL.finditer(value):
        if call[1] not in _CALLS:
            raise DecodeError(f"the drawing calls {call[1][:40]}()")
        if call[1] == "url" and not _REFERENCE.fullmatch(_target(call)):
            raise DecodeError("the drawing refers to something outside itself")


def _target(call: re.Match[str]) -> str:
    """Return what url() names."""
    return call[2].strip().strip("'\"")


def _check_uses(root: Any) -> None:
    """Bound what the drawing grows to when everything that is used again is written out, masks included."""
    named: dict[str, Any] = {}
    for element in root.iter():
        if "id" in element.attrib:
            named.setdefault(element.get("id"), element)
    sizes: dict[Any, int] = {}
    open_: set[Any] = set()

    def size(element: Any, depth: int) -> int:
        if element in sizes:
            return sizes[element]
        if element in open_ or depth > 2 * _MAX_DEPTH:
            raise DecodeError("parts of the drawing use each other without end")
        open_.add(element)
        layers = sum(
            bool(_LAYERED.search(value if name == "style" else f"{name}:{value}"))
            for name, value in element.attrib.items()
        )
        total = 1 + layers * _LAYER + sum(size(child, depth + 1) for child in element)
        for reference in _references(element):
            if reference in named:
                total += size(named[reference], depth + 1)
        if total > _MAX_ELEMENTS:
            raise LimitExceeded(f"a drawing that unfolds to more than {_MAX_ELEMENTS} elements")
        open_.discard(element)
        sizes[element] = total
        return total

    size(root, 0)


def _references(element: Any) -> Iterator[str]:
    for name, value in element.attrib.items():
        if name in _HREF:
            yield value[1:]
        elif "url" in value:
            for call in _CALL.finditer(value):
                if call[1] == "url":
                    yield _target(call)[1:]
