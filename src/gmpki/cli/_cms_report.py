"""What the verification of a message found out, for a person and for a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gmpki.cli._cms import shown_certificate
from gmpki.cli._output import facts
from gmpki.cli._times import show_time

if TYPE_CHECKING:
    from gmpki.cms.report import SignerReport, VerifiedMessage

__all__ = ["describe", "lines_of"]

# What the checks of gmpki.cms.CheckName, and their answers, are called in Chinese; a test compares them.
CHECKS = {
    "certificate": "签名证书",
    "digest": "摘要",
    "signature": "签名",
    "usage": "密钥用途",
    "time-stamp": "时间戳",
    "chain": "证书链",
    "revocation": "撤销状态",
    "countersignature": "副署",
}
STATUS = {"passed": "通过", "failed": "未通过", "not-checked": "未检查"}


def describe(found: VerifiedMessage) -> dict[str, Any]:
    """Return a verification for a program."""
    return {
        "verified": found.ok,
        "signers": [_signer(report) for report in found.signers],
        "quirks": [str(quirk) for quirk in found.quirks],
        "variants": [variant.value for variant in found.variants],
    }


def _signer(report: SignerReport) -> dict[str, Any]:
    certificate = report.signer_certificate
    return {
        "index": report.index,
        "ok": report.ok,
        "certificate": None if certificate is None else shown_certificate(certificate),
        "checks": [
            {"name": check.name.value, "status": check.status.value, "detail": check.detail} for check in report.checks
        ],
        "signed_at": show_time(report.signed_at),
        "claimed_signing_time": show_time(report.claimed_signing_time),
        "chain": [shown_certificate(link) for link in report.chain],
        "quirks": [str(quirk) for quirk in report.quirks],
        "variants": [variant.value for variant in report.variants],
        "countersignatures": [_signer(inner) for inner in report.countersignatures],
    }


def lines_of(found: VerifiedMessage) -> list[str]:
    """Return a verification for a person."""
    rows = [("与标准不符", "departure", str(quirk)) for quirk in found.quirks]
    rows += [("变体", "variant", variant.value) for variant in found.variants]
    for report in found.signers:
        rows += _rows(report, ("签名者", "signer"))
    return facts(rows)


def _rows(report: SignerReport, label: tuple[str, str]) -> list[tuple[str, str, str]]:
    certificate = report.signer_certificate
    shown = None if certificate is None else shown_certificate(certificate)
    rows = [(*label, "not known 未知" if shown is None else f"{shown['subject']} ({shown['serial_number']})")]
    for check in report.checks:
        status = f"{check.status.value} {STATUS[check.status.value]}"
        detail = f": {check.detail}" if check.detail else ""
        rows.append((f"  {CHECKS[check.name.value]}", f"  {check.name.value}", status + detail))
    for chinese, english, time in (
        ("  签名时间", "  signed at", report.signed_at),
        ("  声称时间", "  claimed time", report.claimed_signing_time),
    ):
        if time is not None:
            rows.append((chinese, english, str(show_time(time))))
    rows += [("  与标准不符", "  departure", str(quirk)) for quirk in report.quirks]
    rows += [("  变体", "  variant", variant.value) for variant in report.variants]
    for inner in report.countersignatures:
        rows += _rows(inner, ("副署者", "counter-signer"))
    return rows
