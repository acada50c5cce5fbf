"""``gmpki crl new``: lists anew and from the previous one; and an authority's whole round on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from gmpki.asn1.rfc5280.ext_crl import ReasonCode
from gmpki.cli.crl_new import REASONS
from gmpki.x509.certificate import load_certificate
from gmpki.x509.crl import CertificateRevocationList, load_crl
from gmpki.x509.crl_builder import CRLBuilder
from x509.pair_examples import (
    AT,
    DAY,
    ENCRYPTION_KEY,
    OTHER_KEY,
    ROOT_KEY,
    SIGNING_KEY,
    SIGNING_USAGES,
    certificate,
    root,
)

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]

CA = ("--ca", "root.pem", "--ca-key", "root.key")
NEW = ("crl", "new", *CA)


@pytest.fixture(autouse=True)
def files(run: Run) -> None:
    """Put an authority and a certificate of it into the empty directory."""
    assert run
    Path("root.pem").write_bytes(root().to_pem())
    Path("root.key").write_bytes(ROOT_KEY.to_pem())
    Path("other.key").write_bytes(OTHER_KEY.to_pem())
    Path("one.pem").write_bytes(certificate(SIGNING_USAGES, 0xABC).to_pem())


def crl(path: str) -> CertificateRevocationList:
    found = load_crl(Path(path).read_bytes())
    found.verify_signature(root())
    return found


def test_an_empty_list(answer: Answer) -> None:
    told = answer(*NEW, "--output", "root.crl")
    made = crl("root.crl")
    assert (told["number"], told["entries"], made.crl_number, len(made)) == (1, 0, 1, 0)
    assert made.next_update is not None
    assert (made.next_update - made.this_update).days == 7
    assert Path("root.crl").read_bytes()[:1] == b"\x30"
    answer(*NEW, "--encoding", "pem", "--number", "0", "--days", "1", "--output", "root.pem.crl")
    assert Path("root.pem.crl").read_bytes().startswith(b"-----BEGIN X509 CRL-----")
    assert crl("root.pem.crl").crl_number == 0


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason(reason: str, run: Run) -> None:
    run(*NEW, "--revoke", f"1F,{reason}", "--output", "root.crl")
    entry = crl("root.crl").find(0x1F)
    assert entry is not None
    wanted = None if reason == "unspecified" else ReasonCode[REASONS[reason]]
    assert entry.reason == wanted


def test_from_certificates_and_from_a_file(run: Run) -> None:
    Path("list.txt").write_text(
        "# what was revoked\n01\n02,superseded\n\n03,keyCompromise,2026-01-02T03:04:05Z # at night\n04,,2026-01-01\n",
        encoding="utf-8",
    )
    run(*NEW, "--revoke-certificate", "one.pem", "--reason", "keyCompromise", "--list", "list.txt", "-o", "root.crl")
    found = {entry.serial_number: entry for entry in crl("root.crl")}
    assert sorted(found) == [1, 2, 3, 4, 0xABC]
    assert found[0xABC].reason is ReasonCode.KEY_COMPROMISE
    assert found[3].revocation_date.isoformat() == "2026-01-02T03:04:05+00:00"
    assert found[4].revocation_date.isoformat() == "2026-01-01T00:00:00+00:00"
    assert found[4].reason is None


def test_from_the_previous_list(run: Run, answer: Answer) -> None:
    run(*NEW, "--revoke", "01,certificateHold", "--revoke", "02,keyCompromise,2026-01-01T00:00:00Z", "-o", "1.crl")
    answer(*NEW, "--previous", "1.crl", "--revoke", "03", "--output", "2.crl")
    second = crl("2.crl")
    assert second.crl_number == 2
    assert [entry.serial_number for entry in second] == [1, 2, 3]
    kept = second.find(2)
    assert kept is not None
    assert (kept.reason, kept.revocation_date.year) == (ReasonCode.KEY_COMPROMISE, 2026)
    run(*NEW, "--previous", "2.crl", "--release", "01", "--number", "9", "--output", "3.crl")
    assert crl("3.crl").crl_number == 9
    assert crl("3.crl").find(1) is None
    run(*NEW, "--previous", "2.crl", "--revoke", "01,superseded", "--output", "4.crl")
    held = crl("4.crl").find(1)
    assert held is not None
    assert held.reason is ReasonCode.SUPERSEDED


REFUSED = [
    (["--revoke", "xyz"], 2, "hexadecimal"),
    (["--revoke", ""], 2, "hexadecimal digits"),
    (["--revoke", "0"], 2, "positive"),
    (["--revoke", "01,why"], 2, "keyCompromise"),
    (["--revoke", "01,removeFromCRL"], 2, "keyCompromise"),
    (["--revoke", "01,,yesterday"], 2, "2026-03-01T08:00:00Z"),
    (["--revoke", "01,,0001-01-01T00:00:00+14:00"], 2, "2026-03-01T08:00:00Z"),
    (["--revoke", "01", "--revoke", "1"], 1, "revoked already"),
    (["--revoke", "F" * 40], 1, "serial_number"),
    (["--reason", "superseded"], 2, "--revoke-certificate"),
    (["--release", "01"], 2, "--previous"),
    (["--days", "0"], 2, "3650"),
    (["--previous", "previous.crl", "--revoke", "02"], 1, "revoked already"),
    (["--previous", "previous.crl", "--release", "02"], 1, "not on hold"),
    (["--previous", "previous.crl", "--release", "07"], 1, "not on hold"),
    (["--previous", "previous.crl", "--number", "5"], 2, "above 5"),
    (["--previous", "root.pem"], 1, ""),
    (["--previous", "missing.crl"], 1, "missing.crl"),
    (["--revoke-certificate", "stranger.pem"], 1, "not by"),
    (["--revoke-certificate", "root.key"], 1, ""),
    (["--previous", "stranger.crl"], 1, "the previous list is of"),
    (["--previous", "forged.crl"], 1, "signature"),
    (["--previous", "delta.crl"], 1, "delta or partial"),
    (["--list", "bad.txt"], 2, "--list: line 2 of bad.txt takes a serial number"),
    (["--list", "why.txt"], 2, "--list: line 3 of why.txt: the reason is one of"),
]


@pytest.mark.parametrize(("options", "code", "problem"), REFUSED, ids=[str(n) for n in range(len(REFUSED))])
def test_what_is_refused(options: list[str], code: int, problem: str, run: Run) -> None:
    run(*NEW, "--number", "5", "--revoke", "02", "--output", "previous.crl")
    stranger = certificate(SIGNING_USAGES, 5, issuer=certificate(SIGNING_USAGES, 6).subject)
    Path("stranger.pem").write_bytes(stranger.to_pem())
    common = {"this_update": AT, "next_update": AT + DAY, "number": 5}
    base = CRLBuilder(issuer=stranger.issuer, **common)  # type: ignore[arg-type]
    Path("stranger.crl").write_bytes(base.sign(ROOT_KEY).der)
    own = CRLBuilder(issuer=root().subject, **common)  # type: ignore[arg-type]
    Path("forged.crl").write_bytes(own.sign(OTHER_KEY).der)
    delta = CRLBuilder(issuer=root().subject, delta_base=4, **common)  # type: ignore[arg-type]
    Path("delta.crl").write_bytes(delta.sign(ROOT_KEY).der)
    Path("bad.txt").write_bytes(b"01\n\xff\xfe\n")
    Path("why.txt").write_bytes(b"01\n# two\n02,why\n")
    result = run(*NEW, *options, "--output", "no.crl", exit_code=code)
    assert problem in result.stderr
    assert not Path("no.crl").exists()


def test_who_signs(answer: Answer) -> None:
    wrong = answer("crl", "new", "--ca", "root.pem", "--ca-key", "other.key", "--output", "no.crl", exit_code=1)
    assert wrong["error"]["type"] == "KeyMismatchError"
    leaf = answer("crl", "new", "--ca", "one.pem", "--ca-key", "root.key", "--output", "no.crl", exit_code=1)
    assert leaf["error"]["type"] == "ValidationError"


def test_an_authority_from_the_root_to_a_revocation(run: Run, answer: Answer) -> None:
    """Issue, show, verify with CRL and OCSP, revoke, and see the refusal."""
    for name, key in (("sub", OTHER_KEY), ("owner", SIGNING_KEY), ("kmc", ENCRYPTION_KEY)):
        Path(f"{name}.key").write_bytes(key.to_pem())
    root_name, sub_name = "C=CN, O=示例CA, CN=示例根", "C=CN, O=示例CA, CN=示例下级"
    run("cert", "root", "--key", "root.key", "--subject", root_name, "--output", "root.pem", "--force")
    run("csr", "new", "--key", "sub.key", "--subject", sub_name, "--output", "sub.csr")
    run("cert", "issue", *CA, "--request", "sub.csr", "--profile", "subordinate-ca", "--output", "sub.pem")
    run("csr", "new", "--key", "owner.key", "--subject", "C=CN, O=示例局, CN=示例局", "--output", "owner.csr")
    sub = ("--ca", "sub.pem", "--ca-key", "sub.key")
    pair = ("--request", "owner.csr", "--profile", "organisation", "--encryption-key", "kmc.key", "--output", "pair")
    run("cert", "pair", "issue", *sub, *pair)
    shown = run("cert", "show", "pair/signing.pem").stdout
    assert "示例局" in shown
    run(*NEW, "--output", "root.crl")
    run("crl", "new", *sub, "--output", "sub.crl")

    chain = ("--anchor", "root.pem", "--intermediate", "sub.pem")
    lists = ("--crl", "root.crl", "--crl", "sub.crl")
    for name in ("signing", "encryption"):
        run("cert", "verify", *chain, *lists, "--purpose", name, f"pair/{name}.pem")
    run("cert", "verify", *chain, *lists, "--purpose", "encryption", "pair/signing.pem", exit_code=1)

    def ask(crl_file: str) -> None:
        run("ocsp", "request", "--issuer", "sub.pem", "--output", "req.der", "pair/signing.pem", "--force")
        answering = ("--issuer", "sub.pem", "--key", "sub.key", "--crl", crl_file)
        run("ocsp", "respond", *answering, "--output", "resp.der", "--force", "req.der")

    ask("sub.crl")
    run("cert", "verify", *chain, "--crl", "root.crl", "--ocsp", "resp.der", "pair/signing.pem")

    revoking = ("--previous", "sub.crl", "--revoke-certificate", "pair/signing.pem", "--reason", "keyCompromise")
    run("crl", "new", *sub, *revoking, "--output", "sub2.crl")
    ask("sub2.crl")
    for how in (("--crl", "root.crl", "--crl", "sub2.crl"), ("--crl", "root.crl", "--ocsp", "resp.der")):
        refused = answer("cert", "verify", *chain, *how, "pair/signing.pem", exit_code=1)
        assert refused["error"]["type"] == "RevokedError"
    run("cert", "verify", *chain, "--crl", "root.crl", "--crl", "sub2.crl", "pair/encryption.pem")
    assert load_certificate(Path("pair/signing.pem").read_bytes()).issuer != root().subject
