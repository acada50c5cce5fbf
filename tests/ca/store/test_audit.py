"""The audit log in the database: what an entry says, who waits for whom, how the log goes on with a new key."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from ca.store import audit_scene
from ca.store.audit_scene import CLERK, KINDS, entry, judge, tamper
from certified import NOW
from gmpki.ca.interfaces import SYSTEM
from gmpki.ca.store import audit
from gmpki.ca.store.audit_rows import find_entries
from gmpki.ca.store.audit_seal import seal_audit
from gmpki.ca.store.audit_verify import verify_audit
from gmpki.ca.store.store import Store
from gmpki.errors import GmpkiError, InvalidInputError, InvalidTypeError, StoreError, TamperedError, UnknownKeyError
from gmpki.protect.keys import KeyRing


def kinds(store: Store) -> list[str]:
    with store.reading() as connection:
        return list(connection.execute(text("SELECT kind FROM audit ORDER BY number")).scalars())


# ---- writing --------------------------------------------------------------------------------
def test_every_kind_of_record_verifies(store: Store) -> None:
    report = judge(audit_scene.fill(store))
    assert (report.findings, report.last, report.entries, report.seals) == ((), len(KINDS), 6, 2)
    assert tuple(kinds(store)) == KINDS


def test_an_entry_says_who_did_what_to_what(store: Store) -> None:
    entry(store, 17, left_out=None)
    (found,) = find_entries(store)
    assert (found.number, found.at, found.operation, found.subject) == (2, NOW, "pair.revoke", "pair:17")
    assert (found.actor, found.certificate, found.details) == ("录入员 01", "ab" * 32, {"reason": "key-compromise"})


def test_what_is_rolled_back_leaves_no_entry(store: Store) -> None:
    def write() -> None:
        with store.transaction() as tx:
            tx.audit(SYSTEM, "pair.revoke", "pair:1")
            tx.connection.execute(text("no SQL"))

    with pytest.raises(StoreError):
        write()
    assert kinds(store) == ["log"]


def test_a_clock_that_was_set_back_turns_nothing_round(store: Store, clock: Any) -> None:
    entry(store)
    clock.move(days=-3)
    entry(store)
    assert [found.at for found in find_entries(store)] == [NOW, NOW]
    assert judge(store).ok


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"operation": "x" * 65}, InvalidInputError),
        ({"operation": "a\nb"}, InvalidInputError),
        ({"actor": "x" * 129}, InvalidInputError),
        ({"subject": "pair:\ud800"}, InvalidInputError),
        ({"subject": "x" * 129}, InvalidInputError),
        ({"subject": 7}, InvalidTypeError),
        ({"details": {"by": "somebody else"}}, InvalidInputError),
        ({"details": {"with": "another certificate"}}, InvalidInputError),
        ({"details": {"reason": "\ud800"}}, InvalidInputError),
        ({"details": {"reason": b"bytes"}}, InvalidTypeError),
        ({"details": {"share": float("nan")}}, InvalidInputError),
    ],
    ids=lambda value: str(ascii(value))[:40],
)
def test_entries_that_are_none(changes: dict[str, Any], error: type[Exception]) -> None:
    values: dict[str, Any] = {"operation": "pair.revoke", "actor": "a", "subject": "pair:1", "details": {}}
    with pytest.raises(error):
        audit.Entry(**values | changes).to_bytes()


def test_a_bad_entry_takes_its_transaction_with_it(store: Store) -> None:
    def write() -> None:
        with store.transaction() as tx:
            tx.connection.execute(text("INSERT INTO store_facts (name, value) VALUES ('x', 'y')"))
            tx.audit(CLERK, "pair.revoke", "pair:1", by="somebody else")

    with pytest.raises(InvalidInputError):
        write()
    with store.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM store_facts WHERE name = 'x'")) == 0


# ---- keys -----------------------------------------------------------------------------------
def test_a_new_part_begins_when_the_key_is_retired(store: Store) -> None:
    entry(store)
    new = audit_scene.rotated(store)
    entry(new)
    entry(new)
    assert kinds(store) == ["log", "entry", "end", "log", "entry", "entry"]
    assert judge(new).ok


def test_nodes_with_the_old_and_the_new_ring_write_one_after_the_other(store: Store) -> None:
    pending = store.protection.ring.with_new_key()
    old = Store(store._database, pending, clock=store._clock)
    new = Store(store._database, pending.promoted(pending.keys[-1].key_id), clock=store._clock)
    for node in (old, new, old, new, old):
        entry(node)
    assert kinds(store) == ["log", "entry", "end", "log", "entry", "entry", "entry", "entry"]
    assert judge(old).ok
    assert judge(new).ok


def test_another_ring_is_refused(store: Store) -> None:
    other = Store(store._database, KeyRing.generate(), clock=store._clock)
    with store.reading() as connection, pytest.raises(UnknownKeyError):
        audit.check_ring(connection, other.protection.ring)


def test_a_log_that_is_not_there(store: Store) -> None:
    tamper(store, "DELETE FROM audit_head")
    for call in (lambda: entry(store), lambda: verify_audit(store)):
        with pytest.raises(StoreError, match="no audit log"):
            call()


# ---- the end that was changed ---------------------------------------------------------------
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_head SET number = number + 1",
        "UPDATE audit_head SET at = at - 5",
        "UPDATE audit_head SET last_line = header_line",
        "UPDATE audit_head SET last_line = replace(last_line, 'pair:1', 'pair:2')",
        "UPDATE audit_head SET last_line = x'ff00'",
        "UPDATE audit_head SET header_line = last_line",
        "UPDATE audit_head SET header_line = replace(header_line, 'part=1', 'part=2')",
        "UPDATE audit_head SET header_line = ''",
    ],
)
def test_nothing_is_written_behind_an_end_that_was_changed(store: Store, change: str) -> None:
    entry(store)
    tamper(store, change)
    with pytest.raises(TamperedError):
        entry(store)
    assert kinds(store) == ["log", "entry"]
    assert not judge(store).ok


# ---- searching ------------------------------------------------------------------------------
def test_search(store: Store, clock: Any) -> None:
    for number in range(1, 6):
        entry(store, number)
        clock.move(hours=1)
    with store.transaction() as tx:
        tx.audit(SYSTEM, "crl.issue", "crl:1")
    assert [found.number for found in find_entries(store)] == [7, 6, 5, 4, 3, 2]
    assert [found.number for found in find_entries(store, most=2, before=6)] == [5, 4]
    assert [found.subject for found in find_entries(store, operation="crl.issue")] == ["crl:1"]
    assert [found.number for found in find_entries(store, actor="system")] == [7]
    assert [found.number for found in find_entries(store, subject="pair:3")] == [4]
    since = NOW + timedelta(hours=3)
    assert [found.number for found in find_entries(store, since=since, until=since + timedelta(hours=1))] == [5]


@pytest.mark.parametrize(
    ("options", "index"),
    [
        ({}, "ix_audit_at"),
        ({"since": NOW, "until": NOW}, "ix_audit_at"),
        ({"operation": "pair.revoke", "since": NOW}, "ix_audit_operation"),
        ({"actor": "system", "before": 2}, "ix_audit_actor"),
        ({"subject": "pair:1"}, "ix_audit_subject"),
    ],
)
def test_searches_use_an_index(store: Store, options: dict[str, Any], index: str) -> None:
    entry(store)
    statements: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        statements.append((statement, parameters))

    event.listen(store.engine, "before_cursor_execute", note)
    find_entries(store, **options)
    event.remove(store.engine, "before_cursor_execute", note)
    statement, parameters = next(each for each in reversed(statements) if "ORDER BY" in each[0])
    with store.reading() as connection:
        plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all())
    assert index in plan
    assert "TEMP B-TREE" not in plan or index == "ix_audit_subject"  # of one subject there are few


@pytest.mark.parametrize(
    "options", [{"most": 0}, {"most": 10_001}, {"before": 0}, {"since": NOW.replace(tzinfo=None)}, {"operation": 7}]
)
def test_searches_that_are_none(store: Store, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        find_entries(store, **options)


@pytest.mark.parametrize(
    "change",
    ["subject = 'pair:2'", "actor = 'nobody'", "at = at + 1", "line = 'no line'", "line = replace(line, '=', ':')"],
)
def test_a_search_shows_nothing_that_does_not_fit(store: Store, change: str) -> None:
    entry(store)
    tamper(store, f"UPDATE audit SET {change} WHERE number = 2")
    with pytest.raises(TamperedError) as caught:
        find_entries(store)
    assert caught.value.place == 2


def test_a_line_that_says_nothing_of_the_kind(store: Store) -> None:
    """Somebody with the keys has written an entry that is none of ours."""
    data = json.dumps(["pair.revoke"]).encode()
    with store.transaction() as tx:
        tail = audit.read_tail(tx.connection, tx.protection.ring, lock=True)
        odd = tail.with_record(audit.RecordKind.ENTRY, b"=" + data, tx.now)
        audit.write(tx.connection, [odd])
    report = judge(store)
    assert [(found.reason, found.place) for found in report.findings] == [("changed", 2)]


# ---- several at once ------------------------------------------------------------------------
def write_at_once(store: Store) -> None:
    """Let four threads write entries and seals."""
    ready = threading.Barrier(4)
    problems: list[GmpkiError] = []

    def work(number: int) -> None:
        ready.wait()
        try:
            for _ in range(5):
                entry(store, number)
                if number == 1:
                    seal_audit(store, audit_scene.SIGNER)
        except GmpkiError as error:
            problems.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    report = judge(store)
    assert (report.findings, report.entries, report.seals, report.last) == ((), 20, 5, 26)


@pytest.mark.once
def test_many_write_one_log_in_a_file(file_store: Store) -> None:
    write_at_once(file_store)


@pytest.mark.once
def test_many_write_one_log_in_postgresql(postgresql_store: Store) -> None:
    write_at_once(postgresql_store)
