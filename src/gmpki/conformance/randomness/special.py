"""The two functions that turn a statistic into a probability.

>>> from gmpki.conformance.randomness.special import igamc, normal_cdf
>>> round(igamc(1.5, 0.5), 6), round(normal_cdf(1.96), 4)
(0.801252, 0.975)
"""

from __future__ import annotations

import math
from typing import Final

from gmpki.errors import InvalidInputError

__all__ = ["igamc", "normal_cdf"]

_EPSILON: Final = 1e-16
_TINY: Final = 1e-300
# Both expansions need a few times the root of their larger argument; the arguments here stay below some thousands.
_MAX_TERMS: Final = 100_000


def igamc(a: float, x: float) -> float:
    """Return the regularised upper incomplete gamma function Q(a, x), 0 to 1.

    With ``a`` half the degrees of freedom and ``x`` half of a chi-square statistic it is the probability that a good
    generator gives so much or more.

    :param a: above 0.
    :param x: 0 or more; infinity gives 0.
    :raises InvalidInputError: when an argument is outside.
    :standard: GM/T 0005-2021 annex B; the expansions are those of Abramowitz and Stegun 6.5.29 and 6.5.31
    """
    if not 0 < a < math.inf or not x >= 0:
        raise InvalidInputError("igamc needs a > 0 and x >= 0")
    if x == 0:
        return 1.0
    if x == math.inf:
        return 0.0
    scale = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        return max(0.0, 1.0 - scale * _lower_series(a, x))
    return scale * _upper_fraction(a, x)


def normal_cdf(x: float) -> float:
    """Return the probability that a standard normal variable is at most ``x``."""
    return math.erfc(-x / math.sqrt(2)) / 2


def _lower_series(a: float, x: float) -> float:
    """Return the sum of x^k / (a (a+1) .. (a+k)), which converges fast for x < a + 1."""
    term = total = 1.0 / a
    for k in range(1, _MAX_TERMS):
        term *= x / (a + k)
        total += term
        if term < total * _EPSILON:
            break
    return total


def _upper_fraction(a: float, x: float) -> float:
    """Return the continued fraction of Q(a, x) for x >= a + 1, by Lentz's method."""
    b = x + 1.0 - a
    c = 1.0 / _TINY
    d = 1.0 / b
    value = d
    for k in range(1, _MAX_TERMS):
        numerator = -k * (k - a)
        b += 2.0
        d = 1.0 / _not_zero(numerator * d + b)
        c = _not_zero(b + numerator / c)
        change = c * d
        value *= change
        if abs(change - 1.0) < _EPSILON * 10:
            break
    return value


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
