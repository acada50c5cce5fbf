"""Handles: what is none, or none any more, is refused and crashes nothing (GM/T 0016-2012 5.2, annex A)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.any_call import CHANGING, call, functions_on, parameters
from gmpki.conformance.skf.known_keys import known_key
from gmpki.tokens.skf.structures import BlockCipherParam

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.conformance.skf.bench import SKFBench

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.SKF, "handles", "HND", Words("Handles", "句柄"))

_ERRORS: Final = Clause(GMT_0016, "annex A")
_WRITE: Final = (Permission.WRITE,)
# A driver that ignores the handle may act on whatever is open.
_EVERYTHING: Final = (Permission.WRITE, Permission.LOCK, Permission.INIT)

_INVALID: Final = ("SAR_INVALIDHANDLEERR", "SAR_INVALIDPARAMERR")
_OBJECTS: Final = ("key", "digest", "mac", "agreement", "closable")
_NAMES: Final = {
    "device": Words("devices", "设备"),
    "application": Words("applications", "应用"),
    "container": Words("containers", "容器"),
    "key": Words("session keys", "会话密钥"),
    "digest": Words("digests", "摘要"),
    "mac": Words("MACs", "MAC"),
    "agreement": Words("key agreement", "密钥协商"),
    "objects": Words("session keys, digests, MACs and agreements", "会话密钥、摘要、MAC 与密钥协商"),
}
_CLOSING: Final = {
    "device": ("SKF_DisConnectDev", "7.1.6"),
    "application": ("SKF_CloseApplication", "7.3.6"),
    "container": ("SKF_CloseContainer", "7.5.5"),
    "key": ("SKF_CloseHandle", "7.6.35"),
    "digest": ("SKF_CloseHandle", "7.6.35"),
    "mac": ("SKF_CloseHandle", "7.6.35"),
    "agreement": ("SKF_CloseHandle", "7.6.35"),
}
_SM4: Final = Words("SM4, and SKF_SetSymmKey or the permission to write", "支持 SM4，且有 SKF_SetSymmKey 或允许写入")
_PRECONDITION: Final = {
    "application": Words("an application", "有一个应用"),
    "key": _SM4,
    "mac": _SM4,
}


# ---- handles, open and closed --------------------------------------------------------------


def _opened(bench: SKFBench, kind: str) -> Any:
    """Return a new handle of a class as C has it, which is the caller's to close."""
    if kind == "device":
        return bench.raw(bench.skf.connect_dev(bench.device_name))
    if kind == "application":
        return bench.raw(bench.skf.open_application(bench.device, bench.application_name))
    if kind == "container":
        return bench.raw(bench.new_container())
    if kind == "key":
        return bench.raw(known_key(bench, "SGD_SM4_ECB", close=False))
    if kind == "digest":
        return bench.raw(bench.skf.digest_init(bench.device, bench.constant("SGD_SM3")))
    if kind == "mac":
        return bench.raw(bench.skf.mac_init(known_key(bench, "SGD_SM4_MAC"), BlockCipherParam(bytes(16))))
    container, _point = bench.signing_container()
    number = bench.constant("SGD_SM4_ECB")
    return bench.raw(bench.skf.generate_agreement_data_with_ecc(container, number, b"initiator")[1])


def _kept(bench: SKFBench, kind: str) -> Any:
    """Return a new handle that is closed at the end of the check."""
    with bench.scene():
        handle = _opened(bench, kind)
    bench.later(bench.answer, _CLOSING[kind][0], handle)
    return handle


def _closed(bench: SKFBench, kind: str) -> Any:
    """Return a handle that was opened and closed."""
    with bench.scene():
        handle = _opened(bench, kind)
    bench.demand(_CLOSING[kind][0], handle)
    return handle


def _refused(bench: SKFBench, functions: Iterable[str], handle: Any, what: Words) -> None:
    """Call functions with a handle that they have to refuse as such.

    :param what: what the handle is.
    """
    others: dict[str, str] = {}
    for function in functions:
        if not bench.has(function):
            continue
        answer = call(bench, function, {parameters(function)[0].name: handle})
        bench.expect(
            answer != "SAR_OK",
            f"{function} answers SAR_OK to {what.en}",
            f"{function} 对{what.zh}返回 SAR_OK",
        )
        if answer not in (*_INVALID, "SAR_NOTSUPPORTYETERR"):
            others[function] = answer
    if others:
        shown = ", ".join(f"{function}: {answer}" for function, answer in others.items())
        bench.deviate(
            f"{what.en} is refused by another code than {' or '.join(_INVALID)}: {shown}",
            f"{what.zh}被拒绝，但返回的不是 {' 或 '.join(_INVALID)}：{shown}",
            "take any code but SAR_OK for a refusal of the handle",
            "将 SAR_OK 以外的任何返回值视为拒绝该句柄",
        )


def _reading(kinds: Iterable[str]) -> tuple[str, ...]:
    return tuple(function for kind in kinds for function in functions_on(kind) if function not in CHANGING)


_EVERY_CHANGE: Final = tuple(
    function
    for kind in ("device", "application", "container")
    for function in functions_on(kind)
    if function in CHANGING
)
_GROUPED: Final = {
    "device": ("device",),
    "application": ("application",),
    "container": ("container",),
    "objects": _OBJECTS,
}


# ---- handles that never were ---------------------------------------------------------------


def _register_null(number: int, kind: str) -> None:
    functions = _reading(_GROUPED[kind])

    @GROUP.check(
        number,
        f"NULL is no handle for the functions of {_NAMES[kind].en}",
        f"{_NAMES[kind].zh}函数拒绝 NULL 句柄",
        clause=_ERRORS,
        functions=functions,
    )
    def null_handle(bench: SKFBench) -> None:
        """Call every function of the class that changes nothing with NULL for its handle."""
        _refused(bench, functions, bench.ffi.NULL, Words("NULL for a handle", "NULL 句柄"))


def _register_unknown(number: int, kind: str) -> None:
    functions = _reading(_GROUPED[kind])

    @GROUP.check(
        number,
        f"What the driver never gave out is no handle for the functions of {_NAMES[kind].en}",
        f"{_NAMES[kind].zh}函数拒绝从未发放过的句柄",
        clause=_ERRORS,
        functions=functions,
        severity=Severity.RECOMMENDED,
    )
    def unknown_handle(bench: SKFBench) -> None:
        """Call every such function with the address of memory that is there and holds zeros."""
        memory = bench.buffer(4096, 0)
        handle = bench.ffi.cast("HANDLE", memory.pointer)
        _refused(bench, functions, handle, Words("a handle that it never gave out", "从未发放过的句柄"))
        bench.expect(
            not memory.overrun and not any(memory.bytes()),
            "the driver writes to what such a handle points to",
            "驱动向该句柄所指的内存写入了数据",
        )


for _number, _kind in enumerate(_GROUPED, 1):
    _register_null(_number, _kind)
for _number, _kind in enumerate(_GROUPED, 11):
    _register_unknown(_number, _kind)


@GROUP.check(
    5,
    "NULL is no handle for the functions that change something",
    "会修改内容的函数拒绝 NULL 句柄",
    clause=_ERRORS,
    functions=_EVERY_CHANGE,
    needs=_EVERYTHING,
)
def null_handle_for_changes(bench: SKFBench) -> None:
    """Call every function that makes, deletes, writes or takes a PIN with NULL for its handle."""
    _refused(bench, _EVERY_CHANGE, bench.ffi.NULL, Words("NULL for a handle", "NULL 句柄"))


# ---- handles that are no more --------------------------------------------------------------


def _needs(kind: str) -> tuple[Permission, ...]:
    return _WRITE if kind in ("container", "agreement") else ()


def _register_closed(number: int, kind: str) -> None:
    functions = tuple(name for name in _reading((kind,)) if name != _CLOSING[kind][0])

    @GROUP.check(
        number,
        f"The functions of {_NAMES[kind].en} refuse a handle that was closed",
        f"{_NAMES[kind].zh}函数拒绝已关闭的句柄",
        clause=_ERRORS,
        functions=(_CLOSING[kind][0], *functions),
        needs=_needs(kind),
        precondition=_PRECONDITION.get(kind),
    )
    def closed_handle(bench: SKFBench) -> None:
        """Open, close, and call every function of the class that changes nothing with the old handle."""
        handle = _closed(bench, kind)
        _refused(bench, functions, handle, Words("a handle that was closed", "已关闭的句柄"))


def _register_double_close(number: int, kind: str) -> None:
    function, clause = _CLOSING[kind]

    @GROUP.check(
        number,
        f"Closing twice fails and harms nothing: {_NAMES[kind].en}",
        f"重复关闭失败且无害：{_NAMES[kind].zh}",
        clause=Clause(GMT_0016, clause),
        functions=(function,),
        needs=_needs(kind),
        precondition=_PRECONDITION.get(kind),
    )
    def double_close(bench: SKFBench) -> None:
        """Close a handle a second time; the driver still works afterwards."""
        handle = _closed(bench, kind)
        _refused(bench, (function,), handle, Words("a handle that was closed", "已关闭的句柄"))
        bench.skf.enum_application(bench.device)


def _register_reopened(number: int, kind: str) -> None:
    @GROUP.check(
        number,
        f"An old handle does not come back to life when the same is opened again: {_NAMES[kind].en}",
        f"重新打开同一对象后旧句柄不会复活：{_NAMES[kind].zh}",
        clause=_ERRORS,
        functions=(_CLOSING[kind][0],),
        needs=_needs(kind),
        precondition=_PRECONDITION.get(kind),
    )
    def reopened(bench: SKFBench) -> None:
        """Open, close, open: the first handle is refused, unless the driver gave out the same value again."""
        old = _closed(bench, kind)
        new = _kept(bench, kind)
        is_same = bool(old == new)
        bench.observe("the same value again", "yes" if is_same else "no")
        if not is_same:
            functions = tuple(name for name in _reading((kind,)) if name != _CLOSING[kind][0])
            _refused(bench, functions, old, Words("a handle from before", "先前的句柄"))


for _number, _kind in enumerate(_CLOSING, 21):
    _register_closed(_number, _kind)
for _number, _kind in enumerate(_CLOSING, 41):
    _register_double_close(_number, _kind)
for _number, _kind in enumerate(("device", "application", "digest"), 51):
    _register_reopened(_number, _kind)


# ---- handles of something else -------------------------------------------------------------


def _register_wrong(number: int, kind: str, others: tuple[str, ...]) -> None:
    functions = _reading((kind,))

    @GROUP.check(
        number,
        f"The functions of {_NAMES[kind].en} refuse handles of something else",
        f"{_NAMES[kind].zh}函数拒绝其他类别的句柄",
        clause=_ERRORS,
        functions=functions,
        precondition=_PRECONDITION.get("application" if "application" in others else kind),
    )
    def wrong_class(bench: SKFBench) -> None:
        """Call every function of the class that changes nothing with an open handle of another class."""
        for other in others:
            handle = _kept(bench, other)
            what = Words(f"a handle from {_NAMES[other].en}", f"{_NAMES[other].zh}的句柄")
            _refused(bench, functions, handle, what)


_register_wrong(31, "device", ("application", "digest"))
_register_wrong(32, "application", ("device", "digest"))
_register_wrong(33, "container", ("device", "application"))
_register_wrong(34, "key", ("digest", "device"))
_register_wrong(35, "digest", ("device", "key"))
_register_wrong(36, "mac", ("digest", "device"))
_register_wrong(37, "agreement", ("digest", "key"))


# ---- what goes with what -------------------------------------------------------------------


@GROUP.check(
    61,
    "SKF_DisConnectDev closes what was opened on the device",
    "SKF_DisConnectDev 关闭该设备上打开的一切",
    clause=Clause(GMT_0016, "7.1.6", "B"),
    functions=("SKF_DisConnectDev", "SKF_EnumContainer", "SKF_DigestUpdate", "SKF_EncryptInit"),
    severity=Severity.RECOMMENDED,
    precondition=Words("an application", "有一个应用"),
)
def disconnect_closes_all(bench: SKFBench) -> None:
    """Open an application, a session key and a digest, disconnect, connect again, and use the old handles."""
    kinds = ["application", "digest"]
    if Permission.WRITE in bench.shared.permissions:
        kinds.append("key")
    with bench.scene():
        handles = {kind: _opened(bench, kind) for kind in kinds}
    bench.reconnect()
    _ = bench.device
    for kind, handle in handles.items():
        what = Words(f"a handle from {_NAMES[kind].en} of before", f"断开之前{_NAMES[kind].zh}的句柄")
        _refused(bench, _reading((kind,)), handle, what)


@GROUP.check(
    62,
    "SKF_CloseApplication closes the containers that were opened in it",
    "SKF_CloseApplication 关闭在其中打开的容器",
    clause=Clause(GMT_0016, "7.3.6", "B"),
    functions=("SKF_CloseApplication", "SKF_GetContainerType"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def close_application_closes_containers(bench: SKFBench) -> None:
    """Open a container, close its application, and use the container's handle."""
    name = bench.name_of(bench.new_container())
    with bench.scene():
        application = bench.skf.open_application(bench.device, bench.application_name)
        container = bench.skf.open_container(application, name)
    bench.demand("SKF_CloseApplication", bench.raw(application))
    what = Words("a container of an application that was closed", "已关闭应用的容器")
    _refused(bench, _reading(("container",)), bench.raw(container), what)
