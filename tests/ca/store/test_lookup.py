"""Single rows, looked up often: each answer is what is committed at that time."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import bindparam, insert, select, text, update

from ca.conftest import Clock
from gmpki.ca.store.lookup import Lookup
from gmpki.ca.store.schema import store_facts
from gmpki.ca.store.store import Store
from gmpki.errors import StateError, StoreError
from gmpki.protect.keys import KeyRing

QUERY = select(store_facts.c.value, store_facts.c.name.label("key")).where(store_facts.c.name == bindparam("name"))


@pytest.fixture(params=["memory", "file", pytest.param("postgresql", marks=pytest.mark.once)])
def any_store(request: pytest.FixtureRequest) -> Store:
    fixture = {"memory": "store", "file": "file_store", "postgresql": "postgresql_store"}[request.param]
    made: Store = request.getfixturevalue(fixture)
    with made.transaction() as tx:
        tx.connection.execute(insert(store_facts).values(name="x", value="0"))
    return made


def write(store: Store, value: str) -> None:
    with store.transaction() as tx:
        tx.connection.execute(update(store_facts).where(store_facts.c.name == "x").values(value=value))


def lone(store: Store) -> list[object]:
    return store._database._lone


def value(lookup: Lookup) -> str | None:
    found = lookup.first(name="x")
    return None if found is None else found["value"]


def test_what_is_committed_is_seen_at_once(any_store: Store) -> None:
    lookup = any_store.lookup(QUERY)
    for number in range(10):
        write(any_store, str(number))
        assert lookup.first(name="x") == {"value": str(number), "key": "x"}
    assert lookup.first(name="y") is None
    assert len(lone(any_store)) == (0 if any_store._database.is_in_memory else 1)


def test_what_is_not_committed_is_not_seen_by_others(file_store: Store) -> None:
    lookup = file_store.lookup(QUERY)
    with file_store.transaction() as tx:
        tx.connection.execute(insert(store_facts).values(name="x", value="1"))
        assert value(lookup) == "1"  # it is, by who writes it
        with ThreadPoolExecutor(1) as threads:
            assert threads.submit(value, lookup).result() is None
    assert value(lookup) == "1"


def test_within_a_reading_it_is_that_state(file_store: Store, ring: KeyRing, clock: Clock) -> None:
    lookup = file_store.lookup(QUERY)
    with file_store.transaction() as tx:
        tx.connection.execute(insert(store_facts).values(name="x", value="1"))
    with file_store.reading() as connection:
        connection.execute(text("SELECT 1 FROM store_facts"))
        with ThreadPoolExecutor(1) as threads:
            threads.submit(write, file_store, "2").result()
            assert threads.submit(value, lookup).result() == "2"
        assert value(lookup) == "1"
    assert value(lookup) == "2"


def test_another_process_or_store_writes(file_store: Store, file_url: str, ring: KeyRing, clock: Clock) -> None:
    lookup = file_store.lookup(QUERY)
    assert value(lookup) is None
    with Store.open(file_url, ring, clock=clock) as other, other.transaction() as tx:
        tx.connection.execute(insert(store_facts).values(name="x", value="1"))
    assert value(lookup) == "1"


def test_a_connection_that_broke(any_store: Store) -> None:
    lookup = any_store.lookup(QUERY)
    assert value(lookup) == "0"
    for each in lone(any_store):
        each.close()  # type: ignore[attr-defined]
    assert value(lookup) == "0"
    assert lone(any_store) == []
    assert value(lookup) == "0"


@pytest.mark.once
def test_a_server_that_ends_the_connection(postgresql_store: Store) -> None:
    lookup = postgresql_store.lookup(QUERY)
    assert value(lookup) is None
    with postgresql_store.transaction() as tx:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        tx.connection.execute(text(f"{others} AND datname = current_database()"))
        tx.connection.execute(insert(store_facts).values(name="x", value="1"))
    assert [value(lookup) for _ in range(3)] == ["1"] * 3


def test_many_threads(file_store: Store) -> None:
    lookup = file_store.lookup(QUERY)
    with file_store.transaction() as tx:
        tx.connection.execute(insert(store_facts).values(name="x", value="1"))
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(lambda _: value(lookup), range(400))) == {"1"}
    assert 1 <= len(lone(file_store)) <= 8


def test_a_store_that_is_closed(any_store: Store) -> None:
    lookup = any_store.lookup(QUERY)
    assert value(lookup) == "0"
    any_store.close()
    assert lone(any_store) == []
    with pytest.raises(StateError):
        lookup.first(name="x")


def test_a_database_that_is_gone(file_store: Store) -> None:
    lookup = file_store.lookup(QUERY)
    with file_store.transaction() as tx:
        tx.connection.execute(text("ALTER TABLE store_facts RENAME TO facts"))
    with pytest.raises(StoreError):
        lookup.first(name="x")
    with file_store.transaction() as tx:
        tx.connection.execute(text("ALTER TABLE facts RENAME TO store_facts"))
    assert lookup.first(name="x") is None


def test_a_forked_process_has_its_own(file_store: Store) -> None:
    lookup = file_store.lookup(QUERY)
    with file_store.transaction() as tx:
        tx.connection.execute(insert(store_facts).values(name="x", value="1"))
    assert value(lookup) == "1"
    parents = lone(file_store)[0]
    child = os.fork()
    if child == 0:
        is_right = value(lookup) == "1" and parents not in lone(file_store)
        os._exit(0 if is_right else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert value(lookup) == "1"
