"""What the verification of sealed documents found out, for a person and for a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gmpki.cli._cms import shown_certificate
from gmpki.cli._output import Failure, Report, facts
from gmpki.cli._times import show_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gmpki.cms.report import Check
    from gmpki.cms.timestamps import StampedTime
    from gmpki.seal.report import DocumentReport, Placement, SignatureReport
    from gmpki.seal.seal import Seal
    from gmpki.x509.path.result import ValidatedPath

__all__ = ["answer", "describe", "describe_placement", "lines_of", "place_text", "shown_facts"]

# What the answers of checks and the verdicts of gmpki.seal.report are called in Chinese; a test compares them.
STATUS = {"passed": "通过", "failed": "未通过", "not-checked": "未检查"}
VERDICTS = {"valid": "有效", "incomplete": "检查不完整", "invalid": "无效"}
KINDS = {"seal": "电子签章", "signature": "数字签名"}
ACCEPTED = "已声明不要求 accepted"


def answer(found: Sequence[tuple[str, DocumentReport | Exception]]) -> Report:
    """Return what a command answers about documents.

    Of one document the fields are its own; of several they stand in a list "documents".

    :param found: the name of each document, and what was found out about it, or why it could not be read. The error of
        a single document is raised.
    """
    if len(found) == 1:
        only = found[0][1]
        if isinstance(only, Exception):
            raise only
        return Report(describe(only), lines_of(only), _failure(only))
    fields = []
    lines: list[str] = []
    not_valid = 0
    for name, one in found:
        failure = Failure.of(one) if isinstance(one, Exception) else _failure(one)
        not_valid += failure is not None
        shown = {"name": name} if isinstance(one, Exception) else describe(one)
        fields.append({**Report({}, failure=failure).as_json(), **shown})
        if isinstance(one, Exception):
            lines += shown_facts(
                [("文档", "document", name), ("结论", "verdict", f"无法读取 unreadable: {Failure.of(one).message}")]
            )
        else:
            lines += lines_of(one)
    total = {"documents": fields, "valid": len(found) - not_valid, "not_valid": not_valid}
    lines += shown_facts([("有效", "valid", f"{len(found) - not_valid} / {len(found)}")]) if found else []
    if not not_valid:
        return Report(total, lines)
    return Report(total, lines, Failure("SealError", f"{not_valid} of {len(found)} documents are not valid"))


def _failure(report: DocumentReport) -> Failure | None:
    from gmpki.errors import GmpkiError

    try:
        report.require()
    except GmpkiError as error:
        return Failure.of(error)
    return None


# ---- for programs ---------------------------------------------------------------------------------------------------
def describe(report: DocumentReport) -> dict[str, Any]:
    """Return a report for a program."""
    return {
        "name": report.name,
        "kind": report.kind,
        "digest": report.digest.hex(),
        "verdict": report.verdict.value,
        "accepted": sorted(str(getattr(name, "value", name)) for name in report.accepted),
        "checks": [_check(check) for check in report.checks],
        "signatures": [_signature(one, report) for one in report.signatures],
    }


def _signature(one: SignatureReport, report: DocumentReport) -> dict[str, Any]:
    certificate = one.signer_certificate
    return {
        "index": one.index,
        "name": one.name,
        "kind": one.kind,
        "layout": one.layout,
        "verdict": one.verdict(report.accepted).value,
        "seal": None if one.seal is None else _seal(one.seal),
        "certificate": None if certificate is None else shown_certificate(certificate),
        "claimed_time": show_time(one.claimed_time),
        "signed_at": show_time(one.signed_at),
        "timestamps": [_timestamp(stamp) for stamp in one.timestamps],
        "coverage": one.coverage,
        "placements": [describe_placement(place) for place in one.placements],
        "checks": [_check(check) for check in one.checks],
        "chain": _chain(one.signer_path),
        "maker_chain": _chain(one.maker_path),
        "quirks": [str(quirk) for quirk in one.quirks],
        "variants": list(one.variants),
    }


def _check(check: Check) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": check.name.value, "status": check.status.value, "detail": check.detail}
    if check.error is not None:
        failure = Failure.of(check.error)
        shown["error"] = {"type": failure.type, "reason": failure.reason, "message": failure.message}
    return shown


def _seal(seal: Seal) -> dict[str, str]:
    return {"id": seal.seal_id, "name": seal.name, "vendor": seal.vendor_id}


def _timestamp(stamp: StampedTime) -> dict[str, Any]:
    certificate = stamp.certificate
    return {
        "time": show_time(stamp.time),
        "authority": None if certificate is None else shown_certificate(certificate)["subject"],
        "trusted": stamp.is_trusted,
    }


def describe_placement(place: Placement) -> dict[str, Any]:
    """Return where a seal shows, for a program."""
    return {name: getattr(place, name) for name in ("page", "x_mm", "y_mm", "width_mm", "height_mm")}


def _chain(path: ValidatedPath | None) -> list[dict[str, str]]:
    return [] if path is None else [shown_certificate(link) for link in path.chain]


# ---- for people -----------------------------------------------------------------------------------------------------
def lines_of(report: DocumentReport) -> list[str]:
    """Return a report for a person, in Chinese and English."""
    rows = [
        ("文档", "document", report.name),
        ("结论", "verdict", f"{VERDICTS[report.verdict.value]} {report.verdict.value}"),
        ("SM3 摘要", "SM3 digest", report.digest.hex()),
    ]
    rows += [_check_row(check, report) for check in report.checks]
    if not report.signatures:
        rows.append(("签章", "signatures", "没有 none"))
    for one in report.signatures:
        rows += _signature_rows(one, report)
    return shown_facts(rows)


def _signature_rows(one: SignatureReport, report: DocumentReport) -> list[tuple[str, str, str]]:
    verdict = one.verdict(report.accepted).value
    rows = [(KINDS.get(one.kind, one.kind), one.kind, f"{one.index + 1}: {one.name}")]
    details = [("结论", "verdict", f"{VERDICTS[verdict]} {verdict}")]
    if one.layout:
        details.append(("格式", "layout", one.layout))
    if one.seal is not None:
        details.append(("印章", "seal", f"{one.seal.name} ({one.seal.seal_id})"))
    if one.signer_certificate is not None:
        shown = shown_certificate(one.signer_certificate)
        details.append(("签章人", "signer", f"{shown['subject']} ({shown['serial_number']})"))
    if one.signed_at is not None:
        details.append(("时间戳时间", "time-stamped", str(show_time(one.signed_at))))
    if one.claimed_time is not None:
        details.append(("声称时间", "claimed time", str(show_time(one.claimed_time))))
    if one.coverage:
        details.append(("范围", "protects", one.coverage))
    details += [("位置", "place", place_text(place)) for place in one.placements]
    details += [_check_row(check, report) for check in one.checks]
    details += [("与标准不符", "departure", str(quirk)) for quirk in one.quirks]
    details += [("变体", "variant", variant) for variant in one.variants]
    return rows + [(f"  {chinese}", f"  {english}", value) for chinese, english, value in details]


def place_text(place: Placement) -> str:
    """Return where a seal shows, for a person."""
    return (
        f"第 {place.page} 页 page {place.page}: {place.x_mm:g}, {place.y_mm:g} mm; "
        f"{place.width_mm:g} x {place.height_mm:g} mm"
    )


def _check_row(check: Check, report: DocumentReport) -> tuple[str, str, str]:
    from gmpki.cms.report import CheckStatus
    from gmpki.seal.report import CHECK_TEXTS, SealCheck

    chinese, english = CHECK_TEXTS[SealCheck(check.name)]
    said = f"{STATUS[check.status.value]} {check.status.value}"
    if check.status is CheckStatus.NOT_CHECKED and check.name in report.accepted:
        said += f", {ACCEPTED}"
    why = check.detail or ("" if check.error is None else str(check.error))
    return chinese, english, f"{said}: {why}" if why else said


def shown_facts(rows: Iterable[tuple[str, str, str]]) -> list[str]:
    """Align rows as :func:`~gmpki.cli._output.facts`; what a terminal would obey in names of files and seals, which
    come from others, is escaped.
    """
    from gmpki.asn1.rfc5280._name_text import shown_text

    return facts((chinese, english, shown_text(value)) for chinese, english, value in rows)
