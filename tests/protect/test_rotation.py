"""The job that encrypts a table: what it does, and when it stops."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import sqlalchemy

import hostile
from gmpki.errors import (
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    StateError,
    TamperedError,
    UnknownKeyError,
    UnsupportedAlgorithm,
)
from gmpki.protect import DBAPITable, FieldCipher, FieldJob, KeyRing, SQLAlchemyTable, Tally
from gmpki.protect.rotation import Change, FieldStore

RING = KeyRing.generate()
CIPHER = FieldCipher(RING, "employee", "phone")


def phone(row: int) -> str:
    return f"1380000{row:04}"


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE employee (id INTEGER PRIMARY KEY, phone TEXT, photo BLOB)")
    connection.executemany("INSERT INTO employee VALUES (?, ?, ?)", [(n, phone(n), bytes([n])) for n in range(1, 11)])
    connection.execute("INSERT INTO employee VALUES (11, NULL, NULL)")
    connection.commit()
    yield connection
    connection.close()


def column(database: sqlite3.Connection, name: str = "phone", **options: Any) -> DBAPITable:
    return DBAPITable(database, "employee", name, key=["id"], **options)


def read(database: sqlite3.Connection) -> dict[int, str]:
    found = database.execute("SELECT id, phone FROM employee WHERE phone IS NOT NULL")
    return {row: CIPHER.decrypt_text(stored, row) for row, stored in found}


class TestJob:
    @pytest.mark.parametrize("batch", [1, 3, 10, 500])
    def test_plaintext(self, database: sqlite3.Connection, batch: int) -> None:
        seen: list[tuple[int, Any]] = []
        job = FieldJob(CIPHER, column(database), batch=batch)
        assert job.count() == Tally(10, plain=10)
        assert job.run(lambda tally, row: seen.append((tally.rows, row))) == Tally(10, plain=10)
        assert read(database) == {n: phone(n) for n in range(1, 11)}
        assert seen[-1] == (10, 10)
        assert job.count() == Tally(10, current=10)

    def test_counting_writes_nothing(self, database: sqlite3.Connection) -> None:
        before = list(database.iterdump())
        FieldJob(CIPHER, column(database)).count()
        assert list(database.iterdump()) == before

    def test_a_second_run_changes_nothing(self, database: sqlite3.Connection) -> None:
        job = FieldJob(CIPHER, column(database))
        job.run()
        before = list(database.iterdump())
        assert job.run() == Tally(10, current=10)
        assert list(database.iterdump()) == before

    def test_rotation(self, database: sqlite3.Connection) -> None:
        FieldJob(CIPHER, column(database)).run(after=5)
        ring = RING.rotated()
        cipher = FieldCipher(ring, "employee", "phone")
        job = FieldJob(cipher, column(database), batch=3)
        assert job.run() == Tally(10, plain=5, other_key=5)
        only_new = FieldCipher(ring.destroyed(RING.primary_id), "employee", "phone")
        assert FieldJob(only_new, column(database)).count() == Tally(10, current=10)

    def test_bytes(self, database: sqlite3.Connection) -> None:
        cipher = FieldCipher(RING, "employee", "photo")
        assert FieldJob(cipher, column(database, "photo")).run().plain == 10
        for row, stored in database.execute("SELECT id, photo FROM employee WHERE photo IS NOT NULL"):
            assert cipher.decrypt(stored, row) == bytes([row])

    def test_both_kinds_are_read_meanwhile(self, database: sqlite3.Connection) -> None:
        job = FieldJob(CIPHER, column(database))
        job.run(after=5)
        for row, stored in database.execute("SELECT id, phone FROM employee WHERE id < 11"):
            assert job.plain_value(stored, row) == phone(row)

    def test_keys_of_several_columns(self) -> None:
        connection = sqlite3.connect(":memory:")
        connection.execute("CREATE TABLE t (a TEXT, b INTEGER, v TEXT, PRIMARY KEY (a, b))")
        rows = [(a, b) for a in ("x", "y", "z") for b in range(4)]
        connection.executemany("INSERT INTO t VALUES (?, ?, 'value')", rows)
        connection.commit()
        cipher = FieldCipher(RING, "t", "v")
        store = DBAPITable(connection, "t", "v", key=["a", "b"])
        assert FieldJob(cipher, store, batch=5).run() == Tally(12, plain=12)
        found = connection.execute("SELECT a, b, v FROM t").fetchall()
        assert {cipher.decrypt_text(v, (a, b)) for a, b, v in found} == {"value"}
        connection.close()


class TestStops:
    @pytest.mark.parametrize("change", ["other row", "bit", "cut", "short", "plaintext that begins so"])
    def test_value_that_does_not_decrypt(self, database: sqlite3.Connection, change: str) -> None:
        FieldJob(CIPHER, column(database), batch=2).run()
        stored = database.execute("SELECT phone FROM employee WHERE id = 4").fetchone()[0]
        other = database.execute("SELECT phone FROM employee WHERE id = 5").fetchone()[0]
        value = {
            "other row": other,
            "bit": stored[:70] + ("A" if stored[70] != "A" else "B") + stored[71:],
            "cut": stored[:50],
            "short": "R01QRgEB",
            "plaintext that begins so": "R01QR is my password",
        }[change]
        database.execute("UPDATE employee SET phone = ? WHERE id = 4", (value,))
        database.commit()
        before = list(database.iterdump())
        job = FieldJob(CIPHER, column(database), batch=2)
        for call in (job.run, job.count):
            with pytest.raises(TamperedError, match="the row 4") as caught:
                call()
            assert caught.value.place == "4"
        assert list(database.iterdump()) == before

    def test_wrong_column_does_not_encrypt_twice(self, database: sqlite3.Connection) -> None:
        FieldJob(CIPHER, column(database)).run()
        before = list(database.iterdump())
        with pytest.raises(TamperedError):
            FieldJob(FieldCipher(RING, "employee", "mobile"), column(database)).run()
        with pytest.raises(UnknownKeyError, match="the row 1: "):
            FieldJob(FieldCipher(KeyRing.generate(), "employee", "phone"), column(database)).run()
        assert list(database.iterdump()) == before

    def test_version_of_tomorrow(self, database: sqlite3.Connection) -> None:
        database.execute("UPDATE employee SET photo = ? WHERE id = 3", (b"GMPF\x02\x01" + bytes(60),))
        database.commit()
        with pytest.raises(UnsupportedAlgorithm, match=r"the row 3: .*version 2"):
            FieldJob(FieldCipher(RING, "employee", "photo"), column(database, "photo")).run()

    def test_numbers(self, database: sqlite3.Connection) -> None:
        database.execute("UPDATE employee SET photo = 5 WHERE id = 3")
        database.commit()
        with pytest.raises(InvalidTypeError, match="the row 3 holds int"):
            FieldJob(FieldCipher(RING, "employee", "photo"), column(database, "photo")).run()

    def test_column_that_cuts_values_off(self, database: sqlite3.Connection) -> None:
        database.executescript(
            "CREATE TRIGGER narrow AFTER UPDATE ON employee WHEN length(NEW.phone) > 20 AND NEW.id = 4 "
            "BEGIN UPDATE employee SET phone = substr(NEW.phone, 1, 20) WHERE id = NEW.id; END"
        )
        before = list(database.iterdump())
        with pytest.raises(StateError, match="wide enough"):
            FieldJob(CIPHER, column(database)).run()
        assert list(database.iterdump()) == before

    def test_inputs(self, database: sqlite3.Connection) -> None:
        store = column(database)
        for cipher, where, batch in [(RING, store, 1), (CIPHER, database, 1), (CIPHER, store, 0), (CIPHER, store, "1")]:
            with pytest.raises(InvalidInputError):
                FieldJob(cipher, where, batch=batch)  # type: ignore[arg-type]
        with pytest.raises(InvalidInputError, match="1 parts"):
            FieldJob(CIPHER, store).run(after=(1, 2))


class Shelf:
    """A store in memory, whose rows others change while they are read."""

    def __init__(self, rows: dict[Any, Any]) -> None:
        self.rows = rows
        self.writers: list[Any] = []

    def read(self, after: Any, limit: int) -> Sequence[tuple[Any, Any]]:
        return [(row, self.rows[row]) for row in sorted(self.rows) if after is None or row > after][:limit]

    def replace(self, changes: Sequence[Change]) -> int:
        if self.writers:
            self.writers.pop(0)(self.rows)
        done = 0
        for row, old, new in changes:
            if self.rows.get(row) == old:
                self.rows[row] = new
                done += 1
        return done


class TestOthersWrite:
    def test_a_change_meanwhile_is_kept(self) -> None:
        shelf = Shelf({n: phone(n) for n in range(5)})
        shelf.writers = [
            lambda rows: rows.update({1: "changed"}),
            lambda rows: rows.update({1: CIPHER.encrypt_text("changed again", 1), 2: CIPHER.encrypt_text("new", 2)}),
            lambda rows: rows.pop(4, None),
        ]
        FieldJob(CIPHER, shelf, batch=3).run()
        assert {row: CIPHER.decrypt_text(stored, row) for row, stored in shelf.rows.items()} == {
            0: phone(0),
            1: "changed again",
            2: "new",
            3: phone(3),
        }

    def test_rows_that_never_rest(self) -> None:
        shelf = Shelf({1: "a"})
        shelf.writers = [lambda rows, n=n: rows.update({1: f"{n}"}) for n in range(1000)]
        with pytest.raises(StateError, match="100 times"):
            FieldJob(CIPHER, shelf).run()
        assert shelf.rows == {1: "99"}

    def test_everything_removed_meanwhile(self) -> None:
        shelf = Shelf({1: "a"})
        shelf.writers = [lambda rows: rows.clear()]
        assert FieldJob(CIPHER, shelf).run() == Tally()

    @pytest.mark.parametrize("rows", [[(1, "a")], [1], [(None, "a")], [(1, "a", "b")], None, [(1, "a"), (2, "b")]])
    def test_stores_that_are_none(self, rows: Any) -> None:
        class Broken(Shelf):
            def read(self, *_: Any) -> Any:
                return rows

        with pytest.raises(InvalidInputError):
            FieldJob(CIPHER, Broken({1: "a"}), batch=1).run()


class TestStores:
    def test_are_stores(self, database: sqlite3.Connection) -> None:
        assert isinstance(column(database), FieldStore)

    @pytest.mark.parametrize(
        ("table", "name", "key"),
        [
            ("employee; DROP TABLE employee", "phone", ["id"]),
            ("employee", "phone = 1", ["id"]),
            ("employee", "phone", ["id --"]),
            ("employee", "phone", []),
            ("employee", "phone", "id"),
            ("employee", "phone", ["id"] * 17),
            ("", "phone", ["id"]),
            ("a.b.c.d", "phone", ["id"]),
        ],
    )
    def test_names_refused(self, database: sqlite3.Connection, table: str, name: str, key: Any) -> None:
        with pytest.raises(InvalidInputError):
            DBAPITable(database, table, name, key=key)

    def test_options_refused(self, database: sqlite3.Connection) -> None:
        with pytest.raises(UnsupportedAlgorithm, match="paramstyle"):
            column(database, paramstyle="named")
        with pytest.raises(InvalidInputError, match="FOR UPDATE"):
            column(database, lock="; DROP TABLE employee")
        list(hostile.results(lambda c, t, n, k: DBAPITable(c, t, n, key=k), (database, "t", "c", ["id"])))

    def test_other_paramstyle_and_lock(self) -> None:
        statements: list[tuple[str, Any]] = []
        answers = [[("old",)], [("new",)], [("other",)]]

        class Cursor:
            rowcount = 1

            def execute(self, statement: str, parameters: Any) -> None:
                statements.append((statement, parameters))

            def fetchall(self) -> list[Any]:
                return answers.pop(0)

            def close(self) -> None:
                pass

        class Connection:
            def cursor(self) -> Cursor:
                return Cursor()

            def commit(self) -> None:
                statements.append(("commit", ()))

            def rollback(self) -> None:
                statements.append(("rollback", ()))

        store = DBAPITable(Connection(), "s.t", "c", key=["a", "b"], paramstyle="format", lock="FOR UPDATE")
        assert store.replace([Change((1, 2), "old", "new"), Change((1, 3), "old", "new")]) == 1
        select = "SELECT c FROM s.t WHERE a = %s AND b = %s"
        assert statements == [
            (f"{select} FOR UPDATE", (1, 2)),
            ("UPDATE s.t SET c = %s WHERE a = %s AND b = %s AND c = %s", ("new", 1, 2, "old")),
            (select, (1, 2)),
            (f"{select} FOR UPDATE", (1, 3)),
            ("commit", ()),
        ]

    def test_sqlalchemy(self) -> None:
        engine = sqlalchemy.create_engine("sqlite://", poolclass=sqlalchemy.StaticPool)
        metadata = sqlalchemy.MetaData()
        table = sqlalchemy.Table(
            "t",
            metadata,
            sqlalchemy.Column("a", sqlalchemy.String(9), primary_key=True),
            sqlalchemy.Column("b", sqlalchemy.Integer, primary_key=True),
            sqlalchemy.Column("order", sqlalchemy.Text),
            sqlalchemy.Column("blob", sqlalchemy.LargeBinary),
        )
        metadata.create_all(engine)
        rows = [{"a": a, "b": b, "order": f"{a}{b}", "blob": b"x"} for a in "xyz" for b in range(4)]
        with engine.begin() as connection:
            connection.execute(table.insert(), rows)
        cipher = FieldCipher(RING, "t", "order")
        job = FieldJob(cipher, SQLAlchemyTable(engine, table, "order"), batch=5)
        assert job.run() == Tally(12, plain=12)
        assert job.run() == Tally(12, current=12)
        FieldJob(FieldCipher(RING, "t", "blob"), SQLAlchemyTable(engine, table, "blob"), batch=5).run()
        with engine.connect() as connection:
            for a, b, order, blob in connection.execute(table.select()):
                assert cipher.decrypt_text(order, (a, b)) == f"{a}{b}"
                assert FieldCipher(RING, "t", "blob").decrypt(blob, (a, b)) == b"x"
        with pytest.raises(InvalidInputError, match="no column"):
            SQLAlchemyTable(engine, table, "nothing")
        keyless = sqlalchemy.Table("k", metadata, sqlalchemy.Column("v", sqlalchemy.Text))
        with pytest.raises(InvalidInputError, match="no primary key"):
            SQLAlchemyTable(engine, keyless, "v")
        with pytest.raises(GmpkiError):
            SQLAlchemyTable("sqlite://", table, "order")  # type: ignore[arg-type]
        engine.dispose()
