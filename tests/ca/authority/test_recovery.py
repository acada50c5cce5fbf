"""What a process that ended has left behind, and what another one makes of it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select, update

from ca.authorities import ACTOR, Authorities, found, order
from gmpki.ca.authority import issuing
from gmpki.ca.authority.worker import Worker
from gmpki.ca.interfaces import Issued
from gmpki.ca.store.schema import certificates, issues, kmc_keys
from gmpki.ca.store.store import Store
from gmpki.errors import ConflictError, LifeCycleError, StateError


class _DiedError(BaseException):
    """Stands for the end of a process: nobody catches it."""


@pytest.fixture
def made(store: Store) -> Authorities:
    return found(store)


def states(store: Store, table: Any) -> dict[str, int]:
    with store.reading() as connection:
        return dict(
            tuple(row) for row in connection.execute(select(table.c.state, func.count()).group_by(table.c.state))
        )


def dead() -> Worker:
    """Return the mark of a process that ended."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return replace(Worker.here(), pid=child.pid, started="1")


def left_behind(made: Authorities, monkeypatch: pytest.MonkeyPatch, worker: Worker | None = None) -> None:
    """Begin an order, and end before the second commit."""
    opened = made.authority._now()
    with monkeypatch.context() as patch:

        def dies(*_: object) -> None:
            raise _DiedError

        patch.setattr(issuing, "_second_commit", dies)
        patch.setattr(issuing, "_give_up", lambda *_: None)
        patch.setattr(issuing, "_retire", lambda *_: None)
        with pytest.raises(_DiedError):
            made.authority.issue(order(1), actor=ACTOR)
    if worker is not None:
        with made.store.transaction() as tx:
            mark = update(issues).where(issues.c.worker == opened.worker.to_text(), issues.c.state == "meant")
            tx.connection.execute(mark.values(worker=worker.to_text()))


# ---- giving up ----------------------------------------------------------------------------
def test_opening_gives_up_what_the_dead_began(made: Authorities, monkeypatch: pytest.MonkeyPatch) -> None:
    left_behind(made, monkeypatch, dead())
    assert states(made.store, issues)["meant"] == 1
    made.reopened()
    assert states(made.store, issues)["cancelled"] == 1
    assert states(made.store, certificates)["cancelled"] == 2
    assert "meant" not in states(made.store, certificates)
    assert states(made.store, kmc_keys)["history"] == 1
    assert isinstance(made.authority.issue(order(1), actor=ACTOR), Issued)


def test_the_same_order_gives_it_up(made: Authorities, monkeypatch: pytest.MonkeyPatch) -> None:
    left_behind(made, monkeypatch, dead())
    assert made.authority.issue(order(1), actor=ACTOR).pair is not None
    assert states(made.store, issues)["cancelled"] == 1


def test_own_order_that_was_dropped(made: Authorities, monkeypatch: pytest.MonkeyPatch) -> None:
    left_behind(made, monkeypatch)
    assert made.authority.recover() == 1


def test_the_living_keep_theirs(made: Authorities, monkeypatch: pytest.MonkeyPatch) -> None:
    left_behind(made, monkeypatch, Worker.here())
    other = made.reopened()
    assert states(made.store, issues)["meant"] == 1
    with pytest.raises(ConflictError) as caught:
        other.issue(order(1), actor=ACTOR)
    assert caught.value.reason == "in-progress"


def test_a_lease_ends_all(made: Authorities, monkeypatch: pytest.MonkeyPatch, clock: Any) -> None:
    elsewhere = replace(Worker.here(), place="another place", nonce="1")
    left_behind(made, monkeypatch, elsewhere)
    clock.move(seconds=600)
    assert made.authority.recover() == 0
    clock.move(seconds=1)
    assert made.authority.recover() == 1


def test_unreadable_mark(made: Authorities, monkeypatch: pytest.MonkeyPatch) -> None:
    left_behind(made, monkeypatch)
    with made.store.transaction() as tx:
        tx.connection.execute(update(issues).where(issues.c.state == "meant").values(worker="nobody"))
    assert made.reopened().recover() == 0
    assert "meant" not in states(made.store, issues)


def test_second_commit_comes_too_late(made: Authorities, monkeypatch: pytest.MonkeyPatch) -> None:
    second_commit = issuing._second_commit

    def late(*args: Any) -> None:
        with made.store.transaction() as tx:
            mark = update(issues).where(issues.c.state == "meant")
            tx.connection.execute(mark.values(worker=dead().to_text()))
        assert made.reopened().recover() == 0  # opening has given it up
        second_commit(*args)

    monkeypatch.setattr(issuing, "_second_commit", late)
    with pytest.raises(LifeCycleError) as caught:
        made.authority.issue(order(1), actor=ACTOR)
    assert caught.value.state == "cancelled"
    assert states(made.store, kmc_keys)["history"] == 1
    monkeypatch.undo()
    assert made.authority.issue(order(1), actor=ACTOR).pair is not None


def test_keys_stay_due_until_the_centre_takes_them(made: Authorities, monkeypatch: pytest.MonkeyPatch) -> None:
    left_behind(made, monkeypatch, dead())
    with monkeypatch.context() as patch:

        def away(*_: object) -> None:
            raise StateError("the centre is away")

        patch.setattr(type(made.centre), "retire", away)
        made.reopened()
        assert states(made.store, issues)["cancelled"] == 1
        assert "history" not in states(made.store, kmc_keys)
    made.reopened()
    assert states(made.store, kmc_keys)["history"] == 1
    with made.store.reading() as connection:
        kept = connection.scalar(
            select(func.count()).where(issues.c.state == "cancelled", issues.c.delivery.is_not(None))
        )
    assert kept == 0


# ---- marks --------------------------------------------------------------------------------
def test_mark() -> None:
    worker = Worker.here()
    text = worker.to_text()
    assert len(text) <= 64
    assert Worker.of_text(text) == worker
    assert not worker.is_dead()
    assert Worker.here() != worker


@pytest.mark.parametrize("text", ["", "a:b:c:d:e", "a:b:1:d", "a:b:1:d:e:f", "::-1::", "::1.5::"])
def test_no_mark(text: str) -> None:
    assert Worker.of_text(text) is None


def test_who_is_dead() -> None:
    worker = Worker.here()
    assert dead().is_dead()
    assert replace(worker, boot="another run").is_dead()
    assert replace(worker, started="1").is_dead()


@pytest.mark.parametrize("change", [{"place": "elsewhere", "pid": 1}, {"boot": ""}, {"started": ""}], ids=str)
def test_who_may_live(change: dict[str, Any]) -> None:
    assert not replace(Worker.here(), **change).is_dead()
