"""Reports about sealed documents for programs: dictionaries of what JSON has.

>>> from gmpki.seal.report import DocumentReport
>>> report_as_dict(DocumentReport("pdf", "contract.pdf", bytes(32), ()))["verdict"]
'invalid'
"""

from __future__ import annotations

from datetime import timezone
from typing import TYPE_CHECKING, Any

from gmpki._inputs import member
from gmpki.errors import ValidationError
from gmpki.seal.report import DocumentReport

if TYPE_CHECKING:
    from datetime import datetime

    from gmpki.cms.report import Check
    from gmpki.cms.timestamps import StampedTime
    from gmpki.seal.report import Placement, SignatureReport
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.path.result import ValidatedPath

__all__ = ["placement_as_dict", "report_as_dict", "time_text"]


def report_as_dict(report: DocumentReport) -> dict[str, Any]:
    """Return a report as strings, numbers, lists and dictionaries: times in UTC as ``2026-03-01T08:00:00Z``, digests
    and serial numbers in hexadecimal.

    :raises InvalidTypeError: when it is none.
    """
    member(report, DocumentReport, "report")
    return {
        "name": report.name,
        "kind": report.kind,
        "digest": report.digest.hex(),
        "verdict": report.verdict.value,
        "accepted": sorted(str(getattr(name, "value", name)) for name in report.accepted),
        "checks": [_check(check) for check in report.checks],
        "signatures": [_signature(one, report) for one in report.signatures],
    }


def placement_as_dict(place: Placement) -> dict[str, Any]:
    """Return where a seal shows: the page, and lengths in mm."""
    return {name: getattr(place, name) for name in ("page", "x_mm", "y_mm", "width_mm", "height_mm")}


def time_text(value: datetime | None) -> str | None:
    """Return a time in UTC as ``2026-03-01T08:00:00Z``; None stays None."""
    if value is None:
        return None
    return value.astimezone(timezone.utc).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _signature(one: SignatureReport, report: DocumentReport) -> dict[str, Any]:
    seal, signer = one.seal, one.signer_certificate
    return {
        "index": one.index,
        "name": one.name,
        "kind": one.kind,
        "layout": one.layout,
        "verdict": one.verdict(report.accepted).value,
        "seal": None if seal is None else {"id": seal.seal_id, "name": seal.name, "vendor": seal.vendor_id},
        "certificate": None if signer is None else _certificate(signer),
        "claimed_time": time_text(one.claimed_time),
        "signed_at": time_text(one.signed_at),
        "timestamps": [_timestamp(stamp) for stamp in one.timestamps],
        "coverage": one.coverage,
        "placements": [placement_as_dict(place) for place in one.placements],
        "checks": [_check(check) for check in one.checks],
        "chain": _chain(one.signer_path),
        "maker_chain": _chain(one.maker_path),
        "quirks": [str(quirk) for quirk in one.quirks],
        "variants": list(one.variants),
    }


def _check(check: Check) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": check.name.value, "status": check.status.value, "detail": check.detail}
    error = check.error
    if error is not None:
        reason = error.reason if isinstance(error, ValidationError) else None
        shown["error"] = {"type": type(error).__name__, "reason": reason, "message": str(error)}
    return shown


def _timestamp(stamp: StampedTime) -> dict[str, Any]:
    certificate = stamp.certificate
    return {
        "time": time_text(stamp.time),
        "authority": None if certificate is None else _certificate(certificate)["subject"],
        "trusted": stamp.is_trusted,
    }


def _chain(path: ValidatedPath | None) -> list[dict[str, str]]:
    return [] if path is None else [_certificate(link) for link in path.chain]


def _certificate(certificate: Certificate) -> dict[str, str]:
    from gmpki.x509.describe import hex_number
    from gmpki.x509.names import format_name

    return {
        "subject": format_name(certificate.subject, "as-encoded"),
        "serial_number": hex_number(certificate.serial_number),
    }
