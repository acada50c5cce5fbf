"""Checks of what a module says of its slots, its tokens and their mechanisms: lists, texts, flags that agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import PKCS11, PKCS11_MECHANISMS
from gmpki.conformance.model import Clause, Kind, Severity, Words
from gmpki.conformance.pkcs11.general import blank_padded
from gmpki.conformance.registry import Group
from gmpki.tokens.pkcs11.header import C, name_of

if TYPE_CHECKING:
    from typing import Any

    from gmpki.conformance.pkcs11.bench import P11Bench

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.PKCS11, "slots", "SLT", Words("Slots, tokens, mechanisms", "槽、令牌、机制"))

_MAX_COUNT: Final = 4096
_NO_SLOT: Final = 0x7FFFFFF1
_NO_MECHANISM: Final = 0xFFFF0001  # of the vendors' range, given to nothing that is known

# What a mechanism of the standard is for (v2.40 current mechanisms, table 1), of those that many tokens have.
_PURPOSES: Final = {
    "CKM_RSA_PKCS_KEY_PAIR_GEN": "CKF_GENERATE_KEY_PAIR",
    "CKM_EC_KEY_PAIR_GEN": "CKF_GENERATE_KEY_PAIR",
    "CKM_AES_KEY_GEN": "CKF_GENERATE",
    "CKM_DES3_KEY_GEN": "CKF_GENERATE",
    "CKM_GENERIC_SECRET_KEY_GEN": "CKF_GENERATE",
    "CKM_RSA_PKCS": "CKF_SIGN",
    "CKM_SHA1_RSA_PKCS": "CKF_SIGN",
    "CKM_SHA256_RSA_PKCS": "CKF_SIGN",
    "CKM_SHA256_RSA_PKCS_PSS": "CKF_SIGN",
    "CKM_ECDSA": "CKF_SIGN",
    "CKM_SHA256_HMAC": "CKF_SIGN",
    "CKM_RSA_PKCS_OAEP": "CKF_DECRYPT",
    "CKM_AES_ECB": "CKF_ENCRYPT",
    "CKM_AES_CBC": "CKF_ENCRYPT",
    "CKM_AES_CBC_PAD": "CKF_ENCRYPT",
    "CKM_DES3_CBC": "CKF_ENCRYPT",
    "CKM_SHA_1": "CKF_DIGEST",
    "CKM_SHA256": "CKF_DIGEST",
    "CKM_SHA384": "CKF_DIGEST",
    "CKM_SHA512": "CKF_DIGEST",
}
_FUNCTIONS: Final = (
    "CKF_ENCRYPT",
    "CKF_DECRYPT",
    "CKF_DIGEST",
    "CKF_SIGN",
    "CKF_SIGN_RECOVER",
    "CKF_VERIFY",
    "CKF_VERIFY_RECOVER",
    "CKF_GENERATE",
    "CKF_GENERATE_KEY_PAIR",
    "CKF_WRAP",
    "CKF_UNWRAP",
    "CKF_DERIVE",
)


def _negotiated(bench: P11Bench, function: str, first: int) -> list[int]:
    """Get a list with the length that the function asks for, after it refused one place less.

    The count comes back each time, and nothing is written beyond the room that there is.
    """
    count = bench.ulong()
    bench.demand(function, first, bench.ffi.NULL, count)
    needed = int(count[0])
    bench.expect(0 < needed < _MAX_COUNT, f"{function} counts {needed} entries", f"{function} 报告 {needed} 项")
    size = bench.ffi.sizeof("CK_ULONG")
    for room, allowed in ((needed - 1, "CKR_BUFFER_TOO_SMALL"), (needed, "CKR_OK")):
        memory = bench.buffer(room * size)
        count[0] = room
        bench.accepts(
            (allowed,),
            f"with room for {room} of {needed} entries",
            f"可容纳 {needed} 项中的 {room} 项时",
            function,
            first,
            bench.ffi.cast("CK_ULONG *", memory.pointer),
            count,
        )
        bench.expect(
            not memory.overrun, f"{function} writes beyond the room for {room}", f"{function} 越过 {room} 项写入"
        )
        bench.expect(
            count[0] == needed,
            f"{function} gives back the count {count[0]}, not {needed}",
            f"{function} 写回的数目为 {count[0]}，应为 {needed}",
        )
    return list(bench.ffi.cast("CK_ULONG *", memory.pointer)[0:needed])


@GROUP.check(
    1,
    "C_GetSlotList says how many slots there are, and refuses too little room",
    "C_GetSlotList 报告槽数并拒绝过小的缓冲区",
    clause=Clause(PKCS11, "5.5", "B"),
    functions=("C_GetSlotList",),
)
def slot_list(bench: P11Bench) -> None:
    """Call with NULL, with one place less than needed, and with exactly as many."""
    _ = bench.slot
    found = _negotiated(bench, "C_GetSlotList", 1)
    bench.expect(len(set(found)) == len(found), "a slot is listed twice", "槽被重复列出")
    bench.expect(bench.slot in found, "the token's slot is not listed", "未列出令牌所在的槽")


@GROUP.check(
    2,
    "The slots with a token are among all slots, and say that it is there",
    "有令牌的槽属于全部槽，并标明令牌存在",
    clause=Clause(PKCS11, "5.5, 3.2", "B"),
    functions=("C_GetSlotList", "C_GetSlotInfo"),
)
def slots_with_token(bench: P11Bench) -> None:
    """List all slots and those with a token; each of these has CKF_TOKEN_PRESENT, and its texts are in order."""
    everything = bench.module.slots(with_token=False)
    with_token = bench.module.slots(with_token=True)
    bench.observe("slots", f"{len(with_token)} of {len(everything)}")
    stray = sorted(set(with_token) - set(everything))
    bench.expect(not stray, f"slots {stray} are listed with a token only", f"槽 {stray} 仅在有令牌的列表中")
    for slot in with_token:
        info = bench.ffi.new("CK_SLOT_INFO *")
        bench.demand("C_GetSlotInfo", slot, info)
        bench.expect(
            info.flags & C.CKF_TOKEN_PRESENT,
            f"slot {slot} is listed with a token and lacks CKF_TOKEN_PRESENT",
            f"槽 {slot} 被列为有令牌，却没有 CKF_TOKEN_PRESENT",
        )
        blank_padded(bench, info.slotDescription, "slotDescription")
        blank_padded(bench, info.manufacturerID, "manufacturerID")


@GROUP.check(
    3,
    "The texts of a token are filled up with blanks",
    "令牌信息的文本以空格填充",
    clause=Clause(PKCS11, "3.2", "B"),
    functions=("C_GetTokenInfo",),
)
def token_texts(bench: P11Bench) -> None:
    """Get what the token says of itself: no zero in its label, manufacturer, model and serial number."""
    info = _token_info(bench)
    for name in ("label", "manufacturerID", "model", "serialNumber"):
        blank_padded(bench, getattr(info, name), name)


def _token_info(bench: P11Bench) -> Any:
    info = bench.ffi.new("CK_TOKEN_INFO *")
    bench.demand("C_GetTokenInfo", bench.slot, info)
    return info


@GROUP.check(
    4,
    "What a token says of lengths, sessions and memory agrees with itself",
    "令牌所报的 PIN 长度、会话数和存储空间自洽",
    clause=Clause(PKCS11, "3.2", "B"),
    functions=("C_GetTokenInfo",),
)
def token_numbers(bench: P11Bench) -> None:
    """Compare what it says: the shortest PIN is not longer than the longest, what is used not more than there is."""
    info = _token_info(bench)
    unknown = bench.module.unavailable
    bench.observe("PIN", f"{info.ulMinPinLen} to {info.ulMaxPinLen} bytes")
    bench.expect(
        info.ulMinPinLen <= info.ulMaxPinLen,
        f"ulMinPinLen is {info.ulMinPinLen}, ulMaxPinLen {info.ulMaxPinLen}",
        f"ulMinPinLen 为 {info.ulMinPinLen}，ulMaxPinLen 为 {info.ulMaxPinLen}",
    )
    for used, most in (
        ("ulSessionCount", "ulMaxSessionCount"),
        ("ulRwSessionCount", "ulMaxRwSessionCount"),
        ("ulFreePublicMemory", "ulTotalPublicMemory"),
        ("ulFreePrivateMemory", "ulTotalPrivateMemory"),
    ):
        value, limit = int(getattr(info, used)), int(getattr(info, most))
        # For sessions 0 is CK_EFFECTIVELY_INFINITE.
        has_no_limit = unknown in (value, limit) or ("Session" in used and limit == C.CK_EFFECTIVELY_INFINITE)
        bench.expect(
            has_no_limit or value <= limit,
            f"{used} is {value}, {most} {limit}",
            f"{used} 为 {value}，{most} 为 {limit}",
        )


@GROUP.check(
    5,
    "The token counts sessions",
    "令牌正确统计会话数",
    clause=Clause(PKCS11, "3.2", "B"),
    functions=("C_GetTokenInfo", "C_OpenSession"),
)
def session_counts(bench: P11Bench) -> None:
    """Open a session that reads and one that writes: the counts go up by two and one, where they are told at all."""
    before = _token_info(bench)
    bench.session(rw=False)
    bench.session()
    after = _token_info(bench)
    for name, more in (("ulSessionCount", 2), ("ulRwSessionCount", 1)):
        first, then = int(getattr(before, name)), int(getattr(after, name))
        if bench.module.unavailable in (first, then):
            bench.observe(name, "not told")
            continue
        bench.expect(
            then == first + more,
            f"{name} went from {first} to {then}, not up by {more}",
            f"{name} 由 {first} 变为 {then}，应增加 {more}",
        )


@GROUP.check(
    6,
    "The flags of an initialised token say what it is",
    "已初始化令牌的标志与实际一致",
    clause=Clause(PKCS11, "3.2", "B"),
    functions=("C_GetTokenInfo", "C_GenerateRandom"),
)
def token_flags(bench: P11Bench) -> None:
    """CKF_TOKEN_INITIALIZED is set, and CKF_RNG just when C_GenerateRandom works."""
    flags = bench.token.flags
    names = [name for name in _TOKEN_FLAGS if flags & getattr(C, name)]
    bench.observe("flags", " ".join(names))
    bench.expect(
        flags & C.CKF_TOKEN_INITIALIZED,
        "the token is in use and lacks CKF_TOKEN_INITIALIZED",
        "令牌已在使用，却没有 CKF_TOKEN_INITIALIZED",
    )
    session, room = bench.session(), bench.buffer(16)
    answer = bench.answer("C_GenerateRandom", session.handle, room.pointer, 16)
    bench.expect(
        (answer == bench.OK) == bool(flags & C.CKF_RNG),
        f"CKF_RNG is {'set' if flags & C.CKF_RNG else 'not set'}, and C_GenerateRandom answers {answer}",
        f"CKF_RNG {'已' if flags & C.CKF_RNG else '未'}置位，而 C_GenerateRandom 返回 {answer}",
    )


_TOKEN_FLAGS: Final = (
    "CKF_RNG",
    "CKF_WRITE_PROTECTED",
    "CKF_LOGIN_REQUIRED",
    "CKF_USER_PIN_INITIALIZED",
    "CKF_PROTECTED_AUTHENTICATION_PATH",
    "CKF_DUAL_CRYPTO_OPERATIONS",
    "CKF_TOKEN_INITIALIZED",
    "CKF_ERROR_STATE",
)


@GROUP.check(
    7,
    "A slot that does not exist is refused",
    "拒绝不存在的槽",
    clause=Clause(PKCS11, "5.1.6", "B"),
    functions=("C_GetSlotInfo", "C_GetTokenInfo", "C_GetMechanismList", "C_OpenSession"),
)
def unknown_slot(bench: P11Bench) -> None:
    """Ask about the slot 0x7FFFFFF1: CKR_SLOT_ID_INVALID, and no session."""
    null = bench.ffi.NULL
    for call in (
        ("C_GetSlotInfo", _NO_SLOT, bench.ffi.new("CK_SLOT_INFO *")),
        ("C_GetTokenInfo", _NO_SLOT, bench.ffi.new("CK_TOKEN_INFO *")),
        ("C_GetMechanismList", _NO_SLOT, null, bench.ulong()),
        ("C_OpenSession", _NO_SLOT, C.CKF_SERIAL_SESSION, null, null, bench.ulong()),
    ):
        bench.accepts(("CKR_SLOT_ID_INVALID",), "the slot does not exist", "该槽不存在", *call)


@GROUP.check(
    8,
    "C_GetMechanismList says how many there are, and refuses too little room",
    "C_GetMechanismList 报告机制数并拒绝过小的缓冲区",
    clause=Clause(PKCS11, "5.5", "B"),
    functions=("C_GetMechanismList",),
)
def mechanism_list(bench: P11Bench) -> None:
    """Call with NULL, with one place less than needed, and with exactly as many; nothing is listed twice."""
    found = _negotiated(bench, "C_GetMechanismList", bench.slot)
    bench.observe("mechanisms", len(found))
    bench.expect(len(set(found)) == len(found), "a mechanism is listed twice", "机制被重复列出")


@GROUP.check(
    9,
    "Each mechanism that is listed is described",
    "所列每个机制都有说明",
    clause=Clause(PKCS11, "5.5", "B"),
    functions=("C_GetMechanismInfo",),
)
def mechanism_infos(bench: P11Bench) -> None:
    """Ask about each: at least one function, and the smallest key is not larger than the largest."""
    every = sum(getattr(C, name) for name in _FUNCTIONS)
    for number in bench.listed:
        shown = _mechanism_name(number)
        info = bench.ffi.new("CK_MECHANISM_INFO *")
        bench.demand("C_GetMechanismInfo", bench.slot, number, info)
        bench.expect(info.flags & every, f"{shown} is for nothing", f"{shown} 不支持任何功能")
        bench.expect(
            info.ulMinKeySize <= info.ulMaxKeySize,
            f"{shown}: ulMinKeySize is {info.ulMinKeySize}, ulMaxKeySize {info.ulMaxKeySize}",
            f"{shown}：ulMinKeySize 为 {info.ulMinKeySize}，ulMaxKeySize 为 {info.ulMaxKeySize}",
        )


def _mechanism_name(number: int) -> str:
    return name_of("CKM_", number) or f"0x{number:X}"


@GROUP.check(
    10,
    "A mechanism that is not listed is not described",
    "未列出的机制没有说明",
    clause=Clause(PKCS11, "5.5", "B"),
    functions=("C_GetMechanismInfo",),
)
def unknown_mechanism(bench: P11Bench) -> None:
    """Ask about a number that means nothing: CKR_MECHANISM_INVALID."""
    if _NO_MECHANISM in bench.listed:
        bench.not_run("the token lists the number that was to mean nothing", "令牌列出了本应无意义的编号")
    info = bench.ffi.new("CK_MECHANISM_INFO *")
    bench.accepts(
        ("CKR_MECHANISM_INVALID",),
        "the mechanism is not listed",
        "该机制未列出",
        "C_GetMechanismInfo",
        bench.slot,
        _NO_MECHANISM,
        info,
    )


@GROUP.check(
    11,
    "Mechanisms of the standard say that they do what they are for",
    "标准机制标明其用途",
    clause=Clause(PKCS11_MECHANISMS, "2", "B"),
    functions=("C_GetMechanismInfo",),
    severity=Severity.RECOMMENDED,
)
def mechanism_flags(bench: P11Bench) -> None:
    """Ask about the common mechanisms of the standard: SHA-256 digests, RSA key pair generation makes pairs."""
    purposes = {getattr(C, name): (name, flag) for name, flag in _PURPOSES.items()}
    known = [purposes[number] for number in bench.listed if number in purposes]
    if not known:
        bench.unsupported("the token lists no mechanism of the standard", "令牌未列出任何标准机制")
    for name, flag in known:
        info = bench.module.mechanism_info(bench.slot, getattr(C, name))
        bench.expect(info.flags & getattr(C, flag), f"{name} lacks {flag}", f"{name} 没有 {flag}")


@GROUP.check(
    12,
    "The token has a serial number that stays",
    "令牌有不变的序列号",
    clause=Clause(PKCS11, "3.2", "B"),
    functions=("C_GetTokenInfo",),
    severity=Severity.RECOMMENDED,
)
def serial_number(bench: P11Bench) -> None:
    """Ask twice: the serial number is not empty, the same, and no other token of the module has it with this label."""
    token = bench.token
    bench.expect(token.serial, "the serial number is empty", "序列号为空")
    bench.expect(bench.token.serial == token.serial, "the serial number changed", "序列号发生变化")
    others = [bench.module.token_info(slot) for slot in bench.module.slots() if slot != token.slot]
    bench.expect(
        all((other.serial, other.label) != (token.serial, token.label) for other in others),
        "another token has this serial number and label",
        "另一令牌具有相同的序列号和标签",
    )


@GROUP.check(
    13,
    "C_WaitForSlotEvent returns at once when it is asked not to wait",
    "C_WaitForSlotEvent 非阻塞时立即返回",
    clause=Clause(PKCS11, "5.5", "B"),
    functions=("C_WaitForSlotEvent",),
    severity=Severity.RECOMMENDED,
    timeout_s=20,
)
def slot_event(bench: P11Bench) -> None:
    """Call with CKF_DONT_BLOCK until nothing is left to tell: CKR_NO_EVENT after at most 16 events."""
    slot = bench.ulong()
    allowed = ("CKR_OK", "CKR_NO_EVENT")
    for _ in range(17):
        call = ("C_WaitForSlotEvent", C.CKF_DONT_BLOCK, slot, bench.ffi.NULL)
        if bench.accepts(allowed, "asked for an event without waiting", "非阻塞查询事件时", *call) == "CKR_NO_EVENT":
            return
    bench.fail("it tells events without end", "事件无穷无尽")
