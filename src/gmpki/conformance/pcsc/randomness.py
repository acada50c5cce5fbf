"""Random numbers of a card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0005, GMT_0017
from gmpki.conformance.model import Clause, Kind, Severity, Words
from gmpki.conformance.registry import Group

if TYPE_CHECKING:
    from gmpki.conformance.pcsc.bench import PCSCBench

__all__ = ["GROUP"]

_RANDOM: Final = Clause(GMT_0017, "9", "C")
_LENGTHS: Final = (1, 7, 8, 16, 32, 128, 255)
_BLOCK_LEN: Final = 16
_BLOCKS: Final = 512
_RESETS: Final = 4

GROUP: Final = Group(Kind.PCSC, "randomness", "RND", Words("Random numbers", "随机数"))


@GROUP.check(
    1,
    "GenRandom gives as many bytes as are asked for, and others each time",
    "GenRandom 返回所请求的长度，且每次不同",
    clause=_RANDOM,
    functions=("GenRandom",),
    severity=Severity.RECOMMENDED,
)
def random_lengths(bench: PCSCBench) -> None:
    """Ask for 1 to 255 bytes twice."""
    for length in _LENGTHS:
        drawn = [bench.call("GenRandom", le=length) for _ in range(2)]
        found = len(drawn[0])
        bench.expect(found == length, f"of {length} bytes {found} come", f"请求 {length} 字节，返回 {found} 字节")
        bench.expect(length < _BLOCK_LEN or drawn[0] != drawn[1], "the same bytes came twice", "两次得到相同的随机数")


@GROUP.check(
    2,
    "No random number of 16 bytes comes twice",
    "16 字节的随机数不重复",
    clause=_RANDOM,
    functions=("GenRandom",),
    severity=Severity.RECOMMENDED,
    timeout_s=300.0,
)
def blocks_differ(bench: PCSCBench) -> None:
    """Ask for 16 bytes 512 times: a generator of few states repeats itself."""
    different = len({bench.call("GenRandom", le=_BLOCK_LEN) for _ in range(_BLOCKS)})
    bench.expect(
        different == _BLOCKS,
        f"of {_BLOCKS} outputs of 16 bytes only {different} differ",
        f"{_BLOCKS} 个 16 字节输出中只有 {different} 个互不相同",
    )


@GROUP.check(
    3,
    "Random numbers do not begin anew with a reset",
    "复位后随机数不重复",
    clause=_RANDOM,
    functions=("GenRandom",),
    severity=Severity.RECOMMENDED,
)
def resets(bench: PCSCBench) -> None:
    """Reset the card four times, and ask for 16 bytes after each: that is what challenges of PINs are made of."""
    outputs = []
    for _ in range(_RESETS):
        outputs.append(bench.call("GenRandom", le=_BLOCK_LEN))
        bench.reset()
    bench.expect(
        len(set(outputs)) == _RESETS,
        "the generator starts anew with each reset: the same random numbers came again",
        "每次复位后发生器重新开始：出现了相同的随机数",
    )


@GROUP.check(
    4,
    "Random numbers pass the tests of GM/T 0005",
    "随机数通过 GM/T 0005 检测",
    clause=Clause(GMT_0005, "6", "B"),
    functions=("GenRandom",),
    severity=Severity.RECOMMENDED,
    timeout_s=1800.0,
)
def random_quality(bench: PCSCBench) -> None:
    """Judge 20 samples of 20,000 bits, more on request, as the checks of SKF drivers do."""
    from gmpki.conformance.randomness import SHORT_BITS, examine
    from gmpki.conformance.randomness.values import load_numpy

    with bench.scene():
        load_numpy()
    found = examine(bench.device.random, SHORT_BITS, bench.options.random_samples)
    wrong = [report.item.title for report in found.wrong]
    bench.observe("rounds", len(found.rounds))
    bench.expect(
        found.is_random,
        "not random: " + ", ".join(title.en for title in wrong),
        "不满足随机性：" + "、".join(title.zh for title in wrong),
    )
