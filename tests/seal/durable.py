"""What the tests of files that must not be lost share: processes that are killed, and disks that are full."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from seal.samples import DAY, NOW


class Clock:
    """A clock that stands where it is put."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


@contextlib.contextmanager
def files_no_longer_than(length: int) -> Iterator[None]:
    """Let the operating system refuse what grows, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (length, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


def start(code: str, *arguments: object) -> subprocess.Popen[bytes]:
    """Start a process that runs some code with the tests at hand."""
    tests = str(Path(__file__).parent.parent)
    environment = {**os.environ, "PYTHONPATH": tests, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", code, *(str(argument) for argument in arguments)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)


def killed_after(process: subprocess.Popen[bytes], delay_s: float) -> list[bytes]:
    """Kill a process some time after it said its first line; return every whole line that it said."""
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(delay_s)
    process.send_signal(signal.SIGKILL)
    said = first + process.stdout.read()
    assert process.wait(timeout=60) == -signal.SIGKILL
    process.stdout.close()
    return said.split(b"\n")[:-1]


__all__ = ["DAY", "NOW", "Clock", "files_no_longer_than", "killed_after", "start"]
