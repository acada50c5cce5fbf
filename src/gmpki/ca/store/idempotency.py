"""Requests with a key, which are carried out once however often they are sent.

with store.transaction() as tx:
    answer = once(tx, key, "pair.revoke", digest)
    if answer is None:
        ...
        keep_answer(tx, key, "pair.revoke", digest, answer)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, insert, select

from gmpki._inputs import as_text
from gmpki.algorithms import sm3
from gmpki.ca.store.columns import seconds
from gmpki.ca.store.schema import answered
from gmpki.errors import ConflictError, InvalidInputError

if TYPE_CHECKING:
    from datetime import datetime

    from gmpki.ca.store.store import Transaction

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
    if (found.operation, found.request_digest) != (operation, request_digest):
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
        "request_digest": request_digest,
        "answer": as_text(answer, "answer"),
        "at": tx.at,
    }
    tx.connection.execute(insert(answered), [row])


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
