"""What goes wrong with a database, as errors of gmpki: which are worth another try, which leave a commit unknown."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from sqlalchemy import exc

from gmpki.errors import ConflictError, GmpkiError, InvalidInputError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["commit_error", "is_transient", "store_errors"]

# ISO 9075 classes of SQLSTATE: serialization failure, deadlock; lock not available is PostgreSQL's own (appendix A).
_TRANSIENT_STATES: Final = frozenset({"40001", "40P01", "55P03"})
_UNIQUE_STATE: Final = "23505"
# SQLite's English for SQLITE_BUSY and SQLITE_LOCKED, SQLITE_IOERR, SQLITE_CONSTRAINT_UNIQUE; Python gives the codes
# themselves only from 3.11 on.
_BUSY: Final = "is locked"
_IO_ERROR: Final = "disk I/O error"
_UNIQUE: Final = "UNIQUE constraint failed"


@contextlib.contextmanager
def store_errors() -> Iterator[None]:
    """Turn what SQLAlchemy and the drivers raise into errors of gmpki.

    :raises ConflictError: with the reason "duplicate" for a row that stands in the way of another.
    :raises InvalidInputError: for a value that a column cannot hold.
    :raises StoreError: for everything else.
    """
    try:
        yield
    except GmpkiError:
        raise
    except exc.IntegrityError as error:
        if _is_duplicate(error):
            raise ConflictError("duplicate", f"the database has it already: {_said(error)}") from error
        raise StoreError(f"the database refuses it: {_said(error)}") from error
    except exc.DataError as error:
        raise InvalidInputError(f"a value that a column cannot hold: {_said(error)}") from error
    except exc.SQLAlchemyError as error:
        raise StoreError(f"the database does not do it: {_said(error)}") from error
    except (UnicodeError, OverflowError) as error:  # how drivers refuse lone surrogates and numbers over 64 bits
        raise InvalidInputError("a value that a column cannot hold") from error


def commit_error(error: exc.SQLAlchemyError) -> StoreError:
    """Return the error for a commit that failed.

    Whether it is there is unknown when the connection broke before the answer came. With SQLite it is when syncing
    failed: what was written counts after a crash, if it reached the disk after all.
    """
    unknown = isinstance(error, exc.DBAPIError) and (error.connection_invalidated or _IO_ERROR in _said(error))
    if unknown:
        return StoreError(f"whether the database has committed is unknown: {_said(error)}", is_unknown=True)
    return StoreError(f"the database has not committed: {_said(error)}")


def is_transient(error: StoreError) -> bool:
    """Tell whether the same transaction may succeed when it is tried again: others were in the way, or the connection
    had broken before anything was committed.
    """
    cause = error.__cause__
    if error.is_unknown or not isinstance(cause, exc.DBAPIError):
        return False
    return cause.connection_invalidated or _state(cause) in _TRANSIENT_STATES or _BUSY in _said(cause)


def _state(error: exc.DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)


def _is_duplicate(error: exc.IntegrityError) -> bool:
    return _state(error) == _UNIQUE_STATE or _UNIQUE in _said(error)


def _said(error: exc.SQLAlchemyError) -> str:
    """Return the first line of what the driver says: PostgreSQL's further lines show the row."""
    original = getattr(error, "orig", None)
    lines = str(error if original is None else original).splitlines()
    return lines[0] if lines else type(error).__name__
