"""PDF files for tests, written out byte by byte: plain ones, and those whose pages or cross-references are out of the
ordinary. Each shows its edges, its number and where a seal goes, upright as a reader shows the page.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO

MM = 72 / 25.4  # units of the user space in 1 mm
KEYWORD = "盖章处"
KEYWORD_MM = (120.0, 200.0)  # where its line begins, from the upper left corner of what is shown
A4 = (0.0, 0.0, 595.276, 841.89)


@dataclass(frozen=True)
class Page:
    """One page.

    :ivar media_box: in units of the user space.
    :ivar crop_box: what of it is shown; None is all.
    :ivar rotate: clockwise, in degrees.
    :ivar user_unit: how many 1/72 inch one unit is.
    """

    media_box: tuple[float, float, float, float] = A4
    crop_box: tuple[float, float, float, float] | None = None
    rotate: int = 0
    user_unit: float = 1.0
    lines: tuple[str, ...] = ("Contract of sale",)

    @property
    def shown(self) -> tuple[float, float, float, float]:
        """What is shown, in units of the user space before it is turned."""
        return self.crop_box or self.media_box

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height as they are shown."""
        left, bottom, right, top = self.shown
        size = ((right - left) / MM * self.user_unit, (top - bottom) / MM * self.user_unit)
        return (size[1], size[0]) if self.rotate % 180 else size

    def content(self, number: int) -> bytes:
        """Return the stream of what is on it."""
        left, bottom, right, top = self.shown
        turned = {
            0: (1, 0, 0, 1, left, bottom),
            90: (0, 1, -1, 0, right, bottom),
            180: (-1, 0, 0, -1, right, top),
            270: (0, -1, 1, 0, left, top),
        }[self.rotate % 360]
        unit = MM / self.user_unit
        width, height = self.size_mm
        parts = ["q", " ".join(f"{value:.4f}" for value in turned) + " cm", f"{unit:.6f} 0 0 {unit:.6f} 0 0 cm"]
        parts += ["0.3 w 0.2 0.4 0.8 RG", f"2 2 {width - 4:.3f} {height - 4:.3f} re S"]
        for row, line in enumerate((*self.lines, f"page {number}")):
            parts.append(f"BT /F1 6 Tf 20 {height - 25 - 10 * row:.3f} Td ({line}) Tj ET")
        x, y = KEYWORD_MM
        coded = KEYWORD.encode("utf-16-be").hex()
        parts += [f"BT /F2 5 Tf {x:.3f} {height - y:.3f} Td <{coded}> Tj ET", "Q"]
        return " ".join(parts).encode("ascii")


@dataclass
class Builder:
    """Objects of a PDF file, numbered from 1, and what is made of them."""

    objects: list[bytes] = field(default_factory=list)

    def add(self, body: bytes) -> int:
        """Add an object and return its number."""
        self.objects.append(body)
        return len(self.objects)

    def stream(self, data: bytes, entries: bytes = b"") -> int:
        """Add a stream."""
        packed = zlib.compress(data)
        head = b"<< /Length %d /Filter /FlateDecode %s >>" % (len(packed), entries)
        return self.add(head + b"\nstream\n" + packed + b"\nendstream")

    def body(self) -> tuple[bytes, list[int]]:
        """Return header and objects, and where each object begins."""
        data = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        offsets = []
        for number, body in enumerate(self.objects, 1):
            offsets.append(len(data))
            data += b"%d 0 obj\n" % number + body + b"\nendobj\n"
        return bytes(data), offsets

    def with_table(self, root: int, extra: bytes = b"") -> bytes:
        """Return the file with a classic table of cross-references."""
        data, offsets = self.body()
        rows = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
        count = len(offsets) + 1
        trailer = b"trailer\n<< /Size %d /Root %d 0 R /ID [<%s> <%s>] %s >>\n" % (
            *(count, root),
            *(b"00" * 16, b"11" * 16, extra),
        )
        return (
            data
            + b"xref\n0 %d\n0000000000 65535 f \n" % count
            + rows
            + trailer
            + b"startxref\n%d\n%%%%EOF\n" % len(data)
        )

    def with_stream(self, root: int) -> bytes:
        """Return the file with a stream of cross-references, and all objects but streams in a stream of objects."""
        packed = [index for index, body in enumerate(self.objects) if not body.endswith(b"endstream")]
        bodies = [self.objects[index] for index in packed]
        head, at = b"", 0
        for index, body in zip(packed, bodies, strict=True):
            head += b"%d %d " % (index + 1, at)
            at += len(body) + 1
        plain = Builder([body if body.endswith(b"endstream") else b"null" for body in self.objects])
        holder = plain.stream(head + b"\n".join(bodies), b"/Type /ObjStm /N %d /First %d" % (len(packed), len(head)))
        data, offsets = plain.body()
        rows = [(0, 0, 65535)]
        rows += [
            (2, holder, packed.index(index)) if index in packed else (1, offset, 0)
            for index, offset in enumerate(offsets)
        ]
        rows.append((1, len(data), 0))
        table = zlib.compress(b"".join(bytes([k]) + a.to_bytes(4, "big") + b.to_bytes(2, "big") for k, a, b in rows))
        xref = b"%d 0 obj\n<< /Type /XRef /Size %d /W [1 4 2] /Root %d 0 R /ID [<%s> <%s>] /Length %d %s >>" % (
            *(len(rows) - 1, len(rows), root),
            *(b"00" * 16, b"11" * 16, len(table), b"/Filter /FlateDecode"),
        )
        end = b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(data)
        return data + xref + b"\nstream\n" + table + end

    def pages(self, pages: Sequence[Page], *, catalog: bytes = b"", annotations: bytes = b"") -> int:
        """Add pages, their fonts and the catalog; return the number of the catalog.

        :param catalog: entries of the catalog besides its own.
        :param annotations: the Annots of the first page.
        """
        font = self.add(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
        song = self.add(
            b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) "
            b"/Ordering (GB1) /Supplement 2 >> /FontDescriptor << /Type /FontDescriptor /FontName /STSong-Light "
            b"/Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 "
            b"/StemV 93 >> >>"
        )
        chinese = self.add(
            b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light-UniGB-UCS2-H /Encoding /UniGB-UCS2-H "
            b"/DescendantFonts [%d 0 R] >>" % song
        )
        tree = len(self.objects) + 2 * len(pages) + 1
        kids = []
        for number, page in enumerate(pages, 1):
            content = self.stream(page.content(number))
            entries = b"/MediaBox [%s]" % _numbers(page.media_box)
            if page.crop_box is not None:
                entries += b" /CropBox [%s]" % _numbers(page.crop_box)
            if page.rotate:
                entries += b" /Rotate %d" % page.rotate
            if page.user_unit != 1:
                entries += b" /UserUnit %s" % _numbers((page.user_unit,))
            if annotations and number == 1:
                entries += b" /Annots " + annotations
            resources = b"/Resources << /Font << /F1 %d 0 R /F2 %d 0 R >> >>" % (font, chinese)
            kids.append(
                self.add(
                    b"<< /Type /Page /Parent %d 0 R /Contents %d 0 R %s %s >>" % (tree, content, resources, entries)
                )
            )
        listed = b" ".join(b"%d 0 R" % kid for kid in kids)
        self.add(b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), listed))
        return self.add(b"<< /Type /Catalog /Pages %d 0 R %s >>" % (tree, catalog))


def _numbers(values: Sequence[float]) -> bytes:
    return " ".join(f"{value:g}" if value == round(value, 3) else f"{value:.3f}" for value in values).encode()


def document(*pages: Page, streamed: bool = False) -> bytes:
    """Return a file of some pages.

    :param streamed: with a stream of cross-references in place of the table.
    """
    builder = Builder()
    root = builder.pages(pages or (Page(),))
    return builder.with_stream(root) if streamed else builder.with_table(root)


def single_page() -> bytes:
    """Return one page of A4 with a classic table of cross-references."""
    return document()


def many_pages(count: int = 100) -> bytes:
    """Return many pages of A4."""
    return document(*(Page() for _ in range(count)))


def with_title() -> bytes:
    """Return one page of a document that says something about itself."""
    builder = Builder()
    root = builder.pages((Page(),))
    info = builder.add(b"<< /Producer (by hand) >>")
    return builder.with_table(root, b"/Info %d 0 R" % info)


CROPPED = Page((-50.0, 20.0, 750.0, 1000.0), (36.0, 72.0, 648.0, 864.0))


@cache
def with_form(*, locked: bool = False, demands: bool = False) -> bytes:
    """Return a form: a text field "Name" that is filled in, and a signature field "Sign here" that is empty.

    :param locked: the signature field says that its signature is to allow no changes at all.
    :param demands: the signature field makes demands on its signature.
    """
    builder = Builder()
    number = 20  # the fields come after everything else
    fields = b"[%d 0 R %d 0 R]" % (number, number + 1)
    root = builder.pages((Page(), Page()), catalog=b"/AcroForm << /Fields %s /NeedAppearances false >>" % fields)
    while len(builder.objects) < number - 1:
        builder.add(b"null")
    builder.add(
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (Name) /V (Zhang San) /DA (/Helv 12 Tf 0 g) /F 4 "
        b"/Rect [60 600 260 620] >>"
    )
    lock = b"/Lock << /Type /SigFieldLock /Action /All /P 1 >>" if locked else b""
    lock += b"/SV << /Type /SV /Ff 1 /Filter /Some.Handler >>" if demands else b""
    builder.add(b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Sign here) /F 132 /Rect [340 120 460 240] %s >>" % lock)
    for index, body in enumerate(builder.objects):
        if body.startswith(b"<< /Type /Page "):  # the first page
            builder.objects[index] = body[:-2] + b"/Annots " + fields + b" >>"
            break
    return builder.with_table(root)


@cache
def encrypted(password: str = "12345678") -> bytes:
    """Return a file that needs a password, in AES-256."""
    from pyhanko.pdf_utils.crypt import StandardSecurityHandler
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.pdf_utils.writer import copy_into_new_writer

    writer = copy_into_new_writer(PdfFileReader(BytesIO(single_page())))
    handler = StandardSecurityHandler.build_from_pw(password)
    writer.security_handler = handler
    writer._encrypt = writer.add_object(handler.as_pdf_object())
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


def hybrid() -> bytes:
    """Return a file whose table of cross-references names a stream of others, which readers of PDF 1.4 do not see."""
    builder = Builder()
    root = builder.pages((Page(),))
    data, offsets = builder.body()
    hidden = len(offsets) + 1
    start = len(data)
    data += b"%d 0 obj\n(seen by some)\nendobj\n" % hidden
    at = len(data)
    rows = zlib.compress(b"".join(b"\x01" + offset.to_bytes(4, "big") + b"\x00\x00" for offset in (start, at)))
    entries = b"/Type /XRef /Size %d /W [1 4 2] /Index [%d 2] /Root %d 0 R" % (hidden + 2, hidden, root)
    data += b"%d 0 obj\n<< %s /Length %d /Filter /FlateDecode >>\nstream\n" % (hidden + 1, entries, len(rows))
    data += rows + b"\nendstream\nendobj\n"
    table = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
    data += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    data += b"trailer\n<< /Size %d /Root %d 0 R /XRefStm %d >>\n" % (hidden + 2, root, at)
    return data + b"startxref\n%d\n%%%%EOF\n" % table


def certified(level: int) -> bytes:
    """Return a file that says that a signature allows only some changes, without that signature being a good one.

    :param level: 1 no changes, 2 forms and signatures, 3 annotations too.
    """
    builder = Builder()
    builder.add(
        b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /Contents <00> /ByteRange [0 1 2 3] "
        b"/Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /Type /TransformParams /V /1.2 "
        b"/P %d >> >>] >>" % level
    )
    return builder.with_table(builder.pages((Page(),), catalog=b"/Perms << /DocMDP 1 0 R >>"))


DOCUMENTS: dict[str, Callable[[], bytes]] = {
    "single page": single_page,
    "xref stream": lambda: document(streamed=True),
    "three pages": lambda: many_pages(3),
    "rotated 90": lambda: document(Page(rotate=90)),
    "rotated 180": lambda: document(Page(rotate=180)),
    "rotated 270": lambda: document(Page(rotate=270)),
    "rotated -90": lambda: document(Page(rotate=-90)),
    "cropped": lambda: document(CROPPED),
    "cropped and rotated": lambda: document(Page(CROPPED.media_box, CROPPED.crop_box, rotate=90)),
    "user unit": lambda: document(Page((0, 0, 297.638, 420.945), user_unit=2.0)),
    "user unit, cropped and rotated": lambda: document(
        Page((0, 0, 400, 500), (30, 20, 397.638, 440.945), rotate=270, user_unit=2.0)
    ),
    "form": with_form,
}
"""Those that can be sealed, by a name for tests."""
