"""Kingbase under SQLAlchemy: PostgreSQL's dialect for psycopg2 with ksycopg2, the driver that is made from it.

No server was at hand: that the driver loads and the tables compile is tested, nothing more. What a server calls itself
is known from what users of SQLAlchemy report: "KingbaseES V008R006..." where PostgreSQL writes "PostgreSQL 12.1 ...".
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2
from sqlalchemy.util import memoized_property

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["KingbaseDialect"]


class KingbaseDialect(PGDialect_psycopg2):
    """PostgreSQL's dialect, wherever it asks for psycopg2 answered with ksycopg2."""

    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> Any:
        """Return the driver.

        :raises ModuleNotFoundError: when it is not installed.
        """
        return import_module("ksycopg2")

    @memoized_property
    def _psycopg2_extensions(self) -> ModuleType:
        return import_module("ksycopg2.extensions")

    @memoized_property
    def _psycopg2_extras(self) -> ModuleType:
        return import_module("ksycopg2.extras")

    def _get_server_version_info(self, connection: Any) -> tuple[int, ...]:
        said = connection.exec_driver_sql("SELECT version()").scalar()
        # V8R6 and V9 speak the language of PostgreSQL 12.
        return (12,) if "Kingbase" in str(said) else super()._get_server_version_info(connection)  # type: ignore[no-untyped-call]


dialect = KingbaseDialect
