"""Our OFD documents, sealed, in the readers of others.

ofdkit (a Python package without dependencies) reads text, places and sizes. ofd.js (an npm package, 0.2.6) draws pages
and the seals on them in a browser; GMPKI_TEST_OFD_JS names its file ``lib/ofd.umd.min.js``. It looks for fonts on the
machine alone; what documents carry is given to the browser itself, which checks a font strictly before it uses it.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from gmpki.seal.ofd.fonts import OpenTypeFont
from gmpki.seal.ofd.signing import sign_ofd
from gmpki.seal.ofd.stamps import Stamp, StraddleStamp
from gmpki.seal.ofd.writer import OFDWriter
from seal import samples
from seal.ofd import papers

pytestmark = pytest.mark.once

OFD_JS = os.environ.get("GMPKI_TEST_OFD_JS", "")
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(not BROWSER, reason="peer program: no browser is installed")
needs_ofd_js = pytest.mark.skipif(
    not (BROWSER and os.path.exists(OFD_JS)), reason="peer program: ofd.js or a browser is not installed"
)


def contract() -> bytes:
    """Return a document of two pages with two seals, one after the other, and a straddle seal."""
    writer = OFDWriter(title="合同 <示例>", author="示例市社会保障局", created_at=samples.NOW, document_id="5" * 32)
    font = writer.embed_font(papers.font())
    first, second = writer.add_page(), writer.add_page(297, 210)
    first.text(30, 40, "AB Á & <示>", size_mm=8, font=writer.name_font("宋体"))
    first.text(30, 60, "BA", size_mm=10, font=font)
    first.rectangle(30, 80, 60, 20, stroke=None, fill=(0, 0, 250))
    second.text(20, 30, "第二页")
    once = sign_ofd(writer.to_bytes(), papers.seal_signer(), [Stamp(1, 120, 200), StraddleStamp(100)], time=samples.NOW)
    return sign_ofd(once, papers.seal_signer(), Stamp(2, 20, 60), time=samples.NOW, protect_all=True)


@pytest.fixture(scope="module")
def ofdkit() -> ModuleType:
    module: ModuleType = pytest.importorskip("ofdkit", reason="peer program: ofdkit is not installed")
    return module


def test_ofdkit_reads_text_where_it_stands(ofdkit: ModuleType) -> None:
    with ofdkit.open(contract()) as document:
        assert [(page.width, page.height) for page in document.pages] == [(210, 297), (297, 210)]
        assert [page.text() for page in document.pages] == ["AB Á & <示>\nBA", "第二页"]
        run = document.pages[0].runs[1]
        assert (run.text, run.x, run.size) == ("BA", 30, 10)
        assert run.y == pytest.approx(60)


def test_ofdkit_reads_what_the_document_says_of_itself(ofdkit: ModuleType) -> None:
    with ofdkit.open(contract()) as document:
        info = document.info.to_dict()
    assert (info["title"], info["author"], info["creation_date"]) == ("合同 <示例>", "示例市社会保障局", "2026-03-01")


FONT_HTML = """<!doctype html><meta charset="utf-8"><style>
@font-face {{ font-family: Part; src: url(data:font/otf;base64,{font}); }}
</style><body style="margin:0"><div style="position:absolute;left:0;top:0;font:100px/100px Part">AB</div>"""
HTML = """<!doctype html><meta charset="utf-8"><body style="margin:0;background:#0a0"><script>{library}</script><script>
const bytes = Uint8Array.from(atob("{document}"), (letter) => letter.charCodeAt(0));
ofd.parseOfdDocument({{
  ofd: new File([bytes], "contract.ofd"),
  success: (found) => ofd.renderOfd(1000, found[0]).forEach((page) => document.body.appendChild(page)),
  fail: (error) => {{ document.title = "failed: " + error; }},
}});
</script>"""
PAGE = re.compile(r'<div id="\d+" style="[^"]*?width:\s*([0-9.]+)px;\s*height:\s*([0-9.]+)px[^"]*?background')


def shown(path: Path, *arguments: str) -> str:
    """Let the browser show a page; return what became of it."""
    command = [str(BROWSER), "--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1000,2400"]
    command += ["--virtual-time-budget=10000", f"--user-data-dir={path.parent / 'profile'}", *arguments, path.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


def test_ofdkit_reads_text_in_a_font_with_postscript_outlines(ofdkit: ModuleType) -> None:
    writer = OFDWriter(created_at=samples.NOW, document_id="6" * 32)
    writer.add_page().text(30, 60, "BA", size_mm=10, font=writer.embed_font(papers.postscript_font()))
    with ofdkit.open(writer.to_bytes()) as document:
        (run,) = document.pages[0].runs
        assert (run.text, run.x, run.size) == ("BA", 30, 10)


@needs_browser
@pytest.mark.parametrize("form", ["truetype", "postscript"])
def test_a_browser_takes_the_part_of_a_font(tmp_path: Path, form: str) -> None:
    whole = papers.font() if form == "truetype" else papers.postscript_font()
    font = base64.b64encode(OpenTypeFont.from_bytes(whole).subset("AB")).decode()
    page, picture = tmp_path / "page.html", tmp_path / "page.png"
    page.write_text(FONT_HTML.format(font=font), encoding="utf-8")
    shown(page, f"--screenshot={picture}")
    with Image.open(picture) as opened:
        image = opened.convert("L")
    # A size of 100 px, the base line at 80: A is a triangle from 1 to 51, B a square of 60 from 61 on.
    for x, y, ink in [(26, 75, True), (26, 30, True), (6, 30, False), (46, 30, False), (26, 5, False)]:
        assert (image.getpixel((x, y)) < 100) is ink, (x, y)
    for x, y, ink in [(65, 75, True), (117, 75, True), (65, 25, True), (117, 25, True), (90, 10, False)]:
        assert (image.getpixel((x, y)) < 100) is ink, (x, y)


@needs_ofd_js
def test_ofd_js_draws_pages_and_seals(tmp_path: Path) -> None:
    page, picture = tmp_path / "page.html", tmp_path / "page.png"
    library = Path(OFD_JS).read_text(encoding="utf-8").replace("</script>", "<\\/script>")
    page.write_text(HTML.format(library=library, document=base64.b64encode(contract()).decode()), encoding="utf-8")
    made = re.sub("<script>.*?</script>", "", shown(page, "--dump-dom"), flags=re.DOTALL)
    assert "failed:" not in made
    sizes = [(float(width), float(height)) for width, height in PAGE.findall(made)]
    assert [round(width / height, 2) for width, height in sizes] == [0.71, 1.41]
    for text in ("示", "第", "二", "页"):
        assert f">{text}<" in made
    shown(page, f"--screenshot={picture}")
    with Image.open(picture) as opened:
        image = opened.convert("RGB")
    scale = sizes[0][0] / 210
    under_first = range(round(sizes[0][1]) + 2, image.height)
    second_top = next(y for y in under_first if image.getpixel((5, y)) == (255, 255, 255))

    def on_first(x_mm: float, y_mm: float) -> tuple[int, int]:
        return round(x_mm * scale), round(y_mm * scale)

    # The ring of a seal of 40 mm is 3.2 mm wide; its middle is empty.
    for x, y, red in [
        (140, 201.5, True),
        (121.5, 220, True),
        (158.5, 220, True),
        (140, 238.5, True),
        (140, 220, False),
        (118, 220, False),
        (191.5, 120, True),  # the left half of the straddle seal at the right edge
        (209, 101.5, True),
        (209, 138.5, True),
        (205, 120, False),
    ]:
        assert _is_red(image, *on_first(x, y)) is red, (x, y)
    assert image.getpixel(on_first(60, 90)) == (0, 0, 250)
    # The right half of the straddle seal is what shows at the right edge of the second page.
    scale = sizes[1][0] / 297
    for x, y, red in [(295.5, 120, True), (279, 120, False), (279, 101.5, True), (40, 61.5, True), (40, 80, False)]:
        assert _is_red(image, round(x * scale), second_top + round(y * scale)) is red, (x, y)


def _is_red(image: Image.Image, x: int, y: int) -> bool:
    red, green, blue = image.getpixel((x, y))  # type: ignore[misc]
    return red > 150 and green < 90 and blue < 90
