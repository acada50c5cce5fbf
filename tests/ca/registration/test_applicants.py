"""Applicants: what is stored of them, and how they are found again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select, update

from ca import people
from gmpki.ca.registration import applicants
from gmpki.ca.registration.applicants import Applicant, ApplicantKind, Contact
from gmpki.ca.registration.identity import Identity, IdentityKind
from gmpki.ca.store import schema
from gmpki.ca.store.store import Store
from gmpki.errors import ConflictError, InvalidInputError, InvalidTypeError, NotFoundError, StoreError, TamperedError
from gmpki.protect.keys import KeyRing


@pytest.fixture(autouse=True)
def _regions(request: pytest.FixtureRequest) -> None:
    if "store" in request.fixturenames:
        people.add_regions(request.getfixturevalue("store"))


def read(store: Store, applicant_id: int) -> applicants.RegisteredApplicant:
    with store.reading() as connection:
        return applicants.read(connection, store.protection, applicant_id)


def find(store: Store, number: str, **more: Any) -> list[int]:
    with store.reading() as connection:
        return [each.id for each in applicants.find(connection, store.protection, number, **more)]


@pytest.mark.parametrize(
    "applicant",
    [
        people.person(),
        people.person(contact=None, fields={"insurance_number": "0000001", "部门": ""}, credit_code=people.CREDIT_CODE),
        people.organization(),
        people.device(),
    ],
    ids=["person", "fields", "organization", "device"],
)
def test_read_back(store: Store, applicant: Applicant) -> None:
    found = read(store, people.register(store, applicant))
    assert found.applicant == applicant
    assert found.created_at == found.updated_at == store.now()
    assert found.retain_until.year >= found.created_at.year + 10


def test_nothing_secret_stands_in_the_database(store: Store) -> None:
    applicant = people.person(fields={"insurance_number": "SECRET-0001"})
    people.register(store, applicant)
    with store.reading() as connection:
        rows = [connection.execute(select(table)).all() for table in (schema.applicants, schema.audit)]
    assert applicant.contact is not None
    stored = json.dumps(rows, default=str, ensure_ascii=False)
    for secret in (applicant.identity.number, "SECRET-0001", applicant.contact.phone, applicant.contact.address):
        assert secret not in stored


def test_found_in_any_spelling(store: Store) -> None:
    person = people.register(store, people.person())
    device = people.register(store, people.device("Vpn-01"))
    number = people.resident_number(1)
    assert find(store, f" {number[:6]} {number[6:].lower()}") == [person]
    assert find(store, number, kind=IdentityKind.RESIDENT_ID, regions=[1]) == [person]
    assert find(store, number, kind=IdentityKind.PASSPORT) == []
    assert find(store, number, regions=[2]) == []
    assert find(store, number, regions=[]) == []
    assert find(store, people.resident_number(2)) == []
    assert find(store, "Vpn-01") == [device]
    assert find(store, "vpn-01") == []


def test_a_number_is_registered_once(store: Store) -> None:
    first = people.register(store, people.person())
    with pytest.raises(ConflictError, match=f"applicant {first}") as caught:
        people.register(store, people.person(name="王五"))
    assert caught.value.reason == "duplicate"
    with store.transaction() as tx:
        other = applicants.add(tx, people.person(2), actor=people.CLERK)
    with pytest.raises(ConflictError), store.transaction() as tx:
        applicants.update_applicant(tx, other, people.person(1), actor=people.CLERK)


def test_the_database_sees_duplicates_too(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    people.register(store, people.person())
    # As when another process has written the number between the question and the answer.
    monkeypatch.setattr(applicants, "_refuse_duplicate", lambda *_, **__: None)
    with pytest.raises(ConflictError):
        people.register(store, people.person())


def test_a_rotated_ring_still_sees_duplicates(ring: KeyRing, clock: Any, file_url: str) -> None:
    with Store.create(file_url, ring, clock=clock) as store:
        people.add_regions(store)
        first = people.register(store, people.person())
        number = people.resident_number(1)
    with Store.open(file_url, ring.rotated(created=clock()), clock=clock) as rotated:
        assert find(rotated, number) == [first]
        with pytest.raises(ConflictError):
            people.register(rotated, people.person())
        with rotated.transaction() as tx:
            applicants.update_applicant(tx, first, people.person(), actor=people.CLERK)
        assert find(rotated, number) == [first]


def test_update(store: Store, clock: Any) -> None:
    applicant_id = people.register(store, people.person())
    clock.move(days=400)
    changed = people.person(3, name="张三丰", contact=Contact("王五"))
    with store.transaction() as tx:
        applicants.update_applicant(tx, applicant_id, changed, actor=people.CLERK)
    found = read(store, applicant_id)
    assert found.applicant == changed
    assert (found.updated_at - found.created_at).days == 400
    assert find(store, people.resident_number(1)) == []
    with store.reading() as connection:
        line = connection.scalars(select(schema.audit.c.line).order_by(schema.audit.c.number.desc())).first()
    assert "contact" in str(line)
    assert "张三丰" not in str(line)


def test_update_refused(store: Store) -> None:
    applicant_id = people.register(store, people.person())
    with store.transaction() as tx:
        with pytest.raises(InvalidInputError):
            applicants.update_applicant(tx, applicant_id, people.device(), actor=people.CLERK)
        with pytest.raises(NotFoundError):
            applicants.update_applicant(tx, 99, people.person(), actor=people.CLERK)
        with pytest.raises(InvalidTypeError):
            applicants.update_applicant(tx, applicant_id, None, actor=people.CLERK)  # type: ignore[arg-type]


def test_no_such_region(store: Store) -> None:
    with pytest.raises(StoreError):
        people.register(store, people.person(region_id=77))


COLUMNS = [column.name for column in schema.applicants.columns if column.name not in ("id", "region_id")]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_column_is_seen(store: Store, column: str) -> None:
    applicant_id = people.register(store, people.person(fields={"insurance_number": "1"}))
    table = schema.applicants
    with store.transaction() as tx:
        old = tx.connection.scalar(select(table.c[column]))
        new = b"x" if isinstance(old, bytes) else (old or 0) + 1 if isinstance(old, int) else f"{old}x"
        tx.connection.execute(update(table).values({column: new}))
    with pytest.raises(TamperedError) as caught:
        read(store, applicant_id)
    assert caught.value.place == str(applicant_id)


def test_a_row_in_the_place_of_another_is_seen(store: Store) -> None:
    people.register(store, people.person(1))
    second = people.register(store, people.person(2))
    with store.transaction() as tx:
        tx.connection.execute(schema.applicants.delete().where(schema.applicants.c.id == 1))
        tx.connection.execute(update(schema.applicants).where(schema.applicants.c.id == second).values(id=1))
    with pytest.raises(TamperedError):
        read(store, 1)


RESIDENT = Identity(IdentityKind.RESIDENT_ID, people.resident_number(1))
CREDIT = Identity(IdentityKind.CREDIT_CODE, people.CREDIT_CODE)


@pytest.mark.parametrize(
    "arguments",
    [
        {"kind": ApplicantKind.ORGANIZATION},
        {"kind": ApplicantKind.DEVICE},
        {"name": ""},
        {"name": "  "},
        {"name": "张" * 129},
        {"name": "张\n三"},
        {"name": "\ud800"},
        {"region_id": 0},
        {"credit_code": "91110000600037341M"},
        {"fields": {"": "x"}},
        {"fields": {"x": "1" * 1025}},
        {"fields": {str(place): "" for place in range(33)}},
        {"kind": ApplicantKind.ORGANIZATION, "identity": CREDIT, "credit_code": "91110000600037342K"},
    ],
    ids="-".join,
)
def test_refused(arguments: dict[str, Any]) -> None:
    usual = {"kind": ApplicantKind.PERSON, "name": "张三", "identity": RESIDENT, "region_id": 1}
    with pytest.raises(InvalidInputError):
        Applicant(**{**usual, **arguments})


@pytest.mark.parametrize(
    "arguments",
    [
        {"kind": "person"},
        {"name": None},
        {"identity": "11010519491231002X"},
        {"region_id": "1"},
        {"contact": "李四"},
        {"fields": ["x"]},
        {"fields": {1: "x"}},
        {"fields": {"x": 1}},
        {"fields": {"x": "1", 2: "y"}},
        {"credit_code": None},
    ],
)
def test_wrong_types(arguments: dict[str, Any]) -> None:
    usual = {"kind": ApplicantKind.PERSON, "name": "张三", "identity": RESIDENT, "region_id": 1}
    with pytest.raises(InvalidTypeError):
        Applicant(**{**usual, **arguments})


@pytest.mark.parametrize(
    "arguments",
    [("",), ("李" * 65,), ("李四", "1" * 33), ("李四", "", "example"), ("李四", "", "a@"), ("李四", "", "", "x" * 256)],
)
def test_contacts_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInputError):
        Contact(*arguments)


def test_fields_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        people.person(fields={"a": "b"}).fields["a"] = "c"  # type: ignore[index]
