"""``gmpki seal picture``."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from PIL import Image

from cli import picture_files
from gmpki.errors import InvalidInputError
from gmpki.seal.picture import draw_round_seal, find_font
from seal.picture.scans import overlap

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]
DRAW = ("seal", "picture", "draw")


@pytest.fixture(autouse=True)
def _files(run: Run) -> None:
    try:
        find_font()
    except InvalidInputError:
        pytest.skip("outside test data: no Chinese font is installed")
    picture_files.write_pictures()


def test_drawings_and_what_is_said_of_them(answer: Answer) -> None:
    said = answer(*DRAW, "--dpi", "200", "--output", "seal.png", "示例市社会保障局")
    assert said == {"ok": True, "output": "seal.png", "width_mm": 42.0, "height_mm": 42.0, "dpi": 200, "marked": True}
    assert Path("seal.png").read_bytes() == draw_round_seal("示例市社会保障局", dpi=200).png
    plain = answer(*DRAW, "--dpi", "200", "--licensed-maker", "--output", "plain.png", "示例市社会保障局")
    assert plain["marked"] is False
    assert Path("plain.png").read_bytes() != Path("seal.png").read_bytes()


def test_a_drawing_goes_to_standard_output(run: Run) -> None:
    shown = run(*DRAW, "--form", "svg", "--kind", "square", "张三").stdout_bytes
    assert shown.startswith(b"<svg ")
    assert shown.endswith(b"</svg>\n")
    with Image.open(io.BytesIO(run(*DRAW, "--dpi", "100", "示例公司").stdout_bytes)) as opened:
        assert opened.size == (165, 165)


@pytest.mark.parametrize(
    "options",
    [
        ("--kind", "special", "示例公司"),
        ("--kind", "square", "--code", "1", "张三"),
        ("--kind", "square", "--purpose", "合同专用章", "张三"),
        ("--white", "示例公司"),
        ("--ending", "印", "示例公司"),
        ("--no-star", "示例公司"),
        ("--family", "SimSun", "示例公司"),
        ("--json", "示例公司"),
        ("--dpi", "1", "示例公司"),
        (),
    ],
)
def test_options_that_do_not_go_together(options: tuple[str, ...], run: Run) -> None:
    run(*DRAW, *options, exit_code=2)


def test_what_cannot_be_drawn(answer: Answer) -> None:
    said = answer(*DRAW, "--output", "seal.png", "示", exit_code=1)
    assert said["error"]["type"] == "InvalidInputError"
    assert answer(*DRAW, "--font", "none.ttf", "--output", "o", "示例公司", exit_code=1)["error"]["type"] == (
        "FileNotFoundError"
    )
    assert (
        answer(*DRAW, "--font", "scan.jpg", "--output", "o", "示例公司", exit_code=1)["error"]["type"] == "DecodeError"
    )
    assert not Path("o").exists()


def test_an_imprint_from_a_scan(answer: Answer, run: Run) -> None:
    said = answer("seal", "picture", "extract", "--width", "42", "--dpi", "300", "--output", "seal.png", "scan.jpg")
    assert said["shape"] == "round"
    assert said["turned_degrees"] == pytest.approx(8, abs=0.5)
    drawn = draw_round_seal("示例市社会保障局", code="1101010000018", dpi=300)
    assert overlap(Path("seal.png").read_bytes(), drawn.png) > 0.8
    run("seal", "picture", "extract", "--width", "42", "--output", "no.png", "drawing.svg", exit_code=1)
    run(
        "seal",
        "picture",
        "extract",
        "--width",
        "42",
        "--region",
        "1,2,3",
        "--output",
        "no.png",
        "scan.jpg",
        exit_code=2,
    )


def test_imports_are_checked(answer: Answer) -> None:
    arguments = ("seal", "picture", "import", "--output", "out.png", "drawing.svg")
    assert answer(*arguments, "--width", "42", "--dpi", "150", "--type", "organisation")["width_mm"] == 42
    said = answer(*arguments, "--force", "--width", "42", "--type", "person", exit_code=1)
    assert "not customary" in said["error"]["message"]
    Path("bad.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script/></svg>')
    bad = answer("seal", "picture", "import", "--width", "42", "--output", "x.png", "bad.svg", exit_code=1)
    assert bad["error"]["type"] == "DecodeError"
