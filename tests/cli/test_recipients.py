"""``gmpki recipients``, and ``gmpki cms encrypt --group``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from cli import sample_files, trust_files
from cli.sample_files import KMC, SUB
from cli.trust_files import GROUP
from gmpki.keystore import TrustFolder
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl_builder import CRLBuilder, Revocation

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]

FOLDER = ("--trust-folder", "trust")
CONTENT = "补充协议".encode()


@pytest.fixture(autouse=True)
def folder(run: Run, monkeypatch: pytest.MonkeyPatch) -> TrustFolder:
    """Make a trust folder with a group of one recipient."""
    monkeypatch.delenv("GMPKI_TRUST_FOLDER", raising=False)
    sample_files.write_authority()
    Path("report.pdf").write_bytes(CONTENT)
    Path("encryption.key").write_bytes(KMC.to_pem())
    return trust_files.write_trust()


def recipient() -> Certificate:
    return trust_files.certificate("encryption")


def revoke(folder: TrustFolder) -> None:
    """Let the authority revoke the recipient."""
    now = datetime.now(timezone.utc).replace(microsecond=0)
    builder = CRLBuilder.for_issuer(
        trust_files.certificate("sub"),
        this_update=now,
        next_update=now + timedelta(days=1),
        number=2,
        entries=[Revocation(recipient().serial_number, now)],
    )
    folder.add_crl(builder.sign(SUB), now)


# ---- groups -----------------------------------------------------------------------------------
def test_groups(answer: Answer, run: Run) -> None:
    added = answer("recipients", "add", *FOLDER, "法务", "both.pem")
    assert added["new"] == 1
    assert [one["fingerprint"] for one in added["recipients"]] == [recipient().fingerprint().hex()]
    assert answer("recipients", "add", *FOLDER, "法务", "encryption.pem")["new"] == 0
    assert {one["group"]: one["recipients"] for one in answer("recipients", "groups", *FOLDER)["groups"]} == {
        GROUP: 1,
        "法务": 1,
    }
    (listed,) = answer("recipients", "list", *FOLDER, "法务")["recipients"]
    assert listed["status"] == "valid"
    assert "有效 valid" in run("recipients", "list", *FOLDER, "法务").stdout
    assert "示例局" in run("recipients", "show", *FOLDER, "法务").stdout
    digits = recipient().fingerprint().hex()
    assert len(answer("recipients", "show", *FOLDER, "法务", digits[:8])["certificates"]) == 1
    assert "已移除 removed" in run("recipients", "remove", *FOLDER, "法务", digits).stdout
    answer("recipients", "remove", *FOLDER, GROUP, "--all")
    assert "empty" in run("recipients", "groups", *FOLDER).stdout


def test_a_revoked_recipient_is_named(answer: Answer, run: Run, folder: TrustFolder) -> None:
    revoke(folder)
    (listed,) = answer("recipients", "list", *FOLDER, GROUP)["recipients"]
    assert listed["status"] == "revoked"
    assert "已撤销 revoked" in run("recipients", "list", *FOLDER, GROUP).stdout
    (group,) = answer("recipients", "groups", *FOLDER)["groups"]
    assert group["not_in_order"] == 1
    assert answer("recipients", "add", *FOLDER, "法务", "encryption.pem")["recipients"][0]["status"] == "revoked"


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (("add", GROUP, "signing.pem"), 1),
        (("add", GROUP, "report.pdf"), 1),
        (("add", GROUP, "missing.pem"), 1),
        (("add", "../etc", "encryption.pem"), 1),
        (("add", GROUP), 2),
        (("list", "nobody"), 1),
        (("show", "nobody"), 1),
        (("show", GROUP, "00000000"), 1),
        (("remove", GROUP), 2),
        (("remove", GROUP, "--all", "00000000"), 2),
        (("remove", GROUP, "00000000"), 1),
        (("remove", GROUP, "--certificate", "root.pem"), 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_failures(run: Run, folder: TrustFolder, arguments: tuple[str, ...], exit_code: int) -> None:
    run("recipients", arguments[0], *FOLDER, *arguments[1:], exit_code=exit_code)
    assert folder.recipients.members(GROUP) == (recipient(),)
    assert folder.recipients.names() == (GROUP,)


def test_any_usage(answer: Answer) -> None:
    assert answer("recipients", "add", *FOLDER, GROUP, "--any-usage", "signing.pem")["new"] == 1


# ---- encryption -------------------------------------------------------------------------------
def encrypt(call: Callable[..., Any], *arguments: str, **options: Any) -> Any:
    return call("cms", "encrypt", *arguments, "--force", "--output", "report.enc", "report.pdf", **options)


def test_encrypted_to_a_group(answer: Answer, run: Run) -> None:
    value = encrypt(answer, *FOLDER, "--group", GROUP)
    assert [one["subject"] for one in value["recipients"]] == ["C=CN, O=示例局, CN=示例局"]
    assert value["warnings"] == []
    keys = ("--key", "encryption.key", "--certificate", "encryption.pem")
    run("cms", "decrypt", *keys, "--output", "clear", "report.enc")
    assert Path("clear").read_bytes() == CONTENT


def test_who_is_named_twice_gets_it_once(answer: Answer) -> None:
    answer("recipients", "add", *FOLDER, "法务", "encryption.pem")
    value = encrypt(answer, *FOLDER, "--group", GROUP, "--group", "法务", "--recipient", "encryption.pem")
    assert len(value["recipients"]) == 1


def test_nothing_is_encrypted_to_who_was_revoked(answer: Answer, folder: TrustFolder) -> None:
    revoke(folder)
    value = encrypt(answer, *FOLDER, "--group", GROUP, exit_code=1)
    assert value["error"]["reason"] == "revoked"
    assert "gmpki recipients remove" in value["error"]["message"]
    assert not Path("report.enc").exists()


def test_who_has_no_path_is_named(answer: Answer, run: Run, folder: TrustFolder) -> None:
    for held in folder.crls:
        folder.remove(held.name)
    folder.remove(trust_files.certificate("sub").fingerprint().hex())
    (warning,) = encrypt(answer, *FOLDER, "--group", GROUP)["warnings"]
    assert "示例局" in warning
    assert "untrusted" in warning
    assert "注意    warning" in encrypt(run, *FOLDER, "--group", GROUP).stdout
    piped = run("cms", "encrypt", *FOLDER, "--group", GROUP, "--pem", "report.pdf")
    assert "warning" in piped.stderr
    assert "BEGIN" in piped.stdout


def test_without_anchors_nobody_is_judged(answer: Answer, folder: TrustFolder) -> None:
    for held in folder.crls:
        folder.remove(held.name)
    folder.remove(trust_files.certificate("root").fingerprint().hex())
    assert encrypt(answer, *FOLDER, "--group", GROUP)["warnings"] == []
    (listed,) = answer("recipients", "list", *FOLDER, GROUP)["recipients"]
    assert listed["status"] == "unchecked"


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        ((), 2),
        (("--group", GROUP), 2),
        ((*FOLDER, "--group", "nobody"), 1),
        (("--trust-folder", "missing", "--group", GROUP), 1),
        (FOLDER, 2),
    ],
    ids=["nobody", "no folder", "no such group", "no such folder", "no group"],
)
def test_groups_that_cannot_be_used(run: Run, arguments: tuple[str, ...], exit_code: int) -> None:
    encrypt(run, *arguments, exit_code=exit_code)
    assert not Path("report.enc").exists()


def test_the_environment_names_the_folder(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GMPKI_TRUST_FOLDER", "trust")
    assert len(encrypt(answer, "--group", GROUP)["recipients"]) == 1
    assert len(answer("recipients", "groups")["groups"]) == 1
