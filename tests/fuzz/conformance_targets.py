"""Fuzz targets of the conformance suite: reports, journals, files of PINs, what children say."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from fuzz.promises import outcome, promise
from gmpki.conformance.hearing import CHECKING, IDENTIFYING, REMOVING, Hearing
from gmpki.conformance.journal import JOURNAL_NAME, Journal
from gmpki.conformance.model import Kind
from gmpki.conformance.pin_file import with_pins
from gmpki.conformance.report import compare, read_json, report_page, write_json, write_junit
from gmpki.conformance.runner import Run
from gmpki.conformance.target import Target
from gmpki.conformance.wire import Task, line, message

__all__ = ["CHECK", "TARGETS"]

CHECK = "SKF-BUF-001"
# No file: what a journal names is not there, whatever it is.
TARGET = Target(Kind.SKF, "driver.so")


def conformance_report(data: bytes) -> None:
    report = read_json(data)
    written = write_json(report)
    promise(write_json(read_json(written)) == written, "a report that is written out is another")
    promise("<script" not in report_page(report, data).lower(), "a report brings a script along")
    promise(bool(write_junit(report)), "a report without JUnit")
    promise(not compare(report, report).worse, "a report is worse than itself")


def conformance_journal(data: bytes) -> None:
    """Go on with it as the command does that makes a report of what a run that was cut off had found."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / JOURNAL_NAME
        path.touch(0o600)
        path.write_bytes(data)
        with Journal.resume(folder) as journal:
            for run in outcome(lambda: Run(TARGET, journal)):
                for report in outcome(run.report):
                    write_json(report)


def pin_file(data: bytes) -> None:
    found = with_pins(TARGET, data.decode("utf-8", "surrogateescape"))
    for secret in (found.user_pin, found.admin_pin, found.device_key):
        promise(not secret or len(secret) < 4 or repr(secret)[2:-1] not in repr(found), "a PIN shows")


def child_message(data: bytes) -> None:
    """A line is what one child says; the process that hears it keeps what it has heard."""
    for may_say in (CHECKING, IDENTIFYING, REMOVING):
        hearing = Hearing({CHECK}, may_say)
        for text in data.splitlines()[:20]:
            for told in outcome(lambda text=text: message(text)):
                promise(message(line(told)) == told or told != told, "a message that is sent on is another")
                outcome(lambda told=told, hearing=hearing: hearing.take(told))
    outcome(lambda: Task.from_json(message(data)))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "conformance_report": conformance_report,
    "conformance_journal": conformance_journal,
    "pin_file": pin_file,
    "child_message": child_message,
}
