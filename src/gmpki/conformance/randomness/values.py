"""What a test says of one sample, and the sample as bits.

>>> from gmpki.conformance.randomness.values import Values
>>> values = Values.of_normal(-1.2374)
>>> round(values.p_value, 4), round(values.q_value, 4), values.is_passed
(0.2159, 0.892, True)
"""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gmpki.conformance.randomness.special import igamc
from gmpki.errors import UnsupportedPlatform

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Bits = NDArray[numpy.uint8]

__all__ = ["ALPHA", "Values", "as_bits", "load_numpy"]

ALPHA: Final = 0.01
"""How many of the samples of a good generator a test refuses (GM/T 0005-2021 clause 6; confidence B)."""


@dataclass(frozen=True, slots=True)
class Values:
    """The probabilities that a test comes to for one sample. Immutable.

    :ivar p_value: of a good generator giving a sample as extreme as this one; the sample passes with 0.01 or more.
    :ivar q_value: the same, with the side on which it is extreme where there are two; those of many samples are spread
        evenly over 0 to 1.
    """

    p_value: float
    q_value: float

    @property
    def is_passed(self) -> bool:
        """Whether the sample passes the test."""
        return self.p_value >= ALPHA

    @classmethod
    def of_normal(cls, statistic: float) -> Values:
        """Return those of a statistic that is normal, with mean 0 and deviation 1."""
        scaled = statistic / math.sqrt(2)
        return cls(math.erfc(abs(scaled)), math.erfc(scaled) / 2)

    @classmethod
    def of_chi_square(cls, statistic: float, degrees: int) -> Values:
        """Return those of a statistic that is chi-square, of so many degrees of freedom."""
        # Differences of sums of squares may come out below zero, by the rounding of doubles alone.
        value = igamc(degrees / 2, max(statistic, 0.0) / 2)
        return cls(value, value)

    @classmethod
    def of_probability(cls, value: float) -> Values:
        """Return those of a statistic with a distribution of its own."""
        kept = min(max(value, 0.0), 1.0)
        return cls(kept, kept)


def load_numpy() -> Any:
    """Return numpy.

    :raises UnsupportedPlatform: when it is not installed.
    """
    try:
        return importlib.import_module("numpy")
    except ImportError:
        raise UnsupportedPlatform("statistical tests need numpy: pip install 'gmpki[conformance]'") from None


def as_bits(sample: bytes) -> Bits:
    """Return the bits of a sample, one to an element, the first the highest of the first byte.

    :raises UnsupportedPlatform: when numpy is not installed.
    """
    numpy_ = load_numpy()
    bits: Bits = numpy_.unpackbits(numpy_.frombuffer(sample, dtype=numpy_.uint8))
    return bits
