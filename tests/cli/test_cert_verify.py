"""``gmpki cert verify``: what it prints and when it fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from gmpki.cli import cert_verify
from gmpki.x509._spelling import KEY_USAGES
from gmpki.x509.path import Purpose
from vector_files import VECTORS

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]

CASES = {
    case["id"].removeprefix("gmpki::"): case
    for case in json.loads((VECTORS / "limbo" / "dual_certificates.json").read_text(encoding="utf-8"))["testcases"]
}
AT = ("--at", "2026-06-01T12:00:00Z")


@pytest.fixture
def files(tmp_path: Path) -> Callable[[str], list[str]]:
    """Give a function that writes the files of a case and returns the arguments that name them."""

    def write(name: str) -> list[str]:
        case = CASES[name]
        (tmp_path / "root.pem").write_text("".join(case["trusted_certs"]))
        (tmp_path / "user.pem").write_text(case["peer_certificate"])
        arguments = ["cert", "verify", *AT, "--anchor", "root.pem"]
        if case["untrusted_intermediates"]:
            (tmp_path / "sub.pem").write_text("".join(case["untrusted_intermediates"]))
            arguments += ["--intermediate", "sub.pem"]
        for number, crl in enumerate(case["crls"]):
            (tmp_path / f"{number}.crl").write_text(crl)
            arguments += ["--crl", f"{number}.crl"]
        return [*arguments, "user.pem"]

    return write


def test_a_good_chain(run: Run, files: Callable[[str], list[str]]) -> None:
    output = run(*files("signing::both-bits")).stdout
    assert "证书有效  certificate valid" in output
    assert "C=CN, O=示例市社会保障局, CN=seal.example.cn" in output
    assert "CN=示例运营CA" in output
    assert "信任锚    trust anchor" in output
    assert "2025-01-01T00:00:00Z - 2034-12-31T23:59:59Z" in output


def test_a_good_chain_as_json(answer: Answer, files: Callable[[str], list[str]]) -> None:
    value = answer(*files("revocation::encryption-not-revoked"))
    assert value["valid"] is True
    (link,) = value["chain"]
    assert link["revocation"]["status"] == "good"
    assert link["revocation"]["source"] == "crl"
    assert link["quirks"] == []
    assert value["anchor"] == {"subject": "C=CN, O=示例市数字证书认证中心, CN=示例根"}


def test_a_refusal_names_reason_and_certificate(run: Run, files: Callable[[str], list[str]]) -> None:
    result = run(*files("chain::no-ca"), exit_code=1)
    assert "原因      reason       not-a-ca" in result.stdout
    (concerned,) = (line for line in result.stdout.splitlines() if line.startswith("所涉证书  concerns"))
    assert concerned.split("concerns")[1].strip().startswith("C=CN, ")
    assert ", CN=示例运营CA (" in concerned
    assert "验证未通过 ValidationError" in result.stderr


def test_a_refusal_as_json(answer: Answer, files: Callable[[str], list[str]]) -> None:
    value = answer(*files("revocation::signing-revoked"), exit_code=1)
    assert value["valid"] is False
    assert value["reason"] == "revoked"
    assert value["concerns"]["subject"] == value["subject"]
    assert value["error"]["type"] == "RevokedError"


@pytest.mark.parametrize(
    ("case", "more", "reason"),
    [
        ("signing::both-bits", ("--purpose", "signing"), None),
        ("signing::both-bits", ("--purpose", "encryption"), "key-usage"),
        ("signing::both-bits", ("--usage", "digitalSignature", "--usage", "nonRepudiation"), None),
        ("signing::both-bits", ("--usage", "keyAgreement"), "key-usage"),
        ("signing::both-bits", ("--profile", "webpki"), "subject-alt-name"),
        ("tlcp::server-signing", ("--purpose", "tlcp-server-signing", "--dns", "seal.example.cn"), None),
        ("tlcp::server-signing", ("--dns", "other.example.cn"), "peer-name"),
        ("tlcp::server-signing", ("--ip", "192.0.2.1"), "peer-name"),
        ("tlcp::server-signing", ("--email", "a@example.cn"), "peer-name"),
        ("signature::empty-id", (), "signature"),
        ("signature::empty-id", ("--lenient",), None),
        ("signature::without-z", ("--lenient",), None),
        ("signature::raw", ("--lenient",), None),
        ("signature::other-id", ("--lenient",), "signature"),
        ("revocation::list-expired", (), "revocation-unknown"),
        ("revocation::list-expired", ("--revocation", "soft"), None),
        ("revocation::signing-revoked", ("--revocation", "soft"), "revoked"),
        ("revocation::signing-revoked", ("--revocation", "none"), None),
        ("revocation::none-revoked", ("--revocation", "hard"), None),
        ("time::signing-expired", (), "expired"),
        ("time::signing-expired", ("--at", "2026-06-01T11:59:59Z"), None),
        ("time::signing-expired", ("--at", "2026-06-01T19:59:59+08:00"), None),
        ("time::signing-expired", ("--at", "2026-06-01 11:59:59"), None),
        ("signing::both-bits", ("--at", "2024-01-01"), "not-yet-valid"),
    ],
)
def test_options(
    answer: Answer, files: Callable[[str], list[str]], case: str, more: tuple[str, ...], reason: str | None
) -> None:
    value = answer(*files(case), *more, exit_code=0 if reason is None else 1)
    assert value.get("reason") == reason


def test_quirks_and_departures_are_named(run: Run, answer: Answer, files: Callable[[str], list[str]]) -> None:
    arguments = [*files("signature::empty-id"), "--lenient"]
    assert "empty-user-id" in run(*arguments).stdout
    assert "empty-user-id" in answer(*arguments)["chain"][0]["quirks"][0]


def test_what_lenient_would_accept_is_said(run: Run, files: Callable[[str], list[str]]) -> None:
    arguments = files("signing::cert-sign-without-ca")
    refused = run(*arguments, exit_code=1).stdout
    assert "key-usage-form" in refused
    assert "提示      hint         --lenient accepts this" in refused
    assert "key-usage-form" in run(*arguments, "--lenient").stdout


def test_a_bundle_may_bring_the_chain(run: Run, files: Callable[[str], list[str]], tmp_path: Path) -> None:
    files("signing::both-bits")
    bundle = (tmp_path / "user.pem").read_text() + (tmp_path / "sub.pem").read_text()
    output = run("cert", "verify", *AT, "--anchor", "root.pem", stdin=bundle.encode()).stdout
    assert "CN=示例运营CA" in output


def test_without_the_authority_between_there_is_no_path(answer: Answer, files: Callable[[str], list[str]]) -> None:
    files("signing::both-bits")
    value = answer("cert", "verify", *AT, "--anchor", "root.pem", "user.pem", exit_code=1)
    assert value["reason"] == "no-path"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "--anchor"),
        (("--anchor", "root.pem", "--at", "yesterday", "user.pem"), "--at takes a time"),
        (("--anchor", "root.pem", "--revocation", "hard", "user.pem"), "needs --crl or --ocsp"),
        (("--anchor", "root.pem", "--revocation", "soft", "user.pem"), "needs --crl or --ocsp"),
        (("--anchor", "root.pem", "--purpose", "sealing", "user.pem"), "'sealing' is not one of"),
        (("--anchor", "root.pem", "--usage", "decipherOnly", "user.pem"), "is not one of"),
    ],
)
def test_wrong_usage(run: Run, files: Callable[[str], list[str]], arguments: tuple[str, ...], says: str) -> None:
    files("signing::both-bits")
    assert says in run("cert", "verify", *arguments, exit_code=2).stderr


@pytest.mark.parametrize(
    ("more", "error"),
    [
        (("--dns", "192.0.2.1"), "InvalidInputError"),
        (("--ip", "example.cn"), "InvalidInputError"),
        (("--intermediate", "nowhere.pem"), "FileNotFoundError"),
        (("--crl", "root.pem"), "InvalidInputError"),
        (("--ocsp", "root.pem"), "DecodeError"),
    ],
)
def test_wrong_inputs(answer: Answer, files: Callable[[str], list[str]], more: tuple[str, ...], error: str) -> None:
    told = answer(*files("signing::both-bits"), *more, exit_code=1)["error"]
    assert told["type"] == error
    assert more[0] in ("--dns", "--ip") or more[1] in told["message"]


def test_a_certificate_that_is_read_only_leniently(run: Run, files: Callable[[str], list[str]], tmp_path: Path) -> None:
    arguments = files("signature::null-outside")
    assert "--lenient may read it" in run(*arguments, exit_code=1).stderr
    assert "algorithm" in run(*arguments, "--lenient", exit_code=1).stdout


def test_an_anchor_is_read_as_it_is(run: Run, files: Callable[[str], list[str]], tmp_path: Path) -> None:
    from x509.path.paths import ROOT, SUB, USER, issue

    files("signing::both-bits")
    anchor = issue(ROOT, ROOT, ca=True, serial=0, lenient=True)
    (tmp_path / "zero.pem").write_bytes(anchor.to_pem())
    (tmp_path / "chain.pem").write_bytes(issue(USER, SUB).to_pem() + issue(SUB, ROOT, ca=True).to_pem())
    run("cert", "verify", *AT, "--anchor", "zero.pem", "chain.pem")


def test_purposes_and_usages_are_those_of_the_library() -> None:
    assert tuple(purpose.value for purpose in Purpose) == cert_verify.PURPOSES
    assert (*cert_verify.USAGES, "encipherOnly", "decipherOnly") == tuple(KEY_USAGES)
