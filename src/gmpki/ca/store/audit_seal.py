"""Seals of the audit log: the signature of the authority's audit key over everything before it.

Who can write to the database and has the ring's keys could write another history, but not one that reaches back behind
a seal. What a seal does not show, that everything behind it was cut off together with the row that says where the log
ends, shows against the :class:`~gmpki.protect.log_seal.Checkpoint` that each function here returns, when that is kept
elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import member
from gmpki.ca.store import audit
from gmpki.keys.interfaces import Signer
from gmpki.protect.log import DEFAULT_RULES, LogRules

if TYPE_CHECKING:
    from datetime import datetime

    from gmpki.ca.store.store import Store
    from gmpki.protect.log_seal import Checkpoint
    from gmpki.protect.log_tail import Tail

__all__ = ["audit_checkpoint", "seal_audit", "seal_audit_if_due"]

_TRIES: Final = 3


def seal_audit(store: Store, signer: Signer) -> Checkpoint:
    """Write a seal behind the last record, on demand.

    The signature is made while nobody waits for it, and made again when somebody has written meanwhile. Where somebody
    does so each time, writers wait for the last try as long as a signature takes.

    :param signer: the authority's audit key, in software or in a token.
    :returns: a checkpoint to be kept elsewhere.
    :raises TamperedError: when the log does not end with a record of the store's ring.
    :raises StoreError: when the database cannot be written.
    :raises InvalidTypeError: when signer is none.
    :raises GmpkiError: what the signer raises; nothing is written then.
    """
    member(signer, Signer, "signer")
    ring = store.protection.ring
    for _ in range(_TRIES):
        now = store.now()
        with store.reading() as connection:
            seen = audit.read_tail(connection, ring)
        if audit.next_part(seen, ring, now):
            break
        sealed = _sealed(seen, signer, now)
        with store.transaction() as tx:
            if audit.read_tail(tx.connection, ring, lock=True).last.line == seen.last.line:
                audit.write(tx.connection, [sealed])
                return sealed.checkpoint
    with store.transaction() as tx:
        seen = audit.read_tail(tx.connection, ring, lock=True)
        begun = audit.next_part(seen, ring, tx.now)
        sealed = _sealed(begun[-1] if begun else seen, signer, tx.now)
        audit.write(tx.connection, [*begun, sealed])
    return sealed.checkpoint


def seal_audit_if_due(store: Store, signer: Signer, rules: LogRules = DEFAULT_RULES) -> Checkpoint | None:
    """Write a seal when the rules ask for one, for instance from a timer or behind a batch.

    :param rules: ``seal_every`` and ``seal_after`` count; a database is always as durable as its commits.
    :returns: a checkpoint when a seal was written, or None.

    Errors as :func:`seal_audit`.
    """
    member(rules, LogRules, "rules")
    now = store.now()
    with store.reading() as connection:
        tail = audit.read_tail(connection, store.protection.ring)
    return seal_audit(store, signer) if rules.want_seal(tail, now) else None


def audit_checkpoint(store: Store) -> Checkpoint:
    """Return up to where the log has come.

    :raises TamperedError: when it does not end with a record of the store's ring.
    :raises StoreError: when the database cannot be read.
    """
    with store.reading() as connection:
        return audit.read_tail(connection, store.protection.ring).checkpoint


def _sealed(tail: Tail, signer: Signer, now: datetime) -> Tail:
    return tail.with_seal(signer, max(now, tail.last.at))
