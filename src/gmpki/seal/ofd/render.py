"""The pages of OFD documents as pictures: SVG, and PNG by a renderer of SVG.

Enough of OFD is drawn for people to recognise what was sealed: text by its outlines, lines, areas, shadings, pictures,
templates, annotations, and the stamps of seals where signatures put them. What is not drawn: patterns, shadings over
meshes, masks of pictures, video and sound. A picture proves nothing about signatures: a stamp is drawn whether its
signature holds or not.

:standard: GB/T 33190-2016
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, as_text, number
from gmpki.errors import GmpkiError, InvalidInputError, LimitExceeded
from gmpki.seal._extras import extra
from gmpki.seal.ofd import xml
from gmpki.seal.ofd.drawing.canvas import Canvas
from gmpki.seal.ofd.drawing.images import picture_address
from gmpki.seal.ofd.drawing.page import PageDrawer
from gmpki.seal.ofd.drawing.paths import moved, shortened
from gmpki.seal.ofd.drawing.resources import Resources
from gmpki.seal.ofd.model import OFDDocument, OFDPage, page_of, physical_box, read_documents
from gmpki.seal.ofd.package import DEFAULT_LIMITS, OFDPackage, PackageLimits
from gmpki.seal.ofd.pictures import picture_png
from gmpki.seal.ofd.signatures import Box, SignatureFile, find_file, signature_lists
from gmpki.seal.signature import SealSignature

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.seal.ofd.signatures import StampAnnotation
    from gmpki.seal.ofd.xml import Element

__all__ = ["PageRenderer", "render_page"]

_MM_PER_INCH: Final = 25.4
_MOST_PIXELS: Final = 60_000_000
_PICTURE_DPI: Final = 300  # pictures in SVG have no more; those of scanners have, and weigh much
_COLOUR: Final = re.compile("#[0-9a-fA-F]{6}")
_MOST_STAMPS: Final = 2_000  # drawn on one page


class PageRenderer:
    r"""Renders the pages of one document. A context: one thread at a time.

    >>> from gmpki.seal.ofd import OFDWriter
    >>> writer = OFDWriter(title="证明")
    >>> writer.add_page().text(30, 40, "示例市社会保障局", size_mm=6)
    >>> renderer = PageRenderer(writer.to_bytes())
    >>> renderer.page_count, renderer.svg(1)[:4], renderer.png(1, dpi=72)[:4]
    (1, '<svg', b'\x89PNG')

    :ivar page_count: over all documents of the package.
    :ivar problems: what could not be drawn so far, one sentence each.
    """

    def __init__(
        self,
        data: Buffer | OFDPackage,
        *,
        stamps: bool = True,
        paper: str = "#ffffff",
        limits: PackageLimits = DEFAULT_LIMITS,
    ) -> None:
        """Read what a package consists of.

        :param stamps: draw the pictures of seals.
        :param paper: the colour of pages, "#" and six hexadecimal digits; "" leaves them transparent.
        :raises InvalidInputError: when the paper has no such colour.
        :raises InvalidTypeError: when the data have no buffer.
        :raises DecodeError: when it is no OFD package, or a malformed one.
        :raises LimitExceeded: when it holds more than the limits allow.
        """
        if not isinstance(data, OFDPackage):
            data = OFDPackage.from_bytes(as_bytes(data, "data"), limits=limits)
        if as_text(paper, "paper") and not _COLOUR.fullmatch(paper):
            raise InvalidInputError('paper must be "#" and six hexadecimal digits, or empty')
        self._package = data
        self._paper = paper
        self._documents = read_documents(self._package)
        self._resources: dict[int, Resources] = {}
        self._stamps = _stamps_by_page(self._package) if stamps else {}
        self._pictures: dict[str, bytes] = {}
        self.page_count = sum(len(document.pages) for document in self._documents)
        self.problems: list[str] = []

    def size_mm(self, page: int) -> tuple[float, float]:
        """Return width and height of a page.

        :param page: counted from 1.
        :raises DecodeError: when there is no such page, or it is malformed.
        """
        document, found = page_of(self._documents, number(page, 1, 1 << 31, "page"))
        box = self._box(self._package.xml(found.path), document)
        return box.width, box.height

    def svg(self, page: int) -> str:
        """Return a page as SVG that needs nothing else: no fonts, no files.

        :param page: counted from 1.
        :raises InvalidInputError: when the number is none.
        :raises DecodeError: when there is no such page, or it is malformed.
        :raises LimitExceeded: when there is more on it than is drawn.
        :raises UnsupportedPlatform: when the libraries of the extra "seal" are not installed.
        """
        return self._drawing(page, _PICTURE_DPI)

    def _drawing(self, page: int, picture_dpi: int, pixels: tuple[str, str] | None = None) -> str:
        """Draw a page: as large as it is, or as many pixels, which the sides are rounded to."""
        document, found = page_of(self._documents, number(page, 1, 1 << 31, "page"))
        root = self._package.xml(found.path)
        box = self._box(root, document)
        canvas = Canvas(picture_dpi)
        x, y, width, height = map(shortened, (box.x, box.y, box.width, box.height))
        if self._paper:
            canvas.add(f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{self._paper}"/>')
        self._draw(canvas, document, found, root)
        return canvas.svg(f"{x} {y} {width} {height}", *(pixels or (f"{width}mm", f"{height}mm")))

    def png(self, page: int, *, dpi: int = 150) -> bytes:
        """Return a page as PNG.

        :param page: counted from 1.
        :param dpi: dots per inch, 18 to 1200.
        :raises InvalidInputError: when a number is impossible.
        :raises DecodeError: when there is no such page, or it is malformed.
        :raises LimitExceeded: when there is more on it than is drawn, or it would have more than 60 million pixels.
        :raises UnsupportedPlatform: when the libraries of the extra "seal" are not installed.
        """
        number(dpi, 18, 1200, "dpi")
        across, down = (max(1, round(side * dpi / _MM_PER_INCH)) for side in self.size_mm(page))
        if across * down > _MOST_PIXELS:
            raise LimitExceeded(f"the page would have {across} by {down} pixels; at most {_MOST_PIXELS} are drawn")
        drawing = self._drawing(page, dpi, (str(across), str(down)))
        renderer = extra("resvg_py")
        try:
            made: bytes = renderer.svg_to_bytes(svg_string=drawing, width=across, height=down, skip_system_fonts=True)
        except ValueError as error:
            raise LimitExceeded(f"the renderer does not take the page: {str(error)[:200]}") from None
        return bytes(made)

    def _box(self, root: Element, document: OFDDocument) -> Box:
        return physical_box(xml.child(root, "Area"), document.area)

    def _draw(self, canvas: Canvas, document: OFDDocument, page: OFDPage, root: Element) -> None:
        drawer = PageDrawer(canvas, self._of(document).with_more(_own_resources(self._package, root, page.path)))
        content = xml.child(root, "Content")
        above: list[Element] = []
        for use in xml.children(root, "Template"):
            template = next((one for one in document.templates if one.id == xml.attribute(use, "TemplateID")), None)
            if template is None or template.path not in self._package:
                continue
            drawn = self._package.xml(template.path)
            is_above = (xml.attribute(use, "ZOrder") or template.order) == "Foreground"
            shown = xml.child(drawn, "Content")
            if shown is not None and is_above:
                above.append(shown)
            elif shown is not None:
                drawer.content(shown)
        for layer in [*([] if content is None else [content]), *above]:
            drawer.content(layer)
        self._annotations(drawer, document, page)
        self._draw_stamps(canvas, document, page)
        self.problems += drawer.problems

    def _of(self, document: OFDDocument) -> Resources:
        if document.index not in self._resources:
            self._resources[document.index] = Resources(self._package, document.resources)
        return self._resources[document.index]

    def _annotations(self, drawer: PageDrawer, document: OFDDocument, page: OFDPage) -> None:
        if document.annotations is None or document.annotations not in self._package:
            return
        for entry in xml.children(self._package.xml(document.annotations), "Page"):
            if xml.attribute(entry, "PageID") != page.id:
                continue
            path = find_file(self._package, xml.text_of(entry, "FileLoc"), document.annotations)
            if path not in self._package:
                continue
            for annotation in xml.children(self._package.xml(path), "Annot"):
                appearance = xml.child(annotation, "Appearance")
                if appearance is None or xml.attribute(annotation, "Visible", "true") == "false":
                    continue
                boundary = xml.attribute(appearance, "Boundary")
                box = Box.parse(boundary, "the boundary of an annotation") if boundary else Box(0, 0, 0, 0)
                with drawer.canvas.group(moved(box.x, box.y)):
                    drawer.block(appearance, "", 0)

    def _draw_stamps(self, canvas: Canvas, document: OFDDocument, page: OFDPage) -> None:
        for seal, stamp in self._stamps.get((document.index, page.id), [])[:_MOST_STAMPS]:
            try:
                if seal not in self._pictures:
                    self._pictures[seal] = _seal_picture(self._package, seal)
                box = stamp.boundary
                address = picture_address(self._pictures[seal], canvas.pixels(box.width), canvas.pixels(box.height))
            except LimitExceeded:
                raise
            except GmpkiError as error:
                self.problems.append(f"the picture of the seal in /{seal}: {error}")
                continue
            clip = stamp.clip or Box(0, 0, box.width, box.height)
            form = (
                f'<clipPath id="%s"><rect x="{shortened(clip.x)}" y="{shortened(clip.y)}" '
                f'width="{shortened(clip.width)}" height="{shortened(clip.height)}"/></clipPath>'
            )
            picture = canvas.shared(
                f'<image id="%s" width="1" height="1" preserveAspectRatio="none" xlink:href="{address}"/>'
            )
            with (
                canvas.group(moved(box.x, box.y)),
                canvas.group(canvas.clip(form)),
            ):
                canvas.add(
                    f'<use xlink:href="#{picture}" transform="scale({shortened(box.width)} {shortened(box.height)})"/>'
                )


def render_page(data: Buffer, page: int = 1, *, dpi: int = 150, stamps: bool = True) -> bytes:
    """Return one page of an OFD document as PNG; whoever wants several uses :class:`PageRenderer`.

    :param page: counted from 1.
    :param dpi: dots per inch, 18 to 1200.
    :param stamps: draw the pictures of seals.
    :raises InvalidInputError: when a number is impossible.
    :raises DecodeError: when it is no OFD package, a malformed one, or has no such page.
    :raises LimitExceeded: when it holds more than is read or drawn.
    :raises UnsupportedPlatform: when the libraries of the extra "seal" are not installed.
    """
    return PageRenderer(data, stamps=stamps).png(page, dpi=dpi)


def _own_resources(package: OFDPackage, root: Element, path: str) -> list[str]:
    return [find_file(package, xml.text_of(one), path) for one in xml.children(root, "PageRes") if xml.text_of(one)]


def _stamps_by_page(package: OFDPackage) -> dict[tuple[int, str], list[tuple[str, StampAnnotation]]]:
    """Return, for each page of each document, the file that holds the seal of each stamp on it, and the stamp.

    Signatures that cannot be read have no stamps: whoever verifies is told why.
    """
    found: dict[tuple[int, str], list[tuple[str, StampAnnotation]]] = {}
    for listed in signature_lists(package):
        for entry in listed.entries:
            try:
                described = SignatureFile.parse(package, entry.path)
            except GmpkiError:
                continue
            for stamp in described.stamps:
                found.setdefault((listed.document, stamp.page_id), []).append((described.signed_value, stamp))
    return found


def _seal_picture(package: OFDPackage, path: str) -> bytes:
    """Return the picture of the seal of a signature."""
    return picture_png(SealSignature.from_der(package.read(path), lenient=True).seal.picture)
