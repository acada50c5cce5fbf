"""Transactions: all or nothing, one after the other, on every kind of database."""

# ruff: noqa: PT012 - what is to fail is the commit at the end of a block

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import stat
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import exc, func, insert, select, text, update

from ca import postgresql
from ca.conftest import Clock
from gmpki.ca.interfaces import SYSTEM
from gmpki.ca.store import schema
from gmpki.ca.store.schema import store_facts
from gmpki.ca.store.store import Store, Transaction
from gmpki.errors import (
    ConflictError,
    InvalidInputError,
    InvalidTypeError,
    StateError,
    StoreError,
    UnknownKeyError,
    UnsupportedPlatform,
)
from gmpki.protect.keys import KeyRing


@pytest.fixture(params=["store", "file_store", pytest.param("postgresql_store", marks=pytest.mark.once)])
def any_store(request: pytest.FixtureRequest) -> Store:
    """Give a store of each kind."""
    found: Store = request.getfixturevalue(request.param)
    return found


def put(tx: Transaction, name: str, value: str = "") -> None:
    tx.connection.execute(insert(store_facts), [{"name": name, "value": value}])


def names(store: Store) -> list[str]:
    with store.reading() as connection:
        return sorted(connection.scalars(select(store_facts.c.name)))


def audited(store: Store) -> int:
    with store.reading() as connection:
        return connection.scalar(select(func.count()).select_from(schema.audit)) or 0


# ---- all or nothing -----------------------------------------------------------------------
def test_a_transaction_is_there_with_its_entries(any_store: Store) -> None:
    with any_store.transaction() as tx:
        put(tx, "a")
        tx.audit(SYSTEM, "thing.put", "thing:a")
    assert names(any_store) == ["a"]
    assert audited(any_store) == 2


def test_nothing_is_there_after_an_error(any_store: Store) -> None:
    done: list[str] = []
    with pytest.raises(ZeroDivisionError), any_store.transaction() as tx:
        put(tx, "a")
        tx.audit(SYSTEM, "thing.put", "thing:a")
        tx.after_commit(lambda: done.append("a"))
        _ = 1 / 0
    assert names(any_store) == []
    assert audited(any_store) == 1
    assert done == []


def test_what_follows_a_commit_is_done_once(any_store: Store) -> None:
    done: list[list[str]] = []
    with any_store.transaction() as tx:
        put(tx, "a")
        tx.after_commit(lambda: done.append(names(any_store)))
    assert done == [["a"]]


def test_a_duplicate_is_a_conflict(any_store: Store) -> None:
    with any_store.transaction() as tx:
        put(tx, "a")
    with pytest.raises(ConflictError) as caught, any_store.transaction() as tx:
        put(tx, "b")
        put(tx, "a", "value that nobody may see")
    assert caught.value.reason == "duplicate"
    assert "nobody" not in str(caught.value)
    assert names(any_store) == ["a"]


def test_a_savepoint_keeps_the_rest(any_store: Store) -> None:
    with any_store.transaction() as tx:
        put(tx, "a")
        with pytest.raises(exc.IntegrityError), tx.connection.begin_nested():
            put(tx, "b")
            put(tx, "a")
        put(tx, "c")
    assert names(any_store) == ["a", "c"]


@pytest.mark.once
def test_an_error_that_was_passed_over_does_not_leave_half(postgresql_store: Store) -> None:
    """PostgreSQL answers the COMMIT of a transaction that has failed with a ROLLBACK, and no error."""
    with pytest.raises(StoreError), postgresql_store.transaction() as tx:
        put(tx, "a")
        with pytest.raises(exc.IntegrityError):
            put(tx, "a")
    assert names(postgresql_store) == []


def test_a_transaction_that_the_database_ended_is_not_taken_for_done(store: Store) -> None:
    """SQLite rolls back by itself when a disk is full; each further statement would be a commit of its own."""
    with pytest.raises(StoreError, match="rolled the transaction back"), store.transaction() as tx:
        tx.connection.exec_driver_sql("ROLLBACK")
        tx.audit(SYSTEM, "thing.put", "thing:a")
    assert audited(store) == 1


@pytest.mark.parametrize("value", ["\ud800", pytest.param("nul\0", id="nul")])
def test_text_that_a_column_cannot_hold_is_refused(any_store: Store, value: str) -> None:
    if "\0" in value and any_store.engine.dialect.name == "sqlite":
        with any_store.transaction() as tx:
            put(tx, value)
        assert names(any_store) == [value]
        return
    with pytest.raises(InvalidInputError), any_store.transaction() as tx:
        put(tx, value)


def test_a_number_that_a_column_cannot_hold_is_refused(any_store: Store) -> None:
    with pytest.raises(InvalidInputError), any_store.transaction() as tx:
        tx.connection.execute(update(schema.audit_head).values(number=1 << 70))


def test_a_foreign_key_holds(any_store: Store) -> None:
    values = {"region_id": 99, "code": "x", "title": "x", "is_remote": False, "tag": b""}
    with pytest.raises(StoreError), any_store.transaction() as tx:
        tx.connection.execute(insert(schema.issuing_points), [values])


# ---- threads, nesting, processes ----------------------------------------------------------
def test_threads_do_not_mix(any_store: Store) -> None:
    def add(number: int) -> None:
        for each in range(5):
            with any_store.transaction() as tx:
                put(tx, f"{number}-{each}")
                tx.audit(SYSTEM, "thing.put", f"thing:{number}-{each}")

    threads = [threading.Thread(target=add, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names(any_store)) == 20
    assert audited(any_store) == 21


def test_reading_within_a_transaction_sees_it(any_store: Store) -> None:
    with any_store.transaction() as tx:
        put(tx, "a")
        assert names(any_store) == ["a"]


def test_a_transaction_within_a_transaction_is_refused_at_once(any_store: Store) -> None:
    with any_store.transaction() as tx:
        put(tx, "a")
        with pytest.raises(StateError), any_store.transaction():
            pytest.fail("begun")
    assert names(any_store) == ["a"]


def test_a_reading_sees_one_state(file_store: Store) -> None:
    with file_store.reading() as connection:
        count = select(func.count()).select_from(store_facts)
        assert connection.scalar(count) == 0
        with file_store.transaction() as tx:
            put(tx, "a")
        assert connection.scalar(count) == 0
    assert names(file_store) == ["a"]


@pytest.mark.once
def test_a_reading_sees_one_state_of_postgresql_and_writes_nothing(postgresql_store: Store) -> None:
    with postgresql_store.reading() as connection:
        count = select(func.count()).select_from(store_facts)
        assert connection.scalar(count) == 0
        with postgresql_store.transaction() as tx:
            put(tx, "a")
        assert connection.scalar(count) == 0
    with pytest.raises(StoreError), postgresql_store.reading() as connection:
        connection.execute(insert(store_facts), [{"name": "b", "value": ""}])
    with postgresql_store.transaction() as tx:  # on the same connection, which writes again
        put(tx, "c")
    assert names(postgresql_store) == ["a", "c"]


def test_memory_has_one_connection(store: Store) -> None:
    with store.reading(), pytest.raises(StateError), store.transaction():
        pytest.fail("begun")


def in_child(work: Any, *arguments: Any) -> int | None:
    child = multiprocessing.get_context("fork").Process(target=work, args=arguments)
    child.start()
    child.join(60)
    return child.exitcode


def add_in_child(store: Store, name: str) -> None:
    with store.transaction() as tx:
        put(tx, name)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.parametrize("kind", ["file_store", pytest.param("postgresql_store", marks=pytest.mark.once)])
def test_a_forked_process_has_its_own_connections(request: pytest.FixtureRequest, kind: str) -> None:
    store: Store = request.getfixturevalue(kind)
    with store.transaction() as tx:
        put(tx, "before")
        assert in_child(names, store) == 0  # waits for nobody, and leaves the parent's transaction alone
        put(tx, "after")
    assert in_child(add_in_child, store, "child") == 0
    assert names(store) == ["after", "before", "child"]


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_does_not_have_the_store_in_memory(store: Store) -> None:
    def use() -> None:
        with pytest.raises(StoreError):
            names(store)

    assert in_child(use) == 0


def test_a_store_is_not_pickled(store: Store) -> None:
    with pytest.raises(InvalidTypeError):
        pickle.dumps(store)


def test_a_closed_store_does_nothing(file_url: str, ring: KeyRing) -> None:
    with Store.create(file_url, ring) as store:
        pass
    with pytest.raises(StateError), store.transaction():
        pytest.fail("begun")
    with pytest.raises(StateError):
        store.now()
    store.close()


# ---- other writers, lost connections ------------------------------------------------------
class Stumbling:
    """Work that fails as a database does, a few times."""

    def __init__(self, failures: int, statement: str) -> None:
        self.calls = 0
        self._failures = failures
        self._statement = statement

    def __call__(self, tx: Transaction) -> int:
        self.calls += 1
        put(tx, "a")
        if self.calls <= self._failures:
            tx.connection.execute(text(self._statement))
        return self.calls


# What PostgreSQL says when two cannot both be served, and when somebody ends a session.
RAISES = "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{}'; END $$"
ENDS = "SELECT pg_terminate_backend(pg_backend_pid())"


@pytest.mark.once
@pytest.mark.parametrize(
    "statement", [RAISES.format("40001"), RAISES.format("40P01"), ENDS], ids=["40001", "40P01", "lost"]
)
def test_what_may_succeed_is_tried_again(postgresql_store: Store, statement: str) -> None:
    assert postgresql_store.run(Stumbling(2, statement)) == 3
    assert names(postgresql_store) == ["a"]


@pytest.mark.once
def test_trying_again_has_an_end(postgresql_store: Store) -> None:
    work = Stumbling(1000, RAISES.format("40001"))
    with pytest.raises(StoreError):
        postgresql_store.run(work)
    assert 2 <= work.calls <= 10


def test_what_cannot_succeed_is_not_tried_again(store: Store) -> None:
    work = Stumbling(1000, "SELECT nonsense")
    with pytest.raises(StoreError):
        store.run(work)
    assert work.calls == 1


@pytest.mark.once
def test_a_connection_that_breaks_in_the_commit_leaves_it_unknown(postgresql_store: Store) -> None:
    """A deferred trigger runs within the COMMIT, and ends the session there."""
    with postgresql_store.transaction() as tx:
        tx.connection.execute(
            text(
                f"CREATE FUNCTION ends() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM ({ENDS}); "
                "PERFORM pg_sleep(5); RETURN NULL; END $$"
            )
        )
        tx.connection.execute(
            text(
                "CREATE CONSTRAINT TRIGGER ends AFTER INSERT ON store_facts DEFERRABLE INITIALLY DEFERRED "
                "FOR EACH ROW EXECUTE FUNCTION ends()"
            )
        )
    calls: list[int] = []

    def work(tx: Transaction) -> None:
        calls.append(1)
        put(tx, "a")

    with pytest.raises(StoreError) as caught:
        postgresql_store.run(work)
    assert caught.value.is_unknown
    assert calls == [1]
    assert names(postgresql_store) == []


@pytest.mark.once
def test_a_server_that_restarts_is_found_again(postgresql_cluster: postgresql.Cluster, postgresql_store: Store) -> None:
    with postgresql_store.transaction() as tx:
        put(tx, "before")
    with pytest.raises(StoreError) as caught, postgresql_store.transaction() as tx:
        put(tx, "during")
        postgresql_cluster.stop()
        postgresql_cluster.start()
        tx.audit(SYSTEM, "thing.put", "thing:during")
    assert not caught.value.is_unknown
    with postgresql_store.transaction() as tx:
        put(tx, "after")
    assert names(postgresql_store) == ["after", "before"]


@pytest.mark.once
def test_a_server_that_is_away_is_a_store_error(tmp_path: Path, ring: KeyRing) -> None:
    if postgresql.programs() is None:
        pytest.skip(postgresql.ABSENT)
    with pytest.raises(StoreError):
        Store.open(f"postgresql+psycopg://nobody:geheim@/d?host={tmp_path}", ring)


def killed_before_the_commit(url: str, ring: KeyRing) -> None:
    with Store.open(url, ring).transaction() as tx:
        put(tx, "killed")
        tx.audit(SYSTEM, "thing.put", "thing:killed")
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_who_is_killed_leaves_neither_half_nor_a_lock(file_store: Store, file_url: str, ring: KeyRing) -> None:
    assert in_child(killed_before_the_commit, file_url, ring) == -signal.SIGKILL
    with file_store.transaction() as tx:
        put(tx, "a")
    assert names(file_store) == ["a"]


# ---- clocks -------------------------------------------------------------------------------
def test_a_clock_that_is_set_back_turns_nothing_round(any_store: Store, clock: Clock) -> None:
    clock.move(days=1)
    with any_store.transaction() as tx:
        latest = tx.now
        tx.audit(SYSTEM, "thing.put", "thing:a")
    clock.move(days=-20)
    with any_store.transaction() as tx:
        assert tx.now == latest
        tx.audit(SYSTEM, "thing.put", "thing:b")
    assert any_store.now() == latest


def test_a_clock_without_a_zone_is_refused(ring: KeyRing) -> None:
    with pytest.raises(InvalidInputError):
        Store.create("sqlite://", ring, clock=lambda: datetime(2026, 3, 1))


# ---- making and opening -------------------------------------------------------------------
def test_files_are_for_their_owner_only(file_store: Store, tmp_path: Path) -> None:
    with file_store.transaction() as tx:
        put(tx, "a")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("ca.db", "ca.db-wal", "ca.db-shm"), 0o600)


def test_a_file_name_may_have_any_character(tmp_path: Path, ring: KeyRing) -> None:
    url = f"sqlite:///{tmp_path}/数据 库#1%.db"
    Store.create(url, ring).close()
    assert [path.name for path in tmp_path.iterdir()] == ["数据 库#1%.db"]
    Store.open(url, ring).close()


def test_a_store_is_made_once(file_store: Store, file_url: str, ring: KeyRing) -> None:
    with pytest.raises(StoreError):
        Store.create(file_url, ring)
    assert names(file_store) == []


def test_a_link_to_nowhere_is_not_followed(tmp_path: Path, ring: KeyRing) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "elsewhere.db")
    with pytest.raises(StoreError):
        Store.create(f"sqlite:///{tmp_path}/link.db", ring)
    assert not (tmp_path / "elsewhere.db").exists()


def test_what_could_not_be_made_leaves_no_file(tmp_path: Path, ring: KeyRing) -> None:
    with pytest.raises(InvalidInputError):
        Store.create(f"sqlite:///{tmp_path}/ca.db", ring, clock=lambda: datetime(2026, 3, 1))
    assert list(tmp_path.iterdir()) == []


def test_opening_makes_no_file(tmp_path: Path, ring: KeyRing) -> None:
    with pytest.raises(StoreError):
        Store.open(f"sqlite:///{tmp_path}/none.db", ring)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_store_is_refused(tmp_path: Path, ring: KeyRing) -> None:
    (tmp_path / "text.db").write_text("no database, but a text of some length " * 100)
    (tmp_path / "empty.db").write_bytes(b"")
    for name in ("text.db", "empty.db"):
        with pytest.raises(StoreError):
            Store.open(f"sqlite:///{tmp_path / name}", ring)


@pytest.mark.once
def test_a_database_with_tables_is_not_taken(postgresql_store: Store, postgresql_url: str, ring: KeyRing) -> None:
    with pytest.raises(StoreError, match="not empty"):
        Store.create(postgresql_url, ring)
    assert audited(postgresql_store) == 1


def test_another_key_ring_is_refused(file_store: Store, file_url: str) -> None:
    with pytest.raises(UnknownKeyError):
        Store.open(file_url, KeyRing.generate())
    assert file_store.now()


@pytest.mark.parametrize(
    "url", ["", "ca.db", "nonsense://x", "postgresql+psycopg://h:port/d", "sqlite:////\0"], ids=repr
)
def test_what_is_no_url_is_refused(url: str, ring: KeyRing) -> None:
    with pytest.raises(InvalidInputError):
        Store.create(url, ring)


def test_a_driver_that_is_not_installed_is_named(ring: KeyRing) -> None:
    with pytest.raises(UnsupportedPlatform, match="asyncmy"):
        Store.create("mysql+asyncmy://h/d", ring)


@pytest.mark.parametrize("url", [None, b"sqlite://", 7])
def test_what_is_no_text_is_refused(url: Any, ring: KeyRing) -> None:
    with pytest.raises(InvalidTypeError):
        Store.create(url, ring)


def test_messages_hold_no_password(ring: KeyRing, tmp_path: Path) -> None:
    for url in ("postgresql+psycopg://u:geheim@h:port/d", f"postgresql+psycopg://u:geheim@/d?host={tmp_path}"):
        with pytest.raises((InvalidInputError, StoreError, UnsupportedPlatform)) as caught:
            Store.open(url, ring)
        assert "geheim" not in str(caught.value)
