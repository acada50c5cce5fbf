"""What comes after a signature in PDF: each known attack on verifiers, and all that is not one of the things that may
come. The names of the attacks are those of the publications of 2019 to 2021 about signatures in PDF.
"""

from __future__ import annotations

import re

import pytest

from gmpki.errors import GmpkiError, SealError
from gmpki.seal.pdf import FieldStamp, Stamp, add_document_timestamp, cms_signer, sign_pdf, verify_pdf
from gmpki.seal.pdf.changes import compare
from gmpki.seal.pdf.document import PDFDocument
from gmpki.seal.pdf.pages import pages_of
from gmpki.seal.pdf.permissions import Permissions
from gmpki.seal.pdf.revision import Revision
from gmpki.seal.pdf.revisions import newest_revision
from gmpki.seal.report import Verdict
from seal import samples
from seal.pdf import documents
from seal.pdf.crafted import (
    body_of,
    numbers_of,
    objects_of,
    problem,
    root_of,
    seal_signer,
    sealed,
    signed_again,
    signed_by_hand,
    size_of,
    statuses,
    updated,
)


def judged(data: bytes) -> str:
    """Verify a file whose only fault came after its first signature; return what is said about it."""
    report = verify_pdf(data, samples.trust(accept=samples.UNASKED))
    assert report.verdict is Verdict.INVALID
    first = report.signatures[0]
    assert first.check("digest").status.value == first.check("coverage").status.value == "passed"
    return problem(first, "changes")


def page_of(data: bytes, number: int = 1) -> tuple[int, bytes]:
    """Return the number of a page's object and its text."""
    found = pages_of(newest_revision(PDFDocument(data)))[number - 1].object_number
    return found, body_of(data, found)


def contents_of(data: bytes, number: int = 1) -> int:
    """Return the number of what a page shows."""
    reference = pages_of(newest_revision(PDFDocument(data)))[number - 1].dictionary["Contents"]
    return int(reference.number)


def signature_of(data: bytes) -> int:
    """Return the number of the newest signature dictionary."""
    return int(re.findall(rb"/V (\d+) 0 R", data)[-1])


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n" % (len(content), entries) + content + b"\nendstream"


FAKE = stream(b"BT /F1 12 Tf 100 100 Td (I owe you everything) Tj ET")


# ---- incremental saving attacks: something else is shown ------------------------------------
@pytest.mark.parametrize("streamed", [False, True], ids=["table", "stream"])
def test_page_shows_something_else(streamed: bool) -> None:
    data = sealed(streamed=streamed)
    number = contents_of(data, 2)
    said = judged(updated(data, {number: FAKE}, streamed=streamed))
    assert said == f"changed: object {number} (contents of page 2) changed"


def test_page_has_other_contents() -> None:
    data = sealed()
    number, body = page_of(data)
    new = size_of(data)
    changed = re.sub(rb"/Contents \d+ 0 R", b"/Contents %d 0 R" % new, body)
    assert judged(updated(data, {number: changed, new: FAKE})) == "changed: Contents of page 1 changed"


@pytest.mark.parametrize(
    "entry", [b"/Rotate 180", b"/CropBox [0 0 10 10]", b"/Resources << >>", b"/AA << >>", b"/UserUnit 2"]
)
def test_page_has_another_entry(entry: bytes) -> None:
    data = sealed()
    number, body = page_of(data, 2)
    key = entry.split()[0][1:].decode()
    body = body.replace(b"/%s" % key.encode(), b"/Old") if key == "Resources" else body
    assert f"{key} of page 2 changed" in judged(updated(data, {number: body[: body.rindex(b">>")] + entry + b" >>"}))


def test_page_is_put_before_the_others() -> None:
    data = sealed()
    (tree,) = numbers_of(data, b"Pages")
    new = size_of(data)
    page = b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Contents %d 0 R >>" % (tree, new + 1)
    body = body_of(data, tree).replace(b"/Kids [", b"/Kids [%d 0 R " % new).replace(b"/Count 2", b"/Count 3")
    said = judged(updated(data, {tree: body, new: page, new + 1: FAKE}))
    assert said == f"changed: object {tree} changed"


def test_page_is_removed() -> None:
    data = sealed()
    number, _ = page_of(data, 2)
    assert "changes" not in [name for name, status in statuses(data).items() if status == "failed"]
    with pytest.raises(GmpkiError):  # a tree of pages with a hole in it
        verify_pdf(updated(data, {number: None}), samples.trust())


def test_another_catalog() -> None:
    data = sealed()
    new = size_of(data)
    body = body_of(data, root_of(data))
    made = updated(data, {new: body}, trailer=b"")
    made = made[: len(data)] + made[len(data) :].replace(b"/Root %d 0 R" % root_of(data), b"/Root %d 0 R" % new)
    assert judged(made) == "changed: another catalog was put in its place"


@pytest.mark.parametrize(
    "entry",
    [
        b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>",
        b"/Names << >>",
        b"/OCProperties << >>",
        b"/Perms << >>",
    ],
    ids=["action", "names", "layers", "permissions"],
)
def test_catalog_has_another_entry(entry: bytes) -> None:
    data = sealed()
    body = body_of(data, root_of(data))
    said = judged(updated(data, {root_of(data): body[: body.rindex(b">>")] + entry + b" >>"}))
    assert said == f"changed: {entry.split()[0][1:].decode()} of the catalog changed"


def test_title_changes() -> None:
    data = sign_pdf(documents.with_title(), seal_signer(), time=samples.NOW)
    info = int(re.findall(rb"/Info (\d+) 0 R", data)[-1])
    body = body_of(data, info)
    said = judged(updated(data, {info: body[: body.rindex(b">>")] + b"/Title (Another contract) >>"}))
    assert said == "changed: Title of the information about the document changed"


def test_font_changes() -> None:
    data = sealed()
    font = numbers_of(data, b"Font")[0]
    assert judged(updated(data, {font: b"<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>"})).startswith(
        f"changed: object {font}"
    )


# ---- incremental saving attacks: readers that repair files ----------------------------------
def test_object_that_no_cross_reference_names() -> None:
    data = sealed()
    loose = b"%d 0 obj\n" % contents_of(data) + FAKE + b"\nendobj\n"
    said = judged(updated(data, {size_of(data): b"null"}, loose=loose))
    assert "which is no object that cross-references name" in said


@pytest.mark.parametrize("tail", [b"7 0 obj\n(seen by some)\nendobj\n", b"%hidden\n", b"xref\n0 1\n"])
def test_bytes_behind_the_end(tail: bytes) -> None:
    said = judged(sealed() + tail)
    assert said == f"changed: {len(tail.strip())} bytes follow the end of the file"


def test_update_without_cross_references() -> None:
    data = sealed()
    loose = b"%d 0 obj\n" % contents_of(data) + FAKE + b"\nendobj\n"
    at = re.findall(rb"startxref\s+(\d+)", data)[-1]
    assert "no object that cross-references name" in judged(data + loose + b"startxref\n" + at + b"\n%%EOF\n")


def test_white_space_behind_the_end_is_nothing() -> None:
    assert statuses(sealed() + b"\r\n \n")["changes"] == "passed"


def test_file_written_anew_around_the_signature() -> None:
    # The cross-references of the update do not go back to those that were signed.
    data = sealed()
    first = int(re.findall(rb"startxref\s+(\d+)", data)[0])
    objects = objects_of(data)
    signature = signature_of(data)
    del objects[signature]
    place = data.index(b"%d 0 obj" % signature)
    made = updated(data, {**objects, contents_of(data): FAKE}, places={signature: place}, previous=first)
    assert "written anew" in judged(made)


def test_objects_of_an_update_over_each_other() -> None:
    data = sealed()
    new = size_of(data)
    inner = b"%d 0 obj\n(inside)\nendobj" % (new + 1)
    body = stream(inner)
    made = updated(data, {new: body}, places={new + 1: len(data) + (b"%d 0 obj\n" % new + body).index(inner)})
    assert "lies over another" in judged(made)


# ---- shadow attacks: what is shown later was there before, hidden ---------------------------
def shadowed() -> tuple[bytes, int, int]:
    """Return a sealed file that holds two contents of its page, the shown one's number and the place of the other."""
    plain = documents.single_page()
    number = contents_of(plain)
    other = b"%d 0 obj\n" % number + FAKE + b"\nendobj\n"
    at = plain.index(b"xref\n0 ")
    moved = plain[:at] + other + plain[at:]
    moved = moved.replace(b"startxref\n%d" % at, b"startxref\n%d" % (at + len(other)))
    return sign_pdf(moved, seal_signer(), Stamp(1, 50, 50), time=samples.NOW), number, at


def test_hidden_object_is_shown() -> None:
    data, number, place = shadowed()
    assert statuses(data)["changes"] == "passed"
    assert judged(updated(data, {}, places={number: place})).startswith(
        f"changed: object {number} (contents of page 1)"
    )


def test_object_that_hides_something_is_freed() -> None:
    data = signed_again(sealed())
    number = contents_of(data)
    assert judged(updated(data, {number: None})) == f"changed: object {number} (contents of page 1) was removed"


def test_reference_to_nothing_comes_to_mean_something() -> None:
    builder = documents.Builder()
    root = builder.pages((documents.Page(),))
    free = len(builder.objects) + 60
    for index, body in enumerate(builder.objects):
        if body.startswith(b"<< /Type /Page "):
            shown = re.search(rb"/Contents (\d+) 0 R", body)[1]
            builder.objects[index] = re.sub(rb"/Contents \d+ 0 R", b"/Contents [%s 0 R %d 0 R]" % (shown, free), body)
    data = sign_pdf(builder.with_table(root), seal_signer(), time=samples.NOW)
    assert statuses(data)["changes"] == "passed"
    said = judged(updated(data, {free: FAKE}))
    assert said == f"changed: object {free} was added, to which what was signed refers"


def test_object_stream_is_replaced_under_its_objects() -> None:
    data = sealed(streamed=True)
    holder = numbers_of(data, b"ObjStm")[0]
    body = body_of(data, holder)
    said = judged(updated(data, {holder: body}, streamed=True))
    assert f"object {holder}" in said
    assert said.startswith("changed: ")


def test_array_that_stands_in_two_places() -> None:
    # The list of certificates of the validation data is the contents of the page as well.
    builder = documents.Builder()
    builder.pages((documents.Page(),))
    page = next(index for index, body in enumerate(builder.objects) if body.startswith(b"<< /Type /Page "))
    shown = re.search(rb"/Contents (\d+) 0 R", builder.objects[page])[1]
    shared = builder.add(b"[%s 0 R]" % shown)
    builder.objects[page] = re.sub(rb"/Contents \d+ 0 R", b"/Contents %d 0 R" % shared, builder.objects[page])
    tree = next(index for index, body in enumerate(builder.objects, 1) if body.startswith(b"<< /Type /Pages "))
    root = builder.add(b"<< /Type /Catalog /Pages %d 0 R /DSS << /Certs %d 0 R >> >>" % (tree, shared))
    data = sign_pdf(builder.with_table(root), seal_signer(), time=samples.NOW)
    new = size_of(data)
    said = judged(updated(data, {shared: b"[%s 0 R %d 0 R]" % (shown, new), new: FAKE}))
    assert f"(object {shared}) stands in several places" in said


# ---- the form and annotations ---------------------------------------------------------------
def with_annotation(
    data: bytes, annotation: bytes, *, fields: bytes = b"", extra: dict[int, bytes] | None = None
) -> bytes:
    """Add an annotation to the second page, and to the fields of the form when asked."""
    new = size_of(data)
    number, body = page_of(data, 2)
    if b"/Annots" in body:
        body = re.sub(rb"/Annots \[(.*?)\]", rb"/Annots [\1 %d 0 R]" % new, body, flags=re.DOTALL)
    else:
        body = body[: body.rindex(b">>")] + b"/Annots [%d 0 R] >>" % new
    objects = {number: body, new: annotation, **(extra or {})}
    if fields:
        form = int(re.search(rb"/AcroForm (\d+) 0 R", body_of(data, root_of(data)))[1])
        objects[form] = re.sub(
            rb"/Fields \[(.*?)\]", rb"/Fields [\1 %d 0 R]" % new, body_of(data, form), flags=re.DOTALL
        )
    return updated(data, objects)


@pytest.mark.parametrize("kind", ["FreeText", "Stamp", "Redact", "Widget", "Link", "Square"])
def test_annotation_is_added(kind: str) -> None:
    data = with_annotation(sealed(), b"<< /Type /Annot /Subtype /%s /Rect [0 0 600 850] >>" % kind.encode())
    assert judged(data) == "changed: an annotation was added to page 2 that belongs to no signature"


def test_stamp_that_says_it_belongs_to_the_signature_before() -> None:
    piece = b"<< /Type /Annot /Subtype /Stamp /Rect [0 0 600 850] /NM (Seal1#1) >>"
    assert "belongs to no signature" in judged(with_annotation(sealed(), piece))


def test_stamp_that_says_it_belongs_to_a_later_signature() -> None:
    piece = b"<< /Type /Annot /Subtype /Stamp /Rect [0 0 600 850] /NM (Seal2#1) >>"
    data = with_annotation(signed_again(sealed(), 1), piece)
    assert "is not covered by its signature" in judged(data)


def test_annotation_that_was_there_is_shown_on_another_page() -> None:
    data = sealed()
    number, body = page_of(data, 2)
    old = int(re.search(rb"/Annots \[\s*(\d+) 0 R", page_of(data, 1)[1])[1])
    body = body[: body.rindex(b">>")] + b"/Annots [%d 0 R] >>" % old
    assert judged(updated(data, {number: body})) == "changed: an annotation was added to page 2 that is none of its own"


def test_annotation_of_the_seal_is_taken_away() -> None:
    data = sealed()
    number, body = page_of(data, 1)
    body = re.sub(rb"/Annots \[.*?\]", b"/Annots []", body, flags=re.DOTALL)
    assert judged(updated(data, {number: body})) == "changed: the annotations of page 1 changed"


def test_appearance_of_the_seal_changes() -> None:
    data = sealed()
    (form,) = [number for number, body in objects_of(data).items() if b"/Subtype /Form" in body]
    assert judged(updated(data, {form: stream(b"", b"/Type /XObject /Subtype /Form /BBox [0 0 1 1]")})).startswith(
        f"changed: object {form}"
    )


def test_unsigned_signature_field_is_added() -> None:
    field = b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Later) /Rect [0 0 600 850] >>"
    assert "the field 'Later' was added, and is not signed" in judged(with_annotation(sealed(), field, fields=b"yes"))


def test_text_field_is_added() -> None:
    field = b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (Price) /V (1,000,000) /Rect [0 0 600 850] >>"
    assert "the field 'Price' was added, and is not signed" in judged(with_annotation(sealed(), field, fields=b"yes"))


def test_two_fields_share_one_signature() -> None:
    data = sealed()
    signature = signature_of(data)
    field = b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Also) /Rect [0 0 600 850] /V %d 0 R >>" % signature
    made = with_annotation(data, field, fields=b"yes")
    report = verify_pdf(made, samples.trust())
    assert len(report.signatures) == 2
    for found in report.signatures:
        assert problem(found, "structure").startswith("shared-value")


def test_second_field_of_a_name() -> None:
    data = sealed()
    value = b"<< /Type /Sig /SubFilter /GM.sm2seal >>"
    new = size_of(data)
    field = b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Seal1) /Rect [0 0 0 0] /V %d 0 R >>" % (new + 1)
    assert "a second field of the name 'Seal1' was added" in judged(
        with_annotation(data, field, fields=b"yes", extra={new + 1: value})
    )


def test_field_that_was_filled_in() -> None:
    data = sign_pdf(documents.with_form(), seal_signer(), time=samples.NOW)
    number = next(number for number, body in objects_of(data).items() if b"(Zhang San)" in body)
    said = judged(updated(data, {number: body_of(data, number).replace(b"Zhang San", b"Li Si")}))
    assert "the field 'Name' changed" in said


def test_form_looks_otherwise() -> None:
    data = sign_pdf(documents.with_form(), seal_signer(), time=samples.NOW)
    body = body_of(data, root_of(data))
    for entry, name in [(b"/NeedAppearances true", "NeedAppearances"), (b"/DA (/F1 0 Tf)", "DA"), (b"/XFA []", "XFA")]:
        changed = body.replace(b"/SigFlags", entry + b" /SigFlags")
        assert f"{name} of the form changed" in judged(updated(data, {root_of(data): changed}))
    changed = body.replace(b"/SigFlags", b"/NeedAppearances false /SigFlags")
    assert statuses(updated(data, {root_of(data): changed}))["changes"] == "passed"


def test_field_is_removed() -> None:
    data = signed_again(sealed())
    form = int(re.search(rb"/AcroForm (\d+) 0 R", body_of(data, root_of(data)))[1])
    body = re.sub(rb"/Fields \[\s*(\d+ 0 R).*?\]", rb"/Fields [\1]", body_of(data, form), flags=re.DOTALL)
    report = verify_pdf(updated(data, {form: body}), samples.trust())
    assert [one.name for one in report.signatures] == ["Seal1"]
    (check,) = report.checks
    assert check.error.reason == "removed"
    assert "the signature 'Seal2' of revision 3" in check.detail
    assert report.verdict is Verdict.INVALID


def test_second_signature_is_cut_off() -> None:
    first = sealed()
    assert signed_again(first)[: len(first)] == first
    assert statuses(first)["changes"] == "passed"  # what is left is the file as it was: nobody can tell
    assert "bytes follow the end of the file" in judged(signed_again(first)[: len(first) + 200])


def test_field_moves_when_it_is_signed() -> None:
    data = sign_pdf(documents.with_form(), seal_signer(), time=samples.NOW)
    person = samples.signer()
    later = sign_pdf(
        data, cms_signer(person.key, person.certificate), FieldStamp("Sign here"), picture=samples.picture()
    )
    at = later.index(b"/Rect [", len(data))
    moved = later[:at] + re.sub(rb"/Rect \[ \d", b"/Rect [ 1", later[at:], count=1)
    assert "'Sign here' moved" in problem(verify_pdf(moved, samples.trust()).signatures[0], "changes")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (b"/A << /S /JavaScript >>", "was added with A"),
        (b"/AA << >>", "was added with AA"),
        (b"/OC << >>", "was added with OC"),
        (b"/AP << /N 1 0 R >>", "appearance that is none"),
        (b"/AP << /N 1 0 R /D 1 0 R >>", "more than one appearance"),
    ],
    ids=["action", "actions", "layer", "no-stream", "pressed"],
)
def test_later_signature_brings_more_than_it_may(entry: bytes, said: str) -> None:
    assert said in judged(signed_by_hand(sealed(), field=entry))


# ---- validation data ------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<< /Font 1 0 R >>", "the validation data was added with Font"),
        (b"<< /Certs [1 0 R] >>", "holds something else than streams"),
        (b"<< /Certs [(abc)] >>", "holds something else than streams"),
        (b"<< /VRI [1] >>", "VRI of the validation data is no dictionary"),
        (b"<< /VRI << /AB 1 0 R /CD [1] >> >>", "an entry of VRI"),
        (b"[1 0 R]", "DSS of the catalog is no dictionary"),
    ],
)
def test_validation_data_that_is_none(body: bytes, said: str) -> None:
    data = sealed()
    new = size_of(data)
    root = body_of(data, root_of(data))
    root = root[: root.rindex(b">>")] + b"/DSS %d 0 R >>" % new
    assert said in judged(updated(data, {root_of(data): root, new: body}))


def test_trailers() -> None:
    data = sealed()
    new = size_of(data)
    assert "a trailer was added with AuthCode" in judged(updated(data, {new: b"null"}, trailer=b"/AuthCode 1 0 R"))
    assert "the identifier of the file changed" in judged(updated(data, {new: b"null"}, trailer=b"/ID [<22> <11>]"))


# ---- what a signature forbids ---------------------------------------------------------------
def test_signature_after_one_that_allows_none() -> None:
    mdp = b"/Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /P 1 /V /1.2 >> >>]"
    data = signed_by_hand(documents.single_page(), extra=mdp)
    assert statuses(data)["changes"] == "passed"
    assert statuses(add_document_timestamp(data, samples.timestamp))["changes"] == "passed"
    said = judged(signed_by_hand(data, name="Next"))
    assert said == "not-allowed: the signature allows no further ones, and 'Next' was signed after it"


@pytest.mark.parametrize(
    ("transform", "allowed"),
    [
        (b"/TransformMethod /DocMDP /TransformParams << /P 1 >>", False),
        (b"/TransformMethod /DocMDP /TransformParams << /P 2 >>", True),
        (b"/TransformMethod /DocMDP /TransformParams << /P 3 >>", True),
        (b"/TransformMethod /DocMDP", True),
        (b"/TransformMethod /FieldMDP /TransformParams << /Action /All >>", False),
        (b"/TransformMethod /FieldMDP /TransformParams << /Action /Include /Fields [(Later)] >>", False),
        (b"/TransformMethod /FieldMDP /TransformParams << /Action /Include /Fields [(Name)] >>", True),
        (b"/TransformMethod /FieldMDP /TransformParams << /Action /Exclude /Fields [(Name)] >>", False),
        (b"/TransformMethod /FieldMDP /TransformParams << /Action /Exclude /Fields [(Later)] >>", True),
    ],
)
def test_transforms(transform: bytes, allowed: bool) -> None:
    data = signed_by_hand(documents.single_page(), extra=b"/Reference [<< /Type /SigRef %s >>]" % transform)
    new = size_of(data)
    later = {
        new: b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Later) /Rect [0 0 0 0] /V %d 0 R >>" % (new + 1),
        new + 1: b"<< /Type /Sig /SubFilter /GM.sm2seal >>",
    }
    form = int(re.search(rb"/AcroForm (\d+) 0 R", body_of(data, root_of(data)))[1])
    later[form] = re.sub(rb"/Fields \[(.*?)\]", rb"/Fields [\1 %d 0 R]" % new, body_of(data, form))
    found = verify_pdf(updated(data, later), samples.trust()).signatures[0]
    assert found.check("changes").status.value == ("passed" if allowed else "failed")
    if not allowed:
        assert problem(found, "changes").startswith("not-allowed")


@pytest.mark.parametrize(
    "transform",
    [
        b"/TransformMethod /UR3",
        b"/TransformMethod /Identity",
        b"/TransformMethod /FieldMDP",
        b"/TransformMethod /DocMDP /TransformParams << /P 4 >>",
        b"/TransformMethod /DocMDP /TransformParams << /P true >>",
        b"/TransformMethod /DocMDP /TransformParams 5",
        b"/TransformMethod /FieldMDP /TransformParams << /Action /Some >>",
        b"",
    ],
)
def test_transforms_that_nobody_knows(transform: bytes) -> None:
    data = signed_by_hand(documents.single_page(), extra=b"/Reference [<< /Type /SigRef %s >>]" % transform)
    found = verify_pdf(data, samples.trust()).signatures[0]
    assert problem(found, "changes").startswith("transform")


def test_lock_of_the_field_holds_without_its_transform() -> None:
    data = signed_by_hand(documents.single_page(), field=b"/Lock << /Type /SigFieldLock /Action /All /P 1 >>")
    person = samples.signer()
    later = sign_pdf(data, cms_signer(person.key, person.certificate), time=samples.NOW)
    assert problem(verify_pdf(later, samples.trust()).signatures[0], "changes").startswith("not-allowed")


def test_certification_that_is_in_no_field() -> None:
    data = signed_by_hand(documents.single_page(), catalog=b"/Perms << /DocMDP 1 0 R >>")
    (check,) = verify_pdf(data, samples.trust()).checks
    assert check.error.reason == "removed"


# ---- the comparison itself ------------------------------------------------------------------
def test_comparison_raises() -> None:
    data = updated(sealed(), {contents_of(sealed()): FAKE})
    document = PDFDocument(data)
    with pytest.raises(SealError) as caught:
        compare(Revision(document, len(sealed())), newest_revision(document), Permissions())
    assert caught.value.reason == "changed"


def test_many_changes_are_named_in_part() -> None:
    data = sealed()
    others = [number for number, body in objects_of(data).items() if b"stream" in body or b"/Type /Font" in body]
    said = judged(updated(data, dict.fromkeys(others, FAKE)))
    assert said.count(";") == 4
    assert said.endswith(", and more")
