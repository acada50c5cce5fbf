"""The tests of GM/T 0005 once more, in plain Python on text of 0 and 1, slowly and in the words of the standard.

Nothing here is shared with the package: counts come from slices of text, probabilities from their closed forms.
"""

from __future__ import annotations

import cmath
import math
from collections import Counter
from collections.abc import Sequence
from itertools import groupby, pairwise

from conformance.randomness.closed_forms import normal_cdf, upper_gamma

__all__ = [
    "approximate_entropy",
    "as_text",
    "autocorrelation",
    "binary_derivative",
    "block_frequency",
    "cumulative_sums",
    "fourier",
    "linear_complexity",
    "longest_run",
    "matrix_rank",
    "monobit",
    "overlapping",
    "poker",
    "register_len",
    "run_distribution",
    "runs_total",
    "universal",
]

Pair = tuple[float, float]


def as_text(sample: bytes) -> str:
    """Return the bits of a sample, the highest of each byte first."""
    return "".join(f"{octet:08b}" for octet in sample)


def _normal(statistic: float) -> Pair:
    return 2 * normal_cdf(-abs(statistic)), normal_cdf(-statistic)


def _chi_square(statistic: float, half_degrees: float) -> Pair:
    value = upper_gamma(half_degrees, statistic / 2)
    return value, value


def _fit(counts: Sequence[float], expected: Sequence[float]) -> float:
    return sum((count - wanted) ** 2 / wanted for count, wanted in zip(counts, expected, strict=True))


def monobit(bits: str) -> Pair:
    return _normal((bits.count("1") - bits.count("0")) / math.sqrt(len(bits)))


def block_frequency(bits: str, m: int) -> Pair:
    blocks = [bits[at : at + m] for at in range(0, len(bits) - m + 1, m)]
    return _chi_square(4 * m * sum((block.count("1") / m - 0.5) ** 2 for block in blocks), len(blocks) / 2)


def poker(bits: str, m: int) -> Pair:
    blocks = [bits[at : at + m] for at in range(0, len(bits) - m + 1, m)]
    squares = sum(count**2 for count in Counter(blocks).values())
    return _chi_square(2**m / len(blocks) * squares - len(blocks), (2**m - 1) / 2)


def _cyclic(bits: str, m: int) -> Counter[str]:
    longer = bits + bits[: m - 1] if m > 1 else bits
    return Counter(longer[at : at + m] for at in range(len(bits)))


def overlapping(bits: str, m: int, which: int) -> Pair:
    def psi(length: int) -> float:
        if length <= 0:
            return 0.0
        return 2**length / len(bits) * sum(count**2 for count in _cyclic(bits, length).values()) - len(bits)

    if which == 1:
        return _chi_square(psi(m) - psi(m - 1), 2 ** (m - 2))
    return _chi_square(psi(m) - 2 * psi(m - 1) + psi(m - 2), 2 ** (m - 3))


def runs_total(bits: str) -> Pair:
    n, share = len(bits), bits.count("1") / len(bits)
    runs = sum(1 for _ in groupby(bits))
    return _normal((runs - 2 * n * share * (1 - share)) / (2 * math.sqrt(n) * share * (1 - share)))


def run_distribution(bits: str) -> Pair:
    n = len(bits)
    k = max(i for i in range(1, 64) if (n - i + 3) / 2 ** (i + 2) >= 5)
    lengths = [(value, min(len(list(run)), k)) for value, run in groupby(bits)]
    total, counts = len(lengths), Counter(lengths)
    expected = [total / 2 ** (i + 1) for i in range(1, k)] + [total / 2**k]
    statistic = sum(_fit([counts[value, i] for i in range(1, k + 1)], expected) for value in "01")
    return _chi_square(statistic, k - 1)


def longest_run(bits: str, value: int) -> Pair:
    if len(bits) >= 750_000:
        m, classes, shares = 10_000, range(10, 17), (0.0882, 0.2092, 0.2483, 0.1933, 0.1208, 0.0675, 0.0727)
    elif len(bits) >= 6272:
        m, classes, shares = 128, range(4, 10), (0.1174, 0.2430, 0.2493, 0.1752, 0.1027, 0.1124)
    else:
        m, classes, shares = 8, range(1, 5), (0.2148, 0.3672, 0.2305, 0.1875)
    blocks = [bits[at : at + m] for at in range(0, len(bits) - m + 1, m)]
    longest = [max(map(len, block.split(str(1 - value)))) for block in blocks]
    found = Counter(min(max(length, classes[0]), classes[-1]) for length in longest)
    statistic = _fit([found[length] for length in classes], [len(blocks) * share for share in shares])
    return _chi_square(statistic, (len(shares) - 1) / 2)


def binary_derivative(bits: str, k: int) -> Pair:
    for _ in range(k):
        bits = "".join("01"[left != right] for left, right in pairwise(bits))
    return monobit(bits)


def autocorrelation(bits: str, d: int) -> Pair:
    different = sum(left != right for left, right in zip(bits, bits[d:], strict=False))
    n = len(bits) - d
    return _normal(2 * (different - n / 2) / math.sqrt(n))


def cumulative_sums(bits: str, *, backward: bool) -> Pair:
    at = farthest = 0
    for bit in reversed(bits) if backward else bits:
        at += 1 if bit == "1" else -1
        farthest = max(farthest, abs(at))
    n, z = len(bits), farthest
    root = math.sqrt(n)
    value = 1.0
    for i in range(math.floor((-n / z + 1) / 4), math.floor((n / z - 1) / 4) + 1):
        value -= normal_cdf((4 * i + 1) * z / root) - normal_cdf((4 * i - 1) * z / root)
    for i in range(math.floor((-n / z - 3) / 4), math.floor((n / z - 1) / 4) + 1):
        value += normal_cdf((4 * i + 3) * z / root) - normal_cdf((4 * i + 1) * z / root)
    return float(value), float(value)


def approximate_entropy(bits: str, m: int) -> Pair:
    def phi(length: int) -> float:
        shares = [count / len(bits) for count in _cyclic(bits, length).values()]
        return sum(share * math.log(share) for share in shares)

    return _chi_square(2 * len(bits) * (math.log(2) - (phi(m) - phi(m + 1))), 2 ** (m - 1))


def _rank(rows: list[list[int]]) -> int:
    rank = 0
    for column in range(len(rows[0])):
        pivot = next((i for i in range(rank, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for i in range(len(rows)):
            if i != rank and rows[i][column]:
                rows[i] = [left ^ right for left, right in zip(rows[i], rows[rank], strict=True)]
        rank += 1
    return rank


def matrix_rank(bits: str) -> Pair:
    ranks = Counter(
        _rank([[int(bit) for bit in bits[start + 32 * i : start + 32 * i + 32]] for i in range(32)])
        for start in range(0, len(bits) - 1023, 1024)
    )
    total = sum(ranks.values())
    counts = [ranks[32], ranks[31], total - ranks[32] - ranks[31]]
    return _chi_square(_fit(counts, [total * share for share in (0.2888, 0.5776, 0.1336)]), 1)


def register_len(bits: str) -> int:
    """Return the linear complexity: the least L for which the recurrences of length L have a solution."""
    values = [int(bit) for bit in bits]
    n = len(values)
    for length in range(n):
        # values[i] = sum of c_j * values[i - j] for all i >= length: solvable when the last column adds no rank.
        rows = [values[i - length : i] for i in range(length, n)]
        wanted = values[length:]
        if not any(wanted):
            return length
        if length and _rank([*map(list, rows)]) == _rank([[*row, w] for row, w in zip(rows, wanted, strict=True)]):
            return length
    return n


def linear_complexity(bits: str, m: int) -> Pair:
    blocks = [bits[at : at + m] for at in range(0, len(bits) - m + 1, m)]
    sign = (-1) ** m
    mean = m / 2 + (9 + (-1) ** (m + 1)) / 36 - (m / 3 + 2 / 9) / 2**m
    counts = [0] * 7
    for block in blocks:
        strayed = sign * (register_len(block) - mean) + 2 / 9
        counts[sum(strayed > edge for edge in (-2.5, -1.5, -0.5, 0.5, 1.5, 2.5))] += 1
    shares = (0.010417, 0.03125, 0.125, 0.5, 0.25, 0.0625, 0.020833)
    return _chi_square(_fit(counts, [len(blocks) * share for share in shares]), 3)


def universal(bits: str) -> Pair:
    blocks = [bits[at : at + 7] for at in range(0, len(bits) - 6, 7)]
    last: dict[str, int] = {}
    total = 0.0
    for i, block in enumerate(blocks, 1):
        if i > 1280:
            total += math.log2(i - last.get(block, 0))
        last[block] = i
    k = len(blocks) - 1280
    deviation = (0.7 - 0.8 / 7 + (4 + 32 / 7) * k ** (-3 / 7) / 15) * math.sqrt(3.125 / k)
    return _normal((total / k - 6.1962507) / deviation)


def fourier(bits: str) -> Pair:
    n = len(bits)
    roots = [cmath.exp(-2j * cmath.pi * i / n) for i in range(n)]
    values = [1 if bit == "1" else -1 for bit in bits]
    bound = math.sqrt(2.995732274 * n)
    below = sum(abs(sum(value * roots[i * j % n] for i, value in enumerate(values))) < bound for j in range(n // 2))
    return _normal((below - 0.95 * n / 2) / math.sqrt(0.95 * 0.05 * n / 3.8))
