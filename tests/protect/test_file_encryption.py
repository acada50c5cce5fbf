"""Encrypted files: the format, every way to damage one, and what is left on the disk."""

from __future__ import annotations

import hmac
import io
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gmpki.algorithms.sm3 import sm3
from gmpki.algorithms.sm4_aead import SM4GCM
from gmpki.errors import (
    DecodeError,
    GmpkiError,
    InvalidTag,
    InvalidTypeError,
    LimitExceeded,
    UnknownKeyError,
    UnsupportedAlgorithm,
)
from gmpki.protect import KeyRing, decrypt_file, decrypt_stream, encrypt_file, encrypt_stream, reencrypt_file
from gmpki.protect.keys import KeyUse

RING = KeyRing.generate()
CHUNK = 1 << 16
SEALED_CHUNK = CHUNK + 16
FRONT = 39
DATA = bytes(range(256)) * 1024  # four chunks


def encrypted(data: bytes, context: bytes = b"", ring: KeyRing = RING) -> bytes:
    sink = io.BytesIO()
    encrypt_stream(ring, io.BytesIO(data), sink, context=context)
    return sink.getvalue()


def decrypted(data: bytes, context: bytes = b"", ring: KeyRing = RING) -> bytes:
    sink = io.BytesIO()
    decrypt_stream(ring, io.BytesIO(data), sink, context=context)
    return sink.getvalue()


SEALED = encrypted(DATA[: 3 * CHUNK + 5], b"context")
CHUNKS = [SEALED[at : at + SEALED_CHUNK] for at in range(FRONT, len(SEALED), SEALED_CHUNK)]


def test_format_is_the_documented_one() -> None:
    front = SEALED[:FRONT]
    assert front[:15] == b"GMPL\x01\x01" + RING.primary_id + b"\x10"
    key = RING.derive(KeyUse.FILE, "file")
    derived = hmac.new(key, front + b"context" + b"\x01", sm3).digest()[:23]
    plain = b""
    for number, chunk in enumerate(CHUNKS):
        nonce = derived[16:] + number.to_bytes(4, "big") + bytes([number == 3])
        plain += SM4GCM(derived[:16]).decrypt(nonce, chunk)
    assert plain == DATA[: 3 * CHUNK + 5]


@pytest.mark.parametrize("length", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7])
def test_lengths(length: int) -> None:
    sealed = encrypted(DATA[:length])
    chunks = max(1, -(-length // CHUNK))
    assert len(sealed) == FRONT + length + 16 * chunks
    assert decrypted(sealed) == DATA[:length]


def test_sources_that_give_little() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 0, 1000))

    sink, back = io.BytesIO(), io.BytesIO()
    encrypt_stream(RING, Slow(DATA), sink)
    decrypt_stream(RING, Slow(sink.getvalue()), back)
    assert back.getvalue() == DATA


def front_and(*chunks: bytes) -> bytes:
    return SEALED[:FRONT] + b"".join(chunks)


OTHER = encrypted(DATA[: 3 * CHUNK + 5], b"context")

DAMAGED = {
    "last chunk removed": front_and(*CHUNKS[:3]),
    "all but the first removed": front_and(CHUNKS[0]),
    "all chunks removed": front_and(),
    "first chunk removed": front_and(*CHUNKS[1:]),
    "middle chunk removed": front_and(CHUNKS[0], *CHUNKS[2:]),
    "chunks swapped": front_and(CHUNKS[1], CHUNKS[0], *CHUNKS[2:]),
    "chunk repeated": front_and(CHUNKS[0], *CHUNKS),
    "last chunk repeated": front_and(*CHUNKS, CHUNKS[3]),
    "chunk of another file": front_and(OTHER[FRONT : FRONT + SEALED_CHUNK], *CHUNKS[1:]),
    "front of another file": OTHER[:FRONT] + SEALED[FRONT:],
    "a byte behind": SEALED + b"\0",
    "a byte cut off": SEALED[:-1],
    "last tag cut off": SEALED[:-16],
    "empty chunk behind": SEALED + bytes(16),
    "another chunk length": SEALED[:14] + b"\x0f" + SEALED[15:],
    "salt": SEALED[:15] + bytes(24) + SEALED[FRONT:],
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged(name: str) -> None:
    with pytest.raises(InvalidTag):
        decrypted(DAMAGED[name], b"context")


@pytest.mark.parametrize("at", [*range(FRONT), *range(FRONT, len(SEALED), 9973), len(SEALED) - 1])
def test_changed_byte(at: int) -> None:
    changed = bytearray(SEALED)
    changed[at] ^= 0x01
    with pytest.raises((InvalidTag, DecodeError, UnknownKeyError, UnsupportedAlgorithm)):
        decrypted(bytes(changed), b"context")


def test_empty_last_chunk_is_not_read_even_from_a_holder_of_the_key() -> None:
    front = b"GMPL\x01\x01" + RING.primary_id + b"\x0c" + bytes(24)
    derived = hmac.new(RING.derive(KeyUse.FILE, "file"), front + b"\x01", sm3).digest()[:23]
    cipher = SM4GCM(derived[:16])
    full = cipher.encrypt(derived[16:] + bytes(5), bytes(4096))
    assert decrypted(front + cipher.encrypt(derived[16:] + bytes(4) + b"\x01", b"chunks of 4096")) == b"chunks of 4096"
    with pytest.raises(InvalidTag):
        decrypted(front + full + cipher.encrypt(derived[16:] + b"\0\0\0\x01\x01", b""))


def test_short_files() -> None:
    for length in range(FRONT):
        with pytest.raises(DecodeError):
            decrypted(SEALED[:length], b"context")


def test_context() -> None:
    for context in (b"", b"conte", b"context\0", b"contexT"):
        with pytest.raises(InvalidTag):
            decrypted(SEALED, context)
    with pytest.raises(LimitExceeded, match="context"):
        encrypted(b"", bytes((1 << 16) + 1))


def test_chunk_lengths_that_are_not_read() -> None:
    for bits in (0, 11, 21, 255):
        with pytest.raises(UnsupportedAlgorithm, match="chunks of"):
            decrypted(SEALED[:14] + bytes([bits]) + SEALED[15:], b"context")


def test_keys() -> None:
    ring = RING.rotated()
    assert decrypted(SEALED, b"context", ring) == DATA[: 3 * CHUNK + 5]
    with pytest.raises(UnknownKeyError):
        decrypted(encrypted(b"", ring=ring))


def test_no_stream_of_bytes() -> None:
    class Nothing(io.RawIOBase):
        def read(self, _: int = -1, /) -> None:  # as a pipe that does not wait
            return None

    for source in (io.StringIO("text"), Nothing()):
        with pytest.raises(InvalidTypeError, match="source must give bytes"):
            encrypt_stream(RING, source, io.BytesIO())
    for ring, context in [(None, b""), (RING, "text"), (b"ring", b"")]:
        with pytest.raises(InvalidTypeError):
            encrypt_stream(ring, io.BytesIO(), io.BytesIO(), context=context)  # type: ignore[arg-type]


class TestFiles:
    @pytest.fixture
    def plain(self, tmp_path: Path) -> Path:
        path = tmp_path / "plain"
        path.write_bytes(DATA)
        return path

    def test_there_and_back(self, plain: Path, tmp_path: Path) -> None:
        secret, copy = tmp_path / "secret", tmp_path / "copy"
        seen: list[tuple[int, int]] = []
        encrypt_file(RING, plain, secret, progress=lambda done, total: seen.append((done, total)))
        decrypt_file(RING, secret, copy)
        assert copy.read_bytes() == DATA
        assert {stat.S_IMODE(path.stat().st_mode) for path in (secret, copy)} == {0o600}
        assert seen[-1] == (len(DATA), len(DATA))
        assert sorted(seen) == seen
        assert sorted(os.listdir(tmp_path)) == ["copy", "plain", "secret"]

    @pytest.mark.parametrize("name", DAMAGED)
    def test_nothing_is_left_of_a_damaged_file(self, name: str, tmp_path: Path) -> None:
        (tmp_path / "secret").write_bytes(DAMAGED[name])
        with pytest.raises(InvalidTag):
            decrypt_file(RING, tmp_path / "secret", tmp_path / "copy", context=b"context")
        assert os.listdir(tmp_path) == ["secret"]

    def test_existing_target(self, plain: Path, tmp_path: Path) -> None:
        target = tmp_path / "target"
        target.write_bytes(b"there")
        with pytest.raises(FileExistsError):
            encrypt_file(RING, plain, target)
        assert target.read_bytes() == b"there"
        encrypt_file(RING, plain, target, force=True)
        assert decrypted(target.read_bytes()) == DATA

    def test_in_place(self, plain: Path) -> None:
        encrypt_file(RING, plain, plain, force=True)
        decrypt_file(RING, plain, plain, force=True)
        assert plain.read_bytes() == DATA

    def test_progress_that_fails(self, plain: Path, tmp_path: Path) -> None:
        def stop(done: int, total: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            encrypt_file(RING, plain, tmp_path / "secret", progress=stop)
        assert os.listdir(tmp_path) == ["plain"]

    def test_reencrypt(self, plain: Path, tmp_path: Path) -> None:
        path = tmp_path / "secret"
        encrypt_file(RING, plain, path, context=b"c")
        ring = RING.rotated()
        assert reencrypt_file(ring, path, context=b"c")
        assert not reencrypt_file(ring, path, context=b"c")
        only_new = ring.destroyed(RING.primary_id)
        assert decrypted(path.read_bytes(), b"c", only_new) == DATA

    def test_reencrypt_leaves_a_damaged_file_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "secret"
        for damaged in DAMAGED.values():
            path.write_bytes(damaged)
            with pytest.raises(InvalidTag):
                reencrypt_file(RING.rotated(), path, context=b"context")
            assert path.read_bytes() == damaged
        assert os.listdir(tmp_path) == ["secret"]

    def test_paths(self, plain: Path, tmp_path: Path) -> None:
        bad: list[Any] = [None, 3, b"x", "", "a\0"]
        for path in bad:
            with pytest.raises(GmpkiError):
                encrypt_file(RING, path, tmp_path / "out")
            with pytest.raises(GmpkiError):
                encrypt_file(RING, plain, path)
        with pytest.raises(FileNotFoundError):
            decrypt_file(RING, tmp_path / "nothing", tmp_path / "out")
        assert os.listdir(tmp_path) == ["plain"]

    def test_memory_does_not_grow_with_the_file(self, tmp_path: Path) -> None:
        code = """
import resource, sys
from gmpki.protect import KeyRing, encrypt_file, decrypt_file
ring, (plain, secret, copy) = KeyRing.generate(), sys.argv[1:]
encrypt_file(ring, "/dev/null", secret)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open(plain, "wb") as stream:
    stream.truncate(64 << 20)
encrypt_file(ring, plain, secret, force=True)
decrypt_file(ring, secret, copy)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
        paths = [str(tmp_path / name) for name in ("plain", "secret", "copy")]
        done = subprocess.run([sys.executable, "-c", code, *paths], capture_output=True, check=True)
        assert int(done.stdout) < 4096  # KiB
        assert os.path.getsize(paths[2]) == 64 << 20
