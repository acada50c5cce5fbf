"""``gmpki conformance run``: what is said before and after, what ends a run, what goes on with it, who signs it."""

from __future__ import annotations

import errno
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from cli import seal_files
from cli.conftest import PASSWORD
from conformance.tiny_group import tiny, tiny_library
from gmpki.cli import _conformance, _conformance_target, conformance_run
from gmpki.conformance import Kind, Options, Permission
from gmpki.conformance.report import read_json
from gmpki.errors import InvalidInputError
from gmpki.tokens.limits import limit_profile_names

__all__ = ["tiny", "tiny_library"]

pytestmark = pytest.mark.once

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]

COMMAND = ("conformance", "run")
LIMITS = """format = 1

[ours]
title = "Ours"
title_zh = "本单位"
source = "a tender"
confidence = "C"
mandatory = ["sm2"]

[ours.sm2]
sign = { each_below_ms = 5000 }
"""


def test_values_that_are_written_out() -> None:
    assert tuple(kind.value for kind in Kind) == _conformance.KINDS
    assert tuple(one.value for one in Permission) == conformance_run.PERMISSIONS
    assert set(limit_profile_names()) == set(conformance_run.LIMITS)
    assert Options().limits == conformance_run.LIMITS[0]
    Options(random_samples=conformance_run.LEAST_SAMPLES, latency_count=1)
    Options(random_samples=conformance_run.MOST_SAMPLES, latency_count=conformance_run.MOST_COUNT)
    for beyond in (
        {"random_samples": conformance_run.LEAST_SAMPLES - 1},
        {"random_samples": conformance_run.MOST_SAMPLES + 1},
        {"latency_count": conformance_run.MOST_COUNT + 1},
    ):
        with pytest.raises(InvalidInputError):
            Options(**beyond)


# ---- the software token -----------------------------------------------------------------
def test_a_run_on_the_software_token(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GMPKI_SOFTTOKEN_DIR", "elsewhere")
    told = answer(*COMMAND, "--soft", "--select", "SKF-BUF-001", "--select", "ABI-001", "--report", "r")
    assert (told["verdict"], told["is_complete"], told["is_whole"]) == ("incomplete", True, False)
    assert told["counts"]["required"]["passed"] == 2
    assert told["device"]["is_software"] == "yes"
    assert told["selection"] == ["SKF-BUF-001", "ABI-001"]
    assert [Path(path).name for path in told["files"]] == ["report.json", "report.xml", "report.html"]
    report = read_json(Path("r/report.json").read_bytes())
    assert report.selection == ("SKF-BUF-001", "ABI-001")
    assert "自测报告" in Path("r/report.html").read_text(encoding="utf-8")
    assert os.environ["GMPKI_SOFTTOKEN_DIR"] == "elsewhere"
    assert not Path("elsewhere").exists()


def test_the_same_behind_pkcs11(run: Run) -> None:
    told = run(*COMMAND, "--soft", "pkcs11", "--allow-init", "--select", "P11-GEN-001").output
    assert "PKCS #11" in told
    assert "通过 passed 1" in told
    assert "未保存 not kept: --report DIR keeps it" in told
    assert "Checks were chosen: what came of them is no verdict on the token." in told


def test_the_plan_does_nothing(run: Run, answer: Answer) -> None:
    asked = (*COMMAND, "--soft", "--select", "pins", "--allow-init", "--plan", "--report", "r")
    told = answer(*asked)
    assert not Path("r").exists()
    assert set(told) == {"ok", "lines", "to_run", "not_permitted", "duration_s"}
    assert all(name.startswith("SKF-PIN-") for name in told["to_run"] + told["not_permitted"])
    assert told["not_permitted"] != []
    text = run(*asked).output
    for line in told["lines"]:
        assert line["en"] in text
        assert line["zh"] in text


def test_it_is_said_beforehand(run: Run) -> None:
    asked = (*COMMAND, "--soft", "--select", "SKF-ABI-001")
    told = run(*asked).stdout
    assert told.index("Reads the token and changes nothing on it.") < told.index("结论")
    assert "Reads the token" not in run(*asked, "--quiet").output


# ---- what comes of a run ----------------------------------------------------------------
def test_what_did_not_pass_is_told(tiny: str, run: Run) -> None:
    told = run(*COMMAND, "--skf", tiny, "--select", "TINYB", "--select", "TINY-002", "--yes", exit_code=1).output
    for words in (
        "SKF-TINY-002 [必须 required]",
        "the driver crashed in SKF_SetLabel: SIGSEGV",
        "SKF-TINYB-001 [建议 recommended]",
        "本应失败",
        "workaround: 忽略  look away",
        "SKF-TINYB-002 [信息 information]",
        "未通过  Failed",
        "GmpkiError: required checks failed: 1 (SKF-TINY-002)",
        "it takes --allow-init",
    ):
        assert words in told


def test_the_same_for_a_program(tiny: str, answer: Answer) -> None:
    told = answer(*COMMAND, "--skf", tiny, "--select", "after", exit_code=1)
    found = {one["check"]: one for one in told["not_passed"]}
    assert found["SKF-TINYB-003"]["outcome"] == "deviation"
    assert found["SKF-TINYB-003"]["workaround"] == {"en": "look away", "zh": "忽略"}
    assert found["SKF-TINYB-007"]["message"]["en"] == "it takes --allow-init"
    assert "SKF-TINYB-004" not in found
    assert told["report"] is None
    assert (told["driver"], len(told["driver_sm3"])) == ("tiny.so", 64)


def test_permissions_and_pins_reach_the_checks(
    tiny: str, answer: Answer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIN", "31415926")
    asked = (*COMMAND, "--skf", Path(tiny).name, "--allow-write", "--pin-env", "PIN", "--report", "r")
    monkeypatch.chdir(Path(tiny).parent)  # a bare name is a file here before it is one of the system's
    told = answer(*asked, "--select", "TINY-002", "--select", "TINY-006", exit_code=1)
    assert told["permissions"] == ["write"]
    assert told["counts"]["required"]["passed"] == 1
    observed = json.loads(Path("r/report.json").read_bytes())["results"][0]["observed"]
    assert observed == [["output", "about to look at the label ***"]]  # which is the PIN
    assert b"31415926" not in b"".join(path.read_bytes() for path in Path("r").iterdir())


# ---- stopped, cut off, resumed ------------------------------------------------------------
def interrupt_when(journal: Path, has: bytes) -> threading.Thread:
    """Press Ctrl-C when a journal has these words."""

    def watch() -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end and not (journal.is_file() and has in journal.read_bytes()):
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def test_a_run_is_stopped_and_resumed(tiny: str, run: Run, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    seal_files.write_people()
    Path("limits file.toml").write_text(LIMITS, encoding="utf-8")
    select = [word for name in ("TINY-001", "TINYB-004", "TINYB-006") for word in ("--select", name)]
    signing = ("--sign", "zhangsan.key", "--certificate", "zhangsan.pem")
    monkeypatch.setenv("TINY_SLOW_S", "4")
    pressing = interrupt_when(Path("a report/journal.jsonl"), b'"check":"SKF-TINY-001"')
    pin = ("--pin-env", "PASSWORD")
    asked = (*COMMAND, "--skf", tiny, *select, "--profile", "limits file.toml", "--report", "a report", *signing, *pin)
    told = run(*asked, exit_code=1).output
    pressing.join()
    assert "gmpki conformance run --resume --report 'a report' --pin-env PASSWORD\n" in told
    assert "the run was stopped before its end" in told
    assert "not signed" in told
    assert not Path("a report/report.json.p7s").exists()
    stopped = read_json(Path("a report/report.json").read_bytes())
    assert not stopped.is_complete
    monkeypatch.setenv("TINY_SLOW_S", "0")
    Path("limits file.toml").unlink()
    again = answer(*COMMAND, "--resume", "--report", "a report", *signing)
    assert again["is_complete"]
    assert "张三" in again["signed_by"]
    report = read_json(Path("a report/report.json").read_bytes())
    assert {result.check[4:] for result in report.results} == {"TINY-001", "TINYB-004", "TINYB-006"}
    assert report.limits is not None
    assert report.limits.name == "ours"
    assert report.started == stopped.started
    verify = ("conformance", "verify", "--anchor", "root.pem", "a report")
    assert set(answer(*verify)["forms"].values()) == {"same"}
    run(*COMMAND, "--resume", "--report", "a report")
    assert not Path("a report/report.json.p7s").exists(), "it was over another report"


def test_what_ends_at_once_says_how_to_go_on(
    tiny: str, run: Run, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal_files.write_people()
    asked = (*COMMAND, "--skf", tiny, "--select", "TINY-001", "--yes", "--report", "r s", "--pin-env", "PASSWORD")
    how = "继续 go on: gmpki conformance run --resume --report 'r s' --pin-env PASSWORD\n"
    with monkeypatch.context() as patch:
        patch.setattr("gmpki.conformance.runner.Run.results", interrupted)
        told = run(*asked, exit_code=1).stderr
        assert told.endswith("interrupted; no half-written file is left\n")
        assert how in told
        assert "go on" not in run(*COMMAND, "--skf", tiny, "--select", "TINY-001", exit_code=1).output, (
            "nothing is kept"
        )
    with monkeypatch.context() as patch:
        patch.setattr("gmpki.conformance.report.write_files", refusing)
        told = run(*COMMAND, "--resume", "--report", "r s", "--pin-env", "PASSWORD", exit_code=1).stderr
        assert how in told
        assert "No space left on device" in told
        told = answer(*COMMAND, "--resume", "--report", "r s", exit_code=1)
        assert told["error"]["type"] == "OSError"
    assert answer(*COMMAND, "--resume", "--report", "r s")["is_complete"]
    refused = run(*COMMAND, "--resume", "--report", "r s", "--select", "TINY-005", exit_code=1).stderr
    assert "ConflictError" in refused
    assert "go on:" not in refused


def interrupted(_: object) -> Any:
    """Press Ctrl-C for the second time."""
    raise KeyboardInterrupt


def refusing(*_: object, **__: object) -> Any:
    """Find the disk full."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "report.json")


def test_what_changed_has_to_be_said(tiny: str, answer: Answer) -> None:
    first = (*COMMAND, "--skf", tiny, "--report", "r")
    answer(*first, "--select", "TINY-001")
    told = answer(*first, "--select", "TINY-005", "--resume", exit_code=1)
    assert told["error"]["type"] == "ConflictError"
    told = answer(*first, "--select", "AFTER-NONE", "--resume", "--accept-change", exit_code=1)
    assert told["error"]["type"] == "InvalidInputError"
    told = answer(*first, "--select", "TINYB-004", "--resume", "--accept-change")
    assert (told["selection"], told["verdict"]) == (["TINYB-004"], "incomplete")


def test_a_run_that_was_cut_off_has_a_report(tiny: str, answer: Answer) -> None:
    Path("own.toml").write_text(LIMITS, encoding="utf-8")
    asked = (*COMMAND, "--skf", tiny, "--select", "TINY", "--profile", "own.toml", "--report", "r")
    answer(*asked, exit_code=1)
    lines = Path("r/journal.jsonl").read_bytes().splitlines(keepends=True)
    Path("r/journal.jsonl").write_bytes(b"".join(lines[:4]) + b'{"resu')
    Path("r/report.json").unlink()
    told = answer("conformance", "report", "r", "--output", "cut.json", "--html", "cut.html", exit_code=1)
    assert not told["is_complete"]
    assert told["files"] == ["cut.json", "cut.html"]
    report = read_json(Path("cut.json").read_bytes())
    assert report.limits is not None
    assert report.limits.name == "ours"


# ---- refused ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "say what is checked"),
        (("--soft", "--skf", "x"), "--skf does not go with --soft"),
        (("--pkcs11", "x", "--pcsc", ""), "one driver at a time"),
        (("--soft", "--resume"), "--resume needs --report"),
        (("--soft", "--sign", "k"), "--sign needs --report"),
        (("--soft", "--report", "-"), "names a folder"),
        (("--soft", "--accept-change"), "goes with --resume"),
        (("--soft", "--resume", "--report", "r"), "its token is gone"),
        (("--resume", "--report", "r", "--profile", "tender"), "--profile is that of the run"),
        (("--resume", "--report", "r", "--random-samples", "30"), "--random-samples is that of the run"),
        (("--resume", "--report", "r", "--count", "3"), "--count is that of the run"),
        (("--soft", "--random-samples", "19"), "20<=x<=10000"),
        (("--soft", "--count", "0"), "1<=x<=1000000"),
        (("--soft", "other"), "is not one of"),
        (("--soft", "pkcs11"), "needs --allow-init"),
        (("--soft", "pkcs11", "--allow-init", "--driver-profile", "gmpki"), "is for SKF drivers"),
        (("--soft", "--mechanism-map", "gmpki"), "is for PKCS #11 modules"),
        (("--soft", "--report", "r", "--certificate", "c"), "--certificate goes with --sign"),
        (("--soft", "--report", "r", "--stamp-command", "c"), "--stamp-command goes with --sign"),
        (("--soft", "--pin-env", "NO_SUCH_VARIABLE"), "no variable NO_SUCH_VARIABLE"),
        (("--soft", "--device-key-env", "PASSWORD"), "hexadecimal"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_usage(run: Run, arguments: tuple[str, ...], words: str) -> None:
    assert PASSWORD not in run(*COMMAND, *arguments, exit_code=2).output
    assert words in " ".join(run(*COMMAND, *arguments, exit_code=2).output.split())
    assert not Path("r").exists()


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("--skf", "./absent.so"), "FileNotFoundError", "absent.so"),
        (("--soft", "--select", "nothing"), "InvalidInputError", "chooses no check"),
        (("--soft", "--profile", "absent.toml"), "FileNotFoundError", "absent.toml"),
        (("--soft", "--profile", "junk.toml"), "ProfileError", "junk.toml"),
        (("--soft", "--profile", "two.toml"), "ProfileError", "holds 2 tables"),
        (("--soft", "--profile", "latin.toml"), "ProfileError", "UTF-8"),
        (("--soft", "--driver-profile", "nobody"), "InvalidInputError", "nobody"),
        (("--soft", "pkcs11", "--allow-init", "--mechanism-map", "./absent.toml"), "InvalidInputError", "absent.toml"),
        (("--soft", "--pin-file", "junk.toml"), "ProfileError", "user_pin"),
        (("--soft", "--device", "absent"), "TokenNotFoundError", "absent"),
        (("--resume", "--report", "absent"), "NotFoundError", "no journal"),
        (("--soft", "--report", "r", "--sign", "absent.key"), "FileNotFoundError", "absent.key"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_errors(answer: Answer, arguments: tuple[str, ...], error: str, words: str) -> None:
    Path("junk.toml").write_text("secret-pin", encoding="ascii")
    Path("two.toml").write_text(LIMITS + LIMITS.partition("\n")[2].replace("ours", "theirs"), encoding="utf-8")
    Path("latin.toml").write_bytes(b"\xff")
    told = answer(*COMMAND, *arguments, exit_code=1)["error"]
    assert told["type"] == error
    assert words in told["message"]
    assert "secret-pin" not in told["message"]
    assert not Path("r").exists()


@pytest.mark.parametrize("name", ["report.json", "report.xml", "report.html", "report.json.p7s", "limits.toml"])
def test_what_is_there_is_not_replaced(answer: Answer, name: str) -> None:
    Path("r").mkdir()
    Path("r", name).write_bytes(b"mine")
    told = answer(*COMMAND, "--soft", "--select", "SKF-ABI-001", "--report", "r", exit_code=1)
    assert told["error"]["type"] == "FileExistsError"
    assert [path.name for path in Path("r").iterdir()] == [name]
    assert Path("r", name).read_bytes() == b"mine"


def test_another_run_is_not_overwritten(run: Run) -> None:
    asked = (*COMMAND, "--soft", "--select", "SKF-ABI-001", "--report", "r")
    run(*asked)
    assert "--resume goes on with it" in run(*asked, exit_code=2).output


def test_a_wrong_password_is_told_before_the_run(answer: Answer, run: Run) -> None:
    run("key", "generate", "--password-env", "PASSWORD", "--output", "key.pem", "--public-output", "pub.pem")
    seal_files.write_people()
    asked = (*COMMAND, "--soft", "--select", "SKF-ABI-001", "--report", "r", "--certificate", "zhangsan.pem")
    Path("wrong").write_bytes(b"wrong")
    told = answer(*asked, "--sign", "key.pem", "--password-file", "wrong", exit_code=1)
    assert told["error"]["type"] == "DecryptionError"
    told = answer(*asked, "--sign", "key.pem", "--password-env", "PASSWORD", exit_code=1)
    assert told["error"]["type"] == "KeyMismatchError"
    assert not Path("r").exists()


def test_a_certificate_that_is_not_to_sign_with_is_told_before_the_run(answer: Answer, run: Run) -> None:
    run("key", "generate", "--no-password", "--output", "root.key")
    run("cert", "root", "--key", "root.key", "--subject", "C=CN, O=示例CA, CN=示例根", "--output", "root.pem")
    signing = ("--sign", "root.key", "--certificate", "root.pem")
    told = answer(*COMMAND, "--soft", "--select", "SKF-ABI-001", "--report", "r", *signing, exit_code=1)
    assert told["error"]["type"] == "ProfileError"
    assert not Path("r").exists()


# ---- parts -------------------------------------------------------------------------------
def test_the_software_token_is_there_for_the_block_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GMPKI_SOFTTOKEN_DIR", raising=False)
    with _conformance_target.soft_token("skf"):
        folder = Path(os.environ["GMPKI_SOFTTOKEN_DIR"])
        assert folder.is_dir()
    assert not folder.exists()
    assert "GMPKI_SOFTTOKEN_DIR" not in os.environ
