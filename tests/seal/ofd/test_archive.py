"""Archives that two readers could take differently are refused, and those that would fill the memory."""

from __future__ import annotations

import struct
import time
import zipfile
from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.errors import DecodeError, GmpkiError, InvalidInputError, InvalidTypeError, LimitExceeded
from gmpki.seal.ofd import DEFAULT_LIMITS, OFDPackage, PackageLimits, build_package
from gmpki.seal.ofd.archive import check_name
from gmpki.seal.ofd.package import resolve
from hostile import results
from seal.ofd import packages, papers
from seal.ofd.packages import OFD, Raw, archive, descriptor, streamed

PAGE = Raw(b"Doc_0/Document.xml", b"<Document/>" * 20)
BIG = Raw(b"big.bin", bytes(2_000_000))


def refused(data: bytes, error: type[Exception] = DecodeError) -> str:
    """Check that a package is refused, by exactly this kind of error; return what it says."""
    with pytest.raises(error) as caught:
        OFDPackage.from_bytes(data)
    assert type(caught.value) is error
    return str(caught.value)


# ---- what is taken ------------------------------------------------------------------------
@pytest.mark.parametrize(
    "members",
    [
        [OFD, PAGE],
        [PAGE, OFD],
        [OFD, replace(PAGE, method=0)],
        [OFD, Raw(b"Doc_0/", b"", 0), PAGE],
        [OFD, streamed(PAGE)],
        [streamed(OFD), streamed(PAGE, "<3I")],
        [streamed(OFD, "<IQQ"), streamed(PAGE, "<4sIQQ")],
        [OFD, replace(PAGE, extra=struct.pack("<2H4s", 0x7875, 4, b"abcd"))],
        [OFD, replace(PAGE, local_extra=struct.pack("<2HQQ", 1, 16, 0, 0))],
        [OFD, replace(PAGE, made_by=0x0314, attributes=0o100644 << 16)],
        [OFD, Raw("Doc_0/附件.bin".encode(), flags=1 << 11)],
        [OFD, Raw("Doc_0/附件.bin".encode())],
    ],
    ids=[
        "plain",
        "order",
        "stored",
        "directory",
        "descriptor",
        "bare",
        "wide",
        "extra",
        "zip64",
        "unix",
        "utf8",
        "flag",
    ],
)
def test_what_honest_writers_write_is_read(members: list[Raw]) -> None:
    package = OFDPackage.from_bytes(archive(*members))
    files = [member for member in members if not member.name.endswith(b"/")]
    assert package.names == tuple(member.name.decode() for member in files)
    assert [package.read(name) for name in package.names] == [member.data for member in files]
    assert [package.length(f"/{name}") for name in package.names] == [len(member.data) for member in files]


def test_a_comment_is_taken() -> None:
    assert "OFD.xml" in OFDPackage.from_bytes(archive(OFD, comment=b"made by hand"))


def test_the_standard_library_reads_what_is_written() -> None:
    files = {"OFD.xml": packages.OFD_XML, "Doc_0/Document.xml": b"<Document/>" * 9, "Doc_0/图.bin": bytes(range(256))}
    with zipfile.ZipFile(BytesIO(build_package(files))) as peer:
        assert peer.testzip() is None
        assert {name: peer.read(name) for name in peer.namelist()} == files
        assert {info.date_time for info in peer.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@given(st.dictionaries(st.sampled_from(["a", "b/c", "b/d.xml", "示例"]), st.binary(max_size=300), max_size=4))
def test_files_come_back(files: dict[str, bytes]) -> None:
    every = {"OFD.xml": packages.OFD_XML} | files
    package = OFDPackage.from_bytes(build_package(every))
    assert {name: package.read(name) for name in package.names} == every


# ---- new packages -------------------------------------------------------------------------
def test_what_stays_keeps_its_bytes() -> None:
    old = archive(streamed(OFD), Raw(b"Doc_0/", b"", 0), PAGE, comment=b"gone")
    new = OFDPackage.from_bytes(old).with_members({"Doc_0/Signs/Signatures.xml": b"<Signatures/>"})
    start = old.index(b"PK\1\2")
    assert new[:start] == old[:start]
    package = OFDPackage.from_bytes(new)
    assert package.names == ("OFD.xml", "Doc_0/Document.xml", "Doc_0/Signs/Signatures.xml")
    assert package.read("Doc_0/Document.xml") == PAGE.data


def test_a_file_is_replaced_at_its_place() -> None:
    package = OFDPackage.from_bytes(archive(OFD, PAGE, Raw(b"last")))
    new = OFDPackage.from_bytes(package.with_members({}, replaced={"/Doc_0/Document.xml": b"<New/>"}))
    assert new.names == package.names
    assert new.read("Doc_0/Document.xml") == b"<New/>"
    assert new.read("last") == b"content"


def test_nothing_changed_is_the_same_package() -> None:
    assert OFDPackage.from_bytes(papers.paper()).with_members({}) == papers.paper()


@pytest.mark.parametrize(
    ("new", "replaced", "error"),
    [
        ({"OFD.xml": b""}, {}, InvalidInputError),
        ({"ofd.XML": b""}, {}, DecodeError),
        ({"/a": b"", "a": b""}, {}, InvalidInputError),
        ({}, {"missing": b""}, InvalidInputError),
        ({"../a": b""}, {}, DecodeError),
        ({"Doc_0/Document.xml/x": b""}, {}, DecodeError),
        ({"big": bytes(3000)}, {}, LimitExceeded),
        ({"a": "text"}, {}, InvalidTypeError),
        ({1: b""}, {}, InvalidTypeError),
        ([], {}, InvalidTypeError),
    ],
)
def test_additions_that_cannot_be(new: object, replaced: object, error: type[Exception]) -> None:
    limits = PackageLimits(member_len=2000)
    package = OFDPackage.from_bytes(archive(OFD, PAGE), limits=limits)
    with pytest.raises(error):
        package.with_members(new, replaced=replaced)  # type: ignore[arg-type]


# ---- names --------------------------------------------------------------------------------
BAD_NAMES = [
    "/OFD2.xml", "a//b", "a/./b", "../a", "a/../b", "..", ".", "a\\b", "C:a", "a\0b", "a\nb", "a\x7fb", " a", "a ",
    "a.", "a/b.", "a*b", "a?b", 'a"b', "a<b", "a|b", "a\u202eb", "a\u200bb",
]  # fmt: skip


@pytest.mark.parametrize("name", BAD_NAMES, ids=ascii)
def test_names_that_file_systems_bend(name: str) -> None:
    refused(archive(OFD, Raw(name.encode())))
    with pytest.raises(DecodeError):
        check_name(name)


@pytest.mark.parametrize("name", ["x" * 1025, "/".join("a" * 33)], ids=["long", "deep"])
def test_names_without_end(name: str) -> None:
    refused(archive(OFD, Raw(name.encode())), LimitExceeded)


@pytest.mark.parametrize(
    "names",
    [
        ["a.xml", "a.xml"],
        ["Doc_0/A.xml", "doc_0/a.xml"],
        ["Stra\u00dfe", "STRASSE"],
        ["e\u0301", "\u00e9"],
        ["\uff41", "a"],
        ["a", "a/b"],
        ["a/b", "A"],
        ["a/", "a"],
        ["a/", "a/"],
    ],
    ids=["same", "case", "folded", "composed", "width", "file-directory", "directory-file", "listed", "twice"],
)
def test_names_that_are_one_name(names: list[str]) -> None:
    members = [Raw(name.encode(), b"" if name.endswith("/") else b"x", 0) for name in names]
    refused(archive(OFD, *members))


def test_a_name_that_is_not_utf8() -> None:
    assert "UTF-8" in refused(archive(OFD, Raw("附件".encode("gbk"))))


def test_without_the_entry_file_it_is_no_ofd() -> None:
    assert "OFD.xml" in refused(archive(PAGE))
    with pytest.raises(InvalidInputError, match=r"OFD\.xml"):
        build_package({"Doc_0/Document.xml": b""})


# ---- local header against central directory ----------------------------------------------
UNICODE_PATH = struct.pack("<2HBI", 0x7075, 5 + 4, 1, 0) + b"evil"


@pytest.mark.parametrize(
    "member",
    [
        replace(PAGE, local_name=b"Doc_0/Documenu.xml"),
        replace(PAGE, local_name=b"Doc_0/Document.xm"),
        replace(PAGE, local_method=0),
        replace(PAGE, local_flags=8),
        replace(PAGE, flags=8),
        replace(PAGE, local_sizes=(0, 0, 0)),
        replace(PAGE, local_sizes=(1, 2, 3)),
        replace(PAGE, flags=1),
        replace(PAGE, flags=1 << 6),
        replace(PAGE, flags=1 << 13),
        replace(PAGE, local_flags=1),
        replace(Raw("附件".encode()), flags=1 << 11, local_flags=0),
        replace(PAGE, method=12),
        replace(PAGE, method=99),
        replace(PAGE, method=0, packed=b"short"),
        replace(PAGE, disk=1),
        replace(PAGE, extra=b"abc"),
        replace(PAGE, extra=struct.pack("<2H", 5, 9)),
        replace(PAGE, local_extra=struct.pack("<2H", 5, 9)),
        replace(PAGE, extra=UNICODE_PATH),
        replace(PAGE, local_extra=UNICODE_PATH),
        replace(PAGE, made_by=0x0314, attributes=0o120777 << 16),
        replace(PAGE, made_by=0x0314, attributes=0o020666 << 16),
        Raw(b"dir/", b"data"),
    ],
    ids=[
        "name", "shorter-name", "method", "descriptor-local", "descriptor-central", "zero-sizes", "sizes", "encrypted",
        "strong", "masked", "encrypted-local", "utf8-flag", "bzip2", "aes", "stored-sizes", "disk", "extra",
        "extra-len", "local-extra", "second-name", "second-local-name", "link", "device", "directory-data",
    ],
)  # fmt: skip
def test_headers_that_disagree(member: Raw) -> None:
    refused(archive(OFD, member))


@pytest.mark.parametrize(
    "tail",
    [b"", b"PK\7\x08", bytes(12), bytes(16), descriptor(PAGE) + b"x", descriptor(OFD), descriptor(PAGE)[:-1]],
    ids=["none", "mark", "zero", "zero-16", "longer", "other", "shorter"],
)
def test_descriptors_that_are_wrong(tail: bytes) -> None:
    refused(archive(OFD, replace(streamed(PAGE), tail=tail)))


# ---- bytes that belong to nobody, or twice ------------------------------------------------
def test_bytes_before_the_first_member() -> None:
    refused(archive(OFD, PAGE, before=b"MZ program"))


def test_bytes_between_members() -> None:
    refused(archive(replace(OFD, tail=b"hidden"), PAGE))


def test_a_member_that_the_directory_leaves_out() -> None:
    hidden = archive(PAGE)
    refused(archive(replace(OFD, tail=hidden[: hidden.index(b"PK\1\2")]), Raw(b"x")))


def test_bytes_after_the_end() -> None:
    refused(archive(OFD) + b"more")


def test_two_members_over_the_same_bytes() -> None:
    data = archive(OFD, PAGE)
    second = data.index(b"PK\3\4", 4)
    refused(archive(OFD, PAGE, replace(PAGE, name=b"copy", offset=second)))


def test_quoted_overlapping_members() -> None:
    """A member whose data are the header and the data of the next one, as bombs without compression are built."""
    inner = archive(Raw(b"b", b"x" * 100, 0))
    inner = inner[: inner.index(b"PK\1\2")]
    outer = Raw(b"a", inner, 0)
    start = len(archive(OFD)) - 22 - 46 - len(OFD.name) + 30 + 1
    refused(archive(OFD, outer, Raw(b"b", b"x" * 100, 0, offset=start)))


def test_a_second_archive_in_the_comment() -> None:
    refused(archive(OFD, PAGE, comment=archive(OFD)))


@pytest.mark.parametrize(
    ("end", "error"),
    [
        ({0: 1}, DecodeError),
        ({1: 1}, DecodeError),
        ({2: 1}, DecodeError),
        ({2: 3, 3: 3}, DecodeError),
        ({2: 1, 3: 1}, DecodeError),
        ({4: 0}, DecodeError),
        ({5: 0}, DecodeError),
        ({6: 5}, DecodeError),
        ({5: 0xFFFFFFFF}, LimitExceeded),
        ({4: 0xFFFFFFFF}, LimitExceeded),
        ({2: 0xFFFF, 3: 0xFFFF}, LimitExceeded),
    ],
)
def test_end_records_that_lie(end: dict[int, int], error: type[Exception]) -> None:
    refused(archive(OFD, PAGE, end=end), error)


def test_every_prefix_is_refused() -> None:
    data = archive(OFD, streamed(PAGE), comment=b"c")
    for length in range(len(data)):
        refused(data[:length])


# ---- bombs --------------------------------------------------------------------------------
def test_bombs_are_refused_before_they_are_inflated() -> None:
    bomb = Raw(b"bomb", bytes(1000), sizes=(0, 40, 4_000_000_000))
    assert "4000000000" in refused(archive(OFD, bomb), LimitExceeded)


def test_a_member_may_not_be_compressed_without_end() -> None:
    assert "times" in refused(archive(OFD, BIG), LimitExceeded)


def test_many_members_are_counted_together() -> None:
    members = [Raw(f"{number}.bin".encode(), bytes([number]) * 900_000) for number in range(5)]
    limits = PackageLimits(total_len=4_000_000)
    with pytest.raises(LimitExceeded, match="4000000"):
        OFDPackage.from_bytes(archive(OFD, *members), limits=limits)
    assert len(OFDPackage.from_bytes(archive(OFD, *members)).names) == 6


def test_limits_of_number_and_length() -> None:
    data = archive(OFD, PAGE)
    with pytest.raises(LimitExceeded, match="2 members"):
        OFDPackage.from_bytes(data, limits=PackageLimits(members=1))
    with pytest.raises(LimitExceeded, match=f"{len(data)} bytes"):
        OFDPackage.from_bytes(data, limits=PackageLimits(package_len=len(data) - 1))
    assert DEFAULT_LIMITS.package_len == 256 << 20


@pytest.mark.parametrize(
    "member",
    [
        replace(PAGE, sizes=(0, len(PAGE.contents()[0]), len(PAGE.data))),
        replace(PAGE, sizes=(PAGE.contents()[1][0], len(PAGE.contents()[0]), len(PAGE.data) - 1)),
        replace(PAGE, sizes=(PAGE.contents()[1][0], len(PAGE.contents()[0]), len(PAGE.data) + 1)),
        replace(PAGE, packed=b"\xff" * 30),
        replace(PAGE, packed=PAGE.contents()[0] + b"more"),
        replace(PAGE, packed=PAGE.contents()[0][:-2]),
    ],
    ids=["crc", "shorter", "longer", "no-deflate", "bytes-after", "cut-off"],
)
def test_damage_shows_when_a_file_is_read(member: Raw) -> None:
    package = OFDPackage.from_bytes(archive(OFD, member))
    with pytest.raises(DecodeError, match=r"Document\.xml"):
        package.read("Doc_0/Document.xml")


def test_a_file_that_is_longer_than_it_says_is_not_inflated() -> None:
    packed, (crc, packed_len, _) = BIG.contents()
    assert len(packed) == packed_len
    package = OFDPackage.from_bytes(archive(OFD, replace(BIG, sizes=(crc, packed_len, 1000))))
    begin = time.perf_counter()
    with pytest.raises(DecodeError):
        package.read("big.bin")
    assert time.perf_counter() - begin < 1


# ---- locations ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("location", "base", "name"),
    [
        ("/Doc_0/a.xml", "Doc_1/b.xml", "Doc_0/a.xml"),
        ("a.xml", "Doc_1/b.xml", "Doc_1/a.xml"),
        ("./a.xml", "Doc_1/b.xml", "Doc_1/a.xml"),
        ("../a.xml", "Doc_1/b.xml", "a.xml"),
        (" a.xml\n", "", "a.xml"),
    ],
)
def test_locations(location: str, base: str, name: str) -> None:
    assert resolve(location, base) == name


@pytest.mark.parametrize("location", ["", "/", "..", "../a", "/../a", "a/../../b", "//a", "a\\b", "http://a/b", "a\0"])
def test_locations_that_lead_nowhere(location: str) -> None:
    with pytest.raises(DecodeError):
        resolve(location)


# ---- anything at all ----------------------------------------------------------------------
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    refused(data)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_any_changed_byte(place: int, difference: int) -> None:
    data = bytearray(archive(OFD, streamed(PAGE), replace(PAGE, name=b"x", method=0)))
    data[place % len(data)] ^= difference
    try:
        package = OFDPackage.from_bytes(data)
        for name in package.names:
            package.read(name)
    except GmpkiError:
        return
    # What is left to change are fields that no reader goes by: times, versions, attributes.
    assert package.read("x") == PAGE.data


def test_any_arguments() -> None:
    for result in results(OFDPackage.from_bytes, (archive(OFD),)):
        raise AssertionError(result)
    for result in results(lambda limits: OFDPackage.from_bytes(archive(OFD), limits=limits), (DEFAULT_LIMITS,)):
        raise AssertionError(result)
    package = OFDPackage.from_bytes(archive(OFD))
    assert list(results(package.read, ("OFD.xml",))) == []
    assert list(results(package.length, ("OFD.xml",))) == []
    assert None not in package
