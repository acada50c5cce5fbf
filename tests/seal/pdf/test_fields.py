"""The fields of forms, their names and dates, and the pages they stand on."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from gmpki.errors import DecodeError, LimitExceeded
from gmpki.seal.pdf.document import PDFDocument
from gmpki.seal.pdf.fields import MAX_FIELDS, Field, date_of, read_fields, text_of
from gmpki.seal.pdf.pages import pages_of
from gmpki.seal.pdf.revisions import newest_revision
from seal.pdf import documents
from seal.pdf.crafted import updated


def fields_of(objects: dict[int, bytes], fields: bytes = b"[20 0 R]") -> list[Field]:
    builder = documents.Builder()
    root = builder.pages((documents.Page(),), catalog=b"/AcroForm << /Fields %s >>" % fields)
    return read_fields(newest_revision(PDFDocument(updated(builder.with_table(root), objects))))


def test_names_and_what_is_inherited() -> None:
    found = fields_of(
        {
            20: b"<< /T (form) /FT /Sig /Kids [21 0 R 22 0 R] >>",
            21: b"<< /T <FEFF7B7E> /V 23 0 R /Subtype /Widget >>",
            22: b"<< /T (b) /FT /Tx /Kids [24 0 R 25 0 R] >>",
            23: b"<< /Type /Sig /SubFilter /ETSI.RFC3161 >>",
            24: b"<< /Subtype /Widget /Rect [0 0 1 1] >>",
            25: b"<< /Subtype /Widget >>",
        }
    )
    assert [(one.name, one.kind, [number for number, _ in one.widgets]) for one in found] == [
        ("form.签", "Sig", [21]),
        ("form.b", "Tx", [24, 25]),
    ]
    value = found[0].value
    assert value is not None
    assert (value.number, value.in_stream, value.is_timestamp) == (23, False, True)
    assert found[1].value is None


def test_value_that_stands_in_the_field_itself() -> None:
    (found,) = fields_of({20: b"<< /T (a) /FT /Sig /V << /SubFilter /GM.sm2seal /Contents <00> >> >>"})
    assert found.value is not None
    assert found.value.number == 20


@pytest.mark.parametrize("value", [b"null", b"99 0 R"])
def test_value_that_is_nothing(value: bytes) -> None:
    (found,) = fields_of({20: b"<< /T (a) /FT /Sig /V %s >>" % value})
    assert found.value is None


@pytest.mark.parametrize(
    "objects",
    [
        {20: b"<< /T (a) /FT /Sig /V (signed) >>"},
        {20: b"<< /T (a) /FT /Sig /V 6 >>"},
        {20: b"<< /T (a) /Kids [21 0 R 22 0 R] >>", 21: b"<< /T (b) >>", 22: b"<< /Subtype /Widget >>"},
        {20: b"<< /T (a) /Kids [21 0 R 21 0 R] >>", 21: b"<< /Subtype /Widget >>"},
        {20: b"<< /T (a) /Kids (none) >>"},
        {20: b"<< /T (a) /Kids [5] >>"},
        {20: b"[1]"},
        {},
    ],
)
def test_malformed_forms(objects: dict[int, bytes]) -> None:
    with pytest.raises(DecodeError):
        fields_of(objects)


def test_form_that_is_too_large() -> None:
    kids = b" ".join(b"<< /T (a) >>" for _ in range(MAX_FIELDS + 1))
    with pytest.raises(LimitExceeded):
        fields_of({}, b"[%s]" % kids)


@pytest.mark.parametrize(
    ("written", "time"),
    [
        (b"D:20260301160000+08'00'", datetime(2026, 3, 1, 8, tzinfo=timezone.utc)),
        (b"D:20260301160000+08'00", datetime(2026, 3, 1, 8, tzinfo=timezone.utc)),
        (b"D:20260301080000Z", datetime(2026, 3, 1, 8, tzinfo=timezone.utc)),
        (b"D:20260301080000Z00'00'", datetime(2026, 3, 1, 8, tzinfo=timezone.utc)),
        (b"D:20260228233000-03'30'", datetime(2026, 3, 1, 3, tzinfo=timezone.utc)),
        (b"\xfe\xff" + "D:2026Z".encode("utf-16-be"), datetime(2026, 1, 1, tzinfo=timezone.utc)),
    ],
)
def test_dates(written: bytes, time: datetime) -> None:
    assert date_of(written) == time


@pytest.mark.parametrize(
    "written",
    [
        None,
        5,
        b"",
        b"2026-03-01",
        b"D:20260301080000",  # of no time zone: of which hour it speaks nobody knows
        b"D:20261301080000Z",
        b"D:00000101000000Z",
        b"D:00010101000000+14'00'",
        b"D:99991231235959-14'00'",
        b"D:20260301080000+99'99'",
        b"D:20260301080000Zx",
        "D:２０２６Z".encode("utf-16-be"),
    ],
)
def test_no_dates(written: object) -> None:
    assert date_of(written) is None


def test_texts() -> None:
    assert text_of(b"\xef\xbb\xbf\xe7\xab\xa0") == "章"
    assert text_of(b"\xfe\xff\x7a\xe0") == "章"
    assert text_of(b"\xfe\xff\x7a") == "\ufffd"
    assert (text_of(b"abc"), text_of(None), text_of(7)) == ("abc", "", "")


def test_pages_inherit() -> None:
    builder = documents.Builder()
    kids = [
        builder.add(b"<< /Type /Page /Parent 3 0 R >>"),
        builder.add(b"<< /Parent 3 0 R /Rotate 90 /MediaBox [0 0 9 9] >>"),
    ]
    builder.add(b"<< /Type /Pages /Parent 4 0 R /Kids [%d 0 R %d 0 R] /Rotate 180 >>" % tuple(kids))
    builder.add(b"<< /Type /Pages /Kids [3 0 R] /MediaBox [0 0 10 20] >>")
    root = builder.add(b"<< /Type /Catalog /Pages 4 0 R >>")
    one, other = pages_of(newest_revision(PDFDocument(builder.with_table(root))))
    assert (one.number, one.dictionary["Rotate"], one.dictionary["MediaBox"]) == (1, 180, [0, 0, 10, 20])
    assert (other.number, other.dictionary["Rotate"], other.dictionary["MediaBox"]) == (2, 90, [0, 0, 9, 9])
