"""The status of certificates, out of the store: what an OCSP responder answers with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select

from gmpki.asn1.rfc5280 import InvalidityDate, ReasonCode
from gmpki.asn1.rfc6960 import CertStatus
from gmpki.ca.revocation.entries import verify_columns
from gmpki.ca.store.certificates import TAGGED, verify_tag
from gmpki.ca.store.columns import from_seconds, row_id
from gmpki.ca.store.schema import certificates, revocations
from gmpki.errors import TamperedError
from gmpki.ocsp.responder import KnownStatus

if TYPE_CHECKING:
    from sqlalchemy import Row

    from gmpki.ca.store.protection import Protection
    from gmpki.ca.store.store import Store

__all__ = ["COLUMNS", "JOINED", "StoreStatusSource", "revocation_of"]

_GOOD: Final = KnownStatus(CertStatus.good())
_PREFIX: Final = "revocation_"
COLUMNS: Final = (
    certificates.c.tag,
    certificates.c.authority_id,
    certificates.c.serial,
    certificates.c.id,
    *(certificates.c[name] for name in TAGGED),
    *(column.label(_PREFIX + column.name) for column in revocations.c),
)
"""What :func:`revocation_of` has to know of a certificate, out of :data:`JOINED`."""
JOINED: Final = certificates.outerjoin(revocations, revocations.c.certificate_id == certificates.c.id)
"""Certificates with their revocations."""

_QUERY: Final = (
    select(*COLUMNS)
    .select_from(JOINED)
    .where(certificates.c.authority_id == bindparam("authority"), certificates.c.serial == bindparam("number"))
)


def revocation_of(protection: Protection, row: Row[Any]) -> dict[str, Any] | None:
    """Return the columns of the revocation that holds for a certificate now; None when it is good, or was never issued.

    :param row: of :data:`COLUMNS`.
    :raises TamperedError: when a row is not as it was written, or the two rows of a certificate contradict each other.
    """
    return _holding(protection, row._asdict())


def _holding(protection: Protection, found: dict[str, Any]) -> dict[str, Any] | None:
    verify_tag(protection, found)
    revocation = None
    is_listed = False
    if found[f"{_PREFIX}id"] is not None:
        revocation = {name[len(_PREFIX) :]: found[name] for name in found if name.startswith(_PREFIX)}
        verify_columns(protection, revocation)
        is_listed = revocation["lifted_at"] is None
    if is_listed != (found["state"] in ("suspended", "revoked")):
        raise TamperedError("changed", "a certificate and its revocation contradict each other", place=found["serial"])
    return revocation if is_listed else None


class StoreStatusSource:
    """What a store knows about the certificates that one key of an authority has signed. Thread-safe.

    A suspended certificate is "revoked" with the reason certificateHold; one that was meant but never issued is
    unknown, as one of another key is. Every answer is read from the store at that time.

    :param generation_id: the row of the key.
    :raises InvalidTypeError: when an id is no int.
    :raises InvalidInputError: when one is out of range.
    """

    def __init__(self, store: Store, authority_id: int, generation_id: int) -> None:
        self._lookup = store.lookup(_QUERY)
        self._protection = store.protection
        self._authority_id = row_id(authority_id, "authority_id")
        self._generation_id = row_id(generation_id, "generation_id")

    def status(self, serial_number: int) -> KnownStatus | None:
        """Return what is known about the certificate of a serial number.

        :raises TamperedError: when a row is not as it was written, or the two rows of a certificate contradict.
        :raises StoreError: when the database cannot be read.
        """
        row = self._lookup.first(authority=self._authority_id, number=f"{serial_number:x}")
        if row is None:
            return None
        revocation = _holding(self._protection, row)
        if row["state"] in ("meant", "cancelled") or row["generation_id"] != self._generation_id:
            return None
        return _GOOD if revocation is None else _revoked(revocation)


def _revoked(columns: dict[str, Any]) -> KnownStatus:
    reason = ReasonCode(columns["reason"])
    status = CertStatus.revoked(from_seconds(columns["revoked_at"]), reason if reason else None)
    invalidity = columns["invalidity_at"]
    return KnownStatus(status, extensions=() if invalidity is None else (InvalidityDate(from_seconds(invalidity)),))
