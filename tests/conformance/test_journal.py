"""Journals: what is kept and what is not, torn lines, two processes at once."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone
from pathlib import Path

import pytest

from gmpki.conformance import Kind, LatencyRow, Options, Outcome, Permission, Result, Target
from gmpki.conformance.journal import JOURNAL_NAME, Journal, Order
from gmpki.conformance.report.document import DriverFile
from gmpki.errors import ConflictError, InvalidInputError, InvalidTypeError, NotFoundError
from gmpki.tokens.pkcs11.mechanism_map import MechanismMap
from gmpki.tokens.skf.driver_profile import DriverProfile

STARTED = datetime(2026, 11, 22, 8, 0, tzinfo=timezone.utc)
IDENTITY = {
    "driver": {"name": "d.so", "sha256": "", "sm3": "", "length": 5},
    "device": {"label": "L"},
    "driver_profile": {},
}
ROW = {"algorithm": "sm2", "operation": "sign", "count": 1, "mean_s": 1.0, "p50_s": 1.0, "p95_s": 1.0, "max_s": 1.0}


def order(**named: object) -> Order:
    target = Target(Kind.SKF, "driver.so", device="D", **named)  # type: ignore[arg-type]
    return Order(target, frozenset({Permission.WRITE}), ("buffers",), Options(random_samples=50), STARTED)


def result(check: str, outcome: Outcome = Outcome.PASSED) -> dict[str, object]:
    return {"result": Result(check, outcome).to_json()}


def written(folder: Path, *happened: dict[str, object]) -> Path:
    with Journal.create(folder, order()) as journal:
        for one in happened:
            journal.add(one)
    return folder / JOURNAL_NAME


def test_what_was_noted_is_found_again(tmp_path: Path) -> None:
    happened = [
        {"identity": IDENTITY},
        {"made": "GMPKI-1"},
        {"made": "GMPKI-2"},
        {**result("SKF-A-001", Outcome.FAILED), "rows": [{**ROW, "data_len": 7}]},
        {"removed": "GMPKI-1"},
        result("SKF-A-002"),
        result("SKF-A-002", Outcome.FAILED),
    ]
    written(tmp_path, *happened)
    with Journal.resume(tmp_path) as journal:
        assert journal.order == order()
        assert journal.identity is not None
        assert journal.identity.driver == DriverFile("d.so", length=5)
        assert {name: one.outcome for name, one in journal.results.items()} == {
            "SKF-A-001": Outcome.FAILED,
            "SKF-A-002": Outcome.FAILED,
        }
        assert journal.rows["SKF-A-001"] == (LatencyRow("sm2", "sign", 1, 1.0, 1.0, 1.0, 1.0, 7),)
        assert journal.made == ["GMPKI-2"]


@pytest.mark.parametrize(
    "given",
    [
        {"driver_profile": DriverProfile.shipped("westone")},
        {"mechanism_map": MechanismMap.shipped("haitai")},
        {"application": "A"},
    ],
    ids=["profile", "map", "application"],
)
def test_the_order_is_found_again(tmp_path: Path, given: dict[str, object]) -> None:
    Journal.create(tmp_path, order(**given)).close()
    with Journal.resume(tmp_path) as journal:
        assert journal.order == order(**given)


def test_secrets_are_not_kept(tmp_path: Path) -> None:
    secrets = {"user_pin": b"31415926", "admin_pin": b"27182818", "device_key": b"0123456789abcdef"}
    Journal.create(tmp_path, order(**secrets)).close()
    content = (tmp_path / JOURNAL_NAME).read_bytes()
    for secret in secrets.values():
        assert secret not in content
        assert secret.hex().encode() not in content


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    assert written(tmp_path).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("torn", [b'{"result": {"che', b"\xff\xfe", b"{", b'{"made": "GMPKI-9"}'])
def test_a_last_line_that_was_cut_off_is_dropped(tmp_path: Path, torn: bytes) -> None:
    path = written(tmp_path, result("SKF-A-001"))
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    with Journal.resume(tmp_path) as journal:
        assert list(journal.results) == ["SKF-A-001"]
        assert journal.made == []
        journal.add(result("SKF-A-002"))
    assert path.read_bytes().startswith(whole + b'{"result"')
    assert all(json.loads(line) for line in path.read_bytes().splitlines())


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"text\n",
        b"[]\n",
        b"{}\n",
        b'{"other": 5}\n',
        b'{"result": {}}\n',
        b'{"result": 5}\n',
        b'{"identity": {}}\n',
        b'{"identity": {"driver": 5, "device": {}, "driver_profile": {}}}\n',
        b'{"order": {}}\n',
        b"\xff\xfe\n",
        b"[" * 100_000 + b"\n",
    ],
    ids=range(12),
)
def test_a_line_that_is_none(tmp_path: Path, line: bytes) -> None:
    path = written(tmp_path)
    path.write_bytes(path.read_bytes() + line)
    with pytest.raises(InvalidInputError):
        Journal.resume(tmp_path)
    with pytest.raises(InvalidInputError):  # and not that somebody works on it
        Journal.resume(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("format", 2),
        ("target", None),
        ("target", {"kind": "skf"}),
        ("target", {"kind": "other", "path": "d", "device": None, "application": None}),
        ("permissions", ["everything"]),
        ("options", {"other": 1}),
        ("options", {"random_samples": 1}),
        ("select", 5),
        ("started", "yesterday"),
        ("started", 5),
    ],
)
def test_an_order_that_is_none(tmp_path: Path, name: str, value: object) -> None:
    path = tmp_path / JOURNAL_NAME
    path.write_text(json.dumps({**order().to_json(), name: value}) + "\n")
    with pytest.raises(InvalidInputError):
        Journal.resume(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"\n"])
def test_a_file_that_is_no_journal(tmp_path: Path, content: bytes) -> None:
    (tmp_path / JOURNAL_NAME).write_bytes(content)
    with pytest.raises(InvalidInputError):
        Journal.resume(tmp_path)


def test_two_at_once_are_refused(tmp_path: Path) -> None:
    with Journal.create(tmp_path, order()), pytest.raises(ConflictError, match="another process"):
        Journal.resume(tmp_path)
    with Journal.resume(tmp_path), pytest.raises(ConflictError, match="another process"):
        Journal.resume(tmp_path)
    Journal.resume(tmp_path).close()


def test_a_second_one_in_a_folder_is_refused(tmp_path: Path) -> None:
    content = written(tmp_path).read_bytes()
    with pytest.raises(ConflictError, match="another run"):
        Journal.create(tmp_path, order())
    assert (tmp_path / JOURNAL_NAME).read_bytes() == content


def test_no_journal(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        Journal.resume(tmp_path)


@pytest.mark.parametrize("folder", [5, None, b"folder"])
def test_no_folder(folder: object) -> None:
    with pytest.raises(InvalidTypeError):
        Journal.resume(folder)  # type: ignore[arg-type]


def test_what_is_nothing_is_not_written(tmp_path: Path) -> None:
    with Journal.create(tmp_path, order()) as journal:
        length = os.path.getsize(tmp_path / JOURNAL_NAME)
        with pytest.raises(InvalidInputError):
            journal.add({"other": 5})
        with pytest.raises(InvalidInputError):
            journal.add({**result("SKF-A-001"), "rows": [{"algorithm": "sm2"}]})
        assert os.path.getsize(tmp_path / JOURNAL_NAME) == length


def test_each_line_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    with Journal.create(tmp_path, order()) as journal:
        journal.add(result("SKF-A-001"))
    assert len(synced) == 2
