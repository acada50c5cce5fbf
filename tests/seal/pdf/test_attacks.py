"""Attacks on sealed PDF files that need no change to what was signed: time, and files that cost much to read."""

from __future__ import annotations

import contextlib
import time
import zlib

import pytest

from gmpki.cms.report import CheckStatus
from gmpki.errors import LimitExceeded
from gmpki.seal import Verdict
from gmpki.seal.pdf import add_document_timestamp, verify_pdf
from seal import samples
from seal.forging import late_stamp
from seal.pdf import documents
from seal.pdf.crafted import body_of, sealed, updated
from seal.samples import DAY, NOW


@pytest.mark.parametrize(("days", "counts"), [(1, True), (364, True), (400, False)])
def test_a_time_stamp_from_after_the_end_of_seal_and_certificate(days: int, counts: bool) -> None:
    """With the key of a certificate that is long over anybody can sign with an old date, and have that stamped."""
    today = NOW + days * DAY
    data = add_document_timestamp(sealed(), lambda value: late_stamp(value, today))
    report = verify_pdf(data, samples.trust(at=today, accept=samples.UNASKED - {"time-stamp"}))
    found = report.signatures[0].check("time-stamp")
    assert found.status is (CheckStatus.PASSED if counts else CheckStatus.NOT_CHECKED)
    assert (report.signatures[0].signed_at is not None) is counts
    assert report.signatures[0].verdict(samples.UNASKED - {"time-stamp"}) is (
        Verdict.VALID if counts else Verdict.INCOMPLETE
    )


def test_a_signature_that_claims_to_be_younger_than_a_time_stamp_over_it() -> None:
    data = add_document_timestamp(sealed(), lambda value: samples.timestamp(value, NOW - DAY / 2))
    found = verify_pdf(data, samples.trust(accept=samples.UNASKED)).signatures[0].check("time")
    assert found.status is CheckStatus.FAILED
    assert getattr(found.error, "reason", "") == "signed-after-stamp"


@pytest.mark.once
def test_cross_references_that_unfold_in_every_revision() -> None:
    """A hundred updates of some kilobytes each list a million objects that there are not."""
    data = documents.single_page()
    count = 1 << 20
    rows = zlib.compress(bytes(3 * count), 9)
    body = bytearray(data)
    previous = int(data.rpartition(b"startxref")[2].split()[0])
    for _ in range(100):
        at = len(body)
        body += b"900 0 obj\n<< /Type /XRef /W [1 1 1] /Index [1000 %d] /Size %d /Root 1 0 R " % (count, 1000 + count)
        body += b"/Prev %d /Length %d /Filter /FlateDecode >>\nstream\n" % (previous, len(rows))
        body += rows + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % at
        previous = at
    begin = time.perf_counter()
    with pytest.raises(LimitExceeded):
        verify_pdf(bytes(body), samples.trust())
    assert time.perf_counter() - begin < 20


@pytest.mark.once
def test_validation_data_that_does_not_end() -> None:
    """Many objects of the store begin where a string does that has no end: each is read up to the end of the file."""
    data = documents.single_page()
    first = 5000
    count = 500
    store = b"<< /Certs [%b] >>" % b" ".join(b"%d 0 R" % (first + number) for number in range(count))
    hole = b"".join(b"%d 0 obj (" % (first + number) for number in range(count)) + b"(" * (1 << 20)
    at = len(data)
    places = {first + number: at + hole.index(b"%d 0 obj" % (first + number)) for number in range(count)}
    root = int(data.rpartition(b"/Root ")[2].split()[0])
    catalog = body_of(data, root).rpartition(b">>")[0] + b"/DSS %b >>" % store
    hostile = updated(data + hole + b"\n", {root: catalog}, places=places)
    begin = time.perf_counter()
    with contextlib.suppress(LimitExceeded):
        assert verify_pdf(hostile, samples.trust()).verdict is Verdict.INVALID
    assert time.perf_counter() - begin < 20
