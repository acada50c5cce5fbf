"""``openssl ocsp``, both ways: RSA, P-256, and SM2 with the empty user id, the only one that OpenSSL 3.0 verifies."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from gmpki.asn1.rfc5280.ext_crl import ReasonCode
from gmpki.asn1.rfc6960 import CertStatus
from gmpki.ocsp.cert_ids import cert_id
from gmpki.ocsp.request import OCSPRequest
from gmpki.ocsp.request_builder import OCSPRequestBuilder
from gmpki.ocsp.responder import KnownStatus, OCSPResponder
from gmpki.ocsp.response import OCSPResponse
from gmpki.ocsp.verify import check_response
from gmpki.x509.revocation import RevocationContext, RevocationStatus
from gmpki.x509.signatures import SignaturePolicy
from ocsp.scene import ALGORITHMS, DAY, Scene, scene

OPENSSL = shutil.which("openssl")
EMPTY_ID = SignaturePolicy(user_ids=(b"",))


def openssl(*arguments: str, exit_code: int | None = 0) -> str:
    assert OPENSSL is not None
    run = subprocess.run([OPENSSL, *arguments], capture_output=True, timeout=60, check=False)
    text = (run.stdout + run.stderr).decode(errors="replace")
    assert exit_code is None or run.returncode == exit_code, text
    return text


if OPENSSL is None or not openssl("version", exit_code=None).startswith("OpenSSL 3"):
    pytest.skip("peer program: OpenSSL 3 not found", allow_module_level=True)


@pytest.fixture(params=ALGORITHMS)
def made(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """Give a scene whose certificates and keys stand in files of the current directory."""
    monkeypatch.chdir(tmp_path)
    user_id = b"" if request.param == "sm2" else None
    found = scene(request.param, user_id)
    for name in ("ca", "leaf", "responder"):
        Path(f"{name}.pem").write_bytes(getattr(found, name).to_pem())
    Path("ca.key").write_bytes(found.ca_key.to_pem())
    Path("responder.key").write_bytes(found.responder_key.to_pem())
    return found


def hash_option(hash_name: str) -> tuple[str, ...]:
    # It stands in front of the certificate it is for.
    return (f"-{hash_name}",)


class Table:
    def __init__(self, status: CertStatus) -> None:
        self.known = KnownStatus(status)

    def status(self, serial_number: int) -> KnownStatus | None:
        return self.known if serial_number == 0x77 else None


def respond(made: Scene, status: CertStatus, request: bytes, *, delegated: bool) -> bytes:
    responder = OCSPResponder(
        made.ca,
        made.responder_key if delegated else made.ca_key,
        Table(status),
        certificate=made.responder if delegated else None,
        user_id=b"" if made.algorithm == "sm2" else None,
    )
    return responder.answer(request)


@pytest.mark.parametrize("hash_name", ["sm3", "sha1", "sha256"])
def test_they_read_our_request(made: Scene, hash_name: str) -> None:
    ours = OCSPRequestBuilder().add(made.leaf, made.ca, hash_name).nonce(bytes(range(32))).build()
    Path("req.der").write_bytes(ours.to_der())
    text = openssl("ocsp", "-reqin", "req.der", "-req_text")
    assert f"Hash Algorithm: {hash_name}" in text
    assert ours.cert_ids[0].issuer_name_hash.hex().upper() in text
    assert ours.cert_ids[0].issuer_key_hash.hex().upper() in text
    assert "Serial Number: 77" in text
    assert "0420" + bytes(range(8)).hex().upper() in text  # the nonce, as far as its line goes


@pytest.mark.parametrize("hash_name", ["sm3", "sha1", "sha256"])
def test_we_read_their_request(made: Scene, hash_name: str) -> None:
    certificate = (*hash_option(hash_name), "-issuer", "ca.pem", "-cert", "leaf.pem")
    openssl("ocsp", *certificate, *hash_option(hash_name), "-serial", "0x99", "-reqout", "req.der")
    theirs = OCSPRequest.from_der(Path("req.der").read_bytes())
    assert theirs.cert_ids == (made.identifier(hash_name), cert_id(0x99, made.ca, hash_name))
    assert len(theirs.nonce or b"") >= 16


@pytest.mark.parametrize("delegated", [False, True])
@pytest.mark.parametrize("status", ["good", "revoked", "unknown"])
@pytest.mark.parametrize("hash_name", ["sm3", "sha1"])
def test_they_verify_our_response(made: Scene, delegated: bool, status: str, hash_name: str) -> None:
    certificate = (*hash_option(hash_name), "-issuer", "ca.pem", "-cert", "leaf.pem")
    openssl("ocsp", *certificate, "-reqout", "req.der")
    statuses = {
        "good": CertStatus.good(),
        "revoked": CertStatus.revoked(datetime(2026, 1, 2, tzinfo=timezone.utc), ReasonCode.KEY_COMPROMISE),
        "unknown": CertStatus.unknown(),
    }
    request = Path("req.der").read_bytes()
    response = respond(made, statuses[status], request, delegated=delegated)
    Path("resp.der").write_bytes(response)
    # The nonce of the request that was written; without the option another one would be made now.
    verify = ("ocsp", "-reqin", "req.der", "-no_nonce", *certificate, "-respin", "resp.der", "-CAfile", "ca.pem")
    text = openssl(*verify)
    assert "Response verify OK" in text
    assert re.search(rf"leaf\.pem: {status}$", text, re.MULTILINE), text
    assert ("keyCompromise" in text) is (status == "revoked")
    broken = bytearray(response)
    at = response.index(OCSPResponse.from_der(response).signature) + 20
    broken[at] ^= 1
    Path("resp.der").write_bytes(broken)
    assert "Response verify OK" not in openssl(*verify, exit_code=None)


def index(status: str) -> None:
    """Write the table that ``openssl ocsp`` answers from."""
    until = (datetime.now(timezone.utc) + 30 * DAY).strftime("%y%m%d%H%M%SZ")
    lines = {"good": f"V\t{until}\t\t77", "revoked": f"R\t{until}\t260102000000Z,keyCompromise\t77", "unknown": ""}
    Path("index.txt").write_text(f"{lines[status]}\tunknown\t/CN=x\n" if lines[status] else "", encoding="ascii")


@pytest.mark.parametrize("delegated", [False, True])
@pytest.mark.parametrize("by_key", [False, True])
@pytest.mark.parametrize("status", ["good", "revoked", "unknown"])
@pytest.mark.parametrize("hash_name", ["sm3", "sha1"])
def test_we_verify_their_response(made: Scene, delegated: bool, by_key: bool, status: str, hash_name: str) -> None:
    index(status)
    request = OCSPRequestBuilder().add(made.leaf, made.ca, hash_name).nonce().build()
    Path("req.der").write_bytes(request.to_der())
    signer = "responder" if delegated else "ca"
    digest = "sm3" if made.algorithm == "sm2" else "sha256"
    table = ("-index", "index.txt", "-CA", "ca.pem", "-rsigner", f"{signer}.pem", "-rkey", f"{signer}.key")
    options = ("-rmd", digest, "-ndays", "1", *(("-resp_key_id",) if by_key else ()))
    openssl("ocsp", *table, *options, "-reqin", "req.der", "-respout", "resp.der")
    response = OCSPResponse.from_der(Path("resp.der").read_bytes())
    now = datetime.now(timezone.utc).replace(microsecond=0)
    context = RevocationContext(now, EMPTY_ID if made.algorithm == "sm2" else SignaturePolicy())
    result = check_response(response, made.leaf, made.ca, context, nonce=request.nonce)
    assert result.status is RevocationStatus(status)
    assert result.next_update is not None
    assert timedelta(hours=23) < result.next_update - now < timedelta(hours=25)
    if status == "revoked":
        assert (result.revoked_at, result.reason) == (
            datetime(2026, 1, 2, tzinfo=timezone.utc),
            ReasonCode.KEY_COMPROMISE,
        )
