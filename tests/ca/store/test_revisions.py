"""The migrations lead to the tables of the metadata, on every kind of database; other revisions are refused."""

from __future__ import annotations

import re
from argparse import Namespace
from pathlib import Path

import pytest
from sqlalchemy import create_mock_engine, text

from ca import postgresql
from gmpki.ca.store import revisions
from gmpki.ca.store.engine import connect
from gmpki.ca.store.schema import METADATA
from gmpki.ca.store.store import Store
from gmpki.errors import StoreError
from gmpki.protect.keys import KeyRing

MIGRATIONS = Path(revisions.__file__).parent / "migrations"


def migrate(url: str) -> None:
    """Run all migrations on an empty database."""
    from alembic import command
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.set_main_option("path_separator", "os")
    database = connect(url)
    try:
        with database.writing() as connection:
            settings.attributes["connection"] = connection
            command.upgrade(settings, "head")
    finally:
        database.close()


def sqlite_schema(url: str) -> list[tuple[str, str, list[str]]]:
    """Return what SQLite says of the tables: the order of the constraints of a table means nothing."""
    database = connect(url)
    try:
        with database.reading() as connection:
            rows = connection.execute(text("SELECT name, type, sql FROM sqlite_master ORDER BY name")).all()
    finally:
        database.close()
    return [(row.name, row.type, sorted(re.split(r",?\s*\n\s*", (row.sql or "").strip()))) for row in rows]


def postgresql_schema(cluster: postgresql.Cluster, url: str) -> list[str]:
    """Return what pg_dump says, without the token of its own that newer ones write."""
    return [line for line in cluster.schema(url).splitlines() if not line.startswith("\\")]


def test_migrations_make_the_tables_of_sqlite(file_store: Store, file_url: str, tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path / 'migrated.db'}"
    (tmp_path / "migrated.db").touch()
    migrate(other)
    assert sqlite_schema(other) == sqlite_schema(file_url)


@pytest.mark.once
def test_migrations_make_the_tables_of_postgresql(
    postgresql_cluster: postgresql.Cluster, postgresql_store: Store, postgresql_url: str
) -> None:
    other = postgresql_cluster.new_database()
    migrate(other)
    assert postgresql_schema(postgresql_cluster, other) == postgresql_schema(postgresql_cluster, postgresql_url)
    postgresql_cluster.drop(other)


def test_the_last_migration_is_the_revision() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(settings).get_current_head() == revisions.HEAD


def test_alembic_itself_connects_to_the_url_that_it_is_given(tmp_path: Path, file_store: Store, file_url: str) -> None:
    from alembic import command
    from alembic.config import Config

    (tmp_path / "migrated.db").touch()
    settings = Config(cmd_opts=Namespace(x=[f"url=sqlite:///{tmp_path / 'migrated.db'}"]))
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.set_main_option("path_separator", "os")
    command.upgrade(settings, "head")
    assert sqlite_schema(f"sqlite:///{tmp_path / 'migrated.db'}") == sqlite_schema(file_url)


def set_revision(store: Store, statement: str) -> None:
    with store.transaction() as tx:
        tx.connection.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE alembic_version SET version_num = '0000'", "upgrade it"),
        ("UPDATE alembic_version SET version_num = '9999'", "newer gmpki"),
        ("DELETE FROM alembic_version", "0 revisions"),
        ("DROP TABLE alembic_version", "no store"),
    ],
    ids=["older", "newer", "none", "no table"],
)
def test_other_revisions_are_refused(
    file_store: Store, file_url: str, ring: KeyRing, statement: str, said: str
) -> None:
    set_revision(file_store, statement)
    with pytest.raises(StoreError, match=said):
        Store.open(file_url, ring)


def test_a_newer_store_is_not_upgraded(file_store: Store, file_url: str, ring: KeyRing) -> None:
    set_revision(file_store, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="newer gmpki"):
        Store.upgrade(file_url, ring)


def test_upgrading_what_is_up_to_date_changes_nothing(file_store: Store, file_url: str, ring: KeyRing) -> None:
    before = sqlite_schema(file_url)
    Store.upgrade(file_url, ring).close()
    assert sqlite_schema(file_url) == before


def tables_made(url: str) -> int:
    """Return how many statements make a table, in the language of a kind of database."""
    made: list[str] = []
    engine = create_mock_engine(url, lambda sql, *_, **__: made.append(str(sql.compile(dialect=engine.dialect))))
    METADATA.create_all(engine, checkfirst=False)
    return sum(sql.strip().startswith("CREATE TABLE") for sql in made)


@pytest.mark.once
@pytest.mark.parametrize(
    ("driver", "url"),
    [("dmSQLAlchemy", "dm+dmPython://u:p@h"), ("ksycopg2", "kingbase://u:p@h/d")],
    ids=["dm", "kingbase"],
)
def test_the_tables_compile_for_databases_that_were_not_at_hand(driver: str, url: str) -> None:
    # dmSQLAlchemy 2.0.17 does not load with SQLAlchemy 2.1.
    pytest.importorskip(driver, reason=f"peer program: {driver}", exc_type=ImportError)
    database = connect(url)
    database.close()
    assert tables_made(url) == len(METADATA.tables)
