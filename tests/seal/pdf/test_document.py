"""Objects and cross-references of PDF files: those in order as pyHanko reads them, others refused within bounds."""

from __future__ import annotations

import contextlib
import itertools
import re
import zlib
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.errors import DecodeError, GmpkiError, LimitExceeded, UnsupportedAlgorithm
from gmpki.seal.pdf.document import PDFDocument
from gmpki.seal.pdf.fields import read_fields
from gmpki.seal.pdf.filters import decoded
from gmpki.seal.pdf.pages import pages_of
from gmpki.seal.pdf.revision import Revision
from gmpki.seal.pdf.revisions import newest_revision, revision_ends
from gmpki.seal.pdf.syntax import HexString, Name, Real, Reference, Stream, read_value, same
from seal.pdf import documents
from seal.pdf.crafted import sealed, signed_again, updated


def newest(data: bytes) -> Revision:
    return newest_revision(PDFDocument(data))


# ---- values ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("written", "value"),
    [
        (b"null", None),
        (b"true", True),
        (b" false ", False),
        (b"17", 17),
        (b"+17", 17),
        (b"-0", 0),
        (b"-.5", Real(-0.5)),
        (b"4.", Real(4)),
        (b"/Name", Name("Name")),
        (b"/A#42#2f", Name("AB/")),
        (b"/", Name("")),
        (b"(a(b)c)", b"a(b)c"),
        (rb"(\n\(\)\\\101\7\x)", b"\n()\\A\x07x"),
        (b"(a\\\r\nb\rc\r\nd)", b"ab\nc\nd"),
        (b"<48 65 6>", b"He`"),
        (b"[1 2 R 1 2 3 0 R/A(b)<63>[]]", [Reference(1, 2), 1, 2, Reference(3, 0), Name("A"), b"b", b"c", []]),
        (b"<< /A 1 % comment >>\n /B << >> /C null >>", {"A": 1, "B": {}}),
        (b"%comment\n%another\r 5", 5),
    ],
)
def test_values(written: bytes, value: Any) -> None:
    found, _ = read_value(written, 0)
    assert same(found, value)


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"%",
        b"% comment without an end",
        b"(open",
        b"(open\\)",
        b"<41",
        b"<4g>",
        b"[1 2",
        b"<< /A 1",
        b"<< /A >>",
        b"<< 1 2 >>",
        b"<< /A 1 /A 1 >>",
        b"<< /A 1 /#41 2 >>",
        b">>",
        b"]",
        b"{}",
        b"nul",
        b"[1 2 Rx]",
        b"1e5",
        b"--5",
        b"." * 3,
        b"9" * 5000,
    ],
)
def test_malformed_values(written: bytes) -> None:
    with pytest.raises(DecodeError):
        read_value(written, 0)


@pytest.mark.parametrize("opening", [b"[", b"<< /A ", b"[<</A"])
def test_depth_is_bounded(opening: bytes) -> None:
    with pytest.raises(LimitExceeded):
        read_value(opening * 100_000, 0)


@pytest.mark.parametrize("written", [b"9999999999 0 R", b"/" + b"a" * 5000])
def test_sizes_are_bounded(written: bytes) -> None:
    with pytest.raises(LimitExceeded):
        read_value(written, 0)


@pytest.mark.parametrize(
    "written",
    [b"%" * 300_000, b"(" * 300_000, b"(\\" * 150_000, b"[" + b"1 " * 150_000, b" " * 300_000, b"<" + b"4 " * 150_000],
    ids=["comment", "strings", "escapes", "numbers", "white", "hexadecimal"],
)
def test_long_nothing_takes_one_pass(written: bytes) -> None:
    with pytest.raises(DecodeError):
        read_value(written + b"\xff", 0)


def test_sameness_is_about_kinds_too() -> None:
    for one, other in [
        (True, 1),
        (1, Real(1)),
        (Name("A"), b"A"),
        ([1], [True]),
        ({"A": 1}, {"A": Real(1)}),
        (None, 0),
    ]:
        assert not same(one, other)
    assert same(HexString(b"a"), b"a")
    assert same([Reference(1, 0), {"A": None}], [Reference(1, 0), {"A": None}])


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_an_error(written: bytes) -> None:
    try:
        _, end = read_value(written, 0)
    except GmpkiError:
        return
    assert 0 < end <= len(written)


# ---- files as another reader has them -------------------------------------------------------
def _plain(value: Any) -> Any:
    """Return a value of either reader in words that both have."""
    from pyhanko.pdf_utils import generic

    if isinstance(value, (Stream, generic.StreamObject)):
        dictionary = value.dictionary if isinstance(value, Stream) else value
        return {"stream": _plain(dict(dictionary))}
    if isinstance(value, dict):
        return {
            str(key).lstrip("/"): _plain(value[key] if not hasattr(value, "raw_get") else value.raw_get(key))
            for key in value
        }
    if isinstance(value, list):
        raw = [value.raw_get(index) for index in range(len(value))] if hasattr(value, "raw_get") else value
        return [_plain(item) for item in raw]
    if isinstance(value, (Reference, generic.IndirectObject)):
        return ("R", value.number if isinstance(value, Reference) else value.idnum, value.generation)
    if isinstance(value, generic.NameObject):
        return str(value)[1:]
    if isinstance(value, generic.TextStringObject):
        return value.original_bytes
    if isinstance(value, (bytes, generic.ByteStringObject)):
        return bytes(value)
    if isinstance(value, (generic.BooleanObject,)):
        return bool(value)
    if isinstance(value, (generic.NullObject, type(None))):
        return None
    if isinstance(value, (generic.FloatObject, Real)):
        return round(float(value), 6)
    return value


@pytest.mark.parametrize(
    "make",
    [
        documents.single_page,
        documents.with_form,
        documents.hybrid,
        lambda: documents.document(documents.CROPPED, documents.Page(), streamed=True),
        sealed,
        lambda: signed_again(signed_again(sealed(streamed=True)), 1),
    ],
    ids=["table", "form", "hybrid", "stream", "sealed", "signed-thrice"],
)
def test_every_object_is_the_one_that_pyhanko_reads(make: Any) -> None:
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.reader import PdfFileReader

    data = make()
    reader = PdfFileReader(BytesIO(data))
    revision = newest(data)
    assert revision.numbers()
    for number in revision.numbers():
        theirs = reader.get_object(generic.Reference(number, 0, reader))
        assert _plain(revision.value(number)) == _plain(theirs), number
    assert len(pages_of(revision)) == int(reader.root["/Pages"]["/Count"])


def test_revisions() -> None:
    data = signed_again(sealed())
    document = PDFDocument(data)
    ends = revision_ends(newest_revision(document))
    assert len(ends) == 3
    assert ends[-1] == len(data.rstrip())
    assert [len(read_fields(Revision(document, end))) for end in ends] == [0, 1, 2]


def test_later_revision_does_not_exist_for_an_earlier_one() -> None:
    data = sealed()
    document = PDFDocument(updated(data, {4: b"(later)"}))
    assert isinstance(Revision(document, len(data)).value(4), Stream)
    assert newest_revision(document).value(4) == b"later"


# ---- hostile files --------------------------------------------------------------------------
def everything(data: bytes) -> None:
    """Read all of a file."""
    revision = newest(data)
    pages_of(revision)
    read_fields(revision)
    revision.missing()


def patched(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    assert len(old) == len(new)
    return data.replace(old, new, 1)


PLAIN = documents.single_page()
START = int(re.findall(rb"startxref\s+(\d+)", PLAIN)[-1])


@pytest.mark.parametrize(
    "data",
    [
        PLAIN[:-10],
        PLAIN.replace(b"startxref", b"startxxxx"),
        PLAIN.replace(b"startxref\n%d" % START, b"startxref\n%d" % (START + 1)),
        PLAIN.replace(b"startxref\n%d" % START, b"startxref\n99999999"),
        PLAIN.replace(b"startxref\n%d" % START, b"startxref\n0"),
        PLAIN.replace(b"/Size 8", b"/Prev %d /Size 8" % START),
        PLAIN.replace(b"/Size 8", b"/Prev -5 /Size 8"),
        PLAIN.replace(b"/Size 8", b"/Prev (a) /Size 8"),
        PLAIN.replace(b"/Size 8", b"/XRefStm 5 /Size 8"),
        PLAIN.replace(b"0000000015 00000 n", b"0000000016 00000 n"),
        PLAIN.replace(b"0000000015 00000 n", b"0000000015 00001 n"),
        PLAIN.replace(b"0000000015 00000 n", b"00000015 00000 n  "),
        PLAIN.replace(b"0000000015 00000 n", b"0000000015 00000 x"),
        PLAIN.replace(b"xref\n0 8", b"xref\n0 9"),
        PLAIN.replace(b"xref\n0 8", b"xref\n0 7"),
        PLAIN.replace(b"trailer", b"treiler"),
        PLAIN.replace(b"/Root 7 0 R", b"/Root 1 0 R"),
        PLAIN.replace(b"/Root 7 0 R", b"/Root 7 1 R"),
        PLAIN.replace(b"/Root 7 0 R", b"/Root (no)"),
        PLAIN.replace(b"/Kids [5 0 R]", b"/Kids [6 0 R]"),
        PLAIN.replace(b"/Kids [5 0 R]", b"/Kids [(ab)]"),
        PLAIN.replace(b"/Kids [5 0 R]", b"/Kids [1 0 R"),
        PLAIN.replace(b"endobj\n2 0 obj", b"endxxx\n2 0 obj"),
    ],
    ids=itertools.repeat("file"),
)
def test_malformed_files(data: bytes) -> None:
    assert data != PLAIN
    with pytest.raises(DecodeError):
        everything(data)


def test_wrong_length_of_a_stream() -> None:
    length = re.search(rb"/Length (\d+)", PLAIN)
    for wrong in [int(length[1]) - 3, int(length[1]) + 9, 0, 99999]:
        text = b"/Length %d" % wrong
        with pytest.raises(DecodeError):
            everything(patched(PLAIN, length[0], text) if len(text) == len(length[0]) else _relength(text))


def _relength(text: bytes) -> bytes:
    builder = documents.Builder()
    root = builder.pages((documents.Page(),))
    builder.objects[3] = re.sub(rb"/Length \d+", text, builder.objects[3])
    return builder.with_table(root)


def test_object_listed_twice() -> None:
    data = updated(PLAIN, {2: b"null"})
    at = data.rindex(b"xref\n2 1\n") + len(b"xref\n")
    row = data[at : data.index(b"trailer", at)]
    with pytest.raises(DecodeError, match="twice"):
        everything(data[:at] + row + data[at:])


def test_fields_and_pages_in_circles() -> None:
    for catalog, objects in [
        (b"/AcroForm << /Fields [20 0 R] >>", {20: b"<< /T (a) /Kids [20 0 R] >>"}),
        (b"/AcroForm << /Fields [20 0 R 20 0 R] >>", {20: b"<< /T (a) /FT /Tx >>"}),
        (b"/AcroForm << /Fields 20 0 R >>", {20: b"20 0 R"}),
        (b"/AcroForm << /Fields 20 0 R >>", {20: b"(no)"}),
        (b"/AcroForm 20 0 R", {20: b"[1]"}),
    ]:
        builder = documents.Builder()
        root = builder.pages((documents.Page(),), catalog=catalog)
        with pytest.raises(DecodeError):
            everything(updated(builder.with_table(root), objects))


def test_form_that_is_too_deep() -> None:
    builder = documents.Builder()
    root = builder.pages((documents.Page(),), catalog=b"/AcroForm << /Fields [20 0 R] >>")
    chain = {number: b"<< /T (a) /Kids [%d 0 R] >>" % (number + 1) for number in range(20, 60)}
    with pytest.raises(LimitExceeded):
        everything(updated(builder.with_table(root), {**chain, 60: b"<< /T (a) >>"}))


def test_file_that_was_written_too_often() -> None:
    data = PLAIN
    for _ in range(260):
        data = updated(data, {9: b"null"})
    with pytest.raises(LimitExceeded, match="256"):
        everything(data)


def test_object_that_is_its_own_length() -> None:
    data = updated(PLAIN, {4: b"<< /Length 4 0 R >>\nstream\nabc\nendstream"})
    with pytest.raises(DecodeError):
        everything(data)


def test_objects_over_each_other_are_not_read_for_ever() -> None:
    # Each object begins inside the string of the one before it, and ends where all of them end.
    count = 3000
    body = b"".join(b"%d 0 obj [" % number for number in range(100, 100 + count))
    data = PLAIN + body + b"]" * count
    places, at = {}, len(PLAIN)
    for number in range(100, 100 + count):
        places[number] = at
        at += len(b"%d 0 obj [" % number)
    with pytest.raises(GmpkiError):
        everything(updated(data, {}, places=places))


# ---- streams of the structure ---------------------------------------------------------------
def streamed(rows: bytes, entries: bytes, *, compress: bool = True) -> bytes:
    """Return a file whose cross-references are a stream of whatever is given."""
    packed = zlib.compress(rows) if compress else rows
    at = len(b"%PDF-1.7\n")
    return (
        b"%%PDF-1.7\n9 0 obj\n<< /Type /XRef /Size 10 /Root 1 0 R %s /Length %d %s >>\nstream\n"
        % (entries, len(packed), b"/Filter /FlateDecode" if compress else b"")
        + packed
        + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % at
    )


@pytest.mark.parametrize(
    ("rows", "entries"),
    [
        (b"", b"/W [0 0 0] /Index [0 999999]"),
        (b"abc", b"/W [1 1 1] /Index [0 2]"),
        (b"abcdef", b"/W [1 1 1] /Index [0 1]"),
        (b"\x03\x00\x00", b"/W [1 1 1] /Index [1 1]"),
        (b"\x02\x00\x00", b"/W [1 1 1] /Index [1 1]"),
        (b"\x01\x09\x00" * 2, b"/W [1 1 1] /Index [1 1 1 1]"),
        (b"\x01\x09\x00", b"/W [1 1 1] /Index [1]"),
        (b"\x01\x09\x00", b"/W [1 1 -1] /Index [1 1]"),
        (b"\x01\x09\x00", b"/W [1 1 99] /Index [1 1]"),
        (b"\x01\x09\x00", b"/W (abc)"),
        (b"\x01\x09\x00", b"/W [1 1 1] /Index [1 (a)]"),
    ],
)
def test_malformed_streams_of_cross_references(rows: bytes, entries: bytes) -> None:
    with pytest.raises(DecodeError):
        everything(streamed(rows, entries))


@pytest.mark.parametrize(
    ("rows", "entries", "kind"),
    [
        (b"", b"/W [1 1 1] /Index [0 2000000]", LimitExceeded),
        (b"\0" * (30 << 20), b"/W [1 1 1] /Index [0 5]", LimitExceeded),
        (b"abc", b"/W [1 1 1] /Index [0 1] /DecodeParms << /Predictor 2 >>", UnsupportedAlgorithm),
        (b"abc", b"/W [1 1 1] /Index [0 1] /DecodeParms << /Predictor 12 /Columns 99999999 >>", UnsupportedAlgorithm),
    ],
    ids=["too-many", "bomb", "tiff", "wide"],
)
def test_streams_of_cross_references_that_are_too_much(rows: bytes, entries: bytes, kind: type[GmpkiError]) -> None:
    with pytest.raises(kind):
        everything(streamed(rows, entries))


def object_stream(data: bytes, entries: bytes) -> bytes:
    """Return a file whose page lies in a stream of objects of whatever is given."""
    builder = documents.Builder()
    builder.pages((documents.Page(),))
    holder = builder.stream(data, b"/Type /ObjStm " + entries)
    made, offsets = builder.body()
    rows = b"".join(b"\x01" + offset.to_bytes(4, "big") + b"\0" for offset in offsets)
    rows += b"\x02" + holder.to_bytes(4, "big") + b"\0" + b"\x01" + len(made).to_bytes(4, "big") + b"\0"
    number = len(offsets) + 2
    packed = zlib.compress(rows)
    head = (
        b"%d 0 obj\n<< /Type /XRef /Size %d /W [1 4 1] /Index [1 %d] /Root %d 0 R /Filter /FlateDecode /Length %d >>\n"
    )
    made += (
        head % (number, number + 1, number, holder - 1, len(packed)) + b"stream\n" + packed + b"\nendstream\nendobj\n"
    )
    return made + b"startxref\n%d\n%%%%EOF\n" % (made.rindex(b"%d 0 obj" % number))


def test_object_stream_in_order() -> None:
    data = object_stream(b"9 0 (found)", b"/N 1 /First 4")
    assert newest(data).value(9) == b"found"
    everything(data)


@pytest.mark.parametrize(
    ("data", "entries"),
    [
        (b"9 0 (found)", b""),
        (b"9 0 (found)", b"/N 1"),
        (b"9 0 (found)", b"/N -1 /First 4"),
        (b"9 0 (found)", b"/N 2 /First 4"),
        (b"9 0 (found)", b"/N 1 /First 400"),
        (b"7 0 (found)", b"/N 1 /First 4"),
        (b"9 x (found)", b"/N 1 /First 4"),
        (b"9 9 (found)", b"/N 1 /First 4"),
        (b"9 0 (found ", b"/N 1 /First 4"),
        (b"9 0 9 0 R  ", b"/N 1 /First 4"),
    ],
)
def test_malformed_object_streams(data: bytes, entries: bytes) -> None:
    made = object_stream(data, entries)
    with pytest.raises(DecodeError):
        newest(made).resolve(Reference(9, 0))


def test_object_stream_that_is_a_bomb() -> None:
    made = object_stream(b"9 0 " + b" " * (65 << 20), b"/N 1 /First 4")
    assert len(made) < 100_000
    with pytest.raises(LimitExceeded):
        newest(made).value(9)


def test_filters() -> None:
    packed = zlib.compress(b"abc")
    assert decoded({}, b"abc", at=0) == b"abc"
    assert decoded({"Filter": Name("FlateDecode")}, packed + b"\r\n", at=0) == b"abc"
    assert decoded({"Filter": ["FlateDecode"], "DecodeParms": [{"Predictor": 1}]}, packed, at=0) == b"abc"
    for wrong in [packed[:-3], packed + b"x", b"abc", b""]:
        with pytest.raises(DecodeError):
            decoded({"Filter": Name("FlateDecode")}, wrong, at=0)
    for unknown in ["LZWDecode", "Crypt", ["FlateDecode", "FlateDecode"], ["ASCIIHexDecode"], 5]:
        with pytest.raises(UnsupportedAlgorithm):
            decoded({"Filter": unknown}, packed, at=0)
    with pytest.raises(LimitExceeded):
        decoded({}, b"abc", at=0, max_len=2)


@pytest.mark.parametrize("kind", range(5))
def test_predictors(kind: int) -> None:
    from PIL import Image

    # PNG has the same rows: its own reader is the witness.
    rows = bytes([kind, 10, 200, 30, kind, 250, 60, 7])
    ihdr = (3).to_bytes(4, "big") + (2).to_bytes(4, "big") + b"\x08\x00\x00\x00\x00"
    parts = [b"\x89PNG\r\n\x1a\n"]
    for name, body in [(b"IHDR", ihdr), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]:
        parts += [len(body).to_bytes(4, "big"), name, body, zlib.crc32(name + body).to_bytes(4, "big")]
    seen = Image.open(BytesIO(b"".join(parts))).tobytes()
    settings = {"Filter": Name("FlateDecode"), "DecodeParms": {"Predictor": 15, "Columns": 3}}
    assert decoded(settings, zlib.compress(rows), at=0) == seen
    for wrong in [rows[:-1], bytes([9]) + rows[1:]]:
        with pytest.raises(DecodeError):
            decoded(settings, zlib.compress(wrong), at=0)


@given(st.data())
def test_damaged_files_are_read_or_refused(data: Any) -> None:
    whole = documents.document(streamed=data.draw(st.booleans()))
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(GmpkiError):
        everything(bytes(damaged))
