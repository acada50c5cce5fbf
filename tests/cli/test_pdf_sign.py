"""``gmpki pdf sign`` and ``gmpki pdf extend``."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from cli import seal_files
from gmpki.cli import _batch, pdf_sign
from gmpki.seal.pdf import PDFProfile
from gmpki.seal.pdf._pyhanko import MAX_PDF_LEN
from seal import samples
from seal.pdf import documents, looking

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]
SEAL = ("--seal", "org.esl", "--key", "zhangsan.key", "--certificate", "zhangsan.pem")
KEY = ("--key", "zhangsan.key", "--certificate", "zhangsan.pem")
SIGN = ("pdf", "sign", *SEAL)
PREPARE = ("pdf", "sign", "--prepare", "--seal", "org.esl", "--certificate", "zhangsan.pem")
EXTEND = ("pdf", "extend")


@pytest.fixture
def _files(run: Run) -> None:
    seal_files.write_seals()
    seal_files.write_tsa()
    for name, pages in (("contract", 2), ("a", 2), ("b", 3), ("c", 4)):
        Path(f"{name}.pdf").write_bytes(documents.many_pages(pages))
    Path("form.pdf").write_bytes(documents.with_form())
    Path("single.pdf").write_bytes(documents.single_page())
    Path("sub.pem").write_bytes(samples.maker_root().certificate.to_pem())
    Path("sub.crl").write_bytes(Path("root.crl").read_bytes())
    Path("sealed.pdf").write_bytes(b"")


pytestmark = pytest.mark.usefixtures("_files")


def sub_filters(path: str) -> list[str]:
    """Return the forms of the signatures of a file."""
    fields = looking.reader(Path(path).read_bytes()).root["/AcroForm"]["/Fields"]
    return [str(fields[index]["/V"]["/SubFilter"]) for index in range(len(fields)) if fields[index]["/FT"] == "/Sig"]


# ---- texts ----------------------------------------------------------------------------------


def test_what_is_written_out_here_is_what_the_library_has() -> None:
    assert all(isinstance(PDFProfile(name), PDFProfile) for name in pdf_sign.PROFILES)
    assert pdf_sign.MAX_PDF_LEN == MAX_PDF_LEN


# ---- signing --------------------------------------------------------------------------------
def test_one_file(run: Run, answer: Answer) -> None:
    found = answer(*SIGN, "--at", "1,120,200", "--output", "out.pdf", "single.pdf")
    assert found["seal_id"] == seal_files.SEAL_ID
    assert (found["kind"], found["output"]) == ("seal", "out.pdf")
    assert looking.Page(Path("out.pdf").read_bytes(), 210).at(121.5, 220) == "red"
    said = run(*SIGN, "--output", "out2.pdf", "single.pdf").output
    assert "已签章" in said
    assert seal_files.SEAL_ID in said


def test_standard_streams(run: Run) -> None:
    made = run(*SIGN, "-", stdin=documents.single_page()).stdout_bytes
    assert made.startswith(documents.single_page())


@pytest.mark.parametrize(
    ("places", "pages"),
    [
        (("--at", "1,10,10", "--at", "-1,10,10"), {1: (11.5, 30), 3: (11.5, 30)}),
        (("--keyword", documents.KEYWORD, "--occurrence", "-1"), {3: (109, 198)}),
        (("--straddle", "100"), {1: (198.3, 120), 3: (208.6, 120)}),
        (("--straddle", "100", "--edge", "left"), {1: (1.5, 120), 3: (11.9, 120)}),
    ],
    ids=["at", "keyword", "straddle right", "straddle left"],
)
def test_places(run: Run, places: tuple[str, ...], pages: dict[int, tuple[float, float]]) -> None:
    run(*SIGN, *places, "--output", "out.pdf", "b.pdf")
    data = Path("out.pdf").read_bytes()
    assert [looking.Page(data, 210, page).at(*point) for page, point in pages.items()] == ["red"] * len(pages)


def test_field_that_is_there(run: Run) -> None:
    run(*SIGN, "--field", "Sign here", "--output", "out.pdf", "form.pdf")
    assert sub_filters("out.pdf") == ["/GM.sm2seal"]


def test_several_files(run: Run, answer: Answer) -> None:
    Path("bad.pdf").write_bytes(b"text")
    found = answer(*SIGN, "--at", "1,10,10", "--output-dir", "out", "a.pdf", "bad.pdf", "b.pdf", exit_code=1)
    assert (found["made"], found["failed"]) == (2, 1)
    assert [one["ok"] for one in found["documents"]] == [True, False, True]
    assert found["documents"][1]["error"]["type"] == "DecodeError"
    assert sorted(os.listdir("out")) == ["a.pdf", "b.pdf"]
    said = run(*SIGN, "--at", "1,10,10", "--output-dir", "out2", "a.pdf", "bad.pdf", exit_code=1).output
    assert "1 / 2" in said


def test_files_that_are_all_made(answer: Answer) -> None:
    found = answer(*SIGN, "--output-dir", "out", "a.pdf", "b.pdf", "c.pdf")
    assert (found["made"], found["failed"]) == (3, 0)


def test_progress_is_shown_to_a_person(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    assert list(_batch.each([1, 2, 3], "label", 3)) == [1, 2, 3]
    monkeypatch.setattr(_batch.sys.stderr, "isatty", lambda: True, raising=False)
    assert list(_batch.each([1, 2, 3], "label", 3)) == [1, 2, 3]
    assert "label" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("profile", "sub_filter"),
    [("cms", "/adbe.pkcs7.detached"), ("cades", "/ETSI.CAdES.detached"), ("gm-cms", "/GM.sm2cms.detached")],
)
def test_signatures_without_a_seal(answer: Answer, profile: str, sub_filter: str) -> None:
    found = answer("pdf", "sign", *KEY, "--profile", profile, "--output", "out.pdf", "a.pdf")
    assert (found["kind"], found["seal_id"]) == ("signature", None)
    assert sub_filters("out.pdf") == [sub_filter]


def test_picture_of_ones_own(run: Run) -> None:
    Path("mine.png").write_bytes(samples.png(160, (0, 0, 255)))
    mine = ("--picture", "mine.png", "--picture-mm", "20")
    run("pdf", "sign", *KEY, *mine, "--at", "1,100,100", "--output", "out.pdf", "a.pdf")
    assert looking.Page(Path("out.pdf").read_bytes(), 210).at(100.8, 110) == "blue"


def test_what_stands_in_the_dictionary(run: Run) -> None:
    words = ("--reason", "合同盖章", "--location", "示例市", "--new-field", "甲方")
    run(*SIGN, *words, "--output", "out.pdf", "a.pdf")
    field = looking.reader(Path("out.pdf").read_bytes()).root["/AcroForm"]["/Fields"][0]
    assert (field["/T"], field["/V"]["/Reason"], field["/V"]["/Location"]) == ("甲方", "合同盖章", "示例市")


def test_nothing_may_come_after(run: Run, answer: Answer) -> None:
    run(*SIGN, "--protect-all", "--output", "out.pdf", "a.pdf")
    assert answer(*SIGN, "--output", "x.pdf", "out.pdf", exit_code=1)["error"]["reason"] == "protected"


# ---- two steps ------------------------------------------------------------------------------
def test_two_steps(answer: Answer, run: Run) -> None:
    found = answer(*PREPARE, "--at", "1,120,200", "--output", "a.prep", "a.pdf")
    assert os.stat("a.prep").st_mode & 0o077 == 0
    value = seal_files.zhangsan().key.sign_digest(bytes.fromhex(found["digest"]))
    Path("value.bin").write_bytes(value)
    run("pdf", "sign", "--finish", "a.prep", "--signature", "value.bin", "--output", "out.pdf")
    assert sub_filters("out.pdf") == ["/GM.sm2seal"]


def test_signature_of_another_file(run: Run, answer: Answer) -> None:
    run(*PREPARE, "--output", "a.prep", "a.pdf")
    Path("value.bin").write_bytes(seal_files.zhangsan().key.sign_digest(bytes(32)))
    finish = ("pdf", "sign", "--finish", "a.prep", "--signature", "value.bin", "--output", "out.pdf")
    assert answer(*finish, exit_code=1)["error"]["type"] == "InvalidSignature"
    assert not os.path.exists("out.pdf")


# ---- lasting --------------------------------------------------------------------------------
def test_validation_data(answer: Answer, run: Run) -> None:
    run(*SIGN, "--output", "s.pdf", "a.pdf")
    found = answer(
        *EXTEND, "--along", "sub.pem", "--along", "root.pem", "--crl", "sub.crl", "--output", "l.pdf", "s.pdf"
    )
    assert (found["certificates"], found["crls"], found["ocsp_responses"], found["time_stamp"]) == (2, 1, 0, False)
    store = looking.reader(Path("l.pdf").read_bytes()).root["/DSS"]
    assert (len(store["/Certs"]), len(store["/CRLs"])) == (2, 1)


def test_time_stamp_of_a_program(run: Run, answer: Answer) -> None:
    run(*SIGN, "--output", "s.pdf", "a.pdf")
    stamp = "gmpki tsa reply --key tsa.key --certificate tsa.pem --serials tsa.serials --policy 1.2.156.99999.1"
    command = shlex.join([sys.executable, "-B", "-m", *shlex.split(stamp)])
    found = answer(
        *EXTEND, "--stamp-command", command, "--stamp-anchor", "tsa-root.pem", "--output-dir", "lasting", "s.pdf"
    )
    assert found["time_stamp"] is True
    assert sub_filters("lasting/s.pdf") == ["/GM.sm2seal", "/ETSI.RFC3161"]


def test_file_that_nobody_signed(answer: Answer) -> None:
    found = answer(*EXTEND, "--along", "sub.pem", "--output", "l.pdf", "a.pdf", exit_code=1)
    assert found["error"]["reason"] == "not-signed"


# ---- what does not fit together -------------------------------------------------------------
@pytest.mark.parametrize(
    "arguments",
    [
        SIGN,
        (*SIGN, "a.pdf", "b.pdf"),
        (*SIGN, "--output", "x.pdf", "a.pdf", "b.pdf"),
        (*SIGN, "--output", "x.pdf", "--output-dir", "x", "a.pdf"),
        (*SIGN, "--output-dir", "x", "a.pdf", "./a.pdf"),
        (*SIGN, "--output-dir", "x", "-", "a.pdf"),
        (*SIGN, "--prepare", "--output", "x", "a.pdf"),
        (*PREPARE, "--output-dir", "x", "a.pdf", "b.pdf"),
        ("pdf", "sign", "--seal", "org.esl", "--certificate", "zhangsan.pem", "--output", "x.pdf", "a.pdf"),
        (*SIGN, "--signature", "value.bin", "--output", "x.pdf", "a.pdf"),
        (*SIGN, "--timestamp", "value.bin", "--output", "x.pdf", "a.pdf"),
        ("pdf", "sign", "--finish", "a.prep", "--output", "x.pdf"),
        ("pdf", "sign", "--finish", "a.prep", "--signature", "value.bin", "--output", "x.pdf", "a.pdf"),
        ("pdf", "sign", *KEY, "--at", "1,10,10", "--output", "x.pdf", "a.pdf"),
        ("pdf", "sign", *KEY, "--picture", "seal.png", "--at", "1,10,10", "--output", "x.pdf", "a.pdf"),
        (*SIGN, "--picture", "seal.png", "--picture-mm", "wide", "--output", "x.pdf", "a.pdf"),
        (*SIGN, "--picture-mm", "40", "--output", "x.pdf", "a.pdf"),
        (*SIGN, "--at", "1,10", "--output", "x.pdf", "a.pdf"),
        (*SIGN, "--at", "one,10,10", "--output", "x.pdf", "a.pdf"),
        (*SIGN, "--at", "0,10,10", "--output", "x.pdf", "a.pdf"),
        (*SIGN, "--straddle", "-1", "--output", "x.pdf", "a.pdf"),
        EXTEND,
        (*EXTEND, "--output", "x.pdf", "a.pdf"),
        (*EXTEND, "--along", "sub.pem", "a.pdf", "b.pdf"),
        (*EXTEND, "--stamp-command", "true", "--output", "x.pdf", "a.pdf"),
    ],
    ids=range(25),
)
def test_usage(arguments: tuple[str, ...], run: Run) -> None:
    run(*arguments, exit_code=2)
    assert not os.path.exists("x.pdf")


def test_outputs_are_not_replaced(answer: Answer) -> None:
    Path("out").mkdir()
    Path("out/b.pdf").write_bytes(b"mine")
    found = answer(*SIGN, "--output-dir", "out", "a.pdf", "b.pdf", exit_code=1)
    assert found["error"]["type"] == "FileExistsError"
    assert os.listdir("out") == ["b.pdf"]
    assert Path("out/b.pdf").read_bytes() == b"mine"
    assert answer(*SIGN, "--output-dir", "out", "--force", "a.pdf", "b.pdf")["made"] == 2
