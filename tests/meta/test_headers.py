"""The reader of the headers refuses what the build must refuse, and sees what the headers hold."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from native_test_library import ROOT, headers_module

pytestmark = pytest.mark.once

headers = headers_module()


def declaration(parameters: str) -> str:
    return f"/* Do it. CT: constant. */\nGMPKI_API int gmpki_do({parameters});\n"


def test_marks_are_read() -> None:
    text = declaration("GMPKI_OUT uint8_t out[32], GMPKI_SECRET const uint8_t *key, size_t key_len")
    (function,) = headers.parse(text, "x.h")
    assert function.name == "gmpki_do"
    assert function.returns == "int"
    assert [(p.name, p.is_pointer, p.mark) for p in function.parameters] == [
        ("out", True, "GMPKI_OUT"),
        ("key", True, "GMPKI_SECRET"),
        ("key_len", False, None),
    ]
    assert function.secrets == ("key",)
    assert function.comment == "Do it. CT: constant."


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ("uint8_t *out", ["x.h", "gmpki_do", "'out'"]),
        ("uint8_t out[32]", ["x.h", "gmpki_do", "'out'"]),
        ("GMPKI_OUT GMPKI_SECRET uint8_t *state", ["gmpki_do", "'state'"]),
        ("GMPKI_SECRET size_t len", ["gmpki_do", "'len'", "value"]),
        ("GMPKI_OUT const uint8_t *out", ["gmpki_do", "'out'", "const"]),
    ],
)
def test_wrong_marks_are_refused(parameters: str, names: list[str]) -> None:
    with pytest.raises(headers.HeaderError) as raised:
        headers.parse(declaration(parameters), "x.h")
    for name in names:
        assert name in str(raised.value)


def test_unmarked_export_is_refused() -> None:
    with pytest.raises(headers.HeaderError, match="gmpki_do"):
        headers.parse("int gmpki_do(size_t len);\n", "x.h")


def test_build_stops_at_a_missing_mark(tmp_path: Path) -> None:
    include = shutil.copytree(headers.INCLUDE_DIR, tmp_path / "include")
    header = include / "gmpki" / "sm3.h"
    text = header.read_text(encoding="utf-8")
    header.write_text(text.replace("GMPKI_SECRET const uint8_t *key", "const uint8_t *key", 1), encoding="utf-8")

    command = [sys.executable, "-B", str(ROOT / "bindings" / "emit_native.py"), str(tmp_path / "out.c"), str(include)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)

    assert result.returncode == 1
    assert "sm3.h: gmpki_sm3_hmac_init: parameter 'key' is a pointer" in result.stderr
    assert not (tmp_path / "out.c").exists()


def test_every_function_says_what_time_depends_on() -> None:
    assert [f.name for f in headers.functions() if "CT:" not in f.comment] == []


def test_every_function_is_in_the_native_module() -> None:
    from gmpki import _native

    assert [f.name for f in headers.functions() if not hasattr(_native.lib, f.name)] == []
