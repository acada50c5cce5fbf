"""How long registration data are kept, and their deletion when that time is over.

Data of an applicant are kept until ten years, or more where that is asked for, have passed since the last thing that
happened: their registration or its last change, each application, the end of each certificate. Nothing is deleted
before. The audit log is never shortened by this, nor are certificates and revocations: they name no number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, select, update

from gmpki._inputs import number
from gmpki.ca.store.columns import from_seconds, row_id, seconds
from gmpki.ca.store.schema import applicants, applications, attachments, media, pairs, reminders
from gmpki.errors import NotFoundError, StateError

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from gmpki.ca.interfaces import Actor
    from gmpki.ca.store.store import Transaction

__all__ = ["MINIMUM_YEARS", "due", "end_of_retention", "kept_until", "purge"]

MINIMUM_YEARS: Final = 10
_MAX_YEARS: Final = 1000
# Never shorter than a year of the calendar, whichever years they are.
_YEAR_S: Final = 366 * 24 * 3600


def end_of_retention(begins_at: int, years: int = MINIMUM_YEARS) -> int:
    """Return until when something is kept at least, in seconds, when the time runs from ``begins_at``.

    :param years: 10 to 1000.
    :raises InvalidTypeError: when it is no int.
    :raises InvalidInputError: when it is less than 10 or more than 1000.
    """
    return begins_at + number(years, MINIMUM_YEARS, _MAX_YEARS, "the years of retention") * _YEAR_S


def kept_until(connection: Connection, applicant_id: int, years: int = MINIMUM_YEARS) -> datetime:
    """Return until when the data of an applicant are kept at least.

    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when years is less than 10 or more than 1000.
    :raises NotFoundError: when there is no such applicant.
    """
    row_id(applicant_id, "the number of an applicant")
    own = connection.execute(
        select(applicants.c.updated_at, applicants.c.retain_until).where(applicants.c.id == applicant_id)
    ).first()
    if own is None:
        raise NotFoundError(f"there is no applicant {applicant_id}")
    asked = connection.execute(
        select(
            func.max(applications.c.retain_until),
            func.max(applications.c.entered_at),
            func.max(applications.c.issued_at),
            func.max(applications.c.closed_at),
        ).where(applications.c.applicant_id == applicant_id)
    ).one()
    held = connection.execute(
        select(func.max(pairs.c.not_after), func.max(pairs.c.changed_at)).where(pairs.c.applicant_id == applicant_id)
    ).one()
    happened = [each for each in (own.updated_at, *asked[1:], *held) if each is not None]
    # What was promised in a row stays promised, even when it is fewer years today.
    promised = [each for each in (own.retain_until, asked[0]) if each is not None]
    return from_seconds(max(*promised, end_of_retention(max(happened), years)))


def due(
    connection: Connection, now: datetime, years: int = MINIMUM_YEARS, *, after: int = 0, limit: int = 1000
) -> tuple[int, ...]:
    """Return the numbers of applicants whose data may be deleted now, in ascending order.

    :param after: only numbers above this one: the last of the page before.
    :param limit: 1 to 10,000 at once.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when limit, after or years is out of range, or the time has no time zone.
    """
    number(limit, 1, 10_000, "limit")
    last = number(after, 0, (1 << 63) - 1, "after")
    at = seconds(now)
    found: list[int] = []
    while len(found) < limit:
        query = select(applicants.c.id).where(applicants.c.id > last, applicants.c.retain_until < at)
        page = connection.scalars(query.order_by(applicants.c.id).limit(limit)).all()
        if not page:
            break
        found += [each for each in page if kept_until(connection, each, years) < now]
        last = page[-1]
    return tuple(found[:limit])


def purge(tx: Transaction, applicant_id: int, years: int = MINIMUM_YEARS, *, actor: Actor) -> None:
    """Delete the data of an applicant, with applications, attachments and pairs, for good.

    :raises InvalidInputError: when years is less than 10 or more than 1000.
    :raises NotFoundError: when there is no such applicant.
    :raises StateError: when they have to be kept still; the message tells until when.
    """
    locked = select(applicants.c.id).where(applicants.c.id == applicant_id).with_for_update()
    if tx.connection.scalar(locked) is None:
        raise NotFoundError(f"there is no applicant {applicant_id}")
    until = kept_until(tx.connection, applicant_id, years)
    if tx.now <= until:
        raise StateError(f"the data of applicant {applicant_id} are kept until {until:%Y-%m-%d}")
    own_pairs = select(pairs.c.id).where(pairs.c.applicant_id == applicant_id)
    own_applications = select(applications.c.id).where(applications.c.applicant_id == applicant_id)
    tx.connection.execute(delete(reminders).where(reminders.c.pair_id.in_(own_pairs)))
    tx.connection.execute(
        update(media).where(media.c.applicant_id == applicant_id).values(applicant_id=None, pair_id=None)
    )
    gone_pairs = tx.connection.execute(delete(pairs).where(pairs.c.applicant_id == applicant_id)).rowcount
    tx.connection.execute(delete(attachments).where(attachments.c.application_id.in_(own_applications)))
    gone = tx.connection.execute(delete(applications).where(applications.c.applicant_id == applicant_id)).rowcount
    tx.connection.execute(delete(applicants).where(applicants.c.id == applicant_id))
    tx.audit(actor, "applicant.purge", f"applicant:{applicant_id}", pairs=gone_pairs, applications=gone)
