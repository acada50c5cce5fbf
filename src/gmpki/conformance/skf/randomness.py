"""Random numbers: whether they fill what was asked for, come only once, and pass the tests of GM/T 0005."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0005, GMT_0016, GMT_0062
from gmpki.conformance.model import Clause, Kind, Severity, Words
from gmpki.conformance.randomness import LONG_BITS, SHORT_BITS, examine, output_values
from gmpki.conformance.randomness.values import load_numpy
from gmpki.conformance.registry import Group

if TYPE_CHECKING:
    from gmpki.conformance.randomness import Examination
    from gmpki.conformance.skf.bench import SKFBench
    from gmpki.tokens.skf.structures import DeviceHandle

__all__ = ["GROUP", "first_output"]

GROUP: Final = Group(Kind.SKF, "randomness", "RND", Words("Random numbers", "随机数"))

_GEN_RANDOM: Final = Clause(GMT_0016, "7.6.2")
# It says that the numbers are random; that they are then not known before and never come again is drawn from it.
_RANDOM: Final = Clause(GMT_0016, "7.6.2", "B")
_SAMPLES: Final = Clause(GMT_0005, "6", "B")
_SINGLE: Final = Clause(GMT_0062, "", "B")

# Many tokens take no more than this in one call.
_PIECE_LEN: Final = 1024
_LENGTHS: Final = (1, 2, 7, 8, 15, 16, 17, 31, 32, 33, 64, 128, 255, 256, 512, 1000, 1024)
_LONG_LENGTHS: Final = (2048, 4096, 16_384, 65_536)
_BLOCK_LEN: Final = 16
# An octet that never changes although it was written each time is a matter of 1 in 2^64.
_TRIES: Final = 4
_BLOCKS: Final = 1024
_OUTPUTS: Final = 256
# Six deviations of the number of ones among 256 bits: 1 in 500 million for each bit, 128 bits.
_FEWEST_ONES: Final = 80
# A good output is refused by the poker test once in 100: so often in a row once in 100 million.
_POKER_ROUNDS: Final = 4


@GROUP.check(
    1,
    "SKF_GenRandom fills exactly the length that was asked for",
    "SKF_GenRandom 恰好填满所要求的长度",
    clause=_GEN_RANDOM,
    functions=("SKF_GenRandom",),
)
def fills_length(bench: SKFBench) -> None:
    """Ask for 1 to 1024 bytes into memory filled with 00 and with FF: no byte keeps both, none outside changes."""
    for length in _LENGTHS:
        kept = [True] * length
        for fill in (0x00, 0xFF) * _TRIES:
            memory = bench.buffer(length, fill)
            bench.demand("SKF_GenRandom", bench.raw(bench.device), memory.pointer, length)
            bench.expect(
                not memory.overrun,
                f"asked for {length} bytes, the driver wrote outside them",
                f"要求 {length} 字节，驱动却写到了缓冲区之外",
            )
            kept = [still and octet == fill for still, octet in zip(kept, memory.bytes(), strict=True)]
        if any(kept):
            count, first = sum(kept), kept.index(True)
            bench.fail(
                f"asked for {length} bytes, {count} were left unwritten, the first at offset {first}",
                f"要求 {length} 字节，有 {count} 字节未被写入，首个位于偏移 {first}",
            )


@GROUP.check(
    2,
    "Two calls in a row give different random numbers",
    "连续两次调用得到不同的随机数",
    clause=_RANDOM,
    functions=("SKF_GenRandom",),
)
def calls_differ(bench: SKFBench) -> None:
    """Ask for 32 bytes eight times, by turns over two connections: no output comes twice."""
    devices = (bench.device, bench.connect())
    outputs = [bench.skf.gen_random(devices[i % 2], 32) for i in range(8)]
    bench.expect(len(set(outputs)) == len(outputs), "an output of 32 bytes came twice", "32 字节的输出重复出现")


@GROUP.check(
    3,
    "Random numbers do not repeat after the device is connected anew",
    "重新连接设备后随机数不重复",
    clause=_RANDOM,
    functions=("SKF_GenRandom", "SKF_ConnectDev", "SKF_DisConnectDev"),
)
def reconnecting(bench: SKFBench) -> None:
    """Connect, ask for 32 bytes and disconnect, five times: all outputs differ."""
    outputs = []
    for _ in range(5):
        device = bench.connect()
        outputs.append(bench.skf.gen_random(device, 32))
        bench.skf.disconnect_dev(device)
    bench.expect(
        len(set(outputs)) == len(outputs),
        "the generator starts anew with each connection: the same random numbers came again",
        "每次连接后发生器重新开始：出现了相同的随机数",
    )


@GROUP.check(
    4,
    "Processes are given different random numbers",
    "不同进程得到不同的随机数",
    clause=_RANDOM,
    severity=Severity.RECOMMENDED,
    functions=("SKF_GenRandom",),
)
def processes_differ(bench: SKFBench) -> None:
    """Start two processes that load the driver anew: their first outputs differ."""
    outputs = []
    for _ in range(2):
        with bench.second_process(first_output) as second:
            outputs.append(second.result())
    bench.expect(
        outputs[0] != outputs[1],
        "the generator starts anew with each process: the same random numbers came again",
        "每个进程中发生器都重新开始：出现了相同的随机数",
    )


def first_output(bench: SKFBench) -> str:
    """Return 32 random bytes of the device in hex; runs in a second process."""
    return bench.skf.gen_random(bench.device, 32).hex()


@GROUP.check(
    5,
    "No random number of 16 bytes comes twice",
    "16 字节的随机数不重复",
    clause=_RANDOM,
    functions=("SKF_GenRandom",),
    timeout_s=300.0,
)
def blocks_differ(bench: SKFBench) -> None:
    """Ask for 16 bytes 1024 times: a generator of 16 bits of state or fewer repeats itself, a good one never does."""
    device = bench.device
    different = len({bench.skf.gen_random(device, _BLOCK_LEN) for _ in range(_BLOCKS)})
    bench.expect(
        different == _BLOCKS,
        f"of {_BLOCKS} outputs of 16 bytes only {different} differ: the generator has few states",
        f"{_BLOCKS} 个 16 字节输出中只有 {different} 个互不相同：发生器的状态过少",
    )


@GROUP.check(
    6,
    "Single outputs pass the poker test",
    "单次输出通过扑克检测",
    clause=_SINGLE,
    severity=Severity.RECOMMENDED,
    functions=("SKF_GenRandom",),
)
def single_outputs(bench: SKFBench) -> None:
    """Test an output of 32, 256 and 2048 bytes with m of 2, 4 and 8; draw four times before one counts as failed."""
    _need_numpy(bench)
    for length in (32, 256, 2048):
        best = 0.0
        for _ in range(_POKER_ROUNDS):
            best = max(best, output_values(_read(bench, bench.device, length)).p_value)
        bench.expect(
            best >= 0.01,
            f"{_POKER_ROUNDS} outputs of {length} bytes in a row failed the poker test, the best with P = {best:.6f}",
            f"连续 {_POKER_ROUNDS} 个 {length} 字节的输出未通过扑克检测，最好的 P = {best:.6f}",
        )


@GROUP.check(
    7,
    "Samples of 20,000 bits pass the 12 tests of GM/T 0005",
    "20000 比特样本通过 GM/T 0005 的 12 项检测",
    clause=_SAMPLES,
    functions=("SKF_GenRandom",),
    timeout_s=1800.0,
)
def short_samples(bench: SKFBench) -> None:
    """Judge 20 samples, more on request, by how many pass and how their Q values spread. A test allows one of 20 to
    fail, which a good generator exceeds by chance in 1.7 of 100 rounds; so what falls short is repeated with fresh
    samples, three times at most, and fails when it falls short each time: by chance in fewer than 1 of 10,000 runs.
    """
    _examine(bench, SHORT_BITS, bench.options.random_samples)


@GROUP.check(
    8,
    "A sample of 1,000,000 bits passes the 15 tests of GM/T 0005",
    "1000000 比特样本通过 GM/T 0005 的 15 项检测",
    clause=_SAMPLES,
    severity=Severity.RECOMMENDED,
    functions=("SKF_GenRandom",),
    timeout_s=1800.0,
)
def long_sample(bench: SKFBench) -> None:
    """Judge one sample, among others by its linear complexity, the rank of matrices and Maurer's statistic. A test
    refuses one of 100 good samples; so it is repeated with a fresh one, three times at most.
    """
    _examine(bench, LONG_BITS, 1)


@GROUP.check(
    9,
    "A long request is filled or refused",
    "长请求被填满或被拒绝",
    clause=_GEN_RANDOM,
    functions=("SKF_GenRandom",),
)
def long_requests(bench: SKFBench) -> None:
    """Ask for 2 KiB to 64 KiB in one call: the standard names no limit, and what is answered with SAR_OK is filled."""
    most = _PIECE_LEN
    for length in _LONG_LENGTHS:
        memory = bench.buffer(length)
        answer = bench.answer("SKF_GenRandom", bench.raw(bench.device), memory.pointer, length)
        bench.observe(f"{length} bytes", answer)
        bench.expect(
            not memory.overrun,
            f"asked for {length} bytes, the driver wrote outside them",
            f"要求 {length} 字节，驱动却写到了缓冲区之外",
        )
        if answer != "SAR_OK":
            break
        output = memory.bytes()
        untouched = b"\xa5" * _BLOCK_LEN
        left = [at for at in range(0, length, _BLOCK_LEN) if output[at : at + _BLOCK_LEN] == untouched]
        if left:
            bench.fail(
                f"asked for {length} bytes, the driver answered SAR_OK and left bytes from offset {left[0]} unwritten",
                f"要求 {length} 字节，驱动返回 SAR_OK，但从偏移 {left[0]} 起有未写入的数据",
            )
        most = length
    bench.observe("longest", most)


@GROUP.check(
    10,
    "Every bit of a short output is random",
    "短输出的每一位都是随机的",
    clause=_RANDOM,
    functions=("SKF_GenRandom",),
    timeout_s=300.0,
)
def bit_positions(bench: SKFBench) -> None:
    """Ask for 16 bytes 256 times: each of the 128 bits is set in 80 to 176 outputs, as all but 1 in 10 million good
    generators do; a maker who keeps numbers positive, or marks them, is seen.
    """
    device = bench.device
    outputs = [int.from_bytes(bench.skf.gen_random(device, _BLOCK_LEN), "big") for _ in range(_OUTPUTS)]
    last = _BLOCK_LEN * 8 - 1
    for position in range(last + 1):
        ones = sum(output >> (last - position) & 1 for output in outputs)
        bench.expect(
            _FEWEST_ONES <= ones <= _OUTPUTS - _FEWEST_ONES,
            f"bit {position} of an output of 16 bytes was set in {ones} of {_OUTPUTS}",
            f"16 字节输出的第 {position} 位在 {_OUTPUTS} 次中有 {ones} 次为 1",
        )


@GROUP.check(
    11,
    "What a request for no bytes is answered with",
    "请求 0 字节时的返回值",
    clause=_GEN_RANDOM,
    severity=Severity.INFORMATION,
    functions=("SKF_GenRandom",),
)
def no_bytes(bench: SKFBench) -> None:
    """Ask for 0 bytes: the standard leaves the code open; nothing is written."""
    memory = bench.buffer(_BLOCK_LEN)
    bench.observe("code", bench.answer("SKF_GenRandom", bench.raw(bench.device), memory.pointer, 0))
    bench.expect(
        not memory.overrun and memory.bytes() == b"\xa5" * _BLOCK_LEN,
        "asked for no bytes, the driver wrote some",
        "要求 0 字节，驱动却写入了数据",
    )


def _read(bench: SKFBench, device: DeviceHandle, length: int) -> bytes:
    """Return random bytes of the device, read in pieces that all tokens take."""
    pieces = [min(_PIECE_LEN, length - at) for at in range(0, length, _PIECE_LEN)]
    return b"".join(bench.skf.gen_random(device, piece) for piece in pieces)


def _need_numpy(bench: SKFBench) -> None:
    """End the check without a verdict where the machine lacks what it takes to judge."""
    with bench.scene():
        load_numpy()


def _examine(bench: SKFBench, bits: int, samples: int) -> None:
    _need_numpy(bench)
    found = examine(lambda length: _read(bench, bench.device, length), bits, samples)
    _tell(bench, found)
    reports = [
        (report.item.title, f"{report.passed}/{found.rounds[-1].samples}, P_T = {report.uniformity:.6f}")
        for report in found.wrong
    ]
    bench.expect(
        found.is_random,
        "not random, in each of "
        f"{len(found.rounds)} rounds: " + "; ".join(f"{title.en}: {shown}" for title, shown in reports),
        f"连续 {len(found.rounds)} 轮不满足随机性：" + "；".join(f"{title.zh}：{shown}" for title, shown in reports),
    )


def _tell(bench: SKFBench, found: Examination) -> None:
    """Tell how the items stood in the first round, and what was repeated."""
    first = found.rounds[0]
    weakest = min(first.items, key=lambda report: report.passed)
    bench.observe("samples", f"{first.samples} x {first.bits} bits, {weakest.needed} have to pass")
    bench.observe("least passed", f"{weakest.item.name}: {weakest.passed}/{first.samples}")
    for count, report in enumerate(found.rounds[1:], 2):
        bench.observe(f"round {count}", ", ".join(again.item.name for again in report.items))
