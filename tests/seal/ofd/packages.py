"""Packages taken apart and put together in ways that no honest program does."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, replace
from functools import cache

from gmpki.seal.ofd import OFDPackage, Stamp, build_package, sign_ofd
from seal import samples
from seal.ofd import papers

OFD_XML = b'<ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016"/>'


@dataclass(frozen=True)
class Raw:
    """One member, written as told; what is None in the local header is as in the central directory."""

    name: bytes
    data: bytes = b"content"
    method: int = 8
    flags: int = 0
    local_name: bytes | None = None
    local_method: int | None = None
    local_flags: int | None = None
    local_sizes: tuple[int, int, int] | None = None
    sizes: tuple[int, int, int] | None = None
    packed: bytes | None = None
    extra: bytes = b""
    local_extra: bytes = b""
    tail: bytes = b""
    made_by: int = 20
    attributes: int = 0
    disk: int = 0
    offset: int | None = None

    def contents(self) -> tuple[bytes, tuple[int, int, int]]:
        """Return the packed data, and CRC and sizes."""
        deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = self.data if self.method != 8 else deflater.compress(self.data) + deflater.flush()
        packed = packed if self.packed is None else self.packed
        return packed, self.sizes or (zlib.crc32(self.data), len(packed), len(self.data))


OFD = Raw(b"OFD.xml", OFD_XML)


def archive(*members: Raw, before: bytes = b"", comment: bytes = b"", end: dict[int, int] | None = None) -> bytes:
    """Write an archive. ``end`` replaces fields of its end record, by their number."""
    body, central = before, b""
    for member in members:
        packed, sizes = member.contents()
        name = member.name if member.local_name is None else member.local_name
        flags = member.flags if member.local_flags is None else member.local_flags
        method = member.method if member.local_method is None else member.local_method
        offset = len(body) if member.offset is None else member.offset
        said = member.local_sizes or sizes
        body += struct.pack("<4s5H3I2H", b"PK\3\4", 20, flags, method, 0, 33, *said, len(name), len(member.local_extra))
        body += name + member.local_extra + packed + member.tail
        head = (b"PK\1\2", member.made_by, 20, member.flags, member.method, 0, 33, *sizes)
        lengths = (len(member.name), len(member.extra), 0)
        central += struct.pack("<4s6H3I5H2I", *head, *lengths, member.disk, 0, member.attributes, offset)
        central += member.name + member.extra
    fields = [0, 0, len(members), len(members), len(central), len(body), len(comment)]
    for place, value in (end or {}).items():
        fields[place] = value
    return body + central + struct.pack("<4s4H2IH", b"PK\5\6", *fields) + comment


def descriptor(member: Raw, form: str = "<4s3I") -> bytes:
    """Return a data descriptor."""
    sizes = member.contents()[1]
    return struct.pack(form, b"PK\7\x08", *sizes) if form.startswith("<4s") else struct.pack(form, *sizes)


def streamed(member: Raw, form: str = "<4s3I") -> Raw:
    """Return a member as writers leave it that cannot go back to its header."""
    return replace(member, flags=8, local_sizes=(0, 0, 0), tail=descriptor(member, form))


def changed(data: bytes, files: dict[str, bytes | None]) -> bytes:
    """Return a package with other files: None takes one away."""
    package = OFDPackage.from_bytes(data)
    every: dict[str, bytes | None] = {name: package.read(name) for name in package.names} | files
    return build_package({name: content for name, content in every.items() if content is not None})


def read(data: bytes, name: str) -> bytes:
    """Return a file of a package."""
    return OFDPackage.from_bytes(data).read(name)


@cache
def sealed(signatures: int = 1, *, protect_all: bool = False) -> bytes:
    """Return a document of two pages with signatures, the last of them with the mode asked for."""
    data = papers.paper(2)
    for number in range(signatures):
        last = number == signatures - 1
        stamp = Stamp(1, 20 + 50 * number, 100)
        data = sign_ofd(data, papers.seal_signer(), stamp, time=samples.NOW, protect_all=protect_all and last)
    return data
