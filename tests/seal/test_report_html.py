"""Reports as a page of HTML: self-contained, escaped, bounded."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from io import BytesIO

import pytest
from PIL import Image

from gmpki.cms.report import Check, CheckStatus
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError, SealError
from gmpki.seal import DocumentReport, Placement, SealCheck, SealPicture, SealSigner, SignatureReport, report_as_html
from gmpki.seal.ofd import Stamp, StraddleStamp, sign_ofd, verify_ofd
from gmpki.seal.pdf import sign_pdf, verify_pdf
from gmpki.seal.report_pages import MOST_MARKS, seal_png, sealed_pages
from seal import samples
from seal.ofd import papers
from seal.pdf import documents
from seal.samples import NOW

PASSED = Check(SealCheck.DIGEST, CheckStatus.PASSED, "sm3")
OPEN = Check(SealCheck.STATUS, CheckStatus.NOT_CHECKED, "nobody was asked")
FAILED = Check(SealCheck.CHANGES, CheckStatus.FAILED, "", SealError("addition", "page 2 was added"))
HOSTILE = "</title></style><script>alert(1)</script><img src=x onerror=alert(1)>\"'&\u202eexe.fdp\x00\x1b[2J"
VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """What a page consists of; refuses elements that are not closed in their order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["style"]:
            self.words += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def report(*checks: Check, name: str = "合同.pdf", **more: object) -> DocumentReport:
    one = SignatureReport(0, "Seal1", checks or (PASSED,))
    made = DocumentReport("pdf", name, bytes(32), (one,))
    return replace(made, **more)  # type: ignore[arg-type]


def signer() -> SealSigner:
    who = samples.signer()
    return SealSigner(samples.seal(), who.key, who.certificate, clock=lambda: NOW, timestamp=samples.timestamp)


def ofd(pages: int = 2) -> tuple[bytes, DocumentReport]:
    stamps = [Stamp(1, 120, 200), StraddleStamp(100)]
    data = sign_ofd(papers.paper(pages), signer(), stamps if pages > 1 else stamps[:1], time=NOW)
    return data, verify_ofd(data, samples.trust(), name="证明.ofd", now=NOW)


def pdf() -> tuple[bytes, DocumentReport]:
    data = sign_pdf(documents.single_page(), signer(), Stamp(1, 120, 200))
    return data, verify_pdf(data, samples.trust(), name="合同.pdf", now=NOW)


# ---- self-contained -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("make", [ofd, pdf], ids=["ofd", "pdf"])
def test_a_page_needs_nothing_else_and_runs_nothing(make: object) -> None:
    data, found = make()  # type: ignore[operator]
    page = Page(report_as_html(found, data, verified_at=NOW))
    assert not {name for name, _ in page.elements} & {"script", "link", "iframe", "object", "embed", "form", "a"}
    for name, attributes in page.elements:
        assert not [key for key in attributes if key.startswith("on") or key == "style"]
        for key in ("src", "href", "xlink:href", "srcset", "action", "poster"):
            assert str(attributes.get(key, "data:image/")).startswith("data:image/"), name
    assert len(page.named("img")) == 1
    assert len(page.named("image")) == (2 if found.kind == "ofd" else 1)


def test_the_policy_allows_this_style_and_data_alone() -> None:
    text = report_as_html(report())
    (policy,) = [one["content"] for one in Page(text).named("meta") if "http-equiv" in one]
    style = re.search("<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert str(policy).split("; ")[:3] == ["default-src 'none'", "img-src data:", f"style-src 'sha256-{digest}'"]
    assert "url(" not in style[1]
    assert "@import" not in style[1]


# ---- what it says ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("checks", "accepted", "verdict", "sentence"),
    [
        ((PASSED,), (), "valid", "Every check passed."),
        ((PASSED, OPEN), (), "incomplete", "not everything was checked"),
        ((PASSED, OPEN), ("seal-status",), "valid", "Everything passed but what was accepted"),
        ((PASSED, FAILED), ("changes",), "invalid", "A check failed"),
    ],
    ids=["valid", "incomplete", "accepted", "failed"],
)
def test_the_verdict(checks: tuple[Check, ...], accepted: tuple[str, ...], verdict: str, sentence: str) -> None:
    page = Page(report_as_html(report(*checks, accepted=frozenset(accepted))))
    assert [one.get("class") for one in page.named("header")] == [verdict]
    assert [one.get("class") for one in page.named("section")] == [f"signature {verdict}"]
    assert sentence in page.words
    lines = [one["class"] for one in page.named("li") if "class" in one]
    assert lines == [check.status.value for check in checks]
    for check in checks:
        assert (check.detail or str(check.error)) in page.words
    assert ("· 已声明不要求" in page.words) is bool(accepted and verdict == "valid")


def test_nobody_has_signed() -> None:
    page = Page(report_as_html(report(signatures=())))
    assert [one.get("class") for one in page.named("header")] == ["invalid"]
    assert "Nobody has signed" in page.words


def test_a_whole_document() -> None:
    data, found = ofd()
    words = Page(report_as_html(found, data, verified_at=NOW)).words
    for text in (
        "证明.ofd",
        "检查不完整",
        samples.ORGANISATION,
        "31010000000001",
        "CN=张三",
        "CN=示例根",
        "CN=示例制章中心",
        "CN=示例制章根",
        "CN=示例时间戳",
        "受信任",
        "40 × 40 mm",
        "第 1 页，签章 1",
        "第 2 页，签章 1",
        found.digest.hex(),
        "GB/T 38540-2020",
        f"{NOW:%Y-%m-%d %H:%M:%S} UTC",
    ):
        assert text in words
    assert "2 more" not in words


# ---- pages ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("make", [ofd, pdf], ids=["ofd", "pdf"])
def test_a_seal_is_marked_where_it_stands(make: object) -> None:
    data, found = make()  # type: ignore[operator]
    text = report_as_html(found, data)
    assert '<rect class="place" x="120.00" y="200.00" width="40.00" height="40.00"/>' in text
    pages, more = sealed_pages(found, data, 12)
    assert more == 0
    width, height = pages[0].width_mm, pages[0].height_mm
    assert (round(width), round(height)) == (210, 297)
    with Image.open(BytesIO(pages[0].jpeg)) as image:
        assert max(image.size) <= 1000
        scale = image.height / height
        red = image.convert("RGB").getpixel((round(140 * scale), round(201.5 * scale)))
    assert isinstance(red, tuple)
    assert red[0] > 150 > red[1]


@pytest.mark.once
def test_pages_are_bounded() -> None:
    data, found = ofd(9)
    drawn, more = sealed_pages(found, data, 12)
    assert ([page.number for page in drawn], more) == ([1, 2, 3, 4], 5)
    assert "另有 5 页" in report_as_html(found, data)
    drawn, more = sealed_pages(found, data, 1)
    assert ([page.number for page in drawn], more) == ([1], 8)
    page = Page(report_as_html(found, data, pages=0))
    assert page.named("image") == []
    assert "另有 9 页" in page.words
    assert "Sealed pages" not in Page(report_as_html(found)).words


@pytest.mark.once
def test_thousands_of_places_and_signatures() -> None:
    many = [Placement(number, 1, 1, 10, 10) for number in range(1, 50_000)]
    one = SignatureReport(0, "Seal1", (PASSED,), placements=tuple(many))
    crowd = SignatureReport(1, "Seal2", (PASSED,), placements=(many[0],) * 5000)
    others = [SignatureReport(index, f"Seal{index}", (PASSED,) * 19) for index in range(2, 3000)]
    drawn, more = sealed_pages(report(signatures=(one, crowd)), documents.single_page(), 12)
    assert (len(drawn), more) == (4, 49_995)
    assert len(drawn[0].marks) == MOST_MARKS
    assert [page.problem != "" for page in drawn] == [False, True, True, True]
    text = report_as_html(report(signatures=(one, crowd, *others)), documents.single_page())
    assert "2900 more signatures" in Page(text).words
    assert len(text) < 1_500_000


@pytest.mark.parametrize("side", [float("nan"), float("inf"), -1e9, 1e300], ids=["nan", "inf", "far", "huge"])
def test_places_that_are_none_are_left_out(side: float) -> None:
    one = SignatureReport(0, "Seal1", (PASSED,), placements=(Placement(1, side, 1, 10, 10),))
    text = report_as_html(report(signatures=(one,)), documents.single_page())
    assert "<rect" not in text
    assert "<image" not in text


@pytest.mark.parametrize("data", [b"%PDF-1.7 no more", b"PK\x03\x04", b"x"], ids=["pdf", "zip", "text"])
@pytest.mark.parametrize("kind", ["pdf", "ofd"])
def test_what_cannot_be_drawn_is_told(kind: str, data: bytes) -> None:
    one = SignatureReport(0, "Seal1", (PASSED,), placements=(Placement(1, 1, 1, 10, 10),))
    page = Page(report_as_html(report(signatures=(one,), kind=kind), data))
    assert "This page could not be drawn" in page.words
    assert page.named("image") == []


# ---- seals ----------------------------------------------------------------------------------------------------------
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><rect width="40" height="20" fill="red"/></svg>'


def test_pictures_of_seals_are_made_small() -> None:
    big = BytesIO()
    Image.new("RGBA", (3000, 1500), (255, 0, 0, 120)).save(big, "PNG", pnginfo=None)
    for data in (big.getvalue(), SVG):
        with Image.open(BytesIO(seal_png(SealPicture("PNG", data, 40, 20)))) as image:
            assert image.size == (480, 240)
            assert image.format == "PNG"


@pytest.mark.parametrize(
    "data",
    [b"", b"\x89PNG\r\n\x1a\n", SVG.replace(b"<rect", b'<script/><rect onload="x"'), b"PK\x03\x04 no document"],
    ids=["empty", "png", "svg", "ofd"],
)
def test_pictures_that_cannot_be_shown(data: bytes) -> None:
    seal = samples.new_seal()
    one = SignatureReport(0, "Seal1", (PASSED,), seal=seal)
    object.__setattr__(seal, "_picture", SealPicture("PNG", data, 40, 40))
    page = Page(report_as_html(report(signatures=(one,))))
    assert page.named("img") == []
    assert "40 × 40 mm" in page.words


@pytest.mark.parametrize(("side", "shown"), [(0, 52), (1, 52), (40, 165), (2**31 - 1, 241)])
def test_sizes_of_seals_are_bounded(side: int, shown: int) -> None:
    seal = samples.new_seal()
    object.__setattr__(seal, "_picture", SealPicture("PNG", samples.png(), side, side))
    page = Page(report_as_html(report(signatures=(SignatureReport(0, "Seal1", (PASSED,), seal=seal),))))
    assert [(one["width"], one["height"]) for one in page.named("img")] == [(str(shown), str(shown))]


# ---- what comes from elsewhere --------------------------------------------------------------------------------------
def test_hostile_texts() -> None:
    error = DecodeError(HOSTILE)
    failed = Check(SealCheck.STRUCTURE, CheckStatus.FAILED, HOSTILE, error)
    seal = samples.new_seal(name=HOSTILE.replace("\x00", ""))
    one = SignatureReport(
        0,
        HOSTILE,
        (failed, Check(SealCheck.DIGEST, CheckStatus.FAILED, "", error)),
        HOSTILE,
        HOSTILE,
        seal,
        coverage=HOSTILE,
        variants=(HOSTILE,),
        placements=(Placement(1, 1, 1, 10, 10),),
    )
    made = DocumentReport(HOSTILE, HOSTILE, bytes(32), (one,), (failed,))
    text = report_as_html(made, b"x")
    page = Page(text)
    assert {name for name, _ in page.elements} <= {
        *("html", "head", "meta", "title", "style", "body", "main", "header", "section", "footer", "div", "span", "p"),
        *("h1", "h2", "h3", "strong", "b", "dl", "dt", "dd", "ul", "ol", "li", "figure", "figcaption", "img"),
    }
    assert len(page.named("img")) == 1
    assert not [one for one in page.named("img") if "onerror" in one]
    assert text.count("<script") == 0
    assert not set(text) & {"\u202e", "\x00", "\x1b"}


def test_long_texts_are_cut() -> None:
    text = report_as_html(report(Check(SealCheck.DIGEST, CheckStatus.PASSED, "y" * 10**6), name="x" * 10**6))
    assert len(text) < 40_000
    assert "x…" in text
    assert "y…" in text


# ---- arguments ------------------------------------------------------------------------------------------------------
def test_arguments_that_make_no_sense() -> None:
    with pytest.raises(InvalidTypeError):
        report_as_html("report")  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        report_as_html(report(), "document")  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError):
        report_as_html(report(), verified_at=datetime(2026, 3, 1))
    for pages in (-1, 61):
        with pytest.raises(InvalidInputError):
            report_as_html(report(), pages=pages)
    assert f"{NOW + timedelta(days=1):%Y-%m-%d}" in report_as_html(report(), verified_at=NOW + timedelta(days=1))
