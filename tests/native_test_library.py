"""The test build of the C core, with forced nonces and a random source that can be made to fail, through CFFI.

The build makes it with ``-DGMPKI_TEST_BUILD=ON``; ``GMPKI_TEST_LIBRARY`` in the environment holds its path. Its
declarations come from the public headers and from ``native/tests/test_api.h``.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cffi import FFI

ROOT = Path(__file__).resolve().parent.parent


class TestLibrary(NamedTuple):
    """The loaded library and the FFI object that knows its types."""

    __test__ = False

    lib: Any
    ffi: FFI


def headers_module() -> Any:
    """Return ``bindings/headers.py``, which is no part of the installed package."""
    specification = importlib.util.spec_from_file_location("gmpki_headers", ROOT / "bindings" / "headers.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module  # dataclasses look their module up while they are made
    specification.loader.exec_module(module)
    return module


@functools.cache
def _open(path: str) -> TestLibrary:
    headers = headers_module()
    ffi = FFI()
    ffi.cdef(headers.cdef())
    ffi.cdef(headers.strip((ROOT / "native" / "tests" / "test_api.h").read_text(encoding="utf-8")))
    return TestLibrary(ffi.dlopen(path), ffi)


def load() -> TestLibrary:
    """Return the test library, or skip the test when none was built."""
    path = os.environ.get("GMPKI_TEST_LIBRARY")
    if not path:
        pytest.skip("no test library: GMPKI_TEST_LIBRARY is not set")
    return _open(path)
