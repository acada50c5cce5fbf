"""Tests that count patterns: ones, blocks, subsequences.

Each takes the bits of one sample and its parameters, in the standard's letters.

:standard: GM/T 0005-2021 5.1 to 5.4, 5.12 (confidence B: several public implementations and their examples agree)
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gmpki.conformance.randomness.values import Values, load_numpy

if TYPE_CHECKING:
    from gmpki.conformance.randomness.values import Bits

__all__ = ["approximate_entropy", "block_frequency", "monobit", "overlapping", "poker"]


def monobit(bits: Bits) -> Values:
    """Compare the number of ones with that of zeros (5.1)."""
    n = len(bits)
    return Values.of_normal((2 * int(bits.sum()) - n) / math.sqrt(n))


def block_frequency(bits: Bits, m: int) -> Values:
    """Compare the share of ones in blocks of m bits with a half (5.2)."""
    blocks = len(bits) // m
    ones = bits[: blocks * m].reshape(blocks, m).sum(axis=1)
    return Values.of_chi_square(4 * m * float(((ones / m - 0.5) ** 2).sum()), blocks)


def poker(bits: Bits, m: int) -> Values:
    """Count the 2^m values of consecutive subsequences of m bits (5.3)."""
    blocks = len(bits) // m
    counts = _counts(_values(bits[: blocks * m].reshape(blocks, m)), m)
    return Values.of_chi_square((1 << m) / blocks * float((counts**2).sum()) - blocks, (1 << m) - 1)


def overlapping(bits: Bits, m: int, which: int) -> Values:
    """Compare the counts of overlapping subsequences of m, m-1 and m-2 bits (5.4).

    :param which: 1 for the first difference of the statistics, 2 for the second.
    """
    psi, shorter, shortest = (_psi_square(bits, length) for length in (m, m - 1, m - 2))
    if which == 1:
        return Values.of_chi_square(psi - shorter, 1 << (m - 1))
    return Values.of_chi_square(psi - 2 * shorter + shortest, 1 << (m - 2))


def approximate_entropy(bits: Bits, m: int) -> Values:
    """Compare how often overlapping subsequences of m and of m+1 bits come (5.12)."""
    entropy = _mean_logarithm(bits, m) - _mean_logarithm(bits, m + 1)
    return Values.of_chi_square(2 * len(bits) * (math.log(2) - entropy), 1 << m)


def _psi_square(bits: Bits, m: int) -> float:
    if m == 0:
        return 0.0
    n = len(bits)
    return (1 << m) / n * float((_cyclic_counts(bits, m) ** 2).sum()) - n


def _mean_logarithm(bits: Bits, m: int) -> float:
    shares = _cyclic_counts(bits, m) / len(bits)
    present = shares[shares > 0]
    return float((present * load_numpy().log(present)).sum())


def _cyclic_counts(bits: Bits, m: int) -> Any:
    """Count the subsequences of m bits that begin at each bit, the first bits following the last."""
    numpy = load_numpy()
    n = len(bits)
    following = numpy.concatenate((bits, bits[: m - 1]))
    return _counts(_values(numpy.stack([following[i : i + n] for i in range(m)], axis=1)), m)


def _values(rows: Any) -> Any:
    """Return each row of bits as a number, the first bit the highest."""
    numpy = load_numpy()
    m = rows.shape[1]
    return rows.astype(numpy.int64) @ (1 << numpy.arange(m - 1, -1, -1, dtype=numpy.int64))


def _counts(values: Any, m: int) -> Any:
    numpy = load_numpy()
    return numpy.bincount(values, minlength=1 << m).astype(numpy.float64)
