"""The job that encrypts a table, killed at every step and at random moments, and two of them at once."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gmpki.protect import DBAPITable, FieldCipher, FieldJob, KeyRing, Tally

pytestmark = pytest.mark.once

RING = KeyRing.generate()
CIPHER = FieldCipher(RING, "employee", "phone")
PASSWORD = b"password"


def phone(row: int) -> str:
    return f"1380000{row:04}"


WORKER = """
import sqlite3, sys
from gmpki.protect import DBAPITable, FieldCipher, FieldJob, KeyRing
path, ring, batch = sys.argv[1:]
database = sqlite3.connect(path, timeout=60)
cipher = FieldCipher(KeyRing.load(ring, b"password"), "employee", "phone")
print("ready", flush=True)
FieldJob(cipher, DBAPITable(database, "employee", "phone", key=["id"]), batch=int(batch)).run()
database.close()
"""
ROWS = 3000

# Kills itself before and after every statement in turn; after each time what is there is checked, and the job finished.
STEPWISE = """
import os, shutil, signal, sqlite3, sys
from gmpki.protect import DBAPITable, FieldCipher, FieldJob, KeyRing
path, ring = sys.argv[1:]
copy = path + ".copy"
cipher = FieldCipher(KeyRing.load(ring, b"password"), "employee", "phone")

class Mortal:
    def __init__(self, inner, left):
        self.inner, self.left = inner, left
    def __getattr__(self, name):
        if name == "cursor":
            return lambda: Mortal(self.inner.cursor(), self.left)
        value = getattr(self.inner, name)
        return (lambda *given: (self.step(), value(*given), self.step())) if name in ("execute", "commit") else value
    def step(self):
        self.left[0] -= 1
        if self.left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

def job(database):
    return FieldJob(cipher, DBAPITable(database, "employee", "phone", key=["id"]), batch=3)

def look():
    database = sqlite3.connect(copy)
    found = database.execute("SELECT id, phone FROM employee ORDER BY id").fetchall()
    assert [job(database).plain_value(value, row) for row, value in found] == ["1380000%04d" % n for n in range(7)]
    tally = job(database).count()
    database.close()
    return tally

for at in range(1000):
    shutil.copy(path, copy)
    child = os.fork()
    if child == 0:
        job(Mortal(sqlite3.connect(copy), [at])).run()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    tally = look()
    print(tally.plain, tally.current)
    if status == 0:
        break
    assert os.WTERMSIG(status) == signal.SIGKILL
    database = sqlite3.connect(copy)
    job(database).run()
    database.close()
    assert look().current == 7
"""


class TestKilled:
    @pytest.fixture
    def files(self, tmp_path: Path) -> tuple[Path, Path]:
        RING.save(tmp_path / "ring", PASSWORD, iterations=2)
        path = tmp_path / "database"
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE employee (id INTEGER PRIMARY KEY, phone TEXT)")
        connection.executemany("INSERT INTO employee VALUES (?, ?)", [(n, phone(n)) for n in range(ROWS)])
        connection.commit()
        connection.close()
        return path, tmp_path / "ring"

    def start(self, files: tuple[Path, Path], batch: int) -> subprocess.Popen[str]:
        arguments = [sys.executable, "-c", WORKER, *map(str, files), str(batch)]
        return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)

    def state(self, path: Path) -> Tally:
        """Check every value, whichever kind it is; tell how many are of which."""
        connection = sqlite3.connect(path)
        job = FieldJob(CIPHER, DBAPITable(connection, "employee", "phone", key=["id"]))
        found = connection.execute("SELECT id, phone FROM employee ORDER BY id").fetchall()
        assert [(row, job.plain_value(stored, row)) for row, stored in found] == [(n, phone(n)) for n in range(ROWS)]
        tally = job.count()
        connection.close()
        return tally

    def test_killed_again_and_again(self, files: tuple[Path, Path]) -> None:
        chance = random.Random(20260301)
        halfway = 0
        for _ in range(8):
            with self.start(files, batch=40) as worker:
                assert worker.stdout is not None
                assert worker.stdout.readline() == "ready\n"
                time.sleep(chance.uniform(0.0, 0.05))
                worker.send_signal(signal.SIGKILL)
            tally = self.state(files[0])
            halfway += 0 < tally.current < ROWS
            assert tally.plain + tally.current == ROWS
        assert halfway > 0  # else nobody was killed in the middle of the work
        with self.start(files, batch=500) as worker:
            assert worker.wait() == 0
        assert self.state(files[0]) == Tally(ROWS, current=ROWS)

    def test_killed_at_every_step(self, files: tuple[Path, Path]) -> None:
        connection = sqlite3.connect(files[0])
        connection.execute("DELETE FROM employee WHERE id >= 7")
        connection.commit()
        connection.close()
        done = subprocess.run(
            [sys.executable, "-c", STEPWISE, *map(str, files)], check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        states = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
        assert len(states) > 30
        # A batch of three is there as a whole or not at all.
        assert list(dict.fromkeys(states)) == [(7, 0), (4, 3), (1, 6), (0, 7)]

    def test_two_at_once(self, files: tuple[Path, Path]) -> None:
        workers = [self.start(files, batch=30) for _ in range(2)]
        for worker in workers:
            with worker:
                assert worker.wait() == 0
        assert self.state(files[0]) == Tally(ROWS, current=ROWS)
