"""Attachments are known by their digests."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from ca import people
from gmpki.algorithms import sm3
from gmpki.ca.registration import attachments
from gmpki.ca.store import schema
from gmpki.ca.store.store import Store
from gmpki.errors import ConflictError, InvalidInputError, InvalidTypeError, LimitExceeded, NotFoundError, TamperedError

CONTENT = b"%PDF-1.7 \xe8\x90\xa5" * 100_000


@pytest.fixture
def application(store: Store) -> int:
    people.add_regions(store)
    applicant = people.register(store, people.person())
    with store.transaction() as tx:
        return people.add_application(tx, applicant, "A1")


def add(store: Store, application_id: int, content: Any = None, **more: Any) -> attachments.Attachment:
    arguments = {"title": "营业执照", "media_type": "application/pdf", **more}
    with store.transaction() as tx:
        chosen = io.BytesIO(CONTENT) if content is None else content
        return attachments.add(tx, application_id, content=chosen, actor=people.CLERK, **arguments)


def test_added_and_verified(store: Store, application: int, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(CONTENT)
    made = add(store, application, path)
    assert made.digest == sm3.digest(CONTENT).hex()
    assert made.length == len(CONTENT)
    with store.reading() as connection:
        assert attachments.of_application(connection, application) == (made,)
        assert attachments.of_application(connection, 99) == ()
        said = connection.scalars(select(schema.audit.c.line).where(schema.audit.c.operation == "attachment.add")).all()
    assert len(said) == 1
    attachments.verify(made, path)
    attachments.verify(made, io.BytesIO(CONTENT))


@pytest.mark.parametrize("content", [b"", CONTENT[:-1], CONTENT + b"x", b"x" + CONTENT[1:]], ids=range(4))
def test_another_file(store: Store, application: int, content: bytes) -> None:
    made = add(store, application)
    with pytest.raises(TamperedError) as caught:
        attachments.verify(made, io.BytesIO(content))
    assert caught.value.place == made.id


def test_too_long(store: Store, application: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made = add(store, application, io.BytesIO(b"short"))
    monkeypatch.setattr(attachments, "MAX_LEN", 1000)
    with pytest.raises(LimitExceeded):
        add(store, application, title="另一份")
    with pytest.raises(TamperedError):
        attachments.verify(made, io.BytesIO(CONTENT))


def test_twice(store: Store, application: int) -> None:
    add(store, application)
    with pytest.raises(ConflictError):
        add(store, application, title="另一份")


def test_too_many(store: Store, application: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "_MAX_COUNT", 2)
    for content in (b"1", b"2"):
        add(store, application, io.BytesIO(content))
    with pytest.raises(LimitExceeded):
        add(store, application, io.BytesIO(b"3"))


@pytest.mark.parametrize(
    "arguments",
    [
        {"title": ""},
        {"title": "x" * 256},
        {"title": "a\nb"},
        {"media_type": ""},
        {"media_type": "pdf"},
        {"media_type": "Application/PDF"},
        {"media_type": "a/b\n"},
        {"media_type": "a/" + "b" * 99},
        {"content": Path("/nonexistent/file")},
        {"content": Path("a\0b")},
    ],
    ids=range(10),
)
def test_refused(store: Store, application: int, arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        add(store, application, **arguments)


@pytest.mark.parametrize(
    "arguments",
    [{"content": b"bytes"}, {"content": io.StringIO("text")}, {"title": 1}, {"media_type": None}],
    ids=range(4),
)
def test_wrong_types(store: Store, application: int, arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidTypeError):
        add(store, application, **arguments)


def test_closed_file(store: Store, application: int) -> None:
    closed = io.BytesIO(b"x")
    closed.close()
    with pytest.raises(InvalidInputError):
        add(store, application, closed)


def test_no_such_application(store: Store, application: int) -> None:
    with pytest.raises(NotFoundError):
        add(store, application + 1)
