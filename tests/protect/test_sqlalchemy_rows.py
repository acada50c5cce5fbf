"""Tagged rows with SQLAlchemy on SQLite, and models that cannot be protected."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import DateTime, Engine, ForeignKey, create_engine, delete, func, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, defer, load_only, mapped_column

from gmpki.errors import GmpkiError, InvalidInputError, InvalidTypeError, TamperedError
from gmpki.protect.sqlalchemy import EncryptedText, TaggedRow, protect_models, renew
from protect.orm_scene import (
    CARD,
    KEYS,
    NOON,
    Base,
    Colour,
    Department,
    Employee,
    Grant,
    Numbered,
    added,
    fresh_database,
    raw,
)


@pytest.fixture
def engine() -> Iterator[Engine]:
    with fresh_database() as found:
        yield found


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
            assert {one.changes for one in rows} == {0}
            rows[3].role, rows[3].secret = "changed", "s"
            session.commit()
            assert (rows[3].version, rows[3].changes, rows[3].secret) == (2, 1, "s")
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

    def test_second_look_after_the_error(self, engine: Engine) -> None:
        key = added(engine, self.full())
        raw(engine, "UPDATE access_grant SET role = 'admin'")
        with Session(engine) as session:
            caught = []
            for _ in range(3):  # the error keeps the object alive, and with it its place in the session
                with pytest.raises(TamperedError) as error:
                    session.get(Grant, key)
                caught.append(error)
            assert "admin" not in [one.__dict__.get("role") for one in session]

    def test_second_look_at_an_object_that_was_good(self, engine: Engine) -> None:
        key = added(engine, self.full())
        with Session(engine) as session:
            found = session.get_one(Grant, key)
            session.commit()
            raw(engine, "UPDATE access_grant SET role = 'admin'")
            for _ in range(3):
                with pytest.raises(TamperedError):
                    _ = found.role
                with pytest.raises(TamperedError):
                    session.refresh(found)

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

    @pytest.mark.parametrize("names", ["role", ("nothing",), 5, None])
    def test_untagged_that_is_nothing(self, names: Any) -> None:
        class Other(DeclarativeBase):
            pass

        class Row(TaggedRow, Other):
            __tablename__ = "t"
            __untagged__ = names
            id: Mapped[int] = mapped_column(primary_key=True)
            role: Mapped[str]

        with pytest.raises(InvalidInputError, match=r"must name attributes|__untagged__"):
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
