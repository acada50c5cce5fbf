"""Where seals stand on the pages of PDF files: on every kind of page, at words, in fields, over edges."""

from __future__ import annotations

from typing import Any

import pytest

import hostile
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError, LimitExceeded
from gmpki.seal.pdf import FieldStamp, KeywordStamp, Stamp, StraddleStamp, placing, sign_pdf
from gmpki.seal.pdf.placing import Pages
from gmpki.seal.report import Placement
from seal.pdf import documents, looking
from seal.pdf.crafted import seal_signer

NAMES = list(documents.DOCUMENTS)
SIZES = {
    "single page": (210, 297),
    "xref stream": (210, 297),
    "three pages": (210, 297),
    "rotated 90": (297, 210),
    "rotated 180": (210, 297),
    "rotated 270": (297, 210),
    "rotated -90": (297, 210),
    "cropped": (215.9, 279.4),
    "cropped and rotated": (279.4, 215.9),
    "user unit": (210, 297),
    "user unit, cropped and rotated": (297, 259.4),
    "form": (210, 297),
}


def frame(data: bytes, page: int = 1) -> placing.PageFrame:
    return Pages(looking.reader(data)).frame(page)


def placed(data: bytes, stamp: Any) -> bytes:
    return sign_pdf(data, seal_signer(), stamp, picture=looking.upright())


# ---- pages ----------------------------------------------------------------------------------
@pytest.mark.parametrize("name", NAMES)
def test_sizes_of_pages(name: str) -> None:
    found = frame(documents.DOCUMENTS[name]())
    assert (found.width_mm, found.height_mm) == pytest.approx(SIZES[name], abs=0.05)


@pytest.mark.parametrize("name", NAMES)
def test_there_and_back(name: str) -> None:
    found = frame(documents.DOCUMENTS[name]())
    place = Placement(1, 30.0, 50.0, 20.0, 40.0)
    back = found.placement(found.rectangle(place))
    assert (back.x_mm, back.y_mm, back.width_mm, back.height_mm) == pytest.approx((30, 50, 20, 40))
    assert found.to_shown(*found.to_page(12.5, 34.5)) == pytest.approx((12.5, 34.5))


@pytest.mark.parametrize("name", NAMES)
def test_seal_stands_upright_in_its_place(name: str) -> None:
    data = placed(documents.DOCUMENTS[name](), Stamp(1, 70, 90))
    page = looking.Page(data, SIZES[name][0])
    assert page.corners(70, 90) == looking.UPRIGHT
    outside = [(69, 95), (75, 89), (111, 95), (75, 131)]
    assert [page.at(*point) for point in outside] == ["white"] * 4


def test_size_may_be_another() -> None:
    page = looking.Page(placed(documents.single_page(), Stamp(1, 70, 90, 20, 20)), 210)
    assert page.corners(70, 90, 20) == looking.UPRIGHT


def test_last_page() -> None:
    data = placed(documents.many_pages(3), Stamp(-1, 70, 90))
    assert looking.Page(data, 210, 3).corners(70, 90) == looking.UPRIGHT
    assert looking.Page(data, 210, 1).at(75, 95) == "white"


@pytest.mark.parametrize(("x", "y"), [(-1, 10), (10, -1), (171, 10), (10, 258)])
def test_seal_that_is_not_wholly_on_the_page(x: float, y: float) -> None:
    with pytest.raises(InvalidInputError, match="not wholly on page 1"):
        placed(documents.single_page(), Stamp(1, x, y))


@pytest.mark.parametrize("page", [2, -2, 100_000])
def test_page_that_is_not_there(page: int) -> None:
    with pytest.raises(InvalidInputError, match="there is no page"):
        placed(documents.single_page(), Stamp(page, 10, 10))


BOX = b"/MediaBox [0 0 595.276 841.89]"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"/Rotate 90", b"/Rotate 45", "turned by 45"),
        (b"/Rotate 90", b"/Rotate /x", "turned by"),
        (BOX, b"/MediaBox [0 0 0 0]", "no area"),
        (BOX, b"/MediaBox [0 0 595.276]", "not enough values"),
        (BOX, b"/MediaBox [0 0 (a) (b)]", "could not convert"),
        (BOX, b"/MediaBoy [0 0 595.276 841.89]", "no MediaBox"),
        (b"/Kids [5 0 R]", b"/Kids [6 0 R]", "goes round"),
        (b"/Kids [5 0 R]", b"/Kids [      ]", "no pages"),
        (b"/Kids [5 0 R]", b"/Kids [1 2 3]", "cannot be read"),
    ],
    ids=["45 degrees", "a name", "no area", "three sides", "text", "no box", "goes round", "no pages", "numbers"],
)
def test_pages_out_of_order(old: bytes, new: bytes, message: str) -> None:
    data = documents.DOCUMENTS["rotated 90"]()
    assert old in data
    with pytest.raises(DecodeError, match=message):
        frame(data.replace(old, new.ljust(len(old))))


def test_what_pages_inherit_goes_round() -> None:
    data = documents.single_page().replace(b"/MediaBox", b"/MediaBoy")
    data = data.replace(b"/Type /Pages /Count 1", b"/Parent 6 0 R".ljust(21))
    with pytest.raises(DecodeError, match="goes round"):
        frame(data)


def test_pages_are_read_as_far_as_is_needed() -> None:
    pages = Pages(looking.reader(documents.many_pages(3)))
    assert [pages.frame(number).number for number in (1, 3, 2, -1, -3)] == [1, 3, 2, 3, 1]
    assert list(pages.frames()) == [1, 2, 3]
    for number in (4, -4):
        with pytest.raises(InvalidInputError, match=f"no page {number}: the document has 3"):
            pages.frame(number)


def test_too_many_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "MAX_PAGES", 2)
    with pytest.raises(LimitExceeded):
        Pages(looking.reader(documents.many_pages(10))).frames()


# ---- words ----------------------------------------------------------------------------------
@pytest.mark.parametrize("name", NAMES)
def test_seal_comes_onto_a_word(name: str) -> None:
    data = documents.DOCUMENTS[name]()
    x, y = documents.KEYWORD_MM
    middle = (x + 7.5, y - 1.8)  # three characters of 5 mm
    page = looking.Page(placed(data, KeywordStamp(documents.KEYWORD, dy_mm=-30)), SIZES[name][0])
    assert page.corners(middle[0] - 20, middle[1] - 50) == looking.UPRIGHT


@pytest.mark.parametrize(("occurrence", "page"), [(1, 1), (2, 2), (3, 3), (-1, 3), (-3, 1)])
def test_occurrences_are_counted_over_pages(occurrence: int, page: int) -> None:
    data = placed(documents.many_pages(3), KeywordStamp(documents.KEYWORD, occurrence, dy_mm=-30))
    x, y = documents.KEYWORD_MM
    assert looking.Page(data, 210, page).corners(x - 12.5, y - 51.8) == looking.UPRIGHT


def test_word_on_one_page() -> None:
    data = placed(documents.many_pages(3), KeywordStamp(documents.KEYWORD, page=2, dy_mm=-30))
    x, y = documents.KEYWORD_MM
    assert looking.Page(data, 210, 2).corners(x - 12.5, y - 51.8) == looking.UPRIGHT


def test_seal_by_a_word_at_the_edge_stays_on_the_page() -> None:
    data = placed(documents.single_page(), KeywordStamp("Contract", dx_mm=-100, dy_mm=-100))
    assert looking.Page(data, 210).corners(0, 0) == looking.UPRIGHT


@pytest.mark.parametrize(
    ("stamp", "said"),
    [
        (KeywordStamp("没有"), "does not stand on page 1"),
        (KeywordStamp(documents.KEYWORD, 2), "stands 1 times on page 1, not 2"),
        (KeywordStamp(documents.KEYWORD, -2), "stands 1 times on page 1, not 2"),
        (KeywordStamp("contract of sale"), "does not stand on page 1"),
    ],
    ids=["absent", "second", "second from the end", "other case"],
)
def test_word_that_is_not_there(stamp: KeywordStamp, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        placed(documents.single_page(), stamp)


@pytest.mark.parametrize("keyword", ["", "  ", "x" * 201, "a\0b"])
def test_words_that_are_none(keyword: str) -> None:
    with pytest.raises(InvalidInputError, match="1 to 200 characters"):
        KeywordStamp(keyword)


@pytest.mark.parametrize("options", [{"occurrence": 0}, {"page": 0}, {"dx_mm": float("inf")}, {"width_mm": 0}])
def test_keyword_stamps_out_of_bounds(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        KeywordStamp("word", **options)


def test_hostile_arguments() -> None:
    made = hostile.results(KeywordStamp, ("word", 1, 1, 0, 0, 1, 1))
    assert all(isinstance(one, KeywordStamp) for one in made)
    assert all(isinstance(one, FieldStamp) for one in hostile.results(FieldStamp, ("name",)))


# ---- fields ---------------------------------------------------------------------------------
def test_seal_stands_in_the_middle_of_a_field() -> None:
    data = placed(documents.with_form(), FieldStamp("Sign here"))
    left, top = 340 / documents.MM, (841.89 - 240) / documents.MM  # 120 units wide and high, which is 42.33 mm
    assert looking.Page(data, 210).corners(left + 1.17, top + 1.17) == looking.UPRIGHT


def test_seal_becomes_smaller_in_a_small_field() -> None:
    small = documents.with_form().replace(b"/Rect [340 120 460 240]", b"/Rect [340 120 400 240]")
    data = placed(small, FieldStamp("Sign here"))
    left, top, side = 340 / documents.MM, (841.89 - 240) / documents.MM, 60 / documents.MM
    assert looking.Page(data, 210).corners(left, top + side / 2, side) == looking.UPRIGHT


def test_field_that_shows_nothing() -> None:
    hidden = documents.with_form().replace(b"/Rect [340 120 460 240]", b"/Rect [0 0 0 0]        ")
    data = sign_pdf(hidden, seal_signer(), FieldStamp("Sign here"))
    assert looking.reader(data).root["/AcroForm"]["/Fields"][1]["/V"]["/SubFilter"] == "/GM.sm2seal"


@pytest.mark.parametrize("name", ["Name", "Sign", "sign here", "Sign here.x"])
def test_field_that_is_not_there(name: str) -> None:
    with pytest.raises(InvalidInputError, match="no signature field"):
        placed(documents.with_form(), FieldStamp(name))


def test_field_that_is_signed() -> None:
    data = placed(documents.with_form(), FieldStamp("Sign here"))
    with pytest.raises(InvalidInputError, match="has signed the field"):
        placed(data, FieldStamp("Sign here"))


def test_field_comes_first() -> None:
    with pytest.raises(InvalidInputError, match="first of the stamps"):
        placed(documents.with_form(), [Stamp(1, 10, 10), FieldStamp("Sign here")])


# ---- edges ----------------------------------------------------------------------------------
@pytest.mark.parametrize("edge", ["right", "left"])
def test_strips_make_the_seal(edge: str) -> None:
    data = placed(documents.many_pages(4), StraddleStamp(100, edge))
    left = 200 if edge == "right" else 0
    seen = [looking.Page(data, 210, page) for page in range(1, 5)]
    assert [page.at(left + 5, 105) for page in seen] == ["red", "white", "white", "green"]
    assert [page.at(left + 5, 135) for page in seen] == ["blue", "white", "white", "grey"]


def test_straddle_seal_on_pages_that_are_turned() -> None:
    pages = documents.Page(), documents.Page(rotate=90), documents.CROPPED, documents.Page(rotate=270)
    data = placed(documents.document(*pages), StraddleStamp(100))
    seen = [looking.Page(data, page.size_mm[0], number) for number, page in enumerate(pages, 1)]
    lefts = [page.size_mm[0] - 10 for page in pages]
    assert [page.at(left + 5, 105) for page, left in zip(seen, lefts, strict=True)] == [
        "red",
        "white",
        "white",
        "green",
    ]


def test_straddle_seal_on_chosen_pages() -> None:
    data = placed(documents.many_pages(5), StraddleStamp(100, pages=[-1, 2]))
    seen = [looking.Page(data, 210, page) for page in range(1, 6)]
    assert [page.at(195, 105) for page in seen] == ["white", "red", "white", "white", "white"]
    assert [page.at(205, 105) for page in seen] == ["white", "white", "white", "white", "green"]


def test_several_places_have_one_image() -> None:
    data = placed(documents.many_pages(3), [Stamp(1, 10, 10), Stamp(2, 20, 20), StraddleStamp(100)])
    assert data.count(b"/Subtype /Image") == 2  # colours and transparency
    assert [looking.Page(data, 210, 1 + at).corners(10 + 10 * at, 10 + 10 * at) for at in (0, 1)] == [
        looking.UPRIGHT
    ] * 2
    names = [annotation.get("/NM") for page in (0, 1, 2) for annotation in annotations(data, page)]
    assert names == [None, "Seal1#2", "Seal1#1", "Seal1#3", "Seal1#4"]


def annotations(data: bytes, page: int) -> list[Any]:
    found = looking.reader(data).root["/Pages"]["/Kids"][page]["/Annots"]
    return [found[index] for index in range(len(found))]


@pytest.mark.parametrize("stamps", ["text", [1], [Stamp(1, 1, 1), "x"], 3])
def test_stamps_that_are_none(stamps: Any) -> None:
    with pytest.raises(InvalidTypeError):
        placed(documents.single_page(), stamps)


def test_too_many_stamps() -> None:
    with pytest.raises(InvalidInputError, match="more than 1000"):
        placed(documents.single_page(), [Stamp(1, 1, 1)] * 1001)
