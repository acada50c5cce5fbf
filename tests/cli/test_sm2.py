"""``gmpki sm2``."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from gmpki.keys.loader import load_private_key, load_public_key

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]
KeyPair = tuple[str, str]

FORMATS = ["der", "c1c3c2", "c1c3c2-bare", "c1c3c2-compressed", "c1c2c3", "c1c2c3-bare"]


@pytest.fixture
def document(key_pair: KeyPair) -> str:
    Path("document").write_bytes("合同\n".encode() * 1000)
    return "document"


def sign(run: Run, *options: str) -> None:
    run("sm2", "sign", "--key", "key.pem", "--output", "document.sig", "--force", *options, "document")


def verify(run: Run, *options: str, exit_code: int = 0) -> Result:
    options = ("--key", "pub.pem", "--signature", "document.sig", *options)
    return run("sm2", "verify", *options, "document", exit_code=exit_code)


@pytest.mark.parametrize("encoding", ["der", "raw"])
@pytest.mark.parametrize("form", ["binary", "hex", "base64"])
def test_sign_and_verify(encoding: str, form: str, run: Run, document: str) -> None:
    sign(run, "--encoding", encoding, "--form", form)
    verify(run, "--form", form)
    data = Path("document.sig").read_bytes()
    if form == "binary":
        assert (len(data) == 64) is (encoding == "raw")
    else:
        assert data.isascii()
        assert data.endswith(b"\n")


def test_agrees_with_the_library(run: Run, document: str) -> None:
    sign(run)
    message = Path(document).read_bytes()
    load_public_key(Path("pub.pem").read_bytes()).verify(Path("document.sig").read_bytes(), message)
    Path("document.sig").write_bytes(load_private_key(Path("key.pem").read_bytes()).sign(message))
    verify(run)


@pytest.mark.parametrize("change", ["document", "document.sig"])
def test_a_change_is_noticed(change: str, run: Run, document: str) -> None:
    sign(run)
    data = bytearray(Path(change).read_bytes())
    data[-1] ^= 1
    Path(change).write_bytes(data)
    result = verify(run, exit_code=1)
    assert result.stdout == ""
    assert "签名无效 InvalidSignature" in result.stderr


def test_diagnosis(run: Run, answer: Answer, document: str) -> None:
    sign(run, "--user-id", "")
    result = verify(run, "--diagnose", exit_code=1)
    assert "the empty user id" in result.stdout
    assert "InvalidSignature" in result.stderr
    options = ("--key", "pub.pem", "--signature", "document.sig", "--diagnose")
    found = answer("sm2", "verify", *options, document, exit_code=1)
    assert found["valid"] is False
    assert found["matched"] == ["DER, over the message with the empty user id"]
    assert answer("sm2", "verify", *options, "--user-id", "", document)["valid"] is True
    run("sm2", "verify", *options, exit_code=2)


USER_IDS = [
    (["--user-id", "ALICE123@YAHOO.COM"], b"ALICE123@YAHOO.COM"),
    (["--user-id", "张三"], "张三".encode()),
    (["--user-id", ""], b""),
    (["--user-id-hex", ""], b""),
    (["--user-id-hex", "00ff"], b"\x00\xff"),
    ([], b"1234567812345678"),
]


@pytest.mark.parametrize(("options", "user_id"), USER_IDS)
def test_user_id(options: list[str], user_id: bytes, run: Run, document: str) -> None:
    sign(run, *options)
    verify(run, *options)
    verify(run, "--user-id", "somebody else", exit_code=1)
    public_key = load_public_key(Path("pub.pem").read_bytes())
    public_key.verify(Path("document.sig").read_bytes(), Path("document").read_bytes(), user_id=user_id)


@pytest.mark.parametrize("options", [["--user-id", "a", "--user-id-hex", "61"], ["--user-id-hex", "6"]])
def test_user_ids_that_are_none(options: list[str], run: Run, document: str) -> None:
    run("sm2", "sign", "--key", "key.pem", *options, "document", exit_code=2)


def test_deterministic(answer: Answer, document: str) -> None:
    def signature(*options: str) -> str:
        value: str = answer("sm2", "sign", "--key", "key.pem", *options, "document")["signature"]
        return value

    assert signature("--deterministic") == signature("--deterministic", "--verify-after")
    assert signature() != signature()


def test_sign_json_has_all_that_is_needed(answer: Answer, document: str) -> None:
    signed = answer("sm2", "sign", "--key", "key.pem", "document")
    assert set(signed) == {"ok", "digest", "signature", "encoding", "user_id", "output"}
    Path("document.sig").write_text(signed["signature"], encoding="utf-8")
    options = ("--key", "pub.pem", "--signature", "document.sig", "--form", "hex")
    verified = answer("sm2", "verify", *options, "document")
    assert verified == {"ok": True, "valid": True, "digest": signed["digest"], "user_id": signed["user_id"]}


def test_standard_streams(run: Run, key_pair: KeyPair) -> None:
    signature = run("sm2", "sign", "--key", "key.pem", stdin=b"message").stdout_bytes
    Path("sig").write_bytes(signature)
    run("sm2", "verify", "--key", "pub.pem", "--signature", "sig", stdin=b"message")
    run("sm2", "verify", "--key", "pub.pem", "--signature", "-", exit_code=2)


def test_a_long_message_is_read_in_pieces(run: Run, key_pair: KeyPair) -> None:
    Path("document").write_bytes(os.urandom(5_000_001))
    sign(run)
    verify(run)


@pytest.mark.parametrize("content", [b"", b"no hex", b"0g", b"30"])
def test_a_signature_that_is_none(content: bytes, run: Run, document: str) -> None:
    Path("document.sig").write_bytes(content)
    verify(run, exit_code=1)
    verify(run, "--form", "hex", exit_code=1)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("form", ["binary", "hex", "base64"])
def test_encrypt_and_decrypt(name: str, form: str, run: Run, key_pair: KeyPair) -> None:
    Path("message").write_bytes(b"secret message")
    run("sm2", "encrypt", "--key", "pub.pem", "--format", name, "--form", form, "--output", "out", "message")
    for formats in (name, "auto-with-c1c2c3"):
        options = ("--key", "key.pem", "--format", formats, "--form", form)
        assert run("sm2", "decrypt", *options, "out").stdout_bytes == b"secret message"
    automatic = run("sm2", "decrypt", "--key", "key.pem", "--form", form, "out", exit_code=int("c1c2c3" in name))
    assert ("secret" in automatic.stdout) is ("c1c2c3" not in name)


def test_a_changed_ciphertext(run: Run, answer: Answer, key_pair: KeyPair) -> None:
    Path("message").write_bytes(b"secret message")
    run("sm2", "encrypt", "--key", "pub.pem", "--output", "out", "message")
    data = bytearray(Path("out").read_bytes())
    data[-1] ^= 1
    Path("out").write_bytes(data)
    result = run("sm2", "decrypt", "--key", "key.pem", "out", exit_code=1)
    assert result.stdout == ""
    error = answer("sm2", "decrypt", "--key", "key.pem", "--output", "plain", "out", exit_code=1)["error"]
    assert error == {"type": "DecryptionError", "message": "the message cannot be decrypted"}
    assert not Path("plain").exists()


def test_decrypted_files_are_private(run: Run, key_pair: KeyPair) -> None:
    Path("message").write_bytes(b"secret message")
    run("sm2", "encrypt", "--key", "pub.pem", "--output", "out", "message")
    run("sm2", "decrypt", "--key", "key.pem", "--output", "plain", "out")
    assert stat.S_IMODE(os.stat("plain").st_mode) == 0o600


def test_an_empty_message(answer: Answer, key_pair: KeyPair) -> None:
    error = answer("sm2", "encrypt", "--key", "pub.pem", "--output", "out", exit_code=1, stdin=b"")["error"]
    assert error["type"] == "InvalidInputError"


@pytest.mark.parametrize("command", ["encrypt", "decrypt"])
def test_json_and_data_do_not_mix(command: str, run: Run, key_pair: KeyPair) -> None:
    key = "pub.pem" if command == "encrypt" else "key.pem"
    run("sm2", command, "--key", key, "--json", exit_code=2, stdin=b"message")


@pytest.mark.parametrize("command", ["sign", "encrypt"])
def test_an_output_that_exists(command: str, run: Run, document: str) -> None:
    Path("out").write_bytes(b"old")
    key = "key.pem" if command == "sign" else "pub.pem"
    result = run("sm2", command, "--key", key, "--output", "out", "document", exit_code=1)
    assert "文件已存在" in result.stderr
    assert Path("out").read_bytes() == b"old"
    run("sm2", command, "--key", key, "--output", "out", "--force", "document")
    assert Path("out").read_bytes() != b"old"


def test_the_wrong_kind_of_key(answer: Answer, document: str) -> None:
    error = answer("sm2", "sign", "--key", "pub.pem", "document", exit_code=1)["error"]
    assert error["type"] in {"DecodeError", "InvalidInputError", "KeyMismatchError", "UnsupportedAlgorithm"}
    answer("sm2", "sign", "--key", "document", "document", exit_code=1)
