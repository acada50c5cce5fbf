"""What the incomplete gamma function and the normal distribution are in closed form, for the degrees that occur."""

from __future__ import annotations

import math

__all__ = ["normal_cdf", "upper_gamma"]


def upper_gamma(a: float, x: float) -> float:
    """Return Q(a, x) for a whole or half a: a finite sum of densities (DLMF 8.4.8 to 8.4.11 by recurrence)."""
    if not float(2 * a).is_integer():
        raise ValueError(f"{a} is no multiple of a half")
    whole = float(a).is_integer()
    start = 0.0 if whole else 0.5
    total = 0.0 if whole else math.erfc(math.sqrt(x))
    terms = (start + i for i in range(int(a)))
    if x == 0:
        return 1.0
    return total + math.fsum(math.exp(k * math.log(x) - x - math.lgamma(k + 1)) for k in terms)


def normal_cdf(x: float) -> float:
    """Return the normal distribution's share below x."""
    return math.erfc(-x / math.sqrt(2)) / 2
