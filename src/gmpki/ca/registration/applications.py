"""The rows of ``applications``: what was entered, who has worked on it, how far it has come.

No other module writes the columns that the tag covers, which are all but ``retain_until``.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, select

from gmpki import oids
from gmpki._inputs import as_text, member
from gmpki.ca.registration import wanted as wanted_json
from gmpki.ca.registration.states import ISSUING_OPERATIONS, ApplicationState, Operation, named
from gmpki.ca.registration.wanted import Wanted
from gmpki.ca.store.columns import digest_text, from_seconds, row_id
from gmpki.ca.store.schema import applications
from gmpki.ca.store.tagged_rows import TaggedRows
from gmpki.errors import ConflictError, InvalidInputError, NotFoundError
from gmpki.x509.request import CertificateRequest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection, RowMapping

    from gmpki.asn1.rfc5280 import Extension
    from gmpki.ca.store.protection import Protection
    from gmpki.ca.store.store import Transaction

__all__ = ["OPEN_STATES", "ROWS", "Application", "ApplicationForm", "by_reference", "of_row", "read"]

ROWS: Final = TaggedRows(applications, "application", untagged=("retain_until",))
OPEN_STATES: Final = (
    ApplicationState.ENTERED,
    ApplicationState.RETURNED,
    ApplicationState.PROOFREAD,
    ApplicationState.APPROVED,
)
"""The states in which nothing has been issued or carried out yet, and something may be."""

_ENTERED: Final = ("applicant_id", "pair_id", "authority", "profile", "business_kind", "medium", "token_serial")
_SIGNED: Final = ("entered_by", "proofread_by", "reviewed_by", "issued_by", "decision")
_AS_THEY_ARE: Final = ("id", "reference", *_ENTERED, "region_id", "point_id", *_SIGNED)
_TIMES: Final = ("proofread_at", "reviewed_at", "issued_at", "delivered_at", "closed_at")
_CONTENT: Final = ("operation", *_ENTERED, "is_free", "request")
_TEXT_LENGTHS: Final = {"authority": 64, "profile": 64, "business_kind": 64, "medium": 24}
_MAX_TOKEN_SERIAL_LEN: Final = 64
_SET_BY_PROFILE: Final = frozenset({oids.KEY_USAGE, oids.BASIC_CONSTRAINTS, oids.SUBJECT_KEY_IDENTIFIER})


@dataclass(frozen=True, slots=True)
class ApplicationForm:
    """What is entered for new certificates. Immutable.

    :ivar applicant_id: whose certificates they become.
    :ivar authority: the name of the authority that is to issue them.
    :ivar profile: the name of one of its profiles.
    :ivar request: proves the signing key; None when the key is made only when the certificates are issued, in a token
        at the issuing point for instance.
    :ivar wanted: the subject, needed when there is no request, the validity, further extensions.
    :ivar business_kind: what the certificates are for, in the words of the platform: at most 64 characters.
    :ivar medium: what they are delivered on, such as "ukey" or "file": at most 24 characters.
    :ivar token_serial: the serial number of the token, where it is known yet.
    :ivar is_free: whether they cost their holder nothing.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when text is empty, too long or not in one line, or there is neither request nor subject.
    """

    applicant_id: int
    authority: str
    profile: str
    request: CertificateRequest | None = None
    wanted: Wanted = field(default_factory=Wanted)
    business_kind: str = "new"
    medium: str = "ukey"
    token_serial: str | None = None
    is_free: bool = False

    def __post_init__(self) -> None:
        row_id(self.applicant_id, "applicant_id")
        for name, length in _TEXT_LENGTHS.items():
            check_text(getattr(self, name), name, length)
        if self.token_serial is not None:
            check_token_serial(self.token_serial)
        member(self.wanted, Wanted, "wanted")
        member(self.is_free, bool, "is_free")
        if self.request is not None:
            member(self.request, CertificateRequest, "request")
        elif self.wanted.subject is None:
            raise InvalidInputError("without a request there has to be a subject")


@dataclass(frozen=True, slots=True)
class Application:
    """An application as the database has it. Immutable.

    :ivar reference: what people name it by.
    :ivar pair_id: the pair that it is about; once it has
        ended with new certificates, the pair that came of it.
    :ivar decision: why it was rejected or sent back, or what else the last one who decided about it wrote.
    """

    id: int
    reference: str
    operation: Operation
    state: ApplicationState
    applicant_id: int
    pair_id: int | None
    authority: str
    profile: str
    business_kind: str
    medium: str
    token_serial: str | None
    is_free: bool
    request: CertificateRequest | None
    wanted: Wanted
    region_id: int
    point_id: int | None
    entered_by: str
    entered_at: datetime
    proofread_by: str | None
    proofread_at: datetime | None
    reviewed_by: str | None
    reviewed_at: datetime | None
    decision: str | None
    issued_by: str | None
    issued_at: datetime | None
    delivered_at: datetime | None
    closed_at: datetime | None
    content_digest: str
    """What was entered, as a digest: who proofreads or reviews may name it, so that nothing else is meant."""

    @property
    def subject(self) -> str:
        """What the audit log calls it."""
        return subject_of(self.id)


def subject_of(application_id: int) -> str:
    """Return what the audit log calls an application."""
    return f"application:{application_id}"


def check_text(text: str, name: str, most: int) -> str:
    """Return text that stands in one line.

    :raises InvalidTypeError: when it is no text.
    :raises InvalidInputError: when it is empty, too long, or not printable.
    """
    as_text(text, name)
    if not 1 <= len(text) <= most or not text.isprintable():
        raise InvalidInputError(f"{name} is 1 to {most} printable characters")
    return text


def check_token_serial(text: str) -> str:
    """Return the serial number of a token; errors as :func:`check_text`."""
    return check_text(text, "token_serial", _MAX_TOKEN_SERIAL_LEN)


def refuse_unreviewed(request: CertificateRequest, reviewed: Iterable[Extension]) -> None:
    """See that a request which nobody reviews asks for no extension that nobody has reviewed.

    A profile may take some of what a request asks for, such as other names of the subject. What it never takes from a
    request may stand there.

    :raises ConflictError: with the reason "unreviewed", when it does.
    """
    known = set(reviewed)
    for extension in request.extensions:
        if extension not in known and extension.extn_id not in _SET_BY_PROFILE:
            raise ConflictError("unreviewed", f"the request asks for {extension.extn_id}, which nobody has reviewed")


def new_reference(tx: Transaction) -> str:
    """Return a reference that nobody has: the date, and 40 random bits in letters and digits."""
    return f"{tx.now:%Y%m%d}-{base64.b32encode(secrets.token_bytes(5)).decode('ascii')}"


def content_columns(tx: Transaction, form: ApplicationForm, reference: str) -> dict[str, Any]:
    """Return the columns that hold what was entered."""
    return {
        "applicant_id": form.applicant_id,
        "authority": form.authority,
        "profile": form.profile,
        "business_kind": form.business_kind,
        "medium": form.medium,
        "token_serial": form.token_serial,
        "is_free": form.is_free,
        "request": None if form.request is None else form.request.der,
        **wanted_json.to_columns(form.wanted, reference, tx.protection),
    }


def read(connection: Connection, protection: Protection, application_id: int) -> Application:
    """Return an application.

    :raises InvalidTypeError: when the id is no int.
    :raises InvalidInputError: when it is none that a row can have.
    :raises NotFoundError: when there is none.
    :raises TamperedError: when its row is not as it was written.
    """
    row_id(application_id, "the id of an application")
    return of_row(ROWS.read(connection, protection, application_id), protection)


def by_reference(connection: Connection, protection: Protection, reference: str) -> Application:
    """Return an application by what people name it by; errors as :func:`read`."""
    query = select(applications).where(applications.c.reference == as_text(reference, "a reference"))
    found = connection.execute(query).mappings().first()
    if found is None:
        raise NotFoundError("there is no application of that reference")
    return of_row(ROWS.verify(protection, found), protection)


def lock(tx: Transaction, application_id: int) -> tuple[RowMapping, Application]:
    """Return the row of an application, and what it holds; nobody else changes it before the transaction ends.

    Errors as :func:`read`.
    """
    row_id(application_id, "the id of an application")
    row = ROWS.lock(tx, application_id)
    return row, of_row(row, tx.protection)


def refuse_another(tx: Transaction, pair_id: int) -> None:
    """See that no application to replace a pair is open; the pair is locked.

    :raises ConflictError: with the reason "open-application", when one is.
    """
    of_pair = and_(
        applications.c.pair_id == pair_id,
        applications.c.state.in_([state.value for state in OPEN_STATES]),
        applications.c.operation.in_([operation.value for operation in ISSUING_OPERATIONS]),
    )
    found = tx.connection.scalar(select(applications.c.reference).where(of_pair))
    if found is not None:
        raise ConflictError("open-application", f"the application {found} to replace this pair is still open")


def of_row(row: RowMapping, protection: Protection) -> Application:
    """Return what a row holds whose tag has been verified.

    :raises InvalidTag: when the extensions that are wanted are not as they were encrypted.
    """
    request = None if row["request"] is None else CertificateRequest.from_der(row["request"], lenient=True)
    wanted = wanted_json.from_columns(row["wanted"], row["wanted_sealed"], row["reference"], protection)
    taken: dict[str, Any] = {name: row[name] for name in _AS_THEY_ARE}
    taken.update({name: None if row[name] is None else from_seconds(row[name]) for name in _TIMES})
    return Application(
        operation=named(Operation, row["operation"]),
        state=named(ApplicationState, row["state"]),
        is_free=bool(row["is_free"]),
        request=request,
        wanted=wanted,
        entered_at=from_seconds(row["entered_at"]),
        content_digest=_content_digest(row, wanted),
        **taken,
    )


def _content_digest(row: RowMapping, wanted: Wanted) -> str:
    """Return SM3 over the columns of the content, each with its length before it."""
    values = [*(row[name] for name in _CONTENT), wanted.digest()]
    parts = [value if isinstance(value, bytes) else repr(value).encode("utf-8") for value in values]
    return digest_text(b"".join(len(part).to_bytes(4, "big") + part for part in parts))
