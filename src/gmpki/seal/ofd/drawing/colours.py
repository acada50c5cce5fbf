"""Colours of OFD as SVG has them: plain ones, and those that run from one to another.

:standard: GB/T 33190-2016 8.3 (colours and colour spaces), 8.4 (axial and radial shading)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki.errors import DecodeError
from gmpki.seal.ofd import xml
from gmpki.seal.ofd.drawing.paths import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gmpki.seal.ofd.xml import Element

__all__ = ["BLACK", "ColourSpace", "Paint", "paint_of"]

_MOST_STOPS: Final = 256
_CHANNELS: Final = {"GRAY": 1, "RGB": 3, "CMYK": 4}


@dataclass(frozen=True, slots=True)
class ColourSpace:
    """How many channels a colour has, what they mean, and colours that are named by a number. Immutable."""

    type: str = "RGB"
    palette: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Paint:
    """What an area or a line is painted with, as SVG writes it. Immutable.

    :ivar opacity: 0 to 1.
    """

    value: str
    opacity: float = 1.0

    def attributes(self, what: str) -> str:
        """Return the attributes for "fill" or "stroke", with a space before them."""
        see_through = f' {what}-opacity="{shortened(self.opacity)}"' if self.opacity < 1 else ""
        return f' {what}="{self.value}"{see_through}'


BLACK: Final = Paint("#000000")


def paint_of(
    element: Element, spaces: Mapping[str, ColourSpace], define: Callable[[str], str], *, alpha: float = 1.0
) -> Paint:
    """Return the paint of a colour.

    :param define: takes a gradient without its ID, and returns the ID that it got.
    :param alpha: of the object, 0 to 1.
    :raises DecodeError: when the colour is malformed.
    """
    opacity = alpha * _alpha(element)
    for name, kind in (("AxialShd", _axial), ("RadialShd", _radial)):
        shading = xml.child(element, name)
        if shading is not None:
            return Paint(f"url(#{define(kind(shading, spaces))})", opacity)
    return Paint(_plain(element, spaces), opacity)


def _alpha(element: Element) -> float:
    text = xml.attribute(element, "Alpha")
    return min(max(xml.numbers(text, count=1, name="Alpha")[0] / 255, 0.0), 1.0) if text else 1.0


def _plain(element: Element, spaces: Mapping[str, ColourSpace]) -> str:
    space = spaces.get(xml.attribute(element, "ColorSpace"), ColourSpace())
    value, index = xml.attribute(element, "Value"), xml.attribute(element, "Index")
    if not value and index:
        number = xml.numbers(index, count=1, name="a number of a colour")[0]
        value = space.palette[int(number)] if 0 <= number < len(space.palette) else ""
    return _hexadecimal(value, space.type)


def _hexadecimal(value: str, kind: str) -> str:
    """Return a colour as SVG writes it; black without a value."""
    if not value:
        return BLACK.value
    channels = [_channel(part) for part in value.replace(",", " ").split()[:5]]
    if len(channels) != _CHANNELS.get(kind, 3):
        # Producers give three channels in spaces of one, and the reverse; the number of channels tells what is meant.
        kind = {1: "GRAY", 3: "RGB", 4: "CMYK"}.get(len(channels), "")
    if kind == "GRAY":
        channels *= 3
    elif kind == "CMYK":
        cyan, magenta, yellow, black = (channel / 255 for channel in channels)
        channels = [255 * (1 - ink) * (1 - black) for ink in (cyan, magenta, yellow)]
    elif kind != "RGB":
        raise DecodeError(f"a colour has {len(channels)} channels")
    return "#" + "".join(f"{round(channel):02x}" for channel in channels)


def _channel(part: str) -> float:
    if part.startswith("#"):
        try:
            number = float(int(part[1:3], 16))
        except ValueError:
            raise DecodeError("a channel of a colour is no number") from None
    else:
        number = xml.numbers(part, count=1, name="a channel of a colour")[0]
    return min(max(number, 0.0), 255.0)


def _axial(shading: Element, spaces: Mapping[str, ColourSpace]) -> str:
    start = xml.numbers(xml.attribute(shading, "StartPoint"), count=2, name="the start of a shading")
    end = xml.numbers(xml.attribute(shading, "EndPoint"), count=2, name="the end of a shading")
    return _gradient("linearGradient", {"x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]}, shading, spaces)


def _radial(shading: Element, spaces: Mapping[str, ColourSpace]) -> str:
    focus = xml.numbers(xml.attribute(shading, "StartPoint"), count=2, name="the start of a shading")
    centre = xml.numbers(xml.attribute(shading, "EndPoint"), count=2, name="the end of a shading")
    radius = xml.numbers(xml.attribute(shading, "EndRadius"), count=1, name="the radius of a shading")
    places = {"fx": focus[0], "fy": focus[1], "cx": centre[0], "cy": centre[1], "r": max(radius[0], 0.0)}
    return _gradient("radialGradient", places, shading, spaces)


def _gradient(kind: str, places: Mapping[str, float], shading: Element, spaces: Mapping[str, ColourSpace]) -> str:
    stops = []
    segments = xml.children(shading, "Segment")
    for number, segment in enumerate(segments[:_MOST_STOPS]):
        colour = xml.child(segment, "Color")
        if colour is None:
            continue
        text = xml.attribute(segment, "Position")
        default = number / max(len(segments) - 1, 1)
        offset = xml.numbers(text, count=1, name="a position in a shading")[0] if text else default
        see_through = f' stop-opacity="{shortened(_alpha(colour))}"' if _alpha(colour) < 1 else ""
        stops.append(f'<stop offset="{shortened(offset)}" stop-color="{_plain(colour, spaces)}"{see_through}/>')
    spread = {"Repeat": ' spreadMethod="repeat"', "Reflect": ' spreadMethod="reflect"'}.get(
        xml.attribute(shading, "MapType"), ""
    )
    numbers = " ".join(f'{name}="{shortened(value)}"' for name, value in places.items())
    return f'<{kind} id="%s" gradientUnits="userSpaceOnUse" {numbers}{spread}>{"".join(stops)}</{kind}>'
