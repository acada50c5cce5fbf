"""The report of the limits: nothing absent is passed, nothing missed is hidden."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

import figures
from gmpki.tokens.limits import limit_profile, limit_profile_names

PROGRAM = Path(__file__).resolve().parents[2] / "benchmarks" / "limits_report.py"
PATHS = ("software key", "SKF", "PKCS#11")
SOFTWARE = sorted(
    {
        (limit.algorithm, limit.operation)
        for name in limit_profile_names()
        for limit in limit_profile(name).limits
        if limit.algorithm not in ("sm1", "ssf33")
    }
)


@pytest.fixture(scope="module")
def report() -> Any:
    spec = importlib.util.spec_from_file_location("limits_report", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def entry(path: str, algorithm: str, operation: str, seconds: float = 0.001) -> dict[str, Any]:
    rate = operation in ("encrypt", "decrypt", "digest")
    info = {"path": path, "algorithm": algorithm, "operation": operation, "data_len": 16384 if rate else 0}
    return {"extra_info": info, "stats": {"rounds": 3, "mean": seconds, "max": seconds}}


def everything() -> list[dict[str, Any]]:
    return [entry(path, *row) for path in PATHS for row in SOFTWARE]


def run(
    report: Any, entries: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int = 72
) -> int:
    file = tmp_path / "limits.json"
    file.write_text(json.dumps({"benchmarks": entries}))
    monkeypatch.setattr(sys, "argv", ["limits_report.py", str(file)])
    monkeypatch.setattr(figures, "floors", lambda: {"bench-limits": {"rows": rows}})
    return int(report.main())


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out.splitlines()[-1]


def test_software_is_incomplete_and_not_passed(
    report: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(report, everything(), tmp_path, monkeypatch) == 0
    line = last_line(capsys)
    assert line.startswith("bench-limits: 72 of 72 mandatory rows on 3 paths within their limits")
    assert "tender incomplete (absent: sm1, ssf33)" in line
    assert "gmt0027 passed" in line


def test_hardware_that_has_all(
    report: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hardware = [entry(path, name, way) for path in PATHS for name in ("sm1", "ssf33") for way in ("encrypt", "decrypt")]
    assert run(report, everything() + hardware, tmp_path, monkeypatch) == 0
    assert "tender passed, gmt0027 passed" in last_line(capsys)


@pytest.mark.parametrize("missing", [("SKF", "sm4"), ("PKCS#11", "sm2"), ("software key", "rsa-2048")], ids=str)
def test_a_mandatory_algorithm_that_was_not_measured(
    report: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    missing: tuple[str, str],
) -> None:
    left = [one for one in everything() if (one["extra_info"]["path"], one["extra_info"]["algorithm"]) != missing]
    assert run(report, left, tmp_path, monkeypatch, rows=0) == 1
    assert "FELL SHORT" in last_line(capsys)


def test_a_limit_that_is_not_kept(
    report: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    slow = [one for one in everything() if one != entry("SKF", "sm2", "sign")] + [entry("SKF", "sm2", "sign", 0.031)]
    assert run(report, slow, tmp_path, monkeypatch, rows=0) == 1
    printed = capsys.readouterr().out
    assert "NOT KEPT" in printed
    assert "tender, SKF: sm2 sign: 31.000 ms, limit each < 30 ms" in printed
    assert "tender failed" in printed.splitlines()[-1]


def test_nothing_measured(
    report: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(report, [], tmp_path, monkeypatch, rows=0) == 1
    assert "nothing measured; tender incomplete" in last_line(capsys)
