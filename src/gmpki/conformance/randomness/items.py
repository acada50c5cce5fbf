"""Which tests a sample goes through: the fifteen of the standard, with their parameters for each sample length.

A test with several parameters, directions or statistics is several items, each judged by itself.

>>> from gmpki.conformance.randomness.items import items_for
>>> len(items_for(20_000)), len({item.test for item in items_for(20_000)})
(22, 12)
>>> len({item.test for item in items_for(1_000_000)})
15
>>> items_for(20_000)[0].title.zh
'单比特频数检测'

:standard: GM/T 0005-2021 annex A (confidence B: three public implementations agree on 20,000 bits, two on 1,000,000,
    but for the shift of 1 of the autocorrelation, which one has)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, member
from gmpki.conformance.model import Clause, Words
from gmpki.conformance.randomness import patterns, runs, structure
from gmpki.conformance.randomness.values import as_bits
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer

    from gmpki.conformance.randomness.values import Bits, Values

__all__ = ["LONG_BITS", "SHORT_BITS", "Item", "item_named", "items_for", "output_values", "sample_values"]

SHORT_BITS: Final = 20_000
"""The length of a short sample, in bits: 12 tests apply to it."""
LONG_BITS: Final = 1_000_000
"""The length of a long sample, in bits: all 15 tests apply to it."""

_STANDARD: Final = "GM/T 0005-2021"
_MAX_OUTPUT_LEN: Final = 1 << 20
# Each value of a subsequence has to be expected so often for the poker test to say something.
_LEAST_EXPECTED: Final = 5


@dataclass(frozen=True, slots=True)
class Item:
    """One test with its parameters. Immutable.

    :ivar name: such as "poker-4".
    :ivar test: the test's own name, such as "poker".
    :ivar clause: where the standard has it.
    """

    name: str
    test: str
    title: Words
    clause: Clause
    statistic: Callable[[Bits], Values] = field(repr=False, compare=False)


# Name, clause, and what it is called.
_TESTS: Final = {
    "monobit": ("5.1", "monobit frequency", "单比特频数检测"),
    "block-frequency": ("5.2", "frequency within a block", "块内频数检测"),
    "poker": ("5.3", "poker", "扑克检测"),
    "overlapping": ("5.4", "overlapping subsequences", "重叠子序列检测"),
    "runs": ("5.5", "number of runs", "游程总数检测"),
    "run-distribution": ("5.6", "distribution of runs", "游程分布检测"),
    "longest-run": ("5.7", "longest run in a block", "块内最大游程检测"),
    "derivative": ("5.8", "binary derivative", "二元推导检测"),
    "autocorrelation": ("5.9", "autocorrelation", "自相关检测"),
    "matrix-rank": ("5.10", "matrix rank", "矩阵秩检测"),
    "cumulative-sums": ("5.11", "cumulative sums", "累加和检测"),
    "approximate-entropy": ("5.12", "approximate entropy", "近似熵检测"),
    "linear-complexity": ("5.13", "linear complexity", "线性复杂度检测"),
    "universal": ("5.14", "Maurer's universal statistic", "Maurer 通用统计检测"),
    "fourier": ("5.15", "discrete Fourier transform", "离散傅里叶检测"),
}


def _item(test: str, statistic: Callable[[Bits], Values], parameter: str = "", en: str = "", zh: str = "") -> Item:
    number, title, title_zh = _TESTS[test]
    return Item(
        name=f"{test}-{parameter}" if parameter else test,
        test=test,
        title=Words(f"{title} ({en})" if en else title, f"{title_zh}({zh or en})" if en else title_zh),
        clause=Clause(_STANDARD, number, "B"),
        statistic=statistic,
    )


def _common(block_len: int, shifts: tuple[int, ...]) -> tuple[Item, ...]:
    """Return the items that both lengths have, in the standard's order."""
    return (
        _item("monobit", patterns.monobit),
        _item("block-frequency", partial(patterns.block_frequency, m=block_len), str(block_len), f"m={block_len}"),
        *(_item("poker", partial(patterns.poker, m=m), str(m), f"m={m}") for m in (4, 8)),
        *(
            _item("overlapping", partial(patterns.overlapping, m=m, which=which), f"{m}-{which}", f"m={m}, P{which}")
            for m in (3, 5)
            for which in (1, 2)
        ),
        _item("runs", runs.runs_total),
        _item("run-distribution", runs.run_distribution),
        _item("longest-run", partial(runs.longest_run, value=1), "ones", "ones", "1"),
        _item("longest-run", partial(runs.longest_run, value=0), "zeros", "zeros", "0"),
        *(_item("derivative", partial(runs.binary_derivative, k=k), str(k), f"k={k}") for k in (3, 7)),
        *(_item("autocorrelation", partial(runs.autocorrelation, d=d), str(d), f"d={d}") for d in shifts),
        _item("cumulative-sums", partial(runs.cumulative_sums, backward=False), "forward", "forward", "前向"),
        _item("cumulative-sums", partial(runs.cumulative_sums, backward=True), "backward", "backward", "后向"),
        *(_item("approximate-entropy", partial(patterns.approximate_entropy, m=m), str(m), f"m={m}") for m in (2, 5)),
        _item("fourier", structure.fourier),
    )


_SHORT: Final = _common(1000, (2, 8, 16))
_LONG: Final = (
    *_common(10_000, (1, 2, 8, 16)),
    _item("matrix-rank", structure.matrix_rank),
    *(_item("linear-complexity", partial(structure.linear_complexity, m=m), str(m), f"m={m}") for m in (500, 1000)),
    _item("universal", structure.universal),
)
_ITEMS: Final = {SHORT_BITS: _SHORT, LONG_BITS: _LONG}


def items_for(bits: int) -> tuple[Item, ...]:
    """Return the items for samples of a length.

    :param bits: 20,000 or 1,000,000.
    :raises InvalidInputError: for another length.
    """
    found = _ITEMS.get(bits)
    if found is None:
        raise InvalidInputError(f"samples have {SHORT_BITS} or {LONG_BITS} bits")
    return found


def item_named(bits: int, name: str) -> Item:
    """Return one item for samples of a length.

    :param bits: 20,000 or 1,000,000; name: such as "poker-4".
    :raises InvalidInputError: for another length, or when there is none of this name.
    """
    for item in items_for(bits):
        if item.name == name:
            return item
    raise InvalidInputError(f"no test of {bits} bits has this name; one is {items_for(bits)[0].name!r}")


def sample_values(sample: Buffer, item: Item) -> Values:
    """Return what one test says of one sample.

    :param sample: 2500 or 125,000 bytes.
    :raises InvalidTypeError: when sample has no buffer, or item is none.
    :raises InvalidInputError: for a sample of another length.
    :raises UnsupportedPlatform: when numpy is not installed.
    """
    member(item, Item, "item")
    kept = as_bytes(sample, "sample")
    items_for(len(kept) * 8)
    return item.statistic(as_bits(kept))


def output_values(output: Buffer) -> Values:
    """Return what the poker test says of one output, as products test what they are about to use.

    Its parameter m is the longest of 2, 4 and 8 bits for which the output has 5 * 2^m subsequences.

    :param output: 5 bytes to 1 MiB.
    :raises InvalidTypeError: when output has no buffer.
    :raises InvalidInputError: for another length.
    :raises UnsupportedPlatform: when numpy is not installed.
    :standard: GM/T 0062-2018 (confidence B), GM/T 0005-2021 5.3
    """
    kept = as_bytes(output, "output")
    fitting = [m for m in (8, 4, 2) if len(kept) * 8 // m >= _LEAST_EXPECTED << m]
    if not fitting or len(kept) > _MAX_OUTPUT_LEN:
        raise InvalidInputError(f"an output has 5 to {_MAX_OUTPUT_LEN} bytes, not {len(kept)}")
    return patterns.poker(as_bits(kept), fitting[0])
