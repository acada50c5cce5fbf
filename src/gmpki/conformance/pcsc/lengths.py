"""How long commands and answers are: Lc, Le, answers in pieces, extended lengths, chains (ISO/IEC 7816-4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.algorithms import sm3
from gmpki.conformance.clauses import GMT_0017, ISO_7816_4
from gmpki.conformance.model import Clause, Kind, Severity, Words
from gmpki.conformance.pcsc.atr import AnswerToReset
from gmpki.conformance.pcsc.recorded import GET_RESPONSE, word_name
from gmpki.conformance.registry import Group
from gmpki.errors import DecodeError
from gmpki.tokens.pcsc import status_words
from gmpki.tokens.pcsc.apdu import CHAINING, Command
from gmpki.tokens.pcsc.channel import PLAIN

if TYPE_CHECKING:
    from gmpki.conformance.pcsc.bench import PCSCBench

__all__ = ["GROUP"]

_GMT: Final = Clause(GMT_0017, "7", "C")
_FORMS: Final = Clause(ISO_7816_4, "5.1", "B")
_WORDS: Final = Clause(ISO_7816_4, "5.1.3", "B")
_CHAINS: Final = Clause(ISO_7816_4, "5.1.1.1", "B")

_MORE, _WRONG_LE = 0x61, 0x6C
_NO_CHAINS: Final = (0x6884, 0x6E00)
_SHORT_LE: Final = 256
_SHORT_DATA_LEN: Final = 255
_SM3: Final = 1  # P2 of DigestInit
_STEADY_LEN: Final = 220  # of GetDevInfo's answer: what stands before the free space, which may change

GROUP: Final = Group(Kind.PCSC, "lengths", "LEN", Words("Lengths and chains", "长度与指令链"))


# ---- Lc and Le ---------------------------------------------------------------------------
@GROUP.check(
    1,
    "Lc that does not fit the data is refused",
    "Lc 与数据长度不符时被拒绝",
    clause=_FORMS,
    functions=("GenRandom",),
)
def wrong_lc(bench: PCSCBench) -> None:
    """Send a command whose Lc is greater than its data; a reader may refuse it before the card sees it."""
    ins = bench.command("GenRandom").ins
    command = bytes((PLAIN, ins, 0, 0, 5)) + bytes(3)
    bench.refused(command, "a command is taken whose data end before Lc", "接受了数据短于 Lc 的指令")
    answer = bench.send(bench.command("GenRandom", le=8))
    bench.expect(len(answer.data) == 8, "then the card answers no more", "随后卡片不再正常响应")


@GROUP.check(
    2,
    "No answer has more data than Le allows",
    "响应数据不超过 Le",
    clause=_FORMS,
    functions=("GenRandom", "GetDevInfo"),
)
def answers_fit(bench: PCSCBench) -> None:
    """Ask for 1, 8, 16, 128 and 255 random bytes, and for 16 bytes of what GetDevInfo says."""
    asked = [(bench.command("GenRandom", le=le), le) for le in (1, 8, 16, 128, 255)]
    for command, le in (*asked, (bench.command("GetDevInfo", le=16), 16)):
        found = len(bench.send(command).data)
        bench.expect(found <= le, f"asked for {le} bytes the card gives {found}", f"Le 为 {le}，响应却有 {found} 字节")


@GROUP.check(
    3,
    "A command without Le brings no data",
    "无 Le 的指令不返回数据",
    clause=_FORMS,
    functions=("GetDevInfo", "DigestInit"),
)
def no_le_no_data(bench: PCSCBench) -> None:
    """Send GetDevInfo without Le, and DigestInit, which has no answer: what there is waits for GET RESPONSE."""
    if _knows_no_le(bench):
        bench.unsupported("T=0 does not tell no Le from an Le of 256", "T=0 协议无法区分无 Le 与 Le=256")
    commands = [bench.command("GetDevInfo"), bench.command("DigestInit", p2=_SM3)]
    for command in commands:
        answer = bench.send(command)
        bench.observe(f"INS {command.ins:02X}", word_name(answer.status))
        bench.expect(
            not answer.data,
            f"without Le the card gives {len(answer.data)} bytes",
            f"无 Le 时卡片返回了 {len(answer.data)} 字节",
        )


def _knows_no_le(bench: PCSCBench) -> bool:
    """Tell whether the card speaks T=0 alone, whose commands have one length for both directions."""
    try:
        return AnswerToReset.from_bytes(bench.card.atr).protocols == (0,)
    except DecodeError:  # which another check tells
        return False


@GROUP.check(
    4,
    "An answer that is longer than Le is fetched whole",
    "超过 Le 的响应可完整取回",
    clause=_WORDS,
    functions=("GetDevInfo", "GET RESPONSE"),
)
def long_answers(bench: PCSCBench) -> None:
    """Ask GetDevInfo with Le of 16 and 200: 61xx and GET RESPONSE, or 6Cxx and the same again, give the whole."""
    whole = bench.call("GetDevInfo", le=-1)
    bench.observe("bytes", len(whole))
    for le in (16, 200):
        if len(whole) <= le:
            continue
        answer = bench.send(bench.command("GetDevInfo", le=le))
        way = word_name(answer.status)
        bench.observe(f"Le {le}", way)
        if answer.status >> 8 == _WRONG_LE:
            answer = bench.send(bench.command("GetDevInfo", le=(answer.status & 0xFF) or _SHORT_LE))
        if answer.status == status_words.OK and len(answer.data) == le:
            bench.deviate(
                f"of {len(whole)} bytes {le} are given, and nothing says that there are more",
                f"共 {len(whole)} 字节，只返回 {le} 字节且未提示还有后续数据",
                "always ask with Le of 256",
                "始终以 Le=256 请求",
            )
        found = bench.rest(answer)
        bench.expect(
            _same(found, whole),
            f"in pieces the answer is another: {len(found)} bytes after {way}, and {len(whole)} at once",
            f"分段取回的响应不同：{way} 之后共 {len(found)} 字节，一次取回为 {len(whole)} 字节",
        )


def _same(found: bytes, whole: bytes) -> bool:
    """Tell whether two answers of GetDevInfo are one: the free space may change between them, nothing before does."""
    return len(found) == len(whole) and found[:_STEADY_LEN] == whole[:_STEADY_LEN]


@GROUP.check(
    5,
    "GET RESPONSE is refused when nothing waits",
    "无后续数据时 GET RESPONSE 被拒绝",
    clause=_FORMS,
    functions=("GET RESPONSE",),
    severity=Severity.RECOMMENDED,
)
def nothing_waits(bench: PCSCBench) -> None:
    """Send GET RESPONSE first of all, and after an answer that came whole."""
    fetch = Command(0, GET_RESPONSE, le=8)
    bench.refused(fetch, "GET RESPONSE gives something before any command", "尚无指令时 GET RESPONSE 返回成功")
    answer = bench.send(bench.command("GenRandom", le=8))
    if answer.status == status_words.OK:
        bench.refused(
            fetch, "GET RESPONSE gives something that was given already", "数据取完后 GET RESPONSE 仍返回成功"
        )


@GROUP.check(
    6,
    "An answer that waits is gone after another command",
    "执行其他指令后未取回的响应作废",
    clause=_FORMS,
    functions=("GetDevInfo", "GenRandom", "GET RESPONSE"),
    severity=Severity.RECOMMENDED,
)
def waiting_answer_goes(bench: PCSCBench) -> None:
    """Leave an answer half fetched, send another command, and ask for the rest."""
    answer = bench.send(bench.command("GetDevInfo", le=16))
    if answer.status >> 8 != _MORE:
        bench.unsupported("the card does not give answers in pieces", "卡片不分段返回响应")
    bench.send(bench.command("GenRandom", le=8))
    fetch = Command(0, GET_RESPONSE, le=16)
    bench.refused(fetch, "GET RESPONSE gives the answer of an older command", "GET RESPONSE 返回了更早指令的响应")


# ---- extended lengths and chains ---------------------------------------------------------
def _digest(bench: PCSCBench, *commands: Command) -> bytes:
    """Begin SM3, send commands, and return the digest."""
    bench.call("DigestInit", p2=_SM3)
    for command in commands:
        answer = bench.send(command)
        bench.expect(
            answer.status == status_words.OK,
            f"{len(command.data)} bytes of data are answered with {word_name(answer.status)}",
            f"{len(command.data)} 字节的数据返回 {word_name(answer.status)}",
        )
    return bench.call("DigestFinal", le=-1)


@GROUP.check(
    7,
    "Commands of extended length are taken as long as the card says",
    "按声明的长度接受扩展长度指令",
    clause=_GMT,
    functions=("GetDevInfo", "DigestUpdate"),
    severity=Severity.RECOMMENDED,
    precondition=Words("the card claims more than 255 bytes", "卡片声明的数据长度超过 255 字节"),
)
def extended_data(bench: PCSCBench) -> None:
    """Digest as many bytes in one command as GetDevInfo says the card takes, at most 4096, and compare."""
    claimed = bench.info.max_input_len or 0
    bench.observe("claimed", claimed)
    if claimed <= _SHORT_DATA_LEN:
        bench.unsupported(f"the card claims {claimed} bytes", f"卡片声明为 {claimed} 字节")
    for length in (_SHORT_DATA_LEN + 1, min(claimed, 4096)):
        data = bytes(at % 251 for at in range(length))
        found = _digest(bench, bench.command("DigestUpdate", data))
        bench.expect(found == sm3.digest(data), f"{length} bytes arrive changed", f"{length} 字节的数据传输后改变")


@GROUP.check(
    8,
    "Answers of more than 256 bytes come whole",
    "超过 256 字节的响应完整返回",
    clause=_GMT,
    functions=("GenRandom",),
    severity=Severity.RECOMMENDED,
    precondition=Words("the card claims more than 255 bytes", "卡片声明的数据长度超过 255 字节"),
)
def extended_answers(bench: PCSCBench) -> None:
    """Ask for 512 random bytes by an extended Le."""
    if (bench.info.max_input_len or 0) < 2 * _SHORT_LE:
        bench.unsupported("the card claims no such length", "卡片未声明支持该长度")
    answer = bench.send(bench.command("GenRandom", le=2 * _SHORT_LE))
    bench.observe("answer", word_name(answer.status))
    found = len(bench.rest(answer))
    bench.expect(found == 2 * _SHORT_LE, f"of 512 bytes {found} come", f"请求 512 字节，返回 {found} 字节")


@GROUP.check(
    9,
    "Data in a chain of commands are those of one command",
    "指令链与单条指令的数据等效",
    clause=_CHAINS,
    functions=("DigestInit", "DigestUpdate", "DigestFinal"),
    severity=Severity.RECOMMENDED,
    precondition=Words("the card takes chains", "卡片支持指令链"),
)
def chains(bench: PCSCBench) -> None:
    """Digest 300 bytes that come as one command in three parts, class bit 10 on all but the last."""
    data = bytes(at % 251 for at in range(300))
    _need_chains(bench)
    found = _digest(bench, *bench.command("DigestUpdate", data).pieces(100))
    parts = {
        sm3.digest(data[200:]): Words("only the last part arrives", "仅最后一段到达"),
        sm3.digest(data[:100]): Words("only the first part arrives", "仅第一段到达"),
    }
    if found in parts:
        bench.fail(parts[found].en, parts[found].zh)
    bench.expect(found == sm3.digest(data), "data in a chain arrive changed", "指令链中的数据传输后改变")


@GROUP.check(
    10,
    "A chain that breaks off leaves nothing behind",
    "指令链中断后不留残余数据",
    clause=_CHAINS,
    functions=("DigestInit", "DigestUpdate", "GenRandom", "DigestFinal"),
    severity=Severity.RECOMMENDED,
    precondition=Words("the card takes chains", "卡片支持指令链"),
)
def broken_chain(bench: PCSCBench) -> None:
    """Begin a chain, send another command instead of its end, and digest: the part of the chain is not in it."""
    _need_chains(bench)
    bench.call("DigestInit", p2=_SM3)
    bench.send(bench.command("DigestUpdate", bytes(100)).pieces(60)[0])
    bench.observe("within a chain", word_name(bench.send(bench.command("GenRandom", le=8)).status))
    data = b"gmpki conformance"
    found = _digest(bench, bench.command("DigestUpdate", data))
    bench.expect(found == sm3.digest(data), "a part of the broken chain is in the digest", "中断的指令链数据混入了杂凑")


def _need_chains(bench: PCSCBench) -> None:
    """End the check where the card says that it takes no chains."""
    bench.call("DigestInit", p2=_SM3)
    first = bench.send(bench.command("DigestUpdate", bytes(32)).pieces(16)[0])
    if first.status in _NO_CHAINS:
        bench.unsupported(
            f"chains are refused with {word_name(first.status)}", f"以 {word_name(first.status)} 拒绝指令链"
        )
    last = bench.command("DigestUpdate", bytes(16))
    bench.expect(
        first.status == bench.send(last).status == status_words.OK,
        f"class {PLAIN | CHAINING:02X} is answered with {word_name(first.status)}",
        f"CLA {PLAIN | CHAINING:02X} 返回 {word_name(first.status)}",
    )
