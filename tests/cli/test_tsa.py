"""``gmpki tsa``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from gmpki.cms.certificates import write_bundle
from gmpki.cms.encrypted import encrypt_with_key
from gmpki.cms.signed import SignedMessage
from gmpki.cms.signer_spec import SignerSpec
from gmpki.cms.signing import sign
from gmpki.tsa.imprint import Imprint
from gmpki.tsa.request import TimestampRequest
from gmpki.tsa.response import TimestampResponse
from gmpki.tsa.token import TimestampToken
from gmpki.x509.crl_builder import CRLBuilder, Revocation
from tsa.scene import ALGORITHMS, DATA, DAY, POLICY, ROOT, SIGNING, STAMPING, certify, key, scene

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]


def now() -> datetime:
    return datetime.now(timezone.utc).replace(microsecond=0)


def write_files(algorithm: str) -> None:
    """Write an authority of today: certificates, key, revocation lists, data."""
    made = scene(algorithm)
    start, end = now() - DAY, now() + 100 * DAY
    tsa = made.another(SIGNING, STAMPING, serial_number=8, not_before=start, not_after=end)
    root = certify(ROOT, made.ca_key.public_key, ROOT, made.ca_key, not_before=start - DAY, not_after=end + DAY)
    Path("root.pem").write_bytes(root.to_pem())
    Path("tsa.pem").write_bytes(tsa.to_pem())
    Path("tsa.key").write_bytes(made.tsa_key.to_pem())
    Path("data").write_bytes(DATA)
    for name, entries in (("good.crl", []), ("bad.crl", [Revocation(8, now() - timedelta(hours=1))])):
        builder = CRLBuilder(issuer=ROOT, this_update=now(), next_update=now() + DAY, number=1, entries=entries)
        Path(name).write_bytes(builder.sign(made.ca_key).to_pem())


@pytest.fixture(params=ALGORITHMS)
def files(run: Run, request: pytest.FixtureRequest) -> str:
    write_files(request.param)
    return str(request.param)


@pytest.fixture
def sm2_files(run: Run) -> None:
    write_files("sm2")


REPLY = ("tsa", "reply", "--key", "tsa.key", "--certificate", "tsa.pem", "--serials", "serials", "--policy", POLICY)
VERIFY = ("tsa", "verify", "--anchor", "root.pem", "--response", "resp.tsr")


def stamped(run: Run, *options: str, reply: tuple[str, ...] = ("--create-serials",)) -> None:
    run("tsa", "request", "--output", "req.tsq", "--force", *options, "data")
    run(*REPLY, *reply, "--output", "resp.tsr", "--force", "req.tsq")


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("hash_name", ["sm3", "sha256"])
def test_ask_stamp_verify(run: Run, answer: Answer, hash_name: str) -> None:
    stamped(run, "--hash", hash_name, reply=("--create-serials", "--accuracy", "1.5", "--digits", "3"))
    found = answer(*VERIFY, "data")
    assert (found["valid"], found["policy"], found["accuracy_s"], found["hash"]) == (True, POLICY, 1.5, hash_name)
    assert "示例时间戳" in found["authority"]
    assert "示例根" in found["chain"]
    assert answer(*VERIFY, "--request", "req.tsq")["time"] == found["time"]
    digest = Imprint.of(DATA, hash_name).digest.hex()
    assert answer(*VERIFY, "--hash", hash_name, "--digest", digest)["time"] == found["time"]
    text = run(*VERIFY, "data").stdout
    assert f"时间戳有效  time-stamp valid  {found['time']}" in text
    assert "证书链 chain: " in text


def test_the_form_of_the_token(run: Run, files: str, answer: Answer) -> None:
    stamped(run)
    assert answer("tsa", "show", "resp.tsr")["form"] == {"sm2": "gmt0010", "rsa": "rfc5652"}[files]
    stamped(run, reply=("--form", "rfc5652"))
    assert answer("tsa", "show", "resp.tsr")["form"] == "rfc5652"
    assert answer(*VERIFY, "data")["valid"]


@pytest.mark.usefixtures("sm2_files")
def test_serial_numbers_go_on(run: Run, answer: Answer) -> None:
    stamped(run)
    first = answer("tsa", "show", "resp.tsr")["serial_number"]
    stamped(run, reply=())
    assert int(answer("tsa", "show", "resp.tsr")["serial_number"], 16) > int(first, 16)
    Path("serials").unlink()
    error = answer(*REPLY, "--output", "new.tsr", "req.tsq", exit_code=1)["error"]
    assert error["type"] == "FileNotFoundError"
    assert not Path("new.tsr").exists()


@pytest.mark.usefixtures("sm2_files")
def test_revocation(run: Run, answer: Answer) -> None:
    stamped(run)
    assert answer(*VERIFY, "--crl", "good.crl", "data")["valid"]
    refused = answer(*VERIFY, "--crl", "bad.crl", "data", exit_code=1)
    assert (refused["valid"], refused["error"]["type"]) == (False, "RevokedError")


@pytest.mark.usefixtures("sm2_files")
def test_what_is_refused(run: Run, answer: Answer) -> None:
    stamped(run)
    Path("other").write_bytes(DATA + b"!")
    cases = [
        (("other",), "imprint"),
        (("--policy", "1.2.3", "data"), "policy"),
        (("--max-accuracy", "1", "data"), "accuracy"),
        (("--at", "2020-01-01T00:00:00Z", "data"), "future"),
    ]
    for options, reason in cases:
        refused = answer(*VERIFY, *options, exit_code=1)
        assert refused["reason"] == refused["error"]["reason"] == reason
    assert "时间戳无效 TimestampError: the time-stamp is over other data" in run(*VERIFY, "other", exit_code=1).stderr
    run("tsa", "request", "--output", "again.tsq", "data")
    assert answer(*VERIFY, "--request", "again.tsq", exit_code=1)["reason"] == "nonce"
    stranger = certify(ROOT, key("sm2", "stranger").public_key, ROOT, key("sm2", "stranger"))
    Path("stranger.pem").write_bytes(stranger.to_pem())
    untrusted = ("tsa", "verify", "--anchor", "stranger.pem", "--response", "resp.tsr", "data")
    assert answer(*untrusted, exit_code=1)["error"]["type"] == "ValidationError"


@pytest.mark.usefixtures("sm2_files")
def test_a_refused_request(run: Run, answer: Answer) -> None:
    run("tsa", "request", "--policy", "1.2.3.4", "--output", "req.tsq", "data")
    refused = answer(*REPLY, "--create-serials", "--output", "resp.tsr", "req.tsq", exit_code=1)
    assert (refused["status"], refused["failures"]) == ("rejection", ["unacceptedPolicy"])
    assert refused["error"]["type"] == "TimestampRejected"
    assert not TimestampResponse.from_der(Path("resp.tsr").read_bytes()).is_granted
    assert answer(*VERIFY, "data", exit_code=1)["error"]["type"] == "TimestampRejected"
    assert "失败原因 failures: unacceptedPolicy" in run("tsa", "show", "resp.tsr").stdout


@pytest.mark.usefixtures("sm2_files")
def test_a_token_alone(run: Run, answer: Answer) -> None:
    stamped(run)
    run(*VERIFY, "--token-output", "token", "data")
    token = Path("token").read_bytes()
    assert token == TimestampResponse.from_der(Path("resp.tsr").read_bytes()).token.to_der()
    by_token = ("tsa", "verify", "--anchor", "root.pem", "--response", "token")
    assert answer(*by_token, "data")["valid"]
    assert answer(*by_token, "--request", "req.tsq")["valid"]
    assert answer("tsa", "show", "token")["kind"] == "token"
    run(*VERIFY, "--token-output", "token", "data", exit_code=1)
    only = answer("tsa", "verify", "--signature-only", "--response", "token", "data")
    assert only["chain"] == "not checked"
    run(*VERIFY, "--token-output", "never", "root.pem", exit_code=1)
    assert not Path("never").exists()


@pytest.mark.usefixtures("sm2_files")
def test_without_certificates(run: Run, answer: Answer) -> None:
    stamped(run, "--no-cert", "--no-nonce")
    assert TimestampToken.from_der(_token()).certificates == ()
    assert answer(*VERIFY, "data", exit_code=1)["reason"] == "signer-missing"
    assert answer(*VERIFY, "--intermediate", "tsa.pem", "data")["valid"]


def _token() -> bytes:
    return TimestampResponse.from_der(Path("resp.tsr").read_bytes()).token.to_der()


@pytest.mark.usefixtures("sm2_files")
def test_show(run: Run, answer: Answer) -> None:
    stamped(run)
    shown = answer("tsa", "show", "req.tsq")
    request = TimestampRequest.from_der(Path("req.tsq").read_bytes())
    assert (shown["kind"], shown["certificate_wanted"], shown["policy"]) == ("request", True, None)
    assert int(shown["nonce"], 16) == request.nonce
    shown = answer("tsa", "show", "resp.tsr")
    assert (shown["kind"], shown["status"]) == ("response", "granted")
    assert shown["certificates"][0]["serial_number"] == "08"
    text = run("tsa", "show", "resp.tsr").stdout
    assert "状态 status: granted" in text
    assert "摘要 imprint: " in text
    assert "时间戳机构 authority: C=CN, O=示例时间戳服务中心, CN=示例时间戳" in text
    assert "保证次序 ordering: false" in text
    assert run("tsa", "show", stdin=Path("resp.tsr").read_bytes()).stdout == text


@pytest.mark.parametrize("data", [b"", b"text", b"\x30\x05", b"\x30\x00"])
@pytest.mark.parametrize("options", [(), ("--lenient",)])
def test_show_what_is_none(answer: Answer, options: tuple[str, ...], data: bytes) -> None:
    Path("file").write_bytes(data)
    assert answer("tsa", "show", *options, "file", exit_code=1)["error"]["message"]


@pytest.mark.usefixtures("sm2_files")
def test_usage(run: Run) -> None:
    stamped(run)
    for arguments in (
        ("tsa", "request", "--json", "data"),
        ("tsa", "request", "--hash", "sha1", "--output", "x", "data"),
        ("tsa", "verify", "--response", "resp.tsr", "data"),
        ("tsa", "verify", "--anchor", "root.pem", "--signature-only", "--response", "resp.tsr", "data"),
        ("tsa", "verify", "--signature-only", "--crl", "good.crl", "--response", "resp.tsr", "data"),
        VERIFY,
        (*VERIFY, "--digest", "00", "data"),
        (*VERIFY, "--digest", "zz"),
        ("tsa", "reply", "req.tsq"),
    ):
        run(*arguments, exit_code=2)
    run("tsa", "request", "--output", "req.tsq", "data", exit_code=1)


@pytest.mark.usefixtures("sm2_files")
@pytest.mark.parametrize("detached", [False, True])
def test_a_time_stamp_over_a_signature(run: Run, answer: Answer, detached: bool) -> None:
    """What is asked for is what ``gmpki cms sign --timestamp`` puts in, and ``gmpki cms verify`` looks at."""
    made = scene("sm2")
    signer = certify(ROOT, made.tsa_key.public_key, ROOT, made.ca_key, SIGNING, serial_number=77)
    message = sign(DATA, SignerSpec(made.tsa_key, signer), detached=detached)
    Path("message").write_bytes(message)
    assert run("tsa", "request", "--of-signature", "--output", "req.tsq", "message").exit_code == 0
    asked = TimestampRequest.from_der(Path("req.tsq").read_bytes()).imprint
    assert asked.matches(SignedMessage.from_der(message).signers[0].signature)
    assert not asked.matches(message)
    run(*REPLY, "--create-serials", "--output", "resp.tsr", "req.tsq")
    run(*VERIFY, "--request", "req.tsq", "--token-output", "token")
    run("cms", "sign", "--timestamp", "token", "--output", "stamped", "message")
    run("cms", "sign", "--timestamp", "resp.tsr", "--output", "stamped too", "message")
    assert Path("stamped").read_bytes() == Path("stamped too").read_bytes()
    content = ("--content", "data") if detached else ()
    verify = ("cms", "verify", "--anchor", "root.pem", "--tsa-anchor", "root.pem", *content, "stamped")
    assert answer(*verify)["signers"][0]["signed_at"] == answer(*VERIFY, "--request", "req.tsq")["time"]


@pytest.mark.usefixtures("sm2_files")
def test_a_revoked_authority_in_a_message(run: Run, answer: Answer) -> None:
    """A list that says so is not passed over because it was given for the signers."""
    made = scene("sm2")
    signer = certify(ROOT, made.tsa_key.public_key, ROOT, made.ca_key, SIGNING, serial_number=77)
    Path("message").write_bytes(sign(DATA, SignerSpec(made.tsa_key, signer)))
    run("tsa", "request", "--of-signature", "--output", "req.tsq", "message")
    run(*REPLY, "--create-serials", "--output", "resp.tsr", "req.tsq")
    run("cms", "sign", "--timestamp", "resp.tsr", "--output", "stamped", "message")
    verify = ("cms", "verify", "--anchor", "root.pem", "--tsa-anchor", "root.pem", "stamped")
    assert answer(*verify, "--crl", "good.crl")["signers"][0]["signed_at"] is not None
    assert answer(*verify, "--crl", "bad.crl", exit_code=1)["error"]["type"] == "RevokedError"


@pytest.mark.usefixtures("sm2_files")
def test_no_signature_to_stamp(run: Run, answer: Answer) -> None:
    request = ("tsa", "request", "--of-signature", "--output", "req.tsq")
    run(*request, "--digest", "00" * 32, exit_code=2)
    assert answer(*request, "data", exit_code=1)["error"]["type"] in ("DecodeError", "InvalidInputError")
    Path("other").write_bytes(encrypt_with_key(DATA, bytes(16)))
    assert answer(*request, "other", exit_code=1)["error"]["reason"] == "not-signed"
    Path("bundle").write_bytes(write_bundle([scene("sm2").ca]))
    assert answer(*request, "bundle", exit_code=1)["error"]["reason"] == "no-signers"
    assert not Path("req.tsq").exists()


@pytest.mark.usefixtures("sm2_files")
def test_a_digest_of_another_length(answer: Answer) -> None:
    error = answer("tsa", "request", "--digest", "00ff", "--output", "x", exit_code=1)["error"]
    assert error == {"type": "InvalidInputError", "message": "a digest of sm3 has 32 bytes, not 2"}


@pytest.mark.usefixtures("sm2_files")
def test_help_names_examples(run: Run) -> None:
    for verb in ("request", "reply", "verify", "show"):
        assert f"gmpki tsa {verb}" in run("tsa", verb, "--help").stdout


@pytest.mark.usefixtures("sm2_files")
def test_what_usage_errors_are(run: Run, answer: Answer) -> None:
    for policy in ("none", "9.9", ""):
        error = answer("tsa", "request", "--policy", policy, "--output", "req.tsq", "data", exit_code=2)["error"]
        assert error["message"].startswith("--policy: not an object identifier: '")
    run("tsa", "request", "--digest", "00" * 32, "--output", "req.tsq", "data", exit_code=2)
    run("tsa", "request", "--output", "req.tsq", "data")
    run(*REPLY, "--policy", "none", "--create-serials", "--output", "resp.tsr", "req.tsq", exit_code=2)
    error = answer(*REPLY, "--output", "resp.tsr", "req.tsq", exit_code=1)["error"]
    assert error["message"] == "there is no such file; --create-serials makes it: serials"
    stamped(run)
    run(*VERIFY, "--token-output", "-", "--json", "data", exit_code=2)
    out = run(*VERIFY, "--token-output", "-", "data").stdout_bytes
    assert out == TimestampResponse.from_der(Path("resp.tsr").read_bytes()).token.to_der()
