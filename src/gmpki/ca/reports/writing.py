"""Reports as CSV and JSON.

Spreadsheet programs run a cell that begins like a formula, so such text gets an apostrophe in front of it in CSV. JSON
has it as it is.
"""

from __future__ import annotations

import csv
import json
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import utc_seconds
from gmpki.errors import InvalidTypeError
from gmpki.protect.log_record import time_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

__all__ = ["as_plain", "csv_cell", "write_csv", "write_json"]

# Full-width signs count as well: programs in East Asian languages take them for the narrow ones.
_FORMULA_STARTS: Final = "=+-@\t\r\n|%＝＋－＠"


def as_plain(value: Any) -> Any:
    """Return a value as JSON has it: times of UTC as ``2026-03-01T08:00:00Z``, days as ``2026-03-01``, members of
    enumerations by their values.

    :raises InvalidInputError: when a time has no time zone.
    """
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return time_text(utc_seconds(value, "a time"))
    return value.isoformat() if isinstance(value, date) else value


def csv_cell(value: Any) -> str:
    """Return a value as a cell of CSV: text that a spreadsheet would run gets an apostrophe in front of it.

    >>> csv_cell("=1+1")
    "'=1+1"

    :raises InvalidInputError: when a time has no time zone.
    """
    plain = as_plain(value)
    if plain is None:
        return ""
    if isinstance(plain, str) and plain.lstrip(" \u3000\xa0")[:1] in tuple(_FORMULA_STARTS):
        return f"'{plain}"
    return str(plain)


def write_csv(rows: Iterable[Any], row_type: type[Any], file: TextIO) -> int:
    """Write dataclasses as CSV with a line of names; return how many.

    :param row_type: what the rows are.
    :param file: open for writing text, with ``newline=""``.
    :raises InvalidTypeError: when row_type is no dataclass.
    :raises InvalidInputError: when a time has no time zone.
    :raises OSError: when the file cannot be written, as the file raises it.
    :raises GmpkiError: what the rows raise.
    :standard: RFC 4180 2
    """
    names = _names(row_type)
    writer = csv.writer(file, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    writer.writerow(names)
    count = 0
    for row in rows:
        writer.writerow([csv_cell(getattr(row, name)) for name in names])
        count += 1
    return count


def write_json(rows: Iterable[Any], row_type: type[Any], file: TextIO) -> int:
    """Write dataclasses as a JSON array, a line each; return how many.

    Parameters and errors are those of :func:`write_csv`.

    :standard: RFC 8259 5
    """
    names = _names(row_type)
    count = 0
    file.write("[")
    for row in rows:
        plain = {name: as_plain(getattr(row, name)) for name in names}
        file.write(",\n" if count else "\n")
        file.write(json.dumps(plain, ensure_ascii=False))
        count += 1
    file.write("\n]\n")
    return count


def _names(row_type: type[Any]) -> list[str]:
    if not isinstance(row_type, type) or not is_dataclass(row_type):
        raise InvalidTypeError("the rows of a report are dataclasses")
    return [each.name for each in fields(row_type)]
