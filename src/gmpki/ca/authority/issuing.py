"""Issuing in two commits: first everything that will be signed is written down, then it is signed, then it is issued.

==== ============================ ============================================================================
step where                        what
==== ============================ ============================================================================
1    reading                      orders that are known already get their answer, or are refused
2    outside                      request, profile, subject: checked; serial numbers chosen; encryption keys allotted
3    outside                      the TBSCertificates are made, and the linter judges them
4    first commit                 orders and certificates as "meant", audit entries "certificate.meant"
5    outside                      signatures, each verified
6    second commit                "issued"; old certificates revoked, what the caller completes, what has to be
                                  published, audit entries "certificate.issued"
7    outside                      encryption keys of orders that failed are retired
==== ============================ ============================================================================

Orders of a batch share the commits; one that fails does not hinder the others. A process that ends between the two
commits leaves orders that are only meant: :mod:`gmpki.ca.authority.recovery` gives them up, and a second commit that
comes too late finds them so.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from sqlalchemy import select

from gmpki.ca.authority import orders, recovery
from gmpki.ca.authority.orders import IssueRow, IssueState
from gmpki.ca.interfaces import Issued, KeyWanted, PublicationKind
from gmpki.ca.revocation import entries
from gmpki.ca.store.certificates import (
    CertificateRow,
    MeantCertificate,
    cancel_meant,
    demand,
    find,
    insert_meant,
    make_issued,
    of_issues,
)
from gmpki.ca.store.columns import public_key_id, serial_text
from gmpki.ca.store.due import make_due
from gmpki.ca.store.schema import certificates
from gmpki.errors import (
    ConflictError,
    GmpkiError,
    KeyMismatchError,
    LifeCycleError,
    NotFoundError,
    StateError,
    StoreError,
    TamperedError,
)
from gmpki.x509.certificate import Certificate
from gmpki.x509.certificate_builder import random_serial_number
from gmpki.x509.preparing import Asked
from gmpki.x509.profile import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from gmpki.ca.authority._opened import Opened
    from gmpki.ca.interfaces import Actor, AllottedKey, Order
    from gmpki.ca.store.store import Transaction
    from gmpki.x509.preparing import Accepted, ToBeSigned

    Complete = Callable[[Transaction, Issued], None]

__all__ = ["Job", "carry_out"]

_ROLES: Final = {Role.ONLY: "only", Role.SIGNING: "signing", Role.ENCRYPTION: "encryption"}
_ATTEMPTS: Final = 4
_IN_ONE_QUERY: Final = 500

T = TypeVar("T")


@dataclass(slots=True)
class Job:
    """One order on its way. A context.

    :ivar outcome: what became of it; None as long as it is on its way.
    """

    order: Order
    complete: Complete | None
    digest: str
    outcome: Issued | GmpkiError | None = None
    attempt: int = 1
    accepted: Accepted | None = None
    serials: tuple[int, ...] = ()
    key: AllottedKey | None = None
    prepared: tuple[ToBeSigned, ...] = ()
    issue_id: int = 0
    signed: list[Certificate] = field(default_factory=list)

    @property
    def wants_new_key(self) -> bool:
        """Tell whether the key-management centre gives it a key that nobody has."""
        return self.accepted is not None and self.accepted.profile.is_pair and self.order.encryption_key is None


def carry_out(opened: Opened, jobs: Sequence[Job], actor: Actor) -> None:
    """Carry out orders; what became of each stands in its ``outcome``.

    :raises StoreError: when the database cannot be read.
    """
    _recognise(opened, jobs)
    with opened.running.claimed([job.order.key for job in _left(jobs)]) as claimed:
        for job in _left(jobs):
            if job.order.key not in claimed:
                job.outcome = _in_progress()
        try:
            _make(opened, jobs, actor)
        except BaseException as error:
            _give_up(opened, jobs, actor, error)
            if not isinstance(error, GmpkiError):
                raise
        finally:
            _retire(opened, jobs, actor)


def _make(opened: Opened, jobs: Sequence[Job], actor: Actor) -> None:
    at = opened.store.now()
    _accept(opened, _left(jobs), at)
    _choose_serials(opened, _left(jobs))
    _allot(opened, _left(jobs))
    _refuse_keys_of_others(opened, _left(jobs))
    for job in _left(jobs):
        _attempt(job, lambda job=job: _prepare(opened, job))  # type: ignore[misc]
    _first_commit(opened, jobs, actor)
    _sign(opened, _left(jobs))
    _second_commit(opened, jobs, actor)


def _left(jobs: Iterable[Job]) -> list[Job]:
    return [job for job in jobs if job.outcome is None]


def _attempt(job: Job, step: Callable[[], None]) -> None:
    try:
        step()
    except GmpkiError as error:
        job.outcome = error


# ---- before the first commit --------------------------------------------------------------
def _recognise(opened: Opened, jobs: Sequence[Job]) -> None:
    """Answer the orders that are known; give up those that somebody else began and will not finish."""
    with opened.store.reading() as connection:
        known = orders.latest(connection, [job.order.key for job in _left(jobs)])
        answers = _answers(opened, connection, known.values())
    abandoned = [row.id for row in known.values() if row.state is IssueState.MEANT and opened.is_abandoned(row)]
    if abandoned:
        with opened.store.transaction() as tx:
            recovery.cancel(tx, abandoned, opened.system, "abandoned")
    seen: set[str] = set()
    for job in _left(jobs):
        row = known.get(job.order.key)
        if job.order.key in seen:
            job.outcome = ConflictError("duplicate", "two orders of one batch have one key")
        elif row is not None:
            _attempt(job, lambda job=job, row=row: _recall(job, row, answers, abandoned))  # type: ignore[misc]
        seen.add(job.order.key)


def _recall(job: Job, row: IssueRow, answers: dict[int, Issued], abandoned: Sequence[int]) -> None:
    orders.demand_same(row, job.digest)
    if row.state is IssueState.ISSUED:
        job.outcome = answers[row.id]
    elif row.state is IssueState.MEANT and row.id not in abandoned:
        raise _in_progress()
    job.attempt = row.attempt + 1


def _in_progress() -> ConflictError:
    return ConflictError("in-progress", "somebody else is carrying out this order just now")


def _answers(opened: Opened, connection: Connection, rows: Iterable[IssueRow]) -> dict[int, Issued]:
    """Return what finished orders gave."""
    done = {row.id: row for row in rows if row.state is IssueState.ISSUED}
    found = {}
    for number, its in of_issues(connection, opened.store.protection, done).items():
        by_role = {row.role: row.certificate for row in its}
        signing = by_role.get("signing") or by_role.get("only")
        if signing is None:
            raise TamperedError("removed", "the certificates of an order that was carried out are gone", place=number)
        found[number] = Issued(signing, by_role.get("encryption"), done[number].delivery)
    return found


def _accept(opened: Opened, jobs: Sequence[Job], at: datetime) -> None:
    asked: list[tuple[Job, Asked]] = []
    for job in jobs:
        _attempt(job, lambda job=job: asked.append((job, _asked(opened, job))))  # type: ignore[misc]
    results = opened.issuer.accept_many([each for _, each in asked], at=at)
    for (job, _), result in zip(asked, results, strict=True):
        if isinstance(result, GmpkiError):
            job.outcome = result
        else:
            job.accepted = result


def _asked(opened: Opened, job: Job) -> Asked:
    order = job.order
    profile = opened.profiles.get(order.profile)
    if profile is None:
        raise NotFoundError(f"the authority issues under no profile {order.profile[:80]!r}")
    if order.encryption_key is not None and not profile.is_pair:
        raise KeyMismatchError(f"the profile {profile.name} issues no pairs: there is no encryption key to keep")
    return Asked(order.request, profile, order.subject, order.validity, order.extensions)


def _choose_serials(opened: Opened, jobs: Sequence[Job]) -> None:
    """Choose serial numbers that the authority has not used. That none comes twice is for the database to see."""
    for _ in range(_ATTEMPTS):
        for job in jobs:
            if job.accepted is not None and not job.serials:
                job.serials = tuple(random_serial_number() for _ in job.accepted.profile.roles)
        chosen = [serial for job in jobs for serial in job.serials]
        with opened.store.reading() as connection:
            taken = set(find(connection, opened.store.protection, opened.row.id, chosen))
        for job in jobs:
            if taken.intersection(job.serials):
                job.serials = ()
        if not taken:
            return
    for job in jobs:
        if not job.serials:
            job.outcome = StoreError("no serial number was found that is not used: the random source repeats itself")


def _allot(opened: Opened, jobs: Sequence[Job]) -> None:
    """Get the encryption keys: the new ones all at once, those that are kept one by one."""
    wanted = [(job, each) for job in jobs if (each := _wanted(opened, job)) is not None]
    try:
        keys = opened.demand_key_centre().allot([each for _, each in wanted]) if wanted else []
        for (job, _), key in zip(wanted, keys, strict=True):
            job.key = key
    except GmpkiError as error:
        if len(wanted) == 1:
            wanted[0][0].outcome = error
        else:
            for job, _ in wanted:
                _allot(opened, [job])
    for job in _left(jobs):
        if job.order.encryption_key is not None and job.key is None:
            _attempt(job, lambda job=job: _keep_key(opened, job))  # type: ignore[misc]


def _wanted(opened: Opened, job: Job) -> KeyWanted | None:
    if job.accepted is None or not job.wants_new_key:
        return None
    validity, owner = job.accepted.validity, job.accepted.public_key
    kind = opened.key_kind(owner)
    return KeyWanted(opened.row.name, job.serials[1], owner, validity.not_before, validity.not_after, kind)


def _keep_key(opened: Opened, job: Job) -> None:
    """Get the key of an older certificate, enveloped for the signing key of the order."""
    if job.accepted is None or job.order.encryption_key is None:
        return
    older = opened.encryption_row(job.order.encryption_key)
    key = opened.recover_key(older, job.accepted.public_key)
    if public_key_id(key.public_key) != older.public_key_id:
        raise KeyMismatchError("the key-management centre gives another key than that of the certificate")
    job.key = key


def _refuse_keys_of_others(opened: Opened, jobs: Sequence[Job]) -> None:
    """Refuse new encryption keys that a certificate has already.

    Whoever can write in the database of the key-management centre can put back the row that a key had while it was
    spare, tag included; without this it would be given out once more, enveloped for somebody else.
    """
    new = [(job, public_key_id(job.key.public_key)) for job in jobs if job.key is not None and job.wants_new_key]
    taken: set[str] = set()
    for begin in range(0, len(new), _IN_ONE_QUERY):
        some = [key_id for _, key_id in new[begin : begin + _IN_ONE_QUERY]]
        with opened.store.reading() as connection:
            query = select(certificates.c.public_key_id).where(certificates.c.public_key_id.in_(some))
            taken.update(connection.scalars(query))
    for job, key_id in new:
        if key_id in taken:
            job.outcome = KeyMismatchError("the key-management centre gives a key that a certificate has already")
        taken.add(key_id)


def _prepare(opened: Opened, job: Job) -> None:
    if job.accepted is None:
        return
    key = None if job.key is None else job.key.public_key
    job.prepared = opened.issuer.prepare(job.accepted, encryption_key=key, serial_numbers=job.serials)


# ---- the first commit ---------------------------------------------------------------------
def _first_commit(opened: Opened, jobs: Sequence[Job], actor: Actor) -> None:
    """Write what will be signed. Orders that somebody else began in the meantime drop out."""
    for last in range(_ATTEMPTS):
        left = _left(jobs)
        if not left:
            return
        try:
            with opened.store.transaction() as tx:
                _write_meant(opened, tx, left, actor)
        except ConflictError as error:
            # Between reading and writing another process wrote the same key of an order; nothing of ours is there.
            if error.reason != "duplicate" or last == _ATTEMPTS - 1:
                raise
            for job in left:
                job.issue_id = 0
            _recognise(opened, jobs)
        else:
            return


def _write_meant(opened: Opened, tx: Transaction, jobs: Sequence[Job], actor: Actor) -> None:
    opened.demand_current(tx)
    rows = [
        IssueRow(
            order_key=job.order.key,
            attempt=job.attempt,
            request_digest=job.digest,
            authority_id=opened.row.id,
            generation_id=opened.active.id,
            profile=job.order.profile,
            worker=opened.worker.to_text(),
            meant_at=tx.at,
            delivery=None if job.key is None else job.key.delivery,
        )
        for job in jobs
    ]
    for job, row in zip(jobs, orders.write(tx, rows), strict=True):
        job.issue_id = row.id
        tx.audit(actor, "certificate.meant", f"issue:{row.id}", **_said(opened, job))
    insert_meant(tx, [_meant(opened, job, each) for job in jobs for each in job.prepared])


def _said(opened: Opened, job: Job) -> dict[str, str | None]:
    serials = " ".join(serial_text(serial) for serial in job.serials)
    return {"authority": opened.row.name, "profile": job.order.profile, "order": job.order.key, "serials": serials}


def _meant(opened: Opened, job: Job, prepared: ToBeSigned) -> MeantCertificate:
    return MeantCertificate(
        issue_id=job.issue_id,
        authority_id=opened.row.id,
        generation_id=opened.active.id,
        serial=prepared.serial_number,
        role=_ROLES[prepared.role],
        profile=job.order.profile,
        part=opened.addresses.part_of(prepared.serial_number),
        subject=str(prepared.subject),
        public_key_id=public_key_id(prepared.public_key),
        not_before=prepared.validity.not_before,
        not_after=prepared.validity.not_after,
        tbs=prepared.der,
    )


# ---- the signatures and the second commit -------------------------------------------------
def _sign(opened: Opened, jobs: Sequence[Job]) -> None:
    for job, signed in zip(jobs, opened.issuer.sign_many([job.prepared for job in jobs]), strict=True):
        if isinstance(signed, GmpkiError):
            job.outcome = signed
        else:
            job.signed = list(signed)


def _second_commit(opened: Opened, jobs: Sequence[Job], actor: Actor) -> None:
    """Make issued what was signed, and give up what was not. Until the commit no order has its answer."""
    begun = [job for job in jobs if job.issue_id]
    if not begun:
        return
    outcomes: dict[int, Issued | GmpkiError] = {}
    with opened.store.transaction() as tx:
        locked = orders.lock(tx.connection, [job.issue_id for job in begun])
        rows = of_issues(tx.connection, tx.protection, locked, lock=True)
        for job in begun:
            outcomes[job.issue_id] = _finish(opened, tx, job, locked[job.issue_id].state, actor)
        done = [job for job in begun if isinstance(outcomes[job.issue_id], Issued)]
        failed = [job.issue_id for job in begun if isinstance(outcomes[job.issue_id], GmpkiError)]
        issued = make_issued(
            tx,
            ((row, certificate.der) for job in done for row, certificate in _matched(rows[job.issue_id], job.signed)),
        )
        orders.set_state(tx, [job.issue_id for job in done], IssueState.ISSUED)
        _publish(opened, tx, issued)
        for job in done:
            tx.audit(actor, "certificate.issued", f"issue:{job.issue_id}", **_said(opened, job))
        given_up = [each for each in failed if locked[each].state is IssueState.MEANT]
        _cancel(tx, given_up, rows, actor)
    for job in begun:
        job.outcome = outcomes[job.issue_id]


def _finish(opened: Opened, tx: Transaction, job: Job, state: IssueState, actor: Actor) -> Issued | GmpkiError:
    """Do what an order wants done in the commit that makes it issued; return its answer, or what is against it."""
    if state is not IssueState.MEANT:
        return LifeCycleError("issue", state.value, "the order was given up: it took too long")
    if job.outcome is not None:
        return job.outcome
    encryption = job.signed[1] if len(job.signed) > 1 else None
    issued = Issued(job.signed[0], encryption, None if job.key is None else job.key.delivery)
    if not job.order.replaces and job.complete is None:
        return issued
    try:
        with tx.savepoint():
            if job.order.replaces:
                _replace(opened, tx, job, actor)
            if job.complete is not None:
                job.complete(tx, issued)
    except StoreError:
        raise  # what is wrong with the database is wrong for all
    except GmpkiError as error:
        return error
    return issued


def _replace(opened: Opened, tx: Transaction, job: Job, actor: Actor) -> None:
    """Revoke the certificates in whose place the new ones come; those that have expired need it no more."""
    rows = demand(tx, opened.row.id, dict.fromkeys(job.order.replaces), "replace")
    current = [row.serial for row in rows if row.not_after >= tx.at]
    if current:
        reason = job.order.replaces_reason
        entries.revoke(tx, opened.row.id, current, reason=reason)
        serials = " ".join(serial_text(serial) for serial in current)
        tx.audit(actor, "certificate.revoked", f"issue:{job.issue_id}", serials=serials, reason=reason.name.lower())


def _matched(rows: Sequence[CertificateRow], signed: Sequence[Certificate]) -> list[tuple[CertificateRow, Certificate]]:
    by_serial = {certificate.serial_number: certificate for certificate in signed}
    return [(row, by_serial[row.serial]) for row in rows]


def _publish(opened: Opened, tx: Transaction, rows: Sequence[CertificateRow]) -> None:
    """Have certificates published whose profile says that others may read them."""
    public = [row.id for row in rows if opened.profiles[row.profile].published]
    make_due(tx, opened.settings.publishers, PublicationKind.CERTIFICATE, public)


def _cancel(tx: Transaction, issue_ids: Sequence[int], rows: dict[int, list[CertificateRow]], actor: Actor) -> None:
    cancel_meant(tx, [row for number in issue_ids for row in rows[number]])
    orders.set_state(tx, issue_ids, IssueState.CANCELLED)
    for number in issue_ids:
        tx.audit(actor, "certificate.cancelled", f"issue:{number}", reason="failed")


# ---- when something goes wrong ------------------------------------------------------------
def _give_up(opened: Opened, jobs: Sequence[Job], actor: Actor, error: BaseException) -> None:
    """Cancel what this process has begun and will not finish, or learn that it is finished after all.

    When the database does not let itself be asked, the orders stay as they are: a later attempt, or recovery, asks
    again.
    """
    known: dict[str, Issued] = {}
    with suppress(GmpkiError):
        with opened.store.transaction() as tx:
            # By their keys: numbers that a commit gave which came to nothing may be those of others by now.
            rows = orders.latest(tx.connection, [job.order.key for job in jobs if job.issue_id], lock=True)
            mine = [row for row in rows.values() if row.worker == opened.worker.to_text()]
            recovery.cancel(tx, [row.id for row in mine], actor, "failed")
            answers = _answers(opened, tx.connection, mine)
        known = {row.order_key: answers[row.id] for row in mine if row.id in answers}
        written = {row.order_key: row.id for row in mine}
        for job in jobs:
            job.issue_id = written.get(job.order.key, 0)
    failure = error if isinstance(error, GmpkiError) else StateError("the order was interrupted")
    for job in jobs:
        if job.order.key in known:
            job.outcome = known[job.order.key]
        elif job.outcome is None:
            job.outcome = failure


def _retire(opened: Opened, jobs: Sequence[Job], actor: Actor) -> None:
    """Give back the encryption keys of orders that came to nothing. What fails now stays due."""
    never_begun = [job.serials[1] for job in jobs if job.key is not None and not job.issue_id and job.wants_new_key]
    is_left = any(isinstance(job.outcome, GmpkiError) and job.key is not None and job.issue_id for job in jobs)
    with suppress(GmpkiError):
        if never_begun:
            opened.demand_key_centre().retire(opened.row.name, never_begun)
        if is_left:
            opened.retire_keys(actor)
