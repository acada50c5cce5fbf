"""The centre: keys are given once, kept, recovered and retired, by one process or several."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update

from ca.kmc.kmc_scene import AUTHORITY, OPENER, OTHER, OWNER, party, several, wanted
from certified import DAY, NOW, certify
from gmpki.asn1.rfc5280.ext_keys import KeyUsage, KeyUsages
from gmpki.ca.interfaces import KeyCentre
from gmpki.ca.kmc.centre import KeyManagementCentre
from gmpki.ca.kmc.master import SharedAmong
from gmpki.ca.kmc.pool import PoolLevel
from gmpki.ca.kmc.shares import Share
from gmpki.ca.store.schema import audit, kmc_keys, kmc_master_keys, kmc_recoveries
from gmpki.ca.store.store import Store
from gmpki.cms.pair_delivery import open_enveloped_delivery
from gmpki.errors import (
    ConflictError,
    DecryptionError,
    InvalidInputError,
    InvalidTypeError,
    LifeCycleError,
    LimitExceeded,
    NoRecipientError,
    NotFoundError,
    StateError,
    TamperedError,
    UnknownKeyError,
    UnsupportedAlgorithm,
)
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.envelope import KeyEnvelope
from gmpki.keys.rsa import RSAPrivateKey
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.names import parse_name
from gmpki.x509.pair import CertificatePair


@pytest.fixture
def centre(store: Store) -> KeyManagementCentre:
    return KeyManagementCentre.create(store, OPENER.public_key)


def opened(delivery: bytes, owner: SM2PrivateKey = OWNER) -> SM2PrivateKey:
    return KeyEnvelope.from_der(delivery).open(owner)


# ---- founding and opening -----------------------------------------------------------------
def test_is_a_key_centre(centre: KeyManagementCentre) -> None:
    assert isinstance(centre, KeyCentre)


def test_opened_again(store: Store, centre: KeyManagementCentre) -> None:
    (given,) = centre.allot([wanted()])
    again = KeyManagementCentre.open(store, OPENER)
    assert opened(again.allot([wanted()])[0].delivery).public_key == given.public_key


def test_two_centres_in_one_store(store: Store, centre: KeyManagementCentre) -> None:
    with pytest.raises(ConflictError):
        KeyManagementCentre.create(store, OTHER.public_key)
    assert centre.allot([wanted()])


def test_no_centre(store: Store) -> None:
    with pytest.raises(NotFoundError):
        KeyManagementCentre.open(store, OPENER)


def test_opened_by_another_key(store: Store, centre: KeyManagementCentre) -> None:
    with pytest.raises(NoRecipientError):
        KeyManagementCentre.open(store, OTHER)
    with pytest.raises(StateError):
        KeyManagementCentre.open(store)
    with pytest.raises(LimitExceeded):
        KeyManagementCentre.open(store, *[OTHER] * 17)


def test_custodians(store: Store) -> None:
    shares: list[Share] = []
    first = KeyManagementCentre.create(store, SharedAmong(2, 3, shares.extend))
    (given,) = first.allot([wanted()])
    for some in (shares[:2], shares[1:]):
        again = KeyManagementCentre.open(store, some)
        assert opened(again.recover(AUTHORITY, 1, OWNER.public_key).delivery).public_key == given.public_key
    with pytest.raises(InvalidInputError):
        KeyManagementCentre.open(store, shares[:1])


def test_shares_that_nobody_took(store: Store) -> None:
    def lost(_: list[Share]) -> None:
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - the test's own
        KeyManagementCentre.create(store, SharedAmong(2, 3, lost))
    with pytest.raises(NotFoundError):
        KeyManagementCentre.open(store, OPENER)


def test_closed(store: Store, centre: KeyManagementCentre) -> None:
    centre.pool.fill("SM2", 2)
    with centre:
        pass
    for use in (lambda: centre.allot([wanted()]), lambda: centre.pool.fill("SM2", 5), lambda: centre.master_key_id):
        with pytest.raises(UnknownKeyError):
            use()
    assert KeyManagementCentre.open(store, OPENER).allot([wanted()])


@pytest.mark.parametrize("column", ["state", "wrapped", "protection", "created_at"])
def test_a_changed_master_row(store: Store, centre: KeyManagementCentre, column: str) -> None:
    (given,) = centre.allot([wanted()])
    assert given.delivery
    value: Any = {"state": "retired", "wrapped": bytes(100), "protection": "shares", "created_at": 1}[column]
    with store.transaction() as tx:
        tx.connection.execute(update(kmc_master_keys).values({column: value}))
    with pytest.raises(TamperedError):
        KeyManagementCentre.open(store, OPENER)


# ---- keys are given -----------------------------------------------------------------------
def test_given(centre: KeyManagementCentre) -> None:
    given = centre.allot(several(20))
    keys = [opened(each.delivery) for each in given]
    assert [key.public_key for key in keys] == [each.public_key for each in given]
    assert len({key.to_bytes() for key in keys}) == 20
    assert centre.allot([]) == []


def test_given_once(centre: KeyManagementCentre) -> None:
    first = centre.allot(several(3))
    second = centre.allot([*several(3), wanted(9)])
    assert [each.public_key for each in second[:3]] == [each.public_key for each in first]
    assert second[0].delivery != first[0].delivery  # enveloped anew
    assert centre.pool.counts()["SM2"]["in-use"] == 4


def test_two_authorities(centre: KeyManagementCentre) -> None:
    first, second = centre.allot([wanted(7), wanted(7, authority="另一CA")])
    assert first.public_key != second.public_key
    assert centre.find("另一CA", 7).public_key == second.public_key.to_der()


def test_another_owner(centre: KeyManagementCentre) -> None:
    centre.allot([wanted()])
    for again in (wanted(owner=OTHER), wanted(kind="RSA-2048")):
        with pytest.raises(ConflictError) as caught:
            centre.allot([wanted(5), again])
        assert caught.value.reason == "key-reused"
    with pytest.raises(NotFoundError):
        centre.find(AUTHORITY, 5)


def test_after_its_end(centre: KeyManagementCentre) -> None:
    centre.allot([wanted()])
    centre.retire(AUTHORITY, [1])
    with pytest.raises(LifeCycleError):
        centre.allot([wanted()])


def test_an_empty_pool(store: Store) -> None:
    centre = KeyManagementCentre.create(store, OPENER.public_key, make_on_demand=False)
    centre.pool.fill("SM2", 2)
    with pytest.raises(StateError, match="1 are missing"):
        centre.allot(several(3))
    assert centre.pool.counts() == {"SM2": {"spare": 2}}
    assert len(centre.allot(several(2))) == 2


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ([None], InvalidTypeError),
        (5, InvalidTypeError),
        ([wanted(), wanted()], InvalidInputError),
        ([wanted(-1)], InvalidInputError),
        ([wanted(1 << 160)], InvalidInputError),
        ([wanted(True)], InvalidTypeError),
        ([wanted(authority="")], InvalidInputError),
        ([wanted(authority="a\nb")], InvalidInputError),
        ([wanted(authority="a" * 129)], InvalidInputError),
        ([wanted(authority="\ud800")], InvalidInputError),
        ([wanted(authority=None)], InvalidTypeError),
        ([wanted(kind="SM9")], UnsupportedAlgorithm),
        ([wanted(kind="RSA-1024")], UnsupportedAlgorithm),
        ([wanted(kind=5)], InvalidTypeError),
        ([wanted(not_after=NOW - DAY)], InvalidInputError),
        ([wanted(not_before=NOW.replace(tzinfo=None))], InvalidInputError),
        ([wanted(owner=ECDSAPrivateKey.generate())], UnsupportedAlgorithm),
        ([wanted(owner=type("NoKey", (), {"public_key": 5}))], InvalidTypeError),
        ([wanted(1)] * 10_001, LimitExceeded),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
def test_what_is_not_wanted(centre: KeyManagementCentre, wrong: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        centre.allot(wrong)
    assert "in-use" not in centre.pool.counts()["SM2"]


def test_nobody_is_given_their_own_key(centre: KeyManagementCentre) -> None:
    (given,) = centre.allot([wanted()])
    with pytest.raises(InvalidInputError):
        centre.recover(AUTHORITY, 1, given.public_key)


# ---- other kinds --------------------------------------------------------------------------
@pytest.mark.parametrize(("kind", "owner_kind"), [("RSA-2048", "SM2"), ("RSA-2048", "RSA"), ("SM2", "RSA")])
def test_other_kinds(centre: KeyManagementCentre, kind: str, owner_kind: str) -> None:
    owner: Any = OWNER if owner_kind == "SM2" else RSAPrivateKey.generate(2048)
    (given,) = centre.allot([wanted(owner=owner, kind=kind)])
    name = parse_name("CN=张三,C=CN")
    issuer = party("CA").signer
    certificates = [
        certify(name, key, name, issuer, KeyUsage(usage), serial_number=number)
        for number, (key, usage) in enumerate(
            ((owner.public_key, KeyUsages.DIGITAL_SIGNATURE), (given.public_key, KeyUsages.KEY_ENCIPHERMENT)), 1
        )
    ]
    pair = CertificatePair(*certificates)
    key = open_enveloped_delivery(given.delivery, pair, owner)
    assert key.public_key.to_der() == given.public_key.to_der()


# ---- recovered and retired ----------------------------------------------------------------
def test_recovered_for_another_signing_key(centre: KeyManagementCentre) -> None:
    (given,) = centre.allot([wanted()])
    recovered = centre.recover(AUTHORITY, 1, OTHER.public_key)
    assert opened(recovered.delivery, OTHER).public_key == given.public_key == recovered.public_key
    with pytest.raises(DecryptionError):
        opened(recovered.delivery, OWNER)


def test_recovered_out_of_the_history(centre: KeyManagementCentre) -> None:
    (given,) = centre.allot([wanted()])
    centre.retire(AUTHORITY, [1])
    assert opened(centre.recover(AUTHORITY, 1, OWNER.public_key).delivery).public_key == given.public_key


def test_recovery_is_written(store: Store, centre: KeyManagementCentre) -> None:
    centre.allot([wanted(0x1A)])
    centre.recover(AUTHORITY, 0x1A, OTHER.public_key)
    with store.reading() as connection:
        row = connection.execute(select(kmc_recoveries)).one()
        entry = connection.execute(select(audit).where(audit.c.operation == "kmc.recover")).one()
    assert (row.kind, row.state, row.requested_by) == ("owner", "done", AUTHORITY)
    assert row.recipient_key == OTHER.public_key.to_der()
    assert entry.actor == AUTHORITY


@pytest.mark.parametrize(("authority", "serial"), [(AUTHORITY, 2), ("另一CA", 1)])
def test_nothing_to_recover(centre: KeyManagementCentre, authority: str, serial: int) -> None:
    centre.allot([wanted()])
    with pytest.raises(NotFoundError):
        centre.recover(authority, serial, OWNER.public_key)


def test_retired(centre: KeyManagementCentre) -> None:
    centre.allot(several(3))
    centre.retire(AUTHORITY, [1, 3, 3, 99])
    centre.retire(AUTHORITY, [1])
    centre.retire("另一CA", [2])
    assert centre.pool.counts()["SM2"] == {"history": 2, "in-use": 1}


@pytest.mark.parametrize(
    ("authority", "serials", "error"),
    [
        (AUTHORITY, [None], InvalidTypeError),
        (AUTHORITY, 5, InvalidTypeError),
        (AUTHORITY, [-1], InvalidInputError),
        ("", [1], InvalidInputError),
        (None, [1], InvalidTypeError),
        (AUTHORITY, range(10_001), LimitExceeded),
    ],
)
def test_what_is_not_retired(centre: KeyManagementCentre, authority: Any, serials: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        centre.retire(authority, serials)


# ---- the pool -----------------------------------------------------------------------------
def test_low_water(store: Store) -> None:
    centre = KeyManagementCentre.create(store, OPENER.public_key, levels={"SM2": PoolLevel(5, 10)})
    assert centre.pool.due() == {"SM2": 10}
    assert centre.pool.keep_filled() == 10
    assert centre.pool.due() == {}
    centre.allot(several(5))
    assert centre.pool.due() == {}
    centre.allot([wanted(6)])
    assert centre.pool.due() == {"SM2": 6}
    assert centre.pool.keep_filled() == 6
    assert centre.pool.spare() == 10


def test_filling_says_how_far_it_is_and_stops(centre: KeyManagementCentre) -> None:
    seen: list[tuple[int, int]] = []
    assert centre.pool.fill("SM2", 600, progress=lambda made, full: seen.append((made, full))) == 600
    assert seen == [(500, 600), (600, 600)]
    assert centre.pool.fill("SM2", 900, stop=lambda: True) == 0
    assert centre.pool.fill("SM2", 600) == 0


@pytest.mark.parametrize(("low", "full"), [(-1, 5), (6, 5), (0, 0), (0, 10_000_001)])
def test_levels_out_of_bounds(low: int, full: int) -> None:
    with pytest.raises(InvalidInputError):
        PoolLevel(low, full)


@pytest.mark.parametrize(
    ("levels", "error"),
    [({"SM9": PoolLevel(1, 2)}, UnsupportedAlgorithm), ({"SM2": 5}, InvalidTypeError), (None, InvalidTypeError)],
)
def test_levels_of_no_kind(store: Store, levels: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        KeyManagementCentre.create(store, OPENER.public_key, levels=levels)
    with pytest.raises(NotFoundError):
        KeyManagementCentre.open(store, OPENER)


@pytest.mark.parametrize(
    ("kind", "full", "error"),
    [("SM9", 1, UnsupportedAlgorithm), ("RSA-2048", None, InvalidInputError), ("SM2", -1, InvalidInputError)],
)
def test_what_is_not_filled(centre: KeyManagementCentre, kind: str, full: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        centre.pool.fill(kind, full)


# ---- changed rows -------------------------------------------------------------------------
CHANGES = {
    "state": "spare",
    "kind": "RSA-2048",
    "serial": "2",
    "authority": "另一CA",
    "owner_key_id": "0" * 64,
    "master_key_id": "0" * 32,
    "not_after": 1,
    "allotted_at": 1,
    "public_key": OTHER.public_key.to_der(),
    "public_key_id": "1" * 64,
    "tag": bytes(46),
}


@pytest.mark.parametrize("column", [name for name in CHANGES if name not in ("serial", "authority")])
def test_a_changed_row_in_use(store: Store, centre: KeyManagementCentre, column: str) -> None:
    centre.allot([wanted()])
    with store.transaction() as tx:
        tx.connection.execute(update(kmc_keys).values({column: CHANGES[column]}))
    for use in (
        lambda: centre.recover(AUTHORITY, 1, OWNER.public_key),
        lambda: centre.allot([wanted()]),
        lambda: centre.retire(AUTHORITY, [1]),
    ):
        with pytest.raises((TamperedError, InvalidInputError)):
            use()


@pytest.mark.parametrize("column", ["serial", "authority"])
def test_a_row_under_another_name(store: Store, centre: KeyManagementCentre, column: str) -> None:
    centre.allot([wanted()])
    with store.transaction() as tx:
        tx.connection.execute(update(kmc_keys).values({column: CHANGES[column]}))
    named = {"authority": AUTHORITY, "serial": "1", column: CHANGES[column]}
    with pytest.raises(TamperedError):
        centre.recover(named["authority"], int(named["serial"], 16), OWNER.public_key)


def test_a_key_in_use_made_spare_is_not_given_again(store: Store, centre: KeyManagementCentre) -> None:
    centre.allot([wanted()])
    with store.transaction() as tx:
        tx.connection.execute(update(kmc_keys).values(state="spare", authority=None, serial=None, owner_key_id=None))
    with pytest.raises(TamperedError):
        centre.allot([wanted(2)])


def test_private_keys_that_changed_places(store: Store, centre: KeyManagementCentre) -> None:
    centre.allot(several(2))
    with store.transaction() as tx:
        first, second = tx.connection.execute(select(kmc_keys).order_by(kmc_keys.c.id)).all()
        for row, sealed in ((first, second.private_sealed), (second, first.private_sealed)):
            tx.connection.execute(update(kmc_keys).where(kmc_keys.c.id == row.id).values(private_sealed=sealed))
    with pytest.raises(DecryptionError):
        centre.recover(AUTHORITY, 1, OWNER.public_key)


def test_nothing_secret_in_the_database(file_store: Store, file_url: str) -> None:
    centre = KeyManagementCentre.create(file_store, OPENER.public_key)
    keys = [opened(each.delivery) for each in centre.allot(several(5))]
    centre.recover(AUTHORITY, 1, OTHER.public_key)
    centre.change_master(OTHER.public_key)
    file_store.close()
    path = Path(file_url.removeprefix("sqlite:///"))
    content = b"".join(each.read_bytes() for each in path.parent.iterdir())
    for key in keys:
        for form in (key.to_bytes(), key.to_bytes().hex().encode()):
            assert form not in content


# ---- another master key -------------------------------------------------------------------
def test_master_changed(store: Store, centre: KeyManagementCentre) -> None:
    given = centre.allot(several(3))
    centre.pool.fill("SM2", 4)
    before = centre.master_key_id
    done: list[int] = []
    assert centre.change_master(OTHER.public_key, progress=done.append) == 7
    assert done[-1] == 7
    assert centre.master_key_id != before
    assert opened(centre.recover(AUTHORITY, 2, OWNER.public_key).delivery).public_key == given[1].public_key
    again = KeyManagementCentre.open(store, OTHER)
    assert opened(again.recover(AUTHORITY, 3, OWNER.public_key).delivery).public_key == given[2].public_key
    with pytest.raises(NoRecipientError):
        KeyManagementCentre.open(store, OPENER)
    with store.reading() as connection:
        old = connection.execute(select(kmc_master_keys).where(kmc_master_keys.c.key_id == before)).one()
    assert (old.state, old.wrapped) == ("destroyed", b"")
    assert again.rewrap() == 0


def test_master_changed_elsewhere(store: Store, centre: KeyManagementCentre) -> None:
    other = KeyManagementCentre.open(store, OPENER)
    centre.allot([wanted()])
    centre.change_master(OTHER.public_key)
    for use in (
        lambda: other.recover(AUTHORITY, 1, OWNER.public_key),
        lambda: other.pool.fill("SM2", 5),
        lambda: other.change_master(OPENER.public_key),
    ):
        with pytest.raises((StateError, UnknownKeyError)):
            use()


def test_master_change_interrupted(store: Store, centre: KeyManagementCentre) -> None:
    centre.allot(several(3))
    centre.pool.fill("SM2", 600)

    class Interrupted(Exception):
        pass

    def interrupt(_: int) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        centre.change_master(OTHER.public_key, progress=interrupt)
    with pytest.raises(NoRecipientError):
        KeyManagementCentre.open(store, OPENER)
    alone = KeyManagementCentre.open(store, OTHER)
    with pytest.raises(UnknownKeyError):
        alone.rewrap()
    both = KeyManagementCentre.open(store, OPENER, OTHER)
    assert both.rewrap() == 103
    assert KeyManagementCentre.open(store, OTHER).allot(several(5))


# ---- several at once ----------------------------------------------------------------------
def together(*tasks: Callable[[], object]) -> list[BaseException]:
    problems: list[BaseException] = []

    def run(task: Callable[[], object]) -> None:
        try:
            task()
        except BaseException as error:  # noqa: BLE001 - told to the test
            problems.append(error)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return problems


@pytest.mark.parametrize("database", ["file_store", pytest.param("postgresql_store", marks=pytest.mark.once)])
def test_no_key_is_given_twice(database: str, request: pytest.FixtureRequest) -> None:
    shared: Store = request.getfixturevalue(database)
    centre = KeyManagementCentre.create(shared, OPENER.public_key)
    centre.pool.fill("SM2", 60)
    given: list[Any] = []

    def ask(first: int) -> Callable[[], object]:
        return lambda: [given.extend(centre.allot(several(5, at))) for at in range(first, first + 20, 5)]

    assert together(*(ask(first) for first in (1, 101, 201, 1))) == []
    keys = [each.public_key.to_bytes() for each in given]
    assert len(keys) == 80
    assert len(set(keys)) == 60  # two asked for the same certificates, and were given the same keys
    assert centre.pool.counts()["SM2"]["in-use"] == 60


@pytest.mark.once
def test_everything_on_postgresql(postgresql_store: Store) -> None:
    centre = KeyManagementCentre.create(postgresql_store, OPENER.public_key)
    given = centre.allot(several(30))
    centre.retire(AUTHORITY, [1, 2])
    assert centre.change_master(OTHER.public_key) == 30
    again = KeyManagementCentre.open(postgresql_store, OTHER)
    assert opened(again.recover(AUTHORITY, 1, OWNER.public_key).delivery).public_key == given[0].public_key
    assert again.pool.counts()["SM2"] == {"history": 2, "in-use": 28}


def test_the_states_are_told_by_an_index(store: Store) -> None:
    query = "EXPLAIN QUERY PLAN SELECT * FROM kmc_keys WHERE kind = 'SM2' AND state = 'spare' ORDER BY id LIMIT 5"
    with store.reading() as connection:
        plan = " ".join(str(row) for row in connection.execute(text(query)))
    assert "ix_kmc_keys_state" in plan
    assert "TEMP B-TREE" not in plan
