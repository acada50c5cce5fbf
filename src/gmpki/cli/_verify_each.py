"""What the commands share that verify sealed documents: one or many, some at once, each with its report as a page."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import click

from gmpki.cli import _io
from gmpki.cli._batch import each, refuse_standard_input
from gmpki.cli._files import OUTPUT
from gmpki.cli._seal_report import answer, report_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gmpki.cli._output import Report
    from gmpki.cli._seal import TrustChoice
    from gmpki.seal.report import DocumentReport

__all__ = ["Found", "HTMLChoice", "html_options", "verify_each"]

Result = TypeVar("Result")
Found: TypeAlias = "tuple[DocumentReport | Report, bytes]"
Told: TypeAlias = "DocumentReport | Report | Exception"
Verify: TypeAlias = "Callable[[str], Found]"

PAGE_SUFFIX = ".html"


@dataclass(frozen=True)
class HTMLChoice:
    """Where the user wants reports as pages."""

    html_file: str | None
    html_dir: str | None
    force: bool

    def targets(self, sources: Sequence[str]) -> list[str | None]:
        """Return where the page of each source goes, None for nowhere, and refuse early what cannot be written.

        :raises click.UsageError: the options do not fit the number of sources, or two pages would have one name.
        :raises FileExistsError: a file exists.
        """
        if self.html_file is not None and self.html_dir is not None:
            raise click.UsageError("--html is for one file, --html-dir for several: give one of them")
        if self.html_file == "-":
            raise click.UsageError("--html names a file: standard output holds the answer")
        if self.html_dir is None:
            if self.html_file is not None and len(sources) != 1:
                raise click.UsageError("several files need --html-dir")
            found = [self.html_file] * len(sources)
        else:
            names = ["stdin" if source == "-" else os.path.basename(source) for source in sources]
            if len(set(names)) != len(names):
                raise click.UsageError("two of the files have one name; their pages cannot go into one directory")
            os.makedirs(self.html_dir, exist_ok=True)
            found = [os.path.join(self.html_dir, name + PAGE_SUFFIX) for name in names]
        for path in found:
            if path is not None:
                _io.refuse_existing(path, force=self.force)
        return found


def html_options(command: Callable[..., Result]) -> Callable[..., Result]:
    """Add where reports go as pages; the command gets one :class:`HTMLChoice` as ``html``."""

    @click.option("--html", "html_file", type=OUTPUT, metavar="FILE", help="Write the report as a page of HTML too.")
    @click.option("--html-dir", type=OUTPUT, metavar="DIRECTORY", help="Where the pages of several files go.")
    @click.option("--force", is_flag=True, help="Replace pages that exist.")
    @functools.wraps(command)
    def run(**parameters: Any) -> Result:
        choice = {name: parameters.pop(name) for name in HTMLChoice.__dataclass_fields__}
        return command(html=HTMLChoice(**choice), **parameters)

    decorated: Callable[..., Result] = run
    return decorated


def verify_each(
    sources: Sequence[str],
    open_verifier: Callable[[TrustChoice], Verify],
    trusting: TrustChoice,
    html: HTMLChoice,
    *,
    jobs: int = 1,
    tell: Callable[[list[tuple[str, Told]]], Report] = answer,
) -> Report:
    """Verify each file, keep that in the log of uses, and report.

    :param open_verifier: returns what verifies a file and returns its report and its bytes; with --jobs it is called in
        every process.
    :param tell: returns the answer about all of them.
    :raises click.UsageError: when options do not fit together.
    """
    from gmpki.errors import GmpkiError
    from gmpki.seal.batch import run_batch

    pages = html.targets(sources)
    if jobs > 1:
        refuse_standard_input(*sources)
        trusting = trusting.shared()
        # Opened here too: what is wrong with whom to trust is told before anything is begun.
        open_verifier(trusting)
        trusting.recorder()
    opener = functools.partial(_opened, open_verifier, trusting, html.force)
    found: list[tuple[str, Told]] = []
    pairs = list(zip(sources, pages, strict=True))
    for done in each(run_batch(pairs, opener, jobs=jobs), "验证 verifying", len(pairs)):
        told = done.result or done.error or GmpkiError("nothing came of it")
        found.append((_io.display_name(done.item[0]), told))
    return tell(found)


def _opened(
    open_verifier: Callable[[TrustChoice], Verify], trusting: TrustChoice, force: bool
) -> Callable[[tuple[str, str | None]], Report]:
    from gmpki.cli._output import Report
    from gmpki.cli._times import now
    from gmpki.errors import InvalidInputError

    verify, record = open_verifier(trusting), trusting.recorder()

    def run(pair: tuple[str, str | None]) -> Report:
        source, page = pair
        report, data = verify(source)
        if isinstance(report, Report):
            if page is not None:
                raise InvalidInputError(f"{_io.display_name(source)} is nothing sealed: there is no page about it")
            return report
        record(report)
        if page is not None:
            from gmpki.seal.report_html import report_as_html

            text = report_as_html(report, data, verified_at=trusting.at or now())
            _io.write_output(page, text.encode("utf-8"), force=force)
        return report_of(report)

    return run
