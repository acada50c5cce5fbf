"""Checks of objects: made, found, read, changed, copied, destroyed; templates that contradict themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import PKCS11
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.tokens.pkcs11.attributes import as_text
from gmpki.tokens.pkcs11.header import C

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from gmpki.conformance.pkcs11.bench import OpenSession, P11Bench
    from gmpki.tokens.pkcs11.attributes import AttributeValue

__all__ = ["GROUP", "INVALID_OBJECT", "Asked", "creation"]

GROUP: Final = Group(Kind.PKCS11, "objects", "OBJ", Words("Objects", "对象"))

INVALID_OBJECT: Final = ("CKR_OBJECT_HANDLE_INVALID",)
"""What a call with the handle of an object that is gone answers."""

_WRITE: Final = (Permission.WRITE,)
_VALUE: Final = b"what the object holds"
_KEY: Final = bytes(range(16))


class Asked:
    """One call of C_GetAttributeValue for some attributes, each with memory of its own length.

    :ivar answer: the name of the answer.
    """

    def __init__(self, bench: P11Bench, session: OpenSession, handle: int, lengths: Mapping[int, int | None]) -> None:
        """Ask.

        :param lengths: of the memory for each attribute; None gives NULL.
        """
        self._array = bench.ffi.new("CK_ATTRIBUTE[]", len(lengths))
        self._unavailable = bench.module.unavailable
        self._memory = []
        for entry, (kind, length) in zip(self._array, lengths.items(), strict=True):
            memory = None if length is None else bench.buffer(length)
            self._memory.append(memory)
            entry.type = kind
            entry.pValue = bench.ffi.NULL if memory is None else memory.pointer
            entry.ulValueLen = length or 0
        self.answer = bench.answer("C_GetAttributeValue", session.handle, handle, self._array, len(lengths))

    def length(self, place: int) -> int | None:
        """Return the length that was written back; None for CK_UNAVAILABLE_INFORMATION."""
        length = int(self._array[place].ulValueLen)
        return None if length == self._unavailable else length

    def memory(self, place: int) -> Any:
        """Return the memory of an attribute."""
        return self._memory[place]


def creation(bench: P11Bench, session: OpenSession, attributes: Mapping[int, AttributeValue]) -> tuple[Any, ...]:
    """Return a call of C_CreateObject."""
    template = bench.template(attributes)
    return ("C_CreateObject", session.handle, template.array, template.count, bench.ulong())


@GROUP.check(
    1,
    "An object is found as it was made, and gone when it is destroyed",
    "对象可按创建时的属性找到，销毁后消失",
    clause=Clause(PKCS11, "5.7", "B"),
    functions=("C_CreateObject", "C_FindObjects", "C_GetAttributeValue", "C_DestroyObject"),
    needs=_WRITE,
)
def made_and_destroyed(bench: P11Bench) -> None:
    """Make a data object, find it by its label, read it; destroy it, look for it and use its handle."""
    session = bench.session()
    handle, name = bench.data_object(session, _VALUE)
    found = session.find({C.CKA_LABEL: name})
    bench.expect(found == (handle,), f"a search by its label finds {len(found)}", f"按标签找到 {len(found)} 个对象")
    values = session.attributes(handle, C.CKA_CLASS, C.CKA_VALUE, C.CKA_LABEL)
    bench.expect(
        values.get(C.CKA_VALUE) == _VALUE and as_text(values.get(C.CKA_LABEL)) == name,
        "its value or label is another one than given",
        "其值或标签与创建时不同",
    )
    bench.expect(
        not session.find({C.CKA_LABEL: f"{name}x"}), "a search by another label finds it", "按其他标签也能找到"
    )
    bench.demand("C_DestroyObject", session.handle, handle)
    bench.expect(not session.find({C.CKA_LABEL: name}), "it is found after it was destroyed", "销毁后仍能找到")
    bench.accepts(INVALID_OBJECT, "it is destroyed", "已销毁", "C_DestroyObject", session.handle, handle)


@GROUP.check(
    2,
    "C_GetAttributeValue tells lengths, and refuses too little room",
    "C_GetAttributeValue 报告长度并拒绝过小的缓冲区",
    clause=Clause(PKCS11, "5.7", "B"),
    functions=("C_GetAttributeValue",),
    needs=_WRITE,
)
def attribute_lengths(bench: P11Bench) -> None:
    """Ask for a value with NULL, with exactly its length, and with one byte less: CKR_BUFFER_TOO_SMALL and -1."""
    session = bench.session()
    handle, _ = bench.data_object(session, _VALUE)
    for room in (None, len(_VALUE)):
        asked = Asked(bench, session, handle, {C.CKA_VALUE: room})
        bench.expect(asked.answer == bench.OK, f"with room {room}: {asked.answer}", f"缓冲区 {room}：{asked.answer}")
        bench.expect(
            asked.length(0) == len(_VALUE),
            f"it tells the length {asked.length(0)}, not {len(_VALUE)}",
            f"所报长度为 {asked.length(0)}，应为 {len(_VALUE)}",
        )
    bench.expect(asked.memory(0).bytes() == _VALUE, "the value is another one", "值不正确")
    short = Asked(bench, session, handle, {C.CKA_VALUE: len(_VALUE) - 1})
    bench.expect(not short.memory(0).overrun, "it writes beyond the room that there is", "写出了缓冲区")
    bench.expect(
        short.answer == "CKR_BUFFER_TOO_SMALL" and short.length(0) is None,
        f"with one byte too little it answers {short.answer} and the length {short.length(0)}",
        f"缓冲区少一字节时返回 {short.answer}，长度 {short.length(0)}",
    )


@GROUP.check(
    3,
    "An attribute that an object does not have spoils no other",
    "不存在的属性不影响其他属性",
    clause=Clause(PKCS11, "5.7", "B"),
    functions=("C_GetAttributeValue",),
    needs=_WRITE,
)
def unknown_attribute(bench: P11Bench) -> None:
    """Ask a data object for CKA_MODULUS and its value: CKR_ATTRIBUTE_TYPE_INVALID, -1, and the value."""
    session = bench.session()
    handle, _ = bench.data_object(session, _VALUE)
    asked = Asked(bench, session, handle, {C.CKA_MODULUS: 64, C.CKA_VALUE: 64})
    bench.expect(
        asked.answer == "CKR_ATTRIBUTE_TYPE_INVALID" and asked.length(0) is None,
        f"asked for a modulus it answers {asked.answer} and the length {asked.length(0)}",
        f"查询模数时返回 {asked.answer}，长度 {asked.length(0)}",
    )
    bench.expect(
        asked.length(1) == len(_VALUE) and asked.memory(1).bytes(len(_VALUE)) == _VALUE,
        "the attribute that it has is not given beside the one that it has not",
        "未同时给出存在的属性",
    )


@GROUP.check(
    4,
    "Objects are found in pieces as at once",
    "分批查找与一次查找结果相同",
    clause=Clause(PKCS11, "5.7", "B"),
    functions=("C_FindObjectsInit", "C_FindObjects", "C_FindObjectsFinal"),
    needs=_WRITE,
)
def find_in_pieces(bench: P11Bench) -> None:
    """Make five objects with one label; search by pieces of two; nothing is left out or told twice, then nothing."""
    session = bench.session()
    first, name = bench.data_object(session)
    made = {first, *(bench.data_object(session, extra={C.CKA_LABEL: name})[0] for _ in range(4))}
    template = bench.template({C.CKA_LABEL: name})
    bench.demand("C_FindObjectsInit", session.handle, template.array, template.count)
    found: list[int] = []
    for _ in range(8):
        piece, count = bench.ffi.new("CK_OBJECT_HANDLE[]", 2), bench.ulong()
        bench.demand("C_FindObjects", session.handle, piece, 2, count)
        bench.expect(count[0] <= 2, f"asked for 2 it gives {count[0]}", f"请求 2 个却给出 {count[0]} 个")
        if count[0] == 0:
            break
        found.extend(piece[0 : count[0]])
    bench.demand("C_FindObjectsFinal", session.handle)
    bench.expect(
        sorted(found) == sorted(made),
        f"of 5 objects {len(set(found) & made)} are found, in {len(found)} answers",
        f"5 个对象中找到 {len(set(found) & made)} 个，共返回 {len(found)} 次",
    )


@GROUP.check(
    5,
    "A search is begun once and ended once",
    "查找只能开始一次、结束一次",
    clause=Clause(PKCS11, "5.7", "B"),
    functions=("C_FindObjectsInit", "C_FindObjects", "C_FindObjectsFinal"),
)
def search_states(bench: P11Bench) -> None:
    """Search and end without beginning: CKR_OPERATION_NOT_INITIALIZED; begin twice: CKR_OPERATION_ACTIVE."""
    session, null = bench.session(), bench.ffi.NULL
    piece, count = bench.ffi.new("CK_OBJECT_HANDLE[]", 2), bench.ulong()
    not_begun, begun = ("CKR_OPERATION_NOT_INITIALIZED",), ("CKR_OPERATION_ACTIVE",)
    words = ("no search was begun", "未开始查找")
    bench.accepts(not_begun, *words, "C_FindObjects", session.handle, piece, 2, count)
    bench.accepts(not_begun, *words, "C_FindObjectsFinal", session.handle)
    bench.demand("C_FindObjectsInit", session.handle, null, 0)
    bench.accepts(begun, "a search runs", "查找正在进行", "C_FindObjectsInit", session.handle, null, 0)
    bench.demand("C_FindObjectsFinal", session.handle)
    bench.accepts(not_begun, "the search has ended", "查找已结束", "C_FindObjects", session.handle, piece, 2, count)


@GROUP.check(
    6,
    "Private objects are not seen before the login",
    "登录前看不到私有对象",
    clause=Clause(PKCS11, "4.4, 5.7", "B"),
    functions=("C_CreateObject", "C_FindObjects", "C_Login", "C_Logout"),
    needs=_WRITE,
)
def private_objects(bench: P11Bench) -> None:
    """Make a private object of the token; look for it logged in, logged out, and logged in again; by handle too."""
    session, name = bench.user_session(), bench.token_name()
    extra: dict[int, AttributeValue] = {C.CKA_LABEL: name, C.CKA_TOKEN: True, C.CKA_PRIVATE: True}
    handle, _ = bench.data_object(session, _VALUE, extra)
    bench.expect(len(session.find({C.CKA_LABEL: name})) == 1, "the user does not find it", "用户找不到该对象")
    bench.demand("C_Logout", session.handle)
    bench.expect(
        not session.find({C.CKA_LABEL: name}), "nobody has logged in, and it is found", "未登录却能找到私有对象"
    )
    asked = Asked(bench, session, handle, {C.CKA_VALUE: 64})
    bench.expect(
        asked.answer != bench.OK and asked.memory(0).bytes(len(_VALUE)) != _VALUE,
        "nobody has logged in, and its value is read by the handle from before",
        "未登录却能用先前的句柄读出其值",
    )
    bench.accepts((bench.OK,), "the PIN is right", "PIN 正确", "C_Login", *_login(bench, session))
    bench.expect(len(session.find({C.CKA_LABEL: name})) == 1, "it is gone after a login", "再次登录后对象消失")


def _login(bench: P11Bench, session: OpenSession) -> tuple[Any, ...]:
    return (session.handle, C.CKU_USER, bench.data(bench.pins.user), len(bench.pins.user))


@GROUP.check(
    7,
    "Nobody makes a private object without logging in",
    "未登录不能创建私有对象",
    clause=Clause(PKCS11, "4.4, 5.7", "B"),
    functions=("C_CreateObject",),
    needs=_WRITE,
)
def private_without_login(bench: P11Bench) -> None:
    """Make a private object of the session with nobody logged in: CKR_USER_NOT_LOGGED_IN."""
    attributes: dict[int, AttributeValue] = {
        C.CKA_CLASS: C.CKO_DATA,
        C.CKA_TOKEN: False,
        C.CKA_PRIVATE: True,
        C.CKA_LABEL: bench.shared.new_name(),
    }
    allowed = ("CKR_USER_NOT_LOGGED_IN",)
    bench.accepts(allowed, "nobody has logged in", "尚未登录", *creation(bench, bench.session(), attributes))


@GROUP.check(
    8,
    "Private objects of a session end with the login",
    "注销时会话中的私有对象随之销毁",
    clause=Clause(PKCS11, "5.6", "B"),
    functions=("C_Logout", "C_GetAttributeValue"),
    needs=_WRITE,
)
def logout_ends_private(bench: P11Bench) -> None:
    """Make a private key of the session, log out and in again: neither its handle nor its label leads to it."""
    session, name = bench.user_session(), bench.shared.new_name()
    handle = bench.key(session, C.CKK_GENERIC_SECRET, _KEY, {C.CKA_LABEL: name})
    bench.demand("C_Logout", session.handle)
    bench.demand("C_Login", *_login(bench, session))
    bench.expect(not session.find({C.CKA_LABEL: name}), "the key is found after the logout", "注销后仍能找到密钥")
    asked = Asked(bench, session, handle, {C.CKA_KEY_TYPE: 8})
    bench.expect(
        asked.answer in INVALID_OBJECT,
        f"its handle from before the logout is answered {asked.answer}",
        f"注销前的句柄返回 {asked.answer}",
    )


@GROUP.check(
    9,
    "Objects of the token stay, also when the module is finalised",
    "令牌对象在模块终止后仍然存在",
    clause=Clause(PKCS11, "4.4", "B"),
    functions=("C_CreateObject", "C_CloseAllSessions", "C_FindObjects"),
    needs=_WRITE,
)
def token_objects_stay(bench: P11Bench) -> None:
    """Make an object of the token, close every session, log in anew, and read it."""
    session, name = bench.user_session(), bench.token_name()
    bench.data_object(session, _VALUE, {C.CKA_LABEL: name, C.CKA_TOKEN: True})
    bench.demand("C_CloseAllSessions", bench.slot)
    session = bench.session()
    found = session.find({C.CKA_LABEL: name})
    bench.expect(len(found) == 1, f"{len(found)} objects have its label", f"有 {len(found)} 个对象具有该标签")
    value = bench.value(session, found[0], C.CKA_VALUE)
    bench.expect(value == _VALUE, "its value is another one", "其值发生变化")


@GROUP.check(
    10,
    "Attributes are changed where they may be, and else not",
    "可修改的属性能修改，其余不能",
    clause=Clause(PKCS11, "4.1.2, 4.4", "B"),
    functions=("C_SetAttributeValue",),
    needs=_WRITE,
)
def changed_attributes(bench: P11Bench) -> None:
    """Change the label of an object, then its class; and the label of one with CKA_MODIFIABLE false."""
    session = bench.session()
    handle, name = bench.data_object(session)
    changed = bench.template({C.CKA_LABEL: f"{name}-2"})
    bench.demand("C_SetAttributeValue", session.handle, handle, changed.array, changed.count)
    label = as_text(bench.value(session, handle, C.CKA_LABEL))
    bench.expect(label == f"{name}-2", "the label is not what it was changed to", "标签未改为新值")
    fixed = bench.template({C.CKA_CLASS: C.CKO_SECRET_KEY})
    read_only = ("CKR_ATTRIBUTE_READ_ONLY", "CKR_ATTRIBUTE_TYPE_INVALID", "CKR_TEMPLATE_INCONSISTENT")
    arguments = (session.handle, handle, fixed.array, fixed.count)
    bench.accepts(read_only, "the class of an object stays", "对象类不可修改", "C_SetAttributeValue", *arguments)
    frozen, _ = bench.data_object(session, extra={C.CKA_MODIFIABLE: False})
    refused = ("CKR_ACTION_PROHIBITED", "CKR_ATTRIBUTE_READ_ONLY")
    arguments = (session.handle, frozen, changed.array, changed.count)
    bench.accepts(refused, "CKA_MODIFIABLE is false", "CKA_MODIFIABLE 为假", "C_SetAttributeValue", *arguments)


@GROUP.check(
    11,
    "A copy has what the original has, but for what was asked to differ",
    "副本除指定差异外与原对象一致",
    clause=Clause(PKCS11, "4.1.3", "B"),
    functions=("C_CopyObject",),
    needs=_WRITE,
)
def copies(bench: P11Bench) -> None:
    """Copy a data object with another label: the copy has the value, and the original its label."""
    session = bench.session()
    handle, name = bench.data_object(session, _VALUE)
    template, copied = bench.template({C.CKA_LABEL: f"{name}-copy"}), bench.ulong()
    bench.demand("C_CopyObject", session.handle, handle, template.array, template.count, copied)
    bench.expect(copied[0] != handle, "the copy has the original's handle", "副本与原对象句柄相同")
    values = session.attributes(int(copied[0]), C.CKA_VALUE, C.CKA_LABEL)
    bench.expect(
        values.get(C.CKA_VALUE) == _VALUE and as_text(values.get(C.CKA_LABEL)) == f"{name}-copy",
        "the copy has another value or label",
        "副本的值或标签不正确",
    )
    label = as_text(bench.value(session, handle, C.CKA_LABEL))
    bench.expect(label == name, "the original has another label now", "原对象的标签被改变")


@GROUP.check(
    12,
    "Templates that lack something are refused",
    "拒绝不完整的模板",
    clause=Clause(PKCS11, "4.1.1", "B"),
    functions=("C_CreateObject",),
    needs=_WRITE,
)
def incomplete_templates(bench: P11Bench) -> None:
    """Make an object without a class, and a secret key without a value: CKR_TEMPLATE_INCOMPLETE."""
    session, label = bench.user_session(), bench.shared.new_name()
    usual: dict[int, AttributeValue] = {C.CKA_TOKEN: False, C.CKA_LABEL: label}
    allowed = ("CKR_TEMPLATE_INCOMPLETE",)
    bench.accepts(allowed, "the template has no class", "模板没有对象类", *creation(bench, session, usual))
    key = {**usual, C.CKA_CLASS: C.CKO_SECRET_KEY, C.CKA_KEY_TYPE: C.CKK_GENERIC_SECRET}
    bench.accepts(allowed, "the key has no value", "密钥没有值", *creation(bench, session, key))


@GROUP.check(
    13,
    "Templates that contradict themselves or the interface are refused",
    "拒绝自相矛盾的模板",
    clause=Clause(PKCS11, "4.1.1", "B"),
    functions=("C_CreateObject",),
    needs=_WRITE,
)
def contradictory_templates(bench: P11Bench) -> None:
    """Make objects with an attribute of another class, one of a wrong length, and one that the token sets itself."""
    session, label = bench.user_session(), bench.shared.new_name()
    data: dict[int, AttributeValue] = {C.CKA_CLASS: C.CKO_DATA, C.CKA_TOKEN: False, C.CKA_LABEL: label}
    key: dict[int, AttributeValue] = {
        C.CKA_CLASS: C.CKO_SECRET_KEY,
        C.CKA_KEY_TYPE: C.CKK_GENERIC_SECRET,
        C.CKA_TOKEN: False,
        C.CKA_VALUE: _KEY,
        C.CKA_LABEL: label,
    }
    wrong = (
        "CKR_TEMPLATE_INCONSISTENT",
        "CKR_ATTRIBUTE_TYPE_INVALID",
        "CKR_ATTRIBUTE_VALUE_INVALID",
        "CKR_ATTRIBUTE_READ_ONLY",
    )
    for attributes, en, zh in (
        ({**data, C.CKA_MODULUS: b"\x03"}, "a data object has a modulus", "数据对象带有模数"),
        ({**data, C.CKA_PRIVATE: b"\0\0\0"}, "a truth value has 3 bytes", "布尔值长三字节"),
        ({**key, C.CKA_LOCAL: True}, "a key from outside says that it was made inside", "导入的密钥声称在内部生成"),
    ):
        bench.accepts(wrong, en, zh, *creation(bench, session, attributes))


@GROUP.check(
    14,
    "The handle of an object that never was is refused",
    "拒绝不存在的对象句柄",
    clause=Clause(PKCS11, "5.1.6", "B"),
    functions=("C_GetAttributeValue", "C_DestroyObject", "C_CopyObject", "C_SetAttributeValue"),
)
def unknown_object(bench: P11Bench) -> None:
    """Use the handles 0 and 0x7FFFFFF1: CKR_OBJECT_HANDLE_INVALID, and no crash."""
    session = bench.session()
    template = bench.template({C.CKA_LABEL: "nothing"})
    for handle in (C.CK_INVALID_HANDLE, 0x7FFFFFF1):
        for call in (
            ("C_GetAttributeValue", session.handle, handle, template.array, template.count),
            ("C_SetAttributeValue", session.handle, handle, template.array, template.count),
            ("C_CopyObject", session.handle, handle, template.array, template.count, bench.ulong()),
            ("C_DestroyObject", session.handle, handle),
        ):
            bench.accepts(INVALID_OBJECT, "there is no such object", "无此对象", *call)


@GROUP.check(
    15,
    "An object with CKA_DESTROYABLE false is not destroyed",
    "CKA_DESTROYABLE 为假的对象不能销毁",
    clause=Clause(PKCS11, "4.4", "B"),
    functions=("C_DestroyObject",),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def not_destroyable(bench: P11Bench) -> None:
    """Make such an object of the session and destroy it: CKR_ACTION_PROHIBITED; it ends with its session."""
    session, name = bench.session(), bench.shared.new_name()
    template = bench.template(
        {
            C.CKA_CLASS: C.CKO_DATA,
            C.CKA_TOKEN: False,
            C.CKA_PRIVATE: False,
            C.CKA_LABEL: name,
            C.CKA_DESTROYABLE: False,
        }
    )
    handle = bench.ulong()
    answer = bench.answer("C_CreateObject", session.handle, template.array, template.count, handle)
    if answer == "CKR_ATTRIBUTE_TYPE_INVALID":  # of before 2.40, which brought the attribute
        bench.unsupported("the token does not know CKA_DESTROYABLE", "令牌不支持 CKA_DESTROYABLE")
    bench.expect(answer == bench.OK, f"C_CreateObject answered {answer}", f"C_CreateObject 返回 {answer}")
    words = ("CKA_DESTROYABLE is false", "CKA_DESTROYABLE 为假")
    bench.accepts(("CKR_ACTION_PROHIBITED",), *words, "C_DestroyObject", session.handle, handle[0])
