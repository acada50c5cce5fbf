"""Orders, from the first commit to the second, and what stands in their way."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from ca.authorities import ACTOR, CA_KEY, NAME, Authorities, found, key, order, owner, revocation, serials
from certified import NOW
from gmpki.asn1.rfc5280 import ReasonCode, Validity
from gmpki.ca.authority import issuing
from gmpki.ca.authority.authority import Authority
from gmpki.ca.interfaces import Issued, KeyWanted
from gmpki.ca.kmc.centre import KeyManagementCentre
from gmpki.ca.store.schema import audit, certificates, due_publications, issues, kmc_keys
from gmpki.ca.store.store import Store, Transaction
from gmpki.errors import (
    ConflictError,
    FaultDetected,
    GmpkiError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    IssuerRefusedError,
    KeyMismatchError,
    LifeCycleError,
    LimitExceeded,
    NotFoundError,
    ProfileError,
    StateError,
    StoreError,
    TamperedError,
    ValidationError,
)
from gmpki.keys.many import sign_many
from gmpki.x509.delivery import open_delivery
from gmpki.x509.request import CertificateRequest, RequestBuilder


@pytest.fixture
def made(store: Store) -> Authorities:
    return found(store)


def states(store: Store, table: Any) -> dict[str, int]:
    with store.reading() as connection:
        rows = connection.execute(select(table.c.state, func.count()).group_by(table.c.state)).all()
    return dict(tuple(row) for row in rows)


def said(store: Store, operation: str) -> int:
    with store.reading() as connection:
        return connection.scalar(select(func.count()).where(audit.c.operation == operation)) or 0


# ---- what an order gives ------------------------------------------------------------------
def test_pair(made: Authorities) -> None:
    issued = made.authority.issue(order(1), actor=ACTOR)
    assert issued.pair is not None
    assert issued.delivery is not None
    opened = open_delivery(issued.delivery, key(1), pair=issued.pair)
    assert opened.encryption_key.public_key == issued.pair.encryption.public_key
    assert issued.signing.subject == owner(1)
    for certificate in (issued.pair.signing, issued.pair.encryption):
        certificate.verify_signature(made.authority.certificate)
    made.authority.certificate.verify_signature(made.root.certificate)
    assert states(made.store, kmc_keys)["in-use"] == 1


def test_written(made: Authorities) -> None:
    before = said(made.store, "certificate.meant"), said(made.store, "certificate.issued")
    issued = made.authority.issue(order(1), actor=ACTOR)
    after = said(made.store, "certificate.meant"), said(made.store, "certificate.issued")
    assert (after[0] - before[0], after[1] - before[1]) == (1, 1)
    with made.store.reading() as connection:
        wanted = certificates.c.serial.in_([f"{serial:x}" for serial in serials(issued)])
        rows = connection.execute(select(certificates).where(wanted)).all()
        due = connection.scalar(select(func.count()).where(due_publications.c.kind == "certificate"))
    assert {row.state for row in rows} == {"valid"}
    assert {row.content for row in rows} == {issued.signing.der, issued.encryption and issued.encryption.der}
    assert {row.part for row in rows} == {serial % 4 + 1 for serial in serials(issued)}
    assert due == 2


def test_address_of_its_part(made: Authorities) -> None:
    issued = made.authority.issue(order(1), actor=ACTOR)
    part = issued.signing.serial_number % 4 + 1
    assert f"http://crl.example.cn/1/{part}.crl".encode() in issued.signing.der


def test_serial_numbers_are_random_and_long(made: Authorities) -> None:
    found_numbers = [
        serial for number in range(1, 5) for serial in serials(made.authority.issue(order(number), actor=ACTOR))
    ]
    assert len(set(found_numbers)) == 8
    assert max(found_numbers).bit_length() > 112


def test_same_order_same_answer(made: Authorities) -> None:
    calls: list[Issued] = []
    first = made.authority.issue(order(1), actor=ACTOR, complete=lambda _, issued: calls.append(issued))
    again = made.authority.issue(order(1), actor=ACTOR, complete=lambda _, issued: calls.append(issued))
    elsewhere = made.reopened().issue(order(1), actor=ACTOR)
    assert first == again == elsewhere
    assert calls == [first]
    assert states(made.store, kmc_keys)["in-use"] == 1


def test_other_order_same_key(made: Authorities) -> None:
    made.authority.issue(order(1), actor=ACTOR)
    with pytest.raises(ConflictError) as caught:
        made.authority.issue(order(2, key="order 1"), actor=ACTOR)
    assert caught.value.reason == "key-reused"


@pytest.mark.parametrize(
    "changed",
    [
        {"profile": "personal"},
        {"subject": owner(7)},
        {"validity": Validity(NOW, NOW + timedelta(days=3))},
        {"encryption_key": 5},
        {"replaces": (5,)},
        {"replaces_reason": ReasonCode.KEY_COMPROMISE},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_everything_belongs_to_the_order(made: Authorities, changed: dict[str, Any]) -> None:
    made.authority.issue(order(1), actor=ACTOR)
    with pytest.raises(ConflictError):
        made.authority.issue(order(1, **changed), actor=ACTOR)


def test_keep_the_encryption_key(made: Authorities) -> None:
    first = made.authority.issue(order(1), actor=ACTOR)
    asked = order(2, encryption_key=serials(first)[1], replaces=serials(first))
    second = made.authority.issue(asked, actor=ACTOR)
    # A third time: the centre knows the key under the number of the first certificate.
    third = made.authority.issue(order(3, encryption_key=serials(second)[1]), actor=ACTOR)
    for issued, holder in ((second, 2), (third, 3)):
        assert issued.pair is not None
        assert issued.delivery is not None
        open_delivery(issued.delivery, key(holder), pair=issued.pair)
        assert first.encryption is not None
        assert issued.pair.encryption.public_key == first.encryption.public_key
    assert states(made.store, kmc_keys)["in-use"] == 1
    assert states(made.store, certificates)["revoked"] == 2


def test_recover_key(made: Authorities) -> None:
    first = made.authority.issue(order(1), actor=ACTOR)
    second = made.authority.issue(order(2, encryption_key=serials(first)[1]), actor=ACTOR)
    recovered = made.authority.recover_key(serials(second)[1], key(9).public_key, actor=ACTOR)
    assert first.encryption is not None
    assert recovered.public_key == first.encryption.public_key
    assert open_delivery(recovered.delivery, key(9)).encryption_key.public_key == first.encryption.public_key
    with pytest.raises(NotFoundError):
        made.authority.recover_key(serials(second)[0], key(9).public_key, actor=ACTOR)


# ---- what is refused before anything is written -------------------------------------------
def refused(made: Authorities, asked: Any, error: type[Exception], **given: Any) -> Any:
    before = states(made.store, issues)
    with pytest.raises(error) as caught:
        made.authority.issue(asked, actor=ACTOR, **given)
    assert states(made.store, issues) == before
    assert "in-use" not in states(made.store, kmc_keys)
    return caught.value


def test_unknown_profile(made: Authorities) -> None:
    refused(made, order(1, profile="unknown"), NotFoundError)


def test_profile_refuses(made: Authorities) -> None:
    refused(made, order(1, validity=Validity(NOW, NOW + timedelta(days=10_000))), ProfileError)


def test_name_of_the_authority(made: Authorities) -> None:
    refused(made, order(1, subject=made.authority.certificate.subject), ProfileError)


def test_key_of_the_authority(made: Authorities) -> None:
    request = RequestBuilder().subject(owner(1)).sign(key(CA_KEY))
    refused(made, order(1, request=request), KeyMismatchError)


def test_signature_of_the_request(made: Authorities) -> None:
    der = bytearray(order(1).request.der)
    der[-1] ^= 1
    refused(made, order(1, request=CertificateRequest.from_der(bytes(der))), InvalidSignature)


def test_unknown_encryption_key(made: Authorities) -> None:
    refused(made, order(1, encryption_key=99), NotFoundError)


def test_encryption_key_of_no_pair(made: Authorities) -> None:
    refused(made, order(1, profile="ocsp-responder", encryption_key=99), KeyMismatchError)


def test_order_for_another_authority(made: Authorities) -> None:
    refused(made, order(1, authority="root"), InvalidInputError)


@pytest.mark.parametrize("wrong", [None, "order", 7])
def test_no_order(made: Authorities, wrong: Any) -> None:
    refused(made, wrong, InvalidTypeError)


def test_no_key_centre(made: Authorities) -> None:
    authority = made.reopened(key_centre=None)
    with pytest.raises(StateError):
        authority.issue(order(1), actor=ACTOR)
    assert authority.issue(order(2, profile="ocsp-responder"), actor=ACTOR).encryption is None


def test_no_private_key(made: Authorities) -> None:
    with pytest.raises(StateError):
        Authority.open(made.store, NAME, key_centre=made.centre).issue(order(1), actor=ACTOR)


def test_linter_stops(made: Authorities, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(self: object, tbs: bytes) -> None:
        del self, tbs
        raise ValidationError("lint", "no")

    opened = made.authority._now()
    monkeypatch.setattr(type(opened.issuer), "_check", never)
    error = refused(made, order(1), ValidationError)
    assert error.reason == "lint"


def test_too_many_at_once(made: Authorities) -> None:
    with pytest.raises(LimitExceeded):
        made.authority.issue_many([order(1)] * 10_001, actor=ACTOR)


def test_functions_for_each_order(made: Authorities) -> None:
    with pytest.raises(InvalidInputError):
        made.authority.issue_many([order(1)], actor=ACTOR, complete=[])


def test_closed(made: Authorities) -> None:
    issued = made.authority.issue(order(1), actor=ACTOR)
    made.authority.close(actor=ACTOR)
    with pytest.raises(StateError):
        made.authority.issue(order(2), actor=ACTOR)
    made.authority.revoke(revocation(issued, ReasonCode.CESSATION_OF_OPERATION), actor=ACTOR)


def test_pool_is_empty(store: Store) -> None:
    made = found(store)

    def empty(wanted: list[KeyWanted]) -> None:
        raise StateError(f"no key for {len(wanted)}")

    made.centre.allot = empty  # type: ignore[method-assign, assignment]
    refused(made, order(1), StateError)


# ---- what fails between the commits, and in the second one ---------------------------------
def given_up(made: Authorities, asked: Any, error: type[Exception], **given: Any) -> Any:
    with pytest.raises(error) as caught:
        made.authority.issue(asked, actor=ACTOR, **given)
    assert "meant" not in states(made.store, issues)
    assert states(made.store, issues)["cancelled"] == 1
    assert states(made.store, certificates)["cancelled"] == 2
    assert said(made.store, "certificate.cancelled") == 1
    return caught.value


class _BrokenError(Exception):
    pass


def test_signer_fails(made: Authorities, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise StateError("the token is gone")

    for name in ("sign_many", "sign"):
        monkeypatch.setattr(f"gmpki.x509.preparing.{name}", fails)
    given_up(made, order(1), StateError)
    monkeypatch.undo()
    # The key was given back, and the same order is tried again under other numbers.
    assert states(made.store, kmc_keys)["history"] == 1
    assert made.authority.issue(order(1), actor=ACTOR).pair is not None


def test_complete_refuses(made: Authorities) -> None:
    def refuse(tx: Transaction, issued: Issued) -> None:
        del issued
        tx.audit(ACTOR, "never.said", "never")
        raise ConflictError("duplicate", "no")

    given_up(made, order(1), ConflictError, complete=refuse)
    assert said(made.store, "never.said") == 0
    assert states(made.store, kmc_keys)["history"] == 1


def test_complete_breaks(made: Authorities) -> None:
    def break_down(tx: Transaction, issued: Issued) -> None:
        del tx, issued
        raise _BrokenError

    given_up(made, order(1), _BrokenError, complete=break_down)
    assert made.authority.issue(order(1), actor=ACTOR).pair is not None


def test_replaced_twice(made: Authorities) -> None:
    first = made.authority.issue(order(1), actor=ACTOR)
    made.authority.issue(order(2, replaces=serials(first)), actor=ACTOR)
    error = given_up(made, order(3, replaces=serials(first)), LifeCycleError)
    assert error.state == "revoked"


def test_replace_unknown(made: Authorities) -> None:
    given_up(made, order(1, replaces=(99,)), NotFoundError)


def test_replace_what_has_expired(made: Authorities, clock: Any) -> None:
    first = made.authority.issue(order(1, validity=Validity(NOW, NOW + timedelta(days=3))), actor=ACTOR)
    clock.move(days=4)
    made.authority.issue(order(2, replaces=serials(first)), actor=ACTOR)
    assert "revoked" not in states(made.store, certificates)


def test_database_fails_in_the_second_commit(made: Authorities, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(issuing, "_publish", fails)
    given_up(made, order(1), StoreError)
    monkeypatch.undo()
    assert made.authority.issue(order(1), actor=ACTOR).pair is not None


def test_answer_lost_after_the_commit(made: Authorities, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the answer to the commit does not come back, the order is looked up: it is issued, and says so."""
    second_commit = issuing._second_commit

    def loses(*args: Any) -> None:
        second_commit(*args)
        for job in args[1]:
            job.outcome = None
        raise StoreError("whether the database has committed is unknown", is_unknown=True)

    monkeypatch.setattr(issuing, "_second_commit", loses)
    issued = made.authority.issue(order(1), actor=ACTOR)
    monkeypatch.undo()
    assert issued == made.authority.issue(order(1), actor=ACTOR)
    assert states(made.store, kmc_keys)["in-use"] == 1


# ---- batches ------------------------------------------------------------------------------
def test_batch_keeps_the_sequence(made: Authorities) -> None:
    asked = [order(1), order(2, profile="unknown"), order(3), order(3), order(4, replaces=(99,)), order(5)]
    outcomes = made.authority.issue_many(asked, actor=ACTOR)
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [Issued, NotFoundError, Issued, ConflictError, NotFoundError, Issued]
    subjects = [outcome.signing.subject for outcome in outcomes if isinstance(outcome, Issued)]
    assert subjects == [owner(1), owner(3), owner(5)]
    assert states(made.store, kmc_keys)["in-use"] == 3
    again = made.authority.issue_many([asked[0], asked[2], asked[5]], actor=ACTOR)
    assert again == [outcomes[0], outcomes[2], outcomes[5]]


def test_batch_with_requests_that_do_not_hold(made: Authorities) -> None:
    """Each order has its own answer, wherever in the batch it stands; of the others nothing is missing."""
    asked = [order(number) for number in range(1, 12)]
    for place in (0, 4, 10):
        der = bytearray(asked[place].request.der)
        der[-1] ^= 1
        asked[place] = order(place + 1, request=CertificateRequest.from_der(bytes(der)))
    outcomes = made.authority.issue_many(asked, actor=ACTOR)
    refused_places = [place for place, outcome in enumerate(outcomes) if isinstance(outcome, InvalidSignature)]
    assert refused_places == [0, 4, 10]
    issued = [outcome for outcome in outcomes if isinstance(outcome, Issued)]
    assert [each.signing.subject for each in issued] == [owner(each + 1) for each in (1, 2, 3, 5, 6, 7, 8, 9)]
    for each in issued:
        assert each.encryption is not None
        each.signing.verify_signature(made.authority.certificate)
        each.encryption.verify_signature(made.authority.certificate)
    assert states(made.store, certificates)["valid"] == 2 + 2 * len(issued)  # those of the authorities as well
    assert states(made.store, kmc_keys)["in-use"] == len(issued)


def test_batch_with_a_wrong_signature(made: Authorities, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault hits one signature of a batch: its order comes to nothing, the others are issued."""

    def faulty(signer: Any, messages: Any, **given: Any) -> list[bytes]:
        signatures = sign_many(signer, messages, **given)
        signatures[5] = signatures[4]
        return signatures

    monkeypatch.setattr("gmpki.x509.preparing.sign_many", faulty)
    outcomes = made.authority.issue_many([order(number) for number in range(1, 6)], actor=ACTOR)
    assert [type(outcome) for outcome in outcomes] == [Issued, Issued, FaultDetected, Issued, Issued]
    found = states(made.store, certificates)
    assert (found["valid"], found["cancelled"]) == (2 + 8, 2)  # those of the authorities as well
    assert states(made.store, kmc_keys)["history"] == 1
    monkeypatch.undo()
    assert made.authority.issue(order(3), actor=ACTOR).pair is not None


def test_batch_completes_each(made: Authorities) -> None:
    done: list[Issued] = []

    def note(tx: Transaction, issued: Issued) -> None:
        tx.audit(ACTOR, "noted", "here")
        done.append(issued)

    def refuse(tx: Transaction, issued: Issued) -> None:
        note(tx, issued)
        raise LifeCycleError("note", "no", "no")

    outcomes = made.authority.issue_many([order(1), order(2), order(3)], actor=ACTOR, complete=[note, refuse, None])
    assert [type(outcome) for outcome in outcomes] == [Issued, LifeCycleError, Issued]
    assert done[0] == outcomes[0]
    assert said(made.store, "noted") == 1


def test_empty_batch(made: Authorities) -> None:
    assert made.authority.issue_many([], actor=ACTOR) == []


def test_key_centre_has_not_enough(made: Authorities) -> None:
    """Where a centre cannot give all keys at once, those that it has are given."""
    allot = KeyManagementCentre.allot
    left = [2]

    def stingy(wanted: list[KeyWanted]) -> Any:
        if len(wanted) > left[0]:
            raise IssuerRefusedError("empty", "no keys left")
        left[0] -= len(wanted)
        return allot(made.centre, wanted)

    made.centre.allot = stingy  # type: ignore[method-assign, assignment]
    outcomes = made.authority.issue_many([order(number) for number in range(1, 5)], actor=ACTOR)
    assert [type(outcome) for outcome in outcomes] == [Issued, Issued, IssuerRefusedError, IssuerRefusedError]


# ---- side by side -------------------------------------------------------------------------
def test_threads_with_one_order(file_store: Store) -> None:
    made = found(file_store)
    other = made.reopened()
    outcomes: list[object] = []

    def work(authority: Authority) -> None:
        try:
            outcomes.append(authority.issue(order(1), actor=ACTOR))
        except GmpkiError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=work, args=(each,)) for each in (made.authority, made.authority, other, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers = {outcome for outcome in outcomes if isinstance(outcome, Issued)}
    assert len(answers) == 1
    assert all(isinstance(outcome, (Issued, ConflictError)) for outcome in outcomes)
    assert states(made.store, issues)["issued"] == 3  # the root, the authority, and the order
    assert states(made.store, kmc_keys)["in-use"] == 1


# ---- rows that somebody changed -----------------------------------------------------------
@pytest.mark.parametrize(
    "change",
    [{"state": "valid"}, {"part": 3}, {"public_key_id": "0" * 64}, {"not_after": 1}],
    ids=lambda change: next(iter(change)),
)
def test_changed_row(made: Authorities, change: dict[str, Any]) -> None:
    issued = made.authority.issue(order(1), actor=ACTOR)
    made.authority.revoke(revocation(issued, ReasonCode.KEY_COMPROMISE), actor=ACTOR)
    with made.store.transaction() as tx:
        wanted = certificates.c.serial == f"{serials(issued)[1]:x}"
        tx.connection.execute(
            update(certificates).where(wanted).values(change | {"part": 9} if "part" in change else change)
        )
    with pytest.raises(TamperedError):
        made.authority.issue(order(2, encryption_key=serials(issued)[1]), actor=ACTOR)


def test_another_certificate_in_the_row(made: Authorities) -> None:
    issued, other = (made.authority.issue(order(number), actor=ACTOR) for number in (1, 2))
    with made.store.transaction() as tx:
        wanted = certificates.c.serial == f"{serials(issued)[0]:x}"
        tx.connection.execute(update(certificates).where(wanted).values(content=other.signing.der))
    with pytest.raises(TamperedError):
        made.authority.issue(order(1), actor=ACTOR)
