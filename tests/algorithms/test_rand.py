"""Random bytes and the deterministic generator."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.algorithms.rand import DRBG, MAX_REQUEST_LEN, random_bytes
from gmpki.errors import InvalidInputError, InvalidTypeError

ALGORITHM = "rand"
pytestmark = pytest.mark.usefixtures("backend")


@pytest.mark.parametrize("length", [0, 1, 31, 32, 255, 256, 257, 100_000])
def test_random_bytes_have_the_length(length: int) -> None:
    assert len(random_bytes(length)) == length


def test_random_bytes_do_not_repeat() -> None:
    assert len({random_bytes(16) for _ in range(1000)}) == 1000


def test_random_bytes_use_every_bit() -> None:
    seen_set = seen_clear = 0
    for _ in range(100):
        value = int.from_bytes(random_bytes(64), "big")
        seen_set |= value
        seen_clear |= ~value & (1 << 512) - 1
    assert seen_set == seen_clear == (1 << 512) - 1


@pytest.mark.parametrize("length", [-1, MAX_REQUEST_LEN + 1, 1 << 100])
def test_lengths_outside(length: int) -> None:
    with pytest.raises(InvalidInputError, match="length"):
        random_bytes(length)


@pytest.mark.parametrize("length", ["1", 1.0, None, True])
def test_lengths_of_other_types(length: Any) -> None:
    with pytest.raises(InvalidTypeError, match="length"):
        random_bytes(length)
    with pytest.raises(InvalidTypeError, match="length"):
        DRBG.from_system().generate(length)


ENTROPY, NONCE = bytes(range(32)), bytes(range(16))


@given(st.binary(min_size=32, max_size=80), st.binary(min_size=16, max_size=40), st.binary(max_size=40))
def test_equal_seeds_give_equal_bytes(entropy: bytes, nonce: bytes, label: bytes) -> None:
    first, second = DRBG.from_entropy(entropy, nonce, label), DRBG.from_entropy(entropy, nonce, label)
    for additional in (b"", label):
        assert first.generate(70, additional) == second.generate(70, additional)
    first.reseed(entropy, label)
    second.reseed(entropy, label)
    assert first.generate(33) == second.generate(33)


def test_everything_that_goes_in_counts() -> None:
    outputs = {
        DRBG.from_entropy(ENTROPY, NONCE).generate(32),
        DRBG.from_entropy(ENTROPY[::-1], NONCE).generate(32),
        DRBG.from_entropy(ENTROPY, NONCE[::-1]).generate(32),
        DRBG.from_entropy(ENTROPY, NONCE, b"label").generate(32),
        DRBG.from_entropy(ENTROPY, NONCE).generate(32, b"additional"),
    }
    reseeded = DRBG.from_entropy(ENTROPY, NONCE)
    reseeded.reseed(ENTROPY)
    outputs.add(reseeded.generate(32))
    reseeded = DRBG.from_entropy(ENTROPY, NONCE)
    reseeded.reseed(ENTROPY, b"additional")
    outputs.add(reseeded.generate(32))
    assert len(outputs) == 7


def test_system_generators_differ() -> None:
    assert len({DRBG.from_system(b"label").generate(32) for _ in range(100)}) == 100
    one = DRBG.from_system()
    assert one.generate(32) != one.generate(32)


FORK = r"""
import os
from gmpki.algorithms.rand import DRBG

generator = DRBG.from_system()
generator.generate(1)
child = os.fork()
os.write(1, f"{generator.generate(32).hex()}\n".encode())
if child:
    os.waitpid(child, 0)
"""


def test_a_generator_of_the_system_differs_after_fork() -> None:
    lines = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, check=True).stdout.split()
    assert len(lines) == len(set(lines)) == 2


def test_bounds_of_the_generator() -> None:
    generator = DRBG.from_system()
    assert generator.generate(0) == b""
    assert len(generator.generate(DRBG.MAX_REQUEST_LEN, bytes(DRBG.MAX_INPUT_LEN))) == 1 << 16
    with pytest.raises(InvalidInputError, match="length"):
        generator.generate(DRBG.MAX_REQUEST_LEN + 1)
    too_long = bytes(DRBG.MAX_INPUT_LEN + 1)
    for call, name in (
        (lambda: DRBG.from_entropy(bytes(31), NONCE), "entropy"),
        (lambda: DRBG.from_entropy(too_long, NONCE), "entropy"),
        (lambda: DRBG.from_entropy(ENTROPY, bytes(15)), "nonce"),
        (lambda: DRBG.from_entropy(ENTROPY, too_long), "nonce"),
        (lambda: DRBG.from_entropy(ENTROPY, NONCE, too_long), "personalisation"),
        (lambda: DRBG.from_system(too_long), "personalisation"),
        (lambda: generator.generate(1, too_long), "additional"),
        (lambda: generator.reseed(bytes(31)), "entropy"),
        (lambda: generator.reseed(ENTROPY, too_long), "additional"),
    ):
        with pytest.raises(InvalidInputError, match=name):
            call()
    assert len(generator.generate(1)) == 1


def test_refused_inputs(refuses_non_buffers: Callable[..., None]) -> None:
    generator = DRBG.from_entropy(ENTROPY, NONCE)
    refuses_non_buffers(DRBG.from_system)
    refuses_non_buffers(lambda x: DRBG.from_entropy(x, NONCE))
    refuses_non_buffers(lambda x: DRBG.from_entropy(ENTROPY, x))
    refuses_non_buffers(lambda x: DRBG.from_entropy(ENTROPY, NONCE, x))
    refuses_non_buffers(lambda x: generator.generate(1, x))
    refuses_non_buffers(generator.reseed)
    refuses_non_buffers(lambda x: generator.reseed(ENTROPY, x))


def test_only_the_named_ways_make_one() -> None:
    with pytest.raises(InvalidTypeError, match="from_system"):
        DRBG()
    for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(InvalidTypeError):
            duplicate(DRBG.from_system())
