"""Files of an application (GM/T 0016-2012 7.4, by the commands of GM/T 0017-2012)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.tokens.interfaces import PinRole, Rights

if TYPE_CHECKING:
    from gmpki.conformance.pcsc.bench import PCSCBench
    from gmpki.tokens.pcsc.application import PCSCApplication

__all__ = ["GROUP"]

_FILES: Final = Clause(GMT_0016, "7.4", "B")
_RIGHTS: Final = Clause(GMT_0016, "8.2.2", "B")
_WRITE: Final = (Permission.WRITE,)
_OWN: Final = (Permission.INIT, Permission.WRITE)
_NOT_FOUND: Final = (0x6A82, 0x6A83, 0x6A88)
_EXISTS: Final = (0x6A89, 0x6A8A)
_LONG_LEN: Final = 3000  # more than one command carries by the driver

GROUP: Final = Group(Kind.PCSC, "files", "FILE", Words("Files", "文件"))


# ---- fixtures ----------------------------------------------------------------------------
def _contents(length: int) -> bytes:
    return bytes(at * 11 % 253 for at in range(length))


def _new_file(bench: PCSCBench, size: int, *, read: Rights = Rights.USER, write: Rights = Rights.USER) -> str:
    """Create a file in the suite's application, until the end of the check, with the user logged in."""
    bench.login()
    name, application = bench.shared.new_name(), bench.application
    bench.later(_delete, bench, name)
    with bench.scene():
        application.create_file(name, size, read_rights=read, write_rights=write)
    return name


def _delete(bench: PCSCBench, name: str) -> None:
    bench.login()
    bench.application.delete_file(name)


def _expect_contents(bench: PCSCBench, name: str, wanted: bytes) -> None:
    """Fail unless a file holds exactly this."""
    found = bench.application.read_file(name)
    bench.expect(
        len(found) == len(wanted), f"{len(found)} bytes of {len(wanted)}", f"{len(found)} 字节，应为 {len(wanted)} 字节"
    )
    at = next((place for place, byte in enumerate(found) if byte != wanted[place]), None)
    bench.expect(at is None, f"what is read differs from byte {at} on", f"读出内容从第 {at} 字节起不同")


# ---- contents ----------------------------------------------------------------------------
@GROUP.check(
    1,
    "What is written is read, also after a reset",
    "写入的内容可读出，复位后不变",
    clause=_FILES,
    functions=("CreateFile", "WriteFile", "ReadFile", "GetFileInfo"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def written_and_read(bench: PCSCBench) -> None:
    """Write 3000 bytes, change some in the middle, read all, reset the card, and read again."""
    name = _new_file(bench, _LONG_LEN)
    wanted = _contents(_LONG_LEN)
    bench.application.write_file(name, wanted)
    _expect_contents(bench, name, wanted)
    wanted = wanted[:1000] + bytes(100) + wanted[1100:]
    bench.application.write_file(name, bytes(100), 1000)
    _expect_contents(bench, name, wanted)
    bench.reset()
    bench.login()
    _expect_contents(bench, name, wanted)


@GROUP.check(
    2,
    "A file is listed by its name, with its size and rights",
    "文件按名称列出，长度与权限正确",
    clause=_FILES,
    functions=("EnumFiles", "GetFileInfo", "DeleteFile"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def file_is_listed(bench: PCSCBench) -> None:
    """Create a file, list it, ask what it is, delete it, list again, and ask in vain."""
    name = _new_file(bench, 77, read=Rights.ANYONE, write=Rights.USER)
    application = bench.application
    bench.expect(name in application.files(), "the file is not listed", "文件未列出")
    info = application.file_info(name)
    bench.expect(info.size == 77, f"its size is {info.size}, not 77", f"文件长度为 {info.size}，应为 77")
    right = (info.read_rights, info.write_rights) == (Rights.ANYONE, Rights.USER)
    bench.expect(right, "its rights are others", "文件权限不符")
    application.delete_file(name)
    bench.expect(name not in application.files(), "a deleted file is listed", "删除的文件仍列出")
    data = bench.number_of(application) + name.encode()
    status = bench.refuses("a deleted file is still known", "删除的文件仍可查询", "GetFileInfo", data, le=12)
    bench.expect_word(status, _NOT_FOUND, "a file that does not exist")


@GROUP.check(
    3,
    "Nothing is read or written beyond the end",
    "不能越过文件末尾读写",
    clause=_FILES,
    functions=("ReadFile", "WriteFile"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def beyond_the_end(bench: PCSCBench) -> None:
    """Of a file of 32 bytes read and write 8 from byte 28 on, and from byte 32: less, or a refusal."""
    name, wanted = _new_file(bench, 32), _contents(32)
    bench.application.write_file(name, wanted)
    number, encoded = bench.number_of(bench.application), name.encode()
    for offset in (28, 32, 1 << 16):
        place = offset.to_bytes(4, "big")
        status, found = bench.exchange("ReadFile", number + place + (8).to_bytes(2, "big") + encoded, le=8)
        bench.observe(f"read from {offset}", f"SW {status:04X}, {len(found)} bytes")
        rest = wanted[offset : offset + 8]
        bench.expect(
            len(found) <= len(rest),
            f"{len(found)} bytes from byte {offset}",
            f"从第 {offset} 字节读出 {len(found)} 字节",
        )
        counted = bytes((len(encoded),)) + encoded
        en, zh = f"8 bytes are written at byte {offset}", f"在第 {offset} 字节写入了 8 字节"
        bench.refuses(en, zh, "WriteFile", number + place + counted + bytes(8))
    _expect_contents(bench, name, wanted)


@GROUP.check(
    4,
    "A name is that of one file",
    "同名文件不能重复创建",
    clause=_FILES,
    functions=("CreateFile",),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def same_name(bench: PCSCBench) -> None:
    """Create a file of a name that is there: it is refused, and what is in the first is left."""
    name, wanted = _new_file(bench, 16), _contents(16)
    bench.application.write_file(name, wanted)
    numbers = b"".join(value.to_bytes(4, "big") for value in (8, Rights.USER, Rights.USER))
    data = bench.number_of(bench.application) + numbers + name.encode()
    status = bench.refuses("a second file has the name", "创建了同名文件", "CreateFile", data)
    _expect_contents(bench, name, wanted)
    bench.expect_word(status, _EXISTS, "a name that is taken")


# ---- rights ------------------------------------------------------------------------------
def _may(bench: PCSCBench, application: PCSCApplication, name: str, *, writes: bool) -> bool:
    """Tell whether a file can be read, or written."""
    if writes:
        return not bench.is_refused("WriteFile", application.write_file, name, b"\x01")
    return not bench.is_refused("ReadFile", application.read_file, name, 0, 1)


@GROUP.check(
    5,
    "Every right is what it says, whoever has logged in",
    "各文件权限在各登录状态下均有效",
    clause=_RIGHTS,
    functions=("CreateFile", "ReadFile", "WriteFile"),
    severity=Severity.RECOMMENDED,
    needs=_OWN,
)
def every_right(bench: PCSCBench) -> None:
    """Create a file for each right, and read and write it as nobody, as user and as administrator."""
    own = bench.new_application()
    application = bench.opened(own)
    rights = (Rights.NEVER, Rights.ADMIN, Rights.USER, Rights.ANYONE)
    names = {right: bench.shared.new_name() for right in rights}
    with bench.scene():
        application.login(own.pins.user)
        for right, name in names.items():
            application.create_file(name, 4, read_rights=right, write_rights=right)
    for role, pin, en, zh in (
        (None, b"", "nobody", "未登录"),
        (PinRole.USER, own.pins.user, "the user", "用户"),
        (PinRole.ADMIN, own.pins.admin, "the administrator", "管理员"),
    ):
        with bench.scene():
            application.logout()
            if role is not None:
                application.login(pin, role)
        for right, name in names.items():
            allowed = right is Rights.ANYONE or (role is PinRole.USER and right is Rights.USER)
            allowed = allowed or (role is PinRole.ADMIN and right is Rights.ADMIN)
            for writes in (False, True):
                found, deed, deed_zh = (
                    _may(bench, application, name, writes=writes),
                    *(("write", "写") if writes else ("read", "读")),
                )
                bench.expect(
                    found == allowed,
                    f"{en} can{'' if found else 'not'} {deed} a file with the right {right.name}",
                    f"{zh}{'可以' if found else '不能'}{deed_zh}权限为 {right.name} 的文件",
                )


@GROUP.check(
    6,
    "Who may not create files does not",
    "无权限者不能创建文件",
    clause=_RIGHTS,
    functions=("CreateFile", "DeleteFile"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def creating_needs_login(bench: PCSCBench) -> None:
    """Log out, and create a file and delete another, in an application whose user creates files."""
    if not bench.shared.is_own_name(bench.application.name):
        bench.not_run("who creates files in the application is not known", "不清楚该应用的创建文件权限")
    name = _new_file(bench, 4)
    bench.logout()
    number, other = bench.number_of(bench.application), bench.shared.new_name()
    numbers = b"".join(value.to_bytes(4, "big") for value in (4, Rights.USER, Rights.USER))
    bench.later(_delete_anyway, bench, other)
    bench.refuses("anybody creates files", "任何人都可创建文件", "CreateFile", number + numbers + other.encode())
    bench.refuses("anybody deletes files", "任何人都可删除文件", "DeleteFile", number + name.encode())


def _delete_anyway(bench: PCSCBench, name: str) -> None:
    """Delete a file that ought not to be there."""
    if name in bench.application.files():
        _delete(bench, name)
