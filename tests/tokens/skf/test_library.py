"""Drivers are loaded, or the reason is said; what is loaded lightly stays light."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gmpki.errors import DriverError, InvalidInputError, InvalidTypeError
from gmpki.tokens.skf import load
from gmpki.tokens.skf.driver_profile import DriverProfile
from gmpki.tokens.skf.structures import BlockCipherParam, RsaPrivateKey, RsaPublicKey
from tokens.skf import mock_drivers
from tokens.skf.mock_drivers import Build


def test_a_path_may_be_a_path(mock: Build) -> None:
    assert load(Path(mock())).path == mock()


@pytest.mark.parametrize("path", [None, 3, b"driver.so", ["driver.so"]])
def test_what_is_no_path(path: object) -> None:
    with pytest.raises(InvalidTypeError):
        load(path)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["", "a\0b"], ids=["empty", "nul"])
def test_impossible_paths(path: str) -> None:
    with pytest.raises(InvalidInputError):
        load(path)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(DriverError, match="cannot be loaded"):
        load(tmp_path / "nothing.so")


@pytest.mark.parametrize("name", ["surrogate-\udc80.so", "long-" * 2000], ids=["surrogate", "long"])
def test_names_of_no_file(name: str) -> None:
    with pytest.raises(DriverError):
        load(name)


@pytest.mark.parametrize("content", [b"", b"text", b"\x7fELF" + bytes(100)], ids=["empty", "text", "stub"])
def test_what_is_no_library(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "driver.so"
    path.write_bytes(content)
    with pytest.raises(DriverError, match="cannot be loaded"):
        load(path)


def test_a_library_that_is_no_driver(tmp_path: Path) -> None:
    cc = mock_drivers.compiler()
    if cc is None:
        pytest.skip("peer program: a C compiler")
    (tmp_path / "other.c").write_text("int other(void) { return 0; }\n")
    path = tmp_path / "other.so"
    subprocess.run([cc, "-shared", "-fPIC", str(tmp_path / "other.c"), "-o", str(path)], check=True)
    with pytest.raises(DriverError, match="no SKF driver"):
        load(path)


def test_what_is_no_profile(mock: Build) -> None:
    with pytest.raises(InvalidTypeError):
        load(mock(), "feitian")  # type: ignore[arg-type]


def test_two_of_one_driver(mock: Build) -> None:
    first, second = load(mock()), load(mock(), DriverProfile(name="second"))
    assert first.session != second.session
    assert first.enum_dev() == second.enum_dev()


def test_the_package_is_light() -> None:
    code = (
        "import sys, gmpki.tokens, gmpki.tokens.skf; "
        "heavy = ('cffi', 'ctypes', 'subprocess', 'gmpki.tokens.skf.functions'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.parametrize(
    ("bits", "modulus", "exponent"),
    [(1024, bytes(127), 3), (1023, bytes(128), 3), (4096, bytes(512), 3), (0, b"", 3), (1024, bytes(128), 2**32)],
)
def test_rsa_keys_that_do_not_fit(bits: int, modulus: bytes, exponent: int) -> None:
    with pytest.raises(InvalidInputError):
        RsaPublicKey(bits, modulus, exponent)


def test_a_private_key_is_not_shown() -> None:
    key = RsaPrivateKey(1024, b"\x01" * 128, 3, b"\x02" * 128, *(b"\x02" * 64 for _ in range(5)))
    assert r"\x02" not in repr(key)
    with pytest.raises(InvalidInputError):
        RsaPrivateKey(1024, b"\x01" * 128, 3, b"\x02" * 128, *(b"\x02" * 65 for _ in range(5)))


@pytest.mark.parametrize("fields", [{"iv": bytes(33)}, {"padding": -1}, {"feedback_bits": 2**32}])
def test_cipher_parameters_out_of_range(fields: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        BlockCipherParam(**fields)  # type: ignore[arg-type]
