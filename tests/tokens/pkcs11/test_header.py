"""The header as Python reads it, against the same numbers in another project, and the sizes of its structures."""

from __future__ import annotations

import subprocess
import sys
from enum import IntEnum
from pathlib import Path

import pytest

from gmpki.errors import DriverError
from gmpki.tokens.pkcs11 import header
from gmpki.tokens.pkcs11.header import C, declared, name_of, numbers

POINTER = 8


def foreign() -> dict[str, int]:
    """Return the numbers of python-pkcs11, whose header is the standard's own."""
    import pkcs11.constants
    import pkcs11.mechanisms

    tables: dict[str, type[IntEnum]] = {
        "CKA_": pkcs11.constants.Attribute,
        "CKO_": pkcs11.constants.ObjectClass,
        "CKK_": pkcs11.mechanisms.KeyType,
        "CKM_": pkcs11.mechanisms.Mechanism,
        "CKG_MGF1_": pkcs11.mechanisms.MGF,
    }
    return {prefix + name: int(value) for prefix, table in tables.items() for name, value in table.__members__.items()}


def test_numbers_agree_with_another_project() -> None:
    pytest.importorskip("pkcs11", reason="peer program: python-pkcs11 not found")
    theirs = foreign()
    common = numbers().keys() & theirs.keys()
    assert len(common) > 150
    assert {name: numbers()[name] for name in common} == {name: theirs[name] for name in common}


@pytest.mark.parametrize("prefix", ["CKR_", "CKO_", "CKA_", "CKK_", "CKM_", "CKU_", "CKS_"])
def test_no_number_stands_twice(prefix: str) -> None:
    values = [value for name, value in numbers().items() if name.startswith(prefix)]
    assert len(values) == len(set(values)) > 2


def test_our_numbers_lie_in_the_vendors_range() -> None:
    ours = {name: value for name, value in numbers().items() if "_GMPKI_" in name}
    assert len(ours) > 20
    assert all(value & C.CKM_VENDOR_DEFINED for value in ours.values())
    assert all(value & ~0xFF == C.CKM_GMPKI_BASE for value in ours.values())


def test_names_of_numbers() -> None:
    assert name_of("CKR_", 0xA4) == "CKR_PIN_LOCKED"
    assert name_of("CKR_", 0x80000123) is None


def test_what_the_header_does_not_have_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no CKA_NOTHING"):
        _ = C.CKA_NOTHING


def test_function_lists_are_whole() -> None:
    ffi = declared()
    lists = {"CK_FUNCTION_LIST": 68, "CK_FUNCTION_LIST_3_0": 92}
    for name, count in lists.items():
        functions = [field for field, _ in ffi.typeof(name).fields if field.startswith("C_")]
        assert len(functions) == count
        assert ffi.sizeof(name) == POINTER + count * ffi.sizeof("void *")


@pytest.mark.once
def test_structures_are_as_the_compiler_has_them(tmp_path: Path, odd_module: str) -> None:
    ffi = declared()
    names = [name for name in ffi.list_types()[0] if not name.startswith("CK_FN_")]
    structures = [name for name in names if ffi.typeof(name).kind == "struct"]
    assert len(structures) > 15
    source = tmp_path / "sizes.c"
    lines = "".join(f'printf("%zu\\n", sizeof({name}));' for name in structures)
    source.write_text(f'#include <stdio.h>\n#include "gmpki/pkcs11.h"\nint main(void) {{ {lines} return 0; }}\n')
    include = Path(__file__).resolve().parents[3] / "native" / "include"
    subprocess.run(["cc", f"-I{include}", "-o", str(tmp_path / "sizes"), str(source)], check=True)
    told = subprocess.run([str(tmp_path / "sizes")], check=True, capture_output=True, text=True).stdout.split()
    assert [int(size) for size in told] == [ffi.sizeof(name) for name in structures]
    assert Path(odd_module).is_file()


def test_an_installation_without_the_header_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(header, "_VALUES", "missing.h")
    header.numbers.cache_clear()
    header._text.cache_clear()
    try:
        with pytest.raises(DriverError, match=r"missing\.h, which comes with gmpki"):
            header.numbers()
    finally:
        header.numbers.cache_clear()


def test_nothing_heavy_is_imported_with_the_package() -> None:
    code = "import sys, gmpki.tokens.pkcs11; print('cffi' in sys.modules, 'cryptography' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert told.split() == ["False", "False"]
