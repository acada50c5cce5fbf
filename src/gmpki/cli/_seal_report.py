"""What the verification of sealed documents found out, as commands answer it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki.cli._output import Failure, Report, facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gmpki.seal.report import DocumentReport

__all__ = ["answer", "lines_of", "report_of", "shown_facts"]


def answer(found: Sequence[tuple[str, DocumentReport | Report | Exception]]) -> Report:
    """Return what a command answers about documents.

    Of one document the fields are its own; of several they stand in a list "documents".

    :param found: the name of each document, and what was found out about it, or why it could not be read. The error of
        a single document is raised.
    """
    if len(found) == 1:
        only = found[0][1]
        if isinstance(only, Exception):
            raise only
        return only if isinstance(only, Report) else report_of(only)
    fields = []
    lines: list[str | bytes] = []
    not_valid = 0
    for name, one in found:
        told = _unreadable(name, one) if isinstance(one, Exception) else one
        told = told if isinstance(told, Report) else report_of(told)
        not_valid += told.failure is not None
        fields.append({"name": name, **told.as_json()})
        lines += told.lines
    total = {"documents": fields, "valid": len(found) - not_valid, "not_valid": not_valid}
    lines += shown_facts([("有效", "valid", f"{len(found) - not_valid} / {len(found)}")]) if found else []
    if not not_valid:
        return Report(total, lines)
    return Report(total, lines, Failure("SealError", f"{not_valid} of {len(found)} documents are not valid"))


def report_of(report: DocumentReport) -> Report:
    """Return what a command answers about one document."""
    from gmpki.seal.report_json import report_as_dict

    return Report(report_as_dict(report), lines_of(report), _failure(report))


def _unreadable(name: str, error: Exception) -> Report:
    failure = Failure.of(error)
    rows = [("文档", "document", name), ("结论", "verdict", f"无法读取 unreadable: {failure.message}")]
    return Report({}, shown_facts(rows), failure)


def _failure(report: DocumentReport) -> Failure | None:
    from gmpki.errors import GmpkiError

    try:
        report.require()
    except GmpkiError as error:
        return Failure.of(error)
    return None


def lines_of(report: DocumentReport) -> list[str]:
    """Return a report for a person, in Chinese and English, as aligned lines."""
    from gmpki.seal.report_text import report_rows

    rows = []
    for row in report_rows(report):
        indent = "  " * row.is_inner
        rows.append((indent + row.label.chinese, indent + row.label.english, row.value))
    return facts(rows)


def shown_facts(rows: Iterable[tuple[str, str, str]]) -> list[str]:
    """Align rows as :func:`~gmpki.cli._output.facts`; what a terminal would obey in names of files and seals, which
    come from others, is escaped.
    """
    from gmpki.asn1.rfc5280._name_text import shown_text

    return facts((chinese, english, shown_text(value)) for chinese, english, value in rows)
