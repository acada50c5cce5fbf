"""How much an authority does in a second: issuing, revocation lists, OCSP answers, searches.

Usage: ``python benchmarks/run_throughput.py [--pairs N | --year] [--entries N] [--searched N] [--plans]
[--only PART ...]``.
``--year`` issues the 57,605 pairs that one tender has in a year.

Issuing is all of it: the request read and checked, the encryption key from the pool of the key-management centre, two
certificates judged by the linter and signed, each signature verified, the encryption key enveloped, both commits. Each
figure stands beside what was aimed at; none is asserted, for it is the machine's. "One core" is what one process does
in a second of processor time, of its own and of nobody else; the server's part is not in it where there is a server.
Databases are in a temporary folder, with the settings of service: every commit is on the disk.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sqlalchemy import event, func, select

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "native" / "tools"), str(ROOT / "tests"), str(ROOT / "benchmarks")]

import search_million  # noqa: E402
from ca import postgresql  # noqa: E402
from figures import Figures  # noqa: E402
from gmpki.asn1.rfc6960 import ResponseStatus  # noqa: E402
from gmpki.ca.authority.authority import Authority  # noqa: E402
from gmpki.ca.authority.bulk import issue_bulk  # noqa: E402
from gmpki.ca.interfaces import Issued  # noqa: E402
from gmpki.ca.revocation.lists import issue_list  # noqa: E402
from gmpki.ca.revocation.status import StoreStatusSource  # noqa: E402
from gmpki.ca.store.schema import certificates, kmc_keys  # noqa: E402
from gmpki.ca.store.store import Store  # noqa: E402
from gmpki.keys.sm2 import SM2PrivateKey  # noqa: E402
from gmpki.ocsp.request_builder import OCSPRequestBuilder  # noqa: E402
from gmpki.ocsp.responder import OCSPResponder  # noqa: E402
from gmpki.ocsp.response import OCSPResponse  # noqa: E402
from gmpki.protect.keys import KeyRing  # noqa: E402
from throughput_scene import ACTOR, CHUNK_LEN, Place, found, orders, requests, revoke_many  # noqa: E402

YEAR = 57_605
SINGLE = 1_500  # pairs by one process
WARM = 50
WORKERS = 2
ANSWERS = 5_000
COUNTED = ("pairs", "entries", "answers", "searches")
PARTS = ("issuing", "bulk", "list", "ocsp", "searches")


@dataclass
class Report:
    """What was measured.

    :ivar with_plans: print how the databases go about the searches.
    :ivar counted: how much was done, by what.
    """

    figures: Figures
    with_plans: bool = False
    counted: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))

    def line(self, what: str, figure: str, aim: str) -> None:
        """Print a figure beside its aim."""
        print(f"{what:62} {figure:34} {aim}", flush=True)

    def check(self, what: str, right: bool) -> None:
        """Note what did not come out right."""
        if not right:
            self.figures.short(what)


@dataclass
class Clock:
    """Seconds on the wall and of this process's time on a processor."""

    wall: float = field(default_factory=time.perf_counter)
    core: float = field(default_factory=time.process_time)

    def stop(self) -> None:
        """Count from the beginning until now."""
        self.wall, self.core = time.perf_counter() - self.wall, time.process_time() - self.core

    def rate(self, count: int, what: str) -> str:
        """Return how much was done in a second."""
        return f"{count / self.wall:7.0f} {what}/s, one core {count / self.core:6.0f}"


class Databases:
    """Where the figures are taken: in memory, in a file, on a server where there is one."""

    def __init__(self, folder: Path, cluster: postgresql.Cluster | None) -> None:
        self._folder = folder
        self._cluster = cluster
        self._count = 0

    def urls(self, *, shared: bool) -> dict[str, str]:
        """Return an empty database of each kind.

        :param shared: only those that several processes can open.
        """
        self._count += 1
        found = {} if shared else {"in memory": "sqlite://"}
        found["SQLite"] = f"sqlite:///{self._folder / f'{self._count}.db'}"
        if self._cluster is not None:
            found["PostgreSQL"] = self._cluster.new_database()
        return found

    def folder(self) -> Path:
        """Return a folder that is not there yet."""
        self._count += 1
        return self._folder / f"{self._count}"


# ---- issuing --------------------------------------------------------------------------------
def issue_alone(report: Report, databases: Databases, count: int) -> None:
    """Issue in one process, on each kind of database."""
    asked = requests(count + WARM)
    for kind, url in databases.urls(shared=False).items():
        _, authority = found(databases.folder(), url, count + WARM)
        with authority.store:
            authority.issue_many(orders(asked[:WARM], "warm"), actor=ACTOR)
            clock, issued = Clock(), 0
            for begin in range(WARM, count + WARM, CHUNK_LEN):
                some = orders(asked[begin : begin + CHUNK_LEN], f"from {begin}")
                issued += sum(isinstance(each, Issued) for each in authority.issue_many(some, actor=ACTOR))
            clock.stop()
            report.line(f"pairs issued, {kind}, one process", clock.rate(issued, "pairs"), "aim 1000 pairs/s, one core")
            check_issued(report, kind, authority, issued + WARM, count + WARM)
            report.counted["pairs"] += issued


def issue_together(report: Report, databases: Databases, count: int) -> None:
    """Issue in processes of their own that share a database."""
    asked = requests(count)
    for kind, url in databases.urls(shared=True).items():
        place, authority = found(databases.folder(), url, count + WORKERS * WARM)
        with (
            authority.store,
            ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as executor,
        ):
            warm_up(executor, place)
            clock = Clock()
            outcomes = issue_bulk(executor, place, orders(asked, "bulk"), actor=ACTOR, chunk_len=CHUNK_LEN)
            issued = sum(isinstance(each, Issued) for each in outcomes)
            clock.stop()
            figure = f"{issued / clock.wall:7.0f} pairs/s, {clock.wall:.1f} s"
            aim = f"aim {YEAR} pairs in 120 s: {YEAR / 120:.0f} pairs/s"
            report.line(f"{issued} pairs issued, {kind}, {WORKERS} processes", figure, aim)
            check_issued(report, kind, authority, issued, count)
            report.counted["pairs"] += issued


def warm_up(executor: ProcessPoolExecutor, place: Place) -> None:
    """Have each worker started and its database opened before the clock runs."""
    for each in [executor.submit(open_and_wait, place) for _ in range(WORKERS)]:
        each.result()


def open_and_wait(place: Place) -> None:
    """Open the authority once, and be busy for long enough that another worker takes the next call."""
    place().store.close()
    time.sleep(0.5)


def check_issued(report: Report, kind: str, authority: Authority, issued: int, wanted: int) -> None:
    """See that the database knows what was issued, and each encryption key belongs to one certificate."""
    ours = certificates.c.authority_id == authority.id
    with authority.store.reading() as connection:
        of_state = select(func.count()).select_from(certificates).where(ours, certificates.c.state == "valid")
        valid = connection.scalar(of_state)
        used = connection.scalar(select(func.count()).select_from(kmc_keys).where(kmc_keys.c.state == "in-use"))
    report.check(f"{kind}: {issued} pairs issued of {wanted}", issued == wanted)
    report.check(f"{kind}: {valid} certificates, {used} keys of {issued} pairs", valid == 2 * issued and used == issued)


# ---- revocation -----------------------------------------------------------------------------
def make_list(report: Report, databases: Databases, count: int) -> None:
    """Build and sign a long list."""
    _, authority = found(databases.folder(), databases.urls(shared=True)["SQLite"], 1)
    with authority.store:
        (request,) = requests(1)
        revoke_many(authority, request, count)
        (issuer,) = authority.list_issuers()
        clock = Clock()
        made = issue_list(authority.store, issuer)
        clock.stop()
        report.check(f"a list of {count} entries", made is not None and made.entries == count)
        figure = f"{clock.wall:7.1f} s, one core {clock.core:6.1f} s"
        report.line(f"revocation list of {count} entries, SQLite", figure, "aim 10 s for 1,000,000")
        report.counted["entries"] += count


def answer(report: Report, databases: Databases, count: int) -> None:
    """Answer questions about as many certificates as were issued, out of the store."""
    for kind, url in databases.urls(shared=True).items():
        pairs = min(count // 2, 500)
        folder = databases.folder()
        _, authority = found(folder, url, pairs)
        with authority.store:
            given = authority.issue_many(orders(requests(pairs), "asked"), actor=ACTOR)
            issued = [each.signing for each in given if isinstance(each, Issued)]
            (generation,) = authority.generations
            source = StoreStatusSource(authority.store, authority.id, generation.id)
            signer = SM2PrivateKey.from_bytes((folder / "ca").read_bytes())
            responder = OCSPResponder(authority.certificate, signer, source)
            asked = [OCSPRequestBuilder().add(each, authority.certificate).nonce().build().to_der() for each in issued]
            clock = Clock()
            answers = [responder.answer(asked[number % len(asked)]) for number in range(count)]
            clock.stop()
            read = [OCSPResponse.from_der(each) for each in answers[: len(asked)]]
            report.check(f"{kind}: OCSP", all(each.status is ResponseStatus.SUCCESSFUL for each in read))
            report.line(f"OCSP answers, {kind}", clock.rate(count, "answers"), "aim 5000 answers/s, one core")
            report.counted["answers"] += count


# ---- searches -------------------------------------------------------------------------------
def search(report: Report, databases: Databases, count: int) -> None:
    """Search among many pairs in every way there is."""
    for kind, url in databases.urls(shared=True).items():
        with Store.create(url, KeyRing.generate()) as store:
            search_million.fill(store, count)
            for each in search_million.searches(count):
                plan = plan_of(store, each, count)
                if report.with_plans:
                    print(*plan, sep="\n")
                whole = [line for line in plan if line.startswith("SCAN") and "INDEX" not in line]
                report.check(f"{each.title} reads a whole table: {whole}", not whole)
                took = search_million.timed(store, each, count)
                figure = f"{1e3 * took[0]:7.2f} ms, in the middle {1e3 * took[len(took) // 2]:.2f} ms"
                report.line(f"{kind}, {count} pairs: {each.title}", figure, "aim a few ms")
                report.counted["searches"] += len(took)


def plan_of(store: Store, each: search_million.Search, count: int) -> list[str]:
    """Return how the database goes about a search, in its own words."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    lines = []
    regions = [1] if each.is_of_region else None
    explain = "EXPLAIN QUERY PLAN" if store.engine.dialect.name == "sqlite" else "EXPLAIN"
    with store.reading() as connection:
        event.listen(store.engine, "before_cursor_execute", note)
        each.find(connection, store.protection, each.criteria(count // 2), regions=regions)
        event.remove(store.engine, "before_cursor_execute", note)
        for statement, parameters in asked:
            found = connection.exec_driver_sql(f"{explain} {statement}", parameters)
            lines += [str(row[-1]) for row in found]
    return lines


# ---- all of it ------------------------------------------------------------------------------
@contextlib.contextmanager
def all_databases(figures: Figures) -> Iterator[Databases]:
    """Give a folder, and a server where PostgreSQL is installed."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gmpki-throughput-")))
        programs = postgresql.programs()
        if programs is None:
            figures.skip(postgresql.ABSENT)
        cluster = None if programs is None else stack.enter_context(postgresql.cluster(programs))
        yield Databases(folder, cluster)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=6_000, help="by two processes (default %(default)s)")
    parser.add_argument("--year", action="store_const", const=YEAR, dest="pairs", help=f"the same as --pairs {YEAR}")
    parser.add_argument("--entries", type=int, default=1_000_000, help="of the list (default %(default)s)")
    parser.add_argument("--searched", type=int, default=100_000, help="pairs to search among (default %(default)s)")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS, help="the parts to run")
    parser.add_argument("--plans", action="store_true", help="print the plans of the searches")
    asked = parser.parse_args()
    report = Report(Figures("throughput"), asked.plans)
    work: dict[str, tuple[Callable[[Report, Databases, int], None], int]] = {
        "issuing": (issue_alone, SINGLE),
        "bulk": (issue_together, asked.pairs),
        "list": (make_list, asked.entries),
        "ocsp": (answer, ANSWERS),
        "searches": (search, asked.searched),
    }
    with all_databases(report.figures) as databases:
        for part in asked.only:
            measure, count = work[part]
            measure(report, databases, count)
    if set(asked.only) == set(PARTS):
        for name, count in report.counted.items():
            report.figures.count(name, count)
    pairs, entries, answers, searches = report.counted.values()
    return report.figures.finish(
        f"{pairs} pairs issued, {entries} entries listed, {answers} OCSP answers, {searches} searches"
    )


if __name__ == "__main__":
    raise SystemExit(main())
