"""``gmpki ocsp``."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from gmpki import oids
from gmpki.asn1.rfc5280 import GeneralName
from gmpki.asn1.rfc5280.ext_crl import ReasonCode
from gmpki.asn1.rfc5280.ext_points import AccessDescription, AuthorityInfoAccess
from gmpki.ocsp.request import OCSPRequest
from gmpki.ocsp.response import OCSPResponse
from gmpki.x509.crl_builder import CRLBuilder, Revocation
from gmpki.x509.names import build_name
from ocsp.scene import DAY, NO_CHECK, ROOT, SIGNING, USAGE, certify, key, scene

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]


def now() -> datetime:
    return datetime.now(timezone.utc).replace(microsecond=0)


@pytest.fixture
def files(run: Run) -> None:
    """Write an authority, two certificates of which one is revoked, a delegated responder and a list."""
    made = scene()
    start = now() - DAY
    end = start + 100 * DAY
    authority = certify(ROOT, made.ca_key.public_key, ROOT, made.ca_key, not_before=start, not_after=end)
    for name, number in (("user", 0x77), ("lost", 0x78)):
        public_key = key("sm2", name).public_key
        issued = certify(ROOT, public_key, ROOT, made.ca_key, serial_number=number, not_before=start, not_after=end)
        Path(f"{name}.pem").write_bytes(issued.to_pem())
    responder = made.delegated(SIGNING, USAGE, NO_CHECK, not_before=start, not_after=end)
    Path("ca.pem").write_bytes(authority.to_pem())
    Path("ca.key").write_bytes(made.ca_key.to_pem())
    Path("ocsp.pem").write_bytes(responder.to_pem())
    Path("ocsp.key").write_bytes(made.responder_key.to_pem())
    write_list("ca.crl")


def write_list(path: str, *, signer: Any = None, issuer: Any = ROOT, user_id: bytes | None = None) -> None:
    entries = [Revocation(0x78, now() - timedelta(hours=1), ReasonCode.KEY_COMPROMISE)]
    builder = CRLBuilder(issuer=issuer, this_update=now(), next_update=now() + DAY, number=5, entries=entries)
    Path(path).write_bytes(builder.sign(signer or scene().ca_key, user_id=user_id).to_pem())


def ask(run: Run, *certificates: str, options: tuple[str, ...] = ()) -> None:
    run("ocsp", "request", "--issuer", "ca.pem", "--output", "req.der", "--force", *options, *certificates)


def respond(run: Run, *options: str, exit_code: int = 0) -> Result:
    options = options or ("--key", "ca.key")
    fixed = ("--issuer", "ca.pem", "--crl", "ca.crl", "--output", "resp.der", "--force", "req.der")
    return run("ocsp", "respond", *options, *fixed, exit_code=exit_code)


VERIFY = ("ocsp", "verify", "--issuer", "ca.pem", "--response", "resp.der", "--request", "req.der")


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("hash_name", ["sm3", "sha1", "sha256"])
@pytest.mark.parametrize("delegated", [False, True])
def test_ask_answer_verify(run: Run, answer: Answer, hash_name: str, delegated: bool) -> None:
    ask(run, "user.pem", "lost.pem", options=("--hash", hash_name))
    respond(run, *(("--certificate", "ocsp.pem", "--key", "ocsp.key") if delegated else ("--key", "ca.key")))
    result = run(*VERIFY, "user.pem")
    assert "状态 status: good" in result.stdout
    good = answer(*VERIFY, "user.pem")
    assert (good["status"], good["serial_number"]) == ("good", "77")
    lost = answer(*VERIFY, "lost.pem", exit_code=1)
    assert lost["error"]["type"] == "RevokedError"
    assert (lost["status"], lost["reason"]) == ("revoked", "keyCompromise")
    result = run(*VERIFY, "lost.pem", exit_code=1)
    assert "证书已撤销 RevokedError" in result.stderr


@pytest.mark.usefixtures("files")
def test_show(run: Run, answer: Answer) -> None:
    ask(run, "user.pem", options=("--nonce-hex", "00ff"))
    respond(run)
    shown = answer("ocsp", "show", "req.der")
    assert shown["kind"] == "request"
    assert shown["nonce"] == "00ff"
    assert [question["serial_number"] for question in shown["questions"]] == ["77"]
    shown = answer("ocsp", "show", "resp.der")
    assert (shown["kind"], shown["status"], shown["nonce"]) == ("response", "successful", "00ff")
    assert shown["answers"][0]["status"] == "good"
    assert "示例根" in shown["responder_name"]
    text = run("ocsp", "show", "resp.der").stdout
    assert "序列号 serial number: 77" in text
    assert "id-pkix-ocsp-nonce" in text
    assert run("ocsp", "show", stdin=Path("req.der").read_bytes()).stdout == run("ocsp", "show", "req.der").stdout


@pytest.mark.parametrize("data", [b"", b"text", b"\x30\x05", b"-----BEGIN CERTIFICATE-----\n"])
@pytest.mark.parametrize("options", [(), ("--lenient",)])
def test_show_what_is_neither(answer: Answer, options: tuple[str, ...], data: bytes) -> None:
    Path("file").write_bytes(data)
    error = answer("ocsp", "show", *options, "file", exit_code=1)["error"]
    assert error == {"type": "InvalidInputError", "message": "file: expected an OCSP request or response in DER"}


@pytest.mark.usefixtures("files")
def test_show_what_departs_from_der(run: Run, answer: Answer) -> None:
    ask(run, "user.pem")
    encoded = Path("req.der").read_bytes()
    assert encoded[1] == 0x81
    Path("ber.der").write_bytes(b"\x30\x82\x00" + encoded[2:])
    error = answer("ocsp", "show", "ber.der", exit_code=1)["error"]
    assert "--lenient may read it" in error["message"]
    assert answer("ocsp", "show", "--lenient", "ber.der")["questions"]


@pytest.mark.usefixtures("files")
def test_serial_numbers_are_written_as_elsewhere(run: Run, answer: Answer) -> None:
    ask(run, options=("--serial", "0xabc"))
    respond(run)
    for name, group in (("req.der", "questions"), ("resp.der", "answers")):
        assert answer("ocsp", "show", name)[group][0]["serial_number"] == "0ABC"


@pytest.mark.usefixtures("files")
def test_show_certificates_that_came_along(run: Run, answer: Answer) -> None:
    ask(run, "user.pem")
    respond(run, "--certificate", "ocsp.pem", "--key", "ocsp.key", "--by-key")
    shown = answer("ocsp", "show", "resp.der")
    assert [each["subject"] for each in shown["certificates"]] == ["CN=OCSP"]
    assert len(shown["responder_key_hash"]) == 40


@pytest.mark.usefixtures("files")
def test_requests(run: Run, answer: Answer) -> None:
    ask(run, options=("--serial", "77", "--serial", "00:ff", "--no-nonce"))
    made = OCSPRequest.from_der(Path("req.der").read_bytes())
    assert [identifier.serial_number for identifier in made.cert_ids] == [0x77, 0xFF]
    assert made.nonce is None
    fields = answer("ocsp", "request", "--issuer", "ca.pem", "--output", "other.der", "user.pem")
    assert len(fields["nonce"]) == 64
    assert fields["questions"][0]["hash"] == "sm3"


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    "arguments",
    [
        ("request", "--issuer", "ca.pem"),
        ("request", "--issuer", "ca.pem", "--serial", "xyz"),
        ("request", "--issuer", "ca.pem", "--no-nonce", "--nonce-hex", "00", "user.pem"),
        ("request", "--issuer", "ca.pem", "--nonce-hex", "0", "user.pem"),
        ("request", "user.pem"),
        ("verify", "--issuer", "ca.pem", "user.pem"),
        ("verify", "--issuer", "ca.pem", "--response", "ca.pem", "--fetch", "user.pem"),
        ("verify", "--issuer", "ca.pem", "--fetch", "--request", "ca.pem", "user.pem"),
        ("verify", "--issuer", "ca.pem", "--response", "ca.pem", "--at", "yesterday", "user.pem"),
        ("verify", "--issuer", "ca.pem", "--response", "ca.pem", "--at", "2026-W09-7", "user.pem"),
        ("verify", "--issuer", "ca.pem", "--response", "ca.pem", "--at", "0001-01-01T00:00+14:00", "user.pem"),
        ("request", "--issuer", "ca.pem", "--serial", "1_0"),
        ("respond", "--issuer", "ca.pem", "--key", "ca.key"),
    ],
)
def test_usage(run: Run, arguments: tuple[str, ...]) -> None:
    output = () if arguments[0] == "verify" else ("--output", "out.der")
    run("ocsp", *arguments, *output, exit_code=2)
    assert not Path("out.der").exists()


@pytest.mark.usefixtures("files")
def test_answers_that_are_refused(run: Run, answer: Answer) -> None:
    ask(run, "user.pem")
    respond(run)
    answer(*VERIFY, "user.pem")
    later = (now() + 3 * DAY).isoformat()
    assert answer(*VERIFY, "--at", later, "user.pem", exit_code=1)["error"]["type"] == "ValidationError"
    assert answer(*VERIFY, "--at", "2020-01-01", "user.pem", exit_code=1)["error"]["type"] == "ValidationError"
    data = bytearray(Path("resp.der").read_bytes())
    data[-1] ^= 1
    Path("resp.der").write_bytes(data)
    assert "signature" in answer(*VERIFY, "user.pem", exit_code=1)["error"]["message"]
    respond(run)
    ask(run, "user.pem")  # another nonce
    assert "nonce" in answer(*VERIFY, "user.pem", exit_code=1)["error"]["message"]
    assert "nonce" in answer(*VERIFY, "--no-nonce", "user.pem", exit_code=1)["error"]["message"]


@pytest.mark.usefixtures("files")
def test_responder_that_may_be_revoked_itself(run: Run, answer: Answer) -> None:
    made = scene()
    start = now() - DAY
    responder = made.delegated(SIGNING, USAGE, not_before=start, not_after=start + 9 * DAY)
    Path("ocsp.pem").write_bytes(responder.to_pem())
    ask(run, "user.pem")
    respond(run, "--certificate", "ocsp.pem", "--key", "ocsp.key")
    assert "nocheck" in answer(*VERIFY, "user.pem", exit_code=1)["error"]["message"]
    assert answer(*VERIFY, "--responder-unchecked", "user.pem")["status"] == "good"


@pytest.mark.usefixtures("files")
def test_empty_user_id(run: Run, answer: Answer) -> None:
    ask(run, "user.pem")
    respond(run, "--key", "ca.key", "--empty-user-id")
    answer(*VERIFY, "user.pem", exit_code=1)
    assert answer(*VERIFY, "--empty-user-id", "user.pem")["status"] == "good"
    write_list("ca.crl", user_id=b"")
    respond(run, exit_code=1)
    respond(run, "--key", "ca.key", "--empty-user-id")


@pytest.mark.usefixtures("files")
def test_lists_of_somebody_else(run: Run) -> None:
    ask(run, "user.pem")
    write_list("ca.crl", signer=key("sm2", "stranger"))
    assert "InvalidSignature" in respond(run, exit_code=1).stderr
    write_list("ca.crl", issuer=build_name(("CN", "else")))
    assert "is the list of CN=else" in respond(run, exit_code=1).stderr


@pytest.mark.usefixtures("files")
def test_requests_that_are_not_answered(run: Run, answer: Answer) -> None:
    Path("req.der").write_bytes(b"no request")
    result = respond(run, exit_code=1)
    assert "malformedRequest" in result.stderr
    assert OCSPResponse.from_der(Path("resp.der").read_bytes()).status.name == "MALFORMED_REQUEST"
    assert "malformedRequest" in run("ocsp", "show", "resp.der").stdout
    failed = answer("ocsp", "verify", "--issuer", "ca.pem", "--response", "resp.der", "user.pem", exit_code=1)
    assert failed["error"]["type"] == "ResponderError"
    for data in (b"\x30\x00", b"\x30\x03\x0a\x01\x63"):
        Path("bad.der").write_bytes(data)
        assert answer("ocsp", "show", "bad.der", exit_code=1)["error"]["type"] == "DecodeError"


@pytest.mark.usefixtures("files")
def test_a_key_of_somebody_else(run: Run) -> None:
    ask(run, "user.pem")
    assert "KeyMismatchError" in respond(run, "--key", "ocsp.key", exit_code=1).stderr
    assert "InvalidInputError" in respond(run, "--key", "ca.key", "--certificate", "user.pem", exit_code=1).stderr


@pytest.mark.usefixtures("files")
def test_fetch(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask a responder; the network is in the tests of gmpki.fetch."""
    fetch = pytest.importorskip("gmpki.fetch", reason="peer program: httpcore is not installed")
    from gmpki.ocsp.responder import CRLStatusSource, OCSPResponder
    from gmpki.x509.certificate import load_certificate
    from gmpki.x509.crl import load_crl

    made = scene()
    issuer = load_certificate(Path("ca.pem").read_bytes())
    responder = OCSPResponder(issuer, made.ca_key, CRLStatusSource(load_crl(Path("ca.crl").read_bytes())))
    asked: list[str] = []

    def post(_self: object, url: str, request: bytes) -> bytes:
        asked.append(url)
        return responder.answer(request)

    monkeypatch.setattr(fetch.Fetcher, "ocsp", post)
    access = AuthorityInfoAccess((AccessDescription(oids.AD_OCSP, GeneralName.uri("http://ocsp.example.cn/")),))
    public_key = key("sm2", "user").public_key
    leaf = certify(ROOT, public_key, ROOT, made.ca_key, access, serial_number=0x77)
    Path("leaf.pem").write_bytes(leaf.to_pem())
    assert answer("ocsp", "verify", "--issuer", "ca.pem", "--fetch", "leaf.pem")["status"] == "good"
    url = ("--url", "http://other.example.cn")
    assert answer("ocsp", "verify", "--issuer", "ca.pem", *url, "lost.pem", exit_code=1)["status"] == "revoked"
    assert asked == ["http://ocsp.example.cn/", "http://other.example.cn"]
    unknown = answer("ocsp", "verify", "--issuer", "ca.pem", "--fetch", "user.pem", exit_code=1)
    assert unknown["error"]["type"] == "RevocationUnknownError"
    assert unknown["status"] == "unknown"


@pytest.mark.usefixtures("files")
def test_json_needs_a_file_for_the_result(run: Run) -> None:
    result = run("ocsp", "request", "--issuer", "ca.pem", "--json", "user.pem", exit_code=2)
    assert json.loads(result.stdout)["error"]["type"] == "UsageError"
