"""The rows of certificates: meant, issued, cancelled, and never in two ways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert, update

from ca.authorities import ACTOR, Authorities, found, order, serials
from gmpki.ca.authority import issuing
from gmpki.ca.store.certificates import (
    CertificateRow,
    CertificateState,
    MeantCertificate,
    cancel_meant,
    demand,
    find,
    insert_meant,
    make_issued,
    of_issues,
    set_state,
)
from gmpki.ca.store.schema import certificates
from gmpki.ca.store.store import Store, Transaction
from gmpki.errors import ConflictError, LifeCycleError, NotFoundError, StoreError, TamperedError
from gmpki.x509.certificate import Certificate


@pytest.fixture
def made(store: Store) -> Authorities:
    return found(store)


@pytest.fixture
def certificate(made: Authorities) -> Certificate:
    return made.authority.issue(order(1, profile="time-stamp"), actor=ACTOR).signing


@pytest.fixture
def tx(made: Authorities) -> Iterator[Transaction]:
    with made.store.transaction() as begun:
        yield begun


def meant(made: Authorities, serial: int) -> MeantCertificate:
    """Return what is written of a certificate for one of the organisations."""
    opened = made.authority._now()
    accepted = opened.issuer.accept(order(2).request, "time-stamp", at=made.store.now())
    (prepared,) = opened.issuer.prepare(accepted, serial_numbers=(serial,))
    job = issuing.Job(order(2, profile="time-stamp"), None, "0" * 64)
    return replace(issuing._meant(opened, job, prepared), issue_id=None)


def row_of(tx: Transaction, made: Authorities, serial: int) -> CertificateRow:
    return find(tx.connection, tx.protection, made.authority.id, [serial], lock=True)[serial]


def test_meant_then_issued(made: Authorities) -> None:
    wanted = meant(made, 7)
    issuer = made.authority._now().issuer
    with made.store.transaction() as tx:
        insert_meant(tx, [wanted])
        row = row_of(tx, made, 7)
        assert (row.state, row.content, row.is_issued) == (CertificateState.MEANT, wanted.tbs, False)
        with pytest.raises(LifeCycleError):
            _ = row.certificate
        accepted = issuer.accept(order(2).request, "time-stamp", at=made.store.now())
        (prepared,) = issuer.prepare(accepted, serial_numbers=(7,))
        signed = issuer.sign(prepared)
        make_issued(tx, [(row, signed.der)])
        assert row_of(tx, made, 7).certificate == signed
        for again in (
            lambda: make_issued(tx, [(row_of(tx, made, 7), signed.der)]),
            lambda: cancel_meant(tx, [row_of(tx, made, 7)]),
        ):
            with pytest.raises(LifeCycleError):
                again()


def test_another_certificate_than_meant(made: Authorities, certificate: Certificate) -> None:
    with made.store.transaction() as tx:
        insert_meant(tx, [meant(made, 7)])
        with pytest.raises(TamperedError):
            make_issued(tx, [(row_of(tx, made, 7), certificate.der)])


def test_a_serial_number_comes_once(made: Authorities, certificate: Certificate) -> None:
    with pytest.raises(ConflictError), made.store.transaction() as tx:
        insert_meant(tx, [meant(made, certificate.serial_number)])
    with made.store.transaction() as tx:
        insert_meant(tx, [meant(made, 7)])
        cancel_meant(tx, [row_of(tx, made, 7)])
    with pytest.raises(ConflictError), made.store.transaction() as tx:
        insert_meant(tx, [meant(made, 7)])


def test_serial_numbers_that_come_twice_are_chosen_again(
    made: Authorities, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = iter([certificate.serial_number, 5, 8, 9])
    monkeypatch.setattr(issuing, "random_serial_number", lambda: next(numbers))
    issued = made.authority.issue(order(3), actor=ACTOR)
    assert serials(issued) == (8, 9)


def test_a_source_that_repeats_itself(
    made: Authorities, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuing, "random_serial_number", lambda: certificate.serial_number)
    with pytest.raises(StoreError):
        made.authority.issue(order(3, profile="time-stamp"), actor=ACTOR)


def test_states_change_only_from_where_they_were_read(made: Authorities, certificate: Certificate) -> None:
    with made.store.transaction() as tx:
        row = row_of(tx, made, certificate.serial_number)
        suspended = set_state(tx, row, CertificateState.SUSPENDED)
        assert row_of(tx, made, certificate.serial_number) == suspended
        with pytest.raises(LifeCycleError):
            set_state(tx, row, CertificateState.REVOKED)


@pytest.mark.parametrize("serial", [7, 99])
def test_demand(made: Authorities, serial: int) -> None:
    with made.store.transaction() as tx:
        insert_meant(tx, [meant(made, 7)])
        with pytest.raises(NotFoundError):
            demand(tx, made.authority.id, [serial], "revoke")


def test_demand_keeps_the_sequence(made: Authorities) -> None:
    issued = made.authority.issue(order(1), actor=ACTOR)
    for wanted in (serials(issued), serials(issued)[::-1]):
        with made.store.transaction() as tx:
            assert tuple(row.serial for row in demand(tx, made.authority.id, wanted, "revoke")) == wanted


def test_of_issues(made: Authorities, tx: Transaction) -> None:
    found_rows = of_issues(tx.connection, tx.protection, [1, 2, 99])
    assert [len(found_rows[number]) for number in (1, 2, 99)] == [1, 1, 0]
    assert found_rows[1][0].certificate == made.root.certificate


@pytest.mark.parametrize(
    "change",
    [
        {"serial": "7"},
        {"authority_id": 1},
        {"generation_id": 1},
        {"part": 1},
        {"role": "encryption"},
        {"profile": "personal"},
        {"state": "revoked"},
        {"public_key_id": "0" * 64},
        {"not_before": 1},
        {"not_after": 1},
        {"tbs_digest": "0" * 64},
        {"tag": b""},
        {"tag": b"G" * 46},
    ],
    ids=lambda change: "-".join(f"{name}" for name in change) + f"-{len(str(next(iter(change.values()))))}",
)
def test_changed(made: Authorities, certificate: Certificate, change: dict[str, Any]) -> None:
    with made.store.transaction() as tx:
        its = certificates.c.serial == f"{certificate.serial_number:x}"
        before = dict(tx.connection.execute(certificates.select().where(its)).one()._mapping)
        if all(before[name] == value for name, value in change.items()):
            change = {"part": 2}
        tx.connection.execute(update(certificates).where(its).values(change))
        wanted = 7 if "serial" in change else certificate.serial_number
        with pytest.raises(TamperedError):
            find(tx.connection, tx.protection, change.get("authority_id", made.authority.id), [wanted])


def test_a_row_under_another_number(made: Authorities, certificate: Certificate) -> None:
    """A copy of a valid row is none."""
    with made.store.transaction() as tx:
        its = certificates.c.serial == f"{certificate.serial_number:x}"
        row = dict(tx.connection.execute(certificates.select().where(its)).one()._mapping)
        tx.connection.execute(insert(certificates), [{**row, "id": None, "serial": "7"}])
        with pytest.raises(TamperedError):
            find(tx.connection, tx.protection, made.authority.id, [7])
