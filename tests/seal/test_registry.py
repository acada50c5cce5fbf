"""The life of seals: each step, each one that is not allowed, and where a seal stood when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.seal_registry import StoreSealRegistry
from gmpki.ca.store.store import Store
from gmpki.errors import InvalidInputError, InvalidTypeError, SealError, StateError
from gmpki.protect.keys import KeyRing
from gmpki.seal import SealState, SealStatusSource, verify_seal
from gmpki.seal.file_registry import FileSealRegistry
from gmpki.seal.life import CLOCK_TOLERANCE, TRANSITIONS, SealAction, SealRecord, SealStage, SealStep
from gmpki.seal.registry import JournalRegistry, MemorySealRegistry, SealRegistry
from seal import samples
from seal.durable import DAY, NOW, Clock

SECOND = timedelta(seconds=1)
WHO = {"by": "李四", "why": "示例"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory", "file", "store"])
def registry(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[JournalRegistry]:
    if request.param == "memory":
        yield MemorySealRegistry(clock=clock)
    elif request.param == "file":
        yield FileSealRegistry.create(tmp_path / "registry", clock=clock)
    else:
        with Store.create("sqlite://", KeyRing.generate(), clock=clock) as store:
            yield StoreSealRegistry(store, clock=clock)


def second() -> Any:
    """Return another seal of the same code."""
    return samples.new_seal(name="示例市人力资源局")


STEPS: dict[SealAction, Callable[[JournalRegistry, Any], SealRecord]] = {
    SealAction.MAKE: lambda registry, seal: registry.make(seal, **WHO),
    SealAction.FILE: lambda registry, seal: registry.file(seal, **WHO, record_number="2026-1"),
    SealAction.STOP: lambda registry, seal: registry.stop(seal, **WHO),
    SealAction.RESUME: lambda registry, seal: registry.resume(seal, **WHO),
    SealAction.REPLACE: lambda registry, seal: registry.replace(seal, second(), **WHO),
    SealAction.REVOKE: lambda registry, seal: registry.revoke(seal, **WHO),
}
WAYS: dict[SealStage, list[SealAction]] = {
    SealStage.MADE: [SealAction.MAKE],
    SealStage.IN_USE: [SealAction.MAKE, SealAction.FILE],
    SealStage.STOPPED: [SealAction.MAKE, SealAction.FILE, SealAction.STOP],
    SealStage.REPLACED: [SealAction.MAKE, SealAction.FILE, SealAction.REPLACE],
    SealStage.REVOKED: [SealAction.MAKE, SealAction.FILE, SealAction.REVOKE],
}


def bring(registry: JournalRegistry, stage: SealStage) -> Any:
    """Take up a seal and bring it to a stage."""
    seal = samples.seal()
    for action in WAYS[stage]:
        STEPS[action](registry, seal)
    assert registry.record(seal).stage is stage
    return seal


# ---- steps ----------------------------------------------------------------------------------------------------------
def test_a_whole_life(registry: JournalRegistry, clock: Clock) -> None:
    seal = samples.seal()
    assert isinstance(registry, SealRegistry)
    assert isinstance(registry, SealStatusSource)
    registry.make(seal, by="制章员 01", holder="示例市政府")
    for day, step in enumerate(("file", "stop", "resume"), 1):
        clock.now = NOW + day * DAY
        more = {"record_number": "4403-1"} if step == "file" else {}
        getattr(registry, step)(seal, **WHO, **more)
    clock.now = NOW + 4 * DAY
    record = registry.revoke(seal, **WHO, reason=ReasonCode.KEY_COMPROMISE)
    assert [(step.action.value, step.at) for step in record.steps] == [
        (name, NOW + day * DAY) for day, name in enumerate(("make", "file", "stop", "resume", "revoke"))
    ]
    assert (record.holder, record.record_number, record.since) == ("示例市政府", "4403-1", NOW + 4 * DAY)
    assert (record.steps[0].by, record.steps[1].why, record.steps[4].reason) == ("制章员 01", "示例", 1)
    assert registry.seal(seal.seal_id) == registry.seal(seal.digest()) == seal


ALLOWED = [(stage, action) for stage in SealStage for action in SealAction if (stage, action) in TRANSITIONS]
FORBIDDEN = [(stage, action) for stage in SealStage for action in SealAction if (stage, action) not in TRANSITIONS]


@pytest.mark.parametrize(("stage", "action"), ALLOWED, ids=lambda one: str(one.value))
def test_steps_that_are_allowed(registry: JournalRegistry, stage: SealStage, action: SealAction) -> None:
    seal = bring(registry, stage)
    STEPS[action](registry, seal)
    assert registry.record(seal).stage is TRANSITIONS[stage, action]


@pytest.mark.parametrize(("stage", "action"), FORBIDDEN, ids=lambda one: str(one.value))
def test_steps_that_are_not(registry: JournalRegistry, stage: SealStage, action: SealAction) -> None:
    seal = bring(registry, stage)
    before = registry.find()
    with pytest.raises(SealError) as caught:
        STEPS[action](registry, seal)
    if action is SealAction.MAKE:
        assert caught.value.reason == "known-seal"
    else:
        assert caught.value.reason == "transition"
        assert f"is {stage.value}" in str(caught.value)
        assert f"no {action.value}" in str(caught.value)
        others = ", ".join(other.value for start, other in ALLOWED if start is stage)
        assert str(caught.value).endswith(f"only {others}" if others else "nor anything else")
    assert registry.find() == before


def test_how_many_steps_there_are() -> None:
    assert (len(ALLOWED), len(FORBIDDEN)) == (9, 21)


@pytest.mark.parametrize("action", [action for action in SealAction if action is not SealAction.MAKE])
def test_steps_of_a_seal_that_is_not_known(registry: JournalRegistry, action: SealAction) -> None:
    for name in (samples.seal(), samples.seal().seal_id, samples.seal().digest()):
        with pytest.raises(SealError) as caught:
            STEPS[action](registry, name)
        assert caught.value.reason == "unknown-seal"


def test_one_code_is_of_one_seal_at_a_time(registry: JournalRegistry) -> None:
    seal, other = samples.seal(), second()
    registry.make(seal, **WHO)
    with pytest.raises(SealError) as caught:
        registry.make(other, **WHO)
    assert caught.value.reason == "seal-id"
    registry.revoke(seal, **WHO)
    registry.make(other, **WHO)
    assert registry.record(seal.seal_id).digest == other.digest()
    registry.revoke(other, **WHO)
    assert registry.record(seal.seal_id).digest == other.digest()
    assert [one.digest for one in registry.find(seal_id=seal.seal_id)] == [seal.digest(), other.digest()]


def test_replacing(registry: JournalRegistry) -> None:
    seal, other = samples.seal(), second()
    bring(registry, SealStage.STOPPED)
    record = registry.replace(seal.seal_id, other, **WHO, record_number="4403-2")
    assert (record.digest, record.stage, record.record_number) == (other.digest(), SealStage.IN_USE, "4403-2")
    assert record.steps[0].other == seal.digest()
    old = registry.record(seal.digest())
    assert (old.stage, old.successor, old.steps[-1].reason) == (SealStage.REPLACED, other.digest(), 4)
    assert old.record_number == "2026-1"
    assert registry.seal(other.digest()) == other


def test_replacing_by_what_is_there(registry: JournalRegistry) -> None:
    seal = bring(registry, SealStage.IN_USE)
    apart = samples.new_seal(seal_id="31010000000002")
    registry.make(apart, **WHO)
    for successor in (seal, apart):
        with pytest.raises(SealError) as caught:
            registry.replace(seal, successor, **WHO)
        assert caught.value.reason == "known-seal"
    with pytest.raises(SealError) as caught:
        registry.replace(seal, samples.new_seal(seal_id="31010000000002", name="第三个"), **WHO)
    assert caught.value.reason == "seal-id"
    assert registry.record(seal).stage is SealStage.IN_USE


# ---- where a seal stood ---------------------------------------------------------------------------------------------
def test_status_at_each_time(registry: JournalRegistry, clock: Clock) -> None:
    seal = samples.seal()
    assert registry.status(seal).state is SealState.UNKNOWN
    for day, action in enumerate((*WAYS[SealStage.STOPPED], SealAction.RESUME, SealAction.REPLACE)):
        clock.now = NOW + day * DAY
        STEPS[action](registry, seal)
    expected = ["unknown", "stopped", "in-use", "stopped", "in-use", "replaced"]
    found = [registry.status(seal, at=NOW + day * DAY + SECOND) for day in range(-1, 5)]
    assert [status.state.value for status in found] == expected
    assert [registry.status(seal, at=NOW + day * DAY).state.value for day in range(-1, 5)] == expected
    assert "not yet made" in found[0].detail
    assert "not yet put on file" in found[1].detail
    assert (found[3].since, found[3].reason) == (NOW + 2 * DAY, ReasonCode.CERTIFICATE_HOLD)
    assert found[5] == registry.status(seal)
    assert "示例" in found[5].detail


def test_what_was_stolen_before_it_was_noticed(registry: JournalRegistry, clock: Clock) -> None:
    seal = bring(registry, SealStage.IN_USE)
    clock.now = NOW + 3 * DAY
    STEPS[SealAction.STOP](registry, seal)
    record = registry.revoke(seal, **WHO, reason=ReasonCode.KEY_COMPROMISE, since=NOW + DAY)
    assert (record.steps[-1].at, record.since) == (NOW + 3 * DAY, NOW + DAY)
    assert registry.status(seal, at=NOW + DAY - SECOND).state is SealState.IN_USE
    found = registry.status(seal, at=NOW + DAY)
    assert (found.state, found.since, found.reason) == (SealState.REVOKED, NOW + DAY, ReasonCode.KEY_COMPROMISE)


@pytest.mark.parametrize("since", [NOW - SECOND, NOW + 3 * DAY + SECOND], ids=["before-making", "future"])
def test_since_out_of_the_life_of_the_seal(registry: JournalRegistry, clock: Clock, since: datetime) -> None:
    seal = bring(registry, SealStage.IN_USE)
    clock.now = NOW + 3 * DAY
    with pytest.raises(InvalidInputError):
        registry.revoke(seal, **WHO, since=since)
    assert registry.record(seal).stage is SealStage.IN_USE


def test_another_seal_of_the_same_code(registry: JournalRegistry) -> None:
    bring(registry, SealStage.IN_USE)
    found = registry.status(second())
    assert found.state is SealState.UNKNOWN
    assert "another one" in found.detail


def test_a_verifier_asks_the_registry(registry: JournalRegistry) -> None:
    seal = samples.seal()
    trust = samples.trust(statuses=registry, accept={"maker-revocation"})

    def verdict() -> tuple[str, str]:
        report = verify_seal(seal, trust)
        return report.verdict.value, report.signatures[0].check("seal-status").status.value

    assert verdict() == ("incomplete", "not-checked")
    for action, expected in (
        (SealAction.MAKE, ("invalid", "failed")),
        (SealAction.FILE, ("valid", "passed")),
        (SealAction.STOP, ("invalid", "failed")),
        (SealAction.RESUME, ("valid", "passed")),
        (SealAction.REVOKE, ("invalid", "failed")),
    ):
        STEPS[action](registry, seal)
        assert verdict() == expected, action


# ---- questions ------------------------------------------------------------------------------------------------------
def test_queries(registry: JournalRegistry, clock: Clock) -> None:
    first = bring(registry, SealStage.IN_USE)
    clock.now = NOW + 10 * DAY
    person = samples.new_seal(seal_id="31010000000002", name="张三", seal_type=2)
    registry.make(person, **WHO, holder="示例市社会保障局 张三")

    def ids(**query: Any) -> list[str]:
        return [record.seal_id for record in registry.find(**query)]

    both = [first.seal_id, person.seal_id]
    assert ids() == both
    assert ids(seal_id=person.seal_id) == both[1:]
    assert ids(seal_id="3101") == []
    assert ids(holder="社会保障局") == both
    assert ids(name="社会保障局") == both[:1]
    assert ids(stage=SealStage.MADE) == both[1:]
    assert ids(stage=SealStage.REVOKED) == []
    assert ids(since=NOW + DAY) == both[1:]
    assert ids(until=NOW + DAY) == both[:1]
    assert ids(since=NOW + DAY, until=NOW + 10 * DAY) == []
    assert ids(since=NOW, until=NOW + SECOND, stage=SealStage.IN_USE) == both[:1]


# ---- inputs ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("wrong", ["", "x" * 1001, "a\nb", "a\x1b[2J", "\ud800"])
@pytest.mark.parametrize("name", ["by", "why", "record_number"])
def test_texts_that_do_not_fit(registry: JournalRegistry, name: str, wrong: str) -> None:
    seal = bring(registry, SealStage.MADE)
    if not wrong and name != "by":
        registry.file(seal, by="李四", **{name: wrong})
        return
    with pytest.raises(InvalidInputError):
        registry.file(seal, **({"by": "李四"} | {name: wrong}))
    assert registry.record(seal).stage is SealStage.MADE


@pytest.mark.parametrize("wrong", [None, 7, b"x", ["x"]])
def test_texts_of_other_types(registry: JournalRegistry, wrong: Any) -> None:
    seal = bring(registry, SealStage.MADE)
    for arguments in ({"by": wrong}, {"by": "x", "why": wrong}, {"by": "x", "record_number": wrong}):
        with pytest.raises(InvalidTypeError):
            registry.file(seal, **arguments)


def test_other_inputs_of_other_types(registry: JournalRegistry) -> None:
    seal = bring(registry, SealStage.IN_USE)
    for call in (
        lambda: registry.make(seal.der, **WHO),
        lambda: registry.make(seal.seal_id, **WHO),
        lambda: registry.record(7),
        lambda: registry.record(None),
        lambda: registry.stop(seal, by="x", why="y", reason=1),
        lambda: registry.find(stage="in-use"),
        lambda: registry.find(name=7),
        lambda: registry.status(seal.der),
        lambda: registry.revoke(seal, **WHO, since="2026"),
        lambda: MemorySealRegistry(clock=NOW),
    ):
        with pytest.raises(InvalidTypeError):
            call()  # type: ignore[no-untyped-call]


def test_times_without_a_zone(registry: JournalRegistry, clock: Clock) -> None:
    seal = bring(registry, SealStage.IN_USE)
    naive = NOW.replace(tzinfo=None)
    for call in (
        lambda: registry.status(seal, at=naive),
        lambda: registry.find(since=naive),
        lambda: registry.find(until=naive),
        lambda: registry.revoke(seal, **WHO, since=naive),
    ):
        with pytest.raises(InvalidInputError):
            call()  # type: ignore[no-untyped-call]
    clock.now = naive
    with pytest.raises(InvalidInputError):
        registry.stop(seal, **WHO)


def test_records_by_hand() -> None:
    with pytest.raises(InvalidTypeError):
        SealStep("make", NOW, "x")  # type: ignore[arg-type]
    record = SealRecord(bytes(32), "1", "n", "h", 1, "v", NOW, NOW)
    with pytest.raises(StateError):
        _ = record.stage
    with pytest.raises(SealError, match="not known"):
        record.after(SealStep(SealAction.FILE, NOW, "x"))


# ---- clocks ---------------------------------------------------------------------------------------------------------
def test_a_clock_that_is_set_right(registry: JournalRegistry, clock: Clock) -> None:
    seal = bring(registry, SealStage.IN_USE)
    clock.now = NOW - CLOCK_TOLERANCE
    record = registry.stop(seal, **WHO)
    assert record.steps[-1].at == NOW  # never before what stands there


def test_a_clock_that_goes_back(registry: JournalRegistry, clock: Clock) -> None:
    seal = bring(registry, SealStage.IN_USE)
    clock.now = NOW - CLOCK_TOLERANCE - SECOND
    for call in (lambda: registry.stop(seal, **WHO), lambda: registry.make(second(), **WHO)):
        with pytest.raises(StateError, match="went back"):
            call()
    assert registry.record(seal).stage is SealStage.IN_USE
    clock.now = NOW.astimezone(timezone(timedelta(hours=8)))
    assert registry.stop(seal, **WHO).steps[-1].at == NOW
