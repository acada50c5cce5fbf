"""Tests that look for structure: rank, shift registers, compression, periods.

:standard: GM/T 0005-2021 5.10, 5.13 to 5.15 (confidence B: several public implementations and their examples agree)
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from gmpki.conformance.randomness.values import Values, load_numpy
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from gmpki.conformance.randomness.values import Bits

__all__ = ["fourier", "linear_complexity", "matrix_rank", "universal"]

_RANK: Final = 32
# Full rank, one less, and below.
_RANK_PROBABILITIES: Final = (0.2888, 0.5776, 0.1336)
_COMPLEXITY_PROBABILITIES: Final = (0.010417, 0.03125, 0.125, 0.5, 0.25, 0.0625, 0.020833)
# Maurer's table for subsequences of 7 bits: mean and variance of the logarithm of the distance.
_UNIVERSAL_LEN: Final = 7
_UNIVERSAL_FIRST: Final = 1280
_UNIVERSAL_MEAN: Final = 6.1962507
_UNIVERSAL_VARIANCE: Final = 3.125
# -ln 0.05, with the standard's digits: 95 % of the peaks of a good generator stay below the root of this times n.
_PEAK: Final = 2.995732274
_PEAK_SHARE: Final = 0.95
# The 2021 edition's divisor of the variance; SP 800-22 has 4.
_PEAK_DIVISOR: Final = 3.8


def matrix_rank(bits: Bits) -> Values:
    """Compare the ranks of matrices of 32 by 32 bits with their probabilities (5.10).

    :raises InvalidInputError: for fewer than 1024 bits.
    """
    size = _RANK * _RANK
    matrices = len(bits) // size
    if matrices == 0:
        raise InvalidInputError(f"the test of the matrix rank needs {size} bits")
    rows = load_numpy().packbits(bits[: matrices * size]).view(">u4").reshape(matrices, _RANK).tolist()
    classes = [0, 0, 0]
    for matrix in rows:
        classes[min(_RANK - _rank(matrix), 2)] += 1
    return _compared(classes, _RANK_PROBABILITIES)


def linear_complexity(bits: Bits, m: int) -> Values:
    """Compare the shortest shift registers that make blocks of m bits with what is expected (5.13).

    :raises InvalidInputError: for fewer than m bits.
    """
    blocks = len(bits) // m
    if blocks == 0:
        raise InvalidInputError(f"the test of linear complexity needs {m} bits")
    sign = -1 if m % 2 else 1
    mean = m / 2 + (9 - sign) / 36 - (m / 3 + 2 / 9) / 2**m
    classes = [0] * len(_COMPLEXITY_PROBABILITIES)
    for block in bits[: blocks * m].reshape(blocks, m).tolist():
        strayed = sign * (_shortest_register(block) - mean) + 2 / 9
        # The classes reach to -2.5, -1.5 .. 2.5 and beyond.
        classes[min(max(math.ceil(strayed + 2.5), 0), 6)] += 1
    return _compared(classes, _COMPLEXITY_PROBABILITIES)


def universal(bits: Bits) -> Values:
    """Compare how long ago each subsequence of 7 bits last came with what is expected (5.14).

    :raises InvalidInputError: for fewer than 8967 bits.
    """
    numpy = load_numpy()
    count = len(bits) // _UNIVERSAL_LEN
    tested = count - _UNIVERSAL_FIRST
    if tested <= 0:
        raise InvalidInputError(f"Maurer's test needs more than {_UNIVERSAL_FIRST * _UNIVERSAL_LEN} bits")
    rows = bits[: count * _UNIVERSAL_LEN].reshape(count, _UNIVERSAL_LEN)
    values = rows @ (1 << numpy.arange(_UNIVERSAL_LEN - 1, -1, -1, dtype=numpy.int64))
    order = numpy.argsort(values, kind="stable")
    # What never came before counts as if it had stood just before the first.
    before = numpy.full(count, -1, dtype=numpy.int64)
    before[order[1:]] = numpy.where(values[order[1:]] == values[order[:-1]], order[:-1], -1)
    distances = numpy.arange(count) - before
    mean = float(numpy.log2(distances[_UNIVERSAL_FIRST:]).sum()) / tested
    length = _UNIVERSAL_LEN
    factor = 0.7 - 0.8 / length + (4 + 32 / length) * tested ** (-3 / length) / 15
    deviation = factor * math.sqrt(_UNIVERSAL_VARIANCE / tested)
    return Values.of_normal((mean - _UNIVERSAL_MEAN) / deviation)


def fourier(bits: Bits) -> Values:
    """Count the peaks of the spectrum below the bound that 95 % of them keep (5.15)."""
    numpy = load_numpy()
    n = len(bits)
    spectrum = numpy.abs(numpy.fft.rfft(2.0 * bits - 1.0))[: n // 2]
    below = int((spectrum < math.sqrt(_PEAK * n)).sum())
    variance = _PEAK_SHARE * (1 - _PEAK_SHARE) * n / _PEAK_DIVISOR
    return Values.of_normal((below - _PEAK_SHARE * n / 2) / math.sqrt(variance))


def _compared(counts: list[int], probabilities: tuple[float, ...]) -> Values:
    total = sum(counts)
    statistic = sum(
        (count - total * share) ** 2 / (total * share) for count, share in zip(counts, probabilities, strict=True)
    )
    return Values.of_chi_square(statistic, len(probabilities) - 1)


def _rank(rows: list[int]) -> int:
    """Return the rank over GF(2) of a matrix whose rows are numbers."""
    rank = 0
    left = rows
    while left:
        pivot, *left = left
        if pivot:
            rank += 1
            lowest = pivot & -pivot
            left = [row ^ pivot if row & lowest else row for row in left]
    return rank


def _shortest_register(block: list[int]) -> int:
    """Return the length of the shortest linear feedback shift register that makes a block: Berlekamp and Massey.

    A polynomial is a number, its constant term the lowest bit; so is the sequence so far, its last bit the lowest.
    """
    current = previous = 1
    seen = length = 0
    for n, bit in enumerate(block):
        seen = seen << 1 | bit
        previous <<= 1
        if (current & seen).bit_count() & 1:
            if 2 * length <= n:
                length = n + 1 - length
                current, previous = current ^ previous, current
            else:
                current ^= previous
    return length
