"""What a signature in PDF may say it is over: universal signature forgery and signature wrapping, in all forms."""

from __future__ import annotations

import re

import pytest

from gmpki.errors import DecodeError, SealError
from gmpki.seal.pdf import verify_pdf
from gmpki.seal.pdf.byte_range import contents_value, element_len
from gmpki.seal.report import Verdict
from seal import samples
from seal.pdf import documents
from seal.pdf.crafted import (
    RESERVED,
    body_of,
    last_startxref,
    problem,
    root_of,
    sealed,
    signed_by_hand,
    size_of,
    updated,
)


def verdict(data: bytes) -> str:
    """Verify a file whose signature is over the right bytes and says something else; return what is wrong."""
    report = verify_pdf(data, samples.trust(accept=samples.UNASKED))
    assert report.verdict is Verdict.INVALID
    (found,) = report.signatures
    assert found.check("digest").status.value == "not-checked"
    return problem(found, "coverage")


def test_by_hand_it_is_in_order() -> None:
    data = signed_by_hand(documents.single_page())
    verify_pdf(data, samples.trust(accept=samples.UNASKED)).require()


@pytest.mark.parametrize(
    "said",
    [
        "null",
        "[]",
        "[0]",
        "[null]",
        "0",
        "(0 1 2 3)",
        "[0 9]",
        "[0 9 9]",
        "[0 1 2 3 4]",
        "[0 1 2 3 4 5]",
        "[-1 2 3 4]",
        "[0 -1 2 3]",
        "[0 0 0 0]",
        "[0 1 1 1]",
        "[true false 3 4]",
        "[0.0 9.0 10.0 20.0]",
        "[0 99999999999 999999999999 1]",
        "<< /A 1 >>",
        "1 0 R",
        "[1 0 R 1 0 R 1 0 R 1 0 R]",
    ],
)
def test_universal_forgery_by_byte_range(said: str) -> None:
    assert verdict(signed_by_hand(documents.single_page(), byte_range=lambda *_: said)).startswith("byte-range")


# What is added to each of the four numbers of a range that is in order.
@pytest.mark.parametrize(
    "moved",
    [
        (1, -1, 0, 0),
        (0, -1, 0, 0),
        (0, 1, 0, 0),
        (0, 0, -1, 1),
        (0, 0, 1, -1),
        (0, 0, 0, -6),
        (0, 0, 0, 1),
        (0, -200, 0, 0),
        (0, 0, 200, -200),
        (0, 0, -RESERVED - 2, RESERVED + 2),
    ],
    ids=[
        "later-start",
        "gap-begins-before",
        "gap-begins-after",
        "gap-ends-before",
        "gap-ends-after",
        "no-end-of-file",
        "beyond-the-file",
        "gap-widened-before",
        "gap-widened-after",
        "no-gap",
    ],
)
def test_gap_is_contents_and_nothing_else(moved: tuple[int, int, int, int]) -> None:
    def said(start: int, end: int, size: int) -> str:
        right = (0, start, end, size - end)
        return f"[{' '.join(str(one + more) for one, more in zip(right, moved, strict=True))}]"

    assert verdict(signed_by_hand(documents.single_page(), byte_range=said)).startswith("byte-range")


def test_pieces_that_are_exchanged_or_empty() -> None:
    for said in ["[{1} {2} 0 {0}]", "[0 {0} {1} 0]", "[0 0 {1} {2}]", "[0 {3} {3} 0]"]:
        data = signed_by_hand(
            documents.single_page(),
            byte_range=lambda start, end, size, said=said: said.format(start, end, size - end, size),
        )
        assert verdict(data).startswith("byte-range")


@pytest.mark.parametrize("entry", ["/ByteRange", "/Contents"])
def test_universal_forgery_by_a_missing_entry(entry: str) -> None:
    data = signed_by_hand(documents.single_page())
    at = data.rindex(entry.encode() + b" ")
    report = verify_pdf(data[:at] + b"/X" + data[at + 2 :], samples.trust())
    assert report.verdict is Verdict.INVALID
    assert report.signatures[0].check("coverage").status.value == "failed"


@pytest.mark.parametrize(
    "written",
    [
        "<{zeros}>",
        "({zeros})",
        "null",
        "<>{spaces}",
        "<{hex}>{rest}",
        "<{hex} {more}>",
        "<{odd}>",
    ],
    ids=["zeros", "literal", "nothing", "empty", "shorter-than-the-gap", "white-space", "shifted"],
)
def test_universal_forgery_by_contents(written: str) -> None:
    def contents(signature: bytes) -> str:
        digits = signature.hex()
        rest = RESERVED - len(digits)
        parts = {"zeros": "0" * RESERVED, "spaces": " " * RESERVED, "hex": digits, "rest": " " * rest}
        parts |= {"more": "0" * (rest - 1), "odd": f"0{digits}{'0' * (rest - 1)}"}
        return written.format(**parts).ljust(RESERVED + 2)

    report = verify_pdf(signed_by_hand(documents.single_page(), contents=contents), samples.trust())
    assert report.verdict is Verdict.INVALID
    failed = {check.name.value for check in report.signatures[0].checks if check.error is not None}
    assert failed & {"coverage", "structure"}


@pytest.mark.parametrize("tail", ["01", "0000ff", "3000", "00" * 50 + "0a"])
def test_something_behind_the_signature(tail: str) -> None:
    data = signed_by_hand(
        documents.single_page(), contents=lambda signature: f"<{signature.hex() + tail:0<{RESERVED}}>"
    )
    (found,) = verify_pdf(data, samples.trust()).signatures
    assert problem(found, "structure") == "contents: in Contents something else than zeros follows the signature"


def test_signature_wrapping() -> None:
    # What was signed behind Contents moves to where the third number of ByteRange says; between the two stand objects
    # of the attacker, with cross-references of his where the old ones stood. All that is signed is still there.
    builder = documents.Builder()
    data = signed_by_hand(builder.with_table(builder.pages((documents.Page(),))))
    start = data.index(b"/Contents <") + len(b"/Contents ")
    close = start + RESERVED + 2
    behind = data[close:]
    table = last_startxref(data)
    own = b" >>\nendobj\n4 0 obj\n(another page)\nendobj\n"
    evil = own + data[close + len(b" >>\nendobj\n") : data.rindex(b"xref\n", 0, data.rindex(b"startxref"))]
    rows = data[table : data.rindex(b"startxref")].replace(b"xref\n", b"xref\n4 1\n%010d 00000 n \n" % (close + 11), 1)
    moved = close + len(evil) + len(rows)
    wrapped = (
        data[:close] + evil + rows + behind.replace(b"startxref\n%d" % table, b"startxref\n%d" % (close + len(evil)))
    )
    at = data.index(b"/ByteRange [") + len(b"/ByteRange ")
    old = data[at : data.index(b"]", at) + 1]
    said = b"[0 %d %d %d]" % (start, moved, len(behind))
    assert len(said) <= 60
    wrapped = wrapped.replace(old.ljust(len(said)), said.ljust(len(old)), 1)
    (found,) = verify_pdf(wrapped, samples.trust()).signatures
    assert problem(found, "coverage").startswith(f"byte-range: ByteRange leaves out bytes {start} to {moved}")


def test_end_of_a_revision_and_not_any_place() -> None:
    data = sealed()
    later = updated(data, {50: b"(more)"})
    at = data.index(b"/ByteRange [") + len(b"/ByteRange ")
    old = data[at : data.index(b"]", at) + 1]
    numbers = [int(number) for number in old[1:-1].split()]
    numbers[3] += 20
    said = b"[%d %d %d %d]" % tuple(numbers)
    (found,) = verify_pdf(later.replace(old, said.ljust(len(old)), 1), samples.trust()).signatures
    assert found.check("coverage").status.value == "failed"


def test_signature_that_is_copied_into_a_later_revision() -> None:
    data = sealed()
    number = int(re.findall(rb"/V (\d+) 0 R", data)[-1])
    (found,) = verify_pdf(updated(data, {number: body_of(data, number)}), samples.trust()).signatures
    assert problem(found, "coverage").startswith("byte-range: ByteRange leaves out bytes")


def test_signature_that_no_field_of_its_revision_has() -> None:
    # The signature stands in what it covers, but only a later revision says that it is one.
    data = signed_by_hand(documents.single_page(), root_too=False)
    root = body_of(data, root_of(data))
    field = size_of(data) - 2
    form = b"/AcroForm << /Fields [%d 0 R] /SigFlags 3 >> >>" % field
    later = updated(data, {root_of(data): root[: root.rindex(b">>")] + form})
    (found,) = verify_pdf(later, samples.trust()).signatures
    assert problem(found, "coverage") == "byte-range: the signature is not part of the revision that it covers"


# ---- how long a signature is ----------------------------------------------------------------
@pytest.mark.parametrize(
    ("encoded", "length"),
    [
        ("3000", 2),
        ("3003020101ffff", 5),
        ("30810100", 4),
        ("3082000100", 5),
        ("30800000", 4),
        ("308030800000020101000000", 11),
        ("0500ff", 2),
    ],
)
def test_length_of_an_element(encoded: str, length: int) -> None:
    assert element_len(bytes.fromhex(encoded)) == length


@pytest.mark.parametrize(
    "encoded", ["", "30", "3001", "3080", "30800500", "3085000000000100", "30ff00", "1f8100", "0480", "308002"]
)
def test_element_that_does_not_end(encoded: str) -> None:
    with pytest.raises(DecodeError):
        element_len(bytes.fromhex(encoded))


def test_padding_is_cut_off() -> None:
    assert contents_value(bytes.fromhex("300302010100000000")) == bytes.fromhex("3003020101")
    for wrong in ["", "0000", "300302010100000001"]:
        with pytest.raises(SealError):
            contents_value(bytes.fromhex(wrong))


def test_many_open_elements_take_one_pass() -> None:
    with pytest.raises(DecodeError):
        element_len(b"\x30\x80" * 500_000)
