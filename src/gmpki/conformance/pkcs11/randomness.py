"""Checks of the token's random numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0005, PKCS11
from gmpki.conformance.model import Clause, Kind, Severity, Words
from gmpki.conformance.registry import Group

if TYPE_CHECKING:
    from gmpki.conformance.pkcs11.bench import P11Bench

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.PKCS11, "randomness", "RND", Words("Random numbers", "随机数"))

_PIECE_LEN: Final = 1024


@GROUP.check(
    1,
    "C_GenerateRandom writes what it was asked for, and other bytes each time",
    "C_GenerateRandom 恰好写入所请求的长度，且每次不同",
    clause=Clause(PKCS11, "5.15", "B"),
    functions=("C_GenerateRandom",),
)
def random_lengths(bench: P11Bench) -> None:
    """Ask for 16 to 1024 bytes four times: nothing beyond them is written, no byte stays, nothing comes twice."""
    session = bench.session()
    for length in (16, 17, 32, 255, 1024):
        drawn = []
        for fill in (0x00, 0xFF, 0x00, 0xFF):
            room = bench.buffer(length, fill)
            bench.demand("C_GenerateRandom", session.handle, room.pointer, length)
            bench.expect(not room.overrun, f"asked for {length} bytes it writes more", f"写入超过 {length} 字节")
            drawn.append(room.bytes())
        bench.expect(len(set(drawn)) == len(drawn), "the same bytes came twice", "两次得到相同的随机数")
        # By chance an end of eight bytes stays as it was four times once in 2^256.
        ends = [bytes_[-8:] == bytes([fill]) * 8 for bytes_, fill in zip(drawn, (0, 255, 0, 255), strict=True)]
        bench.expect(not all(ends), f"the end of {length} bytes is not written", f"{length} 字节的末尾未写入")


@GROUP.check(
    2,
    "Random numbers pass the tests of GM/T 0005",
    "随机数通过 GM/T 0005 检测",
    clause=Clause(GMT_0005, "6", "B"),
    functions=("C_GenerateRandom",),
    severity=Severity.RECOMMENDED,
    timeout_s=1800,
)
def random_quality(bench: P11Bench) -> None:
    """Judge 20 samples of 20,000 bits, more on request, as the checks of SKF drivers do."""
    from gmpki.conformance.randomness import SHORT_BITS, examine
    from gmpki.conformance.randomness.values import load_numpy

    with bench.scene():
        load_numpy()
    session = bench.session()

    def draw(length: int) -> bytes:
        return b"".join(session.random(min(_PIECE_LEN, length - at)) for at in range(0, length, _PIECE_LEN))

    found = examine(draw, SHORT_BITS, bench.options.random_samples)
    wrong = [report.item.title for report in found.wrong]
    bench.observe("rounds", len(found.rounds))
    bench.expect(
        found.is_random,
        "not random: " + ", ".join(title.en for title in wrong),
        "不满足随机性：" + "、".join(title.zh for title in wrong),
    )


@GROUP.check(
    3,
    "A seed is taken, or refused by name",
    "接受种子或以规定的代码拒绝",
    clause=Clause(PKCS11, "5.15", "B"),
    functions=("C_SeedRandom", "C_GenerateRandom"),
    severity=Severity.RECOMMENDED,
)
def seeds(bench: P11Bench) -> None:
    """Give the same seed twice: whatever it answers, what comes after is not the same."""
    session, seed = bench.session(), bytes(32)
    drawn = []
    for _ in range(2):
        bench.accepts(
            ("CKR_OK", "CKR_RANDOM_SEED_NOT_SUPPORTED", "CKR_RANDOM_NO_RNG", "CKR_FUNCTION_NOT_SUPPORTED"),
            "a seed of 32 bytes",
            "32 字节的种子",
            "C_SeedRandom",
            session.handle,
            bench.data(seed),
            len(seed),
        )
        drawn.append(session.random(32))
    bench.expect(
        drawn[0] != drawn[1],
        "the seed alone decides what comes: it replaces the token's own source",
        "随机数仅由种子决定：种子取代了令牌自身的熵源",
    )
