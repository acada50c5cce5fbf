"""The rows of keys: which of their columns are tagged, and how they are read, made and changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, insert, select, update

from gmpki.algorithms import sm3
from gmpki.ca.store.schema import kmc_keys
from gmpki.errors import ConflictError, TamperedError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row, Select
    from sqlalchemy.sql.elements import ColumnElement

    from gmpki.ca.store.protection import Protection

__all__ = [
    "CHANGED_MEANWHILE",
    "HISTORY",
    "IN_USE",
    "SPARE",
    "KeyRow",
    "change",
    "find",
    "insert_spare",
    "of_certificates",
    "take_spare",
]

SPARE: Final = "spare"
IN_USE: Final = "in-use"
HISTORY: Final = "history"
CHANGED_MEANWHILE: Final = "changed"

# What decides to whom a key belongs and what may be done with it. The private key has its own tag, bound to
# public_key_id; and public_key is checked against that.
_TAGGED: Final = (
    "kind",
    "state",
    "master_key_id",
    "serial",
    "owner_key_id",
    "not_before",
    "not_after",
    "allotted_at",
    "ended_at",
    "authority",
)
# Within what every database takes as the values of one statement.
_CHUNK: Final = 400


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as the database holds it. Immutable.

    :ivar row_id: the number of the row.
    :ivar facts: the columns that are tagged, by their names.
    """

    row_id: int
    public_key_id: str
    public_key: bytes
    private_sealed: bytes = field(repr=False)
    facts: Mapping[str, str | int | None]

    @property
    def kind(self) -> str:
        """Such as "SM2"."""
        return str(self.facts["kind"])

    @property
    def state(self) -> str:
        """One of "spare", "in-use" and "history"."""
        return str(self.facts["state"])

    @property
    def master_key_id(self) -> str:
        """The master key that the private key is encrypted under."""
        return str(self.facts["master_key_id"])


def _verified(rows: Iterable[Row[Any]], protection: Protection) -> list[KeyRow]:
    """Verify rows of the whole table, and return them.

    :raises TamperedError: when one is not as it was written.
    """
    tagger = protection.tagger(kmc_keys.name)
    made = []
    for row in rows:
        found = row._mapping
        facts = {name: found[name] for name in _TAGGED}
        public_key_id = found["public_key_id"]
        tagger.verify(found["tag"], _record(facts), public_key_id)
        public_key = bytes(found["public_key"])
        if sm3.digest(public_key).hex() != public_key_id:
            raise TamperedError("changed", "the public key of a row of kmc_keys is another one", place=found["id"])
        made.append(KeyRow(found["id"], public_key_id, public_key, bytes(found["private_sealed"]), facts))
    return made


def _record(facts: Mapping[str, str | int | None]) -> dict[str, str]:
    # The values of _TAGGED in that order, as one text of JSON: thousands of rows are tagged at once, and that takes a
    # third of the time that the columns one by one would.
    return {"key": json.dumps([facts[name] for name in _TAGGED])}


def find(
    connection: Connection, protection: Protection, *conditions: ColumnElement[bool], lock: bool = False
) -> list[KeyRow]:
    """Return the verified rows that meet conditions, the oldest first.

    :param lock: keep others from changing them until the end of the transaction.
    :raises TamperedError: when one is not as it was written.
    """
    query: Select[Any] = select(kmc_keys).where(*conditions).order_by(kmc_keys.c.id)
    return _verified(connection.execute(query.with_for_update() if lock else query), protection)


def of_certificates(
    connection: Connection, protection: Protection, authority: str, serials: Sequence[str], *, lock: bool = False
) -> dict[str, KeyRow]:
    """Return the verified rows of certificates, by serial number.

    :param serials: as :func:`~gmpki.ca.store.columns.serial_text` gives them.
    :raises TamperedError: when one is not as it was written.
    """
    found: dict[str, KeyRow] = {}
    for at in range(0, len(serials), _CHUNK):
        some = serials[at : at + _CHUNK]
        conditions = (kmc_keys.c.authority == authority, kmc_keys.c.serial.in_(some))
        for row in find(connection, protection, *conditions, lock=lock):
            found[str(row.facts["serial"])] = row
    return found


def take_spare(connection: Connection, protection: Protection, kind: str, count: int) -> list[KeyRow]:
    """Return some verified spare keys, which nobody else is given until the end of the transaction; perhaps fewer.

    :raises TamperedError: when one is not as it was written.
    """
    query = select(kmc_keys).where(kmc_keys.c.kind == kind, kmc_keys.c.state == SPARE).order_by(kmc_keys.c.id)
    return _verified(connection.execute(query.limit(count).with_for_update(skip_locked=True)), protection)


def insert_spare(
    connection: Connection, protection: Protection, keys: Iterable[tuple[str, bytes, bytes, str, str]], at: int
) -> None:
    """Write new spare keys.

    :param keys: of each its kind, the public key, the sealed private key, the id of the public key and that of the
        master key.
    """
    tagger = protection.tagger(kmc_keys.name)
    written = []
    for kind, public_key, sealed, public_key_id, master_key_id in keys:
        facts: dict[str, Any] = dict.fromkeys(_TAGGED)
        facts.update(kind=kind, state=SPARE, master_key_id=master_key_id)
        written.append(
            {
                **facts,
                "public_key_id": public_key_id,
                "public_key": public_key,
                "private_sealed": sealed,
                "created_at": at,
                "tag": tagger.tag(_record(facts), public_key_id),
            }
        )
    if written:
        connection.execute(insert(kmc_keys), written)


def change(
    connection: Connection, protection: Protection, changes: Sequence[tuple[KeyRow, Mapping[str, Any]]]
) -> list[KeyRow]:
    """Change rows, each only if it is still in the state and under the master key that it was read with.

    :param changes: rows with the new values of tagged columns, and of private_sealed; of all rows the same columns.
    :returns: the rows as they are now.
    :raises ConflictError: when somebody else has changed one meanwhile: nothing may be committed then.
    """
    if not changes:
        return []
    tagger = protection.tagger(kmc_keys.name)
    changed, values = [], []
    for row, new in changes:
        facts = {**row.facts, **{name: new[name] for name in new if name in _TAGGED}}
        sealed = new.get("private_sealed", row.private_sealed)
        changed.append(KeyRow(row.row_id, row.public_key_id, row.public_key, sealed, facts))
        values.append(
            {
                "row_id": row.row_id,
                "old_state": row.state,
                "old_master": row.master_key_id,
                **{f"new_{name}": value for name, value in new.items()},
                "new_tag": tagger.tag(_record(facts), row.public_key_id),
            }
        )
    columns = (*changes[0][1], "tag")
    statement = (
        update(kmc_keys)
        .where(
            kmc_keys.c.id == bindparam("row_id"),
            kmc_keys.c.state == bindparam("old_state"),
            kmc_keys.c.master_key_id == bindparam("old_master"),
        )
        .values({name: bindparam(f"new_{name}") for name in columns})
    )
    result = connection.execute(statement, values)
    if result.rowcount != len(changes):
        raise ConflictError(CHANGED_MEANWHILE, "somebody else has changed these keys meanwhile; nothing was done")
    return changed
