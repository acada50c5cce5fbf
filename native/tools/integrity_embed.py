"""Store in a linked ELF file the value that ``gmpki_selftest_integrity`` compares with.

Usage: ``python integrity_embed.py FILE``. The value is HMAC-SM3 over the segments that native/src/common/integrity.c
names; both must agree. Works on any class and byte order, so also after a cross build.
"""

from __future__ import annotations

import struct
import sys
from dataclasses import dataclass
from pathlib import Path

from sm3_reference import hmac_sm3

SECTION = "gmpki_integrity"
VALUE_LEN = 32
PUBLIC_KEY = b"gmpki library integrity, version 1"

PT_LOAD, PF_X, PF_W = 1, 1, 2


class ElfError(Exception):
    """The file is not what the build should have made."""


@dataclass(frozen=True)
class Segment:
    """What a program header says."""

    type: int
    flags: int
    offset: int
    file_size: int


@dataclass(frozen=True)
class Elf:
    """Program headers and named sections (offset, size) of an ELF file."""

    segments: tuple[Segment, ...]
    sections: dict[str, tuple[int, int]]


def read_elf(image: bytes) -> Elf:
    """Read the tables of an ELF file (System V ABI, chapters 4 and 5).

    :raises ElfError: when it is not an ELF file.
    """
    if image[:4] != b"\x7fELF":
        raise ElfError("not an ELF file")
    wide = image[4] == 2
    order = "<" if image[5] == 1 else ">"
    header = struct.unpack_from(order + ("16sHHIQQQIHHHHHH" if wide else "16sHHIIIIIHHHHHH"), image)
    phoff, shoff, phentsize, phnum, shentsize, shnum, shstrndx = header[5], header[6], *header[9:14]

    segments = []
    for i in range(phnum):
        if wide:
            kind, flags, offset, _, _, size = struct.unpack_from(order + "IIQQQQ", image, phoff + i * phentsize)
        else:
            kind, offset, _, _, size, _, flags = struct.unpack_from(order + "IIIIIII", image, phoff + i * phentsize)
        segments.append(Segment(kind, flags, offset, size))

    rows = []  # (name offset, file offset, size)
    for i in range(shnum):
        row = struct.unpack_from(order + ("IIQQQQ" if wide else "IIIIII"), image, shoff + i * shentsize)
        rows.append((row[0], row[4], row[5]))
    names = image[rows[shstrndx][1] : sum(rows[shstrndx][1:])] if rows else b""
    sections = {names[at : names.index(b"\0", at)].decode(): (offset, size) for at, offset, size in rows}
    return Elf(tuple(segments), sections)


def measured(elf: Elf) -> list[Segment]:
    """Return the segments that are measured: loaded, not writable, without the ELF header.

    :raises ElfError: when the code is not among them.
    """
    found = [s for s in elf.segments if s.type == PT_LOAD and not s.flags & PF_W and s.offset != 0]
    if not any(s.flags & PF_X for s in found):
        raise ElfError("the code has no segment of its own: link with -z separate-code")
    return found


def value(image: bytes, elf: Elf) -> bytes:
    """Return the 32-byte value of the file."""
    parts = [struct.pack(">Q", s.file_size) + image[s.offset : s.offset + s.file_size] for s in measured(elf)]
    return hmac_sm3(PUBLIC_KEY, b"".join(parts))


def embed(path: Path) -> None:
    """Compute the value of the file and store it in place.

    :raises ElfError: when the file has no section for it, or a measured one.
    """
    image = path.read_bytes()
    elf = read_elf(image)
    if SECTION not in elf.sections:
        raise ElfError(f"no section {SECTION}")
    offset, size = elf.sections[SECTION]
    if size != VALUE_LEN or any(s.offset <= offset < s.offset + s.file_size for s in measured(elf)):
        raise ElfError(
            f"section {SECTION} is {size} bytes at {offset}: it must be {VALUE_LEN} bytes in a writable segment"
        )
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(value(image, elf))


def main(arguments: list[str]) -> int:
    try:
        embed(Path(arguments[0]))
    except ElfError as error:
        print(f"integrity: {arguments[0]}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
