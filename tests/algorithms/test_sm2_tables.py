"""Tables of keys that verify often: the same verdicts, made when they pay, bounded, shared by threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms.sm2_examples import few, flip, scalars
from gmpki.algorithms import _sm2_tables as tables
from gmpki.algorithms import sm2
from gmpki.errors import InvalidSignature

ALGORITHM = "sm2"
pytestmark = pytest.mark.usefixtures("backend")

E = bytes(range(32))


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    """Begin without tables, and leave none."""
    tables._tables.clear()
    tables._counts.clear()
    yield
    tables._tables.clear()
    tables._counts.clear()


def holds(point: sm2.CurvePoint, signature: bytes, e: bytes = E) -> bool:
    try:
        sm2.verify_digest(point, signature, e)
    except InvalidSignature:
        return False
    return True


def key(d: int) -> sm2.PrivateScalar:
    return sm2.PrivateScalar.from_bytes(d.to_bytes(32, "big"))


def test_a_key_has_its_table_when_it_pays() -> None:
    scalar = key(7)
    signature = sm2.sign_digest(scalar, E)
    for _ in range(tables._WORTH - 1):
        assert holds(scalar.point, signature)
        assert not tables._tables
    assert holds(scalar.point, signature)
    assert list(tables._tables) == [scalar.point.to_bytes(sm2.PointFormat.BARE)]
    assert not tables._counts
    assert holds(scalar.point, signature)


@given(scalars, st.binary(min_size=32, max_size=32), st.integers(0, 511))
@few
def test_the_same_verdicts_with_a_table(scalar: sm2.PrivateScalar, e: bytes, bit: int) -> None:
    tables._tables.clear()
    signature = sm2.sign_digest(scalar, e)
    wrong = flip(signature, bit)
    without = holds(scalar.point, signature, e), holds(scalar.point, wrong, e)
    while not tables._tables:
        holds(scalar.point, signature, e)
    assert (holds(scalar.point, signature, e), holds(scalar.point, wrong, e)) == without == (True, False)
    assert not holds(scalar.point, signature, flip(e, bit % 256))
    assert not holds(scalar.point, bytes(64), e)
    assert not holds(scalar.point, b"\xff" * 64, e)


def test_messages_and_key_objects_use_it_too() -> None:
    from gmpki.keys.sm2 import SM2PrivateKey, SM2PublicKey

    private = SM2PrivateKey.from_bytes(bytes(31) + b"\x09")
    signature = private.sign(b"message")
    for _ in range(tables._WORTH):  # a key object for each, as when certificates are read one after the other
        SM2PublicKey.from_bytes(private.public_key.to_bytes()).verify(signature, b"message")
    assert len(tables._tables) == 1
    private.public_key.verify(signature, b"message")
    with pytest.raises(InvalidSignature, match="7 bytes"):
        private.public_key.verify(signature, b"massage")


def test_wrong_signatures_count_as_well() -> None:
    scalar = key(11)
    assert [holds(scalar.point, bytes(64)) for _ in range(tables._WORTH + 1)] == [False] * (tables._WORTH + 1)
    assert len(tables._tables) == 1


def test_the_tables_used_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_KEPT", 3)
    monkeypatch.setattr(tables, "_WORTH", 1)
    some = [key(d) for d in range(20, 25)]
    signatures = [sm2.sign_digest(scalar, E) for scalar in some]
    bare = [scalar.point.to_bytes(sm2.PointFormat.BARE) for scalar in some]
    for i in (0, 1, 2, 0, 3):  # 0 was used after 1 and 2
        assert holds(some[i].point, signatures[i])
    assert list(tables._tables) == [bare[2], bare[0], bare[3]]
    assert holds(some[4].point, signatures[4])
    assert list(tables._tables) == [bare[0], bare[3], bare[4]]
    assert all(holds(scalar.point, signature) for scalar, signature in zip(some, signatures, strict=True))
    assert len(tables._tables) == 3


def test_what_is_known_of_other_keys_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_COUNTED", 4)
    points = [key(d).point for d in range(30, 40)]
    for point in points:
        tables.table_of(point)
    assert list(tables._counts) == [point.to_bytes(sm2.PointFormat.BARE) for point in points[-4:]]
    assert not tables._tables


def test_memory_is_bounded_as_documented() -> None:
    assert tables.ffi.sizeof("gmpki_sm2_verify_table") <= 96 << 10
    assert tables._KEPT * (96 << 10) <= 6 << 20


def test_a_table_that_is_dropped_while_it_is_used_serves_that_call(monkeypatch: pytest.MonkeyPatch) -> None:
    scalar = key(41)
    monkeypatch.setattr(tables, "_WORTH", 1)
    table = tables.table_of(scalar.point)

    class Dropping(dict[bytes, object]):
        def get(self, *_: object) -> object:  # as if another thread dropped it right after
            return table

        def move_to_end(self, wanted: bytes) -> None:
            raise KeyError(wanted)

        def popitem(self, **_: object) -> tuple[bytes, object]:
            raise KeyError("empty")

    monkeypatch.setattr(tables, "_tables", Dropping())
    assert tables.table_of(scalar.point) is table
    tables._drop_oldest(tables._tables)


def test_threads_share_tables_while_they_are_made_and_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_KEPT", 2)
    monkeypatch.setattr(tables, "_WORTH", 2)
    some = [key(d) for d in range(50, 55)]
    signatures = [sm2.sign_digest(scalar, E) for scalar in some]
    together = threading.Barrier(4)

    def work(shift: int) -> bool:
        together.wait()
        right = True
        for i in range(60):
            j = (i + shift) % 5
            right &= holds(some[j].point, signatures[j]) and not holds(some[j].point, signatures[j - 1])
        return right

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [True] * 4
    assert len(tables._tables) <= 2 + 4  # each thread may have one more for a moment
