"""``gmpki verify``: files of every kind, and files that are none; reports as pages; several at once."""

from __future__ import annotations

import base64
import os
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from cli import seal_files
from gmpki import oids
from gmpki.asn1.rfc5280 import Extension
from gmpki.asn1.rfc5280.ext_keys import ExtendedKeyUsage
from gmpki.cli import _batch
from gmpki.cli._recognise import KIND_WORDS, FileKind, recognise
from gmpki.cms import SignerSpec, sign
from gmpki.errors import InvalidInputError
from gmpki.protect.log import AppendLog
from gmpki.protect.manifest import Manifest, sign_manifest
from gmpki.seal import SealSigner, batch
from gmpki.seal.ofd import Stamp, sign_ofd
from gmpki.seal.ofd.package import OFDPackage
from gmpki.seal.pdf import sign_pdf
from gmpki.tsa.authority import TimestampAuthority
from gmpki.tsa.request import TimestampRequest
from gmpki.x509.request import RequestBuilder
from seal import samples
from seal.ofd import papers
from seal.pdf import documents

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]
TRUST = ("--anchor", "root.pem", "--maker-anchor", "maker-root.pem")
ACCEPT = [word for name in sorted(samples.UNASKED) for word in ("--accept", name)]
SIGN = ("--seal", "org.esl", "--key", "zhangsan.key", "--certificate", "zhangsan.pem")
CONTENT = b"what was signed"


class _Counter:
    number = 0

    def next(self) -> int:
        self.number += 1
        return self.number


def _stamped() -> tuple[bytes, bytes]:
    """Return a response over CONTENT, and the token in it."""
    now = datetime.now(timezone.utc).replace(microsecond=0)
    stamping = Extension(oids.EXTENDED_KEY_USAGE, True, ExtendedKeyUsage((oids.TIME_STAMPING,)).to_der())
    period = {"not_before": now - timedelta(days=1), "not_after": now + timedelta(days=900)}
    who = samples.certified("今日时间戳", issuer=samples.root(), serial_number=0x79, extensions=[stamping], **period)
    authority = TimestampAuthority(who.key, who.certificate, _Counter(), [samples.TSA_POLICY])
    return authority.answer(TimestampRequest.of(CONTENT).to_der()), authority.stamp(CONTENT)


@pytest.fixture(autouse=True)
def _files(run: Run) -> None:
    assert run
    seal_files.write_seals()
    who = seal_files.zhangsan()
    signer = SealSigner(seal_files.new_seal(), who.key, who.certificate)
    spec = SignerSpec(who.key, who.certificate)
    ofd = sign_ofd(papers.paper(), signer, Stamp(1, 120, 200))
    package = OFDPackage.from_bytes(ofd)
    response, token = _stamped()
    Path("tree").mkdir()
    Path("tree/program").write_bytes(b"code")
    files = {
        "sealed.ofd": ofd,
        "sealed.pdf": sign_pdf(documents.single_page(), signer, Stamp(1, 120, 200)),
        "plain.pdf": documents.single_page(),
        "value.dat": package.read("Doc_0/Signs/Sign_0/SignedValue.dat"),
        "Signature.xml": package.read("Doc_0/Signs/Sign_0/Signature.xml"),
        "content": CONTENT,
        "message": sign(CONTENT, [spec]),
        "detached": sign(CONTENT, [spec], detached=True),
        "manifest": sign_manifest(Manifest.of_tree("tree"), [spec]),
        "request": RequestBuilder().subject(who.certificate.subject).sign(who.key).der,
        "response": response,
        "token": token,
        "certificate": who.certificate.der,
        "empty": b" \n",
        "text": "只是文字".encode(),
    }
    for name, data in files.items():
        Path(name).write_bytes(data)


def with_content(name: str) -> tuple[str, ...]:
    contents = {
        "form.seal": "form.html",
        "value.dat": "Signature.xml",
        "detached": "content",
        "manifest": "tree",
        "response": "content",
        "token": "content",
    }
    return ("--content", contents[name]) if name in contents else ()


KINDS = {
    "sealed.ofd": "ofd",
    "sealed.pdf": "pdf",
    "org.esl": "seal",
    "value.dat": "seal-signature",
    "form.seal": "detached",
    "message": "message",
    "detached": "message",
    "manifest": "manifest",
    "request": "request",
    "response": "time-stamp",
    "token": "time-stamp",
    "certificate": "certificate",
    "root.crl": "crl",
}


# ---- every kind -----------------------------------------------------------------------------------------------------
def seal_form(run: Run) -> None:
    run("seal", "sign", *SIGN, "--output", "form.seal", "--force", "form.html")


@pytest.mark.parametrize("name", KINDS)
def test_a_file_is_what_its_content_is(name: str, run: Run, answer: Answer) -> None:
    seal_form(run)
    os.rename(name, "some.thing")
    told = answer("verify", *TRUST, *ACCEPT, *with_content(name), "some.thing")
    assert told["kind"] == KINDS[name]
    assert "some.thing" in run("verify", *TRUST, *ACCEPT, *with_content(name), "some.thing").stdout or name in (
        "form.seal",
    )


@pytest.mark.parametrize("name", ["org.esl", "message", "certificate", "token", "request"])
def test_base64_is_taken(name: str, answer: Answer) -> None:
    Path("text").write_bytes(base64.encodebytes(Path(name).read_bytes()))
    assert answer("verify", *TRUST, *ACCEPT, *with_content(name), "text")["kind"] == KINDS[name]


def test_pem_and_bundles(answer: Answer) -> None:
    who = seal_files.zhangsan().certificate
    Path("bundle.pem").write_bytes(who.to_pem() + samples.root().certificate.to_pem())
    told = answer("verify", *TRUST, "bundle.pem")
    assert (told["kind"], told["valid"]) == ("certificate", True)
    message = base64.encodebytes(Path("message").read_bytes()).replace(b"\n", b"")
    lines = b"\n".join(message[i : i + 64] for i in range(0, len(message), 64))
    Path("message.pem").write_bytes(b"-----BEGIN PKCS7-----\n" + lines + b"\n-----END PKCS7-----\n")
    assert answer("verify", *TRUST, "message.pem")["kind"] == "message"


@pytest.mark.parametrize("name", sorted(set(KINDS) - {"form.seal", "request"}))
def test_what_was_changed_or_is_not_trusted_is_not_valid(name: str, run: Run, answer: Answer) -> None:
    seal_form(run)
    stranger = ("--anchor", "stranger.pem")
    Path("stranger.pem").write_bytes(samples.certified("外人", issuer=samples.maker_root()).certificate.to_pem())
    answer("verify", *stranger, *ACCEPT, *with_content(name), name, exit_code=1)


@pytest.mark.parametrize("name", ["value.dat", "detached", "response", "token", "form.seal"])
def test_other_content_is_refused(name: str, run: Run, answer: Answer) -> None:
    seal_form(run)
    answer("verify", *TRUST, *ACCEPT, "--content", "plain.pdf", name, exit_code=1)
    told = answer("verify", *TRUST, *ACCEPT, name, exit_code=2)
    assert "--content" in told["error"]["message"]


@pytest.mark.parametrize("name", ["sealed.pdf", "org.esl", "certificate", "message", "request"])
def test_content_has_no_place_beside_what_is_whole(name: str, answer: Answer) -> None:
    answer("verify", *TRUST, *ACCEPT, "--content", "content", name, exit_code=2)


def test_a_manifest_and_its_directory(answer: Answer) -> None:
    answer("verify", *TRUST, "manifest", exit_code=2)
    Path("tree/program").write_bytes(b"other code")
    told = answer("verify", *TRUST, "--content", "tree", "manifest", exit_code=1)
    assert (told["kind"], told["error"]["reason"]) == ("manifest", "changed")


def test_a_log(answer: Answer, run: Run) -> None:
    from gmpki.protect.keys import KeyRing

    who = seal_files.zhangsan()
    ring = KeyRing.generate()
    log = AppendLog.create("audit.log", ring, signer=who.key)
    log.append(b"an entry")
    log.seal()
    log.close()
    told = answer("verify", "--anchor", "zhangsan.pem", "audit.log")
    assert (told["kind"], told["unsealed"]) == ("log", 0)
    log = AppendLog.open("audit.log", ring, signer=who.key)
    log.append(b"another entry")
    log.close()
    told = answer("verify", "--anchor", "zhangsan.pem", "audit.log", exit_code=1)
    assert told["error"]["reason"] == "not-checked"
    answer("verify", "--anchor", "root.pem", "audit.log", exit_code=1)
    run("verify", "--signature-only", "audit.log", exit_code=2)


# ---- what is none ---------------------------------------------------------------------------------------------------
def _office() -> bytes:
    with zipfile.ZipFile("office.docx", "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    return Path("office.docx").read_bytes()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: b"", "empty"),
        (lambda: b"\r\n ", "empty"),
        (lambda: b"hello", "nothing that is verified"),
        (lambda: os.urandom(100).replace(b"\x30", b"\x31"), "nothing that is verified"),
        (_office, "ZIP archive and no OFD"),
        (seal_files.zhangsan().key.to_pem, "private key"),
        (seal_files.zhangsan().key.to_der, "private key"),
        (seal_files.zhangsan().key.public_key.to_der, "public key"),
        (lambda: TimestampRequest.of(CONTENT).to_der(), "request for a time-stamp"),
        (lambda: b"\x30\x03\x02\x01\x05", "nothing that is verified here"),
        (lambda: b"\x30\x84\xff\xff\xff\xff", "nothing that is verified here"),
        (lambda: b"\x30\x80" * 5000, "nothing that is verified here"),
    ],
    ids=["none", "blank", "text", "noise", "zip", "pem-key", "key", "public", "tsq", "der", "long", "deep"],
)
def test_what_is_nothing_to_verify_is_named(make: Callable[[], bytes], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        recognise(make())


def test_files_that_are_damaged(answer: Answer) -> None:
    for name in ("empty", "text", "missing"):
        answer("verify", *TRUST, name, exit_code=1)
    for name in ("sealed.ofd", "sealed.pdf", "message", "certificate", "org.esl"):
        data = Path(name).read_bytes()
        Path("cut").write_bytes(data[: len(data) // 2])
        answer("verify", *TRUST, *ACCEPT, "cut", exit_code=1)


def test_nobody_is_trusted(answer: Answer) -> None:
    for name in ("sealed.pdf", "certificate", "message", "root.crl"):
        assert "--anchor" in answer("verify", name, exit_code=2)["error"]["message"]
    answer("verify", "--signature-only", "certificate", exit_code=2)
    answer("verify", "request")


def test_every_kind_has_words() -> None:
    assert set(KIND_WORDS) == set(FileKind)
    assert _batch.MAX_JOBS == batch.MAX_JOBS


# ---- several --------------------------------------------------------------------------------------------------------
def test_several_files_get_a_line_each(run: Run, answer: Answer) -> None:
    names = ("sealed.ofd", "plain.pdf", "certificate", "text", "request")
    told = answer("verify", *TRUST, *ACCEPT, *names, exit_code=1)
    assert (told["valid"], told["not_valid"]) == (3, 2)
    assert [one["name"] for one in told["documents"]] == list(names)
    assert [one["ok"] for one in told["documents"]] == [True, False, True, False, True]
    lines = run("verify", *TRUST, *ACCEPT, *names, exit_code=1).stdout.splitlines()
    assert len(lines) == len(names) + 1
    assert [line.split()[1] for line in lines] == ["valid", "invalid", "valid", "unreadable", "valid", "valid"]
    assert lines[-1].endswith("3 / 5")
    good = ("sealed.ofd", "sealed.pdf", "certificate")
    assert run("verify", *TRUST, *ACCEPT, *good).stdout.splitlines()[-1].endswith("3 / 3")
    assert run("verify", *TRUST, "sealed.ofd", "certificate", exit_code=1).stdout.split()[1] == "incomplete"


def test_content_goes_with_one_file(run: Run) -> None:
    run("verify", *TRUST, "--content", "content", "detached", "token", exit_code=2)


# ---- pages ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("command", [("verify",), ("ofd", "verify")], ids=["verify", "ofd"])
def test_a_report_as_a_page(command: tuple[str, ...], run: Run, answer: Answer) -> None:
    answer(*command, *TRUST, *ACCEPT, "--html", "page.html", "sealed.ofd")
    page = Path("page.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "sealed.ofd" in page
    assert page.count("data:image/jpeg") == 1
    before = Path("page.html").stat().st_mtime_ns
    run(*command, *TRUST, *ACCEPT, "--html", "page.html", "sealed.ofd", exit_code=1)
    assert Path("page.html").stat().st_mtime_ns == before
    run(*command, *TRUST, *ACCEPT, "--html", "page.html", "--force", "sealed.ofd")


def test_pages_about_documents_that_are_not_valid(run: Run) -> None:
    run("pdf", "verify", *TRUST, "--html", "page.html", "sealed.pdf", exit_code=1)
    assert "检查不完整" in Path("page.html").read_text(encoding="utf-8")
    run("seal", "verify", *TRUST, *ACCEPT, "--html", "seal.html", "org.esl")
    assert "data:image/png" in Path("seal.html").read_text(encoding="utf-8")


def test_pages_about_several(run: Run) -> None:
    names = ("sealed.ofd", "sealed.pdf", "plain.pdf")
    run("verify", *TRUST, *ACCEPT, "--html-dir", "pages", *names, exit_code=1)
    assert sorted(os.listdir("pages")) == sorted(f"{name}.html" for name in names)
    run("verify", *TRUST, "--html", "page.html", *names, exit_code=2)
    run("verify", *TRUST, "--html", "page.html", "--html-dir", "x", "sealed.ofd", exit_code=2)
    run("verify", *TRUST, "--html", "-", "sealed.ofd", exit_code=2)
    run("verify", *TRUST, "--html-dir", "x", "sealed.ofd", "pages/../sealed.ofd", exit_code=2)
    run("verify", *TRUST, "--html", "page.html", "certificate", exit_code=1)
    assert not Path("page.html").exists()


# ---- several at once ------------------------------------------------------------------------------------------------
@pytest.mark.once
@pytest.mark.parametrize("kind", ["ofd", "pdf"])
def test_documents_are_signed_and_verified_several_at_once(kind: str, answer: Answer, run: Run) -> None:
    blank = papers.paper() if kind == "ofd" else documents.single_page()
    names = [f"{number}.{kind}" for number in range(6)]
    for name in names:
        Path(name).write_bytes(blank if name[0] != "3" else b"no document")
    log = ("--use-log", "new.log")
    jobs = ("--jobs", "2")
    told = answer(kind, "sign", *SIGN, "--at", "1,120,200", *jobs, *log, "--output-dir", "out", *names, exit_code=1)
    assert (told["made"], told["failed"]) == (5, 1)
    assert [one["name"] for one in told["documents"]] == names
    assert [one["ok"] for one in told["documents"]] == [name[0] != "3" for name in names]
    assert sorted(os.listdir("out")) == [name for name in names if name[0] != "3"]
    sealed = [f"out/{name}" for name in sorted(os.listdir("out"))]
    Path("out/bad").write_bytes(b"no document")
    html = ("--html-dir", "pages")
    verify = (kind, "verify", *TRUST, *ACCEPT, *jobs, *log, *html)
    told = answer(*verify, *sealed, "out/bad", exit_code=1)
    assert [one["ok"] for one in told["documents"]] == [True] * 5 + [False]
    assert (told["valid"], told["not_valid"]) == (5, 1)
    assert sorted(os.listdir("pages")) == [f"{os.path.basename(name)}.html" for name in sealed]
    assert answer("seal", "uses", "new.log")["pending"] == 10


@pytest.mark.once
def test_a_password_is_asked_for_once(answer: Answer, run: Run) -> None:
    Path("secret.key").write_bytes(seal_files.zhangsan().key.to_pem(b"correct horse battery staple"))
    for name in ("a.ofd", "b.ofd"):
        Path(name).write_bytes(papers.paper())
    read, write = os.pipe()
    os.write(write, b"correct horse battery staple\n")
    os.close(write)
    signing = ("--seal", "org.esl", "--key", "secret.key", "--certificate", "zhangsan.pem")
    told = answer(
        "ofd", "sign", *signing, "--password-fd", str(read), "--jobs", "2", "--output-dir", "out", "a.ofd", "b.ofd"
    )
    os.close(read)
    assert told["made"] == 2


def test_standard_input_is_for_one_process(run: Run) -> None:
    trust = ("--anchor", "-", "--maker-anchor", "maker-root.pem")
    run("ofd", "verify", *trust, "--jobs", "2", "sealed.ofd", "sealed.ofd", exit_code=2, stdin=b"x")
    run("ofd", "verify", *TRUST, "--jobs", "2", "sealed.ofd", "-", exit_code=2, stdin=b"x")
    sign_ = ("--seal", "-", "--key", "zhangsan.key", "--certificate", "zhangsan.pem")
    run("ofd", "sign", *sign_, "--jobs", "2", "--output-dir", "out", "sealed.ofd", "plain.pdf", exit_code=2)
    run("pdf", "verify", *TRUST, "--jobs", "0", "sealed.pdf", exit_code=2)


def test_what_is_wrong_with_a_key_is_told_first(answer: Answer) -> None:
    for name in ("a.ofd", "b.ofd"):
        Path(name).write_bytes(papers.paper())
    signing = ("--seal", "org.esl", "--key", "maker.key", "--certificate", "zhangsan.pem")
    told = answer("ofd", "sign", *signing, "--jobs", "2", "--output-dir", "out", "a.ofd", "b.ofd", exit_code=1)
    assert told["error"]["type"] == "KeyMismatchError"
    assert "documents" not in told
