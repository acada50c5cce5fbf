"""Measuring: every operation of a table, with keys in memory and in the software token, and what is refused."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from gmpki.errors import (
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    LoginRequiredError,
    PolicyError,
    TokenUnsupportedError,
    UnsupportedAlgorithm,
)
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.tokens.interfaces import Application, Container
from gmpki.tokens.latency import Job, SoftwareBench, TokenBench, TokenOperations, measure, measured_times
from gmpki.tokens.limits import ALGORITHMS, OPERATIONS, limit_profile, limit_profile_names
from gmpki.tokens.skf.driver import SKFDriver
from gmpki.tokens.soft import library_path
from tokens.scene import APPLICATION, USER_PIN

ROWS = list(
    dict.fromkeys(
        (limit.algorithm, limit.operation) for name in limit_profile_names() for limit in limit_profile(name).limits
    )
)
HARDWARE_ONLY = ("sm1", "ssf33")
IN_SOFTWARE = [row for row in ROWS if row[0] not in HARDWARE_ONLY]
# RSA of 1024 bits takes a policy that allows it, and time; the fast ones stand for all drivers.
FAST = [row for row in IN_SOFTWARE if not row[0].startswith("rsa")]


@pytest.fixture
def bench(container: Container) -> Iterator[TokenBench]:
    """Give the jobs of the software token, through each driver."""
    with TokenBench(application_of(container)) as made:
        yield made


def application_of(container: Container) -> Application:
    found: Application = getattr(container, "application", None) or container._application  # type: ignore[attr-defined]
    return found


# ---- what is measured -----------------------------------------------------------------------
@pytest.mark.parametrize(("algorithm", "operation"), IN_SOFTWARE, ids=" ".join)
def test_software(algorithm: str, operation: str) -> None:
    with SoftwareBench() as bench:
        measured = measure(bench.job(algorithm, operation), count=1)
    assert (measured.algorithm, measured.operation, measured.count) == (algorithm, operation, 1)
    assert (measured.rate_kbps > 0) == (operation in ("encrypt", "decrypt", "digest"))


def test_token(bench: TokenBench) -> None:
    jobs = [bench.job(*row) for row in FAST]
    for job in (*jobs, *reversed(jobs)):  # in any order, and again
        assert measure(job, count=2).count == 2


def test_rsa_through_skf(skf_application: Application) -> None:
    with TokenBench(skf_application) as bench:
        for operation in ("generate", "sign", "verify", "encrypt", "decrypt"):
            assert measure(bench.job("rsa-1024", operation), count=1).mean_s > 0


def test_nothing_stays_in_the_token(container: Container) -> None:
    application = application_of(container)
    before = application.containers()
    with TokenBench(application) as bench:
        for row in FAST:
            measure(bench.job(*row), count=2)
        assert application.containers() != before
    assert application.containers() == before
    bench.close()


def test_nothing_stays_after_a_policy_refused(skf_driver: SKFDriver, skf_application: Application) -> None:
    skf_application.close()
    skf_driver.close()
    with SKFDriver.load(library_path("skf")) as strict:
        application = strict.open().application(APPLICATION)
        application.login(USER_PIN)
        with TokenBench(application) as bench, pytest.raises(PolicyError):
            bench.job("rsa-1024", "sign")
        assert application.containers() == ()


def test_a_verification_is_done_by_the_token(bench: TokenBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is measured fails for a wrong signature: it is no empty call."""
    operations = bench._operations
    real = type(operations).verify

    def spoiled(self: TokenOperations, container: Container, algorithm: str, digest: bytes, signature: bytes) -> object:
        return real(self, container, algorithm, bytes(32), signature)

    monkeypatch.setattr(type(operations), "verify", spoiled)
    with pytest.raises(GmpkiError):
        bench.job("sm2", "verify").call()


def test_a_cipher_is_done_by_the_token(bench: TokenBench) -> None:
    ciphertext = bench.job("sm4", "encrypt").call()
    assert isinstance(ciphertext, bytes)
    assert len(ciphertext) == 16384
    assert ciphertext != bytes(16384)


# ---- what is not there ----------------------------------------------------------------------
@pytest.mark.parametrize("algorithm", HARDWARE_ONLY)
def test_hardware_only(bench: TokenBench, algorithm: str) -> None:
    with pytest.raises(TokenUnsupportedError):
        bench.job(algorithm, "encrypt")
    with SoftwareBench() as software, pytest.raises(UnsupportedAlgorithm):
        software.job(algorithm, "encrypt")


def test_operations_that_an_algorithm_does_not_have(bench: TokenBench) -> None:
    with SoftwareBench() as software:
        for row in itertools.product(ALGORITHMS, OPERATIONS):
            if row not in ROWS and not row[0].startswith("rsa"):
                with pytest.raises(TokenUnsupportedError):
                    bench.job(*row)
                with pytest.raises(UnsupportedAlgorithm):
                    software.job(*row)


def test_a_driver_that_is_not_known() -> None:
    operations = TokenOperations()
    container: Container = None  # type: ignore[assignment]
    calls = [
        lambda: operations.verify(container, "sm2", b"", b""),
        lambda: operations.encrypt(container, "sm2", b""),
        lambda: operations.decrypt(container, "sm2", b""),
        lambda: operations.cipher(container, "sm4", "encrypt", b""),
        lambda: operations.digest(container, b""),
    ]
    for call in calls:
        with pytest.raises(TokenUnsupportedError):
            call()


def test_nobody_has_logged_in(container: Container) -> None:
    application = application_of(container)
    application.logout()
    with TokenBench(application) as bench, pytest.raises(LoginRequiredError):
        bench.job("sm2", "sign")


# ---- wrong inputs ---------------------------------------------------------------------------
@pytest.mark.parametrize(("algorithm", "operation"), [("sm9", "sign"), ("", "sign"), ("sm2", "dance"), ("SM2", "sign")])
def test_names(algorithm: str, operation: str) -> None:
    with SoftwareBench() as bench, pytest.raises(InvalidInputError):
        bench.job(algorithm, operation)


@pytest.mark.parametrize("wrong", [None, 1, b"sm2"])
def test_names_of_wrong_types(wrong: object) -> None:
    with SoftwareBench() as bench:
        with pytest.raises(InvalidTypeError):
            bench.job(wrong, "sign")  # type: ignore[arg-type]
        with pytest.raises(InvalidTypeError):
            bench.job("sm2", wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [None, 1, "A", SM2PrivateKey])
def test_what_is_no_application(wrong: object) -> None:
    with pytest.raises(InvalidTypeError):
        TokenBench(wrong)  # type: ignore[arg-type]


def test_counts() -> None:
    job = Job("sm2", "sign", lambda: None)
    for count in (0, -1, 1_000_001):
        with pytest.raises(InvalidInputError):
            measure(job, count=count)
    with pytest.raises(InvalidInputError):
        measure(job, most_s=-1)
    with pytest.raises(InvalidInputError):
        measure(job, most_s=float("nan"))
    for wrong in (None, "1", True):
        with pytest.raises(InvalidTypeError):
            measure(job, most_s=wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        measure("job")  # type: ignore[arg-type]


def test_each_time_is_given() -> None:
    calls: list[int] = []
    times_s = measured_times(Job("sm2", "sign", lambda: calls.append(1)), count=4, warm_up=3)
    assert (len(times_s), len(calls)) == (4, 7)
    assert min(times_s) > 0
    for wrong in (-1, 1_000_001):
        with pytest.raises(InvalidInputError):
            measured_times(Job("sm2", "sign", lambda: None), warm_up=wrong)


def test_an_end_in_time_and_three_calls_at_least() -> None:
    calls: list[str] = []
    job = Job("sm2", "sign", lambda: calls.append("call"), lambda: calls.append("before"))
    assert measure(job, count=1000, most_s=0).count == 3
    assert calls == ["before", "call"] * 4  # the first is not counted


def test_an_error_is_not_hidden() -> None:
    def fail() -> None:
        raise TokenUnsupportedError("no")

    with pytest.raises(TokenUnsupportedError):
        measure(Job("sm2", "sign", fail))
