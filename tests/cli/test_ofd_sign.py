"""``gmpki ofd sign``."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from gmpki.cli import ofd_sign
from gmpki.seal.ofd.package import DEFAULT_LIMITS, OFDPackage
from gmpki.seal.ofd.signatures import SignatureFile
from gmpki.seal.ofd.two_phase import PreparedOFD
from gmpki.tsa.token import TimestampToken
from seal import samples
from seal.ofd import papers

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]
KEY = ("--key", "signer.key")
WHO = ("--seal", "org.esl", "--certificate", "signer.pem")
SIGN = ("ofd", "sign", *WHO, *KEY)
VERIFY = ("ofd", "verify", "--anchor", "root.pem", "--maker-anchor", "makers.pem", "--tsa-anchor", "root.pem")
ACCEPT = [word for name in sorted(samples.UNASKED) for word in ("--accept", name)]
FIRST = "Doc_0/Signs/Sign_0/Signature.xml"


@pytest.fixture
def _files(run: Run) -> None:
    """Write who signs today, his seal, and documents."""
    now = datetime.now(timezone.utc).replace(microsecond=0)
    today = {"not_before": now - samples.DAY, "not_after": now + 30 * samples.DAY}
    who = samples.certified("王五", issuer=samples.root(), serial_number=0x77, **today)
    maker = samples.certified("今日制章", issuer=samples.maker_root(), serial_number=0x78, **today)
    spec = {"signers": [who.certificate], "valid_from": now - samples.DAY, "valid_until": now + 30 * samples.DAY}
    Path("org.esl").write_bytes(samples.new_seal(by=maker, created_at=now, **spec).der)
    Path("signer.key").write_bytes(who.key.to_pem())
    Path("signer.pem").write_bytes(who.certificate.to_pem())
    Path("root.pem").write_bytes(samples.root().certificate.to_pem())
    Path("makers.pem").write_bytes(samples.maker_root().certificate.to_pem())
    for name, pages in (("a.ofd", 1), ("b.ofd", 2), ("c.ofd", 3)):
        Path(name).write_bytes(papers.paper(pages))


pytestmark = pytest.mark.usefixtures("_files")


def described(path: str, name: str = FIRST) -> SignatureFile:
    return SignatureFile.parse(OFDPackage.from_bytes(Path(path).read_bytes()), name)


def verdict(answer: Answer, path: str) -> str:
    told: str = answer(*VERIFY, *ACCEPT, path)["verdict"]
    return told


def test_one_document(run: Run, answer: Answer) -> None:
    told = answer(*SIGN, "--at", "1,120,200", "--output", "sealed.ofd", "a.ofd")
    assert (told["file"], told["output"], told["kind"], told["seal_id"]) == (
        "a.ofd",
        "sealed.ofd",
        "seal",
        "31010000000001",
    )
    assert "王五" in told["signer"]["subject"]
    (stamp,) = described("sealed.ofd").stamps
    assert (stamp.boundary.x, stamp.boundary.y, stamp.boundary.width, stamp.clip) == (120, 200, 40, None)
    assert verdict(answer, "sealed.ofd") == "valid"
    text = run(*SIGN, "--at", "1,120,200", "--output", "again.ofd", "a.ofd").stdout
    assert "已签章" in text
    assert samples.ORGANISATION in text


def test_places(run: Run) -> None:
    run(
        *SIGN,
        "--at",
        "1,10,20",
        "--at",
        "-1,30,40.5",
        "--straddle",
        "100",
        "--edge",
        "left",
        "--output",
        "s.ofd",
        "c.ofd",
    )
    stamps = described("s.ofd").stamps
    assert [stamp.boundary.y for stamp in stamps] == [20, 40.5, 100, 100, 100]
    assert [stamp.clip is None for stamp in stamps] == [True, True, False, False, False]
    assert stamps[1].page_id == stamps[4].page_id


def test_standard_input_and_output(run: Run) -> None:
    data = run(*SIGN, "--at", "1,120,200", "-", stdin=papers.paper()).stdout_bytes
    assert FIRST in OFDPackage.from_bytes(data)


def test_many_documents(answer: Answer) -> None:
    told = answer(*SIGN, "--at", "1,120,200", "--output-dir", "sealed", "a.ofd", "b.ofd", "c.ofd")
    assert (told["made"], told["failed"]) == (3, 0)
    assert [one["output"] for one in told["documents"]] == [
        os.path.join("sealed", name) for name in ("a.ofd", "b.ofd", "c.ofd")
    ]
    for name in ("a.ofd", "b.ofd", "c.ofd"):
        assert verdict(answer, f"sealed/{name}") == "valid"


def test_one_bad_document_does_not_stop_the_others(run: Run, answer: Answer) -> None:
    Path("b.ofd").write_bytes(b"no document")
    told = answer(*SIGN, "--straddle", "100", "--output-dir", "sealed", "a.ofd", "b.ofd", "c.ofd", exit_code=1)
    assert (told["made"], told["failed"]) == (1, 2)
    assert [one["ok"] for one in told["documents"]] == [False, False, True]
    assert [one["error"]["type"] for one in told["documents"][:2]] == ["InvalidInputError", "DecodeError"]
    assert os.listdir("sealed") == ["c.ofd"]
    text = run(*SIGN, "--output-dir", "again", "a.ofd", "b.ofd", exit_code=1)
    assert "1 / 2" in text.stdout


def test_further_signatures_and_the_last_one(run: Run, answer: Answer) -> None:
    run(*SIGN, "--at", "1,10,10", "--output", "1.ofd", "a.ofd")
    run(*SIGN, "--at", "1,60,10", "--protect-all", "--output", "2.ofd", "1.ofd")
    assert verdict(answer, "2.ofd") == "valid"
    told = answer(*SIGN, "--at", "1,110,10", "--output", "3.ofd", "2.ofd", exit_code=1)
    assert (told["error"]["type"], told["error"]["reason"]) == ("SealError", "protected")
    assert not Path("3.ofd").exists()


def test_without_a_seal(answer: Answer) -> None:
    told = answer("ofd", "sign", *KEY, "--certificate", "signer.pem", "--output", "signed.ofd", "a.ofd")
    assert (told["kind"], told["seal_id"]) == ("signature", None)
    assert described("signed.ofd").seal is None
    assert verdict(answer, "signed.ofd") == "valid"


def signed_elsewhere(told: dict[str, Any]) -> bytes:
    """Let the key sign that the command line never saw; return the signature."""
    value: bytes = samples.key("王五", "sm2").sign_digest(bytes.fromhex(told["digest"]))
    Path("value.bin").write_bytes(value)
    return value


def test_two_steps(run: Run, answer: Answer) -> None:
    told = answer("ofd", "sign", "--prepare", *WHO, "--at", "1,120,200", "--output", "a.prep", "a.ofd")
    prepared = PreparedOFD.from_bytes(Path("a.prep").read_bytes())
    assert (told["digest"], told["to_be_signed"]) == (prepared.digest.hex(), prepared.to_be_signed.hex())
    assert Path("a.prep").stat().st_mode & 0o777 == 0o600
    signed_elsewhere(told)
    finish = ("ofd", "sign", "--finish", "a.prep", "--signature", "value.bin")
    assert "王五" in answer(*finish, "--output", "sealed.ofd")["signer"]["subject"]
    assert verdict(answer, "sealed.ofd") == "valid"
    assert run(*finish).stdout_bytes == Path("sealed.ofd").read_bytes()


def test_the_bytes_to_sign_in_a_file(run: Run, answer: Answer) -> None:
    """Another command signs them as they are."""
    prepare = ("ofd", "sign", "--prepare", *WHO, "--at", "1,120,200", "--to-be-signed", "a.tbs")
    told = answer(*prepare, "--output", "a.prep", "a.ofd")
    assert Path("a.tbs").read_bytes() == bytes.fromhex(told["to_be_signed"])
    run("sm2", "sign", *KEY, "--output", "value.bin", "a.tbs")
    run("ofd", "sign", "--finish", "a.prep", "--signature", "value.bin", "--output", "sealed.ofd")
    assert verdict(answer, "sealed.ofd") == "valid"
    told = answer(*prepare, "--output", "b.prep", "b.ofd", exit_code=1)
    assert (told["error"]["type"], Path("b.prep").exists()) == ("FileExistsError", False)


def test_a_time_stamp_that_was_fetched_elsewhere(answer: Answer) -> None:
    told = answer("ofd", "sign", "--prepare", *WHO, "--output", "a.prep", "a.ofd")
    now = datetime.now(timezone.utc)
    token = samples.timestamp(signed_elsewhere(told), now)
    Path("token.tst").write_bytes(token)
    finish = ("ofd", "sign", "--finish", "a.prep", "--signature", "value.bin", "--timestamp")
    answer(*finish, "token.tst", "--output", "sealed.ofd")
    (told,) = answer(*VERIFY, *ACCEPT, "sealed.ofd")["signatures"]
    assert [one["status"] for one in told["checks"] if one["name"] == "time-stamp"] == ["passed"]
    Path("other.tst").write_bytes(TimestampToken.from_der(samples.timestamp(b"other", now)).to_der())
    assert answer(*finish, "other.tst", "--output", "x.ofd", exit_code=1)["error"]["reason"] == "imprint"


def test_a_signature_of_another_document_is_refused(answer: Answer) -> None:
    told = answer("ofd", "sign", "--prepare", *WHO, "--output", "a.prep", "a.ofd")
    answer("ofd", "sign", "--prepare", *WHO, "--output", "b.prep", "b.ofd")
    signed_elsewhere(told)
    finish = ("ofd", "sign", "--finish", "b.prep", "--signature", "value.bin", "--output", "x.ofd")
    assert answer(*finish, exit_code=1)["error"]["type"] == "InvalidSignature"
    assert not Path("x.ofd").exists()


def test_outputs_are_not_replaced(answer: Answer) -> None:
    Path("sealed.ofd").write_bytes(b"mine")
    told = answer(*SIGN, "--output", "sealed.ofd", "a.ofd", exit_code=1)
    assert told["error"]["type"] == "FileExistsError"
    assert Path("sealed.ofd").read_bytes() == b"mine"
    answer(*SIGN, "--force", "--output", "sealed.ofd", "a.ofd")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((*SIGN,), "name the files"),
        ((*SIGN, "a.ofd", "b.ofd"), "--output-dir"),
        ((*SIGN, "--output", "x", "a.ofd", "b.ofd"), "--output-dir"),
        ((*SIGN, "--prepare", "a.ofd"), "no --key"),
        (("ofd", "sign", *WHO, "a.ofd"), "needs --key"),
        (("ofd", "sign", "--prepare", *WHO, "--output-dir", "x", "a.ofd", "b.ofd"), "one file"),
        ((*SIGN, "--signature", "value.bin", "a.ofd"), "--finish"),
        ((*SIGN, "--timestamp", "token.tst", "a.ofd"), "--finish"),
        ((*SIGN, "--to-be-signed", "a.tbs", "a.ofd"), "--prepare"),
        (("ofd", "sign", "--prepare", *WHO, "--to-be-signed", "-", "--output", "x", "a.ofd"), "standard output"),
        (("ofd", "sign", "--finish", "a.prep", "--signature", "v", "--to-be-signed", "t"), "neither FILE"),
        (("ofd", "sign", "--finish", "a.prep"), "--signature"),
        (("ofd", "sign", "--finish", "a.prep", "--signature", "v", "a.ofd"), "neither FILE"),
        (
            ("ofd", "sign", "--finish", "a", "--signature", "v", "--timestamp", "t", "--stamp-command", "c"),
            "--timestamp",
        ),
        ((*SIGN, "--at", "1,2", "--output", "x", "a.ofd"), "--at takes"),
        ((*SIGN, "--at", "1,a,3", "--output", "x", "a.ofd"), "such as 1,120,200, not '1,a,3'"),
        ((*SIGN, "--at", "0,2,3", "--output", "x", "a.ofd"), "--at takes"),
        ((*SIGN, "--at", "1,nan,3", "--output", "x", "a.ofd"), "--at takes"),
        (("ofd", "sign", *KEY, "--certificate", "signer.pem", "--at", "1,2,3", "--output", "x", "a.ofd"), "--seal"),
    ],
    ids=lambda value: "" if isinstance(value, tuple) else value.replace(" ", "-"),
)
def test_what_makes_no_sense(answer: Answer, arguments: tuple[str, ...], message: str) -> None:
    told = answer(*arguments, exit_code=2)
    assert told["error"]["type"] == "UsageError"
    assert message in told["error"]["message"]
    assert not Path("x").exists()


def test_a_place_that_is_not_there(answer: Answer) -> None:
    told = answer(*SIGN, "--at", "2,10,10", "--output", "x.ofd", "a.ofd", exit_code=1)
    assert "no page 2" in told["error"]["message"]


def test_the_limit_is_that_of_packages() -> None:
    assert DEFAULT_LIMITS.package_len == ofd_sign.MAX_OFD_LEN
