"""Choosing implementations: through the functions, and through the environment."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from gmpki.algorithms import backends
from gmpki.algorithms._call import lib
from gmpki.algorithms.backends import ALGORITHMS, Backend, active, available, force, forced
from gmpki.errors import BackendError, InvalidInputError, InvalidTypeError

each = pytest.mark.parametrize("algorithm", ALGORITHMS)


def test_numbers_are_those_of_the_core() -> None:
    assert len(ALGORITHMS) == lib.GMPKI_ALGORITHM_COUNT
    for algorithm in ALGORITHMS:
        assert backends.number_of(algorithm) == getattr(lib, f"GMPKI_{algorithm.upper()}")


@each
def test_the_portable_one_is_always_there_and_last(algorithm: str) -> None:
    known = available(algorithm)
    assert known[-1] == Backend("portable", True)
    assert len({backend.name for backend in known}) == len(known)


@each
def test_force_and_back(algorithm: str) -> None:
    before = active(algorithm)
    for backend in available(algorithm):
        if not backend.available:
            with pytest.raises(BackendError, match=backend.name):
                force(algorithm, backend.name)
            continue
        with forced(algorithm, backend.name):
            assert active(algorithm) == backend.name
        assert active(algorithm) == before
    force(algorithm, None)
    assert active(algorithm) == next(backend.name for backend in available(algorithm) if backend.available)
    force(algorithm, before)


@each
def test_forced_is_undone_by_an_exception(algorithm: str) -> None:
    before = active(algorithm)
    with pytest.raises(ZeroDivisionError), forced(algorithm, "portable"):
        raise ZeroDivisionError
    assert active(algorithm) == before


@each
@pytest.mark.parametrize("name", ["", "avx9000", "Portable", "portable ", "portable\0x", "pörtable"])
def test_unknown_backends(algorithm: str, name: str) -> None:
    before = active(algorithm)
    with pytest.raises(BackendError, match="portable"):
        force(algorithm, name)
    with pytest.raises(BackendError), forced(algorithm, name):
        pytest.fail("the block must not run")
    assert active(algorithm) == before


@pytest.mark.parametrize("name", [b"portable", 0])
def test_names_are_text(name: Any) -> None:
    with pytest.raises(InvalidTypeError, match="name must be str"):
        force("sm3", name)


@pytest.mark.parametrize(
    ("algorithm", "error"), [("sm9", InvalidInputError), ("", InvalidInputError), (0, InvalidTypeError)]
)
def test_unknown_algorithms(algorithm: Any, error: type[Exception]) -> None:
    for call in (available, active, lambda name: force(name, "portable"), lambda name: force(name, None)):
        with pytest.raises(error, match="algorithm"):
            call(algorithm)
    with pytest.raises(error, match="algorithm"), forced(algorithm, "portable"):
        pytest.fail("the block must not run")


USE = """
from gmpki import errors
from gmpki.algorithms import backends, rand, sm2, sm3, sm4
uses = {
    "sm3": lambda: sm3.digest(b""),
    "sm4": lambda: sm4.encrypt(bytes(16), bytes(16), sm4.Mode.ECB),
    "sm2": sm2.PrivateScalar.generate,
    "rand": lambda: rand.random_bytes(1),
}
for algorithm, use in uses.items():
    try:
        use()
        print(algorithm, backends.active(algorithm))
    except errors.BackendError:
        try:
            backends.active(algorithm)
        except errors.BackendError:
            print(algorithm, "refused")
"""


def under(value: str) -> dict[str, str]:
    """Return the backend of each algorithm, or "refused", in a process with that GMPKI_BACKEND."""
    environment = os.environ | {"GMPKI_BACKEND": value}
    result = subprocess.run([sys.executable, "-c", USE], capture_output=True, text=True, env=environment, check=True)
    return dict(line.split() for line in result.stdout.splitlines())


def test_the_environment_chooses() -> None:
    assert under("sm3=portable,sm4=portable,sm2=portable,rand=portable") == dict.fromkeys(ALGORITHMS, "portable")
    fastest = {name: next(b.name for b in available(name) if b.available) for name in ALGORITHMS}
    assert under("") == fastest
    assert under("sm4=portable") == fastest | {"sm4": "portable"}


@pytest.mark.parametrize("value", ["nonsense", "sm9=portable", "=portable", "SM4=portable", "sm4=portable,x=portable"])
def test_what_names_no_algorithm_refuses_all(value: str) -> None:
    assert under(value) == dict.fromkeys(ALGORITHMS, "refused")


@pytest.mark.parametrize("value", ["sm4=", "sm4=avx9000", "sm4=portable2", "sm4=portabl", "rand=portable,sm4=none"])
def test_what_names_no_backend_refuses_the_algorithm(value: str) -> None:
    seen = under(value)
    assert seen["sm4"] == "refused"
    assert seen["sm3"] == active("sm3")


def test_what_cannot_run_here_is_refused() -> None:
    missing = [(name, b.name) for name in ALGORITHMS for b in available(name) if not b.available]
    for algorithm, backend in missing:
        assert under(f"{algorithm}={backend}")[algorithm] == "refused"
