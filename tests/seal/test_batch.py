"""Many documents at once: order, failures, processes that end."""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError, SealError, StateError
from gmpki.seal.batch import MAX_JOBS, BatchResult, run_batch
from seal.batch_work import (
    open_counted,
    open_dead,
    open_never,
    open_slow,
    open_unreturnable,
    open_worker,
    work,
)

NUMBERS = list(range(40))


@pytest.fixture(autouse=True)
def _nobody_is_left() -> Iterator[None]:
    yield
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_results_come_in_order(jobs: int) -> None:
    seen: list[tuple[int, int]] = []
    done = list(run_batch(range(20, 60), open_worker, jobs=jobs, progress=lambda *told: seen.append(told)))
    assert [one.item for one in done] == list(range(20, 60))
    assert [one.result and one.result[0] for one in done] == list(range(20, 60))
    assert all(one.error is None for one in done)
    assert [told[0] for told in seen if told[0]] == sorted(told[0] for told in seen if told[0])
    assert seen[-1] == (40, 40)
    pids = {one.result[1] for one in done if one.result}
    assert len(pids) == jobs
    assert (os.getpid() in pids) is (jobs == 1)


def test_a_bad_document_does_not_stop_the_others() -> None:
    done = list(run_batch(NUMBERS, open_worker, jobs=2))
    failed = {one.item: one.error for one in done if one.error is not None}
    assert set(failed) == {3, 5, 7, 9, 11, 13}
    assert [one.item for one in done] == NUMBERS
    assert isinstance(failed[3], SealError)
    assert (failed[3].reason, str(failed[3])) == ("not-granted", "three is not granted")
    assert isinstance(failed[5], FileNotFoundError)
    assert (failed[5].filename, failed[5].errno) == ("five.pdf", 2)
    assert isinstance(failed[7], DecodeError)
    assert (failed[7].offset, failed[7].path) == (7, ("a", "b"))
    for number, code in ((9, 9), (11, -signal.SIGKILL), (13, 1)):
        assert isinstance(failed[number], StateError)
        assert str(failed[number]).endswith(f"exit code {code}")


def test_failures_in_one_process() -> None:
    done = list(run_batch([1, 3, 5, 7], open_worker))
    assert [type(one.error) for one in done] == [type(None), SealError, FileNotFoundError, DecodeError]


def test_a_worker_is_opened_once_in_each_process(tmp_path: Path) -> None:
    done = list(run_batch(NUMBERS, functools.partial(open_counted, str(tmp_path)), jobs=2))
    assert [one.result for one in done] == [number + 1 for number in NUMBERS]
    assert len(list(tmp_path.iterdir())) == 2


def test_few_items_take_few_processes(tmp_path: Path) -> None:
    opened = functools.partial(open_counted, str(tmp_path))
    assert list(run_batch([], opened, jobs=2)) == []
    assert list(tmp_path.iterdir()) == []
    assert list(run_batch([1], opened, jobs=2)) == [BatchResult(1, 2)]
    assert [path.name for path in tmp_path.iterdir()] == [str(os.getpid())]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_worker_that_cannot_be_opened(jobs: int) -> None:
    with pytest.raises(SealError, match="nobody may") as raised:
        list(run_batch(NUMBERS, open_never, jobs=jobs))
    assert raised.value.reason == "not-granted"


def test_a_process_that_cannot_begin() -> None:
    with pytest.raises(StateError, match="exit code 4"):
        list(run_batch(NUMBERS, open_dead, jobs=2))


def test_stopping_lets_processes_clean_up(tmp_path: Path) -> None:
    path = tmp_path / "half"
    running = run_batch([0, 1], functools.partial(open_slow, str(path)), jobs=2)
    assert next(running).result == 0
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    running.close()  # type: ignore[attr-defined]
    assert not path.exists()


def test_a_result_that_cannot_be_passed_fails_alone() -> None:
    done = list(run_batch([0, 1, 2], open_unreturnable, jobs=2))
    assert [type(one.error) for one in done] == [type(None), StateError, type(None)]


@pytest.mark.parametrize(
    ("items", "worker", "options", "error"),
    [
        (5, open_worker, {}, InvalidTypeError),
        ([1], "worker", {}, InvalidTypeError),
        ([1], open_worker, {"jobs": 0}, InvalidInputError),
        ([1], open_worker, {"jobs": MAX_JOBS + 1}, InvalidInputError),
        ([1], open_worker, {"jobs": "2"}, InvalidTypeError),
        ([1], open_worker, {"progress": 1}, InvalidTypeError),
        ([1, 2], lambda: work, {"jobs": 2}, InvalidTypeError),
        ([1, work, lambda: 1], open_worker, {"jobs": 2}, InvalidTypeError),
    ],
    ids=["items", "worker", "none", "many", "text", "progress", "lambda", "item"],
)
def test_arguments_that_make_no_sense(items: Any, worker: Any, options: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        list(run_batch(items, worker, **options))
