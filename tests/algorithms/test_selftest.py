"""Self-tests on demand, and the error state."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from gmpki.algorithms import backends, selftest
from gmpki.errors import SelfTestError


def test_every_backend_of_every_algorithm_is_tested() -> None:
    before = {name: backends.active(name) for name in backends.ALGORITHMS}
    report = selftest.selftest()
    assert report.passed
    statuses = {result.name: result.status for result in report.results}
    assert statuses.pop("integrity") in ("passed", "unsupported")
    assert statuses == {
        f"{name}/{backend.name}": "passed" if backend.available else "unsupported"
        for name in backends.ALGORITHMS
        for backend in backends.available(name)
    }
    assert all(result.detail for result in report.results)
    assert {name: backends.active(name) for name in backends.ALGORITHMS} == before


def test_the_top_level_name() -> None:
    import gmpki

    assert gmpki.selftest is selftest.selftest


def test_a_backend_that_cannot_be_chosen_fails_the_test() -> None:
    code = """
from gmpki.algorithms import selftest
from gmpki.errors import SelfTestError
report = selftest.run()
print([result.name for result in report.results if result.status == "failed"])
try:
    selftest.selftest()
except SelfTestError as error:
    print(error)
"""
    environment = os.environ | {"GMPKI_BACKEND": "sm4=none"}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    failed, message = result.stdout.splitlines()
    assert "'sm4/portable'" in failed
    assert "'sm3/portable'" not in failed
    assert "sm4/portable" in message


def test_a_failed_result_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = selftest.SelfTestReport((selftest.SelfTestResult("sm3/portable", "failed", "known answers differ"),))
    monkeypatch.setattr(selftest, "run", lambda: broken)
    assert not broken.passed
    with pytest.raises(SelfTestError, match="sm3/portable"):
        selftest.selftest()
