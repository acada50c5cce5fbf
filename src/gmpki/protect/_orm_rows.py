"""What is encrypted and tagged in the rows of one mapped class, and how: the work behind the mapper's events."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy
from sqlalchemy import Column, event
from sqlalchemy.orm import LoaderCallableStatus, attributes

from gmpki._inputs import iterated
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.protect import canonical
from gmpki.protect._orm_types import EncryptedType, StoredValue
from gmpki.protect.fields import FieldCipher
from gmpki.protect.records import RecordTagger

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import ColumnClause, Connection
    from sqlalchemy.orm import InstanceState, Mapper

    from gmpki.protect.canonical import RowId, Value
    from gmpki.protect.keys import KeyRing

__all__ = ["TAG", "RowPlan"]

TAG: Final = "integrity_tag"
UNTAGGED: Final = "__untagged__"
_NO_TAG: Final = b""


class RowPlan:
    """The plan for one mapped class and one ring. Immutable; thread-safe.

    :param tagged: whether its rows carry a tag.
    :raises InvalidInputError: when the class is spread over several tables, or names attributes that it does not have.
    """

    def __init__(self, mapper: Mapper[Any], ring: KeyRing, *, tagged: bool) -> None:
        self.ring = ring
        columns = {prop.key: prop.columns[0] for prop in mapper.column_attrs if isinstance(prop.columns[0], Column)}
        self._encrypted: dict[str, tuple[EncryptedType[Any], FieldCipher]] = {}
        self._tagged: dict[str, str] = {}
        self._columns: dict[str, Column[Any]] = columns
        self._tagger: RecordTagger | None = None
        encrypted = {key: column for key, column in columns.items() if isinstance(column.type, EncryptedType)}
        if not encrypted and not tagged:
            return
        if len(mapper.tables) != 1:
            raise InvalidInputError(f"{mapper.class_.__name__} is spread over several tables; one is protected")
        self._table = mapper.tables[0]
        self._keys = [mapper.get_property_by_column(column).key for column in mapper.primary_key]
        for key, column in encrypted.items():
            if key in self._keys:
                raise InvalidInputError(f"the primary key {key} cannot be encrypted")
            kind = column.type
            assert isinstance(kind, EncryptedType)  # noqa: S101 - as chosen above, for the type checker
            self._encrypted[key] = (kind, FieldCipher(ring, self._table.name, column.name))
        if tagged:
            self._plan_tags(mapper, ring)
        for key in {*self._encrypted, *self._tagged}:
            # A value that was not loaded is loaded, and with it the row verified, before another takes its place.
            event.listen(getattr(mapper.class_, key), "set", _nothing, active_history=True)

    def _plan_tags(self, mapper: Mapper[Any], ring: KeyRing) -> None:
        left_out = getattr(mapper.class_, UNTAGGED, ())
        if isinstance(left_out, str) or any(name not in self._columns for name in iterated(left_out, UNTAGGED)):
            raise InvalidInputError(f"{UNTAGGED} of {mapper.class_.__name__} must name attributes that are columns")
        self._tagger = RecordTagger(ring, self._table.name)
        for key, column in self._columns.items():
            # The mapper sets the number of a version itself, after the tag was made.
            if key != TAG and key not in left_out and column is not mapper.version_id_col:
                self._tagged[key] = column.name

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to do."""
        return not self._encrypted and self._tagger is None

    # ---- writing ------------------------------------------------------------------------
    def before_insert(self, target: Any) -> None:
        """Encrypt and tag a new row; with placeholders where the database gives it its number."""
        for key in {*self._keys, *self._encrypted, *self._tagged}:
            self._fill(target, key, self._columns[key].default, self._columns[key].server_default)
        row = self._identity(target)
        self._seal(target, row, self._encrypted)
        if self._tagger is not None:
            setattr(target, TAG, _NO_TAG if row is None else self._tagger.tag(self._record(target), row))

    def after_insert(self, connection: Connection, target: Any) -> None:
        """Put ciphertexts and tag in the places that were held for them; leave plaintext alone in the object."""
        unfinished = getattr(target, TAG) == _NO_TAG if self._tagger is not None else self._has_placeholder(target)
        if unfinished:
            row = self._identity(target)
            if row is None:
                raise InvalidInputError(f"the row of {self._table.name} was inserted and has no primary key")
            # As they are, or this second statement would give them the values that updates give.
            values: dict[ColumnClause[Any], Any] = {
                column: column for column in self._table.c if column.onupdate is not None
            }
            for key, (kind, cipher) in self._encrypted.items():
                value = getattr(target, key)
                if value is not None:
                    values[self._columns[key]] = kind.sealed(cipher, kind.plain(value), row)
            if self._tagger is not None:
                tag = self._tagger.tag(self._record(target), row)
                values[self._columns[TAG]] = tag
                attributes.set_committed_value(target, TAG, tag)
            this = [self._columns[key] == getattr(target, key) for key in self._keys]
            connection.execute(sqlalchemy.update(self._table).where(*this).values(values))
        self.leave_plain(target)

    def before_update(self, target: Any) -> None:
        """Encrypt what was changed, and tag the row anew."""
        state: InstanceState[Any] = sqlalchemy.inspect(target)
        for key in self._tagged:
            if not state.attrs[key].history.has_changes():
                self._fill(target, key, self._columns[key].onupdate, self._columns[key].server_onupdate, update=True)
        moved = any(state.attrs[key].history.has_changes() for key in self._keys)
        changed = [key for key in self._encrypted if moved or state.attrs[key].history.has_changes()]
        row = self._identity(target)
        if row is None:
            raise InvalidInputError(f"a row of {self._table.name} has no primary key any more")
        self._seal(target, row, changed)
        if moved:
            # The mapper compares plaintexts, which are as they were, and would not write what has to be new.
            for key in changed:
                if getattr(target, key) is not None:
                    attributes.flag_modified(target, key)
        if self._tagger is not None:
            setattr(target, TAG, self._tagger.tag(self._record(target), row))

    def leave_plain(self, target: Any) -> None:
        """Leave plaintext alone in an object that was written."""
        present = sqlalchemy.inspect(target).dict
        for key, (kind, _) in self._encrypted.items():
            if present.get(key) is not None:
                attributes.set_committed_value(target, key, kind.plain(present[key]))

    def renew(self, target: Any) -> None:
        """Mark what is encrypted or tagged as changed."""
        for key in (*self._encrypted, *([TAG] if self._tagger is not None else [])):
            if getattr(target, key) is not None:
                attributes.flag_modified(target, key)

    def _seal(self, target: Any, row: RowId | None, keys: Iterable[str]) -> None:
        for key in keys:
            kind, cipher = self._encrypted[key]
            value = getattr(target, key)
            if isinstance(value, StoredValue):
                raise InvalidTypeError(f"{key} takes plaintext, not a StoredValue")
            if value is not None:
                sealed = kind.sealed(None, value, 0) if row is None else kind.sealed(cipher, value, row)
                setattr(target, key, sealed)

    def _has_placeholder(self, target: Any) -> bool:
        return any(
            getattr(getattr(target, key), "stored", None) == kind.placeholder
            for key, (kind, _) in self._encrypted.items()
        )

    def _fill(self, target: Any, key: str, default: Any, by_database: Any, *, update: bool = False) -> None:
        """Give an attribute the default that it would get in the statement, where it is not set."""
        if (not update and getattr(target, key) is not None) or (default is None and by_database is None):
            return
        if default is not None and default.is_scalar:
            setattr(target, key, default.arg)
        elif default is not None and default.is_callable:
            setattr(target, key, default.arg(None))
        elif key in self._tagged and key not in self._keys:
            raise InvalidInputError(
                f"the database gives {self._table.name}.{key} its value, which the tag cannot know: set it in the "
                f"program, or name it in {UNTAGGED}"
            )

    # ---- reading ------------------------------------------------------------------------
    def loaded(self, target: Any) -> None:
        """Decrypt and verify what was loaded."""
        state: InstanceState[Any] = sqlalchemy.inspect(target)
        identity = state.key[1] if state.key is not None else ()
        row = _row_of(identity)
        for key, (kind, cipher) in self._encrypted.items():
            value = state.dict.get(key)
            if isinstance(value, StoredValue):
                attributes.set_committed_value(target, key, kind.opened(cipher, value.stored, row))
        if self._tagger is None:
            return
        missing = sorted(key for key in (TAG, *self._tagged) if key not in state.dict)
        if missing:
            raise InvalidInputError(
                f"a tagged row of {self._table.name} is loaded as a whole, or it cannot be verified; "
                f"{', '.join(missing)} is left out"
            )
        record = {name: _plain(_committed(state, key)) for key, name in self._tagged.items()}
        self._tagger.verify(_committed(state, TAG), record, row)

    # ---- both ---------------------------------------------------------------------------
    def _identity(self, target: Any) -> RowId | None:
        """Return the identity of a row, None where the database has yet to give it."""
        parts = tuple(getattr(target, key) for key in self._keys)
        return None if parts == (None,) else _row_of(parts)

    def _record(self, target: Any) -> Mapping[str, Value]:
        return {name: _plain(getattr(target, key)) for key, name in self._tagged.items()}


def _row_of(parts: tuple[Any, ...]) -> RowId:
    row: RowId = parts[0] if len(parts) == 1 else tuple(parts)
    canonical.row_parts(row)
    return row


def _committed(state: InstanceState[Any], key: str) -> Any:
    """Return an attribute as the database has it, also while the program has changed it."""
    value = state.committed_state.get(key, state.dict[key])
    return state.dict[key] if value is LoaderCallableStatus.NO_VALUE else value


def _plain(value: Any) -> Any:
    """Return a value as the tag counts it: members of an enumeration by their names, as SQLAlchemy stores them."""
    return value.name if isinstance(value, enum.Enum) else value


def _nothing(_target: Any, _value: Any, _old: Any, _initiator: Any) -> None:
    """Listen, so that the old value is loaded."""
