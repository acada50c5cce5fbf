"""SM3, HMAC-SM3 and their objects, shaped like those of ``hashlib`` and ``hmac``."""

from __future__ import annotations

import array
import contextlib
import copy
import hashlib
import hmac as standard_hmac
import io
import pickle
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.algorithms import sm3 as module
from gmpki.algorithms.sm3 import HMACSM3, SM3, digest, hmac, new, sm3
from gmpki.errors import InvalidTag, InvalidTypeError, StateError

ALGORITHM = "sm3"
pytestmark = pytest.mark.usefixtures("backend")

# GB/T 32905-2016 A.1 and A.2.
EXAMPLES = [
    (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
    (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
]


@pytest.mark.parametrize(("message", "expected"), EXAMPLES)
def test_examples_of_the_standard(message: bytes, expected: str) -> None:
    assert digest(message).hex() == expected
    assert sm3(message).hexdigest() == expected


def test_names() -> None:
    assert sm3 is SM3
    assert new is SM3
    assert (SM3.name, SM3.digest_size, SM3.block_size) == ("sm3", 32, 64)
    assert (sm3().name, sm3().digest_size, sm3().block_size) == ("sm3", 32, 64)
    assert (module.DIGEST_LEN, module.BLOCK_LEN) == (32, 64)


def test_every_kind_of_buffer(as_buffer: Callable[[bytes], Any]) -> None:
    data = bytes(range(200))
    assert digest(as_buffer(data)) == digest(data)
    assert sm3(as_buffer(data)).digest() == digest(data)
    assert hmac(as_buffer(data), as_buffer(data)) == hmac(data, data)
    assert HMACSM3(as_buffer(data), as_buffer(data)).digest() == hmac(data, data)


def test_items_of_several_bytes_are_read_as_bytes() -> None:
    words = array.array("I", [1, 2, 3])
    assert digest(words) == digest(words.tobytes())


def test_empty() -> None:
    assert digest(b"") == sm3().digest() == digest(bytearray()) == digest(array.array("B"))
    assert hmac(b"", b"") == HMACSM3(b"").digest()


def test_refused_inputs(refuses_non_buffers: Callable[..., None]) -> None:
    refuses_non_buffers(digest)
    refuses_non_buffers(sm3)
    refuses_non_buffers(sm3().update)
    refuses_non_buffers(lambda key: hmac(key, b""))
    refuses_non_buffers(lambda data: hmac(b"", data))
    refuses_non_buffers(HMACSM3)
    refuses_non_buffers(lambda data: HMACSM3(b"", data))
    refuses_non_buffers(HMACSM3(b"").update)
    refuses_non_buffers(HMACSM3(b"").verify)


def test_a_refused_update_changes_nothing() -> None:
    running = sm3(b"abc")
    with pytest.raises(InvalidTypeError):
        running.update("abc")  # type: ignore[arg-type]
    assert running.hexdigest() == EXAMPLES[0][1]


@given(st.lists(st.binary(max_size=150), max_size=8))
def test_any_split_equals_one_shot(parts: list[bytes]) -> None:
    whole = b"".join(parts)
    running, mac = sm3(), HMACSM3(b"key")
    for part in parts:
        running.update(part)
        mac.update(part)
    assert running.digest() == digest(whole)
    assert mac.digest() == hmac(b"key", whole)


def test_digest_may_be_asked_for_at_any_time() -> None:
    running = sm3()
    for length in range(130):
        assert running.digest() == digest(b"x" * length)
        running.update(b"x")


def test_copy_is_independent() -> None:
    first = sm3(b"a")
    second = first.copy()
    first.update(b"bc")
    second.update(b"-")
    assert type(second) is SM3
    assert first.hexdigest() == EXAMPLES[0][1]
    assert second.digest() == digest(b"a-")


def test_usedforsecurity_is_accepted() -> None:
    assert sm3(b"abc", usedforsecurity=False).hexdigest() == EXAMPLES[0][1]


@pytest.mark.parametrize("size", [0, 1, 32, 64, 65, 200])
def test_standard_hmac_takes_sm3(size: int) -> None:
    key, data = bytes(range(size)), b"message" * size
    assert standard_hmac.new(key, data, sm3).digest() == hmac(key, data)
    running = standard_hmac.new(key, digestmod=sm3)
    running.copy().update(b"elsewhere")
    running.update(data)
    assert running.hexdigest() == HMACSM3(key, data).hexdigest()


@pytest.mark.parametrize("size", [0, 3, 100_000, 300_000])
def test_file_digest_takes_sm3(size: int, tmp_path: Path) -> None:
    data = bytes(size)
    path = tmp_path / "file"
    path.write_bytes(data)
    if sys.version_info < (3, 11):
        running = sm3()
        for chunk in iter(lambda: data, data):
            running.update(chunk)
        assert not hasattr(hashlib, "file_digest")
        return
    with path.open("rb") as file:
        assert hashlib.file_digest(file, sm3).digest() == digest(data)
    assert hashlib.file_digest(io.BytesIO(data), sm3).digest() == digest(data)


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 1000])
def test_cryptography_agrees(size: int) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.hmac import HMAC

    data = bytes(i % 251 for i in range(size))
    other = hashes.Hash(hashes.SM3())
    other.update(data)
    assert digest(data) == other.finalize()
    mac = HMAC(data, hashes.SM3())
    mac.update(data)
    assert hmac(data, data) == mac.finalize()


def test_hmac_verify() -> None:
    mac = hmac(b"key", b"data")
    running = HMACSM3(b"key", b"data")
    running.verify(mac)
    running.verify(bytearray(mac))
    for bit in range(8 * len(mac)):
        changed = bytearray(mac)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(InvalidTag):
            running.verify(changed)
    for wrong in (b"", mac[:-1], mac + b"\0", mac * 2):
        with pytest.raises(InvalidTag):
            running.verify(wrong)
    assert (running.name, running.digest_size, running.block_size) == ("hmac-sm3", 32, 64)


def test_hmac_copy_is_independent() -> None:
    first = HMACSM3(b"key", b"a")
    second = first.copy()
    first.update(b"b")
    assert second.digest() == hmac(b"key", b"a")
    assert first.digest() == hmac(b"key", b"ab")


@pytest.mark.parametrize("make", [sm3, lambda: HMACSM3(b"secret")], ids=["sm3", "hmac"])
def test_no_pickle_and_no_shallow_copy(make: Callable[[], Any]) -> None:
    running = make()
    for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(InvalidTypeError, match="pickled"):
            duplicate(running)
    assert "secret" not in repr(running)


def test_a_context_in_use_is_refused_not_torn() -> None:
    running = sm3(b"abc")
    memory = running._slot.pop()  # as another thread does for the length of its call
    for call in (lambda: running.update(b"x"), running.digest, running.copy):
        with pytest.raises(StateError, match="another thread"):
            call()
    running._slot.append(memory)
    assert running.hexdigest() == EXAMPLES[0][1]


def in_threads(work: Callable[[int], None], count: int = 4) -> None:
    """Run work(0), work(1), ... at the same time, and raise what one of them raised."""
    failures: list[BaseException] = []

    def guarded(index: int) -> None:
        try:
            work(index)
        except BaseException as error:  # noqa: BLE001 - handed to the test below
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_threads_do_not_disturb_each_other() -> None:
    messages = [bytes([i]) * 5000 for i in range(4)]
    expected = [(digest(m), hmac(m, m)) for m in messages]

    def work(index: int) -> None:
        message = messages[index]
        for _ in range(200):
            running = sm3()
            running.update(message)
            assert (digest(message), hmac(message, message)) == expected[index]
            assert running.digest() == expected[index][0]

    in_threads(work)


def test_threads_on_one_object_never_tear_it() -> None:
    running = sm3()
    block = bytes(1 << 16)
    done: list[int] = []

    def work(index: int) -> None:
        for _ in range(50):
            with contextlib.suppress(StateError):
                running.update(block)
                done.append(index)

    in_threads(work)
    assert running.digest() == digest(block * len(done))
    assert done
