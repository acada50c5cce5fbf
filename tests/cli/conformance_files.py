"""Reports that the examples of ``gmpki conformance`` name: of an invented driver, one of them signed."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import gmpki
from cli import seal_files
from conformance.report import samples
from gmpki.cms import SignerSpec
from gmpki.conformance import Report
from gmpki.conformance.report import sign_report, write_files

__all__ = ["good", "own", "write_reports", "write_signature"]


def own(*outcomes: Any, **fields: Any) -> Report:
    """Return a report that this version of gmpki made, as :func:`conformance.report.samples.report`."""
    return samples.report(*outcomes, environment={"gmpki": gmpki.__version__}, **fields)


def good(**fields: Any) -> Report:
    """Return a report in which every check passed, and no limits were asked for."""
    return own(*samples.passing(), **{"limits": None, **fields})


def write_reports() -> None:
    """Write a signed report, those of two versions, of which the second one is better, and the files of the signer."""
    seal_files.write_people()
    for folder, report in (("acceptance", good()), ("version-1", own()), ("version-2", good())):
        write_files(report, folder)
    write_signature("acceptance")


def write_signature(folder: str) -> None:
    """Sign the report in a folder by the key zhangsan.key."""
    signer = seal_files.zhangsan()
    spec = SignerSpec(signer.key, signer.certificate, signing_time=datetime.now(timezone.utc).replace(microsecond=0))
    data = Path(folder, "report.json").read_bytes()
    Path(folder, "report.json.p7s").write_bytes(sign_report(data, spec))
