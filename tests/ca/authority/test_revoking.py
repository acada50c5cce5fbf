"""Orders to revoke, suspend and resume, each carried out once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from ca.authorities import ACTOR, Authorities, found, order, revocation, serials
from certified import NOW
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.interfaces import Issued, RevocationOrder
from gmpki.ca.store.schema import audit, certificates
from gmpki.ca.store.store import Store, Transaction
from gmpki.errors import ConflictError, InvalidInputError, InvalidTypeError, LifeCycleError, NotFoundError


@pytest.fixture
def made(store: Store) -> Authorities:
    return found(store)


@pytest.fixture
def issued(made: Authorities) -> Issued:
    return made.authority.issue(order(1), actor=ACTOR)


def state(made: Authorities, issued: Issued) -> str:
    with made.store.reading() as connection:
        wanted = certificates.c.serial.in_([f"{serial:x}" for serial in serials(issued)])
        (found_state,) = set(connection.execute(select(certificates.c.state).where(wanted)).scalars())
    return str(found_state)


def said(made: Authorities, operation: str) -> int:
    with made.store.reading() as connection:
        return connection.scalar(select(func.count()).where(audit.c.operation == operation)) or 0


def test_the_life_of_a_pair(made: Authorities, issued: Issued) -> None:
    for key, reason, wanted, operation in (
        ("1", ReasonCode.CERTIFICATE_HOLD, "suspended", "certificate.suspended"),
        ("2", ReasonCode.REMOVE_FROM_CRL, "valid", "certificate.resumed"),
        ("3", ReasonCode.KEY_COMPROMISE, "revoked", "certificate.revoked"),
    ):
        made.authority.revoke(revocation(issued, reason, key), actor=ACTOR)
        assert state(made, issued) == wanted
        assert said(made, operation) == 1


def test_once(made: Authorities, issued: Issued) -> None:
    calls: list[int] = []
    for _ in range(2):
        made.reopened().revoke(
            revocation(issued, ReasonCode.SUPERSEDED), actor=ACTOR, complete=lambda tx: calls.append(tx.at)
        )
    assert len(calls) == 1
    assert said(made, "certificate.revoked") == 1


@pytest.mark.parametrize(
    "change",
    [{"reason": ReasonCode.KEY_COMPROMISE}, {"serial_numbers": (5,)}, {"invalidity_date": NOW}],
    ids=lambda change: next(iter(change)),
)
def test_other_order_same_key(made: Authorities, issued: Issued, change: dict[str, Any]) -> None:
    asked = revocation(issued, ReasonCode.SUPERSEDED)
    made.authority.revoke(asked, actor=ACTOR)
    with pytest.raises(ConflictError) as caught:
        made.authority.revoke(replace(asked, **change), actor=ACTOR)
    assert caught.value.reason == "key-reused"


def test_all_or_none(made: Authorities, issued: Issued) -> None:
    asked = revocation(issued, ReasonCode.SUPERSEDED)
    with pytest.raises(NotFoundError):
        made.authority.revoke(replace(asked, serial_numbers=(*asked.serial_numbers, 99)), actor=ACTOR)
    assert state(made, issued) == "valid"
    # What failed was not done, so the key is still free.
    made.authority.revoke(asked, actor=ACTOR)


def test_complete_refuses(made: Authorities, issued: Issued) -> None:
    def refuse(tx: Transaction) -> None:
        raise LifeCycleError("note", "no", f"not at {tx.at}")

    with pytest.raises(LifeCycleError):
        made.authority.revoke(revocation(issued, ReasonCode.SUPERSEDED), actor=ACTOR, complete=refuse)
    assert state(made, issued) == "valid"
    assert said(made, "certificate.revoked") == 0


def test_revoked_is_final(made: Authorities, issued: Issued) -> None:
    made.authority.revoke(revocation(issued, ReasonCode.SUPERSEDED, "1"), actor=ACTOR)
    for number, reason in enumerate((ReasonCode.REMOVE_FROM_CRL, ReasonCode.CERTIFICATE_HOLD, ReasonCode.SUPERSEDED)):
        with pytest.raises(LifeCycleError) as caught:
            made.authority.revoke(revocation(issued, reason, f"after {number}"), actor=ACTOR)
        assert caught.value.state == "revoked"


def test_what_was_only_meant_is_not_revoked(made: Authorities) -> None:
    made.authority.issue_many([order(1, replaces=(99,))], actor=ACTOR)
    with made.store.reading() as connection:
        text = connection.scalar(select(certificates.c.serial).where(certificates.c.state == "cancelled"))
    with pytest.raises(NotFoundError):
        made.authority.revoke(
            RevocationOrder("1", made.authority.name, (int(str(text), 16),), ReasonCode.SUPERSEDED), actor=ACTOR
        )


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"authority": "root"}, InvalidInputError),
        ({"invalidity_date": NOW + timedelta(days=1)}, InvalidInputError),
        ({"key": ""}, InvalidInputError),
    ],
    ids=["authority", "future", "key"],
)
def test_refused(made: Authorities, issued: Issued, change: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        made.authority.revoke(replace(revocation(issued, ReasonCode.SUPERSEDED), **change), actor=ACTOR)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"serial_numbers": ()}, InvalidInputError),
        ({"serial_numbers": [5]}, InvalidTypeError),
        ({"serial_numbers": ("5",)}, InvalidTypeError),
        ({"reason": 1}, InvalidTypeError),
        ({"invalidity_date": datetime(2026, 1, 1)}, InvalidInputError),
    ],
    ids=["none", "list", "text", "reason", "naive"],
)
def test_no_order(issued: Issued, change: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        replace(revocation(issued, ReasonCode.SUPERSEDED), **change)


def test_types(made: Authorities, issued: Issued) -> None:
    with pytest.raises(InvalidTypeError):
        made.authority.revoke(order(1), actor=ACTOR)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        made.authority.revoke(revocation(issued, ReasonCode.SUPERSEDED), actor="me")  # type: ignore[arg-type]
