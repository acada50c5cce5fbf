"""Searches find what a look at every row finds, in pages, by indexes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import postgresql, sqlite

from ca import people
from certified import NOW
from gmpki.ca.registration.states import ApplicationState, PairState
from gmpki.ca.reports import search
from gmpki.ca.reports.search import Criteria
from gmpki.ca.store.store import Store
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.protect.keys import KeyRing

NAMES = ("张三", "张三丰", "张伟", "李四", "王五", "Zhang")
KINDS = ("社保", "税务", "招投标")
DAY_S = 86400


def fill(store: Store) -> None:
    """Write 6 applicants in 3 regions with 120 applications and pairs, several of one second."""
    chance = random.Random(1)
    people.add_regions(store, "44", "4403", "440305")
    ids = [people.register(store, people.person(at, name=name, region_id=at % 3 + 1)) for at, name in enumerate(NAMES)]
    ids.append(people.register(store, people.organization(contact=people.Contact("李雷"))))
    with store.transaction() as tx:
        for at in range(120):
            common = {"region_id": chance.randint(1, 3), "business_kind": chance.choice(KINDS)}
            entered = tx.at + at // 7 * DAY_S
            owner = chance.choice(ids)
            application = people.add_application(
                tx,
                owner,
                f"A{at:04}",
                entered_by=f"录入员 0{at % 2}",
                entered_at=entered,
                state=chance.choice(list(ApplicationState)).value,
                token_serial=f"K{at:03}",
                **common,
            )
            people.add_pair(
                tx,
                owner,
                1000 + 2 * at,
                application_id=application,
                issued_at=entered,
                state=chance.choice(list(PairState)).value,
                token_serial=f"K{at:03}",
                profile=chance.choice(["person", "server"]),
                **common,
            )


@pytest.fixture(scope="module")
def filled() -> Iterator[Store]:
    with Store.create("sqlite://", KeyRing.generate(created=NOW), clock=lambda: NOW) as store:
        fill(store)
        yield store


def every(store: Store, find: Any, criteria: Criteria, *, limit: int = 7, **more: Any) -> list[Any]:
    found: list[Any] = []
    after = None
    for _ in range(200):
        with store.reading() as connection:
            page = find(connection, store.protection, criteria, after=after, limit=limit, **more)
        assert len(page.rows) == limit or page.next is None
        found += page.rows
        after = page.next
        if after is None:
            return found
    raise AssertionError("pages without an end")


BOTH = {
    "all": (Criteria(), lambda _: True),
    "name": (Criteria(name="张三"), lambda row: row.name == "张三"),
    "prefix": (Criteria(name_prefix="张三"), lambda row: row.name.startswith("张三")),
    "letters": (Criteria(name_prefix="Z"), lambda row: row.name == "Zhang"),
    "nobody": (Criteria(name_prefix="赵"), lambda _: False),
    "identity": (Criteria(identity=people.resident_number(3)), lambda row: row.name == NAMES[3]),
    "credit-code": (Criteria(credit_code=people.CREDIT_CODE.lower()), lambda row: row.kind.value == "organization"),
    "contact": (Criteria(contact_prefix="李雷"), lambda row: row.kind.value == "organization"),
    "token": (Criteria(token_serial="K007"), lambda row: row.token_serial == "K007"),
    "kind": (Criteria(business_kind="税务"), lambda row: row.business_kind == "税务"),
    "authority": (Criteria(authority="示例"), lambda _: True),
    "profile": (Criteria(profile="server"), lambda row: row.profile == "server"),
    "injection": (Criteria(name="张三' OR 1=1 --"), lambda _: False),
    "wildcards": (Criteria(name_prefix="%"), lambda _: False),
}
OF_PAIRS = {
    "handler": (Criteria(handler="录入员 00"), lambda row: row.id % 2 == 1),
    "signing": (Criteria(serial=1010), lambda row: row.id == 6),
    "encryption": (Criteria(serial=1011), lambda row: row.id == 6),
    "subject": (Criteria(subject_prefix="CN=101"), lambda row: 6 <= row.id <= 10),
    "state": (Criteria(state=PairState.LOST), lambda row: row.state is PairState.LOST),
    "kind and state": (
        Criteria(state=PairState.LOST, business_kind="社保"),
        lambda row: row.state is PairState.LOST and row.business_kind == "社保",
    ),
    "since": (Criteria(since=NOW + timedelta(days=5)), lambda row: row.issued_at >= NOW + timedelta(days=5)),
    "until": (Criteria(until=NOW + timedelta(days=5)), lambda row: row.issued_at < NOW + timedelta(days=5)),
}
OF_APPLICATIONS = {
    "handler": (Criteria(handler="录入员 01"), lambda row: row.entered_by == "录入员 01"),
    "reference": (Criteria(reference="A0042"), lambda row: row.reference == "A0042"),
    "state": (Criteria(state=ApplicationState.ENTERED), lambda row: row.state is ApplicationState.ENTERED),
    "period": (
        Criteria(since=NOW + timedelta(days=2), until=NOW + timedelta(days=3)),
        lambda row: row.entered_at == NOW + timedelta(days=2),
    ),
}
CASES = [
    pytest.param(find, criteria, fits, id=f"{find.__name__}-{name}")
    for find, cases in (
        (search.pairs_like, {**BOTH, **OF_PAIRS}),
        (search.applications_like, {**BOTH, **OF_APPLICATIONS}),
    )
    for name, (criteria, fits) in cases.items()
]


@pytest.mark.parametrize("regions", [None, (2,), (1, 3), (), tuple(range(1, 100))], ids=["all", "2", "13", "0", "99"])
@pytest.mark.parametrize(("find", "criteria", "fits"), CASES)
def test_finds_what_fits(filled: Store, find: Any, criteria: Criteria, fits: Any, regions: Any) -> None:
    rows = every(filled, find, Criteria(), limit=1000)
    assert len(rows) == 120
    expected = [row.id for row in rows if fits(row) and (regions is None or row.region_id in regions)]
    found = every(filled, find, criteria, regions=regions)
    assert sorted(row.id for row in found) == sorted(expected)
    if criteria.name_prefix is not None:
        assert [row.name for row in found] == sorted(row.name for row in found)
    elif criteria.subject_prefix is None and criteria.contact_prefix is None:
        assert [row.id for row in found] == sorted(expected, reverse=True)


def test_rows_say_whose_they_are(filled: Store) -> None:
    with filled.reading() as connection:
        pair = search.pairs_like(connection, filled.protection, Criteria(serial=1011)).rows[0]
        application = search.applications_like(connection, filled.protection, Criteria(reference="A0005")).rows[0]
    assert (pair.signing_serial, pair.encryption_serial) == (1010, 1011)
    assert application.name == pair.name
    assert application.issued_at is None


@pytest.mark.parametrize(
    "after",
    [
        "",
        "x",
        "W10=",
        "WzEsMl0",
        "WyJhIiwxXQ==",
        "WzEuNSwxXQ==",
        "W3RydWUsMV0=",
        "WzEsbnVsbF0=",
        "WyJcdWQ4MDAiLDFd",
        "张",
        "W" * 4000,
    ],
)
def test_another_cursor(filled: Store, after: str) -> None:
    with filled.reading() as connection, pytest.raises(InvalidInputError):
        search.pairs_like(connection, filled.protection, Criteria(), after=after)


def test_numbers_no_database_has(filled: Store) -> None:
    with filled.reading() as connection:
        for value, row_id in ((1 << 80, 1), (1, 1 << 80)):
            with pytest.raises(InvalidInputError):
                search.pairs_like(connection, filled.protection, Criteria(), after=search._cursor(value, row_id))


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_limits(filled: Store, limit: int) -> None:
    with filled.reading() as connection, pytest.raises(InvalidInputError):
        search.pairs_like(connection, filled.protection, Criteria(), limit=limit)


@pytest.mark.parametrize(
    ("find", "criteria"),
    [
        (search.pairs_like, Criteria(reference="A1")),
        (search.pairs_like, Criteria(state=ApplicationState.ISSUED)),
        (search.applications_like, Criteria(serial=1)),
        (search.applications_like, Criteria(subject_prefix="CN")),
        (search.applications_like, Criteria(state=PairState.ISSUED)),
    ],
)
def test_criteria_of_the_other(filled: Store, find: Any, criteria: Criteria) -> None:
    with filled.reading() as connection, pytest.raises(InvalidInputError):
        find(connection, filled.protection, criteria)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"name": ""}, InvalidInputError),
        ({"name": "x" * 256}, InvalidInputError),
        ({"name": "a\0"}, InvalidInputError),
        ({"name": "\ud800"}, InvalidInputError),
        ({"serial": -1}, InvalidInputError),
        ({"since": NOW.replace(tzinfo=None)}, InvalidInputError),
        ({"name": 1}, InvalidTypeError),
        ({"serial": "1"}, InvalidTypeError),
        ({"until": 5}, InvalidTypeError),
    ],
    ids=range(9),
)
def test_criteria_refused(arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        Criteria(**arguments)


ALONE = [
    Criteria(),
    Criteria(identity=people.resident_number(3)),
    Criteria(credit_code=people.CREDIT_CODE),
    Criteria(name="张三"),
    Criteria(name_prefix="张三"),
    Criteria(contact_prefix="李"),
    Criteria(token_serial="K1"),
    Criteria(business_kind="社保"),
    Criteria(handler="录入员 01"),
    Criteria(since=NOW, until=NOW + timedelta(days=1)),
]
PLANS = [
    pytest.param(target, criteria, regions, id=f"{target.table.name}-{at}-{regions}")
    for target, cases in (
        (search.PAIRS, [*ALONE, Criteria(serial=5), Criteria(subject_prefix="CN=1"), Criteria(state=PairState.LOST)]),
        (search.APPLICATIONS, [*ALONE, Criteria(reference="A1"), Criteria(state=ApplicationState.ENTERED)]),
    )
    for at, criteria in enumerate(cases)
    for regions in (None, (2,))
]


def explained(store: Store, target: Any, criteria: Criteria, regions: Any, before: str) -> Iterator[str]:
    dialect = store.engine.dialect.name
    compiler = sqlite.dialect() if dialect == "sqlite" else postgresql.dialect()
    after = None if criteria != Criteria() else search._cursor(5, 5)
    _, queries = search.statements(target, store.protection, search._Question(criteria, regions, after, 50))
    with store.reading() as connection:
        if dialect == "postgresql":
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        for query in queries:
            written = str(query.compile(dialect=compiler, compile_kwargs={"literal_binds": True}))
            yield "\n".join(str(row[-1]) for row in connection.exec_driver_sql(before + written.replace("%", "%%")))


@pytest.mark.parametrize(("target", "criteria", "regions"), PLANS)
def test_sqlite_uses_indexes(filled: Store, target: Any, criteria: Criteria, regions: Any) -> None:
    for plan in explained(filled, target, criteria, regions, "EXPLAIN QUERY PLAN "):
        for line in plan.splitlines():
            assert "SCAN" not in line or "INDEX" in line, plan


@pytest.mark.parametrize("target", [search.PAIRS, search.APPLICATIONS], ids=["pairs", "applications"])
def test_a_business_kind_within_a_region_has_an_index(filled: Store, target: Any) -> None:
    plans = list(explained(filled, target, Criteria(business_kind="社保"), (2,), "EXPLAIN QUERY PLAN "))
    assert len(plans) == len(target.states)
    for plan in plans:
        assert f"ix_{target.table.name}_region_kind (region_id=? AND state=? AND business_kind=?" in plan


def test_a_handler_within_a_region_is_one_query(filled: Store) -> None:
    (plan,) = explained(filled, search.APPLICATIONS, Criteria(handler="录入员 01"), (2,), "EXPLAIN QUERY PLAN ")
    assert "ix_applications_handler (entered_by=?" in plan


@pytest.mark.once
def test_postgresql_uses_indexes(postgresql_store: Store) -> None:
    for case in PLANS:
        for plan in explained(postgresql_store, *case.values, before="EXPLAIN "):
            assert "Seq Scan" not in plan, f"{case.id}\n{plan}"


@pytest.mark.once
def test_postgresql_finds_the_same(postgresql_store: Store, filled: Store) -> None:
    fill(postgresql_store)
    for case in CASES:
        find, criteria, _ = case.values
        for regions in (None, (1, 3)):
            here, there = (
                [row.id for row in every(store, find, criteria, regions=regions)]
                for store in (filled, postgresql_store)
            )
            assert here == there, case.id
