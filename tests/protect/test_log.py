"""Writing a log: what stands in it, when it is sealed, several files, several writers, crashes."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.errors import (
    DecodeError,
    InvalidInputError,
    InvalidTypeError,
    LimitExceeded,
    StateError,
    TamperedError,
    UnknownKeyError,
)
from gmpki.protect import log_file
from gmpki.protect.log import Durability, LogRules
from gmpki.protect.log_record import MAX_ENTRY_LEN, Record, entry_contents
from gmpki.protect.log_verify import verify_log
from protect.log_scene import FAST, KEYS, SIGNER, START, Clock, Keys, check, create, entries, reopen, small_log

PUBLIC = (SIGNER.public_key,)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.log"


def kinds(path: Path) -> list[str]:
    return [Record.of_line(line).kind.value for line in path.read_bytes().splitlines(keepends=True)]


# ---- what stands in a log -------------------------------------------------------------------------------------------
def test_a_log_is_readable_text(path: Path) -> None:
    lines = small_log(path)
    fields = lines[2].decode().rstrip("\n").split(" ", 7)
    assert fields[1:6] == ["entry", "3", "2026-03-01T08:00:00Z", "1", "2026-03-01T08:00:00Z"]
    assert fields[7] == "=二"
    assert lines[4].endswith(b" :AP8=\n")
    assert kinds(path) == ["log", "entry", "entry", "seal", "entry", "entry", "seal", "entry"]
    assert os.stat(path).st_mode & 0o777 == 0o600


@given(st.binary(max_size=80) | st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_entries_come_back_as_they_were(data: bytes) -> None:
    contents = entry_contents(data)
    assert b"\n" not in contents
    at = "2026-03-01T08:00:00Z"
    line = b"0" * 64 + f" entry 2 {at} 1 {at} ".encode() + b"0" * 64 + b" " + contents + b"\n"
    assert Record.of_line(line).data == data


@pytest.mark.parametrize("data", ["\x1b[2J", "a\u202eb", "a\u2028b", "\x7f", "a\rb", "\u200b"])
def test_what_a_terminal_obeys_is_written_in_base64(data: str) -> None:
    assert entry_contents(data.encode())[:1] == b":"


@pytest.mark.parametrize("data", ["", '{"user": "张三"}', "a\tb", "全角\u3000空格", "=x", ":x"])
def test_text_is_written_as_it_is(data: str) -> None:
    assert entry_contents(data.encode()) == b"=" + data.encode()


def test_entries_that_are_not_taken(path: Path) -> None:
    with create(path) as log:
        log.append(bytes(MAX_ENTRY_LEN))
        log.append(b"a" * MAX_ENTRY_LEN)
        before = path.stat().st_size
        with pytest.raises(LimitExceeded):
            log.append(bytes(MAX_ENTRY_LEN + 1))
        for wrong in ("text", None, 5):
            with pytest.raises(InvalidTypeError):
                log.append(wrong)  # type: ignore[arg-type]
        with pytest.raises(InvalidTypeError):
            log.extend([b"good", "bad"])  # type: ignore[list-item]
        with pytest.raises(InvalidTypeError):
            log.extend(5)  # type: ignore[arg-type]
        assert path.stat().st_size == before
    assert check(path).entries == 2


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"0" * 64 + b" entry 2 2026-13-01T08:00:00Z 1 2026-03-01T08:00:00Z " + b"0" * 64 + b" =\n",
        b"0" * 64 + b" entry 0 2026-03-01T08:00:00Z 1 2026-03-01T08:00:00Z " + b"0" * 64 + b" =\n",
        b"0" * 64 + b" entry 1" + b"0" * 18 + b" 2026-03-01T08:00:00Z 1 2026-03-01T08:00:00Z " + b"0" * 64 + b" =\n",
        b"F" * 64 + b" entry 2 2026-03-01T08:00:00Z 1 2026-03-01T08:00:00Z " + b"0" * 64 + b" =\n",
        b"0" * 64 + b" other 2 2026-03-01T08:00:00Z 1 2026-03-01T08:00:00Z " + b"0" * 64 + b" =\n",
    ],
    ids=["nothing", "empty", "month", "zero", "digits", "capitals", "kind"],
)
def test_lines_that_are_no_records(line: bytes) -> None:
    with pytest.raises(DecodeError):
        Record.of_line(line)


@pytest.mark.parametrize("contents", [b"", b"x", b":A", b":A===", b":\xff"])
def test_contents_that_are_no_entry(contents: bytes) -> None:
    at = b"2026-03-01T08:00:00Z"
    line = b"0" * 64 + b" entry 2 " + at + b" 1 " + at + b" " + b"0" * 64 + b" " + contents + b"\n"
    with pytest.raises(DecodeError):
        _ = Record.of_line(line).data
    with pytest.raises(InvalidInputError):
        _ = Record.of_line(line.replace(b"entry", b"seal")).data


# ---- opening --------------------------------------------------------------------------------------------------------
def test_a_log_is_created_once(path: Path) -> None:
    create(path).close()
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        create(path)
    assert path.read_bytes() == before
    os.rename(path, f"{path}.000001")
    with pytest.raises(FileExistsError):
        create(path)


def test_a_log_that_was_removed_is_not_begun_anew(path: Path) -> None:
    with create(path) as log:
        log.append(b"one")
        path.unlink()
        with pytest.raises(TamperedError) as caught:
            log.append(b"two")
        assert (caught.value.reason, caught.value.place) == ("replaced", 3)
        with pytest.raises(FileNotFoundError):
            log.append(b"two")
    with pytest.raises(FileNotFoundError):
        reopen(path)
    assert not path.exists()


def test_a_file_that_was_removed_is_not_begun_anew(path: Path) -> None:
    with create(path) as log:
        log.rotate()
        log.append(b"one")
        path.unlink()
        with pytest.raises(TamperedError):
            log.append(b"two")
        assert not path.exists()


def test_a_directory_that_the_process_leaves(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with create(Path("audit.log")) as log:
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        log.append(b"one")
        log.rotate()
        log.append(b"two")
    assert os.listdir(tmp_path / "elsewhere") == []
    assert entries(path) == [b"one", b"two"]


def test_opening_goes_on_where_it_ended(path: Path) -> None:
    with create(path) as log:
        first = log.append(b"one")
    with reopen(path) as log:
        assert log.checkpoint == first
        assert log.append(b"two").number == 3
    assert entries(path) == [b"one", b"two"]


@pytest.mark.parametrize("number", [1, 4])
def test_opening_refuses_a_changed_end_or_beginning(path: Path, number: int) -> None:
    with create(path) as log:
        log.extend([b"one", b"two", b"three"])
    lines = path.read_bytes().splitlines(keepends=True)
    lines[number - 1] = lines[number - 1].replace(b"8:00:00Z", b"8:00:01Z")
    path.write_bytes(b"".join(lines))
    with pytest.raises(TamperedError) as caught:
        reopen(path)
    assert (caught.value.reason, caught.value.place) == ("changed", number)


@pytest.mark.parametrize("data", [b"", b"no log", b"no log\n", b"\n" * 10, bytes(3_000_000), b"x" * 3_000_000 + b"\n"])
def test_files_that_are_no_log(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with pytest.raises(TamperedError):
        reopen(path)
    assert path.read_bytes() == data


def test_paths_that_are_no_regular_file(path: Path, tmp_path: Path) -> None:
    real = tmp_path / "real.log"
    create(real).close()
    path.symlink_to(real)
    with pytest.raises(OSError, match=r"symbolic|loop|levels"):
        reopen(path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(OSError, match="regular file"):
        reopen(path)
    with pytest.raises(OSError, match="regular file"):
        check(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        reopen(path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"keys": b"key"},
        {"signer": b"key"},
        {"rules": 5},
        {"clock": datetime(2026, 3, 1, tzinfo=timezone.utc)},
        {"clock": lambda: datetime(2026, 3, 1)},
        {"clock": lambda: 5},
    ],
)
def test_arguments_that_make_no_sense(path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        create(path, **wrong)
    assert not path.exists()


@pytest.mark.parametrize("wrong", [5, None, b"audit.log", "", "a\0b"])
def test_paths_that_make_no_sense(wrong: Any) -> None:
    with pytest.raises(InvalidInputError):
        create(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"seal_every": 0},
        {"seal_every": "1"},
        {"seal_every": True},
        {"seal_after": 5},
        {"seal_after": timedelta(0)},
        {"durability": "each"},
    ],
    ids=str,
)
def test_rules_that_make_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        LogRules(**wrong)


@pytest.mark.parametrize("key_id", [b"", bytes(33)])
def test_ids_of_keys_that_do_not_fit(path: Path, key_id: bytes) -> None:
    class Named(Keys):
        primary_id = key_id

    with pytest.raises(InvalidInputError):
        create(path, keys=Named())


def test_a_closed_log(path: Path) -> None:
    log = create(path)
    log.close()
    log.close()
    for call in (lambda: log.append(b"x"), log.seal, log.seal_if_due, log.rotate, lambda: log.checkpoint):
        with pytest.raises(StateError):
            call()


def test_other_keys(path: Path) -> None:
    create(path).close()
    with pytest.raises(UnknownKeyError):
        reopen(path, keys=Keys(b"\x02" * 8))


# ---- seals ----------------------------------------------------------------------------------------------------------
def test_seals_come_by_number(path: Path) -> None:
    with create(path, rules=LogRules(seal_every=3, seal_after=None, durability=Durability.SYSTEM)) as log:
        for number in range(6):
            log.append(str(number).encode())
    assert kinds(path) == ["log", "entry", "entry", "entry", "seal", "entry", "entry", "entry", "seal"]
    assert check(path).unsealed == 0


def test_seals_come_by_time(path: Path) -> None:
    clock = Clock()
    rules = LogRules(seal_every=None, seal_after=timedelta(minutes=10), durability=Durability.SYSTEM)
    with create(path, rules=rules, clock=clock) as log:
        log.append(b"early")
        clock.move(minutes=9, seconds=59)
        log.append(b"not yet")
        assert log.seal_if_due().number == 3
        clock.move(seconds=1)
        assert log.seal_if_due().number == 4
        clock.move(hours=1)
        assert log.seal_if_due().number == 4  # nothing stands behind the seal
        log.append(b"late")
    assert kinds(path) == ["log", "entry", "entry", "seal", "entry", "seal"]


def test_who_opens_a_log_knows_when_it_was_sealed(path: Path) -> None:
    rules = LogRules(seal_every=4, seal_after=None, durability=Durability.SYSTEM)
    for number in range(8):
        with (reopen if number else create)(path, rules=rules) as log:
            log.append(str(number).encode())
    assert kinds(path) == ["log", *["entry"] * 4, "seal", *["entry"] * 4, "seal"]


def test_a_log_without_a_signer(path: Path) -> None:
    with create(path, signer=None, rules=LogRules(seal_every=1, durability=Durability.SYSTEM)) as log:
        log.append(b"one")
        with pytest.raises(StateError):
            log.seal()
    assert (check(path).seals, check(path).sealed_through) == (0, None)
    with reopen(path) as log:
        log.seal()
    assert check(path).sealed_through == 3


class Failing:
    """A signer whose token was pulled out."""

    public_key = SIGNER.public_key
    signature_algorithm = SIGNER.signature_algorithm

    def sign(self, _message: Any, **_options: Any) -> bytes:
        raise StateError("the token is gone")

    def sign_digest(self, _digest: Any) -> bytes:
        raise StateError("the token is gone")


def test_an_entry_stays_when_its_seal_fails(path: Path) -> None:
    with create(path, signer=Failing(), rules=LogRules(seal_every=2, durability=Durability.SYSTEM)) as log:
        log.append(b"one")
        for entry in (b"two", b"three"):
            with pytest.raises(StateError, match="the token is gone"):
                log.append(entry)
    assert entries(path) == [b"one", b"two", b"three"]


def test_a_signer_that_logs_does_not_wait_for_itself(path: Path) -> None:
    class Talking(Failing):
        def sign(self, _message: Any, **_options: Any) -> bytes:
            log.append(b"I sign")
            return b""

    log = create(path, signer=Talking())
    with pytest.raises(StateError, match="already"):
        log.seal()
    assert log.append(b"one").number == 2


# ---- several files --------------------------------------------------------------------------------------------------
def test_a_log_goes_on_in_another_file(path: Path) -> None:
    with create(path) as log:
        log.append(b"one")
        ended = log.rotate()
        assert (log.part, ended.number) == (2, 4)
        log.append(b"two")
        log.rotate()
        last = log.append(b"three")
    assert sorted(file.name for file in path.parent.iterdir()) == [
        "audit.log",
        "audit.log.000001",
        "audit.log.000002",
        "audit.log.lock",
    ]
    assert entries(path) == [b"one", b"two", b"three"]
    for options in ({}, {"keys": None}, {"expected": ended}, {"expected": last}):
        report = check(path, **options)
        assert (report.first, report.last) == (1, last.number)


def three_files(path: Path) -> list[str]:
    with create(path) as log:
        for name in (b"one", b"two"):
            log.append(name)
            log.rotate()
        log.append(b"three")
        log.seal()
    return log_file.part_names(str(path))


@pytest.mark.parametrize("keys", [KEYS, None], ids=["with-keys", "auditor"])
def test_files_that_are_missing_or_exchanged(path: Path, keys: Keys | None) -> None:
    first, second, third = three_files(path)
    for names, reason, place in (
        ([first, third], "removed", 5),
        ([second, first, third], "moved", 9),
        ([first, third, second], "removed", 5),
        ([first, first, second, third], "moved", 5),
    ):
        with pytest.raises(TamperedError) as caught:
            verify_log(names, keys=keys, signers=PUBLIC)
        assert (caught.value.reason, caught.value.place) == (reason, place), names


def test_old_files_may_be_elsewhere(path: Path) -> None:
    first, second, third = three_files(path)
    end_of_first = check(Path(first), expected=None, collect=True).last
    with pytest.raises(TamperedError, match="missing"):
        check(Path(first))  # which is then the file being written to, and was ended
    report = verify_log([first], keys=KEYS)
    assert (report.last, report.ok, end_of_first) == (4, True, 4)
    os.unlink(first)
    report = check(path, expected=verify_log([second], keys=KEYS).checkpoint)
    assert (report.first, report.entries) == (5, 2)
    kept = report.checkpoint
    os.unlink(second)
    assert check(path, expected=kept).first == 9
    os.unlink(third)
    with pytest.raises(FileNotFoundError):
        check(path)


def test_a_checkpoint_of_before_the_files_that_are_there(path: Path) -> None:
    first, second, third = three_files(path)
    ended = verify_log([first], keys=KEYS).checkpoint
    assert ended is not None
    assert verify_log([second, third], keys=KEYS, expected=ended).first == 5
    with pytest.raises(TamperedError, match="needed to compare"):
        verify_log([third], keys=KEYS, expected=ended)
    wrong = type(ended)(ended.log_id, ended.number, bytes(32))
    with pytest.raises(TamperedError) as caught:
        verify_log([second, third], keys=KEYS, expected=wrong)
    assert (caught.value.reason, caught.value.place) == ("rewritten", 5)


def test_the_last_file_removed_is_found(path: Path) -> None:
    three_files(path)
    path.unlink()
    with pytest.raises(TamperedError) as caught:
        check(path)
    assert (caught.value.reason, caught.value.place) == ("truncated", 9)


def test_each_file_has_the_key_that_was_primary(path: Path) -> None:
    with create(path, keys=Keys(b"old")) as log:
        log.append(b"one")
    with reopen(path, keys=Keys(b"old", b"new")) as log:
        log.append(b"two")
        log.rotate()
        log.append(b"three")
    both = Keys(b"old", b"new")
    assert check(path, keys=both).entries == 3
    with pytest.raises(TamperedError) as caught:
        check(path, keys=Keys(b"old"))
    assert (caught.value.reason, caught.value.place) == ("no-key", 6)


def test_a_name_that_is_taken(path: Path) -> None:
    with create(path) as log:
        Path(f"{path}.000001").write_bytes(b"something")
        with pytest.raises(FileExistsError):
            log.rotate()
        assert Path(f"{path}.000001").read_bytes() == b"something"


@pytest.mark.parametrize("how", ["not-ended", "torn", "changed"])
def test_a_file_that_was_put_aside_by_somebody(path: Path, how: str) -> None:
    with create(path) as log:
        log.append(b"one")
        if how != "not-ended":
            log.rotate()
    aside = Path(f"{path}.000001")
    if how == "not-ended":
        os.rename(path, aside)
    else:
        path.unlink()
        data = aside.read_bytes()
        aside.write_bytes(data + b"junk" if how == "torn" else data.replace(b" end 4 ", b" end 5 "))
    before = aside.read_bytes()
    with pytest.raises(TamperedError):
        reopen(path)
    assert aside.read_bytes() == before
    assert not path.exists()


@pytest.mark.parametrize("step", ["before-rename", "before-begin"])
def test_an_end_that_was_interrupted_is_brought_to_its_end(path: Path, step: str, monkeypatch: Any) -> None:
    class Killed(Exception):
        pass

    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    log = create(path)
    log.append(b"one")
    with monkeypatch.context() as patch:
        if step == "before-rename":
            patch.setattr("os.rename", killed)
        else:
            patch.setattr("gmpki.protect.log_writer.LogWriter.begin", killed)
        with pytest.raises(Killed):
            log.rotate()
    assert path.exists() is (step == "before-rename")
    with reopen(path) as other:
        assert other.part == 2
        other.append(b"two")
    log.append(b"three")
    assert entries(path) == [b"one", b"two", b"three"]


def test_the_clock_of_the_records(path: Path) -> None:
    clock = Clock()
    with create(path, clock=clock) as log:
        clock.move(seconds=5)
        log.append(b"one")
        clock.move(days=-1)  # a clock that is set back is the clock's affair; the order is that of the numbers
        log.append(b"two")
    times = [Record.of_line(line).at for line in path.read_bytes().splitlines(keepends=True)]
    assert times == [START, START + timedelta(seconds=5), START + timedelta(seconds=5, days=-1)]
    assert check(path).ok
    assert FAST.seal_every is None
