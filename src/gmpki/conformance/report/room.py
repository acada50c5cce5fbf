"""Whether a report has room for something, asked before it is kept: what does not fit would cost the report of a run.

A driver that has damaged its process can make that say anything, and a file that a run is resumed from can hold
anything.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

from gmpki.conformance.model import Clause, Kind, LatencyRow, Result, Severity, Words
from gmpki.conformance.report.document import DriverFile, Report, ReportedCheck
from gmpki.conformance.report.json_form import demand_form, write_json
from gmpki.errors import InvalidInputError
from gmpki.tokens.limits import limit_profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["demand_room_for_identity", "read_outcome"]

_TIME: Final = datetime(2000, 1, 1, tzinfo=timezone.utc)
_NOTHING: Final = Words("", "")
_CHECK: Final = ReportedCheck("SKF-ROOM-001", "room", _NOTHING, _NOTHING, Clause("?"), Severity.REQUIRED)
_DRIVER: Final = DriverFile("?")


def read_outcome(told: Mapping[str, Any]) -> tuple[Result, tuple[LatencyRow, ...]]:
    """Return the result that a message has, and what was measured.

    :raises InvalidInputError: when they are none, or a report has no room for them.
    """
    result = Result.from_json(told.get("result"))
    given = told.get("rows", ())
    if not isinstance(given, (list, tuple)):
        raise InvalidInputError("what was measured is a list")
    rows = tuple(_row(row) for row in given)
    _demand(results=(replace(result, check=_CHECK.id),), latency=rows, limits=limit_profile("tender"))
    return result, rows


def _row(value: Any) -> LatencyRow:
    try:
        row = LatencyRow(**value)
    except TypeError as error:
        raise InvalidInputError(f"this is nothing that was measured: {error}") from None
    demand_form("latency", asdict(row))
    return row


def demand_room_for_identity(device: Mapping[str, str], driver_profile: Mapping[str, Any]) -> None:
    """Refuse what a report has no room for.

    :raises InvalidInputError: when it has none.
    """
    _demand(device=dict(device), driver_profile=dict(driver_profile))


def _demand(results: Iterable[Result] = (), **named: Any) -> None:
    write_json(Report(Kind.SKF, _DRIVER, _TIME, _TIME, (_CHECK,), tuple(results), **named))
