"""OFD documents of simple pages: text with the fonts it needs, lines, rectangles, pictures.

Enough for the papers that a program fills in and seals. The same calls give the same bytes.

>>> from datetime import datetime, timezone
>>> writer = OFDWriter(title="证明", created_at=datetime(2026, 3, 1, tzinfo=timezone.utc), document_id="0" * 32)
>>> page = writer.add_page()
>>> page.text(30, 40, "示例市社会保障局", size_mm=6)
>>> page.line(30, 45, 180, 45)
>>> document = writer.to_bytes()
>>> document[:2], document == writer.to_bytes()
(b'PK', True)

:standard: GB/T 33190-2016 7 (package and document), 8 (page), 9 (graphics), 10 (pictures), 11 (text)
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final

from gmpki import __version__
from gmpki._inputs import as_bytes, member, utc_seconds
from gmpki.errors import InvalidInputError
from gmpki.seal.ofd.fonts import OpenTypeFont
from gmpki.seal.ofd.markup import box, decimal, document, element, escaped, plain_text
from gmpki.seal.ofd.model import MAX_PAGE_MM
from gmpki.seal.ofd.package import build_package
from gmpki.seal.stamps import checked_mm

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["BLACK", "Colour", "OFDFont", "OFDWriter", "PageWriter"]

Colour = tuple[int, int, int]
"""Red, green, blue, each 0 to 255."""

BLACK: Final[Colour] = (0, 0, 0)
MOST_PICTURE_LEN: Final = 32 << 20
_PICTURES: Final = {b"\x89PNG\r\n\x1a\n": ("PNG", "png"), b"\xff\xd8\xff": ("JPEG", "jpg")}
_DOCUMENT_ID: Final = re.compile("[0-9a-f]{32}")
_LEAST_MM: Final = 0.001

# Where a line breaks: between any two characters of Chinese, but not before closing punctuation nor after opening.
_NOT_FIRST: Final = frozenset("，。、；：？！）》」』】〉”’％%,.;:?!)]}")
_NOT_LAST: Final = frozenset("（《「『【〈“‘([{")


@dataclass(eq=False)
class OFDFont:
    """A font of a document, which :meth:`OFDWriter.embed_font` or :meth:`OFDWriter.name_font` gives. A context.

    :ivar name: what readers know it by.
    :ivar outlines: the font itself, of which the document carries the characters used; None for one that the reader's
        machine is to have.
    """

    name: str
    identifier: int
    outlines: OpenTypeFont | None = None
    used: set[str] = field(default_factory=set)

    def advances_mm(self, text: str, size_mm: float) -> list[float]:
        """Return how wide each character of a text is, in mm.

        Of a font that is only named nothing is known: ASCII is taken for half as wide as it is high, all else for as
        wide, as the customary fonts of Chinese have it.
        """
        if self.outlines is None:
            return [size_mm / 2 if character.isascii() else size_mm for character in text]
        return [self.outlines.width_mm(character, size_mm) for character in text]

    def width_mm(self, text: str, size_mm: float) -> float:
        """Return how long a line of text is, in mm."""
        return sum(self.advances_mm(text, size_mm))

    def ascent_mm(self, size_mm: float) -> float:
        """Return how far characters stand above the line, in mm."""
        if self.outlines is None:
            return size_mm
        return self.outlines.ascent * size_mm / self.outlines.units_per_em

    def descent_mm(self, size_mm: float) -> float:
        """Return how far characters reach below the line, in mm."""
        if self.outlines is None:
            return size_mm / 4
        return self.outlines.descent * size_mm / self.outlines.units_per_em


class PageWriter:
    """A page being written, which :meth:`OFDWriter.add_page` gives. A context: one thread at a time.

    Places are in mm from the left and upper edge of the page.
    """

    def __init__(self, writer: OFDWriter, width_mm: float, height_mm: float) -> None:
        self._writer = writer
        self.width_mm, self.height_mm = width_mm, height_mm
        self._objects: list[str] = []
        self._identifier, self._layer = writer._next_identifier(), writer._next_identifier()

    def text(
        self,
        x_mm: float,
        y_mm: float,
        text: str,
        *,
        size_mm: float = 4.0,
        font: OFDFont | None = None,
        colour: Colour = BLACK,
    ) -> None:
        """Write one line.

        :param y_mm: the line on which the characters stand.
        :param size_mm: the size of the font; 小四 (12 point) is 4.23 mm.
        :param font: None is 宋体, which the reader's machine is to have.
        :raises InvalidInputError: when a number, the colour or a character is impossible, or the font is none of this
            document or lacks a character.
        """
        text = plain_text(text, "text")
        x, y = checked_mm(x_mm, "x_mm"), checked_mm(y_mm, "y_mm")
        size = checked_mm(size_mm, "size_mm", _LEAST_MM)
        chosen = self._writer._own(font)
        if "\n" in text or "\r" in text or "\t" in text:
            raise InvalidInputError("text is one line without tabs; paragraph breaks it into lines")
        if chosen.outlines is not None and (missing := chosen.outlines.missing(text)):
            raise InvalidInputError(f"the font {chosen.name} has no glyphs for {missing[:20]!r}")
        fill = _colour("ofd:FillColor", colour)
        # Readers may drop white space around the content of an element, and then shift what follows.
        x += chosen.width_mm(text[: len(text) - len(text.lstrip())], size)
        text = text.strip()
        if not text:
            return
        chosen.used.update(text)
        advances = chosen.advances_mm(text, size)
        ascent, height = chosen.ascent_mm(size), chosen.ascent_mm(size) + chosen.descent_mm(size)
        code = element(
            "ofd:TextCode",
            escaped(text),
            X="0",
            Y=decimal(ascent),
            DeltaX=" ".join(map(decimal, advances[:-1])) or None,
        )
        self._add(
            "ofd:TextObject",
            box(x, y - ascent, sum(advances), height),
            fill,
            code,
            Font=chosen.identifier,
            Size=decimal(size),
        )

    def paragraph(
        self,
        x_mm: float,
        y_mm: float,
        text: str,
        *,
        width_mm: float,
        size_mm: float = 4.0,
        spacing: float = 1.6,
        font: OFDFont | None = None,
        colour: Colour = BLACK,
    ) -> float:
        """Write text in lines of at most a width; return where the next line would stand.

        :param y_mm: the line on which the characters of the first line stand.
        :param spacing: from line to line, in sizes of the font.
        :raises InvalidInputError: as :meth:`text`.
        """
        width = checked_mm(width_mm, "width_mm", _LEAST_MM)
        chosen = self._writer._own(font)
        step = checked_mm(size_mm, "size_mm", _LEAST_MM) * checked_mm(spacing, "spacing", 0.1, 10)
        y = checked_mm(y_mm, "y_mm")
        for paragraph in plain_text(text, "text").splitlines():
            for line in _lines(paragraph, chosen.advances_mm(paragraph, size_mm), width):
                self.text(x_mm, y, line, size_mm=size_mm, font=chosen, colour=colour)
                y += step
        return y

    def line(
        self, x1_mm: float, y1_mm: float, x2_mm: float, y2_mm: float, *, width_mm: float = 0.25, colour: Colour = BLACK
    ) -> None:
        """Draw a line.

        :raises InvalidInputError: when a number or the colour is impossible.
        """
        x1, y1 = checked_mm(x1_mm, "x1_mm"), checked_mm(y1_mm, "y1_mm")
        x2, y2 = checked_mm(x2_mm, "x2_mm"), checked_mm(y2_mm, "y2_mm")
        width = checked_mm(width_mm, "width_mm", _LEAST_MM)
        # What lies outside the boundary is cut off, so it has room for half the width around the line.
        left, top = min(x1, x2) - width / 2, min(y1, y2) - width / 2
        path = f"M {decimal(x1 - left)} {decimal(y1 - top)} L {decimal(x2 - left)} {decimal(y2 - top)}"
        boundary = box(left, top, abs(x2 - x1) + width, abs(y2 - y1) + width)
        self._path(boundary, path, stroke=colour, width=width, fill=None)

    def rectangle(
        self,
        x_mm: float,
        y_mm: float,
        width_mm: float,
        height_mm: float,
        *,
        line_mm: float = 0.25,
        stroke: Colour | None = BLACK,
        fill: Colour | None = None,
    ) -> None:
        """Draw a rectangle.

        :param line_mm: the width of its outline, half of which lies outside.
        :param stroke: the colour of its outline; None draws none.
        :param fill: the colour inside; None leaves it open.
        :raises InvalidInputError: when a number or a colour is impossible.
        """
        x, y = checked_mm(x_mm, "x_mm"), checked_mm(y_mm, "y_mm")
        width = checked_mm(width_mm, "width_mm", _LEAST_MM)
        height = checked_mm(height_mm, "height_mm", _LEAST_MM)
        line = checked_mm(line_mm, "line_mm", _LEAST_MM)
        near, right, bottom = decimal(line / 2), decimal(line / 2 + width), decimal(line / 2 + height)
        path = f"M {near} {near} L {right} {near} L {right} {bottom} L {near} {bottom} C"
        boundary = box(x - line / 2, y - line / 2, width + line, height + line)
        self._path(boundary, path, stroke=stroke, width=line, fill=fill)

    def image(self, x_mm: float, y_mm: float, width_mm: float, height_mm: float, picture: Buffer) -> None:
        """Place a picture.

        :param picture: PNG or JPEG.
        :raises InvalidInputError: when it is neither, or longer than 32 MiB, or a number is impossible.
        """
        x, y = checked_mm(x_mm, "x_mm"), checked_mm(y_mm, "y_mm")
        width = checked_mm(width_mm, "width_mm", _LEAST_MM)
        height = checked_mm(height_mm, "height_mm", _LEAST_MM)
        resource = self._writer._picture(as_bytes(picture, "picture"))
        matrix = f"{decimal(width)} 0 0 {decimal(height)} 0 0"
        self._add("ofd:ImageObject", box(x, y, width, height), CTM=matrix, ResourceID=resource)

    def _path(self, boundary: str, path: str, *, stroke: Colour | None, width: float, fill: Colour | None) -> None:
        colours = _colour("ofd:StrokeColor", stroke) + _colour("ofd:FillColor", fill)
        drawn = {
            "LineWidth": decimal(width),
            "Stroke": "true" if stroke is not None else "false",
            "Fill": "true" if fill is not None else "false",
        }
        self._add("ofd:PathObject", boundary, colours, element("ofd:AbbreviatedData", path), **drawn)

    def _add(self, name: str, boundary: str, *content: str, **attributes: object) -> None:
        identifier = self._writer._next_identifier()
        self._objects.append(element(name, *content, ID=identifier, Boundary=boundary, **attributes))

    def _to_bytes(self) -> bytes:
        """Return the file of the page."""
        area = element("ofd:Area", element("ofd:PhysicalBox", box(0, 0, self.width_mm, self.height_mm)))
        layer = element("ofd:Layer", *self._objects, ID=self._layer, Type="Body")
        return document("ofd:Page", area, element("ofd:Content", layer))


class OFDWriter:
    """An OFD document being written. A context: one thread at a time.

    :param title: for people; empty for none.
    :param author: for people; empty for none.
    :param created_at: None is now.
    :param document_id: 32 hexadecimal digits that no other document has; None takes random ones.
    :raises InvalidInputError: when one of them is impossible.
    """

    def __init__(
        self, *, title: str = "", author: str = "", created_at: datetime | None = None, document_id: str | None = None
    ) -> None:
        self._title, self._author = plain_text(title, "title"), plain_text(author, "author")
        self._created_at = utc_seconds(created_at or datetime.now(timezone.utc), "created_at")
        if document_id is None:
            from gmpki.algorithms.rand import random_bytes

            document_id = random_bytes(16).hex()
        if not _DOCUMENT_ID.fullmatch(plain_text(document_id, "document_id")):
            raise InvalidInputError("document_id must be 32 hexadecimal digits in lower case")
        self._document_id = document_id
        self._last_identifier = 0
        self._pages: list[PageWriter] = []
        self._fonts: list[OFDFont] = []
        self._pictures: dict[bytes, tuple[int, str, str]] = {}

    def embed_font(self, font: Buffer | OpenTypeFont, *, index: int = 0) -> OFDFont:
        """Take a font along: the document will carry the characters that are used.

        :param font: an OpenType font or collection (.ttf, .otf, .ttc), or one already read, which many documents share
            so that the time for reading, half a second for a large Chinese font, is spent once.
        :param index: which font of a collection.
        :raises InvalidInputError: when it is none, or says that documents may not carry a part of it.
        :raises UnsupportedPlatform: when fontTools is not installed.
        """
        outlines = font if isinstance(font, OpenTypeFont) else OpenTypeFont.from_bytes(font, index=index)
        outlines.require_embedding()
        return self._font(outlines.family, outlines)

    def name_font(self, name: str) -> OFDFont:
        """Name a font that the reader's machine is to have, such as 宋体; another machine may show another.

        :raises InvalidInputError: when the name is empty or nothing that XML can hold.
        """
        if not plain_text(name, "name").strip():
            raise InvalidInputError("the name of the font is empty")
        return self._font(name, None)

    def add_page(self, width_mm: float = 210, height_mm: float = 297) -> PageWriter:
        """Add a page, A4 upright unless told otherwise, and return it.

        :raises InvalidInputError: when a size is not above 0.
        """
        width = checked_mm(width_mm, "width_mm", 1.0, MAX_PAGE_MM)
        page = PageWriter(self, width, checked_mm(height_mm, "height_mm", 1.0, MAX_PAGE_MM))
        self._pages.append(page)
        return page

    def to_bytes(self) -> bytes:
        """Return the document.

        :raises InvalidInputError: when it has no page.
        :raises LimitExceeded: when it is larger than :data:`~gmpki.seal.ofd.package.DEFAULT_LIMITS` lets a document be.
        """
        if not self._pages:
            raise InvalidInputError("a document has at least one page")
        return build_package(self._files())

    def _files(self) -> dict[str, bytes]:
        files = {"OFD.xml": self._entry(), "Doc_0/Document.xml": self._document()}
        for number, page in enumerate(self._pages):
            files[f"Doc_0/Pages/Page_{number}/Content.xml"] = page._to_bytes()
        if self._fonts:
            files["Doc_0/PublicRes.xml"] = self._public_resources(files)
        if self._pictures:
            names = [
                element("ofd:MultiMedia", element("ofd:MediaFile", name), ID=identifier, Type="Image", Format=form)
                for identifier, name, form in self._pictures.values()
            ]
            files["Doc_0/DocumentRes.xml"] = document("ofd:Res", element("ofd:MultiMedias", *names), BaseLoc="Res")
            files.update({f"Doc_0/Res/{name}": data for data, (_, name, _) in self._pictures.items()})
        return files

    def _entry(self) -> bytes:
        """Return OFD.xml, the one file whose name is fixed."""
        facts = [element("ofd:DocID", self._document_id)]
        facts += [element("ofd:Title", escaped(self._title))] if self._title else []
        facts += [element("ofd:Author", escaped(self._author))] if self._author else []
        facts.append(element("ofd:CreationDate", self._created_at.date().isoformat()))
        facts += [element("ofd:Creator", "gmpki"), element("ofd:CreatorVersion", escaped(__version__))]
        body = element("ofd:DocInfo", *facts) + element("ofd:DocRoot", "Doc_0/Document.xml")
        return document("ofd:OFD", element("ofd:DocBody", body), Version="1.0", DocType="OFD")

    def _document(self) -> bytes:
        first = self._pages[0]
        common = element("ofd:MaxUnitID", str(self._last_identifier))
        area = box(0, 0, first.width_mm, first.height_mm)
        common += element("ofd:PageArea", element("ofd:PhysicalBox", area))
        common += element("ofd:PublicRes", "PublicRes.xml") if self._fonts else ""
        common += element("ofd:DocumentRes", "DocumentRes.xml") if self._pictures else ""
        pages = (
            element("ofd:Page", ID=page._identifier, BaseLoc=f"Pages/Page_{number}/Content.xml")
            for number, page in enumerate(self._pages)
        )
        return document("ofd:Document", element("ofd:CommonData", common), element("ofd:Pages", *pages))

    def _public_resources(self, files: dict[str, bytes]) -> bytes:
        """Return the list of fonts; the parts of those that the document carries go into the files."""
        fonts = []
        for font in self._fonts:
            file = ""
            if font.outlines is not None:
                name = f"font_{font.identifier}.{font.outlines.file_ending}"
                files[f"Doc_0/Res/{name}"] = font.outlines.subset(font.used)
                file = element("ofd:FontFile", name)
            fonts.append(element("ofd:Font", file, ID=font.identifier, FontName=font.name, FamilyName=font.name))
        return document("ofd:Res", element("ofd:Fonts", *fonts), BaseLoc="Res")

    def _font(self, name: str, outlines: OpenTypeFont | None) -> OFDFont:
        for font in self._fonts:
            if font.name == name and font.outlines is outlines:
                return font
        font = OFDFont(name, self._next_identifier(), outlines)
        self._fonts.append(font)
        return font

    def _own(self, font: OFDFont | None) -> OFDFont:
        if font is None:
            return self.name_font("宋体")
        member(font, OFDFont, "font")
        if font not in self._fonts:
            raise InvalidInputError("the font belongs to another document; embed_font or name_font gives one of this")
        return font

    def _picture(self, data: bytes) -> int:
        """Return the number of a picture's resource; the same picture is stored once."""
        for magic, (form, ending) in _PICTURES.items():
            if data.startswith(magic) and len(data) <= MOST_PICTURE_LEN:
                if data not in self._pictures:
                    identifier = self._next_identifier()
                    self._pictures[data] = identifier, f"image_{identifier}.{ending}", form
                return self._pictures[data][0]
        raise InvalidInputError("a picture is PNG or JPEG, of at most 32 MiB")

    def _next_identifier(self) -> int:
        self._last_identifier += 1
        return self._last_identifier


def _colour(name: str, colour: Colour | None) -> str:
    if colour is None:
        return ""
    if not isinstance(colour, tuple) or len(colour) != 3:
        raise InvalidInputError("a colour is red, green and blue, each 0 to 255")
    if not all(type(part) is int and 0 <= part <= 255 for part in colour):
        raise InvalidInputError("a colour is red, green and blue, each 0 to 255")
    return element(name, Value=" ".join(map(str, colour)))


def _lines(text: str, advances: list[float], width: float) -> list[str]:
    """Return a paragraph in lines: at least one character each, words of ASCII kept together where they fit."""
    lines, begin, count = [], 0, len(text)
    while begin < count:
        end, length = begin + 1, advances[begin]
        while end < count and length + advances[end] <= width + 1e-9:
            length += advances[end]
            end += 1
        if end < count:
            end = _break(text, begin, end)
        lines.append(text[begin:end].rstrip(" "))
        begin = end
        while begin < count and text[begin] == " ":
            begin += 1
    return lines or [""]


def _break(text: str, begin: int, place: int) -> int:
    """Return where a line ends that must end before ``place``."""
    for cut in range(place, max(begin, place - 60), -1):
        before, after = text[cut - 1], text[cut]
        inside_word = before.isascii() and after.isascii() and before != " " and after != " "
        if not inside_word and after not in _NOT_FIRST and before not in _NOT_LAST:
            return cut
    return place
