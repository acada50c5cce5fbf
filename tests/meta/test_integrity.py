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


REFUSED = """
import sys
sys.path.insert(0, sys.argv[1])
from gmpki import _native
from gmpki.algorithms import _quick, sm2, sm3
from gmpki.errors import SelfTestError

signature = sm2.signature_to_der(bytes(63) + b"\\1")
assert _native.lib.gmpki_selftest_integrity() != 0
calls = [
    lambda: sm3.digest(b"m"), lambda: sm3.hmac(b"k", b"m"), lambda: sm3.sm3_batch([b"m"]),
    lambda: sm3.hmac_batch(b"k", [b"m"]), lambda: sm2.signature_to_der(bytes(64)),
    lambda: sm2.signature_from_der(signature), lambda: sm2.parse_signature(bytes(64)),
]
for call in calls:
    try:
        call()
        print("answered")
    except SelfTestError:
        print("refused")
quick = [
    _quick.sm3(b"m"), _quick.sm3_behind(b"", b"m"), _quick.hmac(b"k", b"m"), _quick.sm3_batch((b"m",), b""),
    _quick.hmac_batch((b"m",), b"k"), _quick.signature_to_der(bytes(64)), _quick.signature_from_der(signature),
]
print(*("declined" if answer is None else "answered" for answer in quick))
"""


def test_the_short_calls_refuse_as_well(native: Path, copy: Path) -> None:
    """In the error state they decline, and the way through CFFI raises."""
    image = bytearray(native.read_bytes())
    offset, _size = integrity_embed.read_elf(bytes(image)).sections[integrity_embed.SECTION]
    image[offset] ^= 1
    copy.unlink()
    copy.write_bytes(image)
    result = subprocess.run(
        [sys.executable, "-c", REFUSED, str(copy.parent.parent)], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["refused"] * 7 + ["declined"] * 7
