"""``openssl ts`` with an RSA authority over SM3 imprints, both ways.

It has no SM2 authorities: that cell of the table stays empty. ``openssl ts -reply`` prints its failures and returns 0,
so the text is read.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from gmpki.asn1.rfc3161 import FailureInfo, PKIStatus
from gmpki.cms.profiles import MessageProfile
from gmpki.errors import GmpkiError, TimestampError
from gmpki.tsa.imprint import Imprint
from gmpki.tsa.request import TimestampRequest
from gmpki.tsa.response import TimestampResponse
from gmpki.tsa.token import TimestampToken
from gmpki.tsa.verify import TokenVerifier
from tsa.scene import DATA, OTHER_POLICY, POLICY, SECOND, Scene, scene

OPENSSL = shutil.which("openssl")


def openssl(*arguments: str, exit_code: int | None = 0) -> str:
    assert OPENSSL is not None
    run = subprocess.run([OPENSSL, *arguments], capture_output=True, timeout=60, check=False)
    text = (run.stdout + run.stderr).decode(errors="replace")
    assert exit_code is None or run.returncode == exit_code, text
    return text


if OPENSSL is None or not openssl("version", exit_code=None).startswith("OpenSSL 3"):
    pytest.skip("peer program: OpenSSL 3 not found", allow_module_level=True)

HASHES = ("sm3", "sha256", "sha512")
CONFIGURATION = f"""
[tsa]
default_tsa = authority
[authority]
serial = serial
signer_cert = tsa.pem
certs = ca.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = {POLICY}
other_policies = {OTHER_POLICY}
digests = sm3, sha256, sha512
accuracy = secs:1, millisecs:500, microsecs:100
clock_precision_digits = 3
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = ALGORITHM
"""


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """Give the RSA scene, its certificates and keys in files of the current directory."""
    monkeypatch.chdir(tmp_path)
    found = scene("rsa")
    Path("ca.pem").write_bytes(found.ca.to_pem())
    Path("tsa.pem").write_bytes(found.tsa.to_pem())
    Path("tsa.key").write_bytes(found.tsa_key.to_pem())
    Path("data").write_bytes(DATA)
    Path("other").write_bytes(DATA + b"!")
    Path("serial").write_text("01\n")
    configure("sha256")
    return found


def configure(algorithm: str) -> None:
    Path("tsa.cnf").write_text(CONFIGURATION.replace("ALGORITHM", algorithm))


def theirs(*options: str) -> bytes:
    """Let them answer the request in a file."""
    openssl("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "req.tsq", "-out", "resp.tsr", *options)
    return Path("resp.tsr").read_bytes()


def judged(*arguments: str) -> str:
    # The certificates of the scene are of a fixed day.
    return openssl("ts", "-verify", "-CAfile", "ca.pem", "-no_check_time", *arguments, exit_code=None)


# ---- ours, read by them ---------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("hash_name", HASHES)
def test_they_read_our_request(hash_name: str) -> None:
    request = TimestampRequest.of(DATA, hash_name=hash_name, policy=OTHER_POLICY, nonce=0x123456789ABC)
    Path("req.tsq").write_bytes(request.to_der())
    text = openssl("ts", "-query", "-in", "req.tsq", "-text")
    assert f"Hash Algorithm: {hash_name}" in text
    assert f"Policy OID: {OTHER_POLICY}" in text
    assert "Nonce: 0x123456789ABC" in text
    assert "Certificate required: yes" in text


@pytest.mark.parametrize("hash_name", HASHES)
@pytest.mark.parametrize("old", [False, True])
def test_they_verify_our_token(made: Scene, hash_name: str, old: bool) -> None:
    authority = made.authority(accuracy=1.25 * SECOND, ordering=True, fraction_digits=3, old_attribute=old)
    request = TimestampRequest.of(DATA, hash_name=hash_name)
    Path("req.tsq").write_bytes(request.to_der())
    Path("resp.tsr").write_bytes(authority.answer(request.to_der()))
    assert "Verification: OK" in judged("-data", "data", "-in", "resp.tsr")
    assert "Verification: OK" in judged("-queryfile", "req.tsq", "-in", "resp.tsr")
    digest = Imprint.of(DATA, hash_name).digest.hex()
    assert "Verification: OK" in judged("-digest", digest, "-in", "resp.tsr")
    text = openssl("ts", "-reply", "-in", "resp.tsr", "-text")
    assert "Status: Granted." in text
    assert f"Hash Algorithm: {hash_name}" in text
    assert "Mar  1 08:00:00 2026 GMT" in text
    assert "0x01 seconds, 0xFA millis, unspecified micros" in text
    assert "Ordering: yes" in text


def test_they_verify_our_token_without_certificates(made: Scene) -> None:
    Path("token").write_bytes(made.authority().stamp(DATA, certificate=False))
    arguments = ("-data", "data", "-in", "token", "-token_in")
    assert "Verification: FAILED" in judged(*arguments)
    assert "Verification: OK" in judged(*arguments, "-untrusted", "tsa.pem")


def test_they_refuse_what_is_changed(made: Scene) -> None:
    request = TimestampRequest.of(DATA)
    answer = made.authority().answer(request.to_der())
    Path("resp.tsr").write_bytes(answer)
    assert "message imprint mismatch" in judged("-data", "other", "-in", "resp.tsr")
    Path("req.tsq").write_bytes(TimestampRequest.of(DATA).to_der())
    assert "nonce mismatch" in judged("-queryfile", "req.tsq", "-in", "resp.tsr")
    signature = TimestampResponse.from_der(answer).token.signer.signature
    changed = bytearray(answer)
    changed[answer.rindex(signature) + 5] ^= 1
    Path("bad.tsr").write_bytes(changed)
    assert "Verification: FAILED" in judged("-data", "data", "-in", "bad.tsr")


def test_they_read_our_refusal(made: Scene) -> None:
    request = TimestampRequest.of(DATA, policy="1.2.3.4")
    Path("resp.tsr").write_bytes(made.authority().answer(request.to_der()))
    text = openssl("ts", "-reply", "-in", "resp.tsr", "-text")
    assert "Status: Rejected." in text
    assert "policy is not supported" in text
    assert "not one of this authority" in text


# ---- theirs, judged by us -------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("hash_name", HASHES)
@pytest.mark.parametrize("options", [(), ("-cert",), ("-no_nonce",), ("-tspolicy", OTHER_POLICY)])
def test_we_read_their_request(hash_name: str, options: tuple[str, ...]) -> None:
    openssl("ts", "-query", "-data", "data", f"-{hash_name}", "-out", "req.tsq", *options)
    request = TimestampRequest.from_der(Path("req.tsq").read_bytes())
    assert request.imprint == Imprint.of(DATA, hash_name)
    assert request.certificate_wanted is ("-cert" in options)
    assert (request.nonce is None) is ("-no_nonce" in options)
    assert request.policy == (OTHER_POLICY if "-tspolicy" in options else None)


def their_verifier(made: Scene) -> TokenVerifier:
    """Return a verifier for what they stamp now; the clock that they use is that of the system."""
    return TokenVerifier(made.trust(at=None, intermediates=[made.tsa]))


@pytest.mark.parametrize("hash_name", HASHES)
@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512", "sm3"])
def test_we_verify_their_token(made: Scene, hash_name: str, algorithm: str) -> None:
    configure(algorithm)
    request = TimestampRequest.of(DATA, hash_name=hash_name)
    Path("req.tsq").write_bytes(request.to_der())
    response = TimestampResponse.from_der(theirs())
    assert response.status is PKIStatus.GRANTED
    stamp = their_verifier(made).verify_response(response, request)
    assert stamp.certificate == made.tsa
    assert stamp.accuracy == 1.5001 * SECOND
    assert (stamp.policy, stamp.ordering, stamp.serial_number) == (POLICY, True, 2)
    assert response.token.profile is MessageProfile.RFC5652
    assert response.token.authority_name is not None
    with pytest.raises(TimestampError) as caught:
        their_verifier(made).verify(stamp.token, DATA + b"!")
    assert caught.value.reason == "imprint"


def test_we_verify_their_token_without_certificates(made: Scene) -> None:
    openssl("ts", "-query", "-data", "data", "-sm3", "-out", "req.tsq")
    request = TimestampRequest.from_der(Path("req.tsq").read_bytes())
    token = theirs("-token_out")
    assert TimestampToken.from_der(token).certificates == ()
    assert their_verifier(made).verify(token, DATA).nonce == request.nonce


@pytest.mark.usefixtures("made")
def test_we_read_their_refusal() -> None:
    cases = ((("-tspolicy", "1.2.3.4"), FailureInfo.UNACCEPTED_POLICY), (("-sha384",), FailureInfo.BAD_ALG))
    for options, failure in cases:
        openssl("ts", "-query", "-data", "data", "-out", "req.tsq", *options)
        response = TimestampResponse.from_der(theirs())
        assert response.status is PKIStatus.REJECTION
        assert response.failures == failure
        assert response.text


def test_every_changed_byte_of_their_token(made: Scene) -> None:
    openssl("ts", "-query", "-data", "data", "-sm3", "-cert", "-out", "req.tsq")
    token = theirs("-token_out")
    verifier = TokenVerifier(made.trust(at=None))
    found = verifier.verify(token, DATA)
    believed = []
    for place in range(0, len(token), 11):
        changed = bytearray(token)
        changed[place] ^= 1
        try:
            stamp = verifier.verify(changed, DATA)
        except GmpkiError:
            continue
        believed.append(place)
        # What no signature covers may change; what the token says may not.
        assert (stamp.time, stamp.serial_number, stamp.certificate) == (found.time, found.serial_number, made.tsa)
    certificate = token.index(made.ca.der)
    outside = range(certificate, certificate + len(made.ca.der))
    assert [place for place in believed if place not in outside] == []
