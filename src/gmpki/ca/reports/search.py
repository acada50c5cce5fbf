"""Searches for pairs of certificates and for applications.

Each criterion alone is answered from an index, however many rows there are; of several, one index is used and the
others sort out. Answers come in pages: give ``page.next`` as ``after`` to get the next one, which costs as much as the
first. What an operator may see is a matter of ``regions``: those of
:func:`~gmpki.ca.operators.regions.regions_within`, or None for all.

    page = search.pairs_like(connection, store.protection, Criteria(name_prefix="张"), regions=regions)

Rows are shown as they stand, without the check of their tags: who acts on one reads it anew through the office, which
checks it.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from sqlalchemy import and_, or_, select

from gmpki._inputs import as_text, member, number, utc_seconds
from gmpki.ca.registration import applicants as register
from gmpki.ca.registration.states import ApplicationState, PairState
from gmpki.ca.reports._rows import columns_of, reader_of, region_ids
from gmpki.ca.store.columns import seconds, serial_text
from gmpki.ca.store.paging import is_behind
from gmpki.ca.store.schema import applicants, applications, pairs
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from sqlalchemy import Column, ColumnElement, Connection, Row, Select, Table

    from gmpki.ca.registration.applicants import ApplicantKind
    from gmpki.ca.registration.states import Operation
    from gmpki.ca.store.protection import Protection

__all__ = ["Criteria", "FoundApplication", "FoundPair", "Page", "applications_like", "pairs_like"]

F = TypeVar("F")

MAX_LIMIT: Final = 1000
_MAX_CURSOR_LEN: Final = 2048
# As many small queries, one for each region and state, are quicker than one that has to sort what it finds.
_MAX_QUERIES: Final = 64
# Sorts behind every text that begins with what stands before it.
_LAST: Final = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Criteria:
    """What is looked for; None stands for anything. Immutable.

    :ivar identity: an identity number of any kind, in any spelling.
    :ivar credit_code: of the organisation, or of the one that a person or device belongs to.
    :ivar name: of the applicant.
    :ivar name_prefix: how it begins.
    :ivar contact_prefix: how the name begins of who handles the matter for the applicant.
    :ivar token_serial: of the token.
    :ivar serial: of the signing or encryption certificate; pairs only.
    :ivar subject_prefix: how the text of the certificate's subject begins; pairs only.
    :ivar reference: of the application; applications only.
    :ivar handler: the operator who entered the application.
    :ivar since: issued (pairs) or entered (applications) from then on.
    :ivar until: before then.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when text is empty or longer than 255 characters, or a time has no time zone.
    """

    identity: str | None = None
    credit_code: str | None = None
    name: str | None = None
    name_prefix: str | None = None
    contact_prefix: str | None = None
    token_serial: str | None = None
    serial: int | None = None
    subject_prefix: str | None = None
    reference: str | None = None
    business_kind: str | None = None
    handler: str | None = None
    authority: str | None = None
    profile: str | None = None
    state: PairState | ApplicationState | None = None
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        for name in _TEXTS:
            value = getattr(self, name)
            if value is not None and not 1 <= len(as_text(value, name)) <= 255:
                raise InvalidInputError(f"{name} is 1 to 255 characters")
            if value is not None and not value.isprintable():
                raise InvalidInputError(f"{name} is printable text")
        if self.serial is not None:
            serial_text(self.serial)
        for name in ("since", "until"):
            if getattr(self, name) is not None:
                utc_seconds(getattr(self, name), name)


_TEXTS: Final = (
    "identity",
    "credit_code",
    "name",
    "name_prefix",
    "contact_prefix",
    "token_serial",
    "subject_prefix",
    "reference",
    "business_kind",
    "handler",
    "authority",
    "profile",
)


@dataclass(frozen=True, slots=True)
class Page(Generic[F]):
    """One page of an answer. Immutable.

    :ivar rows: what was found.
    :ivar next: what to give as ``after`` for the next page; None when this is the last.
    """

    rows: tuple[F, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class FoundPair:
    """A pair, or the only certificate, with whose it is. Immutable."""

    id: int
    applicant_id: int
    kind: ApplicantKind
    name: str
    credit_code: str | None
    authority: str
    profile: str
    state: PairState
    signing_serial: int
    encryption_serial: int | None
    subject: str
    business_kind: str
    medium: str
    token_serial: str | None
    region_id: int
    point_id: int | None
    is_free: bool
    not_before: datetime
    not_after: datetime
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class FoundApplication:
    """An application with whose it is. Immutable."""

    id: int
    reference: str
    operation: Operation
    applicant_id: int
    kind: ApplicantKind
    name: str
    credit_code: str | None
    authority: str
    profile: str
    state: ApplicationState
    business_kind: str
    medium: str
    token_serial: str | None
    region_id: int
    point_id: int | None
    is_free: bool
    entered_by: str
    entered_at: datetime
    reviewed_at: datetime | None
    issued_at: datetime | None
    delivered_at: datetime | None


def pairs_like(
    connection: Connection,
    protection: Protection,
    criteria: Criteria,
    *,
    regions: Collection[int] | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[FoundPair]:
    """Return the pairs that fit: the newest first, or in the order of the prefix that is looked for.

    :param regions: only what belongs to these regions; None for all.
    :param after: where the page before ended: its ``next``.
    :param limit: 1 to 1000.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when limit is out of range, ``after`` is not from a page of this search, or a criterion
        is one of applications.
    """
    member(criteria, Criteria, "criteria")
    if criteria.reference is not None or isinstance(criteria.state, ApplicationState):
        raise InvalidInputError("a reference and the state of an application are looked for among applications")
    return _search(PAIRS, connection, protection, _Question(criteria, regions, after, limit))


def applications_like(
    connection: Connection,
    protection: Protection,
    criteria: Criteria,
    *,
    regions: Collection[int] | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[FoundApplication]:
    """Return the applications that fit; arguments, order and errors as :func:`pairs_like`."""
    member(criteria, Criteria, "criteria")
    of_pairs = (criteria.serial, criteria.subject_prefix) != (None, None) or isinstance(criteria.state, PairState)
    if of_pairs:
        raise InvalidInputError("a serial number, a subject and the state of a pair are looked for among pairs")
    return _search(APPLICATIONS, connection, protection, _Question(criteria, regions, after, limit))


# ---- how it is done -------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Target(Generic[F]):
    """One of the two tables: which columns are shown, when its things came to be, and how a row is read."""

    table: Table
    at: Column[int]
    states: tuple[str, ...]
    columns: list[Column[Any]]
    found: Callable[[Row[Any]], F]


@dataclass(frozen=True, slots=True)
class _Order:
    """The order of an answer: a column, then the id, both in the same direction."""

    column: Column[Any]
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class _Question:
    """What a search was called with."""

    criteria: Criteria
    regions: Collection[int] | None
    after: str | None
    limit: int


def _search(target: _Target[F], connection: Connection, protection: Protection, asked: _Question) -> Page[F]:
    limit = number(asked.limit, 1, MAX_LIMIT, "limit")
    order, queries = statements(target, protection, asked)
    rows: list[Row[Any]] = []
    for query in queries:
        rows += connection.execute(query).all()
    if len(queries) > 1:
        rows.sort(key=lambda row: (row.ordered_by, row.id), reverse=order.is_descending)
    page = rows[:limit]
    is_last = len(rows) <= limit
    return Page(tuple(map(target.found, page)), None if is_last else _cursor(page[-1].ordered_by, page[-1].id))


def statements(
    target: _Target[Any], protection: Protection, asked: _Question
) -> tuple[_Order, list[Select[tuple[Any, ...]]]]:
    """Return the queries whose answers, put in order, are the answer."""
    table = target.table
    order, conditions = _conditions(target, protection, asked.criteria)
    key = table.c.id
    if asked.after is not None:
        conditions.append(_behind(order, key, asked.after))
    columns = [*target.columns, order.column.label("ordered_by")]
    query = select(*columns).join_from(table, applicants, table.c.applicant_id == applicants.c.id)
    if order.column.table is applications and table is pairs:
        query = query.join(applications, pairs.c.application_id == applications.c.id)
    query = query.where(*conditions).limit(asked.limit + 1)
    for column in (order.column, key):
        query = query.order_by(column.desc() if order.is_descending else column.asc())
    places = region_ids(asked.regions)
    if places is None:
        return order, [query]
    state = asked.criteria.state
    states = target.states if state is None else (state.value,)
    # What one operator has entered is in order already, and little of it in any one state.
    is_split = order.column is target.at and asked.criteria.handler is None
    if is_split and len(places) * len(states) <= _MAX_QUERIES:
        return order, [
            query.where(table.c.region_id == place, table.c.state == each) for place, each in product(places, states)
        ]
    return order, [query.where(table.c.region_id.in_(places))]


def _conditions(
    target: _Target[Any], protection: Protection, criteria: Criteria
) -> tuple[_Order, list[ColumnElement[bool]]]:
    table = target.table
    order = _Order(target.at, is_descending=True)
    conditions: list[ColumnElement[bool]] = []

    def equal(column: Column[Any], value: object) -> None:
        if value is not None:
            conditions.append(column == value)

    def begins(column: Column[Any], prefix: str | None) -> None:
        nonlocal order
        if prefix is not None:
            conditions.append((column >= prefix) & (column <= prefix + _LAST))
            order = _Order(column)

    if criteria.handler is not None and table is pairs:
        order = _Order(applications.c.entered_at, is_descending=True)
    equal(applications.c.entered_by, criteria.handler)
    begins(pairs.c.subject, criteria.subject_prefix)
    begins(applicants.c.contact_name, criteria.contact_prefix)
    begins(applicants.c.name, criteria.name_prefix)
    equal(applicants.c.name, criteria.name)
    equal(applicants.c.credit_code, None if criteria.credit_code is None else criteria.credit_code.strip().upper())
    if criteria.identity is not None:
        conditions.append(register.with_identity(protection, criteria.identity))
    equal(table.c.token_serial, criteria.token_serial)
    equal(applications.c.reference, criteria.reference)
    if criteria.serial is not None:
        serial = serial_text(criteria.serial)
        conditions.append((pairs.c.signing_serial == serial) | (pairs.c.encryption_serial == serial))
    for name in ("authority", "profile"):
        equal(table.c[name], getattr(criteria, name))
    equal(table.c.business_kind, criteria.business_kind)
    equal(table.c.state, None if criteria.state is None else criteria.state.value)
    if criteria.since is not None:
        conditions.append(target.at >= seconds(criteria.since))
    if criteria.until is not None:
        conditions.append(target.at < seconds(criteria.until))
    return order, conditions


# ---- where a page ended ---------------------------------------------------------------------
def _cursor(value: str | int, row_id: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([value, row_id], ensure_ascii=False).encode("utf-8")).decode("ascii")


def _behind(order: _Order, key: Column[Any], after: str) -> ColumnElement[bool]:
    if len(as_text(after, "after")) > _MAX_CURSOR_LEN:
        raise InvalidInputError("after is not from a page of a search")
    try:
        value, row_id = json.loads(base64.urlsafe_b64decode(after.encode("ascii")))
    except (ValueError, TypeError, RecursionError):
        raise InvalidInputError("after is not from a page of a search") from None
    kind = order.column.type.python_type
    fits = value.isprintable() if isinstance(value, str) else type(value) is int and value.bit_length() < 63
    if not fits or not isinstance(value, kind) or type(row_id) is not int or row_id.bit_length() > 63:
        raise InvalidInputError("after is not from a page of this search")
    column = order.column
    if order.is_descending:
        return and_(column <= value, or_(column < value, key < row_id))
    return is_behind(column, key, value, row_id)


PAIRS: Final = _Target(
    pairs,
    pairs.c.issued_at,
    tuple(each.value for each in PairState),
    columns_of(pairs, FoundPair),
    reader_of(FoundPair, PairState),
)
APPLICATIONS: Final = _Target(
    applications,
    applications.c.entered_at,
    tuple(each.value for each in ApplicationState),
    columns_of(applications, FoundApplication),
    reader_of(FoundApplication, ApplicationState),
)
