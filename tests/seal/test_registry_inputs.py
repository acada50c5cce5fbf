"""Whatever stands in the place of an argument of registries, grants, logs and containers: a result, or an error of
gmpki.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.asn1.sealed_file import DetachedSignature, FileInfo, SignatureKind
from gmpki.seal import (
    FileGrants,
    FileSealRegistry,
    FileUseLog,
    MemoryGrants,
    MemorySealRegistry,
    MemoryUseLog,
    SealSigner,
)
from gmpki.seal.detached import PreparedFile, prepare_file, seal_file, verify_detached
from gmpki.seal.grants import key_digest
from gmpki.seal.life import SealAction, SealStage, SealStep
from gmpki.seal.use_check import UseCheck
from gmpki.seal.use_log import record_verification
from gmpki.tsa.imprint import Imprint
from hostile import VALUES, results
from seal import samples
from seal.durable import DAY, NOW, Clock


def registry() -> MemorySealRegistry:
    made = MemorySealRegistry(clock=Clock())
    made.make(samples.seal(), by="x")
    made.file(samples.seal(), by="x")
    return made


def granted() -> MemoryGrants:
    made = MemoryGrants(clock=Clock())
    made.grant("1", samples.signer().certificate, purposes=["x"], valid_from=NOW, valid_until=NOW + DAY, by="x")
    return made


def signer() -> SealSigner:
    me = samples.signer()
    return SealSigner(samples.seal(), me.key, me.certificate, clock=lambda: NOW)


INFO = FileInfo("x", 1, "text/plain", Imprint.of(b"x").to_structure())
CALLS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "make": (
        lambda seal, by, why, holder: registry().make(seal, by=by, why=why, holder=holder),
        (samples.new_seal(seal_id="2"), "x", "y", "z"),
    ),
    "file": (
        lambda seal, by, why, number: registry().file(seal, by=by, why=why, record_number=number),
        (samples.seal(), "x", "y", "1"),
    ),
    "stop": (
        lambda seal, by, why, reason: registry().stop(seal, by=by, why=why, reason=reason),
        (samples.seal(), "x", "y", ReasonCode.SUPERSEDED),
    ),
    "resume": (lambda seal, by, why: registry().resume(seal, by=by, why=why), (samples.seal(), "x", "y")),
    "replace": (
        lambda seal, new, by, why, reason, number: registry().replace(
            seal, new, by=by, why=why, reason=reason, record_number=number
        ),
        (samples.seal(), samples.new_seal(seal_id="2"), "x", "y", ReasonCode.SUPERSEDED, "1"),
    ),
    "revoke": (
        lambda seal, by, why, reason, since: registry().revoke(seal, by=by, why=why, reason=reason, since=since),
        (samples.seal(), "x", "y", ReasonCode.SUPERSEDED, NOW),
    ),
    "record": (lambda seal: registry().record(seal), (samples.seal(),)),
    "seal": (lambda seal: registry().seal(seal), (samples.seal().digest(),)),
    "status": (lambda seal, at: registry().status(seal, at=at), (samples.seal(), NOW)),
    "find": (
        lambda seal_id, holder, name, stage, since, until: registry().find(
            seal_id=seal_id, holder=holder, name=name, stage=stage, since=since, until=until
        ),
        ("1", "x", "y", SealStage.MADE, NOW, NOW),
    ),
    "step": (SealStep, (SealAction.REVOKE, NOW, "x", "y", ReasonCode.SUPERSEDED, NOW, "1")),
    "clock": (lambda clock: MemorySealRegistry(clock=clock), (Clock(),)),
    "clock-time": (lambda now: MemorySealRegistry(clock=lambda: now).make(samples.seal(), by="x"), (NOW,)),
    "grant": (
        lambda seal, person, purposes, begin, end, by, why, limit, name: granted().grant(
            seal, person, purposes=purposes, valid_from=begin, valid_until=end, by=by, why=why, limit=limit, name=name
        ),
        (samples.seal(), samples.signer().certificate, ["x"], NOW, NOW, "x", "y", 1, "z"),
    ),
    "take-back": (lambda grant, by, why: granted().revoke(grant, by=by, why=why), ("0" * 16, "x", "y")),
    "check": (
        lambda seal, certificate, purpose, at: granted().check(seal, certificate, purpose=purpose, at=at),
        ("1", samples.signer().certificate, "x", NOW),
    ),
    "grants": (lambda seal, person: granted().find(seal=seal, person=person), ("1", bytes(32))),
    "key-digest": (key_digest, (samples.signer().certificate,)),
    "use-check": (UseCheck, (MemorySealRegistry(), MemoryGrants())),
    "event": (lambda event: MemoryUseLog().record(event), (None,)),
    "drain": (lambda receiver, batch: MemoryUseLog().drain(receiver, batch=batch), (print, 1)),
    "verification": (lambda log, report, at: record_verification(log, report, at=at), (MemoryUseLog(), None, NOW)),
    "seal-file": (
        lambda source, by, name, kind: seal_file(source, by, name=name, media_type=kind),
        (b"x", signer(), "x", "text/plain"),
    ),
    "prepare-file": (
        lambda source, by, name, kind: prepare_file(source, by, name=name, media_type=kind),
        (b"x", signer(), "x", "text/plain"),
    ),
    "prepared": (PreparedFile.from_bytes, (b"",)),
    "finish": (
        lambda value, stamp: prepare_file(b"x", signer(), name="x").finish(value, stamp),
        (bytes(64), None),
    ),
    "verify": (
        lambda data, source, trust, now, name: verify_detached(data, source, trust, now=now, name=name),
        (seal_file(b"x", signer(), name="x"), b"x", samples.trust(), NOW, "x"),
    ),
    "file-info": (
        lambda name, size, kind, imprint: FileInfo(name, size, kind, imprint).to_der(),
        ("x", 1, "text/plain", INFO.imprint),
    ),
    "container": (
        lambda file, kind, signature: DetachedSignature(file, kind, signature).to_der(),
        (INFO, SignatureKind.SEAL, b""),
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_whatever_stands_in_the_place_of_an_argument(name: str) -> None:
    call, arguments = CALLS[name]
    assert len(list(results(call, arguments))) <= len(arguments) * len(VALUES)


@pytest.mark.parametrize("kind", [FileSealRegistry, FileGrants, FileUseLog], ids=lambda kind: kind.__name__)
def test_files_keys_and_clocks(kind: Any, tmp_path: Path) -> None:
    def opened(path: Any, key: Any) -> Any:
        return kind(tmp_path / path if isinstance(path, str) else path, key=key)

    def created(path: Any, key: Any) -> Any:
        return kind.create(path if not isinstance(path, str) else tmp_path / "made" / path[:50], key=key)

    (tmp_path / "made").mkdir()
    for call in (opened, created):
        for _ in results(call, ("x", bytes(16))):
            pass
