"""Tests of the order of bits: runs, sums, a sequence compared with itself.

:standard: GM/T 0005-2021 5.5 to 5.9, 5.11 (confidence B: several public implementations and their examples agree)
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from gmpki.conformance.randomness.special import normal_cdf
from gmpki.conformance.randomness.values import Values, load_numpy
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from gmpki.conformance.randomness.values import Bits

__all__ = [
    "autocorrelation",
    "binary_derivative",
    "cumulative_sums",
    "longest_run",
    "run_distribution",
    "runs_total",
]

# From which sample length on: block length, the longest run of the lowest class, the classes' probabilities.
_LONGEST: Final = (
    (750_000, 10_000, 10, (0.0882, 0.2092, 0.2483, 0.1933, 0.1208, 0.0675, 0.0727)),
    (6_272, 128, 4, (0.1174, 0.2430, 0.2493, 0.1752, 0.1027, 0.1124)),
    (128, 8, 1, (0.2148, 0.3672, 0.2305, 0.1875)),
)
_LEAST_EXPECTED: Final = 5
# Beyond so many deviations the normal distribution has nothing left that a double could hold beside 1.
_DEVIATIONS: Final = 12


def runs_total(bits: Bits) -> Values:
    """Compare the number of runs with what so many ones and zeros let expect (5.5)."""
    n = len(bits)
    ones = int(bits.sum()) / n
    if ones in (0.0, 1.0):  # one run: as far from random as can be, and the formula divides by zero
        return Values(0.0, 0.0)
    runs = 1 + int((bits[1:] != bits[:-1]).sum())
    expected = 2 * n * ones * (1 - ones)
    return Values.of_normal((runs - expected) / (2 * math.sqrt(n) * ones * (1 - ones)))


def run_distribution(bits: Bits) -> Values:
    """Compare how many runs of each length there are with half as many for each further bit (5.6).

    :raises InvalidInputError: for fewer than 79 bits.
    """
    numpy = load_numpy()
    n = len(bits)
    k = 1
    while (n - (k + 1) + 3) / (1 << (k + 3)) >= _LEAST_EXPECTED:
        k += 1
    if k < 2:
        raise InvalidInputError("the test of the distribution of runs needs 79 bits")
    edges = numpy.flatnonzero(bits[1:] != bits[:-1]) + 1
    starts = numpy.concatenate(([0], edges))
    lengths = numpy.minimum(numpy.diff(numpy.concatenate((starts, [n]))), k)
    total = len(lengths)
    # Runs of k bits or more are one class: as many as those of k - 1.
    expected = numpy.array([total / (1 << (min(i, k - 1) + 1)) for i in range(1, k + 1)])
    statistic = 0.0
    for value in (0, 1):
        counts = numpy.bincount(lengths[bits[starts] == value], minlength=k + 1)[1:]
        statistic += float(((counts - expected) ** 2 / expected).sum())
    return Values.of_chi_square(statistic, 2 * (k - 1))


def longest_run(bits: Bits, value: int) -> Values:
    """Compare the longest run of ones or of zeros in each block with the classes' probabilities (5.7).

    :param value: 1 for runs of ones, 0 for those of zeros.
    :raises InvalidInputError: for fewer than 128 bits.
    """
    numpy = load_numpy()
    fitting = [row for row in _LONGEST if len(bits) >= row[0]]
    if not fitting:
        raise InvalidInputError("the test of the longest run needs 128 bits")
    _, m, lowest, probabilities = fitting[0]
    blocks = len(bits) // m
    kept = bits[: blocks * m].reshape(blocks, m) == value
    longest = numpy.zeros(blocks, dtype=numpy.int64)
    for _ in range(lowest + len(probabilities) - 1):  # longer ones are in the highest class anyway
        longest += kept.any(axis=1)
        kept = kept[:, 1:] & kept[:, :-1]
    counts = numpy.bincount(numpy.maximum(longest, lowest) - lowest, minlength=len(probabilities))
    expected = blocks * numpy.array(probabilities)
    return Values.of_chi_square(float(((counts - expected) ** 2 / expected).sum()), len(probabilities) - 1)


def binary_derivative(bits: Bits, k: int) -> Values:
    """Compare ones and zeros in the k-th derivative, each the exclusive or of neighbours (5.8)."""
    derived = bits
    for _ in range(k):
        derived = derived[1:] ^ derived[:-1]
    n = len(derived)
    return Values.of_normal((2 * int(derived.sum()) - n) / math.sqrt(n))


def autocorrelation(bits: Bits, d: int) -> Values:
    """Compare the sequence with itself shifted by d bits (5.9)."""
    n = len(bits) - d
    return Values.of_normal((2 * int((bits[:-d] ^ bits[d:]).sum()) - n) / math.sqrt(n))


def cumulative_sums(bits: Bits, *, backward: bool) -> Values:
    """Compare how far the walk of +1 and -1 strays with what is probable (5.11).

    :param backward: whether it begins with the last bit.
    """
    numpy = load_numpy()
    n = len(bits)
    steps: Any = 2 * bits.astype(numpy.int64) - 1
    farthest = int(numpy.abs(numpy.cumsum(steps[::-1] if backward else steps)).max())
    unit = farthest / math.sqrt(n)
    # The standard sums as far as n / farthest; what lies beyond some deviations is zero to every digit.
    reach = min(n // farthest + 3, int(_DEVIATIONS / unit) + 5) // 4
    inside = 1.0
    for i in range(-reach, reach + 1):
        inside -= normal_cdf((4 * i + 1) * unit) - normal_cdf((4 * i - 1) * unit)
        inside += normal_cdf((4 * i + 3) * unit) - normal_cdf((4 * i + 1) * unit)
    return Values.of_probability(inside)
