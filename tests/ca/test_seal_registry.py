"""The registry of seals in a database: reopened, shared between processes, changed behind its back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from certified import NOW
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.reports.counts import By, count_seals
from gmpki.ca.seal_registry import StoreSealRegistry
from gmpki.ca.store.audit_verify import verify_audit
from gmpki.ca.store.schema import audit, seal_journal, seals
from gmpki.ca.store.store import Store
from gmpki.errors import InvalidTypeError, SealError, StateError, StoreError, TamperedError
from gmpki.protect.keys import KeyRing
from gmpki.seal import Seal
from gmpki.seal.life import SealStage
from gmpki.seal.registry import SealRegistry
from gmpki.seal.status import SealState
from seal import samples
from seal.durable import start

WHO = {"by": "李四", "why": "示例"}


def filled(store: Store) -> tuple[StoreSealRegistry, Seal]:
    """Return a registry with one seal in use, which was stopped and taken up again."""
    registry, seal = StoreSealRegistry(store), samples.seal()
    registry.make(seal, **WHO)
    registry.file(seal, **WHO, record_number="示例-1")
    registry.stop(seal, **WHO)
    registry.resume(seal, **WHO)
    return registry, seal


def journal(store: Store) -> list[Any]:
    with store.reading() as connection:
        return list(connection.execute(select(seal_journal).order_by(seal_journal.c.number)).all())


def behind(store: Store, *statements: Any) -> None:
    """Change the database past the registry."""
    with store.transaction() as tx:
        for statement in statements:
            tx.connection.execute(statement)


# ---- what stays ---------------------------------------------------------------------------
def test_everything_is_there_again(store: Store) -> None:
    registry, seal = filled(store)
    assert isinstance(registry, SealRegistry)
    registry.replace(seal, samples.new_seal(name="示例市人力资源局"), **WHO, record_number="2")
    again = StoreSealRegistry(store)
    assert again.find() == registry.find()
    assert again.seal(seal.digest()) == seal
    assert [row.number for row in journal(store)] == [1, 2, 3, 4, 5]
    assert [row.esid for row in journal(store)] == [seal.seal_id, "", "", "", seal.seal_id]


def test_every_step_is_in_the_audit_log(store: Store) -> None:
    _, seal = filled(store)
    query = select(audit.c.actor, audit.c.subject, audit.c.line).where(audit.c.operation == "seal.step")
    with store.reading() as connection:
        rows = connection.execute(query.order_by(audit.c.number)).all()
    assert [(row.actor, row.subject) for row in rows] == [("李四", f"seal-entry:{number}") for number in (1, 2, 3, 4)]
    assert all(seal.digest().hex() in row.line for row in rows)
    assert not verify_audit(store).findings


def test_two_that_are_open_at_once(store: Store) -> None:
    first, seal = filled(store)
    second = StoreSealRegistry(store)
    first.revoke(seal, **WHO, reason=ReasonCode.KEY_COMPROMISE)
    assert second.status(seal).state is SealState.REVOKED
    other = samples.new_seal(name="示例市人力资源局")
    second.make(other, **WHO)
    with pytest.raises(SealError):
        first.make(other, **WHO)


def test_seals_are_counted(store: Store) -> None:
    registry, _ = filled(store)
    (count,) = count_seals(registry, [By.STATE])
    assert count.count == 1


def test_a_step_that_is_not_committed_is_not_there(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    registry, seal = filled(store)
    before = journal(store)

    def fails(*_: Any) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("gmpki.ca.store.store.see_alive", fails)
        with pytest.raises(StoreError):
            registry.revoke(seal, **WHO)
        with pytest.raises(StoreError):
            registry.make(samples.new_seal(seal_id="31010000000002"), **WHO)
    assert journal(store) == before
    assert registry.record(seal).stage is SealStage.IN_USE
    assert registry.revoke(seal, **WHO).stage is SealStage.REVOKED


def test_a_step_that_is_refused_leaves_nothing(store: Store) -> None:
    registry, seal = filled(store)
    before = journal(store)
    with pytest.raises(SealError):
        registry.file(seal, **WHO)
    assert journal(store) == before


def test_steps_have_a_transaction_of_their_own(store: Store) -> None:
    registry, seal = filled(store)
    with store.transaction():
        assert registry.record(seal).stage is SealStage.IN_USE
        with pytest.raises(StateError):
            registry.stop(seal, **WHO)
    assert registry.record(seal).stage is SealStage.IN_USE


def test_names_that_no_column_holds(store: Store) -> None:
    registry = StoreSealRegistry(store)
    seal = samples.new_seal(seal_id="3" * 80)
    registry.make(seal, by="李" * 200)
    (row,) = journal(store)
    assert len(row.esid) == 64
    assert StoreSealRegistry(store).record(seal.seal_id).steps[0].by == "李" * 200


def test_arguments(store: Store) -> None:
    with pytest.raises(InvalidTypeError):
        StoreSealRegistry("sqlite://")  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        StoreSealRegistry(store, clock=NOW)  # type: ignore[arg-type]


# ---- what was changed ---------------------------------------------------------------------
NUMBER = seal_journal.c.number
CHANGES: dict[str, Callable[[], Any]] = {
    "entry": lambda: update(seal_journal).where(NUMBER == 3).values(entry="{}"),
    "by": lambda: update(seal_journal).where(NUMBER == 1).values(esid="another"),
    "tag": lambda: update(seal_journal).where(NUMBER == 2).values(tag=b"x"),
    "no-text": lambda: update(seal_journal).where(NUMBER == 2).values(entry="\ud7ff"),
    "first": lambda: delete(seal_journal).where(NUMBER == 1),
    "middle": lambda: delete(seal_journal).where(NUMBER == 3),
    "last": lambda: delete(seal_journal).where(NUMBER == 4),
    "all": lambda: delete(seal_journal),
    "number": lambda: update(seal_journal).where(NUMBER == 4).values(number=9),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_changes_are_found_on_opening(store: Store, change: Callable[[], Any]) -> None:
    filled(store)
    behind(store, change())
    with pytest.raises(TamperedError):
        StoreSealRegistry(store)


@pytest.mark.parametrize("change", ["last", "all", "number"])
def test_cut_off_while_it_is_open(store: Store, change: str) -> None:
    registry, seal = filled(store)
    behind(store, CHANGES[change]())
    with pytest.raises(TamperedError):
        registry.stop(seal, **WHO)


def test_entries_of_another_branch(store: Store) -> None:
    """What followed something else does not follow, even where its number fits."""
    registry, seal = filled(store)
    registry.stop(seal, **WHO)
    registry.resume(seal, **WHO)
    kept = journal(store)[5]
    behind(store, delete(seal_journal).where(NUMBER > 4), delete(audit).where(audit.c.subject.in_(["seal-entry:6"])))
    behind(store, delete(audit).where(audit.c.subject == "seal-entry:5"))
    StoreSealRegistry(store).stop(seal, by="王五", why="示例")
    behind(store, seal_journal.insert().values(**kept._asdict()))
    with pytest.raises(TamperedError):
        StoreSealRegistry(store)


def test_seals_that_are_gone_or_others(store: Store) -> None:
    registry, seal = filled(store)
    behind(store, update(seals).values(content=samples.new_seal(name="示例").der))
    with pytest.raises(TamperedError) as caught:
        registry.seal(seal.digest())
    assert caught.value.reason == "changed"
    behind(store, delete(seals))
    with pytest.raises(TamperedError) as caught:
        registry.seal(seal.seal_id)
    assert caught.value.reason == "missing"


# ---- several processes --------------------------------------------------------------------
STEPS = """
import sys
from pathlib import Path
from gmpki.ca.seal_registry import StoreSealRegistry
from gmpki.ca.store.store import Store
from gmpki.errors import SealError
from gmpki.protect.keys import KeyRing
url, ring, digest, who = sys.argv[1:]
with Store.open(url, KeyRing.load(ring, b"only for tests")) as store:
    registry, done = StoreSealRegistry(store), 0
    for _ in range(5):
        for step in (registry.stop, registry.resume):
            try:
                step(bytes.fromhex(digest), by=who, why="x")
                done += 1
            except SealError:
                pass
print(done)
"""


def several_processes(url: str, ring: KeyRing, folder: Path) -> None:
    """Let three processes stop and resume one seal; no step is lost, and none is taken that is not allowed."""
    ring.save(folder / "ring", b"only for tests", iterations=1000)
    with Store.create(url, ring) as store:
        _, seal = filled(store)
    processes = [start(STEPS, url, folder / "ring", seal.digest().hex(), f"P{number}") for number in range(3)]
    done = 0
    for process in processes:
        assert process.stdout is not None
        done += int(process.stdout.read())
        process.stdout.close()
        assert process.wait(timeout=60) == 0
    with Store.open(url, ring) as store:
        steps = StoreSealRegistry(store).record(seal).steps
        assert not verify_audit(store).findings
    assert len(steps) == 4 + done
    assert done >= 10


@pytest.mark.once
def test_several_processes_on_sqlite(file_url: str, ring: KeyRing, tmp_path: Path) -> None:
    several_processes(file_url, ring, tmp_path)


@pytest.mark.once
def test_several_processes_on_postgresql(postgresql_url: str, ring: KeyRing, tmp_path: Path) -> None:
    several_processes(postgresql_url, ring, tmp_path)
