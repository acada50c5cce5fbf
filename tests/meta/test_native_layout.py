"""Where the linker put things: what the start of a process costs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def native() -> Path:
    from gmpki import _native

    return Path(_native.__file__)


@pytest.fixture(scope="module")
def sections(native: Path) -> dict[str, tuple[int, int, int]]:
    """Return address, offset in the file and size of each section."""
    text = subprocess.run(["readelf", "-SW", str(native)], capture_output=True, text=True, check=True).stdout
    found = {}
    for line in text.splitlines():
        words = line.replace("[ ", "[").split()
        if words and words[0].startswith("[") and words[0][1:-1].isdigit() and len(words) > 6:
            name = words[1]
            if name.startswith((".", "gmpki")):
                found[name] = (int(words[3], 16), int(words[4], 16), int(words[5], 16))
    return found


def first_bytes_of_the_table() -> bytes:
    """Return the x of the first point of the fixed-base table as the core holds it: G in Montgomery form."""
    p = 2**256 - 2**224 - 2**96 + 2**64 - 1
    x = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
    return (x * 2**256 % p).to_bytes(32, "little")


def test_the_table_of_sm2_is_read_only_data(native: Path, sections: dict[str, tuple[int, int, int]]) -> None:
    """Shared between processes, mapped and not copied: neither written at start nor relocated."""
    image = native.read_bytes()
    _, offset, size = sections[".rodata"]
    constants = image[offset : offset + size]
    point = first_bytes_of_the_table()
    assert point in constants
    assert image.count(point) == constants.count(point)


def test_little_is_relocated_or_written_at_start(sections: dict[str, tuple[int, int, int]]) -> None:
    """Tables of functions and what CFFI makes are relocated; nothing of the size of a table of points is."""
    assert sections[".data.rel.ro"][2] < 64 << 10
    assert sections[".data"][2] + sections[".bss"][2] < 64 << 10
