"""Orders to revoke, suspend or resume, each carried out once, in one commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.algorithms import sm3
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.authority.rows import find_authority
from gmpki.ca.revocation import entries
from gmpki.ca.store.columns import digest_text, seconds, serial_text
from gmpki.ca.store.idempotency import keep_answer, once
from gmpki.protect import canonical

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.ca.interfaces import Actor, RevocationOrder
    from gmpki.ca.store.store import Transaction

__all__ = ["carry_out"]

_OPERATION: Final = "authority.revoke"
_AUDITED: Final = {
    ReasonCode.CERTIFICATE_HOLD: "certificate.suspended",
    ReasonCode.REMOVE_FROM_CRL: "certificate.resumed",
}
# Serial numbers of one audit entry.
_NAMED: Final = 50


def carry_out(
    tx: Transaction, order: RevocationOrder, actor: Actor, complete: Callable[[Transaction], None] | None
) -> None:
    """Carry out an order, unless it was carried out before.

    :raises NotFoundError: when there is no such authority, or it has not issued a certificate that is named.
    :raises LifeCycleError: when the state of a certificate does not allow it.
    :raises ConflictError: with the reason "key-reused" when the key belongs to another order.
    :raises TamperedError: when a row is not as it was written.
    :raises GmpkiError: what ``complete`` raises.
    """
    # Others keep answers in the same table, under keys that may be the same.
    key = "authority:" + sm3.digest(order.key.encode("utf-8", "surrogatepass")).hex()
    digest = _digest(order)
    if once(tx, key, _OPERATION, digest) is not None:
        return
    row = find_authority(tx.connection, tx.protection, order.authority)
    entries.revoke(tx, row.id, order.serial_numbers, reason=order.reason, invalidity_date=order.invalidity_date)
    operation = _AUDITED.get(order.reason, "certificate.revoked")
    reason = order.reason.name.lower()
    for begin in range(0, len(order.serial_numbers), _NAMED):
        some = " ".join(serial_text(serial) for serial in order.serial_numbers[begin : begin + _NAMED])
        tx.audit(actor, operation, f"authority:{row.name}", serials=some, reason=reason)
    if complete is not None:
        complete(tx)
    keep_answer(tx, key, _OPERATION, digest, "done")


def _digest(order: RevocationOrder) -> str:
    """Return what tells an order from another one with the same key."""
    serials = tuple(sorted({serial_text(serial) for serial in order.serial_numbers}))
    since = None if order.invalidity_date is None else seconds(order.invalidity_date)
    return digest_text(canonical.encode(("gmpki revocation 1", order.authority, serials, int(order.reason), since)))
