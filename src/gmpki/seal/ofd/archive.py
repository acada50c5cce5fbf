"""ZIP as OFD packages use it: read so strictly that no two readers can see different files in it.

A signature over a package names files and their digests. It says nothing when the reader that shows the package finds
other bytes under a name than the one that verified it. So whatever readers are known to take in different ways is
refused here: two members of one name, a local header that disagrees with the central directory, bytes that belong to
no member or to two of them, names that a file system would bend. What is copied into a new package is copied as it
lies in the old one, headers included.

:standard: PKWARE APPNOTE.TXT 6.3, 4.3 to 4.5; ISO/IEC 21320-1 for what a document container uses of it; GB/T
    33190-2016 for OFD being such a container
"""

from __future__ import annotations

import re
import struct
import unicodedata
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki.errors import DecodeError, LimitExceeded

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "DEFAULT_LIMITS",
    "Member",
    "PackageLimits",
    "assemble",
    "check_name",
    "deflated",
    "inflate",
    "inflated_beginning",
    "read_archive",
]

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_LOCAL_MARK, _CENTRAL_MARK, _END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_DESCRIPTOR_MARK: Final = b"PK\x07\x08"
# The layouts of a data descriptor by their length: with and without the mark, sizes of 4 and of 8 bytes.
_DESCRIPTORS: Final = {12: "<3I", 16: "<4x3I", 20: "<IQQ", 24: "<4xIQQ"}
_ENCRYPTED, _DESCRIPTOR_FOLLOWS, _STRONGLY_ENCRYPTED, _MASKED = 1 << 0, 1 << 3, 1 << 6, 1 << 13
_UTF8_NAME: Final = 1 << 11
_STORED, _DEFLATED = 0, 8
_METHODS: Final = {_STORED: "stored", _DEFLATED: "deflated"}
_ZIP64_MARK: Final = 0xFFFFFFFF
_UNICODE_PATH: Final = 0x7075  # the extra field that brings a second name
_UNIX: Final = 3
_FILE_KINDS: Final = (0, 0o100000, 0o040000)  # unset, regular file, directory, as the upper bits of a Unix mode
_FIRST_DAY: Final = 0x0021  # 1980-01-01, the earliest date that the format has; what is written here tells no time
# What nearly every name is, and what needs no further look: parts of letters, figures, "_" and "-", with single dots.
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]+(?:[./][A-Za-z0-9_-]+)*/?")
_MAX_PLAIN_LEN: Final = 60  # too short to be too deep
_MAX_NAME_LEN: Final = 1024
_MAX_NAME_DEPTH: Final = 32
# Beyond this a member is no document part: deflate reaches 1032, repetitive XML some 100.
_MAX_RATIO: Final = 400
_RATIO_FROM_LEN: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class PackageLimits:
    """How much a package may hold. What is declared is judged before anything is inflated. Immutable.

    :ivar package_len: bytes of the package itself.
    :ivar members: files and directories.
    :ivar member_len: bytes of one file, inflated.
    :ivar total_len: bytes of all files, inflated.
    :ivar xml_len: bytes of one file that is read as XML.
    """

    package_len: int = 256 << 20
    members: int = 20_000
    member_len: int = 128 << 20
    total_len: int = 512 << 20
    xml_len: int = 32 << 20


DEFAULT_LIMITS: Final = PackageLimits()


@dataclass(frozen=True, slots=True)
class Member:
    """One member as it lies in the archive. Immutable.

    :ivar record: its local header, data and data descriptor.
    :ivar data: where in the record the data begin and end.
    :ivar central: its entry in the central directory.
    """

    name: str
    method: int
    crc: int
    length: int
    record: memoryview
    data: tuple[int, int]
    central: bytes

    @property
    def is_directory(self) -> bool:
        """Tell whether it is a directory, which holds nothing."""
        return self.name.endswith("/")


def check_name(name: str, *, directory: bool = False) -> None:
    """Check that a name is one that every reader takes in the same way.

    :raises DecodeError: when it is absolute, steps upwards or in place, or has characters or endings that file systems
        change.
    :raises LimitExceeded: when it is longer than 1024 bytes or has more than 32 parts.
    """
    if len(name) <= _MAX_PLAIN_LEN and _PLAIN.fullmatch(name) and (directory or not name.endswith("/")):
        return
    shown = repr(name[:80])
    try:
        raw = name.encode("utf-8")
    except UnicodeEncodeError:
        raise DecodeError(f"the name {shown} is no text") from None
    parts = (name[:-1] if directory else name).split("/")
    if len(raw) > _MAX_NAME_LEN or len(parts) > _MAX_NAME_DEPTH:
        raise LimitExceeded(f"the name {shown} is too long or too deep")
    if any(character in '\\:*?"<>|' or unicodedata.category(character) in ("Cc", "Cf") for character in name):
        raise DecodeError(f"the name {shown} has characters that file systems bend")
    for part in parts:
        if part in ("", ".", "..") or part != part.strip(" ") or part.endswith("."):
            raise DecodeError(f"the name {shown} is not plainly the name of a file inside the package")


def read_archive(data: bytes, limits: PackageLimits) -> list[Member]:
    """Return the members in the order of the central directory.

    :raises DecodeError: when it is no archive, or one that two readers could take differently.
    :raises LimitExceeded: when it holds more than the limits allow, or uses ZIP64, which nothing within them needs.
    """
    if len(data) > limits.package_len:
        raise LimitExceeded(f"the package has {len(data)} bytes; {limits.package_len} are taken")
    start, end, count = _directory(data)
    if count > limits.members:
        raise LimitExceeded(f"the package has {count} members; {limits.members} are taken")
    entries = _central_entries(data, start, end, count)
    _check_sizes(entries, limits)
    _check_names(entries)
    return _located(data, entries, start)


def _directory(data: bytes) -> tuple[int, int, int]:
    """Return where the central directory begins and ends, and how many entries it has."""
    at = data.rfind(_END_MARK, max(0, len(data) - _END.size - 0xFFFF))
    if at < 0 or at + _END.size > len(data):
        raise DecodeError("this is no OFD document: a ZIP archive has an end record, and this has none")
    _, disk, first_disk, here, count, size, start, comment_len = _END.unpack_from(data, at)
    if at + _END.size + comment_len != len(data):
        raise DecodeError("bytes follow the end of the archive", offset=at)
    if _ZIP64_MARK in (size, start) or count == 0xFFFF:
        raise LimitExceeded("the archive is a ZIP64 one, larger than any package that is taken")
    if disk or first_disk or here != count:
        raise DecodeError("the archive is one part of several", offset=at)
    if start + size != at:
        raise DecodeError("the central directory does not end where the end record begins", offset=at)
    return start, at, count


@dataclass(slots=True)
class _Entry:
    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed_len: int
    length: int
    offset: int
    central: bytes


def _central_entries(data: bytes, start: int, end: int, count: int) -> list[_Entry]:
    entries, at = [], start
    for _ in range(count):
        if at + _CENTRAL.size > end:
            raise DecodeError("the central directory is cut off", offset=at)
        fields = _CENTRAL.unpack_from(data, at)
        mark, made_by, _, flags, method, _, _, crc, packed_len, length, name_len, extra_len, comment_len = fields[:13]
        disk, _, attributes, offset = fields[13:]
        following = at + _CENTRAL.size + name_len + extra_len + comment_len
        if mark != _CENTRAL_MARK or following > end:
            raise DecodeError("the central directory is malformed", offset=at)
        if _ZIP64_MARK in (packed_len, length, offset):
            raise LimitExceeded("a member has ZIP64 sizes, larger than any that is taken")
        if disk:
            raise DecodeError("a member lies in another part of the archive", offset=at)
        raw_name = data[at + _CENTRAL.size : at + _CENTRAL.size + name_len]
        name = _name(raw_name, at)
        extra_at = at + _CENTRAL.size + name_len
        _check_extra(data[extra_at : extra_at + extra_len], raw_name, at)
        if made_by >> 8 == _UNIX and (attributes >> 16) & 0o170000 not in _FILE_KINDS:
            raise DecodeError(f"{name!r} is a link or a device", offset=at)
        entries.append(_Entry(name, raw_name, flags, method, crc, packed_len, length, offset, data[at:following]))
        at = following
    if at != end:
        raise DecodeError("bytes lie between the central directory and its end", offset=at)
    return entries


def _name(raw: bytes, offset: int) -> str:
    # Without the flag for UTF-8 a name is in whatever code page its writer had. ASCII is the same in all of them.
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise DecodeError("the name of a member is not UTF-8", offset=offset) from None
    check_name(name, directory=name.endswith("/"))
    return name


def _check_extra(extra: bytes, raw_name: bytes, offset: int) -> None:
    """Check that extra fields are well formed and bring no other name."""
    at = 0
    while at < len(extra):
        if at + 4 > len(extra):
            raise DecodeError("extra fields of a member are malformed", offset=offset)
        kind, size = struct.unpack_from("<2H", extra, at)
        value = extra[at + 4 : at + 4 + size]
        if len(value) != size:
            raise DecodeError("extra fields of a member are malformed", offset=offset)
        if kind == _UNICODE_PATH and value[5:] != raw_name:
            raise DecodeError("a member has two names", offset=offset)
        at += 4 + size


def _check_sizes(entries: list[_Entry], limits: PackageLimits) -> None:
    total = 0
    for entry in entries:
        if entry.flags & (_ENCRYPTED | _STRONGLY_ENCRYPTED | _MASKED):
            raise DecodeError(f"{entry.name!r} is encrypted by means of ZIP, which OFD does not have")
        if entry.method not in _METHODS:
            raise DecodeError(f"{entry.name!r} is compressed by method {entry.method}; stored and deflated are taken")
        if entry.method == _STORED and entry.packed_len != entry.length:
            raise DecodeError(f"{entry.name!r} is stored, and yet has two sizes")
        if entry.name.endswith("/") and entry.length:
            raise DecodeError(f"the directory {entry.name!r} holds data")
        if entry.length > limits.member_len:
            raise LimitExceeded(f"{entry.name!r} has {entry.length} bytes; {limits.member_len} are taken")
        if entry.length > _RATIO_FROM_LEN and entry.length > _MAX_RATIO * entry.packed_len:
            raise LimitExceeded(f"{entry.name!r} is compressed more than {_MAX_RATIO} times over")
        total += entry.length
    if total > limits.total_len:
        raise LimitExceeded(f"the files of the package have {total} bytes; {limits.total_len} are taken")


def _check_names(entries: list[_Entry]) -> None:
    """Check that no two names are the same to a file system that folds case or composes characters."""
    files: dict[str, str] = {}
    directories: set[str] = set()
    for entry in entries:
        folded = unicodedata.normalize("NFKC", entry.name).casefold()
        if folded in files:
            raise DecodeError(f"two members are called {entry.name!r}, or differ in case only")
        files[folded] = entry.name
        # A directory of a name may be listed as well as meant: "a/" and "a/b".
        parts = folded.rstrip("/").split("/")
        directories.update("/".join(parts[:length]) for length in range(1, len(parts)))
    for folded, name in files.items():
        if folded in directories or folded + "/" in files:
            raise DecodeError(f"{name!r} is a file and a directory")


def _located(data: bytes, entries: list[_Entry], directory_start: int) -> list[Member]:
    """Find the local record of every entry: one after the other from the first byte to the central directory."""
    view = memoryview(data)
    by_offset = sorted(range(len(entries)), key=lambda index: entries[index].offset)
    ends = [entries[index].offset for index in by_offset[1:]] + [directory_start]
    found: list[Member | None] = [None] * len(entries)
    expected = 0
    for index, end in zip(by_offset, ends, strict=True):
        entry = entries[index]
        if entry.offset != expected or end <= entry.offset:
            raise DecodeError("bytes of the archive belong to no member, or to two", offset=expected)
        begin = _local_data(data, entry)
        _check_tail(data, entry, begin + entry.packed_len, end)
        found[index] = Member(
            entry.name,
            entry.method,
            entry.crc,
            entry.length,
            view[entry.offset : end],
            (begin - entry.offset, begin - entry.offset + entry.packed_len),
            entry.central,
        )
        expected = end
    if not entries and directory_start:
        raise DecodeError("bytes of the archive belong to no member", offset=0)
    return [member for member in found if member is not None]


def _local_data(data: bytes, entry: _Entry) -> int:
    """Return where the data of a member begin, having held its local header against the central directory."""
    at = entry.offset
    if at + _LOCAL.size > len(data):
        raise DecodeError(f"the local header of {entry.name!r} is cut off", offset=at)
    mark, _, flags, method, _, _, crc, packed_len, length, name_len, extra_len = _LOCAL.unpack_from(data, at)
    name_end = at + _LOCAL.size + name_len
    if mark != _LOCAL_MARK or data[at + _LOCAL.size : name_end] != entry.raw_name or method != entry.method:
        raise DecodeError(f"the local header of {entry.name!r} does not match the central directory", offset=at)
    compared = _ENCRYPTED | _DESCRIPTOR_FOLLOWS | _STRONGLY_ENCRYPTED | _MASKED
    if not entry.raw_name.isascii():
        compared |= _UTF8_NAME
    if (flags ^ entry.flags) & compared:
        raise DecodeError(f"the flags of {entry.name!r} do not match the central directory", offset=at)
    values = (crc, packed_len, length)
    told_later = bool(flags & _DESCRIPTOR_FOLLOWS) and values in ((0, 0, 0), (0, _ZIP64_MARK, _ZIP64_MARK))
    if told_later and method == _STORED and entry.length:
        # Nothing in the data themselves tells where they end: who reads from the front has to guess.
        raise DecodeError(f"{entry.name!r} is stored, and does not say how long it is", offset=at)
    if values != (entry.crc, entry.packed_len, entry.length) and not told_later:
        raise DecodeError(f"the sizes of {entry.name!r} do not match the central directory", offset=at)
    _check_extra(data[name_end : name_end + extra_len], entry.raw_name, at)
    return int(name_end + extra_len)


def _check_tail(data: bytes, entry: _Entry, data_end: int, end: int) -> None:
    """Check that after the data of a member nothing comes but the descriptor that its flags announce."""
    tail = data[data_end:end] if data_end <= end else None
    if not entry.flags & _DESCRIPTOR_FOLLOWS:
        if tail != b"":
            raise DecodeError(f"{entry.name!r} does not end where the next member begins", offset=entry.offset)
        return
    layout = _DESCRIPTORS.get(len(tail)) if tail is not None else None
    if tail is None or layout is None or ("x" in layout and tail[:4] != _DESCRIPTOR_MARK):
        raise DecodeError(f"{entry.name!r} has no proper data descriptor", offset=entry.offset)
    if struct.unpack(layout, tail) != (entry.crc, entry.packed_len, entry.length):
        raise DecodeError(f"the data descriptor of {entry.name!r} does not match", offset=entry.offset)


def inflate(member: Member) -> bytes:
    """Return the bytes of a file, never more than it declares.

    :raises DecodeError: when its data are malformed, or have not the declared length and CRC.
    """
    begin, end = member.data
    packed = member.record[begin:end]
    if member.method == _STORED:
        content = bytes(packed)
    else:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            content = inflater.decompress(packed, member.length + 1)
        except zlib.error as error:
            raise DecodeError(f"{member.name!r} cannot be inflated: {error}") from None
        if not inflater.eof or inflater.unused_data or inflater.unconsumed_tail:
            raise DecodeError(f"{member.name!r} does not end where it says")
    if len(content) != member.length or zlib.crc32(content) != member.crc:
        raise DecodeError(f"{member.name!r} is damaged: its length or CRC is not as declared")
    return content


def inflated_beginning(member: Member, length: int) -> bytes:
    """Return the first bytes of a file, unchecked; fewer where it is shorter, or damaged."""
    begin, end = member.data
    packed = member.record[begin:end]
    if member.method == _STORED:
        return bytes(packed[:length])
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, length)
    except zlib.error:
        return b""


def deflated(name: str, content: bytes) -> Member:
    """Return a new member. The same name and content always give the same bytes.

    :raises DecodeError, LimitExceeded: when the name is none, as :func:`check_name`.
    :raises LimitExceeded: when the content is longer than ZIP without ZIP64 can say.
    """
    check_name(name)
    if len(content) >= _ZIP64_MARK:
        raise LimitExceeded(f"{name!r} has {len(content)} bytes, more than an archive without ZIP64 holds")
    deflater = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed, method = deflater.compress(content) + deflater.flush(), _DEFLATED
    if len(packed) >= len(content):
        packed, method = content, _STORED
    raw_name, crc = name.encode("utf-8"), zlib.crc32(content)
    flags = 0 if name.isascii() else _UTF8_NAME
    shared = (20, flags, method, 0, _FIRST_DAY, crc, len(packed), len(content), len(raw_name), 0)
    header = _LOCAL.pack(_LOCAL_MARK, *shared) + raw_name
    central = _CENTRAL.pack(_CENTRAL_MARK, 20, *shared, 0, 0, 0, 0, 0) + raw_name
    data = (len(header), len(header) + len(packed))
    return Member(name, method, crc, len(content), memoryview(header + packed), data, central)


def assemble(members: Iterable[Member]) -> bytes:
    """Return an archive of members: those that were read keep every byte but the offset in the central directory.

    :raises LimitExceeded: when it grows beyond what ZIP without ZIP64 can say.
    """
    records: list[bytes | memoryview] = []
    centrals: list[bytes] = []
    at = 0
    for member in members:
        if at >= _ZIP64_MARK or len(centrals) >= 0xFFFE:
            raise LimitExceeded("the archive grows beyond what is possible without ZIP64")
        records.append(member.record)
        offset_at = _CENTRAL.size - 4
        centrals.append(member.central[:offset_at] + struct.pack("<I", at) + member.central[_CENTRAL.size :])
        at += len(member.record)
    directory = b"".join(centrals)
    if at + len(directory) >= _ZIP64_MARK:
        raise LimitExceeded("the archive grows beyond what is possible without ZIP64")
    end = _END.pack(_END_MARK, 0, 0, len(centrals), len(centrals), len(directory), at, 0)
    return b"".join([*records, directory, end])
