"""Damage an installed copy: one changed byte of code or constants, and every call is refused."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import integrity_embed

pytestmark = pytest.mark.once

CODE = """
import sys
sys.path.insert(0, sys.argv[1])
from gmpki import _native
assert _native.__file__.startswith(sys.argv[1]), _native.__file__
status = _native.lib.gmpki_selftest_integrity()
print(status, _native.lib.gmpki_selftest_state())
"""

OK, SELFTEST, UNSUPPORTED = 0, -13, -16
SPOTS = 8


@pytest.fixture(scope="module")
def native() -> Path:
    from gmpki import _native

    return Path(_native.__file__)


@pytest.fixture
def copy(native: Path, tmp_path: Path) -> Path:
    """Copy the installed package and return the copy's native module."""
    shutil.copytree(native.parent, tmp_path / "gmpki", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "gmpki" / native.name


def verdict(copy: Path) -> list[int]:
    """Return the status codes of integrity and error state; damaged code may also end the process before it answers."""
    command = [sys.executable, "-c", CODE, str(copy.parent.parent)]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except subprocess.TimeoutExpired:
        return []
    return [int(word) for word in result.stdout.split()]


def damaged(image: bytes, segment: int) -> Iterator[bytes]:
    """Yield copies of the file, each with one changed byte somewhere in a measured segment."""
    found = integrity_embed.measured(integrity_embed.read_elf(image))[segment]
    draw = random.Random(segment)
    for _ in range(SPOTS):
        changed = bytearray(image)
        changed[found.offset + draw.randrange(found.file_size)] ^= 1 << draw.randrange(8)
        yield bytes(changed)


def test_untouched_copy_passes(copy: Path) -> None:
    assert verdict(copy) == [OK, OK]


@pytest.mark.parametrize("segment", [0, 1], ids=["code", "constants"])
def test_one_changed_byte_is_found(native: Path, copy: Path, segment: int) -> None:
    answers = []
    for image in damaged(native.read_bytes(), segment):
        copy.unlink()
        copy.write_bytes(image)
        answers.append(verdict(copy))
    assert all(answer in ([SELFTEST, SELFTEST], []) for answer in answers), answers
    assert answers.count([SELFTEST, SELFTEST]) > SPOTS // 2


def test_lost_value_is_told(native: Path, copy: Path) -> None:
    image = bytearray(native.read_bytes())
    offset, size = integrity_embed.read_elf(bytes(image)).sections[integrity_embed.SECTION]
    image[offset : offset + size] = bytes(size)
    copy.write_bytes(image)
    assert verdict(copy) == [UNSUPPORTED, OK]
