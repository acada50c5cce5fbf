"""Whatever is changed in the tables of the audit log is found, and located."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text

from ca.store import audit_scene
from ca.store.audit_scene import CLERK, KINDS, OTHER, judge, tamper
from gmpki.ca.store.audit_seal import audit_checkpoint, seal_audit
from gmpki.ca.store.audit_verify import verify_audit
from gmpki.ca.store.schema import audit
from gmpki.ca.store.store import Store
from gmpki.errors import InvalidTypeError, TamperedError
from gmpki.protect.log_verify import LogReport

pytestmark = pytest.mark.once

LAST = len(KINDS)
PLACES = {"log": 1, "entry": 3, "seal": 4, "end": 6, "next log": 7, "last": LAST}
CHANGES = {
    "at": "at = at + 1",
    "at-text": "at = 'yesterday'",
    "kind": "kind = CASE kind WHEN 'entry' THEN 'seal' ELSE 'entry' END",
    "operation": "operation = 'pair.resume'",
    "actor": "actor = 'nobody'",
    "subject": "subject = 'pair:99'",
    "number": "number = 1000",
    "number-negative": "number = -number",
    "line-end": "line = line || 'x'",
    "line-mac": "line = CASE substr(line, 1, 1) WHEN 'f' THEN '0' ELSE 'f' END || substr(line, 2)",
    "line-contents": "line = substr(line, 1, length(line) - 2) || '!' || char(10)",
    "line-number": "line = substr(line, 1, 70) || '9' || substr(line, 72)",
    "line-without-end": "line = rtrim(line, char(10))",
    "line-empty": "line = ''",
    "line-blob": "line = x'00ff'",
    "line-undecodable": "line = CAST(x'ff80ff' AS TEXT)",
    "line-of-another": "line = (SELECT line FROM audit WHERE number = 2)",
}


@pytest.fixture
def filled(store: Store) -> Store:
    return audit_scene.fill(store)


@contextlib.contextmanager
def tampered(store: Store, statement: str, **values: Any) -> Iterator[LogReport]:
    """Change the table, judge it, and put back what was there."""
    with store.reading() as connection:
        rows = [dict(row._mapping) for row in connection.execute(select(audit))]
    tamper(store, statement, **values)
    yield judge(store)
    with store.engine.begin() as connection:
        connection.execute(delete(audit))
        connection.execute(insert(audit), rows)


@pytest.mark.parametrize("change", CHANGES)
def test_every_column_of_every_kind_of_row(filled: Store, change: str) -> None:
    for kind, place in PLACES.items():
        with tampered(filled, f"UPDATE audit SET {CHANGES[change]} WHERE number = :place", place=place) as report:
            assert report.findings, kind
            # A row whose number became negative stands in front of all.
            assert report.findings[0].place == (1 if change == "number-negative" else place), kind
            with pytest.raises(TamperedError) as caught:
                verify_audit(filled)
            assert (caught.value.place, caught.value.reason) == (report.findings[0].place, report.findings[0].reason)
    assert judge(filled).ok


def test_a_row_that_was_removed(filled: Store) -> None:
    for place in range(1, LAST + 1):
        with tampered(filled, "DELETE FROM audit WHERE number = :place", place=place) as report:
            reason = {1: "changed", LAST: "truncated"}.get(place, report.findings[0].reason)  # 1: what is first now
            assert (report.findings[0].reason, report.findings[0].place) == (reason, place)


def test_all_rows_removed(filled: Store) -> None:
    tamper(filled, "DELETE FROM audit")
    assert [(found.reason, found.place) for found in judge(filled).findings] == [("truncated", 1)]


@pytest.mark.parametrize(("first", "second"), [(2, 3), (3, 5), (5, 9), (1, 7), (4, 10)])
def test_rows_that_changed_places(filled: Store, first: int, second: int) -> None:
    for old, new in ((first, 900), (second, first), (900, second)):
        tamper(filled, "UPDATE audit SET number = :new WHERE number = :old", old=old, new=new)
    assert judge(filled).findings[0].place == first


@pytest.mark.parametrize("source", [1, 3, 4, 6, 8])
@pytest.mark.parametrize("behind", [0, 5, LAST])
def test_rows_that_were_added(filled: Store, source: int, behind: int) -> None:
    """A true row once more, those behind it moved on; at the very end it stands behind what the head says."""
    columns = "at, kind, operation, actor, subject, line"
    tamper(filled, "UPDATE audit SET number = -number WHERE number > :behind", behind=behind)
    tamper(filled, "UPDATE audit SET number = 1 - number WHERE number < 0")
    moved = source + 1 if source > behind else source
    query = f"INSERT INTO audit (number, {columns}) SELECT :new, {columns} FROM audit WHERE number = :source"
    tamper(filled, query, new=behind + 1, source=moved)
    # Of two that are alike, the first one stands where it belongs.
    assert judge(filled).findings[0].place == (behind + 2 if source == behind + 1 else behind + 1)


def test_a_tail_that_was_cut_off_with_its_head(filled: Store) -> None:
    """Without a checkpoint nobody can tell; with one it is found."""
    kept = audit_checkpoint(filled)
    tamper(filled, "DELETE FROM audit WHERE number > 9")
    tamper(
        filled,
        "UPDATE audit_head SET number = 9, at = (SELECT at FROM audit WHERE number = 9),"
        " last_line = (SELECT line FROM audit WHERE number = 9)",
    )
    assert judge(filled).ok
    report = judge(filled, expected=kept)
    assert [(found.reason, found.place) for found in report.findings] == [("truncated", 10)]


def test_a_log_that_was_written_anew_by_who_has_the_keys(filled: Store) -> None:
    kept = audit_checkpoint(filled)
    tamper(filled, "DELETE FROM audit WHERE number > 10")
    tamper(
        filled,
        "UPDATE audit_head SET number = 10, at = (SELECT at FROM audit WHERE number = 10),"
        " last_line = (SELECT line FROM audit WHERE number = 10)",
    )
    with filled.transaction() as tx:
        tx.audit(CLERK, "pair.revoke", "pair:7")
    assert judge(filled).ok
    assert [found.reason for found in judge(filled, expected=kept).findings] == ["rewritten"]


def test_a_checkpoint_of_the_past_fits(filled: Store) -> None:
    kept = audit_checkpoint(filled)
    audit_scene.entry(filled)
    assert judge(filled, expected=kept).ok


def test_a_log_of_another_store(filled: Store, clock: Any) -> None:
    with Store.create("sqlite://", filled.protection.ring, clock=clock) as other:
        kept = audit_checkpoint(other)
    assert judge(filled, expected=kept).findings[0].reason == "replaced"


@pytest.mark.parametrize(
    "change",
    [
        "number = number - 1",
        "number = number + 1",
        "number = 0",
        "at = at + 1",
        "at = 'x'",
        "last_line = header_line",
        "last_line = x'ff'",
        "header_line = last_line",
        "header_line = (SELECT line FROM audit WHERE number = 1)",
    ],
)
def test_every_column_of_the_head(filled: Store, change: str) -> None:
    tamper(filled, f"UPDATE audit_head SET {change}")
    report = judge(filled)
    assert report.findings
    assert report.findings[0].place in {1, LAST - 1, LAST, LAST + 1}


# ---- seals ----------------------------------------------------------------------------------
def test_a_seal_of_somebody_else(filled: Store) -> None:
    seal_audit(filled, OTHER)
    report = judge(filled)
    assert [(found.reason, found.place) for found in report.findings] == [("seal", LAST + 1)]


def test_without_signers_the_macs_are_verified(filled: Store) -> None:
    report = verify_audit(filled)
    assert (report.ok, report.macs_verified, report.sealed_through, report.entries) == (True, True, None, 6)


# ---- what else it does ----------------------------------------------------------------------
def test_only_entries_that_hold_are_told(filled: Store) -> None:
    tamper(filled, "UPDATE audit SET line = replace(line, 'pair:4', 'pair:5') WHERE number = 8")
    told: list[int] = []
    judge(filled, on_entry=lambda record: told.append(record.number))
    assert told == [2, 3, 5, 9, 11]


def test_progress_ends_at_the_end(filled: Store) -> None:
    told: list[tuple[int, int]] = []
    judge(filled, progress=lambda done, total: told.append((done, total)))
    assert told == [(LAST, LAST)]


def test_many_pages(store: Store) -> None:
    with store.transaction() as tx:
        for number in range(2500):
            tx.audit(CLERK, "pair.issue", f"pair:{number}")
    assert (judge(store).entries, judge(store).ok) == (2500, True)
    tamper(store, "UPDATE audit SET line = CAST(x'ff' AS TEXT) WHERE number = 2300")
    assert judge(store).findings[0].place == 2300


@pytest.mark.parametrize("options", [{"expected": "gmpki-log"}, {"progress": 7}, {"on_entry": 7}, {"signers": 7}])
def test_arguments_of_the_wrong_type(filled: Store, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidTypeError):
        verify_audit(filled, **options)


@pytest.mark.once
def test_on_postgresql(postgresql_store: Store) -> None:
    filled = audit_scene.fill(postgresql_store)
    assert judge(filled).ok
    with filled.engine.begin() as connection:
        connection.execute(text("UPDATE audit SET actor = 'nobody' WHERE number = 8"))
    assert [found.place for found in judge(filled).findings] == [8]
