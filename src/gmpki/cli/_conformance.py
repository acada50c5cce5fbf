"""What the commands about checks of drivers share: which interface is meant, reports in files, texts in both
languages.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io
from gmpki.cli._files import INPUT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.conformance import Check, Kind, Report, Words
    from gmpki.tokens.limits import LimitProfile

__all__ = [
    "KINDS",
    "LIMITS_NAME",
    "MAX_LIMITS_LEN",
    "StoredReport",
    "both",
    "check_fields",
    "checks_chosen",
    "kept_limits",
    "limits_of",
    "permissions_shown",
    "read_report",
    "report_argument",
    "select_option",
    "spread",
]

# The values of gmpki.conformance.Kind, written out so that --help imports nothing; a test compares them.
KINDS = ("skf", "pkcs11", "pcsc")
LIMITS_NAME = "limits.toml"  # what a file of limits is called in the folder of the report
MAX_LIMITS_LEN = 1 << 18
LINE_LEN = 60  # characters of English that go behind the Chinese ones in one line

select_option = click.option(
    "--select",
    "patterns",
    metavar="PATTERN",
    multiple=True,
    help="Checks by id (SKF-BUF-003), its beginning (BUF), group (buffers) or severity (required); may be repeated.",
)
report_argument = click.argument("source", type=INPUT, metavar="DIR|FILE")


def both(words: Words) -> str:
    """Return a text in Chinese and English."""
    return words.zh if words.zh == words.en else f"{words.zh}  {words.en}"


def spread(words: Words) -> list[str]:
    """Return a text in Chinese and English as lines: one, or two where it is long."""
    return [both(words)] if len(words.en) <= LINE_LEN else [words.zh, words.en]


@dataclass(frozen=True)
class StoredReport:
    """A report as a file has it.

    :ivar path: of the file.
    :ivar data: its bytes.
    """

    path: str
    data: bytes
    report: Report

    def beside(self, name: str) -> str:
        """Return the path of another file in the same folder."""
        return os.path.join(os.path.dirname(self.path), name)


def read_report(source: str) -> StoredReport:
    """Read a report.

    :param source: the file of its JSON, or the folder that --report named.
    :raises InvalidInputError: when it is no report.
    :raises OSError: when it cannot be read.
    """
    from gmpki.conformance.report.json_form import MAX_LEN, read_json
    from gmpki.conformance.report.signing import REPORT_NAME
    from gmpki.errors import InvalidInputError

    path = os.path.join(source, REPORT_NAME) if os.path.isdir(source) else source
    data = _io.read_input(path, max_len=MAX_LEN)
    try:
        return StoredReport(path, data, read_json(data))
    except InvalidInputError as error:
        error.args = (f"{_io.display_name(path)}: {error}",)
        raise


def limits_of(content: bytes, name: str) -> LimitProfile:
    """Return the one table of a file of limits.

    :param name: of the file, for messages.
    :raises ProfileError: when it is no such file, or holds several.
    """
    from gmpki.errors import ProfileError
    from gmpki.tokens.limits import read_limits

    try:
        tables = list(read_limits(content.decode("utf-8")).values())
    except UnicodeDecodeError:
        raise ProfileError(f"{_io.display_name(name)} is not text of UTF-8") from None
    except ProfileError as error:
        error.args = (f"{_io.display_name(name)}: {error}",)
        raise
    if len(tables) != 1:
        raise ProfileError(f"{_io.display_name(name)} holds {len(tables)} tables of limits; one is needed")
    return tables[0]


def kept_limits(folder: str) -> LimitProfile | None:
    """Return the table of limits that a run was given in a file; None when it was one that comes with gmpki."""
    path = os.path.join(folder, LIMITS_NAME)
    return limits_of(_io.read_input(path, max_len=MAX_LIMITS_LEN), path) if os.path.lexists(path) else None


def checks_chosen(kinds: Iterable[Kind], patterns: tuple[str, ...]) -> list[Check]:
    """Return the checks of some interfaces that patterns choose.

    :raises InvalidInputError: when there are patterns and they choose nothing of any.
    """
    from gmpki.conformance import selected
    from gmpki.errors import InvalidInputError

    found: list[Check] = []
    refused: InvalidInputError | None = None
    for kind in kinds:
        try:
            found += selected(kind, patterns)
        except InvalidInputError as error:  # noqa: PERF203 - another interface may have what it names
            refused = error
    if not found and refused is not None:
        raise refused
    return found


def check_fields(check: Check) -> dict[str, Any]:
    """Return what a program is told of a check."""
    return {**check.to_json(), "kind": check.kind.value, "timeout_s": check.timeout_s}


def permissions_shown(check: Check) -> str:
    """Return the options that a check takes, in one order."""
    from gmpki.conformance import Permission

    return " ".join(f"--allow-{one.value}" for one in Permission if one in check.permissions)
