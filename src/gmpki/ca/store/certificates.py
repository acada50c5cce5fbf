"""The rows of ``certificates``: written as meant, made issued, read with their tag verified, moved from state to state.

No other module writes the column ``state`` or ``tag`` of this table.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, insert, select, update

from gmpki.asn1.rfc5280 import SignedStructure
from gmpki.ca.store.columns import digest_text, seconds, serial_number, serial_text
from gmpki.ca.store.schema import certificates
from gmpki.errors import LifeCycleError, NotFoundError, TamperedError
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from gmpki.ca.store.protection import Protection
    from gmpki.ca.store.store import Transaction

__all__ = [
    "CertificateRow",
    "CertificateState",
    "MeantCertificate",
    "TakenOver",
    "cancel_meant",
    "demand",
    "find",
    "insert_meant",
    "insert_taken_over",
    "make_issued",
    "of_issues",
    "put_in_place",
    "set_state",
    "verify_tag",
]

TAGGED: Final = (
    "generation_id",
    "part",
    "role",
    "profile",
    "state",
    "public_key_id",
    "not_before",
    "not_after",
    "tbs_digest",
)
"""The columns that a tag covers, beside the identity of the row: its authority and serial number."""

_IN_ONE_QUERY: Final = 500


class CertificateState(Enum):
    """What has become of a certificate. That it has expired is told by its time, not by a state."""

    MEANT = "meant"
    """Its contents are fixed and about to be signed; nobody has it."""
    CANCELLED = "cancelled"
    """It was meant and never came to be; its serial number is used up."""
    VALID = "valid"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class MeantCertificate:
    """What is written of a certificate before it is signed. Immutable.

    :ivar role: "signing", "encryption", "only", "link" for the certificates that join two keys of a root, or
        "unknown" for a serial number of an authority that was taken over whose certificate nobody has.
    :ivar part: the number of the distribution point whose list tells of it; 0 where there is one list.
    :ivar tbs: the DER of the TBSCertificate.
    """

    issue_id: int | None
    authority_id: int
    generation_id: int
    serial: int
    role: str
    profile: str
    part: int
    subject: str
    public_key_id: str
    not_before: datetime
    not_after: datetime
    tbs: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class TakenOver:
    """A certificate that was issued before its authority came into this database. Immutable.

    :ivar meant: what its row says; ``tbs`` is what its issuer signed.
    :ivar content: its DER; empty where only its serial number is known.
    :ivar issued_at: in seconds since 1970.
    """

    meant: MeantCertificate
    content: bytes = field(repr=False)
    issued_at: int


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """A row of ``certificates``, as it was read. Immutable.

    :ivar not_before: in seconds since 1970, as :ivar:`not_after` and :ivar:`issued_at`.
    :ivar content: the DER of the certificate; of the TBSCertificate as long as it is only meant, and when it was
        cancelled.
    """

    id: int
    authority_id: int
    generation_id: int
    serial: int
    issue_id: int | None
    role: str
    profile: str
    part: int
    state: CertificateState
    subject: str
    public_key_id: str
    not_before: int
    not_after: int
    tbs_digest: str
    content: bytes = field(repr=False)
    issued_at: int | None

    @property
    def is_issued(self) -> bool:
        """Tell whether somebody may have it."""
        return self.state not in (CertificateState.MEANT, CertificateState.CANCELLED)

    @property
    def certificate(self) -> Certificate:
        """The certificate.

        :raises LifeCycleError: when it is not issued.
        :raises TamperedError: when the row holds another certificate than the one that was meant.
        :raises DecodeError: when the row holds something else, as one does whose certificate nobody has.
        """
        if not self.is_issued:
            raise LifeCycleError("read", self.state.value, "the certificate was never issued")
        if digest_text(SignedStructure.from_der(self.content).tbs_der) != self.tbs_digest:
            raise TamperedError("changed", "the certificate in the database is another one", place=self.id)
        # Those of an authority that was taken over may be less strict than what gmpki issues.
        return Certificate.from_der(self.content, lenient=True)


def verify_tag(protection: Protection, row: Mapping[str, Any]) -> None:
    """Verify the tag of a row of which at least :data:`TAGGED`, ``authority_id``, ``serial`` and ``tag`` were read.

    :raises TamperedError: when the row is not as gmpki wrote it.
    """
    identity = (row["authority_id"], row["serial"])
    protection.verify_row(certificates.name, row["tag"], _tagged(row), identity)


def insert_meant(tx: Transaction, meant: Sequence[MeantCertificate]) -> None:
    """Write certificates that are about to be signed.

    :raises StoreError: when a serial number is one that the authority has used.
    """
    rows = [_row_of(each) for each in meant]
    for row in rows:
        row["tag"] = _tag(tx.protection, row)
    if rows:
        tx.connection.execute(insert(certificates), rows)


def insert_taken_over(tx: Transaction, taken: Sequence[TakenOver]) -> None:
    """Write certificates that others have issued for an authority before; they are valid until something else is
    written about them.

    :raises StoreError: when a serial number is one that the authority has used.
    """
    rows = [_row_taken_over(each) for each in taken]
    for row in rows:
        row["tag"] = _tag(tx.protection, row)
    if rows:
        tx.connection.execute(insert(certificates), rows)


def put_in_place(tx: Transaction, row: CertificateRow, taken: TakenOver) -> None:
    """Put a certificate that has turned up in the place of its mere serial number; its state stays.

    :param row: as read in this transaction with ``lock``.
    :raises LifeCycleError: when the row has a certificate.
    """
    if row.role != "unknown" or row.serial != taken.meant.serial:
        raise LifeCycleError("take-over", row.state.value, f"the certificate {row.serial:x} is there already")
    values = {**_row_taken_over(taken), "authority_id": row.authority_id, "state": row.state.value}
    values["tag"] = _tag(tx.protection, values)
    tx.connection.execute(update(certificates).where(certificates.c.id == row.id).values(values))


def make_issued(tx: Transaction, signed: Iterable[tuple[CertificateRow, bytes]]) -> list[CertificateRow]:
    """Put certificates in the place of what was meant.

    :param signed: rows as :func:`of_issues` read them in this transaction, with the DER of the certificates.
    :returns: the rows as they are now, in the same order.
    :raises LifeCycleError: when one of them is not just meant.
    :raises TamperedError: when one certificate is not that which was meant.
    """
    done = []
    for row, content in signed:
        if row.state is not CertificateState.MEANT:
            raise LifeCycleError("issue", row.state.value, f"the certificate {row.serial:x} is not just meant")
        new = replace(row, state=CertificateState.VALID, content=content, issued_at=tx.at)
        if digest_text(SignedStructure.from_der(content).tbs_der) != row.tbs_digest:
            raise TamperedError("changed", "what was signed is not what was meant", place=row.id)
        done.append(new)
    _update(tx, done)
    return done


def cancel_meant(tx: Transaction, rows: Iterable[CertificateRow]) -> None:
    """Give up certificates that were meant; their serial numbers stay used.

    :raises LifeCycleError: when one of them is not just meant.
    """
    done = []
    for row in rows:
        if row.state is not CertificateState.MEANT:
            raise LifeCycleError("cancel", row.state.value, f"the certificate {row.serial:x} is not just meant")
        done.append(replace(row, state=CertificateState.CANCELLED))
    _update(tx, done)


def set_state(tx: Transaction, row: CertificateRow, state: CertificateState) -> CertificateRow:
    """Move an issued certificate to another state; which moves there are is for the caller to know.

    :param row: as read in this transaction with ``lock``.
    :raises LifeCycleError: when the row is no longer in the state in which it was read.
    """
    new = replace(row, state=state)
    changed = update(certificates).where(certificates.c.id == row.id, certificates.c.state == row.state.value)
    tag = _tag(tx.protection, _columns_of(new))
    if tx.connection.execute(changed.values(state=state.value, tag=tag)).rowcount != 1:
        raise LifeCycleError("change", row.state.value, f"the certificate {row.serial:x} was changed by somebody else")
    return new


def find(
    connection: Connection,
    protection: Protection,
    authority_id: int,
    serials: Iterable[int],
    *,
    lock: bool = False,
) -> dict[int, CertificateRow]:
    """Read rows by serial number, and verify their tags; numbers that the authority has not used are left out.

    :param lock: nobody else changes the rows before the transaction ends.
    :raises TamperedError: when a row is not as gmpki wrote it.
    """
    wanted = [serial_text(serial) for serial in dict.fromkeys(serials)]
    found: dict[int, CertificateRow] = {}
    for some in _chunks(sorted(wanted)):
        query = select(certificates).where(certificates.c.authority_id == authority_id, certificates.c.serial.in_(some))
        for row in _read(connection, protection, query, lock=lock):
            found[row.serial] = row
    return found


def demand(tx: Transaction, authority_id: int, serials: Iterable[int], operation: str) -> list[CertificateRow]:
    """Read and lock the rows of issued certificates, in the order of the numbers.

    :param operation: for the error.
    :raises NotFoundError: when the authority has issued no certificate of that number.
    :raises TamperedError: when a row is not as gmpki wrote it.
    """
    wanted = list(serials)
    found = find(tx.connection, tx.protection, authority_id, wanted, lock=True)
    for serial in wanted:
        if serial not in found or not found[serial].is_issued:
            raise NotFoundError(f"{operation}: the authority has issued no certificate {serial:x}")
    return [found[serial] for serial in wanted]


def of_issues(
    connection: Connection, protection: Protection, issue_ids: Iterable[int], *, lock: bool = False
) -> dict[int, list[CertificateRow]]:
    """Read the rows of orders, those of each in the order in which they were written.

    :raises TamperedError: when a row is not as gmpki wrote it.
    """
    found: dict[int, list[CertificateRow]] = {issue: [] for issue in issue_ids}
    for some in _chunks(sorted(found)):
        query = select(certificates).where(certificates.c.issue_id.in_(some))
        for row in _read(connection, protection, query, lock=lock):
            if row.issue_id is not None:
                found[row.issue_id].append(row)
    return found


# ---- rows ---------------------------------------------------------------------------------
def _read(connection: Connection, protection: Protection, query: Any, *, lock: bool) -> Iterator[CertificateRow]:
    # In one order for all, so that two who lock several rows do not wait for each other.
    query = query.order_by(certificates.c.id)
    for row in connection.execute(query.with_for_update() if lock else query).all():
        verify_tag(protection, row._asdict())
        yield _from(row)


def _from(row: Row[Any]) -> CertificateRow:
    return CertificateRow(
        id=row.id,
        authority_id=row.authority_id,
        generation_id=row.generation_id,
        serial=serial_number(row.serial),
        issue_id=row.issue_id,
        role=row.role,
        profile=row.profile,
        part=row.part,
        state=CertificateState(row.state),
        subject=row.subject,
        public_key_id=row.public_key_id,
        not_before=row.not_before,
        not_after=row.not_after,
        tbs_digest=row.tbs_digest,
        content=row.content,
        issued_at=row.issued_at,
    )


def _row_of(meant: MeantCertificate) -> dict[str, Any]:
    return {
        "issue_id": meant.issue_id,
        "authority_id": meant.authority_id,
        "generation_id": meant.generation_id,
        "serial": serial_text(meant.serial),
        "role": meant.role,
        "profile": meant.profile,
        "part": meant.part,
        "state": CertificateState.MEANT.value,
        "subject": meant.subject,
        "public_key_id": meant.public_key_id,
        "not_before": seconds(meant.not_before),
        "not_after": seconds(meant.not_after),
        "tbs_digest": digest_text(meant.tbs),
        "content": meant.tbs,
        "issued_at": None,
    }


def _row_taken_over(taken: TakenOver) -> dict[str, Any]:
    state = CertificateState.VALID.value
    return {**_row_of(taken.meant), "state": state, "content": taken.content, "issued_at": taken.issued_at}


def _columns_of(row: CertificateRow) -> dict[str, Any]:
    columns = {name: getattr(row, name) for name in (*TAGGED, "authority_id")}
    return {**columns, "serial": serial_text(row.serial), "state": row.state.value}


def _tagged(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in TAGGED}


def _tag(protection: Protection, row: Mapping[str, Any]) -> bytes:
    return protection.tagger(certificates.name).tag(_tagged(row), (row["authority_id"], row["serial"]))


_NEW_STATE: Final = (
    update(certificates)
    .where(certificates.c.id == bindparam("row_id"))
    .values(
        state=bindparam("new_state"),
        content=bindparam("new_content"),
        issued_at=bindparam("new_issued_at"),
        tag=bindparam("new_tag"),
    )
)


def _update(tx: Transaction, rows: Sequence[CertificateRow]) -> None:
    """Write rows that were locked in this transaction."""
    values = [
        {
            "row_id": row.id,
            "new_state": row.state.value,
            "new_content": row.content,
            "new_issued_at": row.issued_at,
            "new_tag": _tag(tx.protection, _columns_of(row)),
        }
        for row in rows
    ]
    if values:
        tx.connection.execute(_NEW_STATE, values)


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for begin in range(0, len(values), _IN_ONE_QUERY):
        yield values[begin : begin + _IN_ONE_QUERY]
