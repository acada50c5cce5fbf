"""SM2 against OpenSSL's libcrypto and gmssl of the Python Package Index.

gmpki and OpenSSL read what the other wrote. The two files made to find mistakes are put to both: what each gets wrong
is recorded in the files, and must not change without notice.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable

import pytest

from gmpki.algorithms import sm2
from gmpki.algorithms.sm2 import CiphertextFormat, CurvePoint, PrivateScalar
from gmpki.errors import GmpkiError
from vector_files import document, use_generators

use_generators()

import vectorfile  # noqa: E402 - importable from here on
from peers import libcrypto, pygmssl, sm2_verdicts  # noqa: E402

PEERS = {"sm2/sign_verify.json": sm2_verdicts.SIGN_VERIFY, "sm2/decrypt.json": sm2_verdicts.DECRYPT}
# gmssl takes some 10 ms for each answer: it is asked about all that it got wrong, and about a part of the others.
GMSSL_PART = 16
LENGTHS = (1, 2, 31, 32, 33, 64, 100, 1000)
# gmssl cuts a public key whose x begins with 04, so it is asked with a key that it reads.
GMSSL_SCALAR = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")


@pytest.fixture(scope="module", autouse=True)
def _libcrypto() -> None:
    try:
        libcrypto.version()
    except OSError as error:
        pytest.skip(f"peer program: {error}")


@pytest.mark.once
@pytest.mark.parametrize(("path", "peer"), [(path, peer) for path, peers in PEERS.items() for peer in peers])
def test_recorded_mistakes(path: str, peer: sm2_verdicts.Peer) -> None:
    """A peer of the recorded version answers as recorded; another version makes no new mistake."""
    doc = document(path)
    recorded = next(entry for entry in doc["peers"] if entry["implementation"] == peer.name)
    wrong = {kind: set(recorded[kind]) for kind in ("accepts_invalid", "refuses_valid")}
    part = GMSSL_PART if peer.name == pygmssl.NAME else 1
    asked = [t for t in vectorfile.tests(doc) if t["id"] % part == 0 or t["id"] in set().union(*wrong.values())]
    answered = peer.verdict(asked)
    for kind, ids in wrong.items():
        assert set(answered[kind]) <= ids, f"{peer.name} {answered['version']} {kind}"
        if answered["version"] == recorded["version"]:
            assert set(answered[kind]) == ids
    if part == 1 and answered["version"] == recorded["version"]:
        assert answered == recorded


def test_the_files_find_mistakes() -> None:
    """gmssl is broken in known ways: a file in which it makes no mistake would find none."""
    for path, kinds in (
        ("sm2/sign_verify.json", {"OutOfRange", "BadKey", "Encoding", "Doubling"}),
        ("sm2/decrypt.json", {"OffCurve", "OutOfRange", "Modified", "Truncated"}),
    ):
        doc = document(path)
        flags = {test["id"]: set(test["flags"]) for group in doc["groups"] for test in group["tests"]}
        peer = next(entry for entry in doc["peers"] if entry["implementation"] == pygmssl.NAME)
        wrong = set().union(*(flags[i] for i in peer["accepts_invalid"] + peer["refuses_valid"]))
        assert kinds <= wrong


@pytest.mark.parametrize("size", LENGTHS)
def test_openssl_takes_what_gmpki_makes(size: int) -> None:
    scalar = PrivateScalar.generate()
    message, public = bytes(range(256)) * 4, scalar.point.to_bytes()
    message = message[:size]
    signature = sm2.signature_to_der(sm2.sign(scalar, message))
    assert libcrypto.verify_message(public, sm2.DEFAULT_USER_ID, message, signature)
    assert not libcrypto.verify_message(public, sm2.DEFAULT_USER_ID, message + b"!", signature)
    assert libcrypto.decrypt(scalar.to_bytes(), sm2.encrypt(scalar.point, message, CiphertextFormat.DER)) == message


@pytest.mark.parametrize("size", LENGTHS)
def test_gmssl_takes_what_gmpki_makes(size: int) -> None:
    scalar = PrivateScalar.from_bytes(GMSSL_SCALAR)
    message = bytes(range(256)) * 4
    digest = sm2.digest(scalar.point, message[:size])
    signature = sm2.sign_digest(scalar, digest)
    assert pygmssl.verify_digest(scalar.point.to_bytes(), digest, signature, asn1=False)
    for form, c1c3c2 in ((CiphertextFormat.C1C3C2_BARE, True), (CiphertextFormat.C1C2C3_BARE, False)):
        ciphertext = sm2.encrypt(scalar.point, message[:size], form)
        assert pygmssl.decrypt(scalar.to_bytes(), ciphertext, c1c3c2=c1c3c2) == message[:size]


@pytest.fixture(scope="module")
def openssl(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    """OpenSSL's command line with a key of its own; skipped where there is none or it is older than 3.0."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("peer program: openssl not found")
    folder = tmp_path_factory.mktemp("openssl")

    def run(*arguments: str, **files: bytes) -> bytes:
        for name, data in files.items():
            (folder / name).write_bytes(data)
        return subprocess.run([program, *arguments], cwd=folder, check=True, capture_output=True).stdout

    run("genpkey", "-algorithm", "SM2", "-out", "key.pem")
    return run


def test_gmpki_takes_what_openssl_makes(openssl: Callable[..., bytes]) -> None:
    key = openssl("pkey", "-in", "key.pem", "-outform", "DER")
    # The SEC 1 key inside PKCS #8: version 1, then an OCTET STRING with d.
    _, _, rest = key.partition(b"\x02\x01\x01\x04\x20")
    scalar = PrivateScalar.from_bytes(rest[:32])
    assert scalar.point.to_bytes() in openssl("pkey", "-in", "key.pem", "-pubout", "-outform", "DER")
    user_id = sm2.DEFAULT_USER_ID.decode()
    for size in LENGTHS:
        message = b"\xa5" * size
        options = ("-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{user_id}")
        signature = openssl("pkeyutl", "-sign", "-inkey", "key.pem", "-in", "message", *options, message=message)
        sm2.verify(scalar.point, sm2.parse_signature(signature), message)
        with pytest.raises(GmpkiError):
            sm2.verify(scalar.point, sm2.parse_signature(signature), message, b"another id")
        ciphertext = openssl("pkeyutl", "-encrypt", "-inkey", "key.pem", "-in", "message", message=message)
        assert sm2.decrypt(scalar, ciphertext) == message


def test_both_refuse_a_point_off_the_curve() -> None:
    encoded = bytearray(PrivateScalar.generate().point.to_bytes())
    assert libcrypto.takes_public_key(bytes(encoded))
    encoded[-1] ^= 1
    assert not libcrypto.takes_public_key(bytes(encoded))
    with pytest.raises(GmpkiError):
        CurvePoint.from_bytes(bytes(encoded))
