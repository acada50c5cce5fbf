"""What the pages of a document share: fonts, pictures, colour spaces, drawing parameters, drawings used many times.

:standard: GB/T 33190-2016 7.9 (resources), 8.2 (drawing parameters), 13 (vector graphics used many times)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki.errors import DecodeError, GmpkiError, LimitExceeded
from gmpki.seal.ofd import xml
from gmpki.seal.ofd.drawing.colours import ColourSpace
from gmpki.seal.ofd.drawing.fonts import DocumentFont, PageFont, installed_font
from gmpki.seal.ofd.signatures import find_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gmpki.seal.ofd.package import OFDPackage
    from gmpki.seal.ofd.xml import Element

__all__ = ["FontResource", "Media", "Resources"]

_MOST_RESOURCES: Final = 100_000
_MOST_PARENTS: Final = 8  # of a drawing parameter


@dataclass(frozen=True, slots=True)
class FontResource:
    """A font that pages name. Immutable.

    :ivar path: the name of the file with the font; None when the document only names it.
    """

    name: str
    path: str | None
    bold: bool = False
    italic: bool = False


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or another file that pages name. Immutable."""

    type: str
    path: str


class Resources:
    """Everything that pages name by an ID. Not for several threads at once: it keeps fonts that were loaded.

    What cannot be read is left out, as readers do: a page is drawn with what there is.
    """

    def __init__(self, package: OFDPackage, paths: Iterable[str]) -> None:
        """Read lists of resources.

        :param paths: the names of the files; those that are not there are passed over.
        :raises DecodeError: when one is malformed.
        :raises LimitExceeded: when there are more than 100,000 resources.
        """
        self.package = package
        self.fonts: dict[str, FontResource] = {}
        self.media: dict[str, Media] = {}
        self.colour_spaces: dict[str, ColourSpace] = {}
        self.parameters: dict[str, Element] = {}
        self.composites: dict[str, Element] = {}
        self._loaded: dict[str, tuple[PageFont, ...]] = {}
        for path in paths:
            if path in package:
                self._read(path)

    def with_more(self, paths: Iterable[str]) -> Resources:
        """Return these resources and those of further lists, which one page has for itself."""
        found = [path for path in paths if path in self.package]
        if not found:
            return self
        more = Resources(self.package, found)
        for name in ("fonts", "media", "colour_spaces", "parameters", "composites"):
            setattr(more, name, getattr(self, name) | getattr(more, name))
        more._loaded = self._loaded
        return more

    def _read(self, path: str) -> None:
        root = self.package.xml(path)
        if xml.local_name(root) != "Res":
            raise DecodeError(f"/{path} is no list of resources")
        folder = xml.attribute(root, "BaseLoc")
        # Locations inside are relative to BaseLoc, and that to the file.
        base = f"{find_file(self.package, folder, path)}/Res" if folder.strip("./") else path
        count = 0
        for group in xml.elements(root):
            for element in xml.elements(group):
                count += 1
                if count > _MOST_RESOURCES:
                    raise LimitExceeded(f"/{path} has more than {_MOST_RESOURCES} resources")
                self._keep(xml.local_name(element), xml.attribute(element, "ID"), element, base)

    def _keep(self, kind: str, identifier: str, element: Element, base: str) -> None:
        if kind == "Font":
            location = xml.text_of(element, "FontFile")
            self.fonts[identifier] = FontResource(
                " ".join(filter(None, (xml.attribute(element, "FontName"), xml.attribute(element, "FamilyName")))),
                self._file(location, base) if location else None,
                xml.attribute(element, "Bold") == "true",
                xml.attribute(element, "Italic") == "true",
            )
        elif kind == "MultiMedia":
            location = xml.text_of(element, "MediaFile")
            if location:
                self.media[identifier] = Media(xml.attribute(element, "Type"), self._file(location, base))
        elif kind == "ColorSpace":
            palette = xml.child(element, "Palette")
            colours = () if palette is None else tuple(map(xml.text_of, xml.children(palette, "CV")))
            self.colour_spaces[identifier] = ColourSpace(xml.attribute(element, "Type", "RGB").upper(), colours)
        elif kind == "DrawParam":
            self.parameters[identifier] = element
        elif kind == "CompositeGraphicUnit":
            self.composites[identifier] = element

    def _file(self, location: str, base: str) -> str:
        """Return the name of a file of a resource; some makers forget BaseLoc, or write it twice."""
        name = find_file(self.package, location, base)
        if name in self.package:
            return name
        beside = base.rpartition("/")[0].rpartition("/")[0] + "/"
        fallback = find_file(self.package, location, beside) if not location.startswith("/") else name
        return fallback if fallback in self.package else name

    def font(self, identifier: str) -> tuple[PageFont, ...]:
        """Return where the outlines of a font come from: what the document brings, then what is installed."""
        if identifier not in self._loaded:
            resource = self.fonts.get(identifier, FontResource("", None))
            own: tuple[PageFont, ...] = ()
            if resource.path is not None:
                try:
                    own = (DocumentFont(self.package.read(resource.path)),)
                except GmpkiError:  # another one stands in, as readers do
                    own = ()
            self._loaded[identifier] = (*own, *installed_font(resource.name, bold=resource.bold))
        return self._loaded[identifier]

    def parameter(self, identifier: str, name: str) -> str:
        """Return an attribute of a drawing parameter or of one that it builds on; "" without one."""
        element = self._parameter(identifier, lambda one: name in one.attrib)
        return "" if element is None else xml.attribute(element, name)

    def parameter_child(self, identifier: str, name: str) -> Element | None:
        """Return a child of a drawing parameter or of one that it builds on, or None."""
        element = self._parameter(identifier, lambda one: xml.child(one, name) is not None)
        return None if element is None else xml.child(element, name)

    def _parameter(self, identifier: str, wanted: Callable[[Element], bool]) -> Element | None:
        for _ in range(_MOST_PARENTS):
            element = self.parameters.get(identifier)
            if element is None or wanted(element):
                return element
            identifier = xml.attribute(element, "Relative")
        return None
