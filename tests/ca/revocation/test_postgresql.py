"""The same in PostgreSQL: revoking, lists, publication, inspection, and many who revoke while lists are made."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ca.authorities import ACTOR, SETTINGS, found, order, revocation, serials
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.publication.directory import DirectoryPublisher
from gmpki.ca.publication.inspect import inspect
from gmpki.ca.publication.queue import publish_due
from gmpki.ca.revocation.lists import issue_list, read_list
from gmpki.ca.revocation.schedule import make_due
from gmpki.ca.store.store import Store
from gmpki.x509.crl import CertificateRevocationList

pytestmark = pytest.mark.once


def test_from_the_revocation_to_the_inspection(postgresql_store: Store, tmp_path: Path) -> None:
    made = found(postgresql_store, SETTINGS)
    tree = DirectoryPublisher(tmp_path, name="tree")
    pairs = [made.authority.issue(order(number), actor=ACTOR) for number in range(3)]
    for pair in pairs[:2]:
        made.authority.revoke(
            revocation(pair, ReasonCode.CERTIFICATE_HOLD, f"hold {pair.signing.serial_number}"), actor=ACTOR
        )
    made.authority.revoke(revocation(pairs[0], ReasonCode.REMOVE_FROM_CRL, "lift"), actor=ACTOR)
    assert len(make_due(postgresql_store, made.authority.list_issuers(), publishers=["tree"])) == 4
    assert publish_due(postgresql_store, [tree]).failed == 0
    report = inspect(postgresql_store, made.authority, [tree])
    assert report.findings == ()
    assert report.looked_at["entries"] == 2


def test_no_revocation_is_lost_between_two_lists(postgresql_store: Store) -> None:
    made = found(postgresql_store)
    pairs = [made.authority.issue(order(number), actor=ACTOR) for number in range(6)]
    (issuer,) = made.authority.list_issuers()
    issue_list(postgresql_store, issuer)

    def revoke(some: int) -> None:
        for pair in pairs[some::3]:
            asked = revocation(pair, ReasonCode.SUPERSEDED, f"revoke {pair.signing.serial_number}")
            made.authority.revoke(asked, actor=ACTOR)

    threads = [threading.Thread(target=revoke, args=(some,)) for some in range(3)]
    for thread in threads:
        thread.start()
    # A complete list in the middle; what it does not tell, the delta list upon it has to.
    base = issue_list(postgresql_store, issuer)
    for thread in threads:
        thread.join()
    delta = issue_list(postgresql_store, issuer, is_delta=True)
    told: set[int] = set()
    for each in (base, delta):
        assert each is not None
        with postgresql_store.reading() as connection:
            crl = CertificateRevocationList.from_der(b"".join(read_list(connection, each.id)))
        told.update(entry.serial_number for entry in crl)
    assert told == {serial for pair in pairs for serial in serials(pair)}
