"""A store whose audit log has records of every kind."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from gmpki.ca.interfaces import Actor
from gmpki.ca.store.audit_seal import seal_audit
from gmpki.ca.store.audit_verify import verify_audit
from gmpki.ca.store.store import Store
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.protect.log_verify import LogReport

SIGNER = SM2PrivateKey.from_bytes(bytes(range(1, 33)))
OTHER = SM2PrivateKey.from_bytes(bytes(range(33, 65)))
CLERK = Actor("录入员 01", "ab" * 32)

# What LOG begins, ROTATED ends and begins anew. The number of a record is its place here, from 1.
KINDS = ("log", "entry", "entry", "seal", "entry", "end", "log", "entry", "entry", "seal", "entry")


def entry(store: Store, number: int = 1, **details: Any) -> None:
    """Write an entry."""
    with store.transaction() as tx:
        tx.audit(CLERK, "pair.revoke", f"pair:{number}", reason="key-compromise", **details)


def rotated(store: Store) -> Store:
    """Return the store as a process sees it that has a ring with a new primary key."""
    return Store(store._database, store.protection.ring.rotated(), clock=store._clock)


def fill(store: Store) -> Store:
    """Write records of every kind; return the store with the ring that has the keys of all."""
    entry(store, 1)
    entry(store, 2)
    seal_audit(store, SIGNER)
    entry(store, 3)
    new = rotated(store)
    entry(new, 4)
    entry(new, 5)
    seal_audit(new, SIGNER)
    entry(new, 6)
    return new


def tamper(store: Store, statement: str, **values: Any) -> None:
    """Change the database behind the back of the store."""
    with store.engine.begin() as connection:
        connection.execute(text(statement), values)


def judge(store: Store, **options: Any) -> LogReport:
    """Verify the log and collect what is found."""
    return verify_audit(store, signers=[SIGNER.public_key], collect=True, **options)
