"""What is due at the publishers: taken out of the store and carried there, at least once each.

Whatever is to be published is written down as due in the same commit that makes it, so nothing is forgotten. A row is
claimed for a while, carried to its publisher, and removed; one whose bearer died is due again when the claim ends. Of
revocation lists the latest of the scope is carried, whichever was due: an old one never takes the place of a newer.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, bindparam, delete, func, select, update

from gmpki._inputs import iterated, number
from gmpki.ca.interfaces import SYSTEM, Actor, PublicationKind, Published, Publisher
from gmpki.ca.revocation.lists import IssuedList, latest_list, mark_published, read_list
from gmpki.ca.store.certificates import find
from gmpki.ca.store.columns import serial_number
from gmpki.ca.store.schema import authorities, certificates, crls, due_publications, generations
from gmpki.errors import GmpkiError, InvalidInputError, InvalidTypeError, NotFoundError, PublicationError, StoreError
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from gmpki.ca.store.protection import Protection
    from gmpki.ca.store.store import Store

__all__ = ["Delivered", "as_publishers", "publish_due", "published_certificate", "published_list"]

_CLAIM_S: Final = 300
_AT_ONCE: Final = 100
_FIRST_WAIT_S: Final = 10
_LONGEST_WAIT_S: Final = 3600
_PROBLEM_LEN: Final = 500


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one run has done. Immutable.

    :ivar done: how many things reached their publisher.
    :ivar failed: how many did not; they are tried again later.
    :ivar problems: what was in the way, by the name of the publisher: the last problem of each.
    """

    done: int
    failed: int
    problems: dict[str, str]


def as_publishers(publishers: Iterable[Publisher]) -> dict[str, Publisher]:
    """Return publishers by their names.

    :raises InvalidTypeError: when one is none.
    :raises InvalidInputError: when two have one name.
    """
    found: dict[str, Publisher] = {}
    for publisher in iterated(publishers, "publishers"):
        if not isinstance(publisher, Publisher):
            raise InvalidTypeError(f"a publisher is expected, not {type(publisher).__name__}")
        if publisher.name in found:
            raise InvalidInputError(f"two publishers are called {publisher.name}")
        found[publisher.name] = publisher
    return found


def publish_due(
    store: Store, publishers: Iterable[Publisher], *, actor: Actor = SYSTEM, most: int = 10_000
) -> Delivered:
    """Carry what is due to its publishers; what is due at others is left alone.

    A publisher that cannot be reached is not asked again in this run.

    :param most: how many things are carried at most.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when two publishers have one name, or ``most`` is not positive.
    :raises StoreError: when the database does not do it; what was carried meanwhile may be carried again.
    """
    places = as_publishers(publishers)
    number(most, 1, 1 << 31, "most")
    done: Counter[str] = Counter()
    problems: dict[str, str] = {}
    failed = 0
    while places and sum(done.values()) + failed < most:
        claimed = _claim(store, list(places), min(_AT_ONCE, most - sum(done.values()) - failed))
        if not claimed:
            break
        carried: list[_Claim] = []
        for claim in claimed:
            error = _attempt(store, places, claim)
            if error is None:
                carried.append(claim)
                done[claim.publisher] += 1
                continue
            failed += 1
            if claim.publisher in places:
                problems[claim.publisher] = str(error)
            if isinstance(error, PublicationError):
                places.pop(claim.publisher, None)
            _postpone(store, claim, str(error))
        _settle(store, carried, actor)
    return Delivered(sum(done.values()), failed, problems)


# ---- rows -----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Claim:
    """A due row that this process has taken on. ``attempts`` tells whether it still is."""

    id: int
    publisher: str
    kind: str
    object_id: int
    attempts: int


_MINE: Final = and_(due_publications.c.id == bindparam("row_id"), due_publications.c.attempts == bindparam("mine"))


def _claim(store: Store, names: Sequence[str], most: int) -> list[_Claim]:
    """Take on what is due, so that nobody else carries it at the same time."""
    columns = due_publications.c
    with store.transaction() as tx:
        is_due = and_(columns.publisher.in_(names), columns.due_at <= tx.at)
        query = select(due_publications).where(is_due).order_by(columns.due_at, columns.id).limit(most)
        rows = tx.connection.execute(query.with_for_update(skip_locked=True)).all()
        claims = [_Claim(row.id, row.publisher, row.kind, row.object_id, row.attempts + 1) for row in rows]
        if claims:
            claimed = update(due_publications).where(columns.id == bindparam("row_id"))
            values = {"attempts": bindparam("mine"), "due_at": tx.at + _CLAIM_S}
            tx.connection.execute(
                claimed.values(values), [{"row_id": each.id, "mine": each.attempts} for each in claims]
            )
    return claims


def _postpone(store: Store, claim: _Claim, problem: str) -> None:
    wait_s = min(_FIRST_WAIT_S << min(claim.attempts - 1, 16), _LONGEST_WAIT_S)
    with store.transaction() as tx:
        values = {"due_at": tx.at + wait_s, "problem": problem[:_PROBLEM_LEN]}
        tx.connection.execute(
            update(due_publications).where(_MINE).values(values), {"row_id": claim.id, "mine": claim.attempts}
        )


def _settle(store: Store, carried: Sequence[_Claim], actor: Actor) -> None:
    """Write down what has reached its publisher."""
    if not carried:
        return
    with store.transaction() as tx:
        tx.connection.execute(
            delete(due_publications).where(_MINE), [{"row_id": each.id, "mine": each.attempts} for each in carried]
        )
        for (publisher, kind), count in Counter((each.publisher, each.kind) for each in carried).items():
            tx.audit(actor, "publication.done", f"publisher:{publisher}", kind=kind, count=count)
        for list_id in {each.object_id for each in carried if each.kind == PublicationKind.CRL}:
            same = (due_publications.c.kind == PublicationKind.CRL, due_publications.c.object_id == list_id)
            row = tx.connection.execute(select(crls).where(crls.c.id == list_id)).first()
            if row is not None and not tx.connection.scalar(select(func.count()).where(*same)):
                mark_published(tx, IssuedList.of_row(row))


# ---- carrying -------------------------------------------------------------------------------
def _attempt(store: Store, places: Mapping[str, Publisher], claim: _Claim) -> GmpkiError | None:
    """Carry one thing; return what was in the way, None when it is there."""
    publisher = places.get(claim.publisher)
    if publisher is None:
        return PublicationError(f"{claim.publisher} could not be reached for something before this")
    try:
        if claim.kind == PublicationKind.CRL:
            _carry_list(store, publisher, claim.object_id)
        else:
            publisher.publish(_thing(store, claim))
    except StoreError:
        raise
    except GmpkiError as error:
        return error
    return None


def _carry_list(store: Store, publisher: Publisher, list_id: int) -> None:
    with store.reading() as connection:
        row = connection.execute(select(crls).where(crls.c.id == list_id)).one()
    scope, carried = IssuedList.of_row(row).scope, None
    # Somebody else may have carried a newer one while this one was on its way: then that one is carried again.
    while True:
        with store.reading() as connection:
            latest = latest_list(connection, scope)
        if latest is None or latest.id == carried:
            return
        publisher.publish(published_list(store, latest))
        carried = latest.id


def _thing(store: Store, claim: _Claim) -> Published:
    with store.reading() as connection:
        if claim.kind == PublicationKind.CERTIFICATE:
            return _certificate(connection, store.protection, claim.object_id)
        if claim.kind == PublicationKind.AUTHORITY:
            return _authority(connection, claim.object_id)
    raise InvalidInputError(f"a thing of the kind {claim.kind} is not published")


def _certificate(connection: Connection, protection: Protection, row_id: int) -> Published:
    query = (
        select(certificates.c.authority_id, certificates.c.serial, authorities.c.name, generations.c.generation)
        .join(authorities, authorities.c.id == certificates.c.authority_id)
        .join(generations, generations.c.id == certificates.c.generation_id)
        .where(certificates.c.id == row_id)
    )
    row = connection.execute(query).first()
    if row is None:
        raise NotFoundError("there is no such certificate to be published")
    (found,) = find(connection, protection, row.authority_id, [serial_number(row.serial)]).values()
    return published_certificate(PublicationKind.CERTIFICATE, row.name, row.generation, found.certificate)


def published_certificate(kind: str, authority: str, generation: int, certificate: Certificate) -> Published:
    """Return a certificate, an issued one or the authority's own, as it is published."""
    content = certificate.to_der()
    return Published(kind, authority, generation, lambda: iter((content,)), certificate=certificate)


def _authority(connection: Connection, generation_id: int) -> Published:
    query = (
        select(generations.c.certificate, generations.c.generation, authorities.c.name)
        .join(authorities, authorities.c.id == generations.c.authority_id)
        .where(generations.c.id == generation_id)
    )
    row = connection.execute(query).first()
    if row is None or row.certificate is None:
        raise NotFoundError("there is no such certificate of an authority to be published")
    certificate = Certificate.from_der(row.certificate)
    return published_certificate(PublicationKind.AUTHORITY, row.name, row.generation, certificate)


def published_list(store: Store, what: IssuedList) -> Published:
    """Return a revocation list as it is published; its content is read out of the store when it is wanted.

    :raises NotFoundError: when there is no such authority or key.
    """
    query = (
        select(authorities.c.name, generations.c.generation)
        .join(generations, generations.c.authority_id == authorities.c.id)
        .where(generations.c.id == what.scope.generation_id)
    )
    with store.reading() as connection:
        row = connection.execute(query).first()
    if row is None:
        raise NotFoundError("there is no such key of an authority")
    scope = what.scope
    pieces = partial(_pieces, store, what.id)
    return Published(PublicationKind.CRL, row.name, row.generation, pieces, part=scope.part, is_delta=scope.is_delta)


def _pieces(store: Store, list_id: int) -> Iterator[bytes]:
    with store.reading() as connection:
        yield from read_list(connection, list_id)
