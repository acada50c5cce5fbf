"""What a card says of itself, its label, and device authentication (GM/T 0017-2012, as public programs show it)."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from gmpki.algorithms import sm4
from gmpki.conformance.clauses import GMT_0016, GMT_0017, GMT_0027
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.pcsc.recorded import word_name
from gmpki.conformance.registry import Group
from gmpki.errors import LoginRequiredError
from gmpki.tokens.pcsc import status_words
from gmpki.tokens.pcsc.fields import CardInfo

if TYPE_CHECKING:
    from gmpki.conformance.pcsc.bench import PCSCBench

__all__ = ["GROUP"]

_INFO: Final = Clause(GMT_0017, "9", "C")
_AUTHENTICATION: Final = Clause(GMT_0016, "8.2.3", "B")
_SM4_ECB: Final = 0x401
_CHALLENGE_LEN: Final = 8
_BLOCK_LEN: Final = 16
_MAX_LABEL_LEN: Final = 31
_ALGORITHMS: Final = ("SM2", "SM3")

GROUP: Final = Group(Kind.PCSC, "device", "DEV", Words("The card", "卡片"))


def _card_info(bench: PCSCBench) -> CardInfo:
    """Return what GetDevInfo answers, taken apart."""
    return CardInfo.from_bytes(bench.call("GetDevInfo", le=-1))


# ---- what it says ------------------------------------------------------------------------
@GROUP.check(
    1,
    "GetDevInfo names the manufacturer and the serial number",
    "GetDevInfo 给出厂商与序列号",
    clause=_INFO,
    functions=("GetDevInfo",),
    severity=Severity.RECOMMENDED,
)
def names_itself(bench: PCSCBench) -> None:
    """Take the answer apart; texts are UTF-8, and neither of the two is empty."""
    info = _card_info(bench)
    for text, en, zh in ((info.manufacturer, "manufacturer", "厂商"), (info.serial_number, "serial number", "序列号")):
        bench.expect(text.strip(), f"the {en} is empty", f"{zh}为空")
    bench.observe("version", info.specification_version)


@GROUP.check(
    2,
    "No more is free than there is",
    "剩余空间不大于总空间",
    clause=_INFO,
    functions=("GetDevInfo",),
    severity=Severity.RECOMMENDED,
)
def free_space(bench: PCSCBench) -> None:
    """Compare both numbers of GetDevInfo."""
    info = _card_info(bench)
    bench.expect(
        info.total_space > 0 and info.free_space <= info.total_space,
        f"{info.free_space} bytes of {info.total_space} are free",
        f"总空间 {info.total_space} 字节，剩余 {info.free_space} 字节",
    )


@GROUP.check(
    3,
    "The card claims SM2, SM3 and a cipher",
    "卡片声明支持 SM2、SM3 及分组密码",
    clause=Clause(GMT_0027, "6", "C"),
    functions=("GetDevInfo",),
    severity=Severity.RECOMMENDED,
)
def claims_algorithms(bench: PCSCBench) -> None:
    """Read the three numbers that tell algorithms."""
    claimed = bench.info.algorithms
    bench.observe("algorithms", ", ".join(sorted(claimed)))
    missing = [name for name in _ALGORITHMS if name not in claimed]
    missing += [] if any(name.startswith(("SM4-", "SM1-")) for name in claimed) else ["SM4"]
    bench.expect(not missing, f"{', '.join(missing)} are not claimed", f"未声明支持 {'、'.join(missing)}")


@GROUP.check(
    4,
    "The card says the same each time",
    "多次查询的卡片信息一致",
    clause=_INFO,
    functions=("GetDevInfo",),
    severity=Severity.RECOMMENDED,
)
def says_the_same(bench: PCSCBench) -> None:
    """Ask twice, reset the card, and ask again."""
    answers = [bench.call("GetDevInfo", le=-1) for _ in range(2)]
    bench.reset()
    answers.append(bench.call("GetDevInfo", le=-1))
    bench.expect(len(set(answers)) == 1, "the answers differ", "各次响应不一致")


# ---- the label ---------------------------------------------------------------------------
def _keep_label(bench: PCSCBench) -> str:
    """Return the label, which is set again when the check ends."""
    label = bench.info.label
    bench.later(_set_label, bench, label.encode())
    return label


def _set_label(bench: PCSCBench, label: bytes) -> None:
    bench.exchange("SetLabel", label)


@GROUP.check(
    5,
    "A label is kept, also through a reset",
    "标签写入后保持，复位后不变",
    clause=_INFO,
    functions=("SetLabel", "GetDevInfo"),
    severity=Severity.RECOMMENDED,
    needs=(Permission.WRITE,),
)
def label_is_kept(bench: PCSCBench) -> None:
    """Set a label of 31 bytes, reset, and read it; then a short one; at the end the old one."""
    _keep_label(bench)
    for label in ("L" * _MAX_LABEL_LEN, "标签"):
        bench.call("SetLabel", label.encode())
        bench.reset()
        found = bench.info.label
        bench.expect(
            found == label,
            f"of a label of {len(label.encode())} bytes {len(found.encode())} are kept",
            f"写入 {len(label.encode())} 字节的标签，读回 {len(found.encode())} 字节",
        )


@GROUP.check(
    6,
    "A label that is too long is refused",
    "过长的标签被拒绝",
    clause=_INFO,
    functions=("SetLabel", "GetDevInfo"),
    severity=Severity.RECOMMENDED,
    needs=(Permission.WRITE,),
)
def label_too_long(bench: PCSCBench) -> None:
    """Set a label of 40 bytes, for which there is no room: it is refused, and the old one is left."""
    label = _keep_label(bench)
    bench.refuses("a label of 40 bytes is accepted", "接受了 40 字节的标签", "SetLabel", b"L" * 40)
    bench.expect(bench.info.label == label, "the label changed although it was refused", "拒绝后标签仍被改变")


# ---- device authentication ---------------------------------------------------------------
def _answer(bench: PCSCBench) -> bytes:
    """Ask for a challenge and return the right answer to it."""
    if _card_info(bench).dev_auth_alg_id != _SM4_ECB:
        bench.unsupported("the card authenticates with another cipher than SM4", "卡片的设备认证算法不是 SM4")
    challenge = bench.call("GenRandom", le=_CHALLENGE_LEN)
    return sm4.encrypt(bench.shared.device_key.value, challenge.ljust(_BLOCK_LEN, b"\0"), sm4.Mode.ECB)


def _right_at_end(bench: PCSCBench) -> None:
    """Give the right answer when the check ends: what a card counts begins anew."""
    if bench.shared.device_key.is_refused:
        # Wrong answers would follow one another, and a card may lock for good.
        bench.not_run("the card refuses the device key", "卡片拒绝设备认证密钥")
    bench.later(bench.authenticate)


def _may_delete(bench: PCSCBench) -> bool:
    """Tell whether the card grants the device right: deleting what is not there is refused for another reason then."""
    status, _ = bench.exchange("DeleteApplication", bench.shared.new_name().encode())
    return not isinstance(status_words.error("DeleteApplication", status), LoginRequiredError)


def _given(bench: PCSCBench) -> int:
    """Give the right answer and return the word; a key that is refused is not tried again, by no check."""
    status = None

    def give(_: bytes) -> None:
        nonlocal status
        status, _answered = bench.exchange("DevAuth", _answer(bench))
        if status != status_words.OK:
            raise LoginRequiredError("the card does not accept the device key", function="DevAuth", code=status)

    with contextlib.suppress(LoginRequiredError):
        bench.shared.device_key.use(give)
    if status is None:
        bench.not_run("the card has refused the device key before", "卡片此前已拒绝设备认证密钥")
    return status


@GROUP.check(
    7,
    "The right answer to a challenge authenticates",
    "正确的应答通过设备认证",
    clause=_AUTHENTICATION,
    functions=("GenRandom", "DevAuth"),
    severity=Severity.RECOMMENDED,
    needs=(Permission.INIT,),
    precondition=Words("the device key is known", "已知设备认证密钥"),
)
def right_answer(bench: PCSCBench) -> None:
    """Fill 8 random bytes with zeros to a block, encrypt them with the device key, and give the 16 bytes."""
    status = _given(bench)
    bench.expect(
        status == status_words.OK,
        f"the right answer is refused with {word_name(status)}: the card wants another form, or has another key",
        f"正确的应答被拒绝（{word_name(status)}）：卡片要求其他形式，或设备认证密钥不符",
    )
    bench.expect(_may_delete(bench), "then the right is not there", "认证后仍无设备权限")


@GROUP.check(
    8,
    "A wrong answer is refused",
    "错误的应答被拒绝",
    clause=_AUTHENTICATION,
    functions=("GenRandom", "DevAuth"),
    severity=Severity.RECOMMENDED,
    needs=(Permission.INIT, Permission.LOCK),
)
def wrong_answer(bench: PCSCBench) -> None:
    """Give an answer of which one bit is wrong; at the end the right one."""
    _right_at_end(bench)
    right = _answer(bench)
    wrong = right[:-1] + bytes((right[-1] ^ 1,))
    bench.refuses("an answer with a wrong bit is accepted", "接受了错误的应答", "DevAuth", wrong)
    bench.expect(not _may_delete(bench), "it is refused, and grants the right", "应答被拒绝，却取得了设备权限")


@GROUP.check(
    9,
    "An answer is worth nothing for another challenge",
    "应答不能重放",
    clause=_AUTHENTICATION,
    functions=("GenRandom", "DevAuth"),
    severity=Severity.RECOMMENDED,
    needs=(Permission.INIT, Permission.LOCK),
)
def answer_of_before(bench: PCSCBench) -> None:
    """Authenticate, reset the card, ask for a new challenge, and give the answer of before."""
    _right_at_end(bench)
    answer = _answer(bench)
    bench.call("DevAuth", answer)
    bench.reset()
    bench.call("GenRandom", le=_CHALLENGE_LEN)
    bench.refuses("the answer to an older challenge is accepted", "接受了对先前随机数的应答", "DevAuth", answer)


@GROUP.check(
    10,
    "Without device authentication no application is deleted",
    "未经设备认证不能删除应用",
    clause=Clause(GMT_0016, "8.2.3", "B"),
    functions=("DeleteApplication",),
    severity=Severity.RECOMMENDED,
    needs=(Permission.INIT,),
)
def deleting_needs_authentication(bench: PCSCBench) -> None:
    """Create an application, reset the card, which takes the right away, and delete it."""
    own = bench.new_application()
    bench.reset()
    name = own.name.encode()
    status = bench.refuses("anybody deletes applications", "任何人都可删除应用", "DeleteApplication", name)
    bench.expect(
        own.name in bench.device.applications(), "it is refused, and the application is gone", "拒绝后应用消失"
    )
    bench.expect_word(status, (0x6982, 0x6985), "deleting without authentication")
