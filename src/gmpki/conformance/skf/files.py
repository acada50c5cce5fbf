"""Files of an application: made with a size, written, read, listed, deleted."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf import samples
from gmpki.tokens.interfaces import Rights

if TYPE_CHECKING:
    from gmpki.conformance.skf.bench import SKFBench

__all__ = ["GROUP"]

GROUP = Group(Kind.SKF, "files", "FILE", Words("Files", "文件"))

_WRITE: Final = (Permission.WRITE,)
_MAX_NAME_LEN: Final = 32


# ---- making, finding, deleting ---------------------------------------------------------------


@GROUP.check(
    1,
    "A new file has the name, the size and the rights that it was created with",
    "新建文件的名称、长度与权限与创建时一致",
    clause=Clause(GMT_0016, "7.4.5"),
    functions=("SKF_CreateFile", "SKF_GetFileInfo"),
    needs=_WRITE,
)
def attributes(bench: SKFBench) -> None:
    """Create a file of 300 bytes that the user may write and anyone read, and ask what it is."""
    name = samples.new_file(bench, 300, read=Rights.ANYONE, write=Rights.USER)
    info = bench.skf.get_file_info(bench.application, name)
    bench.expect(info.name == name, f"the file is called {info.name!r}", f"文件名为 {info.name!r}")
    bench.expect(
        info.size == 300, f"the size is {info.size}, not 300 bytes", f"长度为 {info.size} 字节，而不是 300 字节"
    )
    bench.expect(
        (info.read_rights, info.write_rights) == (Rights.ANYONE, Rights.USER),
        f"the rights to read and write are 0x{info.read_rights:X} and 0x{info.write_rights:X}, not 0xFF and 0x10",
        f"读写权限为 0x{info.read_rights:X} 和 0x{info.write_rights:X}，而不是 0xFF 和 0x10",
    )


@GROUP.check(
    2,
    "Each file is listed once",
    "每个文件恰好列出一次",
    clause=Clause(GMT_0016, "7.4.4"),
    functions=("SKF_CreateFile", "SKF_EnumFiles"),
    needs=_WRITE,
)
def listed(bench: SKFBench) -> None:
    """Create three files: the list has just these more than before."""
    with bench.scene():
        before = bench.skf.enum_files(bench.application)
    made = [samples.new_file(bench, 8) for _ in range(3)]
    after = list(bench.skf.enum_files(bench.application))
    bench.expect(
        sorted(after) == sorted([*before, *made]),
        f"after {len(made)} files were created the list has {len(after)} names, not {len(before) + len(made)}, "
        "or others than theirs",
        f"创建 {len(made)} 个文件后列表有 {len(after)} 个名称，而不是 {len(before) + len(made)} 个，或名称不符",
    )


@GROUP.check(
    3,
    "A deleted file is not listed and cannot be read",
    "已删除的文件不再列出，也不能读取",
    clause=Clause(GMT_0016, "7.4.3"),
    functions=("SKF_DeleteFile", "SKF_EnumFiles", "SKF_ReadFile"),
    needs=_WRITE,
)
def deleted(bench: SKFBench) -> None:
    """Delete a file with contents: it is not in the list, and reading it is refused."""
    name = samples.written_file(bench, secrets.token_bytes(16))
    bench.skf.delete_file(bench.application, name)
    bench.expect(name not in bench.skf.enum_files(bench.application), "the file is still listed", "该文件仍被列出")
    _refuses_to_read(bench, name, "a deleted file is read", "已删除的文件仍可读取")


def _refuses_to_read(bench: SKFBench, name: str, en: str, zh: str) -> None:
    room, (_cell, length) = bench.buffer(16), bench.ulong(16)
    bench.refuses(en, zh, "SKF_ReadFile", bench.raw(bench.application), bench.text(name), 0, 16, room.pointer, length)


@GROUP.check(
    4,
    "A file is not created over one of the same name",
    "同名文件已存在时拒绝创建",
    clause=Clause(GMT_0016, "7.4.2"),
    functions=("SKF_CreateFile",),
    needs=_WRITE,
)
def same_name(bench: SKFBench) -> None:
    """Create a file whose name is taken: it is refused, and the contents of the one that is there are the same."""
    content = secrets.token_bytes(16)
    name = samples.written_file(bench, content)
    bench.refuses(
        "a second file of the same name is created",
        "创建了第二个同名文件",
        "SKF_CreateFile",
        bench.raw(bench.application),
        bench.text(name),
        16,
        Rights.USER,
        Rights.USER,
    )
    samples.expect_contents(bench, name, content, "the contents of the first file are lost", "原文件内容丢失")


@GROUP.check(
    6,
    "A file that does not exist is refused by every function",
    "对不存在的文件的各种操作均被拒绝",
    clause=Clause(GMT_0016, "7.4"),
    functions=("SKF_GetFileInfo", "SKF_ReadFile", "SKF_WriteFile", "SKF_DeleteFile"),
    needs=_WRITE,
)
def unknown_name(bench: SKFBench) -> None:
    """Ask about, read, write and delete a file that was never made, with the user logged in."""
    bench.login()
    application, name = bench.raw(bench.application), bench.text(bench.shared.new_name())
    info = bench.ffi.new("FILEATTRIBUTE *")
    room, (_cell, length) = bench.buffer(16), bench.ulong(16)
    for function, arguments in (
        ("SKF_GetFileInfo", (info,)),
        ("SKF_ReadFile", (0, 16, room.pointer, length)),
        ("SKF_WriteFile", (0, bench.data(bytes(16)), 16)),
        ("SKF_DeleteFile", ()),
    ):
        bench.refuses(
            f"{function} accepts the name of a file that does not exist",
            f"{function} 接受了不存在的文件名",
            function,
            application,
            name,
            *arguments,
        )


# ---- names -----------------------------------------------------------------------------------


def _round_trip(bench: SKFBench, name: str) -> None:
    """Make a file of this name, list it, write it, read it, ask its name, and delete it."""
    bench.login()
    content = secrets.token_bytes(16)
    bench.skf.create_file(bench.application, name, len(content), Rights.USER, Rights.USER)
    bench.later(samples.delete_file, bench, name)
    bench.expect(
        name in bench.skf.enum_files(bench.application),
        "the file is not listed by its name",
        "列表中没有该文件名",
    )
    seen = bench.skf.get_file_info(bench.application, name).name
    bench.expect(seen == name, f"the file is called {seen!r}", f"文件名为 {seen!r}")
    bench.skf.write_file(bench.application, name, 0, content)
    samples.expect_contents(bench, name, content, "the contents are others", "内容不同")


@GROUP.check(
    7,
    "The name of a file may have 32 bytes",
    "文件名长度可达 32 字节",
    clause=Clause(GMT_0016, "7.4.2"),
    functions=("SKF_CreateFile", "SKF_EnumFiles", "SKF_GetFileInfo"),
    needs=_WRITE,
)
def longest_name(bench: SKFBench) -> None:
    """Make a file whose name fills FILEATTRIBUTE.FileName, and use it by that name; a driver that wants a NUL within
    the field, as its definition says, takes a byte less.
    """
    bench.login()
    name = bench.shared.new_name().ljust(_MAX_NAME_LEN, "n")
    bench.later(samples.delete_file, bench, name)
    file = (bench.text(name), 16, Rights.USER, Rights.USER)
    answer = bench.supported("SKF_CreateFile", bench.raw(bench.application), *file)
    if answer == "SAR_OK":
        bench.skf.delete_file(bench.application, name)
        _round_trip(bench, name)
        return
    _round_trip(bench, name[:-1])
    bench.deviate(
        f"a name of 32 bytes is answered with {answer}, one of 31 is taken",
        f"32 字节的文件名返回 {answer}，31 字节的可用",
        "give files names of 31 bytes at most",
        "文件名不超过 31 字节",
    )


@GROUP.check(
    8,
    "The name of a file may be Chinese, in UTF-8",
    "文件名可为 UTF-8 编码的中文",
    clause=Clause(GMT_0016, "table 1"),
    functions=("SKF_CreateFile", "SKF_EnumFiles", "SKF_GetFileInfo"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def chinese_name(bench: SKFBench) -> None:
    """Make a file with a Chinese name, and use it by that name: text is UTF-8, but FILEATTRIBUTE wants ASCII here."""
    _round_trip(bench, f"检测{bench.shared.new_name()}")


@GROUP.check(
    9,
    "Files whose names begin alike are different files",
    "名称前缀相同的文件互不相同",
    clause=Clause(GMT_0016, "7.4.2", "B"),
    functions=("SKF_CreateFile", "SKF_ReadFile", "SKF_WriteFile"),
    needs=_WRITE,
)
def similar_names(bench: SKFBench) -> None:
    """Make two files, the name of one being the beginning of the other's: each keeps its own contents."""
    contents = {name: secrets.token_bytes(16) for name in _prefixed(bench.shared.new_name())}
    bench.login()
    for name in contents:
        bench.skf.create_file(bench.application, name, 16, Rights.USER, Rights.USER)
        bench.later(samples.delete_file, bench, name)
    for name, content in contents.items():
        bench.skf.write_file(bench.application, name, 0, content)
    for name, content in contents.items():
        samples.expect_contents(
            bench, name, content, "one file has the contents of the other", "一个文件的内容变成了另一个的"
        )


def _prefixed(name: str) -> tuple[str, str]:
    return name, f"{name}-2"


@GROUP.check(
    10,
    "A name of 33 bytes and an empty one are refused",
    "33 字节的文件名与空文件名被拒绝",
    clause=Clause(GMT_0016, "7.4.2", "B"),
    functions=("SKF_CreateFile",),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def bad_names(bench: SKFBench) -> None:
    """Create files with a name that is too long, and with none."""
    bench.login()
    for name in (bench.shared.new_name().ljust(_MAX_NAME_LEN + 1, "n"), ""):
        # What is created all the same may go by the name cut off.
        bench.later(samples.delete_file, bench, name)
        bench.later(samples.delete_file, bench, name[:_MAX_NAME_LEN])
        bench.refuses(
            f"a file with a name of {len(name)} bytes is created",
            f"创建了文件名为 {len(name)} 字节的文件",
            "SKF_CreateFile",
            bench.raw(bench.application),
            bench.text(name),
            16,
            Rights.USER,
            Rights.USER,
        )
