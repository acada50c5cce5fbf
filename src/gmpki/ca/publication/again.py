"""Everything once more: for a publisher that is new, was restored, or has lost what lay there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Integer, String, insert, literal, select

from gmpki._inputs import as_text, iterated, member
from gmpki.ca.authority.authority import Authority
from gmpki.ca.interfaces import SYSTEM, Actor, PublicationKind
from gmpki.ca.revocation.lists import latest_list
from gmpki.ca.revocation.schedule import scopes_of
from gmpki.ca.store.due import make_due
from gmpki.ca.store.schema import certificates, due_publications, generations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Select

    from gmpki.ca.store.store import Store, Transaction

__all__ = ["make_all_due"]


def make_all_due(store: Store, authority: Authority, publishers: Iterable[str], *, actor: Actor = SYSTEM) -> int:
    """Make all of an authority due that should lie at publishers; return how much was not due already.

    That is its own certificates, the latest list of each scope, and the certificates that others may read and that have
    not expired. :func:`~gmpki.ca.publication.queue.publish_due` then carries it.

    :param publishers: their names.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises StoreError: when the database does not do it.
    """
    member(authority, Authority, "authority")
    names = [as_text(name, "the name of a publisher") for name in iterated(publishers, "publishers")]
    with store.reading() as connection:
        scopes = [scope for issuer in authority.list_issuers() for scope in scopes_of(connection, issuer)]
    public = [name for name, profile in authority.settings.profile_set().items() if profile.published]
    with store.transaction() as tx:
        latest = [made.id for made in (latest_list(tx.connection, scope) for scope in scopes) if made is not None]
        own = (generations.c.authority_id == authority.id, generations.c.certificate.is_not(None))
        issued = (
            certificates.c.authority_id == authority.id,
            certificates.c.state.not_in(("meant", "cancelled")),
            certificates.c.profile.in_(public),
            certificates.c.not_after >= tx.at,
        )
        made_due = 0
        for name in names:
            waiting = _waiting(tx, name, PublicationKind.CRL)
            lists = [number for number in latest if number not in waiting]
            made_due += make_due(tx, [name], PublicationKind.CRL, lists)
            made_due += _insert(tx, name, PublicationKind.AUTHORITY, select(generations.c.id).where(*own))
            made_due += _insert(tx, name, PublicationKind.CERTIFICATE, select(certificates.c.id).where(*issued))
            tx.audit(actor, "publication.again", f"publisher:{name}", authority=authority.name)
    return made_due


def _waiting(tx: Transaction, publisher: str, kind: str) -> set[int]:
    columns = due_publications.c
    query = select(columns.object_id).where(columns.publisher == publisher, columns.kind == kind)
    return set(tx.connection.scalars(query))


def _insert(tx: Transaction, publisher: str, kind: str, ids: Select[tuple[int]]) -> int:
    """Make what a query yields due, within the database: there may be millions."""
    columns = due_publications.c
    (wanted,) = ids.selected_columns
    already = select(columns.id).where(
        columns.publisher == publisher, columns.kind == kind, columns.object_id == wanted
    )
    rows = ids.where(~already.exists()).with_only_columns(
        literal(publisher, String), literal(kind, String), wanted, literal(tx.at, BigInteger), literal(0, Integer)
    )
    names = ["publisher", "kind", "object_id", "due_at", "attempts"]
    return tx.connection.execute(insert(due_publications).from_select(names, rows)).rowcount
