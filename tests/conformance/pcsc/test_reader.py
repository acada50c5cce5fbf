"""The suite on a card in a reader of PC/SC, through pcscd, in its own processes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from gmpki.conformance import Kind, Options, Outcome, Permission, Target, Verdict, run
from gmpki.errors import TokenNotFoundError
from gmpki.tokens.soft.card import ATR
from tokens.checks import Absent
from tokens.pcsc.reader import virtual_reader

pytestmark = pytest.mark.once

SERIAL = "00a1"
READER = "Virtual PCD 00 00"


@pytest.fixture
def reader(soft_token: str) -> Iterator[str]:
    """Give the name of a virtual reader that has the software token in it."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(virtual_reader(SERIAL))
        except Absent as absent:
            pytest.skip(str(absent))
        yield READER


def test_card_in_a_reader(reader: str, tmp_path: Path) -> None:
    report = run(
        Target(Kind.PCSC, reader),
        permissions=tuple(Permission),
        select=("APDU", "LEN-004", "DEV-004", "PIN-014", "KEY-006"),
        options=Options(latency_count=1),
        report_dir=tmp_path / "report",
    )
    assert {result.outcome for result in report.results} == {Outcome.PASSED}
    assert report.is_complete
    assert report.device["serial_number"] == SERIAL
    assert report.device["atr"] == ATR.hex(" ").upper()
    assert report.driver_profile["name"] == "gmpki"
    assert report.driver.name == reader
    assert report.verdict in (Verdict.PASSED, Verdict.INCOMPLETE)
    # A reader that does not exist, and the only one there is.
    with pytest.raises(TokenNotFoundError, match="no card is in the reader 'Other'"):
        run(Target(Kind.PCSC, "Other"), select=("APDU-001",))
    (result,) = run(Target(Kind.PCSC, ""), select=("APDU-001",)).results
    assert result.outcome is Outcome.PASSED
