"""Checks of what makes a token one: values of keys that do not come out, and flags that only go one way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import PKCS11
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.pkcs11.choices import key_generation, wrapping_cipher
from gmpki.conformance.pkcs11.objects import Asked
from gmpki.conformance.registry import Group
from gmpki.tokens.pkcs11.attributes import Mechanism, as_bool, as_number
from gmpki.tokens.pkcs11.header import C

if TYPE_CHECKING:
    from gmpki.conformance.pkcs11.bench import OpenSession, P11Bench
    from gmpki.tokens.pkcs11.attributes import AttributeValue

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.PKCS11, "secrets", "SEC", Words("What stays in the token", "密钥保护"))

_WRITE: Final = (Permission.WRITE,)
_KEY: Final = bytes(range(0x40, 0x50))
_GUARDED: Final = "CKA_SENSITIVE CKA_ALWAYS_SENSITIVE CKA_EXTRACTABLE CKA_NEVER_EXTRACTABLE CKA_LOCAL"


def _generic(bench: P11Bench, session: OpenSession, *, sensitive: bool, extractable: bool) -> int:
    """Make a generic secret of the session."""
    extra: dict[int, AttributeValue] = {C.CKA_SENSITIVE: sensitive, C.CKA_EXTRACTABLE: extractable}
    return bench.key(session, C.CKK_GENERIC_SECRET, _KEY, extra)


def _flags(bench: P11Bench, session: OpenSession, handle: int) -> dict[str, bool]:
    with bench.scene():
        values = session.attributes(handle, *(getattr(C, name) for name in _GUARDED.split()))
    return {name: as_bool(values.get(getattr(C, name))) for name in _GUARDED.split()}


def _expect_flags(bench: P11Bench, session: OpenSession, handle: int, expected: dict[str, bool]) -> None:
    found = _flags(bench, session, handle)
    wrong = [f"{name} {found[name]}" for name, value in expected.items() if found[name] != value]
    bench.expect(not wrong, f"wrong flags: {', '.join(wrong)}", f"标志不正确：{', '.join(wrong)}")


def _generated(bench: P11Bench, session: OpenSession, *, sensitive: bool, extractable: bool) -> tuple[int, int]:
    """Have the token make a secret key of the session; return its handle and the mechanism."""
    mechanism, length = key_generation(bench)
    attributes: dict[int, AttributeValue] = {
        C.CKA_TOKEN: False,
        C.CKA_PRIVATE: True,
        C.CKA_LABEL: bench.shared.new_name(),
        C.CKA_SENSITIVE: sensitive,
        C.CKA_EXTRACTABLE: extractable,
        **length,
    }
    with bench.scene():
        return session.generate_key(Mechanism(mechanism), attributes), mechanism


@GROUP.check(
    1,
    "The value of a sensitive key is not given out",
    "敏感密钥的值不可读出",
    clause=Clause(PKCS11, "4.10, 5.7", "B"),
    functions=("C_GetAttributeValue",),
    needs=_WRITE,
)
def sensitive_value(bench: P11Bench) -> None:
    """Ask a sensitive key for its value and its type: CKR_ATTRIBUTE_SENSITIVE, the length -1, and the type."""
    session = bench.user_session()
    handle = _generic(bench, session, sensitive=True, extractable=True)
    asked = Asked(bench, session, handle, {C.CKA_VALUE: 64, C.CKA_KEY_TYPE: 8})
    bench.expect(_KEY not in asked.memory(0).bytes(), "the value of a sensitive key came out", "敏感密钥的值被读出")
    bench.expect(
        asked.answer == "CKR_ATTRIBUTE_SENSITIVE" and asked.length(0) is None,
        f"asked for the value it answers {asked.answer} and the length {asked.length(0)}",
        f"查询密钥值时返回 {asked.answer}，长度 {asked.length(0)}",
    )
    kind = as_number(asked.memory(1).bytes(asked.length(1) or 0))
    bench.expect(kind == C.CKK_GENERIC_SECRET, "its type is not given beside it", "未同时给出密钥类型")


@GROUP.check(
    2,
    "The value of a key that is not extractable is not given out",
    "不可导出密钥的值不可读出",
    clause=Clause(PKCS11, "4.10, 5.7", "B"),
    functions=("C_GetAttributeValue",),
    needs=_WRITE,
)
def unextractable_value(bench: P11Bench) -> None:
    """Ask a key that is not sensitive and not extractable for its value: CKR_ATTRIBUTE_SENSITIVE."""
    session = bench.user_session()
    asked = Asked(bench, session, _generic(bench, session, sensitive=False, extractable=False), {C.CKA_VALUE: 64})
    bench.expect(
        asked.answer == "CKR_ATTRIBUTE_SENSITIVE" and _KEY not in asked.memory(0).bytes(),
        f"asked for its value it answers {asked.answer}",
        f"查询密钥值时返回 {asked.answer}",
    )


@GROUP.check(
    3,
    "What is sensitive stays so, and what is not extractable too",
    "敏感与不可导出标志不可撤销",
    clause=Clause(PKCS11, "4.10", "B"),
    functions=("C_SetAttributeValue",),
    needs=_WRITE,
)
def one_way(bench: P11Bench) -> None:
    """Set CKA_SENSITIVE of a sensitive key to false, and CKA_EXTRACTABLE of one that is not to true: refused."""
    session = bench.user_session()
    handle = _generic(bench, session, sensitive=True, extractable=False)
    for name, value in (("CKA_SENSITIVE", False), ("CKA_EXTRACTABLE", True)):
        template = bench.template({getattr(C, name): value})
        arguments = (session.handle, handle, template.array, template.count)
        bench.refuses(f"{name} was set to {value}", f"{name} 被改为 {value}", "C_SetAttributeValue", *arguments)
        _expect_flags(bench, session, handle, {name: not value})


@GROUP.check(
    4,
    "A copy is no less protected than its original",
    "副本的保护不低于原密钥",
    clause=Clause(PKCS11, "4.1.3", "B"),
    functions=("C_CopyObject",),
    needs=_WRITE,
)
def copy_protected(bench: P11Bench) -> None:
    """Copy a sensitive key as one that is not, and one that stays in as one that does not: refused."""
    session = bench.user_session()
    handle = _generic(bench, session, sensitive=True, extractable=False)
    for name, value in (("CKA_SENSITIVE", False), ("CKA_EXTRACTABLE", True)):
        template, copied = bench.template({getattr(C, name): value}), bench.ulong()
        arguments = (session.handle, handle, template.array, template.count, copied)
        bench.refuses(f"a copy was made with {name} {value}", f"副本的 {name} 为 {value}", "C_CopyObject", *arguments)


@GROUP.check(
    5,
    "A key that the token has made says so",
    "令牌生成的密钥带有相应标志",
    clause=Clause(PKCS11, "4.7, 4.10", "B"),
    functions=("C_GenerateKey", "C_GetAttributeValue"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def generated_flags(bench: P11Bench) -> None:
    """Make a key that stays in and one that does not; read CKA_LOCAL, the four flags, and the mechanism."""
    session = bench.user_session()
    for kept in (True, False):
        handle, mechanism = _generated(bench, session, sensitive=kept, extractable=not kept)
        expected = {
            "CKA_LOCAL": True,
            "CKA_SENSITIVE": kept,
            "CKA_ALWAYS_SENSITIVE": kept,
            "CKA_EXTRACTABLE": not kept,
            "CKA_NEVER_EXTRACTABLE": kept,
        }
        _expect_flags(bench, session, handle, expected)
        told = as_number(bench.value(session, handle, C.CKA_KEY_GEN_MECHANISM))
        bench.expect(
            told == mechanism,
            f"CKA_KEY_GEN_MECHANISM is {told}, not 0x{mechanism:X}",
            f"CKA_KEY_GEN_MECHANISM 为 {told}，应为 0x{mechanism:X}",
        )


@GROUP.check(
    6,
    "A key from outside does not say that it was never outside",
    "导入的密钥不得声称从未离开令牌",
    clause=Clause(PKCS11, "4.7, 4.10", "B"),
    functions=("C_CreateObject", "C_GetAttributeValue"),
    needs=_WRITE,
)
def imported_flags(bench: P11Bench) -> None:
    """Create a sensitive key that is not extractable: LOCAL, ALWAYS_SENSITIVE and NEVER_EXTRACTABLE are false."""
    session = bench.user_session()
    handle = _generic(bench, session, sensitive=True, extractable=False)
    names = ("CKA_LOCAL", "CKA_ALWAYS_SENSITIVE", "CKA_NEVER_EXTRACTABLE")
    _expect_flags(bench, session, handle, dict.fromkeys(names, False))


@GROUP.check(
    7,
    "A key that is not extractable is not wrapped",
    "不可导出密钥不能被包裹导出",
    clause=Clause(PKCS11, "5.14", "B"),
    functions=("C_WrapKey",),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def unextractable_wrapped(bench: P11Bench) -> None:
    """Wrap keys by a key of the session: one that is not extractable (CKR_KEY_UNEXTRACTABLE), and one that is."""
    session = bench.user_session()
    cipher = wrapping_cipher(bench)
    wrapping = bench.key(session, cipher.key_type, bytes(range(16)), {C.CKA_WRAP: True})
    kept = _generic(bench, session, sensitive=True, extractable=False)
    arguments = (session.handle, bench.mechanism(cipher.mechanism), wrapping)
    refused = ("CKR_KEY_UNEXTRACTABLE",)
    room, length = bench.buffer(256), bench.ulong(256)
    words = ("the key is not extractable", "密钥不可导出")
    bench.accepts(refused, *words, "C_WrapKey", *arguments, kept, room.pointer, length)
    free = _generic(bench, session, sensitive=True, extractable=True)
    bench.expect(_KEY not in bench.output("C_WrapKey", *arguments, free), "it was given out in clear", "密钥以明文导出")
