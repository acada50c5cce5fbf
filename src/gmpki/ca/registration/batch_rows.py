"""Reading the rows of a batch: CSV with a line of names, or JSON Lines with an object a line.

A row that cannot be read is one that fails, with its reason; only what makes the file unreadable from there on ends the
reading.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text
from gmpki.errors import InvalidInputError, LimitExceeded

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping
    from typing import TextIO

__all__ = ["BatchRow", "read_batch"]

_MAX_LINE_LEN: Final = 1 << 20
_MAX_FIELDS: Final = 64


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One row. Immutable; ``repr`` does not show its values.

    :ivar number: counted from 1, without the line of names.
    :ivar values: text by the names of the columns, without those that are empty.
    :ivar problem: why the row cannot be read; "" when it can.
    """

    number: int
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    problem: str = ""


def read_batch(path: str | os.PathLike[str], *, encoding: str = "utf-8-sig") -> Iterator[BatchRow]:
    """Read the rows of a file: JSON Lines when its name ends in ``.jsonl`` or ``.ndjson``, CSV otherwise.

    :param encoding: "utf-8-sig", or for instance "gb18030" for what a spreadsheet in Chinese writes.
    :raises InvalidInputError: when the file cannot be read, is not in this encoding, or is no CSV with one name for
        each column.
    :raises LimitExceeded: when a line has more than 1 MiB of characters, or 64 columns.
    """
    name = str(path)
    try:
        with open(path, encoding=encoding, newline="") as stream:
            lines = _lines(stream)
            yield from _json_rows(lines) if name.endswith((".jsonl", ".ndjson")) else _csv_rows(lines)
    except (LookupError, TypeError) as error:
        raise InvalidInputError(f"no path or encoding: {error}") from None
    except UnicodeDecodeError:
        raise InvalidInputError(f"{name} is not in the encoding {encoding}") from None
    except (OSError, ValueError) as error:
        if isinstance(error, InvalidInputError):
            raise
        raise InvalidInputError(f"{name} cannot be read: {error}") from None


def _lines(stream: TextIO) -> Iterator[str]:
    """Return the lines of a file, of a length that memory has room for."""
    while line := stream.readline(_MAX_LINE_LEN + 1):
        if len(line) > _MAX_LINE_LEN:
            raise LimitExceeded(f"a line of a batch has at most {_MAX_LINE_LEN} characters")
        yield line


def _csv_rows(lines: Iterable[str]) -> Iterator[BatchRow]:
    # The limit of a field is that of the process, and lower than that of a line as it comes.
    reader = csv.reader(lines, strict=True)
    try:
        names = [name.strip() for name in next(reader, [])]
        if not all(names) or len(set(names)) != len(names) or not names:
            raise InvalidInputError("the first line has to have one name for each column, and none twice")
        if len(names) > _MAX_FIELDS:
            raise LimitExceeded(f"a batch has at most {_MAX_FIELDS} columns")
        number = 0
        for cells in reader:
            if not any(cells):
                continue
            number += 1
            if len(cells) != len(names):
                yield BatchRow(number, problem=f"{len(cells)} cells, and {len(names)} columns")
            else:
                yield BatchRow(number, _given(zip(names, cells, strict=True)))
    except csv.Error as error:
        raise InvalidInputError(f"line {reader.line_num} is no CSV: {error}") from None


def _json_rows(lines: Iterable[str]) -> Iterator[BatchRow]:
    number = 0
    for line in lines:
        if not line.strip():
            continue
        number += 1
        yield _json_row(number, line)


def _json_row(number: int, line: str) -> BatchRow:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return BatchRow(number, problem="the line is no JSON")
    if not isinstance(found, dict) or len(found) > _MAX_FIELDS:
        return BatchRow(number, problem=f"the line is no object with at most {_MAX_FIELDS} names")
    for name, value in found.items():
        if value is not None and not isinstance(value, (str, bool)):
            return BatchRow(number, problem=f"{name[:40]!r} is neither text nor true or false")
    return BatchRow(number, _given((name, _text(value)) for name, value in found.items()))


def _text(value: str | bool | None) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else str(value).lower()


def _given(cells: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: as_text(value, "a cell").strip() for name, value in cells if value.strip()}
