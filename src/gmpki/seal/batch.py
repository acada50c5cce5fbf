"""Many documents on several processors: each in one of some processes, the answers in the order of the documents.

What works on documents is opened once in each process, by a function that the caller gives: it loads the key, the seal
and whatever else there, and nothing of it passes from one process to another but what the function itself carries.

    def open_sealer() -> Callable[[str], str]:
        signer = SealSigner(load_seal(), load_key(), certificate)
        return lambda path: seal_one_file(signer, path)

    for done in run_batch(paths, open_sealer, jobs=2):
        print(done.item, done.error or done.result)

A document that cannot be worked on does not keep the others from it, even one that ends its process: a memory limit, a
fault in a library. Where this is stopped before its end, a process is asked to end and cleans up what it was at; a file
that is written whole or not at all is then not there.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import pickle
import signal
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, Final, Generic, NoReturn, TypeVar

from gmpki._inputs import function, iterated, number
from gmpki.errors import GmpkiError, InvalidTypeError, StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from multiprocessing.connection import Connection

__all__ = ["MAX_JOBS", "BatchResult", "run_batch"]

MAX_JOBS: Final = 64
"""The most processes."""
_AHEAD: Final = 16  # documents for each process that may be done before one that is still waited for
_PATIENCE_S: Final = 10.0  # for a process that was asked to end

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class BatchResult(Generic[Item, Result]):
    """What became of one document. Immutable.

    :ivar item: what was given for it.
    :ivar result: what the work on it returned; None when it failed.
    :ivar error: why it failed; None when it did not.
    """

    item: Item
    result: Result | None = None
    error: GmpkiError | OSError | None = None


def run_batch(
    items: Iterable[Item],
    open_worker: Callable[[], Callable[[Item], Result]],
    *,
    jobs: int = 1,
    progress: Callable[[int, int], object] | None = None,
) -> Iterator[BatchResult[Item, Result]]:
    """Work on every item, and yield what became of each in the order of the items.

    With one job everything happens in this process, and so it does with one item. With more, new processes are started
    (not forked, so they share no state): ``open_worker``, items and results have to be such as :mod:`pickle` takes,
    and the main module has to be one that can be imported without doing its work.

    :param items: one for each document, such as the name of its file.
    :param open_worker: called once in each process; returns what works on one item. Errors of this package and
        ``OSError`` that the work raises become the error of that item.
    :param jobs: how many processes, 1 to 64.
    :param progress: called with the number of items that are done and the number of all, in no order.
    :raises InvalidTypeError: when an argument has the wrong type, or cannot be passed to another process.
    :raises InvalidInputError: when jobs is out of its range.
    :raises StateError: when a process ends before it has opened its worker.
    :raises GmpkiError, OSError: what ``open_worker`` raises.
    """
    found = iterated(items, "items")
    function(open_worker, "open_worker")
    number(jobs, 1, MAX_JOBS, "jobs")
    if progress is not None:
        function(progress, "progress")
    return _run(found, open_worker, min(jobs, len(found)), progress or _nobody)


def _nobody(_done: int, _all: int) -> None:
    """Tell nobody."""


def _run(
    items: tuple[Item, ...],
    open_worker: Callable[[], Callable[[Item], Result]],
    jobs: int,
    progress: Callable[[int, int], object],
) -> Iterator[BatchResult[Item, Result]]:
    if jobs > 1:
        pool: _Pool[Item, Result] = _Pool(items, _pickled(open_worker), jobs)
        try:
            yield from pool.results(progress)
        finally:
            pool.stop()
        return
    if not items:
        return
    work = open_worker()
    for done, item in enumerate(items, 1):
        try:
            result = BatchResult(item, work(item))
        except (GmpkiError, OSError) as error:
            result = BatchResult(item, error=error)
        progress(done, len(items))
        yield result


# ---- this process ---------------------------------------------------------------------------------------------------
class _Worker:
    """A process, and the item that it works on."""

    def __init__(self, opener: bytes) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other, opener), daemon=True)
        self.process.start()
        # The other end belongs to that process alone: when it ends, this one is told.
        other.close()
        self.index: int | None = None
        self.is_open = False

    def hand(self, index: int, item: bytes) -> None:
        """Hand over an item; a process that has ended meanwhile is noticed when it is waited for."""
        self.index = index
        with contextlib.suppress(OSError):
            self.connection.send_bytes(item)

    def end(self) -> int | None:
        """Wait until a process that has closed its end has ended; return its exit code."""
        self.process.join(_PATIENCE_S)
        self.connection.close()
        return self.process.exitcode


class _Pool(Generic[Item, Result]):
    """Some processes, and what is still to be done."""

    def __init__(self, items: tuple[Item, ...], opener: bytes, jobs: int) -> None:
        self._items = items
        self._opener = opener
        self._jobs = jobs
        self._workers: list[_Worker] = []
        self._next = 0
        self._done: dict[int, BatchResult[Item, Result]] = {}

    def results(self, progress: Callable[[int, int], object]) -> Iterator[BatchResult[Item, Result]]:
        """Yield the results in order."""
        self._workers = [_Worker(self._opener) for _ in range(self._jobs)]
        finished = 0
        for index in range(len(self._items)):
            while index not in self._done:
                self._hand_out(index)
                for worker in self._ready():
                    finished += self._receive(worker)
                    progress(finished, len(self._items))
            # Processes have something to do while the caller is busy with the result.
            self._hand_out(index + 1)
            yield self._done.pop(index)

    def _hand_out(self, wanted: int) -> None:
        """Give every process that waits an item, but do not run far ahead of the one that is wanted."""
        for worker in self._workers:
            if worker.is_open and worker.index is None and self._next < len(self._items):
                if self._next - wanted >= _AHEAD * self._jobs:
                    return
                worker.hand(self._next, _pickled(self._items[self._next]))
                self._next += 1

    def _ready(self) -> list[_Worker]:
        ready = set(map(id, wait([worker.connection for worker in self._workers])))
        return [worker for worker in self._workers if id(worker.connection) in ready]

    def _receive(self, worker: _Worker) -> int:
        """Take what a process says; return how many items are done by that."""
        try:
            is_good, said = pickle.loads(worker.connection.recv_bytes())  # noqa: S301 - of a process of our own
        except (EOFError, OSError):
            return self._replace(worker)
        if not worker.is_open:
            if not is_good:
                raise _restored(*said)
            worker.is_open = True
            return 0
        index, worker.index = worker.index, None
        if index is None:
            raise StateError("a process answered that was not asked")
        item = self._items[index]
        self._done[index] = BatchResult(item, said) if is_good else BatchResult(item, error=_restored(*said))
        return 1

    def _replace(self, worker: _Worker) -> int:
        """Put another process in the place of one that has ended; what it worked on has failed."""
        code = worker.end()
        if worker.index is None:
            raise StateError(f"a process for documents ended before it could work on one, with exit code {code}")
        error = StateError(f"the process that worked on it ended with exit code {code}")
        self._done[worker.index] = BatchResult(self._items[worker.index], error=error)
        self._workers[self._workers.index(worker)] = _Worker(self._opener)
        return 1

    def stop(self) -> None:
        """End every process: one that waits for work at once, another when it has cleaned up."""
        for worker in self._workers:
            worker.connection.close()
            if worker.index is not None:
                worker.process.terminate()
        for worker in self._workers:
            worker.process.join(_PATIENCE_S)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()


def _pickled(value: object) -> bytes:
    try:
        return pickle.dumps(value)
    except (pickle.PicklingError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidTypeError(f"{type(value).__name__} cannot be passed to another process: {error}") from None


# ---- the other process ----------------------------------------------------------------------------------------------
def _serve(connection: Connection, opener: bytes) -> None:
    """Work on items until there are no more, or nobody who hands them over."""
    # Whoever is at the terminal stops the process that started this one, and that one says when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _terminate)
    # Nobody listens any more: there is nothing left to do.
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        _answer(connection, opener)


def _answer(connection: Connection, opener: bytes) -> None:
    try:
        work = pickle.loads(opener)()  # noqa: S301 - of the process that started this one
    except (GmpkiError, OSError) as error:
        _send(connection, False, _parts(error))
        return
    _send(connection, True, None)
    while True:
        item = pickle.loads(connection.recv_bytes())  # noqa: S301 - the same
        try:
            result = work(item)
        except (GmpkiError, OSError) as error:
            _send(connection, False, _parts(error))
        else:
            _send(connection, True, result)


def _terminate(_signal: int, _frame: object) -> NoReturn:
    raise SystemExit(1)


def _send(connection: Connection, is_good: bool, said: object) -> None:
    connection.send_bytes(pickle.dumps((is_good, said)))


def _parts(error: GmpkiError | OSError) -> tuple[type[Any], tuple[Any, ...], dict[str, Any]]:
    """Take an error apart: those of this package are not made again from their arguments alone."""
    kept = {}
    for name, value in vars(error).items():
        try:
            pickle.dumps(value)
        except (pickle.PicklingError, TypeError, AttributeError, RecursionError):
            continue  # what an error is about, beside what it says
        kept[name] = value
    arguments = error.args
    if isinstance(error, OSError) and error.filename is not None:
        arguments = (*arguments[:2], error.filename)
    return type(error), arguments, kept


def _restored(kind: type[Any], arguments: tuple[Any, ...], fields: dict[str, Any]) -> GmpkiError | OSError:
    error: GmpkiError | OSError = kind(*arguments) if issubclass(kind, OSError) else kind.__new__(kind, *arguments)
    vars(error).update(fields)
    return error
