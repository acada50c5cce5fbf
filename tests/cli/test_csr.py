"""``gmpki csr``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from gmpki import oids
from gmpki.asn1.rfc5280 import ExtendedKeyUsage, GeneralName, KeyUsage, KeyUsages, SubjectAltName
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.ed25519 import Ed25519PrivateKey
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.names import build_name
from gmpki.x509.request import RequestBuilder, load_request
from rsa_keys import rsa_key

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]
KeyPair = tuple[str, str]

SUBJECT = "C=CN, O=示例市社会保障局, CN=张三"


def new(run: Run, *options: str, exit_code: int = 0) -> Result:
    return run("csr", "new", "--key", "key.pem", "--output", "req.pem", *options, exit_code=exit_code)


@pytest.mark.usefixtures("key_pair")
def test_new_show_verify(run: Run, answer: Answer) -> None:
    result = new(run, "--subject", SUBJECT)
    assert "张三" in result.output
    request = load_request(Path("req.pem").read_bytes())
    assert request.subject == build_name(("C", "CN"), ("O", "示例市社会保障局"), ("CN", "张三"))
    assert request.verify_signature() == ()
    assert "签名有效" in run("csr", "verify", "req.pem").output
    shown = run("csr", "show", "req.pem").output
    assert "示例市社会保障局" in shown
    assert "SM2" in shown
    found = answer("csr", "show", "req.pem")["request"]
    assert found["type"] == "request"
    assert answer("csr", "verify", "req.pem") == {
        "ok": True,
        "valid": True,
        "subject": "C=CN, O=示例市社会保障局, CN=张三",
        "quirks": [],
    }


@pytest.mark.usefixtures("key_pair")
def test_extensions(run: Run) -> None:
    options = ("--san", "DNS:www.example.cn", "--san", "ip:10.0.0.1", "--san", "email:a@example.cn")
    options += ("--san", "URI:http://example.cn/a:b", "--key-usage", "digitalSignature, nonRepudiation")
    options += ("--extended-key-usage", "serverAuth,1.2.3", "--extension", "1.2.3.4=0500")
    new(run, "--subject", "/C=CN/CN=www.example.cn", *options, "--critical-extension", "1.2.3.5=0101FF")
    extensions = load_request(Path("req.pem").read_bytes()).extensions
    names = extensions.find(SubjectAltName)
    assert names is not None
    assert names.names == (
        GeneralName.dns("www.example.cn"),
        GeneralName.ip("10.0.0.1"),
        GeneralName.email("a@example.cn"),
        GeneralName.uri("http://example.cn/a:b"),
    )
    assert extensions.find(KeyUsage) == KeyUsage(KeyUsages.DIGITAL_SIGNATURE | KeyUsages.NON_REPUDIATION)
    assert extensions.find(ExtendedKeyUsage) == ExtendedKeyUsage((oids.SERVER_AUTH, oids.find("1.2.3")))
    assert [(e.extn_id, e.critical, e.extn_value) for e in extensions][-2:] == [
        ("1.2.3.4", False, b"\x05\x00"),
        ("1.2.3.5", True, b"\x01\x01\xff"),
    ]


@pytest.mark.usefixtures("key_pair")
@pytest.mark.parametrize(
    ("option", "kind"),
    [
        ((), oids.GM_CHALLENGE_PASSWORD),
        (("--challenge-gm",), oids.GM_CHALLENGE_PASSWORD),
        (("--challenge-pkcs9",), oids.CHALLENGE_PASSWORD),
    ],
)
def test_challenge_password(run: Run, option: tuple[str, ...], kind: str) -> None:
    new(run, "--subject", SUBJECT, "--challenge-password-env", "PASSWORD", *option)
    request = load_request(Path("req.pem").read_bytes())
    assert request.challenge_password == "correct horse battery staple"
    assert request.attributes[0].type == kind


@pytest.mark.parametrize(
    "key",
    [
        SM2PrivateKey.generate(),
        rsa_key(),
        ECDSAPrivateKey.generate("P-384"),
        Ed25519PrivateKey.generate(),
    ],
    ids=["SM2", "RSA", "P-384", "Ed25519"],
)
def test_every_kind_of_key(run: Run, answer: Answer, key: Any) -> None:
    Path("key.pem").write_bytes(key.to_pem(b"correct horse battery staple", iterations=1000))
    new(run, "--subject", SUBJECT, "--password-env", "PASSWORD")
    assert answer("csr", "verify", "req.pem")["valid"] is True
    assert "签名" in run("csr", "show", "req.pem").output


@pytest.mark.usefixtures("key_pair")
def test_der_and_standard_streams(run: Run, answer: Answer) -> None:
    run("csr", "new", "--key", "key.pem", "--subject", SUBJECT, "--encoding", "der", "--output", "req.der")
    data = Path("req.der").read_bytes()
    assert data[:1] == b"\x30"
    run("csr", "verify", stdin=data)
    text = run("csr", "new", "--key", "key.pem", "--subject", "").stdout
    assert load_request(text.encode()).subject.is_empty
    found = answer("csr", "new", "--key", "key.pem", "--subject", "CN=x")
    assert (found["subject"], found["algorithm"]) == ("CN=x", "SM2-with-SM3")
    assert load_request(found["pem"].encode()).verify_signature() == ()


@pytest.mark.usefixtures("key_pair")
@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--subject", "CN=x", "--san", "phone:110"),
        ("--subject", "CN=x", "--san", "www.example.cn"),
        ("--subject", "CN=x", "--key-usage", "sign"),
        ("--subject", "CN=x", "--key-usage", ""),
        ("--subject", "CN=x", "--extended-key-usage", "anything-goes"),
        ("--subject", "CN=x", "--extension", "1.2.3=0"),
        ("--subject", "CN=x", "--challenge-pkcs9"),
        ("--subject", "CN=x", "--password-env", "PASSWORD", "--password-file", "x"),
    ],
)
def test_command_lines_that_make_no_sense(run: Run, options: tuple[str, ...]) -> None:
    if "--password-file" in options:
        Path("key.pem").write_bytes(SM2PrivateKey.generate().to_pem(b"x", iterations=1000))
    new(run, *options, exit_code=2)
    assert not Path("req.pem").exists()


@pytest.mark.usefixtures("key_pair")
@pytest.mark.parametrize(
    "options",
    [
        ("--subject", "no name"),
        ("--subject", "C=China"),
        ("--subject", "CN=x", "--san", "IP:10.0.0"),
        ("--subject", "CN=x", "--san", "DNS:"),
        ("--subject", "CN=x", "--extension", "text=0500"),
        ("--subject", "CN=x", "--extension", "2.5.29.19=0500"),
        ("--subject", "CN=x", "--extension", "1.2.3=0500", "--critical-extension", "1.2.3=0500"),
    ],
)
def test_requests_that_cannot_be_made(run: Run, options: tuple[str, ...]) -> None:
    result = new(run, *options, exit_code=1)
    assert "Traceback" not in result.output
    assert not Path("req.pem").exists()


@pytest.mark.usefixtures("key_pair")
def test_files_are_not_replaced(run: Run) -> None:
    Path("req.pem").write_text("mine")
    new(run, "--subject", "CN=x", exit_code=1)
    assert Path("req.pem").read_text() == "mine"
    new(run, "--subject", "CN=x", "--force")
    load_request(Path("req.pem").read_bytes())


@pytest.mark.usefixtures("key_pair")
def test_json_needs_a_file_for_der(run: Run) -> None:
    arguments = ("csr", "new", "--key", "key.pem", "--subject", "CN=x", "--encoding", "der", "--json")
    assert json.loads(run(*arguments, exit_code=2).stdout)["error"]["type"] == "UsageError"


def test_signatures_that_do_not_hold(run: Run, answer: Answer) -> None:
    key = SM2PrivateKey.generate()
    request = RequestBuilder().subject(build_name(("CN", "x"))).sign(key, user_id=b"")
    Path("req.pem").write_bytes(request.to_pem())
    assert answer("csr", "verify", "req.pem", exit_code=1)["error"]["type"] == "InvalidSignature"
    refusal = run("csr", "verify", "req.pem", exit_code=1).stderr
    assert "签名无效" in refusal
    assert "it holds with empty-user-id, which --lenient accepts" in refusal
    assert answer("csr", "verify", "--lenient", "req.pem")["quirks"] == ["empty-user-id at signature"]
    assert "empty-user-id" in run("csr", "verify", "--lenient", "req.pem").output


@pytest.mark.parametrize("options", [(), ("--lenient",)])
def test_no_option_makes_a_changed_request_hold(answer: Answer, options: tuple[str, ...]) -> None:
    request = RequestBuilder().subject(build_name(("CN", "x"))).sign(SM2PrivateKey.generate())
    Path("req.der").write_bytes(request.to_der().replace(b"\x13\x01x", b"\x13\x01y"))
    error = answer("csr", "verify", *options, "req.der", exit_code=1)["error"]
    assert error["type"] == "InvalidSignature"
    assert "--lenient" not in error["message"]


@pytest.mark.parametrize("command", ["show", "verify"])
@pytest.mark.parametrize("data", [b"", b"text", b"\x30\x00", b"-----BEGIN CERTIFICATE REQUEST-----\n"])
def test_files_that_are_no_request(answer: Answer, command: str, data: bytes) -> None:
    Path("file").write_bytes(data)
    for options in ((), ("--lenient",)):
        error = answer("csr", command, *options, "file", exit_code=1)["error"]
        assert error["type"] in ("InvalidInputError", "DecodeError")
        assert ("--lenient" in error["message"]) is (error["type"] == "DecodeError" and not options)


def test_missing_files(answer: Answer) -> None:
    assert answer("csr", "show", "nothing", exit_code=1)["error"]["type"] == "FileNotFoundError"
    found = answer("csr", "new", "--key", "nothing", "--subject", "CN=x", exit_code=1)
    assert found["error"]["type"] == "FileNotFoundError"
