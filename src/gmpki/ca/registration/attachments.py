"""Attachments of applications, by digest: the files themselves are kept by whoever runs the office.

with store.transaction() as tx:
    attachments.add(tx, application_id, "营业执照", "application/pdf", path, actor=actor)
with store.reading() as connection:
    for each in attachments.of_application(connection, application_id):
        attachments.verify(each, folder / each.digest)
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from sqlalchemy import func, insert, select

from gmpki._inputs import as_text
from gmpki.algorithms.sm3 import SM3
from gmpki.ca.registration.applicants import line_of_text
from gmpki.ca.store.columns import from_seconds, row_id
from gmpki.ca.store.schema import applications, attachments
from gmpki.errors import ConflictError, InvalidInputError, InvalidTypeError, LimitExceeded, NotFoundError, TamperedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from gmpki.ca.interfaces import Actor
    from gmpki.ca.store.store import Transaction

__all__ = ["Attachment", "add", "of_application", "verify"]

MAX_LEN: Final = 1 << 30
_MAX_COUNT: Final = 100
_CHUNK_LEN: Final = 1 << 20
# RFC 6838 4.2, as far as anybody uses it.
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,30}/[a-z0-9][a-z0-9!#$&^_.+-]{0,30}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Attachment:
    """What the database says about a file. Immutable.

    :ivar length: bytes.
    :ivar digest: SM3, 64 hexadecimal digits.
    """

    id: int
    application_id: int
    title: str
    media_type: str
    length: int
    digest: str
    added_by: str
    added_at: datetime


def add(
    tx: Transaction, application_id: int, title: str, media_type: str, content: Path | BinaryIO, *, actor: Actor
) -> Attachment:
    """Write down that a file belongs to an application. Large files are better digested before the transaction.

    :param title: what it is, such as "营业执照".
    :param media_type: such as "application/pdf".
    :param content: a file, or something open for reading bytes; at most 1 GiB.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when the title is empty or too long, the media type none, or the file cannot be read.
    :raises LimitExceeded: when the file is too long, or the application has 100 attachments.
    :raises NotFoundError: when there is no such application.
    :raises ConflictError: "duplicate" when the application has this file.
    """
    row_id(application_id, "the number of an application")
    title = line_of_text(title, "title", most=255)
    if _MEDIA_TYPE.fullmatch(as_text(media_type, "media_type")) is None:
        raise InvalidInputError("media_type is no media type in small letters, such as application/pdf")
    length, digest = _digested(content)
    owner = select(applications.c.id).where(applications.c.id == application_id).with_for_update()
    if tx.connection.scalar(owner) is None:
        raise NotFoundError(f"there is no application {application_id}")
    own = attachments.c.application_id == application_id
    if tx.connection.scalar(select(attachments.c.id).where(own, attachments.c.digest == digest)) is not None:
        raise ConflictError("duplicate", f"the application {application_id} has this file already")
    if (tx.connection.scalar(select(func.count()).where(own)) or 0) >= _MAX_COUNT:
        raise LimitExceeded(f"an application has at most {_MAX_COUNT} attachments")
    values = {
        "application_id": application_id,
        "title": title,
        "media_type": media_type,
        "length": length,
        "digest": digest,
        "added_by": actor.name,
        "added_at": tx.at,
    }
    done = tx.connection.execute(insert(attachments), values)
    attachment_id = int(done.inserted_primary_key[0])  # type: ignore[index] # a single row was inserted
    tx.audit(actor, "attachment.add", f"application:{application_id}", digest=digest, title=title)
    return Attachment(attachment_id, application_id, title, media_type, length, digest, actor.name, tx.now)


def of_application(connection: Connection, application_id: int) -> tuple[Attachment, ...]:
    """Return the attachments of an application, in the order in which they were added.

    :raises InvalidTypeError: when its number is no int.
    """
    row_id(application_id, "the number of an application")
    query = select(attachments).where(attachments.c.application_id == application_id).order_by(attachments.c.id)
    return tuple(
        Attachment(
            row.id,
            row.application_id,
            row.title,
            row.media_type,
            row.length,
            row.digest,
            row.added_by,
            from_seconds(row.added_at),
        )
        for row in connection.execute(query)
    )


def verify(attachment: Attachment, content: Path | BinaryIO) -> None:
    """Verify that a file is the one that was added.

    :raises InvalidTypeError: when it is neither a path nor open for reading bytes.
    :raises InvalidInputError: when it cannot be read.
    :raises TamperedError: "changed" when it is another one; ``place`` is the number of the attachment.
    """
    try:
        same = _digested(content) == (attachment.length, attachment.digest)
    except LimitExceeded:
        same = False
    if not same:
        raise TamperedError("changed", f"the file is not the attachment {attachment.title!r}", place=attachment.id)


def _digested(content: Path | BinaryIO) -> tuple[int, str]:
    digest = SM3()
    length = 0
    with _opened(content) as file:
        while True:
            try:
                chunk = file.read(_CHUNK_LEN)
            except (OSError, ValueError) as error:  # ValueError: it is closed
                raise InvalidInputError(f"the attachment cannot be read: {error}") from None
            if not isinstance(chunk, bytes):
                raise InvalidTypeError("an attachment must be opened for reading bytes")
            if not chunk:
                return length, digest.digest().hex()
            length += len(chunk)
            if length > MAX_LEN:
                raise LimitExceeded(f"an attachment has at most {MAX_LEN} bytes")
            digest.update(chunk)


@contextlib.contextmanager
def _opened(content: Path | BinaryIO) -> Iterator[BinaryIO]:
    if not isinstance(content, Path):
        if not callable(getattr(content, "read", None)):
            raise InvalidTypeError(f"an attachment is a Path or an open file, not {type(content).__name__}")
        yield content
        return
    try:
        file = content.open("rb")
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"the attachment cannot be opened: {error}") from None
    with file:
        yield file
