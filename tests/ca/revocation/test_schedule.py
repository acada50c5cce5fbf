"""Which lists are due, and that each is made once."""

from __future__ import annotations

import threading

import pytest

from ca.authorities import ACTOR, SETTINGS, Authorities, found, order, serials
from ca.conftest import Clock
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.authority.settings import AuthoritySettings
from gmpki.ca.revocation.entries import revoke
from gmpki.ca.revocation.lists import issue_list
from gmpki.ca.revocation.rules import ListRules
from gmpki.ca.revocation.schedule import due_lists, make_due
from gmpki.ca.store.store import Store
from gmpki.errors import InvalidTypeError

HOUR = 3600


def authorities(store: Store, **rules: int) -> Authorities:
    settings = AuthoritySettings(lists=ListRules(**rules), crl_uris=("http://crl.example.cn/{generation}",))
    return found(store, settings)


def due(made: Authorities) -> list[tuple[int, bool, str]]:
    return [(each.part, each.is_delta, each.reason) for each in due_lists(made.store, made.authority.list_issuers())]


def make(made: Authorities) -> int:
    return len(make_due(made.store, made.authority.list_issuers()))


def revoke_one(made: Authorities, reason: ReasonCode, number: int = 1) -> None:
    issued = made.authority.issue(order(number), actor=ACTOR)
    with made.store.transaction() as tx:
        revoke(tx, made.authority.id, serials(issued), reason=reason)


def test_complete_lists_come_again(store: Store, clock: Clock) -> None:
    made = authorities(store, period_s=HOUR, validity_s=2 * HOUR)
    assert due(made) == [(0, False, "first")]
    assert make(made) == 1
    assert due(made) == []
    clock.move(seconds=HOUR - 1)
    assert due(made) == []
    clock.move(seconds=1)
    assert due(made) == [(0, False, "period")]


def test_every_part_is_due(store: Store) -> None:
    made = found(store, SETTINGS)
    assert due(made) == [(part, False, "first") for part in (1, 2, 3, 4)]
    assert make(made) == 4
    assert due(made) == []


def test_deltas_between(store: Store, clock: Clock) -> None:
    made = authorities(store, period_s=HOUR, validity_s=HOUR, delta_period_s=600, delta_validity_s=900)
    assert due(made) == [(0, False, "first")]
    make(made)
    clock.move(seconds=600)
    assert due(made) == [(0, True, "period")]
    make(made)
    assert due(made) == []
    clock.move(seconds=HOUR - 600)
    assert due(made) == [(0, False, "period"), (0, True, "period")]


@pytest.mark.parametrize("has_deltas", [False, True])
def test_a_compromised_key_does_not_wait(store: Store, has_deltas: bool) -> None:
    deltas = {"delta_period_s": 600, "delta_validity_s": 900} if has_deltas else {}
    made = authorities(store, period_s=HOUR, validity_s=HOUR, **deltas)
    make(made)
    revoke_one(made, ReasonCode.SUPERSEDED)
    assert due(made) == []
    revoke_one(made, ReasonCode.KEY_COMPROMISE, 2)
    assert due(made) == [(0, has_deltas, "at-once")]
    make(made)
    assert due(made) == []


def test_a_list_that_another_process_has_begun_is_left_to_it(store: Store, clock: Clock) -> None:
    made = authorities(store)
    (issuer,) = made.authority.list_issuers()
    seen: list[int] = []

    def looked(*_: object) -> bool:
        # What this process does within its first commit, another one sees behind it.
        seen.append(len(due(made)))
        return True

    assert issue_list(store, issuer, wanted=looked) is not None
    clock.move(days=1)
    asked = issue_list(store, issuer, wanted=lambda *_: False)
    assert asked is None
    assert seen == [1]


def test_threads_make_a_list_once(file_store: Store) -> None:
    made = authorities(file_store)
    issuers = made.authority.list_issuers()
    counts: list[int] = []
    threads = [threading.Thread(target=lambda: counts.append(len(make_due(file_store, issuers)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 1


def test_an_expired_key_has_none(store: Store, clock: Clock) -> None:
    made = authorities(store)
    issuers = made.authority.list_issuers()
    clock.at = issuers[0].certificate.not_after
    assert due_lists(store, issuers) == []


def test_types(store: Store) -> None:
    for issuers in (None, [1], "issuers"):
        with pytest.raises(InvalidTypeError):
            due_lists(store, issuers)  # type: ignore[arg-type]
