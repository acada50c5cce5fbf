"""How signers keep the log of uses: what was done and what was refused, both before anything is released."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from gmpki.errors import GmpkiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gmpki.seal.interfaces import UseEvent, UseRecorder

__all__ = ["noted"]


@contextmanager
def noted(log: UseRecorder | None, event: Callable[[], UseEvent]) -> Iterator[None]:
    """Keep an event when the block ends, with the reason of the error that ended it as its result.

    :param log: None for no log.
    :param event: makes the event; it is only called where there is a log.
    :raises GmpkiError: what the block raises; what the log raises about something that was done.
    """
    if log is None:
        yield
        return
    try:
        yield
    except GmpkiError as error:
        # That a refusal cannot be kept must not hide why it was one: nothing is released.
        with suppress(GmpkiError):
            log.record(replace(event(), result=getattr(error, "reason", type(error).__name__)))
        raise
    log.record(event())
