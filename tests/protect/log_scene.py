"""A log to be tampered with: its keys, its signer, and a clock that the test moves."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from gmpki.algorithms import sm3
from gmpki.errors import UnknownKeyError
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.protect.log import AppendLog, Durability, LogRules
from gmpki.protect.log_verify import LogReport, verify_log

SIGNER = SM2PrivateKey.from_bytes(bytes(range(1, 33)))
OTHER = SM2PrivateKey.from_bytes(bytes(range(33, 65)))
START = datetime(2026, 3, 1, 8, 0, 0, tzinfo=timezone.utc)
FAST = LogRules(seal_every=None, seal_after=None, durability=Durability.SYSTEM)


class Keys:
    """What a key ring gives to a log."""

    def __init__(self, *key_ids: bytes) -> None:
        self._key_ids = key_ids or (b"\x01" * 8,)

    @property
    def primary_id(self) -> bytes:
        return self._key_ids[-1]

    def mac_key(self, purpose: str, key_id: Any = None) -> bytes:
        wanted = self.primary_id if key_id is None else bytes(key_id)
        if wanted not in self._key_ids:
            raise UnknownKeyError("there is no such key")
        return sm3.hmac(wanted, purpose.encode())


KEYS = Keys()


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def move(self, **how: int) -> None:
        self.time += timedelta(**how)


def create(path: Path, **options: Any) -> AppendLog:
    """Begin a log that does not wait for the disk."""
    options = {"keys": KEYS, "signer": SIGNER, "rules": FAST, "clock": Clock()} | options
    return AppendLog.create(path, options.pop("keys"), **options)


def reopen(path: Path, **options: Any) -> AppendLog:
    """Open a log that is there."""
    options = {"keys": KEYS, "signer": SIGNER, "rules": FAST, "clock": Clock()} | options
    return AppendLog.open(path, options.pop("keys"), **options)


def small_log(path: Path, **options: Any) -> list[bytes]:
    """Write a log of 8 records and return its lines: 1 begins it, 4 and 7 are seals, the others are entries."""
    with create(path, **options) as log:
        for entry in (b"one", "二".encode(), None, b"\x00\xff", b"", None, b"five"):
            if entry is None:
                log.seal()
            else:
                log.append(entry)
    return path.read_bytes().splitlines(keepends=True)


def check(path: Path, **options: Any) -> LogReport:
    """Verify a log with its keys and its signer."""
    return verify_log(path, **({"keys": KEYS, "signers": (SIGNER.public_key,)} | options))


def entries(path: Path) -> list[bytes]:
    """Verify a log and return its entries."""
    found: list[bytes] = []
    check(path, on_entry=lambda record: found.append(record.data))
    return found
