"""Targets for messages, key stores, time-stamps and protected data.

Who does not have the keys of the seeds cannot make anything that verifies: whatever does has the content of the seeds.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from fuzz import message_seeds as seeds
from fuzz.promises import attempt, outcome, promise, quietly
from fuzz.seeds import AT, LEAF_KEY
from gmpki import cms, protect
from gmpki.cms import KeyAgreementMessage, SignedMessage, describe, text
from gmpki.errors import GmpkiError, InvalidTag
from gmpki.keystore import PKCS12, open_key, read_sm2_file
from gmpki.tsa import Evidence, TimestampRequest, TimestampResponse, TokenVerifier, verify_evidence

__all__ = ["TARGETS"]

# Far more than the seeds have, and so few that no input is slow.
MAX_ITERATIONS = 16


def signed_message(data: bytes) -> None:
    found = cms.read_message(data, lenient=True)
    promise(bool(describe.describe(found)) and bool(text.to_text(found)), "nothing to show")
    message = SignedMessage.from_der(data, lenient=True)
    content = seeds.CONTENT if message.is_detached else None
    stamps = TokenVerifier(seeds.trust())
    verified = cms.verify(message, seeds.trust(), content=content, collect=True, timestamps=stamps)
    if verified.ok:
        promise(verified.content == seeds.CONTENT, "another content verifies")
        promise(len(verified.signers) > 0, "a message without signers verifies")


def envelope(data: bytes) -> None:
    keys = [(seeds.recipient(), seeds.ENCRYPTION_KEY)]
    for one in outcome(lambda: cms.decrypt(data, keys, lenient=True)):
        if one.cipher.is_authenticated:
            promise(one.content == seeds.CONTENT, "another content is authentic")
    for each in outcome(lambda: cms.open_signed_and_enveloped(data, keys, seeds.trust(), lenient=True)):
        promise(each.content == seeds.CONTENT, "another content verifies")
    quietly(lambda: cms.decrypt_with_key(data, seeds.SECRET_KEY, lenient=True))
    quietly(lambda: cms.read_digested(data, lenient=True))
    quietly(lambda: KeyAgreementMessage.from_der(data, lenient=True))


def stream(data: bytes) -> None:
    """What is read in pieces is what is read as a whole: the same content, or none."""
    sink = BytesIO()
    if attempt(lambda: cms.verify_stream(BytesIO(data), seeds.trust(), sink=sink)) is None:
        (whole,) = outcome(lambda: cms.verify(data, seeds.trust())) or (None,)
        promise(whole is not None, "what verifies in pieces does not as a whole")
        promise(whole.content == sink.getvalue() == seeds.CONTENT, "another content verifies in pieces")
    keys = [(seeds.recipient(), seeds.ENCRYPTION_KEY)]
    opened = BytesIO()
    if attempt(lambda: cms.decrypt_stream(BytesIO(data), opened, keys)) is None:
        (found,) = outcome(lambda: cms.decrypt(data, keys)) or (None,)
        promise(found is not None, "what is decrypted in pieces is not as a whole")
        promise(found.content == opened.getvalue(), "another content comes out in pieces")


def key_store(data: bytes) -> None:
    for store in outcome(lambda: PKCS12.from_bytes(data, seeds.PASSWORD, max_iterations=MAX_ITERATIONS)):
        promise(all(key.private_key.public_key == LEAF_KEY.public_key for key in store.keys), "another key")
    opening = {"max_iterations": MAX_ITERATIONS, "lenient": True}
    quietly(lambda: open_key(data, seeds.PASSWORD, allow_no_mac=True, **opening))
    quietly(lambda: read_sm2_file(data, seeds.PASSWORD, lenient=True))


def timestamp(data: bytes) -> None:
    answer = TimestampResponse.from_der(seeds.authority().answer(data))  # whatever was asked
    request = outcome(lambda: TimestampRequest.from_der(data))
    promise(bool(request) or not answer.is_granted, "what is no request is granted")
    for asked in request:
        promise(asked.to_der() == data, "re-encoding changes the bytes")
        if answer.is_granted:
            error = attempt(lambda asked=asked: TokenVerifier(seeds.trust()).verify_response(answer, asked))  # type: ignore[misc]
            promise(error is None, f"what was granted does not verify: {error}")
    verifier = TokenVerifier(seeds.trust(), lenient=True)
    for stamp in outcome(lambda: verifier.verify_response(data, seeds.timestamp_request())):
        promise(stamp.time == AT, "another time is authentic")


def evidence(data: bytes) -> None:
    kept = Evidence.from_der(data)
    quietly(lambda: kept.data)
    report = verify_evidence(kept, seeds.trust(), collect=True)
    promise(bool(report.steps), "nothing is explained")
    if report.ok:
        promise(report.content == seeds.CONTENT, "another content has evidence")
    promise(Evidence.from_der(kept.to_der()).to_der() == kept.to_der(), "re-encoding changes the bytes")


def protected(data: bytes) -> None:
    field = protect.FieldCipher(seeds.ring(), "users", "name")
    values = outcome(lambda: field.decrypt(data, seeds.ROW))
    values += outcome(lambda: field.decrypt_text(data.decode("latin-1"), seeds.ROW).encode())
    file = BytesIO()
    error = attempt(lambda: protect.decrypt_stream(seeds.ring(), BytesIO(data), file, context=b"contract"))
    if error is None:
        values += (file.getvalue(),)
    promise(all(value == seeds.CONTENT for value in values), "another value is authentic")
    promise(error is None or isinstance(error, InvalidTag) or not file.getvalue(), "bytes before any check")
    for ring in outcome(lambda: protect.KeyRing.from_bytes(data, seeds.PASSWORD, max_iterations=MAX_ITERATIONS)):
        promise(ring.primary_id == seeds.ring().primary_id, "another ring is authentic")


def log(data: bytes) -> None:
    """What is verified with every key is the log, or its beginning: a record has to be the last one somewhere."""
    with tempfile.TemporaryDirectory(prefix="gmpki-fuzz-") as directory:
        path = Path(directory) / "log"
        path.write_bytes(data)
        report = protect.verify_log(path, keys=seeds.ring(), signers=[LEAF_KEY.public_key], collect=True)
        if report.ok:
            promise(seeds.log().startswith(data), "a changed log verifies")
        sealed = attempt(lambda: protect.verify_log(path, signers=[LEAF_KEY.public_key]))
        promise(sealed is None or isinstance(sealed, GmpkiError), "another error")


def manifest(data: bytes) -> None:
    for each in outcome(lambda: protect.Manifest.from_bytes(data)):
        promise(each.to_bytes() == data, "a manifest has two forms")
    for opened in outcome(lambda: protect.open_manifest(data, seeds.trust())):
        promise(opened.manifest.to_bytes() == seeds.manifests()[0], "another manifest verifies")


TARGETS: dict[str, Callable[[bytes], None]] = {
    "signed_message": signed_message,
    "envelope": envelope,
    "stream": stream,
    "key_store": key_store,
    "timestamp": timestamp,
    "evidence": evidence,
    "protected": protected,
    "log": log,
    "manifest": manifest,
}
