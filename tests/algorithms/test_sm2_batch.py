"""Many SM2 operations at once: what comes is what single calls give, whatever the number, the keys and the lengths."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from algorithms.sm2_examples import N, flip
from gmpki.algorithms import _sm2_tables, backends, sm2
from gmpki.errors import GmpkiError, InvalidInputError, InvalidSignature, InvalidTypeError

ALGORITHM = "sm2"
pytestmark = pytest.mark.usefixtures("backend")

# Around lanes, around what a backend takes at once, around the parts that a batch is cut into.
COUNTS = (0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 255, 256, 257)

KEYS = [sm2.PrivateScalar.from_bytes(d.to_bytes(32, "big")) for d in (1, 2, 3, N - 2, 0x1234567890ABCDEF << 100)]
draw = random.Random(9)
MESSAGES = [draw.randbytes(draw.choice((0, 1, 31, 32, 33, 200, 2000))) for _ in range(max(COUNTS))]


@pytest.fixture(autouse=True)
def no_tables() -> Iterator[None]:
    """Begin without tables of keys, and leave none."""
    _sm2_tables._tables.clear()
    yield
    _sm2_tables._tables.clear()


def some(count: int, keys: int) -> list[tuple[sm2.PrivateScalar, bytes]]:
    return [(KEYS[i * i % keys], MESSAGES[i]) for i in range(count)]


@pytest.mark.parametrize("keys", [1, 5])
@pytest.mark.parametrize("count", COUNTS)
def test_signatures_are_those_of_single_calls(count: int, keys: int) -> None:
    items = some(count, keys)
    expected = [sm2.sign(scalar, message, b"id", deterministic=True) for scalar, message in items]
    assert sm2.sign_batch(items, b"id", deterministic=True) == expected
    digests = [(scalar, sm2.digest(scalar.point, message, b"id")) for scalar, message in items]
    assert sm2.sign_digest_batch(iter(digests), deterministic=True, verify=True) == expected


@pytest.mark.parametrize("keys", [1, 5])
@pytest.mark.parametrize("count", COUNTS)
def test_random_signatures_hold_and_differ(count: int, keys: int) -> None:
    items = some(count, keys)
    signatures = sm2.sign_batch(iter(items))
    assert len(set(signatures)) == len(signatures) == count
    assert len({signature[:32] for signature in signatures}) == count  # no nonce twice
    for (scalar, message), signature in zip(items, signatures, strict=True):
        sm2.verify(scalar.point, signature, message)
    checked = [(scalar.point, raw, message) for (scalar, message), raw in zip(items, signatures, strict=True)]
    assert sm2.verify_batch(checked) == [None] * count
    refused = sm2.verify_batch(iter(checked), b"another id")
    assert len(refused) == count
    assert all(isinstance(result, InvalidSignature) for result in refused)


def test_one_message_twice_has_two_nonces() -> None:
    signatures = sm2.sign_batch([(KEYS[0], b"m")] * 40)
    assert len({signature[:32] for signature in signatures}) == 40


def verdict_of_one(point: sm2.CurvePoint, raw: bytes, e: bytes) -> bool:
    try:
        sm2.verify_digest(point, raw, e)
    except GmpkiError:
        return False
    return True


@pytest.mark.parametrize("seed", range(4))
def test_a_wrong_one_among_right_ones_is_found_in_any_place(seed: int) -> None:
    """Every kind of wrong signature, each in a random place, beside right ones in the same lanes."""
    chance = random.Random(seed)
    items = []
    for i in range(150):
        scalar = chance.choice(KEYS)
        e = chance.randbytes(32)
        raw = sm2.sign_digest(scalar, e)
        r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
        wrong = [
            raw,
            raw,
            flip(raw, chance.randrange(512)),
            bytes(32) + raw[32:],
            raw[:32] + bytes(32),
            N.to_bytes(32, "big") + raw[32:],
            raw[:32] + N.to_bytes(32, "big"),
            raw[:32] + ((N - r) % N).to_bytes(32, "big"),
            ((N - r) % N).to_bytes(32, "big") + ((N - s) % N).to_bytes(32, "big"),
            b"\xff" * 64,
            raw[32:] + raw[:32],
            bytes(64),
        ]
        items.append((scalar.point, wrong[(i + seed) % len(wrong)], e))
    expected = [verdict_of_one(*item) for item in items]
    assert 20 < sum(expected) < 60
    assert [result is None for result in sm2.verify_digest_batch(items)] == expected


@pytest.mark.parametrize("length", [0, 1, 63, 65, 72])
def test_a_signature_of_another_length_is_a_result(length: int) -> None:
    e = bytes(32)
    raw = sm2.sign_digest(KEYS[0], e)
    results = sm2.verify_digest_batch([(KEYS[0].point, bytes(length), e), (KEYS[0].point, raw, e)])
    assert isinstance(results[0], InvalidSignature)
    assert str(length) in str(results[0])
    assert results[1] is None
    assert isinstance(sm2.verify_batch([(KEYS[0].point, bytes(length), b"m")])[0], InvalidSignature)


def test_messages_of_any_kind(as_buffer: Callable[[bytes], Any]) -> None:
    items = [(scalar, as_buffer(message)) for scalar, message in some(20, 5)]
    signatures = sm2.sign_batch(items, as_buffer(b"id"), deterministic=True)
    assert signatures == sm2.sign_batch(some(20, 5), b"id", deterministic=True)
    checked = [(scalar.point, as_buffer(raw), m) for (scalar, m), raw in zip(items, signatures, strict=True)]
    assert sm2.verify_batch(checked, as_buffer(b"id")) == [None] * 20


def test_refused_inputs(refuses_non_buffers: Callable[..., None]) -> None:
    scalar, point, e = KEYS[0], KEYS[0].point, bytes(32)
    refuses_non_buffers(lambda value: sm2.sign_batch([(scalar, b"m"), (scalar, value)]))
    refuses_non_buffers(lambda value: sm2.sign_batch([(scalar, b"m")], value))
    refuses_non_buffers(lambda value: sm2.sign_digest_batch([(scalar, value)]))
    refuses_non_buffers(lambda value: sm2.verify_batch([(point, bytes(64), b"m"), (point, bytes(64), value)]))
    refuses_non_buffers(lambda value: sm2.verify_batch([(point, value, b"m")]))
    refuses_non_buffers(lambda value: sm2.verify_batch([(point, bytes(64), b"m")], value))
    refuses_non_buffers(lambda value: sm2.verify_digest_batch([(point, value, e)]))
    refuses_non_buffers(lambda value: sm2.verify_digest_batch([(point, bytes(64), value)]))
    for call in (sm2.sign_batch, sm2.sign_digest_batch, sm2.verify_batch, sm2.verify_digest_batch):
        for wrong in (None, 7, object(), [None], [b""], [(point,)], "text", [[scalar, e]], [(None, e)]):
            with pytest.raises(InvalidTypeError):
                call(wrong)
    for wrong_key in (point, None, b"key"):
        with pytest.raises(InvalidTypeError, match="PrivateScalar"):
            sm2.sign_batch([(wrong_key, b"m")])
        with pytest.raises(InvalidTypeError, match="PrivateScalar"):
            sm2.sign_digest_batch([(wrong_key, e)])
    for wrong_key in (scalar, None, b"key"):
        with pytest.raises(InvalidTypeError, match="CurvePoint"):
            sm2.verify_batch([(wrong_key, bytes(64), b"m")])
        with pytest.raises(InvalidTypeError, match="CurvePoint"):
            sm2.verify_digest_batch([(wrong_key, bytes(64), e)])


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_digest_has_32_bytes(length: int) -> None:
    with pytest.raises(InvalidInputError, match="32"):
        sm2.sign_digest_batch([(KEYS[0], bytes(32)), (KEYS[0], bytes(length))])
    with pytest.raises(InvalidInputError, match="32"):
        sm2.verify_digest_batch([(KEYS[0].point, bytes(64), bytes(length))])


def test_user_ids_are_bounded() -> None:
    for call in (
        lambda: sm2.sign_batch([(KEYS[0], b"m")], bytes(8192)),
        lambda: sm2.verify_batch([(KEYS[0].point, bytes(64), b"m")], bytes(8192)),
    ):
        with pytest.raises(InvalidInputError, match="8191"):
            call()


@pytest.mark.parametrize("checked", [True, False])
@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 33, 257])
def test_keys(count: int, checked: bool) -> None:
    scalars = sm2.generate_batch(count, checked=checked)
    numbers = {scalar.to_bytes() for scalar in scalars}
    assert len(numbers) == len(scalars) == count
    for scalar in scalars:
        again = sm2.PrivateScalar.from_bytes(scalar.to_bytes())
        assert again.point == scalar.point
        assert sm2.sign_digest(again, bytes(32), deterministic=True) == sm2.sign_digest(
            scalar, bytes(32), deterministic=True
        )


@pytest.mark.parametrize("count", [-1, (1 << 20) + 1, 1 << 70])
def test_numbers_of_keys_outside(count: int) -> None:
    with pytest.raises(InvalidInputError):
        sm2.generate_batch(count)


@pytest.mark.parametrize("count", [None, "1", 1.0, True])
def test_what_is_no_number_of_keys(count: Any) -> None:
    with pytest.raises(InvalidTypeError):
        sm2.generate_batch(count)


def test_without_lanes_tables_serve_batches(backend: str) -> None:
    items = [(KEYS[0].point, raw, m) for (_, m), raw in zip(some(20, 1), sm2.sign_batch(some(20, 1)), strict=True)]
    assert sm2.verify_batch(items) == [None] * 20
    assert bool(_sm2_tables._tables) == (backend != "ifma")
    assert backends.active("sm2") == backend
