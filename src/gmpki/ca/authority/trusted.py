"""Authorities of others whose certificates are accepted here (互信互认): lists of them, by name.

    with store.transaction() as tx:
        trusted.add(tx, "province", certificate, title="示例省根", actor=actor)
    with store.reading() as connection:
        anchors = trusted.anchors(connection, store.protection, "province")
        validate_path(certificate, anchors=anchors, ...)

A list goes to others as PEM, as a bundle (``.p7b``), or signed: a SignedData over a bundle, which says when it was
signed, so that nobody puts an older list in the place of a newer one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select, update

from gmpki._inputs import as_text, iterated, member, utc
from gmpki.ca.registration.applicants import line_of_text
from gmpki.ca.store.columns import certificate_digest, digest_text, from_seconds
from gmpki.ca.store.schema import trusted
from gmpki.cms.certificates import read_bundle, write_bundle
from gmpki.errors import ConflictError, InvalidInputError, LimitExceeded, NotFoundError, TamperedError, ValidationError
from gmpki.protect.log_record import time_text
from gmpki.x509.certificate import Certificate
from gmpki.x509.named_key import TrustAnchor

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection, RowMapping
    from typing_extensions import Buffer

    from gmpki.ca.interfaces import Actor
    from gmpki.ca.store.protection import Protection
    from gmpki.ca.store.store import Transaction
    from gmpki.cms.trust import Trust
    from gmpki.keys.interfaces import Signer

__all__ = [
    "SignedTrustList",
    "TrustState",
    "TrustedAuthority",
    "add",
    "anchors",
    "demand_newer",
    "export_bundle",
    "export_pem",
    "export_signed",
    "list_names",
    "read",
    "read_signed",
    "remove",
    "replace_all",
]

_LIST_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
_MAX_IN_LIST: Final = 4096


class TrustState(Enum):
    """Whether an authority of a list is trusted."""

    TRUSTED = "trusted"
    REMOVED = "removed"
    """It was; its row stays, so that the list never forgets whom it held."""


@dataclass(frozen=True, slots=True)
class TrustedAuthority:
    """An authority on a list. Immutable.

    :ivar list_name: lower-case letters, digits, dots and hyphens.
    :ivar title: its name for persons.
    :ivar digest: SM3 of its certificate in hexadecimal digits.
    """

    id: int
    list_name: str
    title: str
    state: TrustState
    certificate: Certificate
    digest: str
    added_at: datetime


# ---- writing --------------------------------------------------------------------------------
def add(tx: Transaction, list_name: str, certificate: Certificate, *, actor: Actor, title: str = "") -> bool:
    """Trust an authority; return whether it was not trusted before.

    What it certifies is then accepted as far as the validation of paths goes; its constraints hold.

    :param title: at most 255 characters; "" is the subject of the certificate.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when the name of the list or the title is none.
    :raises ValidationError: with the reason "not-a-ca" or "expired".
    :raises TamperedError: when the row that is there is not as it was written.
    """
    member(certificate, Certificate, "certificate")
    _check_list(list_name)
    text = line_of_text(title or str(certificate.subject)[:255], "the title", most=255)
    if not certificate.is_ca:
        raise ValidationError("not-a-ca", "only an authority can be trusted as one", certificate=certificate)
    if certificate.not_after < tx.now:
        raise ValidationError(
            "expired", f"the certificate ended on {time_text(certificate.not_after)}", certificate=certificate
        )
    digest = certificate_digest(certificate)
    row = _row(tx.connection, list_name, digest, lock=True)
    if row is not None:
        known = _of_row(tx.protection, row)
        if known.state is TrustState.TRUSTED:
            return False
        _write(tx, row["id"], {**row, "title": text, "state": TrustState.TRUSTED.value, "added_at": tx.at})
    else:
        values = {
            "list_name": list_name,
            "certificate_digest": digest,
            "certificate": certificate.der,
            "title": text,
            "state": TrustState.TRUSTED.value,
            "added_at": tx.at,
        }
        values["tag"] = _tag(tx.protection, values)
        tx.connection.execute(insert(trusted), [values])
    tx.audit(actor, "trust.added", f"trust:{list_name}", certificate=digest, title=text)
    return True


def remove(tx: Transaction, list_name: str, digest: str, *, actor: Actor, reason: str = "") -> None:
    """Trust an authority no longer.

    :param digest: SM3 of its certificate, or the beginning of it, in hexadecimal digits: 8 at least.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when the digest is none.
    :raises NotFoundError: when it is not on the list.
    :raises ConflictError: with the reason "ambiguous" when several begin like that.
    :raises TamperedError: when its row is not as it was written.
    """
    if re.fullmatch("[0-9a-f]{8,64}", as_text(digest, "digest")) is None:
        raise InvalidInputError("a digest is named by its first 8 to 64 hexadecimal digits")
    on_list = (trusted.c.list_name == _check_list(list_name), trusted.c.state == TrustState.TRUSTED.value)
    query = select(trusted).where(*on_list, trusted.c.certificate_digest.startswith(digest)).with_for_update()
    rows = tx.connection.execute(query).mappings().all()
    if not rows:
        raise NotFoundError(f"the list {list_name} has no authority {digest}")
    if len(rows) > 1:
        raise ConflictError("ambiguous", f"{len(rows)} authorities of the list begin like that")
    _of_row(tx.protection, rows[0])
    _write(tx, rows[0]["id"], {**rows[0], "state": TrustState.REMOVED.value})
    said = line_of_text(reason, "the reason", most=255, empty=True) or None
    tx.audit(actor, "trust.removed", f"trust:{list_name}", certificate=rows[0]["certificate_digest"], reason=said)


def replace_all(
    tx: Transaction, list_name: str, certificates: Iterable[Certificate], *, actor: Actor
) -> tuple[int, int]:
    """Make a list hold exactly these authorities; return how many were added and removed.

    :raises LimitExceeded: when there are more than 4096.
    :raises GmpkiError: otherwise as :func:`add`.
    """
    wanted = iterated(certificates, "certificates", most=_MAX_IN_LIST + 1)
    if len(wanted) > _MAX_IN_LIST:
        raise LimitExceeded(f"a list holds at most {_MAX_IN_LIST} authorities")
    added = sum(add(tx, list_name, each, actor=actor) for each in wanted)
    kept = {certificate_digest(each) for each in wanted}
    gone = [each for each in read(tx.connection, tx.protection, list_name) if each.digest not in kept]
    for each in gone:
        remove(tx, list_name, each.digest, actor=actor, reason="not on the list that was taken in")
    return added, len(gone)


# ---- reading --------------------------------------------------------------------------------
def list_names(connection: Connection) -> tuple[str, ...]:
    """Return the names of all lists in their order.

    Their rows are not verified: :func:`read` does that.
    """
    return tuple(connection.scalars(select(trusted.c.list_name).distinct().order_by(trusted.c.list_name)))


def read(
    connection: Connection, protection: Protection, list_name: str, *, with_removed: bool = False
) -> tuple[TrustedAuthority, ...]:
    """Return the authorities of a list in the order in which they came to it; none for a list that there is not.

    :param with_removed: those that are trusted no longer, too.
    :raises InvalidTypeError: when the name is no text.
    :raises InvalidInputError: when it is none of a list.
    :raises TamperedError: when a row is not as it was written.
    """
    query = select(trusted).where(trusted.c.list_name == _check_list(list_name)).order_by(trusted.c.id)
    found = [_of_row(protection, row) for row in connection.execute(query).mappings()]
    return tuple(each for each in found if with_removed or each.state is TrustState.TRUSTED)


def anchors(connection: Connection, protection: Protection, list_name: str) -> tuple[TrustAnchor, ...]:
    """Return the authorities of a list as anchors for the validation of paths; errors as :func:`read`."""
    return tuple(TrustAnchor.of(each.certificate) for each in read(connection, protection, list_name))


# ---- for others -----------------------------------------------------------------------------
def export_pem(connection: Connection, protection: Protection, list_name: str) -> bytes:
    """Return the certificates of a list as PEM; errors as :func:`read`."""
    return b"".join(each.certificate.to_pem() for each in read(connection, protection, list_name))


def export_bundle(connection: Connection, protection: Protection, list_name: str) -> bytes:
    """Return the certificates of a list as a bundle in DER.

    :raises InvalidInputError: when the list is empty.
    :raises LimitExceeded: when it has more than 4096 authorities.
    :raises GmpkiError: otherwise as :func:`read`.
    :standard: RFC 5652 5.1
    """
    return write_bundle([each.certificate for each in read(connection, protection, list_name)])


def export_signed(
    connection: Connection,
    protection: Protection,
    list_name: str,
    *,
    signer: Signer,
    certificate: Certificate,
    at: datetime,
) -> bytes:
    """Return a list signed, as DER: a SignedData over its bundle.

    :param certificate: that of the signer; it goes along.
    :param at: when it is signed.
    :raises KeyMismatchError: when the signer's key is not that of the certificate.
    :raises GmpkiError: otherwise as :func:`export_bundle`, and what the signer raises.
    :standard: RFC 5652 5; GM/T 0010
    """
    from gmpki.cms.signer_spec import SignerSpec
    from gmpki.cms.signing import sign

    bundle = export_bundle(connection, protection, list_name)
    return sign(bundle, SignerSpec(signer, certificate, signing_time=utc(at, "at")))


@dataclass(frozen=True, slots=True)
class SignedTrustList:
    """A list that somebody else has signed. Immutable.

    :ivar signed_at: when the signer says that it was.
    """

    certificates: tuple[Certificate, ...]
    signer: Certificate
    signed_at: datetime


def read_signed(data: Buffer, trust: Trust, *, newer_than: datetime | None = None) -> SignedTrustList:
    """Verify a signed list, and return what it holds.

    :param trust: whom to trust as the signer, as for every signed message.
    :param newer_than: when the list that one has was signed: an older one is refused.
    :raises ValidationError: with the reason "stale" when it is not newer; and all that is wrong with the signer.
    :raises InvalidSignature: when it is not as it was signed.
    :raises InvalidInputError: when it is no such list, or does not say when it was signed.
    :raises GmpkiError: otherwise as :func:`gmpki.cms.verification.verify`.
    """
    from gmpki.cms.verification import verify

    verified = verify(data, trust)
    report = verified.signers[0]
    certificate, signed_at = report.signer_certificate, report.claimed_signing_time
    if len(verified.signers) != 1 or certificate is None or signed_at is None:
        raise InvalidInputError("a list is signed by one signer, who says when")
    found = SignedTrustList(read_bundle(verified.content).certificates, certificate, signed_at)
    demand_newer(found, newer_than)
    return found


def demand_newer(found: SignedTrustList, than: datetime | None) -> None:
    """See that a signed list is newer than the one that one has; None is none.

    :raises InvalidInputError: when the time has no time zone.
    :raises ValidationError: with the reason "stale" when it is not.
    """
    if than is not None and found.signed_at <= utc(than, "the time of the other list"):
        raise ValidationError(
            "stale", f"the list was signed on {time_text(found.signed_at)}, no later than the one that is here"
        )


# ---- rows -----------------------------------------------------------------------------------
def _check_list(name: str) -> str:
    if _LIST_NAME.fullmatch(as_text(name, "the name of a list")) is None:
        raise InvalidInputError("the name of a list is 1 to 64 lower-case letters, digits, dots and hyphens")
    return name


def _row(connection: Connection, list_name: str, digest: str, *, lock: bool) -> RowMapping | None:
    query = select(trusted).where(trusted.c.list_name == list_name, trusted.c.certificate_digest == digest)
    return connection.execute(query.with_for_update() if lock else query).mappings().first()


def _facts(row: RowMapping | dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("title", "state", "added_at")}


def _tag(protection: Protection, row: RowMapping | dict[str, Any]) -> bytes:
    identity = (row["list_name"], row["certificate_digest"])
    return protection.tagger(trusted.name).tag(_facts(row), identity)


def _write(tx: Transaction, row_id: int, values: dict[str, Any]) -> None:
    changed = {name: values[name] for name in ("title", "state", "added_at")}
    tag = _tag(tx.protection, values)
    tx.connection.execute(update(trusted).where(trusted.c.id == row_id).values(**changed, tag=tag))


def _of_row(protection: Protection, row: RowMapping) -> TrustedAuthority:
    protection.verify_row(trusted.name, row["tag"], _facts(row), (row["list_name"], row["certificate_digest"]))
    # The tag names the certificate by its digest only.
    if digest_text(row["certificate"]) != row["certificate_digest"]:
        raise TamperedError("changed", "the certificate of a trusted authority is another one", place=row["id"])
    return TrustedAuthority(
        row["id"],
        row["list_name"],
        row["title"],
        TrustState(row["state"]),
        Certificate.from_der(row["certificate"]),
        row["certificate_digest"],
        from_seconds(row["added_at"]),
    )
