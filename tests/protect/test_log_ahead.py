"""Looking ahead in a log: what is found, and where, is what is found line by line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gmpki.algorithms import sm3
from gmpki.errors import InvalidTypeError
from gmpki.protect.log_ahead import Ahead, in_blocks
from gmpki.protect.log_file import part_name
from gmpki.protect.log_record import LogKey, Record
from gmpki.protect.log_verify import LogReport
from protect.log_scene import KEYS, Keys, check, create

COUNT = 600


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a log of two files; some of its entries are long, and some are the same."""
    path = tmp_path_factory.mktemp("log") / "log"
    with create(path) as log:
        log.extend([b"entry %d" % (number // 3) + bytes(number % 40) * 3 for number in range(COUNT)])
        log.seal()
        log.rotate()
        log.extend([b"x" * 700_000, b"", b"y" * 700_000])
        log.extend([b"same"] * COUNT)
        log.seal()
    return path


def _found(path: Path, *, keys: Keys | None) -> LogReport:
    return check(path, keys=keys, collect=True)


@pytest.mark.parametrize("keys", [KEYS, None])
@pytest.mark.parametrize("place", [1, 2, 3, 257, 258, 259, 513, 514, COUNT])
@pytest.mark.parametrize("how", ["changed", "removed", "twice", "exchanged", "torn"])
def test_the_same_is_found(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, place: int, keys: Keys | None
) -> None:
    path = Path(shutil.copytree(written.parent, tmp_path / "copy")) / written.name
    whole = _found(path, keys=keys)
    assert whole.ok
    assert whole.entries == 2 * COUNT + 3
    part = Path(part_name(str(path), 1))
    lines = part.read_bytes().splitlines(keepends=True)
    line = lines[place]
    if how == "changed":
        lines[place] = line[:-2] + bytes([line[-2] ^ 1]) + line[-1:]
    elif how == "removed":
        del lines[place]
    elif how == "twice":
        lines.insert(place, line)
    elif how == "exchanged":
        lines[place : place + 2] = lines[place + 1], line
    else:
        lines[place] = line[:-1]
    part.write_bytes(b"".join(lines))
    ahead = _found(path, keys=keys)
    assert not ahead.ok
    monkeypatch.setattr(Ahead, "compute", lambda *_: None)
    assert _found(path, keys=keys) == ahead


def test_what_was_computed_is_for_one_key(written: Path) -> None:
    lines = written.read_bytes().splitlines(keepends=True)
    records = [Record.of_line(line) for line in lines]
    key, other = (LogKey(bytes(16), b"id", bytes([number]) * 32) for number in (1, 2))
    ahead = Ahead()
    assert (ahead.head(lines[0]), ahead.mac(lines[0], key)) == (None, None)
    ahead.compute(lines, key)
    for line, record in zip(lines, records, strict=True):
        assert ahead.head(line) == record.head == sm3.digest(line)
        assert ahead.mac(line, key) == key.mac(record.body)
        assert ahead.mac(line, other) is None
        assert not key.holds(record, ahead.mac(line, key))
    ahead.compute(lines[1:], None)
    assert ahead.head(lines[0]) is None
    assert ahead.mac(lines[1], key) is None
    with pytest.raises(InvalidTypeError):
        ahead.compute(["text"], None)  # type: ignore[list-item]


def test_blocks() -> None:
    assert list(in_blocks([], len)) == []
    blocks = list(in_blocks([b""] * 600, len))
    assert [len(block) for block in blocks] == [1, 256, 256, 87]
    long = [b"x" * 60_000] * 8
    assert [len(block) for block in in_blocks(long, len)] == [1, 3, 3, 1]
    assert list(in_blocks(range(5), lambda _: 2 << 20)) == [[0], [1], [2], [3], [4]]
