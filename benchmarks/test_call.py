"""What one call from Python into the C core costs, against hashlib's own C function on the same message."""

from __future__ import annotations

import hashlib

from gmpki.algorithms import sm3
from gmpki.algorithms._call import lib


def note(benchmark, implementation: str) -> None:
    benchmark.group = "call overhead"
    benchmark.extra_info["implementation"] = implementation
    benchmark.extra_info["data_len"] = 0


def test_native_call(benchmark):
    note(benchmark, "C function without work")
    assert benchmark(lib.gmpki_selftest_state) == 0


def test_digest_of_nothing(benchmark):
    note(benchmark, "sm3.digest(b'')")
    assert len(benchmark(sm3.digest, b"")) == 32


def test_hashlib_of_nothing(benchmark):
    note(benchmark, "hashlib.sha256(b'').digest()")
    assert len(benchmark(lambda: hashlib.sha256(b"").digest())) == 32
