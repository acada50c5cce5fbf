"""Commands about several files: where the results go, how many are worked on at once, progress, and what is said at the
end.
"""

from __future__ import annotations

import functools
import os
import sys
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import click

from gmpki.cli import _io
from gmpki.cli._files import OUTPUT
from gmpki.cli._options import together
from gmpki.cli._output import Failure, Report, check_output, facts
from gmpki.errors import GmpkiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from gmpki.seal.batch import BatchResult

__all__ = ["batch_output_options", "each", "jobs_option", "make_each", "refuse_standard_input", "targets"]

# The most that gmpki.seal.batch takes; a test compares them.
MAX_JOBS = 64

T = TypeVar("T")
Rows: TypeAlias = "list[tuple[str, str, str]]"
Made: TypeAlias = "tuple[dict[str, Any], Rows]"
Make: TypeAlias = "Callable[[str, str], Made]"

batch_output_options = together(
    click.option(
        "--output",
        "-o",
        type=OUTPUT,
        metavar="FILE",
        help="Where the result of a single file goes.  [default: standard output]",
    ),
    click.option(
        "--output-dir", type=OUTPUT, metavar="DIRECTORY", help="Where the results of files go, under their own names."
    ),
)
jobs_option = click.option(
    "--jobs",
    "-j",
    type=click.IntRange(1, MAX_JOBS),
    default=1,
    show_default=True,
    metavar="N",
    help="Work on so many files at once, each in a process of its own.",
)


def targets(sources: Sequence[str], output: str | None, directory: str | None, *, force: bool) -> list[str]:
    """Return where the result of each source goes, and refuse early what cannot be written.

    :raises click.UsageError: the options do not fit the number of sources, or two results would have one name.
    :raises FileExistsError: a file exists.
    """
    if output is not None and directory is not None:
        raise click.UsageError("--output is for one file, --output-dir for several: give one of them")
    if directory is None:
        if len(sources) != 1:
            raise click.UsageError("several files need --output-dir")
        check_output(output or "-", binary=True, force=force)
        return [output or "-"]
    if "-" in sources:
        raise click.UsageError("standard input has no name for --output-dir")
    found = [os.path.join(directory, os.path.basename(source)) for source in sources]
    if len(set(found)) != len(found):
        raise click.UsageError("two of the files have one name; they cannot go into one directory")
    os.makedirs(directory, exist_ok=True)
    for path in found:
        _io.refuse_existing(path, force=force)
    return found


def each(items: Iterable[T], label: str, count: int) -> Iterator[T]:
    """Go through items; where they are many and a person is there, a progress bar goes to standard error."""
    if count < 2 or not sys.stderr.isatty():
        yield from items
        return
    with click.progressbar(items, length=count, label=label, file=sys.stderr) as bar:
        yield from bar


def refuse_standard_input(*paths: str | None) -> None:
    """Refuse ``-`` among files that every process reads for itself.

    :raises click.UsageError: standard input is among them.
    """
    if "-" in paths:
        raise click.UsageError("with --jobs every process reads the files itself: standard input is none of them")


def make_each(
    sources: Sequence[str],
    outputs: Sequence[str],
    make: Make,
    label: str,
    *,
    jobs: int = 1,
    reopen: Callable[[], Make] | None = None,
) -> Report:
    """Make one file of each source, and report.

    Of one source the fields are its own, and its error is raised; of several they stand in a list "documents", and
    those that fail do not keep the others from being made.

    :param make: takes a source and where its result goes, and returns fields and lines about it.
    :param reopen: returns the same as ``make`` in another process.
    """
    from gmpki.seal.batch import run_batch

    if len(sources) == 1:
        fields, rows = make(sources[0], outputs[0])
        return Report(fields, [] if outputs[0] == "-" else facts(rows))
    documents = []
    lines: list[str | bytes] = []
    opener = functools.partial(_opened, make) if jobs == 1 or reopen is None else functools.partial(_reopened, reopen)
    pairs = list(zip(sources, outputs, strict=True))
    for done in each(run_batch(pairs, opener, jobs=jobs), label, len(pairs)):
        fields, rows = _told(done)
        documents.append({"name": done.item[0], **fields})
        lines += facts(rows)
    made = sum(document["ok"] for document in documents)
    total = {"documents": documents, "made": made, "failed": len(sources) - made}
    lines += facts([("完成", "made", f"{made} / {len(sources)}")])
    if made == len(sources):
        return Report(total, lines)
    return Report(total, lines, Failure("GmpkiError", f"{len(sources) - made} of {len(sources)} files were not made"))


def _opened(make: Make) -> Callable[[tuple[str, str]], Made]:
    return lambda pair: make(*pair)


def _reopened(reopen: Callable[[], Make]) -> Callable[[tuple[str, str]], Made]:
    return _opened(reopen())


def _told(done: BatchResult[tuple[str, str], Made]) -> Made:
    if done.result is not None:
        fields, rows = done.result
        return {"ok": True, **fields}, rows
    failure = Failure.of(done.error or GmpkiError("nothing came of it"))
    return Report({}, failure=failure).as_json(), [
        ("文件", "file", done.item[0]),
        ("未完成", "not made", failure.message),
    ]
