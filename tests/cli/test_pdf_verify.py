"""``gmpki pdf verify`` and ``gmpki pdf show``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from seal import samples
from seal.pdf import documents
from seal.pdf.crafted import sealed, signed_again, updated

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]

AT = samples.NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
TRUST = ("--anchor", "root.pem", "--maker-anchor", "makers.pem", "--at", AT)
ACCEPTED = [word for name in sorted(samples.UNASKED - {"seal-copy"}) for word in ("--accept", name)]


@pytest.fixture
def files(run: Run, tmp_path: Path) -> Path:
    """Write files: sealed, changed after it, plain, and certificates."""
    assert run
    for name, data in [
        ("sealed.pdf", sealed()),
        ("both.pdf", signed_again(sealed())),
        ("changed.pdf", updated(sealed(), {4: b"(changed)"})),
        ("plain.pdf", documents.single_page()),
        ("none.pdf", b"%PDF-1.7\n"),
        ("root.pem", samples.root().certificate.to_pem()),
        ("makers.pem", samples.maker_root().certificate.to_pem()),
    ]:
        (tmp_path / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return tmp_path


@pytest.mark.usefixtures("files")
class TestVerify:
    def test_valid(self, answer: Answer, run: Run) -> None:
        found = answer("pdf", "verify", *TRUST, *ACCEPTED, "both.pdf")
        assert (found["kind"], found["verdict"]) == ("pdf", "valid")
        assert [one["coverage"] for one in found["signatures"]] == ["revision 2 of 3", "the whole file"]
        assert found["signatures"][0]["seal"]["name"] == samples.ORGANISATION
        assert (
            "通过 passed: revision 2 of 3, but for Contents"
            in run("pdf", "verify", *TRUST, *ACCEPTED, "both.pdf").stdout
        )

    def test_not_everything_was_checked(self, answer: Answer) -> None:
        found = answer("pdf", "verify", *TRUST, "sealed.pdf", exit_code=1)
        assert (found["verdict"], found["error"]["reason"]) == ("incomplete", "not-checked")

    def test_changed(self, answer: Answer) -> None:
        found = answer("pdf", "verify", *TRUST, *ACCEPTED, "changed.pdf", exit_code=1)
        assert (found["verdict"], found["error"]["reason"]) == ("invalid", "changed")
        assert found["error"]["message"] == "object 4 (contents of page 1) changed"

    def test_several(self, answer: Answer) -> None:
        found = answer("pdf", "verify", *TRUST, *ACCEPTED, "sealed.pdf", "plain.pdf", "none.pdf", exit_code=1)
        assert (found["valid"], found["not_valid"]) == (1, 2)
        assert [one.get("error", {}).get("reason") for one in found["documents"]] == [None, "not-signed", None]

    def test_no_pdf_file(self, answer: Answer) -> None:
        found = answer("pdf", "verify", *TRUST, "root.pem", exit_code=1)
        assert found["error"]["type"] == "DecodeError"

    def test_usage(self, run: Run) -> None:
        run("pdf", "verify", exit_code=2)
        run("pdf", "verify", "sealed.pdf", exit_code=2)
        run("pdf", "verify", "--signature-only", "--accept", "nonsense", "sealed.pdf", exit_code=2)


@pytest.mark.usefixtures("files")
class TestShow:
    def test_signatures(self, answer: Answer, run: Run) -> None:
        found = answer("pdf", "show", "both.pdf")
        assert (len(found["pages"]), found["revisions"]) == (2, 3)
        seal, message = found["signatures"]
        assert (seal["name"], seal["kind"], seal["revision"]) == ("Seal1", "seal-signature", 2)
        assert seal["seal"]["name"] == samples.ORGANISATION
        assert (message["sub_filter"], message["seal"], message["problem"]) == ("adbe.pkcs7.detached", None, None)
        shown = run("pdf", "show", "both.pdf").stdout
        assert samples.ORGANISATION in shown
        assert "GM.sm2seal" in shown

    def test_nothing_signed(self, answer: Answer, run: Run) -> None:
        assert answer("pdf", "show", "plain.pdf")["signatures"] == []
        assert "没有 none" in run("pdf", "show", "plain.pdf").stdout

    def test_picture_of_a_seal(self, answer: Answer, files: Path) -> None:
        assert answer("pdf", "show", "--seal", "1", "--output", "seal.png", "sealed.pdf")["output"] == "seal.png"
        assert (files / "seal.png").read_bytes() == samples.png()

    def test_page(self, run: Run) -> None:
        result = run("pdf", "show", "--page", "2", "--dpi", "36", "--output", "-", "sealed.pdf")
        assert result.stdout_bytes.startswith(b"\x89PNG")

    @pytest.mark.parametrize(
        "options",
        [
            ("--page", "1"),
            ("--output", "x.png"),
            ("--page", "1", "--seal", "1", "--output", "x.png"),
            ("--dpi", "100", "--seal", "1", "--output", "x.png"),
            ("--page", "9", "--output", "x.png"),
            ("--seal", "9", "--output", "x.png"),
        ],
    )
    def test_usage(self, run: Run, options: tuple[str, ...]) -> None:
        run("pdf", "show", *options, "sealed.pdf", exit_code=2)

    def test_outputs_are_not_replaced(self, run: Run, files: Path) -> None:
        (files / "seal.png").write_bytes(b"mine")
        run("pdf", "show", "--seal", "1", "--output", "seal.png", "sealed.pdf", exit_code=1)
        assert (files / "seal.png").read_bytes() == b"mine"
        run("pdf", "show", "--seal", "1", "--output", "seal.png", "--force", "sealed.pdf")
        assert (files / "seal.png").read_bytes() == samples.png()
