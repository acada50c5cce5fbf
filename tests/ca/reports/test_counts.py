"""How many there are of what."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ca import people
from certified import NOW
from gmpki.ca.registration.states import ApplicationState, PairState
from gmpki.ca.reports.counts import By, Count, count_applications, count_pairs, count_seals
from gmpki.ca.reports.workdays import CHINA_TIME
from gmpki.ca.store.store import Store
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.protect.keys import KeyRing
from gmpki.seal.registry import MemorySealRegistry
from seal import samples

START = int(NOW.timestamp())
ROWS: list[dict[str, Any]] = []


@pytest.fixture(scope="module")
def filled() -> Iterator[Store]:
    chance = random.Random(2)
    ROWS.clear()
    with Store.create("sqlite://", KeyRing.generate(created=NOW), clock=lambda: NOW) as store:
        people.add_regions(store, "44", "4403")
        owners = [people.register(store, each) for each in (people.person(), people.organization(), people.device())]
        kinds = dict(zip(owners, ("person", "organization", "device"), strict=True))
        with store.transaction() as tx:
            for at in range(200):
                owner = chance.choice(owners)
                when = START + chance.randrange(-400 * 86400, 400 * 86400)
                common = {
                    "region_id": chance.randint(1, 2),
                    "medium": chance.choice(["ukey", "file"]),
                    "profile": chance.choice(["person", "server"]),
                    "is_free": chance.random() < 0.5,
                    "business_kind": chance.choice(["社保", "税务"]),
                    "state": chance.choice(["issued", "withdrawn", "revoked"]),
                }
                state = common["state"] if common["state"] != "withdrawn" else "lost"
                people.add_pair(tx, owner, 2 * at + 2, issued_at=when, **{**common, "state": state})
                state = common["state"] if common["state"] != "revoked" else "closed"
                people.add_application(tx, owner, f"A{at}", entered_at=when, **{**common, "state": state})
                day = datetime.fromtimestamp(when, CHINA_TIME)
                ROWS.append(
                    {
                        **common,
                        "kind": kinds[owner],
                        "point_id": None,
                        "authority": "示例",
                        "day": f"{day:%Y-%m-%d}",
                        "month": f"{day:%Y-%m}",
                        "year": f"{day:%Y}",
                        "at": when,
                    }
                )
        yield store


CASES: list[tuple[By, ...]] = [
    (),
    (By.KIND,),
    (By.MEDIUM, By.PROFILE),
    (By.REGION, By.POINT),
    (By.AUTHORITY, By.FREE, By.BUSINESS_KIND),
    (By.DAY,),
    (By.MONTH, By.KIND),
    (By.KIND, By.YEAR),
]


@pytest.mark.parametrize("count", [count_pairs, count_applications])
@pytest.mark.parametrize("by", CASES, ids=lambda by: "-".join(each.value for each in by) or "all")
@pytest.mark.parametrize(
    "limits", [{}, {"regions": [2]}, {"since": NOW}, {"until": NOW}], ids=["all", "2", "since", "until"]
)
def test_counted_as_by_hand(filled: Store, count: Any, by: tuple[By, ...], limits: dict[str, Any]) -> None:
    expected: Counter[tuple[Any, ...]] = Counter()
    for row in ROWS:
        here = row["region_id"] in limits.get("regions", (1, 2))
        if here and ("since" not in limits or row["at"] >= START) and ("until" not in limits or row["at"] < START):
            expected[tuple(row[each.value] for each in by)] += 1
    with filled.reading() as connection:
        found = count(connection, by, **limits)
    assert {each.values: each.count for each in found} == expected
    assert list(found) == sorted(found, key=lambda each: [(value is not None, value) for value in each.values])


def test_by_state(filled: Store) -> None:
    with filled.reading() as connection:
        of_pairs = {each.values[0] for each in count_pairs(connection, [By.STATE])}
        of_applications = {each.values[0] for each in count_applications(connection, [By.STATE])}
        (applied,) = count_applications(connection, [By.OPERATION])
    assert of_pairs <= {each.value for each in PairState}
    assert of_applications <= {each.value for each in ApplicationState}
    assert applied == Count(("apply",), 200)


def test_where_days_begin(store: Store) -> None:
    people.add_regions(store)
    owner = people.register(store, people.person())
    midnight = datetime(2026, 3, 1, tzinfo=timezone.utc)
    with store.transaction() as tx:
        for at, over_s in enumerate((-1, 0, -8 * 3600, -8 * 3600 - 1)):
            people.add_pair(tx, owner, 2 * at + 2, issued_at=int(midnight.timestamp()) + over_s)
    with store.reading() as connection:
        here = {each.values[0]: each.count for each in count_pairs(connection, [By.DAY])}
        utc = {each.values[0]: each.count for each in count_pairs(connection, [By.DAY], zone=timezone.utc)}
        west = {
            each.values[0]: each.count
            for each in count_pairs(connection, [By.MONTH], zone=timezone(timedelta(hours=-5)))
        }
    assert here == {"2026-02-28": 1, "2026-03-01": 3}
    assert utc == {"2026-02-28": 3, "2026-03-01": 1}
    assert west == {"2026-02": 4}


@pytest.mark.once
def test_postgresql_counts_the_same(postgresql_store: Store, filled: Store) -> None:
    people.add_regions(postgresql_store, "44", "4403")
    owner = people.register(postgresql_store, people.person())
    with postgresql_store.transaction() as tx:
        for at, row in enumerate(ROWS):
            more = {"issued_at": row["at"], "region_id": row["region_id"], "medium": row["medium"]}
            people.add_pair(tx, owner, 2 * at + 2, **more)
    for by in ([By.DAY], [By.MEDIUM, By.YEAR], [By.REGION]):
        with filled.reading() as here, postgresql_store.reading() as there:
            assert count_pairs(here, by) == count_pairs(there, by)


@pytest.mark.parametrize(
    ("by", "error"),
    [
        ([By.DAY, By.MONTH], InvalidInputError),
        ([By.KIND, By.KIND], InvalidInputError),
        ([By.OPERATION], InvalidInputError),
        (["kind"], InvalidTypeError),
        (None, InvalidTypeError),
    ],
    ids=range(5),
)
def test_refused(store: Store, by: Any, error: type[Exception]) -> None:
    with store.reading() as connection, pytest.raises(error):
        count_pairs(connection, by)


def test_seals() -> None:
    at = datetime(2026, 2, 28, 17, tzinfo=timezone.utc)
    registry = MemorySealRegistry(clock=lambda: at)
    seal = samples.seal()
    registry.make(seal, by="制章员 01")
    registry.file(seal, by="备案员 01")
    registry.replace(seal, samples.new_seal(name="示例市人力资源局"), by="制章员 01", why="更名")
    assert count_seals(registry, []) == (Count((), 2),)
    assert count_seals(registry, [By.STATE]) == (Count(("in-use",), 1), Count(("replaced",), 1))
    assert count_seals(registry, [By.DAY, By.STATE])[0] == Count(("2026-03-01", "in-use"), 1)
    assert count_seals(registry, [By.MONTH], zone=timezone.utc) == (Count(("2026-02",), 2),)
    for by in ([By.KIND], [By.STATE, By.STATE]):
        with pytest.raises(InvalidInputError):
            count_seals(registry, by)


def test_seals_of_an_empty_registry() -> None:
    assert count_seals(MemorySealRegistry(), [By.STATE]) == ()
    with pytest.raises(InvalidTypeError):
        count_seals(None, [By.STATE])  # type: ignore[arg-type]
