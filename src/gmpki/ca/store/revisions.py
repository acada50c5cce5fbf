"""The revision of the tables: written when they are made, seen to when a store is opened, moved on by the migrations.

The tables of a new store are made from the metadata; the migrations in ``migrations/versions`` lead older stores to
the same tables. They are alembic's, and its table says which was the last one.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Column, MetaData, PrimaryKeyConstraint, String, Table, insert, inspect, select

from gmpki.ca.store.schema import METADATA
from gmpki.errors import StoreError, UnsupportedPlatform

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["HEAD", "check_revision", "create_tables", "upgrade"]

# Four digits that grow.
HEAD: Final = "0001"
_MIGRATIONS: Final = Path(__file__).parent / "migrations"
# As alembic itself makes it.
_version = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def create_tables(connection: Connection) -> None:
    """Make the tables in an empty database.

    :raises StoreError: when it has tables.
    """
    if inspect(connection).get_table_names():
        raise StoreError("the database is not empty")
    METADATA.create_all(connection, checkfirst=False)
    _version.create(connection, checkfirst=False)
    connection.execute(insert(_version), [{"version_num": HEAD}])


def check_revision(connection: Connection) -> None:
    """See that the tables are those that this version of gmpki uses.

    :raises StoreError: when they are older or newer, or no store at all.
    """
    found = _revision(connection)
    if found < HEAD:
        raise StoreError(
            f"the store has the tables of revision {found}, this version of gmpki those of {HEAD}: back it up, then "
            "upgrade it"
        )
    if found > HEAD:
        raise StoreError(f"the store was made by a newer gmpki: its tables are of revision {found}, here it is {HEAD}")


def upgrade(connection: Connection) -> None:
    """Lead the tables to those that this version of gmpki uses, within a transaction that writes.

    :raises StoreError: when the database is no store, or one of a newer gmpki.
    :raises UnsupportedPlatform: when alembic is not installed.
    """
    if _revision(connection) > HEAD:
        check_revision(connection)
    try:
        from alembic import command
        from alembic.config import Config
    except ImportError:
        raise UnsupportedPlatform("alembic is not installed; the extra ca of gmpki has it") from None
    settings = Config()
    settings.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    command.upgrade(settings, HEAD)


def _revision(connection: Connection) -> str:
    if not inspect(connection).has_table(_version.name):
        raise StoreError("the database is no store of gmpki")
    found = connection.scalars(select(_version.c.version_num)).all()
    if len(found) != 1:
        raise StoreError(f"the store has {len(found)} revisions instead of one")
    return str(found[0])
