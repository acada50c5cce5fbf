"""Who may create, delete, read and write files: every right against everybody who may have logged in."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.model import Clause, Kind, Permission, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf import samples
from gmpki.conformance.skf.rights import answer_of, become
from gmpki.tokens.interfaces import PinRole, Rights

if TYPE_CHECKING:
    from gmpki.conformance.skf.bench import OwnApplication, SKFBench

__all__ = ["GROUP"]

GROUP = Group(Kind.SKF, "file_rights", "FPERM", Words("Rights on files", "文件权限"))

_WRITE: Final = (Permission.WRITE,)
_INIT: Final = (Permission.WRITE, Permission.INIT)
_LEN: Final = 16

# A right, its name in the standard, and who has it.
_RIGHTS: Final = (
    (int(Rights.NEVER), "SECURE_NEVER_ACCOUNT", ()),
    (int(Rights.ADMIN), "SECURE_ADM_ACCOUNT", ("admin",)),
    (int(Rights.USER), "SECURE_USER_ACCOUNT", ("user",)),
    (int(Rights.ADMIN | Rights.USER), "SECURE_ADM_ACCOUNT | SECURE_USER_ACCOUNT", ("admin", "user")),
    (int(Rights.ANYONE), "SECURE_ANYONE_ACCOUNT", ("nobody", "admin", "user")),
)
_EVERYBODY: Final = {"nobody": "未登录者", "admin": "管理员", "user": "用户"}


def _expect_right(bench: SKFBench, who: str, has_right: bool, answer: str, deed: Words) -> None:
    """Fail unless what one who has logged in asked for was done or refused as the right says."""
    bench.observe(who, answer)
    zh = _EVERYBODY[who]
    if has_right:
        bench.expect(
            answer == "SAR_OK",
            f"{deed.en} is refused to {who}, who has the right: {answer}",
            f"{zh}有权却不能{deed.zh}：{answer}",
        )
    else:
        bench.expect(answer != "SAR_OK", f"{deed.en} is done for {who}, who has no right", f"{zh}无权却可以{deed.zh}")


# ---- reading and writing ---------------------------------------------------------------------


def _add_reading(number: int, right: int, name: str, allowed: tuple[str, ...]) -> None:
    def reading(bench: SKFBench) -> None:
        content = secrets.token_bytes(_LEN)
        file = samples.new_file(bench, _LEN, read=right, write=Rights.ANYONE)
        with bench.scene():
            bench.skf.write_file(bench.application, file, 0, content)
        for who in _EVERYBODY:
            become(bench, who)
            answer = answer_of(bench.skf.read_file, bench.application, file, 0, _LEN)
            _expect_right(bench, who, who in allowed, answer, Words("reading", "读取"))
            if answer == "SAR_OK":
                samples.expect_contents(bench, file, content, "other contents are read", "读出的内容不同")

    reading.__doc__ = f"Read a file with the right {name} as nobody, as the administrator and as the user."
    GROUP.check(
        number,
        f"A file whose right to read is {name} is read only by those who have it",
        f"读权限为 {name} 的文件仅有权者可读",
        clause=Clause(GMT_0016, "7.4.6"),
        functions=("SKF_CreateFile", "SKF_ReadFile"),
        needs=_WRITE,
    )(reading)


def _add_writing(number: int, right: int, name: str, allowed: tuple[str, ...]) -> None:
    def writing(bench: SKFBench) -> None:
        file = samples.new_file(bench, _LEN, read=Rights.USER, write=right)
        for who in _EVERYBODY:
            become(bench, "user")
            with bench.scene():
                before = bench.skf.read_file(bench.application, file, 0, _LEN)
            become(bench, who)
            content = secrets.token_bytes(_LEN)
            answer = answer_of(bench.skf.write_file, bench.application, file, 0, content)
            _expect_right(bench, who, who in allowed, answer, Words("writing", "写入"))
            become(bench, "user")
            samples.expect_contents(
                bench,
                file,
                content if who in allowed else before,
                "the contents are not what they should be after that",
                "之后的内容不符",
            )

    writing.__doc__ = f"Write a file with the right {name} as nobody, as the administrator and as the user."
    GROUP.check(
        number,
        f"A file whose right to write is {name} is written only by those who have it",
        f"写权限为 {name} 的文件仅有权者可写",
        clause=Clause(GMT_0016, "7.4.7"),
        functions=("SKF_CreateFile", "SKF_WriteFile"),
        needs=_WRITE,
    )(writing)


for _at, _row in enumerate(_RIGHTS, 1):
    _add_reading(_at, *_row)
    _add_writing(_at + 10, *_row)


# ---- creating and deleting -------------------------------------------------------------------


def _become(bench: SKFBench, application: OwnApplication, who: str) -> None:
    """Log everybody out of an application, then in."""
    with bench.scene():
        bench.skf.clear_secure_state(application.handle)
        if who == "user":
            bench.skf.verify_pin(application.handle, PinRole.USER, application.pins.user)
        elif who == "admin":
            bench.skf.verify_pin(application.handle, PinRole.ADMIN, application.pins.admin)


def _add_creating(number: int, right: int, name: str, allowed: tuple[str, ...]) -> None:
    def creating(bench: SKFBench) -> None:
        application = bench.new_application(create_file_rights=right)
        for who in _EVERYBODY:
            _become(bench, application, who)
            file = bench.shared.new_name()
            answer = answer_of(_create, bench, application, file)
            _expect_right(bench, who, who in allowed, answer, Words("creating a file", "创建文件"))
            bench.expect(
                (file in bench.skf.enum_files(application.handle)) == (who in allowed),
                "the list of files is not what it should be after that",
                "之后的文件列表不符",
            )

    creating.__doc__ = (
        f"In an application made with the right {name}, create a file as nobody, as the administrator and as the user."
    )
    GROUP.check(
        number,
        f"Where the right to create files is {name}, only those who have it create them",
        f"创建文件权限为 {name} 时仅有权者可创建文件",
        clause=Clause(GMT_0016, "7.3.2"),
        functions=("SKF_CreateApplication", "SKF_CreateFile"),
        needs=_INIT,
    )(creating)


def _create(bench: SKFBench, application: OwnApplication, file: str) -> None:
    bench.skf.create_file(application.handle, file, _LEN, Rights.ANYONE, Rights.ANYONE)


def _add_deleting(number: int, right: int, name: str, allowed: tuple[str, ...]) -> None:
    def deleting(bench: SKFBench) -> None:
        application = bench.new_application(create_file_rights=right)
        for who in _EVERYBODY:
            file = bench.shared.new_name()
            _become(bench, application, allowed[-1])
            with bench.scene():
                _create(bench, application, file)
            _become(bench, application, who)
            answer = answer_of(bench.skf.delete_file, application.handle, file)
            _expect_right(bench, who, who in allowed, answer, Words("deleting a file", "删除文件"))
            bench.expect(
                (file in bench.skf.enum_files(application.handle)) != (who in allowed),
                "the list of files is not what it should be after that",
                "之后的文件列表不符",
            )

    deleting.__doc__ = (
        f"In an application made with the right {name}, delete files that anyone may write, as nobody, as the "
        "administrator and as the user."
    )
    GROUP.check(
        number,
        f"Where the right to create files is {name}, only those who have it delete them",
        f"创建文件权限为 {name} 时仅有权者可删除文件",
        clause=Clause(GMT_0016, "7.4.3"),
        functions=("SKF_CreateApplication", "SKF_CreateFile", "SKF_DeleteFile"),
        needs=_INIT,
    )(deleting)


for _at, _row in enumerate(_RIGHTS, 1):
    _add_creating(_at + 20, *_row)
    if _row[2]:  # where nobody may create a file there is none to delete
        _add_deleting(_at + 30, *_row)
