"""Requests with a key, which are carried out once however often they are sent.

    with store.transaction() as tx:
        answer = once(tx, key, "pair.revoke", digest)
        if answer is None:
            ...
            keep_answer(tx, key, "pair.revoke", digest, answer)

What was asked for is kept as a keyed hash: from a plain one, whoever reads the table and knows all of a request but an
identity number could find that by trying. An answer has a tag, for a planted one would let a revocation pass for done.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, insert, select

from gmpki._inputs import as_text
from gmpki.algorithms import sm3
from gmpki.ca.store.columns import seconds
from gmpki.ca.store.schema import answered
from gmpki.errors import ConflictError, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gmpki.ca.store.protection import Protection
    from gmpki.ca.store.store import Transaction
    from gmpki.protect.blind_index import BlindIndex

__all__ = ["forget_answers", "keep_answer", "once"]

_MAX_KEY_LEN: Final = 128
_DIGEST: Final = re.compile("[0-9a-f]{64}", re.ASCII)


def once(tx: Transaction, key: str, operation: str, request_digest: str) -> str | None:
    """Return the answer that a request got when it was carried out; None when it has not been.

    Of several transactions with one key, all but one wait here until it has ended.

    :param key: 1 to 128 printable characters, chosen by who asks.
    :param operation: what is asked for, such as "pair.revoke".
    :param request_digest: of everything that the answer depends on, as :func:`~gmpki.ca.store.columns.digest_text`
        gives it.
    :raises ConflictError: with the reason "key-reused", when the key was used for another request.
    :raises TamperedError: when the answer is not as it was written.
    :raises InvalidTypeError: when an argument is no text.
    :raises InvalidInputError: when the key is empty, too long or not printable, or the digest is none.
    """
    _check(key, operation, request_digest)
    if tx.connection.dialect.name == "postgresql":
        # Held to the end of the transaction. Elsewhere the row is what two of them cannot both write.
        number = int.from_bytes(sm3.digest(key.encode("utf-8"))[:8], "big", signed=True)
        tx.connection.execute(select(func.pg_advisory_xact_lock(number)))
    found = tx.connection.execute(select(answered).where(answered.c.idempotency_key == key)).first()
    if found is None:
        return None
    tx.protection.verify_row(answered.name, found.tag, _tagged(found._asdict()), key.encode("utf-8"))
    if found.operation != operation or found.request_digest not in _tokens(tx.protection, key, request_digest):
        raise ConflictError("key-reused", "the key of this request was used for another one")
    return str(found.answer)


def keep_answer(tx: Transaction, key: str, operation: str, request_digest: str, answer: str) -> None:
    """Keep the answer to a request, in the transaction that carries it out. It holds nothing secret.

    :raises ConflictError: with the reason "duplicate", at once or when it is committed, when there is one.
    :raises InvalidTypeError: when an argument is no text.
    :raises InvalidInputError: as :func:`once`.
    """
    _check(key, operation, request_digest)
    row = {
        "idempotency_key": key,
        "operation": operation,
        "request_digest": _index(tx.protection).token(_said(key, request_digest)).hex(),
        "answer": as_text(answer, "answer"),
        "at": tx.at,
    }
    tag = tx.protection.tagger(answered.name).tag(_tagged(row), key.encode("utf-8"))
    tx.connection.execute(insert(answered), [{**row, "tag": tag}])


def forget_answers(tx: Transaction, before: datetime) -> int:
    """Forget the answers that were given before a time, after which nobody asks again; return how many.

    :raises InvalidTypeError: when it is no datetime.
    :raises InvalidInputError: when it has no time zone.
    """
    return tx.connection.execute(delete(answered).where(answered.c.at < seconds(before))).rowcount


def _check(key: str, operation: str, request_digest: str) -> None:
    if not 1 <= len(as_text(key, "key")) <= _MAX_KEY_LEN or not key.isprintable():
        raise InvalidInputError(f"the key of a request is 1 to {_MAX_KEY_LEN} printable characters")
    as_text(operation, "operation")
    if not _DIGEST.fullmatch(as_text(request_digest, "request_digest")):
        raise InvalidInputError("the digest of a request is 64 lower-case hexadecimal digits")


def _index(protection: Protection) -> BlindIndex:
    return protection.index(answered.name, "request_digest")


def _said(key: str, request_digest: str) -> bytes:
    # With its key: that two requests ask for the same is nobody's business either.
    return f"{request_digest}{key}".encode()


def _tokens(protection: Protection, key: str, request_digest: str) -> list[str]:
    """Return what the column may hold of a request, under each key of the ring."""
    return [token.hex() for token in _index(protection).candidates(_said(key, request_digest))]


def _tagged(row: Mapping[str, Any]) -> dict[str, str | int]:
    return {name: row[name] for name in ("operation", "request_digest", "answer", "at")}
