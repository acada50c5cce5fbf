"""Who has begun an order: a mark by which others see whether that process still runs."""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gmpki.ca.store.columns import digest_text

__all__ = ["Worker"]


@dataclass(frozen=True, slots=True)
class Worker:
    """One authority object in one process. Immutable.

    :ivar place: the machine and its space of process numbers.
    :ivar boot: the run of that machine; "" where it does not tell.
    :ivar pid: the number of the process.
    :ivar started: when it began, as the kernel counts; "" where it does not tell.
    :ivar nonce: tells two objects in one process apart.
    """

    place: str
    boot: str
    pid: int
    started: str
    nonce: str

    @classmethod
    def here(cls) -> Worker:
        """Return a new mark of this process."""
        pid = os.getpid()
        return cls(_place(), _boot(), pid, _started(pid), secrets.token_hex(4))

    @classmethod
    def of_text(cls, text: str) -> Worker | None:
        """Read what :meth:`to_text` wrote; None for what is none."""
        parts = text.split(":")
        if len(parts) != 5 or not parts[2].isdecimal():
            return None
        return cls(parts[0], parts[1], int(parts[2]), parts[3], parts[4])

    def to_text(self) -> str:
        """Return the mark as the column has it: at most 64 characters."""
        return ":".join((self.place, self.boot, str(self.pid), self.started, self.nonce))

    def is_dead(self) -> bool:
        """Tell whether the process is known to have ended. False when that cannot be known from here: it runs, it is
        on another machine, or the system does not tell. A lease ends those.
        """
        if self.place != _place() or not self.boot or not self.started:
            return False
        return self.boot != _boot() or self.started != _started(self.pid)


@cache
def _place() -> str:
    facts = [socket.gethostname()]
    with suppress(OSError):
        facts.append(Path("/etc/machine-id").read_text(encoding="ascii", errors="replace"))
    with suppress(OSError):
        facts.append(os.readlink("/proc/self/ns/pid"))
    return digest_text("\n".join(facts).encode())[:12]


@cache
def _boot() -> str:
    with suppress(OSError):
        return digest_text(Path("/proc/sys/kernel/random/boot_id").read_bytes())[:12]
    return ""


def _started(pid: int) -> str:
    """Return when a process began; "" when there is none or the system does not tell."""
    with suppress(OSError):
        # The name of the program, in brackets, may itself hold blanks and brackets: proc(5), the 22nd field.
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        # A zombie has ended, whatever it still says about itself.
        if len(fields) > 19 and fields[0] not in (b"Z", b"X"):
            return fields[19].decode("ascii", "replace")
    return ""
