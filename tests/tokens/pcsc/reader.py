"""pcscd with the virtual reader of vpcd, and a device of the software token in it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from gmpki.errors import TokenNotFoundError
from gmpki.tokens.soft.card import SoftCard
from tokens.checks import Absent, Wrong

__all__ = ["running_pcscd", "virtual_reader"]

_SOCKET = Path("/run/pcscd/pcscd.comm")
_PATIENCE_S = 20.0


def _wait_for(what: str, is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE_S
    while not is_so():
        if time.monotonic() > end:
            raise Wrong(f"waited {_PATIENCE_S:.0f} s in vain: {what}")
        time.sleep(0.02)


def _listens() -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        return client.connect_ex(os.fspath(_SOCKET)) == 0


@contextlib.contextmanager
def running_pcscd() -> Iterator[None]:
    """Run pcscd, which only root can; two on one machine take turns, for there is one socket.

    :raises Absent: when it is not there, or runs already for somebody else.
    """
    program = shutil.which("pcscd") or shutil.which("pcscd", path="/usr/sbin")
    if program is None or not Path("/etc/reader.conf.d/vpcd").is_file() or os.geteuid() != 0:
        raise Absent("peer program: pcscd with vpcd, and root to run it")
    try:
        import smartcard  # noqa: F401
    except ImportError:
        raise Absent("peer program: pyscard") from None
    with open(Path(tempfile.gettempdir()) / "gmpki-test-pcscd.lock", "w", encoding="ascii") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if _listens():
            raise Absent("peer program: pcscd runs already, for somebody else")
        process = subprocess.Popen([program, "--foreground"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait_for("pcscd listens", _listens)
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def virtual_reader(serial: str) -> Iterator[SoftCard]:
    """Run pcscd with a device of the software token in its reader."""
    from gmpki.tokens.pcsc import PCSCDriver

    with running_pcscd(), contextlib.ExitStack() as stack:
        cards: list[SoftCard] = []

        def inserted() -> bool:
            try:
                cards.append(stack.enter_context(SoftCard(serial)))
            except TokenNotFoundError:
                return False
            return True

        _wait_for("vpcd listens", inserted)
        cards[0].start()
        driver = stack.enter_context(PCSCDriver())
        _wait_for("pcscd sees the card", lambda: bool(driver.devices()))
        yield cards[0]
