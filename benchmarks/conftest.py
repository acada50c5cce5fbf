"""Benchmarks: each operation on every backend of gmpki and on every installed peer, in the same run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import peers


class Comparison:
    """Measures one operation on one implementation and notes what the report needs."""

    def __init__(self, benchmark: Any, implementation: Any) -> None:
        self._benchmark = benchmark
        self.implementation = implementation

    def measure(
        self, operation: str, call: Callable[..., Any], *arguments: Any, data_len: int = 0, items: int = 1
    ) -> Any:
        """Time ``call(*arguments)``; ``data_len`` in bytes makes it a rate, ``items`` says how many it does."""
        self._benchmark.group = operation
        self._benchmark.extra_info["items"] = items
        self._benchmark.extra_info["implementation"] = self.implementation.name
        self._benchmark.extra_info["data_len"] = data_len
        with self.implementation.active():
            return self._benchmark(call, *arguments)


@pytest.fixture
def comparison(benchmark: Any, implementation: Any) -> Comparison:
    return Comparison(benchmark, implementation)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test of ``test_<algorithm>.py`` the implementations that offer the method named by its marker."""
    if "implementation" not in metafunc.fixturenames:
        return
    algorithm = metafunc.module.__name__.removeprefix("test_")
    marker = metafunc.definition.get_closest_marker("operation")
    assert marker is not None, "a benchmark names its operation"
    found = [peer for peer in peers.installed(algorithm) if hasattr(peer, marker.args[0])]
    metafunc.parametrize("implementation", found, ids=[peer.name for peer in found])


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the limits out of the comparison with peers: they are measured when they are named."""
    named = any(argument.split("::")[0].endswith("test_limits.py") for argument in config.args)
    return True if collection_path.name == "test_limits.py" and not named else None


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "operation(name): the method of a peer that the benchmark calls")
