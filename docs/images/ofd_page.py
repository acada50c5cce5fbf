"""A sealed OFD page for the documentation: a certificate that is written, sealed and drawn by gmpki alone.

Everybody in it is invented, and the seal carries the mark of a specimen. ``make_pictures.py`` asks for the picture.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

from gmpki import SM2PrivateKey
from gmpki.asn1.rfc5280.ext_keys import KeyUsage, KeyUsages
from gmpki.seal.layouts import SealLayout
from gmpki.seal.making import SealSpec, make_seal
from gmpki.seal.ofd import OFDFont, OFDWriter, PageWriter, Stamp, StraddleStamp, sign_ofd
from gmpki.seal.ofd.render import render_page
from gmpki.seal.picture.round_seals import draw_round_seal
from gmpki.seal.signing import SealSigner
from gmpki.x509.certificate import Certificate
from gmpki.x509.certificate_builder import CertificateBuilder
from gmpki.x509.names import build_name

FONT = Path("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc")  # of Debian's fonts-noto-cjk
SIMPLIFIED = 2  # its face with the forms of simplified Chinese
OFFICE = "示例市社会保障局"
DAY = datetime(2026, 3, 2, 9, 0, tzinfo=timezone.utc)
GREY = (120, 120, 120)
SHADE = (243, 246, 250)
ROWS = (
    ("年度", "缴费月数", "缴费基数（元）", "个人缴费（元）", "单位缴费（元）"),
    ("2023", "12", "6,800", "6,528.00", "13,056.00"),
    ("2024", "12", "7,200", "6,912.00", "13,824.00"),
    ("2025", "12", "7,650", "7,344.00", "14,688.00"),
    ("2026", "2", "8,010", "1,281.60", "2,563.20"),
)
TEXT = (
    "　　兹证明张三（社会保障号码：示例 0000 0001）自 2023 年 1 月起在本市参加城镇职工基本养老保险，截至 2026 年 2 月，"
    "累计缴费 38 个月，无欠缴。缴费情况如下表。\n"
    "　　本证明以 OFD 版式出具，加盖电子印章，与加盖实物印章的纸质证明具有同等效力；打印件上的印章不能用于核验，"
    "请以电子文件核验签章。"
)


def centred(page: PageWriter, y_mm: float, text: str, size_mm: float, font: OFDFont) -> None:
    """Write a line in the middle of the page."""
    page.text((page.width_mm - font.width_mm(text, size_mm)) / 2, y_mm, text, size_mm=size_mm, font=font)


def table(page: PageWriter, top_mm: float, font: OFDFont) -> float:
    """Draw the table; return where it ends."""
    left, wide, high = 25.0, 32.0, 9.0
    page.rectangle(left, top_mm, wide * 5, high, stroke=None, fill=SHADE)
    for number, row in enumerate(ROWS):
        base = top_mm + number * high + 6.2
        for column, cell in enumerate(row):
            x = left + column * wide + (wide - font.width_mm(cell, 3.7)) / 2
            page.text(x, base, cell, size_mm=3.7, font=font)
    bottom = top_mm + len(ROWS) * high
    for number in range(len(ROWS) + 1):
        page.line(left, top_mm + number * high, left + 5 * wide, top_mm + number * high, width_mm=0.15, colour=GREY)
    for column in range(6):
        page.line(left + column * wide, top_mm, left + column * wide, bottom, width_mm=0.15, colour=GREY)
    return bottom


def paper(font_file: bytes) -> bytes:
    """Write the certificate: two pages, so that a straddle seal has two edges to go over."""
    writer = OFDWriter(title="参保缴费证明", author=OFFICE, created_at=DAY, document_id="5ea1" * 8)
    font = writer.embed_font(font_file, index=SIMPLIFIED)
    page = writer.add_page()
    page.text(25, 22, f"{OFFICE}　编号：示例〔2026〕0001 号", size_mm=3.4, font=font, colour=GREY)
    page.line(25, 25, 185, 25, width_mm=0.6, colour=(190, 20, 20))
    centred(page, 48, "基本养老保险参保缴费证明", 8.5, font)
    end = page.paragraph(25, 66, TEXT, width_mm=160, size_mm=4.4, spacing=1.9, font=font)
    bottom = table(page, end, font)
    page.text(
        25, bottom + 8, "注：本页为示例，其中的单位、人员、号码与金额均为虚构。", size_mm=3.2, font=font, colour=GREY
    )
    page.text(134, 206, OFFICE, size_mm=4.8, font=font)
    page.text(136, 216, "2026 年 3 月 2 日", size_mm=4.8, font=font)
    centred(page, 283, "第 1 页　共 2 页", 3.2, font)
    second = writer.add_page()
    second.text(25, 40, "附：个人账户明细（略）", size_mm=4.4, font=font)
    centred(second, 283, "第 2 页　共 2 页", 3.2, font)
    return writer.to_bytes()


def certified(common_name: str) -> tuple[SM2PrivateKey, Certificate]:
    """Return a key, and a certificate that it has signed itself: enough for a picture."""
    key, name = SM2PrivateKey.generate(), build_name(("C", "CN"), ("O", OFFICE), ("CN", common_name))
    builder = CertificateBuilder().subject(name).issuer(name).serial_number(1).public_key(key.public_key)
    builder = builder.validity(DAY - timedelta(days=1), DAY + timedelta(days=365))
    return key, builder.add_extension(KeyUsage(KeyUsages.DIGITAL_SIGNATURE)).sign(key)


def sealed(document: bytes) -> bytes:
    """Seal the certificate: over the name of the office, and over the edges of both pages."""
    (maker_key, maker), (key, certificate) = certified("示例制章中心"), certified("经办人")
    picture = draw_round_seal(OFFICE, code="1101010000018").picture
    spec = SealSpec(
        "11010100000018",
        OFFICE,
        picture,
        [certificate],
        DAY - timedelta(hours=1),
        DAY + timedelta(days=300),
        created_at=DAY,
    )
    seal = make_seal(spec, maker_key, maker, layout=SealLayout.GBT38540)
    signer = SealSigner(seal, key, certificate, clock=lambda: DAY)
    return sign_ofd(document, signer, [Stamp(1, 130, 186), StraddleStamp(112)], time=DAY)


def ofd_page() -> bytes:
    """Draw the first page of the certificate with its seals."""
    return render_page(sealed(paper(FONT.read_bytes())), 1, dpi=110)
