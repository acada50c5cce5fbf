"""Applications and containers: names, numbers, and who may make them (GM/T 0016-2012 5.2, by GM/T 0017-2012)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0016, GMT_0017
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group

if TYPE_CHECKING:
    from gmpki.conformance.pcsc.bench import PCSCBench

__all__ = ["GROUP"]

_MODEL: Final = Clause(GMT_0016, "5.2", "B")
_COMMANDS: Final = Clause(GMT_0017, "9", "C")
_INIT: Final = (Permission.INIT,)
_WRITE: Final = (Permission.WRITE,)
_NOT_FOUND: Final = (0x6A82, 0x6A83, 0x6A88)
_EXISTS: Final = (0x6A89, 0x6A8A)
_LOGIN: Final = (0x6982, 0x6985)
_NO_NUMBER: Final = b"\xff\xfe"
_LENGTHS: Final = (10, 16, 32)

GROUP: Final = Group(Kind.PCSC, "containers", "CON", Words("Applications and containers", "应用与容器"))


# ---- applications ------------------------------------------------------------------------
@GROUP.check(
    1,
    "An application that does not exist is not opened",
    "不存在的应用不能打开",
    clause=_COMMANDS,
    functions=("OpenApplication",),
    severity=Severity.RECOMMENDED,
)
def unknown_application(bench: PCSCBench) -> None:
    """Open a name that nobody has: 6A82 or the like."""
    name = bench.shared.new_name().encode()
    status = bench.refuses("a name that nobody has is opened", "打开了不存在的应用", "OpenApplication", name, le=10)
    bench.expect_word(status, _NOT_FOUND, "a name that nobody has")


@GROUP.check(
    2,
    "A number that the card did not give is refused",
    "未分配的应用标识被拒绝",
    clause=_COMMANDS,
    functions=("GetPINInfo", "EnumContainer", "EnumFiles"),
    severity=Severity.RECOMMENDED,
)
def unknown_number(bench: PCSCBench) -> None:
    """Use the number FFFE for an application that nobody opened."""
    for name, p2 in (("GetPINInfo", 1), ("EnumContainer", 0), ("EnumFiles", 0)):
        en, zh = f"{name} takes a number of no application", f"{name} 接受了未分配的应用标识"
        bench.refuses(en, zh, name, _NO_NUMBER, p2=p2, le=-1)


@GROUP.check(
    3,
    "The number of a closed application is worth nothing",
    "应用关闭后标识失效",
    clause=_COMMANDS,
    functions=("OpenApplication", "CloseApplication", "EnumContainer"),
    severity=Severity.RECOMMENDED,
    needs=_INIT,
)
def closed_application(bench: PCSCBench) -> None:
    """Close an application, and list containers by its number."""
    number = bench.number_of(bench.opened(bench.new_application()))
    bench.call("CloseApplication", number)
    bench.refuses("the number still works", "关闭后标识仍有效", "EnumContainer", number, le=-1)


@GROUP.check(
    4,
    "An application is listed from its creation to its deletion",
    "应用从创建到删除均列出",
    clause=_MODEL,
    functions=("CreateApplication", "EnumApplication", "DeleteApplication"),
    severity=Severity.RECOMMENDED,
    needs=_INIT,
)
def application_is_listed(bench: PCSCBench) -> None:
    """Create two, list them, delete one, list again, and open it in vain."""
    kept, gone = bench.new_application(), bench.new_application()
    listed = bench.device.applications()
    bench.expect({kept.name, gone.name} <= set(listed), "an application is not listed", "创建的应用未列出")
    bench.call("DeleteApplication", gone.name.encode())
    listed = bench.device.applications()
    bench.expect(gone.name not in listed, "a deleted application is listed", "删除的应用仍列出")
    bench.expect(kept.name in listed, "another application went with it", "其他应用一并消失")
    name = gone.name.encode()
    bench.refuses("a deleted application is opened", "删除的应用可以打开", "OpenApplication", name, le=10)


@GROUP.check(
    5,
    "Open applications have numbers of their own",
    "同时打开的应用标识不同",
    clause=_COMMANDS,
    functions=("OpenApplication", "EnumContainer", "CreateContainer"),
    severity=Severity.RECOMMENDED,
    needs=_INIT,
)
def numbers_differ(bench: PCSCBench) -> None:
    """Open two, create a container in one, and find it there only."""
    one, other = bench.new_application(), bench.new_application()
    first, second = bench.opened(one), bench.opened(other)
    with bench.scene():
        first.login(one.pins.user)
        name = bench.shared.new_name()
        first.create_container(name)
    same = bench.number_of(first) == bench.number_of(second)
    bench.expect(not same, "both have one number", "两个应用标识相同")
    bench.expect(name in first.containers(), "the container is not where it was created", "容器不在创建它的应用中")
    bench.expect(name not in second.containers(), "the container is in both", "容器出现在两个应用中")


# ---- containers --------------------------------------------------------------------------
@GROUP.check(
    6,
    "A container is listed from its creation to its deletion",
    "容器从创建到删除均列出",
    clause=_MODEL,
    functions=("CreateContainer", "EnumContainer", "DeleteContainer", "OpenContainer"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def container_is_listed(bench: PCSCBench) -> None:
    """Create containers with names of 10, 16 and 32 bytes, list them, delete them, and open one in vain."""
    bench.login()
    application = bench.application
    before = application.containers()
    for length in _LENGTHS:
        name = (bench.shared.new_name() * 3)[:length]
        bench.later(application.delete_container, name)
        application.create_container(name)
        found = application.containers()
        bench.expect(
            name in found and len(found) == len(before) + 1,
            f"a container of a name of {length} bytes is not listed by it",
            f"名称为 {length} 字节的容器未按原名列出",
        )
        application.delete_container(name)
        bench.expect(application.containers() == before, "a deleted container is listed", "删除的容器仍列出")
        data = bench.number_of(application) + name.encode()
        bench.refuses("a deleted container is opened", "删除的容器可以打开", "OpenContainer", data, le=2)


@GROUP.check(
    7,
    "A name is that of one container",
    "同名容器不能重复创建",
    clause=_MODEL,
    functions=("CreateContainer", "EnumContainer"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def same_name(bench: PCSCBench) -> None:
    """Create a container of a name that is there: it is refused, and the pair in it is left."""
    container, key = bench.signing_container()
    data = bench.number_of(bench.application) + container.name.encode()
    status = bench.refuses("a second container has the name", "创建了同名容器", "CreateContainer", data, le=2)
    bench.expect(container.public_key() == key, "the pair of the first is gone", "原容器中的密钥对丢失")
    bench.expect_word(status, _EXISTS, "a name that is taken")


@GROUP.check(
    8,
    "Nobody makes or deletes containers without login",
    "未登录不能创建或删除容器",
    clause=Clause(GMT_0016, "8.2.2", "B"),
    functions=("CreateContainer", "DeleteContainer"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def containers_need_login(bench: PCSCBench) -> None:
    """Create a container, log out, and try to create another and to delete the first."""
    container = bench.new_container()
    bench.logout()
    number, name = bench.number_of(bench.application), bench.shared.new_name()
    bench.later(_delete_anyway, bench, name)
    created = bench.refuses(
        "anybody creates containers", "任何人都可创建容器", "CreateContainer", number + name.encode(), le=2
    )
    deleted = bench.refuses(
        "anybody deletes containers", "任何人都可删除容器", "DeleteContainer", number + container.name.encode()
    )
    for status in (created, deleted):
        bench.expect_word(status, _LOGIN, "a command without login")


def _delete_anyway(bench: PCSCBench, name: str) -> None:
    """Delete a container that ought not to be there."""
    if name in bench.application.containers():
        bench.login()
        bench.application.delete_container(name)


@GROUP.check(
    9,
    "A container that does not exist is not opened",
    "不存在的容器不能打开",
    clause=_COMMANDS,
    functions=("OpenContainer",),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def unknown_container(bench: PCSCBench) -> None:
    """Open a name that nobody has, and use a number that nobody was given."""
    number = bench.number_of(bench.application)
    data = number + bench.shared.new_name().encode()
    status = bench.refuses("a name that nobody has is opened", "打开了不存在的容器", "OpenContainer", data, le=2)
    data = number + _NO_NUMBER
    bench.refuses("a number of no container is taken", "接受了未分配的容器标识", "GetContainerInfo", data, le=-1)
    bench.expect_word(status, _NOT_FOUND, "a name that nobody has")


@GROUP.check(
    10,
    "A container outlasts a reset, with its pair",
    "复位后容器及密钥对保持",
    clause=_MODEL,
    functions=("GenECCKeyPair", "OpenContainer", "ExportPublicKey"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def container_outlasts_reset(bench: PCSCBench) -> None:
    """Make a pair, reset the card, and export the public key."""
    container, key = bench.signing_container()
    name = container.name
    bench.reset()
    found = bench.application.container(name).public_key()
    bench.expect(found == key, "after a reset the pair is another", "复位后密钥对改变")
