"""``gmpki cms sign``, ``verify``, ``encrypt`` and ``decrypt``."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from cli import message_files, sample_files, stamp_files
from gmpki import cms
from gmpki.cli import _cms, _cms_report, cms_encrypt, cms_sign
from gmpki.cms import SignedMessage, Trust
from gmpki.keys import pem
from gmpki.keys.loader import load_private_key

Process = Callable[..., subprocess.CompletedProcess[bytes]]
Run = Callable[..., click.testing.Result]
Answer = Callable[..., dict[str, Any]]

CONTENT = "补充协议，一式两份。".encode() * 500
SIGNER = ("--key", "signing.key", "--certificate", "signing.pem")
TRUSTED = ("--anchor", "root.pem", "--intermediate", "sub.pem")


@pytest.fixture(autouse=True)
def _files(run: Run) -> None:
    Path("report.pdf").write_bytes(CONTENT)
    sample_files.write_authority()
    message_files.write_messages()


def test_tables_are_those_of_the_library() -> None:
    assert tuple(profile.value for profile in cms.MessageProfile) == _cms.PROFILES
    assert tuple(cipher.name.lower().replace("_", "-") for cipher in cms.ContentCipher) == cms_encrypt.CIPHERS
    assert {name.value for name in cms.CheckName} == set(_cms_report.CHECKS)
    assert {status.value for status in cms.CheckStatus} == set(_cms_report.STATUS)
    assert cms_sign.DIGESTS == ("sm3", "sha256", "sha384", "sha512")


# ---- sign and verify ----------------------------------------------------------------------
@pytest.mark.parametrize("profile", _cms.PROFILES)
@pytest.mark.parametrize("more", [(), ("--pem",), ("--no-attributes",), ("--no-time", "--along", "sub.pem")])
def test_signed_and_verified(answer: Answer, profile: str, more: tuple[str, ...]) -> None:
    made = answer("cms", "sign", *SIGNER, "--profile", profile, *more, "--output", "message", "report.pdf")
    assert made["signers"][0]["subject"].endswith("CN=示例局")
    assert pem.is_pem(Path("message").read_bytes()) is ("--pem" in more)
    found = answer("cms", "verify", *TRUSTED, "--output", "verified", "message")
    assert found["verified"] is True
    assert found["output"] == "verified"
    assert Path("verified").read_bytes() == CONTENT
    (signer,) = found["signers"]
    assert [check["status"] for check in signer["checks"] if check["name"] in ("digest", "signature", "chain")] == [
        "passed"
    ] * 3
    assert (signer["claimed_signing_time"] is None) is (
        more in (("--no-attributes",), ("--no-time", "--along", "sub.pem"))
    )


def test_detached(run: Run, answer: Answer) -> None:
    run("cms", "sign", *SIGNER, "--detached", "--output", "message", "report.pdf")
    assert SignedMessage.from_der(Path("message").read_bytes()).is_detached
    assert answer("cms", "verify", *TRUSTED, "--content", "report.pdf", "message")["verified"] is True
    assert answer("cms", "verify", *TRUSTED, "message", exit_code=1)["error"]["reason"] == "content-missing"
    found = answer("cms", "verify", *TRUSTED, "--content", "root.pem", "message", exit_code=1)
    assert found["error"]["type"] == "InvalidSignature"
    assert found["verified"] is False
    found = answer("cms", "verify", *TRUSTED, "--content", "report.pdf", "report.p7m", exit_code=1)
    assert found["error"]["reason"] == "content-twice"


def test_through_pipes(run: Run) -> None:
    message = run("cms", "sign", *SIGNER, stdin=CONTENT).stdout_bytes
    assert cms.verify(message, Trust.signature_only()).content == CONTENT
    assert run("cms", "verify", *TRUSTED, "--output", "-", stdin=message).stdout_bytes == CONTENT
    forged = message.replace(CONTENT[:30], b"X" * 30, 1)
    result = run("cms", "verify", *TRUSTED, "--output", "-", stdin=forged, exit_code=1)
    assert result.stdout_bytes == b""
    assert "InvalidSignature" in result.stderr


def test_several_signers(run: Run, answer: Answer) -> None:
    run("csr", "new", "--key", "tsa.key", "--subject", "C=CN, O=示例局, CN=第二人", "--output", "second.csr")
    authority = ("--ca", "sub.pem", "--ca-key", "sub.key", "--profile", "e-seal-maker")
    run("cert", "issue", *authority, "--request", "second.csr", "--output", "second.pem")
    second = ("--key", "tsa.key", "--certificate", "second.pem")
    run("cms", "sign", *SIGNER, *second, "--output", "message", "report.pdf")
    found = answer("cms", "verify", *TRUSTED, "message")
    assert len(found["signers"]) == 2
    run("cms", "sign", *SIGNER, *SIGNER, "--output", "twice", "report.pdf", exit_code=1)


def test_a_message_that_does_not_verify_gives_no_content(run: Run, answer: Answer) -> None:
    data = Path("report.p7m").read_bytes()
    Path("forged").write_bytes(data.replace(CONTENT[:30], b"X" * 30, 1))
    found = answer("cms", "verify", *TRUSTED, "--output", "out", "forged", exit_code=1)
    assert found["output"] is None
    assert [check["status"] for check in found["signers"][0]["checks"]][:2] == ["passed", "failed"]
    assert not Path("out").exists()
    text = run("cms", "verify", *TRUSTED, "--output", "out", "forged", exit_code=1)
    assert "未通过  not verified  forged" in text.stdout
    assert "the content is not the one that was signed" in text.stderr
    assert not Path("out").exists()


def test_whom_to_trust_has_to_be_said(run: Run, answer: Answer) -> None:
    run("cms", "verify", "report.p7m", exit_code=2)
    run("cms", "verify", *TRUSTED, "--signature-only", "report.p7m", exit_code=2)
    found = answer("cms", "verify", "--signature-only", "report.p7m")
    chain = next(check for check in found["signers"][0]["checks"] if check["name"] == "chain")
    assert chain["status"] == "not-checked"
    found = answer("cms", "verify", "--anchor", "ocsp.pem", "report.p7m", exit_code=1)
    assert found["error"]["type"] == "ValidationError"


def test_revocation_is_told(answer: Answer) -> None:
    found = answer("cms", "verify", *TRUSTED, "--crl", "sub.crl", "--crl", "root.crl", "report.p7m")
    checks = {check["name"]: check["status"] for check in found["signers"][0]["checks"]}
    assert checks["revocation"] == "passed"


def test_certificates_that_do_not_go_along(run: Run, answer: Answer) -> None:
    run("cms", "sign", *SIGNER, "--without-certificates", "--output", "message", "report.pdf")
    assert answer("cms", "verify", *TRUSTED, "message", exit_code=1)["error"]["reason"] == "signer-missing"
    answer("cms", "verify", *TRUSTED, "--intermediate", "signing.pem", "message")


def test_lists_and_key_identifiers(run: Run) -> None:
    run("cms", "sign", *SIGNER, "--crl", "sub.crl", "--profile", "rfc5652", "--by-key", "-o", "message", "report.pdf")
    message = SignedMessage.from_der(Path("message").read_bytes())
    assert len(message.crls) == 1
    assert isinstance(message.signers[0].sid, bytes)
    run("cms", "sign", *SIGNER, "--by-key", "-o", "other", "report.pdf", exit_code=1)
    assert not Path("other").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--certificate", "signing.pem"),
        (*SIGNER, "--prepare"),
        (*SIGNER, "--finish", "report.prep", "--signature", "signature.bin"),
        (*SIGNER, "--signature", "signature.bin"),
        ("--prepare",),
        ("--prepare", "--pem", "--certificate", "signing.pem"),
        ("--prepare", "--finish", "report.prep"),
        ("--finish", "report.prep"),
        ("--finish", "report.prep", "--timestamp", "contract.tst"),
        (*SIGNER, "--profile", "none"),
    ],
)
def test_options_that_do_not_go_together(run: Run, arguments: tuple[str, ...]) -> None:
    run("cms", "sign", *arguments, "--output", "out", "report.pdf", exit_code=2)
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("--key", "signing.key"), "KeyMismatchError"),
        (("--key", "kmc.key", "--certificate", "signing.pem"), "KeyMismatchError"),
        (("--key", "kmc.key", "--certificate", "encryption.pem"), "ProfileError"),
        (("--key", "signing.pem", "--certificate", "signing.pem"), "InvalidInputError"),
        (("--key", "signing.key", "--certificate", "signing.key"), "InvalidInputError"),
        (("--key", "missing", "--certificate", "signing.pem"), "FileNotFoundError"),
        ((*SIGNER, "--digest", "sha256"), "KeyMismatchError"),
        ((*SIGNER, "--crl", "signing.pem"), "InvalidInputError"),
    ],
)
def test_what_cannot_be_signed_with(answer: Answer, arguments: tuple[str, ...], error: str) -> None:
    found = answer("cms", "sign", *arguments, "--output", "out", "report.pdf", exit_code=1)
    assert found["error"]["type"] == error
    assert not Path("out").exists()


@pytest.mark.parametrize("command", ["sign", "encrypt", "verify", "decrypt"])
def test_outputs_that_exist_are_kept(run: Run, command: str) -> None:
    arguments = {
        "sign": (*SIGNER, "report.pdf"),
        "encrypt": ("--recipient", "encryption.pem", "report.pdf"),
        "verify": (*TRUSTED, "report.p7m"),
        "decrypt": ("--key", "encryption.key", "--certificate", "encryption.pem", "report.enc"),
    }[command]
    Path("out").write_bytes(b"old")
    run("cms", command, *arguments, "--output", "out", exit_code=1)
    assert Path("out").read_bytes() == b"old"
    run("cms", command, *arguments, "--output", "out", "--force")
    assert Path("out").read_bytes() != b"old"


@pytest.mark.parametrize("command", ["verify", "decrypt"])
@pytest.mark.parametrize("data", [b"", b"hello", b"\x30\x80", b"-----BEGIN CMS-----\nMIAA\n", bytes(1000)])
def test_files_that_are_no_messages(answer: Answer, command: str, data: bytes) -> None:
    keys = ("--key", "encryption.key", "--certificate", "encryption.pem")
    Path("bad").write_bytes(data)
    options = TRUSTED if command == "verify" else keys
    found = answer("cms", command, *options, "--output", "out", "bad", exit_code=1)
    assert found["error"]["type"] in ("InvalidInputError", "DecodeError")
    assert not Path("out").exists()


# ---- two phases and time-stamps -------------------------------------------------------------
@pytest.mark.parametrize("detached", [True, False])
@pytest.mark.parametrize("attributes", ["--attributes", "--no-attributes"])
def test_two_phases(run: Run, answer: Answer, detached: bool, attributes: str) -> None:
    form = ("--detached",) if detached else ()
    options = ("--prepare", attributes, *form, "--certificate", "both.pem", "--output", "prepared")
    prepared = answer("cms", "sign", *options, "report.pdf")
    (waiting,) = prepared["to_be_signed"]
    assert stat.S_IMODE(os.stat("prepared").st_mode) == 0o600
    assert (waiting["data"] is None) is (attributes == "--no-attributes")
    key: Any = load_private_key(Path("signing.key").read_bytes())
    Path("signature").write_bytes(key.sign_digest(bytes.fromhex(waiting["digest"])))
    run("cms", "sign", "--finish", "prepared", "--signature", "signature", "--pem", "--output", "message")
    beside = ("--content", "report.pdf") if detached else ()
    assert answer("cms", "verify", *TRUSTED, *beside, "message")["verified"] is True


def test_a_signature_of_something_else_finishes_nothing(run: Run, answer: Answer) -> None:
    key: Any = load_private_key(Path("signing.key").read_bytes())
    Path("wrong").write_bytes(key.sign(b"something else"))
    for name, error in (("wrong", "InvalidSignature"), ("report.pdf", "InvalidSignature")):
        found = answer("cms", "sign", "--finish", "report.prep", "--signature", name, "--output", "out", exit_code=1)
        assert found["error"]["type"] == error
    run("cms", "sign", "--finish", "report.pdf", "--signature", "wrong", "--output", "out", exit_code=1)
    one = ("--signature", "signature.bin")
    run("cms", "sign", "--finish", "report.prep", *one, *one, "--output", "out", exit_code=1)
    run("cms", "sign", "--finish", "report.prep", *one, "--output", "out", "report.pdf", exit_code=2)
    assert not Path("out").exists()


def test_a_token_is_put_into_a_message(run: Run, answer: Answer) -> None:
    run("tsa", "request", "--of-signature", "--output", "asked", "report.p7m")
    issuing = ("--key", "tsa.key", "--certificate", "tsa.pem", "--serials", "counted", "--create-serials")
    run("tsa", "reply", *issuing, "--policy", stamp_files.POLICY, "--output", "answered", "asked")
    run("cms", "sign", "--timestamp", "answered", "--output", "stamped", "report.p7m")
    found = answer("cms", "verify", *TRUSTED, "stamped")
    checks = {check["name"]: check for check in found["signers"][0]["checks"]}
    assert checks["time-stamp"]["status"] == "not-checked"
    assert checks["time-stamp"]["detail"] == "there is one, and nobody to verify it"
    found = answer("cms", "verify", *TRUSTED, "--tsa-anchor", "root.pem", "stamped")
    checks = {check["name"]: check for check in found["signers"][0]["checks"]}
    assert checks["time-stamp"]["status"] == "passed"
    assert found["signers"][0]["signed_at"] is not None
    run("cms", "verify", *TRUSTED, "--tsa-anchor", "two.pem", "stamped", exit_code=1)


def test_tokens_that_go_into_no_message(run: Run, answer: Answer) -> None:
    # One over the file, not over the signature.
    found = answer("cms", "sign", "--timestamp", "resp.tsr", "--output", "out", "report.p7m", exit_code=1)
    assert (found["error"]["type"], found["error"]["reason"]) == ("TimestampError", "imprint")
    assert "--of-signature" in found["error"]["message"]
    run("cms", "sign", "--timestamp", "report.pdf", "--output", "out", "report.p7m", exit_code=1)
    run("cms", "sign", "--timestamp", "contract.tst", "--output", "out", "report.enc", exit_code=1)
    assert not Path("out").exists()


# ---- encrypt and decrypt --------------------------------------------------------------------
@pytest.mark.parametrize("cipher", cms_encrypt.CIPHERS)
@pytest.mark.parametrize("more", [(), ("--pem",), ("--by-key",)])
def test_encrypted_and_decrypted(answer: Answer, cipher: str, more: tuple[str, ...]) -> None:
    profile = ("--profile", "rfc5652", "--cipher", cipher)
    made = answer("cms", "encrypt", "--recipient", "both.pem", *profile, *more, "--output", "message", "report.pdf")
    assert len(made["recipients"]) == 1
    keys = ("--key", "other.key", "--key", "encryption.key", "--certificate", "both.pem")
    found = answer("cms", "decrypt", *keys, "--output", "opened", "message")
    assert (found["cipher"], found["length"]) == (cipher, len(CONTENT))
    assert Path("opened").read_bytes() == CONTENT
    assert stat.S_IMODE(os.stat("opened").st_mode) == 0o600


def test_envelopes_through_pipes(run: Run) -> None:
    message = run("cms", "encrypt", "--recipient", "encryption.pem", stdin=CONTENT).stdout_bytes
    keys = ("--key", "encryption.key", "--certificate", "encryption.pem")
    assert run("cms", "decrypt", *keys, stdin=message).stdout_bytes == CONTENT
    broken = bytearray(message)
    broken[-20] ^= 1
    result = run("cms", "decrypt", *keys, stdin=bytes(broken), exit_code=1)
    assert result.stdout_bytes == b""


def test_several_recipients(answer: Answer) -> None:
    names = ("--recipient", "encryption.pem", "--recipient", "ocsp.pem", "--any-usage")
    made = answer("cms", "encrypt", *names, "--output", "message", "report.pdf")
    assert len(made["recipients"]) == 2
    for name in ("encryption", "ocsp"):
        keys = ("--key", f"{name}.key", "--certificate", f"{name}.pem")
        answer("cms", "decrypt", *keys, "--output", f"opened-{name}", "message")
        assert Path(f"opened-{name}").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("--recipient", "signing.pem"), "ProfileError"),
        (("--recipient", "encryption.pem", "--recipient", "encryption.pem"), "InvalidInputError"),
        (("--recipient", "encryption.pem", "--cipher", "sm4-gcm"), "ProfileError"),
        (("--recipient", "encryption.pem", "--by-key"), "ProfileError"),
        (("--recipient", "report.pdf"), "InvalidInputError"),
        (("--recipient", "missing"), "FileNotFoundError"),
    ],
)
def test_what_cannot_be_encrypted_to(answer: Answer, arguments: tuple[str, ...], error: str) -> None:
    found = answer("cms", "encrypt", *arguments, "--output", "out", "report.pdf", exit_code=1)
    assert found["error"]["type"] == error
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("key", "certificate", "source", "error"),
    [
        ("signing.key", "signing.pem", "report.enc", "NoRecipientError"),
        ("signing.key", "encryption.pem", "report.enc", "KeyMismatchError"),
        ("encryption.key", "encryption.pem", "report.p7m", "MessageError"),
        ("encryption.key", "encryption.pem", "missing", "FileNotFoundError"),
        ("missing", "encryption.pem", "report.enc", "FileNotFoundError"),
    ],
)
def test_what_cannot_be_decrypted(answer: Answer, key: str, certificate: str, source: str, error: str) -> None:
    keys = ("--key", key, "--certificate", certificate)
    found = answer("cms", "decrypt", *keys, "--output", "out", source, exit_code=1)
    assert found["error"]["type"] == error
    assert not Path("out").exists()


def test_encrypted_keys_and_passwords(run: Run) -> None:
    run("key", "convert", "--new-password-env", "PASSWORD", "--output", "locked.key", "encryption.key")
    keys = ("--key", "locked.key", "--certificate", "encryption.pem")
    run("cms", "decrypt", *keys, "--password-env", "PASSWORD", "--output", "opened", "report.enc")
    assert Path("opened").read_bytes() == CONTENT
    run("cms", "decrypt", *keys, "--password-file", "root.pem", "--output", "out", "report.enc", exit_code=1)
    assert not Path("out").exists()


def test_a_store_with_both_keys_of_a_pair(run: Run, answer: Answer) -> None:
    for name, key in (("signing", "signing.key"), ("encryption", "encryption.key")):
        Path(f"{name}-both").write_bytes(Path(key).read_bytes() + Path(f"{name}.pem").read_bytes())
    Path("store").write_bytes(Path("signing-both").read_bytes() + Path("encryption-both").read_bytes())
    made = answer("cms", "sign", "--key", "store", "--output", "message", "report.pdf")
    assert len(made["signers"]) == 1
    assert answer("cms", "verify", *TRUSTED, "message")["verified"] is True
    run("cms", "decrypt", "--key", "store", "--output", "opened", "report.enc")
    assert Path("opened").read_bytes() == CONTENT


def test_json_and_the_answer_do_not_share_standard_output(run: Run) -> None:
    for arguments in (
        ("sign", *SIGNER),
        ("encrypt", "--recipient", "encryption.pem"),
        ("verify", *TRUSTED, "--output", "-"),
        ("decrypt", "--key", "encryption.key", "--certificate", "encryption.pem"),
    ):
        run("cms", *arguments, "--json", "report.pdf", exit_code=2)


# Runs a command that waits when it has begun to write.
WAITING = """
import sys, time
from gmpki.cli import _io, main
import contextlib

@contextlib.contextmanager
def progress(label):
    def tell(done, total):
        print("begun", flush=True)
        time.sleep(60)
    yield tell

_io.progress = progress
main.main()
"""


@pytest.mark.once
@pytest.mark.parametrize(
    "arguments",
    [
        ("sign", *SIGNER, "--output", "out", "report.pdf"),
        ("encrypt", "--recipient", "encryption.pem", "--output", "out", "report.pdf"),
        ("verify", *TRUSTED, "--output", "out", "report.p7m"),
        ("decrypt", "--key", "encryption.key", "--certificate", "encryption.pem", "--output", "out", "report.enc"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_command_that_is_stopped_leaves_nothing(arguments: tuple[str, ...], tmp_path: Path) -> None:
    before = sorted(os.listdir())
    command = [sys.executable, "-c", WAITING, "cms", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"begun\n"
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 1
    assert "no half-written file is left" in errors.decode()
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize("wrong", ["signing.pem", "sub.pem"])
def test_nobody_who_was_named_is_passed_over(wrong: str, answer: Answer) -> None:
    """A message that one of two recipients cannot open, or one of two did not sign, is not made."""
    both = ("--recipient", "encryption.pem", "--recipient", wrong)
    error = answer("cms", "encrypt", *both, "--output", "out", "report.pdf", exit_code=1)["error"]
    assert error["type"] == "ProfileError"
    assert error["message"].startswith(f"{wrong}: ")
    assert "--any-usage" in error["message"]
    made = answer("cms", "encrypt", *both, "--any-usage", "--output", "out", "report.pdf")
    assert len(made["recipients"]) == 2
    signers = ("--certificate", "signing.pem", "--certificate", "encryption.pem")
    error = answer("cms", "sign", "--prepare", *signers, "--output", "prepared", "report.pdf", exit_code=1)["error"]
    assert error["message"].startswith("encryption.pem: ")
    assert not Path("prepared").exists()


@pytest.mark.once
@pytest.mark.parametrize(
    "command",
    [("verify", *TRUSTED), ("decrypt", "--key", "encryption.key", "--certificate", "both.pem", "--output", "out")],
)
@pytest.mark.parametrize("data", [b"", b"\x00", "补充协议".encode(), b"a text\n"])
def test_what_is_no_message(command: tuple[str, ...], data: bytes, answer: Answer, process: Process) -> None:
    Path("文件").write_bytes(data)
    error = answer("cms", *command, "文件", exit_code=1)["error"]
    assert error["type"] == "InvalidInputError"
    assert error["message"].startswith("文件: expected a message as PEM, DER or base64; came ")
    ran = process("cms", *command, stdin=None, input=data)
    assert ran.returncode == 1
    assert b"standard input: expected a message" in ran.stderr


def test_the_option_that_brings_the_content(answer: Answer) -> None:
    assert "--content" in answer("cms", "verify", *TRUSTED, "report.p7s", exit_code=1)["error"]["message"]
