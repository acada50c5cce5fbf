"""Run parts of a check in threads of their own, begun at once and waited for no longer than a driver may take."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from gmpki.errors import GmpkiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.conformance.bench import Bench

__all__ = ["Gate", "run_at_once"]

_JOIN_S: Final = 60.0


class Gate:
    """Where threads wait for each other, so that what they do next they do at once.

    :param threads: how many threads pass it together.
    """

    def __init__(self, threads: int) -> None:
        self._barrier = threading.Barrier(threads)

    def pass_together(self) -> None:
        """Wait for the others.

        :raises threading.BrokenBarrierError: when one of them does not come any more.
        """
        self._barrier.wait(_JOIN_S)

    def close(self) -> None:
        """Let nobody wait for this thread any more."""
        self._barrier.abort()


def run_at_once(
    bench: Bench, *works: Callable[[], str | None], gate: Gate | None = None, join_s: float = _JOIN_S
) -> None:
    """Run functions in a thread each, and end the check as failed by the first that says that something is wrong.

    :param works: each returns what is wrong, or None.
    :param gate: what the works wait at for each other; closed by the first that ends with something wrong.
    :param join_s: seconds, after which the driver counts as hanging.
    """
    start, wrong = Gate(len(works)), list[str]()

    def run(work: Callable[[], str | None]) -> None:
        try:
            start.pass_together()
            said = work()
        except threading.BrokenBarrierError:
            return  # the one that did not come has said why, or hangs
        except GmpkiError as error:
            said = str(error) or type(error).__name__
        if said is not None:
            wrong.append(said)
            if gate is not None:
                gate.close()

    threads = [threading.Thread(target=run, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    end = time.monotonic() + join_s
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    bench.expect(not wrong, f"among threads: {''.join(wrong[:1])}", f"多线程下：{''.join(wrong[:1])}")
    bench.expect(
        not any(thread.is_alive() for thread in threads),
        f"calls from several threads did not return in {join_s:g} s",
        f"多线程调用在 {join_s:g} 秒内没有返回",
    )
