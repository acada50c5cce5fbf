"""A secret in shares: any enough of them, in any order, and nothing else."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmpki.ca.kmc.shares import Share, combine, split
from gmpki.errors import (
    DecodeError,
    DecryptionError,
    InvalidInputError,
    InvalidTypeError,
    LimitExceeded,
    UnsupportedAlgorithm,
)

SECRET = bytes(range(16))
SHARES = split(SECRET, threshold=3, count=5)
PASSWORD = b"correct horse"
FILE = SHARES[0].to_encrypted(PASSWORD, iterations=1000)


def times(left: int, right: int) -> int:
    """Multiply in GF(2^8) as FIPS 197 4.2 describes it, bit by bit: another way than the one that is tested."""
    product = 0
    for bit in range(8):
        if right >> bit & 1:
            product ^= left << bit
    for bit in range(14, 7, -1):
        if product >> bit & 1:
            product ^= 0x11B << bit - 8
    return product


def value_at_zero(points: list[tuple[int, int]]) -> int:
    """Solve for the polynomial by trying every line through two points: only for a threshold of 2."""
    (x1, y1), (x2, y2) = points
    return next(low for low in range(256) for high in [slope(x1, y1 ^ low)] if times(high, x2) ^ low == y2)


def slope(x: int, y: int) -> int:
    return next(high for high in range(256) if times(high, x) == y)


@pytest.mark.parametrize("chosen", list(itertools.combinations(range(5), 3)), ids=str)
def test_any_three_of_five(chosen: tuple[int, ...]) -> None:
    for order in itertools.permutations(chosen):
        assert combine([SHARES[index] for index in order]) == SECRET


def test_more_than_needed() -> None:
    assert combine(SHARES) == SECRET
    assert combine(iter(SHARES[1:])) == SECRET


@pytest.mark.parametrize("count", range(3))
def test_too_few(count: int) -> None:
    with pytest.raises(InvalidInputError):
        combine(SHARES[:count])


@pytest.mark.parametrize(("threshold", "count"), [(2, 2), (2, 255), (20, 20), (5, 7)])
@pytest.mark.parametrize("length", [16, 32, 64])
def test_sizes(threshold: int, count: int, length: int) -> None:
    secret = bytes(255 - index for index in range(length))
    shares = split(secret, threshold=threshold, count=count)
    assert [share.index for share in shares] == list(range(1, count + 1))
    assert combine(shares[-threshold:]) == secret


def test_the_polynomial_is_that_of_aes() -> None:
    first, second = split(SECRET, threshold=2, count=2)
    for place in (0, 7, 15):
        points = [(share.index, share.value[place]) for share in (first, second)]
        assert value_at_zero(points) == SECRET[place]


def test_a_share_says_nothing_alone() -> None:
    """Each value of a byte of a share comes up, whatever the secret is: all 256 in 4096 draws but with chance 2^-15."""
    seen = {byte for _ in range(64) for byte in split(bytes(64), threshold=2, count=2)[1].value}
    assert len(seen) == 256


@pytest.mark.parametrize(
    ("threshold", "count", "length"),
    [(1, 3, 16), (4, 3, 16), (2, 256, 16), (2, 1, 16), (2, 3, 15), (2, 3, 65), (2, 3, 0)],
)
def test_out_of_bounds(threshold: int, count: int, length: int) -> None:
    with pytest.raises(InvalidInputError):
        split(bytes(length), threshold=threshold, count=count)


@pytest.mark.parametrize(
    "changes", [{"value": bytes(16)}, {"mac": bytes(16)}, {"index": 4}], ids=lambda c: next(iter(c))
)
@pytest.mark.parametrize("place", range(3))
def test_a_changed_share_is_found(changes: dict[str, object], place: int) -> None:
    given_shares = list(SHARES[:3])
    given_shares[place] = replace(given_shares[place], **changes)
    with pytest.raises(DecryptionError):
        combine(given_shares)


def test_a_changed_share_beyond_the_threshold_is_found() -> None:
    with pytest.raises(DecryptionError):
        combine([*SHARES[:4], replace(SHARES[4], value=bytes(16))])


@pytest.mark.parametrize(
    "changes", [{"set_id": bytes(8)}, {"threshold": 2}, {"count": 6}, {"value": bytes(32)}], ids=lambda c: next(iter(c))
)
def test_shares_of_another_set(changes: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        combine([SHARES[0], SHARES[1], replace(SHARES[2], **changes)])


def test_one_share_twice() -> None:
    with pytest.raises(InvalidInputError, match="twice"):
        combine([SHARES[0], SHARES[0], SHARES[1]])


@pytest.mark.parametrize(
    "wrong", [[1, 2, 3], [None], 5, [SHARES[0].to_bytes()] * 3], ids=["int", "None", "no-list", "bytes"]
)
def test_no_shares(wrong: object) -> None:
    with pytest.raises(InvalidTypeError):
        combine(wrong)  # type: ignore[arg-type]


# ---- as bytes -----------------------------------------------------------------------------
def test_bytes() -> None:
    for share in SHARES:
        assert Share.from_bytes(share.to_bytes()) == share
    assert len(SHARES[0].to_bytes()) == 57


def test_the_value_is_not_shown() -> None:
    shown = repr(SHARES[0])
    assert "value" not in shown
    assert "mac" not in shown


def test_every_changed_byte_is_found() -> None:
    data = SHARES[0].to_bytes()
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 0x20
        with pytest.raises((DecodeError, UnsupportedAlgorithm)):
            Share.from_bytes(changed)


@pytest.mark.parametrize("length", [0, 1, 16, 17, 40, 56, 58])
def test_another_length(length: int) -> None:
    with pytest.raises(DecodeError):
        Share.from_bytes(SHARES[0].to_bytes().ljust(60, b"\0")[:length])


@given(st.binary(max_size=80))
@settings(max_examples=60, deadline=None)
def test_any_bytes(data: bytes) -> None:
    with pytest.raises((DecodeError, UnsupportedAlgorithm)):
        Share.from_bytes(b"GMPS" + data)


# ---- as a file ----------------------------------------------------------------------------
def test_file() -> None:
    assert Share.from_encrypted(FILE, PASSWORD) == SHARES[0]
    assert SHARES[0].value not in FILE


def test_wrong_password() -> None:
    for number in range(8):
        with pytest.raises(DecryptionError):
            Share.from_encrypted(FILE, b"wrong %d" % number)


def test_changed_file() -> None:
    changed = FILE[:-1] + bytes([FILE[-1] ^ 1])
    with pytest.raises(DecryptionError):
        Share.from_encrypted(changed, PASSWORD)


@pytest.mark.parametrize(
    ("data", "error"),
    [(b"", DecodeError), (b"GMPS", DecodeError), (FILE[:-1], DecodeError), (bytes(5000), LimitExceeded)],
    ids=["empty", "no-file", "cut", "long"],
)
def test_no_file(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        Share.from_encrypted(data, PASSWORD)


def test_too_many_iterations() -> None:
    with pytest.raises(LimitExceeded):
        Share.from_encrypted(FILE, PASSWORD, max_iterations=999)


def test_empty_password() -> None:
    with pytest.raises(InvalidInputError):
        SHARES[0].to_encrypted(b"")
