"""What an OFD package consists of: documents, their pages and templates, and where what they show lies.

Only what leads from OFD.xml to the pages is read here; what stands on a page is read by whoever draws it.

:standard: GB/T 33190-2016 7 (OFD.xml, Document.xml, page areas, templates)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki.errors import DecodeError, LimitExceeded
from gmpki.seal.ofd import xml
from gmpki.seal.ofd.signatures import Box, find_file

if TYPE_CHECKING:
    from gmpki.seal.ofd.package import OFDPackage
    from gmpki.seal.ofd.xml import Element

__all__ = ["A4", "OFDDocument", "OFDPage", "Template", "page_of", "physical_box", "read_documents"]

A4: Final = Box(0, 0, 210, 297)
"""The area of a page about which nothing is said; documents of the field rely on it."""

MAX_PAGES: Final = 50_000
MAX_PAGE_MM: Final = 20_000.0
_LEAST_PAGE_MM: Final = 0.1


@dataclass(frozen=True, slots=True)
class Template:
    """A page whose content other pages show below or above their own. Immutable.

    :ivar order: "Background" or "Foreground", where a page does not say it.
    """

    id: str
    path: str
    order: str = "Background"


@dataclass(frozen=True, slots=True)
class OFDPage:
    """Where a page lies. Immutable.

    :ivar number: counted from 1, over all documents of the package.
    :ivar id: by which stamps and annotations of its document name it.
    :ivar path: the name of the file with its content.
    """

    number: int
    id: str
    path: str


@dataclass(frozen=True, slots=True)
class OFDDocument:
    """One document of a package. Immutable.

    :ivar index: which document, counted from 0.
    :ivar path: the name of the file that describes it.
    :ivar area: of the pages that say nothing else.
    :ivar resources: the names of the files that describe fonts, pictures and the like.
    :ivar annotations: the name of the file that lists annotations; None when there is none.
    """

    index: int
    path: str
    pages: tuple[OFDPage, ...]
    templates: tuple[Template, ...]
    area: Box
    resources: tuple[str, ...]
    annotations: str | None

    def page(self, identifier: str) -> OFDPage | None:
        """Return the page of an ID, or None."""
        return next((page for page in self.pages if page.id == identifier), None)


def read_documents(package: OFDPackage) -> tuple[OFDDocument, ...]:
    """Return the documents of a package.

    :raises DecodeError: when OFD.xml or a document is missing or malformed, or there is no document.
    :raises LimitExceeded: when there are more than 50,000 pages.
    """
    root = package.xml("OFD.xml")
    if xml.local_name(root) != "OFD":
        raise DecodeError(f"OFD.xml has the root {xml.local_name(root)[:40]}, not OFD")
    documents: list[OFDDocument] = []
    page_count = 0
    for index, body in enumerate(xml.children(root, "DocBody")):
        location = xml.text_of(body, "DocRoot")
        document = _document(package, find_file(package, location, "OFD.xml"), index, page_count)
        page_count += len(document.pages)
        if page_count > MAX_PAGES:
            raise LimitExceeded(f"the package has more than {MAX_PAGES} pages")
        documents.append(document)
    if not documents:
        raise DecodeError("OFD.xml names no document")
    return tuple(documents)


def _document(package: OFDPackage, path: str, index: int, pages_before: int) -> OFDDocument:
    root = package.xml(path)
    common = xml.child(root, "CommonData")
    listed = xml.child(root, "Pages")
    if xml.local_name(root) != "Document" or common is None or listed is None:
        raise DecodeError(f"/{path} is no description of a document")
    elements = xml.children(listed, "Page")
    if len(elements) > MAX_PAGES:
        raise LimitExceeded(f"/{path} has more than {MAX_PAGES} pages")
    pages = tuple(
        OFDPage(
            pages_before + number,
            xml.attribute(element, "ID"),
            find_file(package, xml.attribute(element, "BaseLoc"), path),
        )
        for number, element in enumerate(elements, start=1)
    )
    if len({page.id for page in pages}) != len(pages):
        raise DecodeError(f"/{path} has two pages of one ID")
    annotations = xml.text_of(root, "Annotations")
    resources = [*xml.children(common, "PublicRes"), *xml.children(common, "DocumentRes")]
    return OFDDocument(
        index,
        path,
        pages,
        tuple(_template(package, element, path) for element in xml.children(common, "TemplatePage")),
        physical_box(xml.child(common, "PageArea"), A4),
        tuple(find_file(package, xml.text_of(element), path) for element in resources),
        find_file(package, annotations, path) if annotations else None,
    )


def _template(package: OFDPackage, element: Element, path: str) -> Template:
    order = xml.attribute(element, "ZOrder", "Background")
    location = xml.attribute(element, "BaseLoc")
    return Template(xml.attribute(element, "ID"), find_file(package, location, path), order)


def physical_box(area: Element | None, default: Box) -> Box:
    """Return the whole area of a page, or the default where nothing is said.

    :raises DecodeError: when it is no rectangle of a size that paper has.
    """
    text = xml.text_of(area, "PhysicalBox") if area is not None else ""
    if not text:
        return default
    box = Box.parse(text, "the area of a page")
    if not all(_LEAST_PAGE_MM <= side <= MAX_PAGE_MM for side in (box.width, box.height)):
        raise DecodeError(f"the area of a page is {box.width:g} x {box.height:g} mm")
    return box


def page_of(documents: tuple[OFDDocument, ...], number: int) -> tuple[OFDDocument, OFDPage]:
    """Return the page of a number, and its document.

    :param number: counted from 1.
    :raises DecodeError: when there is none.
    """
    for document in documents:
        if document.pages and document.pages[0].number <= number <= document.pages[-1].number:
            return document, document.pages[number - document.pages[0].number]
    count = sum(len(document.pages) for document in documents)
    raise DecodeError(f"there is no page {number}; the document has {count}")
