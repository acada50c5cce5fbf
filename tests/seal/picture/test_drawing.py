"""Drawn impressions: nothing overlaps, nothing leaves its place, and the mark is there."""

from __future__ import annotations

import io
import math
import re
from functools import cache
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageFilter

from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.seal import SealPicture
from gmpki.seal.picture import Impression, draw_name_seal, draw_round_seal, draw_special_seal, find_font
from gmpki.seal.picture.fitting import code_arc, letters_of, ring

pytestmark = pytest.mark.once

NAME = "示例市社会保障局"
LONG = "示例省示例市示例区市场监督管理局综合行政执法支队示例窗口服务"
CODE = "1101010000018"
DPI = 150


def alpha(impression: Impression) -> Image.Image:
    with Image.open(io.BytesIO(impression.png)) as opened:
        assert opened.mode == "RGBA"
        return opened.getchannel("A")


def ink_between(drawn: Impression, low: float, high: float) -> int:
    """Return how many pixels have ink between two radii, as shares of the greatest."""
    picture = alpha(drawn)
    pixels, middle = picture.tobytes(), picture.width / 2
    count = 0
    for place, value in enumerate(pixels):
        if value > 127:
            y, x = divmod(place, picture.width)
            count += low < math.hypot(x + 0.5 - middle, y + 0.5 - middle) / middle < high
    return count


@pytest.mark.parametrize("length", [4, 5, 6, 8, 11, 14, 18, 22, 26, 29, 30])
def test_names_of_all_lengths_fit_on_the_ring(length: int) -> None:
    inside, rim = 19.8, 1.2
    placed = ring(letters_of(LONG[:length], find_font()), inside, 6.5, math.radians(145))
    box = placed.outline.bounds
    assert box is not None
    drawn = draw_round_seal(LONG[:length], code=CODE, licensed_maker=True, dpi=DPI)
    # Clear rings inside the rim, and around the star.
    assert ink_between(drawn, (21 - rim - 0.25) / 21, (21 - rim - 0.1) / 21) == 0
    assert ink_between(drawn, 7.1 / 21, 8.5 / 21) == 0
    # The name is in the middle.
    assert abs(box.left + box.right) < 1.0
    assert placed.end <= math.radians(145) + 1e-9


@pytest.mark.parametrize("length", [4, 8, 12, 18, 24, 30])
def test_characters_of_the_ring_do_not_touch(length: int) -> None:
    letters = letters_of("国" * length, find_font())
    placed = ring(letters, 19, 6.5, math.radians(145))
    feet = [placed.corners[9 * number + place] for number in range(length) for place in (2, 8)]
    angles = [math.atan2(x, -y) for x, y in feet]
    assert angles == sorted(angles), "the feet of neighbours cross"


def test_short_names_are_wide_and_long_ones_narrow_before_they_are_low() -> None:
    def shape(length: int) -> tuple[float, float]:
        placed = ring(letters_of("国" * length, find_font()), 19, 6.5, math.radians(145))
        left, right = placed.corners[2], placed.corners[8]
        height = math.dist(placed.corners[0], placed.corners[2])
        return math.dist(left, right) / height, height

    shapes = [shape(length) for length in (6, 12, 18, 24, 30)]
    assert shapes[0][0] > 0.9
    assert [ratio for ratio, _ in shapes] == sorted((ratio for ratio, _ in shapes), reverse=True)
    assert [height for _, height in shapes] == sorted((height for _, height in shapes), reverse=True)
    assert all(ratio > 0.44 for ratio, _ in shapes)
    assert shapes[-1][1] > 0.6 * shapes[0][1]


@cache
def without_line(name: str, code: str) -> Image.Image:
    """Draw a seal with a line of two dots, and take these out."""
    rest = alpha(draw_special_seal(name, "··", code=code, licensed_maker=True, dpi=DPI))
    half, unit = rest.width / 2, DPI / 25.4
    rest.paste(0, (round(half - 3 * unit), round(half + 6 * unit), round(half + 3 * unit), round(half + 14 * unit)))
    return rest


@pytest.mark.parametrize("purpose", ["财务", "合同专用章", "行政审批电子专用章", "不动产登记业务专用章（一）"])
@pytest.mark.parametrize("name", [NAME[:4], LONG])
@pytest.mark.parametrize("code", ["", CODE])
def test_the_line_below_the_star_touches_nothing(purpose: str, name: str, code: str) -> None:
    whole = alpha(draw_special_seal(name, purpose, code=code, licensed_maker=True, dpi=DPI))
    rest = without_line(name, code)
    added = ImageChops.subtract(whole, rest).point(lambda value: 255 * (value > 127))
    assert added.getbbox() is not None
    around = added.filter(ImageFilter.MaxFilter(5))
    assert ImageChops.darker(around, rest).point(lambda value: 255 * (value > 127)).getbbox() is None


def test_sizes_are_true() -> None:
    for diameter, dpi in ((42, 600), (40, 300), (58, 127), (38, 200)):
        drawn = draw_round_seal(NAME, diameter_mm=diameter, dpi=dpi, licensed_maker=True)
        with Image.open(io.BytesIO(drawn.png)) as opened:
            assert opened.size == (round(diameter * dpi / 25.4),) * 2
            assert opened.info["dpi"] == pytest.approx((dpi, dpi), abs=0.02)
            box = opened.getchannel("A").getbbox()
        assert box == (0, 0, *opened.size), "the rim is the edge of the picture"
        assert f'width="{diameter}mm"' in drawn.svg


def test_the_picture_for_a_seal() -> None:
    drawn = draw_round_seal(NAME, dpi=DPI)
    assert drawn.picture == SealPicture("PNG", drawn.png, 42, 42)
    assert draw_name_seal("张三", dpi=DPI).picture.width_mm == 20
    with pytest.raises(InvalidInputError, match="whole millimetres"):
        _ = draw_round_seal(NAME, diameter_mm=42.5, dpi=72).picture


def test_the_same_input_gives_the_same_bytes() -> None:
    assert draw_round_seal(NAME, code=CODE, dpi=DPI) == draw_round_seal(NAME, code=CODE, dpi=DPI)
    assert draw_name_seal("李小明", dpi=DPI) == draw_name_seal("李小明", dpi=DPI)


@pytest.mark.parametrize(
    "draw",
    [
        lambda **options: draw_round_seal(NAME, **options),
        lambda **options: draw_special_seal(NAME, "合同专用章", **options),
        lambda **options: draw_name_seal("张三", **options),
        lambda **options: draw_name_seal("张三", white=True, **options),
    ],
    ids=["round", "special", "name", "white"],
)
def test_the_mark_is_there_unless_a_maker_states_his_licence(draw: Any) -> None:
    marked, plain = draw(dpi=DPI), draw(dpi=DPI, licensed_maker=True)
    changed = ImageChops.difference(alpha(marked), alpha(plain)).point(lambda value: 255 * (value > 127))
    share = changed.histogram()[255] / (changed.width * changed.height)
    assert share > 0.03
    for statement in (1, "yes", None, "True"):
        with pytest.raises(InvalidTypeError, match="licensed_maker"):
            draw(dpi=DPI, licensed_maker=statement)


def test_the_ink_is_red_and_the_rest_is_nothing() -> None:
    with Image.open(io.BytesIO(draw_round_seal(NAME, dpi=DPI).png)) as opened:
        colours = opened.getcolors(1 << 20)
        assert colours is not None
        assert {colour[:3] for _, colour in colours if colour[3] == 255} == {(224, 20, 30)}
        assert opened.getpixel((opened.width // 2, opened.height - 40))[3] == 0


def test_drawings_hold_shapes_only() -> None:
    svg = draw_round_seal(NAME, code=CODE, dpi=DPI).svg
    assert set(re.findall(r"<(\w+)", svg)) == {"svg", "mask", "rect", "path", "g"}
    assert NAME not in svg


@pytest.mark.parametrize("name", ["张三", "李小明", "欧阳示例"])
@pytest.mark.parametrize("white", [False, True], ids=["red", "white"])
def test_names_fill_their_square(name: str, white: bool) -> None:
    picture = alpha(draw_name_seal(name, white=white, licensed_maker=True, dpi=300))
    if white:
        picture = ImageChops.invert(picture)
    middle = picture.crop((16, 16, picture.width - 16, picture.height - 16))
    box = middle.point(lambda value: 255 * (value > 127)).getbbox()
    assert box is not None
    left, top, right, bottom = box
    assert min(right - left, bottom - top) > 0.84 * middle.width
    assert abs((left + right) - middle.width) < 8, "it stands in the middle"
    assert abs((top + bottom) - middle.height) < 8


def test_columns_run_from_right_to_left() -> None:
    picture = alpha(draw_name_seal("一丁", ending="", licensed_maker=True, dpi=300))
    half = picture.width // 2
    right = picture.crop((half + 8, 30, picture.width - 30, picture.height - 30))
    left = picture.crop((30, 30, half - 8, picture.height - 30))
    assert sum(right.histogram()[128:]) < 0.6 * sum(left.histogram()[128:]), "一 is the first"


def test_a_code_stands_on_its_arc() -> None:
    placed = code_arc(letters_of(CODE, find_font()), 19, 1.3)
    box = placed.outline.bounds
    assert box is not None
    assert math.isclose(box.left, -box.right, abs_tol=0.8)
    assert all(17.6 < math.hypot(x, y) < 19.1 for x, y in placed.corners)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("示",), {}, "2 to 40 characters"),
        (("示" * 41,), {}, "2 to 40 characters"),
        (("示例\x00公司",), {}, "cannot be printed"),
        (("示例\U000f0000司",), {}, "cannot be printed"),
        (("示例\U0001f600司",), {}, "does not have"),
        ((NAME,), {"code": "12-34"}, "figures and capital letters"),
        ((NAME,), {"code": "１２"}, "figures and capital letters"),
        ((NAME,), {"code": "1" * 21}, "figures and capital letters"),
        ((NAME,), {"department": "科" * 15}, "2 to 14 characters"),
        ((NAME,), {"department": " "}, "2 to 14 characters"),
        ((NAME,), {"diameter_mm": 29}, "30 to 80 mm"),
        ((NAME,), {"diameter_mm": float("nan")}, "30 to 80 mm"),
        ((NAME,), {"diameter_mm": 1e300}, "30 to 80 mm"),
        ((NAME,), {"dpi": 71}, "72 to 2400"),
        ((NAME,), {"dpi": 10**9}, "72 to 2400"),
    ],
)
def test_what_is_refused(arguments: tuple[str, ...], options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        draw_round_seal(*arguments, **options)


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ((None,), {}),
        ((b"name",), {}),
        ((NAME,), {"diameter_mm": "42"}),
        ((NAME,), {"dpi": 300.0}),
        ((NAME,), {"font": "a"}),
    ],
)
def test_what_has_the_wrong_type(arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
    with pytest.raises(InvalidTypeError):
        draw_round_seal(*arguments, **options)


@pytest.mark.parametrize("name", ["", "张", "张三李四王", "张\n三"])
def test_names_that_do_not_go_on_a_square(name: str) -> None:
    with pytest.raises(InvalidInputError, match="2 to 4 characters"):
        draw_name_seal(name)
    with pytest.raises(InvalidInputError, match="room for 6"):
        draw_name_seal("欧阳示例", ending="之印信")
    with pytest.raises(InvalidInputError, match="not empty"):
        draw_special_seal(NAME, "")
