"""Applicants: persons, organisations and devices, with whoever handles their matter.

Numbers, telephone numbers and addresses are encrypted in the database, and found by
:class:`~gmpki.protect.blind_index.BlindIndex`. Names, and the credit codes of organisations, which are public, stand
in clear: names are searched by how they begin.

    with store.transaction() as tx:
        applicant_id = applicants.add(tx, applicant, actor=actor)
    with store.reading() as connection:
        found = applicants.find(connection, store.protection, "110105 19491231 002X")
"""

from __future__ import annotations

import enum
import json
import unicodedata
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select, update

from gmpki._inputs import as_text, member
from gmpki.ca.registration import retention
from gmpki.ca.registration.identity import Identity, IdentityKind, canonical_number, check_credit_code
from gmpki.ca.store.columns import from_seconds, row_id
from gmpki.ca.store.schema import applicants
from gmpki.ca.store.tagged_rows import TaggedRows
from gmpki.errors import ConflictError, InvalidInputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, RowMapping

    from gmpki.ca.interfaces import Actor
    from gmpki.ca.store.protection import Protection
    from gmpki.ca.store.store import Transaction

__all__ = [
    "Applicant",
    "ApplicantKind",
    "Contact",
    "RegisteredApplicant",
    "add",
    "find",
    "line_of_text",
    "read",
    "row_values",
    "update_applicant",
    "with_identity",
]

_MAX_NAME_LEN: Final = 128
_MAX_FIELDS: Final = 32
_MAX_FIELD_LEN: Final = 1024
_TABLE: Final = "applicants"
_ROWS: Final = TaggedRows(applicants, "applicant")


class ApplicantKind(enum.Enum):
    """Who or what a certificate is for."""

    PERSON = "person"
    ORGANIZATION = "organization"
    DEVICE = "device"


_KINDS: Final = {
    ApplicantKind.PERSON: (
        IdentityKind.RESIDENT_ID,
        IdentityKind.PASSPORT,
        IdentityKind.MILITARY_CARD,
        IdentityKind.SUBJECT,
    ),
    ApplicantKind.ORGANIZATION: (
        IdentityKind.CREDIT_CODE,
        IdentityKind.ORGANIZATION_CODE,
        IdentityKind.BUSINESS_REGISTRATION,
        IdentityKind.TAXATION_NUMBER,
        IdentityKind.SUBJECT,
    ),
    ApplicantKind.DEVICE: (IdentityKind.DEVICE, IdentityKind.SUBJECT),
}


def line_of_text(value: str, name: str, *, most: int, empty: bool = False) -> str:
    """Return one line of text in Unicode's form NFC, without blanks at its ends.

    :param most: characters.
    :param empty: whether it may be empty.
    :raises InvalidTypeError: when it is not text.
    :raises InvalidInputError: when it is empty, too long or not printable.
    """
    text = unicodedata.normalize("NFC", as_text(value, name)).strip()
    if len(text) > most or not text.isprintable() or not (text or empty):
        raise InvalidInputError(f"{name} is {0 if empty else 1} to {most} printable characters")
    return text


@dataclass(frozen=True, slots=True)
class Contact:
    """Who handles a matter (经办人), and how they are reached. Immutable; ``repr`` shows the name only.

    :ivar name: 1 to 64 characters.
    :ivar phone: "" or up to 32 characters.
    :ivar email: "" or up to 254 characters with an "@".
    :ivar address: "" or up to 255 characters.
    :raises InvalidTypeError: when a field is not text.
    :raises InvalidInputError: when a field is too long or not printable, or no address of a mailbox.
    """

    name: str
    phone: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    address: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", line_of_text(self.name, "the name of the contact", most=64))
        for name, most in (("phone", 32), ("email", 254), ("address", 255)):
            object.__setattr__(self, name, line_of_text(getattr(self, name), name, most=most, empty=True))
        if self.email and not 0 < self.email.find("@") < len(self.email) - 1:
            raise InvalidInputError("an e-mail address has something before and behind an @")


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who applies. Immutable; ``repr`` shows neither numbers nor fields.

    :ivar kind: person, organisation or device.
    :ivar name: 1 to 128 characters.
    :ivar identity: the number that they are known by, of a kind that suits.
    :ivar region_id: the region that they belong to.
    :ivar credit_code: of the organisation that a person or device belongs to; an organisation with a credit code has
        its own here by itself. It is public and stands in the database in clear.
    :ivar contact: who handles the matter.
    :ivar fields: further facts by their names, such as an insurance number; at most 32, encrypted in the database.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when text is too long or not printable, the identity's kind does not suit, or the credit
        code is wrong or another than the identity's.
    """

    kind: ApplicantKind
    name: str
    identity: Identity
    region_id: int
    credit_code: str = ""
    contact: Contact | None = None
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        member(self.kind, ApplicantKind, "the kind of an applicant")
        member(self.identity, Identity, "identity")
        if self.identity.kind not in _KINDS[self.kind]:
            raise InvalidInputError(
                f"a number of the kind {self.identity.kind.value} is not one of a {self.kind.value}"
            )
        row_id(self.region_id, "region_id")
        if self.contact is not None:
            member(self.contact, Contact, "contact")
        set_field = object.__setattr__
        set_field(self, "name", line_of_text(self.name, "the name of an applicant", most=_MAX_NAME_LEN))
        set_field(self, "credit_code", self._checked_code())
        set_field(self, "fields", MappingProxyType(_checked_fields(self.fields)))

    def _checked_code(self) -> str:
        code = canonical_number(IdentityKind.CREDIT_CODE, self.credit_code)
        if self.kind is ApplicantKind.ORGANIZATION and self.identity.kind is IdentityKind.CREDIT_CODE:
            if code not in ("", self.identity.number):
                raise InvalidInputError("the credit code of the organisation is not that of its identity")
            return self.identity.number
        if code:
            check_credit_code(code)
        return code


def _checked_fields(fields: Mapping[str, str]) -> dict[str, str]:
    from collections.abc import Mapping as AnyMapping

    member(fields, AnyMapping, "fields")
    if len(fields) > _MAX_FIELDS:
        raise InvalidInputError(f"an applicant has at most {_MAX_FIELDS} further fields, not {len(fields)}")
    return {
        line_of_text(name, "the name of a field", most=64): line_of_text(
            value, "the value of a field", most=_MAX_FIELD_LEN, empty=True
        )
        for name, value in sorted(fields.items(), key=lambda item: as_text(item[0], "the name of a field"))
    }


@dataclass(frozen=True, slots=True)
class RegisteredApplicant:
    """An applicant as the database has them. Immutable.

    :ivar retain_until: until when the data are kept at least.
    """

    id: int
    applicant: Applicant
    created_at: datetime
    updated_at: datetime
    retain_until: datetime


# ---- writing --------------------------------------------------------------------------------
def add(tx: Transaction, applicant: Applicant, *, actor: Actor) -> int:
    """Write an applicant down; return their number in the database.

    :raises InvalidTypeError: when applicant is none.
    :raises ConflictError: "duplicate" when one with this identity number is registered; the message names their number
        in the database, unless another process registers them at this moment. :func:`find` gives them.
    :raises StoreError: when the database cannot be written, or there is no such region.
    """
    member(applicant, Applicant, "applicant")
    _refuse_duplicate(tx, applicant.identity, besides=None)
    times = {"created_at": tx.at, "updated_at": tx.at, "retain_until": retention.end_of_retention(tx.at)}
    # The row has to have its number before anything can be bound to it; both statements are one commit.
    plain = {**_plain_columns(applicant), **times, "tag": b""}
    plain["identity_index"] = _token(tx.protection, applicant.identity)
    done = tx.connection.execute(insert(applicants), plain)
    applicant_id = int(done.inserted_primary_key[0])  # type: ignore[index] # a single row was inserted
    _seal(tx, applicant_id, applicant, times)
    tx.audit(actor, "applicant.add", f"applicant:{applicant_id}", kind=applicant.kind.value)
    return applicant_id


def update_applicant(tx: Transaction, applicant_id: int, applicant: Applicant, *, actor: Actor) -> None:
    """Put other data in the place of an applicant's.

    :raises InvalidTypeError: when applicant is none.
    :raises InvalidInputError: when the kind (person, organisation, device) is another: that is another applicant.
    :raises NotFoundError: when there is no such applicant.
    :raises ConflictError: "duplicate" when another one has this identity number.
    :raises TamperedError: when the row is not as it was written.
    :raises StoreError: when the database cannot be written, or there is no such region.
    """
    member(applicant, Applicant, "applicant")
    before = read(tx.connection, tx.protection, applicant_id, lock=True)
    if before.applicant.kind is not applicant.kind:
        raise InvalidInputError("an applicant stays a person, an organisation or a device")
    _refuse_duplicate(tx, applicant.identity, besides=applicant_id)
    times = {
        "created_at": int(before.created_at.timestamp()),
        "updated_at": tx.at,
        "retain_until": max(int(before.retain_until.timestamp()), retention.end_of_retention(tx.at)),
    }
    _seal(tx, applicant_id, applicant, times)
    was, now = before.applicant, applicant
    changed = [name for name in Applicant.__slots__ if getattr(was, name) != getattr(now, name)]
    tx.audit(actor, "applicant.update", f"applicant:{applicant_id}", changed=" ".join(changed))


def _plain_columns(applicant: Applicant) -> dict[str, Any]:
    return {
        "kind": applicant.kind.value,
        "name": applicant.name,
        "identity_kind": applicant.identity.kind.value,
        "credit_code": applicant.credit_code or None,
        "contact_name": applicant.contact.name if applicant.contact is not None else None,
        "region_id": applicant.region_id,
    }


def row_values(
    protection: Protection, applicant_id: int, applicant: Applicant, times: Mapping[str, int]
) -> dict[str, Any]:
    """Return all columns of an applicant's row but its number: encrypted, indexed and tagged.

    :param times: the columns ``created_at``, ``updated_at`` and ``retain_until``.
    :raises RandomSourceError: when the random source fails.
    """

    def sealed(column: str, text: str) -> bytes:
        return protection.cipher(_TABLE, column).encrypt(text.encode("utf-8"), applicant_id)

    contact = applicant.contact
    reached = {} if contact is None else {"phone": contact.phone, "email": contact.email, "address": contact.address}
    values = {
        **_plain_columns(applicant),
        "identity_sealed": sealed("identity", applicant.identity.number),
        "identity_index": _token(protection, applicant.identity),
        "contact_sealed": None if contact is None else sealed("contact", _json(reached)),
        "fields_sealed": sealed("fields", _json(applicant.fields)) if applicant.fields else None,
        **times,
    }
    return {**values, "tag": _ROWS.tag(protection, values, applicant_id)}


def _seal(tx: Transaction, applicant_id: int, applicant: Applicant, times: Mapping[str, int]) -> None:
    values = row_values(tx.protection, applicant_id, applicant, times)
    tx.connection.execute(update(applicants).where(applicants.c.id == applicant_id).values(values))


def _refuse_duplicate(tx: Transaction, identity: Identity, *, besides: int | None) -> None:
    for each in find(tx.connection, tx.protection, identity.number, kind=identity.kind):
        if each.id != besides:
            raise ConflictError("duplicate", f"the identity number is that of the applicant {each.id}")


# ---- reading --------------------------------------------------------------------------------
def read(
    connection: Connection, protection: Protection, applicant_id: int, *, lock: bool = False
) -> RegisteredApplicant:
    """Return an applicant.

    :param lock: keep others from changing the row until the transaction ends.
    :raises NotFoundError: when there is none of this number.
    :raises TamperedError: when the row is not as it was written.
    """
    row_id(applicant_id, "the number of an applicant")
    query = select(applicants).where(applicants.c.id == applicant_id)
    row = connection.execute(query.with_for_update() if lock else query).mappings().first()
    if row is None:
        raise NotFoundError(f"there is no applicant {applicant_id}")
    return of_row(protection, row)


def find(
    connection: Connection,
    protection: Protection,
    identity_number: str,
    *,
    kind: IdentityKind | None = None,
    regions: Collection[int] | None = None,
) -> tuple[RegisteredApplicant, ...]:
    """Return the applicants that have an identity number, in the order in which they were registered.

    :param identity_number: in any spelling that :class:`Identity` takes.
    :param kind: only numbers of this kind; None for any.
    :param regions: only applicants of these regions; None for all.
    :raises InvalidTypeError: when the number is not text.
    :raises InvalidInputError: when it is too long or not printable.
    :raises TamperedError: when a row is not as it was written.
    """
    query = select(applicants).where(with_identity(protection, identity_number, kind)).order_by(applicants.c.id)
    if regions is not None:
        query = query.where(applicants.c.region_id.in_(sorted(regions)))
    return tuple(of_row(protection, row) for row in connection.execute(query).mappings())


def with_identity(
    protection: Protection, identity_number: str, kind: IdentityKind | None = None
) -> ColumnElement[bool]:
    """Return the condition under which a row of ``applicants`` has an identity number; errors as :func:`find`."""
    tokens = _tokens(protection, identity_number, kind)
    condition = applicants.c.identity_index.in_(tokens)
    return condition if kind is None else condition & (applicants.c.identity_kind == kind.value)


def _tokens(protection: Protection, identity_number: str, kind: IdentityKind | None) -> tuple[str, ...]:
    # A device's number keeps its case and an organisation's loses its hyphens: a number of unknown kind may be either.
    forms = {canonical_number(kind, identity_number) for kind in (IdentityKind if kind is None else (kind,))}
    index = protection.index(_TABLE, "identity")
    return tuple(token.hex() for form in sorted(forms) for token in index.candidates(form))


def of_row(protection: Protection, row: RowMapping) -> RegisteredApplicant:
    """Return the applicant of a row of the table.

    :raises TamperedError: when the row is not as it was written.
    """
    applicant_id = int(row["id"])
    _ROWS.verify(protection, row)

    def opened(column: str) -> str:
        return protection.cipher(_TABLE, column).decrypt(row[f"{column}_sealed"], applicant_id).decode("utf-8")

    contact = None
    if row["contact_name"] is not None:
        contact = Contact(row["contact_name"], **json.loads(opened("contact")))
    applicant = Applicant(
        ApplicantKind(row["kind"]),
        row["name"],
        Identity(IdentityKind(row["identity_kind"]), opened("identity")),
        int(row["region_id"]),
        row["credit_code"] or "",
        contact,
        json.loads(opened("fields")) if row["fields_sealed"] is not None else {},
    )
    times = (from_seconds(row[name]) for name in ("created_at", "updated_at", "retain_until"))
    return RegisteredApplicant(applicant_id, applicant, *times)


def _token(protection: Protection, identity: Identity) -> str:
    return protection.index(_TABLE, "identity").token(identity.number).hex()


def _json(values: Mapping[str, str]) -> str:
    return json.dumps(dict(values), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
