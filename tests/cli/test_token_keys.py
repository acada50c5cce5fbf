"""Keys in tokens where commands take a private key: the URI of the token in the place of the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from cli.token_files import CONTAINER, PLACE, pkcs11_uri, set_variables, write_token
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.certificate import load_certificate
from gmpki.x509.crl import load_crl
from gmpki.x509.request import load_request
from seal import samples
from seal.ofd import papers
from seal.pdf import documents

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]
Uri = Callable[[str], str]

PIN = ("--pin-env", "USER_PIN")
CA_PIN = ("--ca-pin-env", "USER_PIN")
SIGNED_AT = ("--at", "2026-03-01T08:00:00Z")


@pytest.fixture(autouse=True)
def token(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch)
    write_token()
    Path("contract.txt").write_text("合同", encoding="utf-8")


@pytest.fixture(params=["skf", "pkcs11"])
def uri(request: pytest.FixtureRequest) -> Uri:
    """Give the URI of a container through each driver."""
    return (lambda name: f"{PLACE};con={name}") if request.param == "skf" else pkcs11_uri


def test_request(run: Run, answer: Answer, uri: Uri) -> None:
    run("csr", "new", "--key", uri("con1"), *PIN, "--subject", "CN=x", "--output", "req.pem")
    run("token", "csr", uri("con1"), *PIN, "--subject", "CN=x", "--output", "same.pem")
    one, other = (load_request(Path(name).read_bytes()) for name in ("req.pem", "same.pem"))
    assert one.public_key == other.public_key
    assert answer("csr", "verify", "req.pem")["valid"] is True


def test_message_signed_with_the_certificate_of_the_token(run: Run, answer: Answer, uri: Uri) -> None:
    run("cms", "sign", "--key", uri("con1"), *PIN, "--no-time", "--output", "contract.p7m", "contract.txt")
    found = answer("cms", "verify", "--anchor", "root.pem", *SIGNED_AT, "--output", "out", "contract.p7m")
    assert found["ok"] is True
    assert Path("out").read_bytes() == Path("contract.txt").read_bytes()


def test_envelope_opened_in_the_token(run: Run, uri: Uri) -> None:
    run("cms", "encrypt", "--recipient", "encryption.pem", "--output", "contract.enc", "contract.txt")
    run("cms", "decrypt", "--key", uri("con1"), *PIN, "--output", "out", "contract.enc")
    assert Path("out").read_bytes() == Path("contract.txt").read_bytes()


def test_documents_sealed_and_signed(run: Run, answer: Answer, uri: Uri) -> None:
    Path("a.pdf").write_bytes(documents.single_page())
    Path("a.ofd").write_bytes(papers.paper())
    key = ("--key", uri("con1"), *PIN)
    run("pdf", "sign", *key, "--output", "signed.pdf", "a.pdf")
    # Nobody gave revocation lists or a time-stamp: what is there holds, and not everything was checked.
    (signature,) = answer("pdf", "verify", "--anchor", "root.pem", "signed.pdf", exit_code=1)["signatures"]
    assert {one["name"] for one in signature["checks"] if one["status"] == "failed"} == set()
    assert signature["certificate"]["subject"].endswith("CN=张三")
    seal = samples.new_seal(signers=[_certificate("signing.pem")])
    Path("my.esl").write_bytes(seal.der)
    for kind in ("pdf", "ofd"):
        run(kind, "sign", "--seal", "my.esl", *key, "--at", "1,50,50", "--output", f"sealed.{kind}", f"a.{kind}")
        shown = answer(kind, "show", f"sealed.{kind}")
        assert seal.seal_id in str(shown)


@pytest.mark.once
def test_several_documents_at_once(run: Run) -> None:
    """Each process opens the token and logs in for itself; the PIN is read once."""
    for name in ("a", "b"):
        Path(f"{name}.pdf").write_bytes(documents.single_page())
    Path("pin").write_text("12345678\n")
    pin = ("--pin-file", "pin")
    run("pdf", "sign", "--key", CONTAINER, *pin, "--jobs", "2", "--output-dir", "out", "a.pdf", "b.pdf")
    assert len(list(Path("out").iterdir())) == 2


def test_manifest_and_log(run: Run, uri: Uri) -> None:
    Path("program").mkdir()
    Path("program", "main").write_bytes(b"code")
    key = ("--key", uri("con1"))
    run("manifest", "sign", *key, *PIN, "--output", "program.manifest", "program")
    run("log", "new", "--keys", "audit.ring", "--new-keys", "--password-env", "PASSWORD", "audit.log")
    ring = ("--keys", "audit.ring", "--password-env", "PASSWORD")
    run("log", "append", *ring, *key, "--key-pin-env", "USER_PIN", "audit.log", "login user=zhangsan")
    run("log", "seal", *ring, *key, "--key-pin-env", "USER_PIN", "audit.log")
    run("log", "verify", "--certificate", "signing.pem", "audit.log")


def test_authority_in_a_token(run: Run, answer: Answer, uri: Uri) -> None:
    """Root, certificates, a pair, a revocation list, OCSP and time-stamps with keys that never leave the token."""
    for name in ("ca", "tsa", "user"):
        run("token", "gen-key", uri(name), *PIN)
    key = ("--ca", "ca.pem", "--ca-key", uri("ca"), *CA_PIN)
    run(
        "cert",
        "root",
        "--key",
        uri("ca"),
        "--key-pin-env",
        "USER_PIN",
        "--subject",
        "C=CN, O=示例CA, CN=示例根",
        "-o",
        "ca.pem",
    )
    run("csr", "new", "--key", uri("tsa"), *PIN, "--subject", "C=CN, O=示例CA, CN=示例时间戳", "--output", "tsa.csr")
    run("cert", "issue", *key, "--request", "tsa.csr", "--profile", "time-stamp", "--no-lint", "--output", "tsa.pem")
    run("csr", "new", "--key", uri("user"), *PIN, "--subject", "C=CN, O=示例局, CN=李四", "--output", "user.csr")
    pair = ("cert", "pair", "issue", *key, "--request", "user.csr", "--profile", "organisation", "--no-lint")
    run(*pair, "--output", "issued")
    certificates = ("-c", "issued/signing.pem", "-c", "issued/encryption.pem")
    run("token", "import-enckey", uri("user"), *PIN, "-d", "issued/encryption-key.der", *certificates)
    run("cms", "sign", "--key", uri("user"), *PIN, "--output", "contract.p7m", "contract.txt")
    run("cms", "verify", "--anchor", "ca.pem", "--output", "out", "contract.p7m")
    run("crl", "new", *key, "--revoke-certificate", "issued/encryption.pem", "--output", "ca.crl")
    assert len(load_crl(Path("ca.crl").read_bytes())) == 1
    run("ocsp", "request", "--issuer", "ca.pem", "--output", "req.der", "issued/signing.pem")
    run("ocsp", "respond", "--issuer", "ca.pem", "--key", uri("ca"), *PIN, "--crl", "ca.crl", "-o", "r.der", "req.der")
    run("ocsp", "verify", "--issuer", "ca.pem", "--response", "r.der", "--request", "req.der", "issued/signing.pem")
    run("tsa", "request", "--output", "req.tsq", "contract.txt")
    policy = ("--serials", "tsa.serials", "--create-serials", "--policy", "1.2.156.99999.1")
    run("tsa", "reply", "--key", uri("tsa"), *PIN, "--certificate", "tsa.pem", *policy, "-o", "resp.tsr", "req.tsq")
    stamp = answer("tsa", "verify", "--anchor", "ca.pem", "--response", "resp.tsr", "contract.txt")
    assert stamp["ok"] is True


def test_seal_made_by_a_key_in_a_token(run: Run, uri: Uri) -> None:
    Path("seal.png").write_bytes(samples.png())
    run(
        *(
            "seal",
            "make",
            "--id",
            "31010000000009",
            "--name",
            "示例市社会保障局",
            "--picture",
            "seal.png",
            "--width",
            "42",
        ),
        *("--signer", "signing.pem", "--until", "2027-12-31", "--key", uri("con1"), *PIN),
        *("--certificate", "signing.pem", "--output", "my.esl"),
    )
    assert "31010000000009" in run("seal", "show", "my.esl").output


def test_sm2_of_single_files(run: Run, uri: Uri) -> None:
    Path("signing.pub").write_bytes(_certificate("signing.pem").public_key.to_pem())
    for encoding in ("der", "raw"):
        run("sm2", "sign", "--key", uri("con1"), *PIN, "--encoding", encoding, "-o", f"{encoding}.sig", "contract.txt")
        run("sm2", "verify", "--key", "signing.pub", "--signature", f"{encoding}.sig", "contract.txt")
    run("sm2", "sign", "--key", uri("con1"), *PIN, "--deterministic", "contract.txt", exit_code=2)
    Path("encryption.pub").write_bytes(_certificate("encryption.pem").public_key.to_pem())
    for form in ("der", "c1c3c2", "c1c3c2-bare", "c1c3c2-compressed"):
        run("sm2", "encrypt", "--key", "encryption.pub", "--format", form, "-o", f"{form}.sm2", "contract.txt")
        run("sm2", "decrypt", "--key", uri("con1"), *PIN, "-o", f"{form}.out", f"{form}.sm2")
        assert Path(f"{form}.out").read_bytes() == Path("contract.txt").read_bytes()
    Path("changed.sm2").write_bytes(Path("c1c3c2.sm2").read_bytes()[:-1] + b"x")
    run("sm2", "decrypt", "--key", uri("con1"), *PIN, "-o", "x", "changed.sm2", exit_code=1)
    assert not Path("x").exists()


# ---- what does not go -------------------------------------------------------------------
@pytest.mark.parametrize(
    "command",
    [
        ("csr", "new", "--subject", "CN=x"),
        ("cms", "sign", "contract.txt"),
        ("cms", "decrypt", "contract.enc"),
        ("pdf", "sign", "--output", "x.pdf", "a.pdf"),
    ],
    ids=lambda command: "-".join(command[:2]),
)
@pytest.mark.parametrize(
    ("key", "error"),
    [
        (f"{PLACE};con=nothing", "TokenNotFoundError"),
        ("soft:dev=nothing;app=A;con=B", "TokenNotFoundError"),
        ("soft:con=", "InvalidInputError"),
        ("skf:lib=/none/libskf.so;app=A;con=B", "DriverError"),
    ],
    ids=["container", "device", "uri", "driver"],
)
def test_keys_that_are_not_there(answer: Answer, command: tuple[str, ...], key: str, error: str) -> None:
    Path("a.pdf").write_bytes(documents.single_page())
    Path("contract.enc").write_bytes(b"0")
    output = () if "--output" in command else ("--output", "out")
    found = answer(*command, "--key", key, *PIN, *output, exit_code=1)
    assert found["error"]["type"] == error


def test_one_wrong_pin_is_one_try(run: Run, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WRONG_PIN", "00000000")
    for name in ("a", "b"):
        Path(f"{name}.pdf").write_bytes(documents.single_page())
    sign = ("pdf", "sign", "--key", CONTAINER, "--pin-env", "WRONG_PIN", "--jobs", "2")
    error = answer(*sign, "--output-dir", "out", "a.pdf", "b.pdf", exit_code=1)["error"]
    assert error["type"] == "PinIncorrectError"
    # Told before any process was begun, each of which would have spent one.
    assert "tries left: 9" in error["message"]


def test_the_pair_for_the_purpose_is_taken(run: Run, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    other = f"{CONTAINER};usage=encryption"
    # Said before a PIN is tried: this one is wrong, and no try is spent.
    monkeypatch.setenv("WRONG_PIN", "00000000")
    for command in (("cms", "sign", "contract.txt", "-o", "x", "--key"), ("token", "csr", "--subject", "CN=x")):
        wrong = run(*command, other, "--pin-env", "WRONG_PIN", exit_code=2)
        assert "usage=encryption" in wrong.stderr
    assert answer("token", "pin", "info", PLACE)["pins"][0]["tries_left"] == 10
    run("csr", "new", "--key", f"{CONTAINER};usage=signing", *PIN, "--subject", "CN=x")
    run("token", "gen-key", f"{PLACE};con=bare", *PIN)
    bare = answer("cms", "decrypt", "--key", f"{PLACE};con=bare", *PIN, "contract.txt", "-o", "x", exit_code=1)
    assert bare["error"]["type"] == "TokenNotFoundError"
    # A pair without a certificate, in the token or given, signs no message.
    alone = answer("cms", "sign", "--key", f"{PLACE};con=bare", *PIN, "contract.txt", "-o", "x", exit_code=1)
    assert alone["error"]["type"] == "KeyMismatchError"


def test_what_needs_the_number_itself_says_so(run: Run) -> None:
    Path("delivery").write_bytes(b"")
    run("cert", "pair", "open", "--key", CONTAINER, "--output", "x", "pair/encryption-key.der", exit_code=2)
    run("p12", "create", "--key", CONTAINER, "--certificate", "signing.pem", "--output", "x.p12", exit_code=2)


def test_files_may_be_called_like_tokens(run: Run) -> None:
    key = SM2PrivateKey.generate()
    Path("soft:key").write_bytes(key.to_pem())
    run("csr", "new", "--key", "./soft:key", "--subject", "CN=x", "--output", "req.pem")
    assert load_request(Path("req.pem").read_bytes()).public_key == key.public_key


def _certificate(name: str) -> Any:
    return load_certificate(Path(name).read_bytes())
