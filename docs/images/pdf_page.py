"""A sealed PDF page for the documentation: a contract that both parties have sealed, by the word at which each signs.

Everybody in it is invented, and the seals carry the mark of specimens. ``make_pictures.py`` asks for the picture.
"""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path

from fontTools.ttLib import TTFont
from ofd_page import DAY, certified

from gmpki.seal.making import SealSpec, make_seal
from gmpki.seal.ofd.fonts import OpenTypeFont
from gmpki.seal.pdf import KeywordStamp, StraddleStamp, sign_pdf
from gmpki.seal.pdf._pdfium import opened
from gmpki.seal.picture import draw_round_seal, draw_special_seal
from gmpki.seal.seal import SealPicture
from gmpki.seal.signing import SealSigner
from seal.pdf.documents import MM, Builder

BUYER, SELLER = "示例市社会保障局", "示例科技（北京）有限公司"
FONT = Path("/usr/share/fonts/truetype/arphic/uming.ttc")  # of Debian's fonts-arphic-uming; TrueType
TITLE = "档案数字化设备采购合同"
CLAUSES = (
    "甲乙双方依照有关法律法规，经协商一致，就档案数字化设备的采购订立本合同，共同遵守。",
    "一、标的。乙方向甲方供应高速扫描仪 12 台、签章服务器 2 台，规格与数量以附件一为准。",
    "二、价款。合同总价人民币肆拾捌万陆仟元整（¥486,000.00），含税、运输、安装与两年质保。",
    "三、交付。乙方应于 2026 年 4 月 30 日前在甲方指定地点完成安装与调试，并提交验收材料。",
    "四、验收。甲方自收到材料之日起十个工作日内组织验收；逾期未提出书面异议的，视为验收合格。",
    "五、电子签章。双方同意以电子印章签署本合同；经电子签章的本合同与纸质合同具有同等法律效力。",
    "六、争议。因本合同发生的争议，双方协商解决；协商不成的，提交示例市仲裁委员会仲裁。",
)
MARGIN, WIDTH = 25.0, 160.0
GREY = "0.45 g"


class Paper:
    """Pages of A4 with one embedded font; lengths in mm from the upper left corner."""

    def __init__(self, text: str) -> None:
        self._file = OpenTypeFont.from_bytes(FONT.read_bytes()).subset(text)
        self._font = OpenTypeFont.from_bytes(self._file)
        font = TTFont(BytesIO(self._file))
        self._advances = [font["hmtx"][name][0] for name in font.getGlyphOrder()]
        self._glyphs = {code: font.getGlyphID(name) for code, name in font.getBestCmap().items()}
        self._parts: list[list[str]] = []

    def page(self) -> None:
        """Begin a page."""
        self._parts.append([])

    def width(self, text: str, size: float) -> float:
        """Return how long a text is."""
        return self._font.width_mm(text, size)

    def text(self, x: float, y: float, text: str, size: float = 4.4, colour: str = "0 g") -> None:
        """Write a line."""
        shown = "".join(f"{self._glyphs[ord(character)]:04x}" for character in text)
        place = f"{x * MM:.2f} {(297 - y) * MM:.2f} Td"
        self._parts[-1].append(f"{colour} BT /F {size * MM:.2f} Tf {place} <{shown}> Tj ET")

    def line(self, x: float, y: float, to_x: float, colour: str, width: float) -> None:
        """Draw a horizontal line."""
        ends = f"{x * MM:.2f} {(297 - y) * MM:.2f} m {to_x * MM:.2f} {(297 - y) * MM:.2f} l"
        self._parts[-1].append(f"{colour} {width * MM:.2f} w {ends} S")

    def paragraph(self, y: float, text: str, size: float = 4.4, spacing: float = 8.2) -> float:
        """Write a paragraph, whose first line is indented; return where the next begins."""
        line = "　　"
        for character in text:
            if self.width(line + character, size) > WIDTH and character not in "，。；：、）":
                self.text(MARGIN, y, line, size)
                line, y = "", y + spacing
            line += character
        self.text(MARGIN, y, line, size)
        return y + spacing

    def to_bytes(self) -> bytes:
        """Return the file."""
        builder = Builder()
        scale = 1000 / self._font.units_per_em
        widths = " ".join(f"{advance * scale:.0f}" for advance in self._advances).encode()
        program = builder.stream(self._file, b"/Length1 %d" % len(self._file))
        said = b"/Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 700 /StemV 80"
        descriptor = builder.add(
            b"<< /Type /FontDescriptor /FontName /AAAAAA+UMing %s /FontFile2 %d 0 R >>" % (said, program)
        )
        inner = builder.add(
            b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /AAAAAA+UMing /CIDSystemInfo << /Registry (Adobe) "
            b"/Ordering (Identity) /Supplement 0 >> /FontDescriptor %d 0 R /CIDToGIDMap /Identity /W [0 [%s]] >>"
            % (descriptor, widths)
        )
        font = builder.add(
            b"<< /Type /Font /Subtype /Type0 /BaseFont /AAAAAA+UMing /Encoding /Identity-H /DescendantFonts [%d 0 R] "
            b"/ToUnicode %d 0 R >>" % (inner, builder.stream(self._characters()))
        )
        tree = len(builder.objects) + 2 * len(self._parts) + 1
        kids = []
        for parts in self._parts:
            content = builder.stream("\n".join(parts).encode("ascii"))
            kids.append(
                builder.add(
                    b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595.276 841.89] /Contents %d 0 R /Resources << "
                    b"/Font << /F %d 0 R >> >> >>" % (tree, content, font)
                )
            )
        listed = b" ".join(b"%d 0 R" % kid for kid in kids)
        builder.add(b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), listed))
        return builder.with_table(builder.add(b"<< /Type /Catalog /Pages %d 0 R >>" % tree))

    def _characters(self) -> bytes:
        """Return the map from glyphs to characters, by which words are found."""
        known = sorted(self._glyphs.items())
        rows = [f"<{glyph:04x}> <{chr(code).encode('utf-16-be').hex()}>" for code, glyph in known]
        blocks = [rows[start : start + 100] for start in range(0, len(rows), 100)]
        body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
        head = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Own def /CMapType 2 def\n"
        space = "1 begincodespacerange <0000> <ffff> endcodespacerange\n"
        return f"{head}{space}{body}\nendcmap end end".encode("ascii")


ENDS = ("甲方（盖章）", "乙方（盖章）")
TEXT = "".join((*CLAUSES, *ENDS, TITLE, BUYER, SELLER)) + (
    "合同编号：示例〔2026〕采字第 0007 号甲方：乙方：　日期 年月日第页共法定代表人或授权经办张三李四附件设备清单（略）"
    "注本为，其中的单位人员与金额均虚构。0123456789"
)


def contract() -> bytes:
    """Write the contract: two pages, so that straddle seals have two edges to go over."""
    paper = Paper(TEXT)
    paper.page()
    paper.text(MARGIN, 22, "合同编号：示例〔2026〕采字第 0007 号", 3.4, GREY)
    paper.line(MARGIN, 25, MARGIN + WIDTH, "0.2 0.35 0.6 RG", 0.5)
    paper.text(105 - paper.width(TITLE, 8.5) / 2, 46, TITLE, 8.5)
    paper.text(MARGIN, 64, f"甲方：{BUYER}")
    paper.text(MARGIN, 72.5, f"乙方：{SELLER}")
    y = 86.0
    for clause in CLAUSES:
        y = paper.paragraph(y, clause) + 1.2
    for x, end, person in ((MARGIN + 8, ENDS[0], "张三"), (MARGIN + 92, ENDS[1], "李四")):
        paper.text(x, 238, end, 4.8)
        paper.text(x, 247, f"授权经办人：{person}")
        paper.text(x, 256, "2026 年 3 月 2 日")
    paper.text(MARGIN, 272, "注：本页为示例，其中的单位、人员与金额均为虚构。", 3.2, GREY)
    foot = "第 1 页　共 2 页"
    paper.text(105 - paper.width(foot, 3.2) / 2, 285, foot, 3.2)
    paper.page()
    paper.text(MARGIN, 40, "附件一：设备清单（略）")
    return paper.to_bytes()


def signer(name: str, person: str, picture: SealPicture, seal_id: str) -> SealSigner:
    """Return somebody with the seal of a party."""
    (maker_key, maker), (key, certificate) = certified("示例制章中心"), certified(person)
    until = DAY + timedelta(days=300)
    spec = SealSpec(seal_id, name, picture, [certificate], DAY - timedelta(hours=1), until, created_at=DAY)
    return SealSigner(make_seal(spec, maker_key, maker), key, certificate, clock=lambda: DAY)


def sealed() -> bytes:
    """Seal the contract for both parties, each at its word and over the edges of the pages."""
    buyer = signer(BUYER, "张三", draw_round_seal(BUYER, code="1101010000018").picture, "11010100000018")
    special = draw_special_seal(SELLER, "合同专用章", code="1101080000027").picture
    seller = signer(SELLER, "李四", special, "11010800000027")
    places = [KeywordStamp(ENDS[0], dx_mm=12, dy_mm=6), StraddleStamp(96)]
    data = sign_pdf(contract(), buyer, places, time=DAY)
    return sign_pdf(data, seller, [KeywordStamp(ENDS[1], dx_mm=12, dy_mm=6), StraddleStamp(150)], time=DAY)


def pdf_page() -> bytes:
    """Draw the first page of the contract with its seals."""
    stream = BytesIO()
    with opened(sealed()) as document:
        document.init_forms()
        drawn = document[0].render(scale=110 / 72, may_draw_forms=True).to_pil().convert("RGB")
    drawn.quantize(128).save(stream, "PNG", optimize=True)
    return stream.getvalue()
