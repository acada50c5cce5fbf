"""Encrypted columns with SQLAlchemy on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, defer

from gmpki.errors import GmpkiError, InvalidInputError, InvalidTag, InvalidTypeError, UnknownKeyError
from gmpki.protect import FieldCipher, FieldJob, SQLAlchemyTable, Tally
from gmpki.protect.sqlalchemy import StoredValue, renew
from protect.orm_scene import CARD, KEYS, Employee, Grant, added, fresh_database, raw


@pytest.fixture
def engine() -> Iterator[Engine]:
    with fresh_database() as found:
        yield found


class TestEncrypted:
    def test_there_and_back(self, engine: Engine) -> None:
        key = added(engine, Employee(id_card=CARD, photo=b"\x00photo", salary=-12345))
        with Session(engine) as session:
            found = session.get_one(Employee, key)
            assert (found.id_card, found.photo, found.salary) == (CARD, b"\x00photo", -12345)
            assert [type(value) for value in (found.id_card, found.photo, found.salary)] == [str, bytes, int]
            assert not session.dirty

    def test_what_the_database_holds(self, engine: Engine) -> None:
        for key in (added(engine, Employee(id_card=CARD)), added(engine, Employee(id=99, id_card=CARD))):
            [(card, photo)] = raw(engine, "SELECT id_card_no, photo FROM employee WHERE id = :id", id=key)
            assert FieldCipher(KEYS.ring, "employee", "id_card_no").decrypt_text(card, key) == CARD
            assert photo is None

    def test_attributes_stay_plain_after_a_flush(self, engine: Engine) -> None:
        with Session(engine) as session:
            one = Employee(id_card=CARD, salary=3)
            session.add(one)
            session.flush()
            assert (type(one.id_card), type(one.salary)) == (str, int)
            one.id_card = "changed"
            session.flush()
            assert type(one.id_card) is str
            session.commit()
            assert one.id_card == "changed"

    def test_many_rows_at_once(self, engine: Engine) -> None:
        with Session(engine) as session:
            session.add_all(Employee(id_card=f"{n}", salary=n) for n in range(50))
            session.commit()
            found = session.scalars(select(Employee)).all()
            assert [(one.id_card, one.salary) for one in found] == [(f"{n}", n) for n in range(50)]

    def test_only_what_changed_is_written(self, engine: Engine) -> None:
        key = added(engine, Employee(id_card=CARD, salary=1))
        before = raw(engine, "SELECT id_card_no FROM employee")
        with Session(engine) as session:
            session.get_one(Employee, key).salary = 2
            session.commit()
        assert raw(engine, "SELECT id_card_no FROM employee") == before
        with Session(engine) as session:
            session.get_one(Employee, key).salary = None
            session.commit()
            assert session.get_one(Employee, key).salary is None

    def test_value_copied_to_another_object(self, engine: Engine) -> None:
        with Session(engine) as session:
            one = Employee(id=1, id_card=CARD)
            session.add(one)
            session.flush()
            session.add(Employee(id=2, id_card=one.id_card))
            session.commit()
            session.expire_all()
            assert session.get_one(Employee, 2).id_card == CARD

    def test_primary_key_that_changes(self, engine: Engine) -> None:
        added(engine, Employee(id=1, id_card=CARD, photo=b"p"))
        with Session(engine) as session:
            session.get_one(Employee, 1).id = 5
            session.commit()
        with Session(engine) as session:
            found = session.get_one(Employee, 5)
            assert (found.id_card, found.photo) == (CARD, b"p")

    def test_failed_flush(self, engine: Engine) -> None:
        added(engine, Employee(id=1, id_card=CARD))
        with Session(engine) as session:
            again = Employee(id=1, id_card="other")
            session.add(again)
            with pytest.raises(IntegrityError):
                session.flush()
            session.rollback()
            assert again.id_card == "other"
            again.id = 2
            session.add(again)
            session.commit()
            assert session.get_one(Employee, 2).id_card == "other"

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE employee SET id_card_no = (SELECT id_card_no FROM employee WHERE id = 2) WHERE id = 1",
            "UPDATE employee SET id = id + 1000 WHERE id = 1",
            "UPDATE employee SET id_card_no = salary",
        ],
    )
    def test_moved_values(self, engine: Engine, statement: str) -> None:
        for key in (1, 2):
            added(engine, Employee(id=key, id_card=f"{key}", salary=key))
        raw(engine, statement)
        with Session(engine) as session:
            caught = []
            for _ in range(3):
                with pytest.raises(InvalidTag) as error:
                    session.scalars(select(Employee)).all()
                caught.append(error)

    def test_plaintext_in_the_database(self, engine: Engine) -> None:
        added(engine, Employee(id_card=CARD))
        raw(engine, "UPDATE employee SET id_card_no = 'plaintext'")
        with Session(engine) as session, pytest.raises(GmpkiError):
            session.scalars(select(Employee)).all()

    def test_columns_give_stored_values(self, engine: Engine) -> None:
        key = added(engine, Employee(id_card=CARD))
        with Session(engine) as session:
            stored, photo = session.execute(select(Employee.id_card, Employee.photo)).one()
        assert isinstance(stored, StoredValue)
        assert FieldCipher(KEYS.ring, "employee", "id_card_no").decrypt_text(stored.stored, key) == CARD  # type: ignore[arg-type]
        assert photo is None

    def test_statements_take_no_plaintext(self, engine: Engine) -> None:
        stored = StoredValue(FieldCipher(KEYS.ring, "employee", "id_card_no").encrypt_text(CARD, 8))
        with Session(engine) as session:
            for statement in (
                insert(Employee).values(id=7, id_card=CARD),
                update(Employee).values(id_card=CARD),
                update(Employee).values(photo=b"plain"),
            ):
                with pytest.raises(InvalidInputError, match="takes no plaintext"):
                    session.execute(statement)
                session.rollback()
            with pytest.raises(InvalidInputError, match="takes no plaintext"):
                session.bulk_insert_mappings(Employee.__mapper__, [{"id": 7, "id_card": CARD}])
            session.rollback()
            session.execute(insert(Employee).values(id=8, id_card=stored))
            session.commit()
            assert session.get_one(Employee, 8).id_card == CARD
            assert session.scalar(select(func.count()).select_from(Employee)) == 1

    @pytest.mark.parametrize(
        "compare",
        [
            lambda: Employee.id_card == CARD,
            lambda: Employee.id_card != CARD,
            lambda: Employee.id_card.like("11%"),
            lambda: Employee.id_card.in_([CARD]),
            lambda: Employee.salary > 5,  # type: ignore[operator]
            lambda: 5 + Employee.salary,  # type: ignore[operator]
            Employee.id_card.desc,
            lambda: Employee.id_card == Employee.name,
        ],
    )
    def test_comparing_is_refused(self, compare: Callable[[], object]) -> None:
        with pytest.raises(InvalidInputError, match="compared with None alone"):
            compare()

    def test_comparing_with_none(self, engine: Engine) -> None:
        added(engine, Employee(id_card=CARD, photo=b"p"))
        added(engine, Employee(id_card=CARD))
        with Session(engine) as session:
            assert session.scalars(select(Employee.id).where(Employee.photo == None)).all() == [2]  # noqa: E711
            assert session.scalars(select(Employee.id).where(Employee.photo.is_not(None))).all() == [1]

    @pytest.mark.parametrize(
        "values",
        [{"id_card": 5}, {"id_card": b"b"}, {"photo": "text"}, {"salary": "5"}, {"salary": True}, {"salary": 1.5}],
    )
    def test_wrong_types(self, engine: Engine, values: dict[str, Any]) -> None:
        with Session(engine) as session:
            session.add(Employee(**{"id_card": CARD, **values}))
            with pytest.raises(InvalidTypeError):
                session.flush()

    def test_limits_of_numbers(self, engine: Engine) -> None:
        key = added(engine, Employee(id_card=CARD, salary=-(1 << 2048) + 1))
        with Session(engine) as session:
            found = session.get_one(Employee, key)
            assert found.salary == -(1 << 2048) + 1
            found.salary = 1 << 2048
            with pytest.raises(InvalidInputError, match="2048 bits"):
                session.flush()

    def test_refresh_expire_merge(self, engine: Engine) -> None:
        key = added(engine, Employee(id_card=CARD))
        with Session(engine) as session:
            found = session.get_one(Employee, key)
            session.refresh(found, ["id_card"])
            assert found.id_card == CARD
            session.expire(found, ["id_card"])
            assert found.id_card == CARD
            session.expunge(found)
            found.id_card = "merged"
            assert session.merge(found).id_card == "merged"
            session.commit()
            assert session.get_one(Employee, key).id_card == "merged"

    def test_deferred(self, engine: Engine) -> None:
        added(engine, Employee(id_card=CARD, photo=b"p"))
        with Session(engine) as session:
            found = session.scalars(select(Employee).options(defer(Employee.photo))).one()
            assert "photo" not in found.__dict__
            assert found.photo == b"p"


class TestJobs:
    def test_encrypts_a_table_for_the_models(self, engine: Engine) -> None:
        for key in range(1, 8):
            raw(engine, "INSERT INTO employee (id, name, id_card_no) VALUES (:id, 'n', :card)", id=key, card=f"c{key}")
        cipher = FieldCipher(KEYS.ring, "employee", "id_card_no")
        store = SQLAlchemyTable(engine, Employee.__table__, "id_card_no")  # type: ignore[arg-type]
        assert FieldJob(cipher, store, batch=3).run() == Tally(7, plain=7)
        with Session(engine) as session:
            assert [one.id_card for one in session.scalars(select(Employee))] == [f"c{n}" for n in range(1, 8)]

    def test_rotation(self, engine: Engine) -> None:
        key, grant = added(engine, Employee(id_card=CARD)), added(engine, Grant(secret="s"))
        old = KEYS.ring.primary_id
        KEYS.ring = KEYS.ring.rotated()
        cipher = FieldCipher(KEYS.ring, "employee", "id_card_no")
        FieldJob(cipher, SQLAlchemyTable(engine, Employee.__table__, "id_card_no")).run()  # type: ignore[arg-type]
        with Session(engine) as session:
            assert session.get_one(Employee, key).id_card == CARD
            renew(session.get_one(Grant, grant))
            session.commit()
        KEYS.ring = KEYS.ring.destroyed(old)
        with Session(engine) as session:
            assert session.get_one(Employee, key).id_card == CARD
            assert session.get_one(Grant, grant).secret == "s"

    def test_destroyed_too_early(self, engine: Engine) -> None:
        key = added(engine, Employee(id_card=CARD))
        ring = KEYS.ring.rotated()
        KEYS.ring = ring.destroyed(KEYS.ring.primary_id)
        with Session(engine) as session, pytest.raises(UnknownKeyError, match="was destroyed"):
            session.get(Employee, key)


def test_number_of_statements(engine: Engine) -> None:
    """A row whose key the program makes costs no second statement."""
    seen: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *what: seen.append(what[2][:6]))
    added(engine, Grant(secret="s"))
    assert seen.count("UPDATE") == 0
    added(engine, Employee(id_card=CARD))
    assert seen.count("UPDATE") == 1
