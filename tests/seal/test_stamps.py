"""Where seals go, whatever the document is."""

from __future__ import annotations

from typing import Any

import pytest

import hostile
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.seal.stamps import MAX_PAGES, Stamp, StraddleStamp


def test_lengths_become_floats() -> None:
    stamp = Stamp(1, 10, 20, 42)
    assert (stamp.x_mm, stamp.y_mm, stamp.width_mm, stamp.height_mm) == (10.0, 20.0, 42.0, None)
    assert {type(stamp.x_mm), type(stamp.width_mm)} == {float}


@pytest.mark.parametrize(
    "arguments",
    [
        (0, 10, 10),
        (MAX_PAGES + 1, 10, 10),
        (-MAX_PAGES - 1, 10, 10),
        (1, float("nan"), 10),
        (1, float("inf"), 10),
        (1, 10, 1e9),
        (1, 10, 1 << 4000),
        (1, 10, 10, 0),
        (1, 10, 10, -1),
        (1, 10, 10, 10, 1001),
    ],
    ids=["page 0", "page too far", "page too far back", "nan", "infinite", "far", "huge", "flat", "negative", "large"],
)
def test_stamps_out_of_bounds(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidInputError):
        Stamp(*arguments)


@pytest.mark.parametrize("arguments", [("1", 1, 1), (True, 1, 1), (1, "1", 1), (1, 1, None), (1, 1, 1, True)])
def test_stamps_of_other_types(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidTypeError):
        Stamp(*arguments)


def test_hostile_arguments() -> None:
    assert all(isinstance(one, Stamp) for one in hostile.results(Stamp, (1, 1, 1, 1, 1)))
    made = hostile.results(StraddleStamp, (1, "right", (1, 2), 2, 1, 1))
    assert all(isinstance(one, StraddleStamp) for one in made)


# ---- straddle seals -------------------------------------------------------------------------
@pytest.mark.parametrize("count", [2, 3, 19, 20, 21, 40, 41, 100])
def test_strips_share_out_whole_seals(count: int) -> None:
    strips = StraddleStamp(10).strips(42.0, range(1, count + 1))
    assert [page for page, _, _ in strips] == list(range(1, count + 1))
    ends = 0.0
    sizes = []
    for _, begin, width in strips:
        if begin == 0:
            assert ends == pytest.approx(0 if not sizes else 42)
            sizes.append(0)
        else:
            assert begin == pytest.approx(ends)
        sizes[-1] += 1
        ends = begin + width
    assert ends == pytest.approx(42)
    assert max(sizes) <= 20
    assert max(sizes) - min(sizes) <= 1


def test_pages_per_seal() -> None:
    strips = StraddleStamp(10, pages_per_seal=2).strips(40.0, [1, 2, 5, 6])
    assert strips == [(1, 0.0, 20.0), (2, 20.0, 20.0), (5, 0.0, 20.0), (6, 20.0, 20.0)]


def test_one_page_cannot_be_straddled() -> None:
    with pytest.raises(InvalidInputError, match="two pages"):
        StraddleStamp(10).strips(40.0, [1])


@pytest.mark.parametrize(
    "options",
    [
        {"edge": "top"},
        {"pages": [1]},
        {"pages": []},
        {"pages": [1, 1]},
        {"pages": [0, 1]},
        {"pages_per_seal": 1},
        {"width_mm": 0},
        {"height_mm": float("nan")},
    ],
    ids=["edge", "one page", "no page", "a page twice", "page 0", "one page to a seal", "flat", "nan"],
)
def test_straddle_stamps_out_of_bounds(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        StraddleStamp(10, **options)


@pytest.mark.parametrize("options", [{"edge": 1}, {"pages": 3}, {"pages": ["1", "2"]}, {"pages_per_seal": 2.0}])
def test_straddle_stamps_of_other_types(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidTypeError):
        StraddleStamp(10, **options)
