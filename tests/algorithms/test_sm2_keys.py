"""SM2 keys and points."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given

from algorithms.sm2_examples import POINT, D, G, N, P, few, flip, scalars
from gmpki.algorithms import sm2
from gmpki.algorithms.sm2 import CurvePoint, PointFormat, PrivateScalar
from gmpki.errors import (
    InvalidInputError,
    InvalidPointError,
    InvalidScalarError,
    InvalidTypeError,
)

ALGORITHM = "sm2"
pytestmark = pytest.mark.usefixtures("backend")


def test_the_key_of_the_standard(scalar: PrivateScalar) -> None:
    assert scalar.to_bytes() == D
    assert scalar.point.to_bytes(PointFormat.BARE) == POINT
    assert scalar.point is scalar.point


@pytest.mark.parametrize("d", [1, 2, N - 3, N - 2])
def test_scalars_at_the_edges(d: int) -> None:
    scalar = PrivateScalar.from_bytes(d.to_bytes(32, "big"))
    assert scalar.to_bytes() == d.to_bytes(32, "big")
    if d == 1:
        assert scalar.point.to_bytes(PointFormat.BARE) == G
    sm2.verify(scalar.point, sm2.sign(scalar, b"m"), b"m")


@pytest.mark.parametrize("d", [0, N - 1, N, N + 1, 2**256 - 1])
def test_scalars_outside(d: int) -> None:
    with pytest.raises(InvalidScalarError, match="n-2"):
        PrivateScalar.from_bytes(d.to_bytes(32, "big"))


@pytest.mark.parametrize("length", [0, 1, 31, 33, 64])
def test_scalars_of_other_lengths(length: int) -> None:
    with pytest.raises(InvalidInputError, match=f"d must be 32 bytes long, not {length}"):
        PrivateScalar.from_bytes(bytes(length))


def test_generated_keys_differ_and_work() -> None:
    made = [PrivateScalar.generate() for _ in range(20)]
    assert len({scalar.to_bytes() for scalar in made}) == 20
    for scalar in made:
        assert 1 <= int.from_bytes(scalar.to_bytes(), "big") <= N - 2
        assert PrivateScalar.from_bytes(scalar.to_bytes()).point == scalar.point
        sm2.verify(scalar.point, sm2.sign(scalar, b"m"), b"m")


@few
@given(scalars)
def test_every_encoding_of_a_point_round_trips(scalar: PrivateScalar) -> None:
    for fmt in PointFormat:
        encoded = scalar.point.to_bytes(fmt)
        assert len(encoded) == fmt
        decoded = CurvePoint.from_bytes(encoded)
        assert decoded == scalar.point
        assert hash(decoded) == hash(scalar.point)
    assert scalar.point.to_bytes() == b"\x04" + scalar.point.to_bytes(PointFormat.BARE)
    assert scalar.point.to_bytes(PointFormat.COMPRESSED)[0] == 2 + scalar.point.to_bytes()[-1] % 2


def test_a_bare_point_may_begin_like_an_encoded_one() -> None:
    """64 bytes are always x, y, whatever x begins with."""
    wanted, d = {2, 3, 4}, 1
    while wanted:
        point = PrivateScalar.from_bytes(d.to_bytes(32, "big")).point
        bare = point.to_bytes(PointFormat.BARE)
        if bare[0] in wanted:
            assert CurvePoint.from_bytes(bare) == point
            wanted.remove(bare[0])
        d += 1


def test_points_compare_by_value(scalar: PrivateScalar) -> None:
    assert scalar.point == CurvePoint.from_bytes(POINT)
    assert scalar.point != CurvePoint.from_bytes(G)
    assert scalar.point != POINT
    assert len({scalar.point, CurvePoint.from_bytes(POINT), CurvePoint.from_bytes(G)}) == 2


OFF_CURVE = [
    ("y changed", b"\x04" + flip(POINT, 511)),
    ("x changed", flip(POINT, 7)),
    ("x of no point", b"\x02" + (5).to_bytes(32, "big")),
    ("zeros", bytes(64)),
    ("x = p", b"\x04" + P.to_bytes(32, "big") + POINT[32:]),
    ("y = p", b"\x04" + POINT[:32] + P.to_bytes(32, "big")),
    ("x = p, compressed", b"\x03" + P.to_bytes(32, "big")),
    ("all ones", b"\xff" * 64),
    ("wrong first byte of 65", b"\x05" + POINT),
    ("hybrid form", b"\x06" + POINT),
    ("wrong first byte of 33", b"\x04" + POINT[:32]),
]


@pytest.mark.parametrize("encoded", [case[1] for case in OFF_CURVE], ids=[case[0] for case in OFF_CURVE])
def test_what_is_no_point(encoded: bytes) -> None:
    with pytest.raises(InvalidPointError, match=f"{len(encoded)} bytes"):
        CurvePoint.from_bytes(encoded)


@pytest.mark.parametrize("length", [0, 1, 32, 34, 63, 66, 128, 1000])
def test_points_of_other_lengths(length: int) -> None:
    with pytest.raises(InvalidInputError, match=rf"65 bytes .* 64 bytes .* 33 bytes .* not {length}$"):
        CurvePoint.from_bytes(bytes(length))


def test_hexadecimal_text_is_recognised() -> None:
    for text in (POINT.hex(), "04" + POINT.hex()):
        with pytest.raises(InvalidInputError, match="hexadecimal"):
            CurvePoint.from_bytes(text.encode())
        with pytest.raises(InvalidTypeError, match="str"):
            CurvePoint.from_bytes(text)  # type: ignore[arg-type]


def test_handles_are_made_by_name_only(scalar: PrivateScalar) -> None:
    for kind in (CurvePoint, PrivateScalar):
        with pytest.raises(InvalidTypeError, match="from_bytes"):
            kind()
    with pytest.raises(InvalidTypeError, match="PointFormat"):
        scalar.point.to_bytes(65)  # type: ignore[arg-type]


def test_secrets_stay_inside(scalar: PrivateScalar) -> None:
    for holder in (scalar, scalar.point):
        for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(InvalidTypeError, match="pickled"):
                duplicate(holder)
    assert D.hex()[:8] not in repr(scalar)
    assert str(int.from_bytes(D, "big"))[:8] not in repr(scalar)
