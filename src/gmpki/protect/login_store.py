"""Where a server remembers which challenges are open, so that each is answered once.

A store holds digests and times, and no secret. What it forgets can no longer be answered, which is the safe side.
"""

from __future__ import annotations

import contextlib
import heapq
import os
import re
import threading
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from gmpki import _inputs
from gmpki._files import as_path
from gmpki.algorithms import sm3
from gmpki.errors import InvalidInputError, LimitExceeded

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["ChallengeStore", "FileChallengeStore", "MemoryChallengeStore"]

_MAX_OPEN: Final = 10_000
_SWEEP_EVERY: Final = 256
_NAME: Final = re.compile(r"[0-9a-f]{64}\.([0-9]{1,12})")


@runtime_checkable
class ChallengeStore(Protocol):
    """Remembers open challenges. Every thread and process of a server uses the same one."""

    def add(self, identifier: bytes, expires_at: datetime, now: datetime) -> None:
        """Remember a challenge until it expires.

        :raises LimitExceeded: when too many are open.
        """

    def take(self, identifier: bytes, expires_at: datetime) -> bool:
        """Forget a challenge; tell whether it was remembered. For one challenge, that is so exactly once, whoever
        asks at the same time.
        """


class MemoryChallengeStore:
    """Remembers open challenges in this process. Thread-safe; of no use to a server of several processes.

    :param most: how many may be open at a time, 1 to 10^7. Whoever may ask for challenges can fill it: how often
        one may ask is for the service to limit.
    :raises InvalidTypeError: when that is no ``int``.
    :raises InvalidInputError: when it is out of its range.
    """

    def __init__(self, most: int = _MAX_OPEN) -> None:
        self._most = _inputs.number(most, 1, 10**7, "most")
        self._lock = threading.Lock()
        self._open: set[bytes] = set()
        self._by_time: list[tuple[datetime, bytes]] = []

    def __len__(self) -> int:
        return len(self._open)

    def add(self, identifier: Buffer, expires_at: datetime, now: datetime) -> None:
        """Remember a challenge until it expires.

        :raises LimitExceeded: when too many are open.
        :raises InvalidInputError: when it is remembered already, or has another length than a digest.
        """
        name, expires_at, now = _name(identifier), _inputs.utc(expires_at, "expires_at"), _inputs.utc(now, "now")
        with self._lock:
            while self._by_time and (self._by_time[0][0] <= now or self._by_time[0][1] not in self._open):
                self._open.discard(heapq.heappop(self._by_time)[1])
            if name in self._open:
                raise InvalidInputError("a challenge is remembered once")
            if len(self._open) >= self._most:
                raise LimitExceeded(f"{self._most} challenges are open already")
            if len(self._by_time) >= 2 * self._most:  # the times of challenges that were answered have stayed
                self._by_time = [entry for entry in self._by_time if entry[1] in self._open]
                heapq.heapify(self._by_time)
            self._open.add(name)
            heapq.heappush(self._by_time, (expires_at, name))

    def take(self, identifier: Buffer, expires_at: datetime) -> bool:  # noqa: ARG002 - as the protocol has it
        """Forget a challenge; tell whether it was remembered.

        :raises InvalidInputError: when it has another length than a digest.
        """
        name = _name(identifier)
        with self._lock:
            if name not in self._open:
                return False
            self._open.remove(name)
            return True


class FileChallengeStore:
    """Remembers open challenges as empty files in a directory. For any number of threads and processes of a machine.

    To take one is to remove its file, which the operating system lets one caller do. A process that is killed leaves
    nothing half done; after the machine has lost power, no challenge that was taken is there again.

    :param directory: one of its own; it is made, for its owner only, when it is not there.
    :param most: about how many may be open at a time, 1 to 10^7, counted in steps of 256.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when ``most`` is out of its range, or others than the owner may write to the directory.
    :raises OSError: when the directory cannot be made.
    """

    def __init__(self, directory: str | os.PathLike[str], most: int = _MAX_OPEN) -> None:
        self._directory = as_path(directory, "directory")
        self._most = _inputs.number(most, 1, 10**7, "most")
        self._lock = threading.Lock()
        self._count = 0
        self._until_sweep = 0
        os.makedirs(self._directory, mode=0o700, exist_ok=True)
        if os.stat(self._directory).st_mode & 0o022:
            raise InvalidInputError(f"{self._directory}: others than its owner may write to it")

    def add(self, identifier: Buffer, expires_at: datetime, now: datetime) -> None:
        """Remember a challenge until it expires.

        :raises LimitExceeded: when too many are open.
        :raises InvalidInputError: when it is remembered already, or has another length than a digest.
        :raises OSError: when the directory cannot be written to.
        """
        path, now = self._file(identifier, expires_at), _inputs.utc(now, "now")
        with self._lock:
            if self._until_sweep <= 0 or self._count >= self._most:
                self._sweep(now)
            if self._count >= self._most:
                raise LimitExceeded(f"{self._count} challenges are open already")
            self._count += 1
            self._until_sweep -= 1
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        except FileExistsError:
            raise InvalidInputError("a challenge is remembered once") from None

    def take(self, identifier: Buffer, expires_at: datetime) -> bool:
        """Forget a challenge; tell whether it was remembered.

        :raises InvalidInputError: when it has another length than a digest.
        :raises OSError: when the directory cannot be written to.
        """
        try:
            os.unlink(self._file(identifier, expires_at))
        except FileNotFoundError:
            return False
        descriptor = os.open(self._directory, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return True

    def _file(self, identifier: Buffer, expires_at: datetime) -> str:
        seconds = int(_inputs.utc(expires_at, "expires_at").timestamp())
        return os.path.join(self._directory, f"{_name(identifier).hex()}.{max(seconds, 0)}")

    def _sweep(self, now: datetime) -> None:
        """Remove what has expired and count what is left."""
        left = 0
        with os.scandir(self._directory) as files:
            for file in files:
                found = _NAME.fullmatch(file.name)
                if found is None:
                    continue
                if datetime.fromtimestamp(int(found[1]), timezone.utc) <= now:
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(file.path)
                else:
                    left += 1
        self._count, self._until_sweep = left, _SWEEP_EVERY


def _name(identifier: Buffer) -> bytes:
    name = _inputs.as_bytes(identifier, "identifier")
    if len(name) != sm3.DIGEST_LEN:
        raise InvalidInputError(f"the identifier of a challenge is {sm3.DIGEST_LEN} bytes, not {len(name)}")
    return name
