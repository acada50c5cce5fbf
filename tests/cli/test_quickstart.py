"""``gmpki quickstart``: one run, looked at from all sides; and what stands in its way."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import closing
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from PIL import Image

from gmpki.cli import _quickstart_story, quickstart
from gmpki.cli._quickstart_documents import SHIPPED
from gmpki.cli._quickstart_space import Said, StoryError, Workspace
from gmpki.errors import GmpkiError, InvalidSignature
from gmpki.seal.ofd import OFDWriter, list_ofd
from gmpki.seal.ofd.render import render_page
from gmpki.seal.pdf import draw_page, list_pdf

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]

STEPS = ["authority", "apply", "issue", "seal", "messages", "verify", "refuse", "revoke", "latency", "report"]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Give the directory of a run, and what it answered."""
    place = tmp_path_factory.mktemp("quickstart")
    environment = {**os.environ, "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "gmpki", "quickstart", "--output", "demo", "--json"]
    ran = subprocess.run(command, cwd=place, env=environment, capture_output=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stdout.decode() + ran.stderr.decode()
    answer: dict[str, Any] = json.loads(ran.stdout)
    return place / "demo", answer


pytestmark = pytest.mark.once


def test_every_step_came_to_its_end(story: tuple[Path, dict[str, Any]]) -> None:
    directory, answer = story
    assert [step["name"] for step in answer["steps"]] == STEPS
    assert all(step["elapsed_ms"] > 0 and step["title"] and step["title_zh"] for step in answer["steps"])
    assert answer["directory"] == str(directory)
    assert answer["certified"] is False


def test_what_holds_and_what_is_refused(story: tuple[Path, dict[str, Any]]) -> None:
    outcomes = {finding["what"]: finding for finding in story[1]["findings"]}
    passed = {what for what, finding in outcomes.items() if finding["outcome"] == "passed"}
    assert {"PDF: sealed before, with a time-stamp", "OFD: sealed before, with a time-stamp"} < passed
    assert "the audit log is whole" in passed
    refused = {what: finding["found"] for what, finding in outcomes.items() if finding["outcome"] == "refused"}
    for what, reason in {
        "organisation: approved by who entered it": "NotPermittedError",
        "PDF: a byte changed": "SealError",
        "OFD: a byte changed": "SealError",
        "PKCS#7: a byte of the content changed": "InvalidSignature",
        "seal: a byte of the picture changed": "InvalidSignature",
        "after the revocation: OCSP": "RevokedError",
        "after the revocation: the registry is asked before the seal is used": "SealError",
        "PDF: sealed after the revocation": "RevokedError",
        "OFD: sealed after the revocation": "RevokedError",
        "PDF: sealed before, without a time-stamp": "RevokedError",
        "OFD: sealed before, without a time-stamp": "RevokedError",
    }.items():
        assert refused[what].startswith(f"{reason}: "), what


def test_every_file_is_there_and_secrets_are_their_owner_s(story: tuple[Path, dict[str, Any]]) -> None:
    directory, answer = story
    assert [name for name in answer["files"] if not (directory / name).exists()] == []
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    private = [directory / "passwords.txt", directory / "ca.db", *(directory / "keys").iterdir()]
    private += [directory / "messages" / "opened-contract.pdf"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}


def test_no_secret_is_anywhere_else(story: tuple[Path, dict[str, Any]]) -> None:
    directory, answer = story
    lines = (directory / "passwords.txt").read_text(encoding="utf-8").splitlines()
    secrets = [line.split(": ")[1].encode() for line in lines]
    assert len(secrets) > 10
    assert len(set(secrets)) == len(secrets)
    everywhere = [path.read_bytes() for path in directory.rglob("*") if path.is_file() and path.name != "passwords.txt"]
    everywhere.append(json.dumps(answer).encode())
    assert not [secret for secret in secrets for data in everywhere if secret in data]


def test_the_database_can_be_looked_at(story: tuple[Path, dict[str, Any]]) -> None:
    with closing(sqlite3.connect(story[0] / "ca.db")) as database:
        (names,) = zip(*database.execute("SELECT name FROM authorities ORDER BY id"), strict=True)
        assert names == ("root", "sub")
        states = dict(database.execute("SELECT subject, state FROM pairs"))
    assert sorted(states.values()) == ["active", "revoked"]


def trust_options(directory: Path) -> list[str]:
    """Return whom a verifier trusts who has the published files."""
    public = directory / "public"
    options = ["--anchor", str(public / "ca" / "root-1.cer"), "--tsa-anchor", str(public / "ca" / "root-1.cer")]
    options += ["--intermediate", str(public / "ca" / "sub-1.cer"), "--registry", str(directory / "seal" / "registry")]
    for name in ("root", "sub"):
        options += ["--crl", str(public / "crl" / f"{name}-1-0.crl")]
    return options


@pytest.mark.parametrize("kind", ["pdf", "ofd"])
@pytest.mark.parametrize(("name", "exit_code"), [("sealed", 0), ("changed", 1), ("late", 1), ("unstamped", 1)], ids=str)
def test_other_commands_say_the_same(
    story: tuple[Path, dict[str, Any]], run: Run, kind: str, name: str, exit_code: int
) -> None:
    directory = story[0]
    document = directory / "sealed" / f"contract-{name}.{kind}"
    run(kind, "verify", *trust_options(directory), str(document), exit_code=exit_code)


def test_the_page_stands_alone(story: tuple[Path, dict[str, Any]]) -> None:
    directory, answer = story
    page = (directory / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert all(address.startswith("data:image/") for address in re.findall(r'(?:src|xlink:href)="([^"]+)"', page))
    links = list(re.findall(r'<a href="([^"]+)"', page))
    assert len(links) >= len(answer["files"])
    assert not [link for link in links if not (directory / link).exists()]
    # Each picture of a page, and the seal.
    assert page.count("data:image/jpeg;base64,") == 4
    assert page.count("data:image/png;base64,") == 1
    for finding in answer["findings"]:
        assert finding["what_zh"] in page


def test_the_limits_of_the_tender_are_all_in_the_page(story: tuple[Path, dict[str, Any]]) -> None:
    from gmpki.tokens.limits import limit_profile

    page = (story[0] / "report.html").read_text(encoding="utf-8")
    for limit in limit_profile("tender").limits:
        assert f"{limit.algorithm} {limit.operation}" in page


# ---- what is shipped ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", SHIPPED)
def test_the_contract_brings_its_characters_along(name: str) -> None:
    """So it looks the same on a machine without Chinese fonts."""
    data = resources.files("gmpki.data").joinpath("quickstart").joinpath(name).read_bytes()
    assert len(data) < 30_000
    if name.endswith(".pdf"):
        sizes, draw = list_pdf(data).pages, draw_page
    else:
        sizes, draw = list_ofd(data).pages, render_page
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            assert len([entry for entry in package.namelist() if entry.endswith(".otf")]) == 1
    assert [(round(width), round(height)) for width, height in sizes] == [(210, 297), (210, 297)]
    image = Image.open(io.BytesIO(draw(data, 1, dpi=40))).convert("L").point(lambda level: 255 if level < 200 else 0)
    ink = sum(image.tobytes()) / 255 / (image.width * image.height)
    assert 0.005 < ink < 0.1


# ---- documents of one's own -----------------------------------------------------------------------------------------
def small_ofd(pages: int = 1) -> bytes:
    """Return an OFD document with no digit in it."""
    writer = OFDWriter(title="letter")
    for _ in range(pages):
        writer.add_page(100, 120).text(10, 20, "letter")
    return writer.to_bytes()


def test_own_documents_take_the_place_of_those_shipped(answer: Answer) -> None:
    Path("letter.ofd").write_bytes(small_ofd(3))
    fields = answer("quickstart", "--output", "demo", "letter.ofd")
    assert [step["name"] for step in fields["steps"]] == STEPS
    assert {name for name in fields["files"] if name.startswith("sealed/")} == {
        f"sealed/letter-{kind}.ofd" for kind in ("sealed", "unstamped", "changed", "late")
    }
    assert Path("demo/documents/letter.ofd").read_bytes() == Path("letter.ofd").read_bytes()


@pytest.mark.parametrize(
    ("data", "kind"), [(b"plain text", "UnsupportedAlgorithm"), (b"", "UnsupportedAlgorithm")], ids=["text", "empty"]
)
def test_what_is_no_document_is_refused_at_once(answer: Answer, data: bytes, kind: str) -> None:
    Path("note.txt").write_bytes(data)
    failed = answer("quickstart", "--output", "demo", "note.txt", exit_code=1)
    assert failed["error"]["type"] == kind
    assert failed["error"]["message"].startswith("step authority: note.txt")
    assert failed["steps"] == []


def test_a_document_that_is_not_there(answer: Answer) -> None:
    assert answer("quickstart", "--output", "demo", "none.pdf", exit_code=1)["error"]["type"] == "FileNotFoundError"


# ---- what stands in the way -----------------------------------------------------------------------------------------
def test_a_directory_of_its_own(answer: Answer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(_quickstart_story, "take_documents", refuse)
    directory = Path(answer("quickstart", exit_code=1)["directory"])
    assert directory.parent == tmp_path
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_a_full_directory_is_left_alone(run: Run) -> None:
    Path("demo").mkdir()
    Path("demo/contract.txt").write_bytes(b"mine")
    run("quickstart", "--output", "demo", exit_code=2)
    assert os.listdir("demo") == ["contract.txt"]


def refuse(*_: object) -> None:
    raise GmpkiError("it did not work")


def test_the_step_that_failed_is_named(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_quickstart_story, "Office", refuse)
    before = dict(os.environ)
    failed = answer("quickstart", "--output", "demo", exit_code=1)
    assert failed["error"] == {"type": "GmpkiError", "message": "step authority: it did not work"}
    assert failed["steps"] == []
    assert dict(os.environ) == before


@pytest.mark.parametrize(("module", "extra"), [("lxml", "seal"), ("alembic", "ca")], ids=["seal", "ca"])
def test_an_extra_that_is_missing_is_named(
    answer: Answer, monkeypatch: pytest.MonkeyPatch, module: str, extra: str
) -> None:
    found = quickstart.find_spec
    monkeypatch.setattr(quickstart, "find_spec", lambda name: None if name == module else found(name))
    failed = answer("quickstart", "--output", "demo", exit_code=1)
    assert failed["error"]["type"] == "UnsupportedPlatform"
    assert f"gmpki[{extra}]" in failed["error"]["message"]
    assert not Path("demo").exists()


# ---- the notes that a run takes -------------------------------------------------------------------------------------
def test_what_was_to_be_refused_and_was_not(tmp_path: Path) -> None:
    space = Workspace(str(tmp_path), lambda _: None)
    with pytest.raises(StoryError, match="a lie"):
        space.refused(Said("谎言", "a lie"), lambda: None, InvalidSignature)
    assert space.findings == []


def test_a_refusal_is_noted_with_its_reason(tmp_path: Path) -> None:
    space = Workspace(str(tmp_path), lambda _: None)

    def verify() -> None:
        raise InvalidSignature("not this one")

    assert space.refused(Said("谎言", "a lie"), verify, InvalidSignature) == "not this one"
    (finding,) = space.findings
    assert finding.is_refusal
    assert finding.found == "InvalidSignature: not this one"


def test_an_error_of_another_kind_is_no_refusal(tmp_path: Path) -> None:
    space = Workspace(str(tmp_path), lambda _: None)
    with pytest.raises(GmpkiError, match="it did not work"):
        space.refused(Said("谎言", "a lie"), refuse, InvalidSignature)
    assert space.findings == []


def test_the_story_in_python(tmp_path: Path) -> None:
    """The script of the guide, which is short."""
    script = Path(__file__).parents[2] / "docs" / "quickstart" / "story.py"
    assert len(script.read_text(encoding="utf-8").splitlines()) < 80
    shutil.copy(script, tmp_path)
    environment = {**os.environ, "PYTHONUTF8": "1"}
    ran = subprocess.run(
        [sys.executable, "-W", "error", "story.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()
    assert ran.stdout.decode().splitlines() == [
        "sealed valid",
        "revoked: sealed before: valid - sealed after: invalid",
    ]
