"""``gmpki cert lint``: what it prints, what counts, and its exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Run
from gmpki.asn1.rfc5280 import SubjectAltName
from gmpki.asn1.rfc5280.general_name import GeneralName
from x509.lint.lint_examples import START, YEAR, certificate, pair

Answer = Callable[..., dict[str, Any]]


@pytest.fixture
def files(run: Run) -> Path:
    """Put a clean certificate, a broken one and a pair into the working directory, which the fixture run chose."""
    assert run
    here = Path()
    signing, encryption = pair()
    (here / "clean.pem").write_bytes(signing.to_pem())
    (here / "encryption.pem").write_bytes(encryption.to_pem())
    (here / "broken.der").write_bytes(certificate(serial=0).der)
    critical = SubjectAltName((GeneralName.dns("a*.example.cn"),))
    (here / "warned.pem").write_bytes(certificate(set=[critical]).to_pem())
    return here


def test_clean(run: Run, files: Path) -> None:
    result = run("cert", "lint", "clean.pem")
    assert result.stdout == "clean.pem: 没有发现问题 nothing found\n"


def test_standard_input(run: Run, files: Path) -> None:
    result = run("cert", "lint", stdin=(files / "broken.der").read_bytes(), exit_code=1)
    assert "RFC5280-SERIAL-POSITIVE: the serial number is zero" in result.stdout
    assert "序列号应为正整数" in result.stdout
    assert "RFC 5280 4.1.2.2, 2008, A" in result.stdout
    assert "证书" in result.stderr


def test_several_files(answer: Answer, files: Path) -> None:
    value = answer("cert", "lint", "clean.pem", "broken.der", "warned.pem", exit_code=1)
    assert value["error"]["type"] == "LintErrors"
    assert [entry["name"] for entry in value["certificates"]] == ["clean.pem", "broken.der", "warned.pem"]
    assert value["counts"]["error"] == 1
    assert value["certificates"][0]["findings"] == []
    first = value["certificates"][1]["findings"][0]
    assert (first["rule"], first["confidence"]) == ("RFC5280-SERIAL-POSITIVE", "A")


def test_a_bundle_is_judged_certificate_by_certificate(answer: Answer, files: Path) -> None:
    (files / "all.pem").write_bytes((files / "clean.pem").read_bytes() + (files / "warned.pem").read_bytes())
    value = answer("cert", "lint", "all.pem")
    assert [len(entry["findings"]) for entry in value["certificates"]] == [0, 1]


def test_warnings_do_not_fail(run: Run, files: Path) -> None:
    result = run("cert", "lint", "warned.pem")
    assert "RFC6125-WILDCARD" in result.stdout
    assert "RFC6125-WILDCARD" not in run("cert", "lint", "--severity", "error", "warned.pem").stdout


def test_profile_chooses_documents(run: Run, files: Path) -> None:
    run("cert", "lint", "--profile", "rfc5280", "broken.der", exit_code=1)
    result = run("cert", "lint", "--profile", "gmt0015", "broken.der")
    assert "nothing found" in result.stdout


def test_purpose_and_time(run: Run, files: Path) -> None:
    result = run("cert", "lint", "--purpose", "encryption", "clean.pem", exit_code=1)
    assert "GMT0015-KU-PAIR-ENC" in result.stdout
    late = (START + 2 * YEAR).isoformat()
    assert "RFC5280-VALIDITY-AT" in run("cert", "lint", "--at", late, "clean.pem").stdout
    run("cert", "lint", "--at", "yesterday", "clean.pem", exit_code=2)


def test_pairs(answer: Answer, run: Run, files: Path) -> None:
    run("cert", "lint", "--pair", "clean.pem", "encryption.pem")
    value = answer("cert", "lint", "--pair", "encryption.pem", "clean.pem", exit_code=1)
    assert "GMT0015-PAIR-SWAPPED" in {finding["rule"] for finding in value["certificates"][0]["findings"]}
    run("cert", "lint", "--pair", "clean.pem", exit_code=2)
    run("cert", "lint", "--pair", "--purpose", "ca", "clean.pem", "encryption.pem", exit_code=2)


def test_rules(answer: Answer, run: Run) -> None:
    listed = answer("cert", "lint", "--rules")["rules"]
    assert len(listed) >= 60
    only = answer("cert", "lint", "--rules", "--profile", "gmt0015")["rules"]
    assert {rule["document"].split()[0] for rule in only} <= {"GM/T", "GB"}
    assert len(run("cert", "lint", "--rules").stdout.splitlines()) == len(listed)


@pytest.mark.parametrize("content", [b"", b"no certificate", b"\x30\x03\x02\x01\x00"])
def test_what_is_no_certificate(run: Run, content: bytes) -> None:
    Path("x").write_bytes(content)
    run("cert", "lint", "x", exit_code=1)


def test_missing_file(run: Run) -> None:
    run("cert", "lint", "absent.pem", exit_code=1)
