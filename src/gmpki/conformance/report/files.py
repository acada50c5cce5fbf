"""The forms of a report as files of one folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from gmpki._files import as_path, create
from gmpki._inputs import member
from gmpki.conformance.report.document import Report
from gmpki.conformance.report.json_form import write_json
from gmpki.conformance.report.signing import REPORT_NAME

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["JUNIT_NAME", "PAGE_NAME", "write_files"]

PAGE_NAME: Final = "report.html"
"""What the file of the page is called."""
JUNIT_NAME: Final = "report.xml"
"""What the file in the form of JUnit is called."""


def write_files(report: Report, directory: str | os.PathLike[str], *, force: bool = False) -> tuple[Path, ...]:
    """Write ``report.json``, ``report.xml`` and ``report.html`` into a folder, and return their paths.

    The JSON comes first, and does without other libraries: what a long run found is not lost when one is missing.

    :param directory: made when it is not there.
    :param force: files that exist may be replaced.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the report holds what its format has no room for.
    :raises FileExistsError: when a file exists and is not to be replaced; none is written then but those before it.
    :raises OSError: when one cannot be written.
    :raises UnsupportedPlatform: when the extra conformance is not installed; ``report.json`` is written then.
    """
    from pathlib import Path

    from gmpki.conformance.report.junit import write_junit
    from gmpki.conformance.report.page import report_page

    member(report, Report, "report")
    folder = Path(as_path(directory, "directory"))
    folder.mkdir(parents=True, exist_ok=True)
    data = write_json(report)
    forms: tuple[tuple[str, Callable[[], bytes]], ...] = (
        (REPORT_NAME, lambda: data),
        (JUNIT_NAME, lambda: write_junit(report)),
        (PAGE_NAME, lambda: report_page(report, data).encode("utf-8")),
    )
    written = []
    for name, make in forms:
        octets = make()
        with create(folder / name, force=force) as stream:
            stream.write(octets)
        written.append(folder / name)
    return tuple(written)
