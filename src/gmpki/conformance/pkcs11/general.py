"""Checks of the module as a whole: initialised and finalised, its list of functions, its versions and interfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import PKCS11, PKCS11_V3
from gmpki.conformance.model import Clause, Kind, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.errors import TokenError
from gmpki.tokens.pkcs11.header import C

if TYPE_CHECKING:
    from typing import Any

    from gmpki.conformance.pkcs11.bench import P11Bench

__all__ = ["GROUP", "blank_padded", "initialize"]

GROUP: Final = Group(Kind.PKCS11, "general", "GEN", Words("The module", "模块"))

_NOT_INITIALIZED: Final = ("CKR_CRYPTOKI_NOT_INITIALIZED",)
_BAD: Final = ("CKR_ARGUMENTS_BAD",)


def blank_padded(bench: P11Bench, field: Any, name: str) -> None:
    """Fail unless a text field is filled up with blanks and does not end with zero.

    :param name: of the field.
    """
    content = bytes(bench.ffi.buffer(field))
    bench.expect(
        b"\0" not in content,
        f"{name} has zero bytes: a text of PKCS #11 is filled up with blanks",
        f"{name} 含零字节：PKCS #11 的文本字段以空格填充",
    )


@GROUP.check(
    1,
    "Every function of the list has an address",
    "函数列表中每个函数都有入口",
    clause=Clause(PKCS11, "3.6", "B"),
    functions=("C_GetFunctionList",),
)
def every_function(bench: P11Bench) -> None:
    """Read the list: version 2.x or 3.x, and no function is NULL; one that is not supported has to say so itself."""
    functions = bench.module.functions
    version = functions.version
    bench.observe("version", f"{version.major}.{version.minor}")
    bench.expect(
        version.major in (2, 3),
        f"the list of functions is of version {version.major}.{version.minor}",
        f"函数列表的版本为 {version.major}.{version.minor}",
    )
    names = [name for name, _ in bench.ffi.typeof("CK_FUNCTION_LIST").fields if name.startswith("C_")]
    missing = [name for name in names if getattr(functions, name) == bench.ffi.NULL]
    bench.expect(not missing, f"no address: {', '.join(missing)}", f"没有入口：{', '.join(missing)}")


@GROUP.check(
    2,
    "C_Initialize refuses a second time",
    "C_Initialize 拒绝重复初始化",
    clause=Clause(PKCS11, "5.4", "B"),
    functions=("C_Initialize",),
)
def initialized_twice(bench: P11Bench) -> None:
    """Call C_Initialize in a module that is initialised: CKR_CRYPTOKI_ALREADY_INITIALIZED."""
    bench.accepts(
        ("CKR_CRYPTOKI_ALREADY_INITIALIZED",),
        "the module was initialised already",
        "模块此前已初始化",
        "C_Initialize",
        bench.ffi.NULL,
    )


@GROUP.check(
    3,
    "After C_Finalize functions say that the module is not initialised",
    "C_Finalize 之后各函数报告未初始化",
    clause=Clause(PKCS11, "5.4", "B"),
    functions=("C_Initialize", "C_Finalize", "C_GetInfo", "C_GetSlotList", "C_OpenSession"),
)
def not_initialized(bench: P11Bench) -> None:
    """Finalise, call functions and finalise again: CKR_CRYPTOKI_NOT_INITIALIZED each time. Then initialise."""
    slot, null = bench.slot, bench.ffi.NULL
    calls: tuple[tuple[Any, ...], ...] = (
        ("C_GetInfo", bench.ffi.new("CK_INFO *")),
        ("C_GetSlotList", 0, null, bench.ulong()),
        ("C_OpenSession", slot, C.CKF_SERIAL_SESSION, null, null, bench.ulong()),
        ("C_Finalize", null),
    )
    bench.later(initialize, bench)
    bench.demand("C_Finalize", null)
    for call in calls:
        bench.accepts(_NOT_INITIALIZED, "the module is not initialised", "模块未初始化", *call)


def initialize(bench: P11Bench) -> str:
    """Initialise the module for several threads, or for one where it refuses; return what it said of several."""
    arguments = bench.ffi.new("CK_C_INITIALIZE_ARGS *", {"flags": C.CKF_OS_LOCKING_OK})
    answer = bench.answer("C_Initialize", arguments)
    if answer not in (bench.OK, "CKR_CRYPTOKI_ALREADY_INITIALIZED"):
        bench.answer("C_Initialize", bench.ffi.NULL)
    bench.shared.restarted()
    return answer


@GROUP.check(
    4,
    "C_GetFunctionList works before C_Initialize",
    "C_GetFunctionList 可在 C_Initialize 之前调用",
    clause=Clause(PKCS11, "5.4", "B"),
    functions=("C_GetFunctionList",),
)
def list_before(bench: P11Bench) -> None:
    """Finalise, and get the list of functions: CKR_OK, with the functions that it had before."""
    bench.later(initialize, bench)
    bench.demand("C_Finalize", bench.ffi.NULL)
    cell = bench.ffi.new("CK_FUNCTION_LIST **")
    bench.demand("C_GetFunctionList", cell)
    bench.expect(
        cell[0] != bench.ffi.NULL and cell[0].C_Initialize == bench.module.functions.C_Initialize,
        "the list is another one now",
        "函数列表已改变",
    )


@GROUP.check(
    5,
    "C_Finalize ends every session",
    "C_Finalize 结束所有会话",
    clause=Clause(PKCS11, "5.4", "B"),
    functions=("C_Finalize", "C_Initialize", "C_GetSessionInfo"),
)
def finalize_ends_sessions(bench: P11Bench) -> None:
    """Open a session, finalise, initialise: the handle leads nowhere."""
    session = bench.session()
    bench.demand("C_Finalize", bench.ffi.NULL)
    initialize(bench)
    bench.accepts(
        ("CKR_SESSION_HANDLE_INVALID", "CKR_SESSION_CLOSED"),
        "the module was finalised since the session was opened",
        "打开会话之后模块已被终止",
        "C_GetSessionInfo",
        session.handle,
        bench.ffi.new("CK_SESSION_INFO *"),
    )


@GROUP.check(
    6,
    "C_Initialize takes no arguments, and the locking of the system",
    "C_Initialize 接受空参数和操作系统锁",
    clause=Clause(PKCS11, "5.4", "B"),
    functions=("C_Initialize", "C_Finalize"),
)
def ways_to_initialize(bench: P11Bench) -> None:
    """Initialise with NULL, and with CKF_OS_LOCKING_OK, which may be refused by CKR_CANT_LOCK only."""
    bench.later(initialize, bench)
    null = bench.ffi.NULL
    bench.demand("C_Finalize", null)
    bench.demand("C_Initialize", null)
    bench.demand("C_Finalize", null)
    arguments = bench.ffi.new("CK_C_INITIALIZE_ARGS *", {"flags": C.CKF_OS_LOCKING_OK})
    allowed = ("CKR_OK", "CKR_CANT_LOCK")
    bench.accepts(allowed, "CKF_OS_LOCKING_OK is refused", "拒绝 CKF_OS_LOCKING_OK", "C_Initialize", arguments)


@GROUP.check(
    7,
    "C_Initialize refuses arguments that cannot be",
    "C_Initialize 拒绝不合法的参数",
    clause=Clause(PKCS11, "5.4", "B"),
    functions=("C_Initialize",),
    severity=Severity.RECOMMENDED,
)
def bad_arguments(bench: P11Bench) -> None:
    """Initialise with a pReserved, then with one mutex function of four: CKR_ARGUMENTS_BAD."""
    bench.later(initialize, bench)
    bench.demand("C_Finalize", bench.ffi.NULL)
    reserved = bench.ffi.new("CK_C_INITIALIZE_ARGS *", {"flags": C.CKF_OS_LOCKING_OK})
    reserved.pReserved = bench.ffi.cast("void *", reserved)
    bench.accepts(_BAD, "pReserved is not NULL", "pReserved 不为 NULL", "C_Initialize", reserved)
    lock = bench.ffi.callback("CK_FN_LOCKMUTEX", lambda _: C.CKR_OK)
    one = bench.ffi.new("CK_C_INITIALIZE_ARGS *", {"LockMutex": lock})
    bench.accepts(_BAD, "one mutex function of four is given", "四个互斥函数只给出一个", "C_Initialize", one)


@GROUP.check(
    8,
    "C_Finalize refuses an argument",
    "C_Finalize 拒绝非空参数",
    clause=Clause(PKCS11, "5.4", "B"),
    functions=("C_Finalize",),
    severity=Severity.RECOMMENDED,
)
def finalize_argument(bench: P11Bench) -> None:
    """Finalise with a pReserved that is not NULL: CKR_ARGUMENTS_BAD, and the module goes on."""
    bench.later(initialize, bench)
    reserved = bench.ffi.new("int *")
    bench.accepts(_BAD, "pReserved is not NULL", "pReserved 不为 NULL", "C_Finalize", reserved)
    bench.demand("C_GetInfo", bench.ffi.new("CK_INFO *"))


@GROUP.check(
    9,
    "C_GetInfo tells the version of the list, and texts filled up with blanks",
    "C_GetInfo 的版本与函数列表一致，文本以空格填充",
    clause=Clause(PKCS11, "3.1", "B"),
    functions=("C_GetInfo",),
)
def module_info(bench: P11Bench) -> None:
    """Get the information: a version not below that of the list, no zero in a text, no flag."""
    info = bench.ffi.new("CK_INFO *")
    bench.demand("C_GetInfo", info)
    told = (info.cryptokiVersion.major, info.cryptokiVersion.minor)
    listed = (bench.module.functions.version.major, bench.module.functions.version.minor)
    bench.observe("cryptokiVersion", f"{told[0]}.{told[1]}")
    # From 3.0 on C_GetFunctionList gives the list of 2.40 (v3.0 5.4.4), and C_GetInfo speaks of the module.
    bench.expect(
        told == listed or (told[0] >= 3 and listed[0] in (2, told[0])),
        f"C_GetInfo tells version {told}, the list of functions {listed}",
        f"C_GetInfo 报告版本 {told}，函数列表为 {listed}",
    )
    blank_padded(bench, info.manufacturerID, "manufacturerID")
    blank_padded(bench, info.libraryDescription, "libraryDescription")
    bench.expect(info.flags == 0, f"flags is {info.flags}, not 0", f"flags 为 {info.flags}，应为 0")


@GROUP.check(
    10,
    "The functions of older versions answer that nothing runs in parallel",
    "旧版函数报告没有并行操作",
    clause=Clause(PKCS11, "5.16", "B"),
    functions=("C_GetFunctionStatus", "C_CancelFunction"),
)
def not_parallel(bench: P11Bench) -> None:
    """Call C_GetFunctionStatus and C_CancelFunction: CKR_FUNCTION_NOT_PARALLEL."""
    session = bench.session()
    for function in ("C_GetFunctionStatus", "C_CancelFunction"):
        allowed = ("CKR_FUNCTION_NOT_PARALLEL",)
        bench.accepts(allowed, "nothing runs in parallel", "不存在并行操作", function, session.handle)


@GROUP.check(
    11,
    "A pointer that is NULL is refused",
    "拒绝空指针",
    clause=Clause(PKCS11, "5.1.6", "B"),
    functions=("C_GetInfo", "C_GetSlotList", "C_GetTokenInfo", "C_OpenSession", "C_GetSessionInfo"),
    severity=Severity.RECOMMENDED,
)
def null_pointers(bench: P11Bench) -> None:
    """Give NULL where an output goes: an answer other than CKR_OK, and no crash."""
    null, slot, session = bench.ffi.NULL, bench.slot, bench.session()
    for call in (
        ("C_GetInfo", null),
        ("C_GetSlotList", 1, null, null),
        ("C_GetTokenInfo", slot, null),
        ("C_GetMechanismList", slot, null, null),
        ("C_OpenSession", slot, C.CKF_SERIAL_SESSION, null, null, null),
        ("C_GetSessionInfo", session.handle, null),
    ):
        bench.refuses(f"{call[0]} takes NULL for its output", f"{call[0]} 接受空的输出指针", *call)


@GROUP.check(
    12,
    "The interface of version 3.0 is listed, and is the default one",
    "列出 3.0 版接口并作为默认接口",
    clause=Clause(PKCS11_V3, "5.4.5, 5.4.6", "B"),
    functions=("C_GetInterfaceList", "C_GetInterface"),
    severity=Severity.RECOMMENDED,
    precondition=Words("the module says that it is of version 3.0 or later", "模块声明为 3.0 或更高版本"),
)
def interfaces(bench: P11Bench) -> None:
    """List the interfaces: "PKCS 11" of version 3 is among them; C_GetInterface finds it by its name."""
    info = bench.ffi.new("CK_INFO *")
    bench.demand("C_GetInfo", info)
    if info.cryptokiVersion.major < 3:
        bench.unsupported("the module is of version 2", "模块为 2.x 版")
    count = bench.ulong()
    _call(bench, "C_GetInterfaceList", bench.ffi.NULL, count)
    bench.expect(0 < count[0] < 100, f"it lists {count[0]} interfaces", f"列出 {count[0]} 个接口")
    array = bench.ffi.new("CK_INTERFACE[]", int(count[0]))
    _call(bench, "C_GetInterfaceList", array, count)
    found = {(_name(bench, entry), _major(bench, entry)) for entry in array}
    bench.observe("interfaces", ", ".join(f"{name} {major}" for name, major in sorted(found)))
    bench.expect(("PKCS 11", 3) in found, "no interface 'PKCS 11' of version 3", "没有 3 版的 'PKCS 11' 接口")
    cell = bench.ffi.new("CK_INTERFACE **")
    name = bench.ffi.new("CK_UTF8CHAR[]", b"PKCS 11\0")
    _call(bench, "C_GetInterface", name, bench.ffi.NULL, cell, 0)
    bench.expect(
        cell[0] != bench.ffi.NULL and _name(bench, cell[0]) == "PKCS 11",
        "C_GetInterface gives another interface than asked for",
        "C_GetInterface 给出的接口与所请求的不符",
    )


def _call(bench: P11Bench, function: str, *arguments: Any) -> None:
    """Call a function that the module's file shows beside its list."""
    try:
        pointer = getattr(bench.module.library, function)
    except AttributeError:
        bench.fail(f"the module does not show {function}", f"模块未导出 {function}")
    code = bench.module.answer_at(pointer, function, *arguments)
    if code != C.CKR_OK:
        raise TokenError("the module refused", function=function, code=code)


def _name(bench: P11Bench, entry: Any) -> str:
    return str(bench.ffi.string(entry.pInterfaceName, 64).decode("ascii", "replace"))


def _major(bench: P11Bench, entry: Any) -> int:
    """Return the version with which every list of functions begins."""
    return int(bench.ffi.cast("CK_VERSION *", entry.pFunctionList).major)
