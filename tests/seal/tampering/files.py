"""Tampering with PDF files: every part of one, what a signature says that it covers, and what comes after it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from gmpki.seal import DocumentReport, Verdict
from gmpki.seal.pdf import Stamp, add_document_timestamp, sign_pdf
from seal import samples
from seal.pdf import documents
from seal.pdf.crafted import (
    RESERVED,
    body_of,
    numbers_of,
    objects_of,
    root_of,
    seal_signer,
    sealed,
    signed_again,
    signed_by_hand,
    size_of,
    updated,
)
from seal.pdf.test_changes import FAKE, contents_of, page_of, with_annotation
from seal.samples import NOW
from seal.tampering.table import PDF, Row

__all__ = ["rows"]


def verified(data: bytes) -> DocumentReport:
    return PDF.verified(data)


def by_hand(**options: Any) -> DocumentReport:
    """Seal a page with whatever is asked for in the dictionary of the signature."""
    return verified(signed_by_hand(documents.single_page(), **options))


def covering(say: Callable[[int, int, int], str]) -> DocumentReport:
    """Let ByteRange say something else."""
    return by_hand(byte_range=say)


def containing(say: Callable[[bytes], str]) -> DocumentReport:
    """Let Contents hold something else, of the same length."""
    return by_hand(contents=say)


def edges(data: bytes) -> tuple[int, int]:
    """Return where the first Contents begins and ends, with its delimiters."""
    start = data.index(b"/Contents <") + len(b"/Contents ")
    return start, data.index(b">", start) + 1


def bent(place: Callable[[bytes], int]) -> DocumentReport:
    """Change one bit of one byte."""
    data = sealed()
    at = place(data)
    return verified(data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :])


def bent_contents(back: int) -> DocumentReport:
    """Change a digit of the signature, counted from its end."""
    data = sealed()
    start, end = edges(data)
    digits = data[start + 1 : end - 1].rstrip(b"0")
    at = start + 1 + len(digits) - back
    digit = b"1" if data[at : at + 1] != b"1" else b"2"
    return verified(data[:at] + digit + data[at + 1 :])


def transplanted() -> DocumentReport:
    """Put the signature of another document into a file."""
    start, end = edges(sealed())
    taken = sealed()[start + 1 : end - 1].rstrip(b"0")
    taken += b"0" * (len(taken) % 2)
    return containing(lambda _: f"<{taken.decode():0<{RESERVED}}>")


def replaced_page() -> DocumentReport:
    return verified(updated(sealed(), {contents_of(sealed(), 2): FAKE}))


def entry_of_page(entry: bytes) -> DocumentReport:
    """Add an entry to the second page."""
    number, body = page_of(sealed(), 2)
    return verified(updated(sealed(), {number: body[: body.rindex(b">>")] + entry + b" >>"}))


def entry_of_catalog(entry: bytes) -> DocumentReport:
    """Add an entry to the catalog."""
    number = root_of(sealed())
    body = body_of(sealed(), number)
    return verified(updated(sealed(), {number: body[: body.rindex(b">>")] + entry + b" >>"}))


def inserted_page() -> DocumentReport:
    data = sealed()
    (tree,) = numbers_of(data, b"Pages")
    new = size_of(data)
    page = b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Contents %d 0 R >>" % (tree, new + 1)
    body = body_of(data, tree).replace(b"/Kids [", b"/Kids [%d 0 R " % new).replace(b"/Count 2", b"/Count 3")
    return verified(updated(data, {tree: body, new: page, new + 1: FAKE}))


def removed_page() -> DocumentReport:
    data = sealed()
    (tree,) = numbers_of(data, b"Pages")
    number, _ = page_of(data, 2)
    body = re.sub(rb"\s%d 0 R" % number, b"", body_of(data, tree)).replace(b"/Count 2", b"/Count 1")
    return verified(updated(data, {tree: body}))


def exchanged_pages() -> DocumentReport:
    data = sealed()
    (tree,) = numbers_of(data, b"Pages")
    one, two = (b"%d 0 R" % page_of(data, number)[0] for number in (1, 2))
    body = body_of(data, tree).replace(one, b"#").replace(two, one).replace(b"#", two)
    return verified(updated(data, {tree: body}))


def annotated(kind: bytes) -> DocumentReport:
    return verified(with_annotation(sealed(), b"<< /Type /Annot /Subtype /%s /Rect [0 0 600 850] >>" % kind))


def without_annotations() -> DocumentReport:
    number, body = page_of(sealed(), 1)
    return verified(updated(sealed(), {number: re.sub(rb"/Annots \[.*?\]", b"/Annots []", body, flags=re.DOTALL)}))


def other_appearance() -> DocumentReport:
    (form,) = [number for number, body in objects_of(sealed()).items() if b"/Subtype /Form" in body]
    empty = b"<< /Length 0 /Type /XObject /Subtype /Form /BBox [0 0 1 1] >>\nstream\n\nendstream"
    return verified(updated(sealed(), {form: empty}))


def field_removed() -> DocumentReport:
    """Take the second signature out of the form."""
    data = signed_again(sealed())
    form = int(re.search(rb"/AcroForm (\d+) 0 R", body_of(data, root_of(data)))[1])  # type: ignore[index]
    body = re.sub(rb"/Fields \[\s*(\d+ 0 R).*?\]", rb"/Fields [\1]", body_of(data, form), flags=re.DOTALL)
    return verified(updated(data, {form: body}))


def form_emptied() -> DocumentReport:
    """Take every field out of the form."""
    data = sealed()
    form = int(re.search(rb"/AcroForm (\d+) 0 R", body_of(data, root_of(data)))[1])  # type: ignore[index]
    body = re.sub(rb"/Fields \[.*?\]", b"/Fields []", body_of(data, form), flags=re.DOTALL)
    return verified(updated(data, {form: body}))


def signed_too_often() -> DocumentReport:
    """Sign what a certification closed."""
    closed = sign_pdf(documents.single_page(), seal_signer(), Stamp(1, 20, 20), time=NOW, protect_all=True)
    return verified(signed_by_hand(closed))


def text_filled_in() -> DocumentReport:
    data = sign_pdf(documents.with_form(), seal_signer(), time=NOW)
    number = next(number for number, body in objects_of(data).items() if b"(Zhang San)" in body)
    return verified(updated(data, {number: body_of(data, number).replace(b"Zhang San", b"Li Si")}))


def new_field(entries: bytes) -> DocumentReport:
    field = b"<< /Type /Annot /Subtype /Widget /Rect [0 0 600 850] %s >>" % entries
    return verified(with_annotation(sealed(), field, fields=b"yes"))


def cut_off() -> DocumentReport:
    """Strip the second signature as a whole: what is left is the file as it was, which is found by who counts."""
    left = signed_again(sealed())[: len(sealed())]
    report = verified(left)
    assert report.verdict is Verdict.VALID
    assert len(report.signatures) == 1
    return verified(signed_again(sealed())[: len(sealed()) + 200])


def stamped_and_changed() -> DocumentReport:
    data = add_document_timestamp(sealed(), samples.timestamp)
    return verified(updated(data, {contents_of(sealed(), 2): FAKE}))


Act = Callable[[], DocumentReport]
ROWS: dict[str, tuple[Act, tuple[str, ...]]] = {
    # one byte of each part of what is signed
    "one byte of what the page shows": (lambda: bent(lambda data: data.index(b"stream\n") + 20), ("digest: changed",)),
    "one byte of the fonts": (lambda: bent(lambda data: data.index(b"/Helvetica") + 3), ("digest: changed",)),
    "one byte of the catalog": (lambda: bent(lambda data: data.rindex(b"/Type /Catalog") + 10), ("digest: changed",)),
    "one byte of the size of a page": (lambda: bent(lambda data: data.index(b"595.276") + 2), ("digest: changed",)),
    "one byte of the seal's picture": (
        lambda: bent(lambda data: data.index(b"stream", data.index(b"/SMask")) + 20),
        ("digest: changed",),
    ),
    "one byte of the dictionary of the signature": (
        lambda: bent(lambda data: data.index(b"/SubFilter /") + 13),
        ("structure: UnsupportedAlgorithm",),
    ),
    "one byte of the name of the field": (lambda: bent(lambda data: data.index(b"Seal1") + 1), ("digest: changed",)),
    "one byte before the signature": (lambda: bent(lambda data: edges(data)[0] - 12), ("refused: DecodeError",)),
    "one byte of the last trailer": (lambda: bent(lambda data: data.rindex(b"/Root") + 2), ("digest: changed",)),
    "one byte of the identifier": (lambda: bent(lambda data: data.rindex(b"/ID") + 8), ("digest: changed",)),
    "one byte of the header": (lambda: bent(lambda _: 12), ("digest: changed",)),
    # Contents
    "one digit of the signature": (lambda: bent_contents(3), ("signature: InvalidSignature",)),
    "one digit of the signer's certificate": (lambda: bent_contents(500), ("structure: DecodeError",)),
    "one digit behind the signature": (lambda: bent_contents(-40), ("structure: contents",)),
    "the signature of another document": (transplanted, ("digest: changed",)),
    "an empty Contents": (
        lambda: containing(lambda _: "<>" + " " * RESERVED),
        ("structure: contents", "coverage: byte-range"),
    ),
    "Contents of zeros": (lambda: containing(lambda _: f"<{'0' * RESERVED}>"), ("structure: contents",)),
    "Contents of other letters": (lambda: containing(lambda _: f"<{'z' * RESERVED}>"), ("refused: DecodeError",)),
    "Contents with spaces": (
        lambda: containing(lambda one: f"<{(one.hex()[:100] + ' ' + one.hex()[100:]):0<{RESERVED}}>"),
        ("coverage: contents",),
    ),
    "Contents with something after the signature": (
        lambda: containing(lambda one: f"<{one.hex() + '01':0<{RESERVED}}>"),
        ("structure: contents",),
    ),
    "a seal for a signature": (
        lambda: containing(lambda _: f"<{samples.seal().der.hex():0<{RESERVED}}>"),
        ("structure: DecodeError",),
    ),
    # ByteRange
    "ByteRange that leaves out the first bytes": (
        lambda: covering(lambda start, end, size: f"[10 {start - 10} {end} {size - end}]"),
        ("coverage: byte-range",),
    ),
    "ByteRange that leaves out the last bytes": (
        lambda: covering(lambda start, end, size: f"[0 {start} {end} {size - end - 10}]"),
        ("coverage: byte-range",),
    ),
    "ByteRange with a wider hole": (
        lambda: covering(lambda start, end, size: f"[0 {start - 40} {end} {size - end}]"),
        ("coverage: byte-range",),
    ),
    "ByteRange with a narrower hole": (
        lambda: covering(lambda start, end, size: f"[0 {start + 1} {end} {size - end}]"),
        ("coverage: byte-range",),
    ),
    "ByteRange with a hole elsewhere": (
        lambda: covering(lambda start, end, size: f"[0 100 {200 + end - start} {size - 200 - end + start}]"),
        ("coverage: byte-range",),
    ),
    "ByteRange with two holes": (
        lambda: covering(lambda start, end, size: f"[0 100 200 {start - 200} {end} {size - end}]"),
        ("coverage: byte-range",),
    ),
    "ByteRange beyond the end": (
        lambda: covering(lambda start, end, size: f"[0 {start} {end} {size}]"),
        ("coverage: byte-range",),
    ),
    "ByteRange of one part": (lambda: covering(lambda *three: f"[0 {three[2]}]"), ("coverage: byte-range",)),
    "ByteRange of negative numbers": (
        lambda: covering(lambda start, end, size: f"[0 {start} {-end} {size}]"),
        ("coverage: byte-range",),
    ),
    "ByteRange that overlaps": (
        lambda: covering(lambda start, _, size: f"[0 {start} {start - 10} {size - start + 10}]"),
        ("coverage: byte-range",),
    ),
    "ByteRange of text": (lambda: covering(lambda *_: "(everything)"), ("coverage: byte-range",)),
    "no ByteRange": (lambda: covering(lambda *_: "null"), ("coverage: byte-range",)),
    # the dictionary
    "SubFilter that is unknown": (lambda: by_hand(sub_filter="/Some.thing"), ("structure: UnsupportedAlgorithm",)),
    "SubFilter of a time-stamp": (lambda: by_hand(sub_filter="/ETSI.RFC3161"), ("time-stamp: DecodeError",)),
    "SubFilter of a message": (lambda: by_hand(sub_filter="/adbe.pkcs7.detached"), ("structure: DecodeError",)),
    "a field that no form lists": (lambda: by_hand(root_too=False), ("not-signed",)),
    # what comes after: something else is shown
    "another page shown": (replaced_page, ("changes: changed",)),
    "a page turned": (lambda: entry_of_page(b"/Rotate 180"), ("changes: changed",)),
    "a page cropped": (lambda: entry_of_page(b"/CropBox [0 0 10 10]"), ("changes: changed",)),
    "a page with an action": (lambda: entry_of_page(b"/AA << >>"), ("changes: changed",)),
    "a page put before": (inserted_page, ("changes: changed",)),
    "a page taken away": (removed_page, ("changes: changed",)),
    "pages exchanged": (exchanged_pages, ("changes: changed",)),
    "a script when it is opened": (
        lambda: entry_of_catalog(b"/OpenAction << /S /JavaScript /JS (1) >>"),
        ("changes: changed",),
    ),
    "files attached": (lambda: entry_of_catalog(b"/Names << /EmbeddedFiles << >> >>"), ("changes: changed",)),
    "layers": (lambda: entry_of_catalog(b"/OCProperties << >>"), ("changes: changed",)),
    "validation data that are none": (lambda: entry_of_catalog(b"/DSS (none)"), ("changes: changed",)),
    "text written over a page": (lambda: annotated(b"FreeText"), ("changes: changed",)),
    "a stamp put on a page": (lambda: annotated(b"Stamp"), ("changes: changed",)),
    "a part of a page blacked out": (lambda: annotated(b"Redact"), ("changes: changed",)),
    "a link": (lambda: annotated(b"Link"), ("changes: changed",)),
    "the seal taken away": (without_annotations, ("changes: changed",)),
    "the seal looks otherwise": (other_appearance, ("changes: changed",)),
    "a page changed after a time-stamp": (stamped_and_changed, ("changes: changed",)),
    # forms and further signatures
    "a text filled in": (text_filled_in, ("changes: changed",)),
    "a field for a text": (lambda: new_field(b"/FT /Tx /T (Price) /V (1)"), ("changes: changed",)),
    "a field for a signature": (lambda: new_field(b"/FT /Sig /T (Later)"), ("changes: changed",)),
    "a second field with the same signature": (
        lambda: new_field(b"/FT /Sig /T (Also) /V %d 0 R" % int(re.findall(rb"/V (\d+) 0 R", sealed())[-1])),
        ("structure: shared-value", "changes: changed", "coverage: byte-range"),
    ),
    "the second signature out of the form": (field_removed, ("changes: changed", "changes: removed")),
    "the only signature out of the form": (form_emptied, ("changes: removed",)),
    "the second signature stripped in part": (cut_off, ("changes: changed",)),
    "a signature where none may follow": (signed_too_often, ("changes: not-allowed",)),
    "a signature that brings a script": (
        lambda: verified(signed_by_hand(sealed(), field=b"/A << /S /JavaScript >>")),
        ("changes: changed",),
    ),
    # the file
    "bytes after the end": (lambda: verified(sealed() + b"7 0 obj\n(seen by some)\nendobj\n"), ("changes: changed",)),
    "bytes before the beginning": (lambda: verified(b"\n" + sealed()), ("coverage: byte-range",)),
    "the end cut off": (lambda: verified(sealed()[:-30]), ("not-signed",)),
    "no signature": (lambda: verified(documents.single_page()), ("not-signed",)),
}


def rows() -> Iterator[Row]:
    """Return the rows."""
    for name, (act, expected) in ROWS.items():
        yield Row(f"pdf: {name}", act, expected)
