"""One run: a process that is cut off, or whose disk fails, at one point of an operation; then another one that starts,
finds everything as it must be, and asks for the operation again.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import signal
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from ca.faults import points, scene
from ca.faults.operations import Operation
from ca.faults.points import Fault, Points
from ca.faults.scene import Handed
from ca.office import Scene
from ca.postgresql import Cluster
from gmpki.errors import GmpkiError

FAILED, ESCAPED = 3, 4  # exit codes

for _talker in ("psycopg", "sqlalchemy"):  # they tell of connections that break
    logging.getLogger(_talker).setLevel(logging.CRITICAL + 1)


class Place(Protocol):
    """Where stores are: each run has its own, made from one that stays as it is."""

    desk: Scene

    def copied(self) -> contextlib.AbstractContextManager[tuple[str, Path]]:
        """Give the URL of a new copy, and a folder beside it."""


class Files:
    """SQLite files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.desk = scene.build(f"sqlite:///{folder}/base.db", folder / "published")

    @contextlib.contextmanager
    def copied(self) -> Iterator[tuple[str, Path]]:
        folder = self._folder / f"run-{os.getpid()}"
        folder.mkdir()
        shutil.copyfile(self._folder / "base.db", folder / "ca.db")
        yield f"sqlite:///{folder}/ca.db", folder
        shutil.rmtree(folder)


class Server:
    """Databases of a PostgreSQL server."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster = cluster
        self._folder = folder
        self._base = cluster.new_database("base")
        self.desk = scene.build(self._base, folder / "published")

    @contextlib.contextmanager
    def copied(self) -> Iterator[tuple[str, Path]]:
        folder = self._folder / "run"
        folder.mkdir()
        url = self.cluster.new_database("run", like=self._base)
        yield url, folder
        self.cluster.drop(url)
        shutil.rmtree(folder)


def in_child(work: Callable[[Callable[[bytes], object]], int]) -> tuple[int, int]:
    """Run something in another process; return its number, and the end of a pipe that has what it told."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        code = ESCAPED
        try:
            code = work(lambda line: os.write(writer, line))
        except BaseException:  # noqa: BLE001 - of a process that ends here
            os.write(writer, b"!" + traceback.format_exc(limit=-3).replace("\n", " | ").encode() + b"\n")
        finally:
            os._exit(code)
    os.close(writer)
    return child, reader


def told(reader: int) -> list[bytes]:
    """Return the whole lines that came through a pipe: one that was cut off was not handed out."""
    with open(reader, "rb") as stream:
        return [line for line in stream if line.endswith(b"\n")]


def taken(lines: list[bytes], handed: Handed) -> list[str]:
    """Note what a process told; return what it should not have raised."""
    escaped = [line[1:].decode().strip() for line in lines if line.startswith(b"!")]
    for line in lines:
        if not line.startswith(b"!"):
            handed.take(line)
    return [f"it raised {each}" for each in escaped]


def count_points(place: Place, operation: Operation) -> dict[str, int]:
    """Return how many points of each kind an operation has: statements, before and after commits, writes to files."""

    def work(tell: Callable[[bytes], object]) -> int:
        with scene.opened(url, place.desk, folder, len) as opened:
            counted = {name: Points(None, points.kill) for name in ("statements", "commits", "writes")}
            points.watch_statements(opened.store.engine, counted["statements"])
            points.watch_commits(opened.store.engine, counted["commits"])
            points.watch_writes(counted["writes"], Fault.IO)
            operation.run(opened)
            tell(json.dumps({name: each.passed for name, each in counted.items()}).encode() + b"\n")
        return 0

    with place.copied() as (url, folder):
        child, reader = in_child(work)
        (line,) = told(reader)
        os.waitpid(child, 0)
    found: dict[str, int] = json.loads(line)
    return found


def run(place: Place, operation: Operation, fault: Fault, target: int) -> list[str]:
    """Cut an operation off at one point, and return what was lost."""
    found: list[str] = []
    handed = Handed()
    with place.copied() as (url, folder):

        def work(tell: Callable[[bytes], object]) -> int:
            with scene.opened(url, place.desk, folder, tell) as opened:
                return _faulty(opened, operation, fault, target, place)

        child, reader = in_child(work)
        found += taken(told(reader), handed)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code not in (0, FAILED, -signal.SIGKILL) and not found:
            found.append(f"the process ended with {code}")
        if isinstance(place, Server) and fault is Fault.SERVER:
            place.cluster.stop()
            place.cluster.start()
        found += _afterwards(url, place, folder, operation, handed)
    return found


def run_on_full_disk(place: Place, operation: Operation, disk: Path, free: int) -> list[str]:
    """Do an operation while a disk has only so many bytes left; return what was lost."""
    handed = Handed()
    with place.copied() as (url, folder):

        def work(tell: Callable[[bytes], object]) -> int:
            with scene.opened(url, place.desk, folder, tell) as opened:
                _fill(disk / "ballast", free)
                try:
                    operation.run(opened)
                except (GmpkiError, OSError):
                    return FAILED
            return 0

        child, reader = in_child(work)
        found = taken(told(reader), handed)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code not in (0, FAILED):
            found.append(f"the process ended with {code}")
        (disk / "ballast").unlink(missing_ok=True)
        return found + _afterwards(url, place, folder, operation, handed)


def _fill(path: Path, free: int) -> None:
    """Write a file that leaves so much room on its disk."""
    with path.open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
        while ballast.write(bytes(4096)):
            pass
    with path.open("r+b") as ballast:
        ballast.truncate(max(0, path.stat().st_size - free))


def _faulty(opened: scene.Work, operation: Operation, fault: Fault, target: int, place: Place) -> int:
    """Do the operation with a fault in it; return the exit code."""
    action = place.cluster.crash if isinstance(place, Server) and fault is Fault.SERVER else points.kill
    counted = Points(target, action)
    if fault in (Fault.CUT, Fault.IO, Fault.FULL):
        points.watch_writes(counted, fault)
    else:
        points.watch_commits(opened.store.engine, counted)
        if fault is Fault.KILLED:
            points.watch_statements(opened.store.engine, counted)
    try:
        operation.run(opened)
    except GmpkiError:
        if fault is Fault.KILLED:
            raise
        if fault is Fault.IO:
            operation.run(opened)  # the next write succeeds, in the same process
        return FAILED
    return 0


def _afterwards(url: str, place: Place, folder: Path, operation: Operation, handed: Handed) -> list[str]:
    try:
        with scene.opened(url, place.desk, folder, handed.take) as opened:
            found = scene.losses(opened, handed)
            operation.run(opened)
            return found + scene.losses(opened, handed) + scene.entry_losses(opened)
    except (GmpkiError, AssertionError) as error:
        return [f"it cannot be done afterwards: {type(error).__name__}: {error}"]
