"""Reads the test vectors of other projects, and counts how many of them hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Fields = dict[str, str]
Record = Callable[[str, object], None]


class Tally:
    """Counts the cases of one file: held, failed, or left out for a named reason."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.passed = 0
        self.failed: list[str] = []
        self.left_out: Counter[str] = Counter()

    def check(self, holds: bool, case: object) -> None:
        """Count a case."""
        if holds:
            self.passed += 1
        else:
            self.failed.append(str(case)[:300])

    def leave_out(self, reason: str) -> None:
        """Count a case that says nothing about gmpki."""
        self.left_out[reason] += 1

    def finish(self, record: Record, *, total: int, left_out: int = 0) -> None:
        """Print and record the figure; fail unless every case was met and every tested one held."""
        met = self.passed + len(self.failed)
        figure = f"{self.name}: {self.passed}/{met} hold, {sum(self.left_out.values())} left out {dict(self.left_out)}"
        print(figure)
        record(self.name, figure)
        assert self.failed == [], figure
        assert (met, sum(self.left_out.values())) == (total, left_out), figure


def refused(action: Callable[[], object], *errors: type[Exception]) -> bool:
    """Tell whether an action raises one of some errors."""
    try:
        action()
    except errors:
        return True
    return False


def existing(folder: Path, name: str) -> Path:
    """Give a file of the outside data, or skip the test."""
    path = folder / name
    if not path.is_file():
        pytest.skip(f"outside test data: {name} not present")
    return path


def stanzas(path: Path) -> Iterator[list[tuple[str, str]]]:
    """Give the blocks of lines ``name = value`` that OpenSSL's evp_test reads; PEM text counts as the value PEM."""
    block: list[tuple[str, str]] = []
    pem: list[str] = []
    for line in [*path.read_text(encoding="utf-8").splitlines(), ""]:
        if line.startswith("-----BEGIN") or pem:
            pem.append(line)
            if line.startswith("-----END"):
                block.append(("PEM", "\n".join(pem) + "\n"))
                pem = []
        elif line.startswith("#"):
            continue
        elif "=" in line:
            name, _, value = line.partition("=")
            block.append((name.strip(), value.strip()))
        elif block:
            yield block
            block = []


def openssl_bytes(text: str) -> bytes:
    """Read a value of evp_test: a quoted string or hexadecimal."""
    return text[1:-1].encode() if text.startswith('"') else bytes.fromhex(text)


def botan_cases(path: Path, last: str) -> Iterator[Fields]:
    """Give the cases of Botan's .vec form: values stay until they are set anew; the name ``last`` ends a case."""
    state: Fields = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            state["section"] = line.strip("[]")
        elif "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            state[name.strip()] = value.strip()
            if name.strip() == last:
                yield dict(state)
