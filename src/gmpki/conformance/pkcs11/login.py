"""Checks of logging in: states, who may when, wrong PINs and their flags, PINs set and changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0027, PKCS11
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.tokens.pkcs11.header import C

if TYPE_CHECKING:
    from typing import Any

    from gmpki.conformance.pkcs11.bench import OpenSession, P11Bench

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.PKCS11, "login", "PIN", Words("Logging in", "登录"))

_LOCK: Final = (Permission.LOCK,)
_OWN: Final = (Permission.WRITE, Permission.INIT)
_OWN_LOCK: Final = (Permission.WRITE, Permission.INIT, Permission.LOCK)
_USER: Final = "CKS_RW_USER_FUNCTIONS"
_PUBLIC: Final = "CKS_RW_PUBLIC_SESSION"
_MAX_TRIES: Final = 10  # GM/T 0027-2014 9.2
_NEW_PIN: Final = b"60221407"


def _expect_state(bench: P11Bench, session: OpenSession, expected: str, en: str, zh: str) -> None:
    state = bench.state(session)
    bench.expect(
        state == expected, f"{en}: the state is {state}, not {expected}", f"{zh}：状态为 {state}，应为 {expected}"
    )


def _call(bench: P11Bench, session: OpenSession, user: int, pin: bytes) -> tuple[Any, ...]:
    """Return a call of C_Login."""
    return ("C_Login", session.handle, user, bench.data(pin), len(pin))


@GROUP.check(
    1,
    "Logging in holds for every session, and logging out too",
    "登录与注销对所有会话生效",
    clause=Clause(PKCS11, "5.6", "B"),
    functions=("C_Login", "C_Logout", "C_GetSessionInfo"),
)
def login_and_logout(bench: P11Bench) -> None:
    """Log in by one session and look at another that writes, one that reads and a new one; log out and look again."""
    reader, writer = bench.session(rw=False), bench.session()
    session = bench.user_session()
    sessions = ((writer, _USER), (reader, "CKS_RO_USER_FUNCTIONS"), (bench.session(), _USER))
    for one, expected in sessions:
        _expect_state(bench, one, expected, "the user has logged in", "用户已登录")
    bench.demand("C_Logout", session.handle)
    for one, expected in ((writer, _PUBLIC), (reader, "CKS_RO_PUBLIC_SESSION")):
        _expect_state(bench, one, expected, "the user has logged out", "用户已注销")


@GROUP.check(
    2,
    "Who has logged in does not log in again",
    "拒绝重复登录",
    clause=Clause(PKCS11, "5.6", "B"),
    functions=("C_Login",),
)
def login_twice(bench: P11Bench) -> None:
    """Log in twice: CKR_USER_ALREADY_LOGGED_IN, and the user stays logged in."""
    session = bench.user_session()
    allowed = ("CKR_USER_ALREADY_LOGGED_IN",)
    bench.accepts(allowed, "the user has logged in", "用户已登录", *_call(bench, session, C.CKU_USER, bench.pins.user))
    _expect_state(bench, session, _USER, "the second login was refused", "第二次登录被拒绝")


@GROUP.check(
    3,
    "Who has not logged in does not log out",
    "未登录时拒绝注销",
    clause=Clause(PKCS11, "5.6", "B"),
    functions=("C_Logout",),
)
def logout_first(bench: P11Bench) -> None:
    """Log out with nobody logged in: CKR_USER_NOT_LOGGED_IN."""
    session = bench.session()
    allowed = ("CKR_USER_NOT_LOGGED_IN", "CKR_OK")
    if bench.accepts(allowed, "nobody has logged in", "尚未登录", "C_Logout", session.handle) == bench.OK:
        bench.deviate(
            "C_Logout answered CKR_OK with nobody logged in",
            "未登录时 C_Logout 返回 CKR_OK",
            "clients take it as logged out",
            "客户端视为已注销",
        )


@GROUP.check(
    4,
    "A kind of user that does not exist is refused",
    "拒绝不存在的用户类型",
    clause=Clause(PKCS11, "5.6", "B"),
    functions=("C_Login",),
)
def unknown_user(bench: P11Bench) -> None:
    """Log in as the user type 0x77 with the user's PIN: CKR_USER_TYPE_INVALID, and nobody is logged in."""
    session = bench.session()
    pin = bench.pins.user or b"00000000"
    allowed = ("CKR_USER_TYPE_INVALID", "CKR_ARGUMENTS_BAD")
    bench.accepts(allowed, "there is no such user", "无此用户类型", *_call(bench, session, 0x77, pin))
    _expect_state(bench, session, _PUBLIC, "no user was named", "未指定用户")


@GROUP.check(
    5,
    "One user does not log in beside another",
    "不同用户不能同时登录",
    clause=Clause(PKCS11, "5.6", "B"),
    functions=("C_Login",),
    needs=_OWN,
)
def another_user(bench: P11Bench) -> None:
    """Log the user in, then the security officer: CKR_USER_ANOTHER_ALREADY_LOGGED_IN, and the user stays."""
    bench.demand_own_token()
    session = bench.user_session()
    allowed = ("CKR_USER_ANOTHER_ALREADY_LOGGED_IN",)
    bench.accepts(allowed, "the user has logged in", "用户已登录", *_call(bench, session, C.CKU_SO, bench.pins.admin))
    _expect_state(bench, session, _USER, "the officer was refused", "安全官被拒绝")


@GROUP.check(
    6,
    "The security officer and sessions that only read exclude each other",
    "安全官登录与只读会话互斥",
    clause=Clause(PKCS11, "5.6", "B"),
    functions=("C_Login", "C_OpenSession"),
    needs=_OWN,
)
def officer_and_readers(bench: P11Bench) -> None:
    """Log the officer in beside a session that reads: CKR_SESSION_READ_ONLY_EXISTS. And open one after the login."""
    bench.demand_own_token()
    session, reader = bench.session(), bench.session(rw=False)
    refused = ("CKR_SESSION_READ_ONLY_EXISTS",)
    bench.accepts(refused, "a session only reads", "存在只读会话", *_call(bench, session, C.CKU_SO, bench.pins.admin))
    bench.demand("C_CloseSession", reader.handle)
    bench.accepts((bench.OK,), "the PIN is right", "PIN 正确", *_call(bench, session, C.CKU_SO, bench.pins.admin))
    _expect_state(bench, session, "CKS_RW_SO_FUNCTIONS", "the officer has logged in", "安全官已登录")
    null = bench.ffi.NULL
    bench.accepts(
        ("CKR_SESSION_READ_WRITE_SO_EXISTS",),
        "the officer has logged in",
        "安全官已登录",
        "C_OpenSession",
        bench.slot,
        C.CKF_SERIAL_SESSION,
        null,
        null,
        bench.ulong(),
    )


@GROUP.check(
    7,
    "A wrong PIN logs nobody in, and the right one does after it",
    "错误 PIN 不能登录，随后正确 PIN 可以",
    clause=Clause(PKCS11, "5.6", "B"),
    functions=("C_Login", "C_GetTokenInfo"),
    needs=_LOCK,
)
def wrong_pin(bench: P11Bench) -> None:
    """Give a wrong PIN once: CKR_PIN_INCORRECT. Then the right one; the flag of a low count is not set after it.

    A token may do without these flags (v2.40 3.2); whether it has them is told.
    """
    session = bench.session()
    if not bench.pins.user:
        bench.not_run("it takes the user's PIN", "需要用户 PIN")
    if bench.token.flags & (C.CKF_USER_PIN_FINAL_TRY | C.CKF_USER_PIN_LOCKED):
        bench.not_run("the next wrong PIN would lock it", "再错一次即锁定")
    allowed = ("CKR_PIN_INCORRECT",)
    bench.accepts(allowed, "the PIN is wrong", "PIN 错误", *_call(bench, session, C.CKU_USER, bench.pins.wrong))
    _expect_state(bench, session, _PUBLIC, "the PIN was wrong", "PIN 错误")
    bench.observe("CKF_USER_PIN_COUNT_LOW", bool(bench.token.flags & C.CKF_USER_PIN_COUNT_LOW))
    bench.accepts((bench.OK,), "the PIN is right", "PIN 正确", *_call(bench, session, C.CKU_USER, bench.pins.user))
    bench.expect(
        not bench.token.flags & C.CKF_USER_PIN_COUNT_LOW,
        "CKF_USER_PIN_COUNT_LOW is set after the right PIN",
        "正确 PIN 之后 CKF_USER_PIN_COUNT_LOW 仍置位",
    )


@GROUP.check(
    8,
    "A PIN locks after ten wrong ones at most, and then the right one does not help",
    "错误 PIN 至多十次即锁定，锁定后正确 PIN 无效",
    clause=Clause(GMT_0027, "9.2"),
    functions=("C_Login", "C_InitPIN", "C_GetTokenInfo"),
    needs=_OWN_LOCK,
    precondition=Words("a token that the suite has initialised", "由本套件初始化的令牌"),
)
def pin_locks(bench: P11Bench) -> None:
    """Give wrong PINs to the suite's own token until it locks, then the right one; the security officer sets a new one.

    PKCS #11 names no number (v2.40 5.6 has CKR_PIN_LOCKED only); GM/T 0027-2014 9.2 does. What is not locked by ten is
    open to guessing, which no client can make good: a failure, not a deviation.
    """
    bench.demand_own_token()
    session = bench.session()
    bench.later(_restore_pin, bench)
    tries = _wrong_until_locked(bench, session)
    bench.observe("tries", tries)
    refused = ("CKR_PIN_LOCKED",)
    bench.accepts(refused, "the PIN is locked", "PIN 已锁定", *_call(bench, session, C.CKU_USER, bench.pins.user))
    bench.expect(
        bench.token.flags & C.CKF_USER_PIN_LOCKED,
        "the PIN is locked, and CKF_USER_PIN_LOCKED is not set",
        "PIN 已锁定，而 CKF_USER_PIN_LOCKED 未置位",
    )
    _init_pin(bench, session, bench.pins.user)
    bench.accepts(
        (bench.OK,), "the PIN was set anew", "PIN 已重新设置", *_call(bench, session, C.CKU_USER, bench.pins.user)
    )


def _wrong_until_locked(bench: P11Bench, session: OpenSession) -> int:
    """Give wrong PINs and return how many it took; end the check when ten do not lock it."""
    for tries in range(1, _MAX_TRIES + 1):
        answer = bench.login(session, C.CKU_USER, bench.pins.wrong)
        bench.expect(
            answer in ("CKR_PIN_INCORRECT", "CKR_PIN_LOCKED"),
            f"to a wrong PIN C_Login answered {answer}",
            f"对错误的 PIN，C_Login 返回 {answer}",
        )
        if answer == "CKR_PIN_LOCKED" or bench.token.flags & C.CKF_USER_PIN_LOCKED:
            return tries
    answer = bench.login(session, C.CKU_USER, bench.pins.user)
    if answer != "CKR_PIN_LOCKED":
        bench.fail(
            f"after {_MAX_TRIES} wrong PINs the PIN is not locked: the right one is answered {answer}",
            f"{_MAX_TRIES} 次错误 PIN 之后 PIN 未锁定：正确 PIN 返回 {answer}",
        )
    return _MAX_TRIES


def _init_pin(bench: P11Bench, session: OpenSession, pin: bytes) -> None:
    """Set the user's PIN as the security officer, and log out."""
    with bench.scene():
        session.login(C.CKU_SO, bench.pins.admin)
    bench.demand("C_InitPIN", session.handle, bench.data(pin), len(pin))
    bench.demand("C_Logout", session.handle)


def _restore_pin(bench: P11Bench) -> None:
    """Set the user's PIN of the suite's own token as it was, whatever a check has left."""
    bench.module.answer("C_CloseAllSessions", bench.slot)
    session = bench.session()
    session.login(C.CKU_SO, bench.pins.admin)
    session.init_pin(bench.pins.user)
    session.close()


@GROUP.check(
    9,
    "The security officer sets the user's PIN, and nobody else",
    "只有安全官能设置用户 PIN",
    clause=Clause(PKCS11, "5.5", "B"),
    functions=("C_InitPIN",),
    needs=_OWN,
)
def init_pin(bench: P11Bench) -> None:
    """Call C_InitPIN with nobody logged in and as the user: CKR_USER_NOT_LOGGED_IN; as the officer: the PIN is set."""
    bench.demand_own_token()
    bench.later(_restore_pin, bench)
    session = bench.session()
    refused, pin = ("CKR_USER_NOT_LOGGED_IN",), bench.data(_NEW_PIN)
    for en, zh in (("nobody has logged in", "尚未登录"), ("the user has logged in", "登录的是用户")):
        bench.accepts(refused, en, zh, "C_InitPIN", session.handle, pin, len(_NEW_PIN))
        if bench.state(session) == _PUBLIC:
            bench.accepts(
                (bench.OK,), "the PIN is right", "PIN 正确", *_call(bench, session, C.CKU_USER, bench.pins.user)
            )
    bench.demand("C_Logout", session.handle)
    _init_pin(bench, session, _NEW_PIN)
    bench.accepts(
        (bench.OK,), "the officer has set it", "安全官已设置该 PIN", *_call(bench, session, C.CKU_USER, _NEW_PIN)
    )


@GROUP.check(
    10,
    "C_SetPIN changes the PIN: the new one holds and the old one does not",
    "C_SetPIN 修改后新 PIN 有效、旧 PIN 无效",
    clause=Clause(PKCS11, "5.5", "B"),
    functions=("C_SetPIN", "C_Login"),
    needs=_OWN_LOCK,
)
def set_pin(bench: P11Bench) -> None:
    """Change with a wrong old PIN: CKR_PIN_INCORRECT. With the right one; then log in by the old and by the new one."""
    bench.demand_own_token()
    bench.later(_restore_pin, bench)
    session, pins = bench.user_session(), bench.pins
    new = bench.data(_NEW_PIN)
    for old, allowed in ((pins.wrong, "CKR_PIN_INCORRECT"), (pins.user, "CKR_OK")):
        arguments = (session.handle, bench.data(old), len(old), new, len(_NEW_PIN))
        bench.accepts((allowed,), "a change of the PIN", "修改 PIN", "C_SetPIN", *arguments)
    with bench.scene():
        session.logout()
    refused = ("CKR_PIN_INCORRECT",)
    bench.accepts(refused, "the PIN was changed", "PIN 已修改", *_call(bench, session, C.CKU_USER, pins.user))
    bench.accepts(
        (bench.OK,), "the PIN was changed to it", "PIN 已改为此值", *_call(bench, session, C.CKU_USER, _NEW_PIN)
    )


@GROUP.check(
    11,
    "A session that only reads changes no PIN",
    "只读会话不能修改 PIN",
    clause=Clause(PKCS11, "5.5", "B"),
    functions=("C_SetPIN",),
    needs=_OWN,
)
def set_pin_read_only(bench: P11Bench) -> None:
    """Call C_SetPIN in a session that only reads: CKR_SESSION_READ_ONLY."""
    bench.demand_own_token()
    bench.later(_restore_pin, bench)
    session, pin = bench.session(rw=False), bench.pins.user
    arguments = (session.handle, bench.data(pin), len(pin), bench.data(_NEW_PIN), len(_NEW_PIN))
    bench.accepts(("CKR_SESSION_READ_ONLY",), "the session only reads", "会话为只读", "C_SetPIN", *arguments)


@GROUP.check(
    12,
    "A PIN shorter or longer than the token says is refused",
    "拒绝超出所报长度范围的 PIN",
    clause=Clause(PKCS11, "5.5, 3.2", "B"),
    functions=("C_InitPIN", "C_GetTokenInfo"),
    severity=Severity.RECOMMENDED,
    needs=_OWN,
)
def pin_lengths(bench: P11Bench) -> None:
    """Set PINs one byte outside ulMinPinLen and ulMaxPinLen: CKR_PIN_LEN_RANGE. The shortest is 6 (GM/T 0027 9.2)."""
    session, token = bench.admin_session(), bench.token
    bench.later(_restore_pin, bench)
    allowed = ("CKR_PIN_LEN_RANGE", "CKR_PIN_INVALID")
    for length in {max(token.min_pin_len - 1, 0), token.max_pin_len + 1}:
        if length <= 512:
            pin = b"1" * length
            text = (f"a PIN of {length} bytes", f"{length} 字节的 PIN")
            bench.accepts(allowed, *text, "C_InitPIN", session.handle, bench.data(pin), length)
    if token.min_pin_len < 6:
        bench.deviate(
            f"the token takes PINs of {token.min_pin_len} bytes; GM/T 0027-2014 9.2 wants 6",
            f"令牌接受 {token.min_pin_len} 字节的 PIN；GM/T 0027-2014 9.2 要求不少于 6",
            "the application asks for six characters",
            "由应用要求至少六个字符",
        )
