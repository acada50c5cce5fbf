"""The contents of files: written, read, at offsets, in pieces, and at the end of a file."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from gmpki.conformance.clauses import GMT_0016, GMT_0027
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf import samples
from gmpki.tokens.interfaces import Rights

if TYPE_CHECKING:
    from gmpki.conformance.skf.bench import SKFBench

__all__ = ["GROUP"]

GROUP = Group(Kind.SKF, "file_contents", "DATA", Words("Contents of files", "文件内容"))

_WRITE: Final = (Permission.WRITE,)
_EVERY_BYTE: Final = bytes(range(256))


# ---- writing and reading ---------------------------------------------------------------------


@GROUP.check(
    1,
    "What is written is read back exactly",
    "写入的内容可原样读回",
    clause=Clause(GMT_0016, "7.4.7"),
    functions=("SKF_WriteFile", "SKF_ReadFile"),
    needs=_WRITE,
)
def read_back(bench: SKFBench) -> None:
    """Write every value of a byte and read the whole file."""
    name = samples.new_file(bench, len(_EVERY_BYTE))
    bench.skf.write_file(bench.application, name, 0, _EVERY_BYTE)
    samples.expect_contents(bench, name, _EVERY_BYTE, "other contents are read", "读出的内容不同")


@GROUP.check(
    2,
    "Writing at an offset changes these bytes and no others",
    "按偏移写入只改变相应字节",
    clause=Clause(GMT_0016, "7.4.7"),
    functions=("SKF_WriteFile", "SKF_ReadFile"),
    needs=_WRITE,
)
def write_at_offset(bench: SKFBench) -> None:
    """Fill a file of 100 bytes, write 17 at offset 37, read all."""
    content, part = secrets.token_bytes(100), secrets.token_bytes(17)
    name = samples.written_file(bench, content)
    bench.skf.write_file(bench.application, name, 37, part)
    wanted = content[:37] + part + content[54:]
    seen = bench.skf.read_file(bench.application, name, 0, len(content))
    bench.expect(
        seen[:17] != part, "the bytes stand at the beginning: the offset is ignored", "数据写到了开头：偏移被忽略"
    )
    samples.expect_same(bench, seen, wanted, "the file is not what it should be", "文件内容不符")


@GROUP.check(
    3,
    "Reading at an offset gives the bytes from there, as many as asked for",
    "按偏移读取返回相应位置与长度的字节",
    clause=Clause(GMT_0016, "7.4.6"),
    functions=("SKF_ReadFile",),
    needs=_WRITE,
)
def read_at_offset(bench: SKFBench) -> None:
    """Read pieces of several lengths at several offsets of a file of 256 bytes."""
    name = samples.written_file(bench, _EVERY_BYTE)
    for offset, length in ((1, 1), (16, 16), (100, 33), (255, 1), (0, 255)):
        seen = bench.skf.read_file(bench.application, name, offset, length)
        wanted = _EVERY_BYTE[offset : offset + length]
        samples.expect_same(
            bench,
            seen,
            wanted,
            f"{length} bytes from offset {offset} are not those of the file",
            f"从偏移 {offset} 读取的 {length} 字节与文件不符",
        )


@GROUP.check(
    4,
    "A file that is written in pieces and read in pieces of other lengths is whole",
    "分段写入、以不同长度分段读取的文件内容完整",
    clause=Clause(GMT_0016, "7.4.7"),
    functions=("SKF_WriteFile", "SKF_ReadFile"),
    needs=_WRITE,
)
def pieces(bench: SKFBench) -> None:
    """Write 600 bytes in pieces of 128, the last first, and read them in pieces of 90."""
    content = secrets.token_bytes(600)
    name = samples.new_file(bench, len(content))
    for offset in reversed(range(0, len(content), 128)):
        bench.skf.write_file(bench.application, name, offset, content[offset : offset + 128])
    seen = b"".join(
        bench.skf.read_file(bench.application, name, offset, min(90, len(content) - offset))
        for offset in range(0, len(content), 90)
    )
    samples.expect_same(
        bench, seen, content, "the pieces together are not what was written", "分段读出的内容与写入不符"
    )


@GROUP.check(
    5,
    "A file of 4096 bytes is written and read in one call each",
    "4096 字节的文件可一次写入、一次读出",
    clause=Clause(GMT_0016, "7.4.7", "B"),
    functions=("SKF_WriteFile", "SKF_ReadFile"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def large_file(bench: SKFBench) -> None:
    """Write and read 4096 bytes, more than one command to the token holds."""
    if bench.info.free_space < 8192:
        bench.not_run("the device has too little free space", "设备剩余空间不足")
    content = secrets.token_bytes(4096)
    name = samples.new_file(bench, len(content))
    bench.skf.write_file(bench.application, name, 0, content)
    samples.expect_contents(bench, name, content, "other contents are read", "读出的内容不同")


@GROUP.check(
    6,
    "Two files do not share their contents",
    "两个文件的内容互不影响",
    clause=Clause(GMT_0016, "7.4.7", "B"),
    functions=("SKF_WriteFile", "SKF_ReadFile"),
    needs=_WRITE,
)
def two_files(bench: SKFBench) -> None:
    """Write two files by turns: each keeps its own."""
    first, second = secrets.token_bytes(32), secrets.token_bytes(32)
    one, other = samples.written_file(bench, first), samples.written_file(bench, second)
    samples.expect_contents(bench, one, first, "writing one file changed the other", "写入一个文件改变了另一个文件")
    samples.expect_contents(bench, other, second, "a file does not hold what was written", "文件内容与写入不符")


@GROUP.check(
    7,
    "Reading writes no more into the buffer than was asked for",
    "读文件时写入缓冲区的字节不超过要求的长度",
    clause=Clause(GMT_0016, "7.4.6"),
    functions=("SKF_ReadFile",),
    needs=_WRITE,
)
def read_within_buffer(bench: SKFBench) -> None:
    """Read 16 of 256 bytes into a buffer of 16, and look at what stands behind it."""
    name = samples.written_file(bench, _EVERY_BYTE)
    room, (_cell, length) = bench.buffer(16), bench.ulong(16)
    bench.demand("SKF_ReadFile", bench.raw(bench.application), bench.text(name), 0, 16, room.pointer, length)
    bench.expect(not room.overrun, "bytes were written behind the buffer", "缓冲区之外被写入")
    bench.expect(length[0] == 16, f"the length is {length[0]}, not 16", f"返回长度为 {length[0]}，而不是 16")
    bench.expect(room.bytes() == _EVERY_BYTE[:16], "other bytes are read", "读出的字节不同")


# ---- the end of a file -----------------------------------------------------------------------


@GROUP.check(
    8,
    "Reading over the end of a file gives nothing that is not in it",
    "越过文件尾读取不返回文件以外的数据",
    clause=Clause(GMT_0016, "7.4.6", "B"),
    functions=("SKF_ReadFile",),
    needs=_WRITE,
)
def read_over_end(bench: SKFBench) -> None:
    """Read 32 bytes from offset 24 of a file of 32 bytes: refused, or the 8 bytes that are there."""
    content = secrets.token_bytes(32)
    name = samples.written_file(bench, content)
    room, (_cell, length) = bench.buffer(64), bench.ulong(64)
    answer = bench.answer("SKF_ReadFile", bench.raw(bench.application), bench.text(name), 24, 32, room.pointer, length)
    bench.observe("SKF_ReadFile", answer)
    if answer == "SAR_OK":
        bench.expect(
            length[0] <= 8,
            f"{length[0]} bytes are read where the file has 8 more",
            f"文件只剩 8 字节，却读出 {length[0]} 字节",
        )
        bench.expect(room.bytes(int(length[0])) == content[24:][: length[0]], "other bytes are read", "读出的字节不同")


@GROUP.check(
    9,
    "Reading from behind the end of a file is refused or gives nothing",
    "从文件尾之后读取被拒绝或不返回数据",
    clause=Clause(GMT_0016, "7.4.6", "B"),
    functions=("SKF_ReadFile",),
    needs=_WRITE,
)
def read_behind_end(bench: SKFBench) -> None:
    """Read 16 bytes from offset 33 of a file of 32 bytes."""
    name = samples.written_file(bench, secrets.token_bytes(32))
    room, (_cell, length) = bench.buffer(64), bench.ulong(64)
    answer = bench.answer("SKF_ReadFile", bench.raw(bench.application), bench.text(name), 33, 16, room.pointer, length)
    bench.observe("SKF_ReadFile", answer)
    bench.expect(
        answer != "SAR_OK" or length[0] == 0,
        f"{length[0]} bytes are read from behind the end",
        f"从文件尾之后读出 {length[0]} 字节",
    )


@GROUP.check(
    10,
    "Writing over the end of a file is refused, and the file stays as it was",
    "越过文件尾写入被拒绝，文件保持不变",
    clause=Clause(GMT_0016, "7.4.2", "B"),
    functions=("SKF_WriteFile",),
    needs=_WRITE,
)
def write_over_end(bench: SKFBench) -> None:
    """Write 32 bytes at offset 24 of a file of 32 bytes, whose size was fixed when it was created."""
    content = secrets.token_bytes(32)
    name = samples.written_file(bench, content)
    bench.refuses(
        "bytes are accepted for which the file has no room",
        "接受了超出文件长度的数据",
        "SKF_WriteFile",
        bench.raw(bench.application),
        bench.text(name),
        24,
        bench.data(bytes(32)),
        32,
    )
    size = bench.skf.get_file_info(bench.application, name).size
    bench.expect(size == 32, f"the file has {size} bytes now", f"文件长度变为 {size} 字节")
    samples.expect_contents(
        bench, name, content, "the write was refused, but bytes were written", "写入被拒绝但内容已改变"
    )


@GROUP.check(
    11,
    "What reading and writing no bytes, and a file of no bytes, are answered with",
    "零长度读写与零长度文件的应答",
    clause=Clause(GMT_0016, "7.4", "D"),
    functions=("SKF_CreateFile", "SKF_ReadFile", "SKF_WriteFile"),
    severity=Severity.INFORMATION,
    needs=_WRITE,
)
def nothing(bench: SKFBench) -> None:
    """Read and write 0 bytes, and create a file of 0 bytes."""
    file = samples.written_file(bench, bytes(16))
    application, name = bench.raw(bench.application), bench.text(file)
    room, (_cell, length) = bench.buffer(16), bench.ulong(16)
    bench.observe("read 0", bench.answer("SKF_ReadFile", application, name, 0, 0, room.pointer, length))
    bench.observe("write 0", bench.answer("SKF_WriteFile", application, name, 0, bench.data(b""), 0))
    empty = bench.shared.new_name()
    bench.later(samples.delete_file, bench, empty)
    bench.observe(
        "create 0",
        bench.answer("SKF_CreateFile", application, bench.text(empty), 0, Rights.USER, Rights.USER),
    )


@GROUP.check(
    12,
    "A new file does not show what a deleted one held",
    "新建文件不显示已删除文件的内容",
    clause=Clause(GMT_0027, "9.3", "D"),
    functions=("SKF_CreateFile", "SKF_DeleteFile", "SKF_ReadFile"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def new_contents(bench: SKFBench) -> None:
    """Write a file, delete it, create another of the same size, and read it; tell what a new file holds."""
    content = secrets.token_bytes(64)
    old = samples.written_file(bench, content)
    with bench.scene():
        bench.skf.delete_file(bench.application, old)
    name = samples.new_file(bench, len(content))
    room, (_cell, length) = bench.buffer(len(content)), bench.ulong(len(content))
    answer = bench.answer(
        "SKF_ReadFile", bench.raw(bench.application), bench.text(name), 0, len(content), room.pointer, length
    )
    if answer != "SAR_OK":
        bench.observe("contents", answer)
        return
    seen = room.bytes(int(length[0]))
    known = {b"": "none", b"\0": "0x00", b"\xff": "0xFF"}
    bench.observe("contents", known.get(bytes(sorted(set(seen))), "other"))
    bench.expect(
        not seen or seen not in content,
        "a new file holds what was in a deleted one",
        "新建文件中有已删除文件的内容",
    )
