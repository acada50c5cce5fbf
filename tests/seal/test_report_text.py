"""Reports as lines of text and as dictionaries."""

from __future__ import annotations

import json
from datetime import timedelta, timezone

import pytest

from gmpki.cms.report import Check, CheckStatus
from gmpki.errors import InvalidSignature, InvalidTypeError, SealError
from gmpki.seal import (
    DocumentReport,
    Placement,
    ReportLanguage,
    SealCheck,
    SealSigner,
    SignatureReport,
    Verdict,
    report_as_dict,
    report_lines,
    verify_seal_signature,
)
from gmpki.seal.report_json import time_text
from gmpki.seal.report_text import MAX_PLACES
from gmpki.seal.report_words import STATUS_TEXTS, VERDICT_TEXTS
from seal import samples
from seal.samples import NOW

PASSED = Check(SealCheck.DIGEST, CheckStatus.PASSED, "sm3")
OPEN = Check(SealCheck.STATUS, CheckStatus.NOT_CHECKED, "nobody was asked")


def report(*checks: Check, places: int = 1, name: str = "合同.pdf") -> DocumentReport:
    placements = tuple(Placement(number, 10, 20.5, 42, 42) for number in range(1, places + 1))
    one = SignatureReport(0, "Seal1", checks, placements=placements)
    return DocumentReport("pdf", name, bytes(32), (one,), accepted=frozenset({"seal-status"}))


def verified() -> DocumentReport:
    who = samples.signer()
    signer = SealSigner(samples.seal(), who.key, who.certificate, clock=lambda: NOW, timestamp=samples.timestamp)
    signature = signer.sign_document(samples.DIGEST, samples.PROPERTY_INFO)
    return verify_seal_signature(signature, samples.DIGEST, samples.trust())


def test_every_answer_has_words() -> None:
    assert set(STATUS_TEXTS) == {status.value for status in CheckStatus}
    assert set(VERDICT_TEXTS) == {verdict.value for verdict in Verdict}


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (ReportLanguage.ENGLISH, ["verdict: valid", "  place: page 1: 10, 20.5 mm; 42 x 42 mm"]),
        (ReportLanguage.CHINESE, ["结论：有效", "  位置：第 1 页: 10, 20.5 mm; 42 x 42 mm"]),
        (ReportLanguage.BOTH, ["结论 verdict: 有效 valid", "  位置 place: 第 1 页 page 1: 10, 20.5 mm; 42 x 42 mm"]),
    ],
    ids=["en", "zh", "both"],
)
def test_languages(language: ReportLanguage, lines: list[str]) -> None:
    found = report_lines(report(PASSED, OPEN), language)
    assert set(lines) <= set(found)
    text = "\n".join(found)
    assert ("文档" in text) is (language is not ReportLanguage.ENGLISH)
    assert ("document digest" in text) is (language is not ReportLanguage.CHINESE)


def test_what_was_not_checked_is_told() -> None:
    lines = report_lines(report(PASSED, OPEN), ReportLanguage.ENGLISH)
    assert "  status of the seal: not-checked, accepted: nobody was asked" in lines


def test_the_reason_of_a_failure_is_told() -> None:
    failed = Check(SealCheck.SIGNATURE, CheckStatus.FAILED, "", InvalidSignature("it does not hold"))
    found = report(PASSED, failed)
    assert "  signature value: failed: it does not hold" in report_lines(found, ReportLanguage.ENGLISH)
    told = report_as_dict(found)["signatures"][0]["checks"][1]
    assert told["error"] == {"type": "InvalidSignature", "reason": None, "message": "it does not hold"}
    named = Check(SealCheck.CHANGES, CheckStatus.FAILED, "", SealError("addition", "page 2"))
    assert report_as_dict(report(named))["signatures"][0]["checks"][0]["error"]["reason"] == "addition"


def test_many_places_are_told_shortly_and_kept_whole() -> None:
    lines = report_lines(report(PASSED, places=1000), ReportLanguage.ENGLISH)
    assert len([line for line in lines if line.startswith("  place")]) == MAX_PLACES + 1
    assert f"  place: and {1000 - MAX_PLACES} more" in lines
    assert len(report_as_dict(report(PASSED, places=1000))["signatures"][0]["placements"]) == 1000


def test_what_a_terminal_would_obey_is_escaped() -> None:
    assert all(line.isprintable() for line in report_lines(report(PASSED, name="\x1b[2J\n\u202e")))


def test_a_verified_signature() -> None:
    told = json.loads(json.dumps(report_as_dict(verified())))
    (one,) = told["signatures"]
    assert one["seal"] == {"id": "31010000000001", "name": samples.ORGANISATION, "vendor": samples.seal().vendor_id}
    assert "CN=张三" in one["certificate"]["subject"]
    assert one["signed_at"] == one["claimed_time"] == time_text(NOW)
    assert one["timestamps"][0]["trusted"] is True
    assert [len(one["chain"]), len(one["maker_chain"])] == [1, 1]
    text = "\n".join(report_lines(verified(), ReportLanguage.ENGLISH))
    assert f"  time-stamped: {time_text(NOW)}" in text
    assert "  signer: C=CN, O=示例市社会保障局, CN=张三 (" in text


def test_times_are_in_utc() -> None:
    assert time_text(None) is None
    assert time_text(NOW.astimezone(timezone(timedelta(hours=8)))) == time_text(NOW)


@pytest.mark.parametrize("function", [report_as_dict, report_lines], ids=["dict", "lines"])
def test_what_is_no_report(function: object) -> None:
    with pytest.raises(InvalidTypeError):
        function("report")  # type: ignore[operator]
    with pytest.raises(InvalidTypeError):
        report_lines(report(PASSED), "en")  # type: ignore[arg-type]
