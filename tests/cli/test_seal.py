"""``gmpki seal``: making, showing, verifying, the registry, grants, uses, and signatures beside files."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from cli import seal_files
from cli.seal_files import GRANT_ID, SEAL_ID, STOPPED_ID
from gmpki.cli import _seal, _seal_shown, seal, seal_registry
from gmpki.cli._seal_report import answer as answer_of
from gmpki.cms.report import Check, CheckStatus
from gmpki.errors import DecodeError, InvalidSignature
from gmpki.seal import DocumentReport, Placement, Seal, SealCheck, SignatureReport
from gmpki.seal.life import SealAction, SealStage
from gmpki.seal.report_words import VERDICT_TEXTS, ReportLanguage
from seal import samples

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]
TRUST = ("--anchor", "root.pem", "--maker-anchor", "maker-root.pem")
ACCEPT = ("--accept", "signer-revocation", "--accept", "maker-revocation", "--accept", "time-stamp")
SEAL = ("--seal", "org.esl", "--key", "zhangsan.key", "--certificate", "zhangsan.pem")
BY = ("--registry", "seals", "--by", "李四")
OWN = [name for name in seal.LATER if name != "picture"]


@pytest.fixture
def _files(run: Run) -> None:
    seal_files.write_seals()


pytestmark = pytest.mark.usefixtures("_files")


# ---- texts ----------------------------------------------------------------------------------------------------------


def test_what_is_written_out_here_is_what_the_library_has() -> None:
    assert tuple(_seal.CHECKS) == tuple(check.value for check in SealCheck)
    assert set(_seal_shown.STAGES) == {stage.value for stage in SealStage}
    assert set(_seal_shown.ACTIONS) == {action.value for action in SealAction}
    assert all(seal_registry.reason_code(name).name.lower().replace("_", "-") == name for name in seal_registry.REASONS)


# ---- making and showing ---------------------------------------------------------------------------------------------
def make(*more: str) -> tuple[str, ...]:
    said = ("--id", "31010000000009", "--name", "示例章", "--picture", "seal.png", "--width", "40")
    maker = ("--key", "maker.key", "--certificate", "maker.pem")
    return ("seal", "make", *said, "--signer", "zhangsan.pem", "--until", "2036-12-31", *maker, *more)


@pytest.mark.parametrize("layout", ["gbt38540", "gmt0031"])
def test_making_and_showing(run: Run, answer: Answer, layout: str) -> None:
    made = answer(*make("--layout", layout, "--output", "new.esl"))
    assert (made["seal_id"], made["name"], made["type"]) == ("31010000000009", "示例章", 1)
    assert made["picture"] == {"type": "PNG", "size": len(samples.png()), "width_mm": 40, "height_mm": 40}
    shown = answer("seal", "show", "--picture-output", "out.png", "new.esl")
    assert Path("out.png").read_bytes() == samples.png()
    assert {name: made[name] for name in shown if name in made} == {name: shown[name] for name in shown if name in made}
    assert shown["digest"] == Seal.from_der(Path("new.esl").read_bytes()).digest().hex()
    text = run("seal", "show", "new.esl").stdout
    assert "示例章" in text
    assert "单位印章" in text
    told = answer("seal", "verify", "--anchor", "maker-root.pem", *ACCEPT, "--accept", "seal-status", "new.esl")
    assert (told["kind"], told["verdict"]) == ("seal", "valid")


def test_making_with_digests_a_type_and_a_registry(answer: Answer) -> None:
    options = ("--list-digests", "--type", "15", "--height", "30", "--registry", "seals", "--by", "制章员01")
    made = answer(*make(*options, "--output", "new.esl"))
    assert (made["type"], made["signers"], len(made["signer_digests"])) == (15, [], 1)
    (record,) = answer("seal", "list", "--registry", "seals", "--id", "31010000000009")["seals"]
    assert (record["stage"], record["steps"][0]["by"]) == ("made", "制章员01")
    answer(*make(*options, "--output", "again.esl"), exit_code=1)
    assert not Path("again.esl").exists()


def test_sizes_that_are_not_customary(run: Run, answer: Answer) -> None:
    for more in (("--type", "person"), ("--width", "77")):
        run(*make(*more, "--output", "new.esl"), exit_code=1)
        made = answer(*make(*more, "--any-size", "--force", "--output", "new.esl"))
        assert made["picture"]["width_mm"] in (40, 77)


@pytest.mark.parametrize(
    ("more", "exit_code"),
    [
        (("--type", "firm"), 2),
        (("--type", "１"), 2),
        (("--picture", "form.html"), 2),
        (("--by", "x"), 2),
        (("--registry", "seals"), 2),
        (("--until", "tomorrow"), 2),
        (("--until", "2020-01-01"), 1),
        (("--height", "31"), 1),
        (("--type", "person"), 1),
        (("--key", "zhangsan.key"), 1),
        (("--id", "编码"), 1),
        (("--layout", "gmt0031", "--list-digests"), 1),
    ],
)
def test_seals_that_are_not_made(run: Run, more: tuple[str, ...], exit_code: int) -> None:
    run(*make(*more, "--output", "new.esl"), exit_code=exit_code)
    assert not Path("new.esl").exists()


def test_what_is_no_seal(answer: Answer) -> None:
    assert answer("seal", "show", "form.html", exit_code=1)["error"]["type"] == "DecodeError"
    told = answer("seal", "verify", *TRUST, "form.html", exit_code=1)
    assert told["signatures"][0]["checks"][0]["status"] == "failed"


# ---- verifying ------------------------------------------------------------------------------------------------------
def test_a_seal_and_its_registry(run: Run, answer: Answer) -> None:
    verify = ("seal", "verify", *TRUST, *ACCEPT, "--registry", "seals", "org.esl")
    assert answer(*verify)["verdict"] == "valid"
    answer("seal", "stop", *BY, SEAL_ID)
    told = answer(*verify, exit_code=1)
    assert (told["verdict"], told["error"]["reason"]) == ("invalid", "seal-stopped")
    assert "未通过 failed" in run(*verify, exit_code=1).stdout


def test_what_was_not_checked_is_told(answer: Answer) -> None:
    told = answer("seal", "verify", *TRUST, "org.esl", exit_code=1)
    assert (told["verdict"], told["error"]["reason"]) == ("incomplete", "not-checked")
    assert "seal-status" in told["error"]["message"]
    lists = ("--crl", "maker.crl")
    assert answer("seal", "verify", *TRUST, *lists, "--registry", "seals", "org.esl")["verdict"] == "valid"


def test_several_at_once(run: Run, answer: Answer) -> None:
    verify = ("seal", "verify", *TRUST, *ACCEPT, "--registry", "seals")
    told = answer(*verify, "org.esl", "second.esl", "missing.esl", exit_code=1)
    assert (told["valid"], told["not_valid"]) == (1, 2)
    assert [one["ok"] for one in told["documents"]] == [True, False, False]
    assert told["documents"][2]["error"]["type"] == "FileNotFoundError"
    shown = run(*verify, "org.esl", "second.esl", "missing.esl", exit_code=1).stdout
    assert "1 / 3" in shown
    assert "无法读取" in shown
    assert answer(*verify, "org.esl", "org.esl")["valid"] == 2
    assert answer(*verify, "missing.esl", exit_code=1)["error"]["type"] == "FileNotFoundError"


@pytest.mark.parametrize(
    "options",
    [
        (),
        (*TRUST, "--signature-only"),
        ("--signature-only", "--maker-anchor", "maker-root.pem"),
        (*TRUST, "--accept", "everything"),
        (*TRUST, "--content", "form.html", "org.esl"),
    ],
)
def test_options_that_do_not_fit(run: Run, options: tuple[str, ...]) -> None:
    run("seal", "verify", *options, "org.esl", exit_code=2)


# ---- beside files ---------------------------------------------------------------------------------------------------
def verified(answer: Answer, container: str, content: str, *more: str, exit_code: int = 0) -> dict[str, Any]:
    command = ("seal", "verify", *TRUST, *ACCEPT, "--registry", "seals", *more, "--content", content, container)
    return answer(*command, exit_code=exit_code)


def test_a_signature_beside_a_file(run: Run, answer: Answer) -> None:
    told = answer("seal", "sign", *SEAL, "--output", "form.seal", "form.html")
    assert (told["kind"], told["seal_id"], told["media_type"]) == ("seal", SEAL_ID, "text/html")
    assert verified(answer, "form.seal", "form.html")["verdict"] == "valid"
    Path("form.html").write_bytes(seal_files.FORM + b" ")
    assert verified(answer, "form.seal", "form.html", exit_code=1)["error"]["reason"] == "changed"
    run("seal", "verify", *TRUST, "form.seal", exit_code=2)
    run("seal", "verify", *TRUST, "--content", "form.html", "org.esl", exit_code=1)


def test_without_a_seal(answer: Answer) -> None:
    told = answer("seal", "sign", *SEAL[2:], "--media-type", "text/plain", "--output", "form.sig", "form.html")
    assert (told["kind"], told["seal_id"], told["media_type"]) == ("signature", None, "text/plain")
    assert verified(answer, "form.sig", "form.html", "--accept", "time")["signatures"][0]["layout"] == "CMS"


def test_two_phases(run: Run, answer: Answer) -> None:
    who = (*SEAL[:2], *SEAL[4:])
    told = answer("seal", "sign", "--prepare", *who, "--to-be-signed", "tbs", "--output", "form.prep", "form.html")
    assert len(told["digest"]) == 64
    assert Path("tbs").read_bytes() == bytes.fromhex(told["to_be_signed"])
    assert Path("form.prep").stat().st_mode & 0o077 == 0
    seal_files.sign_what_waits("form.prep")
    run("seal", "sign", "--finish", "form.prep", "--signature", "value.bin", "--output", "done.seal")
    assert verified(answer, "done.seal", "form.html")["verdict"] == "valid"
    Path("value.bin").write_bytes(bytes(64))
    run("seal", "sign", "--finish", "form.prep", "--signature", "value.bin", "--output", "bad.seal", exit_code=1)
    assert not Path("bad.seal").exists()


def test_time_stamps_by_a_program(answer: Answer) -> None:
    seal_files.write_tsa()
    reply = f"{sys.executable} -m gmpki tsa reply --key tsa.key --certificate tsa.pem --serials tsa.serials"
    stamp = ("--stamp-command", f"{reply} --policy 1.2.156.99999.1", "--stamp-anchor", "root.pem")
    answer("seal", "sign", *SEAL, *stamp, "--output", "form.seal", "form.html")
    told = verified(answer, "form.seal", "form.html", "--tsa-anchor", "root.pem")
    checks = {check["name"]: check["status"] for check in told["signatures"][0]["checks"]}
    assert checks["time-stamp"] == "passed"
    assert told["signatures"][0]["signed_at"] == told["signatures"][0]["timestamps"][0]["time"]


def test_programs_that_give_no_time_stamp(run: Run, answer: Answer, tmp_path: Path) -> None:
    stamp = ("--stamp-command", f"{sys.executable} -c 'print(1)'", "--stamp-anchor", "root.pem")
    told = answer("seal", "sign", *SEAL, *stamp, "--output", "form.seal", "form.html", exit_code=1)
    assert told["error"]["type"] == "DecodeError"
    fails = ("--stamp-command", f"{sys.executable} -c 'exit(3)'", "--stamp-anchor", "root.pem")
    told = answer("seal", "sign", *SEAL, *fails, "--output", "form.seal", "form.html", exit_code=1)
    assert (told["error"]["type"], "exit code 3" in told["error"]["message"]) == ("FetchError", True)
    run("seal", "sign", *SEAL, *stamp[:2], "--output", "form.seal", "form.html", exit_code=2)
    assert not (tmp_path / "form.seal").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("form.html",),
        (*SEAL,),
        (*SEAL, "-"),
        (*SEAL, "--prepare", "form.html"),
        (*SEAL[:2], "form.html"),
        (*SEAL, "--signature", "org.esl", "form.html"),
        (*SEAL, "--to-be-signed", "tbs", "form.html"),
        ("--finish", "form.html", "--signature", "org.esl", "--to-be-signed", "tbs"),
        (*SEAL, "--purpose", "合同", "form.html"),
        (*SEAL[2:], "--registry", "seals", "form.html"),
        ("--finish", "form.html"),
        ("--finish", "form.html", "--signature", "org.esl", "form.html"),
    ],
    ids=range(12),
)
def test_signing_options_that_do_not_fit(run: Run, arguments: tuple[str, ...]) -> None:
    run("seal", "sign", *arguments, "--output", "out.seal", exit_code=2)
    assert not Path("out.seal").exists()


# ---- the registry ---------------------------------------------------------------------------------------------------
def stages(answer: Answer) -> dict[str, str]:
    return {one["digest"][:8]: one["stage"] for one in answer("seal", "list", "--registry", "seals")["seals"]}


def test_a_life_on_the_command_line(run: Run, answer: Answer) -> None:
    told = answer("seal", "record", *BY, "--number", "2026-2", "--holder", "示例市", "second.esl")
    assert (told["stage"], told["record_number"], told["holder"]) == ("in-use", "2026-2", "示例市")
    assert answer("seal", "stop", *BY, "--why", "示例", told["digest"])["stage"] == "stopped"
    assert answer("seal", "resume", *BY, "31010000000002")["stage"] == "in-use"
    replaced = answer("seal", "replace", *BY, "--why", "更名", "--number", "2026-3", SEAL_ID, "next.esl")
    assert (replaced["stage"], replaced["record_number"]) == ("in-use", "2026-3")
    why = ("--why", "遗失", "--reason", "key-compromise")
    revoked = answer("seal", "revoke", *BY, *why, SEAL_ID)
    assert revoked["digest"] == replaced["digest"]
    assert revoked["steps"][-1]["reason"] == "key-compromise"
    told = answer("seal", "revoke", *BY, SEAL_ID, exit_code=1)
    assert told["error"]["reason"] == "transition"
    assert sorted(stages(answer).values()) == ["in-use", "replaced", "revoked", "stopped"]
    text = run("seal", "list", "--registry", "seals", "--stage", "revoked").stdout
    assert "已撤销 revoked" in text
    assert "遗失" in text


def test_queries(answer: Answer) -> None:
    def ids(*options: str) -> list[str]:
        return [one["seal_id"] for one in answer("seal", "list", "--registry", "seals", *options)["seals"]]

    assert ids() == [SEAL_ID, STOPPED_ID]
    assert ids("--stage", "stopped") == ids("--name", "财务") == [STOPPED_ID]
    assert ids("--id", SEAL_ID, "--holder", "社会保障局") == [SEAL_ID]
    assert ids("--until", "2026-01-01") == ids("--since", "2199-01-01") == []


def test_a_new_registry(run: Run, answer: Answer) -> None:
    new = ("--registry", "other", "--by", "李四")
    told = answer("seal", "record", *new, "org.esl", exit_code=1)
    assert told["error"]["type"] == "StateError"
    assert answer("seal", "record", *new, "--create-registry", "org.esl")["stage"] == "in-use"
    run("seal", "record", *new, "--create-registry", "second.esl", exit_code=1)
    assert answer("seal", "grants", "--registry", "other")["grants"] == []


def test_revoking_needs_one_thing(run: Run) -> None:
    run("seal", "revoke", *BY, exit_code=2)
    run("seal", "revoke", *BY, "--grant", GRANT_ID, SEAL_ID, exit_code=2)
    run("seal", "revoke", *BY, "--grant", GRANT_ID, "--reason", "superseded", exit_code=2)
    run("seal", "revoke", *BY, "--since", "yesterday", SEAL_ID, exit_code=2)


# ---- grants and uses ------------------------------------------------------------------------------------------------
def test_grants_and_uses(run: Run, answer: Answer) -> None:
    asked = ("--registry", "seals", "--use-log", "uses.log")

    def sign(*purpose: str, exit_code: int = 0) -> str:
        Path("form.seal").unlink(missing_ok=True)
        command = ("seal", "sign", *SEAL, *asked, *purpose, "--output", "form.seal", "form.html")
        told = answer(*command, exit_code=exit_code)
        assert Path("form.seal").exists() is (exit_code == 0)
        return str(told["error"]["reason"]) if exit_code else "done"

    assert sign("--purpose", "合同") == "done"
    assert sign(exit_code=1) == "grant-purpose"
    assert sign("--purpose", "合同") == "done"
    assert sign("--purpose", "合同", exit_code=1) == "grant-used-up"
    (grant,) = answer("seal", "grants", "--registry", "seals", "--certificate", "zhangsan.pem", SEAL_ID)["grants"]
    assert (grant["grant"], grant["used"], grant["limit"]) == (GRANT_ID, 2, 2)
    given = answer(
        "seal", "grant", *BY, "--certificate", "zhangsan.pem", "--purpose", "*", "--until", "2199-01-01", SEAL_ID
    )
    assert sign() == "done"
    assert answer("seal", "revoke", *BY, "--grant", given["grant"])["revoked_at"] is not None
    assert sign("--purpose", "公文", exit_code=1) == "grant-revoked"
    assert "已撤回" in run("seal", "grants", "--registry", "seals").stdout
    answer("seal", "stop", *BY, SEAL_ID)
    assert sign("--purpose", "合同", exit_code=1) == "seal-stopped"
    assert answer("seal", "uses", "uses.log")["pending"] == 8


def test_grants_for_seals_that_are_not_known(answer: Answer) -> None:
    options = ("--certificate", "zhangsan.pem", "--purpose", "x", "--until", "2199-01-01")
    assert answer("seal", "grant", *BY, *options, "999", exit_code=1)["error"]["reason"] == "unknown-seal"
    told = answer("seal", "grant", *BY, *options, "--from", "2199-01-02", SEAL_ID, exit_code=1)
    assert told["error"]["type"] == "InvalidInputError"


def test_uses_are_handed_on(run: Run, answer: Answer) -> None:
    verify = ("seal", "verify", *TRUST, *ACCEPT, "--registry", "seals", "--use-log", "uses.log")
    run(*verify, "org.esl")
    run(*verify, "second.esl", exit_code=1)
    broken = f"{sys.executable} -c 'exit(1)'"
    told = answer("seal", "uses", "--hand-on", broken, "uses.log", exit_code=1)
    assert "stay" in told["error"]["message"]
    assert answer("seal", "uses", "uses.log") == {"ok": True, "handed_on": 0, "pending": 3}
    told = answer("seal", "uses", "--hand-on", "tee -a out.json", "--batch", "2", "uses.log")
    assert (told["handed_on"], told["pending"]) == (3, 0)
    uses = [json.loads(line) for line in Path("out.json").read_text(encoding="utf-8").splitlines()]
    assert [(use["number"], use["action"], use["result"]) for use in uses] == [
        (1, "seal", "done"),
        (2, "verify", "valid"),
        (3, "verify", "incomplete"),
    ]
    assert (uses[1]["document"], uses[1]["seal_id"]) == ("org.esl", SEAL_ID)
    assert "0" in run("seal", "uses", "uses.log").stdout
    run("seal", "uses", "--hand-on", " ", "uses.log", exit_code=2)
    run("seal", "uses", "missing.log", exit_code=1)


def test_a_new_log_of_uses(run: Run, answer: Answer) -> None:
    run("seal", "sign", *SEAL, "--use-log", "new.log", "--output", "form.seal", "form.html")
    assert answer("seal", "uses", "new.log")["pending"] == 1


# ---- reports --------------------------------------------------------------------------------------------------------
def report(*checks: Check, name: str = "合同.ofd", accepted: frozenset[str] = frozenset()) -> DocumentReport:
    one = SignatureReport(0, "/Doc_0/Signs/Sign_0/Signature.xml", checks, placements=(Placement(1, 10, 20.5, 42, 42),))
    return DocumentReport("ofd", name, bytes(32), (one,), accepted=accepted)


PASSED = Check(SealCheck.DIGEST, CheckStatus.PASSED, "SM3")
OPEN = Check(SealCheck.STATUS, CheckStatus.NOT_CHECKED, "nobody was asked")
FAILED = Check(SealCheck.SIGNATURE, CheckStatus.FAILED, "", InvalidSignature("the signature does not hold"))


@pytest.mark.parametrize(
    ("checks", "accepted", "verdict", "reason"),
    [
        ((PASSED,), (), "valid", None),
        ((PASSED, OPEN), (), "incomplete", "not-checked"),
        ((PASSED, OPEN), ("seal-status",), "valid", None),
        ((PASSED, FAILED), ("signature",), "invalid", None),
    ],
)
def test_verdicts(checks: tuple[Check, ...], accepted: tuple[str, ...], verdict: str, reason: str | None) -> None:
    told = answer_of([("x", report(*checks, accepted=frozenset(accepted)))])
    assert told.fields["verdict"] == verdict
    assert told.fields["signatures"][0]["verdict"] == verdict
    assert (told.failure is None) is (verdict == "valid")
    assert told.failure is None or told.failure.reason == reason
    assert json.loads(json.dumps(told.as_json()))["accepted"] == sorted(accepted)
    text = "\n".join(str(line) for line in told.lines)
    assert VERDICT_TEXTS[verdict].said(ReportLanguage.BOTH) in text
    assert "10, 20.5 mm; 42 x 42 mm" in text
    assert ("已声明不要求" in text) is (verdict == "valid" and len(checks) == 2)


def test_what_a_terminal_would_obey_is_escaped() -> None:
    told = answer_of([("x", report(PASSED, name="a\x1b[2J\n"))])
    assert all(line.isprintable() for line in told.lines if isinstance(line, str))
    unreadable = answer_of([("\x1b[2J", DecodeError("no zip")), ("x", report(PASSED))])
    assert all(line.isprintable() for line in unreadable.lines if isinstance(line, str))
    assert unreadable.failure is not None


def test_a_document_that_nobody_signed() -> None:
    told = answer_of([("x", DocumentReport("ofd", "x", bytes(32), ()))])
    assert (told.fields["verdict"], told.failure and told.failure.reason) == ("invalid", "not-signed")
    assert "没有 none" in "\n".join(str(line) for line in told.lines)
