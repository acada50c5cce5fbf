"""Check a token's driver against GM/T 0016, GM/T 0027 and PKCS #11, and write a report that a buyer can read.

The names of this package are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._lazy import lazy_names

if TYPE_CHECKING:
    from gmpki.conformance.model import (
        Call,
        Clause,
        Kind,
        LatencyRow,
        Outcome,
        Permission,
        Result,
        Severity,
        Words,
    )
    from gmpki.conformance.planning import Plan, plan
    from gmpki.conformance.registry import Check, checks, selected
    from gmpki.conformance.report.document import Report, Verdict
    from gmpki.conformance.runner import resume, run
    from gmpki.conformance.target import Options, Target

__all__ = [
    "Call",
    "Check",
    "Clause",
    "Kind",
    "LatencyRow",
    "Options",
    "Outcome",
    "Permission",
    "Plan",
    "Report",
    "Result",
    "Severity",
    "Target",
    "Verdict",
    "Words",
    "checks",
    "plan",
    "resume",
    "run",
    "selected",
]

_HOMES = {
    **dict.fromkeys(
        ("Call", "Clause", "Kind", "LatencyRow", "Outcome", "Permission", "Result", "Severity", "Words"),
        "gmpki.conformance.model",
    ),
    **dict.fromkeys(("Plan", "plan"), "gmpki.conformance.planning"),
    **dict.fromkeys(("Check", "checks", "selected"), "gmpki.conformance.registry"),
    **dict.fromkeys(("Report", "Verdict"), "gmpki.conformance.report.document"),
    **dict.fromkeys(("resume", "run"), "gmpki.conformance.runner"),
    **dict.fromkeys(("Options", "Target"), "gmpki.conformance.target"),
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
