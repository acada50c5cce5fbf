"""The algorithm policy."""

from __future__ import annotations

from typing import Any

import pytest

from gmpki.algorithms import policy
from gmpki.algorithms.policy import DEFAULT_POLICY, EXCEPTIONS, AlgorithmPolicy
from gmpki.errors import (
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    LimitExceeded,
    PolicyError,
    UnsupportedAlgorithm,
)


@pytest.mark.parametrize("name", ["sm3", "sha224", "sha256", "sha384", "sha512", "sha3_256"])
def test_hashes_that_are_allowed(name: str) -> None:
    policy.check_hash(name)
    DEFAULT_POLICY.check_hash(name)


@pytest.mark.parametrize(("name", "exception"), [("md5", "md5"), ("sha1", "sha1-signature")])
def test_hashes_that_are_refused(name: str, exception: str) -> None:
    for check in (policy.check_hash, DEFAULT_POLICY.check_hash, AlgorithmPolicy().check_hash):
        with pytest.raises(PolicyError, match=f"allowing.'{exception}'"):
            check(name)
    allowing = DEFAULT_POLICY.allowing(exception)
    allowing.check_hash(name)
    for other in set(EXCEPTIONS) - {exception}:
        with pytest.raises(PolicyError):
            DEFAULT_POLICY.allowing(other).check_hash(name)


@pytest.mark.parametrize("name", ["", "SHA256", "sha-256", "md4", "md2", "ripemd160"])
def test_unknown_hashes(name: str) -> None:
    with pytest.raises(UnsupportedAlgorithm, match="hash"):
        DEFAULT_POLICY.allowing(*EXCEPTIONS).check_hash(name)


@pytest.mark.parametrize(
    ("kind", "bits", "exception"),
    [
        ("rsa", 2047, "rsa-1024"),
        ("rsa", 1024, "rsa-1024"),
        ("ec", 223, "ec-192"),
        ("ec", 192, "ec-192"),
    ],
)
def test_keys_that_an_exception_allows(kind: str, bits: int, exception: str) -> None:
    for check in (policy.check_key, DEFAULT_POLICY.check_key):
        with pytest.raises(PolicyError, match=f"allowing.'{exception}'"):
            check(kind, bits)
    DEFAULT_POLICY.allowing(exception).check_key(kind, bits)


@pytest.mark.parametrize(("kind", "bits"), [("rsa", 1023), ("rsa", 0), ("rsa", -1), ("ec", 191), ("sm2", 255)])
def test_keys_that_nothing_allows(kind: str, bits: int) -> None:
    with pytest.raises(PolicyError, match="nothing allows"):
        DEFAULT_POLICY.allowing(*EXCEPTIONS).check_key(kind, bits)


@pytest.mark.parametrize(
    ("kind", "bits"),
    [("sm2", 256), ("rsa", 2048), ("rsa", 3072), ("rsa", 16384), ("ec", 224), ("ec", 256), ("ec", 521)],
)
def test_keys_that_are_allowed(kind: str, bits: int) -> None:
    policy.check_key(kind, bits)


WRONG_KEYS: list[tuple[Any, Any, type[GmpkiError]]] = [
    ("rsa", 16385, LimitExceeded),
    ("rsa", 1 << 40, LimitExceeded),
    ("dsa", 2048, UnsupportedAlgorithm),
    ("RSA", 2048, UnsupportedAlgorithm),
    (None, 2048, InvalidTypeError),
    (["rsa"], 2048, InvalidTypeError),
    ("rsa", True, InvalidTypeError),
    ("rsa", "2048", InvalidTypeError),
    ("rsa", None, InvalidTypeError),
]


@pytest.mark.parametrize(("kind", "bits", "error"), WRONG_KEYS)
def test_other_keys(kind: Any, bits: Any, error: type[GmpkiError]) -> None:
    with pytest.raises(error):
        DEFAULT_POLICY.allowing(*EXCEPTIONS).check_key(kind, bits)


def test_sizes_too_long_to_be_written_out() -> None:
    with pytest.raises(LimitExceeded, match="a number of 40001 bits"):
        policy.check_key("rsa", 1 << 40_000)
    with pytest.raises(PolicyError, match="a number of 40001 bits"):
        policy.check_key("rsa", -1 << 40_000)


def test_hash_names_are_text() -> None:
    for name in (None, b"sha256", 256, ["sha256"]):
        with pytest.raises(InvalidTypeError, match="name must be str"):
            policy.check_hash(name)  # type: ignore[arg-type]


def test_policies_are_values() -> None:
    both = DEFAULT_POLICY.allowing("md5").allowing("rsa-1024")
    assert both == DEFAULT_POLICY.allowing("rsa-1024", "md5") != DEFAULT_POLICY
    assert hash(both) == hash(DEFAULT_POLICY.allowing("rsa-1024", "md5"))
    assert DEFAULT_POLICY.allowed == frozenset()
    with pytest.raises(AttributeError):
        both.allowed = frozenset()  # type: ignore[misc]


@pytest.mark.parametrize("name", [None, 7, ["md5"], b"md5"])
def test_names_of_exceptions_are_text(name: Any) -> None:
    with pytest.raises(InvalidTypeError, match=f"must be str, not {type(name).__name__}"):
        DEFAULT_POLICY.allowing(name)


# A set could change behind the policy's back, and "md5" in a string is true of its letters.
@pytest.mark.parametrize("allowed", [{"md5"}, ["md5"], "md5", None, {"md5": True}, frozenset({5})])
def test_a_policy_is_made_of_a_frozen_set_of_names(allowed: Any) -> None:
    with pytest.raises(InvalidTypeError):
        AlgorithmPolicy(allowed)


def test_a_policy_is_made_of_names_that_exist() -> None:
    assert AlgorithmPolicy(frozenset({"md5"})) == DEFAULT_POLICY.allowing("md5")
    with pytest.raises(InvalidInputError, match="rsa-1024"):
        AlgorithmPolicy(frozenset({"sha1"}))


@pytest.mark.parametrize("name", ["sha1", "", "everything"])
def test_unknown_exceptions(name: str) -> None:
    with pytest.raises(InvalidInputError, match="rsa-1024"):
        DEFAULT_POLICY.allowing(name)
