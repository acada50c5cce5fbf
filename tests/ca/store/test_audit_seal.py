"""Seals of the audit log, and the files that it is exported to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ca.store import audit_scene
from ca.store.audit_scene import CLERK, KINDS, SIGNER, entry, judge, tamper
from gmpki.ca.store.audit_export import export_audit
from gmpki.ca.store.audit_rows import find_entries
from gmpki.ca.store.audit_seal import audit_checkpoint, seal_audit, seal_audit_if_due
from gmpki.ca.store.store import Store
from gmpki.cli.main import cli
from gmpki.errors import BackendError, InvalidTypeError, TamperedError
from gmpki.protect.log import LogRules
from gmpki.protect.log_verify import verify_log

LAST = len(KINDS)


class Signing:
    """A signer that does something before it signs."""

    def __init__(self, before: Any) -> None:
        self.before = before
        self.calls = 0

    public_key = SIGNER.public_key
    signature_algorithm = SIGNER.signature_algorithm

    def sign(self, data: Any, **options: Any) -> bytes:
        self.calls += 1
        self.before(self.calls)
        return SIGNER.sign(data, **options)

    def sign_digest(self, digest: Any) -> bytes:
        return SIGNER.sign_digest(digest)


# ---- seals ----------------------------------------------------------------------------------
def test_a_seal_gives_a_checkpoint(store: Store) -> None:
    entry(store)
    kept = seal_audit(store, SIGNER)
    assert kept == audit_checkpoint(store)
    assert (kept.number, judge(store, expected=kept).sealed_through) == (3, 3)


def test_an_entry_that_comes_while_a_seal_is_signed(store: Store) -> None:
    signer = Signing(lambda calls: entry(store) if calls == 1 else None)
    assert (seal_audit(store, signer).number, signer.calls) == (3, 2)
    assert judge(store).ok


def test_a_log_that_does_not_stand_still(store: Store) -> None:
    """The last try is made while writers wait."""
    signer = Signing(lambda calls: entry(store) if calls <= 3 else None)
    assert (seal_audit(store, signer).number, signer.calls) == (5, 4)
    assert judge(store).ok


def test_a_seal_begins_the_next_part_when_the_key_is_retired(store: Store) -> None:
    entry(store)
    new = audit_scene.rotated(store)
    assert seal_audit(new, SIGNER).number == 5
    assert judge(new).sealed_through == 5


def test_a_signer_that_fails_leaves_nothing(store: Store) -> None:
    def fail(_: int) -> None:
        raise BackendError("no")

    with pytest.raises(BackendError):
        seal_audit(store, Signing(fail))
    assert judge(store).last == 1


@pytest.mark.parametrize("call", [seal_audit, seal_audit_if_due])
def test_no_signer(store: Store, call: Any) -> None:
    entry(store)
    with pytest.raises(InvalidTypeError):
        call(store, b"key", *([LogRules(seal_every=1)] if call is seal_audit_if_due else []))


def test_an_end_that_was_changed_is_not_sealed(store: Store) -> None:
    entry(store)
    tamper(store, "UPDATE audit_head SET last_line = header_line")
    with pytest.raises(TamperedError):
        seal_audit(store, SIGNER)


def test_when_a_seal_is_due(store: Store, clock: Any) -> None:
    rules = LogRules(seal_every=3)
    assert seal_audit_if_due(store, SIGNER, rules) is None  # there is nothing to seal
    entry(store)
    entry(store)
    assert seal_audit_if_due(store, SIGNER, rules) is None
    clock.move(hours=1)
    first = seal_audit_if_due(store, SIGNER, rules)
    assert first is not None
    for _ in range(3):
        entry(store)
    second = seal_audit_if_due(store, SIGNER, rules)
    assert second is not None
    clock.move(hours=2)
    assert seal_audit_if_due(store, SIGNER, rules) is None
    assert (first.number, second.number) == (4, 8)


# ---- files ----------------------------------------------------------------------------------
def test_an_export_verifies_as_a_log_of_files(store: Store, tmp_path: Path) -> None:
    filled = audit_scene.fill(store)
    report = export_audit(filled, tmp_path / "audit.log", actor=CLERK, signers=[SIGNER.public_key])
    assert (report.ok, report.last, report.entries) == (True, LAST, 6)
    assert sorted(os.listdir(tmp_path)) == ["audit.log", "audit.log.000001"]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    read = verify_log(tmp_path / "audit.log", keys=filled.protection.ring, signers=[SIGNER.public_key])
    assert (read.checkpoint, read.entries, read.seals) == (report.checkpoint, 6, 2)
    assert judge(filled, expected=read.checkpoint).ok
    assert find_entries(filled)[0].operation == "audit.export"


def test_the_command_reads_an_export(store: Store, tmp_path: Path) -> None:
    filled = audit_scene.fill(store)
    export_audit(filled, tmp_path / "audit.log", actor=CLERK)
    filled.protection.ring.save(tmp_path / "audit.ring", b"password", iterations=10)
    arguments = ["log", "verify", "--keys", str(tmp_path / "audit.ring"), "--password-env", "PASSWORD"]
    done = CliRunner(env={"PASSWORD": "password"}).invoke(cli, [*arguments, str(tmp_path / "audit.log")])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("change", ["line = replace(line, 'pair:3', 'pair:4')", "line = 'no line'", "line = x'ff'"])
def test_an_export_keeps_what_was_changed(store: Store, tmp_path: Path, change: str) -> None:
    filled = audit_scene.fill(store)
    tamper(filled, f"UPDATE audit SET {change} WHERE number = 5")
    report = export_audit(filled, tmp_path / "audit.log", actor=CLERK)
    assert report.findings[0].place == 5
    read = verify_log(tmp_path / "audit.log", keys=filled.protection.ring, collect=True)
    assert read.findings[0].place == 5


def test_an_export_of_a_log_whose_head_tells_nothing(store: Store, tmp_path: Path) -> None:
    filled = audit_scene.fill(store)
    tamper(filled, "UPDATE audit_head SET header_line = 'nothing'")
    with pytest.raises(TamperedError):  # that it was exported cannot be written
        export_audit(filled, tmp_path / "audit.log", actor=CLERK)
    assert (tmp_path / "audit.log").read_bytes().count(b"\n") == LAST


@pytest.mark.parametrize("name", ["audit.log", "audit.log.000001"])
def test_a_file_that_is_there_is_not_touched(store: Store, tmp_path: Path, name: str) -> None:
    filled = audit_scene.fill(store)
    (tmp_path / name).write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        export_audit(filled, tmp_path / "audit.log", actor=CLERK)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b"mine"


@pytest.mark.parametrize(("path", "actor"), [(7, CLERK), ("audit.log", "录入员")])
def test_exports_that_are_none(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: Any, actor: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidTypeError):
        export_audit(store, path, actor=actor)
    assert os.listdir(tmp_path) == []
