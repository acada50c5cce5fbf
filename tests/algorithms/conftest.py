"""What the tests of the algorithms share: every backend in turn, and inputs that must be refused."""

from __future__ import annotations

import array
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from algorithms.sm2_examples import D
from gmpki.algorithms import backends
from gmpki.algorithms.sm2 import PrivateScalar
from gmpki.errors import InvalidInputError, InvalidTypeError


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what asks for ``backend`` once on each backend that this processor has for the module's ``ALGORITHM``."""
    if "backend" in metafunc.fixturenames:
        names = [backend.name for backend in backends.available(metafunc.module.ALGORITHM) if backend.available]
        metafunc.parametrize("backend", names, indirect=True, scope="module")


@pytest.fixture(scope="module")
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """Use one backend while the tests of a module run."""
    with backends.forced(request.module.ALGORITHM, request.param):
        yield request.param


@pytest.fixture(scope="session")
def scalar() -> PrivateScalar:
    """Give the private key of the examples of the SM2 standard."""
    return PrivateScalar.from_bytes(D)


NOT_BUFFERS: list[Any] = ["text", 7, 7.5, None, [1, 2], object()]

Refuses = Callable[..., None]


@pytest.fixture(scope="session")
def refuses_non_buffers() -> Refuses:
    """Give a check that a call with one argument refuses everything that is not a contiguous buffer."""

    def check(call: Callable[[Any], object], *, none_allowed: bool = False) -> None:
        for value in NOT_BUFFERS:
            if value is None and none_allowed:
                continue
            with pytest.raises(InvalidTypeError, match=type(value).__name__):
                call(value)
        with pytest.raises(InvalidInputError, match="contiguous"):
            call(memoryview(bytes(128))[::2])
        released = memoryview(bytes(64))
        released.release()
        with pytest.raises(InvalidInputError):
            call(released)

    return check


@pytest.fixture(
    params=[
        bytes,
        bytearray,
        memoryview,
        lambda data: memoryview(b"-" + data + b"-")[1:-1],
        lambda data: array.array("B", data),
    ],
    ids=["bytes", "bytearray", "memoryview", "slice", "array"],
)
def as_buffer(request: pytest.FixtureRequest) -> Callable[[bytes], Any]:
    """Give each kind of buffer in turn."""
    make: Callable[[bytes], Any] = request.param
    return make
