"""The statistics agree with published examples and with a second implementation."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy
import pytest

from conformance.randomness import plain
from gmpki.conformance.randomness import patterns, runs, structure
from gmpki.conformance.randomness.values import Values, as_bits
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from gmpki.conformance.randomness.values import Bits

# The sequence of GM/T 0005-2021 annex C, 128 bits.
ANNEX_C = as_bits(bytes.fromhex("cc156c4ce0024d5113d680d7cce6d8b2"))


def bits_of(text: str) -> Bits:
    return numpy.array([int(bit) for bit in text], dtype=numpy.uint8)


# The first 100 binary digits of pi, integer part and all (SP 800-22 rev. 1a, examples of 2.1 to 2.14).
PI = bits_of("1100100100001111110110101010001000100001011010001100001000110100110001001100011001100010100010111000")

SHORT_EXAMPLES = {
    # GM/T 0005-2021 annex C, as public implementations give its values: P, Q.
    "annex-c-monobit": (patterns.monobit, ANNEX_C, {}, 0.215925, 0.892038),
    "annex-c-poker": (patterns.poker, ANNEX_C, {"m": 4}, 0.213734, 0.213734),
    "annex-c-overlapping-1": (patterns.overlapping, ANNEX_C, {"m": 2, "which": 1}, 0.436868, 0.436868),
    "annex-c-overlapping-2": (patterns.overlapping, ANNEX_C, {"m": 2, "which": 2}, 0.723674, 0.723674),
    "annex-c-runs": (runs.runs_total, ANNEX_C, {}, 0.620729, 0.310364),
    "annex-c-run-distribution": (runs.run_distribution, ANNEX_C, {}, 0.970152, 0.970152),
    "annex-c-longest-run-of-ones": (runs.longest_run, ANNEX_C, {"value": 1}, 0.180598, 0.180598),
    "annex-c-longest-run-of-zeros": (runs.longest_run, ANNEX_C, {"value": 0}, 0.839299, 0.839299),
    "annex-c-derivative": (runs.binary_derivative, ANNEX_C, {"k": 3}, 0.039669, 0.980166),
    "annex-c-autocorrelation": (runs.autocorrelation, ANNEX_C, {"d": 1}, 0.790080, 0.395040),
    "annex-c-cumulative-sums": (runs.cumulative_sums, PI, {"backward": False}, 0.219194, 0.219194),
    "annex-c-cumulative-sums-backward": (runs.cumulative_sums, PI, {"backward": True}, 0.114866, 0.114866),
    "annex-c-fourier": (structure.fourier, PI, {}, 0.654721, 0.327360),
    # SP 800-22 rev. 1a: the examples of each section.
    "800-22-2.1.8": (patterns.monobit, PI, {}, 0.109599, None),
    "800-22-2.1.4": (patterns.monobit, bits_of("1011010101"), {}, 0.527089, None),
    "800-22-2.2.8": (patterns.block_frequency, PI, {"m": 10}, 0.706438, None),
    "800-22-2.2.4": (patterns.block_frequency, bits_of("0110011010"), {"m": 3}, 0.801252, None),
    "800-22-2.3.8": (runs.runs_total, PI, {}, 0.500798, None),
    "800-22-2.3.4": (runs.runs_total, bits_of("1001101011"), {}, 0.147232, None),
    "800-22-2.11.4-1": (patterns.overlapping, bits_of("0011011101"), {"m": 3, "which": 1}, 0.808792, None),
    "800-22-2.11.4-2": (patterns.overlapping, bits_of("0011011101"), {"m": 3, "which": 2}, 0.670320, None),
    "800-22-2.12.4": (patterns.approximate_entropy, bits_of("0100110101"), {"m": 3}, 0.261961, None),
    "800-22-2.12.8": (patterns.approximate_entropy, PI, {"m": 2}, 0.235301, None),
}


@pytest.mark.parametrize("name", SHORT_EXAMPLES)
def test_short_examples(name: str) -> None:
    statistic, bits, parameters, p_value, q_value = SHORT_EXAMPLES[name]
    values: Values = statistic(bits, **parameters)  # type: ignore[operator]
    assert values.p_value == pytest.approx(p_value, abs=1e-6)
    if q_value is not None:
        assert values.q_value == pytest.approx(q_value, abs=1e-6)


@pytest.fixture(scope="module")
def e_digits() -> Bits:
    """The first million binary digits of e, integer part and all, computed here."""
    count, terms, size = 1_000_000, 1, 0.0
    while size < count + 64:
        size += math.log2(terms)
        terms += 1

    def summed(low: int, high: int) -> tuple[int, int]:
        """Return numerator and denominator of the sum of low!/k! for low < k <= high."""
        if high - low == 1:
            return 1, high
        middle = (low + high) // 2
        (left, below), (right, beneath) = summed(low, middle), summed(middle, high)
        return left * beneath + right, below * beneath

    numerator, denominator = summed(0, terms)
    digits = ((numerator + denominator) << (count - 2)) // denominator
    return as_bits(digits.to_bytes(count // 8, "big"))


# GM/T 0005-2021 annex C, and SP 800-22 rev. 1a: the examples of 2.5 and 2.11 and the table of appendix B.
LONG_EXAMPLES: dict[str, tuple[Callable[[Bits], Values], float]] = {
    "annex-c-matrix-rank": (structure.matrix_rank, 0.307543),
    "annex-c-linear-complexity-1000": (lambda bits: structure.linear_complexity(bits, 1000), 0.844721),
    "annex-c-universal": (structure.universal, 0.282568),
    "800-22-monobit": (patterns.monobit, 0.953749),
    "800-22-block-frequency-128": (lambda bits: patterns.block_frequency(bits, 128), 0.211072),
    "800-22-cumulative-sums-forward": (lambda bits: runs.cumulative_sums(bits, backward=False), 0.669887),
    "800-22-cumulative-sums-backward": (lambda bits: runs.cumulative_sums(bits, backward=True), 0.724266),
    "800-22-runs": (runs.runs_total, 0.561917),
    "800-22-longest-run": (lambda bits: runs.longest_run(bits, 1), 0.718945),
    "800-22-approximate-entropy-10": (lambda bits: patterns.approximate_entropy(bits, 10), 0.700073),
    "800-22-serial-16": (lambda bits: patterns.overlapping(bits, 16, 1), 0.766182),
    "800-22-serial-2-first": (lambda bits: patterns.overlapping(bits, 2, 1), 0.843764),
    "800-22-serial-2-second": (lambda bits: patterns.overlapping(bits, 2, 2), 0.561915),
}


@pytest.mark.parametrize("name", LONG_EXAMPLES)
def test_digits_of_e(name: str, e_digits: Bits) -> None:
    statistic, p_value = LONG_EXAMPLES[name]
    assert statistic(e_digits).p_value == pytest.approx(p_value, abs=1e-6)


def test_digits_of_e_with_other_constants(e_digits: Bits) -> None:
    """SP 800-22 has more digits of the ranks' probabilities: its value is near, not the same."""
    assert structure.matrix_rank(e_digits[:100_000]).p_value == pytest.approx(0.532069, abs=3e-4)


def sample_text(seed: int, bits: int) -> tuple[Bits, str]:
    data = random.Random(seed).randbytes(bits // 8)
    return as_bits(data), plain.as_text(data)


SECOND = {
    "monobit": (patterns.monobit, plain.monobit, {}),
    "block-frequency": (patterns.block_frequency, plain.block_frequency, {"m": 1000}),
    "poker-4": (patterns.poker, plain.poker, {"m": 4}),
    "poker-8": (patterns.poker, plain.poker, {"m": 8}),
    "overlapping-3-1": (patterns.overlapping, plain.overlapping, {"m": 3, "which": 1}),
    "overlapping-3-2": (patterns.overlapping, plain.overlapping, {"m": 3, "which": 2}),
    "overlapping-5-1": (patterns.overlapping, plain.overlapping, {"m": 5, "which": 1}),
    "overlapping-5-2": (patterns.overlapping, plain.overlapping, {"m": 5, "which": 2}),
    "runs": (runs.runs_total, plain.runs_total, {}),
    "run-distribution": (runs.run_distribution, plain.run_distribution, {}),
    "longest-run-ones": (runs.longest_run, plain.longest_run, {"value": 1}),
    "longest-run-zeros": (runs.longest_run, plain.longest_run, {"value": 0}),
    "derivative-3": (runs.binary_derivative, plain.binary_derivative, {"k": 3}),
    "derivative-7": (runs.binary_derivative, plain.binary_derivative, {"k": 7}),
    "autocorrelation-1": (runs.autocorrelation, plain.autocorrelation, {"d": 1}),
    "autocorrelation-16": (runs.autocorrelation, plain.autocorrelation, {"d": 16}),
    "cumulative-sums-forward": (runs.cumulative_sums, plain.cumulative_sums, {"backward": False}),
    "cumulative-sums-backward": (runs.cumulative_sums, plain.cumulative_sums, {"backward": True}),
    "approximate-entropy-2": (patterns.approximate_entropy, plain.approximate_entropy, {"m": 2}),
    "approximate-entropy-5": (patterns.approximate_entropy, plain.approximate_entropy, {"m": 5}),
    "matrix-rank": (structure.matrix_rank, plain.matrix_rank, {}),
    "universal": (structure.universal, plain.universal, {}),
}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", SECOND)
def test_second_implementation(name: str, seed: int) -> None:
    ours, theirs, parameters = SECOND[name]
    bits, text = sample_text(seed, 20_000)
    values = ours(bits, **parameters)  # type: ignore[operator]
    expected = theirs(text, **parameters)  # type: ignore[operator]
    assert (values.p_value, values.q_value) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("bits", [600, 640])
def test_second_implementation_of_the_spectrum(bits: int) -> None:
    ours, text = sample_text(3, bits)
    values = structure.fourier(ours)
    assert (values.p_value, values.q_value) == pytest.approx(plain.fourier(text), rel=1e-9)


@pytest.mark.parametrize("m", [13, 24, 31])
def test_second_implementation_of_linear_complexity(m: int) -> None:
    ours, text = sample_text(4, 1600)
    values = structure.linear_complexity(ours, m)
    assert (values.p_value, values.q_value) == pytest.approx(plain.linear_complexity(text, m), rel=1e-9)


def test_second_implementation_knows_the_published_register() -> None:
    assert plain.register_len("1101011110001") == 4  # SP 800-22 rev. 1a, 2.10.4


@pytest.mark.parametrize("value", [0, 1])
def test_all_bits_equal(value: int) -> None:
    """What is as far from random as can be has probability 0, and divides by no zero on the way."""
    bits = numpy.full(20_000, value, dtype=numpy.uint8)
    for values in (
        patterns.monobit(bits),
        patterns.poker(bits, 4),
        patterns.overlapping(bits, 5, 1),
        patterns.approximate_entropy(bits, 5),
        runs.runs_total(bits),
        runs.run_distribution(bits),
        runs.longest_run(bits, value),
        runs.cumulative_sums(bits, backward=False),
        structure.matrix_rank(bits),
        structure.universal(bits),
        structure.linear_complexity(bits, 500),
    ):
        assert 0 <= values.p_value < 1e-9
        assert 0 <= values.q_value <= 1


@pytest.mark.parametrize(
    ("statistic", "length"),
    [
        (runs.run_distribution, 78),
        (lambda bits: runs.longest_run(bits, 1), 127),
        (structure.matrix_rank, 1023),
        (lambda bits: structure.linear_complexity(bits, 500), 499),
        (structure.universal, 8966),
    ],
    ids=["run-distribution", "longest-run", "matrix-rank", "linear-complexity", "universal"],
)
def test_too_few_bits(statistic: Callable[[Bits], Values], length: int) -> None:
    bits, _ = sample_text(5, 16_000)
    with pytest.raises(InvalidInputError):
        statistic(bits[:length])
    statistic(bits[: length + 1])
