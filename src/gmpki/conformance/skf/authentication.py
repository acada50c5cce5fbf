"""Authentication to the device: which answers it accepts, what the right is good for (GM/T 0016-2012 7.2, 8.2.3).

A device may count wrong answers and lock itself for good: no check gives more than three before a right one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0016, GMT_0027
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.application_calls import may_create, open_application
from gmpki.conformance.skf.pin_calls import is_user_in, verify
from gmpki.conformance.skf.scene import TEMPORARY_KEY
from gmpki.errors import GmpkiError, LoginRequiredError
from gmpki.tokens.interfaces import PinRole
from gmpki.tokens.skf import device_auth

if TYPE_CHECKING:
    from gmpki.conformance.skf.bench import SKFBench
    from gmpki.tokens.skf.structures import DeviceHandle

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.SKF, "authentication", "AUTH", Words("Authentication to the device", "设备认证"))

_CLAUSE: Final = Clause(GMT_0016, "8.2.3")
_UNSTATED: Final = Clause(GMT_0016, "8.2.3", "D")

_INIT: Final = (Permission.INIT,)
_LOCKING: Final = (Permission.INIT, Permission.LOCK)

_CHALLENGE_LEN: Final = 8
_BLOCK_LEN: Final = 16


# ---- challenges and answers ----------------------------------------------------------------


def _right_answer(bench: SKFBench, challenge_len: int = _CHALLENGE_LEN) -> bytes:
    """Ask for a challenge, unless its length is 0, and return the right answer to it."""
    algorithm = bench.info.dev_auth_alg_id
    with bench.scene():
        challenge = bench.skf.gen_random(bench.device, challenge_len) if challenge_len else b""
        message = challenge.ljust(_BLOCK_LEN, b"\0")
        key = bench.shared.device_key.value
        return device_auth.encrypted(bench.skf, bench.device, key, algorithm, message)


def _give(bench: SKFBench, answer: bytes) -> str:
    """Call SKF_DevAuth and return the name of the code."""
    return bench.supported("SKF_DevAuth", bench.raw(bench.device), bench.data(answer), len(answer))


def _right_at_end(bench: SKFBench) -> None:
    """Give the right answer when the check ends: what a device counts begins anew."""
    if bench.shared.device_key.is_refused:
        # Wrong answers would follow one another, and a device may lock for good.
        bench.not_run("the device refuses the device key", "设备拒绝设备认证密钥")
    bench.later(bench.shared.authenticate, bench.device)


def _spoil(answer: bytes) -> bytes:
    return answer[:-1] + bytes([answer[-1] ^ 1])


def _drop_right(bench: SKFBench) -> None:
    """Take the right away by a wrong answer; without a verdict where it stays."""
    _right_at_end(bench)
    _give(bench, _spoil(_right_answer(bench)))
    if may_create(bench):
        bench.not_run(
            "applications can be created after a wrong answer too, so that the right cannot be taken away",
            "错误应答之后仍可创建应用，无法取消设备权限",
        )


@GROUP.check(
    1,
    "The right answer to a challenge of 8 bytes is accepted",
    "对 8 字节随机数的正确应答被接受",
    clause=_CLAUSE,
    functions=("SKF_DevAuth", "SKF_GenRandom"),
    needs=_INIT,
    precondition=Words("the device key is known", "已知设备认证密钥"),
)
def right_answer(bench: SKFBench) -> None:
    """Fill 8 random bytes with zeros to a block, encrypt it with the device key, and give the 16 bytes."""
    code = _give(bench, _right_answer(bench))
    if code == "SAR_OK":
        return
    form = bench.skf.profile.device_auth
    try:
        device_auth.authenticate(bench.skf, bench.device, bench.shared.device_key.value)
    except LoginRequiredError:
        bench.fail(
            f"the answer is refused with {code}: the device wants another form, or the device key is another",
            f"应答被拒绝（{code}）：设备要求其他形式，或设备认证密钥不符",
        )
    bench.deviate(
        f"the standard's form is refused with {code}; that of the driver's profile, {form.value}, is accepted",
        f"标准形式被拒绝（{code}）；驱动配置中的形式 {form.value} 被接受",
        f"set device_auth to {form.value!r} in the driver's profile",
        f"在驱动配置中将 device_auth 设为 {form.value!r}",
    )


@GROUP.check(
    2,
    "A wrong answer is refused",
    "错误的应答被拒绝",
    clause=_CLAUSE,
    functions=("SKF_DevAuth",),
    needs=_LOCKING,
)
def wrong_answer(bench: SKFBench) -> None:
    """Give an answer of which one bit is wrong, first in the last byte, then in the first."""
    _right_at_end(bench)
    for place in ("last", "first"):
        right = _right_answer(bench)
        wrong = _spoil(right) if place == "last" else _spoil(right[::-1])[::-1]
        code = _give(bench, wrong)
        bench.observe("SKF_DevAuth", code)
        bench.expect(
            code != "SAR_OK",
            f"an answer whose {place} byte is wrong is accepted",
            f"{'最后' if place == 'last' else '第'}一个字节错误的应答被接受",
        )
        bench.authenticate()  # wrong answers that follow one another are what devices lock for


@GROUP.check(
    3,
    "A wrong answer gives no right",
    "错误的应答不产生设备权限",
    clause=_CLAUSE,
    functions=("SKF_DevAuth", "SKF_CreateApplication"),
    needs=_LOCKING,
    precondition=Words(
        "a device that keeps the right while it is connected: put in anew, and this check run by itself",
        "若设备在连接期间保持权限：需重新插入设备并单独运行本项",
    ),
)
def wrong_answer_gives_nothing(bench: SKFBench) -> None:
    """Without authentication nothing can be created; give a wrong answer, and it still cannot."""
    if may_create(bench):
        bench.not_run("applications can be created without this check's doing", "未认证即可创建应用")
    _right_at_end(bench)
    _give(bench, _spoil(_right_answer(bench)))
    bench.expect(
        not may_create(bench),
        "after a wrong answer applications can be created",
        "错误应答之后可以创建应用",
    )


@GROUP.check(
    4,
    "An answer of another length is refused",
    "长度不符的应答被拒绝",
    clause=_CLAUSE,
    functions=("SKF_DevAuth",),
    needs=_LOCKING,
)
def answer_lengths(bench: SKFBench) -> None:
    """Give the first 8 bytes of the right answer, the first 15, and the right answer with a block behind it."""
    _right_at_end(bench)
    for length in (_CHALLENGE_LEN, _BLOCK_LEN - 1, 2 * _BLOCK_LEN):
        right = _right_answer(bench)
        code = _give(bench, (right + bytes(_BLOCK_LEN))[:length])
        bench.observe(f"{length} bytes", code)
        bench.expect(
            code != "SAR_OK",
            f"{length} bytes are accepted for the answer of {_BLOCK_LEN}",
            f"接受了 {length} 字节的应答（应为 {_BLOCK_LEN} 字节）",
        )
        bench.authenticate()


@GROUP.check(
    5,
    "Without a challenge no answer is accepted",
    "未取随机数时不接受任何应答",
    clause=Clause(GMT_0016, "8.2.3", "C"),
    severity=Severity.RECOMMENDED,
    functions=("SKF_DevAuth",),
    needs=_LOCKING,
)
def answer_without_challenge(bench: SKFBench) -> None:
    """On a new connection give the encryption of a block of zeros, which answers no challenge."""
    _right_at_end(bench)
    code = _give(bench, _right_answer(bench, 0))
    bench.observe("SKF_DevAuth", code)
    bench.expect(
        code != "SAR_OK",
        "a block of zeros is accepted where no challenge was asked for",
        "未取随机数时接受了对全零分组的应答",
    )


# ---- what takes the right ------------------------------------------------------------------


@GROUP.check(
    10,
    "SKF_CreateApplication takes the authentication",
    "SKF_CreateApplication 需要设备认证",
    clause=Clause(GMT_0016, "7.3.2"),
    functions=("SKF_CreateApplication",),
    needs=_LOCKING,
)
def create_takes_right(bench: SKFBench) -> None:
    """Create an application on a new connection; where that succeeds, once more after a wrong answer."""
    if not may_create(bench):
        return
    bench.observe("right outlasts the connection", True)
    _right_at_end(bench)
    _give(bench, _spoil(_right_answer(bench)))
    bench.expect(
        not may_create(bench),
        "an application is created without authentication (where an earlier one outlasts both the connection and a "
        "wrong answer: put the device in anew and run this check by itself)",
        "未经设备认证即创建了应用（若先前的认证在断开连接和错误应答后仍有效，请重新插入设备并单独运行本项）",
    )


@GROUP.check(
    11,
    "SKF_DeleteApplication takes the authentication",
    "SKF_DeleteApplication 需要设备认证",
    clause=Clause(GMT_0016, "7.3.4"),
    functions=("SKF_DeleteApplication",),
    needs=_LOCKING,
)
def delete_takes_right(bench: SKFBench) -> None:
    """Delete an application of the suite after the right was taken away by a wrong answer."""
    own = bench.new_application()
    _drop_right(bench)
    code = bench.supported("SKF_DeleteApplication", bench.raw(bench.device), bench.text(own.name))
    bench.observe("SKF_DeleteApplication", code)
    bench.authenticate()
    bench.expect(
        code != "SAR_OK" and own.name in bench.skf.enum_application(bench.device),
        "an application is deleted without authentication",
        "未经设备认证即删除了应用",
    )


@GROUP.check(
    12,
    "SKF_ChangeDevAuthKey takes the authentication",
    "SKF_ChangeDevAuthKey 需要设备认证",
    clause=Clause(GMT_0016, "7.2.2"),
    functions=("SKF_ChangeDevAuthKey",),
    needs=_LOCKING,
)
def change_takes_right(bench: SKFBench) -> None:
    """After the right was taken away, set the device key to what it is already."""
    _drop_right(bench)
    code = _set_key(bench, bench.shared.device_key.value)
    bench.observe("SKF_ChangeDevAuthKey", code)
    bench.expect(
        code != "SAR_OK", "the device key is changed without authentication", "未经设备认证即修改了设备认证密钥"
    )


def _set_key(bench: SKFBench, key: bytes) -> str:
    return bench.supported("SKF_ChangeDevAuthKey", bench.raw(bench.device), bench.data(key), len(key))


@GROUP.check(
    13,
    "Nothing else takes the authentication",
    "其他操作不需要设备认证",
    clause=_CLAUSE,
    functions=("SKF_EnumApplication", "SKF_OpenApplication", "SKF_VerifyPIN", "SKF_CreateContainer", "SKF_SetLabel"),
    needs=(Permission.INIT, Permission.LOCK, Permission.WRITE),
)
def nothing_else_takes_right(bench: SKFBench) -> None:
    """After the right was taken away: list and open applications, log in, create a container, set the label."""
    own = bench.new_application()
    _drop_right(bench)
    label = bench.info.label
    bench.expect(
        own.name in bench.skf.enum_application(bench.device),
        "without authentication the application is not listed",
        "未经设备认证时应用未列出",
    )
    code, application = open_application(bench, own.name)
    if application is None:
        bench.fail(
            f"without authentication SKF_OpenApplication answers {code}",
            f"未经设备认证时 SKF_OpenApplication 返回 {code}",
        )
    answer = verify(bench, application, PinRole.USER, own.pins.user)
    bench.expect(
        answer.is_ok,
        f"without authentication SKF_VerifyPIN answers {answer.name}",
        f"未经设备认证时 SKF_VerifyPIN 返回 {answer.name}",
    )
    bench.expect(
        is_user_in(bench, application),
        "without authentication no container can be created",
        "未经设备认证时无法创建容器",
    )
    if label:
        bench.skf.set_label(bench.device, label)


# ---- what the standard leaves open ---------------------------------------------------------


@GROUP.check(
    20,
    "Whether the right is the device's or the connection's",
    "设备权限属于设备还是属于连接",
    clause=_CLAUSE,
    severity=Severity.INFORMATION,
    functions=("SKF_DevAuth", "SKF_ConnectDev", "SKF_CreateApplication"),
    needs=_LOCKING,
)
def right_of_other_connection(bench: SKFBench) -> None:
    """Authenticate by one connection and create by another of the same process."""
    with bench.scene():
        other: DeviceHandle = bench.connect()
    _drop_right(bench)
    bench.authenticate()
    bench.observe("held by another connection", may_create(bench, other))


@GROUP.check(
    21,
    "Whether the right outlasts the connection",
    "断开连接后设备权限是否保留",
    clause=Clause(GMT_0016, "7.1.6"),
    severity=Severity.INFORMATION,
    functions=("SKF_DevAuth", "SKF_DisConnectDev", "SKF_CreateApplication"),
    needs=_INIT,
)
def right_after_reconnect(bench: SKFBench) -> None:
    """Authenticate, disconnect, connect, and create an application."""
    bench.authenticate()
    bench.reconnect()
    bench.observe("kept", may_create(bench))


@GROUP.check(
    22,
    "Whether an answer is good for a second time",
    "同一应答能否重复使用",
    clause=_UNSTATED,
    severity=Severity.INFORMATION,
    functions=("SKF_DevAuth",),
    needs=_LOCKING,
)
def used_answer(bench: SKFBench) -> None:
    """Give the right answer twice; then one to a challenge that another has followed."""
    _right_at_end(bench)
    answer = _right_answer(bench)
    bench.observe("first time", _give(bench, answer))
    bench.observe("second time", _give(bench, answer))
    bench.authenticate()
    answer = _right_answer(bench)
    _right_answer(bench)
    bench.observe("to a challenge before the last", _give(bench, answer))


@GROUP.check(
    23,
    "Whether a challenge of 16 bytes is taken",
    "是否接受 16 字节的随机数",
    clause=_UNSTATED,
    severity=Severity.INFORMATION,
    functions=("SKF_DevAuth", "SKF_GenRandom"),
    needs=_LOCKING,
)
def long_challenge(bench: SKFBench) -> None:
    """Ask for 16 random bytes and encrypt them, as some clients do."""
    _right_at_end(bench)
    bench.observe("SKF_DevAuth", _give(bench, _right_answer(bench, _BLOCK_LEN)))


@GROUP.check(
    24,
    "Whether the device key is that of the factory",
    "设备认证密钥是否为出厂值",
    clause=Clause(GMT_0027, "9.2"),
    severity=Severity.INFORMATION,
    functions=("SKF_DevAuth",),
    needs=_LOCKING,
)
def factory_key(bench: SKFBench) -> None:
    """Answer a challenge with the key that products are delivered with, which has to be changed when one is issued."""
    _right_at_end(bench)
    try:
        device_auth.authenticate(bench.skf, bench.device, device_auth.FACTORY_KEY)
    except LoginRequiredError:
        bench.observe("factory key", False)
    else:
        bench.observe("factory key", True)


# ---- the key, last -------------------------------------------------------------------------


@GROUP.check(
    30,
    "A changed device key counts, and the old one no longer",
    "修改设备认证密钥后新密钥生效、旧密钥失效",
    clause=Clause(GMT_0016, "7.2.2"),
    functions=("SKF_ChangeDevAuthKey", "SKF_DevAuth"),
    needs=_LOCKING,
    precondition=Words(
        "the device may be cut off from power at no time: while the check runs its key is the ASCII text "
        f"{TEMPORARY_KEY.decode()}; should the check be ended by force, it stays so until the run is resumed",
        f"检测期间不得断电：此时设备认证密钥为 ASCII 文本 {TEMPORARY_KEY.decode()}，若被强行终止，须继续该运行以改回",
    ),
)
def change_key(bench: SKFBench) -> None:
    """Change the key to a known one, authenticate with it, try the old one, and change it back."""
    own = bench.shared.device_key.value
    if own == TEMPORARY_KEY:
        bench.not_run(
            "the device has the key of a check that was ended by force; give it a key of its own",
            "设备仍使用被强行终止的检测所留密钥，请先恢复其密钥",
        )
    bench.authenticate()
    with bench.scene():
        bench.shared.key_changes()
    bench.later(bench.shared.restore_key)
    code = _set_key(bench, TEMPORARY_KEY)
    bench.expect(code == "SAR_OK", f"SKF_ChangeDevAuthKey answered {code}", f"SKF_ChangeDevAuthKey 返回 {code}")
    bench.expect(_accepts(bench, TEMPORARY_KEY), "the new key is refused", "新密钥被拒绝")
    bench.expect(not _accepts(bench, own), "the old key is still accepted", "旧密钥仍被接受")
    bench.expect(_restores(bench), "the key cannot be changed back", "无法改回原密钥")


def _accepts(bench: SKFBench, key: bytes) -> bool:
    try:
        device_auth.authenticate(bench.skf, bench.device, key)
    except LoginRequiredError:
        return False
    return True


def _restores(bench: SKFBench) -> bool:
    """Give the device its own key again; tell whether it has its own then."""
    try:
        bench.shared.restore_key()
    except GmpkiError:
        return False
    return True
