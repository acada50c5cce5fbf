"""Checks of sessions: opened, described, closed; what ends with them; what those that only read may not do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import PKCS11
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.tokens.pkcs11.header import C, name_of

if TYPE_CHECKING:
    from gmpki.conformance.pkcs11.bench import OpenSession, P11Bench

__all__ = ["GROUP", "INVALID_SESSION"]

GROUP: Final = Group(Kind.PKCS11, "sessions", "SES", Words("Sessions", "会话"))

INVALID_SESSION: Final = ("CKR_SESSION_HANDLE_INVALID", "CKR_SESSION_CLOSED")
"""What a call with the handle of a session that is closed may answer."""

_WRITE: Final = (Permission.WRITE,)


def _describe(bench: P11Bench, session: OpenSession) -> tuple[int, str, int]:
    """Return the slot, the name of the state and the flags of a session."""
    info = bench.ffi.new("CK_SESSION_INFO *")
    bench.demand("C_GetSessionInfo", session.handle, info)
    return int(info.slotID), name_of("CKS_", int(info.state)) or str(int(info.state)), int(info.flags)


def _demand_closed(bench: P11Bench, handle: int) -> None:
    bench.accepts(
        INVALID_SESSION,
        "the session is closed",
        "会话已关闭",
        "C_GetSessionInfo",
        handle,
        bench.ffi.new("CK_SESSION_INFO *"),
    )


@GROUP.check(
    1,
    "A session that is not serial is refused",
    "拒绝非串行会话",
    clause=Clause(PKCS11, "5.6", "B"),
    functions=("C_OpenSession",),
)
def parallel(bench: P11Bench) -> None:
    """Open a session without CKF_SERIAL_SESSION: CKR_SESSION_PARALLEL_NOT_SUPPORTED."""
    null = bench.ffi.NULL
    arguments = (bench.slot, C.CKF_RW_SESSION, null, null, bench.ulong())
    allowed = ("CKR_SESSION_PARALLEL_NOT_SUPPORTED",)
    bench.accepts(allowed, "CKF_SERIAL_SESSION is missing", "缺少 CKF_SERIAL_SESSION", "C_OpenSession", *arguments)


@GROUP.check(
    2,
    "C_GetSessionInfo tells the slot, the state and the flags",
    "C_GetSessionInfo 报告槽、状态和标志",
    clause=Clause(PKCS11, "5.6, 3.3", "B"),
    functions=("C_OpenSession", "C_GetSessionInfo"),
)
def session_info(bench: P11Bench) -> None:
    """Open a session that reads and one that writes, with nobody logged in; ask about both."""
    for rw, state in ((False, "CKS_RO_PUBLIC_SESSION"), (True, "CKS_RW_PUBLIC_SESSION")):
        flags = C.CKF_SERIAL_SESSION | (C.CKF_RW_SESSION if rw else 0)
        expected = (bench.slot, state, flags)
        found = _describe(bench, bench.session(rw=rw))
        bench.expect(
            found == expected, f"slot, state, flags are {found}, not {expected}", f"得到 {found}，应为 {expected}"
        )


@GROUP.check(
    3,
    "A session that is closed stays closed",
    "已关闭的会话不可再用",
    clause=Clause(PKCS11, "5.6", "B"),
    functions=("C_CloseSession", "C_GetSessionInfo"),
)
def closed_session(bench: P11Bench) -> None:
    """Close a session, use it and close it again: CKR_SESSION_HANDLE_INVALID; another one is still open."""
    other, session = bench.session(), bench.session()
    bench.demand("C_CloseSession", session.handle)
    _demand_closed(bench, session.handle)
    bench.accepts(INVALID_SESSION, "it is closed", "会话已关闭", "C_CloseSession", session.handle)
    _describe(bench, other)


@GROUP.check(
    4,
    "Sessions have handles of their own, and none is zero",
    "各会话句柄互异且不为零",
    clause=Clause(PKCS11, "3.3", "B"),
    functions=("C_OpenSession", "C_GetSessionInfo"),
)
def session_handles(bench: P11Bench) -> None:
    """Open eight sessions; then ask about the handles 0 and one that was never given."""
    handles = [bench.open() for _ in range(8)]
    bench.expect(len(set(handles)) == len(handles), "two sessions have one handle", "两个会话句柄相同")
    bench.expect(C.CK_INVALID_HANDLE not in handles, "a session has the handle 0", "会话句柄为 0")
    never = max(handles) + 7777
    for handle in (C.CK_INVALID_HANDLE, never):
        info = bench.ffi.new("CK_SESSION_INFO *")
        allowed = ("CKR_SESSION_HANDLE_INVALID",)
        bench.accepts(allowed, "there is no such session", "无此会话", "C_GetSessionInfo", handle, info)


@GROUP.check(
    5,
    "C_CloseAllSessions closes all sessions",
    "C_CloseAllSessions 关闭全部会话",
    clause=Clause(PKCS11, "5.6", "B"),
    functions=("C_CloseAllSessions",),
)
def close_all(bench: P11Bench) -> None:
    """Open three sessions, close all, and use each."""
    sessions = [bench.session(), bench.session(rw=False), bench.session()]
    bench.demand("C_CloseAllSessions", bench.slot)
    for session in sessions:
        _demand_closed(bench, session.handle)


@GROUP.check(
    6,
    "The objects of a session end with it",
    "会话对象随会话结束而销毁",
    clause=Clause(PKCS11, "5.6", "B"),
    functions=("C_CloseSession", "C_CreateObject", "C_FindObjects"),
    needs=_WRITE,
)
def session_objects_end(bench: P11Bench) -> None:
    """Make an object of a session, see it from another one, close the first, and look again."""
    watcher, session = bench.session(), bench.session()
    _, name = bench.data_object(session)
    bench.expect(
        len(watcher.find({C.CKA_LABEL: name})) == 1,
        "another session of the application does not see the object",
        "同一应用的另一会话看不到该对象",
    )
    bench.demand("C_CloseSession", session.handle)
    bench.expect(
        not watcher.find({C.CKA_LABEL: name}),
        "the object outlived the session that made it",
        "对象在创建它的会话关闭后仍然存在",
    )


@GROUP.check(
    7,
    "A session that only reads makes no object of the token",
    "只读会话不能创建令牌对象",
    clause=Clause(PKCS11, "5.7, 4.4", "B"),
    functions=("C_OpenSession", "C_CreateObject"),
    needs=_WRITE,
)
def read_only(bench: P11Bench) -> None:
    """Make an object of the token in a session that only reads: CKR_SESSION_READ_ONLY. One of the session may be."""
    session = bench.session(rw=False)
    template = bench.template(
        {C.CKA_CLASS: C.CKO_DATA, C.CKA_TOKEN: True, C.CKA_PRIVATE: False, C.CKA_LABEL: bench.token_name()}
    )
    bench.accepts(
        ("CKR_SESSION_READ_ONLY",),
        "the session only reads",
        "会话为只读",
        "C_CreateObject",
        session.handle,
        template.array,
        template.count,
        bench.ulong(),
    )
    bench.data_object(session)


@GROUP.check(
    8,
    "The last session that is closed logs out",
    "最后一个会话关闭时注销登录",
    clause=Clause(PKCS11, "5.6", "B"),
    functions=("C_CloseSession", "C_Login", "C_GetSessionInfo"),
)
def last_session(bench: P11Bench) -> None:
    """Log in, close one session of two: still logged in. Close the other one too, open a new one: nobody is."""
    first, second = bench.user_session(), bench.session()
    bench.demand("C_CloseSession", first.handle)
    state = bench.state(second)
    bench.expect(
        state == "CKS_RW_USER_FUNCTIONS",
        f"a session is left, and its state is {state}",
        f"仍有一个会话，其状态却为 {state}",
    )
    bench.demand("C_CloseSession", second.handle)
    state = bench.state(bench.session())
    bench.expect(
        state == "CKS_RW_PUBLIC_SESSION",
        f"after the last session was closed a new one has the state {state}",
        f"最后一个会话关闭后，新会话状态为 {state}",
    )


@GROUP.check(
    9,
    "A token with open sessions is not initialised",
    "有会话打开时拒绝初始化令牌",
    clause=Clause(PKCS11, "5.5", "B"),
    functions=("C_InitToken",),
    needs=(Permission.WRITE, Permission.INIT),
)
def init_token_in_use(bench: P11Bench) -> None:
    """Open a session and call C_InitToken on the suite's own token: CKR_SESSION_EXISTS."""
    bench.demand_own_token()
    bench.session()
    pin, label = bench.data(bench.pins.admin), bench.token.label.encode().ljust(32)
    bench.accepts(
        ("CKR_SESSION_EXISTS",),
        "a session is open",
        "有会话打开",
        "C_InitToken",
        bench.slot,
        pin,
        len(bench.pins.admin),
        bench.data(label),
    )


@GROUP.check(
    10,
    "Sixteen sessions are open at once",
    "可同时打开十六个会话",
    clause=Clause(PKCS11, "3.2", "B"),
    functions=("C_OpenSession", "C_GetTokenInfo"),
    severity=Severity.RECOMMENDED,
)
def many_sessions(bench: P11Bench) -> None:
    """Open sessions up to the limit that the token tells, at most 16."""
    info = bench.ffi.new("CK_TOKEN_INFO *")
    bench.demand("C_GetTokenInfo", bench.slot, info)
    limit = int(info.ulMaxSessionCount)
    wanted = 16 if limit in (C.CK_EFFECTIVELY_INFINITE, bench.module.unavailable) else min(16, limit)
    null = bench.ffi.NULL
    bench.session(rw=False)
    for opened in range(1, wanted):
        answer = bench.answer("C_OpenSession", bench.slot, C.CKF_SERIAL_SESSION, null, null, bench.ulong())
        bench.expect(
            answer == bench.OK,
            f"with {opened} sessions open C_OpenSession answered {answer}",
            f"已打开 {opened} 个会话时 C_OpenSession 返回 {answer}",
        )
    bench.observe("sessions", wanted)


@GROUP.check(
    11,
    "A session keeps its running operation apart from those of others",
    "各会话的运算状态互不影响",
    clause=Clause(PKCS11, "5.10", "B"),
    functions=("C_DigestInit", "C_DigestUpdate", "C_DigestFinal"),
    severity=Severity.RECOMMENDED,
)
def operations_apart(bench: P11Bench) -> None:
    """Digest two messages in two sessions by turns."""
    from hashlib import sha256

    bench.demand_mechanism(C.CKM_SHA256)
    parts = {bench.session().handle: [b"one", b"three"], bench.session().handle: [b"two", b"four"]}
    for handle in parts:
        bench.demand("C_DigestInit", handle, bench.mechanism(C.CKM_SHA256))
    for turn in range(2):
        for handle, pieces in parts.items():
            bench.demand("C_DigestUpdate", handle, bench.data(pieces[turn]), len(pieces[turn]))
    for handle, pieces in parts.items():
        bench.expect(
            bench.output("C_DigestFinal", handle) == sha256(b"".join(pieces)).digest(),
            "the digest of one session has data of another",
            "一个会话的摘要混入了另一会话的数据",
        )
