"""Applications: what a device without any allows, how they are created and deleted (GM/T 0016-2012 7.3, 8.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.scene import OWN_NAME, Pins
from gmpki.conformance.skf.application_calls import create_application, may_create, open_application
from gmpki.conformance.skf.pin_calls import is_user_in, verify
from gmpki.tokens.interfaces import PinRole, Rights

if TYPE_CHECKING:
    from gmpki.conformance.skf.bench import SKFBench

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.SKF, "stage", "STAGE", Words("Stages and applications", "设备阶段与应用"))

_STAGE: Final = Clause(GMT_0016, "8.1")
_CREATE: Final = Clause(GMT_0016, "7.3.2")
_DELETE: Final = Clause(GMT_0016, "7.3.4")

_INIT: Final = (Permission.INIT,)
_WRITING: Final = (Permission.INIT, Permission.WRITE)
_BLANK: Final = Words("the device has no application", "设备上没有任何应用")

_NAME_LENGTHS: Final = (16, 21, 32, 48)  # bytes


def _require_blank(bench: SKFBench) -> None:
    with bench.scene():
        names = bench.skf.enum_application(bench.device)
    if names:
        bench.not_run(
            f"the device has {len(names)} applications, and is past the factory stage",
            f"设备上有 {len(names)} 个应用，已不处于出厂阶段",
        )


# ---- the factory stage ---------------------------------------------------------------------


@GROUP.check(
    1,
    "In the factory stage no application can be opened",
    "出厂阶段不能打开应用",
    clause=_STAGE,
    functions=("SKF_EnumApplication", "SKF_OpenApplication"),
    precondition=_BLANK,
)
def nothing_to_open(bench: SKFBench) -> None:
    """Open an application by a name that was never given."""
    _require_blank(bench)
    code, application = open_application(bench, bench.shared.new_name())
    bench.observe("SKF_OpenApplication", code)
    bench.expect(application is None, "an application is opened where there is none", "没有应用却打开了应用")


@GROUP.check(
    2,
    "In the factory stage the device key can be changed",
    "出厂阶段可以修改设备认证密钥",
    clause=_STAGE,
    functions=("SKF_DevAuth", "SKF_ChangeDevAuthKey"),
    needs=_INIT,
    precondition=_BLANK,
)
def key_in_factory_stage(bench: SKFBench) -> None:
    """Authenticate, and set the device key to what it is already."""
    _require_blank(bench)
    bench.authenticate()
    key = bench.shared.device_key.value
    bench.demand("SKF_ChangeDevAuthKey", bench.raw(bench.device), bench.data(key), len(key))


@GROUP.check(
    3,
    "The first application ends the factory stage",
    "创建第一个应用后进入应用阶段",
    clause=_STAGE,
    functions=("SKF_DevAuth", "SKF_CreateApplication", "SKF_EnumApplication", "SKF_OpenApplication", "SKF_VerifyPIN"),
    needs=_WRITING,
    precondition=_BLANK,
)
def first_application(bench: SKFBench) -> None:
    """Authenticate, create an application, log its user in and create a container; then delete it."""
    _require_blank(bench)
    bench.authenticate()
    pins = Pins.new()
    code, name = create_application(bench, pins=pins)
    bench.expect(
        code == "SAR_OK",
        f"in the factory stage SKF_CreateApplication answered {code}",
        f"出厂阶段 SKF_CreateApplication 返回 {code}",
    )
    application = bench.skf.open_application(bench.device, name)
    bench.skf.verify_pin(application, PinRole.USER, pins.user)
    bench.expect(
        is_user_in(bench, application),
        "no container can be created in the first application",
        "在第一个应用中无法创建容器",
    )
    bench.skf.close_application(application)
    bench.shared.remove_application(name)
    bench.observe("applications after it was deleted", len(bench.skf.enum_application(bench.device)))


# ---- created -------------------------------------------------------------------------------


@GROUP.check(
    10,
    "A created application is listed and can be used by the handle that came with it",
    "创建的应用可被枚举，返回的句柄可用",
    clause=_CREATE,
    functions=("SKF_CreateApplication", "SKF_EnumApplication", "SKF_VerifyPIN"),
    needs=_INIT,
)
def created(bench: SKFBench) -> None:
    """Create an application, find its name in the list, and log the user in by the handle of SKF_CreateApplication."""
    own = bench.new_application()
    bench.expect(
        bench.skf.enum_application(bench.device).count(own.name) == 1,
        "the new application is not listed, or more than once",
        "新建的应用未列出，或重复列出",
    )
    answer = verify(bench, own.handle, PinRole.USER, own.pins.user)
    bench.expect(
        answer.is_ok,
        f"by the handle of SKF_CreateApplication SKF_VerifyPIN answers {answer.name}",
        f"使用 SKF_CreateApplication 返回的句柄调用 SKF_VerifyPIN 返回 {answer.name}",
    )


@GROUP.check(
    11,
    "A name that is taken is refused",
    "同名应用不能重复创建",
    clause=_CREATE,
    functions=("SKF_CreateApplication",),
    needs=_INIT,
)
def name_taken(bench: SKFBench) -> None:
    """Create an application by the name of another, whose PIN holds afterwards; SAR_APPLICATION_EXISTS is the code."""
    own = bench.new_application()
    bench.authenticate()
    code, _ = create_application(bench, name=own.name)
    bench.observe("SKF_CreateApplication", code)
    bench.expect(code != "SAR_OK", "an application is created by a name that is taken", "创建了同名应用")
    bench.skf.verify_pin(own.handle, PinRole.USER, own.pins.user)


@GROUP.check(
    12,
    "An application that is not there cannot be opened",
    "不能打开不存在的应用",
    clause=Clause(GMT_0016, "7.3.5"),
    functions=("SKF_OpenApplication",),
    needs=_INIT,
)
def open_unknown(bench: SKFBench) -> None:
    """Open by a new name, and by the beginning of an existing one; SAR_APPLICATION_NOT_EXISTS is the code for it."""
    own = bench.new_application()
    for name in (bench.shared.new_name(), own.name[:-1]):
        code, application = open_application(bench, name)
        bench.observe("SKF_OpenApplication", code)
        bench.expect(
            application is None,
            "an application is opened by a name that none has",
            "以不存在的名称打开了应用",
        )


@GROUP.check(
    13,
    "What SKF_CreateApplication leaves of logins",
    "SKF_CreateApplication 之后的登录状态",
    clause=_CREATE,
    severity=Severity.INFORMATION,
    functions=("SKF_CreateApplication",),
    needs=_WRITING,
)
def login_of_created(bench: SKFBench) -> None:
    """Create an application and tell whether its user is logged in at once."""
    own = bench.new_application()
    bench.observe("user logged in", is_user_in(bench, own.handle))


@GROUP.check(
    14,
    "Whether a login counts for every handle of an application",
    "登录状态是否对同一应用的所有句柄有效",
    clause=Clause(GMT_0016, "5.2"),
    severity=Severity.INFORMATION,
    functions=("SKF_OpenApplication", "SKF_VerifyPIN"),
    needs=_WRITING,
)
def login_of_other_handle(bench: SKFBench) -> None:
    """Open an application twice, log the user in by one handle, and create a container by the other."""
    own = bench.new_application()
    code, other = open_application(bench, own.name)
    bench.observe("opened twice", code)
    if other is not None:
        with bench.scene():
            bench.skf.verify_pin(own.handle, PinRole.USER, own.pins.user)
        bench.observe("logged in by the other handle", is_user_in(bench, other))


@GROUP.check(
    15,
    "How long an application's name may be",
    "应用名称的最大长度",
    clause=_CREATE,
    severity=Severity.INFORMATION,
    functions=("SKF_CreateApplication", "SKF_EnumApplication"),
    needs=_INIT,
)
def name_lengths(bench: SKFBench) -> None:
    """Create applications with names of 16, 21, 32 and 48 bytes, one after another, and tell which are taken whole."""
    for length in _NAME_LENGTHS:
        bench.authenticate()
        code, name = create_application(bench, name=bench.shared.new_name().ljust(length, "x"))
        if code == "SAR_OK":
            names = bench.skf.enum_application(bench.device)
            bench.observe(f"{length} bytes", "taken" if name in names else "cut off")
            for shortened in names:
                if shortened.startswith(OWN_NAME) and name.startswith(shortened):
                    bench.shared.remove_application(shortened)
        else:
            bench.observe(f"{length} bytes", code)


# ---- deleted -------------------------------------------------------------------------------


@GROUP.check(
    20,
    "A deleted application is gone",
    "删除后的应用不再存在",
    clause=_DELETE,
    functions=("SKF_DeleteApplication", "SKF_EnumApplication", "SKF_OpenApplication"),
    needs=_INIT,
)
def deleted(bench: SKFBench) -> None:
    """Delete an application: it is not listed any more, and cannot be opened."""
    own = bench.new_application()
    with bench.scene():
        bench.skf.close_application(own.handle)
    bench.demand("SKF_DeleteApplication", bench.raw(bench.device), bench.text(own.name))
    bench.expect(
        own.name not in bench.skf.enum_application(bench.device),
        "the deleted application is still listed",
        "已删除的应用仍被列出",
    )
    code, application = open_application(bench, own.name)
    bench.observe("SKF_OpenApplication", code)
    bench.expect(application is None, "the deleted application can be opened", "已删除的应用仍可打开")


@GROUP.check(
    21,
    "An application that is not there cannot be deleted",
    "不能删除不存在的应用",
    clause=_DELETE,
    functions=("SKF_DeleteApplication",),
    needs=_INIT,
)
def delete_unknown(bench: SKFBench) -> None:
    """Delete by a new name: refused, and no application is lost; SAR_APPLICATION_NOT_EXISTS is the code for it."""
    bench.authenticate()
    before = bench.skf.enum_application(bench.device)
    code = bench.supported("SKF_DeleteApplication", bench.raw(bench.device), bench.text(bench.shared.new_name()))
    bench.observe("SKF_DeleteApplication", code)
    bench.expect(code != "SAR_OK", "the deletion of nothing is answered with SAR_OK", "删除不存在的应用返回 SAR_OK")
    after = bench.skf.enum_application(bench.device)
    bench.expect(sorted(after) == sorted(before), "an application was deleted", "误删了其他应用")


@GROUP.check(
    22,
    "What was in a deleted application does not come back",
    "重新创建同名应用后原有内容不再出现",
    clause=_DELETE,
    functions=("SKF_DeleteApplication", "SKF_CreateApplication", "SKF_EnumContainer", "SKF_EnumFiles"),
    needs=_WRITING,
)
def deleted_with_contents(bench: SKFBench) -> None:
    """Create a container and a file, delete the application, create one of its name: it is empty, with its own PIN."""
    own = bench.new_application()
    with bench.scene():
        bench.skf.verify_pin(own.handle, PinRole.USER, own.pins.user)
        bench.skf.close_container(bench.skf.create_container(own.handle, bench.shared.new_name()))
        bench.skf.create_file(own.handle, "conformance", 16, Rights.USER, Rights.USER)
        bench.skf.close_application(own.handle)
        bench.skf.delete_application(bench.device, own.name)
    bench.authenticate()
    pins = Pins.new()
    code, _ = create_application(bench, name=own.name, pins=pins)
    bench.expect(code == "SAR_OK", f"SKF_CreateApplication answered {code}", f"SKF_CreateApplication 返回 {code}")
    application = bench.skf.open_application(bench.device, own.name)
    bench.skf.verify_pin(application, PinRole.USER, pins.user)
    containers, files = bench.skf.enum_container(application), bench.skf.enum_files(application)
    bench.expect(
        not containers and not files,
        f"the new application has {len(containers)} containers and {len(files)} files of the deleted one",
        f"新应用中出现已删除应用的 {len(containers)} 个容器和 {len(files)} 个文件",
    )


@GROUP.check(
    23,
    "Whether the authentication lasts for more than one application",
    "一次设备认证能否用于创建多个应用",
    clause=_CREATE,
    severity=Severity.INFORMATION,
    functions=("SKF_DevAuth", "SKF_CreateApplication", "SKF_DeleteApplication"),
    needs=_INIT,
)
def right_for_several(bench: SKFBench) -> None:
    """Authenticate once, create and delete an application twice, and tell how often that worked."""
    bench.authenticate()
    bench.observe("times", sum(may_create(bench) for _ in range(2)))
