"""Fill databases with a million pairs and time each search, on SQLite and on PostgreSQL.

Run: ``python benchmarks/search_million.py [pairs [URL ...]]``; a million pairs unless told otherwise, in an SQLite file
and, where it is installed, in a PostgreSQL server, both in temporary folders. A URL names an empty database in their
place.

There are an applicant for two pairs and an application for each pair. What no search reads is short (certificates,
sealed values, tags), and only one in a hundred tokens of identity numbers is that of a number; the others are as long.
Surnames are few and unevenly frequent, as in life. Times are those of a page of 50 rows from the call to the last
object, over 100 searches for different values: the least disturbed by other load on the machine, and the middle one.
"""

from __future__ import annotations

import contextlib
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import Index, Table, text
from sqlalchemy.schema import CreateIndex, DropIndex

from gmpki.ca.interfaces import SYSTEM
from gmpki.ca.operators.regions import add_region
from gmpki.ca.registration.identity import IdentityKind
from gmpki.ca.registration.states import ApplicationState, PairState
from gmpki.ca.reports.search import Criteria, applications_like, pairs_like
from gmpki.ca.store.schema import applicants, applications, pairs
from gmpki.ca.store.store import Store
from gmpki.protect.keys import KeyRing

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红鑫飞鹏辉云"
# A surname of the front of the list stands here more often.
FREQUENT = "".join(each * (12 - place // 2) for place, each in enumerate(SURNAMES))
KINDS = ("社保", "税务", "招投标", "医保", "公积金")
REGIONS = 40
APPLICATION_STATES = [each.value for each in ApplicationState]
PAIR_STATES = [each.value for each in PairState]
START = int(datetime(2020, 1, 1, tzinfo=timezone.utc).timestamp())
SPAN_S = 5 * 365 * 86400
BATCH = 20_000
SEARCHES = 100


def name(at: int) -> str:
    """Return the name of an applicant."""
    mixed = at * 0x9E3779B97F4A7C15 >> 13
    return FREQUENT[mixed % len(FREQUENT)] + GIVEN[(mixed >> 8) % len(GIVEN)] + GIVEN[(mixed >> 16) % len(GIVEN)]


def identity(at: int) -> str:
    """Return the number of an applicant."""
    return f"E{at:08}"


def applicant_row(at: int, token: Callable[[str], str]) -> dict[str, Any]:
    """Return the row of an applicant, from 1."""
    index = token(identity(at)) if at % 100 == 0 else secrets.token_hex(30)
    return {
        "id": at,
        "kind": "person",
        "name": name(at),
        "identity_kind": IdentityKind.PASSPORT.value,
        "identity_sealed": b"-",
        "identity_index": index,
        "credit_code": f"91440300{at // 10:010}",
        "contact_name": name(at * 7),
        "region_id": at % REGIONS + 1,
        "created_at": START,
        "updated_at": START,
        "retain_until": START,
        "tag": b"-",
    }


def application_row(at: int, count: int) -> dict[str, Any]:
    """Return the row of an application, from 1."""
    return {
        "id": at,
        "reference": f"A{at:010}",
        "operation": "apply",
        "applicant_id": (at + 1) // 2,
        "authority": "示例",
        "profile": "person",
        "state": "delivered" if at % 50 else APPLICATION_STATES[at // 50 % len(APPLICATION_STATES)],
        "business_kind": KINDS[at % len(KINDS)],
        "medium": "ukey",
        "token_serial": f"K{at:09}",
        "wanted": "{}",
        "region_id": (at + 1) // 2 % REGIONS + 1,
        "is_free": False,
        "entered_by": f"录入员 {at % 200:03}",
        "entered_at": START + SPAN_S * at // count,
        "retain_until": START,
        "tag": b"-",
    }


def pair_row(at: int, count: int) -> dict[str, Any]:
    """Return the row of a pair, from 1."""
    owner = (at + 1) // 2
    issued = START + SPAN_S * at // count
    return {
        "id": at,
        "applicant_id": owner,
        "application_id": at,
        "authority": "示例",
        "profile": "person",
        "state": "active" if at % 50 else PAIR_STATES[at // 50 % len(PAIR_STATES)],
        "signing_serial": f"{at * 0x9E3779B97F4A7C15 % (1 << 64) + (1 << 64):x}",
        "encryption_serial": f"{at * 0xC2B2AE3D27D4EB4F % (1 << 64) + (1 << 65):x}",
        "signing_certificate": b"-",
        "subject": f"CN={name(owner)},OU={at % 1000},O=示例,C=CN",
        "business_kind": KINDS[at % len(KINDS)],
        "medium": "ukey",
        "token_serial": f"K{at:09}",
        "region_id": owner % REGIONS + 1,
        "is_free": False,
        "not_before": issued,
        "not_after": issued + 365 * 86400,
        "issued_at": issued,
        "changed_at": issued,
        "tag": b"-",
    }


# ---- filling --------------------------------------------------------------------------------
def indexes() -> list[Index]:
    """Return the indexes that are made anew behind the rows, which is quicker than with them."""
    return [index for table in (applicants, applications, pairs) for index in table.indexes]


def fill(store: Store, count: int) -> None:
    """Write ``count`` pairs with their applications and half as many applicants."""
    with store.transaction() as tx:
        for at in range(REGIONS):
            add_region(tx, SYSTEM, code=f"44{at:04}", title=f"区域 {at}")
        protection = tx.protection

    def token(number: str) -> str:
        return protection.index("applicants", "identity").token(number).hex()

    with store.transaction() as tx:
        for index in indexes():
            tx.connection.execute(DropIndex(index))
        for table, rows, row in (
            (applicants, count // 2, lambda at: applicant_row(at, token)),
            (applications, count, lambda at: application_row(at, count)),
            (pairs, count, lambda at: pair_row(at, count)),
        ):
            for start in range(1, rows + 1, BATCH):
                write(tx.connection, table, [row(at) for at in range(start, min(start + BATCH, rows + 1))])
        for index in indexes():
            tx.connection.execute(CreateIndex(index))
    with store.transaction() as tx:
        tx.connection.execute(text("ANALYZE"))


def write(connection: Any, table: Table, rows: list[dict[str, Any]]) -> None:
    """Write rows, on PostgreSQL by COPY."""
    if connection.dialect.name != "postgresql":
        names = list(rows[0])
        marks = ", ".join("?" * len(names))
        statement = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})"
        connection.exec_driver_sql(statement, [tuple(row.values()) for row in rows])
        return
    with (
        connection.connection.cursor() as cursor,
        cursor.copy(f"COPY {table.name} ({', '.join(rows[0])}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(tuple(row.values()))


# ---- searching ------------------------------------------------------------------------------
@dataclass(frozen=True)
class Search:
    """A search, made of a number: whose it is."""

    title: str
    find: Any
    criteria: Callable[[int], Criteria]
    is_of_region: bool = False


def day(at: int, count: int) -> dict[str, datetime]:
    """Return the day on which a pair was issued."""
    begin = datetime.fromtimestamp(START + SPAN_S * at // count, timezone.utc)
    return {"since": begin, "until": begin + timedelta(days=1)}


def searches(count: int) -> list[Search]:
    """Return every search there is."""
    rare = [PairState.LOST, PairState.REVOKED, PairState.SUSPENDED]
    both: dict[str, Callable[[int], Criteria]] = {
        "identity number": lambda at: Criteria(identity=identity(at // 200 * 100 or 100)),
        "credit code": lambda at: Criteria(credit_code=applicant_row((at + 1) // 2, str)["credit_code"]),
        "name": lambda at: Criteria(name=name((at + 1) // 2)),
        "name begins with two characters": lambda at: Criteria(name_prefix=name((at + 1) // 2)[:2]),
        "surname": lambda at: Criteria(name_prefix=name((at + 1) // 2)[0]),
        "contact": lambda at: Criteria(contact_prefix=name((at + 1) // 2 * 7)[:2]),
        "token serial number": lambda at: Criteria(token_serial=f"K{at:09}"),
        "business kind": lambda at: Criteria(business_kind=KINDS[at % len(KINDS)]),
        "handler": lambda at: Criteria(handler=f"录入员 {at % 200:03}"),
        "one day": lambda at: Criteria(**day(at, count)),
        "all, newest first": lambda _: Criteria(),
    }
    found = [
        Search(f"{kind}: {title}", find, criteria)
        for kind, find in (("pairs", pairs_like), ("applications", applications_like))
        for title, criteria in both.items()
    ]
    found += [
        Search(
            "pairs: serial number",
            pairs_like,
            lambda at: Criteria(serial=int(pair_row(at, count)["signing_serial"], 16)),
        ),
        Search("pairs: subject begins", pairs_like, lambda at: Criteria(subject_prefix=f"CN={name((at + 1) // 2)},")),
        Search("pairs: state", pairs_like, lambda at: Criteria(state=rare[at % 3])),
        Search("applications: reference", applications_like, lambda at: Criteria(reference=f"A{at:010}")),
        Search("applications: state", applications_like, lambda _: Criteria(state=ApplicationState.PROOFREAD)),
        Search("pairs: one region", pairs_like, lambda _: Criteria(), is_of_region=True),
        Search("pairs: one region, state", pairs_like, lambda at: Criteria(state=rare[at % 3]), is_of_region=True),
        Search(
            "pairs: one region, business kind",
            pairs_like,
            lambda at: Criteria(business_kind=KINDS[at % len(KINDS)]),
            is_of_region=True,
        ),
        Search(
            "applications: one region, business kind",
            applications_like,
            lambda at: Criteria(business_kind=KINDS[at % len(KINDS)]),
            is_of_region=True,
        ),
        Search(
            "applications: one region, handler",
            applications_like,
            lambda at: Criteria(handler=f"录入员 {at % 200:03}"),
            is_of_region=True,
        ),
    ]
    return found


def timed(store: Store, search: Search, count: int) -> list[float]:
    """Return the seconds that searches for different values took, in ascending order."""
    chance = random.Random(3)
    took = []
    with store.reading() as connection:
        for _ in range(SEARCHES + 2):
            at = chance.randint(200, count)
            criteria = search.criteria(at)
            regions = [at % REGIONS + 1] if search.is_of_region else None
            began = time.perf_counter()
            search.find(connection, store.protection, criteria, regions=regions)
            took.append(time.perf_counter() - began)
    return sorted(took[2:])


def measure(url: str, count: int) -> None:
    """Fill a database and print a line for each search."""
    with Store.create(url, KeyRing.generate()) as store:
        began = time.perf_counter()
        fill(store, count)
        print(f"{store.engine.dialect.name}: {count} pairs written in {time.perf_counter() - began:.1f} s")
        print(f"  {'a page of 50':40} {'least ms':>10} {'median ms':>10}")
        for search in searches(count):
            took = timed(store, search, count)
            print(f"  {search.title:40} {1e3 * took[0]:10.2f} {1e3 * took[len(took) // 2]:10.2f}")


@contextlib.contextmanager
def usual_urls() -> Iterator[list[str]]:
    """Give an SQLite file and, where it is installed, an empty database of a PostgreSQL server."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
    from ca import postgresql

    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        urls = [f"sqlite:///{folder}/ca.db"]
        programs = postgresql.programs()
        if programs is None:
            print(postgresql.ABSENT)
        else:
            urls.append(stack.enter_context(postgresql.cluster(programs)).new_database())
        yield urls


def main(arguments: list[str]) -> int:
    """Measure what the command line names."""
    count = int(arguments[0]) if arguments else 1_000_000
    with usual_urls() if len(arguments) < 2 else contextlib.nullcontext(arguments[1:]) as urls:
        for url in urls:
            measure(url, count)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
