"""Statistical tests of random numbers: the fifteen of GM/T 0005-2021, and the verdict over many samples.

The names below are loaded when they are first used.

>>> import random
>>> from gmpki.conformance.randomness import SHORT_BITS, judge
>>> source = random.Random(2021)
>>> judge(source.randbytes(SHORT_BITS // 8) for _ in range(20)).is_random
True
>>> [short.item.name for short in judge([bytes(range(250)) * 10] * 20).short][:3]
['monobit', 'block-frequency-1000', 'poker-4']

What passes these tests need not be unpredictable; what falls short of them is not random.

:standard: GM/T 0005-2021 (its text is known from public implementations and the examples of annex C: confidence B)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._lazy import lazy_names

if TYPE_CHECKING:
    from gmpki.conformance.randomness.items import (
        LONG_BITS,
        SHORT_BITS,
        Item,
        item_named,
        items_for,
        output_values,
        sample_values,
    )
    from gmpki.conformance.randomness.judging import (
        ALPHA_UNIFORM,
        Examination,
        ItemReport,
        RandomnessReport,
        examine,
        judge,
        needed_passes,
        uniformity,
    )
    from gmpki.conformance.randomness.values import ALPHA, Values

__all__ = [
    "ALPHA",
    "ALPHA_UNIFORM",
    "LONG_BITS",
    "SHORT_BITS",
    "Examination",
    "Item",
    "ItemReport",
    "RandomnessReport",
    "Values",
    "examine",
    "item_named",
    "items_for",
    "judge",
    "needed_passes",
    "output_values",
    "sample_values",
    "uniformity",
]

# Which module each name comes from.
_HOMES = {
    "items": ("LONG_BITS", "SHORT_BITS", "Item", "item_named", "items_for", "output_values", "sample_values"),
    "values": ("ALPHA", "Values"),
}
_ELSEWHERE = {name: f"{__name__}.{module}" for module, names in _HOMES.items() for name in names}

__getattr__, __dir__ = lazy_names(__name__, {name: _ELSEWHERE.get(name, f"{__name__}.judging") for name in __all__})
