"""Encrypted columns and tagged rows with SQLAlchemy on SQLite."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from sqlalchemy import (
    DateTime,
    Engine,
    Enum,
    ForeignKey,
    Numeric,
    String,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, defer, load_only, mapped_column, relationship

from gmpki.errors import GmpkiError, InvalidInputError, InvalidTag, InvalidTypeError, TamperedError, UnknownKeyError
from gmpki.protect import FieldCipher, FieldJob, KeyRing, SQLAlchemyTable, Tally
from gmpki.protect.sqlalchemy import (
    EncryptedBytes,
    EncryptedInteger,
    EncryptedText,
    StoredValue,
    TaggedRow,
    UTCDateTime,
    protect_models,
    renew,
)

CARD = "110101199003070000"
NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=timezone.utc)


class Base(DeclarativeBase):
    pass


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


class Department(Base):
    """A class with nothing to protect."""

    __tablename__ = "department"
    id: Mapped[int] = mapped_column(primary_key=True)


class Employee(Base):
    """Encrypted columns alone; the database numbers the rows."""

    __tablename__ = "employee"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="nobody")
    id_card: Mapped[str] = mapped_column("id_card_no", EncryptedText())
    photo: Mapped[bytes | None] = mapped_column(EncryptedBytes())
    salary: Mapped[int | None] = mapped_column(EncryptedInteger())


class Grant(TaggedRow, Base):
    """Tagged rows with keys that the program makes."""

    __tablename__ = "access_grant"
    __untagged__ = ("hits",)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    role: Mapped[str] = mapped_column(String(20), default="guest")
    secret: Mapped[str | None] = mapped_column(EncryptedText())
    limit: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    colour: Mapped[Colour | None] = mapped_column(Enum(Colour))
    since: Mapped[datetime | None] = mapped_column(UTCDateTime())
    changed: Mapped[int] = mapped_column(default=0, onupdate=lambda: 77)
    hits: Mapped[int] = mapped_column(default=0, server_default="0")
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    department: Mapped[Department | None] = relationship()


class Numbered(TaggedRow, Base):
    """Tagged rows that the database numbers, with the number of a version."""

    __tablename__ = "numbered"
    id: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[str]
    version: Mapped[int] = mapped_column()
    __mapper_args__: ClassVar = {"version_id_col": version}


class Keys:
    """The ring that the models use, which tests exchange."""

    def __init__(self) -> None:
        self.ring = KeyRing.generate()

    def __call__(self) -> KeyRing:
        return self.ring


KEYS = Keys()
protect_models(Base, KEYS)


@pytest.fixture
def engine() -> Iterator[Engine]:
    KEYS.ring = KeyRing.generate()
    found = create_engine("sqlite://")
    Base.metadata.create_all(found)
    yield found
    found.dispose()


def raw(engine: Engine, statement: str, **values: Any) -> list[Any]:
    with engine.begin() as connection:
        result = connection.execute(text(statement), values)
        return list(result) if result.returns_rows else []


def added(engine: Engine, target: Any) -> Any:
    with Session(engine) as session:
        session.add(target)
        session.commit()
        return target.id


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
        with Session(engine) as session, pytest.raises(InvalidTag):
            session.scalars(select(Employee)).all()

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


class TestTagged:
    def full(self) -> Grant:
        return Grant(
            role="clerk",
            secret="secret",
            limit=Decimal("10.50"),
            colour=Colour.RED,
            since=NOON.astimezone(timezone(timedelta(hours=8))),
            department=Department(id=3),
        )

    def test_there_and_back(self, engine: Engine) -> None:
        key = added(engine, self.full())
        with Session(engine) as session:
            found = session.get_one(Grant, key)
            assert (found.role, found.secret, found.since, found.department_id) == ("clerk", "secret", NOON, 3)
            found.role = "auditor"
            session.commit()
            assert (found.role, found.changed) == ("auditor", 77)

    def test_row_of_defaults(self, engine: Engine) -> None:
        key = added(engine, Grant())
        with Session(engine) as session:
            assert session.get_one(Grant, key).role == "guest"

    def test_number_from_the_database(self, engine: Engine) -> None:
        with Session(engine) as session:
            rows = [Numbered(role=f"r{n}") for n in range(20)]
            session.add_all(rows)
            session.commit()
            session.expire_all()
            assert [one.role for one in session.scalars(select(Numbered))] == [f"r{n}" for n in range(20)]
            rows[3].role = "changed"
            session.commit()
            assert rows[3].version == 2
        assert all(len(tag) == 46 for (tag,) in raw(engine, "SELECT integrity_tag FROM numbered"))

    @pytest.mark.parametrize(
        "change",
        [
            "role = 'admin'",
            "secret = NULL",
            '"limit" = 10.51',
            "colour = 'GREEN'",
            "since = NULL",
            "changed = 1",
            "department_id = NULL",
            "integrity_tag = zeroblob(46)",
            "integrity_tag = x''",
        ],
    )
    def test_changes(self, engine: Engine, change: str) -> None:
        key = added(engine, self.full())
        raw(engine, f"UPDATE access_grant SET {change}")
        with Session(engine) as session, pytest.raises(GmpkiError) as caught:
            session.get(Grant, key)
        assert isinstance(caught.value, TamperedError) or "integrity_tag" in change

    def test_row_copied_over_another(self, engine: Engine) -> None:
        first, second = added(engine, Grant(role="clerk")), added(engine, Grant(role="admin"))
        raw(
            engine,
            "UPDATE access_grant SET (role, integrity_tag) = "
            "(SELECT role, integrity_tag FROM access_grant WHERE id = :b) WHERE id = :a",
            a=first.hex,
            b=second.hex,
        )
        with Session(engine) as session:
            assert session.get_one(Grant, second).role == "admin"
            with pytest.raises(TamperedError) as caught:
                session.get(Grant, first)
        assert caught.value.place == str(first)

    def test_untagged_column(self, engine: Engine) -> None:
        key = added(engine, self.full())
        raw(engine, "UPDATE access_grant SET hits = hits + 1")
        with Session(engine) as session:
            assert session.get_one(Grant, key).hits == 1

    def test_change_between_two_looks(self, engine: Engine) -> None:
        key = added(engine, self.full())
        with Session(engine) as session:
            found = session.get_one(Grant, key)
            session.commit()
            raw(engine, "UPDATE access_grant SET role = 'admin'")
            with pytest.raises(TamperedError):
                _ = found.role

    def test_changed_row_is_not_tagged_by_the_program(self, engine: Engine) -> None:
        key = added(engine, self.full())
        with Session(engine) as session:
            found = session.get_one(Grant, key)
            session.commit()
            raw(engine, "UPDATE access_grant SET role = 'admin'")
            with pytest.raises(TamperedError):
                found.limit = Decimal(5)  # sets one attribute: the row is looked at before

    def test_refresh_of_a_part_with_changes_waiting(self, engine: Engine) -> None:
        key = added(engine, self.full())
        with Session(engine, autoflush=False) as session:
            found = session.get_one(Grant, key)
            found.role = "auditor"
            session.refresh(found, ["secret"])
            session.commit()
            assert (found.role, found.secret) == ("auditor", "secret")

    @pytest.mark.parametrize("option", [load_only(Grant.role), defer(Grant.secret), defer(Grant.integrity_tag)])
    def test_part_of_a_row(self, engine: Engine, option: Any) -> None:
        added(engine, self.full())
        with Session(engine) as session, pytest.raises(InvalidInputError, match="loaded as a whole"):
            session.scalars(select(Grant).options(option)).all()

    def test_statements_of_ones_own(self, engine: Engine) -> None:
        key = added(engine, self.full())
        with Session(engine) as session:
            session.execute(update(Grant).values(role="admin"))
            session.commit()
            with pytest.raises(TamperedError):
                session.get(Grant, key)
            session.execute(delete(Grant))
            session.commit()
            assert session.get(Grant, key) is None

    def test_values_without_encoding(self, engine: Engine) -> None:
        for values in ({"role": "e\u0301"}, {"role": 1.5}, {"role": func.upper("a")}):
            with Session(engine) as session:
                session.add(Grant(**values))
                with pytest.raises(InvalidInputError):
                    session.flush()

    def test_times_need_a_zone(self, engine: Engine) -> None:
        with Session(engine) as session:
            session.add(Grant(since=datetime(2026, 1, 1)))
            with pytest.raises(InvalidInputError, match="no time zone"):
                session.flush()
            session.rollback()
            with pytest.raises(InvalidInputError, match="no time zone"):
                session.scalars(select(Grant).where(Grant.since == datetime(2026, 1, 1))).all()


class TestDeclarations:
    """Bases of their own, each with something that cannot be protected."""

    def flushed(self, base: type[DeclarativeBase], target: Any) -> None:
        protect_models(base, KEYS.ring)
        engine = create_engine("sqlite://")
        base.metadata.create_all(engine)
        try:
            with Session(engine) as session:
                session.add(target)
                session.flush()
        finally:
            engine.dispose()

    def test_default_of_the_database(self) -> None:
        class Other(DeclarativeBase):
            pass

        class Row(TaggedRow, Other):
            __tablename__ = "t"
            id: Mapped[int] = mapped_column(primary_key=True)
            made: Mapped[datetime] = mapped_column(DateTime, server_default=func.now())

        with pytest.raises(InvalidInputError, match=r"t\.made.*__untagged__"):
            self.flushed(Other, Row())

    def test_several_tables(self) -> None:
        class Other(DeclarativeBase):
            pass

        class Parent(Other):
            __tablename__ = "parent"
            id: Mapped[int] = mapped_column(primary_key=True)

        class Child(Parent):
            __tablename__ = "child"
            id: Mapped[int] = mapped_column(ForeignKey("parent.id"), primary_key=True)
            secret: Mapped[str] = mapped_column(EncryptedText())

        with pytest.raises(InvalidInputError, match="several tables"):
            self.flushed(Other, Child(secret="s"))

    def test_encrypted_primary_key(self) -> None:
        class Other(DeclarativeBase):
            pass

        class Row(Other):
            __tablename__ = "t"
            id: Mapped[str] = mapped_column(EncryptedText(), primary_key=True)

        with pytest.raises(InvalidInputError, match="cannot be encrypted"):
            self.flushed(Other, Row(id="a"))

    @pytest.mark.parametrize("names", ["role", ("nothing",)])
    def test_untagged_that_is_nothing(self, names: Any) -> None:
        class Other(DeclarativeBase):
            pass

        class Row(TaggedRow, Other):
            __tablename__ = "t"
            __untagged__ = names
            id: Mapped[int] = mapped_column(primary_key=True)
            role: Mapped[str]

        with pytest.raises(InvalidInputError, match="must name attributes"):
            self.flushed(Other, Row(role="r"))

    def test_composite_key_half_known(self) -> None:
        class Other(DeclarativeBase):
            pass

        class Row(Other):
            __tablename__ = "t"
            a: Mapped[str] = mapped_column(primary_key=True)
            b: Mapped[str] = mapped_column(primary_key=True)
            secret: Mapped[str] = mapped_column(EncryptedText())

        with pytest.raises(InvalidTypeError, match="must be known before"):
            self.flushed(Other, Row(a="a", secret="s"))

    def test_not_protected(self) -> None:
        class Other(DeclarativeBase):
            pass

        class Row(Other):
            __tablename__ = "t"
            id: Mapped[int] = mapped_column(primary_key=True)
            secret: Mapped[str] = mapped_column(EncryptedText())

        engine = create_engine("sqlite://")
        Other.metadata.create_all(engine)
        with Session(engine) as session:
            row = Row(secret="s")
            session.add(row)
            with pytest.raises(InvalidInputError, match="protect_models"):
                session.flush()
        with pytest.raises(InvalidInputError, match="no class that is protected"):
            renew(row)
        engine.dispose()

    def test_protected_twice(self) -> None:
        for base in (Base, Employee):
            with pytest.raises(InvalidInputError, match="protected already"):
                protect_models(base, KEYS)

    def test_arguments(self) -> None:
        class Other(DeclarativeBase):
            pass

        for base, ring in [(None, KEYS), (int, KEYS), (object, KEYS), ("Base", KEYS), (Other, None), (Other, b"key")]:
            with pytest.raises(InvalidTypeError):
                protect_models(base, ring)  # type: ignore[arg-type]
        for target in (None, 5, Base, Department):
            with pytest.raises(InvalidInputError):
                renew(target)

    def test_ring_that_is_none(self, engine: Engine) -> None:
        KEYS.ring = None  # type: ignore[assignment]
        with Session(engine) as session:
            session.add(Employee(id_card=CARD))
            with pytest.raises(InvalidTypeError, match="what ring returns"):
                session.flush()


def test_number_of_statements(engine: Engine) -> None:
    """A row whose key the program makes costs no second statement."""
    seen: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *what: seen.append(what[2][:6]))
    added(engine, Grant(secret="s"))
    assert seen.count("UPDATE") == 0
    added(engine, Employee(id_card=CARD))
    assert seen.count("UPDATE") == 1
