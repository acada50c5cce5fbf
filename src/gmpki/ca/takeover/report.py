"""What became of each thing that was to be taken over."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from gmpki.ca.reports.writing import as_plain, write_csv

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

__all__ = ["Outcome", "RowResult", "TakeoverReport"]


class Outcome(Enum):
    """What became of one thing."""

    IMPORTED = "imported"
    UPDATED = "updated"
    """It was there, and what was revoked since, or its certificate, is now there too."""
    PRESENT = "present"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one certificate or pair. Immutable; nothing in it identifies a holder.

    :ivar place: the file in which it stood.
    :ivar serials: its serial numbers in hexadecimal digits, with a blank between them.
    :ivar code: how it was matched, as in :class:`~gmpki.ca.takeover.plan.Holding`, "bare" for a serial number without a
        certificate, or why it was refused.
    :ivar state: of the certificate: "valid", "suspended", "revoked"; "" when it was refused.
    :ivar pair_id: under which the registration office has it; None for what has no holder.
    """

    place: str
    serials: str
    outcome: Outcome
    code: str
    state: str = ""
    pair_id: int | None = None
    message: str = ""


@dataclass(slots=True)
class TakeoverReport:
    """What became of everything.

    :ivar is_dry_run: nothing was written.
    :ivar notes: what a person should know.
    """

    authority: str
    is_dry_run: bool
    crl_number: int
    notes: list[str] = field(default_factory=list)
    rows: list[RowResult] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows had which outcome; "refused:" and "imported:" with their codes as well."""
        found: Counter[str] = Counter()
        for row in self.rows:
            found[row.outcome.value] += 1
            if row.outcome in (Outcome.REFUSED, Outcome.IMPORTED):
                found[f"{row.outcome.value}:{row.code}"] += 1
        return dict(sorted(found.items()))

    @property
    def is_complete(self) -> bool:
        """Whether nothing was refused."""
        return all(row.outcome is not Outcome.REFUSED for row in self.rows)

    def to_json(self) -> str:
        """Return the report as JSON.

        :standard: RFC 8259
        """
        rows = [{name: as_plain(getattr(row, name)) for name in RowResult.__slots__} for row in self.rows]
        told = {
            "authority": self.authority,
            "dry_run": self.is_dry_run,
            "crl_number": self.crl_number,
            "counts": self.counts,
            "notes": self.notes,
            "rows": rows,
        }
        return json.dumps(told, ensure_ascii=False, indent=1)

    def write_csv(self, file: TextIO) -> int:
        """Write the rows as CSV with a line of names; return how many.

        :param file: open for writing text, with ``newline=""``.
        :raises OSError: when the file cannot be written, as the file raises it.
        :standard: RFC 4180 2
        """
        return write_csv(self.rows, RowResult, file)

    def lines(self) -> Iterator[str]:
        """Yield the report in lines: what it comes to, and what was refused."""
        yield f"{self.authority}: " + ("dry run, nothing was written" if self.is_dry_run else "taken over")
        yield ", ".join(f"{name} {count}" for name, count in self.counts.items()) or "nothing to take over"
        yield f"lists go on above number {self.crl_number}"
        yield from (f"! {note}" for note in self.notes)
        for row in self.rows:
            if row.outcome is Outcome.REFUSED or row.message:
                yield f"{row.outcome.value:9}{row.code:17}{row.serials or '-'}  {row.place}: {row.message}"
