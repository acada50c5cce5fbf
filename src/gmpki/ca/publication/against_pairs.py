"""Pairs of a registration office compared with the certificates that they are about.

An authority can be asked to revoke, suspend or resume certificates without the office that has ordered them; the office
then takes for good what is not. Nothing is set right here, for only people know which of the two was meant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, or_, select

from gmpki.ca.registration.pairs import ROWS
from gmpki.ca.store.schema import certificates, pairs
from gmpki.errors import TamperedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gmpki.ca.store.store import Store

__all__ = ["compare_with_pairs"]

_PAGE_LEN: Final = 500
# What the certificates of a pair in a state are; of one that has expired, whatever they were.
_EXPECTED: Final[Mapping[str, str]] = {
    "issued": "valid",
    "active": "valid",
    "replaced": "valid",
    "lost": "suspended",
    "suspended": "suspended",
    "revoked": "revoked",
}


def compare_with_pairs(store: Store, authority_id: int, authority: str, found: Callable[[str, str, str], None]) -> int:
    """Compare the pairs of an authority, as long as they have not expired; return how many there were.

    :param found: called with "tampered", "missing" or "differing", what it is about, and a sentence.
    :raises StoreError: when the database cannot be read.
    """
    count = last = 0
    its = and_(
        certificates.c.authority_id == authority_id,
        or_(certificates.c.serial == pairs.c.signing_serial, certificates.c.serial == pairs.c.encryption_serial),
    )
    while True:
        wanted = (pairs.c.authority == authority, pairs.c.id > last)
        page = select(pairs.c.id).where(*wanted).order_by(pairs.c.id).limit(_PAGE_LEN).subquery()
        of_page = pairs.c.id.in_(select(page.c.id))
        there = select(pairs.c.id, certificates.c.serial, certificates.c.state, certificates.c.content)
        with store.reading() as connection:
            now = int(store.now().timestamp())
            rows = connection.execute(select(pairs).where(of_page).order_by(pairs.c.id)).mappings().all()
            joined = connection.execute(there.join_from(pairs, certificates, its).where(of_page))
            held = {(row.id, row.serial): (row.state, row.content) for row in joined}
        for row in rows:
            count += 1
            what = f"pair {row['id']}"
            try:
                ROWS.verify(store.protection, row)
            except TamperedError as error:
                found("tampered", what, str(error))
                continue
            if row["not_after"] < now or row["state"] not in _EXPECTED:
                continue
            for role in ("signing", "encryption"):
                serial, content = row[f"{role}_serial"], row[f"{role}_certificate"]
                if serial is None:
                    continue
                state, same = held.get((row["id"], serial), (None, None))
                if state is None:
                    found("missing", what, f"the authority has issued no certificate {serial}")
                elif bytes(same or b"") != bytes(content):
                    found("differing", what, f"the authority has issued another certificate {serial}")
                elif state != _EXPECTED[row["state"]]:
                    found("differing", what, f"it is {row['state']}, and its certificate {serial} is {state}")
        if len(rows) < _PAGE_LEN:
            return count
        last = rows[-1]["id"]
