"""Batches: rows that are read, rows that fail alone, runs that are interrupted and go on."""

from __future__ import annotations

import base64
import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from ca import office as scenes
from ca import people
from ca.office import Scene
from gmpki.ca.registration import batch as batches
from gmpki.ca.registration.batch import Batch, BatchSummary, RowResult, apply_batch, issue_batch, write_results
from gmpki.ca.registration.batch_rows import BatchRow, read_batch
from gmpki.ca.registration.states import ApplicationState
from gmpki.ca.store import schema
from gmpki.ca.store.store import Store
from gmpki.errors import GmpkiError, InvalidInputError, InvalidTypeError, LimitExceeded, StoreError

BATCH = Batch("2026-03", scenes.AUTHORITY, "personal")
PERSON = {"kind": "person", "name": "张三", "identity_kind": "resident-id", "subject": "CN=张三,O=示例单位,C=CN"}


@pytest.fixture
def scene(store: Store) -> Scene:
    return scenes.scene(store)


def person(number: int, **more: str) -> dict[str, str]:
    return {**PERSON, "identity": people.resident_number(number), **more}


def rows(*values: dict[str, str]) -> list[BatchRow]:
    return [BatchRow(number, each) for number, each in enumerate(values, 1)]


def text_of(number: int) -> str:
    return base64.b64encode(scenes.request(number).der).decode("ascii")


def count(scene: Scene, table: Any) -> int:
    with scene.store.reading() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


# ---- reading --------------------------------------------------------------------------------
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "persons.csv"
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["name", " identity ", "subject"])
        writer.writerow(["张三", "  1  ", 'CN="a, b"\nO=示例'])
        writer.writerow(["", "", ""])
        writer.writerow(["李四", ""])
        writer.writerow(["王五", "", ""])
    found = list(read_batch(path, encoding="utf-8-sig" if encoding.startswith("utf") else encoding))
    assert [each.number for each in found] == [1, 2, 3]
    assert found[0].values == {"name": "张三", "identity": "1", "subject": 'CN="a, b"\nO=示例'}
    assert found[1].problem == "2 cells, and 3 columns"
    assert found[2].values == {"name": "王五"}
    assert "张三" not in repr(found)


def test_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "persons.jsonl"
    lines = [
        '{"name": "张三", "is_free": true, "subject": null}',
        "",
        "[1]",
        '{"a": 1}',
        "{",
        "[" * 100_000,
        '{"a": {}}',
    ]
    path.write_text("\n".join([*lines, '{"name": " 李四 "}']), encoding="utf-8")
    found = list(read_batch(path))
    assert found[0] == BatchRow(1, {"name": "张三", "is_free": "true"})
    assert all(each.problem for each in found[1:-1])
    assert found[-1] == BatchRow(7, {"name": "李四"})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"name,name\n1,2\n"),
        ("a.csv", b"name,\n1,2\n"),
        ("a.csv", b"\n"),
        ("a.csv", b""),
        ("a.csv", b'a,b\n"1"x,2\n'),
        ("a.csv", b'a,b\n"1,2\n'),
        ("a.csv", b"a,b\n\xff\xfe,2\n"),
        ("a.csv", b",".join(b"c%d" % each for each in range(65)) + b"\n"),
        ("a.csv", b"a\n" + b"x" * (1 << 20) + b"x\n"),
        ("a.csv", b"a\n" + b"x" * 200_000 + b"\n"),
        ("a.jsonl", b"\xff"),
        ("a.jsonl", b'"' + b"x" * (1 << 20) + b'"'),
    ],
    ids=[
        "twice",
        "nameless",
        "blank",
        "empty",
        "quotes",
        "open",
        "encoding",
        "columns",
        "line",
        "cell",
        "json",
        "long",
    ],
)
def test_files_that_are_none(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInputError):
        list(read_batch(tmp_path / name))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    for path in (tmp_path, tmp_path / "b", "a\0b"):
        with pytest.raises(InvalidInputError):
            list(read_batch(path))
    for encoding in ("no-such", "", "a\0b"):
        with pytest.raises(InvalidInputError):
            list(read_batch(tmp_path / "a.csv", encoding=encoding))
    for wrong in (5.5, None):
        with pytest.raises(InvalidInputError):
            list(read_batch(wrong))  # type: ignore[arg-type]


# ---- applying -------------------------------------------------------------------------------
def test_each_row_has_its_own_result(scene: Scene) -> None:
    given = rows(
        person(11, contact_name="李四", contact_phone="1", is_free="true", token_serial="UK-1"),
        person(12, identity="110105194912310021"),
        person(13, kind="ghost"),
        person(14, request=text_of(1)),
        person(15, request="AAAA"),
        person(16, is_free="perhaps"),
        person(17, favourite="blue"),
        person(11, is_free="true"),
        {"kind": "person"},
        person(18, subject="no name"),
        person(19, subject=""),
    )
    given.append(BatchRow(12, problem="the line is no JSON"))
    results = list(apply_batch(scene.office, scene.clerk, given, BATCH))
    assert [each.row for each in results] == list(range(1, 13))
    assert [bool(each.problem) for each in results] == [n not in (1, 4) for n in range(1, 13)]
    assert results[7].problem == "ConflictError"
    assert people.resident_number(12) not in str(results)
    first = scene.office.application(scene.clerk, results[0].application or 0)
    assert (first.reference, first.token_serial, first.is_free) == (results[0].reference, "UK-1", True)
    assert first.profile == "personal"


def test_a_run_that_was_interrupted_goes_on(scene: Scene) -> None:
    given = rows(*(person(number) for number in range(20, 26)))

    def interrupted() -> Iterator[BatchRow]:
        yield from given[:3]
        raise KeyboardInterrupt

    begun = []
    with pytest.raises(KeyboardInterrupt):
        begun.extend(apply_batch(scene.office, scene.clerk, interrupted(), BATCH))
    assert count(scene, schema.applications) == 3
    results = list(apply_batch(scene.office, scene.clerk, given, BATCH))
    assert not any(each.problem for each in results)
    assert count(scene, schema.applications) == 6
    assert list(apply_batch(scene.office, scene.clerk, given, BATCH)) == results
    changed = [replace(given[0], values=person(20, business_kind="别的"))]
    (refused,) = apply_batch(scene.office, scene.clerk, changed, BATCH)
    assert refused.problem == "ConflictError"
    (other,) = apply_batch(scene.office, scene.clerk, changed, replace(BATCH, name="2026-04"))
    assert not other.problem


def test_without_a_database_there_is_no_going_on(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise StoreError("gone")

    monkeypatch.setattr(scene.office, "apply", fails)
    with pytest.raises(StoreError):
        list(apply_batch(scene.office, scene.clerk, rows(person(30)), BATCH))


# ---- issuing --------------------------------------------------------------------------------
def test_issued_by_the_hundred(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_AT_ONCE", 3)
    entered = list(apply_batch(scene.office, scene.clerk, rows(*(person(each) for each in range(40, 45))), BATCH))
    for each in entered[:4]:
        scene.reviewed(each.application or 0)
    asked = [
        {"application": str(entered[0].application), "request": text_of(0)},
        {"application": entered[1].reference, "request": text_of(1), "token_serial": "UK-7"},
        {"application": str(entered[2].application)},
        {"application": "20260101-NOTTHERE", "request": text_of(2)},
        {"application": str(entered[3].application), "request": text_of(2), "colour": "blue"},
        {"application": str(entered[4].application), "request": text_of(3)},
        {"request": text_of(3)},
        {"application": "99999999999999999999", "request": text_of(3)},
    ]
    to_issue = replace(BATCH, name="2026-03 issue")
    results = list(issue_batch(scene.office, scene.issuer, rows(*asked), to_issue))
    assert [each.row for each in results] == list(range(1, 9))
    assert [each.problem for each in results] == [
        "",
        "",
        "InvalidInputError",
        "NotFoundError",
        "InvalidInputError",
        "LifeCycleError",
        "InvalidInputError",
        "NotFoundError",
    ]
    assert results[0].pair is not None
    second = scene.office.application(scene.clerk, results[1].application or 0)
    assert (second.state, second.token_serial) == (ApplicationState.ISSUED, "UK-7")
    assert list(issue_batch(scene.office, scene.issuer, rows(*asked), to_issue)) == results
    assert count(scene, schema.pairs) == 2


# ---- results --------------------------------------------------------------------------------
def test_results_are_written_as_they_come(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    given = [RowResult(1, 5, "20260301-A", 7), RowResult(2, problem="ConflictError", message="第二次"), RowResult(3, 6)]
    seen: list[tuple[BatchSummary, int]] = []

    def progress(summary: BatchSummary) -> None:
        seen.append((summary, len(path.read_text(encoding="utf-8").splitlines())))

    assert write_results(given, path, progress=progress) == BatchSummary(2, 1)
    assert seen == [(BatchSummary(1, 0), 1), (BatchSummary(1, 1), 2), (BatchSummary(2, 1), 3)]
    assert path.stat().st_mode & 0o777 == 0o600
    write_results(given[1:2], path)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert lines[0] == {"row": 1, "application": 5, "reference": "20260301-A", "pair": 7}
    assert lines[1] == lines[3] == {"row": 2, "problem": "ConflictError", "message": "第二次"}


def test_results_that_cannot_be_written(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "no" / "folder", "a\0b"):
        with pytest.raises(InvalidInputError):
            write_results([RowResult(1)], path)
    with pytest.raises(InvalidTypeError):
        write_results([], tmp_path / "a", progress=5)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "x" * 65, "a\n", 5, None])
def test_batches_without_a_name(name: Any) -> None:
    with pytest.raises(InvalidInputError):
        Batch(name)


def test_types(scene: Scene) -> None:
    for call in (apply_batch, issue_batch):
        with pytest.raises(InvalidTypeError):
            list(call(None, scene.clerk, [], BATCH))  # type: ignore[arg-type]
        with pytest.raises(InvalidTypeError):
            list(call(scene.office, scene.clerk, [], None))  # type: ignore[arg-type]
        assert list(call(scene.office, scene.clerk, [], BATCH)) == []
    assert issubclass(LimitExceeded, InvalidInputError)
    assert issubclass(InvalidInputError, GmpkiError)
