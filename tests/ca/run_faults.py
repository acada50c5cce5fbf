"""Cut off every change of an authority's store where it writes, let its disk fail and its server stop, share it between
processes; then look for what was lost.

Usage: ``python tests/ca/run_faults.py [--all]``. Without ``--all``, of the writes of each operation to files some are
taken, evenly spread, with one fault each, and so of the points at PostgreSQL. What must never be: a certificate that
somebody has and the store does not, a revocation lost, an entry dropped from a list, a number on two lists, an order
neither finished nor cancelled, an audit log that does not verify, an operation that cannot be asked for again.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "native" / "tools"), str(ROOT / "tests")]

from building import attempt, tool  # noqa: E402
from ca import postgresql  # noqa: E402
from ca.faults import points, running, sharing  # noqa: E402
from ca.faults.operations import OPERATIONS, PLANTED  # noqa: E402
from ca.faults.points import Fault  # noqa: E402
from figures import Figures  # noqa: E402

WRITES = 6  # of each operation
WRITE_FAULTS = (Fault.CUT, Fault.IO, Fault.FULL)
SERVER_OPERATIONS = ("an answer kept", "a pair issued", "a pair revoked", "a revocation list")
SERVER_KILLS = 4  # of each of them
SERVER_STOPS = 3
SHARED = ((2, None), (2, 0.3), (8, 1.0))  # processes, seconds until one is killed
WORKERS = 2
# What is free on the small disk, in KiB, while an operation runs.
SMALL_DISK_KIB = 8192
FREE_KIB = (0, 4, 16, 32, 64, 128, 256)
FULL_OPERATIONS = ("an answer kept", "a pair issued", "a pair revoked", "a revocation list")
SMALL_DISK = "small-disk"


@dataclass
class Table:
    """What was run, and what was lost.

    :ivar runs: by kind of database and of fault.
    """

    runs: Counter[tuple[str, str]] = field(default_factory=Counter)
    points: int = 0
    losses: list[str] = field(default_factory=list)

    def add(self, database: str, fault: str, what: str, found: Sequence[str]) -> None:
        """Note a run."""
        self.runs[database, fault] += 1
        self.losses += [f"{database}, {fault}, {what}: {each}" for each in found]

    def print(self) -> None:
        """Print it."""
        for (database, fault), count in sorted(self.runs.items()):
            print(f"{database:12} {fault:34} {count:5} runs")
        for loss in self.losses[:40]:
            print(f"LOST: {loss}")


def spread(count: int, most: int | None) -> list[int]:
    """Return at most so many of the points 0 to count - 1, the first and the last among them."""
    if most is None or count <= most:
        return list(range(count))
    return sorted({round(step * (count - 1) / (most - 1)) for step in range(most)})


def fast_folder() -> str | None:
    """Return a folder in memory, if there is one: a process that is killed does not lose what the kernel holds."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


# ---- SQLite ---------------------------------------------------------------------------------
_files: list[running.Files] = []  # one, for the processes that share the work


def count_on_file(number: int) -> dict[str, int]:
    """Count the points of one operation."""
    return running.count_points(_files[0], OPERATIONS[number])


def run_on_file(number: int, fault: Fault, target: int) -> list[str]:
    """Do one run."""
    return running.run(_files[0], OPERATIONS[number], fault, target)


def file_plan(counted: dict[str, int], most: int | None) -> Iterator[tuple[Fault, int]]:
    """Yield the faults of one operation and their points."""
    for target in range(counted["statements"] + counted["commits"]):
        yield Fault.KILLED, target
    for index, target in enumerate(spread(counted["writes"], most)):
        for fault in WRITE_FAULTS if most is None else (WRITE_FAULTS[index % len(WRITE_FAULTS)],):
            yield fault, target


def run_on_files(
    pool: ProcessPoolExecutor, table: Table, most: int | None
) -> list[tuple[str, Fault, Future[list[str]]]]:
    """Begin all runs on files."""
    begun = []
    counts = list(pool.map(count_on_file, range(len(OPERATIONS))))
    for number, (operation, counted) in enumerate(zip(OPERATIONS, counts, strict=True)):
        table.points += sum(counted.values())
        print(
            "{:32} {statements:3} statements, {commits:3} around commits, {writes:3} writes".format(
                operation.name, **counted
            ),
            flush=True,
        )
        for fault, target in file_plan(counted, most):
            what = f"{operation.name}, point {target}"
            begun.append((what, fault, pool.submit(run_on_file, number, fault, target)))
    return begun


# ---- a small disk ---------------------------------------------------------------------------
def run_on_small_disk(folder: Path) -> int:
    """Run operations while a disk has little room; called in a mount namespace of its own."""
    place = running.Files(folder)
    runs = 0
    for operation in OPERATIONS:
        for free in FREE_KIB if operation.name in FULL_OPERATIONS else ():
            runs += 1
            for loss in running.run_on_full_disk(place, operation, folder, free << 10):
                print(f"LOST: {operation.name}, {free} KiB free: {loss}")
    print(f"{runs} runs")
    return 0


def small_disk(figures: Figures, table: Table, folder: str) -> None:
    """Mount a small disk and run on it."""
    unshare, mount = tool("unshare"), tool("mount")
    if unshare is not None and mount is not None:
        for namespace in (("--user", "--map-root-user", "--mount"), ("--mount",)):
            prefix = [unshare, *namespace, "sh", "-ec"]
            mounting = f'"{mount}" -t tmpfs -o size={SMALL_DISK_KIB}k tmpfs "$0"'
            if attempt([*prefix, mounting, folder]).returncode != 0:
                continue
            command = [*prefix, f'{mounting}; exec "$1" -B "$2" --{SMALL_DISK} "$0"', folder, sys.executable, __file__]
            done = attempt(command, timeout_s=600)
            lines = done.stdout.splitlines()
            found = [line for line in lines if line.startswith("LOST: ")]
            if done.returncode != 0 or not lines or not lines[-1].endswith(" runs"):
                found.append(f"the runs ended with {done.returncode}: {done.stderr[-2000:]}")
            count = int(lines[-1].split()[0]) if not found else 1
            table.runs["SQLite", "a small disk, almost full"] += count
            table.losses += found
            figures.count("full_disk", count)
            return
    figures.skip("full disk: no small disk can be mounted here")


# ---- PostgreSQL -----------------------------------------------------------------------------
def run_on_server(table: Table, place: running.Server, *, everything: bool) -> None:
    """Cut processes off, and stop the server at commits."""
    for operation in OPERATIONS:
        if operation.name not in SERVER_OPERATIONS and not everything:
            continue
        counted = running.count_points(place, operation)
        table.points += counted["statements"] + counted["commits"]
        plan = (
            (Fault.KILLED, spread(counted["statements"] + counted["commits"], None if everything else SERVER_KILLS)),
            (Fault.SERVER, spread(counted["commits"], None if everything else SERVER_STOPS)),
        )
        for fault, targets in plan:
            for target in targets:
                found = running.run(place, operation, fault, target)
                table.add("PostgreSQL", fault.value, f"{operation.name}, point {target}", found)


def share(table: Table, name: str, place: running.Place) -> None:
    """Let several processes work on one store."""
    for processes, kill_after_s in SHARED:
        what = "shared" if kill_after_s is None else "shared, one process killed"
        found = sharing.run(place, processes, kill_after_s=kill_after_s)
        table.add(name, what, f"{processes} processes", found)


# ---- all ------------------------------------------------------------------------------------
def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--all", action="store_true", help="at every write and every point")
    parser.add_argument(f"--{SMALL_DISK}", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.small_disk is not None:
        return run_on_small_disk(arguments.small_disk)
    figures, table = Figures("ca-faults"), Table()
    with tempfile.TemporaryDirectory(dir=fast_folder()) as name:
        folder = Path(name)
        (folder / "files").mkdir()
        (folder / "disk").mkdir()
        _files.append(running.Files(folder / "files"))
        counted = running.count_points(_files[0], PLANTED)
        before_commit = counted["statements"] + counted["commits"] - 2
        if not running.run(_files[0], PLANTED, Fault.KILLED, before_commit):
            figures.short("a certificate that was handed out before the commit was not missed")
        if not points.can_watch_writes():
            figures.skip("SQLite's writes: they cannot be reached inside this Python")
        with ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context("fork")) as pool:
            begun = run_on_files(pool, table, None if arguments.all else WRITES)
            on_server(figures, table, folder, everything=arguments.all)
            for what, fault, future in begun:
                table.add("SQLite", fault.value, what, future.result())
        share(table, "SQLite", _files[0])
        small_disk(figures, table, str(folder / "disk"))
    table.print()
    for loss in table.losses:
        figures.short(loss)
    runs = sum(table.runs.values())
    figures.count("points", table.points)
    figures.count("runs", runs)
    return figures.finish(f"{table.points} points, {runs} runs, {len(table.losses)} losses")


def on_server(figures: Figures, table: Table, folder: Path, *, everything: bool) -> None:
    """Run at a PostgreSQL of its own, where there is one."""
    programs = postgresql.programs()
    if programs is None:
        figures.skip(postgresql.ABSENT)
        return
    with postgresql.cluster(programs) as cluster:
        (folder / "server").mkdir()
        place = running.Server(cluster, folder / "server")
        run_on_server(table, place, everything=everything)
        share(table, "PostgreSQL", place)


if __name__ == "__main__":
    raise SystemExit(main())
