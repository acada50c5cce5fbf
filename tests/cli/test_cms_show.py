"""``gmpki cms show``, and certificates read from bundles by the other commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from cms import envelope_examples as envelopes
from cms import signers
from gmpki.asn1 import der
from gmpki.asn1.rfc5652 import ContentInfo
from gmpki.cms.certificates import write_bundle
from gmpki.keys.pem import write_pem

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]


@pytest.fixture
def signed(run: Run) -> str:
    Path("contract.p7m").write_bytes(signers.message())
    return "contract.p7m"


def test_show(run: Run, answer: Answer, signed: str) -> None:
    text = run("cms", "show", signed).output
    for part in ("Signed data 签名数据", "gmt0010", "Signer 签名者 1/1", "张三", "id-messageDigest 消息摘要"):
        assert part in text
    found = answer("cms", "show", signed)
    assert (found["ok"], found["kind"], found["signers_count"]) == (True, "signed-data", 1)
    assert answer("cms", "show", stdin=write_pem("CMS", Path(signed).read_bytes())) == found


def test_show_an_envelope(run: Run) -> None:
    output = run("cms", "show", stdin=envelopes.CBC).output
    assert "Recipient 接收者 1/1" in output
    assert "SM4-CBC" in output


def test_framing_is_named(answer: Answer, signed: str) -> None:
    info = ContentInfo.from_der(Path(signed).read_bytes())
    framed = b"\x30\x80" + der.encode_oid(info.content_type) + b"\xa0\x80" + (info.content or b"") + bytes(4)
    (quirk,) = answer("cms", "show", stdin=framed)["quirks"]
    assert quirk["kind"] == "indefinite-length"


def test_lenient(run: Run, answer: Answer) -> None:
    twice = [attribute for attribute in signers.encoded(signers.message()) for _ in range(2)]
    data = signers.with_signer(signers.message(), signed_attributes=b"".join(sorted(twice)))
    refused = run("cms", "show", stdin=data, exit_code=1)
    assert "stands there twice" in refused.output
    assert "--lenient may read it" in refused.output
    quirks = answer("cms", "show", "--lenient", stdin=data)["quirks"]
    assert "duplicate-attribute" in {quirk["kind"] for quirk in quirks}


def test_limit(run: Run) -> None:
    data = signers.message(certificates=[signers.root()])
    assert "1 more, not shown" in run("cms", "show", "--limit", "1", stdin=data).output
    assert run("cms", "show", "--limit", "-1", stdin=data, exit_code=2).output


@pytest.mark.parametrize("data", [b"", b"no message", b"\x30\x80", signers.root().der, signers.message()[:-1]])
def test_what_is_no_message(run: Run, answer: Answer, data: bytes) -> None:
    assert run("cms", "show", stdin=data, exit_code=1).output
    found = answer("cms", "show", stdin=data, exit_code=1)
    assert found["ok"] is False


def test_a_file_that_is_not_there(run: Run) -> None:
    assert "missing.p7m" in run("cms", "show", "missing.p7m", exit_code=1).output


def test_certificates_in_bundles(run: Run, answer: Answer) -> None:
    """What certificate authorities hand out as .p7b is read where certificates are."""
    leaf = signers.person().certificate
    Path("chain.p7b").write_bytes(write_bundle([leaf, signers.root()]))
    Path("root.pem").write_bytes(signers.root().to_pem())
    assert len(answer("cert", "show", "chain.p7b")["certificates"]) == 2
    assert len(answer("cert", "lint", "chain.p7b", "root.pem")["certificates"]) == 3
    Path("chain.pem").write_bytes(write_pem("PKCS7", write_bundle([signers.root(), leaf])))
    found = answer("cert", "verify", "chain.pem", "--anchor", "root.pem", "--at", "2026-03-01T08:00:00Z")
    assert found["subject"].endswith("CN=张三")  # though a set has no first
