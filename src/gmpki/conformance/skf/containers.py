"""Containers: created, listed, opened, deleted; their names and their type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf import samples
from gmpki.errors import TokenError

if TYPE_CHECKING:
    from typing import Any

    from gmpki.conformance.skf.bench import SKFBench

__all__ = ["GROUP"]

GROUP = Group(Kind.SKF, "containers", "CON", Words("Containers", "容器"))

_WRITE: Final = (Permission.WRITE,)
_MAX_NAME_LEN: Final = 64
_DIGEST: Final = bytes(range(32))


def _create(bench: SKFBench, name: str) -> tuple[str, Any]:
    """Create a container as C does, to be deleted at the end of the check; return the answer and the cell."""
    bench.login()
    application = bench.raw(bench.application)
    cell = bench.ffi.new("HANDLE *")
    answer = bench.answer("SKF_CreateContainer", application, bench.text(name), cell)
    if answer == "SAR_OK":
        bench.later(samples.delete_container, bench, name)
    return answer, cell


def _round_trip(bench: SKFBench, name: str) -> None:
    """Create a container of this name, list it and open it by its name."""
    answer, _cell = _create(bench, name)
    bench.expect(answer == "SAR_OK", f"SKF_CreateContainer answered {answer}", f"SKF_CreateContainer 返回 {answer}")
    bench.expect(
        name in bench.skf.enum_container(bench.application),
        "the container is not listed by its name",
        "列表中没有该容器名",
    )
    bench.skf.close_container(bench.skf.open_container(bench.application, name))


# ---- making and finding ----------------------------------------------------------------------


@GROUP.check(
    1,
    "Each container is listed once",
    "每个容器恰好列出一次",
    clause=Clause(GMT_0016, "7.5.6"),
    functions=("SKF_CreateContainer", "SKF_EnumContainer"),
    needs=_WRITE,
)
def listed(bench: SKFBench) -> None:
    """Create two containers: the list has just these more than before."""
    with bench.scene():
        before = bench.skf.enum_container(bench.application)
    made = [bench.name_of(bench.new_container()) for _ in range(2)]
    after = bench.skf.enum_container(bench.application)
    bench.expect(
        sorted(after) == sorted([*before, *made]),
        f"after {len(made)} containers were created the list has {len(after)} names, not {len(before) + len(made)}, "
        "or others than theirs",
        f"创建 {len(made)} 个容器后列表有 {len(after)} 个名称，而不是 {len(before) + len(made)} 个，或名称不符",
    )


@GROUP.check(
    2,
    "A new container has the type 0, and the type 2 when it has an SM2 key pair",
    "新建容器类型为 0，生成 SM2 密钥对后类型为 2",
    clause=Clause(GMT_0016, "7.5.7"),
    functions=("SKF_CreateContainer", "SKF_GetContainerType", "SKF_GenECCKeyPair"),
    needs=_WRITE,
)
def container_type(bench: SKFBench) -> None:
    """Create a container, ask its type, make a key pair, ask again."""
    container = bench.new_container()
    empty = bench.skf.get_container_type(container)
    bench.expect(empty == 0, f"the type of an empty container is {empty}", f"空容器类型为 {empty}")
    with bench.scene():
        bench.skf.gen_ecc_key_pair(container)
    filled = bench.skf.get_container_type(container)
    named = {0: "empty", 1: "RSA"}.get(filled, "none of the standard's")
    bench.expect(
        filled == 2,
        f"the type of a container with an SM2 key pair is {filled} ({named}), not 2",
        f"含 SM2 密钥对的容器类型为 {filled}，而不是 2",
    )


@GROUP.check(
    3,
    "A container opened by its name is that container",
    "按名称打开的正是该容器",
    clause=Clause(GMT_0016, "7.5.4"),
    functions=("SKF_OpenContainer", "SKF_ExportPublicKey"),
    needs=_WRITE,
)
def opened(bench: SKFBench) -> None:
    """Make two containers with keys and open each by its name: each shows its own public key."""
    made = [bench.signing_container() for _ in range(2)]
    for container, point in made:
        again = bench.skf.open_container(bench.application, bench.name_of(container))
        seen = bench.skf.export_public_key(again, True)
        other = any(seen == different for _, different in made if different != point)
        bench.expect(
            seen == point,
            "the container has " + ("the public key of another container" if other else "another public key"),
            "该容器的公钥" + ("是另一个容器的" if other else "不同"),
        )
        bench.skf.close_container(again)


@GROUP.check(
    4,
    "A container that does not exist is neither opened nor deleted",
    "不存在的容器不能打开或删除",
    clause=Clause(GMT_0016, "7.5.4"),
    functions=("SKF_OpenContainer", "SKF_DeleteContainer"),
    needs=_WRITE,
)
def unknown_name(bench: SKFBench) -> None:
    """Open and delete a container that was never made, with the user logged in; tell the codes."""
    bench.login()
    application, name = bench.raw(bench.application), bench.text(bench.shared.new_name())
    bench.refuses(
        "a container that does not exist is opened",
        "打开了不存在的容器",
        "SKF_OpenContainer",
        application,
        name,
        bench.ffi.new("HANDLE *"),
    )
    bench.refuses(
        "deleting a container that does not exist is answered with SAR_OK",
        "删除不存在的容器返回 SAR_OK",
        "SKF_DeleteContainer",
        application,
        name,
    )


@GROUP.check(
    5,
    "Creating a container whose name is taken keeps the one that is there",
    "以已有名称创建容器不破坏原有容器",
    clause=Clause(GMT_0016, "7.5.2", "B"),
    functions=("SKF_CreateContainer",),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def same_name(bench: SKFBench) -> None:
    """Create a container twice; the edition of 2012 has no code for it, so tell which comes, and look at the keys."""
    container, point = bench.signing_container()
    name = bench.name_of(container)
    cell = bench.ffi.new("HANDLE *")
    answer = bench.answer("SKF_CreateContainer", bench.raw(bench.application), bench.text(name), cell)
    bench.observe("SKF_CreateContainer", answer)
    names = bench.skf.enum_container(bench.application)
    bench.expect(names.count(name) == 1, "the name is listed more than once", "该名称被列出多次")
    try:
        seen = bench.skf.export_public_key(bench.skf.open_container(bench.application, name), True)
    except TokenError:
        seen = b""
    bench.expect(seen == point, "the key pair of the first container is lost", "原容器的密钥对丢失")
    if answer == "SAR_OK":
        bench.deviate(
            "SKF_CreateContainer opens the container that is there",
            "SKF_CreateContainer 打开了已有的容器",
            "the client looks into the list before it creates a container",
            "客户端在创建前先查询容器列表",
        )


@GROUP.check(
    6,
    "A container without keys has no public key to export",
    "无密钥的容器不能导出公钥",
    clause=Clause(GMT_0016, "7.6.17"),
    functions=("SKF_ExportPublicKey",),
    needs=_WRITE,
)
def empty_container(bench: SKFBench) -> None:
    """Export both public keys of a new container."""
    container = bench.new_container()
    for signing in (1, 0):
        room, (_cell, length) = bench.buffer(512), bench.ulong(512)
        bench.refuses(
            "a public key is exported from a container without keys",
            "从无密钥的容器导出了公钥",
            "SKF_ExportPublicKey",
            bench.raw(container),
            signing,
            room.pointer,
            length,
        )


# ---- names -----------------------------------------------------------------------------------


@GROUP.check(
    10,
    "The name of a container may have 64 bytes",
    "容器名称长度可达 64 字节",
    clause=Clause(GMT_0016, "7.5.2"),
    functions=("SKF_CreateContainer", "SKF_EnumContainer", "SKF_OpenContainer"),
    needs=_WRITE,
)
def longest_name(bench: SKFBench) -> None:
    """Create a container with a name of 64 bytes, list it and open it."""
    _round_trip(bench, bench.shared.new_name().ljust(_MAX_NAME_LEN, "n"))


@GROUP.check(
    11,
    "The name of a container may be Chinese, in UTF-8",
    "容器名称可为 UTF-8 编码的中文",
    clause=Clause(GMT_0016, "table 1"),
    functions=("SKF_CreateContainer", "SKF_EnumContainer", "SKF_OpenContainer"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def chinese_name(bench: SKFBench) -> None:
    """Create a container with a Chinese name, list it and open it: text is UTF-8, but 7.5.2 wants ASCII here."""
    _round_trip(bench, f"检测{bench.shared.new_name()}")


@GROUP.check(
    12,
    "Containers whose names begin alike are different containers",
    "名称前缀相同的容器互不相同",
    clause=Clause(GMT_0016, "7.5.2", "B"),
    functions=("SKF_CreateContainer", "SKF_OpenContainer"),
    needs=_WRITE,
)
def similar_names(bench: SKFBench) -> None:
    """Make a container with a key pair and one whose name is longer by two bytes: the second is empty."""
    container, _point = bench.signing_container()
    longer = f"{bench.name_of(container)}-2"
    _round_trip(bench, longer)
    kind = bench.skf.get_container_type(bench.skf.open_container(bench.application, longer))
    bench.expect(kind == 0, "the container of the longer name is the other one", "较长名称打开的是另一个容器")
    bench.skf.delete_container(bench.application, longer)
    bench.expect(
        bench.name_of(container) in bench.skf.enum_container(bench.application),
        "deleting the container of the longer name deleted the other one",
        "删除较长名称的容器时删除了另一个容器",
    )


@GROUP.check(
    13,
    "What a name of 65 bytes, an empty name and another case are answered with",
    "65 字节名称、空名称及大小写不同名称的应答",
    clause=Clause(GMT_0016, "7.5.2", "B"),
    functions=("SKF_CreateContainer", "SKF_OpenContainer"),
    severity=Severity.INFORMATION,
    needs=_WRITE,
)
def odd_names(bench: SKFBench) -> None:
    """Create containers with a name that is too long and with none, and open one by its name in small letters."""
    long_name = bench.shared.new_name().ljust(_MAX_NAME_LEN + 1, "n")
    bench.observe("65 bytes", _create(bench, long_name)[0])
    bench.observe("empty", _create(bench, "")[0])
    name = bench.name_of(bench.new_container())
    cell = bench.ffi.new("HANDLE *")
    answer = bench.answer("SKF_OpenContainer", bench.raw(bench.application), bench.text(name.lower()), cell)
    bench.observe("small letters", answer)


# ---- deleting --------------------------------------------------------------------------------


@GROUP.check(
    20,
    "A deleted container is not listed and cannot be opened",
    "已删除的容器不再列出，也不能打开",
    clause=Clause(GMT_0016, "7.5.3"),
    functions=("SKF_DeleteContainer", "SKF_EnumContainer", "SKF_OpenContainer"),
    needs=_WRITE,
)
def deleted(bench: SKFBench) -> None:
    """Delete a container, look for it in the list, and open it."""
    name = bench.name_of(bench.new_container())
    bench.skf.delete_container(bench.application, name)
    bench.expect(
        name not in bench.skf.enum_container(bench.application), "the container is still listed", "该容器仍被列出"
    )
    bench.refuses(
        "a deleted container is opened",
        "打开了已删除的容器",
        "SKF_OpenContainer",
        bench.raw(bench.application),
        bench.text(name),
        bench.ffi.new("HANDLE *"),
    )


@GROUP.check(
    21,
    "Deleting a container destroys its keys and certificates",
    "删除容器同时销毁其密钥和证书",
    clause=Clause(GMT_0016, "7.5.3"),
    functions=("SKF_DeleteContainer", "SKF_CreateContainer", "SKF_ExportPublicKey", "SKF_ExportCertificate"),
    needs=_WRITE,
)
def keys_destroyed(bench: SKFBench) -> None:
    """Delete a container with both pairs and a certificate, and create one of the same name: it has nothing."""
    dual = bench.dual_container()
    name = bench.name_of(dual.container)
    with bench.scene():
        bench.skf.import_certificate(dual.container, True, samples.certificate(dual.signing_point))
        bench.skf.close_container(dual.container)
    bench.skf.delete_container(bench.application, name)
    answer, cell = _create(bench, name)
    bench.expect(answer == "SAR_OK", f"SKF_CreateContainer answered {answer}", f"SKF_CreateContainer 返回 {answer}")
    for what, function in (
        ("the signing key", "SKF_ExportPublicKey"),
        ("the encryption key", "SKF_ExportPublicKey"),
        ("the certificate", "SKF_ExportCertificate"),
    ):
        room, (_cell, length) = bench.buffer(4096), bench.ulong(4096)
        answer = bench.answer(function, cell[0], int(what != "the encryption key"), room.pointer, length)
        bench.expect(
            answer != "SAR_OK" or length[0] == 0,
            f"{what} of the deleted container is there again in a new one of the same name",
            "同名新容器中出现了已删除容器的密钥或证书",
        )


@GROUP.check(
    22,
    "A handle of a deleted container signs no more",
    "已删除容器的句柄不能再签名",
    clause=Clause(GMT_0016, "7.5.3"),
    functions=("SKF_DeleteContainer", "SKF_ECCSignData"),
    needs=_WRITE,
)
def stale_handle(bench: SKFBench) -> None:
    """Delete a container while a handle of it is open, and sign by that handle."""
    container, _point = bench.signing_container()
    bench.skf.delete_container(bench.application, bench.name_of(container))
    bench.refuses(
        "the key of a deleted container signs",
        "已删除容器的密钥仍可签名",
        "SKF_ECCSignData",
        bench.raw(container),
        bench.data(_DIGEST),
        len(_DIGEST),
        bench.ffi.new("ECCSIGNATUREBLOB *"),
    )


@GROUP.check(
    23,
    "Deleting one container leaves the others as they are",
    "删除一个容器不影响其他容器",
    clause=Clause(GMT_0016, "7.5.3"),
    functions=("SKF_DeleteContainer", "SKF_EnumContainer", "SKF_ECCSignData"),
    needs=_WRITE,
)
def others_stay(bench: SKFBench) -> None:
    """Make a container with keys and an empty one, delete this: the others are there, and the key signs."""
    keeper, point = bench.signing_container()
    gone = bench.name_of(bench.new_container())
    with bench.scene():
        others = set(bench.skf.enum_container(bench.application)) - {gone}
    bench.skf.delete_container(bench.application, gone)
    bench.expect(
        set(bench.skf.enum_container(bench.application)) == others,
        "another container than the one named was deleted",
        "删除了名称不同的另一个容器",
    )
    bench.expect(
        samples.holds(point, _DIGEST, bench.skf.ecc_sign_data(keeper, _DIGEST)),
        "the key of a container that was not deleted is another one now",
        "未被删除的容器的密钥改变",
    )


@GROUP.check(
    24,
    "Closing one of two handles of a container leaves the other usable",
    "关闭容器的一个句柄不影响另一个句柄",
    clause=Clause(GMT_0016, "7.5.5", "B"),
    functions=("SKF_OpenContainer", "SKF_CloseContainer", "SKF_ECCSignData"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def two_handles(bench: SKFBench) -> None:
    """Open a container a second time, close that handle, and sign by the first."""
    container, point = bench.signing_container()
    second = bench.skf.open_container(bench.application, bench.name_of(container))
    if second == container:
        bench.observe("handles", "the same for both")
        return
    bench.skf.close_container(second)
    bench.expect(
        samples.holds(point, _DIGEST, bench.skf.ecc_sign_data(container, _DIGEST)),
        "the signature does not hold",
        "签名无效",
    )
