"""Where seals show: in mm on pages of their own sizes, and shared out over the edges of several."""

from __future__ import annotations

import pytest

from gmpki.errors import InvalidInputError
from gmpki.seal.ofd import stamps
from gmpki.seal.ofd.markup import box
from gmpki.seal.ofd.model import read_documents
from gmpki.seal.ofd.package import OFDPackage
from gmpki.seal.ofd.signatures import Box, SignatureFile
from gmpki.seal.ofd.signing import sign_ofd
from gmpki.seal.ofd.stamps import AnyStamp, Stamp, StampPlace, StraddleStamp, places
from gmpki.seal.ofd.writer import OFDWriter
from seal import samples
from seal.ofd import papers


def sheets(*sizes: tuple[float, float]) -> OFDPackage:
    """Return a document with pages of these sizes."""
    writer = OFDWriter(created_at=samples.NOW, document_id=papers.DOCUMENT_ID)
    for size in sizes:
        writer.add_page(*size)
    return OFDPackage.from_bytes(writer.to_bytes())


def placed(package: OFDPackage, *wanted: AnyStamp) -> list[StampPlace]:
    (document,) = read_documents(package)
    return places(package, document, wanted, samples.picture())


def shown(place: StampPlace) -> tuple[float, float]:
    """Return from where to where on its page a strip shows."""
    assert place.clip is not None
    left = place.boundary.x + place.clip.x
    return round(left, 9), round(left + place.clip.width, 9)


def test_a_seal_has_its_true_size_unless_told() -> None:
    package = sheets((210, 297))
    (own,), (other,) = (placed(package, one) for one in (Stamp(1, 10, 20), Stamp(1, 10, 20, width_mm=50)))
    assert (own.boundary, own.clip) == (Box(10, 20, 40, 40), None)
    assert other.boundary == Box(10, 20, 50, 40)


def test_pages_are_counted_from_both_ends() -> None:
    package = sheets((210, 297), (210, 297), (210, 297))
    (document,) = read_documents(package)
    found = placed(package, *(Stamp(page, 0, 0) for page in (1, 3, -1, -3)))
    identifiers = [page.id for page in document.pages]
    assert [place.page_id for place in found] == [identifiers[index] for index in (0, 2, 2, 0)]


def test_a_page_has_its_own_size() -> None:
    package = sheets((210, 297), (420, 297))
    assert placed(package, Stamp(2, 380, 0))[0].boundary.x == 380
    with pytest.raises(InvalidInputError, match="page 1"):
        placed(package, Stamp(1, 380, 0))


def test_a_seal_may_touch_the_edges_of_a_rounded_page() -> None:
    package = sheets((209.9, 296.7))
    assert len(placed(package, Stamp(1, 170, 257), Stamp(1, 0, 0))) == 2
    with pytest.raises(InvalidInputError, match="wholly"):
        placed(package, Stamp(1, 170.5, 0))


@pytest.mark.parametrize("count", [2, 3, 7, 20])
def test_the_strips_at_the_right_edge_make_up_the_seal(count: int) -> None:
    package = sheets(*[(210.0, 297.0)] * count)
    found = placed(package, StraddleStamp(80))
    assert len(found) == count
    assert len({place.page_id for place in found}) == count
    position = 0.0
    for place in found:
        assert place.clip is not None
        assert (place.boundary.y, place.boundary.width, place.boundary.height) == (80, 40, 40)
        assert (place.clip.y, place.clip.height) == (0, 40)
        assert place.clip.x == pytest.approx(position)
        assert shown(place) == pytest.approx((210 - 40 / count, 210))
        position += place.clip.width
    assert position == pytest.approx(40)


def test_the_strips_at_the_left_edge_begin_there() -> None:
    found = placed(sheets(*[(210.0, 297.0)] * 4), StraddleStamp(80, "left"))
    assert [shown(place) for place in found] == [(0, 10)] * 4
    assert [place.boundary.x for place in found] == [0, -10, -20, -30]


def test_strips_follow_the_width_of_each_page() -> None:
    found = placed(sheets((210, 297), (297, 210)), StraddleStamp(80))
    assert [shown(place) for place in found] == [(190, 210), (277, 297)]
    assert [place.clip for place in found] == [Box(0, 0, 20, 40), Box(20, 0, 20, 40)]


def test_many_pages_share_several_seals() -> None:
    found = placed(sheets(*[(210.0, 297.0)] * 6), StraddleStamp(80, pages_per_seal=3))
    assert [place.clip.x for place in found if place.clip] == pytest.approx([0, 40 / 3, 80 / 3] * 2)


def test_a_straddle_seal_over_some_pages() -> None:
    package = sheets(*[(210.0, 297.0)] * 4)
    (document,) = read_documents(package)
    found = placed(package, StraddleStamp(80, pages=[-1, 2], width_mm=50, height_mm=30))
    assert [place.page_id for place in found] == [document.pages[1].id, document.pages[3].id]
    assert found[0].clip == Box(0, 0, 25, 30)


@pytest.mark.parametrize(
    "stamp",
    [StraddleStamp(80, pages=[1, 5]), StraddleStamp(80, pages=[4, -1]), StraddleStamp(258)],
    ids=["no-page", "one-page", "below"],
)
def test_impossible_straddle_seals_are_refused(stamp: StraddleStamp) -> None:
    with pytest.raises(InvalidInputError):
        placed(sheets(*[(210.0, 297.0)] * 4), stamp)


def test_more_places_than_are_read_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stamps, "MAX_STAMPS", 3)
    with pytest.raises(InvalidInputError, match="3 places"):
        placed(sheets(*[(210.0, 297.0)] * 4), StraddleStamp(80))
    with pytest.raises(InvalidInputError, match="3 stamps"):
        stamps.checked_stamps([Stamp(1, 0, 0)] * 4)


def test_the_document_says_the_places_in_order() -> None:
    package = sheets((210, 297), (210, 297))
    data = sign_ofd(
        package.with_members({}), papers.seal_signer(), [Stamp(2, 1.25, 2), StraddleStamp(80)], time=samples.NOW
    )
    found = SignatureFile.parse(OFDPackage.from_bytes(data), "Doc_0/Signs/Sign_0/Signature.xml").stamps
    wanted = placed(package, Stamp(2, 1.25, 2), StraddleStamp(80))
    assert [(one.page_id, one.boundary, one.clip) for one in found] == [
        (one.page_id, one.boundary, one.clip) for one in wanted
    ]
    assert box(*(getattr(found[0].boundary, side) for side in ("x", "y", "width", "height"))) == "1.25 2 40 40"
