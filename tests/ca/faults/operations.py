"""The operations that are cut off: each may be asked for again, and then gives what it gave or would have given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select

from ca import office
from ca.faults.scene import AUDIT_KEY, NEXT_CA_KEY, PUBLISHER, Work, request
from certified import DAY, NOW
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.interfaces import SYSTEM, Issued, KeyWanted
from gmpki.ca.publication.queue import publish_due
from gmpki.ca.store.audit_seal import seal_audit
from gmpki.ca.store.backup import back_up, verify_backup
from gmpki.ca.store.columns import digest_text, public_key_id
from gmpki.ca.store.idempotency import keep_answer, once
from gmpki.ca.store.schema import applications, due_publications


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that changes the store.

    :ivar run: does it, and hands out what it gave; called again after a fault.
    """

    name: str
    run: Callable[[Work], None]


def append_entry(work: Work) -> None:
    with work.store.transaction() as tx:
        tx.audit(SYSTEM, "thing.put", "thing:1")


def answer_once(work: Work) -> None:
    request = ("request-1", "thing.do", digest_text(b"request"))
    with work.store.transaction() as tx:
        answer = once(tx, *request)
        if answer is None:
            answer = "done"
            keep_answer(tx, *request, answer)
            tx.audit(SYSTEM, "thing.do", "thing:1")
    work.hand("answers", "request-1", answer)


def seal_log(work: Work) -> None:
    seal_audit(work.store, office.key(AUDIT_KEY))


def fill_pool(work: Work) -> None:
    work.centre.pool.fill("SM2", work.centre.pool.spare() + 2)


def allot(work: Work) -> None:
    wanted = KeyWanted("other", 0xABC, office.key(20).public_key, NOW, NOW + 100 * DAY)
    work.hand("keys", public_key_id(work.centre.allot([wanted])[0].public_key))


def issue(work: Work) -> None:
    work.hand_issued("one", work.authority.issue(work.order("one", 30), actor=SYSTEM))


def issue_many(work: Work) -> None:
    orders = [work.order(f"many-{number}", 31 + number) for number in range(3)]
    for order, outcome in zip(orders, work.authority.issue_many(orders, actor=SYSTEM), strict=True):
        if not isinstance(outcome, Issued):
            raise outcome
        work.hand_issued(order.key, outcome)


def replace(work: Work) -> None:
    old = work.serials("first")
    work.hand_issued("new", work.authority.issue(work.order("new", 35, replaces=old), actor=SYSTEM))
    for serial in old:
        work.hand("revoked", f"{serial:x}")


def revoke(work: Work) -> None:
    serials = work.serials("first")
    work.authority.revoke(work.revocation("revoke", serials, ReasonCode.KEY_COMPROMISE), actor=SYSTEM)
    for serial in serials:
        work.hand("revoked", f"{serial:x}")


def resume(work: Work) -> None:
    order = work.revocation("resume", work.serials("held"), ReasonCode.REMOVE_FROM_CRL)
    work.authority.revoke(order, actor=SYSTEM)


def make_list(work: Work) -> None:
    work.list_made()


def make_delta(work: Work) -> None:
    work.list_made(is_delta=True)


def publish(work: Work) -> None:
    publish_due(work.store, [work.publisher()])
    work.clock.at += DAY  # what a process had taken on when it was cut off is taken on again after a while
    publish_due(work.store, [work.publisher()])
    with work.store.reading() as connection:
        left = connection.scalars(select(due_publications.c.id).where(due_publications.c.publisher == PUBLISHER)).all()
    assert left == []


def roll_over(work: Work) -> None:
    if len(work.authority.generations) == 1:
        work.authority.roll_over(office.key(NEXT_CA_KEY), actor=SYSTEM)


def apply_and_review(work: Work) -> None:
    desk = work.desk
    application = desk.office.apply(desk.clerk, desk.form(request=request(50)), key="apply")
    desk.office.proofread(desk.colleague, application.id, key="proofread")
    desk.office.approve(desk.reviewer, application.id, key="approve")


def issue_application(work: Work) -> None:
    desk = work.desk
    with work.store.reading() as connection:
        application_id = connection.scalar(select(applications.c.id).order_by(applications.c.id.desc()).limit(1))
    assert application_id is not None
    outcome = desk.office.issue(desk.issuer, application_id, key="issue")
    work.hand_pair(outcome.pair)
    desk.office.deliver(desk.issuer, application_id, receipt="张三", key="deliver")


def report_loss(work: Work) -> None:
    pair = work.desk.office.report_loss(work.desk.issuer, work.pair_id(), key="loss").pair
    assert pair is not None
    for serial in pair.serial_numbers:
        work.hand("revoked", f"{serial:x}")


def reissue(work: Work) -> None:
    desk = work.desk
    old = desk.office.pair(desk.issuer, work.pair_id())
    asked = desk.office.reissue(desk.clerk, old.id, request=request(52), key="reissue").application
    desk.office.proofread(desk.colleague, asked.id, key="reissue-proofread")
    desk.office.approve(desk.reviewer, asked.id, key="reissue-approve")
    work.hand_pair(desk.office.issue(desk.issuer, asked.id, key="reissue-issue").pair)
    for serial in old.serial_numbers:
        work.hand("revoked", f"{serial:x}")


def recover_key(work: Work) -> None:
    (serial,) = (row for row in work.serials("first") if work.is_encryption(row))
    work.authority.recover_key(serial, office.key(20).public_key, actor=SYSTEM)


def make_backup(work: Work) -> None:
    path = work.folder / "backup"
    if not path.exists():
        back_up(work.store, path)
    verify_backup(path, work.store.protection.ring)


OPERATIONS = (
    Operation("an entry of the audit log", append_entry),
    Operation("an answer kept", answer_once),
    Operation("a seal of the audit log", seal_log),
    Operation("keys made for the pool", fill_pool),
    Operation("a key allotted", allot),
    Operation("a pair issued", issue),
    Operation("three pairs issued at once", issue_many),
    Operation("a pair replaced", replace),
    Operation("a pair revoked", revoke),
    Operation("a pair resumed", resume),
    Operation("a revocation list", make_list),
    Operation("a delta list", make_delta),
    Operation("publication", publish),
    Operation("the authority's key changed", roll_over),
    Operation("an application reviewed", apply_and_review),
    Operation("an application issued, delivered", issue_application),
    Operation("a loss reported", report_loss),
    Operation("a pair reissued", reissue),
    Operation("an encryption key recovered", recover_key),
    Operation("a backup", make_backup),
)


def _hand_out_too_early(work: Work) -> None:
    def hand(_tx: object, issued: Issued) -> None:
        work.hand_issued("early", issued)

    work.authority.issue(work.order("early", 51), actor=SYSTEM, complete=hand)


# Proves that the search for losses finds one.
PLANTED = Operation("a pair handed out before the commit", _hand_out_too_early)
