"""What an OCSP responder answers out of the store."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from ca.authorities import ACTOR, CA_KEY, Authorities, found, key, order, revocation, serials
from ca.conftest import Clock
from certified import NOW
from gmpki.asn1.rfc5280 import InvalidityDate, ReasonCode
from gmpki.asn1.rfc6960 import ResponseStatus
from gmpki.ca.interfaces import Issued
from gmpki.ca.revocation.status import StoreStatusSource
from gmpki.ca.store.store import Store
from gmpki.errors import InvalidInputError, InvalidTypeError, TamperedError
from gmpki.ocsp.request_builder import OCSPRequestBuilder
from gmpki.ocsp.responder import OCSPResponder
from gmpki.ocsp.response import OCSPResponse


@pytest.fixture
def made(store: Store) -> Authorities:
    return found(store)


@pytest.fixture
def issued(made: Authorities) -> Issued:
    return made.authority.issue(order(1), actor=ACTOR)


@pytest.fixture
def source(made: Authorities) -> StoreStatusSource:
    (generation,) = made.authority.generations
    return StoreStatusSource(made.store, made.authority.id, generation.id)


def test_its_life(made: Authorities, issued: Issued, source: StoreStatusSource) -> None:
    number = issued.signing.serial_number
    said = [source.status(number)]
    for reason in (ReasonCode.CERTIFICATE_HOLD, ReasonCode.REMOVE_FROM_CRL, ReasonCode.UNSPECIFIED):
        made.authority.revoke(revocation(issued, reason, reason.name), actor=ACTOR)
        said.append(source.status(number))
    statuses = [each.status for each in said if each is not None]
    assert [status.revocation_time for status in statuses] == [None, NOW, None, NOW]
    assert [status.revocation_reason for status in statuses] == [None, ReasonCode.CERTIFICATE_HOLD, None, None]


def test_invalidity_date(made: Authorities, issued: Issued, source: StoreStatusSource) -> None:
    since = NOW - timedelta(days=1)
    made.authority.revoke(revocation(issued, ReasonCode.KEY_COMPROMISE, invalidity_date=since), actor=ACTOR)
    known = source.status(serials(issued)[1])
    assert known is not None
    assert known.extensions == (InvalidityDate(since),)


@pytest.mark.parametrize("number", [0, -1, 1, 1 << 159, 1 << 400])
def test_numbers_that_were_never_issued(source: StoreStatusSource, number: int) -> None:
    assert source.status(number) is None


def test_certificates_of_another_key(made: Authorities, issued: Issued, source: StoreStatusSource) -> None:
    other = StoreStatusSource(made.store, made.authority.id, 1)
    assert other.status(issued.signing.serial_number) is None
    assert source.status(issued.signing.serial_number) is not None
    assert StoreStatusSource(made.store, made.root.id, 1).status(issued.signing.serial_number) is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE certificates SET state = 'valid'",
        "UPDATE certificates SET not_after = 5",
        "UPDATE revocations SET lifted_at = 5",
        "UPDATE revocations SET reason = 4",
        "UPDATE revocations SET revoked_at = 4",
        "DELETE FROM revocations",
    ],
)
def test_rows_that_somebody_changed(made: Authorities, issued: Issued, statement: str) -> None:
    (generation,) = made.authority.generations
    source = StoreStatusSource(made.store, made.authority.id, generation.id)
    made.authority.revoke(revocation(issued, ReasonCode.KEY_COMPROMISE), actor=ACTOR)
    with made.store.transaction() as tx:
        tx.connection.execute(text(statement))
    with pytest.raises(TamperedError):
        source.status(issued.signing.serial_number)


def test_a_responder_over_it(made: Authorities, issued: Issued, source: StoreStatusSource, clock: Clock) -> None:
    issuer = made.authority.certificate
    responder = OCSPResponder(issuer, key(CA_KEY), source, clock=clock)
    request = OCSPRequestBuilder().add(issued.signing, issuer).build().to_der()
    answered = OCSPResponse.from_der(responder.answer(request))
    assert answered.responses[0].status.revocation_time is None
    made.authority.revoke(revocation(issued, ReasonCode.KEY_COMPROMISE), actor=ACTOR)
    answered = OCSPResponse.from_der(responder.answer(request))
    assert answered.responses[0].status.revocation_time == NOW
    with made.store.transaction() as tx:
        tx.connection.execute(text("DELETE FROM revocations"))
    assert OCSPResponse.from_der(responder.answer(request)).status is ResponseStatus.INTERNAL_ERROR


def test_arguments(store: Store) -> None:
    for bad in (0, -1, 1 << 63):
        with pytest.raises(InvalidInputError):
            StoreStatusSource(store, bad, 1)
    for worse in (None, "1", True):
        with pytest.raises(InvalidTypeError):
            StoreStatusSource(store, 1, worse)  # type: ignore[arg-type]
