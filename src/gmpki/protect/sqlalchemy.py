"""Encrypted columns and tagged rows for the object-relational mapper of SQLAlchemy: the extra "sqlalchemy".

>>> from sqlalchemy import create_engine, text
>>> from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
>>> from gmpki.protect import KeyRing
>>> from gmpki.protect.sqlalchemy import EncryptedText, TaggedRow, protect_models
>>> class Base(DeclarativeBase):
...     pass
>>> class Employee(TaggedRow, Base):
...     __tablename__ = "employee"
...     id: Mapped[int] = mapped_column(primary_key=True)
...     role: Mapped[str]
...     id_card: Mapped[str | None] = mapped_column(EncryptedText())
>>> protect_models(Base, KeyRing.generate())  # in an application, the ring of its file
>>> engine = create_engine("sqlite://")
>>> Base.metadata.create_all(engine)
>>> with Session(engine) as session:
...     session.add(Employee(role="clerk", id_card="110101199003070000"))
...     session.commit()
>>> with Session(engine) as session:
...     session.get(Employee, 1).id_card
'110101199003070000'
>>> with engine.begin() as connection:  # somebody with access to the database
...     _ = connection.execute(text("UPDATE employee SET role = 'admin'"))
>>> with Session(engine) as session:
...     session.get(Employee, 1)
Traceback (most recent call last):
gmpki.errors.TamperedError: the record 1 of employee is not as it was tagged
>>> engine.dispose()

**Encrypted columns** hold what :class:`~gmpki.protect.fields.FieldCipher` makes of the value, its table, its column
and the primary key of its row; a value moved elsewhere does not decrypt (:class:`~gmpki.errors.InvalidTag` when the
object is loaded). A type of SQLAlchemy sees a value and not its row; the mapper's events do, and therefore

- values are encrypted and decrypted for mapped objects in a session. ``INSERT`` and ``UPDATE`` statements of one's own
  are refused with plaintext; they take a :class:`StoredValue` that was encrypted with FieldCipher;
- ``select(Employee.id_card)`` gives :class:`StoredValue`, not plaintext; ``select(Employee)`` gives objects;
- comparing and sorting by such a column is refused, except with ``None``: equal values are not equal there. See
  :class:`~gmpki.protect.blind_index.BlindIndex`.

Where the database numbers the rows, a row is inserted without its values and, in the same transaction, updated with
them as soon as its number is known. An encrypted column of text has the form that
:class:`~gmpki.protect.rotation.FieldJob` writes: columns that exist are encrypted by it.

**Tagged rows** carry a tag of :class:`~gmpki.protect.records.RecordTagger` over all columns that are mapped, or all
but those that ``__untagged__`` names. It is made when an object is flushed, and verified whenever one is loaded or
refreshed; an object that fails is left without values, and fails again. Encrypted columns count with their plaintext,
a new key does not touch the tag. Loading part of a row (``load_only``, ``defer``) is refused: it could not be
verified. Statements of one's own make rows that do not load any more: that is what the tag is for. A tagged column
must give back what it was given: round numbers before, use :class:`UTCDateTime` for times; floating-point numbers are
refused. A row that was put back as it was earlier, with its tag of then, and rows that were removed are seen by
:class:`~gmpki.protect.records.TableSealer` alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from sqlalchemy import LargeBinary, event, inspect
from sqlalchemy.orm import Mapped, mapped_column, object_session, registry

from gmpki._inputs import member
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.protect._orm_rows import RowPlan
from gmpki.protect._orm_types import EncryptedBytes, EncryptedInteger, EncryptedText, StoredValue, UTCDateTime
from gmpki.protect.keys import KeyRing
from gmpki.protect.records import TAG_LEN

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy import Connection
    from sqlalchemy.orm import Mapper

__all__ = [
    "EncryptedBytes",
    "EncryptedInteger",
    "EncryptedText",
    "StoredValue",
    "TaggedRow",
    "UTCDateTime",
    "protect_models",
    "renew",
]

# By the base class that was given to protect_models.
_protections: WeakKeyDictionary[type, _Protection] = WeakKeyDictionary()


class TaggedRow:
    """A mixin for mapped classes whose rows carry a tag, in a column named ``integrity_tag`` of 46 bytes.

    :cvar __untagged__: names of attributes that the tag leaves out, such as counters that statements of one's own
        change. The tag says nothing about them.
    """

    __untagged__: ClassVar[Collection[str]] = ()

    integrity_tag: Mapped[bytes] = mapped_column(LargeBinary(TAG_LEN), sort_order=1000)


def protect_models(base: type, ring: KeyRing | Callable[[], KeyRing]) -> None:
    """Encrypt, decrypt, tag and verify the objects of a declarative base and of all classes below it.

    Once for each base, before the first session; until then encrypted columns take no values and give none.

    :param base: the declarative base, or one mapped class.
    :param ring: the key ring, or a function that returns it, called often, for processes that outlive a rotation.
    :raises InvalidTypeError: when base is another class or none, or ring neither of the two.
    :raises InvalidInputError: when the base, or a class above or below it, is protected already.
    """
    if not isinstance(base, type) or not isinstance(getattr(base, "registry", None), registry):
        raise InvalidTypeError("base must be a declarative base of SQLAlchemy, or a class that is mapped below one")
    if not isinstance(ring, KeyRing) and not callable(ring):
        raise InvalidTypeError(f"ring must be a KeyRing or a function that returns one, not {type(ring).__name__}")
    for other in list(_protections):
        if issubclass(base, other) or issubclass(other, base):
            raise InvalidInputError(f"{other.__name__} is protected already")
    protection = _Protection(ring)
    for name in ("before_insert", "after_insert", "before_update", "after_update", "load", "refresh"):
        event.listen(base, name, getattr(protection, name), propagate=True)
    _protections[base] = protection


def renew(target: object) -> None:
    """Have an object encrypted and tagged anew at its next flush, under the key that is primary then.

    :raises InvalidInputError: when it belongs to no class that is protected.
    """
    for base, protection in list(_protections.items()):
        if isinstance(target, base):
            mapper: Mapper[Any] | None = inspect(type(target), raiseerr=False)
            if mapper is None:
                break
            protection.plan(mapper).renew(target)
            return
    raise InvalidInputError(f"{type(target).__name__} is no class that is protected")


class _Protection:
    """The listeners of one base, and the plans of its classes. Thread-safe: a plan made twice does no harm."""

    def __init__(self, ring: KeyRing | Callable[[], KeyRing]) -> None:
        self._ring = ring
        self._plans: WeakKeyDictionary[Any, RowPlan] = WeakKeyDictionary()

    def plan(self, mapper: Mapper[Any]) -> RowPlan:
        """Return the plan of a class for the ring of now."""
        ring = self._ring if isinstance(self._ring, KeyRing) else self._ring()
        member(ring, KeyRing, "what ring returns")
        plan = self._plans.get(mapper)
        if plan is None or plan.ring is not ring:
            plan = self._plans[mapper] = RowPlan(mapper, ring, tagged=issubclass(mapper.class_, TaggedRow))
        return plan

    def before_insert(self, mapper: Mapper[Any], _connection: Connection, target: Any) -> None:
        plan = self.plan(mapper)
        if not plan.is_empty:
            plan.before_insert(target)

    def after_insert(self, mapper: Mapper[Any], connection: Connection, target: Any) -> None:
        plan = self.plan(mapper)
        if not plan.is_empty:
            plan.after_insert(connection, target)

    def before_update(self, mapper: Mapper[Any], _connection: Connection, target: Any) -> None:
        plan = self.plan(mapper)
        session = object_session(target)
        # The mapper asks for every object that may have changed, and writes those alone that have.
        if not plan.is_empty and session is not None and session.is_modified(target, include_collections=False):
            plan.before_update(target)

    def after_update(self, mapper: Mapper[Any], _connection: Connection, target: Any) -> None:
        plan = self.plan(mapper)
        if not plan.is_empty:
            plan.leave_plain(target)

    def load(self, target: Any, _context: Any) -> None:
        try:
            plan = self.plan(inspect(type(target)))
            if not plan.is_empty:
                plan.loaded(target)
        except BaseException:
            # The object stands in its session already: what was loaded must not be there for the next who asks.
            session = object_session(target)
            if session is not None:
                session.expire(target)
            raise

    def refresh(self, target: Any, context: Any, _names: Any) -> None:
        self.load(target, context)
