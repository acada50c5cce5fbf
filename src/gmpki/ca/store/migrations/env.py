"""What alembic runs: the migrations, on the connection that :mod:`gmpki.ca.store.revisions` passes on.

On its command line, for writing a new migration, it connects to the URL given with ``-x url=...``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import context

from gmpki.ca.store.engine import connect
from gmpki.ca.store.schema import METADATA

if TYPE_CHECKING:
    from sqlalchemy import Connection


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=METADATA, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


def _run_from_command_line() -> None:
    database = connect(context.get_x_argument(as_dictionary=True)["url"])
    try:
        with database.writing() as connection:
            _run(connection)
    finally:
        database.close()


passed_on: Connection | None = context.config.attributes.get("connection")
if passed_on is None:
    _run_from_command_line()
else:
    _run(passed_on)
