"""The rows of ``office_certificates``: which office elsewhere has ordered which certificate, and may work on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select

from gmpki.ca.store.columns import serial_text
from gmpki.ca.store.schema import office_certificates
from gmpki.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from gmpki.ca.store.protection import Protection
    from gmpki.ca.store.store import Transaction

__all__ = ["assign", "demand"]

_IN_ONE_QUERY: Final = 500


def assign(tx: Transaction, authority_id: int, serials: Sequence[int], office: str) -> None:
    """Write down that certificates are those of an office: what it has ordered, or what was issued before for it.

    :raises StoreError: when one of them is some office's already.
    """
    tagger = tx.protection.tagger(office_certificates.name)
    rows = [
        {
            "authority_id": authority_id,
            "serial": serial_text(serial),
            "office": office,
            "tag": tagger.tag({"office": office}, (authority_id, serial_text(serial))),
        }
        for serial in serials
    ]
    if rows:
        tx.connection.execute(insert(office_certificates), rows)


def demand(
    connection: Connection, protection: Protection, authority_id: int, serials: Sequence[int], office: str
) -> None:
    """See that certificates are those of an office; what is another's is not there for it.

    :raises NotFoundError: when one of them is not.
    :raises TamperedError: when a row is not as it was written.
    """
    found = {row.serial: row.office for row in _rows(connection, protection, authority_id, serials)}
    for serial in serials:
        if found.get(serial_text(serial)) != office:
            raise NotFoundError(f"the office has ordered no certificate {serial:x}")


def _rows(connection: Connection, protection: Protection, authority_id: int, serials: Sequence[int]) -> Iterator[Any]:
    table, wanted = office_certificates, sorted({serial_text(serial) for serial in serials})
    for at in range(0, len(wanted), _IN_ONE_QUERY):
        some = table.c.serial.in_(wanted[at : at + _IN_ONE_QUERY])
        for row in connection.execute(select(table).where(table.c.authority_id == authority_id, some)).all():
            protection.verify_row(table.name, row.tag, {"office": row.office}, (row.authority_id, row.serial))
            yield row
