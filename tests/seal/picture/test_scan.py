"""Imprints taken from scans agree with the impressions that were put on the forms."""

from __future__ import annotations

import contextlib
import io
import random
from functools import cache
from typing import Any

import pytest
from PIL import Image

from gmpki.errors import DecodeError, GmpkiError, InvalidInputError, InvalidTypeError
from gmpki.seal.picture import Impression, draw_name_seal, draw_round_seal, draw_special_seal, extract_impression
from seal.picture.scans import Scanner, overlap

pytestmark = pytest.mark.once  # arithmetic of the picture library

YELLOWISH = (245, 234, 205)
SIZE = (100, 80)  # millimetres of the forms


@cache
def impression(kind: str) -> Impression:
    options: dict[str, Any] = {"licensed_maker": True, "dpi": 300}
    if kind == "round":
        return draw_round_seal("示例市社会保障局", code="1101010000018", **options)
    if kind == "special":
        return draw_special_seal("示例科技（北京）有限公司", "合同专用章", **options)
    if kind == "starless":
        return draw_special_seal("示例科技（北京）有限公司", "合同专用章", star=False, **options)
    return draw_name_seal("李小明", white=kind == "white", **options)


CASES = {
    "clean": ("round", Scanner(noise=0, spots=0, text=False, quality=95), 0.94),
    "form": ("round", Scanner(dpi=300), 0.9),
    "turned": ("round", Scanner(turned=11, skew=-3), 0.9),
    "far": ("round", Scanner(turned=160), 0.88),
    "faded": (
        "round",
        Scanner(dpi=300, turned=-7, strength=0.45, uneven=0.5, paper=YELLOWISH, noise=12, quality=70),
        0.8,
    ),
    "coarse": ("round", Scanner(dpi=150, turned=5, quality=60), 0.86),
    "special": ("special", Scanner(turned=-14), 0.88),
    "name": ("name", Scanner(dpi=300, turned=6.5), 0.88),
    "name-faded": ("name", Scanner(dpi=300, turned=-12, strength=0.5, paper=YELLOWISH, quality=60, noise=10), 0.83),
    "white-on-red": ("white", Scanner(turned=4), 0.9),
}


@pytest.mark.parametrize("case", CASES)
def test_imprints_agree_with_the_impression(case: str) -> None:
    kind, scanner, least = CASES[case]
    drawn = impression(kind)
    scan, (x, y) = scanner.scan(drawn, size_mm=SIZE)
    taken = extract_impression(scan, width_mm=int(drawn.width_mm), dpi=300)
    assert overlap(taken.png, drawn.png) > least
    assert taken.shape == ("square" if kind in ("name", "white") else "round")
    assert taken.turned_degrees == pytest.approx(scanner.turned + scanner.skew, abs=0.4)
    assert taken.scan_dpi == pytest.approx(scanner.dpi, rel=0.012)
    left, top, right, bottom = taken.box
    assert abs((left + right) / 2 - x) < 5
    assert abs((top + bottom) / 2 - y) < 5
    assert (taken.restored > 0.002) == scanner.text
    assert (taken.picture.type, taken.picture.width_mm) == ("PNG", int(drawn.width_mm))


def test_without_a_star_it_is_straightened_by_its_text() -> None:
    drawn = impression("starless")
    for turned in (-9, 4):
        scan, _ = Scanner(turned=turned).scan(drawn, size_mm=SIZE)
        taken = extract_impression(scan, width_mm=40, dpi=300)
        assert taken.turned_degrees == pytest.approx(turned, abs=1.5)


def test_the_print_is_gone_and_the_paper_is_transparent() -> None:
    drawn = impression("round")
    scan, _ = Scanner(turned=3).scan(drawn, size_mm=SIZE)
    taken = extract_impression(scan, width_mm=42, dpi=300)
    with Image.open(io.BytesIO(taken.png)) as opened:
        assert opened.size == (496, 496)
        colours = opened.getcolors(1 << 20) or []
    assert {colour[:3] for _, colour in colours} == {(224, 20, 30)}
    clear = sum(count for count, colour in colours if colour[3] < 8) / (496 * 496)
    with Image.open(io.BytesIO(drawn.png)) as opened:
        expected = sum(opened.getchannel("A").histogram()[:8]) / (opened.width * opened.height)
    assert clear == pytest.approx(expected, abs=0.03)


def test_straightening_can_be_left_out() -> None:
    scan, _ = Scanner(turned=20).scan(impression("round"), size_mm=SIZE)
    as_it_is = extract_impression(scan, width_mm=42, dpi=200, straighten=False)
    assert as_it_is.turned_degrees == 0
    assert overlap(as_it_is.png, impression("round").png) < 0.6


def test_one_of_two_imprints() -> None:
    first, at = Scanner().scan(impression("round"), size_mm=SIZE)
    with Image.open(io.BytesIO(first)) as page:
        both = page.convert("RGB")
    with Image.open(io.BytesIO(impression("name").png)) as opened:
        square = opened.resize((157, 157))
    both.paste(square, (80, 300), square)
    stream = io.BytesIO()
    both.save(stream, "PNG")
    largest = extract_impression(stream.getvalue(), width_mm=42)
    assert largest.shape == "round"
    assert abs((largest.box[0] + largest.box[2]) / 2 - at[0]) < 4
    other = extract_impression(stream.getvalue(), width_mm=20, region=(40, 260, 280, 500))
    assert other.shape == "square"
    assert other.box == pytest.approx((80, 300, 237, 457), abs=4)
    assert overlap(other.png, impression("name").png) > 0.85


def test_red_letters_and_lines_are_no_imprint() -> None:
    page = Image.new("RGB", (800, 600), "white")
    page.paste((214, 30, 44), (50, 60, 750, 66))
    for x in range(100, 700, 60):
        page.paste((214, 30, 44), (x, 100, x + 8, 150))
    stream = io.BytesIO()
    page.save(stream, "PNG")
    with pytest.raises(InvalidInputError, match="no red imprint"):
        extract_impression(stream.getvalue(), width_mm=42)


@pytest.mark.parametrize("colour", ["white", "black", (90, 90, 96), (250, 240, 205), (30, 60, 200), (230, 20, 30)])
def test_pages_without_an_imprint(colour: Any) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (500, 400), colour).save(stream, "PNG")
    with pytest.raises(InvalidInputError):
        extract_impression(stream.getvalue(), width_mm=42)


def test_an_imprint_of_other_proportions_or_too_small() -> None:
    scan, _ = Scanner(dpi=100).scan(impression("round"), size_mm=SIZE)
    with pytest.raises(InvalidInputError, match="no red imprint of these proportions"):
        extract_impression(scan, width_mm=45, height_mm=20)
    tiny, _ = Scanner(dpi=50).scan(impression("round"), size_mm=SIZE)
    with pytest.raises(InvalidInputError):
        extract_impression(tiny, width_mm=42)


def test_noise_never_ends_in_a_strange_error() -> None:
    draws = random.Random(3)
    for number in range(8):
        width, height = draws.randrange(1, 50), draws.randrange(1, 50)
        picture = Image.frombytes("RGB", (width, height), draws.randbytes(width * height * 3))
        stream = io.BytesIO()
        picture.resize((width * (1 + number), height * (1 + number))).save(stream, "PNG")
        with contextlib.suppress(GmpkiError):
            extract_impression(stream.getvalue(), width_mm=42, dpi=72)


@pytest.mark.parametrize(
    "options",
    [
        {"width_mm": 7},
        {"width_mm": 101},
        {"width_mm": 42, "height_mm": 0},
        {"width_mm": 42, "dpi": 5},
        {"width_mm": 42, "region": (0, 0, 10)},
        {"width_mm": 42, "region": (0, 0, 10, 9999)},
        {"width_mm": 42, "region": (5, 5, 5, 8)},
        {"width_mm": 42, "region": (0, 0, 1.5, 2)},
        {"width_mm": 42, "region": (-1, 0, 5, 5)},
    ],
)
def test_arguments_out_of_range(options: dict[str, Any]) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (50, 40), "red").save(stream, "PNG")
    with pytest.raises(InvalidInputError):
        extract_impression(stream.getvalue(), **options)


@pytest.mark.parametrize("options", [{"width_mm": "42"}, {"width_mm": 42.5}, {"width_mm": 42, "region": "all"}])
def test_arguments_of_the_wrong_type(options: dict[str, Any]) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (50, 40), "red").save(stream, "PNG")
    with pytest.raises(InvalidTypeError):
        extract_impression(stream.getvalue(), **options)
    with pytest.raises(DecodeError):
        extract_impression(b"no picture", width_mm=42)
