"""Recovery of keys: what is written of every one, and the way for courts and other authorities of the state.

An owner gets the own key again through the authority (:meth:`KeyManagementCentre.recover
<gmpki.ca.kmc.centre.KeyManagementCentre.recover>`). Somebody else gets it only when one operator asks for it with the
document that orders it, and two others approve; all three have the permission for recovery. What leaves is the private
key enveloped for the recipient's key, never the key itself and never what it is stored under.

>>> request = judicial.request(judge, authority, serial, reason=..., document=digest, recipient=key)  # doctest: +SKIP
>>> judicial.approve(first, request); judicial.approve(second, request)  # doctest: +SKIP
>>> judicial.carry_out(judge, request).delivery  # doctest: +SKIP

:standard: GM/T 0038, as far as its requirements are known from secondary sources (confidence B)
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from gmpki._inputs import as_bytes, as_text, member
from gmpki.ca.interfaces import AllottedKey
from gmpki.ca.kmc import kinds, rows
from gmpki.ca.operators.operators import Operator, demand
from gmpki.ca.operators.permissions import Permission
from gmpki.ca.store.columns import from_seconds, row_id, serial_text
from gmpki.ca.store.schema import kmc_keys, kmc_recoveries
from gmpki.ca.store.tagged_rows import TaggedRows
from gmpki.errors import InvalidInputError, LifeCycleError, NotFoundError, NotPermittedError

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, RowMapping
    from typing_extensions import Buffer

    from gmpki.ca.kmc.kinds import EscrowedKey
    from gmpki.ca.kmc.rows import KeyRow
    from gmpki.ca.store.protection import Protection
    from gmpki.ca.store.store import Store, Transaction
    from gmpki.keys.interfaces import PublicKey

__all__ = ["OWNER", "JudicialRecovery", "RecoveryState", "RequestedRecovery", "write_done"]

OWNER: Final = "owner"
JUDICIAL: Final = "judicial"
_NUMBER: Final = "the number of a recovery"
_MAX_REASON_LEN: Final = 1000
_DIGEST_LEN: Final = 32
_ROWS: Final = TaggedRows(kmc_recoveries, "recovery")
_Change: TypeAlias = Callable[["Transaction", "RequestedRecovery"], Mapping[str, Any]]


class RecoveryState(Enum):
    """How far a recovery has come. The value is what the database holds."""

    REQUESTED = "requested"
    ONCE_APPROVED = "once-approved"
    APPROVED = "approved"
    REFUSED = "refused"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class RequestedRecovery:
    """A recovery as the database holds it. Immutable.

    :ivar kind: "owner" or "judicial".
    :ivar document_digest: SM3 of the document that orders it, in hexadecimal digits; None for the owner's.
    :ivar recipient_key: the DER of SubjectPublicKeyInfo of the key that it is enveloped for.
    :ivar approvers: the names of those who have approved, in that order.
    """

    id: int
    key_id: int
    kind: str
    state: RecoveryState
    reason: str
    document_digest: str | None
    recipient_key: bytes = field(repr=False)
    requested_by: str
    requested_at: datetime
    approvers: tuple[str, ...]
    done_at: datetime | None


class JudicialRecovery:
    """Recoveries that somebody else than the owner has ordered. Thread-safe.

    :attr:`KeyManagementCentre.judicial <gmpki.ca.kmc.centre.KeyManagementCentre.judicial>` gives it. What changes
    something raises NotPermittedError, with the reasons of :func:`~gmpki.ca.operators.operators.demand`, for operators
    who do not have the permission ``RECOVERY`` for all regions.
    """

    def __init__(self, store: Store, opened: Callable[[KeyRow], EscrowedKey]) -> None:
        self._store = store
        self._opened = opened

    def request(
        self,
        operator: Operator,
        authority: str,
        serial_number: int,
        *,
        reason: str,
        document: Buffer,
        recipient: PublicKey,
    ) -> int:
        """Ask for the key of an encryption certificate; return the number of the request.

        :param reason: why: 1 to 1000 printable characters, in Unicode's form NFC. It is kept, and not in the audit log.
        :param document: SM3 of the document that orders it, 32 bytes.
        :param recipient: the public key of whoever shall have it.
        :raises NotFoundError: when the centre has given no key for this certificate.
        :raises NotPermittedError: when the operator may not.
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when one is out of bounds.
        :raises UnsupportedAlgorithm: when nothing can be encrypted to the recipient.
        :raises TamperedError: when a row was changed.
        :raises StoreError: when the database cannot be written.
        """
        member(operator, Operator, "operator")
        as_text(authority, "authority")
        serial = serial_text(serial_number)
        if not 1 <= len(as_text(reason, "reason")) <= _MAX_REASON_LEN:
            raise InvalidInputError(f"the reason has 1 to {_MAX_REASON_LEN} characters")
        if not reason.replace("\n", " ").isprintable() or not unicodedata.is_normalized("NFC", reason):
            raise InvalidInputError("the reason is printable text in Unicode's form NFC")
        digest = as_bytes(document, "document")
        if len(digest) != _DIGEST_LEN:
            raise InvalidInputError(f"SM3 of the document has {_DIGEST_LEN} bytes, not {len(digest)}")
        kinds.check_owner(recipient)
        with self._store.transaction() as tx:
            _demand(tx.connection, tx.protection, operator)
            found = rows.of_certificates(tx.connection, tx.protection, authority, [serial])
            if serial not in found:
                raise NotFoundError(f"the centre has given no key for the certificate {serial} of this authority")
            facts = _facts(
                tx,
                found[serial],
                recipient,
                kind=JUDICIAL,
                state=RecoveryState.REQUESTED,
                reason=reason,
                by=operator.name,
            )
            facts["document_digest"] = digest.hex()
            request_id = _ROWS.add(tx, facts)
            tx.audit(
                operator.actor, "kmc.judicial-request", f"recovery:{request_id}", serial=serial, document=digest.hex()
            )
        return request_id

    def approve(self, operator: Operator, request_id: int) -> RecoveryState:
        """Approve a request, as the first or the second of two; return how far it is now.

        :raises NotPermittedError: with the reason "own-entry" when the operator has requested or approved it; and
            otherwise as for all methods.
        :raises NotFoundError: when there is no such request.
        :raises LifeCycleError: when it is approved, refused or done.
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when the number is out of bounds.
        :raises TamperedError: when a row was changed.
        :raises StoreError: when the database cannot be written.
        """

        def approved(_: Transaction, request: RequestedRecovery) -> Mapping[str, Any]:
            if operator.name in (request.requested_by, *request.approvers):
                raise NotPermittedError("own-entry", "a recovery is approved by two others than who requested it")
            if request.approvers:
                return {"state": RecoveryState.APPROVED.value, "second_approver": operator.name}
            return {"state": RecoveryState.ONCE_APPROVED.value, "first_approver": operator.name}

        open_states = (RecoveryState.REQUESTED, RecoveryState.ONCE_APPROVED)
        return self._changed(operator, request_id, "judicial-approve", open_states, approved).state

    def refuse(self, operator: Operator, request_id: int) -> None:
        """Refuse a request for good, also one that has been approved; errors as :meth:`approve`, save own entries."""
        open_states = (RecoveryState.REQUESTED, RecoveryState.ONCE_APPROVED, RecoveryState.APPROVED)

        def refused(tx: Transaction, _: RequestedRecovery) -> Mapping[str, Any]:
            return {"state": RecoveryState.REFUSED.value, "done_at": tx.at}

        self._changed(operator, request_id, "judicial-refuse", open_states, refused)

    def carry_out(self, operator: Operator, request_id: int) -> AllottedKey:
        """Envelope the key for the recipient, once: for another time there is another request.

        :raises LifeCycleError: unless it has been approved by two, and not been carried out.
        :raises UnknownKeyError: when the master key of the key is not unlocked here.
        :raises GmpkiError: as :meth:`approve`, save own entries.
        """
        from gmpki.keys.loader import load_public_key

        member(operator, Operator, "operator")
        with self._store.reading() as connection:
            protection = self._store.protection
            _demand(connection, protection, operator)
            request = _request(_ROWS.read(connection, protection, row_id(request_id, _NUMBER)))
            _require(request, "judicial-carry-out", (RecoveryState.APPROVED,))
            (row,) = rows.find(connection, protection, kmc_keys.c.id == request.key_id)
        key = self._opened(row)
        allotted = AllottedKey(key.public_key, kinds.deliver(key, load_public_key(request.recipient_key)))

        def done(tx: Transaction, now: RequestedRecovery) -> Mapping[str, Any]:
            # What was enveloped is what was approved: the tag covers both, and neither changes in a request.
            if (now.key_id, now.recipient_key) != (request.key_id, request.recipient_key):
                raise LifeCycleError("judicial-carry-out", now.state.value, "the request is not what it was")
            return {"state": RecoveryState.DONE.value, "done_at": tx.at}

        self._changed(operator, request_id, "judicial-carry-out", (RecoveryState.APPROVED,), done)
        return allotted

    def get(self, request_id: int) -> RequestedRecovery:
        """Return a recovery.

        :raises NotFoundError: when there is none of that number.
        :raises InvalidTypeError: when it is no ``int``.
        :raises InvalidInputError: when it is out of bounds.
        :raises TamperedError: when the row was changed.
        :raises StoreError: when the database cannot be read.
        """
        with self._store.reading() as connection:
            return _request(_ROWS.read(connection, self._store.protection, row_id(request_id, _NUMBER)))

    def _changed(
        self,
        operator: Operator,
        request_id: int,
        operation: str,
        states: tuple[RecoveryState, ...],
        change: _Change,
    ) -> RequestedRecovery:
        member(operator, Operator, "operator")
        with self._store.transaction() as tx:
            _demand(tx.connection, tx.protection, operator)
            row = _ROWS.lock(tx, row_id(request_id, _NUMBER))
            request = _request(row)
            _require(request, operation, states)
            values = change(tx, request)
            _ROWS.change(tx, row, **values)
            changed = _request({**row, **values})
            tx.audit(operator.actor, f"kmc.{operation}", f"recovery:{request_id}", state=changed.state.value)
        return changed


def write_done(tx: Transaction, row: KeyRow, kind: str, authority: str, owner: PublicKey) -> None:
    """Write that an authority has had a key recovered for its owner."""
    facts = _facts(tx, row, owner, kind=kind, state=RecoveryState.DONE, reason="", by=authority)
    _ROWS.add(tx, {**facts, "done_at": tx.at})


def _demand(connection: Connection, protection: Protection, operator: Operator) -> None:
    demand(operator, Permission.RECOVERY, region_id=None, connection=connection, protection=protection)


def _require(request: RequestedRecovery, operation: str, states: tuple[RecoveryState, ...]) -> None:
    if request.state not in states or request.kind != JUDICIAL:
        state = request.state.value
        raise LifeCycleError(operation, state, f"the recovery {request.id} is {state}: no {operation} now")


def _facts(
    tx: Transaction, row: KeyRow, recipient: PublicKey, *, kind: str, state: RecoveryState, reason: str, by: str
) -> dict[str, Any]:
    return {
        "key_id": row.row_id,
        "kind": kind,
        "state": state.value,
        "reason": reason,
        "recipient_key": recipient.to_der(),
        "requested_by": by,
        "requested_at": tx.at,
    }


def _request(row: RowMapping | dict[str, Any]) -> RequestedRecovery:
    approvers = tuple(row[name] for name in ("first_approver", "second_approver") if row[name] is not None)
    return RequestedRecovery(
        row["id"],
        row["key_id"],
        row["kind"],
        RecoveryState(row["state"]),
        row["reason"],
        row["document_digest"],
        row["recipient_key"],
        row["requested_by"],
        from_seconds(row["requested_at"]),
        approvers,
        None if row["done_at"] is None else from_seconds(row["done_at"]),
    )
