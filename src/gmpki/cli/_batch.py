"""Commands that make one file of each of several: where the results go, progress, and what is said at the end."""

from __future__ import annotations

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
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["batch_output_options", "each", "make_each", "targets"]

T = TypeVar("T")
Rows: TypeAlias = "list[tuple[str, str, str]]"
Make: TypeAlias = "Callable[[str, str], tuple[dict[str, Any], Rows]]"

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


def each(items: Sequence[T], label: str) -> Iterator[T]:
    """Go through items; where they are many and a person is there, a progress bar goes to standard error."""
    if len(items) < 2 or not sys.stderr.isatty():
        yield from items
        return
    with click.progressbar(items, label=label, file=sys.stderr) as bar:
        yield from bar


def make_each(
    sources: Sequence[str],
    outputs: Sequence[str],
    make: Make,
    label: str,
) -> Report:
    """Make one file of each source, and report.

    Of one source the fields are its own, and its error is raised; of several they stand in a list "documents", and
    those that fail do not keep the others from being made.

    :param make: takes a source and where its result goes, and returns fields and lines about it.
    """
    if len(sources) == 1:
        fields, rows = make(sources[0], outputs[0])
        return Report(fields, [] if outputs[0] == "-" else facts(rows))
    documents = []
    lines: list[str | bytes] = []
    for source, output in each(list(zip(sources, outputs, strict=True)), label):
        fields, rows = _tried(source, output, make)
        documents.append({"name": source, **fields})
        lines += facts(rows)
    made = sum(document["ok"] for document in documents)
    total = {"documents": documents, "made": made, "failed": len(sources) - made}
    lines += facts([("完成", "made", f"{made} / {len(sources)}")])
    if made == len(sources):
        return Report(total, lines)
    return Report(total, lines, Failure("GmpkiError", f"{len(sources) - made} of {len(sources)} files were not made"))


def _tried(source: str, output: str, make: Make) -> tuple[dict[str, Any], Rows]:
    try:
        fields, rows = make(source, output)
    except (GmpkiError, OSError) as error:
        failure = Failure.of(error)
        return Report({}, failure=failure).as_json(), [
            ("文件", "file", source),
            ("未完成", "not made", failure.message),
        ]
    return {"ok": True, **fields}, rows
