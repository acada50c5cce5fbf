"""``gmpki ofd verify`` and ``gmpki ofd show``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cli.conftest import Run
from gmpki.cli import ofd_show, ofd_verify
from gmpki.seal.ofd import DEFAULT_LIMITS
from seal import samples
from seal.ofd.packages import changed, sealed

AT = samples.NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
ACCEPTED = [part for name in sorted(samples.UNASKED) for part in ("--accept", name)]


@pytest.fixture
def trusting(tmp_path: Path) -> list[str]:
    """Give the options that trust the authorities of the samples, and the documents to verify."""
    (tmp_path / "root.pem").write_bytes(samples.root().certificate.to_pem())
    (tmp_path / "maker.pem").write_bytes(samples.maker_root().certificate.to_pem())
    (tmp_path / "one.ofd").write_bytes(sealed())
    (tmp_path / "two.ofd").write_bytes(sealed(2))
    (tmp_path / "bad.ofd").write_bytes(changed(sealed(), {"Doc_0/PublicRes.xml": b"<x/>"}))
    (tmp_path / "none.ofd").write_bytes(b"no document")
    return ["--anchor", "root.pem", "--maker-anchor", "maker.pem", "--at", AT, *ACCEPTED]


def test_the_limits_are_those_of_the_library() -> None:
    assert ofd_verify.MAX_OFD_LEN == ofd_show.MAX_OFD_LEN == DEFAULT_LIMITS.package_len


def test_a_document(run: Run, answer: Any, trusting: list[str]) -> None:
    shown = run("ofd", "verify", *trusting, "two.ofd").stdout
    assert "有效 valid" in shown
    assert shown.count("示例市社会保障局 (") == 2
    found = answer("ofd", "verify", *trusting, "two.ofd")
    assert (found["kind"], found["verdict"]) == ("ofd", "valid")
    assert [one["verdict"] for one in found["signatures"]] == ["valid", "valid"]
    assert found["signatures"][1]["placements"][0]["x_mm"] == 70


def test_a_document_that_was_changed(run: Run, answer: Any, trusting: list[str]) -> None:
    found = answer("ofd", "verify", *trusting, "bad.ofd", exit_code=1)
    assert (found["verdict"], found["error"]["reason"]) == ("invalid", "changed")
    result = run("ofd", "verify", *trusting, "bad.ofd", exit_code=1)
    assert "changed: /Doc_0/PublicRes.xml" in result.stdout
    assert "/Doc_0/PublicRes.xml" in result.stderr


def test_several_documents(answer: Any, trusting: list[str]) -> None:
    found = answer("ofd", "verify", *trusting, "one.ofd", "bad.ofd", "none.ofd", "missing.ofd", exit_code=1)
    assert (found["valid"], found["not_valid"]) == (1, 3)
    assert [one["ok"] for one in found["documents"]] == [True, False, False, False]
    assert found["documents"][2]["error"]["type"] == "DecodeError"
    assert found["documents"][3]["error"]["type"] == "FileNotFoundError"


def test_what_was_not_checked(answer: Any, trusting: list[str]) -> None:
    found = answer("ofd", "verify", *trusting[:6], "one.ofd", exit_code=1)
    assert (found["verdict"], found["error"]["reason"]) == ("incomplete", "not-checked")


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify"],
        ["verify", "one.ofd"],
        ["verify", "--signature-only", "--accept", "everything", "one.ofd"],
        ["show", "--page", "0", "--output", "p.png", "one.ofd"],
        ["show", "--page", "1", "one.ofd"],
        ["show", "--output", "p.png", "one.ofd"],
        ["show", "--page", "1", "--seal", "1", "--output", "p.png", "one.ofd"],
        ["show", "--dpi", "100", "one.ofd"],
        ["show", "--svg", "--dpi", "100", "--page", "1", "--output", "p.svg", "one.ofd"],
        ["show", "--seal", "2", "--output", "p.png", "one.ofd"],
    ],
)
def test_usage(run: Run, trusting: list[str], arguments: list[str]) -> None:
    del trusting
    run("ofd", *arguments, exit_code=2)
    assert not Path("p.png").exists()


def test_what_a_document_says(run: Run, answer: Any, trusting: list[str]) -> None:
    del trusting
    shown = run("ofd", "show", "two.ofd").stdout
    assert "2 (210 x 297 mm)" in shown
    assert "第 1 页 page 1: 70, 100 mm" in shown
    found = answer("ofd", "show", "two.ofd")
    assert len(found["pages"]) == 2
    assert [one["seal"]["name"] for one in found["signatures"]] == [samples.ORGANISATION] * 2
    assert "/OFD.xml" in found["signatures"][0]["protected"]
    assert answer("ofd", "show", "-", stdin=sealed())["signatures"][0]["type"] == "Seal"


def test_pages_and_seals_are_written(run: Run, answer: Any, trusting: list[str]) -> None:
    del trusting
    assert answer("ofd", "show", "--page", "2", "--dpi", "50", "-o", "p.png", "one.ofd")["output"] == "p.png"
    assert Image.open("p.png").size == (413, 585)
    run("ofd", "show", "--page", "2", "-o", "p.png", "one.ofd", exit_code=1)
    run("ofd", "show", "--page", "1", "--svg", "-o", "p.svg", "one.ofd")
    assert Path("p.svg").read_text(encoding="utf-8").startswith("<svg")
    assert run("ofd", "show", "--seal", "1", "-o", "-", "one.ofd").stdout_bytes == samples.picture().data


def test_documents_that_cannot_be_shown(answer: Any, trusting: list[str]) -> None:
    del trusting
    assert answer("ofd", "show", "none.ofd", exit_code=1)["error"]["type"] == "DecodeError"
    found = answer("ofd", "show", "--page", "3", "-o", "p.png", "one.ofd", exit_code=1)
    assert "no page 3" in found["error"]["message"]
