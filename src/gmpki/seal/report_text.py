"""Reports about sealed documents for people: lines of text in Chinese, in English, or in both.

>>> from gmpki.seal.report import DocumentReport
>>> for line in report_lines(DocumentReport("pdf", "合同.pdf", bytes(32), ()), ReportLanguage.ENGLISH)[:2]:
...     print(line)
document: 合同.pdf
verdict: invalid
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gmpki._inputs import member
from gmpki.asn1.rfc5280._name_text import shown_text
from gmpki.cms.report import CheckStatus
from gmpki.seal.report import CHECK_TEXTS, DocumentReport, SealCheck
from gmpki.seal.report_json import time_text
from gmpki.seal.report_words import (
    ACCEPTED,
    KIND_TEXTS,
    NONE,
    STATUS_TEXTS,
    VERDICT_TEXTS,
    ReportLanguage,
    Words,
    certificate_text,
)

if TYPE_CHECKING:
    from gmpki.cms.report import Check
    from gmpki.seal.report import Placement, SignatureReport

__all__ = ["ReportRow", "place_text", "report_lines", "report_rows"]

MAX_PLACES: Final = 20
"""Of one signature: a seal over the edges of a thousand pages is told shortly."""


class ReportRow(NamedTuple):
    """One line: what it is about, and what is said. What is said may come from the document, and is escaped."""

    label: Words
    value: str
    is_inner: bool = False
    """Whether it belongs to the signature that a line above began."""


def report_lines(report: DocumentReport, language: ReportLanguage = ReportLanguage.BOTH) -> list[str]:
    """Return a report as lines. What a terminal would obey in names of files and seals is escaped.

    :raises InvalidTypeError: when an argument has the wrong type.
    """
    rows = report_rows(report, language)
    colon = "：" if language is ReportLanguage.CHINESE else ": "
    return [f"{'  ' * row.is_inner}{row.label.said(language)}{colon}{row.value}" for row in rows]


def report_rows(report: DocumentReport, language: ReportLanguage = ReportLanguage.BOTH) -> list[ReportRow]:
    """Return the same as labels and values, for whoever aligns them.

    :raises InvalidTypeError: when an argument has the wrong type.
    """
    member(report, DocumentReport, "report")
    member(language, ReportLanguage, "language")
    rows = [
        _row("文档", "document", report.name),
        _row("结论", "verdict", VERDICT_TEXTS[report.verdict.value].said(language)),
        _row("SM3 摘要", "SM3 digest", report.digest.hex()),
    ]
    rows += [_check_row(check, report, language) for check in report.checks]
    if not report.signatures:
        rows.append(_row("签章", "signatures", NONE.said(language)))
    for one in report.signatures:
        rows.append(
            ReportRow(KIND_TEXTS.get(one.kind, Words(one.kind, one.kind)), shown_text(f"{one.index + 1}: {one.name}"))
        )
        rows += [row._replace(is_inner=True) for row in _signature_rows(one, report, language)]
    return rows


def place_text(place: Placement, language: ReportLanguage = ReportLanguage.BOTH) -> str:
    """Return where a seal shows."""
    page = Words(f"第 {place.page} 页", f"page {place.page}").said(language)
    return f"{page}: {place.x_mm:g}, {place.y_mm:g} mm; {place.width_mm:g} x {place.height_mm:g} mm"


def _row(chinese: str, english: str, value: str) -> ReportRow:
    return ReportRow(Words(chinese, english), shown_text(value))


def _signature_rows(one: SignatureReport, report: DocumentReport, language: ReportLanguage) -> list[ReportRow]:
    rows = [_row("结论", "verdict", VERDICT_TEXTS[one.verdict(report.accepted).value].said(language))]
    if one.layout:
        rows.append(_row("格式", "layout", one.layout))
    if one.seal is not None:
        rows.append(_row("印章", "seal", f"{one.seal.name} ({one.seal.seal_id})"))
    if one.signer_certificate is not None:
        rows.append(_row("签章人", "signer", certificate_text(one.signer_certificate)))
    if one.signed_at is not None:
        rows.append(_row("时间戳时间", "time-stamped", str(time_text(one.signed_at))))
    if one.claimed_time is not None:
        rows.append(_row("声称时间", "claimed time", str(time_text(one.claimed_time))))
    if one.coverage:
        rows.append(_row("范围", "protects", one.coverage))
    rows += [_row("位置", "place", place_text(place, language)) for place in one.placements[:MAX_PLACES]]
    more = len(one.placements) - MAX_PLACES
    if more > 0:
        rows.append(_row("位置", "place", Words(f"另有 {more} 处", f"and {more} more").said(language)))
    rows += [_check_row(check, report, language) for check in one.checks]
    rows += [_row("与标准不符", "departure", str(quirk)) for quirk in one.quirks]
    rows += [_row("变体", "variant", variant) for variant in one.variants]
    return rows


def _check_row(check: Check, report: DocumentReport, language: ReportLanguage) -> ReportRow:
    said = STATUS_TEXTS[check.status.value].said(language)
    if check.status is CheckStatus.NOT_CHECKED and check.name in report.accepted:
        said += f", {ACCEPTED.said(language)}"
    why = check.detail or ("" if check.error is None else str(check.error))
    return _row(*CHECK_TEXTS[SealCheck(check.name)], f"{said}: {why}" if why else said)
