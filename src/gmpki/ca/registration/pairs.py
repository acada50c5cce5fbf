"""The rows of ``pairs``: the certificates of a holder, and how they fare.

No other module writes the columns that the tag covers, which are all but ``subject``, the text of what the certificate
has.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from gmpki._inputs import as_text
from gmpki.ca.registration.states import TRANSITIONS, Operation, PairState, named, transition
from gmpki.ca.store.columns import from_seconds, row_id, seconds, serial_text
from gmpki.ca.store.schema import pairs
from gmpki.ca.store.tagged_rows import TaggedRows
from gmpki.errors import NotFoundError
from gmpki.x509.certificate import Certificate
from gmpki.x509.names import format_name
from gmpki.x509.pair import CertificatePair

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, RowMapping

    from gmpki.ca.interfaces import Issued
    from gmpki.ca.registration.applications import Application
    from gmpki.ca.store.protection import Protection
    from gmpki.ca.store.store import Transaction

__all__ = ["ROWS", "Pair", "by_serial", "of_row", "read", "state_at"]

ROWS: Final = TaggedRows(pairs, "pair", untagged=("subject",))
_HELD: Final = ("applicant_id", "application_id", "authority", "profile", "delivery", "replaced_by")
_AS_THEY_ARE: Final = ("id", *_HELD, "business_kind", "medium", "token_serial", "region_id", "point_id", "receipt")


@dataclass(frozen=True, slots=True)
class Pair:
    """The certificates of a holder as the database has them. Immutable.

    :ivar encryption: None when the profile issues no pairs.
    :ivar delivery: the encryption key in an envelope for the signing key; None when there is none.
    :ivar replaced_by: the id of the pair that came in its place.
    """

    id: int
    applicant_id: int
    application_id: int | None
    authority: str
    profile: str
    state: PairState
    signing: Certificate
    encryption: Certificate | None
    delivery: bytes | None = field(repr=False)
    business_kind: str
    medium: str
    token_serial: str | None
    region_id: int
    point_id: int | None
    is_free: bool
    not_before: datetime
    not_after: datetime
    issued_at: datetime
    delivered_at: datetime | None
    receipt: str | None
    changed_at: datetime
    replaced_by: int | None

    @property
    def serial_numbers(self) -> tuple[int, ...]:
        """The serial numbers of its certificates, that of the signing certificate first."""
        both = (self.signing, self.encryption)
        return tuple(each.serial_number for each in both if each is not None)

    @property
    def certificates(self) -> CertificatePair | None:
        """Both certificates; None when there is only one."""
        return None if self.encryption is None else CertificatePair(self.signing, self.encryption)

    @property
    def subject(self) -> str:
        """What the audit log calls it."""
        return f"pair:{self.id}"


def read(connection: Connection, protection: Protection, pair_id: int) -> Pair:
    """Return a pair.

    :raises InvalidTypeError: when the id is no int.
    :raises InvalidInputError: when it is none that a row can have.
    :raises NotFoundError: when there is none.
    :raises TamperedError: when its row is not as it was written.
    """
    row_id(pair_id, "the id of a pair")
    return of_row(ROWS.read(connection, protection, pair_id))


def by_serial(connection: Connection, protection: Protection, authority: str, serial: int) -> Pair:
    """Return a pair by the serial number of its signing certificate; errors as :func:`read`."""
    as_text(authority, "authority")
    wanted = (pairs.c.authority == authority) & (pairs.c.signing_serial == serial_text(serial))
    found = connection.execute(select(pairs).where(wanted)).mappings().first()
    if found is None:
        raise NotFoundError("there is no pair of that serial number")
    return of_row(ROWS.verify(protection, found))


def lock(tx: Transaction, pair_id: int) -> tuple[RowMapping, Pair]:
    """Return the row of a pair, and what it holds; nobody else changes it before the transaction ends.

    Errors as :func:`read`.
    """
    row_id(pair_id, "the id of a pair")
    row = ROWS.lock(tx, pair_id)
    return row, of_row(row)


def add(tx: Transaction, application: Application, issued: Issued, **known: Any) -> int:
    """Write down what was issued for an application; return the id of the pair.

    :param known: columns of a pair that was not issued just now, such as its state.
    """
    held = [each for each in (issued.signing, issued.encryption) if each is not None]
    encryption = issued.encryption
    return ROWS.add(
        tx,
        {
            "applicant_id": application.applicant_id,
            "application_id": application.id,
            "authority": application.authority,
            "profile": application.profile,
            "state": PairState.ISSUED.value,
            "signing_serial": serial_text(issued.signing.serial_number),
            "encryption_serial": None if encryption is None else serial_text(encryption.serial_number),
            "signing_certificate": issued.signing.der,
            "encryption_certificate": None if encryption is None else encryption.der,
            "delivery": issued.delivery,
            "subject": format_name(issued.signing.subject)[:255],
            "business_kind": application.business_kind,
            "medium": application.medium,
            "token_serial": application.token_serial,
            "region_id": application.region_id,
            "point_id": application.point_id,
            "is_free": application.is_free,
            "not_before": max(seconds(each.not_before) for each in held),
            "not_after": min(seconds(each.not_after) for each in held),
            "issued_at": tx.at,
            "changed_at": tx.at,
            **known,
        },
    )


def move(tx: Transaction, row: RowMapping, operation: Operation, **values: Any) -> PairState:
    """Bring a pair that was locked in this transaction into the state that an operation leads to.

    :returns: the new state.
    :raises LifeCycleError: when the operation is not one for a pair in its state.
    :raises ConflictError: as :meth:`TaggedRows.change <gmpki.ca.store.tagged_rows.TaggedRows.change>`.
    """
    pair = of_row(row)
    new = transition(operation, pair.state if operation is Operation.EXPIRE else state_at(pair, tx.now))
    ROWS.change(tx, row, state=new.value, changed_at=tx.at, **values)
    return new


def state_at(pair: Pair, at: datetime) -> PairState:
    """Return the state of a pair, when its time has run out as well, which nobody may have written down yet."""
    runs_out = (Operation.EXPIRE, pair.state) in TRANSITIONS
    return PairState.EXPIRED if runs_out and pair.not_after < at else pair.state


def of_row(row: RowMapping) -> Pair:
    """Return what a row holds whose tag has been verified."""
    taken: dict[str, Any] = {name: row[name] for name in _AS_THEY_ARE}
    taken.update({name: from_seconds(row[name]) for name in ("not_before", "not_after", "issued_at", "changed_at")})
    encryption = row["encryption_certificate"]
    return Pair(
        state=named(PairState, row["state"]),
        signing=Certificate.from_der(row["signing_certificate"], lenient=True),
        encryption=None if encryption is None else Certificate.from_der(encryption, lenient=True),
        is_free=bool(row["is_free"]),
        delivered_at=None if row["delivered_at"] is None else from_seconds(row["delivered_at"]),
        **taken,
    )
