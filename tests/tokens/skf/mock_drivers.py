"""Builds the mock driver in a layout and with the habits that a test names."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from gmpki.tokens.skf.layouts import Layout

SOURCE = Path(__file__).with_name("mock_driver.c")
INCLUDE = Path(__file__).resolve().parents[3] / "native" / "include"

# Builds a driver, or returns the one that was built before.
Build = Callable[..., str]


def compiler() -> str | None:
    """Return the C compiler."""
    return shutil.which("cc") or shutil.which("gcc")


def layout_flags(layout: Layout) -> list[str]:
    """Return the definitions by which skf.h gets a layout."""
    return [
        f"-DGMPKI_SKF_ULONG={layout.ulong_len}",
        f"-DGMPKI_SKF_BLOB_ULONG={layout.blob_ulong_len}",
        f"-DGMPKI_SKF_PACKED={int(layout.packed)}",
    ]


def build(folder: Path, layout: Layout, habits: tuple[str, ...], cc: str) -> str:
    """Build a driver, unless it is there, and return its path."""
    path = folder / f"{'-'.join((layout.name, *habits))}.so"
    if not path.exists():
        flags = [*layout_flags(layout), *(f"-DMOCK_{habit}" for habit in habits), f"-I{INCLUDE}"]
        command = [cc, "-std=c11", "-O1", "-fPIC", "-shared", *flags, str(SOURCE), "-o", str(path)]
        subprocess.run(command, check=True, capture_output=True)
    return str(path)
