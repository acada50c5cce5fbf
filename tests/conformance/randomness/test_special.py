"""The functions of probability agree with their closed forms and with printed tables."""

from __future__ import annotations

import math

import pytest

from conformance.randomness.closed_forms import upper_gamma
from gmpki.conformance.randomness.special import igamc, normal_cdf
from gmpki.errors import InvalidInputError

HALVES = [0.5, 1, 1.5, 2, 4.5, 8, 10, 16, 50, 127.5, 1000]


@pytest.mark.parametrize("a", HALVES)
def test_igamc(a: float) -> None:
    for part in (1e-6, 0.01, 0.3, 0.8, 0.99, 1.0, 1.01, 1.3, 2.0, 5.0):
        assert igamc(a, a * part) == pytest.approx(upper_gamma(a, a * part), rel=1e-9, abs=1e-13)


@pytest.mark.parametrize("a", HALVES)
def test_igamc_at_the_seam(a: float) -> None:
    """The series and the fraction meet at x = a + 1."""
    below, above = igamc(a, a + 1 - 1e-9), igamc(a, a + 1 + 1e-9)
    assert below == pytest.approx(above, rel=1e-8)


def test_igamc_at_its_ends() -> None:
    assert igamc(2.5, 0) == 1
    assert igamc(2.5, math.inf) == 0
    assert igamc(2.5, 1e6) == 0


@pytest.mark.parametrize(
    ("a", "x"), [(0, 1), (-1, 1), (math.inf, 1), (math.nan, 1), (1, -1e-9), (1, math.nan)], ids=str
)
def test_igamc_outside(a: float, x: float) -> None:
    with pytest.raises(InvalidInputError):
        igamc(a, x)


# Tables of the normal distribution have these to fewer places; the places are those of a double.
NORMAL = {
    -40.0: 0.0,
    -8.0: 6.220960574271785e-16,
    -1.96: 0.024997895148220435,
    0.0: 0.5,
    0.5: 0.6914624612740131,
    3.0: 0.9986501019683699,
    40.0: 1.0,
}


@pytest.mark.parametrize("x", NORMAL)
def test_normal_cdf(x: float) -> None:
    assert normal_cdf(x) == pytest.approx(NORMAL[x], rel=1e-11, abs=0)
