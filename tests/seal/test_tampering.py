"""The table of tampering: whatever is done to a sealed document is refused, for the reasons that belong to it.

``python tests/seal/test_tampering.py`` prints the table and counts it.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import pytest

from gmpki.seal import Verdict
from seal import samples
from seal.ofd.packages import sealed as sealed_ofd
from seal.pdf.crafted import sealed as sealed_pdf
from seal.tampering import files, packages, people, uses
from seal.tampering.people import Case, Forger
from seal.tampering.table import CONTAINERS, OFD, PDF, Row, refusal

ROWS = [row for part in (people, packages, files, uses) for row in part.rows()]
LEAST = 300


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_row(row: Row) -> None:
    assert row.expected
    assert set(row.expected) <= set(refusal(row))


def test_the_table() -> None:
    """No row is there twice, and the reasons are many."""
    assert len({row.name for row in ROWS}) == len(ROWS) >= LEAST
    reasons = {reason for row in ROWS for reason in row.expected}
    assert len(reasons) >= 50


@pytest.mark.parametrize("container", CONTAINERS, ids=lambda one: one.name)
@pytest.mark.parametrize("layout", samples.LAYOUTS, ids=lambda one: one.name)
def test_what_nobody_tampered_with_is_valid(container: object, layout: object) -> None:
    case = Case(container, layout)  # type: ignore[arg-type]
    assert case.forged().verdict is Verdict.VALID
    assert refusal(Row("in order", case.forged, ())) == ()


def test_the_documents_of_the_table_are_valid() -> None:
    for number in (1, 2):
        assert OFD.verified(sealed_ofd(number)).verdict is Verdict.VALID
    assert PDF.verified(sealed_pdf()).verdict is Verdict.VALID


def test_a_forger_cannot_be_prepared_for() -> None:
    with pytest.raises(NotImplementedError):
        Forger(samples.seal(), samples.signer(), {}).prepare_document(samples.DIGEST, "")


def main() -> int:
    """Print the table, and one line that counts it."""
    wrong = 0
    for row in ROWS:
        found = refusal(row)
        good = set(row.expected) <= set(found)
        wrong += not good
        mark = "refused" if good else "NOT AS EXPECTED"
        print(f"{row.name}\t{mark}\t{', '.join(found)}")
    kinds = Counter(row.name.partition(":")[0].partition(",")[0] for row in ROWS)
    reasons = len({reason for row in ROWS for reason in row.expected})
    parts = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
    print(f"tampering: {len(ROWS) - wrong} of {len(ROWS)} rows refused as expected ({parts}), {reasons} reasons")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
