"""The report of a run: as JSON, as JUnit XML, as a page for the buyer, signed; and what changed between two.

The names below are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._lazy import lazy_names

if TYPE_CHECKING:
    from gmpki.conformance.report.comparison import Comparison, compare
    from gmpki.conformance.report.document import DriverFile, Report, ReportedCheck, Verdict
    from gmpki.conformance.report.files import write_files
    from gmpki.conformance.report.json_form import read_json, write_json
    from gmpki.conformance.report.junit import write_junit
    from gmpki.conformance.report.page import report_page
    from gmpki.conformance.report.signing import SignedReport, sign_report, verify_report

__all__ = [
    "Comparison",
    "DriverFile",
    "Report",
    "ReportedCheck",
    "SignedReport",
    "Verdict",
    "compare",
    "read_json",
    "report_page",
    "sign_report",
    "verify_report",
    "write_files",
    "write_json",
    "write_junit",
]

_HOMES = {
    "Comparison": "gmpki.conformance.report.comparison",
    "DriverFile": "gmpki.conformance.report.document",
    "Report": "gmpki.conformance.report.document",
    "ReportedCheck": "gmpki.conformance.report.document",
    "SignedReport": "gmpki.conformance.report.signing",
    "Verdict": "gmpki.conformance.report.document",
    "compare": "gmpki.conformance.report.comparison",
    "read_json": "gmpki.conformance.report.json_form",
    "report_page": "gmpki.conformance.report.page",
    "sign_report": "gmpki.conformance.report.signing",
    "verify_report": "gmpki.conformance.report.signing",
    "write_files": "gmpki.conformance.report.files",
    "write_json": "gmpki.conformance.report.json_form",
    "write_junit": "gmpki.conformance.report.junit",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
