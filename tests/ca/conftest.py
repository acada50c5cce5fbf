"""What the tests of an authority share: key rings, clocks, stores of each kind of database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from ca import postgresql
from certified import NOW
from gmpki.ca.store.revisions import HEAD
from gmpki.ca.store.store import Store
from gmpki.protect.keys import KeyRing

# The rules of an authority do not depend on the interpreter, nor on the version of SQLAlchemy that it gets; these files
# use as much of both as all the others together, and run everywhere.
EVERYWHERE = (
    "authority/test_issuing.py",
    "kmc/test_centre.py",
    "registration/test_office.py",
    "registration/test_batch.py",
    "reports/test_search.py",
    "revocation/test_lists.py",
    "store",
)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what only the primary interpreter runs; pytest asks only about what is in this folder."""
    folder = Path(__file__).parent
    if not any(folder / name in (item.path, *item.path.parents) for name in EVERYWHERE):
        item.add_marker(pytest.mark.once)


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        """Move it on, or back: ``clock.move(days=30)``."""
        self.at += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def ring() -> KeyRing:
    return KeyRing.generate(created=NOW)


@pytest.fixture(scope="session")
def sqlite_tables(ring: KeyRing) -> tuple[str, ...]:
    """Give the statements that made the tables of a store, which take longer to compile than to carry out."""
    with Store.create("sqlite://", ring) as made, made.reading() as connection:
        found = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
        return tuple(found.scalars())


@pytest.fixture
def new_store(
    ring: KeyRing, clock: Clock, sqlite_tables: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Store]:
    """Give what makes a store in SQLite, whose tables are made by statements that were compiled before."""

    def make_tables(connection: Connection) -> None:
        for statement in sqlite_tables:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (HEAD,))

    def make(url: str) -> Store:
        with monkeypatch.context() as patch:
            patch.setattr("gmpki.ca.store.store.create_tables", make_tables)
            return Store.create(url, ring, clock=clock)

    return make


@pytest.fixture
def store(new_store: Callable[[str], Store]) -> Iterator[Store]:
    """Give a store in memory."""
    with new_store("sqlite://") as made:
        yield made


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    """Give the URL of an SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path / 'ca.db'}"


@pytest.fixture
def file_store(file_url: str, new_store: Callable[[str], Store]) -> Iterator[Store]:
    """Give a store in an SQLite file."""
    with new_store(file_url) as made:
        yield made


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[postgresql.Cluster]:
    """Give a PostgreSQL server, or skip."""
    programs = postgresql.programs()
    if programs is None:
        pytest.skip(postgresql.ABSENT)
    with postgresql.cluster(programs) as running:
        yield running


@pytest.fixture
def postgresql_url(postgresql_cluster: postgresql.Cluster) -> Iterator[str]:
    """Give the URL of an empty database."""
    url = postgresql_cluster.new_database()
    yield url
    postgresql_cluster.drop(url)


@pytest.fixture
def postgresql_store(postgresql_url: str, ring: KeyRing, clock: Clock) -> Iterator[Store]:
    """Give a store in PostgreSQL."""
    with Store.create(postgresql_url, ring, clock=clock) as made:
        yield made
