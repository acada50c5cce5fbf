"""Issuing in bulk by an executor, in threads and in processes of their own."""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from ca.authorities import ACTOR, CA_KEY, MASTER_KEY, NAME, found, key, order
from gmpki.asn1.rfc5280 import Name
from gmpki.ca.authority import bulk
from gmpki.ca.authority.authority import Authority
from gmpki.ca.authority.bulk import issue_bulk
from gmpki.ca.interfaces import Issued, Order
from gmpki.ca.kmc.centre import KeyManagementCentre
from gmpki.ca.store.audit_verify import verify_audit
from gmpki.ca.store.store import Store
from gmpki.errors import (
    ConflictError,
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    NotFoundError,
    ProfileError,
    StateError,
)
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.protect.keys import KeyRing

ORDERS = [order(number) for number in range(1, 10)]
PASSWORD = b"test"


@dataclass(frozen=True)
class Opener:
    """Says where everything is; the keys are in files."""

    folder: Path

    def __call__(self) -> Authority:
        ring = KeyRing.load(self.folder / "ring", PASSWORD)
        store = Store.open(f"sqlite:///{self.folder / 'ca.db'}", ring)
        master, signer = (SM2PrivateKey.from_bytes((self.folder / name).read_bytes()) for name in ("master", "ca"))
        return Authority.open(store, NAME, signer, key_centre=KeyManagementCentre.open(store, master))


@dataclass(frozen=True)
class Dying(Opener):
    """Ends the worker when it has opened for the first time."""

    def __call__(self) -> Authority:
        opened = super().__call__()
        if not (self.folder / "died").exists():
            (self.folder / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with an authority, its ring and its keys."""
    ring = KeyRing.generate()
    ring.save(tmp_path / "ring", PASSWORD, iterations=1)
    for name, number in (("master", MASTER_KEY), ("ca", CA_KEY)):
        (tmp_path / name).write_bytes(key(number).to_bytes())
    with Store.create(f"sqlite:///{tmp_path / 'ca.db'}", ring) as store:
        found(store)
    return tmp_path


@pytest.fixture
def threads() -> Iterator[Executor]:
    """Give an executor of two threads; what they opened is closed."""
    with ThreadPoolExecutor(2) as executor:
        yield executor
    for authority in bulk._opened.values():
        authority.store.close()
    bulk._opened.clear()


@dataclass
class Watching(Executor):
    """Does everything at once, and notes how much was on its way."""

    lengths: list[int] = field(default_factory=list)

    def submit(self, do: Any, /, *args: Any, **_: Any) -> Future[Any]:
        self.lengths.append(len(args[1]))
        future: Future[Any] = Future()
        try:
            future.set_result(do(*args))
        except Exception as error:  # noqa: BLE001 - as an executor does
            future.set_exception(error)
        return future


def subjects(outcomes: list[Issued | GmpkiError]) -> list[Name]:
    found = []
    for outcome in outcomes:
        assert isinstance(outcome, Issued), outcome
        assert outcome.pair is not None
        found.append(outcome.signing.subject)
    return found


def test_answers_come_in_the_sequence_of_the_orders(folder: Path, threads: Executor) -> None:
    done: list[int] = []
    outcomes = list(issue_bulk(threads, Opener(folder), ORDERS, actor=ACTOR, chunk_len=2, progress=done.append))
    assert subjects(outcomes) == [each.request.subject for each in ORDERS]
    assert done == [2, 4, 6, 8, 9]


def test_each_worker_opens_once(folder: Path, threads: Executor) -> None:
    list(issue_bulk(threads, Opener(folder), ORDERS, actor=ACTOR, chunk_len=1))
    assert len(bulk._opened) == 1


def test_what_stands_in_the_way_of_one_order_hinders_no_other(folder: Path, threads: Executor) -> None:
    odd = [order(20, profile="none such"), order(21, encryption_key=5)]
    outcomes = list(issue_bulk(threads, Opener(folder), [ORDERS[0], *odd, ORDERS[1]], actor=ACTOR, chunk_len=4))
    assert [type(each) for each in outcomes] == [Issued, NotFoundError, NotFoundError, Issued]


def test_the_same_again_goes_on_and_issues_nothing_twice(folder: Path, threads: Executor) -> None:
    opener = Opener(folder)
    begun = issue_bulk(threads, opener, ORDERS, actor=ACTOR, chunk_len=3, ahead=1)
    first = [next(begun) for _ in range(4)]
    begun.close()  # type: ignore[attr-defined]
    again = list(issue_bulk(threads, opener, ORDERS, actor=ACTOR, chunk_len=2))
    assert again[:4] == first
    assert len({each.signing.serial_number for each in again if isinstance(each, Issued)}) == len(ORDERS)


def test_nothing_begins_before_it_is_asked_for_and_little_is_ahead(folder: Path, threads: Executor) -> None:
    executor, taken = Watching(), []

    def endless() -> Iterator[Order]:
        for each in ORDERS * 1000:
            taken.append(each)
            yield each

    outcomes = issue_bulk(executor, Opener(folder), endless(), actor=ACTOR, chunk_len=2, ahead=2)
    assert taken == []
    for _ in range(3):
        next(outcomes)
    assert executor.lengths == [2, 2, 2]
    assert len(taken) == 6


def test_no_orders(folder: Path, threads: Executor) -> None:
    assert list(issue_bulk(threads, Opener(folder), [], actor=ACTOR)) == []


@pytest.mark.once
def test_processes(folder: Path) -> None:
    """Workers that were spawned share the database, and an error of theirs is the same here."""
    wrong = order(30, profile="device")
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        outcomes = list(issue_bulk(executor, Opener(folder), [*ORDERS, wrong], actor=ACTOR, chunk_len=3))
    assert subjects(outcomes[:-1]) == [each.request.subject for each in ORDERS]
    assert isinstance(outcomes[-1], ProfileError)
    authority = Opener(folder)()
    with authority.store as store:
        verify_audit(store)
        assert authority.issue_many(ORDERS, actor=ACTOR) == outcomes[:-1]


@pytest.mark.once
def test_a_worker_that_ends(folder: Path) -> None:
    """It is told, and the same orders go on."""
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor,
        pytest.raises(StateError, match="same orders again"),
    ):
        list(issue_bulk(executor, Dying(folder), ORDERS, actor=ACTOR))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        outcomes = list(issue_bulk(executor, Dying(folder), ORDERS, actor=ACTOR))
    assert len(subjects(outcomes)) == len(ORDERS)


def test_an_executor_that_was_shut_down(folder: Path) -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(StateError, match="takes no more work"):
        list(issue_bulk(executor, Opener(folder), ORDERS, actor=ACTOR))


def nothing() -> None:
    """Open something else."""


def closed(folder: Path) -> Authority:
    """Open an authority that issues nothing any more."""
    authority = Opener(folder)()
    authority.close(actor=ACTOR)
    return authority


def refused() -> Authority:
    """Find that the authority cannot be opened."""
    raise ConflictError("changed", "示例")


def test_an_opener_that_goes_wrong(folder: Path, threads: Executor) -> None:
    with pytest.raises(InvalidInputError, match="NoneType, not an Authority"):
        list(issue_bulk(threads, nothing, ORDERS, actor=ACTOR))  # type: ignore[arg-type]
    with pytest.raises(ConflictError, match="示例"):
        list(issue_bulk(threads, refused, ORDERS, actor=ACTOR))
    with pytest.raises(StateError, match="closed"):
        list(issue_bulk(threads, partial(closed, folder), ORDERS, actor=ACTOR))


def test_keys_do_not_travel(folder: Path, threads: Executor) -> None:
    """What has a key or a store inside is refused before anything is sent."""
    authority = Opener(folder)()
    with authority.store, pytest.raises(InvalidTypeError, match="pickled"):
        issue_bulk(threads, lambda: authority, ORDERS, actor=ACTOR)
    with pytest.raises(InvalidTypeError, match="pickled"):
        issue_bulk(threads, partial(Authority.open, key(CA_KEY)), ORDERS, actor=ACTOR)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"executor": None}, InvalidTypeError),
        ({"opener": 5}, InvalidTypeError),
        ({"orders": 5}, InvalidTypeError),
        ({"actor": "issuer"}, InvalidTypeError),
        ({"progress": 5}, InvalidTypeError),
        ({"chunk_len": 0}, InvalidInputError),
        ({"chunk_len": 10_001}, InvalidInputError),
        ({"ahead": 0}, InvalidInputError),
        ({"ahead": 1_001}, InvalidInputError),
    ],
    ids=lambda each: next(iter(each)) + str(next(iter(each.values()))) if isinstance(each, dict) else "",
)
def test_wrong_arguments(threads: Executor, wrong: dict[str, Any], error: type[Exception]) -> None:
    right = {"executor": threads, "opener": nothing, "orders": ORDERS, "actor": ACTOR}
    with pytest.raises(error):
        issue_bulk(**{**right, **wrong})


def test_what_is_no_order(threads: Executor) -> None:
    with pytest.raises(InvalidTypeError, match="an order"):
        list(issue_bulk(threads, nothing, [5], actor=ACTOR))  # type: ignore[list-item, arg-type]


def test_orders_and_answers_travel(folder: Path, threads: Executor) -> None:
    (issued,) = issue_bulk(threads, Opener(folder), ORDERS[:1], actor=ACTOR)
    assert pickle.loads(pickle.dumps(issued)) == issued
    assert pickle.loads(pickle.dumps(ORDERS[0])) == ORDERS[0]
