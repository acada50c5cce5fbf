"""What was begun and never finished: given up, with its serial numbers used and its encryption keys retired."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Final

from gmpki.ca.authority import orders
from gmpki.ca.authority.orders import IssueState
from gmpki.ca.authority.worker import Worker
from gmpki.ca.store.certificates import cancel_meant, of_issues
from gmpki.ca.store.columns import serial_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gmpki.ca.authority.orders import IssueRow
    from gmpki.ca.interfaces import Actor, KeyCentre
    from gmpki.ca.store.store import Store, Transaction

__all__ = ["Running", "cancel", "is_abandoned", "recover", "retire_keys"]

_AT_ONCE: Final = 500


class Running:
    """The orders that one authority object works on just now. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: set[str] = set()

    def __contains__(self, key: str) -> bool:
        with self._lock:
            return key in self._keys

    @contextlib.contextmanager
    def claimed(self, keys: Iterable[str]) -> Iterator[frozenset[str]]:
        """Work on orders, as far as no other thread does; gives their keys."""
        with self._lock:
            claimed = frozenset(keys) - self._keys
            self._keys |= claimed
        try:
            yield claimed
        finally:
            with self._lock:
                self._keys -= claimed


def is_abandoned(row: IssueRow, *, now: int, lease_s: int, own: Worker, running: Running) -> bool:
    """Tell whether nobody works on an order any more.

    :param own: the mark of who asks.
    :param running: what it works on itself.
    """
    if row.worker == own.to_text():
        return row.order_key not in running
    worker = Worker.of_text(row.worker)
    return worker is None or worker.is_dead() or row.meant_at + lease_s < now


def cancel(tx: Transaction, issue_ids: Iterable[int], actor: Actor, reason: str) -> list[int]:
    """Give up orders; return the numbers of those that were still only begun.

    An order that was finished meanwhile stays finished; whoever comes to finish one later finds it cancelled.
    """
    locked = orders.lock(tx.connection, issue_ids)
    given_up = [number for number, row in locked.items() if row.state is IssueState.MEANT]
    for number, rows in of_issues(tx.connection, tx.protection, given_up, lock=True).items():
        cancel_meant(tx, rows)
        tx.audit(actor, "certificate.cancelled", f"issue:{number}", reason=reason)
    orders.set_state(tx, given_up, IssueState.CANCELLED)
    return given_up


def recover(store: Store, authority_id: int, actor: Actor, abandoned: Callable[[IssueRow, int], bool]) -> int:
    """Give up all orders of an authority that nobody works on any more; return how many.

    :param abandoned: tells whether an order is one of them, at a time in seconds.
    """
    with store.reading() as connection:
        found = orders.begun(connection, authority_id)
    if not found:
        return 0
    left = [row.id for row in found if abandoned(row, int(store.now().timestamp()))]
    done = 0
    for begin in range(0, len(left), _AT_ONCE):
        with store.transaction() as tx:
            done += len(cancel(tx, left[begin : begin + _AT_ONCE], actor, "abandoned"))
    return done


def retire_keys(store: Store, authority_id: int, authority: str, key_centre: KeyCentre, actor: Actor) -> int:
    """Retire the encryption keys of cancelled orders at the key-management centre; return of how many orders.

    What the centre does not do now stays due, and is asked for again the next time.

    :raises GmpkiError: when the centre refuses or cannot be reached.
    """
    done = 0
    while True:
        with store.reading() as connection:
            rows = orders.to_retire(connection, authority_id, most=_AT_ONCE)
            certificates = of_issues(connection, store.protection, [row.id for row in rows])
        if not rows:
            return done
        serials = [row.serial for each in certificates.values() for row in each if row.role == "encryption"]
        key_centre.retire(authority, serials)
        with store.transaction() as tx:
            orders.forget_deliveries(tx, [row.id for row in rows])
            for row in rows:
                numbers = " ".join(serial_text(each.serial) for each in certificates[row.id])
                tx.audit(actor, "key.retired", f"issue:{row.id}", serials=numbers)
        done += len(rows)
