"""The verdict over many samples, and what it says of generators that are none."""

from __future__ import annotations

import importlib
import math
import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from gmpki.conformance.randomness import (
    ALPHA_UNIFORM,
    LONG_BITS,
    SHORT_BITS,
    RandomnessReport,
    examine,
    item_named,
    items_for,
    judge,
    needed_passes,
    output_values,
    sample_values,
    uniformity,
)
from gmpki.conformance.randomness.judging import MAX_SAMPLES, ROUNDS
from gmpki.conformance.randomness.values import load_numpy
from gmpki.errors import GmpkiError, InvalidInputError, InvalidTypeError, LimitExceeded, UnsupportedPlatform

SHORT_LEN = SHORT_BITS // 8
LONG_LEN = LONG_BITS // 8


def good(count: int, length: int = SHORT_LEN, seed: int = 32) -> Iterator[bytes]:
    source = random.Random(seed)
    return (source.randbytes(length) for _ in range(count))


def biased(count: int, share: float) -> Iterator[bytes]:
    source = random.Random(51)
    for _ in range(count):
        bits = "".join("1" if source.random() < share else "0" for _ in range(SHORT_BITS))
        yield int(bits, 2).to_bytes(SHORT_LEN, "big")


def shift_register(length: int) -> bytes:
    """Return the output of a shift register of 61 bits, x^61 + x^5 + x^2 + x + 1."""
    state, made = 0x1234567890ABCDE, bytearray(length)
    for i in range(length * 8):
        bit = (state ^ state >> 1 ^ state >> 2 ^ state >> 5) & 1
        state = state >> 1 | bit << 60
        made[i // 8] = (made[i // 8] << 1 | bit) & 0xFF
    return bytes(made)


def counter(count: int) -> Iterator[bytes]:
    """Yield what a counter of 32 bits is on the wire."""
    for i in range(count):
        yield b"".join((i * SHORT_LEN // 4 + j).to_bytes(4, "big") for j in range(SHORT_LEN // 4))


def short_names(report: RandomnessReport) -> set[str]:
    return {short.item.name for short in report.short}


def test_items() -> None:
    short, long = items_for(SHORT_BITS), items_for(LONG_BITS)
    assert [item.clause.clause for item in short] == [
        *("5.1", "5.2", "5.3", "5.3", "5.4", "5.4", "5.4", "5.4", "5.5", "5.6", "5.7", "5.7"),
        *("5.8", "5.8", "5.9", "5.9", "5.9", "5.11", "5.11", "5.12", "5.12", "5.15"),
    ]
    assert len({item.test for item in long}) == 15
    assert len({item.name for item in long}) == len(long)
    assert len({item.title.zh for item in long}) == len(long)
    assert {item.name for item in long} - {item.name for item in short} == {
        *("block-frequency-10000", "autocorrelation-1", "matrix-rank"),
        *("linear-complexity-500", "linear-complexity-1000", "universal"),
    }


@pytest.mark.parametrize(
    ("samples", "needed"), [(1, 1), (9, 9), (20, 19), (50, 48), (100, 97), (1000, 981), (10_000, 9871)]
)
def test_needed_passes(samples: int, needed: int) -> None:
    assert needed_passes(samples) == needed


@pytest.mark.parametrize("samples", [0, -1, MAX_SAMPLES + 1, True, 20.0, "20"])
def test_needed_passes_outside(samples: Any) -> None:
    with pytest.raises(InvalidInputError):
        needed_passes(samples)


@pytest.mark.parametrize("samples", [1, *range(20, 200), 1000, 10_000])
def test_false_alarms_are_rare(samples: int) -> None:
    """A good generator is found wrong in fewer than 1 of 10,000 examinations, whatever the items share."""
    allowed = samples - needed_passes(samples)
    enough = sum(math.comb(samples, k) * 0.01**k * 0.99 ** (samples - k) for k in range(allowed + 1))
    in_one_round = 1 - enough + ALPHA_UNIFORM
    assert len(items_for(LONG_BITS)) * in_one_round**ROUNDS < 1e-4


def test_uniformity() -> None:
    # An even spread; then ten of 50 in the first tenth and none in the second: a chi-square of 10 over 9 degrees.
    assert uniformity((i + 0.5) / 50 for i in range(50)) == 1.0
    uneven = [0.05] * 10 + [bin_ + 0.05 for bin_ in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9) for _ in range(5)]
    assert uniformity(uneven) == pytest.approx(0.350485, abs=1e-6)
    assert uniformity([1.0] * 20) < ALPHA_UNIFORM


@pytest.mark.parametrize("values", [[], [0.5, 1.01], [-0.1], [math.nan]], ids=["none", "above", "below", "nan"])
def test_uniformity_outside(values: list[float]) -> None:
    with pytest.raises(InvalidInputError):
        uniformity(values)


def test_good_samples() -> None:
    report = judge(good(20))
    assert report.is_random, report.short
    assert (report.bits, report.samples, len(report.items)) == (SHORT_BITS, 20, 22)
    assert all(item.needed == 19 for item in report.items)


def test_good_long_sample() -> None:
    assert judge(good(1, LONG_LEN)).is_random


def test_zeros() -> None:
    names = short_names(judge([bytes(SHORT_LEN)] * 20))
    assert names == {item.name for item in items_for(SHORT_BITS)}


def test_alternating() -> None:
    names = short_names(judge([b"\x55" * SHORT_LEN] * 20))
    assert {"poker-4", "overlapping-3-1", "runs", "run-distribution", "longest-run-ones", "derivative-3"} <= names
    assert {"autocorrelation-2", "approximate-entropy-2"} <= names


def test_biased() -> None:
    report = judge(biased(20, 0.51))
    assert {"monobit", "cumulative-sums-forward", "cumulative-sums-backward"} <= short_names(report)


def test_bias_too_small_to_see_in_few_samples() -> None:
    """A bias of 1 in 1000 takes more samples; the tests do not promise what they cannot."""
    assert "monobit" not in short_names(judge(biased(20, 0.501)))


def test_repeated_block() -> None:
    block = random.Random(7).randbytes(16)
    names = short_names(judge([(block * 157)[:SHORT_LEN]] * 20))
    assert {"poker-8", "overlapping-5-1", "approximate-entropy-5", "fourier"} <= names


def test_counter() -> None:
    names = short_names(judge(counter(20)))
    assert {"monobit", "poker-8", "runs", "autocorrelation-16", "fourier"} <= names


def test_same_sample_again() -> None:
    """Each sample passes, and yet 20 times the same one is no generator: the spread of the Q values shows it."""
    sample = next(good(1))
    report = judge([sample] * 20)
    assert all(item.passed == 20 for item in report.items)
    assert short_names(report) == {item.name for item in items_for(SHORT_BITS)}


def test_shift_register() -> None:
    """It passes the tests of short samples; its complexity shows in long ones."""
    source = shift_register(LONG_LEN)
    assert {"linear-complexity-500", "linear-complexity-1000"} <= short_names(judge([source]))
    source = source[: 20 * SHORT_LEN]
    assert judge(source[at : at + SHORT_LEN] for at in range(0, len(source), SHORT_LEN)).is_random


def test_chosen_items() -> None:
    item = item_named(SHORT_BITS, "poker-4")
    report = judge([bytes(SHORT_LEN)], [item])
    assert [found.item for found in report.items] == [item]
    assert sample_values(bytes(SHORT_LEN), item).p_value == 0
    assert sample_values(memoryview(next(good(1))), item).is_passed


def test_examination_of_a_good_generator_repeats_what_fell_short_by_chance() -> None:
    found = examine(random.Random(18).randbytes, SHORT_BITS, 20)
    assert found.is_random
    assert [{short.item.name for short in report.short} for report in found.rounds] == [
        {"monobit", "cumulative-sums-forward", "cumulative-sums-backward"},
        {"cumulative-sums-forward"},
        set(),
    ]
    assert [report.item for report in found.rounds[1].items] == [short.item for short in found.rounds[0].short]
    assert len(found.rounds[2].items) == 1


def test_examination_of_a_bad_generator() -> None:
    asked: list[int] = []

    def read(length: int) -> bytes:
        asked.append(length)
        return bytes(length)

    found = examine(read, SHORT_BITS, 2)
    assert not found.is_random
    assert len(found.rounds) == ROUNDS
    assert asked == [SHORT_LEN] * 2 * ROUNDS
    assert len(found.wrong) == len(items_for(SHORT_BITS))


def test_examination_of_a_generator_that_recovers() -> None:
    """What falls short in the first round alone is chance, or so the rule has it."""
    source = good(200)
    first = [bytes(SHORT_LEN)] * 20
    assert examine(lambda _: first.pop() if first else next(source), SHORT_BITS, 20).is_random


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: judge([]), InvalidInputError),
        (lambda: judge(5), InvalidTypeError),  # type: ignore[arg-type]
        (lambda: judge(["text"]), InvalidTypeError),  # type: ignore[list-item]
        (lambda: judge([b"\0" * 100]), InvalidInputError),
        (lambda: judge([bytes(SHORT_LEN), bytes(LONG_LEN)]), InvalidInputError),
        (lambda: judge([bytes(SHORT_LEN)], []), InvalidInputError),
        (lambda: judge([bytes(SHORT_LEN)], ["poker-4"]), InvalidTypeError),  # type: ignore[list-item]
        (lambda: judge([bytes(SHORT_LEN)], 4), InvalidTypeError),  # type: ignore[arg-type]
        (lambda: sample_values(b"", item_named(SHORT_BITS, "runs")), InvalidInputError),
        (lambda: sample_values("", item_named(SHORT_BITS, "runs")), InvalidTypeError),  # type: ignore[arg-type]
        (lambda: sample_values(bytes(SHORT_LEN), "runs"), InvalidTypeError),  # type: ignore[arg-type]
        (lambda: items_for(10_000), InvalidInputError),
        (lambda: item_named(SHORT_BITS, "universal"), InvalidInputError),
        (lambda: examine(None, SHORT_BITS, 20), InvalidTypeError),  # type: ignore[arg-type]
        (lambda: examine(bytes, 1000, 20), InvalidInputError),
        (lambda: examine(bytes, SHORT_BITS, 0), InvalidInputError),
        (lambda: examine(bytes, SHORT_BITS, MAX_SAMPLES + 1), InvalidInputError),
        (lambda: examine(lambda length: bytes(length - 1), SHORT_BITS, 1), InvalidInputError),
        (lambda: examine(str, SHORT_BITS, 1), InvalidTypeError),  # type: ignore[arg-type]
        (lambda: output_values(b"1234"), InvalidInputError),
        (lambda: output_values(bytes((1 << 20) + 1)), InvalidInputError),
        (lambda: output_values("12345"), InvalidTypeError),  # type: ignore[arg-type]
    ],
    ids=[
        *("no-sample", "no-sequence", "text-sample", "short-sample", "mixed-lengths", "no-item", "named-item"),
        *("items-number", "empty-sample", "sample-text", "item-text", "other-length", "no-such"),
        *("no-reader", "examine-length", "no-samples", "too-many", "short-read", "read-text"),
        *("short-output", "long-output", "text-output"),
    ],
)
def test_refused(call: Callable[[], object], error: type[GmpkiError]) -> None:
    with pytest.raises(error):
        call()


def test_samples_are_bounded() -> None:
    def endless() -> Iterable[bytes]:
        while True:
            yield bytes(SHORT_LEN)

    with pytest.raises(LimitExceeded):
        judge(endless(), [item_named(SHORT_BITS, "monobit")])


@pytest.mark.parametrize(("length", "m"), [(5, 2), (39, 2), (40, 4), (1279, 4), (1280, 8)])
def test_poker_test_of_one_output(length: int, m: int) -> None:
    """The longest subsequences that the output has enough of: zeros are refused, all values alike are not."""
    assert output_values(bytes(length)).p_value < 0.01
    even = sum(v << m * (2**m - 1 - v) for v in range(2**m)).to_bytes(m * 2**m // 8 or 1, "big")
    whole = (even * length)[:length]
    assert output_values(whole).p_value > 0.99


def test_without_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(UnsupportedPlatform, match=r"gmpki\[conformance\]"):
        load_numpy()
