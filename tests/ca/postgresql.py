"""A PostgreSQL server for tests: in a folder of its own, over a socket there, gone at the end."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

START_S = 60
ABSENT = "peer program: PostgreSQL is not installed"


def programs() -> Path | None:
    """Return the folder of the newest server that is installed; None when there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


class Cluster:
    """A server that writes to the disk as in service. It refuses to run as root, so root runs it as "postgres".

    :param folder: where its data is; short, for a socket's name has at most 107 bytes.
    """

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._data = folder / "data"
        self._databases = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._account: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._account = {"user": "postgres", "group": "postgres", "extra_groups": []}
            shutil.chown(folder, "postgres", "postgres")
        # --no-sync is for making the cluster only; the server syncs.
        self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        command = [self._programs / "postgres", "-D", self._data, "-k", self._folder, "-c", "listen_addresses="]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **self._account)
        end = time.monotonic() + START_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError((self._folder / "log").read_text(errors="replace")[-2000:])
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """End the server: at once (SIGQUIT, as after a crash), or SIGINT to let it write everything."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(START_S)
            self._process = None

    def crash(self) -> None:
        """End the server at once, from any process."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGQUIT)

    def new_database(self, name: str | None = None, *, like: str | None = None) -> str:
        """Make a database and return its URL.

        :param name: what it is called; None for a name that no other has.
        :param like: the URL of the one to copy, which nobody uses just now; None for an empty one.
        """
        self._databases += 1
        name = name or f"d{self._databases}"
        template = "template0" if like is None else _name_in(like)
        self._run("createdb", "-h", self._folder, "-U", "postgres", "-T", template, name)
        if like is not None:
            # Without it the sequences of a copy that is written to the log (PostgreSQL 15) run back after a crash.
            self._run("psql", "-h", self._folder, "-U", "postgres", "-q", "-c", "CHECKPOINT")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        self._run("dropdb", "-h", self._folder, "-U", "postgres", "--force", _name_in(url))

    def url(self, name: str) -> str:
        """Return the URL of a database."""
        return f"postgresql+psycopg://postgres@/{name}?host={self._folder}"

    def schema(self, url: str) -> str:
        """Return what pg_dump says of the tables of a database."""
        options = ("--schema-only", "--no-owner")
        return self._run("pg_dump", "-h", self._folder, "-U", "postgres", *options, _name_in(url))

    def _answers(self) -> bool:
        command = [self._programs / "pg_isready", "-q", "-h", self._folder, "-t", "1"]
        return subprocess.run(command, check=False).returncode == 0

    def _run(self, program: str, *arguments: str | Path) -> str:
        command = [self._programs / program, *arguments]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/", **self._account)
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stderr}")
        return done.stdout


def _name_in(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


@contextlib.contextmanager
def cluster(programs: Path) -> Iterator[Cluster]:
    """Run a server in a temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix="gmpki-pg-"))
    made = None
    try:
        made = Cluster(programs, folder)
        made.start()
        yield made
    finally:
        if made is not None:
            made.stop()
        shutil.rmtree(folder, ignore_errors=True)
