"""Targets for what an authority, an office and a key-management centre read: messages, shares, backups, batches."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from fuzz import authority_seeds as seeds
from fuzz.promises import attempt, outcome, promise, quietly
from gmpki.algorithms import sm3
from gmpki.asn1.gmt0014 import CARequest, KMRespond, KSRequest, KSRespond
from gmpki.ca.authority.settings import AuthoritySettings
from gmpki.ca.kmc.messages import verify_signed
from gmpki.ca.kmc.shares import Share, combine
from gmpki.ca.registration.batch_rows import BatchRow, read_batch
from gmpki.ca.remote.messages import Fields, read_signed, signed_by, verified_fields
from gmpki.ca.remote.orders import read_actor, read_issued, read_order, read_revocation
from gmpki.ca.store.backup import verify_backup
from gmpki.cms.trust import Trust
from gmpki.cms.verification import verify

__all__ = ["TARGETS"]


def key_message(data: bytes) -> None:
    """What verifies is what was signed. Requests and answers have the same frame, so both are read as either."""
    for message in outcome(lambda: CARequest.from_der(data)):
        _signed_task(message, message.request)
    for answer in outcome(lambda: KMRespond.from_der(data)):
        _signed_task(answer, answer.respond)


def _signed_task(message: CARequest | KMRespond, read: Callable[[], KSRequest | KSRespond]) -> None:
    is_signed = attempt(lambda: verify_signed(message, seeds.party().certificate)) is None
    for found in outcome(read):
        promise(attempt(found.to_der) is None, "what was read cannot be written")
        promise(not is_signed or found.task == seeds.TASK, "another message verifies")


def order(data: bytes) -> None:
    certificate = seeds.party().certificate
    message = read_signed(data)
    if signed_by(message, [certificate]) is None:
        return
    for fields in outcome(lambda: verified_fields(message, certificate)):
        content = verify(message, Trust.signature_only([certificate])).content or b""
        promise(sm3.digest(content).hex() in seeds.digests_of_orders(), "another order verifies")
        promise("kind" in fields, "an order of no kind")


def _inner(fields: Fields, name: str, read: Callable[[Fields], object]) -> object:
    return read(fields.inner(name))


def _rows(path: Path) -> list[BatchRow]:
    return list(read_batch(path))


def order_content(data: bytes) -> None:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return
    fields = Fields.of(found, "the message")
    quietly(lambda: read_actor(fields.inner("actor")))
    for name, read in (("issue", read_order), ("revoke", read_revocation), ("issued", read_issued)):
        if name in fields:
            quietly(partial(_inner, fields, name, read))


def share(data: bytes) -> None:
    found = Share.from_bytes(data)
    promise(found.to_bytes() == data, "a share that was read is written otherwise")
    other = Share.from_bytes(seeds.shares()[1])
    for secret in outcome(lambda: combine([found, other])):
        promise(len(secret) == len(found.value), "a secret of another length")
    quietly(lambda: Share.from_encrypted(data, b"password", max_iterations=16))


def backup(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "backup"
        path.write_bytes(data)
        if attempt(lambda: verify_backup(path, seeds.ring())) is None:
            promise(data in seeds.backups(), "another backup verifies")


def batch(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("rows.csv", "rows.jsonl"):
            path = Path(folder) / name
            path.write_bytes(data)
            for rows in outcome(partial(_rows, path)):
                promise(all(each.values or each.problem or each.number for each in rows), "a row without a number")


def settings(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for found in outcome(lambda: AuthoritySettings.from_json(text)):
        promise(AuthoritySettings.from_json(found.to_json()) == found, "settings change when they are written")


TARGETS: dict[str, Callable[[bytes], None]] = {
    "key_message": key_message,
    "order": order,
    "order_content": order_content,
    "share": share,
    "backup": backup,
    "batch": batch,
    "settings": settings,
}
