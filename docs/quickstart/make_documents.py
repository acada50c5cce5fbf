"""Make what ``gmpki quickstart`` ships: one contract as PDF and as OFD, and the drawing of the seal of its buyer.

Run it from the root of the tree: ``python docs/quickstart/make_documents.py``. It needs the extra "seal", the font of
Debian's fonts-noto-cjk, and the writer of PDF files of the tests. Everybody in the contract is invented. Both documents
carry the characters that they show (Noto Sans CJK, SIL Open Font License 1.1, which lets documents do so), and the seal
is outlines, so that none of the three needs a font where it is shown.
"""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from io import BytesIO
from pathlib import Path
from typing import Protocol

from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from gmpki.seal.ofd import OFDFont, OFDWriter, PageWriter  # noqa: E402
from gmpki.seal.ofd.fonts import OpenTypeFont  # noqa: E402
from gmpki.seal.picture import draw_round_seal  # noqa: E402
from seal.pdf.documents import MM, Builder  # noqa: E402

OUTPUT = ROOT / "src" / "gmpki" / "data" / "quickstart"
FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
SIMPLIFIED = 2  # its face with the forms of simplified Chinese
DAY = datetime(2026, 3, 18, 1, 0, tzinfo=timezone.utc)

BUYER, SELLER = "示例市社会保障局", "示例精密仪器厂"
BUYER_EN, SELLER_EN = "Social Security Bureau of Sample City", "Sample Precision Instruments"
CODE = "1101010000018"  # of the seal; made up
TITLE, TITLE_EN = "设备采购合同", "Purchase of equipment"
CLAUSES = (
    (
        "一、标的。甲方向乙方采购恒温档案柜 24 台，型号 CH-480。",
        "1. Goods. The buyer buys 24 constant-temperature archive cabinets, model CH-480, of the seller.",
    ),
    (
        "二、价款。每台 12,500.00 元，合计人民币 300,000.00 元（叁拾万元整）。",
        "2. Price. CNY 12,500.00 each, CNY 300,000.00 in all.",
    ),
    (
        "三、交付。2026 年 6 月 30 日前送至甲方库房，乙方负责安装。",
        "3. Delivery. To the buyer's store before 30 June 2026; the seller installs them.",
    ),
    (
        "四、付款。合同生效后付三成，验收合格后付六成五，余款一年后付清。",
        "4. Payment. 30 % when the contract takes effect, 65 % after acceptance, the rest after a year.",
    ),
    (
        "五、电子印章。双方以电子印章签署本合同，正文的任何改动都使签章失效。",
        "5. Electronic seals. The parties sign with electronic seals; any change of the text makes them invalid.",
    ),
)
PLACE, PLACE_EN = "甲方（盖章）", "Buyer (seal)"
OTHER, OTHER_EN = "乙方（盖章）", "Seller (seal)"
NOTE = "本合同为示例，其中的单位、人员与金额均为虚构。Sample: the parties, persons and amounts are invented."
ANNEX, ANNEX_EN = "附件：设备清单", "Annex: list of equipment"
ROWS = (
    ("名称 Item", "型号 Model", "数量 Number", "金额（元）Amount (CNY)"),
    ("恒温档案柜 Cabinet", "CH-480", "24", "300,000.00"),
)

MARGIN, RIGHT = 25.0, 185.0
GREY = (115, 115, 115)
BLUE = (45, 85, 150)
BLACK = (0, 0, 0)
Colour = tuple[int, int, int]


class Page(Protocol):
    """A page of A4; lengths in mm from its upper left corner."""

    def text(self, x: float, y: float, text: str, size: float, colour: Colour = BLACK) -> None:
        """Write a line of text."""

    def line(self, x: float, y: float, to_x: float, colour: Colour, width: float) -> None:
        """Draw a horizontal line."""

    def width(self, text: str, size: float) -> float:
        """Return how long a line of text is."""


class OFDPage:
    """A page of an OFD document."""

    def __init__(self, page: PageWriter, font: OFDFont) -> None:
        self._page, self._font = page, font

    def text(self, x: float, y: float, text: str, size: float, colour: Colour = BLACK) -> None:
        """Write a line of text."""
        self._page.text(x, y, text, size_mm=size, font=self._font, colour=colour)

    def line(self, x: float, y: float, to_x: float, colour: Colour, width: float) -> None:
        """Draw a horizontal line."""
        self._page.line(x, y, to_x, y, width_mm=width, colour=colour)

    def width(self, text: str, size: float) -> float:
        """Return how long a line of text is."""
        return self._font.width_mm(text, size)


class PDFPage:
    """A page of a PDF document: the operators that draw it, its text with characters still in place of glyphs."""

    def __init__(self, font: OpenTypeFont) -> None:
        self._font = font
        self.parts: list[tuple[str, str, str]] = []

    def text(self, x: float, y: float, text: str, size: float, colour: Colour = BLACK) -> None:
        """Write a line of text."""
        place = f"{_shown(colour)} rg BT /F {size * MM:.2f} Tf {x * MM:.2f} {(297 - y) * MM:.2f} Td "
        self.parts.append((place, text, " Tj ET"))

    def line(self, x: float, y: float, to_x: float, colour: Colour, width: float) -> None:
        """Draw a horizontal line."""
        height = f"{(297 - y) * MM:.2f}"
        ends = f"{x * MM:.2f} {height} m {to_x * MM:.2f} {height} l"
        self.parts.append((f"{_shown(colour)} RG {width * MM:.2f} w {ends} S", "", ""))

    def width(self, text: str, size: float) -> float:
        """Return how long a line of text is."""
        return self._font.width_mm(text, size)


def _shown(colour: Colour) -> str:
    return " ".join(f"{part / 255:.2f}" for part in colour)


# ---- what stands on the pages ---------------------------------------------------------------------------------------
def centred(page: Page, y: float, text: str, size: float, colour: Colour = BLACK) -> None:
    """Write a line in the middle."""
    page.text(105 - page.width(text, size) / 2, y, text, size, colour)


def first_page(page: Page) -> None:
    """Write the contract."""
    page.text(MARGIN, 22, "合同编号 No. 示例-2026-0117", 3.4, GREY)
    page.line(MARGIN, 25, RIGHT, BLUE, 0.5)
    centred(page, 44, TITLE, 8.5)
    centred(page, 53, TITLE_EN, 4.6, GREY)
    y = 69.0
    for role, name, role_en, name_en in (("甲方", BUYER, "Buyer", BUYER_EN), ("乙方", SELLER, "Seller", SELLER_EN)):
        page.text(MARGIN, y, f"{role}：{name}", 4.6)
        page.text(MARGIN, y + 5.6, f"{role_en}: {name_en}", 3.4, GREY)
        y += 14
    y += 3
    for chinese, english in CLAUSES:
        page.text(MARGIN, y, chinese, 4.6)
        page.text(MARGIN, y + 6.2, english, 3.4, GREY)
        y += 17
    for x, end, end_en in ((MARGIN + 6, PLACE, PLACE_EN), (MARGIN + 92, OTHER, OTHER_EN)):
        page.text(x, 212, end, 4.8)
        page.text(x, 218, end_en, 3.4, GREY)
        page.text(x, 228, "2026 年 3 月 18 日", 4.2)
    page.line(MARGIN, 268, RIGHT, GREY, 0.15)
    page.text(MARGIN, 273, NOTE, 3.0, GREY)
    centred(page, 285, "1 / 2", 3.2, GREY)


def second_page(page: Page) -> None:
    """Write the annex, so that a seal over the edges of the pages has two of them."""
    page.text(MARGIN, 40, ANNEX, 5.4)
    page.text(MARGIN, 47, ANNEX_EN, 3.6, GREY)
    for number, row in enumerate(ROWS):
        y = 62 + number * 9.0
        for cell, x in zip(row, (25.0, 80.0, 112.0, 140.0), strict=True):
            page.text(x, y, cell, 3.8, GREY if number == 0 else BLACK)
        page.line(MARGIN, y + 3, RIGHT, GREY, 0.2)
    centred(page, 285, "2 / 2", 3.2, GREY)


# ---- the two files --------------------------------------------------------------------------------------------------
def as_ofd(font: OpenTypeFont) -> bytes:
    """Return the contract as OFD."""
    writer = OFDWriter(title=TITLE, author=BUYER, created_at=DAY, document_id="c0de" * 8)
    embedded = writer.embed_font(font)
    for write in (first_page, second_page):
        write(OFDPage(writer.add_page(), embedded))
    return writer.to_bytes()


def as_pdf(font: OpenTypeFont) -> bytes:
    """Return the contract as PDF."""
    pages = []
    for write in (first_page, second_page):
        page = PDFPage(font)
        write(page)
        pages.append(page)
    characters = {character for page in pages for _, text, _ in page.parts for character in text}
    builder = Builder()
    number, identifiers = embedded_font(builder, font.subset(characters))
    tree = len(builder.objects) + 2 * len(pages) + 1
    kids = []
    for page in pages:
        drawn = []
        for before, text, after in page.parts:
            shown = "".join(f"{identifiers[ord(character)]:04x}" for character in text)
            drawn.append(f"{before}<{shown}>{after}" if text else before)
        content = builder.stream("\n".join(drawn).encode("ascii"))
        kids.append(
            builder.add(
                b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595.276 841.89] /Contents %d 0 R "
                b"/Resources << /Font << /F %d 0 R >> >> >>" % (tree, content, number)
            )
        )
    listed = b" ".join(b"%d 0 R" % kid for kid in kids)
    builder.add(b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), listed))
    return builder.with_stream(builder.add(b"<< /Type /Catalog /Pages %d 0 R >>" % tree))


def embedded_font(builder: Builder, subset: bytes) -> tuple[int, dict[int, int]]:
    """Add a font (ISO 32000-1 9.7, CIDFontType0); return its number, and the CID of each character.

    The CIDs are those of the font's own collection, which its names of glyphs hold: "cid01234".
    """
    font = TTFont(BytesIO(subset))
    names = font.getBestCmap()
    identifiers = {code: int(name[3:]) for code, name in names.items()}
    widths = " ".join(
        f"{identifiers[code]} [{font['hmtx'][name][0]}]"
        for code, name in sorted(names.items(), key=lambda item: item[1])
    )
    program = builder.stream(font.reader["CFF "], b"/Subtype /CIDFontType0C")
    descriptor = builder.add(
        b"<< /Type /FontDescriptor /FontName /AAAAAA+NotoSansCJKsc-Regular /Flags 4 /FontBBox [-1002 -1048 2928 1808] "
        b"/ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 733 /StemV 91 /FontFile3 %d 0 R >>" % program
    )
    inner = builder.add(
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /AAAAAA+NotoSansCJKsc-Regular /CIDSystemInfo << /Registry "
        b"(Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor %d 0 R /DW 1000 /W [%s] >>"
        % (descriptor, widths.encode("ascii"))
    )
    outer = builder.add(
        b"<< /Type /Font /Subtype /Type0 /BaseFont /AAAAAA+NotoSansCJKsc-Regular-Identity-H /Encoding /Identity-H "
        b"/DescendantFonts [%d 0 R] /ToUnicode %d 0 R >>" % (inner, builder.stream(character_map(identifiers)))
    )
    return outer, identifiers


def character_map(identifiers: dict[int, int]) -> bytes:
    """Return the map from CIDs to characters (ISO 32000-1 9.10.3), by which words are found."""
    known = sorted((cid, code) for code, cid in identifiers.items())
    rows = [f"<{cid:04x}> <{chr(code).encode('utf-16-be').hex()}>" for cid, code in known]
    blocks = [rows[start : start + 100] for start in range(0, len(rows), 100)]
    body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    head = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Own def /CMapType 2 def\n"
    space = "1 begincodespacerange <0000> <ffff> endcodespacerange\n"
    return f"{head}{space}{body}\nendcmap end end".encode("ascii")


def main() -> None:
    """Write the three files."""
    font = OpenTypeFont.from_bytes(FONT.read_bytes(), index=SIMPLIFIED)
    files = {
        "contract.pdf": as_pdf(font),
        "contract.ofd": as_ofd(font),
        "seal.svg": draw_round_seal(BUYER, code=CODE).svg.encode("utf-8"),
    }
    for name, data in files.items():
        (OUTPUT / name).write_bytes(data)


if __name__ == "__main__":
    main()
