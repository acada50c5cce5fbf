"""Issuing in bulk over several processes or machines: any executor carries it out, and the database is what they share.

The orders go out in chunks, and the answers come back in the sequence of the orders. Each worker opens the authority
for itself, with a function of the caller's that says where database and keys are; keys do not travel. To go on after an
interruption, pass the same orders again: what was issued is answered and not issued again.

    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    def open_authority() -> Authority:  # in a module that the workers can import
        store = Store.open(URL, KeyRing.load(RING, password()))
        centre = KeyManagementCentre.open(store, centre_key())
        return Authority.open(store, "示例", authority_key(), key_centre=centre)

    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        for order, outcome in zip(orders, issue_bulk(executor, open_authority, orders, actor=operator.actor)):
            ...

Processes should be spawned, not forked: a connection to a database must not be used by two of them. The executors of
Dask (``client.get_executor()``) and others for clusters do as well; the database is PostgreSQL then.
"""

from __future__ import annotations

import os
import pickle
from collections import deque
from concurrent.futures import Executor
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Final

from gmpki._inputs import function, member, number
from gmpki.ca.authority.authority import Authority
from gmpki.ca.interfaces import Actor, Issued, Order
from gmpki.errors import GmpkiError, InvalidInputError, InvalidTypeError, StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    Outcomes = list[Issued | GmpkiError]

__all__ = ["issue_bulk"]

_CHUNK_LEN: Final = 250
_MAX_CHUNK_LEN: Final = 10_000
_AHEAD: Final = 8
_MAX_AHEAD: Final = 1_000

# What this process has opened, by the process, because a forked one inherits the table, and the function that opens it.
_opened: Final[dict[tuple[int, bytes], Authority]] = {}
_opening: Final = Lock()


def issue_bulk(
    executor: Executor,
    opener: Callable[[], Authority],
    orders: Iterable[Order],
    *,
    actor: Actor,
    chunk_len: int = _CHUNK_LEN,
    ahead: int = _AHEAD,
    progress: Callable[[int], None] | None = None,
) -> Iterator[Issued | GmpkiError]:
    """Issue what many orders ask for, and yield for each, in their sequence, what it gave or what stood in its way.

    Nothing is begun before the first outcome is asked for, and no more than the chunks on their way are kept in memory:
    the orders may be an endless stream.

    :param executor: runs the chunks; it stays the caller's.
    :param opener: called once in each worker; a function of a module, or another object that can be pickled, and never
        one that has a key inside. Its store stays open until the worker ends.
    :param chunk_len: how many orders share two commits: 1 to 10,000.
    :param ahead: how many chunks may be on their way: 1 to 1,000; some more than there are workers.
    :param progress: called with the count of orders that are done, after each chunk.
    :raises InvalidTypeError: when an argument has the wrong type, or opener cannot be pickled.
    :raises InvalidInputError: when a number is out of bounds.
    :raises StateError: while outcomes are asked for: when a worker has ended, or the executor was shut down. Recovery
        gives up what it had begun; the same orders, passed again, go on from there.
    :raises GmpkiError: while outcomes are asked for: what opener and :meth:`Authority.issue_many` raise.
    """
    member(executor, Executor, "executor")
    member(actor, Actor, "actor")
    function(opener, "opener")
    number(chunk_len, 1, _MAX_CHUNK_LEN, "chunk_len")
    number(ahead, 1, _MAX_AHEAD, "ahead")
    if progress is not None:
        function(progress, "progress")
    try:
        pickled = pickle.dumps(opener)
    except Exception as error:  # noqa: BLE001 - whatever the object raises
        raise InvalidTypeError(f"opener cannot be pickled, as a function of a module can: {error}") from None
    try:
        chunks = _chunks(iter(orders), chunk_len)
    except TypeError:
        raise InvalidTypeError(f"orders must be iterable, not {type(orders).__name__}") from None
    return _outcomes((_submit(executor, pickled, chunk, actor) for chunk in chunks), ahead, progress)


def _outcomes(
    begun: Iterator[Future[Outcomes]], ahead: int, progress: Callable[[int], None] | None
) -> Iterator[Issued | GmpkiError]:
    waiting: deque[Future[Outcomes]] = deque()
    done = 0
    try:
        while True:
            waiting.extend(islice(begun, ahead - len(waiting)))
            if not waiting:
                return
            outcomes = _result(waiting.popleft())
            yield from outcomes
            done += len(outcomes)
            if progress is not None:
                progress(done)
    finally:
        for each in waiting:
            each.cancel()


def _chunks(orders: Iterator[Order], chunk_len: int) -> Iterator[list[Order]]:
    while chunk := list(islice(orders, chunk_len)):
        for order in chunk:
            member(order, Order, "an order")
        yield chunk


def _submit(executor: Executor, opener: bytes, chunk: list[Order], actor: Actor) -> Future[Outcomes]:
    try:
        return executor.submit(_issue_chunk, opener, chunk, actor)
    except RuntimeError as error:  # shut down, or broken because a worker has ended
        raise StateError(f"the executor takes no more work: {error}") from None


def _result(future: Future[Outcomes]) -> Outcomes:
    try:
        return future.result()
    except GmpkiError:
        raise
    except Exception as error:  # a worker that was killed, an executor that was shut down, a cluster that is away
        raise StateError(f"a worker did not finish ({type(error).__name__}): pass the same orders again") from error


# ---- in the worker ------------------------------------------------------------------------
def _issue_chunk(opener: bytes, chunk: list[Order], actor: Actor) -> Outcomes:
    return _authority(opener).issue_many(chunk, actor=actor)


def _authority(opener: bytes) -> Authority:
    """Return the authority, opened once in each process; threads share it."""
    place = os.getpid(), opener
    with _opening:
        if place not in _opened:
            opened = pickle.loads(opener)()  # noqa: S301 - what the executor itself has pickled and sent
            if not isinstance(opened, Authority):
                raise InvalidInputError(f"opener returned {type(opened).__name__}, not an Authority")
            _opened[place] = opened
        return _opened[place]
