"""Switching on, refusals and status words, whatever a command asks for (ISO/IEC 7816-3 and ISO/IEC 7816-4).

What is required here holds of every card; what a command of GM/T 0017 takes is only recommended, for its text was not
read. No command here changes anything on a card, and none is sent whose number belongs to a command that would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0017, ISO_7816_3, ISO_7816_4
from gmpki.conformance.model import Clause, Kind, Severity, Words
from gmpki.conformance.pcsc.atr import AnswerToReset
from gmpki.conformance.pcsc.recorded import word_name
from gmpki.conformance.registry import Group
from gmpki.errors import DecodeError
from gmpki.tokens.pcsc import status_words
from gmpki.tokens.pcsc.apdu import Command
from gmpki.tokens.pcsc.channel import PLAIN

if TYPE_CHECKING:
    from gmpki.conformance.pcsc.bench import PCSCBench

__all__ = ["GROUP"]

_GMT: Final = Clause(GMT_0017, "7", "C")
_FORMS: Final = Clause(ISO_7816_4, "5.1", "B")
_WORDS: Final = Clause(ISO_7816_4, "5.1.3", "B")

_MORE, _WRONG_LE = 0x61, 0x6C
_LENGTH, _CLA, _INS = 0x6700, 0x6E00, 0x6D00
_PARAMETERS: Final = (0x6A86, 0x6B00)
_NO_CHAINS: Final = (0x6884, 0x6E00)
# A class that the standard keeps for later, and a number that no command of GM/T 0017 and no card manager has.
_NO_CLASS, _NO_COMMAND = 0x20, 0xEE
_SHORT_LE: Final = 256
_SHORT_DATA_LEN: Final = 255
_SM3: Final = 1  # P2 of DigestInit

GROUP: Final = Group(Kind.PCSC, "apdu", "APDU", Words("Commands and answers", "指令与响应"))


# ---- switching on ------------------------------------------------------------------------
@GROUP.check(
    1,
    "The answer to reset has the form that it must have",
    "复位应答（ATR）格式正确",
    clause=Clause(ISO_7816_3, "8.2", "B"),
    functions=("SCardStatus",),
)
def answer_to_reset(bench: PCSCBench) -> None:
    """Take the ATR apart: convention, interface bytes, historical bytes, check byte; tell what it offers."""
    try:
        found = AnswerToReset.from_bytes(bench.card.atr)
    except DecodeError as error:
        bench.fail(f"the ATR is wrong: {error}", f"ATR 错误：{error}")
    bench.observe("protocols", ", ".join(f"T={number}" for number in found.protocols))
    bench.observe("historical bytes", found.historical.hex(" ").upper())
    bench.observe("claims extended lengths", found.takes_extended)
    bench.observe("claims chains", found.takes_chains)


@GROUP.check(
    2,
    "A reset brings the same answer, and a card that works",
    "复位后应答相同且可继续使用",
    clause=Clause(ISO_7816_3, "6.2", "B"),
    functions=("SCardStatus", "SCardDisconnect", "GenRandom"),
)
def same_after_reset(bench: PCSCBench) -> None:
    """Read the ATR, reset the card, read it again, and send a command."""
    before = bench.card.atr
    bench.reset()
    bench.expect(bench.card.atr == before, "after a reset the ATR is another", "复位后 ATR 改变")
    answer = bench.send(bench.command("GenRandom", le=8))
    bench.expect(
        answer.status >> 8 in (0x90, _MORE), f"then {word_name(answer.status)}", f"随后返回 {word_name(answer.status)}"
    )


# ---- refusals ----------------------------------------------------------------------------
@GROUP.check(
    3,
    "A class that the card does not have is refused with 6E00",
    "不支持的 CLA 以 6E00 拒绝",
    clause=_WORDS,
    functions=("GetDevInfo",),
)
def unknown_class(bench: PCSCBench) -> None:
    """Send the number of GetDevInfo under class 20, which the standard keeps for later."""
    command = Command(_NO_CLASS, bench.command("GetDevInfo").ins, le=_SHORT_LE)
    status = bench.refused(command, "a class that nobody has is taken", "接受了不存在的 CLA")
    if status is not None:
        bench.expect_word(status, (_CLA,), "an unknown class")


@GROUP.check(
    4,
    "A command that the card does not have is refused with 6D00",
    "不支持的 INS 以 6D00 拒绝",
    clause=_WORDS,
    functions=(),
)
def unknown_command(bench: PCSCBench) -> None:
    """Send number EE, without data, which is none of GM/T 0017 and none of a card manager."""
    status = bench.refused(Command(PLAIN, _NO_COMMAND), "a command that nobody has is taken", "接受了不存在的 INS")
    if status is not None:
        bench.expect_word(status, (_INS,), "an unknown command")


@GROUP.check(
    5,
    "After a refusal the next command is done",
    "拒绝指令后下一条指令正常执行",
    clause=_FORMS,
    functions=("GenRandom",),
)
def works_after_refusal(bench: PCSCBench) -> None:
    """Send an unknown command, an unknown class, and 8 times by turns a command that is right."""
    right = bench.command("GenRandom", le=8)
    for turn in range(8):
        bench.send(Command(PLAIN if turn % 2 else _NO_CLASS, _NO_COMMAND))
        answer = bench.send(right)
        bench.expect(
            answer.status == status_words.OK or answer.status >> 8 == _MORE,
            f"after a refusal a right command is answered with {word_name(answer.status)}",
            f"拒绝之后正确的指令返回 {word_name(answer.status)}",
        )


@GROUP.check(
    6,
    "P1 and P2 that mean nothing are refused",
    "无意义的 P1、P2 被拒绝",
    clause=_GMT,
    functions=("GetDevInfo",),
    severity=Severity.RECOMMENDED,
)
def wrong_parameters(bench: PCSCBench) -> None:
    """Ask GetDevInfo with FF in P1, then in P2: 6A86 or 6B00."""
    for p1, p2 in ((0xFF, 0), (0, 0xFF)):
        command = bench.command("GetDevInfo", p1=p1, p2=p2, le=_SHORT_LE)
        status = bench.refused(command, f"P1 {p1:02X} P2 {p2:02X} are taken", f"接受了 P1={p1:02X}、P2={p2:02X}")
        if status is not None:
            bench.expect_word(status, _PARAMETERS, "a wrong P1 or P2")


@GROUP.check(
    7,
    "Data that a command does not take are refused",
    "指令不需要的数据被拒绝",
    clause=_GMT,
    functions=("GetDevInfo",),
    severity=Severity.RECOMMENDED,
)
def unwanted_data(bench: PCSCBench) -> None:
    """Give GetDevInfo 5 bytes of data: 6700."""
    command = bench.command("GetDevInfo", bytes(5), le=_SHORT_LE)
    status = bench.refused(command, "data that mean nothing are taken", "接受了无意义的数据")
    if status is not None:
        bench.expect_word(status, (_LENGTH, 0x6A80), "data that are not wanted")


@GROUP.check(
    8,
    "Too few data are refused",
    "数据不足的指令被拒绝",
    clause=_GMT,
    functions=("GetPINInfo",),
    severity=Severity.RECOMMENDED,
)
def too_few_data(bench: PCSCBench) -> None:
    """Ask GetPINInfo for an application of which only half the number stands there: 6700 or 6A80."""
    command = bench.command("GetPINInfo", b"\0", p2=1, le=3)
    status = bench.refused(command, "half a number is taken", "接受了不完整的应用标识")
    if status is not None:
        bench.expect_word(status, (_LENGTH, 0x6A80, 0x6A82, 0x6A88), "too few data")


# ---- status words ------------------------------------------------------------------------
@GROUP.check(
    9,
    "Every status word is one",
    "状态字均符合编码规则",
    clause=_WORDS,
    functions=("GetDevInfo", "GenRandom", "EnumApplication"),
)
def words_are_words(bench: PCSCBench) -> None:
    """Send commands that are right and wrong in many ways: each answer ends with 9xxx, or 61xx to 6Fxx."""
    unknown = b"\xff\xff"
    commands = (
        bench.command("GenRandom", le=8),
        bench.command("GetDevInfo", le=_SHORT_LE),
        bench.command("GetDevInfo", p1=0xFF, le=_SHORT_LE),
        bench.command("EnumApplication", le=_SHORT_LE),
        bench.command("OpenApplication", b"no such application", le=10),
        bench.command("GetPINInfo", unknown, p2=1, le=3),
        bench.command("EnumContainer", unknown, le=_SHORT_LE),
        Command(PLAIN, _NO_COMMAND),
        Command(_NO_CLASS, _NO_COMMAND),
    )
    seen = set()
    for command in commands:
        status = bench.send(command).status
        seen.add(word_name(status))
        first = status >> 8
        bench.expect(
            first >> 4 == 0x9 or 0x61 <= first <= 0x6F,
            f"{word_name(status)} is no status word",
            f"{word_name(status)} 不是合法的状态字",
        )
    bench.observe("words", ", ".join(sorted(seen)))
