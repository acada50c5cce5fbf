"""Key rings: states, derivation, files, and every way in which a file can be wrong."""

from __future__ import annotations

import copy
import hmac
import os
import pickle
import stat
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

import hostile
from gmpki.algorithms.sm3 import sm3
from gmpki.errors import (
    DecodeError,
    DecryptionError,
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    LimitExceeded,
    NoRecipientError,
    UnknownKeyError,
    UnsupportedAlgorithm,
)
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.protect import KeyRing, KeyState, change_ring_file
from gmpki.protect.keys import KeyInfo, KeyUse, RingKey
from gmpki.protect.ring_file import MAX_FILE_LEN

WHEN = datetime(2026, 3, 1, 8, 0, tzinfo=timezone.utc)
PASSWORD = b"correct horse"
KEY = SM2PrivateKey.generate()
RING = KeyRing.generate(created=WHEN).rotated(created=WHEN).with_new_key(created=WHEN)
SEALED = RING.to_bytes(PASSWORD, iterations=2)
FOR_KEY = RING.to_bytes(KEY.public_key)


def secret_of(ring: KeyRing, key_id: bytes) -> bytes:
    return ring._keys[key_id].secret


class TestDerivation:
    def test_is_the_documented_one(self) -> None:
        secret = secret_of(RING, RING.primary_id)
        info = b"gmpki protect 1\x00" + b"\x01" + b"\x00\x03" + b"log"
        assert RING.mac_key("log") == hmac.new(secret, info + b"\x01", sm3).digest()
        id_info = b"gmpki protect 1\x00" + b"\x00" + b"\x00\x00"
        assert RING.primary_id == hmac.new(secret, id_info + b"\x01", sm3).digest()[:8]

    def test_every_use_purpose_and_key_differs(self) -> None:
        uses = [use for use in KeyUse if use is not KeyUse.KEY_ID]
        derived = {
            RING.derive(use, purpose, key.key_id) for use in uses for purpose in ("a", "b", "ab") for key in RING.keys
        }
        assert len(derived) == len(uses) * 3 * 3

    def test_key_of_id_is_not_for_use(self) -> None:
        with pytest.raises(InvalidTypeError, match="other than KEY_ID"):
            RING.derive(KeyUse.KEY_ID, "log")

    @pytest.mark.parametrize("purpose", ["", "a" * 256, "e\u0301", "line\n", "\ud800", "中" * 86])
    def test_purposes_refused(self, purpose: str) -> None:
        with pytest.raises(InvalidInputError, match="purpose must be"):
            RING.mac_key(purpose)

    def test_longest_purpose(self) -> None:
        assert len(RING.mac_key("中" * 85)) == 32

    @pytest.mark.parametrize("key_id", [b"", bytes(8), bytes(9), RING.primary_id + b"\0"])
    def test_unknown_key(self, key_id: bytes) -> None:
        with pytest.raises(UnknownKeyError, match="has no key"):
            RING.mac_key("log", key_id)


class TestStates:
    def test_rotation(self) -> None:
        assert [key.state for key in RING.keys] == [KeyState.RETIRED, KeyState.PRIMARY, KeyState.PENDING]
        promoted = RING.promoted(RING.keys[2].key_id)
        assert [key.state for key in promoted.keys] == [KeyState.RETIRED, KeyState.RETIRED, KeyState.PRIMARY]
        assert promoted.primary_id == RING.keys[2].key_id
        assert promoted.mac_key("log", RING.primary_id) == RING.mac_key("log")

    @pytest.mark.parametrize("which", [0, 1])
    def test_retired_and_primary_keys_do_not_become_primary(self, which: int) -> None:
        with pytest.raises(InvalidInputError, match="only a pending key becomes primary"):
            RING.promoted(RING.keys[which].key_id)

    def test_destroyed(self) -> None:
        old = RING.keys[0].key_id
        ring = KeyRing.from_bytes(RING.destroyed(old).to_bytes(PASSWORD, iterations=2), PASSWORD)
        assert ring.keys[0] == KeyInfo(old, KeyState.DESTROYED, WHEN)
        for call in (ring.promoted, ring.destroyed, lambda key_id: ring.mac_key("log", key_id)):
            with pytest.raises(UnknownKeyError, match="was destroyed"):
                call(old)

    def test_primary_is_not_destroyed(self) -> None:
        with pytest.raises(InvalidInputError, match="cannot be destroyed"):
            RING.destroyed(RING.primary_id)

    def test_unknown_key_is_no_state(self) -> None:
        for call in (RING.promoted, RING.destroyed):
            with pytest.raises(UnknownKeyError):
                call(bytes(8))

    def test_rings_that_are_none(self) -> None:
        primary, retired = RING._keys[RING.primary_id], RING._keys[RING.keys[0].key_id]
        forged = RingKey(KeyInfo(RING.primary_id, KeyState.PRIMARY, WHEN), bytes(32))
        half_gone = RingKey(KeyInfo(RING.primary_id, KeyState.DESTROYED, WHEN), bytes(32))
        for keys, phrase in [
            ([], "one primary key, not 0"),
            ([retired], "one primary key, not 0"),
            ([primary, primary], "stands twice"),
            ([primary, RingKey(KeyInfo(bytes(8), KeyState.RETIRED, WHEN), bytes(32))], "not that of its key"),
            ([forged], "not that of its key"),
            ([half_gone], "no secret"),
        ]:
            with pytest.raises(InvalidInputError, match=phrase):
                KeyRing(keys)
        values: list[Any] = [b"key", RingKey(None, b""), RingKey(KeyInfo(RING.primary_id, "primary", WHEN), b"")]  # type: ignore[arg-type]
        values += [RingKey(KeyInfo("id", KeyState.PRIMARY, WHEN), b""), RingKey(KeyInfo(b"", KeyState.PRIMARY, 5), b"")]  # type: ignore[arg-type]
        for value in values:
            with pytest.raises(InvalidTypeError):
                KeyRing([value])

    def test_too_many(self) -> None:
        keys = list(KeyRing.generate()._keys.values())
        keys += [RingKey(KeyInfo(i.to_bytes(8, "big"), KeyState.DESTROYED, WHEN), b"") for i in range(1023)]
        assert len(KeyRing(keys).keys) == 1024
        with pytest.raises(LimitExceeded, match="at most 1024"):
            KeyRing(keys).with_new_key()

    def test_created_needs_a_time_zone(self) -> None:
        with pytest.raises(InvalidInputError, match="no time zone"):
            KeyRing.generate(created=datetime(2026, 1, 1))

    def test_is_secret_and_immutable(self) -> None:
        assert secret_of(RING, RING.primary_id).hex() not in repr(RING) + repr(RING._keys)
        for spread in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(InvalidTypeError, match="secret"):
                spread(RING)
        with pytest.raises(AttributeError, match="immutable"):
            RING._primary_id = b""


class Token:
    """A private key that others keep."""

    def __init__(self, key: SM2PrivateKey) -> None:
        self._key = key
        self.calls = 0

    @property
    def public_key(self) -> object:
        return self._key.public_key

    def decrypt(self, ciphertext: Any) -> bytes:
        self.calls += 1
        return self._key.decrypt(ciphertext)


class TestBytes:
    def test_password(self) -> None:
        ring = KeyRing.from_bytes(SEALED, PASSWORD)
        assert ring.keys == RING.keys
        assert ring.mac_key("log") == RING.mac_key("log")

    def test_token(self) -> None:
        token = Token(KEY)
        assert KeyRing.from_bytes(FOR_KEY, token).mac_key("log") == RING.mac_key("log")
        assert token.calls == 1

    def test_no_secret_is_readable(self) -> None:
        for key in RING._keys.values():
            assert key.secret not in SEALED
            assert key.secret not in FOR_KEY

    def test_wrong_password(self) -> None:
        for wrong in (b"", b"wrong", PASSWORD + b" "):
            with pytest.raises(DecryptionError):
                KeyRing.from_bytes(SEALED, wrong)

    def test_wrong_key(self) -> None:
        token = Token(SM2PrivateKey.generate())
        with pytest.raises(NoRecipientError):
            KeyRing.from_bytes(FOR_KEY, token)
        assert token.calls == 0

    def test_token_that_answers_nonsense(self) -> None:
        class Broken(Token):
            def decrypt(self, _: Any) -> bytes:
                return bytes(31)

        with pytest.raises(DecryptionError):
            KeyRing.from_bytes(FOR_KEY, Broken(KEY))

    def test_wrong_kind_of_protection(self) -> None:
        with pytest.raises(InvalidInputError, match="a private key was given"):
            KeyRing.from_bytes(SEALED, KEY)
        with pytest.raises(InvalidInputError, match="a password was given"):
            KeyRing.from_bytes(FOR_KEY, PASSWORD)
        with pytest.raises(InvalidTypeError):
            KeyRing.from_bytes(FOR_KEY, Token(ECDSAPrivateKey.generate()))  # type: ignore[arg-type]
        with pytest.raises(InvalidTypeError):
            RING.to_bytes(KEY)  # type: ignore[arg-type]
        with pytest.raises(InvalidInputError, match="iterations"):
            RING.to_bytes(KEY.public_key, iterations=2)
        with pytest.raises(InvalidInputError, match="empty"):
            RING.to_bytes(b"")

    @pytest.mark.parametrize("sealed", [SEALED, FOR_KEY], ids=["password", "key"])
    def test_every_byte_counts(self, sealed: bytes) -> None:
        protection: Any = PASSWORD if sealed is SEALED else KEY
        for at in range(len(sealed)):
            for bit in (0x01, 0x80):
                changed = bytearray(sealed)
                changed[at] ^= bit
                with pytest.raises(GmpkiError):
                    KeyRing.from_bytes(changed, protection, max_iterations=3)

    def test_every_truncation(self) -> None:
        for length in range(len(FOR_KEY)):
            with pytest.raises((DecodeError, DecryptionError)):
                KeyRing.from_bytes(FOR_KEY[:length], KEY)
        with pytest.raises(DecryptionError):
            KeyRing.from_bytes(FOR_KEY + b"\0", KEY)

    def test_named_errors(self) -> None:
        with pytest.raises(DecodeError, match="begins with GMPK"):
            KeyRing.from_bytes(b"GMPF" + SEALED[4:], PASSWORD)
        for at in (4, 5, 6):
            with pytest.raises(UnsupportedAlgorithm, match="a key ring of version"):
                KeyRing.from_bytes(SEALED[:at] + b"\x09" + SEALED[at + 1 :], PASSWORD)
        with pytest.raises(LimitExceeded, match="at most"):
            KeyRing.from_bytes(SEALED.ljust(MAX_FILE_LEN + 1, b"\0"), PASSWORD)

    def test_iterations_are_capped(self) -> None:
        sealed = RING.to_bytes(PASSWORD, iterations=5)
        with pytest.raises(LimitExceeded, match="5 iterations"):
            KeyRing.from_bytes(sealed, PASSWORD, max_iterations=4)

    def test_parts_of_two_rings_do_not_mix(self) -> None:
        other = KeyRing.generate().to_bytes(KEY.public_key)
        head = 9 + int.from_bytes(FOR_KEY[7:9], "big")
        other_head = 9 + int.from_bytes(other[7:9], "big")
        with pytest.raises(DecryptionError):
            KeyRing.from_bytes(FOR_KEY[:head] + other[other_head:], KEY)

    def test_hostile_values(self) -> None:
        for _ in hostile.results(KeyRing.from_bytes, (SEALED, PASSWORD)):
            raise AssertionError
        list(hostile.results(RING.mac_key, ("log", RING.primary_id)))
        list(hostile.results(RING.promoted, (RING.primary_id,)))
        list(hostile.results(lambda when: KeyRing.generate(created=when), (WHEN,)))
        list(hostile.results(lambda data: RING.to_bytes(data, iterations=2), (PASSWORD,)))
        list(hostile.results(KeyRing, ([],)))


class TestFiles:
    def test_file(self, tmp_path: Path) -> None:
        path = tmp_path / "app.ring"
        RING.save(path, PASSWORD, iterations=2)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert KeyRing.load(path, PASSWORD).keys == RING.keys
        assert os.listdir(tmp_path) == ["app.ring"]

    def test_a_file_is_never_written_over(self, tmp_path: Path) -> None:
        path = tmp_path / "app.ring"
        path.write_bytes(b"the only copy")
        with pytest.raises(FileExistsError):
            RING.save(path, PASSWORD, iterations=2)
        assert path.read_bytes() == b"the only copy"

    @pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
    def test_file_that_others_may_change(self, tmp_path: Path, mode: int) -> None:
        path = tmp_path / "app.ring"
        RING.save(path, PASSWORD, iterations=2)
        path.chmod(mode)
        with pytest.raises(InvalidInputError, match="others than its owner"):
            KeyRing.load(path, PASSWORD)

    def test_paths_that_are_none(self) -> None:
        for path in (None, 3, b"bytes", "", "a\0b", "\ud800\0"):
            with pytest.raises(InvalidInputError, match="path"):
                KeyRing.load(path, PASSWORD)  # type: ignore[arg-type]
        with pytest.raises(FileNotFoundError):
            KeyRing.load("/nowhere/app.ring", PASSWORD)

    def test_change(self, tmp_path: Path) -> None:
        path = tmp_path / "app.ring"
        RING.save(path, KEY.public_key)
        changed = change_ring_file(path, KeyRing.rotated, KEY)
        assert KeyRing.load(path, KEY).keys == changed.keys
        assert len(changed.keys) == len(RING.keys) + 1
        changed = change_ring_file(path, KeyRing.rotated, KEY, write_protection=PASSWORD, iterations=2)
        assert KeyRing.load(path, PASSWORD).keys == changed.keys
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_change_that_loses_a_key(self, tmp_path: Path) -> None:
        path = tmp_path / "app.ring"
        RING.save(path, PASSWORD, iterations=2)
        before = path.read_bytes()
        with pytest.raises(InvalidInputError, match="lost a key"):
            change_ring_file(path, lambda _: KeyRing.generate(), PASSWORD)
        with pytest.raises(InvalidTypeError, match="must return a KeyRing"):
            change_ring_file(path, lambda _: None, PASSWORD)  # type: ignore[arg-type, return-value]
        assert path.read_bytes() == before

    def test_two_processes_lose_no_key(self, tmp_path: Path) -> None:
        path = tmp_path / "app.ring"
        RING.save(path, PASSWORD, iterations=2)
        code = (
            "import sys; from gmpki.protect import KeyRing, change_ring_file\n"
            "for _ in range(8): change_ring_file(sys.argv[1], KeyRing.rotated, b'correct horse', iterations=2)"
        )
        running = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(3)]
        assert [process.wait() for process in running] == [0, 0, 0]
        assert len(KeyRing.load(path, PASSWORD).keys) == len(RING.keys) + 24
