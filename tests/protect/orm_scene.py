"""Models with encrypted columns and tagged rows, and a database for them."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import Engine, Enum, ForeignKey, Numeric, String, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from gmpki.protect import KeyRing
from gmpki.protect.sqlalchemy import (
    EncryptedBytes,
    EncryptedInteger,
    EncryptedText,
    TaggedRow,
    UTCDateTime,
    protect_models,
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
    secret: Mapped[str | None] = mapped_column(EncryptedText())
    changes: Mapped[int] = mapped_column(default=0, onupdate=1)
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


@contextmanager
def fresh_database() -> Iterator[Engine]:
    """Give an empty database, and the models a new ring."""
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
