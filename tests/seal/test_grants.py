"""Grants: every way in which a use is not covered, counting for good, and files of grants."""

from __future__ import annotations

import errno
import os
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gmpki.errors import InvalidInputError, InvalidTypeError, SealError, StateError, TamperedError
from gmpki.seal import GrantCheck, SealSigner
from gmpki.seal.file_registry import FileSealRegistry
from gmpki.seal.grants import ANY_PURPOSE, FileGrants, MemoryGrants, key_digest
from gmpki.seal.registry import MemorySealRegistry
from gmpki.seal.use_check import UseCheck
from gmpki.seal.use_log import MemoryUseLog
from seal import samples
from seal.durable import DAY, NOW, Clock, files_no_longer_than, killed_after, start

SECOND = timedelta(seconds=1)
TERM: dict[str, Any] = {"purposes": {"合同"}, "valid_from": NOW, "valid_until": NOW + 10 * DAY, "by": "李四"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory", "file"])
def grants(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Any:
    if request.param == "memory":
        return MemoryGrants(clock=clock)
    return FileGrants.create(tmp_path / "grants", clock=clock)


def person() -> Any:
    return samples.signer().certificate


def give(grants: Any, **options: Any) -> Any:
    return grants.grant(samples.seal(), person(), **(TERM | options))


def use(grants: Any, **options: Any) -> Any:
    said = {"purpose": "合同", "at": NOW} | options
    seal, certificate = said.pop("seal", samples.seal()), said.pop("certificate", person())
    return grants.check(seal, certificate, **said)


def refused(grants: Any, **options: Any) -> str:
    """Return the reason for which a use is refused."""
    with pytest.raises(SealError) as caught:
        use(grants, **options)
    return caught.value.reason


# ---- what a grant covers --------------------------------------------------------------------------------------------
def test_a_grant_covers_a_use(grants: Any, clock: Clock) -> None:
    given = give(grants, why="年度合同")
    assert isinstance(grants, GrantCheck)
    assert (len(given.grant_id), given.person, given.limit) == (16, str(person().subject), None)
    assert (given.by, given.why, given.given_at) == ("李四", "年度合同", NOW)
    assert use(grants) == given
    clock.now = NOW + 10 * DAY
    assert use(grants, at=NOW + 10 * DAY) == given  # the last second
    assert use(grants, seal=samples.seal().seal_id) == given


def test_grants_by_the_digest_of_a_key(grants: Any) -> None:
    given = grants.grant(samples.seal().seal_id, key_digest(person()), name="张三", **TERM)
    assert given.person == "张三"
    assert use(grants) == given


def test_every_purpose(grants: Any) -> None:
    give(grants, purposes=[ANY_PURPOSE])
    for purpose in ("", "合同", "公文"):
        use(grants, purpose=purpose)


def test_another_certificate_over_the_same_key(grants: Any) -> None:
    give(grants)
    renewed = samples.certified("张三", issuer=samples.root(), serial_number=77).certificate
    assert renewed != person()
    use(grants, certificate=renewed)


# ---- what it does not cover -----------------------------------------------------------------------------------------
def test_nobody_has_a_grant(grants: Any) -> None:
    assert refused(grants) == "not-granted"


def test_another_person(grants: Any) -> None:
    give(grants)
    assert refused(grants, certificate=samples.other_signer().certificate) == "not-granted"


def test_another_seal(grants: Any) -> None:
    give(grants)
    assert refused(grants, seal=samples.new_seal(seal_id="31010000000002")) == "not-granted"
    assert refused(grants, seal="3101000000000") == "not-granted"


@pytest.mark.parametrize("purpose", ["", "公文", "合同 ", "合", "*"])
def test_another_purpose(grants: Any, purpose: str) -> None:
    give(grants)
    with pytest.raises(SealError) as caught:
        use(grants, purpose=purpose)
    assert caught.value.reason == "grant-purpose"
    named = f"the purpose {purpose}" if purpose else "a use whose purpose is not named"
    assert str(caught.value).endswith(f": not for {named}")


def test_expired(grants: Any, clock: Clock) -> None:
    give(grants)
    clock.now = NOW + 10 * DAY + SECOND
    assert refused(grants, at=clock.now) == "grant-expired"
    # An old time in the signature does not bring it back, and a later one does not lie within it.
    assert refused(grants, at=NOW) == "grant-expired"
    clock.now = NOW + 10 * DAY


def test_expired_by_the_time_in_the_signature(grants: Any) -> None:
    give(grants)
    assert refused(grants, at=NOW + 10 * DAY + SECOND) == "grant-expired"


def test_not_yet(grants: Any, clock: Clock) -> None:
    give(grants, valid_from=NOW + DAY)
    assert refused(grants) == "grant-not-yet"
    assert refused(grants, at=NOW + DAY) == "grant-not-yet"
    clock.now = NOW + DAY
    assert refused(grants, at=NOW + DAY - SECOND) == "grant-not-yet"
    use(grants, at=NOW + DAY)


def test_used_up(grants: Any) -> None:
    give(grants, limit=3)
    assert [use(grants).used for _ in range(3)] == [1, 2, 3]
    for _ in range(2):
        assert refused(grants) == "grant-used-up"


def test_taken_back(grants: Any, clock: Clock) -> None:
    given = give(grants)
    use(grants)
    clock.now = NOW + DAY
    assert grants.revoke(given.grant_id, by="王五", why="调岗").revoked_at == NOW + DAY
    assert refused(grants) == "grant-revoked"
    with pytest.raises(SealError) as caught:
        grants.revoke(given.grant_id, by="王五")
    assert caught.value.reason == "grant-revoked"
    with pytest.raises(SealError) as caught:
        grants.revoke("0" * 16, by="王五")
    assert caught.value.reason == "unknown-grant"


def test_the_nearest_of_several_says_why(grants: Any) -> None:
    give(grants, purposes={"公文"})
    assert refused(grants) == "grant-purpose"
    grants.revoke(give(grants).grant_id, by="x")
    assert refused(grants) == "grant-revoked"
    give(grants, valid_from=NOW - 2 * DAY, valid_until=NOW - DAY)
    assert refused(grants) == "grant-expired"
    give(grants, valid_from=NOW + DAY)
    assert refused(grants) == "grant-not-yet"
    give(grants, limit=1)
    use(grants)
    assert refused(grants) == "grant-used-up"
    later = give(grants, limit=1, valid_until=NOW + 2 * DAY)
    sooner = give(grants, limit=1, valid_until=NOW + DAY)
    assert [use(grants).grant_id for _ in range(2)] == [sooner.grant_id, later.grant_id]
    free = give(grants)
    give(grants, limit=1)
    assert use(grants).grant_id == free.grant_id  # what costs nothing is used first


def test_lists(grants: Any) -> None:
    first, other = give(grants), samples.other_signer().certificate
    second = grants.grant("31010000000002", other, **TERM)
    assert grants.find() == (first, second)
    assert grants.find(seal=samples.seal()) == grants.find(person=person()) == (first,)
    assert grants.find(person=key_digest(other)) == (second,)
    assert grants.find(seal=samples.seal(), person=other) == ()


# ---- clocks ---------------------------------------------------------------------------------------------------------
def test_a_clock_that_goes_back_brings_no_grant_back(grants: Any, clock: Clock) -> None:
    give(grants)
    clock.now = NOW + 20 * DAY
    assert refused(grants) == "grant-expired"
    clock.now = NOW + 5 * DAY
    with pytest.raises(StateError, match="went back"):
        use(grants)
    with pytest.raises(StateError, match="went back"):
        give(grants)
    clock.now = NOW + 20 * DAY - 60 * SECOND
    assert refused(grants) == "grant-expired"


def test_the_file_remembers_the_time(tmp_path: Path, clock: Clock) -> None:
    grants = FileGrants.create(tmp_path / "grants", clock=clock)
    give(grants, limit=5)
    clock.now = NOW + DAY
    use(grants)
    clock.now = NOW
    with pytest.raises(StateError, match="went back"):
        use(FileGrants(tmp_path / "grants", clock=clock))


# ---- inputs ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "options",
    [
        {"purposes": []},
        {"purposes": [""]},
        {"purposes": ["a\n"]},
        {"purposes": [str(number) for number in range(101)]},
        {"valid_until": NOW - SECOND},
        {"valid_from": NOW.replace(tzinfo=None)},
        {"limit": 0},
        {"limit": 10**9 + 1},
        {"by": ""},
        {"by": "a\x00"},
        {"why": "x" * 1001},
        {"name": "x" * 1001},
    ],
    ids=str,
)
def test_what_does_not_fit(grants: Any, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        give(grants, **options)
    assert grants.find() == ()


@pytest.mark.parametrize(
    "options",
    [
        {"purposes": "合同"},
        {"purposes": 7},
        {"purposes": [7]},
        {"purposes": {"a": 1}},
        {"limit": "1"},
        {"limit": True},
        {"by": 7},
        {"why": None},
        {"valid_from": "2026"},
    ],
    ids=str,
)
def test_other_types(grants: Any, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidTypeError):
        give(grants, **options)


def test_persons_seals_and_times_that_are_none(grants: Any) -> None:
    with pytest.raises(InvalidTypeError):
        grants.grant(samples.seal(), "张三", **TERM)
    with pytest.raises(InvalidInputError):
        grants.grant(samples.seal(), bytes(31), **TERM)
    with pytest.raises(InvalidTypeError):
        grants.grant(7, person(), **TERM)
    with pytest.raises(InvalidTypeError):
        use(grants, certificate=key_digest(person()))
    with pytest.raises(InvalidTypeError):
        use(grants, purpose=7)
    with pytest.raises(InvalidInputError):
        use(grants, at=NOW.replace(tzinfo=None))
    with pytest.raises(InvalidTypeError):
        grants.revoke(7, by="x")
    with pytest.raises(InvalidTypeError):
        MemoryGrants(clock=7)  # type: ignore[arg-type]


# ---- counting for good ----------------------------------------------------------------------------------------------
# Uses a grant until it is used up, or killed; says each use.
USING = """
import sys
from datetime import datetime, timezone
from gmpki.errors import SealError
from gmpki.seal.grants import FileGrants
from gmpki.x509.certificate import Certificate
grants = FileGrants(sys.argv[1])
certificate = Certificate.from_der(bytes.fromhex(sys.argv[2]))
while True:
    try:
        used = grants.check("1", certificate, purpose="x", at=datetime.now(timezone.utc)).used
    except SealError as error:
        assert error.reason == "grant-used-up", error
        break
    print(used, flush=True)
"""
LONG: dict[str, Any] = {"purposes": ["x"], "valid_from": NOW - 9 * 365 * DAY, "valid_until": NOW + 9 * 365 * DAY}


@pytest.mark.once
def test_processes_share_the_uses(tmp_path: Path) -> None:
    grants = FileGrants.create(tmp_path / "grants")
    grants.grant("1", person(), **LONG, by="x", limit=100)
    running = [start(USING, tmp_path / "grants", person().der.hex()) for _ in range(2)]
    said = [int(line) for process in running for line in process.communicate(timeout=120)[0].split()]
    assert [process.returncode for process in running] == [0, 0]
    assert sorted(said) == list(range(1, 101))


@pytest.mark.once
@pytest.mark.parametrize("delay_ms", [0, 5])
def test_no_use_is_forgotten_by_a_process_that_is_killed(tmp_path: Path, delay_ms: int) -> None:
    grants = FileGrants.create(tmp_path / "grants")
    given = grants.grant("1", person(), **LONG, by="x", limit=10**6)
    said: list[bytes] = []
    for _ in range(3):
        said += killed_after(start(USING, tmp_path / "grants", person().der.hex()), delay_ms / 1000)
    assert len(set(said)) == len(said)
    (found,) = FileGrants(tmp_path / "grants").find()
    assert (found.grant_id, found.limit) == (given.grant_id, 10**6)
    assert len(said) <= found.used <= len(said) + 3


def test_threads_share_the_uses(grants: Any) -> None:
    give(grants, limit=40)
    counts: list[int] = []

    def work() -> None:
        counts.extend(use(grants).used for _ in range(10))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == list(range(1, 41))
    assert refused(grants) == "grant-used-up"


def test_no_use_without_the_disk(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "grants"
    grants = FileGrants.create(path, clock=clock)
    give(grants, limit=2)
    with files_no_longer_than(path.stat().st_size + 10), pytest.raises(StateError, match="too large"):
        use(grants)

    def fail(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patched:
        patched.setattr("gmpki.protect.log_file.sync", fail)
        with pytest.raises(StateError):
            use(grants)
    assert [use(grants).used for _ in range(2)] == [1, 2]
    assert refused(FileGrants(path, clock=clock)) == "grant-used-up"


# ---- files ----------------------------------------------------------------------------------------------------------
def test_files(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "grants"
    grants = FileGrants.create(path, key=bytes(16), clock=clock)
    give(grants, limit=2)
    use(grants)
    assert FileGrants(path, key=bytes(16), clock=clock).find() == grants.find()
    assert grants.place.number == 3
    assert str(path) in repr(grants)
    with pytest.raises(TamperedError, match="another key"):
        FileGrants(path, key=bytes(range(16)), clock=clock)
    with pytest.raises(StateError, match="none is given"):
        FileGrants(path, clock=clock)
    with pytest.raises(StateError):
        FileGrants.create(path)
    with pytest.raises(StateError):
        FileGrants(tmp_path / "none")
    FileSealRegistry.create(tmp_path / "registry")
    with pytest.raises(StateError, match="is no gmpki seal grants"):
        FileGrants(tmp_path / "registry" / "registry")


@pytest.mark.parametrize("line", range(5))
def test_lines_that_were_changed_or_removed(tmp_path: Path, clock: Clock, line: int) -> None:
    path = tmp_path / "grants"
    grants = FileGrants.create(path, clock=clock)
    given = give(grants, limit=3)
    use(grants)
    use(grants)
    grants.revoke(given.grant_id, by="x")
    lines = path.read_bytes().splitlines(keepends=True)
    assert len(lines) == 5
    changed = bytearray(lines[line])
    changed[-3] ^= 1
    path.write_bytes(b"".join([*lines[:line], changed, *lines[line + 1 :]]))
    with pytest.raises(TamperedError):
        FileGrants(path, clock=clock)
    if line < 4:  # the last one is missed only by who kept the place
        path.write_bytes(b"".join(lines[:line] + lines[line + 1 :]))
        with pytest.raises((TamperedError, StateError)):  # without its first line it is a file of another kind
            FileGrants(path, clock=clock)


# ---- before each use ------------------------------------------------------------------------------------------------
def test_a_signer_asks_registry_and_grants(grants: Any, clock: Clock) -> None:
    registry, log = MemorySealRegistry(clock=clock), MemoryUseLog()
    me, seal = samples.signer(), samples.seal()
    check = UseCheck(registry, grants)
    signer = SealSigner(seal, me.key, me.certificate, grant=check, log=log, purpose="合同", clock=clock)

    def reason() -> str:
        try:
            signer.sign_document(samples.DIGEST, "x")
        except SealError as error:
            return error.reason
        return "done"

    expected = ["unknown-seal", "seal-stopped", "not-granted", "done", "grant-used-up", "seal-stopped"]
    found = [reason()]
    registry.make(seal, by="x")
    found.append(reason())
    registry.file(seal, by="x")
    found.append(reason())
    give(grants, limit=1)
    found += [reason(), reason()]
    registry.stop(seal, by="x", why="y")
    found.append(reason())
    registry.resume(seal, by="x")
    registry.replace(seal, samples.new_seal(name="下一个"), by="x", why="y")
    found.append(reason())
    registry.revoke(seal.digest(), by="x", why="y")
    found.append(reason())
    expected += ["seal-replaced", "seal-revoked"]
    assert found == expected
    events: list[Any] = []
    log.drain(events.extend)
    assert [one.event.result for one in events] == expected


def test_a_seal_that_was_not_in_use_at_the_time_of_the_signature(clock: Clock) -> None:
    registry = MemorySealRegistry(clock=clock)
    registry.make(samples.seal(), by="x")
    clock.now = NOW + DAY
    registry.file(samples.seal(), by="x")
    check = UseCheck(registry)
    check.check(samples.seal(), person(), purpose="", at=NOW + DAY)
    with pytest.raises(SealError) as caught:
        check.check(samples.seal(), person(), purpose="", at=NOW)
    assert caught.value.reason == "seal-stopped"


@pytest.mark.parametrize("parts", [(None, None), (7, None), (None, 7), (MemorySealRegistry(), 7)], ids=range(4))
def test_checks_of_other_parts(parts: Any) -> None:
    with pytest.raises(InvalidTypeError):
        UseCheck(*parts)
