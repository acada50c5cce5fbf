"""The reader of the headers refuses what the build must refuse, and sees what the headers hold."""

from __future__ import annotations

import pytest

from native_test_library import headers_module

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


def test_every_function_says_what_time_depends_on() -> None:
    assert [f.name for f in headers.functions() if "CT:" not in f.comment] == []


def test_every_function_is_in_the_native_module() -> None:
    from gmpki import _native

    assert [f.name for f in headers.functions() if not hasattr(_native.lib, f.name)] == []
