"""Several processes at one store, which ask for the same things and each for its own, while one of them is killed."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

from ca.faults import scene
from ca.faults.running import Place, in_child, taken, told
from ca.faults.scene import Handed, Work
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.interfaces import SYSTEM
from gmpki.errors import ConflictError, GmpkiError, LifeCycleError

SHARED = 6  # orders that every process asks for
TRIES = 400


def _patiently(action: Callable[[], None]) -> None:
    """Do something, again while somebody else is about to do the same."""
    for _ in range(TRIES):
        if _is_done(action):
            return
        time.sleep(random.uniform(0.005, 0.05))
    raise TimeoutError("somebody else does not come to an end")


def _is_done(action: Callable[[], None]) -> bool:
    try:
        action()
    except ConflictError as error:
        if error.reason not in ("in-progress", "changed"):
            raise
        return False
    return True


def _work(work: Work, process: int) -> None:
    def issue(number: int) -> None:
        order = work.order(f"shared-{number}", 40 + number)
        work.hand_issued(order.key, work.authority.issue(order, actor=SYSTEM))

    def revoke(number: int) -> None:
        serials = work.serials(f"shared-{number}")
        if not serials:
            return
        order = work.revocation(f"revoke-{number}", serials, ReasonCode.SUPERSEDED)
        try:
            work.authority.revoke(order, actor=SYSTEM)
        except LifeCycleError:  # it is only meant as yet
            return
        for serial in serials:
            work.hand("revoked", f"{serial:x}")

    numbers = list(range(SHARED))
    random.Random(process).shuffle(numbers)
    for number in numbers:
        _patiently(lambda number=number: issue(number))  # type: ignore[misc]
        if number % 2:
            revoke(number)
        with work.store.transaction() as tx:
            tx.audit(SYSTEM, "thing.put", f"thing:{process}")
    _patiently(work.list_made)


def run(place: Place, processes: int, *, kill_after_s: float | None) -> list[str]:
    """Let processes work on one store, one of them killed after a while; return what was lost."""
    with place.copied() as (url, folder):
        children = [in_child(_begin(place, url, folder, number)) for number in range(processes)]
        if kill_after_s is not None:
            time.sleep(kill_after_s)
            os.kill(children[0][0], signal.SIGKILL)
        handed = Handed()
        found: list[str] = []
        for child, reader in children:
            found += taken(told(reader), handed)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            if code not in (0, -signal.SIGKILL) and not found:
                found.append(f"a process ended with {code}")
        try:
            with scene.opened(url, place.desk, folder, handed.take) as opened:
                found += scene.losses(opened, handed)
                _work(opened, processes)
                return found + scene.losses(opened, handed) + scene.entry_losses(opened)
        except GmpkiError as error:
            return [*found, f"it cannot be done afterwards: {type(error).__name__}: {error}"]


def _begin(place: Place, url: str, folder: Path, number: int) -> Callable[[Callable[[bytes], object]], int]:
    def begin(tell: Callable[[bytes], object]) -> int:
        with scene.opened(url, place.desk, folder, tell) as work:
            _work(work, number)
        return 0

    return begin
