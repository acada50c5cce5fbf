"""The objects of a page: text, paths, pictures and drawings used many times, in the order in which they lie.

:standard: GB/T 33190-2016 7.7 (layers), 8 (page objects, drawing parameters, clips), 9 to 13 (kinds of objects)
"""

from __future__ import annotations

import math
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from gmpki.errors import DecodeError, GmpkiError, LimitExceeded
from gmpki.seal.ofd import xml
from gmpki.seal.ofd.drawing.colours import BLACK, Paint, paint_of
from gmpki.seal.ofd.drawing.images import picture_address
from gmpki.seal.ofd.drawing.paths import distances, matrix, moved, path_data, shortened, transform
from gmpki.seal.ofd.drawing.text import TextStyle, draw_text
from gmpki.seal.ofd.signatures import Box

if TYPE_CHECKING:
    from gmpki.seal.ofd.drawing.canvas import Canvas
    from gmpki.seal.ofd.drawing.resources import Resources
    from gmpki.seal.ofd.xml import Element
    from gmpki.seal.picture.outline import Matrix

__all__ = ["PageDrawer"]

_MOST_DEEP: Final = 12  # drawings inside drawings
_LINE_WIDTH: Final = "0.353"  # mm, where nothing is said
_LAYER_ORDER: Final = {"Background": 0, "Body": 1, "Foreground": 2}
_CAPS: Final = {"Round": "round", "Square": "square"}
_JOINS: Final = {"Round": "round", "Bevel": "bevel"}
_SHORTEST_DASHES: Final = 0.05  # mm; shorter ones are seen as one line, and cost as much as they are many
_BOLD_FROM: Final = 600
_BOLD_EDGE: Final = 0.03  # of the size: how far the edge of a bold character lies out that the font does not have


class PageDrawer:
    """Draws the objects of pages onto a canvas. A context: one thread at a time.

    An object that cannot be read is left out, as readers do, and named in ``problems``.
    """

    def __init__(self, canvas: Canvas, resources: Resources) -> None:
        self.canvas = canvas
        self.resources = resources
        self.problems: list[str] = []

    def content(self, content: Element) -> None:
        """Draw the content of a page: its layers, background first.

        :raises LimitExceeded: when there is more on it than is drawn.
        """
        layers = xml.children(content, "Layer")
        for layer in sorted(layers, key=lambda one: _LAYER_ORDER.get(xml.attribute(one, "Type", "Body"), 1)):
            self.block(layer, xml.attribute(layer, "DrawParam"), 0)

    def block(self, block: Element, parameter: str, depth: int) -> None:
        """Draw the objects of a layer, of a block or of an annotation.

        :param parameter: the ID of the drawing parameter that counts where an object names none.
        :param depth: how many drawings it is inside of.
        :raises LimitExceeded: when there is more on it than is drawn.
        """
        for element in xml.elements(block):
            kind = xml.local_name(element)
            try:
                if kind == "PageBlock":
                    self.block(element, xml.attribute(element, "DrawParam") or parameter, depth)
                elif kind in ("TextObject", "PathObject", "ImageObject", "CompositeObject"):
                    self._object(kind, element, parameter, depth)
            except LimitExceeded:
                raise
            except GmpkiError as error:
                self.problems.append(f"{kind} {xml.attribute(element, 'ID')}: {error}")

    def _object(self, kind: str, element: Element, parameter: str, depth: int) -> None:
        if xml.attribute(element, "Visible", "true") == "false":
            return
        parameter = xml.attribute(element, "DrawParam") or parameter
        look = _Look(self, element, parameter)
        boundary = Box.parse(xml.attribute(element, "Boundary"), "the boundary of an object")
        inner = matrix(xml.attribute(element, "CTM"))
        with ExitStack() as stack:
            stack.enter_context(self.canvas.group(moved(boundary.x, boundary.y)))
            # Boundaries of text are drawn so tightly in the field that readers do not cut it off there.
            path = path_data(xml.text_of(element, "AbbreviatedData")) if kind == "PathObject" else None
            if kind != "TextObject" and not (path and path.within(boundary, inner, look.line_width)):
                stack.enter_context(self.canvas.group(self._cut(boundary, look.line_width)))
            for clip in self._clips(element):
                stack.enter_context(self.canvas.group(clip))
            if kind == "ImageObject":
                self._image(element, inner, look)
                return
            stack.enter_context(self.canvas.group(transform(inner)))
            if kind == "TextObject":
                self._text(element, look)
            elif path is not None:
                self._path(element, path.data, look)
            else:
                self._composite(element, parameter, depth)

    def _cut(self, boundary: Box, margin: float) -> str:
        """Return the attribute that cuts off what lies outside a boundary; lines count half their width beyond it."""
        corner = shortened(-margin)
        width, height = shortened(boundary.width + 2 * margin), shortened(boundary.height + 2 * margin)
        form = f'<clipPath id="%s"><rect x="{corner}" y="{corner}" width="{width}" height="{height}"/></clipPath>'
        return self.canvas.clip(form)

    def _clips(self, element: Element) -> list[str]:
        """Return the attributes for what an object is cut to, the outermost first."""
        clips = xml.child(element, "Clips")
        found = []
        for clip in [] if clips is None else xml.children(clips, "Clip"):
            shapes = []
            for area in xml.children(clip, "Area"):
                path = xml.child(area, "Path")
                if path is None:
                    continue
                boundary = xml.attribute(path, "Boundary")
                box = Box.parse(boundary, "the boundary of a clip") if boundary else Box(0, 0, 0, 0)
                placed = matrix(xml.attribute(path, "CTM")).moved(box.x, box.y)
                placed = placed.then(matrix(xml.attribute(area, "CTM")))
                data = path_data(xml.text_of(path, "AbbreviatedData")).data
                rule = ' clip-rule="evenodd"' if xml.attribute(path, "Rule") == "Even-Odd" else ""
                shapes.append(f'<path d="{data}"{rule}{transform(placed)}/>')
            if shapes:
                form = f'<clipPath id="%s">{"".join(shapes)}</clipPath>'
                found.append(self.canvas.clip(form))
        return found

    def _text(self, element: Element, look: _Look) -> None:
        size = xml.numbers(xml.attribute(element, "Size"), count=1, name="the size of a text")[0]
        font = xml.attribute(element, "Font")
        resource = self.resources.fonts.get(font)
        bold = _number(element, "Weight", 400) >= _BOLD_FROM
        fills = xml.attribute(element, "Fill", "true") != "false"
        paint = (look.fill() or BLACK).attributes("fill") if fills else ' fill="none"'
        if xml.attribute(element, "Stroke") == "true":
            # The edge is drawn where the outline has size 1, and grows with it.
            paint += look.stroke().attributes("stroke") + f' stroke-width="{look.line_width / max(size, 0.01):.6g}"'
        elif bold and fills and not (resource is not None and resource.bold):
            paint += (look.fill() or BLACK).attributes("stroke") + f' stroke-width="{_BOLD_EDGE}"'
        italic = xml.attribute(element, "Italic") == "true"
        style = TextStyle(size, paint, _number(element, "HScale", 1.0), italic, _number(element, "CharDirection", 0.0))
        draw_text(self.canvas, element, self.resources.font(font), style)

    def _path(self, element: Element, data: str, look: _Look) -> None:
        if not data:
            return
        fills = xml.attribute(element, "Fill") == "true"
        paint = (look.fill() or BLACK).attributes("fill") if fills else ' fill="none"'
        if fills and xml.attribute(element, "Rule") == "Even-Odd":
            paint += ' fill-rule="evenodd"'
        if xml.attribute(element, "Stroke", "true") != "false":
            paint += look.stroke().attributes("stroke") + look.line()
        self.canvas.add(f'<path d="{data}"{paint}/>')

    def _image(self, element: Element, inner: Matrix, look: _Look) -> None:
        identifier = xml.attribute(element, "ResourceID")
        media = self.resources.media.get(identifier)
        if media is None:
            raise DecodeError(f"there is no picture {identifier[:40]!r}")
        width, height = math.hypot(inner.a, inner.b), math.hypot(inner.c, inner.d)
        data = self.resources.package.read(media.path)
        address = picture_address(data, self.canvas.pixels(width), self.canvas.pixels(height))
        shared = self.canvas.shared(
            f'<image id="%s" width="1" height="1" preserveAspectRatio="none" xlink:href="{address}"/>'
        )
        see_through = f' opacity="{shortened(look.alpha)}"' if look.alpha < 1 else ""
        self.canvas.add(f'<use xlink:href="#{shared}"{transform(inner)}{see_through}/>')

    def _composite(self, element: Element, parameter: str, depth: int) -> None:
        identifier = xml.attribute(element, "ResourceID")
        unit = self.resources.composites.get(identifier)
        content = None if unit is None else xml.child(unit, "Content")
        if content is None:
            raise DecodeError(f"there is no drawing {identifier[:40]!r}")
        if depth >= _MOST_DEEP:
            raise LimitExceeded(f"drawings are more than {_MOST_DEEP} deep inside each other")
        self.block(content, parameter, depth + 1)


class _Look:
    """The colours and lines of an object: its own, or those of its drawing parameter."""

    def __init__(self, drawer: PageDrawer, element: Element, parameter: str) -> None:
        self._drawer = drawer
        self._element = element
        self._parameter = parameter
        self.alpha = min(max(_number(element, "Alpha", 255.0) / 255, 0.0), 1.0)
        width = xml.numbers(self._value("LineWidth") or _LINE_WIDTH, count=1, name="the width of a line")[0]
        self.line_width = max(width, 0.0)

    def _value(self, name: str) -> str:
        return xml.attribute(self._element, name) or self._drawer.resources.parameter(self._parameter, name)

    def _paint(self, name: str) -> Paint | None:
        colour = xml.child(self._element, name)
        if colour is None:
            colour = self._drawer.resources.parameter_child(self._parameter, name)
        if colour is None:
            return Paint(BLACK.value, self.alpha) if self.alpha < 1 else None
        spaces = self._drawer.resources.colour_spaces
        return paint_of(colour, spaces, self._drawer.canvas.shared, alpha=self.alpha)

    def fill(self) -> Paint | None:
        """Return what areas are painted with; None when nothing is said."""
        return self._paint("FillColor")

    def stroke(self) -> Paint:
        """Return what lines are painted with."""
        return self._paint("StrokeColor") or BLACK

    def line(self) -> str:
        """Return the attributes of SVG for a line."""
        found = [f' stroke-width="{shortened(self.line_width)}"']
        if (cap := self._value("Cap")) in _CAPS:
            found.append(f' stroke-linecap="{_CAPS[cap]}"')
        if (join := self._value("Join")) in _JOINS:
            found.append(f' stroke-linejoin="{_JOINS[join]}"')
        if limit := self._value("MiterLimit"):
            found.append(f' stroke-miterlimit="{max(xml.numbers(limit, count=1, name="MiterLimit")[0], 1.0):g}"')
        pattern = distances(self._value("DashPattern"))
        if pattern and min(pattern) >= 0 and sum(pattern) >= _SHORTEST_DASHES:
            found.append(f' stroke-dasharray="{" ".join(map(shortened, pattern))}"')
            offset = self._value("DashOffset")
            if offset:
                found.append(f' stroke-dashoffset="{shortened(xml.numbers(offset, count=1, name="DashOffset")[0])}"')
        return "".join(found)


def _number(element: Element, name: str, default: float) -> float:
    text = xml.attribute(element, name)
    return xml.numbers(text, count=1, name=name)[0] if text else default
