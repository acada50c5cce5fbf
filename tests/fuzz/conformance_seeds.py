"""Seeds of the fuzz targets of the conformance suite."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from conformance.report import samples
from fuzz.conformance_targets import CHECK, TARGET
from gmpki.conformance.journal import Order
from gmpki.conformance.model import LatencyRow, Outcome, Permission, Result, Words
from gmpki.conformance.report import write_json
from gmpki.conformance.target import Options
from gmpki.conformance.wire import Task, line

__all__ = ["SEEDS", "outside"]

ROW = LatencyRow("sm2", "sign", 1, 1.0, 1.0, 1.0, 1.0)
ROW_JSON = {name: getattr(ROW, name) for name in LatencyRow.__slots__}
RESULT = Result(CHECK, Outcome.FAILED, message=Words("wrong", "错误"), observed=(("code", "SAR_OK"),)).to_json()
IDENTITY = {
    "driver": {"name": "d.so", "sha256": "", "sm3": "", "length": 5},
    "device": {"label": "标签"},
    "driver_profile": {"quirks": ["a"], "missing": []},
}


def reports() -> list[bytes]:
    small = samples.report(latency=(), limits=None, results=(), checks=samples.report().checks[:1])
    return [write_json(small), write_json(samples.report())]


def order() -> Order:
    started = datetime(2026, 11, 22, 8, 0, tzinfo=timezone.utc)
    return Order(TARGET, frozenset({Permission.WRITE}), ("buffers",), Options(), started)


def said() -> bytes:
    told = ({"begin": CHECK}, {"made": "GMPKI-1"}, {"result": RESULT, "rows": [ROW_JSON]}, {"removed": "GMPKI-1"})
    return b"".join(map(line, told))


def journals() -> list[bytes]:
    kept = line(order().to_json()) + line({"identity": IDENTITY})
    return [kept, kept + b"".join(said().splitlines(keepends=True)[1:])]


def pins() -> list[bytes]:
    return [
        b'user_pin = "12345678"\n',
        f'user_pin = "口令"\nadmin_pin = "87654321"\ndevice_key = "{bytes(range(16)).hex()}"\n'.encode(),
    ]


def messages() -> list[bytes]:
    task = Task(TARGET, frozenset({Permission.INIT}), Options(), 3, (CHECK,), ("GMPKI-1",))
    return [said(), line({"identity": IDENTITY}), line({"done": True}), line(task.to_json())]


SEEDS = {
    "conformance_report": reports,
    "conformance_journal": journals,
    "pin_file": pins,
    "child_message": messages,
}


def outside(_folder: Path, _target: str) -> list[bytes]:
    """Return outside inputs: there are none."""
    return []
