"""Backups hold everything, tell when they were changed, and fill databases of either kind."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, Table, insert, select, update

from ca.conftest import Clock
from certified import NOW
from gmpki.ca.interfaces import SYSTEM
from gmpki.ca.store import backup
from gmpki.ca.store.backup import back_up, restore, verify_backup
from gmpki.ca.store.revisions import HEAD
from gmpki.ca.store.schema import METADATA, audit, audit_head, authorities, regions, store_facts
from gmpki.ca.store.store import Store
from gmpki.errors import DecodeError, InvalidTypeError, StoreError, TamperedError, UnknownKeyError
from gmpki.protect.keys import KeyRing


def some_row(table: Table, number: int) -> dict[str, Any]:
    """Return a row with something in every column; references lead to the rows of the same number."""
    row: dict[str, Any] = {}
    for column in table.columns:
        kind = column.type
        if isinstance(kind, Boolean):
            row[column.name] = bool(number % 2)
        elif isinstance(kind, Integer | BigInteger):
            row[column.name] = number
        elif isinstance(kind, LargeBinary):
            row[column.name] = bytes((number, 0, 255))
        else:
            row[column.name] = f"文{number}"
    return row


def fill(store: Store) -> None:
    """Put two rows into every table but the audit log's; of the regions, the first lies in the second."""
    with store.transaction() as tx:
        for table in METADATA.sorted_tables:
            if table not in (audit, audit_head):
                tx.connection.execute(insert(table), [some_row(table, number) for number in (1, 2)])
        tx.connection.execute(update(regions).where(regions.c.id == 1).values(parent_id=2))
        tx.connection.execute(update(regions).where(regions.c.id == 2).values(parent_id=None))
        tx.audit(SYSTEM, "thing.fill", "thing:1")


def contents(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    with store.reading() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for table in METADATA.sorted_tables
        }


@pytest.fixture
def filled(store: Store) -> Store:
    fill(store)
    return store


@pytest.fixture
def path(filled: Store, tmp_path: Path) -> Path:
    """Give a backup."""
    made = tmp_path / "ca.backup"
    back_up(filled, made)
    return made


def check_restored(before: Store, after: Store) -> None:
    """Check that everything is there, and that the authority and its log can go on."""
    expected, found = contents(before), contents(after)
    assert len(found.pop("audit")) == len(expected.pop("audit")) + 1
    for tables in (expected, found):
        tables.pop("audit_head")
        numbers = [row[list(authorities.c.keys()).index("last_crl_number")] for row in tables.pop("authorities")]
        assert numbers == [1, 2] or min(numbers) > 1_000_000
    assert found == expected
    with after.transaction() as tx:
        new = {"code": f"new {len(found['regions'])}", "title": "新", "parent_id": 1, "tag": b""}
        tx.connection.execute(insert(regions), [new])
        tx.audit(SYSTEM, "thing.put", "thing:3")


def test_a_backup_fills_another_database(filled: Store, path: Path, file_url: str, ring: KeyRing) -> None:
    steps: list[int] = []
    with restore(path, file_url, ring, actor=SYSTEM, progress=steps.append) as restored:
        check_restored(filled, restored)
    assert steps == sorted(steps)
    assert steps[-1] == sum(verify_backup(path, ring).rows.values())
    Store.open(file_url, ring).close()


@pytest.mark.once
def test_a_backup_goes_from_one_kind_to_the_other_and_back(
    filled: Store, path: Path, postgresql_url: str, tmp_path: Path, file_url: str, ring: KeyRing
) -> None:
    with restore(path, postgresql_url, ring, actor=SYSTEM) as there:
        check_restored(filled, there)
        back_up(there, tmp_path / "second")
        with restore(tmp_path / "second", file_url, ring, actor=SYSTEM) as back:
            check_restored(there, back)


def test_a_backup_says_what_it_holds(path: Path, ring: KeyRing, filled: Store) -> None:
    found = verify_backup(path, ring)
    assert (found.at, found.revision) == (NOW, HEAD)
    assert found.rows == {name: len(rows) for name, rows in contents(filled).items()}


def test_a_backup_is_of_one_moment_and_says_how_far_it_is(file_store: Store, ring: KeyRing, tmp_path: Path) -> None:
    with file_store.transaction() as tx:
        tx.connection.execute(insert(store_facts), [{"name": str(n), "value": ""} for n in range(2500)])
    steps: list[int] = []

    def progress(done: int) -> None:
        with file_store.engine.connect() as other:  # somebody else goes on writing
            other.execute(insert(store_facts), [{"name": f"late-{done}", "value": ""}])
            other.commit()
        steps.append(done)

    made = back_up(file_store, tmp_path / "backup", progress=progress)
    assert made.rows["store_facts"] == 2500
    assert steps == sorted(steps)
    assert len(steps) > 2
    assert verify_backup(tmp_path / "backup", ring) == made


def test_a_backup_is_for_its_owner_only_and_replaces_nothing(path: Path, filled: Store) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        back_up(filled, path)
    assert path.read_bytes() == before


def test_a_backup_that_fails_leaves_no_file(filled: Store, tmp_path: Path) -> None:
    def fail(_: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        back_up(filled, tmp_path / "backup", progress=fail)
    assert list(tmp_path.iterdir()) == []


# ---- what is no backup, or not the one that was written -----------------------------------
def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def row_at(lines: list[bytes], table: str) -> int:
    return next(number for number, line in enumerate(lines) if line.startswith(b'{"table":"%s"' % table.encode())) + 1


def test_every_change_of_a_line_is_found(path: Path, ring: KeyRing) -> None:
    lines = lines_of(path)
    for number, line in enumerate(lines):
        for changed in (b"", line + line, line[:-3] + bytes((line[-3] ^ 1,)) + line[-2:], line[:-1]):
            path.write_bytes(b"".join((*lines[:number], changed, *lines[number + 1 :])))
            with pytest.raises((TamperedError, DecodeError, UnknownKeyError)):
                verify_backup(path, ring)


def test_the_place_of_a_change_is_named(path: Path, ring: KeyRing) -> None:
    lines = lines_of(path)
    at = row_at(lines, "operators")
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    path.write_bytes(b"".join(lines))
    with pytest.raises(TamperedError) as caught:
        verify_backup(path, ring)
    assert (caught.value.reason, caught.value.place) == ("changed", "operators")


def test_every_end_in_the_middle_is_found(path: Path, ring: KeyRing) -> None:
    lines = lines_of(path)
    for number in range(len(lines)):
        path.write_bytes(b"".join(lines[:number]))
        with pytest.raises((TamperedError, DecodeError)):
            verify_backup(path, ring)


@pytest.mark.parametrize("more", [b"\n", b"[]\n", b"\0"], ids=["line", "row", "byte"])
def test_what_follows_the_end_is_found(path: Path, ring: KeyRing, more: bytes) -> None:
    path.write_bytes(path.read_bytes() + more)
    with pytest.raises(TamperedError):
        verify_backup(path, ring)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\n",
        b"[]\n",
        b"[" * 60_000 + b"\n",
        b"{}\n",
        b'{"gmpki store backup":2,"revision":"0001","at":1,"key":""}\n',
        b'{"gmpki store backup":1,"revision":7,"at":1,"key":""}\n',
        b'{"gmpki store backup":1,"revision":"0001","at":1e999,"key":""}\n',
        b'{"gmpki store backup":1,"revision":"0001","at":1,"key":"x"}\n',
        b"x" * 100_000,
    ],
    ids=["nothing", "no text", "list", "nested", "empty", "format", "revision", "time", "key", "long"],
)
def test_what_is_no_backup_is_refused(tmp_path: Path, ring: KeyRing, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(DecodeError):
        verify_backup(tmp_path / "x", ring)


@pytest.mark.parametrize("line", [b"[" * 70_000, b"{" * 60_000, b"7", b'{"mac":7}', b'{"table":7,"columns":7}', b"[1"])
def test_hostile_lines_are_refused(path: Path, ring: KeyRing, line: bytes) -> None:
    lines = lines_of(path)
    path.write_bytes(b"".join((lines[0], line, b"\n")))
    with pytest.raises(TamperedError):
        verify_backup(path, ring)


def test_a_backup_needs_its_ring(path: Path) -> None:
    with pytest.raises(UnknownKeyError):
        verify_backup(path, KeyRing.generate())


def test_a_changed_backup_writes_nothing(path: Path, ring: KeyRing, tmp_path: Path) -> None:
    lines = lines_of(path)
    del lines[row_at(lines, "revocations")]
    path.write_bytes(b"".join(lines))
    with pytest.raises(TamperedError):
        restore(path, f"sqlite:///{tmp_path}/new.db", ring, actor=SYSTEM)
    assert [each.name for each in tmp_path.iterdir()] == ["ca.backup"]


def test_a_backup_that_changes_after_it_was_verified_leaves_no_store(path: Path, ring: KeyRing, tmp_path: Path) -> None:
    lines = lines_of(path)
    at = row_at(lines, "store_facts")

    def change(_: int) -> None:
        path.write_bytes(b"".join((*lines[:at], *lines[at + 1 :])))

    class Changing(Clock):
        def __call__(self) -> Any:
            change(0)  # the clock is first asked when the file has been verified
            return super().__call__()

    with pytest.raises(TamperedError):
        restore(path, f"sqlite:///{tmp_path}/new.db", ring, actor=SYSTEM, clock=Changing())
    assert [each.name for each in tmp_path.iterdir()] == ["ca.backup"]


def test_a_database_that_is_not_empty_is_not_filled(
    path: Path, ring: KeyRing, file_store: Store, file_url: str
) -> None:
    with pytest.raises(StoreError):
        restore(path, file_url, ring, actor=SYSTEM)
    assert contents(file_store)["store_facts"] == []


def test_tables_of_another_revision_are_not_restored(
    filled: Store, tmp_path: Path, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("gmpki.ca.store.backup.HEAD", "0000")
        back_up(filled, tmp_path / "old")
    with pytest.raises(StoreError, match="0000"):
        restore(tmp_path / "old", "sqlite://", ring, actor=SYSTEM)


@pytest.mark.parametrize("value", [None, 7, b"x"])
def test_other_types_are_refused(value: Any, store: Store, ring: KeyRing, tmp_path: Path) -> None:
    for call in (
        lambda: back_up(value, tmp_path / "x"),
        lambda: back_up(store, value),
        lambda: verify_backup(value, ring),
        lambda: verify_backup(tmp_path / "x", value),
        lambda: restore(value, "sqlite://", ring, actor=SYSTEM),
        lambda: restore(tmp_path / "x", "sqlite://", value, actor=SYSTEM),
    ):
        with pytest.raises(InvalidTypeError):
            call()


def test_a_missing_file_is_told(tmp_path: Path, ring: KeyRing) -> None:
    with pytest.raises(FileNotFoundError):
        restore(tmp_path / "none", "sqlite://", ring, actor=SYSTEM)


@pytest.mark.parametrize(
    "end",
    ['{"rows": 1, "mac": "中"}', '{"rows": 1, "mac": 7}', '{"mac": "\\ud800"}'],
    ids=["beyond ASCII", "no text", "no rows"],
)
def test_ends_that_are_none(path: Path, ring: KeyRing, end: str) -> None:
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]) + end + "\n", "utf-8")
    with pytest.raises(TamperedError):
        verify_backup(path, ring)


def test_another_number_of_rows_at_the_end(path: Path, ring: KeyRing) -> None:
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]) + lines[-1].replace('"rows":', '"rows":1'), "utf-8")
    with pytest.raises(TamperedError):
        verify_backup(path, ring)


@pytest.mark.parametrize("line", ["[1]", "[1", '{"table":"nothing","columns":["a"]}\n[1]'])
def test_lines_that_change_after_they_were_verified(
    path: Path, ring: KeyRing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    found = verify_backup(path, ring)
    monkeypatch.setattr(backup, "verify_backup", lambda *_: found)
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join([*lines[:2], line + "\n", *lines[2:]]), "utf-8")
    with pytest.raises(TamperedError):
        restore(path, f"sqlite:///{tmp_path / 'other.db'}", ring, actor=SYSTEM)
