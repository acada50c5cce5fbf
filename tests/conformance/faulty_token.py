"""Build the token with a fault: its sources stand in the folder beside this file."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from gmpki.tokens.soft import library_path

__all__ = ["LIBRARIES", "build", "compiler"]

_SOURCES = Path(__file__).resolve().with_name("faulty")
_INCLUDE = Path(__file__).resolve().parents[2] / "native" / "include"
_FLAGS = ("-std=gnu11", "-O1", "-g", "-fPIC", "-shared", "-fvisibility=hidden", "-Wall", "-Wextra", "-Wconversion")
_STRICT = ("-Wshadow", "-Wvla", "-Werror", "-pthread")

LIBRARIES = ("skf", "pkcs11")


def compiler() -> str | None:
    """Return the C compiler."""
    return shutil.which("cc") or shutil.which("gcc")


def build(library: str, folder: Path, cc: str) -> str:
    """Build the faulty driver of an interface over the software token's, and return its path.

    :param library: "skf" or "pkcs11".
    """
    right = Path(library_path(library)).resolve()  # type: ignore[arg-type]
    target = folder / f"libgmpki_faulty_{library}.so"
    sources = sorted((_SOURCES / library).glob("*.c"))
    # Nothing in the sources names the right driver, and yet it has to be loaded with this one.
    link = ("-Wl,--no-as-needed", f"-L{right.parent}", f"-l:{right.name}", f"-Wl,-rpath,{right.parent}", "-ldl")
    command = [cc, *_FLAGS, *_STRICT, f"-I{_INCLUDE}", *map(str, sources), "-o", str(target), *link]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(done.stderr)
    return str(target)
