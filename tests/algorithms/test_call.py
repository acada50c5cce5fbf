"""The boundary to the C core: statuses become exceptions, buffers become pointers."""

from __future__ import annotations

from typing import Any

import pytest

from gmpki import errors
from gmpki.algorithms import _call, _memory
from gmpki.algorithms._call import ffi, lib

EXPECTED = {
    "ARGUMENT": errors.InvalidInputError,
    "LENGTH": errors.InvalidInputError,
    "BUFFER": errors.InvalidInputError,
    "STATE": errors.StateError,
    "LIMIT": errors.LimitExceeded,
    "POINT": errors.InvalidPointError,
    "SCALAR": errors.InvalidScalarError,
    "ENCODING": errors.DecodeError,
    "SIGNATURE": errors.InvalidSignature,
    "DECRYPT": errors.DecryptionError,
    "PADDING": errors.InvalidInputError,
    "RANDOM": errors.RandomSourceError,
    "SELFTEST": errors.SelfTestError,
    "BACKEND": errors.BackendError,
    "FAULT": errors.FaultDetected,
    "UNSUPPORTED": errors.UnsupportedPlatform,
}


def test_every_status_has_its_exception() -> None:
    statuses = {name.removeprefix("GMPKI_ERR_") for name in dir(lib) if name.startswith("GMPKI_ERR_")}
    assert statuses == set(EXPECTED)
    for name, exception in EXPECTED.items():
        with pytest.raises(errors.GmpkiError) as caught:
            _call.check(getattr(lib, f"GMPKI_ERR_{name}"), what="the operation")
        assert type(caught.value) is exception
        if exception is errors.DecryptionError:
            assert str(caught.value) == errors.DecryptionError.MESSAGE
        else:
            assert str(caught.value).startswith("the operation: ")


def test_success_is_silent_and_the_unknown_an_error() -> None:
    _call.check(lib.GMPKI_OK, what="the operation")
    assert type(_call.failure(-1000, "the operation")) is errors.GmpkiError


def test_every_exception_is_in_the_tree() -> None:
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), errors.GmpkiError)
    assert issubclass(errors.InvalidInputError, ValueError)
    assert issubclass(errors.InvalidTypeError, TypeError)
    assert str(errors.InvalidTag()) == errors.InvalidTag.MESSAGE != errors.DecryptionError.MESSAGE


def test_bytes_are_not_copied() -> None:
    data = b"data"
    assert _call.readable(data, "data") is data


def test_a_subclass_of_bytes_is_a_buffer() -> None:
    class Named(bytes):
        pass

    assert _call.as_bytes(_call.readable(Named(b"data"), "data")) == b"data"


def test_no_memory_is_an_error_of_ours() -> None:
    for length in (1 << 60, 1 << 62, 1 << 70):
        with pytest.raises(errors.LimitExceeded, match="memory"):
            _call.output(length)


@pytest.mark.parametrize("length", [32, _call._SCRATCH_LEN + 1], ids=["reused", "new"])
def test_secret_outputs_are_overwritten(length: int) -> None:
    data = bytes(range(32))
    out = _call.output(length)
    ffi.memmove(out, data, 32)
    assert _call.taken(out, 32) == data == bytes(ffi.buffer(out, 32))
    out = _call.output(length)
    ffi.memmove(out, data, 32)
    assert _call.taken(out, 16, secret=True) == data[:16]
    assert bytes(ffi.buffer(out, 32)) == bytes(16) + data[16:]


def test_no_two_calls_share_an_output() -> None:
    size = _call._SCRATCH_LEN
    outputs = [_call.output(length) for length in (0, 1, size - 1, size, size + 1) for _ in range(4)]
    starts = {int(ffi.cast("uintptr_t", out)) for out in outputs}
    assert len(starts) == len(outputs)
    assert all(len(out) >= size for out in outputs)
    for out in outputs:
        _call.taken(out, 0)
    kept = [out for out in outputs if any(out is waiting for waiting in _call._scratch)]
    assert len(kept) == len(_call._scratch) == 8
    assert all(len(out) == size for out in kept)


def test_equal() -> None:
    assert _call.equal(b"same", b"s" + b"ame", 4)
    assert not _call.equal(b"same", b"sane", 4)
    assert _call.equal(b"", b"", 0)


def test_apart_copies_only_what_overlaps() -> None:
    memory = bytearray(range(100))
    view = memoryview(memory)

    def source_for(source: Any, target: Any) -> tuple[Any, Any]:
        pointer = _call.readable(source, "data")
        return pointer, _call.apart(pointer, _call.writable(target, "out"))

    for source, target in ((view[:50], view[50:]), (view[50:], view[:50]), (bytearray(50), view)):
        pointer, used = source_for(source, target)
        assert used is pointer
    for source, target in ((view, view), (view[:51], view[50:]), (view[49:], view[:50]), (view[10:20], view)):
        pointer, used = source_for(source, target)
        assert used == bytes(source)
        assert type(used) is bytes


def test_released_memory_was_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []

    class Spy:
        """Stands in for the library, and reads what is about to be released."""

        @staticmethod
        def gmpki_cleanse(memory: Any, length: int) -> None:
            lib.gmpki_cleanse(memory, length)
            seen.append(bytes(ffi.buffer(ffi.cast("uint8_t *", memory), length)))

    monkeypatch.setattr(_memory, "lib", Spy)
    kept = _memory.secret_bytes(b"secret", 6)
    made = _memory.secret_maker("gmpki_sm4_key")()
    made.round_keys[3] = 0xDEADBEEF
    assert bytes(ffi.buffer(kept)) == b"secret"
    del kept, made
    assert sorted(seen, key=len) == [bytes(6), bytes(ffi.sizeof("gmpki_sm4_key"))]
