"""``openssl cms``, both ways: RSA and P-256, since OpenSSL 3 signs no messages with SM2."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cms import signers
from cms.signers import CONTENT, Person
from gmpki.asn1.quirks import QuirkKind
from gmpki.cms import MessageProfile, SignedMessage, Trust, sign, verify
from gmpki.errors import InvalidSignature
from gmpki.keys.rsa import SignaturePadding
from gmpki.x509.named_key import TrustAnchor

OPENSSL = shutil.which("openssl")


def openssl(*arguments: str, exit_code: int | None = 0) -> bytes:
    assert OPENSSL is not None
    run = subprocess.run([OPENSSL, *arguments], capture_output=True, timeout=60, check=False)
    assert exit_code is None or run.returncode == exit_code, run.stderr.decode(errors="replace")
    return run.stdout


if OPENSSL is None or not openssl("version", exit_code=None).startswith(b"OpenSSL 3"):
    pytest.skip("peer program: OpenSSL 3 not found", allow_module_level=True)


@pytest.fixture(params=["rsa", "p256"])
def someone(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Person:
    """Give somebody with a certificate that he signed himself, and leave it, his key and a content in files."""
    monkeypatch.chdir(tmp_path)
    key = signers.key(request.param)
    certificate = signers.certify(key.public_key, usages=None, issuer_key=key, ca=True)
    Path("certificate.pem").write_bytes(certificate.to_pem())
    Path("key.pem").write_bytes(key.to_pem())
    Path("content").write_bytes(CONTENT)
    return Person(key, certificate)


def trust(someone: Person) -> Trust:
    return Trust((TrustAnchor.of(someone.certificate),))


@pytest.mark.parametrize(
    "options",
    [
        ("-nodetach",),
        (),
        ("-nodetach", "-noattr"),
        ("-nodetach", "-keyid"),
        ("-nodetach", "-cades"),
        ("-nodetach", "-md", "sha512"),
        ("-nodetach", "-indef", "-stream"),
    ],
    ids=lambda options: "".join(options) or "detached",
)
def test_theirs(someone: Person, options: tuple[str, ...]) -> None:
    made = ("-binary", "-outform", "DER", "-out", "message", "-md", "sha256", *options)
    openssl("cms", "-sign", "-in", "content", "-signer", "certificate.pem", "-inkey", "key.pem", *made)
    read = SignedMessage.from_der(Path("message").read_bytes())
    detached = "-nodetach" not in options
    verified = verify(read, trust(someone), content=CONTENT if detached else None)
    assert verified.content == CONTENT
    assert verified.variants == verified.signers[0].variants == ()
    framing = {QuirkKind.INDEFINITE_LENGTH, QuirkKind.CONSTRUCTED_STRING} if "-indef" in options else set()
    assert {quirk.kind for quirk in verified.quirks} == framing
    if detached:
        with pytest.raises(InvalidSignature):
            verify(read, trust(someone), content=CONTENT + b"!")


@pytest.mark.once
@pytest.mark.parametrize("detached", [False, True], ids=["attached", "detached"])
@pytest.mark.parametrize(
    "options",
    [{}, {"attributes": False}, {"key_identifier": True}, {"digest": "sha512"}, {"signing_time": signers.NOW}],
    ids=str,
)
def test_ours(someone: Person, options: dict[str, Any], detached: bool) -> None:
    data = sign(CONTENT, someone.spec(**options), profile=MessageProfile.RFC5652, detached=detached)
    _verified_by_openssl(data, detached=detached)


@pytest.mark.parametrize("someone", ["rsa"], indirect=True)
def test_ours_with_pss(someone: Person) -> None:
    key = someone.key.using(padding=SignaturePadding.PSS)
    data = sign(CONTENT, Person(key, someone.certificate).spec(), profile=MessageProfile.RFC5652)
    _verified_by_openssl(data, detached=False)


def _verified_by_openssl(data: bytes, *, detached: bool) -> None:
    Path("message").write_bytes(data)
    content = ("-content", "content") if detached else ()
    checked = ("-inform", "DER", "-in", "message", "-binary", "-CAfile", "certificate.pem", "-purpose", "any")
    assert openssl("cms", "-verify", *checked, *content) == CONTENT
    Path("message").write_bytes(signers.with_inner(data, content=None if detached else CONTENT + b"!"))
    Path("content").write_bytes(CONTENT + b"!")
    openssl("cms", "-verify", *checked, *content, exit_code=4)
