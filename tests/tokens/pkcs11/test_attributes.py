"""Attributes and parameters between Python and C."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from gmpki.errors import InvalidInputError
from gmpki.tokens.pkcs11.attributes import Mechanism, Template, as_bool, as_number, as_text
from gmpki.tokens.pkcs11.header import declared


def values(template: Template) -> list[tuple[int, bytes]]:
    ffi = declared()
    return [(entry.type, bytes(ffi.buffer(entry.pValue, entry.ulValueLen))) for entry in template.array]


def test_values_of_every_kind() -> None:
    with Template(declared(), {1: True, 2: False, 3: 258, 4: "签", 5: b"", 6: bytearray(b"b")}) as template:
        number = (258).to_bytes(declared().sizeof("CK_ULONG"), sys.byteorder)
        expected = [b"\x01", b"\x00", number, "签".encode(), b"", b"b"]
        assert values(template) == list(enumerate(expected, 1))
        assert template.count == 6


def test_values_are_overwritten_at_the_end() -> None:
    with Template(declared(), {1: b"secret"}) as template:
        kept = template.array
    assert bytes(declared().buffer(kept[0].pValue, 6)) == bytes(6)


def test_an_empty_template() -> None:
    with Template(declared(), {}) as template:
        assert template.count == 0


@pytest.mark.parametrize("value", [-1, 1 << 64, "\ud800"])
def test_values_that_do_not_fit(value: Any) -> None:
    with pytest.raises(InvalidInputError):
        Template(declared(), {1: value})


@pytest.mark.parametrize("parameter", [None, b"", b"parameter"])
def test_parameters(parameter: bytes | None) -> None:
    ffi = declared()
    built = Mechanism(7, parameter).build(ffi)
    assert built.pointer.mechanism == 7
    assert (built.pointer.pParameter == ffi.NULL) is (parameter is None)
    assert bytes(ffi.buffer(built.pointer.pParameter, built.pointer.ulParameterLen) if parameter else b"") == (
        parameter or b""
    )
    assert built.pointer.ulParameterLen == len(parameter or b"")


def test_what_modules_answer() -> None:
    assert as_number((5).to_bytes(8, sys.byteorder)) == as_number((5).to_bytes(4, sys.byteorder)) == 5
    assert [as_number(value) for value in (None, b"", b"\x05", bytes(9))] == [None] * 4
    assert [as_bool(value) for value in (None, b"", b"\x00", b"\x01", b"\xff")] == [False, False, False, True, True]
    assert [as_text(value) for value in (None, b"label   ", b"nul\0\0", b"\xff")] == ["", "label", "nul", "\ufffd"]
