"""Judge a generator by its samples, and once more where chance may have spoken.

A test refuses one sample in a hundred of a good generator, and 20 samples allow one: it falls short by chance in 1.7 of
100 rounds, and of all the items some does in every fifth. So what falls short is repeated with fresh samples, and
counts only when it falls short each time.

:standard: GM/T 0005-2021 clause 6 (confidence B); GM/T 0062-2018 lets a product repeat what it did not pass (B)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, function, iterated, member, number
from gmpki.conformance.randomness.items import Item, items_for
from gmpki.conformance.randomness.special import igamc
from gmpki.conformance.randomness.values import ALPHA, as_bits
from gmpki.errors import InvalidInputError, InvalidTypeError, LimitExceeded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from typing_extensions import Buffer

    from gmpki.conformance.randomness.values import Values

__all__ = [
    "ALPHA_UNIFORM",
    "MAX_SAMPLES",
    "ROUNDS",
    "Examination",
    "ItemReport",
    "RandomnessReport",
    "examine",
    "judge",
    "needed_passes",
    "uniformity",
]

ALPHA_UNIFORM: Final = 0.0001
"""The least probability that the spread of the Q values may have (confidence B)."""
MAX_SAMPLES: Final = 10_000
"""How many samples are judged together at most."""
ROUNDS: Final = 4
"""How often an item has to fall short, with fresh samples each time, to be found wrong."""

_BINS: Final = 10


@dataclass(frozen=True, slots=True)
class ItemReport:
    """What one item says of all samples. Immutable.

    :ivar passed: how many samples passed; needed: how many have to.
    :ivar uniformity: the probability that Q values of a good generator are spread as unevenly as these.
    """

    item: Item
    passed: int
    needed: int
    uniformity: float

    @property
    def is_random(self) -> bool:
        """Whether enough samples passed and their values are spread evenly enough."""
        return self.passed >= self.needed and self.uniformity >= ALPHA_UNIFORM


@dataclass(frozen=True, slots=True)
class RandomnessReport:
    """What all items say of all samples. Immutable.

    :ivar bits: the length of a sample; samples: how many there were.
    """

    bits: int
    samples: int
    items: tuple[ItemReport, ...]

    @property
    def short(self) -> tuple[ItemReport, ...]:
        """The items that fall short."""
        return tuple(report for report in self.items if not report.is_random)

    @property
    def is_random(self) -> bool:
        """Whether no item falls short."""
        return not self.short


@dataclass(frozen=True, slots=True)
class Examination:
    """What came of a generator in one round or more. Immutable.

    :ivar rounds: the first has all items, each further one those that fell short in the one before.
    """

    rounds: tuple[RandomnessReport, ...]

    @property
    def wrong(self) -> tuple[ItemReport, ...]:
        """The items that fell short in every round."""
        return self.rounds[-1].short

    @property
    def is_random(self) -> bool:
        """Whether no item fell short in every round."""
        return not self.wrong


def needed_passes(samples: int) -> int:
    """Return how many of so many samples have to pass.

    >>> needed_passes(20), needed_passes(1000)
    (19, 981)

    :param samples: 1 to 10,000.
    :raises InvalidTypeError: when it is no number.
    :raises InvalidInputError: when it is outside.
    """
    number(samples, 1, MAX_SAMPLES, "samples")
    return math.ceil(samples * (1 - ALPHA - 3 * math.sqrt(ALPHA * (1 - ALPHA) / samples)))


def uniformity(q_values: Iterable[float]) -> float:
    """Return the probability that Q values of a good generator are spread over 0 to 1 as unevenly as these.

    :raises InvalidTypeError: when they are no sequence.
    :raises InvalidInputError: when there is none, or one is outside 0 to 1.
    """
    kept = iterated(q_values, "q_values")
    if not kept or not all(0 <= value <= 1 for value in kept):
        raise InvalidInputError("Q values are from 0 to 1, and there is at least one")
    counts = [0] * _BINS
    for value in kept:
        counts[min(int(value * _BINS), _BINS - 1)] += 1
    expected = len(kept) / _BINS
    return igamc((_BINS - 1) / 2, sum((count - expected) ** 2 / expected for count in counts) / 2)


def judge(samples: Iterable[Buffer], items: Iterable[Item] | None = None) -> RandomnessReport:
    """Judge samples by the standard's rule.

    :param samples: 1 to 10,000, all of 2500 or all of 125,000 bytes; taken one after the other.
    :param items: all for this length without it.
    :raises InvalidTypeError: when samples or items are no sequence, a sample has no buffer, or an item is none.
    :raises InvalidInputError: when there is no sample, a length is another, or there is no item.
    :raises LimitExceeded: for more samples.
    :raises UnsupportedPlatform: when numpy is not installed.
    """
    try:
        source = iter(samples)
    except TypeError:
        raise InvalidTypeError(f"samples must be a sequence, not {type(samples).__name__}") from None
    first = next(source, None)
    if first is None:
        raise InvalidInputError("there is no sample")
    bits = len(as_bytes(first, "a sample")) * 8
    chosen = items_for(bits) if items is None else iterated(items, "items")
    if not chosen:
        raise InvalidInputError("there is no item to judge by")
    for item in chosen:
        member(item, Item, "an item")
    return _judged(chain((first,), source), bits, chosen)


def _judged(samples: Iterable[Buffer], bits: int, items: tuple[Item, ...]) -> RandomnessReport:
    values: list[list[Values]] = [[] for _ in items]
    count = 0
    for sample in samples:
        count += 1
        if count > MAX_SAMPLES:
            raise LimitExceeded(f"more than {MAX_SAMPLES} samples")
        data = as_bytes(sample, "a sample")
        if len(data) * 8 != bits:
            raise InvalidInputError(f"a sample has {len(data)} bytes instead of {bits // 8}")
        unpacked = as_bits(data)
        for item, found in zip(items, values, strict=True):
            found.append(item.statistic(unpacked))
    needed = needed_passes(count)
    return RandomnessReport(
        bits=bits,
        samples=count,
        items=tuple(
            ItemReport(
                item=item,
                passed=sum(value.is_passed for value in found),
                needed=needed,
                uniformity=uniformity(value.q_value for value in found),
            )
            for item, found in zip(items, values, strict=True)
        ),
    )


def examine(read: Callable[[int], Buffer], bits: int, samples: int) -> Examination:
    """Judge a generator, and repeat what falls short with fresh samples, three times at most.

    A good generator is found wrong in fewer than 1 of 10,000 examinations, as long as there are 20 samples or more.

    :param read: called with a length in bytes, returns so many from the generator.
    :param bits: of a sample, 20,000 or 1,000,000.
    :param samples: in each round, 1 to 10,000.
    :raises InvalidTypeError: when read cannot be called, samples is no number, or read returns no bytes.
    :raises InvalidInputError: for another length or number of samples, or when read returns another length.
    :raises UnsupportedPlatform: when numpy is not installed.
    :raises GmpkiError: what read raises.
    """
    function(read, "read")
    number(samples, 1, MAX_SAMPLES, "samples")
    items = items_for(bits)
    rounds: list[RandomnessReport] = []
    while items and len(rounds) < ROUNDS:
        report = _judged((read(bits // 8) for _ in range(samples)), bits, items)
        rounds.append(report)
        items = tuple(short.item for short in report.short)
    return Examination(tuple(rounds))
