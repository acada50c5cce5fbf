"""Requests with a key are carried out once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from ca.conftest import Clock
from certified import NOW
from gmpki.algorithms import sm3
from gmpki.ca.store.columns import digest_text
from gmpki.ca.store.idempotency import forget_answers, keep_answer, once
from gmpki.ca.store.schema import answered
from gmpki.ca.store.store import Store
from gmpki.errors import ConflictError, InvalidInputError, InvalidTypeError, TamperedError
from gmpki.protect.keys import KeyRing

DIGEST = digest_text(b"request")
REQUEST = ("order-1", "thing.do", DIGEST)


def test_an_answer_is_given_again(store: Store) -> None:
    with store.transaction() as tx:
        assert once(tx, *REQUEST) is None
        keep_answer(tx, *REQUEST, "回答")
        assert once(tx, *REQUEST) == "回答"
    with store.transaction() as tx:
        assert once(tx, *REQUEST) == "回答"


def test_what_was_rolled_back_has_no_answer(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction() as tx:
        keep_answer(tx, *REQUEST, str(1 // int("0")))
    with store.transaction() as tx:
        assert once(tx, *REQUEST) is None


@pytest.mark.parametrize(
    "other", [("thing.undo", DIGEST), ("thing.do", digest_text(b"other"))], ids=["operation", "request"]
)
def test_a_key_is_for_one_request(store: Store, other: tuple[str, str]) -> None:
    with store.transaction() as tx:
        keep_answer(tx, *REQUEST, "")
    with store.transaction() as tx, pytest.raises(ConflictError) as caught:
        once(tx, "order-1", *other)
    assert caught.value.reason == "key-reused"


def test_there_is_one_answer(store: Store) -> None:
    with store.transaction() as tx:
        keep_answer(tx, *REQUEST, "a")
    with pytest.raises(ConflictError), store.transaction() as tx:
        keep_answer(tx, *REQUEST, "b")
    with store.transaction() as tx:
        assert once(tx, *REQUEST) == "a"


@pytest.mark.parametrize(
    "change",
    [("", "x", DIGEST), ("k" * 129, "x", DIGEST), ("a\nb", "x", DIGEST), ("k", "x", ""), ("k", "x", DIGEST.upper())],
    ids=["empty", "long", "two lines", "no digest", "upper case"],
)
def test_keys_and_digests_that_are_none_are_refused(store: Store, change: tuple[str, str, str]) -> None:
    with store.transaction() as tx:
        with pytest.raises(InvalidInputError):
            once(tx, *change)
        with pytest.raises(InvalidInputError):
            keep_answer(tx, *change, "")


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("value", [None, b"x", 7])
def test_other_types_are_refused(store: Store, place: int, value: Any) -> None:
    request: list[Any] = list(REQUEST)
    request[place] = value
    with store.transaction() as tx, pytest.raises(InvalidTypeError):
        once(tx, *request)


def test_old_answers_are_forgotten(store: Store, clock: Clock) -> None:
    for key in ("a", "b"):
        with store.transaction() as tx:
            keep_answer(tx, key, "thing.do", DIGEST, key)
        clock.move(days=1)
    with store.transaction() as tx:
        assert forget_answers(tx, NOW + timedelta(hours=1)) == 1
        assert once(tx, "a", "thing.do", DIGEST) is None
        assert once(tx, "b", "thing.do", DIGEST) == "b"


@pytest.mark.parametrize("kind", ["file_store", pytest.param("postgresql_store", marks=pytest.mark.once)])
def test_of_many_at_once_one_does_it(request: pytest.FixtureRequest, kind: str) -> None:
    store: Store = request.getfixturevalue(kind)
    start = threading.Barrier(6)
    done: list[int] = []
    answers: list[str] = []

    def ask(number: int) -> None:
        start.wait(30)
        with store.transaction() as tx:
            answer = once(tx, *REQUEST)
            if answer is None:
                done.append(number)
                answer = str(number)
                keep_answer(tx, *REQUEST, answer)
        answers.append(answer)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 1
    assert answers == [str(done[0])] * 6


def test_what_was_asked_for_cannot_be_guessed_from_its_digest(store: Store) -> None:
    # Whoever can read the table, and knows all of a request but an identity number, could try the numbers out.
    with store.transaction() as tx:
        keep_answer(tx, *REQUEST, "7")
        row = tx.connection.execute(select(answered)).mappings().one()
    assert DIGEST not in [str(value) for value in row.values()]
    assert sm3.digest(DIGEST.encode()).hex() not in row["request_digest"]


def test_the_same_request_under_another_key_is_not_recognised(store: Store) -> None:
    with store.transaction() as tx:
        for key in ("one", "two"):
            keep_answer(tx, key, "thing.do", DIGEST, "7")
        assert len(set(tx.connection.scalars(select(answered.c.request_digest)))) == 2


@pytest.mark.parametrize(
    "change",
    [{"answer": "8"}, {"answer": "none"}, {"tag": b""}, {"tag": bytes(40)}],
    ids=["answer", "no number", "no tag", "zeros"],
)
def test_a_changed_answer_is_not_given(store: Store, change: dict[str, Any]) -> None:
    with store.transaction() as tx:
        keep_answer(tx, *REQUEST, "7")
        tx.connection.execute(update(answered).values(**change))
    with store.transaction() as tx, pytest.raises(TamperedError):
        once(tx, *REQUEST)


def test_the_answer_to_another_request_is_not_given(store: Store) -> None:
    # So a revocation could be made to look as if it had been carried out.
    with store.transaction() as tx:
        keep_answer(tx, *REQUEST, "7")
        tx.connection.execute(update(answered).values(idempotency_key="order-2"))
    with store.transaction() as tx, pytest.raises((TamperedError, ConflictError)):
        once(tx, "order-2", *REQUEST[1:])


def test_an_answer_is_given_again_after_the_key_was_changed(ring: KeyRing, clock: Clock, file_url: str) -> None:
    with Store.create(file_url, ring, clock=clock) as before, before.transaction() as tx:
        keep_answer(tx, *REQUEST, "7")
    with Store.open(file_url, ring.rotated(created=NOW), clock=clock) as after, after.transaction() as tx:
        assert once(tx, *REQUEST) == "7"
