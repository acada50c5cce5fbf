"""What importing costs and where the version stands."""

from __future__ import annotations

import subprocess
import sys

import pytest

from meta import sources

HEAVY = ("cryptography", "asn1crypto", "click", "ssl", "asyncio", "cffi", "typing", "gmpki._native")


def run_python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("module", HEAVY)
def test_import_is_light(module: str) -> None:
    assert run_python(f"import sys, gmpki; print({module!r} in sys.modules)").strip() == "False"


@pytest.mark.parametrize("module", ["cryptography", "asn1crypto"])
def test_command_line_starts_light(module: str) -> None:
    code = f"""
import sys
from gmpki.cli.main import main
sys.argv = ["gmpki", "--help"]
try:
    main()
except SystemExit:
    pass
print({module!r} in sys.modules)
"""
    assert run_python(code).strip().splitlines()[-1] == "False"


def test_version_agrees() -> None:
    import gmpki
    from gmpki import _native

    assert gmpki.__version__ == _native.ffi.string(_native.lib.gmpki_version()).decode()


def test_version_stands_in_one_place() -> None:
    import gmpki

    places = [
        name
        for name in sources.tracked()
        if name.endswith((".py", ".toml", ".txt", ".c", ".h"))
        and f'"{gmpki.__version__}"' in (sources.ROOT / name).read_text(encoding="utf-8")
    ]
    assert places == ["pyproject.toml"]
