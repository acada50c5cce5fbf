"""The one form of all vector files: building a document, writing it, reading it back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).resolve().parent.parent
Test = dict[str, Any]
Document = dict[str, Any]
# A confirmer takes a document and gives the number of tests that another implementation agreed with; it raises when one
# does not agree.
Confirmer = Callable[[Document], int]


def draw(label: str, length: int) -> bytes:
    """Give bytes that look random and depend on nothing but the label."""
    return hashlib.shake_256(b"gmpki vectors: " + label.encode()).digest(length)


def draw_number(label: str, limit: int) -> int:
    """Give a number in [1, limit - 1] that depends on nothing but the label."""
    return int.from_bytes(draw(label, 48), "big") % (limit - 1) + 1


@dataclass
class Group:
    """Tests that share a type and parameters; a parameter holds for every test that does not give its own."""

    type: str
    parameters: dict[str, Any] = field(default_factory=dict)
    tests: list[Test] = field(default_factory=list)

    def add(self, comment: str, result: str, flags: Iterable[str] = (), /, **inputs: Any) -> None:
        """Append a test; bytes are written in hexadecimal."""
        self.tests.append({"comment": comment, "flags": list(flags), **_hex(inputs), "result": result})


def _hex(inputs: dict[str, Any]) -> dict[str, Any]:
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in inputs.items()}


def repeated(unit: bytes, count: int) -> str:
    """Write bytes that are one unit many times over in the short form."""
    return f"{unit.hex()}*{count}" if count else ""


def decode(text: str) -> bytes:
    """Read a value back: hexadecimal, with ``*count`` behind it when it is repeated."""
    unit, _, count = text.partition("*")
    return bytes.fromhex(unit) * int(count or 1)


def document(
    algorithm: str, source: str, groups: Iterable[Group], *, flags: dict[str, str], notes: Iterable[str] = ()
) -> Document:
    """Put a document together and number its tests."""
    listed = []
    count = 0
    for group in groups:
        tests = []
        for test in group.tests:
            count += 1
            unknown = set(test["flags"]) - set(flags)
            if unknown:
                raise ValueError(f"flags without a meaning: {sorted(unknown)}")
            tests.append({"id": count, **test})
        listed.append({"type": group.type, **_hex(group.parameters), "tests": tests})
    return {
        "algorithm": algorithm,
        "source": source,
        "notes": list(notes),
        "flags": flags,
        "count": count,
        "groups": listed,
    }


def tests(doc: Document, *types: str) -> Iterable[Test]:
    """All tests of a document (of some types only, when given), each with the parameters of its group."""
    for group in doc["groups"]:
        if types and group["type"] not in types:
            continue
        shared = {name: value for name, value in group.items() if name != "tests"}
        for test in group["tests"]:
            yield {**shared, **test}


def render(doc: Document) -> str:
    """Write a document as JSON with one test a line, so that differences are readable."""
    head = json.dumps({name: value for name, value in doc.items() if name != "groups"}, indent=1, ensure_ascii=False)
    groups = []
    for group in doc["groups"]:
        shared = "".join(f"   {json.dumps(n)}: {json.dumps(v)},\n" for n, v in group.items() if n != "tests")
        lines = ",\n".join("    " + json.dumps(test, ensure_ascii=False) for test in group["tests"])
        groups.append("  {\n" + shared + '   "tests": [\n' + lines + "\n   ]\n  }")
    return head[:-2] + ',\n "groups": [\n' + ",\n".join(groups) + "\n ]\n}\n"


def load(path: str) -> Document:
    """Read a committed file, named by its path under vectors/."""
    loaded: Document = json.loads((VECTORS / path).read_text(encoding="utf-8"))
    return loaded


@dataclass(frozen=True)
class Source:
    """One vector file: where it lies, what builds it, the second implementations that confirm it, and for files made to
    find mistakes, the peers whose mistakes are recorded in it. ``render`` writes it, where it has a form of its own.
    """

    path: str
    build: Callable[[], Document]
    confirmers: tuple[tuple[str, Confirmer], ...] = ()
    peers: Callable[[list[Test]], list[dict[str, Any]]] | None = None
    render: Callable[[Document], str] = render


def agree(got: object, expected: object, test: Test) -> int:
    """Count one agreement, or stop with the test that another implementation contradicts."""
    if got != expected:
        raise ValueError(f"test {test['id']} ({test['comment']}): another implementation gives {got!r}")
    return 1
