"""Every operation that a limit is for, with a software key, through SKF and through PKCS#11.

What a path does not have is skipped; limits_report.py says what that makes of the verdict.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.errors import TokenUnsupportedError, UnsupportedAlgorithm
from gmpki.tokens import open_driver
from gmpki.tokens.latency import SoftwareBench, TokenBench
from gmpki.tokens.limits import limit_profile, limit_profile_names
from gmpki.tokens.soft import SoftSettings, create_soft_device, library_path
from gmpki.tokens.uri import PKCS11Uri, SKFUri

PATHS = ("software key", "SKF", "PKCS#11")
ROWS = dict.fromkeys(
    (limit.algorithm, limit.operation) for name in limit_profile_names() for limit in limit_profile(name).limits
)
# A pair of RSA takes very different times; the mean of ten says little more than that of three.
ROUNDS = {"generate": 8}
MANY_ROUNDS = 40
ADMIN_PIN, USER_PIN = "87654321", "12345678"


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Go before all other processes, where that is allowed: their turns of 4 ms are not the token's time.

    For a moment only: who does so for a second is stopped for 50 ms.
    """
    scheduler = getattr(os, "sched_setscheduler", None)  # of Linux
    if scheduler is None:
        yield
        return
    before, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    with contextlib.suppress(PermissionError):
        scheduler(0, os.SCHED_RR, os.sched_param(1))
    try:
        yield
    finally:
        scheduler(0, before, parameters)


@pytest.fixture(scope="module", params=PATHS)
def path(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def bench(path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftwareBench | TokenBench]:
    """Give the jobs of a path; the tokens are software tokens in a folder of their own."""
    if path == "software key":
        with SoftwareBench() as software:
            yield software
        return
    root: Path = tmp_path_factory.mktemp("tokens")
    uri = SKFUri() if path == "SKF" else PKCS11Uri(module_path=library_path("pkcs11"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GMPKI_SOFTTOKEN_DIR", str(root))
        create_soft_device(SoftSettings(serial="00a1", pin_iterations=1), root=root)
        driver = open_driver(uri, policy=DEFAULT_POLICY.allowing("rsa-1024"))
        try:
            device = driver.open()
            if path == "SKF":
                device.authenticate()
            application = device.create_application("LIMITS", admin_pin=ADMIN_PIN, user_pin=USER_PIN)
            application.login(USER_PIN)
            with TokenBench(application) as token:
                yield token
        finally:
            driver.close()


@pytest.mark.benchmark(disable_gc=True)
@pytest.mark.parametrize(("algorithm", "operation"), ROWS, ids=[" ".join(row) for row in ROWS])
def test_operation(benchmark, bench, path, algorithm, operation):
    try:
        job = bench.job(algorithm, operation)
    except (TokenUnsupportedError, UnsupportedAlgorithm) as error:
        pytest.skip(f"{path}: {error}")
    benchmark.group = f"{algorithm} {operation}"
    benchmark.extra_info.update(path=path, algorithm=algorithm, operation=operation, data_len=job.data_len)

    def prepare() -> None:
        if job.before is not None:
            job.before()

    rounds = ROUNDS.get(operation, MANY_ROUNDS)
    # Of signatures and verifications each one counts.
    with undisturbed() if operation in ("sign", "verify") else contextlib.nullcontext():
        # One operation a round, so that the longest round is the longest operation.
        benchmark.pedantic(job.call, setup=prepare, rounds=rounds, iterations=1, warmup_rounds=1)
