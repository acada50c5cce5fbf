"""Requests with a key are carried out once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from ca.conftest import Clock
from certified import NOW
from gmpki.ca.store.columns import digest_text
from gmpki.ca.store.idempotency import forget_answers, keep_answer, once
from gmpki.ca.store.store import Store
from gmpki.errors import ConflictError, InvalidInputError, InvalidTypeError

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
